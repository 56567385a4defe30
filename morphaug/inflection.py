"""A learned inflector for lemmas that no table has.

Two learners look at a lemma and a bundle from two sides. ``transducer`` is a small network that writes the form
letter by letter from the features of the bundle, one by one: it composes bundles that no row has, and sees
stretches of letters anywhere. ``affixes`` counts whole endings, stem changes and fronts: it knows rare patterns
from a single row and keeps the letters of an ending together. They err on different lemmas, so each form's
probability is the weighted product of what both say; where the affixes are sure, the network is not asked.

Few rows make no network: small tables are left to the affixes, and compile at once. No part of this knows a
language. Training is deterministic, and large tables are sampled.
"""

from __future__ import annotations

import heapq
import io
import json
import os
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import marisa_trie
import numpy as np

from morphaug.affixes import Affixes
from morphaug.errors import MissingResource, MorphaugError
from morphaug.formstore import FormStore, identity
from morphaug.transducer import Transducer

if TYPE_CHECKING:
    from morphaug.paradigms import Paradigms

FORMAT = 4
FILES = ("inflector.json", "inflector.marisa", "inflector.npz", "inflector.npy")
"""The files of an inflector: header, affix counts, and (of a network) small arrays and the mapped table."""
_HEADER, _TRIE, _ARRAYS, _TABLE = FILES
_ROWS = 100_000  # rows that a large table is sampled down to
_NETWORK_ROWS = (5_000, 20_000)  # rows from which a network is trained; those of a large table that it sees
# Probability from which the affixes are believed alone: where both saw all rows, and where the network saw a sample.
_SURE = (0.97, 0.3)
_BATCH = 512
_MEMO = 100_000
# A form's score is the product of both learners' probabilities, each raised to a power; a form that one of them
# does not name has the least probability there. Their sizes make probabilities that
# can be trusted (docs/inflection.md). Known cells of the lemma speak through the affixes alone.
_WEIGHTS = (1.0, 0.3)
_WEIGHTS_CELLS = (0.7, 1.0)
_LEAST = (0.1, 0.01)


