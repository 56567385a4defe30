"""A run's configuration: one YAML or TOML file, typed and checked before anything is read or written.

    name: qamr-ner          # the arm; results go to OUT/runs/NAME/seed-SEED
    seed: 0
    model: xlm-roberta-base # a folder, or a name on the Hub
    out: work               # shared by arms: phases that are the same are trained once

    intermediate:           # each phase is optional: mlm, intermediate, target
      tasks: [{task: qamr, data: data/qamr, augmented: [aug/fin/pseudo]}]
      lr: 1e-5
      epochs: 2
    target:
      recipe: xtreme        # learning rate, batch, epochs and lengths as published; your own keys win
      tasks: [{task: panx, data: data/panx}]
    evaluate:
      tasks: [{task: panx, data: data/panx, languages: [fi, sw, tr, de]}]

Every mistake is one line that names the file, the phase, the task and the field.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from harness.recipes import RECIPES
from harness.typed import BadValue, build, parse_yaml, read_file
from morphaug.errors import MorphaugError, UnknownName

PHASES = ("mlm", "intermediate", "target")
POSITIONS = 512  # what XLM-R's position table holds, <s> and </s> included


def _need(condition: bool, key: str, problem: str) -> None:
    if not condition:
        raise BadValue(f"{key} {problem}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskConfig:
    """Training data of one task in a phase.

    Attributes:
        task: Name in the registry ("mnli", "squad", "panx", ...).
        data: A folder or file in the official format; empty for the Hub.
        languages: What to train on.
        split: Name of the training split.
        augmented: Folders that ``morphaug generate`` made, or one stream in them (OUT/fin/pseudo).
        ratio: Share of the augmented records to use; which ones is decided by id, alike for all arms.
        twins: Likewise, made with ``--provenance``: what the originals are to be consistent with (see
            ``ExampleConfig``). They are not trained on by themselves.
        original: Whether the original examples are trained on too.
        reverse: Add every sentence pair the other way round (word in context, paraphrase; not entailment).
        limit: Use only so many original examples (chosen by id, not by place); 0 for all.
        weight: Factor on how often the task is drawn in a phase with several tasks.
        dev: Where selection looks: ``file`` (the task's development file), ``carve`` (a part of the training data),
            ``none``; ``auto`` takes the file unless it is what the run is evaluated on.
        dev_share: Share of the training data that ``carve`` sets aside, by id.
        dev_limit: Use at most so many development examples; 0 for all.
    """

    EXAMPLE: ClassVar[str] = "a task is {task: mnli, data: FOLDER}"
    SHORT: ClassVar[str] = "task"

    task: str
    data: str = ""
    languages: tuple[str, ...] = ("en",)
    split: str = "train"
    augmented: tuple[str, ...] = ()
    twins: tuple[str, ...] = ()
    ratio: float = 1.0
    original: bool = True
    reverse: bool = False
    limit: int = 0
    weight: float = 1.0
    dev: Literal["auto", "file", "carve", "none"] = "auto"
    dev_share: float = 0.1
    dev_limit: int = 0

    def __post_init__(self) -> None:
        _need(bool(self.task), "task", "is empty")
        _need(bool(self.languages), "languages", "is empty")
        _need(0 < self.ratio <= 1, "ratio", f"is {self.ratio}; it must be above 0 and at most 1")
        _need(self.limit >= 0, "limit", f"is {self.limit}; it cannot be negative (0 for all)")
        _need(self.weight > 0, "weight", f"is {self.weight}; it must be above 0")
        _need(0 < self.dev_share < 1, "dev_share", f"is {self.dev_share}; it must lie between 0 and 1")
        _need(self.dev_limit >= 0, "dev_limit", f"is {self.dev_limit}; it cannot be negative (0 for all)")
        _need(
            self.original or bool(self.augmented),
            "original",
            "is false, and augmented names nothing to train on",
        )
        _need(
            not (self.twins and (self.reverse or not self.original)),
            "twins",
            "are of the original examples as they are: neither with reverse nor with original: false",
        )


_OPTIONS: dict[str, dict[str, Any]] = {
    "variant": {},
    "code-switch": {"languages": (), "rate": 0.3},
    "subwords": {"rate": 1.0, "alpha": 0.3},
    "gaussian": {"eps": 1e-5},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleConfig:
    """Example consistency, xTune's R1: an example and its noised twin should be given the same answer.

    Attributes:
        twin: ``variant`` (of the corpora that a task's ``twins`` names), ``code-switch`` (words of an example
            replaced by a lexicon's), ``subwords`` (another way to cut words into the vocabulary's pieces, a
            new one every epoch) or ``gaussian`` (noise on the embeddings, new every epoch).
        weight: xTune's λ1; 0 for none. Divergences are sums over classes: see ``harness.consistency``.
        languages: code-switch: each replaced word is of one of these. Their lexicons must be installed.
        rate: code-switch, subwords: share of the words to change (0.3; all).
        alpha: subwords: 1 draws by the vocabulary's own probabilities, 0 all ways to cut a word alike (0.3).
        eps: gaussian: standard deviation (1e-5).
    """

    EXAMPLE: ClassVar[str] = "example is {twin: subwords, weight: 5}"
    SHORT: ClassVar[str] = "twin"

    twin: Literal["variant", "code-switch", "subwords", "gaussian"]
    weight: float = 5.0
    languages: tuple[str, ...] | None = None
    rate: float | None = None
    alpha: float | None = None
    eps: float | None = None

    def __post_init__(self) -> None:
        mine = _OPTIONS[self.twin]
        for key in ("languages", "rate", "alpha", "eps"):
            if key not in mine:
                _need(getattr(self, key) is None, key, f"says nothing with twin: {self.twin}")
            elif getattr(self, key) is None:
                object.__setattr__(self, key, mine[key])
        _need(self.weight >= 0, "weight", f"is {self.weight}; it cannot be negative")
        _need(
            self.twin != "code-switch" or bool(self.languages),
            "languages",
            "is empty: name the lexicons' languages",
        )
        _need(self.rate is None or 0 < self.rate <= 1, "rate", f"is {self.rate}; it is above 0 and at most 1")
        _need(self.alpha is None or self.alpha >= 0, "alpha", f"is {self.alpha}; it cannot be negative")
        _need(self.eps is None or self.eps > 0, "eps", f"is {self.eps}; it must be above 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class TeacherConfig:
    """Model consistency, xTune's R2: augmented examples should be given the answer of a frozen earlier model.

    Attributes:
        teacher: An earlier phase of the run (``intermediate``), or the folder of a run, a phase or a model that
            has a head for the task.
        weight: xTune's λ2; 0 for none.
        hard: Learn the teacher's first choice instead of its probabilities.
    """

    EXAMPLE: ClassVar[str] = "model is {teacher: intermediate, weight: 1}"
    SHORT: ClassVar[str] = "teacher"

    teacher: str
    weight: float = 1.0
    hard: bool = False

    def __post_init__(self) -> None:
        _need(bool(self.teacher), "teacher", "is empty")
        _need(self.weight >= 0, "weight", f"is {self.weight}; it cannot be negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsistencyConfig:
    """What is asked of a phase's model beside its tasks' own losses (xTune, arXiv 2106.08226).

    Attributes:
        example: R1, between an example and its twin.
        model: R2, between the model and a frozen one, on augmented examples.
    """

    EXAMPLE: ClassVar[str] = "consistency has example, model or both"

    example: ExampleConfig | None = None
    model: TeacherConfig | None = None

    def __post_init__(self) -> None:
        _need(self.example is not None or self.model is not None, "example", "and model are both missing")


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseConfig:
    """One phase of training.

    Attributes:
        tasks: What is trained, together.
        recipe: Published settings to begin from (`xtreme`, `jiant`, `xtune`, `xtune-2`), by the phase's first task.
        mixing: How often each of several tasks is drawn: by its size, all alike, or size^(1/temperature).
        temperature: For ``mixing: temperature``.
        cap: No task counts as larger than this many units in mixing; 0 for no cap.
        epochs: Passes over the data; with several tasks, over all of it together. May be a fraction.
        steps: Optimiser steps, instead of epochs.
        batch_size: Units (sentences, pairs, questions' windows, multiple-choice examples) in a step.
        lr: Peak learning rate.
        warmup: Steps if 1 or more, share of all steps if below 1; then linear decay to 0.
        weight_decay: AdamW's; biases and LayerNorm have none.
        clip: Largest global gradient norm; 0 for no clipping.
        max_len: Longest sequence, special tokens included.
        doc_stride: Tokens from the start of one window of a long context to the start of the next.
        max_query: Longest question, in tokens.
        pack_tokens: Tokens that are computed at once; 0 for a choice by device. Changes memory and speed (and,
            with dropout, which numbers are dropped).
        head: ``fresh`` begins with a new head; ``carry`` takes the one of the phase before, which must have it.
        consistency: Train to be consistent as well; none for the tasks' own losses alone.
        precision: ``fp32``, or ``bf16`` copies for computing beside fp32 master weights.
        compact: Train only the embedding rows that occur in the data (exactly the same result, faster); auto: not in MLM.
        dropout: Hidden dropout; none for what the model's configuration says.
        attention_dropout: Likewise, of attention.
        evaluate_every: Development evaluation every so many steps; 0 for once an epoch.
        patience: Stop after so many evaluations without a better one; 0 for never.
        select: ``best`` keeps the weights of the best development evaluation, ``last`` those of the last step.
        checkpoint_every: Steps between checkpoints to resume from; 0 for at each evaluation.
        mask: Share of tokens to predict (MLM).
        seed: Of this phase alone; none for the run's.
    """

    EXAMPLE: ClassVar[str] = "a phase has tasks, and epochs or steps"
    ELSEWHERE: ClassVar[dict[str, str]] = {
        "learning_rate": "lr",
        "num_train_epochs": "epochs",
        "max_steps": "steps",
        "max_seq_length": "max_len",
        "max_length": "max_len",
        "per_device_train_batch_size": "batch_size",
        "train_batch_size": "batch_size",
        "warmup_steps": "warmup",
        "warmup_ratio": "warmup",
        "max_grad_norm": "clip",
        "mlm_probability": "mask",
        "eval_steps": "evaluate_every",
        "save_steps": "checkpoint_every",
    }

    tasks: tuple[TaskConfig, ...]
    recipe: str = ""
    mixing: Literal["proportional", "uniform", "temperature"] = "proportional"
    temperature: float = 2.0
    cap: int = 0
    epochs: float | None = None
    steps: int | None = None
    batch_size: int = 32
    lr: float = 1e-5
    warmup: float = 0.0
    weight_decay: float = 0.0
    clip: float = 1.0
    max_len: int = 256
    doc_stride: int = 128
    max_query: int = 64
    pack_tokens: int = 0
    head: Literal["fresh", "carry"] = "fresh"
    consistency: ConsistencyConfig | None = None
    precision: Literal["fp32", "bf16"] = "fp32"
    compact: Literal["auto", "yes", "no"] = "auto"
    dropout: float | None = None
    attention_dropout: float | None = None
    evaluate_every: int = 0
    patience: int = 0
    select: Literal["best", "last"] = "best"
    checkpoint_every: int = 0
    mask: float = 0.15
    seed: int | None = None

    def __post_init__(self) -> None:
        _need(bool(self.tasks), "tasks", "is empty")
        _need((self.epochs is None) != (self.steps is None), "epochs", "or steps: give exactly one of them")
        _need(self.epochs is None or self.epochs > 0, "epochs", f"is {self.epochs}; it must be above 0")
        _need(self.steps is None or self.steps > 0, "steps", f"is {self.steps}; it must be above 0")
        _need(self.lr > 0, "lr", f"is {self.lr}; it must be above 0")
        _need(self.batch_size > 0, "batch_size", f"is {self.batch_size}; it must be above 0")
        _need(self.warmup >= 0, "warmup", f"is {self.warmup}; it cannot be negative")
        _need(
            self.warmup < 1 or self.warmup == int(self.warmup), "warmup", "is a share below 1 or whole steps"
        )
        _need(
            self.steps is None or self.warmup <= self.steps,
            "warmup",
            f"is {self.warmup:g} steps, more than the {self.steps} steps of the phase",
        )
        _need(self.weight_decay >= 0, "weight_decay", f"is {self.weight_decay}; it cannot be negative")
        _need(self.clip >= 0, "clip", f"is {self.clip}; it cannot be negative (0 for none)")
        _need(
            8 <= self.max_len <= POSITIONS,
            "max_len",
            f"is {self.max_len}; the model has positions for 8 to {POSITIONS}",
        )
        _need(self.max_query > 0, "max_query", f"is {self.max_query}; it must be above 0")
        _need(self.doc_stride > 0, "doc_stride", f"is {self.doc_stride}; it must be above 0")
        _need(
            self.pack_tokens == 0 or self.pack_tokens >= self.max_len,
            "pack_tokens",
            f"is {self.pack_tokens}, less than max_len ({self.max_len})",
        )
        for key in ("dropout", "attention_dropout"):
            value = getattr(self, key)
            _need(value is None or 0 <= value < 1, key, f"is {value}; it must lie between 0 and 1")
        _need(self.temperature >= 1, "temperature", f"is {self.temperature}; it must be 1 or more")
        for key in ("cap", "evaluate_every", "patience", "checkpoint_every"):
            _need(getattr(self, key) >= 0, key, f"is {getattr(self, key)}; it cannot be negative")
        _need(0 < self.mask < 1, "mask", f"is {self.mask}; it must lie between 0 and 1")
        _need(self.seed is None or self.seed >= 0, "seed", f"is {self.seed}; it cannot be negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalTaskConfig:
    """A task to be evaluated on, language by language.

    Attributes:
        task: Name in the registry.
        data: A folder in the official format; empty for the Hub.
        languages: Which; empty for all that the task has.
        split: ``test``, ``dev``, or ``auto``: test where it has labels, else dev.
        limit: Use only so many examples of each language (chosen by id); 0 for all.
        head: Name of the trained head to use; empty to find it (a retrieval test without one uses hidden states).
        layers: Retrieval: hidden states to try on development data (0 is the embeddings); empty for all.
        pool: Retrieval: poolings to try (``mean``, ``cls``).
    """

    EXAMPLE: ClassVar[str] = "a task is {task: panx, data: FOLDER, languages: [fi]}"
    SHORT: ClassVar[str] = "task"

    task: str
    data: str = ""
    languages: tuple[str, ...] = ()
    split: Literal["auto", "test", "dev"] = "auto"
    limit: int = 0
    head: str = ""
    layers: tuple[int, ...] = ()
    pool: tuple[Literal["mean", "cls"], ...] = ("mean",)

    def __post_init__(self) -> None:
        _need(bool(self.task), "task", "is empty")
        _need(self.limit >= 0, "limit", f"is {self.limit}; it cannot be negative (0 for all)")
        _need(bool(self.pool), "pool", "is empty")


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluateConfig:
    """What is measured at the end.

    Attributes:
        tasks: Each read once, after selection on English development data.
        oracle: Report target-language development scores beside, marked as oracle; they select nothing.
        pack_tokens: As in a phase.
    """

    EXAMPLE: ClassVar[str] = "evaluate has tasks"

    tasks: tuple[EvalTaskConfig, ...]
    oracle: bool = False
    pack_tokens: int = 0

    def __post_init__(self) -> None:
        _need(bool(self.tasks), "tasks", "is empty")
        _need(self.pack_tokens >= 0, "pack_tokens", f"is {self.pack_tokens}; it cannot be negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunConfig:
    """A whole run.

    Attributes:
        name: The arm's name, a folder's name.
        model: Folder or Hub name of an XLM-R checkpoint.
        out: Folder of results and of the cache of phases; arms that share it share phases.
        seed: Of data order, heads and dropout.
        device: ``auto``, ``cpu`` or ``cuda``.
        threads: CPU threads; 0 leaves it to torch. May change the last bits of results.
        mlm, intermediate, target: The phases, in this order; each optional.
        evaluate: What is measured at the end; none to train only.
    """

    EXAMPLE: ClassVar[str] = "a run has a name, a model and phases"

    name: str
    model: str
    out: str = "runs"
    seed: int = 0
    device: Literal["auto", "cpu", "cuda"] = "auto"
    threads: int = 0
    mlm: PhaseConfig | None = None
    intermediate: PhaseConfig | None = None
    target: PhaseConfig | None = None
    evaluate: EvaluateConfig | None = None

    def __post_init__(self) -> None:
        good = bool(self.name) and not set(self.name) & set('/\\:*?"<>|') and not self.name.startswith(".")
        _need(good, "name", f"is {self.name!r}; it must do as a folder's name")
        _need(bool(self.model), "model", "is empty")
        _need(bool(self.out), "out", "is empty")
        _need(self.seed >= 0, "seed", f"is {self.seed}; it cannot be negative")
        _need(self.threads >= 0, "threads", f"is {self.threads}; it cannot be negative")
        something = bool(self.phases()) or self.evaluate is not None
        _need(something, "mlm", "and intermediate, target, evaluate are all missing: nothing to do")

    def phases(self) -> dict[str, PhaseConfig]:
        """The phases that there are, in order."""
        found = {name: getattr(self, name) for name in PHASES}
        return {name: phase for name, phase in found.items() if phase is not None}


def run_folder(out: str, name: str, seed: int) -> Path:
    """Where a run's results are."""
    return Path(out) / "runs" / name / f"seed-{seed}"


def load(path: Path, overrides: Sequence[str] = ()) -> RunConfig:
    """Read a configuration, apply overrides, check everything that can be checked without data.

    Args:
        path: A .yaml, .yml or .toml file.
        overrides: ``key.sub=value`` with the value in YAML: ``seed=1``, ``target.tasks.0.limit=100``,
            ``evaluate.tasks.0.languages=[fi, sw]``.

    Raises:
        MorphaugError: One line naming the file, the phase, the task and the field.
    """
    raw = read_file(path)
    for text in overrides:
        override(raw, text)
    for phase in PHASES:
        apply_recipe(raw, phase, f"{path.name}: {phase}")
    return parse(raw, path.name)


def parse(raw: Mapping[str, Any], where: str = "configuration") -> RunConfig:
    """A configuration from what YAML or TOML gave; see `load`."""
    config = build(RunConfig, raw, where)
    _check_tasks(config, where)
    return config


def resolved(config: Any) -> Any:
    """A configuration as plain JSON data, every value in it."""
    data = dataclasses.asdict(config)
    return data if not isinstance(config, RunConfig) else {k: v for k, v in data.items() if v is not None}


def override(raw: dict[str, Any], text: str) -> None:
    """Apply ``key.sub=value`` to what a file said.

    Raises:
        MorphaugError: The key leads nowhere.
    """
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise MorphaugError(f"override {text!r}", "write key.sub=value, as in target.lr=1e-5")
    place: Any = raw
    *parents, last = key.split(".")
    for at, part in enumerate(parents):
        items = isinstance(place, list)
        place = place[_index(part, place, key)] if items else place.setdefault(part, {})
        if not isinstance(place, (dict, list)):
            raise MorphaugError(f"override {key}", f"{'.'.join(parents[: at + 1])} is a value, not a section")
    parsed = parse_yaml(value, f"override {key}")
    if isinstance(place, list):
        place[_index(last, place, key)] = parsed
    elif parsed is None and last in (*PHASES, "evaluate"):
        place.pop(last, None)  # target=  leaves the phase out
    else:
        place[last] = parsed


def _index(part: str, items: list[Any], key: str) -> int:
    if not part.isdigit() or int(part) >= len(items):
        known = f"0 to {len(items) - 1}" if items else "none: the list is empty"
        raise MorphaugError(f"override {key}", f"{part!r} must be the number of an item, {known}")
    return int(part)


def apply_recipe(raw: dict[str, Any], phase: str, place: str) -> None:
    """Fill in what the recipe of the phase ``raw[phase]`` says and the user does not.

    Raises:
        MorphaugError: No such recipe, or it says nothing of the phase's first task.
    """
    from harness.tasks import TASKS

    section = raw.get(phase)
    if not isinstance(section, dict) or not section.get("recipe"):
        return
    name = section["recipe"]
    if name not in RECIPES:
        error = UnknownName("recipe", str(name), RECIPES)
        raise MorphaugError(f"{place}.recipe: {error.message}", error.hint)
    tasks = section.get("tasks")
    first = tasks[0] if isinstance(tasks, list) and tasks else tasks
    task = first.get("task") if isinstance(first, dict) else first
    if not isinstance(task, str):
        return  # not a task at all: building says so
    _check_name(task, TASKS, f"{place}.tasks[0]")
    if task not in RECIPES[name]:
        known = ", ".join(RECIPES[name])
        raise MorphaugError(f"{place}.recipe: {name} says nothing of {task}", f"it knows {known}")
    values = dict(RECIPES[name][task])
    if "steps" in section:
        values.pop("epochs", None)
    raw[phase] = _over(values, section)


def _over(values: Mapping[str, Any], section: Mapping[str, Any]) -> dict[str, Any]:
    """A recipe's values with the user's over them, section by section; an empty value leaves one out."""
    if section.get("twin", values.get("twin")) != values.get("twin"):
        values = {"weight": values["weight"]}  # the rest is about another kind of noise
    out = {**values, **section}
    for key, value in section.items():
        if isinstance(value, Mapping) and isinstance(values.get(key), Mapping):
            out[key] = _over(values[key], value)
    return out


# -- names that the task registry knows ---------------------------------------------------------------


def _check_tasks(config: RunConfig, where: str) -> None:
    for phase, section in config.phases().items():
        check_phase(phase, section, f"{where}: {phase}")
    _check_teachers(config, where)
    if config.evaluate:
        check_tested(config.evaluate.tasks, f"{where}: evaluate.tasks")


def check_phase(phase: str, section: PhaseConfig, where: str) -> None:
    """Refuse tasks and languages that the registry does not know, and tasks that the phase cannot train.

    Args:
        phase: "mlm", "intermediate" or "target".
        section: Its settings.
        where: "run.yaml: target", for errors.

    Raises:
        MorphaugError: One line that names the place.
    """
    from harness.tasks import TASKS

    seen: set[str] = set()
    for at, task in enumerate(section.tasks):
        place = f"{where}.tasks[{at}]"
        _check_name(task.task, TASKS, place)
        family = TASKS[task.task].family
        if task.reverse and family != "classify":
            raise MorphaugError(f"{place}.reverse: {task.task} has no pairs to turn around")
        if phase == "mlm" and family != "mlm":
            raise MorphaugError(f"{place}.task: {task.task} is no plain text", "the mlm phase takes text")
        if phase == "target" and family == "mlm":
            raise MorphaugError(f"{place}.task: {task.task} belongs in mlm or intermediate")
        if task.task in seen:
            raise MorphaugError(f"{place}.task: {task.task} is there twice", "give its data in one entry")
        seen.add(task.task)
        _check_languages(task.languages, TASKS[task.task].languages, f"{place}.languages")
    _check_consistency(section, [TASKS[task.task].family for task in section.tasks], where)


def _check_consistency(section: PhaseConfig, families: Sequence[str], where: str) -> None:
    """Refuse consistency that could not be trained, and twins that nothing uses."""
    wanted = section.consistency
    for at, family in enumerate(families):
        if wanted and family in ("mlm", "retrieve"):
            raise MorphaugError(f"{where}.consistency: {section.tasks[at].task} has no classes to agree on")
    example = wanted.example if wanted else None
    given = [at for at, task in enumerate(section.tasks) if task.twins]
    if example and example.twin == "variant" and not given:
        raise MorphaugError(
            f"{where}.consistency.example: no task has twins", "tasks: [{..., twins: [FOLDER]}]"
        )
    if given and not (example and example.twin == "variant"):
        hint = "consistency: {example: {twin: variant}} uses them"
        raise MorphaugError(f"{where}.tasks[{given[0]}].twins: nothing uses them", hint)
    if wanted and wanted.model and not any(task.augmented for task in section.tasks):
        raise MorphaugError(
            f"{where}.consistency.model: it is asked on augmented examples, and there are none"
        )


def _check_teachers(config: RunConfig, where: str) -> None:
    """Refuse a teacher that is a phase, but none that is trained before."""
    before: list[str] = []
    for phase, section in config.phases().items():
        model = section.consistency.model if section.consistency else None
        if model and model.teacher in PHASES and model.teacher not in before:
            known = f"phases before: {', '.join(before)}" if before else "there is no phase before"
            raise MorphaugError(f"{where}: {phase}.consistency.model.teacher: {model.teacher}", known)
        before.append(phase)


def check_tested(tested: Sequence[EvalTaskConfig], where: str) -> None:
    """Refuse tasks and languages to be evaluated on that the registry does not know.

    Args:
        tested: What is to be measured.
        where: "run.yaml: evaluate.tasks", for errors.

    Raises:
        MorphaugError: One line that names the place.
    """
    from harness.tasks import TASKS

    for at, measured in enumerate(tested):
        place = f"{where}[{at}]"
        _check_name(measured.task, TASKS, place)
        if measured.task in [other.task for other in tested[:at]]:
            raise MorphaugError(f"{place}.task: {measured.task} is there twice", "name all languages in one")
        _check_languages(measured.languages, TASKS[measured.task].languages, f"{place}.languages")


def _check_name(name: str, known: Iterable[str], place: str) -> None:
    if name not in known:
        error = UnknownName("task", name, known)
        raise MorphaugError(f"{place}.task: {error.message}", error.hint)


def _check_languages(wanted: Sequence[str], known: Sequence[str], place: str) -> None:
    from harness.tasks import two_letters

    for at, language in enumerate(wanted):
        try:
            if known and two_letters(language) not in known:
                raise UnknownName("language", language, known)
        except MorphaugError as error:
            raise MorphaugError(f"{place}[{at}]: {error.message}", error.hint) from None
