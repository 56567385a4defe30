"""Scores against the official scripts' own numbers; the mock data of XTREME need MORPHAUG_TEST_DATA."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.metrics import Score, accuracy, macro, mlqa, retrieval, squad, tagging
from harness.records import Question
from morphaug.errors import MorphaugError, UnknownName

# -- XTREME's mock predictions and labels ----------------------------------------------------------------


@pytest.fixture(scope="module")
def golden(test_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("golden")
    with tarfile.open(test_data / "eval/xtreme-golden/mock_test_data.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return folder if (folder / "labels").is_dir() else next(folder.glob("*/labels")).parent


def _lines(path: Path) -> list[str]:
    return [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]


def _pairs(path: Path) -> list[tuple[str, str]]:
    return [(line.split("\t")[0], line.split("\t")[1]) for line in _lines(path)]


def _sentences(path: Path) -> list[list[str]]:
    return [block.split() for block in path.read_text(encoding="utf-8").split("\n\n") if block.strip()]


def _questions(path: Path) -> list[Question]:
    return [
        Question(
            qa["id"],
            "",
            qa["question"],
            paragraph["context"],
            tuple((a["answer_start"], a["text"]) for a in qa["answers"]),
        )
        for article in json.loads(path.read_text(encoding="utf-8"))["data"]
        for paragraph in article["paragraphs"]
        for qa in paragraph["qas"]
    ]


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


# Their averages over languages, as XTREME's evaluator prints them (its test compares 14 digits).
XTREME: dict[str, tuple[Callable[[Path], Any], Callable[..., Score], int, dict[str, float]]] = {
    "pawsx": (_lines, lambda g, p, _: accuracy.evaluate(g, p), 7, {"accuracy": 51.42857142857143}),
    "xnli": (_lines, lambda g, p, _: accuracy.evaluate(g, p), 15, {"accuracy": 30.666666666666668}),
    "panx": (
        _sentences,
        lambda g, p, _: tagging.chunk_f1(g, p),
        40,
        {"f1": 57.50793650793652, "precision": 54.72916666666667, "recall": 62.75},
    ),
    "udpos": (_sentences, lambda g, p, _: tagging.old_chunk_f1(g, p), 33, {"f1": 70.21746048354693}),
    "bucc2018": (_pairs, lambda g, p, _: retrieval.bucc(g, p), 4, {"f1": 55.0}),
    "tatoeba": (_lines, lambda g, p, _: accuracy.evaluate(g, p), 36, {"accuracy": 53.611111111111114}),
    "xquad": (
        _questions,
        lambda g, p, _: squad.evaluate(g, p),
        11,
        {"exact_match": 77.27272727272727, "f1": 79.9586776859504},
    ),
    "mlqa": (
        _questions,
        lambda g, p, language: mlqa.evaluate(g, p, language),
        7,
        {"exact_match": 57.142857142857146, "f1": 81.76870748299321},
    ),
    "tydiqa": (
        _questions,
        lambda g, p, _: squad.evaluate(g, p),
        9,
        {"exact_match": 88.88888888888889, "f1": 97.22222222222223},
    ),
    "mewslix": (_json, lambda g, p, _: retrieval.ranked(g, p), 11, {"map": 14.39025156130419}),
}


@pytest.mark.parametrize("task", XTREME)
def test_the_average_of_xtreme_s_mock_data_is_equal_to_the_last_digit(task: str, golden: Path) -> None:
    read, score, count, expected = XTREME[task]
    scores = {}
    for labels in sorted((golden / "labels" / task).iterdir()):
        language = labels.stem.rpartition("-")[2]
        predictions = golden / "predictions" / task / labels.name
        said = _json(predictions) if predictions.suffix == ".json" else read(predictions)
        scores[language] = score(read(labels), said, language)
    assert len(scores) == count
    average = macro(scores, sorted(scores))
    assert {name: average[name] for name in expected} == pytest.approx(expected, rel=1e-15)


def test_new_seqeval_s_reading_of_bare_tags_scores_udpos_otherwise(golden: Path) -> None:
    scores = {
        p.stem: tagging.chunk_f1(_sentences(p), _sentences(golden / "predictions/udpos" / p.name))
        for p in (golden / "labels/udpos").iterdir()
    }
    assert macro(scores, sorted(scores))["f1"] == pytest.approx(70.398058, abs=1e-6)


# -- answers ---------------------------------------------------------------------------------------------


def _question(number: int, *answers: str) -> Question:
    return Question(f"q{number}", "en", "?", " ".join(answers), tuple((0, a) for a in answers))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("The Great  Wall!", ["great", "wall"]),
        ("an-other", ["another"]),
        ("a.m. the U.S.", ["am", "us"]),
        ("«kahva»", ["«kahva»"]),
        ("", []),
    ],
)
def test_squad_normalisation(answer: str, expected: list[str]) -> None:
    assert squad.words(answer) == expected


@pytest.mark.parametrize(
    ("language", "answer", "expected"),
    [
        ("ar", "رجال", ["رج"]),  # the official pattern cuts the article out of words, too
        ("ar", "البيت", ["بيت"]),
        ("ar", "في البيت.", ["في", "بيت"]),
        ("de", "Das Haus des Herrn", ["haus", "herrn"]),
        ("es", "La casa, ¿no?", ["casa", "no"]),
        ("vi", "những con mèo của tôi", ["con", "mèo", "tôi"]),
        ("hi", "यह। घर", ["यह", "घर"]),
        ("zh", "308分。abc d", ["308", "分", "abc", "d"]),
        ("en", "The «house»", ["house"]),
    ],
)
def test_mlqa_normalisation_depends_on_the_language(language: str, answer: str, expected: list[str]) -> None:
    assert mlqa.words(answer, language) == expected


def test_mlqa_refuses_a_language_it_does_not_have() -> None:
    with pytest.raises(UnknownName, match="unknown MLQA language 'fi'"):
        mlqa.evaluate([_question(1, "talo")], {}, "fi")


def test_the_best_reference_counts_and_an_unanswered_question_scores_nothing() -> None:
    questions = [_question(1, "red house", "house"), _question(2, "tree"), _question(3, "lake")]
    score = squad.evaluate(questions, {"q1": "the house", "q2": "big tree"})
    assert score.outcomes["exact"].tolist() == [1, 0, 0]
    assert score.outcomes["f1"].tolist() == pytest.approx([1, 2 / 3, 0])
    assert score.values["exact_match"] == pytest.approx(100 / 3)
    assert score.ids == ("q1", "q2", "q3")


def test_in_squad_1_nothing_said_is_never_half_right_but_may_match() -> None:
    score = squad.evaluate([_question(1, "the")], {"q1": "a"})
    assert score.values["exact_match"] == 100
    assert score.values["f1"] == 0


def test_squad_2_takes_an_answer_back_where_none_scores_higher() -> None:
    questions = [_question(1, "house"), _question(2), _question(3, "lake"), _question(4)]
    said = {"q1": "house", "q2": "tree", "q3": "lake", "q4": "sea"}
    score = squad.evaluate_v2(questions, said, {"q1": -5.0, "q2": 3.0, "q3": 1.0, "q4": 2.0})
    assert score.outcomes["exact"].tolist() == [1, 1, 0, 1]
    assert score.values["exact_match"] == 75
    assert score.values["best_exact_match"] == 100
    assert score.values["best_exact_match_threshold"] == 1.0


def test_a_set_without_references_is_not_scored() -> None:
    with pytest.raises(MorphaugError, match="no reference answer"):
        squad.evaluate([_question(1)], {"q1": "x"})


# -- tags ------------------------------------------------------------------------------------------------


def test_an_inside_tag_begins_an_entity() -> None:
    assert tagging.chunks(["O", "I-PER", "I-PER", "I-LOC", "O"]) == [("PER", 1, 2), ("LOC", 3, 3)]
    assert tagging.chunk_f1([["O", "B-PER"]], [["O", "I-PER"]]).values["f1"] == 100


def test_adjacent_equal_parts_of_speech_are_one_chunk_in_the_old_reading() -> None:
    gold = [["NOUN", "NOUN", "VERB"]]
    score = tagging.old_chunk_f1(gold, [["NOUN", "ADJ", "VERB"]])
    assert score.values["f1"] == pytest.approx(40)  # 1 of 3 predicted, 1 of 2 there
    assert score.values["accuracy"] == pytest.approx(200 / 3)
    assert score.outcomes["true_positives"].tolist() == [1]


def test_only_the_old_reading_tells_two_kinds_of_conjunction_apart() -> None:
    gold, said = [["CCONJ", "NOUN"]], [["SCONJ", "NOUN"]]
    assert tagging.chunk_f1(gold, said).values["f1"] == 100
    assert tagging.old_chunk_f1(gold, said).values["f1"] == 50


def test_tags_must_stand_in_step() -> None:
    with pytest.raises(MorphaugError, match="sentence s7: 1 predicted tags for 2 words"):
        tagging.chunk_f1([["O", "O"]], [["O"]], ["s7"])
    with pytest.raises(MorphaugError, match="1 predictions for 2 sentences"):
        tagging.chunk_f1([["O"], ["O"]], [["O"]])


TAGS = st.lists(
    st.sampled_from(
        [
            "O",
            "B-PER",
            "I-PER",
            "E-PER",
            "S-PER",
            "B-LOC",
            "I-LOC",
            "I-A-B",
            "NOUN",
            "X",
            "SYM",
            "ADJ",
            "CCONJ",
        ]
    ),
    max_size=9,
)


@pytest.mark.filterwarnings("ignore:.*seems not to be NE tag")
def test_chunks_are_those_of_seqeval() -> None:
    labeling = pytest.importorskip("seqeval.metrics.sequence_labeling")

    @given(TAGS)
    def check(tags: list[str]) -> None:
        prefixed = [tag for tag in tags if "-" in tag or tag == "O"]
        assert tagging.chunks(prefixed) == labeling.get_entities(prefixed)
        # What seqeval 0.0.12 made of bare tags, spelt out for 1.2.2: the first letter, and the whole tag.
        spelt = ["O" if tag == "O" else f"{tag[0]}-{tag.split('-')[-1]}" for tag in tags]
        assert tagging.chunks(tags, tagging.old_split) == labeling.get_entities(spelt)

    check()


# -- retrieval -------------------------------------------------------------------------------------------


def test_average_precision_of_lareqa_s_example() -> None:
    assert retrieval.average_precision({"3", "7", "9"}, ["7", "1", "3", "4", "5"]) == 0.5555555555555555


@pytest.mark.parametrize(
    ("gold", "ranking", "k", "expected"),
    [
        ({"a"}, ["b", "a"], 20, 0.5),
        ({"a"}, ["b", "a"], 1, 0.0),
        ({"a", "b"}, ["a", "a", "b"], 20, (1 + 2 / 3) / 2),  # the second a counts for nothing
        ({"a", "b", "c"}, ["a", "b"], 2, 1.0),  # of three, two could be found
    ],
)
def test_average_precision(gold: set[str], ranking: list[str], k: int, expected: float) -> None:
    assert retrieval.average_precision(gold, ranking, k) == pytest.approx(expected)


def test_a_query_without_a_ranking_scores_nothing() -> None:
    score = retrieval.ranked({"q1": ["Q1"], "q2": ["Q2"]}, {"q1": ["Q1"]})
    assert score.values["map"] == 50
    assert score.outcomes["ap"].tolist() == [1, 0]


def _vectors(count: int, seed: int) -> retrieval.Floats:
    return np.random.default_rng(seed).normal(size=(count, 6)).astype(np.float32)


def test_the_best_candidates_are_found_block_by_block(monkeypatch: pytest.MonkeyPatch) -> None:
    queries, candidates = _vectors(50, 1), _vectors(30, 2)
    values, places = retrieval.top(queries, candidates, 4)
    expected = np.argsort(-(queries @ candidates.T), axis=1, kind="stable")[:, :4]
    assert (places == expected).all()
    monkeypatch.setattr(retrieval, "BLOCK", 64)
    again = retrieval.top(queries, candidates, 4)
    assert (again[1] == places).all()
    np.testing.assert_allclose(again[0], values, rtol=1e-5)


def test_the_first_of_equal_candidates_wins() -> None:
    same = np.ones((5, 3), np.float32)
    assert retrieval.top(same[:1], same, 3)[1].tolist() == [[0, 1, 2]]
    assert retrieval.nearest(same[:1], same).tolist() == [0]


def test_mining_finds_the_pairs_and_takes_no_sentence_twice() -> None:
    source = _vectors(40, 3)
    order = np.random.default_rng(4).permutation(40)
    target = source[order] + 0.05 * _vectors(40, 5)
    found = retrieval.mine(source, target)
    assert len(set(found.source.tolist())) == len(found.source) == len(set(found.target.tolist()))
    best = dict(zip(found.source.tolist(), found.target.tolist(), strict=True))
    assert sum(order[t] == s for s, t in best.items()) >= 38
    assert (np.diff(found.score) <= 0).all()


def test_mining_equals_its_definition_in_plain_loops() -> None:
    source, target = retrieval.unit(_vectors(9, 6)), retrieval.unit(_vectors(12, 7))
    cosine = source.astype(float) @ target.T
    near_source = [sorted(range(12), key=lambda t: -cosine[s, t])[:4] for s in range(9)]
    near_target = [sorted(range(9), key=lambda s: -cosine[s, t])[:4] for t in range(12)]
    around_source = [sum(cosine[s, t] for t in near_source[s]) / 4 for s in range(9)]
    around_target = [sum(cosine[s, t] for s in near_target[t]) / 4 for t in range(12)]

    def margin(s: int, t: int) -> float:
        return float(cosine[s, t] / ((around_source[s] + around_target[t]) / 2))

    best = [(s, max(near_source[s], key=lambda t: margin(s, t))) for s in range(9)]
    best += [(max(near_target[t], key=lambda s: margin(s, t)), t) for t in range(12)]
    taken: list[tuple[int, int]] = []
    for s, t in sorted(best, key=lambda pair: -margin(*pair)):
        if all(s != other[0] and t != other[1] for other in taken):
            taken.append((s, t))
    found = retrieval.mine(source, target)
    assert list(zip(found.source.tolist(), found.target.tolist(), strict=True)) == taken
    np.testing.assert_allclose(found.score, [margin(*pair) for pair in taken], rtol=1e-4)


@pytest.mark.parametrize(
    ("correct", "score", "gold", "expected"),
    [
        ([True, True, False], [3.0, 2.0, 1.0], 2, 1.5),
        ([True, True], [3.0, 2.0], 2, 2.0),  # all of it gold: the best cut is behind the last pair
        ([True, True, True], [3.0, 2.0, 2.0], 3, 2.0),
        ([False, False], [3.0, 2.0], 2, float("inf")),
        ([], [], 2, float("inf")),
    ],
)
def test_the_threshold_is_where_f1_is_highest(
    correct: list[bool], score: list[float], gold: int, expected: float
) -> None:
    assert retrieval.threshold(np.array(correct, bool), np.array(score), gold) == expected


def test_bucc_counts_pairs() -> None:
    score = retrieval.bucc([("a", "1"), ("b", "2")], [("a", "1"), ("b", "3"), ("c", "2")])
    assert score.values == pytest.approx({"f1": 40, "precision": 100 / 3, "recall": 50})
    assert score.outcomes["true_positives"].sum() == 1
    assert score.outcomes["predicted"].sum() == 3
    assert score.outcomes["gold"].sum() == 2


# -- averages --------------------------------------------------------------------------------------------


def test_a_missing_language_is_no_hole_in_the_average() -> None:
    scores: dict[str, Score | Mapping[str, float]] = {"sw": {"accuracy": 100.0}}
    scores["fi"] = accuracy.evaluate(["a", "b"], ["a", "a"])
    assert macro(scores, ["fi", "sw"]) == {"accuracy": 75.0}
    with pytest.raises(MorphaugError, match="no average over 3 languages: tr not scored"):
        macro(scores, ["fi", "sw", "tr"])


def test_labels_must_stand_in_step() -> None:
    with pytest.raises(MorphaugError, match="1 predictions for 2 labels"):
        accuracy.evaluate(["a", "b"], ["a"])
    with pytest.raises(MorphaugError, match="there are no labels to score"):
        accuracy.evaluate([], [])


def test_the_f1_of_answers_is_symmetric_and_bounded() -> None:
    @given(st.lists(st.sampled_from("abc"), max_size=5), st.lists(st.sampled_from("abc"), max_size=5))
    def check(one: list[str], other: list[str]) -> None:
        f1 = squad.overlap_f1(one, other)
        assert f1 == squad.overlap_f1(other, one)
        assert (f1 == 1.0) == (bool(one) and sorted(one) == sorted(other))

    check()
