"""From records to token ids, in XLM-R's form: ``<s> A </s>``, or ``<s> A </s></s> B </s>``, without segments.

Nothing is cut silently: what had to be is counted by reason. What decoding needs (which record a unit is of,
which word or which characters a token stands for) is kept beside the store. Tokenizers are called on whole
lists of texts, without their special tokens, and only their own offsets are trusted: text that is put
together again from tokens and sought in the original costs Chinese nearly all of its exact matches.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from harness.records import Aligned, Choice, Classified, Plain, Question, Record, Tagged
from harness.store import IGNORE, Ints, Kind, Store, StoreBuilder
from morphaug.errors import MorphaugError

BATCH = 2000  # texts handed to the tokenizer at once


class Tokenizer(Protocol):
    """What is used of a tokenizer of transformers."""

    bos_token_id: int
    eos_token_id: int
    unk_token_id: int

    def __call__(self, text: list[str], **options: Any) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Settings:
    """How long sequences may be.

    Args:
        max_len: Tokens of a sequence, special ones included.
        doc_stride: Tokens from the start of one window of a long context to the start of the next (as in
            BERT's and XTREME's scripts; the option of the same name in transformers' newer scripts is the
            overlap of two windows).
        max_query: Tokens of a question, or of a query of retrieval.
    """

    max_len: int = 128
    doc_stride: int = 128
    max_query: int = 64

    def __post_init__(self) -> None:
        if self.max_len < 8 or self.doc_stride < 1 or self.max_query < 1:
            raise MorphaugError("max_len is at least 8, doc_stride and max_query at least 1")


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """Tokenised records.

    Args:
        store: Their tokens and targets.
        records: The records that are in it.
        unit_record: Which of them each unit is of, int32 [U]; -1 for a block of running text.
        word: tag: the number of the word in its record that a token begins, int32 [T]; -1 for all others.
        chars: span: the characters of the context that a token stands for, int32 [T, 2]; -1 for all others.
        counts: What was cut, dropped or could not be said, by reason.
    """

    store: Store
    records: tuple[Record, ...]
    unit_record: Ints
    word: Ints | None
    chars: Ints | None
    counts: Mapping[str, int]


def load_tokenizer(name: str) -> Tokenizer:
    """The tokenizer of a model, by its folder or its id at the Hub.

    Raises:
        MorphaugError: There is none, or it cannot say where its tokens stand in the text.
    """
    from transformers import AutoTokenizer

    try:
        found: Any = AutoTokenizer.from_pretrained(name)
    except (OSError, ValueError) as error:
        first = (str(error).strip().splitlines() or [""])[0][:160]
        raise MorphaugError(f"no tokenizer in {name}: {first}", "name a folder or a model id") from None
    if not found.is_fast or found.bos_token_id is None or found.eos_token_id is None:
        raise MorphaugError(
            f"the tokenizer in {name} is none of XLM-R's kind", "it needs offsets, <s> and </s>"
        )
    tokenizer: Tokenizer = found
    return tokenizer


def label_names(records: Iterable[Record]) -> tuple[str, ...]:
    """The classes or tags that occur, sorted: for sets that do not say theirs."""
    found: set[str] = set()
    for record in records:
        if isinstance(record, Classified) and record.label is not None:
            found.add(record.label)
        elif isinstance(record, Tagged) and record.tags is not None:
            found.update(record.tags)
    return tuple(sorted(found))


def encode(
    records: Sequence[Record],
    tokenizer: Tokenizer,
    kind: Kind,
    settings: Settings,
    labels: Sequence[str] = (),
    *,
    train: bool = False,
) -> Encoded:
    """Tokenise records of one family.

    Args:
        records: All of the family that ``kind`` names.
        tokenizer: The encoder's.
        kind: What the units are: ``Task.family``.
        settings: Lengths.
        labels: Names of classes or tags, in the order of the head's outputs.
        train: Leave out what cannot be trained on (a question whose answer is not in its context), and
            refuse labels that ``labels`` lacks; without it every record stays, and its target is unknown.

    Raises:
        MorphaugError: A label is not among ``labels``, or nothing is left.
    """
    work = _Work(tokenizer, settings, kind, tuple(labels), train)
    encoders: dict[Kind, Callable[[_Work, Sequence[Any]], None]] = {
        "classify": _classify,
        "tag": _tag,
        "span": _span,
        "choice": _choice,
        "mlm": _blocks,
        "retrieve": _retrieve,
    }
    encoders[kind](work, records)
    if not work.kept and kind != "mlm":
        raise MorphaugError(f"none of {len(records)} examples is left: {dict(work.counts)}")
    return work.done()


def encode_texts(texts: Sequence[str], tokenizer: Tokenizer, max_len: int) -> Store:
    """Texts to be embedded, a sequence each; what is too long loses its end.

    Args:
        texts: For instance the queries of a ``Search``.
        tokenizer: The encoder's.
        max_len: Tokens of a sequence, special ones included.
    """
    builder = StoreBuilder("mlm")
    for ids in _ids(tokenizer, texts):
        builder.add([[tokenizer.bos_token_id, *ids[: max_len - 2], tokenizer.eos_token_id]])
    return builder.build()


class _Work:
    """What encoders fill: a store, and what decoding needs beside it."""

    def __init__(
        self, tokenizer: Tokenizer, settings: Settings, kind: Kind, labels: tuple[str, ...], train: bool
    ) -> None:
        self.tokenizer, self.settings, self.train = tokenizer, settings, train
        self.counts: Counter[str] = Counter()
        self.kept: list[Record] = []
        self.word: list[Ints] = []
        self.chars: list[Ints] = []
        self._builder = StoreBuilder(kind, labels)
        self._unit_record: list[int] = []
        self._numbers = {name: number for number, name in enumerate(labels)}
        if len(self._numbers) < len(labels):
            raise MorphaugError("two labels have the same name")

    def add(
        self, record: Record | None, sequences: list[list[int]], target: Any = None, *, more: bool = False
    ) -> None:
        """A unit of a record; one more of the last record's; or one of no record."""
        if record is not None and not more:
            self.kept.append(record)
        self._unit_record.append(len(self.kept) - 1 if record is not None else -1)
        self._builder.add(sequences, target)

    def number(self, record: Record, name: str | None) -> int:
        """The number of a label; ``IGNORE`` if it is withheld, or unknown to a model that is only tested."""
        if name is None:
            return IGNORE
        if name in self._numbers:
            return self._numbers[name]
        if self.train:
            known = ", ".join(list(self._numbers)[:20])
            raise MorphaugError(f"example {record.id} is labelled '{name}'", f"the labels are {known}")
        self.counts["unknown_labels"] += 1
        return IGNORE

    def wrapped(self, first: Sequence[int], second: Sequence[int] | None = None) -> list[int]:
        """A sequence with its special tokens."""
        begin, end = self.tokenizer.bos_token_id, self.tokenizer.eos_token_id
        return [begin, *first, end] if second is None else [begin, *first, end, end, *second, end]

    def done(self) -> Encoded:
        return Encoded(
            self._builder.build(),
            tuple(self.kept),
            np.asarray(self._unit_record, np.int32),
            np.concatenate(self.word) if self.word else None,
            np.concatenate(self.chars) if self.chars else None,
            {reason: count for reason, count in sorted(self.counts.items()) if count},
        )


