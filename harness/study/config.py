"""A study's configuration: arms × targets × seeds in one YAML or TOML file, checked before anything is read or written.

    name: transfer
    model: intfloat/multilingual-e5-small   # a folder, or a name on the Hub
    out: work/study
    seeds: 8                    # of the confirmatory arms: data order, heads, dropout and the augmentation's draws
    exploratory_seeds: 3
    threads: 1                  # of each process
    intermediate:               # a phase with one task; its steps are set by the study
      tasks: [{task: qamr, data: intermediate/qamr, split: test, limit: 2000, dev: none}]
      epochs: 1                 # over one copy of the originals; arms with augmented data have twice the steps
      max_len: 128
    targets:
      ner:
        phase: {tasks: [{task: panx, data: panx, limit: 2000, dev: none}], epochs: 2, max_len: 128}
        evaluate: [{task: panx, data: panx, languages: [fi, sw], split: dev, limit: 1000}]
    augment: {languages: [fi, sw], parser: stanza}
    arms:
      confirmatory: [intermediate, duplicate, noise, synthetic-fi, synthetic-sw, pseudo-fi, pseudo-sw]
      exploratory: [target, morph-fi, pseudo-fi@target]
    primary: {arm: pseudo-fi, over: duplicate, target: ner, language: fi}

Every mistake is one line that names the file and the key. See ``harness.study.arms`` for the arms' names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

from harness.config import (
    EvalTaskConfig,
    PhaseConfig,
    TaskConfig,
    apply_recipe,
    check_phase,
    check_tested,
    override,
)
from harness.typed import BadValue, build, read_file
from morphaug.errors import MorphaugError, UnknownName


def _need(condition: bool, key: str, problem: str) -> None:
    if not condition:
        raise BadValue(f"{key} {problem}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetConfig:
    """A target task of the study.

    Attributes:
        phase: How it is trained.
        evaluate: What its models are scored on.
    """

    EXAMPLE: ClassVar[str] = "a target has a phase and evaluate"

    phase: PhaseConfig
    evaluate: tuple[EvalTaskConfig, ...]

    def __post_init__(self) -> None:
        _need(len(self.phase.tasks) == 1, "phase.tasks", "must be one task")
        _need(bool(self.evaluate), "evaluate", "is empty")
        _need(not self.phase.tasks[0].augmented, "phase.tasks[0].augmented", "is set by the arms")


@dataclass(frozen=True, slots=True, kw_only=True)
class AugmentConfig:
    """How corpora are made, by ``morphaug generate``.

    Attributes:
        languages: The languages of the arms and of the crossover.
        parser: As ``morphaug generate --parser`` takes it.
        model_dir: Folder of the parser's model.
        parse_cache: File that keeps parses; empty for the user's.
        match: Bring a recipe's edit rates in all languages down to that of the language with the lowest.
        fertility: Leave out examples, the same in all arms, until a recipe's corpora in all languages have alike
            many subwords a word: the highest at most this share above the lowest. 0 leaves them as they come.
        rate: Share of the sites that operators touch, before matching.
        workers: Processes that generate.
    """

    EXAMPLE: ClassVar[str] = "augment has languages and a parser"

    languages: tuple[str, ...] = ()
    parser: str = "stanza"
    model_dir: str = ""
    parse_cache: str = ""
    match: bool = True
    fertility: float = 0.02
    rate: float = 1.0
    workers: int = 1

    def __post_init__(self) -> None:
        _need(0 < self.rate <= 1, "rate", f"is {self.rate}; it must be above 0 and at most 1")
        _need(0 <= self.fertility < 1, "fertility", f"is {self.fertility}; it must be 0 or more and below 1")
        _need(self.workers >= 1, "workers", f"is {self.workers}; it must be 1 or more")
        _need(len(set(self.languages)) == len(self.languages), "languages", "names one twice")


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmsConfig:
    """The arms by name: those that the study decides by, and those it only looks at."""

    EXAMPLE: ClassVar[str] = "arms has confirmatory and exploratory"

    confirmatory: tuple[str, ...]
    exploratory: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _need(bool(self.confirmatory), "confirmatory", "is empty")
        names = (*self.confirmatory, *self.exploratory)
        for name in names:
            _need(names.count(name) == 1, "confirmatory", f"or exploratory: {name} is there twice")


@dataclass(frozen=True, slots=True, kw_only=True)
class PrimaryConfig:
    """The one primary contrast, written down before the runs.

    Attributes:
        arm, over: Names of confirmatory arms: is the first better than the second?
        target: Name of a target.
        language: That it is scored in.
    """

    EXAMPLE: ClassVar[str] = "primary is {arm: pseudo-fi, over: duplicate, target: ner, language: fi}"

    arm: str
    over: str
    target: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyConfig:
    """A whole study.

    Attributes:
        name: A folder's name; what belongs to the study alone is in OUT/study/NAME.
        model: Folder or Hub name of an XLM-R checkpoint.
        out: Folder of runs, phases and corpora. Arms' names are folders in it: give each study its own.
        seeds: How many the confirmatory arms have.
        exploratory_seeds: How many the others have.
        first_seed: The first of them. A study that tests what another one suggested begins behind its seeds.
        device, threads: As in a run; threads of each process.
        keep_models: Keep every phase's weights; without it they go when no run needs them any more.
        intermediate: The phase between the model and the targets, one task, trained for ``epochs``.
        targets: By name.
        augment: How corpora are made.
        arms: What is compared.
        primary: The contrast that decides.
        tuned_on: Languages that settings were chosen on, for the report.
        about_model: What the encoder had seen before, for the report.
        pretraining_tokens: Of languages, if known: a covariate.
        smallest_effect: In points, the smallest difference that anybody would want to know of.
        tracker: Where training curves go beside: trackio, tensorboard, wandb; empty for nowhere.
    """

    EXAMPLE: ClassVar[str] = "a study has a name, a model, an intermediate phase, targets, arms and primary"

    name: str
    model: str
    intermediate: PhaseConfig
    targets: dict[str, TargetConfig]
    arms: ArmsConfig
    primary: PrimaryConfig
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    out: str = "study"
    seeds: int = 8
    exploratory_seeds: int = 3
    first_seed: int = 0
    device: Literal["auto", "cpu", "cuda"] = "auto"
    threads: int = 1
    keep_models: bool = False
    tuned_on: tuple[str, ...] = ()
    about_model: str = ""
    pretraining_tokens: dict[str, float] = field(default_factory=dict)
    smallest_effect: float = 1.0
    tracker: Literal["", "trackio", "tensorboard", "wandb"] = ""

    def __post_init__(self) -> None:
        good = bool(self.name) and not set(self.name) & set('/\\:*?"<>|') and not self.name.startswith(".")
        _need(good, "name", f"is {self.name!r}; it must do as a folder's name")
        _need(bool(self.model), "model", "is empty")
        _need(bool(self.out), "out", "is empty")
        _need(self.seeds > 0, "seeds", f"is {self.seeds}; it must be 1 or more")
        _need(self.exploratory_seeds >= 0, "exploratory_seeds", "cannot be negative")
        _need(self.first_seed >= 0, "first_seed", "cannot be negative")
        _need(self.threads >= 0, "threads", f"is {self.threads}; it cannot be negative")
        _need(bool(self.targets), "targets", "is empty")
        for name in self.targets:
            _need(bool(name) and not set(name) & set('/\\:*?"<>|.@'), "targets", f"{name!r}: no name for it")
        _need(len(self.intermediate.tasks) == 1, "intermediate.tasks", "must be one task")
        _need(self.intermediate.epochs is not None, "intermediate.epochs", "is missing: the study sets steps")
        # The originals of all arms are chosen by what could be augmented: a file of their own, with no other beside.
        _need(self.source.dev == "none", "intermediate.tasks[0].dev", "must be none")
        for key in ("augmented", "reverse"):
            _need(not getattr(self.source, key), f"intermediate.tasks[0].{key}", "is set by the arms")
        for name, target in self.targets.items():
            _need(target.phase.epochs is not None, f"targets.{name}.phase.epochs", "is missing")

    @property
    def source(self) -> TaskConfig:
        """The originals of the intermediate phase."""
        return self.intermediate.tasks[0]

    @property
    def folder(self) -> Path:
        """What belongs to this study alone: OUT/study/NAME."""
        return Path(self.out) / "study" / self.name


def is_study(path: Path) -> bool:
    """Whether a configuration is a study's, and not a run's: it has arms."""
    return "arms" in read_file(path)


def load_study(path: Path, overrides: Sequence[str] = ()) -> StudyConfig:
    """Read a study, apply overrides, check everything that can be checked without data.

    Args:
        path: A .yaml, .yml or .toml file.
        overrides: ``key.sub=value`` with the value in YAML: ``seeds=2``, ``targets.ner.phase.epochs=1``.

    Raises:
        MorphaugError: One line naming the file and the key.
    """
    raw = read_file(path)
    for text in overrides:
        override(raw, text)
    apply_recipe(raw, "intermediate", f"{path.name}: intermediate")
    targets = raw.get("targets")
    for name, target in targets.items() if isinstance(targets, dict) else ():
        if isinstance(target, dict):
            apply_recipe(target, "phase", f"{path.name}: targets.{name}.phase")
    return parse_study(raw, path.name)


def parse_study(raw: Mapping[str, Any], where: str = "study") -> StudyConfig:
    """A study from what YAML or TOML gave; see `load_study`."""
    from harness.study.arms import check_arms
    from harness.tasks import TASKS
    from harness.tasks.augmented import GENERATED

    config = build(StudyConfig, raw, where)
    check_phase("intermediate", config.intermediate, f"{where}: intermediate")
    for name, target in config.targets.items():
        check_phase("target", target.phase, f"{where}: targets.{name}.phase")
        check_tested(target.evaluate, f"{where}: targets.{name}.evaluate")
    family = TASKS[config.source.task].family
    if family not in GENERATED:
        raise MorphaugError(
            f"{where}: intermediate.tasks[0].task: morphaug generate takes no {config.source.task}",
            f"name a task of another family than {family}",
        )
    check_arms(config, where)
    _check_primary(config, where)
    return config


def _check_primary(config: StudyConfig, where: str) -> None:
    from harness.tasks import two_letters

    primary = config.primary
    for key in ("arm", "over"):
        name = getattr(primary, key)
        if name not in config.arms.confirmatory:
            raise _unknown("confirmatory arm", name, config.arms.confirmatory, f"{where}: primary.{key}")
    if primary.arm == primary.over:
        raise MorphaugError(f"{where}: primary.over: {primary.over} is compared with itself")
    if primary.target not in config.targets:
        raise _unknown("target", primary.target, config.targets, f"{where}: primary.target")
    scored = [code for task in config.targets[primary.target].evaluate for code in task.languages]
    if scored and two_letters(primary.language) not in [two_letters(code) for code in scored]:
        raise _unknown("scored language", primary.language, scored, f"{where}: primary.language")


def _unknown(kind: str, name: str, known: Any, place: str) -> MorphaugError:
    error = UnknownName(kind, name, known)
    return MorphaugError(f"{place}: {error.message}", error.hint)
