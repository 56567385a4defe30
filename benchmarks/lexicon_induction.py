"""How good an induced lexicon is: coverage, precision against a dictionary, held-out text, and a blind sheet.

    python benchmarks/lexicon_induction.py score LEXICON.tsv -l swh --source train.en --dictionary DICTD/ \
        --treebank en_pud-ud-test.conllu.xz --parallel dev.en dev.sw
    python benchmarks/lexicon_induction.py sheet LEXICON.tsv -l swh --dictionary DICTD/ --out sheet.tsv --key key.tsv
    python benchmarks/lexicon_induction.py judge sheet.tsv --key key.tsv
    python benchmarks/lexicon_induction.py judge benchmarks/lexicon_judgement.tsv

The dictionary (FreeDict, both directions, from the user's own folder) is split by a hash of the headword: thresholds
were chosen on the "dev" half, the "other" half is for reporting. A pair matches if the two words are equal, or have a
lemma in common after the language's own analysis (verbs with or without their infinitive prefix, plurals), phrases only
if they are equal; headwords that the dictionary translates by phrases only are left out, and so are those that occur
less than --min times.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from morphaug import languages, lexicon, lexicon_formats, resources
from morphaug.bitext import english_words, read_pairs, words
from morphaug.conllu import read_sentences
from morphaug.induction import by_rules, target_readings

OPEN = ("NOUN", "VERB", "ADJ", "ADV")
SHEET = ("number", "english", "upos", "target", "judgement")
SEED = 3


class Row(NamedTuple):
    source: str
    upos: str
    target: str
    probability: float


def read_lexicon(path: Path) -> dict[str, list[Row]]:
    out: dict[str, list[Row]] = defaultdict(list)
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith(("# ", "source\t")):
            source, upos, _, target, probability, _ = line.split("\t")
            out[source].append(Row(source, upos, target, float(probability)))
    return out


def read_dictionary(folder: Path) -> tuple[list[lexicon_formats.Reading], dict[str, set[str]]]:
    readings = lexicon_formats.read(folder)
    heads: dict[str, set[str]] = defaultdict(set)
    for reading in readings:
        for row in reading.rows:
            if " " not in row.source:
                heads[row.source].add(row.target)
    return readings, heads


def half(head: str) -> str:
    return ("dev", "other")[hashlib.sha256(f"lex{head}".encode()).digest()[0] % 2]


class Matcher:
    """Lemmas under which a target word may be cited."""

    def __init__(self, code: str) -> None:
        self.readings = target_readings(code)[0]
        self.known: dict[str, frozenset[str]] = {}

    def __call__(self, word: str) -> frozenset[str]:
        low = word.lower().strip("-")
        if low not in self.known:
            found = {low}
            if " " not in low:
                found |= {lemma.lower() for lemma, _ in self.readings(low)}
            self.known[low] = frozenset(found)
        return self.known[low]


def interval(hits: Sequence[bool], rounds: int = 2000) -> tuple[float, float, float]:
    """Share and its 95 % bootstrap interval, in per cent."""
    draw = random.Random(SEED)
    n = len(hits)
    shares = sorted(sum(draw.choices(hits, k=n)) / n for _ in range(rounds))
    return 100 * sum(hits) / n, 100 * shares[int(0.025 * rounds)], 100 * shares[int(0.975 * rounds)]


def shown(hits: Sequence[bool]) -> str:
    return "-" if not hits else "{:.1f} ({:.1f}-{:.1f})".format(*interval(hits))


# ------------------------------------------------------------------------------------------------ scores


def precision(
    induced: dict[str, list[Row]],
    heads: dict[str, set[str]],
    counts: Counter[str],
    match: Matcher,
    least: int,
    text: frozenset[str],
) -> None:
    print(f"\nprecision against the dictionary, headwords in both, {least}+ occurrences")
    print("half   headwords  P@1                 P@5                 attainable  P@1                 P@5")
    for part in ("dev", "other"):
        first, five, could = [], [], []
        for head in sorted(heads):
            gold = frozenset().union(*(match(t) for t in heads[head] if " " not in t))
            phrases = frozenset(t.lower() for t in heads[head] if " " in t)
            if half(head) != part or counts[head] < least or not gold or head not in induced:
                continue
            good = [bool(match(row.target) & (gold | phrases)) for row in induced[head]]
            first.append(good[0])
            five.append(any(good[:5]))
            could.append(bool(gold & text))
        one = [x for x, c in zip(first, could, strict=True) if c]
        more = [x for x, c in zip(five, could, strict=True) if c]
        print(
            f"{part:6} {len(first):9}  {shown(first):19} {shown(five):19} {len(one):10}  {shown(one):19} {shown(more)}"
        )
    print("attainable: a translation of the dictionary is among the lemmas of the text")


def coverage(stores: dict[str, lexicon.Lexicon], treebank: Path) -> None:
    lemmas: Counter[tuple[str, str]] = Counter()
    for _, sentence in read_sentences(treebank):
        lemmas.update((t.lemma, t.upos) for t in sentence.tokens if t.upos in OPEN)
    total = lemmas.total()
    print(f"\ncoverage of {total:,} open-class tokens of {treebank.name} (proper nouns left out)")
    print("lexicon             headwords  lemma listed  a translation for its part of speech")
    for name, store in stores.items():
        listed = sum(n for (lemma, _), n in lemmas.items() if store.has(lemma))
        fits = sum(n for (lemma, upos), n in lemmas.items() if store.lookup(lemma, upos))
        print(f"{name:18} {len(store):10,}  {100 * listed / total:11.1f}  {100 * fits / total:.1f}")


def held_out(stores: dict[str, lexicon.Lexicon], source: Path, target: Path, match: Matcher) -> None:
    """How often the first translation of a content word stands in the translated sentence."""
    english, other = read_pairs(source, target)
    side = by_rules([english_words(line) for line in english])
    sentences = [
        (
            [side.names[n][0] for n in numbers if side.names[n][0].islower()],
            frozenset().union(*(match(word.text) for word in words(line))),
        )
        for numbers, line in zip(side.text, other, strict=True)
    ]
    print(f"\nfirst translations in held-out text: {source.name}, {len(english):,} pairs")
    print("lexicon              words  have an entry  first in the sentence  one of five")
    for name, store in stores.items():
        n = have = first = five = 0
        for lemmas, there in sentences:
            for lemma in lemmas:
                if len(lemma) < 3 or lemma in FUNCTION:
                    continue
                n += 1
                found = [all(match(w) & there for w in e.target.split()) for e in store.lookup(lemma)[:5]]
                have += bool(found)
                first += bool(found) and found[0]
                five += any(found)
        print(f"{name:18} {n:7,}  {100 * have / n:13.1f}  {100 * first / n:21.1f}  {100 * five / n:11.1f}")


FUNCTION_WORDS = """
the and that this these those not but for with from into onto than then there their they them his her its our
your you she who whom whose which what when where why how all any some each every both such very too also just
only have has had will would shall should can could may might must been being are was were did does out off over
under about after before between through during against without within upon per via because while until since
although though unless whether yet nor own same other another more most much many few less one two it's
"""
FUNCTION = frozenset(FUNCTION_WORDS.split())


def compiled(readings: Iterable[lexicon_formats.Reading], code: str, folder: Path) -> lexicon.Lexicon:
    lexicon.compile_lexicon(list(readings), folder, lemmas=resources._lemmas(code))
    return lexicon.Lexicon.open(folder)


def score(options: argparse.Namespace) -> None:
    code = languages.resolve(options.language)
    induced, match = read_lexicon(options.lexicon), Matcher(code)
    _, heads = read_dictionary(options.dictionary)
    english, other = read_pairs(options.source, options.target)
    side = by_rules([english_words(line) for line in english])
    counts = Counter(side.names[n][0] for line in side.text for n in line)
    text = frozenset().union(*(match(w) for w in {x.text for line in other for x in words(line)}))
    print(f"{options.lexicon.name}: {len(induced):,} headwords, {sum(map(len, induced.values())):,} entries")
    precision(induced, heads, counts, match, options.min, text)
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder)
        own = lexicon_formats.read(options.lexicon, "tsv")
        stores = {
            "dictionary": compiled(lexicon_formats.read(options.dictionary), code, at / "a"),
            "induced": compiled(own, code, at / "b"),
            "both": compiled([*lexicon_formats.read(options.dictionary), *own], code, at / "c"),
        }
        if options.treebank:
            coverage(stores, options.treebank)
        for a, b in options.parallel or ():
            held_out(stores, Path(a), Path(b), match)


# ----------------------------------------------------------------------------------------- the blind sheet


def sheet(options: argparse.Namespace) -> None:
    code = languages.resolve(options.language)
    match = Matcher(code)
    _, heads = read_dictionary(options.dictionary)
    outside = [
        row
        for rows in read_lexicon(options.lexicon).values()
        for row in rows
        if not any(match(row.target) & match(t) for t in heads.get(row.source, ()))
    ]
    draw = random.Random(SEED)
    picked = draw.sample(outside, options.pairs + 2 * options.controls)
    pairs = [(row, "pair") for row in picked[: options.pairs]]
    rest = picked[options.pairs :]
    for a, b in zip(rest[: options.controls], rest[options.controls :], strict=True):
        pairs.append((Row(a.source, b.upos, b.target, 0.0), "control"))
    draw.shuffle(pairs)
    with options.out.open("w", encoding="utf-8") as out, options.key.open("w", encoding="utf-8") as key:
        out.write("\t".join(SHEET) + "\n")
        key.write("number\tkind\tprobability\n")
        for number, (row, kind) in enumerate(pairs, 1):
            out.write(f"{number}\t{row.source}\t{row.upos}\t{row.target}\t\n")
            key.write(f"{number}\t{kind}\t{row.probability}\n")
    print(f"{len(outside):,} pairs outside the dictionary; {len(pairs)} to judge in {options.out}")


def judge(options: argparse.Namespace) -> None:
    """Counts the judgements; the key is in the sheet's last columns, or in a file of its own."""
    kinds: dict[str, str] = {}
    if options.key:
        kinds = dict(line.split("\t")[:2] for line in options.key.read_text("utf-8").splitlines()[1:])
    seen: dict[str, list[str]] = defaultdict(list)
    for line in options.sheet.read_text("utf-8").splitlines():
        if not line.startswith(("#", "number")):
            number, _, _, _, judgement, *rest = line.split("\t")
            seen[kinds.get(number) or rest[0]].append(judgement)
            if rest and rest[0] == "pair":
                strong = float(rest[1]) >= 0.2
                seen[f"pair, probability {'>=' if strong else '<'} 0.2"].append(judgement)
    for kind, judgements in sorted(seen.items()):
        print(f"{kind}: {len(judgements)}, {dict(Counter(judgements).most_common())}")
        print(f"  right {shown([j == 'right' for j in judgements])}")
        print(f"  right or related {shown([j != 'wrong' for j in judgements])}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True)
    for name, run in (("score", score), ("sheet", sheet)):
        one = commands.add_parser(name)
        one.set_defaults(run=run)
        one.add_argument("lexicon", type=Path)
        one.add_argument("-l", "--language", required=True)
        one.add_argument(
            "--dictionary", type=Path, required=True, help="folder of dictd files, both directions"
        )
        if name == "score":
            one.add_argument("--source", type=Path, required=True, help="English text it was induced from")
            one.add_argument("--target", type=Path, required=True, help="the other side")
            one.add_argument("--treebank", type=Path)
            one.add_argument("--parallel", nargs=2, action="append", metavar=("EN", "OTHER"))
            one.add_argument("--min", type=int, default=5)
        else:
            one.add_argument("--out", type=Path, required=True)
            one.add_argument("--key", type=Path, required=True)
            one.add_argument("--pairs", type=int, default=200)
            one.add_argument("--controls", type=int, default=40)
    one = commands.add_parser("judge")
    one.set_defaults(run=judge)
    one.add_argument("sheet", type=Path)
    one.add_argument("--key", type=Path)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
