"""The Python interface: one example, an iterator, or a Hugging Face dataset at a time.

>>> augmenter = Augmenter("classification", "swahili", "pseudo", parser="stanza")  # doctest: +SKIP
>>> augmenter.augment({"premise": "It rains.", "hypothesis": "It is wet.", "label": 0})  # doctest: +SKIP
>>> dataset.map(augmenter.batch, batched=True, num_proc=2,
...             remove_columns=dataset.column_names)  # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from morphaug.derivation import Rejected
from morphaug.identity import content_id
from morphaug.prepare import TreeSource, check
from morphaug.work import Reject, Settings, derive_record

if TYPE_CHECKING:
    from morphaug.morphology import Form
    from morphaug.parsing import Parser
    from morphaug.recipes import Known, Recipe

Record = dict[str, Any]
Batch = Mapping[str, Sequence[Any]]


@dataclass(frozen=True)
class Augmenter:
    """Makes augmented records of records. Immutable and picklable; a model or table is opened at first use.

    Args:
        task: "text", "classification", "span-qa", "multiple-choice", "tagging", "conllu" or "bitext".
        target: The language, by any name or code.
        recipe: Name of a recipe, or a recipe of your own.
        parser: "stanza", "spacy:MODEL", "conllu:FILE", or a parser of your own (picklable, if you use
            several processes). Parses are kept in the user's cache, unless it is one of your own.
        seed: Of all random draws.
        variants: Records made of each example.
        rate: Share of the sites that operators touch, 0 to 1.
        fields: Your names of the task's fields, {"premise": "sentence1"}.
        model_dir: Folder of the parser's model.
        provenance: Add each word's sources and rules to the records.
        on_reject: Called with each record that cannot be carried through. Without it they are in
            ``rejects``, which is of this object in this process: a copy in a worker process has its own.

    Raises:
        UnknownName: No such task, language, recipe, field or parser.
    """

    task: str
    target: str
    recipe: str | Recipe
    parser: str | Parser = "auto"
    seed: int = 0
    variants: int = 1
    rate: float = 1.0
    fields: Mapping[str, str] = field(default_factory=dict)
    model_dir: str | None = None
    provenance: bool = False
    on_reject: Callable[[Reject], None] | None = None
    rejects: list[Reject] = field(default_factory=list, init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        from morphaug import languages
        from morphaug.recipes import recipe

        object.__setattr__(self, "target", languages.resolve(self.target))
        object.__setattr__(self, "fields", dict(self.fields))
        if isinstance(self.recipe, str):
            recipe(self.recipe)
        self._settings()

    def __getstate__(self) -> dict[str, Any]:
        # Without what one process saw: a dataset's cache knows this object by its pickle.
        return {**self.__dict__, "rejects": []}

    def augment(self, record: Mapping[str, Any]) -> list[Record]:
        """The augmented records of one record, one for each variant that could be made."""
        return list(self.stream([record]))

    def stream(self, records: Iterable[Mapping[str, Any]], batch: int = 64) -> Iterator[Record]:
        """The augmented records of records, read lazily.

        Args:
            records: In any number. Ids are not checked for repetition here.
            batch: How many are parsed together.
        """
        waiting: list[Record] = []
        for record in records:
            waiting.append(dict(record))
            if len(waiting) >= batch:
                yield from self._made(waiting)
                waiting = []
        yield from self._made(waiting)

    def batch(self, columns: Batch) -> dict[str, list[Any]]:
        """The augmented records of a batch of columns, for ``dataset.map(batched=True)``.

        The result may have more or fewer rows than the batch, so give
        ``remove_columns=dataset.column_names``.
        """
        names = list(columns)
        rows = [dict(zip(names, values, strict=True)) for values in zip(*columns.values(), strict=True)]
        out: dict[str, list[Any]] = {name: [] for name in (*names, "id", "morphaug")}
        for record in self._made(rows):
            for name, values in out.items():
                values.append(record.get(name))
        return out

    def _settings(self) -> Settings:
        return Settings(self.task, self.fields, self.seed, self.variants, self.rate, self.provenance)

    def _reject(self, reject: Reject) -> None:
        if self.on_reject is None:
            self.rejects.append(reject)
        else:
            self.on_reject(reject)

    def _made(self, records: Sequence[Record]) -> Iterator[Record]:
        from morphaug.recipes import recipe, require
        from morphaug.target import load_target
        from morphaug.tasks import get_task

        settings = self._settings()
        task, target = get_task(self.task), load_target(self.target)
        chain = recipe(self.recipe) if isinstance(self.recipe, str) else self.recipe
        require(target, chain)
        examples = []
        for record in records:
            checked = check(task, record, "", self.fields)
            if isinstance(checked, Reject):
                self._reject(checked)
            else:
                examples.append(checked if checked.id else replace(checked, id=content_id(record)))
        parser = self.parser
        source = _shared_source(parser, self.model_dir) if isinstance(parser, str) else TreeSource(parser)
        trees = source.trees(task, examples, self.fields)
        known: Known = {}
        for example, parses in zip(examples, trees, strict=True):
            if isinstance(parses, Reject):
                self._reject(parses)
                continue
            for variant in range(self.variants):
                made = derive_record(example, parses, task, chain, target, settings, variant, known)
                if isinstance(made, Rejected):
                    origin = (self.target, chain.name, variant)
                    self._reject(Reject(example.id, "", made.reason, made.detail, *origin))
                else:
                    yield made.record


def inflect(
    language: str, lemma: str, feats: Mapping[str, str], *, upos: str = "NOUN", foreign: bool = False
) -> Form:
    """A form of a word, and how it was found.

    Args:
        language: Any name or code.
        lemma: The word.
        feats: UD features, {"Case": "Ine", "Number": "Plur"}.
        upos: UD part of speech.
        foreign: Treat the word as a borrowed stem.

    Raises:
        MissingResource: Neither a table nor a grammar of the language is installed.
    """
    from morphaug.resources import morphology

    return morphology(language).inflect(lemma, upos, feats, foreign=foreign)


def analyze(language: str, form: str) -> tuple[tuple[str, str, dict[str, str], str], ...]:
    """What an inflected word can be: (lemma, UPOS, UD features, UniMorph bundle) of each reading.

    Raises:
        MissingResource: Neither a table nor a grammar of the language is installed.
    """
    from morphaug.resources import morphology

    return morphology(language).analyse(form)


@lru_cache(maxsize=8)
def _shared_source(parser: str, model_dir: str | None) -> TreeSource:
    """One for all augmenters of a process: they share the model."""
    return TreeSource(parser, Path(model_dir) if model_dir else None)
