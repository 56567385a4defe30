"""Downloads of language resources, for those who ask for them; the only module that opens a connection.

Each download resumes where it was cut, is checked against a checksum where the publisher gives one, and is then
imported like a local file (``morphaug.resources``), which records its sha256. Every address comes from one table;
a mirror, or a test server, takes an address's place through an environment variable.

The layouts of the addresses are the publishers' (UniMorph's repositories, FreeDict's database of releases, MUSE's
and GATITOS's folders). This code is tested against a local server with those layouts; it was not run against the
real services.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import os
import shutil
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from morphaug.errors import MissingResource, MorphaugError
from morphaug.resources import (
    home,
    import_lexicon,
    import_table,
    inputs,
    lexicon,
    sha256,
    unimorph_folder,
    write_json,
)

BASES: dict[str, str] = {
    "unimorph": "https://raw.githubusercontent.com/unimorph",
    "freedict": "https://freedict.org/freedict-database.json",
    "muse": "https://dl.fbaipublicfiles.com/arrival/dictionaries",
    "gatitos": "https://raw.githubusercontent.com/google-research/url-nlp/main/gatitos",
    "stanza": "",  # Stanza knows its own
}
"""Where things are; $MORPHAUG_URL_UNIMORPH and so on take precedence."""

LEXICONS = ("freedict", "muse", "gatitos")
"""Kinds of lexicon that can be fetched; others are imported from files."""

TIMEOUT = 5.0  # seconds without an answer, or without a byte, until a connection counts as dead
TRIES = 4  # how often a download that was cut goes on from where it was
_BLOCK = 1 << 16

Report = Callable[[str, int, "int | None"], None]
"""Called while a file comes in: its name, bytes so far, bytes in all if known."""


class NotFound(MissingResource):
    """The server answers, but has no such file."""


def base(name: str) -> str:
    """The address of a source: $MORPHAUG_URL_<NAME>, else the publisher's."""
    return (os.environ.get(f"MORPHAUG_URL_{name.upper()}") or BASES[name]).rstrip("/")


@contextlib.contextmanager
def progress_bar() -> Iterator[Report]:
    """A progress bar on standard error, as a ``Report``."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        tasks: dict[str, TaskID] = {}

        def report(name: str, done: int, total: int | None) -> None:
            if name not in tasks:
                tasks[name] = progress.add_task(name, total=total)
            progress.update(tasks[name], completed=done, total=total)

        yield report


# ------------------------------------------------------------------------------------------- one download


def download(
    url: str,
    target: Path,
    *,
    checksum: str = "",
    report: Report | None = None,
    remedy: str = "get the file elsewhere and import it: morphaug resources import --help",
) -> Path:
    """Fetch a file; it appears under its name when it is whole.

    What came before a cut is kept as ``<name>.part`` and the next attempt, now or in another run, asks the
    server for the rest, provided that the file there is still the same one.

    Args:
        url: Address.
        target: Where the file goes.
        checksum: Expected sha256, sha512, sha1 or md5 in hexadecimal; "" if the publisher gives none.
        report: Progress callback.
        remedy: What the error says to do where there is no network.

    Returns:
        ``target``.

    Raises:
        NotFound: The server has no such file.
        MorphaugError: No connection, within seconds; too many cuts; a wrong checksum (nothing is kept).
    """
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    note = target.with_name(target.name + ".part.json")
    for attempt in range(1, TRIES + 1):
        try:
            done = _attempt(url, part, note, target.name, report, remedy)
        except (OSError, http.client.HTTPException) as error:  # cut on the way
            if attempt == TRIES:
                raise MorphaugError(
                    f"{url}: the connection was cut {TRIES} times ({_reason(error)})",
                    "run the same command again: it goes on from where it was",
                ) from None
            time.sleep(0.2 * attempt)
            continue
        if done:
            break
    else:
        raise MorphaugError(f"{url}: ended before it was whole, {TRIES} times", "run the same command again")
    if checksum and _hash(part, checksum) != checksum.lower():
        part.unlink()
        note.unlink(missing_ok=True)
        raise MorphaugError(
            f"{url}: its checksum is not the published one ({checksum[:16]}…)",
            "fetch it again, or from another mirror",
        )
    note.unlink(missing_ok=True)
    part.replace(target)
    return target


def _attempt(url: str, part: Path, note: Path, name: str, report: Report | None, remedy: str) -> bool:
    """Fetch, or go on fetching, into ``part``; whether it is whole."""
    have = part.stat().st_size if part.exists() else 0
    mark = ""
    if have:
        try:
            old = json.loads(note.read_text(encoding="utf-8"))
            mark = old["mark"] if old["url"] == url else ""
        except (OSError, ValueError, KeyError):
            mark = ""
        if not mark:
            have = 0
    headers = {"User-Agent": "morphaug", "Accept-Encoding": "identity"}
    if have:
        headers |= {"Range": f"bytes={have}-", "If-Range": mark}
    answer = _open(url, headers, remedy)
    if answer is None:  # the server has no more than we have: it is whole
        return True
    with answer:
        if answer.status != 206:
            have = 0
        length = answer.headers.get("Content-Length")
        total = have + int(length) if length and length.isdigit() else None
        etag = answer.headers.get("ETag", "")
        mark = etag if etag and not etag.startswith("W/") else answer.headers.get("Last-Modified", "")
        if mark:
            write_json(note, {"url": url, "mark": mark})
        with part.open("ab" if have else "wb") as file:
            while block := answer.read(_BLOCK):
                file.write(block)
                have += len(block)
                if report:
                    report(name, have, total)
    return total is None or have >= total


def _open(url: str, headers: dict[str, str], remedy: str) -> http.client.HTTPResponse | None:
    """The server's answer; None if it has nothing beyond the range asked for."""
    try:
        answer: http.client.HTTPResponse = urllib.request.urlopen(
            urllib.request.Request(url, headers=headers), timeout=TIMEOUT
        )
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 416:
            return None
        if error.code in (404, 410):
            raise NotFound(f"{url}: no such file", remedy) from None
        if error.code in (429, 500, 502, 503, 504):
            raise OSError(f"the server answers {error.code}") from None
        raise MorphaugError(f"{url}: the server answers {error.code} {error.reason}", remedy) from None
    except urllib.error.URLError as error:
        raise MorphaugError(f"cannot reach {url} ({_reason(error.reason)})", remedy) from None
    except TimeoutError:
        raise MorphaugError(f"{url}: no answer in {TIMEOUT:.0f} seconds", remedy) from None
    except ValueError as error:
        raise MorphaugError(f"'{url}' is no address ({error})", remedy) from None
    return answer


