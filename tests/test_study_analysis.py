"""From folders of runs to verdicts: small studies written by hand, of which it is known what should come out."""

from __future__ import annotations

import json
import sys
import types
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.config import resolved
from harness.metrics.tagging import chunk_f1
from harness.records import Question, Tagged
from harness.study import analysis
from harness.study.analysis import analyse
from harness.study.answer import CONTROLS, answer, informed, reading
from harness.study.config import StudyConfig, parse_study
from harness.study.outcomes import ratio
from harness.study.slices import forms, marked_by, sliced
from harness.study.trackers import open_tracker
from harness.tasks import get_task
from morphaug.errors import MorphaugError

ARMS = ("intermediate", "duplicate", "noise", "pseudo-fi", "pseudo-sw")
LANGUAGES = ("fi", "sw")
WORDS = {"fi": "talossa", "sw": "nyumbani"}
EXAMPLES = 80
Right = Callable[[str, str, int, int], bool]  # (arm, language, seed, example) -> whether the name is found


def study(out: Path, **changes: Any) -> StudyConfig:
    """One target with names, scored in Finnish and Swahili."""
    data = {
        "name": "small",
        "model": "encoder",
        "out": str(out),
        "seeds": 8,
        "exploratory_seeds": 2,
        "intermediate": {"tasks": [{"task": "qamr", "data": str(out / "qamr"), "dev": "none"}], "epochs": 1},
        "targets": {
            "ner": {
                "phase": {"tasks": [{"task": "panx", "data": str(out / "panx"), "dev": "none"}], "epochs": 1},
                "evaluate": [
                    {"task": "panx", "data": str(out / "panx"), "languages": list(LANGUAGES), "split": "dev"}
                ],
            }
        },
        "augment": {"languages": list(LANGUAGES)},
        "arms": {"confirmatory": list(ARMS)},
        "primary": {"arm": "pseudo-fi", "over": "duplicate", "target": "ner", "language": "fi"},
        "tuned_on": ["tr", "de"],
        "about_model": "a small encoder, trained on text of many languages",
        **changes,
    }
    return parse_study(data)


@pytest.fixture(autouse=True)
def _fewer_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analysis, "DRAWS", dict.fromkeys(analysis.DRAWS, 1_000))
    monkeypatch.setattr(analysis, "SCORE_DRAWS", 200)


def sentence(language: str, at: int) -> tuple[list[str], list[str]]:
    """A name at the place that the number says."""
    return (
        ([f"Nimi{at}", WORDS[language]], ["B-PER", "O"]) if at % 2 else (["ja", f"Nimi{at}"], ["O", "B-PER"])
    )


def write_data(out: Path) -> None:
    """Gold sentences, and an English one to train on."""
    (out / "panx").mkdir(parents=True)
    for language in LANGUAGES:
        rows = [zip(*sentence(language, at), strict=True) for at in range(EXAMPLES)]
        text = "\n\n".join("\n".join(f"{word}\t{tag}" for word, tag in row) for row in rows)
        (out / "panx" / f"dev-{language}.tsv").write_text(text + "\n", encoding="utf-8")
    (out / "panx" / "train-en.tsv").write_text("Nimi1\tB-PER\nsleeps\tO\n", encoding="utf-8")


@cache
def gold_of(language: str) -> tuple[list[str], list[list[str]]]:
    """Ids as the readers give them, and tags."""
    with TemporaryDirectory() as folder:
        write_data(Path(folder))
        records = get_task("panx").read(f"{folder}/panx", "dev", language)
    return [record.id for record in records], [list(record.tags or ()) for record in records]


