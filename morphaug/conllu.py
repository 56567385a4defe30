"""A thin CoNLL-U reader and writer that loses nothing, and its way to and from ``Sentence``.

A ``Block`` is one sentence of a file as it stands there: comments, rows of ten columns (ranges of
contractions and empty nodes among them), line ends. A file read and written unchanged is the same file,
byte for byte. ``Block.sentence()`` is the tree in it, ``write_sentence`` the file's lines for a tree.

Format: https://universaldependencies.org/format.html; white space in MISC follows UDPipe
(``SpaceAfter=No``, ``SpacesAfter``, ``SpacesBefore``, ``SpacesInToken`` with ``\\s \\t \\r \\n \\p \\\\``).
"""

from __future__ import annotations

import lzma
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from morphaug.errors import MissingResource, MorphaugError
from morphaug.packed import open_binary
from morphaug.trees import Feats, Sentence, Token, feats_text, tree_problem

if TYPE_CHECKING:
    from pyconll.unit.sentence import Sentence as PyconllSentence

ID, FORM, LEMMA, UPOS, XPOS, FEATS, HEAD, DEPREL, DEPS, MISC = range(10)
COLUMNS = ("ID", "FORM", "LEMMA", "UPOS", "XPOS", "FEATS", "HEAD", "DEPREL", "DEPS", "MISC")

OnError = Callable[[MorphaugError], None]
Source = Path | IO[str] | IO[bytes] | str

_ESCAPES = {"s": " ", "t": "\t", "r": "\r", "n": "\n", "p": "|", "\\": "\\"}
_ESCAPED = re.compile(r"\\(u[0-9A-Fa-f]{4}|[strnp\\])")
_LINE_BREAKS = re.compile("[\t\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")  # what some reader or other splits at
_TO_ESCAPE = {ord(char): f"\\u{ord(char):04X}" for char in "\v\f\x1c\x1d\x1e\x85\u2028\u2029"}
_TO_ESCAPE |= {ord(char): f"\\{name}" for name, char in _ESCAPES.items()}


