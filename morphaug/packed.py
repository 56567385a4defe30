"""Files that may be compressed: .gz and .xz are unpacked on the way."""

from __future__ import annotations

import gzip
import lzma
from pathlib import Path
from typing import IO, cast


def open_binary(path: Path) -> IO[bytes]:
    """A file for reading, ".xz" and ".gz" unpacked on the way."""
    if path.suffix == ".xz":
        return lzma.open(path, "rb")
    if path.suffix == ".gz":
        return cast(IO[bytes], gzip.open(path, "rb"))
    return path.open("rb")


def unpack(data: bytes) -> bytes:
    """The content of a file, unpacked if its first bytes say that it is gzip (or dictzip) or xz."""
    if data[:2] == b"\x1f\x8b":
        return gzip.decompress(data)
    if data[:6] == b"\xfd7zXZ\x00":
        return lzma.decompress(data)
    return data
