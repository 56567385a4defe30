"""Measure the paradigm store on a synthetic table of two million rows: compile, open, memory, look-up.

    python benchmarks/paradigms.py [--rows 2000000] [--dir FOLDER] [--learn]

The table is made up: words of random syllables with the endings of an invented agglutinative language, two
stem grades and vowel harmony, so that nothing has to be downloaded. Memory is measured in a fresh process.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CASES = {"NOM": "", "GEN": "n", "PRT": "tA", "IN+ESS": "ssA", "IN+ABL": "stA", "AT+ESS": "llA", "AT+ABL": "ltA",
         "AT+ALL": "lle", "FRML": "nA", "TRANS": "ksi"}  # fmt: skip
OWNERS = {"": "", "PSS1S": "ni", "PSS2S": "si", "PSS3S": "nsA", "PSS1P": "mme", "PSS2P": "nne"}

LOOK_UP = """
import json, resource, sys, time
from morphaug.paradigms import Paradigms
from morphaug.inflection import Inflector
from morphaug.morphology import Morphology
from pathlib import Path

def status(name):
    return int(next(l for l in open("/proc/self/status") if l.startswith(name)).split()[1]) / 1024

folder, words = Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text())
out = {}
before = status("VmRSS:") if Path("/proc/self/status").exists() else 0.0
begin = time.perf_counter()
table = Paradigms.open(folder)
out["open, ms"] = (time.perf_counter() - begin) * 1e3
if before:
    out["resident after open, MB"] = status("VmRSS:") - before
begin = time.perf_counter()
for lemma, bundle in words:
    table.forms(lemma, bundle)
out["forms(), microseconds"] = (time.perf_counter() - begin) / len(words) * 1e6
forms = [table.forms(lemma, bundle)[0] for lemma, bundle in words]
begin = time.perf_counter()
for form in forms:
    table.analyses(form)
out["analyses(), microseconds"] = (time.perf_counter() - begin) / len(words) * 1e6
if before:
    out["resident after 2 x %d look-ups, MB" % len(words)] = status("VmRSS:") - before
door = Morphology("xxx", table, None, None)
feats = {"Case": "Ine", "Number": "Plur"}
asked = [lemma for lemma, _ in words[:20000]]
for lemma in asked:
    door.inflect(lemma, "NOUN", feats)
begin = time.perf_counter()
for lemma in asked:
    door.inflect(lemma, "NOUN", feats)
out["inflect() memoised, calls/s"] = len(asked) / (time.perf_counter() - begin)
try:
    learned = Inflector.open(folder)
except Exception:
    learned = None
if learned is not None:
    unknown = [lemma[::-1] + lemma for lemma, _ in words[:2000]]
    begin = time.perf_counter()
    for lemma in unknown:
        learned.predict(lemma, "N;IN+ESS;SG")
    out["predict() of unknown lemmas, words/s"] = len(unknown) / (time.perf_counter() - begin)
print(json.dumps(out))
"""


def write_table(path: Path, rows: int) -> None:
    """Write a table of about ``rows`` rows, the same every time."""
    draw = random.Random(1)
    cells = [(f"N;{case};{number}{';' + owner if owner else ''}", number, ending, tail)
             for case, ending in CASES.items() for number in ("SG", "PL") for owner, tail in OWNERS.items()]  # fmt: skip
    seen: set[str] = set()
    with open(path, "w", encoding="utf-8") as file:
        while len(seen) * len(cells) < rows:
            back = draw.random() < 0.6
            vowels = "aou" if back else "äöy"
            stem = "".join(
                draw.choice("hjklmnprstv") + draw.choice(vowels) for _ in range(draw.randint(2, 5))
            )
            grade = draw.choice(["kk", "pp", "tt", "", ""])
            lemma = f"{stem}{grade}i" if grade else stem
            if lemma in seen:
                continue
            seen.add(lemma)
            for bundle, number, ending, tail in cells:
                weak = lemma.replace(grade, grade[0]) if grade and ending not in ("", "tA", "nA") else lemma
                form = weak + ("i" if number == "PL" else "") + ending + tail
                file.write(f"{lemma}\t{form.replace('A', 'a' if back else 'ä')}\t{bundle}\n")


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=2_000_000, help="rows of the table (default: 2,000,000)")
    parser.add_argument("--dir", type=Path, help="keep the files there (default: a temporary folder)")
    parser.add_argument("--learn", action="store_true", help="train the inflector too")
    arguments = parser.parse_args()
    from morphaug.paradigms import Paradigms, compile_tables

    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.dir or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        table, out = folder / "synthetic.tsv", folder / "compiled"
        write_table(table, arguments.rows)
        begin, begin_cpu = time.perf_counter(), time.process_time()
        counts = compile_tables([table], out, learn=arguments.learn)
        print(
            f"rows                           {counts.rows:,} ({counts.lemmas:,} lemmas, {counts.bundles} bundles)"
        )
        print(f"table                          {table.stat().st_size / 1e6:.1f} MB")
        print(
            f"compile                        {time.perf_counter() - begin:.1f} s ({time.process_time() - begin_cpu:.1f} s of CPU)"
        )
        print(
            f"peak memory of compiling       {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB"
        )
        print(f"compiled                       {sum(f.stat().st_size for f in out.iterdir()) / 1e6:.1f} MB")
        draw, opened = random.Random(2), Paradigms.open(out)
        lemmas, bundles = sorted(opened.lemmas("N")), list(opened.bundles)
        words = [(draw.choice(lemmas), draw.choice(bundles)) for _ in range(50_000)]
        (folder / "words.json").write_text(json.dumps(words))
        result = subprocess.run(
            [sys.executable, "-c", LOOK_UP, str(out), str(folder / "words.json")],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        for name, value in json.loads(result.stdout).items():
            print(f"{name:<46} {value:,.1f}")


if __name__ == "__main__":
    main()
