"""Gain against distance: what is computed, what is found where it was planted, and what is refused, and why."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.study.distance import (
    FORMULAS,
    KINDS,
    Distances,
    Gain,
    distances,
    family,
    mixed_model,
    rank_tests,
)
from morphaug import lookup
from morphaug.errors import MorphaugError, UnknownName

LANGUAGES = [f"l{i:02}" for i in range(16)]

# -- distances ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["fin", "swh", "tur"])
def test_the_profiles_own_distances_and_a_formula_for_each(language: str) -> None:
    shown = {d["name"]: d for d in lookup.profile_report(language, "eng")["distances"]}
    found = distances(language)
    assert found.language == language
    for kind in ("word_order", "affixation"):
        assert getattr(found, kind) == shown[kind]["value"]
        assert FORMULAS[kind] == shown[kind]["formula"]
    assert set(KINDS) <= FORMULAS.keys()


def test_english_is_no_way_from_itself_and_names_are_resolved() -> None:
    assert distances("English").word_order == distances("en").affixation == 0
    assert distances("sw") == distances("Swahili")
    with pytest.raises(UnknownName):
        distances("nowhere")


@pytest.mark.parametrize("language", ["fin", "swh", "tur", "deu"])
def test_morphology_is_what_word_order_leaves(language: str) -> None:
    report = lookup.profile_report(language, "eng", every=True)
    place = ("_BEFORE_", "_AFTER_", "_AROUND_", "_INITIAL_", "_FINAL_", "_SECOND_")
    left = [
        f
        for f in report["features"]
        if not any(p in f["name"] + "_" for p in place) and set(f["name"][2:]) - set("SVOX")
    ]
    differ = sum((f["value"]["value"] > 0.5) != (f["against"]["value"] > 0.5) for f in left)
    assert distances(language).morphological == pytest.approx(differ / len(left))
    assert distances("deu").morphological < distances("fin").morphological < distances("swh").morphological


def test_a_language_that_uriel_lacks_has_no_distance(monkeypatch: pytest.MonkeyPatch) -> None:
    def lacks(code: str) -> None:
        raise MorphaugError(f"URIEL has no features for {code}")

    monkeypatch.setattr("morphaug.typology.profile", lacks)
    assert distances("fin") == Distances("fin", None, None, None)


def test_families_are_the_outermost_groups() -> None:
    assert family("fin") == family("hun") == family("et") == "Uralic"
    assert family("swh") == family("zul") == "Atlantic-Congo"
    assert family("eng") == family("hin") == "Indo-European"
    assert family("jpn") == "Japonic"
    assert family("eus") == "eus"  # no relatives


# -- ranks ----------------------------------------------------------------------------------------------


def _numbers(seed: int, n: int = len(LANGUAGES)) -> dict[str, float]:
    return dict(zip(LANGUAGES[:n], np.random.default_rng(seed).random(n).tolist(), strict=True))


def _in_pairs(n: int = len(LANGUAGES)) -> dict[str, str]:
    return {k: str(i // 2) for i, k in enumerate(LANGUAGES[:n])}


def test_a_gain_that_grows_with_distance_is_found() -> None:
    distance = _numbers(1)
    gains = {k: 3 * d**2 for k, d in distance.items()}
    overall, within = rank_tests(gains, distance, _in_pairs(), draws=2000)
    assert overall.refused is within.refused is None
    assert overall.rho == pytest.approx(1)
    assert within.rho == pytest.approx(1, abs=0.2)
    assert overall.p == pytest.approx(1 / 2001)
    assert within.p is not None
    assert within.p < 0.02  # 2**8 permutations, two of them as extreme
    assert overall.languages == 16


def test_agrees_with_scipy() -> None:
    from scipy.stats import spearmanr

    for seed in range(4):
        gains, distance = _numbers(seed), _numbers(100 + seed)
        gains["l00"] = gains["l01"]  # a tie
        theirs = spearmanr([distance[k] for k in LANGUAGES], [gains[k] for k in LANGUAGES])
        ours = rank_tests(gains, distance, {})[0]
        assert ours.rho == pytest.approx(theirs.statistic)
        assert ours.p == pytest.approx(theirs.pvalue, abs=0.02)


def test_what_families_share_explains_nothing_within_them() -> None:
    """Gain and distance are high in one family and low in the other, and unrelated inside."""
    families = {k: "far" if i < 8 else "near" for i, k in enumerate(LANGUAGES)}
    gains = {k: v + 5 * (families[k] == "far") for k, v in _numbers(3).items()}
    distance = {k: v + 5 * (families[k] == "far") for k, v in _numbers(4).items()}
    overall, within = rank_tests(gains, distance, families)
    assert overall.p is not None
    assert overall.p < 0.01
    assert within.p is not None
    assert within.p > 0.2


@settings(max_examples=25, deadline=None)
@given(st.permutations(LANGUAGES), st.integers(0, 99))
def test_order_of_the_languages_does_not_matter_and_sign_turns(order: Sequence[str], seed: int) -> None:
    gains, distance = _numbers(seed), _numbers(seed + 1)
    first = rank_tests(gains, distance, _in_pairs(), draws=50)
    assert rank_tests({k: gains[k] for k in order}, distance, _in_pairs(), draws=50) == first
    turned = rank_tests({k: -g for k, g in gains.items()}, distance, _in_pairs(), draws=50)
    assert [t.rho for t in turned] == pytest.approx([-(t.rho or 0) for t in first])


def test_eleven_languages_are_described_not_tested() -> None:
    for test in rank_tests(_numbers(1, 11), _numbers(2), _in_pairs()):
        assert (test.rho, test.p, test.languages) == (None, None, 11)
        assert test.refused == "11 languages: descriptive below a dozen"


def test_languages_without_a_distance_are_named_and_not_counted() -> None:
    distance: dict[str, float | None] = {**_numbers(2), "l03": None}
    del distance["l07"]
    test = rank_tests(_numbers(1), distance, {})[0]
    assert test.missing == ("l03", "l07")
    assert test.languages == 14
    few = rank_tests(_numbers(1, 13), distance, {})[0]
    assert few.refused == "11 languages: descriptive below a dozen"


def test_within_families_only_where_they_can_reach_a_twentieth() -> None:
    lonely = rank_tests(_numbers(1), _numbers(2), {})[1]
    assert lonely.refused == "1 different permutations within families: they cannot reach p = .05"
    assert lonely.p is lonely.rho is None
    four_pairs = {k: v if i < 8 else k for i, (k, v) in enumerate(_in_pairs().items())}
    assert "16 different permutations" in (rank_tests(_numbers(1), _numbers(2), four_pairs)[1].refused or "")
    five_pairs = {k: v if i < 10 else k for i, (k, v) in enumerate(_in_pairs().items())}
    assert rank_tests(_numbers(1), _numbers(2), five_pairs)[1].refused is None
    tied = {
        k: float(i // 2) for i, k in enumerate(LANGUAGES)
    }  # pairs of equal gains: permuting changes nothing
    assert "1 different permutations" in (rank_tests(tied, _numbers(2), _in_pairs())[1].refused or "")
    assert "differ in distance" in (rank_tests(_numbers(2), tied, _in_pairs())[1].refused or "")


def test_nothing_varies() -> None:
    same = dict.fromkeys(LANGUAGES, 1.0)
    for gains, distance in ((same, _numbers(1)), (_numbers(1), same)):
        assert "same" in (rank_tests(gains, distance, {})[0].refused or "")


def test_missing_numbers_are_errors() -> None:
    for gains, distance in (({"l00": float("nan")}, {}), ({"l00": 1.0}, {"l00": float("inf")})):
        with pytest.raises(MorphaugError, match="not a number"):
            rank_tests(gains, distance, {})


# -- the mixed model ------------------------------------------------------------------------------------


def _gains(
    slope: float,
    *,
    n: int = 16,
    tasks: Sequence[str] = ("ner", "pos", "qa"),
    seed: int = 0,
    between: float = 0.3,
) -> list[Gain]:
    """Gains that grow by ``slope`` over the distance and depend on the other covariates too."""
    rng = np.random.default_rng(seed)
    out = []
    for language in LANGUAGES[:n]:
        distance, tokens, fertility, shift = (
            rng.random(),
            10 ** rng.uniform(6, 10),
            rng.uniform(1, 3),
            rng.normal(),
        )
        for at, task in enumerate(tasks):
            baseline = rng.uniform(40, 80)
            gain = slope * distance - 0.4 * np.log10(tokens) + 0.5 * fertility - 0.02 * baseline + at
            gain += between * shift + 0.3 * rng.normal()
            out.append(Gain(language, task, float(gain), distance, tokens, fertility, baseline))
    return out


@pytest.mark.parametrize("between", [0.0, 0.3])  # without it the languages' variance is on its boundary
def test_a_planted_slope_is_recovered(between: float) -> None:
    test = mixed_model(_gains(4.0, between=between))
    assert test.refused is None
    assert test.rho is None
    assert test.languages == 16
    assert None not in (test.low, test.high, test.p)
    assert 2 < test.low < 4 < test.high < 6
    assert test.p < 0.001


def test_without_a_slope_none_is_found_where_a_covariate_explains_the_gain() -> None:
    """Distance goes with pre-training size, which is what the gain depends on."""
    gains = [
        dataclasses.replace(g, distance=0.1 * np.log10(g.tokens or 1) + 0.3 * (g.distance or 0))
        for g in _gains(0.0)
    ]
    test = mixed_model(gains)
    assert test.p is not None
    assert test.p > 0.05
    assert None not in (test.low, test.high)
    assert test.low < 0 < test.high


def test_the_model_refuses_what_it_cannot_tell() -> None:
    full = _gains(1.0)

    def refused(gains: Sequence[Gain]) -> str:
        test = mixed_model(gains)
        assert test.slope is test.low is test.high is test.p is None
        return test.refused or ""

    assert refused([]) == "0 languages: descriptive below a dozen"
    assert refused(_gains(1.0, n=11)) == "11 languages: descriptive below a dozen"
    assert "12 languages do not identify 8 fixed effects" in refused(_gains(1.0, n=12, tasks="abcd"))
    assert "16 gains of 16 languages do not identify" in refused(_gains(1.0, tasks=["ner"]))
    lacking = [dataclasses.replace(g, tokens=None) if g.language in ("l01", "l04") else g for g in full]
    lacking[0] = dataclasses.replace(lacking[0], fertility=None)
    assert refused(lacking) == "not known: tokens of l01, l04; fertility of l00"
    assert refused([dataclasses.replace(g, baseline=60.0) for g in full]) == "the same everywhere: baseline"
    assert "are collinear" in refused(
        [dataclasses.replace(g, fertility=2 * (g.distance or 0) + 1) for g in full]
    )


def test_a_language_without_a_distance_is_named() -> None:
    gains = [dataclasses.replace(g, distance=None) if g.language == "l05" else g for g in _gains(4.0)]
    test = mixed_model(gains)
    assert test.missing == ("l05",)
    assert test.languages == 15
    assert test.slope == pytest.approx(4, abs=1.5)


def test_numbers_that_are_none_are_errors() -> None:
    gains = _gains(1.0)
    for broken in ({"gain": float("nan")}, {"fertility": float("inf")}, {"tokens": 0.0}):
        with pytest.raises(MorphaugError):
            mixed_model([dataclasses.replace(gains[0], **broken), *gains[1:]])
