"""Retrieval: nearest neighbours (Tatoeba), mined pairs (BUCC), average precision (LAReQA, Mewsli-X).

Searches are exact and in blocks: the reference results come from flat indexes, which do the same.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.metrics.score import Score, array, percent_f1
from morphaug.errors import MorphaugError

Floats = npt.NDArray[np.float32]
Longs = npt.NDArray[np.int64]
BLOCK = 1 << 26  # similarities held at a time (256 MB)


def unit(vectors: Floats) -> Floats:
    """Vectors divided by their length; a vector of zeros stays one."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(length, length, 1), np.float32)


def top(queries: Floats, candidates: Floats, k: int) -> tuple[Floats, Longs]:
    """The k candidates with the largest dot products; among equals, the first.

    Args:
        queries: float32 [Q, D]; normalise them (``unit``) for cosines.
        candidates: float32 [C, D].
        k: At most C.

    Returns:
        (similarities, indices), each [Q, min(k, C)], best first.
    """
    k = min(k, len(candidates))
    rows = max(1, BLOCK // max(1, len(candidates)))
    values, places = [], []
    for begin in range(0, len(queries), rows):
        similar = queries[begin : begin + rows] @ candidates.T
        order = _largest(similar, k)
        places.append(order)
        values.append(np.take_along_axis(similar, order, axis=1))
    if not places:
        return np.zeros((0, k), np.float32), np.zeros((0, k), np.int64)
    return np.concatenate(values), np.concatenate(places)


def _largest(similar: Floats, k: int) -> Longs:
    if k == 1:
        return np.asarray(similar.argmax(axis=1)[:, None], np.int64)
    some = np.sort(np.argpartition(-similar, k - 1, axis=1)[:, :k], axis=1)  # by index, for stable ties
    best = np.argsort(-np.take_along_axis(similar, some, axis=1), axis=1, kind="stable")
    return np.asarray(np.take_along_axis(some, best, axis=1), np.int64)


def nearest(queries: Floats, candidates: Floats) -> Longs:
    """The index of the candidate with the highest cosine, int64 [Q] (Tatoeba: queries are English)."""
    return top(unit(queries), unit(candidates), 1)[1][:, 0]


# -- average precision ------------------------------------------------------------------------------


def average_precision(gold: Collection[str], ranking: Sequence[str], k: int = 20) -> float:
    """Average precision of the first k of a ranking, from 0 to 1.

    The sum of the precisions at each right candidate, divided by how many could be found: the smaller of
    the number of right candidates and k. A candidate that comes twice counts once.

    >>> round(average_precision(["3", "7", "9"], ["7", "1", "3", "4", "5"]), 4)
    0.5556
    """
    seen: set[str] = set()
    total = 0.0
    for rank, candidate in enumerate(ranking[:k], 1):
        if candidate in gold and candidate not in seen:
            seen.add(candidate)
            total += len(seen) / rank
    return total / min(len(set(gold)), k)


def ranked(gold: Mapping[str, Collection[str]], rankings: Mapping[str, Sequence[str]], k: int = 20) -> Score:
    """Mean average precision at k (LAReQA); with one right candidate a query, the mean reciprocal rank
    (Mewsli-X).

    Args:
        gold: Ids of the right candidates by id of the query, at least one each.
        rankings: Ids of candidates, best first; a query without a ranking scores 0.
        k: How deep to look.

    Returns:
        ``map``; outcome "ap" of each query.

    Raises:
        MorphaugError: There is nothing to score.
    """
    if not gold or not all(gold.values()):
        raise MorphaugError("there are no queries to score, or one has no right candidate")
    ap = [average_precision(right, rankings.get(query, ()), k) for query, right in gold.items()]
    return Score({"map": sum(ap) / len(ap) * 100}, tuple(gold), {"ap": array(ap)})


# -- mining (BUCC) ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Mined:
    """Pairs of a source and a target sentence, none of them in two pairs, best first.

    Args:
        source, target: Indices, int64 [P].
        score: Margin scores, float64 [P].
    """

    source: Longs
    target: Longs
    score: npt.NDArray[np.float64]


def mine(source: Floats, target: Floats, k: int = 4) -> Mined:
    """Pairs by ratio margin: the cosine over the mean cosine of the neighbourhoods of both.

    Artetxe & Schwenk 2019, as XTREME runs it for BUCC: k neighbours in both directions, each sentence's best
    partner by margin, then one-to-one from the best pair down ("max" retrieval). Give distinct sentences.

    Args:
        source, target: Embeddings, float32 [S, D] and [T, D]; they are normalised here.
        k: Size of a neighbourhood.
    """
    source, target = unit(source), unit(target)
    if not len(source) or not len(target):
        raise MorphaugError("nothing to mine: one side is empty")
    forward, forward_at = top(source, target, k)
    backward, backward_at = top(target, source, k)
    around_source, around_target = forward.mean(axis=1), backward.mean(axis=1)
    by_source = _margin(forward, around_source[:, None] + around_target[forward_at])
    by_target = _margin(backward, around_target[:, None] + around_source[backward_at])
    best_forward, best_backward = by_source.argmax(axis=1), by_target.argmax(axis=1)
    sources, targets = np.arange(len(source)), np.arange(len(target))
    pairs = np.stack(
        [
            np.concatenate([sources, backward_at[targets, best_backward]]),
            np.concatenate([forward_at[sources, best_forward], targets]),
        ],
        axis=1,
    )
    scores = np.concatenate([by_source[sources, best_forward], by_target[targets, best_backward]])
    order = np.argsort(-scores, kind="stable")
    taken_source, taken_target = np.zeros(len(source), bool), np.zeros(len(target), bool)
    kept = []
    for at, (s, t) in zip(order.tolist(), pairs[order].tolist(), strict=True):
        if not taken_source[s] and not taken_target[t]:
            taken_source[s] = taken_target[t] = True
            kept.append(at)
    return Mined(pairs[kept, 0], pairs[kept, 1], scores[kept].astype(np.float64))


def _margin(cosine: Floats, around: Floats) -> Floats:
    """The cosine over half of what both neighbourhoods have; the least where neither has any."""
    least = np.full_like(cosine, np.finfo(np.float32).min)
    return np.asarray(np.divide(cosine, around / 2, out=least, where=around != 0), np.float32)


def threshold(correct: npt.NDArray[np.bool_], score: npt.NDArray[np.float64], gold: int) -> float:
    """The margin from which on F1 is highest: chosen on development data, applied to the test.

    It lies half-way between the last pair taken and the first one left; if all are taken, at the last one
    (where XTREME's script runs off the end of its list).

    Args:
        correct: Whether each pair is right, bool [P].
        score: Its margin, float64 [P].
        gold: How many right pairs there are.
    """
    order = np.argsort(-score, kind="stable")
    score, hits = score[order], np.cumsum(correct[order])
    if not len(score) or not hits[-1]:
        return float("inf")
    f1 = 2 * hits / (np.arange(1, len(score) + 1) + gold)
    f1[np.flatnonzero(score[:-1] == score[1:])] = -1  # equal pairs cannot be parted
    best = int(f1.argmax())
    return float(score[best] if best + 1 == len(score) else (score[best] + score[best + 1]) / 2)


def bucc(gold: Collection[tuple[str, str]], predicted: Collection[tuple[str, str]]) -> Score:
    """F1 of mined pairs (BUCC 2018).

    Args:
        gold: (id, id) of the right pairs.
        predicted: Those mined.

    Returns:
        ``f1``, ``precision``, ``recall``; for each pair that is right or mined, "source target" and the
        outcomes "true_positives", "predicted", "gold".
    """
    right, said = set(gold), set(predicted)
    if not right:
        raise MorphaugError("there are no gold pairs to score")
    pairs = sorted(right | said)
    found, there = array([float(p in said) for p in pairs]), array([float(p in right) for p in pairs])
    values = percent_f1(len(right & said), len(said), len(right))
    outcomes = {"true_positives": found * there, "predicted": found, "gold": there}
    return Score(values, tuple(" ".join(pair) for pair in pairs), outcomes)
