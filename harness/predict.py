"""A whole store through a model without dropout: long sequences first, answers back in the store's order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import torch

from harness.model import Batch, Model, mean_by_sequence, to_device
from harness.packing import collate, packs, ranges
from harness.store import Store

Floats = npt.NDArray[np.float32]


def predict(model: Model, store: Store, head: str, *, pack_tokens: int = 8192) -> Floats:
    """Scores of every unit of a store.

    Args:
        model: In whatever precision it computes.
        store: Its targets are not looked at.
        head: The head's name.
        pack_tokens: Most tokens of one forward pass.

    Returns:
        fp32 in the store's order: classify [units, classes]; tag [tokens, tags]; span [tokens, 2]; choice
        [sequences]; retrieve [sequences, d] (rows of length 1: queries even, candidates odd).
    """
    kind = model.head(head).spec.kind
    by_token = kind in ("tag", "span", "mlm")
    out: Floats | None = None
    for batch, rows, tokens in _batches(model, store, pack_tokens):
        scores = model.scores(batch, head, scored_only=False).cpu().numpy()
        if out is None:
            out = np.zeros((store.tokens if by_token else store.sequences, *scores.shape[1:]), np.float32)
        out[tokens if by_token else rows] = scores
    return np.zeros((0, 1), np.float32) if out is None else out


def embed(
    model: Model, store: Store, layers: Sequence[int], pooling: str = "mean", *, pack_tokens: int = 8192
) -> Floats:
    """Sentence vectors out of hidden layers, for retrieval without a trained head.

    Args:
        model: Its encoder is used.
        store: Every sequence gets a vector.
        layers: Which states: 0 is the embeddings, L the last layer.
        pooling: "mean" over all tokens, special ones included, or "first" (``<s>``).
        pack_tokens: Most tokens of one forward pass.

    Returns:
        fp32 [layers, sequences, d], not normalised.
    """
    out = np.zeros((len(layers), store.sequences, model.encoder.shape.hidden_size), np.float32)
    for batch, rows, _ in _batches(model, store, pack_tokens):
        states = model.hidden(batch)
        for number, layer in enumerate(layers):
            state = states[layer]
            pooled = mean_by_sequence(state, batch) if pooling == "mean" else state[batch.starts]
            out[number, rows] = pooled.cpu().numpy()
    return out


def _batches(
    model: Model, store: Store, pack_tokens: int
) -> Iterator[tuple[Batch, npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Packs of the whole store, with the store's numbers of their sequences and tokens."""
    encoder = model.encoder
    with torch.inference_mode():
        for units in packs(store.unit_lengths(), pack_tokens):
            pack = collate(store, units, first_position=encoder.first_position)
            rows = ranges(store.first[units], store.first[units + 1] - store.first[units])
            tokens = ranges(store.starts[rows], store.starts[rows + 1] - store.starts[rows])
            yield to_device(encoder.rows(pack), encoder.device), rows, tokens
