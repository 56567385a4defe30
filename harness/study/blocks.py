"""What a report is built of, before it is Markdown or a page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from harness.study.charts import Chart
from harness.study.tables import plain

Line: TypeAlias = Mapping[str, Any]
Show: TypeAlias = Callable[[Any], str]
Columns: TypeAlias = Mapping[str, Show]


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; a verdict and a lead are set large, a note small, a warning apart."""

    text: str
    kind: Literal["plain", "verdict", "lead", "note", "warning"] = "plain"


@dataclass(frozen=True, slots=True)
class Sub:
    """A heading inside a section."""

    text: str


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list of (name or "", what is said of it)."""

    items: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of text cells; folded away on the page where charts show the same."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """Charts side by side, with (class of the mark, what it means) below. Only the page has them."""

    charts: Sequence[Chart]
    legend: Sequence[tuple[str, str]] = ()


Block: TypeAlias = Text | Sub | Bullets | Table | Figure


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report.

    Attributes:
        key: Its anchor.
        name: In the list of contents.
        heading: Says what to look at.
        blocks: What it holds.
    """

    key: str
    name: str
    heading: str
    blocks: Sequence[Block]


def unique(values: Iterable[Any]) -> list[Any]:
    """Each value once, in the order in which they come."""
    return list(dict.fromkeys(values))


def groups(rows: Iterable[Line], *names: str) -> dict[tuple[str, ...], list[Line]]:
    """Rows by what they have in these columns, in the order in which they come."""
    found: dict[tuple[str, ...], list[Line]] = {}
    for row in rows:
        found.setdefault(tuple(plain(row.get(name)) for name in names), []).append(row)
    return found


def get(name: str, show: Show = plain) -> Show:
    """A column of `table`: what rows have under a name."""
    return lambda row: show(row.get(name))


def table(caption: str, rows: Iterable[Any], columns: Columns, *, folded: bool = False) -> list[Block]:
    """A table with a function for each column; none where there are no rows."""
    lines = [[show(row) for show in columns.values()] for row in rows]
    return [Table(caption, list(columns), lines, folded)] if lines else []
