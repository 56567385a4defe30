"""What all tasks share: the ``Task`` value, finding fields by name, checking texts, stamping results."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from morphaug.derivation import Derivation, Rejected
from morphaug.errors import UnknownName
from morphaug.trees import Sentence

Record = dict[str, Any]
Text = str | list[str]  # raw text, or the tokens of one sentence
Names = Mapping[str, str]  # the user's names of a task's fields: {"premise": "sentence1"}
Parses = dict[str, list[Sentence]]

NO_NAMES: Names = {}

# Where an example's id stands in the sets people use, the likeliest first.
ID_FIELDS = ("id", "idx", "guid", "uid", "qid", "pairID", "pair_ID", "example_id", "sent_id", "ind", "index")


@dataclass(frozen=True, slots=True)
class Task:
    """A task format: which fields of a record are text, and how a new record is made of their derivations.

    Call the methods; the private fields are the task's functions.

    Attributes:
        name: As on the command line ("span-qa").
        summary: One line for ``--help``.
        roles: What ``--field ROLE=NAME`` may name, with the names that are tried without it.
    """

    name: str
    summary: str
    roles: Mapping[str, Sequence[str]]
    _fields: Callable[[Record, Names], dict[str, Text] | Rejected]
    _rebuild: Callable[[Record, Mapping[str, Derivation], Names], Record | Rejected]
    _validate: Callable[[Record, Names], Rejected | None]
    _parses: Callable[[Record], Parses | Rejected | None] | None = field(default=None)
    _counts: Callable[[Record, Record, Names], dict[str, int]] | None = field(default=None)

    def check_names(self, names: Names) -> None:
        """Refuse a ``--field`` that the task does not have.

        Raises:
            UnknownName: It names the nearest.
        """
        for role in names:
            if role not in self.roles and role != "id":
                raise UnknownName(f"field of task {self.name}", role, [*self.roles, "id"])

    def fields(self, record: object, names: Names = NO_NAMES) -> dict[str, Text] | Rejected:
        """What has to be parsed, or why the record cannot be used.

        Args:
            record: As it was read.
            names: The user's names of fields, {"premise": "sentence1"}.

        Returns:
            Name of the field in the record ("premise", "endings.0") -> its text, or its tokens.
        """
        self.check_names(names)
        if not isinstance(record, dict):
            return Rejected("wrong_type", f"a record must be an object with named fields, not {kind(record)}")
        return self._fields(record, names)

    def rebuild(
        self, record: Record, derivations: Mapping[str, Derivation], names: Names = NO_NAMES
    ) -> Record | Rejected:
        """The new record: texts and labels from the derivations, every other field as it was.

        Args:
            record: The record that ``fields`` was asked about; not changed.
            derivations: One for each of those fields.
            names: As for ``fields``.

        Returns:
            A record that has passed ``validate``, or why it cannot be made.
        """
        made = self._rebuild(record, derivations, names)
        if isinstance(made, Rejected):
            return made
        return self.validate(made, names) or made

    def validate(self, record: object, names: Names = NO_NAMES) -> Rejected | None:
        """What is wrong with a record, in or out: texts, types, and every label; None if nothing is."""
        self.check_names(names)
        if not isinstance(record, dict):
            return Rejected("wrong_type", f"a record must be an object with named fields, not {kind(record)}")
        return self._validate(record, names)

    def parses(self, record: Record) -> Parses | Rejected | None:
        """The trees that come with the record (CoNLL-U), by the names of ``fields``; None if it has none."""
        return self._parses(record) if self._parses else None

    def counts(self, before: Record, after: Record, names: Names = NO_NAMES) -> dict[str, int]:
        """What was lost on the way though the record was kept: {"answers_dropped": 1}."""
        return self._counts(before, after, names) if self._counts else {}

    def example_id(self, record: Record, names: Names = NO_NAMES) -> str:
        """The id that the record gives itself; "" if it has none."""
        for name in (names["id"],) if "id" in names else ID_FIELDS:
            value = lookup(record, name)
            if value is None or value == "" or value != value:  # NaN is what pandas makes of an empty cell
                continue
            return value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
        return ""


def stamp(
    record: Record,
    *,
    source_id: str,
    target: str,
    recipe: str,
    variant: int,
    edit_rate: float,
    provenance: Mapping[str, Any] | None = None,
) -> Record:
    """The record with an id of its own and, under "morphaug", a note of where it came from.

    ``id`` becomes "<source id>:<target>:<recipe>:<variant>". No other field is taken: many sets have a
    "source_id" of their own, so the source's id stands in the note.

    Args:
        record: What ``rebuild`` gave.
        source_id: Id of the example.
        target: Language code.
        recipe: Name of the recipe.
        variant: 0 for the first one.
        edit_rate: See ``Derivation.edit_rate``.
        provenance: ``Derivation.provenance()`` by field, if every word's story is wanted.
    """
    note: dict[str, Any] = {
        "source_id": source_id,
        "target": target,
        "recipe": recipe,
        "variant": variant,
        "edit_rate": round(edit_rate, 4),
    }
    if provenance is not None:
        note["provenance"] = dict(provenance)
    return {**record, "id": f"{source_id}:{target}:{recipe}:{variant}", "morphaug": note}


# -- finding and checking fields --------------------------------------------------------------------


def lookup(record: Mapping[str, Any], name: str) -> Any:
    """A field's value; "translation.en" also finds an inner one. None if there is none."""
    if name in record:
        return record[name]
    outer, dot, inner = name.partition(".")
    value = record.get(outer) if dot else None
    return lookup(value, inner) if isinstance(value, dict) else None


