"""Affix changes with back-off, shared between bundles: the half of the inflector that counts.

A form is taken apart into a *front* (what is put before the lemma, or taken off it there), a *stem change*
("tu" becomes "du") and an *ending*. The place where the stem change ends and the ending begins is found by
iterating: of all the cuts of a row the one that uses the commonest stem changes and, for its bundle, the
commonest endings. Each part is then predicted from the lemma by interpolating (Witten and Bell 1991) over
contexts that grow: the last letters of the lemma for the stem change; the last vowels and last letters of the
stem for the ending; the first letters for the front.

Rows are few and bundles many, so bundles lend each other their rows: how much is measured, not assumed. For
each pair of bundles it is counted how often the nearest row of the one has the stem change (or ending) of the
other; bundles on the same stem agree almost always. Cells of the lemma itself, where some are known, are the
nearest rows of all.

A bundle that was never seen is composed: the form of a seen bundle that differs in one group of features
(subject, object, tense and mood, case, …) is changed as other pairs of bundles that differ in just that are.

No part of this knows a language. Training takes seconds and is deterministic.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from operator import itemgetter
from typing import Any, NamedTuple

import marisa_trie

from morphaug.features import core_of, dimension, parse_bundle, pos_of

_SUFFIX = 8  # longest context of a stem change, in letters
_SHARPNESS = 20  # agreement between bundles is raised to this power
_PRIOR = 1.5  # weight of the shorter context, in distinct outcomes of the longer one
_LENDERS = 24  # bundles that a bundle borrows from, at most
_AGREEMENT_ROWS = 8_000  # rows that agreement is measured on
_PEERS = 8  # bundles that an unseen one is composed from, at most, per group of features
_HOPELESS = 0.03  # a front or a stem change so much less likely than the best one cannot win
_BROAD = 4  # contexts of an ending that do not look at its letters
_KEPT = 20  # outcomes of a mixture that are carried on to longer contexts
_CALLS = 20_000  # questions after which the memos are emptied: each adds a few dozen entries at most
_MOST = 0xFFFF
_FEW = 64  # bundles of a context whose counts are read together
_MOVED = "\x04"  # stands for a separated prefix of the lemma
_VOWELS = frozenset("aeiouyæœøıаеиоуыэюяіαεηιουω")
_GROUPS: dict[str, str] = {
    "person": "subject",
    "number": "subject",
    "gender": "subject",
    "mood": "tense",
    "tense": "tense",
    "aspect": "tense",
    "evidentiality": "tense",
    "finiteness": "tense",
    "polarity": "polarity",
    "language": "polarity",
}

Change = tuple[int, str, str]  # letters kept at the end, letters taken away before them, letters put there
Front = tuple[
    str, str
]  # letters taken off the lemma's front (or "*": its separable prefix), letters put there


@lru_cache(maxsize=4096)
def _vowel(char: str) -> bool:
    return unicodedata.normalize("NFD", char)[0] in _VOWELS


def _tier(text: str) -> str:
    """The vowels of a word: what harmony looks at."""
    return "".join(char for char in text if _vowel(char))


def _last_vowels(text: str) -> str:
    """The last two vowels of a word, the last one first."""
    found = ""
    for char in reversed(text):
        if _vowel(char):
            if found:
                return found + char
            found = char
    return found


def _split(lemma: str, form: str) -> tuple[Front, str, str, str] | None:
    """(front, letters taken off the end, letters put there, separated prefix), or None if too little is shared."""
    from morphaug.paradigms import edit

    script = edit(lemma, form)
    if script[0] == "\x03":
        return None
    left, right = ord(script[0]) - 33, ord(script[1]) - 33
    before, _, after = script[2:].partition("\x02")
    front, moved = (lemma[:left], before), ""
    if left >= 2:
        if lemma[:left] in before:
            moved = lemma[:left]
            front = ("*", before.replace(moved, _MOVED, 1))
        elif lemma[:left] in after:
            moved = lemma[:left]
            front, after = ("*", before), after.replace(moved, _MOVED, 1)
    return front, lemma[len(lemma) - right :], after, moved


def _change(old: str, new: str) -> Change:
    """The smallest replacement that makes one ending of the lemma another."""
    kept, most = 0, min(len(old), len(new))
    while kept < most and old[-1 - kept] == new[-1 - kept]:
        kept += 1
    return kept, old[: len(old) - kept], new[: len(new) - kept]


def _stem(lemma: str, change: Change) -> str | None:
    kept, old, new = change
    at = len(lemma) - kept
    if at < 0 or not lemma[:at].endswith(old):
        return None
    return lemma[: at - len(old)] + new + lemma[at:]


def _join(stem: str, front: Front, ending: str, moved: str) -> str | None:
    off, before = front
    if off == "*":
        if not moved or not stem.startswith(moved):
            return None
        return before.replace(_MOVED, moved) + stem[len(moved) :] + ending.replace(_MOVED, moved)
    if _MOVED in ending or not stem.startswith(off):
        return None
    return before + stem[len(off) :] + ending


def _stem_contexts(lemma: str, head: str) -> list[str]:
    backwards = lemma[::-1][:_SUFFIX].lower()
    return [f"{head}\x05{backwards[:size]}" for size in range(len(backwards) + 1)]


def _ending_contexts(stem: str, change: int) -> list[str]:
    stem = stem.lower()
    vowels, back = _tier(stem)[::-1], stem[::-1]
    out = ["", f"r{chr(48 + change)}", f"v{vowels[:1]}", f"w{vowels[:2]}"]
    out += [f"s{vowels[:1]}\x05{back[:size]}" for size in range(1, 5)]
    return out


def _front_contexts(lemma: str) -> tuple[list[str], list[str]]:
    """Contexts from the lemma's first letters, and from its last ones; both begin with the empty one."""
    lemma = lemma.lower()
    first = ["", *(f"p{lemma[:size]}" for size in range(1, min(5, len(lemma)) + 1))]
    return first, ["", *(f"s{lemma[-size:]}" for size in range(2, min(5, len(lemma)) + 1))]


