"""The command line as a person or a script meets it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from morphaug.conllu import read_sentences
from morphaug.data import data_file

ENGLISH = data_file("samples", "english")
COMMANDS = ("generate", "parse", "demo", "recipes", "inflect", "analyze", "profile", "resources")


class Shell:
    """Runs the command line in this process, as the console script would."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.monkeypatch, self.capsys = monkeypatch, capsys

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """(exit code, stdout, stderr)"""
        from morphaug.app.cli import main

        self.monkeypatch.setattr(sys, "argv", ["morphaug", *arguments])
        self.capsys.readouterr()
        code: Any = 0
        try:
            main()
        except SystemExit as leaving:
            code = leaving.code or 0
        shown = self.capsys.readouterr()
        return int(code), shown.out, shown.err

    def ok(self, *arguments: str) -> str:
        code, out, err = self.run(*arguments)
        assert (code, err) == (0, ""), err
        return out

    def error(self, *arguments: str) -> str:
        """The one line of an error."""
        code, _, err = self.run(*arguments)
        assert code == 2
        assert err.startswith("error: ")
        assert err.count("\n") == 1
        return err


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(monkeypatch, capsys)


def generate_arguments(out: Path, *more: str) -> list[str]:
    source = str(ENGLISH / "nli.jsonl")
    given = ["generate", "-t", "classification", "-i", source, "-l", "fin", "-r", "pseudo", "-o", str(out)]
    return [*given, "--parser", f"conllu:{ENGLISH}", *more]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_every_command(shell: Shell, command: str) -> None:
    assert command in shell.ok("--help")
    assert "Usage" in shell.ok(command, "--help")


def test_version(shell: Shell) -> None:
    from morphaug import __version__

    assert shell.ok("--version") == f"morphaug {__version__}\n"


@pytest.mark.usefixtures("sample_home")
class TestGenerate:
    def test_summary_says_what_was_made_and_where(self, shell: Shell, tmp_path: Path) -> None:
        out = shell.ok(*generate_arguments(tmp_path / "out", "-l", "swh,tur", "-r", "reorder, morph"))
        for word in (
            "fin",
            "swh",
            "tur",
            "pseudo",
            "reorder",
            "morph",
            "12 records read",
            str(tmp_path / "out"),
        ):
            assert word in out
        assert {p.name for p in (tmp_path / "out").iterdir()} >= {"fin", "swh", "tur"}

    def test_json_is_the_manifest(self, shell: Shell, tmp_path: Path) -> None:
        report = json.loads(shell.ok(*generate_arguments(tmp_path / "out", "--json", "--workers", "1")))
        assert report == json.loads((tmp_path / "out/manifest.json").read_text(encoding="utf-8"))

    def test_mistakes_name_what_would_be_right(self, shell: Shell, tmp_path: Path) -> None:
        out = tmp_path / "out"
        assert "did you mean pseudo" in shell.error(*generate_arguments(out, "-r", "psudo"))
        assert "premise" in shell.error(*generate_arguments(out, "-f", "premisse=a"))
        assert "ROLE=NAME" in shell.error(*generate_arguments(out, "-f", "premise"))
        assert "morphaug resources fetch hun" in shell.error(*generate_arguments(out, "-l", "Hungarian"))
        assert not out.exists()

    def test_an_option_that_is_none_is_said_by_the_parser(self, shell: Shell, tmp_path: Path) -> None:
        code, _, err = shell.run(*generate_arguments(tmp_path / "out", "--sead", "1"))
        assert code == 2
        assert "--seed" in err

    def test_strict_ends_with_an_error_after_all_is_written(self, shell: Shell, tmp_path: Path) -> None:
        source = tmp_path / "in.jsonl"
        source.write_text(
            (ENGLISH / "nli.jsonl").read_text(encoding="utf-8") + "{}\nno json\n", encoding="utf-8"
        )
        arguments = generate_arguments(tmp_path / "out", "-i", str(source), "--strict", "--limit", "0")
        arguments.remove(str(ENGLISH / "nli.jsonl"))
        arguments.remove("-i")
        assert "2 records were rejected" in shell.error(*arguments)
        assert len((tmp_path / "out/rejects.jsonl").read_text(encoding="utf-8").splitlines()) == 2
        assert (tmp_path / "out/manifest.json").is_file()

    def test_a_folder_in_use_is_refused(self, shell: Shell, tmp_path: Path) -> None:
        shell.ok(*generate_arguments(tmp_path / "out"))
        assert "not empty" in shell.error(*generate_arguments(tmp_path / "out"))
        shell.ok(*generate_arguments(tmp_path / "out", "--resume"))


