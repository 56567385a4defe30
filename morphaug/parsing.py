"""Parsers behind one protocol: Stanza, spaCy, supplied CoNLL-U, each with or without a cache.

The invariant all of them keep: ``field_text(parse) == text`` for raw text, byte for byte, and
``field_text(parse) == " ".join(tokens)`` with one word for each token for tokens in hand.
Nothing heavy is imported before the first text is parsed.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from morphaug.errors import MorphaugError, UnknownName
from morphaug.parsecache import CachedParser, ParseCache, cached, default_path
from morphaug.spacy_parser import SpacyParser, spacy_parser
from morphaug.stanza_parser import StanzaParser, stanza_parser
from morphaug.supplied import SuppliedParser, conllu_parser, write_parses
from morphaug.trees import Sentence

__all__ = [
    "CachedParser",
    "ParseCache",
    "Parser",
    "SpacyParser",
    "StanzaParser",
    "SuppliedParser",
    "cached",
    "conllu_parser",
    "default_path",
    "resolve_parser",
    "spacy_parser",
    "stanza_parser",
    "write_parses",
]


class Parser(Protocol):
    """What turns texts into trees. Parsers can be pickled; each process then loads its own model."""

    @property
    def name(self) -> str:
        """Identity for the parse cache: two parsers of one name give the same trees (analyzer, version,
        hash of the model files, options)."""

    def parse(self, texts: Sequence[str | Sequence[str]]) -> list[list[Sentence]]:
        """Parses texts, best many at a time.

        Args:
            texts: A str is raw text, of any number of sentences; a sequence of str is the tokens of one
                sentence, which are kept as they are.

        Returns:
            The sentences of each; together they hold its text byte for byte. A text without letters is one
            sentence without words.
        """


def resolve_parser(spec: str, model_dir: Path | None = None) -> Parser:
    """The parser that a command line names.

    Args:
        spec: "stanza", "spacy:MODEL" (a package's name or a folder) or "conllu:FILE" (a file or a folder).
        model_dir: Folder of Stanza's models; None to look where they usually are.

    Raises:
        UnknownName: if the name is none of these.
        MissingResource: if its package, model or file is missing.
    """
    kind, _, argument = spec.partition(":")
    if kind == "stanza" and not argument:
        return stanza_parser(model_dir=model_dir)
    if kind in ("spacy", "conllu"):
        what = "MODEL" if kind == "spacy" else "FILE"
        if not argument:
            raise MorphaugError(f"parser '{spec}' names no {what.lower()}", f"write {kind}:{what}")
        if model_dir is not None:
            raise MorphaugError(f"--model-dir is for stanza, not for '{spec}'", f"write {kind}:{what} alone")
        return spacy_parser(argument) if kind == "spacy" else conllu_parser(Path(argument))
    raise UnknownName("parser", spec, ["stanza", "spacy:MODEL", "conllu:FILE"])
