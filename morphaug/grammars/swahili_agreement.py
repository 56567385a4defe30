"""What agrees with a Swahili noun: adjectives, numerals, demonstratives, possessives, quantifiers, connective.

Classes are numbers 1 to 11 and 14 to 18. Three sets of prefixes: the nominal one (adjectives and numerals),
the pronominal one (possessives, -ote, -a), and the demonstratives' own forms.
"""

from __future__ import annotations

from functools import cache, lru_cache

from morphaug.grammars.swahili_words import word_set

CLASSES = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14, 15, 16, 17, 18)
VOWELS = "aeiou"

_PRONOMINAL = {
    1: "w", 2: "w", 3: "w", 4: "y", 5: "l", 6: "y", 7: "ch", 8: "vy", 9: "y", 10: "z",
    11: "w", 14: "w", 15: "kw", 16: "p", 17: "kw", 18: "mw",
}  # fmt: skip
_NEAR = {
    1: "huyu", 2: "hawa", 3: "huu", 4: "hii", 5: "hili", 6: "haya", 7: "hiki", 8: "hivi", 9: "hii", 10: "hizi",
    11: "huu", 14: "huu", 15: "huku", 16: "hapa", 17: "huku", 18: "humu",
}  # fmt: skip
_FAR = {
    1: "yule", 2: "wale", 3: "ule", 4: "ile", 5: "lile", 6: "yale", 7: "kile", 8: "vile", 9: "ile", 10: "zile",
    11: "ule", 14: "ule", 15: "kule", 16: "pale", 17: "kule", 18: "mle",
}  # fmt: skip
_REFERENTIAL = {
    1: "huyo", 2: "hao", 3: "huo", 4: "hiyo", 5: "hilo", 6: "hayo", 7: "hicho", 8: "hivyo", 9: "hiyo", 10: "hizo",
    11: "huo", 14: "huo", 15: "huko", 16: "hapo", 17: "huko", 18: "humo",
}  # fmt: skip
# -o of reference, as in amba-o and ndi-o
_REFERENCE = {
    1: "ye", 2: "o", 3: "o", 4: "yo", 5: "lo", 6: "yo", 7: "cho", 8: "vyo", 9: "yo", 10: "zo",
    11: "o", 14: "o", 15: "ko", 16: "po", 17: "ko", 18: "mo",
}  # fmt: skip
_WHICH = {
    1: "yupi", 2: "wepi", 3: "upi", 4: "ipi", 5: "lipi", 6: "yapi", 7: "kipi", 8: "vipi", 9: "ipi", 10: "zipi",
    11: "upi", 14: "upi", 15: "kupi", 16: "papi", 17: "kupi", 18: "mupi",
}  # fmt: skip

# "with me", "with you": na- and a short pronoun
WITH = {"1s": "mi", "2s": "we", "1p": "si", "2p": "nyi"}

POSSESSIVES = {"1s": "angu", "2s": "ako", "3s": "ake", "1p": "etu", "2p": "enu", "3p": "ao"}
DEMONSTRATIVES = {"near": _NEAR, "far": _FAR, "referential": _REFERENTIAL}

# Adjectives that agree. The class is closed; every other adjective is a loan (safi, bora, ghali) and never changes,
# but for those that verbs form with -vu and -fu (nyenyekevu, kamilifu).
ADJECTIVES = word_set(
    """aminifu angalifu angavu badhirifu baya bichi bivu bovu bunifu chache chafu changa changamfu chungu
    danganyifu dogo ekundu elekevu ema embamba epesi erevu eupe eusi fupi geni gonjwa gumu haribifu heshimiwa
    ingi ingine janja jeuri jinga kali kamilifu kavu kinzani kongwe kosefu kubwa kukuu kunjufu kuu legevu
    nene nyamavu nyofu nyonge nyoofu ororo ovu pana pevu potovu pumbavu pungufu pya refu shupavu sikivu
    takatifu tamu tiifu tulivu tupu vivu vumilivu zee zembe zima zito zoefu zuri"""
)
_INVARIABLE_IN_FU = word_set("maarufu alfu dufu")
_COUNT = frozenset({"moja", "wili", "tatu", "nne", "tano", "nane"})
_COUNTED = {"mbili": "wili"}  # free forms that are not the root itself
_LIKE_OTE = frozenset({"ote", "enye", "enyewe"})
NUMERALS = _COUNT | {"ngapi", "mojawapo"}


