"""The one training loop: what step s does is a pure function of (seed, s) and of the weights before it.

Data order, masks, task order and dropout are keyed by the step, so a run that is resumed at any checkpoint
goes on bit for bit as if it had never stopped. Under torchrun the packs of a step are dealt over the
processes and the gradients summed once: the same losses as one process that takes all packs in turn.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor

from harness import checkpoint, ranks
from harness.consistency import Consistency
from harness.guards import check_data, naming
from harness.kernels import Noise
from harness.model import Batch, Model, to_device
from harness.optim import Optimizer
from harness.packing import Masking, Pack, Sampler, collate, packs, schedule
from harness.progress import bar
from harness.store import Store
from morphaug.errors import MorphaugError, UnknownName

Objective: TypeAlias = Callable[[Model, Batch, Noise], Tensor]
PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16}
_DROPOUT = 4  # the purpose of these random numbers: harness.packing has the others
_LOOK = 20  # steps between two looks at a device's losses


@dataclass(frozen=True, slots=True)
class Stream:
    """One task's training data.

    Args:
        head: The head that learns from them.
        store: The data.
        weight: Share of the steps, relative to the other streams' (see `harness.packing.mixing_weights`).
        masking: For mlm.
        objective: Instead of the head's own loss: (model, batch, noise) -> loss summed over the pack's items.
        consistency: Makes the packs, with a twin beside a unit, and adds what they should agree on to the loss.
    """

    head: str
    store: Store
    weight: float = 1.0
    masking: Masking | None = None
    objective: Objective | None = None
    consistency: Consistency | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """How to train.

    Args:
        steps: Optimiser steps (see `epoch_steps`).
        lr: Highest learning rate.
        seed: Of data order, tasks, masks and dropout.
        batch_size: Units of a step; or
        batch_tokens: tokens of a step, about.
        pack_tokens: Most tokens of one forward pass: memory and speed. The gradient is the same for any cutting,
            up to which numbers dropout happens to take.
        warmup: Steps of warm-up.
        weight_decay: Of matrices and embeddings.
        clip: Largest global gradient norm; 0: no clipping.
        precision: "fp32", or "bf16" for products with 16-bit copies beside the fp32 masters.
        contrast: retrieve: how many pairs are scored against each other; default: all of a step.
        evaluate_every: Steps between evaluations; 0: only after the last step.
        patience: Stop after this many evaluations without a better score; 0: never.
        checkpoint_every: Steps between checkpoints; 0: none.
    """

    steps: int
    lr: float
    seed: int = 0
    batch_size: int | None = 32
    batch_tokens: int | None = None
    pack_tokens: int = 4096
    warmup: int = 0
    weight_decay: float = 0.0
    clip: float = 1.0
    precision: str = "fp32"
    contrast: int | None = None
    evaluate_every: int = 0
    patience: int = 0
    checkpoint_every: int = 0


@dataclass(slots=True)
class Outcome:
    """What a run came to; the model holds the weights of ``best_step``.

    Args:
        step: Optimiser steps done.
        losses: Mean loss of each step.
        scores: (steps done, score) of every evaluation.
        best_step: The steps behind the weights that the model now has.
        decay: What `harness.embedding.expand` needs with those weights.
        tokens: Real tokens trained on, in this process's part of the run since it was last started.
        seconds: Time in training steps, evaluation and checkpoints not counted, likewise.
        notes: What went on that a person should know (damaged checkpoints passed over, early stop).
    """

    step: int = 0
    losses: list[float] = field(default_factory=list)
    scores: list[tuple[int, float]] = field(default_factory=list)
    best_step: int = 0
    decay: float = 1.0
    tokens: int = 0
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)

    @property
    def best_score(self) -> float | None:
        """The best score, if there was an evaluation."""
        return max((score for _, score in self.scores), default=None)

    def line(self) -> str:
        """How it stands, in a few words."""
        recent = self.losses[-_LOOK:] or [float("nan")]
        best = f", best {self.best_score:.4f}" if self.scores else ""
        speed = self.tokens / self.seconds if self.seconds else 0.0
        return f"loss {sum(recent) / len(recent):.4f}{best}, {speed:,.0f} tokens/s"


def epoch_steps(streams: Sequence[Stream], settings: Settings) -> int:
    """The steps in which, on average, every unit of every stream is visited once."""
    return sum(_sampler(stream, settings).steps_per_epoch for stream in streams)


def fit(
    model: Model,
    streams: Sequence[Stream],
    settings: Settings,
    *,
    folder: Path | None = None,
    evaluate: Callable[[Model], float] | None = None,
    progress: bool = False,
) -> Outcome:
    """Train a model in place, going on from the newest checkpoint in ``folder`` if there is one.

    Args:
        model: On its device; with a compact word table if wanted.
        streams: At least one.
        settings: See `Settings`.
        folder: For checkpoints; None keeps none.
        evaluate: Gives a score, higher is better; the weights with the best score are kept, the last ones
            without it. Called in the first process only.
        progress: Draw a progress bar with the loss and real tokens per second.

    Returns:
        What it came to.

    Raises:
        MorphaugError: If a loss is not finite (a checkpoint of the weights before that step is left), memory
            runs out (the batch is named) or a checkpoint cannot be written.
    """
    run = _Run(model, streams, settings, folder)
    with bar(settings.steps, progress and run.rank == 0) as show:
        run.resume()
        while run.outcome.step < settings.steps and not run.stopped():
            run.train_step()
            show(run.outcome.step, run.outcome.line())
            done, last = run.outcome.step, run.outcome.step == settings.steps
            if evaluate and (last or (settings.evaluate_every and done % settings.evaluate_every == 0)):
                run.judge(evaluate)
            if settings.checkpoint_every and (last or done % settings.checkpoint_every == 0):
                run.save()
        run.look()
    run.finish()
    return run.outcome


def step_packs(stream: Stream, settings: Settings, index: int, first_position: int) -> list[Pack]:
    """The packs of a stream's step (its own count, from 0), the same however many processes there are."""
    epoch, units = _sampler(stream, settings).at(index)
    if stream.consistency is not None:
        return stream.consistency.packs(units, epoch, settings.pack_tokens, first_position)
    if stream.store.kind == "retrieve":
        size = settings.contrast or len(units)
        groups = [units[start : start + size] for start in range(0, len(units), size)]
    else:
        first, starts = stream.store.first, stream.store.starts
        lengths = starts[first[units + 1]] - starts[first[units]]
        groups = [units[members] for members in packs(lengths, settings.pack_tokens)]
    return [
        collate(stream.store, group, first_position=first_position, masking=stream.masking, epoch=epoch)
        for group in groups
    ]


