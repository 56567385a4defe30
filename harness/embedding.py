"""Train only the rows of the word table that the data can reach; exactly, and the table is whole again after.

A row that no training example holds has no gradient, so AdamW moves it by weight decay alone: by the same
factor at every step. Keeping such rows out of the model is therefore exact once their decay is made up for
at the end, and of XLM-R's 250,002 rows a fine-tuning set holds a tenth. (Not for masked language modelling:
its softmax reaches every row.)
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from torch import nn

from harness.encoder import Encoder
from harness.store import Longs, Store
from morphaug.errors import MorphaugError


def used_rows(stores: Iterable[Store]) -> Longs:
    """The token ids that occur in any of these stores, sorted (training *and* development data)."""
    found = [np.unique(store.ids) for store in stores]
    return np.unique(np.concatenate(found)).astype(np.int64) if found else np.zeros(0, np.int64)


def compact(encoder: Encoder, rows: Longs) -> None:
    """Leave only these rows in the encoder's word table; the whole one waits in the encoder.

    The encoder then takes packs through `Encoder.rows`, which renumbers their ids.

    Args:
        encoder: Its ``words`` become a new parameter: make the optimiser afterwards.
        rows: Ids to keep, sorted, without repeats.

    Raises:
        MorphaugError: If it is compact already, or an id is outside the table.
    """
    if encoder.whole is not None:
        raise MorphaugError("the word table is compact already", "expand it first")
    if len(rows) and not 0 <= rows[0] <= rows[-1] < len(encoder.words):
        raise MorphaugError(
            f"token id {rows[-1]} is not in a word table of {len(encoder.words)} rows",
            "the data were tokenised for another encoder",
        )
    whole = encoder.words.detach()
    encoder.number = np.full(len(whole), -1, np.int64)
    encoder.number[rows] = np.arange(len(rows))
    encoder.whole = whole.cpu()
    encoder.words = nn.Parameter(whole[torch.from_numpy(rows).to(whole.device)].clone())


def expand(encoder: Encoder, decay: float = 1.0) -> None:
    """Put the trained rows back into the whole table, which the encoder then holds again.

    Args:
        encoder: A compact one; any other is left as it is.
        decay: What weight decay has made of a row without gradient: the product of (1 - rate × decay) over
            all steps (`harness.optim.Optimizer.decay`).
    """
    if encoder.whole is None or encoder.number is None:
        return
    encoder.words = nn.Parameter(whole_table(encoder, decay).to(encoder.device))
    encoder.whole = encoder.number = None


def whole_table(encoder: Encoder, decay: float = 1.0) -> torch.Tensor:
    """The whole word table as it now is, a copy on the CPU (see `expand`)."""
    if encoder.whole is None or encoder.number is None:
        return encoder.words.detach().cpu().clone()
    table = encoder.whole * decay
    table[torch.from_numpy(np.flatnonzero(encoder.number >= 0))] = encoder.words.detach().cpu()
    return table
