"""A learned inflector for lemmas that no table has.

Two learners look at a lemma and a bundle from two sides. ``transducer`` is a small network that writes the form
letter by letter from the features of the bundle, one by one: it composes bundles that no row has, and sees
stretches of letters anywhere. ``affixes`` counts whole endings, stem changes and fronts: it knows rare patterns
from a single row and keeps the letters of an ending together. They err on different lemmas, so each form's
probability is the weighted product of what both say; where the network is sure, the affixes are not asked.

No part of this knows a language. Training takes minutes, is deterministic and samples large tables.
"""

from __future__ import annotations

import heapq
import json
import os
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import marisa_trie
import numpy as np

from morphaug import transducer
from morphaug.affixes import Affixes
from morphaug.errors import MissingResource, MorphaugError
from morphaug.transducer import Transducer

if TYPE_CHECKING:
    from morphaug.paradigms import Paradigms

FORMAT = 2
_HEADER, _TRIE, _ARRAYS = "inflector.json", "inflector.marisa", "inflector.npz"
_ROWS = 100_000  # rows that a large table is sampled down to
_NETWORK_ROWS = (200, 20_000)  # rows from which a network is trained, and those of a large table that it sees
_SEEDS = (1, 2)
_SURE = 0.97  # probability from which the network is believed alone
_BATCH = 64
_MEMO = 100_000
# A form's score is the product of both learners' probabilities, each raised to a power; a form that one of them
# does not name has the least probability there. Known cells of the lemma speak through the affixes alone.
_WEIGHTS = (1.0, 0.5)
_WEIGHTS_CELLS = (0.7, 1.0)
_LEAST = (0.1, 0.01)


def _sample(rows: Iterable[tuple[str, str, str]], limit: int) -> list[tuple[str, str, str]]:
    """Rows for training: all of a small table; of a large one the same number of each bundle, by hash."""
    kept: dict[str, list[tuple[int, str, str]]] = defaultdict(list)
    total, quota = 0, limit
    for lemma, form, bundle in rows:
        heap = kept[bundle]
        item = (-zlib.crc32(f"{lemma}\t{bundle}".encode()), lemma, form)
        if len(heap) < quota:
            heapq.heappush(heap, item)
            total += 1
            if (
                total > 4 * limit
            ):  # tighten the quota; heaps hold the smallest hashes, so order does not matter
                quota = max(1, _quota([len(h) for h in kept.values()], 2 * limit))
                for name, old in kept.items():
                    kept[name] = _heap(heapq.nlargest(quota, old))
                total = sum(len(h) for h in kept.values())
        elif item > heap[0]:
            heapq.heapreplace(heap, item)
    quota = _quota([len(h) for h in kept.values()], limit) if total > limit else limit
    out = [
        (lemma, form, bundle)
        for bundle in sorted(kept)
        for _, lemma, form in heapq.nlargest(quota, kept[bundle])
    ]
    out.sort()
    return out


def _heap(items: list[tuple[int, str, str]]) -> list[tuple[int, str, str]]:
    heapq.heapify(items)
    return items


def _quota(sizes: list[int], limit: int) -> int:
    """The largest number that, taken from each, makes no more than ``limit`` in all."""
    low, high = 1, max(sizes)
    while low < high:
        middle = (low + high + 1) // 2
        if sum(min(size, middle) for size in sizes) <= limit:
            low = middle
        else:
            high = middle - 1
    return low