def write_run(config: StudyConfig, arm: str, seed: int, right: Right) -> Path:
    """A run as `harness train` leaves it."""
    folder = Path(config.out) / "runs" / f"{arm}.ner" / f"seed-{seed}"
    for name in ("outcomes", "predictions"):
        (folder / name).mkdir(parents=True)
    scores = {}
    for language in LANGUAGES:
        ids, gold = gold_of(language)
        said = [tags if right(arm, language, seed, at) else ["O"] * len(tags) for at, tags in enumerate(gold)]
        score = chunk_f1(gold, said, ids)
        np.savez(folder / "outcomes" / f"panx.{language}.npz", ids=np.asarray(score.ids), **score.outcomes)
        lines = [json.dumps({"id": i, "prediction": tags}) for i, tags in zip(score.ids, said, strict=True)]
        (folder / "predictions" / f"panx.{language}.jsonl").write_text("\n".join(lines) + "\n")
        scores[language] = dict(score.values)
    results = {"scores": {"panx": {"main": "f1", "languages": scores}}}
    target = config.targets["ner"]
    record = {
        "config": {
            "model": config.model,
            "target": resolved(target.phase),
            "evaluate": {"tasks": [resolved(task) for task in target.evaluate]},
        },
        "phases": {"target": f"{arm}-{seed}"},
        "test_readings": [{"task": "panx"}],
        "code": "0" * 16,
        "versions": {"python": "3.11"},
    }
    (folder / "results.json").write_text(json.dumps(results))
    (folder / "run.json").write_text(json.dumps(record))
    kept = config.folder / "phases"
    kept.mkdir(parents=True, exist_ok=True)
    phase = {"steps": 9, "seconds": 60.0, "losses": [2.0] * 200, "device": "cpu", "data": {}}
    (kept / f"{arm}-{seed}.json").write_text(json.dumps(phase))
    return folder


def chance(right: Mapping[str, Mapping[str, float]], noise: float = 0.04) -> Right:
    """Names are found by difficulty: the same examples are hard for all arms, and seeds differ a little."""

    def found(arm: str, language: str, seed: int, at: int) -> bool:
        own = np.random.default_rng((ARMS.index(arm), LANGUAGES.index(language), seed, at)).normal(0, noise)
        return bool((at * 37 % EXAMPLES) / EXAMPLES + own < right[arm][language])

    return found


def done(tmp_path: Path, right: Right, seeds: int = 8, **changes: Any) -> tuple[StudyConfig, dict[str, Any]]:
    """A study with all of its runs, analysed."""
    config = study(tmp_path, seeds=seeds, **{"exploratory_seeds": 0, **changes})
    write_data(tmp_path)
    for arm in ARMS:
        for seed in range(seeds):
            write_run(config, arm, seed, right)
    return config, analyse(config)


def contrast(results: Mapping[str, Any], question: str, arm: str, language: str) -> dict[str, Any]:
    (row,) = [
        row
        for row in results["contrasts"]
        if (row["question"], row["arm"], row["language"], row["slice"]) == (question, arm, language, "all")
    ]
    return dict(row)


def claim(results: Mapping[str, Any], arm: str) -> dict[str, Any]:
    (row,) = [row for row in results["informed"] if row["arm"] == arm]
    return dict(row)


ALIKE = {arm: dict.fromkeys(LANGUAGES, 0.5) for arm in ARMS}
GAIN = ALIKE | {"pseudo-fi": {"fi": 0.9, "sw": 0.5}, "pseudo-sw": {"fi": 0.5, "sw": 0.9}}
ANY_LANGUAGE = ALIKE | {arm: dict.fromkeys(LANGUAGES, 0.9) for arm in ("pseudo-fi", "pseudo-sw")}


def test_identical_arms_do_not_differ(tmp_path: Path) -> None:
    one = chance(ALIKE)
    _, results = done(tmp_path, lambda _arm, language, seed, at: one("noise", language, seed, at))
    assert results["contrasts"]
    for row in results["contrasts"]:
        assert (row["delta"], row["p"]) == (0, 1), row["name"]
    assert {row["verdict"] for row in results["informed"]} == {"not supported"}
    assert results["answer"]["verdict"] == "not supported"
    assert "no gain larger than 0.00 points is compatible" in results["answer"]["paragraph"]
    assert results["complete"] is True
    assert results["readings"] == len(ARMS) * 8


