"""The bootstrap over seeds and examples: what it must keep to, and how often its intervals hold the truth."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.stats import t

from harness.study.statistics import (
    Cube,
    Effect,
    contrast,
    holm,
    intersection_union,
    interval,
    sign_flip,
)
from morphaug.errors import MorphaugError

DIFFERENCE = {"a": 1.0, "b": -1.0}


def right(rng: np.random.Generator, seeds: int, examples: int, share: float) -> Cube:
    """Answers that are right or wrong."""
    return Cube((rng.random((seeds, examples)) < share).astype(np.float64), np.ones((seeds, examples)))


def tagged(rng: np.random.Generator, seeds: int, examples: int, share: float) -> Cube:
    """Entities: twice those found, over those predicted and there."""
    gold = np.random.default_rng(0).integers(0, 4, examples)  # the same in all arms
    found = rng.binomial(gold, share, (seeds, examples))
    return Cube(2.0 * found, (found + rng.integers(0, 2, (seeds, examples)) + gold).astype(np.float64))


def cells(seed: int = 0, *, seeds: int = 5, examples: int = 60, number: int = 2) -> list[dict[str, Cube]]:
    """Cells of two arms, right or wrong and entities by turns."""
    rng = np.random.default_rng(seed)
    makers = [right, tagged] * number
    return [
        {arm: make(rng, seeds, examples + 7 * i, 0.7) for arm in "ab"}
        for i, make in enumerate(makers[:number])
    ]


def reordered(
    cell: Mapping[str, Cube], seeds: Sequence[int] | None, examples: Sequence[int] | None
) -> dict[str, Cube]:
    """The same outcomes with seeds and examples in another order."""

    def take(values: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
        values = values if seeds is None else values[np.asarray(seeds)]
        return values if examples is None else values[:, np.asarray(examples)]

    return {arm: Cube(take(cube.numerator), take(cube.denominator)) for arm, cube in cell.items()}


def close(one: Effect, other: Effect, rel: float) -> None:
    assert one.delta == pytest.approx(other.delta, abs=1e-9)
    assert sorted(one.by_seed) == pytest.approx(sorted(other.by_seed))
    assert one.p_seeds == other.p_seeds
    # Of two standard errors the one that makes the wider interval is taken, with its own degrees of freedom: where
    # both make the same, either may be, so that what is compared is what they make.
    assert one.high - one.low == pytest.approx(other.high - other.low, rel=rel)
    assert one.mde == pytest.approx(other.mde, rel=rel)


# -- what a contrast is ---------------------------------------------------------------------------------


def test_scores_are_ratios_of_sums() -> None:
    a = Cube(np.array([[2.0, 0, 4], [2, 2, 0]]), np.array([[2.0, 3, 5], [4, 3, 1]]))
    b = Cube(np.array([[0.0, 0, 4], [2, 2, 0]]), np.array([[2.0, 3, 5], [4, 3, 1]]))
    assert a.scores.tolist() == [60, 50]
    effect = contrast([{"a": a, "b": b}], DIFFERENCE, draws=50)
    assert effect.by_seed == pytest.approx((20, 0))
    assert effect.delta == pytest.approx(10)


def test_cells_weigh_the_same_however_large() -> None:
    small, large = (
        {"a": Cube(np.full((2, n), share), np.ones((2, n))), "b": Cube(np.zeros((2, n)), np.ones((2, n)))}
        for n, share in ((4, 1.0), (400, 0.5))
    )
    effect = contrast([small, large], DIFFERENCE, draws=50)
    assert effect.delta == 75
    assert effect.examples == 404
    assert effect.seeds == 2


def test_the_numbers_agree_with_each_other() -> None:
    rng = np.random.default_rng(5)
    for gain in (0.0, 0.02, 0.05, 0.1, 0.2):
        cell = {"a": right(rng, 6, 200, 0.6 + gain), "b": right(rng, 6, 200, 0.6)}
        e = contrast([cell], DIFFERENCE, draws=400)
        half = (e.high - e.low) / 2
        assert e.delta == pytest.approx((e.high + e.low) / 2)
        assert (e.p < 0.05) == (e.low > 0 or e.high < 0)
        assert half < e.mde < 2 * half
        assert 1.9 * e.se < half < t.ppf(0.975, 5) * e.se * 1.0001  # between a normal's and that of 5 degrees
        assert e.p >= 1 / 401


def test_the_error_is_that_of_crossed_variance_components() -> None:
    """Against the closed form from mean squares, for answers whose denominators are all 1."""
    rng = np.random.default_rng(8)
    examples, seeds = 300, 6
    hard = rng.normal(0, 1, examples)
    arms = {arm: hard + 0.5 * rng.normal(size=examples) + 0.2 * rng.normal(size=(seeds, 1)) for arm in "ab"}
    cell = {
        arm: Cube((x + rng.normal(size=x.shape) > 0).astype(np.float64), np.ones(x.shape))
        for arm, x in arms.items()
    }
    z = 100 * (cell["a"].numerator - cell["b"].numerator)
    residual = z - z.mean(0) - z.mean(1)[:, None] + z.mean()
    over_seeds = z.mean(1).var(ddof=1) / seeds
    over_examples = z.mean(0).var(ddof=1) / examples
    both = (residual**2).sum() / (seeds - 1) / (examples - 1) / seeds / examples
    effect = contrast([cell], DIFFERENCE, draws=20_000)
    assert effect.se**2 == pytest.approx(over_seeds + over_examples - both, rel=0.03)


# -- what must not change it ----------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 6))
def test_swapping_the_arms_turns_the_sign_of_everything(seed: int, seeds: int) -> None:
    data = cells(seed, seeds=seeds)
    one = contrast(data, DIFFERENCE, draws=50)
    other = contrast(data, {"b": 1, "a": -1}, draws=50)
    assert (other.delta, other.low, other.high) == (-one.delta, -one.high, -one.low)
    assert other.by_seed == tuple(-d for d in one.by_seed)
    assert (other.p, other.p_seeds, other.se, other.mde) == (one.p, one.p_seeds, one.se, one.mde)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
@example(936987)
def test_order_of_seeds_and_of_examples_does_not_matter(seed: int) -> None:
    (cell,) = cells(seed, number=1)
    first = contrast([cell], DIFFERENCE, draws=1000)
    rng = np.random.default_rng(seed)
    seeds, examples = rng.permutation(5).tolist(), rng.permutation(60).tolist()
    close(contrast([reordered(cell, seeds, None)], DIFFERENCE, draws=1000), first, 1e-6)  # the same resamples
    close(contrast([reordered(cell, None, examples)], DIFFERENCE, draws=1000), first, 0.2)  # other ones


def test_same_draws_same_numbers_and_other_draws_nearly() -> None:
    data = cells()
    assert contrast(data, DIFFERENCE) == contrast(data, dict(reversed(DIFFERENCE.items())))
    assert contrast(data, DIFFERENCE) != contrast(data, DIFFERENCE, seed=1)
    close(contrast(data, DIFFERENCE), contrast(data, DIFFERENCE, seed=1), 0.05)


def test_blocks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = contrast(cells(), DIFFERENCE, draws=64)
    monkeypatch.setattr("harness.study.statistics._BLOCK", 500)
    close(contrast(cells(), DIFFERENCE, draws=64), whole, 1e-9)


# -- what it finds --------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [right, tagged])
@pytest.mark.parametrize("seeds", [1, 2, 3, 8])
def test_two_identical_arms(make: object, seeds: int) -> None:
    assert callable(make)
    cube = make(np.random.default_rng(3), seeds, 50, 0.7)
    e = contrast(
        [{"a": cube, "b": Cube(cube.numerator.copy(), cube.denominator.copy())}], DIFFERENCE, draws=200
    )
    assert (e.delta, e.low, e.high, e.p, e.se, e.mde) == (0, 0, 0, 1, 0, 0)
    assert e.p_seeds == (None if seeds == 1 else 1)


@pytest.mark.parametrize("make", [right, tagged])
def test_a_planted_gain_is_found_and_no_gain_is_not(make: object) -> None:
    assert callable(make)
    rng = np.random.default_rng(2)
    a, b, c = (make(rng, 8, 1500, share) for share in (0.73, 0.70, 0.70))
    found = contrast([{"a": a, "b": b}], DIFFERENCE, draws=1000)
    assert found.low > 0
    assert found.p < 0.01
    assert found.p_seeds == found.least_p == 2 / 2**8
    none = contrast([{"a": c, "b": b}], DIFFERENCE, draws=1000)
    assert none.low < 0 < none.high
    assert none.p > 0.05


def test_a_gain_without_any_doubt_has_the_least_p() -> None:
    ones, zeros = np.ones((4, 20)), np.zeros((4, 20))
    e = contrast([{"a": Cube(ones, ones), "b": Cube(zeros, ones)}], DIFFERENCE, draws=99)
    assert (e.delta, e.low, e.high, e.p) == (100, 100, 100, 0.01)


def test_seeds_that_agree_by_luck_feign_no_certainty() -> None:
    """Three seeds gain two points each, every one by other examples: twelve turn right and ten wrong."""
    below = np.ones((3, 100))
    a, b = np.zeros((3, 100)), np.zeros((3, 100))
    for seed in range(3):
        a[seed, seed * 25 : seed * 25 + 12] = 1
        b[seed, seed * 25 + 12 : seed * 25 + 22] = 1
    e = contrast([{"a": Cube(a, below), "b": Cube(b, below)}], DIFFERENCE)
    assert e.by_seed == pytest.approx((2, 2, 2))
    assert e.se == pytest.approx(100 * math.sqrt(0.22 / 300), rel=0.1)  # 22 changes in 100 answers, thrice
    assert e.low < 0 < e.high
    assert e.p > 0.3


def simulated(rng: np.random.Generator, seeds: int, examples: int, level: float) -> dict[str, Cube]:
    """Two arms alike: hard and easy examples, each arm's own way with them, and seeds whose difference has SD 1."""
    hard = rng.normal(0, 1.0, examples)
    out = {}
    for arm in "ab":
        latent = hard + rng.normal(0, 0.4, examples) + rng.normal(0, 0.037, (seeds, 1)) + level
        out[arm] = Cube(
            (latent + rng.normal(size=latent.shape) > 0).astype(np.float64), np.ones(latent.shape)
        )
    return out


