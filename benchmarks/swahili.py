"""Measure the Swahili grammar against tables and a treebank that it was not made from.

    python benchmarks/swahili.py cells FOLDER [--list FILE]       # UniMorph swc, SIGMORPHON 2018, 2020, 2023
    python benchmarks/swahili.py analyses FOLDER [--misses FILE] [--dictionary DICT]
                                                                  # UD_Swahili-OPUSGV, form -> class and number
    python benchmarks/swahili.py classes FOLDER [--dictionary DICT]
                                                                  # noun classes of lemmas outside the noun list
    python benchmarks/swahili.py speed

DICT is FreeDict's swh-eng (folder or archive), whose plurals tell noun classes. FOLDER holds unimorph/swc.tsv and swc.sm.tsv, sigmorphon/YEAR/..., ud/sw_opusgv.*.conllu, each plain or .xz.
"""

from __future__ import annotations

import argparse
import lzma
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from morphaug import grammars, lexicon_formats
from morphaug.grammars import swahili
from morphaug.grammars import swahili_nouns as nouns
from morphaug.grammars import swahili_verbs as verbs

Feats = dict[str, str]


def lines(path: Path) -> list[str]:
    """Lines of a file that may be packed with xz, or be there only so."""
    packed = path if path.suffix == ".xz" else path.with_name(path.name + ".xz")
    data = path.read_bytes() if path.is_file() else packed.read_bytes()
    return (lzma.decompress(data) if data[:6] == b"\xfd7zXZ\x00" else data).decode("utf-8").split("\n")


# ---------------------------------------------------------------- tag dialects

_VERB_CLASSES = {"1": (1, 2), "2": (3, 4), "3": (5, 6), "4": (7, 8), "5": (9, 10), "6": (11, 10)}
_ADJ_CLASSES = {"1": (1, 2), "2": (3, 4), "3": (7, 8), "4": (9, 10), "5": (11, 10), "6": (17, 17), "7": (5, 6),
                "8": (16, 16), "9": (18, 18)}  # fmt: skip


def dialect_2018(bundle: str) -> tuple[str, Feats]:
    """LGSPEC1 to 9 are noun classes (numbered differently for verbs and adjectives), LGSPEC10 is -ka-."""
    tags = bundle.split(";")
    number = "Plur" if "PL" in tags else "Sing"
    classes = [t.removeprefix("LGSPEC") for t in tags if re.fullmatch("LGSPEC[1-9]", t)]
    if tags[0] in ("ADJ", "N"):
        return "ADJ", {"NounClass": f"Bantu{_ADJ_CLASSES[classes[0]][number == 'Plur']}"}
    if "NFIN" in tags:
        return "VERB", {"VerbForm": "Inf"}
    out = {
        "VerbForm": "Fin",
        "Number": number,
        "Person": next((t[-1] for t in tags if re.fullmatch("(INDF)?[123]", t)), "3"),
    }
    if "LGSPEC7" in tags or "LGSPEC10" in tags:
        out["Tense"] = "Nar"
        classes = [c for c in classes if c != "7"]
    if classes:
        out["NounClass"] = f"Bantu{_VERB_CLASSES[classes[0]][number == 'Plur']}"
    if "INDF" in bundle:
        out["Tense"] = "Aor"
    elif "COM" in tags:
        out["VerbForm"] = "Conv"
    elif "SUBJ" in tags:
        out["Mood"] = "Sub"
    elif "HAB" in tags:
        out["Aspect"] = "Hab"
    elif "COND" in tags:
        out |= {"Mood": "Cnd", "Tense": "Past" if "PST" in tags else "Pres"}
    elif "PRF" in tags:
        out["Aspect"] = "Perf"
    elif "Tense" not in out:
        out["Tense"] = "Fut" if "FUT" in tags else "Past" if "PST" in tags else "Pres"
    return "VERB", out


