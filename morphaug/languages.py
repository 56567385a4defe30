"""What languages are called: one code inside (ISO 639-3), other names only where another repository is read.

This is the only module, with the grammars, that may name a language.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from morphaug.errors import UnknownName

SOURCE = "eng"
"""The language of the input data."""

# ISO 639-3, ISO 639-1 ("-": none), English name, further English names. The 639-1 languages, and those
# without a two-letter code that UniMorph, UD, XTREME or the low-resource benchmarks use.
_TABLE = """
aar aa Afar
abk ab Abkhazian / Abkhaz
ady - Adyghe / West Circassian
afr af Afrikaans
ain - Ainu
aka ak Akan
akk - Akkadian
als - Tosk Albanian
amh am Amharic
ang - Old English / Anglo-Saxon
apu - Apurinã
aqz - Akuntsu
ara ar Arabic
arb - Standard Arabic / Modern Standard Arabic
arc - Aramaic / Imperial Aramaic
arg an Aragonese
arn - Mapudungun / Mapuche
arz - Egyptian Arabic
asm as Assamese
ast - Asturian
ava av Avar / Avaric
ave ae Avestan
ayr - Central Aymara
aym ay Aymara
azb - South Azerbaijani
aze az Azerbaijani / Azeri
azj - North Azerbaijani
azz - Highland Puebla Nahuatl
bak ba Bashkir
bam bm Bambara
bel be Belarusian
bem - Bemba
ben bn Bengali / Bangla
bis bi Bislama
bod bo Tibetan
bos bs Bosnian
bre br Breton
bul bg Bulgarian
bxr - Buryat / Russia Buriat
cat ca Catalan
ceb - Cebuano
ces cs Czech
cha ch Chamorro
che ce Chechen
chr - Cherokee
chu cu Old Church Slavonic / Church Slavic / Church Slavonic
chv cv Chuvash
ckb - Central Kurdish / Sorani
ckt - Chukchi
cmn - Mandarin / Mandarin Chinese
cop - Coptic
cor kw Cornish
cos co Corsican
cre cr Cree
crh - Crimean Tatar
csb - Kashubian
cym cy Welsh
dan da Danish
deu de German
dik - Southwestern Dinka
din - Dinka
div dv Dhivehi / Divehi / Maldivian
dsb - Lower Sorbian
dyu - Dyula
dzo dz Dzongkha
ekk - Standard Estonian
ell el Greek / Modern Greek
eng en English
epo eo Esperanto
ess - Central Siberian Yupik / Siberian Yupik
est et Estonian
eus eu Basque
evn - Evenki
ewe ee Ewe
fao fo Faroese
fas fa Persian / Farsi
fij fj Fijian
fil - Filipino
fin fi Finnish
fon - Fon
fra fr French
frm - Middle French
fro - Old French
frr - North Frisian
fry fy Western Frisian / West Frisian / Frisian
ful ff Fula / Fulah / Fulani
fur - Friulian
fuv - Nigerian Fulfulde
gaz - West Central Oromo
gla gd Scottish Gaelic
gle ga Irish
glg gl Galician
glv gv Manx
gmh - Middle High German
gml - Middle Low German
goh - Old High German
got - Gothic
grc - Ancient Greek
grn gn Guarani
gsw - Swiss German / Alemannic
gug - Paraguayan Guarani
guj gu Gujarati
hai - Haida
hat ht Haitian Creole / Haitian
hau ha Hausa
haw - Hawaiian
hbo - Biblical Hebrew / Ancient Hebrew
hbs sh Serbo-Croatian
heb he Hebrew
her hz Herero
hil - Hiligaynon
hin hi Hindi
hit - Hittite
hmo ho Hiri Motu
hrv hr Croatian
hsb - Upper Sorbian
hun hu Hungarian
hye hy Armenian / Eastern Armenian
ibo ig Igbo
ido io Ido
iii ii Sichuan Yi / Nuosu
iku iu Inuktitut
ile ie Interlingue / Occidental
ilo - Ilocano / Iloko
ina ia Interlingua
ind id Indonesian
inh - Ingush
ipk ik Inupiaq
isl is Icelandic
ita it Italian
izh - Ingrian / Izhorian
jav jv Javanese
jpn ja Japanese
kab - Kabyle
kal kl Greenlandic / Kalaallisut
kan kn Kannada
kas ks Kashmiri
kat ka Georgian
kau kr Kanuri
kaz kk Kazakh
kbd - Kabardian
kea - Cape Verdean Creole / Kabuverdianu
khk - Khalkha Mongolian / Halh Mongolian
khm km Khmer
kik ki Kikuyu / Gikuyu
kin rw Kinyarwanda
kir ky Kyrgyz / Kirghiz
kjh - Khakas
kmr - Northern Kurdish / Kurmanji
knc - Central Kanuri
kom kv Komi
kon kg Kongo
kor ko Korean
koi - Komi-Permyak
kpv - Komi-Zyrian
krl - Karelian
kua kj Kwanyama / Kuanyama
kur ku Kurdish
lad - Ladino
lao lo Lao
lat la Latin
lav lv Latvian
lij - Ligurian
lim li Limburgish
lin ln Lingala
lit lt Lithuanian
liv - Livonian
lld - Ladin
lmo - Lombard
ltz lb Luxembourgish
lub lu Luba-Katanga
lud - Ludian
lug lg Ganda / Luganda
luo - Luo / Dholuo
lus - Mizo
lvs - Standard Latvian
lzz - Laz
mag - Magahi
mah mh Marshallese
mai - Maithili
mal ml Malayalam
mar mr Marathi
mdf - Moksha
mhr - Eastern Mari / Meadow Mari
min - Minangkabau
mkd mk Macedonian
mlg mg Malagasy
mlt mt Maltese
mon mn Mongolian
mos - Mossi
mri mi Maori
msa ms Malay
mya my Burmese
myv - Erzya
mwf - Murrinh-Patha
nap - Neapolitan
nau na Nauruan / Nauru
nav nv Navajo
nbl nr South Ndebele / Southern Ndebele
nde nd North Ndebele / Northern Ndebele
ndo ng Ndonga
nds - Low German / Low Saxon
nep ne Nepali
new - Newar / Newari
nld nl Dutch
nno nn Norwegian Nynorsk / Nynorsk
nob nb Norwegian Bokmål / Bokmål
nor no Norwegian
npi - Standard Nepali
nso - Northern Sotho / Sepedi / Pedi
nya ny Chichewa / Nyanja / Chewa
oci oc Occitan
oji oj Ojibwe / Ojibwa
olo - Livvi / Livvi-Karelian / Olonets
ood - Tohono O'odham
ori or Odia / Oriya
orm om Oromo
orv - Old East Slavic / Old Russian
ory - Standard Odia
osp - Old Spanish
oss os Ossetian / Ossetic
ota - Ottoman Turkish
pan pa Punjabi / Panjabi
pap - Papiamento
pbt - Southern Pashto
pcm - Nigerian Pidgin / Naija
pes - Iranian Persian / Western Persian
pli pi Pali
plt - Plateau Malagasy
pms - Piedmontese
pol pl Polish
por pt Portuguese
prs - Dari
pus ps Pashto
que qu Quechua
quy - Ayacucho Quechua
quz - Cusco Quechua
roh rm Romansh
ron ro Romanian / Moldovan / Moldavian
run rn Rundi / Kirundi
rus ru Russian
sag sg Sango
sah - Sakha / Yakut
san sa Sanskrit
sat - Santali
scn - Sicilian
sco - Scots
sga - Old Irish
sin si Sinhala / Sinhalese
slk sk Slovak
slv sl Slovenian / Slovene
sma - Southern Sami / South Sami
sme se Northern Sami / North Sami
smj - Lule Sami
smn - Inari Sami
smo sm Samoan
sms - Skolt Sami
sna sn Shona
snd sd Sindhi
som so Somali
sot st Southern Sotho / Sesotho
spa es Spanish / Castilian
sqi sq Albanian
srd sc Sardinian
srp sr Serbian
ssw ss Swati / Swazi / Siswati
sun su Sundanese
swc - Congo Swahili
swe sv Swedish
swh sw Swahili / Kiswahili
syc - Classical Syriac / Syriac
szl - Silesian
tah ty Tahitian
tam ta Tamil
tat tt Tatar
tel te Telugu
tet - Tetum
tgk tg Tajik
tgl tl Tagalog
tha th Thai
tir ti Tigrinya
tly - Talysh
ton to Tongan
tpi - Tok Pisin
tsn tn Tswana / Setswana
tso ts Tsonga
tuk tk Turkmen
tum - Tumbuka
tur tr Turkish
twi tw Twi
tyv - Tuvan
udm - Udmurt
uig ug Uyghur / Uighur
ukr uk Ukrainian
umb - Umbundu
urd ur Urdu
uzb uz Uzbek
uzn - Northern Uzbek
vec - Venetian
ven ve Venda
vep - Veps
vie vi Vietnamese
vls - West Flemish
vol vo Volapük
vot - Votic
vro - Võro
war - Waray
wln wa Walloon
wol wo Wolof
xal - Kalmyk
xcl - Classical Armenian
xho xh Xhosa
xno - Anglo-Norman
ydd - Eastern Yiddish
yid yi Yiddish
yor yo Yoruba
yue - Cantonese
zha za Zhuang
zho zh Chinese
zsm - Standard Malay
zul zu Zulu
"""

# Other codes of the standard itself -> the code here: ISO 639-2's bibliographic ones, withdrawn two-letter
# ones, and the macrolanguage whose one widely written member is the code used here.
_SYNONYMS = """
alb=sqi arm=hye baq=eus tib=bod bur=mya cze=ces chi=zho wel=cym ger=deu dut=nld gre=ell per=fas fre=fra geo=kat
ice=isl mac=mkd mao=mri may=msa rum=ron slo=slk iw=heb in=ind ji=yid jw=jav mo=ron swa=swh
"""

# Members of a macrolanguage -> the code under which most repositories keep their data.
_MEMBERS = """
als=sqi arb=ara ayr=aym azj=aze cmn=zho dik=din ekk=est fuv=ful gaz=orm gug=grn khk=mon knc=kau lvs=lav npi=nep
ory=ori pbt=pus pes=fas plt=mlg quy=que quz=que uzn=uzb ydd=yid zsm=msa
"""

# Repositories by what they usually call a language, and each one's exceptions; best name first, () where a
# name would mislead: UniMorph's folder "swc" holds Swahili, though as an ISO code it is Congo Swahili.
_TWO_LETTER = ("gatitos", "muse", "spacy", "stanza", "ud", "xtreme")
_THREE_LETTER = ("freedict", "lang2vec", "panlex", "sigmorphon", "unimorph")
_ALIASES: dict[str, dict[str, tuple[str, ...]]] = {
    "unimorph": {"swh": ("swc",), "swc": (), "nor": ("nob", "nno")},
    "sigmorphon": {"swh": ("swa", "swc", "swahili"), "swc": ()},
    "freedict": {"swh": ("swh", "swa"), "swc": ()},
    # URIEL files what is known of these languages under another code as well
    "lang2vec": {
        "bos": ("bos", "hbs"),
        "fil": ("fil", "tgl"),
        "hrv": ("hrv", "hbs"),
        "nno": ("nno", "nor"),
        "prs": ("prs", "fas"),
        "srp": ("srp", "hbs"),
    },
    "stanza": {"nor": ("nb",), "sme": ("sme",), "zho": ("zh-hans", "zh-hant", "zh")},
    "spacy": {"nor": ("nb",)},
    "muse": {"nob": ("no",), "fil": ("tl",)},
}


def resolve(code: str, *, repository: str = "") -> str:
    """The ISO 639-3 code of a language, however it is named; case and accents do not matter.

    Args:
        code: ISO 639-3, 639-2 or 639-1 code, English name, or such a code with a script or region ("pt-BR").
        repository: Read the name as this repository (see ``alias``) uses it, where that differs.

    Raises:
        UnknownName: Nothing is called that; it names the nearest.

    >>> resolve("FI"), resolve("Finnish"), resolve("swc"), resolve("swc", repository="unimorph")
    ('fin', 'fin', 'swc', 'swh')
    """
    if repository:
        found = _reverse(_repository(repository)).get(code.strip().lower())
        if found is not None:
            return found
    return _resolve(code)


def alias(code: str, repository: str) -> tuple[str, ...]:
    """The names a language goes by in a repository, the likeliest first.

    Args:
        code: The language, as ``resolve`` takes it.
        repository: "unimorph", "sigmorphon", "freedict", "muse", "stanza", "spacy", "xtreme", "ud",
            "lang2vec", "panlex" or "gatitos".

    Returns:
        Names to try; () where the repository uses the language's own code for another language.
    """
    return _alias(_resolve(code), _repository(repository))


def name(code: str) -> str:
    """The English name of a language; the ISO 639-3 code itself for one that has no name here."""
    code = _resolve(code)
    entry = _table().get(code)
    return entry[1][0] if entry else code


def codes() -> tuple[str, ...]:
    """The languages that have a name here, as ISO 639-3 codes, sorted. ``resolve`` knows all of URIEL's besides."""
    return tuple(sorted(_table()))