def _reason(error: object) -> str:
    if isinstance(error, socket.gaierror):
        return "no network or unknown host"
    if isinstance(error, TimeoutError):
        return f"no answer in {TIMEOUT:.0f} seconds"
    return str(getattr(error, "strerror", None) or error) or type(error).__name__


def _hash(path: Path, like: str) -> str:
    """Hash of a file by the algorithm whose digests are as long as ``like``."""
    algorithm = {32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}.get(len(like))
    if algorithm is None:
        raise MorphaugError(f"'{like}' is no checksum", "give sha256 in hexadecimal")
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def _downloads() -> Path:
    return home() / "downloads"


def _still_good(code: str, part: Any, url: str) -> bool:
    """Whether what was fetched from an address before is here, unchanged."""
    for item in inputs(code, part):
        if item.origin == url:
            paths = item.paths()
            return all(
                p.is_file() and sha256(p) == h for p, h in zip(paths, item.files.values(), strict=True)
            )
    return False


# ------------------------------------------------------------------------------------------------ sources


def fetch_unimorph(code: str, *, update: bool = False, report: Report | None = None) -> dict[str, Any]:
    """Fetch a language's UniMorph table over HTTP, import and compile it.

    The files come from the language's repository (branch ``master``, else ``main``; a table too large for one
    file is split into ``.1``, ``.2``, …) and go where the ``unimorph`` package keeps them. It would use
    ``git clone``, which leaves an empty folder when it fails.

    Args:
        code: Any name of the language.
        update: Fetch even what is here, unchanged.
        report: Progress callback.

    Returns:
        What the compilation saw.

    Raises:
        MissingResource: UniMorph has no table of the language.
        MorphaugError: No network; the message says how to import files instead.
    """
    from morphaug import languages

    code = languages.resolve(code)
    remedy = f"with the table's file at hand: morphaug resources import {code} --table FILE"
    for folder in languages.alias(code, "unimorph"):
        for branch in ("master", "main"):
            start = f"{base('unimorph')}/{folder}/{branch}"
            files: dict[str, str] = {}
            for name in (folder, *(f"{folder}.{i}" for i in range(1, 100))):
                url = f"{start}/{name}"
                place = unimorph_folder() / folder / name
                if not update and _still_good(code, "paradigms", url) and place.is_file():
                    files[str(place)] = url
                else:
                    try:
                        got = download(url, _downloads() / "unimorph" / name, report=report, remedy=remedy)
                    except NotFound:
                        if name == folder:
                            continue
                        break
                    _place(got, place)
                    files[str(place)] = url
                if name == folder:
                    break
            if files:
                return import_table(code, list(files), origin=files)
    raise MissingResource(f"UniMorph has no table of {languages.name(code)} ({code})", remedy)


