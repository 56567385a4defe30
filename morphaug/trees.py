"""Dependency trees: the one value that parsers make, operators change and derivations freeze.

A field of text (a question, a context, a premise) is a list of sentences, and the text is exactly
the concatenation of their ``text()``: nothing of the input, not even a double space, lives elsewhere.
"""

from __future__ import annotations

import gc
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache

Feats = dict[str, str]  # Universal Dependencies features, {"Case": "Ine", "Number": "Sing"}


@cache
def universal(deprel: str) -> str:
    """The universal part of a relation: "nmod" for "nmod:poss"."""
    return deprel.partition(":")[0]


@dataclass(slots=True)
class Token:
    """One syntactic word. Operators never change one in place: they work on ``copy()``.

    Attributes:
        id: 1-based position in the source sentence; words an operator adds get ids above all of those.
        form: Surface form. The words of a contraction share its letters between them ("do" + "n't").
        lemma, upos, feats, head, deprel: As in CoNLL-U; ``head`` is an id, 0 for the root.
        space: White space between this word and the next one; the sentence's last word has "".
        src: Ids of the source tokens this word stands for, the principal one first; () for an added word.
        rules: Names of the operators that made or changed the word, in order; () for an untouched one.
        how: How a generated form was found (a rung of the morphology's ladder); "" if not generated.
        lang: ISO 639-3 code of a word in the target language, "" for a word of the source.
        want: Target-language features that the form has yet to express (set by operators, used up
            when the sentence is realised); None if the form stays as it is.
    """

    id: int
    form: str
    lemma: str
    upos: str
    feats: Feats
    head: int
    deprel: str
    space: str = " "
    src: tuple[int, ...] = ()
    rules: tuple[str, ...] = ()
    how: str = ""
    lang: str = ""
    want: Feats | None = None

    def copy(self) -> Token:
        return Token(
            self.id,
            self.form,
            self.lemma,
            self.upos,
            self.feats,
            self.head,
            self.deprel,
            self.space,
            self.src,
            self.rules,
            self.how,
            self.lang,
            self.want,
        )

    @property
    def relation(self) -> str:
        """The universal part of the relation: "nmod" for "nmod:poss"."""
        return universal(self.deprel)


@dataclass(slots=True)
class Sentence:
    """A parsed sentence: words in surface order, and the white space around them.

    Attributes:
        tokens: The words.
        lead: Text of the field before the first word (usually "", or indentation of the first sentence).
        tail: Text between the last word and the next sentence, or the end of the field.
        id: The sentence's id in its treebank, or "".
        dropped: Source tokens that an operator removed, with the operator's name: {token id: rule}.
        comments: CoNLL-U comment lines of the source, without "# sent_id" and "# text".
    """

    tokens: list[Token]
    lead: str = ""
    tail: str = ""
    id: str = ""
    dropped: dict[int, str] = field(default_factory=dict)
    comments: tuple[str, ...] = ()

    def text(self) -> str:
        return self.lead + "".join([t.form + t.space for t in self.tokens]) + self.tail

    def offsets(self) -> list[tuple[int, int]]:
        """(start, end) of each word, in characters from the start of this sentence's ``text()``."""
        at, out = len(self.lead), []
        for token in self.tokens:
            end = at + len(token.form)
            out.append((at, end))
            at = end + len(token.space)
        return out

    def by_id(self) -> dict[int, Token]:
        return {t.id: t for t in self.tokens}


def field_text(sentences: Sequence[Sentence]) -> str:
    """The text of a field, byte for byte."""
    return "".join([s.text() for s in sentences])


def tree_problem(sentence: Sentence) -> str:
    """Why the heads of a sentence do not form a tree; "" if they do.

    >>> tree_problem(Sentence([Token(1, "a", "a", "X", {}, 1, "dep")]))
    'word 1 is its own ancestor'
    """
    heads = {t.id: t.head for t in sentence.tokens}
    if len(heads) != len(sentence.tokens):
        return "two words have the same id"
    if not heads:
        return ""
    settled: set[int] = {0}
    for start in heads:
        path: list[int] = []
        seen: set[int] = set()
        at = start
        while at not in settled:
            if at in seen:
                return f"word {start} is its own ancestor"
            if at not in heads:
                return f"word {path[-1]} has head {at}, which is not in the sentence"
            seen.add(at)
            path.append(at)
            at = heads[at]
        settled.update(path)
    roots = sum(head == 0 for head in heads.values())
    return "" if roots == 1 else f"{roots} roots"


def feats_text(feats: Mapping[str, str]) -> str:
    """Features as CoNLL-U writes them, sorted without regard to case; "_" for none."""
    if not feats:
        return "_"
    return "|".join([f"{k}={feats[k]}" for k in sorted(feats, key=str.lower)])


@contextmanager
def uncollected() -> Iterator[None]:
    """Make trees without the search for cycles: they have none, and it costs an eighth of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.freeze()
            gc.enable()
            gc.unfreeze()  # what was made counts as old now: else the next object would start a search in all of it


def longest_run(places: Sequence[int]) -> int:
    """Length of the longest increasing subsequence: how many words need not have moved.

    >>> longest_run([2, 0, 1, 3])
    3
    """
    tails: list[int] = []
    for place in places:
        at = bisect_left(tails, place)
        tails[at : at + 1] = [place]
    return len(tails)
