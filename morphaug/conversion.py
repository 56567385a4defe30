"""UD features to the bundles of one table: rules, corrected by the words that a treebank and the table share.

A bundle ``b`` of the table is scored for a word's UD part of speech and features ``x``; the form is never seen:

    score(x, b) = theta . rules(x, b) + sum of table[p][u] over properties p of x and features u of b

``rules`` holds what ``features.wanted`` asks for: how much of it the bundle has, contradicts and lacks, what it has
beyond that, and whether its part of speech is one that the UD one may be found under. With an empty table and the
theta of ``PRIOR`` that is the conversion for a language without a treebank. Properties are single UD features
("Case=Ine"), the same within a part of speech ("NOUN Case=Ine"), person and number of a layer together ("psor=3S")
and the whole ("NOUN|Case=Ine|Number=Sing"): what was seen often is learned as a whole, and what was never seen is
composed of what was.

``learn`` takes a treebank's words whose lemma and form stand in the table. A form usually stands for several
bundles ("cut" is five), and which was meant is hidden; so what is maximised (Adam on all data at once, Gaussian
priors, no random numbers) is the likelihood that *one of them* is chosen, as EM would. Tables may be samples, which
lack cells by chance; so two sets of weights are learned:

* what the features *mean*, among all bundles. Where the table does not list for the lemma the bundle that the rules
  expect, the word may also have meant that one, the more likely the fewer cells of the lemma are listed;
* which of the cells that the table *lists* for a lemma has the form (``cells`` in ``Conversion.convert``). If the
  genitive is not listed, that is a cell which is spelt like the genitive. Its priors are the first weights. This
  finds a word's row in a table that has the word; to know what features mean, leave ``cells`` out.
"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from morphaug.cells import MARKED
from morphaug.errors import MorphaugError
from morphaug.features import DEFAULTS, dimension, features_of, pos_for, pos_of, to_unimorph, wanted
from morphaug.paradigms import WEIGHT, Paradigms, nfc

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from morphaug import conllu

    Array = NDArray[np.float64]

FORMAT = 1
PRIOR: tuple[float, ...] = (1.0, 1.0, 0.7, 0.7, 3.0, 2.0, 4.0, 6.0)
"""What has, contradicts, lacks, adds, the likeliest and another possible part of speech, being the citation form where
nothing is asked, and (where a listed cell is chosen) being spelt like what is meant count without a treebank."""

_STEPS, _RATE = 150, 0.1  # of Adam
_SHRINK = 1.0  # precision of the priors
_DAMP = 0.5  # a word seen n times counts n ** _DAMP: the lemmas to come are others
_UNLISTED = 0.1  # how far a word is taken for a cell that the table does not happen to list
_ALIKE_LEMMAS, _ALIKE_BUNDLES = 10_000, 3_000  # that spelling is compared in
_LIKELIEST = 5  # meanings whose spelling counts
_VERBAL, _NOMINAL = ("V", "AUX"), ("N", "PROPN", "ADJ", "NUM")
_NUMBER = {"Sing": "S", "Plur": "P", "Dual": "D"}

_Kind = tuple[str, tuple[tuple[str, str], ...]]  # UPOS and features
Alike = Mapping[str, Mapping[str, float]]
_Set = tuple[tuple[int, float], ...]  # bundles by position, and how likely each would look as the word does


class Word(NamedTuple):
    """A word of a treebank: FORM, LEMMA, UPOS and FEATS as their columns have them."""

    form: str
    lemma: str
    upos: str
    feats: Mapping[str, str]


class Weights(NamedTuple):
    """What the rules count (see ``PRIOR``), and property -> UniMorph feature -> weight."""

    theta: tuple[float, ...] = PRIOR
    table: Mapping[str, Mapping[str, float]] = {}


def words(source: conllu.Source) -> Iterator[Word]:
    """The syntactic words of a CoNLL-U file; heads and relations may be missing.

    Args:
        source: As for ``conllu.read``: a path (.xz and .gz too), an open file, or the text itself.

    Raises:
        MorphaugError: with file:line, if it is not CoNLL-U.
    """
    from morphaug.conllu import FEATS, FORM, LEMMA, UPOS, parse_feats, read

    for block in read(source):
        for row in block.words():
            # Unreleased treebanks have columns such as "Number=Sing _" and "|": slips, that are left out.
            feats = parse_feats(row[FEATS].partition(" ")[0])
            feats.pop("", None)
            yield Word(row[FORM], row[LEMMA], row[UPOS], feats)


def listed(paradigms: Paradigms, word: Word) -> tuple[str, frozenset[str]]:
    """A word's lemma as the table writes it, and the bundles that the table has for that lemma and this form.

    Both as written, else the form in lower case (a sentence's first word), else both in lower case.

    Returns:
        ("", no bundles) if the table has no such pair.
    """
    lemma, form = nfc(word.lemma), nfc(word.form)
    for a, b in dict.fromkeys(((lemma, form), (lemma, form.lower()), (lemma.lower(), form.lower()))):
        found = frozenset(bundle for other, bundle in paradigms.analyses(b) if other == a)
        if found:
            return a, found
    return "", frozenset()


def properties(upos: str, feats: Mapping[str, str]) -> list[str]:
    """What weights are learned for (see the module); the part of speech comes first."""
    out = [upos]
    layers: dict[str, str] = {}
    for name, value in sorted(feats.items()):
        for part in value.split(","):
            out += [f"{name}={part}", f"{upos} {name}={part}"]
        if name.endswith("]"):
            layer = name[name.index("[") + 1 : -1] if "[" in name else name
            layers[layer] = layers.get(layer, "") + _NUMBER.get(value, value)
    out += [f"{layer}={value}" for layer, value in sorted(layers.items())]
    out.append("|".join([upos, *(f"{name}={value}" for name, value in sorted(feats.items()))]) + "|")
    return out if feats else [*out, "_"]


class Conversion:
    """A conversion to the bundles of one table. Immutable; the same questions get the same answers.

    Args:
        bundles: The table's bundles, the commonest first; () for no table, when the rules alone speak.
        alike: Bundle -> other bundles of its part of speech -> share of the lemmas with the same form in both; and
            under itself, the share of the lemmas whose form is the lemma.
        meaning: Weights for what features mean.
        choosing: Weights for which listed cell of a lemma has the form; those of ``meaning`` by default.
        learned_from: Words that they were learned from; 0 for rules.
    """

    def __init__(
        self,
        bundles: Iterable[str],
        alike: Alike | None = None,
        meaning: Weights = Weights(),  # noqa: B008 - immutable
        choosing: Weights | None = None,
        learned_from: int = 0,
    ) -> None:
        self.bundles = tuple(dict.fromkeys(bundles))
        self.alike: Alike = alike or {}
        self.meaning = meaning
        self.choosing = choosing or meaning
        self.learned_from = learned_from
        self._inventory = _Inventory(self.bundles, self.alike)
        self._position = {bundle: i for i, bundle in enumerate(self.bundles)}
        self._scores: dict[tuple[bool, str, tuple[tuple[str, str], ...]], Array] = {}

    @classmethod
    def rules(cls, paradigms: Paradigms | None) -> Conversion:
        """The conversion of a language without a treebank: rules, in the terms of its table if it has one."""
        return cls(()) if paradigms is None else cls(paradigms.bundles, _alike(paradigms))

    def knows(self, upos: str, feats: Mapping[str, str], *, listed: bool = False) -> bool:
        """Whether words of a class can be converted: the table has it.

        Args:
            upos: UD part of speech.
            feats: UD features.
            listed: The table has the word's lemma; then a class will do that the treebank showed among such words.
        """
        places = self._inventory.places
        return (
            not self.bundles
            or any(place in places for place in pos_for(upos, feats))
            or (listed and upos in self.meaning.table)
        )

    def convert(self, upos: str, feats: Mapping[str, str], cells: Collection[str] = ()) -> str:
        """The bundle that a word's UD features mean.

        Args:
            upos: UD part of speech.
            feats: UD features.
            cells: Bundles that the table lists for the word's lemma, to choose among these; () to choose among
                all of the table's.

        Returns:
            A canonical bundle of the table (without a table, what the rules ask for).

        >>> Conversion(["N;NOM;SG", "N;GEN;SG", "N;GEN;PL"]).convert("NOUN", {"Case": "Gen", "Number": "Plur"})
        'N;GEN;PL'
        """
        return self.ranked(upos, feats, cells, 1)[0][0]

    def ranked(
        self, upos: str, feats: Mapping[str, str], cells: Collection[str] = (), n: int = 5
    ) -> list[tuple[str, float]]:
        """The ``n`` likeliest bundles with their probabilities; the first is what ``convert`` gives.

        Args:
            upos, feats, cells: As for ``convert``.
            n: How many at most.
        """
        if not self.bundles:
            return [(to_unimorph(upos, feats, frozenset()), 1.0)]
        among = sorted(self._position[cell] for cell in cells if cell in self._position)
        places = np.array(among or range(len(self.bundles)), dtype=np.intp)
        scores = self._score(upos, feats, bool(among))[places]
        chances = np.exp(scores - scores.max())
        chances /= chances.sum()
        best = np.argsort(-scores, kind="stable")[:n]
        return [(self.bundles[places[i]], float(chances[i])) for i in best]

    def _score(self, upos: str, feats: Mapping[str, str], choosing: bool) -> Array:
        key = (choosing, upos, tuple(sorted(feats.items())))
        scores = self._scores.get(key)
        if scores is None:
            weights = self.choosing if choosing else self.meaning
            per_feature = np.zeros(len(self._inventory.features))
            for name in properties(upos, feats):
                for feature, weight in weights.table.get(name, {}).items():
                    per_feature[self._inventory.row[feature]] += weight
            rules = self._inventory.rules(upos, feats)
            if choosing:
                rules[-1] = self._inventory.spelt_like(self._score(upos, feats, False))
            scores = np.array(weights.theta) @ rules
            # Rounded, so that equal bundles are equal whatever the order of the sums: the commonest is taken.
            scores = np.round(scores + per_feature @ self._inventory.has, 6)
            if len(self._scores) >= 20_000:
                self._scores.clear()
            self._scores[key] = scores
        return scores

    def save(self, path: Path) -> None:
        """Write it as JSON, in one step."""
        from morphaug.resources import write_json

        raw: dict[str, Any] = {"format": FORMAT, "learned_from": self.learned_from}
        raw |= {"bundles": self.bundles, "alike": self.alike}
        for name, weights in (("meaning", self.meaning), ("choosing", self.choosing)):
            raw[name] = {"theta": weights.theta, "table": weights.table}
        write_json(path, raw)

    @classmethod
    def load(cls, path: Path) -> Conversion:
        """Read what ``save`` wrote.

        Raises:
            MorphaugError: if there is no such file, or it is not a conversion of this version.
        """
        try:
            raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            if raw["format"] != FORMAT:
                raise MorphaugError(f"{path}: written by another version", "learn the conversion again")
            meaning, choosing = (
                Weights(tuple(raw[name]["theta"]), raw[name]["table"]) for name in ("meaning", "choosing")
            )
            return cls(raw["bundles"], raw["alike"], meaning, choosing, raw["learned_from"])
        except OSError as error:
            raise MorphaugError(
                f"{path}: {error.strerror or error}", "name a file that `save` wrote"
            ) from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise MorphaugError(f"{path}: not a conversion", "learn the conversion again") from None


class _Inventory:
    """The bundles of a table as a matrix of features, and what the rules say of each."""

    def __init__(self, bundles: tuple[str, ...], alike: Alike) -> None:
        self._alike = [alike.get(bundle, {}) for bundle in bundles]
        self._position = {bundle: i for i, bundle in enumerate(bundles)}
        self.features = sorted(frozenset().union(*(features_of(bundle) for bundle in bundles)))
        self.row = {feature: i for i, feature in enumerate(self.features)}
        self.has = np.zeros((len(self.features), len(bundles)))
        for column, bundle in enumerate(bundles):
            for feature in features_of(bundle):
                self.has[self.row[feature], column] = 1.0
        dimensions: dict[str, list[int]] = {}
        for feature, i in self.row.items():
            dimensions.setdefault(dimension(feature), []).append(i)
        self._marks = {name: self.has[rows].max(axis=0) for name, rows in dimensions.items()}
        self._cost = np.array(
            [
                0.0 if f in DEFAULTS or dimension(f) == "pos" else MARKED.get(f, _cost(f))
                for f in self.features
            ]
        )
        self.places: dict[str, list[int]] = {}
        for column, bundle in enumerate(bundles):
            self.places.setdefault(pos_of(bundle), []).append(column)
        unasked = self._cost @ self.has
        self._citation = np.zeros(len(bundles))
        for columns in self.places.values():
            spelt = {i: self._alike[i].get(bundles[i], 0.0) for i in columns}
            best = max(columns, key=lambda i: (spelt[i], -unasked[i], -i))
            self._citation[best] = float(spelt[best] > 0.5)
        self._attested = {
            pos: frozenset().union(*(features_of(bundles[column]) for column in columns))
            for pos, columns in self.places.items()
        }
        self._size = len(bundles)

    def rules(self, upos: str, feats: Mapping[str, str]) -> Array:
        """What the rules say: a row for each part of ``PRIOR`` (the last is empty), a column for each bundle."""
        out = np.zeros((len(PRIOR), self._size))
        asks, places = wanted(upos, feats), pos_for(upos, feats)
        for pos, columns in self.places.items():
            asked: frozenset[str] = frozenset()
            for _, options in asks:
                asked |= next((r for r in options if r <= self._attested[pos] | DEFAULTS), frozenset())
            cost = self._cost.copy()
            for feature in sorted(asked):
                name = dimension(feature)
                weight = min(WEIGHT.get(name, 1.0), 10.0) / 6.0
                row = self.row.get(feature)
                has = self.has[row, columns] if row is not None else np.zeros(len(columns))
                marks = self._marks[name][columns] if name in self._marks else np.zeros(len(columns))
                out[1, columns] -= weight * (marks - has)
                if feature not in DEFAULTS:  # tables write these or not
                    out[0, columns] += weight * has
                    out[2, columns] -= weight * (1.0 - marks)
                if row is not None:
                    cost[row] = 0.0
            out[3, columns] -= cost @ self.has[:, columns]
            if not asked:
                out[6, columns] = self._citation[columns]
            if pos in places:
                out[4 if pos == places[0] else 5, columns] = 1.0
            elif any(
                pos.startswith(family) and places[0].startswith(family) for family in (_VERBAL, _NOMINAL)
            ):
                out[5, columns] = 0.5
        return out

    def spelt_like(self, scores: Array) -> Array:
        """How likely each bundle has the form of what is meant, if bundles are meant as they score."""
        chances = np.exp(scores - scores.max())
        out = np.zeros(self._size)
        likeliest = np.argsort(-scores, kind="stable")[:_LIKELIEST]
        for i in likeliest:
            share = float(chances[i] / chances[likeliest].sum())
            out[i] += share
            for other, alike in self._alike[i].items():
                if self._position[other] != i:
                    out[self._position[other]] += share * alike
        return out


def _cost(feature: str) -> float:
    """What a feature that ``MARKED`` does not name costs where nobody asked for it."""
    return 2.0 if dimension(feature) in ("possession", "evidentiality", "mood", "comparison") else 1.0


def learn(treebank: Iterable[Word], paradigms: Paradigms) -> Conversion:
    """Learn a conversion from the words of a treebank that stand in a table.

    Args:
        treebank: Words of the table's language; those whose lemma and form are not in the table are passed over.
        paradigms: The table.

    Returns:
        The conversion; the rules, if no word stands in the table. The same words in any order give the same one.
    """
    seen: Counter[tuple[str, _Kind, frozenset[str]]] = Counter()
    known: dict[tuple[str, str], tuple[str, frozenset[str]]] = {}
    for word in treebank:
        pair = (word.lemma, word.form)
        if pair not in known:
            known[pair] = listed(paradigms, word)
        lemma, bundles = known[pair]
        if bundles:
            seen[lemma, (word.upos, tuple(sorted(word.feats.items()))), bundles] += 1
    if not seen:
        return Conversion.rules(paradigms)
    names = tuple(paradigms.bundles)
    position = {name: i for i, name in enumerate(names)}
    alike = _alike(paradigms)
    asked = _Asked(_Inventory(names, alike), sorted({kind for _, kind, _ in seen}))
    sizes = _usual_sizes(paradigms)
    gaps: dict[str, dict[int, float]] = {}
    groups: dict[tuple[int, _Set, _Set, _Set], float] = {}
    for (lemma, kind, bundles), count in sorted(seen.items(), key=lambda at: (*at[0][:2], sorted(at[0][2]))):
        if lemma not in gaps:
            gaps[lemma] = _gaps(paradigms, lemma, sizes, position)
        odds, row = gaps[lemma], asked.row[kind]
        right = tuple((i, 1.0) for i in sorted(position[bundle] for bundle in bundles))
        expected = max(odds, key=lambda i: (asked.expected[row, i], -i))
        may = ((expected, _UNLISTED * odds[expected]),) if odds[expected] else ()
        cells = tuple((i, 1.0) for i in sorted(odds) if not odds[i])
        key = (row, right, right + may, cells)
        groups[key] = groups.get(key, 0.0) + count**_DAMP
    weight = np.array(list(groups.values()))
    right_ = _Sets([(row, right) for row, right, _, _ in groups], len(names))
    may_ = _Sets([(row, may) for row, _, may, _ in groups], len(names))
    cells_ = _Sets([(row, cells) for row, _, _, cells in groups], len(names))
    everything = np.bincount([group[0] for group in groups], weight, len(asked.row))
    start = np.array(PRIOR), np.zeros((len(asked.column), len(asked.inventory.features)))
    meaning = asked.fit(
        start, lambda chances: may_.shares(chances, weight) - everything[:, None] * _normal(chances)
    )
    asked.look_at_spelling(meaning)
    choosing = asked.fit(
        meaning, lambda chances: right_.shares(chances, weight) - cells_.shares(chances, weight)
    )
    return Conversion(names, alike, asked.weights(meaning), asked.weights(choosing), seen.total())


def _alike(paradigms: Paradigms) -> Alike:
    """Bundle -> bundles of its part of speech that are often spelt alike (itself: like the lemma) -> how often."""
    names = list(paradigms.bundles)[:_ALIKE_BUNDLES]
    position = {name: i for i, name in enumerate(names)}
    together = np.zeros((len(names), len(names)), dtype=np.int32)
    same = np.zeros_like(together)
    citation = np.zeros(len(names), dtype=np.int32)
    stride = max(1, paradigms.counts.lemmas // _ALIKE_LEMMAS)
    number = 0
    for lemma, rows in itertools.groupby(paradigms.cells(), key=lambda row: row[0]):
        number += 1
        if number % stride:
            continue
        forms: dict[tuple[str, str], set[int]] = {}
        cells: dict[str, set[int]] = {}
        for _, bundle, form in rows:
            if bundle in position:
                pos = pos_of(bundle)
                cells.setdefault(pos, set()).add(position[bundle])
                forms.setdefault((pos, form), set()).add(position[bundle])
                if form == lemma:
                    citation[position[bundle]] += 1
        for ids, matrix in [(ids, together) for ids in cells.values()] + [
            (ids, same) for ids in forms.values()
        ]:
            places = sorted(ids)
            matrix[np.ix_(places, places)] += 1
    np.fill_diagonal(same, citation)
    share = np.minimum(same / (together + 1), 1.0)
    out: dict[str, dict[str, float]] = {}
    for i, j in zip(*np.nonzero((same > 1) & (share >= 0.1)), strict=True):
        out.setdefault(names[i], {})[names[j]] = round(float(share[i, j]), 2)
    return out


def _usual_sizes(paradigms: Paradigms) -> dict[str, float]:
    """Part of speech -> how many cells a whole paradigm has: the perplexity of the bundles' frequencies."""
    rows: dict[str, list[int]] = {}
    for name, count in paradigms.bundles.items():
        rows.setdefault(pos_of(name), []).append(count)
    out = {}
    for pos, counts in rows.items():
        shares = np.array(counts) / sum(counts)
        out[pos] = float(np.exp(-(shares * np.log(shares)).sum()))
    return out


def _gaps(
    paradigms: Paradigms, lemma: str, sizes: Mapping[str, float], position: Mapping[str, int]
) -> dict[int, float]:
    """Bundle of a lemma's parts of speech -> odds that the lemma has it and is not listed with it; 0 if it is listed."""
    cells: dict[str, set[str]] = {}
    for bundle, _ in paradigms.paradigm(lemma):
        cells.setdefault(pos_of(bundle), set()).add(bundle)
    out = {}
    for pos, have in cells.items():
        share = min(len(have) / sizes[pos], 0.98)
        for name in paradigms.inventory(pos):
            out[position[name]] = 0.0 if name in have else (1 - share) / share
    return out


def _normal(chances: Array) -> Array:
    out: Array = chances / chances.sum(axis=1, keepdims=True)
    return out


class _Asked:
    """What the kinds of words ask for, as matrices; what is learned of it."""

    def __init__(self, inventory: _Inventory, kinds: list[_Kind]) -> None:
        self.inventory = inventory
        self.row = {kind: i for i, kind in enumerate(kinds)}
        named = [properties(upos, dict(feats)) for upos, feats in kinds]
        self.column = {name: i for i, name in enumerate(sorted({name for row in named for name in row}))}
        self._asks = np.zeros((len(kinds), len(self.column)))
        for i, row in enumerate(named):
            self._asks[i, [self.column[name] for name in row]] = 1.0
        # (parts of the prior, kinds, bundles)
        self._rules = np.stack([inventory.rules(upos, dict(feats)) for upos, feats in kinds], axis=1)
        self.expected: Array = np.tensordot(np.array(PRIOR), self._rules, axes=1)
        # A part of speech alone says which one the table has for it, and nothing about case or tense: words
        # without features would get those of the words with some.
        self._free = np.ones((len(self.column), len(inventory.features)))
        pos = np.array([dimension(feature) == "pos" for feature in inventory.features], dtype=np.float64)
        for upos, _ in kinds:
            self._free[self.column[upos]] = pos

    def fit(self, prior: tuple[Array, Array], pull: Callable[[Array], Array]) -> tuple[Array, Array]:
        """Theta and table of greatest posterior probability.

        Args:
            prior: Their prior means, where the search starts.
            pull: Chances (kinds, bundles), not normalised -> gradient of the likelihood by the scores.
        """
        values = [prior[0].copy(), prior[1].copy()]
        slopes, squares = ([np.zeros_like(value) for value in values] for _ in range(2))
        for step in range(1, _STEPS + 1):
            scores = self._scores(values[0], values[1])
            by_score = pull(np.exp(scores - scores.max(axis=1, keepdims=True)))
            by_value = (
                np.tensordot(self._rules, by_score, axes=2),
                self._free * (self._asks.T @ (by_score @ self.inventory.has.T)),
            )
            rate = _RATE * (1 - step / _STEPS) + 1e-3
            for value, mean, gradient, slope, square in zip(
                values, prior, by_value, slopes, squares, strict=True
            ):
                gradient -= _SHRINK * (value - mean)
                slope += 0.1 * (gradient - slope)
                square += 0.01 * (gradient * gradient - square)
                value += rate * (slope / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
        return values[0], values[1]

    def _scores(self, theta: Array, table: Array) -> Array:
        out: Array = np.tensordot(theta, self._rules, axes=1) + self._asks @ table @ self.inventory.has
        return out

    def look_at_spelling(self, meaning: tuple[Array, Array]) -> None:
        """From here on, rules say how likely a bundle is spelt like what is meant."""
        for row, scores in enumerate(self._scores(*meaning)):
            self._rules[-1, row] = self.inventory.spelt_like(scores)

    def weights(self, found: tuple[Array, Array]) -> Weights:
        """Values as a conversion keeps them: three decimals, nothing near zero."""
        table = {
            name: {
                feature: round(float(value), 3)
                for feature, value in zip(self.inventory.features, found[1][i], strict=True)
                if abs(value) >= 0.005
            }
            for name, i in self.column.items()
        }
        theta = tuple(round(float(value), 3) for value in found[0])
        return Weights(theta, {name: row for name, row in table.items() if row})


class _Sets:
    """Sets of bundles, each for one kind of word, laid out flat so that one call sums over all of them."""

    def __init__(self, sets: list[tuple[int, _Set]], bundles: int) -> None:
        self._places = np.array(
            [row * bundles + i for row, members in sets for i, _ in members], dtype=np.intp
        )
        self._odds = np.array([odds for _, members in sets for _, odds in members])
        sizes = np.array([len(members) for _, members in sets])
        self._starts = np.concatenate(([0], np.cumsum(sizes)[:-1]))
        self._owner = np.repeat(np.arange(len(sets)), sizes)

    def shares(self, chances: Array, weight: Array) -> Array:
        """Each set's weight, shared among its members by their chances, added up per kind and bundle."""
        values = np.maximum(chances.ravel()[self._places] * self._odds, 1e-300)
        spread = values * (weight / np.add.reduceat(values, self._starts))[self._owner]
        total = np.bincount(self._places, spread, chances.size).astype(np.float64)
        return total.reshape(chances.shape)
