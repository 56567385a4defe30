"""CoNLL columns (token, tag; a blank line between sentences), CoNLL-U, and plain text lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from morphaug import conllu
from morphaug.derivation import UPOS, Rejected
from morphaug.errors import MorphaugError
from morphaug.formats.source import Item, lines, open_bytes
from morphaug.tasks.common import Names, Record, find
from morphaug.tasks.tagging import ROLES

_ENTITY = re.compile(r"O|[BIESLUM]-\S+")
_PREFIX = re.compile(r"([a-z]{2,3}:)\S")


def looks_like_columns(text: str) -> bool:
    """Whether a text is token-tag lines: two columns, the second one of BIO or universal tags."""
    rows = [line.rstrip("\r") for line in text.split("\n")[:200]]
    rows = [row for row in rows if row.strip() and not row.startswith("-DOCSTART-")]
    pairs = [pair for row in rows if not _is_comment(row, pair := _pair(row))]
    tags = [pair[1] for pair in pairs if pair]
    return bool(tags) and len(tags) == len(pairs) and all(map(_is_tag, tags))


def _pair(row: str) -> tuple[str, str] | None:
    """Token (the first column) and tag (the last one)."""
    parts = row.split("\t") if "\t" in row else row.rstrip().split(" ")
    return (parts[0], parts[-1].strip()) if len(parts) > 1 else None


def _is_tag(text: str) -> bool:
    return text in UPOS or _ENTITY.fullmatch(text) is not None


def _is_comment(row: str, pair: tuple[str, str] | None) -> bool:
    """Whether a line is a comment; "# O" is a token."""
    return row.startswith("# ") and not (pair and _is_tag(pair[1]))


def read(path: Path) -> Iterator[Item]:
    """The sentences of a CoNLL file as {"tokens", "tags"}; columns are split at tabs, or else at spaces.

    The first column is the token, the last one the tag. Comment lines ("# …") before a sentence and
    -DOCSTART- lines are left out. The distributions of PAN-X that write "en:token" lose the prefix. A
    sentence with a broken line is rejected as a whole.
    """
    tokens: list[str] = []
    tags: list[str] = []
    broken: tuple[Rejected, str] | None = None
    start = 0
    prefix: str | None = None
    for number, line in _with_end(lines(path)):
        blank = not isinstance(line, Rejected) and not line.strip()
        if blank:
            if broken is not None:
                yield broken
            elif tokens:
                if prefix is None:
                    prefix = _shared_prefix(tokens)
                tokens = [t.removeprefix(prefix) if t != prefix else t for t in tokens]
                yield {"tokens": tokens, "tags": tags}, f"{path.name}:{start}"
            tokens, tags, broken, start = [], [], None, 0
            continue
        start = start or number
        if isinstance(line, Rejected):
            broken = broken or (line, f"{path.name}:{number}")
            continue
        row = line.rstrip("\r\n")
        pair = _pair(row)
        if row.startswith("-DOCSTART-") or (not tokens and _is_comment(row, pair)):
            start = 0 if not tokens else start
            continue
        if pair is None or not pair[0].strip() or not pair[1]:
            what = f"{row[:40]!r} has no tag" if pair is None or not pair[1] else f"{row[:40]!r} has no token"
            code = "missing_tag" if pair is None or not pair[1] else "empty_token"
            broken = broken or (Rejected(code, what), f"{path.name}:{number}")
            continue
        tokens.append(pair[0])
        tags.append(pair[1])


def _with_end(rows: Iterator[tuple[int, str | Rejected]]) -> Iterator[tuple[int, str | Rejected]]:
    """The lines and a blank one, which ends the last sentence."""
    yield from rows
    yield 0, ""


def _shared_prefix(tokens: list[str]) -> str:
    """ "en:" if all tokens of a file's first sentence begin like that, "" otherwise."""
    found = {match[1] if (match := _PREFIX.match(token)) else "" for token in tokens}
    return found.pop() if len(found) == 1 else ""


def read_conllu(path: Path) -> Iterator[Item]:
    """The sentences of a CoNLL-U file: {"id", "text", "tokens", "upos", "xpos", "conllu"}.

    "conllu" is the block as it stands in the file; "id" and "text" are its comments, if it has them.
    """
    errors: list[MorphaugError] = []
    with open_bytes(path) as stream:
        for block in conllu.read(stream, name=path.name, on_error=errors.append):
            yield from _drained(errors)
            if not block.rows:
                continue
            words = block.words()
            record: Record = {}
            if sent_id := block.get("sent_id"):
                record["id"] = sent_id
            if text := block.get("text"):
                record["text"] = text
            record["tokens"] = [row[conllu.FORM] for row in words]
            record["upos"] = [row[conllu.UPOS] for row in words]
            record["xpos"] = [row[conllu.XPOS] for row in words]
            block.before = ""
            record["conllu"] = block.conllu()
            yield record, block.place()
        yield from _drained(errors)


def _drained(errors: list[MorphaugError]) -> Iterator[Item]:
    for error in errors:
        place, _, detail = error.message.partition(": ")
        yield Rejected("bad_conllu", detail), place
    errors.clear()


def read_text(path: Path) -> Iterator[Item]:
    """A text file's lines as {"text": line}; blank lines are skipped."""
    for number, line in lines(path):
        if isinstance(line, Rejected):
            yield line, f"{path.name}:{number}"
        elif line.strip():
            yield {"text": line.rstrip("\r\n")}, f"{path.name}:{number}"


# -- writing ----------------------------------------------------------------------------------------


class LinesWriter:
    """Writes what a record is in a line-based format.

    Args:
        path: File to write.
        kind: "conll" (token, tab, tag), "conllu" or "text".
        names: The user's names of fields.
    """

    def __init__(self, path: Path, kind: str, names: Names) -> None:
        self._out = path.open("w", encoding="utf-8", newline="")
        self._lines = {"conll": self._conll, "conllu": self._conllu, "text": self._text}[kind]
        self._names = names

    def write(self, record: Record) -> None:
        self._out.write(self._lines(record))

    def close(self) -> None:
        self._out.close()

    def _conll(self, record: Record) -> str:
        keys = [find(record, self._names, role, ROLES[role]) for role in ("tokens", "tags")]
        if keys[0] is None or keys[1] is None:
            raise MorphaugError("a CoNLL file needs tokens and tags", "write jsonl")
        pairs = zip(record[keys[0]], record[keys[1]], strict=True)
        rows = [re.sub(r"[\t\r\n]", " ", str(token)) + f"\t{tag}\n" for token, tag in pairs]
        return "".join(rows) + "\n"

    def _conllu(self, record: Record) -> str:
        block = record.get("conllu")
        if not isinstance(block, str):
            raise MorphaugError("only --task conllu writes CoNLL-U", "write jsonl or conll")
        return block.rstrip("\r\n") + "\n\n"

    def _text(self, record: Record) -> str:
        key = find(record, self._names, "text", ("text", "sentence", "content"))
        if key is None:
            raise MorphaugError("a text file needs a field text", "write jsonl")
        return re.sub(r"[\r\n]", " ", str(record[key])) + "\n"