@pytest.mark.parametrize("seeds", [3, 5, 8])
def test_intervals_hold_the_truth_as_often_as_they_say(seeds: int) -> None:
    """benchmarks/study_coverage.py does it at length; 500 studies tell a coverage to one point."""
    held = false = 0
    for i in range(500):
        cell = simulated(np.random.default_rng((4, i)), seeds, 200, 1.2)
        e = contrast([cell], DIFFERENCE, draws=150, seed=i)
        held += e.low <= 0 <= e.high
        false += e.p < 0.05
    assert 0.93 <= held / 500 <= 0.975
    assert held + false == 500


def test_detectable_means_found_four_times_in_five() -> None:
    """Studies of a true gain as large as their mean mde find it with about 80 % power."""
    latents = [simulated(np.random.default_rng((5, i)), 8, 300, 1.2) for i in range(150)]
    mde = float(np.mean([contrast([cell], DIFFERENCE, draws=150).mde for cell in latents]))
    found = 0
    for i, cell in enumerate(latents):
        flips = np.random.default_rng((6, i)).random(cell["a"].numerator.shape)
        # answers turn right at a rate that adds mde points to the score
        share = mde / 100 / (1 - cell["a"].numerator.mean())
        better = Cube(np.maximum(cell["a"].numerator, flips < share), cell["a"].denominator)
        found += contrast([{"a": better, "b": cell["b"]}], DIFFERENCE, draws=150).low > 0
    assert 0.7 < found / 150 < 0.9


