"""Swahili forms read backwards: the generator's own tables, inverted.

Nothing about the language is said twice here. Closed classes (demonstratives, possessives, adjectives, the
connective, the verbs of being) are generated in every class and put into a dictionary. A verb is cut after every
prefix that some `swahili_verbs.Template` has, an object prefix may follow, and what is left is taken for the stem if
the generator makes the form from it again. A noun's candidates come from undoing each class's prefix, and are kept if
`swahili_nouns` makes the form from them.

Only the form is looked at, so that a form that several classes share ("wa", "nyumba") has one analysis for each;
they are ranked by the priors below.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

from morphaug.grammars import swahili_agreement as agreement
from morphaug.grammars import swahili_nouns as nouns
from morphaug.grammars import swahili_stems as stems
from morphaug.grammars import swahili_verbs as verbs
from morphaug.grammars import swahili_words as words
from morphaug.grammars.swahili_verbs import Slot, Template

Pair = tuple[int, int]


class Analysis(NamedTuple):
    """What a form may be.

    Attributes:
        lemma: Citation form: a verb's stem, an adjective's root, a noun's singular.
        upos: UD part of speech.
        feats: UD features; `swahili.forms` of lemma and features has the form again.
        cost: How unlikely it is, 0 for the best; only its order means anything.
    """

    lemma: str
    upos: str
    feats: dict[str, str]
    cost: float


# Priors. What kind of word: a closed class before a listed noun, that before a verb, that before a guess.
_CLOSED, _LISTED, _VERB, _GUESS, _OTHER_GUESS = 0.0, 0.5, 1.0, 4.0, 6.0
_UNKNOWN_STEM = 2.5
_SURE = 2.5  # what costs less is made of listed words; beside it no unlisted noun is thought of
_OBJECT, _VARIANT, _BASE = 0.6, 0.3, 0.7
_OBJECT_OF_SHORT = (
    2.0  # "wala" is no eating of them; -pa, "give", is the one short stem that lives with objects
)
_NOUN_LIKE = ("u", "m", "mw", "mu", "ki", "i", "ku", "pa")  # subject prefixes that nouns begin with as well
_WEAK_FRAME = 1.0  # hu- and ha-...-i alone say little: husuda, harakati
_LOAN_MOOD = 2.6  # a loan's subjunctive and imperative look like its nouns: usafiri, hifadhi
_SLOT_COST: dict[Slot, float] = {
    "subjunctive": 0.8, "consecutive subjunctive": 0.9, "general": 3.0, "imperative": 2.5, "situational": 0.2,
    "consecutive": 0.2, "habitual": 0.2,
}  # fmt: skip
# Which class, where a form serves several: the place in this order, a hundredth each.
_ORDER = (9, 2, 1, 10, 3, 11, 6, 5, 7, 4, 8, 17, 15, 16, 18)
_RANK = {cls: place / 100 for place, cls in enumerate(_ORDER)}
_PLURAL_ROOTS = words.word_set("ingi ingine chache wili tatu nne tano nane")  # said of several things

SINGULARS = (1, 3, 5, 7, 9, 11, 14, 15, 16, 17, 18)


def _class_feats(cls: int) -> dict[str, str]:
    return {"NounClass": f"Bantu{cls}", "Number": "Sing" if cls in SINGULARS else "Plur"}


def _key_feats(key: str, layer: str = "") -> dict[str, str]:
    """The features of a subject, object or relative; a speaker and a hearer are of classes 1 and 2."""
    if key == "reflexive":
        return {"Reflex": "Yes"}
    person = key[0] if key[-1] in "sp" else "3"
    cls = {"s": 1, "p": 2}.get(key[-1]) or int(key)
    feats = {layer + name: value for name, value in _class_feats(cls).items()}
    return {**feats, layer + "Person": person}


# ---------------------------------------------------------------- closed classes

_FINITE = {"Mood": "Ind", "VerbForm": "Fin"}
_CLOSED_ROOTS: dict[str, tuple[str, str, dict[str, str]]] = {  # root -> lemma, UPOS, features
    "near": ("huyu", "DET", {"PronType": "Dem", "Deixis": "Prox"}),
    "far": ("yule", "DET", {"PronType": "Dem", "Deixis": "Remt"}),
    "referential": ("huyo", "DET", {"PronType": "Dem", "Deixis": "Med"}),
    **{root: (root, "DET", {"PronType": "Prs", "Poss": "Yes"}) for root in agreement.POSSESSIVES.values()},
    "ote": ("ote", "DET", {"PronType": "Tot"}),
    "enye": ("enye", "DET", {}),
    "enyewe": ("enyewe", "DET", {"PronType": "Emp"}),
    "any": ("yeyote", "DET", {"PronType": "Ind"}),
    "pi": ("pi", "DET", {"PronType": "Int"}),
    "amba": ("amba", "PRON", {"PronType": "Rel"}),
    "a": ("a", "ADP", {}),
    "na": ("na", "ADP", {"PronType": "Prs"}),
    "ndi": ("ndi", "AUX", {}),
    "si": ("ndi", "AUX", {"Polarity": "Neg"}),
}
_OWNER = {
    root: {"Person": owner[0], "Number": "Sing" if owner[1] == "s" else "Plur"}
    for owner, root in agreement.POSSESSIVES.items()
}
_CLASSES = tuple(cls for cls in agreement.CLASSES if cls != 14)  # 14 agrees like 11 in everything


@cache
def _closed() -> dict[str, tuple[Analysis, ...]]:
    """Every form of the closed classes, with what it may be."""
    found: defaultdict[str, list[Analysis]] = defaultdict(list)
    for root, (lemma, upos, feats) in _CLOSED_ROOTS.items():
        for cls in _CLASSES:
            owner = {f"{name}[psor]": value for name, value in _OWNER.get(root, {}).items()}
            cost = _CLOSED + _closed_rank(root, cls)
            form = agreement.form_of(root, cls)
            found[form].append(Analysis(lemma, upos, feats | owner | _class_feats(cls), cost))
    for key, pronoun in agreement.WITH.items():
        feats = {"PronType": "Prs", **_key_feats(key)}
        found["na" + pronoun].append(Analysis("na", "ADP", feats, _CLOSED))
    for root in sorted(agreement.NUMERALS):
        lemma = "mbili" if root == "wili" else root
        for cls in _CLASSES:
            feats = {"NumType": "Card", **_class_feats(cls)}
            found[agreement.form_of(root, cls)].append(Analysis(lemma, "NUM", feats, _closed_rank(root, cls)))
    for root in sorted(agreement.ADJECTIVES):
        for cls in _CLASSES:
            cost = 0.2 + _closed_rank(root, cls)
            for form in agreement.forms_of(root, cls):
                found[form].append(Analysis(root, "ADJ", _class_feats(cls), cost))
    for form, analysis in _being():
        found[form].append(analysis)
    return {form: tuple(made) for form, made in found.items()}


def _closed_rank(root: str, cls: int) -> float:
    wrong_number = root in _PLURAL_ROOTS and cls in SINGULARS
    return _RANK[cls] + (0.3 if wrong_number or cls >= 15 else 0.0)


def _being() -> Iterator[tuple[str, Analysis]]:
    """ "Be", "have" and "be somewhere" where they are not conjugated like any verb: ni, nina, kuna, yupo, aliye."""
    for negative in (False, True):
        polarity = {"Polarity": "Neg"} if negative else {}
        present = {**_FINITE, "Tense": "Pres", **polarity}
        yield verbs.be("present", "1", negative=negative), Analysis("kuwa", "AUX", present, _CLOSED)
        for key in _KEYS:
            who, rank = _key_feats(key), _key_rank(key)
            yield (
                verbs.have("present", key, negative=negative),
                Analysis("kuwa na", "VERB", {**present, **who}, 0.1 + rank + (0.4 if key == "15" else 0)),
            )
            for obj in _KEYS:
                feats = {**present, **who, **_key_feats(obj, "Obj")}
                form = verbs.have("present", key, negative=negative, obj=obj)
                if obj[-1] not in "sp":
                    yield form, Analysis("kuwa na", "VERB", feats, 0.4 + rank + _key_rank_of_object(obj))
            feats = {**present, **who, **_key_feats(key, "Rel")}
            form = verbs.be("present", key, negative=negative, relative=key)
            yield form, Analysis("kuwa", "AUX", feats, 0.1 + rank)
            for lemma, place in _BE_AT.items():
                yield form + place, Analysis(lemma, "AUX", feats, 0.1 + rank)
            for lemma, place in _BE_AT.items():
                for slot, feats in _SLOT_FEATS.items():
                    if slot not in (
                        "imperative",
                        "infinitive",
                        "general",
                        "consecutive subjunctive",
                        "habitual",
                    ):
                        form = verbs.be_at(place, slot, key, negative=negative)
                        yield form, Analysis(lemma, "AUX", {**feats, **polarity, **who}, 0.1 + rank)


_BE_AT = {"kuwepo": "po", "kuwako": "ko", "kuwamo": "mo"}

# ---------------------------------------------------------------- verbs

_KEYS = tuple(key for key in verbs.SUBJECT if key != "14")
_SLOT_FEATS: dict[Slot, dict[str, str]] = {
    "present": {**_FINITE, "Tense": "Pres"},
    "past": {**_FINITE, "Tense": "Past"},
    "future": {**_FINITE, "Tense": "Fut"},
    "perfect": {**_FINITE, "Aspect": "Perf"},
    "general": {**_FINITE, "Tense": "Aor"},
    "habitual": {**_FINITE, "Aspect": "Hab"},
    "consecutive": {**_FINITE, "Tense": "Nar"},
    "situational": {"VerbForm": "Conv"},
    "conditional": {"Mood": "Cnd", "Tense": "Pres", "VerbForm": "Fin"},
    "past conditional": {"Mood": "Cnd", "Tense": "Past", "VerbForm": "Fin"},
    "subjunctive": {"Mood": "Sub", "VerbForm": "Fin"},
    "consecutive subjunctive": {"Mood": "Sub", "Tense": "Nar", "VerbForm": "Fin"},
    "imperative": {"Mood": "Imp", "VerbForm": "Fin"},
    "infinitive": {"VerbForm": "Inf", "NounClass": "Bantu15", "Number": "Sing"},
}
# What a second verb adds to the features of the first (alikuwa amesoma, amekuwa akisoma).
_INNER: dict[Slot, str] = {"perfect": "Perf", "situational": "Prog"}
_OUTER: tuple[Slot, ...] = ("past", "future", "conditional", "past conditional", "subjunctive", "perfect")


class _Cut(NamedTuple):
    """One reading of a prefix."""

    template: Template
    slot: Slot
    subject: str
    negative: bool
    relative: str
    ha: bool


# Stems of every kind that the generator treats in a way of its own, to see which prefixes it makes.
_PROBES = ("baba", "aba", "eba", "oba", "uba", "enda", "la", "wa")


_PLACES = ("15", "16", "17", "18")


def _key_rank(key: str) -> float:
    persons = {"1s": -0.005, "1p": -0.004, "2s": 0.045, "2p": 0.03}
    return persons[key] if key in persons else _RANK[int(key)] + (0.3 if key in _PLACES else 0.0)


def _readings() -> Iterator[_Cut]:
    for negative in (False, True):
        yield _Cut(verbs.template("infinitive", "1", negative), "infinitive", "15", negative, "", False)
    for slot in _SLOT_FEATS:
        if slot in ("imperative", "infinitive"):
            continue
        for negative in (False, True):
            if negative and slot in ("general", "consecutive", "consecutive subjunctive", "habitual"):
                continue  # the same forms as another slot's, or two words
            for key in _KEYS if slot != "habitual" else ("1",):
                form = verbs.template(slot, key, negative)
                yield _Cut(form, slot, key, negative, "", False)
                if negative and slot in ("conditional", "past conditional"):
                    yield _Cut(verbs.template(slot, key, True, "", True), slot, key, True, "", True)
                if slot in ("present", "past", "future", "general") and not (negative and slot != "present"):
                    for relative in _KEYS:
                        # "who" of a speaker is the -ye of class 1
                        if relative[-1] not in "sp" or relative == key:
                            form = verbs.template(slot, key, negative, relative)
                            yield _Cut(form, slot, key, negative, relative, False)


@cache
def _prefixes() -> dict[str, tuple[_Cut, ...]]:
    """Everything that stands before an object or a stem, with its readings."""
    found: defaultdict[str, dict[_Cut, None]] = defaultdict(dict)
    for cut in _readings():
        found[cut.template.prefix][cut] = None
        for probe in _PROBES if not cut.relative else ("baba", "enda", "la"):
            for form in _made(cut, probe, ""):
                tail = probe[1:-1]
                at = form.rfind(tail) if tail else len(form) - len(cut.template.suffix) - 1
                found[form[: at - 1]][cut] = None
    return {prefix: tuple(cuts) for prefix, cuts in found.items()}


def _made(cut: _Cut, stem: str, obj: str) -> list[str]:
    """What the generator makes of a reading: the standard form first."""
    _, slot, subject, negative, relative, ha = cut
    return verbs.spellings(stem, slot, subject, obj, negative=negative, relative=relative, ha=ha)


@cache
def _objects() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Object prefix -> keys; m- has three shapes."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for key, prefix in verbs.OBJECT.items():
        if key != "14":
            for shape in ("m", "mw", "mu") if key == "1" else (prefix,):
                found[shape].append(key)
    return tuple((prefix, tuple(keys)) for prefix, keys in found.items())


@cache
def _known_stems() -> dict[str, tuple[tuple[str, str], ...]]:
    """Listed stems and what the extensions make of them -> (base, Voice) of the derived ones."""
    found: dict[str, dict[tuple[str, str], None]] = {stem: {} for stem in sorted(stems.STEMS)}
    chains: tuple[tuple[tuple[verbs.Extension, ...], str], ...] = (
        (("passive",), "Pass"),
        (("applicative",), "Appl"),
        (("causative",), "Cau"),
        (("reciprocal",), "Rcp"),
        (("stative",), "Mid"),
        (("applicative", "passive"), "Appl,Pass"),
        (("causative", "passive"), "Cau,Pass"),
        (("applicative", "reciprocal"), "Appl,Rcp"),
        (("causative", "reciprocal"), "Cau,Rcp"),
    )
    for base in sorted(stems.STEMS):
        for chain, voice in chains:
            stem = base
            for extension in chain:
                stem = verbs.extend(stem, extension)
            if stem != base:
                found.setdefault(stem, {})[base, voice] = None
    return {stem: tuple(made) for stem, made in found.items() if verbs.citation(stem) == stem}


def _stem_cost(stem: str) -> float | None:
    """How unlikely a stem is; None if it cannot be one: no verb ends in -o, and few have one syllable."""
    if stem in _known_stems():
        return 0.0 if stem in stems.STEMS else 0.1
    if stem[-1:] not in ("a", "i", "u", "e") or len(stem) < 3:
        return None
    if sum(map(stem.count, verbs.VOWELS)) < 2 or verbs.citation(stem) != stem:
        return None  # what begins with ku- would be taken for an infinitive
    odd = (0.8 if len(stem) < 4 else 0.0) + (0.0 if nouns.native(stem) else 0.3)
    return _UNKNOWN_STEM + odd + (0.0 if stem[-1] == "a" else 1.2)


def _stems(body: str, cut: _Cut) -> Iterable[str]:
    """Stems that may stand behind a body: its final vowel may be the template's, or its own."""
    final, suffix = cut.template.final, cut.template.suffix
    if suffix:
        if not body.endswith(suffix):
            return ()
        body = body[: -len(suffix)]
    if not body:
        return ()
    if not final:
        return (body,)
    if body[-1] == final:
        return (body[:-1] + "a", body)
    return (body,) if body[-1] in "iue" else ()