# -- tokens -----------------------------------------------------------------------------------------


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    for begin in range(0, len(texts), BATCH):
        yield list(texts[begin : begin + BATCH])


def _call(tokenizer: Tokenizer, texts: list[str], **options: Any) -> Mapping[str, Any]:
    return tokenizer(texts, add_special_tokens=False, return_attention_mask=False, verbose=False, **options)


def _ids(tokenizer: Tokenizer, texts: Sequence[str]) -> Iterator[list[int]]:
    """The ids of each text."""
    for batch in _batches(texts):
        yield from _call(tokenizer, batch)["input_ids"]


def _offsets(tokenizer: Tokenizer, texts: Sequence[str]) -> Iterator[tuple[list[int], Ints]]:
    """The ids of each text, and the characters of each, int32 [tokens, 2], without white space before it."""
    for batch in _batches(texts):
        found = _call(tokenizer, batch, return_offsets_mapping=True)
        for text, ids, offsets in zip(batch, found["input_ids"], found["offset_mapping"], strict=True):
            rows = [(end - len(text[start:end].lstrip()), end) for start, end in offsets]
            yield ids, np.asarray(rows, np.int32).reshape(-1, 2)


def cut_pair(
    first: list[int], second: list[int], room: int, *, front: bool = False
) -> tuple[list[int], list[int]]:
    """Shorten two sequences until they fit together, always the longer one.

    Args:
        first, second: Token ids.
        room: How many there may be in all.
        front: Take tokens away at the front instead of the end (multiple choice: the end of a story decides).
    """
    over = len(first) + len(second) - room
    if over <= 0:
        return first, second
    # The longer one alone until they are equal, then both in turn, the second one first.
    gap = min(over, abs(len(first) - len(second)))
    rest = over - gap
    cut_first = rest // 2 + (gap if len(first) > len(second) else 0)
    cut_second = rest - rest // 2 + (gap if len(second) > len(first) else 0)
    if front:
        return first[cut_first:], second[cut_second:]
    return first[: len(first) - cut_first], second[: len(second) - cut_second]


