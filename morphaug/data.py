"""The data files that come with the package: language packs, rules, samples."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def data_file(*parts: str) -> Path:
    """Where a shipped data file or folder is: ``data_file("languages", "deu.toml")``.

    A wheel carries the repository's ``resources/`` as ``morphaug/shipped``; in a checkout or an editable
    install it is ``resources/`` itself. The path may not exist: callers say what they missed.

    Args:
        *parts: Names below ``resources/``.
    """
    package = Path(str(files("morphaug")))
    inside = package / "shipped"
    return (inside if inside.is_dir() else package.parent / "resources").joinpath(*parts)
