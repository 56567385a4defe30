"""Typological data augmentation for cross-lingual transfer.

    >>> from morphaug import Augmenter
    >>> augmenter = Augmenter("classification", target="Finnish", recipe="pseudo")  # doctest: +SKIP
    >>> augmenter.augment({"premise": "It rains.", "hypothesis": "It is wet.", "label": 0})  # doctest: +SKIP

What is named here is imported when it is first used: importing the package costs milliseconds. Whole files
are made by ``morphaug.generate``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from morphaug.api import Augmenter, analyze, inflect
    from morphaug.derivation import Derivation, Rejected, Span
    from morphaug.errors import MissingResource, MorphaugError, UnknownName
    from morphaug.recipes import Key, Recipe, derive, load_recipes, recipe
    from morphaug.target import Target, load_target
    from morphaug.trees import Sentence, Token
    from morphaug.typology import profile
    from morphaug.work import Reject

__version__ = "0.1.0"

_PLACES = {
    "Augmenter": "api",
    "Derivation": "derivation",
    "Key": "recipes",
    "MissingResource": "errors",
    "MorphaugError": "errors",
    "Recipe": "recipes",
    "Reject": "work",
    "Rejected": "derivation",
    "Sentence": "trees",
    "Span": "derivation",
    "Target": "target",
    "Token": "trees",
    "UnknownName": "errors",
    "analyze": "api",
    "derive": "recipes",
    "inflect": "api",
    "load_recipes": "recipes",
    "load_target": "target",
    "profile": "typology",
    "recipe": "recipes",
}

__all__ = [
    "Augmenter",
    "Derivation",
    "Key",
    "MissingResource",
    "MorphaugError",
    "Recipe",
    "Reject",
    "Rejected",
    "Sentence",
    "Span",
    "Target",
    "Token",
    "UnknownName",
    "__version__",
    "analyze",
    "derive",
    "inflect",
    "load_recipes",
    "load_target",
    "profile",
    "recipe",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'morphaug' has no attribute '{name}'")
    return getattr(import_module(f"morphaug.{_PLACES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
