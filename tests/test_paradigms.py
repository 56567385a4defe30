"""The compiled table: what goes in comes out, whatever the file looks like."""

from __future__ import annotations

import gzip
import lzma
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from morphaug.errors import MissingResource, MorphaugError
from morphaug.features import parse_bundle
from morphaug.paradigms import Counts, Paradigms, apply_edit, column_order, compile_tables, edit, read_table

FLAT = """talo\ttalo\tN;NOM;SG
talo\ttalossa\tN;IN+ESS;SG
talo\ttaloissa\tN;IN+ESS;PL
talo\ttalot\tN;NOM;PL
talo\ttalot\tN;ACC;PL
talo\ttalojen\tN;GEN;PL
talo\ttaloin\tN;GEN;PL
sanoa\tsanoo\tV;ACT;IND;PRS;3;SG;POS
sanoa\ten sano\tV;ACT;IND;PRS;1;SG;NEG
"""


def make(folder: Path, *texts: str, learn: bool = False) -> tuple[Paradigms, Counts]:
    tables = []
    for number, text in enumerate(texts):
        table = folder / f"table{number}.tsv"
        table.write_bytes(text.encode())
        tables.append(table)
    counts = compile_tables(tables, folder / "out", learn=learn)
    return Paradigms.open(folder / "out"), counts


def test_look_up(tmp_path: Path) -> None:
    table, counts = make(tmp_path, FLAT)
    assert table.forms("talo", "N;IN+ESS;SG") == ("talossa",)
    assert table.forms("talo", "N;IN+ESS(SG)") == ("talossa",)  # any dialect
    assert table.forms("talo", "N;GEN;PL") == ("talojen", "taloin")  # the table's order
    assert table.forms("talo", "N;IN+ABL;SG") == ()
    assert table.forms("tal", "N;NOM;SG") == ()
    assert table.forms("sanoa", "V;PRS;3;SG") == ("sanoo",)  # defaults need not be named
    assert table.forms("sanoa", "V;PRS;1;SG") == ()  # but NEG is no default
    assert table.analyses("talot") == (("talo", "N;ACC;PL"), ("talo", "N;NOM;PL"))
    assert table.analyses("talotta") == ()
    assert dict(table.paradigm("sanoa")) == {
        "V;ACT;IND;PRS;3;SG;POS": "sanoo",
        "V;ACT;IND;PRS;1;SG;NEG": "en sano",
    }
    assert table.paradigm("talo", "V") == ()
    assert (table.has("talo"), table.has("talo", "N"), table.has("talo", "V"), table.has("tal")) == (
        True, True, False, False)  # fmt: skip
    assert list(table.lemmas("V")) == ["sanoa"]
    assert table.attested("N") == {"N", "NOM", "IN+ESS", "ACC", "GEN", "SG", "PL"}
    assert {"V", "N", "NEG"} <= table.attested()
    assert (counts.rows, counts.lemmas, counts.variants, counts.multiword, counts.bundles) == (9, 2, 1, 1, 8)
    assert table.counts == counts
    assert sorted(table.cells()) == sorted(
        (lemma, bundle, form) for lemma in ("talo", "sanoa") for bundle, form in table.paradigm(lemma)
    )


def test_dialects_and_columns_merge(tmp_path: Path) -> None:
    layered = "talo\tN;IN+ESS(SG)\ttalossa\nkirja\tN;IN+ESS(SG)\tkirjassa\n"
    table, counts = make(tmp_path, FLAT, layered)
    assert table.forms("kirja", "N;IN+ESS;SG") == ("kirjassa",)
    assert table.forms("talo", "N;IN+ESS;SG") == ("talossa",)
    assert counts.duplicates == 1


