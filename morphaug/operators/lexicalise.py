"""Lexical transfer: English lemmas become words of the target, the same one throughout an example."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from morphaug.errors import MissingResource
from morphaug.operators.context import Context
from morphaug.operators.draft import Draft
from morphaug.operators.english import MODALS
from morphaug.target import Target
from morphaug.trees import Token, universal

if TYPE_CHECKING:
    from morphaug.lexicon import Entry, Lexicon

RULE = "lexicalise"
SKIPPED = frozenset({"PUNCT", "SYM", "X"})


def lexicalise(draft: Draft, ctx: Context, choice: str = "best") -> None:
    """Replace lemmas by their translations.

    Args:
        choice: "best" takes the lexicon's first entry in an example's first variant and draws one in the
            others; "sample" always draws. A draw is weighted by rank and keyed by the lemma, so that the
            premise and the hypothesis, or the question and its context, agree.

    Raises:
        MissingResource: The target has no lexicon.
    """
    if ctx.target.lexicon is None:
        raise MissingResource(
            f"no lexicon for '{ctx.target.code}'",
            f"get one with: morphaug resources fetch {ctx.target.code} --lexicon freedict",
        )
    sample = choice == "sample" or ctx.key.variant > 0
    for key in draft.order:
        token = draft.words[key]
        if token.lang or token.upos in SKIPPED:
            continue
        text = token.form or token.lemma
        if not text.isalpha() and not any(c.isalpha() for c in text):
            continue
        if ctx.rate < 1.0 and ctx.draw_word("?" + token.lemma, token.upos) >= ctx.rate:
            continue
        word = translation(ctx, token, sample)
        if word:
            _replace(draft, ctx, token, word)


def translation(ctx: Context, token: Token, sample: bool) -> str:
    """The word that stands for a token in this example; "" if the lexicon has none."""
    kind = token.feats.get("PronType", "")
    adposition = universal(token.deprel) == "case"
    words, weights = _choices(ctx.target, token.lemma, token.form, token.upos, kind, adposition)
    if not words or not sample or len(words) == 1:
        return words[0] if words else ""
    return _draw(words, weights, ctx.draw_word(token.lemma.lower(), token.upos))


@lru_cache(maxsize=100_000)
def _choices(
    target: Target, lemma: str, form: str, upos: str, kind: str, adposition: bool
) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """The words that may stand for a token, best first, and their weights: the pack's own word, or the lexicon's."""
    low, pack, lexicon = lemma.lower(), target.pack, target.lexicon
    if adposition and low in pack.adpositions and pack.adpositions[low].word:
        return (pack.adpositions[low].word,), (1.0,)
    for name in (f"{low}/{kind}", f"{low}/{upos}", low):
        if name in pack.words:
            return (pack.words[name],), (1.0,)
    entries = _entries(lexicon, lemma, form, upos) if lexicon is not None else ()
    return tuple(e.target for e in entries), tuple(e.weight for e in entries)


def _entries(lexicon: Lexicon, lemma: str, form: str, upos: str) -> tuple[Entry, ...]:
    if upos == "PROPN":  # "Bush" is no bush, but "Tuesday" is what it is
        known = ("PROPN", "NOUN", "X") if lexicon.lists(lemma) else ("PROPN",)
        return tuple(e for e in lexicon.lookup(lemma, "PROPN") if e.upos in known and " " not in e.target)
    found = lexicon.lookup(lemma, upos)
    if not found and lemma in MODALS:
        found = lexicon.lookup(MODALS[lemma], upos)
    if not found and upos in ("PRON", "DET", "ADV", "ADP", "SCONJ"):
        found = lexicon.lookup(form.lower(), upos)
    return found


def _draw(words: tuple[str, ...], weights: tuple[float, ...], luck: float) -> str:
    total = sum(weights)
    for word, weight in zip(words, weights, strict=True):
        luck -= weight / total
        if luck < 0:
            return word
    return words[-1]


def _replace(draft: Draft, ctx: Context, token: Token, word: str) -> None:
    token = draft.change(token.id, RULE)
    token.lemma = token.form = word
    token.lang = ctx.target.code
    token.how = "lexicon"
