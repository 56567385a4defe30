"""The evaluation at the end of a run: each test set read once, after everything has been chosen, and on record.

OUT/runs/NAME/seed-SEED/
    results.json                     scores by task and language, what chose them
    run.json                         the whole configuration, versions, hashes, every reading of a test set
    outcomes/TASK.LANGUAGE.npz       what each example contributed: "ids" and an array for each outcome
    predictions/TASK.LANGUAGE.jsonl  what was predicted for it
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch

from harness.checkpoint import load_heads
from harness.config import EvalTaskConfig, EvaluateConfig, RunConfig, resolved, run_folder
from harness.decode import decode
from harness.encode import Settings, Tokenizer, load_tokenizer
from harness.encoder import load_encoder
from harness.measure import (
    HeadKind,
    Measured,
    encoded_for,
    folder_of_model,
    head_for,
    languages_of,
    measure,
    read,
    shown,
    sources,
    split_of,
)
from harness.metrics import Score, macro
from harness.model import Model, carry_head
from harness.phases import code_version, digest, read_json, versions, write_json
from harness.predict import predict
from harness.search import retrieve
from harness.stages import Stage, model_content
from harness.tasks import get_task, two_letters
from morphaug.errors import MorphaugError

EVAL_TOKENS = {"cpu": 8192, "cuda": 65536}
Say = Callable[[str], None]


def write_results(
    config: RunConfig,
    chain: Sequence[Stage],
    phases: Mapping[str, Any],
    tokenizer: Tokenizer,
    device: torch.device,
    say: Say,
) -> dict[str, Any]:
    """Evaluate a trained run and put its folder in place; found results are not measured again.

    Args:
        config: The run.
        chain: Its finished phases.
        phases: What results.json says of each.
        tokenizer: The model's.
        device: To compute on.
        say: Takes lines about what is going on.

    Returns:
        What results.json holds.
    """
    folder = run_folder(config.out, config.name, config.seed)
    last = chain[-1] if chain else None
    model_folder = last.phase.folder / "model" if last else Path(config.model)
    key = evaluation_key(config, last)
    before = read_json(folder / "run.json") if (folder / "run.json").is_file() else {}
    if before.get("evaluation") == key and (folder / "results.json").is_file():
        results: dict[str, Any] = read_json(folder / "results.json")
        say(f"evaluation: found {folder}")
        return {**results, "phases": dict(phases)}
    settings = _lengths(resolved(last.config) if last else {})
    part = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    readings = list(before.get("test_readings", []))
    scores = {}
    if config.evaluate:
        if last:
            last.phase.verify()
        model = load_model(str(model_folder) if last else config.model, device)
        chosen = {name: phase.get("selection") for name, phase in phases.items()}
        for task in config.evaluate.tasks:
            say(f"evaluation: {task.task}, {', '.join(languages_of(task))}")
            found, reading = evaluate_task(
                model,
                task,
                tokenizer,
                settings,
                part,
                config.evaluate,
                tokens=_tokens(config.evaluate, device),
            )
            readings.append({**reading, "model": last.phase.key if last else config.model, "after": chosen})
            scores[task.task] = found
    results = {
        "name": config.name,
        "seed": config.seed,
        "folder": str(folder),
        "phases": dict(phases),
        "scores": scores,
    }
    run = {
        "config": resolved(config),
        "evaluation": key,
        "model_folder": os.path.relpath(last.phase.folder, folder)
        if last
        else str(Path(config.model).resolve()),
        "phases": {stage.name: stage.phase.key for stage in chain},
        "test_readings": readings,
        "code": code_version(),
        "versions": versions(),
        "command": sys.argv,
    }
    write_json(part / "results.json", results)
    write_json(part / "run.json", run)
    _put_in_place(part, folder)
    return results


def _put_in_place(part: Path, folder: Path) -> None:
    old = folder.with_name(f".{folder.name}.{os.getpid()}.old")
    if folder.exists():
        folder.rename(old)
    part.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def evaluation_key(config: RunConfig, last: Stage | None) -> str:
    """A hash of everything the results depend on: the model, what is asked, the test files."""
    tasks = []
    for task in config.evaluate.tasks if config.evaluate else ():
        split = split_of(task)
        local = task.data and not get_task(task.task).find
        files = (
            [sources(get_task(task.task), task.data, split, code) for code in languages_of(task)]
            if local
            else []
        )
        values = {k: v for k, v in resolved(task).items() if k != "data"}
        tasks.append([values, split, files or task.data])
    model = last.phase.key if last else model_content(config.model)
    oracle = config.evaluate.oracle if config.evaluate else False
    return digest([model, tasks, oracle, code_version(), versions(decisive=True)])


def _tokens(config: EvaluateConfig | None, device: torch.device) -> int:
    return (config.pack_tokens if config else 0) or EVAL_TOKENS[device.type]


def _lengths(settings: Mapping[str, Any]) -> Settings:
    """The lengths a phase was trained with; those of XTREME's retrieval for a model that was not trained here."""
    if not settings:
        return Settings(512, 128, 64)
    return Settings(settings["max_len"], settings["doc_stride"], settings["max_query"])


