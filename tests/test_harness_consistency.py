"""Consistency training: the losses by hand, twins joined to their examples, and nothing that depends on cutting."""

from __future__ import annotations

import json
import math
import re
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from harness_models import LABELS, SPECS, VOCABULARY, WIDTH, data, model, store
from tinymodel import make_tiny_model
from torch import Tensor

from harness.config import ExampleConfig, RunConfig, parse
from harness.consistency import Beside, Consistency
from harness.data import TaskData, load_task
from harness.drawing import Cut, Given, Shifted, Twin
from harness.embedding import compact, used_rows
from harness.encode import Settings as Lengths
from harness.encode import encode, load_tokenizer
from harness.kernels import Noise
from harness.model import Model, to_device
from harness.packing import Pack
from harness.plan import plan
from harness.records import Classified, Origin, Question, Record, Tagged
from harness.runs import run_training
from harness.stages import stages
from harness.store import IGNORE, Kind, Store, StoreBuilder
from harness.subwords import Cutter, Vocabulary
from harness.switching import code_switched
from harness.tasks import TASKS
from harness.tasks.augmented import load as load_augmented
from harness.train import Settings, Stream, backward, fit, step_packs
from harness.twins import FIRST, OTHER, Link, augmented_units, links
from morphaug import resources
from morphaug.data import data_file
from morphaug.demo import own_home
from morphaug.errors import MissingResource, MorphaugError
from morphaug.generate import Job, generate

FAMILIES: tuple[Kind, ...] = ("classify", "tag", "span", "choice")
CPU = torch.device("cpu")
SETTINGS = Settings(steps=12, lr=1e-3, batch_size=6, pack_tokens=150)


def _same(kind: Kind, made: Store) -> Given:
    """Every unit's twin is the unit itself."""
    out = []
    for unit in range(made.units):
        rows = slice(int(made.starts[made.first[unit]]), int(made.starts[made.first[unit + 1]]))
        own = np.zeros(0, np.int64)
        if kind == "tag":
            assert made.targets is not None
            own = np.arange(int((made.targets[rows] != IGNORE).sum()))
        elif kind == "span":
            own = np.arange(rows.stop - rows.start) + FIRST
            own[-1] = OTHER
        out.append([Link(unit, own, own)])
    return Given(made, out)


def _vocabulary() -> Vocabulary:
    """Ids above 4 are single letters and pairs of them, so that random ids can be cut in many ways."""
    letters = [chr(0x4E00 + at) for at in range(20)]
    pieces = letters + [a + b for a in letters for b in letters]
    named = [None] * 5 + pieces[: VOCABULARY - 5]
    found = {piece: (at, -1.0 - len(piece)) for at, piece in enumerate(named) if piece}
    return Vocabulary(tuple(named), found, 2)


def _twins(kind: Kind, made: Store, how: str) -> Given | Cut | Shifted:
    if how == "given":
        return _same(kind, made)
    if how == "cut":
        return Cut(made, Cutter(_vocabulary(), 0.5), seed=3, room=512)
    return Shifted(made, 3, 0.5, WIDTH)


# -- the losses ---------------------------------------------------------------------------------------


class Fixed:
    """A model that says of every pack what it was told to say."""

    def __init__(self, *scores: Any) -> None:
        self.said = [torch.tensor(rows, dtype=torch.float32, requires_grad=True) for rows in scores]
        self.encoder = self

    def scores(self, _batch: Any, _name: str, _noise: Any = None) -> Tensor:
        return self.said[0]

    def rows(self, pack: Pack) -> Pack:
        return pack


def _logs(*shares: float) -> list[float]:
    return [math.log(share) for share in shares]


def _kl(p: tuple[float, ...], q: tuple[float, ...]) -> float:
    return sum(a * math.log(a / b) for a, b in zip(p, q, strict=True))


def _one_pack(made: Consistency, units: int) -> Pack:
    (pack,) = made.packs(np.arange(units), 0, 10_000, 2)
    return pack


def _loss(made: Consistency, said: Fixed, units: int) -> Tensor:
    pack = _one_pack(made, units)
    return made.loss(said, to_device(pack, CPU), None) / pack.items  # type: ignore[arg-type]


P, Q, T = (0.5, 0.3, 0.2), (0.2, 0.2, 0.6), (0.1, 0.8, 0.1)


