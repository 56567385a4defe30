"""What a data set's examples are, once read: one small frozen record for each family of tasks.

Labels and tags are names, never numbers: data sets disagree about the numbers (XNLI at Hugging Face counts
entailment, neutral, contradiction; XTREME contradiction, entailment, neutral).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

# A stretch of an output field and the stretches of the source's field that it stands for, the principal one
# first: (start, end, ((start, end), ...)), in characters of a text, or in tokens of a tagged sentence.
Piece: TypeAlias = tuple[int, int, tuple[tuple[int, int], ...]]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an example made by ``morphaug generate`` comes from.

    Args:
        source_id: The id of the example it was made of.
        target: Language code of the corpus ("fin").
        recipe: Name of the recipe.
        variant: 0 for the first one.
        edit_rate: Share of the words that changed, 0 to 1.
        pieces: By field, what each output word stands for; empty unless the corpus was made with
            ``--provenance``.
    """

    source_id: str
    target: str
    recipe: str
    variant: int
    edit_rate: float
    pieces: Mapping[str, tuple[Piece, ...]]


@dataclass(frozen=True, slots=True)
class Classified:
    """A sentence, or a pair of them, and its class (None if the set withholds it)."""

    id: str
    language: str
    text: str
    pair: str | None
    label: str | None
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Tagged:
    """The words of a sentence and a tag for each (None if withheld)."""

    id: str
    language: str
    words: tuple[str, ...]
    tags: tuple[str, ...] | None
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A question about a context.

    ``answers`` are (first character in the context, text), the first one is trained on; empty if withheld,
    or if ``impossible``: then the context does not hold an answer.
    """

    id: str
    language: str
    question: str
    context: str
    answers: tuple[tuple[int, str], ...]
    impossible: bool = False
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """A prompt, ways to go on, and the index of the right one (None if withheld)."""

    id: str
    language: str
    prompt: str
    choices: tuple[str, ...]
    label: int | None
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Plain:
    """A text without a label."""

    id: str
    language: str
    text: str
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Aligned:
    """A query and the text that answers it, to train retrieval on.

    ``context`` is what else the candidate's encoding is made of (LAReQA: the paragraph of the sentence).
    """

    id: str
    language: str
    query: str
    candidate: str
    context: str = ""
    origin: Origin | None = None


Record: TypeAlias = Classified | Tagged | Question | Choice | Plain | Aligned


@dataclass(frozen=True, slots=True)
class Search:
    """A retrieval test: what is looked for, where, and what should be found.

    Args:
        queries, candidates: Texts with ids, each in its own id space.
        gold: Ids of the right candidates by id of the query; a query without any is not scored
            (BUCC: most sentences have no translation among the candidates).
    """

    queries: tuple[Plain, ...]
    candidates: tuple[Plain, ...]
    gold: Mapping[str, frozenset[str]]


def reversed_pairs(records: Iterable[Classified]) -> list[Classified]:
    """Each record followed by its pair turned around ("…#reversed"), for symmetric relations.

    Word-in-context and paraphrase do not depend on the order of the two sentences, entailment does. After
    Gupta et al. 2021 (arXiv 2104.01567), who train word-in-context models on both orders.
    """
    out = []
    for record in records:
        out.append(record)
        if record.pair is not None:
            turned = replace(record, id=f"{record.id}#reversed", text=record.pair, pair=record.text)
            out.append(turned)
    return out
