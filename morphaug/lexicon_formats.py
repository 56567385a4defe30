"""Readers of bilingual dictionaries: every format becomes the same rows.

A reader turns files into one ``Reading``: rows (English headword, part of speech, target word, how good the
entry says it is) and the longer pairs of the same dictionary (phrases and usage examples), which the ranking
counts as a small parallel text. Nothing here knows a language; what differs between dictionaries is told from
their own pages.
"""

from __future__ import annotations

import gzip
import io
import lzma
import re
import tarfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from morphaug.errors import MorphaugError, UnknownName
from morphaug.languages import SOURCE
from morphaug.packed import unpack

KINDS = ("auto", "freedict", "muse", "panlex", "tsv", "gatitos")

# Labels that dictionaries print (full names, Ding's and WikDict's short ones, the Romance "s" for substantive).
_UPOS = {
    "NOUN": "n noun s subst substantive nn masc fem neut pl m f nt np n/adj",
    "VERB": "v verb vt vi vti vtr vintr vr trans intr refl irrv phrv phrvt phrvi vp vneg v/n vb cop",
    "ADJ": "adj a adjective adjt",
    "ADV": "adv ad adverb",
    "PROPN": "pn propn proper name propernoun",
    "PRON": "pron pronoun pro",
    "NUM": "num numeral number",
    "ADP": "prep preposition postposition postp adp circumposition",
    "CCONJ": "cconj",
    "SCONJ": "conj conjunction sconj",
    "INTJ": "int inter interj interjection excl",
    "DET": "det determiner art article",
    "AUX": "aux auxv mv",
    "PART": "part particle",
}
UPOS_OF_LABEL = {label: upos for upos, labels in _UPOS.items() for label in labels.split()}
UPOS = ("X", *_UPOS)  # also the order that the compiled store numbers them in

# Labels of pages that are not citation forms ("maafisa: plural of afisa") or not words.
_NOT_A_WORD = frozenset(
    ("infl", "imp", "prefix", "suffix", "affix", "symbol", "abbreviation", "abbr", "expr")
)


@dataclass(slots=True)
class Row:
    """One translation.

    Attributes:
        source: English word or phrase, without "to", articles and placeholders.
        upos: Universal part of speech, "X" if the dictionary does not say.
        target: Citation form in the target language.
        sense: 0-based number of the sense on its page.
        place: 0-based position inside the sense.
        senses: How many senses of the entry it translates.
        trust: 1.0, less for what the page marks as special (a domain, a region, an exclamation).
        page: Number of the page in the dictionary.
        mark: What was taken off the English side: "a" an article, "s" a slot ("sb.", "sth."), "as" both.
    """

    source: str
    upos: str
    target: str
    sense: int = 0
    place: int = 0
    senses: int = 1
    trust: float = 1.0
    page: int = 0
    mark: str = ""


@dataclass(slots=True)
class Reading:
    """What one dictionary says.

    Attributes:
        rows: Its translations, in its order.
        pairs: (English, target) phrases and examples: evidence for the ranking, not translations of words.
        reverse: It lists target words with English translations; rows are turned round already.
        ordered: The order of senses says something (WikDict sorts them by the alphabet).
        skipped: Reason -> number of pages or lines not used.
        plurals: Plurals that the dictionary gives of a target noun ("jambo": "mambo"); the noun itself where it
            says that singular and plural are alike.
    """

    rows: list[Row] = field(default_factory=list)
    pairs: list[tuple[str, str]] = field(default_factory=list)
    reverse: bool = False
    ordered: bool = True
    skipped: Counter[str] = field(default_factory=Counter)
    plurals: dict[str, tuple[str, ...]] = field(default_factory=dict)


# --------------------------------------------------------------------------------------------- cleaning

