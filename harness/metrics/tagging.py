"""F1 of chunks, as seqeval counts them: entities (WikiANN, MasakhaNER) and, its old way, parts of speech.

seqeval's default mode reads tags as conlleval does: an I-PER after O begins an entity. Tags without a prefix
are another matter. XTREME scores UDPOS by seqeval 0.0.12, which takes the first letter of a bare tag for its
prefix and the whole tag for its type: neighbours with equal tags become one chunk, and tags that begin with
S, E, B or I behave as if they were positions. seqeval 1.x drops the first letter from the type as well (CCONJ
and SCONJ are both CONJ there): its UDPOS figures are not comparable with published ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from harness.metrics.score import Score, array, check_lengths, percent_f1
from morphaug.errors import MorphaugError

Chunk = tuple[str, int, int]  # type, first word, last word
Split = Callable[[str], tuple[str, str]]  # a tag -> its position (B, I, E, S, O, …) and its type


def split_tag(tag: str) -> tuple[str, str]:
    """ "B-PER" as ("B", "PER"), as seqeval 1.2.2 does."""
    return tag[0], tag[1:].split("-", maxsplit=1)[-1] or "_"


def old_split(tag: str) -> tuple[str, str]:
    """ "NOUN" as ("N", "NOUN"), as seqeval 0.0.12 did."""
    return tag[0], tag.split("-")[-1]


def _ends(before: tuple[str, str], now: tuple[str, str]) -> bool:
    """Whether a chunk ends between two tags."""
    if before[0] in "ES":
        return True
    if before[0] in "BI" and now[0] in "BSO":
        return True
    return before[0] not in "O." and before[1] != now[1]


def _starts(before: tuple[str, str], now: tuple[str, str]) -> bool:
    """Whether a chunk starts between two tags."""
    if now[0] in "BS":
        return True
    if before[0] in "ESO" and now[0] in "EI":
        return True
    return now[0] not in "O." and before[1] != now[1]


def chunks(tags: Sequence[str], split: Split = split_tag) -> list[Chunk]:
    """The chunks of one sentence, in order.

    Args:
        tags: The tag of each word.
        split: How a tag is taken apart.
    """
    found: list[Chunk] = []
    before, begin = ("O", ""), 0
    for at, tag in enumerate([*tags, "O"]):
        now = split(tag)
        if _ends(before, now):
            found.append((before[1], begin, at - 1))
        if _starts(before, now):
            begin = at
        before = now
    return found


def chunk_f1(
    gold: Sequence[Sequence[str]],
    predicted: Sequence[Sequence[str]],
    ids: Sequence[str] | None = None,
    *,
    split: Split = split_tag,
) -> Score:
    """Micro-averaged F1 over the chunks of all sentences (seqeval 1.2.2, default mode).

    Args:
        gold: For each sentence, the tag of each word.
        predicted: The same for the predictions: as many sentences, each as long.
        ids: Ids of the sentences; None: their numbers.
        split: See ``chunks``.

    Returns:
        ``f1``, ``precision``, ``recall``, and the ``accuracy`` of single tags, which is another thing;
        outcomes "true_positives", "predicted", "gold" (chunks), "correct" and "words" of each sentence.

    Raises:
        MorphaugError: Gold tags and predictions do not stand in step.
    """
    check_lengths(len(gold), len(predicted), "sentences")
    names = tuple(ids) if ids is not None else tuple(map(str, range(len(gold))))
    rows: list[tuple[int, int, int, int, int]] = []
    for name, right, said in zip(names, gold, predicted, strict=True):
        if len(right) != len(said):
            raise MorphaugError(f"sentence {name}: {len(said)} predicted tags for {len(right)} words")
        true, found = set(chunks(right, split)), set(chunks(said, split))
        hits = sum(r == s for r, s in zip(right, said, strict=True))
        rows.append((len(true & found), len(found), len(true), hits, len(right)))
    columns = [array(column) for column in zip(*rows, strict=True)]
    sums = [int(column.sum()) for column in columns]
    values = percent_f1(*sums[:3]) | {"accuracy": sums[3] / sums[4] * 100 if sums[4] else 0.0}
    kinds = ("true_positives", "predicted", "gold", "correct", "words")
    return Score(values, names, dict(zip(kinds, columns, strict=True)))


def old_chunk_f1(
    gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]], ids: Sequence[str] | None = None
) -> Score:
    """``chunk_f1`` on bare tags as seqeval 0.0.12 has it: XTREME's score of UDPOS."""
    return chunk_f1(gold, predicted, ids, split=old_split)
