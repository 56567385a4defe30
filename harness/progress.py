"""A progress bar for training: steps, loss, real tokens a second."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


@contextmanager
def bar(total: int, wanted: bool) -> Iterator[Callable[[int, str], None]]:
    """Draw a bar on standard error.

    Args:
        total: Steps in all.
        wanted: False draws nothing.

    Yields:
        A function that takes the steps done and a line of text.
    """
    if not wanted:
        yield _draw_nothing
        return
    columns = (
        TextColumn("step"),
        MofNCompleteColumn(),
        BarColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        line = progress.add_task("", total=total)

        def show(done: int, text: str) -> None:
            progress.update(line, completed=done, description=text)

        yield show


def _draw_nothing(_done: int, _text: str) -> None:
    """What the loop reports to without a bar."""
