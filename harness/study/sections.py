"""What the report says, in its order, as plain blocks that markdown.py and page.py both print.

Nothing here computes a statistic: what is shown stands in results.json. Seeds of one corpus are shown as a range;
targets and languages are never put together.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from harness.study import charts
from harness.study.blocks import (
    Block,
    Bullets,
    Columns,
    Figure,
    Line,
    Section,
    Show,
    Sub,
    Text,
    get,
    groups,
    table,
    unique,
)
from harness.study.charts import Chart
from harness.study.tables import count, interval, missing, number, p_value, percent, plain, rows_of, signed
from morphaug.show import FOUND

QUESTIONS = {
    "duplicate": "more than the same text twice?",
    "noise": "more than noise?",
    "wrong-language": "more than the wrong language?",
    "intermediate": "more than without?",
    "repetition": "does repeating help?",
    "interaction": "does it need the intermediate phase?",
    "order": "what does word order add?",
    "morphology": "what does morphology add?",
    "morphology and order": "what do morphology and word order add to the words?",
}
FAMILIES = {
    "primary": "Primary: the one test that decides",
    "secondary": "Secondary: with Holm's correction over the family",
    "exploratory": "Exploratory: to look at, not to conclude from",
}
WHERE = {
    "none": "nowhere",
    "intermediate": "intermediate phase",
    "target": "target task",
    "both": "both phases",
    "consistency": "consistency term",
}
DISTANCES = {"word_order": "word order", "affixation": "affixation", "morphological": "morphology"}


def title(results: Line) -> str:
    return f"{results.get('name') or 'study'}: is typologically informed augmentation worth anything?"


def sections(results: Line) -> list[Section]:
    """All sections; one without data says so.

    Args:
        results: What results.json holds.
    """
    told: list[tuple[str, str, str, Callable[[Line], list[Block]]]] = [
        ("answer", "Answer", "The answer that the decision rule gives", _answer),
        ("registered", "Registered", "What was registered before the runs", _registered),
        ("arms", "Arms", "Compare each arm's dots with the dashed line", _arms),
        ("contrasts", "Contrasts", "A difference is where the interval leaves zero out", _contrasts),
        ("crossover", "Crossover", "Typology predicts lines that fall from matched to wrong", _crossover),
        ("informed", "Informed?", "“Typologically informed” needs three wins at once", _informed),
        ("distance", "Distance", "Does the gain grow with the distance from English?", _distance),
        ("slices", "Slices", "Look where morphology should matter most", _slices),
        ("curves", "Curves", "Every arm should have settled before it was scored", _curves),
        ("corpora", "Data", "What the augmentation did to the data", _corpora),
        ("costs", "Cost", "Minutes paid for each point gained", _costs),
        ("seen", "Seen before", "What the encoder had seen before", _seen),
        ("design", "Design", "Where augmentation enters, and the budget that arms share", _design),
        ("holes", "Holes", "Runs that are missing are holes, not averages", _holes),
        ("versions", "Versions", "Versions, machine and readings of the test sets", _versions),
    ]
    empty = [Text("Nothing of this part has been run yet.", "note")]
    return [Section(key, name, heading, part(results) or empty) for key, name, heading, part in told]


# -- what the sections share ----------------------------------------------------------------------------


def _span(row: Line) -> str:
    return interval(row.get("low"), row.get("high"))


def _effect(row: Line) -> str:
    if missing(row.get("delta")):
        return plain(None)
    return f"{signed(row['delta'])} {interval(row.get('low'), row.get('high'), signed)}"


def _cell(row: Line) -> str:
    task = f" ({row['task']})" if row.get("task") else ""
    return f"{plain(row.get('target'))}{task}, {plain(row.get('language'))}"


def _design_of(results: Line) -> Line:
    return results.get("design") or {}


def _languages(results: Line) -> list[str]:
    named = _design_of(results).get("languages") or []
    return unique([*named, *(row["language"] for row in rows_of(results, "scores"))])


def _tone(results: Line, arm: Line) -> int:
    """0 for a control, else the place of its corpus' language."""
    control = str(arm.get("recipe") or "").startswith(("noise", "duplicate"))
    languages = _languages(results)
    language = arm.get("language")
    return 0 if control or language not in languages else languages.index(language) % charts.TONES + 1


