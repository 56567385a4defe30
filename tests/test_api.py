"""The Python interface: one record, an iterator, a Hugging Face dataset."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import pytest

import morphaug
from morphaug import Augmenter, MissingResource, Reject, UnknownName
from morphaug.data import data_file
from morphaug.generate import Job, generate
from morphaug.recipes import Recipe, Step

ENGLISH = data_file("samples", "english")
PARSES = f"conllu:{ENGLISH}"
RECORD = {
    "id": "x",
    "premise": "The teacher reads a book in the garden.",
    "hypothesis": "The teacher is in the garden.",
    "label": "entailment",
}

pytestmark = pytest.mark.usefixtures("sample_home")


def augmenter(**changes: Any) -> Augmenter:
    settings: dict[str, Any] = {
        "task": "classification",
        "target": "fin",
        "recipe": "pseudo",
        "parser": PARSES,
    }
    return Augmenter(**(settings | changes))


def nli() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (ENGLISH / "nli.jsonl").read_text(encoding="utf-8").splitlines()]


def test_one_record() -> None:
    (made,) = augmenter().augment(RECORD)
    assert made["label"] == "entailment"
    assert "puutarhassa" in made["premise"]
    assert "puutarhassa" in made["hypothesis"]
    assert made["morphaug"]["source_id"] == "x"
    assert RECORD["premise"] == "The teacher reads a book in the garden."


def test_a_stream_is_lazy_and_gives_what_generate_gives(tmp_path: Path) -> None:
    source = str(ENGLISH / "nli.jsonl")
    generate(
        Job("classification", (source,), ("fin",), ("pseudo",), tmp_path / "out", parser=PARSES, variants=2)
    )
    lines = (tmp_path / "out/fin/pseudo/part-00000.jsonl").read_text(encoding="utf-8").splitlines()
    taken = 0

    def records() -> Iterator[dict[str, Any]]:
        nonlocal taken
        for record in nli():
            taken += 1
            yield record

    stream = augmenter(variants=2).stream(records(), batch=3)
    first = next(stream)
    assert taken == 3
    assert [first, *stream] == [json.loads(line) for line in lines]


@pytest.mark.parametrize("recipe", ["pseudo", "noise:pseudo", "order-half"])
@pytest.mark.parametrize("settings", [{}, {"variants": 3}, {"rate": 0.5}])
def test_what_a_text_becomes_does_not_depend_on_who_shares_it(recipe: str, settings: dict[str, Any]) -> None:
    """A text is derived once for all records that share it, but only where nothing is drawn for each of them."""
    chain = Recipe(recipe, (Step("lexicalise"), Step("order", 0.5))) if recipe == "order-half" else recipe
    own = augmenter(recipe=chain, seed=3, **settings)
    texts = [(a["premise"], b["hypothesis"]) for a in nli()[:4] for b in nli()[:4]]
    records = [
        {"id": f"{k}", "premise": premise, "hypothesis": hypothesis, "label": "neutral"}
        for k, (premise, hypothesis) in enumerate(texts)
    ]
    alone = [made for record in records for made in own.augment(record)]
    assert list(own.stream(records, batch=len(records))) == alone
    made = {record["premise"] for record in alone if record["morphaug"]["variant"] == 0}
    drawn = recipe != "pseudo" or "rate" in settings
    assert (len(made) > 4) == drawn  # or the records would be alike even if a draw were shared


def test_names_are_checked_at_once() -> None:
    with pytest.raises(UnknownName, match="did you mean pseudo"):
        augmenter(recipe="psuedo")
    with pytest.raises(UnknownName, match="did you mean classification"):
        augmenter(task="clasification")
    with pytest.raises(UnknownName, match="language"):
        augmenter(target="klingonish")
    with pytest.raises(UnknownName, match="premise"):
        augmenter(fields={"premis": "a"})
    with pytest.raises(MissingResource, match="morphaug resources fetch hun"):
        augmenter(target="Hungarian").augment(RECORD)


def test_it_cannot_be_changed_and_can_be_pickled() -> None:
    one = augmenter(target="Finnish", fields={"premise": "premise"})
    assert one.target == "fin"
    with pytest.raises(FrozenInstanceError):
        one.seed = 5  # type: ignore[misc]
    state = pickle.dumps(one)
    two = pickle.loads(state)
    assert two == one
    assert two.augment(RECORD) == one.augment(RECORD)
    one.augment({})
    assert one.rejects
    assert pickle.dumps(one) == state, "what a process has seen is no part of it"


def test_rejects_are_kept_or_told() -> None:
    bad = {**RECORD, "hypothesis": ""}
    one = augmenter()
    assert one.augment(bad) == []
    (reject,) = one.rejects
    assert (reject.id, reject.reason) == ("x", "empty_text")
    told: list[Reject] = []
    two = augmenter(on_reject=told.append)
    assert [r["id"] for r in two.stream([bad, RECORD])] == ["x:fin:pseudo:0"]
    assert [r.reason for r in told] == ["empty_text"]
    assert two.rejects == []


def test_a_recipe_of_ones_own() -> None:
    recipe = morphaug.Recipe("only order", (Step("order"),))
    (made,) = augmenter(recipe=recipe, target="tur").augment(RECORD)
    words = RECORD["premise"].strip(".").lower().split()
    new = made["premise"].strip(".").lower().split()
    assert new != words
    assert sorted(new) == sorted(words)


def test_your_names_of_fields() -> None:
    record = {"sentence1": RECORD["premise"], "sentence2": RECORD["hypothesis"], "gold": 1}
    names = {"premise": "sentence1", "hypothesis": "sentence2", "label": "gold"}
    (made,) = augmenter(fields=names).augment(record)
    assert "puutarhassa" in made["sentence1"]
    assert made["gold"] == 1


def test_what_the_engine_knows() -> None:
    form = morphaug.inflect("Finnish", "talo", {"Case": "Ine", "Number": "Sing"})
    assert (form.text, form.rung) == ("talossa", "table")
    assert ("talo", "NOUN") in {reading[:2] for reading in morphaug.analyze("fin", "talossa")}
    assert morphaug.profile("tur").order("object_verb") == "before"


def test_every_name_of_the_package_is_there() -> None:
    for name in morphaug.__all__:
        assert getattr(morphaug, name) is not None
    assert set(morphaug.__all__) <= set(dir(morphaug))
    with pytest.raises(AttributeError, match="no attribute 'nonesuch'"):
        morphaug.nonesuch  # noqa: B018


class TestDatasets:
    @pytest.fixture(autouse=True)
    def _own_cache(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        datasets = pytest.importorskip("datasets")
        monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "hf")
        datasets.disable_progress_bars()

    def test_map_in_processes(self) -> None:
        from datasets import Dataset

        data = Dataset.from_list(nli())
        options = {"batched": True, "batch_size": 4, "remove_columns": data.column_names}
        one = data.map(augmenter(variants=2).batch, **options)
        two = data.map(augmenter(variants=2).batch, num_proc=2, **options)
        assert len(one) == 24
        assert one.to_list() == two.to_list()
        assert [r["id"] for r in one][:2] == ["nli-01:fin:pseudo:0", "nli-01:fin:pseudo:1"]

    def test_a_cached_result_is_found_again(self, tmp_path: Path) -> None:
        from datasets import Dataset, load_from_disk

        Dataset.from_list(nli()).save_to_disk(tmp_path / "data")
        prints = set()
        for _ in range(2):
            data = load_from_disk(str(tmp_path / "data"))
            made = augmenter()
            made.augment({})
            mapped = data.map(made.batch, batched=True, remove_columns=data.column_names)
            prints.add(mapped._fingerprint)
        assert len(prints) == 1
        other = data.map(augmenter(seed=1).batch, batched=True, remove_columns=data.column_names)
        assert other._fingerprint not in prints

    def test_streaming(self) -> None:
        from datasets import Dataset

        data = Dataset.from_list(nli()).to_iterable_dataset()
        made = list(
            data.map(augmenter().batch, batched=True, remove_columns=["id", "premise", "hypothesis", "label"])
        )
        assert [r["morphaug"]["source_id"] for r in made] == [r["id"] for r in nli()]

    def test_a_batch_in_which_nothing_can_be_made(self) -> None:
        from datasets import Dataset

        rows = [{**r, "premise": "" if i < 4 else r["premise"]} for i, r in enumerate(nli())]
        data = Dataset.from_list(rows)
        made = data.map(augmenter().batch, batched=True, batch_size=4, remove_columns=data.column_names)
        assert len(made) == 8

    def test_names_of_integer_tags_come_from_the_dataset(self, tmp_path: Path) -> None:
        from datasets import ClassLabel, Dataset, Features, Sequence, Value

        names = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG"]
        blocks = (ENGLISH / "tagging.conll").read_text(encoding="utf-8").strip().split("\n\n")
        pairs = [[line.split("\t") for line in block.splitlines()] for block in blocks]
        rows = [{"tokens": [t for t, _ in s], "ner_tags": [names.index(tag) for _, tag in s]} for s in pairs]
        features = Features(tokens=Sequence(Value("string")), ner_tags=Sequence(ClassLabel(names=names)))
        Dataset.from_list(rows, features=features).save_to_disk(tmp_path / "data")
        source = f"hf:{tmp_path / 'data'}"
        report = generate(Job("tagging", (source,), ("tur",), ("pseudo",), tmp_path / "out", parser=PARSES))
        assert report["plan"]["fields"] == {"tag_names": ",".join(names)}
        lines = (tmp_path / "out/tur/pseudo/part-00000.jsonl").read_text(encoding="utf-8").splitlines()
        assert len(lines) == len(rows)
        for record in map(json.loads, lines):
            assert len(record["tokens"]) == len(record["ner_tags"])
        assert {tag for record in map(json.loads, lines) for tag in record["ner_tags"]} >= {0, 1, 2, 3}

    def test_generate_reads_a_saved_dataset(self, tmp_path: Path) -> None:
        from datasets import Dataset

        Dataset.from_list(nli()).save_to_disk(tmp_path / "data")
        job = Job(
            "classification",
            (f"hf:{tmp_path / 'data'}",),
            ("fin",),
            ("pseudo",),
            tmp_path / "out",
            parser=PARSES,
        )
        report = generate(job)
        assert report["streams"][0]["out"] == 12
        assert report["plan"]["inputs"][0]["sha256"]
