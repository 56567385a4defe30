"""Stanza behind the ``Parser`` protocol: models from a local folder, loaded at the first text that needs them."""

from __future__ import annotations

import importlib.util
import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from morphaug import languages
from morphaug.conllu import parse_feats
from morphaug.errors import MissingResource
from morphaug.modelfiles import digest, quiet
from morphaug.segments import (
    WORDS,
    Analysis,
    Unit,
    assemble,
    cover,
    encodable,
    join,
    pieces,
    pretokenised,
    shorten,
    shown,
)
from morphaug.trees import Sentence

PROCESSORS = ("tokenize", "mwt", "pos", "lemma", "depparse")
OPTIONS = "v1"  # of how texts are cut and words shown; part of the parser's name
WORDS_AT_ONCE = (
    20_000  # given to the models in one go: long enough to sort by length, short enough for memory
)


@dataclass(frozen=True, slots=True)
class Model:
    """Where the models of a pipeline are.

    Attributes:
        folder: The folder that was given or found.
        code: Stanza's name of the language.
        files: Model files by the role Stanza's options give them ("pos_model_path"), for a folder of loose
            files; for a folder in Stanza's own layout, all files of the default packages.
        loose: Whether it is a folder of loose files.
        spacy: Whether spaCy's rules tokenize, because there is no tokenizer model.
    """

    folder: Path
    code: str
    files: dict[str, Path]
    loose: bool
    spacy: bool


_LOOSE = {
    "pos_model_path": "pos.pt",
    "pos_pretrain_path": "pretrain.pt",
    "lemma_model_path": "lemma.pt",
    "depparse_model_path": "depparse.pt",
    "depparse_pretrain_path": "pretrain.pt",
}
_LOOSE_TOKENIZER = {"tokenize_model_path": "tokenize.pt", "mwt_model_path": "mwt.pt"}


def find_model(language: str = languages.SOURCE, model_dir: Path | None = None) -> Model:
    """Finds the models, without loading or importing anything.

    Args:
        language: Any name ``languages.resolve`` knows.
        model_dir: A folder in Stanza's layout (``resources.json`` and a folder per language), or of loose
            files (pos.pt, lemma.pt, depparse.pt, pretrain.pt; tokenize.pt and mwt.pt if there are any).
            None: $STANZA_RESOURCES_DIR, then morphaug's own folder, then Stanza's.

    Raises:
        MissingResource: if there are no models, naming what is missing and how to get it.
    """
    iso = languages.resolve(language)
    names = languages.alias(iso, "stanza") or (iso,)
    remedy = f"get them with: morphaug resources fetch stanza --lang {iso}, or name a folder with --model-dir"
    folders = _standard_folders() if model_dir is None else [Path(model_dir)]
    for folder in folders:
        if not folder.is_dir():
            continue
        if any((folder / name).is_file() for name in _LOOSE.values()):
            return _loose_model(folder, names[0], iso)
        if any((folder / name).is_dir() for name in names):
            return _official_model(folder, names, remedy)
    if model_dir is None:
        raise MissingResource(f"no Stanza models for {languages.name(iso)}", remedy)
    if not Path(model_dir).is_dir():
        raise MissingResource(f"{model_dir}: no such folder of Stanza models", remedy)
    raise MissingResource(
        f"{model_dir}: no Stanza models for {languages.name(iso)} "
        f"(neither a folder '{names[0]}' nor {', '.join(sorted(set(_LOOSE.values())))})",
        remedy,
    )


def _loose_model(folder: Path, code: str, iso: str) -> Model:
    missing = sorted({name for name in _LOOSE.values() if not (folder / name).is_file()})
    if missing:
        raise MissingResource(
            f"{folder}: {', '.join(missing)} missing", "a Stanza pipeline needs all of them"
        )
    files = {role: folder / name for role, name in _LOOSE.items()}
    files |= {r: folder / name for r, name in _LOOSE_TOKENIZER.items() if (folder / name).is_file()}
    spacy = "tokenize_model_path" not in files
    _check_tokenizer(folder, iso, spacy)
    return Model(folder, code, files, loose=True, spacy=spacy)


