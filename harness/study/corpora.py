"""What the arms train on: originals, and corpora that ``morphaug generate`` makes of exactly these, for each seed.

OUT/corpora/KEY/            a corpus, by the content of everything that made it; it appears whole, by one rename
OUT/corpora/KEY-common/     what a phase is given: originals.jsonl (the examples that every corpus of the seed
                            could carry, less those that fertility is matched by), left_out.json (the others, with
                            reasons), and of each corpus the records of these examples, with facts.json beside them
OUT/corpora/rates-KEY.json  shares of sites at which a recipe's edit rates are alike in all languages

The intermediate phase of all arms, those without augmented data included, has the same originals. A target task
keeps all of its originals in all arms; the augmented records beside them are of the same examples in all arms.
Arms that the study only looks at have no say in what the others train on: what is common is what the corpora of
the confirmatory arms have in common, if there are any in the phase.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from harness.config import TaskConfig
from harness.data import limited, load_task, records_digest
from harness.phases import digest, lock, read_json, write_json
from harness.records import Choice, Classified, Question, Record, Tagged
from harness.study.arms import Arm, arms_of
from harness.study.config import StudyConfig
from harness.study.matching import searched, uneven
from harness.tasks import TASKS
from harness.tasks.augmented import load as load_augmented
from harness.tasks.export import generated_as, write
from morphaug.errors import MorphaugError
from morphaug.shards import MANIFEST, REJECTS

SAMPLE = 200  # originals by which edit rates are matched
Say = Callable[[str], None]


class Stream(NamedTuple):
    """A corpus that is wanted.

    Attributes:
        place: "intermediate", or a target's name.
        recipe: Of ``morphaug generate``.
        language: Two letters; "" for duplicates, which are of no language and of no seed.
        seed: Of the draws.
        provenance: Whether each word's source is noted: what consistency compares by.
    """

    place: str
    recipe: str
    language: str
    seed: int
    provenance: bool


@dataclass(frozen=True, slots=True)
class Ready:
    """What a phase trains on in one seed.

    Attributes:
        originals: JSONL of the originals that all arms have in common.
        count: How many.
        corpora: Folders of the arms' augmented records.
        facts: What was done to the data in each arm.
    """

    originals: Path
    count: int
    corpora: Mapping[str, Path]
    facts: tuple[dict[str, Any], ...]


def task_at(config: StudyConfig, place: str) -> TaskConfig:
    """The task of the intermediate phase or of a target."""
    return config.source if place == "intermediate" else config.targets[place].phase.tasks[0]


@lru_cache(maxsize=4)
def originals(task: TaskConfig) -> tuple[Record, ...]:
    """The examples that a phase would train on by itself."""
    found = load_task(task, place=task.task)
    return found.train


def stream_of(arm: Arm, place: str, seed: int) -> Stream:
    """The corpus that an arm adds in a phase."""
    seed = 0 if arm.recipe == "duplicate" else seed
    return Stream(place, arm.recipe, arm.language, seed, arm.where == "consistency")


def prepare(
    config: StudyConfig, place: str, seed: int, arms: Iterable[Arm], say: Say, *, make: bool = True
) -> Ready | None:
    """Make what is not there yet of what some arms train on in a phase.

    Args:
        config: The study.
        place: "intermediate", or a target's name.
        seed: Of the runs.
        arms: Which.
        say: Takes lines about what is going on.
        make: Without it nothing is written.

    Returns:
        What there is; None where something is missing and ``make`` is false.

    Raises:
        MorphaugError: Resources are missing, or the corpora have no example in common.
    """
    records = originals(task_at(config, place))
    entering = [arm for arm in arms_of(config) if arm.enters(place)]
    base = [arm for arm in entering if arm.confirmatory] or [
        arm for arm in entering if seed in arm.seeds(config)
    ]
    wanted = [arm for arm in arms if arm.enters(place)]
    folders: dict[Stream, Path] = {}
    for arm in [*base, *wanted]:
        stream = stream_of(arm, place, seed)
        if stream not in folders:
            found = _corpus(config, stream, say, make=make)
            if found is None:
                return None
            folders[stream] = found
    streams = list(dict.fromkeys(stream_of(arm, place, seed) for arm in base))
    names = sorted(folders[stream].name for stream in streams)
    evened = [config.augment.fertility] if config.augment.fertility else []
    made_of = [records_digest(records), names, config.model, *evened]
    folder = Path(config.out) / "corpora" / f"{digest(made_of)}-common"
    if not (folder / "originals.jsonl").is_file():
        if not make:
            return None
        _common(config, place, records, {stream: folders[stream] for stream in streams}, folder)
    lines = (folder / "originals.jsonl").read_text(encoding="utf-8").splitlines()
    kept = {json.loads(line)["id"] for line in lines}
    corpora, facts = {}, []
    for arm in wanted:
        stream = stream_of(arm, place, seed)
        corpora[arm.name] = folder / folders[stream].name
        if not corpora[arm.name].is_dir():
            if not make:
                return None
            _filtered(config, stream, folders[stream], kept, corpora[arm.name])
        said = {"arm": arm.name, "recipe": arm.recipe, "language": arm.language, "seed": seed, "place": place}
        facts.append(said | read_json(corpora[arm.name] / "facts.json"))
    return Ready(folder / "originals.jsonl", len(kept), corpora, tuple(facts))


def corpus_facts(config: StudyConfig) -> list[dict[str, Any]]:
    """What augmentation did to the data, a row for each arm, phase and seed that has been prepared."""
    paths = sorted((config.folder / "corpora").glob("*.json"))
    rows = [row for path in paths for row in read_json(path)]
    order = {arm.name: at for at, arm in enumerate(arms_of(config))}
    known = [row for row in rows if row["arm"] in order]
    return sorted(known, key=lambda row: (order[row["arm"]], row["place"], row["seed"]))


def note_facts(config: StudyConfig, place: str, seed: int, ready: Ready) -> None:
    """Keep the facts of what was prepared with the study."""
    path = config.folder / "corpora" / f"{place}.seed-{seed}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    new = {row["arm"]: row for row in (*(read_json(path) if path.is_file() else ()), *ready.facts)}
    write_json(path, list(new.values()))


# -- making corpora -----------------------------------------------------------------------------------


def _corpus(config: StudyConfig, stream: Stream, say: Say, *, make: bool) -> Path | None:
    """The folder of a corpus, made now if it is not there."""
    rate = _rate(config, stream, say, make=make)
    if rate is None:
        return None
    root = Path(config.out) / "corpora"
    records = originals(task_at(config, stream.place))
    key = digest({**_made_of(config, stream, records), "seed": stream.seed, "rate": rate, "provenance": stream.provenance})  # fmt: skip
    folder = root / key
    if (folder / MANIFEST).is_file() or not make:
        return folder if (folder / MANIFEST).is_file() else None
    with lock(root / f"{key}.lock", say):
        if not (folder / MANIFEST).is_file():
            say(
                f"corpus: {stream.recipe} {stream.language or 'of no language'}, seed {stream.seed}, {stream.place}"
            )
            part = root / f"{key}.part"
            _generate(config, stream, records, rate, part)
            os.replace(part, folder)
    return folder


def _generate(
    config: StudyConfig, stream: Stream, records: Sequence[Record], rate: float, out: Path
) -> dict[str, Any]:
    """Augment examples; an interrupted run is gone on with. The manifest."""
    from morphaug.generate import Job, generate

    task = TASKS[task_at(config, stream.place).task]
    source = out.parent / f"{records_digest(records)[:16]}.jsonl"
    if not source.is_file():
        source.parent.mkdir(parents=True, exist_ok=True)
        write(records, task.name, source)
    augment = config.augment
    return generate(
        Job(
            generated_as(task),
            (str(source),),
            (_target(config, stream),),
            (stream.recipe,),
            out,
            parser=augment.parser,
            model_dir=Path(augment.model_dir) if augment.model_dir else None,
            parse_cache=Path(augment.parse_cache) if augment.parse_cache else None,
            seed=stream.seed,
            rate=rate,
            provenance=stream.provenance,
            workers=augment.workers,
            resume=True,
        )
    )


def _target(config: StudyConfig, stream: Stream) -> str:
    """The language that generation is told; for duplicates any, since they leave the text alone."""
    return stream.language or config.augment.languages[0]


def _made_of(config: StudyConfig, stream: Stream, records: Sequence[Record]) -> dict[str, Any]:
    """Everything that decides a corpus, seed and rate aside."""
    from morphaug.generate import find_recipes
    from morphaug.manifest import versions
    from morphaug.target import load_target

    (recipe,) = find_recipes((stream.recipe,))
    target = load_target(_target(config, stream))
    return {
        "originals": records_digest(records),
        "task": task_at(config, stream.place).task,
        "recipe": recipe.fingerprint(),
        "target": [target.code, target.digests() if stream.language else {}],
        "parser": _parser_name(config.augment.parser, config.augment.model_dir),
        "versions": versions(),
    }


@lru_cache(maxsize=4)
def _parser_name(parser: str, model_dir: str) -> str:
    from morphaug.parsing import resolve_parser

    return resolve_parser(parser, Path(model_dir) if model_dir else None).name


# -- matching -----------------------------------------------------------------------------------------


def _rate(config: StudyConfig, stream: Stream, say: Say, *, make: bool) -> float | None:
    """The share of sites at which a stream's edit rate is that of its recipe's other languages; noise follows.

    Returns:
        None if it is not known and ``make`` is false.
    """
    recipe = stream.recipe.removeprefix("noise:")
    arms = [arm for arm in arms_of(config) if arm.enters(stream.place)]
    arms = [arm for arm in arms if arm.recipe.removeprefix("noise:") == recipe]
    decisive = [arm for arm in arms if arm.confirmatory] or arms
    languages = sorted({arm.language for arm in decisive} | {stream.language})
    if not config.augment.match or len(languages) < 2:
        return config.augment.rate
    records = limited(originals(task_at(config, stream.place)), SAMPLE)
    sample = {
        code: stream._replace(recipe=recipe, language=code, seed=0, provenance=False) for code in languages
    }
    models = sorted({arm.language for arm in decisive})
    made_of = [models, config.augment.rate, [_made_of(config, one, records) for one in sample.values()]]
    path = Path(config.out) / "corpora" / f"rates-{digest(made_of)}.json"
    if not path.is_file():
        if not make:
            return None
        say(f"matching the edit rates of {recipe} in {', '.join(languages)}, {stream.place}")
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, _matched(config, records, sample, models))
    return float(read_json(path)[stream.language]["rate"])


def _matched(
    config: StudyConfig, records: Sequence[Record], streams: Mapping[str, Stream], models: Sequence[str]
) -> dict[str, dict[str, float]]:
    """By language the rate at which a sample's edit rate is the lowest of the models', and that edit rate."""
    root = Path(config.out) / "corpora"

    def measured(code: str, rate: float) -> float:
        with tempfile.TemporaryDirectory(dir=root, prefix=".match-") as folder:
            found = _generate(config, streams[code], records, rate, Path(folder) / "out")
        return float(found["streams"][0]["edit_rate"] or 0.0)

    full = {code: measured(code, config.augment.rate) for code in streams}
    aim = min(full[code] for code in models)
    out = {}
    for code, edits in full.items():
        rate, reached = searched(partial(measured, code), config.augment.rate, edits, aim)
        out[code] = {"rate": rate, "edit_rate": reached}
    return out


# -- what the corpora have in common ------------------------------------------------------------------


def _sources(config: StudyConfig, stream: Stream, folder: Path) -> dict[str, Record]:
    """The records of a corpus by the ids of what they were made of."""
    records = load_augmented(TASKS[task_at(config, stream.place).task], folder).records
    return {record.origin.source_id: record for record in records if record.origin}


def _common(
    config: StudyConfig,
    place: str,
    records: Sequence[Record],
    corpora: Mapping[Stream, Path],
    folder: Path,
) -> None:
    """Write the originals that all corpora carry, and why the others were left out."""
    kept = {record.id for record in records}
    left: list[dict[str, Any]] = []
    carried = {stream: _sources(config, stream, source) for stream, source in corpora.items()}
    for stream, source in corpora.items():
        kept &= set(carried[stream])
        for line in (source / REJECTS).read_text(encoding="utf-8").splitlines():
            reject = json.loads(line)
            said = {key: reject[key] for key in ("id", "reason", "detail")}
            left.append({**said, "recipe": stream.recipe, "language": stream.language})
    if not kept:
        raise MorphaugError(f"{place}: no example could be carried through in all arms", f"see {REJECTS} in {Path(config.out) / 'corpora'}")  # fmt: skip
    if config.augment.fertility:
        evened = _evened(config, place, [record.id for record in records if record.id in kept], carried)
        kept -= {line["id"] for line in evened}
        left += evened
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "left_out.json", left)
    write([r for r in records if r.id in kept], task_at(config, place).task, folder / "originals.jsonl")


def _evened(
    config: StudyConfig, place: str, names: Sequence[str], carried: Mapping[Stream, Mapping[str, Record]]
) -> list[dict[str, Any]]:
    """Examples that are left out so that a recipe's corpora have alike fertility in all languages, with reasons."""
    recipes = sorted({stream.recipe for stream in carried if stream.language})
    pairs = [[stream for stream in carried if stream.recipe == recipe] for recipe in recipes]
    pairs = [streams for streams in pairs if len(streams) > 1]
    streams = [stream for pair in pairs for stream in pair]
    if not streams:
        return []
    counts = np.array(
        [[_subwords(config.model, [carried[stream][name]]) for name in names] for stream in streams]
    )
    groups = [[streams.index(stream) for stream in pair] for pair in pairs]
    out = uneven(counts[..., 0], counts[..., 1], groups, config.augment.fertility)
    if 2 * len(out) > len(names):
        raise MorphaugError(
            f"augment.fertility: at {config.augment.fertility} {len(out):,} of {len(names):,} examples of {place} "
            "would be left out",
            "allow more, or 0 to leave fertility as it comes",
        )
    rates = np.round(counts[..., 0] / np.maximum(counts[..., 1], 1), 2)
    said = {"reason": "fertility", "recipe": "", "language": ""}
    return [
        {"id": names[at], **said, "detail": ", ".join(
            f"{rates[row, at]} subwords a word in {stream.recipe} {stream.language}"
            for row, stream in enumerate(streams)
        )}
        for at in out
    ]  # fmt: skip