# -- few seeds ------------------------------------------------------------------------------------------


def test_one_seed_speaks_of_the_examples_only() -> None:
    rng = np.random.default_rng(1)
    cell = {"a": right(rng, 1, 400, 0.7), "b": right(rng, 1, 400, 0.6)}
    e = contrast([cell], DIFFERENCE, draws=2000)
    assert e.p_seeds is e.least_p is None
    assert "one seed" in e.note
    z = 100 * (cell["a"].numerator - cell["b"].numerator)[0]
    assert e.se == pytest.approx(z.std(ddof=1) / math.sqrt(400), rel=0.05)


@pytest.mark.parametrize(("seeds", "least"), [(2, 0.5), (5, 0.0625), (6, 0.03125), (8, 0.0078125)])
def test_what_so_many_seeds_can_show(seeds: int, least: float) -> None:
    e = contrast(cells(seeds=seeds), DIFFERENCE, draws=50)
    assert e.least_p == least
    assert ("cannot reach .05" in e.note) == (least > 0.05)


def test_sign_flips_by_hand() -> None:
    assert sign_flip([1, 2, 3]) == (0.25, 0.25)
    assert sign_flip([1, 2, -3]) == (1, 0.25)  # a mean of 0
    assert sign_flip([-1, 2, 3])[0] == 0.5  # 4, 4 and 6 of the eight sums' sizes, each with two signs
    assert sign_flip([0, 0, 0, 0])[0] == 1
    p, least = sign_flip([1.0] * 20, draws=999)  # above 16 seeds signs are drawn
    assert p == least == 2 / 1000


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(-50, 50), min_size=2, max_size=8))
def test_sign_flips_against_all_signs_written_out(differences: list[int]) -> None:
    n = len(differences)
    signs = 1 - 2 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1)
    sums = np.abs(signs @ np.array(differences))
    assert sign_flip([float(d) for d in differences])[0] == pytest.approx(
        (sums >= abs(sum(differences))).mean()
    )


