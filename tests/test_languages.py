"""Names of languages: one code inside, other names only for the repository that uses them."""

from __future__ import annotations

import contextlib
import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from morphaug import languages, uriel
from morphaug.errors import UnknownName


@pytest.mark.parametrize(
    ("given_name", "code"),
    [
        ("fin", "fin"),
        ("FI", "fin"),
        ("Finnish", "fin"),
        (" finnish\n", "fin"),
        ("sw", "swh"),
        ("swa", "swh"),  # the macrolanguage, by its ISO 639-2 code
        ("Kiswahili", "swh"),
        ("ger", "deu"),
        ("iw", "heb"),
        ("farsi", "fas"),
        ("norwegian-bokmal", "nob"),
        ("Norwegian Bokmål", "nob"),
        ("Võro", "vro"),
        ("pt-BR", "por"),
        ("zh_Hans_CN", "zho"),
        ("swh_Latn", "swh"),
        ("aab", "aab"),  # a language without a name here, known to URIEL
    ],
)
def test_resolves_codes_and_names(given_name: str, code: str) -> None:
    assert languages.resolve(given_name) == code


def test_a_repositorys_name_counts_only_for_that_repository() -> None:
    assert languages.resolve("swc") == "swc"  # as an ISO code another language
    assert languages.name("swc") == "Congo Swahili"
    assert languages.resolve("swc", repository="unimorph") == "swh"
    assert languages.resolve("swa", repository="sigmorphon") == "swh"
    assert languages.resolve("swahili", repository="sigmorphon") == "swh"
    assert languages.resolve("zh-hans", repository="Stanza") == "zho"
    assert languages.resolve("fin", repository="unimorph") == "fin"
    assert languages.resolve("tl", repository="muse") == "tgl"


@pytest.mark.parametrize(
    ("code", "repository", "names"),
    [
        ("fin", "unimorph", ("fin",)),
        ("swh", "unimorph", ("swc",)),
        ("swc", "unimorph", ()),  # that folder holds the other Swahili
        ("swahili", "sigmorphon", ("swa", "swc", "swahili")),
        ("tr", "sigmorphon", ("tur", "turkish")),
        ("swh", "xtreme", ("sw",)),
        ("fin", "muse", ("fi",)),
        ("zho", "stanza", ("zh-hans", "zh-hant", "zh")),
        ("nno", "lang2vec", ("nno", "nor")),
        ("ekk", "unimorph", ("ekk", "est")),
        ("ekk", "muse", ("ekk", "et")),
        ("deu", "freedict", ("deu",)),
        ("aab", "stanza", ("aab",)),
    ],
)
def test_alias(code: str, repository: str, names: tuple[str, ...]) -> None:
    assert languages.alias(code, repository) == names


def test_unknown_names_are_errors_that_name_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean swahili"):
        languages.resolve("swahilli")
    with pytest.raises(UnknownName, match=r"unknown language 'fim'.*\bfin\b"):
        languages.resolve("fim")
    with pytest.raises(UnknownName, match="unknown language ''"):
        languages.resolve("")
    with pytest.raises(UnknownName, match="unknown language 'qqq'"):
        languages.name("qqq")
    with pytest.raises(UnknownName, match="unknown repository 'unimorf'; did you mean unimorph"):
        languages.alias("fin", "unimorf")
    with pytest.raises(UnknownName, match="unknown repository"):
        languages.resolve("fin", repository="unimorf")


@given(st.text(max_size=12))
def test_any_text_resolves_to_a_code_or_is_a_clear_error(text: str) -> None:
    with contextlib.suppress(UnknownName):
        code = languages.resolve(text)
        assert languages.resolve(code) == code
        assert len(code) == 3


def test_the_table_agrees_with_uriel() -> None:
    """Every code exists, and no two-letter code, bibliographic code or name belongs to two languages."""
    codes = languages.codes()
    assert set(codes) <= set(uriel.codes())
    letters = json.loads((uriel.files()[0].parent / "letter_codes.json").read_text(encoding="utf8"))
    assert len(letters) > 200
    for short, code in letters.items():
        assert languages.resolve(short) == ("swh" if code == "swa" else code), short
    names = [languages.name(code) for code in codes]
    assert len(set(names)) == len(names)
    for code, english in zip(codes, names, strict=True):
        bare = unicodedata.normalize("NFD", english).encode("ascii", "ignore").decode()
        assert (
            languages.resolve(english)
            == languages.resolve(bare)
            == languages.resolve(english.upper())
            == code
        )


def test_every_alias_leads_back_unless_languages_share_it() -> None:
    for repository in ("unimorph", "sigmorphon", "freedict", "muse", "stanza", "spacy", "xtreme", "lang2vec"):
        for code in languages.codes():
            for alias in languages.alias(code, repository)[:1]:
                back = languages.resolve(alias, repository=repository)
                assert languages.alias(back, repository)[0] == alias
                assert back == code or (repository, code) in SHARED


# Two languages that a repository keeps under one name: the name leads to the one it is a code of.
SHARED = {("muse", "nob"), ("muse", "fil"), ("spacy", "nor"), ("stanza", "nor"), ("unimorph", "nor")}
