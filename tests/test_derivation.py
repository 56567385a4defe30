"""Labels follow from the words and their sources, or are rejected with a reason."""

from __future__ import annotations

import copy
import json
import pickle
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import derivations, entity_tags, fields, read_entities

from morphaug.derivation import Derivation, Rejected, Span, replay
from morphaug.errors import MorphaugError
from morphaug.trees import Sentence, Token, field_text


def words(text: str, *, upos: str = "NOUN", tail: str = "") -> Sentence:
    """One token per space-separated word; signs are PUNCT."""
    forms = text.split(" ")
    tokens = [
        Token(
            i, form, form.lower(), upos if any(c.isalnum() for c in form) else "PUNCT", {}, int(i > 1), "dep",
            " " if i < len(forms) else "", (i,),
        )
        for i, form in enumerate(forms, 1)
    ]  # fmt: skip
    return Sentence(tokens, tail=tail)


def made(source: Sentence, *parts: str | tuple[str, int | tuple[int, ...]]) -> Sentence:
    """An output sentence: ("form", sources) for a word with sources, "form" for an added one."""
    tokens = []
    used: set[int] = set()
    for number, part in enumerate(parts):
        form, src = (part, ()) if isinstance(part, str) else part
        src = (src,) if isinstance(src, int) else src
        space = " " if number < len(parts) - 1 else ""
        first = bool(src) and src[0] not in used
        used.update(src)
        own = src[0] if first else 100 + number
        tokens.append(Token(own, form, form, "AUX", {}, 0, "dep", space, src))
    dropped = {t.id: "drop" for t in source.tokens if t.id not in used}
    return Sentence(tokens, source.lead, source.tail, source.id, dropped)


def derive(source: Sentence, *parts: str | tuple[str, int | tuple[int, ...]]) -> Derivation:
    derivation = Derivation((source,), (made(source, *parts),))
    assert derivation.problem() == ""
    return derivation


def carry(derivation: Derivation, answer: str) -> tuple[str, str]:
    """(new answer, fate) or ("", reason) for the first occurrence of an answer."""
    start = derivation.source_text.index(answer)
    span = derivation.project_span(start, start + len(answer))
    if isinstance(span, Rejected):
        return "", span.reason
    return derivation.text[span.start : span.end], span.fate


HOUSE = words("She lived in the old house in Paris .")


# -- text and provenance --------------------------------------------------------------------------


@given(fields())
def test_a_field_left_alone_keeps_its_text_and_every_label(source: tuple[Sentence, ...]) -> None:
    derivation = Derivation(source, tuple(copy.deepcopy(s) for s in source))
    text = field_text(source)
    assert derivation.unchanged
    assert derivation.text == derivation.source_text == text
    assert derivation.edit_rate == 0.0
    tags = [f"X{n}" for n, _ in enumerate(t for s in source for t in s.tokens)]
    assert derivation.project_tags(tags) == tags
    for start in range(len(text) + 1):
        for end in range(start, len(text) + 1):
            span = derivation.project_span(start, end)
            if text[start:end].strip():
                assert span == Span(start, end, "carried")
            else:
                assert isinstance(span, Rejected)


@given(derivations())
def test_the_provenance_replays_to_the_text(derivation: Derivation) -> None:
    assert derivation.problem() == ""
    records = json.loads(json.dumps(derivation.provenance()))
    assert replay(derivation.source, records) == derivation.text == field_text(derivation.output)


@given(derivations())
def test_the_alignment_names_the_letters(derivation: Derivation) -> None:
    tokens = [(s, t) for s, out in zip(derivation.source, derivation.output, strict=True) for t in out.tokens]
    for (start, end, spans), (old, token) in zip(derivation.alignment(), tokens, strict=True):
        assert derivation.text[start:end] == token.form
        assert [derivation.source_text[a:b] for a, b in spans] == [old.by_id()[i].form for i in token.src]


