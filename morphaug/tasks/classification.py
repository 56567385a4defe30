"""Classification of a sentence or a pair of sentences: the texts are rewritten, the label stays."""

from __future__ import annotations

from collections.abc import Mapping

from morphaug.derivation import Derivation, Rejected
from morphaug.tasks.common import (
    Names,
    Record,
    Task,
    Text,
    find,
    label_problem,
    lookup,
    missing,
    replaced,
    text_problem,
)

# Pairs before single sentences: a record with a premise and a hypothesis may also hold a "text".
PAIRS = (
    ("premise", "hypothesis"),
    ("sentence1", "sentence2"),
    ("sentence_A", "sentence_B"),
    ("question1", "question2"),
    ("text_a", "text_b"),
    ("text1", "text2"),
    ("context", "statement"),
    ("context", "hypothesis"),
    ("question", "sentence"),
    ("passage", "question"),
)
ROLES = {
    "premise": tuple(dict.fromkeys(first for first, _ in PAIRS)),
    "hypothesis": tuple(dict.fromkeys(second for _, second in PAIRS)),
    "text": ("text", "sentence", "content", "review", "comment"),
    "label": (
        "label",
        "gold_label",
        "entailment_judgment",
        "class",
        "category",
        "sentiment",
        "target",
        "score",
    ),
}


def _texts(record: Record, names: Names) -> list[str] | Rejected:
    """Names of the text fields."""
    if "text" in names or "premise" in names or "hypothesis" in names:
        chosen = [role for role in ("text", "premise", "hypothesis") if role in names]
        for role in chosen:
            if find(record, names, role, ()) is None:
                return missing(record, names, role, ())
        found = [names[role] for role in chosen]
    else:
        pair = next((p for p in PAIRS if all(lookup(record, name) is not None for name in p)), None)
        single = find(record, names, "text", ROLES["text"])
        if pair is None and single is None:
            half = next((p for p in PAIRS[:4] for name in p if lookup(record, name) is not None), None)
            if half is not None:
                role = "premise" if lookup(record, half[0]) is None else "hypothesis"
                return missing(record, names, role, [half[role == "hypothesis"]])
            return missing(record, names, "text", (*ROLES["text"], "premise and hypothesis"))
        found = list(pair) if pair else [str(single)]
    for name in found:
        if problem := text_problem(lookup(record, name), name):
            return problem
    return found


def _label(record: Record, names: Names) -> Rejected | None:
    name = find(record, names, "label", ROLES["label"])
    if name is None:
        tried = (names["label"],) if "label" in names else ROLES["label"]
        if present := [name for name in tried if name in record]:
            return Rejected("missing_label", f"{present[0]} is empty")
        return missing(record, names, "label", ROLES["label"][:3])
    return label_problem(lookup(record, name), name)


def _fields(record: Record, names: Names) -> dict[str, Text] | Rejected:
    texts = _texts(record, names)
    if isinstance(texts, Rejected):
        return texts
    return _label(record, names) or {name: lookup(record, name) for name in texts}


def _rebuild(record: Record, derivations: Mapping[str, Derivation], names: Names) -> Record | Rejected:  # noqa: ARG001
    return replaced(record, {name: d.text for name, d in derivations.items()})


def _validate(record: Record, names: Names) -> Rejected | None:
    fields = _fields(record, names)
    return fields if isinstance(fields, Rejected) else None


TASK = Task(
    "classification", "a label on a sentence or a pair of sentences", ROLES, _fields, _rebuild, _validate
)
