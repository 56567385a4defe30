"""Whole runs through the real entry point, on a random model of two layers and the shipped sample."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from morphaug.app.cli import harness_main
from tinymodel import TAGGED, make_tiny_model, sample_texts, write_panx

from harness.phases import file_sha256
from morphaug import resources
from morphaug.data import data_file
from morphaug.demo import own_home
from morphaug.generate import Job, generate

ROOT = Path(__file__).resolve().parent.parent
RUN: dict[str, Any] = {
    "name": "arm",
    "model": "model",
    "out": "work",
    "threads": 1,
    "mlm": {
        "tasks": [{"task": "text", "data": "text.txt"}],
        "steps": 4,
        "batch_size": 4,
        "lr": 1e-3,
        "max_len": 64,
    },
    "intermediate": {
        "tasks": [
            {
                "task": "classification",
                "data": "nli.jsonl",
                "augmented": "aug/nli/fin/pseudo",
                "dev_share": 0.2,
            },
            {"task": "span-qa", "data": "qa.jsonl", "augmented": "aug/qa", "dev_share": 0.4},
        ],
        "mixing": "temperature",
        "epochs": 3,
        "batch_size": 4,
        "lr": 1e-3,
        "warmup": 0.1,
        "max_len": 96,
        "evaluate_every": 10,
        "checkpoint_every": 2,
    },
    "target": {
        "tasks": [{"task": "panx", "data": "panx", "augmented": ["aug/ner/fin/pseudo", "aug/ner/swh/morph"]}],
        "recipe": "xtreme",
        "epochs": 4,
        "batch_size": 4,
        "lr": 3e-3,
    },
    "evaluate": {
        "tasks": [
            {"task": "panx", "data": "panx", "languages": ["fi", "sw"]},
            {"task": "tatoeba", "data": "tatoeba", "languages": ["fi"]},
        ]
    },
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model, data in official formats and corpora made of them by morphaug generate."""
    folder = tmp_path_factory.mktemp("runs")
    make_tiny_model(folder / "model")
    shutil.copytree(folder / "model", folder / "other-model")
    other = json.loads((folder / "model" / "config.json").read_text()) | {"model_type": "bert"}
    (folder / "other-model" / "config.json").write_text(json.dumps(other))
    english = data_file("samples", "english")
    (folder / "text.txt").write_text("\n".join(sample_texts()) + "\n", encoding="utf-8")
    for name in ("nli", "qa"):
        shutil.copy(english / f"{name}.jsonl", folder)
    shutil.copy(english / "qa.jsonl", folder / "other.jsonl")
    write_panx(folder / "panx", "en", "fi", "sw")
    (folder / "tatoeba").mkdir()
    texts = sample_texts()[:12]
    for code, side in (("eng", texts), ("fin", [text.upper() for text in texts])):
        (folder / "tatoeba" / f"tatoeba.fin-eng.{code}").write_text("\n".join(side) + "\n", encoding="utf-8")
    with own_home(folder / "home"):
        for code in ("fin", "swh"):
            few = data_file("samples", code, "unimorph.tsv").read_text(encoding="utf-8").splitlines()[:60]
            (folder / f"{code}.tsv").write_text("\n".join(few) + "\n", encoding="utf-8")
            resources.import_table(code, [folder / f"{code}.tsv"])
            resources.import_lexicon(code, [data_file("samples", code, "lexicon.tsv")], kind="tsv")
        for name, task, source in (
            ("nli", "classification", "nli.jsonl"),
            ("qa", "span-qa", "qa.jsonl"),
            ("ner", "tagging", "panx/train-en.tsv"),
        ):
            generate(
                Job(task, (str(folder / source),), ("fin", "swh"), ("pseudo", "morph"), folder / "aug" / name,
                    parser=f"conllu:{english}", input_format="conll" if name == "ner" else "auto")
            )  # fmt: skip
    (folder / "run.yaml").write_text(yaml.safe_dump(RUN), encoding="utf-8")
    return folder


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "harness", *arguments]


