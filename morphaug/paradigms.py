"""Compiled paradigm tables: memory-mapped, opened in milliseconds, looked up in microseconds.

A folder holds two marisa tries of plain keys and a small JSON header:

* ``cells.marisa``: lemma, bundle, rank, and an edit that turns the lemma into the form;
* ``forms.marisa``: form, bundle, and an edit that turns the form into the lemma;
* ``paradigms.json``: the bundles (a bundle is one character in a key), counts, syncretism, input digests.

Edits instead of whole words let the tries share their tails: a table of two million rows takes a few
megabytes. Text is brought to NFC on the way in and on look-up.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import os
import shutil
import tempfile
import unicodedata
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

import marisa_trie
import numpy as np

from morphaug.errors import MissingResource, MorphaugError
from morphaug.features import (
    DEFAULTS,
    DIMENSION,
    SYNONYMS,
    cells_of,
    core_of,
    dimension,
    features_of,
    join,
    parse_bundle,
    pos_of,
)
from morphaug.packed import open_binary

FORMAT = 1
_CELLS, _FORMS, _HEADER = "cells.marisa", "forms.marisa", "paradigms.json"
_EXAMPLES = 5  # places kept per kind of oddity
_SYNCRETISM_ROWS = 400_000  # rows that syncretism is learned from
_SYNCRETIC_SHARE, _SYNCRETIC_SUPPORT = 0.97, 8

WEIGHT: dict[str, float] = {
    "pos": 40.0,
    "case": 12.0,
    "finiteness": 14.0,
    "comparison": 10.0,
    "mood": 9.0,
    "polarity": 9.0,
    "tense": 8.0,
    "person": 7.0,
    "number": 6.0,
    "voice": 6.0,
    "possession": 5.0,
    "argument": 5.0,
    "gender": 4.0,
    "definiteness": 4.0,
    "aspect": 3.0,
    "interrogativity": 3.0,
    "evidentiality": 3.0,
}
"""How much a dimension weighs when the nearest bundle is sought; 1 for those not named."""


@dataclass(slots=True)
class Counts:
    """What a compilation saw. ``examples`` has, per kind of oddity, some places as "file:line".

    Attributes:
        rows: Lines with three columns that went into the tables, one per cell and form.
        lemmas, forms, bundles: Distinct ones.
        duplicates: Rows that repeat lemma, form and canonical bundle.
        variants: Further forms of a cell that has one already.
        multiword: Rows whose form has a space (kept).
        templates: Rows whose lemma begins or ends with "-" (left out).
        blank, crlf, malformed: Empty lines, lines that end in CR LF (read as others), lines that cannot be read.
    """

    rows: int = 0
    lemmas: int = 0
    forms: int = 0
    bundles: int = 0
    duplicates: int = 0
    variants: int = 0
    multiword: int = 0
    templates: int = 0
    blank: int = 0
    crlf: int = 0
    malformed: int = 0
    examples: dict[str, list[str]] = field(default_factory=dict)

    def _see(self, kind: str, path: Path, line: int) -> None:
        setattr(self, kind, getattr(self, kind) + 1)
        places = self.examples.setdefault(kind, [])
        if len(places) < _EXAMPLES:
            places.append(f"{path.name}:{line}")


@dataclass(frozen=True, slots=True)
class Syncretic:
    """A bundle whose form is (almost) always the same as another bundle's.

    Attributes:
        bundle: The other bundle.
        share: Share of lemmas, of those with both cells, that have the same forms in both.
        support: How many lemmas have both cells.
    """

    bundle: str
    share: float
    support: int


def nfc(text: str) -> str:
    """Text in Unicode's composed form, as the tables keep it."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _code(index: int) -> str:
    """A bundle's character: from U+00A1 on, leaving out the surrogates."""
    point = 0xA1 + index
    return chr(point if point < 0xD800 else point + 0x800)


def _index(code: str) -> int:
    point = ord(code) - 0xA1
    return point if point < 0xD800 - 0xA1 else point - 0x800


