"""Plain text: one field is rewritten, nothing is labelled."""

from __future__ import annotations

from collections.abc import Mapping

from morphaug.derivation import Derivation, Rejected
from morphaug.tasks.common import Names, Record, Task, Text, find, lookup, missing, replaced, text_problem

ROLES = {"text": ("text", "sentence", "content")}


def _key(record: Record, names: Names) -> str | Rejected:
    name = find(record, names, "text", ROLES["text"])
    if name is None:
        return missing(record, names, "text", ROLES["text"])
    return text_problem(lookup(record, name), name) or name


def _fields(record: Record, names: Names) -> dict[str, Text] | Rejected:
    key = _key(record, names)
    return key if isinstance(key, Rejected) else {key: lookup(record, key)}


def _rebuild(record: Record, derivations: Mapping[str, Derivation], names: Names) -> Record | Rejected:  # noqa: ARG001
    return replaced(record, {name: d.text for name, d in derivations.items()})


def _validate(record: Record, names: Names) -> Rejected | None:
    key = _key(record, names)
    return key if isinstance(key, Rejected) else None


TASK = Task("text", "plain text, one field", ROLES, _fields, _rebuild, _validate)