def test_oddities_are_counted_and_located(tmp_path: Path) -> None:
    text = 'a\tb\tN;SG\r\n\r\nx\ty\n-nen\t-set\tN;PL\n\tb\tN;SG\nnull\tNA\tN;PL\n"q\tq"q\tN;SG\ntul\ttul mu?\tV;INTR\n'
    table, counts = make(tmp_path, text)
    assert (counts.blank, counts.crlf, counts.malformed, counts.templates) == (1, 2, 2, 1)
    assert counts.examples["malformed"] == ["table0.tsv:3", "table0.tsv:5"]
    assert table.forms("null", "N;PL") == ("NA",)
    assert table.forms('"q', "N;SG") == ('q"q',)
    assert table.forms("tul", "V;INTR") == ("tul mu",)
    assert not table.has("-nen")


def test_broken_utf8_and_marks(tmp_path: Path) -> None:
    table = tmp_path / "t"
    table.write_bytes(b"\xef\xbb\xbfa\tb\tN;SG\n\xff\xfe\tx\tN;SG\n" + "pöllö\tpöllön\tN;GEN\n".encode())
    counts = compile_tables([table], tmp_path / "out", learn=False)
    opened = Paradigms.open(tmp_path / "out")
    assert counts.malformed == 1
    assert opened.forms("a", "N;SG") == ("b",)
    assert opened.forms("po\u0308llo\u0308", "N;GEN") == ("pöllön",)  # decomposed input


@pytest.mark.parametrize("suffix", ["", ".xz", ".gz"])
def test_compression_is_transparent(tmp_path: Path, suffix: str) -> None:
    table = tmp_path / f"t.tsv{suffix}"
    pack = {"": bytes, ".xz": lzma.compress, ".gz": gzip.compress}[suffix]
    table.write_bytes(pack(FLAT.encode()))
    assert len(list(read_table(table, Counts()))) == 9


