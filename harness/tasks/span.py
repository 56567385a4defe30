"""Questions answered by a span of a context."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from harness.metrics import Score, mlqa, squad
from harness.records import Question
from harness.tasks.common import Broken, File, Hub, Row, Task, text
from morphaug.derivation import Rejected
from morphaug.errors import MorphaugError
from morphaug.formats import read_records
from morphaug.formats.source import Item
from morphaug.tasks.common import decoded, lookup
from morphaug.tasks.span_qa import ROLES


def score(records: Sequence[Question], predicted: Any, language: str) -> Score:  # noqa: ARG001
    """SQuAD 1.1; ``predicted`` is a ``harness.decode.Answers``."""
    return squad.evaluate(records, predicted.texts)


def score_v2(records: Sequence[Question], predicted: Any, language: str) -> Score:  # noqa: ARG001
    """SQuAD 2.0."""
    return squad.evaluate_v2(records, predicted.texts, predicted.no_answer)


def score_mlqa(records: Sequence[Question], predicted: Any, language: str) -> Score:
    """MLQA, in the language of the contexts."""
    return mlqa.evaluate(records, predicted.texts, language)


def question(row: Row, name: str, language: str) -> Question:
    """A record of a question with its answers, whose places are not yet checked."""
    found = decoded(next((v for key in ROLES["answers"] if (v := lookup(row, key)) is not None), None))
    answers = tuple(_answers(found))
    impossible = str(row.get("is_impossible", False)).lower() in ("true", "1")
    asked, context = text(row, *ROLES["question"]), text(row, *ROLES["context"])
    return Question(name, language, asked, context, () if impossible else answers, impossible)


def question_v2(row: Row, name: str, language: str) -> Question:
    """The same where a question without answers has none (SQuAD 2.0 at the Hub has no flag)."""
    record = question(row, name, language)
    if record.answers or record.impossible:
        return record
    return Question(record.id, language, record.question, record.context, (), impossible=True)


def _answers(found: Any) -> Iterator[tuple[int, str]]:
    if isinstance(found, dict) and isinstance(found.get("text"), (list, tuple)):
        starts = found.get("answer_start") or []
        if len(starts) != len(found["text"]):
            raise Broken("wrong_type", "answers: text and answer_start are not lists of the same length")
        found = [{"text": t, "answer_start": s} for t, s in zip(found["text"], starts, strict=True)]
    for answer in [found] if isinstance(found, dict) else found or []:
        said = answer.get("text") if isinstance(answer, dict) else None
        start = answer.get("answer_start") if isinstance(answer, dict) else None
        if not isinstance(said, str) or not isinstance(start, int):
            raise Broken("wrong_type", "an answer lacks text or answer_start")
        if said.strip():
            yield start, said


TYDIQA = {
    "ar": "arabic",
    "bn": "bengali",
    "en": "english",
    "fi": "finnish",
    "id": "indonesian",
    "ko": "korean",
    "ru": "russian",
    "sw": "swahili",
    "te": "telugu",
}


def tydiqa(row: Row, name: str, language: str) -> Question | None:
    """A question of TyDiQA, whose id says its language ("finnish-…"); XTREME takes that from training ids."""
    prefix = name.partition("-")[0]
    if prefix in TYDIQA.values() and prefix != TYDIQA.get(language):
        return None
    return question(row, name, language)


QAMR = ("sentence", "target", "worker", "hit", "place", "question", "answer", "answer2", "answer3")


def load_qamr(path: Path, language: str) -> Iterator[Item]:  # noqa: ARG001
    """QAMR: questions with answers as places of words, by one asker and two others; wiki-sentences.tsv holds
    the words (those of the Penn Treebank are not given out)."""
    sentences = _qamr_sentences(path)
    counts: dict[str, int] = {}
    for row, place in read_records(path, "tsv", columns=QAMR, header=False):
        if isinstance(row, Rejected):
            yield row, place
            continue
        key = row["sentence"]
        words = sentences.get(key)
        if words is None:
            yield Rejected("no_sentence", f"{key} is not in wiki-sentences.tsv"), place
            continue
        counts[key] = counts.get(key, -1) + 1
        starts = [0]
        for word in words:
            starts.append(starts[-1] + len(word) + 1)
        answers: dict[tuple[int, str], None] = {}
        for column in ("answer", "answer2", "answer3"):
            found = [int(n) for n in row[column].rpartition(":")[2].split() if n.isdecimal()]
            # Only an unbroken stretch is a span.
            if found and found == list(range(found[0], found[-1] + 1)) and found[-1] < len(words):
                answers[starts[found[0]], " ".join(words[found[0] : found[-1] + 1])] = None
        if not answers:
            yield Rejected("discontinuous", "nobody answers with one stretch of the sentence"), place
            continue
        columns = {"text": [said for _, said in answers], "answer_start": [start for start, _ in answers]}
        yield (
            {
                "id": f"{key}:{counts[key]}",
                "context": " ".join(words),
                "question": row["question"],
                "answers": columns,
            },
            place,
        )


def _qamr_sentences(path: Path) -> dict[str, list[str]]:
    for folder in list(path.resolve().parents)[:2]:
        found = sorted(folder.glob("wiki-sentences.tsv*"))
        if found:
            rows = read_records(found[0], "tsv", columns=("id", "sentence"), header=False)
            return {row["id"]: row["sentence"].split(" ") for row, _ in rows if isinstance(row, dict)}
    raise MorphaugError(f"{path.name}: no wiki-sentences.tsv beside it", "QAMR keeps the sentences there")


_SQUAD_DIRS = ("", "squad/")

TASKS = (
    Task(
        "squad",
        "span",
        "SQuAD 1.1",
        question,
        tuple(
            File(root + "{split}-v1.1.json", splits={"train": "train", "dev": "dev"}) for root in _SQUAD_DIRS
        ),
        score,
        "f1",
        hub=Hub("rajpurkar/squad", splits={"train": "train", "dev": "validation"}),
    ),
    Task(
        "squad2",
        "span",
        "SQuAD 2.0: some questions have no answer",
        question_v2,
        tuple(
            File(root + "{split}-v2.0.json", splits={"train": "train", "dev": "dev"}) for root in _SQUAD_DIRS
        ),
        score_v2,
        "best_f1",
        hub=Hub("rajpurkar/squad_v2", splits={"train": "train", "dev": "validation"}),
    ),
    Task(
        "qamr",
        "span",
        "questions about the words of single sentences",
        question,
        tuple(
            File(pattern, splits=splits, load=load_qamr)
            for pattern in ("filtered/{split}.tsv", "data/filtered/{split}.tsv", "filtered_{split}.tsv")
            for splits in ({"train": "train", "dev": "dev", "test": "test"},)
        ),
        score,
        "f1",
    ),
    Task(
        "xquad",
        "span",
        "SQuAD questions in 12 languages",
        question,
        (File("xquad.{lang}.json", splits={"test": "test"}),),
        score,
        "em_f1",
        languages=("ar", "de", "el", "en", "es", "hi", "ro", "ru", "th", "tr", "vi", "zh"),
        hub=Hub("google/xquad", "xquad.{lang}", {"test": "validation"}),
        trains_on=("squad",),
    ),
    Task(
        "mlqa",
        "span",
        "questions in 7 languages, with contexts in the same language",
        question,
        tuple(
            File(root + "{split}-context-{lang}-question-{lang}.json", splits={"dev": "dev", "test": "test"})
            for root in ("", "{split}/", "MLQA_V1/{split}/")
        ),
        score_mlqa,
        "em_f1",
        languages=mlqa.LANGUAGES,
        hub=Hub("google/xtreme", "MLQA.{lang}.{lang}", {"dev": "validation", "test": "test"}),
        trains_on=("squad",),
    ),
    Task(
        "tydiqa",
        "span",
        "TyDiQA, gold passage; the test is the development set, as in XTREME",
        tydiqa,
        tuple(
            File(pattern, splits={"train": "train", "dev": "dev", "test": "dev"})
            for pattern in (
                "tydiqa-goldp-v1.1-{split}.json",
                "tydiqa-goldp-v1.1-{split}/tydiqa-goldp-{split}-{name}.json",
                "tydiqa-goldp-v1.1-{split}/tydiqa.{lang}.{split}.json",
                "tydiqa-goldp-v1.1-{split}/tydiqa.goldp.{lang}.{split}.json",
                "tydiqa-goldp-{split}-{name}.json",
                "tydiqa.goldp.{lang}.{split}.json",
                "tydiqa.{lang}.{split}.json",
            )
        ),
        score,
        "em_f1",
        languages=tuple(TYDIQA),
        hub=Hub(
            "google-research-datasets/tydiqa",
            "secondary_task",
            {"train": "train", "dev": "validation", "test": "validation"},
        ),
    ),
    Task(
        "span-qa",
        "span",
        "any records that morphaug generate --task span-qa takes",
        question,
        (File("{split}-{lang}.*"), File("{split}.*")),
        score,
        "f1",
        languages=(),
    ),
)
