"""What a run would do: its phases, which of them are there, and how long the rest may take. Writes nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.config import RunConfig
from harness.data import TaskData, limited
from harness.encode import Settings, Tokenizer, encode, load_tokenizer
from harness.measure import languages_of, split_of
from harness.phases import RUN, read_json
from harness.runs import check_heads, labels_of
from harness.stages import Stage, stages

SAMPLE = 200  # examples of a task that are tokenised to tell how long they are
# A stated assumption for machines that have trained nothing yet: useful floating-point operations a second.
ASSUMED = {"cpu": 50e9, "cuda": 200e12}


def plan(config: RunConfig) -> dict[str, Any]:
    """Say what a run would do.

    Args:
        config: The run.

    Returns:
        {"name", "phases": {name: {"key", "folder", "state", "units", "steps", "tokens", "seconds", "consistency"}},
        "evaluate": [{"task", "split", "languages"}], "seconds", "basis"}: tokens and seconds of what is left
        to train, estimated; "basis" says from what.

    Raises:
        MorphaugError: As training would, where data are missing or a task has no head.
    """
    chain = stages(config, _silence)
    check_heads(config, chain)
    tokenizer = load_tokenizer(config.model)
    speed, basis = speed_of(config.model, config.out, config.device)
    phases: dict[str, Any] = {}
    for stage in chain:
        state = "finished" if stage.phase.finished() else "begun" if stage.phase.part.is_dir() else "to train"
        steps, tokens, units = _size(stage, tokenizer)
        seconds = 0.0 if state == "finished" else tokens / speed
        phases[stage.name] = {
            "key": stage.phase.key,
            "folder": str(stage.phase.folder),
            "state": state,
            "units": units,
            "steps": steps,
            "tokens": tokens,
            "seconds": round(seconds, 1),
            "consistency": _asked(stage),
        }
    measured = [
        {"task": task.task, "split": split_of(task), "languages": list(languages_of(task))}
        for task in (config.evaluate.tasks if config.evaluate else ())
    ]
    total = round(sum(phase["seconds"] for phase in phases.values()), 1)
    return {"name": config.name, "phases": phases, "evaluate": measured, "seconds": total, "basis": basis}


def _silence(line: str) -> None:
    """A plan says nothing while it reads."""


def _asked(stage: Stage) -> str:
    """ "subwords × 5, intermediate × 1": what a phase should agree with, and how much that weighs; "" for nothing."""
    asked = stage.config.consistency
    example, model = (asked.example, asked.model) if asked else (None, None)
    parts = [f"{example.twin} × {example.weight:g}"] if example else []
    return ", ".join([*parts, f"{model.teacher} × {model.weight:g}"] if model else parts)


def _size(stage: Stage, tokenizer: Tokenizer) -> tuple[int, int, dict[str, int]]:
    """(steps, tokens, units by task) of a phase, from a sample of each task's examples."""
    settings = stage.config
    lengths = Settings(settings.max_len, settings.doc_stride, settings.max_query)
    units, tokens = {}, {}
    for data in stage.data:
        units[data.task.name], tokens[data.task.name] = estimate(data, lengths, tokenizer)
    epoch = sum(-(-count // settings.batch_size) for count in units.values())
    steps = settings.steps or math.ceil((settings.epochs or 1) * epoch)
    asked = settings.consistency.example if settings.consistency else None
    sides = 2 if asked and asked.weight else 1  # a twin is about as long as its example
    return steps, round(sides * steps / max(1, epoch) * sum(tokens.values())), units


def estimate(data: TaskData, lengths: Settings, tokenizer: Tokenizer) -> tuple[int, int]:
    """(units, tokens) of a task's training data."""
    sample = limited(data.train, SAMPLE)
    store = encode(sample, tokenizer, data.task.family, lengths, labels_of(data), train=True).store
    share = len(data.train) / len(sample)
    return max(1, round(store.units * share)), round(store.tokens * share)


def speed_of(model: str, out: str, wanted: str, beside: Sequence[Path] = ()) -> tuple[float, str]:
    """Tokens a second, and what that is based on.

    Args:
        model: That phases begin with.
        out: Folder of results, whose finished phases tell.
        wanted: ``device`` of the configuration.
        beside: Folders of other phases' records.
    """
    import torch

    cuda = wanted == "cuda" or (wanted == "auto" and torch.cuda.is_available())
    device = "cuda" if cuda else "cpu"
    paths = [
        *(Path(out) / "phases").glob(f"*/{RUN}"),
        *(p for folder in beside for p in folder.glob("*.json")),
    ]
    found = _measured(paths, model, device)
    if found:
        speed = sorted(found)[len(found) // 2]
        return speed, f"{speed:,.0f} tokens/s, as measured in {len(found)} finished phases with this model"
    parameters = _matrix_parameters(model)
    speed = ASSUMED[device] / (6 * parameters)
    rate = f"{ASSUMED[device] / 1e9:,.0f} GFLOP/s"
    return speed, (
        f"no phase with this model has been trained here; assumed: {rate} useful and 6 operations for each of "
        f"{parameters / 1e6:,.1f} M matrix weights, {speed:,.0f} tokens/s"
    )


def _measured(paths: Sequence[Path], model: str, device: str) -> list[float]:
    """Tokens a second of the finished phases that began with this model on this kind of device."""
    records: Sequence[Mapping[str, Any]] = [read_json(path) for path in sorted(paths)]
    return [
        float(record["tokens_per_second"])
        for record in records
        if record["model"] == model
        and record["tokens_per_second"]
        and record["device"].startswith("cpu") == (device == "cpu")
    ]


def _matrix_parameters(model: str) -> int:
    """Weights of the matrix products of a token: L (4 d² + 2 d f)."""
    from transformers import AutoConfig

    shape = AutoConfig.from_pretrained(model)
    width, inner = int(shape.hidden_size), int(shape.intermediate_size)
    return int(shape.num_hidden_layers) * (4 * width * width + 2 * width * inner)
