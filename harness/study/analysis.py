"""What results.json says of a study: arms compared and judged, from the folders of its runs.

Nothing is averaged over what is not there: a comparison rests on the seeds that all of its arms have, and a run,
a language or a slice that is missing is listed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from harness.config import TaskConfig
from harness.data import load_task
from harness.measure import main_score, read, split_of
from harness.records import Record
from harness.study import facts
from harness.study.answer import answer, informed
from harness.study.arms import Arm, arms_of
from harness.study.config import StudyConfig
from harness.study.corpora import corpus_facts
from harness.study.distance import FORMULAS, KINDS, Gain, distances, family, mixed_model, rank_tests
from harness.study.execute import registration
from harness.study.outcomes import Cell, Hole, Outcome, Outcomes, Run, common_seeds, cube, read_all
from harness.study.questions import Comparison, claims, comparisons
from harness.study.slices import forms, marked_by, slice_metric, sliced, slices_of
from harness.study.statistics import LEVEL, contrast, holm, interval
from harness.tasks import get_task, two_letters
from harness.tasks.augmented import load as load_augmented
from harness.typed import build
from morphaug.errors import MorphaugError

DRAWS = {"primary": 10_000, "secondary": 10_000, "exploratory": 2_000}
SCORE_DRAWS = 2_000
LEAST_EXAMPLES = 30  # of a slice
ALL = "all"

BySlice = dict[str, Outcomes]


def analyse(config: StudyConfig) -> dict[str, Any]:
    """Everything that results.json holds, from what there is of a study.

    Args:
        config: The study.

    Raises:
        MorphaugError: Runs contradict themselves or each other, or nothing has been run.
    """
    arms, cells = arms_of(config), facts.cells_of(config)
    runs, holes = facts.find_runs(config, arms)
    outcomes, lacking = read_all(runs, cells)
    if not outcomes:
        raise MorphaugError(f"{config.out}/runs holds no finished run of {config.name}", "run: harness study")
    missing = [*holes, *lacking]
    parts, empty = slice_outcomes(config, runs, cells, outcomes)
    by_slice: BySlice = {ALL: outcomes, **parts}
    smallest = config.smallest_effect
    asked = comparisons(arms, config.primary, cells)
    compared = contrasts(asked, by_slice, smallest, {arm.name: len(arm.seeds(config)) for arm in arms})
    phases = facts.phases_of(config, runs)
    design, registered = facts.design(config), registration(config)
    results: dict[str, Any] = {
        "name": config.name,
        "written": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "complete": not missing,
        "design": design,
        "registered": registered,
        "arms": facts.arm_rows(config, arms, runs, phases),
        "scores": scores(config, by_slice, cells),
        "contrasts": compared,
        "informed": informed(
            claims(arms, asked, cells),
            {row["name"]: row for row in compared},
            design,
            changed=registered["changed"],
        ),
        "corpora": corpus_facts(config),
        "costs": facts.costs(arms, runs, phases, outcomes, cells),
        "seen": facts.seen(config, cells),
        "curves": facts.curves(runs, phases),
        "holes": [hole._asdict() for hole in (*missing, *empty)],
        "readings": sum(len(run.record["test_readings"]) for run in runs),
        "codes": len({run.record["code"] for run in runs}),
        "machine": facts.machine(phases),
        "versions": facts.versions_of(runs),
    }
    results["distance"] = gain_by_distance(config, arms, cells, results)
    return {**results, "answer": answer(results)}


# -- comparisons ------------------------------------------------------------------------------------------


def contrasts(
    asked: Sequence[Comparison], by_slice: BySlice, smallest: float, planned: Mapping[str, int]
) -> list[dict[str, Any]]:
    """Rows of all comparisons that can be made.

    Args:
        asked: Which.
        by_slice: Outcomes of whole sets ("all") and of slices.
        smallest: The smallest effect of interest, in points.
        planned: Seeds by arm.
    """
    rows = [row for one in asked if (row := _row(one, by_slice[ALL], smallest, planned))]
    for one in asked:
        if one.matched and one.question == "duplicate" and one.family != "exploratory":
            for name in [name for name in by_slice if name != ALL]:
                part = replace(one, family="exploratory", slice=name)
                if row := _row(part, by_slice[name], smallest, planned):
                    rows.append(row)
    family = [row for row in rows if row["family"] == "secondary"]
    missing = sum(one.family == "secondary" for one in asked) - len(family)  # count as what shows nothing
    for row, p in zip(family, holm([row["p"] for row in family] + [1.0] * missing), strict=False):
        row["p_holm"] = p
    return rows


def _row(
    one: Comparison, outcomes: Outcomes, smallest: float, planned: Mapping[str, int]
) -> dict[str, Any] | None:
    """A comparison on the seeds that all of its arms have; None where there is none."""
    seeds = common_seeds(outcomes, one.weights, one.cell)
    if not seeds:
        return None
    cubes = {arm: cube(outcomes[arm, one.cell], seeds) for arm in one.weights}
    try:
        found = contrast([cubes], one.weights, draws=DRAWS[one.family])
    except MorphaugError:
        return None  # a slice of a handful of examples
    wanted = min(planned[arm] for arm in one.weights)
    short = f"{len(seeds)} of {wanted} planned seeds" if len(seeds) < wanted else ""
    return {
        "name": one.name,
        "family": one.family,
        "question": one.question,
        "arm": one.arm,
        "over": one.over,
        "weights": dict(one.weights),
        "target": one.cell.target,
        "task": one.cell.task,
        "language": one.cell.language,
        "slice": one.slice,
        "matched": one.matched,
        "delta": found.delta,
        "low": found.low,
        "high": found.high,
        "p": found.p,
        "p_holm": None,
        "p_seeds": found.p_seeds,
        "least_p": found.least_p,
        "mde": found.mde,
        "powered": found.p < LEVEL or found.mde <= smallest,
        "seeds": found.seeds,
        "examples": _answered(outcomes[one.arm, one.cell][seeds[0]]),
        "by_seed": list(found.by_seed),
        "note": "; ".join(note for note in (one.note, found.note, short) if note),
    }


def gain_by_distance(
    config: StudyConfig, arms: Sequence[Arm], cells: Sequence[Cell], results: Mapping[str, Any]
) -> dict[str, Any]:
    """What each recipe gains over repetition in its own language, beside the language's distances from English."""
    known = {arm.name: arm for arm in arms}
    gains: dict[str, dict[str, Mapping[str, Any]]] = {}  # by recipe and set, then language
    for row in results["contrasts"]:
        if row["matched"] and row["question"] == "duplicate" and row["slice"] == ALL:
            place = "" if known[row["arm"]].where == "intermediate" else f"@{known[row['arm']].where}"
            name = f"{known[row['arm']].recipe}{place} over {row['over']}: {row['target']}, {row['task']}"
            gains.setdefault(name, {})[row["language"]] = row
    found = {code: distances(code) for code in dict.fromkeys(cell.language for cell in cells)}
    families = {code: family(code) for code in found}
    tests: dict[str, dict[str, Any]] = {}
    for kind in KINDS:
        far = {code: getattr(distance, kind) for code, distance in found.items()}
        for name, by in gains.items():
            made = rank_tests({code: row["delta"] for code, row in by.items()}, far, families)
            made.append(
                mixed_model([one for row in by.values() for one in _gains(config, row, far, results)])
            )
            for test in made:
                # Where nothing can be tested, once is enough to say so.
                of = test.name if test.refused else f"{test.name}, {kind.replace('_', ' ')}: {name}"
                tests.setdefault(f"{of} {test.refused}", {**asdict(test), "name": of})
    rows = [
        {
            "language": code,
            **{kind: getattr(distance, kind) for kind in KINDS},
            "gains": {name: by[code]["delta"] for name, by in gains.items() if code in by},
        }
        for code, distance in found.items()
    ]
    formulas = [f"{kind.replace('_', ' ')}: {text}" for kind, text in FORMULAS.items()]
    return {"formulas": formulas, "rows": rows, "tests": list(tests.values())}


