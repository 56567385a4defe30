"""Parsers: whatever the text, its parse holds it byte for byte, and every sentence is a tree."""

from __future__ import annotations

import json
import pickle
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from morphaug.clearnlp import Word, to_ud
from morphaug.conllu import read
from morphaug.errors import MissingResource, MorphaugError, UnknownName
from morphaug.parsecache import ParseCache
from morphaug.parsing import (
    Parser,
    cached,
    conllu_parser,
    resolve_parser,
    spacy_parser,
    stanza_parser,
    write_parses,
)
from morphaug.segments import (
    Analysis,
    Unit,
    assemble,
    cover,
    encodable,
    join,
    pieces,
    pretokenised,
    shorten,
    shown,
)
from morphaug.trees import Sentence, Token, field_text, tree_problem

HALVES = "\ud800 half \udfffs"  # of characters: JSON escapes can say them, UTF-8 cannot
ODD_TEXTS = [
    "",
    "  \n\t ",
    "One word.",
    "  Two  spaces and\ttabs.\r\n\r\nA paragraph.  \n",
    "Emoji 👩‍👩‍👧 and e\u0301 marks; naïve café.",
    "\u200bzero width\ufeff",
    "A no\u00a0break space\u2028line separator",
    "I didn't know. You cannot go!",
    "..." * 30,
    "x" * 500,
    "a\x00b \x1f c",
    "\n\n\nLate start",
    "word " * 450,
]


def check(text: str | Sequence[str], parse: Sequence[Sentence]) -> None:
    """The invariants every parser keeps."""
    if isinstance(text, str):
        assert field_text(parse) == text
    else:
        assert len(parse) == 1
        assert [t.form for t in parse[0].tokens] == list(text)
        assert field_text(parse) == " ".join(text)
    assert parse
    for sentence in parse:
        assert not sentence.tokens or tree_problem(sentence) == ""
        assert all(t.src == (t.id,) for t in sentence.tokens)
        assert [t.id for t in sentence.tokens] == list(range(1, len(sentence.tokens) + 1))
        assert all(not t.space.strip() for t in sentence.tokens)
        assert not (sentence.lead + sentence.tail).strip()
        assert all(t.lemma and t.upos and t.deprel for t in sentence.tokens)
    assert all(s.tokens for s in parse) or len(parse) == 1


# -- texts and tokens ---------------------------------------------------------------------------------

TEXT = st.text(
    st.one_of(st.sampled_from(" \n\r\t.'a👩\u0301\u00a0\u200b\u2028"), st.characters()), max_size=60
)


@given(TEXT, st.integers(1, 12))
def test_pieces_leave_out_nothing_but_white_space(text: str, limit: int) -> None:
    at = 0
    for start, end in pieces(text, limit):
        assert at <= start < end <= at + limit + len(text)
        assert end - start <= limit
        assert not text[at:start].strip()
        assert text[start:end] == text[start:end].strip()
        at = end
    assert not text[at:].strip()


def test_a_megabyte_line_is_cut_where_it_can_be() -> None:
    cut = pieces("word " * 200_000)
    assert len(cut) >= 50
    assert all(end - start <= 20_000 for start, end in cut)
    assert all(("word " * 200_000)[start:end].startswith("word") for start, end in cut)
    assert len(pieces("x" * 1_000_000)) == 50


def test_a_blank_line_ends_a_piece_and_a_line_end_does_not() -> None:
    text = "One\nline.\n \nTwo.\r\n\r\nThree."
    assert [text[a:b] for a, b in pieces(text)] == ["One\nline.", "Two.", "Three."]


@st.composite
def tokenized(draw: st.DrawFn) -> tuple[str, list[list[Unit]]]:
    """A text and what a careless tokenizer made of it: gaps, overlaps, white space as tokens."""
    text = draw(TEXT)
    place = st.integers(0, len(text))
    spans = draw(st.lists(st.lists(st.tuples(place, place), max_size=4), max_size=3))
    return text, [[Unit(a, b, (text[a:b],)) for a, b in spans_of] for spans_of in spans]