def test_replay_refuses_what_belongs_to_another_source() -> None:
    records = derive(HOUSE, ("talo", 6)).provenance()
    with pytest.raises(MorphaugError, match="does not belong"):
        replay((words("A"),), records)
    with pytest.raises(MorphaugError, match="malformed"):
        replay((HOUSE,), [{"text": "x"}])


def test_margins_that_an_operator_changed_replay_too() -> None:
    source = (words("one two", tail="\n"), words("three"))
    output = (Sentence([], lead="¶", tail="\n", dropped={1: "drop", 2: "drop"}), copy.deepcopy(source[1]))
    output[1].tail = "!"
    derivation = Derivation(source, output)
    assert derivation.text == "¶\nthree!"
    assert derivation.problem() == ""


def test_dropped_words_are_listed_with_their_rule() -> None:
    derivation = derive(words("the house"), ("talo", 2))
    assert derivation.dropped() == [{"sentence": 0, "src": 1, "text": "the", "rule": "drop"}]


def test_sentences_must_stand_in_step() -> None:
    with pytest.raises(ValueError, match="1 source sentences, but 0"):
        Derivation((HOUSE,), ())


@pytest.mark.parametrize(
    ("output", "complaint"),
    [
        (Sentence([Token(1, "a", "a", "X", {}, 0, "root", src=(9,))]), "names source token 9"),
        (Sentence([Token(1, "a", "a", "X", {}, 0, "root", src=(1,))]), "neither used nor dropped"),
        (
            Sentence([Token(1, "a", "a", "X", {}, 0, "root", src=(1, 2))], dropped={2: "r"}),
            "dropped and used",
        ),
        (Sentence([Token(1, "a", "a", "X", {}, 0, "root", src=(1,))] * 2, dropped={2: "r"}), "same id"),
    ],
)
def test_a_faulty_operator_is_named(output: Sentence, complaint: str) -> None:
    assert complaint in Derivation((words("a b"),), (output,)).problem()


def test_a_derivation_travels_between_processes() -> None:
    derivation = derive(HOUSE, ("talo", 6))
    assert derivation.text == "talo"
    again = pickle.loads(pickle.dumps(derivation))
    assert again == derivation
    assert again.text == "talo"


# -- edit rate --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parts", "rate"),
    [
        ((("a", 1), ("b", 2), ("c", 3), ("d", 4)), 0.0),
        ((("A", 1), ("b", 2), ("c", 3), ("d", 4)), 0.0),  # a capital is no edit
        ((("a", 1), ("b", 2), "new", ("c", 3), ("d", 4)), 0.0),  # nor is a word more
        ((("a", 1), ("x", 2), ("c", 3), ("d", 4)), 0.25),  # changed
        ((("a", 1), ("c", 3), ("d", 4)), 0.25),  # dropped
        ((("d", 4), ("a", 1), ("b", 2), ("c", 3)), 0.25),  # moved: three kept their order
        ((("a", 1), ("bc", (2, 3)), ("d", 4)), 0.5),  # changed and absorbed
        ((("d", 4), ("c", 3), ("b", 2), ("a", 1)), 0.75),
        ((("w", 4), ("x", 3)), 1.0),
    ],
)
def test_edit_rate_counts_changed_moved_and_dropped_words(
    parts: tuple[tuple[str, int], ...], rate: float
) -> None:
    assert derive(words("a b c d"), *parts).edit_rate == rate


@given(derivations())
def test_edit_rate_is_a_share(derivation: Derivation) -> None:
    assert 0.0 <= derivation.edit_rate <= 1.0


# -- spans ------------------------------------------------------------------------------------------


