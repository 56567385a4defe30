"""Where the twins of units come from: made before, cut into other pieces, or shifted a little.

Each is a pure function of the unit and the epoch, so that a run that is resumed draws what it would have drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from harness.packing import generator
from harness.store import IGNORE, Ints, Longs, Store
from harness.subwords import Cutter
from harness.twins import OTHER, Link

_TWINS = 5  # the purpose of these random numbers: harness.packing has the others
_NONE = np.zeros(0, np.int64)


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
