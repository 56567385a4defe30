"""Retrieval tests: with a trained head, or with hidden states whose layer and pooling development data choose.

The choice of the layer alone is worth tens of points on Tatoeba, so it is swept anew for every model, one layer
for all languages, and the whole sweep is kept with the result. Development data are the task's own where it has
some (BUCC, Mewsli-X); else a fifth of the queries, chosen by a hash of their ids, which are then not scored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.config import EvalTaskConfig
from harness.data import position
from harness.encode import Settings, Tokenizer, encode_texts
from harness.metrics import Score
from harness.metrics.retrieval import Floats
from harness.model import Model
from harness.predict import embed, predict
from harness.records import Plain, Search
from harness.tasks import TASKS, Task
from harness.tasks.retrieve import cut, rank
from morphaug.errors import MorphaugError

CARVED = 0.2  # share of the queries that choose, where a task has no development set
_POOLS = {"mean": "mean", "cls": "first"}  # the names of harness.predict


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a retrieval test came to.

    Attributes:
        scores: By language, over the queries that did not choose.
        everything: By language, the same over all queries, for comparison with published figures.
        chosen: {"layer", "pool", "on"}, or {"head"}.
        sweep: Mean development score by "layer/pool".
    """

    scores: Mapping[str, Score]
    everything: Mapping[str, Mapping[str, float]]
    chosen: Mapping[str, Any]
    sweep: Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class _Vectors:
    """A search with its vectors: {(layer, pool): (queries, candidates)}."""

    search: Search
    by_view: Mapping[tuple[int, str], tuple[Floats, Floats]]


def retrieve(
    model: Model,
    config: EvalTaskConfig,
    languages: Sequence[str],
    split: str,
    tokenizer: Tokenizer,
    settings: Settings,
    *,
    head: str = "",
    pack_tokens: int = 8192,
) -> Found:
    """Run a retrieval test.

    Args:
        model: Its encoder, or its head, makes the vectors.
        config: Of the test.
        languages: Of the queries.
        split: "test", or "dev" to score the development set itself.
        tokenizer: The encoder's.
        settings: Lengths of texts.
        head: Name of a trained retrieval head; "" for hidden states.
        pack_tokens: Most tokens of one forward pass.

    Raises:
        MorphaugError: Data are missing; BUCC without its development set.
    """
    task = TASKS[config.task]
    views = [(-1, "head")] if head else _views(model, config)
    maker = _Maker(model, config, views, tokenizer, settings, head, pack_tokens)
    tested = {language: maker.vectors(split, language) for language in languages}
    own_dev = task.forms[0].splits.get("dev") is not None and split == "test"
    developed: Mapping[str, _Vectors] = {}
    if own_dev and (not head or task.main == "f1"):
        developed = {language: maker.vectors("dev", language) for language in languages}
    elif task.main == "f1":
        raise MorphaugError(
            f"{task.name} is scored on its test set", "its threshold comes from development data"
        )
    sweep: dict[str, float] = {}
    for view in views if len(views) > 1 else ():
        scores = [_on_development(task, developed.get(name), found, view) for name, found in tested.items()]
        sweep[f"{view[0]}/{view[1]}"] = sum(scores) / len(scores)
    best = max(views, key=lambda view: sweep.get(f"{view[0]}/{view[1]}", 0.0))
    carved = bool(sweep) and not developed
    scored = {
        name: _score(task, found, best, developed.get(name), "rest" if carved else "all")
        for name, found in tested.items()
    }
    everything = {
        name: _score(task, found, best, developed.get(name), "all").values if carved else scored[name].values
        for name, found in tested.items()
    }
    on = "its development set" if developed else f"{CARVED:.0%} of the queries" if carved else "nothing"
    chosen = {"head": head} if head else {"layer": best[0], "pool": best[1], "on": on}
    return Found(scored, everything, chosen, sweep)


def _views(model: Model, config: EvalTaskConfig) -> list[tuple[int, str]]:
    count = model.encoder.shape.num_hidden_layers
    layers = config.layers or tuple(range(count + 1))
    if wrong := [layer for layer in layers if not 0 <= layer <= count]:
        raise MorphaugError(
            f"evaluate: {config.task}: there is no layer {wrong[0]}",
            f"the model has 0 (embeddings) to {count}",
        )
    return [(layer, pool) for layer in layers for pool in config.pool]


@dataclass(slots=True)
class _Maker:
    """Turns searches into vectors; candidates that several languages share are embedded once."""

    model: Model
    config: EvalTaskConfig
    views: Sequence[tuple[int, str]]
    tokenizer: Tokenizer
    settings: Settings
    head: str
    pack_tokens: int
    _last: tuple[tuple[Plain, ...], dict[tuple[int, str], Floats]] | None = None

    def vectors(self, split: str, language: str) -> _Vectors:
        """The search of a language, embedded in every view."""
        config, settings = self.config, self.settings
        search = TASKS[config.task].search(config.data, split, [language])
        if config.limit:
            keep = sorted(search.queries, key=lambda query: position(query.id, "limit"))[: config.limit]
            names = {query.id for query in keep}
            queries = tuple(query for query in search.queries if query.id in names)
            gold = {name: right for name, right in search.gold.items() if name in names}
            search = Search(queries, search.candidates, gold)
        # A trained head has seen short queries; hidden states are compared over whole texts.
        asked = self._side(search.queries, settings.max_query if self.head else settings.max_len)
        if self._last is None or self._last[0] != search.candidates:
            self._last = (search.candidates, self._side(search.candidates, settings.max_len))
        given = self._last[1]
        return _Vectors(search, {view: (asked[view], given[view]) for view in self.views})

    def _side(self, texts: Sequence[Plain], max_len: int) -> dict[tuple[int, str], Floats]:
        store = encode_texts([text.text for text in texts], self.tokenizer, max_len)
        if self.head:
            return {self.views[0]: predict(self.model, store, self.head, pack_tokens=self.pack_tokens)}
        found: dict[tuple[int, str], Floats] = {}
        for pool in dict.fromkeys(pool for _, pool in self.views):
            layers = [layer for layer, other in self.views if other == pool]
            vectors = embed(self.model, store, layers, _POOLS[pool], pack_tokens=self.pack_tokens)
            found |= {(layer, pool): vectors[number] for number, layer in enumerate(layers)}
        return found


def _on_development(task: Task, dev: _Vectors | None, test: _Vectors, view: tuple[int, str]) -> float:
    if dev is None:
        return _score(task, test, view, None, "carved").values[task.main]
    return _score(task, dev, view, dev, "all").values[task.main]


def _score(task: Task, found: _Vectors, view: tuple[int, str], dev: _Vectors | None, which: str) -> Score:
    """The score of a view over all queries, the carved ones or the rest."""
    queries, candidates = found.by_view[view]
    search = found.search
    if which != "all":
        carved = np.array([position(query.id, "dev") < CARVED for query in search.queries], bool)
        keep = carved if which == "carved" else ~carved
        kept = tuple(query for query, wanted in zip(search.queries, keep, strict=True) if wanted)
        if not kept:
            raise MorphaugError(
                f"{task.name}: {len(search.queries)} queries are too few to choose a layer by",
                "name one in layers",
            )
        search = Search(kept, search.candidates, search.gold)
        queries = queries[keep]
    threshold = None
    if task.main == "f1" and dev is not None:
        threshold = cut(dev.search, *dev.by_view[view])
    return rank(task, search, queries, candidates, threshold)
