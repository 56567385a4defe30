"""Tokenised data as flat arrays: written once, memory-mapped, cut into packs without copying examples about.

A *unit* is what is sampled: a sentence pair, one QA window, a multiple-choice example (k sequences), a
block of text. A store holds every sequence of every unit end to end in one array of token ids.

========= ============================ ======================================================================
kind      sequences of a unit          targets (int32; ``IGNORE`` = not labelled, never scored)
========= ============================ ======================================================================
classify  1                            [units] the class
tag       1 or more (a split sentence) [tokens] the tag of a word on its first sub-word, else ``IGNORE``
span      1 (one window)               [sequences, 2] first and last answer token *inside the window*, (0, 0)
                                       where the window holds no answer
choice    k, in the order of choices   [units] which of them is right
mlm       1                            none: masks are drawn when a batch is made. Also the kind of plain text
                                       that is only to be embedded
retrieve  2: query, candidate          none: the candidates of the other pairs are the wrong answers
========= ============================ ======================================================================
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from morphaug.errors import MorphaugError

Kind: TypeAlias = Literal["classify", "tag", "span", "choice", "mlm", "retrieve"]
Ints: TypeAlias = npt.NDArray[np.int32]
Longs: TypeAlias = npt.NDArray[np.int64]

KINDS: tuple[Kind, ...] = get_args(Kind)
IGNORE = -100
_ARRAYS = ("ids", "starts", "unit", "targets")
_LABELLED = ("classify", "tag", "span", "choice")


@dataclass(frozen=True, slots=True, eq=False)
class Store:
    """Token ids of one data set, with what is to be predicted from them.

    Args:
        kind: What the units are (see the module's table).
        ids: Token ids of all sequences end to end, int32 [T].
        starts: Where each sequence begins in ``ids``, and T at the end, int64 [N + 1].
        unit: The unit of each sequence, int32 [N]: 0, 0, 1, ... without gaps.
        targets: As in the module's table; None for mlm and retrieve.
        labels: The names of the classes or tags, in the order of their numbers.
        first: The first sequence of each unit, and N at the end, int64 [U + 1] (computed).
    """

    kind: Kind
    ids: Ints
    starts: Longs
    unit: Ints
    targets: Ints | None = None
    labels: tuple[str, ...] = ()
    first: Longs = field(init=False)

    def __post_init__(self) -> None:
        _check(self)
        steps = np.flatnonzero(np.diff(self.unit)) + 1
        ends = [len(self.unit)] if len(self.unit) else []
        object.__setattr__(self, "first", np.concatenate([[0], steps, ends]).astype(np.int64))

    @property
    def units(self) -> int:
        """How many units there are."""
        return len(self.first) - 1

    @property
    def sequences(self) -> int:
        """How many sequences there are."""
        return len(self.unit)

    @property
    def tokens(self) -> int:
        """How many tokens there are, special ones included."""
        return len(self.ids)

    def lengths(self) -> Longs:
        """Tokens of each sequence, int64 [N]."""
        return np.diff(self.starts)

    def unit_lengths(self) -> Longs:
        """Tokens of each unit (all its sequences together), int64 [U]."""
        return np.diff(self.starts[self.first])

    def items(self) -> Longs:
        """How many losses each unit is summed of, int64 [U]: labelled tags, windows, pairs, examples.

        Raises:
            MorphaugError: For mlm, where it depends on the masks drawn.
        """
        if self.kind == "mlm":
            raise MorphaugError("the items of masked text are known only when its masks are drawn")
        if self.targets is None:
            return np.ones(self.units, np.int64)
        if self.kind == "tag":
            seen = np.concatenate([[0], np.cumsum(self.targets != IGNORE)])
            return np.asarray(np.diff(seen[self.starts[self.first]]))
        rows = self.targets if self.targets.ndim == 1 else self.targets[:, 0]
        return np.asarray(rows != IGNORE, np.int64)

    def take(self, units: Sequence[int] | Longs) -> Store:
        """A store of these units only, in this order (development data carved out of training data)."""
        builder = StoreBuilder(self.kind, self.labels)
        for unit in units:
            rows = range(int(self.first[unit]), int(self.first[unit + 1]))
            sequences = [self.ids[self.starts[row] : self.starts[row + 1]] for row in rows]
            builder.add(sequences, self._target(int(unit), rows))
        return builder.build()

    def _target(self, unit: int, rows: range) -> Any:
        if self.targets is None:
            return None
        if self.kind == "tag":
            return [self.targets[self.starts[row] : self.starts[row + 1]] for row in rows]
        return tuple(self.targets[rows[0]]) if self.kind == "span" else int(self.targets[unit])

    def save(self, folder: Path) -> None:
        """Write the arrays and a header with their checksums; the folder appears whole or not at all.

        Args:
            folder: Must not exist yet; its parents are made.

        Raises:
            MorphaugError: If the folder exists.
        """
        if folder.exists():
            raise MorphaugError(f"{folder} exists", "delete it or name another folder")
        part = folder.with_name(f".{folder.name}.{os.getpid()}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        sums = {}
        for name in _ARRAYS:
            array = getattr(self, name)
            if array is not None:
                np.save(part / f"{name}.npy", array, allow_pickle=False)
                sums[name] = _sha256(part / f"{name}.npy")
        header = {"format": 1, "kind": self.kind, "labels": self.labels, "sha256": sums}
        (part / "header.json").write_text(json.dumps(header, ensure_ascii=False, indent=1), encoding="utf-8")
        part.rename(folder)

    @classmethod
    def load(cls, folder: Path, *, verify: bool = True) -> Store:
        """Open a saved store; the arrays stay on disk until they are read.

        Args:
            folder: What `save` wrote.
            verify: Compare every array with its checksum first (reads it once).

        Raises:
            MorphaugError: If a file is missing, damaged or of another version.
        """
        try:
            header = json.loads((folder / "header.json").read_text(encoding="utf-8"))
            if header["format"] != 1:
                raise MorphaugError(
                    f"{folder}: written by another version", "delete the folder: it is made again"
                )
            arrays: dict[str, Any] = {}
            for name, digest in header["sha256"].items():
                path = folder / f"{name}.npy"
                if verify and _sha256(path) != digest:
                    raise MorphaugError(f"{path} is damaged", "delete the folder: it is made again")
                arrays[name] = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise MorphaugError(f"{folder} is not a tokenised data set ({error})") from error
        return cls(header["kind"], labels=tuple(header["labels"]), **arrays)


class StoreBuilder:
    """Collects units one by one into a `Store`.

    Args:
        kind: What the units are.
        labels: The names of the classes or tags, in the order of their numbers.
    """

    def __init__(self, kind: Kind, labels: Sequence[str] = ()) -> None:
        self.kind, self.labels = kind, tuple(labels)
        self._ids: list[Ints] = []
        self._unit: list[int] = []
        self._targets: list[Any] = []
        self._units = 0

    def add(self, sequences: Sequence[Sequence[int] | Ints], target: Any = None) -> int:
        """Append one unit.

        Args:
            sequences: The token ids of each of its sequences, special tokens included.
            target: The unit's target, None where unlabelled. classify and choice: an int; tag: for each
                sequence, a number for each token (``IGNORE`` where none); span: (first, last) in the window.

        Returns:
            The number of the unit.
        """
        arrays = [np.asarray(ids, np.int32) for ids in sequences]
        self._ids += arrays
        self._unit += [self._units] * len(arrays)
        if self.kind == "tag":
            tags = [np.full(len(ids), IGNORE) for ids in arrays] if target is None else target
            if [len(row) for row in tags] != [len(ids) for ids in arrays]:
                raise MorphaugError(f"unit {self._units}: one tag for each token is needed")
            self._targets += [np.asarray(row, np.int32) for row in tags]
        elif self.kind == "span":
            self._targets.append((IGNORE, IGNORE) if target is None else (int(target[0]), int(target[1])))
        elif self.kind in _LABELLED:
            self._targets.append(IGNORE if target is None else int(target))
        self._units += 1
        return self._units - 1

    def build(self) -> Store:
        """The store of everything added so far.

        Raises:
            MorphaugError: If a unit is empty or a target cannot be (see `Store`).
        """
        ids = np.concatenate(self._ids) if self._ids else np.zeros(0, np.int32)
        starts = np.cumsum([0, *(len(row) for row in self._ids)], dtype=np.int64)
        targets: Ints | None = None
        if self.kind == "tag":
            targets = np.concatenate(self._targets) if self._targets else np.zeros(0, np.int32)
        elif self.kind in _LABELLED:
            targets = np.asarray(self._targets, np.int32)
            targets = targets.reshape(-1, 2) if self.kind == "span" else targets
        return Store(self.kind, ids, starts, np.asarray(self._unit, np.int32), targets, self.labels)


def _check(store: Store) -> None:
    """Refuse arrays that do not fit together, naming the first unit that is wrong."""
    if store.kind not in KINDS:
        raise MorphaugError(f"unknown kind of data '{store.kind}'", f"known: {', '.join(KINDS)}")
    lengths, unit = np.diff(store.starts), store.unit
    if len(store.starts) != len(unit) + 1 or store.starts[0] != 0 or store.starts[-1] != len(store.ids):
        raise MorphaugError("the starts of the sequences do not cover the token ids")
    if len(unit) and lengths.min() <= 0:
        raise MorphaugError(f"unit {unit[int(lengths.argmin())]} has an empty sequence")
    if len(unit) and (unit[0] != 0 or not np.isin(np.diff(unit), (0, 1)).all()):
        raise MorphaugError("the units of the sequences must be numbered 0, 1, 2, ... in order")
    counts = np.bincount(unit) if len(unit) else np.zeros(0, np.int64)
    wanted = {"classify": 1, "span": 1, "mlm": 1, "retrieve": 2}.get(store.kind)
    if wanted and (counts != wanted).any():
        wrong = int(np.flatnonzero(counts != wanted)[0])
        raise MorphaugError(f"unit {wrong} has {counts[wrong]} sequences where {store.kind} has {wanted}")
    _check_targets(store, lengths, counts)


def _check_targets(store: Store, lengths: Longs, counts: Longs) -> None:
    targets = store.targets
    if (targets is not None) != (store.kind in _LABELLED):
        raise MorphaugError(f"{store.kind} data {'lack' if targets is None else 'cannot have'} targets")
    if targets is None:
        return
    shape = {"tag": (len(store.ids),), "span": (len(store.unit), 2)}.get(store.kind, (len(counts),))
    if targets.shape != shape:
        raise MorphaugError(f"the targets of {store.kind} data have shape {targets.shape}, not {shape}")
    limit: Any = {"span": lengths[:, None], "choice": counts}.get(store.kind, len(store.labels))
    bad = (targets != IGNORE) & ((targets < 0) | (targets >= limit))
    if bad.any():
        raise MorphaugError(
            f"target {targets[bad][0]} at {np.argwhere(bad)[0].tolist()} is none that {store.kind} data can have"
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
