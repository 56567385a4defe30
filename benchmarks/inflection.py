"""How well the inflector does on lemmas that it has not seen, for any UniMorph or SIGMORPHON table.

    python benchmarks/inflection.py TABLE [TABLE ...] [--rows 10000] [--test 2000] [--salt salt1] [--out PRED]

The tables' rows are pooled. A lemma is tested if a hash of it says so (one in ten), so that no lemma is on both
sides and the split does not depend on the order of the rows; cells with several forms are left out. At most
eight rows of a lemma are tested. Printed: exact match with a 95 % interval (lemmas resampled), the same for
bundles that were not seen in training, how far the probabilities can be trusted, and time.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

from morphaug.inflection import Inflector
from morphaug.paradigms import Counts, read_table

Row = tuple[str, str, str]


def split(rows: list[Row], salt: str, n_train: int, n_test: int) -> tuple[list[Row], list[Row]]:
    """(training rows, test rows), without a lemma in common, in an order that only the salt decides."""
    forms: dict[tuple[str, str], set[str]] = defaultdict(set)
    for lemma, form, bundle in rows:
        forms[lemma, bundle].add(form)
    clean = {(lemma, form, bundle) for lemma, form, bundle in rows if len(forms[lemma, bundle]) == 1}

    def digest(text: str) -> bytes:
        return hashlib.sha256(f"{salt}\t{text}".encode()).digest()

    train, test = [], []
    tested: Counter[str] = Counter()
    for row in sorted(clean, key=lambda row: digest("\t".join(row))):
        if digest(row[0])[0] * 10 >= 256:
            train.append(row)
        elif tested[row[0]] < 8 and len(test) < n_test:
            tested[row[0]] += 1
            test.append(row)
    return train[:n_train], test


def interval(right: list[bool], lemmas: list[str], draws: int = 2000) -> tuple[float, float, float]:
    """(share right, lower, upper end of its 95 % interval), in per cent; lemmas are drawn, not rows."""
    index = {lemma: i for i, lemma in enumerate(dict.fromkeys(lemmas))}
    rows, hits = np.zeros(len(index)), np.zeros(len(index))
    for lemma, ok in zip(lemmas, right, strict=True):
        rows[index[lemma]] += 1
        hits[index[lemma]] += ok
    draw = np.random.default_rng(1).integers(0, len(index), (draws, len(index)))
    shares = hits[draw].sum(axis=1) / rows[draw].sum(axis=1)
    low, high = np.percentile(shares, (2.5, 97.5))
    return 100 * hits.sum() / rows.sum(), 100 * float(low), 100 * float(high)


def main() -> None:
    """Split, train, predict, score."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "tables", nargs="+", type=Path, help="files, plain or .xz/.gz, in either column order"
    )
    parser.add_argument("--rows", type=int, default=10_000, help="training rows, at most")
    parser.add_argument("--test", type=int, default=2_000, help="test rows, at most")
    parser.add_argument("--salt", default="salt1", help="another salt makes another split")
    parser.add_argument(
        "--against", type=Path, help="test on all rows of this file; train on all of the tables"
    )
    parser.add_argument("--out", type=Path, help="write lemma, bundle, prediction, probability, gold form")
    options = parser.parse_args()

    rows = [row for table in options.tables for row in read_table(table, Counts())]
    if options.against:
        train, test = rows, list(read_table(options.against, Counts()))
    else:
        train, test = split(rows, options.salt, options.rows, options.test)
    if not train or not test:
        parser.error("too few lemmas to hold any out")
    wall, cpu = time.perf_counter(), time.process_time()
    model = Inflector.train(train)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder))
        size = sum(file.stat().st_size for file in Path(folder).iterdir()) / 1e6
        model, single = Inflector.open(Path(folder)), Inflector.open(Path(folder))
    start = time.process_time()
    found = model.predict_many([(lemma, bundle) for lemma, _, bundle in test])
    many = len(test) / (time.process_time() - start)
    start = time.process_time()
    for lemma, _, bundle in test[:500]:
        single.predict(lemma, bundle)
    one = len(test[:500]) / (time.process_time() - start)
    start = time.perf_counter()
    for lemma, _, bundle in test[:500]:
        single.predict(lemma, bundle)
    again = len(test[:500]) / (time.perf_counter() - start)

    guesses = [guess or ("", 0.0) for guess in found]
    right = [guess[0] == form for guess, (_, form, _) in zip(guesses, test, strict=True)]
    lemmas = [lemma for lemma, _, _ in test]
    known = {bundle for _, _, bundle in train}
    new = [i for i, (_, _, bundle) in enumerate(test) if bundle not in known]
    print(f"rows: {len(train)} to train on, {len(test)} of {len(set(lemmas))} other lemmas to test")
    print("exact match: {:.1f} % ({:.1f} to {:.1f})".format(*interval(right, lemmas)))
    if new:
        share = 100 * sum(right[i] for i in new) / len(new)
        print(f"bundles not seen in training: {share:.1f} % of {len(new)} rows")
    print(f"training: {wall:.0f} s ({cpu:.0f} s of CPU); model: {size:.1f} MB")
    print(f"words per second of CPU: {many:.0f} in a batch, {one:.0f} one by one; repeated {again:.0f}")
    print("probability     rows  mean   right")
    for low, high in ((0, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 0.97), (0.97, 1.01)):
        rows_here = [i for i, guess in enumerate(guesses) if low <= guess[1] < high]
        if rows_here:
            mean = sum(guesses[i][1] for i in rows_here) / len(rows_here)
            hits = sum(right[i] for i in rows_here) / len(rows_here)
            print(f"{low:.2f} to {min(high, 1):.2f} {len(rows_here):7d}  {mean:.3f}  {hits:.3f}")
    if options.out:
        with options.out.open("w", encoding="utf-8") as file:
            for (lemma, form, bundle), (guess, p) in zip(test, guesses, strict=True):
                file.write(f"{lemma}\t{bundle}\t{guess}\t{p:.3f}\t{form}\n")


if __name__ == "__main__":
    main()