# -- families ---------------------------------------------------------------------------------------


def _classify(work: _Work, records: Sequence[Classified]) -> None:
    room = work.settings.max_len
    firsts = _ids(work.tokenizer, [r.text for r in records])
    seconds = _ids(work.tokenizer, [r.pair for r in records if r.pair is not None])
    for record, first in zip(records, firsts, strict=True):
        target = work.number(record, record.label)
        if record.pair is None:
            work.counts["truncated"] += len(first) > room - 2
            work.add(record, [work.wrapped(first[: room - 2])], target)
            continue
        second = next(seconds)
        work.counts["truncated"] += len(first) + len(second) > room - 4
        work.add(record, [work.wrapped(*cut_pair(first, second, room - 4))], target)


def _tag(work: _Work, records: Sequence[Tagged]) -> None:
    """A label on the first sub-word of each word; a long sentence becomes several sequences of one unit."""
    room = work.settings.max_len - 2
    distinct = list(dict.fromkeys(word for record in records for word in record.words))
    subwords = dict(zip(distinct, _ids(work.tokenizer, distinct), strict=True))
    for record in records:
        sequences: list[list[int]] = [[]]
        labelled: list[tuple[int, int, int]] = []  # sequence, place in it, number of the word
        for number, word in enumerate(record.words):
            ids = subwords[word]
            if not ids:
                work.counts["unknown_words"] += 1
                ids = [work.tokenizer.unk_token_id]
            if len(ids) > room:
                work.counts["truncated_words"] += 1
                ids = ids[:room]
            if len(sequences[-1]) + len(ids) > room:
                sequences.append([])
            labelled.append((len(sequences) - 1, len(sequences[-1]) + 1, number))
            sequences[-1] += ids
        work.counts["split"] += len(sequences) > 1
        wrapped = [work.wrapped(ids) for ids in sequences]
        targets = [np.full(len(ids), IGNORE, np.int32) for ids in wrapped]
        words = [np.full(len(ids), -1, np.int32) for ids in wrapped]
        for sequence, place, number in labelled:
            words[sequence][place] = number
            if record.tags is not None:
                targets[sequence][place] = work.number(record, record.tags[number])
        work.word += words
        work.add(record, wrapped, targets)