@given(tokenized())
def test_offsets_are_mended_so_that_the_text_is_whole(case: tuple[str, list[list[Unit]]]) -> None:
    text, sentences = case
    units = [u for s in sentences for u in s]
    mended = cover(text, (0, len(text)), sentences)
    analyses = [[Analysis("x", "X", {}, i, "dep") for i, _ in enumerate(s)] for s in mended]
    check(text, assemble(text, mended, analyses))
    for unit in units[:1]:  # a sound token survives
        if text[unit.start : unit.end].strip() == text[unit.start : unit.end] != "":
            assert unit in [u for s in mended for u in s] or text[: unit.start].strip()


def test_contractions_share_their_letters() -> None:
    text = "Zum Haus, cannot"
    units = [
        Unit(0, 3, ("Zu", "dem")),
        Unit(4, 8, ("Haus",)),
        Unit(8, 9, (",",)),
        Unit(10, 16, ("can", "not")),
    ]
    analyses = [Analysis("x", "X", {}, i, "dep") for i in range(6)]
    parse = assemble(text, [units], [analyses])
    check(text, parse)
    assert [t.form for t in parse[0].tokens] == ["Zum", "", "Haus", ",", "can", "not"]


def test_long_sentences_are_cut_after_punctuation() -> None:
    text = "a b , c d e f"
    units = [Unit(i, i + 1, (text[i],)) for i in range(0, len(text), 2)]
    assert [[u.words[0] for u in part] for part in shorten(text, units, 4)] == [
        ["a", "b", ","],
        ["c", "d", "e", "f"],
    ]
    assert [len(part) for part in shorten("x" * 9, [Unit(i, i + 1, ("x",)) for i in range(9)], 4)] == [
        4,
        4,
        1,
    ]


def test_parts_of_a_sentence_become_one_tree() -> None:
    part = [Analysis("a", "X", {}, 2, "dep"), Analysis("b", "X", {}, 0, "root")]
    whole = join([part, part])
    assert [(a.head, a.deprel) for a in whole] == [(2, "dep"), (0, "root"), (4, "dep"), (2, "parataxis")]
    check(["p", "q", "", "r s"], pretokenised(["p", "q", "", "r s"], whole))
    assert shown("") == shown("  ") == "_"
    assert len(shown("x" * 999)) < 100


# -- ClearNLP -> UD -----------------------------------------------------------------------------------


def ud(*rows: str) -> list[str]:
    """ "form tag upos head dep" (head 1-based) -> "form head dep"."""
    words = []
    for row in rows:
        form, tag, upos, head, dep = row.split()
        lemma = "be" if form.lower() in ("is", "was", "are", "be") else form.lower()
        words.append(Word(form, lemma, upos, tag, int(head) - 1, dep))
    return [f"{w.form} {head + 1} {dep}" for w, (head, dep) in zip(words, to_ud(words), strict=True)]


def test_prepositions_become_case_marks() -> None:
    assert ud(
        "She PRP PRON 2 nsubj",
        "lives VBZ VERB 0 ROOT",
        "in IN ADP 2 prep",
        "houses NNS NOUN 3 pobj",
        "of IN ADP 4 prep",
        "stone NN NOUN 5 pobj",
    ) == ["She 2 nsubj", "lives 0 root", "in 4 case", "houses 2 obl", "of 6 case", "stone 4 nmod"]
    assert ud("ran VBD VERB 0 ROOT", "out IN ADP 1 prep", "of IN ADP 2 prep", "town NN NOUN 3 pobj") == [
        "ran 0 root",
        "out 4 case",
        "of 4 case",
        "town 1 obl",
    ]
    assert ud(
        "works VBZ VERB 0 ROOT",
        "on IN ADP 1 prep",
        "Monday NNP PROPN 2 pobj",
        "and CC CCONJ 2 cc",
        "on IN ADP 2 conj",
        "Friday NNP PROPN 5 pobj",
    ) == ["works 0 root", "on 3 case", "Monday 1 obl", "and 6 cc", "on 6 case", "Friday 3 conj"]


def test_passives_datives_and_agents() -> None:
    assert ud(
        "Milk NN NOUN 3 nsubjpass",
        "was VBD AUX 3 auxpass",
        "given VBN VERB 0 ROOT",
        "to IN ADP 3 dative",
        "cats NNS NOUN 4 pobj",
        "by IN ADP 3 agent",
        "us PRP PRON 6 pobj",
    ) == [
        "Milk 3 nsubj:pass",
        "was 3 aux:pass",
        "given 0 root",
        "to 5 case",
        "cats 3 obl",
        "by 7 case",
        "us 3 obl:agent",
    ]
    assert ud("gave VBD VERB 0 ROOT", "me PRP PRON 1 dative", "milk NN NOUN 1 dobj") == [
        "gave 0 root",
        "me 1 iobj",
        "milk 1 obj",
    ]


