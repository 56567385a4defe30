"""The output folder of a run: shards that appear by rename, and what it takes to go on after an interruption.

out/fin/pseudo/part-00000.jsonl     a stream's shards
out/rejects.jsonl, out/manifest.json  written when the run is complete
out/.morphaug/                        the plan, and a note for each finished shard; gone when complete
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Any, Protocol

from morphaug.errors import MorphaugError

STATE = ".morphaug"
MANIFEST = "manifest.json"
REJECTS = "rejects.jsonl"

Stream = tuple[str, str]  # target, recipe


class Writer(Protocol):
    """What a file format must offer: see ``morphaug.formats``."""

    def write(self, record: Any) -> None: ...

    def close(self) -> None: ...


OpenWriter = Callable[[Path], Writer]


def safe_name(name: str) -> str:
    """A recipe's name as a folder's name.

    >>> safe_name("noise:lexicon+inflect")
    'noise-lexicon+inflect'
    """
    return re.sub(r"[^\w.+-]", "-", name).strip(".") or "-"


def write_text(path: Path, text: str) -> None:
    """Write a file so that it is there whole or not at all."""
    part = path.with_name(f".{path.name}.tmp")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)


def sha256_of(path: Path) -> str:
    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class OutFolder:
    """A run's output folder.

    Attributes:
        path: The folder.
        streams: What is written, a folder each.
        suffix: Of the shards (".jsonl").
        complete: Whether the run that wrote here is complete.
        finished: The notes of finished shards, in order.
    """

    path: Path
    streams: tuple[Stream, ...]
    suffix: str
    complete: bool = False
    finished: tuple[dict[str, Any], ...] = ()

    def part(self, stream: Stream, shard: int) -> Path:
        target, recipe = stream
        return self.path / target / safe_name(recipe) / f"part-{shard:05d}{self.suffix}"

    def finish(self, shard: int, note: Mapping[str, Any], rejects: Iterable[Mapping[str, Any]]) -> None:
        """Note that every stream's shard is in place. From now on the run can go on after it."""
        lines = "".join([json.dumps(r, ensure_ascii=False) + "\n" for r in rejects])
        write_text(self.path / STATE / f"rejects-{shard:05d}.jsonl", lines)
        write_text(self.path / STATE / f"shard-{shard:05d}.json", json.dumps(note, ensure_ascii=False))

    def discard(self) -> None:
        """Take away what a run that came to nothing has left: its state and empty folders."""
        shutil.rmtree(self.path / STATE)
        for stream in self.streams:
            for folder in (self.part(stream, 0).parent, self.path / stream[0]):
                if folder.is_dir() and not any(folder.iterdir()):
                    folder.rmdir()
        if not any(self.path.iterdir()):
            self.path.rmdir()

    def conclude(self, shards: int, manifest: Mapping[str, Any]) -> None:
        """Put the rejects file and the manifest in place, and remove the state."""
        part = self.path / f".{REJECTS}.tmp"
        with part.open("wb") as out:
            for shard in range(shards):
                with (self.path / STATE / f"rejects-{shard:05d}.jsonl").open("rb") as lines:
                    shutil.copyfileobj(lines, out)
        os.replace(part, self.path / REJECTS)
        write_text(self.path / MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=2) + "\n")
        shutil.rmtree(self.path / STATE)


