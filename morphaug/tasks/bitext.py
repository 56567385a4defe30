"""Bitext: the English side is rewritten, the other side stays."""

from __future__ import annotations

from collections.abc import Mapping

from morphaug.derivation import Derivation, Rejected
from morphaug.errors import UnknownName
from morphaug.languages import SOURCE, resolve
from morphaug.tasks.common import Names, Record, Task, Text, find, lookup, missing, replaced, text_problem

ROLES = {"source": ("source", "src"), "target": ("target", "tgt")}


def _sides(record: Record, names: Names) -> tuple[str, str] | Rejected:
    """Names of the two fields; {"translation": {language: text}} is taken apart by its language codes."""
    found: dict[str, str] = {}
    inner = record.get("translation")
    if isinstance(inner, dict) and not names.keys() & ROLES.keys():
        for key in inner:
            role = "source" if _is_source(str(key)) else "target"
            if role in found:
                return Rejected("ambiguous_sides", f"translation has {', '.join(map(str, inner))}")
            found[role] = f"translation.{key}"
    for role, candidates in ROLES.items():
        name = found.get(role) or find(record, names, role, candidates)
        if name is None:
            return missing(record, names, role, candidates)
        if problem := text_problem(lookup(record, name), name):
            return problem
        found[role] = name
    return found["source"], found["target"]


def _is_source(code: str) -> bool:
    try:
        return resolve(code.replace("_", "-").partition("-")[0]) == SOURCE
    except UnknownName:
        return False


def _fields(record: Record, names: Names) -> dict[str, Text] | Rejected:
    sides = _sides(record, names)
    return sides if isinstance(sides, Rejected) else {sides[0]: lookup(record, sides[0])}


def _rebuild(record: Record, derivations: Mapping[str, Derivation], names: Names) -> Record | Rejected:  # noqa: ARG001
    return replaced(record, {name: d.text for name, d in derivations.items()})


def _validate(record: Record, names: Names) -> Rejected | None:
    sides = _sides(record, names)
    return sides if isinstance(sides, Rejected) else None


TASK = Task(
    "bitext", "pairs of translations; the English side is rewritten", ROLES, _fields, _rebuild, _validate
)
