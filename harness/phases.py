"""Results of phases, kept by the content of everything that made them.

    OUT/phases/KEY/       a finished phase: weights, tokenizer, run.json; it appears whole, by one rename
    OUT/phases/KEY.part/  one being trained: checkpoints to go on from after an interruption
    OUT/phases/KEY.lock   held by the process that trains it; another one waits, then finds it finished

A key is the hash of the data's bytes, the code, the resolved settings, the seed, the parent phase's key and
the versions of the libraries that compute. What changes speed only (threads, pack size) is not in it.
"""

from __future__ import annotations

import ast
import json
import os
import platform
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from hashlib import file_digest, sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from morphaug.errors import MorphaugError

RUN = "run.json"
# Of no consequence for what is computed: no part of the code's version.
_BYSTANDERS = ("cli.py", "config.py", "phases.py", "plan.py", "recipes.py", "report.py")
_LIBRARIES = ("torch", "transformers", "tokenizers", "sentencepiece", "numpy", "safetensors")
_DECISIVE = ("torch", "transformers", "tokenizers")


def digest(value: Any) -> str:
    """A hash of JSON data, 16 hexadecimal digits; the order of keys does not matter."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file, hexadecimal."""
    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


def content(path: Path) -> dict[str, Any]:
    """What a file or folder holds: {"bytes", "sha256"}; a folder's hash is over its files' names and hashes.

    Raises:
        MorphaugError: There is nothing.
    """
    if path.is_file():
        return {"bytes": path.stat().st_size, "sha256": file_sha256(path)}
    if not path.is_dir():
        raise MorphaugError(f"{path}: no such file or folder")
    files = sorted(p for p in path.rglob("*") if p.is_file())
    rows = [[p.relative_to(path).as_posix(), file_sha256(p)] for p in files]
    return {
        "files": len(files),
        "bytes": sum(p.stat().st_size for p in files),
        "sha256": sha256(json.dumps(rows).encode()).hexdigest(),
    }


@cache
def code_version() -> str:
    """A hash of the harness's own code, without the modules that cannot change a result.

    Comments, docstrings and layout do not count. A study only says what is run.
    """
    folder = Path(__file__).resolve().parent
    modules = (p for p in folder.rglob("*.py") if p.parent.name != "study")
    paths = sorted(p for p in modules if p.name not in _BYSTANDERS)
    return digest([[p.relative_to(folder).as_posix(), bare_code(p.read_text("utf-8"))] for p in paths])


def bare_code(source: str) -> str:
    """What a module does, without what it says about it."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            said = body[0].value
            if isinstance(said, ast.Constant) and isinstance(said.value, str):
                del body[0]
    return ast.dump(tree)


def versions(*, decisive: bool = False) -> dict[str, str]:
    """Versions of Python and the libraries; with ``decisive`` of those that belong into a key."""
    found = {} if decisive else {"python": platform.python_version()}
    for name in _DECISIVE if decisive else (*_LIBRARIES, "morphaug"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def write_json(path: Path, value: Any) -> None:
    """Write JSON so that the file is there whole or not at all."""
    part = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    part.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    os.replace(part, path)


def read_json(path: Path) -> Any:
    """What a JSON file holds.

    Raises:
        MorphaugError: It is missing or broken.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise MorphaugError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise MorphaugError(f"{path}: not JSON ({error})") from None


@dataclass(frozen=True, slots=True)
class Phase:
    """The place of a phase's result.

    Attributes:
        root: The folder of phases, OUT/phases.
        made_of: Everything the result depends on, as JSON.
    """

    root: Path
    made_of: Mapping[str, Any]

    @property
    def key(self) -> str:
        return digest(self.made_of)

    @property
    def folder(self) -> Path:
        return self.root / self.key

    @property
    def part(self) -> Path:
        """Where the phase is trained."""
        return self.root / f"{self.key}.part"

    def finished(self) -> bool:
        return (self.folder / RUN).is_file()

    def record(self) -> dict[str, Any]:
        """The run.json of a finished phase.

        Raises:
            MorphaugError: It is not finished, or its files are not those that were written.
        """
        found = read_json(self.folder / RUN)
        for name, expected in found["files"].items():
            path = self.folder / name
            if not path.is_file() or path.stat().st_size != expected["bytes"]:
                raise _damaged(path)
        return dict(found)

    def verify(self) -> None:
        """Compare every file with its checksum.

        Raises:
            MorphaugError: One differs.
        """
        for name, expected in self.record()["files"].items():
            if file_sha256(self.folder / name) != expected["sha256"]:
                raise _damaged(self.folder / name)

    def train(
        self, work: Callable[[Path], Mapping[str, Any]], *, say: Callable[[str], None] = print
    ) -> tuple[dict[str, Any], bool]:
        """The phase's record, trained now if it is not there.

        Args:
            work: Trains in the folder it is given (which may hold an interrupted run's checkpoints), leaves
                there the files of the result, and returns what run.json is to say.
            say: Takes a line if this process has to wait for another one.

        Returns:
            The record, and whether it was found finished.
        """
        if self.finished():
            return self.record(), True
        with lock(self.root / f"{self.key}.lock", say):
            if self.finished():  # by the process that had the lock before
                return self.record(), True
            self.part.mkdir(parents=True, exist_ok=True)
            record = {"key": self.key, "made_of": dict(self.made_of), **work(self.part)}
            record["files"] = _files(self.part)
            write_json(self.part / RUN, record)
            if self.folder.exists():  # without run.json: not ours to trust
                shutil.rmtree(self.folder)
            os.replace(self.part, self.folder)
        return record, False


def _files(folder: Path) -> dict[str, Any]:
    paths = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != RUN)
    return {p.relative_to(folder).as_posix(): content(p) for p in paths}


def _damaged(path: Path) -> MorphaugError:
    return MorphaugError(
        f"{path} is not what was trained", f"delete {path.parent}: the phase is trained again"
    )


@contextmanager
def lock(path: Path, say: Callable[[str], None] = print) -> Iterator[None]:
    """Hold a file's lock, waiting for whoever has it; a process that dies lets go of it.

    Raises:
        MorphaugError: The folder cannot be written.
    """
    import fcntl

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        stream = path.open("a+", encoding="utf-8")
    except OSError as error:
        raise MorphaugError(f"{path.parent}: {error.strerror}", "name another folder as out") from None
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            stream.seek(0)
            holder = stream.read().strip()
            say(f"waiting for process {holder}, which trains phase {path.stem}")
            fcntl.flock(stream, fcntl.LOCK_EX)
        stream.seek(0)
        stream.truncate()
        stream.write(str(os.getpid()))
        stream.flush()
        yield
    # The file stays: removing it would let a third process lock a new one while a second waits on the old.
