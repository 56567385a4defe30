"""Gain against distance from English: descriptive for a few languages, tested where the tests are identified.

A test that the data cannot carry is a value that says why, never a number.
"""

from __future__ import annotations

import math
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain

import numpy as np
from scipy import stats

from harness.study.statistics import Array
from morphaug import languages, packs, target, typology, uriel
from morphaug.errors import MissingResource, MorphaugError

DOZEN = 12
"""Below so many languages a relation to distance is described, not tested."""
KINDS = ("word_order", "affixation", "morphological")
FORMULAS: dict[str, str] = {
    **{name: typology.FORMULAS[name] for name in ("syntax", "word_order", "affixation")},
    "morphological": "the same over all syntax features that are not of word order: what is marked, on which word, and "
    "by an affix, a clitic or a word of its own (the features of affixation among them)",
    "value": typology.FORMULAS["value"],
}
"""How each distance is computed, for people."""
_LEVEL = 0.05
_MARGIN = 5  # languages beyond fixed effects, and gains beyond languages
_CONDITION = 30.0  # of the standardised effects; above, Belsley (1991) calls them collinear


@dataclass(frozen=True, slots=True)
class Distances:
    """How far a language is from English: 0 (alike) to 1, by FORMULAS; None where URIEL does not say."""

    language: str
    word_order: float | None
    affixation: float | None
    morphological: float | None


@dataclass(frozen=True, slots=True)
class Test:
    """A test of gain against distance.

    Attributes:
        name: Which one.
        rho: Rank correlation; None in the mixed model.
        slope, low, high: Points of gain from distance 0 to 1, and the 95 % interval; None outside the mixed model.
        p: Two-sided.
        languages: How many it rests on.
        missing: Languages without a distance, that it leaves out.
        refused: Why there is no result; None where there is one.
    """

    name: str
    rho: float | None = None
    slope: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    languages: int = 0
    missing: tuple[str, ...] = ()
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class Gain:
    """One measured gain, of a seed or of their mean, with what may explain it.

    Attributes:
        language, task: Where it was measured.
        gain: In points.
        distance: From English.
        tokens: Of the language in the encoder's pre-training, more than 0.
        fertility: Subwords per word.
        baseline: Score without augmentation.
    """

    language: str
    task: str
    gain: float
    distance: float | None
    tokens: float | None
    fertility: float | None
    baseline: float | None


def distances(language: str) -> Distances:
    """A language's distances from English, of the profiles that ``morphaug profile`` shows.

    Args:
        language: Any name or code.

    Raises:
        UnknownName: No such language.
        MissingResource: lang2vec is not installed.
    """
    code = languages.resolve(language)
    try:
        found = typology.distances(_profile(code), _profile(languages.SOURCE))
    except MissingResource:
        raise
    except MorphaugError:  # URIEL does not have the language
        return Distances(code, None, None, None)
    differ = {name: (d.value or 0.0) * d.features for name, d in found.items()}
    rest = found["syntax"].features - found["word_order"].features
    return Distances(
        code,
        found["word_order"].value,
        found["affixation"].value,
        round(differ["syntax"] - differ["word_order"]) / rest if rest else None,
    )


def _profile(code: str) -> typology.Profile:
    return target.corrected(typology.profile(code), packs.pack(code))


def family(language: str) -> str:
    """The language family by URIEL ("Uralic"); the language's own code where URIEL knows none, as for an isolate.

    Raises:
        UnknownName: No such language.
        MissingResource: lang2vec is not installed.
    """
    code = languages.resolve(language)
    return next((_families()[c] for c in languages.alias(code, "lang2vec") if c in _families()), code)