def test_the_predicate_heads_a_copula() -> None:
    assert ud(
        "Cats NNS NOUN 2 nsubj",
        "are VBP AUX 0 ROOT",
        "not RB PART 2 neg",
        "my PRP$ PRON 5 poss",
        "friends NNS NOUN 2 attr",
        ". . PUNCT 2 punct",
    ) == ["Cats 5 nsubj", "are 5 cop", "not 5 advmod", "my 5 nmod:poss", "friends 0 root", ". 5 punct"]
    assert ud("It PRP PRON 2 nsubj", "was VBD AUX 0 ROOT", "in IN ADP 2 prep", "bed NN NOUN 3 pobj") == [
        "It 4 nsubj",
        "was 4 cop",
        "in 4 case",
        "bed 0 root",
    ]
    assert ud("There EX PRON 2 expl", "is VBZ VERB 0 ROOT", "milk NN NOUN 2 attr") == [
        "There 2 expl",
        "is 0 root",
        "milk 2 nsubj",
    ]
    assert ud("They PRP PRON 2 nsubj", "seem VBP VERB 0 ROOT", "old JJ ADJ 2 acomp") == [
        "They 2 nsubj",
        "seem 0 root",
        "old 2 xcomp",
    ]


def test_clauses_and_coordination() -> None:
    assert ud(
        "I PRP PRON 2 nsubj",
        "want VBP VERB 0 ROOT",
        "him PRP PRON 5 nsubj",
        "to TO PART 5 aux",
        "sing VB VERB 2 ccomp",
    ) == ["I 2 nsubj", "want 0 root", "him 2 obj", "to 5 mark", "sing 2 xcomp"]
    assert ud(
        "left VBD VERB 0 ROOT", "without IN ADP 1 prep", "saying VBG VERB 2 pcomp", "it PRP PRON 3 dobj"
    ) == ["left 0 root", "without 3 mark", "saying 1 advcl", "it 3 obj"]
    assert ud(
        "tea NN NOUN 0 ROOT",
        ", , PUNCT 1 punct",
        "milk NN NOUN 1 conj",
        "and CC CCONJ 3 cc",
        "bread NN NOUN 3 conj",
        "that WDT PRON 7 nsubj",
        "rises VBZ VERB 5 relcl",
        "today NN NOUN 7 npadvmod",
    ) == [
        "tea 0 root",
        ", 3 punct",
        "milk 1 conj",
        "and 5 cc",
        "bread 1 conj",
        "that 7 nsubj",
        "rises 5 acl:relcl",
        "today 7 obl:unmarked",
    ]


@given(st.data())
def test_any_tree_stays_a_tree(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 9))
    order = data.draw(st.permutations(range(size)))
    deps = ["prep", "pobj", "pcomp", "agent", "dative", "attr", "acomp", "expl", "conj", "cc", "punct", "ccomp",
            "nsubj", "dobj", "aux", "auxpass", "advmod", "", "npadvmod"]  # fmt: skip
    words: list[Word] = [Word("", "", "", "", -1, "")] * size
    for rank, place in enumerate(order):
        head = -1 if rank == 0 else order[data.draw(st.integers(0, rank - 1))]
        words[place] = Word(
            data.draw(st.sampled_from(["in", ",", "there"])),
            data.draw(st.sampled_from(["be", "here", "in"])),
            data.draw(st.sampled_from(["VERB", "AUX", "NOUN", "ADP"])),
            data.draw(st.sampled_from(["TO", "NN"])),
            head,
            "ROOT" if rank == 0 else data.draw(st.sampled_from(deps)),
        )
    arcs = to_ud(words)
    tree = Sentence([Token(i, "x", "x", "X", {}, head + 1, dep) for i, (head, dep) in enumerate(arcs, 1)])
    assert tree_problem(tree) == ""
    assert all(t.deprel for t in tree.tokens)
    assert [t.deprel == "root" for t in tree.tokens] == [t.head == 0 for t in tree.tokens]


# -- spaCy --------------------------------------------------------------------------------------------


