"""Recipes: named chains of operators, the arms of an experiment.

``derive`` runs one over a field and freezes the result. Recipes of one's own are YAML:

    case-only:
      about: nothing but case endings
      steps:
        - case
        - lexicalise: {choice: sample}
        - order: {rate: 0.5}
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from inspect import signature
from pathlib import Path
from typing import Any

from morphaug.derivation import Derivation
from morphaug.errors import MissingResource, MorphaugError, UnknownName
from morphaug.operators import OPERATORS, Context, Draft, Key
from morphaug.surface import finish
from morphaug.target import Target
from morphaug.trees import Sentence

__all__ = ["RECIPES", "Key", "Known", "Recipe", "Step", "derive", "load_recipes", "recipe", "require"]


Known = dict[tuple[int, int], tuple[Sequence[Sentence], Derivation]]
"""Derivations without draws by the identity of the parse and the variant, each with that parse."""


@dataclass(frozen=True, slots=True)
class Step:
    """One operator of a recipe.

    Attributes:
        operator: A name in ``operators.OPERATORS``.
        rate: Share of the operator's sites it touches, on top of the run's rate.
        options: The operator's own options, as pairs.
    """

    operator: str
    rate: float = 1.0
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Recipe:
    """A named chain of operators.

    Attributes:
        name: What it is called in commands, folders and draws.
        steps: The operators, in order; none for a recipe that leaves the text as it is.
        about: One line for people.
        matches: The recipe whose edit rate a noise recipe matches.
    """

    name: str
    steps: tuple[Step, ...]
    about: str = ""
    matches: Recipe | None = None

    def fingerprint(self) -> str:
        """A hash of what the recipe does, whatever it is called."""
        model = self.matches.fingerprint() if self.matches else ""
        steps = [[s.operator, s.rate, list(map(list, s.options))] for s in self.steps]
        return sha256(json.dumps([steps, model]).encode()).hexdigest()[:16]


def _steps(*names: str) -> tuple[Step, ...]:
    return tuple(Step(name) for name in names)


INFLECTING = frozenset({"agreement", "case", "inflect"})
"""Operators that need the language's forms."""
MORPH = ("case", "articles", "inflect", "agreement", "negation")
_BUILT_IN = (
    Recipe("duplicate", (), "the same text again: is it just more steps?"),
    Recipe("reorder", _steps("order"), "English words in the target's order"),
    Recipe("morph", _steps(*MORPH), "English words with the target's morphology, in English order"),
    Recipe("synthetic", _steps(*MORPH, "prodrop", "order"), "morph and reorder, pronouns dropped"),
    Recipe("lexicon", _steps("lexicalise"), "dictionary only, one word for one word"),
    Recipe(
        "lexicon+inflect",
        _steps("lexicalise", "case", "inflect", "agreement"),
        "dictionary words, inflected as the target would",
    ),
    Recipe(
        "pseudo",
        _steps("lexicalise", "case", "articles", "inflect", "agreement", "negation", "prodrop", "order"),
        "target words, inflection, order, articles and negation: pseudo-data in the target language",
    ),
)
RECIPES: tuple[str, ...] = (*(r.name for r in _BUILT_IN), "noise:RECIPE")


@lru_cache(maxsize=128)
def recipe(name: str) -> Recipe:
    """A built-in recipe.

    Args:
        name: "pseudo", "morph", ...; "noise:pseudo" is noise at the edit rate of another recipe.

    Raises:
        UnknownName: No such recipe.
    """
    return _find(name, {r.name: r for r in _BUILT_IN})


def _find(name: str, known: Mapping[str, Recipe]) -> Recipe:
    if name.startswith("noise:"):
        return noise_like(_find(name.removeprefix("noise:"), known))
    if name not in known:
        raise UnknownName("recipe", name, [*known, *(f"noise:{k}" for k in known)])
    return known[name]


def noise_like(model: Recipe) -> Recipe:
    """The control of a recipe: random edits, as many as it makes, example by example."""
    return Recipe(
        f"noise:{model.name}",
        (Step("noise"),),
        f"random affixes and shuffles at {model.name}'s edit rate",
        model,
    )


