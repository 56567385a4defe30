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
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from harness.drawing import Twin, Twins
from harness.kernels import Noise
from harness.model import Batch, Model, by_sequence, by_unit, move, summed, to_device
from harness.packing import Pack, collate, joined, ranges
from harness.packing import packs as cut
from harness.store import IGNORE, Longs, Store, StoreBuilder

_NONE = np.zeros(0, np.int64)
_TINY = 1e-30  # no probability is less: a group's would be 0 in single precision


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