def train_spacy(folder: Path, labels: tuple[str, str, str]) -> None:
    """A real, if ignorant, spaCy pipeline: trained for a second on one sentence."""
    spacy = pytest.importorskip("spacy", reason="spaCy is not installed")
    from spacy.training import Example

    subject, preposition, thing = labels
    nlp = spacy.blank("en")
    nlp.add_pipe("morphologizer")
    nlp.add_pipe("parser", config={"min_action_freq": 1})
    doc = nlp.make_doc("Cats sleep in beds.")
    example = Example.from_dict(
        doc,
        {
            "heads": [1, 1, 1, 2, 1] if thing == "pobj" else [1, 1, 3, 1, 1],
            "deps": [subject, "ROOT", preposition, thing, "punct"],
            "pos": ["NOUN", "VERB", "ADP", "NOUN", "PUNCT"],
            "morphs": ["Number=Plur", "", "", "Number=Plur", ""],
        },
    )
    spacy.util.fix_random_seed(0)
    optimizer = nlp.initialize(lambda: [example])
    for _ in range(40):
        nlp.update([example], sgd=optimizer)
    nlp.to_disk(folder)


@pytest.fixture(scope="module")
def clear_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("spacy") / "clear"
    train_spacy(folder, ("nsubj", "prep", "pobj"))
    return folder


def test_a_spacy_model_with_clearnlp_labels_gives_ud(clear_model: Path) -> None:
    parser = spacy_parser(clear_model)
    (parse,) = parser.parse(["Cats sleep in beds."])
    assert [(t.form, t.upos, t.head, t.deprel) for t in parse[0].tokens] == [
        ("Cats", "NOUN", 2, "nsubj"),
        ("sleep", "VERB", 0, "root"),
        ("in", "ADP", 4, "case"),
        ("beds", "NOUN", 2, "obl"),
        (".", "PUNCT", 2, "punct"),
    ]
    assert parse[0].tokens[0].feats == {"Number": "Plur"}


def test_a_spacy_model_with_ud_labels_is_taken_as_it_is(tmp_path: Path) -> None:
    train_spacy(tmp_path / "ud", ("nsubj", "case", "obl"))
    (parse,) = resolve_parser(f"spacy:{tmp_path / 'ud'}").parse([["Cats", "sleep", "in", "beds", "."]])
    assert [(t.head, t.deprel) for t in parse[0].tokens] == [
        (2, "nsubj"),
        (0, "root"),
        (4, "case"),
        (2, "obl"),
        (2, "punct"),
    ]


def test_spacy_keeps_any_text(clear_model: Path) -> None:
    parser = pickle.loads(pickle.dumps(spacy_parser(clear_model)))
    texts = [*ODD_TEXTS, HALVES, ["New York", "", "  ", "bites"], [], ["x"] * 300, "x" * 1_000_000]
    for text, parse in zip(texts, parser.parse(texts), strict=True):
        check(text, parse)
    assert parser.name == spacy_parser(clear_model).name

    @settings(max_examples=30, deadline=None)
    @given(st.lists(st.one_of(TEXT, st.lists(TEXT, max_size=4)), max_size=3))
    def any_text(texts: list[str | list[str]]) -> None:
        for text, parse in zip(texts, parser.parse(texts), strict=True):
            check(text, parse)

    any_text()


def test_spacy_models_that_cannot_be_used(tmp_path: Path) -> None:
    spacy = pytest.importorskip("spacy", reason="spaCy is not installed")
    with pytest.raises(MissingResource, match=r"no spaCy model 'xx_none'.*spacy download xx_none"):
        spacy_parser("xx_none")
    with pytest.raises(MissingResource, match="no spaCy model"):
        spacy_parser(tmp_path)
    spacy.blank("en").to_disk(tmp_path / "blank")
    with pytest.raises(MorphaugError, match="no parser of ClearNLP or Universal"):
        spacy_parser(tmp_path / "blank").parse(["a"])
    (tmp_path / "blank" / "config.cfg").write_text("[nonsense")
    with pytest.raises(MissingResource, match="spaCy cannot load the model"):
        spacy_parser(tmp_path / "blank").parse(["a"])


# -- Stanza -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small_stanza(test_model: Path) -> Parser:
    pytest.importorskip("spacy", reason="spaCy is not installed")
    return stanza_parser(model_dir=test_model)


