"""Language resources: where they lie, how they are taken in, compiled, opened and checked.

Everything is kept under one folder, ``home()``::

    unimorph/<folder>/<file>         tables as the ``unimorph`` package lays them out ($UNIMORPH is honoured)
    tables/<code>/<hash>-<file>      tables imported from local files, and inputs.json: what goes into the language
    lexicons/<code>/<file>           dictionaries as they came, and inputs.json
    compiled/<code>/paradigms/       what ``Paradigms.open`` maps
    compiled/<code>/lexicon/         what ``Lexicon.open`` maps
    compiled/<code>/meta.json        hashes of every input and of every compiled file, versions, when

``inputs.json`` keeps the sha256 that a file had when it was taken in; ``verify`` recomputes them. Nothing here
touches the network: ``morphaug.fetch`` downloads, then calls the same imports as a local file.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import logging
import os
import re
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from morphaug.errors import MissingResource, MorphaugError

if TYPE_CHECKING:
    from morphaug.lexicon import Lexicon
    from morphaug.morphology import Morphology
    from morphaug.paradigms import Paradigms

_LOG = logging.getLogger(__name__)
T = TypeVar("T")
Progress = Callable[[int], None]

# UniMorph's parts of speech under which a dictionary's words are looked for.
_UPOS_OF_POS = {"N": "NOUN", "V": "VERB", "ADJ": "ADJ", "ADV": "ADV", "PROPN": "PROPN", "NUM": "NUM"}


# ----------------------------------------------------------------------------------------------- places


def home() -> Path:
    """The folder of all resources: $MORPHAUG_HOME, else the platform's user cache folder."""
    value = os.environ.get("MORPHAUG_HOME")
    if value:
        return Path(value).expanduser()
    import platformdirs

    return Path(platformdirs.user_cache_dir("morphaug", appauthor=False))


def unimorph_folder() -> Path:
    """Where UniMorph's tables lie: $UNIMORPH, which the ``unimorph`` package reads too, else under ``home()``."""
    value = os.environ.get("UNIMORPH")
    return Path(value).expanduser() if value else home() / "unimorph"


def compiled_folder(code: str) -> Path:
    return home() / "compiled" / code


def _inputs_folder(code: str, part: str) -> Path:
    return home() / ("tables" if part == "paradigms" else "lexicons") / code


