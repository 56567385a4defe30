"""The learned inflector: patterns of made-up and of real languages, on lemmas it has not seen."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from morphaug.errors import MissingResource, MorphaugError
from morphaug.inflection import Inflector
from morphaug.paradigms import Counts, read_table

Row = tuple[str, str, str]


def stems(n: int, seed: int, vowels: str = "aeiou") -> list[str]:
    draw = random.Random(seed)
    words: dict[str, None] = {}
    while len(words) < n:
        words[
            "".join(draw.choice("bdfgklmnprst") + draw.choice(vowels) for _ in range(draw.randint(2, 3)))
        ] = None
    return list(words)


@pytest.fixture(scope="module")
def prefixing() -> Inflector:
    """A prefixing language: subject, tense and object prefixes; half of the combinations seen."""
    rows: list[Row] = []
    subjects = {"1;SG": "ni", "2;SG": "u", "3;SG": "a", "1;PL": "tu", "3;PL": "wa"}
    for i, stem in enumerate(stems(60, 1)):
        for j, (subject, prefix) in enumerate(subjects.items()):
            for k, (tense, marker) in enumerate({"PRS": "na", "PST": "li", "FUT": "ta"}.items()):
                if (j, k) != (4, 2) and (i + j + k) % 2:  # "V;FUT;3;PL" is never seen
                    rows.append((stem, prefix + marker + stem, f"V;{tense};{subject}"))
    return Inflector.train(rows)


def test_prefixes_are_learned_and_composed(prefixing: Inflector) -> None:
    for stem in stems(20, 2):
        assert prefixing.predict(stem, "V;PST;1;PL", ()) == (f"tuli{stem}", pytest.approx(1.0, abs=0.05))
        found = prefixing.predict(stem, "V;FUT;3;PL")
        assert found is not None
        assert found[0] == f"wata{stem}"
    assert not prefixing.knows("V;FUT;3;PL")
    assert prefixing.knows("V;IND;FUT;3;SG")  # a default more


def test_vowel_harmony_and_stem_changes() -> None:
    rows: list[Row] = []
    for vowels, suffix in (("aou", "ssa"), ("äöy", "ssä")):
        for stem in stems(80, 3, vowels):
            rows += [(f"{stem}kki", f"{stem}ki{suffix}", "N;IN+ESS;SG"), (stem, stem + suffix, "N;IN+ESS;SG")]
    model = Inflector.train(rows)
    for vowels, suffix in (("aou", "ssa"), ("äöy", "ssä")):
        for stem in stems(15, 4, vowels):
            assert (model.predict(stem, "N;IN+ESS;SG") or ("",))[0] == stem + suffix
            assert (model.predict(f"{stem}kki", "N;IN+ESS;SG") or ("",))[0] == f"{stem}ki{suffix}"


def test_known_cells_steer_the_stem() -> None:
    rows: list[Row] = []
    for i, stem in enumerate(stems(120, 5)):
        weak = f"{stem}d" if i % 2 else f"{stem}t"  # nothing in the lemma tells which
        rows += [(f"{stem}t", f"{weak}en", "N;GEN;SG"), (f"{stem}t", f"{weak}es", "N;IN+ESS;SG")]
    model = Inflector.train(rows)
    for weak in "dt":
        found = model.predict("mopot", "N;IN+ESS;SG", [("N;GEN;SG", f"mopo{weak}en")])
        assert found is not None
        assert found[0] == f"mopo{weak}es"


def test_foreign_stems_stay_whole() -> None:
    rows = [(f"{stem}kki", f"{stem}kin", "N;GEN;SG") for stem in stems(50, 6)]
    rows += [(stem, f"{stem}n", "N;GEN;SG") for stem in stems(20, 7)]
    model = Inflector.train(rows)
    assert (model.predict("takki", "N;GEN;SG") or ("",))[0] == "takin"
    assert (model.predict("takki", "N;GEN;SG", keep="takk") or ("",))[0] == "takkin"


def test_separable_prefixes_move() -> None:
    rows = [
        (f"{prefix}{stem}en", f"{stem}t {prefix}" if prefix else f"{stem}t", "V;PRS;3;SG")
        for stem in stems(40, 8)
        for prefix in ("auf", "ein", "")
    ]
    model = Inflector.train(rows)
    assert (model.predict("aufmopaen", "V;PRS;3;SG") or ("",))[0] == "mopat auf"
    assert (model.predict("mopaen", "V;PRS;3;SG") or ("",))[0] == "mopat"


def test_order_of_rows_does_not_matter() -> None:
    rows = [(stem, stem + "n" * (i % 3 + 1), "N;GEN") for i, stem in enumerate(stems(90, 9))]
    one = Inflector.train(rows)
    random.Random(1).shuffle(rows)
    other = Inflector.train(rows)
    for stem in stems(40, 10):
        assert one.predict(stem, "N;GEN") == other.predict(stem, "N;GEN")
    small = Inflector.train(rows, limit=30)
    random.Random(2).shuffle(rows)
    again = Inflector.train(rows, limit=30)
    assert [small.predict(s, "N;GEN") for s in stems(40, 10)] == [
        again.predict(s, "N;GEN") for s in stems(40, 10)
    ]


@given(
    st.text(max_size=15),
    st.sampled_from(["V;PST;1;PL", "V;FUT;3;PL", "N;NOM", "", "V;PASS;PST;1;PL"]),
    st.text(max_size=2),
)
def test_odd_lemmas_are_no_error(prefixing: Inflector, lemma: str, bundle: str, keep: str) -> None:
    found = prefixing.predict(lemma, bundle, keep=keep)
    assert found is None or (found[0] and 0.0 <= found[1] <= 1.0 and keep in found[0])


def test_saving_and_opening(prefixing: Inflector, tmp_path: Path) -> None:
    with pytest.raises(MissingResource):
        Inflector.open(tmp_path)
    prefixing.save(tmp_path)
    opened = Inflector.open(tmp_path)
    for stem in stems(20, 11):
        assert opened.predict(stem, "V;PST;1;SG") == prefixing.predict(stem, "V;PST;1;SG")
    (tmp_path / "inflector.marisa").write_bytes(b"")
    with pytest.raises(MorphaugError, match="damaged"):
        Inflector.open(tmp_path)


def test_nothing_to_learn_from() -> None:
    model = Inflector.train([])
    assert model.predict("talo", "N;GEN") is None
    assert model.lemma_ending("V") == ""


@pytest.mark.parametrize(
    ("files", "least"),
    [
        (["2020/fin.trn.xz", "2020/fin.dev.xz"], 0.82),
        (["2018/turkish-train-high.xz"], 0.79),
        (["2020/deu.trn.xz", "2020/deu.dev.xz"], 0.86),
        (["2023/swa.trn.xz"], 0.85),
    ],
)
def test_unseen_lemmas_of_real_languages(test_data: Path, files: list[str], least: float) -> None:
    rows = {row for file in files for row in read_table(test_data / "sigmorphon" / file, Counts())}

    def held_out(lemma: str) -> bool:
        return hashlib.sha256(lemma.encode()).digest()[0] < 25

    ordered = sorted(rows, key=lambda row: hashlib.sha256("\t".join(row).encode()).digest())
    model = Inflector.train([row for row in ordered if not held_out(row[0])][:10_000])
    test = [row for row in ordered if held_out(row[0])][:600]
    right = sum((model.predict(lemma, bundle) or ("",))[0] == form for lemma, form, bundle in test)
    assert right >= least * len(test)


def test_no_answer_depends_on_the_questions_before_it(tmp_path: Path, test_data: Path) -> None:
    """What is remembered for one word, with or without known cells, must not change another's form."""
    from morphaug.paradigms import Paradigms, compile_tables

    compile_tables([test_data / "sigmorphon" / "2018" / "german-train-high.xz"], tmp_path / "deu")
    table = Paradigms.open(tmp_path / "deu")
    lemmas = sorted(table.lemmas("V"))[:60]
    bundles = table.inventory("V")[:12]
    questions = [(lemma, bundle, known) for lemma in lemmas for bundle in bundles for known in (True, False)]

    def answers(order: list[tuple[str, str, bool]]) -> dict[tuple[str, str, bool], object]:
        inflector = Inflector.open(tmp_path / "deu")
        return {
            (lemma, bundle, known): inflector.predict(
                lemma, bundle, table.paradigm(lemma, "V") if known else ()
            )
            for lemma, bundle, known in order
        }

    assert answers(questions) == answers(questions[::-1])