def _verbs(form: str) -> Iterator[Analysis]:
    prefixes = _prefixes()
    for end in range(1, len(form) - 1):
        cuts = prefixes.get(form[:end])
        if cuts:
            rest = form[end:]
            options: list[tuple[str, tuple[str, ...]]] = [(rest, ("",))]
            options += [
                (rest[len(p) :], keys) for p, keys in _objects() if rest.startswith(p) and len(rest) > len(p)
            ]
            for cut in cuts:
                for body, keys in options:
                    for stem in _stems(body, cut):
                        yield from _verb(form, cut, stem, keys)
    yield from _imperatives(form)


def _verb(form: str, cut: _Cut, stem: str, objects: tuple[str, ...]) -> Iterator[Analysis]:
    unlikely = _stem_cost(stem)
    if unlikely is None:
        return
    _, slot, subject, negative, relative, ha = cut
    for obj in objects:
        made = _made(cut, stem, obj)
        if form not in made:
            continue
        feats = dict(_SLOT_FEATS[slot])
        if slot not in ("infinitive", "habitual"):
            feats |= _key_feats(subject)
        if negative:
            feats["Polarity"] = "Neg"
        if ha:
            feats["Variant"] = "Ha"
        if relative:
            feats |= _key_feats(relative, "Rel")
        if obj:
            feats |= _key_feats(obj, "Obj")
        cost = _VERB + unlikely + _SLOT_COST.get(slot, 0.0) + _key_rank(subject)
        cost += (_OBJECT + _key_rank_of_object(obj) if obj else 0.0) + (_VARIANT if form != made[0] else 0.0)
        if obj and stem in stems.SHORT and stem != "pa":
            cost += _OBJECT_OF_SHORT
        if slot == "subjunctive" and stem[-1] != "a" and cut.template.prefix in _NOUN_LIKE:
            cost += _LOAN_MOOD
        if unlikely >= _UNKNOWN_STEM and (
            slot == "habitual" or (negative and slot == "present" and not relative)
        ):
            cost += _WEAK_FRAME
        if relative:
            cost += (0.0 if relative == subject else 0.05 + _key_rank(relative)) - (
                2.0 if slot == "general" else 0.0
            )
        yield from _with_bases(stem, "VERB", feats, cost)


