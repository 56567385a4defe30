"""Training of the transducer: alignment, the tree of what it looks at, and the network.

Rows are aligned first (Viterbi, iterated over the costs of single edits), with a charge for each change between
copying and editing, so that edits stay together. The network is trained by Adam on whole words, a few at a time.
Indicators are left out at random, the long stretches of letters most often: the network learns to do with the
short ones on lemmas unlike those it saw. Steps that are already easy are mostly passed over. Several small
networks from different seeds stand side by side as one, which averages them: they differ where rows are few, and
their average is better than any of them.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from morphaug.features import pos_of
from morphaug.letters import (
    BAG,
    COUNTS,
    EDGE,
    HISTORY,
    LEFT,
    LEMMA,
    RUN,
    SLOTS,
    Ints,
    Path,
    Tree,
    around_paths,
    behind_paths,
    encode,
    fold,
    lemma_paths,
)
from morphaug.transducer import KINDS, Action, Floats, Transducer, bundle_keys, legal

Row = tuple[str, str, str]  # lemma, form, bundle

_HIDDEN = 128  # units of each network
_SEEDS = (1, 2, 3, 4)
_PASSES = 20
_STEPS = 3_000_000  # steps that training looks at, at most; more rows get fewer passes
_BATCH = 12  # words
_RATE = 2e-3
_UNIT_DROP = 0.2
_EASY, _KEEP_EASY = 0.02, 0.15  # steps with a smaller loss are mostly passed over in the next pass
_LEAST = 3  # lemmas that an indicator has to stand for
_MOST = 30_000  # nodes of the tree that are kept, those of most lemmas
_DROP_SHORT, _DROP_LONG = 0.1, 0.25  # chance that an indicator is left out
_DROP_BUNDLE = {"f": 0.0, "g": 0.3, "B": 0.5}


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


# -- what there is to learn ----------------------------------------------------------------------------


class _Steps(NamedTuple):
    """Every step of every row: its row, where it stands, the right action."""

    row: Ints
    place: Ints
    last: Ints
    history: Ints
    run: Ints
    action: Ints


def _steps(
    rows: Sequence[Row],
    scripts: Sequence[Sequence[Action]],
    tree: Tree,
    ids: Mapping[Action, int],
    reach: Mapping[str, int],
) -> _Steps:
    out: tuple[list[Any], ...] = ([], [], [], [], [], [])
    for number, ((lemma, _, bundle), script) in enumerate(zip(rows, scripts, strict=True)):
        low = tree.encode(fold(lemma))
        start, place, history, run = len(low) - reach[pos_of(bundle)], 0, 0, 0
        written = [0] * EDGE
        for kind, about in [*script, ("e", "")]:
            if place >= start:
                values = (
                    number,
                    place,
                    written[-EDGE:],
                    history,
                    run,
                    ids[kind, about[-1] if kind in "sp" else ""],
                )
                for column, value in zip(out, values, strict=True):
                    column.append(value)
                history = (history * 4 + KINDS.index(kind)) % HISTORY
            if kind in "csp":
                written += tree.encode(fold(about[-1]))
                run = min(run + 1, RUN) if kind == "p" else 0
            place += kind != "p"
    return _Steps(*(np.array(column, dtype=np.int32) for column in out))


def _reach(rows: Sequence[Row], scripts: Sequence[Sequence[Action]]) -> dict[str, int]:
    """How far from a lemma's end its first change is, at most, by part of speech; letters before are copied."""
    found: dict[str, list[int]] = {}
    for (lemma, _, bundle), script in zip(rows, scripts, strict=True):
        copied = next((k for k, (kind, _) in enumerate(script) if kind != "c"), len(lemma))
        found.setdefault(pos_of(bundle), []).append(len(lemma) - copied)
    return {
        pos: sorted(reach)[len(reach) - 1 - len(reach) // 2000] + 1 for pos, reach in sorted(found.items())
    }


class _Slot(NamedTuple):
    """What one slot sees: the codes of its places, and whose lemma each row of them is."""

    number: int
    path: Path
    lemma: Any


def _grown(letters: str, slots: Sequence[_Slot], lemmas: int) -> Tree:
    """The tree of the nodes that enough lemmas go through."""
    none = np.zeros(0, dtype=np.int32)
    width = Tree(letters, none, none).width
    parents, codes, weights = [none], [none], [none]
    size = SLOTS + 1
    for number, path, lemma in slots:
        node = np.full(len(lemma), number + 1, dtype=np.int64)
        alive = np.arange(len(lemma))
        for code in path:
            key = node[alive] * width + code[alive]
            pairs = np.unique(key * lemmas + lemma[alive])
            keys, counts = np.unique(pairs // lemmas, return_counts=True)
            keys, counts = keys[counts >= _LEAST], counts[counts >= _LEAST]
            parents.append((keys // width).astype(np.int32))
            codes.append((keys % width).astype(np.int32))
            weights.append(counts.astype(np.int32))
            goes = np.isin(key, keys)
            alive = alive[goes]
            node[alive] = size + np.searchsorted(keys, key[goes])
            size += len(keys)
    return _pruned(letters, *(np.concatenate(parts) for parts in (parents, codes, weights)))


def _pruned(letters: str, parents: Ints, codes: Ints, weights: Ints) -> Tree:
    """The tree with no more than ``_MOST`` nodes. A node has as many lemmas as those below it, or more."""
    if len(parents) <= _MOST:
        return Tree(letters, parents, codes)
    order = np.argsort(-weights, kind="stable")  # parents stand before their children, and stay there
    kept = np.sort(order[:_MOST])
    new = np.zeros(SLOTS + 1 + len(parents), dtype=np.int32)
    new[: SLOTS + 1] = np.arange(SLOTS + 1)
    new[kept + SLOTS + 1] = np.arange(len(kept)) + SLOTS + 1
    return Tree(letters, new[parents[kept]], codes[kept])


class _Data(NamedTuple):
    """What training runs on. The first three have a row per step, lemma, bundle: its indicators, then zeros."""

    steps: Ints
    lemmas: Ints
    bundles: Ints
    lemma: Ints  # of each row
    bundle: Ints
    row: Ints  # of each step
    action: Ints
    at_end: Ints
    drop: Floats  # of each indicator
    actions: list[Action]


def _filled(lists: Sequence[Sequence[int]]) -> Ints:
    out = np.zeros((len(lists), max(map(len, lists), default=0)), dtype=np.int32)
    for row, values in zip(out, lists, strict=True):
        row[: len(values)] = values
    return out


def _data(rows: Sequence[Row]) -> tuple[_Data, Tree, dict[str, Any]]:
    """(what to train on, the tree, the rest of the header)."""
    pairs = sorted({(lemma, form) for lemma, form, _ in rows})
    aligned = dict(zip(pairs, align(pairs), strict=True))
    scripts = [aligned[lemma, form] for lemma, form, _ in rows]
    seen = {(kind, about[-1]) for script in aligned.values() for kind, about in script if kind in "sp"}
    actions: list[Action] = [("c", ""), ("d", ""), ("e", ""), *sorted(seen)]
    reach = _reach(rows, scripts)
    letters = "".join(sorted({char for lemma, form in pairs for char in fold(lemma) + fold(form)}))
    none = np.zeros(0, dtype=np.int32)
    coder = Tree(letters, none, none)
    steps = _steps(rows, scripts, coder, {action: k for k, action in enumerate(actions)}, reach)

    lemmas = sorted({lemma for lemma, _, _ in rows})
    number = {lemma: k for k, lemma in enumerate(lemmas)}
    lemma = np.array([number[row[0]] for row in rows], dtype=np.int32)
    x = encode(coder, [fold(name) for name in lemmas])
    bags = sorted({(k, code) for k, name in enumerate(lemmas) for code in coder.encode(fold(name))})
    owner, bag = (np.array(column, dtype=np.int64) for column in zip(*bags, strict=True))
    of_step = lemma[steps.row]
    at_end = steps.place == x.lengths[of_step]
    left = np.minimum(x.lengths[of_step] - steps.place, LEFT)
    around = around_paths(x, of_step, steps.place)
    behind = behind_paths(steps.last, x.codes[of_step, steps.place + EDGE])
    counts: list[Path] = [[steps.history], [left], [steps.run]]
    numbers = [*range(LEMMA), *range(COUNTS, SLOTS)]
    slots = [_Slot(k, path, of_step) for k, path in zip(numbers, [*around, *behind, *counts], strict=True)]
    whole = [_Slot(LEMMA + k, path, np.arange(len(lemmas))) for k, path in enumerate(lemma_paths(x))]
    tree = _grown(letters, [*slots, *whole, _Slot(BAG, [bag.astype(np.int32)], owner)], len(lemmas))

    bagged: list[list[int]] = [[] for _ in lemmas]
    for k, node in zip(owner.tolist(), tree.walk(BAG, [bag])[0].tolist(), strict=True):
        bagged[k].append(node)
    bundles = sorted({bundle for _, _, bundle in rows})
    keys = {bundle: bundle_keys(bundle) for bundle in bundles}
    users: dict[str, set[str]] = {}
    for name, _, bundle in rows:
        for key in keys[bundle]:
            users.setdefault(key, set()).add(name)
    names = sorted(key for key, found in users.items() if len(found) >= _LEAST)
    row_of = {name: tree.size + k for k, name in enumerate(names)}
    index = {bundle: k for k, bundle in enumerate(bundles)}

    def nodes(slots: Sequence[_Slot]) -> Ints:
        return np.stack([level for s in slots for level in tree.walk(s.number, s.path)], axis=1)

    data = _Data(
        nodes(slots),
        np.concatenate([nodes(whole), _filled(bagged)], axis=1),
        _filled([[row_of[key] for key in keys[bundle] if key in row_of] for bundle in bundles]),
        lemma,
        np.array([index[row[2]] for row in rows], dtype=np.int32),
        steps.row,
        steps.action,
        at_end.astype(np.int32),
        np.concatenate([_drops(tree), np.array([_DROP_BUNDLE[name[0]] for name in names], np.float32)]),
        actions,
    )
    return data, tree, {"letters": letters, "names": names, "actions": actions, "reach": reach}


def _drops(tree: Tree) -> Floats:
    """The chance of each node that training leaves it out."""
    out = np.full(tree.size, _DROP_LONG, dtype=np.float32)
    out[SLOTS + 1 :][tree.parents <= SLOTS] = _DROP_SHORT
    return out


# -- the network -------------------------------------------------------------------------------------


class _Adam:
    """Adam (Kingma and Ba 2015) on one array, or on some of its rows at a time."""

    def __init__(self, value: Floats) -> None:
        self.value = value
        self._moments = np.zeros((len(value), 2 * value.shape[1]), dtype=np.float32)
        self._time = 0

    def move(self, gradient: Floats, rate: float, rows: Any = None) -> None:
        """Take a step against a gradient, which is overwritten."""
        self._time += 1
        width = gradient.shape[1]
        moments = self._moments if rows is None else self._moments.take(rows, axis=0)
        mean, square = moments[:, :width], moments[:, width:]
        mean *= np.float32(0.9)
        square *= np.float32(0.99)
        change = gradient * np.float32(0.1)
        mean += change
        np.multiply(gradient, gradient, out=gradient)
        gradient *= np.float32(0.01)
        square += gradient
        np.multiply(square, np.float32(1 / (1 - 0.99**self._time)), out=change)
        np.sqrt(change, out=change)
        change += np.float32(1e-6)
        np.divide(mean, change, out=change)
        change *= np.float32(rate / (1 - 0.9**self._time))
        if rows is None:
            self.value -= change
        else:
            self._moments[rows] = moments
            self.value[rows] = np.subtract(self.value.take(rows, axis=0), change, out=change)


class _Network(NamedTuple):
    table: Floats
    bias: Floats
    top: Floats
    top_bias: Floats


def _summed(used: Sequence[Ints], down: Sequence[Floats], number: Ints) -> tuple[Any, Floats]:
    """(indicators, their gradients): the sum of ``down`` over the rows of ``used`` that have each.

    Indicators with a single row are copied; the others are one product with a matrix of ones and zeros.
    """
    flat = np.concatenate([rows.ravel() for rows in used])
    size = sum(map(len, used))
    source = np.repeat(np.arange(size), np.repeat([rows.shape[1] for rows in used], [len(r) for r in used]))
    whole = np.concatenate(down)
    count = np.bincount(flat, minlength=len(number))
    count[0] = 0
    many = np.flatnonzero(count > 1)
    number[many] = np.arange(len(many))
    often = count[flat]
    ones = np.zeros((len(many), size), dtype=np.float32)
    at = np.flatnonzero(often > 1)
    ones[number[flat[at]], source[at]] = 1
    at = np.flatnonzero(often == 1)
    rows = np.concatenate([many, flat[at]])
    return rows, np.concatenate([ones @ whole, whole.take(source[at], axis=0)])


def _fit(data: _Data, seed: int, done: Callable[[], None]) -> _Network:
    """Train one network; ``done`` is called after each pass."""
    rng = np.random.default_rng(seed)
    size, n, outcomes = len(data.drop), len(data.action), len(data.actions)

    def normal(shape: tuple[int, int], spread: float) -> Floats:
        return rng.standard_normal(shape, dtype=np.float32) * np.float32(spread)

    def thinned(rows: Ints) -> Ints:
        return np.where(rng.random(rows.shape, dtype=np.float32) < data.drop[rows], 0, rows)

    table = _Adam(normal((size, _HIDDEN), 0.15))
    table.value[: SLOTS + 1] = 0
    bias, top = _Adam(np.zeros((1, _HIDDEN), np.float32)), _Adam(normal((_HIDDEN, outcomes), _HIDDEN**-0.5))
    top_bias = _Adam(np.zeros((1, outcomes), np.float32))
    allowed, loss = legal(data.actions), np.full(n, 9.0, dtype=np.float32)
    number = np.zeros(size, dtype=np.int32)
    passes = max(3, min(_PASSES, _STEPS // n))
    time = 0
    for epoch in range(passes):
        kept = np.flatnonzero((loss > _EASY) | (rng.random(n) < _KEEP_EASY))
        bounds = np.searchsorted(data.row[kept], np.arange(len(data.lemma) + 1))
        order = rng.permutation(len(data.lemma))
        order = order[bounds[order + 1] > bounds[order]]
        for start in range(0, len(order), _BATCH):
            words = order[start : start + _BATCH]
            sizes = bounds[words + 1] - bounds[words]
            pick = np.concatenate([kept[bounds[word] : bounds[word + 1]] for word in words])
            of = np.repeat(np.arange(len(words)), sizes)
            here = thinned(data.steps[pick])
            word = thinned(
                np.concatenate([data.lemmas[data.lemma[words]], data.bundles[data.bundle[words]]], axis=1)
            )
            hidden = table.value.take(here, axis=0).sum(axis=1)
            hidden += table.value.take(word, axis=0).sum(axis=1)[of]
            hidden += bias.value
            np.maximum(hidden, 0, out=hidden)
            mask = (rng.random(hidden.shape, dtype=np.float32) >= _UNIT_DROP) / np.float32(1 - _UNIT_DROP)
            hidden *= mask
            shares = hidden @ top.value
            shares += top_bias.value
            shares += allowed[data.at_end[pick]]
            shares -= shares.max(axis=1, keepdims=True)
            np.exp(shares, out=shares)
            shares /= shares.sum(axis=1, keepdims=True)
            each = np.arange(len(pick))
            gold = data.action[pick]
            loss[pick] = -np.log(shares[each, gold] + 1e-9)
            shares[each, gold] -= 1
            down = shares @ top.value.T
            down *= mask
            down[hidden <= 0] = 0
            time += 1
            rate = _RATE * min(1.0, time / 100) * max(0.02, 1 - (epoch + start / len(order)) / passes)
            top.move(hidden.T @ shares, rate)
            top_bias.move(shares.sum(axis=0, keepdims=True), rate)
            bias.move(down.sum(axis=0, keepdims=True), rate)
            first = np.cumsum(sizes) - sizes
            rows, gradient = _summed([here, word], [down, np.add.reduceat(down, first, axis=0)], number)
            table.move(gradient, rate, rows)
        done()
    return _Network(table.value, bias.value[0], top.value, top_bias.value[0])


def train(rows: Sequence[Row], progress: Callable[[float], None] | None = None) -> Transducer | None:
    """Train a transducer. None if there are no rows.

    Args:
        rows: (lemma, form, canonical bundle) rows; their order matters.
        progress: Called with the share of the work that is done, now and then.
    """
    if not rows:
        return None
    data, tree, header = _data(rows)
    passes, total = 0, len(_SEEDS) * max(3, min(_PASSES, _STEPS // len(data.action)))

    def done() -> None:
        nonlocal passes
        passes += 1
        if progress is not None:
            progress(passes / total)

    with ThreadPoolExecutor(2) as pool:
        nets = list(pool.map(lambda seed: _fit(data, seed, done), _SEEDS))
    table = np.concatenate([net.table for net in nets], axis=1)
    table[: SLOTS + 1] = 0
    for node, parent in zip(range(SLOTS + 1, tree.size), tree.parents.tolist(), strict=True):
        table[node] += table[parent]  # parents come first: theirs is whole by now
    scale = np.maximum(np.abs(table).max(axis=0), 1e-6) / 127
    arrays: dict[str, NDArray[Any]] = {
        "table": np.rint(table / scale).astype(np.int8),
        "scale": scale.astype(np.float32),
        "bias": np.concatenate([net.bias for net in nets]),
        "top": np.concatenate([net.top for net in nets]) / np.float32(len(nets)),
        "top_bias": np.stack([net.top_bias for net in nets]).mean(axis=0, dtype=np.float32),
        "parents": tree.parents,
        "codes": tree.codes,
    }
    return Transducer(header, arrays)
