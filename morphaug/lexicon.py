"""Bilingual lexicons: dictionaries ranked once, then looked up in microseconds.

Dictionaries say what a word *can* mean; a corpus generator needs what it *usually* means. The compiler reads
every dictionary given (both directions) and scores each translation by what they themselves show: how many
senses it covers, where it stands, whether the reverse dictionary agrees, how often the two words meet in phrases
and examples, and whether the target's paradigm table knows it as that part of speech. No frequency list and no corpus is needed, so a language that has only a dictionary gets the
same treatment.
"""

from __future__ import annotations

import json
import mmap
import re
import shutil
import struct
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from morphaug.errors import MorphaugError
from morphaug.lexicon_formats import UPOS, Reading, Row

FORMAT = 7  # of the compiled files and of the ranking
KEEP = 24  # translations kept per headword and part of speech


@dataclass(frozen=True, slots=True)
class Entry:
    """A translation.

    Attributes:
        target: Citation form.
        upos: Its part of speech; "X" where no dictionary and no table tells.
        rank: 0 for the best translation.
        weight: Share of the evidence for it, 0..1, among the translations that a look-up gave.
    """

    target: str
    upos: str
    rank: int
    weight: float


# ------------------------------------------------------------------------------------------- compiling


@dataclass(frozen=True, slots=True)
class Weights:
    """How evidence counts; a score is the product of the factors.

    The values lie on a plateau measured against lists of usual translations of frequent English words into
    Finnish, Turkish and German; none of them is worth more than a point there.

    Attributes:
        order: How much a later sense counts less, where the dictionary's order means something.
        place: The same for a later word inside a sense.
        reverse: What a row of a reverse dictionary counts, next to one sense of a forward one.
        back: Factor for a translation that the reverse dictionary confirms.
        meet: Exponent of how often the pair meets in phrases and examples.
        known: Factor for a target that the paradigm table has as this part of speech.
        phrase: Factor for each word of the target beyond the headword's.
        capital: Factor for a capitalised target of a headword that is none ("job": the Book of Job), in a
            language that does not capitalise nouns.
    """

    order: float = 0.5
    place: float = 0.4
    reverse: float = 0.5
    back: float = 1.5
    meet: float = 1.0
    known: float = 1.2
    phrase: float = 0.2
    capital: float = 0.3


_VERB_LIKE = frozenset(("VERB", "AUX"))
_NOMINAL = "~"  # stored for "no verb, but nobody says what"
_STORED = (*UPOS, _NOMINAL)
_INDEX = {upos: i for i, upos in enumerate(_STORED)}
_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _repair(readings: Sequence[Reading]) -> None:
    """Put ő and ű back where a dictionary was written through Latin-1, which lacks them.

    The sign: ô and û stand on no vowel but o and u, in a language that writes ö and ü (the circumflexes of
    French, Turkish, Welsh or Romanian stand on a, e or i too).
    """
    for reading in readings:
        letters: Counter[str] = Counter()
        for row in reading.rows:
            letters.update(row.target.lower())
        if min(letters["ô"], letters["û"]) < 20 or letters["ő"] or letters["ű"]:
            continue
        if any(letters[c] > 0.02 * letters["ô"] for c in "âêî") or min(letters["ö"], letters["ü"]) < 20:
            continue
        table = str.maketrans("ôûÔÛ", "őűŐŰ")
        for row in reading.rows:
            row.target = row.target.translate(table)
        reading.pairs = [(a, b.translate(table)) for a, b in reading.pairs]


