"""Articles: gone where the target has none, an affix where it has that."""

from __future__ import annotations

from morphaug.operators.context import Context
from morphaug.operators.draft import Draft
from morphaug.operators.english import ARTICLES, DEFINITE_ARTICLE

RULE = "articles"


def articles(draft: Draft, ctx: Context) -> None:
    """Drop articles that the target lacks (URIEL S_DEFINITE_WORD, S_INDEFINITE_WORD after WALS 37A and 38A).

    A language with a definite affix (S_DEFINITE_AFFIX) takes it, if its table attests it on nouns.
    """
    profile, morphology = ctx.target.profile, ctx.target.morphology
    affix = profile.has("S_DEFINITE_AFFIX") and morphology.attests("NOUN", "Definite", "Def")
    lacks_definite = profile.has("S_DEFINITE_WORD") is False
    lacks_indefinite = profile.has("S_INDEFINITE_WORD") is False
    if not (affix or lacks_definite or lacks_indefinite):
        return
    for key in list(draft.order):
        token = draft.words[key]
        if token.upos != "DET" or token.relation != "det" or draft.english(token) not in ARTICLES:
            continue
        definite = draft.english(token) == DEFINITE_ARTICLE
        noun = draft.words.get(token.head)
        if definite and affix and noun is not None and noun.upos == "NOUN":
            if ctx.fires(RULE, key) and draft.drop(key, RULE, into=noun.id):
                draft.want(noun.id, RULE, Definite="Def")
        elif (lacks_definite if definite else lacks_indefinite) and ctx.fires(RULE, key):
            draft.drop(key, RULE)
