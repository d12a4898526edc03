"""Work on this machine: one matrix a thread, one BLAS thread each."""

from __future__ import annotations

import os
from collections.abc import Generator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager

from threadpoolctl import threadpool_limits

from certify.chain import Chain
from certify.chain.memory import PROVER, fitting_workers
from certify.errors import UsageError
from certify.execution.tasks import Task
from certify.execution.work import Result, Told, Work, told_of

__all__ = ["Threads", "cores", "threads"]


class Threads:
    """Tasks in the threads of a pool; results lie in the memory of this process."""

    def __init__(self, pool: ThreadPoolExecutor, count: int) -> None:
        self._pool = pool
        self._count = count
        self._running: dict[Future[Result], Task] = {}

    def free(self) -> int:
        """How many tasks may be started."""
        return self._count - len(self._running)

    def start(self, task: Task, work: Work) -> None:
        """Begin a task."""
        self._running[self._pool.submit(work.function, *work.given)] = task

    def finished(self) -> list[tuple[Task, object, Told]]:
        """Wait for a task to end; those that have ended, with their results and what the schedule is told of them."""
        ended, _ = wait(self._running, return_when=FIRST_COMPLETED)
        found: list[tuple[Task, object, Told]] = []
        for future in sorted(ended, key=self._running.__getitem__):
            result = future.result()
            found.append((self._running.pop(future), result, told_of(result)))
        return found

    def cancel(self) -> None:
        """Drop what has not begun."""
        for future in self._running:
            future.cancel()


@contextmanager
def threads(chain: Chain, workers: int | None, cells: int = 0) -> Generator[Threads]:
    """Threads of this process for a chain; when omitted one for each core, and fewer where memory is short.

    ``cells`` is as for :func:`certify.chain.memory.estimate`.

    Raises
    ------
    UsageError : fewer than one worker.
    LimitError : there is too little memory for so many.
    """
    if workers is not None and workers < 1:
        raise UsageError(f"{workers} workers", hint="at least one")
    count = fitting_workers(chain, PROVER, workers, cores(), cells)
    with (
        threadpool_limits(limits=1, user_api="blas"),
        ThreadPoolExecutor(max_workers=count, thread_name_prefix="certify") as pool,
    ):
        yield Threads(pool, count)


def cores() -> int:
    """The number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
