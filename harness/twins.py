"""Which words of an example and its twin belong together.

A twin is a variant that ``morphaug generate --provenance`` made, or the example with words of a lexicon put in
(see ``harness.switching``). Words are joined by what the twin says of its origin: each of its words names the
source's tokens that it stands for.

Tagging joins one word to one word (of several, the principal one). A question's context is joined in groups,
because a word may stand for several and several for one: the finest groups such that no word, and no subword
that holds parts of two words, is in two of them. A corpus names the source's tokens by number, not by place: where
they stand in the text is found again by cutting it into words and signs and aligning the two rows; where these
differ in length, all between two words that are the same is one group. What stands for nothing is in no group.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from harness.data import TaskData
from harness.encode import Encoded
from harness.records import Choice, Piece, Question, Record, Tagged
from harness.store import IGNORE, Ints, Longs
from harness.switching import SWITCHED, WORDS
from morphaug.tasks.span_qa import ROLES as QA_ROLES
from morphaug.tasks.tagging import ROLES as TAG_ROLES

# UD's English tokens: "don't" is do and n't, "Anna's" is Anna and 's; most signs stand alone, hyphens too.
_TOKENS = re.compile(
    r"-[LR][RSC]B-|\d+(?:[.,:]\d+)+|(?:\b[A-Z]\.)+|\w+?(?=n['’]t\b)|n['’]t\b|['’](?:s|m|d|re|ve|ll)\b|\w+"
    r"|''|``|--+|\.\.+|[^\w\s]",
    re.IGNORECASE,
)
OTHER, FIRST = 0, 1  # groups of a span's tokens: what is joined to nothing, and <s>; the others follow

Key = tuple[int, int]  # (sentence, token), as in Origin.pieces


class Link(NamedTuple):
    """How an example's unit and its twin's belong together.

    Args:
        twin: The twin's unit.
        here: tag: which of the unit's scored tokens; span: the group of each of its tokens; else empty.
        there: tag: which of the twin's scored tokens, one for each of ``here``; span: as ``here``.
    """

    twin: int
    here: Longs
    there: Longs


def links(data: TaskData, own: Encoded, other: Encoded) -> tuple[list[list[Link]], dict[str, int]]:
    """The twins of each unit.

    Args:
        data: With ``twins``.
        own: ``data.train``, encoded.
        other: All twins in one row, encoded with every record kept.

    Returns:
        For each unit of ``own`` its links; and what could not be joined, by reason.
    """
    counts: Counter[str] = Counter()
    found: list[list[Link]] = [[] for _ in range(own.store.units)]
    units, twin_units = _units(own), _units(other)
    numbers = _numbers(data.train, own.records)
    first = np.cumsum([0, *map(len, data.twins)])
    for kept, number in enumerate(numbers):
        for at, twin in enumerate(data.twins[number], int(first[number])):
            mine, its = units[kept], twin_units[at]
            if len(mine) > 1 or len(its) > 1:
                counts["twins_in_several_windows"] += 1
                continue
            link = _link(own, mine[0], other, its[0], data.train[number], twin, counts)
            if link is not None:
                found[mine[0]].append(link)
    counts["units_without_twin"] = found.count([])
    return found, dict(counts)


def augmented_units(data: TaskData, own: Encoded) -> Longs:
    """The units of augmented records, sorted."""
    numbers = np.asarray(_numbers(data.train, own.records))
    augmented = numbers >= len(data.train) - data.augmented
    return np.flatnonzero(augmented[own.unit_record])


def _units(encoded: Encoded) -> list[list[int]]:
    """The units of each record."""
    out: list[list[int]] = [[] for _ in encoded.records]
    for unit, record in enumerate(encoded.unit_record.tolist()):
        out[record].append(unit)
    return out


def _numbers(given: Sequence[Record], kept: Sequence[Record]) -> list[int]:
    """Which of the given records each kept one is."""
    rest = iter(enumerate(given))
    return [next(number for number, record in rest if record is one) for one in kept]


def _link(
    own: Encoded,
    unit: int,
    other: Encoded,
    twin_unit: int,
    record: Record,
    twin: Record,
    counts: Counter[str],
) -> Link | None:
    none = np.zeros(0, np.int64)
    if isinstance(record, Choice) and isinstance(twin, Choice) and len(record.choices) != len(twin.choices):
        counts["twins_with_other_choices"] += 1
        return None
    if isinstance(record, Tagged) and isinstance(twin, Tagged):
        here, there = _tag_link(own, unit, other, twin_unit, record, twin, counts)
    elif isinstance(record, Question) and isinstance(twin, Question):
        here, there = _span_link(own, unit, other, twin_unit, record, twin, counts)
    else:
        return Link(twin_unit, none, none)
    if not len(here):
        counts["twins_unaligned"] += 1
        return None
    return Link(twin_unit, here, there)


def _told(record: Record, roles: Sequence[str]) -> tuple[Piece, ...]:
    pieces = record.origin.pieces if record.origin else {}
    return next((pieces[name] for name in roles if name in pieces), ())


def _tokens(encoded: Encoded, unit: int) -> slice:
    store = encoded.store
    return slice(int(store.starts[store.first[unit]]), int(store.starts[store.first[unit + 1]]))


def _tag_link(
    own: Encoded,
    unit: int,
    other: Encoded,
    twin_unit: int,
    record: Tagged,
    twin: Tagged,
    counts: Counter[str],
) -> tuple[Longs, Longs]:
    """The scored tokens of words that stand for each other and have the same tag."""
    mine, its = _scored_words(own, unit), _scored_words(other, twin_unit)
    here, there, used = [], [], set()
    for start, _, keys in _told(twin, TAG_ROLES["tokens"]):
        sentence, token = keys[0] if keys else (0, 0)
        word = token - 1
        if sentence or word in used or word not in mine or start not in its:
            continue
        if record.tags and twin.tags and record.tags[word] != twin.tags[start]:
            counts["words_tagged_anew"] += 1
            continue
        used.add(word)
        here.append(mine[word])
        there.append(its[start])
    counts["words_aligned"] += len(here)
    counts["words_unaligned"] += len(mine) - len(here)
    return np.asarray(here, np.int64), np.asarray(there, np.int64)


def _scored_words(encoded: Encoded, unit: int) -> dict[int, int]:
    """By number of a word: which of the unit's scored tokens it is."""
    at = _tokens(encoded, unit)
    assert encoded.word is not None
    assert encoded.store.targets is not None
    words = encoded.word[at][encoded.store.targets[at] != IGNORE]
    return {word: row for row, word in enumerate(words.tolist())}


