"""The report as Markdown (GitHub's): every table of the page, without its charts."""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.study.blocks import Block, Bullets, Figure, Section, Sub, Table, Text

_SPECIAL = re.compile(r"[\\`*<>|&~$]|(?<!\w)_|_(?!\w)|\](?=[(\[:])")
_START = re.compile(r"^(?=#{1,6}\s|[-+=]+(\s|$))|^(?P<digits>\d+)(?=[.)]\s)")


def markdown(title: str, sections: Sequence[Section]) -> str:
    """The whole report.

    Args:
        title: The heading.
        sections: What `sections.sections` gives.
    """
    parts = [f"# {escaped(title)}"]
    for section in sections:
        parts.append(f"## {escaped(section.heading)}")
        parts += [text for text in map(_block, section.blocks) if text]
    return "\n\n".join(parts) + "\n"


def escaped(text: str) -> str:
    r"""Text that Markdown shows as it is, on one line.

    >>> escaped("a|b <i> *c* _d_ e_f [g](h)"), escaped("# no heading"), escaped("1. no list"), escaped("+0.3")
    ('a\\|b &lt;i&gt; \\*c\\* \\_d\\_ e_f [g\\](h)', '\\# no heading', '1\\. no list', '+0.3')
    """
    found = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
    line = _SPECIAL.sub(lambda m: found.get(m[0], "\\" + m[0]), " ".join(text.split()))
    return _START.sub(lambda m: f"{m['digits'] or ''}\\", line, count=1)


def _block(block: Block) -> str:
    match block:
        case Text(text, kind):
            mark = "**" if kind in ("verdict", "warning") else ""
            return f"{mark}{escaped(text)}{mark}"
        case Sub(text):
            return f"### {escaped(text)}"
        case Bullets(items):
            return "\n".join(
                f"- {escaped(name) + ': ' if name else ''}{escaped(said)}" for name, said in items
            )
        case Table(caption, columns, rows):
            lines = [columns, ["---"] * len(columns), *rows]
            shown = [
                "| " + " | ".join(c if c == "---" else escaped(c) for c in line) + " |" for line in lines
            ]
            return f"**{escaped(caption)}**\n\n" + "\n".join(shown)
        case Figure():
            return ""
