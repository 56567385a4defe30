"""From a model's scores back to labels, tags, choices and answers, in step with the records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.encode import Encoded
from harness.records import Choice, Question, Tagged

Floats = npt.NDArray[np.float32]
N_BEST, MAX_ANSWER = 20, 30  # as SQuAD's baseline and XTREME have them; the second one counts tokens


@dataclass(frozen=True, slots=True)
class Answers:
    """Predicted answers.

    Args:
        texts: By id of the question, the best answer that is one.
        no_answer: By how much the score of "no answer" exceeds that answer's.
    """

    texts: Mapping[str, str]
    no_answer: Mapping[str, float]


def decode(encoded: Encoded, scores: Floats) -> Any:
    """Predictions of whatever family it is, as ``Task.score`` takes them.

    Args:
        encoded: What was predicted on.
        scores: What ``harness.predict.predict`` gave: in the store's order.

    Returns:
        classify: names; tag: a list of names for each record; choice: indices; span: ``Answers``.
    """
    how = {"classify": labels, "tag": tags, "choice": choices, "span": answers}
    return how[encoded.store.kind](encoded, scores)


def labels(encoded: Encoded, scores: Floats) -> list[str]:
    """The name of the class with the highest score; scores [units, classes]."""
    _check(len(scores), encoded.store.units, "units")
    return [encoded.store.labels[at] for at in scores.argmax(axis=1)]


def tags(encoded: Encoded, scores: Floats) -> list[list[str]]:
    """A tag for every word of every record, by the word's first sub-word; scores [tokens, tags]."""
    _check(len(scores), encoded.store.tokens, "tokens")
    assert encoded.word is not None
    first = np.flatnonzero(encoded.word >= 0)
    names = [encoded.store.labels[at] for at in scores[first].argmax(axis=1)]
    out, at = [], 0
    for record in encoded.records:
        assert isinstance(record, Tagged)
        out.append(names[at : at + len(record.words)])
        at += len(record.words)
    _check(len(names), at, "words")
    return out


def choices(encoded: Encoded, scores: Floats) -> list[int]:
    """The index of the choice with the highest score; scores [sequences]."""
    _check(len(scores), encoded.store.sequences, "sequences")
    flat, out, at = scores.reshape(-1), [], 0
    for record in encoded.records:
        assert isinstance(record, Choice)
        out.append(int(flat[at : at + len(record.choices)].argmax()))
        at += len(record.choices)
    return out


def answers(encoded: Encoded, scores: Floats) -> Answers:
    """The stretch of the context whose first and last token score highest together, over all windows.

    Args:
        encoded: Questions.
        scores: [tokens, 2], of being the first and the last token. Only the 20 best of either in a window
            are looked at, and stretches of at most 30 tokens. "No answer" scores what ``<s>`` does, in the
            window where that is least.
    """
    store = encoded.store
    _check(len(scores), store.tokens, "tokens")
    assert encoded.chars is not None
    best: dict[int, tuple[float, str]] = {}
    none: dict[int, float] = {}
    for unit, number in enumerate(encoded.unit_record.tolist()):
        rows = slice(int(store.starts[unit]), int(store.starts[unit + 1]))
        record = encoded.records[number]
        assert isinstance(record, Question)
        window = scores[rows].astype(np.float64)
        chars = encoded.chars[rows]
        none[number] = min(none.get(number, np.inf), float(window[0].sum()))
        score, first, last = _best_stretch(window, chars[:, 0] >= 0)
        if number not in best or score > best[number][0]:
            found = record.context[chars[first, 0] : chars[last, 1]] if score > -np.inf else ""
            best[number] = (score, found)
    ids = [record.id for record in encoded.records]
    return Answers(
        {ids[number]: text for number, (_, text) in best.items()},
        {ids[number]: none[number] - score for number, (score, _) in best.items()},
    )


def _best_stretch(window: npt.NDArray[np.float64], context: npt.NDArray[np.bool_]) -> tuple[float, int, int]:
    """(score, first token, last token); a score of -inf where no stretch is possible."""
    allowed = []
    for column in (0, 1):
        keep = np.zeros(len(window), bool)
        keep[np.argsort(-window[:, column], kind="stable")[:N_BEST]] = True
        allowed.append(np.where(keep & context, window[:, column], -np.inf))
    first, last = allowed
    found = (-np.inf, 0, 0)
    for length in range(min(MAX_ANSWER, len(window))):
        sums = first[: len(first) - length] + last[length:]
        at = int(sums.argmax())
        if sums[at] > found[0]:
            found = (float(sums[at]), at, at + length)
    return found


def _check(found: int, wanted: int, what: str) -> None:
    if found != wanted:
        raise ValueError(f"{found} scores for {wanted} {what}")
