"""Which comparisons a study makes: all of them follow from the names of its arms, before any result is seen.

primary      the one that the study file names
secondary    under Holm: every confirmatory corpus, in the language it was made for, over the same examples
             repeated, noise, the wrong language and no augmentation
exploratory  the rest, marked as such: other languages (the crossover), other arms, what single parts of a recipe
             add, the interaction with intermediate training, and slices
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.study.answer import CONTROLS
from harness.study.arms import LANGUAGE_RECIPES, Arm
from harness.study.config import PrimaryConfig
from harness.study.outcomes import Cell
from harness.tasks import two_letters
from morphaug.errors import MorphaugError


@dataclass(frozen=True, slots=True)
class Comparison:
    """A difference to be estimated.

    Attributes:
        family: "primary", "secondary" or "exploratory".
        question: What it asks.
        arm: The arm it is about.
        over: What that is compared with, in words.
        weights: By arm.
        cell: Where.
        slice: "all", or one of ``harness.study.slices.SLICES``.
        matched: Whether the arm's corpus was made for the cell's language.
        note: What to keep in mind.
    """

    family: str
    question: str
    arm: str
    over: str
    weights: Mapping[str, float]
    cell: Cell
    slice: str = "all"
    matched: bool = False
    note: str = ""

    @property
    def name(self) -> str:
        part = "" if self.slice == "all" else f", {self.slice}"
        what = (
            f"interaction of {self.arm}" if self.question == "interaction" else f"{self.arm} over {self.over}"
        )
        return f"{what}: {self.cell.target}, {self.cell.task} {self.cell.language}{part}"


# What the second recipe lacks of the first.
_PARTS = (
    ("order", "synthetic", "morph"),
    ("morphology", "synthetic", "reorder"),
    ("morphology", "lexicon+inflect", "lexicon"),
    ("order", "pseudo", "lexicon+inflect"),
    ("morphology and order", "pseudo", "lexicon"),
)


def comparisons(arms: Sequence[Arm], primary: PrimaryConfig, cells: Sequence[Cell]) -> list[Comparison]:
    """All comparisons of a study, each once.

    Args:
        arms: All of them.
        primary: What the study file names.
        cells: What is scored.

    Raises:
        MorphaugError: The primary comparison is not one of one scored set.
    """
    known = {arm.name: arm for arm in arms}
    found: dict[tuple[Cell, tuple[tuple[str, float], ...]], Comparison] = {}
    for one in (_primary(known, primary, cells), *_secondary(known, cells), *_parts(known, cells)):
        found.setdefault((one.cell, tuple(sorted(one.weights.items()))), one)
    return list(found.values())


def _primary(arms: Mapping[str, Arm], primary: PrimaryConfig, cells: Sequence[Cell]) -> Comparison:
    arm, over = primary.arm, primary.over
    fit = [
        cell
        for cell in cells
        if (cell.target, cell.language) == (primary.target, two_letters(primary.language))
    ]
    if len(fit) != 1:
        raise MorphaugError(
            f"primary: {primary.target} is scored on {len(fit)} sets in {primary.language}, not on one",
            "name a target and a language that occur once in targets' evaluate",
        )
    asked = _controls(arms, arms[arm]) if made_for_a_language(arms[arm]) else iter(())
    known = ((question, note) for question, _, against, note in asked if against == {over: -1.0})
    question, note = next(known, ("primary", ""))
    matched = arms[arm].language == fit[0].language
    return Comparison("primary", question, arm, over, {arm: 1.0, over: -1.0}, fit[0], "all", matched, note)


def _controls(arms: Mapping[str, Arm], arm: Arm) -> Iterator[tuple[str, str, dict[str, float], str]]:
    """(question, what the arm is compared with, its weights, note) for each control of an augmented arm."""
    # R1 against the variants has controls that add theirs, as long as it has none of its own kind.
    places = (arm.where, "intermediate") if arm.where == "consistency" else (arm.where,)
    alike = [a for place in places for a in arms.values() if a.where == place]
    if duplicate := next((a for a in alike if a.recipe == "duplicate"), None):
        yield "duplicate", duplicate.name, {duplicate.name: -1.0}, ""
    noise = [a for a in alike if a.recipe.startswith("noise:")]
    own = [a for a in noise if (a.recipe, a.language) == (f"noise:{arm.recipe}", arm.language)]
    if noise:
        other = (own or noise)[0]
        like = f"{other.recipe.removeprefix('noise:')}-{other.language}"
        note = "" if own else f"{other.name} has the edit rate of {like}, not of {arm.name}"
        yield "noise", other.name, {other.name: -1.0}, note
    same = [a for a in arms.values() if (a.recipe, a.where) == (arm.recipe, arm.where) and a != arm]
    if wrong := [a.name for a in same if a.confirmatory or not arm.confirmatory] or [a.name for a in same]:
        over = wrong[0] if len(wrong) == 1 else f"the mean of {', '.join(wrong)}"
        yield "wrong-language", over, dict.fromkeys(wrong, -1.0 / len(wrong)), ""
    base = "target" if arm.where == "target" else "intermediate"
    if base in arms:
        yield "intermediate", base, {base: -1.0}, ""


def made_for_a_language(arm: Arm) -> bool:
    """Whether an arm trains on a corpus made for a language: neither plain nor a control."""
    return arm.recipe in LANGUAGE_RECIPES


def _secondary(arms: Mapping[str, Arm], cells: Sequence[Cell]) -> Iterator[Comparison]:
    for cell in cells:
        for arm in filter(made_for_a_language, arms.values()):
            matched = arm.language == cell.language
            for question, over, against, note in _controls(arms, arm):
                if matched or question == "duplicate":
                    weights = {arm.name: 1.0, **against}
                    sure = matched and all(arms[name].confirmatory for name in weights)
                    family = "secondary" if sure else "exploratory"
                    yield Comparison(family, question, arm.name, over, weights, cell, "all", matched, note)


def _parts(arms: Mapping[str, Arm], cells: Sequence[Cell]) -> Iterator[Comparison]:
    """What single parts add, and whether augmentation needs the intermediate phase."""
    pairs = [("intermediate", "intermediate", "target"), ("repetition", "duplicate", "intermediate")]
    pairs += [("noise", "noise", "duplicate")]
    for arm in filter(made_for_a_language, arms.values()):
        plain = arm.name.partition("@")[0]
        rest = arm.name.removeprefix(arm.recipe)
        pairs += [
            (question, arm.name, lower + rest) for question, upper, lower in _PARTS if upper == arm.recipe
        ]
        if arm.where == "consistency":
            pairs.append(("consistency", arm.name, plain))
        if arm.where == "both":
            pairs.append(("target data too", arm.name, plain))
    for cell in cells:
        for question, name, over in pairs:
            if name in arms and over in arms:
                matched = arms[name].language == cell.language
                weights = {name: 1.0, over: -1.0}
                yield Comparison("exploratory", question, name, over, weights, cell, "all", matched)
        for arm in filter(made_for_a_language, arms.values()):
            four = (arm.name, "intermediate", f"{arm.name}@target", "target")
            if arm.language == cell.language and all(name in arms for name in four):
                weights = dict(zip(four, (1.0, -1.0, -1.0, 1.0), strict=True))
                over = f"({arm.name} - intermediate) - ({arm.name}@target - target)"
                yield Comparison("exploratory", "interaction", arm.name, over, weights, cell, "all", True)


def claims(arms: Sequence[Arm], found: Sequence[Comparison], cells: Sequence[Cell]) -> list[dict[str, Any]]:
    """For each corpus and each set in its language, the comparisons that say whether it is typologically informed.

    Returns:
        Rows for ``harness.study.answer.informed``.
    """
    rows = []
    for arm in filter(made_for_a_language, arms):
        for cell in (cell for cell in cells if cell.language == arm.language):
            own = {one.question: one for one in found if (one.arm, one.cell) == (arm.name, cell)}
            over = {name: own[name] for name in CONTROLS if name in own}
            rows.append(
                {
                    "arm": arm.name,
                    "recipe": arm.recipe,
                    "language": arm.language,
                    "target": cell.target,
                    "task": cell.task,
                    "over": {name: over[name].name if name in over else None for name in CONTROLS},
                    "primary": any(one.family == "primary" for one in over.values()),
                    "exploratory": not arm.confirmatory
                    or any(one.family == "exploratory" for one in over.values()),
                    "note": "; ".join(one.note for one in over.values() if one.note),
                }
            )
    return rows
