"""A character transducer: a small network that reads a lemma and a bundle and writes a form, letter by letter.

At each step it stands before a letter of the lemma and does one thing: copy the letter, drop it, put another in
its place, put one before it, or stop. It looks at stretches of letters (``letters``) and at the features of the
bundle, alone and by twos, so that a bundle that it never saw is made of features that it did. All of these are
indicators: the first layer is a sum of rows of a table, one layer of rectified units follows. The table is in
whole numbers, memory-mapped, and the sums are exact; numpy suffices to run it, word by word or many at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from morphaug.features import DEFAULTS, features_of, pos_of
from morphaug.letters import (
    AROUND,
    BAG,
    BEHIND,
    COUNTS,
    EDGE,
    HISTORY,
    LEFT,
    LEMMA,
    RUN,
    Ints,
    Lemmas,
    Tree,
    around_nodes,
    around_paths,
    behind_nodes,
    behind_paths,
    encode,
    fold,
    lemma_nodes,
    lemma_paths,
    rows_of,
)

Floats = NDArray[np.float32]
Sums = NDArray[np.int16]
Action = tuple[str, str]  # a kind out of KINDS, the letter that it writes

KINDS = "cdspe"  # copy, drop, swap, put, end
_COPY, _DROP, _PUT, _END = 0, 1, 3, 4
_WIDTH, _FLOOR = 4, 0.02  # hypotheses that are followed, and their least share of the best one's probability
_LEAST = 1e-5
_EXTRA = 40  # letters that a form may have more than twice its lemma's
_LEMMAS, _STATES = 256, 8192  # lemmas, and what was written before, that are remembered


def bundle_keys(bundle: str) -> list[str]:
    """Indicators of a bundle: its features, alone ("f") and by twos ("g"), and itself ("B")."""
    features = sorted(features_of(bundle))
    twos = (f"g{a}&{b}" for k, a in enumerate(features) for b in features[k + 1 :])
    return [*(f"f{feature}" for feature in features), *twos, f"B{bundle}"]


def legal(actions: Sequence[Action]) -> Floats:
    """What is added to the actions' scores before a letter of the lemma, and at its end, to forbid some."""
    out = np.zeros((2, len(actions)), dtype=np.float32)
    out[0, [k for k, (kind, _) in enumerate(actions) if kind == "e"]] = -99
    out[1, [k for k, (kind, _) in enumerate(actions) if kind in "cds"]] = -99
    return out


class _Word(NamedTuple):
    """What is remembered of a lemma: what the first layer makes of each of its places.

    Attributes:
        codes: Its letters, between edges.
        places: From what is around each place.
        copied: The same with what is behind it, if all letters before it were copied.
    """

    codes: list[int]
    places: Sums
    copied: Sums


class _State(NamedTuple):
    """Where a walk through a lemma stands: the place, what is written, and how."""

    place: int
    last: tuple[int, ...]
    history: int
    run: int
    text: str


