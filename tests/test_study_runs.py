"""Studies through the real entry point: what is run, in which order, on which data, and what an interruption costs."""

from __future__ import annotations

import copy
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from morphaug.app.cli import harness_main
from tinymodel import make_tiny_model, write_panx

from harness.config import TaskConfig
from harness.data import load_task
from harness.study.arms import arms_of
from harness.study.config import StudyConfig, load_study, parse_study
from harness.study.execute import registration
from harness.study.matching import CLOSE, searched, uneven
from harness.study.matrix import expand, groups
from harness.tasks import TASKS
from harness.tasks.augmented import load as load_augmented
from harness.tasks.export import export, generated_as
from morphaug import resources
from morphaug.data import data_file
from morphaug.demo import own_home
from morphaug.errors import MorphaugError
from morphaug.generate import Job, generate

ROOT = Path(__file__).resolve().parent.parent
ENGLISH = data_file("samples", "english")
STUDY: dict[str, Any] = {
    "name": "small",
    "model": "model",
    "out": "work",
    "seeds": 2,
    "exploratory_seeds": 1,
    "intermediate": {
        "tasks": [{"task": "classification", "data": "nli.jsonl", "dev": "none", "limit": 10}],
        "epochs": 1.5,
        "batch_size": 4,
        "lr": 1e-3,
        "max_len": 64,
    },
    "targets": {
        "ner": {
            "phase": {
                "tasks": [{"task": "panx", "data": "panx", "dev": "none"}],
                "epochs": 2,
                "batch_size": 4,
                "lr": 3e-3,
                "max_len": 64,
            },
            "evaluate": [{"task": "panx", "data": "panx", "languages": ["fi", "sw"], "split": "dev"}],
        }
    },
    "augment": {"languages": ["fi", "sw"], "parser": f"conllu:{ENGLISH}", "fertility": 0},
    "arms": {"confirmatory": ["duplicate", "pseudo-fi"]},
    "primary": {"arm": "pseudo-fi", "over": "duplicate", "target": "ner", "language": "fi"},
}
MANY = {
    "confirmatory": ["intermediate", "duplicate", "noise", "synthetic-fi", "pseudo-fi", "pseudo-sw"],
    "exploratory": ["target", "lexicon+inflect-fi", "pseudo-fi@target", "pseudo-fi@both", "pseudo-fi@consistency"],
}  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model, resources, data and a study file."""
    folder = tmp_path_factory.mktemp("study")
    make_tiny_model(folder / "model")
    for name in ("nli", "qa", "multiple-choice"):
        shutil.copy(ENGLISH / f"{name}.jsonl", folder)
    write_panx(folder / "panx", "fi", "sw")
    with own_home(folder / "home"):
        for code in ("fin", "swh"):
            few = data_file("samples", code, "unimorph.tsv").read_text(encoding="utf-8").splitlines()[:60]
            (folder / f"{code}.tsv").write_text("\n".join(few) + "\n", encoding="utf-8")
            resources.import_table(code, [folder / f"{code}.tsv"])
            resources.import_lexicon(code, [data_file("samples", code, "lexicon.tsv")], kind="tsv")
    (folder / "study.yaml").write_text(yaml.safe_dump(STUDY), encoding="utf-8")
    return folder


@pytest.fixture
def inside(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder, with this process in it."""
    monkeypatch.chdir(place)
    monkeypatch.setenv("MORPHAUG_HOME", str(place / "home"))
    return place


def many(**changes: Any) -> StudyConfig:
    """A study of all kinds of arms and two targets."""
    raw = copy.deepcopy(STUDY) | {"arms": MANY, "out": "many"} | changes
    raw["targets"]["again"] = copy.deepcopy(raw["targets"]["ner"])
    return parse_study(raw)


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "harness", *arguments]


def environment(place: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
        "MORPHAUG_HOME": str(place / "home"),
    }


def silence(line: str) -> None:
    """Says nothing."""


# -- whole studies --------------------------------------------------------------------------------------


