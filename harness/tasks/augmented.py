"""Corpora made by ``morphaug generate``: the same rows as the originals', with a note of where they come from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.records import Classified, Origin, Piece, Record, Tagged
from harness.store import Kind
from harness.tasks.common import Loaded, Reject, Row, Task, make_records, two_letters
from morphaug.derivation import Rejected
from morphaug.errors import MorphaugError
from morphaug.formats import read_records
from morphaug.formats.source import Item
from morphaug.shards import MANIFEST, STATE
from morphaug.tasks.common import decoded, lookup

SOURCE_LANGUAGE = "en"
MARK = "harness_task"  # field of rows that `harness export` wrote: the task that they are of
GENERATED: dict[Kind, str] = {  # the tasks of morphaug generate, and general tasks of the harness, by family
    "classify": "classification",
    "tag": "tagging",
    "span": "span-qa",
    "choice": "multiple-choice",
}


def load(task: Task, folder: Path) -> Loaded:
    """Read a corpus, or one stream of it.

    Args:
        task: The task that the input of ``morphaug generate`` was of: records keep the input's fields.
        folder: What ``--out`` named, or OUT/target/recipe in it.

    Returns:
        Records with ``origin``; their language is the corpus's target.

    Raises:
        MorphaugError: It is none, is not complete, lacks a file, or holds no example of the task.
    """
    records: list[Record] = []
    rejected: list[Reject] = []
    sources: list[str] = []
    for stream, path in _shards(folder):
        language = two_letters(stream["target"])
        rows: list[tuple[Row, str]] = []
        for row, place in read_records(path, _format(path)):
            if isinstance(row, Rejected):
                rejected.append(Reject(place, row.reason, row.detail))
            else:
                rows.append((row, place))
        notes = {place: row.get("morphaug") for row, place in rows}
        for row, place in rows:
            # The rows say of themselves what the English ones said ("english-12", language "en").
            bare = _one(_without_note(row), place)
            made, broken = make_records(_form(task, row), bare, SOURCE_LANGUAGE, train=True)
            rejected += broken
            if strange := next((label for record in made for label in _labels(record) if task.labels and label not in task.labels), ""):  # fmt: skip
                rejected.append(Reject(place, "unknown_label", f"{strange!r} is none of {task.name}"))
                continue
            origin = _origin(notes[place], row)
            records += [replace(record, language=language, origin=origin) for record in made]
        sources.append(str(path))
    if not records:
        first = f"; the first one ({rejected[0].place}): {rejected[0].detail}" if rejected else ""
        raise MorphaugError(
            f"{folder}: no example of {task.name} among {len(rejected)} rejected{first}",
            "name the task that the corpus was made of",
        )
    return Loaded(tuple(records), tuple(rejected), tuple(sources))


def _form(task: Task, row: Row) -> Task:
    """What reads a row: the task itself, or for an exported row the general task of its family."""
    from harness.tasks import TASKS

    exported = row.get(MARK)
    if exported is None or task.family not in GENERATED:
        return task
    other = TASKS.get(str(exported))
    if other is None or other.family != task.family:
        raise MorphaugError(f"the rows are of {exported}, not of {task.name}", "name the corpus of this task")
    return TASKS[GENERATED[task.family]]


def _labels(record: Record) -> Sequence[str]:
    """The names of classes or tags that a record has."""
    if isinstance(record, Classified):
        return (record.label,) if record.label is not None else ()
    return record.tags or () if isinstance(record, Tagged) else ()


def _one(row: Row, place: str) -> Iterator[Item]:
    yield row, place


def _without_note(row: Row) -> Row:
    return {key: v for key, v in row.items() if key != "morphaug"}


def _format(path: Path) -> str:
    return "conll" if path.suffix == ".conll" else "auto"


def _shards(folder: Path) -> Iterator[tuple[Mapping[str, Any], Path]]:
    """(what the manifest says of the stream, a shard of it) for each shard."""
    folder = folder.resolve()
    root = next((p for p in (folder, *list(folder.parents)[:2]) if (p / MANIFEST).is_file()), None)
    if root is None:
        running = any((p / STATE).is_dir() for p in (folder, *list(folder.parents)[:2]))
        raise MorphaugError(
            f"{folder} is {'not complete' if running else 'no output of morphaug generate'}",
            "run morphaug generate with --resume" if running else "name the folder that --out named",
        )
    try:
        streams = json.loads((root / MANIFEST).read_text(encoding="utf-8"))["streams"]
        shards = [(stream, root / file["file"]) for stream in streams for file in stream["files"]]
    except (ValueError, KeyError, TypeError) as error:
        raise MorphaugError(f"{root / MANIFEST} cannot be read ({error})", "make the corpus again") from None
    chosen = [(stream, path) for stream, path in shards if folder in (root, *path.parents)]
    if not chosen:
        raise MorphaugError(f"{folder} holds no stream of the corpus in {root}")
    if absent := next((path for _, path in chosen if not path.is_file()), None):
        raise MorphaugError(f"{absent} is missing", "make the corpus again")
    yield from ((stream, path) for stream, path in chosen if path.stat().st_size)


def _origin(note: Any, row: Row) -> Origin | None:
    """None for formats that have no place for the note (TSV, CoNLL, SQuAD)."""
    note = decoded(note)
    if not isinstance(note, dict):
        return None
    told = decoded(note.get("provenance"))
    told = told if isinstance(told, dict) else {}
    return Origin(
        str(note["source_id"]),
        str(note["target"]),
        str(note["recipe"]),
        int(note["variant"]),
        float(note["edit_rate"]),
        {name: found for name, words in told.items() if (found := pieces(_field(row, name), words))},
    )


def _field(row: Row, name: str) -> Any:
    """A field's value; "endings.2" is an item of a list."""
    found = lookup(row, name)
    if found is None and (at := name.rpartition("."))[2].isdecimal():
        listed = decoded(lookup(row, at[0]))
        listed = listed.get("text") if isinstance(listed, dict) else listed
        found = listed[int(at[2])] if isinstance(listed, list) and int(at[2]) < len(listed) else None
    return decoded(found) if not isinstance(found, str) or found[:1] == "[" else found


def pieces(field: Any, words: Sequence[Mapping[str, Any]]) -> tuple[Piece, ...]:
    """What the words of a field stand for.

    Args:
        field: The output: a text, or the tokens of a tagged sentence.
        words: Its provenance, as ``Derivation.provenance`` gives it.

    Returns:
        In order; () where field and provenance do not fit together.
    """
    out: list[Piece] = []
    at = 0
    for word in words:
        said = word["text"]
        if not said:
            continue
        if isinstance(field, str):
            start = field.find(said, at)
            if start < 0:
                return ()
            at = start + len(said)
            if "at" not in word:
                return ()  # written before words said where in the text they come from
            out.append((start, at, tuple((int(first), int(last)) for first, last in word["at"])))
        else:
            parts = [said] if at < len(field) and field[at] == said else said.split()
            if list(field[at : at + len(parts)]) != parts:
                return ()
            # A tagged sentence is one sentence, its first; what a parser cut off has numbers of its own.
            tokens = [int(token) for token in word["src"]] if not word["sentence"] else []
            out.append((at, at + len(parts), tuple((token - 1, token) for token in tokens)))
            at += len(parts)
    return tuple(out)
