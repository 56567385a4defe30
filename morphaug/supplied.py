"""Parses that the user supplies as CoNLL-U, behind the ``Parser`` protocol; and the way to write such files.

A field is looked up by its letters: white space may differ between the field and the file, and the field's
own is kept. It may be a sentence of the file, a whole document (from one ``# newdoc`` to the next), or a run
of sentences that spell it one after the other.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from morphaug.conllu import Block, align, read_sentences, write_sentence
from morphaug.errors import MissingResource, MorphaugError
from morphaug.modelfiles import digest
from morphaug.parsecache import decode, encode
from morphaug.segments import Analysis, join, pretokenised
from morphaug.trees import Sentence, field_text

_PREFIX = 12  # letters by which a sentence that begins at some place of a field is found

Range = tuple[int, int]  # first sentence, one past the last


@dataclass(slots=True)
class SuppliedParser:
    """Made by ``conllu_parser``. The files are read when the first text is looked up.

    Attributes:
        name: Identity for the parse cache: a hash of the files.
        paths: The files.
        refused: Errors of sentences that were left out because they are broken or no trees.
    """

    name: str
    paths: tuple[Path, ...]
    refused: list[MorphaugError] = field(default_factory=list, repr=False)
    _read: bool = field(default=False, repr=False)
    _values: list[bytes] = field(default_factory=list, repr=False)  # encoded: a tenth of the trees' memory
    _letters: list[str] = field(default_factory=list, repr=False)
    _by_letters: dict[bytes, list[Range]] = field(default_factory=dict, repr=False)
    _by_prefix: dict[str, list[int]] = field(default_factory=dict, repr=False)
    _by_id: dict[str, Range] = field(default_factory=dict, repr=False)

    def __reduce__(self) -> tuple[type[SuppliedParser], tuple[str, tuple[Path, ...]]]:
        return (SuppliedParser, (self.name, self.paths))

    def parse(self, texts: Sequence[str | Sequence[str]]) -> list[list[Sentence]]:
        """Looks up raw texts and token lists.

        Raises:
            MorphaugError: if one is not in the files; it names the first and says how many.
        """
        found = [self.find(text) for text in texts]
        missing = [text for text, parse in zip(texts, found, strict=True) if parse is None]
        if missing:
            raise self._missing(missing)
        return [parse for parse in found if parse is not None]

    def find(self, text: str | Sequence[str]) -> list[Sentence] | None:
        """The parse of one raw text or token list; None if the files do not hold it."""
        self._fill()
        plain = isinstance(text, str)
        letters = _letters_of(text if isinstance(text, str) else "".join(text))
        if isinstance(text, str) and not letters:
            return [Sentence([], lead=text)]
        if not plain and not text:
            return [Sentence([])]
        ranges = self._by_letters.get(_key(letters), [])
        if isinstance(text, str):
            for fits in (_edges, _respaced):  # the same text to the letter comes first
                for first, last in ranges:
                    if parse := fits(text, self._sentences(range(first, last))):
                        return parse
            tiles = self._tile(letters)
            return _respaced(text, self._sentences(tiles)) if tiles else None
        for first, last in ranges:
            if parse := _for_tokens(text, self._sentences(range(first, last))):
                return parse
        tiles = self._tile(letters)
        return _for_tokens(text, self._sentences(tiles)) if tiles else None

    def document(self, name: str) -> list[Sentence] | None:
        """The sentences below ``# newdoc id = NAME``, with the file's own white space; None if there is none."""
        self._fill()
        found = self._by_id.get(name)
        return None if found is None else self._sentences(range(*found))

    def _sentences(self, numbers: Iterable[int]) -> list[Sentence]:
        return [decode(self._values[i])[0] for i in numbers]

    def _tile(self, letters: str) -> list[int]:
        """Sentences that spell the letters one after the other; the file's next sentence is tried first."""
        dead: set[int] = set()
        path: list[int] = []
        pending: list[Iterator[int]] = [iter(self._starting(letters, 0, -1))]
        at = 0
        while pending:
            number = next(pending[-1], -1)
            if number >= 0:
                end = at + len(self._letters[number])
                if end in dead:
                    continue
                path.append(number)
                at = end
                if at == len(letters):
                    return path
                pending.append(iter(self._starting(letters, at, number + 1)))
                continue
            dead.add(at)
            pending.pop()
            if path:
                at -= len(self._letters[path.pop()])
        return []

    def _starting(self, letters: str, at: int, following: int) -> list[int]:
        """Sentences whose letters stand at that place: the following one first, then the longest."""
        out: list[int] = []
        for length in range(min(_PREFIX, len(letters) - at), 0, -1):
            for number in self._by_prefix.get(letters[at : at + length], ()):
                mine = self._letters[number]
                # A short prefix is the whole of a short sentence.
                if (length == _PREFIX or len(mine) == length) and letters.startswith(mine, at):
                    out.append(number)
        seen: set[str] = set()
        unique = []
        for number in sorted(out, key=lambda i: (i != following, -len(self._letters[i]), i)):
            if self._letters[number] not in seen:
                seen.add(self._letters[number])
                unique.append(number)
        return unique

    def _fill(self) -> None:
        if self._read:
            return
        self._read = True
        for path in self.paths:
            document: tuple[int, str] | None = None
            refused = len(self.refused)
            for block, sentence in read_sentences(path, on_error=self.refused.append, joined=True):
                name = _newdoc(block)
                if len(self.refused) > refused:
                    # What was refused may have begun another document: this one ends where is unknown.
                    refused, document = len(self.refused), None
                if name is not None:
                    self._close(document)
                    document = (len(self._values), name)
                sentence.comments = ()
                letters = _letters_of("".join([t.form for t in sentence.tokens]))
                number = len(self._values)
                self._values.append(encode([sentence]))
                self._letters.append(letters)
                self._by_letters.setdefault(_key(letters), []).append((number, number + 1))
                self._by_prefix.setdefault(letters[:_PREFIX], []).append(number)
            if len(self.refused) == refused:
                self._close(document)

    def _close(self, document: tuple[int, str] | None) -> None:
        """Enters the document that ends before the next sentence."""
        if document is None:
            return
        first, name = document
        last = len(self._values)
        if name:
            self._by_id.setdefault(name, (first, last))
        if last - first > 1:
            key = _key("".join(self._letters[first:last]))
            self._by_letters.setdefault(key, []).append((first, last))

    def _missing(self, texts: Sequence[str | Sequence[str]]) -> MorphaugError:
        first = texts[0]
        shown = first if isinstance(first, str) else " ".join(first)
        where = self.paths[0].name if len(self.paths) == 1 else f"{len(self.paths)} files"
        more = f" (and {len(texts) - 1} more)" if len(texts) > 1 else ""
        message = f"{where}: no parse of {_excerpt(shown)}{more}"
        hint = "each field must be a sentence, a document or a run of sentences of the file"
        letters = _letters_of("".join(first))
        if _key(letters) in self._by_letters or self._tile(letters):
            hint = "the file has these letters, but divided into other words"
        if self.refused:
            hint += f"; {len(self.refused)} of its sentences were refused, the first: {self.refused[0]}"
        return MorphaugError(message, hint)


