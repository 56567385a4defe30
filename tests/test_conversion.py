"""UD features to bundles: rules, what a treebank teaches, and that no form is ever looked at."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from morphaug.conversion import Conversion, Word, learn, listed, words
from morphaug.conversion_files import convert_file
from morphaug.errors import MorphaugError
from morphaug.features import WITHOUT_COUNTERPART, pos_for, readings, wanted
from morphaug.paradigms import Paradigms, compile_tables
from morphaug.resources import compiled_folder

CASES = {"NOM": ("Nom", ""), "GEN": ("Gen", "n"), "IN+ESS": ("Ine", "ssa"), "PRT": ("Par", "ta")}
NUMBERS = {"SG": ("Sing", ""), "PL": ("Plur", "i")}
PERSONS = {"1;SG": ("1", "Sing", "m"), "2;SG": ("2", "Sing", "t"), "3;SG": ("3", "Sing", "o")}
NOUNS = ("kala", "tupa", "saku", "repo", "miro", "hela", "vuna", "tolu")
VERBS = ("sano", "luke", "pala", "kaiva", "noutu")


def noun(lemma: str, case: str, number: str) -> str:
    return lemma + NUMBERS[number][1] + CASES[case][1]


def verb(lemma: str, agreement: str, tense: str) -> str:
    return lemma + ("si" if tense == "PST" else "") + PERSONS[agreement][2]


@pytest.fixture(scope="module")
def paradigms(tmp_path_factory: pytest.TempPathFactory) -> Paradigms:
    """An invented language whose table calls the past PST and has an infinitive spelt like the lemma."""
    folder = tmp_path_factory.mktemp("invented")
    rows = [
        f"{n}\t{noun(n, case, number)}\tN;{case};{number}"
        for n in NOUNS
        for case in CASES
        for number in NUMBERS
    ]
    rows += [f"{v}\t{verb(v, a, t)}\tV;IND;{t};{a}" for v in VERBS for a in PERSONS for t in ("PRS", "PST")]
    rows += [f"{v}\t{v}\tV;NFIN" for v in VERBS]
    (folder / "table.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    compile_tables([folder / "table.tsv"], folder / "compiled", learn=False)
    return Paradigms.open(folder / "compiled")


def treebank() -> list[Word]:
    """Its treebank: the infinitive is called an indicative, and the past is called remote."""
    out = [
        Word(noun(lemma, case, number), lemma, "NOUN", {"Case": CASES[case][0], "Number": NUMBERS[number][0]})
        for lemma in NOUNS[:5]
        for case in CASES
        for number in NUMBERS
        if (case, number) != ("PRT", "PL")
    ]
    for lemma in VERBS[:4]:
        for agreement, (person, number, _) in PERSONS.items():
            for tense, value in (("PRS", "Pres"), ("PST", "Rem")):
                if (agreement, tense) != ("2;SG", "PST"):
                    feats = {"Person": person, "Number": number, "Tense": value}
                    out.append(Word(verb(lemma, agreement, tense), lemma, "VERB", feats))
        out.append(Word(lemma, lemma, "VERB", {"Mood": "Ind"}))
    return out


@pytest.fixture(scope="module")
def learned(paradigms: Paradigms) -> Conversion:
    return learn(treebank(), paradigms)


def test_rules_fill_up_what_features_leave_open(paradigms: Paradigms) -> None:
    rules = Conversion.rules(paradigms)
    assert rules.convert("NOUN", {"Case": "Ine", "Number": "Plur"}) == "N;IN+ESS;PL"
    assert rules.convert("NOUN", {"Case": "Gen"}) == "N;GEN;SG"
    assert rules.convert("NOUN", {}) == "N;NOM;SG"  # the citation forms
    assert rules.convert("VERB", {}) == "V;NFIN"
    assert rules.convert("VERB", {"Tense": "Past", "Person": "1", "Number": "Sing"}) == "V;IND;PST;1;SG"
    assert rules.learned_from == 0


def test_a_language_without_a_table_gets_what_the_rules_ask_for() -> None:
    nothing = Conversion.rules(None)
    assert nothing.convert("NOUN", {"Case": "Ela", "Number": "Sing"}) == "N;IN+ABL;SG"
    assert nothing.ranked("NOUN", {"Case": "Ela"}) == [("N;IN+ABL", 1.0)]


def test_a_treebank_teaches_its_own_conventions(paradigms: Paradigms, learned: Conversion) -> None:
    rules = Conversion.rules(paradigms)
    past = {"Person": "3", "Number": "Sing", "Tense": "Rem"}
    assert rules.convert("VERB", {"Mood": "Ind"}) != "V;NFIN"
    assert rules.convert("VERB", past) != "V;IND;PST;3;SG"
    assert learned.convert("VERB", {"Mood": "Ind"}) == "V;NFIN"
    assert learned.convert("VERB", past) == "V;IND;PST;3;SG"
    assert learned.learned_from == len(treebank())


def test_unseen_combinations_are_composed(learned: Conversion) -> None:
    assert learned.convert("NOUN", {"Case": "Par", "Number": "Plur"}) == "N;PRT;PL"
    assert learned.convert("VERB", {"Person": "2", "Number": "Sing", "Tense": "Rem"}) == "V;IND;PST;2;SG"
    assert (
        learned.convert("VERB", {"Person": "3", "Number": "Sing", "Tense": "Rem", "Odd": "Yes"})
        == "V;IND;PST;3;SG"
    )


def test_every_kind_of_word_of_the_treebank_gets_the_bundle_of_its_form(
    paradigms: Paradigms, learned: Conversion
) -> None:
    for word in treebank():
        assert learned.convert(word.upos, word.feats) in listed(paradigms, word)[1]


@settings(deadline=None, max_examples=3)
@given(st.randoms(use_true_random=False))
def test_the_order_of_words_does_not_matter(
    paradigms: Paradigms, learned: Conversion, random: object
) -> None:
    shuffled = treebank()
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    again = learn(shuffled, paradigms)
    assert (again.meaning, again.choosing, again.alike) == (learned.meaning, learned.choosing, learned.alike)


def test_json_round_trip(learned: Conversion, tmp_path: Path) -> None:
    learned.save(tmp_path / "one.json")
    again = Conversion.load(tmp_path / "one.json")
    again.save(tmp_path / "two.json")
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
    for word in treebank():
        assert again.ranked(word.upos, word.feats) == learned.ranked(word.upos, word.feats)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": 0}', '{"format": 1, "bundles": 3}'])
def test_what_is_no_conversion_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text(text)
    with pytest.raises(MorphaugError, match=r"bad\.json"):
        Conversion.load(tmp_path / "bad.json")
    with pytest.raises(MorphaugError, match=r"none\.json"):
        Conversion.load(tmp_path / "none.json")


UPOS = st.sampled_from(["NOUN", "VERB", "ADJ", "X", ""])
FEATS = st.dictionaries(
    st.sampled_from(["Case", "Number", "Person", "Tense", "Person[psor]", "Odd]", "VerbForm"]),
    st.sampled_from(["Nom", "Sing", "1", "Past", "Inf", "Fem,Masc", "GenPot", ""]),
)


@given(UPOS, FEATS)
def test_any_features_get_a_bundle_of_the_table(
    paradigms: Paradigms, learned: Conversion, upos: str, feats: dict[str, str]
) -> None:
    bundle = learned.convert(upos, feats)
    ranked = learned.ranked(upos, feats, n=3)
    assert bundle in paradigms.bundles
    assert ranked[0][0] == bundle
    assert [chance for _, chance in ranked] == sorted((chance for _, chance in ranked), reverse=True)
    assert sum(chance for _, chance in learned.ranked(upos, feats, n=10_000)) == pytest.approx(1)


@given(UPOS, FEATS, st.sets(st.sampled_from(["N;NOM;SG", "N;GEN;PL", "V;NFIN", "N;NO;SUCH"]), min_size=1))
def test_a_lemmas_cells_are_chosen_among(
    learned: Conversion, upos: str, feats: dict[str, str], cells: set[str]
) -> None:
    known = cells - {"N;NO;SUCH"}
    assert learned.convert(upos, feats, cells) in (known or set(learned.bundles))


def test_a_cell_that_is_not_listed_gives_way_to_one_that_is_spelt_alike(tmp_path: Path) -> None:
    stems = ["kal", "tup", "sak", "rep", "mir"]
    rows = [
        row
        for stem in stems
        for row in (
            f"{stem}a\t{stem}an\tN;GEN;SG",
            f"{stem}a\t{stem}an\tN;ACC;SG",
            f"{stem}a\t{stem}at\tN;NOM;PL",
        )
    ]
    (tmp_path / "table.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    compile_tables([tmp_path / "table.tsv"], tmp_path / "compiled", learn=False)
    rules = Conversion.rules(Paradigms.open(tmp_path / "compiled"))
    assert rules.convert("NOUN", {"Case": "Gen", "Number": "Sing"}, {"N;ACC;SG", "N;NOM;PL"}) == "N;ACC;SG"
    assert rules.alike["N;GEN;SG"] == {"N;ACC;SG": pytest.approx(0.83)}


def test_a_word_is_found_in_lower_case_too(paradigms: Paradigms) -> None:
    assert listed(paradigms, Word("Kalan", "kala", "NOUN", {})) == ("kala", frozenset({"N;GEN;SG"}))
    assert listed(paradigms, Word("KALAN", "Kala", "PROPN", {})) == ("kala", frozenset({"N;GEN;SG"}))
    assert listed(paradigms, Word("kalan", "tupa", "NOUN", {})) == ("", frozenset())


def test_a_treebank_without_shared_words_leaves_the_rules(paradigms: Paradigms) -> None:
    other = learn([Word("houses", "house", "NOUN", {"Number": "Plur"})], paradigms)
    assert (other.learned_from, other.meaning.table) == (0, {})


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("Mood", "NecPot", "NEC POT"),
        ("Voice", "CauPass", "CAUS PASS"),
        ("Clitic", "Ko", "INTR"),
        ("NounClass", "9", "BANTU9"),
        ("Subcat", "Tran", "TR"),
    ],
)
def test_values_of_single_treebanks_are_read(name: str, value: str, expected: str) -> None:
    assert wanted("VERB", {name: value})[0][1][0] == frozenset(expected.split())


def test_object_agreement_is_read_with_and_without_brackets() -> None:
    bracketed = wanted("VERB", {"Person[obj]": "1", "Number[obj]": "Plur"})
    assert bracketed == wanted("VERB", {"ObjPerson": "1", "ObjNumber": "Plur"})
    assert bracketed[0][1] == (frozenset({"ARGAC1P"}),)
    assert wanted("NOUN", {"Number[psor]": "Sing"}) == []  # a number of nobody


def test_every_value_of_real_treebanks_is_read_or_listed_with_a_reason(test_data: Path) -> None:
    seen = {
        (name, part)
        for path in sorted((test_data / "ud").glob("*.conllu.xz"))
        for word in words(path)
        for name, value in word.feats.items()
        for part in value.split(",")
    }
    assert len(seen) > 200
    unread = [
        f"{name}={value}"
        for name, value in sorted(seen)
        if not readings(name, value)
        and not wanted("VERB", {name: value})
        and not (name.endswith("]") or name in ("ObjNumber", "ObjGender"))
        and not (name == "VerbForm" and pos_for("VERB", {name: value}) != ("V",))
        and name not in WITHOUT_COUNTERPART
        and f"{name}={value}" not in WITHOUT_COUNTERPART
    ]
    # What is left are slips of one unreleased treebank: classes without a number.
    assert unread == ["ObjNounClass=BantuPL", "ObjNounClass=BantuSG"]


@pytest.fixture
def installed(paradigms: Paradigms) -> None:
    """The invented language, installed as some language's table without the minutes of training an inflector."""
    shutil.copytree(paradigms.path, compiled_folder("fin") / "paradigms")


