"""The Swahili grammar: facts of the language, and the cells of real tables."""

from __future__ import annotations

import doctest
import importlib
import lzma
import re
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from morphaug import grammars
from morphaug.grammars import swahili

Feats = dict[str, str]


def lines(path: Path) -> list[str]:
    return lzma.decompress(path.read_bytes()).decode("utf-8").split("\n")


def feats(text: str) -> Feats:
    return dict(pair.split("=") for pair in text.split("|")) if text else {}


def test_the_package_finds_the_grammar() -> None:
    assert grammars.find(swahili.CODE) is swahili
    assert swahili.CODE in grammars.codes()
    assert grammars.find("xxx") is None


@pytest.mark.parametrize("part", ["", "_verbs", "_nouns", "_agreement", "_words"])
def test_examples_in_the_docstrings_hold(part: str) -> None:
    assert doctest.testmod(importlib.import_module(f"morphaug.grammars.swahili{part}")).failed == 0


VERBS = [
    # tense and aspect
    ("soma", "Tense=Pres|Person=1|Number=Sing", "ninasoma"),
    ("soma", "Tense=Past|Person=3|Number=Plur", "walisoma"),
    ("-soma", "Tense=Fut|Person=2|Number=Plur", "mtasoma"),
    ("kusoma", "Aspect=Perf|Person=3|Number=Sing", "amesoma"),
    ("soma", "Aspect=Hab|Person=3|Number=Sing", "husoma"),
    ("soma", "Tense=Nar|Person=3|Number=Sing", "akasoma"),
    ("soma", "Tense=Aor|Person=1|Number=Plur", "twasoma"),
    ("soma", "VerbForm=Conv|Person=3|Number=Sing", "akisoma"),
    ("soma", "VerbForm=Conv|Person=3|Number=Sing|Polarity=Neg", "asiposoma"),
    ("anguka", "Tense=Past|NounClass=Bantu3", "ulianguka"),
    ("anguka", "Tense=Past|NounClass=Bantu3|Number=Plur", "ilianguka"),
    ("anguka", "Aspect=Perf|NounClass=Bantu5", "limeanguka"),
    ("anguka", "Tense=Fut|NounClass=Bantu8", "vitaanguka"),
    # a negated main clause as an operator writes it
    (
        "soma",
        "Tense=Past|Person=3|Number=Sing|NounClass=Bantu1|Polarity=Neg|Mood=Ind|VerbForm=Fin",
        "hakusoma",
    ),
    ("soma", "Tense=Pres|Person=1|Number=Sing|Polarity=Neg", "sisomi"),
    ("soma", "Tense=Pres|Person=2|Number=Sing|Polarity=Neg", "husomi"),
    ("soma", "Tense=Fut|Person=3|Number=Plur|Polarity=Neg", "hawatasoma"),
    ("soma", "Aspect=Perf|Person=3|Number=Sing|Polarity=Neg", "hajasoma"),
    ("anguka", "Tense=Pres|NounClass=Bantu4|Polarity=Neg", "haianguki"),
    ("enda", "Tense=Pres|Person=2|Number=Plur|Polarity=Neg", "hamwendi"),
    # mood
    ("soma", "Mood=Sub|Person=3|Number=Sing", "asome"),
    ("soma", "Mood=Sub|Person=1|Number=Sing|Polarity=Neg", "nisisome"),
    ("enda", "Mood=Sub|Person=1|Number=Plur", "twende"),
    ("enda", "Mood=Sub|Person=2|Number=Plur", "mwende"),
    ("penda", "Mood=Cnd|Person=1|Number=Sing", "ningependa"),
    ("jua", "Mood=Cnd|Tense=Past|Person=1|Number=Sing", "ningalijua"),
    ("jua", "Mood=Cnd|Person=3|Number=Sing|Polarity=Neg", "asingejua"),
    ("jua", "Mood=Cnd|Person=3|Number=Sing|Polarity=Neg|Variant=Ha", "hangejua"),
    ("soma", "Mood=Imp", "soma"),
    ("soma", "Mood=Imp|Number=Plur", "someni"),
    ("soma", "Mood=Imp|Polarity=Neg", "usisome"),
    ("ja", "Mood=Imp|Number=Plur", "njooni"),
    ("enda", "Mood=Imp", "nenda"),
    ("la", "Mood=Imp", "kula"),
    ("pa", "Mood=Imp|ObjPerson=1|ObjNumber=Sing", "nipe"),
    ("soma", "VerbForm=Inf", "kusoma"),
    ("soma", "VerbForm=Inf|Polarity=Neg", "kutosoma"),
    ("enda", "VerbForm=Inf", "kwenda"),
    # short stems keep ku- where a tense marker would bear the stress
    ("la", "Tense=Pres|Person=3|Number=Sing", "anakula"),
    ("la", "VerbForm=Conv|Person=3|Number=Sing", "akila"),
    ("la", "Tense=Pres|Person=3|Number=Sing|Polarity=Neg", "hali"),
    ("la", "Tense=Past|Person=3|Number=Sing|Polarity=Neg", "hakula"),
    ("la", "Tense=Fut|Person=3|Number=Sing|Polarity=Neg", "hatakula"),
    ("la", "Tense=Pres|Person=3|Number=Sing|ObjNounClass=Bantu7", "anakila"),
    ("ja", "Mood=Sub|Person=3|Number=Sing", "aje"),
    ("fa", "Tense=Past|Person=3|Number=Sing", "alikufa"),
    ("enda", "Tense=Past|Person=3|Number=Sing", "alikwenda"),
    # loans keep their vowel
    ("jibu", "Tense=Pres|Person=3|Number=Sing|Polarity=Neg", "hajibu"),
    ("jibu", "Mood=Sub|Person=3|Number=Sing", "ajibu"),
    ("rudi", "Mood=Imp|Number=Plur", "rudini"),
    # objects
    ("ona", "Tense=Past|Person=1|Number=Sing|ObjPerson=3|ObjNumber=Sing", "nilimwona"),
    ("penda", "Tense=Pres|Person=1|Number=Sing|ObjPerson=2|ObjNumber=Sing", "ninakupenda"),
    ("ona", "Mood=Sub|Person=2|Number=Plur|ObjNounClass=Bantu9", "muione"),
    ("uliza", "Tense=Past|Person=3|Number=Sing|ObjNounClass=Bantu1", "alimuuliza"),
    ("nunua", "Tense=Past|Person=3|Number=Sing|ObjNounClass=Bantu7|ObjNumber=Plur", "alivinunua"),
    ("penda", "Tense=Pres|Person=3|Number=Sing|Reflex=Yes", "anajipenda"),
    # relatives
    ("soma", "Tense=Pres|NounClass=Bantu1|RelNounClass=Bantu1", "anayesoma"),
    ("soma", "Tense=Fut|NounClass=Bantu2|RelNounClass=Bantu2", "watakaosoma"),
    ("soma", "Tense=Past|NounClass=Bantu2|RelNounClass=Bantu7|ObjNounClass=Bantu7", "walichokisoma"),
    ("soma", "NounClass=Bantu1|RelNounClass=Bantu1|Polarity=Neg", "asiyesoma"),
    ("soma", "Tense=Aor|NounClass=Bantu1|RelNounClass=Bantu1", "asomaye"),
    ("andika", "VerbForm=Part|Tense=Past|Voice=Pass|NounClass=Bantu7", "kilichoandikwa"),
    # two verbs
    ("soma", "Tense=Past|Aspect=Perf|Person=3|Number=Sing", "alikuwa amesoma"),
    ("soma", "Tense=Past|Aspect=Prog|Person=3|Number=Sing|Polarity=Neg", "hakuwa akisoma"),
    ("soma", "Aspect=Perf,Prog|Person=3|Number=Sing", "amekuwa akisoma"),
    ("soma", "Tense=Pres|Aspect=Prog|Person=3|Number=Sing", "anasoma"),
    # passive
    ("soma", "Voice=Pass|Tense=Past|NounClass=Bantu7", "kilisomwa"),
    ("nunua", "Voice=Pass|Tense=Past|NounClass=Bantu9", "ilinunuliwa"),
    ("pokea", "Voice=Pass|Tense=Past|NounClass=Bantu10", "zilipokewa"),
    ("zaliwa", "Voice=Pass|Tense=Past|Person=3|Number=Sing", "alizaliwa"),
    # be, have, be somewhere
    ("kuwa", "Tense=Pres|Person=3|Number=Sing", "ni"),
    ("kuwa", "Tense=Pres|Person=3|Number=Sing|Polarity=Neg", "si"),
    ("kuwa", "Tense=Past|NounClass=Bantu9", "ilikuwa"),
    ("kuwa", "Tense=Pres|NounClass=Bantu1|RelNounClass=Bantu1", "aliye"),
    ("kuwa na", "Tense=Pres|Person=1|Number=Sing|Polarity=Neg", "sina"),
    ("kuwa na", "Tense=Past|Person=3|Number=Plur", "walikuwa na"),
    ("kuwepo", "Tense=Pres|Person=3|Number=Sing|Polarity=Neg", "hayupo"),
    # citation forms, phrases, foreign stems
    ("kubali", "Tense=Past|Person=3|Number=Sing", "alikubali"),
    ("kukubali", "Tense=Past|Person=3|Number=Sing", "alikubali"),
    ("piga simu", "Tense=Past|Person=3|Number=Sing", "alipiga simu"),
    ("tweet", "Tense=Past|Person=3|Number=Sing", "alitweet"),
]


