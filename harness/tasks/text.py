"""Plain text, for masked language modelling."""

from __future__ import annotations

from harness.records import Plain
from harness.tasks.common import File, Row, Task
from harness.tasks.common import text as text_of
from morphaug.tasks.text import ROLES


def plain(row: Row, name: str, language: str) -> Plain:
    """A record of a text."""
    return Plain(name, language, text_of(row, *ROLES["text"]))


TASKS = (
    Task(
        "text",
        "mlm",
        "plain text: one a line, or records with a field text",
        plain,
        (File("{split}-{lang}.*"), File("{split}.*")),
        languages=(),
    ),
)
