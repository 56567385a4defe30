"""Looking at what the engine knows, as plain data: forms, analyses, profiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from morphaug.errors import MissingResource, MorphaugError


def inflections(
    language: str, lemma: str, features: Sequence[str], upos: str, *, foreign: bool = False
) -> list[dict[str, Any]]:
    """Forms of a word and how each was found.

    Args:
        language: Any name or code.
        lemma: The word.
        features: UD features ("Case=Ine"), or one UniMorph bundle, or none for all that the table has.
        upos: UD part of speech.
        foreign: Treat the word as a borrowed stem.

    Returns:
        {"lemma", "form", "how", "bundle", "probability"} of each form.

    Raises:
        MorphaugError: No such language, features that are none, or a word without a paradigm.
    """
    from morphaug import languages, resources
    from morphaug.features import features_of, from_unimorph, parse_bundle

    code = languages.resolve(language)
    morphology = resources.morphology(code)
    wanted = [parse_bundle(f) for f in features if "=" not in f]
    if wanted or features:
        feats: dict[str, str] = {}
        for bundle in wanted:
            if not features_of(bundle):
                raise MorphaugError(
                    f"'{bundle}' is no feature", "write Case=Ine, or a bundle such as N;GEN;PL"
                )
            upos, more = from_unimorph(bundle)
            feats |= more
        feats |= ud_features(f for f in features if "=" in f)
        form = morphology.inflect(lemma, upos, feats, foreign=foreign)
        cells = [(form.text, form.rung, form.bundle, form.probability)]
    else:
        table = morphology.paradigms.paradigm(lemma) if morphology.paradigms is not None else ()
        if not table:
            raise MorphaugError(
                f"the table of {languages.name(code)} has no paradigm of '{lemma}'",
                "give features, and the form is worked out: Case=Gen Number=Plur",
            )
        cells = [(form, "table", bundle, 1.0) for bundle, form in table]
    keys = ("form", "how", "bundle", "probability")
    return [{"lemma": lemma, **dict(zip(keys, cell, strict=True))} for cell in cells]


def ud_features(pairs: Any) -> dict[str, str]:
    """{"Case": "Ine"} of "Case=Ine" and "Case=Ine|Number=Sing"."""
    feats = {}
    for pair in (p for text in pairs for p in text.split("|")):
        name, equals, value = pair.partition("=")
        if not (name and equals and value):
            raise MorphaugError(f"'{pair}' is no feature", "write Name=Value, as in Case=Ine")
        feats[name] = value
    return feats


def analyses(language: str, form: str) -> list[dict[str, Any]]:
    """What an inflected word can be.

    Returns:
        {"form", "lemma", "upos", "feats", "bundle"} of each reading; [] if neither the table nor the grammar has the form.
    """
    from morphaug import resources

    keys = ("lemma", "upos", "feats", "bundle")
    found = resources.morphology(language).analyse(form)
    return [{"form": form, **dict(zip(keys, reading, strict=True))} for reading in found]


def profile_report(language: str, against: str, *, every: bool = False) -> dict[str, Any]:
    """A language's typological and morphological profile, beside another language's.

    Args:
        language, against: Any name or code.
        every: All features, not only those that differ.

    Returns:
        "orders", "distances", "features" and "morphology" (None without a table), as JSON-able data.
    """
    from morphaug import languages, packs, resources, target, typology

    code, other = languages.resolve(language), languages.resolve(against)
    mine = target.corrected(typology.profile(code), packs.pack(code))
    theirs = target.corrected(typology.profile(other), packs.pack(other))
    names = list(mine.values) if every else [row[0] for row in typology.difference(mine, theirs)]
    try:
        table = typology.morphological_profile(resources.paradigms(code))
    except MissingResource:
        table = None
    return {
        "language": {"code": code, "name": languages.name(code)},
        "against": {"code": other, "name": languages.name(other)},
        "orders": [
            {
                "pair": pair,
                "order": mine.order(pair),
                "observed": mine.order_observed(pair),
                "against": theirs.order(pair),
            }
            for pair in typology.ORDERS
        ],
        "distances": [
            {
                "name": name,
                "value": d.value,
                "features": d.features,
                "observed": d.observed,
                "formula": typology.FORMULAS[name],
            }
            for name, d in typology.distances(mine, theirs).items()
        ],
        "features": [
            {"name": n, "value": _value(mine.values[n]), "against": _value(theirs.values[n])} for n in names
        ],
        "morphology": None if table is None else _morphology(table),
    }


def _value(value: Any) -> dict[str, Any]:
    return {"value": value.value, "observed": value.observed, "sources": list(value.sources)}


def _morphology(table: Any) -> dict[str, Any]:
    parts = {
        pos: {
            "lemmas": p.lemmas,
            "bundles": p.bundles,
            "dimensions": _lists(p.dimensions),
            "prefixing": p.prefixing,
            "suffixing": p.suffixing,
            "syncretism": p.syncretism,
            "thin": p.thin,
        }
        for pos, p in table.parts.items()
    }
    return {"parts": parts, "missing": list(table.missing)}


def _lists(values: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    return {name: list(items) for name, items in values.items()}
