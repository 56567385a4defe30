"""Self-attention over sequences that lie end to end, none of which sees another: one function, three ways.

========================== ==================================================================================
CPU                        tiles: short sequences share a tile under a block mask, long ones have their own;
                           tiles of one width are one batched product, those of the longest a product a
                           head. Dropout by `harness.kernels.Noise`
cuda, no dropout, 16 bit   ``torch.nn.attention.varlen.varlen_attn`` where this torch has it
cuda                       torch's scaled dot product attention over jagged tensors: flash attention, which
                           keeps attention dropout (varlen_attn and FlashAttention 4 have none)
========================== ==================================================================================
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from harness.kernels import Noise, in_onednn, matmul
from harness.packing import packs, ranges
from harness.store import Ints, Longs

try:
    from torch.nn.attention.varlen import varlen_attn
except ImportError:  # torch before 2.10
    varlen_attn = None

# Sequences up to _NARROW share tiles of this width; longer ones are padded to a multiple of _ROUND. Those
# above _WIDE are not, and in single precision each is computed head by head, which lets oneDNN multiply.
# The probabilities of a chunk of tiles (_CHUNK numbers a head) stay in the processor's cache.
_NARROW, _WIDE, _ROUND, _CHUNK = 64, 256, 32, 1 << 15


class Tiles(NamedTuple):
    """Some tiles of one width.

    Args:
        tokens: Which token each place holds, int64 [n, width]; places without one hold some token again.
        real: Which places hold a token of their own, bool [n, width].
        bias: 0 where a place may look at another, else -inf, [n, 1, width, width]; None: all may.
    """

    tokens: Longs
    real: npt.NDArray[np.bool_]
    bias: Tensor | None


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Where the sequences of a pack lie.

    Args:
        cu_seqlens: Where each begins, and T, int32 [S + 1], on the device.
        max_len: Tokens of the longest.
        tiles: The same as tiles; only for the CPU.
        moves: For a number of rows that a token has: see `_moves`; filled when needed, once for all layers.
    """

    cu_seqlens: Tensor
    max_len: int
    tiles: tuple[Tiles, ...] = ()
    moves: dict[tuple[int, int], tuple[Tensor, Tensor]] = field(default_factory=dict)


