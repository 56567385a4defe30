"""Operators over dependency trees. Each is a function that edits a draft of one sentence; ``apply`` makes it pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from morphaug.errors import UnknownName
from morphaug.operators.agreement import agreement
from morphaug.operators.articles import articles
from morphaug.operators.case import case
from morphaug.operators.context import Context, Key
from morphaug.operators.draft import Draft
from morphaug.operators.inflect import inflect
from morphaug.operators.lexicalise import lexicalise
from morphaug.operators.negation import negation
from morphaug.operators.noise import noise
from morphaug.operators.order import order
from morphaug.operators.prodrop import prodrop
from morphaug.trees import Sentence

Operator = Callable[..., None]  # (draft, context, **options)

OPERATORS: dict[str, Operator] = {
    "agreement": agreement,
    "articles": articles,
    "case": case,
    "inflect": inflect,
    "lexicalise": lexicalise,
    "negation": negation,
    "noise": noise,
    "order": order,
    "prodrop": prodrop,
}

__all__ = ["OPERATORS", "Context", "Draft", "Key", "apply"]


def apply(name: str, sentence: Sentence, context: Context, **options: Any) -> Sentence:
    """Apply one operator to a sentence, which stays as it was.

    Args:
        name: A name in ``OPERATORS``.
        sentence: A parsed sentence.
        context: The target and the keys of random draws.
        **options: The operator's own options.

    Returns:
        A new sentence with the words' wishes (``Token.want``) not yet realised (``surface.finish`` does that);
        the very same sentence if the operator had nothing to do.
    """
    if name not in OPERATORS:
        raise UnknownName("operator", name, OPERATORS)
    draft = Draft(sentence)
    OPERATORS[name](draft, context, **options)
    return draft.sentence()