@given(derivations(), st.data())
def test_a_carried_span_holds_its_words_and_no_others(derivation: Derivation, data: st.DataObject) -> None:
    text = derivation.source_text
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    span = derivation.project_span(start, end)
    if isinstance(span, Rejected):
        assert span.reason in {"empty_span", "no_word", "vanished", "discontinuous"}
        assert (span.reason == "empty_span") == (not text[start:end].strip())
        return
    answer = derivation.text[span.start : span.end]
    assert answer
    if not derivation.unchanged:
        assert answer == answer.strip()
    # Independent oracle, by letters: every source token the span overlaps, and every word the result overlaps.
    sources = _owners(derivation.source)
    outputs = _owners(derivation.output)
    asked = {owner for owner in sources[start:end] if owner}
    for owner in {o for o in outputs[span.start : span.end] if o}:
        sentence, at = owner
        token = derivation.output[sentence].tokens[at]
        origins = {
            (sentence, n) for n, t in enumerate(derivation.source[sentence].tokens) if t.id in token.src
        }
        assert not token.src or origins & asked, f"{token.form!r} does not belong to {text[start:end]!r}"
    # ... and no word that stands for a content word of the span is left outside.
    for number, sentence in enumerate(derivation.output):
        for at, token in enumerate(sentence.tokens):
            for n, old in enumerate(derivation.source[number].tokens):
                wanted = (number, n) in asked and old.id in token.src and any(c.isalnum() for c in old.form)
                if wanted and token.form.strip():
                    assert (number, at) in outputs[span.start : span.end]


def _owners(sentences: tuple[Sentence, ...]) -> list[tuple[int, int] | None]:
    """For each character: (sentence, number of the token) it belongs to."""
    out: list[tuple[int, int] | None] = []
    for number, sentence in enumerate(sentences):
        out += [None] * len(sentence.lead)
        for at, token in enumerate(sentence.tokens):
            out += [(number, at)] * len(token.form) + [None] * len(token.space)
        out += [None] * len(sentence.tail)
    return out


def test_an_absorbed_adposition_goes_with_its_noun() -> None:
    derivation = derive(HOUSE, ("Hän", 1), ("asui", 2), ("vanhassa", 5), ("talossa", (6, 3)), ("Pariisissa", (8, 7)), (".", 9))  # fmt: skip
    assert carry(derivation, "Paris") == ("Pariisissa", "carried")
    assert carry(derivation, "the old house") == ("vanhassa talossa", "carried")
    assert carry(derivation, "in the old house") == ("vanhassa talossa", "carried")
    # The adposition alone is only part of what the word says.
    assert carry(derivation, "lived in") == ("", "discontinuous")
    assert carry(derivation, "in") == ("talossa", "widened")
    assert carry(derivation, "the") == ("", "vanished")


def test_a_word_from_outside_makes_a_span_discontinuous() -> None:
    derivation = derive(words("Bank of big America"), ("America", 4), ("big", 3), ("Bank", 1))
    assert carry(derivation, "Bank of big America") == ("America big Bank", "carried")
    assert carry(derivation, "Bank of big") == ("big Bank", "carried")
    source = words("old Bank America")
    rejected = derive(source, ("Bank", 2), ("old", 1), ("America", 3)).project_span(4, 16)
    assert rejected == Rejected("discontinuous", "'old' stands inside 'Bank America'")


def test_an_added_word_may_stand_inside_but_not_at_the_edge() -> None:
    derivation = derive(words("king queen"), "se", ("kuningas", 1), "ja", ("kuningatar", 2), "siis")
    assert carry(derivation, "king queen") == ("kuningas ja kuningatar", "carried")


def test_the_spans_own_signs_may_move_about() -> None:
    source = words('say " hello , world " now')
    inside = derive(source, ('"', 2), ("world", 5), (",", 4), ("hello", 3), ('"', 6), ("say", 1), ("now", 7))
    assert carry(inside, '" hello , world "') == ('" world , hello "', "carried")
    left = derive(source, (",", 4), ("say", 1), ('"', 2), ("hello", 3), ("world", 5), ('"', 6), ("now", 7))
    assert carry(left, "hello , world") == ("hello world", "carried")
    assert carry(left, ",") == (",", "carried")
    foreign = derive(source, ("say", 1), ("hello", 3), ('"', 6), ("world", 5), ("now", 7))
    assert carry(foreign, "hello , world") == ("", "discontinuous")


