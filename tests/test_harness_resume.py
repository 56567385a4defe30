"""The training loop: resumed runs equal uninterrupted ones bit for bit, and what goes wrong is said and survived."""

from __future__ import annotations

import errno
import multiprocessing
import os
import re
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from harness_models import SPECS, VOCABULARY, data, model, store
from torch import Tensor

from harness import checkpoint
from harness.embedding import compact, used_rows
from harness.model import Batch, Model
from harness.optim import Optimizer
from harness.packing import Masking
from harness.predict import predict
from harness.ranks import is_first, joined
from harness.store import KINDS
from harness.train import Outcome, Settings, Stream, epoch_steps, fit
from morphaug.errors import MorphaugError, UnknownName

MASKING = Masking(VOCABULARY - 1, VOCABULARY, (0, 1, 2, 3, VOCABULARY - 1), seed=5)
# Two tasks of 20 and 12 units in steps of 8: 30 steps are several epochs of each, and step 7 is inside one.
SETTINGS = Settings(steps=30, lr=3e-3, batch_size=8, pack_tokens=100, warmup=3, weight_decay=0.01)


class Killed(Exception):
    """Stands for the power cut."""


def _streams() -> list[Stream]:
    return [Stream("tag", data("tag", 20, seed=1), 2.0), Stream("choice", data("choice", 12, seed=2), 1.0)]


def _model(streams: list[Stream]) -> Model:
    made = model({name: SPECS[name] for name in ("tag", "choice")})
    compact(made.encoder, used_rows(stream.store for stream in streams))
    return made


def _score(made: Model) -> float:
    seen = _streams()[0].store
    assert seen.targets is not None
    right = predict(made, seen, "tag").argmax(-1) == seen.targets
    return float(right[seen.targets >= 0].mean())


def _run(folder: Path | None, settings: Settings = SETTINGS, **more: Any) -> tuple[Model, Outcome]:
    streams = _streams()
    made = _model(streams)
    return made, fit(made, streams, settings, folder=folder, **more)


def _dying(score: Callable[[Model], float], after: int) -> Callable[[Model], float]:
    calls = []

    def evaluate(made: Model) -> float:
        calls.append(1)
        if len(calls) > after:
            raise Killed
        return score(made)

    return evaluate


def _same(one: Model, two: Model) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))


@pytest.mark.parametrize("every", [1, 7])
def test_a_killed_run_goes_on_bit_for_bit(every: int, tmp_path: Path) -> None:
    settings = replace(SETTINGS, checkpoint_every=every, evaluate_every=5)
    whole, first = _run(tmp_path / "whole", settings, evaluate=_score)
    # Killed inside the evaluation after step 20, the last checkpoint being that of step 19 (or 14).
    with pytest.raises(Killed):
        _run(tmp_path / "cut", settings, evaluate=_dying(_score, 3))
    assert [path.name for path in checkpoint.steps(tmp_path / "cut")] == (
        ["step-00000019", "step-00000018"] if every == 1 else ["step-00000014", "step-00000007"]
    )
    again, second = _run(tmp_path / "cut", settings, evaluate=_score)
    assert second.losses == first.losses
    assert second.scores == first.scores
    assert (second.best_step, second.decay) == (first.best_step, first.decay)
    assert _same(whole, again)
    assert len(first.losses) == len({*first.losses}) == 30


def test_the_best_weights_are_kept_and_patience_ends_a_run(tmp_path: Path) -> None:
    settings = replace(SETTINGS, evaluate_every=4, patience=2, checkpoint_every=4)
    made, outcome = _run(tmp_path, settings, evaluate=_scores(0.1, 0.5, 0.4, 0.5, 0.9))
    assert outcome.scores == [(4, 0.1), (8, 0.5), (12, 0.4), (16, 0.5)]
    assert (outcome.best_step, outcome.step, outcome.best_score) == (8, 16, 0.5)
    assert "2 evaluations without a better score" in outcome.notes[-1]
    at_eight, _ = _run(None, replace(settings, evaluate_every=8, patience=1), evaluate=_scores(1.0, 0.0))
    assert _same(made, at_eight)


def _scores(*scores: float) -> Callable[[Model], float]:
    """An evaluation that gives these scores one after the other."""
    left = iter(scores)
    return lambda _model: next(left)


