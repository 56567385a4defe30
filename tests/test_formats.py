"""File formats: what is written is read again, and a broken line costs one record and no traceback."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from morphaug.derivation import Rejected
from morphaug.errors import MissingResource, MorphaugError, UnknownName
from morphaug.formats import FORMATS, class_names, detect, open_writer, read_records

TREE = """# sent_id = s1
# text = Dogs bark
1	Dogs	dog	NOUN	NNS	_	2	nsubj	_	_
2	bark	bark	VERB	VBP	_	0	root	_	_
"""


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    """Writes a file and gives its path."""

    def make(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return make


Make = Callable[[str, str | bytes], Path]


def records(path: Path | str, format: str = "auto", **options: Any) -> list[Any]:
    """Records, and the reasons of what is none."""
    found = read_records(path, format, **options)
    return [r.reason if isinstance(r, Rejected) else r for r, _ in found]


def places(path: Path | str, format: str = "auto", **options: Any) -> list[str]:
    return [place for _, place in read_records(path, format, **options)]


# -- lines ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pack", [lzma.compress, gzip.compress, bz2.compress, bytes])
def test_packed_files_are_unpacked(file: Make, pack: Callable[[bytes], bytes]) -> None:
    ending = {lzma.compress: ".xz", gzip.compress: ".gz", bz2.compress: ".bz2", bytes: ""}[pack]
    path = file(f"a.jsonl{ending}", pack(b'{"text": "a"}\n{"text": "b"}'))
    assert detect(path) == "jsonl"
    assert records(path) == [{"text": "a"}, {"text": "b"}]
    assert places(path) == [f"a.jsonl{ending}:1", f"a.jsonl{ending}:2"]


@pytest.mark.parametrize("pack", [lzma.compress, gzip.compress, bz2.compress])
def test_a_packed_file_that_is_cut_off_is_an_error(file: Make, pack: Callable[[bytes], bytes]) -> None:
    ending = {lzma.compress: ".xz", gzip.compress: ".gz", bz2.compress: ".bz2"}[pack]
    data = pack("".join(json.dumps({"text": f"line {i * 7919}"}) + "\n" for i in range(2000)).encode())
    with pytest.raises(MorphaugError, match="cut off or damaged"):
        records(file(f"a.jsonl{ending}", data[: len(data) // 2]))
    with pytest.raises(MorphaugError, match=r"cannot be (unpacked|read)"):
        records(file(f"b.jsonl{ending}", b"no such packing"))


def test_line_ends_may_be_mixed_and_other_separators_are_text(file: Make) -> None:
    rows = [json.dumps({"text": f"{c} x"}, ensure_ascii=False) for c in "a\u2028\x85b\x0cd"]
    raw = (rows[0] + "\r\n" + rows[1] + "\n\n" + rows[2] + "\r" + rows[3] + "\r\r\n" + rows[5]).encode()
    assert places(file("m.jsonl", raw)) == ["m.jsonl:1", "m.jsonl:2", "m.jsonl:4", "m.jsonl:5", "m.jsonl:7"]
    assert [r["text"][0] for r in records(file("m.jsonl", raw))] == ["a", "\u2028", "\x85", "b", "d"]
    assert records(file("mac.txt", b"a b\rc d\r")) == [{"text": "a b"}, {"text": "c d"}]


def test_a_byte_order_mark_is_no_text(file: Make) -> None:
    assert records(file("a.jsonl", b"\xef\xbb\xbf" + b'{"text": "a"}')) == [{"text": "a"}]
    assert records(file("a.json", b"\xef\xbb\xbf" + b'[{"text": "a"}]')) == [{"text": "a"}]
    assert records(file("a.csv", b"\xef\xbb\xbf" + b"text,label\r\na,1\r\n")) == [{"text": "a", "label": "1"}]
    assert records(file("a.conll", b"\xef\xbb\xbf" + b"a O\n")) == [{"tokens": ["a"], "tags": ["O"]}]
    assert records(file("a.conllu", b"\xef\xbb\xbf" + TREE.encode()))[0]["conllu"] == TREE


def test_a_wrong_encoding_is_told_by_the_byte(file: Make) -> None:
    raw = b'{"text": "a"}\r\n{"text": "caf\xe9"}\r\n{"text": "b"}'
    path = file("a.jsonl", raw)
    assert records(path) == [{"text": "a"}, "bad_encoding", {"text": "b"}]
    [rejected] = [r for r, _ in read_records(path) if isinstance(r, Rejected)]
    assert rejected.detail == f"byte 0xe9 at {raw.index(0xE9)} of the file is not UTF-8"
    for encoding in ("utf-16", "utf-16-le"):
        mark = "\ufeff" if encoding == "utf-16-le" else ""
        with pytest.raises(MorphaugError, match="UTF-16"):
            records(file("b.jsonl", (mark + '{"text": "a"}').encode(encoding)))
    with pytest.raises(MorphaugError, match=r"byte 0xe9 at 14 is not UTF-8"):
        records(file("a.json", b'[{"text": "caf\xe9"}]'))
    assert records(file("a.conll", b"caf\xe9 O\nb O\n\nc O\n")) == [
        "bad_encoding",
        {"tokens": ["c"], "tags": ["O"]},
    ]
    assert records(file("a.tsv", b"text\tlabel\ncaf\xe9\t1\nb\t2")) == [
        "bad_encoding",
        {"text": "b", "label": "2"},
    ]
    assert records(file("a.csv", b'text,label\n"caf\xe9\nx",1\nb,2'))[-1] == {"text": "b", "label": "2"}
    assert records(file("a.conllu", TREE.replace("bark", "b\xe4rk").encode("latin-1"))) == ["bad_conllu"]


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv", "a.tsv", "a.conll", "a.conllu", "a.txt", "a"])
@pytest.mark.parametrize("content", [b"", b"\n", b" \r\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_a_clear_error(file: Make, name: str, content: bytes) -> None:
    with pytest.raises(MorphaugError, match=r"is empty|holds no records|names no columns"):
        records(file(name, content))


def test_a_missing_file_and_a_folder_are_clear_errors(tmp_path: Path) -> None:
    for name in ("a.jsonl", "a.json", "a.parquet", "a.conllu", "a.xz"):
        with pytest.raises(MorphaugError, match="there is no file"):
            records(tmp_path / name)
    with pytest.raises(MorphaugError, match="no saved dataset"):
        records(tmp_path)
    with pytest.raises(MorphaugError, match="is a folder"):
        records(tmp_path, "jsonl")


@pytest.mark.parametrize("name", ["big.jsonl", "big.csv", "big.tsv", "big.conll", "big.txt"])
def test_a_line_of_a_megabyte_is_no_problem(file: Make, name: str) -> None:
    long = "word " * 220_000
    content = {
        "big.jsonl": json.dumps({"text": long}) + "\n" + '{"text": "b"}',
        "big.csv": f'text,label\n"{long}",1\nb,2\n',
        "big.tsv": f"text\tlabel\n{long}\t1\nb\t2\n",
        "big.conll": f"{'w' * 1_100_000}\tO\n\nb\tO\n",
        "big.txt": f"{long}\nb\n",
    }[name]
    assert len(records(file(name, content))) == 2


def test_reading_holds_one_line_in_memory(file: Make) -> None:
    path = file("a.jsonl", (json.dumps({"text": "w " * 500}) + "\n") * 5000)
    tracemalloc.start()
    count = sum(1 for _ in read_records(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 5000
    assert peak < path.stat().st_size / 5


# -- JSON -------------------------------------------------------------------------------------------


def test_broken_json_costs_its_line(file: Make) -> None:
    deep = "[" * 100_000
    lines = ['{"text": "a"}', '{"text": "b', "[1]", "17", "nonsense", '{"n": ' + "9" * 5000 + "}", deep, '{"text": "c"} {}', '{"text": "z"}']  # fmt: skip
    path = file("a.jsonl", "\n".join(lines))
    assert records(path) == [
        {"text": "a"},
        "bad_json",
        "wrong_type",
        "wrong_type",
        *["bad_json"] * 4,
        {"text": "z"},
    ]
    details = [(place, r.detail) for r, place in read_records(path) if isinstance(r, Rejected)]
    assert details[0] == ("a.jsonl:2", "Unterminated string starting at column 10 (it ends in the middle)")
    cut = [r.detail for r, _ in read_records(file("b.jsonl", '{"text": "b"')) if isinstance(r, Rejected)]
    assert cut == ["Expecting ',' delimiter at column 13 (it ends in the middle)"]


def test_a_document_that_is_cut_off_is_an_error(file: Make) -> None:
    with pytest.raises(MorphaugError, match=r"a\.json is not valid JSON.*it ends in the middle"):
        records(file("a.json", '[{"text": "a"},\n{"text": "b"}'))
    with pytest.raises(MorphaugError, match="holds a number, not records"):
        records(file("a.json", "17"))


def test_json_documents_of_several_shapes(file: Make) -> None:
    row = {"text": "a"}
    for document in ([row, row], {"data": [row, row], "version": 1}):
        assert records(file("a.json", json.dumps(document, indent=1))) == [row, row]
    assert records(file("a.json", json.dumps(row))) == [row]
    assert records(file("a.json", json.dumps([row, 3]))) == [row, "wrong_type"]
    path = file("lines.json", json.dumps(row) + "\n" + json.dumps(row))
    assert detect(path) == "jsonl"
    assert records(path) == [row, row]
    assert records(file("noname", json.dumps(row) + "\n" + json.dumps(row))) == [row, row]


SQUAD = {
    "version": "1.1",
    "data": [
        {
            "title": "T",
            "paragraphs": [
                {
                    "context": "a b c",
                    "qas": [
                        {"id": "1", "question": "q?", "answers": [{"text": "b", "answer_start": 2}]},
                        {"id": "2", "question": "r?", "answers": [], "is_impossible": True},
                    ],
                },
                {"context": "d e", "qas": [{"id": "3", "question": "s?", "answers": [{"text": "d", "answer_start": 0, "aid": 9}]}]},
            ],
        }
    ],
}  # fmt: skip


def test_squad_is_read_flat_and_written_nested(file: Make, tmp_path: Path) -> None:
    path = file("squad.json", json.dumps(SQUAD))
    assert detect(path) == "squad"
    flat = records(path)
    assert flat == [
        {"id": "1", "title": "T", "context": "a b c", "question": "q?", "answers": {"text": ["b"], "answer_start": [2]}},
        {"id": "2", "title": "T", "context": "a b c", "question": "r?", "answers": {"text": [], "answer_start": []}, "is_impossible": True},
        {"id": "3", "title": "T", "context": "d e", "question": "s?", "answers": [{"text": "d", "answer_start": 0, "aid": 9}]},
    ]  # fmt: skip
    assert places(path)[2] == "squad.json: data[0].paragraphs[1].qas[0]"
    out = tmp_path / "out.json"
    writer = open_writer(out, "squad")
    for record in flat:
        writer.write(record)
    writer.close()
    written = json.loads(out.read_text(encoding="utf-8"))
    articles = written["data"]
    assert [p for a in articles for p in a["paragraphs"]] == SQUAD["data"][0]["paragraphs"]  # type: ignore[index]
    assert records(out) == flat


def test_an_empty_squad_file_is_still_json(tmp_path: Path) -> None:
    open_writer(tmp_path / "a.json", "squad").close()
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["data"] == []
    writer = open_writer(tmp_path / "b.json", "squad")
    with pytest.raises(MorphaugError, match="context and a question"):
        writer.write({"text": "a"})
    writer.close()


@pytest.mark.parametrize(
    ("article", "reason"),
    [
        ({"paragraphs": 3}, "wrong_type"),
        ({"paragraphs": [3]}, "wrong_type"),
        ({"paragraphs": [{"context": "a"}]}, "wrong_type"),
        ({"paragraphs": [{"context": "a", "qas": ["q"]}]}, "wrong_type"),
        ("article", "wrong_type"),
    ],
)
def test_a_malformed_article_costs_itself(file: Make, article: object, reason: str) -> None:
    document = {"data": [article, *SQUAD["data"]]}  # type: ignore[misc]
    assert records(file("a.json", json.dumps(document)), "squad")[0] == reason
    assert len(records(file("a.json", json.dumps(document)), "squad")) == 4


def test_half_characters_and_values_that_json_lacks_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    writer = open_writer(path, "jsonl")
    writer.write({"text": "\ud83d"})
    writer.write({"d": date(2020, 1, 2), "n": Decimal("1.5"), "b": b"\x00", "s": {"b", "a"}, "c": 1j})
    writer.write({"text": "ä\u2028"})
    writer.close()
    assert "ä\u2028" in path.read_text(encoding="utf-8")
    assert records(path) == [
        {"text": "\ud83d"},
        {"d": "2020-01-02", "n": "1.5", "b": "AA==", "s": ["a", "b"], "c": "1j"},
        {"text": "ä\u2028"},
    ]


# -- tables -----------------------------------------------------------------------------------------


def test_a_csv_file_with_quoted_line_ends(file: Make) -> None:
    path = file("a.csv", 'id,text,label\n1,"a ""b""\r\nc, d",x\n\n2,5" disk,y\n')
    assert records(path) == [
        {"id": "1", "text": 'a "b"\r\nc, d', "label": "x"},
        {"id": "2", "text": '5" disk', "label": "y"},
    ]
    assert places(path) == ["a.csv:2", "a.csv:5"]


@pytest.mark.parametrize("after", [3, 5000])
def test_a_quote_that_nobody_closes_costs_its_line(file: Make, after: int) -> None:
    rows = "".join(f"{i},row {i}\n" for i in range(after))
    path = file("a.csv", f'id,text\n0,fine\n1,"open\n{rows}')
    found = records(path)
    assert found[0] == {"id": "0", "text": "fine"}
    assert found[1] == "unclosed_quote"
    assert len(found) == after + 2
    assert places(path)[1:3] == ["a.csv:3", "a.csv:4"]


def test_a_tsv_file_has_no_quotes(file: Make) -> None:
    path = file("a.tsv", 'text\tlabel\n"a b\tx\r\nc"\ty\n\na\tb\tc\nd\n')
    assert records(path) == [
        {"text": '"a b', "label": "x"},
        {"text": 'c"', "label": "y"},
        "column_count",
        "column_count",
    ]
    assert places(path) == ["a.tsv:2", "a.tsv:3", "a.tsv:5", "a.tsv:6"]


def test_columns_can_be_named(file: Make) -> None:
    path = file("a.tsv", "It is so.\tIt is not.\tx\nYes.\tNo.\ty\n")
    names = ["premise", "hypothesis", "label"]
    assert records(path, columns=names)[1] == {"premise": "Yes.", "hypothesis": "No.", "label": "y"}
    assert len(records(path, columns=names)) == 2
    with pytest.raises(MorphaugError, match="name the 3 columns with --columns"):
        records(path)
    with_header = file("b.tsv", "premise\thypothesis\tlabel\nA b\tC\ty\n")
    assert len(records(with_header, columns=names)) == len(records(with_header)) == 1
    assert records(with_header, columns=["a", "b", "c"], header=True) == [{"a": "A b", "b": "C", "c": "y"}]
    assert len(records(with_header, columns=["a", "b", "c"], header=False)) == 2
    assert records(path, columns=["a", "b"]) == ["column_count", "column_count"]


def test_columns_must_have_names_of_their_own(file: Make) -> None:
    with pytest.raises(MorphaugError, match="two columns are called 'text'"):
        records(file("a.csv", "text,text\na,b\n"))
    with pytest.raises(MorphaugError, match="header line cannot be read"):
        records(file("a.csv", b"te\xff,label\na,b\n"))
    assert records(file("b.csv", ",text\n0,a\n"), header=True) == [{"index": "0", "text": "a"}]


@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {"text": st.text(st.characters(exclude_categories=["Cs"]), max_size=8), "n": st.integers()}
        ),
        min_size=1,
        max_size=4,
    )
)
@settings(deadline=None)
def test_tables_are_read_as_they_were_written(rows: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> None:  # fmt: skip
    folder = tmp_path_factory.mktemp("tables")
    for format in ("csv", "tsv", "jsonl"):
        writer = open_writer(folder / format, format)
        for row in rows:
            writer.write({**row, "z": "."})
        writer.close()
        found = records(folder / format, format)
        for row, again in zip(rows, found, strict=True):
            text = row["text"]
            if format == "tsv":  # letter for letter: offsets into the text stay right
                text = "".join(" " if c in "\t\r\n" else c for c in text)
            assert again == {"text": text, "n": row["n"] if format == "jsonl" else str(row["n"]), "z": "."}


def test_tables_hold_lists_and_may_have_chosen_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    writer = open_writer(path, "csv")
    writer.write({"text": "a", "answers": {"text": ["ä"]}, "none": None})
    with pytest.raises(MorphaugError, match="cannot take column 'more'"):
        writer.write({"text": "a", "more": 1})
    writer.close()
    assert records(path) == [{"text": "a", "answers": '{"text": ["ä"]}', "none": ""}]
    bare = open_writer(tmp_path / "b.tsv", "tsv", columns=["label", "text"], header=False)
    bare.write({"text": "a\tb\nc", "label": 1, "morphaug": {}})
    bare.close()
    assert (tmp_path / "b.tsv").read_text(encoding="utf-8") == "1\ta b c\n"


# -- columns ----------------------------------------------------------------------------------------


def test_token_tag_columns(file: Make) -> None:
    path = file("a.tsv", "# comment\nEU\tB-ORG\nrejects\tO\r\n\n\n-DOCSTART-\tO\n\na b\tO\n")
    assert detect(path) == "conll"
    assert records(path) == [
        {"tokens": ["EU", "rejects"], "tags": ["B-ORG", "O"]},
        {"tokens": ["a b"], "tags": ["O"]},
    ]
    assert places(path) == ["a.tsv:2", "a.tsv:8"]
    assert records(file("b.txt", "EU NNP I-NP B-ORG\n. . O O\n")) == [
        {"tokens": ["EU", "."], "tags": ["B-ORG", "O"]}
    ]
    assert records(file("d.txt", "# O\nso O\n\n# id = 7\n# O\n"))[1] == {"tokens": ["#"], "tags": ["O"]}
    assert records(file("c.tsv", "From\tADP\nhere\tADV\n\nNow\tADV\n"))[1] == {
        "tokens": ["Now"],
        "tags": ["ADV"],
    }


def test_a_broken_line_costs_its_sentence(file: Make) -> None:
    path = file("a.conll", "a\tO\nb\nc\tO\n\n\tO\n\nd\tO\n\ne \n")
    assert records(path) == ["missing_tag", "empty_token", {"tokens": ["d"], "tags": ["O"]}, "missing_tag"]
    assert places(path)[0] == "a.conll:2"


def test_language_prefixes_of_tokens_are_removed(file: Make) -> None:
    path = file("a.conll", "en:The\tO\nen:re\tO\n\nen:see\tO\nen:\tO\nre:x\tO\n")
    assert records(path) == [{"tokens": ["The", "re"], "tags": ["O", "O"]}, {"tokens": ["see", "en:", "re:x"], "tags": ["O"] * 3}]  # fmt: skip
    plain = file("b.conll", "The\tO\nre:x\tO\n\nen:see\tO\n")
    assert records(plain)[1] == {"tokens": ["en:see"], "tags": ["O"]}


def test_conllu_blocks_are_records(file: Make) -> None:
    broken = TREE.replace("\tnsubj\t_\t_", "\tnsubj")
    path = file(
        "a.conllu", TREE + "\n" + broken + "\n# only = comments\n\n" + TREE.replace("# sent_id = s1\n", "")
    )
    found = records(path)
    assert found[0] == {
        "id": "s1", "text": "Dogs bark", "tokens": ["Dogs", "bark"], "upos": ["NOUN", "VERB"],
        "xpos": ["NNS", "VBP"], "conllu": TREE + "\n",
    }  # fmt: skip
    assert found[1] == "bad_conllu"
    assert "id" not in found[2]
    assert places(path) == ["a.conllu:1", "a.conllu:8", "a.conllu:13"]


def test_lines_are_written_as_they_are_read(file: Make, tmp_path: Path) -> None:
    contents = {
        "conll": "EU\tB-ORG\na b\tO\n\nc\tO\n\n",
        "conllu": TREE + "\n" + TREE.replace("s1", "s2") + "\n",
        "text": "a b\nc\n",
    }
    for format, content in contents.items():
        out = tmp_path / "out"
        writer = open_writer(out, format)
        for record, _ in read_records(file("in", content), format):
            assert isinstance(record, dict)
            writer.write(record)
        writer.close()
        assert out.read_bytes() == content.encode()
        writer = open_writer(tmp_path / "no", format)
        with pytest.raises(MorphaugError, match="write jsonl"):
            writer.write({"x": 1})
        writer.close()


def test_writers_know_the_users_names(tmp_path: Path) -> None:
    writer = open_writer(tmp_path / "a.conll", "conll", names={"tokens": "w", "tags": "t"})
    writer.write({"w": ["a\tb"], "t": [3]})
    writer.close()
    assert (tmp_path / "a.conll").read_text(encoding="utf-8") == "a b\t3\n\n"


# -- Parquet and datasets ---------------------------------------------------------------------------

ROWS = [
    {"id": "1", "answers": {"text": ["a"], "answer_start": [0]}, "flag": None, "n": 1, "tags": []},
    {"id": "2", "answers": {"text": [], "answer_start": []}, "flag": None, "n": 2, "tags": []},
]


def test_parquet_is_read_as_it_was_written(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    path = tmp_path / "a.parquet"
    writer = open_writer(path, "parquet")
    for row in ROWS * 600:  # more than a batch
        writer.write(row)
    writer.write({"id": "3", "flag": "late", "tags": ["x"]})
    writer.close()
    found = records(path)
    assert found[:2] == ROWS
    assert found[-1] == {"id": "3", "answers": None, "flag": "late", "n": None, "tags": ["x"]}
    assert places(path)[-1] == "a.parquet: row 1201"


def test_a_words_story_is_text_in_parquet(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    writer = open_writer(tmp_path / "a.parquet", "parquet")
    note = {"recipe": "r", "provenance": {"text": [{"src": [1]}]}}
    writer.write({"id": "1", "morphaug": note})
    writer.close()
    assert records(tmp_path / "a.parquet")[0]["morphaug"] == {
        "recipe": "r",
        "provenance": json.dumps(note["provenance"]),
    }
    assert note["provenance"] == {"text": [{"src": [1]}]}


def test_records_that_fit_no_table_are_a_clear_error(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    writer = open_writer(tmp_path / "a.parquet", "parquet")
    writer.write({"n": 1})
    writer.write({"n": "one"})
    with pytest.raises(MorphaugError, match="do not fit one Parquet table"):
        writer.close()
    empty = open_writer(tmp_path / "b.parquet", "parquet")
    empty.close()
    with pytest.raises(MorphaugError, match="holds no records"):
        records(tmp_path / "b.parquet")
    (tmp_path / "c.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(MorphaugError, match="not a readable Parquet file"):
        records(tmp_path / "c.parquet")
    with pytest.raises(MorphaugError, match="cannot be read"):
        class_names(str(tmp_path / "c.parquet"), "tags")


def test_a_saved_dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.utils.logging, "_tqdm_active", False, raising=False)
    datasets.disable_progress_bars()
    tags = datasets.Sequence(datasets.ClassLabel(names=["O", "B-PER"]))
    features = datasets.Features({"tokens": datasets.Sequence(datasets.Value("string")), "ner_tags": tags})
    rows = {"tokens": [["a", "b"], ["c"]], "ner_tags": [[0, 1], [0]]}
    part = datasets.Dataset.from_dict(rows, features=features)
    part.save_to_disk(str(tmp_path / "one"))
    datasets.DatasetDict({"dev": part, "test": part}).save_to_disk(str(tmp_path / "two"))
    part.to_parquet(str(tmp_path / "p.parquet"))
    expected = [{"tokens": ["a", "b"], "ner_tags": [0, 1]}, {"tokens": ["c"], "ner_tags": [0]}]
    assert detect(tmp_path / "one") == detect(tmp_path / "two") == "hf"
    for source in (tmp_path / "one", f"hf:{tmp_path / 'one'}", f"hf:{tmp_path / 'two'}#dev"):
        assert records(source) == expected
    with pytest.raises(MorphaugError, match=r"no split 'train'; choose one: .*#dev or .*#test"):
        records(tmp_path / "two")
    with pytest.raises(MorphaugError, match="is not a saved dataset"):
        records(f"hf:{tmp_path / 'nowhere'}")
    for source in (f"hf:{tmp_path / 'one'}", f"hf:{tmp_path / 'two'}#dev", str(tmp_path / "p.parquet")):
        assert class_names(source, "ner_tags") == ("O", "B-PER")
        assert class_names(source, "tokens") == class_names(source, "nothing") == ()


def test_a_dataset_of_the_hub_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("datasets")
    with pytest.raises(MorphaugError, match="dataset squad cannot be loaded"):
        records("hub:squad")
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.delenv("HF_DATASETS_OFFLINE")
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(MorphaugError, match=r"no way to 127\.0\.0\.1"):
        records("hub:squad")


def test_a_missing_package_is_named_with_its_extra(file: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "datasets", None)
    for source in (str(file("a.parquet", b"PAR1")), "hf:somewhere", "hub:squad"):
        with pytest.raises(MissingResource, match=r"pip install 'morphaug\[datasets\]'"):
            records(source)


def test_importing_the_formats_imports_no_heavy_package() -> None:
    code = "import sys, morphaug.formats, morphaug.tasks; print([m for m in ('pyarrow', 'datasets', 'numpy', 'torch') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# -- names and fuzz ---------------------------------------------------------------------------------


def test_unknown_formats_name_the_nearest(file: Make, tmp_path: Path) -> None:
    path = file("a.jsonl", '{"text": "a"}')
    with pytest.raises(UnknownName, match="did you mean jsonl"):
        records(path, "jsonlines")
    with pytest.raises(UnknownName, match="unknown output format 'hub'"):
        open_writer(tmp_path / "x", "hub")
    with pytest.raises(MorphaugError, match="its name does not tell its format"):
        records(file("a.dat", "some text"))
    assert {FORMATS[f.output].output for f in FORMATS.values()} <= {
        f.name for f in FORMATS.values() if f.suffix
    }


GOOD = {
    "jsonl": '{"text": "a \U0001f600 e\u0301"}\n{"id": 2, "text": "b"}\n',
    "json": '[{"text": "a"}, {"text": "b"}]',
    "squad": json.dumps(SQUAD),
    "csv": 'id,text,label\n1,"a ""x""\nb",l\n2,c,m\n',
    "tsv": "id\ttext\tlabel\n1\ta b\tl\n2\tc\tm\n",
    "conll": "EU\tB-ORG\nx\tO\n\ny\tO\n",
    "conllu": TREE + "\n" + TREE,
    "text": "a b\n\nc\n",
}


@pytest.mark.parametrize("format", sorted(GOOD))
@given(data=st.data())
@settings(deadline=None)
def test_no_bytes_are_a_traceback(
    format: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    raw = bytearray(GOOD[format].encode())
    if data.draw(st.booleans()):
        raw = bytearray(data.draw(st.binary(max_size=60)))
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(raw)))
        action = data.draw(st.sampled_from(("cut", "insert", "delete", "double")))
        if action == "cut":
            del raw[at:]
        elif action == "insert":
            raw[at:at] = data.draw(st.sampled_from((b"\r", b"\n", b'"', b"\t", b"\xff", b"\x00", b"{", b"\xef\xbb\xbf", b"]")))  # fmt: skip
        elif action == "delete":
            del raw[at : at + 3]
        else:
            raw[at:at] = raw[:at]
    folder = tmp_path_factory.mktemp("fuzz")
    for name in (f"a.{format}", "a", "a.json", "a.tsv", "a.txt"):
        path = folder / name
        path.write_bytes(bytes(raw))
        for chosen in (format, "auto"):
            try:
                for record, place in read_records(path, chosen):
                    assert isinstance(record, (dict, Rejected))
                    assert place.startswith(name)
            except MorphaugError as error:
                assert error.message  # noqa: PT017