def _place(source: Path, target: Path) -> None:
    """Move a file, across file systems too, so that it appears whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}-{os.getpid()}")
    shutil.move(source, beside)
    beside.replace(target)


def fetch_lexicon(
    code: str, kind: str = "freedict", *, update: bool = False, report: Report | None = None
) -> dict[str, int]:
    """Fetch a language's bilingual dictionaries with English, both directions, import and compile them.

    Args:
        code: Any name of the language.
        kind: "freedict" (with part of speech and senses; the best where it is large), "muse" (100 languages,
            without part of speech) or "gatitos" (4,000 words in 170 languages with few resources).
        update: Fetch even what is here, unchanged.
        report: Progress callback.

    Returns:
        Counts of the compiled lexicon.

    Raises:
        UnknownName: No such kind.
        MissingResource: The source has no dictionary of the language.
        MorphaugError: No network; the message says how to import files instead.
    """
    from morphaug import languages
    from morphaug.errors import UnknownName

    code = languages.resolve(code)
    if kind not in LEXICONS:
        raise UnknownName("source of lexicons", kind, LEXICONS)
    remedy = f"with a dictionary at hand: morphaug resources import {code} --lexicon FILE"
    wanted = _addresses(code, kind, report, remedy)
    got: dict[bool | None, dict[str, str]] = {}
    here = 0
    for url, checksum, reverse in wanted:
        if not update and _still_good(code, "lexicon", url):
            here += 1
            continue
        place = _downloads() / kind / url.rpartition("/")[2]
        with contextlib.suppress(NotFound):
            download(url, place, checksum=checksum, report=report, remedy=remedy)
            got.setdefault(reverse, {})[str(place)] = url
    if not got and not here:
        raise MissingResource(
            f"{kind} has no dictionary of {languages.name(code)} ({code}) and English", remedy
        )
    for reverse, files in got.items():
        import_lexicon(code, list(files), kind=kind, reverse=reverse, origin=files)
        for name in files:
            Path(name).unlink(missing_ok=True)
    return lexicon(code).counts


def _addresses(
    code: str, kind: str, report: Report | None, remedy: str
) -> list[tuple[str, str, bool | None]]:
    """(URL, checksum or "", whether it is target-to-English or None) of each dictionary to try."""
    from morphaug import languages

    source = languages.SOURCE
    if kind == "freedict":
        names = (*languages.alias(code, "freedict"), code)
        return _freedict_releases(
            {f"{a}-{b}" for n in names for a, b in ((source, n), (n, source))}, report, remedy
        )
    english = languages.alias(source, kind)[0]
    names = languages.alias(code, kind)
    if kind == "gatitos":
        return [(f"{base(kind)}/{english}_{n}.tsv", "", False) for n in names]
    return [
        (f"{base(kind)}/{a}-{b}.txt", "", a != english)
        for n in names
        for a, b in ((english, n), (n, english))
    ]


def _freedict_releases(
    pairs: set[str], report: Report | None, remedy: str
) -> list[tuple[str, str, bool | None]]:
    """The newest dictd release of each dictionary in FreeDict's database (a JSON list of dictionaries)."""
    url = base("freedict")
    place = download(url, _downloads() / "freedict" / "freedict-database.json", report=report, remedy=remedy)
    try:
        entries = json.loads(place.read_text(encoding="utf-8"))
        out = []
        for entry in entries:
            if entry.get("name") in pairs:
                releases = [
                    r for r in entry.get("releases", []) if r.get("platform") == "dictd" and r.get("URL")
                ]
                if releases:
                    newest = max(releases, key=lambda r: str(r.get("date", "")))
                    out.append((str(newest["URL"]), str(newest.get("checksum") or ""), None))
    except (ValueError, AttributeError, TypeError) as error:
        raise MorphaugError(f"{url}: not FreeDict's database ({error})", remedy) from None
    finally:
        place.unlink(missing_ok=True)
    return sorted(out)


def fetch_stanza(language: str = "en", *, model_dir: Path | None = None, processors: str = "") -> Path:
    """Fetch Stanza's models of a language with ``stanza.download``, which checks their MD5 sums itself.

    Args:
        language: Stanza's code or any other name of the language.
        model_dir: Folder for the models; None for Stanza's own.
        processors: Comma-separated processors; "" for those that ``morphaug`` needs.

    Returns:
        The folder.

    Raises:
        MissingResource: Stanza is not installed.
        MorphaugError: No network, or no model of the language.
    """
    from morphaug import languages

    try:
        import stanza
        from stanza.resources.common import DEFAULT_MODEL_DIR
    except ImportError:
        raise MissingResource("Stanza is not installed", "run: pip install 'morphaug[stanza]'") from None
    name = languages.alias(languages.resolve(language), "stanza")[0]
    folder = Path(model_dir) if model_dir else Path(DEFAULT_MODEL_DIR)
    options: dict[str, Any] = {"resources_url": base("stanza")} if base("stanza") else {}
    try:
        stanza.download(
            name,
            model_dir=str(folder),
            processors=processors or "tokenize,mwt,pos,lemma,depparse",
            verbose=False,
            **options,
        )
    except Exception as error:  # Stanza raises requests' errors, its own and plain ones
        text = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise MorphaugError(
            f"cannot fetch Stanza's models of {languages.name(languages.resolve(language))}: {text[:200]}",
            "with models at hand: --model-dir DIR; or parse elsewhere and give --parser conllu:FILE",
        ) from None
    return folder