def load_recipes(path: Path) -> dict[str, Recipe]:
    """Read recipes from a YAML file; the built-in ones stay known beside them.

    Args:
        path: YAML of {name: {steps: [...], about: ...}} or {name: [...]}. A step is an operator's name or
            {operator: {rate: 0.5, option: value}}.

    Returns:
        The file's recipes by name.

    Raises:
        MorphaugError: Not YAML, or not of that form.
        UnknownName: An operator or an option that does not exist.
    """
    import yaml

    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = str(error).replace("\n", " ")
        raise MorphaugError(f"{path}: {reason}", "give a readable YAML file of recipes") from None
    if not isinstance(raw, dict) or not raw:
        raise MorphaugError(f"{path}: no recipes", "write NAME: {steps: [case, order]}")
    return {str(name): _parse(str(name), body, f"{path}, recipe '{name}'") for name, body in raw.items()}


def _parse(name: str, body: Any, place: str) -> Recipe:
    if isinstance(body, list):
        body = {"steps": body}
    if not isinstance(body, dict) or not isinstance(body.get("steps"), list):
        raise MorphaugError(f"{place}: no list of steps", "write steps: [case, order]")
    for key in body:
        if key not in ("steps", "about"):
            raise UnknownName(f"key in {place}", str(key), ("steps", "about"))
    return Recipe(name, tuple(_parse_step(s, place) for s in body["steps"]), str(body.get("about", "")))


def _parse_step(raw: Any, place: str) -> Step:
    if isinstance(raw, dict) and len(raw) == 1:
        operator, options = next(iter(raw.items()))
    else:
        operator, options = raw, {}
    if operator == "noise" or operator not in OPERATORS:
        raise UnknownName(f"operator in {place}", str(operator), [o for o in OPERATORS if o != "noise"])
    options = dict(options or {})
    rate = options.pop("rate", 1.0)
    if not isinstance(rate, int | float) or not 0 <= rate <= 1:
        raise MorphaugError(f"{place}: rate {rate} of '{operator}'", "give a number from 0 to 1")
    known = [p for p in signature(OPERATORS[operator]).parameters if p not in ("draft", "ctx")]
    for key in options:
        if key not in known:
            raise UnknownName(f"option of '{operator}' in {place}", str(key), [*known, "rate"])
    return Step(operator, float(rate), tuple(sorted((str(k), str(v)) for k, v in options.items())))


def require(target: Target, recipe: Recipe) -> None:
    """Make sure that what a recipe works with is installed.

    Steps that inflect need a paradigm table or a grammar, those that translate a lexicon; word order, articles,
    pro-drop and negation make do with URIEL, which knows thousands of languages.

    Raises:
        MissingResource: It is not; the message names the command that gets it.
    """
    from morphaug import resources

    steps = {step.operator for step in recipe.steps}
    if steps & INFLECTING and target.morphology.paradigms is None and target.morphology.grammar is None:
        try:
            resources.morphology(target.code)
        except MissingResource as error:
            without = (
                "if the language has none, give a recipe without case, inflect and agreement (--recipe-file)"
            )
            raise MissingResource(error.message, f"{error.hint}; {without}") from None
    if "lexicalise" in steps and target.lexicon is None:
        resources.lexicon(target.code)
    if recipe.matches is not None:
        require(target, recipe.matches)


def derive(
    sentences: Sequence[Sentence],
    recipe: Recipe,
    target: Target,
    key: Key,
    rate: float = 1.0,
    known: Known | None = None,
) -> Derivation:
    """Apply a recipe to one field.

    Args:
        sentences: The field's parse; ``field_text`` of it is the field's text.
        recipe: What to do.
        target: The language to move towards.
        key: What random draws depend on.
        rate: Share of the sites that operators touch, 0 to 1.
        known: What this recipe, target and rate made of other fields. A context that many questions share is a
            parse that many examples share, and unless something is drawn, it becomes the same in all of them.

    Returns:
        The frozen result. Sentences that nothing changed are the very objects that came in.
    """
    place = id(sentences), key.variant
    if known is not None and place in known:
        return known[place][1]
    base = Context(target, key, recipe.name, rate)
    output = [
        _run(sentence, recipe, base.at(i)) if sentence.tokens else sentence
        for i, sentence in enumerate(sentences)
    ]
    derivation = Derivation(tuple(sentences), tuple(output))
    if known is not None and not base.drawn:
        known[place] = sentences, derivation  # who holds the parse, its id stays its own
    return derivation


def _run(sentence: Sentence, recipe: Recipe, ctx: Context) -> Sentence:
    draft = Draft(sentence)
    for step in recipe.steps:
        if step.operator == "noise":
            model = recipe.matches
            assert model is not None
            OPERATORS["noise"](draft, ctx, like=lambda s, c, m=model: _run(s, m, replace(c, recipe=m.name)))
        else:
            OPERATORS[step.operator](draft, ctx.scaled(step.rate), **dict(step.options))
    return finish(draft, ctx.target, whole=recipe.matches is None)