def rows(bank: list[Word], forms: list[str]) -> str:
    """A treebank as CoNLL-U, one sentence, with the given forms."""
    lines = []
    for i, (word, form) in enumerate(zip(bank, forms, strict=True), 1):
        feats = "|".join(f"{name}={value}" for name, value in sorted(word.feats.items())) or "_"
        lines.append(f"{i}\t{form}\t{word.lemma}\t{word.upos}\t_\t{feats}\t{i - 1}\tdep\t_\tSpaceAfter=No")
    return "\n".join(lines) + "\n\n"


@pytest.mark.usefixtures("installed")
def test_files_are_converted(tmp_path: Path) -> None:
    bank = [*treebank(), Word(".", ".", "PUNCT", {})]
    text = rows(bank, [word.form for word in bank])
    (tmp_path / "in.conllu").write_text(text, encoding="utf-8")
    counts = convert_file("fin", tmp_path / "in.conllu", tmp_path / "out.conllu")
    made = (tmp_path / "out.conllu").read_text(encoding="utf-8")
    assert "\tSpaceAfter=No|UniMorph=N;IN+ESS;SG\n" in made
    assert re.sub(r"\|UniMorph=[^\n]*", "", made) == text
    assert counts == {
        "words": len(bank),
        "converted": len(bank) - 1,
        "in the table": len(bank) - 1,
        "learned from": 0,
    }
    convert_file("fin", tmp_path / "out.conllu", tmp_path / "again.conllu")
    assert (tmp_path / "again.conllu").read_text(encoding="utf-8") == made


