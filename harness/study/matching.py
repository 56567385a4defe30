"""What corpora are brought to have alike before they are compared: how much was edited, and subwords a word.

Edit rates follow the share of sites that operators touch, which is searched. Subwords a word (fertility: Rust et al.
2021, "How Good is Your Tokenizer?") follow from a language's words: there it is examples that are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

CLOSE = 0.01  # how near edit rates have to come
STEPS = 6  # of the search


def searched(measure: Callable[[float], float], rate: float, edits: float, aim: float) -> tuple[float, float]:
    """A rate at which what is measured comes near an aim, and what it is there.

    Args:
        measure: What comes of a rate; it grows with it, from 0 at 0.
        rate: Where to begin, the highest that is allowed.
        edits: What comes of it.
        aim: What should.
    """
    low, high = (0.0, 0.0), (rate, edits)
    best = high
    if edits <= aim:
        return best
    for _ in range(STEPS):
        if abs(best[1] - aim) <= CLOSE:
            break
        # Regula falsi: between the nearest points on both sides of the aim.
        share = (aim - low[1]) / (high[1] - low[1])
        at = round(low[0] + share * (high[0] - low[0]), 4)
        found = (at, measure(at))
        low, high = (found, high) if found[1] < aim else (low, found)
        best = min(best, found, key=lambda point: abs(point[1] - aim))
    return best


def uneven(
    subwords: NDArray[np.int64], words: NDArray[np.int64], groups: Sequence[Sequence[int]], share: float
) -> list[int]:
    """Examples to leave out, the fewest that a greedy search finds, so that corpora have alike fertility.

    Args:
        subwords, words: Of each example in each corpus, [corpora, examples].
        groups: Numbers of the corpora that are to be alike.
        share: By how much the highest fertility of a group may be above its lowest: 0.02 is two in a hundred.

    Returns:
        Numbers of examples, in the order in which they were left out; all of them if nothing else would do.
    """
    there = np.ones(subwords.shape[1], dtype=bool)
    out: list[int] = []
    while there.any():
        totals = np.maximum(words[:, there].sum(axis=1), 1)
        fertility = subwords[:, there].sum(axis=1) / totals
        apart = [(fertility[list(group)].max() / fertility[list(group)].min() - 1, group) for group in groups]
        worst, group = max(apart, key=lambda pair: pair[0], default=(0.0, ()))
        if worst <= share:
            break
        high = max(group, key=lambda corpus: fertility[corpus])
        low = min(group, key=lambda corpus: fertility[corpus])
        # How much each example holds the two apart: what goes if it does.
        pull = [(subwords[c] - fertility[c] * words[c]) / totals[c] for c in (high, low)]
        gains = np.where(there, pull[0] - pull[1], -np.inf)
        most = int(gains.argmax())
        there[most] = False
        out.append(most)
    return out
