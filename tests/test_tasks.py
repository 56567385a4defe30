"""Tasks: what is text, what is a label, and that the one follows the other."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import edited, entity_tags, forms, parse

from morphaug import conllu
from morphaug.derivation import Derivation, Rejected
from morphaug.errors import UnknownName
from morphaug.tasks import TASKS, Record, Task, get_task, stamp
from morphaug.trees import Sentence, Token

Change = Callable[[Sentence], Sentence]


def same(sentence: Sentence) -> Sentence:
    return copy.deepcopy(sentence)


def backwards(sentence: Sentence) -> Sentence:
    """The words in reverse order, in capitals, without "the"."""
    kept = [t.copy() for t in sentence.tokens if t.form.lower() != "the"][::-1]
    for at, token in enumerate(kept):
        token.form = token.form.upper()
        token.space = " " if at < len(kept) - 1 else ""
    dropped = {t.id: "article" for t in sentence.tokens if t.form.lower() == "the"}
    return Sentence(kept, sentence.lead, sentence.tail, sentence.id, dropped)


def tree(text: str | list[str]) -> tuple[Sentence, ...]:
    if isinstance(text, str):
        return parse(text)
    tokens = [
        Token(i, form, form, "NOUN", {}, int(i > 1), "dep", " " if i < len(text) else "", (i,))
        for i, form in enumerate(text, 1)
    ]
    return (Sentence(tokens),)


def run(task: Task, record: Record, change: Change = backwards, **names: str) -> Record | Rejected:
    """A record on its way through a task."""
    before = copy.deepcopy(record)
    fields = task.fields(record, names)
    if isinstance(fields, Rejected):
        return fields
    assert task.validate(record, names) is None
    derivations = {}
    for name, text in fields.items():
        source = tree(text)
        derivations[name] = Derivation(source, tuple(change(s) for s in source))
    result = task.rebuild(record, derivations, names)
    assert record == before, "a record must not be changed in place"
    return result


def reason(result: object) -> str:
    assert isinstance(result, Rejected), result
    assert result.detail
    return result.reason


EXAMPLES: list[tuple[str, Record, Record]] = [
    ("text", {"id": 1, "text": "See the dog", "n": 7}, {"id": 1, "text": "DOG SEE", "n": 7}),
    (
        "classification",
        {"premise": "Dogs bark", "hypothesis": "They talk", "label": "neutral", "genre": "x"},
        {"premise": "BARK DOGS", "hypothesis": "TALK THEY", "label": "neutral", "genre": "x"},
    ),
    ("classification", {"sentence": "So good", "label": 1}, {"sentence": "GOOD SO", "label": 1}),
    ("classification", {"text": "So good", "label": 0.5}, {"text": "GOOD SO", "label": 0.5}),
    ("classification", {"text": "So bad", "sentiment": -1}, {"text": "BAD SO", "sentiment": -1}),
    (
        "classification",
        {"sentence_A": "A b", "sentence_B": "C d", "entailment_judgment": "NEUTRAL"},
        {"sentence_A": "B A", "sentence_B": "D C", "entailment_judgment": "NEUTRAL"},
    ),
    (
        "span-qa",
        {"id": "q", "context": "Anna saw the dog", "question": "Saw who", "answers": {"text": ["saw the dog"], "answer_start": [5]}},
        {"id": "q", "context": "DOG SAW ANNA", "question": "WHO SAW", "answers": {"text": ["DOG SAW"], "answer_start": [0]}},
    ),
    (
        "span-qa",
        {"context": "Anna saw dogs", "question": "Why", "answers": [{"text": "Anna", "answer_start": 0, "aid": 3}], "is_impossible": False},
        {"context": "DOGS SAW ANNA", "question": "WHY", "answers": [{"text": "ANNA", "answer_start": 9, "aid": 3}], "is_impossible": False},
    ),
    (
        "span-qa",
        {"context": "Anna saw dogs", "question": "Why", "answer": {"text": "Anna", "answer_start": 0}},
        {"context": "DOGS SAW ANNA", "question": "WHY", "answer": {"text": "ANNA", "answer_start": 9}},
    ),
    (
        "span-qa",
        {"context": "Anna saw dogs", "question": "Why", "answers": {"text": [], "answer_start": []}, "is_impossible": True,
         "plausible_answers": [{"text": "Anna saw", "answer_start": 0}]},
        {"context": "DOGS SAW ANNA", "question": "WHY", "answers": {"text": [], "answer_start": []}, "is_impossible": True,
         "plausible_answers": [{"text": "SAW ANNA", "answer_start": 5}]},
    ),
    (
        "span-qa",  # a CSV cell
        {"context": "A b", "question": "Why", "answers": '{"text": ["b"], "answer_start": [2]}'},
        {"context": "B A", "question": "WHY", "answers": '{"text": ["B"], "answer_start": [0]}'},
    ),
    (
        "multiple-choice",  # COPA: the question is a relation
        {"premise": "A b", "choice1": "C d", "choice2": "E f", "question": "cause", "label": 1, "idx": 0},
        {"premise": "B A", "choice1": "D C", "choice2": "F E", "question": "cause", "label": 1, "idx": 0},
    ),
    (
        "multiple-choice",  # HellaSwag
        {"ind": 4, "ctx_a": "A man sits.", "ctx_b": "then he", "ctx": "A man sits. then he", "endings": ["g h", "i j", "k"], "source_id": "v1", "label": "2"},
        {"ind": 4, "ctx_a": ". SITS MAN A", "ctx_b": "HE THEN", "ctx": ". SITS MAN A HE THEN", "endings": ["H G", "J I", "K"], "source_id": "v1", "label": "2"},
    ),
    (
        "multiple-choice",  # parts that do not add up are texts of their own
        {"ctx_a": "A b", "ctx_b": "c d", "ctx": "A b; c d", "endings": ["e", "f"], "label": 0},
        {"ctx_a": "B A", "ctx_b": "D C", "ctx": "D C ; B A", "endings": ["E", "F"], "label": 0},
    ),
    (
        "multiple-choice",  # HellaSwag without a second part
        {"ctx_a": "A b", "ctx_b": "", "ctx": "A b", "endings": ["e", "f"], "label": 0},
        {"ctx_a": "B A", "ctx_b": "", "ctx": "B A", "endings": ["E", "F"], "label": 0},
    ),
    (
        "multiple-choice",  # SIQA
        {"context": "A b", "question": "What next", "answerA": "c", "answerB": "d", "answerC": "e", "correct": "C"},
        {"context": "B A", "question": "NEXT WHAT", "answerA": "C", "answerB": "D", "answerC": "E", "correct": "C"},
    ),
    (
        "multiple-choice",  # Cosmos QA in a CSV file
        {"context": "A b", "question": "Q r", "answer0": "c", "answer1": "d", "label": "1"},
        {"context": "B A", "question": "R Q", "answer0": "C", "answer1": "D", "label": "1"},
    ),
    (
        "multiple-choice",  # CommonsenseQA: no context
        {"question": "Q r", "choices": {"label": ["A", "B"], "text": ["c", "d"]}, "answerKey": "B"},
        {"question": "R Q", "choices": {"label": ["A", "B"], "text": ["C", "D"]}, "answerKey": "B"},
    ),
    (
        "multiple-choice",  # the label is the answer itself
        {"context": "A b", "choices": ["red one", "blue"], "answer": "red one"},
        {"context": "B A", "choices": ["ONE RED", "BLUE"], "answer": "ONE RED"},
    ),
    ("tagging", {"tokens": ["the", "a", "b"], "tags": ["O", "B-X", "I-X"]}, {"tokens": ["B", "A"], "tags": ["B-X", "I-X"]}),
    (
        "tagging",  # other columns along the tokens say nothing about the new ones
        {"tokens": ["a", "b"], "ner_tags": ["O", "B-X"], "langs": ["en", "en"], "spans": ["X: b"], "text": "a b", "split": "s"},
        {"tokens": ["B", "A"], "ner_tags": ["B-X", "O"], "text": "B A", "split": "s"},
    ),
    ("bitext", {"source": "A b", "target": "c d"}, {"source": "B A", "target": "c d"}),
    (
        "classification",
        {"question": "Q r", "passage": "A b", "label": True},
        {"question": "R Q", "passage": "B A", "label": True},
    ),
    ("bitext", {"translation": {"fi": "c d", "en": "A b"}}, {"translation": {"fi": "c d", "en": "B A"}}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "record", "expected"), EXAMPLES)
def test_a_record_is_rewritten_and_its_labels_follow(name: str, record: Record, expected: Record) -> None:
    result = run(get_task(name), record)
    assert result == expected
    assert isinstance(result, dict)
    assert list(result) == [key for key in record if key in expected], "fields keep their order"


@pytest.mark.parametrize(("name", "record", "_"), EXAMPLES)
def test_the_identity_changes_nothing(name: str, record: Record, _: Record) -> None:
    result = run(get_task(name), record, same)
    if isinstance(result, dict) and "answers" in result and isinstance(record["answers"], str):
        result["answers"], record = (
            json.loads(result["answers"]),
            {**record, "answers": json.loads(record["answers"])},
        )
    assert result == record


BAD: list[tuple[str, Any, str]] = [
    ("text", {"txt": "a"}, "missing_field"),
    ("text", {}, "missing_field"),
    ("text", {"text": None}, "missing_field"),
    ("text", {"text": 5}, "wrong_type"),
    ("text", {"text": " \n"}, "empty_text"),
    ("text", {"text": "a\ud800"}, "bad_text"),
    ("text", ["a"], "wrong_type"),
    ("text", None, "wrong_type"),
    ("classification", {"premise": "a", "label": 1}, "missing_field"),
    ("classification", {"hypothesis": "a", "label": 1}, "missing_field"),
    ("classification", {"premise": "a", "hypothesis": "", "label": 1}, "empty_text"),
    ("classification", {"text": "a"}, "missing_field"),
    ("classification", {"text": "a", "label": None}, "missing_label"),
    ("classification", {"text": "a", "label": " "}, "missing_label"),
    ("classification", {"text": "a", "label": float("nan")}, "missing_label"),
    ("span-qa", {"context": "a", "answers": {}}, "missing_field"),
    ("span-qa", {"context": "a b", "question": "q", "answers": {"text": ["b"], "answer_start": [1]}}, "answer_not_in_context"),
    ("span-qa", {"context": "a b", "question": "q", "answers": {"text": ["b"], "answer_start": [-1]}}, "answer_not_in_context"),
    ("span-qa", {"context": "a b", "question": "q", "answers": {"text": ["b"], "answer_start": ["2"]}}, "wrong_type"),
    ("span-qa", {"context": "a b", "question": "q", "answers": {"text": ["b"], "answer_start": [True]}}, "wrong_type"),
    ("span-qa", {"context": "a b", "question": "q", "answers": {"text": ["b"], "answer_start": []}}, "wrong_type"),
    ("span-qa", {"context": "a b", "question": "q", "answers": {"text": [""], "answer_start": [0]}}, "empty_answer"),
    ("span-qa", {"context": "a b", "question": "q", "answers": ["b"]}, "wrong_type"),
    ("span-qa", {"context": "a b", "question": "q", "answers": "b"}, "wrong_type"),
    ("span-qa", {"context": "a b", "question": "q", "answers": [{"text": "b", "answer_start": 2}], "is_impossible": True}, "impossible_with_answer"),
    ("multiple-choice", {"premise": "a", "choices": ["b", "c"]}, "missing_field"),
    ("multiple-choice", {"premise": "a", "choices": ["b"], "label": 0}, "too_few_choices"),
    ("multiple-choice", {"premise": "a", "choices": "b", "label": 0}, "missing_field"),
    ("multiple-choice", {"premise": "a", "choices": ["b", 3], "label": 0}, "wrong_type"),
    ("multiple-choice", {"premise": "a", "choices": ["b", ""], "label": 0}, "empty_text"),
    ("multiple-choice", {"premise": "a", "choices": ["b", "c"], "label": 3}, "bad_label"),
    ("multiple-choice", {"premise": "a", "choices": ["b", "c"], "label": -2}, "bad_label"),
    ("multiple-choice", {"premise": "a", "choices": ["b", "c"], "label": 0.5}, "bad_label"),
    ("multiple-choice", {"premise": "a", "choices": ["b", "c"], "label": float("inf")}, "bad_label"),
    ("multiple-choice", {"premise": "a", "choices": ["b", "c"], "label": -1}, "missing_label"),
    ("multiple-choice", {"premise": "a", "choices": ["b", "c"], "label": ""}, "missing_label"),
    ("multiple-choice", {"premise": "a", "choices": ["b", "c"], "label": None}, "missing_label"),
    ("multiple-choice", {"premise": "a", "choices": ["b", "c"], "label": "D"}, "bad_label"),
    ("multiple-choice", {"premise": "a", "choices": ["b", "c"], "label": True}, "wrong_type"),
    ("multiple-choice", {"choices": ["b", "c"], "label": 0}, "missing_field"),
    ("tagging", {"tokens": ["a"], "tags": ["O", "O"]}, "tag_count"),
    ("tagging", {"tokens": [], "tags": []}, "empty_text"),
    ("tagging", {"tokens": ["a", " "], "tags": ["O", "O"]}, "empty_token"),
    ("tagging", {"tokens": "a b", "tags": ["O", "O"]}, "wrong_type"),
    ("tagging", {"tokens": ["a", 1], "tags": ["O", "O"]}, "wrong_type"),
    ("tagging", {"tokens": ["a"], "tags": [3]}, "integer_tags"),
    ("tagging", {"tokens": ["a"], "tags": [None]}, "bad_tag"),
    ("tagging", {"tokens": ["a"], "tags": [""]}, "bad_tag"),
    ("conllu", {"text": "a"}, "missing_field"),
    ("conllu", {"conllu": 3}, "missing_field"),
    ("conllu", {"conllu": "1\ta\n"}, "broken_tree"),
    ("conllu", {"conllu": ""}, "broken_tree"),
    ("conllu", {"conllu": "1\ta\ta\tX\t_\t_\t1\tdep\t_\t_\n\n"}, "broken_tree"),
    ("bitext", {"source": "a"}, "missing_field"),
    ("bitext", {"source": "a", "target": ""}, "empty_text"),
    ("bitext", {"translation": {"fi": "a", "sw": "b"}}, "ambiguous_sides"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "record", "expected"), BAD)
def test_a_bad_record_is_rejected_with_its_reason(name: str, record: Any, expected: str) -> None:
    task = get_task(name)
    assert reason(task.fields(record)) == expected
    assert reason(task.validate(record)) == expected


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 9) | st.floats() | st.text(max_size=5) | st.sampled_from(["A", "a b", "O"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["text", "answer_start", "label", "en"]), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
KEYS = ["id", "text", "context", "question", "answers", "answer", "premise", "hypothesis", "label", "endings", "choices", "choice1", "choice2", "ctx", "ctx_a", "ctx_b", "tokens", "tags", "source", "target", "translation", "conllu", "is_impossible", "plausible_answers"]  # fmt: skip


@pytest.mark.parametrize("name", sorted(TASKS))
@given(record=st.dictionaries(st.sampled_from(KEYS), json_values, max_size=9))
def test_nothing_a_record_may_hold_is_a_traceback(name: str, record: Record) -> None:
    task = get_task(name)
    fields = task.fields(record)
    problem = task.validate(record)
    if isinstance(fields, Rejected):
        assert problem is not None
    else:
        assert all(text for text in fields.values())
        made = run(task, record)
        if isinstance(made, dict):
            assert task.validate(made) is None
    assert isinstance(task.example_id(record), str)


# -- names ------------------------------------------------------------------------------------------


def test_fields_go_by_the_users_names() -> None:
    record = {"a": "A b", "b": "C d", "gold": 1, "text": "left alone"}
    assert run(get_task("classification"), record, premise="a", hypothesis="b", label="gold") == {
        **record, "a": "B A", "b": "D C",
    }  # fmt: skip
    assert run(get_task("classification"), record, text="b", label="gold") == {**record, "b": "D C"}
    inner = {"translation": {"en": "A b", "sw": "c"}}
    assert run(get_task("bitext"), inner, source="translation.sw", target="translation.en") == {
        "translation": {"en": "A b", "sw": "C"}
    }
    story = {"s1": "A b", "s2": "C d", "e1": "f", "e2": "g", "right": 1}
    made = run(get_task("multiple-choice"), story, context="s1,s2", choices="e1,e2", label="right")
    assert made == {"s1": "B A", "s2": "D C", "e1": "F", "e2": "G", "right": 1}
    listed = {"p": "A b", "o": ["f", "g"], "right": 2}
    assert run(get_task("multiple-choice"), listed, context="p", choices="o", label="right") == {
        "p": "B A", "o": ["F", "G"], "right": 2,
    }  # fmt: skip


@pytest.mark.parametrize("role", ["premise", "label", "text"])
def test_a_named_field_that_is_not_there_is_missing(role: str) -> None:
    record = {"premise": "a", "hypothesis": "b", "label": 1}
    result = get_task("classification").fields(record, {role: "nowhere"})
    assert reason(result) == "missing_field"
    assert isinstance(result, Rejected)
    assert "nowhere" in result.detail


def test_an_unknown_role_or_task_names_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean premise"):
        get_task("classification").fields({"text": "a", "label": 1}, {"premis": "text"})
    with pytest.raises(UnknownName, match="did you mean span-qa"):
        get_task("span_qa")


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"id": "a-1"}, "a-1"),
        ({"id": 0}, "0"),
        ({"idx": 3}, "3"),
        ({"idx": {"question": 1, "paragraph": 0}}, '{"paragraph": 0, "question": 1}'),
        ({"pairID": "x"}, "x"),
        ({"id": None, "guid": "g"}, "g"),
        ({"id": ""}, ""),
        ({"id": float("nan")}, ""),
        ({"text": "a"}, ""),
    ],
)
def test_an_examples_own_id(record: Record, expected: str) -> None:
    assert get_task("text").example_id(record) == expected


def test_the_id_may_have_a_name_too() -> None:
    assert get_task("text").example_id({"id": "a", "key": 7}, {"id": "key"}) == "7"


def test_a_stamped_record_has_an_id_of_its_own_and_takes_no_other_field() -> None:
    record = {"id": "q1", "source_id": "v1", "text": "x"}
    made = stamp(record, source_id="q1", target="fin", recipe="pseudo", variant=2, edit_rate=1 / 3)
    note = {"source_id": "q1", "target": "fin", "recipe": "pseudo", "variant": 2, "edit_rate": 0.3333}
    assert made == {"id": "q1:fin:pseudo:2", "source_id": "v1", "text": "x", "morphaug": note}
    assert record == {"id": "q1", "source_id": "v1", "text": "x"}
    told = stamp(
        record, source_id="q", target="t", recipe="r", variant=0, edit_rate=0, provenance={"text": []}
    )
    assert told["morphaug"]["provenance"] == {"text": []}


# -- span QA ----------------------------------------------------------------------------------------


@given(st.data())
def test_every_kept_answer_stands_where_it_says(data: st.DataObject) -> None:
    spaces = st.sampled_from((" ", "  ", ". ", ", ", "\n", "-"))
    pieces = data.draw(st.lists(st.tuples(forms, spaces), min_size=1, max_size=8))
    context = "".join(word + space for word, space in pieces)
    starts = data.draw(st.lists(st.integers(0, len(context) - 1), max_size=3))
    ends = [data.draw(st.integers(s + 1, len(context))) for s in starts]
    texts = [context[s:e] for s, e in zip(starts, ends, strict=True)]
    record = {"context": context, "question": "why not", "answers": {"text": texts, "answer_start": starts}}
    task = get_task("span-qa")
    fields = task.fields(record)
    if isinstance(fields, Rejected):
        assert fields.reason == "empty_answer"
        return
    derivations = {name: data.draw(edited(parse(str(text)))) for name, text in fields.items()}
    made = task.rebuild(record, derivations)
    if isinstance(made, Rejected):
        return
    assert made["context"] == derivations["context"].text
    new = made["answers"]
    assert len(new["text"]) == len(new["answer_start"])
    assert bool(new["text"]) == bool(texts)
    for text, start in zip(new["text"], new["answer_start"], strict=True):
        assert text.strip()
        assert made["context"][start : start + len(text)] == text
    dropped = len(texts) - len(new["text"])
    assert task.counts(record, made) == {"answers": len(texts), "answers_dropped": dropped}


def test_answers_that_cannot_be_carried_are_dropped_one_by_one() -> None:
    def swap(sentence: Sentence) -> Sentence:  # "a b c" -> "b a c"
        words = [t.copy() for t in sentence.tokens]
        return Sentence([words[1], words[0], *words[2:]], sentence.lead, sentence.tail)

    task = get_task("span-qa")
    record = {"context": "aa bb cc", "question": "x y z", "answers": {"text": ["bb cc", "aa", "aa"], "answer_start": [3, 0, 0]}}  # fmt: skip
    made = run(task, record, swap)
    assert made == {"context": "bb aa cc", "question": "y x z", "answers": {"text": ["aa", "aa"], "answer_start": [3, 3]}}  # fmt: skip
    assert task.counts(record, made) == {"answers": 3, "answers_dropped": 1}
    lonely = {**record, "answers": {"text": ["bb cc"], "answer_start": [3]}}
    assert reason(run(task, lonely, swap)) == "discontinuous"


def test_one_answer_that_never_fitted_is_dropped_but_a_record_must_not_pass_validation_with_it() -> None:
    task = get_task("span-qa")
    record = {"context": "aa bb", "question": "x", "answers": {"text": ["aa", "bb"], "answer_start": [0, 1]}}
    assert isinstance(task.fields(record), dict)
    assert reason(task.validate(record)) == "answer_not_in_context"
    source = parse("aa bb")
    derivation = Derivation(source, tuple(backwards(s) for s in source))
    made = task.rebuild(record, {"context": derivation, "question": derivation})
    assert isinstance(made, dict)
    assert made["answers"] == {"text": ["AA"], "answer_start": [3]}


def test_an_offset_counted_in_other_units_is_told_apart() -> None:
    record = {
        "context": "\U0001f600 a dog",
        "question": "x",
        "answers": {"text": ["dog"], "answer_start": [5]},
    }
    result = get_task("span-qa").fields(record)
    assert isinstance(result, Rejected)
    assert "it stands at 4" in result.detail


# -- multiple choice --------------------------------------------------------------------------------


def test_choices_that_become_the_same_are_rejected() -> None:
    record = {"premise": "a b", "choice1": "the dog", "choice2": "dog", "question": "cause", "label": 1}
    assert reason(run(get_task("multiple-choice"), record)) == "choices_collapsed"
    already = {**record, "choice1": "dog"}
    assert isinstance(run(get_task("multiple-choice"), already), dict)


def test_a_choice_of_which_nothing_is_left_is_rejected() -> None:
    record = {"premise": "a b", "choice1": "the", "choice2": "dog", "question": "cause", "label": 1}
    assert reason(run(get_task("multiple-choice"), record)) == "empty_text"


# -- tagging ----------------------------------------------------------------------------------------


@given(st.data())
def test_there_are_as_many_tags_as_tokens(data: st.DataObject) -> None:
    tokens = data.draw(st.lists(forms, min_size=1, max_size=7))
    tags = data.draw(entity_tags(len(tokens)))
    task = get_task("tagging")
    record = {"tokens": tokens, "tags": tags}
    derivation = data.draw(edited(tree(tokens)))
    made = task.rebuild(record, {"tokens": derivation})
    if isinstance(made, dict):
        assert len(made["tokens"]) == len(made["tags"])
        assert derivation.unchanged or not any(" " in token for token in made["tokens"])


def test_integer_tags_need_names_and_stay_integers() -> None:
    task = get_task("tagging")
    record = {"tokens": ["the", "John", "Smith"], "ner_tags": [0, 1, 2]}
    assert run(task, record, tag_names="O,B-PER,I-PER") == {"tokens": ["SMITH", "JOHN"], "ner_tags": [1, 2]}
    assert reason(run(task, record, tag_names="O,B-PER")) == "bad_tag"
    assert reason(run(task, record)) == "integer_tags"
    stray = {"tokens": ["John", "Smith"], "ner_tags": [2, 2]}  # IOB1: no B- is needed
    assert run(task, stray, tag_names="O,B-PER,I-PER") == {"tokens": ["SMITH", "JOHN"], "ner_tags": [2, 2]}


def test_a_needed_tag_that_has_no_number_is_no_tag() -> None:
    def two(sentence: Sentence) -> Sentence:
        word = sentence.tokens[0].copy()
        word.form = "Uusi Seelanti"
        return Sentence([word])

    names = {"tag_names": "O,B-LOC"}
    assert reason(run(get_task("tagging"), {"tokens": ["NZ"], "tags": [1]}, two, **names)) == "bad_tag"


def test_a_parse_of_other_tokens_is_refused() -> None:
    task = get_task("tagging")
    source = tree(["do", "n't"])
    record = {"tokens": ["don't"], "tags": ["O"]}
    assert reason(task.rebuild(record, {"tokens": Derivation(source, source)})) == "token_mismatch"


# -- CoNLL-U ----------------------------------------------------------------------------------------

BLOCK = """# sent_id = s1
# text = Er geht zum Haus.
1	Er	er	PRON	PPER	_	2	nsubj	_	_
2	geht	gehen	VERB	VVFIN	_	0	root	_	_
3-4	zum	_	_	_	_	_	_	_	_
3	zu	zu	ADP	APPR	_	5	case	_	_
4	dem	der	DET	ART	_	5	det	_	_
5	Haus	Haus	NOUN	NN	_	2	obl	_	SpaceAfter=No
6	.	.	PUNCT	$.	_	2	punct	_	_

