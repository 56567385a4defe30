"""What results.json says of a study beside its comparisons: the runs it rests on, their data, cost and curves."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from harness.config import PhaseConfig, run_folder
from harness.measure import languages_of
from harness.phases import read_json, versions
from harness.study.arms import Arm
from harness.study.config import StudyConfig
from harness.study.execute import failures
from harness.study.outcomes import Cell, Hole, Outcomes, Run, common_seeds, find_run
from harness.tasks import two_letters

CURVE_POINTS = 60
# What has to be as the study file says; steps and data are the arms' own.
_SETTINGS = ("batch_size", "lr", "weight_decay", "clip", "max_len", "doc_stride", "max_query", "head", "precision", "dropout", "attention_dropout")  # fmt: skip
_SCORED = ("task", "languages", "split", "limit", "head", "layers", "pool")


def cells_of(config: StudyConfig) -> list[Cell]:
    """What is scored, in the order of the study file."""
    return [
        Cell(target, task.task, two_letters(language))
        for target, found in config.targets.items()
        for task in found.evaluate
        for language in languages_of(task)
    ]


def find_runs(config: StudyConfig, arms: Iterable[Arm]) -> tuple[list[Run], list[Hole]]:
    """The study's finished runs, and those that are not there or were made by another study file."""
    runs: list[Run] = []
    holes: list[Hole] = []
    failed = failures(config)
    for arm in arms:
        for target in config.targets:
            for seed in arm.seeds(config):
                name = arm.run(target)
                found = find_run(run_folder(config.out, name, seed), arm.name, target, seed)
                if isinstance(found, Run) and (other := _otherwise(config, found)):
                    found = f"run with another {other} than the study file has"
                if isinstance(found, Run):
                    runs.append(found)
                else:
                    reason = failed.get(f"{name}/seed-{seed}")
                    holes.append(Hole(arm.name, target, seed, f"failed: {reason}" if reason else found))
    return runs, holes


def _otherwise(config: StudyConfig, run: Run) -> str:
    """Where a run differs from the study file; "" for nowhere."""
    made, target = run.record["config"], config.targets[run.target]
    if Path(made["model"]).name != Path(config.model).name:
        return "model"
    scored = [{key: _plain(getattr(task, key)) for key in _SCORED} for task in target.evaluate]
    if [{key: task[key] for key in _SCORED} for task in made["evaluate"]["tasks"]] != scored:
        return "evaluate"
    for name, phase in (("intermediate", config.intermediate), ("target", target.phase)):
        if (section := made.get(name)) is not None and (key := _differs(section, phase)):
            return f"{name}.{key}"
    return ""


def _differs(made: Mapping[str, Any], wanted: PhaseConfig) -> str:
    return next((key for key in _SETTINGS if made[key] != _plain(getattr(wanted, key))), "")


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


@dataclass(frozen=True, slots=True)
class Phases:
    """The records of the phases that a study's runs are made of, by run and name of the phase."""

    records: Mapping[tuple[str, str, int], Mapping[str, Mapping[str, Any]]]

    def of(self, run: Run) -> Mapping[str, Mapping[str, Any]]:
        """A run's phases by name, those whose records are there."""
        return self.records[run.arm, run.target, run.seed]


def phases_of(config: StudyConfig, runs: Iterable[Run]) -> Phases:
    """Read what was kept of the phases: the study's own copies, or the phases' folders."""
    read: dict[str, Mapping[str, Any]] = {}
    for run in runs:
        for key in run.record["phases"].values():
            kept = (config.folder / "phases" / f"{key}.json", Path(config.out) / "phases" / key / "run.json")
            if key not in read and (path := next((p for p in kept if p.is_file()), None)):
                read[key] = read_json(path)
    return Phases(
        {
            (run.arm, run.target, run.seed): {
                name: read[key] for name, key in run.record["phases"].items() if key in read
            }
            for run in runs
        }
    )


# -- tables ---------------------------------------------------------------------------------------------


def design(config: StudyConfig) -> dict[str, Any]:
    """What was planned."""
    return {
        "model": Path(config.model).name,
        "about_model": config.about_model,
        "intermediate": {"task": config.source.task, "examples": config.source.limit or None},
        "targets": {
            name: {
                "task": target.phase.tasks[0].task,
                "examples": target.phase.tasks[0].limit or None,
                "languages": list(
                    dict.fromkeys(cell.language for cell in cells_of(config) if cell.target == name)
                ),
            }
            for name, target in config.targets.items()
        },
        "languages": [two_letters(code) for code in config.augment.languages],
        "tuned_on": [two_letters(code) for code in config.tuned_on],
        "seeds": {
            "confirmatory": config.seeds,
            "exploratory": config.exploratory_seeds,
            "first": config.first_seed,
        },
        "smallest_effect": config.smallest_effect,
    }