def replaced(record: Record, values: Mapping[str, Any]) -> Record:
    """A copy of the record with other values, named as for ``lookup``; the order of fields stays."""
    out = dict(record)
    for name, value in values.items():
        outer, dot, inner = name.partition(".")
        if name in record or not dot:
            out[name] = value
        else:
            out[outer] = replaced(out[outer], {inner: value})
    return out


def find(record: Record, names: Names, role: str, candidates: Sequence[str]) -> str | None:
    """The name of a role's field in this record: the user's name, else the first candidate it has."""
    if role in names:
        return names[role] if lookup(record, names[role]) is not None else None
    return next((name for name in candidates if lookup(record, name) is not None), None)


def missing(record: Record, names: Names, role: str, candidates: Sequence[str]) -> Rejected:
    """That a record lacks a field, with what it has and how to name it."""
    wanted = names.get(role) or " or ".join(candidates)
    has = ", ".join(map(str, list(record)[:12])) or "no fields"
    return Rejected("missing_field", f"no field {wanted}; the record has {has} (--field {role}=NAME)")


def text_problem(value: object, name: str) -> Rejected | None:
    """Why a value is no usable text; None if it is one."""
    if not isinstance(value, str):
        return Rejected("wrong_type", f"{name} is {kind(value)}, not text")
    if not value.strip():
        return Rejected("empty_text", f"{name} is empty")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            code = f"U+{ord(value[error.start]):04X}"
            return Rejected("bad_text", f"{name} has half a character ({code}) at {error.start}")
    return None


def label_problem(value: object, name: str) -> Rejected | None:
    """Why a class label is none; "-" (SNLI) and -1 stay: some sets use them for a class."""
    if value is None or value != value or (isinstance(value, str) and not value.strip()):
        return Rejected("missing_label", f"{name} is empty")
    return None


def decoded(value: object) -> object:
    """A list or object that a CSV cell holds as JSON; any other value as it is."""
    if isinstance(value, str) and value[:1] in ("[", "{"):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def encoded_like(old: object, value: object) -> object:
    """The value as JSON text, if that is what the old one was."""
    return json.dumps(value, ensure_ascii=False) if isinstance(old, str) else value


def kind(value: object) -> str:
    """What JSON calls the type of a value, with an article."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number"
    named = next((name for of, name in _KINDS.items() if isinstance(value, of)), "")
    return named or f"a {type(value).__name__}"


_KINDS: dict[type, str] = {str: "text", dict: "an object", list: "a list", tuple: "a list"}
