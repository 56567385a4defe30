"""Swahili: the door to its verbs, nouns and agreement, in the feature names of UD's Swahili treebank.

Verbs are cited as stem ("soma"), with a hyphen ("-soma") or as infinitive ("kusoma"); adjectives, possessives and
the like as root ("zuri", "-zuri", "-angu") or in any of their forms; nouns in the singular.

What the verb template expresses, by feature (several values of one feature are joined by commas):

==========================================  ==============================  =========================
Features                                    Template                        (a)soma
==========================================  ==============================  =========================
Tense=Pres (or nothing)                     -na-                            anasoma, hasomi
Tense=Past                                  -li-                            alisoma, hakusoma
Tense=Fut                                   -ta-                            atasoma, hatasoma
Aspect=Perf                                 -me-                            amesoma, hajasoma
Aspect=Hab                                  hu-                             husoma, huwa hasomi
Tense=Aor                                   -a-                             asoma
Tense=Nar (Mood=Sub)                        -ka-                            akasoma (akasome)
VerbForm=Conv                               -ki-                            akisoma, asiposoma
Mood=Cnd (Tense=Past)                       -nge- (-ngali-)                 angesoma, asingesoma
Mood=Sub, Jus, Opt, Nec                     -e                              asome, asisome
Mood=Imp                                                                    soma, someni, usisome
VerbForm=Inf, Vnoun, Ger, Sup               ku-                             kusoma, kutosoma
VerbForm=Part, Tense=Past (Pres)            subject relative                aliyesoma (anayesoma)
Tense=Past, Fut or Mood=Cnd with            "be" and -me- (-ki-)            alikuwa amesoma
Aspect=Perf (Prog), Tense=Pqp                                               (alikuwa akisoma)
Aspect=Perf,Prog                                                            amekuwa akisoma
==========================================  ==============================  =========================

The subject is Person, Number and NounClass; the object ObjPerson, ObjNumber and ObjNounClass, or Reflex=Yes; the
relative RelPerson, RelNumber and RelNounClass. Voice=Pass makes a passive stem. Variant=Ha takes the negative
conditional with ha- (hangesoma). A singular class with Number=Plur means its plural.
"""

from __future__ import annotations

from collections.abc import Mapping

from morphaug.grammars import swahili_agreement as agreement
from morphaug.grammars import swahili_verbs as verbs
from morphaug.grammars.swahili_verbs import Slot

CODE = "swh"

PLURAL_CLASS = {1: 2, 3: 4, 5: 6, 7: 8, 9: 10, 11: 10, 14: 6}

_PARTS = ("Person", "Number", "NounClass")


def class_number(noun_class: str) -> int:
    """9 for "Bantu9"; 0 for what is no class of Swahili."""
    digits = noun_class.removeprefix("Bantu")
    number = int(digits) if digits.isdecimal() else 0
    return number if number in agreement.CLASSES else 0


def _class_of(feats: Mapping[str, str], prefix: str = "") -> int:
    """The class that NounClass and Number name together; 0 if there is no NounClass."""
    cls = class_number(feats.get(prefix + "NounClass", ""))
    return PLURAL_CLASS.get(cls, cls) if feats.get(prefix + "Number") == "Plur" else cls


def _key(feats: Mapping[str, str], prefix: str = "") -> str:
    """The participant that Person, Number and NounClass name; "" if none of them is there."""
    person, number = feats.get(prefix + "Person", ""), feats.get(prefix + "Number", "")
    if person in ("1", "2"):
        return person + ("p" if number == "Plur" or class_number(feats.get(prefix + "NounClass", "")) == 2 else "s")
    cls = _class_of(feats, prefix)
    if cls:
        return str(cls)
    return ("2" if number == "Plur" else "1") if person or number else ""


