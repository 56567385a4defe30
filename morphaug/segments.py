"""From a tokenizer's offsets to sentences that hold their text byte for byte, whatever the tokenizer left out.

Tokenizers drop characters, make tokens of white space and choke on very long input. Here a text is cut into
pieces they can take, their offsets are mended so that only white space lies between tokens, and the
sentences are put together with every gap in its place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from morphaug.conllu import share_letters
from morphaug.trees import Feats, Sentence, Token

PIECE = 20_000  # characters given to a tokenizer at a time, at most
WORDS = 200  # in a sentence, at most: a parser's memory grows with the square
LETTERS = 60  # of a word that a model is shown: beyond that it is a URL or noise

Span = tuple[int, int]

_WHITE_RUN = re.compile(r"\s{2,}")
_WORD = re.compile(r"\S+")


class Unit(NamedTuple):
    """A token of the text, and the words in it as their forms are written out (two or more: a contraction)."""

    start: int
    end: int
    words: tuple[str, ...]


class Analysis(NamedTuple):
    """What a parser says of a word; ``head`` is the 1-based number of a word of the sentence, 0 for the root."""

    lemma: str
    upos: str
    feats: Feats
    head: int
    deprel: str


_HALVES = re.compile("[\ud800-\udfff]")


def pieces(text: str, limit: int = PIECE) -> list[Span]:
    """Stretches of text for a tokenizer: paragraphs (a blank line ends a sentence in any text), and parts of
    those that are too long, cut at white space where there is some.

    Args:
        text: Any text.
        limit: Greatest length of a piece, in characters.

    Returns:
        (start, end) of each piece; pieces neither begin nor end with white space, and only that lies between.
    """
    out: list[Span] = []
    start = 0
    ends = [
        (m.start(), m.end()) for m in _WHITE_RUN.finditer(text) if (m[0].count("\n") or m[0].count("\r")) > 1
    ]
    for end, following in [*ends, (len(text), len(text))]:
        while end - start > limit:
            cut = start + limit
            back = cut
            while back > start + limit // 2 and not text[back].isspace():
                back -= 1
            if back > start and text[back].isspace():
                cut = back
            out.append((start, cut))
            start = cut
        out.append((start, end))
        start = following
    return [span for span in (trim(text, *span) for span in out) if span[0] < span[1]]


def trim(text: str, start: int, end: int) -> Span:
    """The span without white space at its ends; empty if it is nothing else."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def cover(text: str, piece: Span, sentences: Sequence[Sequence[Unit]]) -> list[list[Unit]]:
    """A tokenizer's sentences of a piece, mended: tokens follow each other, none holds white space at its ends
    or nothing else, and letters that the tokenizer passed over are words of their own.

    Args:
        text: The text.
        piece: The part of it that was tokenized.
        sentences: Tokens with offsets in ``text``.
    """
    at, last = piece
    out: list[list[Unit]] = []

    def passed_over(end: int) -> None:
        for found in _WORD.finditer(text, at, end):
            mended.append(Unit(found.start(), found.end(), (found[0],)))

    for sentence in sentences:
        mended: list[Unit] = []
        for unit in sentence:
            start, end = trim(text, max(unit.start, at), min(unit.end, last))
            if start >= end:
                continue
            passed_over(start)
            same = (start, end) == (unit.start, unit.end)
            mended.append(unit if same else Unit(start, end, (text[start:end],)))
            at = end
        if mended:
            out.append(mended)
    mended = out[-1] if out else []
    passed_over(last)
    if mended and not out:
        out.append(mended)
    return out


def shorten(text: str, units: Sequence[Unit], limit: int = WORDS) -> list[list[Unit]]:
    """A sentence in parts of at most ``limit`` words, cut at a line end or after punctuation where possible."""
    out: list[list[Unit]] = []
    part: list[Unit] = []
    words = 0
    for at, unit in enumerate(units):
        if part and words + len(unit.words) > limit:
            cut = len(part)
            for back in range(len(part) - 1, len(part) // 2 - 1, -1):
                gap = text[part[back].end : part[back + 1].start if back + 1 < len(part) else units[at].start]
                if "\n" in gap or (gap and not text[part[back].end - 1].isalnum()):
                    cut = back + 1
                    break
            out.append(part[:cut])
            part = part[cut:]
            words = sum(len(u.words) for u in part)
        part.append(unit)
        words += len(unit.words)
    if part:
        out.append(part)
    return out


def assemble(
    text: str, sentences: Sequence[Sequence[Unit]], analyses: Sequence[Sequence[Analysis]]
) -> list[Sentence]:
    """The parse of a text; ``field_text`` of it is the text.

    Args:
        text: The text.
        sentences: Its tokens, as ``cover`` leaves them; no sentence is empty.
        analyses: Of each sentence, one for each word.

    Returns:
        Sentences; one without words, which holds the white space, for a text without any.
    """
    if not sentences:
        return [Sentence([], lead=text)]
    out: list[Sentence] = []
    starts = [units[0].start for units in sentences[1:]] + [len(text)]
    for units, found, following in zip(sentences, analyses, starts, strict=True):
        tokens: list[Token] = []
        ends = [unit.start for unit in units[1:]] + [units[-1].end]
        for unit, end in zip(units, ends, strict=True):
            surface = text[unit.start : unit.end]
            letters = share_letters(surface, unit.words) if len(unit.words) > 1 else [surface]
            for form in letters:
                word = len(tokens) + 1
                lemma, upos, feats, head, deprel = found[word - 1]
                tokens.append(Token(word, form, lemma, upos, feats, head, deprel, "", (word,)))
            tokens[-1].space = text[unit.end : end]
        lead = "" if out else text[: units[0].start]
        out.append(Sentence(tokens, lead, text[units[-1].end : following]))
    return out


def pretokenised(tokens: Sequence[str], analyses: Sequence[Analysis]) -> list[Sentence]:
    """The parse of tokens in hand: one sentence, a word for each token, single spaces between them."""
    if not tokens:
        return [Sentence([])]
    last = len(tokens)
    return [
        Sentence(
            [
                Token(i, form, *analysis, " " if i < last else "", (i,))
                for i, (form, analysis) in enumerate(zip(tokens, analyses, strict=True), 1)
            ]
        )
    ]


def join(parts: Sequence[Sequence[Analysis]]) -> list[Analysis]:
    """Stretches of one sentence as one tree: the roots of the later ones hang from the first one's."""
    out: list[Analysis] = []
    root = 0
    for part in parts:
        base = len(out)
        for analysis in part:
            if analysis.head:
                out.append(analysis._replace(head=analysis.head + base))
            elif not root:
                root = len(out) + 1
                out.append(analysis)
            else:
                out.append(analysis._replace(head=root, deprel="parataxis"))
    return out


def shown(form: str) -> str:
    """A word as a model is shown it: never empty or white space only, and not endless."""
    return encodable(form[:LETTERS]) if form.strip() else "_"


def encodable(text: str) -> str:
    """A text of the same length in which each half character (a lone surrogate) is U+FFFD: models take UTF-8 alone."""
    return text if text.isascii() else _HALVES.sub("\ufffd", text)