def train(place: Path, *overrides: str) -> dict[str, Any]:
    """The results of a run, by the real entry point in a process of its own."""
    words = command("train", "run.yaml", *overrides, "--json")
    done = subprocess.run(words, cwd=place, env=environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def here(place: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The entry point in this process; its exit code."""
    monkeypatch.chdir(place)
    monkeypatch.setattr(sys, "argv", ["harness", *arguments])
    with pytest.raises(SystemExit) as ended:
        harness_main()
    return int(ended.value.code or 0)


@pytest.fixture(scope="module")
def first(place: Path) -> dict[str, Any]:
    """The results of the whole run, uninterrupted."""
    return train(place)


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_three_phases_and_the_evaluation_leave_exactly_these_files(
    place: Path, first: dict[str, Any]
) -> None:
    phases = first["phases"]
    assert list(phases) == ["mlm", "intermediate", "target"]
    assert not any(phase["cached"] for phase in phases.values())
    model = ("config.json", "heads.json", "model.safetensors", "sha256.json", "tokenizer.json", "tokenizer_config.json")  # fmt: skip
    wanted = {f"phases/{p['key']}.lock" for p in phases.values()}
    wanted |= {f"phases/{p['key']}/run.json" for p in phases.values()}
    wanted |= {f"phases/{p['key']}/model/{name}" for p in phases.values() for name in model}
    wanted |= {f"runs/arm/seed-0/{name}.json" for name in ("results", "run")}
    wanted |= {f"runs/arm/seed-0/outcomes/panx.{code}.npz" for code in ("fi", "sw")}
    wanted |= {f"runs/arm/seed-0/predictions/panx.{code}.jsonl" for code in ("fi", "sw")}
    wanted |= {"runs/arm/seed-0/outcomes/tatoeba.fi.npz"}
    found = files(place / "work")
    assert {name for name in found if not name.startswith("data/")} == wanted
    stores = {name.split("/")[1].partition(".")[0] for name in found if name.startswith("data/")}
    assert len(stores) == 4


def test_scores_are_by_language_with_every_examples_outcome(place: Path, first: dict[str, Any]) -> None:
    panx = first["scores"]["panx"]
    assert panx["split"] == "dev"  # no test file: the development file is the test
    assert {code: found["examples"] for code, found in panx["languages"].items()} == {"fi": 3, "sw": 3}
    assert panx["average"]["f1"] > 0, "a model that finds nothing would make this test say nothing"
    folder = place / first["folder"]
    for code in ("fi", "sw"):
        saved = np.load(folder / "outcomes" / f"panx.{code}.npz")
        lines = (folder / "predictions" / f"panx.{code}.jsonl").read_text(encoding="utf-8").splitlines()
        assert [json.loads(line)["id"] for line in lines] == saved["ids"].tolist()
        assert all(len(json.loads(line)["prediction"]) == len(TAGGED[code]) for line in lines)
        correct, said, gold = (saved[key].sum() for key in ("true_positives", "predicted", "gold"))
        f1 = 200 * correct / (said + gold)
        assert panx["languages"][code]["f1"] == pytest.approx(f1)


def test_english_development_data_stand_apart_from_everything_trained_on(
    place: Path, first: dict[str, Any]
) -> None:
    record = json.loads(
        (place / "work" / "phases" / first["phases"]["target"]["key"] / "run.json").read_text()
    )
    counts = record["data"]["panx"]
    assert counts["from"] == "carved"
    assert counts["original"] + counts["dev"] == counts["read"] == 15
    assert counts["augmented_of_development"] == 2 * counts["dev"]
    assert counts["augmented"] == 2 * counts["original"]
    assert counts["augmented_unmatched"] == 0
    assert record["settings"]["max_len"] == 128  # the recipe's


def test_a_layer_is_chosen_on_queries_that_are_not_scored(first: dict[str, Any]) -> None:
    found = first["scores"]["tatoeba"]
    assert set(found["sweep"]) == {"0/mean", "1/mean", "2/mean"}
    best = max(found["sweep"].values())
    assert found["sweep"][f"{found['chosen']['layer']}/mean"] == best
    assert 0 < found["languages"]["fi"]["examples"] < 12


def test_the_reading_of_a_test_set_is_on_record(place: Path, first: dict[str, Any]) -> None:
    run = json.loads((place / first["folder"] / "run.json").read_text())
    readings = run["test_readings"]
    assert [reading["task"] for reading in readings] == ["panx", "tatoeba"]
    assert readings[0]["files"]["fi"] == [["dev-fi.tsv", file_sha256(place / "panx" / "dev-fi.tsv")]]
    assert readings[0]["after"]["target"] == first["phases"]["target"]["selection"]
    assert readings[0]["model"] == first["phases"]["target"]["key"]


def test_a_second_run_finds_everything(
    place: Path, first: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.stat().st_mtime_ns for path in (place / "work").rglob("*") if path.name != "x"}
    here(place, monkeypatch, "train", "run.yaml", "--json")
    again = json.loads(capsys.readouterr().out)
    assert all(phase.pop("cached") for phase in again["phases"].values())
    assert again["scores"] == first["scores"]
    after = {path: path.stat().st_mtime_ns for path in (place / "work").rglob("*")}
    assert after == before


def test_arms_that_share_phases_train_them_once(
    place: Path, first: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arm = ("run.yaml", "name=other", "target.lr=2e-3", "target.tasks.0.augmented=[]", "--json")
    here(place, monkeypatch, "plan", *arm)
    planned = json.loads(capsys.readouterr().out)
    states = {name: phase["state"] for name, phase in planned["phases"].items()}
    assert states == {"mlm": "finished", "intermediate": "finished", "target": "to train"}
    assert "as measured in 3 finished phases" in planned["basis"]
    here(place, monkeypatch, "train", *arm)
    other = json.loads(capsys.readouterr().out)
    assert [phase["cached"] for phase in other["phases"].values()] == [True, True, False]
    for name in ("mlm", "intermediate"):
        assert other["phases"][name]["key"] == first["phases"][name]["key"]
    assert other["phases"]["target"]["key"] == planned["phases"]["target"]["key"]
    assert other["phases"]["target"]["steps"] == planned["phases"]["target"]["steps"]


def test_killed_in_the_middle_of_an_epoch_it_goes_on_to_the_same_result(
    place: Path, first: dict[str, Any]
) -> None:
    process = subprocess.Popen(
        command("train", "run.yaml", "out=again"),
        cwd=place,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    key = first["phases"]["intermediate"]["key"]
    checkpoints = place / "again" / "phases" / f"{key}.part" / "checkpoints"
    while process.poll() is None and not any(checkpoints.glob("step-*1[2-9]")):
        time.sleep(0.005)
    assert process.poll() is None, "it ended before it could be killed"
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (place / "again" / "phases" / key).exists()
    resumed = train(place, "out=again")
    assert resumed["phases"]["mlm"]["cached"]
    assert not resumed["phases"]["intermediate"]["cached"]
    for name, phase in first["phases"].items():
        assert resumed["phases"][name]["key"] == phase["key"]
        for file in ("model.safetensors", "heads.json"):
            one, two = (place / out / "phases" / phase["key"] / "model" / file for out in ("work", "again"))
            assert file_sha256(one) == file_sha256(two), (name, file)
        one, two = (
            json.loads((place / out / "phases" / phase["key"] / "run.json").read_text())
            for out in ("work", "again")
        )
        assert one["losses"] == two["losses"]
        assert one["tokens"] == two["tokens"]
    assert resumed["scores"] == first["scores"]


@pytest.mark.parametrize("consistency", ["", "{example: {twin: subwords}}"])
def test_two_processes_under_torchrun_lose_what_one_does(
    place: Path, first: dict[str, Any], consistency: str
) -> None:
    """With twins too: an example and its twin stay in one pack, whichever process that goes to."""
    assert first
    few = ("mlm=", "intermediate=", "evaluate=", "target.steps=6", "target.epochs=", "target.pack_tokens=128")
    few = (*few, f"target.consistency={consistency}")
    alone = train(place, "out=alone", *few)
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    words = [*torchrun, "-m", "harness", "train", "run.yaml", "out=pair", *few]
    done = subprocess.run(words, cwd=place, env=environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    key = alone["phases"]["target"]["key"]
    losses = [
        json.loads((place / out / "phases" / key / "run.json").read_text())["losses"]
        for out in ("alone", "pair")
    ]
    assert len(losses[0]) == 6
    assert losses[1] == pytest.approx(losses[0], abs=1e-5)


def test_eval_and_predict_take_what_was_trained(
    place: Path, first: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    trained = first["folder"]
    here(
        place, monkeypatch, "eval", trained, "-t", "panx", "-d", "panx", "-l", "sw", "-o", "scored", "--json"
    )
    found = json.loads(capsys.readouterr().out)
    assert found["scores"]["panx"]["languages"]["sw"] == first["scores"]["panx"]["languages"]["sw"]
    assert files(place / "scored") == {"results.json", "outcomes/panx.sw.npz", "predictions/panx.sw.jsonl"}
    here(
        place,
        monkeypatch,
        "predict",
        trained,
        "-t",
        "panx",
        "-i",
        "panx",
        "-l",
        "sw",
        "--split",
        "dev",
        "-o",
        "sw.jsonl",
    )
    assert (place / "sw.jsonl").read_text() == (
        place / "scored" / "predictions" / "panx.sw.jsonl"
    ).read_text()
    capsys.readouterr()
    # a phase's folder does as well
    here(
        place,
        monkeypatch,
        "eval",
        f"work/phases/{first['phases']['target']['key']}",
        "-t",
        "panx",
        "-d",
        "panx",
        "-l",
        "fi",
        "--json",
    )
    assert (
        json.loads(capsys.readouterr().out)["scores"]["panx"]["languages"]["fi"]
        == first["scores"]["panx"]["languages"]["fi"]
    )


def test_a_model_can_be_evaluated_alone_with_oracle_scores_beside(
    place: Path, first: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = (place / "nli.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (place / "split").mkdir(exist_ok=True)
    (place / "split" / "test-fi.jsonl").write_text("".join(lines[:8]), encoding="utf-8")
    (place / "split" / "dev-fi.jsonl").write_text("".join(lines[8:]), encoding="utf-8")
    run = {
        "name": "alone",
        "model": f"work/phases/{first['phases']['intermediate']['key']}/model",
        "out": "measured",
        "threads": 1,
        "evaluate": {
            "tasks": [{"task": "classification", "data": "split", "languages": "Finnish"}],
            "oracle": True,
        },
    }
    (place / "alone.yaml").write_text(yaml.safe_dump(run), encoding="utf-8")
    here(place, monkeypatch, "train", "alone.yaml", "--json")
    found = json.loads(capsys.readouterr().out)
    assert found["phases"] == {}
    scored = found["scores"]["classification"]
    assert (scored["split"], scored["languages"]["fi"]["examples"]) == ("test", 8)
    assert scored["oracle"]["fi"]["examples"] == 4
    here(
        place,
        monkeypatch,
        "eval",
        found["folder"],
        "-t",
        "classification",
        "-d",
        "split",
        "-l",
        "fi",
        "--json",
    )
    again = json.loads(capsys.readouterr().out)["scores"]["classification"]
    assert again["languages"] == scored["languages"]


def test_a_retrieval_head_is_trained_selected_and_used(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs = [{"translation": {"en": text, "fi": text.upper()}} for text in sample_texts()]
    (place / "pairs.jsonl").write_text("".join(json.dumps(pair) + "\n" for pair in pairs), encoding="utf-8")
    run = {
        "name": "retrieval",
        "model": "model",
        "out": "retrieval",
        "threads": 1,
        "target": {
            "tasks": [{"task": "bitext", "data": "pairs.jsonl", "dev_share": 0.2}],
            "steps": 4,
            "batch_size": 8,
            "lr": 1e-3,
            "evaluate_every": 2,
        },
        "evaluate": {
            "tasks": [{"task": "tatoeba", "data": "tatoeba", "languages": ["fi"], "head": "bitext"}]
        },
    }
    (place / "retrieval.yaml").write_text(yaml.safe_dump(run), encoding="utf-8")
    here(place, monkeypatch, "train", "retrieval.yaml", "--json")
    found = json.loads(capsys.readouterr().out)
    assert 0 < found["phases"]["target"]["selection"]["values"]["bitext"]["map"] <= 100
    assert found["scores"]["tatoeba"]["chosen"] == {"head": "bitext"}
    assert found["scores"]["tatoeba"]["sweep"] == {}
    assert (
        found["scores"]["tatoeba"]["languages"]["fi"]["examples"] == 12
    )  # nothing was chosen on any of them


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["target.learning_rate=1e-5"], "run.yaml: target: unknown key 'learning_rate'"),
        (["target.tasks.0.task=pnax"], "target.tasks[0].task: unknown task 'pnax'"),
        (["target.lr=-1"], "run.yaml: target.lr is -1.0; it must be above 0"),
        (["target.tasks.0.data=nowhere"], "target.tasks[0]: panx: there is no folder or file nowhere"),
        (["model=nowhere/at/all"], "nowhere/at/all"),
        (["evaluate.tasks.0.task=xquad", "evaluate.tasks.0.languages=[tr]", "evaluate.tasks.0.data=other.jsonl"], "evaluate.tasks[0]: no head for xquad; train xquad or squad"),
        (["target.tasks.0.augmented=aug/nli"], "target.tasks[0].augmented: "),
        (["intermediate.tasks.1.task=xquad", "intermediate.tasks.1.data=panx"], "trained on squad"),
        (["model=other-model"], "other-model is bert with gelu, not XLM-R"),
        (["evaluate.tasks.0.data=aug"], "evaluate.tasks[0]: no test data of panx in Finnish"),
        (["evaluate.tasks.0.languages=[en, fi]", "target.tasks.0.split=dev"], "dev-en.tsv is what the run is evaluated on"),
        (["device=cuda"], "device: cuda is not available here"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)  # fmt: skip
def test_a_mistake_is_one_line_and_exit_code_2_and_nothing_is_written(
    overrides: list[str],
    message: str,
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if "device=cuda" in overrides:
        torch = pytest.importorskip("torch")
        if torch.cuda.is_available():
            pytest.skip("there is a GPU")
    assert here(place, monkeypatch, "train", "run.yaml", "out=mistake", *overrides) == 2
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert message in errors[0]
    assert not (place / "mistake").exists()