def load_model(name: str, device: torch.device) -> Model:
    """A model with all the heads that were kept beside its encoder."""
    encoder, others = load_encoder(name)
    specs = load_heads(Path(name)) if Path(name).is_dir() else {}
    model = Model(encoder, specs)
    for head in specs:
        carry_head(model, head, others, head)
    model.to(device)
    return model


def evaluate_task(
    model: Model,
    config: EvalTaskConfig,
    tokenizer: Tokenizer,
    settings: Settings,
    folder: Path | None,
    options: EvaluateConfig,
    *,
    tokens: int,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Score a model on a task, language by language.

    Args:
        model: With its heads.
        config: Of the task.
        tokenizer: The model's.
        settings: Lengths.
        folder: Gets outcomes/ and predictions/; None for neither.
        options: Whether target-language development scores are wanted beside.
        tokens: Most tokens of one forward pass.

    Returns:
        What results.json says of the task, and the note of the reading of its test set.
    """
    task, split, languages = get_task(config.task), split_of(config), languages_of(config)
    heads = {name: HeadKind(h.kind, h.labels) for name, h in ((n, model.head(n).spec) for n in model.heads)}
    reading: dict[str, Any] = {
        "task": config.task,
        "split": split,
        "languages": list(languages),
        "data": config.data or "hub",
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    extra: dict[str, Any] = {}
    if task.find is not None:
        own = task.name if task.name in heads else ""
        used = head_for(task, heads, config.head) if config.head else own
        found = retrieve(model, config, languages, split, tokenizer, settings, head=used, pack_tokens=tokens)
        scores: Mapping[str, Score] = found.scores
        extra = {
            "chosen": dict(found.chosen),
            "sweep": dict(found.sweep),
            "all_queries": dict(found.everything),
        }
        chosen_by = _said(found.chosen)
        predictions: dict[str, Sequence[Mapping[str, Any]]] = {}
        counts: dict[str, Any] = {}
    else:
        used = head_for(task, heads, config.head)
        labels = model.head(used).spec.labels
        measured: dict[str, Measured] = {}
        for language in languages:
            encoded = encoded_for(task, read(config, split, language), tokenizer, settings, labels)
            measured[language] = measure(model, used, task, encoded, language, pack_tokens=tokens)
        if config.data:
            reading["files"] = {code: sources(task, config.data, split, code) for code in languages}
        scores = {language: found.score for language, found in measured.items()}
        predictions = {language: found.predictions for language, found in measured.items()}
        counts = {language: dict(found.counts) for language, found in measured.items()}
        chosen_by = f"head {used}"
    for language, score in scores.items():
        _write(folder, config.task, language, score, predictions.get(language))
    if options.oracle and split == "test" and task.find is None:
        extra["oracle"] = _oracle(model, config, used, tokenizer, settings, tokens)
    result = {
        "main": task.main,
        "split": split,
        "chosen_by": chosen_by,
        "languages": {code: {"examples": len(s.ids), **s.values} for code, s in scores.items()},
        "average": macro(scores, list(scores)),
        "counts": counts,
        **extra,
    }
    return result, {**reading, "examples": {code: len(s.ids) for code, s in scores.items()}}


def _said(chosen: Mapping[str, Any]) -> str:
    if "head" in chosen:
        return f"head {chosen['head']}"
    return f"layer {chosen['layer']}, {chosen['pool']} pooling, chosen on {chosen['on']}"


def _oracle(
    model: Model, config: EvalTaskConfig, head: str, tokenizer: Tokenizer, settings: Settings, tokens: int
) -> dict[str, Any]:
    """Development scores in the target languages; a language without a development set is left out by name."""
    task, labels = get_task(config.task), model.head(head).spec.labels
    out: dict[str, Any] = {}
    for language in languages_of(config):
        try:
            records = read(config, "dev", language)
        except MorphaugError:
            continue
        found = measure(
            model,
            head,
            task,
            encoded_for(task, records, tokenizer, settings, labels),
            language,
            pack_tokens=tokens,
        )
        out[language] = {"examples": len(found.score.ids), **found.score.values}
    return out


def _write(
    folder: Path | None,
    task: str,
    language: str,
    score: Score,
    predictions: Sequence[Mapping[str, Any]] | None,
) -> None:
    """Every example's outcome and prediction."""
    if folder is None:
        return
    (folder / "outcomes").mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = {"ids": np.asarray(score.ids), **score.outcomes}
    np.savez_compressed(folder / "outcomes" / f"{task}.{language}.npz", **arrays)
    if predictions is not None:
        (folder / "predictions").mkdir(exist_ok=True)
        write_lines(folder / "predictions" / f"{task}.{language}.jsonl", predictions)


def write_lines(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write JSONL so that the file is there whole or not at all."""
    part = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with part.open("w", encoding="utf-8") as stream:
        for row in rows:
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")
    os.replace(part, path)


# -- harness eval, harness predict ----------------------------------------------------------------------


def _opened(trained: Path) -> tuple[Model, Tokenizer, Settings, torch.device]:
    folder, settings = folder_of_model(trained)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return load_model(str(folder), device), load_tokenizer(str(folder)), _lengths(settings), device


def evaluate_folder(
    trained: Path,
    task: str,
    *,
    data: str = "",
    languages: Sequence[str] = (),
    split: Literal["auto", "test", "dev"] = "auto",
    limit: int = 0,
    head: str = "",
    out: Path | None = None,
) -> dict[str, Any]:
    """Evaluate what was trained on a task: `harness eval`.

    Args:
        trained: See ``harness.measure.folder_of_model``.
        task: Name in the registry.
        data: Folder in the official format; "" for the Hub.
        languages: Which; () for all of the task's.
        split: "auto" is the test set if it has labels.
        limit: Examples of each language; 0 for all.
        head: Name of the head; "" to find it.
        out: New folder for results.json, outcomes/ and predictions/; None to write nothing.

    Raises:
        MorphaugError: Something is not there, or ``out`` is.
    """
    get_task(task)
    config = EvalTaskConfig(
        task=task, data=data, languages=tuple(languages), split=split, limit=limit, head=head
    )
    if out is not None and out.exists() and any(out.iterdir()):
        raise MorphaugError(f"{out} is not empty", "give --out a new folder")
    model, tokenizer, settings, device = _opened(trained)
    part = out.with_name(f".{out.name}.{os.getpid()}.part") if out is not None else None
    if part is not None:
        part.mkdir(parents=True)
    options = EvaluateConfig(tasks=(config,))
    try:
        found, reading = evaluate_task(
            model, config, tokenizer, settings, part, options, tokens=_tokens(None, device)
        )
        results = {
            "folder": str(out) if out is not None else "",
            "model": str(trained),
            "scores": {task: found},
            "test_readings": [reading],
        }
        if part is not None and out is not None:
            write_json(part / "results.json", results)
            if out.exists():
                out.rmdir()
            part.rename(out)
    finally:
        if part is not None:
            shutil.rmtree(part, ignore_errors=True)
    return results


def predict_file(
    trained: Path, task: str, *, data: str, language: str, split: str, head: str, out: Path
) -> int:
    """Write a prediction for every example: `harness predict`.

    Args:
        trained: See ``harness.measure.folder_of_model``.
        task: Name in the registry; not one of retrieval.
        data: Folder in the official format, or a file.
        language: Of the data.
        split: "test", "dev" or "train".
        head: Name of the head; "" to find it.
        out: The JSONL file.

    Returns:
        How many.
    """
    found = get_task(task)
    if found.family in ("retrieve", "mlm"):
        raise MorphaugError(f"{task} has nothing to predict", "harness eval scores retrieval")
    language = two_letters(language)
    records = found.read(data, split, language)
    model, tokenizer, settings, device = _opened(trained)
    heads = {name: HeadKind(model.head(name).spec.kind, model.head(name).spec.labels) for name in model.heads}
    used = head_for(found, heads, head)
    encoded = encoded_for(found, records, tokenizer, settings, model.head(used).spec.labels)
    scores = predict(model, encoded.store, used, pack_tokens=_tokens(None, device))
    rows = list(shown(encoded.records, decode(encoded, scores)))
    write_lines(out, rows)
    return len(rows)
