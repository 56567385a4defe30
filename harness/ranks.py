"""Several processes under torchrun: which device is mine, and joining the others."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, distributed, nn

from morphaug.errors import MorphaugError


@contextmanager
def joined(wanted: str = "auto") -> Iterator[torch.device]:
    """Join the processes that torchrun started, if it did; `harness.train.fit` then shares the work.

    Args:
        wanted: "cpu", "cuda", or "auto" for a GPU where there is one.

    Yields:
        The device this process is to train on: its GPU, else the CPU.

    Raises:
        MorphaugError: There is no GPU, and one is wanted.
    """
    count, local = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("LOCAL_RANK", "0"))
    if wanted == "cuda" and not torch.cuda.is_available():
        raise MorphaugError("device: cuda is not available here", "set device: cpu")
    cuda = wanted != "cpu" and torch.cuda.is_available()
    device = torch.device("cuda", local) if cuda else torch.device("cpu")
    if cuda:
        torch.cuda.set_device(device)
    if count == 1:
        yield device
        return
    distributed.init_process_group("nccl" if cuda else "gloo")
    try:
        yield device
    finally:
        distributed.destroy_process_group()


def place() -> tuple[int, int]:
    """Which process this is, and of how many."""
    if not (distributed.is_available() and distributed.is_initialized()):
        return 0, 1
    return distributed.get_rank(), distributed.get_world_size()


def is_first() -> bool:
    """Whether this process is the one that writes files and scores."""
    return place()[0] == 0


def summed(loss: Tensor, parameters: Sequence[nn.Parameter]) -> Tensor:
    """Sum a loss and the gradients over the processes, in one exchange.

    Args:
        loss: This process's share.
        parameters: In the same order everywhere; one without a gradient here counts as 0.

    Returns:
        The summed loss; the gradients are replaced by their sums.
    """
    if place()[1] == 1:
        return loss
    grads = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
    flat = torch.cat([loss.view(1), *(grad.reshape(-1) for grad in grads)])
    distributed.all_reduce(flat)
    parts = flat[1:].split([grad.numel() for grad in grads])
    for parameter, part in zip(parameters, parts, strict=True):
        parameter.grad = part.view_as(parameter)
    return flat[0]


def told(number: float, device: torch.device) -> float:
    """The first process's number, everywhere."""
    if place()[1] == 1:
        return number
    shared = torch.tensor([number], dtype=torch.float64, device=device)
    distributed.broadcast(shared, 0)
    return float(shared)
