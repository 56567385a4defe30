"""How well the inflector does on lemmas that it has not seen, for any UniMorph or SIGMORPHON file.

    python benchmarks/inflection.py FILE [FILE ...] [--rows 10000] [--test 2000] [--salt salt1] [--json]
    python benchmarks/inflection.py FILE [FILE ...] --test-file FILE

The files' rows are pooled and split by lemma: a lemma is tested if sha256("salt<TAB>lemma") says so (one in ten),
so that no lemma is on both sides and the split does not depend on the order of the rows; cells with several forms
are left out, and at most eight rows of a lemma are tested. With ``--test-file`` the pooled rows are all trained
on and that file is the test.

Printed: exact match with a 95 % interval (lemmas are drawn, not rows), beside a baseline; the same for bundles
that no training row has; seconds, words a second, size; and how far the probabilities can be trusted.

The baseline is the algorithm of the non-neural baseline of the SIGMORPHON shared tasks of 2017 to 2023 (Cotterell
et al. 2017, section 6), written anew: rows are aligned; every suffix of a lemma with what it becomes is a rule of
its bundle, and so is what happens before the first letter kept; the rule of the longest suffix wins, the commonest
of equals; for the front the commonest rule that fits. A language that changes fronts more is read backwards.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from morphaug.inflection import Inflector
from morphaug.inflector_files import read_lines
from morphaug.transducer_training import align

Row = tuple[str, str, str]  # lemma, form, bundle
BINS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)


def split(rows: Sequence[Row], salt: str, n_train: int, n_test: int) -> tuple[list[Row], list[Row]]:
    """(training rows, test rows), without a lemma in common, in an order that only the salt decides."""
    forms: dict[tuple[str, str], set[str]] = defaultdict(set)
    for lemma, form, bundle in rows:
        forms[lemma, bundle].add(form)
    clean = {row for row in rows if len(forms[row[0], row[2]]) == 1}

    def digest(text: str) -> bytes:
        return hashlib.sha256(f"{salt}\t{text}".encode()).digest()

    train: list[Row] = []
    test: list[Row] = []
    tested: Counter[str] = Counter()
    for row in sorted(clean, key=lambda row: digest("\t".join(row))):
        if digest(row[0])[0] * 10 >= 256:
            train.append(row)
        elif tested[row[0]] < 8 and len(test) < n_test:
            tested[row[0]] += 1
            test.append(row)
    return train[:n_train], test


def interval(right: Sequence[bool], lemmas: Sequence[str], draws: int = 2000) -> tuple[float, float, float]:
    """(share right, lower, upper end of its 95 % interval), in per cent; lemmas are drawn, not rows."""
    index = {lemma: i for i, lemma in enumerate(dict.fromkeys(lemmas))}
    which = np.array([index[lemma] for lemma in lemmas])
    rows = np.bincount(which, minlength=len(index))
    hits = np.bincount(which, weights=np.asarray(right, dtype=float), minlength=len(index))
    draw = np.random.default_rng(1).integers(0, len(index), (draws, len(index)))
    low, high = np.percentile(hits[draw].sum(axis=1) / rows[draw].sum(axis=1), (2.5, 97.5))
    return 100 * float(hits.sum() / rows.sum()), 100 * float(low), 100 * float(high)


# -- the baseline ------------------------------------------------------------------------------------


class Baseline:
    """The shared tasks' non-neural baseline."""

    def __init__(self, rows: Sequence[Row]) -> None:
        pairs = sorted({(lemma, form) for lemma, form, _ in rows})
        fronts = ends = 0
        parts = {}
        for pair, script in zip(pairs, align(pairs), strict=True):
            parts[pair] = found = self._parts(pair, script)
            fronts, ends = fronts + len(found[0][0] + found[0][1]), ends + len(found[2][0] + found[2][1])
        self.backwards = fronts > ends
        if self.backwards:
            turned = sorted({(lemma[::-1], form[::-1]) for lemma, form in pairs})
            parts = {p: self._parts(p, s) for p, s in zip(turned, align(turned), strict=True)}
        self.front: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
        self.end: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
        for lemma, form, bundle in rows:
            step = -1 if self.backwards else 1
            front, stem, end = parts[lemma[::step], form[::step]]
            self.front[bundle][front] += 1
            old, new = "".join(a for a, _ in stem) + end[0], "".join(b for _, b in stem) + end[1]
            at_old = at_new = 0
            self.end[bundle][old, new] += 1
            for a, b in stem:
                at_old, at_new = at_old + len(a), at_new + len(b)
                self.end[bundle][old[at_old:], new[at_new:]] += 1
        self.longest = {
            bundle: max((len(old) for old, _ in rules), default=0) for bundle, rules in self.end.items()
        }
        self.by_old: dict[str, dict[str, list[tuple[int, str]]]] = {}
        for bundle, rules in self.end.items():
            found: dict[str, list[tuple[int, str]]] = defaultdict(list)
            for (old, new), n in rules.items():
                found[old].append((n, new))
            self.by_old[bundle] = found

    @staticmethod
    def _parts(
        pair: tuple[str, str], script: Sequence[tuple[str, str]]
    ) -> tuple[tuple[str, str], list[tuple[str, str]], tuple[str, str]]:
        """(front, letters of the stem, end), each as (in the lemma, in the form): the stem is what is aligned."""
        lemma, at, letters = pair[0], 0, []
        for kind, about in script:
            old = "" if kind == "p" else lemma[at]
            letters.append((old, "" if kind == "d" else about[-1]))
            at += bool(old)
        kept = [k for k, (a, b) in enumerate(letters) if a and b]
        first, last = (kept[0], kept[-1] + 1) if kept else (0, 0)

        def joined(some: Sequence[tuple[str, str]]) -> tuple[str, str]:
            return "".join(a for a, _ in some), "".join(b for _, b in some)

        return joined(letters[:first]), letters[first:last], joined(letters[last:])

    def predict(self, lemma: str, bundle: str) -> str:
        """The form; the lemma itself for a bundle that no row has."""
        if bundle not in self.end:
            return lemma
        word = lemma[::-1] if self.backwards else lemma
        rules = self.by_old[bundle]
        for size in range(min(len(word), self.longest[bundle]), -1, -1):
            found = rules.get(word[len(word) - size :])
            if found:
                word = (
                    word[: len(word) - size]
                    + max(found, key=lambda rule: (rule[0], len(rule[1]), rule[1]))[1]
                )
                break
        fits = [(n, old, new) for (old, new), n in self.front[bundle].items() if word.startswith(old)]
        if fits:
            _, old, new = max(fits)
            word = new + word[len(old) :]
        return word[::-1] if self.backwards else word