def test_losses_of_classes_by_hand() -> None:
    made = store("classify", [[4], [4]])
    assert made.targets is not None
    targets = made.targets.tolist()
    asked = Consistency("x", made, _same("classify", made), 5.0)
    said = Fixed([_logs(*P), _logs(*Q), _logs(*Q), _logs(*T)])
    loss = _loss(asked, said, 2)
    ce = -(math.log(P[targets[0]]) + math.log(Q[targets[1]])) / 2
    r1 = (_kl(P, Q) + _kl(Q, P) + _kl(Q, T) + _kl(T, Q)) / 2
    assert loss.item() == pytest.approx(ce + 5 * r1, rel=1e-5)


def test_the_gradient_flows_through_the_side_that_is_not_stopped() -> None:
    """Of KL(sg(p) ‖ q) by q's scores it is q - p; without the stop there would be more."""
    made = replace(store("classify", [[4]]), targets=np.asarray([0], np.int32))
    said = Fixed([_logs(*P), _logs(*Q)])
    _loss(Consistency("x", made, _same("classify", made), 1.0), said, 1).backward()
    by = said.said[0].grad
    assert by is not None
    p, q, first = torch.tensor(P), torch.tensor(Q), torch.tensor([1.0, 0.0, 0.0])
    assert torch.allclose(by[1], q - p, atol=1e-6)
    assert torch.allclose(by[0], (p - first) + (p - q), atol=1e-6)


def test_losses_of_tags_are_means_over_words() -> None:
    builder = StoreBuilder("tag", LABELS)
    builder.add([[0, 7, 8, 2]], [[IGNORE, 0, 1, IGNORE]])
    builder.add([[0, 9, 2]], [[IGNORE, 2, IGNORE]])
    made = builder.build()
    # The first word of the first sentence is the second one of its twin; the second sentence has none.
    given = Given(made, [[Link(0, np.asarray([0]), np.asarray([1]))], []])
    said = Fixed([_logs(*P), _logs(*Q), _logs(*T), _logs(*T), _logs(*Q)])
    loss = _loss(Consistency("x", made, given, 2.0), said, 2)
    ce = -(math.log(P[0]) + math.log(Q[1]) + math.log(T[2])) / 3
    assert loss.item() == pytest.approx(ce + 2 * (_kl(P, Q) + _kl(Q, P)), rel=1e-5)


def test_losses_of_choices_by_hand() -> None:
    made = replace(store("choice", [[5, 5], [3, 3, 3]]), targets=np.asarray([0, 2], np.int32))
    said = Fixed([*_logs(0.5, 0.5), *_logs(*P), *_logs(0.9, 0.1), *_logs(*Q)])
    loss = _loss(Consistency("x", made, _same("choice", made), 1.0), said, 2)
    r1 = _kl((0.5, 0.5), (0.9, 0.1)) + _kl((0.9, 0.1), (0.5, 0.5)) + _kl(P, Q) + _kl(Q, P)
    assert loss.item() == pytest.approx(-(math.log(0.5) + math.log(0.2)) / 2 + r1 / 2, rel=1e-5)


def test_losses_of_spans_are_over_groups_of_tokens() -> None:
    builder = StoreBuilder("span")
    builder.add([[0, 7, 8, 2]], (1, 2))
    made = builder.build()
    twin_builder = StoreBuilder("span")
    twin_builder.add([[0, 9, 9, 9, 2]])
    # Tokens 1 and 2 are one word, and words of three tokens in the twin, of which the last is joined to nothing.
    link = Link(0, np.asarray([FIRST, 2, 2, OTHER]), np.asarray([FIRST, 2, 2, OTHER, OTHER]))
    given = Given(twin_builder.build(), [[link]])
    start, twin_start = (0.1, 0.4, 0.3, 0.2), (0.3, 0.1, 0.3, 0.1, 0.2)
    end, twin_end = (0.25, 0.25, 0.25, 0.25), (0.2, 0.2, 0.2, 0.2, 0.2)
    rows = zip((*_logs(*start), *_logs(*twin_start)), (*_logs(*end), *_logs(*twin_end)), strict=True)
    loss = _loss(Consistency("x", made, given, 5.0), Fixed([list(row) for row in rows]), 1)
    ce = -(math.log(0.4) + math.log(0.25)) / 2
    sides = [((0.1, 0.7, 0.2), (0.3, 0.4, 0.3)), ((0.25, 0.5, 0.25), (0.2, 0.4, 0.4))]
    r1 = sum(_kl(a, b) + _kl(b, a) for a, b in sides) / 2
    assert loss.item() == pytest.approx(ce + 5 * r1, rel=1e-5)