def dialect_2020(bundle: str) -> tuple[str, Feats]:
    """Persons 1 to 3 and two numbers; INDF is the general present."""
    tags = set(bundle.split(";"))
    if tags == {"V", "FIN"}:
        return "VERB", {"VerbForm": "Inf"}
    out = {"Number": "Plur" if "PL" in tags else "Sing", "Person": next(t for t in "123" if t in tags)}
    if "COND" in tags:
        return "VERB", out | {"Mood": "Cnd", "Tense": "Past" if "PST" in tags else "Pres"}
    if "HAB" in tags or "PRF" in tags:
        return "VERB", out | {"Aspect": "Hab" if "HAB" in tags else "Perf"}
    if "INDF" in tags:
        return "VERB", out | {"Tense": "Aor"}
    return "VERB", out | {"Tense": "Fut" if "FUT" in tags else "Past" if "PST" in tags else "Pres"}


def dialect_2023(bundle: str) -> tuple[str, Feats]:
    """NOM(...) is the subject, PRIM(...) the object, BANTU1 to BANTU18 and KU the classes."""
    out: Feats = {}
    for role, prefix in (("NOM", ""), ("PRIM", "Obj")):
        found = re.search(role + r"\(([^)]*)\)", bundle)
        for tag in found[1].split(",") if found else ():
            if tag == "RFLX":
                out["Reflex"] = "Yes"
            elif tag in ("SG", "PL"):
                out[prefix + "Number"] = {"SG": "Sing", "PL": "Plur"}[tag]
            elif tag in ("1", "2", "3"):
                out[prefix + "Person"] = tag
            else:
                out[prefix + "NounClass"] = "Bantu17" if tag == "KU" else tag.capitalize()
    tags = re.sub(r"\([^)]*\)", "", bundle).split(";")
    aspects = [ud for ud, tag in (("Perf", "PRF"), ("Prog", "PROG"), ("Hab", "HAB")) if tag in tags]
    if aspects:
        out["Aspect"] = ",".join(aspects)
    for tag, name, value in (
        ("NEG", "Polarity", "Neg"),
        ("LGSPEC1", "Variant", "Ha"),
        ("IMP", "Mood", "Imp"),
        ("SUBJ", "Mood", "Sub"),
        ("COND", "Mood", "Cnd"),
        ("PRS", "Tense", "Pres"),
        ("PST", "Tense", "Past"),
        ("FUT", "Tense", "Fut"),
    ):
        if tag in tags:
            out[name] = value
    return "VERB", out


# ---------------------------------------------------------------- cells that are wrong in the source

# Told from lemma and bundle alone, never from the form; together they may take 2 % of the cells at most.


def wrong_2018(lemma: str, bundle: str) -> str:
    """imba and oa, inflected as if they kept ku- (ameimba as amekwimba); imba is right in the present.

    The simple past stands with a subjunctive in its bundle, which is right, so that those cells stay.
    """
    kept = "NFIN|IND;(FUT|COND|PST;PRF" + ("|PRES)" if lemma == "oa" else ")")
    if lemma in ("imba", "oa") and re.search(kept, bundle):
        return "imba and oa as if they kept ku- (amekwimba for ameimba)"
    return ""


def wrong_2020(lemma: str, bundle: str) -> str:  # noqa: ARG001
    """Nothing is left out: see `concatenated` for the quarter of the cells that nobody writes so."""
    return ""


def wrong_2023(lemma: str, bundle: str) -> str:
    """Two systematic errors.

    The negative of class 4 is hi- where every description has hai- (and the same table has hai- in class 9); and
    the object m- of class 1 has no glide before a vowel (nimemambia for nimemwambia).
    """
    subject = bundle.split("PRIM")[0] if bundle.find("NOM") < bundle.find("PRIM") else bundle
    isinge = "COND" in bundle and "LGSPEC1" not in bundle
    if "NOM(3,PL,BANTU4)" in subject and "NEG" in bundle and "SUBJ" not in bundle and not isinge:
        return "negative of class 4 as hi- (hitasoma for haitasoma)"
    if "PRIM(3,SG,BANTU1)" in bundle and lemma[0] in "aeiou":
        return "object m- before a vowel without its glide (nimemambia for nimemwambia)"
    return ""