def connective(cls: int) -> str:
    """The "of" that agrees with what is possessed: wa, ya, la, cha, vya, za, kwa, pa, mwa."""
    return _PRONOMINAL[cls] + "a"


def possessive(owner: str, cls: int) -> str:
    """My, your, ... before class `cls`; owner "1s".."3p" or a root ("angu").

    >>> possessive("1s", 9), possessive("ake", 7)
    ('yangu', 'chake')
    """
    return _PRONOMINAL[cls] + POSSESSIVES.get(owner, owner)


def demonstrative(series: str, cls: int) -> str:
    """This ("near"), that ("far") or the one spoken of ("referential")."""
    return DEMONSTRATIVES[series][cls]


def _nasal(root: str) -> str:
    """The prefix of classes 9 and 10, which fuses with what follows: ndogo, mbaya, nyeusi, ndefu; kubwa, tamu."""
    special = {"ema": "njema", "pya": "mpya", "wili": "mbili", "nne": "nne", "nane": "nane"}
    if root in special:
        return special[root]
    first = root[:1]
    if first and first in VOWELS:
        return "ny" + root
    if first in ("b", "v"):
        return "m" + root
    if first in ("r", "l"):
        return "nd" + root[1:]
    if first == "w":
        return "mb" + root[1:]
    return "n" + root if first in ("d", "g", "j", "z") else root


def _soften(prefix: str, glide: str, root: str, before: str = "aeo") -> str:
    """A prefix in -i, which is a glide before a vowel and vanishes in i- (kidogo, cheusi, kingi)."""
    first = root[:1]
    if first in before:
        return glide + root
    return prefix[:-1] + root if first == "i" else prefix + root


def adjective(root: str, cls: int) -> str:
    """An agreeing adjective or numeral root with the prefix of a class.

    >>> [adjective("eusi", c) for c in (1, 2, 4, 5, 6, 7, 8, 9)]
    ['mweusi', 'weusi', 'myeusi', 'jeusi', 'meusi', 'cheusi', 'vyeusi', 'nyeusi']
    """
    first = root[:1]
    vowel = bool(first) and first in VOWELS
    if cls in (1, 3, 11, 14):
        return ("mu" if first == "u" else "mw" if vowel else "m") + root
    if cls == 2:
        return "we" + root[1:] if first in ("e", "i") else "wa" + root
    if cls == 4:
        return _soften("mi", "my", root)
    if cls == 5:
        return "j" + root if vowel else "ji" + root if root == "pya" else root
    if cls == 6:
        return "me" + root[1:] if first in ("e", "i") else "ma" + root
    if cls == 7:
        return _soften("ki", "ch", root)
    if cls == 8:
        return _soften("vi", "vy", root)
    if cls in (9, 10):
        return _nasal(root)
    if cls == 16:
        return "pe" + root[1:] if first in ("e", "i") else "pa" + root
    if cls == 18:
        return ("mw" if vowel else "mu") + root
    return ("kw" if first in ("a", "e", "i") else "k" if vowel else "ku") + root


def _like_ote(root: str, cls: int) -> str:
    """-ote, -enye and -enyewe: pronominal prefix, with mwenye in class 1 and kote, mote of places."""
    if cls == 1 and root != "ote":
        return "mw" + root
    if root == "ote" and cls in (15, 17, 18):
        return {15: "kote", 17: "kote", 18: "mote"}[cls]
    return _PRONOMINAL[cls] + root


def _any(cls: int) -> str:
    """-o -ote, "any": yeyote, wowote, yoyote, chochote."""
    if cls == 1:
        return "yeyote"
    return ("w" if _REFERENCE[cls] == "o" else "") + _REFERENCE[cls] + _like_ote("ote", cls)


