"""A score with the outcome of every example, so that two runs can be compared example by example."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from morphaug.errors import MorphaugError

Outcomes = Mapping[str, npt.NDArray[np.float64]]


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """The score of one model on one set in one language.

    Args:
        values: Averages by name ("accuracy", "f1", …), in percent.
        ids: Ids of the examples; what bootstrap resamples.
        outcomes: For each example what the averages are made of, float64 [examples]: 0 or 1 ("correct",
            "exact"), a share ("f1", "ap"), or counts to be summed ("true_positives", "predicted", "gold").
    """

    values: Mapping[str, float]
    ids: tuple[str, ...]
    outcomes: Outcomes

    def __post_init__(self) -> None:
        for name, values in self.outcomes.items():
            if values.shape != (len(self.ids),):
                raise ValueError(f"{name}: {values.shape} outcomes for {len(self.ids)} examples")


def array(values: Sequence[float]) -> npt.NDArray[np.float64]:
    """Outcomes of one kind."""
    return np.asarray(values, np.float64)


def percent_f1(correct: float, predicted: float, gold: float) -> dict[str, float]:
    """Precision, recall and F1 of counts, in percent; 0 where nothing is predicted or nothing is there.

    The operations stand in the order of the official scripts, so that the last digit agrees.
    """
    precision = correct / predicted if predicted else 0.0
    recall = correct / gold if gold else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {"f1": f1 * 100, "precision": precision * 100, "recall": recall * 100}


def macro(scores: Mapping[str, Score | Mapping[str, float]], languages: Sequence[str]) -> dict[str, float]:
    """The average over languages, as XTREME reports it.

    Args:
        scores: By language, a ``Score`` or its values.
        languages: All languages of the set. An average over fewer is another number, so one that is missing
            is an error, not a hole in the mean.

    Raises:
        MorphaugError: A language has no score.
    """
    if missing := [language for language in languages if language not in scores]:
        raise MorphaugError(
            f"no average over {len(languages)} languages: {', '.join(missing)} not scored",
            "score them, or name the languages to average over",
        )
    values = [score.values if isinstance(score, Score) else score for score in (scores[k] for k in languages)]
    return {name: sum(v[name] for v in values) / len(values) for name in values[0]}


def check_lengths(gold: int, predicted: int, what: str) -> None:
    """Refuse to score what does not stand in step.

    Raises:
        MorphaugError: The numbers differ.
    """
    if gold != predicted:
        raise MorphaugError(f"{predicted} predictions for {gold} {what}", "every one needs exactly one")
    if not gold:
        raise MorphaugError(f"there are no {what} to score")
