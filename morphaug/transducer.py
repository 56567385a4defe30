"""A character transducer: a small network that reads a lemma and a bundle and writes a form, letter by letter.

At each step it stands before a letter of the lemma and does one thing: copy the letter, drop it, put another in
its place, put one before it, or stop. It looks at stretches of letters around that place, at the lemma's ends and
vowels, at what it wrote last, and at the features of the bundle, alone and by twos, so that a bundle that it
never saw is made of features that it did. All of these are indicators: the first layer is a sum of rows of a
table, one layer of rectified units follows, and numpy suffices to train it and to run it.

Rows are aligned first (Viterbi, iterated over the costs of single edits), with a charge for each change between
copying and editing, so that edits stay together. Indicators are left out at random in training, the long
stretches of letters most often: the network learns to do with the short ones on lemmas unlike those it saw.
"""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from morphaug.features import DEFAULTS, features_of, pos_of

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Row = tuple[str, str, str]  # lemma, form, bundle
Action = tuple[
    str, str
]  # "copy", "drop", "swap", "put" or "stop" by its first letter; the letters it is about

_HIDDEN = 256
_STEPS = 1_500_000  # examples that training looks at, at most; sets the number of passes
_PASSES = (3, 10, 20)  # fewest, usual, most
_BATCH = 192
_RATE = 2e-3
_UNIT_DROP = 0.25
_EASY = 0.02  # examples with a smaller loss are mostly passed over in the next pass
_KEEP_EASY = 0.15
_LEAST, _MOST = (
    3,
    32_000,
)  # lemmas that an indicator has to stand for; indicators that are kept, the commonest
_WIDTH, _FLOOR = 4, 0.02  # hypotheses that are followed, and their least share of the best one's probability
_AROUND = (
    *((k, k + 1) for k in range(-5, 5)),
    *(
        (-2, 0),
        (-3, 0),
        (-4, 0),
        (0, 2),
        (0, 3),
        (0, 4),
        (-1, 1),
        (-1, 2),
        (-2, 1),
        (-2, 2),
        (-1, 4),
        (-3, 2),
    ),
)  # stretches of the lemma, from the letter it stands before
_BEHIND = (*((-k - 1, -k) for k in range(5)), (-2, 0), (-3, 0), (-4, 0))  # of what is written
_EDGE = 5
_SLOTS = len(_AROUND) + len(_BEHIND) + 4
_KINDS = "cdsp"
_HISTORY = 64  # the last three kinds of actions
_LEFT, _RUN = 9, 15
_DROP = {"f": 0.0, "B": 0.3, "E": 0.25, "S": 0.25, "U": 0.25}  # chance that an indicator is left out
_DROP_LONG, _DROP_SHORT = 0.25, 0.1
_COPY, _SKIP, _STOP = 0, 1, 2
_VOWELS = frozenset("aeiouyæœøıаеиоуыэюяіαεηιουω")


@lru_cache(maxsize=4096)
def vowel(char: str) -> bool:
    """Whether a letter is a vowel, whatever its accents."""
    return unicodedata.normalize("NFD", char)[0] in _VOWELS


def fold(text: str) -> str:
    """Text in lower case, letter for letter."""
    low = text.lower()
    return low if len(low) == len(text) else "".join(char.lower()[0] for char in text)


# -- alignment ---------------------------------------------------------------------------------------


