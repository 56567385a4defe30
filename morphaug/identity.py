"""Ids of examples: given ones must be unique, missing ones come from the content."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any


def content_id(record: Mapping[str, Any]) -> str:
    """An id that depends on nothing but what a record says: 16 hexadecimal digits."""
    text = json.dumps(record, sort_keys=True, ensure_ascii=False, default=str)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


class SeenIds:
    """Which ids a run has met, in a temporary database on disk: memory stays flat in the input's length."""

    def __init__(self) -> None:
        self._db = sqlite3.connect(
            "", isolation_level=None
        )  # "" is a private file that goes with the connection
        self._db.execute("PRAGMA journal_mode=OFF")
        self._db.execute("PRAGMA synchronous=OFF")
        self._db.execute("CREATE TABLE seen (id TEXT PRIMARY KEY, times INTEGER) WITHOUT ROWID")
        self._db.execute("BEGIN")

    def add(self, name: str) -> bool:
        """Note an id; False if it was there before."""
        return self._times(name) == 1

    def numbered(self, name: str) -> str:
        """A content id made unique: records that say the same are told apart by a counter ("ab12", "ab12-2")."""
        times = self._times(name)
        return name if times == 1 else f"{name}-{times}"

    def _times(self, name: str) -> int:
        row = self._db.execute(
            "INSERT INTO seen VALUES (?, 1) ON CONFLICT (id) DO UPDATE SET times = times + 1 RETURNING times",
            (name.encode("utf-8", "surrogatepass"),),
        ).fetchone()
        return int(row[0])

    def close(self) -> None:
        self._db.close()
