"""The data sets the harness knows, by name. Each lives in the file of its family."""

from __future__ import annotations

from harness.tasks import choice, classify, retrieve, span, tag, text
from harness.tasks.common import File, Hub, Loaded, Reject, Task, two_letters
from morphaug.errors import UnknownName

TASKS: dict[str, Task] = {
    task.name: task for module in (classify, tag, span, choice, text, retrieve) for task in module.TASKS
}

__all__ = ["TASKS", "File", "Hub", "Loaded", "Reject", "Task", "get_task", "two_letters"]


def get_task(name: str) -> Task:
    """The task of a name ("panx").

    Raises:
        UnknownName: It names the nearest.
    """
    if name not in TASKS:
        raise UnknownName("task", name, TASKS)
    return TASKS[name]