def _key_rank_of_object(key: str) -> float:
    return -0.02 if key == "reflexive" else _key_rank(key) + (0.3 if key in _PLACES else 0.0)


def _with_bases(stem: str, upos: str, feats: dict[str, str], cost: float) -> Iterator[Analysis]:
    """A verb as its own lemma, and as a derivation of what it comes from."""
    yield Analysis(stem, upos, feats, cost)
    for base, voice in _known_stems().get(stem, ()):
        yield Analysis(base, upos, feats | {"Voice": voice}, cost + _BASE)


def _imperatives(form: str) -> Iterator[Analysis]:
    """Imperatives of listed stems; of any other word it would be said too easily."""
    for plural in (False, True):
        body = form.removesuffix("ni") if plural else form
        if plural and body == form:
            continue
        for bare in dict.fromkeys((body, body.removeprefix("ku"), body.removeprefix("kw"))):
            for stem in (bare, bare[:-1] + "a") if bare[-1:] == "e" else (bare,):
                if stem in _known_stems() and verbs.imperative(stem, plural=plural) == form:
                    yield from _commanded(stem, plural, "")
        for stem, irregular in (("enda", "nend"), ("ja", "njo"), ("leta", "let")):
            if form.startswith(irregular) and verbs.imperative(stem, plural=plural) == form:
                yield from _commanded(stem, plural, "")
        if body.endswith(("e", "i", "u")):
            for prefix, keys in _objects():
                rest = body[len(prefix) :]
                if body.startswith(prefix) and rest:
                    for stem in (rest[:-1] + "a", rest):
                        for obj in keys if stem in _known_stems() else ():
                            if verbs.imperative(stem, plural=plural, obj=obj) == form:
                                yield from _commanded(stem, plural, obj)


