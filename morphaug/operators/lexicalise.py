"""Lexical transfer: English lemmas become words of the target, the same one throughout an example."""

from __future__ import annotations

from typing import TYPE_CHECKING

from morphaug.errors import MissingResource
from morphaug.operators.context import Context
from morphaug.operators.draft import Draft
from morphaug.operators.english import MODALS
from morphaug.trees import Token

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
    lexicon = ctx.target.lexicon
    if lexicon is None:
        raise MissingResource(
            f"no lexicon for '{ctx.target.code}'",
            f"get one with: morphaug resources fetch {ctx.target.code} --lexicon freedict",
        )
    sample = choice == "sample" or ctx.key.variant > 0
    for key in draft.order:
        token = draft.words[key]
        if token.lang or token.upos in SKIPPED or not any(c.isalpha() for c in token.form or token.lemma):
            continue
        if ctx.rate < 1.0 and ctx.draw_word("?" + token.lemma, token.upos) >= ctx.rate:
            continue
        word = translation(ctx, lexicon, token, sample)
        if word:
            _replace(draft, ctx, token, word)


def translation(ctx: Context, lexicon: Lexicon, token: Token, sample: bool) -> str:
    """The word that stands for a token in this example; "" if the lexicon has none."""
    lemma = token.lemma.lower()
    pack = ctx.target.pack
    if token.relation == "case" and lemma in pack.adpositions and pack.adpositions[lemma].word:
        return pack.adpositions[lemma].word
    for name in (f"{lemma}/{token.feats.get('PronType', '-')}", f"{lemma}/{token.upos}", lemma):
        if name in pack.words:
            return pack.words[name]
    entries = _entries(lexicon, token)
    if not entries:
        return ""
    if not sample or len(entries) == 1:
        return entries[0].target
    return _draw(entries, ctx.draw_word(lemma, token.upos))


def _entries(lexicon: Lexicon, token: Token) -> tuple[Entry, ...]:
    if token.upos == "PROPN":  # "Bush" is no bush, but "Tuesday" is what it is
        listed = lexicon.lists(token.lemma)
        known = ("PROPN", "NOUN", "X") if listed else ("PROPN",)
        return tuple(
            e for e in lexicon.lookup(token.lemma, "PROPN") if e.upos in known and " " not in e.target
        )
    found = lexicon.lookup(token.lemma, token.upos)
    if not found and token.lemma in MODALS:
        found = lexicon.lookup(MODALS[token.lemma], token.upos)
    if not found and token.upos in ("PRON", "DET", "ADV", "ADP", "SCONJ"):
        found = lexicon.lookup(token.form.lower(), token.upos)
    return found


def _draw(entries: tuple[Entry, ...], luck: float) -> str:
    total = sum(e.weight for e in entries)
    for entry in entries:
        luck -= entry.weight / total
        if luck < 0:
            return entry.target
    return entries[-1].target


def _replace(draft: Draft, ctx: Context, token: Token, word: str) -> None:
    token = draft.change(token.id, RULE)
    token.lemma = token.form = word
    token.lang = ctx.target.code
    token.how = "lexicon"
