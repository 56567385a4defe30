"""Scores of a trained model on a task's examples, and which of a model's heads and which split a task is scored with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from harness.config import EvalTaskConfig
from harness.data import limited
from harness.decode import Answers, decode
from harness.encode import Encoded, Settings, Tokenizer, encode
from harness.metrics import Score
from harness.metrics.retrieval import ranked, top, unit
from harness.model import Model
from harness.phases import content
from harness.predict import predict
from harness.records import Aligned, Record
from harness.tasks import TASKS, Task, two_letters
from harness.tasks.common import locate, unlabelled
from morphaug.errors import MorphaugError

RANKED = 20  # how deep a ranking is looked at


class HeadKind(NamedTuple):
    """What has to be known of a head to say whether a task can use it."""

    kind: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """A model's score on one task in one language.

    Attributes:
        score: Averages and every example's outcome.
        predictions: One object for each example: {"id", "prediction"}.
        counts: What was cut or could not be said when the texts were tokenised.
    """

    score: Score
    predictions: tuple[dict[str, Any], ...]
    counts: Mapping[str, int]


def head_for(task: Task, heads: Mapping[str, HeadKind], wanted: str = "") -> str:
    """The name of the head that a task is scored with.

    Its own; else that of the set it is trained on (XNLI: mnli); else the only one of its kind with its labels.

    Raises:
        MorphaugError: There is none, or it is not clear which.
    """
    known = ", ".join(heads) or "none"
    if wanted:
        if wanted not in heads or heads[wanted].kind != task.family:
            raise MorphaugError(f"no head '{wanted}' for {task.name}", f"the model's heads: {known}")
        return wanted
    for name in (task.name, *reversed(task.trains_on)):
        if name in heads:
            return name
    fit = [
        name
        for name, head in heads.items()
        if head.kind == task.family and (not task.labels or set(head.labels) == set(task.labels))
    ]
    if len(fit) == 1:
        return fit[0]
    problem = "no head for" if not fit else f"several heads ({', '.join(fit)}) would do for"
    hint = " or ".join((task.name, *task.trains_on))
    raise MorphaugError(
        f"{problem} {task.name}", f"train {hint} in the last phase; the model's heads: {known}"
    )


def languages_of(config: EvalTaskConfig) -> tuple[str, ...]:
    """The languages a task is to be evaluated in, by two-letter codes.

    Raises:
        MorphaugError: None is named and the task takes any.
    """
    wanted = tuple(two_letters(code) for code in config.languages) or TASKS[config.task].languages
    if not wanted:
        raise MorphaugError(f"evaluate: {config.task} takes any language", "name them in languages")
    return wanted


def split_of(config: EvalTaskConfig) -> str:
    """The split that a task is scored on: the test set, or the development set where no labelled test is there.

    Labels are looked for, not at.
    """
    task = TASKS[config.task]
    if config.split != "auto":
        return config.split
    if task.find is not None:
        return "test"
    if not config.data:
        return "test" if task.hub and "test" in task.hub.splits else "dev"
    dev = _files_of(config, "dev")
    tests = _files_of(config, "test")
    # A path that names no split gives the same files for both: what they are is then not known, so no test set.
    if dev and (not tests or tests == dev or not _labelled(config)):
        return "dev"
    return "test"


def _labelled(config: EvalTaskConfig) -> bool:
    """Whether the test set of the first language has labels."""
    try:
        records = TASKS[config.task].load(config.data, "test", languages_of(config)[0]).records
    except MorphaugError:
        return False
    return not any(unlabelled(record) for record in records)


def _files_of(config: EvalTaskConfig, split: str) -> list[list[Path]]:
    """The files of a split by language; none if one language has none."""
    task = TASKS[config.task]
    try:
        return [files(task, config.data, split, language) for language in languages_of(config)]
    except MorphaugError:
        return []


def files(task: Task, data: str, split: str, language: str) -> list[Path]:
    """The files of a split, resolved.

    Raises:
        MorphaugError: They are not there.
    """
    return [path.resolve() for path, _ in locate(task, data, split, language)]


def files_tested(tasks: Sequence[EvalTaskConfig]) -> dict[str, str]:
    """Every local file that a run is evaluated on, with the place in the configuration that says so.

    Raises:
        MorphaugError: One is not there: found before anything is trained.
    """
    found: dict[str, str] = {}
    for at, config in enumerate(tasks):
        place = f"evaluate.tasks[{at}]"
        try:
            split = split_of(config)
            for language in languages_of(config) if config.data else ():
                for path in files(TASKS[config.task], config.data, split, language):
                    found[str(path)] = place
        except MorphaugError as error:
            raise MorphaugError(f"{place}: {error.message}", error.hint) from None
    return found


def sources(task: Task, data: str, split: str, language: str) -> list[list[str]]:
    """The files of a split with their hashes, or the Hub's name: what says whether they are still the same."""
    if not data:
        return [["hub", task.hub.name if task.hub else ""]]
    return [[path.name, content(path)["sha256"]] for path, _ in locate(task, data, split, language)]


