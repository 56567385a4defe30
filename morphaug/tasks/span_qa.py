"""Span question answering: context and question are rewritten, answers follow their words.

Records are flat, as Hugging Face has SQuAD: id, context, question, answers {"text": […], "answer_start": […]},
perhaps is_impossible. ``answers`` may also be a list of {"text", "answer_start"}, or one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
    "context": ("context", "passage", "paragraph"),
    "question": ("question", "query"),
    "answers": ("answers", "answer"),
}

Answer = dict[str, Any]  # "text", "answer_start" and whatever else stands beside them


def _texts(record: Record, names: Names) -> tuple[str, str] | Rejected:
    out = []
    for role in ("context", "question"):
        name = find(record, names, role, ROLES[role])
        if name is None:
            return missing(record, names, role, ROLES[role])
        if problem := text_problem(lookup(record, name), name):
            return problem
        out.append(name)
    return out[0], out[1]


def _answers(value: object) -> tuple[list[Answer], Callable[[list[Answer]], object]] | Rejected:
    """The answers, one object each, and what puts them back into the shape they had."""
    given = value
    value = decoded(value)
    if value is None:
        return [], lambda _: given
    if isinstance(value, dict) and isinstance(value.get("text"), (list, tuple)):
        shape = value
        count = len(shape["text"])
        starts = shape.get("answer_start")
        if not isinstance(starts, (list, tuple)) or len(starts) != count:
            return Rejected("wrong_type", "answers: text and answer_start are not lists of the same length")
        # Whatever else has one entry per answer is kept in step.
        columns = {k: v for k, v in shape.items() if isinstance(v, (list, tuple)) and len(v) == count}
        rows = [{k: v[i] for k, v in columns.items()} for i in range(count)]
        return rows, lambda kept: encoded_like(
            given, {k: [row[k] for row in kept] if k in columns else v for k, v in shape.items()}
        )
    if isinstance(value, dict):
        return [value], lambda kept: encoded_like(given, kept[0] if kept else None)
    if isinstance(value, (list, tuple)):
        if wrong := [a for a in value if not isinstance(a, dict)]:
            return Rejected(
                "wrong_type", f"answers: {kind(wrong[0])} instead of an object with text and answer_start"
            )
        return [dict(a) for a in value], lambda kept: encoded_like(given, kept)
    return Rejected("wrong_type", f"answers is {kind(value)}")


def _answer_problem(context: str, answer: Answer) -> Rejected | None:
    text, start = answer.get("text"), answer.get("answer_start")
    if problem := text_problem(text, "an answer"):
        return Rejected("empty_answer", problem.detail) if problem.reason == "empty_text" else problem
    if not isinstance(start, int) or isinstance(start, bool):
        return Rejected("wrong_type", f"answer_start is {kind(start)}, not a whole number")
    assert isinstance(text, str)
    if start < 0 or context[start : start + len(text)] != text:
        there = context[max(start, 0) : max(start, 0) + len(text)]
        found = context.find(text)
        elsewhere = f"it stands at {found}" if found >= 0 else "it stands nowhere in the context"
        return Rejected("answer_not_in_context", f"{there[:60]!r} at {start}, not {text[:60]!r}; {elsewhere}")
    return None


def _impossible(record: Record, answers: list[Answer]) -> Rejected | None:
    flag = record.get("is_impossible")
    if flag in (True, 1, "true", "True") and answers:
        return Rejected("impossible_with_answer", "is_impossible is true, but there is an answer")
    return None


def _fields(record: Record, names: Names) -> dict[str, Text] | Rejected:
    texts = _texts(record, names)
    if isinstance(texts, Rejected):
        return texts
    context: str = lookup(record, texts[0])
    read = _answers(lookup(record, _answer_name(record, names)))
    if isinstance(read, Rejected):
        return read
    answers = read[0]
    if problem := _impossible(record, answers):
        return problem
    # One good answer is enough: the others are dropped with the ones that cannot be carried.
    problems = [_answer_problem(context, a) for a in answers]
    if problems and all(problems):
        return problems[0] or Rejected("answer_not_in_context")
    return {name: lookup(record, name) for name in texts}


def _answer_name(record: Record, names: Names) -> str:
    return find(record, names, "answers", ROLES["answers"]) or names.get("answers", "answers")


def _rebuild(record: Record, derivations: Mapping[str, Derivation], names: Names) -> Record | Rejected:
    texts = _texts(record, names)
    if isinstance(texts, Rejected):
        return texts
    derivation = derivations[texts[0]]
    values: dict[str, Any] = {name: derivations[name].text for name in texts}
    name = _answer_name(record, names)
    if lookup(record, name) is not None:
        read = _answers(lookup(record, name))
        if isinstance(read, Rejected):
            return read
        answers, put_back = read
        kept: list[Answer] = []
        lost: Rejected | None = None
        for answer in answers:
            carried = _carried(answer, derivation)
            if isinstance(carried, Rejected):
                lost = lost or carried
            else:
                kept.append(carried)
        if lost is not None and not kept:
            return lost
        values[name] = put_back(kept)
    plausible = record.get("plausible_answers")  # SQuAD 2 has them for questions without an answer
    if plausible:
        read = _answers(plausible)
        if not isinstance(read, Rejected):
            moved = [_carried(a, derivation) for a in read[0]]
            values["plausible_answers"] = read[1]([a for a in moved if not isinstance(a, Rejected)])
    return replaced(record, values)


def _carried(answer: Answer, derivation: Derivation) -> Answer | Rejected:
    if problem := _answer_problem(derivation.source_text, answer):
        return problem
    start: int = answer["answer_start"]
    span = derivation.project_span(start, start + len(answer["text"]))
    if isinstance(span, Rejected):
        return span
    return {**answer, "text": derivation.text[span.start : span.end], "answer_start": span.start}


def _validate(record: Record, names: Names) -> Rejected | None:
    fields = _fields(record, names)
    if isinstance(fields, Rejected):
        return fields
    read = _answers(lookup(record, _answer_name(record, names)))
    if isinstance(read, Rejected):
        return read
    context = str(next(iter(fields.values())))
    return next((problem for a in read[0] if (problem := _answer_problem(context, a))), None)


def _counts(before: Record, after: Record, names: Names) -> dict[str, int]:
    numbers = []
    for record in (before, after):
        read = _answers(lookup(record, _answer_name(record, names)))
        numbers.append(0 if isinstance(read, Rejected) else len(read[0]))
    return {"answers": numbers[0], "answers_dropped": numbers[0] - numbers[1]}


TASK = Task(
    "span-qa",
    "question answering by spans of a context (SQuAD)",
    ROLES,
    _fields,
    _rebuild,
    _validate,
    _counts=_counts,
)
