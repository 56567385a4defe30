"""From an edited tree to text: forms that express what operators asked for, then words, capitals and spaces."""

from __future__ import annotations

import re
from itertools import pairwise

from morphaug.contractions import clitic, host
from morphaug.operators.draft import Draft
from morphaug.target import CASED, SURE, Target
from morphaug.trees import Feats, Sentence, Token

OPENERS = frozenset("([{«“‘„¿¡")
# Thai to Lao, Burmese, Khmer, kana and Han are written without spaces between words.
SPACELESS = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]"
)
RULE = "surface"
STEMS = frozenset({"NOUN", "PROPN", "ADJ", "ADV", "VERB", "AUX", "NUM"})  # borrowed stems that take endings


def finish(draft: Draft, target: Target, *, whole: bool = True) -> Sentence:
    """Realise a draft: inflect, split forms of several words, set capitals and spaces.

    A sentence that nothing changed comes back as the very object it was.

    Args:
        draft: The edited sentence.
        target: The language that it is moved towards.
        whole: Write English clitics out that have lost their host. Noise does not: it makes as many edits as it was told.
    """
    if not draft.changed:
        return draft.source
    for key in list(draft.order):
        token = draft.words[key]
        if token.want is not None:
            _realise(draft.change(key, token.rules[-1]), target)
        elif token.lang and token.upos in CASED:
            token.feats = dict(target.unmarked(token.upos))
    _split(draft)
    if whole:
        _clitics(draft)
    _capitals(draft, target)
    _spaces(draft)
    return draft.sentence()


def _realise(token: Token, target: Target) -> None:
    want: Feats = {**target.unmarked(token.upos), **(token.want or {})}
    form = target.form(token, want)
    token.how = form.rung
    token.want = None
    if not token.lang and (form.rung not in SURE or (token.upos not in STEMS and len(token.src) == 1)):
        token.how = "lemma"
        return  # an English word that no rule inflects, or of a closed class, is better left as it stood
    token.form = form.text
    token.lang = target.code
    token.feats = want


def _split(draft: Draft) -> None:
    """Give each word of a form of several words ("ei mene") a token of its own."""
    for key in list(draft.order):
        token = draft.words[key]
        if " " not in token.form or not token.rules:
            continue
        parts = token.form.split()
        if len(parts) < 2:
            continue
        main = _main_part(parts, token.lemma)
        at = draft.order.index(key)
        token = draft.change(key, token.rules[-1])
        token.form = parts[main]
        for i, part in enumerate(parts):
            if i == main:
                continue
            verbal = token.upos in ("VERB", "AUX")
            word = Token(
                id=draft.new_id(),
                form=part,
                lemma=part,
                upos="AUX" if verbal else token.upos,
                feats={},
                head=key,
                deprel="aux" if verbal else "fixed",
                src=token.src,
                rules=token.rules,
                how=token.how,
                lang=token.lang,
            )
            draft.insert(word, at + i)


def _main_part(parts: list[str], lemma: str) -> int:
    """The part that is inflected: one that is no part of the lemma itself, and shares most of its beginning with it."""
    lemmas = lemma.lower().split() or [""]

    def shared(part: str) -> int:
        best = 0
        for word in lemmas:
            n = 0
            for a, b in zip(part.lower(), word, strict=False):
                if a != b:
                    break
                n += 1
            best = max(best, n)
        return best

    return max(range(len(parts)), key=lambda i: (parts[i].lower() not in lemmas, shared(parts[i]), i))


def _clitics(draft: Draft) -> None:
    """Write out what stood together in English and does not any more: "she 's" where "she" was translated or moved."""
    for left, right in pairwise(draft.source.tokens):
        full = "" if left.space else clitic(right.form, right.lemma)
        if not full or (full in ("is", "has") and right.upos == "PART"):  # a possessive stays what it is
            continue
        first, second = _as_it_stood(draft, left), _as_it_stood(draft, right)
        if first and second and draft.order.index(left.id) + 1 == draft.order.index(right.id):
            continue
        if second:
            draft.change(right.id, RULE).form = full
        if first and host(left.form) != left.form:
            draft.change(left.id, RULE).form = host(left.form)


