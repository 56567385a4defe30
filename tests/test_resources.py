"""Resources: imports are idempotent and atomic, downloads resume, and what is missing is named with its remedy."""

from __future__ import annotations

import functools
import gzip
import hashlib
import http.server
import json
import lzma
import socket
import tarfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_lexicon import dictd

from morphaug import fetch, resources
from morphaug.errors import MissingResource, MorphaugError, UnknownName

TABLE = "talo\ttalot\tN;NOM;PL\ntalo\ttalossa\tN;IN+ESS;SG\ntalo\ttalo\tN;NOM;SG\nmennä\tmenee\tV;ACT;IND;PRS;3;SG\n"
MORE = "koira\tkoiran\tN;GEN;SG\nkoira\tkoira\tN;NOM;SG\n"
WORDS = "house\tNOUN\ttalo\ngo\tVERB\tmennä\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "given" / "table.tsv"
    path.parent.mkdir()
    path.write_text(TABLE, encoding="utf-8")
    return path


@pytest.fixture
def words(tmp_path: Path) -> Path:
    path = tmp_path / "words.tsv"
    path.write_text(WORDS, encoding="utf-8")
    return path


def snapshot(folder: Path) -> dict[str, str]:
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file() and p.name != "meta.json"
    }


# ------------------------------------------------------------------------------------------------ imports


def test_home_follows_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert resources.home() == tmp_path / "morphaug-home"
    monkeypatch.delenv("MORPHAUG_HOME")
    assert resources.home().name == "morphaug"
    monkeypatch.setenv("UNIMORPH", str(tmp_path / "um"))
    assert resources.unimorph_folder() == tmp_path / "um"


def test_import_compiles_and_opens(table: Path, words: Path) -> None:
    assert resources.import_table("finnish", [table])["rows"] == 4
    assert resources.import_lexicon("fi", [words]) == {"headwords": 2, "entries": 2}
    assert resources.paradigms("fin").forms("talo", "N;IN+ESS;SG") == ("talossa",)
    assert resources.lexicon("fin").lookup("house", "NOUN")[0].target == "talo"
    assert (
        resources.morphology("fin").inflect("talo", "NOUN", {"Case": "Ine", "Number": "Sing"}).text
        == "talossa"
    )
    assert resources.paradigms("fin") is resources.paradigms("Finnish")
    assert resources.lexicon("fin") is resources.lexicon("fi")
    assert resources.morphology("fin") is resources.morphology("fin")


def test_importing_again_changes_nothing(table: Path, words: Path) -> None:
    def take_in() -> dict[str, str]:
        resources.import_table("fin", [table])
        resources.import_lexicon("fin", [words])
        return snapshot(resources.home())

    first = take_in()
    stamps = {p: p.stat().st_mtime_ns for p in resources.compiled_folder("fin").rglob("*.marisa")}
    digest = resources.digest("fin")
    assert take_in() == first
    assert {p: p.stat().st_mtime_ns for p in stamps} == stamps  # not even compiled again
    assert resources.digest("fin") == digest
    assert set(digest) == {"lexicon", "paradigms"}