@pytest.mark.usefixtures("sample_home")
class TestLooking:
    def test_inflect(self, shell: Shell) -> None:
        out = shell.ok("inflect", "Finnish", "talo", "Case=Ine", "Number=Sing")
        assert "talossa" in out
        assert "table" in out
        (row,) = json.loads(shell.ok("inflect", "fin", "talo", "N;IN+ESS;SG", "--json"))
        assert (row["form"], row["how"], row["probability"]) == ("talossa", "table", 1.0)

    def test_whole_paradigm(self, shell: Shell) -> None:
        rows = json.loads(shell.ok("inflect", "tur", "ev", "--json"))
        assert {"evde", "evler"} <= {row["form"] for row in rows}

    def test_a_foreign_stem(self, shell: Shell) -> None:
        (row,) = json.loads(shell.ok("inflect", "fin", "book", "Case=Ine", "--foreign", "--json"))
        assert row["form"].startswith("book")
        assert row["how"] != "table"

    def test_analyze(self, shell: Shell) -> None:
        rows = json.loads(shell.ok("analyze", "fin", "talossa", "nonesuch", "--json"))
        assert [(r["lemma"], r["upos"], r["feats"]["Case"]) for r in rows] == [("talo", "NOUN", "Ine")]
        assert "talo" in shell.ok("analyze", "fin", "talossa")

    def test_wrong_features_and_words(self, shell: Shell) -> None:
        assert "write Name=Value" in shell.error("inflect", "fin", "talo", "Case=")
        assert "no paradigm of 'nonesuch'" in shell.error("inflect", "fin", "nonesuch")
        assert "did you mean" in shell.error("analyze", "finish", "talo")

    def test_profile_tells_observed_from_imputed(self, shell: Shell) -> None:
        out = shell.ok("profile", "swahili")
        for word in ("Swahili (swh) beside English (eng)", "imputed", "observed", "Hamming", "knn", "WALS"):
            assert word in out
        report = json.loads(shell.ok("profile", "tur", "--against", "fin", "--json"))
        assert report["against"]["code"] == "fin"
        orders = {o["pair"]: o["order"] for o in report["orders"]}
        assert orders["object_verb"] == "before"
        assert 0 < next(d["value"] for d in report["distances"] if d["name"] == "word_order") < 1

    def test_profile_without_a_table(self, shell: Shell) -> None:
        assert "no paradigm table installed" in shell.ok("profile", "hun")

    def test_recipes(self, shell: Shell, tmp_path: Path) -> None:
        own = tmp_path / "own.yaml"
        own.write_text("mine: {steps: [case], about: my own}\n")
        out = shell.ok("recipes", "--recipe-file", str(own))
        for word in ("pseudo", "noise:RECIPE", "mine", "my own"):
            assert word in out


