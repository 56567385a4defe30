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
relative RelPerson, RelNumber and RelNounClass. Voice takes any of Appl, Cau, Mid (stative), Rcp and Pass, joined by
commas, and makes the extended stem. Variant=Ha takes the negative
conditional with ha- (hangesoma). A singular class with Number=Plur means its plural.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from morphaug.grammars import swahili_agreement as agreement
from morphaug.grammars import swahili_analysis as analysis
from morphaug.grammars import swahili_nouns as nouns
from morphaug.grammars import swahili_verbs as verbs
from morphaug.grammars.swahili_verbs import Slot

CODE = "swh"
EXPRESSES = frozenset({("VERB", "Voice", "Pass")})  # what the tables of the language lack altogether


def class_number(noun_class: str) -> int:
    """9 for "Bantu9"; 0 for what is no class of Swahili."""
    digits = noun_class.removeprefix("Bantu")
    number = int(digits) if digits.isdecimal() else 0
    return number if number in agreement.CLASSES else 0


def _class_of(feats: Mapping[str, str], prefix: str = "") -> int:
    """The class that NounClass and Number name together; 0 if there is no NounClass."""
    cls = class_number(feats.get(prefix + "NounClass", ""))
    return nouns.PLURAL_CLASS.get(cls, cls) if feats.get(prefix + "Number") == "Plur" else cls


def _key(feats: Mapping[str, str], prefix: str = "") -> str:
    """The participant that Person, Number and NounClass name; "" if none of them is there."""
    person, number = feats.get(prefix + "Person", ""), feats.get(prefix + "Number", "")
    if person in ("1", "2"):
        return person + (
            "p" if number == "Plur" or class_number(feats.get(prefix + "NounClass", "")) == 2 else "s"
        )
    cls = _class_of(feats, prefix)
    if cls:
        return str(cls)
    return ("2" if number == "Plur" else "1") if person or number else ""


def inflect(lemma: str, upos: str, feats: Mapping[str, str]) -> str | None:
    """The form of a lemma under UD features; None if the grammar has nothing to say.

    A form may hold a space: compound tenses ("alikuwa amesoma"), "walikuwa na", a phrase as lemma.

    Args:
        lemma: Citation form.
        upos: UD part of speech.
        feats: Features of the wanted form, as the module's table has them. A noun takes Number, Case=Loc, NounClass
            (if the caller knows better than the shape) and Foreign=Yes (a stem that is no Swahili word); words
            that agree take NounClass and Number; pronouns Person and Number, with Poss=Yes Person and Number of
            the owner.
    """
    word = lemma.strip()
    if not word.strip("-– "):
        return None
    if upos in ("VERB", "AUX"):
        if word == "ndi":  # it is X that ...: ndiye, siyo
            return agreement.form_of("si" if feats.get("Polarity") == "Neg" else "ndi", _class_of(feats) or 9)
        return _verb(word, feats)
    if upos == "NOUN":
        return _noun(word, feats)
    if upos == "PRON":
        return _pronoun(word, feats)
    if upos in ("ADJ", "DET", "NUM"):
        return _agreeing(word, upos, feats)
    if upos == "ADP" and word == "na" and feats.get("PronType") == "Prs":
        person = agreement.WITH.get(_key(feats))
        return "na" + person if person else agreement.form_of("na", _class_of(feats) or 9)
    if upos == "ADP" and _class_of(feats) and agreement.root_of(word.partition(" ")[0]) in ("a", "enye"):
        return agreement.agree(
            word if word[0] == "-" else "-a" + word[len(word.partition(" ")[0]) :], _class_of(feats)
        )
    return lemma if upos in ("PROPN", "ADV", "ADP", "CCONJ", "SCONJ", "INTJ", "PART") else None


@lru_cache(maxsize=65536)
def _analyses(form: str) -> tuple[analysis.Analysis, ...]:
    return analysis.analyse(form, {})


def analyse(
    form: str, known: Mapping[str, tuple[str, str]] | None = None
) -> tuple[tuple[str, str, dict[str, str]], ...]:
    """What a form may be, the likeliest first; `forms` of each analysis has the form again.

    A noun has its own class first; an animate one of another class is also given as the 1 or 2 that agrees with it.
    Class 14 agrees like 11 in everything, and is called 11. A verb's lemma is its stem, derivations included
    ("pendana"); where the stem is a regular derivation of a listed one, that is a further analysis with Voice.

    Args:
        form: A word, or a verb of two words ("alikuwa amesoma").
        known: (singular, plural) classes of nouns that a dictionary has told.

    Returns:
        (lemma, UPOS, UD features) each.

    >>> analyse("hatutawasomea")[0][:2], analyse("vitabu")[0][2]
    (('somea', 'VERB'), {'NounClass': 'Bantu8', 'Number': 'Plur'})
    """
    if not known:
        return tuple((one.lemma, one.upos, dict(one.feats)) for one in _analyses(form))
    return tuple((one.lemma, one.upos, one.feats) for one in analysis.analyse(form, known))


