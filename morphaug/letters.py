"""What the transducer looks at: stretches of letters, as paths in one tree.

A *slot* names letters by their place: around the letter of the lemma that the transducer stands before, at the
end of what it has written, at the ends of the lemma, among its vowels. The letters of a slot, in its order, are
a path down from the slot's root. A node of the tree is kept if enough lemmas of the training rows go through
it; where a path leaves the tree, the last node on it stands for it. So a slot of four letters looks at one, two,
three or four of them, as many as were seen, and all of its contribution lies in one row of a table.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Path = list[Ints]  # for each place of a slot the letters there, one per word or per state

EDGE = 5
HISTORY, LEFT, RUN = (
    64,
    9,
    31,
)  # the last three kinds of actions; letters left; letters put in a row: the most
_START, _END = 0, 1  # codes of what stands before and after a word; letters come next, then any other letter
_AROUND: tuple[tuple[int, ...], ...] = (
    (-1, -2, -3, -4),
    (0, 1, 2, 3),
    (-1, 0, -2, 1, -3),
    (-1, 0, 1, 2, 3),
    *((place,) for place in (-5, -4, -3, -2, 1, 2, 3, 4)),
)  # places in the lemma, from the letter it stands before
_BEHIND: tuple[tuple[int, ...], ...] = (
    (-1, -2, -3, -4, -5),
    (-2,),
    (-3,),
    (-4,),
    (-5,),
)  # in what is written
_LAST: tuple[tuple[int, ...], ...] = ((-1, -2, -3, -4, -5), (-2,), (-3,), (-4,), (-5,), (-6,))  # of the lemma
_FIRST: tuple[tuple[int, ...], ...] = ((0, 1, 2, 3), (1,), (2,))
_TIER: tuple[tuple[int, ...], ...] = ((-1, -2, -3), (-2,), (-3,), (-4,))  # of its vowels
AROUND = 0  # number of the first slot of each kind
BEHIND = AROUND + len(_AROUND)
LEMMA = BEHIND + len(_BEHIND) + 1
BAG = LEMMA + len(_LAST) + len(_FIRST) + len(_TIER)
COUNTS = BAG + 1
SLOTS = COUNTS + 3
_VOWELS = frozenset("aeiouyæœøıаеиоуыэюяіαεηιουω")


@lru_cache(maxsize=4096)
def vowel(char: str) -> bool:
    """Whether a letter is a vowel, whatever its accents."""
    return unicodedata.normalize("NFD", char)[0] in _VOWELS


def tier(text: str) -> str:
    """The vowels of a word: what harmony looks at."""
    return "".join(char for char in text if vowel(char))


def fold(text: str) -> str:
    """Text in lower case, letter for letter."""
    low = text.lower()
    return low if len(low) == len(text) else "".join(char.lower()[0] for char in text)


class Tree:
    """The nodes of all slots. Node 0 is none, nodes 1 to ``SLOTS`` are the roots; each stands after its parent.

    Args:
        letters: The letters that have a code of their own.
        parents: The node that each further node hangs from.
        codes: The code that leads from there to it.
    """

    def __init__(self, letters: str, parents: Ints, codes: Ints) -> None:
        self.letters, self.parents, self.codes = letters, parents, codes
        self.width = max(len(letters) + 3, HISTORY)
        self.size = SLOTS + 1 + len(parents)
        self.code_of: Mapping[str, int] = {char: k + 2 for k, char in enumerate(letters)}
        self._other = len(letters) + 2
        self._child = np.zeros(self.size * self.width, dtype=np.int32)
        self._child[parents * self.width + codes] = np.arange(SLOTS + 1, self.size)

    @cached_property
    def first(self) -> list[list[int]]:
        """Of each slot, the nodes of paths of one letter, by its code."""
        roots = self._child[self.width : (SLOTS + 1) * self.width].reshape(SLOTS, self.width)
        out: list[list[int]] = roots.tolist()
        return out

    @cached_property
    def _below(self) -> dict[int, int]:
        keys = (self.parents * self.width + self.codes).tolist()
        return dict(zip(keys, range(SLOTS + 1, self.size), strict=True))

    def encode(self, text: str) -> list[int]:
        """The codes of a text's letters."""
        get, other = self.code_of.get, self._other
        return [get(char, other) for char in text]

    def walk(self, slot: int, path: Sequence[Any]) -> list[Ints]:
        """The nodes on the way down, level by level; 0 from where the path has left the tree."""
        node: Any = slot + 1
        out = []
        for codes in path:
            node = self._child[node * self.width + codes]
            out.append(node)
        return out

    def deepest(self, slot: int, path: Sequence[Any]) -> Ints:
        """The last node of each path; 0 if not even its first letter is in the tree."""
        levels = self.walk(slot, path)
        best = levels[0]
        for node in levels[1:]:
            best = np.where(node > 0, node, best)
        return best

    def find(self, slot: int, codes: Sequence[int]) -> int:
        """``deepest`` of one path."""
        best = self.first[slot][codes[0]]
        if not best or len(codes) == 1:
            return best
        below, width = self._below, self.width
        for code in codes[1:]:
            node = below.get(best * width + code)
            if node is None:
                break
            best = node
        return best