def test_stanza_parses_raw_text_and_tokens(small_stanza: Parser) -> None:
    raw, given_tokens = small_stanza.parse(
        ["The dog sees  a cat.\n\nIt runs.", ["The", "dog", "sees", "a", "cat"]]
    )
    assert [[t.form for t in s.tokens] for s in raw] == [
        ["The", "dog", "sees", "a", "cat", "."],
        ["It", "runs", "."],
    ]
    assert raw[0].tokens[2].space == "  "
    assert raw[0].tail == "\n\n"
    words = given_tokens[0].tokens
    assert [(t.lemma, t.upos) for t in words[:3]] == [("the", "DET"), ("dog", "NOUN"), ("see", "VERB")]
    assert [(t.head, t.deprel) for t in words] == [
        (2, "det"),
        (3, "nsubj"),
        (0, "root"),
        (5, "det"),
        (3, "obj"),
    ]
    assert words[1].feats["Number"] == "Sing"


def test_stanza_keeps_any_text_and_the_order_of_a_batch(small_stanza: Parser) -> None:
    texts: list[Any] = [*ODD_TEXTS, ["New York", "", "  ", "bites"], [], ["dogs"] * 450]
    parses = small_stanza.parse(texts)
    for text, parse in zip(texts, parses, strict=True):
        check(text, parse)
    alone = [small_stanza.parse([text])[0] for text in texts[2:6]]
    assert [field_text(p) for p in alone] == texts[2:6]
    assert max(len(s.tokens) for s in parses[12]) <= 200
    assert small_stanza.parse([]) == []


def untrained_tokenizer(path: Path) -> None:
    """A real Stanza tokenizer with random weights: it cuts anywhere, inside words and across spaces."""
    torch = pytest.importorskip("torch")
    from stanza.models.tokenization.trainer import Trainer
    from stanza.models.tokenization.vocab import Vocab

    torch.manual_seed(3)
    vocab = Vocab([[(letter, 0) for letter in "abcdefghijklmnopqrstuvwxyz .,'"]], lang="en")
    options = {
        **dict.fromkeys(["input_dropout", "use_dictionary", "use_mwt", "skip_newline", "charlm"], False),
        **dict.fromkeys(["dropout", "unit_dropout", "feat_dropout", "feat_unit_dropout", "tok_noise"], 0.0),
        **{"lang": "en", "shorthand": "en_mine", "emb_dim": 8, "hidden_dim": 8, "conv_filters": "1,9"},
        **{"residual": True, "hierarchical": True, "hier_invtemp": 0.5, "conv_res": None, "rnn_layers": 1},
        **{"lr0": 1e-3, "max_grad_norm": 1.0, "weight_decay": 0.0, "max_seqlen": 100, "batch_size": 32},
        "feat_funcs": ["space_before", "capitalized", "numeric", "end_of_para", "start_of_para"],
        **{"feat_dim": 5, "vocab_size": len(vocab), "charlm_forward_file": None},
    }
    trainer = Trainer(args=options, vocab=vocab, device="cpu")
    with torch.no_grad():
        for weight in trainer.model.parameters():
            weight.mul_(4)  # else it never cuts
    trainer.save(str(path))


def test_stanza_in_its_own_folder_layout(test_model: Path, tmp_path: Path, small_stanza: Parser) -> None:
    for name in ("pos", "lemma", "depparse", "pretrain", "tokenize"):
        (tmp_path / "en" / name).mkdir(parents=True)
        if name != "tokenize":
            shutil.copy(test_model / f"{name}.pt", tmp_path / "en" / name / "mine.pt")
    untrained_tokenizer(tmp_path / "en" / "tokenize" / "mine.pt")
    need = {"dependencies": [{"model": "pretrain", "package": "mine"}]}
    entry: dict[str, Any] = {name: {"mine": {}} for name in ("tokenize", "lemma", "pretrain")}
    entry |= {name: {"mine": need} for name in ("pos", "depparse")}
    entry["packages"] = {"default": dict.fromkeys(["tokenize", "pos", "lemma", "depparse"], "mine")}
    (tmp_path / "resources.json").write_text(json.dumps({"en": entry}))
    parser = stanza_parser(model_dir=tmp_path)
    assert parser.name != small_stanza.name
    tokens = ["The", "dog", "sees", "a", "cat", "."]
    assert parser.parse([tokens]) == small_stanza.parse([tokens])
    short = [text for text in ODD_TEXTS if len(text) < 100]
    for text, parse in zip(short, parser.parse(short), strict=True):
        check(text, parse)

    @settings(max_examples=8, deadline=None)
    @given(st.lists(TEXT, max_size=3))
    def any_text(texts: list[str]) -> None:
        for text, parse in zip(texts, parser.parse(texts), strict=True):
            check(text, parse)

    any_text()
    (tmp_path / "en" / "lemma" / "mine.pt").unlink()
    with pytest.raises(MissingResource, match=r"en/lemma/mine\.pt missing"):
        stanza_parser(model_dir=tmp_path)