def _as_it_stood(draft: Draft, token: Token) -> bool:
    """Whether a word of the source is still there, in the same form."""
    word = draft.words.get(token.id)
    return word is not None and word.form == token.form


def _capitals(draft: Draft, target: Target) -> None:
    """The first word takes the capital that the source's first word had; a word that left that place loses it."""
    first_source = next((t for t in draft.source.tokens if any(c.isalpha() for c in t.form)), None)
    first = next((k for k in draft.order if any(c.isalpha() for c in draft.words[k].form)), None)
    if first_source is None or first is None:
        return
    initial = first_source.form[:1].isupper()
    source = draft.source.tokens
    if len([t for t in source if t.form.isupper() and len(t.form) > 1]) * 2 > len(source):  # a shout
        for key in draft.order:
            token = draft.words[key]
            if token.lang:
                draft.change(key, token.rules[-1]).form = token.form.upper()
    if not initial:
        return
    word = draft.words[first]
    if not word.form[:1].isupper():
        draft.change(first, word.rules[-1] if word.rules else "order").form = (
            _capital(word, target) + word.form[1:]
        )
    old_first = draft.words.get(first_source.id)
    if old_first is None or old_first.id == first or old_first.lang or old_first.form != first_source.form:
        return
    if old_first.upos != "PROPN" and old_first.lemma[:1].islower() and not old_first.form[1:2].isupper():
        draft.change(old_first.id, "order").form = old_first.form[:1].lower() + old_first.form[1:]


def _capital(word: Token, target: Target) -> str:
    letter = word.form[:1]
    return target.pack.capitals.get(letter, letter.upper()) if word.lang else letter.upper()


def _spaces(draft: Draft) -> None:
    """White space as in the source between words that were neighbours there, by the rules of punctuation elsewhere.

    None between words of scripts that do without.
    """
    source = draft.source.tokens
    place = {t.id: i for i, t in enumerate(source)}
    order, words = draft.order, draft.words
    for left, right in pairwise(order):
        a, b = words[left], words[right]
        at, to = place.get(left, -2), place.get(right, -9)
        if to == at + 1:
            gap = source[at].space
            if not gap and (a.lang or b.lang) and a.form[-1:].isalpha() and b.form[:1].isalpha():
                gap = " "  # "we" + "'ve" were one word only in English
        elif _clings(source, place, a, b):
            gap = ""
        else:
            gap = " "
        if gap == " " and a.form[-1:] > "\u0dff" and _spaceless(a, b):
            gap = ""
        if a.space != gap:
            _own(draft, left).space = gap
    if words[order[-1]].space:
        _own(draft, order[-1]).space = ""


def _spaceless(a: Token, b: Token) -> bool:
    """Whether two words are of scripts that have no spaces between words."""
    return bool(SPACELESS.match(a.form[-1:]) and SPACELESS.match(b.form[:1]))


def _own(draft: Draft, key: int) -> Token:
    """The token, ours to respace: spacing alone is not an edit of the word."""
    if key not in draft.fresh:
        draft.words[key] = draft.words[key].copy()
        draft.fresh.add(key)
    return draft.words[key]


def _clings(source: list[Token], place: dict[int, int], a: Token, b: Token) -> bool:
    """Whether two words that were not neighbours are written together."""
    at = place.get(b.id)
    if at and source[at - 1].space == "" and not b.lang:
        if b.upos == "PUNCT" and b.form[:1] not in OPENERS and not _opens(source, at):
            return True
        if b.form[:1] in "'’" and len(b.form) > 1 and a.upos != "PUNCT":
            return True
    at = place.get(a.id)
    if at is None or a.upos not in ("PUNCT", "SYM") or source[at].space != "" or at + 1 == len(source):
        return False
    return a.form[:1] in OPENERS or _opens(source, at) or a.form in ("$", "€", "£", "#")


def _opens(source: list[Token], at: int) -> bool:
    """Whether an undirected quotation mark opens: white space before it and none after."""
    token = source[at]
    return (
        token.form in ('"', "'", "''", "``") and token.space == "" and (at == 0 or source[at - 1].space != "")
    )