@dataclass(slots=True)
class Block:
    """One sentence of a CoNLL-U file, as it stands there.

    Attributes:
        comments: The lines before the first row, with their "#".
        rows: Ten strings each: words, ranges ("3-4") and empty nodes ("5.1") in the order of the file.
            Change what you like; ``conllu()`` writes what is here.
        name: The file's name, for messages.
        line: The 1-based line number of the block's first line.
        before: What stood before the first line (a byte order mark, blank lines).
        after: What stood after the last line: its line end and the blank lines.
        newline: The line end within the block.
        breaks: The single line ends, only where they are mixed.
    """

    comments: list[str]
    rows: list[list[str]]
    name: str = "<text>"
    line: int = 1
    before: str = ""
    after: str = "\n\n"
    newline: str = "\n"
    breaks: tuple[str, ...] = ()

    def get(self, key: str) -> str | None:
        """The value of a comment ``# key = value``; "" for a bare ``# key``, None if there is none."""
        for comment in self.comments:
            name, _, value = comment[1:].partition("=")
            if name.strip() == key:
                return value[1:] if value[:1] == " " else value
        return None

    def words(self) -> list[list[str]]:
        """The rows of syntactic words: no ranges, no empty nodes."""
        return [row for row in self.rows if row[ID].isdecimal()]

    def conllu(self) -> str:
        """The block's text; what was read, if nothing was changed."""
        lines = self.comments + ["\t".join(row) for row in self.rows]
        if self.breaks and len(self.breaks) == len(lines) - 1:
            body = "".join([line + end for line, end in zip(lines, (*self.breaks, ""), strict=True)])
        else:
            body = self.newline.join(lines)
        return self.before + body + self.after

    def place(self, row: int | None = None) -> str:
        """ "file:line" of a row (its index in ``rows``) or of the block."""
        return f"{self.name}:{self.line + (0 if row is None else len(self.comments) + row)}"

    def sentence(self, *, joined: bool = False) -> Sentence:
        """The tree, as a sentence whose ``text()`` is the text of the block.

        The words of a contraction share its letters: "didn't" gives "did" and "n't". Where their forms do
        not spell it (German "zum" is "zu" + "dem"), the first word takes all letters and the others "".
        White space between words is what MISC says, checked against ``# text``: where only one of the two
        has white space, ``# text`` is right; an explicit ``SpacesAfter`` wins over a space.

        Args:
            joined: Take the sentence as part of running text: ``lead`` and ``tail`` are the white space the
                file gives before and after it (one space after it where it says nothing). Otherwise it
                stands alone and both are "".

        Raises:
            MorphaugError: with file:line, if it has no words, ids are not 1 to n, a head is missing or not
                an id, the heads are no tree with one root, or the words do not spell ``# text``.
        """
        words, units = self._words_and_units()
        if not words:
            raise MorphaugError(f"{self.place()}: a sentence without words")
        gaps = [_gap(self.rows[unit.row][MISC]) for unit in units]
        surfaces = [unit.surface for unit in units]
        text = self.get("text")
        if text is not None:
            gaps = self._checked_gaps(text, units, surfaces, gaps)
        tail = gaps[-1] if joined else ""
        gaps[-1] = ""
        lead = _misc_value(words[0][MISC], "SpacesBefore") if joined else None
        tokens: list[Token] = []
        at = 0
        for unit, surface, gap in zip(units, surfaces, gaps, strict=True):
            if unit.count == 1:
                tokens.append(self._token(words[at], at + 1, surface, gap))
                at += 1
                continue
            group = words[at : at + unit.count]
            letters = share_letters(surface, [row[FORM] for row in group])
            for offset, (row, form) in enumerate(zip(group, letters, strict=True)):
                space = gap if offset == unit.count - 1 else ""
                tokens.append(self._token(row, at + offset + 1, form, space))
            at += unit.count
        kept = tuple([c for c in self.comments if not _OWN_COMMENT.match(c)])
        sentence = Sentence(tokens, lead or "", tail, self.get("sent_id") or "", {}, kept)
        if problem := tree_problem(sentence):
            named = re.match(r"word (\d+)", problem)
            row_at = self.rows.index(words[int(named[1]) - 1]) if named else None
            raise MorphaugError(f"{self.place(row_at)}: not a tree: {problem}")
        return sentence

    def _words_and_units(self) -> tuple[list[list[str]], list[_Unit]]:
        """Word rows with ids checked, and the stretches of letters that they spell."""
        words: list[list[str]] = []
        units: list[_Unit] = []
        inside = 0  # last word of the range being read
        for at, row in enumerate(self.rows):
            name = row[ID]
            if name.isdecimal():
                if name != str(len(words) + 1):
                    raise MorphaugError(f"{self.place(at)}: word id {name} where {len(words) + 1} is due")
                words.append(row)
                if len(words) > inside:
                    units.append(_Unit(_surface(row), at, 1))
            elif _EMPTY_NODE.fullmatch(name):
                continue
            elif found := _RANGE.fullmatch(name):
                first, last = int(found[1]), int(found[2])
                if first != len(words) + 1 or last <= first or first <= inside:
                    raise MorphaugError(f"{self.place(at)}: range {name} where word {len(words) + 1} is due")
                inside = last
                units.append(_Unit(_surface(row), at, last - first + 1))
            else:
                raise MorphaugError(f"{self.place(at)}: '{name}' is not a CoNLL-U id")
        if inside > len(words):
            raise MorphaugError(
                f"{self.place()}: a range ends at word {inside}, the sentence at {len(words)}"
            )
        return words, units

    def _checked_gaps(
        self, text: str, units: Sequence[_Unit], surfaces: list[str], gaps: list[str]
    ) -> list[str]:
        spelt = "".join([surface + gap for surface, gap in zip(surfaces, gaps, strict=True)])
        if spelt.strip() == text.strip() or _one_line(spelt).strip() == text.strip():
            return gaps
        spans = align(text, surfaces)
        if isinstance(spans, int) or text[spans[-1][1] :].strip():
            bad = spans if isinstance(spans, int) else len(units) - 1
            raise MorphaugError(
                f"{self.place(units[bad].row)}: the words do not spell '# text' from '{surfaces[bad][:40]}' on"
            )
        out = list(gaps)
        for i, (unit, (start, end)) in enumerate(zip(units, spans, strict=True)):
            misc = self.rows[unit.row][MISC]
            if "SpacesInToken=" not in misc:
                surfaces[i] = text[start:end]
            if i + 1 < len(units):
                shown = text[end : spans[i + 1][0]]
                if not (shown and gaps[i] and "SpacesAfter=" in misc):
                    out[i] = shown
        return out

    def _token(self, row: list[str], word: int, form: str, space: str) -> Token:
        head = row[HEAD]
        if not head.isdecimal() or len(head) > 9:
            what = "has no head" if head == "_" else f"has head '{head[:20]}', which is not a word id"
            raise MorphaugError(f"{self.place(self.rows.index(row))}: word {word} {what}")
        lemma = row[LEMMA]
        if lemma == "_" and row[FORM] != "_":
            lemma = form or row[FORM]
        return Token(
            word, form, lemma, row[UPOS], parse_feats(row[FEATS]), int(head), row[DEPREL], space, (word,)
        )