def _gains(
    config: StudyConfig, row: Mapping[str, Any], far: Mapping[str, float | None], results: Mapping[str, Any]
) -> list[Gain]:
    """Each seed's gain with what else may explain it; the baseline is the mean score without augmentation."""
    code = row["language"]
    tokens = {two_letters(name): count for name, count in config.pretraining_tokens.items()}.get(code)
    corpora = [r["fertility"] for r in results["corpora"] if r["arm"] == row["arm"] and r.get("fertility")]
    fertility = sum(corpora) / len(corpora) if corpora else None
    where = {"arm": "intermediate", "slice": ALL, **{key: row[key] for key in ("target", "task", "language")}}
    base = next((r["mean"] for r in results["scores"] if where.items() <= r.items()), None)
    return [Gain(code, row["task"], gain, far[code], tokens, fertility, base) for gain in row["by_seed"]]


def _answered(outcome: Outcome) -> int:
    """Examples that have something to score: of a slice not all have."""
    return int((outcome.denominator > 0).sum())


def scores(config: StudyConfig, by_slice: BySlice, cells: Sequence[Cell]) -> list[dict[str, Any]]:
    """Each arm's score in each cell and slice, with its interval."""
    tokens = {two_letters(code): count for code, count in config.pretraining_tokens.items()}
    rows = []
    for name, outcomes in by_slice.items():
        for (arm, cell), by_seed in sorted(outcomes.items(), key=lambda item: cells.index(item[0][1])):
            task, seeds = get_task(cell.task), sorted(by_seed)
            try:
                mean, low, high = interval(cube(by_seed, seeds), draws=SCORE_DRAWS)
            except MorphaugError:
                continue
            rows.append(
                {
                    "arm": arm,
                    "target": cell.target,
                    "task": cell.task,
                    "language": cell.language,
                    "metric": main_score(task) if name == ALL else slice_metric(task),
                    "slice": name,
                    "examples": _answered(by_seed[seeds[0]]),
                    "seeds": [{"seed": seed, "score": by_seed[seed].score} for seed in seeds],
                    "mean": mean,
                    "low": low,
                    "high": high,
                    "retrieval": task.find is not None or task.family == "retrieve",
                    "seen_language": tokens[cell.language] > 0 if cell.language in tokens else None,
                }
            )
    return rows


