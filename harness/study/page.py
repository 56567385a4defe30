"""The report as one HTML page: no scripts, nothing from outside, light and dark, readable on a phone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from importlib import resources

from harness.study.blocks import Block, Bullets, Figure, Section, Sub, Table, Text

_NUMERIC = re.compile(r"(–|[<+−\d\[][\d,.\s+−%×:()\[\]<–p]*( to [\d,.\s%]+)?)\Z")


def page(title: str, sections: Sequence[Section]) -> str:
    """The whole page.

    Args:
        title: The heading.
        sections: What `sections.sections` gives.
    """
    style = resources.files("harness.study").joinpath("page.css").read_text(encoding="utf-8")
    contents = "".join(f'<li><a href="#{s.key}">{escape(s.name)}</a></li>' for s in sections)
    body = "".join(_section(section) for section in sections)
    # The policy lets nothing in from outside, and no script run, even if an escape were forgotten.
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>{escape(title)}</title>
<style>
{style}</style>
</head>
<body>
<header><h1>{escape(title)}</h1></header>
<nav aria-label="Contents"><ul>{contents}</ul></nav>
<main>
{body}</main>
</body>
</html>
"""


def _section(section: Section) -> str:
    blocks = "\n".join(_block(block) for block in section.blocks)
    head = f'<h2 id="{section.key}-h">{escape(section.heading)}</h2>'
    return f'<section id="{section.key}" aria-labelledby="{section.key}-h">\n{head}\n{blocks}\n</section>\n'


def _block(block: Block) -> str:
    match block:
        case Text(text, kind):
            return f'<p class="{kind}">{escape(text)}</p>'
        case Sub(text):
            return f"<h3>{escape(text)}</h3>"
        case Bullets(items):
            rows = (
                f"<li>{f'<b>{escape(name)}:</b> ' if name else ''}{escape(said)}</li>" for name, said in items
            )
            return f"<ul>{''.join(rows)}</ul>"
        case Table():
            return _table(block)
        case Figure(charts, legend):
            marks = "".join(f'<li><i class="mark {kind}"></i>{escape(said)}</li>' for kind, said in legend)
            drawn = "".join(
                f'<figure class="{"wide" if c.width > 250 else "small"}">'
                + (f"<figcaption>{escape(c.title)}</figcaption>" if c.width > 250 else "")
                + f"{c.svg}</figure>"
                for c in charts
            )
            return f'<div class="charts">{drawn}</div>' + (
                f'<ul class="legend">{marks}</ul>' if marks else ""
            )


def _table(table: Table) -> str:
    kinds = [_kind([row[at] for row in table.rows]) for at in range(len(table.columns))]
    named = list(zip(table.columns, kinds, strict=True))
    head = "".join(f'<th scope="col" class="{kind}">{escape(name)}</th>' for name, kind in named)
    rows = "".join(f"<tr>{_cells(row, kinds)}</tr>\n" for row in table.rows)
    caption = escape(table.caption)
    scrolled = (
        f'<div class="box" role="region" aria-label="{caption}" tabindex="0"><table aria-label="{caption}">'
        f"<thead><tr>{head}</tr></thead>\n<tbody>{rows}</tbody></table></div>"
    )
    if table.folded:
        return f"<details><summary>{caption}: the numbers</summary>{scrolled}</details>"
    return f'<p class="caption">{caption}</p>{scrolled}'


def _kind(cells: Sequence[str]) -> str:
    """How a column is set: numbers right, short cells in one line, long ones in a broad column."""
    if cells and all(map(_NUMERIC.match, cells)):
        return "number"
    return "long" if max(map(len, cells), default=0) > 32 else "short"


def _cells(row: Sequence[str], kinds: Sequence[str]) -> str:
    first, *rest = zip(row, kinds, strict=True)
    cells = "".join(f'<td class="{kind}">{escape(cell)}</td>' for cell, kind in rest)
    return f'<th scope="row" class="{first[1]}">{escape(first[0])}</th>{cells}'
