"""CoNLL-U: nothing of a file is lost, trees come out with their text, broken files are named."""

from __future__ import annotations

import io
import lzma
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from morphaug.conllu import (
    from_pyconll,
    parse_feats,
    read,
    read_sentences,
    share_letters,
    to_pyconll,
    write,
    write_sentence,
)
from morphaug.errors import MorphaugError
from morphaug.packed import open_binary
from morphaug.trees import Sentence, Token, feats_text


def rows(*words: str) -> str:
    """Lines of ten columns from "1 The the DET _ _ 2 det _ _" (spaces for tabs)."""
    return "".join(["\t".join(word.split(" ")) + "\n" for word in words]) + "\n"


CANNOT = "# sent_id = a1\n# text = We cannot, can we?\n# note\n" + rows(
    "1 We we PRON PRP Case=Nom 2 nsubj 2:nsubj _",
    "2-3 cannot _ _ _ _ _ _ _ SpaceAfter=No",
    "2 can can AUX MD VerbForm=Fin 0 root 0:root _",
    "3 not not PART RB _ 2 advmod 2:advmod _",
    "3.1 go go VERB _ _ _ _ 2:dep _",
    "4 , , PUNCT , _ 5 punct _ _",
    "5 can can AUX MD _ 2 parataxis _ Cxn=a=b",
    "6 we we PRON PRP _ 5 nsubj _ SpaceAfter=No",
    "7 ? ? PUNCT . _ 2 punct _ _",
)


def only(text: str, *, joined: bool = False) -> Sentence:
    (block,) = read(text)
    return block.sentence(joined=joined)


def test_a_sentence_has_its_text_words_ids_and_the_rest() -> None:
    sentence = only(CANNOT)
    assert sentence.text() == "We cannot, can we?"
    assert [t.form for t in sentence.tokens] == ["We", "can", "not", ",", "can", "we", "?"]
    assert [t.src for t in sentence.tokens] == [(i,) for i in range(1, 8)]
    assert sentence.id == "a1"
    assert sentence.comments == ("# note",)
    assert sentence.tokens[0] == Token(1, "We", "we", "PRON", {"Case": "Nom"}, 2, "nsubj", " ", (1,))
    assert sentence.tail == ""
    assert only(CANNOT, joined=True).text() == "We cannot, can we? "


def test_the_block_keeps_what_the_tree_does_not() -> None:
    (block,) = read(CANNOT)
    assert block.get("sent_id") == "a1"
    assert block.get("note") == ""
    assert block.get("absent") is None
    assert len(block.words()) == 7
    assert block.words()[4][9] == "Cxn=a=b"
    assert block.conllu() == CANNOT


@pytest.mark.parametrize(
    "text",
    [
        CANNOT,
        CANNOT + CANNOT,
        CANNOT.replace("\n", "\r\n"),
        CANNOT.replace("\n", "\r\n", 3),
        "\ufeff" + CANNOT,
        "\n \n" + CANNOT + "\n\n",
        CANNOT.rstrip("\n"),
        CANNOT + "# only a comment",
        "# only a comment\n\n" + CANNOT,
        CANNOT.replace("We", "We\u2028"),
        "",
    ],
)
def test_a_text_read_and_written_is_the_same(text: str) -> None:
    out = io.StringIO(newline="")
    write(read(text), out)
    assert out.getvalue() == text
    assert "".join(block.conllu() for block in read(io.BytesIO(text.encode()))) == text


@given(st.text(alphabet="a1\t\n\r # =_\u2028é", max_size=60))
def test_any_text_is_read_back_whole_or_refused(text: str) -> None:
    errors: list[MorphaugError] = []
    blocks = list(read("# x\n" + text, on_error=errors.append))
    assert all(str(error).startswith("<text>:") for error in errors)
    assert errors or "".join(block.conllu() for block in blocks) == "# x\n" + text


def test_treebanks_come_out_byte_for_byte_and_tree_for_tree(test_data: Path) -> None:
    files = sorted((test_data / "ud").glob("*.conllu.xz"))
    assert files
    trees = 0
    for path in files:
        with open_binary(path) as stream:
            raw = stream.read().decode()
        assert "".join([block.conllu() for block in read(path)]) == raw, path.name
        errors: list[MorphaugError] = []
        for _, sentence in read_sentences(raw, on_error=errors.append, joined=True):
            assert only(write_sentence(sentence, joined=True, provenance=False), joined=True) == sentence
            trees += 1
        # Only the unfinished Swahili annotation has words without heads, and nothing else is refused.
        assert not errors or path.name.startswith("sw_opusgv")
        assert all("has no head" in str(e) or "not a tree" in str(e) for e in errors)
    assert trees > 20000