def test_same_input_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text(FLAT)
    program = (
        "import sys; from pathlib import Path; from morphaug.paradigms import compile_tables;"
        "compile_tables([Path(sys.argv[1])], Path(sys.argv[2]))"
    )
    for seed in ("1", "2"):
        subprocess.run(
            [sys.executable, "-c", program, str(tmp_path / "t.tsv"), str(tmp_path / seed)],
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
    names = sorted(file.name for file in (tmp_path / "1").iterdir())
    assert names == sorted(file.name for file in (tmp_path / "2").iterdir())
    for name in names:
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()


def test_compiling_again_replaces(tmp_path: Path) -> None:
    old, _ = make(tmp_path, FLAT)
    new, _ = make(tmp_path, "kala\tkalat\tN;NOM;PL\n")
    assert old.forms("talo", "N;NOM;PL") == ("talot",)  # still mapped
    assert new.forms("talo", "N;NOM;PL") == ()
    assert old.digest != new.digest
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "table0.tsv"]


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "t").write_text("just\ttext\nand\tmore\n")
    with pytest.raises(MorphaugError, match="not a UniMorph table"):
        compile_tables([tmp_path / "t"], tmp_path / "out")
    with pytest.raises(MorphaugError, match="no-such-file"):
        compile_tables([tmp_path / "no-such-file"], tmp_path / "out")
    with pytest.raises(MorphaugError, match="no rows"):
        compile_tables([], tmp_path / "out")
    (tmp_path / "t.xz").write_bytes(lzma.compress(FLAT.encode())[:60])
    with pytest.raises(MorphaugError, match="cannot be read"):
        compile_tables([tmp_path / "t.xz"], tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t", "t.xz"]


def test_opening_what_is_not_there_or_broken(tmp_path: Path) -> None:
    with pytest.raises(MissingResource):
        Paradigms.open(tmp_path / "none")
    make(tmp_path, FLAT)
    (tmp_path / "out" / "cells.marisa").write_bytes(b"no trie")
    with pytest.raises(MorphaugError, match="damaged"):
        Paradigms.open(tmp_path / "out")
    (tmp_path / "out" / "paradigms.json").write_text('{"format": 0}')
    with pytest.raises(MorphaugError, match="another version"):
        Paradigms.open(tmp_path / "out")


def test_tags_of_one_language_can_be_reread(tmp_path: Path) -> None:
    (tmp_path / "t").write_text("x\ty\tV;SG;LGSPEC1;PST\nx\tz\tV;LGSPEC10;SG\n")
    readings = {"SG;LGSPEC1": "3;SG;BANTU1", "LGSPEC10": "NARR"}
    compile_tables([tmp_path / "t"], tmp_path / "out", readings=readings, learn=False)
    table = Paradigms.open(tmp_path / "out")
    assert table.forms("x", "V;PST;3;SG;BANTU1") == ("y",)
    assert table.forms("x", "V;NARR;SG") == ("z",)
    compile_tables([tmp_path / "t"], tmp_path / "plain", learn=False)
    assert Paradigms.open(tmp_path / "plain").digest != table.digest


def test_syncretism_is_learned(tmp_path: Path) -> None:
    rows = []
    for number in range(20):
        word = f"{'bdgkl'[number % 5]}{'aeiou'[number % 4]}{'mnprs'[number % 3]}{number:b}".replace("0", "o")
        word = word.replace("1", "i")
        rows += [f"{word}\t{word}t\tN;NOM;PL", f"{word}\t{word}t\tN;ACC;PL", f"{word}\t{word}n\tN;GEN;SG"]
    rows.append("yksi\tyhdet\tN;NOM;PL")
    table, _ = make(tmp_path, "\n".join(rows))
    (found,) = table.syncretic("N;ACC;PL")
    assert (found.bundle, found.share) == ("N;NOM;PL", 1.0)
    assert found.support >= 8
    assert table.syncretic("N;GEN;SG") == ()


def test_nearest_shares_the_most(tmp_path: Path) -> None:
    table, _ = make(tmp_path, FLAT)
    assert table.nearest("talo", "N;IN+ESS;SG;PSS1S") == ("N;IN+ESS;SG", ("talossa",))
    assert table.nearest("talo", "V;PST") is None
    assert table.nearest("kala", "N;NOM;SG") is None


@given(st.text(max_size=12), st.text(max_size=14))
def test_edits_lead_back(source: str, target: str) -> None:
    assert apply_edit(source, edit(source, target)) == target


WORD = st.text(alphabet="abcdäöışğ çка", min_size=1, max_size=9).map(str.strip).filter(bool)
BUNDLE = st.sampled_from(["N;NOM;SG", "N;NOM;PL", "N;GEN(PL)", "V;PST;NOM(3,SG)", "ADJ;SG"])


@given(st.lists(st.tuples(WORD, WORD, BUNDLE), min_size=1, max_size=25))
def test_every_row_is_found_both_ways(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("rows")
    table, _ = make(folder, "".join(f"{lemma}\t{form}\t{bundle}\n" for lemma, form, bundle in rows))
    for lemma, form, bundle in rows:
        assert form in table.forms(lemma, bundle)
        assert (lemma, parse_bundle(bundle)) in table.analyses(form)
        assert (parse_bundle(bundle), form) in table.paradigm(lemma)
    expected = {(lemma, parse_bundle(bundle), form) for lemma, form, bundle in rows}
    assert set(table.cells()) == expected
    assert table.counts.rows == len(expected)


@pytest.mark.parametrize(
    ("file", "order"),
    [("2018/finnish-dev.xz", (0, 1, 2)), ("2020/deu.dev.xz", (0, 1, 2)), ("2023/tur.dev.xz", (0, 2, 1))],
)
def test_real_tables_go_in_whole(
    test_data: Path, tmp_path: Path, file: str, order: tuple[int, int, int]
) -> None:
    path = test_data / "sigmorphon" / file
    assert column_order(path) == order
    counts = compile_tables([path], tmp_path / "out", learn=False)
    table = Paradigms.open(tmp_path / "out")
    assert counts.malformed == 0
    for lemma, form, bundle in read_table(path, Counts()):
        assert form in table.forms(lemma, bundle)
        assert (lemma, bundle) in table.analyses(form)