class Lemmas(NamedTuple):
    """Lemmas as codes, a row each between edges; their vowels likewise."""

    codes: Ints
    lengths: Ints
    vowels: Ints
    numbers: Ints


def rows_of(texts: Sequence[str], values: Any, before: int, after: int) -> tuple[Ints, Ints]:
    """Values of letters, one after the other, as (a row per text, with edges on both sides; lengths)."""
    lengths = np.array([len(text) for text in texts], dtype=np.int32)
    width = int(lengths.max(initial=1))
    out = np.full((len(texts), width + 2 * EDGE + 1), after, dtype=np.int32)
    out[:, :EDGE] = before
    out[:, EDGE : EDGE + width][np.arange(width) < lengths[:, None]] = values
    return out, lengths


def encode(tree: Tree, lows: Sequence[str]) -> Lemmas:
    """Lemmas in lower case as codes."""
    tiers = [tier(low) for low in lows]
    return Lemmas(
        *rows_of(lows, tree.encode("".join(lows)), _START, _END),
        *rows_of(tiers, tree.encode("".join(tiers)), _START, _END),
    )


def lemma_paths(x: Lemmas) -> list[Path]:
    """The slots from ``LEMMA`` on: those that look the same from every letter of a lemma."""
    each = np.arange(len(x.codes))

    def ends(codes: Ints, lengths: Ints, places: Sequence[int]) -> Path:
        return [codes[each, np.maximum(lengths + EDGE + place, 0)] for place in places]

    return [
        *(ends(x.codes, x.lengths, places) for places in _LAST),
        *([x.codes[:, EDGE + place] for place in places] for places in _FIRST),
        *(ends(x.vowels, x.numbers, places) for places in _TIER),
    ]


def around_paths(x: Lemmas, words: Ints, places: Ints) -> list[Path]:
    """The slots from ``AROUND`` on, for the letter at a place of a word."""
    return [[x.codes[words, places + EDGE + place] for place in slot] for slot in _AROUND]


def behind_paths(last: Ints, letter: Ints) -> list[Path]:
    """The slots from ``BEHIND`` on.

    Args:
        last: The codes of the last ``EDGE`` letters written, a row per state.
        letter: The code of the letter that each stands before.
    """
    out: list[Path] = [[last[:, EDGE + place] for place in slot] for slot in _BEHIND]
    return [*out, [last[:, EDGE - 1], letter, last[:, EDGE - 2]]]


def _nodes(
    tree: Tree, begin: int, slots: Sequence[tuple[int, ...]], codes: Sequence[int], at: int
) -> list[int]:
    first = tree.first
    return [
        first[k][codes[at + slot[0]]] if len(slot) == 1 else tree.find(k, [codes[at + p] for p in slot])
        for k, slot in enumerate(slots, begin)
    ]


def around_nodes(tree: Tree, codes: Sequence[int], place: int) -> list[int]:
    """The nodes of ``around_paths`` of one lemma (with its edges) and place."""
    return _nodes(tree, AROUND, _AROUND, codes, place + EDGE)


def behind_nodes(tree: Tree, last: Sequence[int], letter: int) -> list[int]:
    """The nodes of ``behind_paths`` of one state."""
    out = _nodes(tree, BEHIND, _BEHIND, last, EDGE)
    return [*out, tree.find(BEHIND + len(_BEHIND), (last[EDGE - 1], letter, last[EDGE - 2]))]


def lemma_nodes(tree: Tree, low: str) -> list[int]:
    """The nodes of one lemma: those of ``lemma_paths`` and of the bag of its letters."""
    out = []
    at = LEMMA
    for text, slots in ((low, _LAST), (low, _FIRST), (tier(low), _TIER)):
        codes = [_START] * EDGE + tree.encode(text) + [_END] * EDGE
        for slot in slots:
            origin = EDGE if slots is _FIRST else len(text) + EDGE
            out.append(tree.find(at, [codes[max(origin + place, 0)] for place in slot]))
            at += 1
    return [*out, *(tree.find(BAG, (code,)) for code in sorted(set(tree.encode(low))))]
