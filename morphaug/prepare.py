"""Before the recipes: a record is checked, named and parsed, or rejected with a reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from morphaug.derivation import Rejected
from morphaug.errors import MissingResource, MorphaugError
from morphaug.trees import Sentence, field_text
from morphaug.work import Example, Reject

if TYPE_CHECKING:
    from morphaug.parsing import Parser
    from morphaug.tasks import Task

Field = str | Sequence[str]
Trees = Mapping[str, Sequence[Sentence]]


def check(task: Task, record: Any, place: str, names: Mapping[str, str]) -> Example | Reject:
    """The example in a record; its id is "" if the record has none.

    Args:
        task: The task.
        record: As it was read.
        place: Where it was read ("train.jsonl:3").
        names: The user's names of the task's fields.
    """
    problem = task.validate(record, names)
    name = task.example_id(record, names) if isinstance(record, dict) else ""
    if problem is not None:
        return Reject(name, place, problem.reason, problem.detail)
    return Example(name, place, record)


@dataclass(slots=True)
class TreeSource:
    """Where trees come from: the record itself, or a parser that is opened when it is first needed.

    Attributes:
        parser: What ``parsing.resolve_parser`` takes, or a parser; "auto" takes the trees that a record
            carries (CoNLL-U) and asks Stanza for the others.
        model_dir: Folder of the parser's model.
        cache: File of the parse cache; None for the user's. A parser of the caller's own is not cached.
    """

    parser: str | Parser = "auto"
    model_dir: Path | None = None
    cache: Path | None = None
    _opened: Parser | None = field(default=None, init=False, repr=False)
    _worked: bool = field(default=False, init=False, repr=False)

    def open(self) -> Parser:
        """The parser, behind the cache."""
        if self._opened is None:
            if not isinstance(self.parser, str):
                self._opened = self.parser
            else:
                from morphaug.parsecache import ParseCache, cached, default_path
                from morphaug.parsing import resolve_parser

                spec = "stanza" if self.parser == "auto" else self.parser
                parser = resolve_parser(spec, self.model_dir)
                plain = spec.startswith("conllu:")
                self._opened = parser if plain else cached(parser, ParseCache(self.cache or default_path()))
        return self._opened

    def trees(
        self, task: Task, examples: Sequence[Example], names: Mapping[str, str]
    ) -> list[Trees | Reject]:
        """The parses of the fields of some examples, in order; a text that occurs twice is parsed once.

        Args:
            task: The task.
            examples: From ``check``.
            names: The user's names of the task's fields.

        Returns:
            For each example its parses by field, or why it has none.

        Raises:
            MorphaugError: The parser itself cannot work (no model), or it has parsed no text yet.
        """
        out: list[Trees | Reject] = []
        wanted: dict[str | tuple[str, ...], int] = {}
        fields: list[dict[str, int]] = []
        for example in examples:
            numbers: dict[str, int] = {}
            fields.append(numbers)
            own = task.parses(example.record) if self.parser == "auto" else None
            if isinstance(own, dict):
                out.append(own)
                continue
            found = task.fields(example.record, names) if own is None else own
            if isinstance(found, Rejected):
                out.append(Reject(example.id, example.place, found.reason, found.detail))
                continue
            for name, text in found.items():
                key = text if isinstance(text, str) else tuple(text)
                numbers[name] = wanted.setdefault(key, len(wanted))
            out.append({})
        parses = _parsed(self.open(), list(wanted)) if wanted else []
        failed = [p for p in parses if isinstance(p, Rejected)]
        if len(failed) > 1 and len(failed) == len(parses) and not self._worked:
            raise MorphaugError(failed[0].detail)  # it is not the texts' fault
        self._worked = self._worked or len(failed) < len(parses)
        for at, (example, numbers) in enumerate(zip(examples, fields, strict=True)):
            if not numbers:
                continue
            trees: dict[str, Sequence[Sentence]] = {}
            for name, number in numbers.items():
                parse = parses[number]
                if isinstance(parse, Rejected):
                    out[at] = Reject(example.id, example.place, parse.reason, f"{name}: {parse.detail}")
                    break
                trees[name] = parse
            else:
                out[at] = trees
        return out


def _parsed(parser: Parser, texts: Sequence[Field]) -> list[list[Sentence] | Rejected]:
    """Parses of texts; where the parser fails, which of them it was."""
    try:
        parses = parser.parse(texts)
    except MissingResource:
        raise
    except MorphaugError as error:
        if len(texts) == 1:
            return [Rejected("not_parsed", str(error))]
        middle = len(texts) // 2
        return _parsed(parser, texts[:middle]) + _parsed(parser, texts[middle:])
    return [_checked(text, parse) for text, parse in zip(texts, parses, strict=True)]


def _checked(text: Field, parse: list[Sentence]) -> list[Sentence] | Rejected:
    """Labels are offsets into the text, so a parse that does not spell it is worth nothing."""
    if isinstance(text, str) and field_text(parse) != text:
        return Rejected("parse_differs", "the parse does not spell the text")
    return parse
