"""The learned inflector: patterns of made-up and of real languages, on lemmas it has not seen."""

from __future__ import annotations

import gzip
import hashlib
import json
import lzma
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from morphaug import inflection, transducer_training
from morphaug.affixes import Affixes
from morphaug.app import cli
from morphaug.errors import MissingResource, MorphaugError
from morphaug.inflection import FILES, Inflector
from morphaug.inflector_files import read_lines
from morphaug.morphology import Morphology
from morphaug.paradigms import Counts, Paradigms, compile_tables, read_table

Row = tuple[str, str, str]
CASES = {"NOM": "", "GEN": "n", "IN+ESS": "ssa", "IN+ABL": "sta", "AT+ALL": "lle"}
NUMBERS = {"SG": "", "PL": "i"}
OWNERS = {"": "", ";PSS1S": "mi", ";PSS2S": "ti", ";PSS3S": "nsa"}
NEVER = "N;IN+ESS;PL;PSS2S"


def agglutinated(stem: str, case: str, number: str, owner: str) -> str:
    """Number, case, owner; a front vowel in the stem makes every "a" a front one; "k" is lost before a suffix."""
    suffix = NUMBERS[number] + CASES[case] + OWNERS[owner]
    if set(stem) & set("äöy"):
        suffix = suffix.replace("a", "ä")
    return (stem[:-2] + stem[-1] if suffix and stem[-2:-1] == "k" else stem) + suffix


