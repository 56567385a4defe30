"""What kind of language it is: URIEL's syntax features, and the morphology that a paradigm table attests.

Observed values (WALS, SSWL, Ethnologue) win over imputed ones, and every value remembers which it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from morphaug import languages, uriel
from morphaug.errors import MorphaugError, UnknownName

if TYPE_CHECKING:
    from morphaug.paradigms import Paradigms

Order = Literal["before", "after", "both"]

ORDERS: dict[str, tuple[str, str]] = {
    "subject_verb": ("S_SUBJECT_BEFORE_VERB", "S_SUBJECT_AFTER_VERB"),
    "object_verb": ("S_OBJECT_BEFORE_VERB", "S_OBJECT_AFTER_VERB"),
    "subject_object": ("S_SUBJECT_BEFORE_OBJECT", "S_SUBJECT_AFTER_OBJECT"),
    "oblique_verb": ("S_OBLIQUE_BEFORE_VERB", "S_OBLIQUE_AFTER_VERB"),
    "oblique_object": ("S_OBLIQUE_BEFORE_OBJECT", "S_OBLIQUE_AFTER_OBJECT"),
    "adposition_noun": ("S_ADPOSITION_BEFORE_NOUN", "S_ADPOSITION_AFTER_NOUN"),
    "possessor_noun": ("S_POSSESSOR_BEFORE_NOUN", "S_POSSESSOR_AFTER_NOUN"),
    "adjective_noun": ("S_ADJECTIVE_BEFORE_NOUN", "S_ADJECTIVE_AFTER_NOUN"),
    "demonstrative_noun": ("S_DEMONSTRATIVE_WORD_BEFORE_NOUN", "S_DEMONSTRATIVE_WORD_AFTER_NOUN"),
    "numeral_noun": ("S_NUMERAL_BEFORE_NOUN", "S_NUMERAL_AFTER_NOUN"),
    "article_noun": ("S_ARTICLE_WORD_BEFORE_NOUN", "S_ARTICLE_WORD_AFTER_NOUN"),
    "relative_noun": ("S_RELATIVE_BEFORE_NOUN", "S_RELATIVE_AFTER_NOUN"),
    "degree_adjective": ("S_DEGREE_WORD_BEFORE_ADJECTIVE", "S_DEGREE_WORD_AFTER_ADJECTIVE"),
    "subordinator_clause": ("S_SUBORDINATOR_WORD_BEFORE_CLAUSE", "S_SUBORDINATOR_WORD_AFTER_CLAUSE"),
    "complementizer_clause": ("S_COMPLEMENTIZER_WORD_BEFORE_CLAUSE", "S_COMPLEMENTIZER_WORD_AFTER_CLAUSE"),
    "negation_verb": ("S_NEGATIVE_WORD_BEFORE_VERB", "S_NEGATIVE_WORD_AFTER_VERB"),
    "negation_subject": ("S_NEGATIVE_WORD_BEFORE_SUBJECT", "S_NEGATIVE_WORD_AFTER_SUBJECT"),
    "negation_object": ("S_NEGATIVE_WORD_BEFORE_OBJECT", "S_NEGATIVE_WORD_AFTER_OBJECT"),
}
"""Pair -> (feature "the first-named precedes the second", feature "it follows")."""

DISTANCES = ("syntax", "word_order", "affixation")

FORMULAS: dict[str, str] = {
    "syntax": "d = |{f : a(f) != b(f)}| / |F|, the Hamming distance over F, all URIEL syntax features that have a "
    "value in both languages; a(f) is 1 if the value is above one half, else 0",
    "word_order": "the same over the features that say where a word or constituent stands (orders of S, V, O and X, "
    "X_BEFORE_Y, X_AFTER_Y, INITIAL, FINAL, SECOND, AROUND)",
    "affixation": "the same over the features that say what is bound to a word (PREFIX, SUFFIX, AFFIX, CLITIC, "
    "PROCLITIC, ENCLITIC, REDUP)",
    "value": "the mean over the sources that observed the feature (WALS, SSWL, Ethnologue); URIEL's nearest-neighbour "
    "imputation where none did",
    "observed": "the share of F whose values are observed, not imputed, in both languages",
}
"""How each figure is computed, for people."""


@dataclass(frozen=True, slots=True)
class Value:
    """One feature of one language.

    Attributes:
        value: Between 0 and 1: the mean over the sources; None if nothing is known.
        observed: Whether a source recorded it, rather than a model guessing it from related languages.
        sources: Those sources ("WALS", "SSWL", "Ethnologue"), or ("knn",) for an imputed value.
        dominant: What WALS says, which records the dominant order where others record every possible one.
    """

    value: float | None
    observed: bool
    sources: tuple[str, ...]
    dominant: float | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Profile:
    """The typological profile of a language.

    Attributes:
        code: ISO 639-3.
        values: Feature -> value, for every syntax feature of URIEL ("S_OBJECT_BEFORE_VERB").
        uriel: The code under which URIEL files the values; differs from ``code`` where URIEL observed
            a language only as part of its macrolanguage.
    """

    code: str
    values: dict[str, Value] = field(hash=False)
    uriel: str = ""

    def get(self, feature: str) -> Value:
        """The value of a feature.

        Raises:
            UnknownName: URIEL has no such feature.
        """
        try:
            return self.values[feature]
        except KeyError:
            raise UnknownName("typological feature", feature, self.values) from None

    def has(self, feature: str) -> bool | None:
        """Whether the language has the feature (value above one half); None if that is unknown."""
        value = self.get(feature).value
        return None if value is None else value > 0.5

    def order(self, pair: str) -> Order | None:
        """Where the first-named of a pair stands: "before" or "after" the second, or "both".

        Where only one of the pair's two features was observed, that one decides: an imputed value never
        adds a second order to an observed one. Where the sources have both orders and WALS one, that one is
        dominant (Spanish adjectives may precede their noun, but follow it). None where neither order is known
        or the language does without (a negation that is an affix has no place among the words).

        Args:
            pair: A key of ORDERS.

        Raises:
            UnknownName: No such pair.
        """
        first, second = self._sides(pair)
        before, after = first.value or 0.0, second.value or 0.0
        if first.observed and not second.observed and before > 0.5:
            return "before"
        if second.observed and not first.observed and after > 0.5:
            return "after"
        if before == after == 0:
            return None
        if before == after or min(before, after) > 0.5:  # at one half each, the sources disagree about both
            if first.dominant is None or second.dominant is None or first.dominant == second.dominant:
                return "both"
            return "before" if first.dominant > second.dominant else "after"
        return "before" if before > after else "after"

    def order_observed(self, pair: str) -> bool:
        """Whether ``order(pair)`` rests on an observation rather than on imputed values alone."""
        first, second = self._sides(pair)
        return first.observed or second.observed

    @property
    def observed(self) -> float:
        """Share of the features that were observed; 0 for a language about which all is guessed."""
        return sum(v.observed for v in self.values.values()) / len(self.values) if self.values else 0.0

    def _sides(self, pair: str) -> tuple[Value, Value]:
        if pair not in ORDERS:
            raise UnknownName("order", pair, ORDERS)
        first, second = ORDERS[pair]
        return self.get(first), self.get(second)


@dataclass(frozen=True, slots=True)
class Distance:
    """How far two languages are apart in one respect; FORMULAS says how it is computed.

    Attributes:
        value: 0 (the same) to 1; None if no feature is known in both.
        features: Number of features compared.
        observed: Share of those that are observed in both languages.
    """

    value: float | None
    features: int
    observed: float


def profile(code: str) -> Profile:
    """The typological profile of a language.

    Args:
        code: The language, as ``languages.resolve`` takes it.

    Raises:
        UnknownName: No such language.
        MissingResource: lang2vec, which holds URIEL's tables, is not installed.
        MorphaugError: URIEL does not have the language.
    """
    return _profile(languages.resolve(code))


@lru_cache(maxsize=256)
def _profile(code: str) -> Profile:
    best: tuple[int, str, dict[str, Value]] | None = None
    for known_as in languages.alias(code, "lang2vec"):
        rows = uriel.values(known_as)
        if rows is None:
            continue
        found = dict(zip(uriel.features(), map(_value, rows), strict=True))
        seen = sum(v.observed for v in found.values())
        if best is None or seen > best[0]:
            best = seen, known_as, found
    if best is None:
        problem = f"URIEL has no features for {languages.name(code)} ({code})"
        raise MorphaugError(problem, "take a related language that it has")
    return Profile(code, best[2], best[1])


_WALS = uriel.SOURCES.index("WALS")


def _value(cells: Sequence[int]) -> Value:
    """One feature's value from its cells, one for each of uriel.SOURCES, the imputation last."""
    seen = [i for i, cell in enumerate(cells[:-1]) if cell != uriel.UNKNOWN]
    if seen:
        value = sum(cells[i] for i in seen) / len(seen)
        dominant = float(cells[_WALS]) if _WALS in seen else None
        return Value(value, True, tuple(uriel.SOURCES[i] for i in seen), dominant)
    if cells[-1] != uriel.UNKNOWN:
        return Value(float(cells[-1]), False, uriel.SOURCES[-1:])
    return Value(None, False, ())


