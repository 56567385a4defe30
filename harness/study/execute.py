"""Running a study: one process for an arm and a seed, as many at a time as are wanted, until all is there.

OUT/study/NAME/registered.json   the primary contrast and what it is decided on, written at the first run
OUT/study/NAME/failures.json     runs that failed, with reasons; a later call tries them again
OUT/study/NAME/phases/KEY.json   a phase's settings, losses and time, when its weights are gone
OUT/study/NAME/log.jsonl         a line for each run that ended
OUT/study/NAME/logs/             what the processes said

A run is finished if its results are those of the configuration, the data and the code as they are now; for that
its phases need not be there. Whatever kills a study, the same command goes on.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from harness.config import PhaseConfig, RunConfig, TaskConfig, parse, resolved, run_folder
from harness.data import TaskData, load_task
from harness.phases import RUN, digest, read_json, write_json
from harness.stages import stages
from harness.study.config import StudyConfig
from harness.study.matrix import Group, Part, Run, check_data, expand, groups
from morphaug.errors import MorphaugError

Say = Callable[[str], None]


# -- what is decided beforehand -----------------------------------------------------------------------


def registration(config: StudyConfig, *, write: bool = False) -> dict[str, Any]:
    """What was decided before the runs, and whether it is still what the configuration says.

    Args:
        config: The study.
        write: Note it, if this is the first run.

    Returns:
        {"primary", "sha256", "time", "changed"}; time is None where nothing has been registered.
    """
    path = config.folder / "registered.json"
    decided = {
        "primary": resolved(config.primary),
        "confirmatory": sorted(config.arms.confirmatory),
        # As it was noted before there was a first seed, where that is 0: such studies have not changed.
        "seeds": [config.first_seed, config.seeds] if config.first_seed else config.seeds,
        "smallest_effect": config.smallest_effect,
        "evaluate": {name: [resolved(task) for task in target.evaluate] for name, target in config.targets.items()},
    }  # fmt: skip
    decided["sha256"] = digest(decided)
    if not path.is_file():
        if not write:
            return {
                "primary": decided["primary"],
                "sha256": decided["sha256"],
                "time": None,
                "changed": False,
            }
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, {**decided, "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())})
    found = read_json(path)
    said = {key: found[key] for key in ("primary", "sha256", "time")}
    return {**said, "changed": found["sha256"] != decided["sha256"]}


# -- what is there ------------------------------------------------------------------------------------


def failures(config: StudyConfig) -> dict[str, str]:
    """Why runs failed, by "ARM.TARGET/seed-SEED"."""
    path = config.folder / "failures.json"
    return dict(read_json(path)) if path.is_file() else {}


@lru_cache(maxsize=6)
def _kept(task: TaskConfig, dev_is_test: bool, tested: tuple[str, ...], place: str) -> TaskData:
    return load_task(task, dev_is_test=dev_is_test, tested=tested, place=place)


def load(task: TaskConfig, *, dev_is_test: bool, tested: Mapping[str, str], place: str) -> TaskData:
    """A task's data, kept for the next run that has the same."""
    return _kept(task, dev_is_test, tuple(tested), place)


def finished(config: RunConfig) -> bool:
    """Whether a run's results are there, and of exactly this configuration, data and code."""
    from harness.evaluate import evaluation_key

    folder = run_folder(config.out, config.name, config.seed)
    if not (folder / "results.json").is_file() or not (folder / "run.json").is_file():
        return False
    chain = stages(config, _silence, load=load)
    return bool(read_json(folder / "run.json").get("evaluation") == evaluation_key(config, chain[-1]))


def _silence(line: str) -> None:
    """What is said of data that are only looked at."""


# -- one process --------------------------------------------------------------------------------------