@pytest.mark.parametrize("hard", [False, True])
def test_the_teacher_is_kept_to_on_augmented_examples_only(hard: bool) -> None:
    made = replace(store("classify", [[4], [4], [4]]), targets=np.asarray([0, 1, 2], np.int32))
    teacher, said = Fixed([_logs(*T)]), Fixed([_logs(*P), _logs(*P), _logs(*Q)])
    taught: Any = teacher
    asked = Consistency("x", made, augmented=np.asarray([2]), teacher=taught, teacher_weight=3.0, hard=hard)
    loss = _loss(asked, said, 3)
    ce = -(math.log(P[0]) + math.log(P[1]) + math.log(Q[2])) / 3
    r2 = -math.log(Q[1]) if hard else _kl(T, Q)
    assert loss.item() == pytest.approx(ce + 3 * r2, rel=1e-5)
    loss.backward()
    assert teacher.said[0].grad is None


@pytest.mark.parametrize("kind", ["tag", "span", "choice"])
def test_a_teacher_that_agrees_adds_nothing_and_is_frozen(kind: Kind) -> None:
    made, learner = data(kind, 8), model({kind: SPECS[kind]}, dropout=0.0)
    taught = Consistency(
        kind, made, augmented=np.arange(3), teacher=learner, teacher_head=kind, teacher_weight=9.0
    )
    pack = _one_pack(taught, 8)
    batch = to_device(pack, CPU)
    plain = learner.loss(batch, kind)[0]
    assert taught.loss(learner, batch, None).item() == pytest.approx(plain.item(), rel=1e-5)
    other = model({kind: SPECS[kind]}, dropout=0.0, seed=5)
    before = {name: value.clone() for name, value in other.state_dict().items()}
    stream = Stream(kind, made, consistency=replace(taught, teacher=other))
    losses = fit(learner, [stream], replace(SETTINGS, steps=3)).losses
    assert losses[0] > plain.item() / pack.items
    assert all(torch.equal(before[name], value) for name, value in other.state_dict().items())


# -- in the loop --------------------------------------------------------------------------------------


def _gradient(kind: Kind, made: Store, asked: Consistency | None, settings: Settings) -> tuple[Tensor, float]:
    learner = model({kind: SPECS[kind]}, dropout=0.0)
    stream = Stream(kind, made, consistency=asked)
    every = step_packs(stream, settings, 0, 2)
    items = sum(pack.items for pack in every)
    loss = sum(float(backward(learner, stream, pack, items, Noise(CPU, 0))) for pack in every)
    given = [p.grad for p in learner.parameters() if p.grad is not None]
    return torch.cat([grad.view(-1) for grad in given]), loss


@pytest.mark.parametrize("kind", FAMILIES)
def test_a_twin_that_is_the_example_adds_nothing(kind: Kind) -> None:
    made = data(kind, 6)
    plain, loss = _gradient(kind, made, None, SETTINGS)
    asked, same = _gradient(kind, made, Consistency(kind, made, _same(kind, made), 5.0), SETTINGS)
    assert same == pytest.approx(loss, rel=1e-5)
    assert float((plain - asked).abs().max()) <= 1e-5 * float(plain.abs().max()) + 1e-6


