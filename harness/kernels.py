"""Products and dropout: on a CPU several times faster than the plain calls, with the same results.

Two facts of torch's CPU build make a training step slow, and both have an exact way round:

* single precision products go to MKL, which is slow on processors that are not Intel's; oneDNN, in the same
  build, ran 2.2 times as fast on the machine this was written on;
* a dropout mask costs 5 ns a number (a Mersenne twister and one Bernoulli draw each). Here 16 random bits
  decide one number, from a small fast generator: 0.4 ns, and a mask is a pure function of its key.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

# The product that torch's own compiler emits for CPUs; not public, so it is used only where it exists.
_ONEDNN = torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_linear_pointwise")
_LEVELS = 1 << 16


class Noise:
    """The random numbers of one forward pass, fixed by its key: no generator's state to save.

    Keyed by (seed, step, pack) the masks are the same whatever was computed before, on however many
    processes, so a resumed run drops what the uninterrupted one would have dropped.

    Args:
        device: Where the masks are wanted. On cuda, torch's own generator is seeded from the key.
        key: Whole numbers ≥ 0.
    """

    def __init__(self, device: torch.device, *key: int) -> None:
        self.on_cpu = device.type == "cpu"
        seeds = np.random.SeedSequence(key)
        if self.on_cpu:
            self._bits = np.random.SFC64(seeds)
        else:
            torch.manual_seed(int(seeds.generate_state(1, np.uint64)[0] >> np.uint64(1)))

    def keep(self, shape: tuple[int, ...] | torch.Size, dropout: float) -> tuple[Tensor, float]:
        """What survives dropout, on the CPU.

        Args:
            shape: Of the numbers to drop from.
            dropout: Chance of each to be dropped (to within 1/131072).

        Returns:
            uint8 tensor, 1 where kept; and what to multiply the kept numbers with.
        """
        size = int(np.prod(shape))
        bits = self._bits.random_raw(-(-size // 4)).view(np.uint16)[:size]
        kept = min(max(round((1 - dropout) * _LEVELS), 1), _LEVELS - 1)
        return torch.from_numpy((bits < np.uint16(kept)).view(np.uint8)).view(shape), _LEVELS / kept


class _Linear(torch.autograd.Function):
    """x W' + b with all three products in oneDNN."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        return _product(x, weight, bias)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor, Tensor]:
        x, weight = ctx.saved_tensors
        grad = grad.contiguous()
        back = _product(grad, weight.t()) if ctx.needs_input_grad[0] else None
        return back, _product(grad.t(), x.t()), grad.sum(0)


class _LinearCopy(torch.autograd.Function):
    """x W' + b computed with a copy of W in lower precision; the gradient goes to W itself, in W's precision."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, copy: Tensor) -> Tensor:
        del weight  # only its gradient is wanted
        ctx.save_for_backward(x, copy)
        return functional.linear(x, copy, bias.to(copy.dtype))

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor, Tensor, None]:
        x, copy = ctx.saved_tensors
        back = grad @ copy if ctx.needs_input_grad[0] else None
        return back, (grad.t() @ x).float(), grad.sum(0, dtype=torch.float32), None


def in_onednn(x: Tensor) -> bool:
    """Whether `linear` and `matmul` take this first factor to oneDNN."""
    return _ONEDNN and x.dtype == torch.float32 and x.device.type == "cpu" and len(x) > 0


def linear(x: Tensor, weight: Tensor, bias: Tensor, copy: Tensor | None = None) -> Tensor:
    """x W' + b.

    Args:
        x: [T, in], in the precision of ``copy`` where that is given.
        weight: [out, in], the fp32 master.
        bias: [out].
        copy: The weight in the precision to compute in (see `harness.encoder.Encoder.set_precision`).

    Returns:
        [T, out].
    """
    if copy is not None:
        return _LinearCopy.apply(x, weight, bias, copy)
    if in_onednn(x):
        return _Linear.apply(x, weight, bias)
    return functional.linear(x, weight, bias)


def matmul(x: Tensor, y: Tensor, out: Tensor | None = None) -> Tensor:
    """x y; two matrices in oneDNN where it has single precision products, two batches of them in one call.

    Args:
        x: [m, k], or [n, m, k].
        y: [k, l], or [n, k, l].
        out: Where to write it; default: a new tensor.

    Returns:
        [m, l], or [n, m, l]. No gradient flows back.
    """
    if x.ndim == 3 or not in_onednn(x):
        return torch.matmul(x, y, out=out)
    # oneDNN reads its second factor in any order, but its first only row by row.
    product = _product(x, y.t()) if x.is_contiguous() else _product(y.t(), x).t()
    return product if out is None else out.copy_(product)


class _DropoutAdd(torch.autograd.Function):
    """residual + dropout(x) in one pass."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, residual: Tensor | None, dropout: float, noise: Noise) -> Tensor:
        keep, ctx.scale = noise.keep(x.shape, dropout)
        ctx.save_for_backward(keep)
        if residual is None:
            return x * keep.to(x.dtype).mul_(ctx.scale)
        return torch.addcmul(residual, x, keep.to(x.dtype), value=ctx.scale)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor | None, None, None]:
        (keep,) = ctx.saved_tensors
        back = keep.to(grad.dtype).mul_(ctx.scale).mul_(grad)
        return back, grad if ctx.needs_input_grad[1] else None, None, None


def dropout_add(x: Tensor, residual: Tensor | None, dropout: float, noise: Noise | None) -> Tensor:
    """residual + dropout(x); without noise (evaluation) or dropout just the sum.

    Args:
        x: What is dropped from.
        residual: What is added afterwards; None adds nothing.
        dropout: Chance of each number to become 0; the others grow by 1 / (1 - dropout).
        noise: Where the random numbers come from; None drops nothing.
    """
    if noise is not None and dropout > 0:
        if noise.on_cpu:
            return _DropoutAdd.apply(x, residual, dropout, noise)
        x = functional.dropout(x, dropout)
    return x if residual is None else x + residual


def _product(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    return torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")