def work(job: Mapping[str, Any], report: Callable[[Mapping[str, Any]], None]) -> None:
    """Do the runs of a group, one after the other; what fails is told, and the next one begins.

    Args:
        job: {"folder": of the study, "keep": models, "tracker", "project", "runs": configurations as JSON}.
        report: Takes {"run", "seed", "state", "reason", "seconds", "phases"} for each.
    """
    from harness.runs import run_training

    for raw in job["runs"]:
        config = parse(raw)
        began = time.time()
        said: dict[str, Any] = {"run": config.name, "seed": config.seed, "state": "done", "reason": "", "phases": {}}  # fmt: skip
        try:
            if finished(config):
                said["state"] = "found"
            else:
                run_training(config)
            folder = run_folder(config.out, config.name, config.seed)
            said["phases"] = read_json(folder / "run.json")["phases"]
            records = settle(Path(config.out), Path(job["folder"]), said["phases"], keep=job["keep"])
            for name, record in records.items() if job["tracker"] else ():
                _track(job, config, name, record)
        except MorphaugError as error:
            said |= {"state": "failed", "reason": str(error)}
        except Exception as error:  # a fault of our own costs one run, not the study
            frame = error.__traceback__
            while frame is not None and frame.tb_next is not None:
                frame = frame.tb_next
            where = f"{Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}" if frame else ""
            said |= {"state": "failed", "reason": f"{type(error).__name__}: {error} ({where})"}
        report({**said, "seconds": round(time.time() - began, 1)})


def settle(out: Path, folder: Path, keys: Mapping[str, str], *, keep: bool) -> dict[str, dict[str, Any]]:
    """Keep with the study what a finished run's phases say of their training, and delete the target's weights.

    Args:
        out: Of the runs.
        folder: Of the study.
        keys: Of the run's phases.
        keep: Delete nothing.

    Returns:
        The records of the phases that were still there.
    """
    kept = {}
    for name, key in keys.items():
        path = out / "phases" / key
        if (path / RUN).is_file():
            record: dict[str, Any] = read_json(path / RUN)
            kept[name] = {
                field: value for field, value in record.items() if field not in ("made_of", "files")
            }
            (folder / "phases").mkdir(parents=True, exist_ok=True)
            write_json(folder / "phases" / f"{key}.json", kept[name])
        if name == "target" and not keep:
            shutil.rmtree(path, ignore_errors=True)
    return kept


def _track(job: Mapping[str, Any], config: RunConfig, phase: str, record: Mapping[str, Any]) -> None:
    """Send a phase's losses to the tracker."""
    from harness.study.trackers import open_tracker

    folder = Path(job["folder"]) / "trackers"
    name = f"{config.name}-{config.seed}-{phase}"
    tracker = open_tracker(
        job["tracker"], project=job["project"], run=name, folder=folder, settings=record["settings"]
    )
    for step, loss in enumerate(record["losses"], 1):
        tracker.log({"loss": loss}, step)
    tracker.close()


def main() -> None:
    """A process of a study's: its job is the first line of stdin; it ends when stdin does, with its parent."""
    lines = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print goes to the log
    job = json.loads(sys.stdin.readline())

    def watch() -> None:
        sys.stdin.read()
        os._exit(130)

    threading.Thread(target=watch, daemon=True).start()

    def report(said: Mapping[str, Any]) -> None:
        lines.write(json.dumps(said) + "\n")
        lines.flush()

    work(job, report)
    lines.flush()
    os._exit(0)  # the watching thread holds stdin


# -- all of them --------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Job:
    """A process at work.

    Attributes:
        process: It.
        group: What it does.
        first: The intermediate phase that it trains, or finds.
        runs: Those it has not told of.
    """

    process: subprocess.Popen[str]
    group: Group
    first: PhaseConfig | None
    runs: list[Run]


@dataclass(slots=True)
class _State:
    """What a call of ``execute`` knows.

    Attributes:
        running: Processes by number.
        told: What they say: (number, a report, or None at the end).
        failed: Reasons by run.
        done: Runs that are finished, found ones included.
    """

    running: dict[int, _Job] = field(default_factory=dict)
    told: queue.Queue[tuple[int, dict[str, Any] | None]] = field(default_factory=queue.Queue)
    failed: dict[str, str] = field(default_factory=dict)
    done: int = 0


