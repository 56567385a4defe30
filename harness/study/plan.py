"""What a study would do: arms with their steps, phases that they share, runs that are there, how long the rest takes.

Nothing is written. Where corpora are not there yet, their examples are counted as if every original were carried.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from harness.config import PhaseConfig, run_folder
from harness.data import TaskData
from harness.encode import Settings, Tokenizer, load_tokenizer
from harness.phases import read_json
from harness.plan import estimate, speed_of
from harness.records import Record
from harness.study.arms import Arm, arms_of
from harness.study.config import StudyConfig
from harness.study.corpora import corpus_facts, originals, prepare, task_at
from harness.study.execute import failures, finished, registration
from harness.study.matrix import check_data, groups, places, runs, steps
from harness.tasks import TASKS


def plan_study(config: StudyConfig) -> dict[str, Any]:
    """Say what a study would do.

    Returns:
        {"name", "registered", "examples": by place, "arms": [{"arm", "confirmatory", "where", "intermediate_steps",
        "target_steps", "seeds", "done", "planned"}], "phases": {"planned", "shared", "left"}, "runs": {"done",
        "planned", "failed"}, "tokens" and "seconds" left (of one process), "basis"}.

    Raises:
        MorphaugError: As the study would, where data are missing.
    """
    check_data(config)
    tokenizer = load_tokenizer(config.model)
    lengths = {place: _tokens_each(config, place, tokenizer) for place in places(config)}
    speed, basis = speed_of(config.model, config.out, config.device, [config.folder / "phases"])
    counts = {place: _count(config, place) for place in places(config)}
    longer = _longer(config)
    done = {arm.name: 0 for arm in arms_of(config)}
    keys: dict[tuple[Any, ...], float] = {}
    needed: set[tuple[Any, ...]] = set()
    planned = 0
    for group in groups(config):
        arm = group.arm
        missing = _missing(config, arm, group.seed)
        done[arm.name] += len(config.targets) - len(missing)
        first: tuple[Any, ...] = ()
        if arm.intermediate:
            # With augmented data in it or not, by adding or comparing: NAME and NAME@both begin alike.
            enters = arm.enters("intermediate")
            way = arm.where == "consistency"
            first = (group.seed, arm.recipe if enters else "", arm.language if enters else "", way)
            total = steps(config.intermediate, counts["intermediate"], augmented=enters)
            each = lengths["intermediate"] * longer.get((arm.name, "intermediate"), 1.0)
            keys[first] = total * config.intermediate.batch_size * each
            planned += len(config.targets)  # each run has it, and all of them share it
            needed |= {first} if missing else set()
        for name, target in config.targets.items():
            enters = arm.enters(name)
            key = (group.seed, first, name, arm.recipe if enters else "", arm.language if enters else "")
            total = steps(target.phase, counts[name], augmented=enters)
            each = lengths[name] * longer.get((arm.name, name), 1.0)
            keys[key] = total * target.phase.batch_size * each
            planned += 1
            needed |= {key} if name in missing else set()
    tokens = round(sum(keys[key] for key in needed))
    total_runs = sum(len(arm.seeds(config)) for arm in arms_of(config)) * len(config.targets)
    scoring = _evaluation_seconds(config)
    left = total_runs - sum(done.values())
    return {
        "name": config.name,
        "registered": registration(config),
        "examples": counts,
        "arms": [_row(config, arm, counts, done[arm.name]) for arm in arms_of(config)],
        "phases": {"planned": planned, "shared": planned - len(keys), "left": len(needed)},
        "runs": {"done": sum(done.values()), "planned": total_runs, "failed": failures(config)},
        "tokens": tokens,
        "seconds": round(tokens / speed + left * (scoring or 0.0), 1),
        "basis": basis
        + (f"; {scoring:.0f} s a run beside training, as measured" if scoring else "; scoring not counted"),
    }


def _row(config: StudyConfig, arm: Arm, counts: Mapping[str, int], done: int) -> dict[str, Any]:
    first = steps(config.intermediate, counts["intermediate"], augmented=arm.enters("intermediate"))
    return {
        "arm": arm.name,
        "confirmatory": arm.confirmatory,
        "where": arm.where,
        "intermediate_steps": first if arm.intermediate else 0,
        "target_steps": {
            name: steps(target.phase, counts[name], augmented=arm.enters(name))
            for name, target in config.targets.items()
        },
        "seeds": len(arm.seeds(config)),
        "done": done,
        "planned": len(arm.seeds(config)) * len(config.targets),
    }


def _count(config: StudyConfig, place: str) -> int:
    """Originals of a phase: what the first seed's corpora have in common, or all if they are not there."""
    if place == "intermediate":
        ready = prepare(config, place, 0, (), _silence, make=False)
        if ready is not None:
            return ready.count
    return len(originals(task_at(config, place)))