@pytest.mark.parametrize(("lemma", "given_feats", "form"), VERBS)
def test_verbs(lemma: str, given_feats: str, form: str) -> None:
    assert swahili.inflect(lemma, "VERB", feats(given_feats)) == form


NOUNS = [
    ("mtu", "watu", "Bantu1", "Bantu2"),
    ("mwalimu", "walimu", "Bantu1", "Bantu2"),
    ("mwandishi", "waandishi", "Bantu1", "Bantu2"),
    ("mwindaji", "wawindaji", "Bantu1", "Bantu2"),
    ("mwizi", "wezi", "Bantu1", "Bantu2"),
    ("msomaji", "wasomaji", "Bantu1", "Bantu2"),
    ("mti", "miti", "Bantu3", "Bantu4"),
    ("mwaka", "miaka", "Bantu3", "Bantu4"),
    ("moyo", "mioyo", "Bantu3", "Bantu4"),
    ("mchezo", "michezo", "Bantu3", "Bantu4"),
    ("muundo", "miundo", "Bantu3", "Bantu4"),
    ("gari", "magari", "Bantu5", "Bantu6"),
    ("jicho", "macho", "Bantu5", "Bantu6"),
    ("jina", "majina", "Bantu5", "Bantu6"),
    ("pendekezo", "mapendekezo", "Bantu5", "Bantu6"),
    ("maji", "maji", "Bantu6", "Bantu6"),
    ("kitabu", "vitabu", "Bantu7", "Bantu8"),
    ("chakula", "vyakula", "Bantu7", "Bantu8"),
    ("chai", "chai", "Bantu9", "Bantu10"),
    ("nyumba", "nyumba", "Bantu9", "Bantu10"),
    ("rafiki", "marafiki", "Bantu9", "Bantu6"),
    ("ulimi", "ndimi", "Bantu11", "Bantu10"),
    ("ukuta", "kuta", "Bantu11", "Bantu10"),
    ("ubao", "mbao", "Bantu11", "Bantu10"),
    ("uso", "nyuso", "Bantu11", "Bantu10"),
    ("wimbo", "nyimbo", "Bantu11", "Bantu10"),
    ("uhuru", "uhuru", "Bantu11", "Bantu11"),
    ("kuimba", "kuimba", "Bantu15", "Bantu15"),
    ("mahali", "mahali", "Bantu16", "Bantu16"),
    ("computer", "computer", "Bantu9", "Bantu10"),
    ("chombo cha habari", "vyombo cha habari", "Bantu7", "Bantu8"),
]


