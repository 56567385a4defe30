"""Score pseudo-target-language treebanks against a parallel gold treebank.

    python benchmarks/score_pseudo.py --gold fi_pud.conllu --source en_pud.conllu --half A \
        --hyp lexicon=aug/fin/lexicon/part-00000.conllu --hyp pseudo=aug/fin/pseudo/part-00000.conllu --baseline lexicon --lexicon fin

Sentences are matched by sent_id; ``--half A`` keeps the even-numbered documents of a Parallel UD treebank.

    formR    share of the gold word forms (lower-cased, no punctuation) that the hypothesis has, multiset, per sentence, micro
    lemR     the same for the lemmas of open-class words
    infl|lem among hypothesis nouns, verbs and adjectives whose lemma stands in the gold sentence, the share whose form does too
    order    share of word pairs, anchored in the gold by lexicon or identical lemma, that stand in the gold's order

Intervals are 95 %, by bootstrap over sentences; differences to ``--baseline`` are paired over the same draws.
"""

from __future__ import annotations

import argparse
import lzma
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

OPEN = {"NOUN", "VERB", "ADJ", "ADV", "PROPN", "NUM"}
INFLECTING = {"NOUN", "VERB", "ADJ"}
Word = tuple[str, str, str, str, str]  # id, form, lemma, upos, misc
DRAWS = 2000


def read(path: Path) -> dict[str, list[Word]]:
    """Sentences of a CoNLL-U file (.xz too) by sent_id."""
    opener = lzma.open if path.suffix == ".xz" else open
    out: dict[str, list[Word]] = {}
    name, words = "", []
    with opener(path, "rt", encoding="utf-8") as lines:  # type: ignore[operator]
        for line in lines:
            line = line.rstrip("\n")
            if line.startswith("# sent_id"):
                name = line.partition("=")[2].strip()
            elif not line:
                if words:
                    out[name] = words
                name, words = "", []
            elif line[0] != "#":
                c = line.split("\t")
                if c[0].isdigit():
                    words.append((c[0], c[1], c[2], c[3], c[9]))
    if words:
        out[name] = words
    return out


def in_half(sent_id: str, half: str) -> bool:
    digits = "".join(ch for ch in sent_id[1:6] if ch.isdigit())
    return half == "all" or (int(digits or 0) % 2 == 0) == (half == "A")


def plain(lemma: str) -> str:
    return lemma.lower().replace("#", "").replace("+", "")


def overlap(hyp: Counter[str], gold: Counter[str]) -> tuple[int, int]:
    return sum((hyp & gold).values()), sum(gold.values())


def forms(hyp: Sequence[Word], gold: Sequence[Word]) -> tuple[int, int]:
    a = Counter(w[1].lower() for w in hyp if w[3] != "PUNCT")
    return overlap(a, Counter(w[1].lower() for w in gold if w[3] != "PUNCT"))


def lemmas(hyp: Sequence[Word], gold: Sequence[Word]) -> tuple[int, int]:
    a = Counter(plain(w[2]) for w in hyp if w[3] in OPEN)
    return overlap(a, Counter(plain(w[2]) for w in gold if w[3] in OPEN))


def inflected(hyp: Sequence[Word], gold: Sequence[Word]) -> tuple[int, int]:
    known = {plain(w[2]) for w in gold if w[3] in INFLECTING}
    there = {w[1].lower() for w in gold}
    right = [w[1].lower() in there for w in hyp if w[3] in INFLECTING and plain(w[2]) in known]
    return sum(right), len(right)


def anchors(
    source: Sequence[Word], gold: Sequence[Word], lexicon: dict[str, set[str]]
) -> list[tuple[int, int]]:
    """Pairs (source id, gold place) of words that translate each other and nothing else in the sentence."""
    ahead: dict[int, list[int]] = {}
    back: dict[int, list[int]] = {}
    there = [(j, plain(w[2]), w[1].lower()) for j, w in enumerate(gold) if w[3] in OPEN]
    for word in source:
        if word[3] not in OPEN:
            continue
        known = lexicon.get(word[2].lower(), set())
        for j, lemma, form in there:
            if lemma in known or lemma == word[2].lower() or form == word[1].lower():
                ahead.setdefault(int(word[0]), []).append(j)
                back.setdefault(j, []).append(int(word[0]))
    return [(i, js[0]) for i, js in ahead.items() if len(js) == 1 and len(back[js[0]]) == 1]


def places(hyp: Sequence[Word]) -> dict[int, int]:
    """Source id -> place of the first word that stands for it (MISC Src=3,4)."""
    out: dict[int, int] = {}
    for at, word in enumerate(hyp):
        for part in word[4].split("|"):
            if part.startswith("Src="):
                for source in part[4:].split(","):
                    if source.isdigit():
                        out.setdefault(int(source), at)
    return out


