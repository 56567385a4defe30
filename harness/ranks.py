"""Several processes under torchrun: which device is mine, and joining the others."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import distributed


@contextmanager
def joined() -> Iterator[torch.device]:
    """Join the processes that torchrun started, if it did; `harness.train.fit` then shares the work.

    Yields:
        The device this process is to train on: its GPU, else the CPU.
    """
    count, local = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("LOCAL_RANK", "0"))
    cuda = torch.cuda.is_available()
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


def is_first() -> bool:
    """Whether this process is the one that writes files and scores."""
    return not (distributed.is_available() and distributed.is_initialized()) or distributed.get_rank() == 0