def test_a_study_that_is_killed_goes_on_and_keeps_no_weights(place: Path) -> None:
    words = command("study", "study.yaml", "--jobs", "2")
    process = subprocess.Popen(
        words, cwd=place, env=environment(place), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    runs = place / "work" / "runs"
    while process.poll() is None and not list(runs.glob("*/seed-*/results.json")):
        time.sleep(0.01)
    assert process.poll() is None, "it ended before it could be killed"
    process.send_signal(signal.SIGKILL)
    process.wait()
    first = {path: path.stat().st_mtime_ns for path in runs.glob("*/seed-*/results.json")}
    assert 1 <= len(first) < 4

    done = subprocess.run(words, cwd=place, env=environment(place), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "4 of 4 runs" in done.stderr
    found = {path: path.stat().st_mtime_ns for path in runs.glob("*/seed-*/results.json")}
    assert {str(path.parent.relative_to(runs)) for path in found} == {
        f"{arm}.ner/seed-{seed}" for arm in ("duplicate", "pseudo-fi") for seed in (0, 1)
    }
    assert first.items() <= found.items()  # what was done was not done again
    study = place / "work" / "study" / "small"
    assert not [path for path in (place / "work" / "phases").iterdir() if path.is_dir()]
    kept = [json.loads(path.read_text()) for path in (study / "phases").glob("*.json")]
    assert len(kept) == 8
    # Equal steps in all arms: 1.5 and 2 passes, twice for augmented data.
    common = {
        row["common"] for row in json.loads((study / "corpora" / "intermediate.seed-0.json").read_text())
    }
    (count,) = common
    sizes = {(record["phase"], record["steps"]) for record in kept}
    assert sizes == {("intermediate", 2 * -(-count * 3 // 8)), ("target", 8)}
    assert all(len(record["losses"]) == record["steps"] for record in kept)
    results = json.loads((study / "results.json").read_text())
    assert results["complete"]
    assert (study / "report.html").is_file()


def test_a_finished_study_is_found_without_its_phases_and_planned_as_done(
    inside: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = inside / "work" / "runs"
    before = {path: path.stat().st_mtime_ns for path in runs.rglob("*.json")}
    assert here(monkeypatch, "plan", "study.yaml", "--json") == 0
    planned = json.loads(capsys.readouterr().out)
    assert planned["runs"] == {"done": 4, "planned": 4, "failed": {}}
    assert planned["phases"] == {"planned": 8, "shared": 0, "left": 0}
    assert here(monkeypatch, "study", "study.yaml") == 0
    assert "4 of 4 runs" in capsys.readouterr().err
    assert {path: path.stat().st_mtime_ns for path in runs.rglob("*.json")} == before
    # Another learning rate is another study: nothing of it is done.
    assert here(monkeypatch, "plan", "study.yaml", "targets.ner.phase.lr=1e-3", "--json") == 0
    assert json.loads(capsys.readouterr().out)["runs"]["done"] == 0


def test_a_failing_run_is_a_hole_with_its_reason_and_is_tried_again(
    inside: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    overrides = ("out=broken", "seeds=1")
    (inside / "broken" / "runs").mkdir(parents=True)
    (inside / "broken" / "runs" / "duplicate.ner").write_text("in the way")
    assert here(monkeypatch, "study", "study.yaml", *overrides) == 0
    assert "1 of 2 runs, 1 failed" in capsys.readouterr().err
    study = inside / "broken" / "study" / "small"
    holes = json.loads((study / "results.json").read_text())["holes"]
    (hole,) = [hole for hole in holes if hole["arm"] == "duplicate"]
    assert (hole["target"], hole["seed"]) == ("ner", 0)
    assert "failed: " in hole["reason"]
    assert "duplicate.ner" in hole["reason"]
    (inside / "broken" / "runs" / "duplicate.ner").unlink()
    assert here(monkeypatch, "study", "study.yaml", *overrides) == 0
    assert "2 of 2 runs" in capsys.readouterr().err
    assert json.loads((study / "failures.json").read_text()) == {}


def here(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The entry point in this process; its exit code."""
    monkeypatch.setattr(sys, "argv", ["harness", *arguments])
    with pytest.raises(SystemExit) as ended:
        harness_main()
    return int(ended.value.code or 0)


# -- the matrix -----------------------------------------------------------------------------------------


def test_confirmatory_arms_come_first_seed_by_seed_the_primary_two_before_the_others() -> None:
    config = many()
    order = [(group.arm.name, group.seed) for group in groups(config)]
    assert [name for name, _ in order[:2]] == ["duplicate", "pseudo-fi"]
    assert [seed for _, seed in order] == [0] * 6 + [1] * 6 + [0] * 5
    assert {name for name, _ in order[:6]} == set(MANY["confirmatory"])
    assert groups(config, "exploratory") == groups(config)[12:]
    noise = next(arm for arm in arms_of(config) if arm.name == "noise")
    assert (noise.recipe, noise.language) == ("noise:pseudo", "fi")
    later = groups(many(first_seed=2))
    assert [(group.arm.name, group.seed) for group in later] == [(name, seed + 2) for name, seed in order]


@pytest.fixture
def matrix(inside: Path) -> dict[str, list[Any]]:
    """The first seed's runs by arm."""
    assert inside == Path.cwd()
    config = many()
    return {g.arm.name: expand(config, g, silence) for g in groups(config) if g.seed == 0}


def test_arms_have_equal_examples_and_equal_steps(matrix: dict[str, list[Any]]) -> None:
    first = {name: runs[0].config.intermediate for name, runs in matrix.items()}
    assert [name for name, phase in first.items() if phase is None] == ["target", "pseudo-fi@target"]
    originals = {phase.tasks[0].data for phase in first.values() if phase}
    assert len(originals) == 1  # one file of originals for all arms
    natural = first["intermediate"].steps
    others = {phase.steps for name, phase in first.items() if phase and name != "intermediate"}
    assert others == {2 * natural}
    kept = {record.id for record in load_task(first["intermediate"].tasks[0]).train}
    assert natural == -(-len(kept) * 3 // 8)
    for name in ("duplicate", "noise", "synthetic-fi", "pseudo-fi", "pseudo-sw"):
        data = load_task(first[name].tasks[0])
        assert [record.id for record in data.train if not record.origin] == [
            record.id for record in load_task(first["intermediate"].tasks[0]).train
        ]
        assert {record.origin.source_id for record in data.train if record.origin} == kept
        assert len(data.train) == 2 * len(kept)
    target = {name: [run.config.target.steps for run in runs] for name, runs in matrix.items()}
    doubled = {"pseudo-fi@target", "pseudo-fi@both"}
    for name, steps in target.items():
        assert steps == [16 if name in doubled else 8] * 2


def test_phases_are_shared_where_arms_begin_alike(matrix: dict[str, list[Any]]) -> None:
    phases = [run.config.intermediate for runs in matrix.values() for run in runs if run.config.intermediate]
    assert len(phases) == 18
    assert len(set(phases)) == 8  # two targets each, and pseudo-fi@both begins as pseudo-fi does
    consistent = matrix["pseudo-fi@consistency"][0].config.intermediate
    assert consistent.tasks[0].twins
    assert not consistent.tasks[0].augmented


def test_the_matched_noise_has_the_rate_of_its_model(inside: Path, matrix: dict[str, list[Any]]) -> None:
    assert matrix
    rows = json.loads(
        (inside / "many" / "study" / "small" / "corpora" / "intermediate.seed-0.json").read_text()
    )
    by_arm = {row["arm"]: row for row in rows}
    assert by_arm["noise"]["rate"] == by_arm["pseudo-fi"]["rate"]
    assert by_arm["duplicate"]["edit_rate"] == 0
    assert by_arm["duplicate"]["fertility"] == by_arm["duplicate"]["fertility_original"]
    assert by_arm["pseudo-fi"]["kept"] + sum(by_arm["pseudo-fi"]["rejects"].values()) == 10
    rates = [by_arm[f"pseudo-{code}"]["edit_rate"] for code in ("fi", "sw")]
    full = [json.loads(path.read_text()) for path in (inside / "many" / "corpora").glob("rates-*.json")]
    assert all({"fi", "sw"} == set(found) for found in full)
    assert max(rates) > 0


@given(st.floats(0.2, 1.0), st.floats(0.05, 1.0), st.floats(0.5, 2.0))
def test_a_rate_is_found_at_which_edit_rates_are_alike(top: float, share: float, bend: float) -> None:
    rate, edits = searched(lambda at: top * at**bend, 1.0, top, top * share)
    assert 0 < rate <= 1
    assert abs(edits - top * share) <= 2 * CLOSE
    assert edits == pytest.approx(top * rate**bend)


COUNTS = arrays(np.int64, (3, 24), elements=st.integers(1, 30))


@given(COUNTS, COUNTS, st.floats(0.0, 0.5))
def test_examples_are_left_out_until_fertility_is_alike(
    words: npt.NDArray[np.int64], more: npt.NDArray[np.int64], share: float
) -> None:
    subwords = words + more
    out = uneven(subwords, words, [(0, 2), (1,)], share)
    assert len(set(out)) == len(out)
    kept = [at for at in range(24) if at not in out]
    for left in (kept, *([kept + out[-1:]] if out else [])):
        rates = subwords[:, left].sum(axis=1) / np.maximum(words[:, left].sum(axis=1), 1)
        alike = not left or max(rates[[0, 2]]) <= (1 + share) * min(rates[[0, 2]]) + 1e-9
        assert alike == (left is kept)  # none was left out too many
    assert (
        uneven(subwords, words, [(1,)], share)
        == uneven(subwords[[0, 0, 0]], words[[0, 0, 0]], [(0, 1, 2)], share)
        == []
    )


@pytest.mark.usefixtures("inside")
def test_corpora_of_two_languages_are_brought_to_alike_fertility() -> None:
    def config(share: float) -> StudyConfig:
        arms = {"confirmatory": ["duplicate", "pseudo-fi", "pseudo-sw"]}
        return many(arms=arms, out=f"even-{share}", augment={**STUDY["augment"], "fertility": share})

    def made(share: float) -> tuple[float, int, list[dict[str, Any]]]:
        """(how far fertility is apart, examples, what was left out)."""
        study = config(share)
        data = {
            run.config.intermediate.tasks[0].data
            for group in groups(study)[:3]
            for run in expand(study, group, said.append)
        }
        (originals,) = map(Path, data)  # the same in all arms
        facts = json.loads((study.folder / "corpora" / "intermediate.seed-0.json").read_text())
        rates = [row["fertility"] for row in facts if row["language"]]
        (count,) = {row["common"] for row in facts}
        return (
            max(rates) / min(rates) - 1,
            count,
            json.loads((originals.parent / "left_out.json").read_text()),
        )

    said: list[str] = []
    (apart, before, _), (near, after, left) = made(0), made(0.03)
    assert near <= 0.03 < apart
    lines = [line for line in left if line["reason"] == "fertility"]
    assert before - after == len(lines) > 0
    assert all("subwords a word in pseudo fi" in line["detail"] for line in lines)
    tight = config(0.0001)
    with pytest.raises(
        MorphaugError, match=r"augment\.fertility: at 0\.0001 \d+ of 10 examples of intermediate"
    ):
        expand(tight, groups(tight)[0], said.append)


@pytest.mark.usefixtures("inside")
def test_what_was_registered_does_not_change_silently() -> None:
    config = load_study(Path("study.yaml"), ("out=registered",))
    assert registration(config)["time"] is None
    first = registration(config, write=True)
    assert (first["changed"], first["primary"]["arm"]) == (False, "pseudo-fi")
    again = registration(load_study(Path("study.yaml"), ("out=registered", "seeds=3")), write=True)
    assert again["changed"]
    assert registration(load_study(Path("study.yaml"), ("out=registered", "first_seed=2")))["changed"]
    assert (again["sha256"], again["time"]) == (first["sha256"], first["time"])
    more = load_study(Path("study.yaml"), ("out=registered", "arms.exploratory=[target]"))
    assert not registration(more)["changed"]


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("arms.confirmatory=[duplicate, psuedo-fi]", "arms.confirmatory[1]: unknown arm 'psuedo-fi'; did you mean pseudo-fi"),
        ("arms.exploratory=[pseudo-fi@targt]", "arms.exploratory[0]: unknown place 'targt'; did you mean target"),
        ("arms.exploratory=[noise, noise-pseudo-fi]", "arms.exploratory[1]: noise-pseudo-fi is the same as noise"),
        ("primary.over=noise", "primary.over: unknown confirmatory arm 'noise'"),
        ("primary.language=tr", "primary.language: unknown scored language 'tr'; known: fi, sw"),
        ("targets.ner.phase.lr=fast", "targets.ner.phase.lr: 'fast' is not a number"),
        ("targets.ner.evaluate.0.task=pnx", "targets.ner.evaluate[0].task: unknown task 'pnx'"),
        ("intermediate.tasks.0.dev=carve", "intermediate.tasks[0].dev must be none"),
        ("intermediate.tasks.0.data=nowhere", "no folder or file nowhere"),
        ("targets.ner.evaluate.0.data=nowhere", "targets.ner.evaluate.tasks[0]: panx: there is no folder"),
        ("augment.languages=[fi, klingonish]", "augment.languages[1]: unknown language 'klingonish'"),
        ("sedes=2", "unknown key 'sedes'; did you mean seeds"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_that_names_the_place(
    inside: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    override: str,
    said: str,
) -> None:
    before = sorted(inside.iterdir())
    for name in ("study", "plan"):
        assert here(monkeypatch, name, "study.yaml", "out=nothing", override) == 2
        printed = capsys.readouterr()
        assert said in printed.err
        assert printed.err.count("\n") == 1, printed.err
        assert not printed.out
    assert sorted(inside.iterdir()) == before


# -- exported data --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data"),
    [("mnli", "nli.jsonl"), ("panx", "panx"), ("qamr", "qa.jsonl"), ("hellaswag", "stories.jsonl")],
)
def test_any_task_can_be_exported_augmented_and_read_back(
    inside: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    data: str,
) -> None:
    task, other = TASKS[name], TASKS["mnli" if name == "panx" else "panx"]
    rows = [json.loads(line) for line in (inside / "nli.jsonl").read_text(encoding="utf-8").splitlines()]
    stories = [
        {
            "ind": at,
            "ctx": row["premise"],
            "endings": [row["hypothesis"], rows[at - 1]["premise"]],
            "label": 0,
        }
        for at, row in enumerate(rows)
    ]
    (inside / "stories.jsonl").write_text("".join(json.dumps(row) + "\n" for row in stories))
    out, made_of = tmp_path / "rows.jsonl", TaskConfig(task=name, data=data, limit=5, dev="none")
    assert here(monkeypatch, "export", "-t", name, "-d", data, "--limit", "5", "-o", str(out)) == 0
    assert f"5 examples for morphaug generate --task {generated_as(task)}" in capsys.readouterr().out
    originals = {record.id: record for record in load_task(made_of).train}
    assert {json.loads(line)["id"] for line in out.read_text(encoding="utf-8").splitlines()} == set(originals)
    job = Job(generated_as(task), (str(out),), ("fin",), ("duplicate", "pseudo"), tmp_path / "aug",
              parser=f"conllu:{ENGLISH}")  # fmt: skip
    generate(job)
    same = load_augmented(task, tmp_path / "aug" / "fin" / "duplicate").records
    assert len(same) == 5
    for record in same:
        assert record.origin
        before = originals[record.origin.source_id]
        assert replace(record, id=before.id, language="en", origin=None) == before
    made = load_augmented(task, tmp_path / "aug" / "fin" / "pseudo").records
    assert made
    train = load_task(replace(made_of, augmented=(str(tmp_path / "aug" / "fin" / "pseudo"),)))
    assert train.counts["augmented"] == len(made)
    with pytest.raises(MorphaugError, match=f"the rows are of {name}"):
        load_augmented(other, tmp_path / "aug")


@pytest.mark.usefixtures("inside")
def test_an_exported_label_that_the_task_does_not_have_is_rejected(tmp_path: Path) -> None:
    out = tmp_path / "rows.jsonl"
    export("panx", "panx", "train", "en", 0, out)
    out.write_text(out.read_text(encoding="utf-8").replace('"B-PER"', '"B-DOG"', 1), encoding="utf-8")
    generate(
        Job("tagging", (str(out),), ("fin",), ("duplicate",), tmp_path / "aug", parser=f"conllu:{ENGLISH}")
    )
    loaded = load_augmented(TASKS["panx"], tmp_path / "aug")
    assert loaded.counts() == {"unknown_label": 1}
    assert len(loaded.records) == 14