_ASIDE = re.compile(r"\([^()]*\)|\[\[?[^\[\]]*\]?\]|\{[^{}]*\}|<[^<>]*>")
_LOOSE = re.compile(r"^[^()\[\]{}]*[)\]}]|[(\[{<].*$")
_BRACKET = re.compile(r"[()\[\]{}<>]")
_PLACEHOLDER = re.compile(
    r"(?<!\S)(?:(?:sb|sth|so|smb|smth|sy)(?:\.|\b)['`’]?s?(?:/(?:sb|sth|so|smb|smth|sy)(?:\.|\b)['`’]?s?)?"
    r"|somebody(?:['`’]s)?|something|someone(?:['`’]s)?)(?!\S)"
)
_ARTICLE = re.compile(r"^(?:to|a|an|the)\s+(?=\S)", re.I)
_EDGE = " \t.,;:!?…~\"“”„«»`´'’‘*"


def plain(text: str) -> str:
    """``text`` without asides in brackets, even unbalanced ones."""
    text = " ".join(text.split())
    if not _BRACKET.search(text):
        return text
    for _ in range(3):
        shorter = _ASIDE.sub(" ", text)
        if shorter == text:
            break
        text = shorter
    return " ".join(_BRACKET.sub(" ", _LOOSE.sub(" ", text)).split())


@lru_cache(maxsize=100_000)
def english(text: str) -> tuple[str, bool]:
    """The headword inside an English expression, and whether it was marked as a verb by "to".

    >>> english("to consider sb./sth. (again)")
    ('consider', True)
    """
    text = plain(text).replace("’", "'").replace("`", "'")
    verb = text[:3].lower() == "to " and len(text) > 3
    if text.lower() not in ("a", "an", "the", "to"):
        text = _ARTICLE.sub("", text)
    bare = " ".join(_PLACEHOLDER.sub(" ", text).split()) if " " in text else text
    bare = bare or text
    return bare.strip(_EDGE).strip(), verb


@lru_cache(maxsize=100_000)
def _mark(text: str) -> str:
    article = _ARTICLE.match(plain(text))
    slot = " " in text and _PLACEHOLDER.search(text)
    return ("a" if article and article[0].lower().strip() != "to" else "") + ("s" if slot else "")


def upos_of(labels: Iterable[str]) -> str:
    """UPOS of the labels in a dictionary's angle brackets; "X" if none says; "" for what is not a citation form.

    >>> upos_of(["v, trans"]), upos_of(["fem"]), upos_of(["suffix"]), upos_of([])
    ('VERB', 'NOUN', '', 'X')
    """
    return _upos_of(tuple(labels))


@lru_cache(maxsize=10_000)
def _upos_of(labels: tuple[str, ...]) -> str:
    gender = False
    for label in labels:
        words = re.split(r"[,;/ ]+", label.lower().replace(".", ""))
        if any(w in _NOT_A_WORD for w in words):
            return ""
        for word in words:
            upos = UPOS_OF_LABEL.get(word, "")
            if upos == "NOUN" and word in ("masc", "fem", "neut", "pl", "m", "f", "nt"):
                gender = True
            elif upos:
                return upos
    return "NOUN" if gender else "X"


def _headword(text: str) -> str:
    """The word on a page's first line, before phonetics and grammar."""
    cut = re.search(r"(?:(?<=\s)|^)/(?=[^\s/]|/\S)", text)
    return plain(text[: cut.start()] if cut else text).strip(" ,;")


# ------------------------------------------------------------------------------------------- candidates

_SPLIT = re.compile(r"[,;،؛、；]+")
_ELLIPSIS = re.compile(r"…|\.\.\.")
_LABEL = re.compile(r"<([^<>]*)>")
_MARKED = re.compile(r"\[[^\[\]]*\]|\((?:[^()\s,]{1,9}\. ?)+[^()\s]{0,6}\)")
_TAIL = re.compile(r"(\s*[^\s<\[][^<\[]*)\s[<\[]")
_SENTENCE_END = re.compile(r"[.!?:]\s+|\s\.(?=\S)")


