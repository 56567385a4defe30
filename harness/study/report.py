"""Writes the study's report: results.json, report.md, report.html and a CSV for each of its lists."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.study.markdown import markdown
from harness.study.page import page
from harness.study.sections import sections, title
from harness.study.tables import COLUMNS, csv_text, missing, rows_of
from morphaug.shards import write_text


def write_report(results: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write every file of the report; each is there whole or not at all.

    Args:
        results: What the analysis found: see the tables' columns in tables.py. Numbers that are not finite
            become null.
        folder: Where to; made where it is missing, and what an earlier report left there is replaced.

    Returns:
        The files, results.json first.
    """
    told = _finite(results)
    heading, parts = title(told), sections(told)
    files = {
        "results.json": json.dumps(told, ensure_ascii=False, indent=1, allow_nan=False) + "\n",
        "report.md": markdown(heading, parts),
        "report.html": page(heading, parts),
    }
    files |= {
        f"tables/{name}.csv": csv_text(rows_of(told, name), columns) for name, columns in COLUMNS.items()
    }
    (folder / "tables").mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        write_text(folder / name, text)
    return [folder / name for name in files]


def _finite(value: Any) -> Any:
    """The same as JSON has it: tuples as lists, no NaN and no infinity."""
    if isinstance(value, Mapping):
        return {str(key): _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return None if missing(value) else value
