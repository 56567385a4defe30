"""The parse cache: what goes in comes out, from any process, and a kill costs at most a batch."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from morphaug.errors import MorphaugError
from morphaug.parsecache import ParseCache, cached, decode, default_path, encode, keys
from morphaug.trees import Sentence, Token


def chain(forms: Sequence[str], **more: str) -> Sentence:
    """A sentence whose words hang from the one before."""
    last = len(forms)
    return Sentence(
        [
            Token(i, f, f.lower(), "NOUN", {"Number": "Sing"}, i - 1, "dep", " " if i < last else "", (i,))
            for i, f in enumerate(forms, 1)
        ],
        **more,
    )


@dataclass
class Counting:
    """A parser that remembers what it was asked."""

    name: str = "counting 1"
    asked: list[str | Sequence[str]] = field(default_factory=list)

    def parse(self, texts: Sequence[str | Sequence[str]]) -> list[list[Sentence]]:
        self.asked += texts
        return [[chain(t.split() if isinstance(t, str) else t)] for t in texts]


ANY_TEXT = st.text(st.characters(), max_size=6)


@given(
    st.lists(
        st.builds(
            Sentence,
            st.lists(
                st.builds(
                    lambda form, lemma, feats, head, space: (form, lemma, feats, head, space),
                    ANY_TEXT,
                    ANY_TEXT,
                    st.dictionaries(st.sampled_from(["Case", "Number"]), st.sampled_from(["Ine", "Sing"])),
                    st.integers(0, 9),
                    ANY_TEXT,
                ),
                max_size=4,
            ).map(
                lambda rows: [
                    Token(i, form, lemma, "X", feats, head, "dep:x", space, (i,))
                    for i, (form, lemma, feats, head, space) in enumerate(rows, 1)
                ]
            ),
            ANY_TEXT,
            ANY_TEXT,
            ANY_TEXT,
            st.just({}),
            st.lists(ANY_TEXT, max_size=2).map(tuple),
        ),
        max_size=3,
    )
)
def test_any_parse_comes_back_equal(sentences: list[Sentence]) -> None:
    assert decode(encode(sentences)) == sentences


def test_features_are_not_shared_between_tokens() -> None:
    first, second = decode(encode([chain(["a", "b"])]))[0].tokens
    first.feats["Number"] = "Plur"
    assert second.feats == {"Number": "Sing"}


def test_keys_tell_texts_tokens_and_parsers_apart() -> None:
    fields = ["a b", ["a b"], ["a", "b"], ["a", "", "b"], "", [], ["a\x1fb"], "\ud800"]
    assert len(set(keys("p", fields) + keys("q", fields))) == 2 * len(fields)
    assert keys("p", [("a", "b")]) == keys("p", [["a", "b"]])


def test_texts_are_parsed_once(tmp_path: Path) -> None:
    parser = Counting()
    cache = ParseCache(tmp_path / "deep" / "p.sqlite")
    both = cached(parser, cache)
    assert both.name == "counting 1"
    first = both.parse(["a b", "c", "a b", ["a", "b"]])
    assert parser.asked == ["a b", "c", ("a", "b")]
    assert (both.hits, both.misses) == (0, 3)
    assert first[0] == first[2]
    assert first[0][0] is not first[2][0]
    again = cached(Counting(), cache)
    assert again.parse(["c", ("a", "b"), "a b"]) == [first[1], first[3], first[0]]
    assert (again.hits, again.misses) == (3, 0)
    assert len(cache) == 3
    assert cached(Counting("counting 2"), cache).parse(["c"]) == [first[1]]
    assert len(cache) == 4


def test_another_process_reads_what_one_wrote_and_parsers_travel(tmp_path: Path) -> None:
    with ParseCache(tmp_path / "p.sqlite") as cache:
        both = cached(Counting(), cache)
        expected = both.parse(["a b"])
        assert pickle.loads(pickle.dumps(cache)).get_many("counting 1", ["a b"]) == [expected[0]]
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            assert pool.apply(cache.get_many, ("counting 1", ["a b", "x"])) == [expected[0], None]


def test_a_forked_process_uses_a_connection_of_its_own(tmp_path: Path) -> None:
    cache = ParseCache(tmp_path / "p.sqlite")
    cache.put_many("p", ["a"], [[chain(["a"])]])
    child = os.fork()
    if child == 0:  # no test framework in here: only the exit status counts
        try:
            found = cache.get_many("p", ["a"])[0]
            cache.put_many("p", ["b"], [[chain(["b"])]])
            os._exit(0 if found else 3)
        except BaseException:
            os._exit(4)
    assert os.waitpid(child, 0)[1] == 0
    assert cache.get_many("p", ["b"]) == [[chain(["b"])]]


def test_threads_share_a_cache(tmp_path: Path) -> None:
    cache = ParseCache(tmp_path / "p.sqlite")
    wrong: list[object] = []

    def work(number: int) -> None:
        try:
            for i in range(20):
                text = f"{number} {i}"
                cache.put_many("p", [text], [[chain(text.split())]])
                if cache.get_many("p", [text]) != [[chain(text.split())]]:
                    wrong.append(text)
            cache.close()
        except MorphaugError as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(cache) == 80


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from morphaug.parsecache import ParseCache
from morphaug.trees import Sentence, Token
cache = ParseCache(Path(sys.argv[1]))
for i in range(10**9):
    text = str(i)
    tree = Sentence([Token(1, text, text, "NUM", {}, 0, "root", "", (1,))])
    cache.put_many("p", [text, text + "b"], [[tree], [tree]])
    if i == 20:
        print("going", flush=True)
"""