Weights = Mapping[int, float]  # bundle -> what its rows weigh


class Mixture(NamedTuple):
    """Outcomes and their shares over contexts that grow: ``scale`` times what is in ``shares``.

    The scale is kept apart so that a longer context, which lowers the shares of all outcomes of the shorter ones
    alike, need only touch the outcomes that it has itself.
    """

    shares: Mapping[int, float]
    scale: float


_NOTHING = Mixture({}, 1.0)


def _blend(counts: Mapping[int, float], shorter: Mixture) -> Mixture:
    """A mixture over shorter contexts, and what was counted in one context more (Witten and Bell 1991)."""
    prior = _PRIOR * len(counts)
    whole = sum(counts.values()) + prior
    scale = shorter.scale * prior / whole
    each = 1 / (whole * scale)
    mixed = dict(shorter.shares)
    for outcome, count in counts.items():
        mixed[outcome] = mixed.get(outcome, 0.0) + count * each
    return Mixture(mixed, scale)


_share = itemgetter(1)


def _best(shares: Mapping[int, float], n: int) -> list[tuple[int, float]]:
    if len(shares) < 2:
        return list(shares.items())
    return sorted(shares.items(), key=_share, reverse=True)[:n]


# -- training ----------------------------------------------------------------------------------------


class _Names:
    """Numbers for values, in order of first sight."""

    def __init__(self) -> None:
        self.ids: dict[Any, int] = {}

    def __getitem__(self, value: Any) -> int:
        return self.ids.setdefault(value, len(self.ids))

    def values(self) -> list[Any]:
        return list(self.ids)


def _cut(data: list[tuple[str, str, Front, str, str]]) -> list[tuple[Change, str]]:
    """Where each row's stem change ends and its ending begins; data = (lemma, bundle, front, old, new)."""
    endings: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    changes: dict[Change, float] = defaultdict(float)
    options = []
    for _, bundle, _, old, new in data:
        cuts = [(_change(old, new[:k]), new[k:]) for k in range(len(new) + 1)]
        options.append(cuts)
        for change, ending in cuts:
            endings[bundle][ending] += 1 / len(cuts)
            changes[change] += 1 / len(cuts)
    chosen: list[tuple[Change, str]] = []
    for _ in range(6):
        next_endings: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        next_changes: dict[Change, float] = defaultdict(float)
        chosen = []
        for (_, bundle, _, _, _), cuts in zip(data, options, strict=True):
            own = endings[bundle]
            best = cuts[0]
            if len(cuts) > 1:
                best = max(
                    cuts, key=lambda cut: (own.get(cut[1], 0) + 0.01) * (changes.get(cut[0], 0) + 0.01)
                )
            next_endings[bundle][best[1]] += 1
            next_changes[best[0]] += 1
            chosen.append(best)
        if next_changes == changes:
            break
        endings, changes = next_endings, next_changes
    return chosen