def conllu_parser(paths: Path | Sequence[Path]) -> SuppliedParser:
    """Parses from CoNLL-U files.

    Args:
        paths: A file, a folder (its ``*.conllu`` files, also packed), or several of either.

    Raises:
        MissingResource: if a path does not exist, or a folder has no such file.
    """
    files: list[Path] = []
    for path in [paths] if isinstance(paths, Path) else paths:
        if path.is_dir():
            inside = sorted([*path.glob("*.conllu"), *path.glob("*.conllu.gz"), *path.glob("*.conllu.xz")])
            if not inside:
                raise MissingResource(f"{path}: no *.conllu file in this folder", "name a CoNLL-U file")
            files += inside
        elif path.is_file():
            files.append(path)
        else:
            raise MissingResource(
                f"{path}: no such file", "name a CoNLL-U file with the parses of your fields"
            )
    fingerprint = digest({f"{i:06}": path for i, path in enumerate(files)})
    return SuppliedParser(f"conllu {fingerprint} v1", tuple(files))


def write_parses(path: Path, items: Iterable[tuple[str, Sequence[Sentence]]]) -> int:
    """Writes parses of fields as CoNLL-U that ``conllu_parser`` reads back, equal sentence for sentence.

    The file appears whole or not at all. Fields without words are left out: they need no parse.

    Args:
        path: The file.
        items: Name of each field (for ``# newdoc id``, "EXAMPLE#FIELD") and its parse.

    Returns:
        Number of fields written.
    """
    count = 0
    partial = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        with partial.open("w", encoding="utf-8", newline="") as out:
            for name, sentences in items:
                with_words = [s for s in sentences if s.tokens]
                if not with_words:
                    continue
                label = " ".join(name.split())
                out.write(f"# newdoc id = {label}\n" if label else "# newdoc\n")
                for sentence in with_words:
                    out.write(write_sentence(sentence, joined=True, provenance=False))
                count += 1
        os.replace(partial, path)
    except UnicodeEncodeError as error:
        raise MorphaugError(
            f"{path}: a text has half a character ({error.reason})", "mend the text"
        ) from None
    finally:
        partial.unlink(missing_ok=True)
    return count