def _legend(results: Line) -> list[tuple[str, str]]:
    tones = {_tone(results, arm): f"{arm.get('language')} corpus" for arm in rows_of(results, "arms")}
    shown = [(f"tone{tone}", tones[tone] if tone else "control") for tone in sorted(tones)]
    return [*shown, ("seed", "a seed"), ("mean", "mean, 95 % interval")]


def _arms_by_name(results: Line) -> dict[str, Line]:
    """The arms, confirmatory ones first."""
    arms = sorted(rows_of(results, "arms"), key=lambda arm: not arm.get("confirmatory"))
    return {str(arm["arm"]): arm for arm in arms}


def _whole(rows: Iterable[Line], *, whole: bool = True) -> list[Line]:
    """The rows of whole sets, or those of slices."""
    return [row for row in rows if (row.get("slice") in (None, "", "all")) == whole]


def _key(*parts: Any) -> str:
    """An id from names: what is no letter or digit is written as a number, so that no two names meet."""
    return "c-" + "-".join("".join(c if c.isalnum() else f"_{ord(c)}_" for c in str(part)) for part in parts)


# -- answer, registration -------------------------------------------------------------------------------


def _answer(results: Line) -> list[Block]:
    answer = results.get("answer") or {}
    arms, targets = rows_of(results, "arms"), _design_of(results).get("targets") or {}
    done = sum(n or 0 for arm in arms for n in (arm.get("seeds_done") or {}).values())
    planned = sum((arm.get("seeds_planned") or 0) * len(targets) for arm in arms)
    blocks: list[Block] = []
    if not results.get("complete"):
        so_far = f"{done:,} of {planned:,} planned runs are finished" if planned else "no run is planned yet"
        blocks.append(Text(f"This report is not the last: {so_far}.", "warning"))
    if answer.get("verdict"):
        blocks.append(Text(f"Verdict: {answer['verdict']}", "verdict"))
    paragraph = answer.get("paragraph") or "There is no answer yet: nothing has been run."
    blocks.append(Text(str(paragraph), "lead"))
    limits = [("", str(limit)) for limit in answer.get("limits") or []]
    return [*blocks, Sub("What this answer does not say"), Bullets(limits)] if limits else blocks


def _registered(results: Line) -> list[Block]:
    found = results.get("registered") or {}
    primary = found.get("primary") or {}
    if not primary:
        return [Text("No primary contrast has been registered yet.", "note")]
    items = [
        ("Primary contrast", f"{plain(primary.get('arm'))} over {plain(primary.get('over'))}"),
        ("Where", f"target {plain(primary.get('target'))}, language {plain(primary.get('language'))}"),
        ("When", plain(found.get("time"))),
        ("SHA-256", plain(found.get("sha256"))),
    ]
    changed = "The primary contrast was changed after it had been registered: it no longer tests what was written down."
    return [Text(changed, "warning"), Bullets(items)] if found.get("changed") else [Bullets(items)]


# -- arms -----------------------------------------------------------------------------------------------

_SCORES: Columns = {
    "Arm": get("arm"),
    "Language": get("language"),
    "Slice": get("slice"),
    "Examples": get("examples", count),
    "Seeds": lambda row: count(len(_dots(row))),
    "Mean": get("mean", number),
    "95 % interval": _span,
    "Seen in pre-training": get("seen_language"),
}