@pytest.mark.parametrize(("lemma", "plural", "one", "many"), NOUNS)
def test_nouns(lemma: str, plural: str, one: str, many: str) -> None:
    assert swahili.noun_class(lemma) == (one, many)
    assert swahili.inflect(lemma, "NOUN", {"Number": "Plur"}) == plural
    assert swahili.inflect(lemma, "NOUN", {"Number": "Sing"}) == lemma


@pytest.mark.parametrize(
    ("lemma", "given_feats", "form"),
    [
        ("nyumba", "Case=Loc", "nyumbani"),
        ("kitabu", "Case=Loc|Number=Plur", "vitabuni"),
        ("mwalimu", "Case=Loc", "mwalimu"),
        ("watu", "Number=Plur", "watu"),
        ("Mkenya", "Number=Plur", "Wakenya"),
        ("teacher", "Number=Plur|NounClass=Bantu1", "wateacher"),
        ("book", "Number=Sing|NounClass=Bantu7", "kibook"),
        ("machine", "Number=Plur|Foreign=Yes", "machine"),
    ],
)
def test_nouns_in_other_shapes(lemma: str, given_feats: str, form: str) -> None:
    assert swahili.inflect(lemma, "NOUN", feats(given_feats)) == form


def test_people_and_animals_agree_as_1_and_2_whatever_their_class() -> None:
    for noun in ("kiongozi", "daktari", "ndege", "mwalimu", "rafiki", "jirani"):
        assert swahili.agreement_class(noun) == "Bantu1"
        assert swahili.agreement_class(noun, "Plur") == "Bantu2"
    assert swahili.agreement_class("ndizi", "Plur") == "Bantu10"


