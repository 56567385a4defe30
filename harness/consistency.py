"""Consistency training, after xTune (arXiv 2106.08226): twins get the same answer, and a frozen model's is kept to.

    L = CE + λ1 R1 + λ2 R2
    R1 = KL(sg(p) ‖ p') + KL(sg(p') ‖ p)      p of an example, p' of its twin; sg stops the gradient
    R2 = KL(sg(q) ‖ p)                        q of the teacher, augmented examples only; hard: CE with q's first choice

CE is the task's own loss, over originals and augmented records alike; twins have none. Each term is a mean over
the whole step, however it is cut into packs: over labels (CE), over pairs (R1), over examples (R2); in tagging
a pair is a word and its counterpart, and an example a word. In spans, KL is the mean over the first and the last
token. The directions are those of xTune's code and paper. Its code averages over classes as well where it says
KL for classes and tags (not for spans): its λ is ours times the number of classes, as ``harness.recipes`` has it.

Spans are compared as distributions over groups of tokens (see ``harness.twins``): the probability of a group is
the sum of its tokens', and what falls on tokens without counterpart, question and ``</s>`` included, is one more
group, so that nothing has to be renormalised. ``<s>`` (no answer) is a group of its own.

A pair lies in one pack, so that both are computed at once, with dropout of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from harness.kernels import Noise
from harness.model import Batch, Model, by_sequence, by_unit, move, summed, to_device
from harness.packing import Pack, collate, generator, joined, ranges
from harness.packing import packs as cut
from harness.store import IGNORE, Ints, Longs, Store, StoreBuilder
from harness.subwords import Cutter
from harness.twins import OTHER, Link

_TWINS = 5  # the purpose of these random numbers: harness.packing has the others
_NONE = np.zeros(0, np.int64)
_TINY = 1e-30  # no probability is less: a group's would be 0 in single precision


class Twin(NamedTuple):
    """The twin of a unit.

    Args:
        sequences: Its token ids.
        scored: tag: for each sequence the places of the tokens that are scored; else empty.
        here, there: As in `harness.twins.Link`.
        shift: Added to the embeddings of its words, float32 [tokens, d]; None for nothing.
    """

    sequences: list[Ints]
    scored: list[Longs]
    here: Longs
    there: Longs
    shift: npt.NDArray[np.float32] | None = None


class Twins(Protocol):
    """Where twins come from: a pure function of the unit and the epoch."""

    def draw(self, unit: int, epoch: int) -> Twin | None:
        """The twin of a unit in an epoch, if it has one."""

    def rows(self) -> Longs:
        """The token ids that twins can hold, sorted."""

    def identity(self) -> list[Any]:
        """What has to be the same for a checkpoint to be gone on from, as JSON has it."""


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """Twins that were made before: variants and code-switched examples, in turn where there are several.

    Args:
        store: All of them.
        links: For each unit which of them are its twins (`harness.twins.links`).
    """

    store: Store
    links: Sequence[Sequence[Link]]

    def draw(self, unit: int, epoch: int) -> Twin | None:
        found = self.links[unit]
        if not found:
            return None
        link = found[(epoch + unit) % len(found)]
        return Twin(*_unit(self.store, link.twin), link.here, link.there)

    def rows(self) -> Longs:
        return np.unique(self.store.ids).astype(np.int64)

    def identity(self) -> list[Any]:
        return ["given", self.store.units, self.store.tokens, sum(map(len, self.links))]


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """The units themselves with their words cut into other pieces, anew in every epoch.

    Args:
        store: The units.
        cutter: Draws the pieces.
        seed: Of the draws.
        room: The most tokens of a sequence.
    """

    store: Store
    cutter: Cutter
    seed: int
    room: int

    def draw(self, unit: int, epoch: int) -> Twin:
        sequences, scored = _unit(self.store, unit)
        random = generator(_TWINS, self.seed, epoch, unit)
        heads: Sequence[Sequence[int]] = [row.tolist() for row in scored] or [()] * len(sequences)
        drawn = [
            self.cutter.sequence(row.tolist(), head, random, self.room)
            for row, head in zip(sequences, heads, strict=True)
        ]
        if self.store.kind == "tag":
            # A word's tag is on its first piece.
            places = [
                np.searchsorted(new, old[row]) for (_, new, old), row in zip(drawn, scored, strict=True)
            ]
            same = np.arange(sum(map(len, scored)))
            return Twin([ids for ids, _, _ in drawn], places, same, same)
        (_, new, old), own = drawn[0], sequences[0]
        spans = self.store.kind == "span"
        here, there = (_groups(own, old), _groups(drawn[0][0], new)) if spans else (_NONE, _NONE)
        return Twin([ids for ids, _, _ in drawn], [], here, there)

    def rows(self) -> Longs:
        units = range(self.store.units)
        scored = [row for unit in units for row in _unit(self.store, unit)[1]]
        heads = [row.tolist() for row in scored] or [[]] * self.store.sequences
        return self.cutter.reachable(self.store, heads)

    def identity(self) -> list[Any]:
        return ["cut", self.seed, self.room, self.cutter.alpha, self.cutter.rate]


@dataclass(frozen=True, slots=True, eq=False)
class Shifted:
    """The units themselves with Gaussian noise on their words' embeddings, anew in every epoch.

    Args:
        store: The units.
        seed: Of the noise.
        eps: Its standard deviation.
        width: Of the embeddings.
    """

    store: Store
    seed: int
    eps: float
    width: int

    def draw(self, unit: int, epoch: int) -> Twin:
        sequences, scored = _unit(self.store, unit)
        same = np.arange(sum(map(len, scored)))
        if self.store.kind == "span":
            same = _groups(sequences[0], np.arange(len(sequences[0])))
        shape = (sum(map(len, sequences)), self.width)
        noise = generator(_TWINS, self.seed, epoch, unit).standard_normal(shape, np.float32)
        return Twin(sequences, scored, same, same, noise * np.float32(self.eps))

    def rows(self) -> Longs:
        return _NONE

    def identity(self) -> list[Any]:
        return ["shifted", self.seed, self.eps]


def _unit(store: Store, unit: int) -> tuple[list[Ints], list[Longs]]:
    """The sequences of a unit, and in tagging the places of their scored tokens."""
    rows = range(int(store.first[unit]), int(store.first[unit + 1]))
    parts = [slice(int(store.starts[row]), int(store.starts[row + 1])) for row in rows]
    scored: list[Longs] = []
    if store.kind == "tag" and store.targets is not None:
        scored = [np.flatnonzero(store.targets[part] != IGNORE) for part in parts]
    return [store.ids[part] for part in parts], scored


def _groups(ids: Ints, words: Longs) -> Longs:
    """A group for each word; the first one is ``<s>``, and ``</s>`` is joined to nothing."""
    return np.where(ids == ids[-1], OTHER, words + 1)


class Beside(NamedTuple):
    """What the loss of a pack with twins needs to know of it.

    Args:
        here, there: The rows of each pair: of units (classify, choice, span) or scored tokens (tag).
        groups: span: the group of each token, int64 [T]; else None.
        learned: The rows that the teacher says something of.
        taught: The units of these rows again, for the teacher; None without any.
        example: What the sum over this pack's pairs is multiplied with; and
        model: what the sum over the rows learned.
    """

    here: Longs
    there: Longs
    groups: Longs | None
    learned: Longs
    taught: Pack | None
    example: float = 0.0
    model: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Consistency:
    """What a task's examples should agree on.

    Args:
        head: The task's head.
        store: Its training data.
        twins: Where twins come from; None without R1.
        weight: λ1.
        augmented: The units that R2 is asked on, sorted.
        teacher: The frozen model, on the same device; None without R2.
        teacher_head: Its head.
        teacher_weight: λ2.
        hard: Whether its first choice is learned instead of its probabilities.
    """

    head: str
    store: Store
    twins: Twins | None = None
    weight: float = 0.0
    augmented: Longs = field(default_factory=lambda: _NONE)
    teacher: Model | None = None
    teacher_head: str = ""
    teacher_weight: float = 0.0
    hard: bool = False

    def identity(self) -> list[Any]:
        """What has to be the same for a checkpoint to be gone on from, as JSON has it."""
        example = [self.weight, self.twins.identity()] if self.twins is not None else []
        return [*example, len(self.augmented), self.teacher_weight, self.hard]

    def packs(self, units: Longs, epoch: int, budget: int, first_position: int) -> list[Pack]:
        """Cut a step's units, each with its twin, into packs of at most ``budget`` tokens."""
        twins = [self.twins.draw(unit, epoch) if self.twins else None for unit in units.tolist()]
        own = self.store.starts[self.store.first[units + 1]] - self.store.starts[self.store.first[units]]
        added = [sum(map(len, twin.sequences)) if twin else 0 for twin in twins]
        made = [
            self._pack(units[members], [twins[at] for at in members.tolist()], first_position)
            for members in cut(own + np.asarray(added), budget)
        ]
        items = sum(pack.items for pack, _ in made)
        pairs = sum(len(beside.here) for _, beside in made)
        learned = sum(len(beside.learned) for _, beside in made)
        # The loop divides by the items of the step what is summed over them: these means have divisors of their own.
        example = self.weight * items / pairs if pairs else 0.0
        model = self.teacher_weight * items / learned if learned else 0.0
        return [replace(pack, beside=beside._replace(example=example, model=model)) for pack, beside in made]

    def _pack(self, units: Longs, twins: Sequence[Twin | None], first_position: int) -> tuple[Pack, Beside]:
        """Some units and their twins behind them."""
        pack = collate(self.store, units, first_position=first_position)
        paired = [at for at, twin in enumerate(twins) if twin is not None]
        found = [twin for twin in twins if twin is not None]
        tags = self.store.kind == "tag"
        scored = self.store.items()[units] if tags else np.ones(len(units), np.int64)
        first = np.cumsum(scored) - scored
        here = there = _NONE
        groups: Longs | None = None
        if found:
            pack = joined(pack, _collate(self.store, found, first_position))
            pack = replace(pack, shift=_shift(pack, [twin.shift for twin in found]))
            its = np.asarray([sum(map(len, twin.scored)) if tags else 1 for twin in found])
            first_twin = int(scored.sum()) + np.cumsum(its) - its
            inside = [(twin.here, twin.there) if tags else (np.zeros(1, np.int64),) * 2 for twin in found]
            here = np.concatenate([first[at] + own for at, (own, _) in zip(paired, inside, strict=True)])
            there = np.concatenate([at + own for at, (_, own) in zip(first_twin, inside, strict=True)])
            if self.store.kind == "span":
                groups = np.zeros(pack.tokens, np.int64)
                for number, (at, twin) in enumerate(zip(paired, found, strict=True), len(units)):
                    groups[pack.cu_seqlens[at] : pack.cu_seqlens[at + 1]] = twin.here
                    groups[pack.cu_seqlens[number] : pack.cu_seqlens[number + 1]] = twin.there
        places = np.flatnonzero(np.isin(units, self.augmented)) if self.teacher else _NONE
        learned = ranges(first[places], scored[places])
        taught = collate(self.store, units[places], first_position=first_position) if len(places) else None
        return pack, Beside(here, there, groups, learned, taught)

    def loss(self, model: Model, batch: Batch, noise: Noise | None) -> Tensor:
        """The task's loss summed over the pack's items, and what is added to it."""
        kind, beside = self.store.kind, batch.pack.beside
        assert isinstance(beside, Beside)
        scores = model.scores(batch, self.head, noise)
        total = summed(kind, scores, batch)
        logs = log_probabilities(kind, scores, batch)
        if beside.example and len(beside.here):
            total = total + beside.example * self._example(logs, batch, beside)
        if beside.model and beside.taught is not None:
            total = total + beside.model * self._model(logs, batch, beside.taught, beside.learned)
        return total

    def _example(self, logs: Tensor, batch: Batch, beside: Beside) -> Tensor:
        """R1, summed over the pairs."""
        if beside.groups is not None:
            logs = _grouped(logs, batch, beside.groups)
        one = logs.index_select(1, move(beside.here, logs.device))
        two = logs.index_select(1, move(beside.there, logs.device))
        return (divergence(one.detach(), two) + divergence(two.detach(), one)) / len(logs)

    def _model(self, logs: Tensor, batch: Batch, taught: Pack, learned: Longs) -> Tensor:
        """R2, summed over the rows learned."""
        assert self.teacher is not None
        with torch.no_grad():
            its = to_device(self.teacher.encoder.rows(taught), batch.ids.device)
            known = log_probabilities(self.store.kind, self.teacher.scores(its, self.teacher_head), its)
        mine = logs.index_select(1, move(learned, logs.device))[..., : known.shape[-1]]
        if self.hard:
            return -mine.gather(-1, known.argmax(-1, keepdim=True)).sum() / len(logs)
        return divergence(known, mine) / len(logs)