def _official_model(folder: Path, names: Sequence[str], remedy: str) -> Model:
    listing = folder / "resources.json"
    try:
        resources = json.loads(listing.read_text("utf-8"))
    except FileNotFoundError:
        raise MissingResource(f"{folder}: resources.json missing", remedy) from None
    except (OSError, ValueError) as error:
        raise MissingResource(f"{listing}: not readable ({error})", remedy) from None
    code = next((name for name in names if name in resources), "")
    entry = resources.get(code, {})
    while isinstance(entry, dict) and "alias" in entry:
        code = entry["alias"]
        entry = resources.get(code, {})
    default = entry.get("packages", {}).get("default", {}) if isinstance(entry, dict) else {}
    if not default:
        raise MissingResource(f"{listing}: no default package for '{names[0]}'", remedy)
    files: dict[str, Path] = {}
    for processor in PROCESSORS:
        package = default.get(processor)
        if package is None or package in ("identity", "spacy"):
            continue
        files[processor] = folder / code / processor / f"{package}.pt"
        for need in entry.get(processor, {}).get(package, {}).get("dependencies", []):
            files[f"{processor}/{need['model']}"] = folder / code / need["model"] / f"{need['package']}.pt"
    missing = sorted({str(path.relative_to(folder)) for path in files.values() if not path.is_file()})
    missing += [name for name in ("pos", "lemma", "depparse") if name not in default]
    if missing:
        raise MissingResource(f"{folder}: {', '.join(missing)} missing", remedy)
    spacy = "tokenize" not in files
    _check_tokenizer(folder, languages.resolve(names[0]), spacy)
    return Model(folder, code, files, loose=False, spacy=spacy)


def _check_tokenizer(folder: Path, iso: str, spacy: bool) -> None:
    if not spacy:
        return
    if iso != languages.SOURCE:
        raise MissingResource(
            f"{folder}: no tokenizer model, and Stanza takes spaCy's rules for {languages.name(languages.SOURCE)} only"
        )
    if importlib.util.find_spec("spacy") is None:
        raise MissingResource(
            f"{folder}: no tokenizer model, and spaCy, whose rules could stand in, is not installed",
            "pip install 'morphaug[stanza]'",
        )


def _standard_folders() -> list[Path]:
    import platformdirs

    from morphaug.resources import home

    folders = []
    if os.environ.get("STANZA_RESOURCES_DIR"):
        folders.append(Path(os.environ["STANZA_RESOURCES_DIR"]))
    folders.append(home() / "stanza")
    spec = importlib.util.find_spec("stanza")
    if spec is not None and spec.origin:
        # Stanza's own default, read from its source: importing it takes seconds.
        found = re.search(
            r"__resources_version__\s*=\s*['\"]([^'\"]+)",
            Path(spec.origin).with_name("_version.py").read_text(),
        )
        if found:
            cache = platformdirs.user_cache_dir("stanza", "StanfordNLP", found[1])
            folders.append(Path(cache) / "resources")
    return folders


