"""Token tagging: tokens and tags lists, BIO or plain. A CoNLL-U record is tagged by its UPOS column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from morphaug import conllu
from morphaug.derivation import Derivation, Rejected
from morphaug.errors import MorphaugError
from morphaug.tasks.common import (
    Names,
    Parses,
    Record,
    Task,
    Text,
    decoded,
    encoded_like,
    find,
    kind,
    lookup,
    missing,
    replaced,
    text_problem,
)
from morphaug.trees import Sentence

ROLES = {
    "tokens": ("tokens", "words"),
    "tags": ("tags", "ner_tags", "pos_tags", "labels", "upos", "ner"),
    # Names of integer tags, joined by commas: without them B- and I- cannot be told apart.
    "tag_names": (),
}


def _columns(record: Record, names: Names) -> tuple[str, str, list[str], list[str]] | Rejected:
    """(name of the tokens, name of the tags, tokens, tags as text)."""
    lists: list[tuple[str, list[Any]]] = []
    for role in ("tokens", "tags"):
        name = find(record, names, role, ROLES[role])
        if name is None:
            return missing(record, names, role, ROLES[role])
        value = decoded(lookup(record, name))
        if not isinstance(value, (list, tuple)):
            return Rejected("wrong_type", f"{name} is {kind(value)}, not a list")
        lists.append((name, list(value)))
    (tokens_name, tokens), (tags_name, tags) = lists
    if not tokens:
        return Rejected("empty_text", f"{tokens_name} is empty")
    for at, token in enumerate(tokens):
        if problem := text_problem(token, f"{tokens_name}[{at}]"):
            return Rejected("empty_token", problem.detail) if problem.reason == "empty_text" else problem
    if len(tags) != len(tokens):
        return Rejected("tag_count", f"{len(tags)} tags for {len(tokens)} tokens")
    texts = _tag_texts(tags, tags_name, names)
    return texts if isinstance(texts, Rejected) else (tokens_name, tags_name, tokens, texts)


def _as_list(value: object) -> list[Any]:
    value = decoded(value)
    return list(value) if isinstance(value, (list, tuple)) else []


def _tag_texts(tags: Sequence[Any], name: str, names: Names) -> list[str] | Rejected:
    known = names["tag_names"].split(",") if "tag_names" in names else []
    out = []
    for at, tag in enumerate(tags):
        if isinstance(tag, int) and not isinstance(tag, bool):
            if not known:
                remedy = "name them in order with --field tag_names=O,B-PER,I-PER,…"
                return Rejected("integer_tags", f"{name} holds numbers; {remedy}")
            if not 0 <= tag < len(known):
                return Rejected("bad_tag", f"{name}[{at}] is {tag}, but there are {len(known)} tag names")
            out.append(known[tag])
        elif isinstance(tag, str) and tag.strip() and len(tag.split()) == 1:
            out.append(tag)
        else:
            what = f"{tag!r}"[:40] if isinstance(tag, str) else kind(tag)
            return Rejected("bad_tag", f"{name}[{at}] is {what}")
    return out


def _fields(record: Record, names: Names) -> dict[str, Text] | Rejected:
    columns = _columns(record, names)
    return columns if isinstance(columns, Rejected) else {columns[0]: columns[2]}


def _rebuild(record: Record, derivations: Mapping[str, Derivation], names: Names) -> Record | Rejected:
    columns = _columns(record, names)
    if isinstance(columns, Rejected):
        return columns
    tokens_name, tags_name, tokens, tags = columns
    derivation = derivations[tokens_name]
    parsed = [t.form for s in derivation.source for t in s.tokens]
    if parsed != tokens:
        return Rejected("token_mismatch", f"the parse has {len(parsed)} tokens, not these {len(tokens)}")
    if derivation.unchanged:
        return dict(record)
    new_tokens = derivation.tokens()
    if not new_tokens:
        return Rejected("empty_text", "no word is left")
    new_tags: Sequence[object] | Rejected = derivation.project_tags(tags)
    if isinstance(new_tags, Rejected):
        return new_tags
    if any(isinstance(tag, int) for tag in _as_list(lookup(record, tags_name))):
        number = {tag: at for at, tag in enumerate(names["tag_names"].split(","))}
        if unknown := [tag for tag in new_tags if tag not in number]:
            return Rejected("bad_tag", f"{unknown[0]} is needed, but not among the tag names")
        new_tags = [number[str(tag)] for tag in new_tags]
    values = {
        tokens_name: encoded_like(lookup(record, tokens_name), new_tokens),
        tags_name: encoded_like(lookup(record, tags_name), list(new_tags)),
    }
    for name in ("text", "sentence"):
        if isinstance(record.get(name), str):
            values[name] = derivation.text
    out = replaced(record, values)
    # Other columns that run along the tokens say nothing about the new ones: better none than wrong ones.
    for name, given in record.items():
        value = decoded(given)
        stale = isinstance(value, (list, tuple)) and len(value) == len(tokens)
        if name not in values and (stale or name in ("spans", "conllu")):
            del out[name]
    return out


def _parses(record: Record) -> Parses | Rejected | None:
    """The tree of a CoNLL-U record, its words spelt as its tokens are."""
    if not isinstance(record.get("conllu"), str):
        return None
    try:
        block = next(block for block in conllu.read(record["conllu"], name="block") if block.rows)
        sentence = block.sentence()
    except (MorphaugError, StopIteration) as error:
        return Rejected("broken_tree", getattr(error, "message", "no sentence"))
    return {"tokens": [spelt_out(sentence, [row[conllu.FORM] for row in block.words()])]}


def spelt_out(sentence: Sentence, forms: Sequence[str]) -> Sentence:
    """The sentence with each word's own form and a space between words ("zu dem" for "zum")."""
    tokens = [t.copy() for t in sentence.tokens]
    for at, (token, form) in enumerate(zip(tokens, forms, strict=True), 1):
        token.form, token.space = form, "" if at == len(tokens) else " "
    return replace(sentence, tokens=tokens, lead="", tail="")


def _validate(record: Record, names: Names) -> Rejected | None:
    columns = _columns(record, names)
    return columns if isinstance(columns, Rejected) else None


TASK = Task(
    "tagging", "a tag on each token: BIO, BIOES, IOB1 or plain", ROLES, _fields, _rebuild, _validate, _parses
)
