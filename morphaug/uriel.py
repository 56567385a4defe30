"""URIEL's syntax features, read from the files inside the installed lang2vec package.

The package is located and never imported: its import takes seconds, needs a module that current
setuptools no longer has, and cannot say where a value comes from. Its two tables are compressed
(92 MB when opened), so the 103 syntax rows are kept once per user as one memory-mapped .npy of 3 MB.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import secrets
import sys
import zipfile
from bisect import bisect_left
from functools import lru_cache
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING

from morphaug.errors import MissingResource, MorphaugError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    # One record a language, sorted by code: ("code", S3), then one field a feature: its value in each of SOURCES.
    Table = NDArray[np.void]

SOURCES = ("WALS", "SSWL", "Ethnologue", "knn")
"""Where a value can come from. The first three are observations; "knn" is URIEL's own imputation."""

UNKNOWN = -1
_COLUMNS = ("WALS", "SSWL", "ETHNO")  # what features.npz calls the observed sources
_REMEDY = "install it with: pip install --force-reinstall 'lang2vec>=1.1.2'"
_LAYOUT = 1  # raise when the cached file's layout changes


def files() -> tuple[Path, Path]:
    """The two files read: observed values by source, and imputed values.

    Raises:
        MissingResource: lang2vec is not installed or lacks them.
    """
    spec = importlib.util.find_spec("lang2vec")
    if spec is not None and spec.origin and not spec.submodule_search_locations:
        # The package installs a script lang2vec.py beside our own, and a script's folder comes first on its path.
        spec = PathFinder.find_spec("lang2vec", [p for p in sys.path if p != str(Path(spec.origin).parent)])
    if spec is None or not spec.submodule_search_locations:
        raise MissingResource("the package lang2vec, which holds URIEL's tables, is not installed", _REMEDY)
    folder = Path(next(iter(spec.submodule_search_locations))) / "data"
    found = folder / "features.npz", folder / "feature_predictions.npz"
    for path in found:
        if not path.is_file():
            raise MissingResource(f"the installed lang2vec has no {path.name}", _REMEDY)
    return found


def digest() -> str:
    """sha256 of the two files, for manifests."""
    whole = hashlib.sha256()
    for path in files():
        whole.update(path.read_bytes())
    return whole.hexdigest()


def features() -> tuple[str, ...]:
    """Names of the syntax features ("S_SVO", ...), in URIEL's order."""
    return (_table().dtype.names or ())[1:]


def codes() -> tuple[str, ...]:
    """Every language of URIEL, as ISO 639-3 codes, sorted."""
    return tuple(code.decode("ascii") for code in _table()["code"].tolist())


def values(code: str) -> tuple[tuple[int, ...], ...] | None:
    """For each of ``features()``, its value (0, 1, or UNKNOWN) in each of SOURCES; None for an unknown code."""
    table = _table()
    at = _find(table, code)
    if at < 0:
        return None
    return tuple(tuple(cell.tolist()) for cell in table[at].item()[1:])


def has(code: str) -> bool:
    """Whether URIEL has the language."""
    return _find(_table(), code) >= 0


def _find(table: Table, code: str) -> int:
    if not code.isascii():
        return -1
    key, column = code.encode("ascii"), table["code"]
    # bisect reads a dozen records; numpy's own search would copy the column and with it page in the whole file
    at = bisect_left(column, key)
    return at if at < len(column) and column[at] == key else -1


@lru_cache(maxsize=1)
def _table() -> Table:
    observed, imputed = files()
    try:
        name = f"uriel-{_LAYOUT}-{_checksum(observed)}-{_checksum(imputed)}.npy"
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise _damaged(observed) from error
    from morphaug.resources import home  # here, for resources.py is free to ask for profiles

    path = home() / "typology" / name
    table = _open(path)
    if table is None:
        table = _extract(observed, imputed)
        # in a home that cannot be written, each process extracts the table anew: a third of a second
        with contextlib.suppress(OSError):
            _save(table, path)
            mapped = _open(path)
            table = table if mapped is None else mapped
    return table


def _open(path: Path) -> Table | None:
    import numpy as np

    try:
        return np.load(path, mmap_mode="r", allow_pickle=False, max_header_size=100_000)  # type: ignore[no-any-return]
    except (OSError, ValueError, EOFError):  # not there, or damaged from outside
        return None


def _checksum(path: Path) -> str:
    """CRC of the values as the zip archive records it: a key for the cache without reading the file."""
    with zipfile.ZipFile(path) as archive:
        return f"{archive.getinfo('data.npy').CRC:08x}"


def _extract(observed: Path, imputed: Path) -> Table:
    import numpy as np

    try:
        with np.load(observed, allow_pickle=False) as seen, np.load(imputed, allow_pickle=False) as guessed:
            langs, names, sources = seen["langs"].tolist(), seen["feats"].tolist(), seen["sources"].tolist()
            rows = [i for i, feature in enumerate(names) if feature.startswith("S_")]
            facts = seen["data"][:, rows][:, :, [sources.index(s) for s in _COLUMNS]]
            if guessed["langs"].tolist() != langs or guessed["feats"].tolist() != names:
                raise _damaged(imputed)
            exact = np.concatenate([facts, guessed["data"][:, rows, :1]], axis=2)
    except (KeyError, ValueError, IndexError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise _damaged(observed) from error
    cells = exact.astype(np.int8)
    if not np.array_equal(cells, exact) or not np.isin(cells, (UNKNOWN, 0, 1)).all():
        raise _damaged(observed)
    fields = [("code", "S3"), *((names[i], "i1", (len(SOURCES),)) for i in rows)]
    table = np.zeros(len(langs), dtype=fields)
    table["code"] = np.array(langs, dtype="S3")
    for at, row in enumerate(rows):
        table[names[row]] = cells[:, at]
    return np.sort(table, order="code")


def _save(table: Table, path: Path) -> None:
    import numpy as np

    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("xb") as file:
            np.save(file, table, allow_pickle=False)
        os.replace(temporary, path)  # processes that get here at once all write the same
    finally:
        temporary.unlink(missing_ok=True)


def _damaged(path: Path) -> MorphaugError:
    return MorphaugError(f"{path} is not a table of URIEL that this version can read", _REMEDY)