def test_gain_over_all_three_controls_is_supported(tmp_path: Path) -> None:
    _, results = done(tmp_path, chance(GAIN))
    assert [row["verdict"] for row in results["informed"]] == ["supported", "supported"]
    primary = contrast(results, "duplicate", "pseudo-fi", "fi")
    assert primary["family"] == "primary"
    assert primary["p_holm"] is None
    assert primary["low"] > 0
    assert len(primary["by_seed"]) == primary["seeds"] == 8
    assert primary["weights"] == {"pseudo-fi": 1, "duplicate": -1}
    # The primary comparison is in no other family; each other one in the corpus's own language is.
    secondary = [row for row in results["contrasts"] if row["family"] == "secondary"]
    assert len(secondary) == 2 * 4 - 1
    assert all(row["p_holm"] >= row["p"] and row["matched"] for row in secondary)
    assert contrast(results, "duplicate", "pseudo-fi", "sw")["family"] == "exploratory"
    assert "is supported" in results["answer"]["paragraph"]
    assert "pseudo-fi is better than duplicate" in results["answer"]["paragraph"]
    json.dumps(results, allow_nan=False)


def test_gain_that_any_language_gives_is_not_informed(tmp_path: Path) -> None:
    _, results = done(tmp_path, chance(ANY_LANGUAGE, noise=0.0))
    assert contrast(results, "duplicate", "pseudo-fi", "fi")["low"] > 0
    assert claim(results, "pseudo-fi")["verdict"] == "not supported"
    assert "wrong language" in claim(results, "pseudo-fi")["reason"]
    assert "is supported" not in results["answer"]["paragraph"]


def test_few_seeds_decide_nothing_and_say_so(tmp_path: Path) -> None:
    _, results = done(tmp_path, chance(GAIN), seeds=4)
    assert "with fewer than 6 seeds it cannot reach .05" in results["answer"]["paragraph"]
    assert "pseudo-fi comes out above duplicate" in results["answer"]["paragraph"]
    assert "is better than" not in results["answer"]["paragraph"]
    assert claim(results, "pseudo-fi")["verdict"] == "undecided"


def test_comparison_without_power_says_so(tmp_path: Path) -> None:
    _, results = done(tmp_path, chance(ALIKE, noise=0.3))
    row = contrast(results, "duplicate", "pseudo-fi", "fi")
    assert row["mde"] > 1
    assert row["powered"] is False
    assert "lacks the power" in results["answer"]["paragraph"]
    assert claim(results, "pseudo-fi")["verdict"] in ("undecided", "not supported")


def test_missing_run_is_a_hole_and_others_go_on(tmp_path: Path) -> None:
    config = study(tmp_path)
    write_data(tmp_path)
    for arm in ARMS:
        for seed in range(8):
            if (arm, seed) not in (("noise", 3), ("duplicate", 5)):
                write_run(config, arm, seed, chance(GAIN))
    (config.folder / "failures.json").write_text(json.dumps({"noise.ner/seed-3": "no space"}))
    results = analyse(config)
    assert [(hole["arm"], hole["seed"], hole["reason"]) for hole in results["holes"] if hole["arm"]] == [
        ("duplicate", 5, "not run yet"),
        ("noise", 3, "failed: no space"),
    ]
    assert results["complete"] is False
    # Paired by seed: what one arm lacks, the other does not bring in.
    assert contrast(results, "noise", "pseudo-fi", "fi")["seeds"] == 7
    assert "7 of 8 planned seeds" in contrast(results, "noise", "pseudo-fi", "fi")["note"]
    assert contrast(results, "wrong-language", "pseudo-fi", "fi")["seeds"] == 8
    assert claim(results, "pseudo-fi")["verdict"] == "undecided"
    assert "missing in 2 of the planned runs" in results["answer"]["limits"][0]


def test_missing_language_is_a_hole_not_an_average(tmp_path: Path) -> None:
    config = study(tmp_path)
    write_data(tmp_path)
    for arm in ARMS:
        for seed in range(8):
            folder = write_run(config, arm, seed, chance(GAIN))
            found = json.loads((folder / "results.json").read_text())
            del found["scores"]["panx"]["languages"]["sw"]
            (folder / "results.json").write_text(json.dumps(found))
    results = analyse(config)
    assert {row["language"] for row in (*results["scores"], *results["contrasts"])} == {"fi"}
    assert {hole["reason"] for hole in results["holes"] if hole["arm"]} == {"panx was not scored in sw"}
    assert claim(results, "pseudo-sw")["verdict"] == "missing"
    # What is there has its gain; the language that was not scored has none, rather than a smaller average.
    assert {
        row["language"]: row["points"] is None for row in results["costs"] if row["arm"] == "pseudo-fi"
    } == {
        "fi": False,
        "sw": True,
    }


