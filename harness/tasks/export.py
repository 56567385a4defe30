"""Any task's examples in the form that ``morphaug generate`` takes, so that each of them can be augmented.

Rows say in ``harness_task`` what they are of; generation leaves the field alone, and ``augmented.load`` goes by it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from harness.data import limited
from harness.records import Choice, Classified, Question, Record, Tagged
from harness.tasks import Task, get_task
from harness.tasks.augmented import GENERATED, MARK
from morphaug.errors import MorphaugError


def generated_as(task: Task) -> str:
    """The task of ``morphaug generate`` that a task's rows are of; also the harness's general task of the family.

    Raises:
        MorphaugError: There is none.
    """
    if task.family not in GENERATED:
        known = ", ".join(GENERATED.values())
        raise MorphaugError(f"{task.name} cannot be written for morphaug generate", f"it takes {known}")
    return GENERATED[task.family]


def row(record: Record, task: str) -> dict[str, Any]:
    """An example as ``morphaug generate`` takes it, its id kept.

    Args:
        record: With its label.
        task: Its task's name.
    """
    out: dict[str, Any] = {"id": record.id, MARK: task}
    if isinstance(record, Classified):
        texts = {"text": record.text} if record.pair is None else {"premise": record.text, "hypothesis": record.pair}  # fmt: skip
        return out | texts | {"label": record.label}
    if isinstance(record, Tagged):
        return out | {"tokens": list(record.words), "tags": list(record.tags or ())}
    if isinstance(record, Question):
        answers = {"text": [said for _, said in record.answers], "answer_start": [at for at, _ in record.answers]}  # fmt: skip
        return out | {"context": record.context, "question": record.question, "answers": answers, "is_impossible": record.impossible}  # fmt: skip
    assert isinstance(record, Choice)
    return out | {"context": record.prompt, "choices": list(record.choices), "label": record.label}


def write(records: Iterable[Record], task: str, out: Path) -> int:
    """Write examples as JSONL, whole or not at all; returns how many."""
    part = out.with_name(f".{out.name}.{os.getpid()}.tmp")
    count = 0
    with part.open("w", encoding="utf-8") as stream:
        for record in records:
            stream.write(json.dumps(row(record, task), ensure_ascii=False) + "\n")
            count += 1
    os.replace(part, out)
    return count


def export(task: str, data: str, split: str, language: str, limit: int, out: Path) -> int:
    """Write a split of a task as JSONL: `harness export`.

    Args:
        task: Name in the registry.
        data: A folder or file in the official format; "" for the Hub.
        split: "train", "dev" or "test".
        language: Of the examples.
        limit: Use only so many (chosen by id, as training does); 0 for all.
        out: The file.

    Returns:
        How many rows.

    Raises:
        MorphaugError: No such task, no data, or generation takes no such task.
    """
    found = get_task(task)
    generated_as(found)
    if not out.parent.is_dir():
        raise MorphaugError(f"no folder {out.parent}", "make it, or name another --out")
    return write(limited(found.read(data, split, language), limit), task, out)