def test_a_span_that_is_only_a_sign_vanishes_with_it() -> None:
    derivation = derive(words("what ?"), ("mikä", 1))
    assert carry(derivation, "?") == ("", "vanished")
    assert carry(derivation, "what ?") == ("mikä", "carried")


def test_a_span_inside_a_token() -> None:
    source = words("a post-war boom")
    moved = derive(source, ("boom", 3), ("Post-war", 2), ("a", 1))
    assert carry(moved, "war") == ("war", "carried")
    assert carry(moved, "post") == ("Post", "carried")
    assert carry(moved, "ost-w") == ("ost-w", "carried")
    # "war boom" has changed order: exact letters would be wrong, the whole word is taken.
    assert carry(moved, "war boom") == ("boom Post-war", "widened")
    changed = derive(source, ("sodanjälkeinen", 2), ("buumi", 3))
    assert carry(changed, "war") == ("sodanjälkeinen", "widened")
    assert carry(changed, "war boom") == ("sodanjälkeinen buumi", "widened")
    kept = derive(source, ("yksi", 1), ("post-war", 2), ("buumi", 3))
    assert carry(kept, "war boom") == ("war buumi", "carried")


def test_a_span_across_sentences() -> None:
    source = (words("One two .", tail="  "), words("Three four ."))
    output = (made(source[0], ("kaksi", 2), ("yksi", 1), (".", 3)), made(source[1], ("kolme", 1), ("neljä", 2), (".", 3)))  # fmt: skip
    derivation = Derivation(source, output)
    assert carry(derivation, "One two .  Three") == ("kaksi yksi .  kolme", "carried")
    assert carry(derivation, "One two .  Three four") == ("kaksi yksi .  kolme neljä", "carried")
    assert carry(derivation, "two .  Three") == ("", "discontinuous")
    assert carry(derivation, "four .") == ("neljä .", "carried")


def test_white_space_at_the_edges_is_trimmed_and_white_space_alone_is_no_span() -> None:
    source = words("  x", tail="  ")
    derivation = derive(words("one two three"), ("kaksi", 2), ("yksi", 1), ("kolme", 3))
    assert derivation.project_span(3, 8) == Span(0, 5, "carried")
    assert derivation.project_span(3, 4) == Rejected("empty_span", "[3, 4) holds no text")
    assert isinstance(Derivation((source,), (source,)).project_span(0, 0), Rejected)


@pytest.mark.parametrize("span", [(-1, 2), (0, 99), (3, 2)])
def test_a_span_outside_the_text_is_rejected(span: tuple[int, int]) -> None:
    result = derive(words("a b"), ("b", 2), ("a", 1)).project_span(*span)
    assert isinstance(result, Rejected)
    assert result.reason == "span_outside_text"


def test_text_between_words_that_is_no_word_cannot_be_carried() -> None:
    source = words("a b")
    source.tokens[0].space = " § "
    derivation = Derivation((source,), (made(source, ("b", 2), ("a", 1)),))
    assert carry(derivation, "§") == ("", "no_word")


def test_words_of_a_contraction_without_letters_of_their_own() -> None:
    source = words("wir gehen zum Haus")
    source.tokens[3].id, source.tokens[3].src = 5, (5,)
    source.tokens[2].space = ""
    source.tokens.insert(3, Token(4, "", "der", "DET", {}, 5, "det", " ", (4,)))
    assert source.text() == "wir gehen zum Haus"
    derivation = derive(source, ("we", 1), ("house", (5, 4)), ("to", 3), ("go", 2))
    assert carry(derivation, "zum Haus") == ("house to", "carried")
    # The hidden article is part of "zum", and "house" has absorbed it.
    assert carry(derivation, "zum") == ("house to", "widened")
    assert carry(derivation, "Haus") == ("house", "carried")
    assert Derivation((source,), (source,)).tokens() == ["wir", "gehen", "zum", "Haus"]
    assert Derivation((source,), (source,)).project_tags(["A", "B", "C", "X", "D"]) == ["A", "B", "C", "D"]


