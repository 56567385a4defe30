"""A whole run: phases in order, each trained or found, then the evaluation. See ``harness.config`` for what a run is.

OUT/data/KEY/              a task's training data, tokenised once
OUT/phases/KEY/            a finished phase: model/ (an XLM-R folder with its heads and tokenizer), run.json
OUT/runs/NAME/seed-SEED/   results.json, run.json, outcomes/, predictions/
"""

from __future__ import annotations

import math
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import distributed

from harness.checkpoint import load_heads, save_model
from harness.config import PhaseConfig, RunConfig
from harness.consistency import Consistency
from harness.data import TaskData
from harness.embedding import compact, used_rows
from harness.encode import Encoded, Settings, Tokenizer, encode, label_names, load_tokenizer
from harness.encoder import Shape, load_encoder
from harness.evaluate import write_results
from harness.measure import HeadKind, encoded_for, head_for, main_score, measure
from harness.model import HeadSpec, Model, carry_head
from harness.packing import Masking, mixing_weights, order, schedule
from harness.pairing import prepare
from harness.phases import lock, read_json, versions, write_json
from harness.ranks import is_first, joined, place, told
from harness.stages import Stage, data_key, stages
from harness.store import Store
from harness.tasks import TASKS
from harness.train import Settings as TrainSettings
from harness.train import Stream, epoch_steps, fit
from morphaug.errors import MorphaugError

PACK_TOKENS = {"cpu": 4096, "cuda": 16384}


def run_training(config: RunConfig, *, say: Callable[[str], None] | None = None) -> dict[str, Any] | None:
    """Train what is not there yet, evaluate, and write the results.

    Args:
        config: The run.
        say: Takes lines about what is going on; stderr by default.

    Returns:
        What results.json holds; None in a process of torchrun's that is not the first.

    Raises:
        MorphaugError: Something the user can put right; nothing half-written is left in place of a result.
    """
    with joined(config.device) as device:
        tell = (say or _stderr) if is_first() else _silence
        if config.threads:
            torch.set_num_threads(config.threads)
        chain = stages(config, tell)
        check_heads(config, chain)
        tokenizer = load_tokenizer(config.model)
        found: dict[str, Any] = {}
        for stage in chain:
            record, cached = _train(stage, config, tokenizer, device, tell)
            tell(f"{stage.name}: {'found' if cached else 'trained'} {stage.phase.folder}")
            found[stage.name] = {**_summary(record), "cached": cached}
        if not is_first():
            return None
        return write_results(config, chain, found, tokenizer, device, tell)


def _stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _silence(line: str) -> None:
    """What the other processes of torchrun's say."""


def check_heads(config: RunConfig, chain: list[Stage]) -> None:
    """Refuse, before anything is trained, a run that could not be evaluated.

    Raises:
        MorphaugError: A task of ``evaluate`` has no head, or a teacher none for a task.
    """
    for stage in chain:
        taught_by(stage)
    heads = last_heads(config, chain)
    for at, measured in enumerate(config.evaluate.tasks if config.evaluate else ()):
        task = TASKS[measured.task]
        if task.find is None or measured.head:
            try:
                head_for(task, heads, measured.head)
            except MorphaugError as error:
                raise MorphaugError(f"evaluate.tasks[{at}]: {error.message}", error.hint) from None


def last_heads(config: RunConfig, chain: list[Stage]) -> dict[str, HeadKind]:
    """The heads that the trained model will have; those of the model itself if nothing is trained."""
    if chain:
        return {data.task.name: HeadKind(data.task.family, labels_of(data)) for data in chain[-1].data}
    folder = Path(config.model)
    specs = load_heads(folder) if folder.is_dir() else {}
    return {name: HeadKind(spec.kind, spec.labels) for name, spec in specs.items()}


def labels_of(data: TaskData) -> tuple[str, ...]:
    """The names of a task's classes or tags, in the order of the head's outputs."""
    if data.task.family not in ("classify", "tag"):
        return ()
    return data.task.labels or label_names(data.train)


def _summary(record: Mapping[str, Any]) -> dict[str, Any]:
    """What results.json says of a phase."""
    keys = ("key", "steps", "tokens", "seconds", "selection")
    return {key: record[key] for key in keys}


