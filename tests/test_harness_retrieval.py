"""BUCC, LAReQA and Mewsli-X from files in their official forms through the real entry point, on a tiny model."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from morphaug.app.cli import harness_main
from tinymodel import make_tiny_model, sample_texts

from harness.tasks.retrieve import LAREQA, MEWSLIX


def lines(rows: Iterable[Any]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model and the three sets: translations are copies, entities begin with their name."""
    folder = tmp_path_factory.mktemp("retrieval")
    make_tiny_model(folder / "model")
    texts = list(dict.fromkeys(sample_texts()))[:16]
    bucc(folder / "bucc", texts)
    lareqa(folder / "lareqa", texts)
    mewslix(folder / "mewslix")
    return folder


def bucc(folder: Path, texts: list[str]) -> None:
    """Half of the sentences have a translation, word for word the same."""
    folder.mkdir()
    for split, shift in (("sample", 0), ("training", 4)):
        german = {f"de-{n}": text for n, text in enumerate(texts[shift : shift + 8])}
        english = {f"en-{n}": text for n, text in enumerate(texts[shift + 4 : shift + 12])}
        for code, side in (("de", german), ("en", english)):
            rows = "".join(f"{name}\t{text}\n" for name, text in side.items())
            (folder / f"de-en.{split}.{code}").write_text(rows, encoding="utf-8")
        same = "".join(f"de-{n + 4}\ten-{n}\n" for n in range(4))
        (folder / f"de-en.{split}.gold").write_text(same, encoding="utf-8")


def paragraph(first: str, second: str, number: int) -> dict[str, Any]:
    context = f"{first} {second}"
    breaks = [[0, len(first)], [len(first) + 1, len(context)]]
    answer = {"text": first[:3], "answer_start": 0}
    question = {"id": f"q{number}", "question": first, "answers": [answer]}
    return {"context": context, "sentence_breaks": breaks, "qas": [question]}


def lareqa(folder: Path, texts: list[str]) -> None:
    """Every language asks for sentences word for word, and English has questions to train on."""
    (folder / "xquad-r").mkdir(parents=True)
    pairs = [(texts[2 * n], texts[2 * n + 1]) for n in range(6)]
    for code in LAREQA:
        made = [paragraph(f"{code} {one}", two, n) for n, (one, two) in enumerate(pairs)]
        article = {"version": "1.1", "data": [{"title": "t", "paragraphs": made}]}
        (folder / "xquad-r" / f"{code}.json").write_text(json.dumps(article), encoding="utf-8")
    train = {
        "version": "1.1",
        "data": [{"title": "t", "paragraphs": [paragraph(a, b, n) for n, (a, b) in enumerate(pairs)]}],
    }
    (folder / "train-v1.1.json").write_text(json.dumps(train), encoding="utf-8")


def mewslix(folder: Path) -> None:
    folder.mkdir()
    names = ["Amina", "Bosko", "Chidi", "Dalia", "Eero", "Fatma"]
    entities = [
        {
            "entity_id": f"Q{n}",
            "title": name,
            "description": f"{name}. {name} is a person.",
            "sentence_spans": [{"start": 0, "end": len(name) + 1}],
            "description_language": "en",
            "description_url": "",
        }
        for n, name in enumerate(names)
    ]
    (folder / "candidate_set_entities.jsonl").write_text(lines(entities), encoding="utf-8")

    def context(name: str, language: str) -> dict[str, Any]:
        text = f"{name} !"
        spans = [{"start": 0, "end": len(text)}]
        return {"document_id": "d", "language": language, "text": text, "sentence_spans": spans}

    def said(name: str, n: int, language: str) -> dict[str, Any]:
        span = {"start": 0, "end": len(name), "text": name}
        return {"example_id": f"{language}-{n}", "mention_span": span, "entity_id": f"Q{n}"}

    for split in ("dev", "test"):
        rows = [
            {"context": context(name, code), "mentions": [said(name, n, code)]}
            for code in MEWSLIX
            for n, name in enumerate(names)
        ]
        (folder / f"wikinews_mentions-{split}.jsonl").write_text(lines(rows), encoding="utf-8")
    pairs = [
        {
            "contextual_mention": {"context": context(name, "en"), "mention": said(name, n, "en")},
            "entity": entities[n],
        }
        for n, name in enumerate(names)
    ]
    (folder / "wikipedia_pairs-train.jsonl").write_text(lines(pairs), encoding="utf-8")


def run(
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    **sections: Any,
) -> dict[str, Any]:
    """The results of `harness train` on a run written for the purpose."""
    monkeypatch.chdir(place)
    made = {"name": name, "model": "model", "out": "work", "threads": 1, **sections}
    Path(f"{name}.yaml").write_text(json.dumps(made), encoding="utf-8")  # JSON is YAML
    monkeypatch.setattr(sys, "argv", ["harness", "train", f"{name}.yaml", "--json"])
    with pytest.raises(SystemExit) as ended:
        harness_main()
    out = capsys.readouterr()
    assert not ended.value.code, out.err
    found: dict[str, Any] = json.loads(out.out)
    return found


def measured(task: str, languages: list[str], **more: Any) -> dict[str, Any]:
    return {"tasks": [{"task": task, "data": task, "languages": languages, **more}]}


def test_bucc_is_mined_with_layer_and_threshold_of_its_development_set(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluate = measured("bucc", ["de"], pool=["mean", "cls"])
    found = run(place, monkeypatch, capsys, "bucc", evaluate=evaluate)["scores"]["bucc"]
    assert found["chosen"]["on"] == "its development set"
    assert sorted(found["sweep"]) == [f"{layer}/{pool}" for layer in (0, 1, 2) for pool in ("cls", "mean")]
    # The same words give the same vectors: all four pairs lie above any sensible threshold.
    assert found["languages"]["de"]["recall"] == 100.0
    best = max(found["sweep"].values())
    assert found["sweep"][f"{found['chosen']['layer']}/{found['chosen']['pool']}"] == best


def test_lareqa_trains_on_english_and_searches_all_languages_at_once(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    target = {
        "tasks": [{"task": "lareqa", "data": "lareqa", "dev": "none"}],
        "steps": 6,
        "batch_size": 6,
        "lr": 1e-3,
        "max_len": 96,
    }
    found = run(place, monkeypatch, capsys, "lareqa", target=target, evaluate=measured("lareqa", []))
    scores = found["scores"]["lareqa"]
    assert scores["chosen"] == {"head": "lareqa"}
    assert set(scores["languages"]) == set(LAREQA)
    assert all(0 < values["map"] <= 100 for values in scores["languages"].values())
    outcomes = place / found["folder"] / "outcomes" / "lareqa.tr.npz"
    assert outcomes.is_file()


def test_mewslix_ranks_all_entities_for_each_languages_mentions(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    target = {
        "tasks": [{"task": "mewslix", "data": "mewslix", "dev": "none"}],
        "steps": 30,
        "batch_size": 6,
        "lr": 3e-3,
        "max_len": 64,
    }
    found = run(
        place, monkeypatch, capsys, "mewslix", target=target, evaluate=measured("mewslix", ["tr", "de"])
    )
    scores = found["scores"]["mewslix"]
    assert {code: values["examples"] for code, values in scores["languages"].items()} == {"tr": 6, "de": 6}
    # Mentions differ by nothing but the name, which is what the head was trained to match.
    assert scores["average"]["map"] > 60
    plain = run(place, monkeypatch, capsys, "mewslix-plain", evaluate=measured("mewslix", ["tr"], layers=[0]))
    assert plain["scores"]["mewslix"]["chosen"]["layer"] == 0
