"""Word alignment of sentence pairs: the reparameterised IBM model 2 of Dyer et al. (2013), both ways at once.

For a word at j of n, the word at i of m that it comes from has the prior

    p(i | j, m, n) = (1 - P_NULL) * exp(-tension * |i/m - j/n|) / Z(j, m, n),      p(null) = P_NULL

and translation probabilities have a sparse Dirichlet prior, estimated by variational Bayes, without which rare
words collect garbage (C. Dyer, V. Chahuneau and N. Smith: A Simple, Fast, and Effective Reparameterization of IBM
Model 2, NAACL 2013). The models of the two directions are trained side by side on the same table of co-occurring
pairs; what they agree on (the product of the two posteriors, after P. Liang et al.: Alignment by Agreement, NAACL
2006) is what ``align`` returns, so no heuristic has to symmetrise anything.

Everything is numpy on flat arrays of cells (one cell per word of one side and word of the other); a million
cells take about 0.1 s per iteration and 4 bytes between iterations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.int32]
    Floats = NDArray[np.float64]

P_NULL = 0.08  # prior of a word that translates nothing
ALPHA = 0.01  # of the Dirichlet prior over translations of a word
_TENSION = (4.0, 0.1, 14.0)  # at the start; least and most
_BLOCK = 2_000_000  # cells worked on at a time


@dataclass(frozen=True, slots=True)
class Alignment:
    """What two aligned texts say about pairs of words.

    Attributes:
        source, target: Numbers of the words of each pair; pairs are sorted.
        agreed: Expected number of times that both directions align the pair.
        together: Number of sentence pairs that hold both words.
        source_sentences, target_sentences: Number of sentences that hold a word, by its number.
        sentences: Number of sentence pairs.
        tension: What was learned about word order, source to target and back: 0 for free order.
        links: For each word of the target text, one sentence after another, the place in its sentence of the
            source word that it most likely comes from; -1 for none.
    """

    source: Ints
    target: Ints
    agreed: Floats
    together: Ints
    source_sentences: Ints
    target_sentences: Ints
    sentences: int
    tension: tuple[float, float]
    links: Ints


@dataclass(frozen=True, slots=True)
class _Block:
    """Cells of some sentence pairs, which lie one pair after another, row (target word) by row.

    Attributes:
        pairs: Number of the pair of words of each cell.
        lengths: (source, target) length of each sentence pair.
        source, target: First words of the block, in the flat texts.
    """

    pairs: Ints
    lengths: NDArray[np.int64]
    source: int
    target: int

    def cells(self) -> tuple[Ints, Ints, Floats]:
        """Place in the block of each cell's source and target word, and their distance from the diagonal."""
        import numpy as np

        m, n = self.lengths[:, 0], self.lengths[:, 1]
        size = m * n
        first = np.cumsum(size) - size
        at = np.arange(int(size.sum()), dtype=np.int64) - np.repeat(first, size)
        wide = np.repeat(m, size)
        row, column = np.divmod(at, wide)
        i = (column + np.repeat(np.cumsum(m) - m, size)).astype(np.int32)
        j = (row + np.repeat(np.cumsum(n) - n, size)).astype(np.int32)
        off = np.abs((column + 0.5) / wide - (row + 0.5) / np.repeat(n, size))
        return i, j, off


