"""A language that nobody prepared: a table, a lexicon and URIEL are enough."""

from __future__ import annotations

from pathlib import Path

import pytest

from morphaug import conllu, resources
from morphaug.data import data_file
from morphaug.errors import MissingResource
from morphaug.packs import EMPTY
from morphaug.recipes import Key, derive, recipe
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
def test_a_language_without_a_table_names_the_command(code: str) -> None:
    with pytest.raises(MissingResource, match=f"morphaug resources fetch {code}"):
        load_target(code)
