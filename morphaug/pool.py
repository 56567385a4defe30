"""Chunks of work through processes: in order, a bounded number at a time, none left behind."""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from typing import TypeVar

from morphaug.errors import MorphaugError

Task = TypeVar("Task")
Result = TypeVar("Result")

AHEAD = 3  # chunks in flight for each worker: enough to hide the parser's batches, few enough to stay small


def ordered(
    call: Callable[[Task], Result],
    tasks: Iterable[Task],
    workers: int,
    initialise: Callable[..., None],
    arguments: tuple[object, ...],
) -> Generator[Result, None, None]:
    """``map(call, tasks)`` in worker processes, results in order.

    Processes are spawned, so that threads and CUDA of the parent do no harm. They leave Ctrl-C to the
    parent, and end when it does, however it does.

    Args:
        call: A module's function of one argument.
        tasks: Read lazily, at most ``AHEAD`` per worker ahead of the results.
        workers: How many processes.
        initialise, arguments: Called once in each process before the first task.

    Raises:
        MorphaugError: A worker was killed (out of memory, most often).
    """
    pool = ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=_begin, initargs=(initialise, arguments)
    )
    pending: deque[Future[Result]] = deque()
    try:
        for task in tasks:
            pending.append(pool.submit(call, task))
            while len(pending) >= AHEAD * workers or (pending and pending[0].done()):
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
        pool.shutdown()
    except BrokenProcessPool:
        raise MorphaugError(
            "a worker process died", "perhaps for want of memory: try fewer --workers, with --resume"
        ) from None
    finally:
        if pending:  # interrupted: what is in flight is of no use any more
            for process in list((pool._processes or {}).values()):
                process.terminate()
        pool.shutdown(wait=True, cancel_futures=True)


def _begin(initialise: Callable[..., None], arguments: tuple[object, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()

    def leave_with_parent() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=leave_with_parent, daemon=True).start()
    initialise(*arguments)


def cpu_count() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