def test_white_space_comes_from_misc_and_text() -> None:
    def text(comment: str, first: str) -> str:
        return only(
            f"# text = {comment}\n" + rows(f"1 a a X _ _ 0 root _ {first}", "2 b b X _ _ 1 dep _ _")
        ).text()

    assert text("a b", "_") == "a b"
    assert text("ab", "SpaceAfter=No") == "ab"
    assert text("a\u00a0b", "_") == "a\u00a0b"
    assert text("a  b", "_") == "a  b"
    assert text("ab", "_") == "ab"
    assert text("a b", "SpaceAfter=No") == "a b"
    assert text("a b", r"SpacesAfter=\s\n") == "a \nb"
    assert text("a b", r"SpacesAfter=\u00A0") == "a\u00a0b"
    assert text("a b", "SpaceAfter=Yes") == "a b"


def test_white_space_without_a_text_comment() -> None:
    sentence = only(
        rows(r"1 a a X _ _ 0 root _ SpacesBefore=\t|SpaceAfter=No", r"2 b b X _ _ 1 dep _ SpacesAfter=\r\n"),
        joined=True,
    )
    assert (sentence.lead, sentence.text(), sentence.tail) == ("\t", "\tab\r\n", "\r\n")


def test_a_word_with_a_space_takes_the_text_s_own() -> None:
    block = "# text = 10\u00a0000 x\n1\t10 000\t10000\tNUM\t_\t_\t2\tnummod\t_\t_\n2\tx\tx\tX\t_\t_\t0\troot\t_\t_\n\n"
    assert only(block).tokens[0].form == "10\u00a0000"


@pytest.mark.parametrize(
    ("surface", "forms", "shared"),
    [
        ("didn't", ["did", "n't"], ["did", "n't"]),
        ("CANNOT", ["can", "not"], ["CAN", "NOT"]),
        ("zum", ["zu", "dem"], ["zum", ""]),
        ("liralık", ["_", "liralık"], ["", "liralık"]),
        ("__", ["_", "_"], ["_", "_"]),
    ],
)
def test_letters_of_contractions(surface: str, forms: list[str], shared: list[str]) -> None:
    assert share_letters(surface, forms) == shared


@given(st.text(max_size=8), st.lists(st.text(max_size=4), min_size=1, max_size=4))
def test_shared_letters_always_spell_the_surface(surface: str, forms: list[str]) -> None:
    parts = share_letters(surface, forms)
    assert "".join(parts) == surface
    assert len(parts) == len(forms)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (rows("1 a a X _ _ 0 root _"), "<text>:1: 9 columns"),
        (
            "# c\n" + rows("1 a a X _ _ 0 root _ _") + rows("x a a X _ _ 0 root _ _"),
            "<text>:4: 'x' is not a CoNLL-U id",
        ),
        (rows("2 a a X _ _ 0 root _ _"), "<text>:1: word id 2 where 1 is due"),
        (rows("1 a a X _ _ 0 root _ _", "1 a a X _ _ 1 dep _ _"), "<text>:2: word id 1 where 2"),
        (rows("1 a a X _ _ 0 root _ _", "1-2 ab _ _ _ _ _ _ _ _"), "<text>:2: range 1-2"),
        (rows("1-2 ab _ _ _ _ _ _ _ _", "1 ab a X _ _ 0 root _ _"), "a range ends at word 2"),
        (rows("1 a a X _ _ _ _ _ _"), "<text>:1: word 1 has no head"),
        (rows("1 a a X _ _ x root _ _"), "<text>:1: word 1 has head 'x'"),
        (rows("1 a a X _ _ -1 root _ _"), "<text>:1: word 1 has head '-1'"),
        (rows("1 a a X _ _ " + "9" * 5000 + " root _ _"), "which is not a word id"),
        (rows("1 a a X _ _ 0 root _ _", "2 b b X _ _ 7 dep _ _"), "<text>:2: not a tree: word 2 has head 7"),
        (
            rows("1 a a X _ _ 0 root _ _", "2 b b X _ _ 3 d _ _", "3 c c X _ _ 2 d _ _"),
            "<text>:2: not a tree: word 2 is",
        ),
        (rows("1 a a X _ _ 0 root _ _", "2 b b X _ _ 0 root _ _"), "<text>:1: not a tree: 2 roots"),
        (
            "# text = a c\n" + rows("1 a a X _ _ 0 root _ _", "2 b b X _ _ 1 dep _ _"),
            "<text>:3: the words do not spell",
        ),
        (
            "# text = a b c\n" + rows("1 a a X _ _ 0 root _ _", "2 b b X _ _ 1 dep _ _"),
            "do not spell '# text'",
        ),
        ("1\ta\n# no\n", "<text>:1: 2 columns"),
        (rows("1 a a X _ _ 0 root _ _")[:-1] + "# late\n", "<text>:2: a comment between the words"),
    ],
)
def test_broken_sentences_are_named_or_counted(text: str, message: str) -> None:
    with pytest.raises(MorphaugError) as caught:
        list(read_sentences(text))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    errors: list[MorphaugError] = []
    good = [s.id for _, s in read_sentences(CANNOT + text + "\n\n" + CANNOT, on_error=errors.append)]
    assert good[0] == good[-1] == "a1"
    assert len(errors) == 1