def test_results_that_contradict_the_examples_are_refused(tmp_path: Path) -> None:
    config = study(tmp_path)
    write_data(tmp_path)
    folder = write_run(config, "noise", 0, chance(ALIKE))
    found = json.loads((folder / "results.json").read_text())
    found["scores"]["panx"]["languages"]["fi"]["f1"] += 1e-6
    (folder / "results.json").write_text(json.dumps(found))
    with pytest.raises(MorphaugError, match=r"results\.json says"):
        analyse(config)


def test_runs_on_other_examples_are_refused(tmp_path: Path) -> None:
    config = study(tmp_path)
    write_data(tmp_path)
    write_run(config, "noise", 0, chance(ALIKE))
    path = write_run(config, "noise", 1, chance(ALIKE)) / "outcomes" / "panx.fi.npz"
    with np.load(path) as arrays:
        changed = {name: arrays[name] for name in arrays.files}
    np.savez(path, **{**changed, "ids": np.asarray([f"other-{i}" for i in changed["ids"]])})
    with pytest.raises(MorphaugError, match="different examples of panx in fi"):
        analyse(config)


def test_runs_of_an_older_study_file_are_holes(tmp_path: Path) -> None:
    config, _ = done(tmp_path, chance(ALIKE), seeds=1)
    phase = {**resolved(config.targets["ner"].phase), "lr": 5e-5}
    changed = study(
        tmp_path,
        seeds=1,
        exploratory_seeds=0,
        targets={"ner": {"phase": phase, "evaluate": [resolved(t) for t in config.targets["ner"].evaluate]}},
    )
    with pytest.raises(MorphaugError, match="no finished run"):
        analyse(changed)


def test_costs_and_curves_come_from_the_phases(tmp_path: Path) -> None:
    _, results = done(tmp_path, chance(GAIN), seeds=2)
    costs = {row["arm"]: row for row in results["costs"] if row["language"] == "fi"}
    assert costs["pseudo-fi"]["minutes"] == 1
    assert costs["pseudo-fi"]["minutes_per_point"] == pytest.approx(1 / costs["pseudo-fi"]["points"])
    assert costs["intermediate"]["points"] is None
    assert all(len(row["steps"]) == 60 and row["steps"][-1] == 200 for row in results["curves"])
    assert {row["target_steps"]["ner"] for row in results["arms"]} == {9}


def test_interaction_is_the_difference_of_differences(tmp_path: Path) -> None:
    config = study(tmp_path, arms={"confirmatory": list(ARMS), "exploratory": ["target", "pseudo-fi@target"]})
    write_data(tmp_path)
    one = chance(GAIN)
    right = {"target": "noise", "pseudo-fi@target": "pseudo-fi"}
    for arm in (*ARMS, *right):
        for seed in range(8 if arm in ARMS else 2):
            write_run(config, arm, seed, lambda a, *rest: one(right.get(a, a), *rest))
    results = analyse(config)
    row = contrast(results, "interaction", "pseudo-fi", "fi")
    means = {
        s["arm"]: np.mean([p["score"] for p in s["seeds"] if p["seed"] < 2])
        for s in results["scores"]
        if (s["language"], s["slice"]) == ("fi", "all")
    }
    expected = (means["pseudo-fi"] - means["intermediate"]) - (means["pseudo-fi@target"] - means["target"])
    assert row["delta"] == pytest.approx(expected)
    assert (row["family"], row["seeds"], row["p_holm"]) == ("exploratory", 2, None)


# -- slices ---------------------------------------------------------------------------------------------