def _align(lemma: str, form: str, cost: Mapping[Action, float], unseen: float, switch: float) -> list[Action]:
    """The cheapest actions that make ``form`` of ``lemma``. Cells come in two kinds: after a copy, or an edit."""
    width = len(form) + 1
    cells = (len(lemma) + 1) * width
    edit, copy = [math.inf] * cells, [math.inf] * cells
    back: tuple[list[Any], list[Any]] = [None] * cells, [None] * cells
    copy[0] = 0.0
    puts = [cost.get(("p", char), unseen) for char in form]
    for i in range(len(lemma) + 1):
        letter = lemma[i - 1] if i else ""
        drop = cost.get(("d", letter), unseen)
        for j in range(width):
            at = i * width + j
            ways = []
            if j:
                ways.append((at - 1, puts[j - 1], "p"))
            if i:
                ways.append((at - width, drop, "d"))
            if i and j:
                if letter == form[j - 1]:
                    before = at - width - 1
                    kept, turned = copy[before], edit[before] + switch
                    copy[at] = min(kept, turned)
                    back[1][at] = before, int(kept <= turned), ("c", letter)
                else:
                    swap = cost.get(("s", letter + form[j - 1]), 1.5 * unseen)
                    ways.append((at - width - 1, swap, "s"))
            best = math.inf
            for before, price, kind in ways:
                kept, turned = edit[before] + price, copy[before] + switch + price
                if min(kept, turned) < best:
                    best = min(kept, turned)
                    about = {"p": form[j - 1], "d": letter, "s": letter + form[j - 1]}[kind]
                    back[0][at] = before, int(turned < kept), (kind, about)
            edit[at] = best
    at, side = cells - 1, int(copy[-1] <= edit[-1])
    out: list[Action] = []
    while at:
        at, side, action = back[side][at]
        out.append(action)
    out.reverse()
    return out


def align(pairs: Sequence[tuple[str, str]], rounds: int = 3) -> list[list[Action]]:
    """Actions for (lemma, form) pairs; each round's costs come from the counts of the one before."""
    cost: dict[Action, float] = {}
    unseen = 1.0
    out: list[list[Action]] = []
    for _ in range(rounds):
        out = [_align(lemma, form, cost, unseen, 0.5) for lemma, form in pairs]
        counts = Counter(action for actions in out for action in actions if action[0] != "c")
        total = counts.total() + 1
        cost = {action: max(0.3, 0.25 * math.log(total / n)) for action, n in counts.items()}
        unseen = 0.25 * math.log(2 * total)
    return out


# -- what the network looks at -----------------------------------------------------------------------


def _lemma_keys(low: str) -> list[str]:
    """Indicators that hold at every letter of a lemma."""
    n, head, tail = len(low), "^" + low, low + "$"
    tier = "".join(char for char in low if vowel(char))
    return [
        *(f"e{k}{head[-1 - k] if k <= n else ''}" for k in range(6)),
        *(f"E{head[-k:]}" for k in (2, 3, 4, 5)),
        *(f"s{k}{tail[k] if k <= n else ''}" for k in range(3)),
        *(f"S{tail[:k]}" for k in (2, 3)),
        *(f"t{k}{tier[-1 - k] if k < len(tier) else ''}" for k in range(4)),
        f"T{tier[-2:]}",
        f"U{tier[-3:]}",
        *(f"b{char}" for char in sorted(set(low))),
    ]


def _bundle_keys(bundle: str) -> list[str]:
    features = sorted(features_of(bundle))
    twos = (f"g{a}&{b}" for k, a in enumerate(features) for b in features[k + 1 :])
    return [*(f"f{feature}" for feature in features), *twos, f"B{bundle}"]


def _lemma_slots(low: str, i: int) -> list[str]:
    """Stretches of the lemma around its letter ``i``, in the order of the slots."""
    padded, at = "^^^^^" + low + "$$$$$", i + _EDGE
    return [padded[at + a : at + b] for a, b in _AROUND]


def _written_slots(written: str, letter: str, history: int, left: int, run: int) -> list[Any]:
    """The other slots of a step."""
    m = len(written)
    last = [written[m + a : m + b] for a, b in _BEHIND]
    return [*last, written[-1] + letter, history, min(left, _LEFT), min(run, _RUN)]


class _State(NamedTuple):
    """Where a walk through a lemma stands: letters read, what is written (five edges first), and how."""

    i: int = 0
    written: str = "^" * _EDGE
    history: int = 0
    run: int = 0

    def after(self, kind: str, char: str) -> _State:
        i, written, history, run = self
        history = (history * 4 + _KINDS.index(kind)) % _HISTORY
        if kind == "d":
            return _State(i + 1, written, history, run)
        written += fold(char)
        return _State(i, written, history, run + 1) if kind == "p" else _State(i + 1, written, history, 0)


