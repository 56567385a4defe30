"""Negation: in the verb form where the target negates so, else a word of its own.

A sentence never loses its negation: the negator goes only if the very form that the verb will take is negative.
"""

from __future__ import annotations

from morphaug.operators.context import Context
from morphaug.operators.draft import Draft
from morphaug.operators.english import negates, negation_of, verb_group
from morphaug.operators.inflect import express, is_predicate
from morphaug.target import SURE
from morphaug.trees import Token, universal

RULE = "negation"


def negation(draft: Draft, ctx: Context) -> None:
    """Negate the verb by its form, if the table or the grammar has negative verb forms (an affix or a negative verb).

    English "do" support goes in any case: the negated verb carries the tense itself. Where no negative form
    is known for a verb, the negator stays.
    """
    words = draft.words.values()
    negated = {t.head for t in words if universal(t.deprel) == "advmod" and negates(draft, t)}
    by_form = bool(negated) and ctx.target.morphology.attests("VERB", "Polarity", "Neg")
    for key in [key for key in draft.order if key in negated]:
        head = draft.words.get(key)
        negator = negation_of(draft, head) if head is not None else None
        if head is None or negator is None or not ctx.fires(RULE, key):
            continue
        if is_predicate(head) or draft.kids(key, "cop"):
            group = verb_group(draft, head)
            if group is not None and any(draft.english(t) == "do" for t in group.auxiliaries):
                express(draft, ctx, group, RULE)
        verb = _finite(draft, draft.words[key])
        if by_form and verb is not None and _has_negative(ctx, verb):
            draft.drop(negator.id, RULE, into=verb.id)
            draft.want(verb.id, RULE, Polarity="Neg")
        elif not negator.lang and negator.form.lower() in ("n't", "n’t"):
            draft.change(negator.id, RULE).form = negator.lemma if negator.lemma.isalpha() else "not"


def _finite(draft: Draft, head: Token) -> Token | None:
    """The word of a predicate that was asked to be finite: an auxiliary or copula before the verb itself."""
    for token in (*draft.kids(head.id, "aux", "cop"), head):
        if (token.want or {}).get("VerbForm") == "Fin":
            return token
    return None


def _has_negative(ctx: Context, verb: Token) -> bool:
    want = dict(verb.want or {})
    negative = ctx.target.form(verb, {**want, "Polarity": "Neg"})
    return negative.rung in SURE and negative.text != ctx.target.form(verb, want).text