def inflect(lemma: str, upos: str, feats: Mapping[str, str]) -> str | None:
    """The form of a lemma under UD features; None if the grammar has nothing to say.

    A form may hold a space: compound tenses ("alikuwa amesoma"), "walikuwa na", a phrase as lemma.
    """
    if not lemma.strip("-– "):
        return None
    if upos in ("VERB", "AUX"):
        return _verb(lemma.strip(), feats)
    cls = _class_of(feats)
    if upos in ("ADJ", "DET", "PRON", "NUM", "ADP") and cls:
        return agreement.agree(lemma.strip(), cls)
    return None


# ---------------------------------------------------------------- verbs


def _verb(lemma: str, feats: Mapping[str, str]) -> str | None:
    head, _, rest = lemma.partition(" ")
    if rest and head.lstrip("-") in ("kuwa", "wa") and rest == "na":
        head, rest = "kuwa na", ""
    form = _verb_word(head, feats)
    return f"{form} {rest}" if form and rest else form


def _verb_word(lemma: str, feats: Mapping[str, str]) -> str | None:
    voice = feats.get("Voice", "").split(",")
    aspect = feats.get("Aspect", "").split(",")
    tense, mood, form = feats.get("Tense", ""), feats.get("Mood", ""), feats.get("VerbForm", "")
    negative = feats.get("Polarity") == "Neg"
    subject = _key(feats)
    obj = "reflexive" if feats.get("Reflex") == "Yes" else _key(feats, "Obj")
    relative = _key(feats, "Rel")
    ha = feats.get("Variant") == "Ha"
    stem = verbs.citation(lemma)
    if "Pass" in voice:
        stem = verbs.passive(stem)
    if form in ("Inf", "Vnoun", "Ger", "Sup") or not (subject or tense or mood or form or aspect != [""]):
        slot: Slot = "infinitive"
    elif mood == "Imp":
        # "let us", "let him": the subjunctive stands in for the persons that have no imperative
        third = feats.get("Person") == "3" or (feats.get("Person") == "1")
        slot = "subjunctive" if third else "imperative"
    elif mood in ("Sub", "Jus", "Opt", "Nec"):
        slot = "consecutive subjunctive" if tense == "Nar" else "subjunctive"
    elif mood == "Cnd":
        slot = "past conditional" if tense == "Past" else "conditional"
    elif form == "Conv":
        slot = "situational"
    elif tense in ("Past", "Pqp", "Imp"):
        slot = "past"
    elif tense in ("Fut", "Nar", "Aor"):
        slot = {"Fut": "future", "Nar": "consecutive", "Aor": "general"}[tense]  # type: ignore[assignment]
    elif "Perf" in aspect:
        slot = "perfect"
    elif "Hab" in aspect:
        slot = "habitual"
    else:
        slot = "present"
    if form == "Part":
        subject = subject if feats.get("NounClass") or feats.get("Person") else "9"
        relative = relative or subject
    # A second verb carries the aspect where the first one has spent its slot on tense or mood.
    inner: Slot | None = None
    if slot in ("past", "future", "conditional", "past conditional", "subjunctive") and not relative:
        inner = "perfect" if "Perf" in aspect or tense == "Pqp" else "situational" if "Prog" in aspect else None
    elif slot == "perfect" and "Prog" in aspect:
        inner = "situational"
    subject = subject or "1"
    if slot == "imperative" and feats.get("Number") == "Plur":
        subject = "2p"
    if inner:
        first = verbs.be(slot, subject, negative=negative, ha=ha)
        return f"{first} {verbs.conjugate(stem, inner, subject, obj)}"
    if not obj:
        special = _be(lemma, stem, slot, subject, negative, relative)
        if special:
            return special
    return verbs.conjugate(stem, slot, subject, obj, negative=negative, relative=relative, ha=ha)


def _be(lemma: str, stem: str, slot: Slot, subject: str, negative: bool, relative: str) -> str:
    """A form of one of the verbs of being; "" for every other verb."""
    if lemma == "kuwa na":
        return verbs.have(slot, subject, negative=negative, relative=relative)
    if lemma in ("ni", "si") or stem == "wa":
        return verbs.be(slot, subject, negative=negative or lemma == "si", relative=relative)
    return ""