# ---------------------------------------------------------------- nouns and what agrees with them


def noun_class(lemma: str) -> tuple[str, str] | None:
    """Classes of a noun's singular and plural; ("Bantu9", "Bantu10") where nothing says otherwise.

    >>> noun_class("kitabu"), noun_class("rafiki"), noun_class("maji")
    (('Bantu7', 'Bantu8'), ('Bantu9', 'Bantu6'), ('Bantu6', 'Bantu6'))
    """
    if not lemma.strip():
        return None
    one, many = nouns.classes(_head(lemma.strip()))
    return f"Bantu{one}", f"Bantu{many}"


def classes_of(lemma: str, plurals: Sequence[str]) -> tuple[str, str] | None:
    """Classes that the plurals in a dictionary tell; None for a noun on our own list, or if they tell none.

    >>> classes_of("tango", ["matango"]), classes_of("ufizi", ["fizi"]), classes_of("bafu", ["bafu"])
    (('Bantu5', 'Bantu6'), ('Bantu11', 'Bantu10'), ('Bantu9', 'Bantu10'))
    """
    pair = None if nouns.listed(lemma.lower()) or " " in lemma else nouns.classes_by_plural(lemma, plurals)
    return pair and (f"Bantu{pair[0]}", f"Bantu{pair[1]}")


def agreement_class(lemma: str, number: str = "Sing", noun_class: str = "") -> str | None:
    """The class in which verbs, adjectives and the like agree with a noun: people and animals are always 1/2.

    Args:
        lemma: The noun.
        number: "Sing" or "Plur".
        noun_class: The noun's own class, if the caller knows it.

    >>> agreement_class("kiongozi"), agreement_class("kiongozi", "Plur"), agreement_class("kitabu", "Plur")
    ('Bantu1', 'Bantu2', 'Bantu8')
    """
    if not lemma.strip():
        return None
    head, many = _head(lemma.strip()), number == "Plur"
    hint = class_number(noun_class)
    if nouns.is_animate(head, hint):
        return ("Bantu1", "Bantu2")[many]
    return f"Bantu{hint or nouns.classes(head)[many]}"


def agree(word: str, noun_class: str) -> str:
    """An adjective, possessive, demonstrative, quantifier, numeral or connective before a class.

    Roots: "-zuri", "-angu", "-ote", "-enye", "-pi", "-a" (of), "-wili", or any of their forms; "near", "far" and
    "referential" stand for the demonstratives, "any" for -o -ote, "amba" for the relative pronoun. A word that does
    not agree (safi, sita) comes back as it is, and so does any word if the class is unknown.

    >>> [agree(x, "Bantu7") for x in ("-eusi", "-angu", "huyu", "-a", "mbili", "safi", "any", "ambaye")]
    ['cheusi', 'changu', 'hiki', 'cha', 'kiwili', 'safi', 'chochote', 'ambacho']
    """
    cls = class_number(noun_class)
    return agreement.agree(word, cls) if cls else word


def possessive(owner: str, noun_class: str) -> str:
    """My ("1s"), your ("2s"), his ("3s"), our ("1p"), your ("2p"), their ("3p") before a class."""
    return agreement.possessive(owner, class_number(noun_class))


def demonstrative(series: str, noun_class: str) -> str:
    """This ("near"), that ("far"), the one spoken of ("referential")."""
    return agreement.demonstrative(series, class_number(noun_class))


def connective(noun_class: str) -> str:
    """The "of" of a possessed noun of the class: "ya" for Bantu9."""
    return agreement.connective(class_number(noun_class))


def _head(lemma: str) -> str:
    """The first word of a compound ("chombo cha habari"): Swahili is head-initial."""
    return lemma.partition(" ")[0]


