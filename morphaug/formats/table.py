"""CSV and TSV, with a header line or without.

CSV cells may be quoted and may hold line ends. TSV cells may not: a quote is a quote there (as in GLUE,
XNLI, PAWS-X), and one row is one line.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from morphaug.derivation import Rejected
from morphaug.errors import MorphaugError
from morphaug.formats.jsonl import dumps
from morphaug.formats.source import Item, lines
from morphaug.tasks.common import Record

MAX_LINES = 1000  # a quoted cell longer than this is a quote that nobody closed
_NAME = re.compile(r"[A-Za-z_][\w.#-]{0,39}")

Row = tuple[int, list[str] | Rejected]  # line number, cells


def read(
    path: Path, *, delimiter: str, columns: Sequence[str] | None = None, header: bool | None = None
) -> Iterator[Item]:
    """The rows of a table, as records of text.

    Args:
        path: The file.
        delimiter: "," (cells may be quoted) or tab (they may not).
        columns: Names of the columns. A first line that holds just these is taken for the header.
        header: Whether the first line names the columns; None: see for yourself.

    Raises:
        MorphaugError: There are no names for the columns, or two have the same.
    """
    rows = _tsv_rows(path) if delimiter == "\t" else _csv_rows(path, delimiter)
    first = next(rows, None)
    if first is None:
        return
    cells = first[1]
    if isinstance(cells, Rejected):
        if columns is None:
            raise MorphaugError(f"{path.name}:{first[0]}: {cells.detail}", "the header line cannot be read")
        cells = []
    stripped = [cell.strip() for cell in cells]
    if columns is not None:
        names = list(columns)
        is_header = header if header is not None else stripped == names
    else:
        names = stripped
        is_header = header if header is not None else all(map(_NAME.fullmatch, names)) and len(names) > 1
        is_header = is_header or (header is None and names in (["text"], ["sentence"]))
        if not is_header:
            shown = f"{names[0][:40]!r} …" if names else "an empty line"
            raise MorphaugError(
                f"{path.name}: the first line ({shown}) names no columns",
                f"name the {len(names)} columns with --columns premise,hypothesis,label",
            )
    if twice := [name for at, name in enumerate(names) if name in names[:at]]:
        raise MorphaugError(f"{path.name}: two columns are called '{twice[0]}'", "rename one of them")
    if "" in names:
        # pandas writes its index under an empty name.
        names[names.index("")] = "index" if "index" not in names else "_"
    for number, cells in rows if is_header else chain([first], rows):
        place = f"{path.name}:{number}"
        if isinstance(cells, Rejected):
            yield cells, place
        elif len(cells) != len(names):
            yield Rejected("column_count", f"{len(cells)} columns instead of {len(names)}"), place
        else:
            yield dict(zip(names, cells, strict=True)), place


def _tsv_rows(path: Path) -> Iterator[Row]:
    for number, line in lines(path):
        if isinstance(line, Rejected):
            yield number, line
        elif line.strip():
            yield number, line.rstrip("\r\n").split("\t")


class _Feed:
    """Hands lines to csv.reader for one row, and remembers which it took."""

    def __init__(self, source: Iterator[tuple[int, str | Rejected]]) -> None:
        self._source = source
        self.waiting: deque[tuple[int, str | Rejected]] = deque()
        self.taken: list[tuple[int, str | Rejected]] = []
        self.ran_dry = False

    def peek(self) -> tuple[int, str | Rejected] | None:
        if not self.waiting:
            following = next(self._source, None)
            if following is None:
                return None
            self.waiting.append(following)
        return self.waiting[0]

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        following = self.peek()
        if following is None or isinstance(following[1], Rejected) or len(self.taken) >= MAX_LINES:
            self.ran_dry = True
            raise StopIteration
        self.taken.append(self.waiting.popleft())
        return following[1]


def _csv_rows(path: Path, delimiter: str) -> Iterator[Row]:
    # The limit on a cell's length (128 KB) is global to the process; there is no other way to lift it.
    csv.field_size_limit(max(csv.field_size_limit(), 1 << 30))
    feed = _Feed(lines(path))
    while (following := feed.peek()) is not None:
        number, line = following
        if isinstance(line, Rejected):
            feed.waiting.popleft()
            yield number, line
            continue
        feed.taken.clear()
        feed.ran_dry = False
        try:
            cells = next(csv.reader(feed, delimiter=delimiter), None)
        except csv.Error as error:
            yield number, Rejected("bad_csv", str(error))
            continue
        if feed.ran_dry and cells is not None:
            # The quote is never closed: this line is lost, those after it are read on their own.
            feed.waiting.extendleft(reversed(feed.taken[1:]))
            yield number, Rejected("unclosed_quote", "a quoted cell begins here and does not end")
        elif cells and any(cells):
            yield number, cells


class TableWriter:
    """Writes records as rows; the first record's fields are the columns.

    Lists and objects are written as JSON. In TSV a tab or line end inside a cell becomes a space (one for
    one, so that offsets into the text stay right).

    Args:
        path: File to write.
        delimiter: "," or tab.
        columns: Names of the columns to write, in order; None: those of the first record.
        header: Write a header line.
    """

    def __init__(
        self, path: Path, delimiter: str, columns: Sequence[str] | None = None, header: bool = True
    ) -> None:
        self._out = path.open("w", encoding="utf-8", errors="backslashreplace", newline="")
        self._tabs = delimiter == "\t"
        self._special = re.compile(f'["\r\n{delimiter}]').search
        self._delimiter = delimiter
        self._columns = list(columns) if columns is not None else None
        self._given = columns is not None
        self._header = header

    def write(self, record: Record) -> None:
        if self._columns is None:
            self._columns = list(record)
        if self._header:
            self._row(self._columns)
            self._header = False
        if not self._given and (extra := [name for name in record if name not in self._columns]):
            raise MorphaugError(
                f"a table cannot take column '{extra[0]}', which its first row lacks", "write jsonl"
            )
        self._row([_cell(record.get(name)) for name in self._columns])

    def _row(self, cells: list[str]) -> None:
        if self._tabs:
            self._out.write("\t".join([re.sub(r"[\t\r\n]", " ", cell) for cell in cells]) + "\n")
        else:
            # csv.writer leaves a lone \r unquoted, which readers take for the end of the row.
            quoted = ['"' + c.replace('"', '""') + '"' if self._special(c) else c for c in cells]
            self._out.write((self._delimiter.join(quoted) or '""') + "\n")

    def close(self) -> None:
        self._out.close()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, (str, int, float)):
        return str(value)
    return dumps(value)
