"""Parses on disk, so that a text is parsed once whatever the number of languages made from it.

One SQLite file: key = hash of (parser's name, text or tokens), value = the sentences by columns, as JSON.
Read from JSON a token takes 1.2 to 1.4 microseconds, half of them for building the ``Token``; with pickle it
takes 2.4. Tab-separated columns save a quarter but must not meet a tab in a word; marshal saves a third but
is bound to one Python and unsafe on damaged bytes (benchmarks/parsecache.py). The file is in write-ahead
mode: any number of processes read while one writes, and a killed writer loses the parses of its last batch,
never the file.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from morphaug.conllu import parse_feats
from morphaug.errors import MorphaugError
from morphaug.trees import Feats, Sentence, Token, feats_text, uncollected

if TYPE_CHECKING:
    from morphaug.parsing import Parser

Field = str | Sequence[str]  # raw text, or the tokens of one sentence

FORMAT = 1  # of the values; a file of another format is refused, not misread
_APPLICATION = 0x6D617067  # marks the file as ours in SQLite's header
_WAIT = 60.0  # seconds to wait for another process's write

_TAGS: dict[str, tuple[str, str, Feats]] = {}  # "NOUN\tobl\tCase=Ine" -> its parts, shared by all tokens


def encode(sentences: Sequence[Sentence]) -> bytes:
    """A parse (fresh from a parser: ids 1 to n, ``src`` the id itself, nothing dropped) as bytes."""
    return json.dumps(
        [
            [
                s.lead,
                s.tail,
                s.id,
                s.comments,
                [t.form for t in s.tokens],
                [t.lemma for t in s.tokens],
                [f"{t.upos}\t{t.deprel}\t{feats_text(t.feats)}" for t in s.tokens],
                [t.head for t in s.tokens],
                [t.space for t in s.tokens],
            ]
            for s in sentences
        ],
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode("utf-8", "surrogatepass")


def decode(value: bytes) -> list[Sentence]:
    """The sentences that ``encode`` was given, equal to them.

    Raises:
        ValueError: if the bytes are something else.
    """
    out = []
    known = _TAGS.get
    for row in json.loads(value.decode("utf-8", "surrogatepass")):
        lead, tail, name, comments, forms, lemmas, tags, heads, spaces = row
        tokens = []
        columns = zip(forms, lemmas, tags, heads, spaces, strict=True)
        for at, (form, lemma, tag, head, space) in enumerate(columns, 1):
            upos, deprel, feats = known(tag) or _learn(tag)
            # Each token gets a dict of its own: whoever changes one in place must not change them all.
            tokens.append(Token(at, form, lemma, upos, feats.copy(), head, deprel, space, (at,)))
        out.append(Sentence(tokens, lead, tail, name, {}, tuple(comments)))
    return out


def _learn(tag: str) -> tuple[str, str, Feats]:
    upos, deprel, feats = tag.split("\t")
    if len(_TAGS) > 100_000:  # never in a language; in fuzzed input
        _TAGS.clear()
    parts = _TAGS[tag] = (upos, deprel, parse_feats(feats))
    return parts


def default_path() -> Path:
    """The user's parse cache, under morphaug's home folder."""
    from morphaug.resources import home

    return home() / "parses" / "parses.sqlite"


class ParseCache:
    """A file of parses. Opened at the first use in each process; may be pickled and forked.

    Args:
        path: The file; made if it is not there, with its folders.

    Raises:
        MorphaugError: at the first use, if the file is no parse cache or cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._connections: dict[tuple[int, int], sqlite3.Connection] = {}  # (process, thread) -> its own
        self.path = Path(path)
        self.writable = True

    def __reduce__(self) -> tuple[type[ParseCache], tuple[Path]]:
        return (ParseCache, (self.path,))

    def get_many(self, parser: str, fields: Sequence[Field]) -> list[list[Sentence] | None]:
        """The parses of texts or token lists by the parser of that name; None for those not stored."""
        connection = self._connection()
        out: list[list[Sentence] | None] = []
        try:
            connection.execute("BEGIN")  # one lock for all, not one for each
            try:
                with uncollected():
                    for key in keys(parser, fields):
                        row = connection.execute("SELECT value FROM parse WHERE key = ?", (key,)).fetchone()
                        out.append(_sound(row[0]) if row else None)
            finally:
                connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._broken(error) from None
        return out

    def put_many(self, parser: str, fields: Sequence[Field], parses: Sequence[Sequence[Sentence]]) -> None:
        """Stores parses, all or none. A file that may not be written is left as it is."""
        connection = self._connection()
        if not self.writable:
            return
        rows = list(zip(keys(parser, fields), map(encode, parses), strict=True))
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                connection.executemany("INSERT OR REPLACE INTO parse (key, value) VALUES (?, ?)", rows)
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._broken(error) from None

    def __len__(self) -> int:
        """Number of parses stored."""
        return int(self._connection().execute("SELECT count(*) FROM parse").fetchone()[0])

    def close(self) -> None:
        """Closes the file in this thread; the next use opens it again."""
        connection = self._connections.pop((os.getpid(), threading.get_ident()), None)
        if connection is not None:
            connection.close()

    def __del__(self) -> None:
        # The connections of a parent process are not ours to close.
        for (process, _), connection in self._connections.items():
            if process == os.getpid():
                connection.close()

    def __enter__(self) -> ParseCache:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _connection(self) -> sqlite3.Connection:
        # A connection may cross neither a fork nor, without locks, a thread.
        me = (os.getpid(), threading.get_ident())
        connection = self._connections.get(me)
        if connection is None:
            try:
                connection = self._open()
            except (sqlite3.Error, OSError) as error:
                raise self._broken(error) from None
            self._connections[me] = connection
        return connection

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        exists = self.path.exists()
        self.writable = os.access(self.path, os.W_OK) if exists else True
        if not self.writable:
            return self._open_read_only()
        connection = sqlite3.connect(self.path, timeout=_WAIT, isolation_level=None, check_same_thread=False)
        try:
            if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                self._check(connection)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("BEGIN IMMEDIATE")
            # Asked again under the lock: another process may have made the table meanwhile.
            if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                connection.execute("CREATE TABLE parse (key BLOB PRIMARY KEY, value BLOB NOT NULL)")
                connection.execute(f"PRAGMA application_id = {_APPLICATION}")
                connection.execute(f"PRAGMA user_version = {FORMAT}")
            connection.execute("COMMIT")
            self._check(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _open_read_only(self) -> sqlite3.Connection:
        # "immutable" is needed where even the lock file of write-ahead mode cannot be made.
        last: sqlite3.Error | None = None
        for option in ("mode=ro", "mode=ro&immutable=1"):
            uri = f"{self.path.absolute().as_uri()}?{option}"
            connection = sqlite3.connect(
                uri, uri=True, timeout=_WAIT, isolation_level=None, check_same_thread=False
            )
            try:
                self._check(connection)
            except sqlite3.Error as error:
                connection.close()
                last = error
            except MorphaugError:
                connection.close()
                raise
            else:
                return connection
        assert last is not None
        raise last

    def _check(self, connection: sqlite3.Connection) -> None:
        if connection.execute("PRAGMA application_id").fetchone()[0] != _APPLICATION:
            raise MorphaugError(f"{self.path}: a database, but no parse cache", "name another --parse-cache")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version != FORMAT:
            raise MorphaugError(
                f"{self.path}: a parse cache of format {version}, this morphaug reads {FORMAT}",
                "delete it or name another --parse-cache",
            )

    def _broken(self, error: Exception) -> MorphaugError:
        return MorphaugError(
            f"{self.path}: not usable as a parse cache ({error})", "delete it or name another --parse-cache"
        )


def keys(parser: str, fields: Iterable[Field]) -> list[bytes]:
    """The keys of texts or token lists under a parser's name: 16 bytes each."""
    base = blake2b(parser.encode(), digest_size=16)
    base.update(b"\0")
    out = []
    for text in fields:
        state = base.copy()
        if isinstance(text, str):
            state.update(b"t" + text.encode("utf-8", "surrogatepass"))
        else:
            state.update(b"w" + json.dumps(list(text)).encode())
        out.append(state.digest())
    return out


def _sound(value: Any) -> list[Sentence] | None:
    """The parse, or None for a damaged value: it is then parsed again."""
    try:
        return decode(value)
    except (ValueError, TypeError, AttributeError):
        return None


@dataclass(slots=True)
class CachedParser:
    """A parser that looks into a cache first; made by ``cached``.

    Attributes:
        parser: Asked for what the cache lacks; a model is loaded only then.
        cache: The file.
        batch: Texts given to the parser, and then stored, at a time: what a kill can lose.
        hits: Texts found so far.
        misses: Texts parsed so far.
    """

    parser: Parser
    cache: ParseCache
    batch: int = 512
    hits: int = field(default=0, compare=False)
    misses: int = field(default=0, compare=False)

    @property
    def name(self) -> str:
        return self.parser.name

    def parse(self, texts: Sequence[Field]) -> list[list[Sentence]]:
        """As ``Parser.parse``; a text that occurs twice among the missing ones is parsed once."""
        found = self.cache.get_many(self.name, texts)
        wanted: dict[str | tuple[str, ...], list[int]] = {}
        for at, parse in enumerate(found):
            if parse is None:
                text = texts[at]
                wanted.setdefault(text if isinstance(text, str) else tuple(text), []).append(at)
        self.hits += len(texts) - sum(map(len, wanted.values()))
        self.misses += len(wanted)
        missing = list(wanted)
        for start in range(0, len(missing), self.batch):
            part = missing[start : start + self.batch]
            parses = self.parser.parse(part)
            self.cache.put_many(self.name, part, parses)
            for text, parse in zip(part, parses, strict=True):
                first, *others = wanted[text]
                found[first] = parse
                for at in others:  # operators may tell sentences apart by identity: no sharing
                    found[at] = decode(encode(parse))
        return [parse for parse in found if parse is not None]


def cached(parser: Parser, cache: ParseCache) -> CachedParser:
    """A parser that asks ``cache`` before ``parser``, and stores what it had to ask.

    Args:
        parser: Any parser; its ``name`` is part of the key, so one file serves several.
        cache: ``ParseCache(default_path())``, for instance.
    """
    return CachedParser(parser, cache)