def _protected_split(text: str) -> list[str]:
    """Split at commas and semicolons that are not inside brackets."""
    if not any(c in text for c in "([{<"):
        return _SPLIT.split(text)
    depth, start, out = 0, 0, []
    for i, char in enumerate(text):
        if char in "([{<":
            depth += 1
        elif char in ")]}>":
            depth = max(depth - 1, 0)
        elif depth == 0 and char in ",;،؛、；":
            out.append(text[start:i])
            start = i + 1
    out.append(text[start:])
    return out


def _own_part(text: str, headword: str) -> tuple[str, str]:
    """The part of a sense that translates the headword, and the run-on entries behind it.

    Some dictionaries append derived entries to a sense ("kitap. book club abonelerine …"): the translation ends
    at the first full stop behind a whole word, or before a word that repeats the headword.
    """
    head = headword.lower()
    open_text = _ASIDE.sub(lambda m: " " * len(m.group()), text)  # asides neither end nor begin anything
    cut = len(text)
    for match in _SENTENCE_END.finditer(open_text):
        before, after = open_text[: match.start()], open_text[match.end() :]
        if not after.strip():
            break
        last = re.split(r"[\s,;]", before.strip())[-1]
        mark = match.group().strip()
        abbreviation = mark == "." and ("." in last or "/" in last)
        if not abbreviation and (mark == ":" or len(last) > 4 or (head and head in after.lower())):
            cut = match.start()
            break
    if len(head) >= 4:
        for match in re.finditer(r"(?<=\s)\S+", open_text[:cut]):
            if match.group().lower().startswith(head) and open_text[: match.start()].strip():
                cut = match.start()
                break
    return text[:cut], text[cut:].lstrip(".!?: ")


_DERIVED = re.compile(r"(?<!\S)([a-z][a-z'’-]{3,})\s{2,}([^.:!?]+)")


def _derived(text: str, headword: str) -> Iterator[tuple[str, str]]:
    """Derived headwords that a page runs on ("attractively  alımlı surette"), set off by a double space."""
    for match in _DERIVED.finditer(text):
        word = match[1].replace("'", "").replace("’", "")
        if word != headword.lower() and len(headword) >= 4 and word.startswith(headword[:-1].lower()):
            yield word, match[2]


_STEMS = ("NOUN", "VERB", "ADJ", "NUM")  # a hyphen before these marks a stem; before others, a suffix
_NO_WORD = re.compile(r"[=<>{}\[\]|_^\\@\ufffd]")
_MISREAD = re.compile(r"(?<=[^\W\d_A-Z])I(?=[^\W\d_A-Z])")  # a scanned "l" inside a lower-case word
_DIGIT = re.compile(r"\d")
_LETTER = re.compile(r"[^\W\d_]")


@lru_cache(maxsize=100_000)
def clean_target(text: str, upos: str, digits: bool = False) -> str:
    """A citation form fit to be written into a sentence, or "" if there is none in ``text``.

    Args:
        text: What a dictionary says.
        upos: Its part of speech: a hyphen before a verb, noun, adjective or number marks a stem and goes; before
            other words it marks a suffix, which is no word.
        digits: Whether a word may have digits (on a dictionary's page they number senses).
    """
    text = text.split("#")[0].split(" + ")[0].replace("~", " ")
    affix = "…" in text or "..." in text
    text = plain(_ELLIPSIS.sub(" ", text)).strip(_EDGE).strip()
    text = _MISREAD.sub("l", text)
    if not text or _NO_WORD.search(text) or (not digits and _DIGIT.search(text)):
        return ""
    words = text.split(" ")
    if affix and len(words) == 1:
        return ""
    while len(words) > 1 and words[0].startswith("-"):  # the case a verb governs: "-e varmak"
        words = words[1:]
    if words[-1].endswith("-") or (words[0].startswith("-") and upos not in _STEMS):
        return ""
    words[0] = words[0].lstrip("-‐–")
    words = [w.split("/")[0] if "/" in w.strip("/") else w for w in words]
    text = " ".join(w for w in words if w).strip(_EDGE).strip()
    if not text or len(text) > 60 or len(words) > 5:
        return ""
    return text if _LETTER.search(text) else ""


