"""Inflection data in files: rows to train on, questions to answer, and answers beside them.

Files are UniMorph's and SIGMORPHON's: tab-separated, plain or compressed (.xz, .gz), with lemma, form and bundle
in either order; a file of questions may lack the form. Rows are taken as they stand (unlike a compiled table's):
a prediction is compared with the very string of the file.
"""

from __future__ import annotations

import lzma
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from morphaug.errors import MissingResource, MorphaugError
from morphaug.features import parse_bundle
from morphaug.inflection import Guess, Inflector
from morphaug.paradigms import _looks_like_bundle, _open, nfc

_EXAMPLES = 5


class Line(NamedTuple):
    """A line of a file.

    Attributes:
        columns: Its columns, as written.
        lemma, form, bundle: What they say; the form is "" if there is none, the bundle canonical.
    """

    columns: tuple[str, ...]
    lemma: str
    form: str
    bundle: str


class Lines(NamedTuple):
    """A file of rows.

    Attributes:
        rows: Those that can be read.
        order: The columns of lemma, form and bundle.
        bad: Of those that cannot be read (line number, why), in order.
    """

    rows: list[Line]
    order: tuple[int, int, int]
    bad: list[tuple[int, str]]

    def report(self) -> list[str]:
        """What could not be read, in a few lines: each reason, how often, and where first."""
        places: dict[str, list[int]] = {}
        for number, why in self.bad:
            places.setdefault(why, []).append(number)
        return [
            f"{len(found)} lines left out: {why} (line {', '.join(map(str, found[:_EXAMPLES]))}"
            f"{', …' if len(found) > _EXAMPLES else ''})"
            for why, found in sorted(places.items())
        ]


def read_lines(path: Path, *, forms: bool = True) -> Lines:
    """Read a file of inflection data.

    Args:
        path: A file with the columns lemma, form, bundle or lemma, bundle, form; further columns are kept.
        forms: Whether a row needs a form; without, a row may also be just lemma and bundle.

    Raises:
        MorphaugError: if the file cannot be read, no column looks like bundles, or no row is left.
    """
    raw: list[tuple[int, tuple[str, ...]]] = []
    bad: list[tuple[int, str]] = []
    number = 0
    try:
        with _open(path) as lines:
            for number, line in enumerate(lines, 1):
                try:
                    text = line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
                except UnicodeDecodeError:
                    bad.append((number, "not UTF-8"))
                    continue
                columns = tuple(text.split("\t"))
                if not text.strip():
                    bad.append((number, "blank"))
                elif len(columns) < (3 if forms else 2):
                    bad.append((number, "too few columns"))
                else:
                    raw.append((number, columns))
    except (OSError, EOFError, lzma.LZMAError) as error:
        raise MorphaugError(
            f"{path}, line {number + 1}: cannot be read ({error})", "fetch the file again"
        ) from None
    order = _order(path, [columns for _, columns in raw])
    rows = []
    for number, columns in raw:
        lemma, form, tag = (columns[k].strip() if k < len(columns) else "" for k in order)
        bundle = parse_bundle(tag)
        if not lemma or not bundle:
            bad.append((number, "no lemma" if not lemma else "no bundle"))
        elif forms and not form:
            bad.append((number, "no form"))
        elif not (lemma.isprintable() and form.isprintable()):
            bad.append((number, "control characters"))
        else:
            rows.append(Line(columns, nfc(lemma), nfc(form), bundle))
    if not rows:
        raise MorphaugError(f"{path}: no row can be read", "give a file with lemma, form and bundle")
    return Lines(rows, order, sorted(bad))


