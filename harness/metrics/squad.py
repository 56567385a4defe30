"""Exact match and F1 of answers: SQuAD 1.1 (also XQuAD and TyDiQA-GoldP, in any language) and 2.0.

Rajpurkar et al. 2016 and 2018; equal to evaluate-v1.1.py and evaluate-v2.0.py. The English normalisation is
applied to every language, as XTREME does it: a Chinese answer is one word, and its F1 nearly its exact match.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from harness.metrics.score import Score, array
from harness.records import Question
from morphaug.errors import MorphaugError

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)

Words = Callable[[str], list[str]]  # the words of a text that count, after normalisation


def words(text: str) -> list[str]:
    """The words of an answer: lower case, without ASCII punctuation and English articles."""
    return _ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split()


def overlap_f1(predicted: Sequence[str], gold: Sequence[str]) -> float:
    """F1 of two bags of words, from 0 to 1; 0 if either is empty."""
    same = sum((Counter(predicted) & Counter(gold)).values())
    if same == 0:
        return 0.0
    precision, recall = same / len(predicted), same / len(gold)
    return 2 * precision * recall / (precision + recall)


def best_match(
    answer: str, references: Sequence[str], words_of: Words, *, both_empty: float = 0.0
) -> tuple[float, float]:
    """(exact match, F1) against the reference that fits best, each for itself, from 0 to 1.

    Args:
        answer: What was predicted.
        references: The right answers.
        words_of: The normalisation.
        both_empty: The F1 of nothing against nothing: 0 in SQuAD 1.1, 1 in 2.0.
    """
    said = words_of(answer)
    wanted = [words_of(reference) for reference in references]
    exact = max(float(said == gold) for gold in wanted)
    return exact, max(overlap_f1(said, gold) if said or gold else both_empty for gold in wanted)


def evaluate(questions: Sequence[Question], predictions: Mapping[str, str], words_of: Words = words) -> Score:
    """Exact match and F1, the best over the references of a question; an unanswered one scores 0.

    Args:
        questions: Every one with at least one answer.
        predictions: Answers by id of the question.
        words_of: Another normalisation (see ``mlqa``).

    Returns:
        ``exact_match``, ``f1`` and their mean ``em_f1`` (XTREME's task score); outcomes "exact" and "f1".

    Raises:
        MorphaugError: There are no questions, or one has no reference.
    """
    _check(questions, need_answers=True)
    exact, f1 = [], []
    for question in questions:
        answer = predictions.get(question.id)
        references = [text for _, text in question.answers]
        match = best_match(answer, references, words_of) if answer is not None else (0.0, 0.0)
        exact.append(match[0])
        f1.append(match[1])
    values = {"exact_match": 100.0 * sum(exact) / len(exact), "f1": 100.0 * sum(f1) / len(f1)}
    values["em_f1"] = (values["exact_match"] + values["f1"]) / 2
    return Score(values, tuple(q.id for q in questions), {"exact": array(exact), "f1": array(f1)})


def evaluate_v2(
    questions: Sequence[Question], predictions: Mapping[str, str], no_answer: Mapping[str, float]
) -> Score:
    """SQuAD 2.0: questions may have no answer.

    Args:
        questions: Some ``impossible``.
        predictions: The best answer that is one, by id of the question, also where "none" scores higher.
        no_answer: By how much the score of "no answer" exceeds that of the prediction; above 0 the
            prediction is taken back.

    Returns:
        ``exact_match`` and ``f1`` at threshold 0, ``best_exact_match`` and ``best_f1`` at the threshold on
        these data that is best for each (what SQuAD 2.0 and jiant select on), ``best_f1_threshold``;
        outcomes "exact" and "f1" at threshold 0.
    """
    _check(questions, need_answers=False)
    answered: list[tuple[float, float]] = []
    for question in questions:
        references = [text for _, text in question.answers if words(text)] or [""]
        answered.append(best_match(predictions.get(question.id, ""), references, words, both_empty=1.0))
    silent = array([float(not q.answers) for q in questions])
    margin = array([no_answer.get(q.id, 0.0) for q in questions])
    values: dict[str, float] = {}
    outcomes = {}
    for name, outcome, column in (("exact_match", "exact", 0), ("f1", "f1", 1)):
        spoken = array([row[column] for row in answered])
        outcomes[outcome] = np.where(margin > 0, silent, spoken)
        values[name] = 100.0 * float(outcomes[outcome].mean())
        best, at = _best_threshold(spoken, silent, margin)
        values[f"best_{name}"] = 100.0 * best / len(questions)
        values[f"best_{name}_threshold"] = at
    return Score(values, tuple(q.id for q in questions), outcomes)


def _best_threshold(spoken: np.ndarray, silent: np.ndarray, margin: np.ndarray) -> tuple[float, float]:
    """(best sum of scores, the margin up to which predictions stand) over all thresholds."""
    order = np.argsort(margin, kind="stable")
    sums = silent.sum() + np.concatenate([[0.0], np.cumsum((spoken - silent)[order])])
    # A cut between two equal margins is none.
    possible = np.concatenate([[True], np.diff(margin[order]) > 0, [True]])
    at = int(np.argmax(np.where(possible, sums, -np.inf)))
    return float(sums[at]), float(margin[order][at - 1]) if at else float("-inf")


def _check(questions: Sequence[Question], *, need_answers: bool) -> None:
    if not questions:
        raise MorphaugError("there are no questions to score")
    if need_answers and (bare := next((q for q in questions if not q.answers), None)):
        raise MorphaugError(f"question {bare.id} has no reference answer", "this set's answers are withheld")