CONCORDS = {  # word: its forms in classes 1 to 11
    "-zuri": "mzuri wazuri mzuri mizuri zuri mazuri kizuri vizuri nzuri nzuri mzuri",
    "-eusi": "mweusi weusi mweusi myeusi jeusi meusi cheusi vyeusi nyeusi nyeusi mweusi",
    "-refu": "mrefu warefu mrefu mirefu refu marefu kirefu virefu ndefu ndefu mrefu",
    "-pya": "mpya wapya mpya mipya jipya mapya kipya vipya mpya mpya mpya",
    "-baya": "mbaya wabaya mbaya mibaya baya mabaya kibaya vibaya mbaya mbaya mbaya",
    "-ema": "mwema wema mwema myema jema mema chema vyema njema njema mwema",
    "-kubwa": "mkubwa wakubwa mkubwa mikubwa kubwa makubwa kikubwa vikubwa kubwa kubwa mkubwa",
    "safi": "safi safi safi safi safi safi safi safi safi safi safi",
    "-angu": "wangu wangu wangu yangu langu yangu changu vyangu yangu zangu wangu",
    "huyu": "huyu hawa huu hii hili haya hiki hivi hii hizi huu",
    "yule": "yule wale ule ile lile yale kile vile ile zile ule",
    "huyo": "huyo hao huo hiyo hilo hayo hicho hivyo hiyo hizo huo",
    "-a": "wa wa wa ya la ya cha vya ya za wa",
    "-enye": "mwenye wenye wenye yenye lenye yenye chenye vyenye yenye zenye wenye",
    "ambaye": "ambaye ambao ambao ambayo ambalo ambayo ambacho ambavyo ambayo ambazo ambao",
}


@pytest.mark.parametrize("word", CONCORDS)
def test_concords(word: str) -> None:
    assert [swahili.agree(word, f"Bantu{c}") for c in range(1, 12)] == CONCORDS[word].split()


@pytest.mark.parametrize(
    ("lemma", "upos", "given_feats", "form"),
    [
        ("-zuri", "ADJ", "NounClass=Bantu7|Number=Plur", "vizuri"),
        ("kubwa", "ADJ", "NounClass=Bantu1|Number=Plur", "wakubwa"),
        ("hii", "DET", "NounClass=Bantu2|Number=Plur", "hawa"),
        ("mbili", "NUM", "NounClass=Bantu1|Number=Plur", "wawili"),
        ("sita", "NUM", "NounClass=Bantu1|Number=Plur", "sita"),
        ("mbili", "NUM", "", "mbili"),
        ("tatu", "NUM", "NumType=Ord|NounClass=Bantu3", "wa tatu"),
        ("yeye", "PRON", "Person=1|Number=Plur", "sisi"),
        ("yeye", "PRON", "Poss=Yes|Person=3|Number=Plur|NounClass=Bantu10", "zao"),
        ("ya", "ADP", "NounClass=Bantu5", "la"),
        ("katika", "ADP", "NounClass=Bantu5", "katika"),
        ("sana", "ADV", "", "sana"),
        ("Nairobi", "PROPN", "Number=Plur|Case=Loc", "Nairobi"),
    ],
)
def test_other_words(lemma: str, upos: str, given_feats: str, form: str) -> None:
    assert swahili.inflect(lemma, upos, feats(given_feats)) == form


