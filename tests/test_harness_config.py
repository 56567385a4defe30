"""A run's configuration: what is read, what is filled in, and that every mistake is one line with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.config import RunConfig, apply_recipe, load, parse, resolved
from harness.recipes import RECIPES
from harness.tasks import TASKS
from morphaug.data import data_file
from morphaug.errors import MorphaugError

YAML = """
name: arm
model: some/model
seed: 3
intermediate:
  tasks:
    - {task: qamr, augmented: [aug/fin, aug/swh], ratio: 0.5}
    - mnli
  mixing: temperature
  lr: 1e-5
  steps: 100
target:
  recipe: xtreme
  tasks: [{task: panx, data: data/panx, languages: en}]
  epochs: 2.5
evaluate:
  tasks: [{task: panx, data: data/panx, languages: [fi, sw]}]
"""


def written(tmp_path: Path, text: str = YAML, name: str = "run.yaml") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_is_read_into_types(tmp_path: Path) -> None:
    config = load(written(tmp_path))
    assert list(config.phases()) == ["intermediate", "target"]
    assert config.intermediate is not None
    assert config.intermediate.lr == 1e-5  # YAML 1.1 reads 1e-5 as text
    assert config.intermediate.tasks[0].augmented == ("aug/fin", "aug/swh")
    assert config.intermediate.tasks[1].task == "mnli"
    assert config.evaluate is not None
    assert config.evaluate.tasks[0].languages == ("fi", "sw")


def test_a_recipe_fills_in_what_the_user_leaves_open(tmp_path: Path) -> None:
    target = load(written(tmp_path)).target
    assert target is not None
    assert (target.lr, target.batch_size, target.max_len) == (2e-5, 32, 128)
    assert target.epochs == 2.5
    steps = load(written(tmp_path), ["target.epochs=", "target.steps=7"]).target
    assert steps is not None
    assert (steps.epochs, steps.steps, steps.lr) == (None, 7, 2e-5)


def test_every_recipe_makes_a_valid_phase_of_a_known_task() -> None:
    for recipe, tasks in RECIPES.items():
        for task, values in tasks.items():
            assert task in TASKS, f"{recipe}: {task}"
            phase: dict[str, Any] = {"recipe": recipe, "tasks": [{"task": task, "augmented": ["aug"]}]}
            asked = values.get("consistency", {})
            if "example" in asked:  # what no recipe can know: whose words, which teacher
                switched = asked["example"]["twin"] == "code-switch"
                phase["consistency"] = {"example": {"languages": ["fi"]} if switched else {}}
                phase["consistency"] |= {"model": {"teacher": "stage-one"}} if "model" in asked else {}
            raw = {"name": "a", "model": "m", "target": phase}
            apply_recipe(raw, "target", "run.yaml: target")
            assert parse(raw).target is not None


def test_the_shipped_run_is_valid() -> None:
    shipped = load(data_file("samples", "run.yaml"))
    assert list(shipped.phases()) == ["intermediate", "target"]


def test_overrides_reach_every_depth(tmp_path: Path) -> None:
    changed = load(
        written(tmp_path),
        ["seed=7", "target.tasks.0.limit=10", "evaluate.tasks.0.languages=[tr]", "intermediate="],
    )
    assert (changed.seed, changed.intermediate) == (7, None)
    assert changed.target is not None
    assert changed.target.tasks[0].limit == 10
    assert changed.evaluate is not None
    assert changed.evaluate.tasks[0].languages == ("tr",)


def test_toml_says_the_same(tmp_path: Path) -> None:
    text = """
    name = "arm"
    model = "some/model"
    [target]
    recipe = "xtreme"
    tasks = [{task = "panx", data = "data/panx"}]
    """
    from_yaml = load(written(tmp_path), ["intermediate=", "evaluate=", "seed=0", "target.epochs=10"])
    assert load(written(tmp_path, text, "run.toml")) == from_yaml


def test_resolved_values_make_the_same_configuration(tmp_path: Path) -> None:
    config = load(written(tmp_path))
    assert parse(resolved(config)) == config


BAD: list[tuple[list[str], str]] = [
    (["target.learning_rat=1"], "run.yaml: target: unknown key 'learning_rat'; did you mean lr?"),
    (["target.batchsize=1"], "run.yaml: target: unknown key 'batchsize'; did you mean batch_size?"),
    (["target.tasks.0.tsk=panx"], "run.yaml: target.tasks[0]: unknown key 'tsk'; did you mean task"),
    (["modle=x"], "run.yaml: unknown key 'modle'; did you mean model"),
    (["target.tasks.0.task=pnax"], "run.yaml: target.tasks[0].task: unknown task 'pnax'; did you mean panx"),
    (["evaluate.tasks.0.task=pnax"], "run.yaml: evaluate.tasks[0].task: unknown task 'pnax'; did you mean"),
    (["target.tasks.0.languages=finnisch"], "target.tasks[0].languages[0]: unknown language 'finnisch'"),
    (["target.tasks.0.reverse=true"], "run.yaml: target.tasks[0].reverse: panx has no pairs to turn around"),
    (["evaluate.tasks.0.languages=[fi, finn]"], "evaluate.tasks[0].languages[1]: unknown language 'finn'"),
    (["target.lr=-1"], "run.yaml: target.lr is -1.0; it must be above 0"),
    (["target.lr=fast"], "run.yaml: target.lr: 'fast' is not a number"),
    (["target.lr=.nan"], "run.yaml: target.lr: nan is not a number"),
    (["target.epochs=-3"], "run.yaml: target.epochs is -3.0; it must be above 0"),
    (["target.steps=5"], "run.yaml: target.epochs or steps: give exactly one of them"),
    (["target.max_len=513"], "run.yaml: target.max_len is 513; the model has positions for 8 to 512"),
    (["target.batch_size=2.5"], "run.yaml: target.batch_size: 2.5 is not a whole number"),
    (["intermediate.warmup=101"], "run.yaml: intermediate.warmup is 101 steps, more than the 100 steps"),
    (["intermediate.warmup=1.5"], "run.yaml: intermediate.warmup is a share below 1 or whole steps"),
    (["intermediate.mixing=propotional"], "intermediate.mixing: unknown value 'propotional'; did you mean"),
    (["intermediate.tasks.1=qamr"], "run.yaml: intermediate.tasks[1].task: qamr is there twice"),
    (["evaluate.tasks=[panx, panx]"], "run.yaml: evaluate.tasks[1].task: panx is there twice"),
    (["target.recipe=xtrem"], "run.yaml: target.recipe: unknown recipe 'xtrem'; did you mean xtreme"),
    (["intermediate.recipe=xtune"], "run.yaml: intermediate.recipe: xtune says nothing of qamr"),
    (["target.head=fesh"], "target.head: unknown value 'fesh'; did you mean fresh?"),
    (["seed=-1"], "run.yaml: seed is -1; it cannot be negative"),
    (["name=a/b"], "run.yaml: name is 'a/b'; it must do as a folder's name"),
    (["target.tasks=[]"], "run.yaml: target.tasks is empty"),
    (["target.dropout=1"], "run.yaml: target.dropout is 1.0; it must lie between 0 and 1"),
    (["evaluate.tasks.0.languages=[no]"], "False is not text; put it in quotes"),
    (["target=5"], "run.yaml: target: 5 must be keys and values; a phase has tasks, and epochs or steps"),
    (["target.tasks.3.limit=1"], "override target.tasks.3.limit; '3' must be the number of an item, 0 to 0"),
    (["seed"], "override 'seed'; write key.sub=value, as in target.lr=1e-5"),
    (["target.lr.x=1"], "override target.lr.x"),
    (["intermediate=", "target=", "evaluate="], "are all missing: nothing to do"),
]


@pytest.mark.parametrize(("overrides", "message"), BAD, ids=[" ".join(o) for o, _ in BAD])
def test_every_mistake_is_one_line_with_its_place(overrides: list[str], message: str, tmp_path: Path) -> None:
    with pytest.raises(MorphaugError) as caught:
        load(written(tmp_path, YAML.replace("  epochs: 2.5", "  epochs: 2.5\n  lr: 3e-5")), overrides)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("name: a\nname: b\n", "run.yaml", "line 1: name is given twice"),
        ("name: [a\n", "run.yaml", "line 2"),
        ("- a\n", "run.yaml", "must hold keys and values"),
        ("name = \n", "run.toml", "run.toml: Invalid value"),
        ("name: a\n", "run.json", "neither YAML nor TOML"),
        ("name: a\n", "run.yaml", "run.yaml: model is missing; a run has a name, a model and phases"),
    ],
)
def test_a_broken_file_is_one_line(text: str, name: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(MorphaugError) as caught:
        load(written(tmp_path, text, name))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(MorphaugError, match=r"none\.yaml: no such file"):
        load(tmp_path / "none.yaml")


def test_masked_text_is_trained_in_its_own_phase() -> None:
    raw: dict[str, Any] = {"name": "a", "model": "m", "mlm": {"tasks": ["text"], "steps": 3}}
    assert isinstance(parse(raw), RunConfig)
    for phase, task, message in (
        ("target", "text", "belongs in mlm or intermediate"),
        ("mlm", "panx", "is no plain text"),
    ):
        with pytest.raises(MorphaugError, match=message):
            parse({"name": "a", "model": "m", phase: {"tasks": [task], "steps": 3}})