class _Direction:
    """Translation probabilities one way: from the words ``given`` to the words ``made``."""

    def __init__(self, given: Ints, made: Ints, sizes: tuple[int, int]) -> None:
        import numpy as np

        self.given, self.made = given, made  # words of each pair
        self.sizes = sizes  # of the two vocabularies
        self.table = np.full(len(given), 1.0 / sizes[1])
        self.null = np.full(sizes[1], 1.0 / sizes[1])
        self.tension = _TENSION[0]
        self.clear()

    def clear(self) -> None:
        import numpy as np

        self.counts = np.zeros(len(self.given))
        self.nulls = np.zeros(self.sizes[1])
        self.seen = self.expected = 0.0  # distance from the diagonal, by posterior and by prior
        self.words = 0

    def posterior(self, pairs: Ints, at: Ints, off: Floats, words: Ints) -> tuple[Floats, Floats]:
        """Probability of each cell, and of no translation for each word made."""
        import numpy as np

        prior = np.exp(-self.tension * off)
        prior *= ((1.0 - P_NULL) / np.bincount(at, weights=prior, minlength=len(words)))[at]
        value = prior * self.table[pairs]
        null = P_NULL * self.null[words]
        total = np.bincount(at, weights=value, minlength=len(words)) + null
        value /= total[at]
        self.expected += float(prior @ off) / (1.0 - P_NULL)
        self.words += len(words)
        return value, null / total

    def collect(self, pairs: Ints, value: Floats, null: Floats, words: Ints, off: Floats) -> None:
        import numpy as np

        self.counts += np.bincount(pairs, weights=value, minlength=len(self.counts))
        self.nulls += np.bincount(words, weights=null, minlength=len(self.nulls))
        self.seen += float(value @ off) / max(float(value.sum()), 1e-9) * len(words)

    def update(self) -> None:
        """Take the counts for the next iteration's probabilities."""
        import numpy as np

        given, made = self.sizes
        totals = np.bincount(self.given, weights=self.counts, minlength=given)
        self.table = np.exp(digamma(self.counts + ALPHA) - digamma(totals + ALPHA * made)[self.given])
        self.null = np.exp(digamma(self.nulls + ALPHA) - digamma(self.nulls.sum() + ALPHA * made))
        step = 20.0 * (self.expected - self.seen) / max(self.words, 1)
        self.tension = min(max(self.tension + step, _TENSION[1]), _TENSION[2])
        self.clear()


