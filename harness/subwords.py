"""Another way to cut words into the vocabulary's pieces: subword sampling (Kudo 2018, arXiv 1804.10959).

XLM-R's vocabulary is a unigram language model: each piece has a log-probability, and a word is cut into the
pieces whose product is largest. Here a cut is drawn instead, with probability proportional to that product to
the power alpha (SentencePiece's sampling from the whole lattice, n-best -1). No piece holds a word's beginning
("▁") but at its front, so that drawing word by word is drawing from the whole sentence's lattice.

It works on token ids: the pieces of a text are joined and cut anew, so what stands in the store is enough.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

import numpy as np

from harness.store import Ints, Longs, Store
from morphaug.errors import MorphaugError

START = "▁"  # what SentencePiece writes for the white space before a word
KEPT = 50_000  # words whose lattices are remembered


class Vocabulary(NamedTuple):
    """A unigram vocabulary.

    Args:
        pieces: The piece of each id; None for ids that are never cut or put in (``<s>``, ``<unk>``, ...).
        found: (id, log-probability) by piece.
        longest: Characters of the longest piece.
    """

    pieces: tuple[str | None, ...]
    found: Mapping[str, tuple[int, float]]
    longest: int

    @classmethod
    def of(cls, tokenizer: Any) -> Vocabulary:
        """The vocabulary behind a tokenizer of transformers.

        Raises:
            MorphaugError: It is no unigram model, so its pieces have no probabilities.
        """
        backend = getattr(tokenizer, "backend_tokenizer", None)
        model = json.loads(backend.to_str())["model"] if backend is not None else {}
        if model.get("type") != "Unigram":
            raise MorphaugError(
                "subword sampling needs a vocabulary with probabilities (SentencePiece's unigram model)",
                "choose another twin: gaussian, code-switch or variant",
            )
        special = set(tokenizer.all_special_ids)
        pieces = tuple(None if at in special else piece for at, (piece, _) in enumerate(model["vocab"]))
        rows = enumerate(model["vocab"])
        found = {piece: (at, float(score)) for at, (piece, score) in rows if at not in special}
        return cls(pieces, found, max(map(len, found), default=0))


class _Lattice(NamedTuple):
    """All cuts of a word. For each end: where its last piece may begin, that piece's id, and the shares summed up."""

    begins: tuple[tuple[int, ...], ...]
    ids: tuple[tuple[int, ...], ...]
    shares: tuple[tuple[float, ...], ...]


class Cutter:
    """Draws cuts of words.

    Args:
        vocabulary: Of the model's tokenizer.
        alpha: 1 draws by the vocabulary's probabilities, 0 all cuts alike.
        rate: Share of the words that are cut anew.
    """

    def __init__(self, vocabulary: Vocabulary, alpha: float = 0.3, rate: float = 1.0) -> None:
        self.vocabulary, self.alpha, self.rate = vocabulary, alpha, rate
        self._lattice = lru_cache(maxsize=KEPT)(self._build)

    def cut(self, word: str, random: np.random.Generator) -> list[int] | None:
        """The ids of a word's pieces, drawn; None if the vocabulary cannot write it."""
        lattice = self._lattice(word)
        if lattice is None:
            return None
        at, out = len(word), []
        while at:
            choice = bisect_right(lattice.shares[at], random.random())
            out.append(lattice.ids[at][choice])
            at = lattice.begins[at][choice]
        return out[::-1]

    def sequence(
        self, ids: Sequence[int], heads: Sequence[int], random: np.random.Generator, room: int
    ) -> tuple[Ints, Longs, Longs]:
        """Cut the words of a sequence anew.

        Args:
            ids: Its token ids.
            heads: Places where a word begins besides those whose piece says so (tagging has words of its own).
            random: Where draws come from.
            room: The most tokens there may be: words at the end keep their own pieces where it would be more.

        Returns:
            The new ids [M], the number of the word of each [M], and that of each old token [N].
        """
        runs = self._words(ids, heads)
        new: list[Sequence[int]] = []
        for begin, end in runs:
            own = ids[begin:end]
            texts = [self.vocabulary.pieces[i] for i in own]
            anew = random.random() < self.rate if None not in texts else False
            drawn = self.cut("".join(text or "" for text in texts), random) if anew else None
            new.append(drawn or own)
        over = sum(map(len, new)) - room
        for at in range(len(runs) - 1, -1, -1):
            if over <= 0:
                break
            begin, end = runs[at]
            over -= len(new[at]) - (end - begin)
            new[at] = ids[begin:end]
        numbers = np.arange(len(runs))
        old = np.repeat(numbers, [end - begin for begin, end in runs])
        return (
            np.asarray([i for row in new for i in row], np.int32),
            np.repeat(numbers, [*map(len, new)]),
            old,
        )

    def reachable(self, store: Store, heads: Sequence[Sequence[int]]) -> Longs:
        """The ids that cutting a store's words anew can put in, sorted."""
        words: set[tuple[int, ...]] = set()
        for row, (begin, end) in enumerate(pairwise(store.starts.tolist())):
            ids = store.ids[begin:end].tolist()
            words |= {tuple(ids[a:b]) for a, b in self._words(ids, heads[row])}
        out: set[int] = set()
        for own in words:
            texts = [self.vocabulary.pieces[i] for i in own]
            lattice = self._lattice("".join(text or "" for text in texts)) if None not in texts else None
            out.update(i for row in (lattice.ids if lattice else ()) for i in row)
        return np.asarray(sorted(out), np.int64)

    def _words(self, ids: Sequence[int], heads: Sequence[int]) -> list[tuple[int, int]]:
        """The runs of tokens that are words; each token that is never cut is a run of its own."""
        pieces, forced = self.vocabulary.pieces, set(heads)
        starts = []
        before: str | None = None
        for at, i in enumerate(ids):
            text = pieces[i]
            lone = before == START  # "▁" belongs to what follows
            if at in forced or text is None or before is None or (text.startswith(START) and not lone):
                starts.append(at)
            before = text
        return list(pairwise([*starts, len(ids)]))

    def _build(self, word: str) -> _Lattice | None:
        found, longest = self.vocabulary.found, self.vocabulary.longest
        size = len(word)
        total = [-math.inf] * (size + 1)  # log of the summed weights of all cuts of the word's beginning
        total[0] = 0.0
        begins: list[tuple[int, ...]] = [()]
        ids: list[tuple[int, ...]] = [()]
        shares: list[tuple[float, ...]] = [()]
        for end in range(1, size + 1):
            edges = []
            for begin in range(max(0, end - longest), end):
                entry = found.get(word[begin:end])
                if entry is not None and total[begin] > -math.inf:
                    edges.append((begin, entry[0], total[begin] + self.alpha * entry[1]))
            if edges:
                top = max(weight for _, _, weight in edges)
                summed = list(accumulate(math.exp(weight - top) for _, _, weight in edges))
                total[end] = top + math.log(summed[-1])
                shares.append((*(share / summed[-1] for share in summed[:-1]), 1.0))
            else:
                shares.append(())
            begins.append(tuple(edge[0] for edge in edges))
            ids.append(tuple(edge[1] for edge in edges))
        return _Lattice(tuple(begins), tuple(ids), tuple(shares)) if total[size] > -math.inf else None