def ordered(where: dict[int, int], pairs: Sequence[tuple[int, int]]) -> tuple[int, int]:
    right = total = 0
    for n, (i, j) in enumerate(pairs):
        for k, m in pairs[n + 1 :]:
            if i in where and k in where:
                right += (where[i] < where[k]) == (j < m)
                total += 1
    return right, total


def read_lexicon(source: str) -> dict[str, set[str]]:
    """Every translation of every word, from a TSV (English first, translation last) or an installed lexicon."""
    out: dict[str, set[str]] = {}
    if not Path(source).is_file():
        from morphaug import resources

        lexicon = resources.lexicon(source)
        for word in lexicon:
            out.setdefault(word.lower(), set()).update(e.target.lower() for e in lexicon.lookup(word))
        return out
    for line in Path(source).read_text(encoding="utf-8").splitlines():
        cells = line.split("\t")
        if len(cells) >= 2 and cells[0] != "source":
            out.setdefault(cells[0].lower(), set()).add(cells[-1].lower())
    return out


def bootstrap(counts: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Ratios of summed counts [sentences, 2] under each draw [draws, sentences] of sentence weights."""
    totals = draws @ counts
    return 100 * totals[:, 0] / np.maximum(totals[:, 1], 1)


def interval(values: np.ndarray) -> str:
    low, high = np.percentile(values, [2.5, 97.5])
    return f"{low:.2f}..{high:.2f}"


Measure = Callable[[Sequence[Word], Sequence[Word]], tuple[int, int]]


def measure(
    hyp: dict[str, list[Word]], gold: dict[str, list[Word]], how: Measure, ids: Sequence[str]
) -> np.ndarray:
    return np.array([how(hyp[i], gold[i]) for i in ids], dtype=float)


def rows(args: argparse.Namespace) -> Iterator[str]:
    gold, source = read(args.gold), read(args.source)
    ids = [i for i in gold if in_half(i, args.half) and i in source]
    systems = {name: read(Path(path)) for name, _, path in (h.partition("=") for h in args.hyp)}
    identity = {i: [(*w[:4], f"Src={w[0]}") for w in source[i]] for i in ids}
    systems = {"copy": identity, **systems}
    for name, hyp in systems.items():
        missing = [i for i in ids if i not in hyp]
        if missing:
            raise SystemExit(f"{name}: {len(missing)} sentences missing, the first is {missing[0]}")
    lexicon = read_lexicon(args.lexicon) if args.lexicon else {}
    pairs = {i: anchors(source[i], gold[i], lexicon) for i in ids}
    rng = np.random.default_rng(0)
    draws = rng.multinomial(len(ids), np.full(len(ids), 1 / len(ids)), size=DRAWS).astype(float)
    counts: dict[tuple[str, str], np.ndarray] = {}
    for name, hyp in systems.items():
        for label, how in (("formR", forms), ("lemR", lemmas), ("infl|lem", inflected)):
            counts[name, label] = measure(hyp, gold, how, ids)
        counts[name, "order"] = np.array([ordered(places(hyp[i]), pairs[i]) for i in ids], dtype=float)
    yield f"# {args.gold.name} half={args.half} sentences={len(ids)} baseline={args.baseline}"
    yield "system\tmeasure\tvalue\t95% CI\tminus baseline\t95% CI"
    for (name, label), table in counts.items():
        base = "copy" if label == "order" else args.baseline
        mine, theirs = bootstrap(table, draws), bootstrap(counts[base, label], draws)
        point = 100 * table[:, 0].sum() / max(table[:, 1].sum(), 1)
        other = counts[base, label]
        gap = point - 100 * other[:, 0].sum() / max(other[:, 1].sum(), 1)
        yield f"{name}\t{label}\t{point:.2f}\t{interval(mine)}\t{gap:+.2f}\t{interval(mine - theirs)}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--gold", type=Path, required=True, help="gold treebank of the target language")
    parser.add_argument("--source", type=Path, required=True, help="the parallel English treebank")
    parser.add_argument(
        "--hyp", action="append", default=[], metavar="NAME=FILE", help="a generated treebank; repeat"
    )
    parser.add_argument("--baseline", default="copy", help="the system that differences are taken to")
    parser.add_argument(
        "--lexicon",
        default="",
        help="whose translations anchor word pairs: a language's installed one, or a TSV",
    )
    parser.add_argument("--half", choices=("A", "B", "all"), default="all")
    for row in rows(parser.parse_args()):
        print(row)


if __name__ == "__main__":
    main()
