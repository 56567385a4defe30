"""A language that nobody prepared: a table, a lexicon and URIEL are enough."""

from __future__ import annotations

from pathlib import Path

import pytest

from morphaug import conllu, resources
from morphaug.data import data_file
from morphaug.errors import MissingResource
from morphaug.packs import EMPTY
from morphaug.recipes import Key, Recipe, Step, derive, recipe, require
from morphaug.target import Target, load_target
from morphaug.trees import Sentence

KEY = Key(0, "example", 0, "text")

GERMAN_TABLE = """
Lehrer	Lehrer	N;NOM;SG
Lehrer	Lehrers	N;GEN;SG
Lehrer	Lehrer	N;NOM;PL
Buch	Buch	N;NOM;SG
Buch	Buches	N;GEN;SG
Buch	Bücher	N;NOM;PL
Kind	Kind	N;NOM;SG
Kind	Kinder	N;NOM;PL
laufen	laufen	V;NFIN
laufen	läuft	V;IND;SG;3;PRS
laufen	laufen	V;IND;PL;3;PRS
laufen	lief	V;IND;SG;3;PST
lesen	lesen	V;NFIN
lesen	liest	V;IND;SG;3;PRS
lesen	lasen	V;IND;PL;3;PST
"""
GERMAN_LEXICON = """
source	upos	rank	target
teacher	NOUN	0	Lehrer
book	NOUN	0	Buch
child	NOUN	0	Kind
school	NOUN	0	Schule
run	VERB	0	laufen
read	VERB	0	lesen
two	NUM	0	zwei
in	ADP	0	in
to	ADP	0	zu
the	DET	0	die
a	DET	0	ein
garden	NOUN	0	Garten
"""
HUNGARIAN_TABLE = """
ház	ház	N;NOM;SG
ház	házban	N;IN+ESS;SG
ház	házak	N;NOM;PL
kert	kert	N;NOM;SG
kert	kertben	N;IN+ESS;SG
kert	kertből	N;IN+ABL;SG
tanár	tanár	N;NOM;SG
tanár	tanárban	N;IN+ESS;SG
könyv	könyv	N;NOM;SG
olvas	olvas	V;IND;PRS;INDF;3;SG
olvas	olvasott	V;IND;PST;INDF;3;SG
"""
HUNGARIAN_LEXICON = """
source	target
teacher	tanár
book	könyv
garden	kert
read	olvas
the	a
"""
CHINESE_LEXICON = """
source	target
teacher	老师
book	书
garden	花园里
read	读
in	在
a	一本
"""


def install(folder: Path, code: str, table: str, lexicon: str) -> Target:
    (folder / "table.tsv").write_text(table.strip() + "\n", encoding="utf-8")
    resources.import_table(code, [folder / "table.tsv"])
    if lexicon:
        (folder / "lexicon.tsv").write_text(lexicon.strip() + "\n", encoding="utf-8")
        resources.import_lexicon(code, [folder / "lexicon.tsv"], kind="tsv")
    return load_target(code)


def find(text: str) -> Sentence:
    path = data_file("samples", "english", "nli.conllu")
    return next(s for b in conllu.read(path) if (s := b.sentence()).text().strip() == text)


def run(target: Target, name: str, text: str) -> str:
    derivation = derive([find(text)], recipe(name), target, KEY)
    assert derivation.problem() == ""
    return derivation.text.strip()


def test_a_prepositional_language_keeps_its_prepositions(tmp_path: Path) -> None:
    target = install(tmp_path, "deu", GERMAN_TABLE, GERMAN_LEXICON)
    assert target.pack is EMPTY
    assert run(target, "pseudo", "Two children run to the school.") == "Zwei Kinder laufen zu die Schule."
    assert run(target, "lexicon", "Two children run to the school.") == "Zwei Kind laufen zu die Schule."
    assert (
        run(target, "pseudo", "The teacher reads a book in the garden.")
        == "Die Lehrer liest ein Buch in die Garten."
    )


def test_a_postpositional_language_takes_the_first_case_that_its_table_attests(tmp_path: Path) -> None:
    target = install(tmp_path, "hun", HUNGARIAN_TABLE, HUNGARIAN_LEXICON)
    assert (
        run(target, "pseudo", "The teacher reads a book in the garden.") == "A tanár olvas a könyv a kertben."
    )
    # This table is too small to inflect a borrowed stem: an adposition goes only into a form that says it.
    assert "in the garden" in run(target, "morph", "The teacher reads a book in the garden.")


def test_a_table_alone_serves_the_recipes_that_do_not_translate(tmp_path: Path) -> None:
    target = install(tmp_path, "hun", HUNGARIAN_TABLE, "")
    assert run(target, "reorder", "The teacher is in the garden.")
    with pytest.raises(MissingResource, match="morphaug resources fetch hun --lexicon"):
        run(target, "pseudo", "The teacher is in the garden.")


@pytest.mark.parametrize("code", ["deu", "hun", "est"])
@pytest.mark.parametrize("name", ["morph", "synthetic", "pseudo", "noise:pseudo"])
def test_a_recipe_that_inflects_names_the_command_that_gets_a_table(code: str, name: str) -> None:
    with pytest.raises(MissingResource, match=f"morphaug resources fetch {code}, or"):
        require(load_target(code), recipe(name))


def test_word_order_needs_neither_table_nor_lexicon() -> None:
    text = "The teacher reads a book in the garden."
    target = load_target("jpn")
    require(target, recipe("reorder"))
    assert run(target, "reorder", text) == "The teacher the garden in a book reads."
    with pytest.raises(MissingResource, match="morphaug resources fetch jpn --lexicon"):
        require(target, recipe("lexicon"))


def test_a_language_that_does_not_inflect_needs_a_lexicon_alone(tmp_path: Path) -> None:
    """There is no table of Chinese forms: a recipe without the inflecting steps serves it, and writes no spaces."""
    (tmp_path / "lexicon.tsv").write_text(CHINESE_LEXICON.strip() + "\n", encoding="utf-8")
    resources.import_lexicon("zho", [tmp_path / "lexicon.tsv"], kind="tsv")
    target = load_target("zho")
    steps = ("lexicalise", "articles", "negation", "prodrop", "order")
    chain = Recipe("plain", tuple(Step(name) for name in steps))
    require(target, chain)
    derivation = derive([find("The teacher reads a book in the garden.")], chain, target, KEY)
    assert derivation.problem() == ""
    assert derivation.text.strip() == "老师在花园里读一本书."
