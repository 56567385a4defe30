"""XLM-R's encoder on sequences laid end to end: what transformers' XLMRobertaModel computes, without padding.

The forward pass is thirty lines because packed input needs no masks, no caches and no second attention
path. Weights come from and go back to XLM-R folders (``config.json``, ``model.safetensors``), which
`transformers.XLMRobertaModel.from_pretrained` reads; a test holds both to the same output.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from harness.attention import Layout, attend
from harness.kernels import Noise, dropout_add, linear
from harness.packing import Pack
from harness.store import Longs
from morphaug.errors import MissingResource, MorphaugError

_PARTS = ("query", "key", "value")


@dataclass(frozen=True, slots=True)
class Shape:
    """The part of an XLM-R ``config.json`` that fixes the computation (names as there)."""

    vocab_size: int
    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    max_position_embeddings: int
    layer_norm_eps: float = 1e-12
    pad_token_id: int = 1
    hidden_dropout_prob: float = 0.1
    attention_probs_dropout_prob: float = 0.1

    @classmethod
    def of(cls, config: Mapping[str, Any], name: str) -> Shape:
        """Read a ``config.json``.

        Raises:
            MorphaugError: If it is not XLM-R's, or lacks a size.
        """
        if config.get("model_type") not in ("xlm-roberta", "roberta") or config.get("hidden_act") != "gelu":
            kind = f"{config.get('model_type')} with {config.get('hidden_act')}"
            raise MorphaugError(
                f"{name} is {kind}, not XLM-R", "name an encoder of type xlm-roberta with gelu"
            )
        names = [field.name for field in fields(cls)]
        try:
            return cls(**{key: config[key] for key in names if key in config})
        except TypeError as error:
            raise MorphaugError(f"{name}: config.json lacks a size ({error})") from error


class Layer(nn.Module):
    """One transformer block, post-norm as in BERT; queries, keys and values come of one product."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width, inner = shape.hidden_size, shape.intermediate_size
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, inner), nn.Linear(inner, width)
        self.norm1 = nn.LayerNorm(width, shape.layer_norm_eps)
        self.norm2 = nn.LayerNorm(width, shape.layer_norm_eps)


