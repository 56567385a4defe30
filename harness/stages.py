"""A run as a chain of phases, each with its data and its key: what training, planning and reuse all go by."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from harness.config import PhaseConfig, RunConfig, resolved
from harness.data import TaskData, load_task
from harness.encoder import Shape
from harness.measure import files_tested, folder_of_model, split_of
from harness.phases import Phase, code_version, digest, file_sha256, read_json, versions
from harness.switching import code_switched
from morphaug.errors import MorphaugError

# Settings that change where a result lies, how fast or how observed it is made, not what it is.
_ASIDE = ("checkpoint_every", "recipe", "seed")
_TASK_ASIDE = ("data", "augmented", "twins", "dev", "dev_share", "dev_limit", "limit", "ratio", "original", "reverse", "languages", "split")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stage:
    """One phase of a run, ready to be trained or found.

    Attributes:
        name: "mlm", "intermediate" or "target".
        config: Its settings.
        data: Its tasks' examples.
        seed: Of everything drawn in it.
        phase: Its place in the cache.
        parent: The stage before; None for the first, which begins with the run's model.
        teacher: The folder of the frozen model that the phase keeps to; None without one.
    """

    name: str
    config: PhaseConfig
    data: tuple[TaskData, ...]
    seed: int
    phase: Phase
    parent: Stage | None
    teacher: Path | None = None


def model_content(model: str) -> dict[str, Any]:
    """What identifies the model that a run begins with: a folder's files by hash, or a name on the Hub."""
    path = Path(model)
    if not path.exists():
        return {"hub": model}
    if not (path / "config.json").is_file():
        raise MorphaugError(
            f"model: {path} holds no config.json", "name the folder of a checkpoint, or a Hub name"
        )
    Shape.of(read_json(path / "config.json"), str(path))  # is it an XLM-R at all?
    names = (
        "config.json",
        "model.safetensors",
        "pytorch_model.bin",
        "tokenizer.json",
        "sentencepiece.bpe.model",
    )
    found = [(name, (path / name).stat()) for name in names if (path / name).is_file()]
    return {name: _sha256(path / name, stat.st_size, stat.st_mtime_ns) for name, stat in found}


@lru_cache(maxsize=32)
def _sha256(path: Path, _bytes: int, _changed: int) -> str:
    """A file's hash: once in a process, and again when the file has changed."""
    return file_sha256(path)


def stages(
    config: RunConfig,
    say: Callable[[str], None] = print,
    *,
    load: Callable[..., TaskData] = load_task,
) -> list[Stage]:
    """The run's phases in order, with their data read and their keys known.

    Args:
        config: The run.
        say: Takes a line about each task's data.
        load: Reads a task's data; a caller with many runs keeps what it has read.

    Raises:
        MorphaugError: Data are missing; the message names phase and task.
    """
    base = {
        "model": model_content(config.model),
        "code": code_version(),
        "versions": versions(decisive=True),
    }
    found: list[Stage] = []
    measured = _dev_is_test(config)
    tested = files_tested(config.evaluate.tasks if config.evaluate else ())
    for name, settings in config.phases().items():
        data = []
        seed = config.seed if settings.seed is None else settings.seed
        for at, task in enumerate(settings.tasks):
            place = f"{name}.tasks[{at}]"
            read = load(task, dev_is_test=task.task in measured, tested=tested, place=place)
            read = _with_twins(read, settings, seed, place)
            say(f"{name}: {describe(read)}")
            data.append(read)
        parent = found[-1] if found else None
        teacher, taught_by = _teacher(settings, {stage.name: stage for stage in found}, name)
        made_of = {
            **base,
            "phase": name,
            "settings": {k: v for k, v in _settings(settings).items() if k not in _ASIDE},
            "data": [[d.task.name, d.digest(), d.dev_from] for d in data],
            "seed": seed,
            "parent": parent.phase.key if parent else None,
            "teacher": taught_by,
        }
        phase = Phase(Path(config.out) / "phases", json.loads(json.dumps(made_of)))
        found.append(Stage(name, settings, tuple(data), seed, phase, parent, teacher))
    return found


def _with_twins(data: TaskData, settings: PhaseConfig, seed: int, place: str) -> TaskData:
    """The data with the twins that are made here; those of corpora have been read."""
    example = settings.consistency.example if settings.consistency else None
    if example is None or example.twin != "code-switch":
        return data
    try:
        return code_switched(data, example, seed)
    except MorphaugError as error:
        raise MorphaugError(f"{place}: {error.message}", error.hint) from None


def _teacher(settings: PhaseConfig, before: Mapping[str, Stage], name: str) -> tuple[Path | None, Any]:
    """The folder of a phase's teacher, and what identifies it."""
    wanted = settings.consistency.model if settings.consistency else None
    if wanted is None:
        return None, None
    if wanted.teacher in before:
        phase = before[wanted.teacher].phase
        return phase.folder / "model", phase.key
    try:
        folder, _ = folder_of_model(Path(wanted.teacher))
        if not (folder / "heads.json").is_file():
            raise MorphaugError(f"{folder} has no trained heads", "name a run, or a phase in OUT/phases")
    except MorphaugError as error:
        raise MorphaugError(f"{name}.consistency.model.teacher: {error.message}", error.hint) from None
    return folder, {**model_content(str(folder)), "heads.json": file_sha256(folder / "heads.json")}


def _settings(settings: PhaseConfig) -> dict[str, Any]:
    """The settings that count; of a task only its weight, because its data are hashed as read, like a teacher."""
    values: dict[str, Any] = resolved(settings)
    if settings.consistency and settings.consistency.model:
        del values["consistency"]["model"]["teacher"]
    values["tasks"] = [{k: v for k, v in task.items() if k not in _TASK_ASIDE} for task in values["tasks"]]
    return values


def _dev_is_test(config: RunConfig) -> set[str]:
    """Tasks whose development files the run is evaluated on."""
    tasks = config.evaluate.tasks if config.evaluate else ()
    return {task.task for task in tasks if split_of(task) == "dev"}


def describe(data: TaskData) -> str:
    """ "panx: 900 examples, 100 for development (carved), 850 augmented"."""
    counts = data.counts
    parts = [f"{counts['original']:,} examples"]
    if counts.get("augmented_read"):
        parts.append(f"{counts['augmented']:,} augmented")
    if "twins" in counts:
        parts.append(f"{counts['twins']:,} twins")
    parts.append(
        f"{counts['dev']:,} for development ({data.dev_from})" if data.dev else "no development data"
    )
    left = {
        "augmented_of_development": "augmented ones of development examples left out",
        "augmented_unmatched": "augmented ones of unknown source",
    }
    parts += [f"{counts[key]:,} {text}" for key, text in left.items() if counts.get(key)]
    return f"{data.task.name}: {', '.join(parts)}"


def data_key(data: TaskData, settings: Any) -> str:
    """The key of a task's tokenised training data."""
    return digest([data.digest(), settings, code_version(), versions(decisive=True)])