@dataclass(slots=True)
class _Sense:
    """One sense of a page while it is read: [text, label or "", trust] per candidate."""

    items: list[tuple[str, str, float]]
    count: int = 1
    trust: float = 1.0


def _items(line: str) -> list[tuple[str, str, float]]:
    """(text, labels, trust) of each candidate on a line; an unlabelled one takes the label that follows it."""
    out: list[tuple[str, str, float]] = []
    for part in _protected_split(line):
        labels = "; ".join(x for x in _LABEL.findall(part) if x)
        trust = 0.6 if _MARKED.search(part) else 1.0
        if "!" in part:
            trust *= 0.3
        tail = _TAIL.match(part)
        if tail:  # what follows a word's grammar is its abbreviation: "Finnland <neut> [geogr.] FI"
            part = tail[1]
        bare = plain(part)
        if bare.startswith("/") and bare.endswith("/"):  # phonetics
            continue
        if " " not in bare and "/" in bare:
            out += [(x, labels, trust) for x in bare.split("/") if x]
        else:
            out.append((part, labels, trust))
    following = ""
    for i in range(len(out) - 1, -1, -1):
        text, labels, trust = out[i]
        following = labels or following
        out[i] = (text, following, trust)
    return out


# -------------------------------------------------------------------------------------------- FreeDict