@pytest.mark.parametrize("kind", FAMILIES)
@pytest.mark.parametrize("how", ["cut", "shifted"])
def test_neither_loss_nor_gradient_depends_on_how_a_step_is_cut(kind: Kind, how: str) -> None:
    made = data(kind, 12)
    asked = Consistency(
        kind, made, _twins(kind, made, how), 5.0, np.asarray([1, 4, 5]),
        model({kind: SPECS[kind]}, dropout=0.0, seed=9), kind, 2.0,
    )  # fmt: skip
    settings = replace(SETTINGS, batch_size=12)
    few, loss = _gradient(kind, made, asked, replace(settings, pack_tokens=100_000))
    many, same = _gradient(kind, made, asked, settings)
    packs = step_packs(Stream(kind, made, consistency=asked), settings, 0, 2)
    assert len(packs) > 3
    assert sorted(int(u) for p in packs for u in p.units[: len(p.units) // 2]) == list(range(12))
    assert same == pytest.approx(loss, rel=1e-5)
    assert float((few - many).abs().max()) <= 1e-4 * float(few.abs().max())
    plain, below = _gradient(kind, made, None, settings)
    assert loss > below
    assert float((plain - few).abs().max()) > 1e-3 * float(plain.abs().max())


def test_twins_are_drawn_anew_every_epoch_and_alike_for_a_seed() -> None:
    made = data("tag", 5)
    for how in ("cut", "shifted"):
        one, again = (_twins("tag", made, how) for _ in range(2))
        first, same, later = one.draw(2, 0), again.draw(2, 0), one.draw(2, 1)
        assert first is not None
        assert same is not None
        assert later is not None
        assert _content(first) == _content(same) != _content(later)


def _content(twin: Twin) -> tuple[list[list[int]], bytes]:
    return [row.tolist() for row in twin.sequences], b"" if twin.shift is None else twin.shift.tobytes()


def test_variants_take_turns() -> None:
    made = store("classify", [[4], [4], [4]])
    none = np.zeros(0, np.int64)
    given = Given(made, [[Link(1, none, none), Link(2, none, none)], [], []])
    drawn = [given.draw(0, epoch) for epoch in range(3)]
    ids = [made.ids[4:8].tolist(), made.ids[8:].tolist(), made.ids[4:8].tolist()]
    assert [twin.sequences[0].tolist() for twin in drawn if twin] == ids
    assert given.draw(1, 0) is None


class Killed(Exception):
    """Stands for the power cut."""


def _resumable() -> tuple[Model, list[Stream]]:
    made, other = data("tag", 14, seed=1), data("span", 9, seed=2)
    teacher = model({name: SPECS[name] for name in ("tag", "span")}, dropout=0.0, seed=7)
    asked = Consistency("tag", made, _twins("tag", made, "cut"), 5.0, np.arange(4), teacher, "tag", 1.0)
    learner = model({name: SPECS[name] for name in ("tag", "span")})
    assert asked.twins is not None
    compact(learner.encoder, np.union1d(used_rows([made, other]), asked.twins.rows()))
    shifted = Consistency("span", other, _twins("span", other, "shifted"), 2.0)
    return learner, [Stream("tag", made, consistency=asked), Stream("span", other, consistency=shifted)]


def test_a_killed_run_goes_on_bit_for_bit(tmp_path: Path) -> None:
    settings = replace(SETTINGS, checkpoint_every=5, evaluate_every=4)
    whole, streams = _resumable()
    first = fit(whole, streams, settings, folder=tmp_path / "whole", evaluate=lambda _: 0.0)
    calls: list[int] = []

    def dying(_model: Model) -> float:
        calls.append(1)
        if len(calls) == 2:
            raise Killed
        return 0.0

    cut, streams = _resumable()
    with pytest.raises(Killed):
        fit(cut, streams, settings, folder=tmp_path / "cut", evaluate=dying)
    again, streams = _resumable()
    second = fit(again, streams, settings, folder=tmp_path / "cut", evaluate=lambda _: 0.0)
    assert second.losses == first.losses
    assert all(torch.equal(a, b) for a, b in zip(whole.parameters(), again.parameters(), strict=True))
    learner, (tag, span) = _resumable()
    assert tag.consistency is not None
    other = [replace(tag, consistency=replace(tag.consistency, weight=4.0)), span]
    with pytest.raises(MorphaugError, match="of another run"):
        fit(learner, other, settings, folder=tmp_path / "whole")


# -- subword sampling ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model, the English sample, a lexicon, and variants of the sample that say what words stand for."""
    folder = tmp_path_factory.mktemp("consistency")
    make_tiny_model(folder / "model")
    english = data_file("samples", "english")
    shutil.copy(english / "qa.jsonl", folder)
    (folder / "panx").mkdir()
    shutil.copy(english / "tagging.conll", folder / "panx" / "train-en.tsv")
    with own_home(folder / "home"):
        few = data_file("samples", "fin", "unimorph.tsv").read_text(encoding="utf-8").splitlines()[:60]
        (folder / "fin.tsv").write_text("\n".join(few) + "\n", encoding="utf-8")
        resources.import_table("fin", [folder / "fin.tsv"])
        resources.import_lexicon("fin", [data_file("samples", "fin", "lexicon.tsv")], kind="tsv")
        for name, task, source in (("qa", "span-qa", "qa.jsonl"), ("ner", "tagging", "panx/train-en.tsv")):
            form = "conll" if name == "ner" else "auto"
            job = Job(task, (str(folder / source),), ("fin",), ("pseudo", "reorder"), folder / "aug" / name,
                      parser=f"conllu:{english}", input_format=form)  # fmt: skip
            generate(replace(job, provenance=True))
            generate(replace(job, out=folder / "bare" / name, recipes=("pseudo",)))
    return folder


def _letters(**scores: float) -> Vocabulary:
    pieces = list(scores)
    found = {piece: (at, score) for at, (piece, score) in enumerate(scores.items())}
    return Vocabulary(tuple(pieces), found, max(map(len, pieces)))


@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
def test_cuts_of_a_word_come_as_often_as_their_probability_says(alpha: float) -> None:
    scores = {"a": -2.0, "b": -1.5, "c": -3.0, "ab": -2.2, "bc": -4.0, "abc": -3.0}
    cutter = Cutter(_letters(**scores), alpha)
    ways = [("a", "b", "c"), ("ab", "c"), ("a", "bc"), ("abc",)]
    weights = [math.exp(alpha * sum(scores[piece] for piece in way)) for way in ways]
    random = np.random.default_rng(0)
    drawn = Counter(tuple(cutter.cut("abc", random) or ()) for _ in range(20_000))
    ids = {piece: at for at, piece in enumerate(scores)}
    for way, weight in zip(ways, weights, strict=True):
        share = weight / sum(weights)
        found = drawn[tuple(ids[piece] for piece in way)] / 20_000
        assert found == pytest.approx(share, abs=4 * math.sqrt(share * (1 - share) / 20_000))
    assert cutter.cut("abd", random) is None


def test_a_text_cut_anew_reads_as_before(place: Path) -> None:
    tokenizer: Any = load_tokenizer(str(place / "model"))
    text = "Anna lives in a small house, near the river  Aura … ☃ she doesn't own a car."
    ids = tokenizer(text)["input_ids"]
    vocabulary = Vocabulary.of(tokenizer)
    random = np.random.default_rng(1)
    seen = set()
    for _ in range(20):
        new, words, old = Cutter(vocabulary).sequence(ids, [], random, 512)
        assert tokenizer.decode(new) == tokenizer.decode(ids)
        seen.add(tuple(new.tolist()))
        for number in range(int(old.max()) + 1):  # word by word
            before = tokenizer.convert_ids_to_tokens(np.asarray(ids)[old == number].tolist())
            after = tokenizer.convert_ids_to_tokens(new[words == number].tolist())
            assert "".join(before) == "".join(after)
    assert len(seen) > 15
    same, _, _ = Cutter(vocabulary, rate=1e-9).sequence(ids, [], random, 512)
    assert same.tolist() == ids
    # Where there is no room, the words at the end stay as they are.
    short, _, _ = Cutter(vocabulary).sequence(ids, [], random, len(ids))
    assert len(short) <= len(ids)
    assert tokenizer.decode(short) == tokenizer.decode(ids)


@pytest.mark.parametrize("kind", ["tag", "span"])
def test_words_cut_anew_are_joined_to_themselves(kind: Kind) -> None:
    made = data(kind, 6)
    twins = _twins(kind, made, "cut")
    reachable = set(twins.rows().tolist()) | set(used_rows([made]).tolist())
    pieces = _vocabulary().pieces
    for unit in range(made.units):
        twin = twins.draw(unit, 0)
        assert twin is not None
        assert set(twin.sequences[0].tolist()) <= reachable
        own = made.ids[made.starts[unit] : made.starts[unit + 1]]
        if kind == "span":
            for group in set(twin.here.tolist()) - {OTHER}:
                before = [pieces[i] or "" for i in own[twin.here == group].tolist()]
                after = [pieces[i] or "" for i in twin.sequences[0][twin.there == group].tolist()]
                assert "".join(before) == "".join(after)
            assert set(twin.here.tolist()) == set(twin.there.tolist())
        else:
            assert made.targets is not None
            scored = np.flatnonzero(made.targets[made.starts[unit] : made.starts[unit + 1]] != IGNORE)
            for at, (first, second) in enumerate(zip(scored, twin.scored[0], strict=True)):
                assert (pieces[own[first]] or "")[0] == (pieces[twin.sequences[0][second]] or "")[0], at


# -- words that belong together -----------------------------------------------------------------------


def _links(place: Path, records: list[Record], twins: list[list[Record]], **lengths: int) -> Any:
    kind = TASKS["panx"].family if isinstance(records[0], Tagged) else TASKS["squad"].family
    tokenizer = load_tokenizer(str(place / "model"))
    task = TASKS["panx" if kind == "tag" else "squad"]
    given = TaskData(task, tuple(records), (), "none", {}, 0, tuple(map(tuple, twins)))
    settings = Lengths(**{"max_len": 128, **lengths})
    labels = task.labels if kind == "tag" else ()
    own = encode(records, tokenizer, kind, settings, labels, train=True)
    other = encode([twin for row in twins for twin in row], tokenizer, kind, settings, labels)
    return own, other, *links(given, own, other)


def _origin(pieces: dict[str, Any]) -> Origin:
    return Origin("1", "fin", "x", 0, 0.5, pieces)


def test_a_permutation_of_words_is_undone(place: Path) -> None:
    words, tags = ("Anna", "sees", "Turku", "today"), ("B-PER", "O", "B-LOC", "O")
    order = (2, 0, 3, 1)
    record = Tagged("1", "en", words, tags)
    pieces = tuple((at, at + 1, ((source, source + 1),)) for at, source in enumerate(order))
    turned = Tagged("1:fin", "fi", tuple(words[i] for i in order), tuple(tags[i] for i in order))
    twin = replace(turned, origin=_origin({"tokens": pieces}))
    own, other, (found,), counts = _links(place, [record], [[twin]])
    (link,) = found
    first = {int(row): at for at, row in enumerate(np.flatnonzero(own.store.targets != IGNORE))}
    for here, there in zip(link.here, link.there, strict=True):
        mine = own.store.ids[[row for row, at in first.items() if at == here]]
        its = other.store.ids[np.flatnonzero(other.store.targets != IGNORE)[there]]
        assert mine.tolist() == [its]
    assert sorted(link.here.tolist()) == sorted(link.there.tolist()) == [0, 1, 2, 3]
    assert [order[there] for there in link.there] == link.here.tolist()
    assert counts == {"words_aligned": 4, "words_unaligned": 0, "units_without_twin": 0}


def test_words_that_are_dropped_added_or_tagged_anew_are_left_out_and_counted(place: Path) -> None:
    record = Tagged("1", "en", ("the", "old", "Turku"), ("O", "O", "B-LOC"))
    # "the" is dropped; "vanha" is old; a word is added; the last one is tagged otherwise.
    twin = Tagged("1:fin", "fi", ("vanha", "on", "Turku"), ("O", "O", "I-LOC"))
    pieces = ((0, 1, ((1, 2),)), (1, 2, ()), (2, 3, ((2, 3),)))
    none = replace(twin, origin=_origin({}))
    told = replace(twin, origin=_origin({"tokens": pieces}))
    own, _, (found, empty), counts = _links(place, [record, replace(record, id="2")], [[told], [none]])
    assert [(link.here.tolist(), link.there.tolist()) for link in found] == [([1], [0])]
    assert empty == []
    assert counts["words_tagged_anew"] == 1
    assert counts["twins_unaligned"] == counts["units_without_twin"] == 1
    assert counts["words_unaligned"] == 2 + 3
    asked = Consistency("x", own.store, Given(own.store, [[], []]), 5.0)
    beside = _one_pack(asked, 2).beside
    assert isinstance(beside, Beside)
    assert len(beside.here) == 0


def test_the_words_of_a_context_are_found_on_both_sides(place: Path) -> None:
    context, made = "Anna doesn't live in the old house.", "Talossa vanhassa Anna ei asu."
    # Talossa stands for "in" and "house", ei for "n't" and "does", two tokens without a space between them.
    sources = {"Talossa": ("house", "in"), "vanhassa": ("old",), "Anna": ("Anna",)}
    sources |= {"ei": ("n't", "does"), "asu": ("live",), ".": (".",)}
    pieces = tuple(
        (*_stretch(made, word), tuple(_stretch(context, token) for token in tokens))
        for word, tokens in sources.items()
    )
    record = Question("1", "en", "Where?", context, ((18, "in the old house"),))
    twin = Question("1:fin", "fi", "Missä?", made, (), origin=_origin({"context": pieces}))
    own, other, ((link,),), counts = _links(place, [record], [[twin]])
    assert link.here[0] == link.there[0] == FIRST
    at = {word: context.index(word) for word in ("Anna", "does", "live", "house", "the", "in the")}
    group = {word: _group(own, link.here, start) for word, start in at.items()}
    assert group["house"] == group["in the"] == _group(other, link.there, 0) > FIRST
    assert group["does"] == _group(other, link.there, made.index("ei")) > FIRST
    assert group["the"] == OTHER
    assert group["Anna"] == _group(other, link.there, made.index("Anna"))
    assert len({group[word] for word in ("Anna", "does", "live", "house")}) == 4
    assert counts["tokens_unaligned"] > 0


def _stretch(text: str, word: str) -> tuple[int, int]:
    return text.index(word), text.index(word) + len(word)


def _group(encoded: Any, groups: Any, char: int) -> int:
    over = (encoded.chars[:, 0] <= char) & (char < encoded.chars[:, 1])
    (group,) = {int(at) for at in groups[over]}
    return group


def test_contexts_of_several_windows_are_trained_on_without_twins_and_counted(place: Path) -> None:
    context = " ".join(["Anna lives here."] * 12)
    record = Question("1", "en", "Where?", context, ((11, "here"),))
    pieces = ((0, 4, ((0, 4),)),)
    twin = Question("1:fin", "fi", "Missä?", "Anna asuu.", (), origin=_origin({"context": pieces}))
    own, _, found, counts = _links(place, [record], [[twin]], max_len=48, doc_stride=24)
    assert own.store.units > 1
    assert counts == {"twins_in_several_windows": 1, "units_without_twin": own.store.units}
    assert not any(found)


def test_the_units_of_augmented_records_are_known(place: Path) -> None:
    long = Question("1", "en", "Where?", " ".join(["Anna lives here."] * 12), ((11, "here"),))
    lost = replace(long, id="2", answers=((5, "nowhere"),))  # left out: its answer is not in the context
    short = Question("3", "en", "Where?", "Anna lives here.", ((11, "here"),))
    records = (long, lost, short, replace(short, id="3:fin"), replace(lost, id="2:fin"))
    given = TaskData(TASKS["squad"], records, (), "none", {}, 2)
    tokenizer = load_tokenizer(str(place / "model"))
    own = encode(records, tokenizer, "span", Lengths(48, 24), train=True)
    assert augmented_units(given, own).tolist() == [own.store.units - 1]


def test_real_variants_are_joined(place: Path) -> None:
    """What the engine says of its own corpora: every word of a reordered sentence is joined to itself."""
    config = parse(_raw(place, "panx", "variant", twins=[str(place / "aug/ner/fin/reorder")]))
    assert config.target is not None
    read = load_task(config.target.tasks[0])
    assert read.counts["twins"] == len(read.train)
    assert not read.counts["without_twin"]
    own, other, found, counts = _links(place, list(read.train), [list(row) for row in read.twins])
    assert counts["words_aligned"] == sum(len(r.words) for r in read.train if isinstance(r, Tagged))
    assert counts["words_unaligned"] == 0
    for unit, (link,) in enumerate(found):
        record, twin = own.records[unit], other.records[link.twin]
        assert isinstance(record, Tagged)
        assert isinstance(twin, Tagged)
        for here, there in zip(link.here, link.there, strict=True):
            assert record.words[here].lower() == twin.words[there].lower()


# -- code-switching -----------------------------------------------------------------------------------


def test_code_switching_puts_in_the_words_of_a_lexicon(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MORPHAUG_HOME", str(place / "home"))
    context = "Anna lives in a small house, near the river."
    records: list[Record] = [
        Question("q", "en", "Where does Anna live?", context, ((14, "a small house"),)),
        Classified("c", "en", "A small house", "the river", "x"),
        Tagged("t", "en", ("The", "house"), ("O", "O")),
    ]
    config = ExampleConfig(twin="code-switch", languages=("fin",), rate=1.0)
    given = TaskData(TASKS["squad"], tuple(records), (), "none", {"original": 3})
    switched = code_switched(given, config, 0)
    assert switched == code_switched(given, config, 0)
    (qa,), (pair,), (tagged,) = switched.twins
    assert isinstance(qa, Question)
    assert isinstance(pair, Classified)
    assert isinstance(tagged, Tagged)
    assert "talo, " in qa.context
    assert "house" not in qa.context
    assert pair.text.endswith("talo")
    assert pair.pair is not None
    assert "joki" in pair.pair
    assert tagged.words[1] == "talo"
    assert switched.counts["words_switched"] + switched.counts["words_unknown"] <= switched.counts["words"]
    assert switched.digest() != given.digest() != code_switched(given, config, 1).digest()
    half = code_switched(given, replace(config, rate=0.3), 0)
    assert 0 < half.counts["words_switched"] < switched.counts["words_switched"]
    _, _, ((link,),), counts = _links(place, records[:1], [[qa]])
    assert counts["tokens_unaligned"] == 0
    assert set(link.here.tolist()) == set(link.there.tolist())


# -- whole runs ---------------------------------------------------------------------------------------


def _raw(place: Path, task: str, twin: str, **more: Any) -> dict[str, Any]:
    example: dict[str, Any] = {"twin": twin, "weight": 2.0}
    if twin == "code-switch":
        example["languages"] = more.pop("languages", ["fin"])
    source = place / ("panx" if task == "panx" else "qa.jsonl")
    return {
        "name": "arm",
        "model": str(place / "model"),
        "out": str(place / "work"),
        "threads": 1,
        "target": {
            "tasks": [{"task": task, "data": str(source), "dev": "none", **more}],
            "steps": 3,
            "batch_size": 4,
            "lr": 1e-3,
            "max_len": 96,
            "consistency": {"example": example},
        },
    }


def _keys(config: RunConfig) -> list[str]:
    return [stage.phase.key for stage in stages(config, lambda _: None)]


@pytest.mark.parametrize("twin", ["variant", "code-switch", "subwords", "gaussian"])
def test_a_run_with_each_kind_of_twin(place: Path, twin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MORPHAUG_HOME", str(place / "home"))
    more = {"twins": [str(place / "aug" / "qa")]} if twin == "variant" else {}
    config = parse(_raw(place, "span-qa", twin, **more))
    said: list[str] = []
    assert run_training(config, say=said.append) is not None
    (stage,) = stages(config, said.append)
    record = stage.phase.record()
    assert record["settings"]["consistency"]["example"]["twin"] == twin
    assert record["steps"] == 3
    assert all(math.isfinite(loss) for loss in record["losses"])
    if twin in ("variant", "code-switch"):
        assert any("twins" in line for line in said)
        assert record["encoded"]["span-qa"]["tokens_aligned"] > 0
    assert plan(config)["phases"]["target"]["state"] == "finished"
    raw = _raw(place, "span-qa", twin, **more)
    raw["target"]["consistency"]["example"]["weight"] = 3.0
    assert _keys(parse(raw)) != _keys(config)


def test_two_stages_in_one_run(place: Path) -> None:
    raw = _raw(place, "panx", "subwords")
    first = json.loads(json.dumps(raw["target"]))
    raw["intermediate"] = first
    raw["target"]["head"] = "carry"
    raw["target"]["tasks"][0]["augmented"] = [str(place / "aug" / "ner")]
    raw["target"]["consistency"]["model"] = {"teacher": "intermediate", "weight": 5.0, "hard": True}
    config = parse(raw)
    assert run_training(config, say=lambda _: None) is not None
    before, stage = stages(config, lambda _: None)
    record = stage.phase.record()
    assert record["teacher"] == {"folder": str(before.phase.folder / "model"), "heads": {"panx": "panx"}}
    assert record["heads"] == {"panx": "panx"}
    assert record["made_of"]["teacher"] == before.phase.key
    # The first stage's folder as teacher of a run that begins with the pretrained model, as xTune has it.
    del raw["intermediate"]
    raw["target"] |= {"head": "fresh"}
    raw["target"]["consistency"]["model"]["teacher"] = str(before.phase.folder)
    alone = parse(raw)
    assert run_training(alone, say=lambda _: None) is not None
    (other,) = stages(alone, lambda _: None)
    assert other.teacher == before.phase.folder / "model"
    assert other.phase.key != stage.phase.key


def test_what_cannot_be_trained_is_one_line_before_anything_is_written(place: Path, tmp_path: Path) -> None:
    def refused(message: str, raw: dict[str, Any]) -> None:
        raw["out"] = str(tmp_path / "out")
        with pytest.raises(MorphaugError) as caught:
            run_training(parse(raw), say=lambda _: None)
        assert message in str(caught.value)
        assert "\n" not in str(caught.value)
        assert not (tmp_path / "out").exists()

    refused("no English lexicon of Swahili", _raw(place, "panx", "code-switch", languages=["swh"]))
    config = ExampleConfig(twin="code-switch", languages=("swh",))
    with pytest.raises(MissingResource):
        code_switched(TaskData(TASKS["panx"], (), (), "none"), config, 0)
    refused("no task has twins", _raw(place, "panx", "variant"))
    refused("nothing uses them", _raw(place, "panx", "gaussian", twins=["x"]))
    refused("--provenance", _raw(place, "panx", "variant", twins=[str(place / "bare" / "ner")]))
    other = place / "other.jsonl"
    other.write_text((place / "qa.jsonl").read_text(encoding="utf-8").replace('"qa-', '"other-'), "utf-8")
    strange = _raw(place, "span-qa", "variant", twins=[str(place / "aug" / "qa")])
    strange["target"]["tasks"][0]["data"] = str(other)
    refused("made of none of the", strange)
    old = shutil.copytree(place / "aug" / "qa", place / "old")  # words did not say where they come from once
    for path in old.rglob("part-*.jsonl"):
        path.write_text(re.sub(r'"at": ?\[[^"]*\], ', "", path.read_text(encoding="utf-8")), encoding="utf-8")
    assert load_augmented(TASKS["squad"], old).records
    refused("does not say what its words stand for", _raw(place, "span-qa", "variant", twins=[str(old)]))
    taught = _raw(place, "panx", "gaussian", augmented=[str(place / "aug" / "ner")])
    taught["target"]["consistency"]["model"] = {"teacher": str(place / "model")}
    refused("has no trained heads", taught)
    taught["target"]["consistency"]["model"] = {"teacher": "intermediate"}
    refused("there is no phase before", taught)