def backward(model: Model, stream: Stream, pack: Pack, items: int, noise: Noise) -> Tensor:
    """Add a pack's share of the step's gradient; returns its share of the step's mean loss, detached."""
    batch = to_device(model.encoder.rows(pack), model.encoder.device)
    objective = stream.objective if stream.consistency is None else stream.consistency.loss
    if objective is None:
        summed, _ = model.loss(batch, stream.head, noise)
    else:
        summed = objective(model, batch, noise)
    share = summed / items
    share.backward()
    return share.detach()


class _Run:
    """The state of one call of `fit`."""

    def __init__(
        self, model: Model, streams: Sequence[Stream], settings: Settings, folder: Path | None
    ) -> None:
        if not streams:
            raise MorphaugError("there is nothing to train on")
        if settings.precision not in PRECISIONS:
            raise UnknownName("precision", settings.precision, PRECISIONS)
        for stream in streams:
            masked, own_loss = stream.masking is not None, stream.objective is None
            check_data(model, stream.head, stream.store, masked=masked, own_loss=own_loss)
        self.model, self.streams, self.settings, self.folder = model, streams, settings, folder
        model.encoder.set_precision(PRECISIONS[settings.precision])
        self.optimizer = Optimizer(
            model,
            steps=settings.steps,
            lr=settings.lr,
            warmup=settings.warmup,
            weight_decay=settings.weight_decay,
            clip=settings.clip,
        )
        self.tasks = schedule(settings.seed, settings.steps, [stream.weight for stream in streams])
        # How often a step's task had been drawn before it: the task's own step.
        counts = np.stack([np.cumsum(self.tasks == number) - 1 for number in range(len(streams))])
        self.own = counts[self.tasks, np.arange(settings.steps)]
        self.outcome = Outcome()
        self.pending: list[Tensor] = []
        self.best: dict[str, Tensor] = {}
        self.waits = model.encoder.device.type == "cpu"
        self.rank, self.world = ranks.place()

    def train_step(self) -> None:
        """One optimiser step."""
        began, step = time.perf_counter(), self.outcome.step
        encoder, stream = self.model.encoder, self.streams[int(self.tasks[step])]
        every = step_packs(stream, self.settings, int(self.own[step]), encoder.first_position)
        items = sum(pack.items for pack in every)
        loss = torch.zeros((), device=encoder.device)
        for number, pack in enumerate(every):
            if number % self.world == self.rank and pack.items:
                noise = Noise(encoder.device, _DROPOUT, self.settings.seed, step, number)
                with naming(step, stream.head, pack):
                    loss += backward(self.model, stream, pack, items, noise)
                self.outcome.tokens += pack.tokens
        if items:
            trained = [*encoder.parameters(), *self.model.head(stream.head).parameters()]
            loss = ranks.summed(loss, trained)
            # A gradient that is not finite shows in the loss; the optimiser has not applied it.
            loss = loss + 0 * self.optimizer.step(step)
        self.pending.append(loss)
        self.outcome.step += 1
        if self.waits or self.outcome.step % _LOOK == 0:
            self.look()
        self.outcome.seconds += time.perf_counter() - began

    def look(self) -> None:
        """Fetch the losses that are still on the device, and stop at one that is not finite."""
        if not self.pending:
            return
        losses = torch.stack(self.pending).tolist()
        self.pending.clear()
        first = self.outcome.step - len(losses)
        wrong = [number for number, loss in enumerate(losses) if not np.isfinite(loss)]
        if not wrong:
            self.outcome.losses += losses
            return
        left = ""
        if self.waits:
            self.outcome.step = first
            if self.folder is not None:
                self.save()
                left = f"; the weights before it are in {self.folder}"
        step = first + wrong[0]
        raise MorphaugError(
            f"step {step}, task {self.streams[int(self.tasks[step])].head}: the loss or its gradient is not finite{left}",
            "lower lr, lengthen the warm-up, or use precision: fp32",
        )

    def judge(self, evaluate: Callable[[Model], float]) -> None:
        """Score the weights, and keep them if they are the best so far."""
        self.look()
        score = ranks.told(evaluate(self.model) if self.rank == 0 else 0.0, self.model.encoder.device)
        before, outcome = self.outcome.best_score, self.outcome
        outcome.scores.append((outcome.step, score))
        if before is None or score > before:
            outcome.best_step, outcome.decay = outcome.step, self.optimizer.decay
            self.best = {name: value.detach().cpu().clone() for name, value in self.model.named_parameters()}

    def stopped(self) -> bool:
        """Whether patience has run out."""
        outcome, patience = self.outcome, self.settings.patience
        since = sum(step > outcome.best_step for step, _ in outcome.scores)
        if not patience or since < patience:
            return False
        outcome.notes.append(f"stopped after step {outcome.step}: {since} evaluations without a better score")
        return True

    def save(self) -> None:
        """Write a checkpoint of this moment."""
        self.look()
        if self.folder is None or self.rank != 0:
            return
        tensors = {f"model/{name}": value.detach() for name, value in self.model.named_parameters()}
        tensors |= {f"adam/{name}": value for name, value in self.optimizer.tensors().items()}
        tensors |= {f"best/{name}": value for name, value in self.best.items()}
        tensors["losses"] = torch.tensor(self.outcome.losses, dtype=torch.float64)
        state = {
            "run": self._identity(),
            "decay": self.optimizer.decay,
            "scores": self.outcome.scores,
            "best_step": self.outcome.best_step,
            "best_decay": self.outcome.decay,
        }
        checkpoint.save_step(self.folder, checkpoint.Saved(self.outcome.step, tensors, state))

    def resume(self) -> None:
        """Take up the newest undamaged checkpoint, if there is one."""
        if self.folder is None:
            return
        saved, notes = checkpoint.load_latest(self.folder)
        self.outcome.notes += notes
        if saved is None:
            return
        if saved.state["run"] != self._identity():
            raise MorphaugError(
                f"the checkpoints in {self.folder} are of another run", "delete them, or name another folder"
            )
        parts: dict[str, dict[str, Tensor]] = {"model": {}, "adam": {}, "best": {}}
        losses = saved.tensors.pop("losses")
        for key, value in saved.tensors.items():
            kind, _, name = key.partition("/")
            parts[kind][name] = value
        self._put(parts["model"])
        self.optimizer.restore(parts["adam"], saved.state["decay"])
        self.best = parts["best"]
        self.outcome.step, self.outcome.losses = saved.step, losses.tolist()
        self.outcome.scores = [(int(step), float(score)) for step, score in saved.state["scores"]]
        self.outcome.best_step, self.outcome.decay = saved.state["best_step"], saved.state["best_decay"]

    def finish(self) -> None:
        """Leave the model with its best weights."""
        if self.best:
            self._put(self.best)
        else:
            self.outcome.best_step, self.outcome.decay = self.outcome.step, self.optimizer.decay

    def _put(self, weights: dict[str, Tensor]) -> None:
        with torch.no_grad():
            for name, parameter in self.model.named_parameters():
                parameter.copy_(weights[name])
        self.model.encoder.refresh()

    def _identity(self) -> dict[str, Any]:
        """What has to be the same for a checkpoint to be gone on from (as JSON gives it back)."""
        streams = [
            [s.head, s.weight, s.store.kind, s.store.units, s.store.tokens]
            + ([] if s.consistency is None else [s.consistency.identity()])
            for s in self.streams
        ]
        shapes = {name: list(value.shape) for name, value in self.model.named_parameters()}
        return {"settings": asdict(self.settings), "streams": streams, "shapes": shapes}


@lru_cache(maxsize=64)
def _sampler(stream: Stream, settings: Settings) -> Sampler:
    return Sampler(stream.store.unit_lengths(), settings.seed, settings.batch_size, settings.batch_tokens)