def _span(work: _Work, records: Sequence[Question]) -> None:
    """Windows of the context behind the question; each knows which characters its tokens stand for."""
    settings = work.settings
    distinct = list(dict.fromkeys(record.context for record in records))
    contexts = dict(zip(distinct, _offsets(work.tokenizer, distinct), strict=True))
    for record, query in zip(records, _ids(work.tokenizer, [r.question for r in records]), strict=True):
        work.counts["truncated_questions"] += len(query) > settings.max_query
        query = query[: min(settings.max_query, settings.max_len - 5)]
        ids, chars = contexts[record.context]
        if not ids:
            ids, chars = [work.tokenizer.unk_token_id], np.zeros((1, 2), np.int32)
        wanted = _answer_tokens(record, chars)
        if wanted is None and (record.answers or work.train):
            work.counts["answers_not_found"] += 1
            if work.train:
                continue
        room = settings.max_len - len(query) - 4
        front = len(query) + 3
        for number, begin in enumerate(window_starts(len(ids), room, settings.doc_stride)):
            part = ids[begin : begin + room]
            sequence = work.wrapped(query, part)
            told = np.full((len(sequence), 2), -1, np.int32)
            told[front : front + len(part)] = chars[begin : begin + room]
            work.chars.append(told)
            work.counts["windows"] += 1
            work.counts["long_contexts"] += number == 1
            target: tuple[int, int] | None = None
            if wanted is not None:
                inside = begin <= wanted[0] and wanted[1] < begin + len(part)
                shift = front - begin
                target = (wanted[0] + shift, wanted[1] + shift) if inside else (0, 0)
            work.add(record, [sequence], target, more=number > 0)


def window_starts(tokens: int, room: int, stride: int) -> list[int]:
    """Where the windows of a context begin, so that every token is in one and none is without need.

    Args:
        tokens: Of the context.
        room: Tokens of the context in one window.
        stride: From one start to the next; never more than ``room``.
    """
    step = min(stride, room)
    return [0, *range(step, tokens - room + step, step)]


def _answer_tokens(record: Question, chars: Ints) -> tuple[int, int] | None:
    """The first and last token of the first answer that is where it says; (-1, -1) for none at all."""
    if record.impossible:
        return -1, -1
    for start, text in record.answers:
        if record.context[start : start + len(text)] != text or not text.strip():
            continue
        begin = start + len(text) - len(text.lstrip())
        end = start + len(text.rstrip())
        over = np.flatnonzero((chars[:, 1] > begin) & (chars[:, 0] < end) & (chars[:, 0] < chars[:, 1]))
        if len(over):
            return int(over[0]), int(over[-1])
    return None


def _choice(work: _Work, records: Sequence[Choice]) -> None:
    prompts = _ids(work.tokenizer, [r.prompt for r in records])
    choices = _ids(work.tokenizer, [choice for r in records for choice in r.choices])
    room = work.settings.max_len - 4
    for record, prompt in zip(records, prompts, strict=True):
        sequences = []
        for _ in record.choices:
            choice = next(choices)
            work.counts["truncated_choices"] += len(prompt) + len(choice) > room
            sequences.append(work.wrapped(*cut_pair(prompt, choice, room, front=True)))
        work.add(record, sequences, IGNORE if record.label is None else record.label)


def _retrieve(work: _Work, records: Sequence[Aligned]) -> None:
    room = work.settings.max_len
    queries = _ids(work.tokenizer, [r.query for r in records])
    candidates = _ids(work.tokenizer, [r.candidate for r in records])
    contexts = _ids(work.tokenizer, [r.context for r in records if r.context])
    for record, query, candidate in zip(records, queries, candidates, strict=True):
        limit = min(work.settings.max_query, room)
        work.counts["truncated_queries"] += len(query) > limit - 2
        asked = work.wrapped(query[: limit - 2])
        if record.context:
            second = next(contexts)
            work.counts["truncated"] += len(candidate) + len(second) > room - 4
            work.add(record, [asked, work.wrapped(*cut_pair(candidate, second, room - 4))])
        else:
            work.counts["truncated"] += len(candidate) > room - 2
            work.add(record, [asked, work.wrapped(candidate[: room - 2])])


def _blocks(work: _Work, records: Sequence[Plain]) -> None:
    """Running text in full blocks, texts divided by </s>, languages not mixed; a last block may be short."""
    room = work.settings.max_len - 2
    waiting: dict[str, list[int]] = {}
    for record, ids in zip(records, _ids(work.tokenizer, [r.text for r in records]), strict=True):
        if not ids:
            work.counts["empty_texts"] += 1
            continue
        row = waiting.setdefault(record.language, [])
        row += [work.tokenizer.eos_token_id, *ids] if row else ids
        while len(row) >= room:
            work.add(None, [work.wrapped(row[:room])])
            del row[:room]
    for row in waiting.values():
        if row:
            work.add(None, [work.wrapped(row)])