def test_slices_of_a_study_and_their_holes(tmp_path: Path) -> None:
    _, results = done(tmp_path, chance(GAIN), seeds=2)
    unseen = [row for row in results["scores"] if row["slice"] == "unseen form" and row["language"] == "fi"]
    # Only Nimi1 stands in the training data, and "ja" is no name.
    assert {(row["metric"], row["examples"]) for row in unseen} == {("recall", EXAMPLES - 1)}
    assert any(row["slice"] == "unseen form" for row in results["contrasts"])
    reasons = [hole["reason"] for hole in results["holes"]]
    assert any("case-marked of panx in fi: no paradigm table of Finnish" in reason for reason in reasons)
    assert results["complete"] is True  # a slice is no run


def test_recall_of_names_that_hold_a_word() -> None:
    records = [
        Tagged("a", "fi", ("Suomen", "Pankki", "on", "Helsingissä"), ("B-ORG", "I-ORG", "O", "B-LOC")),
        Tagged("b", "fi", ("Hän", "tuli"), ("O", "O")),
    ]
    said = {"a": ["B-ORG", "I-ORG", "O", "B-PER"], "b": ["B-PER", "O"]}
    above, below = sliced(get_task("panx"), records, said, {"Suomen", "Helsingissä"}.__contains__)
    assert (above.tolist(), below.tolist()) == ([1, 0], [2, 0])


def test_accuracy_of_the_words_of_a_slice() -> None:
    records = [Tagged("a", "fi", ("talossa", "on", "kissa"), ("NOUN", "AUX", "NOUN"))]
    above, below = sliced(
        get_task("udpos"), records, {"a": ["NOUN", "AUX", "VERB"]}, {"talossa", "kissa"}.__contains__
    )
    assert (above.tolist(), below.tolist()) == ([1], [2])


def test_f1_of_answers_that_hold_a_word() -> None:
    questions = [
        Question("a", "fi", "Missä?", "Se on vanhassa talossa.", ((6, "vanhassa talossa"),)),
        Question("b", "fi", "Mikä?", "Se on talo.", ((6, "talo"),)),
    ]
    above, below = sliced(
        get_task("tydiqa"), questions, {"a": "talossa", "b": "talo"}, {"talossa"}.__contains__
    )
    assert above.tolist() == pytest.approx([2 / 3, 0])
    assert below.tolist() == [1, 0]


def test_prediction_that_is_missing_or_too_short_is_refused() -> None:
    record = Tagged("a", "fi", ("talossa",), ("NOUN",))
    for said in ({}, {"a": []}):
        with pytest.raises(MorphaugError, match="example a"):
            sliced(get_task("udpos"), [record], said, bool)


def test_unseen_forms_ignore_case_and_punctuation() -> None:
    known = forms(
        [Tagged("a", "en", ("Talo", ","), ("NOUN", "PUNCT")), Question("q", "en", "Who?", "He-man.", ())]
    )
    unseen, seen = (marked_by(name, "fi", known) for name in ("unseen form", "seen form"))
    assert [unseen(word) for word in ("talo", "TALOSSA", ".", "12", "man")] == [
        False,
        True,
        False,
        False,
        False,
    ]
    assert [seen(word) for word in ("talo", "TALOSSA", ".", "12", "man")] == [True, False, False, False, True]


@pytest.mark.usefixtures("sample_home")
def test_case_marked_and_inflected_words() -> None:
    case = marked_by("case-marked", "fi", set())
    assert [case(word) for word in ("talossa", "talo", "talon", "xyzzy")] == [True, False, True, False]
    assert marked_by("case-marked", "sw", set())("nyumbani")
    inflected = marked_by("inflected", "sw", set())
    assert [inflected(word) for word in ("vitabu", "kitabu", "anasoma")] == [True, False, True]


# -- the decision rule ------------------------------------------------------------------------------------

ROW = {
    "seeds": 8, "examples": 100, "p_seeds": 0.01, "least_p": 2 / 2**8, "slice": "all", "language": "fi", "target": "ner",
    "matched": True, "arm": "pseudo-fi", "note": "", "weights": {},
}  # fmt: skip
DESIGN = {
    "smallest_effect": 1.0, "seeds": {"confirmatory": 8, "exploratory": 3}, "about_model": "small", "model": "m",
    "tuned_on": ["tr"],
}  # fmt: skip