def _arms(results: Line) -> list[Block]:
    blocks: list[Block] = []
    scores = sorted(_whole(rows_of(results, "scores")), key=lambda row: bool(row.get("retrieval")))
    sure = all(arm.get("confirmatory") for arm in rows_of(results, "arms"))
    hollow = [] if sure else [("hollow", "exploratory")]
    for (target, task, metric), mine in groups(scores, "target", "task", "metric").items():
        name = f"{target} ({task}, {metric})"
        apart = ": retrieval, a scale of its own" if mine[0].get("retrieval") else ""
        cells = groups(mine, "language").items()
        drawn = [_arms_chart(results, name, code, rows) for (code,), rows in cells]
        blocks += [Sub(name + apart), Figure(drawn, [*_legend(results), *hollow])]
        blocks += table(f"Scores of {name}", mine, _SCORES, folded=True)
    note = (
        "An arm's interval also holds what the choice of test examples does, which all arms share: arms are compared "
        "in the contrasts, where it cancels out."
    )
    return [*blocks, Text(note, "note")] if blocks else []


def _arms_chart(results: Line, name: str, language: str, scores: list[Line]) -> Chart:
    over = str(((results.get("registered") or {}).get("primary") or {}).get("over") or "duplicate")
    cell = {str(row["arm"]): row for row in scores}
    target = scores[0]["target"]
    rows = [
        _arm_row(results, arm, cell.get(known))
        for known, arm in _arms_by_name(results).items()
        if known in cell or target in (arm.get("seeds_done") or {})
    ]
    mean = cell.get(over, {}).get("mean")
    axis = f"points, {count(scores[0].get('examples'))} examples"
    reference = None if mean is None else (over, mean)
    key = _key("arms", name, language)
    return charts.strip(key, f"{name}, {language}", rows, axis=axis, reference=reference)


def _dots(score: Line) -> dict[str, float]:
    seeds = score.get("seeds") or []
    return {str(seed["seed"]): seed["score"] for seed in seeds if not missing(seed.get("score"))}


def _arm_row(results: Line, arm: Line, score: Line | None) -> charts.Row:
    found = score or {}
    dots, planned = _dots(found), arm.get("seeds_planned") or 0
    few = f" ({len(dots)} of {planned} seeds)" if dots and len(dots) < planned else ""
    value = f"{number(found.get('mean'))} {_span(found)}" if dots else "no run"
    tone, hollow = _tone(results, arm), not arm.get("confirmatory")
    spread = (found.get("mean"), found.get("low"), found.get("high"))
    return charts.Row(f"{arm['arm']}{few}", dots, *spread, tone=tone, hollow=hollow, value=value)


# -- contrasts ------------------------------------------------------------------------------------------

_POWER = {True: "enough", False: "too little"}
_CONTRASTS: Columns = {
    "Contrast": lambda row: _contrast_name(row),
    "Cell": lambda row: _cell(row),
    "Slice": get("slice"),
    "Δ points [95 % interval]": _effect,
    "p": get("p", p_value),
    "Holm p": get("p_holm", p_value),
    "p over seeds (least possible)": lambda row: _seeds_p(row),
    "Detectable (80 % power)": get("mde", number),
    "Power": lambda row: _POWER.get(row.get("powered"), "–") if row.get("powered") is not None else "–",
    "Seeds × examples": lambda row: f"{count(row.get('seeds'))} × {count(row.get('examples'))}",
    "Question": lambda row: _question(row),
    "Note": get("note"),
}


def _question(row: Line) -> str:
    if row.get("question") == "noise" and str(row.get("arm")).startswith("noise"):
        return "does noise help by itself?"
    return QUESTIONS.get(str(row.get("question"))) or plain(row.get("question"))


def _seeds_p(row: Line) -> str:
    least = "" if missing(row.get("least_p")) else f" ({p_value(row['least_p'])})"
    return p_value(row.get("p_seeds")) + least


def _contrast_name(row: Line) -> str:
    if row.get("question") == "interaction" or not (row.get("arm") and row.get("over")):
        return plain(row.get("name"))
    return f"{row['arm']} − {row['over']}"