@dataclass(slots=True)
class StanzaParser:
    """Made by ``stanza_parser``.

    Attributes:
        name: Identity for the parse cache: Stanza's version, a hash of all model files, the tokenizer.
        model: Where the models are.
    """

    name: str
    model: Model
    _pipeline: Any = field(default=None, repr=False)

    def __reduce__(self) -> tuple[type[StanzaParser], tuple[str, Model]]:
        return (StanzaParser, (self.name, self.model))  # each process loads its own models

    def parse(self, texts: Sequence[str | Sequence[str]]) -> list[list[Sentence]]:
        """Parses raw texts and token lists, all in one go.

        Args:
            texts: A str is raw text; a sequence of str is one sentence's tokens.

        Returns:
            For each, its sentences: ``field_text`` of them is the text, or the tokens with single spaces
            between them. A text without letters is one sentence without words.

        Raises:
            MissingResource: if the models cannot be loaded.
        """
        split = self._tokenize([text for text in texts if isinstance(text, str)])
        raw = iter(split)
        words: list[list[str]] = []
        plans: list[list[list[Unit]] | None] = []
        for text in texts:
            if isinstance(text, str):
                plan = next(raw)
                plans.append(plan)
                words += [[shown(word) for unit in units for word in unit.words] for units in plan]
            else:
                plans.append(None)
                words += [[shown(w) for w in part] for part in _parts(text)]
        analysed = iter(self._analyse(words))
        out: list[list[Sentence]] = []
        for text, planned in zip(texts, plans, strict=True):
            if isinstance(text, str):
                found = [_full(next(analysed), units) for units in planned or ()]
                out.append(assemble(text, planned or [], found))
            else:
                joined = join([next(analysed) for _ in _parts(text)])
                out.append(pretokenised(text, _whole(joined, text)))
        return out

    def _tokenize(self, texts: Sequence[str]) -> list[list[list[Unit]]]:
        """Units of each sentence of each text."""
        spans = [pieces(text) for text in texts]
        documents = [
            encodable(text[start:end])
            for text, found in zip(texts, spans, strict=True)
            for start, end in found
        ]
        if not documents:
            return [[] for _ in texts]
        nlp = self._load()
        from stanza.models.common.doc import Document

        with quiet():
            done = iter(nlp.process([Document([], text=d) for d in documents], processors="tokenize,mwt"))
        out = []
        for text, found in zip(texts, spans, strict=True):
            plan: list[list[Unit]] = []
            for start, end in found:
                units = [
                    [
                        Unit(start + token.start_char, start + token.end_char, _words_of(token))
                        for token in sentence.tokens
                    ]
                    for sentence in next(done).sentences
                ]
                for sentence in cover(text, (start, end), units):
                    plan += shorten(text, sentence)
            out.append(plan)
        return out

    def _analyse(self, sentences: Sequence[list[str]]) -> list[list[Analysis]]:
        """Tags, lemmas and trees of sentences of words; like lengths go together, the order comes back."""
        out: list[list[Analysis]] = [[] for _ in sentences]
        order = sorted((i for i, s in enumerate(sentences) if s), key=lambda i: len(sentences[i]))
        batch: list[int] = []
        size = 0
        for at, i in enumerate(order):
            batch.append(i)
            size += len(sentences[i])
            if size >= WORDS_AT_ONCE or at == len(order) - 1:
                for j, analysis in zip(batch, self._batch([sentences[k] for k in batch]), strict=True):
                    out[j] = analysis
                batch, size = [], 0
        return out

    def _batch(self, sentences: Sequence[list[str]]) -> Iterator[list[Analysis]]:
        nlp = self._load()
        from stanza.models.common.doc import Document

        document = Document([[{"id": i, "text": w} for i, w in enumerate(s, 1)] for s in sentences])
        with quiet():
            document = nlp.process(document, processors="pos,lemma,depparse")
        for sentence in document.sentences:
            yield [
                Analysis(w.lemma or w.text, w.upos or "X", parse_feats(w.feats or "_"), w.head, w.deprel)
                for w in sentence.words
            ]

    def _load(self) -> Any:
        if self._pipeline is None:
            model = self.model
            options: dict[str, Any] = {
                "dir": str(model.folder),
                "download_method": None,
                "verbose": False,
            }
            if model.loose:
                options |= {role: str(path) for role, path in model.files.items()}
                options["allow_unknown_language"] = True
                if model.spacy:
                    options["tokenize_with_spacy"] = True
                options["processors"] = {
                    p: "default" for p in PROCESSORS if p != "mwt" or "mwt_model_path" in model.files
                }
            else:
                # "default" is what find_model has checked and hashed: the default package's models.
                options["processors"] = {p: "default" for p in PROCESSORS if p != "mwt" or p in model.files}
                if model.spacy:
                    options["processors"]["tokenize"] = "spacy"
            with quiet():
                try:
                    import stanza

                    self._pipeline = stanza.Pipeline(model.code, **options)
                except Exception as error:  # torch, pickle and Stanza each raise their own for a bad file
                    reason = " ".join(str(error).split())[:300] or type(error).__name__
                    raise MissingResource(
                        f"{model.folder}: Stanza cannot load these models ({reason})",
                        "they may be damaged or made by another version of Stanza",
                    ) from None
        return self._pipeline


def stanza_parser(language: str = languages.SOURCE, model_dir: Path | None = None) -> StanzaParser:
    """A Stanza pipeline: tokenizer, tagger, lemmatizer, parser.

    Nothing heavy happens here: torch and the models are loaded when the first text is parsed, so a job whose
    parses are all cached never loads them.

    Args:
        language: Any name ``languages.resolve`` knows; English by default.
        model_dir: As for ``find_model``.

    Raises:
        MissingResource: if Stanza or its models are not there.
    """
    try:
        version = metadata.version("stanza")
    except metadata.PackageNotFoundError:
        raise MissingResource("Stanza is not installed", "pip install 'morphaug[stanza]'") from None
    model = find_model(language, model_dir)
    tokenizer = f"spacy-{metadata.version('spacy')}" if model.spacy else "own"
    fingerprint = digest(model.files)
    return StanzaParser(
        f"stanza {version} {model.code} {fingerprint} tokenizer={tokenizer} words={WORDS} {OPTIONS}", model
    )


def _words_of(token: Any) -> tuple[str, ...]:
    words = tuple([word.text for word in token.words])
    return words if len(words) > 1 else (token.text,)


def _parts(tokens: Sequence[str]) -> Iterable[Sequence[str]]:
    """A token list in stretches that a parser can take."""
    return [tokens[at : at + WORDS] for at in range(0, len(tokens), WORDS)]


def _whole(analyses: Sequence[Analysis], forms: Iterable[str]) -> list[Analysis]:
    """The analyses with the lemmas of words that the model saw in part, or not at all, put right."""
    return [
        analysis if form == shown(form) else analysis._replace(lemma=form or "_")
        for analysis, form in zip(analyses, forms, strict=True)
    ]


def _full(analyses: Sequence[Analysis], units: Sequence[Unit]) -> list[Analysis]:
    return _whole(analyses, [word for unit in units for word in unit.words])
