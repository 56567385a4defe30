"""Typological profiles: what was observed, what was imputed, and how far languages are apart."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from morphaug import typology, uriel
from morphaug.errors import MissingResource, UnknownName
from morphaug.typology import ORDERS, Profile, Value, difference, distances, morphological_profile, profile

SIX = ("eng", "fin", "swh", "tur", "deu", "jpn")

# lang2vec's own door, as its users call it. Its one use of pkg_resources, which current setuptools lacks, is
# to find its own folder.
LANG2VEC = """
import importlib.util, json, os, sys, types
shim = types.ModuleType("pkg_resources")
folder = importlib.util.find_spec("lang2vec").submodule_search_locations[0]
shim.resource_filename = lambda module, name: os.path.join(folder, name)
sys.modules["pkg_resources"] = shim
import lang2vec.lang2vec as l2v
out = {}
for kind in ("wals", "sswl", "ethnologue", "average", "knn"):
    found = l2v.get_features(sys.argv[1:], "syntax_" + kind, header=True)
    names = found.pop("CODE")
    out[kind] = {c: {n: None if v == "--" else float(v) for n, v in zip(names, row)} for c, row in found.items()}
print(json.dumps(out))
"""


def python(code: str, *args: str, **env: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, *args],
        env=os.environ | env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_agrees_with_what_lang2vec_itself_answers() -> None:
    theirs = json.loads(python(LANG2VEC, *SIX))
    named = {"wals": "WALS", "sswl": "SSWL", "ethnologue": "Ethnologue"}
    for code in SIX:
        ours = profile(code).values
        assert list(ours) == list(theirs["knn"][code])
        assert len(ours) == 103
        for feature, value in ours.items():
            seen = {name: theirs[kind][code][feature] for kind, name in named.items()}
            seen = {name: number for name, number in seen.items() if number is not None}
            assert value.observed == bool(seen)
            if seen:
                assert value.sources == tuple(seen)
                assert value.value == pytest.approx(sum(seen.values()) / len(seen))
                assert value.value == pytest.approx(theirs["average"][code][feature], abs=1e-4)
            else:
                assert value == Value(theirs["knn"][code][feature], False, ("knn",))


def test_observed_wins_over_imputed() -> None:
    swahili = profile("swahili")
    assert swahili.code == swahili.uriel == "swh"
    assert swahili.get("S_PLURAL_PREFIX") == Value(1.0, True, ("WALS",))
    assert swahili.get("S_CASE_PREFIX") == Value(1.0, False, ("knn",))  # Swahili has none: nobody observed it
    assert swahili.has("S_NEGATIVE_PREFIX") is True
    assert swahili.has("S_SOV") is False
    assert 0.8 < swahili.observed < 0.85
    assert profile("swc").observed == 0.0
    finnish = profile("fin").get("S_ADPOSITION_BEFORE_NOUN")
    assert finnish == Value(0.5, True, ("WALS", "SSWL"))  # one source each way


@pytest.mark.parametrize(
    ("code", "orders"),
    [
        ("eng", {"object_verb": "after", "possessor_noun": "both", "adposition_noun": "before"}),
        ("fin", {"object_verb": "after", "possessor_noun": "before", "adposition_noun": "after"}),
        ("swh", {"adjective_noun": "after", "numeral_noun": "after", "negation_verb": None}),
        ("tur", {"object_verb": "before", "relative_noun": "before", "subordinator_clause": "after"}),
        ("deu", {"object_verb": "both", "adjective_noun": "before", "negation_verb": "both"}),
        ("jpn", {"object_verb": "before", "subject_verb": "before", "adposition_noun": "after"}),
        ("tgl", {"subject_verb": "after", "adjective_noun": "both"}),
    ],
)
def test_orders(code: str, orders: dict[str, str | None]) -> None:
    assert {pair: profile(code).order(pair) for pair in orders} == orders


def test_every_order_is_made_of_features_that_exist() -> None:
    known = set(uriel.features())
    for first, second in ORDERS.values():
        assert {first, second} <= known
        assert second == first.replace("BEFORE", "AFTER")


def made(**values: Value) -> Profile:
    return Profile("und", dict(values))


def yes(share: float = 1.0) -> Value:
    return Value(share, True, ("WALS",))


def guess(share: float = 1.0) -> Value:
    return Value(share, False, ("knn",))


@pytest.mark.parametrize(
    ("before", "after", "order"),
    [
        (yes(), guess(), "before"),  # an imputed second order is not added to an observed one
        (guess(), yes(), "after"),
        (yes(0), guess(), "after"),
        (guess(), yes(0), "before"),
        (yes(0), guess(0), None),
        (yes(), yes(), "both"),
        (yes(0.5), yes(0.5), "both"),
        (yes(0.5), yes(), "after"),
        (yes(0.5), yes(0), "before"),
        (yes(0), yes(0), None),
        (guess(), guess(), "both"),
        (guess(), guess(0), "before"),
        (Value(None, False, ()), guess(), "after"),
        (Value(None, False, ()), Value(None, False, ()), None),
    ],
)
def test_order_from_two_sides(before: Value, after: Value, order: str | None) -> None:
    it = made(S_OBJECT_BEFORE_VERB=before, S_OBJECT_AFTER_VERB=after)
    assert it.order("object_verb") == order
    assert it.order_observed("object_verb") == (before.observed or after.observed)


def test_where_sources_have_both_orders_the_dominant_one_of_wals_decides() -> None:
    assert profile("spa").order("adjective_noun") == "after"
    assert profile("eus").order("relative_noun") == "before"
    assert profile("kat").order("object_verb") == "before"
    assert profile("deu").order("object_verb") == "both"  # WALS itself: no dominant order
    assert profile("ita").order("adjective_noun") == "after"


def test_unknown_names() -> None:
    english = profile("eng")
    with pytest.raises(UnknownName, match="did you mean object_verb"):
        english.order("object_verbs")
    with pytest.raises(UnknownName, match="unknown typological feature 'S_SVOO'; did you mean S_SVO"):
        english.has("S_SVOO")
    with pytest.raises(UnknownName, match="unknown language 'finish'; did you mean finnish"):
        profile("finish")
    assert made(S_SVO=Value(None, False, ())).has("S_SVO") is None


def test_a_language_that_uriel_files_under_another_code() -> None:
    nynorsk = profile("nno")
    assert (nynorsk.code, nynorsk.uriel) == ("nno", "nor")
    assert nynorsk.values == profile("nor").values
    assert profile("ekk").uriel == "est"  # as an individual language observed in fewer features


def test_difference_is_what_the_distance_counts() -> None:
    english, turkish = profile("eng"), profile("tur")
    differ = difference(english, turkish)
    found = distances(english, turkish)["syntax"]
    assert found.features == 103
    assert found.value == len(differ) / 103
    assert (
        "S_OBJECT_BEFORE_VERB",
        english.get("S_OBJECT_BEFORE_VERB"),
        turkish.get("S_OBJECT_BEFORE_VERB"),
    ) in differ
    assert typology.order_difference(english, turkish)["object_verb"] == ("after", "before")
    assert "subject_verb" not in typology.order_difference(english, turkish)
    assert set(typology.FORMULAS) >= set(distances(english, turkish))


def test_finnish_is_far_in_affixation_not_in_order_and_swahili_farthest() -> None:
    english = profile("eng")
    to = {code: distances(english, profile(code)) for code in ("fin", "zho", "swh", "deu", "tur")}
    syntax = {code: d["syntax"].value or 0.0 for code, d in to.items()}
    assert abs(syntax["fin"] - syntax["zho"]) < 0.02
    assert max(syntax, key=lambda c: syntax[c]) == "swh"
    assert min(syntax, key=lambda c: syntax[c]) == "deu"
    finnish = to["fin"]
    assert (finnish["word_order"].value or 0) < (finnish["affixation"].value or 0)
    # both features of "the object precedes" are among the 55, none of them among the 25
    assert (finnish["word_order"].features, finnish["affixation"].features) == (55, 25)


def test_distances_of_observed_features_only() -> None:
    english = profile("eng")
    loose, strict = (
        distances(english, profile("swh"), observed_only=only)["syntax"] for only in (False, True)
    )
    assert loose.features == 103
    assert strict.features == 85
    assert strict.observed == 1.0
    assert loose.observed == pytest.approx(85 / 103)
    nothing = distances(english, profile("swc"), observed_only=True)["affixation"]
    assert (nothing.value, nothing.features, nothing.observed) == (None, 0, 0.0)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 7969), min_size=3, max_size=3))
def test_distances_are_a_metric_where_all_is_known(languages: list[int]) -> None:
    a, b, c = (profile(uriel.codes()[i]) for i in languages)
    for kind in typology.DISTANCES:
        ab, ba = distances(a, b)[kind], distances(b, a)[kind]
        assert ab == ba
        assert ab.value is not None
        assert 0 <= ab.value <= 1
        assert distances(a, a)[kind].value == 0
        assert ab.value <= (distances(a, c)[kind].value or 0) + (distances(c, b)[kind].value or 0) + 1e-9


# --- the files ------------------------------------------------------------------------------------------------

PROFILE = """
import json, sys
from morphaug.typology import profile
found = profile(sys.argv[1]).values
print(json.dumps({f: [v.value, v.observed, v.sources] for f, v in found.items()}))
"""


def test_the_cache_is_written_once_mended_and_not_needed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    first = python(PROFILE, "tur", MORPHAUG_HOME=str(home), PYTHONHASHSEED="1")
    (kept,) = (home / "typology").iterdir()
    whole, written = kept.read_bytes(), kept.stat().st_mtime_ns
    assert len(whole) < 4_000_000
    assert python(PROFILE, "tur", MORPHAUG_HOME=str(home), PYTHONHASHSEED="2") == first
    assert kept.stat().st_mtime_ns == written

    kept.write_bytes(whole[:100_000])  # a disk that filled up
    assert python(PROFILE, "tur", MORPHAUG_HOME=str(home)) == first
    assert kept.read_bytes() == whole

    blocked = tmp_path / "file"
    blocked.write_text("a home that cannot be made")
    assert python(PROFILE, "tur", MORPHAUG_HOME=str(blocked / "home")) == first


def test_without_lang2vec(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(MissingResource, match=r"lang2vec.*pip install"):
        uriel.files()


def package(folder: Path, data: Any, knn: Any, langs: list[str], feats: list[str]) -> str:
    """A lang2vec of another release, for sys.path."""
    where = folder / "lang2vec" / "data"
    where.mkdir(parents=True)
    (where.parent / "__init__.py").touch()
    sources = np.array(["ETHNO", "WALS", "PHOIBLE_UPSID", "SSWL"])
    axes = {"langs": np.array(langs), "feats": np.array(feats)}
    np.savez_compressed(where / "features.npz", data=np.asarray(data, np.float32), sources=sources, **axes)
    np.savez_compressed(
        where / "feature_predictions.npz", data=np.asarray(knn, np.float32)[..., None], **axes
    )
    return str(folder)


CHECK = """
import sys
sys.path.insert(0, sys.argv[1])
from morphaug import uriel
from morphaug.errors import MorphaugError
from morphaug.typology import profile
try:
    print(uriel.codes(), uriel.features(), *profile("fin").values.values(), sep="\\n")
