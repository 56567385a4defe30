"""The decision rule, and the answer in words that it gives. Nobody writes that paragraph by hand.

Augmentation is *typologically informed* for a recipe, a language and a target if, in that language, the corpus
made for it beats the same examples repeated, noise at its edit rate, and the corpus made for a wrong language:
each difference positive and below .05, two-sided. That all three hold is one claim (intersection and union:
nothing is corrected inside); over the claims that were not the primary one goes Holm. So a claim is

supported       all three hold, Holm leaves it below .05, no planned seed is missing and there are 6 or more
not supported   no planned seed is missing and one of the three is lower, or is not higher where the smallest effect
                of interest would have been found: the study had the power to see it, or the interval leaves it out
undecided       none of these: without power, exploratory, or not finished
missing         one of the three was not compared
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.study.statistics import LEVEL, holm, intersection_union
from morphaug.languages import name as language_name

CONTROLS = ("duplicate", "noise", "wrong-language")
LEAST_SEEDS = 6  # 2 / 2**6 is the first to lie below .05
_ROUNDING = 1e-9  # points: a difference of equal scores
_BEATEN = {"duplicate": "the repeated examples", "noise": "noise", "wrong-language": "the wrong language"}

Row = Mapping[str, Any]


def reading(row: Row, smallest: float) -> str:
    """What a comparison says: "gain", "loss", "no gain" or "open".

    Args:
        row: Of results.json's contrasts.
        smallest: The smallest effect of interest, in points.
    """
    if row["p"] < LEVEL and abs(row["delta"]) > _ROUNDING:
        return "gain" if row["delta"] > 0 else "loss"
    return "no gain" if row["mde"] <= smallest or row["high"] < smallest else "open"


def informed(
    claims: Sequence[Row], contrasts: Mapping[str, Row], design: Row, *, changed: bool = False
) -> list[dict[str, Any]]:
    """The verdict on every claim.

    Args:
        claims: Rows with recipe, language, target, exploratory, primary, note, and over: by control, the name of its
            contrast or None.
        contrasts: By name.
        design: results.json's design.
        changed: Whether the primary comparison is not the registered one: then Holm goes over its claim, too.

    Returns:
        Rows of results.json's informed, in step.
    """
    compared = [{name: contrasts.get(claim["over"][name] or "") for name in CONTROLS} for claim in claims]
    p: list[float | None] = []
    for rows in compared:
        found = [row for row in rows.values() if row is not None]
        whole = len(found) == len(CONTROLS)
        p.append(intersection_union([r["p"] for r in found], [r["delta"] for r in found]) if whole else None)
    # One that could not be compared counts in its family, as one that shows nothing.
    family = [at for at, c in enumerate(claims) if not c["exploratory"] and (changed or not c["primary"])]
    adjusted = dict(zip(family, holm([_or_one(p[at]) for at in family]), strict=True))
    out = []
    for at, (claim, rows) in enumerate(zip(claims, compared, strict=True)):
        verdict, reason = _verdict(claim, rows, adjusted.get(at, p[at]), len(family), design)
        out.append({**claim, "verdict": verdict, "reason": reason, "p": p[at], "p_holm": adjusted.get(at)})
    return out


def _or_one(p: float | None) -> float:
    return 1.0 if p is None else p


def _verdict(
    claim: Row, compared: Mapping[str, Row | None], p: float | None, family: int, design: Row
) -> tuple[str, str]:
    rows = {name: row for name, row in compared.items() if row is not None}
    if missing := [name for name in CONTROLS if name not in rows]:
        return "missing", f"not compared with {_listed([_BEATEN[name] for name in missing])}"
    smallest = design["smallest_effect"]
    read = {name: reading(row, smallest) for name, row in rows.items()}
    seeds = min(row["seeds"] for row in rows.values())
    planned = design["seeds"]["exploratory" if claim["exploratory"] else "confirmatory"]
    if failed := [name for name in CONTROLS if read[name] in ("loss", "no gain")]:
        if seeds < planned:
            return "undecided", f"so far, on {seeds} seeds of {planned}, no gain over {_told(failed, rows)}"
        return "not supported", f"no gain over {_told(failed, rows)}"
    if open_ := [name for name in CONTROLS if read[name] == "open"]:
        return "undecided", f"without the power to find {points(smallest)} over {_told(open_, rows)}"
    if claim["exploratory"]:
        return "undecided", "higher than all three, in an exploratory arm"
    if seeds < max(planned, LEAST_SEEDS):
        return "undecided", f"higher than all three, on {seeds} seeds of {max(planned, LEAST_SEEDS)} needed"
    if p is None or p >= LEVEL:
        return "undecided", f"higher than all three one by one, not after Holm over {family} claims"
    note = f" ({claim['note']})" if claim["note"] else ""
    return "supported", f"higher than {_told(CONTROLS, rows)}{note}"


def _told(names: Sequence[str], rows: Mapping[str, Row]) -> str:
    return _listed([f"{_BEATEN[name]} ({effect(rows[name])})" for name in names])


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def effect(row: Row) -> str:
    """ "+0.42 points, 95 % interval -0.10 to +0.94, p = .11"."""
    return (
        f"{row['delta']:+.2f} points, 95 % interval {row['low']:+.2f} to {row['high']:+.2f}, p {_p(row['p'])}"
    )


def points(number: float) -> str:
    """ "1 point", "0.5 points"."""
    return f"{number:g} point{'s' if number != 1 else ''}"


def _p(p: float) -> str:
    return "< .001" if p < 0.001 else f"= {p:.2g}".replace("0.", ".", 1)


# -- the paragraph --------------------------------------------------------------------------------------


def answer(results: Row) -> dict[str, Any]:
    """The verdict on the registered arm, the paragraph and the limits.

    Args:
        results: What results.json holds, but for this.
    """
    primary = next((row for row in results["contrasts"] if row["family"] == "primary"), None)
    claim = next((row for row in results["informed"] if row["primary"]), None)
    sentences = [_first(results, primary)]
    if primary is not None:
        sentences += [_seeds(primary), _power(primary, results["design"]["smallest_effect"])]
    sentences += [_claim(claim), _others(results), *_by_language(results, primary)]
    return {
        "verdict": claim["verdict"] if claim else "missing",
        "paragraph": " ".join(sentences),
        "limits": limitations(results, primary),
    }


def _first(results: Row, row: Row | None) -> str:
    asked = results["registered"]["primary"]
    where = f"on {asked['target']} in {language_name(asked['language'])}"
    if row is None:
        return f"The primary comparison, {asked['arm']} over {asked['over']} {where}, cannot be made yet."
    few = row["seeds"] < LEAST_SEEDS  # the test over seeds cannot confirm what the interval says
    what = {
        "gain": "comes out above" if few else "is better than",
        "loss": "comes out below" if few else "is worse than",
    }.get(reading(row, results["design"]["smallest_effect"]), "does not differ detectably from")
    planned = results["design"]["seeds"]["confirmatory"]
    so_far = f"So far, with {row['seeds']} of {planned} seeds, " if row["seeds"] < planned else ""
    done = f"{row['seeds']} seed{'s' if row['seeds'] != 1 else ''}, {row['examples']:,} examples"
    return f"{so_far}{asked['arm']} {what} {asked['over']} {where} ({effect(row)}; {done})."


def _seeds(row: Row) -> str:
    if row["p_seeds"] is None:
        return "With one seed nothing can be said of how it varies between runs."
    said = f"A sign-flip test over the {row['seeds']} seeds gives p {_p(row['p_seeds'])}"
    if row["seeds"] < LEAST_SEEDS:
        return f"{said}; with fewer than {LEAST_SEEDS} seeds it cannot reach .05 (here not below {row['least_p']:.2g})."
    return f"{said}."


def _power(row: Row, smallest: float) -> str:
    could = f"A difference of {row['mde']:.2f} points would have been found four times in five"
    said = reading(row, smallest)
    if said in ("gain", "loss"):
        return f"{could}."
    if said == "no gain":
        return f"{could}, and no gain larger than {max(row['high'], 0):.2f} points is compatible with these runs."
    return (
        f"{could}: the comparison lacks the power to find {points(smallest)}, the least that would matter, and a gain"
        f" of up to {max(row['high'], 0):.2f} points remains possible."
    )


def _claim(claim: Row | None) -> str:
    if claim is None:
        return "Whether the augmentation is typologically informed was not asked of the primary arm."
    what = f"That {claim['recipe']} for {language_name(claim['language'])} is typologically informed"
    verdict = {"missing": "cannot be judged", "undecided": "stays undecided"}.get(
        claim["verdict"], f"is {claim['verdict']}"
    )
    return f"{what} {verdict}: {claim['reason']}."


def _others(results: Row) -> str:
    """The confirmatory claims beside the primary one, by verdict."""
    groups: dict[str, list[str]] = {}
    for row in results["informed"]:
        if not (row["primary"] or row["exploratory"]):
            where = f"{row['arm']} on {row['target']}"
            groups.setdefault(row["verdict"], []).append(where)
    if not groups:
        return "No other confirmatory arm was put to the same question."
    order = [v for v in ("supported", "not supported", "undecided", "missing") if v in groups]
    said = "; ".join(f"{verdict}: {', '.join(groups[verdict])}" for verdict in order)
    return f"The same claim for the other confirmatory arms, each in its own language: {said}."


def _by_language(results: Row, primary: Row | None) -> list[str]:
    """The primary recipe over its control in every language and target."""
    if primary is None:
        return []
    asked = results["registered"]["primary"]
    recipe = next((row["recipe"] for row in results["arms"] if row["arm"] == asked["arm"]), None)
    alike = {
        row["arm"] for row in results["arms"] if row["recipe"] == recipe and row["where"] == "intermediate"
    }
    rows = [
        row
        for row in results["contrasts"]
        if row["arm"] in alike and row["over"] == asked["over"] and row["slice"] == "all" and row["matched"]
        and row is not primary
    ]  # fmt: skip
    if not rows:
        return []
    smallest = results["design"]["smallest_effect"]
    words = {"gain": "a gain", "loss": "a loss", "no gain": "no gain", "open": "open, without power"}
    parts = [
        f"{row['arm']} on {row['target']} in {language_name(row['language'])} {row['delta']:+.2f}"
        f" ({row['low']:+.2f} to {row['high']:+.2f}: {words[reading(row, smallest)]})"
        for row in rows
    ]
    return [f"Elsewhere over {asked['over']}, before correction: {'; '.join(parts)}."]


# -- limits -----------------------------------------------------------------------------------------------


def limitations(results: Row, primary: Row | None) -> list[str]:
    """What a reader has to keep in mind, the weightiest first."""
    design = results["design"]
    tuned = _listed([language_name(code) for code in design["tuned_on"]]) if design["tuned_on"] else "nothing"
    encoder = design["about_model"].strip().rstrip(".") or design["model"]
    out = [f"The encoder is {encoder}; settings were chosen on {tuned}.", *_unlike_controls(results, primary)]
    runs = {(row["arm"], row["target"], row["seed"]) for row in results["holes"] if row["seed"] is not None}
    if runs:
        out.insert(0, f"Something is missing in {len(runs)} of the planned runs; what is compared rests on the seeds that all its arms have.")  # fmt: skip
    if results["registered"]["changed"]:
        out.insert(
            0, "The primary comparison was changed after the first run: it is no longer a registered one."
        )
    if results["codes"] > 1:
        out.append(f"The runs were made by {results['codes']} versions of the code.")
    few = sorted({row["seeds"] for row in results["contrasts"] if row["seeds"] < LEAST_SEEDS})
    if few:
        counts = _listed([str(n) for n in few])
        out.append(f"Some comparisons rest on {counts} seed{'' if few == [1] else 's'}; with fewer than {LEAST_SEEDS} a test over seeds cannot reach .05.")  # fmt: skip
    weak = [row for row in results["contrasts"] if not row["powered"] and row["slice"] == "all"]
    if weak:
        out.append(f"{len(weak)} of {sum(r['slice'] == 'all' for r in results['contrasts'])} comparisons lack the power to find {points(design['smallest_effect'])}.")  # fmt: skip
    return out


def _unlike_controls(results: Row, primary: Row | None) -> list[str]:
    """By how much the corpora of the primary arm and its controls differ beside what is asked."""
    if primary is None:
        return []
    asked = [row for row in results["contrasts"] if row["arm"] == primary["arm"]]
    arms = [primary["arm"]]
    for question in ("wrong-language", "noise"):
        weights: Mapping[str, float] = next(
            (row["weights"] for row in asked if row["question"] == question), {}
        )
        arms += [arm for arm, weight in weights.items() if weight < 0]
    found = {arm: corpus for arm in arms if (corpus := _corpus(results, arm))}
    if primary["arm"] not in found or len(found) < 2:
        return []
    told = [f"{arm} {100 * c['edit_rate']:.0f} % and {c['fertility']:.2f}" for arm, c in found.items()]
    return [
        f"The corpora may differ in more than what is asked; words changed and subwords a word: {', '.join(told)}."
    ]


def _corpus(results: Row, arm: str) -> dict[str, float]:
    """Means over seeds of an arm's edit rate and fertility; empty where one is not known."""
    rows = [row for row in results["corpora"] if row["arm"] == arm]
    out = {}
    for key in ("edit_rate", "fertility"):
        values = [row[key] for row in rows if row.get(key) is not None]
        if not values:
            return {}
        out[key] = sum(values) / len(values)
    return out
