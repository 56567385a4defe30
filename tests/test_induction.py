"""A lexicon out of translated text: what it finds, what it makes of forms, and what it says about bad input."""

from __future__ import annotations

import json
import math
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from morphaug import resources
from morphaug.alignment import Alignment, align, digamma
from morphaug.bitext import english_words, read_pairs, truecased, usable, words
from morphaug.english_lemmas import lemmas
from morphaug.errors import MorphaugError, UnknownName
from morphaug.induction import Induced, Thresholds, alternation, induce, likeliest, significance, write
from morphaug.lexicon_formats import read
from morphaug.parsing import conllu_parser

_NOUNS = """
house talmo; river jokera; stone kivelu; cloud pilsa; garden puntari; market torve; winter kalvi; summer suvel
letter kirsa; doctor tohru; bridge siltan; candle kynde; mirror peivo; forest metsol
"""
NOUNS = dict(pair.split() for pair in _NOUNS.strip().replace("\n", ";").split(";"))
ENGLISH, OTHER = list(NOUNS), list(NOUNS.values())
VERBS = {"see": "nakku", "find": "loyte", "build": "rakse", "carry": "kanto", "paint": "malva"}
ENDINGS = ("", "ssa", "lle", "n", "")


def text(pairs: int, seed: int = 1, endings: Sequence[str] = ("",)) -> tuple[list[str], list[str]]:
    """Sentences of an invented language that puts the verb last and endings on its nouns."""
    draw = random.Random(seed)
    source, target = [], []
    for _ in range(pairs):
        (a, b), verb = draw.sample(range(len(ENGLISH)), 2), draw.choice(sorted(VERBS))
        past = {"see": "saw", "find": "found", "build": "built", "carry": "carried", "paint": "painted"}[verb]
        source.append(f"The {ENGLISH[a]} {draw.choice([past, 'will ' + verb])} the {ENGLISH[b]}s.")
        target.append(
            f"{OTHER[a].title()}{draw.choice(endings)} {OTHER[b]}{draw.choice(endings)} {VERBS[verb]}."
        )
    return source, target


def files(folder: Path, source: Sequence[str], target: Sequence[str]) -> tuple[Path, Path]:
    paths = folder / "text.en", folder / "text.xx"
    for path, lines in zip(paths, (source, target), strict=True):
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return paths


def best(found: Induced) -> dict[str, str]:
    out: dict[str, str] = {}
    for entry in found.entries:
        out.setdefault(entry.source, entry.target)
    return out