def _commanded(stem: str, plural: bool, obj: str) -> Iterator[Analysis]:
    feats = {**_SLOT_FEATS["imperative"], **_key_feats("2p" if plural else "2s")}
    cost = _VERB + _SLOT_COST["imperative"] + (_OBJECT if obj else 0.0)
    if stem[-1] != "a" and not plural:
        cost += _LOAN_MOOD
    yield from _with_bases(stem, "VERB", feats | (_key_feats(obj, "Obj") if obj else {}), cost)


def _two_words(first: str, second: str) -> Iterator[Analysis]:
    """alikuwa amesoma, huwa hasomi, walikuwa na."""
    outer = [
        a for a in _verbs(first) if a.lemma == "wa" and not {"Voice", "ObjPerson", "Reflex"} & a.feats.keys()
    ]
    if second == "na":
        outer += [a for a in _closed().get(first, ()) if a.lemma == "kuwa" and "RelNounClass" in a.feats]
        yield from (Analysis("kuwa na", "VERB", a.feats, a.cost) for a in outer)
        return
    inner = list(_verbs(second))
    if first == "huwa":
        for a in inner:
            if (
                a.feats.get("Polarity") == "Neg"
                and a.feats.get("Tense") == "Pres"
                and "RelNounClass" not in a.feats
            ):
                feats = {k: v for k, v in a.feats.items() if k != "Tense"} | {"Aspect": "Hab"}
                yield Analysis(a.lemma, "VERB", feats, a.cost)
    slots = {tuple(sorted(_SLOT_FEATS[slot].items())): slot for slot in (*_OUTER, *_INNER)}
    plain = ("NounClass", "Number", "Person", "Polarity", "Variant")
    for a in outer:
        slot = slots.get(tuple(sorted((k, v) for k, v in a.feats.items() if k not in plain)))
        if slot not in _OUTER:
            continue
        for b in inner:
            tense = {
                k: v
                for k, v in b.feats.items()
                if k not in plain and k != "Voice" and not k.startswith(("Obj", "Ref"))
            }
            slot_b = slots.get(tuple(sorted(tense.items())))
            same = all(a.feats.get(k) == b.feats.get(k) for k in plain[:3])
            if slot_b is None or slot_b not in _INNER or not same or "Polarity" in b.feats:
                continue
            if slot == "perfect" and slot_b == "perfect":
                continue
            aspect = _INNER[slot_b] if slot != "perfect" else "Perf,Prog"
            more = {k: v for k, v in b.feats.items() if k.startswith(("Obj", "Ref", "Voice"))}
            yield Analysis(b.lemma, "VERB", {**a.feats, **more, "Aspect": aspect}, a.cost + b.cost)