@lru_cache(maxsize=1)
def _families() -> dict[str, str]:
    """By language, the largest group it is in: of nested groups the outermost, since URIEL lists them side by side."""
    path = uriel.files()[0].with_name("family_features.npz")
    try:
        with np.load(path, allow_pickle=False) as file:
            codes, names, member = file["langs"].tolist(), file["feats"].tolist(), file["data"][:, :, 0] > 0
    except (OSError, KeyError, ValueError, IndexError) as error:
        raise MissingResource(f"{path} cannot be read", "pip install --force-reinstall lang2vec") from error
    outermost = (member * member.sum(0)).argmax(1)
    return {
        code: names[at].removeprefix("F_")
        for code, at, row in zip(codes, outermost, member, strict=True)
        if row.any()
    }


def rank_tests(
    gains: Mapping[str, float],
    distance: Mapping[str, float | None],
    families: Mapping[str, str],
    *,
    draws: int = 10_000,
    seed: int = 0,
) -> list[Test]:
    """Spearman's correlation of gain and distance, by permutation over all languages and within families.

    Languages of one family are no independent witnesses. The second test ranks, takes each family's mean off the
    ranks and permutes the gains within families only, so that what families share explains nothing.

    Args:
        gains, distance, families: By language; a language whose distance is None or not given is left out and named.
        draws: Random permutations; no p is below 1 / (draws + 1).
        seed: Of these.

    Raises:
        MorphaugError: A gain or distance is not finite.
    """
    known = {k: d for k in sorted(gains) if (d := distance.get(k)) is not None}
    _finite([*gains.values(), *known.values()])
    missing = tuple(k for k in sorted(gains) if k not in known)
    names = ("spearman", "spearman within families")
    few = _few(len(known))
    if few is None and min(len(set(known.values())), len({gains[k] for k in known})) < 2:
        few = "all languages have the same distance or the same gain"
    if few:
        return [Test(name, languages=len(known), missing=missing, refused=few) for name in names]
    x, y = (stats.rankdata(list(v)) for v in (known.values(), (gains[k] for k in known)))
    groups = [families.get(k, k) for k in known]
    rng = np.random.default_rng(seed)
    out = []
    for name, group in zip(names, ([""] * len(known), groups), strict=True):
        rho, p, refused = _permute(x, y, group, draws, rng)
        out.append(Test(name, rho=rho, p=p, languages=len(known), missing=missing, refused=refused))
    return out


def _few(n: int) -> str | None:
    return f"{n} languages: descriptive below a dozen" if n < DOZEN else None


def _permute(
    x: Array, y: Array, groups: Sequence[str], draws: int, rng: np.random.Generator
) -> tuple[float | None, float | None, str | None]:
    """Correlation of ranks about their groups' means, its two-sided p within groups, or why there is none."""
    places = [np.flatnonzero([g == group for g in groups]) for group in sorted(set(groups))]
    number = math.prod(
        math.factorial(len(at)) // math.prod(map(math.factorial, Counter(y[at].tolist()).values()))
        for at in places
    )
    if number * _LEVEL < 1:
        return None, None, f"{number} different permutations within families: they cannot reach p = .05"
    x = x.copy()
    shuffled = np.tile(y, (draws + 1, 1))  # the first row is what was seen
    for at in places:
        x[at] -= x[at].mean()
        shuffled[:, at] -= y[at].mean()
        shuffled[1:, at] = rng.permuted(shuffled[1:, at], axis=1)
    size = math.sqrt(float(x @ x) * float(shuffled[0] @ shuffled[0]))
    if size == 0:
        return None, None, "no two languages of one family differ in distance"
    rho = shuffled @ x / size
    return float(rho[0]), float(np.mean(np.abs(rho) >= abs(rho[0]) - 1e-12)), None


