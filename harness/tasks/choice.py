"""Multiple choice: how a story goes on, what follows, which answer is right."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from harness.metrics import Score, accuracy
from harness.records import Choice
from harness.tasks.common import (
    CONVERTED,
    Broken,
    File,
    Hub,
    Row,
    Task,
    check_labelled,
    is_letter,
    text,
    value,
)
from morphaug.derivation import Rejected
from morphaug.formats.source import Item, lines
from morphaug.tasks import get_task as morphaug_task
from morphaug.tasks import multiple_choice as shapes
from morphaug.tasks.common import decoded, lookup


def score(records: Sequence[Choice], predicted: Sequence[int], language: str) -> Score:  # noqa: ARG001
    """Accuracy of the chosen indices."""
    check_labelled(records)
    return accuracy.evaluate([r.label for r in records], predicted, [r.id for r in records])


def _index(found: Any, count: int, *, first: int = 0) -> int | None:
    """The index of the right choice from a number, a letter or None."""
    if found is None or str(found).strip() in ("", "-1"):
        return None
    said = str(found).strip()
    if is_letter(said):
        at = ord(said) - ord("A")
    elif said.isdecimal():
        at = int(said) - first
    else:
        raise Broken("bad_label", f"{said[:40]!r} is neither a number nor a letter")
    if not 0 <= at < count:
        raise Broken("bad_label", f"{said} is none of {count} choices")
    return at


def _strings(found: Any) -> tuple[str, ...]:
    found = decoded(found)
    if not isinstance(found, (list, tuple)) or not all(isinstance(c, str) and c.strip() for c in found):
        raise Broken("wrong_type", "the choices are no list of texts")
    if len(found) < 2:
        raise Broken("too_few_choices", f"{len(found)} choices")
    return tuple(found)


def hellaswag(row: Row, name: str, language: str) -> Choice:
    """HellaSwag: the first sentence is the prompt, each choice begins with the start of the second."""
    endings = _strings(value(row, "endings"))
    begun = str(row.get("ctx_b") or "").strip()
    prompt = text(row, "ctx_a", "ctx") if begun else text(row, "ctx", "ctx_a")
    choices = tuple(f"{begun} {ending}" for ending in endings) if begun else endings
    return Choice(name, language, prompt, choices, _index(lookup(row, "label"), len(endings)))


def load_hellaswag_text(path: Path, language: str) -> Iterator[Item]:  # noqa: ARG001
    """HellaSwag as text: six lines an example: "activity: context", the number of the right ending, four
    endings."""
    block: list[str] = []
    start = 1
    for number, line in lines(path):
        if isinstance(line, Rejected):
            yield line, f"{path.name}:{number}"
            return
        block.append(line.rstrip("\r\n"))
        if len(block) == 6:
            context = block[0].partition(": ")[2] or block[0]
            yield {"ctx": context, "label": block[1], "endings": block[2:]}, f"{path.name}:{start}"
            block, start = [], number + 1
    if any(block):
        yield Rejected("cut_off", f"{len(block)} lines instead of 6"), f"{path.name}:{start}"


def cosmosqa(row: Row, name: str, language: str) -> Choice:
    """Cosmos QA: context and question, four answers."""
    answers = tuple(text(row, f"answer{at}") for at in range(4))
    prompt = f"{text(row, 'context')} {text(row, 'question')}"
    return Choice(name, language, prompt, answers, _index(lookup(row, "label"), 4))


def commonsenseqa(row: Row, name: str, language: str) -> Choice:
    """CommonsenseQA: a question and five choices, as its site or the Hub has them."""
    question = value(row, "question")
    inner: Row = question if isinstance(question, dict) else row
    found = value(inner, "choices")
    if isinstance(found, dict):
        marks, choices = found.get("label"), _strings(found.get("text"))
    else:
        marks = [choice.get("label") for choice in found]
        choices = _strings([choice.get("text") for choice in found])
    key = lookup(row, "answerKey") or None
    if key is not None and key not in (marks or ()):
        raise Broken("bad_label", f"answerKey {key!r} is none of {marks}")
    label = list(marks or ()).index(key) if key is not None else None
    return Choice(name, language, text(inner, "stem", "question"), choices, label)


def siqa(row: Row, name: str, language: str) -> Choice:
    """Social IQa: context and question, three answers; the right one is a letter, or counted from 1."""
    answers = tuple(text(row, f"answer{mark}") for mark in "ABC")
    prompt = f"{text(row, 'context')} {text(row, 'question')}"
    found = next((v for key in ("correct", "label") if (v := lookup(row, key)) is not None), None)
    return Choice(name, language, prompt, answers, _index(found, 3, first=1))


def copa(row: Row, name: str, language: str) -> Choice:
    """COPA and XCOPA; the question is English for every language, as in XTREME-R."""
    relation = text(row, "question")
    if relation not in ("cause", "effect"):
        raise Broken("bad_question", f"{relation[:40]!r} is neither cause nor effect")
    choices = (text(row, "choice1"), text(row, "choice2"))
    prompt = f"{text(row, 'premise')} What was the {relation}?"
    label = lookup(row, "label")
    named = {"choice1": 0, "choice2": 1}.get(str(label), label)  # SuperGLUE's class names
    return Choice(name, language, prompt, choices, _index(named, 2))


_SLOT = re.compile(r".+\.\d+|(?:choice|answer|ending|option|sol|solution|alternative|hyp)_?(?:\d{1,2}|[A-J])")


def any_choice(row: Row, name: str, language: str) -> Choice:
    """A record that ``morphaug generate --task multiple-choice`` takes; a number counts from 0."""
    texts = morphaug_task("multiple-choice").fields(row)
    if isinstance(texts, Rejected):
        raise Broken(texts.reason, texts.detail)
    slots = [key for key in texts if _SLOT.fullmatch(key)]
    prompt = [str(texts[key]) for key in texts if key not in slots]
    choices = tuple(str(texts[key]) for key in slots)
    relation = row.get("question")
    if relation in shapes.RELATIONS:
        prompt.append(f"What was the {relation}?")
    found = next((v for key in shapes.ROLES["label"] if (v := lookup(row, key)) is not None), None)
    if isinstance(found, str) and choices.count(found) == 1:
        return Choice(name, language, " ".join(prompt), choices, choices.index(found))
    return Choice(name, language, " ".join(prompt), choices, _index(found, len(choices)))


XCOPA_LANGUAGES = ("et", "ht", "id", "it", "qu", "sw", "ta", "th", "tr", "vi", "zh")
_VAL = {"train": "train", "dev": "val", "test": "test"}

TASKS = (
    Task(
        "hellaswag",
        "choice",
        "how a description goes on",
        hellaswag,
        (
            File("hellaswag_{split}.jsonl", splits=_VAL),
            File("hellaswag_{split}_full.txt", splits=_VAL, load=load_hellaswag_text),
        ),
        score,
        "accuracy",
        hub=Hub("Rowan/hellaswag"),
    ),
    Task(
        "cosmosqa",
        "choice",
        "questions about everyday stories",
        cosmosqa,
        (
            File("{split}.csv", splits={"train": "train", "dev": "valid"}),
            File("data/{split}.csv", splits={"train": "train", "dev": "valid"}),
            File("cosmosqa_{split}.csv", splits={"train": "train", "dev": "valid"}),
        ),
        score,
        "accuracy",
        hub=Hub("allenai/cosmos_qa", revision=CONVERTED),
    ),
    Task(
        "commonsenseqa",
        "choice",
        "questions of common sense",
        commonsenseqa,
        (
            File("{split}_rand_split.jsonl", splits={"train": "train", "dev": "dev"}),
            File("test_rand_split_no_answers.jsonl", splits={"test": "test"}),
        ),
        score,
        "accuracy",
        hub=Hub("tau/commonsense_qa"),
    ),
    Task(
        "siqa",
        "choice",
        "Social IQa: why people do things",
        siqa,
        (
            File("socialIQa_v1.4_{split}.jsonl", splits={"train": "trn", "dev": "dev", "test": "tst"}),
            File(
                "socialIQa_v1.4/socialIQa_v1.4_{split}.jsonl",
                splits={"train": "trn", "dev": "dev", "test": "tst"},
            ),
        ),
        score,
        "accuracy",
        hub=Hub("allenai/social_i_qa", splits={"train": "train", "dev": "validation"}, revision=CONVERTED),
    ),
    Task(
        "copa",
        "choice",
        "causes and effects (English)",
        copa,
        (
            File("COPA/{split}.jsonl", splits=_VAL),
            File("{split}.en.copa.jsonl", splits=_VAL),
            File("{split}-en.jsonl", splits=_VAL),
        ),
        score,
        "accuracy",
        hub=Hub("aps/super_glue", "copa", revision=CONVERTED),
    ),
    Task(
        "xcopa",
        "choice",
        "causes and effects in 11 languages",
        copa,
        (
            File("{split}.{lang}.jsonl", splits={"dev": "val", "test": "test"}),
            File("{lang}/{split}.{lang}.jsonl", splits={"dev": "val", "test": "test"}),
            File("data/{lang}/{split}.{lang}.jsonl", splits={"dev": "val", "test": "test"}),
        ),
        score,
        "accuracy",
        languages=XCOPA_LANGUAGES,
        hub=Hub("cambridgeltl/xcopa", "{lang}", {"dev": "validation", "test": "test"}),
        trains_on=("siqa", "copa"),
    ),
    Task(
        "multiple-choice",
        "choice",
        "any records that morphaug generate --task multiple-choice takes",
        any_choice,
        (File("{split}-{lang}.*"), File("{split}.*")),
        score,
        "accuracy",
        languages=(),
    ),
)
