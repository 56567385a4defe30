"""Generation: records in, augmented records out, with every label checked, in shards that survive an interruption.

    read → check → id → parse (cached) → chunks → workers: every target × recipe × variant → shards → manifest

The output depends on the records, the resources and the settings; not on the number of workers, the size of
shards, the order of the input, or whether the run was interrupted.
"""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from morphaug import pool
from morphaug.derivation import Rejected
from morphaug.errors import MorphaugError, UnknownName
from morphaug.formstore import FormStore, default_path
from morphaug.identity import SeenIds, content_id
from morphaug.manifest import Account, input_note, manifest, versions
from morphaug.parsecache import decode, encode
from morphaug.prepare import TreeSource, check
from morphaug.shards import MANIFEST, ShardWriter, Writer, open_folder
from morphaug.trees import Sentence, uncollected
from morphaug.work import Example, Made, Reject, Settings, work

if TYPE_CHECKING:
    from morphaug.inflection import Inflector
    from morphaug.recipes import Recipe
    from morphaug.target import Target

CHUNK = 64  # examples that go to a worker together
GROUP = 512  # examples that are parsed together
_COLLECTED = 64  # chunks between searches for cycles: more often, they find the same trees again

Progress = Callable[[int, int], None]
"""Called with the number of examples that are done and of records written."""


@dataclass(frozen=True, slots=True)
class Job:
    """What to generate.

    Attributes:
        task: Name of the task ("span-qa").
        inputs: Files, "hf:FOLDER" or "hub:NAME".
        targets: Languages, by any name that ``languages.resolve`` knows.
        recipes: Names of recipes.
        out: The output folder; new or empty, unless ``resume``.
        parser: "stanza", "spacy:MODEL", "conllu:FILE", or "auto": the trees that CoNLL-U input carries,
            Stanza for the rest.
        model_dir: Folder of the parser's model.
        parse_cache: The parse cache; None for the user's.
        recipe_file: YAML file of own recipes.
        input_format: As ``formats.read_records`` names it, "auto" to see for itself.
        format: Of the shards: "jsonl", "parquet", "native" (the input's own) or "auto" (CoNLL-U for the
            task conllu, JSONL for the others).
        columns: Names of a table's columns, for one without a header line.
        fields: The input's names of the task's fields, {"premise": "sentence1"}.
        seed: Of all random draws.
        variants: Records made of each example.
        rate: Share of the sites that operators touch, 0 to 1.
        provenance: Add each word's sources and rules to the records.
        limit: Read only that many records; 0 for all.
        shard_size: Examples in a shard.
        workers: Processes.
        resume: Go on with an interrupted run.
    """

    task: str
    inputs: tuple[str, ...]
    targets: tuple[str, ...]
    recipes: tuple[str, ...]
    out: Path
    parser: str = "auto"
    model_dir: Path | None = None
    parse_cache: Path | None = None
    recipe_file: Path | None = None
    input_format: str = "auto"
    format: Literal["auto", "jsonl", "parquet", "native"] = "auto"
    columns: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0
    variants: int = 1
    rate: float = 1.0
    provenance: bool = False
    limit: int = 0
    shard_size: int = 10_000
    workers: int = 1
    resume: bool = False


def generate(job: Job, progress: Progress | None = None) -> dict[str, Any]:
    """Run a job.

    Args:
        job: What to do.
        progress: Told how far it is.

    Returns:
        The manifest, as written to ``out/manifest.json``.

    Raises:
        MorphaugError: Something about the job is wrong; nothing is written. Or no record could be read.
        KeyboardInterrupt: Passed on; what is finished stays, and ``resume`` goes on after it.
    """
    return _Run(job, progress).go()


@dataclass(frozen=True, slots=True)
class _Chunk:
    """A piece of work.

    Attributes:
        shard: The shard it belongs to.
        last: Whether the shard ends with it.
        read: Records that were read for it, broken ones included.
        taken: Examples that were taken for it, those that could not be parsed included.
        examples, parses: What there is to do. To workers parses travel as the parse cache's bytes, at a
            fifth of the cost of pickled trees.
        rejects: Records that were read or parsed in vain.
    """

    shard: int
    last: bool
    read: int
    taken: int
    examples: list[Example]
    parses: list[Mapping[str, Sequence[Sentence] | bytes]]
    rejects: list[Reject]


