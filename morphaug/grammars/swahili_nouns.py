"""Swahili nouns: the class of a noun from a short list or from its shape, its plural, its locative.

The shape says most of it: ki- is 7/8, u- is 11 or 14, m- is 1/2 for agents (in -i, -wa, -vu) and 3/4 otherwise, and
what has no prefix is 9/10, but for verbal nouns in -o, which are 5/6. `swahili_words` holds what that gets wrong.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache

from morphaug.grammars import swahili_words as words

VOWELS = "aeiou"
PLURAL_CLASS = {1: 2, 3: 4, 5: 6, 7: 8, 9: 10, 11: 10, 14: 6}
_SINGULAR_CLASS = {2: 1, 4: 3, 6: 5, 8: 7, 10: 9}
_BARE_PREFIX = {1: "m", 2: "wa", 3: "m", 4: "mi", 6: "ma", 7: "ki", 8: "vi", 11: "u", 14: "u"}
_PLURAL_SHAPES = {2: ("wa",), 4: ("mi",), 6: ("ma",), 8: ("vi", "vy")}

# Open syllables, with the closed ones that loans bring (dak-tari, has-pi-tali).
_NATIVE = re.compile(
    r"(?:[mn]?(?:ch|sh|th|dh|gh|kh|ng'|[bdfghjklmnprstvwyz])?[wy]?[aeiou][fklmnrs]?(?![bcdfghjklmnpqrstvwxyz]?$))*"
    r"[mn]?(?:ch|sh|th|dh|gh|kh|ng'|[bdfghjklmnprstvwyz])?[wy]?[aeiou]"
)
_AGENT = re.compile(r"(?:[zsvflrdnt]i|shi|ji|ii|[ie]wa|[^aeiou]wa|vu|fu)$")
_VERBAL_O = re.compile(r"(?:[ieu]o|[ie]sho|[ie]zo|ano|[ie]ko|[ie]zi)$")


@cache
def _known() -> dict[str, tuple[int, int]]:
    return {noun: pair for pair, nouns in words.NOUNS.items() for noun in nouns.split()}


@cache
def _singulars() -> dict[str, str]:
    """Plural -> singular of the listed nouns, but for plurals that are listed as nouns of their own (maendeleo)."""
    plurals = {_plural(noun, pair): noun for noun, pair in _known().items()}
    return {plural: noun for plural, noun in plurals.items() if plural not in _known()}


def listed(noun: str) -> tuple[int, int] | None:
    """Classes of a noun that the list has, in lower case."""
    return _known().get(noun)


def listed_singular(noun: str) -> str:
    """The listed noun that a form is the plural of; "" if it is none's."""
    return _singulars().get(noun, "")


@lru_cache(maxsize=65536)
def native(lemma: str) -> bool:
    """Whether a word is built like a Swahili one (of open syllables), not like an English one."""
    return _NATIVE.fullmatch(lemma) is not None


@lru_cache(maxsize=65536)
def guess(noun: str) -> tuple[int, int]:
    """Classes of a noun that is not on the list, from its shape."""
    if not native(noun):
        return 9, 10
    first, second, size = noun[0], noun[1:2], len(noun)
    agent = _AGENT.search(noun) is not None
    if noun.startswith("ku") and size > 3 and noun not in words.NOT_INFINITIVES:
        return 15, 15
    if first == "m":
        if noun.startswith("mwana"):
            return 1, 2
        if second == "a":
            return (6, 6) if size > 4 else (9, 10)
        if second == "i":
            return (4, 4) if size > 5 else (9, 10)
        if second in ("e", "o"):
            return 9, 10
        if agent:
            return 1, 2
        return (9, 10) if second == "b" else (3, 4)
    if first == "k" and second == "i":
        return 7, 8
    if first == "v" and second == "i" and size > 4:
        return 8, 8
    if first == "u":
        return 11, 11
    if first == "w":
        return (2, 2) if second == "a" and agent else (11, 11)
    if noun.startswith("ji"):
        return 5, 6
    if not re.match(r"n[^aeiou]|m[^aeiou]", noun) and size > 4 and _VERBAL_O.search(noun):
        return 5, 6
    return 9, 10


@lru_cache(maxsize=65536)
def classes(lemma: str, hint: int = 0) -> tuple[int, int]:
    """(singular, plural) class of a noun.

    Args:
        lemma: The noun, singular; a plural of a listed noun is understood as well.
        hint: A class that the caller knows of (from a dictionary, say), or 0; it decides where the list is silent.

    >>> classes("kitabu"), classes("daktari"), classes("mchezo"), classes("msomaji"), classes("uhuru"), classes("watu")
    ((7, 8), (9, 6), (3, 4), (1, 2), (11, 11), (1, 2))
    """
    noun = lemma.lower()
    noun = _singulars().get(noun, noun)
    known = _known().get(noun)
    if known:
        return known
    shape = (
        (1, 2)
        if lemma[:1] == "M" and noun[1:2] not in ("a", "e", "i", "o", "u") and native(noun)
        else guess(noun)
    )
    if not hint or hint in shape:
        return shape
    if hint in (6, 10) and noun[:1] in ("u", "w"):
        return 11, hint
    if noun[:2] in _PLURAL_SHAPES.get(hint, ()):
        return hint, hint  # a noun that only has its plural, as maji has
    singular = _SINGULAR_CLASS.get(hint, hint)
    if singular in (1, 2) and native(noun) and (noun in words.ANIMATE or not noun.startswith("m")):
        return shape  # an animate noun without the prefix agrees as 1/2 but is not of that class
    return singular, PLURAL_CLASS.get(singular, singular)


