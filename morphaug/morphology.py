"""One door to a language's morphology: the ladder from table to lemma, and how each form was found.

For a lemma and UD features the rungs are tried in this order:

1. ``table``: the cell stands in the table;
2. ``syncretic``: a cell stands there that (almost) always has the same form;
3. ``grammar``: the language's rule grammar knows (it goes first where the table has no feature at all for
   something that was asked for, e.g. a locative that the table's nouns lack);
4. ``learned``: the learned inflector, above its probability threshold;
5. ``nearest``: the lemma's nearest cell in the table, which is usually a wrong form;
6. ``lemma``: the lemma as it is.

Which bundle the features mean is the table's to say (``Morphology.resolve``): of the bundles that have all
that was asked for, the least marked one is taken, where ``cells.MARKED`` says what marks one. A Turkish finite
present, which tables split into "PRS;PROG" and "PRS;HAB", is thus the progressive unless HAB is asked for.
Features that the table never attests for the part of speech are dropped (the gender of a German noun).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from morphaug.cells import STRUCTURAL_GAP, Cells
from morphaug.features import (
    DEFAULTS,
    POS_OF_UPOS,
    dimension,
    features_of,
    from_unimorph,
    join,
    pos_for,
    readings,
    to_unimorph,
    wanted,
)
from morphaug.inflection import Inflector
from morphaug.paradigms import Paradigms, nfc

RUNGS: tuple[str, ...] = ("table", "syncretic", "grammar", "learned", "nearest", "lemma")
"""How a form was found, best first."""

_COSMETIC = frozenset(
    {"Gender", "Definite", "Animacy", "Degree", "Polite", "Voice", "Evident", "Connegative", "Aspect"}
)
_LEARNABLE = 10  # lemmas of a part of speech from which its patterns are worth anything
_MEMO = 200_000
_VOWELS = frozenset("aeiouyæœøıаеиоуыэюяёіїєαεηιουω")


class Grammar(Protocol):
    """What a module in ``morphaug.grammars`` offers."""

    def inflect(self, lemma: str, upos: str, feats: Mapping[str, str]) -> str | None: ...

    def analyse(self, form: str) -> tuple[tuple[str, str, dict[str, str]], ...]: ...

    def agreement_class(self, lemma: str, number: str = "Sing") -> str | None: ...


@dataclass(frozen=True, slots=True)
class Form:
    """An inflected form and how it was found.

    Attributes:
        text: The form.
        rung: One of ``RUNGS``.
        bundle: The canonical bundle it realises ("" where none was looked up).
        probability: 1 for the table, the share for a syncretic cell, the inflector's own for a learned form.
    """

    text: str
    rung: str
    bundle: str
    probability: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What UD features mean in one table.

    Attributes:
        pos: UniMorph part of speech.
        bundles: Bundles that have all that was asked for, the least marked first; the first is the target.
        complete: False if no bundle of the table has it all and ``bundles`` is the nearest one (a gap of the
            language, such as a comitative singular), or one composed of features never seen together.
        attested: Whether the table has the target bundle at all.
        dropped: UD features that the table has no word for.
    """

    pos: str
    bundles: tuple[str, ...]
    complete: bool
    attested: bool
    dropped: tuple[str, ...]


