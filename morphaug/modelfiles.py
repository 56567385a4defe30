"""What the parsers that load models share: what a model is, and quiet while it runs."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from morphaug.errors import MorphaugError


def digest(files: Mapping[str, Path]) -> str:
    """SHA-256 over the roles and contents of model files, 16 hex digits; where they lie does not matter.

    Args:
        files: Role (or name inside the model's folder) -> file.

    Raises:
        MorphaugError: if one cannot be read.
    """
    whole = hashlib.sha256()
    single: dict[Path, bytes] = {}
    for role, path in sorted(files.items()):
        if path not in single:
            try:
                with path.open("rb") as stream:
                    single[path] = hashlib.file_digest(stream, "sha256").digest()
            except OSError as error:
                raise MorphaugError(f"{path}: cannot be read: {error.strerror}") from None
        whole.update(role.encode() + b"\0" + single[path])
    return whole.hexdigest()[:16]


@contextmanager
def quiet() -> Iterator[None]:
    """Confines the notices of torch, Stanza and spaCy about their own code: they are not for the user."""
    with warnings.catch_warnings():
        for category in (DeprecationWarning, PendingDeprecationWarning, FutureWarning, UserWarning):
            warnings.simplefilter("ignore", category)
        yield