def read(config: EvalTaskConfig, split: str, language: str) -> list[Record]:
    """The examples to be scored.

    Raises:
        MorphaugError: They are not there, or have no labels.
    """
    task = TASKS[config.task]
    records = limited(task.read(config.data, split, language), config.limit)
    if any(unlabelled(record) for record in records):
        raise MorphaugError(
            f"the {split} set of {config.task} in {language} has no labels",
            "score another split (split: dev), or write predictions with harness predict",
        )
    return records


def encoded_for(
    task: Task, records: Sequence[Record], tokenizer: Tokenizer, settings: Settings, labels: Sequence[str]
) -> Encoded:
    """Examples tokenised for prediction: none is left out."""
    return encode(records, tokenizer, task.family, settings, labels)


def measure(
    model: Model, head: str, task: Task, encoded: Encoded, language: str, *, pack_tokens: int = 8192
) -> Measured:
    """Score a model.

    Args:
        model: On its device.
        head: Name of the head.
        task: Whose score.
        encoded: The examples, with labels.
        language: Of the examples.
        pack_tokens: Most tokens of one forward pass.
    """
    if task.family == "retrieve":
        return _matched(model, head, encoded, pack_tokens)
    if task.score is None:
        raise MorphaugError(f"{task.name} has no score")
    predicted = decode(encoded, predict(model, encoded.store, head, pack_tokens=pack_tokens))
    score = task.score(encoded.records, predicted, language)
    return Measured(score, tuple(shown(encoded.records, predicted)), encoded.counts)


def main_score(task: Task) -> str:
    """Which value of a task's score selects."""
    return task.main or "map"


def _matched(model: Model, head: str, encoded: Encoded, pack_tokens: int) -> Measured:
    """How well a trained head finds the candidate of each pair among those of all pairs; equal ones are one."""
    vectors = predict(model, encoded.store, head, pack_tokens=pack_tokens)
    pairs = [record for record in encoded.records if isinstance(record, Aligned)]
    names = [f"{pair.candidate}\0{pair.context}" for pair in pairs]
    first = {name: at for at, name in reversed(list(enumerate(names)))}
    kept = sorted(first.values())
    _, found = top(unit(vectors[0::2]), unit(vectors[1::2][kept]), RANKED)
    gold = {pair.id: {str(first[name])} for pair, name in zip(pairs, names, strict=True)}
    rankings = {
        pair.id: [str(kept[at]) for at in row] for pair, row in zip(pairs, found.tolist(), strict=True)
    }
    lines = tuple({"id": name, "prediction": ranking[0]} for name, ranking in rankings.items())
    return Measured(ranked(gold, rankings, RANKED), lines, encoded.counts)


def shown(records: Sequence[Record], predicted: Any) -> Iterator[dict[str, Any]]:
    """Predictions as lines of JSON: a label's name, a tag for each word, a choice's index, an answer."""
    if isinstance(predicted, Answers):
        for record in records:
            no_answer = round(float(predicted.no_answer[record.id]), 4)
            yield {"id": record.id, "prediction": predicted.texts[record.id], "no_answer": no_answer}
    else:
        for record, value in zip(records, predicted, strict=True):
            yield {"id": record.id, "prediction": value}


def folder_of_model(trained: Path) -> tuple[Path, dict[str, Any]]:
    """The model behind a run's or a phase's folder, and the settings it was trained with.

    Args:
        trained: OUT/runs/NAME/seed-N, OUT/phases/KEY, or the folder of a model.

    Raises:
        MorphaugError: It is none of these.
    """
    from harness.phases import RUN, read_json

    if (trained / RUN).is_file():
        record = read_json(trained / RUN)
        if "model_folder" in record:
            return folder_of_model(trained / str(record["model_folder"]))
        return trained / "model", dict(record.get("settings", {}))
    if (trained / "config.json").is_file():
        return trained, {}
    raise MorphaugError(
        f"{trained} holds nothing that was trained", "name OUT/runs/NAME/seed-N, or a folder in OUT/phases"
    )
