"""Inflection: number, degree, tense, aspect, mood and voice said in the target's endings.

English says most of that with auxiliaries. Those that a form of the target expresses are absorbed into the
verb; those that none expresses stay words of their own and are inflected themselves.
"""

from __future__ import annotations

from collections.abc import Mapping

from morphaug.operators.context import Context
from morphaug.operators.draft import Draft
from morphaug.operators.english import VerbGroup, verb_group
from morphaug.trees import Feats, Token

RULE = "inflect"
DEGREES = {"more": "Cmp", "most": "Sup"}


def inflect(draft: Draft, ctx: Context) -> None:
    """Ask for the features that the source sentence itself holds."""
    for key in list(draft.order):
        token = draft.words.get(key)
        if token is None:
            continue
        if token.upos in ("NOUN", "PROPN"):
            _number(draft, ctx, token)
        elif token.upos in ("ADJ", "ADV"):
            _degree(draft, ctx, token)
        if key in draft.words and (is_predicate(token) or draft.kids(key, "cop")):
            group = verb_group(draft, draft.words[key])
            if group is not None and ctx.fires(RULE, key):
                express(draft, ctx, group, RULE)


def is_predicate(token: Token) -> bool:
    """A verb, or an auxiliary that stands alone ("as it has always been")."""
    return token.upos == "VERB" or (token.upos == "AUX" and token.relation not in ("aux", "cop"))


def _number(draft: Draft, ctx: Context, token: Token) -> None:
    plural = token.feats.get("Number") in ("Plur", "Ptan")
    if plural and ctx.target.morphology.attests(token.upos, "Number", "Plur") and ctx.fires(RULE, token.id):
        want = token.want or {}
        if "Number" not in want:
            draft.want(token.id, RULE, Number="Plur")


def _degree(draft: Draft, ctx: Context, token: Token) -> None:
    degree = token.feats.get("Degree", "")
    marker = None
    if degree not in ("Cmp", "Sup"):
        for kid in draft.kids(token.id, "advmod"):
            if draft.english(kid) in DEGREES and kid.feats.get("Degree", "Cmp") != "Pos":
                marker, degree = kid, DEGREES[draft.english(kid)]
    if (
        degree in ("Cmp", "Sup")
        and ctx.target.morphology.attests(token.upos, "Degree", degree)
        and ctx.fires(RULE, token.id)
    ):
        draft.want(token.id, RULE, Degree=degree)
        if marker is not None:
            draft.drop(marker.id, RULE, into=token.id)


def inflects_verbs(ctx: Context) -> bool:
    """Whether the target's table or grammar has finite verb forms to speak of."""
    attests = ctx.target.morphology.attests
    return (
        attests("VERB", "Tense", "Past") or attests("VERB", "Tense", "Pres") or attests("VERB", "Person", "3")
    )


def express(draft: Draft, ctx: Context, group: VerbGroup, rule: str) -> None:
    """Put what a verb group says into the target's verb form, absorbing the auxiliaries that it expresses."""
    verb, attests = group.verb, ctx.target.morphology.attests
    if verb.want is not None or not inflects_verbs(ctx):
        return
    if _zero_copula(ctx, group):
        _absorb(draft, [*group.auxiliaries, verb], group.head, rule)
    elif not group.finite:
        _nonfinite(draft, ctx, group, rule)
    elif group.imperative:
        _absorb(draft, [t for t in group.auxiliaries if draft.english(t) == "do"], verb, rule)
        draft.require(verb.id, rule, {"Mood": "Imp", "VerbForm": "Fin"})
    elif group.modal is not None:
        _modal(draft, group, rule)
    elif group.passive and not attests("VERB", "Voice", "Pass") and attests("VERB", "VerbForm", "Part"):
        _periphrastic_passive(draft, ctx, group, rule)
    else:
        _absorb(draft, group.auxiliaries, verb, rule)
        passive = group.passive and attests("VERB", "Voice", "Pass")
        draft.require(verb.id, rule, _finite(ctx, group, passive=passive))


