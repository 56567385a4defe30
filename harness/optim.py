"""AdamW as the recipes have it: decay on matrices only, linear warm-up and decay, clipping by the global norm."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from harness.model import Model
from morphaug.errors import MorphaugError


def rate(step: int, steps: int, lr: float, warmup: int) -> float:
    """The learning rate of a step (from 0): linear up over ``warmup`` steps, then linear down to 0 at ``steps``.

    As in transformers' ``get_linear_schedule_with_warmup``: with a warm-up the first step's rate is 0.
    """
    if step < warmup:
        return lr * step / warmup
    return lr * max(0.0, (steps - step) / max(1, steps - warmup))


class Optimizer:
    """AdamW over a model's parameters; one `step` per optimiser step.

    Args:
        model: Its parameters as they now are (make the word table compact first).
        steps: Length of the schedule.
        lr: Highest learning rate.
        warmup: Steps of warm-up.
        weight_decay: Of the matrices and embeddings; biases and layer norms have none.
        clip: Largest global norm of the gradient; 0 does not clip.
        betas: Of the two moving averages.
        eps: Added to the root of the second.
    """

    def __init__(
        self,
        model: Model,
        *,
        steps: int,
        lr: float,
        warmup: int = 0,
        weight_decay: float = 0.0,
        clip: float = 1.0,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        if lr < 0 or weight_decay < 0 or clip < 0 or warmup < 0 or steps < 1:
            raise MorphaugError("lr, weight_decay, clip and warmup cannot be negative, nor steps 0")
        self.model, self.steps, self.lr, self.warmup = model, steps, lr, warmup
        self.weight_decay, self.clip = weight_decay, clip
        # What decay alone has made of a row of the word table that never had a gradient.
        self.decay = 1.0
        named = [(name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]
        groups = [
            {"params": [p for n, p in named if _decays(n, p)], "weight_decay": weight_decay},
            {"params": [p for n, p in named if not _decays(n, p)], "weight_decay": 0.0},
        ]
        self._adam = torch.optim.AdamW(groups, lr=lr, betas=betas, eps=eps, fused=True)
        self._names = {parameter: name for name, parameter in named}

    def step(self, step: int) -> Tensor:
        """Apply the gradients that have been accumulated and clear them; a gradient that is not finite is not applied.

        Args:
            step: Which optimiser step this is (from 0): it fixes the learning rate.

        Returns:
            The gradient's global norm before clipping; on the device, not waited for.
        """
        norm = global_norm(self.model)
        now = rate(step, self.steps, self.lr, self.warmup)
        for group in self._adam.param_groups:
            group["lr"] = now
        shrink = torch.clamp((norm + 1e-6) / self.clip, min=1.0) if self.clip else torch.ones_like(norm)
        # The fused kernel divides by grad_scale and skips where found_inf: no pass over the gradients for
        # clipping, and no waiting for the device.
        self._adam.grad_scale = shrink
        self._adam.found_inf = (~torch.isfinite(norm)).float()
        self._adam.step()
        self._adam.zero_grad(set_to_none=True)
        # On a GPU nobody knows yet whether the step was skipped; a run that goes on after one is lost anyway.
        if norm.device.type != "cpu" or bool(torch.isfinite(norm)):
            self.decay *= 1 - now * self.weight_decay
        self.model.encoder.refresh()
        return norm

    def tensors(self) -> dict[str, Tensor]:
        """The moving averages by parameter name, for a checkpoint."""
        return {
            f"{self._names[parameter]}/{key}": value
            for parameter, state in self._adam.state.items()
            for key, value in state.items()
        }

    def restore(self, tensors: dict[str, Tensor], decay: float) -> None:
        """Take up what `tensors` gave and the `decay` of that moment."""
        self.decay = decay
        parameters = {name: parameter for parameter, name in self._names.items()}
        self._adam.state.clear()
        for key, value in tensors.items():
            name, _, part = key.rpartition("/")
            parameter = parameters[name]
            self._adam.state[parameter][part] = value.to(parameter.device).clone()


def global_norm(model: nn.Module) -> Tensor:
    """The norm of all gradients together, fp32.

    The word table's is summed row by row and then in double precision, so that rows without gradient, which
    a compact table lacks, do not change the rounding.
    """
    words = model.encoder.words if isinstance(model, Model) else None
    others = [p.grad for p in model.parameters() if p.grad is not None and p is not words]
    squares = [torch.stack(torch._foreach_norm(others)).double().square().sum()] if others else []
    if words is not None and words.grad is not None:
        squares.append(torch.linalg.vector_norm(words.grad, dim=1).double().square().sum())
    if not squares:
        raise MorphaugError("no parameter has a gradient")
    return torch.stack(squares).sum().sqrt().float()


def _decays(name: str, parameter: nn.Parameter) -> bool:
    """Matrices and embeddings decay; biases, layer norms and single numbers do not."""
    return parameter.ndim > 1 and not name.endswith("bias")