_DIGITS = {c: i for i, c in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")}


def _number(text: str) -> int:
    value = 0
    for char in text:
        value = value * 64 + _DIGITS[char]
    return value


@dataclass(frozen=True, slots=True)
class Dictd:
    """A dictd dictionary in memory: its name ("freedict-eng-fin"), index text and pages."""

    name: str
    index: str
    pages: bytes

    def info(self) -> str:
        for line in self.index.splitlines():
            parts = line.split("\t")
            if len(parts) >= 3 and parts[0].replace("-", "") == "00databaseinfo":
                at, size = _number(parts[1]), _number(parts[2])
                return self.pages[at : at + size].decode("utf8", "replace")
        return ""

    def entries(self) -> Iterator[str]:
        """Every page once, in the index's order, without the pages about the dictionary."""
        seen: set[tuple[str, str]] = set()
        for number, line in enumerate(self.index.splitlines(), 1):
            parts = line.split("\t")
            if not line or parts[0].replace("-", "").startswith("00database"):
                continue
            if len(parts) < 3:
                raise MorphaugError(
                    f"{self.name}.index, line {number}: not word, offset and length", _REFETCH
                )
            if (parts[1], parts[2]) in seen:
                continue
            seen.add((parts[1], parts[2]))
            try:
                at, size = _number(parts[1]), _number(parts[2])
            except KeyError:
                raise MorphaugError(f"{self.name}.index, line {number}: bad offset", _REFETCH) from None
            if at + size > len(self.pages):
                raise MorphaugError(
                    f"{self.name}.index, line {number}: beyond the end of the .dict", _REFETCH
                )
            yield self.pages[at : at + size].decode("utf8", "replace")


_REFETCH = "index and dictionary do not belong together or are cut short; import them again"


def _read_bytes(path: Path) -> bytes:
    """The content of a file, unpacked if it is .dz, .gz or .xz."""
    try:
        return unpack(path.read_bytes())
    except (OSError, EOFError, lzma.LZMAError) as error:
        raise MorphaugError(f"cannot read {path}: {error}", "check the file or fetch it again") from None


def open_dictd(path: Path) -> list[Dictd]:
    """The dictd dictionaries at a path: a folder (searched below), an .index, a .dict or .dict.dz, or a tar of them.

    Raises:
        MorphaugError: No pair of index and dictionary there, or a broken one.
    """
    path = Path(path)
    if path.is_dir():
        out = [d for index in sorted(path.rglob("*.index")) for d in open_dictd(index)]
        if not out:
            raise MorphaugError(
                f"no dictd dictionary (.index and .dict.dz) under {path}", "name the unpacked folder"
            )
        return out
    if ".tar" in path.name or path.suffix in (".tgz", ".txz"):
        return _open_tar(path)
    stem = re.sub(r"\.(index|dict|dict\.dz)$", "", path.name)
    index = path.with_name(stem + ".index")
    pages = next((p for p in (path.with_name(stem + e) for e in (".dict.dz", ".dict")) if p.exists()), None)
    if not index.exists() or pages is None:
        missing = ".index" if not index.exists() else ".dict.dz"
        raise MorphaugError(f"{path}: no {stem}{missing} beside it", "a dictd dictionary is these two files")
    return [Dictd(stem, _read_bytes(index).decode("utf8", "replace"), _read_bytes(pages))]


def _open_tar(path: Path) -> list[Dictd]:
    found: dict[str, dict[str, bytes]] = {}
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                match = re.search(r"([^/]+)\.(index|dict\.dz|dict)$", member.name)
                content = archive.extractfile(member) if match and member.isfile() else None
                if match and content is not None:
                    data = content.read()
                    if data[:2] == b"\x1f\x8b":
                        data = gzip.decompress(data)
                    found.setdefault(match[1], {})[match[2].removesuffix(".dz")] = data
    except (OSError, EOFError, tarfile.TarError, lzma.LZMAError) as error:
        raise MorphaugError(f"cannot read {path}: {error}", "fetch it again") from None
    out = [
        Dictd(name, parts["index"].decode("utf8", "replace"), parts["dict"])
        for name, parts in sorted(found.items())
        if {"index", "dict"} <= parts.keys()
    ]
    if not out:
        raise MorphaugError(f"no dictd dictionary in {path}", "it should hold an .index and a .dict.dz")
    return out


_NUMBERED = re.compile(r"^( ?)(\d{1,3})\.(?:\s+(.*))?$")
_MORE = re.compile(r"\s(\d{1,3})\.$")
_EXAMPLE = re.compile(r'^\s+"(.+?)"\s+-\s+(.+)$')
_REMARK = re.compile(
    r"^\s*(?:see|see also|synonyms?|antonyms?|note|plural of|inflection of|cf\.?)\b[^a-z]", re.I
)
_DOMAIN = re.compile(
    r"^[^,.;:()]{3,28}:\s|^\((?:archaic|obsolete|dated|rare|slang|vulgar|figurative|colloquial|by extension)"
    r"|\b(?:archaic|obsolete|slang|vulgar)\b",
    re.I,
)


def _senses_glossed(body: Sequence[str]) -> list[_Sense]:
    """Senses of a page that alternates translations and glosses ("1. talo 2." / gloss / " 3." / gloss …)."""
    senses: list[_Sense] = []
    gloss = False  # whether the next line explains the sense above
    for line in body:
        if not line.strip() or _REMARK.match(line):
            continue
        match = _NUMBERED.match(line)
        if match and match[1] and not match[3]:  # " 3.": one more meaning of the same translations
            if senses:
                senses[-1].count += 1
            gloss = True
            continue
        if gloss and not (match and not match[1]):
            if senses and _DOMAIN.search(line.strip()):
                senses[-1].trust -= 0.6 / senses[-1].count
            gloss = False
            continue
        text = (match[3] or "") if match else line.strip()
        more = _MORE.search(text)
        if more:
            text = text[: more.start()]
        senses.append(_Sense(_items(text)))
        gloss = True
    return senses


def _senses_listed(
    body: Sequence[str],
    headword: str,
    pairs: list[tuple[str, str]],
    derived: list[tuple[str, str]],
    reverse: bool,
) -> list[_Sense]:
    """Senses of a page of translations, numbered or not, with indented examples and remarks.

    Examples go to ``pairs``; headwords that the page runs on go to ``derived``, with their translations.
    """
    senses: list[_Sense] = []
    fresh = True
    for line in body:
        if not line.strip():
            continue
        example = _EXAMPLE.match(line)
        if example:
            pairs.append((example[2], example[1]) if reverse else (example[1], example[2]))
            if senses:
                senses[-1].count += 1
            continue
        if _REMARK.match(line):
            continue
        match = _NUMBERED.match(line)
        if match:
            fresh, text = True, match[3] or ""
            if not text:
                continue
        elif line[0] == " ":
            text = line.strip()
            if line.startswith("     ") or not text.startswith("["):
                continue
        else:
            text = line.strip()
        own, rest = _own_part(text, headword) if not reverse else (text, "")
        items = _items(own)
        marked = _MARKED.match(own.strip()) is not None  # "(zool.) a, b": the mark holds for the whole sense
        items = [(text, labels, min(trust, 0.6) if marked else trust) for text, labels, trust in items]
        if fresh or not senses:
            senses.append(_Sense(items))
        else:
            senses[-1].items += items
        fresh = bool(match)
        if rest:
            pairs.append((rest, rest))
            derived += _derived(rest, headword)
            if headword.lower() in rest.lower():
                break  # what follows are senses of the run-on entries
    return senses


_PLURAL = re.compile(r"\(pl: ([^()]+)\)")
_SAME_PLURAL = re.compile(r"\[sg\s*=\s*pl\]")


def _plurals(head: str, word: str) -> tuple[str, ...]:
    """Plurals that a page's first line names: "(pl: {mambo})", "[sg=pl]"."""
    named = _PLURAL.search(head)
    found = [plain(text) for text in named[1].replace("{", "").replace("}", "").split(",")] if named else []
    if _SAME_PLURAL.search(head):
        found.append(word)
    return tuple(dict.fromkeys(text for text in found if text))


def read_dictd(source: Dictd, reverse: bool | None = None, language: str = SOURCE) -> Reading:
    """Read a FreeDict dictionary in dictd's format.

    Args:
        source: The dictionary.
        reverse: True if its headwords are of the target language; None to tell it from the name
            ("freedict-swh-eng" is).
        language: The code that stands for English in the name.
    """
    if reverse is None:
        reverse = source.name.lower().endswith(f"-{language}")
    glossed = "wikdict" in source.info().lower()
    reading = Reading(reverse=reverse, ordered=not glossed)
    for number, page in enumerate(source.entries()):
        head, *body = page.split("\n")
        word = _headword(head)
        head_upos = upos_of(x for x in _LABEL.findall(head) if x)
        if not word or not body:
            reading.skipped["no headword"] += 1
            continue
        if not head_upos:
            reading.skipped["not a citation form"] += 1
            continue
        if reverse and (plurals := _plurals(head, word)):
            reading.plurals.setdefault(word, plurals)
        derived: list[tuple[str, str]] = []
        senses = (
            _senses_glossed(body) if glossed else _senses_listed(body, word, reading.pairs, derived, reverse)
        )
        if not senses:
            reading.skipped["no translation"] += 1
        for one in re.split(r",\s+", word):  # a page may have several spellings: "ofisi, afisi"
            for order, sense in enumerate(senses):
                _add(reading, one, head_upos, sense, order, number)
        for other, text in derived:
            _add(reading, other, "X", _Sense(_items(text), trust=0.5), 0, number)
    return reading


def _add(reading: Reading, word: str, head_upos: str, sense: _Sense, order: int, page: int) -> None:
    place = 0
    for text, labels, trust in sense.items:
        upos = upos_of(labels.split("; ")) if labels else "X"
        if not upos:
            continue
        # Either side's label will do; the headword's wins where English is the headword.
        upos = head_upos if head_upos != "X" else upos
        written, said = (word, text) if not reading.reverse else (text, word)
        key, verb = english(written)
        target = clean_target(said, upos)
        if not key or not target or len(key) > 80:
            continue
        if verb and upos == "X":
            upos = "VERB"
        confidence = max(trust * sense.trust, 0.1)
        mark = _mark(written)
        reading.rows.append(Row(key, upos, target, order, place, sense.count, confidence, page, mark))
        place += 1


# ------------------------------------------------------------------------------------------ text tables


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    data = _read_bytes(path)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = data[: error.start].count(b"\n") + 1
        raise MorphaugError(f"{path.name}, line {place}: not UTF-8", "convert the file to UTF-8") from None
    head = True  # comments stand at the top only: "#" may be a word
    for number, raw in enumerate(io.StringIO(text, newline=None), 1):
        line = raw.rstrip("\r\n")
        head = head and (not line.strip() or line.startswith("# "))
        if line.strip() and not head:
            yield number, line


# What a translation that is certain in a parallel text counts, next to a sense of a dictionary. From 4 on, first
# translations fit a held-out parallel text as well as they can (docs/lexicon-induction.md).
_PROBABLE = 4.0

_HEADER = {
    "source": ("english", SOURCE, "en", "source", "src", "word", "lemma", "headword"),
    "upos": ("pos", "upos", "part of speech", "part_of_speech"),
    "rank": ("rank", "order", "sense"),
    "score": ("score", "quality", "weight", "trans_quality", "confidence"),
    "probability": ("probability",),
    "target": ("target", "translation", "trans", "tgt", "foreign"),
}


def _columns(rows: Sequence[Sequence[str]], kind: str, path: Path) -> tuple[dict[str, int], bool]:
    """Which column holds what, and whether the first row is a header."""
    first = [c.strip().lower() for c in rows[0]]
    named = {role: first.index(n) for role, names in _HEADER.items() for n in reversed(names) if n in first}
    if "source" in named and "target" in named:
        return named, True
    if "source" in named and len(named) > 1 and len(first) == len(named) + 1:
        rest = next(i for i in range(len(first)) if i not in named.values())
        return {**named, "target": rest}, True
    width = Counter(len(r) for r in rows).most_common(1)[0][0]
    sample = [r for r in rows[:2000] if len(r) == width]
    if width < 2:
        raise MorphaugError(
            f"{path.name}, line 1: one column; an English and a target word are needed",
            "separate them by a tab",
        )

    def share(column: int, good: str) -> float:
        if good == "number":
            hits = sum(
                re.fullmatch(r"-?\d+(\.\d+)?([eE]-?\d+)?", r[column].strip()) is not None for r in sample
            )
        else:
            hits = sum(
                upos_of([r[column]]) != "X" or r[column].strip().upper() in ("X", "_", "") for r in sample
            )
        return hits / len(sample)

    out: dict[str, int] = {"source": 0}
    others = list(range(1, width))
    for column in list(others):
        if len(others) > 1 and share(column, "number") > 0.95:
            out["score" if kind == "panlex" else "rank"] = column
            others.remove(column)
    for column in list(others):
        if len(others) > 1 and share(column, "label") > 0.9:
            out["upos"] = column
            others.remove(column)
    out["target"] = others[0]
    return out, False


def read_table(path: Path, kind: str = "tsv", reverse: bool = False) -> Reading:
    """Read a lexicon with one translation a line.

    Args:
        path: UTF-8 text, plain, .gz or .xz. "muse": two words separated by white space. The others are
            tab-separated, with or without a header: English, target, and in any order an optional part of
            speech and an optional number (a rank, best first; for "panlex" a score, best highest). In a
            column headed "probability" the number says how sure a translation is, and is weighed as such.
            Lines at the top that begin with "# " are comments.
        kind: "muse", "panlex", "tsv" or "gatitos".
        reverse: The first column is the target language's.

    Raises:
        MorphaugError: Not UTF-8, empty, or fewer than two columns on a line (with its number).
    """
    reading = Reading(reverse=reverse)
    numbered = list(_lines(path))
    if not numbered:
        raise MorphaugError(f"{path.name}: no line in it", "give a lexicon")
    if kind == "muse":
        rows = [line.split(None, 1) for _, line in numbered]
    else:
        rows = [line.split("\t") for _, line in numbered]
    columns, header = _columns(rows, kind, path)
    if reverse and not header:
        columns["source"], columns["target"] = columns["target"], columns["source"]
    found: dict[tuple[str, str], list[tuple[float, int, str]]] = {}
    trust: dict[int, float] = {}  # by line, where the table gives probabilities
    for (number, _), row in list(zip(numbered, rows, strict=True))[int(header) :]:
        if len(row) <= max(columns["source"], columns["target"]):
            raise MorphaugError(
                f"{path.name}, line {number}: {len(row)} column{'s' if len(row) > 1 else ''}, {len(rows[0])} expected",
                "every line needs an English and a target word",
            )
        key, verb = english(row[columns["source"]])
        at = columns.get("upos", len(row))
        upos = (_full_upos(row[at]) or upos_of([row[at]])) if at < len(row) else "X"
        upos = "VERB" if upos == "X" and verb else upos
        order = 0.0
        for role, sign in (("rank", 1.0), ("score", -1.0), ("probability", -1.0)):
            if role in columns and columns[role] < len(row):
                try:
                    order = sign * float(row[columns[role]])
                except ValueError:
                    raise MorphaugError(
                        f"{path.name}, line {number}: '{row[columns[role]]}' is not a number",
                        f"it stands in the {role} column",
                    ) from None
        if "probability" in columns:
            trust[number] = _PROBABLE * min(max(-order, 0.0), 1.0)
        target = clean_target(row[columns["target"]], upos, True)
        if not upos or not key or not target:
            reading.skipped["no word"] += 1
            continue
        found.setdefault((key, upos), []).append((order, number, target))
    for (key, upos), items in found.items():
        for place, (_, number, target) in enumerate(sorted(items)):
            if trust:
                reading.rows.append(Row(key, upos, target, trust=trust.get(number, 0.0), page=number))
            else:
                reading.rows.append(Row(key, upos, target, 0, place, page=number))
    return reading


def _full_upos(label: str) -> str:
    """A label that is a UPOS tag already ("SCONJ", "X"), or ""."""
    label = label.strip().upper()
    return label if label in UPOS else ""


# ------------------------------------------------------------------------------------------------- door


def kind_of(path: Path) -> str:
    """What a path most likely holds, from its name and first line.

    Raises:
        MorphaugError: Nothing there.
    """
    path = Path(path)
    if not path.exists():
        raise MorphaugError(f"no file {path}", "check the name")
    if path.is_dir() or re.search(r"\.(index|dict|dict\.dz|tgz|txz)$|\.tar(\.\w+)?$", path.name):
        return "freedict"
    _, line = next(_lines(path), (0, ""))
    return "tsv" if "\t" in line else "muse"


def read(path: Path, kind: str = "auto", reverse: bool | None = None) -> list[Reading]:
    """Read a lexicon of any known kind.

    Args:
        path: File or folder.
        kind: One of ``KINDS``.
        reverse: Target-to-English; None lets a FreeDict name tell, and means False elsewhere.
    """
    if kind not in KINDS:
        raise UnknownName("lexicon kind", kind, KINDS)
    if kind == "auto":
        kind = kind_of(path)
    if kind == "freedict":
        return [read_dictd(d, reverse) for d in open_dictd(path)]
    return [read_table(Path(path), kind, bool(reverse))]