@lru_cache(maxsize=4096)
def _resolve(code: str) -> str:
    text = code.strip().lower()
    by_name = _names()
    found = by_name.get(text) or by_name.get(_plain(text))
    if found:
        return found
    tag = re.fullmatch(r"([a-z]{2,3})(?:[-_](?:[a-z]{4}|[a-z]{2}|[0-9]{3})){1,2}", text)
    if tag:
        text = tag[1]
        if text in by_name:
            return by_name[text]
    if re.fullmatch("[a-z]{3}", text):
        from morphaug import uriel

        if uriel.has(text):
            return text
    # among 8,000 codes nearly every typing error is near a dozen, so only languages with names are offered
    length = len(text) if len(text) in (2, 3) else 0
    near = [key for key in by_name if (len(key) == length if length else len(key) > 3)]
    raise UnknownName("language", code, near)


def _alias(code: str, repository: str) -> tuple[str, ...]:
    special = _ALIASES.get(repository, {})
    if code in special:
        return special[code]
    entry, whole = _table().get(code), _pairs(_MEMBERS).get(code)
    if repository in _TWO_LETTER:
        if entry and entry[0]:
            return (entry[0],)
        return (code, *_alias(whole, repository)) if whole else (code,)
    names = [code]
    if whole:
        names.append(whole)
    if repository == "sigmorphon" and entry:
        # the shared tasks up to 2018 name their files in English
        names.append(_plain(entry[1][0]).replace(" ", "-"))
    if repository == "panlex":
        names.append(f"{code}-000")  # PanLex numbers the varieties of a language, 000 being the general one
    return tuple(names)


