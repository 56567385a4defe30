"""What all tasks share: where their files lie, how rows become records, and what is done with those that do not.

A ``Task`` is a row of a table: names of official files, the Hub's id, a function from a row to a record, a
score. Files are read by ``morphaug.formats``, so that a broken line costs one example, is counted, and the
ids are those that ``morphaug generate`` gives the same lines.
"""

from __future__ import annotations

import glob
import string
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, NamedTuple

from harness.metrics import Score
from harness.records import Choice, Classified, Question, Record, Search, Tagged
from harness.store import Kind
from morphaug import languages
from morphaug.derivation import Rejected
from morphaug.errors import MorphaugError, UnknownName
from morphaug.formats import class_names, detect, read_records
from morphaug.formats.source import Item, head, unpacked_name
from morphaug.identity import content_id
from morphaug.tasks import get_task as morphaug_task
from morphaug.tasks.common import lookup, text_problem

SPLITS = {"train": "train", "dev": "dev", "test": "test"}
HUB_SPLITS = {"train": "train", "dev": "validation", "test": "test"}
CONVERTED = "refs/convert/parquet"  # where the Hub keeps the Parquet of sets that were published as scripts

# A table whose first line holds one of these has a header.
_HEADER = frozenset(
    {"label", "gold_label", "sentence1", "premise", "is_duplicate", "sentence_A", "context", "text"}
)
_CLASSES = ("label", "gold_label", "tags", "ner_tags", "pos_tags")  # columns that may hold numbers of classes
_PACKED = ("", ".xz", ".gz", ".bz2")

Row = dict[str, Any]
MakeRecord = Callable[[Row, str, str], Record | None]  # (row, id, language); None: of another language
Loader = Callable[[Path, str], Iterator[Item]]  # (file, language) -> rows, for what no general reader reads


class Broken(Exception):
    """Why a row is no example: a short code for counting, and what a person needs to see."""

    def __init__(self, reason: str, detail: str) -> None:
        self.reason, self.detail = reason, detail
        super().__init__(f"{reason}: {detail}")


class Reject(NamedTuple):
    """An example that could not be used, with the place it was read from."""

    place: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class File:
    """A form in which a set is distributed.

    Args:
        pattern: Path below the data folder, with {split}, {lang} (two letters), {lang3} (ISO 639-3), {name}
            ("finnish"), {title} ("Finnish"), {code} (``Task.codes``) and wildcards.
        columns: Names of the columns of a table without a header.
        splits: What the file names call train, dev and test; a split that is not there is not in this form.
        format: A name of ``morphaug.formats``.
        load: Reads what no format of ``morphaug.formats`` is.
    """

    pattern: str
    columns: tuple[str, ...] = ()
    splits: Mapping[str, str] = field(default_factory=lambda: SPLITS)
    format: str = "auto"
    load: Loader | None = None