def judged(found: Mapping[str, Mapping[str, Any] | None], *, exploratory: bool = False) -> dict[str, Any]:
    """A study with one claim, of which three comparisons are known."""
    rows = [
        {**ROW, "name": name, "question": name, "over": name, "family": "primary" if name == "duplicate" else "secondary", **row}
        for name, row in found.items()
        if row is not None
    ]  # fmt: skip
    asked = {
        "arm": "pseudo-fi", "recipe": "pseudo", "language": "fi", "target": "ner", "primary": True, "note": "",
        "exploratory": exploratory, "over": {name: name if found[name] else None for name in CONTROLS},
    }  # fmt: skip
    results = {
        "contrasts": rows,
        "informed": informed([asked], {row["name"]: row for row in rows}, DESIGN),
        "registered": {
            "primary": {"arm": "pseudo-fi", "over": "duplicate", "target": "ner", "language": "fi"},
            "changed": False,
        },
        "design": DESIGN,
        "arms": [],
        "corpora": [],
        "holes": [],
        "codes": 1,
    }
    return results | {"answer": answer(results)}


effects = st.builds(
    lambda delta, p, mde, seeds: {
        "delta": delta, "p": p, "mde": mde, "low": delta - mde, "high": delta + mde, "powered": p < 0.05 or mde <= 1,
        "seeds": seeds,
    },
    st.floats(-5, 5), st.floats(0.0001, 1), st.floats(0.01, 5), st.integers(2, 10),
)  # fmt: skip


@settings(deadline=None)
@given(st.fixed_dictionaries({name: st.none() | effects for name in CONTROLS}), st.booleans())
def test_nothing_is_supported_without_its_three_parts(
    found: dict[str, dict[str, Any] | None], exploratory: bool
) -> None:
    results = judged(found, exploratory=exploratory)
    beaten = all(row is not None and row["p"] < 0.05 and row["delta"] > 1e-9 for row in found.values())
    whole = all(row is not None and row["seeds"] >= 8 for row in found.values())
    said = "is supported" in results["answer"]["paragraph"] or "supported:" in results["answer"][
        "paragraph"
    ].replace("not supported:", "")
    assert said == (results["answer"]["verdict"] == "supported") == (beaten and whole and not exploratory)
    missing = [name for name, row in found.items() if row is None]
    assert (results["answer"]["verdict"] == "missing") == bool(missing)


def test_claims_that_were_not_registered_bear_each_other() -> None:
    beaten = {"delta": 2.0, "p": 0.03, "mde": 1.9, "low": 0.1, "high": 3.9, "powered": True}
    rows = {name: {**ROW, **beaten, "name": name} for name in CONTROLS}
    one = {
        "arm": "a",
        "recipe": "a",
        "language": "fi",
        "target": "ner",
        "primary": False,
        "exploratory": False,
        "note": "",
    }
    whole = {**one, "over": {name: name for name in CONTROLS}}
    empty = {**one, "over": dict.fromkeys(CONTROLS)}
    assert [row["verdict"] for row in informed([whole], rows, DESIGN)] == ["supported"]
    # Also one that could not be compared is a claim of the family.
    assert [row["verdict"] for row in informed([whole, empty], rows, DESIGN)] == ["undecided", "missing"]
    assert informed([whole, empty], rows, DESIGN)[0]["p_holm"] == pytest.approx(0.06)
    # The registered one stands alone, unless it is not what was registered.
    first = {**whole, "primary": True}
    assert [row["verdict"] for row in informed([first, empty], rows, DESIGN)] == ["supported", "missing"]
    assert informed([first, empty], rows, DESIGN, changed=True)[0]["verdict"] == "undecided"


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"delta": 1.0, "p": 0.01, "mde": 0.9, "high": 1.7}, "gain"),
        ({"delta": -1.0, "p": 0.01, "mde": 0.9, "high": -0.3}, "loss"),
        ({"delta": 0.2, "p": 0.5, "mde": 0.9, "high": 0.8}, "no gain"),
        ({"delta": -1.0, "p": 0.2, "mde": 3.0, "high": 0.5}, "no gain"),
        ({"delta": 0.5, "p": 0.5, "mde": 3.0, "high": 2.6}, "open"),
    ],
)
def test_what_a_comparison_says(row: dict[str, float], expected: str) -> None:
    assert reading(row, 1.0) == expected


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 9)] * 3).map(lambda t: (min(t), max(t), max(t))), min_size=1))
def test_f1_is_a_ratio_of_sums(counts: list[tuple[int, int, int]]) -> None:
    columns = dict(zip(("true_positives", "predicted", "gold"), np.array(counts, float).T, strict=True))
    above, below = ratio("f1", columns)
    sums = {name: column.sum() for name, column in columns.items()}
    if sums["true_positives"]:
        precision, recall = (sums["true_positives"] / sums[name] for name in ("predicted", "gold"))
        assert above.sum() / below.sum() == pytest.approx(2 * precision * recall / (precision + recall))


