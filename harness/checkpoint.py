"""States on disk that are whole or absent: written aside, checksummed, renamed; read back only if undamaged."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from harness.embedding import whole_table
from harness.encoder import to_xlmr, xlmr_config
from harness.model import HeadSpec, Model
from morphaug.errors import MorphaugError

_STEP = re.compile(r"step-(\d{8})")
_SUMS = "sha256.json"


class Saved(NamedTuple):
    """What a checkpoint holds.

    Args:
        step: How many optimiser steps it has behind it.
        tensors: By name.
        state: Everything else, as JSON has it.
    """

    step: int
    tensors: dict[str, Tensor]
    state: dict[str, Any]


def write(folder: Path, tensors: Mapping[str, Tensor], state: Mapping[str, Any]) -> None:
    """Write a folder of ``tensors.safetensors``, ``state.json`` and their checksums, or nothing.

    Args:
        folder: Replaced if it exists.
        tensors: Copied to the CPU.
        state: What JSON can hold.

    Raises:
        MorphaugError: If the disk is full or cannot be written; what was there before is still there.
    """
    host = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}

    def fill(part: Path) -> None:
        save_file(host, part / "tensors.safetensors")
        (part / "state.json").write_text(json.dumps(dict(state), indent=1), encoding="utf-8")

    _write_folder(folder, fill)


def read(folder: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read what `write` wrote.

    Raises:
        MorphaugError: If anything in it is missing or damaged.
    """
    verify(folder)
    state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
    return load_file(folder / "tensors.safetensors"), state


def verify(folder: Path) -> None:
    """Compare every file of a folder with its checksum.

    Raises:
        MorphaugError: If one is missing, truncated or altered.
    """
    try:
        sums = json.loads((folder / _SUMS).read_text(encoding="utf-8"))
        wrong = [name for name, digest in sums.items() if _sha256(folder / name) != digest]
    except (OSError, ValueError, AttributeError) as error:
        raise MorphaugError(f"{folder} is not whole ({error})") from error
    if wrong:
        raise MorphaugError(f"{folder / wrong[0]} is damaged: its checksum differs")


def save_step(folder: Path, saved: Saved, *, keep: int = 2) -> None:
    """Write a checkpoint ``step-NNNNNNNN`` and remove all but the newest ``keep``."""
    write(folder / f"step-{saved.step:08d}", saved.tensors, saved.state)
    for old in steps(folder)[keep:]:
        shutil.rmtree(old, ignore_errors=True)


def load_latest(folder: Path) -> tuple[Saved | None, list[str]]:
    """The newest undamaged checkpoint, and one line about each damaged one that was passed over."""
    notes = []
    for path in steps(folder):
        try:
            tensors, state = read(path)
        except MorphaugError as error:
            notes.append(f"{error.message}; going back to the checkpoint before it")
            continue
        return Saved(int(path.name.removeprefix("step-")), tensors, state), notes
    return None, notes


def steps(folder: Path) -> list[Path]:
    """The checkpoints in a folder, newest first."""
    found = [path for path in folder.iterdir() if _STEP.fullmatch(path.name)] if folder.is_dir() else []
    return sorted(found, reverse=True)


def save_model(folder: Path, model: Model, *, decay: float = 1.0) -> None:
    """Write a trained model as an XLM-R folder, fp32, that `harness.encoder.load_encoder` and transformers read.

    Heads are kept beside the encoder under ``heads.NAME.``, their specifications in ``heads.json``.

    Args:
        folder: Replaced if it exists.
        model: A compact word table is written whole.
        decay: See `harness.embedding.expand`.
    """
    weights = to_xlmr(model.encoder)
    weights["embeddings.word_embeddings.weight"] = whole_table(model.encoder, decay)
    for name, head in model.heads.items():
        weights |= {f"heads.{name}.{key}": value.detach() for key, value in head.named_parameters()}
    host = {name: tensor.cpu().contiguous() for name, tensor in weights.items()}
    heads = {
        name: {
            "kind": model.head(name).spec.kind,
            "labels": model.head(name).spec.labels,
            "pooling": model.head(name).spec.pooling,
        }
        for name in model.heads
    }

    def fill(part: Path) -> None:
        save_file(host, part / "model.safetensors", metadata={"format": "pt"})
        (part / "config.json").write_text(
            json.dumps(xlmr_config(model.encoder.shape), indent=1), encoding="utf-8"
        )
        (part / "heads.json").write_text(json.dumps(heads, ensure_ascii=False, indent=1), encoding="utf-8")

    _write_folder(folder, fill)


def load_heads(folder: Path) -> dict[str, HeadSpec]:
    """The specifications of the heads that `save_model` kept; none for any other folder."""
    try:
        specs = json.loads((folder / "heads.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise MorphaugError(f"{folder / 'heads.json'} cannot be read ({error})") from error
    return {
        name: HeadSpec(spec["kind"], tuple(spec["labels"]), spec["pooling"]) for name, spec in specs.items()
    }


def _write_folder(folder: Path, fill: Any) -> None:
    part = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        fill(part)
        files = sorted(part.iterdir())
        sums = {path.name: _sha256(path) for path in files}
        (part / _SUMS).write_text(json.dumps(sums, indent=1), encoding="utf-8")
        for path in part.iterdir():
            with path.open("rb") as file:
                os.fsync(file.fileno())
        if folder.exists():
            shutil.rmtree(folder)
        part.rename(folder)
    except (OSError, SafetensorError) as error:
        shutil.rmtree(part, ignore_errors=True)
        full = getattr(error, "errno", None) == errno.ENOSPC or "No space left" in str(error)
        hint = "free some space and start the same command again: it goes on from the last good state"
        raise MorphaugError(f"cannot write {folder} ({error})", hint if full else "") from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