@dataclass(frozen=True, slots=True)
class _Unit:
    """A stretch of letters without inner structure in the text: a word or a contraction."""

    surface: str
    row: int  # index of the row with its MISC
    count: int  # words in it


_EMPTY_NODE = re.compile(r"[0-9]+\.[0-9]+")
_RANGE = re.compile(r"([0-9]{1,9})-([0-9]{1,9})")
_OWN_COMMENT = re.compile(r"#\s*(?:sent_id|text)\s*=")


def read(source: Source, *, name: str = "", on_error: OnError | None = None) -> Iterator[Block]:
    """The sentences of a CoNLL-U file, one after the other, in constant memory.

    Args:
        source: A ``Path`` (".xz" and ".gz" are unpacked), an open file, or a str: the CoNLL-U text itself.
        name: Name for messages; the path or "<text>" by default.
        on_error: Called with the error of a broken block, which is then left out; None: errors are raised.

    Yields:
        Blocks. One may hold comments only: its ``rows`` are then empty.

    Raises:
        MorphaugError: with file:line, for a line that is not UTF-8 or has not ten columns.
    """
    if isinstance(source, Path):
        name = name or str(source)
        try:
            with open_binary(source) as stream:
                yield from _blocks(stream, name, on_error)
        except (OSError, EOFError, lzma.LZMAError) as error:
            raise MorphaugError(f"{name}: cannot be read: {_reason(error)}") from None
        return
    if isinstance(source, str):
        if source and "\n" not in source and "\t" not in source and source[0] != "#":
            raise MorphaugError(
                f"'{source[:80]}' is not CoNLL-U text", "give a file's name as a pathlib.Path"
            )
        yield from _blocks(_split_lines(source), name or "<text>", on_error)
        return
    yield from _blocks(source, name or str(getattr(source, "name", "<stream>")), on_error)


def read_sentences(
    source: Source, *, name: str = "", on_error: OnError | None = None, joined: bool = False
) -> Iterator[tuple[Block, Sentence]]:
    """``read`` with each block's tree; a block of comments only is skipped.

    Args:
        source, name: As for ``read``.
        on_error: Called with the error of each block that is broken or no tree; None: errors are raised.
        joined: As for ``Block.sentence``.
    """
    for block in read(source, name=name, on_error=on_error):
        if not block.rows:
            continue
        try:
            sentence = block.sentence(joined=joined)
        except MorphaugError as error:
            if on_error is None:
                raise
            on_error(error)
            continue
        yield block, sentence


def write(blocks: Iterable[Block], out: IO[str]) -> int:
    """Writes blocks as they are; returns how many. Open the file with ``newline=""``."""
    count = 0
    for block in blocks:
        out.write(block.conllu())
        count += 1
    return count


def write_sentence(sentence: Sentence, *, joined: bool = False, provenance: bool = True) -> str:
    """CoNLL-U lines of a tree, with the blank line that ends it.

    Words are numbered anew in surface order. MISC says where each came from (``Src=3,4``: its source
    tokens, the principal one first; none for an added word), which rules made it (``Rules``), how its form
    was found (``How``) and its language (``Lang``). A word without letters is written as part of a
    contraction with the word before it. ``Block.sentence`` reads back the same letters, white space and tree.

    Args:
        sentence: The tree; not changed.
        joined: Write ``lead`` and ``tail`` too, so that reading with ``joined=True`` gives them back.
        provenance: Write Src, Rules, How and Lang.

    Raises:
        MorphaugError: if there are no words, or a head is not in the sentence.
    """
    tokens = sentence.tokens
    if not tokens:
        raise MorphaugError("a sentence without words cannot be written as CoNLL-U")
    number = {token.id: at for at, token in enumerate(tokens, 1)}
    number[0] = 0
    lines = [_one_line(comment) for comment in sentence.comments]
    if sentence.id:
        lines.append(f"# sent_id = {_one_line(sentence.id)}")
    lines.append(f"# text = {_one_line(_inner_text(sentence))}")
    at = 0
    while at < len(tokens):
        end = at + 1
        while end < len(tokens) and not tokens[end].form and not tokens[end - 1].space and tokens[at].form:
            end += 1
        last = end == len(tokens)
        gap = tokens[end - 1].space + (sentence.tail if last else "")
        spacing = [] if last and not joined else _spacing(gap)
        leads = at == 0 and joined and bool(sentence.lead)
        before = [f"SpacesBefore={escape(sentence.lead)}"] if leads else []
        if end - at > 1:
            form, inner = _column_form(tokens[at].form)
            misc = sorted(inner + spacing, key=str.lower)
            lines.append(f"{at + 1}-{end}\t{form}" + "\t_" * 7 + "\t" + ("|".join(misc) or "_"))
            spacing = []
        for token in tokens[at:end]:
            form, inner = _column_form(token.form)
            if end - at > 1:
                inner = []
            misc = _provenance(token) if provenance else []
            misc = sorted(before + misc + spacing + inner, key=str.lower)
            before = []
            if token.head not in number:
                raise MorphaugError(f"word {token.id} has head {token.head}, which is not in the sentence")
            columns = (
                str(number[token.id]),
                form,
                "_" if inner and token.lemma == token.form else _column(token.lemma),
                _column(token.upos),
                "_",
                feats_text(token.feats),
                str(number[token.head]),
                _column(token.deprel),
                "_",
                "|".join(misc) or "_",
            )
            lines.append("\t".join(columns))
        at = end
    return "\n".join(lines) + "\n\n"


