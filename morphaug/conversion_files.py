"""CoNLL-U files with a UniMorph bundle for each word: ``morphaug convert``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from morphaug.errors import MorphaugError

if TYPE_CHECKING:
    from morphaug.conversion import Conversion


def convert_file(
    language: str,
    source: Path,
    out: Path,
    *,
    treebanks: Sequence[Path] = (),
    model: Path | None = None,
) -> dict[str, int]:
    """Write a CoNLL-U file again with ``UniMorph=N;GEN;SG`` in MISC; everything else stays byte for byte.

    A word gets one of the table's bundles if the table has its class; or its lemma, under a class that a treebank
    shows (some tables list pronouns as adjectives).

    Args:
        language: Any name of the language; its table must be installed.
        source: A CoNLL-U file, plain, .xz or .gz.
        out: The file to write, in one step.
        treebanks: CoNLL-U files of the language to learn from; () for the model, or else for the rules.
        model: A JSON file: where what was learned is kept if ``treebanks`` are given, else where it is read.

    Returns:
        "words", "converted", "in the table" (words whose lemma it has) and "learned from" (words; 0 for rules).

    Raises:
        MorphaugError: No table, a file that cannot be read, or no word of the treebanks in the table.
    """
    from morphaug import conllu, resources
    from morphaug.conversion import Word

    paradigms = resources.paradigms(language)
    conversion = _conversion(language, treebanks, model)
    counts = {"words": 0, "converted": 0, "in the table": 0, "learned from": conversion.learned_from}
    known: dict[str, bool] = {}

    def bundle(word: Word) -> str:
        if word.lemma not in known:
            known[word.lemma] = paradigms.has(word.lemma) or paradigms.has(word.lemma.lower())
        counts["in the table"] += known[word.lemma]
        if not conversion.knows(word.upos, word.feats, listed=known[word.lemma]):
            return ""
        counts["converted"] += 1
        return conversion.convert(word.upos, word.feats)

    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(f".{out.name}.tmp")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            for block in conllu.read(source):
                for row in block.words():
                    counts["words"] += 1
                    found = bundle(
                        Word(
                            row[conllu.FORM],
                            row[conllu.LEMMA],
                            row[conllu.UPOS],
                            conllu.parse_feats(row[conllu.FEATS]),
                        )
                    )
                    if found:
                        row[conllu.MISC] = _with(row[conllu.MISC], found)
                file.write(block.conllu())
        os.replace(part, out)
    finally:
        part.unlink(missing_ok=True)
    return counts


def _conversion(language: str, treebanks: Sequence[Path], model: Path | None) -> Conversion:
    from itertools import chain

    from morphaug import resources
    from morphaug.conversion import Conversion, learn, words

    paradigms = resources.paradigms(language)
    if not treebanks:
        return Conversion.load(model) if model is not None else Conversion.rules(paradigms)
    conversion = learn(chain.from_iterable(words(path) for path in treebanks), paradigms)
    if not conversion.learned_from:
        raise MorphaugError(
            f"no word of {', '.join(path.name for path in treebanks)} is in the table of '{language}'",
            "leave --learn out, and the rules convert",
        )
    if model is not None:
        conversion.save(model)
    return conversion


def _with(misc: str, bundle: str) -> str:
    items = [item for item in misc.split("|") if item not in ("", "_") and not item.startswith("UniMorph=")]
    return "|".join(sorted([*items, f"UniMorph={bundle}"], key=str.lower))