def _common(a: str, b: str) -> int:
    n = min(len(a), len(b))
    if a[:n] == b[:n]:
        return n
    return next(i for i in range(n) if a[i] != b[i])


def edit(source: str, target: str) -> str:
    """A short string from which ``apply_edit`` makes ``target`` out of ``source``.

    Keeps one stretch of the source and replaces what stands before and after it.
    """
    start, keep, at = 0, _common(source, target), 0
    if keep * 2 < len(source):  # perhaps something stands in front
        for left in range(min(9, len(source) - keep)):
            piece = source[left : left + 2]
            found = target.find(piece) if piece else -1
            while found >= 0:
                n = _common(source[left:], target[found:])
                if n > keep:
                    start, keep, at = left, n, found
                found = target.find(piece, found + 1)
    drop = len(source) - start - keep
    if drop > 90 or "\x02" in target:
        return "\x03" + target
    return f"{chr(33 + start)}{chr(33 + drop)}{target[:at]}\x02{target[at + keep :]}"


def apply_edit(source: str, script: str) -> str:
    """What ``edit`` took apart: the target of a script."""
    if script[0] == "\x03":
        return script[1:]
    before, _, after = script[2:].partition("\x02")
    return f"{before}{source[ord(script[0]) - 33 : len(source) - ord(script[1]) + 33]}{after}"


def _inflected_side(lemma: str, form: str) -> int | None:
    """Which end of a multi-word lemma a form changes: 0 the first word, 1 the last, None both or neither."""
    old, new = lemma.split(" "), form.split(" ")
    front, end = old[0] != new[0], old[-1] != new[-1]
    return None if front == end else int(end)


def _open(path: Path) -> IO[bytes]:
    try:
        return open_binary(path)
    except OSError as error:
        raise MorphaugError(f"{path}: {error.strerror or error}", "name a file that exists") from None


def _looks_like_bundle(text: str) -> bool:
    first = text.replace("(", ";").replace(",", ";").partition(";")[0].strip()
    return DIMENSION.get(SYNONYMS.get(first, first)) == "pos"


def column_order(path: Path) -> tuple[int, int, int]:
    """Which columns of a table hold lemma, form and bundle.

    Args:
        path: A table, plain or compressed (.xz, .gz).

    Returns:
        Column indices (lemma, form, bundle): (0, 1, 2) as in UniMorph, (0, 2, 1) as in SIGMORPHON 2023.

    Raises:
        MorphaugError: if neither column looks like bundles.
    """
    votes: Counter[int] = Counter()
    seen = 0
    try:
        with _open(path) as lines:
            for line in lines:
                columns = line.decode("utf-8", "replace").rstrip("\r\n").split("\t")
                if len(columns) < 3:
                    continue
                seen += 1
                votes.update(c for c in (1, 2) if _looks_like_bundle(columns[c]))
                if seen >= 500:
                    break
    except (OSError, EOFError, lzma.LZMAError) as error:
        raise MorphaugError(f"{path}: cannot be read ({error})", "fetch or export the file again") from None
    if not seen or max(votes.values(), default=0) * 2 < seen:
        raise MorphaugError(
            f"{path}: not a UniMorph table (no column of bundles such as 'N;ACC;SG')",
            "a table has the columns lemma, form, bundle (or lemma, bundle, form), separated by tabs",
        )
    return (0, 2, 1) if votes[1] > votes[2] else (0, 1, 2)


