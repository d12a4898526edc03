"""The protocol on this machine: one matrix a thread, one BLAS thread each, no more matrices in memory than needed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from threadpoolctl import threadpool_limits

from certify.certificate import NotAsked
from certify.chain import Chain
from certify.errors import UsageError
from certify.protocol import LayerFacts, Thresholds, measure_edge, measure_layer
from certify.protocol.claims import Ledger
from certify.rigor.ball import precision
from certify.verdict import Claim

__all__ = ["PRECISION", "Outcome", "Progress", "run_protocol"]

PRECISION = 128
"""Working precision of scalar balls, in bits; the same for all threads, because flint has one for the process."""

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Claims in protocol order, the layers' first, and what was not asked with the reason."""

    claims: tuple[Claim, ...]
    not_asked: tuple[NotAsked, ...]


def run_protocol(
    chain: Chain,
    thresholds: Thresholds | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Ask everything of every layer and every edge of a chain (THEORY E7).

    Parameters
    ----------
    chain : the layers are read one at a time, each when a thread is free for it.
    thresholds : recorded numbers; the defaults when omitted.
    workers : matrices at a time; one for each core this process may use when omitted. The outcome does not depend
        on it.
    progress : called in this thread as ``progress(done, total, label)`` after every layer and edge.

    Raises
    ------
    InputError : a layer cannot be read or holds a number that is not finite.
    UsageError : fewer than one worker.
    """
    count = _cores() if workers is None else workers
    if count < 1:
        raise UsageError(f"{count} workers", hint="at least one")
    schedule = _Schedule(chain, thresholds or Thresholds())
    with (
        threadpool_limits(limits=1, user_api="blas"),
        precision(PRECISION),
        ThreadPoolExecutor(max_workers=count, thread_name_prefix="certify") as pool,
    ):
        _drain(schedule, pool, count, progress)
    ledgers = [*schedule.layer_ledgers, *schedule.edge_ledgers]
    return Outcome(
        tuple(claim for ledger in ledgers for claim in ledger.claims),
        tuple(item for ledger in ledgers for item in ledger.not_asked),
    )


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class _Task:
    """A layer (``edge`` is None) or an edge by its place in the chain."""

    layer: int = -1
    edge: int = -1


class _Schedule:
    """Which task may start next; keeps a layer's facts only until its last edge is done."""

    def __init__(self, chain: Chain, thresholds: Thresholds) -> None:
        self.chain = chain
        self.thresholds = thresholds
        self.facts: dict[int, LayerFacts] = {}
        self.layer_ledgers = [Ledger(f"layer {layer.name}") for layer in chain.layers]
        self.edge_ledgers = [Ledger(chain.describe(edge)) for edge in chain.edges]
        self.pending_edges = sorted(range(len(chain.edges)), key=lambda e: chain.edges[e].upper)
        self.open_edges = [0] * len(chain.layers)
        for edge in chain.edges:
            self.open_edges[edge.lower] += 1
            self.open_edges[edge.upper] += 1
        self.next_layer = 0
        self.total = len(chain.layers) + len(chain.edges)

    def next(self) -> _Task | None:
        """An edge whose layers are known, else the next layer, so that facts are dropped early."""
        for place, number in enumerate(self.pending_edges):
            edge = self.chain.edges[number]
            if edge.lower in self.facts and edge.upper in self.facts:
                del self.pending_edges[place]
                return _Task(edge=number)
        if self.next_layer < len(self.chain.layers):
            self.next_layer += 1
            return _Task(layer=self.next_layer - 1)
        return None

    def start(self, task: _Task, pool: ThreadPoolExecutor) -> Future[LayerFacts | Ledger]:
        if task.edge < 0:
            return pool.submit(self._layer, task.layer)
        edge = self.chain.edges[task.edge]
        return pool.submit(measure_edge, self.facts[edge.lower], self.facts[edge.upper], self.thresholds)

    def _layer(self, number: int) -> LayerFacts:
        layer = self.chain.layers[number]
        return measure_layer(layer.name, layer.matrix(), self.thresholds)

    def finish(self, task: _Task, result: LayerFacts | Ledger) -> str:
        """Record a result and return its subject."""
        if isinstance(result, LayerFacts):
            self.layer_ledgers[task.layer] = result.ledger
            if self.open_edges[task.layer]:
                self.facts[task.layer] = result
            return result.ledger.subject
        self.edge_ledgers[task.edge] = result
        edge = self.chain.edges[task.edge]
        for layer in (edge.lower, edge.upper):
            self.open_edges[layer] -= 1
            if not self.open_edges[layer]:
                del self.facts[layer]
        return result.subject


def _drain(schedule: _Schedule, pool: ThreadPoolExecutor, workers: int, progress: Progress | None) -> None:
    running: dict[Future[LayerFacts | Ledger], _Task] = {}
    done = 0
    try:
        while True:
            for task in _startable(schedule, workers - len(running)):
                running[schedule.start(task, pool)] = task
            if not running:
                return
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in sorted(finished, key=lambda f: (running[f].layer, running[f].edge)):
                subject = schedule.finish(running.pop(future), future.result())
                done += 1
                if progress is not None:
                    progress(done, schedule.total, subject)
    except BaseException:
        for future in running:
            future.cancel()
        raise


def _startable(schedule: _Schedule, free: int) -> Iterator[_Task]:
    for _ in range(free):
        task = schedule.next()
        if task is None:
            return
        yield task