def _contrasts(results: Line) -> list[Block]:
    found = _whole(rows_of(results, "contrasts"))
    drawn = []
    decisive = [r for r in found if r.get("family") != "exploratory" and not missing(r.get("delta"))]
    for cell, mine in groups(decisive, "target", "task", "language").items():
        rows, key = [_contrast_row(results, row) for row in mine], _key("contrasts", *cell)
        name, zero = _cell(mine[0]), ("no gain", 0.0)
        drawn.append(charts.strip(key, name, rows, axis="points", reference=zero))
    legend = [*_legend(results), ("band", "detectable in fewer than 4 studies of 5")]
    blocks: list[Block] = [Figure(drawn, legend)] if drawn else []
    blocks += _contrast_tables(found)
    smallest = _design_of(results).get("smallest_effect")
    power = f" of {smallest:g} points" if smallest else ""
    note = (
        "p over seeds flips the signs of whole seeds: it cannot go below the least value beside it. Power is enough "
        f"where a difference was found, or one{power} would have been four times in five; where it is too little, "
        "no difference seen does not mean none."
    )
    return [*blocks, Text(note, "note")] if blocks else []


def _contrast_tables(found: Sequence[Line]) -> list[Block]:
    tables: list[Block] = []
    for family in unique([*FAMILIES, *(plain(row.get("family")) for row in found)]):
        rows = [row for row in found if plain(row.get("family")) == family]
        columns = {name: show for name, show in _CONTRASTS.items() if name != "Slice" or not _whole(rows)}
        tables += table(FAMILIES.get(family, family), rows, columns)
    return tables


def _contrast_row(results: Line, row: Line) -> charts.Row:
    arm = _arms_by_name(results).get(str(row.get("arm")), {})
    dots = {str(at): value for at, value in enumerate(row.get("by_seed") or []) if not missing(value)}
    return charts.Row(
        _contrast_name(row),
        dots,
        row.get("delta"),
        row.get("low"),
        row.get("high"),
        tone=_tone(results, arm),
        band=row.get("mde"),
        value=_effect(row),
    )


# -- crossover, verdicts --------------------------------------------------------------------------------


def _crossover(results: Line) -> list[Block]:
    arms = [arm for arm in rows_of(results, "arms") if _tone(results, arm)]
    scores = [row for row in _whole(rows_of(results, "scores")) if not row.get("retrieval")]
    blocks: list[Block] = []
    for (recipe, where), mine in groups(arms, "recipe", "where").items():
        drawn = _crossed(results, f"{recipe}, {where}", {str(arm["language"]): arm for arm in mine}, scores)
        blocks += [Sub(f"{recipe}, added in the {WHERE.get(where, where)}"), Figure(drawn)] if drawn else []
    if not blocks:
        return [Text("No augmentation has been run in two languages yet.", "note")]
    lead = (
        "A panel is one evaluation; the corpus made for its language stands left, filled. Thin lines join the runs of "
        "one seed, the thick one the means; Δ is matched minus wrong with its 95 % interval. All panels of a row span "
        "the same number of points, so slopes compare. Edit rates and fertility of the corpora stand under the data."
    )
    return [Text(lead), *blocks]


def _crossed(results: Line, name: str, arms: Mapping[str, Line], scores: list[Line]) -> list[Chart]:
    """One panel for each task in each language that has a corpus of its own."""
    panels: dict[tuple[str, ...], list[charts.Row]] = {}
    for cell, rows in groups(scores, "target", "task", "metric", "language").items():
        found = {str(row["arm"]): row for row in rows}
        scored = {code: found[str(arm["arm"])] for code, arm in arms.items() if str(arm["arm"]) in found}
        language = cell[-1]
        if language in scored and len(scored) > 1:
            order = sorted(scored, key=lambda code: code != language)
            panels[cell] = [_crossed_row(results, arms[c], scored[c], c == language) for c in order]
    ranges = {cell: [value for row in rows for value in row.numbers()] for cell, rows in panels.items()}
    ranges = {cell: values for cell, values in ranges.items() if values}
    span = max((max(values) - min(values) for values in ranges.values()), default=1.0)
    drawn = []
    for cell in ranges:
        target, task, metric, language = cell
        said = f"{name}: {target} ({task}, {metric}), scored on {language}"
        look = {
            "arm": arms[language]["arm"],
            "question": "wrong-language",
            "target": target,
            "language": language,
        }
        paired = [row for row in _whole(rows_of(results, "contrasts")) if look.items() <= row.items()]
        paired = [row for row in paired if row.get("task") in (None, task)]
        note = f"Δ {_effect(paired[0])}" if paired else "Δ not compared"
        marks = _even_marks(min(ranges[cell]), max(ranges[cell]), span)
        key = _key("cross", name, *cell)
        drawn.append(charts.slope(key, said, f"{target} on {language}", panels[cell], marks=marks, note=note))
    return drawn