def test_a_killed_writer_leaves_a_sound_file(tmp_path: Path) -> None:
    path = tmp_path / "p.sqlite"
    root = Path(__file__).parents[1]
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(path), str(root)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"going\n"
    time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    with ParseCache(path) as cache:
        count = len(cache)
        assert count >= 42
        assert count % 2 == 0  # a batch is stored whole or not at all
        texts = [str(i) for i in range(count // 2)]
        assert [p[0].tokens[0].form if p else None for p in cache.get_many("p", texts)] == texts
        cache.put_many("p", ["more"], [[chain(["more"])]])


def test_an_interrupted_run_keeps_the_batches_it_finished(tmp_path: Path) -> None:
    class Failing(Counting):
        def parse(self, texts: Sequence[str | Sequence[str]]) -> list[list[Sentence]]:
            if "c" in texts:
                raise KeyboardInterrupt
            return super().parse(texts)

    cache = ParseCache(tmp_path / "p.sqlite")
    both = cached(Failing(), cache)
    both.batch = 2
    with pytest.raises(KeyboardInterrupt):
        both.parse(["a", "b", "c", "d"])
    assert len(cache) == 2


def test_a_read_only_cache_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "p.sqlite"
    with ParseCache(path) as cache:
        cache.put_many("p", ["a"], [[chain(["a"])]])
    monkeypatch.setattr(os, "access", lambda *_: False)  # the tests may run as root, whom no mode stops
    with ParseCache(path) as cache:
        parser = Counting("p")
        assert cached(parser, cache).parse(["a", "b"]) == [[chain(["a"])], [chain(["b"])]]
        assert len(cache) == 1


def test_a_damaged_value_is_parsed_again(tmp_path: Path) -> None:
    path = tmp_path / "p.sqlite"
    with ParseCache(path) as cache:
        cache.put_many("counting 1", ["a"], [[chain(["a"])]])
    with sqlite3.connect(path) as database:
        database.execute("UPDATE parse SET value = substr(value, 1, 9)")
    database.close()
    with ParseCache(path) as cache:
        assert cached(Counting(), cache).parse(["a"]) == [[chain(["a"])]]
        assert cache.get_many("counting 1", ["a"]) == [[chain(["a"])]]


def test_files_that_are_no_parse_cache_are_named_and_left_alone(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("not a database\n" * 100)
    with pytest.raises(MorphaugError, match=r"notes\.txt: not usable as a parse cache .*--parse-cache"):
        ParseCache(text).get_many("p", ["a"])
    assert text.read_text() == "not a database\n" * 100

    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as database:
        database.execute("CREATE TABLE mine (x)")
    database.close()
    before = other.read_bytes()
    with pytest.raises(MorphaugError, match=r"other\.sqlite: a database, but no parse cache"):
        ParseCache(other).put_many("p", ["a"], [[chain(["a"])]])
    assert other.read_bytes() == before

    newer = tmp_path / "newer.sqlite"
    with ParseCache(newer) as cache:
        assert len(cache) == 0
    with sqlite3.connect(newer) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(MorphaugError, match="a parse cache of format 99"):
        ParseCache(newer).get_many("p", ["a"])

    with pytest.raises(MorphaugError, match="not usable as a parse cache"):
        ParseCache(tmp_path).get_many("p", ["a"])


def test_the_default_cache_lies_in_the_home_folder() -> None:
    assert default_path() == Path(os.environ["MORPHAUG_HOME"]) / "parses" / "parses.sqlite"