@dataclass(frozen=True, slots=True)
class Hub:
    """A set at the Hugging Face Hub, as Parquet.

    Args:
        name: Its id ("google/xtreme").
        config: Its configuration, with the placeholders of ``File``.
        splits: What it calls train, dev and test.
        revision: ``CONVERTED`` where the main branch holds a script.
    """

    name: str
    config: str = ""
    splits: Mapping[str, str] = field(default_factory=lambda: HUB_SPLITS)
    revision: str = ""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was read.

    Args:
        records: The examples.
        rejected: The others, each with its reason.
        sources: The files, or "hub:NAME:CONFIG#SPLIT".
    """

    records: tuple[Record, ...]
    rejected: tuple[Reject, ...]
    sources: tuple[str, ...]

    def counts(self) -> dict[str, int]:
        """How many were rejected, by reason."""
        return dict(sorted(Counter(reject.reason for reject in self.rejected).items()))


@dataclass(frozen=True, slots=True)
class Task:
    """A data set: how it is read and how it is scored.

    Args:
        name: In configurations.
        family: What its units are (see ``harness.store``).
        summary: One line.
        make: From a row to a record.
        forms: How it is distributed, the likeliest first.
        score: (records, predictions in step with them, language) -> Score; None for sets without labels.
        main: Which of the score's values decides.
        labels: Names of classes or tags; () where the training data tell.
        languages: Those it is tested on, () for any.
        codes: Its own names of languages, by two-letter code; others are ISO 639-3.
        hub: Where it is at the Hub; None where it is not there as it should be.
        trains_on: Sets that models for it are trained on, where that is not its own training split.
        parts: Sets that it is the sum of.
        find: Reads a retrieval test: (task, data, split, languages) -> Search.
    """

    name: str
    family: Kind
    summary: str
    make: MakeRecord
    forms: tuple[File, ...] = ()
    score: Callable[[Sequence[Any], Any, str], Score] | None = None
    main: str = ""
    labels: tuple[str, ...] = ()
    languages: tuple[str, ...] = ("en",)
    codes: Mapping[str, str] = field(default_factory=dict)
    hub: Hub | None = None
    trains_on: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    find: Callable[[Task, str, str, Sequence[str]], Search] | None = None

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the official files."""
        return tuple(form.pattern for form in self.forms)

    def read(self, data: str | Path, split: str = "train", language: str = "en") -> list[Record]:
        """The examples that ``load`` finds."""
        return list(self.load(data, split, language).records)

    def load(self, data: str | Path, split: str = "train", language: str = "en") -> Loaded:
        """Read one split in one language.

        Args:
            data: A folder that holds the official files or a copy of the Hub's, a single file, a path with the
                placeholders of ``File``, or "" for the Hub. Files may be packed (.xz, .gz, .bz2).
            split: "train", "dev" or "test".
            language: Two-letter code, or any name that ``morphaug.languages.resolve`` takes.

        Raises:
            MorphaugError: The data are not there (both ways to get them are named), or hold no example.
        """
        if split not in SPLITS:
            raise UnknownName("split", split, SPLITS)
        language = two_letters(language)
        if self.parts:
            return _sum_of_parts(self, str(data), split, language)
        if not str(data):
            return _collect(self, hub_items(self, split, language), split, language)
        found = locate(self, str(data), split, language)
        sources = tuple(str(path) for path, _ in found)
        items = (item for path, form in found for item in _file_items(path, form, language))
        return _collect(self, (sources, items), split, language)

    def search(self, data: str | Path, split: str, wanted: Sequence[str]) -> Search:
        """Read a retrieval test.

        Args:
            data: A folder that holds the official files, a path with the placeholders of ``File``, or "" for
                the Hub (Tatoeba).
            split: "dev" or "test".
            wanted: The queries' languages; a pool of several languages is always searched as a whole.

        Raises:
            MorphaugError: The task is none of retrieval, or its files are not there.
        """
        if self.find is None:
            raise MorphaugError(f"{self.name} is no retrieval test")
        hub = not str(data) and self.hub is not None
        if not hub and "{" not in str(data) and (not str(data) or not Path(data).is_dir()):
            raise MorphaugError(
                f"{self.name}: there is no folder '{data}'", f"it should hold {self.files[0]}"
            )
        return self.find(self, str(data), split, [two_letters(code) for code in wanted])


def two_letters(language: str) -> str:
    """A language's code as XTREME spells it: two letters where there are, else ISO 639-3.

    >>> two_letters("Finnish"), two_letters("swh"), two_letters("en")
    ('fi', 'sw', 'en')
    """
    code = languages.resolve(language)
    return next(iter(languages.alias(code, "xtreme")), code)


def placeholders(task: Task, language: str) -> dict[str, str]:
    """What a pattern's placeholders stand for, except {split}."""
    code = languages.resolve(language)
    name = languages.name(code)
    values = {"lang": language, "lang3": code, "name": name.lower(), "title": name}
    return values | {"code": task.codes.get(language, code)}


def locate(task: Task, data: str, split: str, language: str) -> list[tuple[Path, File]]:
    """The files of a split: those of the first form that is there.

    Raises:
        MorphaugError: None is there.
    """
    values = placeholders(task, language)
    tried = []
    if "{" in data:
        try:
            wanted = data.format(**values, split=split)
        except (KeyError, ValueError, IndexError):
            known = ", ".join(f"{{{name}}}" for name in [*values, "split"])
            raise MorphaugError(f"data '{data}' has an unknown placeholder", f"known: {known}") from None
        paths = [Path(found) for found in sorted(glob.glob(wanted))]
        if paths:
            return [(path, _form_of(task, path)) for path in paths]
        tried = [wanted]
    elif Path(data).is_file():
        return [(Path(data), _form_of(task, Path(data)))]
    elif not Path(data).is_dir():
        raise MorphaugError(f"{task.name}: there is no folder or file {data}", _remedy(task))
    else:
        for form in (*task.forms, *_hub_forms(task)):
            if split not in form.splits:
                continue
            pattern = form.pattern.format(**values, split=form.splits[split])
            for root in (data, f"{data}/{task.name}"):
                if hits := _packed_or_not(f"{glob.escape(root)}/{pattern}"):
                    return [(path, form) for path in hits]
            tried.append(pattern)
    raise MorphaugError(
        f"no {split} data of {task.name} in {languages.name(language)}"
        + (f": {data} has no {' or '.join(tried[:4])}" if tried else f": it has no {split} split"),
        _remedy(task),
    )