def test_score_that_is_no_sum_is_refused() -> None:
    with pytest.raises(MorphaugError, match="best_f1 is no sum"):
        ratio("best_f1", {"f1": np.ones(2)})


# -- trackers -----------------------------------------------------------------------------------------


def test_trackers_take_numbers_by_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("trackio", "wandb"):
        heard: list[Any] = []
        run = types.SimpleNamespace(
            log=lambda values, step, heard=heard: heard.append((values, step)),
            finish=lambda heard=heard: heard.append("end"),
        )
        fake = types.SimpleNamespace(init=lambda run=run, heard=heard, **told: heard.append(told) or run)
        monkeypatch.setitem(sys.modules, name, fake)
        tracker = open_tracker(name, project="small", run="a.ner-0", folder=tmp_path, settings={"lr": 1e-5})
        tracker.log({"loss": 2.0}, 1)
        tracker.close()
        assert heard[0]["project"] == "small"
        assert heard[1:] == [({"loss": 2.0}, 1), "end"]


def test_tensorboard_writes_scalars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[Any] = []

    class Writer:
        def __init__(self, folder: str) -> None:
            heard.append(folder)

        def add_scalar(self, *told: Any) -> None:
            heard.append(told)

        def close(self) -> None:
            heard.append("end")

    monkeypatch.setitem(sys.modules, "tensorboard", types.ModuleType("tensorboard"))
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", types.SimpleNamespace(SummaryWriter=Writer))
    tracker = open_tracker("tensorboard", project="small", run="a", folder=tmp_path)
    tracker.log({"loss": 2.0}, 1)
    tracker.close()
    assert heard == [str(tmp_path / "small" / "a"), ("loss", 2.0, 1), "end"]


@pytest.mark.parametrize("name", ["trackio", "tensorboard", "wandb"])
def test_tracker_that_is_not_installed_names_the_command(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MorphaugError, match=f"pip install {name}"):
        open_tracker(name, project="small", run="a", folder=tmp_path)


def test_unknown_tracker_and_none(tmp_path: Path) -> None:
    with pytest.raises(MorphaugError, match="did you mean wandb"):
        open_tracker("wanddb", project="small", run="a", folder=tmp_path)
    open_tracker("", project="small", run="a", folder=tmp_path).log({"loss": 1.0}, 1)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("seeds", "verdict"), [(4, "undecided"), (8, "not supported")])
def test_a_claim_is_not_refuted_before_all_its_seeds_are_in(seeds: int, verdict: str) -> None:
    flat = {"p": 0.5, "delta": 0.1, "low": -0.3, "high": 0.4, "mde": 0.5, "seeds": seeds}
    one = {"exploratory": False, "primary": True, "note": "", "over": {name: name for name in CONTROLS}}
    design = {"smallest_effect": 1.0, "seeds": {"confirmatory": 8, "exploratory": 3}}
    (row,) = informed([one], dict.fromkeys(CONTROLS, flat), design)
    assert row["verdict"] == verdict
    assert ("so far, on 4 seeds of 8" in row["reason"]) == (seeds == 4)
