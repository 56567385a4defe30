"""Parts of a set in which morphology should matter: every example's share of a score that counts only some words.

=============  ===========================================================================================
slice          words
=============  ===========================================================================================
unseen form    that stand nowhere, in any case of letters, in what any arm of the study was trained on
seen form      the others
case-marked    that the language's table or grammar reads with a case, and never with the nominative
inflected      whose likeliest reading by table or grammar is a form of another lemma
=============  ===========================================================================================

Parts of speech: the accuracy of these words. Names: the recall of the entities that hold one. Answers: the mean
F1 of the questions whose first answer holds one. The last two know only words that the installed resources know.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from harness.measure import main_score
from harness.metrics.squad import best_match
from harness.metrics.squad import words as answer_words
from harness.metrics.tagging import chunks
from harness.records import Choice, Classified, Question, Record, Tagged
from harness.study.outcomes import Floats
from harness.tasks import Task
from harness.tasks.tag import score_entities
from morphaug.api import analyze
from morphaug.errors import MorphaugError, UnknownName

Marked = Callable[[str], bool]  # whether a word belongs to the slice
SLICES = ("unseen form", "seen form", "case-marked", "inflected")
_WORD = re.compile(r"\w+")


def slices_of(task: Task) -> tuple[str, ...]:
    """The slices that a task has: none where no single word carries the label."""
    spoken = task.family == "span" and main_score(task) in ("f1", "em_f1") and task.name != "mlqa"
    return SLICES if task.family == "tag" or spoken else ()


def slice_metric(task: Task) -> str:
    """What the slices of a task are scored by."""
    return "f1" if task.family == "span" else "recall" if task.score is score_entities else "accuracy"


def forms(records: Iterable[Record]) -> set[str]:
    """The words of examples in lower case: those of tagged sentences as they are, and the letters of every text."""
    found: set[str] = set()
    for record in records:
        if isinstance(record, Tagged):
            found.update(word.casefold() for word in record.words)
        for text in _texts(record):
            found.update(_WORD.findall(text.casefold()))
    return found


def _texts(record: Record) -> tuple[str, ...]:
    if isinstance(record, Tagged):
        return record.words
    if isinstance(record, Question):
        return record.question, record.context
    if isinstance(record, Choice):
        return record.prompt, *record.choices
    if isinstance(record, Classified):
        return record.text, record.pair or ""
    return (record.text,) if hasattr(record, "text") else (record.query, record.candidate, record.context)


def marked_by(name: str, language: str, known: set[str]) -> Marked:
    """Whether a word belongs to a slice.

    Args:
        name: One of ``SLICES``.
        language: Of the words; two-letter code or any name.
        known: The forms of the training data (see ``forms``).

    Raises:
        MorphaugError: Neither a table nor a grammar of the language is installed.
    """
    if name in ("unseen form", "seen form"):
        return lambda word: has_letters(word) and (word.casefold() in known) == (name == "seen form")
    if name not in SLICES:
        raise UnknownName("slice", name, SLICES)
    analyze(language, "a")  # is anything installed?
    return cache(lambda word: has_letters(word) and _READINGS[name](word, language))


def has_letters(word: str) -> bool:
    """Punctuation and numbers are in no slice."""
    return any(letter.isalpha() for letter in word)


def case_marked(word: str, language: str) -> bool:
    """Whether some reading of a word has a case and none the nominative (a subject's form is often an object's)."""
    cases = {feats["Case"] for _, _, feats, _ in analyze(language, word) if "Case" in feats}
    return bool(cases) and "Nom" not in cases


def inflected(word: str, language: str) -> bool:
    """Whether the likeliest reading of a word is a form of another lemma."""
    readings = analyze(language, word)
    return bool(readings) and readings[0][0].casefold() != word.casefold()


_READINGS: Mapping[str, Callable[[str, str], bool]] = {"case-marked": case_marked, "inflected": inflected}


def sliced(
    task: Task, records: Sequence[Record], predictions: Mapping[str, Any], marked: Marked
) -> tuple[Floats, Floats]:
    """Numerators and denominators of a slice, float64 [examples], in the order of the records.

    Args:
        task: A tagging or question answering set.
        records: With their labels.
        predictions: By id: tags, or an answer.
        marked: Which words count.

    Raises:
        MorphaugError: An example has no prediction, or one that does not fit.
    """
    rows = []
    for record in records:
        if record.id not in predictions:
            raise MorphaugError(
                f"{task.name}: no prediction for example {record.id}", "evaluate the run again"
            )
        rows.append(_counts(task, record, predictions[record.id], marked))
    table = np.array(rows, np.float64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def _counts(task: Task, record: Record, predicted: Any, marked: Marked) -> tuple[float, float]:
    if isinstance(record, Question):
        if not record.answers or not any(map(marked, _WORD.findall(record.answers[0][1]))):
            return 0.0, 0.0
        return best_match(predicted, [text for _, text in record.answers], answer_words)[1], 1.0
    if not isinstance(record, Tagged) or record.tags is None or len(predicted) != len(record.tags):
        raise MorphaugError(f"{task.name}: example {record.id} and its prediction do not fit", "evaluate the run again")  # fmt: skip
    at = [number for number, word in enumerate(record.words) if marked(word)]
    if task.score is not score_entities:
        return float(sum(predicted[i] == record.tags[i] for i in at)), float(len(at))
    wanted = {chunk for chunk in chunks(record.tags) if any(chunk[1] <= i <= chunk[2] for i in at)}
    return float(len(wanted & set(chunks(predicted)))), float(len(wanted))