def sha256(path: Path) -> str:
    """Hash of a file."""
    digest = hashlib.sha256()
    with Path(path).open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def write_json(path: Path, value: Any) -> None:
    """Write JSON in one step: a reader sees the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False, indent=1, sort_keys=True)
        file.write("\n")
    Path(name).chmod(0o644)
    Path(name).replace(path)


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise MorphaugError(f"{path}: cannot be read ({error})", "remove it and import again") from None


# ----------------------------------------------------------------------------------------------- inputs


@dataclass(frozen=True, slots=True)
class Input:
    """One thing that goes into a language.

    Attributes:
        name: What it was called where it came from.
        kind: "table", or a lexicon kind ("freedict", "muse", …).
        files: Path (relative to ``home()`` where it lies there) -> sha256 when it was taken in.
        reverse: For a lexicon: target to English; None where the dictionary's own name tells.
        origin: URL it was fetched from, or "".
    """

    name: str
    kind: str
    files: Mapping[str, str]
    reverse: bool | None = None
    origin: str = ""

    def paths(self) -> list[Path]:
        return [home() / name for name in self.files]  # an absolute name stays absolute


def _relative(path: Path) -> str:
    try:
        return path.resolve().relative_to(home().resolve()).as_posix()
    except ValueError:
        return str(path.resolve())


def inputs(code: str, part: Literal["paradigms", "lexicon"]) -> list[Input]:
    """What was taken in for a language, in the order of the imports."""
    raw = _read_json(_inputs_folder(code, part) / "inputs.json") or []
    return [Input(r["name"], r["kind"], r["files"], r.get("reverse"), r.get("origin", "")) for r in raw]


def _save_inputs(code: str, part: Literal["paradigms", "lexicon"], items: Sequence[Input]) -> None:
    raw = [
        {"name": i.name, "kind": i.kind, "files": dict(i.files), "reverse": i.reverse, "origin": i.origin}
        for i in items
    ]
    write_json(_inputs_folder(code, part) / "inputs.json", raw)


def _copy(source: Path, target: Path) -> None:
    """Copy a file in one step."""
    if target.exists() and target.samefile(source):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
    os.close(handle)
    try:
        shutil.copyfile(source, name)
        Path(name).chmod(0o644)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _identity(item: Input) -> str:
    """What makes two inputs the same thing: a FreeDict dictionary is one in all its releases and packagings."""
    pair = re.match(r"(?:freedict-)?([a-z]{2,3}-[a-z]{2,3})(?![a-z])", item.name.lower())
    return f"freedict {pair[1]}" if item.kind == "freedict" and pair else " ".join(sorted(item.files))


def _merge(have: Sequence[Input], new: Sequence[Input]) -> list[Input]:
    """``have`` with ``new`` put in; a newer release takes the place of the old one."""
    out = list(have)
    for item in new:
        at = next((i for i, old in enumerate(out) if _identity(old) == _identity(item)), None)
        if at is None:
            out.append(item)
        else:
            out[at] = item
    return out


# ----------------------------------------------------------------------------------------------- import


def _table_files(code: str, path: Path) -> list[Path]:
    """The tables at a path: the file itself, or in a folder the files that UniMorph gives a language."""
    from morphaug import languages

    if path.is_file():
        return [path]
    if not path.exists():
        raise MorphaugError(f"no file {path}", "check the name")
    names = "|".join(re.escape(n) for n in (*languages.alias(code, "unimorph"), code))
    good = re.compile(rf"({names})(\.\d+)?(\.(tsv|txt))?(\.(xz|gz))?")
    found = sorted(p for p in path.iterdir() if p.is_file() and good.fullmatch(p.name))
    if not found:
        raise MorphaugError(f"no table of '{code}' in the folder {path}", "name the files themselves")
    return found


def import_table(
    code: str,
    files: Iterable[Path | str],
    *,
    replace: bool = False,
    progress: Progress | None = None,
    origin: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Take in paradigm tables of a language and compile them.

    Several files (UniMorph, SIGMORPHON of several years) are merged with those imported before, in the order
    they came. Importing the same file again changes nothing. A file that is no table is refused and leaves
    everything as it was.

    Args:
        code: Any name of the language.
        files: UniMorph-format tables, plain, .xz or .gz; or folders in UniMorph's layout.
        replace: Forget the tables imported before.
        progress: Called with the number of rows read so far.
        origin: For fetched files: path -> URL.

    Returns:
        What the compilation saw (``paradigms.Counts`` as a dictionary).

    Raises:
        UnknownName: No such language.
        MorphaugError: A file is missing or is no table.
    """
    from morphaug import languages

    code = languages.resolve(code)
    folder = _inputs_folder(code, "paradigms")
    new: list[Input] = []
    made: list[Path] = []
    try:
        for given in files:
            for path in _table_files(code, Path(given)):
                digest = sha256(path)
                place = path.resolve()
                if not place.is_relative_to(unimorph_folder().resolve()) and not place.is_relative_to(
                    folder.resolve()
                ):
                    # Files of different years have the same name, so the copy's begins with its hash.
                    place = folder / f"{digest[:8]}-{path.name}"
                    if not place.exists():
                        _copy(path, place)
                        made.append(place)
                url = (origin or {}).get(str(given), "")
                new.append(Input(path.name, "table", {_relative(place): digest}, None, url))
        if not new:
            raise MorphaugError("no table given", "name at least one file")
        items = _merge([] if replace else inputs(code, "paradigms"), new)
        counts = _compile_paradigms(code, items, progress)
    except BaseException:
        for place in made:
            place.unlink(missing_ok=True)
        raise
    _save_inputs(code, "paradigms", items)
    if inputs(code, "lexicon"):
        _compile_lexicon(code, inputs(code, "lexicon"))  # the table tells parts of speech
    return counts


