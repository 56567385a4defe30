"""Self-attention over sequences that lie end to end, none of which sees another: one function, three ways.

========================== ==================================================================================
CPU                        tiles: short sequences share a tile under a block mask, long ones have their own;
                           tiles of one width are one batched product. Dropout by `harness.kernels.Noise`
cuda, no dropout, 16 bit   ``torch.nn.attention.varlen.varlen_attn`` where this torch has it
cuda                       torch's scaled dot product attention over jagged tensors: flash attention, which
                           keeps attention dropout (varlen_attn and FlashAttention 4 have none)
========================== ==================================================================================
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from harness.kernels import Noise
from harness.packing import packs, ranges
from harness.store import Ints, Longs

try:
    from torch.nn.attention.varlen import varlen_attn
except ImportError:  # torch before 2.10
    varlen_attn = None

# Sequences up to this length share tiles of this width; longer ones are padded to a multiple of _ROUND.
# The probabilities of a chunk of tiles (_CHUNK numbers a head) stay in the processor's cache.
_NARROW, _ROUND, _CHUNK = 64, 32, 1 << 17


class Tiles(NamedTuple):
    """Tiles of one width.

    Args:
        index: Which token each place holds, int64 [n, width]; places without one repeat some token.
        bias: 0 where a place may look at another, else -inf, [n, 1, width, width]; None: all may.
    """

    index: Tensor
    bias: Tensor | None


class Layout(NamedTuple):
    """Where the sequences of a pack lie.

    Args:
        cu_seqlens: Where each begins, and T, int32 [S + 1], on the device.
        max_len: Tokens of the longest.
        tiles: The same as tiles; only for the CPU.
        back: For each token its place in all the tiles laid end to end, int64 [T]; only for the CPU.
    """

    cu_seqlens: Tensor
    max_len: int
    tiles: tuple[Tiles, ...] = ()
    back: Tensor | None = None


def layout(cu_seqlens: Ints, max_len: int, device: torch.device) -> Layout:
    """Prepare what `attend` needs, once for all layers of a pack.

    Args:
        cu_seqlens: Where each sequence begins, and T, int32 [S + 1].
        max_len: Tokens of the longest sequence.
        device: Where the model is.
    """
    if device.type != "cpu":
        starts = torch.from_numpy(cu_seqlens)
        return Layout(starts.pin_memory().to(device, non_blocking=True), max_len)
    lengths = np.diff(cu_seqlens).astype(np.int64)
    tiles: list[Tiles] = []
    places = np.empty(int(cu_seqlens[-1]), np.int64)
    used = 0
    for width, members in _widths(lengths):
        room = max(1, _CHUNK // (width * width))
        for start in range(0, len(members), room):
            tile = _tile(cu_seqlens, lengths, members[start : start + room], width, places, used)
            tiles.append(tile)
            used += tile.index.numel()
    return Layout(torch.from_numpy(cu_seqlens), max_len, tuple(tiles), torch.from_numpy(places))


def _widths(lengths: Longs) -> list[tuple[int, list[Longs]]]:
    """Which sequences share which tile: (width, the members of each tile of that width)."""
    short = np.flatnonzero(lengths <= _NARROW)
    found: list[tuple[int, list[Longs]]] = []
    if len(short):
        shared = [short[members] for members in packs(lengths[short], _NARROW)]
        found.append((int(max(lengths[members].sum() for members in shared)), shared))
    long = np.flatnonzero(lengths > _NARROW)
    rounded = -(-lengths[long] // _ROUND) * _ROUND
    for width in np.unique(rounded):
        members = long[rounded == width]
        found.append((int(lengths[members].max()), [members[i : i + 1] for i in range(len(members))]))
    return found


def _tile(
    cu_seqlens: Ints, lengths: Longs, tiles: list[Longs], width: int, places: Longs, used: int
) -> Tiles:
    """Lay sequences into tiles, and note in ``places`` where each token went."""
    index = np.zeros((len(tiles), width), np.int64)
    owner = np.full((len(tiles), width), -1, np.int64)
    for row, members in enumerate(tiles):
        tokens = ranges(cu_seqlens[members].astype(np.int64), lengths[members])
        index[row, : len(tokens)] = tokens
        owner[row, : len(tokens)] = np.repeat(members, lengths[members])
        places[tokens] = used + row * width + np.arange(len(tokens))
    # Places without a token look at each other, so that no row is empty; nobody reads what they find.
    apart = owner[:, :, None] != owner[:, None, :]
    bias = np.where(apart, np.float32(-np.inf), np.float32(0))[:, None] if apart.any() else None
    return Tiles(torch.from_numpy(index), None if bias is None else torch.from_numpy(bias))


def attend(qkv: Tensor, heads: int, where: Layout, dropout: float, noise: Noise | None) -> Tensor:
    """Softmax attention within each sequence.

    Args:
        qkv: Queries, keys and values of every token, [T, 3 d].
        heads: Number of heads; d is divided among them.
        where: The sequences (see `layout`).
        dropout: Chance of each attention weight to be dropped.
        noise: Where the random numbers come from; None drops nothing.

    Returns:
        [T, d].
    """
    chance = dropout if noise is not None else 0.0
    if qkv.device.type == "cpu":
        return _TileAttention.apply(qkv, heads, where, chance, noise)
    query, key, value = qkv.view(len(qkv), 3, heads, -1).unbind(1)
    if varlen_attn is not None and not chance and qkv.dtype != torch.float32:
        starts, longest = where.cu_seqlens, where.max_len
        return varlen_attn(query, key, value, starts, starts, longest, longest).flatten(1)
    return _jagged(query, key, value, where, chance)


def _jagged(query: Tensor, key: Tensor, value: Tensor, where: Layout, dropout: float) -> Tensor:
    """Torch's own attention over nested tensors: [T, heads, d / heads] each -> [T, d]."""
    jagged = tuple(
        torch.nested.nested_tensor_from_jagged(
            part.contiguous(), where.cu_seqlens.long(), min_seqlen=1, max_seqlen=where.max_len
        ).transpose(1, 2)
        for part in (query, key, value)
    )
    out = functional.scaled_dot_product_attention(jagged[0], jagged[1], jagged[2], dropout_p=dropout)
    return out.transpose(1, 2).values().flatten(1)