class TestInduction:
    def test_words_of_a_language_nothing_is_known_of(self, tmp_path: Path) -> None:
        found = best(induce(*files(tmp_path, *text(300)), "hausa"))
        wanted = {**NOUNS, **VERBS}
        assert {word: found.get(word) for word in wanted} == wanted

    def test_forms_come_together_by_shape(self, tmp_path: Path) -> None:
        paths = files(tmp_path, *text(600, endings=ENDINGS))
        found = induce(*paths, "hausa")
        assert found.report["merged"] >= 20
        right = [best(found).get(a, "").startswith(b) for a, b in zip(ENGLISH, OTHER, strict=True)]
        assert sum(right) >= 13
        for word in ENGLISH[:4]:
            assert len([e for e in found.entries if e.source == word and e.probability > 0.1]) == 1

    def test_the_grammar_analyses_what_no_table_knows(self, tmp_path: Path) -> None:
        draw = random.Random(3)
        nouns = {"book": ("kitabu", "vitabu"), "child": ("mtoto", "watoto"), "tree": ("mti", "miti"),
                 "knife": ("kisu", "visu"), "teacher": ("mwalimu", "walimu")}  # fmt: skip
        plural = {"child": "children", "knife": "knives"}
        verbs = {"read": ("read", "some"), "want": ("wanted", "take"), "take": ("took", "chukue")}
        source, target = [], []
        for _ in range(200):
            noun, verb, many = draw.choice(sorted(nouns)), draw.choice(sorted(verbs)), draw.random() < 0.5
            source.append(f"They {verbs[verb][0]} the {plural.get(noun, noun + 's') if many else noun}.")
            tense = draw.choice(["wali", "wana", "wata"])
            target.append(f"{tense.title()}{verbs[verb][1][:-1]}a {nouns[noun][many]}.")
        found = induce(*files(tmp_path, source, target), "swahili")
        assert found.report["target_lemmas"] == "grammar"
        assert best(found) | {n: one for n, (one, _) in nouns.items()} == best(found)
        entry = {e.source: e for e in found.entries}
        assert (entry["read"].target, entry["read"].upos) == ("soma", "VERB")
        assert (entry["book"].target, entry["book"].upos) == ("kitabu", "NOUN")

    def test_two_words_for_one(self, tmp_path: Path) -> None:
        source, target = text(300)
        swap = {"bridge": "veno ta siltan", "candle": "kyn delo"}
        for at, line in enumerate(target):
            target[at] = "ta " + line.lower().replace("siltan", swap["bridge"]).replace(
                "kynde", swap["candle"]
            )
        found = best(induce(*files(tmp_path, source, target), "hausa"))
        assert {word: found[word] for word in swap} == swap

    def test_a_parser_tells_nouns_from_verbs(self, tmp_path: Path) -> None:
        source, target, trees = [], [], []
        for at in range(60):
            noun = at % 2
            other = OTHER[at % 7]
            line = ["the", "paint", "dry"] if noun else ["we", "paint", "here"]
            source.append(f"{' '.join(line)} {ENGLISH[at % 7]}")
            target.append(f"{'varnu' if noun else 'maaku'} {other}")
            rows = [(word, "NOUN" if noun and word == "paint" else "VERB" if word == "paint" else "X")
                    for word in source[-1].split()]  # fmt: skip
            trees.append("# text = " + source[-1])
            trees += [f"{n}\t{w}\t{w}\t{tag}\t_\t_\t{n - 1}\tdep\t_\t_" for n, (w, tag) in enumerate(rows, 1)]
            trees.append("")
        parse = tmp_path / "parse.conllu"
        parse.write_text("\n".join(trees).replace("\t0\tdep", "\t0\troot") + "\n", encoding="utf-8")
        found = induce(*files(tmp_path, source, target), "hausa", parser=conllu_parser(parse))
        paint = {e.upos: e.target for e in found.entries if e.source == "paint"}
        assert paint == {"NOUN": "varnu", "VERB": "maaku"}

    def test_names_that_stay_are_no_entries(self, tmp_path: Path) -> None:
        source, target = text(200)
        for at in range(0, 200, 2):
            name = ("Kendra", "Velmo")[at % 4 // 2]
            source[at] = f"Then {name} {source[at][4:]}"
            target[at] = f"Ja {name} {target[at].lower()}"
        found = best(induce(*files(tmp_path, source, target), "hausa"))
        assert not {"Kendra", "kendra", "Velmo", "velmo"} & set(found)

    def test_what_is_left_out_is_counted(self, tmp_path: Path) -> None:
        source, target = text(100)
        source += ["", "word " * 101, "one two three four five six seven eight nine ten", "...", "a b"]
        target += ["", "sana", "sana", "!", "?"]
        report = induce(*files(tmp_path, source, target), "hausa").report
        assert report["pairs"] == 105
        assert report["used"] == 100
        assert report["dropped"] == {
            "blank": 2,
            "more than 100 words": 1,
            "no word on one side": 1,
            "one side 4 times as long": 1,
        }

    def test_thresholds(self, tmp_path: Path) -> None:
        paths = files(tmp_path, *text(300, endings=ENDINGS))
        all_of_them = induce(*paths, "hausa").entries
        few = induce(*paths, "hausa", limits=Thresholds(agreed=40.0, keep=1)).entries
        assert 0 < len(few) < len(all_of_them)
        assert all(entry.count >= 40 for entry in few)
        assert max(Counter(entry.source for entry in few).values()) == 1

    def test_the_hash_seed_changes_nothing(self, tmp_path: Path) -> None:
        paths = files(tmp_path, *text(120, endings=ENDINGS))
        code = (
            "import sys; from pathlib import Path; from morphaug.induction import induce;"
            "print(induce(Path(sys.argv[1]), Path(sys.argv[2]), 'hausa').entries)"
        )
        outputs = {
            subprocess.run(
                [sys.executable, "-c", code, *map(str, paths)],
                env={**os.environ, "PYTHONHASHSEED": seed},
                capture_output=True,
                check=True,
            ).stdout
            for seed in ("1", "2")
        }
        assert len(outputs) == 1

    def test_progress(self, tmp_path: Path) -> None:
        seen: dict[str, tuple[int, int]] = {}
        induce(
            *files(tmp_path, *text(50)),
            "hausa",
            progress=lambda step, done, total: seen.__setitem__(step, (done, total)),
        )
        assert seen["aligning"][0] == seen["aligning"][1] > 0
        assert seen["reading the English"] == (50, 50)

    def test_real_text(self, test_data: Path, tmp_path: Path) -> None:
        folder = test_data / "lexicons" / "parallel"
        english, other = read_pairs(folder / "lafand.en-swa.dev.en.xz", folder / "lafand.en-swa.dev.swa.xz")
        found = best(induce(*files(tmp_path, english, other), "swahili"))
        wanted = {
            "government": "serikali",
            "year": "mwaka",
            "country": "nchi",
            "child": "mtoto",
            "say": "sema",
        }
        assert {word: found.get(word) for word in wanted} == wanted


class TestFile:
    def test_it_is_taken_in_and_merges(self, tmp_path: Path) -> None:
        out = tmp_path / "lexicon.tsv"
        write(out, induce(*files(tmp_path, *text(300)), "hausa"))
        lines = out.read_text(encoding="utf-8").splitlines()
        assert lines[0].startswith("# ")
        assert "sha256" in "".join(lines[:4])
        dictionary = tmp_path / "dictionary.tsv"
        dictionary.write_text("house\tNOUN\tgidax\nblanket\tNOUN\tbargox\n", encoding="utf-8")
        resources.import_lexicon("hausa", [dictionary])
        resources.import_lexicon("hausa", [out])
        lexicon = resources.lexicon("hausa")
        assert [e.target for e in lexicon.lookup("house")] == ["talmo", "gidax"]
        assert lexicon.lookup("blanket")[0].target == "bargox"
        assert lexicon.lookup("river")[0].target == "jokera"

    def test_a_doubtful_translation_comes_after_the_dictionary(self, tmp_path: Path) -> None:
        (tmp_path / "a.tsv").write_text("dog\tNOUN\tkare\n", encoding="utf-8")
        (tmp_path / "b.tsv").write_text(
            "# made by hand\nsource\tupos\trank\ttarget\tprobability\n"
            "dog\tNOUN\t0\tmage\t0.1\nstone\tX\t0\tdutse\t0.9\n#\tX\t0\tzanza\t0.5\n",
            encoding="utf-8",
        )
        resources.import_lexicon("hausa", [tmp_path / "a.tsv", tmp_path / "b.tsv"])
        assert [e.target for e in resources.lexicon("hausa").lookup("dog")] == ["kare", "mage"]
        rows = read(tmp_path / "b.tsv")[0].rows
        assert [row.target for row in rows] == [
            "mage",
            "dutse",
            "zanza",
        ]  # only above the rows is "#" a comment

    def test_nothing_half_written(self, tmp_path: Path) -> None:
        found = induce(*files(tmp_path, *text(100)), "hausa")
        folder = tmp_path / "out"
        folder.mkdir()
        (folder / "taken").mkdir()
        with pytest.raises(MorphaugError, match="cannot be written"):
            write(folder / "taken", found)
        assert [path.name for path in folder.iterdir()] == ["taken"]


def run(*arguments: str | Path) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "morphaug", "lexicon", "induce", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


class TestCommand:
    def test_the_command(self, tmp_path: Path) -> None:
        source, target = files(tmp_path, *text(200))
        out = tmp_path / "lexicon.tsv"
        code, stdout, _ = run("-s", source, "-t", target, "-l", "hausa", "-o", out, "--json")
        assert code == 0
        report = json.loads(stdout)
        assert report["headwords"] >= len(ENGLISH)
        lines = out.read_text(encoding="utf-8").splitlines()
        assert report["entries"] == sum(not line.startswith(("#", "source\t")) for line in lines)

    @pytest.mark.parametrize(
        ("english", "other", "message"),
        [
            (b"a house\na river\n", b"talmo\n", "text.xx, line 2: the file ends, and the other has 2 lines"),
            (b"a house\n", b"ta\xfflmo\n", "text.xx, line 1: not UTF-8"),
            (b"\n \n", b"talmo\n", "text.en: no text in it"),
            (b"house\n", b"talmo\n", "no pair of words is frequent enough"),
            (b"a b c\n", b"...\n", "no sentence pair is fit"),
        ],
    )
    def test_one_line_and_nothing_written(
        self, tmp_path: Path, english: bytes, other: bytes, message: str
    ) -> None:
        source, target = tmp_path / "text.en", tmp_path / "text.xx"
        source.write_bytes(english)
        target.write_bytes(other)
        out = tmp_path / "out"
        out.mkdir()
        code, _, stderr = run("-s", source, "-t", target, "-l", "hausa", "-o", out / "lexicon.tsv")
        assert code == 2
        assert message in stderr
        assert stderr.startswith("error: ")
        assert stderr.count("\n") == 1
        assert not list(out.iterdir())

    def test_unknown_language_and_text_without_spaces(self, tmp_path: Path) -> None:
        paths = files(tmp_path, *text(20))
        with pytest.raises(UnknownName, match="hausaa"):
            induce(*paths, "hausaa")
        glued = files(tmp_path, text(20)[0], [line.replace(" ", "") * 3 for line in text(20)[1]])
        with pytest.raises(MorphaugError, match="separate the words by spaces"):
            induce(*glued, "hausa")


class TestAlignment:
    @settings(max_examples=40, deadline=None)
    @given(
        st.lists(
            st.tuples(
                st.lists(st.integers(0, 5), min_size=1, max_size=6),
                st.lists(st.integers(0, 4), min_size=1, max_size=6),
            ),
            min_size=1,
            max_size=12,
        )
    )
    def test_counts_are_those_of_the_text(self, pairs: list[tuple[list[int], list[int]]]) -> None:
        source, target = [s for s, _ in pairs], [t for _, t in pairs]
        found = align(source, target, (6, 5))
        meet = Counter((a, b) for s, t in pairs for a in set(s) for b in set(t))
        seen = list(zip(found.source.tolist(), found.target.tolist(), strict=True))
        assert dict(zip(seen, found.together.tolist(), strict=True)) == dict(meet)
        uses = Counter(a for s in source for a in s)
        for word, number in uses.items():
            assert found.agreed[found.source == word].sum() <= number + 1e-9
            assert found.source_sentences[word] == sum(word in s for s in source)
        assert len(found.links) == sum(map(len, target))
        assert (significance(found) >= -1e-9).all()

    def test_order_decides_between_equals(self) -> None:
        # 0 and 1 always meet, so that only their places tell which is which.
        found = align([[0, 1]] * 30, [[0, 1]] * 30, (2, 2))
        table = {
            (int(s), int(t)): x for s, t, x in zip(found.source, found.target, found.agreed, strict=True)
        }
        assert min(table[0, 0], table[1, 1]) > 5 * max(table[0, 1], table[1, 0])

    def test_unequal_texts(self) -> None:
        with pytest.raises(ValueError, match="argument 2 is"):
            align([[0]], [], (1, 1))
        with pytest.raises(ValueError, match="empty"):
            align([[0], []], [[0], [0]], (1, 1))

    def test_digamma_is_the_harmonic_series(self) -> None:
        for n in (1, 2, 5, 6, 7, 50):
            wanted = sum(1 / k for k in range(1, n)) - 0.5772156649015329
            assert math.isclose(float(digamma(np.float64(n))), wanted, rel_tol=0, abs_tol=1e-9)
        assert math.isclose(float(digamma(np.float64(0.5))), -1.9635100260214235, abs_tol=1e-9)

    def test_significance(self) -> None:
        one = np.array([0], dtype=np.int32)
        found = Alignment(one, one, np.array([9.0]), one + 10, one + 10, one + 10, 100, (1.0, 1.0), one)
        wanted = 2 * (10 * math.log(10) + 90 * math.log(100 / 90))
        assert math.isclose(float(significance(found)[0]), wanted)
        never = Alignment(one, one, np.array([9.0]), one + 1, one + 50, one + 50, 100, (1.0, 1.0), one)
        assert float(significance(never)[0]) == 0.0


class TestWords:
    def test_english_is_cut_at_contractions_and_hyphens(self) -> None:
        line = "They won't sell Anna's well-known book; it’s 3.5 km @home http://a.b."
        assert [w.text for w in english_words(line)] == [
            "They", "will", "n't", "sell", "Anna", "'s", "well", "known", "book", "it", "'s", "3.5", "km",
        ]  # fmt: skip

    def test_other_languages_keep_their_words(self) -> None:
        assert [w.text for w in words("Ng'ombe wa Juma; anak-anak à bɔ́lì")] == [
            "Ng'ombe", "wa", "Juma", "anak-anak", "à", "bɔ́lì",
        ]  # fmt: skip
        assert [w.text for w in words("किताब पढ़ी।")] == ["किताब", "पढ़ी"]

    def test_capitals(self) -> None:
        lines = ["The House sat. He saw a house.", "In Rome the house fell.", "The king saw Rome."]
        cased = truecased([english_words(line) for line in lines])
        assert cased[0] == ["the", "house", "sat", "he", "saw", "a", "house"]
        assert cased[1][:2] == ["in", "Rome"]

    def test_usable(self) -> None:
        assert usable([(3, 4), (0, 0), (1, 101), (2, 9)]) == (
            [0],
            {"blank": 1, "more than 100 words": 1, "one side 4 times as long": 1},
        )

    @pytest.mark.parametrize(
        ("form", "lemma"),
        [("children", "child"), ("cities", "city"), ("boxes", "box"), ("stopped", "stop"), ("making", "make"),
         ("went", "go"), ("bigger", "big"), ("happiest", "happy"), ("news", "news"), ("studied", "study"),
         ("uses", "use"), ("dying", "die"), ("leader", "leader"), ("quickly", "quickly"), ("better", "good")],
    )  # fmt: skip
    def test_english_lemmas(self, form: str, lemma: str) -> None:
        text = "the city has a box: stop, make use of it, study, die, lead us to new and quick ways"
        attested = {word.text for word in words(text)}
        assert lemmas(form, attested.__contains__)[0][0] == lemma

    def test_the_text_decides_between_lemmas(self) -> None:
        see, saw = ("see", "VERB"), ("saw", "NOUN")
        readings = {"saw": (see, saw), "sees": (see,), "seen": (see,), "saws": (saw,), "zed": ()}
        assert likeliest({"saw": 9, "sees": 5, "seen": 9, "saws": 1, "zed": 1}, readings)["saw"] == see
        assert likeliest({"saw": 9, "sees": 0, "seen": 1, "saws": 90, "zed": 1}, readings)["saw"] == saw
        assert likeliest({"saw": 9, "sees": 0, "seen": 1, "saws": 12, "zed": 1}, readings)["zed"] == (
            "zed",
            "X",
        )

    def test_a_noun_says_nothing_for_a_verb_of_its_spelling(self) -> None:
        work, resident = ("kazi", "NOUN"), ("mkazi", "NOUN")
        readings = {"kazi": (work,), "wakazi": (resident, ("kazi", "VERB")), "mkazi": (resident,)}
        assert likeliest({"kazi": 500, "wakazi": 30, "mkazi": 1}, readings)["wakazi"] == resident

    def test_alternation(self) -> None:
        assert alternation("mtoto", "watoto") == ("m", "", "wa", "")
        assert alternation("talo", "talossa") == ("", "", "", "ssa")
        assert alternation("talo", "kivi") is None
