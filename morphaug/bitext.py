"""Sentence-aligned text: two files read side by side, cut into words, their capitals put right.

Sentences that teach an aligner nothing are left out, and counted by reason: a side without a word, one with more
than ``LONGEST`` words, or one ``RATIO`` times as long as the other.
"""

from __future__ import annotations

import lzma
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from morphaug.contractions import host
from morphaug.errors import MorphaugError
from morphaug.packed import unpack

LONGEST = 100  # words of a sentence
RATIO = 4.0  # of the longer to the shorter side ...
_SMALL = 0.2  # share of uses in small letters that makes a word no name
_CLEAR = 4  # what a capital counts, next to one beside another capital
_SLACK = 8  # ... where the longer one has more words than this


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text.

    Attributes:
        text: As written, NFC.
        first: It begins a sentence or a quotation, so that a capital says nothing.
    """

    text: str
    first: bool


def read_lines(path: Path) -> list[str]:
    """Lines of a UTF-8 file, plain, .gz or .xz.

    Raises:
        MorphaugError: The file is missing, empty, damaged or not UTF-8 (naming the line).
    """
    path = Path(path)
    try:
        data = unpack(path.read_bytes())
    except FileNotFoundError:
        raise MorphaugError(f"no file {path}", "check the name") from None
    except (OSError, EOFError, lzma.LZMAError) as error:
        raise MorphaugError(f"{path}: cannot be read ({error})", "check the file") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise MorphaugError(f"{path}, line {line}: not UTF-8", "convert the file to UTF-8") from None
    if not text.strip():
        raise MorphaugError(f"{path}: no text in it", "give one sentence a line")
    lines = text.replace("\r\n", "\n").split("\n")  # not splitlines(): U+2028 inside a sentence ends no line
    return lines[:-1] if not lines[-1] else lines


def read_pairs(source: Path, target: Path) -> tuple[list[str], list[str]]:
    """Lines of two files that translate each other.

    Raises:
        MorphaugError: As ``read_lines``, or the files have different numbers of lines.
    """
    texts = read_lines(source), read_lines(target)
    a, b = map(len, texts)
    if a != b:
        short, line = (source, a) if a < b else (target, b)
        raise MorphaugError(
            f"{short}, line {line + 1}: the file ends, and the other has {max(a, b):,} lines",
            "the files must have one sentence a line, and a line for each of the other's",
        )
    return texts


def usable(lengths: Iterable[tuple[int, int]]) -> tuple[list[int], dict[str, int]]:
    """Which sentence pairs are worth aligning.

    Args:
        lengths: Words of each pair's two sides.

    Returns:
        Places of the good ones; reason -> number of the others.
    """
    kept: list[int] = []
    dropped: Counter[str] = Counter()
    for k, (a, b) in enumerate(lengths):
        reason = _unfit(a, b)
        if reason:
            dropped[reason] += 1
        else:
            kept.append(k)
    return kept, dict(sorted(dropped.items()))


def _unfit(a: int, b: int) -> str:
    if not a or not b:
        return "no word on one side" if a or b else "blank"
    if max(a, b) > LONGEST:
        return f"more than {LONGEST} words"
    if max(a, b) > _SLACK and max(a, b) > RATIO * min(a, b):
        return f"one side {RATIO:g} times as long"
    return ""


# ----------------------------------------------------------------------------------------------- words


@lru_cache(maxsize=1)
def _word() -> re.Pattern[str]:
    """A word: letters, digits and combining marks; apostrophes, hyphens and full stops inside it.

    Addresses, user names and hash tags are one "word" too, and dropped.
    """
    marks = [c for c in range(0x300, 0xFFFF) if unicodedata.category(chr(c)) in ("Mn", "Mc")]
    ranges: list[list[int]] = []
    for code in marks:
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    extra = "".join(f"{chr(a)}-{chr(b)}" for a, b in ranges) + "\u200c\u200d"
    letter = rf"(?:[^\W_]|[{extra}])"
    return re.compile(
        rf"(?P<junk>https?://\S+|www\.\S+|\S+@\S+\.\S+|[@#][\w.]+)"
        rf"|{letter}+(?:['’ʼ‑\-.,]{letter}+)*['’ʼ]?"
    )


_ENDS = re.compile(r"[.!?:;…\"“”„«»(\[।。–—-]")
_CLITIC = re.compile(r"(.+?)(n't|'(?:s|ll|re|m|ve|d))", re.I)


def words(line: str) -> list[Word]:
    """The words of a line, in any language that sets spaces between them; "it's" stays whole.

    >>> [w.text for w in words("Ng'ombe 3 -- see http://a.b/c!")]
    ["Ng'ombe", '3', 'see']
    """
    line = unicodedata.normalize("NFC", line)
    out: list[Word] = []
    end, fresh = 0, True
    for match in _word().finditer(line):
        fresh = fresh or bool(_ENDS.search(line, end, match.start()))
        end = match.end()
        if match["junk"]:
            continue
        text = match[0].replace("’", "'").replace("ʼ", "'")
        if text.endswith("'") and (
            text.count("'") > 1 or line[match.start() - 1 : match.start()] in ("'", "‘")
        ):
            text = text[:-1]
        out.append(Word(text, fresh))
        fresh = False
    return out


def english_words(line: str) -> list[Word]:
    """The words of an English line: contractions and hyphenated words are cut.

    >>> [w.text for w in english_words("He can't use John's well-known car.")]
    ['He', 'can', "n't", 'use', 'John', "'s", 'well', 'known', 'car']
    """
    out: list[Word] = []
    for word in words(line):
        for at, part in enumerate(word.text.replace("‑", "-").split("-")):
            text = part.rstrip("'")
            clitic = _CLITIC.fullmatch(text)
            if clitic:
                stem = host(clitic[1]) if clitic[2].lower() == "n't" else clitic[1]
                out.append(Word(stem, word.first and at == 0))
                out.append(Word(clitic[2].lower(), False))
            elif text:
                out.append(Word(text, word.first and at == 0))
    return out


def truecased(sentences: Sequence[Sequence[Word]]) -> list[list[str]]:
    """Texts of words, each in one casing: the one that it mostly has where a capital means something.

    It means nothing at the beginning of a sentence, and little beside another capital ("the White House").
    Small letters win if they make up ``_SMALL`` of what is left, and for a word never seen elsewhere.
    """
    seen: dict[str, Counter[str]] = {}
    for sentence in sentences:
        capital = [word.text[:1].isupper() for word in sentence]
        for at, word in enumerate(sentence):
            if not word.first:
                named = capital[at] and (capital[at - 1] or capital[at + 1 : at + 2] == [True])
                seen.setdefault(word.text.lower(), Counter())[word.text] += 1 if named else _CLEAR
    usual = {low: _casing(low, counts) for low, counts in seen.items()}
    return [
        [sys.intern(usual.get(word.text.lower(), word.text.lower())) for word in sentence]
        for sentence in sentences
    ]


def _casing(low: str, counts: Counter[str]) -> str:
    if counts[low] >= _SMALL * counts.total():
        return low
    return max(counts.items(), key=lambda item: (item[1], item[0]))[0]