# -- one phase ----------------------------------------------------------------------------------------


def _train(
    stage: Stage,
    config: RunConfig,
    tokenizer: Tokenizer,
    device: torch.device,
    say: Callable[[str], None],
) -> tuple[dict[str, Any], bool]:
    """A phase's record, and whether it was found; all processes go through the same phases together."""
    begun = False

    def work(folder: Path) -> dict[str, Any]:
        nonlocal begun
        begun = True
        told(1, device)
        return _train_phase(stage, config, tokenizer, device, folder, say)

    if is_first():
        found = stage.phase.train(work, say=say)
        if not begun:
            told(0, device)
        _together()
        return found
    begun = bool(told(0, device))
    if begun:
        _train_phase(stage, config, tokenizer, device, stage.phase.part, say)
    _together()
    return stage.phase.record(), not begun


def _together() -> None:
    """Wait for the other processes, if there are any."""
    if place()[1] > 1:
        distributed.barrier()


def _train_phase(
    stage: Stage,
    config: RunConfig,
    tokenizer: Tokenizer,
    device: torch.device,
    folder: Path,
    say: Callable[[str], None],
) -> dict[str, Any]:
    """Train a phase in its folder, which may hold checkpoints to go on from; what run.json is to say."""
    settings = stage.config
    lengths = Settings(settings.max_len, settings.doc_stride, settings.max_query)
    encoded = {data.task.name: _encoded(data, lengths, tokenizer, config) for data in stage.data}
    stores = {name: store for name, (store, _) in encoded.items()}
    dev = {data.task.name: _dev(data, lengths, tokenizer) for data in stage.data if data.dev}
    labels = {data.task.name: labels_of(data) for data in stage.data}
    model, carried = _model(stage, config, labels)
    consistent, paired = prepare(
        stage, stores, labels, taught_by(stage), lengths, tokenizer, model.encoder, device
    )
    plain = any(data.task.family == "mlm" for data in stage.data)
    if settings.compact == "yes" and plain:
        raise MorphaugError(
            f"{stage.name}.compact: plain text needs the whole word table", "set compact: auto"
        )
    compacted = settings.compact != "no" and not plain
    if compacted:
        rows = [used_rows([*stores.values(), *(d.store for d in dev.values())])]
        rows += [made.twins.rows() for made in consistent.values() if made.twins is not None]
        compact(model.encoder, np.unique(np.concatenate(rows)))
    model.to(device)
    streams = _streams(stage, stores, consistent, tokenizer, model)
    training = train_settings(settings, streams, stage.seed, device)

    def judged(now: Model) -> dict[str, dict[str, float]]:
        found = {}
        for name, examples in dev.items():
            language = examples.records[0].language
            tokens = training.pack_tokens
            score = measure(now, name, TASKS[name], examples, language, pack_tokens=tokens).score
            found[name] = dict(score.values)
        return found

    # Dropout that a phase sets for itself is not left behind in the model.
    own_shape = model.encoder.shape
    model.encoder.shape = with_dropout(own_shape, settings)
    units = ", ".join(f"{name} {store.units:,}" for name, store in stores.items())
    say(f"{stage.name}: {training.steps:,} steps on {units} units, {device}")
    best = settings.select == "best" and bool(dev)
    began = time.time()
    outcome = fit(
        model,
        streams,
        training,
        folder=folder / "checkpoints",
        evaluate=(lambda now: mean_score(judged(now))) if best else None,
        progress=sys.stderr.isatty(),
    )
    for note in outcome.notes:
        say(f"{stage.name}: {note}")
    values = judged(model) if best and is_first() else {}
    model.encoder.shape = own_shape
    if is_first():
        save_model(folder / "model", model, decay=outcome.decay)
        _whole(tokenizer).save_pretrained(folder / "model")
        shutil.rmtree(folder / "checkpoints", ignore_errors=True)
    return {
        "phase": stage.name,
        "settings": asdict(settings),
        "resolved": asdict(training),
        "seed": stage.seed,
        "model": config.model,
        "heads": carried,
        "compact": compacted,
        "data": {data.task.name: {"from": data.dev_from, **data.counts} for data in stage.data},
        "units": {name: store.units for name, store in stores.items()},
        "encoded": {name: {**counts, **paired.get(name, {})} for name, (_, counts) in encoded.items()},
        "teacher": {"folder": str(stage.teacher), "heads": taught_by(stage)} if stage.teacher else None,
        "steps": outcome.step,
        "tokens": trained_tokens(streams, training, outcome.step),
        "seconds": round(outcome.seconds, 2),
        "tokens_per_second": round(outcome.tokens / outcome.seconds, 1) if outcome.seconds else None,
        "finished": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "wall_seconds": round(time.time() - began, 2),
        "device": _device_name(device),
        "versions": versions(),
        "losses": [round(loss, 6) for loss in outcome.losses],
        "scores": outcome.scores,
        "selection": {"step": outcome.best_step, "score": outcome.best_score, "values": values}
        if best
        else None,
        "notes": outcome.notes,
    }


