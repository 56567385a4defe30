"""Files of records: what they are read from and written to.

Every reader yields (record or Rejected, place): a broken line costs one record, never the run, and is
reported with its place. Only what makes a whole file unreadable is a ``MorphaugError``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from morphaug.errors import MorphaugError, UnknownName
from morphaug.formats import arrow, jsonl, squad, table
from morphaug.formats import columns as column_files
from morphaug.formats.source import Item, head, unpacked_name
from morphaug.tasks.common import NO_NAMES, Names, Record

__all__ = ["FORMATS", "Format", "Item", "Writer", "class_names", "detect", "open_writer", "read_records"]

class_names = arrow.class_names


class Writer(Protocol):
    """Takes records one by one; the file is whole after ``close``."""

    def write(self, record: Record) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Format:
    """A file format.

    Attributes:
        name: As on the command line.
        suffix: Ending of files written; "" if it cannot be written.
        output: Format that a run on such input writes by default.
        endings: Endings that tell the format.
    """

    name: str
    suffix: str
    output: str
    endings: tuple[str, ...] = ()


FORMATS: dict[str, Format] = {
    f.name: f
    for f in (
        Format("jsonl", ".jsonl", "jsonl", (".jsonl", ".ndjson")),
        Format("json", "", "jsonl", (".json",)),
        Format("squad", ".json", "squad"),
        Format("parquet", ".parquet", "parquet", (".parquet",)),
        Format("csv", ".csv", "csv", (".csv",)),
        Format("tsv", ".tsv", "tsv", (".tsv", ".tab")),
        Format("conll", ".conll", "conll", (".conll", ".bio", ".iob", ".iob2")),
        Format("conllu", ".conllu", "conllu", (".conllu",)),
        Format("text", ".txt", "text", (".txt",)),
        Format("hf", "", "jsonl"),
        Format("hub", "", "jsonl"),
    )
}
_SAVED = ("state.json", "dataset_info.json", "dataset_dict.json")


def detect(path: str | Path) -> str:
    """The format of a file by its name, and by its first lines where the name does not tell.

    Args:
        path: A file (perhaps .xz, .gz, .bz2), a saved dataset's folder, "hf:FOLDER" or "hub:NAME".

    Raises:
        MorphaugError: There is no such file, it is empty, or nothing tells its format.
    """
    text = str(path)
    for scheme in ("hf", "hub"):
        if text.startswith(f"{scheme}:"):
            return scheme
    path = Path(path)
    if path.is_dir():
        if any((path / name).is_file() for name in _SAVED):
            return "hf"
        raise MorphaugError(f"{path} is a folder, but no saved dataset", "name a file in it")
    name = unpacked_name(path)
    found = next((f.name for f in FORMATS.values() if name.endswith(f.endings) and f.endings), "")
    if found not in ("", "json", "tsv", "text"):
        return found
    start = head(path)
    if not start.strip():
        raise MorphaugError(f"{path} is empty")
    if found == "json":
        return _json_kind(start)
    if column_files.looks_like_columns(start):
        return "conll"
    if found == "tsv":
        return "tsv"
    lines = start.split("\n")
    if "\t" in lines[0] and all(line.count("\t") == lines[0].count("\t") for line in lines[1:4] if line):
        return "tsv"
    if found == "text":
        return "text"
    if start.lstrip()[0] in "{[":
        return _json_kind(start)
    raise MorphaugError(
        f"{path}: its name does not tell its format", f"give --input-format: {', '.join(FORMATS)}"
    )


def _json_kind(start: str) -> str:
    """Whether JSON text is a record a line ("jsonl") or one document ("squad", "json")."""
    first, newline, rest = start.lstrip().partition("\n")
    if first.startswith("{") and newline and isinstance(jsonl.loads(first), dict) and rest.strip():
        return "jsonl"
    return "squad" if '"paragraphs"' in start else "json"


def read_records(
    path: str | Path,
    format: str = "auto",
    *,
    columns: Sequence[str] | None = None,
    header: bool | None = None,
) -> Iterator[Item]:
    """The records of a file, streamed.

    Args:
        path: As for ``detect``.
        format: A name of ``FORMATS``, or "auto".
        columns: Names of a table's columns, for one without a header line.
        header: Whether a table's first line names its columns; None: see for yourself.

    Yields:
        (record, place), or (Rejected, place) for what is no record: place is "train.jsonl:3".

    Raises:
        UnknownName: No such format.
        MorphaugError: The file is missing, empty, of an unknown format, or unreadable as a whole.
    """
    if format == "auto":
        format = detect(path)
    if format not in FORMATS:
        raise UnknownName("format", format, [*FORMATS, "auto"])
    nothing = True
    for item in _reader(path, format, columns, header):
        nothing = False
        yield item
    if nothing:
        raise MorphaugError(f"{path} holds no records" if _size(path) else f"{path} is empty")


def _size(path: str | Path) -> int:
    return Path(path).stat().st_size if Path(path).is_file() else 1


def _reader(
    path: str | Path, format: str, names: Sequence[str] | None, header: bool | None
) -> Iterator[Item]:
    if format == "hub":
        return arrow.read_hub(str(path).removeprefix("hub:"))
    if format == "hf":
        return arrow.read_saved(str(path).removeprefix("hf:"))
    file = Path(path)
    if format in ("csv", "tsv"):
        delimiter = "\t" if format == "tsv" else ","
        return table.read(file, delimiter=delimiter, columns=names, header=header)
    readers: dict[str, Callable[[Path], Iterator[Item]]] = {
        "jsonl": jsonl.read,
        "json": jsonl.read_document,
        "squad": jsonl.read_document,
        "parquet": arrow.read_parquet,
        "conll": column_files.read,
        "conllu": column_files.read_conllu,
        "text": column_files.read_text,
    }
    return readers[format](file)


def open_writer(
    path: str | Path,
    format: str,
    *,
    names: Names = NO_NAMES,
    columns: Sequence[str] | None = None,
    header: bool = True,
) -> Writer:
    """A writer for a new file. The caller gives a temporary name and renames when it is closed.

    Args:
        path: The file.
        format: A name of ``FORMATS`` that has a suffix.
        names: The user's names of fields, where a format must know them (squad, conll, text).
        columns: Columns of a table, in order; None: the fields of its first record.
        header: Whether a table gets a header line.

    Raises:
        UnknownName: No such format, or one that cannot be written.
    """
    path = Path(path)
    if format == "jsonl":
        return jsonl.JsonlWriter(path)
    if format == "squad":
        return squad.SquadWriter(path, names)
    if format == "parquet":
        return arrow.ParquetWriter(path)
    if format in ("csv", "tsv"):
        return table.TableWriter(path, "\t" if format == "tsv" else ",", columns, header)
    if format in ("conll", "conllu", "text"):
        return column_files.LinesWriter(path, format, names)
    raise UnknownName("output format", format, [f.name for f in FORMATS.values() if f.suffix])