# -- one arm, and families of tests ---------------------------------------------------------------------


def test_interval_of_one_arm() -> None:
    mean, low, high = interval(right(np.random.default_rng(1), 6, 500, 0.7), draws=500)
    assert low < 70 < high
    assert mean == pytest.approx(70, abs=2)
    nearly = np.ones((3, 10))
    nearly[0, :5] = 0
    assert interval(Cube(nearly, np.ones((3, 10))), draws=500)[2] == 100


def test_holm_by_hand_and_against_statsmodels() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []
    from statsmodels.stats.multitest import multipletests

    rng = np.random.default_rng(0)
    for n in range(1, 12):
        p = (rng.random(n) ** 3).tolist()
        assert holm(p) == pytest.approx(multipletests(p, method="holm")[1].tolist())


def test_greater_than_each_is_as_sure_as_its_weakest_part() -> None:
    assert intersection_union([0.01, 0.04, 0.001], [2, 1, 3]) == 0.04
    assert intersection_union([0.01, 0.04, 0.001], [2, 1, -3]) == 1
    assert intersection_union([0.01], [0]) == 1


# -- what is refused ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("numerator", "denominator", "told"),
    [
        (np.ones((2, 3)), np.ones((2, 4)), "shapes"),
        (np.ones(3), np.ones(3), "shapes"),
        (np.ones((0, 3)), np.ones((0, 3)), "at least one"),
        (np.array([[math.nan, 1]]), np.ones((1, 2)), "numerator is missing"),
        (np.ones((1, 2)), np.array([[math.inf, 1]]), "denominator is missing"),
        (np.ones((1, 2)), np.array([[-1.0, 3]]), "negative"),
        (np.zeros((2, 2)), np.array([[1.0, 1], [0, 0]]), "nothing to score"),
    ],
)
def test_outcomes_that_are_none(numerator: object, denominator: object, told: str) -> None:
    with pytest.raises(MorphaugError, match=told):
        Cube(np.asarray(numerator), np.asarray(denominator))


def test_contrasts_that_are_none() -> None:
    rng = np.random.default_rng(0)
    a, few, short = right(rng, 4, 30, 0.5), right(rng, 3, 30, 0.5), right(rng, 4, 20, 0.5)

    def told(data: Sequence[Mapping[str, Cube]], weights: Mapping[str, float], draws: int = 20) -> str:
        with pytest.raises(MorphaugError) as caught:
            contrast(data, weights, draws=draws)
        return caught.value.message

    assert "different numbers of seeds (3, 4)" in told([{"a": a, "b": few}], DIFFERENCE)
    assert "different numbers of seeds (3, 4)" in told([{"a": a, "b": a}, {"a": few, "b": few}], DIFFERENCE)
    assert (
        told([{"a": a, "b": short}], DIFFERENCE) == "cell 1: not the same examples in all arms (a 30, b 20)"
    )
    assert told([{"a": a, "b": a}, {"a": a}], DIFFERENCE) == "cell 2 lacks b"
    assert "a weight is missing" in told([{"a": a}], {"a": math.nan})
    for nothing in (told([], DIFFERENCE), told([{"a": a}], {}), told([{"a": a}], {"a": 1}, 1)):
        assert "to compare" in nothing


def test_a_slice_in_which_hardly_anything_stands() -> None:
    """Two sentences with an entity among fifty: a seventh of the resamples have none to score."""
    below = np.zeros((3, 50))
    below[:, :2] = 2
    with pytest.raises(MorphaugError, match="too few examples have anything to score"):
        contrast([{"a": Cube(below, below), "b": Cube(below / 2, below)}], DIFFERENCE, draws=500)
    below[:, :12] = 2
    effect = contrast([{"a": Cube(below, below), "b": Cube(below / 2, below)}], DIFFERENCE, draws=500)
    assert effect.delta == pytest.approx(50)
    assert all(math.isfinite(v) for v in dataclasses.astuple(effect)[:4])


def test_missing_numbers_never_pass() -> None:
    nan = math.nan
    for call in (
        lambda: holm([0.1, nan]),
        lambda: holm([1.5]),
        lambda: intersection_union([nan], [1]),
        lambda: intersection_union([0.1], [nan]),
        lambda: intersection_union([0.1], [1, 2]),
        lambda: intersection_union([], []),
        lambda: sign_flip([1.0, nan]),
        lambda: sign_flip([1.0]),
    ):
        with pytest.raises(MorphaugError):
            call()
