"""Which cell of a table serves some features best.

The bundles of one part of speech are a matrix of features, so that a table of thousands of bundles (verbs with
subject and object prefixes) is asked in microseconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from morphaug.features import DEFAULTS, core_of, dimension, features_of, join
from morphaug.paradigms import WEIGHT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from morphaug.paradigms import Paradigms

MARKED: dict[str, float] = {
    "NOM": 0.1,
    "SG": 0.1,
    "ACC": 0.5,
    "PL": 0.4,
    "3": 0.2,
    "PRS": 0.2,
    "MASC": 0.2,
    "INDF": 0.1,
    "DEF": 0.15,
    "PST": 0.4,
    "PROG": 0.5,
    "HAB": 0.6,
    "IPFV": 0.3,
    "PFV": 0.4,
    "NFIN": 2.5,
    "NEG": 3.0,
    "INTR": 3.0,
    "PASS": 2.0,
    "IMP": 2.5,
    "1": 0.5,
    "2": 0.6,
}
"""What a feature that nobody asked for costs when a bundle is chosen; 1 if it is not named here."""

_MARKED_DIMENSION = {"possession": 2.0, "evidentiality": 2.0, "mood": 2.0, "argument": 1.5, "comparison": 2.0}
STRUCTURAL_GAP = 6.0
"""Expected rows from which an unattested combination is no accident."""

_CLOSE = 0.75  # what a bundle may cost more than the least marked one and still be asked


class Cells:
    """The bundles of one part of speech.

    Args:
        paradigms: The table.
        pos: UniMorph part of speech.
    """

    def __init__(self, paradigms: Paradigms, pos: str) -> None:
        self.names = paradigms.inventory(pos)
        self._lemmas = [paradigms.bundle_lemmas[name] for name in self.names]
        self._rows = np.array([paradigms.bundles[name] for name in self.names], dtype=np.float64)
        features = sorted(frozenset().union(*map(features_of, self.names)))
        self._row = {feature: i for i, feature in enumerate(features)}
        self._dimension = [dimension(feature) for feature in features]
        self._has = np.zeros((len(features), len(self.names)), dtype=bool)
        for column, name in enumerate(self.names):
            for feature in features_of(name):
                self._has[self._row[feature], column] = True
        counted = [feature not in DEFAULTS for feature in features]
        self._cost = np.array(
            [
                MARKED.get(f, _MARKED_DIMENSION.get(d, 1.0))
                for f, d in zip(features, self._dimension, strict=True)
            ]
        ) * np.array(counted, dtype=np.float64)
        self._weight = np.array(
            [WEIGHT.get(d, 1.0) if d != "pos" else 0.0 for d in self._dimension]
        ) * np.array(counted, dtype=np.float64)

    def with_all(self, core: frozenset[str]) -> NDArray[np.intp]:
        """Which bundles have all of some features, by position."""
        rows = [self._row.get(feature) for feature in core]
        if None in rows:
            return np.zeros(0, dtype=np.intp)
        found: NDArray[np.intp] = np.flatnonzero(
            self._has[[row for row in rows if row is not None]].all(axis=0)
        )
        return found

    def costs(self, core: frozenset[str], asked: frozenset[str]) -> NDArray[np.float64]:
        """What the features of each bundle cost that were not asked for.

        Args:
            core: What was asked for, without the defaults.
            asked: The same with the defaults; a bundle that says the opposite ("NEG" for "POS") costs more.
        """
        taken = {dimension(feature) for feature in asked & DEFAULTS}
        costs = self._cost.copy()
        for row, name in enumerate(self._dimension):
            if name in taken and costs[row]:
                costs[row] += WEIGHT.get(name, 1.0)
        for feature in core:
            row_or_none = self._row.get(feature)
            if row_or_none is not None:
                costs[row_or_none] = 0.0
        total: NDArray[np.float64] = np.round(costs @ self._has, 6)
        return total

    def serving(self, core: frozenset[str], asked: frozenset[str]) -> tuple[tuple[str, ...], float]:
        """(the bundles with all of ``core``, the least marked first and none much worse; the first one's cost)."""
        found = self.with_all(core)
        if not len(found):
            return (), 0.0
        costs = self.costs(core, asked)
        order = sorted((costs[i], -self._lemmas[i], self.names[i]) for i in found)
        least = float(order[0][0])
        return tuple(name for cost, _, name in order if cost <= least + _CLOSE), least

    def nearest(self, core: frozenset[str], asked: frozenset[str]) -> str:
        """The bundle that shares most with ``core`` (see ``paradigms.nearness``), of equals the least marked."""
        gains = -0.3 * self._weight
        for feature in core:
            row = self._row.get(feature)
            if row is not None:
                gains[row] = 1.5 * self._weight[row]  # shared, and not missing: the same for all is left out
        fits = np.round(gains @ self._has, 6)
        costs = self.costs(core, asked)
        return max((-costs[i], self._lemmas[i], self.names[i]) for i in np.flatnonzero(fits == fits.max()))[2]

    @cached_property
    def _shapes(self) -> dict[tuple[str, ...], NDArray[np.intp]]:
        """Bundles by the dimensions that they mark."""
        found: dict[tuple[str, ...], list[int]] = {}
        for i, name in enumerate(self.names):
            found.setdefault(_shape(core_of(name)), []).append(i)
        return {shape: np.array(members) for shape, members in found.items()}

    def accidental_gap(self, core: frozenset[str]) -> str:
        """The bundle of just ``core`` if the table could well have it and lacks it by chance alone, else "".

        Sampled tables attest a few thousand of a language's cells; then a cell with a further feature (an object
        prefix) must not stand for one without.
        """
        peers = self._shapes.get(_shape(core))
        if peers is None or self.expected(core, peers) >= STRUCTURAL_GAP:
            return ""
        if not all(feature in self._row and self._has[self._row[feature], peers].any() for feature in core):
            return ""
        usual = max((self._rows[i], self.names[i]) for i in peers)[1]
        taken = {dimension(feature) for feature in core}
        return join(core | {f for f in features_of(usual) & DEFAULTS if dimension(f) not in taken})

    def expected(self, core: frozenset[str], among: NDArray[np.intp] | None = None) -> float:
        """How many rows (of some bundles) would have all of ``core`` if features were independent."""
        rows = self._rows if among is None else self._rows[among]
        has = self._has if among is None else self._has[:, among]
        total = float(rows.sum())
        expected = total
        for feature in sorted(core):
            if dimension(feature) == "pos":
                continue
            row = self._row.get(feature)
            expected *= float(rows @ has[row]) / total if row is not None else 0.0
        return expected


def _shape(core: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(dimension(feature) for feature in core))