# ---------------------------------------------------------------- nouns

# (singular prefixes, plural prefixes) by pair: what stands in for what when the number changes.
_PREFIX_PAIRS: dict[Pair, tuple[tuple[str, ...], tuple[str, ...]]] = {
    (1, 2): (("m", "mw", "mu", "mwa", "mwe", "mwi"), ("wa", "w", "we")),
    (3, 4): (("m", "mw", "mu"), ("mi",)),
    (5, 6): (("", "ji", "j"), ("ma", "me")),
    (7, 8): (("ki", "ch"), ("vi", "vy")),
    (11, 10): (("u", "w"), ("", "n", "m", "ny", "nyu")),
    (11, 6): (("u",), ("ma",)),
    (9, 6): (("",), ("ma",)),
}


def _noun_pairs(noun: str) -> list[Pair]:
    """Pairs of classes that a noun's shape allows, whether or not they are the likeliest."""
    out: list[Pair] = [nouns.guess(noun)]
    first, second = noun[:1], noun[1:2]
    if first == "m" and second not in ("a", "e", "i", "o"):
        out += [(3, 4), (1, 2)]
    elif noun.startswith(("ki", "ch")):
        out.append((7, 8))
    elif first in ("u", "w"):
        out += [(11, 10), (11, 6)]
    elif noun.startswith("ma"):
        out.append((6, 6))
    elif noun.startswith("mi"):
        out.append((4, 4))
    elif noun.startswith(("vi", "vy")):
        out.append((8, 8))
    elif noun.startswith("wa"):
        out.append((2, 2))
    elif not noun.startswith("ku"):
        out += [(5, 6)]
    out.append((9, 10))
    return list(dict.fromkeys(out))


