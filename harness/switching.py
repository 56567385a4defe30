"""Code-switched twins: examples in which some words are a lexicon's."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

from harness.config import ExampleConfig
from harness.data import TaskData, position
from harness.records import Choice, Classified, Origin, Piece, Question, Record, Tagged
from morphaug import resources
from morphaug.lexicon import Lexicon

SWITCHED = "code-switch"  # the recipe that such twins say they are of
_WORDS = re.compile(r"\w+(?:['’-]\w+)*|[^\w\s]")


def code_switched(data: TaskData, config: ExampleConfig, seed: int) -> TaskData:
    """The data with a twin for each original, in which some words are a lexicon's.

    The words, their languages and translations are drawn by hashes of the seed and the example's id. A
    translation of several words is passed over; a word that no lexicon lists stays.

    Raises:
        MissingResource: A language has no lexicon. (xTune left such languages out without a word.)
    """
    lexicons = [resources.lexicon(language) for language in config.languages or ()]
    originals = data.train[: len(data.train) - data.augmented]
    counts: Counter[str] = Counter()
    twins: list[tuple[Record, ...]] = []
    for record in originals:
        switch = _Switch(lexicons, config.rate or 0.0, f"{seed}\0{record.id}", counts)
        twins.append((switch.record(record),))
    twins += [()] * data.augmented
    told = {**data.counts, "twins": len(originals), **counts}
    return replace(data, counts=told, twins=tuple(twins))


class _Switch:
    """Puts a lexicon's words into one example."""

    def __init__(self, lexicons: Sequence[Lexicon], rate: float, key: str, counts: Counter[str]) -> None:
        self.lexicons, self.rate, self.key, self.counts = lexicons, rate, key, counts

    def record(self, record: Record) -> Record:
        pieces: dict[str, tuple[Piece, ...]] = {}
        made: Record
        if isinstance(record, Tagged):
            words = [self.word(word, f"words {at}") for at, word in enumerate(record.words)]
            pieces["words"] = tuple((at, at + 1, ((at, at + 1),)) for at in range(len(words)))
            made = replace(record, words=tuple(words))
        elif isinstance(record, Question):
            context, pieces["context"] = self.text(record.context, "context")
            question, _ = self.text(record.question, "question")
            made = replace(record, context=context, question=question, answers=())
        elif isinstance(record, Choice):
            choices = [self.text(text, f"choice {at}")[0] for at, text in enumerate(record.choices)]
            made = replace(record, prompt=self.text(record.prompt, "prompt")[0], choices=tuple(choices))
        elif isinstance(record, Classified):
            pair = None if record.pair is None else self.text(record.pair, "pair")[0]
            made = replace(record, text=self.text(record.text, "text")[0], pair=pair)
        else:
            raise TypeError(f"{type(record).__name__} has no classes to agree on")
        return replace(made, origin=Origin(record.id, "", SWITCHED, 0, 0.0, pieces))

    def text(self, text: str, field: str) -> tuple[str, tuple[Piece, ...]]:
        """The text with words put in, and what each of its words stands for."""
        out: list[str] = []
        pieces: list[Piece] = []
        before = size = 0
        for number, match in enumerate(_WORDS.finditer(text)):
            word = self.word(match[0], f"{field} {number}")
            out += [text[before : match.start()], word]
            size += match.start() - before + len(word)
            pieces.append((size - len(word), size, (match.span(),)))
            before = match.end()
        return "".join([*out, text[before:]]), tuple(pieces)

    def word(self, word: str, place: str) -> str:
        self.counts["words"] += 1
        if not word[0].isalpha() or self._draw("rate", place) >= self.rate:
            return word
        lexicon = self.lexicons[int(self._draw("language", place) * len(self.lexicons))]
        entries = [entry for entry in lexicon.lookup(word) if " " not in entry.target]
        if not entries:
            self.counts["words_unknown"] += 1
            return word
        sums = list(accumulate(entry.weight for entry in entries))
        at = bisect_right(sums, self._draw("translation", place) * sums[-1])
        target = entries[min(at, len(entries) - 1)].target
        self.counts["words_switched"] += 1
        return target[:1].upper() + target[1:] if word[0].isupper() else target

    def _draw(self, purpose: str, place: str) -> float:
        return position(f"{self.key}\0{place}", f"{SWITCHED} {purpose}")