def open_folder(
    path: Path, streams: Sequence[Stream], suffix: str, plan: Mapping[str, Any], *, resume: bool
) -> OutFolder:
    """Begin a run, or go on with one.

    Args:
        path: The output folder; made if it is not there.
        streams: Targets and recipes to write.
        suffix: File name ending of the shards.
        plan: Everything that decides what the run writes, as JSON.
        resume: Go on with an interrupted run of the same plan.

    Raises:
        MorphaugError: The folder has other content, or what it holds was begun with another plan.
    """
    folders = [(target, safe_name(recipe)) for target, recipe in streams]
    if len(set(folders)) < len(folders):
        twice = next(f for f in folders if folders.count(f) > 1)
        raise MorphaugError(f"two recipes would both be written to {'/'.join(twice)}", "name each only once")
    if path.exists() and not path.is_dir():
        raise MorphaugError(f"{path} is a file", "--out names a folder")
    content = [p.name for p in path.iterdir()] if path.exists() else []
    plan = json.loads(json.dumps(plan))
    state = path / STATE
    if content and not resume:
        hint = "add --resume to go on with the run that was interrupted there" if STATE in content else ""
        raise MorphaugError(f"{path} is not empty", hint or "give --out a new folder")
    complete = MANIFEST in content
    if content and not complete and not (state / "plan.json").is_file():
        raise MorphaugError(f"nothing to resume in {path}: it holds no run of morphaug generate")
    finished: list[dict[str, Any]] = []
    if complete:
        _check_plan(path, json.loads((path / MANIFEST).read_text(encoding="utf-8"))["plan"], plan)
    elif content:
        _check_plan(path, json.loads((state / "plan.json").read_text(encoding="utf-8")), plan)
        while (path_of_note := state / f"shard-{len(finished):05d}.json").is_file():
            note = json.loads(path_of_note.read_text(encoding="utf-8"))
            written = [file for files in note["account"]["files"] for file in files]
            if any(_size(path / file["file"]) != file["bytes"] for file in written):
                break  # somebody took a shard away: from here on all is made again
            finished.append(note)
    else:
        state.mkdir(parents=True)
        write_text(state / "plan.json", json.dumps(plan, ensure_ascii=False, indent=1))
    folder = OutFolder(path, tuple(streams), suffix, complete, tuple(finished))
    for target, recipe in folders:
        (path / target / recipe).mkdir(parents=True, exist_ok=True)
        for left in (path / target / recipe).glob(".*.tmp"):
            left.unlink()
    return folder


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1


def _check_plan(path: Path, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    changed = [key for key in sorted({*old, *new}) if old.get(key) != new.get(key)]
    if changed:
        key = changed[0]
        raise MorphaugError(
            f"cannot resume {path}: {key} was {_brief(old.get(key))}, now it is {_brief(new.get(key))}",
            "run the command that was interrupted, or give --out a new folder",
        )


def _brief(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."


class ShardWriter:
    """The files of one shard: one for each stream, in place all together by ``close``.

    Args:
        folder: The run's output folder.
        shard: Number of the shard.
        open_writer: Opens a file of the run's format.
    """

    def __init__(self, folder: OutFolder, shard: int, open_writer: OpenWriter) -> None:
        self.shard = shard
        self._paths = [folder.part(stream, shard) for stream in folder.streams]
        self._parts = [p.with_name(f".{p.name}.tmp") for p in self._paths]
        self._writers = [open_writer(p) for p in self._parts]
        self._rows = [0] * len(self._paths)
        self._root = folder.path

    def write(self, stream: int, records: Iterable[Any]) -> None:
        writer = self._writers[stream]
        for record in records:
            writer.write(record)
            self._rows[stream] += 1

    def abandon(self) -> None:
        """Close and remove the unfinished files."""
        for writer, part in zip(self._writers, self._parts, strict=True):
            with suppress(Exception):  # whatever stopped the run is the error to show
                writer.close()
            part.unlink(missing_ok=True)

    def close(self) -> list[dict[str, Any]]:
        """Rename the files into place; returns {"file", "rows", "bytes", "sha256"} of each."""
        out = []
        for writer, part, path, rows in zip(self._writers, self._parts, self._paths, self._rows, strict=True):
            writer.close()
            size, digest = part.stat().st_size, sha256_of(part)
            os.replace(part, path)
            name = path.relative_to(self._root).as_posix()
            out.append({"file": name, "rows": rows, "bytes": size, "sha256": digest})
        return out
