"""The store of learned forms: what it knows is what would have been made, and no file of any kind is an error."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from morphaug import formstore, resources, target
from morphaug import generate as generation
from morphaug.data import data_file
from morphaug.formstore import FormStore, default_path, identity
from morphaug.generate import Job, generate
from morphaug.inflection import Inflector

WHO = b"w" * 16
KEY = b"k" * 16


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small inflector on disk."""
    stems = [a + b + c for a in ("ka", "to", "mi", "pu") for b in "lrst" for c in ("ko", "na", "vi")]
    rows = [
        (stem, stem + ending, bundle) for stem in stems for ending, bundle in (("n", "N;GEN"), ("t", "N;PL"))
    ]
    out = tmp_path_factory.mktemp("inflector")
    Inflector.train(rows).save(out)
    return out


def opened(folder: Path, path: Path) -> Inflector:
    model = Inflector.open(folder)
    model.store = FormStore(path)
    return model


def kept(store: FormStore) -> int:
    with closing(sqlite3.connect(store.path)) as connection:
        return int(connection.execute("SELECT count(*) FROM form").fetchone()[0])


@settings(max_examples=25)
@given(st.one_of(st.none(), st.tuples(st.text(st.characters()), st.floats(0, 1))), st.binary(max_size=16))
def test_what_goes_in_comes_out(tmp_path_factory: pytest.TempPathFactory, answer: Any, key: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "round.sqlite"
    path.unlink(missing_ok=True)
    one = FormStore(path)
    assert one.get(WHO, key) is False
    one.put(key, answer)
    assert one.get(WHO, key) == answer
    one.flush([WHO])
    one.close()
    other = FormStore(path)
    assert other.get(WHO, key) == answer
    assert other.get(b"another", key) is False
    other.close()


def test_a_second_run_makes_no_form_again(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = [("palko", "N;GEN"), ("mitna", "N;PL"), ("", "N;GEN"), ("ka", "V;PST"), ("a\udcff\0b", "N;GEN")]
    plain = Inflector.open(folder)
    first = opened(folder, tmp_path / "f.sqlite")
    cells = [("N;PL", "palkot")]
    expected = [plain.predict(*one) for one in asked] + [plain.predict("palko", "N;GEN", cells, keep="pal")]
    assert [first.predict(*one) for one in asked] == expected[:-1]
    assert first.predict("palko", "N;GEN", cells, keep="pal") == expected[-1]
    assert first.store is not None
    first.store.flush([first.identity])

    def never(*_: object, **__: object) -> None:
        raise AssertionError("asked again")

    monkeypatch.setattr(Inflector, "ranked", never)
    second = opened(folder, tmp_path / "f.sqlite")
    assert [second.predict(*one) for one in asked] == expected[:-1]
    assert second.predict("palko", "N;GEN", cells, keep="pal") == expected[-1]
    with pytest.raises(AssertionError):
        second.predict("palko", "N;GEN", cells)  # other cells make another question


def test_a_language_compiled_anew_has_other_keys(folder: Path) -> None:
    files = sorted(folder.iterdir(), reverse=True)
    before = identity(files)
    assert identity(files) == before == identity(files)
    found = files[-1].stat()
    os.utime(files[-1], ns=(found.st_atime_ns, found.st_mtime_ns + 1))
    assert identity(files) != before


@pytest.mark.parametrize("kind", ["garbage", "foreign", "torn", "older"])
def test_a_file_that_is_not_ours_is_made_anew(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "f.sqlite"
    if kind == "garbage":
        path.write_bytes(b"no database at all" * 500)
    elif kind == "foreign":
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("CREATE TABLE form (key BLOB)")
    else:
        store = FormStore(path)
        for number in range(2000):
            store.put(number.to_bytes(16, "big"), ("x" * 40, 0.5))
        store.flush([WHO])
        store.close()
        if kind == "torn":
            whole = path.read_bytes()
            path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
        else:
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("PRAGMA user_version = 0")
    for _ in range(2):  # of a torn file only the first question tells
        store = FormStore(path)
        assert store.get(WHO, (7).to_bytes(16, "big")) is False
        store.put(KEY, ("talon", 0.9))
        store.flush([WHO])
        store.close()
    again = FormStore(path)
    assert again.get(WHO, KEY) == ("talon", 0.9)
    again.close()


def test_a_value_of_another_type_is_no_answer(tmp_path: Path) -> None:
    store = FormStore(tmp_path / "f.sqlite")
    store.put(KEY, ("talon", 0.9))
    store.flush([WHO])
    store.close()
    with closing(sqlite3.connect(store.path)) as connection, connection:
        connection.execute("UPDATE form SET form = 'text', probability = 'x'")
    again = FormStore(store.path)
    assert again.get(WHO, KEY) is False


def test_without_a_place_to_write_all_goes_on(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "forms").write_text("in the way")
    model = opened(folder, tmp_path / "forms" / "f.sqlite")
    assert model.store is not None
    assert model.predict("palko", "N;GEN") == Inflector.open(folder).predict("palko", "N;GEN")
    model.store.flush([model.identity])
    model.store.close()
    assert (tmp_path / "forms").read_text() == "in the way"


def test_the_file_does_not_grow_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formstore, "MOST", 100_000)
    sizes = []
    for run in range(4):
        store = FormStore(tmp_path / "f.sqlite")
        for number in range(4000):
            store.put(f"{run} {number}".encode(), ("muoto", 0.5))
            if number % 100 == 99:
                store.flush([WHO])
        sizes.append(kept(store))
        store.close()
        assert store.path.stat().st_size < 250_000
    assert all(500 < size < 4000 for size in sizes)
    assert store.path.exists()


def test_processes_see_what_others_wrote(tmp_path: Path) -> None:
    one, other = FormStore(tmp_path / "f.sqlite"), FormStore(tmp_path / "f.sqlite")
    one.put(KEY, ("talon", 0.9))
    assert other.get(WHO, KEY) is False
    one.flush([WHO])
    other.put(WHO, ("talot", 0.8))
    other.flush([WHO])
    assert other.get(WHO, KEY) == ("talon", 0.9)
    one.flush()
    assert one.get(WHO, WHO) == ("talot", 0.8)
    one.close()
    other.close()


@pytest.mark.usefixtures("sample_home")
def test_generation_writes_the_same_with_and_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    english = data_file("samples", "english")
    inputs, parser = (str(english / "nli.jsonl"),), f"conllu:{english}"
    made = []
    for name, store in (("none", "in-the-way/f.sqlite"), ("first", "f.sqlite"), ("second", "f.sqlite")):
        (tmp_path / "in-the-way").write_text("")
        monkeypatch.setattr(generation, "default_path", lambda store=store: tmp_path / store)
        target._open.cache_clear()  # what this process remembers must not help
        resources._opened.clear()
        out = tmp_path / name
        generate(Job("classification", inputs, ("fin", "tur"), ("pseudo", "morph"), out, parser=parser))
        made.append({p.relative_to(out): p.read_bytes() for p in out.rglob("*.jsonl")})
        if name != "none":
            assert kept(FormStore(tmp_path / store)) > 20
    assert made[0] == made[1] == made[2]
    assert len(made[0]) > 3
    target._open.cache_clear()
    resources._opened.clear()


def test_the_file_lies_in_the_home_folder(tmp_path: Path) -> None:
    assert default_path() == tmp_path / "morphaug-home" / "forms" / "forms.sqlite"