def align(
    source: Sequence[Sequence[int]],
    target: Sequence[Sequence[int]],
    sizes: tuple[int, int],
    *,
    iterations: int = 5,
    progress: Callable[[int, int], Any] | None = None,
) -> Alignment:
    """Aligns two texts word by word and sums up what pairs of words have to do with each other.

    Args:
        source, target: Sentences as numbers of words; the k-th ones translate each other. None is empty.
        sizes: Numbers of different words, source and target.
        iterations: Of expectation maximisation; the first one ignores word order.
        progress: Called with the sentence pairs done so far and the total of all passes.

    Raises:
        ValueError: The texts have different lengths, or a sentence is empty.
    """
    import numpy as np

    lengths = np.array(
        [(len(s), len(t)) for s, t in zip(source, target, strict=True)], dtype=np.int64
    ).reshape(-1, 2)
    if len(lengths) == 0 or lengths.min() == 0:
        raise ValueError("no sentence, or an empty one")
    flat = tuple(
        np.fromiter((w for line in text for w in line), dtype=np.int32, count=int(total))
        for text, total in zip((source, target), lengths.sum(axis=0), strict=True)
    )
    keys, blocks = _pairs(flat[0], flat[1], lengths, sizes[1])
    words = (keys // sizes[1]).astype(np.int32), (keys % sizes[1]).astype(np.int32)
    forward = _Direction(words[0], words[1], sizes)
    backward = _Direction(words[1], words[0], (sizes[1], sizes[0]))
    forward.tension = backward.tension = 0.0
    agreed = np.zeros(len(keys))
    links: list[Ints] = []
    done, steps = 0, (iterations + 1) * len(lengths)
    for turn in range(iterations + 1):
        last = turn == iterations
        for block in blocks:
            m, n = (int(x) for x in block.lengths.sum(axis=0))
            i, j, off = block.cells()
            made = flat[1][block.target : block.target + n]
            given = flat[0][block.source : block.source + m]
            there, no_there = forward.posterior(block.pairs, j, off, made)
            back, no_back = backward.posterior(block.pairs, i, off, given)
            if last:
                agreed += np.bincount(block.pairs, weights=there * back, minlength=len(keys))
                links.append(_links(block, there))
            else:
                forward.collect(block.pairs, there, no_there, made, off)
                backward.collect(block.pairs, back, no_back, given, off)
            done += len(block.lengths)
            if progress:
                progress(done, steps)
        if not last:
            for direction in (forward, backward):
                direction.update()
                if turn == 0:
                    direction.tension = _TENSION[0]
    together = _together(blocks, len(keys))
    return Alignment(
        words[0],
        words[1],
        agreed,
        together,
        _sentences(flat[0], lengths[:, 0], sizes[0]),
        _sentences(flat[1], lengths[:, 1], sizes[1]),
        len(lengths),
        (forward.tension, backward.tension),
        np.concatenate(links),
    )


def _links(block: _Block, value: Floats) -> Ints:
    """For each target word of a block the likeliest source word's place in its sentence, or -1."""
    import numpy as np

    wide = np.repeat(block.lengths[:, 0], block.lengths[:, 1])  # cells of each target word
    starts = np.cumsum(wide) - wide
    sure = np.flatnonzero(value > 0.5)
    word = np.searchsorted(starts, sure, side="right") - 1
    out = np.full(len(wide), -1, dtype=np.int32)
    out[word] = sure - starts[word]
    return out


def _spans(lengths: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Ranges of sentence pairs that make a block each."""
    size, start = 0, 0
    for k, cells in enumerate((lengths[:, 0] * lengths[:, 1]).tolist()):
        if size and size + cells > _BLOCK:
            yield start, k
            size, start = 0, k
        size += cells
    yield start, len(lengths)


def _pairs(
    source: Ints, target: Ints, lengths: NDArray[np.int64], width: int
) -> tuple[NDArray[np.int64], list[_Block]]:
    """Every pair of words that meet in a sentence pair (source * width + target, sorted), and the cells."""
    import numpy as np

    starts = np.vstack([np.zeros((1, 2), dtype=np.int64), np.cumsum(lengths, axis=0)])
    spans = list(_spans(lengths))
    found: list[NDArray[np.int64]] = []
    for a, b in spans:
        found.append(_distinct(_keys(source, target, lengths[a:b], starts[a], width)))
    keys = _distinct(np.concatenate(found))
    blocks = []
    for a, b in spans:
        cells = _keys(source, target, lengths[a:b], starts[a], width)
        pairs = np.searchsorted(keys, cells).astype(np.int32)
        blocks.append(_Block(pairs, lengths[a:b], int(starts[a][0]), int(starts[a][1])))
    return keys, blocks


def _keys(
    source: Ints, target: Ints, lengths: NDArray[np.int64], start: NDArray[np.int64], width: int
) -> NDArray[np.int64]:
    import numpy as np

    empty = np.zeros(0, dtype=np.int32)
    i, j, _ = _Block(empty, lengths, 0, 0).cells()
    keys: NDArray[np.int64] = source[start[0] + i].astype(np.int64) * width + target[start[1] + j]
    return keys


def _together(blocks: Sequence[_Block], size: int) -> Ints:
    """In how many sentence pairs each pair of words meets."""
    import numpy as np

    out = np.zeros(size, dtype=np.int64)
    for block in blocks:
        cells = block.lengths[:, 0] * block.lengths[:, 1]
        where = np.repeat(np.arange(len(cells), dtype=np.int64), cells)
        once = _distinct(where * size + block.pairs)
        out += np.bincount(once % size, minlength=size)
    return out.astype(np.int32)


def _sentences(words: Ints, lengths: NDArray[np.int64], size: int) -> Ints:
    """In how many sentences each word stands."""
    import numpy as np

    where = np.repeat(np.arange(len(lengths), dtype=np.int64), lengths)
    once = _distinct(where * size + words)
    counts: Ints = np.bincount(once % size, minlength=size).astype(np.int32)
    return counts


def _distinct(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """The different values, sorted; numpy's own hashes, which takes twenty times as long here."""
    import numpy as np

    ordered = np.sort(values)
    new = np.ones(len(ordered), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    return ordered[new]


def digamma(x: Any) -> Any:
    """The digamma function, for positive arguments, to about ten digits.

    >>> round(float(digamma(1.0)), 8)  # minus Euler's constant
    -0.57721566
    """
    import numpy as np

    x = np.array(x, dtype=np.float64)
    out = np.zeros_like(x)
    for _ in range(6):  # psi(x) = psi(x + 1) - 1/x, until the series below is good
        low = x < 6.0
        out -= np.where(low, 1.0 / x, 0.0)
        x = np.where(low, x + 1.0, x)
    square = 1.0 / (x * x)
    series = square * (1 / 12 - square * (1 / 120 - square * (1 / 252 - square * (1 / 240 - square / 132))))
    return out + np.log(x) - 0.5 / x - series
