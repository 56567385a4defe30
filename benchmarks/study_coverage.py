"""How often the study's 95 % intervals hold the truth, on simulated studies of two arms that are alike.

    python benchmarks/study_coverage.py [--studies 500] [--draws 300]

Seeds are crossed with examples. An example is easy or hard for both arms, each arm has its own way with it, a
seed is better or worse for one arm (``seed SD``: of what that does to the difference, in points), and the rest
is of the single answer. Beside the harness's interval ("holds", "width") stands the percentile interval of the
plain bootstrap that resamples seeds and examples together. ``SD of d`` is what the seeds of such a study show;
``true SE`` is the spread of the estimate over studies, ``rms se`` what the studies say of it.
"""

from __future__ import annotations

import argparse
import math

import numpy as np
from scipy.stats import norm

from harness.study.statistics import Array, Cube, contrast

WEIGHTS = {"a": 1.0, "b": -1.0}
LEVEL, HARD, OWN = 0.8, 1.0, 0.4
"""Share of right answers, and SDs of the examples' difficulty and of the arms' own ways with them, on the
probit scale, where the noise of the single answer is 1."""


def study(metric: str, rng: np.random.Generator, seeds: int, examples: int, sd: float) -> dict[str, Cube]:
    """One cell of two arms that differ by chance only.

    Args:
        metric: "accuracy", or "f1" of a sentence's entities, found among those predicted and those there.
        rng: Where chance comes from.
        seeds, examples: How many.
        sd: Of the seeds' effects on the difference, in points of accuracy.
    """
    spread = math.sqrt(1 + HARD**2 + OWN**2)
    start = float(norm.ppf(LEVEL))
    seed_sd = sd / math.sqrt(2) / 100 / float(norm.pdf(start)) * spread
    hard, gold = rng.normal(0, HARD, examples), rng.poisson(1.5, examples)
    cell = {}
    for arm in WEIGHTS:
        latent = hard + rng.normal(0, OWN, examples) + rng.normal(0, seed_sd, (seeds, 1)) + start * spread
        if metric == "accuracy":
            right = latent + rng.normal(size=latent.shape) > 0
            cell[arm] = Cube(right.astype(np.float64), np.ones(latent.shape))
        else:
            found, wrong = rng.binomial(gold, norm.cdf(latent)), rng.poisson(0.3, latent.shape)
            cell[arm] = Cube(2.0 * found, (found + wrong + gold).astype(np.float64))
    return cell


def plain(cell: dict[str, Cube], draws: int, rng: np.random.Generator) -> tuple[float, float]:
    """The percentile interval of the bootstrap that resamples seeds and examples and corrects nothing."""
    seeds, examples = cell["a"].numerator.shape

    def counts(n: int) -> Array:
        chosen = rng.integers(n, size=(draws, n)) + n * np.arange(draws)[:, None]
        return np.bincount(chosen.ravel(), minlength=draws * n).reshape(draws, n).astype(np.float64)

    times = counts(examples)
    scores = {arm: (times @ cube.numerator.T) / (times @ cube.denominator.T) for arm, cube in cell.items()}
    delta = 100 * ((scores["a"] - scores["b"]) * counts(seeds)).sum(1) / seeds
    return float(np.quantile(delta, 0.025)), float(np.quantile(delta, 0.975))


def row(metric: str, seeds: int, examples: int, sd: float, studies: int, draws: int) -> tuple[str, float]:
    """One line of the table, and how many of a hundred intervals hold the truth, which is 0."""
    found = []
    for i in range(studies):
        rng = np.random.default_rng((7, seeds, examples, round(10 * sd), i))
        cell = study(metric, rng, seeds, examples, sd)
        e = contrast([cell], WEIGHTS, draws=draws, seed=i)
        low, high = plain(cell, draws, rng)
        shown = float(np.std(e.by_seed, ddof=1))
        holds, plainly = e.low <= 0 <= e.high, low <= 0 <= high
        found.append((shown, e.delta**2, e.se**2, holds, e.high - e.low, plainly, high - low))
    shown, true, said, held, width, plainly, breadth = np.mean(found, axis=0)
    text = (
        f"{metric:9} {seeds:5} {examples:8} {sd:7.1f} {shown:8.2f} {math.sqrt(true):8.2f} {math.sqrt(said):8.2f}"
        f" {100 * held:7.1f}% {width:6.2f} {100 * plainly:13.1f}% {breadth:6.2f}"
    )
    return text, 100 * float(held)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--studies", type=int, default=500)
    parser.add_argument("--draws", type=int, default=300)
    args = parser.parse_args()
    print(
        "metric    seeds examples seed SD  SD of d  true SE   rms se    holds  width    plain: holds  width"
    )
    held: dict[int, list[float]] = {}
    for metric in ("accuracy", "f1"):
        for examples in (300, 1000):
            for sd in (0.0, 1.0, 2.0):
                for seeds in (3, 5, 8):
                    text, share = row(metric, seeds, examples, sd, args.studies, args.draws)
                    print(text, flush=True)
                    held.setdefault(seeds, []).append(share)
    for seeds, shares in held.items():
        mean = sum(shares) / len(shares)
        print(
            f"{seeds} seeds: {mean:.1f}% on average, {min(shares):.1f} to {max(shares):.1f}% in single rows"
        )


if __name__ == "__main__":
    main()
