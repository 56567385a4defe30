"""Retrieval: translations (Tatoeba, BUCC), answers in any language (LAReQA), entities (Mewsli-X).

Tests are ``Search``es: ``task.search(data, split, languages)`` gives one, its queries and
candidates are encoded, ``rank`` scores them (BUCC: by the threshold that ``cut`` finds on development data).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.metrics import Score, accuracy, retrieval
from harness.records import Aligned, Plain, Search
from harness.tasks.common import Broken, File, Hub, Row, Task, codes, hub_items, locate, text, value
from morphaug.derivation import Rejected
from morphaug.errors import MorphaugError
from morphaug.formats import read_records
from morphaug.formats.source import lines, open_bytes
from morphaug.tasks import bitext as shapes
from morphaug.tasks import get_task as morphaug_task

TOP = 20
# A sentence that stands in BUCC's pool twice can be a neighbour, but no pair of it is counted.
REPEATED = "repeated:"


def rank(
    task: Task,
    search: Search,
    queries: retrieval.Floats,
    candidates: retrieval.Floats,
    threshold: float | None = None,
) -> Score:
    """Score a retrieval test.

    Args:
        task: tatoeba, bucc, lareqa or mewslix.
        search: What ``task.search`` gave.
        queries, candidates: Embeddings of its queries and candidates, float32 [Q, D] and [C, D].
        threshold: BUCC: from which margin on a pair is taken (``cut``, on development data).

    Returns:
        Tatoeba: "accuracy" (outcome "correct"); BUCC: "f1"; LAReQA and Mewsli-X: "map" (outcome "ap").
    """
    if task.main == "f1":
        if threshold is None:
            raise MorphaugError("BUCC needs the threshold of its development set", "compute it with cut()")
        mined = _mined(search, queries, candidates)
        said = [pair for pair, score in mined if score >= threshold]
        return retrieval.bucc(_gold_pairs(search), said)
    wanted = [at for at, query in enumerate(search.queries) if search.gold.get(query.id)]
    ids = [search.queries[at].id for at in wanted]
    vectors = retrieval.unit(queries[wanted])
    _, found = retrieval.top(vectors, retrieval.unit(candidates), 1 if task.main == "accuracy" else TOP)
    names = [candidate.id for candidate in search.candidates]
    if task.main == "accuracy":
        right = [next(iter(search.gold[name])) for name in ids]
        return accuracy.evaluate(right, [names[row[0]] for row in found], ids)
    rankings = {name: [names[at] for at in row] for name, row in zip(ids, found, strict=True)}
    return retrieval.ranked({name: search.gold[name] for name in ids}, rankings, TOP)


def cut(search: Search, queries: retrieval.Floats, candidates: retrieval.Floats) -> float:
    """The margin that gives the best F1 on a development set of BUCC."""
    import numpy as np

    mined = _mined(search, queries, candidates)
    gold = _gold_pairs(search)
    correct = np.array([pair in gold for pair, _ in mined], bool)
    return retrieval.threshold(correct, np.array([score for _, score in mined]), len(gold))


def _gold_pairs(search: Search) -> set[tuple[str, str]]:
    return {(query, right) for query, found in search.gold.items() for right in found}


def _mined(
    search: Search, queries: retrieval.Floats, candidates: retrieval.Floats
) -> list[tuple[tuple[str, str], float]]:
    mined = retrieval.mine(queries, candidates)
    sources, targets = [q.id for q in search.queries], [c.id for c in search.candidates]
    rows = zip(mined.source.tolist(), mined.target.tolist(), mined.score.tolist(), strict=True)
    pairs = [((sources[s], targets[t]), score) for s, t, score in rows]
    return [(p, score) for p, score in pairs if not any(name.startswith(REPEATED) for name in p)]


# -- Tatoeba ----------------------------------------------------------------------------------------

TATOEBA = codes(
    "af ar az bg bn de el es et eu fa fi fr he hi hu id it ja jv ka kk ko lt ml mr nl pl pt ro"
    " ru sw ta te th tl tr uk ur vi zh"
)
_TATOEBA_CODES = {"fa": "pes", "zh": "cmn", "az": "aze", "sw": "swh"}


def _column(path: Path) -> list[str]:
    """The lines of a file; one that cannot be decoded would shift all others."""
    out = []
    for number, line in lines(path):
        if isinstance(line, Rejected):
            raise MorphaugError(f"{path.name}:{number}: {line.detail}")
        out.append(line.rstrip("\r\n"))
    return out


def find_tatoeba(task: Task, data: str, split: str, wanted: Sequence[str]) -> Search:
    """tatoeba.fin-eng.fin and tatoeba.fin-eng.eng (LASER's files): queries are English, line by line.

    XTREME's own copies (fi-en.en) cannot be used: their English lines are sorted and the key is withheld.
    """
    if len(wanted) != 1:
        raise MorphaugError("Tatoeba is searched in one language at a time")
    foreign, english = _tatoeba_lines(task, data, split, wanted[0])
    ids = [str(number) for number in range(len(english))]
    return Search(
        tuple(Plain(n, "en", t) for n, t in zip(ids, english, strict=True)),
        tuple(Plain(n, wanted[0], t) for n, t in zip(ids, foreign, strict=True)),
        {n: frozenset([n]) for n in ids},
    )


def _tatoeba_lines(task: Task, data: str, split: str, language: str) -> tuple[list[str], list[str]]:
    """The foreign sentences and the English ones."""
    if not data:
        _, items = hub_items(task, split, language)
        rows = [row for row, _ in items if isinstance(row, dict)]
        sides = ("target", "source") if rows[0]["source_lang"] in ("en", "eng") else ("source", "target")
        foreign, english = ([row[f"{side}_sentence"] for row in rows] for side in sides)
        return foreign, english
    path = locate(task, data, split, language)[0][0]
    code = path.name.split(".")[2]
    other = path.with_name(path.name.replace(f"-eng.{code}", "-eng.eng"))
    foreign, english = _column(path), _column(other)
    if len(foreign) != len(english):
        raise MorphaugError(f"{other.name} has {len(english)} lines, the other side {len(foreign)}")
    return foreign, english


# -- BUCC -------------------------------------------------------------------------------------------


def _pool(path: Path, language: str) -> tuple[tuple[Plain, ...], set[str]]:
    """The distinct sentences of "id<tab>sentence" lines, and the ids of those that stand there twice."""
    ids: dict[str, str] = {}
    repeated: set[str] = set()
    for row, _ in read_records(path, "tsv", columns=("id", "text"), header=False):
        if isinstance(row, dict):
            sentence = row["text"].strip()
            if sentence in ids:
                repeated |= {row["id"], ids[sentence]}
            ids.setdefault(sentence, row["id"])
    named = ((REPEATED + name if name in repeated else name, sentence) for sentence, name in ids.items())
    return tuple(Plain(name, language, sentence) for name, sentence in named), repeated


def find_bucc(task: Task, data: str, split: str, wanted: Sequence[str]) -> Search:
    """BUCC 2018: de-en.sample.de, .en and .gold are the development set, de-en.training.* the test set.

    Sentences are distinct in the pool. All gold pairs count, also those of a repeated sentence.
    """
    if len(wanted) != 1:
        raise MorphaugError("BUCC is mined in one language at a time")
    source = locate(task, data, split, wanted[0])[0][0]
    stem, mark = source.name.rsplit(f".{wanted[0]}", 1)
    sides = [source, *(source.with_name(f"{stem}.{kind}{mark}") for kind in ("en", "gold"))]
    if absent := [path.name for path in sides if not path.is_file()]:
        raise MorphaugError(f"{source.parent} has no {' and no '.join(absent)}")
    queries, _ = _pool(sides[0], wanted[0])
    candidates, _ = _pool(sides[1], "en")
    gold: dict[str, set[str]] = {}
    for line in _column(sides[2]):
        if line.strip():
            one, _, other = line.strip().partition("\t")
            gold.setdefault(one, set()).add(other)
    return Search(queries, candidates, {name: frozenset(right) for name, right in gold.items()})


# -- LAReQA -----------------------------------------------------------------------------------------

LAREQA = ("ar", "de", "el", "en", "es", "hi", "ru", "th", "tr", "vi", "zh")


def find_lareqa(task: Task, data: str, split: str, wanted: Sequence[str]) -> Search:
    """XQuAD-R: one pool of the sentences of all languages; a question's answers are right in every language.

    A candidate is encoded as its sentence and its paragraph run together, line ends taken out.
    """
    questions: list[Plain] = []
    candidates: list[Plain] = []
    answers: dict[str, set[str]] = {}
    for language in LAREQA:
        path = locate(task, data, split, language)[0][0]
        with open_bytes(path) as stream:
            articles = json.loads(stream.read())["data"]
        paragraphs = [paragraph for article in articles for paragraph in article["paragraphs"]]
        for number, paragraph in enumerate(paragraphs, 1):
            context, breaks = paragraph["context"], paragraph["sentence_breaks"]
            for at, (start, end) in enumerate(breaks):
                joined = (context[start:end] + context).replace("\n", "")
                candidates.append(Plain(f"{language}_{number}_{at}", language, joined))
            for qa in paragraph["qas"]:
                place = qa["answers"][0]["answer_start"]
                holding = next((at for at, (s, e) in enumerate(breaks) if s <= place < e), None)
                if holding is None:
                    continue  # the official reader leaves such a question out, too
                answer = context[breaks[holding][0] : breaks[holding][1]]
                same = (at for at, (s, e) in enumerate(breaks) if context[s:e] == answer)
                answers.setdefault(qa["id"], set()).update(f"{language}_{number}_{at}" for at in same)
                if language in wanted:
                    questions.append(Plain(f"{qa['id']}_{language}", language, qa["question"]))
    gold = {q.id: frozenset(answers[q.id.rpartition("_")[0]]) for q in questions}
    return Search(tuple(questions), tuple(candidates), gold)


_SENTENCE = re.compile(r"(?<=[.!?])[\"”’)\]]*\s+(?=[\"“‘(\[]?[A-Z0-9])")


def answer_sentence(row: Row, name: str, language: str) -> Aligned:
    """A SQuAD question with the sentence that holds its answer, to train LAReQA on.

    Sentences are cut by a plain rule (XTREME's rules are longer), so some training pairs differ from its.
    """
    context = text(row, "context")
    answers = value(row, "answers")
    starts = answers["answer_start"] if isinstance(answers, dict) else [a["answer_start"] for a in answers]
    if not starts:
        raise Broken("missing_label", "the question has no answer")
    ends = [match.end() for match in _SENTENCE.finditer(context)]
    begin = max((end for end in ends if end <= starts[0]), default=0)
    stop = min((end for end in ends if end > starts[0]), default=len(context))
    return Aligned(name, language, text(row, "question"), context[begin:stop].strip(), context)


# -- Mewsli-X ---------------------------------------------------------------------------------------

MEWSLIX = ("ar", "de", "en", "es", "fa", "ja", "pl", "ro", "ta", "tr", "uk")
_BRACES = re.compile(r"\{(.*?)\}")


def _one_line(joined: str) -> str:
    return " ".join(joined.splitlines()).replace("  ", " ").strip()


def mention(context: Row, found: Row) -> str:
    """A mention as a query: "Smith: The verdict came back for { Smith }, …", within its sentence."""
    span = found["mention_span"]
    start, end = span["start"], span["end"]
    spans = [(s["start"], s["end"]) for s in context["sentence_spans"]]
    whole = next(((s, e) for s, e in spans if s <= start and end <= e), None)
    if whole is None:
        raise Broken("crosses_sentences", f"the mention {span['text']!r} lies in no single sentence")
    left, right = context["text"][whole[0] : start], context["text"][end : whole[1]]
    left, right = _BRACES.sub(r"(\1)", left), _BRACES.sub(r"(\1)", right)
    return _one_line(f"{span['text']}: {left} {{ {span['text']} }} {right}")


def entity(found: Row) -> str:
    """An entity as a candidate: its description's sentences."""
    description = found["description"]
    spans = found["sentence_spans"]
    return _one_line(" ".join(description[s["start"] : s["end"]] for s in spans))


def mention_and_entity(row: Row, name: str, language: str) -> Aligned:
    """A line of wikipedia_pairs-train.jsonl."""
    try:
        held = row["contextual_mention"]
        query, candidate = mention(held["context"], held["mention"]), entity(row["entity"])
    except (KeyError, TypeError) as error:
        raise Broken("missing_field", f"no {error}") from None
    return Aligned(name, language, query, candidate)


def _json_rows(path: Path) -> Iterator[Row]:
    for row, place in read_records(path, "jsonl"):
        if isinstance(row, Rejected):
            raise MorphaugError(f"{place}: {row.detail}")
        yield row


def find_mewslix(task: Task, data: str, split: str, wanted: Sequence[str]) -> Search:
    """wikinews_mentions-SPLIT.jsonl (with its texts) against all of candidate_set_entities.jsonl."""
    mentions = locate(task, data, split, wanted[0] if wanted else "en")[0][0]
    entities = next(iter(sorted(mentions.parent.glob("candidate_set_entities.jsonl*"))), None)
    if entities is None:
        raise MorphaugError(f"{mentions.parent} has no candidate_set_entities.jsonl")
    queries: list[Plain] = []
    gold: dict[str, frozenset[str]] = {}
    for row in _json_rows(mentions):
        language = row["context"]["language"]
        for found in row["mentions"] if language in wanted else ():
            queries.append(Plain(found["example_id"], language, mention(row["context"], found)))
            gold[found["example_id"]] = frozenset([found["entity_id"]])
    candidates = tuple(
        Plain(e["entity_id"], e["description_language"], entity(e)) for e in _json_rows(entities)
    )
    return Search(tuple(queries), candidates, gold)


# -- any pairs --------------------------------------------------------------------------------------


def translation(row: Row, name: str, language: str) -> Aligned:
    """A record that ``morphaug generate --task bitext`` takes: the English side is the query."""
    sides = morphaug_task("bitext").fields(row)
    if isinstance(sides, Rejected):
        raise Broken(sides.reason, sides.detail)
    source, said = next(iter(sides.items()))
    inner = row.get("translation")
    if source.startswith("translation.") and isinstance(inner, dict):
        others = [v for key, v in inner.items() if f"translation.{key}" != source]
        return Aligned(name, language, str(said), str(others[0]))
    return Aligned(name, language, str(said), text(row, *shapes.ROLES["target"]))


def _no_training(row: Row, name: str, language: str) -> None:  # noqa: ARG001
    raise Broken("no_training_data", "this set is only a test")


TASKS = (
    Task(
        "tatoeba",
        "retrieve",
        "translations of English sentences by nearest neighbour",
        _no_training,
        (File("tatoeba.{code}-eng.{code}", splits={"test": "test"}),),
        main="accuracy",
        languages=TATOEBA,
        codes=_TATOEBA_CODES,
        hub=Hub("google/xtreme", "tatoeba.{code}", {"test": "validation"}),
        find=find_tatoeba,
    ),
    Task(
        "bucc",
        "retrieve",
        "mining of translations (BUCC 2018)",
        _no_training,
        tuple(
            File(root + "{lang}-en.{split}.{lang}", splits={"dev": "sample", "test": "training"})
            for root in ("", "{lang}-en/", "bucc2018/{lang}-en/")
        ),
        main="f1",
        languages=("de", "fr", "ru", "zh"),
        find=find_bucc,
    ),
    Task(
        "lareqa",
        "retrieve",
        "answers to questions among sentences of 11 languages",
        answer_sentence,
        (
            *(File(root + "{lang}.json", splits={"test": ""}) for root in ("xquad-r/", "")),
            *(
                File(root + "{split}-v1.1.json", splits={"train": "train", "dev": "dev"})
                for root in ("", "squad/")
            ),
        ),
        main="map",
        languages=LAREQA,
        find=find_lareqa,
    ),
    Task(
        "mewslix",
        "retrieve",
        "entities of mentions in 11 languages, among a million in 50",
        mention_and_entity,
        (
            File("wikinews_mentions-{split}.jsonl", splits={"dev": "dev", "test": "test"}),
            File("wikipedia_pairs-{split}.jsonl", splits={"train": "train"}),
        ),
        main="map",
        languages=MEWSLIX,
        find=find_mewslix,
    ),
    Task(
        "bitext",
        "retrieve",
        "any pairs that morphaug generate --task bitext takes, to train retrieval on",
        translation,
        (File("{split}-{lang}.*"), File("{split}.*")),
        languages=(),
    ),
)
