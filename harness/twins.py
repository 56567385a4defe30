"""Which words of an example and its twin belong together.

A twin is a variant that ``morphaug generate --provenance`` made, or the example with words of a lexicon put in
(see ``harness.switching``). Words are joined by what the twin says of its origin: each of its words names the
stretches of the source that it stands for.

Tagging joins one word to one word (of several, the principal one). A question's context is joined in groups,
because a word may stand for several and several for one: the finest groups such that no word, and no subword
that holds parts of two words, is in two of them. What stands for nothing is in no group.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from harness.data import TaskData
from harness.encode import Encoded
from harness.records import Choice, Piece, Question, Record, Tagged
from harness.store import IGNORE, Ints, Longs
from morphaug.tasks.span_qa import ROLES as QA_ROLES
from morphaug.tasks.tagging import ROLES as TAG_ROLES

OTHER, FIRST = 0, 1  # groups of a span's tokens: what is joined to nothing, and <s>; the others follow


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
        here, there = _span_link(own, unit, other, twin_unit, twin, counts)
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
    for start, _, sources in _told(twin, TAG_ROLES["tokens"]):
        word = sources[0][0] if sources else -1
        if word in used or word not in mine or start not in its:
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
    twin: Question,
    counts: Counter[str],
) -> tuple[Longs, Longs]:
    """The group of each token on both sides; empty if no word of the context belongs to another."""
    pieces = _told(twin, QA_ROLES["context"])
    assert own.chars is not None
    assert other.chars is not None
    chars, twin_chars = own.chars[_tokens(own, unit)], other.chars[_tokens(other, twin_unit)]
    stretches = sorted({stretch for _, _, sources in pieces for stretch in sources})
    node = {stretch: number for number, stretch in enumerate(stretches)}
    # Nodes: the stretches of the source, then the words of the twin.
    parent = list(range(len(stretches) + len(pieces)))
    for at, (_, _, sources) in enumerate(pieces, len(stretches)):
        for stretch in sources:
            _join(parent, at, node[stretch])
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
