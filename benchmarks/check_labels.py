"""Check every label of generated data, with no line of morphaug itself.

    python benchmarks/check_labels.py aug/

Reads ``manifest.json`` and all JSONL and CoNLL-U shards below a folder and counts violations: an answer that is not
where its offset says, a tag list of another length than its tokens, a BIO tag that continues nothing, a choice label
out of range, a missing class, a tree with a cycle, a word without a head or a source. Exit code 1 if there is any.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def span_qa(record: dict[str, Any]) -> Iterator[str]:
    context, answers = record["context"], record["answers"]
    for text, start in zip(answers["text"], answers["answer_start"], strict=True):
        if not text or context[start : start + len(text)] != text:
            yield "answer not at its offset"


def tagging(record: dict[str, Any]) -> Iterator[str]:
    tokens, tags = record["tokens"], record["tags"]
    if len(tokens) != len(tags):
        yield "tags and tokens differ in number"
    if any(not token or " " in token for token in tokens):
        yield "token with a space"
    before = "O"
    for tag in tags:
        if tag.startswith("I-") and before[1:] != tag[1:]:
            yield "I- without its B-"
        before = tag


def classification(record: dict[str, Any]) -> Iterator[str]:
    if record.get("label") in (None, ""):
        yield "no label"
    if not record.get("premise", record.get("text", "x")):
        yield "empty text"


def multiple_choice(record: dict[str, Any]) -> Iterator[str]:
    if not str(record.get("label", "")).isdigit():
        yield "no label"


CHECKS = {
    "span-qa": span_qa,
    "tagging": tagging,
    "classification": classification,
    "multiple-choice": multiple_choice,
}


def tree(rows: list[list[str]]) -> Iterator[str]:
    heads = {row[0]: row[6] for row in rows if row[0].isdigit()}
    for row in rows:
        if not row[0].isdigit():
            continue
        seen, at = set(), row[0]
        while at != "0":
            if at in seen or at not in heads:
                yield "no tree"
                break
            seen.add(at)
            at = heads[at]
        if "=" in row[9] and not any(
            m.startswith(("Src=", "Rules=", "SpaceAfter=")) for m in row[9].split("|")
        ):
            yield "word of unknown origin"


def conllu(path: Path) -> Iterator[tuple[str, str]]:
    rows: list[list[str]] = []
    for line in path.read_text(encoding="utf-8").split("\n"):
        if not line:
            if rows:
                yield "", ""
                for problem in tree(rows):
                    yield "conllu", problem
            rows = []
        elif line[0] != "#":
            rows.append(line.split("\t"))


def main() -> int:
    records, bad = 0, Counter[str]()
    for manifest in sorted(Path(sys.argv[1]).rglob("manifest.json")):
        check = CHECKS.get(json.loads(manifest.read_text(encoding="utf-8"))["plan"]["task"])
        for path in sorted(manifest.parent.rglob("part-*.jsonl")):
            with path.open(encoding="utf-8") as lines:
                for line in lines:
                    records += 1
                    if check is not None:
                        bad.update(check(json.loads(line)))
        for path in sorted(manifest.parent.rglob("part-*.conllu")):
            for task, problem in conllu(path):
                records += not task
                bad.update([problem] if task else [])
    print(f"{records} records, {sum(bad.values())} violations")
    for problem, count in bad.most_common():
        print(f"{count:8} {problem}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
