"""Where training curves can be sent while a study runs: trackio, TensorBoard or Weights & Biases, each optional.

A tracker is two functions: one takes numbers by name at a step, the other ends the record. None of the three
libraries is imported before it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from morphaug.errors import MorphaugError, UnknownName

Log = Callable[[Mapping[str, float], int], None]  # (numbers by name, step)


class Tracker(NamedTuple):
    """An open record of one run."""

    log: Log
    close: Callable[[], None]


def open_tracker(
    name: str, *, project: str, run: str, folder: Path, settings: Mapping[str, Any] | None = None
) -> Tracker:
    """Begin a record of a run.

    Args:
        name: One of ``TRACKERS``, or "" for none.
        project: What the runs belong to: the study's name.
        run: The run's name, "ARM.TARGET-SEED".
        folder: Where TensorBoard and Weights & Biases put their files.
        settings: The run's configuration, to be shown beside.

    Raises:
        MorphaugError: No such tracker, or its package is not installed.
    """
    if not name:
        return Tracker(lambda _values, _step: None, lambda: None)
    if name not in TRACKERS:
        raise UnknownName("tracker", name, TRACKERS)
    return TRACKERS[name](project, run, folder, dict(settings or {}))


def _needed(module: str, package: str) -> Any:
    try:
        return import_module(module)
    except ImportError:
        raise MorphaugError(f"tracker: {package} is not installed", f"pip install {package}") from None


def _tensorboard(project: str, run: str, folder: Path, settings: dict[str, Any]) -> Tracker:
    _needed("tensorboard", "tensorboard")
    writer = _needed("torch.utils.tensorboard", "tensorboard").SummaryWriter(str(folder / project / run))
    if settings:
        writer.add_text("settings", "\n".join(f"    {key}: {value}" for key, value in settings.items()))

    def log(values: Mapping[str, float], step: int) -> None:
        for name, value in values.items():
            writer.add_scalar(name, value, step)

    return Tracker(log, writer.close)


def _trackio(project: str, run: str, folder: Path, settings: dict[str, Any]) -> Tracker:  # noqa: ARG001
    begun = _needed("trackio", "trackio").init(project=project, name=run, config=settings)
    return Tracker(lambda values, step: begun.log(dict(values), step=step), begun.finish)


def _wandb(project: str, run: str, folder: Path, settings: dict[str, Any]) -> Tracker:
    folder.mkdir(parents=True, exist_ok=True)
    begun = _needed("wandb", "wandb").init(project=project, name=run, config=settings, dir=str(folder))
    return Tracker(lambda values, step: begun.log(dict(values), step=step), begun.finish)


TRACKERS: dict[str, Callable[[str, str, Path, dict[str, Any]], Tracker]] = {
    "tensorboard": _tensorboard,
    "trackio": _trackio,
    "wandb": _wandb,
}