def import_lexicon(
    code: str,
    files: Iterable[Path | str],
    *,
    kind: str = "auto",
    reverse: bool | None = None,
    replace: bool = False,
    origin: Mapping[str, str] | None = None,
) -> dict[str, int]:
    """Take in bilingual dictionaries of a language and compile them.

    Dictionaries of both directions and of several kinds are merged; see ``morphaug.lexicon`` for the ranking.

    Args:
        code: Any name of the language.
        files: Dictionaries. A folder is searched for dictd files of this language and English
            (``/usr/share/dictd`` will do).
        kind: One of ``lexicon_formats.KINDS``.
        reverse: The files list target words first; None lets a FreeDict name tell, and means no elsewhere.
        replace: Forget the dictionaries imported before.
        origin: For fetched files: path -> URL.

    Returns:
        "headwords" and "entries" of the compiled lexicon.

    Raises:
        UnknownName: No such language or kind.
        MorphaugError: A file is missing or cannot be read, or holds no translation.
    """
    from morphaug import languages, lexicon_formats

    code = languages.resolve(code)
    if kind not in lexicon_formats.KINDS:
        from morphaug.errors import UnknownName

        raise UnknownName("lexicon kind", kind, lexicon_formats.KINDS)
    new: list[Input] = []
    made: list[Path] = []
    try:
        for given in files:
            path = Path(given)
            this = lexicon_formats.kind_of(path) if kind == "auto" else kind
            for group in _dictionary_files(code, path, this):
                new.append(
                    _take_dictionary(code, group, this, reverse, made, (origin or {}).get(str(given), ""))
                )
        if not new:
            raise MorphaugError("no dictionary given", "name at least one file")
        items = _merge([] if replace else inputs(code, "lexicon"), new)
        counts = _compile_lexicon(code, items)
    except BaseException:
        for place in made:
            place.unlink(missing_ok=True)
        raise
    _save_inputs(code, "lexicon", items)
    return counts


def _dictionary_files(code: str, path: Path, kind: str) -> list[list[Path]]:
    """Files that belong together, per dictionary at a path."""
    from morphaug import languages

    if not path.exists():
        raise MorphaugError(f"no file {path}", "check the name")
    if kind != "freedict" or ".tar" in path.name or path.suffix in (".tgz", ".txz"):
        return [[path]]
    if path.is_file():
        stem = re.sub(r"\.(index|dict|dict\.dz)$", "", path.name)
        pair = [p for p in (path.with_name(stem + e) for e in (".dict.dz", ".dict", ".index")) if p.exists()]
        return [pair]
    names = (*languages.alias(code, "freedict"), code)
    wanted = {f"{a}-{b}" for n in names for a, b in ((n, languages.SOURCE), (languages.SOURCE, n))}
    found = [p for p in sorted(path.rglob("*.index")) if p.stem.lower().removeprefix("freedict-") in wanted]
    if not found:
        raise MorphaugError(
            f"no dictionary of {languages.name(code)} and English under {path}",
            f"it would be called freedict-{languages.SOURCE}-{names[0]}.index",
        )
    return [group for p in found for group in _dictionary_files(code, p, kind)]


def _take_dictionary(
    code: str, group: Sequence[Path], kind: str, reverse: bool | None, made: list[Path], url: str
) -> Input:
    folder = _inputs_folder(code, "lexicon")
    files: dict[str, str] = {}
    # Files of a dictionary keep their names, for its reader goes by them; other files are told apart by content.
    prefix = "" if kind == "freedict" else sha256(group[0])[:8] + "-"
    for path in group:
        place = path.resolve()
        digest = sha256(path)
        if not place.is_relative_to(folder.resolve()):
            place = folder / (prefix + path.name)
            if not place.exists():
                made.append(place)
            _copy(path, place)  # another release of the same dictionary takes the old one's place
        files[_relative(place)] = digest
    return Input(group[0].name, kind, files, reverse, url)


# ---------------------------------------------------------------------------------------------- compile