def test_the_same_files_elsewhere_give_the_same_bytes(
    tmp_path: Path, table: Path, words: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    for name in ("one", "two"):
        monkeypatch.setenv("MORPHAUG_HOME", str(tmp_path / name))
        resources.import_table("fin", [table])
        resources.import_lexicon("fin", [words])
        seen.append((snapshot(tmp_path / name), resources.digest("fin")))
    assert seen[0] == seen[1]


def test_tables_merge_and_can_be_replaced(tmp_path: Path, table: Path) -> None:
    other = tmp_path / "other" / "table.tsv.xz"  # the same name as the first, and compressed
    other.parent.mkdir()
    other.write_bytes(lzma.compress(MORE.encode()))
    resources.import_table("fin", [table])
    before = resources.digest("fin")
    assert resources.import_table("fin", [other])["rows"] == 6
    assert resources.digest("fin") != before
    assert resources.paradigms("fin").forms("koira", "N;GEN;SG") == ("koiran",)
    assert resources.paradigms("fin").has("talo")
    resources.import_table("fin", [other], replace=True)
    assert not resources.paradigms("fin").has("talo")


def test_a_new_table_recompiles_the_lexicon(tmp_path: Path, table: Path) -> None:
    lexicon = tmp_path / "l.tsv"
    lexicon.write_text("walk\tkoiro\nwalk\tmennä\n", encoding="utf-8")
    resources.import_lexicon("fin", [lexicon])
    assert [e.upos for e in resources.lexicon("fin").lookup("walk")] == ["X", "X"]
    resources.import_table("fin", [table])
    assert "VERB" in [e.upos for e in resources.lexicon("fin").lookup("walk")]


def test_a_refused_file_leaves_everything_as_it_was(tmp_path: Path, table: Path, words: Path) -> None:
    resources.import_table("fin", [table])
    resources.import_lexicon("fin", [words])
    before = snapshot(resources.home())
    bad = tmp_path / "bad.tsv"
    bad.write_text("no table at all\n", encoding="utf-8")
    with pytest.raises(MorphaugError, match=r"bad\.tsv"):
        resources.import_table("fin", [bad])
    with pytest.raises(MorphaugError, match=r"bad\.tsv"):
        resources.import_lexicon("fin", [bad], kind="tsv")
    with pytest.raises(MorphaugError, match="no file"):
        resources.import_table("fin", [table, tmp_path / "nowhere.tsv"])
    with pytest.raises(MorphaugError, match="at least one"):
        resources.import_lexicon("fin", [])
    with pytest.raises(UnknownName, match="freedict"):
        resources.import_lexicon("fin", [words], kind="freedikt")
    with pytest.raises(UnknownName, match="innish"):
        resources.import_table("finnnish", [table])
    assert snapshot(resources.home()) == before


def test_a_folder_of_dictionaries_gives_this_languages_only(tmp_path: Path) -> None:
    folder = tmp_path / "dictd"
    dictd(folder, "freedict-eng-fin", ["house /h/ <n>\ntalo"])
    dictd(folder, "freedict-fin-eng", ["talo /t/ <n>\nhouse, building"])
    dictd(folder, "freedict-eng-deu", ["house /h/ <n>\nHaus"])
    resources.import_lexicon("fin", [folder])
    lexicon = resources.lexicon("fin")
    assert [e.target for e in lexicon.lookup("house")] == ["talo"]
    assert [e.target for e in lexicon.lookup("building")] == ["talo"]
    with pytest.raises(MorphaugError, match=r"Turkish.*freedict-eng-tur"):
        resources.import_lexicon("tur", [folder])
    # another release takes the old one's place
    dictd(folder, "freedict-eng-fin", ["cottage /h/ <n>\nmökki"])
    resources.import_lexicon("fin", [folder / "freedict-eng-fin.index"])
    assert len(resources.inputs("fin", "lexicon")) == 2
    assert [e.target for e in resources.lexicon("fin").lookup("cottage")] == ["mökki"]


def test_a_unimorph_folder_is_used_where_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "um" / "swc"
    folder.mkdir(parents=True)
    monkeypatch.setenv("UNIMORPH", str(tmp_path / "um"))
    with pytest.raises(MissingResource):  # what a failed `git clone` leaves behind is no table
        resources.paradigms("swh")
    (folder / "README.md").write_text("about", encoding="utf-8")
    with pytest.raises(MissingResource):
        resources.paradigms("swh")
    (folder / "swc").write_text("soma\tanasoma\tV;IND;PRS;3;SG\n", encoding="utf-8")
    assert resources.paradigms("swh").has("soma")
    assert not (resources.home() / "tables" / "swh" / "swc").exists()


def test_what_is_missing_is_named_with_its_command() -> None:
    with pytest.raises(MissingResource, match=r"Finnish.*morphaug resources fetch fin.*--table FILE"):
        resources.paradigms("fin")
    with pytest.raises(MissingResource, match=r"Finnish.*fetch fin --lexicon freedict.*--lexicon FILE"):
        resources.lexicon("fin")
    with pytest.raises(MissingResource, match="morphaug resources fetch fin"):
        resources.morphology("fin")
    with pytest.raises(MissingResource):
        resources.compile_language("fin")
    with pytest.raises(MissingResource):
        resources.verify("fin")
    assert resources.find_lexicon("fin") is None
    assert resources.find_paradigms("fin") is None
    assert resources.digest("fin") == {}
    assert resources.installed() == []
    assert resources.verify() == []
    assert resources.morphology("swh").paradigms is None  # a grammar will do


def test_verify_finds_what_changed_and_what_is_gone(table: Path, words: Path) -> None:
    resources.import_table("fin", [table])
    resources.import_lexicon("fin", [words])
    checks = resources.verify()
    assert {c.state for c in checks} == {"ok"}
    assert len(checks) == len(resources.verify("fin")) >= 6
    copy = next((resources.home() / "tables" / "fin").glob("*-table.tsv"))
    copy.write_text(TABLE + MORE, encoding="utf-8")
    store = resources.compiled_folder("fin") / "lexicon" / "entries.bin"
    store.write_bytes(store.read_bytes()[:-1] + b"!")
    next((resources.home() / "lexicons" / "fin").glob("*-words.tsv")).unlink()
    bad = {
        c.path.name.rpartition("-")[2]: (c.state, c.remedy)
        for c in resources.verify("fin")
        if c.state != "ok"
    }
    assert bad["table.tsv"] == ("changed", "import table.tsv again")
    assert bad["words.tsv"] == ("missing", "import words.tsv again")
    assert bad["entries.bin"] == ("changed", "run: morphaug resources compile fin --force")
    with pytest.raises(MissingResource, match=r"words\.tsv again"):
        resources.compile_language("fin", force=True)


def test_compiling_by_force_mends_a_damaged_store(table: Path, words: Path) -> None:
    resources.import_table("fin", [table])
    resources.import_lexicon("fin", [words])
    before = snapshot(resources.home())
    for part in ("paradigms", "lexicon"):
        for path in (resources.compiled_folder("fin") / part).iterdir():
            path.write_bytes(b"broken")
    assert set(resources.compile_language("fin", force=True)) == {"paradigms", "lexicon"}
    assert snapshot(resources.home()) == before


def test_a_store_of_another_version_is_compiled_again(words: Path, caplog: pytest.LogCaptureFixture) -> None:
    resources.import_lexicon("fin", [words])
    header = resources.compiled_folder("fin") / "lexicon" / "header.json"
    meta = resources.compiled_folder("fin") / "meta.json"
    record = json.loads(meta.read_text(encoding="utf-8"))
    record["lexicon"]["digest"] = "of another version"
    meta.write_text(json.dumps(record), encoding="utf-8")
    header.write_text(json.dumps({"format": 0}), encoding="utf-8")
    assert resources.lexicon("fin").has("house")
    assert caplog.messages == [
        "Finnish (fin) is damaged or was compiled by another version: compiling it, once"
    ]


def test_the_list_of_what_is_installed(table: Path, words: Path) -> None:
    resources.import_table("fin", [table])
    resources.import_lexicon("fin", [words])
    found = {i.part: i for i in resources.installed()}
    assert found["paradigms"].counts["rows"] == 4
    assert found["lexicon"].counts["headwords"] == 2
    for item in found.values():
        assert (item.code, item.name) == ("fin", "Finnish")
        assert item.size > 0
        assert item.when.startswith("20")
        assert len(item.digest) == 64
    assert found["paradigms"].inputs == ("table.tsv",)


def test_a_broken_record_is_named(table: Path) -> None:
    resources.import_table("fin", [table])
    record = resources.home() / "tables" / "fin" / "inputs.json"
    record.write_text("{", encoding="utf-8")
    with pytest.raises(MorphaugError, match=r"inputs\.json"):
        resources.inputs("fin", "paradigms")


# -------------------------------------------------------------------------------------------------- fetch


class Server(http.server.ThreadingHTTPServer):
    """Files from memory, with ranges; ``cut`` breaks so many answers off in the middle."""

    daemon_threads = True

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.cut = 0
        self.ranges = True
        self.fail = 0
        self.log: list[tuple[str, str]] = []
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        server = self.server
        wanted = self.headers.get("Range", "")
        server.log.append((self.path, wanted))
        data = server.files.get(self.path)
        if server.fail:
            server.fail -= 1
            self.send_error(503)
            return
        if data is None:
            self.send_error(404)
            return
        tag = f'"{hashlib.md5(data).hexdigest()}"'
        start = 0
        if wanted and server.ranges and self.headers.get("If-Range") == tag:
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            if start >= len(data):
                self.send_error(416)
                return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(data) - start))
        self.send_header("ETag", tag)
        self.end_headers()
        body = data[start:]
        if server.cut:
            server.cut -= 1
            body = body[: len(body) // 2]
            self.close_connection = True
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with Server() as one:
        thread = threading.Thread(target=functools.partial(one.serve_forever, 0.02), daemon=True)
        thread.start()
        for name in fetch.BASES:
            monkeypatch.setenv(f"MORPHAUG_URL_{name.upper()}", f"{one.url}/{name}")
        monkeypatch.setenv("no_proxy", "*")
        monkeypatch.setattr(fetch.time, "sleep", lambda _: None)
        yield one
        one.shutdown()
        thread.join()


BIG = bytes(range(256)) * 2000


def test_download_reports_progress(server: Server, tmp_path: Path) -> None:
    server.files["/x"] = BIG
    seen: list[tuple[str, int, int | None]] = []
    got = fetch.download(f"{server.url}/x", tmp_path / "x", report=lambda *a: seen.append(a))
    assert got.read_bytes() == BIG
    assert seen[-1] == ("x", len(BIG), len(BIG))
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["x"]
    with fetch.progress_bar() as report:
        fetch.download(f"{server.url}/x", tmp_path / "x", report=report)


def test_a_cut_download_goes_on_where_it_was(server: Server, tmp_path: Path) -> None:
    server.files["/x"] = BIG
    server.cut = 2
    fetch.download(f"{server.url}/x", tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == BIG
    assert [r for _, r in server.log] == ["", f"bytes={len(BIG) // 2}-", f"bytes={len(BIG) * 3 // 4}-"]


def test_a_cut_download_goes_on_in_the_next_run(server: Server, tmp_path: Path) -> None:
    server.files["/x"] = BIG
    server.cut = fetch.TRIES
    with pytest.raises(MorphaugError, match="run the same command again"):
        fetch.download(f"{server.url}/x", tmp_path / "x")
    assert not (tmp_path / "x").exists()
    server.log.clear()
    fetch.download(f"{server.url}/x", tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == BIG
    assert len(server.log) == 1
    assert server.log[0][1].startswith("bytes=")


def test_a_file_that_changed_meanwhile_is_fetched_anew(server: Server, tmp_path: Path) -> None:
    server.files["/x"] = BIG
    server.cut = fetch.TRIES
    with pytest.raises(MorphaugError):
        fetch.download(f"{server.url}/x", tmp_path / "x")
    server.files["/x"] = BIG[::-1]
    fetch.download(f"{server.url}/x", tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == BIG[::-1]


def test_a_server_without_ranges_is_read_from_the_start(server: Server, tmp_path: Path) -> None:
    server.files["/x"] = BIG
    server.ranges = False
    server.cut = 1
    fetch.download(f"{server.url}/x", tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == BIG


def test_a_part_that_is_whole_already(server: Server, tmp_path: Path) -> None:
    server.files["/x"] = BIG
    (tmp_path / "x.part").write_bytes(BIG)
    note = {"url": f"{server.url}/x", "mark": f'"{hashlib.md5(BIG).hexdigest()}"'}
    (tmp_path / "x.part.json").write_text(json.dumps(note), encoding="utf-8")
    assert fetch.download(f"{server.url}/x", tmp_path / "x").read_bytes() == BIG


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256", "sha512"])
def test_checksums(server: Server, tmp_path: Path, algorithm: str) -> None:
    server.files["/x"] = BIG
    good = hashlib.new(algorithm, BIG).hexdigest()
    assert fetch.download(f"{server.url}/x", tmp_path / "x", checksum=good.upper()).exists()
    wrong = good.translate(str.maketrans("0123456789abcdef", "123456789abcdef0"))
    with pytest.raises(MorphaugError, match="checksum"):
        fetch.download(f"{server.url}/x", tmp_path / "y", checksum=wrong)
    assert sorted(p.name for p in tmp_path.iterdir() if p.is_file()) == ["x"]
    with pytest.raises(MorphaugError, match="no checksum"):
        fetch.download(f"{server.url}/x", tmp_path / "z", checksum="abc")


def test_errors_of_the_server(server: Server, tmp_path: Path) -> None:
    with pytest.raises(fetch.NotFound, match=r"/nothing: no such file"):
        fetch.download(f"{server.url}/nothing", tmp_path / "x")
    server.files["/x"] = BIG
    server.fail = 1
    assert fetch.download(f"{server.url}/x", tmp_path / "x").exists()
    server.fail = fetch.TRIES
    with pytest.raises(MorphaugError, match="503"):
        fetch.download(f"{server.url}/x", tmp_path / "y")
    with pytest.raises(MorphaugError, match=r"no address|cannot reach"):
        fetch.download("nonsense", tmp_path / "z")


def test_no_network_is_an_error_in_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    monkeypatch.setenv("no_proxy", "*")
    for name in fetch.BASES:
        monkeypatch.setenv(f"MORPHAUG_URL_{name.upper()}", f"http://127.0.0.1:{port}")
    start = time.perf_counter()
    with pytest.raises(MorphaugError, match=r"cannot reach .*morphaug resources import fin --table FILE"):
        fetch.fetch_unimorph("fin")
    for kind in fetch.LEXICONS:
        with pytest.raises(
            MorphaugError, match=r"cannot reach .*morphaug resources import fin --lexicon FILE"
        ):
            fetch.fetch_lexicon("fin", kind)
    assert time.perf_counter() - start < 5
    assert not resources.unimorph_folder().exists()  # no empty folder is left behind


def test_a_server_that_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "TIMEOUT", 0.2)
    monkeypatch.setenv("no_proxy", "*")
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(MorphaugError, match="no answer"):
            fetch.download(f"http://127.0.0.1:{silent.getsockname()[1]}/x", tmp_path / "x")


def test_fetching_a_table_from_either_branch(server: Server) -> None:
    server.files["/unimorph/deu/main/deu"] = "Haus\tHäuser\tN;NOM;PL\n".encode()
    assert fetch.fetch_unimorph("german")["rows"] == 1
    assert (resources.home() / "unimorph" / "deu" / "deu").is_file()  # where the unimorph package looks
    assert resources.paradigms("deu").has("Haus")
    assert resources.inputs("deu", "paradigms")[0].origin.endswith("/deu/main/deu")
    server.log.clear()
    fetch.fetch_unimorph("deu")
    assert not [p for p, _ in server.log if p.endswith("/main/deu")]  # it is here and unchanged
    server.files["/unimorph/deu/main/deu"] += "Hof\tHöfe\tN;NOM;PL\n".encode()
    assert fetch.fetch_unimorph("deu", update=True)["rows"] == 2
    assert {c.state for c in resources.verify("deu")} == {"ok"}


def test_fetching_a_table_in_parts(server: Server) -> None:
    server.files["/unimorph/fin/master/fin.1"] = TABLE.encode()
    server.files["/unimorph/fin/master/fin.2"] = MORE.encode()
    assert fetch.fetch_unimorph("fin")["rows"] == 6
    assert sorted(p.name for p in (resources.home() / "unimorph" / "fin").iterdir()) == ["fin.1", "fin.2"]


def test_a_language_that_unimorph_files_under_another_code(server: Server) -> None:
    server.files["/unimorph/swc/master/swc"] = b"soma\tanasoma\tV;IND;PRS;3;SG\n"
    fetch.fetch_unimorph("swahili")
    assert resources.paradigms("swh").has("soma")


def test_a_language_that_is_not_there(server: Server) -> None:
    with pytest.raises(MissingResource, match="UniMorph has no table of Finnish"):
        fetch.fetch_unimorph("fin")
    server.files["/freedict"] = b"[]"
    for kind in fetch.LEXICONS:
        with pytest.raises(MissingResource, match=f"{kind} has no dictionary of Finnish"):
            fetch.fetch_lexicon("fin", kind)
    with pytest.raises(UnknownName, match="freedict"):
        fetch.fetch_lexicon("fin", "freedictt")
    server.files["/freedict"] = b"<html>"
    with pytest.raises(MorphaugError, match="not FreeDict's database"):
        fetch.fetch_lexicon("fin")


def test_fetching_freedict_takes_the_newest_release_and_checks_it(server: Server, tmp_path: Path) -> None:
    def release(pair: str, page: str) -> bytes:
        folder = dictd(tmp_path / page[:4] / pair, f"freedict-{pair}", [page])
        path = tmp_path / f"{pair}-{page[:4]}.tar.xz"
        with tarfile.open(path, "w:xz") as out:
            out.add(folder, pair)
        return path.read_bytes()

    forward, old, back = (
        release("eng-fin", "house /h/ <n>\ntalo"),
        release("eng-fin", "horse /h/ <n>\nhevonen"),
        release("fin-eng", "talo /t/ <n>\nbuilding"),
    )
    server.files |= {"/new.dictd.tar.xz": forward, "/old.dictd.tar.xz": old, "/back.dictd.tar.xz": back}

    def entry(name: str, *releases: tuple[str, str, str, str]) -> dict[str, object]:
        rows = [{"platform": p, "date": d, "URL": server.url + u, "checksum": c} for p, d, u, c in releases]
        return {"name": name, "releases": rows}

    sums = [hashlib.sha512(x).hexdigest() for x in (forward, old, back)]
    database = [
        {"software": {}},
        entry(
            "eng-fin",
            ("dictd", "2020-01-01", "/old.dictd.tar.xz", sums[1]),
            ("dictd", "2022-11-18", "/new.dictd.tar.xz", sums[0]),
            ("stardict", "2023-01-01", "/stardict.tar.xz", ""),
        ),
        entry("fin-eng", ("dictd", "2022-11-18", "/back.dictd.tar.xz", sums[2])),
        entry("eng-deu", ("dictd", "2022-11-18", "/deu.dictd.tar.xz", "")),
    ]
    server.files["/freedict"] = json.dumps(database).encode()
    fetch.fetch_lexicon("fin")
    lexicon = resources.lexicon("fin")
    assert [e.target for e in lexicon.lookup("house")] == ["talo"]
    assert [e.target for e in lexicon.lookup("building")] == ["talo"]
    assert not lexicon.has("horse")
    assert {c.state for c in resources.verify("fin")} == {"ok"}
    server.log.clear()
    fetch.fetch_lexicon("fin")
    assert [p for p, _ in server.log] == ["/freedict"]
    server.files["/new.dictd.tar.xz"] = old
    with pytest.raises(MorphaugError, match="checksum"):
        fetch.fetch_lexicon("fin", update=True)
    assert resources.lexicon("fin").has("house")


def test_fetching_muse_and_gatitos(server: Server) -> None:
    server.files["/muse/en-fi.txt"] = b"house talo\ngo menee\n"
    server.files["/muse/fi-en.txt"] = b"talo building\n"
    server.files["/gatitos/en_sw.tsv"] = b"house\tnyumba\n"
    fetch.fetch_lexicon("fin", "muse")
    assert [e.target for e in resources.lexicon("fin").lookup("house")] == ["talo"]
    assert [e.target for e in resources.lexicon("fin").lookup("building")] == ["talo"]
    fetch.fetch_lexicon("swh", "gatitos")
    assert [e.target for e in resources.lexicon("swh").lookup("house")] == ["nyumba"]


def test_stanza_without_a_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("stanza")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("MORPHAUG_URL_STANZA", f"http://127.0.0.1:{closed.getsockname()[1]}")
    monkeypatch.setenv("no_proxy", "*")
    start = time.perf_counter()
    with pytest.raises(MorphaugError, match=r"Stanza's models of English.*--model-dir"):
        fetch.fetch_stanza("en", model_dir=tmp_path / "models")
    assert time.perf_counter() - start < 60  # importing torch is most of it


# ---------------------------------------------------------------------------------------------- real data


def test_sigmorphon_years_merge(test_data: Path) -> None:
    files = [
        test_data / "sigmorphon" / "2018" / "swahili-dev.xz",
        test_data / "sigmorphon" / "2020" / "swa.dev.xz",
        test_data / "sigmorphon" / "2023" / "swa.dev.xz",
    ]
    counts = resources.import_table("swh", files)
    assert counts["rows"] > 1_200
    assert counts["malformed"] == 0
    assert {c.state for c in resources.verify("swh")} == {"ok"}
    assert resources.paradigms("swh").has("soma")


def test_a_table_packed_any_way_is_the_same(tmp_path: Path, table: Path) -> None:
    packed = tmp_path / "table.tsv.gz"
    packed.write_bytes(gzip.compress(table.read_bytes()))
    resources.import_table("fin", [packed])
    assert resources.paradigms("fin").has("talo")
