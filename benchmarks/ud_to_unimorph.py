"""How often UD features give the right UniMorph bundle, on any pair of a treebank and a table.

    python benchmarks/ud_to_unimorph.py --table T [T ...] --treebank B [B ...]

The metric is strict. A word of the treebank counts if the table has its lemma and form (as written, else the form
in lower case, else both). A system is given UPOS, FEATS and, in the rows "of the lemma's cells", which bundles the
table has for the lemma; never the form. It is right if its bundle is one of those that the table gives for that
lemma and form; bundles that differ in ACT, FIN, IND, DECL or POS alone are the same, for tables write these or not.
No word class is left out. Lemmas are dealt into folds by a hash, and each word is converted by what was learned
from the lemmas of the other folds. Intervals are 95 %, by resampling lemmas; differences are paired.

The systems:
    plain          a dictionary from UPOS and FEATS to their most frequent bundle in the other folds; for features
                   that these lack, the most frequent bundle of the part of speech
    plain, no guess the same without the last: no answer for features that it has not seen
    rules          ``features.to_unimorph`` with the features that the table attests
    plain or rules the dictionary for what was seen twice, else the rules
    completed      the rules, completed to a bundle of the table (``Conversion.rules``)
    learned        ``conversion.learn`` on the other folds
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from morphaug.conversion import Conversion, Word, learn, listed, words
from morphaug.features import WITHOUT_COUNTERPART, core_of, pos_for, pos_of, to_unimorph, wanted
from morphaug.paradigms import Paradigms, compile_tables

CELLS = " of the lemma's cells"
PAIRS = [("learned", "plain"), ("learned", "plain, no guess"), ("learned", "rules"), ("learned", "plain or rules"), ("learned", "completed"),
         ("learned" + CELLS, "plain" + CELLS), ("learned" + CELLS, "completed" + CELLS)]  # fmt: skip

Key = tuple[str, tuple[tuple[str, str], ...]]


def dealt(lemma: str, salt: str, into: int) -> int:
    """The fold of a lemma."""
    return int.from_bytes(hashlib.blake2b((salt + lemma).encode(), digest_size=8).digest(), "big") % into


class Counted:
    """A word that counts: what a system may see, and what is right."""

    def __init__(self, word: Word, lemma: str, right: frozenset[str], cells: frozenset[str]) -> None:
        self.word, self.lemma, self.cells = word, lemma, cells
        self.key: Key = (word.upos, tuple(sorted(word.feats.items())))
        self.right = right
        self.cores = frozenset(core_of(bundle) for bundle in right)


class Plain:
    """The dictionary."""

    def __init__(self, train: Iterable[Counted], paradigms: Paradigms) -> None:
        self._bundles: dict[Any, Counter[str]] = defaultdict(Counter)
        self.seen: Counter[Key] = Counter()
        self._rows = paradigms.bundles
        for item in train:
            self.seen[item.key] += 1
            for bundle in item.right:
                for key in (item.key, item.word.upos, None):
                    self._bundles[key][bundle] += 1

    def convert(self, item: Counted, cells: Collection[str] = ()) -> str:
        names = sorted(cells or self._bundles[None] or self._rows)
        keys = [key for key in (item.key, item.word.upos, None) if key in self._bundles]
        return max(names, key=lambda name: (*(self._bundles[key][name] for key in keys), self._rows[name]))


def systems(train: list[Counted], paradigms: Paradigms) -> dict[str, Callable[[Counted], str]]:
    """Name -> what converts a word."""
    plain, completed = Plain(train, paradigms), Conversion.rules(paradigms)
    learned = learn((item.word for item in train), paradigms)

    def rules(item: Counted) -> str:
        upos, feats = item.word.upos, item.word.feats
        places = pos_for(upos, feats)
        pos = next((name for name in places if paradigms.inventory(name)), places[0])
        return to_unimorph(upos, feats, paradigms.attested(pos) | {pos})

    def convert(with_: Conversion, own: bool) -> Callable[[Counted], str]:
        return lambda item: with_.convert(item.word.upos, item.word.feats, item.cells if own else ())

    return {
        "plain": plain.convert,
        "plain, no guess": lambda item: plain.convert(item) if plain.seen[item.key] else "",
        "rules": rules,
        "plain or rules": lambda item: plain.convert(item) if plain.seen[item.key] > 1 else rules(item),
        "completed": convert(completed, False),
        "learned": convert(learned, False),
        "plain" + CELLS: lambda item: plain.convert(item, item.cells),
        "completed" + CELLS: convert(completed, True),
        "learned" + CELLS: convert(learned, True),
    }


def interval(values: np.ndarray[Any, Any], sizes: np.ndarray[Any, Any], draws: int) -> tuple[float, float]:
    """95 % of a ratio of sums, lemmas resampled."""
    rng = np.random.default_rng(0)
    picks = rng.multinomial(len(sizes), np.full(len(sizes), 1 / len(sizes)), size=draws)
    low, high = np.percentile(100 * (picks @ values) / np.maximum(picks @ sizes, 1), [2.5, 97.5])
    return float(low), float(high)


def measure(
    paradigms: Paradigms,
    treebank: Iterable[Word],
    *,
    folds: int,
    half: str,
    draws: int,
    errors: int,
    watch: str,
) -> dict[str, Any]:
    """Everything that is printed."""
    everything = list(treebank)
    counted: list[Counted] = []
    cells: dict[str, frozenset[str]] = {}
    for word in everything:
        lemma, right = listed(paradigms, word)
        if right:
            if lemma not in cells:
                cells[lemma] = frozenset(bundle for bundle, _ in paradigms.paradigm(lemma))
            counted.append(Counted(word, lemma, right, cells[lemma]))
    if not counted:
        sys.exit("error: no word of the treebank is in the table")
    scored = {"all": (0, 1), "design": (0,), "report": (1,)}[half]
    hits: dict[str, Counter[str]] = defaultdict(Counter)
    same: Counter[str] = Counter()
    wrong: Counter[tuple[str, str, str]] = Counter()
    sizes: Counter[str] = Counter()
    unseen = in_class = 0
    for fold in range(folds):
        train = [item for item in counted if dealt(item.lemma, "fold", folds) != fold]
        test = [
            item
            for item in counted
            if dealt(item.lemma, "fold", folds) == fold and dealt(item.lemma, "half", 2) in scored
        ]
        seen = {item.key for item in train}
        converts = systems(train, paradigms) if test else {}
        answers: dict[tuple[str, Key, frozenset[str]], str] = {}
        for item in test:
            sizes[item.lemma] += 1
            unseen += item.key not in seen
            fits = any(pos_of(bundle) in pos_for(item.word.upos, item.word.feats) for bundle in item.right)
            in_class += fits
            for name, convert in converts.items():
                key = (name, item.key, item.cells if name.endswith(CELLS) else frozenset())
                if key not in answers:
                    answers[key] = convert(item)
                if core_of(answers[key]) in item.cores:
                    hits[name][item.lemma] += 1
                    same[name] += fits
                elif name == watch:
                    shown = "|".join(f"{a}={b}" for a, b in item.key[1]) or "_"
                    wrong[f"{item.word.upos} {shown}", answers[key], " / ".join(sorted(item.right))] += 1
    lemmas = sorted(sizes)
    total = np.array([sizes[lemma] for lemma in lemmas])
    per = {name: np.array([hits[name][lemma] for lemma in lemmas]) for name in converts}
    return {
        "words": len(everything),
        "in the table": len(counted),
        "scored": int(total.sum()),
        "lemmas": len(lemmas),
        "features unseen in training": unseen,
        "in a class that the table has": in_class,
        "right": {
            name: {
                "share": 100 * int(row.sum()) / int(total.sum()),
                "interval": interval(row, total, draws),
                "share in class": 100 * same[name] / in_class if in_class else None,
            }
            for name, row in per.items()
        },
        "differences": [
            {
                "of": one,
                "less": other,
                "points": 100 * int((per[one] - per[other]).sum()) / int(total.sum()),
                "interval": interval(per[one] - per[other], total, draws),
            }
            for one, other in PAIRS
        ],
        "commonest errors": [
            {"features": a, "converted to": b, "the table has": c, "words": n}
            for (a, b, c), n in sorted(wrong.items(), key=lambda item: (-item[1], item[0]))[:errors]
        ],
    }


def show(found: Mapping[str, Any]) -> None:
    """The figures as text."""
    n = found["scored"]
    print(f"{found['words']:,} words, {found['in the table']:,} "
          f"({100 * found['in the table'] / found['words']:.1f} %) in the table; scored: {n:,} of {found['lemmas']:,} lemmas")  # fmt: skip
    print(f"features that the other folds lack: {100 * found['features unseen in training'] / n:.1f} %; "
          f"in a word class that the table has: {100 * found['in a class that the table has'] / n:.1f} %\n")  # fmt: skip
    print(f"{'system':<34} {'right, %':>8}  {'95 %':<14} in class, %")
    for name, row in found["right"].items():
        low, high = row["interval"]
        inside = "" if row["share in class"] is None else f"{row['share in class']:.1f}"
        print(f"{name:<34} {row['share']:>8.1f}  {low:5.1f} .. {high:<6.1f} {inside:>8}")
    print(f"\n{'difference, points':<60} {'':>6}  95 %")
    for row in found["differences"]:
        low, high = row["interval"]
        print(f"{row['of'] + ' - ' + row['less']:<60} {row['points']:>+6.1f}  {low:+.1f} .. {high:+.1f}")
    for row in found["commonest errors"]:
        print(
            f"{row['words']:>5}  {row['features']}\n       -> {row['converted to']}, not {row['the table has']}"
        )


def coverage(treebank: Iterable[Word]) -> list[dict[str, Any]]:
    """Every feature value of a treebank: how often it occurs, and how the rules read it or why they do not."""
    occurs: Counter[tuple[str, str]] = Counter()
    for word in treebank:
        for name, values in word.feats.items():
            occurs.update((name, value) for value in values.split(","))
    return [
        {"feature": f"{name}={value}", "words": n, **_reading(name, value)}
        for (name, value), n in sorted(occurs.items())
    ]


def _reading(name: str, value: str) -> dict[str, str]:
    feats = {name: value}
    if name == "VerbForm" and pos_for("VERB", feats) != ("V",):
        return {"read as": " or ".join(pos_for("VERB", feats))}
    if name.startswith(("Number[", "Gender[", "ObjNumber", "ObjGender")):  # read together with the person
        feats |= {name.replace("Number", "Person").replace("Gender", "Person"): "3"}
    found = wanted("VERB", feats)
    if found:
        return {"read as": " or ".join("+".join(sorted(reading)) for reading in found[0][1][:4])}
    for key in (f"{name}={value}", name):
        if key in WITHOUT_COUNTERPART:
            return {"left out": WITHOUT_COUNTERPART[key]}
    return {"left out": "unknown: neither read nor listed"}


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--table", type=Path, nargs="+", default=[], help="UniMorph or SIGMORPHON tables of one language"
    )
    parser.add_argument(
        "--treebank", type=Path, nargs="+", required=True, help="CoNLL-U files (.xz, .gz too)"
    )
    parser.add_argument("--language", help="read the table's own tags as the pack of this language says")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--half", choices=("all", "design", "report"), default="all",
                        help="score the lemmas of one half only (the method was designed on 'design')")  # fmt: skip
    parser.add_argument("--draws", type=int, default=2000, help="resamplings for the intervals")
    parser.add_argument("--errors", type=int, default=0, help="show so many of the commonest errors")
    parser.add_argument("--of", default="learned", help="system whose errors are shown")
    parser.add_argument(
        "--coverage", action="store_true", help="list every feature value and how the rules read it"
    )
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    treebank = [word for path in arguments.treebank for word in words(path)]
    if arguments.coverage:
        rows = coverage(treebank)
        if arguments.json:
            print(json.dumps(rows, indent=1))
            return
        for row in rows:
            how = row.get("read as") or "-- " + row["left out"]
            print(f"{row['words']:>8}  {row['feature']:<26} {how}")
        return
    if not arguments.table:
        parser.error("--table is missing")
    readings = None
    if arguments.language:
        from morphaug import languages, packs

        readings = packs.pack(languages.resolve(arguments.language)).readings
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "table"
        compile_tables(arguments.table, out, readings=readings, learn=False)
        found = measure(Paradigms.open(out), treebank, folds=arguments.folds, half=arguments.half,
                        draws=arguments.draws, errors=arguments.errors, watch=arguments.of)  # fmt: skip
    if arguments.json:
        print(json.dumps(found, indent=1))
    else:
        show(found)


if __name__ == "__main__":
    main()