def _number(noun_class: str) -> int:
    return int(noun_class.removeprefix("Bantu"))


def _nouns(form: str, known: Mapping[str, tuple[str, str]]) -> Iterator[tuple[str, Pair, bool, float]]:
    """(lemma, classes, plural?, cost) of the nouns that a form without -ni may be."""

    def listed(noun: str) -> Pair | None:
        told = known.get(noun)
        return nouns.listed(noun) or (told and (_number(told[0]), _number(told[1]))) or None

    pair = listed(form)
    if pair:
        yield form, pair, False, _LISTED
        if pair[1] != pair[0] and nouns.plural(form, pair[1]) == form:
            yield form, pair, True, _LISTED - (0.1 if form in words.MOSTLY_PLURAL else 0.0)
    irregular = nouns.listed_singular(form)
    if irregular:
        yield irregular, nouns.classes(irregular), True, _LISTED
    for pattern, (one, many) in _PREFIX_PAIRS.items():
        for plural in many:
            if not form.startswith(plural) or len(form) - len(plural) < 2:
                continue
            for singular in one:
                lemma = singular + form[len(plural) :]
                if lemma in (form, irregular) or not nouns.native(lemma):
                    continue
                pair = listed(lemma)
                if pair:
                    if nouns.plural(lemma, pair[1]) == form and pair[1] == pattern[1]:
                        yield lemma, pair, True, _LISTED
                elif pattern[0] != 11 and pattern != (9, 6) and nouns.plural_as(lemma, pattern) == form:
                    likely = nouns.guess(lemma) == pattern or (pattern == (1, 2) and lemma[:2] != "mu")
                    cost = _GUESS if likely else _OTHER_GUESS
                    yield lemma, pattern, True, cost - 0.3
    if pair := listed(form):
        return
    for place, pattern in enumerate(_noun_pairs(form)):
        cost = _GUESS if not place else _OTHER_GUESS
        if place and not nouns.native(form):
            return  # a borrowed word is 9/10
        yield form, pattern, False, cost
        if pattern == (9, 10):
            yield form, pattern, True, cost + 0.02


