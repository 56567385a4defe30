"""Records to token ids and back; the golden ids need an encoder with XLM-R's vocabulary (MORPHAUG_TEST_ENCODER)."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import decode
from harness.encode import (
    Settings,
    cut_pair,
    encode,
    encode_texts,
    label_names,
    load_tokenizer,
    window_starts,
)
from harness.records import Aligned, Choice, Classified, Plain, Question, Tagged
from harness.store import IGNORE
from harness.tasks import TASKS
from morphaug.errors import MorphaugError

BOS, PAD, EOS, UNK = 0, 1, 2, 3
_PIECE = re.compile(r" ?[^ ]{1,3}")


class Threes:
    """A tokenizer of three letters at a time; a token's offsets begin at the space before it, as in XLM-R's."""

    bos_token_id, eos_token_id, unk_token_id = BOS, EOS, UNK

    def __init__(self) -> None:
        self.known: dict[str, int] = {}

    def __call__(self, text: list[str], **options: Any) -> Mapping[str, Any]:
        assert options["add_special_tokens"] is False
        rows = [[(m[0], m.span()) for m in _PIECE.finditer(t) if m[0] != "\u200b"] for t in text]
        ids = [[self.known.setdefault(p.strip(), 10 + len(self.known)) for p, _ in row] for row in rows]
        return {"input_ids": ids, "offset_mapping": [[span for _, span in row] for row in rows]}

    def words(self, ids: Any) -> list[str]:
        names = {number: piece for piece, number in self.known.items()} | {
            BOS: "<s>",
            EOS: "</s>",
            UNK: "<unk>",
        }
        return [names[int(i)] for i in ids]


def _one_hot(count: int, classes: int, targets: list[int]) -> decode.Floats:
    scores = np.zeros((count, classes), np.float32)
    scores[np.arange(len(targets)), targets] = 1
    return scores


# -- pairs ---------------------------------------------------------------------------------------------------


def test_a_pair_has_two_ends_of_sentence_between_and_no_segments() -> None:
    tokenizer = Threes()
    records = [Classified("1", "en", "one two", "red", "yes"), Classified("2", "en", "six", None, None)]
    found = encode(records, tokenizer, "classify", Settings(), ("no", "yes"))
    assert tokenizer.words(found.store.ids[: found.store.starts[1]]) == (
        ["<s>", "one", "two", "</s>", "</s>", "red", "</s>"]
    )
    assert tokenizer.words(found.store.ids[found.store.starts[1] :]) == ["<s>", "six", "</s>"]
    assert found.store.targets is not None
    assert found.store.targets.tolist() == [1, IGNORE]
    assert decode.decode(found, _one_hot(2, 2, [1, 0])) == ["yes", "no"]


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 40), st.booleans())
def test_the_longer_sequence_is_cut_first(first: int, second: int, room: int, front: bool) -> None:
    one, other = cut_pair(list(range(first)), list(range(100, 100 + second)), room, front=front)
    assert len(one) + len(other) == min(first + second, room)
    if first + second > room:
        assert len(one) == first or len(other) == second or abs(len(one) - len(other)) <= 1
        assert len(one) <= max(len(other) + 1, room - second) or len(other) == second
    assert one == (list(range(first))[first - len(one) :] if front else list(range(len(one))))
    assert other == [100 + n for n in (range(second - len(other), second) if front else range(len(other)))]


def test_what_is_cut_is_counted() -> None:
    record = Classified("1", "en", "a " * 20, "b " * 3, "x")
    found = encode([record], Threes(), "classify", Settings(max_len=12), ("x",))
    assert found.store.lengths().tolist() == [12]
    assert found.counts["truncated"] == 1


def test_a_label_that_the_head_lacks_is_refused_in_training_and_unknown_in_a_test() -> None:
    records = [Classified("e7", "en", "one", None, "maybe")]
    with pytest.raises(MorphaugError, match="example e7 is labelled 'maybe'; the labels are no, yes"):
        encode(records, Threes(), "classify", Settings(), ("no", "yes"), train=True)
    found = encode(records, Threes(), "classify", Settings(), ("no", "yes"))
    assert found.store.targets is not None
    assert found.store.targets.tolist() == [IGNORE]
    assert found.counts["unknown_labels"] == 1


def test_labels_are_collected_by_name() -> None:
    records = [Classified("1", "en", "a", None, "b"), Classified("2", "en", "a", None, "a")]
    assert label_names(records) == ("a", "b")
    assert label_names([Tagged("1", "en", ("x", "y"), ("O", "B-PER"))]) == ("B-PER", "O")


# -- tags ----------------------------------------------------------------------------------------------------

WORDS = st.lists(st.text("abcdefgh", min_size=1, max_size=9) | st.just("\u200b"), min_size=1, max_size=30)


@given(st.lists(WORDS, min_size=1, max_size=4), st.integers(8, 20))
def test_every_word_gets_its_own_tag_back_however_sentences_are_split(
    sentences: list[list[str]], max_len: int
) -> None:
    names = ("A", "B", "C")
    records = [
        Tagged(str(n), "en", tuple(words), tuple(names[len(w) % 3] for w in words))
        for n, words in enumerate(sentences)
    ]
    found = encode(records, Threes(), "tag", Settings(max_len=max_len), names, train=True)
    store = found.store
    assert store.lengths().max() <= max_len
    assert store.units == len(records)
    assert store.targets is not None
    gold = np.maximum(store.targets, 0)
    scores = np.eye(3, dtype=np.float32)[gold]
    assert decode.decode(found, scores) == [list(r.tags or ()) for r in records]
    assert (store.targets != IGNORE).sum() == sum(map(len, sentences))
    assert found.counts.get("unknown_words", 0) == sum(w == "\u200b" for words in sentences for w in words)


def test_a_label_stands_on_the_first_piece_and_nowhere_else() -> None:
    tokenizer = Threes()
    found = encode([Tagged("1", "en", ("abcdef", "x"), ("A", "B"))], tokenizer, "tag", Settings(), ("A", "B"))
    assert tokenizer.words(found.store.ids) == ["<s>", "abc", "def", "x", "</s>"]
    assert found.store.targets is not None
    assert found.store.targets.tolist() == [IGNORE, 0, IGNORE, 1, IGNORE]
    assert found.word is not None
    assert found.word.tolist() == [-1, 0, -1, 1, -1]


def test_a_word_longer_than_a_sequence_is_cut_and_counted() -> None:
    found = encode(
        [Tagged("1", "en", ("a" * 99, "b"), ("A", "A"))], Threes(), "tag", Settings(max_len=8), ("A",)
    )
    assert found.counts["truncated_words"] == 1
    assert found.counts["split"] == 1
    assert decode.decode(found, np.zeros((found.store.tokens, 1), np.float32)) == [["A", "A"]]


# -- answers -------------------------------------------------------------------------------------------------


@given(st.integers(0, 300), st.integers(1, 60), st.integers(1, 80))
def test_windows_cover_a_context_without_a_needless_one(tokens: int, room: int, stride: int) -> None:
    starts = window_starts(tokens, room, stride)
    covered = {at for start in starts for at in range(start, min(start + room, tokens))}
    assert covered == set(range(tokens))
    assert starts[-1] + room >= tokens
    assert all(start + room < tokens for start in starts[:-1])


@given(
    st.lists(st.text("abcdefgh", min_size=1, max_size=7), min_size=3, max_size=40),
    st.data(),
    st.integers(16, 40),
    st.integers(2, 30),
)
def test_an_answer_of_whole_words_comes_back_from_its_own_targets(
    words: list[str], data: st.DataObject, max_len: int, stride: int
) -> None:
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first, min(first + 2, len(words) - 1)))
    context = "  ".join(words)
    start = sum(len(w) + 2 for w in words[:first])
    answer = "  ".join(words[first : last + 1])
    question = Question("q", "en", "who is it", context, ((start, answer),))
    found = encode([question], Threes(), "span", Settings(max_len, stride, 5), train=True)
    store = found.store
    assert store.lengths().max() <= max_len
    assert store.targets is not None
    held = [unit for unit in range(store.units) if store.targets[unit].tolist() != [0, 0]]
    if not held:  # the answer stands across the edges of all windows
        assert len(answer) > stride or max_len - 9 < stride + len(answer)
        return
    scores = np.zeros((store.tokens, 2), np.float32)
    for unit in held:
        begin, end = (int(store.starts[unit] + at) for at in store.targets[unit])
        scores[begin, 0] = scores[end, 1] = 5
    assert decode.decode(found, scores).texts == {"q": answer}


def test_an_answer_may_begin_inside_a_token() -> None:
    question = Question("q", "en", "who", "abcdef gh", ((1, "bcde"),))
    found = encode([question], Threes(), "span", Settings(), train=True)
    assert found.store.targets is not None
    assert found.store.targets.tolist() == [[4, 5]]  # <s> who </s></s> abc def gh </s>


def test_the_best_window_wins_and_the_least_null_counts() -> None:
    context = " ".join(f"w{n:02}" for n in range(30))
    question = Question("q", "en", "who", context, ())
    found = encode([question], Threes(), "span", Settings(16, 8))
    store = found.store
    assert store.units == 4  # at 0, 8, 16 and 24 of 30 tokens: 11 to a window
    scores = np.zeros((store.tokens, 2), np.float32)
    scores[store.starts[:-1]] = [[3, 3], [1, 1], [2, 2], [2, 2]]
    scores[store.starts[1] + 5, 0] = 4  # window 1 begins with w08
    scores[store.starts[1] + 6, 1] = 4
    answers = decode.decode(found, scores)
    assert answers.texts == {"q": "w09 w10"}
    assert answers.no_answer == {"q": 2 - 8}


def test_an_answer_does_not_end_before_it_begins_nor_run_on() -> None:
    context = " ".join(f"w{n:02}" for n in range(60))
    found = encode([Question("q", "en", "who", context, ())], Threes(), "span", Settings(128))
    scores = np.zeros((found.store.tokens, 2), np.float32)
    front = 4
    scores[front + 10, 0], scores[front + 9, 1] = 9, 9
    scores[front + 50, 1] = 8  # 41 tokens on
    scores[front + 12, 1] = 2
    assert decode.decode(found, scores).texts == {"q": "w10 w11 w12"}


@given(st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_the_answer_is_the_best_of_all_stretches_there_are(words: int, seed: int) -> None:
    context = " ".join(f"w{n:02}" for n in range(words))
    found = encode([Question("q", "en", "who", context, ())], Threes(), "span", Settings(128))
    scores = np.random.default_rng(seed).normal(size=(found.store.tokens, 2)).astype(np.float32)
    firsts, lasts = (set(np.argsort(-scores[:, side])[: decode.N_BEST].tolist()) for side in (0, 1))
    possible = [
        (float(scores[i, 0]) + float(scores[j, 1]), i, j)
        for i in range(4, 4 + words)
        for j in range(i, min(i + decode.MAX_ANSWER, 4 + words))
        if i in firsts and j in lasts
    ]
    best = max(possible, default=(0.0, 0, 0))
    expected = " ".join(f"w{n:02}" for n in range(best[1] - 4, best[2] - 3)) if possible else ""
    assert decode.decode(found, scores).texts == {"q": expected}


def test_the_question_is_never_the_answer() -> None:
    found = encode([Question("q", "en", "who", "abc", ())], Threes(), "span", Settings())
    scores = np.zeros((found.store.tokens, 2), np.float32)
    scores[1] = 9
    assert decode.decode(found, scores).texts == {"q": "abc"}


def test_a_question_without_an_answer_points_at_the_beginning() -> None:
    records = [Question("q", "en", "who", "abc", (), impossible=True)]
    found = encode(records, Threes(), "span", Settings(), train=True)
    assert found.store.targets is not None
    assert found.store.targets.tolist() == [[0, 0]]


def test_an_answer_that_is_not_where_it_says_is_dropped_and_counted() -> None:
    good = Question("1", "en", "who", "abc def", ((4, "xyz"), (4, "def")))
    bad = Question("2", "en", "who", "abc def", ((4, "xyz"),))
    found = encode([good, bad], Threes(), "span", Settings(), train=True)
    assert [r.id for r in found.records] == ["1"]
    assert found.counts["answers_not_found"] == 1
    assert [r.id for r in encode([good, bad], Threes(), "span", Settings()).records] == ["1", "2"]
    with pytest.raises(MorphaugError, match="none of 1 examples is left"):
        encode([bad], Threes(), "span", Settings(), train=True)


def test_a_long_question_is_cut() -> None:
    found = encode([Question("q", "en", "a " * 50, "abc", ())], Threes(), "span", Settings(64, 32, 10))
    assert found.store.lengths().tolist() == [10 + 4 + 1]
    assert found.counts["truncated_questions"] == 1


# -- choices, retrieval, text --------------------------------------------------------------------------------


def test_choices_are_sequences_of_one_unit_and_lose_the_front_of_the_prompt() -> None:
    tokenizer = Threes()
    record = Choice("c", "en", "one two six ten", ("abc", "abc def"), 1)
    found = encode([record], tokenizer, "choice", Settings(max_len=8), train=True)
    assert tokenizer.words(found.store.ids[:8]) == ["<s>", "two", "six", "ten", "</s>", "</s>", "abc", "</s>"]
    assert tokenizer.words(found.store.ids[8:]) == ["<s>", "six", "ten", "</s>", "</s>", "abc", "def", "</s>"]
    assert found.store.units == 1
    assert found.store.targets is not None
    assert found.store.targets.tolist() == [1]
    assert found.counts["truncated_choices"] == 2
    assert decode.decode(found, np.array([[0.5], [0.7]], np.float32)) == [1]


def test_the_same_record_twice_is_two_units() -> None:
    record = Choice("c", "en", "one", ("abc", "def"), 0)
    found = encode([record, record], Threes(), "choice", Settings())
    assert found.unit_record.tolist() == [0, 1]
    assert decode.decode(found, np.array([1, 0, 0, 1], np.float32)) == [0, 1]


def test_retrieval_pairs_have_a_query_and_a_candidate() -> None:
    tokenizer = Threes()
    records = [Aligned("1", "en", "who", "abc", "def abc"), Aligned("2", "en", "one two six", "ten")]
    found = encode(records, tokenizer, "retrieve", Settings(64, 64, 4))
    rows = [found.store.ids[a:b] for a, b in zip(found.store.starts, found.store.starts[1:], strict=False)]
    assert [tokenizer.words(row) for row in rows] == [
        ["<s>", "who", "</s>"],
        ["<s>", "abc", "</s>", "</s>", "def", "abc", "</s>"],
        ["<s>", "one", "two", "</s>"],
        ["<s>", "ten", "</s>"],
    ]
    assert found.counts["truncated_queries"] == 1


@given(st.lists(st.text("abc ", max_size=40), max_size=12), st.integers(8, 24))
def test_running_text_fills_blocks_and_loses_nothing(texts: list[str], max_len: int) -> None:
    tokenizer = Threes()
    records = [Plain(str(n), ("en", "fi")[n % 2], text) for n, text in enumerate(texts)]
    store = encode(records, tokenizer, "mlm", Settings(max_len=max_len)).store
    rows = [store.ids[a:b].tolist() for a, b in zip(store.starts, store.starts[1:], strict=False)]
    assert all(row[0] == BOS and row[-1] == EOS and len(row) <= max_len for row in rows)
    content = sorted(i for row in rows for i in row[1:-1] if i != EOS)
    options = {"add_special_tokens": False}
    assert content == sorted(i for text in texts for i in tokenizer([text], **options)["input_ids"][0])
    assert sum(len(row) < max_len for row in rows) <= 2  # a last one for each language


def test_texts_to_embed_lose_their_end() -> None:
    store = encode_texts(["one two six ten", "", "abc"], Threes(), 5)
    assert store.lengths().tolist() == [5, 2, 3]


@pytest.mark.parametrize("wrong", [{"max_len": 4}, {"doc_stride": 0}, {"max_query": 0}])
def test_impossible_lengths_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(MorphaugError, match="max_len is at least 8"):
        Settings(**wrong)


# -- XLM-R's own vocabulary ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def xlmr() -> Any:
    folder = os.environ.get("MORPHAUG_TEST_ENCODER")
    if not folder:
        pytest.skip("MORPHAUG_TEST_ENCODER is not set: an encoder with XLM-R's vocabulary is not shipped")
    return load_tokenizer(folder)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("Hello world!", [0, 35378, 8999, 38, 2]),
        ("你好，世界", [0, 6, 124084, 4, 3221, 2]),
        ("नमस्ते दुनिया", [0, 68700, 97883, 29405, 2]),
        ("مرحبا بالعالم", [0, 665, 193478, 258, 1705, 77796, 2]),
        ("Bonjour le monde", [0, 84602, 95, 11146, 2]),
    ],
)
def test_the_ids_are_fairseq_s(text: str, ids: list[int], xlmr: Any) -> None:
    assert encode_texts([text], xlmr, 512).ids.tolist() == ids


def test_chinese_answers_come_back_without_spaces(xlmr: Any) -> None:
    context = "卡万·肖特以 11 分领先于全队,同时还有三次迫使掉球。"
    question = Question("q", "zh", "谁领先?", context, ((0, "卡万·肖特"),))
    found = encode([question], xlmr, "span", Settings(), train=True)
    assert found.store.targets is not None
    scores = np.zeros((found.store.tokens, 2), np.float32)
    begin, end = found.store.targets[0]
    scores[begin, 0] = scores[end, 1] = 5
    assert decode.decode(found, scores).texts == {"q": "卡万·肖特"}


@pytest.mark.parametrize(("name", "language"), [("panx", "fi"), ("udpos", "tr")])
def test_every_word_of_a_real_set_is_tagged(name: str, language: str, xlmr: Any, test_data: Path) -> None:
    task = TASKS[name]
    records = task.read(f"{test_data}/eval", "dev", language)[:1000]
    found = encode(records, xlmr, "tag", Settings(max_len=32), task.labels, train=True)
    assert found.store.targets is not None
    said = decode.decode(
        found, np.eye(len(task.labels), dtype=np.float32)[np.maximum(found.store.targets, 0)]
    )
    assert found.counts["split"] > 0
    assert task.score is not None
    assert task.score(records, said, language).values["f1"] == 100


def test_nearly_every_answer_of_a_real_set_can_be_said(xlmr: Any, test_data: Path) -> None:
    records = TASKS["xquad"].read(f"{test_data}/eval", "test", "tr")
    found = encode(records, xlmr, "span", Settings(384), train=True)
    assert "answers_not_found" not in found.counts
    assert found.store.targets is not None
    scores = np.zeros((found.store.tokens, 2), np.float32)
    for unit, (first, last) in enumerate(found.store.targets.tolist()):
        if last:
            scores[found.store.starts[unit] + first, 0] = scores[found.store.starts[unit] + last, 1] = 5
    score = TASKS["xquad"].score
    assert score is not None
    # The rest are endings that a token shares with its stem.
    assert score(records, decode.decode(found, scores), "tr").values["exact_match"] > 99.5


def test_a_folder_without_a_tokenizer_is_said_to_be_one(tmp_path: Any) -> None:
    with pytest.raises(MorphaugError, match="no tokenizer in"):
        load_tokenizer(str(tmp_path))
