"""spaCy behind the ``Parser`` protocol. Its English models speak ClearNLP's labels: they are converted."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from morphaug.clearnlp import Word, to_ud
from morphaug.conllu import parse_feats
from morphaug.errors import MissingResource, MorphaugError
from morphaug.modelfiles import digest, quiet
from morphaug.segments import Analysis, Unit, assemble, cover, encodable, join, pieces, pretokenised, shown
from morphaug.trees import Sentence

OPTIONS = "v1"  # of the conversion and of how texts are cut; part of the parser's name
BATCH = 128  # texts


@dataclass(slots=True)
class SpacyParser:
    """Made by ``spacy_parser``.

    Attributes:
        name: Identity for the parse cache: spaCy's version, the model's name, version and hash.
        model: The model's package name or folder.
    """

    name: str
    model: str
    _nlp: Any = field(default=None, repr=False)
    _converted: bool = field(default=False, repr=False)

    def __reduce__(self) -> tuple[type[SpacyParser], tuple[str, str]]:
        return (SpacyParser, (self.name, self.model))

    def parse(self, texts: Sequence[str | Sequence[str]]) -> list[list[Sentence]]:
        """Parses raw texts and token lists; see ``StanzaParser.parse``."""
        nlp = self._load()
        jobs: list[tuple[int, list[Unit]]] = []  # text number, tokens of one piece
        docs: list[Any] = []
        for number, text in enumerate(texts):
            if isinstance(text, str):
                for piece in pieces(text):
                    units = self._tokens(text, piece)
                    jobs.append((number, units))
                    docs.append(self._doc([shown(u.words[0]) for u in units], _gaps(units), one=False))
            elif text:
                jobs.append((number, []))
                words = [shown(word) for word in text]
                docs.append(self._doc(words, [True] * len(text), one=True))
        units_of: list[list[list[Unit]]] = [[] for _ in texts]
        found_of: list[list[list[Analysis]]] = [[] for _ in texts]
        with quiet():
            for (number, units), doc in zip(jobs, nlp.pipe(docs, batch_size=BATCH), strict=True):
                for start, analyses in self._sentences(doc):
                    units_of[number].append(units[start : start + len(analyses)])
                    found_of[number].append(analyses)
        out = []
        for text, units_found, found in zip(texts, units_of, found_of, strict=True):
            if isinstance(text, str):
                whole = [
                    [_right(a, u.words[0]) for a, u in zip(analyses, units, strict=True)]
                    for analyses, units in zip(found, units_found, strict=True)
                ]
                out.append(assemble(text, units_found, whole))
            else:
                one = [_right(a, form) for a, form in zip(join(found), text, strict=True)]
                out.append(pretokenised(text, one))
        return out

    def _tokens(self, text: str, piece: tuple[int, int]) -> list[Unit]:
        start, end = piece
        units = [
            Unit(
                start + t.idx,
                start + t.idx + len(t.text),
                (text[start + t.idx : start + t.idx + len(t.text)],),
            )
            for t in self._nlp.tokenizer(encodable(text[start:end]))
        ]
        return cover(text, piece, [units])[0]

    def _doc(self, words: list[str], spaces: list[bool], *, one: bool) -> Any:
        from spacy.tokens import Doc

        starts = [i == 0 for i in range(len(words))] if one else None
        return Doc(self._nlp.vocab, words=words, spaces=spaces, sent_starts=starts)

    def _sentences(self, doc: Any) -> Iterator[tuple[int, list[Analysis]]]:
        """First token and analyses of each sentence."""
        for sentence in doc.sents:
            start = sentence.start
            words = [
                Word(
                    t.text,
                    t.lemma_,
                    t.pos_,
                    t.tag_,
                    -1 if t.head.i == t.i or not start <= t.head.i < sentence.end else t.head.i - start,
                    t.dep_,
                )
                for t in sentence
            ]
            # A sentence that was cut in two has a root that the parser did not mean, but one of its own.
            arcs = (
                to_ud(words) if self._converted else [(w.head, w.dep.replace("ROOT", "root")) for w in words]
            )
            analyses = []
            for token, word, (head, deprel) in zip(sentence, words, arcs, strict=True):
                feats = parse_feats(str(token.morph))
                if word.dep == "neg":
                    feats["Polarity"] = "Neg"
                analyses.append(Analysis(word.lemma or word.form, word.upos or "X", feats, head + 1, deprel))
            yield start, join([analyses])

    def _load(self) -> Any:
        if self._nlp is None:
            with quiet():
                try:
                    import spacy

                    nlp = spacy.load(self.model, exclude=["ner"])
                except Exception as error:  # its loaders raise whatever they meet in a damaged model
                    reason = " ".join(str(error).split())[:300] or type(error).__name__
                    raise MissingResource(
                        f"spaCy cannot load the model '{self.model}' ({reason})",
                        "it may be damaged or made for another version of spaCy",
                    ) from None
            labels = set(nlp.get_pipe("parser").labels) if "parser" in nlp.pipe_names else set()
            if labels & {"dobj", "pobj"}:
                self._converted = True
            elif not labels & {"obj", "obl"}:
                raise MorphaugError(
                    f"the spaCy model '{self.model}' has no parser of ClearNLP or Universal Dependencies",
                    "take a model with a parser, such as en_core_web_sm",
                )
            self._nlp = nlp
        return self._nlp


def spacy_parser(model: str | Path) -> SpacyParser:
    """A spaCy model as parser; loaded when the first text is parsed.

    Args:
        model: An installed model's package name ("en_core_web_sm"), or a model's folder.

    Raises:
        MissingResource: if spaCy or the model is not there.
    """
    try:
        version = metadata.version("spacy")
    except metadata.PackageNotFoundError:
        raise MissingResource("spaCy is not installed", "pip install 'morphaug[spacy]'") from None
    folder = _folder(str(model))
    if folder is None:
        raise MissingResource(
            f"no spaCy model '{model}'",
            f"get it with: python -m spacy download {model}; or give a model's folder",
        )
    try:
        meta = json.loads((folder / "meta.json").read_text("utf-8"))
        title = f"{meta.get('lang', '')}_{meta.get('name', '')} {meta.get('version', '')}"
    except (OSError, ValueError, AttributeError) as error:
        raise MissingResource(f"{folder}: not a spaCy model (meta.json: {error})") from None
    files = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    return SpacyParser(f"spacy {version} {title} {digest(files)} {OPTIONS}", str(model))


def _folder(model: str) -> Path | None:
    """The folder with the model's meta.json, found without importing spaCy."""
    if (Path(model) / "meta.json").is_file():
        return Path(model)
    if not model.isidentifier():
        return None
    spec = importlib.util.find_spec(model)
    if spec is None or spec.origin is None:
        return None
    package = Path(spec.origin).parent
    inner = sorted(path.parent for path in package.glob("*/config.cfg"))
    return inner[0] if inner else None


def _gaps(units: Sequence[Unit]) -> list[bool]:
    """Whether white space follows each token."""
    following = [unit.start for unit in units[1:]] + [units[-1].end]
    return [unit.end < start for unit, start in zip(units, following, strict=True)]


def _right(analysis: Analysis, form: str) -> Analysis:
    """The lemma of a word that the model saw in part, or not at all, is its form."""
    return analysis if form == shown(form) else analysis._replace(lemma=form or "_")