def share_letters(surface: str, forms: Sequence[str]) -> list[str]:
    """The letters of a contraction, shared among its words; joined they always spell ``surface``.

    >>> share_letters("Cannot", ["can", "not"])
    ['Can', 'not']
    >>> share_letters("zum", ["zu", "dem"])
    ['zum', '']
    """
    for parts in (list(forms), ["" if form == "_" else form for form in forms]):
        spelt = "".join(parts)
        if spelt == surface:
            return parts
        if len(spelt) == len(surface) and spelt.lower() == surface.lower():
            out, at = [], 0
            for part in parts:
                out.append(surface[at : at + len(part)])
                at += len(part)
            return out
    return [surface] + [""] * (len(forms) - 1)


def align(text: str, surfaces: Sequence[str]) -> list[tuple[int, int]] | int:
    """Where words stand in a text, one after the other with only white space between them.

    White space inside a word may differ from the text's (a space for a no-break space).

    Returns:
        (start, end) of each word, in characters; or the index of the first word that is not there.
    """
    spans: list[tuple[int, int]] = []
    at = 0
    for index, surface in enumerate(surfaces):
        if not text.startswith(surface, at):
            while at < len(text) and text[at].isspace():
                at += 1
        if text.startswith(surface, at):
            end = at + len(surface)
        else:
            pieces = surface.split()
            found = re.compile(r"\s*".join(map(re.escape, pieces))).match(text, at) if pieces else None
            if found is None:
                return index
            end = found.end()
        spans.append((at, end))
        at = end
    return spans


def parse_feats(text: str) -> Feats:
    """The FEATS column as a dict; of a repeated name the last value counts.

    >>> parse_feats("Case=Ine|Number=Sing")
    {'Case': 'Ine', 'Number': 'Sing'}
    """
    if text in ("_", ""):
        return {}
    feats: Feats = {}
    for item in text.split("|"):
        name, _, value = item.partition("=")
        feats[name] = value
    return feats


def escape(text: str) -> str:
    """White space as MISC holds it: ``SpacesAfter=\\n\\n``."""
    return text.translate(_TO_ESCAPE)


def unescape(text: str) -> str:
    """The inverse of ``escape``; also reads ``\\u00A0``."""
    if "\\" not in text:
        return text
    return _ESCAPED.sub(lambda m: chr(int(m[1][1:], 16)) if m[1][0] == "u" else _ESCAPES[m[1]], text)


def from_pyconll(sentence: PyconllSentence) -> Sentence:
    """The tree of a pyconll 3.x sentence.

    Raises:
        MorphaugError: as ``Block.sentence`` does.
    """
    return next(read(sentence.conll() + "\n\n", name="<pyconll>")).sentence()


def to_pyconll(sentence: Sentence) -> PyconllSentence:
    """A tree as a pyconll 3.x sentence (with ``Src`` and the rest in MISC, see ``write_sentence``).

    Raises:
        MissingResource: if pyconll 3.x is not installed.
    """
    try:
        from pyconll.unit.sentence import Sentence as Unit
    except ImportError:
        raise MissingResource("pyconll 3.x is not installed", "pip install 'morphaug[pyconll]'") from None
    return cast("PyconllSentence", Unit(write_sentence(sentence).rstrip("\n")))


@dataclass(slots=True)
class _Draft:
    """The block being read."""

    line: int
    before: str
    comments: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)
    after: str = ""
    error: MorphaugError | None = None


