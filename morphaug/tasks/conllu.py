"""Whole trees: CoNLL-U in, CoNLL-U out.

A record is {"id": sent_id, "text": …, "conllu": the block's lines}. The tree is the block's own: it is not
parsed again. Each word of the new block names its source words in MISC (Src=3,4).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from morphaug import conllu
from morphaug.derivation import Derivation, Rejected
from morphaug.errors import MorphaugError
from morphaug.tasks.common import Names, Parses, Record, Task, Text, kind, text_problem
from morphaug.trees import Sentence, tree_problem

ROLES: dict[str, tuple[str, ...]] = {}


def tree_of(record: Record) -> Sentence | Rejected:
    """The sentence of a record's CoNLL-U block."""
    value = record.get("conllu")
    if not isinstance(value, str):
        what = "there is no field conllu" if "conllu" not in record else f"conllu is {kind(value)}, not text"
        return Rejected("missing_field", f"{what}; this task reads CoNLL-U files")
    return _tree(value)


@lru_cache(maxsize=1024)
def _tree(value: str) -> Sentence | Rejected:
    """Read a block once, though a record is validated, parsed and rebuilt; nobody changes a source sentence."""
    try:
        blocks = [block for block in conllu.read(value, name="block") if block.rows]
        if len(blocks) != 1:
            return Rejected("broken_tree", f"{len(blocks)} sentences in one record")
        return blocks[0].sentence()
    except MorphaugError as error:
        return Rejected("broken_tree", error.message)


def _fields(record: Record, names: Names) -> dict[str, Text] | Rejected:  # noqa: ARG001
    sentence = tree_of(record)
    if isinstance(sentence, Rejected):
        return sentence
    text = sentence.text()
    return text_problem(text, "the sentence") or {"text": text}


def _parses(record: Record) -> Parses | Rejected:
    sentence = tree_of(record)
    return sentence if isinstance(sentence, Rejected) else {"text": [sentence]}


def _rebuild(record: Record, derivations: Mapping[str, Derivation], names: Names) -> Record | Rejected:  # noqa: ARG001
    derivation = derivations["text"]
    if len(derivation.output) != 1:
        return Rejected("broken_tree", f"{len(derivation.output)} sentences in one record")
    source, output = derivation.source[0], derivation.output[0]
    if not any(token.form.strip() for token in output.tokens):
        return Rejected("empty_text", "no word is left")
    if problem := tree_problem(output):
        return Rejected("broken_tree", f"the new tree: {problem}")
    output = replace(output, id=output.id or source.id, comments=output.comments or source.comments)
    try:
        return {**record, "text": output.text(), "conllu": conllu.write_sentence(output)}
    except MorphaugError as error:
        return Rejected("broken_tree", error.message)


def _validate(record: Record, names: Names) -> Rejected | None:
    fields = _fields(record, names)
    return fields if isinstance(fields, Rejected) else None


TASK = Task(
    "conllu", "whole dependency trees, CoNLL-U in and out", ROLES, _fields, _rebuild, _validate, _parses
)
