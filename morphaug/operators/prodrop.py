"""Pro-drop: subject pronouns go where the verb says the person."""

from __future__ import annotations

from morphaug.operators.context import Context
from morphaug.operators.draft import Draft
from morphaug.operators.english import PERSONS
from morphaug.trees import Token

RULE = "prodrop"


def prodrop(draft: Draft, ctx: Context) -> None:
    """Drop subject pronouns and expletives.

    Where: URIEL S_PROSUBJECT_AFFIX without S_PROSUBJECT_WORD (WALS 101A) and a table that attests person on
    verbs, or the persons that the pack names. A stressed pronoun (one with dependents or a conjunct) stays,
    and so does one whose verb has not been made to show the person.
    """
    profile = ctx.target.profile
    persons = ctx.target.pack.drop_subjects
    if persons is None:
        affix = profile.has("S_PROSUBJECT_AFFIX") and not profile.has("S_PROSUBJECT_WORD")
        persons = ("1", "2", "3") if affix and ctx.target.morphology.attests("VERB", "Person", "1") else ()
    if not persons:
        return
    for key in list(draft.order):
        token = draft.words.get(key)
        if token is None or token.upos != "PRON" or draft.children.get(key):
            continue
        if _droppable(draft, token, persons) and ctx.fires(RULE, key):
            draft.drop(key, RULE)


def _droppable(draft: Draft, token: Token, persons: tuple[str, ...]) -> bool:
    head = draft.words.get(token.head)
    if head is None:
        return False
    if token.relation == "expl":
        return True
    if token.relation != "nsubj" or token.feats.get("PronType", "Prs") != "Prs":
        return False
    person = token.feats.get("Person") or PERSONS.get(draft.english(token), ("", ""))[0]
    verbs = [head, *draft.kids(head.id, "cop", "aux")]
    return person in persons and any((v.want or {}).get("Person") == person for v in verbs)