def _crossed_row(results: Line, arm: Line, score: Line, matched: bool) -> charts.Row:
    tone, said, label = _tone(results, arm), "matched" if matched else "wrong", f"{arm['language']} corpus"
    mean = score.get("mean")
    return charts.Row(label, _dots(score), mean, None, None, tone=tone, hollow=not matched, value=said)


def _even_marks(low: float, high: float, span: float) -> list[float]:
    """Round numbers over a range of at least ``span``: as many for every range of one figure."""
    marks = charts.ticks(0.0, span, 4)
    step = marks[1] - marks[0]
    first = math.floor((low + high - span) / 2 / step)
    return [round((first + at) * step, 10) for at in range(len(marks) + 1)]


def _informed(results: Line) -> list[Block]:
    contrasts = {row.get("name"): row for row in rows_of(results, "contrasts")}

    def part(control: str) -> Callable[[Line], str]:
        def show(row: Line) -> str:
            found = contrasts.get((row.get("over") or {}).get(control))
            return f"{_effect(found)}, p {p_value(found.get('p'))}" if found else "–"

        return show

    columns = {
        "Arm": lambda row: plain(row.get("arm") or row.get("recipe")),
        "Cell": _cell,
        "Verdict": get("verdict"),
        "Over duplicate": part("duplicate"),
        "Over noise": part("noise"),
        "Over the wrong language": part("wrong-language"),
        "p of all three": get("p", p_value),
        "Holm p": get("p_holm", p_value),
        "Reason": get("reason"),
    }
    lead = (
        "A recipe counts as typologically informed for a language and a target only where it beats the same text "
        "twice, noise at its edit rate and the wrong language's corpus, each in its own test."
    )
    tables = table("Verdicts, and the three parts of each", rows_of(results, "informed"), columns)
    return [Text(lead), *tables] if tables else []


# -- distance, slices, curves ---------------------------------------------------------------------------


def _distance(results: Line) -> list[Block]:
    found = results.get("distance") or {}
    rows = rows_of(results, "distance")
    names = unique(name for row in rows for name in row.get("gains") or {})
    flat = [{**row, **(row.get("gains") or {})} for row in rows]
    blocks: list[Block] = []
    for name in names:
        drawn = _scatters(results, name, flat)
        blocks += [Sub(str(name)), Figure(drawn)] if drawn else []
    columns = {"Language": get("language")}
    columns |= {said.capitalize(): get(name, _three) for name, said in DISTANCES.items()}
    columns |= {str(name): get(name, signed) for name in names}
    blocks += table("Distances from English, and gains in points", flat, columns)
    asked = {
        "Test": get("name"),
        "Languages": get("languages"),
        "ρ": get("rho", _two),
        "Slope [95 % interval]": lambda test: (
            f"{_two(test.get('slope'))} {_span(test)}" if test.get("slope") else "–"
        ),
        "p": get("p", p_value),
        "Without distances": get("missing"),
        "Refused because": get("refused"),
    }
    blocks += table("Tests, or why there is none", rows_of(results, "distance_tests"), asked)
    formulas = [("Formula", str(formula)) for formula in found.get("formulas") or []]
    return [*blocks, Bullets(formulas)] if formulas else blocks


def _scatters(results: Line, name: str, rows: Sequence[Line]) -> list[Chart]:
    tones = {code: at % charts.TONES + 1 for at, code in enumerate(_languages(results))}
    drawn = []
    for column, distance in DISTANCES.items():
        told = [(str(row["language"]), row.get(column), row.get(name)) for row in rows]
        points = [(code, x, y) for code, x, y in told if x is not None and y is not None]
        if points:
            key, said = _key("distance", name, column), f"{name}: gain against {distance}"
            drawn.append(charts.scatter(key, said, points, across=distance, tones=tones))
    return drawn


