"""Lines of a file, unpacked and decoded, with what a person needs to find a bad one."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from morphaug.derivation import Rejected
from morphaug.errors import MorphaugError
from morphaug.tasks.common import Record

# What every reader yields: a record, or why there is none, and where in the file that is ("train.jsonl:3").
Item = tuple[Record | Rejected, str]

_OPENERS: dict[str, Callable[..., Any]] = {".xz": lzma.open, ".gz": gzip.open, ".bz2": bz2.open}
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_BOM = b"\xef\xbb\xbf"


def unpacked_name(path: Path) -> str:
    """The file's name without the ending of a compression, in lower case."""
    name = path.name.lower()
    return next((name.removesuffix(end) for end in _OPENERS if name.endswith(end)), name)


@contextmanager
def open_bytes(path: Path) -> Iterator[IO[bytes]]:
    """A file for reading; .xz, .gz and .bz2 are unpacked on the way.

    Raises:
        MorphaugError: It is not there, cannot be read, or its compressed data are broken, now or later.
    """
    opener = _OPENERS.get(path.suffix.lower(), open)
    try:
        with opener(path, "rb") as stream:
            yield stream
    except FileNotFoundError:
        raise MorphaugError(f"there is no file {path}") from None
    except IsADirectoryError:
        raise MorphaugError(f"{path} is a folder", "name a file, or hf:FOLDER for a saved dataset") from None
    except (lzma.LZMAError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise MorphaugError(
            f"{path} cannot be unpacked ({error})", "the file is cut off or damaged"
        ) from None
    except OSError as error:
        raise MorphaugError(f"{path} cannot be read: {error.strerror or error}") from None


def lines(path: Path) -> Iterator[tuple[int, str | Rejected]]:
    """(1-based number, line with its end) of every line, or "bad_encoding" for one that is not UTF-8.

    Lines end with \\n, \\r\\n or \\r, mixed at will, and nowhere else (not at U+2028). A byte order mark is
    left out. Memory holds one line.

    Raises:
        MorphaugError: As for ``open_bytes``, or the file is UTF-16.
    """
    with open_bytes(path) as stream:
        number = offset = 0
        for row in stream:
            if not offset:
                if row.startswith(_UTF16):
                    raise MorphaugError(
                        f"{path} is UTF-16, not UTF-8", "convert it: iconv -f UTF-16 -t UTF-8"
                    )
                if row.startswith(_BOM):
                    row, offset = row[len(_BOM) :], len(_BOM)
            for part in _split(row):
                number += 1
                try:
                    yield number, part.decode()
                except UnicodeDecodeError as error:
                    at = offset + error.start
                    yield (
                        number,
                        Rejected(
                            "bad_encoding", f"byte 0x{part[error.start]:02x} at {at} of the file is not UTF-8"
                        ),
                    )
                offset += len(part)


def _split(row: bytes) -> list[bytes]:
    if (
        b"\r" not in row[:-2]
        and row != b"\r\r"
        and not (len(row) == 2 and row[:1] == b"\r" and row != b"\r\n")
    ):
        return [row]
    ends = row.replace(b"\r\n", b"\n\n").replace(b"\r", b"\n")  # as long as the row: positions stay
    out, start = [], 0
    while start < len(row):
        end = ends.find(b"\n", start) + 1 or len(row)
        if row[end - 1 : end + 1] == b"\r\n":
            end += 1
        out.append(row[start:end])
        start = end
    return out


def head(path: Path, size: int = 1 << 16) -> str:
    """The first characters of a file, for guessing its format; what cannot be decoded is replaced."""
    with open_bytes(path) as stream:
        data = stream.read(size)
    if data.startswith(_UTF16):
        raise MorphaugError(f"{path} is UTF-16, not UTF-8", "convert it: iconv -f UTF-16 -t UTF-8")
    return data.removeprefix(_BOM).decode(errors="replace")