def test_a_truncated_checkpoint_is_passed_over_for_the_one_before(tmp_path: Path) -> None:
    settings = replace(SETTINGS, checkpoint_every=10)
    whole, first = _run(tmp_path / "a", settings)
    newest, before = checkpoint.steps(tmp_path / "a")
    assert (newest.name, before.name) == ("step-00000030", "step-00000020")
    path = newest / "tensors.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    again, second = _run(tmp_path / "a", settings)
    assert second.notes == [
        f"{path} is damaged: its checksum differs; going back to the checkpoint before it"
    ]
    assert second.losses == first.losses
    assert _same(whole, again)
    for folder in checkpoint.steps(tmp_path / "a"):
        (folder / "sha256.json").unlink()
    saved, notes = checkpoint.load_latest(tmp_path / "a")
    assert saved is None
    assert len(notes) == 2


def test_a_full_disk_leaves_the_last_good_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = replace(SETTINGS, checkpoint_every=10)
    real, calls = checkpoint.save_file, []

    def full(*given: Any, **named: Any) -> None:
        calls.append(1)
        real(*given, **named)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint, "save_file", full)
    with pytest.raises(MorphaugError, match=r"step-00000020 .*No space left.*free some space"):
        _run(tmp_path, settings)
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000010"]
    monkeypatch.setattr(checkpoint, "save_file", real)
    again, _ = _run(tmp_path, settings)
    whole, _ = _run(None, settings)
    assert _same(again, whole)


def test_a_checkpoint_of_another_run_is_not_gone_on_from(tmp_path: Path) -> None:
    _run(tmp_path, replace(SETTINGS, steps=2, checkpoint_every=1))
    with pytest.raises(MorphaugError, match="are of another run; delete them"):
        _run(tmp_path, replace(SETTINGS, steps=2, checkpoint_every=1, lr=1e-4))


def test_a_loss_that_is_not_finite_stops_with_its_step_and_the_weights_before_it(tmp_path: Path) -> None:
    def poisoned(made: Model, batch: Batch, noise: Any) -> Tensor:
        loss, _ = made.loss(batch, "tag", noise)
        calls.append(1)
        return loss * float("inf") if len(calls) == 5 else loss

    calls: list[int] = []
    streams = [replace(_streams()[0], objective=poisoned)]
    settings = replace(SETTINGS, pack_tokens=10_000, weight_decay=0.0)
    made = _model(_streams())
    with pytest.raises(
        MorphaugError,
        match=r"step 4, task tag: the loss or its gradient is not finite; the weights before it",
    ):
        fit(made, streams, settings, folder=tmp_path)
    saved, _ = checkpoint.load_latest(tmp_path)
    assert saved is not None
    assert saved.step == 4
    assert len(saved.tensors["losses"]) == 4
    assert all(bool(torch.isfinite(value).all()) for value in saved.tensors.values())
    other = _model(_streams())
    fit(other, [replace(streams[0], objective=None)], replace(settings, steps=30), folder=None)
    calls.append(1)  # the next call is no longer the fifth
    fit(made, streams, settings, folder=tmp_path)
    assert _same(made, other)


def test_a_gradient_that_is_not_finite_is_never_applied() -> None:
    made = model({"tag": SPECS["tag"]})
    before = {name: value.detach().clone() for name, value in made.named_parameters()}
    optimizer = Optimizer(made, steps=2, lr=1.0)
    for parameter in made.parameters():
        parameter.grad = torch.full_like(parameter, float("nan"))
    assert not torch.isfinite(optimizer.step(0))
    assert all(torch.equal(value, before[name]) for name, value in made.named_parameters())


def test_running_out_of_memory_names_the_batch_and_the_remedy() -> None:
    def hungry(*_given: object) -> Tensor:
        raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(
        MorphaugError,
        match=r"step 0, task tag: out of memory in a pack of \d+ tokens, \d+ units .*lower pack_tokens",
    ):
        fit(_model(_streams()), [replace(_streams()[0], objective=hungry)], SETTINGS)


def test_what_does_not_fit_together_is_refused_before_anything_is_trained(tmp_path: Path) -> None:
    made, streams = _model(_streams()), _streams()

    def refused(message: str, given: list[Stream], settings: Settings = SETTINGS) -> None:
        with pytest.raises(MorphaugError, match=message):
            fit(made, given, settings, folder=tmp_path / "none")
        assert not (tmp_path / "none").exists()

    refused("nothing to train on", [])
    refused("head 'tag' is for tag data, and these are choice data", [Stream("tag", streams[1].store)])
    refused("unknown head 'tga'", [Stream("tga", streams[0].store)])
    refused("different labels", [Stream("tag", replace(streams[0].store, labels=("C", "B", "A")))])
    refused("a sequence of 600 tokens, and the encoder has 512", [Stream("tag", store("tag", [[600]]))])
    refused("cannot be negative", streams, replace(SETTINGS, lr=-1.0))
    refused("either batch_size or batch_tokens", streams, replace(SETTINGS, batch_size=0))
    with pytest.raises(UnknownName, match="did you mean bf16"):
        fit(made, streams, replace(SETTINGS, precision="bf61"))
    masked = model({"mlm": SPECS["mlm"]})
    with pytest.raises(MorphaugError, match="needs a masking"):
        fit(masked, [Stream("mlm", data("mlm"))], SETTINGS)
    compact(masked.encoder, used_rows([data("mlm")]))
    with pytest.raises(MorphaugError, match="needs the whole word table"):
        fit(masked, [Stream("mlm", data("mlm"), masking=MASKING)], SETTINGS)