class Encoder(nn.Module):
    """The embeddings and the blocks; masters are fp32 whatever it computes in.

    Args:
        shape: Sizes and dropout.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        width = shape.hidden_size
        self.words = nn.Parameter(torch.empty(shape.vocab_size, width))
        self.positions = nn.Parameter(torch.empty(shape.max_position_embeddings, width))
        self.kind = nn.Parameter(torch.empty(1, width))
        self.norm = nn.LayerNorm(width, shape.layer_norm_eps)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.num_hidden_layers))
        self.dtype = torch.float32
        self._copies: dict[nn.Parameter, Tensor] = {}
        # Of a compact word table (harness.embedding): the whole one, and each id's row (-1: none).
        self.whole: Tensor | None = None
        self.number: Longs | None = None

    @property
    def first_position(self) -> int:
        """The position id of a sequence's first token."""
        return self.shape.pad_token_id + 1

    def rows(self, pack: Pack) -> Pack:
        """The pack with its ids as rows of the word table, which differ where that is compact.

        Raises:
            MorphaugError: If an id is not in the compact table.
        """
        if self.number is None:
            return pack
        ids = self.number[pack.ids]
        if len(ids) and ids.min() < 0:
            missing = int(pack.ids[int(ids.argmin())])
            raise MorphaugError(
                f"token id {missing} is not among the rows kept for training",
                "keep the rows of everything that is read before the table is whole again",
            )
        return replace(pack, ids=ids)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.positions.device

    @property
    def max_len(self) -> int:
        """The longest sequence that has positions."""
        return self.shape.max_position_embeddings - self.first_position

    def set_precision(self, dtype: torch.dtype) -> None:
        """Compute in ``torch.bfloat16`` with copies of the matrices, or in ``torch.float32`` with themselves."""
        self.dtype, self._copies = dtype, {}
        if dtype != torch.float32:
            matrices = [m.weight for m in self.layers.modules() if isinstance(m, nn.Linear)]
            self._copies = {weight: weight.detach().to(dtype) for weight in matrices}

    def refresh(self) -> None:
        """Bring the copies up to date with the masters (once after each change of the weights)."""
        if self._copies:
            torch._foreach_copy_(list(self._copies.values()), [weight.detach() for weight in self._copies])

    def forward(
        self,
        ids: Tensor,
        positions: Tensor,
        where: Layout,
        noise: Noise | None = None,
        *,
        only: Tensor | None = None,
        keep_all: bool = False,
        shift: Tensor | None = None,
    ) -> list[Tensor]:
        """Hidden states of every token.

        Args:
            ids: int64 [T], rows of the word table.
            positions: int64 [T].
            where: Where the sequences lie.
            noise: Random numbers for dropout; None: no dropout (evaluation).
            only: The tokens whose last state is wanted, int64 [M]: of the others the last layer computes
                nothing but keys and values.
            keep_all: Keep the state below every layer too.
            shift: Added to the embeddings of the words, [T, d].

        Returns:
            The last layer's state [T, d], or [M, d]; with ``keep_all`` the embeddings and then every layer's.
        """
        chance, attention = self.shape.hidden_dropout_prob, self.shape.attention_probs_dropout_prob
        words = functional.embedding(ids, self.words) + self.kind[0]
        words = words if shift is None else words + shift
        state = _norm(self.norm, (words + functional.embedding(positions, self.positions)).to(self.dtype))
        state = dropout_add(state, None, chance, noise)
        states = [state]
        for layer in self.layers:
            qkv = self._product(layer.qkv, state)
            seen = attend(qkv, self.shape.num_attention_heads, where, attention, noise)
            if only is not None and layer is self.layers[-1]:
                seen, state = seen.index_select(0, only), state.index_select(0, only)
            state = _norm(layer.norm1, dropout_add(self._product(layer.out, seen), state, chance, noise))
            inner = functional.gelu(self._product(layer.up, state))
            state = _norm(layer.norm2, dropout_add(self._product(layer.down, inner), state, chance, noise))
            states = [*states, state] if keep_all else [state]
        return states

    def _product(self, module: nn.Linear, x: Tensor) -> Tensor:
        return linear(x, module.weight, module.bias, self._copies.get(module.weight))


def _norm(module: nn.LayerNorm, x: Tensor) -> Tensor:
    weight, bias = module.weight.to(x.dtype), module.bias.to(x.dtype)
    return functional.layer_norm(x, module.normalized_shape, weight, bias, module.eps)


def load_encoder(
    name: str | Path, *, dropout: float | None = None, attention_dropout: float | None = None
) -> tuple[Encoder, dict[str, Tensor]]:
    """An encoder from a local XLM-R folder or the Hugging Face hub, in fp32 whatever the file's precision.

    Args:
        name: A folder, or a hub id ("xlm-roberta-base").
        dropout: Instead of the folder's ``hidden_dropout_prob``.
        attention_dropout: Instead of its ``attention_probs_dropout_prob``.

    Returns:
        The encoder, and what else the file holds (heads: "lm_head.dense.weight", "heads.nli.out.weight").

    Raises:
        MissingResource: If the folder or the id cannot be read.
        MorphaugError: If it is no XLM-R, or its weights do not fit its sizes.
    """
    config, weights = _read(name)
    changes = {"hidden_dropout_prob": dropout, "attention_probs_dropout_prob": attention_dropout}
    config = {**config, **{key: value for key, value in changes.items() if value is not None}}
    encoder = Encoder(Shape.of(config, str(name)))
    others = from_xlmr(encoder, weights, str(name))
    return encoder, others