def _strip_function_words(readings: Sequence[Reading]) -> None:
    """Take articles and the words that only fill a verb's slots ("etw.", "jdn.", "vmit") off the targets.

    They are told from the dictionary: they come where the English side has "the" or "sth.", and a slot's word
    is never a translation by itself.
    """
    alone: Counter[str] = Counter()
    first: Counter[str] = Counter()
    article: Counter[str] = Counter()
    total: Counter[str] = Counter()
    slot: Counter[str] = Counter()
    for reading in readings:
        for row in reading.rows:
            if " " in row.target:
                words = row.target.split(" ")
                first[words[0]] += 1
                total.update(words)
                if row.mark:
                    article[words[0]] += "a" in row.mark
                    slot.update(words if "s" in row.mark else ())
            else:
                alone[row.target] += 1
    articles = {
        w for w, n in article.items() if n >= 15 and n > 0.15 * first[w] and len(w) <= 4 and w.islower()
    }
    slots = {w for w, n in slot.items() if n >= 40 and n > 0.8 * total[w] and not alone[w]}
    if not articles and not slots:
        return
    for reading in readings:
        for row in reading.rows:
            if " " in row.target:
                words = row.target.split(" ")
                kept = [w for i, w in enumerate(words) if w not in slots and (i or w not in articles)]
                row.target = " ".join(kept) or row.target


class _Guesser:
    """Part of speech of a target word by table, else by its ending, learned from the table's lemmas."""

    def __init__(self, lemmas: Mapping[str, Collection[str]], rows: Iterable[Row]) -> None:
        self.lemmas = lemmas
        self.cache: dict[str, str] = {}
        self.endings: dict[str, Counter[str]] = defaultdict(Counter)
        known = {lemma: set(tags) for lemma, tags in lemmas.items()}
        for row in rows:
            if row.upos in ("NOUN", "VERB", "ADJ", "ADV") and " " not in row.target:
                known.setdefault(row.target, set()).add(row.upos)
        for lemma in sorted(known):
            tags = {
                "VERB" if t == "VERB" else _NOMINAL
                for t in known[lemma]
                if t in ("NOUN", "VERB", "ADJ", "ADV")
            }
            if len(tags) == 1:
                tag = next(iter(tags))
                for size in range(1, 6):
                    if len(lemma) > size:
                        self.endings[lemma[-size:].lower()][tag] += 1

    def __call__(self, target: str) -> str:
        guess = self.cache.get(target)
        if guess is None:
            guess = self.cache[target] = self._guess(target)
        return guess

    def _guess(self, target: str) -> str:
        word = target.rpartition(" ")[2]
        tags = self.lemmas.get(word)
        if tags and " " not in target:
            if len(tags) == 1:
                tag = next(iter(tags))
                # A table that files adjectives under nouns must not turn them into nouns here.
                return tag if tag in ("VERB", "ADJ", "ADV") else _NOMINAL
            if not _VERB_LIKE & set(tags):
                return _NOMINAL
            return "X"
        for size in range(5, 1, -1):
            counts = self.endings.get(word[-size:].lower()) if len(word) > size else None
            if counts and sum(counts.values()) >= 5:
                tag, n = max(sorted(counts.items()), key=lambda x: x[1])
                return tag if n / sum(counts.values()) >= 0.93 else "X"
        return "X"


@dataclass(slots=True)
class _Evidence:
    mass: float = 0.0
    back: bool = False
    meet: float = 0.0


Table = dict[str, dict[tuple[str, str], _Evidence]]


def score(
    readings: Sequence[Reading],
    lemmas: Mapping[str, Collection[str]] | None = None,
    weights: Weights | None = None,
) -> dict[str, dict[str, list[tuple[float, str]]]]:
    """Rank what dictionaries say.

    Args:
        readings: Dictionaries of one language, both directions.
        lemmas: Lemmas of the target's paradigm table with their parts of speech (UPOS); may be empty.
        weights: How evidence counts.

    Returns:
        headword -> part of speech -> [(score, target), ...], best first.
    """
    weights = weights or Weights()
    _repair(readings)
    _strip_function_words(readings)
    nouns = Counter(
        row.target[:1].isupper()
        for reading in readings
        for row in reading.rows
        if row.upos == "NOUN" and row.source[:1].islower()
    )
    capital = nouns[True] > 0.3 * (nouns[False] + 1)
    return _rank(_gather(readings, lemmas or {}, weights), capital, lemmas or {}, weights)


