"""Learned forms on disk, so that the next run need not work them out again.

One SQLite file in the user's cache: key = hash of (the inflector's files, the code that reads them, the question),
value = the likeliest form and its probability. A form from the file is the form that would have been made, so what
is written does not depend on the file: one that is missing, damaged, foreign or not writable costs time, never an
error. A language compiled anew, or another version of the code, asks other keys; what nobody asks for any more goes
when the file has grown to ``MOST`` bytes, and everything else in it with that.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Sequence
from functools import cache
from hashlib import blake2b
from pathlib import Path

MOST = 64 << 20
"""Bytes: about 800,000 forms. A file that has them is emptied by the next run; until then no form is added."""
FORMAT = 1
_APPLICATION = 0x6D617066  # marks the file as ours in SQLite's header
_WAIT = 2.0  # seconds to wait for another process's write; later chunks try again
_CODE = ("affixes", "features", "formstore", "inflection", "letters", "paradigms", "transducer")

Answer = tuple[str, float] | None
"""The likeliest form and its probability; None if the inflector cannot make one."""


def default_path() -> Path:
    """The user's file, under morphaug's home folder."""
    from morphaug.resources import home

    return home() / "forms" / "forms.sqlite"


@cache
def _code() -> bytes:
    """A hash of the code that makes forms: whoever changes it gets forms of his own."""
    import numpy as np

    state = blake2b(f"{FORMAT} {np.__version__}".encode(), digest_size=16)
    for name in _CODE:
        with contextlib.suppress(OSError):
            state.update(Path(__file__).with_name(f"{name}.py").read_bytes())
    return state.digest()


def identity(files: Sequence[Path]) -> bytes:
    """What tells an inflector from all others: 16 bytes.

    That is the code, what the first file holds (the header), and of the others, which are large, when they were written.
    """
    state = blake2b(_code() + files[0].read_bytes(), digest_size=16)
    for path in files:
        with contextlib.suppress(OSError):
            found = path.stat()
            state.update(f"{path.name} {found.st_size} {found.st_mtime_ns}\n".encode())
    return state.digest()


class FormStore:
    """A file of forms. What is put is found at once, and by others after ``flush``.

    Args:
        path: The file; made if it can be.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self._known: set[bytes] = set()
        self._version = 0
        self._new: dict[bytes, Answer] = {}
        self._reading = False
        self._connection: sqlite3.Connection | None = None
        for _ in range(2):
            try:
                self._connection = self._open()
                self._read_known()
                return
            except (sqlite3.Error, OSError) as error:
                self._give_up(error)  # a damaged file goes, and the second try makes a new one

    def _read_known(self) -> None:
        """Whose forms the file has: of others nobody need ask."""
        if self._connection is not None:
            self._version = _pragma(self._connection, "data_version")  # goes up when somebody else writes
            self._known = {row[0] for row in self._connection.execute("SELECT identity FROM inflector")}

    def get(self, who: bytes, key: bytes) -> Answer | bool:
        """The answer under a key; False if there is none yet."""
        if key in self._new:
            return self._new[key]
        if self._connection is None or who not in self._known:
            return False
        try:
            if not self._reading:  # one lock for all questions, not one for each
                self._connection.execute("BEGIN")
                self._reading = True
            row = self._connection.execute(
                "SELECT form, probability FROM form WHERE key = ?", (key,)
            ).fetchone()
            if row is None:
                return False
            form, probability = row
            return None if form is None else (form.decode("utf-8", "surrogatepass"), float(probability))
        except (sqlite3.Error, ValueError, TypeError, AttributeError) as error:
            self._give_up(error)
            return False

    def put(self, key: bytes, answer: Answer) -> None:
        """Keep an answer, to be written with the next ``flush``."""
        if self._connection is not None:
            self._new[key] = answer

    def flush(self, who: Sequence[bytes] = ()) -> None:
        """Write what was put, all or nothing; ``who`` are the inflectors that it is from."""
        connection = self._connection
        if connection is None:
            return
        try:
            if self._reading:
                self._reading = False
                connection.execute("COMMIT")
            if self._new and _used(connection) < MOST:
                rows = [
                    (key, answer and answer[0].encode("utf-8", "surrogatepass"), answer and answer[1])
                    for key, answer in self._new.items()
                ]
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany("INSERT OR IGNORE INTO form VALUES (?, ?, ?)", rows)
                connection.executemany("INSERT OR IGNORE INTO inflector VALUES (?)", [(w,) for w in who])
                connection.execute("COMMIT")
            self._new.clear()
            if _pragma(connection, "data_version") != self._version:
                self._read_known()
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):  # else the next chunk's flush writes it
                self._give_up(error)
        except sqlite3.Error as error:
            self._give_up(error)

    def close(self) -> None:
        """Close the file; what was not flushed is lost."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._new.clear()

    def _give_up(self, error: Exception) -> None:
        """Go on without a file; a damaged one is taken away, so that the next run makes it anew."""
        self.close()
        if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
            for ending in ("", "-wal", "-shm"):
                with contextlib.suppress(OSError):
                    Path(f"{self.path}{ending}").unlink(missing_ok=True)

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self.path, timeout=_WAIT, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("BEGIN IMMEDIATE")
            marks = [_pragma(connection, name) for name in _MARKS]
            empty = not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            if not empty and marks != list(_MARKS.values()):
                raise sqlite3.DatabaseError("another kind of file")
            if not empty and _used(connection) >= MOST:
                connection.execute("DROP TABLE form")
                connection.execute("DROP TABLE inflector")
                empty = True
            if empty:
                connection.execute(
                    "CREATE TABLE form (key BLOB PRIMARY KEY, form BLOB, probability REAL) WITHOUT ROWID"
                )
                connection.execute("CREATE TABLE inflector (identity BLOB PRIMARY KEY) WITHOUT ROWID")
                for name, value in _MARKS.items():
                    connection.execute(f"PRAGMA {name} = {value}")
            connection.execute("COMMIT")
        except BaseException:
            connection.close()
            raise
        return connection


_MARKS = {"application_id": _APPLICATION, "user_version": FORMAT}


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def _used(connection: sqlite3.Connection) -> int:
    """Bytes of the file that hold something."""
    pages = _pragma(connection, "page_count") - _pragma(connection, "freelist_count")
    return pages * _pragma(connection, "page_size")
