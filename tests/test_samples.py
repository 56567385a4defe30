"""The shipped sample: its texts, parses, paradigms and lexicons hold together, and agree with real tables."""

from __future__ import annotations

import json
import lzma
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from morphaug.conllu import read_sentences
from morphaug.data import data_file
from morphaug.features import parse_bundle, pos_of
from morphaug.lexicon import Lexicon, compile_lexicon
from morphaug.lexicon_formats import read
from morphaug.paradigms import Counts, read_table
from morphaug.trees import Sentence, field_text, tree_problem

ENGLISH = data_file("samples", "english")
LANGUAGES = ("fin", "swh", "tur")
OPEN = ("NOUN", "VERB", "ADJ", "ADV")  # the open classes without names, which have no translation
POS = {"NOUN": "N", "VERB": "V", "ADJ": "ADJ"}


def records(name: str) -> list[dict[str, Any]]:
    lines = (ENGLISH / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@cache
def documents(name: str) -> dict[str, list[Sentence]]:
    """``newdoc id`` -> sentences of the document."""
    out: dict[str, list[Sentence]] = {}
    at = ""
    for block, sentence in read_sentences(ENGLISH / f"{name}.conllu", joined=True):
        for comment in block.comments:
            if comment.startswith("# newdoc id = "):
                at = comment.removeprefix("# newdoc id = ")
                assert at not in out, f"{at} stands twice in {name}.conllu"
        out.setdefault(at, []).append(sentence)
    return out


def tagged() -> list[list[tuple[str, str]]]:
    blocks = (ENGLISH / "tagging.conll").read_text(encoding="utf-8").strip().split("\n\n")
    return [[(t, tag) for t, tag in (line.split("\t") for line in block.split("\n"))] for block in blocks]


def texts(name: str) -> list[tuple[str, str]]:
    """(id and field, text) of every text of a task file."""
    if name == "tagging":
        return [(f"tagging-{i:02}#tokens", " ".join(t for t, _ in s)) for i, s in enumerate(tagged(), 1)]
    fields = {
        "nli": ("premise", "hypothesis"),
        "qa": ("context", "question"),
        "multiple-choice": ("premise", "choice1", "choice2"),
    }[name]
    return [(f"{r['id']}#{field}", r[field]) for r in records(name) for field in fields]


def lexicon_rows(code: str) -> list[tuple[str, str, int, str]]:
    head, *lines = data_file("samples", code, "lexicon.tsv").read_text(encoding="utf-8").splitlines()
    assert head.split("\t") == ["source", "upos", "rank", "target"]
    rows = [line.split("\t") for line in lines]
    assert all(len(row) == 4 and all(row) for row in rows)
    return [(source, upos, int(rank), target) for source, upos, rank, target in rows]


@cache
def paradigms(code: str) -> dict[tuple[str, str], list[str]]:
    """(lemma, canonical bundle) -> forms, the usual one first."""
    cells: dict[tuple[str, str], list[str]] = defaultdict(list)
    for lemma, form, bundle in read_table(data_file("samples", code, "unimorph.tsv"), Counts()):
        cells[lemma, bundle].append(form)
    return dict(cells)


# ------------------------------------------------------------------------------------------------ English


@pytest.mark.parametrize("name", ["nli", "qa", "multiple-choice", "tagging"])
def test_every_text_has_a_parse_that_gives_it_back(name: str) -> None:
    by_text = {field_text(sentences): key for key, sentences in documents(name).items()}
    wanted = texts(name)
    missing = [key for key, text in wanted if text not in by_text]
    assert not missing
    assert {by_text[text] for _, text in wanted} == set(documents(name)), "a parse of no text"
    first = {text: key for key, text in reversed(wanted)}
    assert {by_text[text]: key for text, key in first.items()} == {key: key for key in documents(name)}


@pytest.mark.parametrize("name", ["nli", "qa", "multiple-choice", "tagging"])
def test_parses_are_trees_of_complete_words(name: str) -> None:
    ids = Counter(s.id for sentences in documents(name).values() for s in sentences)
    assert max(ids.values()) == 1
    for key, sentences in documents(name).items():
        for sentence in sentences:
            assert not tree_problem(sentence), key
            heads = sentence.by_id()
            for token in sentence.tokens:
                assert token.lemma
                assert token.form
                assert (token.head == 0) == (token.deprel == "root")
                if token.deprel == "case":
                    assert token.upos in ("ADP", "PART")
                    assert heads[token.head].upos not in ("VERB", "AUX", "ADP")
                if token.upos == "AUX":
                    assert token.relation in ("aux", "cop")
                    assert "VerbForm" in token.feats
                if token.relation in ("punct", "det", "aux", "cop", "mark", "cc"):
                    assert token.id not in {t.head for t in sentence.tokens}, (
                        f"{key}: {token.form} has dependents"
                    )


def test_the_sample_is_as_large_as_its_readme_says() -> None:
    nli, qa, choices = records("nli"), records("qa"), records("multiple-choice")
    assert Counter(r["label"] for r in nli) == {"entailment": 4, "contradiction": 4, "neutral": 4}
    assert (len(qa), len({r["context"] for r in qa}), len(choices), len(tagged())) == (14, 6, 6, 15)
    assert Counter(r["question"] for r in choices) == {"cause": 4, "effect": 2}
    assert Counter(r["label"] for r in choices) == {0: 3, 1: 3}
    everything = [r["id"] for r in nli + qa + choices]
    assert len(everything) == len(set(everything))


def test_answers_stand_where_they_say() -> None:
    counts: Counter[int] = Counter()
    for record in records("qa"):
        answers = record["answers"]
        assert len(answers["text"]) == len(answers["answer_start"])
        counts[len(answers["text"])] += 1
        for text, start in zip(answers["text"], answers["answer_start"], strict=True):
            assert record["context"][start : start + len(text)] == text
    assert counts == {0: 2, 1: 10, 2: 2}


def test_tags_are_valid_bio_over_the_tokens_of_the_parse() -> None:
    kinds: Counter[str] = Counter()
    parses = list(documents("tagging").values())
    for sentence, parse in zip(tagged(), parses, strict=True):
        assert [t.form for s in parse for t in s.tokens] == [token for token, _ in sentence]
        before = "O"
        for _, tag in sentence:
            if tag.startswith("I-"):
                assert before in (tag, "B-" + tag[2:])
            elif tag != "O":
                kinds[tag] += 1
            before = tag
    assert set(kinds) == {"B-PER", "B-LOC", "B-ORG"}


# ------------------------------------------------------------------------------------ lexicons, paradigms


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_lexicon_covers_the_sample(code: str) -> None:
    known = {(source, upos) for source, upos, _, _ in lexicon_rows(code)}
    tokens: Counter[tuple[str, str]] = Counter()
    for name in ("nli", "qa", "multiple-choice", "tagging"):
        for sentences in documents(name).values():
            tokens.update((t.lemma, t.upos) for s in sentences for t in s.tokens if t.upos in OPEN)
    missed = {word: n for word, n in tokens.items() if word not in known}
    assert sum(missed.values()) <= 0.05 * sum(tokens.values()), missed


@pytest.mark.parametrize("code", LANGUAGES)
def test_ranks_count_from_one_and_rows_are_distinct(code: str) -> None:
    ranks: dict[tuple[str, str], list[int]] = defaultdict(list)
    for source, upos, rank, _ in lexicon_rows(code):
        ranks[source, upos].append(rank)
    assert all(seen == list(range(1, len(seen) + 1)) for seen in ranks.values())
    rows = [(source, upos, target) for source, upos, _, target in lexicon_rows(code)]
    assert len(rows) == len(set(rows))


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_paradigms_cover_the_lexicon(code: str) -> None:
    lemmas = {(lemma, pos_of(bundle)) for lemma, bundle in paradigms(code)}
    first = {(target, upos) for _, upos, rank, target in lexicon_rows(code) if rank == 1 and upos in POS}
    for upos, pos in POS.items():
        wanted = {target for target, of in first if of == upos}
        covered = {target for target in wanted if (target, pos) in lemmas}
        assert len(covered) >= 0.8 * len(wanted), wanted - covered


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_compiled_lexicon_gives_the_first_translation_first(code: str, tmp_path: Path) -> None:
    path = data_file("samples", code, "lexicon.tsv")
    compile_lexicon(read(path, "tsv"), tmp_path / "lexicon")
    lexicon = Lexicon.open(tmp_path / "lexicon")
    for source, upos, rank, target in lexicon_rows(code):
        if rank == 1 and upos in OPEN:
            assert lexicon.lookup(source, upos)[0].target == target, (source, upos)


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_tables_are_clean(code: str) -> None:
    counts = Counts()
    rows = list(read_table(data_file("samples", code, "unimorph.tsv"), counts))
    assert (counts.malformed, counts.blank, counts.crlf, counts.templates) == (0, 0, 0, 0)
    assert len(rows) == len(set(rows))


@pytest.mark.parametrize(
    ("code", "pos", "cells", "at_least"),
    [
        ("fin", "N", 28, 50),  # 13 cases in the singular, 15 in the plural (two have no singular)
        ("fin", "ADJ", 28, 16),
        ("fin", "V", 29, 28),
        ("tur", "N", 48, 50),  # 6 cases x 2 numbers, bare and with three possessors
        ("tur", "V", 49, 28),
        ("swh", "V", 121, 26),
        ("swh", "ADJ", 11, 16),
    ],
)
def test_paradigms_are_whole(code: str, pos: str, cells: int, at_least: int) -> None:
    size: Counter[str] = Counter(lemma for lemma, bundle in paradigms(code) if pos_of(bundle) == pos)
    assert sum(n == cells for n in size.values()) >= at_least
    odd = {lemma: n for lemma, n in size.items() if n != cells}
    # proper names have no plural and no possessor
    assert all(lemma[0].isupper() for lemma in odd), odd


# ----------------------------------------------------------------------------------------------- real tables

FILES = {
    "fin": ("sigmorphon/2018/finnish-*", "sigmorphon/2020/fin.*", "sigmorphon/2023/fin.*"),
    "tur": ("sigmorphon/2018/turkish-*", "sigmorphon/2023/tur.*"),
    "swh": ("sigmorphon/2018/swahili-*", "sigmorphon/2020/swa.*", "sigmorphon/2023/swa.*", "unimorph/swc*"),
}
# Tags that SIGMORPHON 2018 and UniMorph swc use for Swahili's classes, (singular, plural).
VERB_CLASSES = {
    "LGSPEC1": (1, 2),
    "LGSPEC2": (3, 4),
    "LGSPEC3": (5, 6),
    "LGSPEC4": (7, 8),
    "LGSPEC5": (9, 10),
    "LGSPEC6": (11, 10),
}
ADJECTIVE_CLASSES = {
    "LGSPEC1": (1, 2),
    "LGSPEC2": (3, 4),
    "LGSPEC7": (5, 6),
    "LGSPEC3": (7, 8),
    "LGSPEC4": (9, 10),
    "LGSPEC5": (11, 10),
}


def real_rows(folder: Path, code: str) -> Iterator[tuple[str, str, str, str]]:
    """(file, lemma, form, bundle as it stands there) of the real tables."""
    paths = [path for pattern in FILES[code] for path in sorted(folder.glob(pattern))]
    assert paths, f"no tables of {code} in {folder}"
    for path in paths:
        with lzma.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                columns = line.rstrip("\r\n").split("\t")
                if len(columns) == 3:
                    lemma, form, bundle = (
                        columns if "2023" not in str(path) else (columns[0], columns[2], columns[1])
                    )
                    yield f"{path.parent.name}/{path.name}", lemma, form, bundle


def meaning(code: str, file: str, bundle: str) -> str:
    """The bundle in the sample's terms, "" for what the sample does not have."""
    if code == "fin":
        return parse_bundle(bundle)
    parts = bundle.split(";")
    if code == "tur":
        if "LGSPEC2" in parts or bundle.startswith("N;LGSPEC1"):
            return ""  # reported forms, nouns as predicates
        if file.startswith("2018") and parts[0] == "V" and "PRS" in parts and "PROG" not in parts:
            parts.append("HAB")  # the aorist has no aspect there
        return parse_bundle(";".join(p for p in parts if p != "LGSPEC1"))
    if parts[0] == "ADJ":
        pair = ADJECTIVE_CLASSES.get(parts[2])
        return f"ADJ;{parts[1]};BANTU{pair[parts[1] == 'PL']}" if pair else ""
    if file.startswith("2023"):
        return parse_bundle(bundle)
    if (
        parts[0] != "V"
        or any(p in ("COND", "SUBJ", "HAB", "LGSPEC7", "LGSPEC10") for p in parts)
        or "INDF" in bundle
    ):
        return ""
    if bundle in ("V;NFIN", "V;FIN"):
        return "V;NFIN"
    person = next((p for p in parts if p in "123"), "")
    number = next((p for p in parts if p in ("SG", "PL")), "")
    tense = next((p for p in parts if p in ("FUT", "PST")), "PRS")
    if "PRF" in parts:
        tense = "PRS;PRF"
    kind = ""
    if person == "3":
        pair = VERB_CLASSES[next((p for p in parts if p in VERB_CLASSES), "LGSPEC1")]
        kind = f";BANTU{pair[number == 'PL']}"
    return parse_bundle(f"V;IND;{tense};{person};{number}{kind};POS")


def explained(lemma: str, form: str, bundle: str) -> str:
    """Why a Swahili cell of the tables differs from ours; "" if nothing explains it."""
    if lemma == "imba" and "kwimba" in form:
        return "the older stem -kwimba- of 'sing'"
    if lemma in ("ja", "nywa") and ";PL" in bundle and form.endswith("na" + lemma):
        return "plural present of a monosyllabic verb without the ku that the table's singular has"
    if form.endswith("e") and bundle.startswith("V;FIN;IND;PST;"):
        return "a subjunctive tagged as past"
    if form == "hikufunga" and "NEG" in bundle:
        return "haikufunga without its a"
    return ""


@pytest.mark.parametrize(("code", "cells", "lemmas"), [("fin", 130, 9), ("tur", 120, 40), ("swh", 2000, 30)])
def test_cells_agree_with_the_real_tables(code: str, cells: int, lemmas: int, test_data: Path) -> None:
    ours = paradigms(code)
    heads = {lemma for lemma, _ in ours}
    agreed: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    differ = []
    for file, lemma, form, bundle in real_rows(test_data, code):
        if lemma not in heads:
            continue
        forms = ours.get((lemma, meaning(code, file, bundle)))
        if forms is None:
            continue
        if form in forms:
            agreed[lemma] += 1
        elif code == "swh" and (why := explained(lemma, form, bundle)):
            reasons[why] += 1
        else:
            differ.append((file, lemma, bundle, form, forms))
    assert not differ
    assert agreed.total() >= cells
    assert len(agreed) >= lemmas
    assert reasons.total() <= 250


# Lemmas of the tables that end like a noun or adjective of ours and are not compounds of it, or whose rows
# in the tables are broken (back vowels in "purjevene", one form in all cells of "lapsenlapsi").
NOT_COMPOUNDS = re.compile(
    r"(kuovi|muovi|alkovi|serovi|komissaari|[kt]tori|vihtori|prolapsi|kollapsi|[iu]npunainen)$"
    r"|^(lapsenlapsi|pienenpieni|purjevene|omenanviljelijä|uuniomena)$"
)


def test_finnish_compounds_inflect_as_their_last_part_does(test_data: Path) -> None:
    """Few common words are in the tables themselves; their compounds are."""
    ours = paradigms("fin")
    kind = {
        lemma: pos_of(bundle)
        for lemma, bundle in ours
        if pos_of(bundle) in ("N", "ADJ") and lemma[0].islower()
    }
    last: dict[str, str] = {}
    agreed: Counter[str] = Counter()
    differ = []
    for file, lemma, form, bundle in real_rows(test_data, "fin"):
        if lemma not in last:
            ends = [lemma[i:] for i in range(3, len(lemma) - 2) if lemma[i:] in kind]
            last[lemma] = "" if not ends or NOT_COMPOUNDS.search(lemma) else ends[0]
        part = last[lemma]
        canonical = parse_bundle(bundle)
        if not part or kind[part] != pos_of(canonical) or (part, canonical) not in ours:
            continue
        if any(form == lemma[: -len(part)] + own for own in ours[part, canonical]):
            agreed[part] += 1
        else:
            differ.append((file, lemma, bundle, form, ours[part, canonical]))
    assert not differ
    assert agreed.total() >= 2500
    assert len(agreed) >= 40