def _zero_copula(ctx: Context, group: VerbGroup) -> bool:
    """A present copula that the target leaves unsaid."""
    plain = group.finite and group.label == "Pres" and group.modal is None and not group.imperative
    return ctx.target.pack.copula == "drop" and group.verb.relation == "cop" and plain


def _absorb(draft: Draft, words: list[Token], verb: Token, rule: str) -> None:
    for word in words:
        draft.drop(word.id, rule, into=verb.id)


def _finite(ctx: Context, group: VerbGroup, passive: bool) -> Feats:
    features = {"VerbForm": "Fin", "Mood": "Ind", **tense_features(ctx, group)}
    if passive:
        features["Voice"] = "Pass"
    return features


def tense_features(ctx: Context, group: VerbGroup) -> Mapping[str, str]:
    """Tense, aspect and mood of the target for an English verb group, as far as its table attests them."""
    tenses = ctx.target.pack.tenses
    for label in (group.label, group.tense):
        if label in tenses:
            return tenses[label]
    attests = ctx.target.morphology.attests
    if group.tense == "Cond":
        return {"Mood": "Cnd"} if attests("VERB", "Mood", "Cnd") else {"Tense": "Past"}
    if group.tense == "Fut" and attests("VERB", "Tense", "Fut"):
        return {"Tense": "Fut"}
    tense = "Pres" if group.tense == "Fut" else group.tense
    if group.perfect:
        return {"Tense": tense, "Aspect": "Perf"} if attests("VERB", "Aspect", "Perf") else {"Tense": "Past"}
    if group.progressive and attests("VERB", "Aspect", "Prog"):
        return {"Tense": tense, "Aspect": "Prog"}
    return {"Tense": tense}


def _modal(draft: Draft, group: VerbGroup, rule: str) -> None:
    """The modal is the finite verb, the verb an infinitive: "can go"."""
    assert group.modal is not None
    rest = [t for t in group.auxiliaries if t.id != group.modal.id]
    _absorb(draft, rest, group.verb, rule)
    draft.require(group.modal.id, rule, {"VerbForm": "Fin", "Mood": "Ind", "Tense": group.tense})
    draft.require(group.verb.id, rule, {"VerbForm": "Inf"})


def _periphrastic_passive(draft: Draft, ctx: Context, group: VerbGroup, rule: str) -> None:
    be = next(t for t in group.auxiliaries if t.deprel == "aux:pass")
    _absorb(draft, [t for t in group.auxiliaries if t.id != be.id], be, rule)
    draft.require(be.id, rule, _finite(ctx, group, passive=False))
    draft.require(group.verb.id, rule, {"VerbForm": "Part", "Tense": "Past"})


def _nonfinite(draft: Draft, ctx: Context, group: VerbGroup, rule: str) -> None:
    verb = group.verb
    form = verb.feats.get("VerbForm", "Inf")
    marks = [t for t in draft.kids(group.head.id, "mark") if t.upos == "PART" and draft.english(t) == "to"]
    attests = ctx.target.morphology.attests
    if form == "Inf":
        _absorb(draft, [*marks, *group.auxiliaries], verb, rule)
        draft.require(verb.id, rule, {"VerbForm": "Inf"})
        return
    past = verb.feats.get("Tense") == "Past" or verb.feats.get("Voice") == "Pass"
    noun_like = verb.relation in (
        "obl",
        "nmod",
        "obj",
        "nsubj",
        "root",
        "csubj",
        "xcomp",
        "ccomp",
        "advcl",
        "conj",
    )
    if form == "Ger" and noun_like and attests("VERB", "VerbForm", "Vnoun"):
        draft.require(verb.id, rule, {"VerbForm": "Vnoun"})
    elif attests("VERB", "VerbForm", "Part"):
        draft.require(verb.id, rule, {"VerbForm": "Part", "Tense": "Past" if past else "Pres"})
