"""The parses of a data set as a CoNLL-U file, to look at, correct, and give back to ``generate``."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from morphaug.trees import Sentence
    from morphaug.work import Example


def export_parses(
    task: str,
    inputs: Sequence[str],
    out: Path,
    *,
    parser: str = "stanza",
    model_dir: Path | None = None,
    parse_cache: Path | None = None,
    fields: Mapping[str, str] | None = None,
    input_format: str = "auto",
    limit: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, int]:
    """Parse every text of some files and write the parses.

    Args:
        task, inputs, parser, model_dir, parse_cache, fields, input_format, limit: As for ``generate.Job``.
        out: The CoNLL-U file; in place when it is complete.
        progress: Told the numbers of records and of texts so far.

    Returns:
        "records", "texts", "sentences", "words", and "rejected" for records without a usable text.
    """
    from morphaug.formats import read_records
    from morphaug.identity import content_id
    from morphaug.parsing import write_parses
    from morphaug.prepare import TreeSource, check
    from morphaug.tasks import get_task
    from morphaug.work import Example, Reject

    chosen, names = get_task(task), dict(fields or {})
    chosen.check_names(names)
    source = TreeSource(parser, model_dir, parse_cache)
    counts = dict.fromkeys(("records", "texts", "sentences", "words", "rejected"), 0)
    rows = islice((row for name in inputs for row in read_records(name, input_format)), limit or None)

    def examples() -> Iterator[Example]:
        for record, place in rows:
            counts["records"] += 1
            example = check(chosen, record, place, names) if isinstance(record, dict) else None
            if example is None or isinstance(example, Reject):
                counts["rejected"] += 1
            else:
                yield example if example.id else Example(content_id(example.record), place, example.record)

    def parses() -> Iterator[tuple[str, Sequence[Sentence]]]:
        for group in _groups(examples(), 512):
            for example, trees in zip(group, source.trees(chosen, group, names), strict=True):
                if isinstance(trees, Reject):
                    counts["rejected"] += 1
                    continue
                for name, sentences in trees.items():
                    counts["texts"] += 1
                    counts["sentences"] += len(sentences)
                    counts["words"] += sum(len(s.tokens) for s in sentences)
                    yield f"{example.id}:{name}", sentences
            if progress is not None:
                progress(counts["records"], counts["texts"])

    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(f".{out.name}.tmp")
    try:
        write_parses(part, parses())
        os.replace(part, out)
    finally:
        part.unlink(missing_ok=True)
    return counts


def _groups(items: Iterable[Example], size: int) -> Iterator[list[Example]]:
    rows = iter(items)
    while group := list(islice(rows, size)):
        yield group