class Inflector:
    """A trained inflector: ``Inflector.open`` a folder that ``compile_tables`` wrote, or ``train`` one.

    Read-only but for its memo; a process that has it open shares the memory-mapped part with others.
    """

    def __init__(self, affixes: Affixes, network: Transducer | None) -> None:
        self._affixes, self._network = affixes, network
        self._memo: dict[tuple[str, str, str], tuple[tuple[str, float], ...]] = {}

    @classmethod
    def train(cls, rows: Iterable[tuple[str, str, str]], *, limit: int = _ROWS) -> Inflector:
        """Train on (lemma, form, canonical bundle) rows.

        Args:
            rows: In any order; the result does not depend on it.
            limit: Rows that a larger table is sampled down to, evenly over its bundles.
        """
        sample = _sample(rows, limit)
        enough, most = _NETWORK_ROWS
        network = transducer.train(_sample(sample, most), _SEEDS) if len(sample) >= enough else None
        return cls(Affixes.train(sample), network)

    @classmethod
    def open(cls, path: Path) -> Inflector:
        """Open the inflector in a folder that ``compile_tables`` wrote.

        Raises:
            MissingResource: if there is none.
            MorphaugError: if it was written by another version or is damaged.
        """
        try:
            header = json.loads((path / _HEADER).read_text(encoding="utf-8"))
            if header.get("format") != FORMAT:
                raise MorphaugError(f"{path}: compiled by another version", "compile the tables again")
            trie = marisa_trie.Trie()
            trie.mmap(str(path / _TRIE))
            network = None
            if header["network"] is not None:
                with np.load(path / _ARRAYS, allow_pickle=False) as arrays:
                    network = Transducer(header["network"], dict(arrays))
        except (FileNotFoundError, NotADirectoryError):
            raise MissingResource(
                f"no compiled inflector in {path}", "compile the language's tables"
            ) from None
        except (OSError, RuntimeError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise MorphaugError(f"{path}: damaged inflector ({error})", "compile the tables again") from None
        return cls(Affixes(header["affixes"], trie), network)

    def save(self, folder: Path) -> None:
        """Write the files of the inflector into a folder that exists."""
        network = self._network
        header = {
            "format": FORMAT,
            "affixes": self._affixes.header,
            "network": None if network is None else network.header,
        }
        text = json.dumps(header, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        (folder / _HEADER).write_text(text + "\n", encoding="utf-8")
        part = folder / f"{_TRIE}.part"
        self._affixes.trie.save(str(part))
        os.replace(part, folder / _TRIE)
        if network is not None:
            part = folder / f"part.{_ARRAYS}"
            np.savez(part, allow_pickle=False, **network.arrays)
            os.replace(part, folder / _ARRAYS)

    def lemma_ending(self, pos: str) -> str:
        """The ending that at least three lemmas in ten of a part of speech have (the longest such), or ""."""
        return self._affixes.lemma_ending(pos)

    def knows(self, bundle: str) -> bool:
        """Whether a bundle was seen in training (or one that differs in default features only)."""
        return self._affixes.knows(bundle)

    def predict(
        self, lemma: str, bundle: str, cells: Sequence[tuple[str, str]] = (), *, keep: str = ""
    ) -> tuple[str, float] | None:
        """The likeliest form of a lemma.

        Args:
            lemma: Citation form.
            bundle: Canonical bundle.
            cells: Cells of the lemma that are known, as (bundle, form); they steer the stem.
            keep: The form has to contain this (the stem of a foreign word).

        Returns:
            The form and its probability in 0..1; None if the bundle can neither be looked up nor composed.
        """
        found = self.ranked(lemma, bundle, cells, keep=keep)
        return found[0] if found else None

    def ranked(
        self, lemma: str, bundle: str, cells: Sequence[tuple[str, str]] = (), *, keep: str = ""
    ) -> tuple[tuple[str, float], ...]:
        """The forms that a lemma may have, the likeliest first, each with its probability; as ``predict``."""
        key = (lemma, bundle, keep)
        if not cells and (known := self._memo.get(key)) is not None:
            return known
        network = self._search([(lemma, bundle)])[0]
        found = self._joined(lemma, bundle, network, cells, keep)
        if not cells:
            self._remember(key, found)
        return found

    def predict_many(self, items: Sequence[tuple[str, str]]) -> list[tuple[str, float] | None]:
        """``predict`` for many (lemma, bundle) pairs, in less time than one by one."""
        new = [item for item in dict.fromkeys(items) if (*item, "") not in self._memo]
        out: dict[tuple[str, str], tuple[tuple[str, float], ...]] = {}
        for start in range(0, len(new), _BATCH):
            batch = new[start : start + _BATCH]
            for item, network in zip(batch, self._search(batch), strict=True):
                out[item] = self._joined(*item, network, (), "")
        answers = [out[item] if item in out else self._memo[*item, ""] for item in items]
        for item, found in out.items():
            self._remember((*item, ""), found)
        return [found[0] if found else None for found in answers]

    def _remember(self, key: tuple[str, str, str], found: tuple[tuple[str, float], ...]) -> None:
        if len(self._memo) >= _MEMO:
            self._memo.clear()
        self._memo[key] = found

    def _search(self, items: Sequence[tuple[str, str]]) -> list[dict[str, float]]:
        """What the network says of each pair whose bundle it can read."""
        network = self._network
        if network is None:
            return [{} for _ in items]
        able = [item for item in items if item[0] and network.reads(item[1])]
        found = dict(zip(able, network.search(able), strict=True)) if able else {}
        return [found.get(item, {}) for item in items]

    def _joined(
        self,
        lemma: str,
        bundle: str,
        network: dict[str, float],
        cells: Sequence[tuple[str, str]],
        keep: str,
    ) -> tuple[tuple[str, float], ...]:
        """Forms by what both learners say, the likeliest first."""
        network = {form: p for form, p in network.items() if form and keep in form}
        if not cells and not keep and max(network.values(), default=0.0) >= _SURE:
            shares = network
        else:
            affixes = self._affixes.shares(lemma, bundle, cells, keep=keep)
            if not network or not affixes:
                shares = network or affixes
            else:
                a, b = _WEIGHTS_CELLS if cells else _WEIGHTS
                shares = {
                    form: (network.get(form, 0.0) + _LEAST[0]) ** a
                    * (affixes.get(form, 0.0) + _LEAST[1]) ** b
                    for form in (*network, *affixes)
                }
                total = sum(shares.values())
                shares = {form: share / total for form, share in shares.items()}
        ranked = sorted(
            ((form, min(1.0, share)) for form, share in shares.items()), key=lambda x: (-x[1], x[0])
        )
        return tuple(ranked)


def compile_inflector(paradigms: Paradigms, folder: Path) -> None:
    """Train on a compiled table and write the inflector beside it.

    Args:
        paradigms: The table.
        folder: Where to write; it exists.
    """
    rows = ((lemma, form, bundle) for lemma, bundle, form in paradigms.cells())
    Inflector.train(rows).save(folder)
