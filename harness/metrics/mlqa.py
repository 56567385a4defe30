"""Exact match and F1 of MLQA, whose normalisation depends on the language of the answer.

Lewis et al. 2020; equal to mlqa_evaluation_v1.py: all Unicode punctuation goes, each language loses its own
articles, and Chinese counts every character as a word.
"""

from __future__ import annotations

import re
import string
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache, partial

from harness.metrics.score import Score
from harness.metrics.squad import evaluate as squad_evaluate
from harness.records import Question
from morphaug.errors import UnknownName

# Arabic: the official pattern takes "ال" away wherever it stands, inside words too. Its first alternative
# asks for a line's beginning after text, and so never matches: it is left out.
_ARTICLES: dict[str, re.Pattern[str] | None] = {
    "en": re.compile(r"\b(?:a|an|the)\b"),
    "es": re.compile(r"\b(?:un|una|unos|unas|el|la|los|las)\b"),
    "vi": re.compile(r"\b(?:của|là|cái|chiếc|những)\b"),
    "de": re.compile(r"\b(?:ein|eine|einen|einem|eines|einer|der|die|das|den|dem|des)\b"),
    "ar": re.compile("ال"),
    "hi": None,
    "zh": None,
}
LANGUAGES = tuple(_ARTICLES)
_CHARACTER = re.compile("([一-\u9fa5])")


@cache
def _punctuation() -> dict[int, None]:
    """Unicode's category P, and what ASCII calls punctuation."""
    found = {code for code in range(sys.maxunicode) if unicodedata.category(chr(code)).startswith("P")}
    return dict.fromkeys(found | set(map(ord, string.punctuation)))


def words(text: str, language: str) -> list[str]:
    """The words of an answer that count.

    Args:
        text: An answer.
        language: Its language, one of ``LANGUAGES``.
    """
    text = text.lower().translate(_punctuation())
    articles = _ARTICLES[language]
    text = articles.sub(" ", text) if articles else text
    return (_CHARACTER.sub(r" \1 ", text) if language == "zh" else text).split()


def evaluate(questions: Sequence[Question], predictions: Mapping[str, str], language: str) -> Score:
    """Exact match and F1 as MLQA defines them; see ``squad.evaluate``.

    Args:
        questions: Every one with at least one answer.
        predictions: Answers by id of the question.
        language: The language of the answers, which is the contexts' language.

    Raises:
        UnknownName: MLQA does not have the language.
    """
    if language not in _ARTICLES:
        raise UnknownName("MLQA language", language, _ARTICLES)
    return squad_evaluate(questions, predictions, partial(words, language=language))