def _read(name: str | Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The config and the weights of a folder, or of a hub id by way of transformers."""
    folder = Path(name)
    if (folder / "model.safetensors").is_file() and (folder / "config.json").is_file():
        try:
            config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            return config, load_file(folder / "model.safetensors")
        except (OSError, ValueError, SafetensorError) as error:
            raise MorphaugError(f"{folder}: damaged ({error})") from error
    from transformers import AutoConfig, XLMRobertaForMaskedLM

    try:
        config = AutoConfig.from_pretrained(name).to_dict()
        model = XLMRobertaForMaskedLM.from_pretrained(name, dtype=torch.float32)
    except (OSError, ValueError) as error:
        hint = "name a folder with config.json and model.safetensors, or a hub id and have a network"
        raise MissingResource(f"no encoder '{name}'", hint) from error
    return config, dict(model.state_dict())


def from_xlmr(encoder: Encoder, weights: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    """Fill an encoder from weights under XLM-R's names; returns those that are not the encoder's.

    Raises:
        MorphaugError: If one is missing or of another size.
    """
    rest = {key.removeprefix("roberta."): value for key, value in weights.items()}
    with torch.no_grad():
        for parameter, names in _names(encoder):
            missing = [key for key in names if key not in rest]
            if missing:
                raise MorphaugError(f"{name}: no weight '{missing[0]}'", "it is not an XLM-R encoder")
            value = torch.cat([rest.pop(key) for key in names])
            if value.shape != parameter.shape:
                sizes = f"{tuple(value.shape)}, not {tuple(parameter.shape)}"
                raise MorphaugError(f"{name}: weight '{names[0]}' has the size {sizes}")
            parameter.copy_(value)
    encoder.refresh()
    return rest


def to_xlmr(encoder: Encoder) -> dict[str, Tensor]:
    """The weights under XLM-R's names, detached."""
    found: dict[str, Tensor] = {}
    for parameter, names in _names(encoder):
        parts = parameter.detach().chunk(len(names))
        found |= {key: part.contiguous() for key, part in zip(names, parts, strict=True)}
    return found


def xlmr_config(shape: Shape) -> dict[str, Any]:
    """The ``config.json`` that transformers needs to read what `to_xlmr` gives."""
    sizes = {field.name: getattr(shape, field.name) for field in fields(Shape)}
    fixed = {"model_type": "xlm-roberta", "architectures": ["XLMRobertaModel"], "hidden_act": "gelu"}
    return {**fixed, **sizes, "type_vocab_size": 1, "bos_token_id": 0, "eos_token_id": 2, "dtype": "float32"}


def _names(encoder: Encoder) -> list[tuple[nn.Parameter, list[str]]]:
    """Every parameter with the names XLM-R has for it (three for queries, keys and values together)."""
    top = "embeddings."
    found: list[tuple[nn.Parameter, list[str]]] = [
        (encoder.words, [f"{top}word_embeddings.weight"]),
        (encoder.positions, [f"{top}position_embeddings.weight"]),
        (encoder.kind, [f"{top}token_type_embeddings.weight"]),
        (encoder.norm.weight, [f"{top}LayerNorm.weight"]),
        (encoder.norm.bias, [f"{top}LayerNorm.bias"]),
    ]
    for number, layer in enumerate(encoder.layers):
        base = f"encoder.layer.{number}."
        places = {
            layer.qkv: [f"{base}attention.self.{part}" for part in _PARTS],
            layer.out: [f"{base}attention.output.dense"],
            layer.norm1: [f"{base}attention.output.LayerNorm"],
            layer.up: [f"{base}intermediate.dense"],
            layer.down: [f"{base}output.dense"],
            layer.norm2: [f"{base}output.LayerNorm"],
        }
        for module, names in places.items():
            found.append((module.weight, [f"{key}.weight" for key in names]))
            found.append((module.bias, [f"{key}.bias" for key in names]))
    return found