Node = dict[int, dict[int, int]]  # bundle -> outcome -> count


def _agreement(
    nodes: Mapping[str, Node], rows: Sequence[tuple[int, int, Sequence[str]]]
) -> dict[int, dict[int, float]]:
    """How much bundles may lend each other: bundle -> lender -> weight.

    Args:
        nodes: Context -> bundle -> outcome -> count.
        rows: (bundle, outcome, contexts from long to short).
    """
    agree: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    asked: dict[int, Counter[int]] = defaultdict(Counter)
    for bundle, outcome, contexts in rows:
        done: set[int] = set()
        for context in contexts:
            node = nodes.get(context)
            if node is None:
                continue
            for lender, counts in node.items():
                if lender in done:
                    continue
                total, same = sum(counts.values()), counts.get(outcome, 0)
                if lender == bundle:
                    total, same = total - 1, same - 1
                if total > 0:
                    done.add(lender)
                    agree[bundle][lender] += same / total
                    asked[bundle][lender] += 1
            if len(node) > 60:
                break
    out: dict[int, dict[int, float]] = {}
    for bundle, counts in asked.items():
        own = (agree[bundle][bundle] + 1) / (counts[bundle] + 2) if counts[bundle] else 0.7
        weights = {
            lender: round(min(1.0, agree[bundle][lender] / (n + 1) / own) ** _SHARPNESS, 3)
            for lender, n in counts.items()
            if n >= 3 and lender != bundle
        }
        strong = [(lender, weight) for lender, weight in weights.items() if weight >= 0.1]
        out[bundle] = dict(sorted(strong, key=lambda item: (-item[1], item[0]))[:_LENDERS])
    return out


def _grouped(bundle: str) -> dict[str, frozenset[str]]:
    """A bundle's features by group: those that change together when a form's subject, tense, … changes."""
    nominal = not pos_of(bundle).startswith(("V", "AUX"))
    groups: dict[str, set[str]] = defaultdict(set)
    for feature in core_of(bundle):
        name = dimension(feature)
        if name != "pos":
            groups[name if nominal else _GROUPS.get(name, name)].add(feature)
    return {name: frozenset(features) for name, features in groups.items()}


_GROUP_NAMES = (
    "subject",
    "argument",
    "tense",
    "polarity",
    "case",
    "number",
    "possession",
    "gender",
    "definiteness",
)


def _neighbours(bundle: str) -> list[tuple[str, str, str]]:
    """(group, rest of the bundle, what the group holds) for every group that could be exchanged."""
    groups = _grouped(bundle)
    core = core_of(bundle)
    out = []
    for name in sorted(set(groups) | set(_GROUP_NAMES)):
        value = groups.get(name, frozenset())
        out.append((name, ";".join(sorted(core - value)), ";".join(sorted(value))))
    return out


def _difference(a: str, b: str) -> tuple[str, str, str, str]:
    """(up to three letters before, old, new, up to three letters after) that turn one affix into another."""
    a, b = f"^{a}$", f"^{b}$"
    head, most = 0, min(len(a), len(b))
    while head < most and a[head] == b[head]:
        head += 1
    tail = 0
    while tail < most - head and a[-1 - tail] == b[-1 - tail]:
        tail += 1
    end = len(a) - tail
    return a[max(0, head - 3) : head], a[head:end], b[head : len(b) - tail], a[end : end + 3]


def _apply(affix: str, difference: Sequence[str]) -> tuple[str, int] | None:
    """An affix, changed; and how many letters of context fitted. None if the change does not fit."""
    left, old, new, right = difference
    text = f"^{affix}$"
    for size in (3, 2, 1):
        before, after = left[-size:], right[:size]
        at = text.find(before + old + after)
        if at >= 0:
            at += len(before)
            changed = text[:at] + new + text[at + len(old) :]
            return changed.strip("^$"), len(before) + len(after)
    return None


class _Trained(NamedTuple):
    header: dict[str, Any]
    records: list[tuple[str, bytes]]


class _Counted(NamedTuple):
    """What was counted in a context.

    Attributes:
        numbers: Among others, for each bundle an outcome, its count, another outcome, its count, …
        where: Bundle -> its rank.
        ends: By rank, where a bundle's numbers begin; those of the next one begin where they end.
        many: Whether the bundles are so many that each has a record of its own, read when it is asked for.
    """

    numbers: array[int]
    where: dict[int, int]
    ends: list[int]
    many: bool