def read_table(
    path: Path, counts: Counts, readings: Mapping[str, str] | None = None
) -> Iterator[tuple[str, str, str]]:
    """The rows of one table, in order.

    Args:
        path: A table, plain or compressed (.xz, .gz), UTF-8.
        counts: Filled in with what was odd.
        readings: How to read tags that only this language's tables use: {"LGSPEC10": "NARR", "SG;LGSPEC1":
            "3;SG;BANTU1"}; where all features on the left stand in a bundle, they become those on the right.

    Yields:
        (lemma, form, canonical bundle).
    """
    at_lemma, at_form, at_bundle = column_order(path)
    rules = _rules(readings)
    known: dict[str, tuple[str, ...]] = {}
    number = 0
    try:
        with _open(path) as lines:
            for raw in lines:
                number += 1
                if number == 1:
                    raw = raw.removeprefix(b"\xef\xbb\xbf")
                if raw.endswith(b"\r\n"):
                    counts._see("crlf", path, number)
                try:
                    line = raw.decode("utf-8").rstrip("\r\n")
                except UnicodeDecodeError:
                    counts._see("malformed", path, number)
                    continue
                if not line.strip():
                    counts._see("blank", path, number)
                    continue
                columns = line.split("\t")
                if len(columns) < 3:
                    counts._see("malformed", path, number)
                    continue
                lemma, form, tag = columns[at_lemma].strip(), columns[at_form].strip(), columns[at_bundle]
                bundles = known.get(tag)
                if bundles is None:
                    bundles = known[tag] = tuple(_reread(bundle, rules) for bundle in cells_of(tag))
                if (
                    not lemma
                    or not form
                    or not bundles[0]
                    or not (lemma.isprintable() and form.isprintable())
                ):
                    counts._see("malformed", path, number)
                    continue
                if lemma[0] == "-" or lemma[-1] == "-":
                    counts._see("templates", path, number)
                    continue
                if form[-1] in "?!" and lemma[-1] not in "?!":  # some tables punctuate questions
                    form = form.rstrip("?!").rstrip() or form
                if " " in form:
                    counts._see("multiword", path, number)
                if not line.isascii():
                    lemma, form = nfc(lemma), nfc(form)
                for bundle in bundles:
                    yield lemma, form, bundle
    except (OSError, EOFError, lzma.LZMAError) as error:
        raise MorphaugError(
            f"{path}, line {number + 1}: cannot be read ({error})", "fetch the file again"
        ) from None


def _rules(readings: Mapping[str, str] | None) -> list[tuple[frozenset[str], frozenset[str]]]:
    rules = [
        (features_of(parse_bundle(a)), features_of(parse_bundle(b))) for a, b in (readings or {}).items()
    ]
    return sorted(rules, key=lambda rule: (-len(rule[0]), sorted(rule[0])))  # the most specific first


def _reread(bundle: str, rules: list[tuple[frozenset[str], frozenset[str]]]) -> str:
    features = set(features_of(bundle))
    for old, new in rules:
        if old <= features:
            features = (features - old) | new
    return join(features)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _digests(tables: Sequence[Path]) -> dict[str, str]:
    """Name -> sha256; files of the same name (2020/fin.trn, 2023/fin.trn) are told apart by their folder."""
    out: dict[str, str] = {}
    names = Counter(path.name for path in tables)
    for path in tables:
        name = path.name if names[path.name] == 1 else f"{path.resolve().parent.name}/{path.name}"
        while name in out:
            name += "'"
        out[name] = _sha256(path)
    return out


def _reverse_keys(cells: Any) -> Iterator[str]:
    """The keys of the second trie, from the first one."""
    for key in cells.iterkeys():
        if key[0] != "\x02":
            at = key.index("\x01")
            lemma = key[:at]
            form = apply_edit(lemma, key[at + 3 :])
            yield f"{form}\x01{key[at + 1]}{edit(form, lemma)}"


def _grouped_cells(keys: list[str], forms: list[str]) -> Iterator[tuple[str, str, list[str], int]]:
    """(lemma, bundle code, forms, repetitions), one cell after the other; keys are "lemma \\x01 code"."""
    order = sorted(range(len(keys)), key=keys.__getitem__)  # stable: variants stay in the table's order
    i = 0
    while i < len(order):
        key, j = keys[order[i]], i + 1
        cell = [forms[order[i]]]
        while j < len(order) and keys[order[j]] == key:
            if forms[order[j]] not in cell:
                cell.append(forms[order[j]])
            j += 1
        yield key[:-2], key[-1], cell, (j - i) - len(cell)
        i = j


