"""Tagging: names (WikiANN, MasakhaNER), parts of speech (UDPOS, MasakhaPOS), CCG categories."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from harness.metrics import Score, tagging
from harness.records import Tagged
from harness.tasks.common import (
    CONVERTED,
    Broken,
    File,
    Hub,
    MakeRecord,
    Row,
    Task,
    check_labelled,
    codes,
    value,
)
from morphaug.derivation import UPOS, Rejected
from morphaug.formats.source import Item, lines
from morphaug.tasks.common import decoded, lookup
from morphaug.tasks.tagging import ROLES

PARTS_OF_SPEECH = tuple(sorted(UPOS))


def _bio(*kinds: str) -> tuple[str, ...]:
    return ("O", *(f"{position}-{kind}" for kind in kinds for position in "BI"))


def _gold(records: Sequence[Tagged]) -> list[tuple[str, ...]]:
    check_labelled(records)
    return [record.tags or () for record in records]


def score_entities(records: Sequence[Tagged], predicted: Sequence[Sequence[str]], language: str) -> Score:  # noqa: ARG001
    """F1 of entities."""
    return tagging.chunk_f1(_gold(records), predicted, [r.id for r in records])


def score_parts(records: Sequence[Tagged], predicted: Sequence[Sequence[str]], language: str) -> Score:  # noqa: ARG001
    """XTREME's F1 of parts of speech, with the accuracy beside."""
    return tagging.old_chunk_f1(_gold(records), predicted, [r.id for r in records])


def tagged(labels: Sequence[str] = ()) -> MakeRecord:
    """A function from rows with a list of words and one of tags to records.

    Args:
        labels: The tags; () for any.
    """

    def make(row: Row, name: str, language: str) -> Tagged:
        words = _texts(value(row, *ROLES["tokens"]), "words")
        given = next((v for key in ROLES["tags"] if (v := lookup(row, key)) is not None), None)
        if given is None:
            return Tagged(name, language, words, None)
        found = _texts(given, "tags")
        if len(found) != len(words):
            raise Broken("tag_count", f"{len(found)} tags for {len(words)} words")
        if unknown := [tag for tag in found if labels and tag not in labels]:
            raise Broken("unknown_tag", f"{unknown[0]!r} is none of {', '.join(labels)}")
        return Tagged(name, language, words, found)

    return make


def _texts(values: Any, what: str) -> tuple[str, ...]:
    values = decoded(values)
    if not isinstance(values, (list, tuple)) or not values:
        raise Broken("wrong_type", f"the {what} are no list")
    if wrong := [v for v in values if not isinstance(v, str) or not v]:
        raise Broken("wrong_type", f"one of the {what} is {wrong[0]!r}, no text")
    return tuple(values)


_LEAF = re.compile(r"<L (\S+) \S+ \S+ (\S+) \S+>")


def load_ccgbank(path: Path, language: str) -> Iterator[Item]:  # noqa: ARG001
    """CCGbank's AUTO files (LDC2005T13): a line ID=wsj_0001.1 …, then a derivation, whose leaves are
    <L category PoS PoS word predicate>."""
    name = ""
    for number, line in lines(path):
        place = f"{path.name}:{number}"
        if isinstance(line, Rejected):
            yield line, place
        elif line.startswith("ID="):
            name = line[3:].split()[0]
        elif line.startswith("("):
            leaves = _LEAF.findall(line)
            if not leaves:
                yield Rejected("no_leaves", f"{name}: the derivation has no leaves"), place
            else:
                tags, words = zip(*leaves, strict=True)
                yield {"id": name, "tokens": list(words), "tags": list(tags)}, place


def _ccg_forms() -> Iterator[File]:
    """Sections of the Wall Street Journal, as all work on CCGbank divides them."""
    for root in ("", "AUTO/", "data/AUTO/"):
        yield File(root + "{split}/*.auto", splits={"dev": "00", "test": "23"}, load=load_ccgbank)
        # Training is sections 02 to 21, a range that no single glob pattern names.
        yield File(root + "[012][0-9]/*.auto", splits={"train": "train"}, load=_ccg_training)


def _ccg_training(path: Path, language: str) -> Iterator[Item]:
    return load_ccgbank(path, language) if 2 <= int(path.parent.name) <= 21 else iter(())


PANX = codes(
    "af ar az bg bn de el en es et eu fa fi fr gu he hi hu id it ja jv ka kk ko lt ml mr ms my"
    " nl pa pl pt qu ro ru sw ta te th tl tr uk ur vi yo zh"
)
UDPOS = codes(
    "af ar bg de el en es et eu fa fi fr he hi hu id it ja kk ko lt mr nl pl pt ro ru ta te th"
    " tl tr uk ur vi wo yo zh"
)
_CONLL = File("{split}-{lang}.tsv", format="conll")

_MASAKHA = {"sw": "swa"}  # ISO 639-3 otherwise; Swahili by its macrolanguage
_MASAKHA_FORMS = tuple(File(root + "{code}/{split}.txt", format="conll") for root in ("", "data/"))

TASKS = (
    Task(
        "panx",
        "tag",
        "WikiANN: persons, organisations, places",
        tagged(_bio("PER", "ORG", "LOC")),
        (_CONLL, File("{lang}/{split}", format="conll")),
        score_entities,
        "f1",
        _bio("PER", "ORG", "LOC"),
        PANX,
        hub=Hub("unimelb-nlp/wikiann", "{lang}"),
    ),
    Task(
        "udpos",
        "tag",
        "universal parts of speech",
        tagged(PARTS_OF_SPEECH),
        (_CONLL, File("{lang}_*-ud-{split}.conllu")),
        score_parts,
        "f1",
        PARTS_OF_SPEECH,
        UDPOS,
        hub=Hub("google/xtreme", "udpos.{title}"),
    ),
    Task(
        "masakhaner",
        "tag",
        "MasakhaNER 1.0: persons, organisations, places, dates",
        tagged(_bio("PER", "ORG", "LOC", "DATE")),
        _MASAKHA_FORMS,
        score_entities,
        "f1",
        _bio("PER", "ORG", "LOC", "DATE"),
        ("sw",),
        _MASAKHA,
        Hub("masakhane/masakhaner", "{code}", revision=CONVERTED),
    ),
    Task(
        "masakhaner2",
        "tag",
        "MasakhaNER 2.0",
        tagged(_bio("PER", "ORG", "LOC", "DATE")),
        (*_MASAKHA_FORMS, File("MasakhaNER2.0/data/{code}/{split}.txt", format="conll")),
        score_entities,
        "f1",
        _bio("PER", "ORG", "LOC", "DATE"),
        ("sw",),
        _MASAKHA,
        Hub("masakhane/masakhaner2", "{code}", revision=CONVERTED),
    ),
    Task(
        "masakhapos",
        "tag",
        "MasakhaPOS: universal parts of speech",
        tagged(PARTS_OF_SPEECH),
        _MASAKHA_FORMS,
        score_parts,
        "accuracy",
        PARTS_OF_SPEECH,
        ("sw",),
        _MASAKHA,
        Hub("masakhane/masakhapos", "{code}", revision=CONVERTED),
    ),
    Task(
        "ccg",
        "tag",
        "CCG supertagging (CCGbank)",
        tagged(),
        tuple(_ccg_forms()),
        score_parts,
        "accuracy",
    ),
    Task(
        "tagging",
        "tag",
        "any records that morphaug generate --task tagging takes",
        tagged(),
        (File("{split}-{lang}.*"), File("{split}.*")),
        score_entities,
        "f1",
        languages=(),
    ),
)
