"""The protocol, task by task, wherever the work is done; no more matrices in memory than needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from certify.certificate import NotAsked
from certify.chain import Chain
from certify.claims.thresholds import Thresholds
from certify.console import Progress
from certify.execution.cluster import cluster_of
from certify.execution.journal import Journal
from certify.execution.local import threads
from certify.execution.schedule import Schedule
from certify.execution.tasks import Task
from certify.execution.work import PRECISION, Told, Work
from certify.prover.horizon import measure_horizons
from certify.rigor.ball import precision
from certify.verdict import Claim

__all__ = ["Measured", "run_protocol"]


class _Workplace(Protocol):
    """Where tasks are worked on, and where their results lie until others need them."""

    def free(self) -> int: ...

    def start(self, task: Task, work: Work) -> None: ...

    def finished(self) -> list[tuple[Task, object, Told]]: ...

    def cancel(self) -> None: ...


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
    cluster: str | None = None,
) -> Measured:
    """Ask everything of every layer and every edge of a chain, and of the chain as a whole (THEORY E7).

    Parameters
    ----------
    chain : the layers are read one at a time, each when a worker is free for it.
    thresholds : recorded numbers; the defaults when omitted.
    workers : matrices at a time; when omitted one for each core this process may use, and fewer where memory is
        short. The claims do not depend on it.
    progress : called in this thread as ``progress(done, total, label)``, first of all with an empty label, then after
        every layer, edge, component and head structure.
    journal : of this chain and these thresholds; what it knows is not asked again, and what is new goes into it.
    cluster : the address of a Dask scheduler whose workers do the work, ``"local"`` for processes on this machine, and
        None for threads of this process. On equal kernels the claims do not depend on it.

    Raises
    ------
    InputError : a layer cannot be read or holds a number that is not finite; the cluster cannot be reached or was lost.
    UsageError : fewer than one worker, or a number of them for a cluster that has its own.
    LimitError : there is too little memory for so many.
    """
    asked = thresholds or Thresholds()
    schedule = Schedule(chain, asked, {} if journal is None else journal.known)
    cells = asked.incidence_cells
    place = threads(chain, workers, cells) if cluster is None else cluster_of(cluster, chain, workers, cells)
    with precision(PRECISION), place as workplace:
        _drain(schedule, workplace, progress, journal)
        measure_horizons(chain, schedule.layer_ledgers, schedule.edge_ledgers, asked)
    ledgers = [*schedule.layer_ledgers, *schedule.edge_ledgers, *schedule.components.ledgers, *schedule.head_ledgers]
    return Measured(
        tuple(claim for ledger in ledgers for claim in ledger.claims),
        tuple(item for ledger in ledgers for item in ledger.not_asked),
    )


def _drain(schedule: Schedule, place: _Workplace, progress: Progress | None, journal: Journal | None) -> None:
    done, running = schedule.settled, 0
    if progress is not None:
        progress(done, schedule.total, "")
    try:
        while True:
            for _ in range(place.free()):
                if (task := schedule.next()) is None:
                    break
                place.start(task, schedule.work(task))
                running += 1
            if not running:
                return
            for task, kept, told in place.finished():
                running -= 1
                entry = schedule.finish(task, kept, told)
                if entry is None:
                    continue
                done += 1
                if journal is not None and task not in journal.known:
                    journal.add(task, entry)
                if progress is not None:
                    progress(done, schedule.total, entry.ledger.subject)
    except BaseException:
        place.cancel()
        raise
