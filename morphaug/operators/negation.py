"""Negation: in the verb form where the target negates so, else a particle where the target puts it."""

from __future__ import annotations

from morphaug.operators.context import Context
from morphaug.operators.draft import Draft
from morphaug.operators.english import negation_of, verb_group
from morphaug.operators.inflect import express

RULE = "negation"


def negation(draft: Draft, ctx: Context) -> None:
    """Negate the verb by its form if the table attests negative verb forms (affixes or a negative verb).

    English "do" support goes in any case: the negated verb carries the tense itself.
    """
    target = ctx.target
    by_form = target.morphology.attests("VERB", "Polarity", "Neg")
    for key in list(draft.order):
        head = draft.words.get(key)
        if head is None:
            continue
        negator = negation_of(draft, head)
        if negator is None or negator.lang:
            continue
        group = verb_group(draft, head)
        if group is None or not ctx.fires(RULE, key):
            continue
        if "inflect" not in group.verb.rules and any(t.lemma == "do" for t in group.auxiliaries):
            express(draft, ctx, group, RULE)
        finite = group.modal if group.modal is not None else group.verb
        finite = draft.words.get(finite.id, draft.words[group.verb.id])
        if by_form and finite.want is not None and draft.drop(negator.id, RULE, into=finite.id):
            draft.want(finite.id, RULE, Polarity="Neg")