def _packed_or_not(pattern: str) -> list[Path]:
    """The files of a pattern, in order of their names; one that is there twice is read as it is."""
    found: dict[str, Path] = {}
    for end in _PACKED:
        for hit in glob.glob(pattern + end):
            if Path(hit).is_file():
                found.setdefault(hit.removesuffix(end), Path(hit))
    return [found[name] for name in sorted(found)]


def _hub_forms(task: Task) -> Iterator[File]:
    """A copy of the set's folder at the Hub: CONFIG/validation-00000-of-00001.parquet."""
    hub = task.hub
    if hub is not None:
        splits = {ours: theirs for ours, theirs in hub.splits.items() if "+" not in theirs}
        for root in (f"{hub.config}/", "data/", "") if hub.config else ("", "data/"):
            yield File(root + "{split}-*.parquet", splits=splits)


def _remedy(task: Task) -> str:
    if task.hub is None:
        return "it is not at the Hub: put the official files there"
    return f"put the official files there, or leave data empty to load {task.hub.name} from the Hub"


def _form_of(task: Task, path: Path) -> File:
    """The form that a file's name looks like; the general formats if it looks like none."""
    stars = dict.fromkeys(("split", "lang", "lang3", "name", "title", "code"), "*")
    name = unpacked_name(path)
    for form in task.forms:
        special = form.columns or form.load or form.format != "auto"
        if special and fnmatch(name, Path(form.pattern.format(**stars)).name.lower()):
            return form
    tables = (form for form in task.forms if form.columns)
    return File(path.name, columns=next((form.columns for form in tables), ()))


def _file_items(path: Path, form: File, language: str) -> Iterator[Item]:
    if form.load is not None:
        return form.load(path, language)
    format = detect(path) if form.format == "auto" else form.format
    if format == "parquet":
        known = {column: class_names(str(path), column) for column in _CLASSES}
        return _named(read_records(path, format), {column: names for column, names in known.items() if names})
    if form.columns and format in ("tsv", "csv"):
        first = head(path).partition("\n")[0].rstrip("\r").split("\t" if format == "tsv" else ",")
        if not _HEADER & {cell.strip() for cell in first}:
            # A test file may lack its last column, the labels.
            return read_records(path, format, columns=form.columns[: len(first)], header=False)
    return read_records(path, format)


def _collect(task: Task, given: tuple[tuple[str, ...], Iterator[Item]], split: str, language: str) -> Loaded:
    sources, items = given
    records, rejected = make_records(task, items, language, train=split == "train")
    if not records:
        first = f"; the first one ({rejected[0].place}): {rejected[0].detail}" if rejected else ""
        raise MorphaugError(
            f"{sources[0]}: no {split} example of {task.name} in {languages.name(language)}"
            f" among {len(rejected)} rejected{first}"
        )
    return Loaded(tuple(records), tuple(rejected), sources)


def make_records(
    task: Task, items: Iterator[Item], language: str, *, train: bool
) -> tuple[list[Record], list[Reject]]:
    """Records of rows, each with an id of its own: the row's, else one of its content.

    Args:
        task: Makes them.
        items: What a reader yields.
        language: Two-letter code.
        train: Whether an example without a label is of no use.
    """
    records: list[Record] = []
    rejected: list[Reject] = []
    seen: Counter[str] = Counter()
    own_id = morphaug_task("text").example_id
    for row, place in items:
        if isinstance(row, Rejected):
            rejected.append(Reject(place, row.reason, row.detail))
            continue
        name = own_id(row) or content_id(row)
        seen[name] += 1
        try:
            record = task.make(row, name if seen[name] == 1 else f"{name}-{seen[name]}", language)
            if record is not None and train and unlabelled(record):
                raise Broken("missing_label", "no label to train on")
        except Broken as problem:
            rejected.append(Reject(place, problem.reason, problem.detail))
            continue
        if record is not None:
            records.append(record)
        else:
            seen[name] -= 1
    return records, rejected


def unlabelled(record: Record) -> bool:
    """Whether an example's label is withheld."""
    if isinstance(record, (Classified, Choice)):
        return record.label is None
    if isinstance(record, Tagged):
        return record.tags is None
    return isinstance(record, Question) and not record.answers and not record.impossible


def check_labelled(records: Sequence[Record]) -> None:
    """Refuse to score a set whose labels are withheld: it would come out as all wrong.

    Raises:
        MorphaugError: An example has no label.
    """
    if bare := next((record for record in records if unlabelled(record)), None):
        raise MorphaugError(f"example {bare.id} has no label to score by", "this set's labels are withheld")


