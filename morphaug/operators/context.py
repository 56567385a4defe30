"""What an operator may know besides the sentence: the target language, and its own keyed luck."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import blake2b

from morphaug.target import Target


@dataclass(frozen=True, slots=True)
class Key:
    """What a random draw depends on, and nothing else: not the order of the input, not the number of workers.

    Attributes:
        seed: The run's seed.
        example: Id of the example.
        variant: 0 for the first variant of an example.
        field: Name of the field ("context").
    """

    seed: int
    example: str
    variant: int
    field: str


@dataclass(frozen=True, slots=True)
class Context:
    """The target language, and draws keyed by everything that names this sentence.

    Attributes:
        target: The language that the operators move towards.
        key: Seed, example, variant and field.
        recipe: Name of the recipe, part of every draw but the lexical ones.
        rate: Share of the sites that an operator may touch, 0 to 1.
        index: Position of the sentence in its field.
        drawn: Rules that have drawn, here or in a context that this one was made from or made: while there are
            none, the outcome is the same for every example.
    """

    target: Target
    key: Key
    recipe: str
    rate: float = 1.0
    index: int = 0
    drawn: set[str] = field(default_factory=set, repr=False, compare=False)

    def draw(self, rule: str, site: object) -> float:
        """A number in [0, 1) for one site of one operator."""
        self.drawn.add(rule)
        k = self.key
        return _unit(
            f"{k.seed}\x1f{self.recipe}\x1f{self.target.code}\x1f{k.example}\x1f{k.variant}\x1f{k.field}"
            f"\x1f{self.index}\x1f{rule}\x1f{site}"
        )

    def draw_word(self, lemma: str, upos: str) -> float:
        """A number in [0, 1) that is the same wherever this lemma stands in the example, in any field or recipe."""
        self.drawn.add("word")
        k = self.key
        return _unit(f"{k.seed}\x1f{self.target.code}\x1f{k.example}\x1f{k.variant}\x1f{lemma}\x1f{upos}")

    def fires(self, rule: str, site: object) -> bool:
        """Whether an operator touches a site, at the run's rate."""
        return self.rate >= 1.0 or self.draw(rule, site) < self.rate

    def at(self, index: int) -> Context:
        return self if index == self.index else replace(self, index=index)

    def scaled(self, rate: float) -> Context:
        return self if rate == 1.0 else replace(self, rate=self.rate * rate)


@lru_cache(maxsize=4096)
def _unit(text: str) -> float:
    return int.from_bytes(blake2b(text.encode(), digest_size=7).digest(), "big") / 2**56
