"""What training refuses before it begins, and how it says that memory ran out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from harness.model import Model
from harness.packing import Pack
from harness.store import Store
from morphaug.errors import MorphaugError


def check_data(model: Model, name: str, store: Store, *, masked: bool, own_loss: bool) -> None:
    """Refuse data that a head cannot learn from, or would learn wrongly from without a word.

    Args:
        model: With the head.
        name: The head's.
        store: The data.
        masked: Whether tokens will be hidden.
        own_loss: Whether the loss is the head's own.

    Raises:
        MorphaugError: With the task and the remedy.
    """
    spec, encoder = model.head(name).spec, model.encoder
    if spec.kind != store.kind:
        raise MorphaugError(f"head '{name}' is for {spec.kind} data, and these are {store.kind} data")
    if store.labels and store.labels != spec.labels:
        raise MorphaugError(
            f"head '{name}' and its data have different labels: {spec.labels} and {store.labels}"
        )
    if store.kind == "mlm" and own_loss and not masked:
        raise MorphaugError(f"task '{name}': masked language modelling needs a masking")
    if store.kind == "mlm" and own_loss and encoder.whole is not None:
        raise MorphaugError("masked language modelling needs the whole word table", "do not make it compact")
    longest = int(store.lengths().max(initial=0))
    if longest > encoder.max_len:
        raise MorphaugError(
            f"task '{name}': a sequence of {longest} tokens, and the encoder has {encoder.max_len} positions",
            "encode the data with a smaller max_len",
        )


@contextmanager
def naming(step: int, task: str, pack: Pack) -> Iterator[None]:
    """Say which batch used up the memory, and what to do."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not isinstance(error, MemoryError | torch.OutOfMemoryError) and "allocate memory" not in str(
            error
        ):
            raise
        units = ", ".join(map(str, pack.units[:8].tolist())) + (", ..." if len(pack.units) > 8 else "")
        raise MorphaugError(
            f"step {step}, task {task}: out of memory in a pack of {pack.tokens} tokens, {len(pack.units)} units "
            f"({units}), longest sequence {pack.max_len}",
            "lower pack_tokens, or encode with a smaller max_len",
        ) from error