def test_stanza_s_contractions_share_their_letters(test_model: Path) -> None:
    """No small model splits contractions: its documents are made here, as Stanza's own tokenizers make them."""
    document = pytest.importorskip("stanza.models.common.doc", reason="Stanza is not installed").Document

    class Tagging:
        def process(self, work: Any, processors: str) -> Any:
            if processors.startswith("tokenize"):
                tokens = [
                    {"id": [1, 2], "text": "Cannot", "misc": "start_char=0|end_char=6"},
                    {"id": 1, "text": "can"},
                    {"id": 2, "text": "not"},
                    {"id": [3, 4], "text": "zum", "misc": "start_char=8|end_char=11"},
                    {"id": 3, "text": "zu"},
                    {"id": 4, "text": "dem"},
                ]
                return [document([tokens], text=text.text) for text in work]
            for sentence in work.sentences:
                for word in sentence.words:
                    word.lemma, word.upos, word.head, word.deprel = word.text, "X", word.id - 1, "dep"
            return work

    parser = stanza_parser(model_dir=test_model)
    parser._pipeline = Tagging()
    (parse,) = parser.parse(["Cannot  zum "])
    check("Cannot  zum ", parse)
    assert [(t.form, t.lemma) for t in parse[0].tokens] == [
        ("Can", "can"),
        ("not", "not"),
        ("zum", "zu"),
        ("", "dem"),
    ]