def classes_by_plural(noun: str, plurals: Sequence[str]) -> tuple[int, int] | None:
    """The classes of a noun whose plurals are known; None if they are of no pattern.

    >>> classes_by_plural("mhudumu", ["wahudumu"]), classes_by_plural("baharia", ["mabaharia"])
    ((1, 2), (5, 6))
    """
    if noun in plurals:
        return (11, 11) if noun[:1] == "u" else (9, 10)
    for plural in plurals:
        first = plural[:2]
        if (noun[:1] == "m" and first in ("wa", "we")) or (noun[:2] == "mw" and plural[:1] == "w"):
            return 1, 2
        if noun[:1] == "m" and first in ("mi", "my"):
            return 3, 4
        if first in ("ma", "me"):
            return (11, 6) if noun[:1] == "u" else (5, 6)
        if noun[:2] in ("ki", "ch") and first in ("vi", "vy"):
            return 7, 8
        if noun[:1] in ("u", "w") and (plural[:1] in ("n", "m") or noun.endswith(plural)):
            return 11, 10
    return None


def is_animate(lemma: str, hint: int = 0) -> bool:
    """Whether a noun agrees as 1/2: it is of that class, or is known to name a person or an animal."""
    noun = lemma.lower()
    noun = _singulars().get(noun, noun)
    return noun in words.ANIMATE or classes(lemma, hint)[0] in (1, 2)


def _plural(noun: str, pair: tuple[int, int]) -> str:
    if noun in words.PLURALS:
        return words.PLURALS[noun]
    singular, plural = pair
    if singular == plural:
        return noun
    if plural == 2:
        return _people(noun)
    if plural == 4:
        rest = noun[2:] if re.match(r"mw[aeiou]|mu", noun) else noun[1:] if noun[0] == "m" else noun
        return "mi" + rest
    if plural == 8:
        return "vy" + noun[2:] if re.match(r"ch[aeiou]", noun) else "vi" + noun.removeprefix("ki")
    if singular in (11, 14):
        rest = noun[1:] if noun[0] in "uw" else noun
        return "ma" + rest if plural == 6 else _nasal(noun, rest)
    return "ma" + noun if plural == 6 else noun


def _people(noun: str) -> str:
    """Class 2: walimu, wanafunzi, wawindaji, waandishi, wenyeji, wauguzi."""
    if noun in words.W_AGENTS:
        return "wa" + noun[1:]
    if re.match(r"mwana|mwalimu|mwen[yz]|mwanga|mwehu", noun):
        return noun[1:]
    if re.match(r"mw[aeiou]|mu", noun):
        return "wa" + noun[2:]
    return "wa" + (noun[1:] if noun[0] == "m" else noun)


def _nasal(noun: str, rest: str) -> str:
    """Class 10 of an u- noun: mbao, ndimi, funguo, nyuso, nyimbo."""
    if not rest:
        return noun
    if noun[0] == "w" or rest[:1] in tuple(VOWELS) or sum(map(rest.count, VOWELS)) == 1:
        return "ny" + (noun if noun[0] == "u" and rest[:1] not in tuple(VOWELS) else rest)
    if rest[0] in "bv":
        return "m" + rest
    if rest[0] == "l":
        return "nd" + rest[1:]
    return "n" + rest if rest[0] in "dgz" else rest


def plural(lemma: str, hint: int = 0) -> str:
    """The plural of a noun, with its initial capital if it has one.

    >>> [plural(x) for x in ("kitabu", "mwalimu", "mti", "jicho", "ufunguo", "ubao", "uzi", "wimbo", "chakula", "rais")]
    ['vitabu', 'walimu', 'miti', 'macho', 'funguo', 'mbao', 'nyuzi', 'nyimbo', 'vyakula', 'marais']
    >>> plural("Mkenya"), plural("computer"), plural("teacher", hint=1), plural("watu")
    ('Wakenya', 'computer', 'wateacher', 'watu')
    """
    noun = lemma.lower()
    if noun in _singulars():
        return lemma
    form = _plural(noun, classes(lemma, hint))
    return form.capitalize() if lemma[:1].isupper() and form != noun else form if form != noun else lemma


def plural_as(noun: str, pair: tuple[int, int]) -> str:
    """The plural that a noun would have if it were of a pair of classes.

    >>> plural_as("bloga", (5, 6)), plural_as("mbloga", (1, 2))
    ('mabloga', 'wabloga')
    """
    return _plural(noun, pair)


def singular(lemma: str, hint: int = 0) -> str:
    """The singular: the lemma, unless that is a plural of a listed noun or a foreign stem that needs a prefix."""
    noun = lemma.lower()
    if noun in _singulars():
        return _singulars()[noun]
    if listed(noun) or native(noun):
        return lemma
    prefix = _BARE_PREFIX.get(classes(lemma, hint)[0], "")
    return lemma if noun.startswith(prefix) else prefix + lemma


_FOREIGN_PREFIX = {2: "wa", 4: "mi", 6: "ma", 7: "ki", 8: "vi", 11: "u", 14: "u", 15: "ku"}


def borrowed(stem: str, cls: int) -> str:
    """A stem of another language in a class: the prefix and the whole stem, nothing taken for a prefix in it.

    >>> [borrowed("minister", c) for c in (1, 2, 9)], borrowed("apple", 3), borrowed("book", 8)
    (['mminister', 'waminister', 'minister'], 'mwapple', 'vibook')
    """
    if cls in (1, 3):
        first = stem[:1].lower()
        return ("mu" if first == "u" else "mw" if first and first in VOWELS else "m") + stem
    return _FOREIGN_PREFIX.get(cls, "") + stem


def locative(form: str) -> str:
    """-ni, "in, at, to" (nyumbani); after a final consonant with a vowel before it."""
    return form + ("ni" if form[-1:].lower() in tuple(VOWELS) else "ini")