def mixed_model(gains: Sequence[Gain]) -> Test:
    """Slope of gain over distance beside pre-training size, fertility and baseline, languages drawn at random.

    gain ~ distance + log10(tokens) + fertility + baseline + task + (1 | language), by REML (statsmodels). Tasks are
    fixed: two or three of them cannot show a variance. The slope's p and interval are t's with as many degrees of
    freedom as there are languages beyond fixed effects, for distance differs between languages only.

    Args:
        gains: Several to a language: of tasks (each the seeds' mean), or of the seeds of one task.

    Raises:
        MorphaugError: A gain or covariate is not finite, or a number of tokens not positive.
        MissingResource: statsmodels is not installed.
    """
    known = [g for g in gains if g.distance is not None]
    langs = sorted({g.language for g in known})
    test = Test(
        "mixed model",
        languages=len(langs),
        missing=tuple(sorted({g.language for g in gains} - set(langs))),
    )
    if few := _few(len(langs)):
        return replace(test, refused=few)
    columns, refused = _design(known)
    if refused:
        return replace(test, refused=refused)
    free = len(langs) - columns.shape[1]
    if free < _MARGIN or len(known) < len(langs) + _MARGIN:
        return replace(
            test,
            refused=f"{len(known)} gains of {len(langs)} languages do not identify {columns.shape[1]} fixed effects "
            "and the languages' variance",
        )
    fit = _fit(np.array([g.gain for g in known]), columns, [g.language for g in known])
    if fit is None:
        return replace(test, refused="the fit did not converge")
    slope, se = fit
    half = float(stats.t.ppf(1 - _LEVEL / 2, free)) * se
    p = 2 * float(stats.t.sf(abs(slope) / se, free))
    return replace(test, slope=slope, low=slope - half, high=slope + half, p=p)


def _design(gains: Sequence[Gain]) -> tuple[Array, str | None]:
    """The fixed effects, float64 [gains, effects], intercept and distance first; or why they cannot be told apart."""
    nothing = np.empty((0, 0))
    named = ("tokens", "fertility", "baseline")
    lacking = [(name, sorted({g.language for g in gains if getattr(g, name) is None})) for name in named]
    if told := [f"{name} of {', '.join(langs)}" for name, langs in lacking if langs]:
        return nothing, f"not known: {'; '.join(told)}"
    effects = {name: [float(getattr(g, name)) for g in gains] for name in ("distance", *named)}
    _finite([*(g.gain for g in gains), *chain.from_iterable(effects.values())])
    if any(tokens <= 0 for tokens in effects["tokens"]):
        raise MorphaugError(
            "a number of pre-training tokens is not positive", "leave the language's out instead"
        )
    effects["tokens"] = np.log10(effects["tokens"]).tolist()
    for task in sorted({g.task for g in gains})[1:]:
        effects[f"task {task}"] = [float(g.task == task) for g in gains]
    columns = np.array(list(effects.values())).T
    if flat := [name for name, column in zip(effects, columns.T, strict=True) if np.ptp(column) == 0]:
        return nothing, f"the same everywhere: {', '.join(flat)}"
    standard = (columns - columns.mean(0)) / columns.std(0)
    if (condition := float(np.linalg.cond(standard))) > _CONDITION:
        return (
            nothing,
            f"{', '.join(effects)} are collinear (condition number {condition:.3g}, above {_CONDITION:g})",
        )
    return np.column_stack([np.ones(len(columns)), columns]), None


def _fit(gains: Array, columns: Array, groups: Sequence[str]) -> tuple[float, float] | None:
    """The slope of the second column and its standard error; None if the fit does not converge."""
    try:
        from statsmodels.regression.mixed_linear_model import MixedLM
        from statsmodels.tools.sm_exceptions import ConvergenceWarning
    except ImportError as error:
        raise MissingResource("statsmodels is not installed", "pip install 'morphaug[study]'") from error
    with warnings.catch_warnings():
        # warned of where languages differ by nothing but their covariates: a variance of 0, which is a result
        warnings.filterwarnings("ignore", "The MLE may be on the boundary", ConvergenceWarning)
        fit = MixedLM(gains, columns, groups=np.asarray(groups)).fit(reml=True, method="powell")
    slope, se = float(fit.fe_params[1]), float(fit.bse_fe[1])
    return (slope, se) if fit.converged and math.isfinite(slope) and se > 0 else None


def _finite(values: Sequence[float]) -> None:
    if not all(map(math.isfinite, values)):
        raise MorphaugError(
            "a gain, distance or covariate is not a number", "leave out what was not measured"
        )
