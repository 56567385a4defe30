"""Sentences a second of `morphaug generate` on one core, from cached parses.

    python benchmarks/generate.py --task span-qa --input train.json --target fin --recipe pseudo \
        --parser stanza --model-dir MODELS

The command runs as a whole process, with one worker: once to fill the parse cache, then ``--runs`` times. A run of
one record measures the start-up, which is taken off. CPU seconds are the child's own, so that a busy machine
does not count; the median is printed. "cold" runs see every word for the first time; the line "shared" runs the
recipe together with ``--with`` others, which share parses and inflected forms, and divides by their number.
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
from pathlib import Path


def cpu(words: list[str]) -> float:
    """CPU seconds of a command and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)}\n{done.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


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
    args = parser.parse_args()
    count, words = sentences(args)
    base = [sys.executable, "-m", "morphaug", "generate", "--workers", "1", "--task", args.task]
    base += ["--input", args.input, "--target", args.target, "--parser", args.parser]
    base += ["--columns", args.columns] if args.columns else []
    base += ["--model-dir", str(args.model_dir)] if args.model_dir else []
    folder = Path(tempfile.mkdtemp())

    def timed(recipes: str, limit: int) -> float:
        out = folder / "out"
        shutil.rmtree(out, ignore_errors=True)
        return cpu([*base, "--recipe", recipes, "--limit", str(limit), "--out", str(out)])

    start = statistics.median(timed(args.recipe, 1) for _ in range(args.runs))
    recipes = f"{args.recipe},{args.others}"
    cold = statistics.median(timed(args.recipe, 0) for _ in range(args.runs)) - start
    shared = (statistics.median(timed(recipes, 0) for _ in range(args.runs)) - start) / len(
        recipes.split(",")
    )
    print(json.dumps({"python": sys.version.split()[0], "cores": os.cpu_count(), "start_s": round(start, 2)}))
    print(f"{count} sentences, {words} words, target {args.target}, recipe {args.recipe}")
    print(f"cold    {count / cold:8.0f} sentences/s  {1e6 * cold / words:6.1f} us/word")
    print(f"shared  {count / shared:8.0f} sentences/s  {1e6 * shared / words:6.1f} us/word  (of {recipes})")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