def _gather(readings: Sequence[Reading], lemmas: Mapping[str, Collection[str]], weights: Weights) -> Table:
    """The evidence for each (headword, part of speech, target)."""
    guess = _Guesser(lemmas, (row for reading in readings for row in reading.rows))
    table: Table = {}
    for reading in readings:
        ordered = reading.ordered and not reading.reverse
        for row, upos, trust in _tagged(reading.rows, guess):
            found = table.setdefault(row.source, {}).setdefault((upos, row.target), _Evidence())
            step = weights.order * row.sense if ordered else 0.0
            if reading.reverse:
                found.back = True
                found.mass += weights.reverse * trust / (1.0 + weights.place * row.place)
            else:
                found.mass += trust * row.senses / ((1.0 + step) * (1.0 + weights.place * row.place))
    _confirm(table)
    _meetings(readings, table)
    return table


def _tagged(rows: Sequence[Row], guess: Callable[[str], str]) -> Iterator[tuple[Row, str, float]]:
    """Each row with its part of speech, guessed where the dictionary gives none, and how far to trust it.

    Words listed together are of one part of speech: where guesses differ (Turkish "ekmek", bread, looks like
    an infinitive) none is believed. On a page that begins with a verb, nouns are by the way, and conversely.
    """
    for _, page in groupby(rows, key=lambda row: (row.page, row.source)):
        senses = [list(group) for _, group in groupby(page, key=lambda row: row.sense)]
        first = ""
        for sense in senses:
            tags = [row.upos if row.upos != "X" else guess(row.target) for row in sense]
            verbs = sum(tag in _VERB_LIKE for tag in tags)
            mixed = 0 < verbs < len(tags)
            for row, tag in zip(sense, tags, strict=True):
                upos = "X" if mixed and row.upos == "X" else tag
                kind = "verb" if upos in _VERB_LIKE else "" if upos == "X" else "other"
                first = first or kind
                by_the_way = row.upos == "X" and kind and kind != first
                yield row, upos, row.trust * (0.5 if by_the_way else 1.0)


def _rank(
    table: Table, capital: bool, lemmas: Mapping[str, Collection[str]], weights: Weights
) -> dict[str, dict[str, list[tuple[float, str]]]]:
    out: dict[str, dict[str, list[tuple[float, str]]]] = {}
    for source in sorted(table):
        groups: dict[str, list[tuple[float, str]]] = {}
        length = source.count(" ")
        for (upos, target), found in table[source].items():
            value = found.mass * (1.0 + found.meet) ** weights.meet
            if found.back:
                value *= weights.back
            value *= weights.phrase ** max(target.count(" ") - length, 0)
            if upos in lemmas.get(target, ()):
                value *= weights.known
            if target[:1].isupper() and source[:1].islower() and not capital:
                value *= weights.capital
            groups.setdefault(upos, []).append((value, target))
        out[source] = {
            upos: sorted(items, key=lambda x: (-x[0], x[1]))[:KEEP] for upos, items in sorted(groups.items())
        }
    return out


def _confirm(table: dict[str, dict[tuple[str, str], _Evidence]]) -> None:
    """Let evidence cross between parts of speech where one side does not know its own."""
    for cells in table.values():
        if len(cells) < 2:
            continue
        by_target: dict[str, list[tuple[str, _Evidence]]] = {}
        for (upos, target), found in cells.items():
            by_target.setdefault(target, []).append((upos, found))
        for target, group in by_target.items():
            if len(group) < 2:
                continue
            vague = [(u, f) for u, f in group if u in ("X", _NOMINAL)]
            exact = [(u, f) for u, f in group if u not in ("X", _NOMINAL)]
            for upos, found in vague if exact else ():
                takers = [f for u, f in exact if upos == "X" or u not in _VERB_LIKE]
                for taker in takers:
                    taker.mass += found.mass
                    taker.back |= found.back
                if takers:
                    del cells[(upos, target)]


