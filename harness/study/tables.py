"""The rows of results.json as CSV, and numbers as the reports print them."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

MISSING = "–"
MINUS = "\N{MINUS SIGN}"

_COLUMNS = """
arms: arm confirmatory where recipe language original augmented intermediate_steps target_steps seeds_done seeds_planned
scores: arm target task language metric slice examples seeds mean low high retrieval seen_language
contrasts: name family question arm over weights target task language slice matched delta low high p p_holm p_seeds least_p mde powered seeds examples by_seed note
informed: arm recipe language target task verdict p p_holm over reason
distance: language word_order affixation morphological gains
distance_tests: name rho slope low high p languages missing refused
corpora: arm recipe language seed place read kept common rejects rate edit_rate changed_words words coverage rungs fertility_original fertility tokens_original tokens
costs: arm target language minutes points minutes_per_point over
seen: language what
curves: arm target seed phase steps loss
holes: arm target seed reason
"""
COLUMNS = {line.partition(":")[0]: line.partition(":")[2].split() for line in _COLUMNS.strip().splitlines()}
"""The CSV files and their columns; columns that results.json has beside these follow them."""


def rows_of(results: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The rows of one CSV file.

    Args:
        results: What results.json holds.
        name: A key of `COLUMNS`.
    """
    if name in ("distance", "distance_tests"):
        part = "rows" if name == "distance" else "tests"
        return list((results.get("distance") or {}).get(part) or [])
    return list(results.get(name) or [])


def csv_text(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """Rows as CSV: every row and every key of it, a missing value empty, lists and mappings as JSON.

    Args:
        rows: Flat mappings.
        columns: The columns that stand first, there also without rows.

    >>> csv_text([{"a": None, "b": [1, 2], "c": True}], ["a"])
    'a,b,c\\n,"[1, 2]",true\\n'
    """
    names = list(dict.fromkeys([*columns, *(key for row in rows for key in row)]))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_cell(row.get(name)) for name in names] for row in rows)
    return out.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


# -- numbers for people ---------------------------------------------------------------------------------


def missing(value: Any) -> bool:
    """Whether there is no number: null, or one that is not finite."""
    return value is None or (isinstance(value, float) and not math.isfinite(value))


def number(value: float | None, digits: int = 1) -> str:
    """
    >>> number(1234.56), number(-0.04), number(-2), number(None)
    ('1,234.6', '0.0', '−2.0', '–')
    """
    if value is None or missing(value):
        return MISSING
    shown = f"{value:,.{digits}f}"
    return shown.removeprefix("-") if float(shown.replace(",", "")) == 0 else shown.replace("-", MINUS)


def signed(value: float | None) -> str:
    """
    >>> signed(0.3), signed(-0.04), signed(None)
    ('+0.3', '0.0', '–')
    """
    shown = number(value)
    return f"+{shown}" if value is not None and shown[0].isdigit() and float(f"{value:.1f}") > 0 else shown


def interval(low: float | None, high: float | None, show: Callable[[float | None], str] = number) -> str:
    """
    >>> interval(-1.25, 3, signed), interval(None, 3)
    ('[−1.2, +3.0]', '–')
    """
    return MISSING if missing(low) or missing(high) else f"[{show(low)}, {show(high)}]"


def count(value: float | None) -> str:
    """
    >>> count(2000), count(None)
    ('2,000', '–')
    """
    return number(value, 0)


def percent(share: float | None) -> str:
    """
    >>> percent(0.1234), percent(None)
    ('12.3 %', '–')
    """
    return MISSING if share is None or missing(share) else f"{number(100 * share)} %"


def p_value(p: float | None) -> str:
    """
    >>> p_value(0.0421), p_value(0.0001), p_value(None)
    ('0.042', '< 0.001', '–')
    """
    if p is None or missing(p):
        return MISSING
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def plain(value: Any) -> str:
    """Any value as one line: lists and mappings written out.

    >>> plain({"python": "3.11", "cores": 2}), plain(["fi", "sw"]), plain(True), plain(None)
    ('python 3.11, cores 2', 'fi, sw', 'yes', '–')
    """
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {plain(inner)}" for key, inner in value.items()) or MISSING
    if isinstance(value, list | tuple):
        return ", ".join(map(plain, value)) or MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return MISSING if value in (None, "") or missing(value) else str(value)
