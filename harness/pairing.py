"""A phase's consistency, made ready: its twins tokenised and joined to their examples, its teacher loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from harness.config import ExampleConfig
from harness.consistency import Consistency
from harness.data import TaskData
from harness.drawing import Cut, Given, Shifted, Twins
from harness.embedding import compact, used_rows
from harness.encode import Encoded, Settings, Tokenizer, encode
from harness.encoder import Encoder
from harness.evaluate import load_model
from harness.model import Model
from harness.stages import Stage
from harness.store import Store
from harness.subwords import Cutter, Vocabulary
from harness.train import PRECISIONS
from harness.twins import augmented_units, links
from morphaug.errors import MorphaugError


def prepare(
    stage: Stage,
    stores: Mapping[str, Store],
    labels: Mapping[str, Sequence[str]],
    heads: Mapping[str, str],
    lengths: Settings,
    tokenizer: Tokenizer,
    encoder: Encoder,
    device: torch.device,
) -> tuple[dict[str, Consistency], dict[str, dict[str, int]]]:
    """What a phase's tasks should agree on.

    Args:
        stage: The phase; its ``consistency`` says what.
        stores: The training data by task.
        labels: The tasks' labels.
        heads: The teacher's head for each task; empty without a teacher.
        lengths: As the data were tokenised with.
        tokenizer: Likewise.
        encoder: The one to be trained.
        device: Where it will be.

    Returns:
        By task: what `harness.train.Stream` takes; and what could not be joined, by reason. Nothing for a
        phase that asks for no consistency.
    """
    asked = stage.config.consistency
    if asked is None:
        return {}, {}
    made: dict[str, Consistency] = {}
    counts: dict[str, dict[str, int]] = {}
    teacher = _teacher(stage, stores.values(), device) if asked.model else None
    for data in stage.data:
        name, store = data.task.name, stores[data.task.name]
        twins: Twins | None = None
        counts[name] = {}
        own = encode(data.train, tokenizer, data.task.family, lengths, labels[name], train=True)
        if asked.example and asked.example.weight:
            twins, counts[name] = _twins(
                asked.example, stage.seed, data, own, labels[name], lengths, tokenizer, encoder
            )
        taught = asked.model.weight if asked.model else 0.0
        made[name] = Consistency(
            head=name,
            store=store,
            twins=twins,
            weight=asked.example.weight if asked.example else 0.0,
            augmented=augmented_units(data, own),
            teacher=teacher if taught else None,
            teacher_head=heads.get(name, ""),
            teacher_weight=taught,
            hard=bool(asked.model and asked.model.hard),
        )
    return made, counts


def _twins(
    example: ExampleConfig,
    seed: int,
    data: TaskData,
    own: Encoded,
    labels: Sequence[str],
    lengths: Settings,
    tokenizer: Tokenizer,
    encoder: Encoder,
) -> tuple[Twins, dict[str, int]]:
    if example.twin == "gaussian":
        return Shifted(own.store, seed, example.eps or 0.0, encoder.shape.hidden_size), {}
    if example.twin == "subwords":
        cutter = Cutter(Vocabulary.of(tokenizer), example.alpha or 0.0, example.rate or 0.0)
        return Cut(own.store, cutter, seed, encoder.max_len), {}
    flat = [twin for found in data.twins for twin in found]
    if not flat:
        return Given(own.store, [[]] * own.store.units), {"units_without_twin": own.store.units}
    other = encode(flat, tokenizer, data.task.family, lengths, labels)
    found, counts = links(data, own, other)
    if not any(found):
        raise MorphaugError(
            f"{data.task.name}: none of {len(flat)} twins can be joined to its example ({counts})"
        )
    return Given(other.store, found), {**{f"twins_{k}": n for k, n in other.counts.items()}, **counts}


def _teacher(stage: Stage, stores: Any, device: torch.device) -> Model:
    """The frozen model, in the phase's precision, with the rows of the word table that it will be asked for."""
    teacher = load_model(str(stage.teacher), torch.device("cpu"))
    teacher.requires_grad_(requires_grad=False)
    compact(teacher.encoder, used_rows(stores))
    teacher.to(device)
    teacher.encoder.set_precision(PRECISIONS[stage.config.precision])
    return teacher
