"""Multiple choice: context, question and choices are rewritten, the index of the right choice stays.

Known shapes: HellaSwag and SWAG (endings), COPA (premise, choice1, choice2; its "question" is a relation,
no text), SIQA (answerA…), Cosmos QA (answer0…), PIQA (sol1, sol2), CommonsenseQA and ARC
(choices {"text": […], "label": […]}), RACE (options), and any record with a list of choices.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from morphaug.derivation import Derivation, Rejected
from morphaug.tasks.common import (
    Names,
    Record,
    Task,
    Text,
    decoded,
    encoded_like,
    find,
    kind,
    lookup,
    missing,
    replaced,
    text_problem,
)

ROLES = {
    "context": (
        "ctx",
        "context",
        "premise",
        "passage",
        "article",
        "startphrase",
        "goal",
        "story",
        "sentence",
    ),
    "question": ("question", "question_stem"),
    "choices": ("choices", "endings", "options", "candidates", "choice1 and choice2", "answerA and answerB"),
    "label": ("label", "correct", "answerKey", "gold_label", "answer", "gold"),
}
# A field that is the sum of others: the parts are rewritten and added up again.
SUMS = {"ctx": ("ctx_a", "ctx_b"), "startphrase": ("sent1", "sent2")}
RELATIONS = ("cause", "effect")
_NUMBERED = re.compile(
    r"(choice|answer|ending|option|sol|solution|alternative|hyp|hypothesis)_?(\d{1,2}|[A-J])"
)


@dataclass(frozen=True, slots=True)
class _Shape:
    """Where a record keeps its parts.

    Attributes:
        texts: Names of the context's and the question's fields.
        choices: The choices' texts, in order.
        slots: Name of each choice's field, or (name of the list, index in it) as "endings.0".
        listed: Name of the field that holds all choices; "" if each has its own.
        marks: Names of the choices ("A", "B") that the record itself gives.
        label: Name of the label's field.
    """

    texts: tuple[str, ...]
    choices: tuple[str, ...]
    slots: tuple[str, ...]
    listed: str
    marks: tuple[str, ...]
    label: str


def _shape(record: Record, names: Names) -> _Shape | Rejected:
    texts = _texts(record, names)
    if isinstance(texts, Rejected):
        return texts
    found = _choices(record, names)
    if isinstance(found, Rejected):
        return found
    choices, slots, listed, marks = found
    if len(choices) < 2:
        return Rejected("too_few_choices", f"{len(choices)} choices")
    for slot, choice in zip(slots, choices, strict=True):
        if problem := text_problem(choice, slot):
            return problem
    label = find(record, names, "label", ROLES["label"])
    if label is None:
        if any(name in record for name in ((names["label"],) if "label" in names else ROLES["label"])):
            return Rejected("missing_label", "the label is empty")
        return missing(record, names, "label", ROLES["label"][:3])
    return _Shape(tuple(texts), tuple(choices), tuple(slots), listed, tuple(marks), label)


def _texts(record: Record, names: Names) -> list[str] | Rejected:
    if "context" in names:
        found = [name.strip() for name in names["context"].split(",")]
        if absent := [name for name in found if lookup(record, name) is None]:
            return missing(record, {"context": absent[0]}, "context", ())
    else:
        name = find(record, names, "context", ROLES["context"])
        found = [] if name is None else [name]
        if name in SUMS and any(isinstance(record.get(part), str) for part in SUMS[name]):
            parts = [p for p in SUMS[name] if isinstance(record.get(p), str) and record[p].strip()]
            # Where the parts do not add up, each field is a text of its own.
            found = parts if _sum(record, parts) == record[name] else [name, *parts]
    question = find(record, names, "question", ROLES["question"])
    if question is not None and lookup(record, question) not in RELATIONS:
        value = lookup(record, question)
        if not isinstance(value, str) or value.strip():
            found.append(question)
    elif "question" in names and question is None:
        return missing(record, names, "question", ())
    if not found:
        return missing(record, names, "context", ROLES["context"][:3])
    for name in found:
        if problem := text_problem(lookup(record, name), name):
            return problem
    return found


def _sum(record: Mapping[str, Any], parts: Sequence[str]) -> str:
    return " ".join([record[part] for part in parts])


def _choices(record: Record, names: Names) -> tuple[Sequence[Any], list[str], str, Sequence[str]] | Rejected:
    """(texts, names of their slots, name of the list that holds them, their own names)."""
    chosen = names.get("choices", "")
    if "," in chosen:
        slots = [name.strip() for name in chosen.split(",")]
        if absent := [name for name in slots if lookup(record, name) is None]:
            return missing(record, {"choices": absent[0]}, "choices", ())
        return [lookup(record, name) for name in slots], slots, "", ()
    for name in (chosen,) if chosen else ROLES["choices"][:4]:
        value = decoded(lookup(record, name))
        marks: Sequence[str] = ()
        if isinstance(value, dict) and isinstance(value.get("text"), (list, tuple)):
            given = value.get("label")
            if isinstance(given, (list, tuple)) and len(given) == len(value["text"]):
                marks = [str(mark) for mark in given]
            value = value["text"]
        if isinstance(value, (list, tuple)):
            return value, [f"{name}.{i}" for i in range(len(value))], name, marks
        if chosen:
            return Rejected("wrong_type", f"{name} is {kind(value)}, not a list of choices")
    groups: dict[str, list[tuple[str, str]]] = {}
    for name in record:
        match = _NUMBERED.fullmatch(name) if isinstance(name, str) else None
        if match and isinstance(record[name], str):
            groups.setdefault(match[1], []).append((match[2].zfill(2), name))
    largest = max(groups.values(), key=len, default=[])
    if len(largest) < 2:
        return missing(record, names, "choices", ROLES["choices"])
    slots = [name for _, name in sorted(largest)]
    return [record[name] for name in slots], slots, "", ()


def _label(record: Record, shape: _Shape) -> int | str | Rejected:
    """Index of the right choice, or its text where the label is the text itself.

    A number may count from 0 or from 1 (SIQA at Hugging Face, Winogrande): both are left as they are.
    """
    value, count = lookup(record, shape.label), len(shape.choices)
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return Rejected("wrong_type", f"{shape.label} is {kind(value)}")
    if value != value or value == -1 or (isinstance(value, str) and value.strip() in ("", "-1")):
        return Rejected("missing_label", f"{shape.label} is empty or -1")
    if isinstance(value, str):
        text = value.strip()
        if text in shape.marks:
            return shape.marks.index(text)
        if len(text) == 1 and text.isascii() and text.isalpha() and ord(text.upper()) - 65 < count:
            return ord(text.upper()) - 65
        if text.isascii() and text.isdecimal() and int(text[:6]) <= count:
            return int(text)
        if shape.choices.count(value) == 1:
            return value
        return Rejected("bad_label", f"{shape.label} {value[:40]!r} is none of {count} choices")
    if not math.isfinite(value) or value != int(value) or not 0 <= value <= count:
        return Rejected("bad_label", f"{shape.label} {value} is none of {count} choices")
    return int(value)


def _fields(record: Record, names: Names) -> dict[str, Text] | Rejected:
    shape = _shape(record, names)
    if isinstance(shape, Rejected):
        return shape
    label = _label(record, shape)
    if isinstance(label, Rejected):
        return label
    texts: dict[str, Text] = {name: lookup(record, name) for name in shape.texts}
    return texts | dict(zip(shape.slots, shape.choices, strict=True))


def _rebuild(record: Record, derivations: Mapping[str, Derivation], names: Names) -> Record | Rejected:
    shape = _shape(record, names)
    if isinstance(shape, Rejected):
        return shape
    values: dict[str, Any] = {name: derivations[name].text for name in shape.texts}
    for whole, parts in SUMS.items():
        own = [part for part in parts if part in values]
        if own and whole not in values and record.get(whole) == _sum(record, own):
            values[whole] = _sum(values, own)
    choices = [derivations[slot].text for slot in shape.slots]
    if problem := _collapsed(shape.choices, choices):
        return problem
    if shape.listed:
        given = lookup(record, shape.listed)
        inner = decoded(given)
        new = {**inner, "text": choices} if isinstance(inner, dict) else choices
        values[shape.listed] = encoded_like(given, new)
    else:
        values |= dict(zip(shape.slots, choices, strict=True))
    label = _label(record, shape)
    if isinstance(label, Rejected):
        return label
    if isinstance(label, str):
        values[shape.label] = choices[shape.choices.index(label)]
    return replaced(record, values)


def _collapsed(before: Sequence[str], after: Sequence[str]) -> Rejected | None:
    """Choices that differed and no longer do ("a dog", "the dog") make the label a guess."""
    first: dict[str, int] = {}
    for at, text in enumerate(after):
        other = first.setdefault(text.casefold().strip(), at)
        if other != at and before[other].casefold().strip() != before[at].casefold().strip():
            return Rejected("choices_collapsed", f"choices {other} and {at} are both {text[:60]!r}")
    return None


def _validate(record: Record, names: Names) -> Rejected | None:
    fields = _fields(record, names)
    return fields if isinstance(fields, Rejected) else None


TASK = Task(
    "multiple-choice",
    "a context, choices, and the index of the right one (HellaSwag, COPA, SIQA, …)",
    ROLES,
    _fields,
    _rebuild,
    _validate,
)