def agglutinating(n: int, seed: int) -> list[Row]:
    draw = random.Random(seed)
    rows = []
    for stem in stems(n // 2, seed, "aou") + stems(n // 2, seed + 1, "äöy"):
        cells = [(c, k, o) for c in CASES for k in NUMBERS for o in OWNERS]
        for case, number, owner in draw.sample(cells, 12):
            bundle = f"N;{case};{number}{owner}"
            if bundle != NEVER:
                rows.append((stem, agglutinated(stem, case, number, owner), bundle))
    return rows


@pytest.fixture(scope="module")
def quick() -> Iterator[None]:
    """A network that is trained in a second or two: few seeds and passes, from fewer rows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inflection, "_NETWORK_ROWS", (1_000, 20_000))
        patch.setattr(transducer_training, "_SEEDS", (1, 2))
        patch.setattr(transducer_training, "_HIDDEN", 64)
        patch.setattr(transducer_training, "_PASSES", 16)
        yield


@pytest.fixture(scope="module")
def network(quick: None, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: ARG001 - it patches
    """The folder of an inflector with a network, of the agglutinating language."""
    folder = tmp_path_factory.mktemp("network")
    Inflector.train(agglutinating(110, 20)).save(folder)
    return folder


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


def test_network_composes_bundles_and_finds_harmony(network: Path) -> None:
    model = Inflector.open(network)
    questions = [
        (stem, f"N;{case};{number}{owner}", agglutinated(stem, case, number, owner))
        for stem in stems(12, 30, "aou") + stems(12, 31, "äöy")
        for case, number, owner in (("IN+ESS", "PL", ";PSS2S"), ("IN+ABL", "SG", ";PSS3S"), ("GEN", "PL", ""))
    ]
    found = model.predict_many([question[:2] for question in questions])
    right = [
        guess is not None and guess[0] == gold for guess, (*_, gold) in zip(found, questions, strict=True)
    ]
    assert sum(right) >= 0.9 * len(right)
    assert not model.knows(NEVER)
    unseen = [ok for ok, (_, bundle, _) in zip(right, questions, strict=True) if bundle == NEVER]
    assert sum(unseen) >= 0.8 * len(unseen)


def test_many_at_once_are_as_one_by_one(network: Path) -> None:
    many, one = Inflector.open(network), Inflector.open(network)
    items = [
        (stem, bundle)
        for stem in [*stems(15, 32), "", "Äiti-Kukka", "w\u0301x q", "ß" * 30, "k"]
        for bundle in ("N;GEN;SG", NEVER, "N;IN+ESS;SG;PSS1S", "V;PST", "ADJ;GEN;SG", "")
    ]
    together = many.ranked_many(items)
    for item, guesses in zip(items, together, strict=True):
        alone = one.ranked(*item)
        assert [(g.form, g.maker) for g in alone] == [(g.form, g.maker) for g in guesses]
        assert [g.probability for g in alone] == pytest.approx([g.probability for g in guesses], abs=1e-4)
    assert many.ranked_many(items[::-1]) == together[::-1]
    assert Inflector.open(network).ranked_many(items[::-1])[::-1] == [
        tuple(g._replace(probability=pytest.approx(g.probability, abs=1e-4)) for g in found)
        for found in together
    ]


def test_n_best_is_sorted_and_no_more_than_one(network: Path, prefixing: Inflector) -> None:
    for model, bundles in (
        (Inflector.open(network), ("N;GEN;SG", NEVER, "N;IN+ESS;SG;PSS1S")),
        (prefixing, ("V;PST;1;PL", "V;FUT;3;PL")),
    ):
        for stem in stems(20, 33):
            for bundle in bundles:
                found = model.ranked(stem, bundle)
                shares = [guess.probability for guess in found]
                assert found
                assert 0.0 < sum(shares) <= 1.0 + 1e-6
                assert shares == sorted(shares, reverse=True)
                assert len({guess.form for guess in found}) == len(found)
                assert {guess.maker for guess in found} <= {"network", "affixes", "both"}
                assert model.predict(stem, bundle) == (found[0].form, found[0].probability)


_TRAIN = """
import sys
from pathlib import Path
from morphaug import inflection, transducer_training
from morphaug.inflector_files import train_file
inflection._NETWORK_ROWS = (1_000, 20_000)
transducer_training._SEEDS, transducer_training._HIDDEN, transducer_training._PASSES = (1, 2), 16, 2
train_file(Path(sys.argv[1]), Path(sys.argv[2]))
assert "torch" not in sys.modules
"""


def test_training_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    """Whatever the order of the rows and the hash seed of the process; torch is not imported."""
    rows = ["\t".join(row) for row in agglutinating(96, 40)]
    folders = []
    for seed in ("1", "2"):
        random.Random(seed).shuffle(rows)
        table, folder = tmp_path / f"{seed}.tsv", tmp_path / seed
        table.write_text("\n".join(rows) + "\n", encoding="utf-8")
        command = [sys.executable, "-c", _TRAIN, str(table), str(folder)]
        subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": seed}, timeout=300)
        folders.append({file.name: file.read_bytes() for file in folder.iterdir()})
    assert folders[0] == folders[1]
    assert set(folders[0]) == set(FILES)


def test_small_tables_have_no_network(tmp_path: Path) -> None:
    Inflector.train(agglutinating(40, 50)).save(tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["inflector.json", "inflector.marisa"]
    assert (Inflector.open(tmp_path).predict("mopa", "N;GEN;SG") or ("",))[0] == "mopan"


def test_files_of_another_version_are_named(network: Path, tmp_path: Path) -> None:
    Inflector.open(network).save(tmp_path)
    header = json.loads((tmp_path / "inflector.json").read_text(encoding="utf-8"))
    (tmp_path / "inflector.json").write_text(json.dumps({**header, "format": 1}), encoding="utf-8")
    with pytest.raises(MorphaugError, match="another version"):
        Inflector.open(tmp_path)


@pytest.mark.parametrize("name", FILES)
def test_damaged_files_are_named(network: Path, tmp_path: Path, name: str) -> None:
    Inflector.open(network).save(tmp_path)
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:40])
    with pytest.raises(MorphaugError, match="damaged"):
        Inflector.open(tmp_path)


@pytest.mark.usefixtures("quick")
def test_attested_cells_come_from_the_table(tmp_path: Path) -> None:
    """Every cell of a table is looked up, even where the inflector, which learned from it, says otherwise."""
    rows = agglutinating(90, 60)
    other = stems(60, 61)  # suppletive forms: nothing tells which
    odd = [(lemma, other[k], bundle) for k, (lemma, _, bundle) in enumerate(rows[::20])]
    rows = [row for k, row in enumerate(rows) if k % 20] + odd
    (tmp_path / "table").write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")
    compile_tables([tmp_path / "table"], tmp_path / "out")
    table, inflector = Paradigms.open(tmp_path / "out"), Inflector.open(tmp_path / "out")
    door = Morphology("xxx", table, inflector)
    cases = {"NOM": "Nom", "GEN": "Gen", "IN+ESS": "Ine", "IN+ABL": "Ela", "AT+ALL": "All"}
    numbers = {"SG": "Sing", "PL": "Plur"}
    overruled = 0
    for lemma, form, bundle in rows:
        _, case, number, *owner = bundle.split(";")
        feats = {"Case": cases[case], "Number": numbers[number]}
        if owner:
            feats |= {"Person[psor]": owner[0][3], "Number[psor]": "Sing"}
        found = door.inflect(lemma, "NOUN", feats)
        assert (found.text, found.rung, found.probability) == (form, "table", 1.0)
        overruled += (inflector.predict(lemma, bundle) or ("",))[0] != form
    assert overruled >= len(odd) // 2
    unknown = door.inflect("mopalu", "NOUN", {"Case": "Ine", "Number": "Sing"})
    assert (unknown.text, unknown.rung) == ("mopalussa", "learned")


# -- files and the command line -------------------------------------------------------------------------


def written(path: Path, rows: list[Row], order: str) -> Path:
    lines = [{"l": lemma, "f": form, "b": bundle} for lemma, form, bundle in rows]
    text = "".join("\t".join(line[k] for k in order) + "\n" for line in lines)
    opened = {".xz": lzma.open, ".gz": gzip.open}.get(path.suffix, open)
    with opened(path, "wt", encoding="utf-8") as file:
        file.write(text)
    return path


def run(*arguments: object) -> tuple[int, str]:
    command = [sys.executable, "-m", "morphaug", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(("order", "suffix"), [("lfb", ""), ("lbf", ".xz"), ("lbf", ".gz"), ("lb", "")])
def test_predictions_stand_in_the_files_own_order(tmp_path: Path, order: str, suffix: str) -> None:
    rows = agglutinating(40, 70)
    held = [(f"pu{lemma}", f"pu{form}", bundle) for lemma, form, bundle in rows[:60]]
    train = written(tmp_path / f"train{suffix}", rows, "lfb" if order == "lb" else order)
    test = written(tmp_path / f"test{suffix}", held, order)
    runner = CliRunner()
    done = runner.invoke(cli.app, ["inflector", "train", str(train), "--model", str(tmp_path / "m")])
    assert done.exit_code == 0, done.output
    command = ["inflector", "predict", str(test), "--model", str(tmp_path / "m"), "--out"]
    done = runner.invoke(cli.app, [*command, str(tmp_path / "pred"), "--json"])
    assert done.exit_code == 0, done.output
    report = json.loads(done.output)
    assert report["rows"] == 60
    at = {"lfb": (0, 2, 1), "lbf": (0, 1, 2), "lb": (0, 1, 2)}[order]
    found = [line.split("\t") for line in (tmp_path / "pred").read_text(encoding="utf-8").splitlines()]
    assert [(line[at[0]], line[at[1]]) for line in found] == [(lemma, bundle) for lemma, _, bundle in held]
    right = sum(line[at[2]] == form for line, (_, form, _) in zip(found, held, strict=True))
    assert right >= 50
    assert report["right"] == (right if order != "lb" else 0)
    assert report["scored"] == (60 if order != "lb" else 0)

    done = runner.invoke(cli.app, [*command, str(tmp_path / "best"), "--n-best", "3"])
    assert done.exit_code == 0, done.output
    best = [line.split("\t") for line in (tmp_path / "best").read_text(encoding="utf-8").splitlines()]
    assert all(len(line) == 5 and 0.0 <= float(line[3]) <= 1.0 and line[4] == "affixes" for line in best)
    first = {(line[at[0]], line[at[1]]): line[at[2]] for line in reversed(best)}
    assert first == {(line[at[0]], line[at[1]]): line[at[2]] for line in found}


def test_bad_lines_are_counted_and_listed(tmp_path: Path) -> None:
    lines = ["\t".join(row).encode() for row in agglutinating(10, 80)]
    lines[3:3] = [
        b"",
        b"only\ttwo",
        b"\xff\xfe\tx\tN;GEN;SG",
        b"\tform\tN;GEN;SG",
        b"lemma\tform\t",
        b"l\t\tN;GEN",
    ]
    (tmp_path / "t").write_bytes(b"\xef\xbb\xbf" + b"\r\n".join(lines) + b"\n")
    found = read_lines(tmp_path / "t")
    assert [number for number, _ in found.bad] == [4, 5, 6, 7, 8, 9]
    assert len(found.rows) == len(lines) - 6
    assert len(found.report()) == 6
    assert all("line" in line for line in found.report())
    unscored = read_lines(tmp_path / "t", forms=False)
    assert [number for number, _ in unscored.bad] == [4, 5, 6, 7, 8]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no-such"),
        (b"", "no column of bundles"),
        (b"a\tb\tc\n", "no column of bundles"),
        (b"\tx\tN;GEN\n", "no row can be read"),
    ],
)
def test_files_that_are_none_end_in_one_line(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "no-such"
    if content is not None:
        path.write_bytes(content)
    code, output = run("inflector", "train", path, "--model", tmp_path / "m")
    assert (code, output.count("\n")) == (2, 1)
    assert output.startswith("error: ")
    assert message in output
    assert not (tmp_path / "m").exists()


def test_a_model_that_is_none_ends_in_one_line(tmp_path: Path) -> None:
    table = written(tmp_path / "t", agglutinating(10, 90), "lfb")
    code, output = run("inflector", "predict", table, "--model", tmp_path / "m", "--out", tmp_path / "p")
    assert (code, output.count("\n")) == (2, 1)
    assert "no inflector in" in output
    (tmp_path / "file").write_text("", encoding="utf-8")
    code, output = run("inflector", "train", table, "--model", tmp_path / "file")
    assert (code, output.count("\n")) == (2, 1)
    code, _ = run("inflector", "train", table, "--model", tmp_path / "m")
    assert code == 0
    code, output = run(
        "inflector", "predict", table, "--model", tmp_path / "m", "--out", tmp_path / "no" / "p"
    )
    assert (code, output.count("\n")) == (2, 1)


# -- real languages -------------------------------------------------------------------------------------


def held_out(files: list[Path], rows: int, test: int) -> tuple[list[Row], list[Row]]:
    """(training rows, test rows), without a lemma in common."""
    found = {row for file in files for row in read_table(file, Counts())}
    ordered = sorted(found, key=lambda row: hashlib.sha256("\t".join(row).encode()).digest())
    train: list[Row] = []
    held: list[Row] = []
    for row in ordered:
        (held if hashlib.sha256(row[0].encode()).digest()[0] < 25 else train).append(row)
    return train[:rows], held[:test]


@pytest.mark.parametrize(
    ("files", "least"),
    [
        (["2020/fin.trn.xz", "2020/fin.dev.xz"], 0.82),
        (["2018/turkish-train-high.xz"], 0.79),
        (["2020/deu.trn.xz", "2020/deu.dev.xz"], 0.86),
    ],
)
def test_affixes_of_real_languages(test_data: Path, files: list[str], least: float) -> None:
    train, test = held_out([test_data / "sigmorphon" / file for file in files], 10_000, 600)
    model = Affixes.train(sorted(train))
    right = 0
    for lemma, form, bundle in test:
        shares = model.shares(lemma, bundle)
        right += bool(shares) and max(shares, key=lambda text: shares[text]) == form
    assert right >= least * len(test)


@pytest.mark.usefixtures("quick")
def test_a_real_language_from_few_rows(test_data: Path) -> None:
    """benchmarks/inflection.py has the figures for 10,000 rows, more languages and the whole network."""
    train, test = held_out([test_data / "sigmorphon" / "2018" / "turkish-train-high.xz"], 1_500, 400)
    model = Inflector.train(train)
    found = model.predict_many([(lemma, bundle) for lemma, _, bundle in test])
    right = sum(
        guess is not None and guess[0] == form for guess, (_, form, _) in zip(found, test, strict=True)
    )
    assert right >= 0.68 * len(test)


@pytest.mark.usefixtures("quick")
def test_no_answer_depends_on_the_questions_before_it(tmp_path: Path, test_data: Path) -> None:
    """What is remembered for one word, with or without known cells, must not change another's form."""
    train, _ = held_out([test_data / "sigmorphon" / "2018" / "german-train-high.xz"], 1_200, 0)
    compile_tables([written(tmp_path / "t", train, "lfb")], tmp_path / "deu")
    table = Paradigms.open(tmp_path / "deu")
    lemmas = sorted(table.lemmas("V"))[:40]
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