def _slices(results: Line) -> list[Block]:
    tables = _contrast_tables(_whole(rows_of(results, "contrasts"), whole=False))
    scores = _whole(rows_of(results, "scores"), whole=False)
    for (target, task, metric), mine in groups(scores, "target", "task", "metric").items():
        tables += table(f"Scores of {target} ({task}, {metric}) by slice", mine, _SCORES, folded=True)
    return tables


def _curves(results: Line) -> list[Block]:
    blocks: list[Block] = []
    found = [row for row in rows_of(results, "curves") if row.get("loss") and row.get("steps")]
    for (phase,), mine in groups(found, "phase").items():
        # A phase that the targets share comes once, under the name of the first.
        shared = len(groups(mine, "arm", "seed")) == len(mine)
        for (target,), rows in ({("",): mine} if shared else groups(mine, "target")).items():
            name = f"{phase} phase, {target}" if target else f"{phase} phase"
            blocks += [
                Sub(f"{name}: training loss, a line for each seed"),
                Figure(_losses(results, name, rows)),
            ]
    return blocks


def _losses(results: Line, name: str, found: list[Line]) -> list[Chart]:
    """A panel for each arm, all on one scale."""
    arms = _arms_by_name(results)
    marks = charts.ticks(
        0.0, max((value for row in found for value in row["loss"] if value is not None), default=1.0), 3
    )
    end = max(step for row in found for step in row["steps"])
    drawn = []
    for (arm,), rows in groups(found, "arm").items():
        seeds = {plain(row["seed"]): list(zip(row["steps"], row["loss"], strict=False)) for row in rows}
        key, tone = _key("curve", name, arm), _tone(results, arms.get(arm, {}))
        said = f"{arm}: training loss of the {name}"
        drawn.append(charts.lines(key, said, arm, seeds, end=end, marks=marks, tone=tone))
    return drawn


# -- data, cost, what was seen, design ------------------------------------------------------------------


def _corpora(results: Line) -> list[Block]:
    corpora = groups(rows_of(results, "corpora"), "arm", "recipe", "language", "place")

    def spread(name: str, show: Show) -> Callable[[Sequence[Line]], str]:
        return lambda rows: _range([row.get(name) for row in rows], show)

    columns: Columns = {
        "Arm": lambda rows: plain(rows[0].get("arm")),
        "Recipe": lambda rows: plain(rows[0].get("recipe")),
        "Language": lambda rows: plain(rows[0].get("language")),
        "Phase": lambda rows: plain(rows[0].get("place")),
        "Seeds": lambda rows: count(len(rows)),
        "Read": spread("read", count),
        "Kept": spread("kept", count),
        "In all corpora": spread("common", count),
        "Rate asked for": spread("rate", percent),
        "Edit rate": spread("edit_rate", percent),
        "Words changed": spread("changed_words", count),
        "Lexicon coverage": spread("coverage", percent),
        "Fertility, originals": spread("fertility_original", _two),
        "Fertility": spread("fertility", _two),
        "Tokens": spread("tokens", count),
        "Rejected": _rejects,
    }
    blocks = table("Corpora; a range where seeds differ", corpora.values(), columns)
    shares = [
        (f"{arm}, {place}" if place != plain(None) else arm, _shares(rows))
        for (arm, *_, place), rows in corpora.items()
    ]
    shares = [(name, share) for name, share in shares if share]
    if not shares:
        return blocks
    known = [rung for group in FOUND.values() for rung in group]
    used = unique(rung for _, share in shares for rung in share)
    parts = sorted(used, key=lambda rung: known.index(rung) if rung in known else len(known))
    said = "How inflected forms were found, from the surest rung to guesses"
    strips = charts.stacked("c-rungs", said, shares, parts)
    legend = [(f"part{at % charts.PARTS}", part) for at, part in enumerate(parts)]
    flat = [{"arm": name, **share} for name, share in shares]
    told = {"Arm": get("arm")} | {part: get(part, percent) for part in parts}
    return [*blocks, Figure([strips], legend), *table("Rungs, mean over seeds", flat, told, folded=True)]


