"""A demonstration on what is shipped: a small English sample, and small tables and lexicons of three languages."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from morphaug.errors import MorphaugError

RECIPES = ("morph", "reorder", "synthetic", "lexicon", "lexicon+inflect", "pseudo")
SETS = {
    "nli": ("classification", "nli.jsonl"),
    "qa": ("span-qa", "qa.jsonl"),
    "ner": ("tagging", "tagging.conll"),
}
MARK = ".morphaug-demo"


def demonstrate(out: Path, say: Callable[[str], None] = print) -> dict[str, Path]:
    """Compile the shipped tables, generate from the shipped sample, and show examples.

    Args:
        out: A folder for everything; emptied first if an earlier demonstration made it.
        say: Takes each line of the story.

    Returns:
        The output folder of each data set.

    Raises:
        MorphaugError: The folder holds something else.
    """
    from morphaug import languages
    from morphaug.data import data_file
    from morphaug.generate import Job, generate

    if out.exists() and any(out.iterdir()):
        if not (out / MARK).is_file():
            raise MorphaugError(f"{out} is not empty", "give --out a new folder")
        shutil.rmtree(out)
    out.mkdir(parents=True, exist_ok=True)
    (out / MARK).touch()
    english = data_file("samples", "english")
    folders: dict[str, Path] = {}
    with own_home(out / "home"):
        targets = shipped_languages()
        for code in targets:
            take_samples(code)
            say(f"compiled the shipped {languages.name(code)} table and lexicon")
        for name, (task, file) in SETS.items():
            folders[name] = out / name
            job = Job(task, (str(english / file),), targets, RECIPES, out / name, parser=f"conllu:{english}")
            report = generate(job)
            made = sum(stream["out"] for stream in report["streams"])
            rejected = sum(sum(stream["rejected"].values()) for stream in report["streams"])
            say(f"{task}: {report['records']['read']} English records -> {made} records, {rejected} rejected")
    shown = {"nli": _nli, "qa": _qa, "ner": _ner}
    for name, folder in folders.items():
        say("")
        for line in _before_and_after(folder, shown[name]):
            say(line)
    say("")
    for folder in folders.values():
        say(f"data: {folder}/<target>/<recipe>/part-00000.jsonl   account: {folder}/manifest.json")
    return folders


def shipped_languages() -> tuple[str, ...]:
    """Languages whose small tables and lexicons come with the package."""
    from morphaug.data import data_file

    return tuple(sorted(path.parent.name for path in data_file("samples").glob("*/unimorph.tsv")))


@contextmanager
def own_home(folder: Path) -> Iterator[None]:
    """With MORPHAUG_HOME set to a folder."""
    before = {name: os.environ.get(name) for name in ("MORPHAUG_HOME", "UNIMORPH")}
    os.environ["MORPHAUG_HOME"] = str(folder)
    os.environ.pop("UNIMORPH", None)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def take_samples(code: str) -> None:
    """Import and compile the shipped table and lexicon of a language."""
    from morphaug import resources
    from morphaug.data import data_file

    resources.import_table(code, [data_file("samples", code, "unimorph.tsv")])
    resources.import_lexicon(code, [data_file("samples", code, "lexicon.tsv")], kind="tsv")


def _before_and_after(folder: Path, show: Callable[[dict[str, Any]], str]) -> Iterator[str]:
    """The first record of a data set, as it was and as each recipe made it."""
    from morphaug import languages

    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    task = manifest["plan"]["task"]
    yield f"{task}, before"
    yield f"  {'English':<16} {show(_source(task))}"
    for code in shipped_languages():
        yield f"{task}, after: {languages.name(code)}"
        for recipe in RECIPES:
            with (folder / code / recipe / "part-00000.jsonl").open(encoding="utf-8") as lines:
                first = json.loads(next(lines))
            yield f"  {recipe:<16} {show(first)}"


def _source(task: str) -> dict[str, Any]:
    from morphaug.data import data_file
    from morphaug.formats import read_records

    file = next(file for name, file in SETS.values() if name == task)
    record, _ = next(read_records(data_file("samples", "english", file)))
    assert isinstance(record, dict)
    return record


def _nli(record: dict[str, Any]) -> str:
    return f"{record['premise']} / {record['hypothesis']} = {record['label']}"


def _qa(record: dict[str, Any]) -> str:
    """The question, and the context with the first answer in brackets."""
    context, answers = record["context"], record["answers"]
    start, answer = answers["answer_start"][0], answers["text"][0]
    marked = f"{context[:start]}[{answer}]{context[start + len(answer) :]}"
    return f"{record['question']} {marked}"


def _ner(record: dict[str, Any]) -> str:
    pairs = zip(record["tokens"], record["tags"], strict=True)
    return " ".join(word if tag == "O" else f"{word}/{tag}" for word, tag in pairs)