Dialect = Callable[[str], tuple[str, Feats]]


class Oracle(NamedTuple):
    """Files in one dialect, with the rule for their wrong cells."""

    name: str
    files: tuple[str, ...]
    dialect: Dialect
    wrong: Callable[[str, str], str]


ORACLES = (
    Oracle(
        "2018",
        ("unimorph/swc.tsv", "sigmorphon/2018/swahili-train-high", "sigmorphon/2018/swahili-dev"),
        dialect_2018,
        wrong_2018,
    ),
    Oracle(
        "2020",
        ("unimorph/swc.sm.tsv", "sigmorphon/2020/swa.trn", "sigmorphon/2020/swa.dev"),
        dialect_2020,
        wrong_2020,
    ),
    Oracle("2023", ("sigmorphon/2023/swa.trn", "sigmorphon/2023/swa.dev"), dialect_2023, wrong_2023),
)
Cells = dict[tuple[str, str], frozenset[str]]


def read_cells(path: Path, dialect: Dialect) -> Cells:
    """(lemma, bundle) -> forms; the 2023 files have the bundle before the form."""
    cells: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for line in lines(path):
        if line.strip():
            lemma, form, bundle = line.strip("\r").split("\t")
            if dialect is dialect_2023:
                form, bundle = bundle, form
            cells[lemma, bundle].add(form)
    return {cell: frozenset(forms) for cell, forms in cells.items()}


def concatenated(lemma: str, feats: Mapping[str, str]) -> str:
    """The general present and the habitual morpheme by morpheme (niasoma, nihusoma), as the 2020 dialect has them."""
    slot = "general" if feats.get("Tense") == "Aor" else "habitual" if feats.get("Aspect") == "Hab" else ""
    person, plural = feats.get("Person", "3"), feats.get("Number") == "Plur"
    key = ("2" if plural else "1") if person == "3" else person + ("p" if plural else "s")
    if slot == "general":
        return verbs.concatenated(verbs.citation(lemma), "general", key)
    return verbs.concatenated(verbs.citation(lemma), "habitual", key) if slot else ""


LEVELS = ("first form", "among forms in use", "or morpheme by morpheme")


def level(lemma: str, bundle: str, gold: Iterable[str], dialect: Dialect) -> int:
    """How good a cell is: index of LEVELS, or 3 for a miss.

    The 2018 dialect files a class's subjunctive under the same bundle as its past (nisome beside nilisoma), so
    that both are first forms there.
    """
    upos, wanted = dialect(bundle)
    readings = [wanted]
    if dialect is dialect_2018 and "IND;PST;" in bundle and "PRF" not in bundle:
        readings.append(wanted | {"Mood": "Sub"})
    forms = set(gold)
    made = [swahili.forms(lemma, upos, feats) for feats in readings]
    if any(found[0] in forms for found in made):
        return 0
    if any(forms & set(found) for found in made):
        return 1
    return 2 if dialect is dialect_2020 and concatenated(lemma, wanted) in forms else 3


def score_cells(folder: Path) -> tuple[list[tuple[str, str, str, str, str]], Counter[tuple[str, str, int]]]:
    """Every excluded or missed cell as a row, and counts of (what, "all" or "left", level)."""
    rows: list[tuple[str, str, str, str, str]] = []
    counts: Counter[tuple[str, str, int]] = Counter()
    for oracle in ORACLES:
        seen: dict[tuple[str, str], set[str]] = {}
        for name in oracle.files:
            cells = read_cells(folder / name, oracle.dialect)
            for (lemma, bundle), gold in cells.items():
                seen.setdefault((lemma, bundle), set()).update(gold)
                found = level(lemma, bundle, gold, oracle.dialect)
                counts[name, "all", found] += 1
                counts[name, "left", found] += not oracle.wrong(lemma, bundle)
        for (lemma, bundle), pooled in seen.items():
            found = level(lemma, bundle, pooled, oracle.dialect)
            why = oracle.wrong(lemma, bundle)
            counts["all distinct cells", "all", found] += 1
            counts["all distinct cells", "left", found] += not why
            if why or found:
                upos, feats = oracle.dialect(bundle)
                made = " ".join(swahili.forms(lemma, upos, feats))
                rows.append(
                    (
                        why or (LEVELS[found] if found < 3 else "miss"),
                        lemma,
                        bundle,
                        "/".join(sorted(pooled)),
                        made,
                    )
                )
    return rows, counts