def _meetings(readings: Sequence[Reading], table: dict[str, dict[tuple[str, str], _Evidence]]) -> None:
    """Count how often a headword and its translation occur together in phrases and examples."""
    keys: dict[str, dict[str, list[_Evidence]]] = {}
    for source, cells in table.items():
        if len(cells) > 1 and " " not in source:
            targets = keys.setdefault(source.lower(), {})
            for (_, target), found in cells.items():
                if " " not in target:
                    targets.setdefault(target.lower(), []).append(found)

    def count(english: str, text: str) -> None:
        heads = [w for w in set(_words(english)) if w in keys]
        words = _words(text) if heads else []
        for head in heads:
            targets = keys[head]
            for word in words:
                # Inflected and compound words begin with their stem ("Hause", "talossa"); the longest listed wins.
                size = len(word)
                while size >= 4 and word[:size] not in targets:
                    size -= 1
                hit = word[:size] if size >= 4 else word
                for found in targets.get(hit, ()):
                    found.meet += 1.0 if hit == word else 0.5

    for reading in readings:
        for row in reading.rows:
            if " " in row.source:
                count(row.source, row.target)
        for english, text in reading.pairs:
            count(english, text)


# Which parts of speech can stand in for one another, and how much less such an entry counts. Pairs that are
# missing never do: a noun inflected as a verb is worse than the English word.
_STAND_IN: dict[str, dict[str, float]] = {
    "NOUN": {
        "X": 0.6,
        _NOMINAL: 0.6,
        "PROPN": 0.15,
        "ADJ": 0.1,
        "NUM": 0.1,
        "PRON": 0.05,
        "ADV": 0.04,
        "INTJ": 0.03,
    },
    "PROPN": {"X": 0.6, _NOMINAL: 0.6, "NOUN": 0.4, "ADJ": 0.05},
    "VERB": {"X": 0.6, "AUX": 0.8},
    "AUX": {"X": 0.6, "VERB": 0.8},
    "ADJ": {"X": 0.6, _NOMINAL: 0.6, "DET": 0.3, "NUM": 0.3, "PRON": 0.1, "ADV": 0.1, "NOUN": 0.1},
    "ADV": {
        "X": 0.6,
        _NOMINAL: 0.6,
        "ADJ": 0.15,
        "ADP": 0.1,
        "SCONJ": 0.1,
        "CCONJ": 0.1,
        "PART": 0.4,
        "INTJ": 0.1,
    },
    "PRON": {"X": 0.6, _NOMINAL: 0.6, "DET": 0.5, "ADJ": 0.2, "NUM": 0.2, "NOUN": 0.1, "ADV": 0.1},
    "DET": {"X": 0.6, _NOMINAL: 0.6, "PRON": 0.5, "ADJ": 0.5, "NUM": 0.3, "ADV": 0.2},
    "NUM": {"X": 0.6, _NOMINAL: 0.6, "ADJ": 0.3, "DET": 0.3, "NOUN": 0.3, "PRON": 0.2},
    "ADP": {"X": 0.6, _NOMINAL: 0.6, "ADV": 0.4, "SCONJ": 0.3, "CCONJ": 0.2, "PART": 0.3},
    "CCONJ": {"X": 0.6, _NOMINAL: 0.6, "SCONJ": 0.9, "ADV": 0.3, "ADP": 0.2, "PART": 0.3},
    "SCONJ": {"X": 0.6, _NOMINAL: 0.6, "CCONJ": 0.9, "ADV": 0.3, "ADP": 0.3, "PART": 0.3, "PRON": 0.2},
    "INTJ": {"X": 0.6, _NOMINAL: 0.6, "ADV": 0.3, "NOUN": 0.1, "ADJ": 0.1, "PART": 0.3},
    "PART": {"X": 0.6, _NOMINAL: 0.6, "ADV": 0.5, "INTJ": 0.3, "ADP": 0.2},
}
_ANY = dict.fromkeys(_STORED, 1.0)