def difference(a: Profile, b: Profile) -> list[tuple[str, Value, Value]]:
    """The features that one language has and the other has not, in URIEL's order: those a distance counts."""
    return [
        (feature, a.values[feature], b.values[feature])
        for feature in _compared(a, b)
        if a.has(feature) != b.has(feature)
    ]


def order_difference(a: Profile, b: Profile) -> dict[str, tuple[Order | None, Order | None]]:
    """The pairs of ORDERS in which two languages differ, with the order in each."""
    orders = {pair: (a.order(pair), b.order(pair)) for pair in ORDERS}
    return {pair: sides for pair, sides in orders.items() if sides[0] != sides[1]}


def distances(a: Profile, b: Profile, *, observed_only: bool = False) -> dict[str, Distance]:
    """How far two languages are apart: in all of syntax, in word order, and in affixation.

    These are computed here by FORMULAS; they are not URIEL's published distances.

    Args:
        a, b: The two profiles.
        observed_only: Compare only features observed in both languages.
    """
    out = {}
    for kind in DISTANCES:
        compared = [f for f in _compared(a, b) if _belongs(f, kind)]
        both = [f for f in compared if a.values[f].observed and b.values[f].observed]
        share = len(both) / len(compared) if compared else 0.0
        if observed_only:
            compared, share = both, 1.0 if both else 0.0
        differ = sum(a.has(f) != b.has(f) for f in compared)
        out[kind] = Distance(differ / len(compared) if compared else None, len(compared), share)
    return out


