"""Writing SQuAD files: articles, paragraphs, questions; streamed, a paragraph at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from morphaug.errors import MorphaugError
from morphaug.formats.jsonl import encode
from morphaug.tasks.common import Names, Record, find
from morphaug.tasks.span_qa import ROLES


class SquadWriter:
    """Writes flat records as a SQuAD document; neighbours with one title and context share a paragraph.

    Args:
        path: File to write.
        names: The user's names of context, question and answers.
    """

    def __init__(self, path: Path, names: Names) -> None:
        self._out = path.open("wb")
        self._names = names
        self._article: dict[str, Any] | None = None
        self._any = False
        self._out.write(b'{"version": "1.1", "data": [')

    def write(self, record: Record) -> None:
        keys = {role: find(record, self._names, role, names) for role, names in ROLES.items()}
        context, question = keys["context"], keys["question"]
        if context is None or question is None:
            raise MorphaugError("a SQuAD file needs a context and a question", "write jsonl")
        qa = {k: v for k, v in record.items() if k not in ("title", context, question, keys["answers"])}
        qa |= {"question": record[question], "answers": _objects(record.get(keys["answers"] or ""))}
        title = record.get("title", "")
        last = self._article
        if last and last["title"] == title and last["paragraphs"][0]["context"] == record[context]:
            last["paragraphs"][0]["qas"].append(qa)
            return
        self._flush()
        self._article = {"title": title, "paragraphs": [{"context": record[context], "qas": [qa]}]}

    def _flush(self) -> None:
        if self._article is not None:
            self._out.write((b",\n" if self._any else b"\n") + encode(self._article))
            self._any = True

    def close(self) -> None:
        self._flush()
        self._article = None
        self._out.write(b"\n]}\n")
        self._out.close()


def _objects(answers: object) -> object:
    """Answers as SQuAD has them: a list of objects."""
    if answers is None:
        return []
    if isinstance(answers, dict) and isinstance(answers.get("text"), list):
        columns = {k: v for k, v in answers.items() if isinstance(v, list) and len(v) == len(answers["text"])}
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return [answers] if isinstance(answers, dict) else answers
