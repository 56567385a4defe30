"""Case: what English says with an adposition or a place in the clause, said with an ending."""

from __future__ import annotations

from collections.abc import Mapping

from morphaug.operators.context import Context
from morphaug.operators.draft import Draft
from morphaug.operators.english import NOMINAL, is_definite, negation_of
from morphaug.packs import Adposition, CaseRule
from morphaug.target import SURE, Target
from morphaug.trees import Token

RULE = "case"

# English adposition -> UD cases that can say it, the most specific first. A language takes the first one
# that its table attests. Grammatical relations are not here: no such list is right for them.
SEMANTIC_CASES: dict[str, tuple[str, ...]] = {
    "in": ("Ine", "Loc"),
    "inside": ("Ine", "Loc"),
    "within": ("Ine", "Loc"),
    "into": ("Ill", "Lat", "Dat"),
    "on": ("Sup", "Ade", "Loc"),
    "upon": ("Sup", "Ade", "Loc"),
    "at": ("Ade", "Loc", "Ine"),
    "onto": ("Sbl", "All", "Dat"),
    "to": ("All", "Lat", "Dat"),
    "toward": ("All", "Lat", "Dat"),
    "towards": ("All", "Lat", "Dat"),
    "from": ("Abl", "Ela"),
    "out of": ("Ela", "Abl"),
    "off": ("Del", "Abl"),
    "with": ("Ins", "Com"),
    "by": ("Ins",),
    "without": ("Abe",),
    "as": ("Ess",),
    "until": ("Ter",),
    "till": ("Ter",),
    "for": ("Ben",),
    "of": ("Gen",),
    "'s": ("Gen",),
    "’s": ("Gen",),
    "'": ("Gen",),
    "’": ("Gen",),
    "s": ("Gen",),
}


def case(draft: Draft, ctx: Context) -> None:
    """Mark nouns for case and absorb the adpositions that the case says.

    Prepositional languages keep their adpositions (a Slavic or Germanic case is governed by them); there
    only "of" and the possessive are absorbed, by a genitive that the table attests. The pack overrides both.
    """
    for key in list(draft.order):
        token = draft.words.get(key)
        if token is None or (token.upos not in NOMINAL and token.upos != "NUM"):
            continue
        if token.upos == "NUM" and not draft.kids(key, "case"):
            continue
        if ctx.fires(RULE, key):
            _mark(draft, ctx, token)
    counted = ctx.target.pack.counted
    for key in list(draft.order):
        token = draft.words[key]
        if token.upos in NOMINAL and token.relation == "conj":
            _share(draft, token)
        if counted and token.upos == "NOUN":
            _count(draft, ctx, draft.words[key], counted)


def bearer(draft: Draft, token: Token) -> Token:
    """The word of a noun phrase that takes the ending: the last word of a name, else the head."""
    parts = draft.kids(token.id, "flat") if token.upos == "PROPN" else ()
    return parts[-1] if parts else token


def _mark(draft: Draft, ctx: Context, token: Token) -> None:
    noun = bearer(draft, token)
    markers = draft.kids(token.id, "case")
    if markers:
        marker = min(markers, key=lambda t: t.id)
        words = [marker, *sorted(draft.kids(marker.id, "fixed"), key=lambda t: t.id)]
        how = _adposition(ctx, " ".join(draft.english(w) for w in words), noun)
        if how is None:
            return
        features = dict(how.feats)
        if how.case:
            features["Case"] = how.case
        if features:
            draft.require(noun.id, RULE, features)
        if how.word:  # stays a word, and the noun stands in the case that it governs
            word = draft.change(marker.id, RULE)
            word.feats = {"AdpType": "Post" if how.order == "after" else "Prep"}
            if word.upos == "PART":  # the possessive ending becomes a word
                word.upos = "ADP"
                if not word.lang:
                    word.form = word.lemma = "of"
        else:
            for word in words:
                draft.drop(word.id, RULE, into=noun.id)
        return
    found = _relation_case(draft, ctx, token)
    if found and token.feats.get("Poss") != "Yes":
        draft.want(noun.id, RULE, Case=found)


def _adposition(ctx: Context, words: str, noun: Token) -> Adposition | None:
    target = ctx.target
    if noun.upos == "PRON" and not target.morphology.attests("PRON", "Case", "Gen"):
        return None  # a pronoun that no table inflects keeps its adposition
    if words in target.pack.adpositions:
        how = target.pack.adpositions[words]
        if how.word or not how.case or _says(target, noun, how.case):
            return how
        return None
    cases = SEMANTIC_CASES.get(words, ())
    if cases != ("Gen",) and target.profile.order("adposition_noun") != "after":
        return None
    if noun.upos == "PRON":
        return None
    found = target.morphology.case_first(noun.upos, cases)
    return Adposition(case=found) if found and _says(target, noun, found) else None


def _says(target: Target, noun: Token, case: str) -> bool:
    """Whether this very noun has a form for a case. An adposition is absorbed only by a form that says it."""
    want = {**(noun.want or {}), "Case": case}
    if noun.feats.get("Number") in ("Plur", "Ptan") and target.morphology.attests(
        noun.upos, "Number", "Plur"
    ):
        want.setdefault("Number", "Plur")
    return target.form(noun, want).rung in SURE


def _relation_case(draft: Draft, ctx: Context, token: Token) -> str:
    rules: tuple[CaseRule, ...] = ctx.target.pack.relations.get(
        token.deprel, ctx.target.pack.relations.get(token.relation, ())
    )
    for rule in rules:
        for condition in rule.when:
            if not _holds(draft, token, condition):
                break
        else:
            return rule.case if ctx.target.morphology.attests(token.upos, "Case", rule.case) else ""
    return ""


def _holds(draft: Draft, token: Token, condition: str) -> bool:
    if condition == "definite":
        return is_definite(draft, token)
    if condition == "indefinite":
        return not is_definite(draft, token)
    if condition == "plural":
        return token.feats.get("Number") == "Plur"
    if condition == "singular":
        return token.feats.get("Number") != "Plur"
    if condition == "count":
        return any(k.feats.get("Definite") == "Ind" or k.relation == "nummod" for k in draft.kids(token.id))
    if condition == "pronoun":
        return token.upos == "PRON"
    if condition == "name":
        return token.upos == "PROPN"
    head = draft.words.get(token.head)
    if head is None:
        return False
    return negation_of(draft, head) is not None


def _share(draft: Draft, token: Token) -> None:
    """A conjunct without a marker of its own takes the case of the first one."""
    first = draft.words.get(token.head)
    if first is None or draft.kids(token.id, "case"):
        return
    found = (bearer(draft, first).want or {}).get("Case")
    noun = bearer(draft, token)
    if found and "Case" not in (noun.want or {}):
        draft.want(noun.id, RULE, Case=found)


def _count(draft: Draft, ctx: Context, token: Token, counted: Mapping[str, str]) -> None:
    """A counted noun takes the features that the pack asks for; a case of its own wins over theirs."""
    numerals = [t for t in draft.kids(token.id, "nummod") if draft.english(t) not in ("one", "1")]
    if numerals and ctx.fires(RULE, token.id):
        noun = bearer(draft, token)
        draft.require(
            noun.id, RULE, {**counted, **(noun.want or {}), "Number": counted.get("Number", "Plur")}
        )
