"""Task formats: which fields of a record are text, and how labels follow what becomes of it.

A task is a value; each lives in a file of its own. The way of a record:

    fields = task.fields(record)                  # {"premise": "…"} to be parsed, or Rejected
    new = task.rebuild(record, derivations)       # a validated record, or Rejected
"""

from __future__ import annotations

from morphaug.derivation import Rejected
from morphaug.errors import UnknownName
from morphaug.tasks import bitext, classification, conllu, multiple_choice, span_qa, tagging, text
from morphaug.tasks.common import NO_NAMES, Names, Record, Task, stamp

TASKS: dict[str, Task] = {
    module.TASK.name: module.TASK
    for module in (text, classification, span_qa, multiple_choice, tagging, conllu, bitext)
}

__all__ = ["NO_NAMES", "TASKS", "Names", "Record", "Rejected", "Task", "get_task", "stamp"]


def get_task(name: str) -> Task:
    """The task of a name ("span-qa").

    Raises:
        UnknownName: It names the nearest.
    """
    if name not in TASKS:
        raise UnknownName("task", name, TASKS)
    return TASKS[name]