def _filtered(config: StudyConfig, stream: Stream, source: Path, kept: set[str], folder: Path) -> None:
    """Write the records of some examples of a corpus as a corpus of its own, with its facts."""
    part = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    shutil.rmtree(part, ignore_errors=True)
    manifest = read_json(source / MANIFEST)
    for file in manifest["streams"][0]["files"]:
        path = part / file["file"]
        path.parent.mkdir(parents=True, exist_ok=True)
        with (source / file["file"]).open(encoding="utf-8") as rows, path.open("w", encoding="utf-8") as out:
            out.writelines(line for line in rows if json.loads(line)["morphaug"]["source_id"] in kept)
    write_json(part / "facts.json", _facts(config, stream, source, kept, manifest))
    write_json(part / MANIFEST, {**manifest, "filtered_from": source.name})
    os.replace(part, folder)


def _facts(
    config: StudyConfig, stream: Stream, source: Path, kept: set[str], manifest: Mapping[str, Any]
) -> dict[str, Any]:
    """What was done to the data; fertility is subwords for each whitespace word."""
    made, found = manifest["streams"][0], _sources(config, stream, source)
    records = originals(task_at(config, stream.place))
    before = [record for record in records if record.id in kept]
    after = [record for name, record in found.items() if name in kept]
    old, new = _subwords(config.model, before), _subwords(config.model, after)
    rejects = Counter(manifest["records"]["rejected"]) + Counter(made["rejected"])
    return {
        "read": manifest["records"]["read"],
        "kept": len(found),
        "common": len(after),
        "rejects": dict(sorted(rejects.items())),
        "rate": manifest["plan"]["rate"],
        "edit_rate": made["edit_rate"],
        "changed_words": round((made["edit_rate"] or 0.0) * made["words"]),
        "words": made["words"],
        "coverage": made["lexicon_coverage"],
        "rungs": made["rungs"],
        "fertility_original": round(old[0] / old[1], 4) if old[1] else None,
        "fertility": round(new[0] / new[1], 4) if new[1] else None,
        "tokens_original": old[0],
        "tokens": new[0],
    }


def _subwords(model: str, records: Sequence[Record]) -> tuple[int, int]:
    """(subwords, whitespace words) of examples."""
    texts = [text for record in records for text in texts_of(record)]
    pieces = _tokenizer(model)(texts, add_special_tokens=False)["input_ids"] if texts else ()
    return sum(map(len, pieces)), sum(len(text.split()) for text in texts)


@lru_cache(maxsize=1)
def _tokenizer(model: str) -> Any:
    from harness.encode import load_tokenizer

    return load_tokenizer(model)


def texts_of(record: Record) -> tuple[str, ...]:
    """The texts of an example."""
    if isinstance(record, Tagged):
        return (" ".join(record.words),)
    if isinstance(record, Question):
        return record.question, record.context
    if isinstance(record, Choice):
        return record.prompt, *record.choices
    assert isinstance(record, Classified)
    return (record.text,) if record.pair is None else (record.text, record.pair)


def general(task: TaskConfig, ready: Ready) -> TaskConfig:
    """The intermediate task as the general task of its family, on the originals that all arms have in common."""
    name = generated_as(TASKS[task.task])
    return replace(task, task=name, data=str(ready.originals), split="train", languages=("en",), limit=0)
