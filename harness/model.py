"""The heads on the encoder, and what a pack loses under each: sums over items, so that packs add up to a step.

Heads are those that XTREME's recipes use (transformers' own, on packed input), under the same parameter
names, with the head's dropout where theirs is. Every loss is a *sum* over items (see `harness.packing.Pack`):
the loop divides by the number of items in the whole step, so it does not matter how a step is cut.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal, NamedTuple, TypeAlias, get_args

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from harness.attention import Layout, layout
from harness.encoder import Encoder, Shape
from harness.kernels import Noise, dropout_add, linear
from harness.packing import Pack
from harness.store import IGNORE, KINDS, Kind
from morphaug.errors import MorphaugError, UnknownName

Pooling: TypeAlias = Literal["first", "mean", "tanh"]
POOLINGS: tuple[Pooling, ...] = get_args(Pooling)


@dataclass(frozen=True, slots=True)
class HeadSpec:
    """What a head predicts.

    Args:
        kind: The kind of data it is for.
        labels: Names of the classes or tags, in the order of their numbers (classify, tag).
        pooling: retrieve: the state of ``<s>`` ("first"), the mean of all states ("mean"), or ``<s>`` through a
            trained layer and tanh ("tanh", as in LAReQA's reference).
    """

    kind: Kind
    labels: tuple[str, ...] = ()
    pooling: Pooling = "tanh"

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UnknownName("kind of head", self.kind, KINDS)
        if self.pooling not in POOLINGS:
            raise UnknownName("pooling", self.pooling, POOLINGS)
        if self.kind in ("classify", "tag") and not self.labels:
            raise MorphaugError(f"a head that is to {self.kind} needs the names of its labels")


class Batch(NamedTuple):
    """A pack on the device (see `harness.packing.Pack`, whose names these are).

    Args:
        pack: What it was made from; its numpy arrays are what the host knows of it.
        ids, positions: int64 [T].
        where: The sequences, for attention.
        starts: The first token of each sequence, int64 [S].
        owner: The sequence of each token, int64 [T]; and
        inside: its place in that, int64 [T].
        scored: Flat places of the scored tokens, or None.
        targets: As in the pack, or None.
        shift: As in the pack, or None.
        column: choice: which of its unit's sequences each is, int64 [S]; and
        row: the unit's number in the pack, int64 [S].
    """

    pack: Pack
    ids: Tensor
    positions: Tensor
    where: Layout
    starts: Tensor
    owner: Tensor
    inside: Tensor
    scored: Tensor | None
    targets: Tensor | None
    shift: Tensor | None
    row: Tensor
    column: Tensor


def move(array: np.ndarray, device: torch.device) -> Tensor:
    """An array on the device, without waiting for it (pinned memory on cuda)."""
    tensor = torch.from_numpy(np.ascontiguousarray(array))
    return tensor if device.type == "cpu" else tensor.pin_memory().to(device, non_blocking=True)


def to_device(pack: Pack, device: torch.device) -> Batch:
    """Move a pack to the device without waiting for it."""
    put = partial(move, device=device)
    lengths = np.diff(pack.cu_seqlens)
    starts = pack.cu_seqlens[:-1].astype(np.int64)
    counts = np.diff(pack.first)
    return Batch(
        pack=pack,
        ids=put(pack.ids),
        positions=put(pack.positions),
        where=layout(pack.cu_seqlens, pack.max_len, device),
        starts=put(starts),
        owner=put(np.repeat(np.arange(len(lengths)), lengths)),
        inside=put(np.arange(pack.tokens) - np.repeat(starts, lengths)),
        scored=None if pack.where is None else put(pack.where),
        targets=None if pack.targets is None else put(pack.targets),
        shift=None if pack.shift is None else put(pack.shift),
        row=put(np.repeat(np.arange(len(counts)), counts)),
        column=put(np.arange(len(lengths)) - np.repeat(pack.first[:-1], counts)),
    )


class Head(nn.Module):
    """One task's own parameters; `Model` says what is computed with them.

    Args:
        spec: What it predicts.
        shape: The encoder's sizes.
    """

    def __init__(self, spec: HeadSpec, shape: Shape) -> None:
        super().__init__()
        self.spec = spec
        width = shape.hidden_size
        if spec.kind in ("classify", "choice", "mlm") or (spec.kind == "retrieve" and spec.pooling == "tanh"):
            self.dense = nn.Linear(width, width)
        if spec.kind == "mlm":
            self.layer_norm = nn.LayerNorm(width, shape.layer_norm_eps)
            self.bias = nn.Parameter(torch.zeros(shape.vocab_size))
        elif spec.kind == "retrieve":
            self.scale = nn.Parameter(torch.tensor(100.0))
        else:
            outputs = {"span": 2, "choice": 1}.get(spec.kind, len(spec.labels))
            self.out_proj = nn.Linear(width, outputs)

    def initialise(self, seed: int) -> None:
        """Draw the weights anew (normal, 0.02; biases 0), the same for the same seed."""
        random = torch.Generator().manual_seed(seed)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=0.02, generator=random)
                nn.init.zeros_(module.bias)


class Model(nn.Module):
    """An encoder with named heads.

    Args:
        encoder: See `harness.encoder.load_encoder`.
        heads: Their specifications by name; all begin fresh (see `carry_head` for the other policy).
        seed: Of the fresh heads' weights.
    """

    def __init__(self, encoder: Encoder, heads: Mapping[str, HeadSpec], seed: int = 0) -> None:
        super().__init__()
        self.encoder = encoder
        self.heads = nn.ModuleDict()
        for number, (name, spec) in enumerate(heads.items()):
            head = Head(spec, encoder.shape)
            head.initialise(seed * 1_000 + number)
            self.heads[name] = head

    def head(self, name: str) -> Head:
        """A head by name.

        Raises:
            UnknownName: If there is none.
        """
        if name not in self.heads:
            raise UnknownName("head", name, self.heads.keys())
        head = self.heads[name]
        assert isinstance(head, Head)
        return head

    def loss(self, batch: Batch, name: str, noise: Noise | None = None) -> tuple[Tensor, int]:
        """Summed loss of a pack under a head, fp32, and over how many items it is summed."""
        head = self.head(name)
        scores = self.scores(batch, name, noise)
        if head.spec.kind == "retrieve":
            return _contrast(scores, head.scale), batch.pack.items
        return summed(head.spec.kind, scores, batch), batch.pack.items

    def scores(
        self, batch: Batch, name: str, noise: Noise | None = None, *, scored_only: bool = True
    ) -> Tensor:
        """What a head says of a pack, fp32.

        Args:
            batch: The pack.
            name: The head's.
            noise: Random numbers for dropout; None: none (evaluation).
            scored_only: tag and mlm: only of the scored tokens, M; else of all tokens, T.

        Returns:
            classify [S, classes]; tag [M or T, tags]; span [T, 2]; choice [S]; mlm [M or T, vocabulary];
            retrieve [S, d], normalised to length 1.
        """
        head = self.head(name)
        kind, chance = head.spec.kind, self.encoder.shape.hidden_dropout_prob
        first = kind in ("classify", "choice") or (kind == "retrieve" and head.spec.pooling != "mean")
        only = batch.starts if first else batch.scored if scored_only and kind in ("tag", "mlm") else None
        states = self.encoder(batch.ids, batch.positions, batch.where, noise, only=only, shift=batch.shift)
        state = states[-1].float()
        if kind == "retrieve":
            state = mean_by_sequence(state, batch) if head.spec.pooling == "mean" else state
            state = torch.tanh(head.dense(state)) if head.spec.pooling == "tanh" else state
            return functional.normalize(state, dim=-1)
        if kind == "mlm":
            state = head.layer_norm(functional.gelu(head.dense(state)))
            return linear(state, self.encoder.words, head.bias)
        if kind in ("classify", "tag"):
            state = dropout_add(state, None, chance, noise)
        if kind in ("classify", "choice"):
            state = dropout_add(torch.tanh(head.dense(state)), None, chance, noise)
        scores = head.out_proj(state)
        return scores.squeeze(-1) if kind == "choice" else scores

    def hidden(self, batch: Batch) -> list[Tensor]:
        """Every layer's states without dropout: the embeddings and then each layer, fp32 [T, d]."""
        states = self.encoder(batch.ids, batch.positions, batch.where, keep_all=True)
        return [state.float() for state in states]


def mean_by_sequence(state: Tensor, batch: Batch) -> Tensor:
    """The mean state of each sequence, ``<s>`` and ``</s>`` included: [T, d] -> [S, d]."""
    sums = state.new_zeros(len(batch.starts), state.shape[1]).index_add(0, batch.owner, state)
    lengths = np.diff(batch.pack.cu_seqlens)[:, None]
    return sums / torch.from_numpy(lengths).to(state.device, non_blocking=True)


def by_sequence(scores: Tensor, batch: Batch) -> Tensor:
    """Lay the scores of tokens out by sequence, -inf where a sequence has no token: [T] -> [S, longest]."""
    table = scores.new_full((len(batch.starts), batch.pack.max_len), -torch.inf)
    return table.index_put((batch.owner, batch.inside), scores)


def summed(kind: str, scores: Tensor, batch: Batch) -> Tensor:
    """Cross-entropy summed over the items of a pack, from what a head says of it."""
    targets = batch.targets
    if targets is None:
        raise MorphaugError("these data have nothing to learn from", "mlm needs masks, other kinds labels")
    if kind == "span":
        both = [by_sequence(scores[:, side], batch) for side in (0, 1)]
        losses = [_cross_entropy(table, targets[:, side]) for side, table in enumerate(both)]
        return (losses[0] + losses[1]) / 2
    return _cross_entropy(by_unit(scores, batch) if kind == "choice" else scores, targets)


def by_unit(scores: Tensor, batch: Batch) -> Tensor:
    """Lay the scores of sequences out by unit, -inf where a unit has no more of them: [S] -> [U, most]."""
    widest = int(np.diff(batch.pack.first).max())
    table = scores.new_full((len(batch.pack.units), widest), -torch.inf)
    return table.index_put((batch.row, batch.column), scores)


def _cross_entropy(scores: Tensor, targets: Tensor) -> Tensor:
    return functional.cross_entropy(scores, targets, ignore_index=IGNORE, reduction="sum")


def _contrast(vectors: Tensor, scale: Tensor) -> Tensor:
    """Each query (even rows) against the candidates (odd rows) of all pairs of the pack."""
    scores = scale * (vectors[0::2] @ vectors[1::2].T)
    return _cross_entropy(scores, torch.arange(len(scores), device=scores.device))


def carry_head(model: Model, name: str, weights: Mapping[str, Tensor], source: str) -> None:
    """Give a head the weights of one that was trained before (head policy "carry").

    Args:
        model: Whose head.
        name: The head's.
        weights: What `harness.encoder.load_encoder` gave beside the encoder.
        source: The head's name in there; ``"lm_head"`` is the one of a masked language model on the hub.

    Raises:
        MorphaugError: If it is not there or has another form.
    """
    prefix = "lm_head." if source == "lm_head" else f"heads.{source}."
    found = {key.removeprefix(prefix): value for key, value in weights.items() if key.startswith(prefix)}
    with torch.no_grad():
        for key, parameter in model.head(name).named_parameters():
            if key not in found or found[key].shape != parameter.shape:
                got = (
                    f"{tuple(found[key].shape)}, not {tuple(parameter.shape)}" if key in found else "missing"
                )
                raise MorphaugError(
                    f"head '{name}' cannot be carried over from '{source}': its {key} is {got}",
                    "use head: fresh, or a phase that trained this head with the same labels",
                )
            parameter.copy_(found[key])