def _hash_of(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _tree(folder: Path) -> dict[str, str]:
    return {p.name: sha256(p) for p in sorted(folder.iterdir()) if p.is_file()}


def _note(code: str, part: str, digest: str, items: Sequence[Input], counts: Mapping[str, Any]) -> None:
    """Record in meta.json what was compiled from what."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    versions = {"python": platform.python_version()}
    for package in ("morphaug", "marisa-trie"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "not installed"
    path = compiled_folder(code) / "meta.json"
    meta = _read_json(path) or {"code": code}
    meta[part] = {
        "digest": digest,
        "inputs": {name: value for item in items for name, value in item.files.items()},
        "files": _tree(compiled_folder(code) / part),
        "counts": dict(counts),
        "versions": versions,
        "when": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }
    write_json(path, meta)


def _fresh(code: str, part: str, digest: str) -> dict[str, Any] | None:
    """The record of a compilation that is still good, or None."""
    meta = (_read_json(compiled_folder(code) / "meta.json") or {}).get(part)
    if not meta or meta["digest"] != digest:
        return None
    folder = compiled_folder(code) / part
    if not folder.is_dir() or {p.name for p in folder.iterdir()} != set(meta["files"]):
        return None
    return dict(meta)


def _check_inputs(items: Sequence[Input]) -> None:
    for item in items:
        for path in item.paths():
            if not path.exists():
                raise MissingResource(f"{path} is gone", f"import {item.name} again")


def _compile_paradigms(
    code: str, items: Sequence[Input], progress: Progress | None = None, force: bool = False
) -> dict[str, Any]:
    from dataclasses import asdict

    from morphaug import inflection
    from morphaug import paradigms as store

    _check_inputs(items)
    readings = _readings(code)
    digest = _hash_of(store.FORMAT, inflection.FORMAT, [sorted(i.files.values()) for i in items], readings)
    fresh = None if force else _fresh(code, "paradigms", digest)
    if fresh:
        return dict(fresh["counts"])
    tables = [path for item in items for path in item.paths()]
    counts = asdict(
        store.compile_tables(
            tables, compiled_folder(code) / "paradigms", readings=readings, progress=progress
        )
    )
    _note(code, "paradigms", digest, items, counts)
    return counts


def _readings(code: str) -> dict[str, str] | None:
    """How a language's pack reads tags that mean something else in its table."""
    from morphaug import packs

    return dict(getattr(packs.pack(code), "readings", None) or {}) or None


def _compile_lexicon(code: str, items: Sequence[Input], force: bool = False) -> dict[str, int]:
    from morphaug import lexicon, lexicon_formats

    _check_inputs(items)
    table = (_read_json(compiled_folder(code) / "meta.json") or {}).get("paradigms", {}).get("digest", "")
    made_from = [[i.kind, i.reverse, sorted(i.files.values())] for i in items]
    digest = _hash_of(lexicon.FORMAT, "with plurals", made_from, table)
    fresh = None if force else _fresh(code, "lexicon", digest)
    if fresh:
        return dict(fresh["counts"])
    readings = [
        reading
        for item in items
        for reading in lexicon_formats.read(item.paths()[0], item.kind, item.reverse)
    ]
    counts = lexicon.compile_lexicon(
        readings, compiled_folder(code) / "lexicon", lemmas=_lemmas(code), digest=digest
    )
    _note(code, "lexicon", digest, items, counts)
    return counts


def _lemmas(code: str) -> dict[str, set[str]]:
    """Lemma -> UPOS, of a language's compiled table; {} without one."""
    folder = compiled_folder(code) / "paradigms"
    if not folder.is_dir():
        return {}
    from morphaug.paradigms import Paradigms

    table = Paradigms.open(folder)
    out: dict[str, set[str]] = {}
    for pos, upos in _UPOS_OF_POS.items():
        for lemma in table.lemmas(pos):
            out.setdefault(lemma, set()).add(upos)
    return out


def compile_language(code: str, *, force: bool = False, progress: Progress | None = None) -> dict[str, Any]:
    """Compile what was imported or lies in UniMorph's folder for a language, where it is out of date.

    Args:
        code: Any name of the language.
        force: Compile even what is up to date.
        progress: Called with the number of rows read so far.

    Returns:
        "paradigms" and "lexicon" -> counts, of the parts there are.

    Raises:
        MissingResource: Neither table nor dictionary is there.
    """
    from morphaug import languages

    code = languages.resolve(code)
    out: dict[str, Any] = {}
    tables = _table_inputs(code)
    if tables:
        out["paradigms"] = _compile_paradigms(code, tables, progress, force)
        _save_inputs(code, "paradigms", tables)
    dictionaries = inputs(code, "lexicon")
    if dictionaries:
        out["lexicon"] = _compile_lexicon(code, dictionaries, force)
    if not out:
        raise _missing_table(code)
    return out


def _table_inputs(code: str) -> list[Input]:
    """Imported tables, else those that another program put into UniMorph's folder."""
    have = inputs(code, "paradigms")
    if have:
        return have
    from morphaug import languages

    for name in languages.alias(code, "unimorph"):
        folder = unimorph_folder() / name
        # A failed `git clone` of the unimorph package leaves an empty folder behind: that is no table.
        if folder.is_dir():
            try:
                files = _table_files(code, folder)
            except MorphaugError:
                continue
            return [Input(p.name, "table", {_relative(p): sha256(p)}) for p in files if p.stat().st_size]
    return []


# ------------------------------------------------------------------------------------------------- open


def _current(what: str, code: str, mark: Path, opener: Callable[[], T]) -> T:
    """Open a compiled folder; compile it again first if an older version of morphaug wrote it."""
    try:
        return _cached(what, mark, opener)
    except MissingResource:
        raise
    except MorphaugError:
        _compile_now(code, "is damaged or was compiled by another version")
        return _cached(what, mark, opener)


def _compile_now(code: str, why: str) -> None:
    """Compile a language that somebody waits for, and say so: a large table takes minutes."""
    from morphaug import languages

    _LOG.warning("%s (%s) %s: compiling it, once", languages.name(code), code, why)
    compile_language(code)


_opened: dict[tuple[str, str], tuple[int, Any]] = {}
_lock = threading.RLock()


def _cached(what: str, mark: Path, opener: Callable[[], T]) -> T:
    """Open something once in a process; again when the file that marks its compilation is a new one."""
    key = (what, str(mark))
    stamp = mark.stat().st_mtime_ns
    with _lock:
        found = _opened.get(key)
        if found is None or found[0] != stamp:
            found = _opened[key] = (stamp, opener())
    value: T = found[1]
    return value


def _missing_table(code: str) -> MissingResource:
    from morphaug import languages

    return MissingResource(
        f"no paradigm table of {languages.name(code)} ({code}) is installed",
        f"run: morphaug resources fetch {code}, or with files at hand: morphaug resources import {code} --table FILE",
    )


def paradigms(code: str) -> Paradigms:
    """The compiled paradigm table of a language.

    A table that lies in UniMorph's folder but was never compiled is compiled now (seconds to a minute, once).

    Raises:
        UnknownName: No such language.
        MissingResource: No table is installed; the message names the command that gets one.
    """
    from morphaug import languages
    from morphaug.paradigms import Paradigms

    code = languages.resolve(code)
    folder = compiled_folder(code) / "paradigms"
    if not (folder / "paradigms.json").exists():
        if not _table_inputs(code):
            raise _missing_table(code)
        _compile_now(code, "has a table that is not compiled")
    return _current("paradigms", code, folder / "paradigms.json", lambda: Paradigms.open(folder))


def find_paradigms(code: str) -> Paradigms | None:
    """The same, or None if no table is installed."""
    try:
        return paradigms(code)
    except MissingResource:
        return None


def lexicon(code: str) -> Lexicon:
    """The compiled bilingual lexicon of a language.

    Raises:
        UnknownName: No such language.
        MissingResource: None is installed; the message names the command that gets one.
    """
    from morphaug import languages
    from morphaug.lexicon import Lexicon

    code = languages.resolve(code)
    folder = compiled_folder(code) / "lexicon"
    if not (folder / "header.json").exists():
        if not inputs(code, "lexicon"):
            raise MissingResource(
                f"no English lexicon of {languages.name(code)} ({code}) is installed",
                f"run: morphaug resources fetch {code} --lexicon freedict, or with files at hand: "
                f"morphaug resources import {code} --lexicon FILE",
            )
        _compile_now(code, "has a lexicon that is not compiled")
    return _current("lexicon", code, folder / "header.json", lambda: Lexicon.open(folder))


def find_lexicon(code: str) -> Lexicon | None:
    """The same, or None if no lexicon is installed."""
    try:
        return lexicon(code)
    except MissingResource:
        return None


def morphology(code: str) -> Morphology:
    """A language's table, learned inflector, grammar and pack settings behind one door.

    Raises:
        UnknownName: No such language.
        MissingResource: There is neither a table nor a grammar.
    """
    from morphaug import languages

    code = languages.resolve(code)
    door = find_morphology(code)
    if door.paradigms is None and door.grammar is None:
        raise _missing_table(code)
    return door


def find_morphology(code: str) -> Morphology:
    """The same; of a language with neither a table nor a grammar, one that leaves every word as it is."""
    from morphaug import grammars, languages, packs
    from morphaug.inflection import Inflector
    from morphaug.morphology import Morphology

    code = languages.resolve(code)
    grammar = grammars.find(code)
    table = find_paradigms(code)
    foreign = packs.pack(code).foreign
    if grammar is not None and (told := find_lexicon(code)) is not None and told.plurals:
        plain, listed = grammar, compiled_folder(code) / "lexicon" / "header.json"
        grammar = _cached("grammar", listed, lambda: grammars.informed(plain, told.plurals))
    if table is None:
        return Morphology(code, None, None, grammar, foreign)
    door = _current(
        "morphology",
        code,
        table.path / "paradigms.json",
        lambda: Morphology(code, table, Inflector.open(table.path), grammar, foreign),
    )
    if door.grammar is not grammar:  # the lexicon has been compiled since: it may tell other noun classes
        _opened.pop(("morphology", str(table.path / "paradigms.json")), None)
        return morphology(code)
    return door


def digest(code: str) -> dict[str, str]:
    """Hashes of what a language's resources were made from, for a manifest; only of those installed."""
    from morphaug import languages

    code = languages.resolve(code)
    meta = _read_json(compiled_folder(code) / "meta.json") or {}
    return {part: meta[part]["digest"] for part in ("lexicon", "paradigms") if part in meta}


# ------------------------------------------------------------------------------------- listing, checking


@dataclass(frozen=True, slots=True)
class Installed:
    """One installed part of a language.

    Attributes:
        code: ISO 639-3 code.
        name: English name of the language.
        part: "paradigms" or "lexicon".
        inputs: Names of the files it is made from.
        origins: Where fetched ones came from.
        counts: "rows", "lemmas", … of a table; "headwords" and "entries" of a lexicon.
        size: Bytes of the compiled part.
        when: When it was compiled, ISO 8601.
        digest: Hash of what it is made from.
    """

    code: str
    name: str
    part: str
    inputs: tuple[str, ...]
    origins: tuple[str, ...]
    counts: Mapping[str, Any]
    size: int
    when: str
    digest: str


def installed() -> list[Installed]:
    """What is compiled and ready, sorted by language."""
    from morphaug import languages

    out = []
    parts: tuple[Literal["paradigms", "lexicon"], ...] = ("paradigms", "lexicon")
    for code in _codes():
        meta = _read_json(compiled_folder(code) / "meta.json") or {}
        for part in parts:
            folder = compiled_folder(code) / part
            if part in meta and folder.is_dir():
                items = inputs(code, part)
                out.append(
                    Installed(
                        code,
                        languages.name(code),
                        part,
                        tuple(i.name for i in items),
                        tuple(i.origin for i in items if i.origin),
                        meta[part]["counts"],
                        sum(p.stat().st_size for p in folder.iterdir()),
                        meta[part]["when"],
                        meta[part]["digest"],
                    )
                )
    return out


def _codes() -> list[str]:
    """Languages that something was imported or compiled for."""
    found = set()
    for name in ("compiled", "tables", "lexicons"):
        folder = home() / name
        if folder.is_dir():
            found |= {p.name for p in folder.iterdir() if p.is_dir() and not p.name.startswith(".")}
    return sorted(found)


@dataclass(frozen=True, slots=True)
class Check:
    """What ``verify`` found out about a file.

    Attributes:
        code: Language.
        path: The file.
        state: "ok"; "changed" if its content is not what was recorded; "missing"; "stale" for a compiled part
            that was not made from what is imported now.
        remedy: What to do about it; "" for "ok".
    """

    code: str
    path: Path
    state: Literal["ok", "changed", "missing", "stale"]
    remedy: str = ""


def verify(code: str | None = None) -> list[Check]:
    """Recompute the hash of every imported and every compiled file.

    Args:
        code: A language, or None for all that are installed.

    Raises:
        MissingResource: Nothing of that language is installed.
    """
    from morphaug import languages

    codes = _codes() if code is None else [languages.resolve(code)]
    out: list[Check] = []
    for one in codes:
        found = _verify(one)
        if code is not None and not found:
            raise _missing_table(one)
        out += found
    return out


def _verify(code: str) -> list[Check]:
    out: list[Check] = []
    meta = _read_json(compiled_folder(code) / "meta.json") or {}
    parts: tuple[Literal["paradigms", "lexicon"], ...] = ("paradigms", "lexicon")
    for part in parts:
        items = inputs(code, part)
        for item in items:
            again = f"fetch it again from {item.origin}" if item.origin else f"import {item.name} again"
            for name, recorded in item.files.items():
                out.append(_check(code, home() / name, recorded, again))
        if part not in meta:
            continue
        folder = compiled_folder(code) / part
        again = f"run: morphaug resources compile {code} --force"
        made_from = {name: value for item in items for name, value in item.files.items()}
        if made_from != meta[part]["inputs"]:
            out.append(Check(code, folder, "stale", again))
        for name, recorded in meta[part]["files"].items():
            out.append(_check(code, folder / name, recorded, again))
    return out


def _check(code: str, path: Path, recorded: str, remedy: str) -> Check:
    if not path.is_file():
        return Check(code, path, "missing", remedy)
    return Check(code, path, "ok") if sha256(path) == recorded else Check(code, path, "changed", remedy)