def _rejects(rows: Sequence[Line]) -> str:
    lost = [row.get("rejects") or {} for row in rows]
    reasons = unique(reason for one in lost for reason in one)
    told = (f"{reason} {_range([one.get(reason, 0) for one in lost], count)}" for reason in reasons)
    return ", ".join(told) or "–"


def _two(value: float | None) -> str:
    return number(value, 2)


def _three(value: float | None) -> str:
    return number(value, 3)


def _range(values: Sequence[Any], show: Show) -> str:
    known = sorted(value for value in values if not missing(value))
    return " to ".join(unique([show(known[0]), show(known[-1])])) if known else "–"


def _shares(group: Sequence[Line]) -> dict[str, float]:
    told = [row["rungs"] for row in group if row.get("rungs")]
    names = unique(name for rungs in told for name in rungs)
    return {name: sum(rungs.get(name) or 0.0 for rungs in told) / len(told) for name in names}


def _costs(results: Line) -> list[Block]:
    rows = rows_of(results, "costs")
    columns = {
        "Arm": get("arm"),
        "Target": get("target"),
        "Language": get("language"),
        "Minutes": get("minutes", number),
        "Points gained": get("points", signed),
        "Over": get("over"),
        "Minutes per point": get("minutes_per_point", number),
    }
    return table("Minutes of training; none per point where nothing was gained", rows, columns)


def _seen(results: Line) -> list[Block]:
    about = _design_of(results).get("about_model")
    items = [(plain(row.get("language")), plain(row.get("what"))) for row in rows_of(results, "seen")]
    blocks: list[Block] = [Text(str(about))] if about else []
    return [*blocks, Bullets(items)] if items else blocks


def _design(results: Line) -> list[Block]:
    design = _design_of(results)
    if not design:
        return []
    seeds, before = design.get("seeds") or {}, design.get("intermediate") or {}
    items = [("Encoder", plain(design.get("model"))), ("Intermediate task", _task(before))]
    for name, target in (design.get("targets") or {}).items():
        items.append((f"Target {name}", f"{_task(target)}, scored on {plain(target.get('languages'))}"))
    items += [("Settings chosen on", plain(design.get("tuned_on"))), ("Seeds", plain(seeds))]
    columns: Columns = {
        "Arm": get("arm"),
        "Part": lambda arm: "confirmatory" if arm.get("confirmatory") else "exploratory",
        "Augmentation enters": lambda arm: WHERE.get(str(arm.get("where"))) or plain(arm.get("where")),
        "Recipe": get("recipe"),
        "Corpus": get("language"),
        "Original : augmented": lambda arm: f"{count(arm.get('original'))} : {count(arm.get('augmented'))}",
        "Intermediate steps": get("intermediate_steps", count),
        "Target steps": get("target_steps"),
        "Seeds done": get("seeds_done"),
        "Seeds planned": get("seeds_planned", count),
    }
    return [Bullets(items), *table("Arms", _arms_by_name(results).values(), columns)]


def _task(task: Line) -> str:
    return f"{plain(task.get('task'))}, {count(task.get('examples'))} examples"


# -- holes, versions ------------------------------------------------------------------------------------


def _holes(results: Line) -> list[Block]:
    alike = groups(rows_of(results, "holes"), "arm", "target", "reason").values()
    rows = [{**mine[0], "seed": [hole.get("seed") for hole in mine]} for mine in alike]
    if not rows and results.get("complete"):
        return [Text("There is none: every planned run is in.", "note")]
    columns = {name.capitalize(): get(name) for name in ("arm", "target", "seed", "reason")}
    return table("Runs that are missing", rows, columns)


def _versions(results: Line) -> list[Block]:
    items = [(name.capitalize(), plain(results.get(name))) for name in ("written", "machine", "versions")]
    return [Bullets([*items, ("Readings of the test sets", plain(results.get("readings")))])]