except MorphaugError as error:
    print("error:", error)
"""


def test_values_come_from_the_right_columns_whatever_their_order(tmp_path: Path) -> None:
    # languages out of order, a phonological feature in between; ETHNO, WALS, PHOIBLE, SSWL
    data = [
        [[0, 0, 0, 0], [1, 1, 1, 1], [0, 0, 0, 0]],
        [[1, 0, 0, -1], [1, 1, 1, 1], [-1, -1, 1, -1]],
    ]
    home = str(tmp_path / "home")
    folder = package(tmp_path / "a", data, [[0, 0, 0], [1, 1, 1]], ["swh", "fin"], ["S_SVO", "P_X", "S_SOV"])
    codes, feats, svo, sov = python(CHECK, folder, MORPHAUG_HOME=home).splitlines()
    assert codes == "('fin', 'swh')"
    assert feats == "('S_SVO', 'S_SOV')"
    assert svo == str(Value(0.5, True, ("WALS", "Ethnologue")))
    assert sov == str(Value(1.0, False, ("knn",)))

    folder = package(tmp_path / "b", data, [[0, 0, 0], [1, 1, -1]], ["swh", "fin"], ["S_SVO", "P_X", "S_SOV"])
    assert python(CHECK, folder, MORPHAUG_HOME=home).splitlines()[-1] == str(
        Value(None, False, ())
    )  # no stale cache


def test_a_table_that_cannot_be_read_is_said_to_be_so(tmp_path: Path) -> None:
    odd = package(tmp_path / "a", [[[0.3, 0, 0, 0]]], [[1]], ["fin"], ["S_SVO"])
    assert "error:" in (said := python(CHECK, odd))
    assert "is not a table of URIEL" in said
    (tmp_path / "b/lang2vec/data").mkdir(parents=True)
    (tmp_path / "b/lang2vec/__init__.py").touch()
    for name in ("features.npz", "feature_predictions.npz"):
        (tmp_path / "b/lang2vec/data" / name).write_text("a page that says 404")
    assert "is not a table of URIEL" in python(CHECK, str(tmp_path / "b"))
    other = package(tmp_path / "c", [[[1, 0, 0, 0]]], [[1]], ["swh"], ["S_SVO"])
    assert "URIEL has no features for Finnish (fin)" in python(
        CHECK, other, MORPHAUG_HOME=str(tmp_path / "home")
    )


def test_digest_names_the_release() -> None:
    assert len(uriel.digest()) == 64
    assert uriel.digest() == uriel.digest()


# --- what a table attests ---------------------------------------------------------------------------------------


class Table:
    """Rows (lemma, bundle, form) behind the doors of a compiled table that a profile uses."""

    def __init__(self, rows: list[tuple[str, str, str]]) -> None:
        self.rows = rows

    @property
    def bundles(self) -> dict[str, int]:
        out: dict[str, int] = {}
        for _, bundle, _ in self.rows:
            out[bundle] = out.get(bundle, 0) + 1
        return out

    def lemmas(self, pos: str = "") -> Iterator[str]:
        return iter(dict.fromkeys(r[0] for r in self.rows if r[1].split(";")[0] == pos))

    def paradigm(self, lemma: str, pos: str = "") -> tuple[tuple[str, str], ...]:
        return tuple((b, f) for lem, b, f in self.rows if lem == lemma and b.split(";")[0] == pos)


def table(*rows: str) -> Any:
    return Table([(lemma, bundle, form) for lemma, bundle, form in (row.split("|") for row in rows)])


def test_morphological_profile() -> None:
    suffixing = morphological_profile(
        table(
            "talo|N;NOM;SG|talo",
            "talo|N;IN+ESS;SG|talossa",
            "talo|N;IN+ESS;PL|taloissa",
            "katu|N;GEN;SG|kadun",
            "katu|N;ACC;SG|kadun",
            "puhua|V;IND;PRS;1;SG;NEG|en puhu",
            "puhua|V;IND;PRS;1;SG|puhun",
        )
    )
    assert suffixing.missing == ("ADJ",)
    assert suffixing.get("ADJ") is None
    assert suffixing.attests("ADJ", "case") is None  # unknown, which is not the same as False
    noun = suffixing.parts["N"]
    assert noun.dimensions == {"case": ("IN+ESS", "ACC", "GEN", "NOM"), "number": ("SG", "PL")}
    assert (noun.rows, noun.bundles, noun.lemmas, noun.sampled) == (5, 5, 2, 2)
    assert (noun.prefixing, noun.suffixing) == (0.0, 1.0)
    assert noun.syncretism == pytest.approx(2 / 5)
    assert noun.thin
    assert suffixing.attests("N", "case", "IN+ESS") is True
    assert suffixing.attests("N", "case", "COM") is False
    assert suffixing.attests("N", "tense") is False
    assert suffixing.parts["V"].periphrastic == 0.5
    assert list(suffixing.parts) == ["N", "V"]

    prefixing = morphological_profile(
        table("kitabu|N;PL|vitabu", "soma|V;PRS;1;SG|ninasoma", "soma|V;PRS;NEG|hasomi", "mtu|N;SG|mtu")
    )
    assert (prefixing.parts["N"].prefixing, prefixing.parts["N"].suffixing) == (1.0, 0.0)
    assert (prefixing.parts["V"].prefixing, prefixing.parts["V"].suffixing) == (1.0, 0.5)
    unchanged = morphological_profile(table("a|N;SG|a"))
    assert unchanged.parts["N"].prefixing is None
    both = morphological_profile(table("machen|V.PTCP;PST|gemacht"))
    assert (both.parts["V.PTCP"].prefixing, both.parts["V.PTCP"].suffixing) == (1.0, 1.0)
    assert both.missing == ("N", "V", "ADJ")


def test_a_sample_is_the_same_each_time_and_counts_are_of_the_whole() -> None:
    rows = [f"stem{i}|N;PL|stem{i}s" for i in range(500)]
    one = morphological_profile(table(*rows), sample=50).parts["N"]
    two = morphological_profile(table(*reversed(rows)), sample=50).parts["N"]
    assert one == two
    assert (one.lemmas, one.rows, one.sampled, one.suffixing) == (500, 500, 50, 1.0)
    assert not one.thin


def test_morphological_profile_of_compiled_tables(test_data: Path, tmp_path: Path) -> None:
    from morphaug.paradigms import Paradigms, compile_tables

    def of(*files: str) -> typology.MorphProfile:
        out = tmp_path / files[0].replace("/", "-")
        compile_tables([test_data / f for f in files], out, learn=False)
        return morphological_profile(Paradigms.open(out))

    finnish, swahili = of("sigmorphon/2020/fin.trn.xz"), of("unimorph/swc.tsv.xz")
    noun = finnish.parts["N"]
    assert noun.suffixing is not None
    assert noun.prefixing is not None
    assert noun.suffixing > 0.95
    assert noun.prefixing < 0.05
    assert {"NOM", "GEN", "PRT", "IN+ESS", "TRANS"} <= set(noun.dimensions["case"])
    verb = swahili.parts["V"]
    assert verb.prefixing is not None
    assert verb.prefixing > 0.9
    assert swahili.parts["N"].thin
    assert not verb.thin
    assert swahili.attests("ADJ", "case") is False
