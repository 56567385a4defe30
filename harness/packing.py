"""From a store to micro-batches without padding: what a step reads is a pure function of (seed, step).

Nothing here keeps state: resuming a run is asking for step s + 1, and neither the number of processes nor
the size of a micro-batch changes which units a step holds.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from harness.store import IGNORE, Ints, Longs, Store
from morphaug.errors import MorphaugError, UnknownName

MIXINGS = ("proportional", "uniform", "temperature")
# One number for each use of randomness, so that two uses of one (seed, epoch) never share a stream.
_ORDER, _MASKS, _TASKS = 1, 2, 3  # 4: dropout (harness.train), 5: twins (harness.drawing)


def generator(purpose: int, *key: int) -> np.random.Generator:
    """A random generator keyed by whole numbers ≥ 0 (counter-based: nearby keys are unrelated)."""
    return np.random.Generator(np.random.Philox(np.random.SeedSequence((purpose, *key))))


@lru_cache(maxsize=16)
def order(seed: int, epoch: int, units: int) -> Longs:
    """The order in which an epoch visits its units, int64 [units], not to be written to."""
    visit = generator(_ORDER, seed, epoch).permutation(units)
    visit.flags.writeable = False
    return visit


@dataclass(frozen=True, slots=True, eq=False)
class Sampler:
    """Which units step s holds, for any s, without having drawn the steps before it.

    Every unit is visited once in each epoch; the last step of an epoch may be smaller.

    Args:
        lengths: Tokens of each unit, int64 [U] (`Store.unit_lengths`).
        seed: Seed of the order.
        batch_size: Units of a step; or
        batch_tokens: about this many tokens in a step (the epoch is cut into equal shares of its tokens).
    """

    lengths: Longs
    seed: int
    batch_size: int | None = None
    batch_tokens: int | None = None

    def __post_init__(self) -> None:
        given = [size for size in (self.batch_size, self.batch_tokens) if size is not None]
        if len(given) != 1 or given[0] < 1:
            raise MorphaugError("a step needs either batch_size or batch_tokens, at least 1")
        if not len(self.lengths):
            raise MorphaugError("the training data are empty")

    @property
    def steps_per_epoch(self) -> int:
        """How many steps visit every unit once."""
        if self.batch_size is not None:
            return -(-len(self.lengths) // self.batch_size)
        assert self.batch_tokens is not None
        return min(len(self.lengths), max(1, round(int(self.lengths.sum()) / self.batch_tokens)))

    def at(self, step: int) -> tuple[int, Longs]:
        """The epoch and the units of a step (both count from 0)."""
        steps = self.steps_per_epoch
        epoch, inside = divmod(step, steps)
        visit = order(self.seed, epoch, len(self.lengths))
        if self.batch_size is not None:
            return epoch, visit[inside * self.batch_size : (inside + 1) * self.batch_size]
        # A unit belongs to the share its middle falls in; a share without any (one very long unit) takes one.
        ends = np.cumsum(self.lengths[visit])
        share = (ends - self.lengths[visit] / 2) * steps / ends[-1]
        cuts = np.searchsorted(share, np.arange(steps + 1))
        for cut in range(1, steps):
            cuts[cut] = min(max(cuts[cut], cuts[cut - 1] + 1), len(visit) - (steps - cut))
        return epoch, visit[cuts[inside] : cuts[inside + 1]]


def mixing_weights(
    sizes: Sequence[int], mixing: str = "proportional", *, temperature: float = 1.0, cap: int | None = None
) -> npt.NDArray[np.float64]:
    """How likely each of several tasks is to be drawn.

    Args:
        sizes: Units of each task.
        mixing: "uniform", "proportional" (to the size) or "temperature" (size ** (1 / temperature)).
        temperature: 1 is proportional, infinity uniform.
        cap: Count no task as larger than this (T5's examples-proportional mixing).

    Returns:
        Probabilities, float64 [tasks].
    """
    if mixing not in MIXINGS:
        raise UnknownName("mixing", mixing, MIXINGS)
    if temperature <= 0 or (cap is not None and cap < 1):
        raise MorphaugError("a mixing needs a temperature above 0 and a cap of at least 1")
    counted = np.minimum(np.asarray(sizes, np.float64), np.inf if cap is None else cap)
    power = {"uniform": 0.0, "proportional": 1.0, "temperature": 1.0 / temperature}[mixing]
    weights = counted**power
    return np.asarray(weights / weights.sum())


def schedule(seed: int, steps: int, weights: Sequence[float] | npt.NDArray[np.float64]) -> Longs:
    """The task of each step, int64 [steps]; a longer schedule begins with the shorter one."""
    edges = np.cumsum(np.asarray(weights, np.float64))
    draws = generator(_TASKS, seed).random(steps) * edges[-1]
    tasks = np.searchsorted(edges, draws, side="right")
    return np.asarray(np.minimum(tasks, len(edges) - 1), np.int64)


def packs(lengths: Sequence[int] | Longs, budget: int) -> list[Longs]:
    """Cut units into micro-batches of at most ``budget`` tokens (best-fit decreasing; deterministic).

    Long units come first, so that sequences of like length lie in one pack, where attention can take them
    together.

    Args:
        lengths: Tokens of each unit.
        budget: The most tokens of a pack; a unit longer than that gets a pack of its own.

    Returns:
        For each pack the indices into ``lengths``, longest unit first; every index exactly once.
    """
    if budget < 1:
        raise MorphaugError(f"a pack of {budget} tokens holds nothing")
    lengths = np.asarray(lengths, np.int64)
    bins: list[list[int]] = []
    room: list[tuple[int, int]] = []  # (free tokens, number of the pack), sorted
    for index in np.argsort(-lengths, kind="stable").tolist():
        need = int(lengths[index])
        place = bisect_left(room, (need, -1))
        if place == len(room):
            bins.append([index])
            insort(room, (max(0, budget - need), len(bins) - 1))
        else:
            free, pack = room.pop(place)
            bins[pack].append(index)
            insort(room, (free - need, pack))
    return [np.asarray(members, np.int64) for members in bins]


@dataclass(frozen=True, slots=True)
class Masking:
    """How masked language modelling hides tokens (BERT's 80/10/10).

    Args:
        mask_id: The id of ``<mask>``.
        vocabulary: Number of ids; a hidden token may be replaced by any that is not special.
        special: Ids that are never hidden and never put in (``<s>``, ``<pad>``, ``</s>``, ``<unk>``, ``<mask>``).
        seed: Seed of the draws; together with the epoch and the unit's number it fixes the masks.
        rate: Share of the tokens to predict.
    """

    mask_id: int
    vocabulary: int
    special: tuple[int, ...]
    seed: int
    rate: float = 0.15

    def draw(self, ids: Ints, epoch: int, unit: int) -> tuple[Ints, Longs]:
        """Hide tokens of one sequence: the ids with some hidden, and the places to predict."""
        random = generator(_MASKS, self.seed, epoch, unit)
        chosen, fate = random.random(len(ids)) < self.rate, random.random(len(ids))
        others = random.integers(0, self.vocabulary, len(ids), dtype=np.int32)
        special = np.asarray(self.special, np.int32)
        chosen &= ~np.isin(ids, special)
        hidden = np.where(chosen & (fate < 0.8), np.int32(self.mask_id), ids)
        swap = chosen & (fate >= 0.9) & ~np.isin(others, special)
        return np.where(swap, others, hidden).astype(np.int32), np.flatnonzero(chosen)


@dataclass(frozen=True, slots=True, eq=False)
class Pack:
    """Some units of a store end to end, with nothing between them: one forward pass.

    Args:
        kind: The store's kind.
        ids: Token ids, int64 [T].
        positions: Position ids, counted from ``first_position`` in every sequence, int64 [T].
        cu_seqlens: Where each sequence begins, and T, int32 [S + 1].
        max_len: Tokens of the longest sequence.
        units: The units' numbers in the store, int64 [U].
        first: The first sequence of each unit, and S, int64 [U + 1].
        where: Flat places of the tokens that are scored (tag, mlm), int64 [M]; else None.
        targets: classify, choice: [U]; tag, mlm: [M]; span: [S, 2]; int64 with ``IGNORE`` for unlabelled
            units; None for retrieve and for plain text.
        items: How many losses this pack is summed of.
        beside: What an objective of the loop's own needs to know of the pack.
        shift: Added to the embeddings of the words, float32 [T, d]; None adds nothing.
    """

    kind: str
    ids: Longs
    positions: Longs
    cu_seqlens: Ints
    max_len: int
    units: Longs
    first: Longs
    where: Longs | None
    targets: Longs | None
    items: int
    beside: object = None
    shift: npt.NDArray[np.float32] | None = None

    @property
    def tokens(self) -> int:
        """How many tokens there are, all of them real."""
        return len(self.ids)


def collate(
    store: Store,
    units: Sequence[int] | Longs,
    *,
    first_position: int = 2,
    masking: Masking | None = None,
    epoch: int = 0,
) -> Pack:
    """Gather units of a store into a pack.

    Args:
        store: Where they come from.
        units: Their numbers, in the order wanted.
        first_position: The first position id (XLM-R: padding id + 1 = 2).
        masking: Hides tokens of mlm data; without it they are plain text with nothing to predict.
        epoch: Together with ``masking`` fixes what is hidden.
    """
    units = np.asarray(units, np.int64)
    counts = store.first[units + 1] - store.first[units]
    rows = ranges(store.first[units], counts)
    lengths = store.starts[rows + 1] - store.starts[rows]
    flat = ranges(store.starts[rows], lengths)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    ids = store.ids[flat]
    targets: Longs | None = None
    where: Longs | None = None
    if store.kind == "mlm" and masking is not None:
        hidden = [
            masking.draw(ids[begin:end], epoch, int(unit))
            for unit, begin, end in zip(units, starts, starts[1:], strict=False)
        ]
        where = np.concatenate([begin + places for begin, (_, places) in zip(starts, hidden, strict=False)])
        targets = ids[where].astype(np.int64)
        ids = np.concatenate([row for row, _ in hidden])
    elif store.kind == "tag" and store.targets is not None:
        tags = store.targets[flat]
        where = np.flatnonzero(tags != IGNORE)
        targets = tags[where].astype(np.int64)
    elif store.targets is not None:
        targets = store.targets[units if store.kind != "span" else rows].astype(np.int64)
    return Pack(
        kind=store.kind,
        ids=ids.astype(np.int64),
        positions=ranges(np.full(len(rows), first_position, np.int64), lengths),
        cu_seqlens=starts.astype(np.int32),
        max_len=int(lengths.max(initial=0)),
        units=units,
        first=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        where=where,
        targets=targets,
        items=_items(store.kind, targets, len(units)),
    )


def joined(first: Pack, second: Pack) -> Pack:
    """Two packs of a kind as one: the first one's losses, and scores of both."""

    def both(one: Longs | None, two: Longs | None) -> Longs | None:
        return None if one is None or two is None else np.concatenate([one, two])

    where = None if second.where is None else second.where + first.tokens
    unlabelled = None if second.targets is None else np.full_like(second.targets, IGNORE)
    return replace(
        first,
        ids=np.concatenate([first.ids, second.ids]),
        positions=np.concatenate([first.positions, second.positions]),
        cu_seqlens=np.concatenate([first.cu_seqlens, second.cu_seqlens[1:] + np.int32(first.tokens)]),
        max_len=max(first.max_len, second.max_len),
        units=np.concatenate([first.units, second.units]),
        first=np.concatenate([first.first, second.first[1:] + first.first[-1]]),
        where=both(first.where, where),
        targets=both(first.targets, unlabelled),
    )


def ranges(starts: Longs, lengths: Longs) -> Longs:
    """The concatenation of ``arange(start, start + length)`` for each pair, int64."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    return np.asarray(np.arange(total) + np.repeat(starts - (ends - lengths), lengths), np.int64)


def _items(kind: str, targets: Longs | None, units: int) -> int:
    if targets is None:
        return units if kind == "retrieve" else 0
    return int((targets.reshape(len(targets), -1)[:, 0] != IGNORE).sum()) if len(targets) else 0