def _span_link(
    own: Encoded,
    unit: int,
    other: Encoded,
    twin_unit: int,
    record: Question,
    twin: Question,
    counts: Counter[str],
) -> tuple[Longs, Longs]:
    """The group of each token on both sides; empty if no word of the context belongs to another."""
    pieces = _told(twin, QA_ROLES["context"])
    assert own.chars is not None
    assert other.chars is not None
    chars, twin_chars = own.chars[_tokens(own, unit)], other.chars[_tokens(other, twin_unit)]
    if twin.origin and twin.origin.recipe == SWITCHED:
        stretches = [match.span() for match in WORDS.finditer(record.context)]
        node = {(0, at + 1): at for at in range(len(stretches))}
    else:
        stretches, node = source_words(record.context, twin.context, pieces)
    # Nodes: the stretches of the source, then the words of the twin.
    parent = list(range(len(stretches) + len(pieces)))
    for at, (_, _, keys) in enumerate(pieces, len(stretches)):
        for key in keys:
            if key in node:
                _join(parent, at, node[key])
    here = _nodes(parent, chars, stretches, 0)
    there = _nodes(parent, twin_chars, [piece[:2] for piece in pieces], len(stretches))
    here_roots = [_root(parent, at) if at >= 0 else -1 for at in here]
    there_roots = [_root(parent, at) if at >= 0 else -1 for at in there]
    both = sorted((set(here_roots) & set(there_roots)) - {-1})
    group = {root: at for at, root in enumerate(both, FIRST + 1)}
    rows = [[group.get(root, OTHER) for root in roots] for roots in (here_roots, there_roots)]
    context = [int((side[:, 1] > side[:, 0]).sum()) for side in (chars, twin_chars)]
    joined = [sum(at > FIRST for at in row) for row in rows]
    counts["tokens_aligned"] += sum(joined)
    counts["tokens_unaligned"] += sum(context) - sum(joined)
    if not both:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    rows[0][0] = rows[1][0] = FIRST
    return np.asarray(rows[0], np.int64), np.asarray(rows[1], np.int64)