def test_what_the_grammar_cannot_say_is_none() -> None:
    assert swahili.inflect("", "VERB", {}) is None
    assert swahili.inflect("-", "ADJ", {}) is None
    assert swahili.inflect("@", "SYM", {}) is None
    assert swahili.noun_class(" ") is None
    assert swahili.agree("-zuri", "Neut") == "-zuri"


VALUES = {
    "Tense": ["Past", "Pres", "Fut", "Pqp", "Imp", "Aor", "Nar", "?"],
    "Aspect": ["Perf", "Prog", "Hab", "Imp", "Perf,Prog"],
    "Mood": ["Ind", "Imp", "Sub", "Cnd", "Jus"],
    "VerbForm": ["Fin", "Inf", "Part", "Conv", "Ger"],
    "Person": ["0", "1", "2", "3"],
    "Number": ["Sing", "Plur", "Dual"],
    "NounClass": ["Bantu1", "Bantu9", "Bantu12", "Bantu18", "Bantu", "x"],
    "ObjNounClass": ["Bantu1", "Bantu18", "BantuSG"],
    "RelPerson": ["3"],
    "RelNounClass": ["Bantu7"],
    "Polarity": ["Neg", "Pos"],
    "Voice": ["Pass", "Act", "Act,Appl"],
    "Case": ["Loc", "Nom"],
    "Poss": ["Yes"],
    "NumType": ["Ord", "Card"],
    "Reflex": ["Yes"],
}


@given(
    st.text(alphabet="abchkmnuwyz -'é", max_size=8),
    st.sampled_from(["NOUN", "VERB", "AUX", "ADJ", "DET", "PRON", "NUM", "ADP", "PROPN", "X"]),
    st.fixed_dictionaries({}, optional={k: st.sampled_from(v) for k, v in VALUES.items()}),
)
def test_any_word_with_any_features_gives_a_word_or_none(lemma: str, upos: str, wanted: Feats) -> None:
    form = swahili.inflect(lemma, upos, wanted)
    assert form is None or form.strip()
    if lemma.strip("-– "):
        assert (form is None) == (upos == "X")


# ---------------------------------------------------------------- real tables

_VERB_CLASSES = {"1": (1, 2), "2": (3, 4), "3": (5, 6), "4": (7, 8), "5": (9, 10), "6": (11, 10)}
_ADJ_CLASSES = {"1": (1, 2), "2": (3, 4), "3": (7, 8), "4": (9, 10), "5": (11, 10), "6": (17, 17), "7": (5, 6),
                "8": (16, 16), "9": (18, 18)}  # fmt: skip


def _dialect_2018(bundle: str) -> tuple[str, Feats]:
    """LGSPEC1 to 9 are noun classes (numbered differently for verbs and adjectives), LGSPEC10 is -ka-."""
    tags = bundle.split(";")
    number = "Plur" if "PL" in tags else "Sing"
    classes = [t.removeprefix("LGSPEC") for t in tags if re.fullmatch("LGSPEC[1-9]", t)]
    if tags[0] in ("ADJ", "N"):
        return "ADJ", {"NounClass": f"Bantu{_ADJ_CLASSES[classes[0]][number == 'Plur']}"}
    if "NFIN" in tags:
        return "VERB", {"VerbForm": "Inf"}
    out = {
        "VerbForm": "Fin",
        "Number": number,
        "Person": next((t[-1] for t in tags if re.fullmatch("(INDF)?[123]", t)), "3"),
    }
    if "LGSPEC7" in tags or "LGSPEC10" in tags:
        out["Tense"] = "Nar"
        classes = [c for c in classes if c != "7"]
    if classes:
        out["NounClass"] = f"Bantu{_VERB_CLASSES[classes[0]][number == 'Plur']}"
    if "INDF" in bundle:
        out["Tense"] = "Aor"
    elif "COM" in tags:
        out["VerbForm"] = "Conv"
    elif "SUBJ" in tags:
        out["Mood"] = "Sub"
    elif "HAB" in tags:
        out["Aspect"] = "Hab"
    elif "COND" in tags:
        out |= {"Mood": "Cnd", "Tense": "Past" if "PST" in tags else "Pres"}
    elif "PRF" in tags:
        out["Aspect"] = "Perf"
    elif "Tense" not in out:
        out["Tense"] = "Fut" if "FUT" in tags else "Past" if "PST" in tags else "Pres"
    return "VERB", out