def test_every_kind_of_data_is_learned_by_its_head() -> None:
    for kind in KINDS:
        learned = data(kind, 16, seed=3, longest=12)
        made = model({kind: SPECS[kind]}, dropout=0.0)
        if kind == "retrieve":
            with torch.no_grad():
                made.head(kind).scale.fill_(5.0)
        stream = Stream(kind, learned, masking=MASKING if kind == "mlm" else None)
        settings = Settings(steps=25, lr=1e-2, batch_size=None, batch_tokens=80, pack_tokens=60)
        losses = fit(made, [stream], settings).losses
        assert np.mean(losses[-5:]) < np.mean(losses[:5]), kind


def test_bf16_trains_to_like_losses_and_is_resumed_bit_for_bit(tmp_path: Path) -> None:
    settings = replace(SETTINGS, steps=12, precision="bf16", checkpoint_every=5, evaluate_every=6)
    _, full = _run(None, replace(settings, precision="fp32"))
    whole, half = _run(None, settings, evaluate=_scores(0.0, 0.0))
    assert half.losses != full.losses
    assert half.losses == pytest.approx(full.losses, rel=0.05)
    with pytest.raises(Killed):
        _run(tmp_path, settings, evaluate=_dying(_score, 0))
    again, second = _run(tmp_path, settings, evaluate=_scores(0.0, 0.0))
    assert second.losses == half.losses
    assert _same(whole, again)


def test_a_run_says_how_it_stands_and_leaves_standard_output_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, outcome = _run(None, replace(SETTINGS, steps=3), evaluate=_scores(0.25), progress=True)
    assert re.fullmatch(r"loss \d\.\d{4}, best 0\.2500, [\d,]+ tokens/s", outcome.line())
    assert not capsys.readouterr().out


def test_epochs_are_counted_over_all_tasks() -> None:
    assert epoch_steps(_streams(), SETTINGS) == 3 + 2
    assert epoch_steps(_streams()[:1], replace(SETTINGS, batch_size=None, batch_tokens=10**6)) == 1


# --- two processes ---------------------------------------------------------------------------------------


def _one_of_two(rank: int, port: int, folder: str) -> None:
    os.environ.update(
        RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE="2", MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port)
    )
    torch.set_num_threads(1)
    with joined():
        settings = replace(SETTINGS, steps=8, checkpoint_every=4, evaluate_every=4)
        made, outcome = _run(Path(folder) / "run", settings, evaluate=_score)
        assert is_first() == (rank == 0)
        weights = {name: value.detach() for name, value in made.named_parameters()}
        state = {"losses": outcome.losses, "scores": outcome.scores, "tokens": outcome.tokens}
        checkpoint.write(Path(folder) / f"rank-{rank}", weights, state)


def test_two_processes_train_as_one_with_accumulation(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    spawn = multiprocessing.get_context("spawn")
    both = [spawn.Process(target=_one_of_two, args=(rank, port, str(tmp_path))) for rank in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join(timeout=120)
    assert [process.exitcode for process in both] == [0, 0]
    made, outcome = _run(None, replace(SETTINGS, steps=8, evaluate_every=4), evaluate=_score)
    found = [checkpoint.read(tmp_path / f"rank-{rank}") for rank in range(2)]
    assert sum(state["tokens"] for _, state in found) == outcome.tokens
    assert all(state["tokens"] > 0 for _, state in found)
    for weights, state in found:
        assert state["losses"] == pytest.approx(outcome.losses, rel=1e-5)
        assert [step for step, _ in state["scores"]] == [4, 8]
        # Adam makes a full step even of a gradient that is rounding alone: a few numbers may be apart.
        apart = torch.cat([(weights[name] - value).abs().view(-1) for name, value in made.named_parameters()])
        assert float(apart.detach().quantile(0.99)) <= 1e-6
    assert torch.equal(found[0][0]["encoder.words"], found[1][0]["encoder.words"])