def _silence(line: str) -> None:
    """A plan says nothing while it looks."""


def _missing(config: StudyConfig, arm: Arm, seed: int) -> list[str]:
    """Targets that an arm has no results for in a seed."""
    names = list(config.targets)
    folders = {name: run_folder(config.out, arm.run(name), seed) for name in names}
    if not any((folder / "results.json").is_file() for folder in folders.values()):
        return names
    ready = {}
    for place in places(config):
        if arm.enters(place) or (place == "intermediate" and arm.intermediate):
            found = prepare(config, place, seed, [arm], _silence, make=False)
            if found is None:
                return names
            ready[place] = found
    group = next(group for group in groups(config) if group.arm == arm and group.seed == seed)
    return [run.target for run in runs(config, group, ready) if not finished(run.config)]


def _tokens_each(config: StudyConfig, place: str, tokenizer: Tokenizer) -> float:
    """Tokens of an example of a phase, from a sample of the originals."""
    phase: PhaseConfig = config.intermediate if place == "intermediate" else config.targets[place].phase
    records: tuple[Record, ...] = originals(phase.tasks[0])
    data = TaskData(TASKS[phase.tasks[0].task], records, (), "none")
    _, tokens = estimate(data, Settings(phase.max_len, phase.doc_stride, phase.max_query), tokenizer)
    return tokens / len(records)


def _longer(config: StudyConfig) -> dict[tuple[str, str], float]:
    """How much longer examples are with augmented ones among them, by arm and phase, where that is known."""
    rows = [row for row in corpus_facts(config) if row["tokens_original"]]
    return {(row["arm"], row["place"]): (1 + row["tokens"] / row["tokens_original"]) / 2 for row in rows}


def _evaluation_seconds(config: StudyConfig) -> float:
    """What a run of this study took beside its phases, on average; 0 if none has ended."""
    path = config.folder / "log.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    found = []
    for line in lines:
        said = json.loads(line)
        if said["state"] != "done":
            continue
        paths = [config.folder / "phases" / f"{key}.json" for key in said["phases"].values()]
        trained = {p.stem: read_json(p)["wall_seconds"] for p in paths if p.is_file()}
        rest = said["seconds"] - trained.get(said["phases"]["target"], 0.0)
        found.append(rest)
    found.sort()
    return (
        float(found[len(found) // 4]) if found else 0.0
    )  # the lower quartile: runs that trained no first phase


def show_study_plan(found: Mapping[str, Any]) -> None:
    """Print a plan."""
    from harness.report import duration
    from morphaug.show import table

    names = list(found["arms"][0]["target_steps"])
    rows = [
        [
            row["arm"],
            "confirmatory" if row["confirmatory"] else "exploratory",
            row["where"],
            row["intermediate_steps"] or "-",
            *(row["target_steps"][name] for name in names),
            row["seeds"],
            f"{row['done']} of {row['planned']}",
        ]
        for row in found["arms"]
    ]
    table(("arm", "part", "augmented", "steps", *(f"{name} steps" for name in names), "seeds", "runs"), rows)
    print("originals: " + ", ".join(f"{place} {count:,}" for place, count in found["examples"].items()))
    phases = found["phases"]
    print(
        f"phases: {phases['planned']} in all runs, {phases['shared']} of them another run's too, "
        f"{phases['left']} to train"
    )
    runs_ = found["runs"]
    failed = f", {len(runs_['failed'])} failed" if runs_["failed"] else ""
    print(f"runs: {runs_['done']} of {runs_['planned']} done{failed}")
    print(f"left: {found['tokens']:,} tokens, {duration(found['seconds'])} of one process")
    for jobs in (2, 4, 8):
        print(f"  with {jobs} processes on as many cores: {duration(found['seconds'] / jobs)}")
    print(f"time: {found['basis']}")
    registered = found["registered"]
    if registered["changed"]:
        print(
            "the primary contrast, its arms, seeds or evaluation sets are not those registered at the first run"
        )
