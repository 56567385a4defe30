"""Recipes by name and from files; packs."""

from __future__ import annotations

from pathlib import Path

import pytest

from morphaug.data import data_file
from morphaug.errors import MorphaugError, UnknownName
from morphaug.packs import EMPTY, pack, parse_pack
from morphaug.recipes import RECIPES, load_recipes, recipe


def test_every_named_recipe_exists_and_does_something_else() -> None:
    names = [n for n in RECIPES if n != "noise:RECIPE"]
    assert {"duplicate", "reorder", "morph", "synthetic", "lexicon", "lexicon+inflect", "pseudo"} == set(
        names
    )
    prints = [recipe(n).fingerprint() for n in names] + [recipe(f"noise:{n}").fingerprint() for n in names]
    assert len(set(prints)) == len(prints)


@pytest.mark.parametrize(
    ("name", "near"), [("psuedo", "pseudo"), ("noise:morf", "morph"), ("re-order", "reorder")]
)
def test_a_misspelt_recipe_gets_the_nearest_name(name: str, near: str) -> None:
    with pytest.raises(UnknownName, match=f"did you mean.*{near}"):
        recipe(name)


def test_recipes_from_yaml(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "cases:\n  about: case endings alone\n  steps:\n    - case\n    - lexicalise: {choice: sample}\n    - order: {rate: 0.5}\nshort: [order]\n"
    )
    found = load_recipes(path)
    assert [s.operator for s in found["cases"].steps] == ["case", "lexicalise", "order"]
    assert found["cases"].about == "case endings alone"
    assert found["cases"].steps[1].options == (("choice", "sample"),)
    assert found["cases"].steps[2].rate == 0.5
    assert found["short"].fingerprint() == recipe("reorder").fingerprint()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no recipes"),
        ("- case\n", "no recipes"),
        ("a: 3\n", "recipe 'a': no list of steps"),
        ("a: {steps: case}\n", "no list of steps"),
        ("a: {step: [case]}\n", "no list of steps"),
        ("a: {steps: [case], aboot: x}\n", "unknown key in .*did you mean about"),
        ("a: [cas]\n", "unknown operator in .*did you mean case"),
        ("a: [{order: {rate: 2}}]\n", "rate 2 of 'order'"),
        ("a: [{lexicalise: {choise: best}}]\n", "unknown option of 'lexicalise'.*did you mean choice"),
        ("a: [{order: {sides: left}}]\n", "unknown option of 'order'"),
        ("a: [case\n", "give a readable YAML file"),
        ("a: [noise]\n", "unknown operator"),
    ],
)
def test_a_wrong_recipe_file_says_where(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(MorphaugError, match=says):
        load_recipes(path)


def test_a_missing_recipe_file(tmp_path: Path) -> None:
    with pytest.raises(MorphaugError, match=r"none\.yaml"):
        load_recipes(tmp_path / "none.yaml")


# -- packs ----------------------------------------------------------------------------------------


def test_shipped_packs_are_read_whole() -> None:
    files = sorted(data_file("languages").glob("*.toml"))
    assert len(files) >= 3
    for path in files:
        notes = pack(path.stem)
        assert notes.adpositions["under"].word
        assert notes.words


def test_a_language_without_a_pack_has_an_empty_one() -> None:
    assert pack("deu") is EMPTY


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("adposition = 1", "unknown key in x.toml.*did you mean adpositions"),
        ("[adpositions]\nin = {cas = 'Ine'}", "unknown key of x.toml, adposition 'in'.*did you mean case"),
        (
            "[relations]\nobj = [{case = 'Acc', when = ['definit']}]",
            "unknown condition.*did you mean definite",
        ),
        ("possessed = 'some'", "use all, pronoun or none"),
        ("a = ", "mend the TOML"),
    ],
)
def test_a_wrong_pack_says_where(text: str, says: str) -> None:
    with pytest.raises(MorphaugError, match=says):
        parse_pack(text, "x.toml")