def _dialect_2020(bundle: str) -> tuple[str, Feats]:
    tags = set(bundle.split(";"))
    if tags == {"V", "FIN"}:
        return "VERB", {"VerbForm": "Inf"}
    out = {"Number": "Plur" if "PL" in tags else "Sing", "Person": next(t for t in "123" if t in tags)}
    if "COND" in tags:
        return "VERB", out | {"Mood": "Cnd", "Tense": "Past" if "PST" in tags else "Pres"}
    if "HAB" in tags or "PRF" in tags:
        return "VERB", out | {"Aspect": "Hab" if "HAB" in tags else "Perf"}
    if "INDF" in tags:
        return "VERB", out | {"Tense": "Aor"}
    return "VERB", out | {"Tense": "Fut" if "FUT" in tags else "Past" if "PST" in tags else "Pres"}


def _dialect_2023(bundle: str) -> tuple[str, Feats]:
    out: Feats = {}
    for role, prefix in (("NOM", ""), ("PRIM", "Obj")):
        found = re.search(role + r"\(([^)]*)\)", bundle)
        for tag in found[1].split(",") if found else ():
            if tag == "RFLX":
                out["Reflex"] = "Yes"
            elif tag in ("SG", "PL"):
                out[prefix + "Number"] = {"SG": "Sing", "PL": "Plur"}[tag]
            elif tag in ("1", "2", "3"):
                out[prefix + "Person"] = tag
            else:
                out[prefix + "NounClass"] = "Bantu17" if tag == "KU" else tag.capitalize()
    tags = re.sub(r"\([^)]*\)", "", bundle).split(";")
    aspects = [ud for ud, tag in (("Perf", "PRF"), ("Prog", "PROG"), ("Hab", "HAB")) if tag in tags]
    if aspects:
        out["Aspect"] = ",".join(aspects)
    for tag, name, value in (
        ("NEG", "Polarity", "Neg"),
        ("LGSPEC1", "Variant", "Ha"),
        ("IMP", "Mood", "Imp"),
        ("SUBJ", "Mood", "Sub"),
        ("COND", "Mood", "Cnd"),
        ("PRS", "Tense", "Pres"),
        ("PST", "Tense", "Past"),
        ("FUT", "Tense", "Fut"),
    ):
        if tag in tags:
            out[name] = value
    return "VERB", out


def _short(lemma: str) -> bool:
    return len(re.findall("[aeiou]", lemma)) == 1


# Where the tables are wrong, told from lemma and bundle alone, never from the form.
def _wrong_2018(lemma: str, bundle: str) -> bool:
    return (
        # imba and oa inflected as if they kept ku- (kwimba, alikuoa), kwepa without any prefix, amba's infinitive
        (lemma in ("imba", "oa") and re.search("NFIN|IND;(PST|PRES|FUT|COND)", bundle) is not None)
        or (lemma == "kwepa" and ("NFIN" in bundle or "SUBJ;PST" in bundle))
        or (lemma == "amba" and "NFIN" in bundle)
        # short stems without their ku- in the present (anala), right in the same table's past
        or ((_short(lemma) or lemma == "enda") and "IND;PRES" in bundle)
        # m- of "you" before a vowel without its w (mandike)
        or (lemma[0] in "aeiou" and bundle == "V;FIN;SUBJ;PST;2;PL")
        # kwote, mwote for kote, mote
        or (lemma == "ote" and re.search("LGSPEC[69]", bundle) is not None)
    )


def _wrong_2020(lemma: str, bundle: str) -> bool:
    """The general present left uncontracted (niasoma for nasoma); hu- after a subject prefix (nihusoma)."""
    return "INDF" in bundle or "HAB" in bundle or lemma == "enda"  # ameenda, a colloquial variant