def print_cells(folder: Path, listing: Path | None) -> None:
    rows, counts = score_cells(folder)
    print(
        f"{'':34}{'cells':>7}{'first':>8}{'in use':>8}{'+morph.':>8} | {'left out':>8}{'first':>8}{'in use':>8}{'+morph.':>8}"
    )
    for name in [*dict.fromkeys(n for n, _, _ in counts)]:
        line = ""
        for part in ("all", "left"):
            got = [counts[name, part, i] for i in range(4)]
            total = sum(got)
            shares = "".join(f"{100 * sum(got[: i + 1]) / total:8.2f}" for i in range(3))
            if part == "all":
                whole = total
                line += f"{name:34}{total:7}{shares}"
            else:
                line += f" | {100 * (whole - total) / whole:7.2f}%{shares}"
        print(line)
    print("\nCells left out (by rule), and other cells whose first form differs:")
    for why, count in Counter(row[0] for row in rows).most_common():
        print(f"{count:7}  {why}")
    if listing:
        listing.write_text(
            "\n".join("\t".join(row) for row in [("why", "lemma", "bundle", "table", "grammar"), *rows])
            + "\n",
            "utf-8",
        )
        print(f"listed in {listing}")


# ---------------------------------------------------------------- the treebank

GROUPS = {"NOUN": "nouns", "VERB": "verbs", "AUX": "verbs", "ADJ": "adjectives", "DET": "pronouns, determiners",
          "PRON": "pronouns, determiners", "NUM": "numerals"}  # fmt: skip
TREEBANK = {"development": ("sample", "8_30"), "held out": ("20_50",)}


class Word(NamedTuple):
    """An inflected form of the treebank, with its gold class and number."""

    form: str
    lemma: str
    upos: str
    cls: str
    number: str


def inflected(folder: Path, part: str) -> list[Word]:
    """Every token that has one noun class and is singular or plural, but for proper names and punctuation.

    "Coll" beside Sing or Plur is passed over; a token with letters only of other scripts, or none, is no word.
    """
    out = []
    for line in lines(folder / f"ud/sw_opusgv.{part}.conllu"):
        columns = line.split("\t")
        if len(columns) != 10 or columns[3] in ("PROPN", "PUNCT", "SYM", "X", "_"):
            continue
        classes = set(re.findall(r"(?:^|\|)NounClass=Bantu(\d+)", columns[5]))
        numbers = set(re.findall(r"(?:^|\|)Number=(Sing|Plur)", columns[5]))
        if len(classes) == len(numbers) == 1 and re.search("[a-zA-Z]", columns[1]):
            out.append(Word(columns[1], columns[2], columns[3], f"Bantu{classes.pop()}", numbers.pop()))
    return out


def sound(word: Word) -> bool:
    """Whether the gold can be right, told without an analysis.

    It cannot where the token is no word (anything but letters, apostrophe and hyphen in it), or where a verb's
    form begins with no subject prefix of its gold class ("vinaendelea" as class 9).
    """
    form = word.form.lower()
    if not all(char.isalpha() or char in "'’-" for char in form):
        return False
    if word.upos not in ("VERB", "AUX"):
        return True
    cls = word.cls.removeprefix("Bantu")
    keys = [cls, *({"1": ("1s", "2s"), "2": ("1p", "2p")}.get(cls, ()))]
    prefixes = {table[key] for table in (verbs.SUBJECT, verbs.NEGATIVE, verbs.GENERAL) for key in keys}
    return form.startswith(
        (*prefixes, "yu", "tw", "kw") if cls in ("1", "2", "15", "17") else tuple(prefixes)
    )