def _blocks(lines: Iterable[Any], name: str, on_error: OnError | None) -> Iterator[Block]:
    before = ""
    draft: _Draft | None = None
    for number, raw in enumerate(lines, 1):
        wrong = ""
        if isinstance(raw, bytes):
            try:
                line = raw.decode()
            except UnicodeDecodeError as error:
                line = raw.decode(errors="replace")
                wrong = f"not UTF-8 (byte {raw[error.start]:#04x})"
        else:
            line = raw
        if number == 1 and line.startswith("\ufeff"):
            before, line = "\ufeff", line[1:]
        if line.endswith("\r\n"):
            body, end = line[:-2], "\r\n"
        elif line.endswith("\n"):
            body, end = line[:-1], "\n"
        else:
            body, end = line, ""
        if not body or body.isspace():
            if draft is None:
                before += line
            else:
                draft.after += line
            continue
        if draft is not None and draft.after:
            yield from _finished(draft, name, on_error)
            draft = None
        if draft is None:
            draft = _Draft(number, before)
            before = ""
        if body[0] == "#":
            if draft.rows:
                wrong = wrong or "a comment between the words of a sentence"
            draft.comments.append(body)
        else:
            row = body.split("\t")
            if len(row) != 10:
                wrong = wrong or f"{len(row)} columns where CoNLL-U has 10"
            draft.rows.append(row)
        draft.ends.append(end)
        if wrong and draft.error is None:
            draft.error = MorphaugError(f"{name}:{number}: {wrong}")
            if on_error is None:
                raise draft.error
    if draft is not None:
        yield from _finished(draft, name, on_error)


def _finished(draft: _Draft, name: str, on_error: OnError | None) -> Iterator[Block]:
    if draft.error is not None:
        if on_error is not None:
            on_error(draft.error)
        return
    ends = draft.ends
    inner = set(ends[:-1])
    newline = ends[0] if len(inner) == 1 else "\n"
    breaks = tuple(ends[:-1]) if len(inner) > 1 else ()
    yield Block(
        draft.comments, draft.rows, name, draft.line, draft.before, ends[-1] + draft.after, newline, breaks
    )


def _split_lines(text: str) -> Iterator[str]:
    """Lines with their ends; only "\\n" ends one (str.splitlines would split at U+2028 inside a form)."""
    at = 0
    while (end := text.find("\n", at)) >= 0:
        yield text[at : end + 1]
        at = end + 1
    if at < len(text):
        yield text[at:]


def _reason(error: BaseException) -> str:
    return str(getattr(error, "strerror", None) or error or type(error).__name__)


def _misc_value(misc: str, key: str) -> str | None:
    if misc == "_":
        return None
    for item in misc.split("|"):
        name, _, value = item.partition("=")
        if name == key:
            return unescape(value)
    return None


def _surface(row: list[str]) -> str:
    """The letters of a row; ``SpacesInToken`` where the column could not hold them."""
    if "SpacesInToken=" in row[MISC]:
        return _misc_value(row[MISC], "SpacesInToken") or ""
    return row[FORM]


def _gap(misc: str) -> str:
    """White space after a word according to its MISC column."""
    if "Space" not in misc:
        return " "
    spaces = _misc_value(misc, "SpacesAfter")
    if spaces is not None:
        return spaces
    return "" if _misc_value(misc, "SpaceAfter") == "No" else " "


def _spacing(gap: str) -> list[str]:
    if gap == " ":
        return []
    return ["SpaceAfter=No"] if not gap else [f"SpacesAfter={escape(gap)}"]


def _provenance(token: Token) -> list[str]:
    out = []
    if token.how:
        out.append(f"How={escape(token.how)}")
    if token.lang:
        out.append(f"Lang={token.lang}")
    if token.rules:
        out.append(f"Rules={escape(','.join(token.rules))}")
    if token.src:
        out.append(f"Src={','.join(map(str, token.src))}")
    return out


def _column_form(form: str) -> tuple[str, list[str]]:
    """The FORM column and, for a form that no column can hold, its ``SpacesInToken``."""
    if not form:
        return "_", ["SpacesInToken="]
    if _LINE_BREAKS.search(form) or form.isspace():
        return _LINE_BREAKS.sub(" ", form), [f"SpacesInToken={escape(form)}"]
    return form, []


def _column(text: str) -> str:
    return _LINE_BREAKS.sub(" ", text) if text else "_"


def _one_line(text: str) -> str:
    return _LINE_BREAKS.sub(" ", text)


def _inner_text(sentence: Sentence) -> str:
    return "".join([t.form + t.space for t in sentence.tokens])
