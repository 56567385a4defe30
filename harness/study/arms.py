"""The arms of a study by name: what is trained on, and where augmented data enter.

========================  ==========================================================================
name                      what it is
========================  ==========================================================================
target                    the target task alone, without an intermediate phase
intermediate              the intermediate task's originals, then the target task
duplicate                 the originals twice: is it just more of the same?
noise                     random edits at the edit rate of the primary arm's recipe in its language
noise-RECIPE-LANG         likewise, of any recipe in any language
RECIPE-LANG               the originals and what the recipe makes of them for a language (pseudo-fi)
NAME@target               augmented data in the target task, no intermediate phase
NAME@both                 in both phases
NAME@consistency          not added to the originals of the intermediate phase, but compared with them
========================  ==========================================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from morphaug.errors import MorphaugError, UnknownName

if TYPE_CHECKING:
    from harness.study.config import StudyConfig

Where = Literal["none", "intermediate", "target", "both", "consistency"]
PLACES: tuple[Where, ...] = ("target", "both", "consistency")
LANGUAGE_RECIPES = ("morph", "reorder", "synthetic", "lexicon", "lexicon+inflect", "pseudo")


@dataclass(frozen=True, slots=True)
class Arm:
    """What is trained on in one arm.

    Attributes:
        name: As the study has it.
        confirmatory: Whether the study decides by it.
        where: Where augmented data enter.
        recipe: Of ``morphaug generate`` ("pseudo", "noise:pseudo", "duplicate"); "" without augmented data.
        language: Two letters; "" without augmented data and for duplicates.
        intermediate: Whether there is an intermediate phase.
    """

    name: str
    confirmatory: bool
    where: Where
    recipe: str
    language: str
    intermediate: bool

    def run(self, target: str) -> str:
        """The name of its run for a target: a folder's name."""
        return f"{self.name.replace('+', '_')}.{target}"

    def seeds(self, config: StudyConfig) -> range:
        """Its seeds; those of exploratory arms are the confirmatory ones' first, so that they are paired."""
        count = config.seeds if self.confirmatory else min(config.seeds, config.exploratory_seeds)
        return range(config.first_seed, config.first_seed + count)

    def enters(self, place: str) -> bool:
        """Whether augmented data are in a phase: "intermediate" or a target's name."""
        if place == "intermediate":
            return self.where in ("intermediate", "both", "consistency")
        return self.where in ("target", "both")


def arms_of(config: StudyConfig) -> tuple[Arm, ...]:
    """The study's arms: confirmatory ones first, the two of the primary contrast before the others."""
    first = (config.primary.arm, config.primary.over)
    decisive = sorted(config.arms.confirmatory, key=lambda name: name not in first)
    found = [_arm(config, name, confirmatory=True) for name in decisive]
    return (*found, *(_arm(config, name, confirmatory=False) for name in config.arms.exploratory))


def check_arms(config: StudyConfig, where: str) -> None:
    """Refuse arms that there are not, and two names of one arm.

    Raises:
        MorphaugError: One line that names the file, the key and the nearest name.
    """
    from harness.tasks import two_letters

    seen: dict[tuple[str, ...], str] = {}
    for at, code in enumerate(config.augment.languages):
        try:
            two_letters(code)
        except MorphaugError as error:
            raise MorphaugError(f"{where}: augment.languages[{at}]: {error.message}", error.hint) from None
    for part in ("confirmatory", "exploratory"):
        for at, name in enumerate(getattr(config.arms, part)):
            place = f"{where}: arms.{part}[{at}]"
            try:
                arm = _arm(config, name, confirmatory=part == "confirmatory")
            except MorphaugError as error:
                raise MorphaugError(f"{place}: {error.message}", error.hint) from None
            same = seen.setdefault((arm.where, arm.recipe, arm.language, str(arm.intermediate)), name)
            if same != name:
                raise MorphaugError(f"{place}: {name} is the same as {same}", "name it once")
    # Which folders runs have must be unambiguous, too.
    names = [name.replace("+", "_") for name in (*config.arms.confirmatory, *config.arms.exploratory)]
    if len(set(names)) < len(names):
        raise MorphaugError(f"{where}: arms: two names differ only by + and _", "rename one")


def _arm(config: StudyConfig, name: str, *, confirmatory: bool) -> Arm:
    """An arm by its name.

    Raises:
        MorphaugError: No such arm.
    """
    base, at, suffix = name.partition("@")
    if base in ("target", "intermediate") and not at:
        return Arm(name, confirmatory, "none", "", "", intermediate=base == "intermediate")
    if at and suffix not in PLACES:
        raise UnknownName("place", suffix, PLACES)
    place: Where = next((known for known in PLACES if known == suffix), "intermediate")
    recipe, language = _recipe(config, base, name)
    return Arm(name, confirmatory, place, recipe, language, intermediate=place != "target")


def _recipe(config: StudyConfig, base: str, name: str) -> tuple[str, str]:
    """(recipe, language) of an arm's name without its place."""
    if base == "duplicate":
        if not config.augment.languages:
            raise MorphaugError(f"{name} needs augment.languages", "name a language with resources: [fi]")
        return "duplicate", ""
    if base == "noise":
        model = config.primary.arm.partition("@")[0]
        if model.partition("-")[0] in ("noise", "duplicate", "intermediate", "target"):
            raise MorphaugError(f"noise is matched to the primary arm, and {model} has no recipe", "write noise-RECIPE-LANG")  # fmt: skip
        recipe, language = _recipe(config, model, model)
        return f"noise:{recipe}", language
    noise = "noise:" if base.startswith("noise-") else ""
    recipe, _, language = base.removeprefix("noise-").rpartition("-")
    if recipe not in LANGUAGE_RECIPES or language not in _languages(config):
        raise UnknownName("arm", name, _known(config))
    return noise + recipe, language


def _languages(config: StudyConfig) -> tuple[str, ...]:
    from harness.tasks import two_letters

    return tuple(two_letters(code) for code in config.augment.languages)


def _known(config: StudyConfig) -> list[str]:
    """Every arm's name without its place, for errors."""
    pairs = [f"{recipe}-{code}" for code in _languages(config) for recipe in reversed(LANGUAGE_RECIPES)]
    return ["target", "intermediate", "duplicate", "noise", *pairs, *(f"noise-{pair}" for pair in pairs)]