# -- tags -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["IOB2", "BIOES", "BILOU"])
@given(data=st.data())
def test_entities_stay_whole(scheme: str, data: st.DataObject) -> None:
    derivation = data.draw(derivations(max_sentences=2))
    count = sum(len(s.tokens) for s in derivation.source)
    tags = data.draw(entity_tags(count, scheme))
    result = derivation.project_tags(tags)
    if isinstance(result, Rejected):
        assert result.reason in {"discontinuous_entity", "vanished_entity"}
        return
    forms = derivation.tokens()
    assert len(result) == len(forms)
    # Entities that come back, read by an independent reader, are the ones that went in: none is lost
    # or added, and each covers the words of its principal sources.
    before, after = read_entities(tags), read_entities(result)
    assert sorted(k for k, _, _ in before) == sorted(k for k, _, _ in after)
    owner = [next((e for e in before if e[1] <= n < e[2]), None) for n in range(count)]
    flat = [(s, t.id) for s, old in enumerate(derivation.source) for t in old.tokens]
    at = 0
    for s, new in enumerate(derivation.output):
        for token in new.tokens:
            old = next((t for t in derivation.source[s].tokens if token.src == (t.id,)), None)
            pieces = 1 if old and old.form == token.form else len(token.form.split())
            for tag in result[at : at + pieces]:
                entity = owner[flat.index((s, token.src[0]))] if token.src else None
                if entity:
                    assert tag.endswith(f"-{entity[0]}")
                elif token.src and not any(owner[flat.index((s, i))] for i in token.src):
                    assert tag == "O"
            at += pieces
    assert at == len(forms)


@given(st.data())
def test_plain_tags_go_with_their_words(data: st.DataObject) -> None:
    derivation = data.draw(derivations(max_sentences=2))
    count = sum(len(s.tokens) for s in derivation.source)
    tags = data.draw(st.lists(st.sampled_from(("NOUN", "VERB", "X")), min_size=count, max_size=count))
    result = derivation.project_tags(tags)
    assert isinstance(result, list)  # among universal tags an added word has its own
    assert len(result) == len(derivation.tokens())
    assert set(result) <= ({*tags, "AUX", "PART", "PRON"} if tags else {"O"})


TRIP = words("the Bank of America visited John Smith")
TAGS = ["O", "B-ORG", "I-ORG", "I-ORG", "O", "B-PER", "I-PER"]


def test_an_entity_moves_as_a_run() -> None:
    derivation = derive(TRIP, ("John", 6), ("Smith", 7), ("Amerikan", (4, 3)), ("pankki", 2), ("kävi", 5))
    assert derivation.tokens() == ["John", "Smith", "Amerikan", "pankki", "kävi"]
    assert derivation.project_tags(TAGS) == ["B-PER", "I-PER", "B-ORG", "I-ORG", "O"]


def test_an_added_word_inside_an_entity_is_inside() -> None:
    derivation = derive(TRIP, "se", ("pankki", 2), "eli", ("Amerikka", (4, 3)), "nyt", ("kävi", 5), ("John", 6), ("Smith", 7))  # fmt: skip
    assert derivation.project_tags(TAGS) == ["O", "B-ORG", "I-ORG", "I-ORG", "O", "O", "B-PER", "I-PER"]


def test_a_word_that_absorbed_part_of_an_entity_is_inside_if_it_stands_inside() -> None:
    derivation = derive(TRIP, ("pankki", 2), ("käviXof", (5, 3)), ("Amerikka", 4), ("John", 6), ("Smith", 7))
    assert derivation.project_tags(TAGS) == ["B-ORG", "I-ORG", "I-ORG", "B-PER", "I-PER"]
    outside = derive(TRIP, ("kävi", (5, 3)), ("pankki", 2), ("Amerikka", 4), ("John", 6), ("Smith", 7))
    assert outside.project_tags(TAGS) == ["O", "B-ORG", "I-ORG", "B-PER", "I-PER"]