class _Run:
    """The state of one call of ``generate``."""

    def __init__(self, job: Job, progress: Progress | None) -> None:
        from morphaug import formats, languages
        from morphaug.tasks import get_task

        if job.workers < 1 or job.shard_size < 1:
            raise MorphaugError("workers and shard size are at least 1")
        self.job = job
        self.progress = progress
        self.started = time.monotonic()
        self.task = get_task(job.task)
        self.recipes = find_recipes(job.recipes, job.recipe_file)
        self.codes = tuple(dict.fromkeys(languages.resolve(code) for code in job.targets))
        self.streams = [(code, r.name) for code in self.codes for r in self.recipes]
        if not self.streams:
            raise MorphaugError("nothing to make", "name a target language and a recipe")
        self.input_formats = [
            formats.detect(source) if job.input_format == "auto" else job.input_format
            for source in job.inputs
        ]
        for name in self.input_formats:
            if name not in formats.FORMATS:
                raise UnknownName("format", name, formats.FORMATS)
        self.format = self.output_format()
        self.settings = Settings(
            job.task,
            self.names(),
            job.seed,
            job.variants,
            job.rate,
            job.provenance,
            plain=self.format not in ("jsonl", "parquet"),
        )
        self.trees = TreeSource(job.parser, job.model_dir, job.parse_cache)
        self.read = 0
        self.broken: list[Reject] = []
        self.parsing = 0.0

    def go(self) -> dict[str, Any]:
        from morphaug import formats

        job = self.job
        plan = self.plan()
        suffix = formats.FORMATS[self.format].suffix
        self.folder = open_folder(job.out, self.streams, suffix, plan, resume=job.resume)
        if self.folder.complete:
            found: dict[str, Any] = json.loads((job.out / MANIFEST).read_text(encoding="utf-8"))
            return found
        account = Account.empty(self.streams)
        for note in self.folder.finished:
            account.add(Account.from_json(self.streams, note["account"]))
        try:
            with closing(self.results()) as results:
                shards = self.write(results, account)
        except MorphaugError:
            if not account.read:
                self.folder.discard()
            raise
        seconds = time.monotonic() - self.started
        report = manifest(
            plan,
            account,
            {
                "finished": datetime.now(UTC).isoformat(timespec="seconds"),
                "seconds": round(seconds, 2),
                "seconds_parsing": round(self.parsing, 2),
                "workers": job.workers,
                "resumed_after_shards": len(self.folder.finished),
            },
        )
        self.folder.conclude(shards, report)
        return report

    def plan(self) -> dict[str, Any]:
        """Everything that decides what is written: a resumed run must have the same."""
        from morphaug.recipes import require
        from morphaug.target import load_target

        job = self.job
        targets = {code: load_target(code) for code in self.codes}
        for found in targets.values():
            for recipe in self.recipes:
                require(found, recipe)  # says what is missing, before anything is written
        carried = job.parser == "auto" and set(self.input_formats) == {"conllu"}
        return {
            "task": job.task,
            "inputs": [input_note(source) for source in job.inputs],
            "input_formats": self.input_formats,
            "format": self.format,
            "fields": dict(sorted(self.settings.fields.items())),
            "columns": list(job.columns),
            "parser": "the input's own trees" if carried else self.trees.open().name,
            "targets": {code: found.digests() for code, found in targets.items()},
            "recipes": {r.name: r.fingerprint() for r in self.recipes},
            "seed": job.seed,
            "variants": job.variants,
            "rate": job.rate,
            "limit": job.limit,
            "provenance": job.provenance,
            "shard_size": job.shard_size,
            "versions": versions(),
        }

    def output_format(self) -> str:
        """The name of the shards' format.

        Raises:
            MorphaugError: The input's own format cannot hold what the task makes.
        """
        from morphaug import formats

        job = self.job
        if job.format == "auto":
            return "conllu" if job.task == "conllu" else "jsonl"
        if job.format != "native":
            return job.format
        name = formats.FORMATS[self.input_formats[0]].output
        task = {"conllu": "conllu", "squad": "span-qa", "conll": "tagging", "text": "text"}.get(
            name, job.task
        )
        if task != job.task:
            raise MorphaugError(f"the format {name} cannot hold the task {job.task}", "give --format jsonl")
        return name

    def names(self) -> dict[str, str]:
        """The user's names of fields, and the names of integer tags where the input's schema has them."""
        from morphaug import formats

        names = dict(self.job.fields)
        if "tag_names" not in self.task.roles or "tag_names" in names:
            return names
        source, kind = self.job.inputs[0], self.input_formats[0]
        if kind in ("hf", "parquet"):
            source = f"hf:{source.removeprefix('hf:')}" if kind == "hf" else source
            columns = [names["tags"]] if "tags" in names else self.task.roles["tags"]
            known = next((found for column in columns if (found := formats.class_names(source, column))), ())
            if known:
                names["tag_names"] = ",".join(known)
        return names

    def open_writer(self, path: Path) -> Writer:
        from morphaug import formats

        header = not self.job.columns
        return formats.open_writer(path, self.format, names=self.settings.fields, header=header)

    # -- reading ----------------------------------------------------------------------------------

    def records(self) -> Iterator[tuple[Any, str]]:
        """What was read and where; a broken record is a ``Rejected``."""
        from morphaug import formats

        for source, name in zip(self.job.inputs, self.input_formats, strict=True):
            yield from formats.read_records(source, name, columns=self.job.columns or None)

    def examples(self) -> Iterator[Example]:
        """Valid records in order; the others go to ``self.broken``, and ``self.read`` counts both."""
        with closing(SeenIds()) as seen:
            for record, place in islice(self.records(), self.job.limit or None):
                self.read += 1
                if isinstance(record, Rejected):
                    self.broken.append(Reject("", place, record.reason, record.detail))
                    continue
                example = check(self.task, record, place, self.settings.fields)
                if isinstance(example, Reject):
                    self.broken.append(example)
                elif not example.id:
                    yield replace(example, id=seen.numbered(content_id(record)))
                elif seen.add(example.id):
                    yield example
                else:
                    again = "an earlier record has the same id"
                    self.broken.append(Reject(example.id, place, "duplicate_id", again))

    def chunks(self) -> Iterator[_Chunk]:
        """The work that is left: all of it, or what comes after the finished shards."""
        source = self.examples()
        for _ in islice(source, sum(note["taken"] for note in self.folder.finished)):
            pass
        self.read, self.broken = 0, []
        shard, ended = len(self.folder.finished), False
        while not ended:
            left = self.job.shard_size
            while left and not ended:
                size = min(GROUP, left)
                group = list(islice(source, size))
                left -= len(group)
                ended = len(group) < size
                yield from self.cut(shard, group, ended or not left)
            shard += 1

    def cut(self, shard: int, group: list[Example], last: bool) -> Iterator[_Chunk]:
        """Parse a group and cut it into chunks; an empty one carries what was rejected at the very end."""
        begun = time.monotonic()
        trees = self.trees.trees(self.task, group, self.settings.fields)
        self.parsing += time.monotonic() - begun
        for start in range(0, max(len(group), 1), CHUNK):
            rows = list(zip(group, trees, strict=True))[start : start + CHUNK]
            self.broken += [parse for _, parse in rows if isinstance(parse, Reject)]
            kept = [(example, parse) for example, parse in rows if not isinstance(parse, Reject)]
            yield _Chunk(
                shard,
                last and start + CHUNK >= len(group),
                self.read,
                len(rows),
                [example for example, _ in kept],
                [parse for _, parse in kept],
                self.broken,
            )
            self.read, self.broken = 0, []

    # -- working ----------------------------------------------------------------------------------

    def results(self) -> Generator[tuple[_Chunk, Made], None, None]:
        """Each chunk and what was made of it, in order; in processes if there is enough to do."""
        chunks = self.chunks()
        head = list(islice(chunks, 4)) if self.job.workers > 1 else []
        if self.job.workers == 1 or len(head) < 4:
            _begin_worker(self.codes, self.recipes, self.settings)
            try:
                with uncollected():
                    for number, chunk in enumerate(chain(head, chunks), 1):
                        yield chunk, _work(chunk)
                        if number % _COLLECTED == 0:
                            gc.collect(1)
            finally:
                _end_worker()
            return
        waiting: list[_Chunk] = []

        def sent() -> Iterator[_Chunk]:
            for chunk in chain(head, chunks):
                waiting.append(replace(chunk, examples=[], parses=[]))
                yield _packed(chunk)

        arguments = (self.codes, self.recipes, self.settings)
        with closing(pool.ordered(_work, sent(), self.job.workers, _begin_worker, arguments)) as made:
            for result in made:
                yield waiting.pop(0), result

    def write(self, results: Iterable[tuple[_Chunk, Made]], account: Account) -> int:
        """Write shards as results come; returns how many there are in all."""
        part, taken = Account.empty(self.streams), 0
        rejects: list[Reject] = []
        writer: ShardWriter | None = None
        try:
            for chunk, made in results:
                if chunk.taken and writer is None:
                    writer = ShardWriter(self.folder, chunk.shard, self.open_writer)
                part.read += chunk.read
                part.rejected.update(r.reason for r in chunk.rejects)
                part.examples += made.examples
                part.add_differences(made.differences)
                taken += chunk.taken
                rejects += [*chunk.rejects, *made.rejects]
                for at, (records, tally) in enumerate(zip(made.records, made.tallies, strict=True)):
                    part.tallies[at].add(tally)
                    if writer is not None:
                        writer.write(at, records)
                if chunk.last:
                    if writer is not None:
                        part.files = [[note] for note in writer.close()]
                        writer = None
                    note = {"taken": taken, "account": part.to_json()}
                    self.folder.finish(chunk.shard, note, [r.to_json() for r in rejects])
                    account.add(part)
                    part, taken, rejects = Account.empty(self.streams), 0, []
                if self.progress is not None:
                    self.progress(account.examples + part.examples, account.out() + part.out())
        finally:
            if writer is not None:
                writer.abandon()
        return chunk.shard + 1


