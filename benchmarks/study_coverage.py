"""How often the study's 95 % intervals hold the truth, on simulated studies of two arms whose truth is known.

    python benchmarks/study_coverage.py [--studies 1000] [--draws 1000]

A study has seeds that are crossed with examples. An example is easy or hard for both arms, each arm has its own
way with it, a seed is better or worse for one arm (``seed SD``: of its effect on the difference, in points), and
the rest is of the single answer. Beside the harness's interval stands the percentile interval of the plain
bootstrap that resamples seeds and examples together. ``false`` is the share of intervals without 0 where the
arms are equal, and ``SD of d`` what such a study's seeds show.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from harness.study.statistics import Array, Cube, contrast

WEIGHTS = {"a": 1.0, "b": -1.0}
LEVEL, HARD, OWN = 0.8, 1.0, 0.4
"""Share of right answers, and SDs of the examples' difficulty and of the arms' own ways with them, on the
probit scale, where the noise of the single answer is 1."""


class Study(NamedTuple):
    """A simulated study and the contrast's true value in points."""

    cell: dict[str, Cube]
    truth: float


def accuracy(rng: np.random.Generator, seeds: int, examples: int, sd: float, gain: float) -> Study:
    """Right or wrong: probit model with crossed effects; ``gain`` points in truth."""
    latent = _latents(rng, seeds, examples, sd)
    spread = math.sqrt(1 + HARD**2 + OWN**2 + _seed_sd(sd) ** 2)
    cell = {}
    for arm, level in (("a", LEVEL + gain / 100), ("b", LEVEL)):
        right = latent[arm] + spread * norm.ppf(level) + rng.normal(size=(seeds, examples)) > 0
        cell[arm] = Cube(right.astype(np.float64), np.ones((seeds, examples)))
    return Study(cell, gain)


def f1(rng: np.random.Generator, seeds: int, examples: int, sd: float, gain: float) -> Study:
    """Entities of a sentence found among those predicted and there; no gain: the arms are alike, the truth is 0."""
    if gain:
        raise ValueError("the F1 of a planted gain has no closed form")
    latent = _latents(rng, seeds, examples, sd)
    spread = math.sqrt(1 + HARD**2 + OWN**2 + _seed_sd(sd) ** 2)
    gold = rng.poisson(1.5, examples)
    cell = {}
    for arm in WEIGHTS:
        chance = norm.cdf(latent[arm] + spread * norm.ppf(LEVEL))
        found = rng.binomial(gold, chance)
        wrong = rng.poisson(0.3, (seeds, examples))
        cell[arm] = Cube(2.0 * found, (found + wrong + gold).astype(np.float64))
    return Study(cell, 0.0)


def _seed_sd(sd: float) -> float:
    """SD of an arm's seed effect on the probit scale that moves the difference of two arms by sd points."""
    spread = math.sqrt(1 + HARD**2 + OWN**2)
    return sd / math.sqrt(2) / 100 / float(norm.pdf(norm.ppf(LEVEL))) * spread


def _latents(rng: np.random.Generator, seeds: int, examples: int, sd: float) -> dict[str, Array]:
    hard = rng.normal(0, HARD, examples)
    return {
        arm: hard + rng.normal(0, OWN, examples) + rng.normal(0, _seed_sd(sd), (seeds, 1)) for arm in WEIGHTS
    }


def plain(cell: dict[str, Cube], draws: int, seed: int) -> tuple[float, float]:
    """The percentile interval of the bootstrap that resamples seeds and examples and corrects nothing."""
    rng = np.random.default_rng(seed)
    seeds, examples = cell["a"].numerator.shape

    def counts(n: int) -> npt.NDArray[np.float64]:
        chosen = rng.integers(n, size=(draws, n)) + n * np.arange(draws)[:, None]
        return np.bincount(chosen.ravel(), minlength=draws * n).reshape(draws, n).astype(np.float64)

    of_examples, of_seeds = counts(examples), counts(seeds) / seeds
    d = sum(
        w * (of_examples @ cell[k].numerator.T) / (of_examples @ cell[k].denominator.T)
        for k, w in WEIGHTS.items()
    )
    low, high = np.quantile(100 * (d * of_seeds).sum(1), [0.025, 0.975])
    return float(low), float(high)


def measure(
    make: Callable[[np.random.Generator, int, int, float, float], Study],
    shape: tuple[int, int],
    sd: float,
    gain: float,
    *,
    studies: int,
    draws: int,
    beside: bool = True,
) -> dict[str, float]:
    """Simulate studies and count.

    Args:
        make: ``accuracy`` or ``f1``.
        shape: Seeds and examples.
        sd, gain: In points.
        studies, draws: How many studies, and resamples in each.
        beside: Measure the plain bootstrap too.

    Returns:
        Shares ("holds", "plain holds", "found": the share of intervals above 0) and means ("width", "plain width", "sd", "mde").
    """
    sums: dict[str, float] = {}
    for i in range(studies):
        study = make(np.random.default_rng((7, i)), *shape, sd, gain)
        effect = contrast([study.cell], WEIGHTS, draws=draws, seed=i)
        row = {
            "holds": effect.low <= study.truth <= effect.high,
            "without 0": effect.low > 0 or effect.high < 0,
            "found": effect.low > 0,
            "width": effect.high - effect.low,
            "se2": effect.se**2,
            "delta": effect.delta,
            "delta2": effect.delta**2,
            "mde": effect.mde,
            "sd": float(np.std(effect.by_seed, ddof=1)) if shape[0] > 1 else 0.0,
        }
        if beside:
            low, high = plain(study.cell, draws, i)
            row |= {"plain holds": low <= study.truth <= high, "plain width": high - low}
        for name, value in row.items():
            sums[name] = sums.get(name, 0.0) + float(value) / studies
    return sums


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--studies", type=int, default=1000)
    parser.add_argument("--draws", type=int, default=1000)
    args = parser.parse_args()
    print(
        "metric    seeds examples seed SD  SD of d  true SE   rms se    holds  width    plain: holds  width"
    )
    for make in (accuracy, f1):
        for examples in (300, 1000):
            for sd in (0.0, 1.0, 2.0):
                for seeds in (3, 5, 8):
                    m = measure(make, (seeds, examples), sd, 0.0, studies=args.studies, draws=args.draws)
                    true = math.sqrt(m["delta2"] - m["delta"] ** 2)
                    print(
                        f"{make.__name__:9} {seeds:5} {examples:8} {sd:7.1f} {m['sd']:8.2f} {true:8.2f} {math.sqrt(m['se2']):8.2f} "
                        f"{100 * m['holds']:7.1f}% {m['width']:6.2f} {100 * m['plain holds']:13.1f}% {m['plain width']:6.2f}",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