# -- measuring ---------------------------------------------------------------------------------------


def reliability(probabilities: Sequence[float], right: Sequence[bool]) -> tuple[list[list[float]], float]:
    """(lower end, rows, mean probability, share right) per bin, and the expected calibration error."""
    p, ok = np.asarray(probabilities), np.asarray(right, dtype=float)
    which = np.minimum(np.searchsorted(BINS, p, side="right") - 1, len(BINS) - 2)
    out = []
    for k, low in enumerate(BINS[:-1]):
        here = which == k
        if here.any():
            out.append([low, int(here.sum()), float(p[here].mean()), float(ok[here].mean())])
    return out, float(sum(n * abs(mean - share) for _, n, mean, share in out) / len(p))


def measure(
    train: list[Row], test: list[Row], baseline: bool
) -> tuple[dict[str, Any], list[tuple[str, float]]]:
    """Train, predict, score: (figures, predictions)."""
    wall, cpu = time.perf_counter(), time.process_time()
    trained = Inflector.train(train)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    items = [(lemma, bundle) for lemma, _, bundle in test]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        trained.save(folder)
        size = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
        start = time.perf_counter()
        model = Inflector.open(folder)
        opened = time.perf_counter() - start
        found = [guess or ("", 0.0) for guess in model.predict_many(items)]
        cold = time.perf_counter() - start
        start = time.perf_counter()
        model.predict_many(items)
        again = time.perf_counter() - start
        single = Inflector.open(folder)
        start = time.perf_counter()
        for item in items[:500]:
            single.predict(*item)
        alone = time.perf_counter() - start
    lemmas = [lemma for lemma, _, _ in test]
    right = [guess == form for (guess, _), (_, form, _) in zip(found, test, strict=True)]
    known = {bundle for _, _, bundle in train}
    new = [k for k, (_, _, bundle) in enumerate(test) if bundle not in known]
    bins, error = reliability([p for _, p in found], right)
    figures: dict[str, Any] = {
        "rows": len(train),
        "tested": len(test),
        "lemmas": len(set(lemmas)),
        "exact match": interval(right, lemmas),
        "new bundles": len(new),
        "new bundles right": sum(right[k] for k in new),
        "training s": wall,
        "training CPU s": cpu,
        "MB": size,
        "open s": opened,
        "words/s from cold, batch, opening included": len(test) / cold,
        "words/s from cold, one by one": len(items[:500]) / alone,
        "words/s repeated": len(test) / again,
        "reliability": bins,
        "calibration error": error,
        "load": os.getloadavg()[0],
    }
    if baseline:
        other = Baseline(train)
        plain = [other.predict(lemma, bundle) == form for lemma, form, bundle in test]
        figures["baseline"] = interval(plain, lemmas)
        difference = interval([a - b for a, b in zip(right, plain, strict=True)], lemmas)  # type: ignore[misc]
        figures["minus baseline"] = difference
    return figures, found


