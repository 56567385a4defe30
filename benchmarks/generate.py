"""Sentences a second of `morphaug generate` on one core, from cached parses.

    python benchmarks/generate.py --task span-qa --input train.json --target fin --recipe pseudo \
        --parser stanza --model-dir MODELS

The command runs as a whole process, with one worker: once to fill the parse cache, then ``--runs`` times. A run of
one record measures the start-up, which is taken off. Rates are by the child's own CPU seconds ("per core"), the
median of the runs; a busy machine counts less in them than in wall seconds, which are printed beside them. "first"
runs see every word for the first time, with no store of learned forms; "second" runs, with another seed, find the
store that a first run has left. The line "shared" runs the recipe together with ``--with`` others, which share
parses and inflected forms, as a first run, and divides by their number.

A text that occurs again near by (a premise with three hypotheses, a context with five questions) is derived once.
With ``--distinct`` each text of the input is taken once, as plain text, to see what it costs without that.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple


class Seconds(NamedTuple):
    """What a command took, its children's CPU included."""

    cpu: float
    wall: float


def spent(words: list[str]) -> Seconds:
    """Seconds of a command and its children."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)}\n{done.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Seconds(used, time.monotonic() - begun)


def median(runs: list[Seconds]) -> Seconds:
    return Seconds(*(statistics.median(column) for column in zip(*runs, strict=True)))


def sentences(args: argparse.Namespace) -> tuple[int, int]:
    """(sentences, words) of the input's fields, as the parser cuts them."""
    from morphaug.formats import read_records
    from morphaug.parsecache import ParseCache, cached, default_path
    from morphaug.parsing import resolve_parser
    from morphaug.tasks import get_task

    task, texts = get_task(args.task), []
    columns = args.columns.split(",") if args.columns else None
    own = 0
    words = 0
    for record, _ in read_records(args.input, "auto", columns=columns):
        if not isinstance(record, dict):
            continue
        trees = task.parses(record)
        if isinstance(trees, dict):
            own += sum(len(p) for p in trees.values())
            words += sum(len(s.tokens) for p in trees.values() for s in p)
            continue
        fields = task.fields(record, {})
        if isinstance(fields, dict):
            texts += list(fields.values())
    if not texts:
        return own, words
    parser = cached(resolve_parser(args.parser, args.model_dir), ParseCache(default_path()))
    for start in range(0, len(texts), 500):
        for parse in parser.parse(texts[start : start + 500]):
            own += len(parse)
            words += sum(len(s.tokens) for s in parse)
    return own, words


def distinct(args: argparse.Namespace, path: Path) -> None:
    """Write each text of the input's fields once, as records of the task text."""
    from morphaug.formats import read_records
    from morphaug.tasks import get_task

    task, columns = get_task(args.task), args.columns.split(",") if args.columns else None
    texts: dict[str, None] = {}
    for record, _ in read_records(args.input, "auto", columns=columns):
        fields = task.fields(record, {}) if isinstance(record, dict) else None
        texts |= dict.fromkeys(fields.values()) if isinstance(fields, dict) else {}
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--task", required=True)
    parser.add_argument("--input", required=True)
    parser.add_argument("--columns", default="")
    parser.add_argument("--target", required=True)
    parser.add_argument("--recipe", default="pseudo")
    parser.add_argument("--with", dest="others", default="lexicon+inflect,noise:pseudo")
    parser.add_argument("--parser", default="auto")
    parser.add_argument("--model-dir", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--distinct", action="store_true", help="each text once, as plain text")
    args = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    if args.distinct:
        distinct(args, folder / "texts.jsonl")
        args.task, args.input, args.columns = "text", str(folder / "texts.jsonl"), ""
    count, words = sentences(args)
    base = [sys.executable, "-m", "morphaug", "generate", "--workers", "1", "--task", args.task]
    base += ["--input", args.input, "--target", args.target, "--parser", args.parser]
    base += ["--columns", args.columns] if args.columns else []
    base += ["--model-dir", str(args.model_dir)] if args.model_dir else []

    def timed(recipes: str, limit: int, *, first: bool, seed: int = 0) -> Seconds:
        from morphaug.formstore import default_path

        out = folder / "out"
        shutil.rmtree(out, ignore_errors=True)
        if first:
            shutil.rmtree(default_path().parent, ignore_errors=True)
        words = [*base, "--recipe", recipes, "--limit", str(limit), "--seed", str(seed), "--out", str(out)]
        return spent(words)

    recipes = f"{args.recipe},{args.others}"
    taken: dict[str, list[Seconds]] = {"start": [], "first": [], "second": [], "shared": []}
    for run in range(args.runs):  # in turn, so that a busy minute hits all of them
        taken["start"].append(timed(args.recipe, 1, first=True))
        taken["first"].append(timed(args.recipe, 0, first=True))
        taken["second"].append(timed(args.recipe, 0, first=False, seed=1 + run))
        taken["shared"].append(timed(recipes, 0, first=True))
    found = {name: median(runs) for name, runs in taken.items()}
    start = found.pop("start")
    head = {"python": sys.version.split()[0], "cores": os.cpu_count(), "start_s": round(start.cpu, 2)}
    print(json.dumps(head))
    print(f"{count} sentences, {words} words, target {args.target}, recipe {args.recipe}")
    for name, seconds in found.items():
        parts = len(recipes.split(",")) if name == "shared" else 1
        cpu, wall = ((a - b) / parts for a, b in zip(seconds, start, strict=True))
        note = f"  (of {recipes})" if parts > 1 else ""
        print(
            f"{name:<7} {count / cpu:6.0f} sentences/s by CPU time, {count / wall:6.0f} by wall"
            f"  {1e6 * cpu / words:6.1f} us/word{note}"
        )
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