def _compared(a: Profile, b: Profile) -> list[str]:
    """The features that have a value in both."""
    nothing = Value(None, False, ())
    return [
        f for f, v in a.values.items() if v.value is not None and b.values.get(f, nothing).value is not None
    ]


_PLACE = frozenset({"BEFORE", "AFTER", "AROUND", "INITIAL", "FINAL", "SECOND"})
_BOUND = frozenset({"PREFIX", "SUFFIX", "AFFIX", "CLITIC", "PROCLITIC", "ENCLITIC", "REDUP"})


def _belongs(feature: str, kind: str) -> bool:
    words = feature.split("_")[1:]
    if kind == "word_order":  # S_SVO, S_XOV: letters for constituents
        return not _PLACE.isdisjoint(words) or (len(words) == 1 and set(words[0]) <= set("SVOX"))
    return kind == "syntax" or not _BOUND.isdisjoint(words)


# --- what a paradigm table attests ---------------------------------------------------------------------------

CORE_POS = ("N", "V", "ADJ")
"""Parts of speech whose absence from a table is worth saying."""

THIN = 20
"""Below this many lemmas a table says little about a part of speech (a Swahili table has two nouns)."""


@dataclass(frozen=True, slots=True)
class PosProfile:
    """The inflection of one part of speech, as far as a table attests it.

    Attributes:
        pos: UniMorph's name ("N", "V.PTCP").
        dimensions: Dimension -> its attested features, those of most rows first ({"case": ("NOM", "GEN", ...)}).
        rows: Rows of the table.
        bundles: Distinct feature bundles.
        lemmas: Distinct lemmas.
        sampled: Lemmas on which the shares below rest, evenly spaced over the table.
        prefixing, suffixing: Share of the single-word forms unlike their lemma that differ from it before or
            after the longest stretch that both share (both can be true of a form); None if there is no such form.
        periphrastic: Share of cells whose form has several words.
        syncretism: Share of cells whose form another cell of the same paradigm has too.
    """

    pos: str
    dimensions: dict[str, tuple[str, ...]] = field(hash=False)
    rows: int
    bundles: int
    lemmas: int
    sampled: int
    prefixing: float | None
    suffixing: float | None
    periphrastic: float
    syncretism: float

    @property
    def thin(self) -> bool:
        """Whether the lemmas are too few to speak for the language."""
        return self.lemmas < THIN


