"""Parquet files and Hugging Face datasets; pyarrow and datasets are imported when they are needed."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from morphaug.derivation import Rejected
from morphaug.errors import MissingResource, MorphaugError
from morphaug.formats.jsonl import dumps
from morphaug.formats.source import Item
from morphaug.tasks.common import Record, kind

BATCH = 1000  # rows in memory
HINT = "pip install 'morphaug[datasets]'"


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise MissingResource("Parquet files need pyarrow, which is not installed", HINT) from None
    return pyarrow, pyarrow.parquet


def _datasets() -> Any:
    try:
        import datasets
    except ImportError:
        raise MissingResource(
            "Hugging Face datasets need the package datasets, which is not installed", HINT
        ) from None
    return datasets


def read_parquet(path: Path) -> Iterator[Item]:
    """The rows of a Parquet file, a thousand at a time."""
    _, parquet = _pyarrow()
    if not path.is_file():
        raise MorphaugError(f"there is no file {path}")
    number = 0
    try:
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=BATCH):
                for row in batch.to_pylist():
                    number += 1
                    yield row, f"{path.name}: row {number}"
    except (OSError, ValueError) as error:  # pyarrow's own errors are kinds of these
        raise MorphaugError(f"{path} is not a readable Parquet file: {_first_line(error)}") from None


def read_saved(name: str) -> Iterator[Item]:
    """The rows of a dataset that ``save_to_disk`` wrote.

    Args:
        name: The folder, with "#split" if it holds several.
    """
    datasets = _datasets()
    folder, _, split = name.partition("#")
    try:
        found = datasets.load_from_disk(folder)
    except (OSError, ValueError, KeyError) as error:
        raise MorphaugError(f"{folder} is not a saved dataset: {_first_line(error)}") from None
    yield from _rows(_one_split(found, split, folder), Path(folder).name)


def read_hub(name: str) -> Iterator[Item]:
    """The rows of a dataset by its name at the Hugging Face Hub, streamed.

    Args:
        name: NAME, NAME:CONFIG or either with "#split" ("squad", "xtreme:XNLI#validation").
    """
    datasets = _datasets()
    base, _, split = name.partition("#")
    dataset, _, config = base.partition(":")
    _check_network(dataset)
    try:
        found = datasets.load_dataset(dataset, config or None, split=split or None, streaming=True)
    except Exception as error:  # the hub's client raises whatever its transport does
        raise MorphaugError(
            f"dataset {dataset} cannot be loaded: {_first_line(error)}",
            "check its name, or save it with save_to_disk and give hf:FOLDER",
        ) from None
    yield from _rows(_one_split(found, split, dataset), dataset)


def _check_network(dataset: str) -> None:
    """Say within seconds that there is no network: the hub's client tries for half a minute."""
    settings = {name.upper(): value for name, value in os.environ.items() if value}
    if settings.keys() & {"HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "HTTPS_PROXY", "ALL_PROXY"}:
        return
    address = urlsplit(settings.get("HF_ENDPOINT", "https://huggingface.co"))
    try:
        port = address.port or (80 if address.scheme == "http" else 443)
        socket.create_connection((address.hostname or "", port), timeout=5).close()
    except (OSError, ValueError) as error:
        raise MorphaugError(
            f"dataset {dataset} cannot be loaded: no way to {address.hostname} ({_first_line(error)})",
            "save it with save_to_disk where there is a network, and give hf:FOLDER",
        ) from None


def _one_split(found: Any, split: str, name: str) -> Any:
    if not isinstance(found, dict):  # a Dataset or IterableDataset; a DatasetDict is a dict
        return found
    if not split and len(found) == 1:
        return next(iter(found.values()))
    chosen = split or "train"
    if chosen not in found:
        raise MorphaugError(
            f"{name} has no split '{chosen}'", f"choose one: {name}#{f' or {name}#'.join(found)}"
        )
    return found[chosen]


def _rows(rows: Any, name: str) -> Iterator[Item]:
    number = 0
    try:
        for number, row in enumerate(rows, 1):
            good = isinstance(row, dict)
            yield (row if good else Rejected("wrong_type", f"row is {kind(row)}")), f"{name}: row {number}"
    except (OSError, ValueError) as error:
        raise MorphaugError(f"{name} cannot be read after row {number}: {_first_line(error)}") from None


def class_names(path: str, column: str) -> tuple[str, ...]:
    """The names of a column's integer classes or tags, as a Parquet file or saved dataset tells them.

    Returns:
        ("O", "B-PER", …), or () if nothing is said about the column.
    """
    try:
        if path.startswith("hf:"):
            folder, _, split = path[3:].partition("#")
            found = _one_split(_datasets().load_from_disk(folder), split, folder)
            feature = dict(found.features).get(column)
            feature = getattr(feature, "feature", feature)
            return tuple(getattr(feature, "names", None) or ())
        metadata = _pyarrow()[1].read_schema(path).metadata or {}
    except (OSError, ValueError, KeyError) as error:
        raise MorphaugError(f"{path} cannot be read: {_first_line(error)}") from None
    try:
        info = json.loads(metadata.get(b"huggingface", b"{}"))
        feature = info["info"]["features"][column]
        return tuple(feature.get("names") or feature["feature"]["names"])
    except (KeyError, TypeError, ValueError):
        return ()


def _first_line(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:200] if text else type(error).__name__


class ParquetWriter:
    """Writes records as Parquet; the first thousand decide the types of the columns.

    A column that is empty all that long becomes text. What a word's story is made of ("provenance" in the
    note) has no fixed columns and is written as JSON text.
    """

    def __init__(self, path: Path) -> None:
        self._arrow, self._parquet = _pyarrow()
        self._path = path
        self._waiting: list[Record] = []
        self._schema: Any = None
        self._writer: Any = None

    def write(self, record: Record) -> None:
        note = record.get("morphaug")
        if isinstance(note, dict) and "provenance" in note:
            record = {**record, "morphaug": {**note, "provenance": dumps(note["provenance"])}}
        self._waiting.append(record)
        if len(self._waiting) >= BATCH:
            self._flush()

    def _flush(self) -> None:
        arrow = self._arrow
        rows, self._waiting = self._waiting, []
        try:
            if self._schema is None:
                names = list(dict.fromkeys(name for row in rows for name in row))
                arrays = {name: arrow.array([row.get(name) for row in rows]) for name in names}
                fields = [arrow.field(name, _without_null(arrow, a.type)) for name, a in arrays.items()]
                self._schema = arrow.schema(fields)
                self._writer = self._parquet.ParquetWriter(self._path, self._schema)
            if extra := next((n for row in rows for n in row if n not in self._schema.names), None):
                raise ValueError(f"column '{extra}' does not exist in the first {BATCH} rows")
            self._writer.write_table(arrow.Table.from_pylist(rows, schema=self._schema))
        except (ValueError, TypeError) as error:
            reason = _first_line(error)
            raise MorphaugError(
                f"the records do not fit one Parquet table: {reason}", "write jsonl"
            ) from None

    def close(self) -> None:
        if self._waiting or self._writer is None:
            self._flush()
        self._writer.close()


def _without_null(arrow: Any, kind_of: Any) -> Any:
    """The type with text in place of "nothing seen yet"."""
    types = arrow.types
    if types.is_null(kind_of):
        return arrow.string()
    if types.is_list(kind_of):
        return arrow.list_(_without_null(arrow, kind_of.value_type))
    if types.is_struct(kind_of):
        inner = [kind_of.field(i) for i in range(kind_of.num_fields)]
        return arrow.struct([arrow.field(f.name, _without_null(arrow, f.type)) for f in inner])
    return kind_of