def _wrong_2023(lemma: str, bundle: str) -> bool:
    you = (
        "NOM(2,PL)" in bundle
        and "PRIM" not in bundle
        and ("SUBJ" in bundle or bundle.startswith("V;IND;PRS;NEG"))
    )
    return (
        # the negative of class 4 as hi- for hai-
        (
            "BANTU4" in bundle.split("PRIM")[0]
            and "NEG" in bundle
            and "SUBJ" not in bundle
            and ("COND" not in bundle or "LGSPEC1" in bundle)  # else isinge-
        )
        # m- before a vowel without its w (nimeambia for nimemwambia), of object and of subject
        or (lemma[0] in "aeiou" and ("PRIM(3,SG,BANTU1)" in bundle or you))
        # short stems that keep ku- although an object prefix bears the stress (amekikula)
        or (_short(lemma) and "PRIM" in bundle and not re.search("SUBJ|PROG|HAB|IMP", bundle))
        # loans whose final vowel was turned into -a, and a noun ("weeping") inflected as its verb
        or lemma in ("tabasamu", "rekodi", "saumu", "kilio")
    )


Dialect = Callable[[str], tuple[str, Feats]]
Wrong = Callable[[str, str], bool]
# File, dialect, rule for wrong cells; share reproduced of all cells and of those that the rule leaves, in per cent.
# A quarter of the 2020 dialect's cells are wrong by its rule, 3 to 5 % of the others'.
ORACLES: list[tuple[str, Dialect, Wrong, float, float]] = [
    ("unimorph/swc.tsv.xz", _dialect_2018, _wrong_2018, 97.4, 99.9),
    ("sigmorphon/2018/swahili-train-high.xz", _dialect_2018, _wrong_2018, 97.3, 99.9),
    ("sigmorphon/2018/swahili-dev.xz", _dialect_2018, _wrong_2018, 95.0, 100),
    ("unimorph/swc.sm.tsv.xz", _dialect_2020, _wrong_2020, 74.7, 100),
    ("sigmorphon/2020/swa.trn.xz", _dialect_2020, _wrong_2020, 74.9, 100),
    ("sigmorphon/2020/swa.dev.xz", _dialect_2020, _wrong_2020, 73.7, 100),
    ("sigmorphon/2023/swa.trn.xz", _dialect_2023, _wrong_2023, 96.0, 99.9),
    ("sigmorphon/2023/swa.dev.xz", _dialect_2023, _wrong_2023, 95.6, 100),
]


@pytest.mark.parametrize(
    ("name", "dialect", "wrong", "share", "share_left"), ORACLES, ids=[o[0] for o in ORACLES]
)
def test_cells_of_real_tables(
    test_data: Path, name: str, dialect: Dialect, wrong: Wrong, share: float, share_left: float
) -> None:
    cells: dict[tuple[str, str], set[str]] = defaultdict(set)
    for line in lines(test_data / name):
        if line.strip():
            lemma, form, bundle = line.strip("\r").split("\t")
            if dialect is _dialect_2023:
                form, bundle = bundle, form
            cells[lemma, bundle].add(form)
    right = right_left = left = 0
    for (lemma, bundle), forms in cells.items():
        upos, wanted = dialect(bundle)
        found = {swahili.inflect(lemma, upos, wanted)}
        if dialect is _dialect_2018 and "IND;PST;" in bundle and "PRF" not in bundle:
            # the singular of the subjunctive is filed under the past: nisome beside nilisoma
            found.add(swahili.inflect(lemma, upos, wanted | {"Mood": "Sub"}))
        good = bool(forms & found)
        right += good
        if not wrong(lemma, bundle):
            left += 1
            right_left += good
    assert 100 * right / len(cells) >= share
    assert 100 * right_left / left >= share_left
    assert left >= 0.7 * len(cells)


def test_noun_classes_of_the_treebank(test_data: Path) -> None:
    """The class and number of nouns, list and shape together; the treebank's lemmas are partly garbled."""
    right = total = 0
    for path in sorted((test_data / "ud").glob("sw_opusgv.*.conllu.xz")):
        for line in lines(path):
            columns = line.rstrip("\n").split("\t")
            found = (
                len(columns) == 10
                and columns[3] == "NOUN"
                and re.fullmatch(r"NounClass=(Bantu\d+)\|Number=(Sing|Plur)", columns[5])
            )
            if found and found[1] != "Bantu15":
                pair = swahili.noun_class(columns[2])
                total += 1
                right += pair is not None and pair[found[2] == "Plur"] == found[1]
    assert total > 2500
    assert right / total >= 0.925
