"""Agreement: verbs with their subjects, modifiers with their nouns, possessed nouns with their possessors."""

from __future__ import annotations

from morphaug.operators.case import bearer
from morphaug.operators.context import Context
from morphaug.operators.draft import Draft
from morphaug.operators.english import ANIMATE_PRONOUNS, PERSONS, person_number, subject
from morphaug.trees import Feats, Token

RULE = "agreement"


def agreement(draft: Draft, ctx: Context) -> None:
    """Copy person, number, class, case and gender to the words that show them in the target.

    Verbs agree where the table attests person on them; adjectives and determiners where URIEL says that
    adjectives agree (S_ANY_AGREEMENT_ON_ADJECTIVES) and the table attests the feature; possessed nouns take
    a suffix where S_POSSESSIVE_SUFFIX and the table have one.
    """
    for key in list(draft.order):
        token = draft.words[key]
        if token.want is not None and token.want.get("VerbForm") == "Fin":
            _verb(draft, ctx, token)
    concord = ctx.target.profile.has("S_ANY_AGREEMENT_ON_ADJECTIVES")
    suffix = ctx.target.profile.has("S_POSSESSIVE_SUFFIX") and ctx.target.pack.possessed != "none"
    for key in list(draft.order):
        token = draft.words[key]
        if token.upos not in ("NOUN", "PROPN"):
            continue
        if suffix:
            _possessed(draft, ctx, token)
        if concord:
            _modifiers(draft, ctx, token)
            if ctx.target.pack.predicate == "agree":
                _predicate(draft, ctx, token)
        if token.upos == "NOUN" and not token.lang and noun_class(ctx, token):
            draft.want(key, RULE, NounClass=noun_class(ctx, token))


def noun_class(ctx: Context, token: Token, english: str = "") -> str:
    """The class of a noun in a noun-class language ("Bantu9"), its number considered; "" elsewhere."""
    number = token.feats.get("Number", "Sing")
    if english in ANIMATE_PRONOUNS:
        return ctx.target.noun_class(
            english, "PROPN", foreign=True, plural=number == "Plur" or english == "they"
        )
    return ctx.target.noun_class(token.lemma, token.upos, foreign=not token.lang, plural=number == "Plur")


def _verb(draft: Draft, ctx: Context, verb: Token) -> None:
    if not ctx.target.morphology.attests("VERB", "Person", "3") or not ctx.fires(RULE, verb.id):
        return
    if (verb.want or {}).get("Mood") == "Imp":
        draft.want(verb.id, RULE, Person="2", Number="Sing")
        return
    head = verb if verb.relation not in ("cop", "aux") else draft.words.get(verb.head, verb)
    doer = subject(draft, head)
    person, number = person_number(draft, doer)
    features: Feats = {"Person": person, "Number": number}
    if doer is not None and person == "3":
        found = noun_class(ctx, doer, draft.english(doer))
        if found:
            features["NounClass"] = found
    want = verb.want or {}
    target = ctx.target
    if target.can_say(verb.upos, want) and not target.can_say(
        verb.upos, want | {"Person": person, "Number": number}
    ):
        return  # impersonal, as the Finnish passive is
    draft.require(verb.id, RULE, features)


def _possessed(draft: Draft, ctx: Context, noun: Token) -> None:
    owners = [t for t in draft.kids(noun.id, "nmod") if t.deprel == "nmod:poss" or _is_genitive(draft, t)]
    if ctx.target.pack.compound == "possessed":
        owners += [t for t in draft.kids(noun.id, "compound") if t.upos in ("NOUN", "PROPN")]
    if not owners or not ctx.fires(RULE, noun.id):
        return
    owner = owners[0]
    pronoun = owner.upos == "PRON" and owner.feats.get("Poss") == "Yes"
    rule = ctx.target.pack.possessed or (
        "all" if ctx.target.profile.has("S_POSSESSIVE_HEADMARK") else "pronoun"
    )
    if not pronoun and rule != "all":
        return
    word = draft.english(owner)
    person, number = PERSONS.get(word, ("3", "Sing")) if pronoun else ("3", "Sing")
    features = {"Person[psor]": person, "Number[psor]": number}
    if ctx.target.can_say("NOUN", features):
        draft.require(
            noun.id,
            RULE,
            {"Case": "Nom", "Number": noun.feats.get("Number", "Sing")} | (noun.want or {}) | features,
        )


def _is_genitive(draft: Draft, token: Token) -> bool:
    return not draft.kids(token.id, "case") and (bearer(draft, token).want or {}).get("Case") == "Gen"


def _modifiers(draft: Draft, ctx: Context, noun: Token) -> None:
    want = bearer(draft, noun).want or {}
    shared: Feats = {k: want[k] for k in ("Case", "Number") if k in want}
    found = noun_class(ctx, noun)
    if found:
        shared["NounClass"] = found
    if not shared:
        return
    for kid in draft.kids(noun.id, "amod", "det", "nummod", "nmod"):
        if kid.relation != "nmod" or (found and kid.deprel == "nmod:poss" and kid.upos in ("PRON", "DET")):
            _agree(draft, ctx, kid, shared)
        elif found:
            for link in draft.kids(kid.id, "case"):
                if draft.english(link) in ("of", "'s", "’s", "'", "’"):
                    _agree(draft, ctx, link, {"NounClass": found})


def _predicate(draft: Draft, ctx: Context, noun: Token) -> None:
    """An adjective after a copula agrees with its subject in number and class."""
    adjective = draft.words.get(noun.head)
    if noun.relation != "nsubj" or adjective is None or adjective.upos != "ADJ":
        return
    shared: Feats = {"Number": "Plur"} if noun.feats.get("Number") == "Plur" else {}
    found = noun_class(ctx, noun)
    if found:
        shared["NounClass"] = found
    if shared:
        _agree(draft, ctx, adjective, shared)


def _agree(draft: Draft, ctx: Context, word: Token, shared: Feats) -> None:
    """Give a modifier the features of its noun that its own part of speech shows."""
    if not word.lang and word.upos not in ("ADJ", "VERB"):  # a function word of English has no concord
        return
    if word.upos not in ("ADJ", "DET", "PRON", "NUM", "VERB", "ADP") or not ctx.fires(RULE, word.id):
        return
    if word.upos == "VERB" and (word.want or {}).get("VerbForm") != "Part":
        return
    attests = ctx.target.morphology.attests
    features = {k: v for k, v in shared.items() if k == "NounClass" or attests(word.upos, k, v)}
    if word.upos == "NUM":
        features.pop("Number", None)
        if features.get("Case") == ctx.target.pack.counted.get("Case"):
            features.pop("Case", None)  # the numeral governs that case and does not share it
    if features:
        draft.require(word.id, RULE, (word.want or {}) | features)