def test_broken_bytes_name_the_line(tmp_path: Path) -> None:
    path = tmp_path / "x.conllu"
    path.write_bytes(CANNOT.encode() + b"1\t\xff\t_\t_\t_\t_\t0\troot\t_\t_\n\n")
    with pytest.raises(MorphaugError, match=r"x\.conllu:14: not UTF-8 \(byte 0xff\)"):
        list(read(path))
    errors: list[MorphaugError] = []
    assert len(list(read(path, on_error=errors.append))) == 1
    assert len(errors) == 1


def test_packed_files_and_files_that_are_none(tmp_path: Path) -> None:
    packed = tmp_path / "x.conllu.xz"
    packed.write_bytes(lzma.compress(CANNOT.encode()))
    assert [b.conllu() for b in read(packed)] == [CANNOT]
    with open_binary(packed) as stream:
        assert stream.read().decode() == CANNOT
    packed.write_bytes(lzma.compress(CANNOT.encode())[:-20])
    with pytest.raises(MorphaugError, match=r"x\.conllu\.xz: cannot be read"):
        list(read(packed))
    with pytest.raises(MorphaugError, match=r"no\.conllu: cannot be read: No such file"):
        list(read(tmp_path / "no.conllu"))
    with pytest.raises(MorphaugError, match=r"as a pathlib\.Path"):
        list(read("train.conllu"))


def test_a_generated_tree_says_where_its_words_come_from() -> None:
    sentence = Sentence(
        [
            Token(2, "kirjassa", "kirja", "NOUN", {"Number": "Sing", "Case": "Ine"}, 0, "root", "", (2, 1), ("case", "lexicalise"), "table", "fin"),
            Token(9, "ko", "ko", "PART", {}, 2, "advmod", "", ()),
        ],
        lead=" ",
        tail="\n",
        id="a1",
        comments=("# newpar",),
    )  # fmt: skip
    assert write_sentence(sentence) == (
        "# newpar\n# sent_id = a1\n# text = kirjassako\n"
        "1\tkirjassa\tkirja\tNOUN\t_\tCase=Ine|Number=Sing\t0\troot\t_\t"
        "How=table|Lang=fin|Rules=case,lexicalise|SpaceAfter=No|Src=2,1\n"
        "2\tko\tko\tPART\t_\t_\t1\tadvmod\t_\t_\n\n"
    )
    plain = write_sentence(sentence, joined=True, provenance=False)
    assert only(plain, joined=True).text() == " kirjassako\n"


def test_trees_that_cannot_be_written() -> None:
    with pytest.raises(MorphaugError, match="without words"):
        write_sentence(Sentence([], lead="x"))
    with pytest.raises(MorphaugError, match="word 1 has head 5"):
        write_sentence(Sentence([Token(1, "a", "a", "X", {}, 5, "dep", "")]))


SPACE = st.sampled_from(["", " ", " ", "  ", "\n", "\r\n", "\t", "\u00a0", " \v", "\u2028"])
FORM = st.one_of(
    st.sampled_from(["", "_", "a", "don't", "#", "|", "\\n", "👩‍👩‍👧", "é", "e\u0301", "10 000", "1-2", "="]),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5),
)


@st.composite
def sentences(draw: st.DrawFn) -> Sentence:
    forms = draw(st.lists(FORM, min_size=1, max_size=6))
    root = draw(st.integers(1, len(forms)))
    tokens = []
    for at, form in enumerate(forms, 1):
        if not form and len(forms) == at == 1:
            form = "x"
        space = draw(SPACE) if at < len(forms) else ""
        tokens.append(
            Token(at, form, form or "lemma", "X", {}, 0 if at == root else root, "dep", space, (at,))
        )
    return Sentence(tokens, draw(SPACE), draw(SPACE), draw(st.sampled_from(["", "s1"])))


@given(sentences())
def test_any_sentence_is_read_back_with_its_text(sentence: Sentence) -> None:
    text = write_sentence(sentence, joined=True)
    (block,) = read(text)
    back = block.sentence(joined=True)
    assert back.text() == sentence.text()
    assert [t.form for t in back.tokens] == [t.form for t in sentence.tokens]
    assert [t.head for t in back.tokens] == [t.head for t in sentence.tokens]
    assert (back.lead, back.tail, back.id) == (sentence.lead, sentence.tail, sentence.id)
    assert all(line.count("\t") == 9 for line in text.split("\n") if line and not line.startswith("# "))


@given(st.dictionaries(st.sampled_from(["Case", "Number", "Person", "abbr"]), st.sampled_from(["A", "B,C"])))
def test_features_survive(feats: dict[str, str]) -> None:
    assert parse_feats(feats_text(feats)) == feats


def test_pyconll_sentences_in_and_out() -> None:
    unit_module = pytest.importorskip("pyconll.unit.sentence", reason="pyconll is not installed")
    unit = unit_module.Sentence(CANNOT.rstrip("\n"))
    sentence = from_pyconll(unit)
    assert sentence == only(CANNOT)
    back = to_pyconll(sentence)
    assert back.text == "We cannot, can we?"
    assert back["3"].misc["Src"] == {"3"}
    assert from_pyconll(back) == sentence
