"""Lemmas of English word forms without a parser: irregular words by list, regular ones by rule.

A rule's answer counts only where the base form is attested ("wings" is of "wing" if "wing" is a word of the text
or of a table), so the rules need no list of all words. UD's lemmas are the model: participles used as adjectives
and comparatives go to their base, "people" and "news" stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

Reading = tuple[str, str]
"""A lemma and its part of speech (UPOS; "X" where the rule cannot tell)."""

_VERBS = """
be am is are was were been being 'm 're; have has had having 've; do does did done doing; go goes went gone
say said; make made; get got gotten; know knew known; think thought; take took taken; see saw seen; come came
find found; give gave given; tell told; feel felt; become became; leave left leaves; put; mean meant; keep kept; let
begin began begun; hear heard; run ran; hold held; bring brought; write wrote written; sit sat; stand stood
lose lost; pay paid; meet met; lead led; understand understood; speak spoke spoken; read; spend spent
grow grew grown; win won; teach taught; buy bought; send sent; build built; fall fell fallen; cut; sell sold
draw drew drawn; break broke broken; choose chose chosen; wear wore worn; drive drove driven; die dying
lie lying lay lain; rise rose risen; catch caught; eat ate eaten; fight fought; seek sought; deal dealt; hit
throw threw thrown; fly flew flown; forget forgot forgotten; sleep slept; hang hung; shoot shot; hurt; cost
set; shut; spread; beat beaten; bear bore born borne; arise arose arisen; awake awoke; bend bent; bet; bid
bind bound; bite bit bitten; bleed bled; blow blew blown; breed bred; burst; cast; cling clung; creep crept
dig dug; drink drank drunk; feed fed; flee fled; forbid forbade forbidden; forgive forgave forgiven
freeze froze frozen; hide hid hidden; kneel knelt; lay laid; lend lent; light lit; overcome overcame
ride rode ridden; ring rang rung; seize seized; shake shook shaken; shine shone; show shown; shrink shrank
sing sang sung; sink sank sunk; slide slid; spin spun; split; steal stole stolen; stick stuck; sting stung
strike struck stricken; strive strove; swear swore sworn; sweep swept; swim swam swum; swing swung
tear tore torn; undergo underwent undergone; wake woke woken; weave wove woven; weep wept; wind wound
withdraw withdrew withdrawn; withstand withstood; undertake undertook undertaken; tie tying; burn burnt
learn learnt; dream dreamt; prove proven; saw sawn; mistake mistook mistaken; foresee foresaw foreseen
"""
_NOUNS = """
child children; man men; woman women; foot feet; tooth teeth; goose geese; mouse mice; ox oxen; life lives
wife wives; knife knives; leaf leaves; half halves; self selves; shelf shelves; wolf wolves; thief thieves
loaf loaves; calf calves; crisis crises; analysis analyses; thesis theses; basis bases; hypothesis hypotheses
phenomenon phenomena; criterion criteria; bacterium bacteria; person persons; policeman policemen
businessman businessmen; gentleman gentlemen; spokesman spokesmen; fisherman fishermen; congressman congressmen
"""
_ADJECTIVES = """
good better best; bad worse worst; far farther farthest further furthest
"""
# Adjectives that are compared by endings; others in -er (leader, paper, number) are no comparatives.
_COMPARED = """
big small large great high low old young new long short strong weak hard soft easy heavy light fast slow late
early near close deep wide narrow broad rich poor happy hot cold warm cool dark bright clear clean dirty safe
cheap simple tough rough smooth thick thin fat tall loud quiet quick busy healthy wealthy angry hungry dry wet
few full fair fine free fresh grave harsh holy kind lovely nice odd pretty proud pure rare sad sharp sick smart
steep strange strict sweet tight tiny ugly wild wise lucky funny friendly likely deadly bold brave calm mild
"""
_STAYS = """
news always perhaps besides towards afterwards sometimes whereas thus this plus us yes gas bus series species
politics economics physics mathematics ethics athletics means headquarters lens its his hers ours yours theirs
during something anything nothing everything thing morning evening king ring spring string wing ceiling sibling
darling bring sing need indeed speed seed feed breed red bed hundred sacred naked embed exceed succeed proceed
shed shred as afraid amid christmas canvas atlas overseas sunglasses clothes thanks outdoors indoors upstairs
downstairs nowadays alas across
"""
_ADVERBS = """
again ago ahead almost already also altogether always anymore anyway apart aside away today tomorrow yesterday tonight
else elsewhere enough ever everywhere forever furthermore hence here hereby however indeed instead just later likewise
maybe meanwhile moreover never nevertheless not now nowhere often once perhaps quite rather seldom so somehow sometimes
somewhat somewhere soon still there therefore thus together too twice very well yet abroad overseas online afterwards
"""
# Irregular forms that are words by themselves.
_BOTH = "saw found left bore born felt ground wound lay light set shut cut hit cost bet bid spread split read put lent"
_VOWELS = frozenset("aeiou")


def _listed(text: str, upos: str) -> Iterator[tuple[str, Reading]]:
    for line in text.strip().replace("\n", ";").split(";"):
        lemma, *inflected = line.split()
        for form in inflected:
            yield form, (lemma, upos)


def _compared() -> Iterator[tuple[str, Reading]]:
    for word in _COMPARED.split():
        if word.endswith("y"):
            stem = word[:-1] + "i"
        elif word.endswith("e"):
            stem = word[:-1]
        elif len(word) <= 4 and word[-1] in "gtdnm" and word[-2] in _VOWELS and word[-3] not in _VOWELS:
            stem = word + word[-1]
        else:
            stem = word
        yield stem + "er", (word, "ADJ")
        yield f"{stem}est", (word, "ADJ")


def _irregular() -> dict[str, tuple[Reading, ...]]:
    found: dict[str, tuple[Reading, ...]] = {}
    for form, reading in chain(
        _listed(_VERBS, "VERB"), _listed(_NOUNS, "NOUN"), _listed(_ADJECTIVES, "ADJ"), _compared()
    ):
        if reading not in found.get(form, ()):
            found[form] = (*found.get(form, ()), reading)
    for form in _BOTH.split():  # words of their own too
        found[form] = (*found.get(form, ()), (form, "X"))
    return found


_IRREGULAR = _irregular()
_KEPT = dict.fromkeys(_STAYS.split(), "X") | dict.fromkeys(_ADVERBS.split(), "ADV")
CONTRACTED = {"n't": "not", "'ll": "will", "'re": "be", "'m": "be", "'ve": "have", "'d": "would", "'s": "'s"}
"""What the second halves of contractions are short for."""


def lemmas(form: str, attested: Callable[[str], bool]) -> tuple[Reading, ...]:
    """Lemmas that a lower-case English form may have; the form itself is one unless it is irregular.

    Args:
        form: The word.
        attested: Whether a base form that a rule arrives at is a word.

    >>> lemmas("children", lambda w: True), lemmas("cities", {"city"}.__contains__)
    ((('child', 'NOUN'),), (('city', 'X'),))
    """
    if form in _IRREGULAR:
        return _IRREGULAR[form]
    if form in _KEPT or len(form) < 4:
        return ((form, _KEPT.get(form, "X")),)
    if form.endswith("ly") and (attested(form[:-2]) or (form[-3] == "i" and attested(form[:-3] + "y"))):
        return ((form, "ADV"),)
    bases = tuple((base, upos) for base, upos in _bases(form) if attested(base))
    return bases if bases and form.endswith("s") else (*bases, (form, "X"))


def _bases(form: str) -> Iterator[Reading]:
    """Bases that regular rules give a form, most specific first."""
    if form.endswith("ies"):
        yield form[:-3] + "y", "X"
        yield form[:-1], "X"
    elif form.endswith("es"):
        if form[:-2].endswith(("s", "x", "z", "ch", "sh", "o")) and len(form) > 4:
            yield form[:-2], "X"
        yield form[:-1], "X"
    elif form.endswith("s") and not form.endswith(("ss", "us", "is", "ics")):
        yield form[:-1], "X"
    elif form.endswith("ied"):
        yield form[:-3] + "y", "VERB"
        yield form[:-1], "VERB"
    elif form.endswith("ed"):
        yield from ((base, "VERB") for base in _unstretched(form[:-2]))
    elif form.endswith("ing") and len(form) > 5:
        yield from ((base, "VERB") for base in _unstretched(form[:-3]))


def _unstretched(stem: str) -> Iterator[str]:
    """What an ending was put on: "stopp": stop; "mak": make; "walk": walk."""
    if len(stem) < 3:
        yield stem + "e"
    elif stem[-1] == stem[-2] and stem[-1] not in "aeiou":
        yield stem[:-1]
        yield stem
    elif any(char in "aeiouy" for char in stem):
        yield stem + "e"
        yield stem
