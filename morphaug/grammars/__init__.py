"""Rule grammars for languages whose tables are too thin; one module per language, imported when asked for."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, cast

_MEMO = 100_000
_MODULES: dict[str, str] = {"swh": "swahili"}  # ISO 639-3 code -> module of this package


class Grammar(Protocol):
    """What a grammar module offers to the morphology's ladder."""

    @property
    def CODE(self) -> str:  # noqa: N802 - a constant of the module
        """ISO 639-3 code."""

    @property
    def EXPRESSES(self) -> frozenset[tuple[str, str, str]]:  # noqa: N802
        """(UPOS, feature, value) that tables lack and the grammar makes."""

    def inflect(self, lemma: str, upos: str, feats: Mapping[str, str]) -> str | None:
        """The form of a lemma under UD features; None if the grammar has nothing to say."""

    def analyse(
        self, form: str, known: Mapping[str, tuple[str, str]] | None = None
    ) -> tuple[tuple[str, str, dict[str, str]], ...]:
        """What a form may be, the likeliest first; `known` has classes of nouns that a dictionary has told."""

    def noun_class(self, lemma: str) -> tuple[str, str] | None:
        """Classes of a noun's singular and plural, as the feature NounClass writes them."""

    def classes_of(self, lemma: str, plurals: Sequence[str]) -> tuple[str, str] | None:
        """The same, told from the plurals that a dictionary gives; None if it knows better or cannot tell."""

    def agreement_class(self, lemma: str, number: str = "Sing", noun_class: str = "") -> str | None:
        """The class that the words around a noun agree in (an animate noun's may differ from its own)."""

    def agree(self, word: str, noun_class: str) -> str:
        """A word that agrees with a noun of the class; an invariable word as it is."""


@dataclass(frozen=True, slots=True, eq=False)
class Informed:
    """A grammar that a dictionary has told the classes of some nouns.

    Attributes:
        base: The grammar.
        known: Noun -> (singular, plural) class.
    """

    base: Grammar
    known: Mapping[str, tuple[str, str]]
    _memo: dict[str, tuple[tuple[str, str, dict[str, str]], ...]] = field(default_factory=dict)

    @property
    def CODE(self) -> str:  # noqa: N802 - the protocol's name
        return self.base.CODE

    @property
    def EXPRESSES(self) -> frozenset[tuple[str, str, str]]:  # noqa: N802
        return self.base.EXPRESSES

    def inflect(self, lemma: str, upos: str, feats: Mapping[str, str]) -> str | None:
        if upos == "NOUN" and "NounClass" not in feats and lemma in self.known:
            feats = {**feats, "NounClass": self.known[lemma][feats.get("Number") == "Plur"]}
        return self.base.inflect(lemma, upos, feats)

    def analyse(
        self, form: str, known: Mapping[str, tuple[str, str]] | None = None
    ) -> tuple[tuple[str, str, dict[str, str]], ...]:
        if known:
            return self.base.analyse(form, known)
        found = self._memo.get(form)
        if found is None:
            if len(self._memo) >= _MEMO:
                self._memo.clear()
            found = self._memo[form] = self.base.analyse(form, self.known)
        return tuple((lemma, upos, dict(feats)) for lemma, upos, feats in found)

    def noun_class(self, lemma: str) -> tuple[str, str] | None:
        return self.known.get(lemma) or self.base.noun_class(lemma)

    def classes_of(self, lemma: str, plurals: Sequence[str]) -> tuple[str, str] | None:
        return self.base.classes_of(lemma, plurals)

    def agreement_class(self, lemma: str, number: str = "Sing", noun_class: str = "") -> str | None:
        if not noun_class and lemma in self.known:
            noun_class = self.known[lemma][number == "Plur"]
        return self.base.agreement_class(lemma, number, noun_class)

    def agree(self, word: str, noun_class: str) -> str:
        return self.base.agree(word, noun_class)


def informed(grammar: Grammar, plurals: Mapping[str, Sequence[str]]) -> Grammar:
    """A grammar that knows the noun classes which a dictionary's plurals tell.

    Args:
        grammar: A language's grammar.
        plurals: Noun -> its plurals, the noun itself where both are alike.

    >>> told = informed(find("swh"), {"tango": ["matango"]})
    >>> told.inflect("tango", "NOUN", {"Number": "Plur"}), told.noun_class("tango")
    ('matango', ('Bantu5', 'Bantu6'))
    """
    found = {noun: grammar.classes_of(noun, forms) for noun, forms in sorted(plurals.items())}
    known = {noun: pair for noun, pair in found.items() if pair is not None}
    return Informed(grammar, known) if known else grammar


def codes() -> tuple[str, ...]:
    """Languages that have a grammar, ISO 639-3."""
    return tuple(sorted(_MODULES))


def find(code: str) -> Grammar | None:
    """The grammar of a language, or None if it has none.

    >>> find("swh").agree("-zuri", "Bantu7")
    'kizuri'
    """
    name = _MODULES.get(code)
    return cast(Grammar, importlib.import_module(f"{__name__}.{name}")) if name else None
