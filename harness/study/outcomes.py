"""From the folders of runs to what is compared: for each arm and cell, every example's share of the score.

A score is 100 * sum of numerators / sum of denominators, over the examples of a set:

=========================  =======================================  ===================
score                      numerator                                denominator
=========================  =======================================  ===================
accuracy                   correct                                  1, or the words
F1 of entities or tags     2 * true positives                       predicted + gold
F1, exact match of answers the example's own                        1
their mean (em_f1)         (exact + F1) / 2                         1
mean average precision     the query's average precision            1
=========================  =======================================  ===================
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from harness.phases import read_json
from harness.study.statistics import Cube
from morphaug.errors import MorphaugError

Floats = npt.NDArray[np.float64]
TOLERANCE = 1e-9  # between a ratio of sums and the score in results.json, in points


class Cell(NamedTuple):
    """What is scored: a set in a language, by models trained for a target."""

    target: str
    task: str
    language: str


class Run(NamedTuple):
    """A finished run."""

    arm: str
    target: str
    seed: int
    folder: Path
    results: Mapping[str, Any]
    record: Mapping[str, Any]  # run.json


class Hole(NamedTuple):
    """A run, or a part of one, that should be there; a slice that no arm has is of no arm and no seed."""

    arm: str
    target: str
    seed: int | None
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """One run in one cell.

    Attributes:
        ids: Of the examples.
        numerator, denominator: float64 [examples].
    """

    ids: tuple[str, ...]
    numerator: Floats
    denominator: Floats

    @property
    def score(self) -> float:
        """In percent."""
        return 100 * float(self.numerator.sum()) / float(self.denominator.sum())


def ratio(main: str, outcomes: Mapping[str, Floats]) -> tuple[Floats, Floats]:
    """Numerators and denominators of a score.

    Args:
        main: Its name in results.json.
        outcomes: The arrays of a .npz file by name.

    Raises:
        MorphaugError: It is no ratio of sums of these (SQuAD 2.0's best F1 chooses a threshold).
    """
    if main == "f1" and "true_positives" in outcomes:
        return 2 * outcomes["true_positives"], outcomes["predicted"] + outcomes["gold"]
    if main == "accuracy" and "words" in outcomes:
        return outcomes["correct"], outcomes["words"]
    parts = {"accuracy": ("correct",), "f1": ("f1",), "exact_match": ("exact",), "map": ("ap",), "em_f1": ("exact", "f1")}  # fmt: skip
    names = parts.get(main, ())
    if not names or any(name not in outcomes for name in names):
        known = ", ".join(outcomes)
        raise MorphaugError(
            f"{main} is no sum over examples of {known}", "choose a task whose main score is one"
        )
    total: Floats = np.mean([outcomes[name] for name in names], axis=0)
    return total, np.ones_like(total)


def read_outcome(run: Run, cell: Cell) -> Outcome | str:
    """A run's outcome in a cell, or why there is none.

    Raises:
        MorphaugError: What is there contradicts the run's results.json.
    """
    found = run.results["scores"].get(cell.task)
    if found is None or cell.language not in found["languages"]:
        return f"{cell.task} was not scored in {cell.language}"
    path = run.folder / "outcomes" / f"{cell.task}.{cell.language}.npz"
    if not path.is_file():
        return f"outcomes/{path.name} is missing"
    try:
        with np.load(path) as arrays:
            ids = tuple(arrays["ids"].tolist())
            outcomes = {name: arrays[name] for name in arrays.files if name != "ids"}
    except (OSError, ValueError, KeyError) as error:
        raise MorphaugError(f"{path}: cannot be read ({error})", "delete the run's folder: it is evaluated again") from None  # fmt: skip
    said = found["languages"][cell.language]
    main = found["main"] or "map"
    outcome = Outcome(ids, *ratio(main, outcomes))
    if not outcome.denominator.sum():
        raise MorphaugError(f"{path}: there is nothing to score")
    if len(set(ids)) != len(ids):
        raise MorphaugError(f"{path}: an id stands there twice", "give the examples ids of their own")
    if not abs(outcome.score - said[main]) <= TOLERANCE * max(1.0, abs(said[main])):
        raise MorphaugError(
            f"{path}: the examples give {outcome.score:.9f}, results.json says {said[main]:.9f} {main}",
            "delete the run's folder: it is evaluated again",
        )
    return outcome


def find_run(folder: Path, arm: str, target: str, seed: int) -> Run | str:
    """A finished run, or why it is none.

    Args:
        folder: OUT/runs/NAME/seed-SEED.
        arm, target, seed: Which.
    """
    if not folder.is_dir():
        return "not run yet"
    if missing := [name for name in ("results.json", "run.json") if not (folder / name).is_file()]:
        return f"not finished: no {missing[0]}"
    return Run(arm, target, seed, folder, read_json(folder / "results.json"), read_json(folder / "run.json"))


Outcomes = dict[tuple[str, Cell], dict[int, Outcome]]  # by arm and cell, then seed


def read_all(runs: Iterable[Run], cells: Sequence[Cell]) -> tuple[Outcomes, list[Hole]]:
    """The outcomes of all runs in the cells of their targets.

    Returns:
        What is there, and what is not.

    Raises:
        MorphaugError: Two runs were scored on different examples.
    """
    found: Outcomes = {}
    holes: list[Hole] = []
    first: dict[Cell, tuple[Run, tuple[str, ...]]] = {}
    for run in runs:
        for cell in cells:
            if cell.target != run.target:
                continue
            outcome = read_outcome(run, cell)
            if isinstance(outcome, str):
                holes.append(Hole(run.arm, run.target, run.seed, outcome))
                continue
            other, ids = first.setdefault(cell, (run, outcome.ids))
            if ids != outcome.ids:
                raise MorphaugError(
                    f"{run.folder} and {other.folder} were scored on different examples of {cell.task} in {cell.language}",
                    "delete the older one: it is run again",
                )
            found.setdefault((run.arm, cell), {})[run.seed] = outcome
    return found, holes


def common_seeds(outcomes: Outcomes, arms: Iterable[str], cell: Cell) -> list[int]:
    """The seeds that all of the arms have in a cell."""
    return sorted(set.intersection(*(set(outcomes.get((arm, cell), ())) for arm in arms)))


def cube(outcomes: Mapping[int, Outcome], seeds: Sequence[int]) -> Cube:
    """One arm in one cell, its seeds in the order given."""
    return Cube(
        np.stack([outcomes[seed].numerator for seed in seeds]),
        np.stack([outcomes[seed].denominator for seed in seeds]),
    )