def test_stanza_models_that_are_missing_or_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("stanza", reason="Stanza is not installed")
    pytest.importorskip("spacy", reason="spaCy is not installed")
    monkeypatch.setenv("STANZA_RESOURCES_DIR", str(tmp_path / "empty"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(
        MissingResource, match="no Stanza models for English; get them with: morphaug resources"
    ):
        stanza_parser()
    with pytest.raises(MissingResource, match="no such folder"):
        stanza_parser(model_dir=tmp_path / "none")
    with pytest.raises(MissingResource, match="no Stanza models for English"):
        stanza_parser(model_dir=tmp_path)
    (tmp_path / "pos.pt").write_bytes(b"x")
    with pytest.raises(MissingResource, match=r"depparse\.pt, lemma\.pt, pretrain\.pt missing"):
        stanza_parser(model_dir=tmp_path)
    for name in ("depparse", "lemma", "pretrain"):
        (tmp_path / f"{name}.pt").write_bytes(b"x")
    parser = resolve_parser("stanza", tmp_path)
    with pytest.raises(MissingResource, match="Stanza cannot load these models"):
        parser.parse(["a"])
    with pytest.raises(MissingResource, match="no tokenizer model"):
        stanza_parser("fin", tmp_path)
    name = parser.name
    (tmp_path / "pos.pt").write_bytes(b"y")
    assert stanza_parser(model_dir=tmp_path).name != name
    (tmp_path / "en").mkdir()
    (tmp_path / "pos.pt").unlink()
    for loose in ("depparse", "lemma", "pretrain"):
        (tmp_path / f"{loose}.pt").unlink()
    with pytest.raises(MissingResource, match=r"resources\.json missing"):
        stanza_parser(model_dir=tmp_path)
    (tmp_path / "resources.json").write_text("{")
    with pytest.raises(MissingResource, match=r"resources\.json: not readable"):
        stanza_parser(model_dir=tmp_path)
    (tmp_path / "resources.json").write_text("{}")
    with pytest.raises(MissingResource, match="no default package"):
        stanza_parser(model_dir=tmp_path)


def test_cached_parses_need_no_model(test_model: Path, tmp_path: Path, small_stanza: Parser) -> None:
    with ParseCache(tmp_path / "p.sqlite") as cache:
        expected = cached(small_stanza, cache).parse(["The dog sees a cat."])
    code = (
        "import sys; from pathlib import Path\n"
        "from morphaug.parsing import cached, stanza_parser, ParseCache\n"
        f"parser = cached(stanza_parser(model_dir=Path({str(test_model)!r})), ParseCache(Path({str(tmp_path / 'p.sqlite')!r})))\n"
        "print([t.form for t in parser.parse(['The dog sees a cat.'])[0][0].tokens])\n"
        "print([m for m in ('torch', 'stanza', 'spacy', 'numpy') if m in sys.modules])\n"
    )
    out = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[1],
    )
    assert out.stdout.splitlines() == [str([t.form for t in expected[0][0].tokens]), "[]"]


# -- supplied CoNLL-U ---------------------------------------------------------------------------------


def tree(text: str, lemma: str = "x") -> Sentence:
    """A sentence of the words of a text, each below the one before."""
    words = text.split(" ")
    tokens = [
        Token(i, w, lemma, "X", {}, i - 1, "dep" if i > 1 else "root", " " if i < len(words) else "", (i,))
        for i, w in enumerate(words, 1)
    ]
    return Sentence(tokens)


def write(path: Path, *fields: tuple[str, Sequence[Sentence]]) -> Path:
    assert write_parses(path, fields) == len(fields)
    return path


def test_supplied_parses_are_found_by_text(tmp_path: Path) -> None:
    one, two, three = tree("A dog ."), tree("It runs ."), tree("A dog ran .")
    one.tail = " "
    path = write(tmp_path / "p.conllu", ("1#context", [one, two]), ("1#question", [three]))
    parser = conllu_parser(path)
    assert parser.parse(["A dog . It runs ."]) == [[one, two]]
    assert parser.parse(["A dog ran ."]) == [[three]]
    assert parser.document("1#question") == [three]
    assert parser.document("2#question") is None
    # A sentence alone, a run of sentences in any order, and white space of the field's own.
    for text in ("It runs .", "\n It  runs .\t", "A dog ran .\n\nA dog .\u00a0It runs.", "Itruns ."):
        (parse,) = parser.parse([text])
        check(text, parse)
    assert [t.form for s in parser.parse(["A dog ran. It runs."])[0] for t in s.tokens] == [
        *["A", "dog", "ran", "."],
        *["It", "runs", "."],
    ]
    assert parser.parse(["", " \n"]) == [[Sentence([])], [Sentence([], lead=" \n")]]


def test_supplied_parses_are_found_by_tokens(tmp_path: Path) -> None:
    parser = conllu_parser(write(tmp_path / "p.conllu", ("1", [tree("A dog ."), tree("It runs .")])))
    tokens = ["A", "dog", "."]
    assert parser.parse([tokens]) == [[tree("A dog .")]]
    (both,) = parser.parse([["It", "runs", ".", "A", "dog", "."]])
    check(["It", "runs", ".", "A", "dog", "."], both)
    assert [t.head for t in both[0].tokens] == [0, 1, 2, 1, 4, 5]
    with pytest.raises(MorphaugError, match=r"no parse of 'A do g \.'.*divided into other words"):
        parser.parse([["A", "do", "g", "."]])
    assert parser.parse([[]]) == [[Sentence([])]]


def test_a_text_that_the_file_lacks_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "p.conllu", ("1", [tree("A dog .")]))
    with path.open("a") as out:
        out.write("1\ta\ta\tX\t_\t_\t1\tdep\t_\t_\n\n")
    parser = conllu_parser(path)
    with pytest.raises(MorphaugError) as caught:
        parser.parse(["A dog .", "A cat", "Away"])
    message = str(caught.value)
    assert "p.conllu: no parse of 'A cat' (and 1 more)" in message
    assert "1 of its sentences were refused, the first:" in message
    assert f"{path}:7: not a tree" in message
    assert parser.find("Ado g .") is None


def test_tiling_tries_the_following_sentence_first_and_can_turn_back(tmp_path: Path) -> None:
    path = write(
        tmp_path / "p.conllu",
        ("1", [tree("Yes .", "one")]),
        ("2", [tree("Yes .", "two"), tree("No .", "two")]),
        ("3", [tree("Yes . No", "three")]),
    )
    parser = conllu_parser(path)
    (parse,) = parser.parse(["Yes . No . No ."])
    check("Yes . No . No .", parse)
    assert [s.tokens[0].lemma for s in parser.parse(["Yes . No ."])[0]] == ["two", "two"]
    assert parser.find("Yes . No ?") is None