def _syncretism(
    lemma_cells: Iterator[list[tuple[int, tuple[str, ...]]]],
) -> dict[int, list[tuple[int, float, int]]]:
    """Pairs of bundles with equal forms, from lemmas given as lists of (bundle, forms)."""
    equal: Counter[tuple[int, int]] = Counter()
    lemmas: list[tuple[int, ...]] = []
    for cells in lemma_cells:
        by_forms: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for bundle, forms in cells:
            by_forms[forms].append(bundle)
        for same in by_forms.values():
            if 1 < len(same) <= 60:
                equal.update((a, b) for i, a in enumerate(same) for b in same[i + 1 :])
        lemmas.append(tuple(bundle for bundle, _ in cells))
    partners: dict[int, list[int]] = defaultdict(list)
    for (a, b), n in equal.items():
        if n >= _SYNCRETIC_SUPPORT:
            partners[a].append(b)
    both: Counter[tuple[int, int]] = Counter()
    for bundles in lemmas:
        present = frozenset(bundles)
        both.update((a, b) for a in bundles for b in partners.get(a, ()) if b in present)
    out: dict[int, list[tuple[int, float, int]]] = defaultdict(list)
    for (a, b), n in both.items():
        share = equal[a, b] / n
        if share >= _SYNCRETIC_SHARE:
            out[a].append((b, round(share, 4), n))
            out[b].append((a, round(share, 4), n))
    return {a: sorted(found, key=lambda x: (-x[1], -x[2], x[0])) for a, found in out.items()}


