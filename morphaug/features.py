"""UniMorph feature bundles: read in any of the three dialects, written in one order; to and from UD.

A bundle is a string of UniMorph features joined by ";". The canonical form that ``parse_bundle`` gives
has the part of speech first and then one fixed order of dimensions (``ORDER``), so that the flat tables
of 2017 to 2021 ("V;ACT;PRS;NEG;COND;1;PL", "V;COND;PL;1;POS;PRS;ACT") and the layered ones from 2022 on
("V;ACT;PRS;NEG;COND;NOM(1,PL)") give the same string for the same cell:

* ``NOM(1,PL)`` on a verb is subject agreement, "1;PL"; on a noun that has a number of its own it is the
  agreement of a nominal predicate, "ARGNO1P" (flat tables write "1P").
* Any other role with a person or a class is an argument: ``ACC(3,SG)`` and ``PRIM(3,SG)`` -> "ARGAC3S",
  ``DAT(..)`` -> "ARGDA..", ``ERG(..)`` -> "ARGER..", ``ABS(..)`` -> "ARGAB..", ``BEN(..)`` -> "ARGBE..".
  A class or a reflexive is appended: ``PRIM(3,SG,BANTU3)`` -> "ARGAC3SBANTU3", ``PRIM(RFLX)`` -> "ARGACRFLX".
* ``PSS(2,PL)`` -> "PSS2P"; genders and politeness are appended by letter ("PSS3SM", "PSS2SF").
* A case with a number inside, ``ABL(PL;PSS(2,PL))``, is a case and its number: "ABL;PL;PSS2P".
* Synonyms that tables use for one schema feature are one ("PRES" = "PRS", "INST" = "INS", …: ``SYNONYMS``).

Features after Sylak-Glassman, "The Composition and Use of the Universal Morphological Feature Schema"
(2016), and the UniMorph tables as they are.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import lru_cache

_SCHEMA: dict[str, str] = {
    "pos": "N PROPN ADJ PRO CLF ART DET V AUX V.PTCP V.MSDR V.CVB ADV ADP COMP CONJ NUM PART INTJ",
    "finiteness": "FIN NFIN",
    "voice": "ACT MID PASS ANTIP DIR INV AGFOC PFOC LFOC BFOC ACFOC IFOC CFOC APPL CAUS RECP REFL",
    "valency": "IMPRS TR DITR",
    "aktionsart": "STAT EFF ACCMP ACH ACTY ATEL DUR DYN PCT SEMEL TEL",
    "mood": "IND SBJV REAL IRR AUPRP AUNPRP IMP COND PURP INTEN POT LKLY ADM OBLIG DEB PERM DED SIM OPT NEC"
    " JUS DES PROH",
    "tense": "PRS PST FUT IMMED HOD 1DAY RCT RMT AOR PQP",
    "aspect": "IPFV PFV PRF PROG PRSP ITER HAB NARR",
    "evidentiality": "FH DRCT SEN VISU NVSEN AUD NFH QUOT RPRT HRSY INFER ASSUM",
    "comparison": "CMPR SPRL AB RL EQT",
    "case": "NOM ACC ERG ABS NOMS DAT BEN PRP GEN REL PRT INS COM VOC COMPV EQTV PRIV PROPR AVR FRML TRANS"
    " BYWAY INTER AT POST IN CIRC ANTE APUD ON ONHR ONVR SUB REM PROXM ESS ALL ABL APPRX TERM LOC TEMP LAT"
    " OBL CAU DISTR PROL",
    "person": "0 1 2 3 4 5 INCL EXCL PRX OBV",
    "number": "SG PL GRPL DU TRI PAUC GRPAUC INVN COLL COUNT SGV",
    "gender": "MASC FEM NEUT UTER",
    "animacy": "ANIM INAN HUM NHUM",
    "definiteness": "DEF INDF SPEC NSPEC",
    "possession": "ALN NALN PSSD",
    "argument": "AG RFLX",
    "deixis": "PROX MED REMT REF1 REF2 NOREF PHOR VIS NVIS ABV EVEN BEL",
    "politeness": "INFM FORM ELEV HUMB POL AVOID LOW HIGH STELEV STSUPR LIT FOREG COL",
    "switch": "SS SSADV DS DSADV OR SEQMA SIMMA LOG",
    "information": "TOP FOC",
    "polarity": "POS NEG",
    "interrogativity": "DECL INTR",
    "other": "",
    "language": "",
}
ORDER: tuple[str, ...] = tuple(_SCHEMA)
"""The dimensions, in the order in which a canonical bundle lists them."""

DIMENSION: dict[str, str] = {
    feature: name for name, features in _SCHEMA.items() for feature in features.split()
}
"""The dimension of every feature that the schema names; ``dimension`` knows the open-ended ones as well."""

DEFAULTS: frozenset[str] = frozenset({"POS", "ACT", "IND", "DECL", "FIN"})
"""Features that tables write or leave out as they please: two bundles that differ in these alone match."""

SYNONYMS: dict[str, str] = {
    "PRES": "PRS",
    "PAST": "PST",
    "SUBJ": "SBJV",
    "SUBJV": "SBJV",
    "SBJ": "SBJV",
    "PERF": "PRF",
    "INST": "INS",
    "GEADJ": "GEN",
    "PRTV": "PRT",
    "PART.": "PRT",
    "TRANSL": "TRANS",
    "ESSIVE": "ESS",
    "INF": "NFIN",
    "INFR": "INFER",
    "INT": "INTR",
    "PROS": "PRSP",
    "PFCT": "PFV",
    "PTCP": "V.PTCP",
    "MSDR": "V.MSDR",
    "CVB": "V.CVB",
    "CMPAR": "CMPR",
    "KU": "BANTU17",
    "LGSPEC": "LGSPEC1",
    "NOMN": "NOM",
    "DUAL": "DU",
    "GPAUC": "GRPAUC",
    "RCP": "RECP",
    "RFL": "REFL",
}
_EMPTY = frozenset({"ACT+PASS", "-", "_", "NA"})  # features that say that there is no distinction
_ROLE = {
    "NOM": "NO",
    "ACC": "AC",
    "PRIM": "AC",
    "DAT": "DA",
    "ERG": "ER",
    "ABS": "AB",
    "BEN": "BE",
    "SEC": "DA",
}
_LETTER = {"SG": "S", "PL": "P", "DU": "D", "MASC": "M", "FEM": "F", "NEUT": "N", "INCL": "I", "EXCL": "E"}
_NUMBERS = frozenset(_SCHEMA["number"].split())
_PERSONS = frozenset(_SCHEMA["person"].split())
_VERBAL = ("V", "AUX")
_INDEFINITE = re.compile(r"INDF[0-4]$")
_FLAT_PREDICATE = re.compile(r"[0-4][SPD]$")
_FLAT_ARGUMENT = re.compile(r"ARG(NOM?|ACC?|DAT?|ERG?|ABS?|BEN?)[:.]?(?=[0-9RB]|$)")
_RANK = {name: position for position, name in enumerate(ORDER)}
_WITHIN = {feature: i for features in _SCHEMA.values() for i, feature in enumerate(features.split())}


@lru_cache(maxsize=65536)
def dimension(feature: str) -> str:
    """The dimension of a feature, the open-ended ones included ("IN+ESS" is a case, "PSS3S" a possession).

    Args:
        feature: One canonical feature.

    Returns:
        A name out of ``ORDER``; "other" for a feature that the schema does not know.
    """
    known = DIMENSION.get(feature)
    if known:
        return known
    if feature.startswith("PSS"):
        return "possession"
    if feature.startswith("ARG"):
        return "argument"
    if feature.startswith(("BANTU", "NAKH")):
        return "gender"
    if feature.startswith("LGSPEC"):
        return "language"
    for part in re.split(r"[+/]", feature)[:4] if "+" in feature or "/" in feature else ():
        if part in DIMENSION:
            return DIMENSION[part]
    return "other"


def _sort_key(feature: str) -> tuple[int, int, str]:
    return _RANK[dimension(feature)], _WITHIN.get(feature, 99), feature


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """Split at ";" and "," outside brackets: (feature, text inside its brackets)."""
    depth, start, open_at = 0, 0, -1
    for i, char in enumerate(text + ";"):
        if char == "(":
            if depth == 0:
                open_at = i
            depth += 1
        elif char == ")":
            depth = max(0, depth - 1)
        elif char in ";," and (depth == 0 or i == len(text)):
            piece = text[start:i]
            if open_at >= 0:
                yield text[start:open_at].strip(), piece[open_at - start + 1 :].rstrip().removesuffix(")")
            elif piece.strip():
                yield piece.strip(), ""
            start, open_at = i + 1, -1


def _well_formed(text: str) -> bool:
    """Whether brackets match, follow a feature, and end one."""
    depth = 0
    for i, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if depth < 0 or (char == "(" and (i == 0 or text[i - 1] in ";,( ")):
            return False
        if char == ")" and text[i + 1 :].lstrip()[:1] not in ("", ";", ",", ")"):
            return False
    return depth == 0


def _letters(inside: str) -> str:
    """ "3,SG,MASC" -> "3SM": the compact notation of agreement inside one feature."""
    return "".join(_LETTER.get(name, SYNONYMS.get(name, name)) for name, _ in _pieces(inside))


def _bare(name: str, verbal: bool) -> tuple[str, ...]:
    """The features of a name without its brackets."""
    if not verbal and _FLAT_PREDICATE.match(name):
        return (f"ARGNO{name}",)
    if name.startswith("ARG"):
        return (_FLAT_ARGUMENT.sub(lambda found: f"ARG{found[1][:2]}", name),)
    if _INDEFINITE.match(name):  # a fusion of definiteness and person
        return name[:-1], name[-1]
    return (name,)


def _flatten(text: str, verbal: bool, own_number: bool, out: list[str]) -> None:
    for raw, inside in _pieces(text):
        name = SYNONYMS.get(raw, raw)
        if not inside:
            out += _bare(name, verbal)
        elif name == "PSS":
            out.append(f"PSS{_letters(inside)}")
        elif name == "LGSPEC":
            out.append(f"LGSPEC{inside.upper()}")
        else:
            names = [SYNONYMS.get(n, n) for n, _ in _pieces(inside)]
            agrees = any(
                n in _PERSONS or n == "RFLX" or (verbal and n.startswith(("BANTU", "NAKH"))) for n in names
            )
            if not agrees or name not in _ROLE:  # a case and what it is inflected for
                out += _bare(name, verbal)
                _flatten(inside, verbal, own_number, out)
            elif name == "NOM" and (verbal or not own_number):
                _flatten(inside, verbal, own_number, out)
            else:
                out.append(f"ARG{_ROLE[name]}{_letters(inside)}")


@lru_cache(maxsize=262144)
def parse_bundle(text: str) -> str:
    """Read a bundle in any dialect and give its canonical string.

    Args:
        text: A bundle as a table has it; white space around features and lower case are put right.

    Returns:
        The canonical bundle ("" for an empty one). Features the schema does not know are kept.

    >>> parse_bundle("V;PRS;NEG;COND;NOM(1,PL)") == parse_bundle("V;COND;1;PL;PRS;NEG")
    True
    >>> parse_bundle("N;DAT(SG;PSS(3,PL))")
    'N;DAT;SG;PSS3P'
    """
    text = text.strip().upper()
    if ("(" in text or ")" in text) and not _well_formed(text):  # damaged: read as if it were flat
        text = text.replace("(", ";").replace(")", ";")
    if not text:
        return ""
    tops = [SYNONYMS.get(name, name) for name, _ in _pieces(text)]
    pos = [name for name in dict.fromkeys(tops) if DIMENSION.get(name) == "pos"]
    if "V" in pos and len(pos) > 1:  # "V;V.PTCP;PST" is a participle
        pos = [name for name in pos if name != "V"]
    verbal = bool(pos) and pos[0].startswith(_VERBAL)
    out: list[str] = []
    _flatten(text, verbal, any(name in _NUMBERS for name in tops), out)
    features = set(out) - _EMPTY
    if len([name for name in features if name != "V" and DIMENSION.get(name) == "pos"]) == 1:
        features.discard("V")
    return ";".join(sorted(features, key=_sort_key))


@lru_cache(maxsize=65536)
def cells_of(text: str) -> tuple[str, ...]:
    """The canonical bundles that one tag of a table stands for: "V;PRS;1/3;SG" is two cells.

    Args:
        text: A bundle as a table has it.

    Returns:
        Canonical bundles, usually one; a tag with more than 32 combinations is kept as one bundle.
    """
    if "/" not in text:
        return (parse_bundle(text),)
    parts = re.split(r"([;,()])", text.replace("{", "").replace("}", ""))
    options = [part.split("/") if "/" in part else [part] for part in parts]
    count = 1
    for option in options:
        count *= len(option)
    if count > 32:
        return (parse_bundle(text),)
    return tuple(dict.fromkeys(parse_bundle("".join(choice)) for choice in itertools.product(*options)))


@lru_cache(maxsize=65536)
def features_of(bundle: str) -> frozenset[str]:
    """The features of a canonical bundle, as a set."""
    return frozenset(bundle.split(";")) if bundle else frozenset()


@lru_cache(maxsize=65536)
def core_of(bundle: str) -> frozenset[str]:
    """The features of a canonical bundle without the defaults: equal cores match."""
    return features_of(bundle) - DEFAULTS


@lru_cache(maxsize=65536)
def pos_of(bundle: str) -> str:
    """The part of speech of a canonical bundle ("V.PTCP"), or "" if it names none."""
    first = bundle.partition(";")[0]
    return first if DIMENSION.get(first) == "pos" else ""


def join(features: AbstractSet[str]) -> str:
    """The canonical bundle of a set of canonical features."""
    return ";".join(sorted(features, key=_sort_key))


# ---------------------------------------------------------------------------------------------------
# Universal Dependencies

POS_OF_UPOS: dict[str, tuple[str, ...]] = {
    "NOUN": ("N", "PROPN"),
    "PROPN": ("PROPN", "N"),
    "VERB": ("V",),
    "AUX": ("AUX", "V"),
    "ADJ": ("ADJ", "N"),
    "ADV": ("ADV",),
    "PRON": ("PRO", "DET"),
    "DET": ("DET", "ART", "PRO"),
    "NUM": ("NUM", "ADJ"),
    "ADP": ("ADP",),
    "SCONJ": ("COMP", "CONJ"),
    "CCONJ": ("CONJ",),
    "PART": ("PART",),
    "INTJ": ("INTJ",),
}
"""Where a UD part of speech may be found in a table, likeliest first."""

_UPOS_OF_POS: dict[str, str] = {
    "N": "NOUN",
    "PROPN": "PROPN",
    "V": "VERB",
    "V.PTCP": "VERB",
    "V.MSDR": "VERB",
    "V.CVB": "VERB",
    "AUX": "AUX",
    "ADJ": "ADJ",
    "ADV": "ADV",
    "PRO": "PRON",
    "DET": "DET",
    "ART": "DET",
    "NUM": "NUM",
    "CLF": "NOUN",
    "ADP": "ADP",
    "COMP": "SCONJ",
    "CONJ": "CCONJ",
    "PART": "PART",
    "INTJ": "INTJ",
}

# UD value -> readings, best first; a reading of several features needs them all ("PST IPFV").
_UD: dict[str, dict[str, str]] = {
    "Case": {
        "Nom": "NOM",
        "Acc": "ACC",
        "Gen": "GEN|PSSD",
        "Dat": "DAT|ALL|AT+ALL",
        "Ins": "INS|COM",
        "Loc": "LOC|ESS|IN+ESS|IN|AT+ESS|ON+ESS|PREP",
        "Abl": "AT+ABL|ABL|IN+ABL|ON+ABL",
        "Ine": "IN+ESS|IN|LOC|ESS",
        "Ela": "IN+ABL|ABL",
        "Ill": "IN+ALL|ALL",
        "Ade": "AT+ESS|ON+ESS|APUD+ESS|LOC",
        "All": "AT+ALL|ALL|ON+ALL|DAT",
        "Sup": "ON+ESS|ON|ONVR+ESS",
        "Sub": "ON+ALL|ONVR+ALL",
        "Sbl": "ON+ALL|ONVR+ALL",
        "Del": "ON+ABL|ONVR+ABL",
        "Ess": "FRML|ESS",
        "Tra": "TRANS",
        "Par": "PRT",
        "Com": "COM|INS",
        "Abe": "PRIV",
        "Ter": "TERM|IN+TERM",
        "Tem": "TEMP",
        "Cau": "PRP|CAU",
        "Ben": "BEN|PRP|DAT",
        "Dis": "DISTR",
        "Lat": "LAT|ALL|DAT",
        "Voc": "VOC",
        "Erg": "ERG",
        "Abs": "ABS",
        "Equ": "EQTV",
        "Cmp": "COMPV",
        "Per": "BYWAY|PROL",
        "Add": "IN+ALL",
        "Obl": "OBL",
        "Rel": "REL",
        "Ass": "COM",
        "Sbe": "SUB+ESS|SUB",
        "Spl": "ON+ALL|ONVR+ALL",
    },
    "Number": {
        "Sing": "SG",
        "Plur": "PL",
        "Dual": "DU",
        "Tri": "TRI",
        "Pauc": "PAUC",
        "Grpa": "GRPAUC",
        "Grpl": "GRPL",
        "Ptan": "PL",
        "Coll": "COLL|SG",
        "Count": "COUNT|PL",
        "Inv": "INVN",
    },
    "Person": {str(n): str(n) for n in range(5)},
    "Clusivity": {"In": "INCL", "Ex": "EXCL"},
    "Gender": {"Masc": "MASC", "Fem": "FEM", "Neut": "NEUT", "Com": "MASC+FEM|UTER|MASC"},
    "Animacy": {"Anim": "ANIM", "Inan": "INAN", "Hum": "HUM|ANIM", "Nhum": "NHUM"},
    "Definite": {"Def": "DEF", "Ind": "INDF", "Spec": "SPEC|DEF", "Cons": "CONS|PSSD"},
    "Degree": {"Cmp": "CMPR", "Sup": "SPRL|RL|AB", "Abs": "AB", "Equ": "EQT"},
    "Tense": {
        "Pres": "PRS",
        "Past": "PST|RCT|PFV",
        "Fut": "FUT|PRSP",
        "Imp": "PST IPFV|IPFV|PST",
        "Pqp": "PST PRF|PQP|PST PFV|PST",
        "Aor": "AOR|PRS HAB|PST PFV|PRS",
        "Nfut": "PRS",
    },
    "Aspect": {
        "Perf": "PRF|PFV",
        "Imp": "IPFV",
        "Prog": "PROG|IPFV",
        "Hab": "HAB|ITER",
        "Iter": "ITER|HAB",
        "Prosp": "PRSP",
        "Dur": "DUR|PROG|IPFV",
        "Freq": "ITER",
    },
    "Mood": {
        "Ind": "IND",
        "Sub": "SBJV",
        "Cnd": "COND",
        "Imp": "IMP",
        "Opt": "OPT|SBJV",
        "Pot": "POT",
        "Jus": "JUS|IMP|SBJV",
        "Nec": "NEC|OBLIG|DEB",
        "Des": "DES|OPT",
        "Prp": "PURP",
        "Adm": "ADM",
        "Irr": "IRR|SBJV",
        "Int": "INTEN",
        "Qot": "QUOT|RPRT|HRSY",
        "Nar": "NARR",
        "Abil": "POT",
        "Gen": "ASSUM|DED|LKLY",
    },
    "Evident": {"Fh": "FH|DRCT", "Nfh": "NFH|INFER|RPRT|HRSY|QUOT"},
    "Voice": {
        "Act": "ACT",
        "Pass": "PASS",
        "Mid": "MID|REFL",
        "Cau": "CAUS",
        "Rcp": "RECP",
        "Rfl": "REFL|MID",
        "Antip": "ANTIP",
        "Dir": "DIR",
        "Inv": "INV",
        "Appl": "APPL",
        "Bfoc": "BFOC",
        "Lfoc": "LFOC",
    },
    "Polarity": {"Pos": "POS", "Neg": "NEG"},
    "VerbForm": {"Fin": "FIN", "Inf": "NFIN"},
    "PartForm": {"Pres": "PRS", "Past": "PST", "Agt": "AG", "Neg": "NEG"},
    "InfForm": {"2": "2", "3": "3", "4": "4", "5": "5"},
    "Polite": {"Form": "FORM|POL", "Infm": "INFM", "Elev": "ELEV", "Humb": "HUMB"},
    "Deixis": {
        "Prox": "PROX",
        "Med": "MED",
        "Remt": "REMT",
        "Nvis": "NVIS",
        "Abv": "ABV",
        "Bel": "BEL",
        "Even": "EVEN",
    },
    "DeixisRef": {"1": "REF1", "2": "REF2"},
    "Connegative": {"Yes": "NEG"},
    "Clitic": {"Ko": "INTR"},
    "Reflex": {"Yes": "REFL|RFLX|ARGACRFLX"},
    "PronType": {"Rcp": "RECP"},
    "Subcat": {"Tran": "TR", "Trans": "TR", "Ditr": "DITR", "Ditran": "DITR"},
}
_NONFINITE: dict[str, tuple[str, ...]] = {
    "Part": ("V.PTCP",),
    "Conv": ("V.CVB", "V.PTCP"),
    "Ger": ("V.MSDR", "V.CVB", "V.PTCP"),
    "Vnoun": ("V.MSDR", "N"),
    "Gdv": ("V.PTCP", "V.MSDR"),
    "Sup": ("V.CVB", "V.MSDR", "V.PTCP"),
}
WITHOUT_COUNTERPART: dict[str, str] = {
    "Abbr": "how the word is written",
    "AdpType": "a subclass of the part of speech",
    "Aspect=Rapid": "no such aspect in the schema",
    "Clitic": "a discourse particle (only the question particle is a feature of the schema)",
    "Degree=Pos": "the unmarked degree, which tables do not write",
    "Derivation": "how the lemma was made; tables list the derived lemma",
    "Echo": "repetition in the text",
    "ExtPos": "the part of speech of a fixed expression",
    "Foreign": "the language of the word",
    "InfForm=1": "the first infinitive is the infinitive without a number",
    "Mood=Prs": "no such mood in the schema",
    "NumForm": "how a number is written",
    "NumType": "a subclass of the part of speech",
    "Polarity=Int": "no value of UD; a slip",
    "Poss": "possessive pronouns are lemmas of their own in tables",
    "PronType": "a subclass of the part of speech (only reciprocals are a feature of the schema)",
    "PunctSide": "punctuation",
    "RelNounClass": "agreement of a relative marker, which no table has",
    "RelNumber": "agreement of a relative marker, which no table has",
    "RelPerson": "agreement of a relative marker, which no table has",
    "RelSubcat": "agreement of a relative marker, which no table has",
    "Style": "register of the word",
    "Subcat": "intransitives are unmarked in the schema",
    "Typo": "a misspelling",
}
"""UD features ("Name", or "Name=Value") that the rules leave out, and why; values of such a "Name" that are read excepted."""

_READINGS: dict[tuple[str, str], tuple[frozenset[str], ...]] = {
    (name, value): tuple(frozenset(reading.split()) for reading in text.split("|"))
    for name, values in _UD.items()
    for value, text in values.items()
}
_LAYER = re.compile(r"(\w+)\[(\w+)\]$")
_OBJECT = frozenset({"ObjPerson", "ObjNumber", "ObjGender", "ObjNounClass"})  # "ObjPerson" is "Person[obj]"
_CAPITALISED = re.compile(r"[A-Z][a-z]+")
_NOUN_CLASS = re.compile(r"(?:BANTU|NAKH)?(\d+)$")
_LAYER_ROLE = {
    "obj": "AC",
    "subj": "NO",
    "nom": "NO",
    "acc": "AC",
    "erg": "ER",
    "abs": "AB",
    "dat": "DA",
    "io": "DA",
}
_UD_NUMBER = {"Sing": "S", "Plur": "P", "Dual": "D"}
_UD_GENDER = {"Masc": "M", "Fem": "F", "Neut": "N"}


def pos_for(upos: str, feats: Mapping[str, str]) -> tuple[str, ...]:
    """The UniMorph parts of speech under which a table may hold a UD word, likeliest first.

    Args:
        upos: UD part of speech.
        feats: UD features; VerbForm decides between "V", "V.PTCP", "V.MSDR" and "V.CVB".

    Returns:
        At least one name; an unknown UPOS is looked for under its own name.
    """
    if upos in ("VERB", "AUX") and (nonfinite := _NONFINITE.get(feats.get("VerbForm", ""))):
        return nonfinite
    return POS_OF_UPOS.get(upos, (upos,))


def readings(name: str, value: str) -> tuple[frozenset[str], ...]:
    """What a UD feature may be in UniMorph: sets of features, best first; () if it has no counterpart.

    A value made of several ("GenNecPot", "CauPass") is all of its parts that have a counterpart, or else one.
    """
    found = _READINGS.get((name, value))
    return found if found is not None else _compound(name, value)


@lru_cache(maxsize=4096)
def _compound(name: str, value: str) -> tuple[frozenset[str], ...]:
    parts = _CAPITALISED.findall(value)
    if len(parts) < 2 or "".join(parts) != value:
        return ()
    known = [_READINGS[name, part] for part in parts if (name, part) in _READINGS]
    whole = [frozenset().union(*choice) for choice in itertools.product(*known)] if known else []
    return tuple(dict.fromkeys([*whole, *itertools.chain.from_iterable(known)]))


def _compact(feats: Mapping[str, str], layer: str) -> str:
    def value(name: str) -> str:
        return feats.get(f"{name}[{layer}]") or feats.get(f"{layer.capitalize()}{name}", "")

    return value("Person") + _UD_NUMBER.get(value("Number"), "") + _UD_GENDER.get(value("Gender"), "")


def _noun_class(value: str) -> str:
    """ "Bantu9" and the bare "9" that some treebanks write -> "BANTU9"; "" for what is no class."""
    found = _NOUN_CLASS.match(value.upper())
    return (found[0] if not found[0].isdigit() else f"BANTU{found[0]}") if found else ""


def wanted(upos: str, feats: Mapping[str, str]) -> list[tuple[str, tuple[frozenset[str], ...]]]:
    """What UD features ask for: for each one, its readings, best first (the part of speech is not in it).

    Args:
        upos: UD part of speech.
        feats: UD features. A value with a comma ("Masc,Fem") asks for any of its parts.

    Returns:
        (UD name, readings) in alphabetical order of the names; features without a counterpart are left out.
    """
    out: list[tuple[str, tuple[frozenset[str], ...]]] = []
    layers: set[str] = set()
    verbal = upos in ("VERB", "AUX")
    for name in sorted(feats):
        value = feats[name]
        layered = _LAYER.match(name)
        if layered:
            layers.add(layered[2])
        elif name in ("NounClass", "SubjNounClass"):
            if noun_class := _noun_class(value):
                out.append((name, (frozenset({noun_class}),)))
        elif name in _OBJECT:
            layers.add("obj")
        elif name == "Person" and not verbal and upos not in ("PRON", "DET", "ADP"):
            continue  # Turkish treebanks write Person=3 on every noun
        elif name == "VerbForm" and not verbal:
            continue
        else:
            choices = tuple(r for part in value.split(",") for r in readings(name, part))
            if choices:
                out.append((name, choices))
    for layer in sorted(layers):
        agreement = _compact(feats, layer)
        if layer == "psor":
            if agreement[:1].isdigit():
                shorter = dict.fromkeys((agreement, agreement[:2], agreement[:1]))
                out.append(("Person[psor]", tuple(frozenset({f"PSS{a}"}) for a in shorter)))
        elif layer in _LAYER_ROLE:
            noun_class = _noun_class(feats.get("ObjNounClass", "")) if layer == "obj" else ""
            role = _LAYER_ROLE[layer]
            if agreement[:1].isdigit() or noun_class:
                full = dict.fromkeys(
                    (f"{agreement}{noun_class}", f"3S{noun_class}", f"3P{noun_class}", noun_class)
                )
                options = [f"ARG{role}{a}" for a in full if a] if noun_class else [f"ARG{role}{agreement}"]
                out.append((f"Person[{layer}]", tuple(frozenset({option}) for option in options)))
    return out


def to_unimorph(upos: str, feats: Mapping[str, str], attested: AbstractSet[str]) -> str:
    """The UniMorph bundle that UD features ask for, in the terms of one table.

    Args:
        upos: UD part of speech.
        feats: UD features.
        attested: Features that the table attests (for that part of speech; the names of parts of speech may
            be among them). Of the readings of a UD value the first attested one is taken; a value none of
            whose readings is attested is left out. An empty set takes the first reading of everything.

    Returns:
        A canonical bundle, part of speech first.

    >>> to_unimorph("NOUN", {"Case": "Ela", "Number": "Sing"}, {"IN+ABL", "SG", "PL"})
    'N;IN+ABL;SG'
    """
    candidates = pos_for(upos, feats)
    features = {next((pos for pos in candidates if pos in attested), candidates[0])}
    for _, choices in wanted(upos, feats):
        for reading in choices:
            if not attested or reading <= attested:
                features |= reading
                break
    return join(features)


# Read from UD but never written: they say in one treebank what others say otherwise.
_ONE_WAY = frozenset(
    {"PartForm", "InfForm", "Connegative", "Clitic", "Reflex", "PronType", "Subcat", "DeixisRef", "Mood=Gen"}
)


def _reverse() -> dict[str, tuple[str, str]]:
    back: dict[str, tuple[str, str]] = {}
    for name in ("Case", "Number", "Person", "Clusivity", "Gender", "Animacy", "Definite", "Degree", "Tense"):
        for value, text in _UD[name].items():
            for rank, reading in enumerate(text.split("|")):
                if " " not in reading and (rank == 0 or reading not in back):
                    back.setdefault(reading, (name, value))
    for name in ("Aspect", "Mood", "Evident", "Voice", "Polarity", "VerbForm", "Polite", "Deixis"):
        for value, text in _UD[name].items():
            for reading in text.split("|") if f"{name}={value}" not in _ONE_WAY else ():
                if " " not in reading:
                    back.setdefault(reading, (name, value))
    # First readings win over second ones, whatever the order above; these few are a matter of choice.
    for name, values in _UD.items():
        for value, text in values.items():
            if (
                name not in _ONE_WAY
                and f"{name}={value}" not in _ONE_WAY
                and "|" in text
                and " " not in text.split("|")[0]
            ):
                back[text.split("|")[0]] = (name, value)
    back.update(
        {"LOC": ("Case", "Loc"), "ESS": ("Case", "Ess"), "ABL": ("Case", "Abl"), "ALL": ("Case", "All")}
    )
    back.update(
        {"AOR": ("Tense", "Aor"), "PFV": ("Aspect", "Perf"), "POT": ("Mood", "Pot"), "PL": ("Number", "Plur")}
    )
    back.update(
        {"DAT": ("Case", "Dat"), "ON+ALL": ("Case", "Sub"), "PRT": ("Case", "Par"), "SG": ("Number", "Sing")}
    )
    back.update(
        {
            "IN+ALL": ("Case", "Ill"),
            "COM": ("Case", "Com"),
            "INFER": ("Evident", "Nfh"),
            "IMP": ("Mood", "Imp"),
        }
    )
    return back


_BACK = _reverse()
_VERBFORM_OF_POS = {"V.PTCP": "Part", "V.MSDR": "Vnoun", "V.CVB": "Conv"}
_BACK_NUMBER = {"S": "Sing", "P": "Plur", "D": "Dual"}
_BACK_GENDER = {"M": "Masc", "F": "Fem", "N": "Neut"}
_BACK_LAYER = {"AC": "obj", "NO": "subj", "ER": "erg", "AB": "abs", "DA": "dat", "BE": "dat"}
_COMPACT = re.compile(r"([0-4]?)([SPD]?)([MFN]?)((?:BANTU|NAKH)\d+)?")


@lru_cache(maxsize=65536)
def _from_unimorph(bundle: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    pos = pos_of(bundle)
    feats: dict[str, str] = {}
    if pos in _VERBFORM_OF_POS:
        feats["VerbForm"] = _VERBFORM_OF_POS[pos]
    for feature in bundle.split(";"):
        if feature.startswith("PSS") or feature.startswith("ARG"):
            layer = "psor" if feature.startswith("PSS") else _BACK_LAYER.get(feature[3:5], "obj")
            found = _COMPACT.match(feature[3:] if layer == "psor" else feature[5:])
            if found is None:
                continue
            if found[1]:
                feats[f"Person[{layer}]"] = found[1]
            if found[2]:
                feats[f"Number[{layer}]"] = _BACK_NUMBER[found[2]]
            if found[3]:
                feats[f"Gender[{layer}]"] = _BACK_GENDER[found[3]]
            if found[4] and layer == "obj":
                feats["ObjNounClass"] = found[4].capitalize()
        elif feature.startswith(("BANTU", "NAKH")):
            feats["NounClass"] = feature.capitalize()
        elif feature in _BACK:
            name, value = _BACK[feature]
            feats[name] = value
    if feats.get("VerbForm") == "Inf" and "Person" in feats:  # "V;NFIN;3": the third infinitive
        feats["InfForm"] = feats.pop("Person")
    if (
        pos in ("V", "AUX")
        and "VerbForm" not in feats
        and ("Person" in feats or "Mood" in feats or "Tense" in feats)
    ):
        feats["VerbForm"] = "Fin"
    return _UPOS_OF_POS.get(pos, pos or "X"), tuple(sorted(feats.items()))


def from_unimorph(bundle: str) -> tuple[str, dict[str, str]]:
    """The UD part of speech and features of a canonical bundle (for analyses that people read).

    Args:
        bundle: A canonical bundle.

    Returns:
        UPOS and features; what has no counterpart in UD is left out.
    """
    upos, feats = _from_unimorph(bundle)
    return upos, dict(feats)