def mean_score(values: Mapping[str, Mapping[str, float]]) -> float:
    """What development data say of a model that has several tasks: the mean of their main scores."""
    return sum(found[main_score(TASKS[name])] for name, found in values.items()) / len(values)


def trained_tokens(streams: Sequence[Stream], training: TrainSettings, steps: int) -> int:
    """How many tokens the first steps of a phase hold, all of them real."""
    drawn = schedule(training.seed, training.steps, [stream.weight for stream in streams])[:steps]
    total = 0
    for number, stream in enumerate(streams):
        visits = int((drawn == number).sum())
        epochs, inside = divmod(visits, -(-stream.store.units // (training.batch_size or 1)))
        first = order(training.seed, epochs, stream.store.units)[: inside * (training.batch_size or 1)]
        total += epochs * stream.store.tokens + int(stream.store.unit_lengths()[first].sum())
    return total


def _device_name(device: torch.device) -> str:
    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    return f"cpu, {torch.get_num_threads()} threads"


def train_settings(
    settings: PhaseConfig, streams: list[Stream], seed: int, device: torch.device
) -> TrainSettings:
    """A phase's settings as the loop takes them: epochs as steps, shares as numbers."""
    made = TrainSettings(
        steps=settings.steps or 1,
        lr=settings.lr,
        seed=seed,
        batch_size=settings.batch_size,
        pack_tokens=settings.pack_tokens or max(PACK_TOKENS[device.type], settings.max_len),
        weight_decay=settings.weight_decay,
        clip=settings.clip,
        precision=settings.precision,
        patience=settings.patience,
    )
    epoch = epoch_steps(streams, made)
    steps = settings.steps or math.ceil((settings.epochs or 1) * epoch)
    warmup = settings.warmup if settings.warmup >= 1 else steps * settings.warmup
    every = settings.evaluate_every or min(epoch, steps)
    changes: dict[str, Any] = {"steps": steps, "warmup": min(round(warmup), steps), "evaluate_every": every}
    return TrainSettings(
        **{**asdict(made), **changes, "checkpoint_every": settings.checkpoint_every or every}
    )


def _whole(tokenizer: Tokenizer) -> Any:
    """The tokenizer as transformers has it, beyond what encoding needs of it."""
    return tokenizer


def with_dropout(shape: Shape, settings: PhaseConfig) -> Shape:
    """The encoder's sizes with a phase's own dropout, where it has one."""
    hidden, attention = settings.dropout, settings.attention_dropout
    return replace(
        shape,
        hidden_dropout_prob=shape.hidden_dropout_prob if hidden is None else hidden,
        attention_probs_dropout_prob=shape.attention_probs_dropout_prob if attention is None else attention,
    )


def _streams(
    stage: Stage,
    stores: Mapping[str, Store],
    consistent: Mapping[str, Consistency],
    tokenizer: Tokenizer,
    model: Model,
) -> list[Stream]:
    settings = stage.config
    weights = mixing_weights(
        [store.units for store in stores.values()],
        settings.mixing,
        temperature=settings.temperature,
        cap=settings.cap or None,
    )
    streams = []
    for task, store, weight in zip(settings.tasks, stores.values(), weights.tolist(), strict=True):
        masking = None
        if store.kind == "mlm":
            mask_id = _whole(tokenizer).mask_token_id
            if mask_id is None:
                raise MorphaugError(f"{stage.name}: the tokenizer of the model has no <mask>")
            special = tuple(sorted(_whole(tokenizer).all_special_ids))
            masking = Masking(mask_id, model.encoder.shape.vocab_size, special, stage.seed, settings.mask)
        asked = consistent.get(task.task)
        streams.append(Stream(task.task, store, weight * task.weight, masking, consistency=asked))
    return streams


def _encoded(
    data: TaskData, lengths: Settings, tokenizer: Tokenizer, config: RunConfig
) -> tuple[Store, Mapping[str, int]]:
    """A task's training data as flat arrays, and what was cut; made once and kept."""
    name = data_key(data, [asdict(lengths), labels_of(data), config.model])
    root = Path(config.out) / "data"
    if not is_first():  # the first process keeps it
        made = encode(data.train, tokenizer, data.task.family, lengths, labels_of(data), train=True)
        return made.store, made.counts
    with lock(root / f"{name}.lock"):
        counts = root / f"{name}.json"
        if counts.is_file() and (root / name).is_dir():
            return Store.load(root / name), read_json(counts)
        made = encode(data.train, tokenizer, data.task.family, lengths, labels_of(data), train=True)
        shutil.rmtree(root / name, ignore_errors=True)
        made.store.save(root / name)
        write_json(counts, made.counts)
    return made.store, made.counts


def _dev(data: TaskData, lengths: Settings, tokenizer: Tokenizer) -> Encoded:
    return encoded_for(data.task, data.dev, tokenizer, lengths, labels_of(data))


def _model(
    stage: Stage, config: RunConfig, labels: Mapping[str, tuple[str, ...]]
) -> tuple[Model, dict[str, str]]:
    """The phase's model with its heads, and where each head comes from ("fresh", or a head's name)."""
    source = stage.parent.phase.folder / "model" if stage.parent else Path(config.model)
    if stage.parent:
        stage.parent.phase.verify()
    settings = stage.config
    encoder, others = load_encoder(source if source.exists() else config.model)
    specs = {data.task.name: HeadSpec(data.task.family, labels[data.task.name]) for data in stage.data}
    model = Model(encoder, specs, stage.seed)
    if settings.head == "fresh":
        return model, dict.fromkeys(specs, "fresh")
    before = load_heads(source) if source.is_dir() else {}
    carried = {}
    for name, spec in specs.items():
        carried[name] = _source_head(f"{stage.name}.head", name, spec, before)
        carry_head(model, name, others, carried[name])
    return model, carried


def taught_by(stage: Stage) -> dict[str, str]:
    """By task, the head of the phase's teacher for it; nothing without a teacher.

    Raises:
        MorphaugError: It has none.
    """
    if stage.teacher is None:
        return {}
    at = stage.parent
    while at is not None and at.phase.folder / "model" != stage.teacher:
        at = at.parent
    specs = _specs(at) if at is not None else load_heads(stage.teacher)
    place = f"{stage.name}.consistency.model"
    return {name: _source_head(place, name, spec, specs) for name, spec in _specs(stage).items()}


def _specs(stage: Stage) -> dict[str, HeadSpec]:
    """The heads of a phase."""
    return {data.task.name: HeadSpec(data.task.family, labels_of(data)) for data in stage.data}


def _source_head(place: str, name: str, spec: HeadSpec, before: Mapping[str, HeadSpec]) -> str:
    """The head that one is carried over from, or taught by."""
    if spec.kind == "mlm" and not any(head.kind == "mlm" for head in before.values()):
        return "lm_head"  # of a checkpoint from the Hub
    fit = [other for other, head in before.items() if head.kind == spec.kind and head.labels == spec.labels]
    if name in fit:
        return name
    if len(fit) == 1:
        return fit[0]
    known = ", ".join(f"{other} ({head.kind})" for other, head in before.items()) or "no heads"
    raise MorphaugError(
        f"{place}: there is no one head to take for {name}; there are {known}",
        "set head: fresh" if place.endswith(".head") else "name a teacher that was trained on this task",
    )