def _record(node: Node) -> bytes:
    """A context's counts in numbers of 16 bits: how many bundles; these; how many numbers each has; and these."""
    kept = {
        bundle: [(outcome, min(n, _MOST)) for outcome, n in counts.items() if outcome <= _MOST][: _MOST // 2]
        for bundle, counts in node.items()
        if bundle <= _MOST
    }
    out = array("H", [len(kept), *kept, *(2 * len(pairs) for pairs in kept.values())])
    for pairs in kept.values():
        for pair in pairs:
            out.extend(pair)
    if sys.byteorder == "big":
        out.byteswap()
    return out.tobytes()


def _counted(record: bytes) -> _Counted:
    """What a record says; an empty one stands for many bundles."""
    numbers = array("H", record)
    if not numbers:
        return _Counted(numbers, {}, [0], True)
    if sys.byteorder == "big":
        numbers.byteswap()
    count = numbers[0]
    where = dict(zip(numbers[1 : 1 + count], range(count), strict=True))
    ends = list(accumulate(numbers[1 + count : 1 + 2 * count], initial=1 + 2 * count))
    return _Counted(numbers, where, ends, False)


_UNSEEN = _Counted(array("H"), {}, [], False)


def _train(rows: Iterable[tuple[str, str, str]]) -> _Trained:
    bundles, fronts, changes, endings = _Names(), _Names(), _Names(), _Names()
    lemma_ends: dict[str, Counter[str]] = defaultdict(Counter)
    data: list[tuple[str, str, Front, str, str]] = []
    moved: Counter[str] = Counter()
    for lemma, form, bundle in rows:
        lemma_ends[pos_of(bundle)].update(lemma[-k:] for k in (1, 2, 3) if len(lemma) > k)
        parts = _split(lemma, form)
        if parts is not None:
            front, old, new, prefix = parts
            data.append((lemma, bundle, front, old, new))
            if prefix:
                moved[prefix] += 1
    cuts = _cut(data)

    stem_nodes: dict[str, Node] = {}
    ending_nodes: dict[str, Node] = {}
    front_nodes: dict[str, Node] = {}
    stem_rows: list[tuple[int, int, Sequence[str]]] = []
    ending_rows: list[tuple[int, int, Sequence[str]]] = []
    patterns: dict[int, Counter[tuple[str, str]]] = defaultdict(Counter)

    def add(nodes: dict[str, Node], contexts: Iterable[str], bundle: int, outcome: int) -> None:
        for context in contexts:
            counts = nodes.setdefault(context, {}).setdefault(bundle, {})
            counts[outcome] = counts.get(outcome, 0) + 1

    stride = max(1, len(data) // _AGREEMENT_ROWS)
    for number, ((lemma, name, front, _, _), (change, ending)) in enumerate(zip(data, cuts, strict=True)):
        pos = pos_of(name)[:1]
        which, outcome = bundles[name], changes[change]
        stem = _stem(lemma, change) or lemma
        contexts = _stem_contexts(lemma, f"R{pos}{front[0]}")
        add(stem_nodes, contexts, which, outcome)
        ending_contexts = [f"E{pos}{context}" for context in _ending_contexts(stem, outcome)]
        add(ending_nodes, ending_contexts, which, endings[ending])
        first, last = _front_contexts(lemma)
        add(front_nodes, (f"L{context}" for context in first + last[1:]), which, fronts[front])
        patterns[which][front[1], ending] += 1
        if number % stride == 0:
            stem_rows.append((which, outcome, contexts[:1:-1]))
            ending_rows.append((which, endings[ending], ending_contexts[:3:-1]))
    lend_stem, lend_ending = _agreement(stem_nodes, stem_rows), _agreement(ending_nodes, ending_rows)

    from morphaug.paradigms import _code

    records: list[tuple[str, bytes]] = []
    for nodes in (stem_nodes, ending_nodes, front_nodes):
        for context, node in nodes.items():
            if context[0] == "R" and len(context.partition("\x05")[2]) > 4 and len(node) == 1:
                (counts,) = node.values()
                if sum(counts.values()) == 1 and _shorter_says_so(nodes, context):
                    continue  # a single row, known from a shorter context
            if len(node) <= _FEW:
                records.append((context, _record(node)))
                continue
            records.append((context, b""))  # many bundles: each has a record of its own
            records += [(f"{context}\x01{_code(which)}", _record({which: c})) for which, c in node.items()]
    lemma_ending = {}
    for pos, found in sorted(lemma_ends.items()):
        whole = sum(n for end, n in found.items() if len(end) == 1)
        good = [(len(end), n, end) for end, n in found.items() if n >= 0.3 * whole]
        lemma_ending[pos] = max(good)[2] if good else ""
    header = {
        "bundles": bundles.values(),
        "fronts": fronts.values(),
        "changes": changes.values(),
        "endings": endings.values(),
        "lend_stem": [sorted(lend_stem.get(i, {}).items()) for i in range(len(bundles.ids))],
        "lend_ending": [sorted(lend_ending.get(i, {}).items()) for i in range(len(bundles.ids))],
        "moved": sorted(prefix for prefix, n in moved.items() if n >= 2),
        "lemma_ending": lemma_ending,
        "exchanges": _exchanges(bundles.values(), patterns),
    }
    return _Trained(header, records)


def _shorter_says_so(nodes: Mapping[str, Node], context: str) -> bool:
    shorter = nodes.get(context[:-1])
    return shorter is not None and len(shorter) == 1 and shorter == nodes[context]


def _exchanges(
    names: list[str], patterns: Mapping[int, Counter[tuple[str, str]]]
) -> dict[str, list[list[Any]]]:
    """How affixes change when one group of features is exchanged: "group|old|new" -> changes, commonest first."""
    main = {i: min(found.items(), key=lambda item: (-item[1], item[0]))[0] for i, found in patterns.items()}
    buckets: dict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
    for index, name in enumerate(names):
        if index in main:
            for group, rest, value in _neighbours(name):
                buckets[group, rest].append((value, index))
    counts: dict[str, Counter[tuple[tuple[str, str, str, str], tuple[str, str, str, str]]]] = defaultdict(
        Counter
    )
    for (group, _), members in buckets.items():
        if len(members) < 2:
            continue
        for value, a in members[:40]:
            for other, b in members[:40]:
                if a != b and value != other:
                    front = _difference(main[a][0], main[b][0])
                    end = _difference(main[a][1], main[b][1])
                    counts[f"{group}|{value}|{other}"][front, end] += 1
    return {
        key: [[*pair, n] for pair, n in sorted(found.items(), key=lambda item: (-item[1], item[0]))[:6]]
        for key, found in sorted(counts.items())
    }


# -- prediction --------------------------------------------------------------------------------------


class _Asked:
    """What is remembered of a bundle that was asked about.

    Attributes:
        mixtures: Contexts of fronts and stem changes -> the mixture up to there, and the bundles seen there.
        nodes: Contexts of endings -> what was counted there, and the bundles seen there.
        tails: (stem change, last vowels) -> last letters of the stem -> the mixture of endings up to there.
        endings: (stem change, last vowels, last letters) -> the likeliest endings.
    """

    __slots__ = ("endings", "mixtures", "nodes", "tails")

    def __init__(self) -> None:
        self.mixtures: dict[str, tuple[Mixture, Weights]] = {}
        self.nodes: dict[str, tuple[Mapping[int, float], Weights]] = {}
        self.tails: dict[tuple[int, str], dict[str, tuple[Mixture, Weights]]] = {}
        self.endings: dict[tuple[int, str, str], list[tuple[int, float]]] = {}


class Affixes:
    """Trained affix changes: one of the two halves of an ``inflection.Inflector``. Read-only but for its memo.

    Args:
        header: What ``header`` of a trained one holds.
        trie: Its ``trie``: contexts, each with its counts.
    """

    def __init__(self, header: Mapping[str, Any], trie: Any) -> None:
        self.header, self.trie = header, trie
        self._names: list[str] = header["bundles"]
        self._ids = {name: i for i, name in enumerate(self._names)}
        self._fronts: list[Front] = [(a, b) for a, b in header["fronts"]]
        self._changes: list[Change] = [(n, a, b) for n, a, b in header["changes"]]
        self._change_ids = {change: i for i, change in enumerate(self._changes)}
        self._endings: list[str] = header["endings"]
        # How much each bundle's rows weigh for a bundle: its own are the first, and whole.
        self._alone: list[dict[int, float]] = [{i: 1.0} for i in range(len(self._names))]
        self._lend_stem = [{i: 1.0, **dict(lenders)} for i, lenders in enumerate(header["lend_stem"])]
        self._lend_ending = [{i: 1.0, **dict(lenders)} for i, lenders in enumerate(header["lend_ending"])]
        self._moved: frozenset[str] = frozenset(header["moved"])
        self._lemma_ending: dict[str, str] = header["lemma_ending"]
        self._exchanges: dict[str, list[list[Any]]] = header["exchanges"]
        self._cores: dict[frozenset[str], int] | None = None
        self._buckets: dict[tuple[str, str], list[tuple[str, int]]] | None = None
        self._codes: list[str] = []
        self._contexts: dict[str, _Counted] = {}
        self._asked: dict[int, _Asked] = {}
        self._calls = 0

    @classmethod
    def train(cls, rows: Iterable[tuple[str, str, str]]) -> Affixes:
        """Train on (lemma, form, canonical bundle) rows, in a fixed order."""
        header, records = _train(rows)
        return cls(json.loads(json.dumps(header)), marisa_trie.BytesTrie(records))

    def lemma_ending(self, pos: str) -> str:
        """The ending that at least three lemmas in ten of a part of speech have (the longest such), or ""."""
        return self._lemma_ending.get(pos, "")

    def knows(self, bundle: str) -> bool:
        """Whether a bundle was seen in training (or one that differs in default features only)."""
        return self._find(bundle) is not None

    def _find(self, bundle: str) -> int | None:
        index = self._ids.get(bundle)
        if index is None:
            if self._cores is None:
                self._cores = {core_of(name): i for i, name in reversed(list(enumerate(self._names)))}
            index = self._cores.get(core_of(bundle))
        return index

    def shares(
        self, lemma: str, bundle: str, cells: Sequence[tuple[str, str]] = (), *, keep: str = ""
    ) -> dict[str, float]:
        """Forms of a lemma and what speaks for each; {} if the bundle can neither be looked up nor composed.

        Args:
            lemma: Citation form.
            bundle: Canonical bundle.
            cells: Cells of the lemma that are known, as (bundle, form); they steer the stem.
            keep: The form has to contain this (the stem of a foreign word).
        """
        index = self._find(bundle)
        if index is not None:
            return self._seen(lemma, index, cells, keep)
        return self._composed(lemma, parse_bundle(bundle), cells, keep)

    def _of(self, bundle: int) -> _Asked:
        """What is remembered of a bundle; all is forgotten now and then, so that it does not grow without end."""
        self._calls += 1
        if self._calls > _CALLS:
            self._calls = 0
            self._asked.clear()
            self._contexts.clear()
        found = self._asked.get(bundle)
        if found is None:
            found = self._asked[bundle] = _Asked()
        return found

    def _context(self, context: str) -> _Counted:
        """What was counted in a context, from the trie."""
        records = self.trie.get(context) if "\0" not in context else None  # tries end their queries there
        found = self._contexts[context] = _counted(records[0]) if records else _UNSEEN
        return found

    def _read(self, context: str, bundles: Iterable[int]) -> None:
        """Add what was counted for some bundles to a context of many."""
        if not self._codes:
            from morphaug.paradigms import _code

            self._codes = [f"\x01{_code(i)}" for i in range(len(self._names))]
        numbers, where, ends, _ = self._contexts[context]
        for bundle in bundles:
            if bundle not in where:
                records = self.trie.get(context + self._codes[bundle])
                if records:
                    own = _counted(records[0])
                    numbers.extend(own.numbers[own.ends[0] :])
                where[bundle] = len(ends) - 1
                ends.append(len(numbers))

    def _node(self, context: str, weights: Weights) -> tuple[Mapping[int, float], Weights]:
        """(outcome -> weighted count in a context, the weights of the bundles that were seen there).

        The bundle's own rows count, and those that it borrows.
        """
        counted = self._contexts.get(context)
        if counted is None:
            counted = self._context(context)
        numbers, where, ends, many = counted
        if many:
            self._read(context, weights)
        node: dict[int, float] = {}
        lenders: dict[int, float] = {}
        for lender in weights if len(where) > len(weights) else where:
            if lender in weights and lender in where:
                rank = where[lender]
                start, end = ends[rank], ends[rank + 1]
                if start == end:
                    continue
                weight = lenders[lender] = weights[lender]
                for at in range(start, end, 2):
                    outcome = numbers[at]
                    node[outcome] = node.get(outcome, 0.0) + weight * numbers[at + 1]
        return node, lenders

    def _mixed(
        self, known: dict[str, tuple[Mixture, Weights]], contexts: Iterable[str], weights: Weights
    ) -> Mixture:
        """The mixture over contexts that each extend the one before; remembered for each context."""
        out = _NOTHING
        for context in contexts:
            found = known.get(context)
            if found is None:
                node, weights = self._node(context, weights)
                mixture = _blend(node, out) if node else _NOTHING
                if len(mixture.shares) > 2 * _KEPT:
                    mixture = Mixture(dict(_best(mixture.shares, _KEPT)), mixture.scale)
                found = known[context] = mixture, weights
            mixture, weights = found  # a bundle that was not seen here is not seen in longer contexts either
            if not mixture.shares:
                break
            out = mixture
        return out

    def _ending_node(
        self, asked: _Asked, context: str, weights: Weights
    ) -> tuple[Mapping[int, float], Weights]:
        """As ``_node``, remembered."""
        found = asked.nodes.get(context)
        if found is None:
            found = asked.nodes[context] = self._node(context, weights)
        return found

    def _endings_of(
        self, asked: _Asked, pos: str, stem: str, change: int, bundle: int
    ) -> list[tuple[int, float]]:
        """The likeliest endings of a stem that a change has made; they depend on its last vowels and letters."""
        stem = stem.lower()
        vowels, back = _last_vowels(stem), stem[:-5:-1]
        key = (change, vowels, back)
        found = asked.endings.get(key)
        if found is None:
            known = asked.tails.get((change, vowels))
            if known is None:
                broad = self._broad_endings(asked, pos, change, vowels, bundle)
                known = asked.tails[change, vowels] = {"": broad}
            mixture = self._mixed_endings(asked, known, f"E{pos}s{vowels[:1]}\x05", back)
            scale = mixture.scale
            found = asked.endings[key] = [
                (ending, share * scale) for ending, share in _best(mixture.shares, 3)
            ]
        return found

    def _broad_endings(
        self, asked: _Asked, pos: str, change: int, vowels: str, bundle: int
    ) -> tuple[Mixture, Weights]:
        """The mixture over contexts that do not look at the stem's last letters, and the last vowel's bundles."""
        weights = self._lend_ending[bundle]
        out = self._mixed(asked.mixtures, (f"E{pos}",), weights)
        lenders: Weights = {}
        for context in (f"E{pos}r{chr(48 + change)}", f"E{pos}v{vowels[:1]}", f"E{pos}w{vowels}"):
            node, seen = self._ending_node(asked, context, weights)
            if node:
                out = _blend(node, out)
                if context[2] == "v":
                    lenders = seen
        return Mixture(dict(_best(out.shares, _KEPT)), out.scale), lenders

    def _mixed_endings(
        self, asked: _Asked, known: dict[str, tuple[Mixture, Weights]], head: str, back: str
    ) -> Mixture:
        """The mixture over the broad contexts and those of the last letters."""
        out, weights = known[""]
        for size in range(1, 5):
            place = back[:size].ljust(size, "\0")  # a short stem is asked about again
            found = known.get(place)
            if found is None:
                node, seen = self._ending_node(asked, head + back[:size], weights)
                found = known[place] = (_blend(node, out), seen) if node else (_NOTHING, weights)
            if not found[0].shares:
                break
            out, weights = found
        return out

    def _prefix(self, lemma: str) -> str:
        if not self._moved:
            return ""
        return next((lemma[:n] for n in range(min(8, len(lemma) - 2), 1, -1) if lemma[:n] in self._moved), "")

    def _front_shares(self, asked: _Asked, lemma: str, bundle: int, moved: str) -> list[tuple[int, float]]:
        """The likeliest fronts that a lemma can have, three at most, and their shares.

        What its first and its last letters say are independent witnesses.
        """
        alone, known = self._alone[bundle], asked.mixtures
        base, scale = self._mixed(known, ("L",), alone)
        able = [front for front in base if self._fits(lemma, self._fronts[front][0], moved)]
        if len(able) < 2:
            return [(front, base[front] * scale if len(base) == 1 else 1.0) for front in able]
        first, last = (
            self._mixed(known, [f"L{c}" for c in part], alone).shares for part in _front_contexts(lemma)
        )
        joint = {front: first.get(front, 0.0) * last.get(front, 0.0) / base[front] for front in able}
        total = sum(joint.values()) or 1.0
        least = _HOPELESS * max(joint.values())
        return [(f, share / total) for f, share in _best(joint, 3) if share >= least]

    @staticmethod
    def _fits(lemma: str, off: str, moved: str) -> bool:
        """Whether a front can be taken off a lemma."""
        return bool(moved) if off == "*" else lemma.startswith(off)

    def _candidates(
        self, lemma: str, bundle: int, cells: Sequence[tuple[str, str]], keep: str
    ) -> list[tuple[float, str, int, int, int]]:
        """(probability, form, front, change, ending), unsorted; more of them if a form has to keep something."""
        asked = self._of(bundle)
        pos = pos_of(self._names[bundle])[:1]
        moved = self._prefix(lemma)
        own_changes = self._own(lemma, bundle, cells) if cells else None
        out: list[tuple[float, str, int, int, int]] = []
        most, tries, ends = (40, 20, 3) if keep else (12, 3, 2)
        for front_id, p_front in self._front_shares(asked, lemma, bundle, moved):
            front = self._fronts[front_id]
            contexts = _stem_contexts(lemma, f"R{pos}{front[0]}")
            changes = self._mixed(asked.mixtures, contexts, self._lend_stem[bundle])
            if own_changes:
                changes = _blend(own_changes, changes)
            tried, least = 0, 0.0
            for change_id, p_change in _best(changes.shares, most):
                if p_change < least:
                    break
                stem = _stem(lemma, self._changes[change_id])
                if stem is None:
                    continue
                if not tried and not keep:
                    least = _HOPELESS * p_change
                tried += 1
                p_both = p_front * p_change * changes.scale
                for ending_id, p_ending in self._endings_of(asked, pos, stem, change_id, bundle)[:ends]:
                    form = _join(stem, front, self._endings[ending_id], moved)
                    if form:
                        out.append((p_both * p_ending, form, front_id, change_id, ending_id))
                if tried >= tries:
                    break
        return out

    def _own(self, lemma: str, bundle: int, cells: Sequence[tuple[str, str]]) -> dict[int, float]:
        """Stem changes that the lemma's known cells show, weighted by how far their bundles agree."""
        weights = self._lend_stem[bundle]
        out: dict[int, float] = {}
        for name, form in cells:
            index = self._ids.get(name)
            weight = weights.get(index, 0.0) if index is not None else 0.0
            parts = _split(lemma, form) if weight and index is not None else None
            if parts is None or index is None:
                continue
            _, old, new, _ = parts
            ends, _ = self._node(f"E{pos_of(name)[:1]}", self._alone[index])
            best: tuple[float, int] | None = None
            for size in range(len(new) + 1):
                change = self._change_ids.get(_change(old, new[:size]))
                if change is None:
                    continue
                score = sum(n for e, n in ends.items() if self._endings[e] == new[size:])
                if score and (best is None or score > best[0]):
                    best = score, change
            if best is not None:
                out[best[1]] = out.get(best[1], 0.0) + 4.0 * weight
        return out

    def _seen(self, lemma: str, bundle: int, cells: Sequence[tuple[str, str]], keep: str) -> dict[str, float]:
        forms: dict[str, float] = {}
        for p, form, *_ in self._candidates(lemma, bundle, cells, keep):
            if not keep or keep in form:
                forms[form] = forms.get(form, 0.0) + p
        total = sum(forms.values()) if keep else 1.0
        return {form: min(1.0, p / total) for form, p in forms.items()}

    def _composed(
        self, lemma: str, bundle: str, cells: Sequence[tuple[str, str]], keep: str
    ) -> dict[str, float]:
        """Forms for a bundle that was never seen, from bundles that differ in one group of features."""
        if self._buckets is None:
            buckets: dict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
            for index, name in enumerate(self._names):
                for group, rest, value in _neighbours(name):
                    buckets[group, rest].append((value, index))
            self._buckets = dict(buckets)
        moved = self._prefix(lemma)
        forms: dict[str, float] = {}
        for group, rest, value in _neighbours(bundle):
            for other, index in self._buckets.get((group, rest), ())[:_PEERS]:
                exchanges = self._exchanges.get(f"{group}|{other}|{value}")
                if not exchanges:
                    continue
                candidates = self._candidates(lemma, index, cells, "")
                if not candidates:
                    continue
                p, _, front_id, change_id, ending_id = max(candidates, key=itemgetter(0, 1))
                (off, put), ending = self._fronts[front_id], self._endings[ending_id]
                stem = _stem(lemma, self._changes[change_id]) or ""
                total = sum(n for _, _, n in exchanges)
                for front, end, n in exchanges:
                    before, after = _apply(put, front), _apply(ending, end)
                    if before is None or after is None:
                        continue
                    form = _join(stem, (off, before[0]), after[0], moved)
                    if form and (not keep or keep in form):
                        fit = 4.0 ** (before[1] + after[1] - 12)
                        forms[form] = forms.get(form, 0.0) + p * n / total * fit
        total = sum(forms.values())
        return {form: 0.9 * p / total for form, p in forms.items()}