@lru_cache(maxsize=8192)
def form_of(root: str, cls: int) -> str:
    """A root in the form that agrees with a class: "near", "a", "angu", "ndi" or an adjective's."""
    if root in ("near", "far", "referential"):
        return DEMONSTRATIVES[root][cls]
    if root == "a":
        return connective(cls)
    if root in POSSESSIVES.values():
        return possessive(root, cls)
    if root in _LIKE_OTE:
        return _like_ote(root, cls)
    if root == "any":
        return _any(cls)
    if root == "pi":
        return _WHICH[cls]
    if root == "amba":
        return "amba" + _REFERENCE[cls]
    if root in ("ndi", "si", "na"):
        return root + _REFERENCE[cls]
    if root == "mojawapo":  # "one of them" is a singular
        cls = {2: 1, 4: 3, 6: 5, 8: 7, 10: 9}.get(cls, cls)
    return adjective(root, cls)


# Forms in use beside those that the rule makes.
_OTHER_FORMS = {("ingine", 5): "lingine", ("ingine", 16): "pengine", ("ote", 15): "kwote"}


def forms_of(root: str, cls: int) -> tuple[str, ...]:
    """A root's forms in a class, the regular one first: jingine, lingine."""
    other = _OTHER_FORMS.get((root, cls))
    return (form_of(root, cls), other) if other else (form_of(root, cls),)


_PRONOUN_ROOTS = (
    "near", "far", "referential", "angu", "ako", "ake", "etu", "enu", "ao", "ote", "enye", "enyewe", "any", "pi",
    "amba", "ndi",
)  # fmt: skip


@cache
def _roots() -> dict[str, str]:
    """Every form of a closed class -> its root, so that a lexicon may cite any of them."""
    out: dict[str, str] = {}
    for root in (*_PRONOUN_ROOTS, *sorted(NUMERALS), *sorted(ADJECTIVES)):
        for cls in CLASSES:
            out.setdefault(form_of(root, cls), root)
    out.update({root: root for root in (*_PRONOUN_ROOTS[3:], *NUMERALS, *ADJECTIVES, *_COUNTED.values())})
    out.update({"hii": "near", "le": "far", "hiyo": "referential", "wao": "ao", "a": "a", "ambaye": "amba"})
    for cls in CLASSES:
        out.setdefault(connective(cls), "a")
    return out


def root_of(word: str) -> str:
    """The agreeing root behind a word as a dictionary cites it; "" if the word does not agree.

    >>> [root_of(x) for x in ("-zuri", "nzuri", "angu", "yangu", "-baridi", "safi", "nyenyekevu", "huyu")]
    ['zuri', 'zuri', 'angu', 'angu', 'baridi', '', 'nyenyekevu', 'near']
    """
    bare = word.lstrip("-–")
    root = _roots().get(bare, "")
    if root or bare == word:
        if not root and bare.endswith(("vu", "fu")) and len(bare) > 5 and bare not in _INVARIABLE_IN_FU:
            return bare
        return root
    return bare  # the hyphen says that it takes a prefix


def agree(word: str, cls: int) -> str:
    """A word in the form that agrees with a class; an invariable word unchanged.

    A phrase agrees in its first word if that is the connective ("-a kawaida": "ya kawaida"), else in its last.

    >>> agree("-zuri", 9), agree("hii", 1), agree("wangu", 7), agree("-a kawaida", 6), agree("safi", 2)
    ('nzuri', 'huyu', 'changu', 'ya kawaida', 'safi')
    """
    first, space, rest = word.partition(" ")
    if space:
        if first in ("-a", "a", "–a"):
            return f"{connective(cls)} {rest}"
        if first in ("-enye", "enye"):
            return f"{_like_ote('enye', cls)} {rest}"
        head, _, last = word.rpartition(" ")
        return f"{head} {agree(last, cls)}"
    root = root_of(word)
    return form_of(root, cls) if root else word