class _TileAttention(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, qkv: Tensor, heads: int, where: Layout, dropout: float, noise: Noise | None
    ) -> Tensor:
        width = qkv.shape[1] // 3
        scale = (width // heads) ** -0.5
        outs, saved = [], []
        for index, bias in where.tiles:
            query, key, value = _heads(qkv, index, heads, 3)
            scores = (query * scale) @ key.transpose(-1, -2)
            if bias is not None:
                scores += bias
            weights = torch.softmax(scores, -1)
            dropped, keep, ctx.grow = weights, None, 1.0
            if dropout > 0 and noise is not None:
                keep, ctx.grow = noise.keep(weights.shape, dropout)
                dropped = keep.to(qkv.dtype).mul_(weights)
            out = (dropped @ value).mul_(ctx.grow)
            outs.append(out.transpose(1, 2).reshape(-1, width))
            saved += [weights, keep]
        ctx.save_for_backward(qkv, *saved)
        ctx.heads, ctx.where = heads, where
        return torch.cat(outs)[where.back]

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None, None, None]:
        qkv, *saved = ctx.saved_tensors
        heads, where = ctx.heads, ctx.where
        scale = (qkv.shape[1] // 3 // heads) ** -0.5
        grads = []
        for number, (index, _) in enumerate(where.tiles):
            weights, keep = saved[2 * number : 2 * number + 2]
            query, key, value = _heads(qkv, index, heads, 3)
            (up,) = _heads(grad, index, heads, 1)
            mask = None if keep is None else keep.to(qkv.dtype).mul_(ctx.grow)
            # The gradient of dropout(softmax(scores)), through the mask and then the softmax.
            down = up @ value.transpose(-1, -2)
            if mask is not None:
                down *= mask
            scores = torch._softmax_backward_data(down, weights, -1, qkv.dtype)
            dropped = weights if mask is None else mask.mul_(weights)
            parts = (
                (scores @ key).mul_(scale),
                (scores.transpose(-1, -2) @ query).mul_(scale),
                dropped.transpose(-1, -2) @ up,
            )
            grads.append(torch.stack(parts).permute(1, 3, 0, 2, 4).reshape(-1, qkv.shape[1]))
        return torch.cat(grads)[where.back], None, None, None, None


def _heads(rows: Tensor, index: Tensor, heads: int, parts: int) -> tuple[Tensor, ...]:
    """[T, parts d] -> as many tensors [tiles, heads, width, d / heads] of the tokens in the tiles."""
    taken = rows[index.view(-1)].view(*index.shape, parts, heads, -1)
    return tuple(taken.permute(2, 0, 3, 1, 4).contiguous().unbind(0))
