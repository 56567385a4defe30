"""Bundles: three dialects, one canonical form; UD to UniMorph in the terms of a table."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from morphaug.features import (
    DIMENSION,
    ORDER,
    cells_of,
    core_of,
    dimension,
    features_of,
    from_unimorph,
    join,
    parse_bundle,
    pos_of,
    to_unimorph,
)
from morphaug.paradigms import Counts, read_table


@pytest.mark.parametrize(
    ("texts", "canonical"),
    [
        (["N;IN+ABL;SG", "N;IN+ABL(SG)", "N;SG;IN+ABL"], "N;IN+ABL;SG"),
        (
            ["V;ACT;PRS;NEG;COND;1;PL", "V;COND;PL;1;NEG;PRS;ACT", "V;ACT;PRS;NEG;COND;NOM(1,PL)"],
            "V;ACT;COND;PRS;1;PL;NEG",
        ),
        (["N;DAT;SG;PSS3P", "N;DAT(SG;PSS(3,PL))", "N;SG;PSS(3,PL);DAT"], "N;DAT;SG;PSS3P"),
        (["N;PSS(3)", "N;PSS3"], "N;PSS3"),
        (["V;SG;3;PRS", "V;PRS;NOM(3,SG)", "V;3;SG;PRES", " v;3;sg;prs "], "V;PRS;3;SG"),
        (["V;V.PTCP;PRS", "V.PTCP;PRS"], "V.PTCP;PRS"),
        (["ADJ;GEADJ;PL", "ADJ;GEN(PL)"], "ADJ;GEN;PL"),
        (["N;LGSPEC1;1P;SG;PST", "N;SG;PST;LGSPEC1;NOM(1,PL)"], "N;PST;SG;ARGNO1P;LGSPEC1"),
        (["V;IND;NOM(3,SG,BANTU1);PRIM(3,SG,BANTU3)"], "V;IND;3;SG;BANTU1;ARGAC3SBANTU3"),
        (["V;NOM(BANTU15);PRIM(RFLX);PROG"], "V;PROG;BANTU15;ARGACRFLX"),
        (["V;ERG(3,SG);ABS(1,PL)", "V;ARGERG3S;ARGABS1P", "V;ARGER3S;ARGAB1P"], "V;ARGAB1P;ARGER3S"),
        (["V;NFIN;ACT+PASS", "V;NFIN"], "V;NFIN"),
        (["N;INST;SG", "N;INS(SG)"], "N;INS;SG"),
        (["V;IND;INDF3;SG"], "V;IND;3;SG;INDF"),
        (["", "  ", ";;"], ""),
    ],
)
def test_dialects_meet(texts: list[str], canonical: str) -> None:
    assert {parse_bundle(text) for text in texts} == {canonical}


def test_a_tag_with_alternatives_is_several_cells() -> None:
    assert cells_of("V;PRS;{1/3};SG") == ("V;PRS;1;SG", "V;PRS;3;SG")
    assert cells_of("V;PST;NOM(1/3,SG)") == ("V;PST;1;SG", "V;PST;3;SG")
    assert cells_of("N;SG") == ("N;SG",)


@pytest.mark.parametrize("text", [")(", "N;(SG", "N;SG)", "V;NOM(1,SG", "N;A(B)C", "((;"])
def test_damaged_brackets_are_read_as_flat(text: str) -> None:
    bundle = parse_bundle(text)
    assert "(" not in bundle
    assert ")" not in bundle


FEATURES = st.sampled_from([name for name in DIMENSION if dimension(name) != "pos"])


@given(st.sampled_from(["N", "V", "ADJ", "V.PTCP"]), st.sets(FEATURES, max_size=6), st.randoms())
def test_order_of_writing_does_not_matter(pos: str, features: set[str], random: object) -> None:
    names = [pos, *features]
    bundle = parse_bundle(";".join(names))
    random.shuffle(names)  # type: ignore[attr-defined]
    assert parse_bundle(";".join(names)) == bundle
    assert parse_bundle(bundle) == bundle
    assert pos_of(bundle) == pos
    assert join(features_of(bundle)) == bundle
    ranks = [ORDER.index(dimension(feature)) for feature in bundle.split(";")]
    assert ranks == sorted(ranks)


@given(st.text(alphabet="NVSGPL123(),;/+ {}accx", max_size=30))
@example("1() 1")  # a bracket that does not end its feature
@example("N,N,V")  # a part of speech twice
@example("1(N);V")  # a part of speech in brackets
@example("1P(1)")  # a name that is respelled, with brackets
def test_any_text_is_read_and_stays_as_read(text: str) -> None:
    for bundle in cells_of(text):
        assert parse_bundle(bundle) == bundle


FINNISH = features_of("N;SG;PL;NOM;GEN;PRT;IN+ESS;IN+ABL;IN+ALL;AT+ESS;AT+ABL;AT+ALL;FRML;TRANS;COM;INS;PSS3")
TURKISH = features_of("N;SG;PL;NOM;GEN;ACC;DAT;LOC;ABL;PSS1S;PSS3S;PSS3P")
GERMAN = features_of("V;IND;SBJV;IMP;PRS;PST;1;2;3;SG;PL;NFIN")


@pytest.mark.parametrize(
    ("upos", "feats", "attested", "bundle"),
    [
        ("NOUN", {"Case": "Ela", "Number": "Sing"}, FINNISH, "N;IN+ABL;SG"),
        ("NOUN", {"Case": "Ess"}, FINNISH, "N;FRML"),
        ("NOUN", {"Case": "Abl"}, FINNISH, "N;AT+ABL"),
        ("NOUN", {"Case": "Abl", "Number": "Plur"}, TURKISH, "N;ABL;PL"),
        ("NOUN", {"Case": "Loc"}, TURKISH, "N;LOC"),
        ("NOUN", {"Case": "Loc"}, FINNISH, "N;IN+ESS"),
        ("NOUN", {"Number[psor]": "Plur", "Person[psor]": "3", "Person": "3"}, TURKISH, "N;PSS3P"),
        ("NOUN", {"Number[psor]": "Plur", "Person[psor]": "3"}, FINNISH, "N;PSS3"),
        ("PROPN", {"Gender": "Neut", "Number": "Sing"}, TURKISH, "N;SG"),
        ("VERB", {"Tense": "Past", "Person": "3", "Number": "Sing", "Polarity": "Neg"}, GERMAN, "V;PST;3;SG"),
        ("VERB", {"Mood": "Sub", "VerbForm": "Fin"}, GERMAN, "V;SBJV"),
        ("VERB", {"VerbForm": "Inf"}, GERMAN, "V;NFIN"),
        ("VERB", {"VerbForm": "Part", "Tense": "Past"}, frozenset(), "V.PTCP;PST"),
        ("VERB", {"Tense": "Imp"}, frozenset({"PST", "IPFV"}), "V;PST;IPFV"),
        ("VERB", {"Tense": "Imp"}, frozenset({"PST"}), "V;PST"),
        ("VERB", {"NounClass": "Bantu9", "ObjNounClass": "Bantu7", "Number[obj]": "Sing", "Person[obj]": "3"},
         frozenset(), "V;BANTU9;ARGAC3SBANTU7"),
        ("ADJ", {"Degree": "Cmp", "Nonsense": "Yes"}, frozenset(), "ADJ;CMPR"),
    ],
)  # fmt: skip
def test_the_table_decides_what_ud_means(
    upos: str, feats: dict[str, str], attested: frozenset[str], bundle: str
) -> None:
    assert to_unimorph(upos, feats, attested) == bundle


@pytest.mark.parametrize(
    ("bundle", "upos", "feats"),
    [
        ("N;IN+ABL;SG", "NOUN", {"Case": "Ela", "Number": "Sing"}),
        (
            "N;LOC;PL;PSS1S",
            "NOUN",
            {"Case": "Loc", "Number": "Plur", "Number[psor]": "Sing", "Person[psor]": "1"},
        ),
        ("V.PTCP;PST", "VERB", {"Tense": "Past", "VerbForm": "Part"}),
        ("V;NFIN", "VERB", {"VerbForm": "Inf"}),
        ("ADJ;SPRL", "ADJ", {"Degree": "Sup"}),
    ],
)
def test_bundles_read_as_ud(bundle: str, upos: str, feats: dict[str, str]) -> None:
    assert from_unimorph(bundle) == (upos, feats)
    assert to_unimorph(upos, feats, features_of(bundle)) == bundle


def _cells(paths: list[Path]) -> dict[tuple[str, frozenset[str]], set[str]]:
    cells: dict[tuple[str, frozenset[str]], set[str]] = {}
    for path in paths:
        for lemma, form, bundle in read_table(path, Counts()):
            cells.setdefault((lemma, core_of(bundle)), set()).add(form)
    return cells


@pytest.mark.parametrize(
    ("files", "least_shared"),
    [
        (["2018/finnish-train-high.xz", "2020/fin.trn.xz", "2023/fin.trn.xz"], 1),
        (["2018/german-train-high.xz", "2020/deu.trn.xz", "2023/deu.trn.xz"], 100),
        (["2018/turkish-train-high.xz", "2023/tur.trn.xz"], 100),
        (["2020/eng.trn.xz", "2023/eng.trn.xz"], 1000),
    ],
)
def test_years_agree_on_shared_cells(test_data: Path, files: list[str], least_shared: int) -> None:
    tables = [_cells([test_data / "sigmorphon" / file]) for file in files]
    for one, other in combinations(tables, 2):
        shared = [cell for cell in one if cell in other]
        assert len(shared) >= least_shared
        assert sum(bool(one[cell] & other[cell]) for cell in shared) >= 0.96 * len(shared)
    for number, one in enumerate(tables):  # and no year has a dialect of its own
        others = {core for table in tables[:number] + tables[number + 1 :] for _, core in table}
        rows = [core for _, core in one]
        assert sum(core in others for core in rows) >= 0.45 * len(rows)