# -- slices -------------------------------------------------------------------------------------------------


def slice_outcomes(
    config: StudyConfig, runs: Sequence[Run], cells: Sequence[Cell], outcomes: Outcomes
) -> tuple[BySlice, list[Hole]]:
    """The outcomes of every run in the slices of its sets.

    Returns:
        By slice, and the slices that cannot be had, each with its reason.
    """
    found: BySlice = {}
    holes: list[Hole] = []
    known: set[str] | None = None
    for cell in cells:
        if not any(where == cell for _, where in outcomes) or not (names := slices_of(get_task(cell.task))):
            continue
        try:
            known = trained_forms(runs) if known is None else known
            gold = {record.id: record for record in _gold(config, cell)}
        except MorphaugError as error:
            holes.append(
                Hole("", cell.target, None, f"slices of {cell.task} in {cell.language}: {error.message}")
            )
            continue
        for name in names:
            try:
                part = _sliced(cell, name, known, gold, runs, outcomes)
            except MorphaugError as error:
                reason = f"slice {name} of {cell.task} in {cell.language}: {error.message}"
                holes.append(Hole("", cell.target, None, reason))
                continue
            found.setdefault(name, {}).update(part)
    return found, holes


def _sliced(
    cell: Cell,
    name: str,
    known: set[str],
    gold: Mapping[str, Record],
    runs: Sequence[Run],
    outcomes: Outcomes,
) -> dict[tuple[str, Cell], dict[int, Outcome]]:
    """One slice of one set in all runs.

    Raises:
        MorphaugError: It is all but empty, or it cannot be told what belongs to it; the examples are not those scored.
    """
    marked = marked_by(name, cell.language, known)
    found: dict[tuple[str, Cell], dict[int, Outcome]] = {}
    for run in runs:
        whole = outcomes.get((run.arm, cell), {}).get(run.seed)
        if whole is None or run.target != cell.target:
            continue
        if missing := [one for one in whole.ids if one not in gold]:
            raise MorphaugError(f"the data have no example {missing[0]}, which was scored")
        path = run.folder / "predictions" / f"{cell.task}.{cell.language}.jsonl"
        if not path.is_file():
            raise MorphaugError(f"predictions/{path.name} of {run.arm}, seed {run.seed}, is missing")
        rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
        predictions = {row["id"]: row["prediction"] for row in rows}
        above, below = sliced(get_task(cell.task), [gold[one] for one in whole.ids], predictions, marked)
        if (answered := int((below > 0).sum())) < LEAST_EXAMPLES:
            raise MorphaugError(f"{answered} examples have words of it, fewer than {LEAST_EXAMPLES}")
        found.setdefault((run.arm, cell), {})[run.seed] = Outcome(whole.ids, above, below)
    return found


def _gold(config: StudyConfig, cell: Cell) -> list[Record]:
    """The examples of a cell with their labels."""
    task = next(task for task in config.targets[cell.target].evaluate if task.task == cell.task)
    return read(task, split_of(task), cell.language)


def trained_forms(runs: Iterable[Run]) -> set[str]:
    """Every word that stands in what the runs were trained on: their originals and their corpora.

    Raises:
        MorphaugError: The data are not where they were.
    """
    found: set[str] = set()
    done: set[str] = set()
    for run in runs:
        for name in ("mlm", "intermediate", "target"):
            for raw in (run.record["config"].get(name) or {}).get("tasks", ()):
                own = {**raw, "dev": "none", "augmented": [], "twins": []}
                bare = build(TaskConfig, own, f"{run.arm}.{run.target}: {name}")
                if repr(bare) not in done:
                    done.add(repr(bare))
                    found |= forms(load_task(bare, place=name).train)
                for folder in (*raw.get("augmented", ()), *raw.get("twins", ())):
                    if f"{bare.task} {folder}" not in done:
                        done.add(f"{bare.task} {folder}")
                        found |= forms(load_augmented(get_task(bare.task), Path(folder)).records)
    return found
