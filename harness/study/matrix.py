"""Arms × targets × seeds as runs: which data, how many steps, in which order.

Steps are set so that arms differ in nothing but their data: ``intermediate`` and ``target`` have the steps of their
epochs over the originals, every arm with augmented data, duplicates included, exactly twice as many in the phase
where they enter.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from harness.config import ConsistencyConfig, EvaluateConfig, ExampleConfig, PhaseConfig, RunConfig
from harness.data import load_task
from harness.measure import files_tested
from harness.study.arms import Arm, arms_of
from harness.study.config import StudyConfig
from harness.study.corpora import Ready, Say, general, note_facts, originals, prepare
from harness.typed import BadValue
from morphaug.errors import MorphaugError

Part = Literal["confirmatory", "exploratory", ""]


@dataclass(frozen=True, slots=True)
class Run:
    """One cell of the matrix.

    Attributes:
        arm, target, seed: Which.
        config: What ``harness train`` would be given.
    """

    arm: Arm
    target: str
    seed: int
    config: RunConfig


@dataclass(frozen=True, slots=True)
class Group:
    """The runs of an arm and a seed, for all targets: what one process does."""

    arm: Arm
    seed: int


def groups(config: StudyConfig, only: Part = "") -> list[Group]:
    """The groups in the order in which early results say most: seed by seed, confirmatory arms first."""
    found = []
    for decisive in (True, False):
        if only and decisive != (only == "confirmatory"):
            continue
        arms = [arm for arm in arms_of(config) if arm.confirmatory == decisive]
        for seed in sorted({seed for arm in arms for seed in arm.seeds(config)}):
            found += [Group(arm, seed) for arm in arms]
    return found


def places(config: StudyConfig) -> tuple[str, ...]:
    """The phases that augmented data may enter."""
    return "intermediate", *config.targets


def check_data(config: StudyConfig) -> None:
    """Refuse, before anything is made, a study whose data are not there or that trains on what it is scored on.

    Raises:
        MorphaugError: One line that names the place.
    """
    originals(config.source)
    for name, target in config.targets.items():
        place = f"targets.{name}"
        try:
            tested = files_tested(target.evaluate)
        except MorphaugError as error:
            raise MorphaugError(f"{place}.{error.message}", error.hint) from None
        for phase, task in ((f"{place}.phase", target.phase.tasks[0]), ("intermediate", config.source)):
            load_task(task, tested=tested, place=f"{phase}.tasks[0]")


def expand(config: StudyConfig, group: Group, say: Say) -> list[Run]:
    """The runs of a group; corpora that are not there are made.

    Raises:
        MorphaugError: Data or resources are missing.
    """
    ready: dict[str, Ready] = {}
    for place in places(config):
        if group.arm.enters(place) or (place == "intermediate" and group.arm.intermediate):
            found = prepare(config, place, group.seed, [group.arm], say)
            assert found is not None
            ready[place] = found
            note_facts(config, place, group.seed, found)
    return runs(config, group, ready)


def runs(config: StudyConfig, group: Group, ready: Mapping[str, Ready]) -> list[Run]:
    """The runs of a group on data that are there."""
    arm = group.arm
    intermediate = None
    if arm.intermediate:
        data = ready["intermediate"]
        task = general(config.source, data)
        intermediate = _phase(config.intermediate, "intermediate", arm, replace(config.intermediate, tasks=(task,)), data.count, data)  # fmt: skip
    found = []
    for name, target in config.targets.items():
        count = len(originals(target.phase.tasks[0]))
        phase = _phase(target.phase, name, arm, target.phase, count, ready.get(name))
        run = RunConfig(
            name=arm.run(name),
            model=config.model,
            out=config.out,
            seed=group.seed,
            device=config.device,
            threads=config.threads,
            intermediate=intermediate,
            target=phase,
            evaluate=EvaluateConfig(tasks=target.evaluate),
        )
        found.append(Run(arm, name, group.seed, run))
    return found


def steps(phase: PhaseConfig, examples: int, *, augmented: bool) -> int:
    """Optimiser steps of a phase: those of its epochs over the originals, twice as many with augmented data."""
    natural = math.ceil((phase.epochs or 1) * examples / phase.batch_size)
    return 2 * natural if augmented else natural


def _phase(
    phase: PhaseConfig, place: str, arm: Arm, given: PhaseConfig, count: int, ready: Ready | None
) -> PhaseConfig:
    """A phase as an arm has it."""
    enters = arm.enters(place)
    (task,) = given.tasks
    changes: dict[str, object] = {}
    if enters:
        assert ready is not None
        folder = (str(ready.corpora[arm.name]),)
        if arm.where == "consistency":
            task = replace(task, twins=folder)
            changes["consistency"] = given.consistency or ConsistencyConfig(example=ExampleConfig(twin="variant"))  # fmt: skip
        else:
            task = replace(task, augmented=folder)
    try:
        return replace(given, tasks=(task,), epochs=None, steps=steps(phase, count, augmented=enters), **changes)  # type: ignore[arg-type]  # fmt: skip
    except BadValue as problem:
        raise MorphaugError(f"{place}: {problem}", "the study sets steps by epochs") from None