def _noun(lemma: str, feats: Mapping[str, str]) -> str:
    head, space, rest = lemma.partition(" ")
    if feats.get("Foreign") == "Yes":
        return _borrowed(lemma, feats)
    hint = class_number(feats.get("NounClass", ""))
    if hint >= 16 and nouns.classes(head)[0] != 16:  # a place: nyumbani agrees as 16, 17 or 18
        feats, hint = {**feats, "Case": "Loc"}, 0
    many = feats.get("Number") == "Plur" or (hint in (2, 4, 6, 8, 10) and feats.get("Number") != "Sing")
    form = nouns.plural(head, hint) if many else nouns.singular(head, hint)
    if (
        feats.get("Case") == "Loc"
        and not space
        and not nouns.is_animate(head, hint)
        and nouns.classes(head, hint)[0] != 16
    ):
        form = nouns.locative(form)
    return form + space + rest


def _borrowed(stem: str, feats: Mapping[str, str]) -> str:
    cls = _class_of(feats) or (10 if feats.get("Number") == "Plur" else 9)
    form = nouns.borrowed(stem, cls)
    at_a_place = feats.get("Case") == "Loc" and cls not in (1, 2) and " " not in stem
    return nouns.locative(form) if at_a_place else form


def _agreeing(word: str, upos: str, feats: Mapping[str, str]) -> str:
    cls = _class_of(feats) or (10 if feats.get("Number") == "Plur" else 9)
    if upos == "NUM" and feats.get("NumType") == "Ord" and not word.startswith(("-a ", "a ")):
        ordinals = {"moja": "kwanza", "mbili": "pili", "wili": "pili"}
        return f"{agreement.connective(cls)} {ordinals.get(word, word)}"
    if upos == "NUM" and not _class_of(feats):
        return word  # counting: moja, mbili, tatu
    return agreement.agree(word, cls)


_PERSONAL = {"1s": "mimi", "2s": "wewe", "1": "yeye", "1p": "sisi", "2p": "ninyi", "2": "wao"}


def _pronoun(word: str, feats: Mapping[str, str]) -> str:
    key = _key({k: feats[k] for k in ("Person", "Number") if k in feats})
    cls = _class_of(feats)
    if feats.get("Poss") == "Yes":
        # UD writes the owner of "my" as Person and Number, or with [psor] where the possessed has a Number too
        owner = _key({k: feats[f"{k}[psor]"] for k in ("Person", "Number") if f"{k}[psor]" in feats}) or key
        owner = {"1": "3s", "2": "3p"}.get(owner, owner)
        if owner:
            return agreement.possessive(owner, class_number(feats.get("NounClass", "")) or 9)
    if word in (*_PERSONAL.values(), "nyinyi") and feats.get("Person"):
        return _PERSONAL.get(key, word)
    return agreement.agree(word, cls) if cls else word


# ---------------------------------------------------------------- verbs


def _verb(lemma: str, feats: Mapping[str, str]) -> str:
    head, _, rest = lemma.partition(" ")
    if rest and head.lstrip("-") in ("kuwa", "wa") and rest == "na":
        head, rest = "kuwa na", ""
    form = _verb_word(head, feats)
    return f"{form} {rest}" if rest else form


class _Reading(NamedTuple):
    """What verbal features ask of the template."""

    slot: Slot
    subject: str
    obj: str
    relative: str
    negative: bool
    ha: bool
    inner: Slot | None  # of a second verb, where the first one has spent its slot on tense or mood


_SLOT_OF_TENSE: dict[str, Slot] = {
    "Past": "past",
    "Pqp": "past",
    "Imp": "past",
    "Fut": "future",
    "Nar": "consecutive",
    "Aor": "general",
}
_EXTENSIONS: dict[str, verbs.Extension] = {  # in the order in which they follow the root
    "Appl": "applicative",
    "Cau": "causative",
    "Mid": "stative",
    "Rcp": "reciprocal",
    "Pass": "passive",
}


def _slot(aspect: str, subject: str, feats: Mapping[str, str]) -> Slot:
    tense, mood, form = feats.get("Tense", ""), feats.get("Mood", ""), feats.get("VerbForm", "")
    if form in ("Inf", "Vnoun", "Ger", "Sup") or not (subject or tense or mood or form or aspect):
        return "infinitive"
    if mood == "Imp":
        # "let us", "let him": the subjunctive stands in for the persons that have no imperative
        return "subjunctive" if feats.get("Person") in ("1", "3") else "imperative"
    if mood in ("Sub", "Jus", "Opt", "Nec"):
        return "consecutive subjunctive" if tense == "Nar" else "subjunctive"
    if mood == "Cnd":
        return "past conditional" if tense == "Past" else "conditional"
    if form == "Conv":
        return "situational"
    if tense in _SLOT_OF_TENSE:
        return _SLOT_OF_TENSE[tense]
    return "perfect" if "Perf" in aspect else "habitual" if "Hab" in aspect else "present"