"""


def test_a_tree_goes_in_and_a_tree_comes_out() -> None:
    task = get_task("conllu")
    record = {"id": "s1", "conllu": BLOCK}
    assert task.fields(record) == {"text": "Er geht zum Haus."}
    parses = task.parses(record)
    assert isinstance(parses, dict)
    [source] = parses["text"]
    words = {t.id: t.copy() for t in source.tokens}
    words[5].src, words[5].form, words[5].space = (5, 3), "taloon", " "
    words[2].space = ""
    output = Sentence([words[1], words[5], words[2], words[6]], dropped={4: "articles"})
    derivation = Derivation((source,), (output,))
    assert derivation.problem() == ""
    made = task.rebuild(record, {"text": derivation})
    assert isinstance(made, dict)
    assert made["text"] == "Er taloon geht."
    [block] = conllu.read(made["conllu"])
    assert block.get("sent_id") == "s1"
    assert block.get("text") == "Er taloon geht."
    assert [(r[0], r[1], r[6]) for r in block.rows] == [("1", "Er", "3"), ("2", "taloon", "3"), ("3", "geht", "0"), ("4", ".", "3")]  # fmt: skip
    assert "Src=5,3" in block.rows[1][9]


def test_a_tree_that_fell_apart_is_rejected() -> None:
    task = get_task("conllu")
    record = {"id": "s1", "conllu": BLOCK}
    parses = task.parses(record)
    assert isinstance(parses, dict)
    [source] = parses["text"]
    nothing = Sentence([], dropped={t.id: "x" for t in source.tokens})
    assert reason(task.rebuild(record, {"text": Derivation((source,), (nothing,))})) == "empty_text"
    headless = Sentence([t.copy() for t in source.tokens if t.id != 2], dropped={2: "x"})
    assert reason(task.rebuild(record, {"text": Derivation((source,), (headless,))})) == "broken_tree"


def test_the_words_of_a_tree_can_be_tagged_by_their_upos() -> None:
    task = get_task("tagging")
    tokens = ["Er", "geht", "zu", "dem", "Haus", "."]
    upos = ["PRON", "VERB", "ADP", "DET", "NOUN", "PUNCT"]
    record = {"id": "s1", "text": "Er geht zum Haus.", "tokens": tokens, "upos": upos, "conllu": BLOCK}
    parses = task.parses(record)
    assert isinstance(parses, dict)
    [source] = parses["tokens"]
    derivation = Derivation((source,), (backwards(source),))
    made = task.rebuild(record, {"tokens": derivation})
    assert made == {
        "id": "s1",
        "text": ". HAUS DEM ZU GEHT ER",
        "tokens": [".", "HAUS", "DEM", "ZU", "GEHT", "ER"],
        "upos": upos[::-1],
    }


@pytest.mark.parametrize(
    ("task", "name"),
    [
        ("classification", "nli.jsonl"),
        ("span-qa", "qa.jsonl"),
        ("multiple-choice", "multiple-choice.jsonl"),
        ("tagging", "tagging.conll"),
        ("conllu", "nli.conllu"),
    ],
)
def test_the_shipped_samples_are_sound(task: str, name: str) -> None:
    from morphaug.data import data_file
    from morphaug.formats import read_records

    found = list(read_records(data_file("samples", "english", name)))
    assert len(found) >= 5
    for record, place in found:
        assert get_task(task).validate(record) is None, place


# -- real data --------------------------------------------------------------------------------------


def test_answers_of_a_real_set_survive_a_rough_treatment(test_data: Path) -> None:
    from morphaug.formats import read_records

    task = get_task("span-qa")
    kept = dropped = 0
    for record, place in read_records(test_data / "eval/tydiqa-goldp/english_dev.json.xz"):
        made = run(task, record, backwards) if isinstance(record, dict) else record
        if isinstance(made, Rejected):
            dropped += 1
            assert made.reason in {"discontinuous", "vanished"}, place
            continue
        kept += 1
        for text, start in zip(made["answers"]["text"], made["answers"]["answer_start"], strict=True):
            assert made["context"][start : start + len(text)] == text
    assert kept > 400  # a mirrored sentence keeps its spans whole; few answers cross sentences
    assert kept + dropped == 440


def test_entities_of_a_real_set_survive_a_rough_treatment(test_data: Path) -> None:
    from strategies import read_entities

    from morphaug.formats import read_records

    task = get_task("tagging")
    for record, place in read_records(test_data / "eval/panx/dev-sw.tsv.xz"):
        assert isinstance(record, dict), place
        made = run(task, record, backwards)
        assert isinstance(made, dict), place
        before, after = read_entities(record["tags"]), read_entities(made["tags"])
        assert sorted(k for k, _, _ in before) == sorted(k for k, _, _ in after), place