def _shift(pack: Pack, given: Sequence[npt.NDArray[np.float32] | None]) -> npt.NDArray[np.float32] | None:
    """What is added to the embeddings of a pack that ends with twins; None if nothing is."""
    rows = [row for row in given if row is not None]
    if not rows:
        return None
    front = np.zeros((pack.tokens - sum(map(len, rows)), rows[0].shape[1]), np.float32)
    return np.concatenate([front, *rows])


def divergence(target: Tensor, logs: Tensor) -> Tensor:
    """KL(target ‖ logs), summed over rows and classes; both are log-probabilities."""
    return functional.kl_div(logs, target, reduction="sum", log_target=True)


def log_probabilities(kind: str, scores: Tensor, batch: Batch) -> Tensor:
    """What scores say as log-probabilities, finite.

    Returns:
        classify, tag: [1, rows, classes]; choice: [1, units, most choices]; span: [2, sequences, longest].
    """
    if kind == "span":
        tables = torch.stack([by_sequence(scores[:, side], batch) for side in (0, 1)])
    else:
        tables = (by_unit(scores, batch) if kind == "choice" else scores)[None]
    return functional.log_softmax(tables, -1).clamp_min(-1e4)


def _grouped(logs: Tensor, batch: Batch, groups: Longs) -> Tensor:
    """Log-probabilities of groups of tokens: [2, S, longest] -> [2, S, groups]."""
    table = torch.zeros(logs.shape[1:], dtype=torch.int64, device=logs.device)
    table = table.index_put((batch.owner, batch.inside), move(groups, logs.device))
    sums = logs.new_zeros(*logs.shape[:2], int(groups.max()) + 1)
    sums = sums.scatter_add(-1, table.expand(len(logs), -1, -1), logs.exp())
    return sums.clamp_min(_TINY).log()


def _collate(store: Store, twins: Sequence[Twin], first_position: int) -> Pack:
    """A pack of twins, without targets."""
    builder = StoreBuilder(store.kind, store.labels)
    for twin in twins:
        target = None
        if store.kind == "tag":
            target = [np.full(len(ids), IGNORE) for ids in twin.sequences]
            for row, places in zip(target, twin.scored, strict=True):
                row[places] = 0
        builder.add(twin.sequences, target)
    return collate(builder.build(), np.arange(len(twins)), first_position=first_position)