def execute(
    config: StudyConfig, *, jobs: int = 1, only: Part = "", stop_after: float = 0, say: Say | None = None
) -> dict[str, Any]:
    """Do what is missing of a study.

    Args:
        config: The study.
        jobs: Processes at a time.
        only: "confirmatory" or "exploratory" arms; "" for all, confirmatory ones first.
        stop_after: Minutes after which all stops, to be gone on with; 0 for never.
        say: Takes lines about what is going on; stderr by default.

    Returns:
        {"done", "planned", "failed": reasons by run, "stopped": whether it was for the time}.

    Raises:
        MorphaugError: Data or resources are missing, before a run could begin.
        KeyboardInterrupt: Passed on, after the processes have been stopped.
    """
    check_data(config)
    wanted = groups(config, only)
    total = len(wanted) * len(config.targets)
    registered = registration(config, write=True)
    tell = say or _stderr
    if registered["changed"]:
        tell(
            "the primary contrast, its arms, seeds or evaluation sets are not those registered at the first run"
        )
    deadline = time.monotonic() + 60 * stop_after if stop_after else float("inf")
    names = {
        f"{group.arm.run(target)}/seed-{group.seed}" for group in groups(config) for target in config.targets
    }
    state = _State(failed={name: why for name, why in failures(config).items() if name in names})
    with _bar(total) as (show, line):
        talk = say or line
        todo = _todo(config, wanted, state, talk)
        waiting: list[tuple[Group, list[Run]]] = []
        try:
            while time.monotonic() < deadline:
                while len(state.running) < jobs and (following := _following(todo, waiting, state)):
                    _start(config, *following, state)
                show(state.done, len(state.failed))
                if not state.running:
                    break
                with suppress(queue.Empty):
                    number, said = state.told.get(timeout=min(5.0, max(0.0, deadline - time.monotonic())))
                    _heard(config, number, said, state, talk)
        finally:
            for job in state.running.values():
                job.process.kill()
                job.process.wait()
    stopped = bool(state.running)
    return {"done": state.done, "planned": total, "failed": state.failed, "stopped": stopped}


def _todo(config: StudyConfig, wanted: Sequence[Group], state: _State, say: Say) -> Iterator[tuple[Group, list[Run]]]:  # fmt: skip
    """Groups with the runs that are missing, one by one: corpora of a seed are made when it is its turn."""
    for group in wanted:
        found = expand(config, group, say)
        missing = [run for run in found if not finished(run.config)]
        keys: dict[str, str] = {}
        for run in found:
            if run not in missing:
                _note(config, state, f"{run.config.name}/seed-{run.seed}", "")
                # Whatever ended the study before this was done:
                keys = read_json(run_folder(config.out, run.config.name, run.seed) / "run.json")["phases"]
                settle(Path(config.out), config.folder, keys, keep=config.keep_models)
        state.done += len(found) - len(missing)
        if missing:
            yield group, missing
        elif "intermediate" in keys:
            _drop(config, group, keys["intermediate"])


def _following(
    todo: Iterator[tuple[Group, list[Run]]], waiting: list[tuple[Group, list[Run]]], state: _State
) -> tuple[Group, list[Run]] | None:
    """The next group whose intermediate phase is not just being trained by another process."""
    busy = [(job.group.seed, job.first) for job in state.running.values()]

    def free(entry: tuple[Group, list[Run]]) -> bool:
        first = entry[1][0].config.intermediate
        return first is None or (entry[0].seed, first) not in busy

    for entry in waiting:
        if free(entry):
            waiting.remove(entry)
            return entry
    for entry in todo:
        if free(entry):
            return entry
        waiting.append(entry)
    return None


