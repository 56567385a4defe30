"""The Swahili verb: subject - tense - relative - object - stem - final vowel, and its negatives.

A subject, object or relative is named by a *key*: "1s", "2s", "1p", "2p" for the first and second persons,
else the number of a noun class ("1" to "11", "14" to "18"). A `Template` is a form with its stem and object left
open; `fill` closes it. The analyser (`swahili_analysis`) reads the same templates backwards. Sources: general
reference knowledge of the language, as any grammar of Standard Swahili sets it out.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Literal, NamedTuple

from morphaug.grammars.swahili_words import word_set

Slot = Literal[
    "present",
    "past",
    "future",
    "perfect",
    "general",
    "habitual",
    "consecutive",
    "situational",
    "conditional",
    "past conditional",
    "subjunctive",
    "consecutive subjunctive",
    "imperative",
    "infinitive",
]
Extension = Literal["applicative", "causative", "reciprocal", "stative", "passive"]

VOWELS = "aeiou"

SUBJECT = {
    "1s": "ni", "2s": "u", "1p": "tu", "2p": "m",
    "1": "a", "2": "wa", "3": "u", "4": "i", "5": "li", "6": "ya", "7": "ki", "8": "vi", "9": "i",
    "10": "zi", "11": "u", "14": "u", "15": "ku", "16": "pa", "17": "ku", "18": "mu",
}  # fmt: skip
OBJECT = SUBJECT | {"2s": "ku", "2p": "wa", "1": "m", "reflexive": "ji"}
NEGATIVE = {key: "ha" + prefix for key, prefix in SUBJECT.items()} | {"1s": "si", "2s": "hu", "1": "ha"}
# The general present: the subject prefix runs together with -a-.
GENERAL = {
    "1s": "na", "2s": "wa", "1p": "twa", "2p": "mwa",
    "1": "a", "2": "wa", "3": "wa", "4": "ya", "5": "la", "6": "ya", "7": "cha", "8": "vya", "9": "ya",
    "10": "za", "11": "wa", "14": "wa", "15": "kwa", "16": "pa", "17": "kwa", "18": "mwa",
}  # fmt: skip
RELATIVE = {
    "1s": "ye", "2s": "ye", "1p": "o", "2p": "o",
    "1": "ye", "2": "o", "3": "o", "4": "yo", "5": "lo", "6": "yo", "7": "cho", "8": "vyo", "9": "yo",
    "10": "zo", "11": "o", "14": "o", "15": "ko", "16": "po", "17": "ko", "18": "mo",
}  # fmt: skip

# slot -> marker, and whether a short stem keeps the ku- of its infinitive after it (alikula, but akila)
_MARKERS: dict[str, tuple[str, bool]] = {
    "present": ("na", True),
    "past": ("li", True),
    "future": ("ta", True),
    "perfect": ("me", True),
    "consecutive": ("ka", False),
    "situational": ("ki", False),
    "conditional": ("nge", True),
    "past conditional": ("ngali", True),
}
# Other markers in use for a slot: "has already", and the third of the conditionals.
_OTHER_MARKERS = {"perfect": ("mesha", "mekwisha"), "past conditional": ("ngeli",)}
# A relative verb knows three tenses; the perfect borrows the past's, the rest the present's.
_RELATIVE_MARKERS = {"past": "li", "perfect": "li", "future": "taka"}

_KW_STEMS = frozenset({"enda", "isha"})  # kwenda, kwisha: longer stems that keep ku- all the same
_IMPERATIVES = {"enda": "nenda", "ja": "njoo", "leta": "lete"}
_BE = "wa"

# Stems that begin with ku of their own: in "kubali" it is no infinitive prefix.
_KU_STEMS = word_set(
    """kua kuba kubali kubalia kubaliana kubalika kubalisha kubaliwa kufuru kumba kumbatia kumbatiana
    kumbuka kumbukia kumbukwa kumbusha kumbushia kumbushwa kumbwa kuna kuni kunja kunjika kunjua kunjuka
    kunjwa kunyata kunyua kung'uta kung'utwa kurubia kurupuka kurupusha kusanya kusanyika kusanyisha
    kusanyana kusanywa kusudi kusudia kusudiwa kuta kutana kutanika kutanisha kutanishwa kutwa
    kuwadi kuza kuzana kuzia kuzisha kuzwa kupua kupuka"""
)


class Template(NamedTuple):
    """A verb form with its stem and object left open.

    Attributes:
        prefix: What stands before the object and the stem ("hatuta"; "hawaku", the infinitive's "ku").
        final: The vowel that replaces a final -a: "e", "i", or "" where it stays.
        ku: How a short stem (la, enda) takes its ku-: "keeps" it (anakula), "none" (akila), or "is" the last
            syllable of the prefix (hakula, hakwenda).
        suffix: The marker after the stem in a general relative (asomaye).
        negative_be: In a perfect negative only kuwa keeps its ku- (hajala, but hajakuwa).
    """

    prefix: str
    final: str = ""
    ku: Literal["keeps", "none", "is"] = "none"
    suffix: str = ""
    negative_be: bool = False


@lru_cache(maxsize=65536)
def citation(lemma: str) -> str:
    """The stem of a verb cited as stem, with a hyphen, or as infinitive.

    >>> [citation(x) for x in ("soma", "-soma", "kusoma", "kwenda", "kula", "kubali", "kukubali", "-kuza")]
    ['soma', 'soma', 'soma', 'enda', 'la', 'kubali', 'kubali', 'kuza']
    """
    text = lemma.strip()
    if text[:1] in "-–":  # "" too, which stays ""
        return text[1:]
    if text in ("kwenda", "kwisha"):
        return text[2:]
    if text.startswith("ku") and len(text) > 3 and text not in _KU_STEMS:
        return text[2:]
    return text


@lru_cache(maxsize=65536)
def keeps_ku(stem: str) -> bool:
    """Whether a stem is too short to carry the stress after a tense marker (la, nywa, fa; enda, isha)."""
    return stem in _KW_STEMS or sum(map(stem.count, VOWELS)) == 1


def _final(stem: str, vowel: str) -> str:
    """Change the final -a; loans that end in another vowel keep it (hajibu, ajibu)."""
    return stem[:-1] + vowel if stem[-1:] == "a" else stem


def _ku(stem: str) -> str:
    return ("kw" if stem in _KW_STEMS else "ku") + stem


def _m(rest: str) -> str:
    """m- (object of class 1, subject "you" in the plural) before what follows: mpe, mwambie, muue."""
    first = rest[:1]
    return "mu" if first == "u" else "mw" if first and first in VOWELS else "m"


def _object(obj: str, stem: str) -> str:
    return (_m(stem) if obj == "1" else OBJECT[obj]) if obj else ""


@cache
def template(
    slot: Slot, subject: str = "1", negative: bool = False, relative: str = "", ha: bool = False
) -> Template:
    """The template of a slot; see `conjugate` for the arguments. The imperative has none of its own.

    >>> template("future", "1p", True).prefix, template("present", "1", relative="1").prefix
    ('hatuta', 'anaye')
    """
    if slot == "infinitive":
        return Template("kuto", ku="keeps") if negative else Template("ku", ku="is")
    who, no = SUBJECT[subject], NEGATIVE[subject]
    if relative:
        marker = RELATIVE[relative]
        if slot == "general" and not negative:
            return Template(who, suffix=marker)
        return Template(who + ("si" if negative else _RELATIVE_MARKERS.get(slot, "na")) + marker, ku="keeps")
    if slot in ("subjunctive", "consecutive subjunctive"):
        return Template(
            who + ("si" if negative else "ka" if slot == "consecutive subjunctive" else ""), final="e"
        )
    if negative:
        return _negative(slot, who, no, ha)
    if slot == "general":
        return Template(GENERAL[subject])
    if slot == "habitual":
        return Template("hu")
    marker, keeps = _MARKERS[slot]
    return Template(who + marker, ku="keeps" if keeps else "none")


def _negative(slot: Slot, who: str, no: str, ha: bool) -> Template:
    if slot in ("conditional", "past conditional"):
        return Template((no if ha else who + "si") + _MARKERS[slot][0], ku="keeps")
    if slot == "situational":
        return Template(who + "sipo", ku="keeps")
    if slot in ("past", "consecutive"):
        return Template(no + "ku", ku="is")  # the tense marker, so that a short stem needs no second one
    if slot == "future":
        return Template(no + "ta", ku="keeps")
    if slot == "perfect":
        return Template(no + "ja", negative_be=True)
    return Template(("huwa " if slot == "habitual" else "") + no, final="i")


def fill(form: Template, stem: str, obj: str = "") -> str:
    """A template with its stem and object.

    >>> fill(template("past", "2", True), "enda"), fill(template("past", "2"), "ona", "1")
    ('hawakwenda', 'walimwona')
    """
    prefix, final, ku, suffix, negative_be = form
    body = _final(stem, final) if final else stem
    if obj:
        body = _object(obj, body) + body
    elif ku == "keeps":
        if keeps_ku(stem):
            body = _ku(body)
    elif ku == "is":
        if stem in _KW_STEMS:
            prefix = prefix[:-2] + "kw"
    elif negative_be and stem == _BE:
        body = "ku" + body
    if prefix in ("m", "ham", "huwa ham"):  # "you" before a vowel: mwende, but muione
        prefix = prefix[:-1] + ("mu" if obj and body[0] in VOWELS else _m(body))
    elif prefix == "tu" and body == "ende":
        prefix = "tw"
    return prefix + body + suffix


def variants(form: Template, slot: Slot, stem: str, obj: str = "") -> list[str]:
    """Other spellings of a form that are in use beside the standard one, the commoner first.

    Object m- with or without its glide (kumuona), we- and you- prefixes contracted or not (tuandike, twandike),
    enda with or without kw- (anaenda), -mesha- ("has already"), -ngeli-, hajakula, and class 18 m- for mu-.

    >>> variants(template("present", "1"), "present", "enda"), variants(template("past", "1"), "past", "ona", "1")
    (['anaenda'], ['alimuona'])
    """
    prefix, final, ku, suffix, negative_be = form
    body = _final(stem, final) if final else stem
    out: list[str] = []
    if obj == "1" and body[0] in VOWELS:
        out.append(prefix + ("mw" if body[0] == "u" else "mu") + body + suffix)
    if not obj:
        if stem in _KW_STEMS and ku != "none":
            out.append((prefix[:-2] + "ku" if ku == "is" else prefix) + body + suffix)
        if stem in _KW_STEMS and ku == "none" and slot in ("consecutive", "situational"):
            out.append(prefix + _ku(body))
        if negative_be and stem != _BE and keeps_ku(stem):
            out.append(prefix + _ku(body))
        if prefix == "tu" and body[0] in "aeio" and body != "ende":
            out.append("tw" + body)
        if prefix in ("m", "ham") and body[0] in VOWELS:
            out.append(prefix[:-1] + ("mw" if body[0] == "u" else "mu") + body)
    for marker in _OTHER_MARKERS.get(slot, ()):
        usual = _MARKERS[slot][0]
        if prefix.endswith(usual):
            out.append(fill(form._replace(prefix=prefix.removesuffix(usual) + marker), stem, obj))
    if slot == "future" and prefix.endswith(tuple("taka" + r for r in RELATIVE.values())):
        head, _, tail = prefix.rpartition("taka")
        out.append(fill(form._replace(prefix=head + "ta" + tail), stem, obj))
    return out


def conjugate(
    stem: str,
    slot: Slot,
    subject: str = "1",
    obj: str = "",
    *,
    negative: bool = False,
    relative: str = "",
    ha: bool = False,
) -> str:
    """One verb form.

    Args:
        stem: Bare stem ("soma"), see `citation`.
        slot: Tense, aspect or mood.
        subject: Key of the subject.
        obj: Key of an object prefix, "reflexive", or "" for none.
        negative: Whether the verb is negated.
        relative: Key of a relative marker ("ninachokisoma"), or "".
        ha: In a negative conditional, ha- before the subject (hangesoma) instead of -si- after it.

    >>> conjugate("la", "past", "2"), conjugate("la", "present", "1", negative=True)
    ('walikula', 'hali')
    """
    if slot == "imperative":
        return imperative(stem, plural=is_plural(subject), obj=obj, negative=negative)
    return fill(template(slot, subject, negative, relative, ha), stem, obj)


def spellings(
    stem: str,
    slot: Slot,
    subject: str = "1",
    obj: str = "",
    *,
    negative: bool = False,
    relative: str = "",
    ha: bool = False,
) -> list[str]:
    """The standard form and the others in use; the arguments are those of `conjugate`."""
    first = conjugate(stem, slot, subject, obj, negative=negative, relative=relative, ha=ha)
    if slot == "imperative":
        return [first]
    more = variants(template(slot, subject, negative, relative, ha), slot, stem, obj)
    if subject == "18" and first.startswith(("mu", "hamu", "huwa hamu")):
        no = first[: first.index("mu")]
        rest = first.removeprefix(no + "mu")
        more.append(no + _m(rest) + rest)
    return list(dict.fromkeys([first, *more]))


def concatenated(stem: str, slot: Slot, subject: str) -> str:
    """A form written morpheme by morpheme, as some tables list it and nobody writes: niasoma, nihusoma.

    >>> concatenated("soma", "general", "1s"), concatenated("soma", "habitual", "2")
    ('niasoma', 'wahusoma')
    """
    return (
        SUBJECT[subject] + {"general": "a", "habitual": "hu"}[slot] + stem
        if slot in ("general", "habitual")
        else ""
    )


def is_plural(key: str) -> bool:
    """Whether a key names a plural: "1p", "2p", or an even class up to 10."""
    return key in ("1p", "2p", "2", "4", "6", "8", "10")


def imperative(stem: str, *, plural: bool = False, obj: str = "", negative: bool = False) -> str:
    """An imperative; its negative is the subjunctive's.

    >>> imperative("soma", plural=True), imperative("la"), imperative("pa", obj="1s"), imperative("enda")
    ('someni', 'kula', 'nipe', 'nenda')
    """
    if negative:
        return fill(template("subjunctive", "2p" if plural else "2s", True), stem, obj)
    ending = "ni" if plural else ""
    if obj:
        body = _final(stem, "e")
        return _object(obj, body) + body + ending
    base = _IMPERATIVES.get(stem) or (_ku(stem) if keeps_ku(stem) else stem)
    return _final(base, "e") + ending if plural else base


# ---------------------------------------------------------------- to be, to have, to be at a place


def be(slot: Slot, subject: str, *, negative: bool = False, relative: str = "", ha: bool = False) -> str:
    """A form of "be": the copula ni/si in the present, -li- in its relative, -wa elsewhere.

    >>> be("present", "9"), be("past", "9"), be("present", "9", relative="9")
    ('ni', 'ilikuwa', 'iliyo')
    """
    if slot in ("present", "general") and relative:
        return SUBJECT[subject] + ("si" if negative else "li") + RELATIVE[relative]
    if slot in ("present", "general"):
        return "si" if negative else "ni"
    return conjugate(_BE, slot, subject, negative=negative, relative=relative, ha=ha)


def have(slot: Slot, subject: str, *, negative: bool = False, relative: str = "", obj: str = "") -> str:
    """A form of "have" (be with): one word in the present, else "be" and na; `obj` is what one has.

    >>> have("present", "1s"), have("present", "1", negative=True), have("past", "2")
    ('nina', 'hana', 'walikuwa na')
    >>> have("present", "1p", obj="9"), have("past", "1", obj="10")
    ('tunayo', 'alikuwa nazo')
    """
    that = RELATIVE[obj] if obj and obj != "reflexive" else ""
    if slot in ("present", "general") and not relative:
        who = NEGATIVE[subject] if negative else SUBJECT[subject]
        return (who[:-1] if subject == "18" else who) + "na" + that  # mna watu
    return be(slot, subject, negative=negative, relative=relative) + " na" + that


def be_at(place: str, slot: Slot, subject: str, *, negative: bool = False, relative: str = "") -> str:
    """A form of "be somewhere"; `place` is po (here, definite), ko (away) or mo (inside).

    >>> be_at("po", "present", "1"), be_at("ko", "present", "1", negative=True), be_at("po", "past", "1")
    ('yupo', 'hayuko', 'alikuwepo')
    >>> be_at("ko", "present", "2", relative="2")
    'walioko'
    """
    if slot in ("present", "general") and relative:
        return be(slot, subject, negative=negative, relative=relative) + place
    if slot in ("present", "general"):
        who = "yu" if subject == "1" else SUBJECT[subject]
        if negative:
            who = "hayu" if subject == "1" else NEGATIVE[subject]
        return who + place
    # kuwepo is the usual form of be + po; kuwako and kuwamo keep their a
    be_form = conjugate(_BE, slot, subject, negative=negative, relative=relative)
    return be_form[:-1] + ("e" if place == "po" else "a") + place


# ---------------------------------------------------------------- derived stems

# Stems that end like passives and are none.
_NOT_PASSIVE = word_set("nywa gawa elewa lewa chelewa")
_PASSIVE = re.compile(r"([ie]|[^aeiou]|^ua|ja)wa$")
_SHORT_PASSIVES = {"la": "liwa", "nywa": "nywewa", "pa": "pewa", "cha": "chewa", "fa": "fiwa", "ja": "jiwa",
                   "ua": "uawa", "wa": "wa", "nya": "nyewa", "gawa": "gawiwa", "jaa": "jawa"}  # fmt: skip


@lru_cache(maxsize=65536)
def passive(stem: str) -> str:
    """The passive of a stem; a stem that is passive already stays.

    >>> [passive(x) for x in ("soma", "nunua", "toa", "tumia", "pokea", "zaa", "jibu", "jadili", "somwa", "la")]
    ['somwa', 'nunuliwa', 'tolewa', 'tumiwa', 'pokewa', 'zaliwa', 'jibiwa', 'jadiliwa', 'somwa', 'liwa']
    """
    if stem in _SHORT_PASSIVES:
        return _SHORT_PASSIVES[stem]
    if stem not in _NOT_PASSIVE and _PASSIVE.search(stem):
        return stem
    if stem.endswith(("aa", "ua")):
        return stem[:-1] + "liwa"
    if stem.endswith("oa"):
        return stem[:-1] + "lewa"
    if stem.endswith(("ia", "ea")):
        return stem[:-1] + "wa"
    if stem.endswith("wa"):
        return stem[:-1] + "iwa"
    if stem.endswith("a"):
        return stem[:-1] + "wa"
    if stem.endswith(("au", "ao")):
        return stem + "liwa"
    if stem.endswith("u"):
        return stem[:-1] + "iwa"
    return stem + "wa" if stem.endswith(("i", "e")) else stem


@lru_cache(maxsize=65536)
def extend(stem: str, extension: Extension) -> str:
    """A derived stem; the vowel follows the stem's last one (e after e and o, else i).

    Only the productive pattern: many causatives and statives are words of their own and belong in a lexicon.

    >>> extend("soma", "applicative"), extend("piga", "applicative"), extend("nunua", "applicative")
    ('somea', 'pigia', 'nunulia')
    >>> extend("penda", "reciprocal"), extend("soma", "causative"), extend("vunja", "stative")
    ('pendana', 'somesha', 'vunjika')
    """
    if extension == "passive":
        return passive(stem)
    base = stem[:-1] if stem.endswith("a") else stem
    if extension == "reciprocal":
        return stem + "na" if stem.endswith("a") else stem + "ana"
    last = next((c for c in reversed(base) if c in VOWELS), "a")
    vowel = "e" if last in "eo" else "i"
    if not stem.endswith("a"):  # a loan keeps its vowel's slot: rudi, rudisha; jibu, jibisha
        base = base[:-1]
        vowel = "e" if stem.endswith("e") else "i"
    ends_in_vowel = base[-1:] in tuple(VOWELS)
    if extension == "applicative":
        return base + ("l" if ends_in_vowel else "") + vowel + "a"
    if extension == "causative":
        return (
            base + "sha"
            if ends_in_vowel and base[-1] in "ie"
            else base + ("z" if ends_in_vowel else vowel + "sh") + "a"
        )
    return base + "ka" if ends_in_vowel else base + vowel + "ka"