def _nodes(parent: list[int], chars: Ints, stretches: Sequence[tuple[int, int]], shift: int) -> list[int]:
    """The node of each token, -1 for none; nodes that one token overlaps are joined."""
    size = max((end for _, end in stretches), default=0)
    at = np.full(max(size, int(chars.max(initial=0))) + 1, -1)
    for number, (begin, end) in enumerate(stretches, shift):
        at[begin:end] = number
    out = []
    for begin, end in chars.tolist():
        over = sorted({*at[begin:end].tolist()} - {-1}) if 0 <= begin < end else []
        for number in over[1:]:
            _join(parent, over[0], number)
        out.append(over[0] if over else -1)
    return out


def _root(parent: list[int], at: int) -> int:
    while parent[at] != at:
        parent[at] = parent[parent[at]]
        at = parent[at]
    return at


def _join(parent: list[int], one: int, two: int) -> None:
    parent[_root(parent, two)] = _root(parent, one)


def source_words(
    text: str, made: str, pieces: Sequence[Piece]
) -> tuple[list[tuple[int, int]], dict[Key, int]]:
    """Where a source's tokens, which pieces give by number only, stand in its text.

    Args:
        text: The source.
        made: The variant, in which the pieces' stretches lie.
        pieces: What its words stand for.

    Returns:
        Stretches of the text, and by (sentence, token) which of them the token is in.
    """
    words = [match.span() for match in _TOKENS.finditer(text)]
    letters: dict[Key, str] = {}
    last: Counter[int] = Counter()
    for start, end, keys in pieces:
        for sentence, token in keys:
            last[sentence] = max(last[sentence], token)
        if len(keys) == 1:
            letters[keys[0]] = made[start:end].lower()
    tokens = [(sentence, token) for sentence in sorted(last) for token in range(1, last[sentence] + 1)]
    stretches: list[tuple[int, int]] = []
    node: dict[Key, int] = {}
    seen, said = [text[begin:end].lower() for begin, end in words], [letters.get(key) for key in tokens]
    for first, end, start, stop in _matched(seen, said):
        if end - first == stop - start:
            for word, key in zip(range(first, end), tokens[start:stop], strict=True):
                node[key] = len(stretches)
                stretches.append(words[word])
        elif end > first:
            for key in tokens[start:stop]:
                node[key] = len(stretches)
            stretches.append((words[first][0], words[end - 1][1]))
    return stretches, node


_GAP, _BAND = (
    2,
    24,
)  # what leaving out a word costs; how far two rows may be apart, beyond their difference in length


def _matched(seen: Sequence[str], said: Sequence[str | None]) -> list[tuple[int, int, int, int]]:
    """Stretches of two rows that belong together, in order: (start, end) of the one, (start, end) of the other.

    The cheapest way to turn the one into the other; a stretch lies between two words that are the same on both
    sides, or is one of them.

    Args:
        seen: The words and signs of a text, in lower case.
        said: The tokens as a variant has them, which may be in another language; None for those it has not.
    """
    rows, columns = len(seen), len(said)
    signs = [not word[0].isalnum() for word in seen]
    if rows == columns and all(_price(*each) <= 1 for each in zip(seen, signs, said, strict=True)):
        return [(0, rows, 0, columns)]
    shift = abs(rows - columns) + _BAND
    cost: dict[tuple[int, int], int] = {(0, 0): 0}
    back: dict[tuple[int, int], int] = {}  # 0: both, 1: the first alone, 2: the second alone
    for i in range(rows + 1):
        for j in range(max(0, i - shift), min(columns, i + shift) + 1):
            if not i and not j:
                continue
            ways = [1 << 30] * 3
            if (i - 1, j - 1) in cost:
                ways[0] = cost[i - 1, j - 1] + _price(seen[i - 1], signs[i - 1], said[j - 1])
            if (i - 1, j) in cost:
                ways[1] = cost[i - 1, j] + _GAP
            if (i, j - 1) in cost:
                ways[2] = cost[i, j - 1] + _GAP
            best = min(ways)
            cost[i, j], back[i, j] = best, ways.index(best)
    i, j = rows, columns
    anchors = [(rows, columns)]
    while i or j:
        step = back[i, j]
        i, j = i - (step != 2), j - (step != 1)
        if not step and seen[i] == said[j]:
            anchors.append((i, j))
    out: list[tuple[int, int, int, int]] = []
    first, start = 0, 0
    for i, j in reversed(anchors):
        out.append((first, i, start, j))
        if i < rows and j < columns:
            out.append((i, i + 1, j, j + 1))
        first, start = i + 1, j + 1
    return out


def _price(word: str, sign: bool, said: str | None) -> int:
    """What taking a word for a token costs, which may have been translated."""
    if word == said:
        return 0
    return 1 if said is None or (not sign and said[0].isalnum()) else 3
