"""What a phase trains on and selects by: originals, augmented records, and development data kept apart from both.

Every choice is made by a hash of ids or texts, never by place or by chance: the same file in another order gives
the same split, all arms take the same examples, and what stands in the development part stands nowhere else, not
under another id and not as an augmented copy.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b, sha256
from pathlib import Path

from harness.config import TaskConfig
from harness.records import Choice, Classified, Plain, Question, Record, Tagged, reversed_pairs
from harness.tasks import TASKS, Task
from harness.tasks.augmented import load as load_augmented
from morphaug.errors import MorphaugError


@dataclass(frozen=True, slots=True)
class TaskData:
    """One task's examples for a phase.

    Attributes:
        task: Of the registry.
        train: Originals, then augmented records.
        dev: English development examples (or of the training languages); empty for none.
        dev_from: "file", "carved" or "none".
        counts: What was read, used and left out, by reason.
        augmented: How many of ``train``, at its end, are augmented records.
        twins: For each of ``train`` what it is to be consistent with; empty if nothing is.
    """

    task: Task
    train: tuple[Record, ...]
    dev: tuple[Record, ...]
    dev_from: str
    counts: Mapping[str, int] = field(default_factory=dict)
    augmented: int = 0
    twins: tuple[tuple[Record, ...], ...] = ()

    def digest(self) -> str:
        """A hash of every example and its place."""
        own = records_digest((*self.train, *self.dev), str(len(self.train)))
        if not self.twins:
            return own
        places = [len(found) for found in self.twins]
        return records_digest([twin for found in self.twins for twin in found], f"{own} {places}")


def records_digest(records: Iterable[Record], salt: str = "") -> str:
    """A hash of examples, in order, hexadecimal."""
    out = sha256(salt.encode())
    for record in records:
        out.update(repr(record).encode("utf-8", "surrogatepass"))
    return out.hexdigest()


def position(text: str, purpose: str = "") -> float:
    """Where a text falls between 0 and 1, by hash.

    >>> round(position("qa-01", "dev"), 3) == round(position("qa-01", "dev"), 3)
    True
    """
    raw = blake2b(f"{purpose}\0{text}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(raw, "big") / 2**64


def main_text(record: Record) -> str:
    """The text that examples of one origin share: context, premise, prompt, the sentence itself.

    Splits go by it, so that two questions about one context never stand on both sides.
    """
    if isinstance(record, Question):
        return record.context
    if isinstance(record, Tagged):
        return " ".join(record.words)
    if isinstance(record, Choice):
        return record.prompt
    if isinstance(record, Classified):
        return record.text
    return record.text if isinstance(record, Plain) else record.query


def carve(records: Sequence[Record], share: float) -> tuple[list[Record], list[Record]]:
    """(training, development) examples, by a hash of the main text."""
    train: list[Record] = []
    dev: list[Record] = []
    for record in records:
        (dev if position(main_text(record), "dev") < share else train).append(record)
    return train, dev


def limited(records: Sequence[Record], limit: int) -> list[Record]:
    """At most so many examples: those whose ids hash lowest, in their own order; 0 for all."""
    if not limit or limit >= len(records):
        return list(records)
    at = sorted(range(len(records)), key=lambda i: (position(records[i].id, "limit"), i))[:limit]
    return [records[i] for i in sorted(at)]


def load_task(
    config: TaskConfig, *, dev_is_test: bool = False, tested: Container[str] = (), place: str = ""
) -> TaskData:
    """Read a task's training and development data.

    Args:
        config: Of the task in its phase.
        dev_is_test: Whether the run is evaluated on this task's development files: then ``dev: auto`` carves.
        tested: Files that the run is evaluated on, resolved: nothing is trained on or selected by them.
        place: "target.tasks[0]", for errors.

    Raises:
        MorphaugError: Data are missing, empty or cannot be kept apart.
    """
    task = TASKS[config.task]
    counts: Counter[str] = Counter()
    try:
        originals, files = _read(task, config, config.split, counts)
    except MorphaugError as error:
        instead = f"models for {task.name} are trained on {' or '.join(task.trains_on)}"
        raise MorphaugError(f"{place}: {error.message}", instead if task.trains_on else error.hint) from None
    if both := [name for name in sorted(files) if name in tested]:
        raise MorphaugError(f"{place}: {both[0]} is what the run is evaluated on", "train on another file")
    counts["read"] = len(originals)
    dev_from, dev = _development(task, config, dev_is_test, files, tested, place, counts)
    if dev_from == "carved":
        originals, dev = carve(originals, config.dev_share)
        if not dev or not originals:
            raise MorphaugError(
                f"{place}: {len(originals) + len(dev)} examples are too few to carve development data from",
                "set dev: none",
            )
    used = limited(originals, config.limit)
    train: list[Record] = list(used) if config.original else []
    counts["original"] = len(train)
    if config.reverse:
        train = list(reversed_pairs([r for r in train if isinstance(r, Classified)]))
        counts["reversed"] = len(train) - counts["original"]
    for folder in config.augmented:
        train += _augmented(task, config, folder, used, originals, dev, dev_from, counts, place)
    dev = limited(dev, config.dev_limit)
    counts["dev"] = len(dev)
    twins = _twins(task, config, train, counts, place) if config.twins else ()
    return TaskData(task, tuple(train), tuple(dev), dev_from, dict(counts), counts["augmented"], twins)


def _read(task: Task, config: TaskConfig, split: str, counts: Counter[str]) -> tuple[list[Record], set[str]]:
    """The examples of a split, and the files they are from."""
    found: list[Record] = []
    sources: set[str] = set()
    for language in config.languages:
        loaded = task.load(config.data, split, language)
        found += loaded.records
        sources.update(str(Path(name).resolve()) if config.data else name for name in loaded.sources)
        counts.update({f"rejected_{reason}": n for reason, n in loaded.counts().items()})
    return found, sources


def _development(
    task: Task,
    config: TaskConfig,
    dev_is_test: bool,
    files: set[str],
    tested: Container[str],
    place: str,
    counts: Counter[str],
) -> tuple[str, list[Record]]:
    """Where development data come from, and the examples unless they are to be carved."""
    if config.dev == "none" or task.family == "mlm":
        return "none", []
    if config.dev == "carve" or (config.dev == "auto" and dev_is_test):
        return "carved", []
    try:
        dev, sources = _read(task, config, "dev", counts)
        for name in sorted(sources):
            if name in files or name in tested:
                what = "trained" if name in files else "evaluated"
                raise MorphaugError(f"{name} is what the run is {what} on", "set dev: carve")
    except MorphaugError as error:
        if config.dev == "auto":
            return "carved", []
        raise MorphaugError(f"{place}.dev: {error.message}", error.hint or "set dev: carve") from None
    return "file", dev


def _augmented(
    task: Task,
    config: TaskConfig,
    folder: str,
    used: Sequence[Record],
    originals: Sequence[Record],
    dev: Sequence[Record],
    dev_from: str,
    counts: Counter[str],
    place: str,
) -> list[Record]:
    """The augmented records of a folder whose sources are trained on."""
    try:
        loaded = load_augmented(task, Path(folder))
    except MorphaugError as error:
        raise MorphaugError(f"{place}.augmented: {error.message}", error.hint) from None
    records = loaded.records
    counts["augmented_read"] += len(records)
    counts.update({f"augmented_rejected_{reason}": n for reason, n in loaded.counts().items()})
    known, wanted = {record.id for record in originals}, {record.id for record in used}
    held_out = {record.id for record in dev} if dev_from == "carved" else set()
    careful = dev_from == "carved" or config.limit > 0
    out: list[Record] = []
    unmatched = 0
    for record in records:
        source = record.origin.source_id if record.origin else record.id
        if source in held_out:
            counts["augmented_of_development"] += 1
        elif source not in known and careful:
            unmatched += 1  # what it was made of may stand in the development part
        elif source in known and source not in wanted:
            counts["augmented_beyond_limit"] += 1
        elif position(source, "ratio") >= config.ratio:
            counts["augmented_beyond_ratio"] += 1
        else:
            out.append(record)
    counts["augmented_unmatched"] += unmatched
    counts["augmented"] += len(out)
    if unmatched and not out:
        raise MorphaugError(
            f"{place}.augmented: {folder} was not made of this training data: none of its {len(records)} "
            f"records names a source that was read",
            "run morphaug generate on the same file",
        )
    return out


def _twins(
    task: Task, config: TaskConfig, train: Sequence[Record], counts: Counter[str], place: str
) -> tuple[tuple[Record, ...], ...]:
    """The variants of each original, corpus by corpus; none for augmented records."""
    made: defaultdict[str, list[Record]] = defaultdict(list)
    for folder in config.twins:
        try:
            loaded = load_augmented(task, Path(folder))
        except MorphaugError as error:
            raise MorphaugError(f"{place}.twins: {error.message}", error.hint) from None
        counts.update({f"twins_rejected_{reason}": n for reason, n in loaded.counts().items()})
        origins = [record.origin for record in loaded.records if record.origin is not None]
        if not origins or (task.family in ("tag", "span") and not any(origin.pieces for origin in origins)):
            raise MorphaugError(
                f"{place}.twins: {folder} does not say what its words stand for",
                "make it as JSON lines, with morphaug generate --provenance",
            )
        for record, origin in zip(loaded.records, origins, strict=True):
            made[origin.source_id].append(record)
    originals = train[: len(train) - counts["augmented"]]
    found = [tuple(made.get(record.id, ())) for record in originals]
    counts["twins"] = sum(map(len, found))
    counts["without_twin"] = found.count(())
    if not counts["twins"]:
        raise MorphaugError(
            f"{place}.twins: {', '.join(config.twins)}: made of none of the {len(originals)} examples",
            "run morphaug generate on the same file",
        )
    return (*found, *[()] * counts["augmented"])