class Morphology:
    """A language's morphology. Never raises on odd input: what cannot be inflected comes back as it is.

    Args:
        code: ISO 639-3 code.
        paradigms: The compiled table, or None.
        inflector: The learned inflector, or None.
        grammar: The language's rule grammar, or None.
        foreign: The pack's settings for foreign stems: "linking_vowel" goes after a final consonant of a
            nominal ("i": book -> booki-), "verb_ending" makes a verb's citation form ("ata": walk -> walkata;
            without it the commonest ending of the table's verbs is taken).
        threshold: Probability from which a learned form is used.
    """

    def __init__(
        self,
        code: str,
        paradigms: Paradigms | None = None,
        inflector: Inflector | None = None,
        grammar: Grammar | None = None,
        foreign: Mapping[str, str] | None = None,
        *,
        threshold: float = 0.15,
    ) -> None:
        self.code = code
        self.paradigms = paradigms
        self.inflector = inflector
        self.grammar = grammar
        self.foreign = dict(foreign or {})
        self.threshold = threshold
        self._forms: dict[tuple[str, str, bool, tuple[tuple[str, str], ...]], Form] = {}
        self._learnable: dict[str, bool] = {}
        self._attested: dict[tuple[str, str, str], bool] = {}
        self._matrices: dict[str, Cells] = {}
        self._analyses: dict[str, tuple[tuple[str, str, dict[str, str], str], ...]] = {}
        self._plans: dict[tuple[str, tuple[tuple[str, str], ...]], tuple[Plan, ...]] = {}

    # -- what features mean ---------------------------------------------------------------------

    def resolve(self, upos: str, feats: Mapping[str, str]) -> tuple[Plan, ...]:
        """What UD features mean in this table, one plan per part of speech that it may be found under.

        Args:
            upos: UD part of speech.
            feats: UD features.

        Returns:
            Plans, the likeliest part of speech first; () if the table has none of them.
        """
        key = (upos, tuple(feats.items()))
        plans = self._plans.get(key)
        if plans is None:
            found = []
            if self.paradigms is not None:
                for pos in pos_for(upos, feats):
                    plan = self._plan(self.paradigms, pos, upos, feats)
                    if plan is not None:
                        found.append(plan)
            if len(self._plans) > 50_000:
                self._plans.clear()
            plans = self._plans[key] = tuple(found)
        return plans

    def _plan(self, paradigms: Paradigms, pos: str, upos: str, feats: Mapping[str, str]) -> Plan | None:
        if not paradigms.inventory(pos):
            return None
        attested = paradigms.attested(pos)
        asked = frozenset(to_unimorph(upos, feats, attested | {pos}).split(";")) | {pos}
        dropped = tuple(
            name
            for name, choices in wanted(upos, feats)
            if not any(reading <= attested or reading <= DEFAULTS for reading in choices)
        )
        if "VerbForm" in dropped and feats.get("VerbForm") == "Inf":
            return None  # no infinitive in the table: the citation form serves
        core = asked - DEFAULTS
        if core == {pos} and "." not in pos:
            return Plan(pos, (), True, True, dropped)
        cells = self._cells(paradigms, pos)
        full, cost = cells.serving(core, asked)
        if full:
            if cost >= 0.5 and (bare := cells.accidental_gap(core)):
                return Plan(pos, (bare,), True, False, dropped)
            return Plan(pos, full[:6], True, True, dropped)
        nearest = cells.nearest(core, asked)
        if cells.expected(core) >= STRUCTURAL_GAP:
            return Plan(pos, (nearest,), False, True, dropped)
        taken = {dimension(feature) for feature in asked}
        rest = {feature for feature in features_of(nearest) if dimension(feature) not in taken}
        return Plan(pos, (join(core | rest),), True, False, dropped)

    def _cells(self, paradigms: Paradigms, pos: str) -> Cells:
        cells = self._matrices.get(pos)
        if cells is None:
            cells = self._matrices[pos] = Cells(paradigms, pos)
        return cells

    def attests(self, upos: str, feature: str, value: str) -> bool:
        """Whether the table (in any reading) or the grammar has a UD feature for a part of speech.

        >>> Morphology("xxx").attests("NOUN", "Case", "Ine")
        False
        """
        key = (upos, feature, value)
        known = self._attested.get(key)
        if known is None:
            known = self._attested[key] = self._in_table(*key) or self._in_grammar(*key)
        return known

    def _in_table(self, upos: str, feature: str, value: str) -> bool:
        if self.paradigms is None:
            return False
        names = POS_OF_UPOS.get(upos, (upos,))
        if upos not in ("PROPN", "AUX", "DET", "PRON"):
            names = names[:1]
        choices = readings(feature, value)
        return any(reading <= self.paradigms.attested(pos) for pos in names if pos for reading in choices)

    def _in_grammar(self, upos: str, feature: str, value: str) -> bool:
        """Whether the grammar makes forms for a feature that tables may lack."""
        pos = "VERB" if upos == "AUX" else upos
        return (pos, feature, value) in getattr(self.grammar, "EXPRESSES", ())

    def case_first(self, upos: str, candidates: Sequence[str]) -> str | None:
        """The first of some UD cases ("Ine", "Loc", …) that the table attests for a part of speech."""
        return next((case for case in candidates if self.attests(upos, "Case", case)), None)

    # -- forms ----------------------------------------------------------------------------------

    def inflect(self, lemma: str, upos: str, feats: Mapping[str, str], *, foreign: bool = False) -> Form:
        """The form of a lemma.

        Args:
            lemma: Citation form. Of several words, the one that the table knows (else the last, or the first
                if that is where the table inflects) is inflected and the others are kept.
            upos: UD part of speech.
            feats: UD features of the target language.
            foreign: The lemma is a stem of another language: no look-up, regular endings, the stem intact.

        Returns:
            The form, with its rung.
        """
        key = (lemma, upos, foreign, tuple(feats.items()))
        try:
            form = self._forms.get(key)
        except TypeError:  # a value that is no string
            feats = {str(name): str(value) for name, value in feats.items()}
            key = (lemma, upos, foreign, tuple(feats.items()))
            form = self._forms.get(key)
        if form is None:
            form = self._inflect(str(lemma), str(upos), feats, foreign)
            if len(self._forms) >= _MEMO:
                self._forms.clear()
            self._forms[key] = form
        return form

    def _inflect(self, lemma: str, upos: str, feats: Mapping[str, str], foreign: bool) -> Form:
        text = nfc(lemma.strip())
        if not text or not any(char.isalpha() for char in text):
            return Form(lemma, "lemma", "", 0.0)
        plans = self.resolve(upos, feats)
        if foreign:
            return self._foreign(text, upos, feats, plans)
        known = self.paradigms
        chosen: Plan | None = None
        if known is not None:
            chosen = next((plan for plan in plans if known.has(text, plan.pos)), None)
        if " " in text and chosen is None:
            whole = self._grammar(text, upos, feats)
            if whole is not None and whole.text != text:
                return whole
            return self._phrase(text, upos, feats, plans)
        plan = chosen or (plans[0] if plans else None)
        if self.grammar is not None and (
            plan is None
            or any(n not in _COSMETIC or self._in_grammar(upos, n, feats.get(n, "")) for n in plan.dropped)
        ):
            form = self._grammar(text, upos, feats)
            if form is not None:
                return form
        if plan is not None and not plan.bundles:
            return Form(text, "table" if chosen else "lemma", plan.pos, 1.0)
        if chosen is not None and known is not None and chosen.complete:
            form = self._looked_up(known, text, chosen)
            if form is not None:
                return form
        if self.grammar is not None:
            form = self._grammar(text, upos, feats)
            if form is not None:
                return form
        if plan is not None and plan.complete:
            form = self._learned(text, plan, known if chosen else None)
            if form is not None:
                return form
        if chosen is not None and known is not None:
            nearest = known.nearest(text, chosen.bundles[0])
            if nearest is not None:
                return Form(nearest[1][0], "nearest", nearest[0], 0.2)
        if plan is not None and not plan.complete:
            form = self._learned(text, plan, None)
            if form is not None:
                return Form(form.text, "nearest", form.bundle, 0.5 * form.probability)
        return Form(text, "lemma", "", 0.0)

    def _looked_up(self, known: Paradigms, lemma: str, plan: Plan) -> Form | None:
        for bundle in plan.bundles:
            forms = known.forms(lemma, bundle)
            if forms:
                return Form(forms[0], "table", bundle, 1.0)
        for bundle in plan.bundles[:1]:
            for other in known.syncretic(bundle):
                forms = known.forms(lemma, other.bundle)
                if forms:
                    return Form(forms[0], "syncretic", bundle, other.share)
        return None

    def _grammar(self, lemma: str, upos: str, feats: Mapping[str, str]) -> Form | None:
        made = self.grammar.inflect(lemma, upos, feats) if self.grammar is not None else None
        return Form(made, "grammar", "", 0.9) if made else None

    def _learned(self, lemma: str, plan: Plan, known: Paradigms | None, keep: str = "") -> Form | None:
        if self.inflector is None or not plan.bundles or not self._supported(plan.pos):
            return None
        cells = known.paradigm(lemma, plan.pos) if known is not None else ()
        found = self.inflector.predict(lemma, plan.bundles[0], cells, keep=keep)
        if found is None or found[1] < self.threshold:
            return None
        return Form(found[0], "learned", plan.bundles[0], found[1])

    def _supported(self, pos: str) -> bool:
        """Whether the table has enough lemmas of a part of speech to learn from: two nouns are none."""
        if self.paradigms is None:
            return True
        if pos not in self._learnable:
            self._learnable[pos] = self._most_lemmas(self.paradigms, pos) >= _LEARNABLE
        return self._learnable[pos]

    @staticmethod
    def _most_lemmas(paradigms: Paradigms, pos: str) -> int:
        return max((paradigms.bundle_lemmas[name] for name in paradigms.inventory(pos)), default=0)

    def _phrase(self, text: str, upos: str, feats: Mapping[str, str], plans: Sequence[Plan]) -> Form:
        words = text.split(" ")
        first = False
        if self.paradigms is not None and plans:
            pos = plans[0].pos
            front, end = self.paradigms.has(words[0], pos), self.paradigms.has(words[-1], pos)
            first = front if front != end else self.paradigms.inflects_first_word(pos)
        at = 0 if first else len(words) - 1
        head = self._inflect(words[at], upos, feats, False)
        words[at] = head.text
        return Form(" ".join(words), head.rung, head.bundle, head.probability)

    def _foreign(self, stem: str, upos: str, feats: Mapping[str, str], plans: Sequence[Plan]) -> Form:
        if not plans and self.grammar is None:
            return Form(stem, "lemma", "", 0.0)
        if plans and not plans[0].bundles:
            return Form(stem, "lemma", plans[0].pos, 1.0)
        words = stem.split(" ")
        head = words[-1]
        lemma = self._citation(head, upos)
        form = self._grammar(lemma, upos, {**feats, "Foreign": "Yes"})
        if form is None and plans:
            keeps_vowel = upos not in ("VERB", "AUX") and feats.get("Number") != "Plur"
            whole = lemma if keeps_vowel else head  # plural endings may change a linking vowel
            form = self._learned(lemma, plans[0], None, keep=whole) or self._learned(
                lemma, plans[0], None, keep=head
            )
        if form is None:
            return Form(stem, "lemma", "", 0.0)
        return Form(" ".join([*words[:-1], form.text]), form.rung, form.bundle, form.probability)

    def _citation(self, stem: str, upos: str) -> str:
        """A foreign stem as a citation form that the language's patterns can work on."""
        if upos in ("VERB", "AUX"):
            ending = self.foreign.get("verb_ending", "")
            if not ending and self.inflector is not None:
                ending = self.inflector.lemma_ending("V")
            if not ending or stem.endswith(ending):
                return stem
            while _is_vowel(stem[-1]) and _is_vowel(ending[0]) and len(stem) > 2:
                stem = stem[:-1]
            return stem + ending
        vowel = self.foreign.get("linking_vowel", "")
        return stem + vowel if vowel and not _is_vowel(stem[-1]) and stem[-1].isalpha() else stem

    def analyse(self, form: str) -> tuple[tuple[str, str, dict[str, str], str], ...]:
        """What a form may be: (lemma, UPOS, UD features, bundle) each.

        A language's grammar says first, its likeliest analysis at the head, and the table adds the lemmas that
        the grammar did not think of; if they share none, the table, which only lists what it has seen, goes first.
        A form that the table does not have as written is looked for in lower case.
        """
        known = self._analyses.get(form)
        if known is None:
            if len(self._analyses) >= _MEMO:
                self._analyses.clear()
            known = self._analyses[form] = self._analyse(form)
        return tuple((lemma, upos, dict(feats), bundle) for lemma, upos, feats, bundle in known)

    def _analyse(self, form: str) -> tuple[tuple[str, str, dict[str, str], str], ...]:
        told: list[tuple[str, str, dict[str, str], str]] = []
        if self.grammar is not None:
            for lemma, upos, feats in self.grammar.analyse(form):
                told.append((lemma, upos, feats, to_unimorph(upos, feats, frozenset())))
        if self.paradigms is None:
            return tuple(told)
        found = self.paradigms.analyses(form) or self.paradigms.analyses(form.lower())
        named = {(lemma, upos) for lemma, upos, _, _ in told}
        listed = [(lemma, *from_unimorph(bundle), bundle) for lemma, bundle in found]
        more = [one for one in listed if one[:2] not in named]
        return (*told, *more) if len(more) < len(listed) else (*more, *told)


def _is_vowel(char: str) -> bool:
    return unicodedata.normalize("NFD", char.lower())[0] in _VOWELS