@pytest.mark.usefixtures("installed")
def test_forms_are_not_looked_at_when_converting(tmp_path: Path) -> None:
    bank = treebank()
    forms = [word.form for word in bank]
    columns = []
    for name, column in (("right", forms), ("wrong", forms[::-1])):
        (tmp_path / f"{name}.conllu").write_text(rows(bank, column), encoding="utf-8")
        bank_file = [tmp_path / "right.conllu"]
        convert_file("fin", tmp_path / f"{name}.conllu", tmp_path / "out.conllu", treebanks=bank_file)
        columns.append(re.findall(r"UniMorph=.*", (tmp_path / "out.conllu").read_text(encoding="utf-8")))
    assert columns[0] == columns[1]
    assert len(columns[0]) == len(bank)


@pytest.mark.usefixtures("installed")
def test_what_was_learned_is_kept_and_used_again(tmp_path: Path) -> None:
    (tmp_path / "bank.conllu").write_text(rows(treebank(), [word.form for word in treebank()]))
    model, source = tmp_path / "model.json", tmp_path / "bank.conllu"
    counts = convert_file("fin", source, tmp_path / "one.conllu", treebanks=[source], model=model)
    assert counts["learned from"] == len(treebank())
    assert convert_file("fin", source, tmp_path / "two.conllu", model=model) == counts
    assert (tmp_path / "one.conllu").read_bytes() == (tmp_path / "two.conllu").read_bytes()
    assert "SpaceAfter=No|UniMorph=V;NFIN\n" in (tmp_path / "one.conllu").read_text(encoding="utf-8")


@pytest.mark.usefixtures("installed")
def test_a_treebank_that_shares_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "foreign.conllu").write_text(rows([Word("x", "x", "NOUN", {})], ["x"]))
    foreign = tmp_path / "foreign.conllu"
    with pytest.raises(MorphaugError, match="foreign"):
        convert_file("fin", foreign, tmp_path / "none.conllu", treebanks=[foreign])
    assert not (tmp_path / "none.conllu").exists()