class _Layout:
    """Which row of the first layer's table an indicator has. Rows: slot by slot, then the other indicators."""

    def __init__(self, slots: Sequence[Sequence[Any]], names: Sequence[str]) -> None:
        self.slots: list[dict[Any, int]] = []
        at = 0
        for values in slots:
            self.slots.append({value: at + k for k, value in enumerate(values)})
            at += len(values)
        self.names = {name: at + k for k, name in enumerate(names)}
        self.size = at + len(names)
        gets = [slot.get for slot in self.slots]
        self._around = [(a + _EDGE, b + _EDGE, get) for (a, b), get in zip(_AROUND, gets, strict=False)]
        behind = gets[len(_AROUND) :]
        self._behind = [(a, b or None, get) for (a, b), get in zip(_BEHIND, behind, strict=False)]
        self._counts = behind[len(_BEHIND) :]

    def about(self, keys: Sequence[str]) -> list[int]:
        get = self.names.get
        return [row for key in keys if (row := get(key)) is not None]

    def around(self, low: str, i: int) -> list[int]:
        """Rows of the stretches of a lemma around its letter ``i``; an unknown one has the row of padding."""
        near, none = ("^" * _EDGE + low + "$" * _EDGE)[i : i + 2 * _EDGE], self.size
        return [get(near[a:b], none) for a, b, get in self._around]

    def rest(self, low: str, state: _State) -> list[int]:
        """Rows of the other slots of a step."""
        i, written, history, run = state
        last, none, left = written[-_EDGE:], self.size, len(low) - i
        out = [get(last[a:b], none) for a, b, get in self._behind]
        pair, kinds, ahead, since = self._counts
        out.append(pair(last[-1] + (low[i] if left else "$"), none))
        out.append(kinds(history, none))
        out.append(ahead(left if left < _LEFT else _LEFT, none))
        out.append(since(run if run < _RUN else _RUN, none))
        return out

    def drops(self) -> Floats:
        """The chance of each row, and of the row of padding after the last, that training leaves it out."""
        out = np.full(self.size + 1, _DROP_SHORT, dtype=np.float32)
        for number, slot in enumerate(self.slots):
            stretch = (*_AROUND, *_BEHIND)[number] if number < len(_AROUND) + len(_BEHIND) else (0, 1)
            if stretch[1] - stretch[0] > 1:
                out[list(slot.values())] = _DROP_LONG
        for name, row in self.names.items():
            out[row] = _DROP.get(name[0], _DROP_SHORT)
        return out


def _layout(rows: Sequence[Row], scripts: Sequence[Sequence[Action]]) -> _Layout:
    by_lemma: dict[str, set[Any]] = {}
    for (lemma, _, bundle), script in zip(rows, scripts, strict=True):
        low, state = fold(lemma), _State()
        seen = by_lemma.setdefault(lemma, set())
        seen.update(_bundle_keys(bundle))
        for kind, letters in [*script, ("", "")]:
            values = _written_slots(
                state.written,
                low[state.i] if state.i < len(low) else "$",
                state.history,
                len(low) - state.i,
                state.run,
            )
            seen.update(enumerate([*_lemma_slots(low, state.i), *values]))
            if kind:
                state = state.after(kind, letters[-1])
    counts: Counter[Any] = Counter()
    for lemma, seen in by_lemma.items():
        counts.update(seen)
        counts.update(set(_lemma_keys(fold(lemma))))
    kept = [key for key, n in counts.items() if n >= _LEAST]
    if len(kept) > _MOST:
        kept = sorted(kept, key=lambda key: (-counts[key], str(key)))[:_MOST]
    slots: list[list[Any]] = [[] for _ in range(_SLOTS)]
    for key in kept:
        if not isinstance(key, str):
            slots[key[0]].append(key[1])
    return _Layout([sorted(values) for values in slots], sorted(key for key in kept if isinstance(key, str)))


# -- the network -------------------------------------------------------------------------------------


