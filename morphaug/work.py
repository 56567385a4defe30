"""From one example to its augmented records: what generation's workers and the Python interface share."""

from __future__ import annotations

import re
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any

from morphaug.derivation import Derivation, Rejected
from morphaug.errors import MorphaugError
from morphaug.tally import Tally
from morphaug.trees import Sentence

if TYPE_CHECKING:
    from morphaug.recipes import Known, Recipe
    from morphaug.target import Target
    from morphaug.tasks import Task


_SENT_ID = re.compile(r"^# sent_id = .*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Example:
    """A valid record, ready to be parsed.

    Attributes:
        id: Unique in the run.
        place: Where it came from ("train.jsonl:3").
        record: As it was read.
    """

    id: str
    place: str
    record: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that was not carried through; with empty target and recipe, one that never began."""

    id: str
    place: str
    reason: str
    detail: str
    target: str = ""
    recipe: str = ""
    variant: int = 0

    def to_json(self) -> dict[str, Any]:
        out: dict[str, Any] = {"id": self.id, "place": self.place}
        if self.target:
            out |= {"target": self.target, "recipe": self.recipe, "variant": self.variant}
        return out | {"reason": self.reason, "detail": self.detail}


@dataclass(frozen=True, slots=True)
class Settings:
    """What decides an output record, beside the example and the target.

    Attributes:
        task: Name of the task.
        fields: The user's names of the task's fields, {"premise": "sentence1"}.
        seed, variants, rate: As for ``generate``.
        provenance: Add every word's sources, rules and how it was found to the record.
        plain: Leave the records' fields as they are: no note, no id where there was none.
    """

    task: str
    fields: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0
    variants: int = 1
    rate: float = 1.0
    provenance: bool = False
    plain: bool = False

    def __post_init__(self) -> None:
        from morphaug.tasks import get_task

        get_task(self.task).check_names(self.fields)
        if self.variants < 1:
            raise MorphaugError(f"variants is {self.variants}", "give 1 or more")
        if not 0.0 <= self.rate <= 1.0:
            raise MorphaugError(f"rate is {self.rate}", "give a share from 0 to 1")


@dataclass(slots=True)
class Made:
    """Everything that a chunk of examples became, a list item for each stream (target-major)."""

    examples: int
    records: list[list[Any]]
    tallies: list[Tally]
    rejects: list[Reject] = field(default_factory=list)
    differences: dict[tuple[str, str, str], list[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Augmented:
    """An output record, the derivations of its fields, and their words and edits (see ``Derivation.edits``)."""

    record: dict[str, Any]
    derivations: Mapping[str, Derivation]
    words: int
    edits: int


def derive_record(
    example: Example,
    parses: Mapping[str, Sequence[Sentence]],
    task: Task,
    recipe: Recipe,
    target: Target,
    settings: Settings,
    variant: int,
    known: Known,
) -> Augmented | Rejected:
    """One output record of one example.

    Args:
        example: The example.
        parses: The parse of each of its fields.
        task, recipe, target, settings: What to do.
        variant: 0 for the first variant.
        known: What the recipe and the target have already made of fields of the same parse.
    """
    from morphaug.recipes import Key, derive

    derivations = {
        name: derive(
            trees, recipe, target, Key(settings.seed, example.id, variant, name), settings.rate, known
        )
        for name, trees in parses.items()
    }
    record = task.rebuild(example.record, derivations, settings.fields)
    if isinstance(record, Rejected):
        return record
    return finished(record, example, derivations, recipe, target, settings, variant)


def finished(
    record: dict[str, Any],
    example: Example,
    derivations: Mapping[str, Derivation],
    recipe: Recipe,
    target: Target,
    settings: Settings,
    variant: int,
) -> Augmented:
    """The record with an id of its own and a note of where it came from, or without them if it is to be plain."""
    from morphaug.tasks import stamp

    counts = [derivation.edits for derivation in derivations.values()]
    words, edits = sum(words for words, _ in counts), sum(edits for _, edits in counts)
    if variant and isinstance(record.get("conllu"), str):  # a treebank's sentence ids are unique
        record = {**record, "conllu": _SENT_ID.sub(rf"\g<0>-{variant}", record["conllu"], count=1)}
    record = stamp(
        record,
        source_id=example.id,
        target=target.code,
        recipe=recipe.name,
        variant=variant,
        edit_rate=edits / max(words, 1),
        provenance={n: d.provenance() for n, d in derivations.items()} if settings.provenance else None,
    )
    if settings.plain:
        record = {k: v for k, v in record.items() if k in example.record}
    return Augmented(record, derivations, words, edits)


def work(
    examples: Sequence[Example],
    parses: Sequence[Mapping[str, Sequence[Sentence]]],
    targets: Sequence[Target],
    recipes: Sequence[Recipe],
    settings: Settings,
) -> Made:
    """Every target, recipe and variant of some examples."""
    from morphaug.tasks import get_task

    task = get_task(settings.task)
    count = len(targets) * len(recipes)
    made = Made(len(examples), [[] for _ in range(count)], [Tally() for _ in range(count)])
    pairs = list(combinations(range(len(recipes)), 2))
    for at_target, target in enumerate(targets):
        first = at_target * len(recipes)
        known: list[Known] = [{} for _ in recipes]
        counts = [[0, 0] for _ in pairs]
        for example, trees in zip(examples, parses, strict=True):
            for variant in range(settings.variants):
                texts: list[tuple[str, ...] | None] = []
                for at, (recipe, before) in enumerate(zip(recipes, known, strict=True), first):
                    result = _guarded(example, trees, task, recipe, target, settings, variant, before)
                    tally = made.tallies[at]
                    if isinstance(result, Rejected):
                        origin = (target.code, recipe.name, variant)
                        made.rejects.append(
                            Reject(example.id, example.place, result.reason, result.detail, *origin)
                        )
                        if task.name != "conllu":
                            tally.rejected[result.reason] += 1
                            texts.append(None)
                            continue
                        # A treebank keeps its sentences, one for one: this one stays as it was.
                        tally.lost["left_as_it_was"] += 1
                        same = {name: Derivation(tuple(s), tuple(s)) for name, s in trees.items()}
                        result = finished(example.record, example, same, recipe, target, settings, variant)
                    made.records[at].append(result.record)
                    tally.count(result.derivations.values(), result.words, result.edits)
                    tally.lost.update(task.counts(example.record, result.record, settings.fields))
                    texts.append(tuple([d.text for d in result.derivations.values()]))
                for count_of_pair, (a, b) in zip(counts, pairs, strict=True):
                    if texts[a] is not None and texts[b] is not None:
                        count_of_pair[0] += 1
                        count_of_pair[1] += texts[a] != texts[b]
        for count_of_pair, (a, b) in zip(counts, pairs, strict=True):
            made.differences[target.code, recipes[a].name, recipes[b].name] = count_of_pair
    return made


def _guarded(
    example: Example,
    trees: Mapping[str, Sequence[Sentence]],
    task: Task,
    recipe: Recipe,
    target: Target,
    settings: Settings,
    variant: int,
    known: Known,
) -> Augmented | Rejected:
    """``derive_record``; a fault of our own costs one record, not the run, and is reported as what it is."""
    try:
        return derive_record(example, trees, task, recipe, target, settings, variant, known)
    except MorphaugError:
        raise
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{frame.filename.rpartition('morphaug')[2].lstrip('/')}:{frame.lineno}"
        return Rejected("internal_error", f"{type(error).__name__}: {error} ({where})")