def grammar_with(dictionary: Path | None) -> grammars.Grammar:
    """The grammar, told the plurals of a dictionary if there is one."""
    plain = grammars.find(swahili.CODE)
    assert plain is not None
    if dictionary is None:
        return plain
    plurals = {w: p for reading in lexicon_formats.read(dictionary) for w, p in reading.plurals.items()}
    return grammars.informed(plain, plurals)


def judge(grammar: grammars.Grammar, word: Word) -> tuple[bool, bool, int]:
    """Whether class and number are among the analyses, whether the first has them, and how many there are."""
    found = [(f.get("NounClass"), f.get("Number")) for _, _, f in grammar.analyse(word.form)]
    return (word.cls, word.number) in found, found[:1] == [(word.cls, word.number)], len(found)


def _table(grammar: grammars.Grammar, words: list[Word]) -> None:
    groups: defaultdict[str, list[Word]] = defaultdict(list)
    for word in words:
        group = GROUPS.get(word.upos) or (
            "connective -a" if re.fullmatch("([yzlp]|k?w|ch|vy|mw)a", word.form.lower()) else "other"
        )
        names = [group, "all"]
        if sound(word):
            names.append("all, sound gold")
        if group != "connective -a":
            names.append("all but -a")
            if sound(word):
                names.append("all but -a, sound gold")
                if group == "verbs":
                    names.append("verbs, sound gold")
        for name in names:
            groups[name].append(word)
    order = ("nouns", "verbs", "verbs, sound gold", "adjectives", "pronouns, determiners", "numerals", "connective -a",
             "other", "all but -a", "all but -a, sound gold", "all", "all, sound gold")  # fmt: skip
    print(
        f"  {'':24}{'tokens':>8}{'among':>8}{'first':>8}{'ceiling':>9}{'analyses':>10} | {'types':>6}{'among':>8}{'first':>8}"
    )
    for name in order:
        if not groups[name]:
            continue
        tokens = [(word, judge(grammar, word)) for word in groups[name]]
        types = {(w.form.lower(), w.cls, w.number): j for w, j in tokens}
        gold: defaultdict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
        for word, _ in tokens:
            gold[word.form.lower()][word.cls, word.number] += 1
        best = sum(max(c.values()) for c in gold.values()) / len(tokens)
        share = [100 * sum(j[i] for _, j in tokens) / len(tokens) for i in (0, 1)]
        by_type = [100 * sum(j[i] for j in types.values()) / len(types) for i in (0, 1)]
        many = sum(j[2] for _, j in tokens) / len(tokens)
        print(
            f"  {name:24}{len(tokens):8}{share[0]:8.1f}{share[1]:8.1f}{100 * best:9.1f}{many:10.1f}"
            f" | {len(types):6}{by_type[0]:8.1f}{by_type[1]:8.1f}"
        )


def print_analyses(folder: Path, misses: Path | None, grammar: grammars.Grammar) -> None:
    out = []
    for name, parts in TREEBANK.items():
        words = [word for part in parts for word in inflected(folder, part)]
        print(f"{name} ({', '.join(parts)})")
        _table(grammar, words)
        for word in words if name == "development" else ():
            among, first, _ = judge(grammar, word)
            if not first:
                made = [f"{x[0]}/{x[1]}/{x[2].get('NounClass', '')}" for x in grammar.analyse(word.form)[:5]]
                out.append("\t".join(["second" if among else "miss", *word, " ".join(made)]))
    if misses:
        misses.write_text("\n".join(sorted(out)) + "\n", "utf-8")


def print_plurals(dictionary: Path) -> None:
    """How many of a dictionary's plurals the grammar makes by itself, from its list and from the shape."""
    counts: Counter[tuple[str, bool]] = Counter()
    for reading in lexicon_formats.read(dictionary):
        for noun, plurals in reading.plurals.items():
            if " " not in noun:
                where = "our list" if nouns.listed(noun.lower()) else "shape"
                counts[where, swahili.inflect(noun, "NOUN", {"Number": "Plur"}) in plurals] += 1
    print("the dictionary's plurals, made without it")
    for where in ("our list", "shape"):
        total = counts[where, True] + counts[where, False]
        print(f"  {where:38}{counts[where, True]:6}/{total:<6}{100 * counts[where, True] / total:6.1f}")