def _repository(repository: str) -> str:
    wanted, known = repository.strip().lower(), (*_TWO_LETTER, *_THREE_LETTER)
    if wanted not in known:
        raise UnknownName("repository", repository, known)
    return wanted


@lru_cache(maxsize=16)
def _reverse(repository: str) -> dict[str, str]:
    """Name in a repository -> code. First names beat second ones, then a language's own code beats a borrowed one."""
    own = _names()
    claims = [
        (rank, own.get(text) != code, code, text)
        for code in _table()
        if code not in _pairs(_MEMBERS)
        for rank, text in enumerate(_alias(code, repository))
    ]
    out: dict[str, str] = {}
    for _, _, code, text in sorted(claims):
        out.setdefault(text, code)
    return out


@lru_cache(maxsize=2)
def _pairs(text: str) -> dict[str, str]:
    out = {}
    for pair in text.split():
        key, _, value = pair.partition("=")
        out[key] = value
    return out


@lru_cache(maxsize=1)
def _table() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Code -> (two-letter code or "", names)."""
    out = {}
    for line in _TABLE.strip().splitlines():
        code, two, names = line.split(maxsplit=2)
        out[code] = ("" if two == "-" else two, tuple(names.split(" / ")))
    return out


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    """Everything a language of the table is called, in lower case -> code. Codes win over names."""
    table = _table()
    out = {code: code for code in table} | _pairs(_SYNONYMS)
    out |= {two: code for code, (two, _) in table.items() if two}
    for code, (_, names) in table.items():
        for english in names:
            out.setdefault(_plain(english), code)
    return out


def _plain(text: str) -> str:
    """Lower case, without accents or punctuation, words separated by one space."""
    letters = unicodedata.normalize("NFKD", text.lower().replace("ø", "o").replace("'", ""))
    letters = "".join([c for c in letters if not unicodedata.combining(c)])
    return " ".join(re.findall(r"[^\W_]+", letters))