def _sum_of_parts(task: Task, data: str, split: str, language: str) -> Loaded:
    from dataclasses import replace

    from harness.tasks import TASKS

    loaded = [(name, TASKS[name].load(data, split, language)) for name in task.parts]
    return Loaded(
        tuple(replace(r, id=f"{name}:{r.id}") for name, part in loaded for r in part.records),
        tuple(reject for _, part in loaded for reject in part.rejected),
        tuple(source for _, part in loaded for source in part.sources),
    )


# -- the Hub ----------------------------------------------------------------------------------------


def hub_items(task: Task, split: str, language: str) -> tuple[tuple[str, ...], Iterator[Item]]:
    """("hub:NAME:CONFIG#SPLIT",) and the rows, with names of classes in place of their numbers.

    Raises:
        MorphaugError: The Hub does not have the set, or does not give it.
    """
    hub = task.hub
    if hub is None or split not in hub.splits:
        what = "is not at the Hub" if hub is None else f"has no {split} split at the Hub"
        raise MorphaugError(f"{task.name} {what}", f"give data: a folder with {' or '.join(task.files[:3])}")
    config = hub.config.format(**placeholders(task, language))
    source = f"hub:{hub.name}{f':{config}' if config else ''}#{hub.splits[split]}"
    try:
        import datasets
    except ImportError:
        raise MorphaugError(
            f"{source} needs the package datasets", "pip install 'morphaug[datasets]'"
        ) from None
    try:
        found = datasets.load_dataset(
            hub.name, config or None, split=hub.splits[split], revision=hub.revision or None
        )
    except Exception as error:  # the hub's client raises whatever its transport does
        first = (str(error).strip().splitlines() or [type(error).__name__])[0][:160]
        raise MorphaugError(
            f"{source} cannot be loaded: {first}",
            f"or give data: a folder with {' or '.join(task.files[:3])}",
        ) from None
    names = {name: _class_names(feature) for name, feature in found.features.items()}
    rows = ((row, f"{hub.name}: row {number}") for number, row in enumerate(found, 1))
    return (source,), _named(rows, names)


def _class_names(feature: Any) -> Sequence[str]:
    return getattr(getattr(feature, "feature", feature), "names", None) or ()


def _named(items: Iterator[Item], names: Mapping[str, Sequence[str]]) -> Iterator[Item]:
    """Rows with the names of classes in place of their numbers; a negative number is no label."""
    for row, place in items:
        if isinstance(row, dict):
            for column, known in names.items():
                number = row[column]
                if known and isinstance(number, list):
                    row[column] = [known[n] for n in number]
                elif known and number is not None:
                    row[column] = known[number] if number >= 0 else None
        yield row, place


# -- taking rows apart ------------------------------------------------------------------------------


def value(row: Row, *names: str) -> Any:
    """The first field of these names that the row has; "question.stem" is an inner one.

    Raises:
        Broken: It has none.
    """
    for name in names:
        found = lookup(row, name)
        if found is not None:
            return found
    raise Broken(
        "missing_field", f"no field {' or '.join(names)}; the row has {', '.join(map(str, row))[:120]}"
    )


def text(row: Row, *names: str) -> str:
    """A field that is text, not empty, and can be written as UTF-8.

    Raises:
        Broken: It is missing, empty or something else.
    """
    found = value(row, *names)
    if problem := text_problem(found, names[0]):
        raise Broken(problem.reason, problem.detail)
    return str(found)


def label(row: Row, labels: Sequence[str], aliases: Mapping[str, str], *names: str) -> str | None:
    """The name of a class; None if it is withheld.

    Args:
        row: A row.
        labels: The classes; () for any.
        aliases: Other spellings of them; "" marks one that stands for "no agreed label".
        names: Where it may stand.

    Raises:
        Broken: It is no class of the set.
    """
    found = next((v for name in names if (v := lookup(row, name)) is not None), None)
    if found is None or found == "":
        return None
    said = str(found).strip()
    said = aliases.get(said, said)
    if not said:
        raise Broken("no_agreed_label", f"the label is {found!r}")
    if labels and said not in labels:
        raise Broken("unknown_label", f"{said!r} is none of {', '.join(labels)}")
    return said


def codes(text: str) -> tuple[str, ...]:
    """The words of a text: how lists of languages are written down."""
    return tuple(text.split())


def is_letter(mark: object) -> bool:
    """Whether a label is a single capital letter."""
    return isinstance(mark, str) and len(mark) == 1 and mark in string.ascii_uppercase