class Transducer:
    """A trained network.

    Args:
        header: What it reads and writes, as JSON values.
        arrays: "table", the first layer, has a row per node of the tree (with what its ancestors contribute) and
            one per indicator of bundles, in whole numbers; "scale" is what a one in each of its columns is
            worth; "bias"; "top" and "top_bias", the second layer; "parents" and "codes" of the tree.
    """

    def __init__(self, header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        self.header, self.arrays = header, arrays
        self._tree = Tree(header["letters"], arrays["parents"], arrays["codes"])
        self._rows = {name: self._tree.size + k for k, name in enumerate(header["names"])}
        self._pos = {name[1:] for name in self._rows if name[0] in "fg"}
        self._table: NDArray[np.int8] = np.asarray(arrays["table"])
        self._scale: Floats = arrays["scale"]
        self._bias: Floats = arrays["bias"]
        self._top: Floats = arrays["top"]
        self._actions: list[Action] = [(kind, char) for kind, char in header["actions"]]
        self._top_bias: Floats = arrays["top_bias"] + legal(self._actions)
        self._reach: dict[str, int] = header["reach"]
        self._kind = np.array([KINDS.index(kind) for kind, _ in self._actions], dtype=np.int32)
        self._char = np.array([ord(char or "\0") for _, char in self._actions], dtype=np.int32)
        codes = [self._tree.encode(fold(char))[0] if char else 0 for _, char in self._actions]
        self._code = np.array(codes, dtype=np.int32)
        self._steps = list(zip(self._kind.tolist(), codes, [char for _, char in self._actions], strict=True))
        self._counts = [
            self._table.take(self._tree.walk(COUNTS + k, [np.arange(most + 1)])[0], axis=0).astype(np.int16)
            for k, most in enumerate((HISTORY - 1, LEFT, RUN))
        ]
        self._bag = self._table.take(self._tree.walk(BAG, [np.arange(self._tree.width)])[0], axis=0)
        self._readable: dict[str, bool] = {}
        self._bundles: dict[str, Sums] = {}
        self._words: dict[tuple[str, int], _Word] = {}
        self._behind: dict[tuple[tuple[int, ...], int], Sums] = {}
        self._count: dict[tuple[int, int, int], Sums] = {}

    def reads(self, bundle: str) -> bool:
        """Whether each feature of a bundle was seen with its part of speech."""
        known = self._readable.get(bundle)
        if known is None:
            pos = pos_of(bundle)
            known = pos in self._pos and all(
                feature == pos or feature in DEFAULTS or "&".join(sorted((feature, pos))) in self._pos
                for feature in features_of(bundle)
            )
            if len(self._readable) >= _STATES:
                self._readable.clear()
            self._readable[bundle] = known
        return known

    def _of_bundle(self, bundle: str) -> Sums:
        found = self._bundles.get(bundle)
        if found is None:
            rows = [row for key in bundle_keys(bundle) if (row := self._rows.get(key)) is not None]
            found = self._total(rows)
            if len(self._bundles) >= _STATES:
                self._bundles.clear()
            self._bundles[bundle] = found
        return found

    def _total(self, rows: Sequence[int]) -> Sums:
        out: Sums = self._table.take(rows, axis=0).sum(axis=0, dtype=np.int16)
        return out

    # -- one word ---------------------------------------------------------------------------------------

    def _word(self, lemma: str, low: str, start: int) -> _Word:
        found = self._words.get((lemma, start))
        if found is None:
            tree, n = self._tree, len(low)
            codes = [0] * EDGE + tree.encode(low) + [1] * (EDGE + 1)
            rows = [around_nodes(tree, codes, place) for place in range(start, n + 1)]
            places = self._table.take(rows, axis=0).sum(axis=1, dtype=np.int16)
            places += self._total(lemma_nodes(tree, low))
            behind = [
                behind_nodes(tree, codes[place : place + EDGE], codes[place + EDGE])
                for place in range(start, n + 1)
            ]
            copied = places + self._table.take(behind, axis=0).sum(axis=1, dtype=np.int16)
            still, lefts, runs = self._counts
            copied += lefts.take([min(n - place, LEFT) for place in range(start, n + 1)], axis=0)
            copied += still[0] + runs[0]
            if len(self._words) >= _LEMMAS:
                self._words.clear()
            found = self._words[lemma, start] = _Word(codes, places, copied)
        return found

    def _of_state(self, state: _State, letter: int, left: int) -> Sums:
        key = state.last, letter
        behind = self._behind.get(key)
        if behind is None:
            if len(self._behind) >= _STATES:
                self._behind.clear()
            behind = self._behind[key] = self._total(behind_nodes(self._tree, state.last, letter))
        numbers = state.history, min(left, LEFT), state.run
        counts = self._count.get(numbers)
        if counts is None:
            if len(self._count) >= _STATES:
                self._count.clear()
            rows = [table[number] for table, number in zip(self._counts, numbers, strict=True)]
            counts = self._count[numbers] = rows[0] + rows[1] + rows[2]
        return behind + counts

    def _copies(self, sums: Sums, start: int) -> tuple[int, float]:
        """(place, probability) after the first letters, while nothing but copying is likely: all at one go."""
        hidden = sums[:-1] * self._scale
        hidden += self._bias
        shares = np.maximum(hidden, 0, out=hidden) @ self._top
        shares += self._top_bias[0]
        copy = shares[:, _COPY].copy()
        shares -= copy[:, None]
        np.exp(np.minimum(shares, 50, out=shares), out=shares)
        whole = 1 / np.add.reduce(shares, axis=1)
        q = 1.0
        for place, share in enumerate(whole.tolist(), start):
            if share * (1 + _FLOOR) <= 1:
                return place, q
            q *= share
        return start + len(whole), q

    def forms(self, lemma: str, bundle: str) -> dict[str, float]:
        """The likeliest forms of a lemma, each with its probability."""
        low = fold(lemma)
        n = len(low)
        start = max(0, n - self._reach.get(pos_of(bundle), n))
        codes, places, copied = self._word(lemma, low, start)
        constant = self._of_bundle(bundle)
        place, q = self._copies(copied + constant, start)
        alive = [(q, _State(place, tuple(codes[place : place + EDGE]), 0, 0, lemma[:place]))]
        done: dict[str, float] = {}
        best = 0.0
        for _ in range(2 * n + _EXTRA):
            options: list[tuple[float, int, int]] = []
            for number, (q, state) in enumerate(alive):
                left = n - state.place
                sums = places[state.place - start] + constant
                sums += self._of_state(state, codes[state.place + EDGE], left)
                hidden = sums * self._scale
                hidden += self._bias
                shares = np.maximum(hidden, 0, out=hidden) @ self._top
                shares += self._top_bias[0 if left else 1]
                top = int(shares.argmax())
                shares -= shares[top]
                np.exp(shares, out=shares)
                whole = q / float(np.add.reduce(shares))
                if whole * (1 + _FLOOR) > q:  # all but this action have less than the floor
                    options.append((-whole, number, top))
                else:
                    for column in np.flatnonzero(shares > _FLOOR).tolist():
                        options.append((-whole * float(shares[column]), number, column))
            options.sort()
            if not options:
                break
            least = max(best, -options[0][0]) * _FLOOR
            following = []
            for minus, number, column in options[:_WIDTH]:
                if -minus < least:
                    break
                state = alive[number][1]
                kind, code, char = self._steps[column]
                if kind == _END:
                    done[state.text] = done.get(state.text, 0.0) - minus
                    best = max(best, done[state.text])
                    continue
                place, last, history, run, text = state
                if kind == _COPY:
                    char, code = lemma[place], codes[place + EDGE]
                if kind != _DROP:
                    last, text = (*last[1:], code), text + char
                    run = min(run + 1, RUN) if kind == _PUT else 0
                history = (history * 4 + kind) % HISTORY
                following.append((-minus, _State(place + (kind != _PUT), last, history, run, text)))
            alive = following
        return done

    # -- many words -------------------------------------------------------------------------------------

    def search(self, items: Sequence[tuple[str, str]]) -> list[dict[str, float]]:
        """``forms`` of many (lemma, bundle) pairs; all hypotheses are followed together."""
        if not items:
            return []
        batch = _Batch(items, self._tree, self._reach)
        constant, places = self._layers(batch, items)
        done: list[dict[str, float]] = [{} for _ in items]
        best = np.zeros(len(items), dtype=np.float32)
        kind, char, code = self._kind, self._char, self._code
        states = batch.begin()
        for _ in range(2 * int(batch.x.lengths.max()) + _EXTRA):
            if not len(states.word):
                break
            shares = self._shares(batch, states, constant, places)
            source, action, q = _followed(shares, states.word, best)
            ends = np.flatnonzero(kind[action] == _END)
            for at in ends.tolist():
                word, text = int(states.word[source[at]]), states.written(int(source[at]))
                done[word][text] = done[word].get(text, 0.0) + float(q[at])
                best[word] = max(best[word], done[word][text])
            goes = np.flatnonzero(kind[action] != _END)
            source, action, q = source[goes], action[goes], q[goes]
            states = states.after(batch, source, q, kind[action], char[action], code[action])
        return done

    def _layers(self, batch: _Batch, items: Sequence[tuple[str, str]]) -> tuple[Sums, Sums]:
        """The first layer, as far as it depends on (word and bundle; place of a lemma) alone."""
        table, tree, x = self._table, self._tree, batch.x
        lemmas = _gathered(table, [tree.deepest(LEMMA + k, p) for k, p in enumerate(lemma_paths(x))])
        bag = np.zeros((len(x.codes), tree.width), dtype=np.float32)
        rows, columns = np.nonzero(np.arange(x.codes.shape[1] - EDGE) < x.lengths[:, None])
        bag[rows, x.codes[rows, columns + EDGE]] = 1
        lemmas += (bag @ self._bag.astype(np.float32)).astype(np.int16)
        constant: Sums = lemmas[batch.lemma] + np.stack([self._of_bundle(bundle) for _, bundle in items])
        paths = around_paths(x, batch.place_word, batch.place)
        return constant, _gathered(table, [tree.deepest(AROUND + k, p) for k, p in enumerate(paths)])

    def _shares(self, batch: _Batch, states: _States, constant: Sums, places: Sums) -> Floats:
        """What each action's probability is, times the state's own."""
        lemma = batch.lemma[states.word]
        left = batch.x.lengths[lemma] - states.place
        sums = constant[states.word] + places[batch.base[lemma] + states.place]
        letter = batch.x.codes[lemma, states.place + EDGE]
        for k, path in enumerate(behind_paths(states.last, letter)):
            sums += self._table.take(self._tree.deepest(BEHIND + k, path), axis=0)
        for rows, numbers in zip(
            self._counts, (states.history, np.minimum(left, LEFT), states.run), strict=True
        ):
            sums += rows.take(numbers, axis=0)
        hidden = sums * self._scale
        hidden += self._bias
        shares: Floats = np.maximum(hidden, 0, out=hidden) @ self._top
        shares += self._top_bias[(left == 0).astype(np.int8)]
        shares -= shares.max(axis=1, keepdims=True)
        np.exp(shares, out=shares)
        shares *= (states.q / shares.sum(axis=1))[:, None]
        return shares


def _gathered(table: NDArray[np.int8], nodes: Sequence[Ints]) -> Sums:
    """The sum of a table's rows, for each place in some arrays of their numbers."""
    out: Sums = table.take(nodes[0], axis=0).astype(np.int16)
    for at in nodes[1:]:
        out += table.take(at, axis=0)
    return out


def _followed(
    shares: Floats, words: Ints, best: Floats
) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """Which (state, action) pairs are followed, with their probabilities: of each word the likeliest few."""
    rows, columns = np.nonzero(shares > _LEAST)
    q = shares[rows, columns]
    order = np.lexsort((columns, rows, -q, words[rows]))
    rows, columns, q = rows[order], columns[order], q[order]
    word = words[rows]
    first = np.flatnonzero(np.concatenate([[True], word[1:] != word[:-1]]))
    sizes = np.diff(np.append(first, len(word)))
    rank = np.arange(len(word)) - np.repeat(first, sizes)
    least = np.maximum(best[word], np.repeat(q[first], sizes)) * _FLOOR
    kept = (rank < _WIDTH) & (q >= least)
    return rows[kept], columns[kept], q[kept]


class _Batch:
    """Words that are inflected together.

    Attributes:
        x: The distinct lemmas.
        lemma: Which of them each word is.
        start: The place from which each word's letters are not just copied.
        place_word, place: Every place of every lemma that matters; ``base`` + place is its number.
    """

    def __init__(self, items: Sequence[tuple[str, str]], tree: Tree, reach: Mapping[str, int]) -> None:
        lemmas = list(dict.fromkeys(lemma for lemma, _ in items))
        number = {lemma: k for k, lemma in enumerate(lemmas)}
        self.x: Lemmas = encode(tree, [fold(lemma) for lemma in lemmas])
        points = np.frombuffer("".join(lemmas).encode("utf-32-le"), dtype="<i4")
        self.chars, _ = rows_of(lemmas, points, 0, 0)
        self.lemma: Ints = np.array([number[lemma] for lemma, _ in items], dtype=np.int32)
        far = np.array([reach.get(pos_of(bundle), 1 << 20) for _, bundle in items], dtype=np.int32)
        self.start: Ints = np.maximum(0, self.x.lengths[self.lemma] - far)
        first = np.full(len(lemmas), 1 << 20, dtype=np.int32)
        np.minimum.at(first, self.lemma, self.start)
        sizes = self.x.lengths - first + 1
        base = np.cumsum(sizes) - sizes
        self.place_word: Any = np.repeat(np.arange(len(lemmas)), sizes)
        self.base = base - first
        self.place: Any = np.arange(int(sizes.sum())) - self.base[self.place_word]

    def begin(self) -> _States:
        """Before the first step: what comes before a word's start is copied."""
        n, width = len(self.lemma), 3 * int(self.x.lengths.max()) + _EXTRA
        chars = np.zeros((n, width), dtype=np.int32)
        most = int(self.start.max())
        chars[:, :most] = self.chars[self.lemma, EDGE : EDGE + most]
        last = np.stack([self.x.codes[self.lemma, self.start + k] for k in range(EDGE)], axis=1)
        zero = np.zeros(n, dtype=np.int32)
        return _States(
            np.arange(n), self.start, np.ones(n, np.float32), last, zero, zero, chars, self.start.copy()
        )


class _States(NamedTuple):
    """Hypotheses, a row each: the word, its place, the probability, and what is written."""

    word: Any
    place: Any
    q: Floats
    last: Ints
    history: Any
    run: Any
    chars: Ints
    length: Any

    def written(self, row: int) -> str:
        return self.chars[row, : self.length[row]].astype("<i4").tobytes().decode("utf-32-le")

    def after(self, batch: _Batch, source: Any, q: Floats, kind: Any, char: Any, code: Any) -> _States:
        """The states that actions lead to from those in ``source``."""
        word, place, _, last, history, run, chars, length = (field[source] for field in self)
        lemma = batch.lemma[word]
        copies = kind == _COPY
        char = np.where(copies, batch.chars[lemma, place + EDGE], char)
        code = np.where(copies, batch.x.codes[lemma, place + EDGE], code)
        writes = kind != _DROP
        at = np.flatnonzero(writes)
        chars[at, length[at]] = char[at]
        last[at] = np.concatenate([last[at, 1:], code[at, None]], axis=1)
        run = np.where(kind == _PUT, np.minimum(run + 1, RUN), np.where(writes, 0, run))
        history = (history * 4 + kind) % HISTORY
        return _States(word, place + (kind != _PUT), q, last, history, run, chars, length + writes)
