"""Counting what a run did: whole numbers only, so that sums do not depend on who added first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from morphaug.derivation import Derivation

CONTENT = frozenset(("NOUN", "VERB", "ADJ", "ADV"))


@dataclass(slots=True)
class Tally:
    """Counts of one stream (a target and a recipe), or of a part of it.

    Attributes:
        made: Records written.
        changed: Records whose text differs from the source's.
        words: Source words of the records written.
        edits: Those of them that were changed, moved or dropped.
        output_words: Words written.
        content, translated: Content words of the source, and those of them that the lexicon had a word for.
        rungs: How generated forms were found: {"table": 12}.
        rules: Words that each operator made or changed.
        rejected: Records not written, by reason.
        lost: What records that were written had to leave behind: {"answers_dropped": 2}.
    """

    made: int = 0
    changed: int = 0
    words: int = 0
    edits: int = 0
    output_words: int = 0
    translated: int = 0
    content: int = 0
    rungs: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)

    def count(self, derivations: Iterable[Derivation], words: int, edits: int) -> None:
        """Count a record that is written.

        Args:
            derivations: Of its fields.
            words: Their source words.
            edits: Those of them that were changed, moved or dropped.
        """
        self.made += 1
        self.words += words
        self.edits += edits
        rungs, rules = self.rungs, self.rules
        changed = False
        for derivation in derivations:
            changed = changed or derivation.text != derivation.source_text
            for source, output in zip(derivation.source, derivation.output, strict=True):
                content = {token.id for token in source.tokens if token.upos in CONTENT}
                self.content += len(content)
                self.output_words += len(output.tokens)
                for token in output.tokens:
                    if token.how:
                        rungs[token.how] += 1
                    if token.rules:
                        for rule in token.rules:
                            rules[rule] += 1
                        if "lexicalise" in token.rules:
                            before = len(content)
                            content.difference_update(token.src)
                            self.translated += before - len(content)
        self.changed += changed

    def add(self, other: Tally) -> None:
        """Add the counts of another part."""
        for name in _NUMBERS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in _COUNTERS:
            getattr(self, name).update(getattr(other, name))

    def to_json(self) -> dict[str, Any]:
        numbers = {name: getattr(self, name) for name in _NUMBERS}
        return {**numbers, **{name: dict(sorted(getattr(self, name).items())) for name in _COUNTERS}}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Tally:
        tally = cls()
        for name in _NUMBERS:
            setattr(tally, name, data[name])
        for name in _COUNTERS:
            setattr(tally, name, Counter(data[name]))
        return tally


_NUMBERS = ("made", "changed", "words", "edits", "output_words", "translated", "content")
_COUNTERS = ("rungs", "rules", "rejected", "lost")
