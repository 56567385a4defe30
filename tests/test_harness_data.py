"""What is trained on, what selects and what is tested stay apart, whatever order the data come in."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.config import EvalTaskConfig, TaskConfig
from harness.data import carve, limited, load_task, main_text, position
from harness.measure import HeadKind, files_tested, head_for, split_of
from harness.records import Classified, Question
from harness.tasks import TASKS
from morphaug.errors import MorphaugError

LABELS = ("entailment", "neutral", "contradiction")


def pair(number: int, premise: str) -> dict[str, Any]:
    return {"id": f"n{number}", "premise": premise, "hypothesis": f"H {number}.", "label": LABELS[number % 3]}


PAIRS = [pair(number, f"Premise {number // 3}.") for number in range(90)]


def lines(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def corpus(folder: Path, rows: Sequence[Mapping[str, Any]], recipes: Sequence[str] = ("pseudo",)) -> Path:
    """What morphaug generate would have made of these rows."""
    streams = []
    for recipe in recipes:
        made = [
            {
                **row,
                "id": f"{row['id']}:fin:{recipe}:0",
                "morphaug": {"source_id": row["id"], "target": "fin", "recipe": recipe, "variant": 0, "edit_rate": 1},
            }
            for row in rows
        ]  # fmt: skip
        lines(folder / "fin" / recipe / "part-00000.jsonl", made)
        streams.append(
            {"target": "fin", "recipe": recipe, "files": [{"file": f"fin/{recipe}/part-00000.jsonl"}]}
        )
    (folder / "manifest.json").write_text(json.dumps({"streams": streams}), encoding="utf-8")
    return folder


@given(st.lists(st.integers(0, 30), max_size=60), st.floats(0.05, 0.6), st.randoms())
def test_a_carved_split_goes_by_text_not_by_place(
    numbers: list[int], share: float, chance: random.Random
) -> None:
    records = [
        Question(f"{at}", "en", f"Q{at}?", f"Context {number}.", ()) for at, number in enumerate(numbers)
    ]
    train, dev = carve(records, share)
    assert sorted([*train, *dev], key=lambda r: int(r.id)) == records
    assert not {main_text(r) for r in train} & {main_text(r) for r in dev}
    shuffled = list(records)
    chance.shuffle(shuffled)
    assert {r.id for r in carve(shuffled, share)[1]} == {r.id for r in dev}
    assert {r.id for r in dev} <= {r.id for r in carve(records, share + 0.2)[1]}


@given(st.integers(0, 40), st.randoms())
def test_a_limit_takes_the_same_examples_from_any_order(limit: int, chance: random.Random) -> None:
    records = [Classified(f"id-{number}", "en", "A.", None, None) for number in range(30)]
    taken = limited(records, limit)
    assert len(taken) == (limit if 0 < limit < 30 else 30)
    shuffled = list(records)
    chance.shuffle(shuffled)
    assert {r.id for r in limited(shuffled, limit)} == {r.id for r in taken}
    if 0 < limit < 29:
        assert {r.id for r in taken} <= {r.id for r in limited(records, limit + 1)}


def test_nothing_of_a_development_example_is_trained_on(tmp_path: Path) -> None:
    data = lines(tmp_path / "all.jsonl", PAIRS)
    folder = corpus(tmp_path / "aug", PAIRS, ("pseudo", "morph"))
    found = load_task(
        TaskConfig(task="classification", data=str(data), augmented=(str(folder),), dev_share=0.2)
    )
    assert found.dev_from == "carved"  # one file for both splits is no development file
    held = {record.id for record in found.dev}
    assert 0 < len(held) < 45
    sources = {record.origin.source_id if record.origin else record.id for record in found.train}
    assert not sources & held
    assert found.counts["augmented_of_development"] == 2 * len(held)
    assert len(found.train) == 3 * (90 - len(held))


def test_records_of_unknown_source_are_left_out_where_they_could_be_development_data(tmp_path: Path) -> None:
    data = lines(tmp_path / "d" / "train.jsonl", PAIRS)
    strangers = [pair(1000 + number, "Elsewhere.") for number in range(5)]
    folder = str(corpus(tmp_path / "aug", [*PAIRS[:4], *strangers]))
    config = TaskConfig(task="classification", data=str(data.parent), augmented=(folder,))
    found = load_task(config)
    assert found.counts["augmented_unmatched"] == 5
    lines(tmp_path / "d" / "dev.jsonl", strangers)
    with_file = load_task(config)
    assert with_file.dev_from == "file"
    assert with_file.counts["augmented"] == 9
    only = str(corpus(tmp_path / "other", strangers))
    (tmp_path / "d" / "dev.jsonl").unlink()
    with pytest.raises(MorphaugError, match="was not made of this training data"):
        load_task(
            TaskConfig(task="classification", data=str(data.parent), augmented=(only,)),
            place="target.tasks[0]",
        )


def test_arms_take_the_same_sources(tmp_path: Path) -> None:
    data = lines(tmp_path / "d" / "train.jsonl", PAIRS)
    folder = corpus(tmp_path / "aug", PAIRS, ("pseudo", "morph"))
    chosen = []
    for recipe in ("pseudo", "morph"):
        config = TaskConfig(
            task="classification", data=str(data.parent), dev="none", limit=60, ratio=0.5, original=False,
            augmented=(str(folder / "fin" / recipe),),
        )  # fmt: skip
        found = load_task(config)
        assert all(record.origin for record in found.train)
        assert 0 < len(found.train) < 60
        chosen.append([record.origin.source_id for record in found.train if record.origin])
    assert chosen[0] == chosen[1]
    assert all(position(source, "ratio") < 0.5 for source in chosen[0])


def test_pairs_can_be_added_the_other_way_round(tmp_path: Path) -> None:
    data = lines(tmp_path / "d" / "train.jsonl", PAIRS)
    found = load_task(TaskConfig(task="classification", data=str(data), dev="none", reverse=True))
    assert len(found.train) == 180
    turned = {(r.text, r.pair) for r in found.train if isinstance(r, Classified)}
    assert turned == {(b, a) for a, b in turned}


def test_what_is_tested_is_neither_trained_on_nor_selected_by(tmp_path: Path) -> None:
    for split in ("train", "dev", "test"):
        lines(tmp_path / f"{split}.jsonl", PAIRS)
    folder = str(tmp_path)
    tested = files_tested(
        [EvalTaskConfig(task="classification", data=folder, languages=("fi",), split="dev")]
    )
    assert tested == {str(tmp_path / "dev.jsonl"): "evaluate.tasks[0]"}
    config = TaskConfig(task="classification", data=folder, dev_share=0.2)
    assert load_task(config, tested=tested).dev_from == "carved"
    assert load_task(config, dev_is_test=True).dev_from == "carved"
    assert load_task(config).dev_from == "file"
    with pytest.raises(MorphaugError, match=r"dev\.jsonl is what the run is evaluated on; set dev: carve"):
        load_task(
            TaskConfig(task="classification", data=folder, dev="file"), tested=tested, place="target.tasks[0]"
        )
    with pytest.raises(
        MorphaugError, match=r"target\.tasks\[0\]: .*dev\.jsonl is what the run is evaluated on"
    ):
        load_task(
            TaskConfig(task="classification", data=folder, split="dev"),
            tested=tested,
            place="target.tasks[0]",
        )


def test_a_test_set_is_one_that_has_labels_and_a_file_of_its_own(tmp_path: Path) -> None:
    withheld = [{key: value for key, value in row.items() if key != "label"} for row in PAIRS]
    lines(tmp_path / "dev.jsonl", PAIRS)
    config = EvalTaskConfig(task="classification", data=str(tmp_path), languages=("fi",))
    assert split_of(config) == "dev"
    lines(tmp_path / "test.jsonl", withheld)
    assert split_of(config) == "dev"
    lines(tmp_path / "test.jsonl", PAIRS)
    assert split_of(config) == "test"
    one_file = EvalTaskConfig(task="classification", data=str(tmp_path / "dev.jsonl"), languages=("fi",))
    assert split_of(one_file) == "dev"


def test_a_missing_test_set_is_found_before_anything_is_trained(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(MorphaugError, match=r"evaluate\.tasks\[0\]: no test data of panx in Finnish"):
        files_tested([EvalTaskConfig(task="panx", data=str(tmp_path / "empty"), languages=("fi",))])
    with pytest.raises(MorphaugError, match="classification takes any language; name them in languages"):
        files_tested([EvalTaskConfig(task="classification", data=str(tmp_path))])


def test_a_task_is_scored_with_its_own_head_or_that_of_its_training_set() -> None:
    nli = HeadKind("classify", LABELS)
    assert head_for(TASKS["xnli"], {"mnli": nli, "anli": nli}) == "mnli"
    assert (
        head_for(TASKS["xcopa"], {"siqa": HeadKind("choice", ()), "copa": HeadKind("choice", ())}) == "copa"
    )
    assert head_for(TASKS["xnli"], {"sick": nli, "rte": HeadKind("classify", ("a", "b"))}) == "sick"
    assert head_for(TASKS["xnli"], {"mnli": nli, "anli": nli}, "anli") == "anli"
    with pytest.raises(MorphaugError, match=r"several heads \(anli, sick\) would do for xnli"):
        head_for(TASKS["xnli"], {"anli": nli, "sick": nli})
    with pytest.raises(MorphaugError, match="no head for panx; train panx in the last phase"):
        head_for(TASKS["panx"], {"mnli": nli})