def compile_tables(
    tables: Sequence[Path],
    out: Path,
    *,
    readings: Mapping[str, str] | None = None,
    learn: bool = True,
    progress: Callable[[int], None] | None = None,
) -> Counts:
    """Compile tables of one language into a folder that ``Paradigms.open`` and ``Inflector.open`` read.

    The same tables, in the same order, give the same bytes. The folder appears whole or not at all.

    Args:
        tables: UniMorph tables of any year and dialect, plain or compressed; the order of rows, and of files,
            is the order of a cell's variants.
        out: Folder to write; one that stands there is replaced.
        readings: Language-specific tags, see ``read_table``.
        learn: Train the inflector for unknown lemmas as well.
        progress: Called with the number of rows read so far, now and then; then with that of rows learned from.

    Returns:
        What was seen.

    Raises:
        MorphaugError: if a file cannot be read, is no table, or no row is left.
    """
    counts = Counts()
    bundle_ids: dict[str, int] = {}
    keys: list[str] = []  # lemma + \x01 + provisional bundle code
    forms: list[str] = []
    for path in tables:
        for lemma, form, bundle in read_table(path, counts, readings):
            index = bundle_ids.setdefault(bundle, len(bundle_ids))
            keys.append(f"{lemma}\x01{_code(index)}")
            forms.append(form)
            if progress is not None and len(keys) % 20_000 == 0:
                progress(len(keys))
    if not keys:
        raise MorphaugError(
            f"no rows in {', '.join(map(str, tables)) or 'no tables'}", "give at least one UniMorph table"
        )
    sizes: Counter[str] = Counter(key[key.index("\x01") + 1] for key in keys)
    names = list(bundle_ids)
    # The commonest bundles get the shortest codes; provisional codes order them no less deterministically.
    final = sorted(range(len(names)), key=lambda i: (-sizes[_code(i)], names[i]))
    recode = {_code(old): new for new, old in enumerate(final)}

    bundle_rows, bundle_lemmas = [0] * len(names), [0] * len(names)
    lemma_keys: set[str] = set()
    sample: list[list[tuple[int, tuple[str, ...]]]] = []
    stride = max(1, len(keys) // _SYNCRETISM_ROWS)
    pos_name = [pos_of(names[old]) for old in final]
    heads: dict[str, list[int]] = {}  # part of speech -> multi-word lemmas inflected in front, at the end
    hashes = array("q")  # of forms, to count the distinct ones

    def cells() -> Iterator[str]:
        """The keys of the first trie; counts go where they belong on the way."""
        current: list[tuple[int, tuple[str, ...]]] = []
        previous, number = "", -1
        for lemma, provisional, cell, repeated in _grouped_cells(keys, forms):
            which = recode[provisional]
            counts.duplicates += repeated
            if lemma != previous:
                if current:
                    sample.append(current)
                previous, current = lemma, []
                number += 1
            if number % stride == 0:
                current.append((which, tuple(cell)))
            code = _code(which)
            bundle_rows[which] += len(cell)
            bundle_lemmas[which] += 1
            counts.rows += len(cell)
            counts.variants += len(cell) - 1
            lemma_keys.add(f"\x02{pos_name[which]}\x01{lemma}")
            if " " in lemma and (side := _inflected_side(lemma, cell[0])) is not None:
                heads.setdefault(pos_name[which], [0, 0])[side] += 1
            for rank, form in enumerate(cell[:64]):
                hashes.append(hash(form))
                yield f"{lemma}\x01{code}{chr(48 + rank)}{edit(lemma, form)}"
        if current:
            sample.append(current)
        counts.lemmas, counts.bundles = number + 1, len(names)
        yield from sorted(lemma_keys)

    out.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        # The builder copies keys as they come: a list of them would take more memory than the trie.
        marisa_trie.Trie(cells()).save(str(folder / _CELLS))
        keys.clear()
        forms.clear()
        counts.forms = len(np.unique(np.frombuffer(hashes, dtype=np.int64)))
        syncretic = _syncretism(iter(sample))
        sample.clear()
        first = marisa_trie.Trie()
        first.mmap(str(folder / _CELLS))
        marisa_trie.Trie(_reverse_keys(first)).save(str(folder / _FORMS))
        del first
        header = {
            "format": FORMAT,
            "bundles": [[names[old], bundle_rows[new], bundle_lemmas[new]] for new, old in enumerate(final)],
            "syncretic": {str(a): found for a, found in sorted(syncretic.items())},
            "counts": asdict(counts),
            "inputs": _digests(tables),
            "heads": {pos: list(sides) for pos, sides in sorted(heads.items())},
            "readings": dict(sorted((readings or {}).items())),
        }
        text = json.dumps(header, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        (folder / _HEADER).write_text(text + "\n", encoding="utf-8")
        if learn:
            from morphaug.inflection import compile_inflector

            count = counts.rows
            learned = None if progress is None else lambda share: progress(int(share * count))
            compile_inflector(Paradigms.open(folder), folder, learned)
        folder.chmod(0o755)
        _replace(folder, out)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    if progress is not None:
        progress(counts.rows)
    return counts


def _replace(folder: Path, out: Path) -> None:
    """Put a finished folder in place; a reader that has the old one mapped keeps it."""
    if out.exists():
        aside = Path(tempfile.mkdtemp(prefix=f".{out.name}.old.", dir=out.parent))
        os.rename(out, aside / "old")
        os.rename(folder, out)
        shutil.rmtree(aside, ignore_errors=True)
    else:
        os.rename(folder, out)


class Paradigms:
    """A compiled table. Use ``Paradigms.open``; instances are read-only and can be shared between threads.

    Attributes:
        path: The folder.
        bundles: Canonical bundle -> number of rows, the commonest first.
        counts: What the compilation saw.
        inputs: Name of each input table -> sha256 of the file.
        digest: One sha256 over the inputs and the language-specific readings.
    """

    def __init__(self, path: Path, header: Mapping[str, Any], cells: Any, forms: Any) -> None:
        self.path = path
        self._cells, self._forms = cells, forms
        self._names: list[str] = [name for name, _, _ in header["bundles"]]
        self.bundles: dict[str, int] = {name: rows for name, rows, _ in header["bundles"]}
        self.bundle_lemmas: dict[str, int] = {name: lemmas for name, _, lemmas in header["bundles"]}
        self.counts = Counts(**header["counts"])
        self.inputs: dict[str, str] = header["inputs"]
        seed = json.dumps([FORMAT, header["inputs"], header["readings"]], sort_keys=True)
        self.digest = hashlib.sha256(seed.encode()).hexdigest()
        self._heads: dict[str, list[int]] = header["heads"]
        self._syncretic: dict[str, list[list[Any]]] = header["syncretic"]
        self._ids = {name: i for i, name in enumerate(self._names)}
        self._cores: dict[frozenset[str], list[int]] | None = None
        self._match: dict[str, tuple[str, ...]] = {}
        self._attested: dict[str, frozenset[str]] = {}
        self._inventory: dict[str, tuple[str, ...]] = {}

    @classmethod
    def open(cls, path: Path) -> Paradigms:
        """Open a folder that ``compile_tables`` wrote.

        Raises:
            MissingResource: if there is none.
            MorphaugError: if it was written by another version or is damaged.
        """
        try:
            header = json.loads((path / _HEADER).read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            raise MissingResource(
                f"no compiled paradigms in {path}", "compile the language's tables"
            ) from None
        except (OSError, ValueError) as error:
            raise MorphaugError(
                f"{path / _HEADER}: cannot be read ({error})", "compile the tables again"
            ) from None
        if header.get("format") != FORMAT:
            raise MorphaugError(f"{path}: compiled by another version", "compile the tables again")
        try:
            cells, forms = marisa_trie.Trie(), marisa_trie.Trie()
            cells.mmap(str(path / _CELLS))
            forms.mmap(str(path / _FORMS))
        except (OSError, RuntimeError, ValueError) as error:
            raise MorphaugError(f"{path}: damaged ({error})", "compile the tables again") from None
        return cls(path, header, cells, forms)

    def _matching(self, bundle: str) -> tuple[str, ...]:
        """Codes of the bundles that a query matches: itself first, then those that differ in defaults only."""
        codes = self._match.get(bundle)
        if codes is None:
            if self._cores is None:
                cores: dict[frozenset[str], list[int]] = defaultdict(list)
                for index, name in enumerate(self._names):
                    cores[core_of(name)].append(index)
                self._cores = dict(cores)
            canonical = parse_bundle(bundle)
            own = self._ids.get(canonical)
            found = [own] if own is not None else []
            found += [i for i in self._cores.get(core_of(canonical), ()) if i != own]
            if len(self._match) > 100_000:
                self._match.clear()
            codes = self._match[bundle] = tuple(_code(i) for i in found)
        return codes

    def forms(self, lemma: str, bundle: str) -> tuple[str, ...]:
        """The forms of a cell, in the order of the table; () if the table lacks it.

        Args:
            lemma: Citation form, in the table's capitals.
            bundle: A bundle in any dialect; features in ``features.DEFAULTS`` need not be named.
        """
        lemma = nfc(lemma)
        out: list[str] = []
        for code in self._matching(bundle):
            head = f"{lemma}\x01{code}"
            at = len(head)
            for key in sorted(self._cells.keys(head)):
                form = apply_edit(lemma, key[at + 1 :])
                if form not in out:
                    out.append(form)
        return tuple(out)

    def paradigm(self, lemma: str, pos: str = "") -> tuple[tuple[str, str], ...]:
        """All (bundle, form) of a lemma, of one part of speech or of all; the table's commonest bundles first."""
        lemma = nfc(lemma)
        at = len(lemma) + 1
        out = []
        for key in sorted(self._cells.keys(f"{lemma}\x01")):
            bundle = self._names[_index(key[at])]
            if not pos or pos_of(bundle) == pos:
                out.append((bundle, apply_edit(lemma, key[at + 2 :])))
        return tuple(out)

    def analyses(self, form: str) -> tuple[tuple[str, str], ...]:
        """All (lemma, bundle) of a form, exact capitals, sorted; () if the table lacks the form."""
        form = nfc(form)
        at = len(form) + 1
        found = (
            (apply_edit(form, key[at + 1 :]), self._names[_index(key[at])])
            for key in self._forms.keys(f"{form}\x01")
        )
        return tuple(sorted(found))

    def has(self, lemma: str, pos: str = "") -> bool:
        """Whether the table has a lemma (as that part of speech: "N", "V", …)."""
        lemma = nfc(lemma)
        if pos:
            return f"\x02{pos}\x01{lemma}" in self._cells
        return any(True for _ in self._cells.iterkeys(f"{lemma}\x01"))

    def lemmas(self, pos: str) -> Iterator[str]:
        """The lemmas of a part of speech, in the trie's (fixed) order."""
        head = f"\x02{pos}\x01"
        for key in self._cells.iterkeys(head):
            yield key[len(head) :]

    def cells(self) -> Iterator[tuple[str, str, str]]:
        """Every (lemma, bundle, form) in the trie's (fixed) order."""
        for key in self._cells.iterkeys():
            if key[0] != "\x02":
                at = key.index("\x01")
                lemma = key[:at]
                yield lemma, self._names[_index(key[at + 1])], apply_edit(lemma, key[at + 3 :])

    def inflects_first_word(self, pos: str) -> bool:
        """Whether multi-word lemmas of a part of speech inflect their first word rather than their last."""
        first, last = self._heads.get(pos, (0, 0))
        return first > last

    def inventory(self, pos: str) -> tuple[str, ...]:
        """The bundles of a part of speech, the commonest first."""
        found = self._inventory.get(pos)
        if found is None:
            found = self._inventory[pos] = tuple(name for name in self._names if pos_of(name) == pos)
        return found

    def attested(self, pos: str = "") -> frozenset[str]:
        """The features that the table attests for a part of speech, or ("") for all."""
        found = self._attested.get(pos)
        if found is None:
            names = self._names if not pos else self.inventory(pos)
            found = self._attested[pos] = frozenset().union(*(features_of(name) for name in names))
        return found

    def syncretic(self, bundle: str) -> tuple[Syncretic, ...]:
        """Bundles whose form is (almost) always that of ``bundle``, the surest first; learned from the table."""
        out = []
        for code in self._matching(bundle):
            for other, share, support in self._syncretic.get(str(_index(code)), ()):
                out.append(Syncretic(self._names[other], share, support))
        return tuple(out)

    def nearest(self, lemma: str, bundle: str) -> tuple[str, tuple[str, ...]] | None:
        """The cell of a lemma that shares most with ``bundle`` (weighted by dimension), or None.

        Only cells of the same part of speech count, and one that contradicts more than it shares is none.
        """
        wanted = core_of(parse_bundle(bundle))
        best: tuple[float, str] | None = None
        cells: dict[str, list[str]] = defaultdict(list)
        for name, form in self.paradigm(lemma, pos_of(parse_bundle(bundle))):
            cells[name].append(form)
        for name in cells:
            score = nearness(wanted, core_of(name))
            if best is None or (-score, name) < (-best[0], best[1]):
                best = score, name
        return None if best is None or best[0] <= 0 else (best[1], tuple(cells[best[1]]))


@lru_cache(maxsize=65536)
def nearness(wanted: frozenset[str], have: frozenset[str]) -> float:
    """How well a bundle's core serves a wanted one: shared weight, less what is missing or contradicted."""
    score = 0.0
    for feature in wanted | have:
        name = dimension(feature)
        if name == "pos" or feature in DEFAULTS:
            continue
        weight = WEIGHT.get(name, 1.0)
        if feature in wanted and feature in have:
            score += weight
        elif feature in wanted:
            score -= weight * 0.5
        else:
            score -= weight * 0.3
    return score