def compile_lexicon(
    readings: Sequence[Reading],
    out: Path,
    *,
    lemmas: Mapping[str, Collection[str]] | None = None,
    digest: str = "",
) -> dict[str, int]:
    """Rank dictionaries and write them as a memory-mapped store.

    Args:
        readings: What ``lexicon_formats.read`` gave, both directions together.
        out: Folder to write; replaced in one step, never left half done.
        lemmas: Lemmas of the target's paradigm table with their UPOS: they tell parts of speech that
            dictionaries do not name.
        digest: Hash of what the lexicon is made from, kept in its header.

    Returns:
        Counts: "headwords", "entries".

    Raises:
        MorphaugError: No dictionary holds a single translation.
    """
    import marisa_trie

    ranked = score(readings, lemmas)
    if not ranked:
        raise MorphaugError(
            "no translation in these dictionaries", "check the files, their kind and their direction"
        )
    records: dict[str, bytes] = {}
    entries = 0
    for source, groups in ranked.items():
        record = _record(groups)
        entries += record[0]
        records[source] = record
    for source in sorted(
        ranked
    ):  # a lower-cased name answers where nothing else does: "finland", "ultraviolet"
        low = source.lower()
        if low not in ranked and low not in records:
            records[low] = records[source]
    keys = marisa_trie.Trie(sorted(records))
    order = sorted(records, key=lambda k: keys[k])
    blob = bytearray()
    offsets = []
    for key in order:
        offsets.append(len(blob))
        blob += records[key]
    counts = {"headwords": len(ranked), "entries": entries}
    header = {"format": FORMAT, "digest": digest, "keys": len(order), **counts}
    out = Path(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        keys.save(str(made / "keys.marisa"))
        (made / "entries.bin").write_bytes(struct.pack(f"<{len(order)}I", *offsets) + bytes(blob))
        plurals = {word: list(found) for reading in readings for word, found in reading.plurals.items()}
        if plurals:
            text = json.dumps(plurals, ensure_ascii=False, indent=0, sort_keys=True)
            (made / _PLURALS).write_text(text + "\n", encoding="utf-8")
        (made / "header.json").write_text(
            json.dumps(header, indent=1, sort_keys=True) + "\n", encoding="utf-8"
        )
        made.chmod(0o755)
        swap(made, out)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    return counts


_PLURALS = "plurals.json"  # in a compiled folder, where a dictionary gives any


def swap(made: Path, out: Path) -> None:
    """Put a finished folder in the place of an older one, which readers may still have mapped."""
    if out.exists():
        old = Path(tempfile.mkdtemp(prefix=f".{out.name}-old-", dir=out.parent))
        out.rename(old / "was")
        made.rename(out)
        shutil.rmtree(old, ignore_errors=True)
    else:
        made.rename(out)


_CELL = struct.Struct("<Bf")
_SIZE = struct.Struct("<BI")


def _record(groups: Mapping[str, Sequence[tuple[float, str]]]) -> bytes:
    """count, length, then (upos, score) of each translation, then the targets, tab-separated."""
    cells = [(_INDEX[upos], value, target) for upos, items in groups.items() for value, target in items]
    cells.sort(key=lambda c: (-c[1], c[0], c[2]))
    cells = cells[:255]
    text = "\t".join([c[2] for c in cells]).encode()
    packed = b"".join([_CELL.pack(*c[:2]) for c in cells])
    return _SIZE.pack(len(cells), len(text)) + packed + text


class Lexicon:
    """A compiled bilingual lexicon. Opening takes milliseconds; answers are remembered.

    Attributes:
        plurals: What the dictionaries say the plurals of a target noun are; a grammar may tell its class from them.

    >>> Lexicon.open(path).lookup("house", "NOUN")[0].target  # doctest: +SKIP
    'talo'
    """

    def __init__(
        self,
        keys: Any,
        data: mmap.mmap,
        header: Mapping[str, Any],
        plurals: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.plurals = {word: tuple(found) for word, found in (plurals or {}).items()}
        self._keys = keys
        self._data = data
        self._header = header
        self._blob = 4 * int(header["keys"])
        self._memo: dict[tuple[str, str], tuple[Entry, ...]] = {}

    @classmethod
    def open(cls, path: Path) -> Lexicon:
        """Map a compiled lexicon.

        Raises:
            MorphaugError: There is none, or another version of morphaug made it.
        """
        import marisa_trie

        path = Path(path)
        try:
            header = json.loads((path / "header.json").read_text(encoding="utf-8"))
            if header.get("format") != FORMAT:
                raise MorphaugError(
                    f"{path} was compiled by another version", "run: morphaug resources compile"
                )
            keys = marisa_trie.Trie()
            keys.mmap(str(path / "keys.marisa"))
            with (path / "entries.bin").open("rb") as file:
                data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            listed = path / _PLURALS
            plurals = json.loads(listed.read_text(encoding="utf-8")) if listed.is_file() else None
        except (OSError, ValueError, RuntimeError) as error:
            raise MorphaugError(
                f"cannot open the lexicon {path}: {error}", "run: morphaug resources compile"
            ) from None
        return cls(keys, data, header, plurals)

    def lookup(self, lemma: str, upos: str = "X") -> tuple[Entry, ...]:
        """Translations of an English lemma, best first.

        Args:
            lemma: English lemma or phrase; another casing of it answers if this one is not listed.
            upos: Its part of speech. Entries of the same one come first, then those whose part of speech no
                dictionary tells, then those that can stand in (an adjective for an adverb, never a noun for a
                verb). "X" takes every entry.

        Returns:
            The entries; () if the lexicon does not have the word.
        """
        key = (lemma, upos)
        found = self._memo.get(key)
        if found is None:
            if len(self._memo) > 200_000:
                self._memo.clear()
            found = self._memo[key] = self._find(lemma, upos)
        return found

    def _find(self, lemma: str, upos: str) -> tuple[Entry, ...]:
        fits = _STAND_IN.get(upos)
        cells = self._cells(lemma)
        low = lemma.lower()
        if low != lemma and not (cells and upos == "PROPN"):  # "House" of parliament is not any house
            cells += self._cells(low)
        out: dict[str, tuple[float, str]] = {}
        for code, value, target in cells:
            stored = _STORED[code]
            share = 1.0 if fits is None or stored == upos else fits.get(stored, 0.0)
            if share:
                value *= share
                if target not in out or out[target][0] < value:
                    out[target] = (value, "X" if stored == _NOMINAL else stored)
        if not out and upos == "ADV":
            return self._adverb(low)
        best = sorted(out.items(), key=lambda x: -x[1][0])
        total = sum([value for _, (value, _) in best])
        return tuple([Entry(t, tag, rank, value / total) for rank, (t, (value, tag)) in enumerate(best)])

    def _adverb(self, lemma: str) -> tuple[Entry, ...]:
        """What the adjective inside an English adverb means ("slowly": slow, "happily": happy); entries are adjectives."""
        if lemma.endswith("ly") and len(lemma) > 4:
            stem = lemma[:-2]
            tries = (
                [stem, stem[:-1] + "y"]
                if stem.endswith("i")
                else [stem, stem + "le", stem + "l", stem.removesuffix("al")]
            )
            for adjective in tries:
                found = tuple([e for e in self.lookup(adjective, "ADJ") if e.upos in ("ADJ", "X")])
                if found:
                    return found
        return ()

    def _cells(self, key: str) -> list[tuple[int, float, str]]:
        """(part of speech, score, target) of one spelling, best first, or []."""
        number = self._keys.get(key)
        if number is None:
            return []
        data = self._data
        at = self._blob + int.from_bytes(data[4 * number : 4 * number + 4], "little")
        count, length = _SIZE.unpack_from(data, at)
        at += _SIZE.size
        cells = _CELL.iter_unpack(data[at : at + _CELL.size * count])
        at += _CELL.size * count
        targets = data[at : at + length].decode().split("\t")
        return [(code, value, target) for (code, value), target in zip(cells, targets, strict=True)]

    def has(self, lemma: str) -> bool:
        """Whether the lexicon lists a lemma, in this casing or in lower case."""
        return lemma in self._keys or lemma.lower() in self._keys

    def lists(self, word: str) -> bool:
        """Whether the lexicon lists a word in exactly this casing ("Tuesday", but not "Bush")."""
        return word in self._keys

    def __contains__(self, lemma: str) -> bool:
        return self.has(lemma)

    def __len__(self) -> int:
        """Number of English headwords."""
        return int(self._header["headwords"])

    def __iter__(self) -> Iterator[str]:
        """The headwords (and lower-cased names), sorted."""
        return iter(sorted(self._keys))

    @property
    def counts(self) -> dict[str, int]:
        return {"headwords": int(self._header["headwords"]), "entries": int(self._header["entries"])}

    @property
    def digest(self) -> str:
        """Hash of the dictionaries and of the table this was made from."""
        return str(self._header["digest"])
