"""Language packs: what features, paradigms and a lexicon cannot tell about a language.

A pack is a TOML file in resources/languages. Every key is optional, and a language without a pack works.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from typing import Any, Literal, get_args

from morphaug.errors import MorphaugError, UnknownName

Condition = Literal["definite", "indefinite", "negated", "plural", "singular", "count", "pronoun", "name"]
CONDITIONS: tuple[str, ...] = get_args(Condition)


@dataclass(frozen=True, slots=True)
class Adposition:
    """How the language says an English adposition.

    Attributes:
        case: UD case of the noun, "" for the citation form.
        word: The adposition's own word; "" if the case alone says it.
        order: Where the word stands, "before" or "after" the noun; "" as the profile has it.
        feats: Further features of the noun (a possessive suffix, say).
    """

    case: str = ""
    word: str = ""
    order: str = ""
    feats: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CaseRule:
    """A case for a relation under conditions that must all hold; the first rule that fits is taken."""

    case: str
    when: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pack:
    """The settings of one language; an empty one for a language without a pack.

    Attributes:
        profile: Corrections of the typological profile, {"S_DEFINITE_WORD": 0.0}.
        adpositions: English adposition -> how it is said.
        relations: UD relation -> case rules ("obj": [definite -> Acc, Nom]).
        counted: Features of a noun after a numeral above one ({"Number": "Sing", "Case": "Par"}).
        possessed: Which possessors put a suffix on the possessed noun: "all", "pronoun" or "none";
            "" for what the profile says.
        compound: "possessed" if the head of a noun compound takes the third person's possessive suffix.
        copula: The English copula in the present: "drop", or "" to keep it as a word.
        drop_subjects: Persons whose subject pronouns are dropped, ("1", "2"); None for what the profile says.
        predicate: "agree" if adjectives after a copula agree with their subject.
        words: English lemma, or "lemma/UPOS", or "lemma/PronType" -> word, where dictionaries fail on
            function words.
        tenses: English tense group ("Pres", "Past", "Fut", "Pres.Perf", "Pres.Prog", ...) -> features of the verb.
        capitals: Capitals that are not Unicode's ({"i": "İ"}).
        readings: What tags that only this language's tables use mean ({"LGSPEC10": "NARR"}).
        foreign: How borrowed stems are inflected (see ``morphaug.morphology``).
    """

    profile: Mapping[str, float] = field(default_factory=dict)
    adpositions: Mapping[str, Adposition] = field(default_factory=dict)
    relations: Mapping[str, tuple[CaseRule, ...]] = field(default_factory=dict)
    counted: Mapping[str, str] = field(default_factory=dict)
    possessed: str = ""
    compound: str = ""
    copula: str = ""
    drop_subjects: tuple[str, ...] | None = None
    predicate: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
    tenses: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    foreign: Mapping[str, str] = field(default_factory=dict)
    capitals: Mapping[str, str] = field(default_factory=dict)
    readings: Mapping[str, str] = field(default_factory=dict)


EMPTY = Pack()


@lru_cache(maxsize=64)
def pack(code: str) -> Pack:
    """The shipped pack of a language, or the empty one.

    Args:
        code: ISO 639-3 code.

    Raises:
        MorphaugError: The pack has a key or a value that nothing reads.
    """
    from morphaug.data import data_file

    path = data_file("languages", f"{code}.toml")
    if not path.is_file():
        return EMPTY
    return parse_pack(path.read_text(encoding="utf-8"), str(path.name))


def parse_pack(text: str, place: str) -> Pack:
    """Read a pack and check every key of it.

    Args:
        text: TOML.
        place: What to call the text in an error.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MorphaugError(f"{place}: {error}", "mend the TOML") from None
    known = {f.name for f in fields(Pack)}
    for key in raw:
        if key not in known:
            raise UnknownName(f"key in {place}", key, known)
    raw["adpositions"] = {
        k: _adposition(v, f"{place}, adposition '{k}'") for k, v in raw.get("adpositions", {}).items()
    }
    raw["relations"] = {k: _rules(v, f"{place}, relation '{k}'") for k, v in raw.get("relations", {}).items()}
    if raw.get("drop_subjects") is not None:
        raw["drop_subjects"] = tuple(raw["drop_subjects"])
    if raw.get("possessed", "") not in ("", "all", "pronoun", "none"):
        raise MorphaugError(f"{place}: possessed = '{raw['possessed']}'", "use all, pronoun or none")
    return Pack(**raw)


def _adposition(value: Any, place: str) -> Adposition:
    if isinstance(value, str):
        return Adposition(case=value)
    known = {f.name for f in fields(Adposition)}
    for key in value:
        if key not in known:
            raise UnknownName(f"key of {place}", key, known)
    return Adposition(**value)


def _rules(value: Any, place: str) -> tuple[CaseRule, ...]:
    if isinstance(value, str):
        return (CaseRule(value),)
    rules = []
    for item in value:
        for condition in item.get("when", ()):
            if condition not in CONDITIONS:
                raise UnknownName(f"condition of {place}", condition, CONDITIONS)
        rules.append(CaseRule(item["case"], tuple(item.get("when", ()))))
    return tuple(rules)