def print_classes(folder: Path, grammar: grammars.Grammar) -> None:
    """Classes of nouns, from the treebank's own lemmas, by where the grammar has them from."""
    known = grammar.known if isinstance(grammar, grammars.Informed) else {}
    for name, parts in TREEBANK.items():
        right: Counter[tuple[str, str]] = Counter()
        total: Counter[tuple[str, str]] = Counter()
        seen = set()
        for word in (w for part in parts for w in inflected(folder, part)):
            lemma = word.lemma
            if word.upos != "NOUN" or word.cls == "Bantu15":
                continue
            pair = grammar.noun_class(lemma)
            where = "our list" if nouns.listed(lemma.lower()) else "dictionary" if lemma in known else "shape"
            if where == "shape" and not (nouns.native(lemma) and lemma in (word.form.lower(), word.form)):
                where = "shape, borrowed or inflected"
            good = pair is not None and pair[word.number == "Plur"] == word.cls
            for what in ("tokens", *(() if (lemma, word.cls, word.number) in seen else ("types",))):
                total[where, what] += 1
                right[where, what] += good
            seen.add((lemma, word.cls, word.number))
        print(name)
        for where, what in sorted(total):
            share = 100 * right[where, what] / total[where, what]
            print(f"  {where:30}{what:8}{right[where, what]:6}/{total[where, what]:<6}{share:6.1f}")


def print_speed() -> None:
    """Microseconds for a lemma never seen before, and for an analysis."""
    syllables = [c + v for c in "bdfgklmnpst" for v in "aeiou"]
    made = [a + b + c for a in syllables for b in syllables[::7] for c in ("ka", "sha", "na", "ri")]
    cases: list[tuple[str, str, Feats]] = [
        ("noun, plural", "NOUN", {"Number": "Plur"}),
        ("noun, locative", "NOUN", {"Number": "Sing", "Case": "Loc"}),
        ("verb, past", "VERB", {"Tense": "Past", "Person": "3", "Number": "Sing", "NounClass": "Bantu1"}),
        ("verb, passive perfect", "VERB", {"Aspect": "Perf", "NounClass": "Bantu9", "Voice": "Pass"}),
        ("adjective", "ADJ", {"NounClass": "Bantu7", "Number": "Plur"}),
    ]
    for name, upos, feats in cases:
        begin = time.perf_counter()
        for word in made:
            swahili.inflect(word, upos, feats)
        print(f"{name:24}{(time.perf_counter() - begin) / len(made) * 1e6:8.1f} us")
    swahili.analyse("anasoma")
    begin = time.perf_counter()
    for word in made:
        swahili.analyse("wana" + word)
    print(f"{'analysis, cold':24}{(time.perf_counter() - begin) / len(made) * 1e6:8.1f} us")
    begin = time.perf_counter()
    for word in made:
        swahili.analyse("wana" + word)
    print(f"{'analysis, again':24}{(time.perf_counter() - begin) / len(made) * 1e6:8.1f} us")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("cells", "analyses", "classes", "speed"))
    parser.add_argument("folder", type=Path, nargs="?", default=Path())
    parser.add_argument("--list", type=Path, help="cells: write excluded and differing cells here")
    parser.add_argument("--misses", type=Path, help="analyses: write the development files' misses here")
    parser.add_argument("--dictionary", type=Path, help="FreeDict swh-eng, for the classes of nouns")
    options = parser.parse_args()
    if options.what == "cells":
        print_cells(options.folder, options.list)
    elif options.what == "analyses":
        print_analyses(options.folder, options.misses, grammar_with(options.dictionary))
    elif options.what == "classes":
        print_classes(options.folder, grammar_with(options.dictionary))
        if options.dictionary:
            print_plurals(options.dictionary)
    else:
        print_speed()


if __name__ == "__main__":
    main()