def _packed(chunk: _Chunk) -> _Chunk:
    """The chunk as it travels; a text that several examples share is encoded once."""
    done: dict[int, bytes] = {}

    def bytes_of(parse: Any) -> bytes:
        if id(parse) not in done:
            done[id(parse)] = encode(parse)
        return done[id(parse)]

    return replace(chunk, parses=[{n: bytes_of(p) for n, p in parses.items()} for parses in chunk.parses])


_worker: tuple[tuple[Target, ...], tuple[Recipe, ...], Settings] | None = None
_inflectors: list[Inflector] = []  # of the targets


def _begin_worker(codes: Sequence[str], recipes: tuple[Recipe, ...], settings: Settings) -> None:
    global _worker
    from morphaug.target import load_target

    targets = tuple(load_target(code) for code in codes)
    _worker = targets, recipes, settings
    _inflectors[:] = [i for target in targets if (i := target.morphology.inflector) is not None]
    if _inflectors:
        forms = FormStore(default_path())
        for inflector in _inflectors:
            inflector.store = forms


def _end_worker() -> None:
    for inflector in _inflectors:
        if inflector.store is not None:
            inflector.store.close()
            inflector.store = None
    _inflectors.clear()


def _work(chunk: _Chunk) -> Made:
    assert _worker is not None
    with uncollected():
        made = _worked(chunk, *_worker)
        if _inflectors and (forms := _inflectors[0].store) is not None:
            forms.flush([inflector.identity for inflector in _inflectors])
        return made


def _worked(
    chunk: _Chunk, targets: tuple[Target, ...], recipes: tuple[Recipe, ...], settings: Settings
) -> Made:
    decoded: dict[int, Sequence[Sentence]] = {}

    def trees(parse: Sequence[Sentence] | bytes) -> Sequence[Sentence]:
        if not isinstance(parse, bytes):
            return parse
        if id(parse) not in decoded:
            decoded[id(parse)] = decode(parse)
        return decoded[id(parse)]

    parses = [{name: trees(parse) for name, parse in row.items()} for row in chunk.parses]
    return work(chunk.examples, parses, targets, recipes, settings)


def find_recipes(names: Sequence[str], own: Path | None = None) -> tuple[Recipe, ...]:
    """Recipes by name: those of a file, the built-in ones, and the noise controls of both.

    Raises:
        UnknownName: No such recipe.
    """
    from morphaug.recipes import load_recipes, noise_like, recipe

    known = load_recipes(own) if own is not None else {}

    def find(name: str) -> Recipe:
        model = name.removeprefix("noise:")
        if name in known:
            return known[name]
        return noise_like(find(model)) if name != model and model in known else recipe(name)

    return tuple(find(name) for name in dict.fromkeys(names))
