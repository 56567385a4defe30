"""JSON: one record a line, or one document (an array of records, SQuAD)."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from morphaug.derivation import Rejected
from morphaug.errors import MorphaugError
from morphaug.formats.source import Item, lines, open_bytes
from morphaug.tasks.common import Record, kind


def loads(text: str) -> Any | Rejected:
    """A JSON value, or "bad_json" with the place in the text."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}" if error.lineno > 1 else f"column {error.colno}"
        ends = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated")
        cut = " (it ends in the middle)" if ends else ""
        return Rejected("bad_json", f"{error.msg.removesuffix(' at')} at {where}{cut}")
    except (ValueError, RecursionError) as error:  # numbers of 5,000 digits, brackets 1,000 deep
        return Rejected("bad_json", str(error).split(";")[0])


def read(path: Path) -> Iterator[Item]:
    """The records of a JSON Lines file; blank lines are skipped."""
    for number, line in lines(path):
        place = f"{path.name}:{number}"
        if isinstance(line, Rejected):
            yield line, place
            continue
        if not line.strip():
            continue
        value = loads(line.rstrip("\r\n"))
        yield (value if isinstance(value, (dict, Rejected)) else _no_record(value)), place


def _no_record(value: object) -> Rejected:
    return Rejected("wrong_type", f"a record must be an object with named fields, not {kind(value)}")


def read_document(path: Path) -> Iterator[Item]:
    """The records of one JSON document: a SQuAD file, {"data": […]}, an array, or a single record.

    Raises:
        MorphaugError: The document cannot be decoded or parsed: nothing in it can be trusted.
    """
    with open_bytes(path) as stream:
        data = stream.read()
    if not data.strip():
        return
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MorphaugError(f"{path}: byte 0x{data[error.start]:02x} at {error.start} is not UTF-8") from None
    del data
    value = loads(text)
    del text
    if isinstance(value, Rejected):
        raise MorphaugError(f"{path} is not valid JSON: {value.detail}")
    if isinstance(value, dict) and isinstance(value.get("data"), list):
        value = value["data"]
    elif isinstance(value, dict):
        value = [value]
    if not isinstance(value, list):
        raise MorphaugError(f"{path} holds {kind(value)}, not records")
    for number, item in enumerate(value):
        place = f"{path.name}: data[{number}]"
        value[number] = None  # let go of what is behind us
        if isinstance(item, dict) and "paragraphs" in item:
            yield from _article(item, place)
        else:
            yield (item if isinstance(item, dict) else _no_record(item)), place


def _article(article: Record, place: str) -> Iterator[Item]:
    paragraphs = article["paragraphs"]
    if not isinstance(paragraphs, list):
        yield Rejected("wrong_type", f"paragraphs is {kind(paragraphs)}, not a list"), place
        return
    title = article.get("title")
    for at, paragraph in enumerate(paragraphs):
        here = f"{place}.paragraphs[{at}]"
        qas = paragraph.get("qas") if isinstance(paragraph, dict) else None
        if not isinstance(qas, list):
            yield Rejected("wrong_type", "no paragraph with a context and a list of qas"), here
            continue
        shared = {"title": title} if isinstance(title, str) else {}
        shared |= {k: v for k, v in paragraph.items() if k != "qas"}
        for number, qa in enumerate(qas):
            where = f"{here}.qas[{number}]"
            if not isinstance(qa, dict):
                yield _no_record(qa), where
                continue
            record = {"id": qa["id"], **shared, **qa} if "id" in qa else {**shared, **qa}
            if "answers" in record:
                record["answers"] = _columns(record["answers"])
            yield record, where


def _columns(answers: object) -> object:
    """A list of answers as Hugging Face has it: an object of lists."""
    plain = isinstance(answers, list) and all(
        isinstance(a, dict) and a.keys() == {"text", "answer_start"} for a in answers
    )
    if not plain or not isinstance(answers, list):
        return answers
    return {
        "text": [a["text"] for a in answers],
        "answer_start": [a["answer_start"] for a in answers],
    }


# -- writing ----------------------------------------------------------------------------------------


def dumps(value: object) -> str:
    """JSON on one line; dates, decimals, arrays and bytes of other formats become what JSON has."""
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> object:
    for method in ("isoformat", "tolist", "item"):
        if hasattr(value, method):
            return getattr(value, method)()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return base64.b64encode(value).decode()
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=repr)
    return str(value)


def encode(value: object) -> bytes:
    """``dumps`` as UTF-8; half characters (lone surrogates) are written as JSON escapes."""
    try:
        return dumps(value).encode()
    except UnicodeEncodeError:
        return json.dumps(value, default=_plain).encode()


class JsonlWriter:
    """Writes a record a line."""

    def __init__(self, path: Path) -> None:
        self._out = path.open("wb")

    def write(self, record: Record) -> None:
        self._out.write(encode(record) + b"\n")

    def close(self) -> None:
        self._out.close()