def show(figures: dict[str, Any]) -> None:
    """Print figures for people."""
    print(
        f"{figures['rows']:,} rows to train on, {figures['tested']:,} of {figures['lemmas']:,} other lemmas to test"
    )
    for name in ("exact match", "baseline", "minus baseline"):
        if name in figures:
            print("{}: {:.1f} ({:.1f} to {:.1f})".format(name, *figures[name]))
    if figures["new bundles"]:
        share = 100 * figures["new bundles right"] / figures["new bundles"]
        print(f"bundles not seen in training: {share:.1f} % of {figures['new bundles']} rows")
    print(
        f"training: {figures['training s']:.0f} s, {figures['training CPU s']:.0f} s of CPU; load {figures['load']:.1f}"
    )
    print(f"model: {figures['MB']:.1f} MB, opened in {1000 * figures['open s']:.0f} ms")
    for name in figures:
        if name.startswith("words/s"):
            print(f"{name}: {figures[name]:,.0f}")
    print(f"expected calibration error: {figures['calibration error']:.3f}")
    print("probability from   rows   mean   right")
    for low, n, mean, share in figures["reliability"]:
        print(f"{low:16.2f} {n:6.0f}  {mean:.3f}   {share:.3f}")


def main() -> None:
    """Split, train, predict, score."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", type=Path, help="files, plain or .xz/.gz, in either column order")
    parser.add_argument("--rows", type=int, default=10_000, help="training rows, at most")
    parser.add_argument("--test", type=int, default=2_000, help="test rows, at most")
    parser.add_argument("--salt", default="salt1", help="another salt makes another split")
    parser.add_argument(
        "--test-file", type=Path, help="train on all rows of the files, test on all of this one"
    )
    parser.add_argument("--no-baseline", action="store_true", help="leave the baseline out")
    parser.add_argument("--out", type=Path, help="write lemma, bundle, prediction, probability, gold form")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()

    def rows(path: Path) -> list[Row]:
        return [(row.lemma, row.form, row.bundle) for row in read_lines(path).rows]

    pooled = [row for path in options.files for row in rows(path)]
    if options.test_file:
        train, test = pooled, rows(options.test_file)
    else:
        train, test = split(pooled, options.salt, options.rows, options.test)
    if not train or not test:
        parser.error("too few lemmas to hold any out")
    figures, found = measure(train, test, not options.no_baseline)
    if options.json:
        print(json.dumps(figures))
    else:
        show(figures)
    if options.out:
        with options.out.open("w", encoding="utf-8") as file:
            for (lemma, form, bundle), (guess, p) in zip(test, found, strict=True):
                file.write(f"{lemma}\t{bundle}\t{guess}\t{p:.3f}\t{form}\n")


if __name__ == "__main__":
    main()