def _start(config: StudyConfig, group: Group, runs: list[Run], state: _State) -> None:
    path = _log(config, group)
    path.parent.mkdir(parents=True, exist_ok=True)
    job = {
        "folder": str(config.folder),
        "keep": config.keep_models,
        "tracker": config.tracker,
        "project": config.name,
        "runs": [resolved(run.config) for run in runs],
    }
    environment = dict(os.environ)
    if config.threads:
        environment["OMP_NUM_THREADS"] = str(config.threads)
    with path.open("a", encoding="utf-8") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", "from harness.study.execute import main; main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=environment,
            start_new_session=True,  # an interrupt is for this process, which ends the others
        )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(job) + "\n")
    process.stdin.flush()
    number, stdout = process.pid, process.stdout

    def listen() -> None:
        for text in stdout:
            state.told.put((number, json.loads(text)))
        state.told.put((number, None))

    threading.Thread(target=listen, daemon=True).start()
    state.running[number] = _Job(process, group, runs[0].config.intermediate, runs)


def _log(config: StudyConfig, group: Group) -> Path:
    """What a group's process says."""
    return config.folder / "logs" / f"{group.arm.run('all')}.seed-{group.seed}.log"


def _last_line(path: Path) -> str:
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")


def _heard(config: StudyConfig, number: int, said: dict[str, Any] | None, state: _State, say: Say) -> None:
    """Take in what a process says of a run, or that it has ended."""
    job = state.running[number]
    process, group, runs = job.process, job.group, job.runs
    if said is not None:
        name = f"{said['run']}/seed-{said['seed']}"
        runs[:] = [run for run in runs if run.config.name != said["run"]]
        _note(config, state, name, said["reason"])
        state.done += said["state"] != "failed"
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        with (config.folder / "log.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps({**said, "time": stamp}) + "\n")
        what = (
            f"failed: {said['reason']}"
            if said["reason"]
            else f"{said['state']}, {said['seconds'] / 60:.1f} min"
        )
        say(f"{name}: {what}")
        if not runs and (key := said["phases"].get("intermediate")):
            _drop(config, group, key)
        return
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
    del state.running[number]
    for run in runs:  # it died before it could tell
        name = f"{run.config.name}/seed-{run.seed}"
        reason = f"the process ended with {process.returncode}: {_last_line(_log(config, group))}"
        _note(config, state, name, reason)
        say(f"{name}: failed: {reason}")


def _drop(config: StudyConfig, group: Group, key: str) -> None:
    """Delete the weights of an intermediate phase that no run needs any more."""
    folder = Path(config.out) / "phases" / key
    if folder.is_dir() and not config.keep_models and not _shared(config, group):
        shutil.rmtree(folder, ignore_errors=True)


def _shared(config: StudyConfig, group: Group) -> bool:
    """Whether another arm that has not been run begins with the same intermediate phase: NAME and NAME@both."""

    def same(other: Group) -> bool:
        arm = other.arm
        alike = (arm.recipe, arm.language, arm.intermediate) == (group.arm.recipe, group.arm.language, True)
        return (
            arm != group.arm and other.seed == group.seed and alike and arm.where in ("intermediate", "both")
        )

    return any(
        not (run_folder(config.out, other.arm.run(target), other.seed) / "results.json").is_file()
        for other in groups(config)
        if same(other)
        for target in config.targets
    )


def _note(config: StudyConfig, state: _State, name: str, reason: str) -> None:
    """Keep why a run failed, or that it no longer does."""
    before = state.failed.get(name, "")
    if before == reason:
        return
    if reason:
        state.failed[name] = reason
    else:
        del state.failed[name]
    config.folder.mkdir(parents=True, exist_ok=True)
    write_json(config.folder / "failures.json", state.failed)


def _stderr(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@contextmanager
def _bar(total: int) -> Iterator[tuple[Callable[[int, int], None], Say]]:
    """A progress bar of runs on a terminal, lines elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    if not sys.stderr.isatty():
        yield (lambda _done, _failed: None), _stderr
        return
    columns = (TextColumn("runs"), MofNCompleteColumn(), BarColumn(), TimeRemainingColumn(), TextColumn("{task.description}"))  # fmt: skip
    console = Console(stderr=True)
    with Progress(*columns, console=console, speed_estimate_period=7200) as progress:
        row = progress.add_task("", total=total)

        def show(done: int, failed: int) -> None:
            progress.update(row, completed=done, description=f"{failed} failed" if failed else "")

        yield show, lambda text: console.print(text, markup=False, highlight=False)