class Transducer:
    """A trained network.

    Args:
        header: What it reads and writes, as JSON values.
        arrays: "table", the first layer, has a row per indicator and one for padding, in whole numbers of -127
            to 127; "scale" is what a one in each of its columns is worth; "bias"; "top" and "top_bias", the
            second layer.
    """

    def __init__(self, header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        self.header, self.arrays = header, arrays
        self._layout = _Layout(header["slots"], header["names"])
        self._actions: list[Action] = [(kind, char) for kind, char in header["actions"]]
        self._table: Floats = arrays["table"].astype(np.float32) * arrays["scale"]
        self._pos = {name[1:] for name in self._layout.names if name[0] in "fg"}
        self._bias: Floats = arrays["bias"]
        self._top: Floats = arrays["top"]
        self._top_bias = arrays["top_bias"] + _legal(self._actions)
        self._reach: dict[str, int] = header["reach"]
        self._bundles: dict[str, Floats] = {}

    def _constant(self, low: str, bundle: str) -> Floats:
        tags = self._bundles.get(bundle)
        if tags is None:
            tags = self._table[self._layout.about(_bundle_keys(bundle))].sum(axis=0) + self._bias
            if len(self._bundles) > 20_000:
                self._bundles.clear()
            self._bundles[bundle] = tags
        out: Floats = self._table[self._layout.about(_lemma_keys(low))].sum(axis=0) + tags
        return out

    def reads(self, bundle: str) -> bool:
        """Whether each feature of a bundle was seen with its part of speech."""
        pos = pos_of(bundle)
        return pos in self._pos and all(
            feature == pos or feature in DEFAULTS or "&".join(sorted((feature, pos))) in self._pos
            for feature in features_of(bundle)
        )

    def search(self, items: Sequence[tuple[str, str]]) -> list[dict[str, float]]:
        """The likeliest forms of (lemma, bundle) pairs, each with its probability.

        Hypotheses of all the pairs are followed together, so many pairs cost less than each alone.
        """
        layout, table = self._layout, self._table
        lows = [fold(lemma) for lemma, _ in items]
        constants = np.stack([self._constant(low, item[1]) for low, item in zip(lows, items, strict=True)])
        done: list[dict[str, float]] = [{} for _ in items]
        best = [0.0] * len(items)
        alive: list[tuple[int, float, _State, str]] = []  # word, probability, state, text
        for word, (low, (lemma, bundle)) in enumerate(zip(lows, items, strict=True)):
            start = max(0, len(low) - self._reach.get(pos_of(bundle), len(low)))
            alive.append((word, 1.0, _State(start, "^" * _EDGE + low[:start]), lemma[:start]))
        around: dict[tuple[int, int], list[int]] = {}
        for _ in range(2 * max(map(len, lows), default=0) + 30):
            if not alive:
                break
            indicators: list[list[int]] = []
            for word, _, state, _ in alive:
                place = word, state.i
                near = around.get(place)
                if near is None:
                    near = around[place] = layout.around(lows[word], state.i)
                indicators.append(near + layout.rest(lows[word], state))
            hidden = table.take(indicators, axis=0).sum(axis=1)
            hidden += constants[[hypothesis[0] for hypothesis in alive]]
            np.maximum(hidden, 0, out=hidden)
            shares = (hidden[:, None] @ self._top)[:, 0]  # row by row: too small to be shared among threads
            shares += self._top_bias[[int(state.i == len(lows[word])) for word, _, state, _ in alive]]
            shares -= shares.max(axis=1, keepdims=True)
            np.exp(shares, out=shares)
            shares /= shares.sum(axis=1, keepdims=True)
            grown: dict[int, list[tuple[float, int, int]]] = {}
            rows, columns = np.nonzero(shares > _FLOOR)
            for row, column, p in zip(
                rows.tolist(), columns.tolist(), shares[rows, columns].tolist(), strict=True
            ):
                word, q, _, _ = alive[row]
                grown.setdefault(word, []).append((-p * q, row, column))
            following = []
            for word, options in grown.items():
                if len(options) > 1:
                    options.sort()
                least = max(best[word], -options[0][0]) * _FLOOR
                for minus, row, column in options[:_WIDTH]:
                    if -minus < least:
                        break
                    _, _, state, text = alive[row]
                    kind, char = self._actions[column]
                    if kind == "e":
                        done[word][text] = done[word].get(text, 0.0) - minus
                        best[word] = max(best[word], done[word][text])
                        continue
                    if kind == "c":
                        char = items[word][0][state.i]
                    if kind != "d":
                        text += char
                    following.append((word, -minus, state.after(kind, char), text))
            alive = following
        return done


def _legal(actions: Sequence[Action]) -> Floats:
    """What is added to the actions' scores before a letter of the lemma, and at its end, to forbid some."""
    out = np.zeros((2, len(actions)), dtype=np.float32)
    out[0, _STOP] = -99
    out[1, [k for k, (kind, _) in enumerate(actions) if kind in "cds"]] = -99
    return out


# -- training ----------------------------------------------------------------------------------------


def _examples(
    rows: Sequence[Row], scripts: Sequence[Sequence[Action]], layout: _Layout, actions: Mapping[Action, int]
) -> tuple[Ints, Ints, Ints]:
    """(indicators, padded with the row after the last; action; whether at the lemma's end), a row per step."""
    steps: list[list[int]] = []
    gold: list[int] = []
    at_end: list[int] = []
    for (lemma, _, bundle), script in zip(rows, scripts, strict=True):
        low, state = fold(lemma), _State()
        constant = layout.about(_lemma_keys(low)) + layout.about(_bundle_keys(bundle))
        for kind, letters in [*script, ("e", "")]:
            steps.append(layout.around(low, state.i) + layout.rest(low, state) + constant)
            gold.append(actions[kind, letters[-1] if kind in "sp" else ""])
            at_end.append(int(state.i == len(low)))
            if kind != "e":
                state = state.after(kind, letters[-1])
    out = np.full((len(steps), max(map(len, steps))), layout.size, dtype=np.int32)
    for number, indicators in enumerate(steps):
        out[number, : len(indicators)] = indicators
    return out, np.array(gold, dtype=np.int32), np.array(at_end, dtype=np.int32)


class _Adam:
    """Adam (Kingma and Ba 2015) on one array, or on some of its rows at a time."""

    def __init__(self, value: Floats) -> None:
        self.value, self.mean, self.square = value, np.zeros_like(value), np.zeros_like(value)

    def move(self, gradient: Floats, rate: float, bias: tuple[float, float], rows: Any = ...) -> None:
        mean = self.mean[rows] * np.float32(0.9) + gradient * np.float32(0.1)
        square = self.square[rows] * np.float32(0.99)
        np.multiply(gradient, gradient, out=gradient)
        square += gradient * np.float32(0.01)
        self.mean[rows], self.square[rows] = mean, square
        np.sqrt(square / np.float32(bias[1]), out=square)
        square += np.float32(1e-6)
        self.value[rows] -= mean / square * np.float32(rate / bias[0])


def _fit(
    examples: tuple[Ints, Ints, Ints], layout: _Layout, legal: Floats, seed: int
) -> tuple[Floats, Floats, Floats, Floats]:
    """(table, bias, top, top bias) of one network."""
    indicators, gold, at_end = examples
    rng = np.random.default_rng(seed)
    n, size = len(gold), layout.size

    def normal(shape: tuple[int, int], spread: float) -> Floats:
        return rng.standard_normal(shape, dtype=np.float32) * np.float32(spread)

    table = _Adam(normal((size + 1, _HIDDEN), 0.15))
    table.value[size] = 0
    bias, top = _Adam(np.zeros(_HIDDEN, np.float32)), _Adam(normal((_HIDDEN, legal.shape[1]), _HIDDEN**-0.5))
    top_bias = _Adam(np.zeros(legal.shape[1], np.float32))
    drops, loss = layout.drops(), np.full(n, 9.0, dtype=np.float32)
    number = np.zeros(size + 1, dtype=np.int32)
    fewest, usual, most = _PASSES
    passes = min(most, max(usual, _STEPS // 4 // n)) if n * usual <= _STEPS else max(fewest, _STEPS // n)
    time = 0
    for epoch in range(passes):
        order = rng.permutation(n)
        if epoch:
            order = order[(loss[order] > _EASY) | (rng.random(n) < _KEEP_EASY)]
        for start in range(0, len(order), _BATCH):
            pick = order[start : start + _BATCH]
            each = np.arange(len(pick))
            rows = indicators[pick]
            rows = np.where(rng.random(rows.shape, dtype=np.float32) < drops[rows], size, rows)
            used = np.unique(rows)
            number[used] = np.arange(len(used))
            x = np.zeros((len(pick), len(used)), dtype=np.float32)
            x[each[:, None], number[rows]] = 1
            x[:, used == size] = 0
            hidden = np.maximum(x @ table.value[used] + bias.value, 0)
            mask = (rng.random(hidden.shape, dtype=np.float32) >= _UNIT_DROP) / np.float32(1 - _UNIT_DROP)
            hidden *= mask
            shares = hidden @ top.value + top_bias.value + legal[at_end[pick]]
            shares -= shares.max(axis=1, keepdims=True)
            np.exp(shares, out=shares)
            shares /= shares.sum(axis=1, keepdims=True)
            loss[pick] = -np.log(shares[each, gold[pick]] + 1e-9)
            shares[each, gold[pick]] -= 1
            shares /= len(pick)
            down = shares @ top.value.T * mask
            down[hidden <= 0] = 0
            time += 1
            rate = _RATE * min(1.0, time / 100) * max(0.02, 1 - (epoch + start / len(order)) / passes)
            unbias = 1 - 0.9**time, 1 - 0.99**time
            top.move(hidden.T @ shares, rate, unbias)
            top_bias.move(shares.sum(axis=0), rate, unbias)
            bias.move(down.sum(axis=0), rate, unbias)
            table.move(x.T @ down, rate, unbias, used)
            table.value[size] = 0
    return table.value, bias.value, top.value, top_bias.value


def _reach(rows: Sequence[Row], scripts: Sequence[Sequence[Action]]) -> dict[str, int]:
    """How far from a lemma's end its first change is, at most, by part of speech; letters before are copied."""
    found: dict[str, list[int]] = {}
    for (lemma, _, bundle), script in zip(rows, scripts, strict=True):
        copied = next((k for k, (kind, _) in enumerate(script) if kind != "c"), len(lemma))
        found.setdefault(pos_of(bundle), []).append(len(lemma) - copied)
    return {
        pos: sorted(reach)[len(reach) - 1 - len(reach) // 2000] + 1 for pos, reach in sorted(found.items())
    }


def train(rows: Sequence[Row], seeds: Sequence[int] = (1,)) -> Transducer | None:
    """Train a network on (lemma, form, bundle) rows; their order matters. None if there are no rows.

    Args:
        rows: The rows.
        seeds: One network is trained for each; side by side they are one network, which averages them.
    """
    if not rows:
        return None
    pairs = sorted({(lemma, form) for lemma, form, _ in rows})
    aligned = dict(zip(pairs, align(pairs), strict=True))
    scripts = [aligned[lemma, form] for lemma, form, _ in rows]
    seen = {(kind, about[-1]) for script in aligned.values() for kind, about in script if kind in "sp"}
    actions: list[Action] = [("c", ""), ("d", ""), ("e", ""), *sorted(seen)]
    layout = _layout(rows, scripts)
    examples = _examples(rows, scripts, layout, {action: k for k, action in enumerate(actions)})
    nets = [_fit(examples, layout, _legal(actions), seed) for seed in seeds]
    table = np.concatenate([net[0] for net in nets], axis=1)
    scale = np.maximum(np.abs(table).max(axis=0), 1e-6) / 127
    arrays: dict[str, NDArray[Any]] = {
        "table": np.rint(table / scale).astype(np.int8),
        "scale": scale.astype(np.float32),
        "bias": np.concatenate([net[1] for net in nets]),
        "top": np.concatenate([net[2] for net in nets]) / np.float32(len(nets)),
        "top_bias": np.stack([net[3] for net in nets]).mean(axis=0, dtype=np.float32),
    }
    names: list[str] = list(layout.names)
    header = {
        "actions": actions,
        "reach": _reach(rows, scripts),
        "slots": [list(slot) for slot in layout.slots],
        "names": names,
    }
    return Transducer(header, arrays)