def layout(cu_seqlens: Ints, max_len: int, device: torch.device) -> Layout:
    """Prepare what `attend` needs, once for all layers of a pack.

    Args:
        cu_seqlens: Where each sequence begins, and T, int32 [S + 1].
        max_len: Tokens of the longest sequence.
        device: Where the model is.
    """
    starts = torch.from_numpy(cu_seqlens)
    if device.type != "cpu":
        return Layout(starts.pin_memory().to(device, non_blocking=True), max_len)
    lengths = np.diff(cu_seqlens).astype(np.int64)
    tiles: list[Tiles] = []
    for width, members in _widths(lengths):
        room = max(1, _CHUNK // (width * width))
        for start in range(0, len(members), room):
            tiles.append(_tile(cu_seqlens, lengths, members[start : start + room], width))
    return Layout(starts, max_len, tuple(tiles))


def _widths(lengths: Longs) -> list[tuple[int, list[Longs]]]:
    """Which sequences share which tile: (width, the members of each tile of that width)."""
    short = np.flatnonzero(lengths <= _NARROW)
    found: list[tuple[int, list[Longs]]] = []
    if len(short):
        shared = [short[members] for members in packs(lengths[short], _NARROW)]
        found.append((int(max(lengths[members].sum() for members in shared)), shared))
    long = np.flatnonzero(lengths > _NARROW)
    rounded = np.where(lengths[long] > _WIDE, lengths[long], -(-lengths[long] // _ROUND) * _ROUND)
    for width in np.unique(rounded):
        members = long[rounded == width]
        found.append((int(lengths[members].max()), [members[i : i + 1] for i in range(len(members))]))
    return found


def _tile(cu_seqlens: Ints, lengths: Longs, tiles: list[Longs], width: int) -> Tiles:
    """Lay sequences into tiles of one width."""
    index = np.zeros((len(tiles), width), np.int64)
    owner = np.full((len(tiles), width), -1, np.int64)
    for row, members in enumerate(tiles):
        tokens = ranges(cu_seqlens[members].astype(np.int64), lengths[members])
        index[row, : len(tokens)] = tokens
        owner[row, : len(tokens)] = np.repeat(members, lengths[members])
    # Places without a token look at each other, so that no row is empty; nobody reads what they find.
    apart = owner[:, :, None] != owner[:, None, :]
    bias = np.where(apart, np.float32(-np.inf), np.float32(0))[:, None] if apart.any() else None
    return Tiles(index, owner >= 0, None if bias is None else torch.from_numpy(bias))


def _moves(where: Layout, parts: int, heads: int) -> tuple[Tensor, Tensor]:
    """How [T, parts, heads, d / heads] becomes all tiles' [parts, tiles, heads, width, d / heads] and back.

    Returns:
        For each row of the tiles the row of the tokens; and for each row of the tokens that of the tiles.
    """
    if (parts, heads) not in where.moves:
        own = np.arange(parts)[:, None, None, None] * heads + np.arange(heads)[:, None]
        rows = [(tile.tokens[:, None] * (parts * heads) + own).reshape(-1) for tile in where.tiles]
        shape = (parts, 1, heads, 1)
        real = [
            np.broadcast_to(
                tile.real[:, None] & np.ones(shape, bool), (parts, len(tile.real), heads, tile.real.shape[1])
            ).reshape(-1)
            for tile in where.tiles
        ]
        there, true = np.concatenate(rows), np.concatenate(real)
        back = np.empty(int(where.cu_seqlens[-1]) * parts * heads, np.int64)
        back[there[true]] = np.flatnonzero(true)
        where.moves[parts, heads] = torch.from_numpy(there), torch.from_numpy(back)
    return where.moves[parts, heads]


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
    """Attention tile by tile; rows are moved into the tiles and out of them by one gather each."""

    @staticmethod
    def forward(
        ctx: Any, qkv: Tensor, heads: int, where: Layout, dropout: float, noise: Noise | None
    ) -> Tensor:
        size = qkv.shape[1] // 3 // heads
        moved = qkv.reshape(-1, size).index_select(0, _moves(where, 3, heads)[0])
        out = qkv.new_empty(len(moved) // 3, size)
        saved: list[Tensor | None] = []
        ctx.grow = 1.0
        for bias, (query, key, value, into) in _blocks(where, heads, moved, out):
            scores = matmul(query * size**-0.5, key.mT)
            if bias is not None:
                scores.view(len(bias), heads, *scores.shape[1:]).add_(bias)
            weights = torch.softmax(scores, -1)
            dropped, keep = weights, None
            if dropout > 0 and noise is not None:
                keep, ctx.grow = noise.keep(weights.shape, dropout)
                dropped = torch.mul(keep.to(qkv.dtype), weights, out=scores)
            matmul(dropped, value, out=into)
            saved += [weights, keep]
        ctx.save_for_backward(moved, *saved)
        ctx.heads, ctx.where = heads, where
        return out.index_select(0, _moves(where, 1, heads)[1]).mul_(ctx.grow).view(len(qkv), -1)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None, None, None]:
        moved, *saved = ctx.saved_tensors
        heads, where = ctx.heads, ctx.where
        size = moved.shape[1]
        ups = grad.reshape(-1, size).index_select(0, _moves(where, 1, heads)[0]).mul_(ctx.grow)
        out = torch.empty_like(moved)
        for number, (_, views) in enumerate(_blocks(where, heads, moved, ups, out)):
            query, key, value, up, to_query, to_key, to_value = views
            weights, keep = saved[2 * number : 2 * number + 2]
            # The gradient of dropout(softmax(scores)), through the mask and then the softmax.
            down, dropped = matmul(up, value.mT), weights
            if keep is not None:
                mask = keep.to(moved.dtype)
                down *= mask
                dropped = mask.mul_(weights)
            scores = torch._softmax_backward_data(down, weights, -1, moved.dtype)
            matmul(dropped.mT, up, out=to_value)
            matmul(scores, key * size**-0.5, out=to_query)
            matmul(scores.mT, query * size**-0.5, out=to_key)
        return out.index_select(0, _moves(where, 3, heads)[1]).view(len(grad), -1), None, None, None, None


def _blocks(where: Layout, heads: int, *moved: Tensor) -> Iterator[tuple[Tensor | None, tuple[Tensor, ...]]]:
    """What one product takes at a time of rows that were moved into the tiles (see `_moves`).

    Returns:
        For each group of tiles its bias, and of each tensor in turn a view of each of its parts,
        [tiles x heads, width, d / heads]; of a sequence longer than _WIDE, where oneDNN takes its rows,
        the same for each head, [width, d / heads].
    """
    start, rows = 0, heads * sum(tile.tokens.size for tile in where.tiles)
    for tile in where.tiles:
        count, width = tile.tokens.shape
        end = start + count * heads * width
        views: list[Tensor] = []
        for tensor in moved:
            parts = len(tensor) // rows
            views += tensor[parts * start : parts * end].view(parts, count * heads, width, -1).unbind(0)
        if width > _WIDE and in_onednn(views[0]):
            yield from (
                (None, matrices) for matrices in zip(*(view.unbind(0) for view in views), strict=True)
            )
        else:
            yield tile.bias, tuple(views)
        start = end