def test_documents_whose_limits_are_unknown_have_no_name(tmp_path: Path) -> None:
    path = tmp_path / "p.conllu"
    write(path, ("1", [tree("One .")]), ("2", [tree("Two .")]), ("3", [tree("Three .")]))
    path.write_text(path.read_text().replace("1\tTwo", "7\tTwo"))
    parser = conllu_parser(path)
    assert parser.document("1") is None
    assert parser.document("2") is None
    assert parser.document("3") == [tree("Three .")]
    assert parser.find("One .") == [tree("One .")]


def test_paths_of_supplied_parses(tmp_path: Path) -> None:
    with pytest.raises(MissingResource, match=r"none\.conllu: no such file"):
        resolve_parser(f"conllu:{tmp_path / 'none.conllu'}")
    with pytest.raises(MissingResource, match=r"no \*\.conllu file"):
        conllu_parser(tmp_path)
    write(tmp_path / "b.conllu", ("1", [tree("B .")]))
    write(tmp_path / "a.conllu", ("1", [tree("A .")]))
    folder = resolve_parser(f"conllu:{tmp_path}")
    assert folder.name == conllu_parser([tmp_path / "a.conllu", tmp_path / "b.conllu"]).name
    assert folder.name != conllu_parser(tmp_path / "a.conllu").name
    assert pickle.loads(pickle.dumps(folder)).parse(["B ."]) == [[tree("B .")]]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(tokenized(), st.lists(TEXT, min_size=1, max_size=4))
def test_exported_parses_come_back_equal(
    tmp_path: Path, case: tuple[str, list[list[Unit]]], tokens: list[str]
) -> None:
    text, sentences = case
    assume(all(encodable(t) == t for t in (text, *tokens)))  # half characters stand in no file
    mended = cover(text, (0, len(text)), sentences)
    analyses = [
        [Analysis("x", "X", {"A": "B"}, i, "dep" if i else "root") for i, _ in enumerate(s)] for s in mended
    ]
    parse = assemble(text, mended, analyses)
    given_tokens = pretokenised(tokens, [Analysis("x", "X", {}, i, "dep") for i, _ in enumerate(tokens)])
    for found, name, expected in ((text, "1#a\nb", parse), (tokens, "1#tokens", given_tokens)):
        path = tmp_path / "p.conllu"
        written = write_parses(path, [(name, expected)])
        assert written == sum(1 for block in read(path) if block.get("newdoc id") == " ".join(name.split()))
        assert conllu_parser(path).find(found) == expected
        assert written == any(s.tokens for s in expected)


def test_exports_appear_whole_or_not_at_all(tmp_path: Path) -> None:
    def items() -> Any:
        yield ("1", [tree("A .")])
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError):
        write_parses(tmp_path / "p.conllu", items())
    assert list(tmp_path.iterdir()) == []


def test_gold_treebank_fields_are_found(test_data: Path) -> None:
    path = test_data / "ud" / "en_pud-ud-test.conllu.xz"
    parser = conllu_parser(path)
    blocks = list(read(path))
    texts = [block.get("text") or "" for block in blocks]
    together = ["\n".join(texts[at : at + 3]) for at in range(1, 100, 3)]
    parses = parser.parse(texts + together)
    for text, parse in zip(texts + together, parses, strict=True):
        check(text, parse)
    assert parser.refused == []


# -- the door -----------------------------------------------------------------------------------------


def test_unknown_parsers_are_named() -> None:
    with pytest.raises(UnknownName, match="unknown parser 'stansa'; did you mean stanza"):
        resolve_parser("stansa")
    with pytest.raises(MorphaugError, match="names no file; write conllu:FILE"):
        resolve_parser("conllu:")
    with pytest.raises(MorphaugError, match="--model-dir is for stanza"):
        resolve_parser("spacy:x", Path())


def test_importing_parsing_imports_nothing_heavy() -> None:
    code = (
        "import sys; import morphaug.parsing\n"
        "print([m for m in ('torch', 'stanza', 'spacy', 'pyconll', 'numpy') if m in sys.modules])"
    )
    out = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[1],
    )
    assert out.stdout == "[]\n"