def test_a_torn_or_lost_entity_is_rejected() -> None:
    torn = derive(TRIP, ("pankki", 2), ("kävi", 5), ("Amerikka", (4, 3)), ("John", 6), ("Smith", 7))
    assert torn.project_tags(TAGS) == Rejected("discontinuous_entity", "'kävi' stands inside ORG 'pankki'")
    lost = derive(TRIP, ("pankki", 2), ("Amerikka", (4, 3)), ("kävi", 5))
    assert lost.project_tags(TAGS) == Rejected("vanished_entity", "no word of PER 'John Smith' is left")
    mixed = derive(TRIP, ("John", 6), ("pankki", 2), ("Smith", 7), ("Amerikka", (4, 3)), ("kävi", 5))
    result = mixed.project_tags(TAGS)
    assert isinstance(result, Rejected)
    assert result.reason == "discontinuous_entity"


def test_a_translation_of_several_words_has_a_tag_for_each() -> None:
    derivation = derive(words("Finland plays"), ("pelaa tosi", 2), ("Suomen tasavalta", 1))
    assert derivation.tokens() == ["pelaa", "tosi", "Suomen", "tasavalta"]
    assert derivation.project_tags(["B-LOC", "O"]) == ["O", "O", "B-LOC", "I-LOC"]
    assert derivation.project_tags(["S-LOC", "O"]) == ["O", "O", "B-LOC", "E-LOC"]
    assert derivation.project_tags(["U-LOC", "O"]) == ["O", "O", "B-LOC", "L-LOC"]
    assert derivation.project_tags(["I-LOC", "O"]) == ["O", "O", "I-LOC", "I-LOC"]
    assert derivation.project_tags(["NNP", "VBZ"]) == ["VBZ", "VBZ", "NNP", "NNP"]


def test_white_space_inside_a_source_token_stays() -> None:
    source = words("costs X euros")
    source.tokens[1].form = "1 000"
    derivation = derive(source, ("eur", 3), ("1 000", 2), ("maksaa", 1))
    assert derivation.tokens() == ["eur", "1 000", "maksaa"]
    assert derivation.project_tags(["VERB", "NUM", "NOUN"]) == ["NOUN", "NUM", "VERB"]


def test_iob1_writes_b_only_between_entities_of_one_type() -> None:
    derivation = derive(words("John met Mary"), ("tapasi", 2), ("John", 1), ("Mary", 3))
    assert derivation.project_tags(["I-PER", "O", "I-PER"]) == ["O", "I-PER", "B-PER"]
    assert derivation.project_tags(["B-PER", "O", "B-PER"]) == ["O", "B-PER", "B-PER"]
    assert derivation.project_tags(["I-PER", "O", "I-ORG"]) == ["O", "I-PER", "I-ORG"]


def test_an_added_word_among_plain_tags() -> None:
    derivation = derive(words("a b"), ("b", 2), "AUX-word", ("a", 1))
    assert derivation.project_tags(["NOUN", "VERB"]) == ["VERB", "AUX", "NOUN"]
    assert derivation.project_tags(["NN", "O"]) == ["O", "O", "NN"]
    assert derivation.project_tags(["NN", "VB"]) == Rejected(
        "untagged_word", "added word 'AUX-word' has no tag"
    )


def test_tags_must_be_as_many_as_tokens_and_of_one_kind() -> None:
    derivation = derive(words("a b c"), ("b", 2), ("a", 1), ("c", 3))
    assert derivation.project_tags(["O"]) == Rejected("tag_count", "1 tags for 3 tokens")
    mixed = derivation.project_tags(["O", "PER", "B-ORG"])
    assert mixed == Rejected("mixed_tags", "tag 'PER' among tags with prefixes")


# -- cost -------------------------------------------------------------------------------------------


def test_text_costs_about_a_microsecond_a_token() -> None:
    sentence = words(" ".join(["word"] * 25))
    pairs = [Derivation((sentence,) * 40, (sentence,) * 40) for _ in range(20)]
    start = time.process_time()
    for derivation in pairs:
        assert derivation.text
    spent = time.process_time() - start
    assert spent / (20 * 40 * 25) < 5e-6  # both sides; a loaded machine gets some room