def _read(feats: Mapping[str, str]) -> _Reading:
    aspect, tense, form = feats.get("Aspect", ""), feats.get("Tense", ""), feats.get("VerbForm", "")
    subject = _key(feats)
    obj = "reflexive" if feats.get("Reflex") == "Yes" else _key(feats, "Obj")
    relative = _key(feats, "Rel")
    slot = _slot(aspect, subject, feats)
    if form == "Part":
        subject = subject if feats.get("NounClass") or feats.get("Person") else "9"
        relative = relative or subject
    inner: Slot | None = None
    if slot in ("past", "future", "conditional", "past conditional", "subjunctive") and not relative:
        inner = (
            "perfect" if "Perf" in aspect or tense == "Pqp" else "situational" if "Prog" in aspect else None
        )
    elif slot == "perfect" and "Prog" in aspect:
        inner = "situational"
    subject = subject or "1"
    if slot == "imperative" and feats.get("Number") == "Plur":
        subject = "2p"
    negative, ha = feats.get("Polarity") == "Neg", feats.get("Variant") == "Ha"
    return _Reading(slot, subject, obj, relative, negative, ha, inner)


def _stem(lemma: str, voice: str) -> str:
    """The stem of a lemma, with the extensions that a voice ("Appl,Pass") adds."""
    stem = verbs.citation(lemma)
    if voice and voice != "Act":
        wanted = voice.split(",")
        for name, extension in _EXTENSIONS.items():
            if name in wanted:
                stem = verbs.extend(stem, extension)
    return stem


def _verb_word(lemma: str, feats: Mapping[str, str]) -> str:
    stem = _stem(lemma, feats.get("Voice", ""))
    slot, subject, obj, relative, negative, ha, inner = _read(feats)
    if inner:
        first = verbs.be(slot, subject, negative=negative, ha=ha)
        return f"{first} {verbs.conjugate(stem, inner, subject, obj)}"
    special = _be(lemma, stem, slot, subject, negative, relative, obj)
    if special:
        return special
    return verbs.conjugate(stem, slot, subject, obj, negative=negative, relative=relative, ha=ha)


def forms(lemma: str, upos: str, feats: Mapping[str, str]) -> tuple[str, ...]:
    """The form that `inflect` gives and the other spellings in use, standard first; () if it gives none.

    >>> forms("ona", "VERB", {"Tense": "Past", "Person": "1", "Number": "Sing", "ObjNounClass": "Bantu1"})
    ('nilimwona', 'nilimuona')
    """
    standard = inflect(lemma, upos, feats)
    if standard is None:
        return ()
    if upos in ("ADJ", "DET", "NUM") and feats.get("NumType") != "Ord":
        root, cls = agreement.root_of(lemma.strip()), _class_of(feats)
        return agreement.forms_of(root, cls) if root and cls else (standard,)
    if upos not in ("VERB", "AUX") or " " in lemma.strip():
        return (standard,)
    stem = _stem(lemma.strip(), feats.get("Voice", ""))
    slot, subject, obj, relative, negative, ha, inner = _read(feats)
    if inner:
        firsts = verbs.spellings("wa", slot, subject, negative=negative, ha=ha)
        others = [f"{one} {two}" for one in firsts for two in verbs.spellings(stem, inner, subject, obj)]
    elif stem != "wa" and _be(lemma, stem, slot, subject, negative, relative, obj):
        others = []
    else:
        others = verbs.spellings(stem, slot, subject, obj, negative=negative, relative=relative, ha=ha)
    return tuple(dict.fromkeys([standard, *others]))


_PLACES = {
    "po": "po",
    "ko": "ko",
    "mo": "mo",
    "wapo": "po",
    "wepo": "po",
    "wako": "ko",
    "weko": "ko",
    "wamo": "mo",
}


def _be(lemma: str, stem: str, slot: Slot, subject: str, negative: bool, relative: str, obj: str) -> str:
    """A form of one of the verbs of being; "" for every other verb."""
    if lemma == "kuwa na":
        return verbs.have(slot, subject, negative=negative, relative=relative, obj=obj)
    if obj:
        return ""
    if stem in _PLACES:
        return verbs.be_at(_PLACES[stem], slot, subject, negative=negative, relative=relative)
    if lemma in ("ni", "si") or stem == "wa":
        return verbs.be(slot, subject, negative=negative or lemma == "si", relative=relative)
    return ""