class TestResources:
    def test_nothing_installed(self, shell: Shell) -> None:
        assert "morphaug resources fetch" in shell.ok("resources", "list")
        assert "morphaug resources" in shell.error("inflect", "fin", "talo", "Case=Ine")

    def test_import_list_verify(self, shell: Shell) -> None:
        table, lexicon = (str(data_file("samples", "tur", name)) for name in ("unimorph.tsv", "lexicon.tsv"))
        out = shell.ok("resources", "import", "Turkish", "--table", table, "--lexicon", lexicon)
        assert "Turkish table" in out
        assert "Turkish lexicon" in out
        listed = json.loads(shell.ok("resources", "list", "--json"))
        assert {(item["code"], item["part"]) for item in listed} == {("tur", "paradigms"), ("tur", "lexicon")}
        assert "Turkish" in shell.ok("resources", "list")
        assert "all as they were taken in" in shell.ok("resources", "verify")
        assert "rows" in shell.ok("resources", "compile", "tur", "--force")
        folder = Path(shell.ok("resources", "path", "tur").strip())
        changed = folder / "paradigms" / "paradigms.json"
        changed.write_text("{}")
        code, out, err = shell.run("resources", "verify")
        assert code == 2
        assert "changed" in out
        assert "1 of" in err

    def test_import_needs_a_file(self, shell: Shell, tmp_path: Path) -> None:
        assert "--table or --lexicon" in shell.error("resources", "import", "fin")
        assert "nowhere.tsv" in shell.error("resources", "import", "fin", "--table", "nowhere.tsv")
        empty = tmp_path / "empty.tsv"
        empty.touch()
        shell.error("resources", "import", "fin", "--table", str(empty))
        assert "fetch" in shell.ok("resources", "list")

    def test_without_a_network_there_is_a_way(self, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MORPHAUG_URL_UNIMORPH", "http://127.0.0.1:9/nothing")
        assert "morphaug resources import fin" in shell.error("resources", "fetch", "fin")
        assert "freedict" in shell.error("resources", "fetch", "fin", "--lexicon", "fredict")


class TestParse:
    @pytest.mark.usefixtures("sample_home")
    def test_parses_come_back(self, shell: Shell, tmp_path: Path) -> None:
        parsed = tmp_path / "parses" / "nli.conllu"
        source = ["-t", "classification", "-i", str(ENGLISH / "nli.jsonl")]
        out = shell.ok("parse", *source, "-o", str(parsed), "--parser", f"conllu:{ENGLISH}")
        assert "24 texts" in out
        assert len(list(read_sentences(parsed, joined=True))) >= 24
        target = ["-l", "fin", "-r", "pseudo"]
        for name, parser in (("a", ENGLISH), ("b", parsed)):
            shell.ok("generate", *source, *target, "-o", str(tmp_path / name), "--parser", f"conllu:{parser}")
        a, b = ((tmp_path / name / "fin/pseudo/part-00000.jsonl").read_bytes() for name in "ab")
        assert a == b

    def test_a_failure_leaves_no_file(self, shell: Shell, tmp_path: Path) -> None:
        source = tmp_path / "in.jsonl"
        source.write_text('{"premise": "Unknown.", "hypothesis": "Unknown too.", "label": 0}\n')
        out = tmp_path / "out.conllu"
        arguments = ["parse", "-t", "classification", "-i", str(source), "-o", str(out)]
        shell.error(*arguments, "--parser", f"conllu:{ENGLISH}")
        assert "did you mean stanza" in shell.error(*arguments, "--parser", "stnaza")
        assert sorted(p.name for p in tmp_path.iterdir() if p.is_file()) == ["in.jsonl"]


@pytest.mark.usefixtures("sample_home")
def test_stanza_parses_once(shell: Shell, tmp_path: Path, test_model: Path) -> None:
    pytest.importorskip("stanza")
    source = tmp_path / "in.jsonl"
    source.write_text('{"premise": "The teacher reads a book.", "hypothesis": "She reads.", "label": 1}\n')
    arguments = ["generate", "-t", "classification", "-i", str(source), "-l", "fin", "-r", "pseudo"]
    arguments += [
        "--parser",
        "stanza",
        "--model-dir",
        str(test_model),
        "--parse-cache",
        str(tmp_path / "cache"),
    ]
    shell.ok(*arguments, "-o", str(tmp_path / "one"))
    code = (
        "import sys; from morphaug.app.cli import main\n"
        "try: main()\nfinally: print('torch' in sys.modules, file=sys.stderr)"
    )
    command = [sys.executable, "-c", code, *arguments]
    again = subprocess.run(
        [*command, "-o", str(tmp_path / "two")], capture_output=True, text=True, check=True
    )
    assert again.stderr == "False\n"
    one, two = ((tmp_path / name / "fin/pseudo/part-00000.jsonl").read_bytes() for name in ("one", "two"))
    assert one == two
    assert b"kirja" in one


def test_demo(shell: Shell, tmp_path: Path) -> None:
    out = shell.ok("demo", "--out", str(tmp_path / "demo"))
    assert "The teacher reads a book in the garden." in out
    assert "Opettaja lukee kirja" in out
    assert "Öğretmen bahçede bir kitap okuyor." in out
    assert "Mwalimu anasoma kitabu" in out
    for name in ("nli", "qa", "ner"):
        for code in ("fin", "swh", "tur"):
            assert len(list((tmp_path / "demo" / name / code).iterdir())) == 6
        assert str(tmp_path / "demo" / name) in out
    assert not (tmp_path / "morphaug-home").exists(), "the user's own cache is left alone"
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes").touch()
    assert "not empty" in shell.error("demo", "--out", str(tmp_path / "mine"))