def _excerpt(text: str) -> str:
    line = " ".join(text.split())
    return f"'{line}'" if len(line) <= 70 else f"'{line[:70]}…'"


def _letters_of(text: str) -> str:
    return "".join(text.split())


def _key(letters: str) -> bytes:
    return blake2b(letters.encode("utf-8", "surrogatepass"), digest_size=12).digest()


def _newdoc(block: Block) -> str | None:
    """The id of the document that begins here; "" if it has none, None if no document begins."""
    for comment in block.comments:
        words = comment[1:].split(None, 1)
        if words and words[0] == "newdoc":
            return (block.get("newdoc id") or "").strip()
    return None


def _edges(text: str, sentences: list[Sentence]) -> list[Sentence] | None:
    """The sentences if they are the text but for white space around it, which is then the text's own."""
    first, last = sentences[0], sentences[-1]
    first.lead = last.tail = ""
    body = field_text(sentences)
    at = text.find(body)
    end = at + len(body)
    if at < 0 or text[:at].strip() or text[end:].strip():
        return None
    first.lead, last.tail = text[:at], text[end:]
    return sentences


def _respaced(text: str, sentences: list[Sentence]) -> list[Sentence] | None:
    """The sentences with all white space as the text has it; None if their words do not spell it."""
    spans = align(text, [t.form for s in sentences for t in s.tokens])
    if isinstance(spans, int) or text[spans[-1][1] :].strip():
        return None
    starts = [start for start, _ in spans[1:]] + [len(text)]
    at = 0
    for sentence in sentences:
        sentence.lead = "" if at else text[: spans[0][0]]
        for token in sentence.tokens:
            start, end = spans[at]
            token.form, token.space = text[start:end], text[end : starts[at]]
            at += 1
        last = sentence.tokens[-1]
        sentence.tail, last.space = last.space, ""
    return sentences


def _for_tokens(tokens: Sequence[str], sentences: list[Sentence]) -> list[Sentence] | None:
    """One sentence over the given tokens; None if the sentences' words are others."""
    words = [t for s in sentences for t in s.tokens]
    if len(words) != len(tokens):
        return None
    if any(
        w.form != token and _letters_of(w.form) != _letters_of(token)
        for w, token in zip(words, tokens, strict=True)
    ):
        return None
    parts = [[Analysis(t.lemma, t.upos, t.feats, t.head, t.deprel) for t in s.tokens] for s in sentences]
    parse = pretokenised(tokens, join(parts))
    parse[0].id = sentences[0].id if len(sentences) == 1 else ""
    return parse
