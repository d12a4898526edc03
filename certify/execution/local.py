"""The protocol on this machine: one matrix a thread, one BLAS thread each, no more matrices in memory than needed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from threadpoolctl import threadpool_limits

from certify.certificate import NotAsked
from certify.chain import Chain
from certify.chain.memory import PROVER, fitting_workers
from certify.claims.thresholds import Thresholds
from certify.console import Progress
from certify.errors import UsageError
from certify.execution.journal import Journal
from certify.execution.schedule import Result, Schedule
from certify.execution.tasks import Task
from certify.rigor.ball import precision
from certify.verdict import Claim

__all__ = ["PRECISION", "Measured", "run_protocol"]

PRECISION = 128
"""Working precision of scalar balls, in bits; the same for all threads, because flint has one for the process."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Claims in protocol order, the layers' first, and what was not asked with the reason."""

    claims: tuple[Claim, ...]
    not_asked: tuple[NotAsked, ...]


def run_protocol(
    chain: Chain,
    thresholds: Thresholds | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    journal: Journal | None = None,
) -> Measured:
    """Ask everything of every layer and every edge of a chain, and of the chain as a whole (THEORY E7).

    Parameters
    ----------
    chain : the layers are read one at a time, each when a thread is free for it.
    thresholds : recorded numbers; the defaults when omitted.
    workers : matrices at a time; when omitted one for each core this process may use, and fewer where memory is
        short. The claims do not depend on it.
    progress : called in this thread as ``progress(done, total, label)``, first of all with an empty label, then after
        every layer, edge and component.
    journal : of this chain and these thresholds; what it knows is not asked again, and what is new goes into it.

    Raises
    ------
    InputError : a layer cannot be read or holds a number that is not finite.
    UsageError : fewer than one worker.
    LimitError : there is too little memory for so many.
    """
    if workers is not None and workers < 1:
        raise UsageError(f"{workers} workers", hint="at least one")
    count = fitting_workers(chain, PROVER, workers, _cores())
    schedule = Schedule(chain, thresholds or Thresholds(), {} if journal is None else journal.known)
    with (
        threadpool_limits(limits=1, user_api="blas"),
        precision(PRECISION),
        ThreadPoolExecutor(max_workers=count, thread_name_prefix="certify") as pool,
    ):
        _drain(schedule, pool, count, progress, journal)
    ledgers = [*schedule.layer_ledgers, *schedule.edge_ledgers, *schedule.components.ledgers]
    return Measured(
        tuple(claim for ledger in ledgers for claim in ledger.claims),
        tuple(item for ledger in ledgers for item in ledger.not_asked),
    )


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _drain(
    schedule: Schedule, pool: ThreadPoolExecutor, workers: int, progress: Progress | None, journal: Journal | None
) -> None:
    running: dict[Future[Result], Task] = {}
    done = schedule.settled
    if progress is not None:
        progress(done, schedule.total, "")
    try:
        while True:
            for task in _startable(schedule, workers - len(running)):
                running[schedule.start(task, pool)] = task
            if not running:
                return
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in sorted(finished, key=running.__getitem__):
                task = running.pop(future)
                entry = schedule.finish(task, future.result())
                if entry is None:
                    continue
                done += 1
                if journal is not None and task not in journal.known:
                    journal.add(task, entry)
                if progress is not None:
                    progress(done, schedule.total, entry.ledger.subject)
    except BaseException:
        for future in running:
            future.cancel()
        raise


def _startable(schedule: Schedule, free: int) -> Iterator[Task]:
    for _ in range(free):
        task = schedule.next()
        if task is None:
            return
        yield task