def _made_noun(lemma: str, cls: int) -> str:
    """What the generator makes of a noun in a class."""
    return (nouns.singular(lemma, cls) if cls in SINGULARS else nouns.plural(lemma, cls)).lower()


def _noun_analyses(form: str, known: Mapping[str, tuple[str, str]], capital: bool) -> Iterator[Analysis]:
    if len(form) < 2:
        return
    places = [(form, False)]
    if form.endswith("ni") and len(form) > 4 and form[-3] in verbs.VOWELS:
        places.append((form[:-2], True))
    for bare, locative in places:
        for lemma, pair, plural, cost in _nouns(bare, known):
            cls = pair[plural]
            if _made_noun(lemma, cls) != bare:
                continue
            feats = _class_feats(cls)
            sure = nouns.listed(lemma) is not None or lemma in known
            if capital and not sure:
                lemma = lemma.capitalize()
            animate = nouns.is_animate(lemma, pair[0])
            if locative:
                if animate or pair[0] == 16:
                    continue
                cost += 0.3 if sure else 1.5
                yield Analysis(lemma, "NOUN", feats | {"Case": "Loc"}, cost + _RANK[cls])
                if sure and not plural:
                    for place in (17, 16, 18):
                        yield Analysis(
                            lemma, "NOUN", _class_feats(place) | {"Case": "Loc"}, cost + 0.5 + _RANK[place]
                        )
                continue
            yield Analysis(lemma, "NOUN", feats, cost + _RANK[cls])
            concord = 2 if plural else 1
            if animate and cls not in (1, 2) and _made_noun(lemma, concord) == bare:
                agreeing = _class_feats(concord)
                yield Analysis(lemma, "NOUN", agreeing, cost + 0.25 + _RANK[cls])


# ---------------------------------------------------------------- the door


def analyse(form: str, known: Mapping[str, tuple[str, str]]) -> tuple[Analysis, ...]:
    """What a form may be, the likeliest first.

    Args:
        form: A word, or a verb of two words ("alikuwa amesoma").
        known: Nouns whose (singular, plural) classes a dictionary has told.

    Returns:
        Analyses; () for what is no Swahili word.

    >>> [(one.lemma, one.feats["NounClass"]) for one in analyse("vitabu", {})][0]
    ('kitabu', 'Bantu8')
    """
    word = form.strip().lower().replace("’", "'")
    first, space, second = word.partition(" ")
    if not any(map(str.isalpha, word)) or not all(char.isalpha() or char in "' -" for char in word):
        return ()
    if space:
        found = list(_two_words(first, second))
    else:
        found = [*_closed().get(word, ()), *_verbs(word)]
        sure = any(one.cost < _SURE for one in found)
        for one in _noun_analyses(word, known, form[:1].isupper()):
            if one.cost < _SURE or not sure:
                found.append(one)
                sure = sure or one.cost < _SURE
    best: dict[tuple[str, str, tuple[tuple[str, str], ...]], Analysis] = {}
    for one in found:
        key = (one.lemma, one.upos, tuple(sorted(one.feats.items())))
        if key not in best or one.cost < best[key].cost:
            best[key] = one
    return tuple(
        sorted(
            best.values(),
            key=lambda one: (round(one.cost, 6), one.upos, one.lemma, sorted(one.feats.items())),
        )
    )
