"""Accuracy, of class names, of choices and of tags."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from harness.metrics.score import Score, array, check_lengths


def evaluate(
    gold: Sequence[Hashable], predicted: Sequence[Hashable], ids: Sequence[str] | None = None
) -> Score:
    """The share of examples whose label is right (XNLI, PAWS-X, XCOPA, Tatoeba, …).

    Args:
        gold: The right labels, by name (numbers mean different classes in different distributions).
        predicted: As many predictions.
        ids: Ids of the examples; None: their numbers.

    Returns:
        ``accuracy``; outcome "correct".

    Raises:
        MorphaugError: The two differ in length, or are empty.
    """
    check_lengths(len(gold), len(predicted), "labels")
    correct = [int(g == p) for g, p in zip(gold, predicted, strict=True)]
    names = tuple(ids) if ids is not None else tuple(map(str, range(len(gold))))
    return Score({"accuracy": sum(correct) / len(correct) * 100}, names, {"correct": array(correct)})