def _order(path: Path, rows: Sequence[tuple[str, ...]]) -> tuple[int, int, int]:
    votes = Counter(
        k for columns in rows[:500] for k in (1, 2) if _looks_like_bundle("".join(columns[k : k + 1]))
    )
    if not rows or max(votes.values(), default=0) * 2 < len(rows[:500]):
        raise MorphaugError(
            f"{path}: no column of bundles such as 'N;ACC;SG'",
            "the columns are lemma, form, bundle (or lemma, bundle, form), separated by tabs",
        )
    return (0, 2, 1) if votes[1] > votes[2] else (0, 1, 2)


def train_file(
    path: Path, model: Path, progress: Callable[[float], None] | None = None
) -> tuple[Lines, Inflector]:
    """Train an inflector on a file and write it into a folder.

    Args:
        path: Rows to train on.
        model: The folder; made if need be. An inflector that is there is replaced.
        progress: See ``Inflector.train``.

    Raises:
        MorphaugError: if the file cannot be read or the folder not be written.
    """
    lines = read_lines(path)
    if model.exists() and not model.is_dir():
        raise MorphaugError(f"{model}: a file is in the way", "name another folder for the model")
    trained = Inflector.train(((row.lemma, row.form, row.bundle) for row in lines.rows), progress=progress)
    try:
        model.mkdir(parents=True, exist_ok=True)
        trained.save(model)
    except OSError as error:
        raise MorphaugError(f"{model}: {error.strerror or error}", "name another folder") from None
    return lines, trained


def open_model(model: Path) -> Inflector:
    """Open an inflector that ``train_file`` wrote.

    Raises:
        MorphaugError: if there is none, or it is damaged or of another version.
    """
    try:
        return Inflector.open(model)
    except MissingResource:
        raise MorphaugError(
            f"no inflector in {model}", "train one: morphaug inflector train TRAIN.tsv --model FOLDER"
        ) from None


class Answers(NamedTuple):
    """What an inflector made of a file.

    Attributes:
        lines: The file.
        guesses: For each row, the forms it may have, the likeliest first.
        scored, right: Rows that have a form to compare with, and those of them whose first guess is that form.
    """

    lines: Lines
    guesses: list[tuple[Guess, ...]]
    scored: int
    right: int


def predict_file(path: Path, inflector: Inflector) -> Answers:
    """Answer every row of a file.

    Raises:
        MorphaugError: if the file cannot be read.
    """
    lines = read_lines(path, forms=False)
    guesses = inflector.ranked_many([(row.lemma, row.bundle) for row in lines.rows])
    scored = [(row.form, found) for row, found in zip(lines.rows, guesses, strict=True) if row.form]
    right = sum(bool(found) and found[0].form == form for form, found in scored)
    return Answers(lines, guesses, len(scored), right)


def write_predictions(answers: Answers, out: Path, n_best: int = 0) -> None:
    """Write a prediction per row, in the file's own column order; a row without one gets an empty form.

    Args:
        answers: From ``predict_file``.
        out: Where to write; the file appears whole or not at all.
        n_best: If above 0, so many lines per row at most, each with two columns more: the probability, and
            which part of the inflector made the form.

    Raises:
        MorphaugError: if the file cannot be written.
    """
    _, at_form, _ = answers.lines.order

    def rows() -> Iterable[str]:
        for row, found in zip(answers.lines.rows, answers.guesses, strict=True):
            for guess in found[: max(1, n_best)] or (Guess("", 0.0, "none"),):
                columns = [*row.columns[:3], *[""] * (3 - len(row.columns))]
                columns[at_form] = guess.form
                if n_best:
                    columns += [f"{guess.probability:.4f}", guess.maker]
                yield "\t".join(columns) + "\n"

    try:
        handle, part = tempfile.mkstemp(prefix=f".{out.name}.", dir=out.parent)
        try:
            with open(handle, "w", encoding="utf-8", newline="\n") as file:
                file.writelines(rows())
            os.chmod(part, 0o644)
            os.replace(part, out)
        except BaseException:
            os.unlink(part)
            raise
    except OSError as error:
        raise MorphaugError(f"{out}: {error.strerror or error}", "name another file") from None
