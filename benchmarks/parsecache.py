"""Measure how fast parses are read back: the cache, and encodings that it might have used.

    python benchmarks/parsecache.py [--sentences 20000] [--treebank FILE.conllu[.xz]]

Without a treebank the sentences are made up, with the word lengths, features and sentence lengths of English
prose. Times are the best of five passes, in microseconds a token; one core.
"""

from __future__ import annotations

import argparse
import gc
import json
import marshal
import pickle
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from morphaug.conllu import parse_feats, read, read_sentences, write_sentence
from morphaug.parsecache import ParseCache, decode, encode
from morphaug.trees import Sentence, Token, feats_text

TAGS = [
    ("NOUN", "obl", {"Number": "Sing"}),
    ("NOUN", "obj", {"Number": "Plur"}),
    ("VERB", "root", {"Mood": "Ind", "Number": "Sing", "Person": "3", "Tense": "Pres", "VerbForm": "Fin"}),
    ("DET", "det", {"Definite": "Def", "PronType": "Art"}),
    ("ADP", "case", {}),
    ("PRON", "nsubj", {"Case": "Nom", "Number": "Plur", "Person": "1", "PronType": "Prs"}),
    ("ADJ", "amod", {"Degree": "Pos"}),
    ("PUNCT", "punct", {}),
]


def made_up(count: int) -> list[Sentence]:
    """Sentences of random words; the same ones every time."""
    draw = random.Random(0)
    out = []
    for number in range(count):
        tokens = []
        length = max(1, int(draw.gauss(17, 8)))
        for at in range(1, length + 1):
            form = "".join(draw.choices("etaoinshrdlu", k=draw.randint(1, 9)))
            upos, deprel, feats = draw.choice(TAGS)
            head = 0 if at == 1 else draw.randint(1, at - 1)
            space = "" if at == length else " "
            tokens.append(Token(at, form, form, upos, dict(feats), head, deprel, space, (at,)))
        out.append(Sentence(tokens, tail=" ", id=f"s{number}"))
    return out


def best(work: Callable[[], object], tokens: int) -> float:
    """Microseconds a token."""
    times = []
    for _ in range(5):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return min(times) / tokens * 1e6


def built(rows: Any) -> list[Sentence]:
    """Sentences from columns, as ``decode`` builds them."""
    out = []
    for lead, tail, name, comments, forms, lemmas, tags, heads, spaces in rows:
        tokens = []
        columns = zip(forms, lemmas, tags, heads, spaces, strict=True)
        for at, (form, lemma, tag, head, space) in enumerate(columns, 1):
            upos, deprel, feats = KNOWN[tag]
            tokens.append(Token(at, form, lemma, upos, feats.copy(), int(head), deprel, space, (at,)))
        out.append(Sentence(tokens, lead, tail, name, {}, tuple(comments)))
    return out


KNOWN: dict[str, tuple[str, str, dict[str, str]]] = {}


def columns(s: Sentence) -> list[Any]:
    tags = [f"{t.upos}\t{t.deprel}\t{feats_text(t.feats)}" for t in s.tokens]
    for tag in tags:
        upos, deprel, feats = tag.split("\t")
        KNOWN[tag] = (upos, deprel, parse_feats(feats))
    return [
        s.lead,
        s.tail,
        s.id,
        list(s.comments),
        [t.form for t in s.tokens],
        [t.lemma for t in s.tokens],
        tags,
        [t.head for t in s.tokens],
        [t.space for t in s.tokens],
    ]


def joined(s: Sentence) -> bytes:
    lead, tail, name, comments, forms, lemmas, tags, heads, spaces = columns(s)
    parts = [lead, tail, name, "\n".join(comments), "\t".join(forms), "\t".join(lemmas)]
    return "\x1e".join([*parts, "\x1f".join(tags), "\t".join(map(str, heads)), "\t".join(spaces)]).encode()


def split(value: bytes) -> list[Sentence]:
    lead, tail, name, comments, forms, lemmas, tags, heads, spaces = value.decode().split("\x1e")
    marked = comments.split("\n") if comments else []
    cells = (forms.split("\t"), lemmas.split("\t"), tags.split("\x1f"), heads.split("\t"), spaces.split("\t"))
    return built([(lead, tail, name, marked, *cells)])


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--sentences", type=int, default=20_000)
    options.add_argument("--treebank", type=Path)
    given = options.parse_args()
    if given.treebank:
        sentences = [s for _, s in read_sentences(given.treebank, joined=True)][: given.sentences]
    else:
        sentences = made_up(given.sentences)
    tokens = sum(len(s.tokens) for s in sentences)
    print(f"{len(sentences)} sentences, {tokens} tokens")
    gc.freeze()

    def copies() -> None:
        for s in sentences:
            for t in s.tokens:
                Token(t.id, t.form, t.lemma, t.upos, t.feats.copy(), t.head, t.deprel, t.space, (t.id,))

    print(f"{'building the tokens alone':34}{best(copies, tokens):7.2f} us/token")
    encodings: dict[str, tuple[Callable[[Sentence], bytes], Callable[[bytes], list[Sentence]]]] = {
        "encode/decode (JSON columns)": (lambda s: encode([s]), decode),
        "marshal columns": (lambda s: marshal.dumps([columns(s)]), lambda v: built(marshal.loads(v))),
        "tab-joined columns": (joined, split),
        "pickle of the sentences": (lambda s: pickle.dumps([s]), pickle.loads),
        "CoNLL-U": (
            lambda s: write_sentence(s, joined=True, provenance=False).encode(),
            lambda v: [next(read(v.decode())).sentence(joined=True)],
        ),
    }
    for name, (there, back) in encodings.items():
        values = [there(s) for s in sentences]
        if any(back(v) != [s] for v, s in zip(values[:500], sentences, strict=False)):
            raise SystemExit(f"{name}: does not come back equal")
        speed = best(lambda values=values, back=back: [back(v) and None for v in values], tokens)
        print(f"{name:34}{speed:7.2f} us/token {sum(map(len, values)) / tokens:7.1f} bytes/token")

    with tempfile.TemporaryDirectory() as folder, ParseCache(Path(folder) / "p.sqlite") as cache:
        texts = [f"{number} {s.text()}" for number, s in enumerate(sentences)]
        begin = time.perf_counter()
        for start in range(0, len(texts), 512):
            part = slice(start, start + 512)
            cache.put_many("p", texts[part], [[s] for s in sentences[part]])
        print(f"{'cache, writing':34}{(time.perf_counter() - begin) / tokens * 1e6:7.2f} us/token")
        speed = best(
            lambda: [cache.get_many("p", texts[i : i + 64]) and None for i in range(0, len(texts), 64)],
            tokens,
        )
        per_second = 1e6 / (speed * tokens / len(sentences))
        print(f"{'cache, reading 64 at a time':34}{speed:7.2f} us/token = {per_second:.0f} sentences/s")
        size = cache.path.stat().st_size + cache.path.with_name("p.sqlite-wal").stat().st_size
        print(json.dumps({"bytes of the file a token": round(size / tokens, 1), "parses": len(cache)}))


if __name__ == "__main__":
    main()