def arm_rows(
    config: StudyConfig, arms: Iterable[Arm], runs: Sequence[Run], phases: Phases
) -> list[dict[str, Any]]:
    """Each arm with what it was trained on."""
    rows = []
    for arm in arms:
        own = [run for run in runs if run.arm == arm.name]
        first = {name: record for run in reversed(own) for name, record in phases.of(run).items()}
        entered = "target" if not arm.intermediate else "intermediate"
        counts: Mapping[str, Any] = next(iter(first.get(entered, {}).get("data", {}).values()), {})
        steps = {run.target: found["target"]["steps"] for run in own if "target" in (found := phases.of(run))}
        rows.append(
            {
                "arm": arm.name,
                "confirmatory": arm.confirmatory,
                "where": arm.where,
                "recipe": arm.recipe or None,
                "language": arm.language or None,
                "original": counts.get("original"),
                "augmented": counts.get("augmented", 0) + counts.get("twins", 0) if counts else None,
                "intermediate_steps": first.get("intermediate", {}).get(
                    "steps", None if arm.intermediate else 0
                ),
                "target_steps": steps,
                "seeds_done": {t: len({r.seed for r in own if r.target == t}) for t in config.targets},
                "seeds_planned": len(arm.seeds(config)),
            }
        )
    return rows


def costs(
    arms: Iterable[Arm], runs: Sequence[Run], phases: Phases, outcomes: Outcomes, cells: Sequence[Cell]
) -> list[dict[str, Any]]:
    """Minutes of training (all phases of a run, mean over seeds) for each point gained over `intermediate`.

    Points are on the seeds that both arms have; null where there is none.
    """
    rows = []
    for arm in arms:
        for cell in cells:
            own = [run for run in runs if (run.arm, run.target) == (arm.name, cell.target)]
            whole = [found for run in own if len(found := phases.of(run)) == len(run.record["phases"])]
            if not whole:
                continue
            minutes = float(np.mean([sum(p["seconds"] for p in found.values()) for found in whole])) / 60
            points = _gain(outcomes, arm.name, cell)
            rows.append(
                {
                    "arm": arm.name,
                    "target": cell.target,
                    "language": cell.language,
                    "minutes": round(minutes, 2),
                    "points": points,
                    "minutes_per_point": minutes / points if points and points > 0 else None,
                    "over": "intermediate",
                }
            )
    return rows


def _gain(outcomes: Outcomes, arm: str, cell: Cell) -> float | None:
    seeds = common_seeds(outcomes, (arm, "intermediate"), cell)
    if not seeds or arm == "intermediate":
        return None
    base = outcomes["intermediate", cell]
    return float(np.mean([outcomes[arm, cell][seed].score - base[seed].score for seed in seeds]))


def curves(runs: Iterable[Run], phases: Phases) -> list[dict[str, Any]]:
    """Training losses, each point the mean of its stretch of steps; a phase that runs share comes once."""
    rows: dict[str, dict[str, Any]] = {}
    for run in runs:
        for name, record in phases.of(run).items():
            losses = record.get("losses") or []
            if losses and run.record["phases"][name] not in rows:
                steps, loss = thinned(losses, CURVE_POINTS)
                row = {"arm": run.arm, "target": run.target, "seed": run.seed, "phase": name}
                rows[run.record["phases"][name]] = {**row, "steps": steps, "loss": loss}
    return list(rows.values())


def thinned(losses: Sequence[float], points: int) -> tuple[list[int], list[float]]:
    """At most so many points: (last step of each stretch, its mean loss).

    >>> thinned([4.0, 2.0, 3.0, 1.0], 2)
    ([2, 4], [3.0, 2.0])
    """
    parts = np.array_split(np.asarray(losses, np.float64), min(points, len(losses)))
    return np.cumsum([len(part) for part in parts]).tolist(), [round(float(part.mean()), 4) for part in parts]


def seen(config: StudyConfig, cells: Iterable[Cell]) -> list[dict[str, Any]]:
    """What is known of the languages in the encoder's pre-training."""
    tokens = {two_letters(code): count for code, count in config.pretraining_tokens.items()}
    said = {code: f"{count:,.0f} tokens of pre-training" for code, count in tokens.items()}
    codes = dict.fromkeys(cell.language for cell in cells)
    return [{"language": code, "what": said.get(code, "not stated in the study file")} for code in codes]


def machine(phases: Phases) -> str:
    """What it was trained on."""
    devices = {
        str(record.get("device", "unknown device"))
        for found in phases.records.values()
        for record in found.values()
    }
    return f"{platform.machine()}; trained on {', '.join(sorted(devices)) or 'nothing yet'}"


def versions_of(runs: Sequence[Run]) -> dict[str, str]:
    """Versions of the libraries; where runs differ, all of them."""
    found: dict[str, set[str]] = {}
    for said in [run.record["versions"] for run in runs] or [versions()]:
        for name, version in said.items():
            found.setdefault(name, set()).add(version)
    return {name: ", ".join(sorted(several)) for name, several in found.items()}
