"""A tiny XLM-R, data for every kind of head, and transformers' own models with the same weights to compare with."""

from __future__ import annotations

import numpy as np
import torch
from transformers import XLMRobertaConfig

from harness.encoder import Encoder, Shape
from harness.model import HeadSpec, Model
from harness.store import IGNORE, Kind, Store, StoreBuilder

VOCABULARY, WIDTH = 300, 32
LABELS = ("A", "B", "C")
SPECS = {
    "classify": HeadSpec("classify", LABELS),
    "tag": HeadSpec("tag", LABELS),
    "span": HeadSpec("span"),
    "choice": HeadSpec("choice"),
    "mlm": HeadSpec("mlm"),
    "retrieve": HeadSpec("retrieve"),
}


def config() -> XLMRobertaConfig:
    """transformers' configuration of the tiny model; every size given, since the defaults are BERT's."""
    return XLMRobertaConfig(
        vocab_size=VOCABULARY,
        hidden_size=WIDTH,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=514,
        type_vocab_size=1,
        pad_token_id=1,
        bos_token_id=0,
        eos_token_id=2,
        num_labels=len(LABELS),
        layer_norm_eps=1e-5,
        tie_word_embeddings=True,
    )


def model(specs: dict[str, HeadSpec] | None = None, *, dropout: float = 0.1, seed: int = 0) -> Model:
    """A tiny model with weights large enough for every path to matter."""
    shape = Shape(
        VOCABULARY,
        WIDTH,
        2,
        4,
        64,
        514,
        1e-5,
        hidden_dropout_prob=dropout,
        attention_probs_dropout_prob=dropout,
    )
    made = Model(Encoder(shape), SPECS if specs is None else specs, seed)
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in made.parameters():
            if parameter.ndim:
                parameter.copy_(torch.randn(parameter.shape, generator=random) * 0.2)
    return made


def store(kind: Kind, lengths: list[list[int]], seed: int = 0) -> Store:
    """Random data of a kind.

    Args:
        kind: Which.
        lengths: For each unit the tokens of its sequences.
        seed: Of ids and targets.
    """
    random = np.random.default_rng(seed)
    builder = StoreBuilder(kind, LABELS if kind in ("classify", "tag") else ())
    for sizes in lengths:
        rows = [[0, *random.integers(5, VOCABULARY - 1, size - 2).tolist(), 2] for size in sizes]
        target: object = None
        if kind == "classify":
            target = int(random.integers(len(LABELS)))
        elif kind == "choice":
            target = int(random.integers(len(sizes)))
        elif kind == "span":
            target = tuple(sorted(random.integers(0, sizes[0], 2).tolist()))
        elif kind == "tag":
            target = [
                [
                    int(random.integers(3)) if 0 < i < size - 1 and random.random() < 0.7 else IGNORE
                    for i in range(size)
                ]
                for size in sizes
            ]
        builder.add(rows, target)
    return builder.build()


def data(kind: Kind, units: int = 12, seed: int = 0, longest: int = 40) -> Store:
    """Random data of a kind with random lengths."""
    random = np.random.default_rng(seed + 99)
    sequences = {"choice": 3, "retrieve": 2}.get(kind, 1)
    return store(kind, random.integers(3, longest, (units, sequences)).tolist(), seed)