@dataclass(frozen=True, slots=True)
class MorphProfile:
    """The morphology that a table attests. A part of speech that the table lacks is missing: it is not "no inflection".

    Attributes:
        parts: POS -> its inflection, most rows first.
        missing: Those of CORE_POS that the table lacks.
    """

    parts: dict[str, PosProfile] = field(hash=False)
    missing: tuple[str, ...]

    def get(self, pos: str) -> PosProfile | None:
        """The inflection of a part of speech; None if the table lacks it."""
        return self.parts.get(pos)

    def attests(self, pos: str, dimension: str, feature: str = "") -> bool | None:
        """Whether the table inflects a part of speech for a dimension, or has a feature in it; None if it lacks the POS.

        Args:
            pos: UniMorph's name of the part of speech.
            dimension: As features.py names it ("case").
            feature: A feature of it ("INS"); "" asks for the dimension alone.
        """
        part = self.parts.get(pos)
        if part is None:
            return None
        features = part.dimensions.get(dimension, ())
        return feature in features if feature else bool(features)


def morphological_profile(paradigms: Paradigms, *, sample: int = 300) -> MorphProfile:
    """The morphological profile of a paradigm table.

    Args:
        paradigms: The compiled table.
        sample: Lemmas per part of speech from which the shares are measured; counts use the whole table.
    """
    from morphaug.features import dimension, features_of, pos_of

    bundles: dict[str, dict[str, int]] = {}
    for bundle, rows in paradigms.bundles.items():
        if pos := pos_of(bundle):  # a row without a part of speech speaks for none
            bundles.setdefault(pos, {})[bundle] = rows
    parts = {}
    for pos in sorted(bundles, key=lambda p: (-sum(bundles[p].values()), p)):
        counts: dict[str, Counter[str]] = {}
        for bundle, rows in bundles[pos].items():
            for feature in features_of(bundle) - {pos}:
                counts.setdefault(dimension(feature), Counter())[feature] += rows
        lemmas = sorted(paradigms.lemmas(pos))
        cells = ((lemma, paradigms.paradigm(lemma, pos)) for lemma in _spread(lemmas, sample))
        parts[pos] = _part(pos, bundles[pos], counts, len(lemmas), cells)
    return MorphProfile(parts, tuple(pos for pos in CORE_POS if pos not in parts))


def _part(
    pos: str,
    bundles: Mapping[str, int],
    counts: Mapping[str, Counter[str]],
    lemmas: int,
    paradigms: Iterator[tuple[str, Sequence[tuple[str, str]]]],
) -> PosProfile:
    cells = shared = several = changed = before = after = sampled = 0
    for lemma, paradigm in paradigms:
        sampled += 1
        fills = Counter(form for form, _ in {(form, bundle) for bundle, form in paradigm})
        cells += fills.total()
        shared += sum(n for n in fills.values() if n > 1)
        for form, n in fills.items():
            if " " in form:
                several += n
            elif form != lemma and " " not in lemma:
                prefix, suffix = _changes(lemma, form)
                changed += 1
                before += prefix
                after += suffix
    return PosProfile(
        pos,
        {name: tuple(sorted(c, key=lambda f: (-c[f], f))) for name, c in sorted(counts.items())},
        sum(bundles.values()),
        len(bundles),
        lemmas,
        sampled,
        before / changed if changed else None,
        after / changed if changed else None,
        several / cells if cells else 0.0,
        shared / cells if cells else 0.0,
    )


def _spread(items: Sequence[str], number: int) -> list[str]:
    """Up to ``number`` of the items, evenly spaced: the same ones each time."""
    if len(items) <= number:
        return list(items)
    return [items[i * len(items) // number] for i in range(number)]


def _changes(lemma: str, form: str) -> tuple[bool, bool]:
    """Whether a form differs from its lemma before, and after, the longest stretch that the two share."""
    # what both begin or end with is the stem where it is long enough: "book-ing" must not align by "ook"
    start = _shared(lemma, form)
    if 2 * start >= len(lemma):
        return False, True
    end = _shared(lemma[::-1], form[::-1])
    if 2 * end >= len(lemma):
        return True, False
    match = SequenceMatcher(None, lemma, form, autojunk=False).find_longest_match()
    if match.size < 2:
        return False, False
    return (
        lemma[: match.a] != form[: match.b],
        lemma[match.a + match.size :] != form[match.b + match.size :],
    )


def _shared(a: str, b: str) -> int:
    """Length of the common beginning."""
    for at, (x, y) in enumerate(zip(a, b, strict=False)):
        if x != y:
            return at
    return min(len(a), len(b))
