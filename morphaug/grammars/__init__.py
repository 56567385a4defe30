"""Rule grammars for languages whose tables are too thin; one module per language, imported when asked for."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Protocol, cast

_MODULES: dict[str, str] = {"swh": "swahili"}  # ISO 639-3 code -> module of this package


class Grammar(Protocol):
    """What a grammar module offers to the morphology's ladder."""

    CODE: str
    EXPRESSES: frozenset[
        tuple[str, str, str]
    ]  # (UPOS, feature, value) that tables lack and the grammar makes

    def inflect(self, lemma: str, upos: str, feats: Mapping[str, str]) -> str | None:
        """The form of a lemma under UD features; None if the grammar has nothing to say."""

    def noun_class(self, lemma: str) -> tuple[str, str] | None:
        """Classes of a noun's singular and plural, as the feature NounClass writes them."""

    def agreement_class(self, lemma: str, number: str = "Sing") -> str | None:
        """The class that the words around a noun agree in (an animate noun's may differ from its own)."""

    def agree(self, word: str, noun_class: str) -> str:
        """A word that agrees with a noun of the class; an invariable word as it is."""


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