class Guess(NamedTuple):
    """A form that a lemma may have.

    Attributes:
        form: The form.
        probability: In 0..1.
        maker: "network", "affixes", or "both" where each of them named it.
    """

    form: str
    probability: float
    maker: str


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

    Read-only but for its memo; processes that have it open share the memory-mapped parts.

    Attributes:
        identity: Of its files and the code; b"" if it has no files.
        store: Forms of earlier runs, asked and told by ``predict``; None for none.
    """

    def __init__(
        self, affixes: Affixes, network: Transducer | None, sure: float, identity: bytes = b""
    ) -> None:
        self._affixes, self._network, self._sure = affixes, network, sure
        self.identity = identity
        self.store: FormStore | None = None
        self._memo: dict[tuple[str, str, str], tuple[Guess, ...]] = {}

    @classmethod
    def train(
        cls,
        rows: Iterable[tuple[str, str, str]],
        *,
        limit: int = _ROWS,
        progress: Callable[[float], None] | None = None,
    ) -> Inflector:
        """Train on (lemma, form, canonical bundle) rows.

        Args:
            rows: In any order; the result does not depend on it.
            limit: Rows that a larger table is sampled down to, evenly over its bundles.
            progress: Called with the share of the work that is done, now and then, if there is much of it.
        """
        sample = _sample(rows, limit)
        affixes = Affixes.train(sample)
        enough, most = _NETWORK_ROWS
        sure = _SURE[len(sample) > most]
        if len(sample) < enough:
            return cls(affixes, None, sure)
        from morphaug import transducer_training

        return cls(affixes, transducer_training.train(_sample(sample, most), progress), sure)

    @classmethod
    def open(cls, path: Path) -> Inflector:
        """Open the inflector in a folder that ``compile_tables`` or ``save`` wrote.

        Raises:
            MissingResource: if there is none.
            MorphaugError: if it was written by another version or is damaged.
        """
        try:
            header = json.loads((path / _HEADER).read_text(encoding="utf-8"))
            if header.get("format") != FORMAT:
                raise MorphaugError(f"{path}: compiled by another version", "compile the tables again")
            trie = marisa_trie.BytesTrie()
            trie.mmap(str(path / _TRIE))
            network = None
            if header["network"] is not None:
                with np.load(io.BytesIO((path / _ARRAYS).read_bytes()), allow_pickle=False) as stored:
                    arrays = dict(stored)
                arrays["table"] = np.load(path / _TABLE, mmap_mode="r", allow_pickle=False)
                network = Transducer(header["network"], arrays)
            affixes = Affixes(header["affixes"], trie)
            sure = float(header["sure"])
        except (FileNotFoundError, NotADirectoryError):
            raise MissingResource(
                f"no compiled inflector in {path}", "compile the language's tables"
            ) from None
        except (
            *(OSError, RuntimeError, ValueError, KeyError, TypeError, AttributeError, IndexError, EOFError),
            zipfile.BadZipFile,
        ) as error:
            raise MorphaugError(f"{path}: damaged inflector ({error})", "compile the tables again") from None
        return cls(affixes, network, sure, identity([path / name for name in FILES]))

    def save(self, folder: Path) -> None:
        """Write the files of the inflector into a folder that exists."""
        network = self._network
        header = {
            "format": FORMAT,
            "sure": self._sure,
            "affixes": self._affixes.header,
            "network": None if network is None else network.header,
        }
        text = json.dumps(header, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"
        parts = {name: folder / f"part.{name}" for name in FILES}
        self._affixes.trie.save(str(parts[_TRIE]))
        parts[_HEADER].write_text(text, encoding="utf-8")
        if network is not None:
            small = {name: array for name, array in network.arrays.items() if name != "table"}
            np.savez(parts[_ARRAYS], allow_pickle=False, **small)
            np.save(parts[_TABLE], network.arrays["table"], allow_pickle=False)
        for name in reversed(FILES):  # the header last: without it there is no inflector
            if parts[name].exists():
                os.replace(parts[name], folder / name)

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
        store = self.store
        if store is None or not self.identity:
            found = self.ranked(lemma, bundle, cells, keep=keep)
            return found[0][:2] if found else None
        question = repr((lemma, bundle, keep, tuple(cells))).encode("utf-8", "surrogatepass")
        key = blake2b(question, digest_size=16, key=self.identity).digest()
        answer = store.get(self.identity, key)
        if isinstance(answer, bool):
            found = self.ranked(lemma, bundle, cells, keep=keep)
            answer = found[0][:2] if found else None
            store.put(key, answer)
        return answer

    def ranked(
        self, lemma: str, bundle: str, cells: Sequence[tuple[str, str]] = (), *, keep: str = ""
    ) -> tuple[Guess, ...]:
        """The forms that a lemma may have, the likeliest first; as ``predict``."""
        key = (lemma, bundle, keep)
        if not cells and (known := self._memo.get(key)) is not None:
            return known
        affixes = self._counted(lemma, bundle, cells, keep)
        network = self._network
        if network is None or not self._doubtful(lemma, bundle, affixes):
            found = _ordered(affixes, {}, affixes)
        else:
            found = self._joined(lemma, bundle, network.forms(lemma, bundle), affixes, cells, keep)
        if not cells:
            self._remember(key, found)
        return found

    def ranked_many(self, items: Sequence[tuple[str, str]]) -> list[tuple[Guess, ...]]:
        """``ranked`` for many (lemma, bundle) pairs, in far less time than one by one."""
        memo, network = self._memo, self._network
        answers = {item: memo[*item, ""] for item in items if (*item, "") in memo}
        new = [item for item in dict.fromkeys(items) if item not in answers]
        for start in range(0, len(new), _BATCH):
            batch = new[start : start + _BATCH]
            affixes = {item: self._counted(*item, (), "") for item in batch}
            asked = [item for item in batch if self._doubtful(*item, affixes[item])]
            searched = zip(asked, network.search(asked), strict=True) if network is not None else ()
            answers.update((i, self._joined(*i, forms, affixes[i], (), "")) for i, forms in searched)
            for item in batch:
                if item not in answers:
                    answers[item] = _ordered(affixes[item], {}, affixes[item])
        for item in new:
            self._remember((*item, ""), answers[item])
        return [answers[item] for item in items]

    def predict_many(self, items: Sequence[tuple[str, str]]) -> list[tuple[str, float] | None]:
        """``predict`` for many (lemma, bundle) pairs, in far less time than one by one."""
        return [found[0][:2] if found else None for found in self.ranked_many(items)]

    def _remember(self, key: tuple[str, str, str], found: tuple[Guess, ...]) -> None:
        if len(self._memo) >= _MEMO:
            self._memo.clear()
        self._memo[key] = found

    def _counted(
        self, lemma: str, bundle: str, cells: Sequence[tuple[str, str]], keep: str
    ) -> Mapping[str, float]:
        """What the affixes say; of a bundle that was never seen only if the network cannot read it either."""
        if lemma and self._network is not None and not self.knows(bundle) and self._network.reads(bundle):
            return {}
        return self._affixes.shares(lemma, bundle, cells, keep=keep)

    def _doubtful(self, lemma: str, bundle: str, affixes: Mapping[str, float]) -> bool:
        """Whether the network is to be asked: it can read the bundle, and the affixes are not sure."""
        if not lemma or (affixes and max(affixes.values()) >= self._sure):
            return False
        return self._network is not None and self._network.reads(bundle)

    def _joined(
        self,
        lemma: str,
        bundle: str,
        network: Mapping[str, float],
        affixes: Mapping[str, float],
        cells: Sequence[tuple[str, str]],
        keep: str,
    ) -> tuple[Guess, ...]:
        """Forms by what both learners say, the likeliest first."""
        network = {form: p for form, p in network.items() if form and keep in form}
        if not network and not affixes and not self.knows(bundle):
            affixes = self._affixes.shares(lemma, bundle, cells, keep=keep)
        return _ordered(_product(network, affixes, _WEIGHTS_CELLS if cells else _WEIGHTS), network, affixes)


def _ordered(
    shares: Mapping[str, float], network: Mapping[str, float], affixes: Mapping[str, float]
) -> tuple[Guess, ...]:
    ranked = sorted([(-min(1.0, share), form) for form, share in shares.items()])
    if not network:
        return tuple([Guess(form, -minus, "affixes") for minus, form in ranked])
    return tuple([Guess(form, -minus, _maker(form, network, affixes)) for minus, form in ranked])


def _product(
    network: Mapping[str, float], affixes: Mapping[str, float], weights: tuple[float, float]
) -> Mapping[str, float]:
    if not network:
        return affixes
    a, b = weights
    shares = {
        form: (network.get(form, 0.0) + _LEAST[0]) ** a * (affixes.get(form, 0.0) + _LEAST[1]) ** b
        for form in (*network, *affixes)
    }
    total = sum(shares.values())
    return {form: share / total for form, share in shares.items()}


def _maker(form: str, network: Mapping[str, float], affixes: Mapping[str, float]) -> str:
    if form in network and form in affixes:
        return "both"
    return "network" if form in network else "affixes"


def compile_inflector(
    paradigms: Paradigms, folder: Path, progress: Callable[[float], None] | None = None
) -> None:
    """Train on a compiled table and write the inflector beside it.

    Args:
        paradigms: The table.
        folder: Where to write; it exists.
        progress: Called with the share of the work that is done, now and then, if there is much of it.
    """
    rows = ((lemma, form, bundle) for lemma, bundle, form in paradigms.cells())
    Inflector.train(rows, progress=progress).save(folder)
