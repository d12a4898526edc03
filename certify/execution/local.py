"""The protocol on this machine: one matrix a thread, one BLAS thread each, no more matrices in memory than needed."""

from __future__ import annotations

import enum
import os
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TypeAlias

from threadpoolctl import threadpool_limits

from certify.certificate import NotAsked
from certify.chain import Chain
from certify.errors import UsageError
from certify.execution.component_schedule import Product, WholeSchedule
from certify.prover import LayerFacts, Thresholds, measure_edge, measure_layer
from certify.prover.ledger import Ledger
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
    """Ask everything of every layer and every edge of a chain, and of the chain as a whole (THEORY E7).

    Parameters
    ----------
    chain : the layers are read one at a time, each when a thread is free for it.
    thresholds : recorded numbers; the defaults when omitted.
    workers : matrices at a time; one for each core this process may use when omitted. The outcome does not depend
        on it.
    progress : called in this thread as ``progress(done, total, label)`` after every layer, edge and line of layers.

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
    ledgers = [*schedule.layer_ledgers, *schedule.edge_ledgers, *schedule.wholes.ledgers]
    return Outcome(
        tuple(claim for ledger in ledgers for claim in ledger.claims),
        tuple(item for ledger in ledgers for item in ledger.not_asked),
    )


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Kind(enum.IntEnum):
    LAYER = 0
    EDGE = 1
    PRODUCT = 2
    WHOLE = 3


_Task: TypeAlias = tuple[_Kind, int]
"""What is done, and the place of its layer, edge or line in the chain."""

_Result: TypeAlias = LayerFacts | Ledger | Product


class _Schedule:
    """Which task may start next; keeps a layer's facts only until its last edge is done."""

    def __init__(self, chain: Chain, thresholds: Thresholds) -> None:
        self.chain = chain
        self.thresholds = thresholds
        self.facts: dict[int, LayerFacts] = {}
        self.layer_ledgers = [Ledger(f"layer {layer.name}") for layer in chain.layers]
        self.edge_ledgers = [Ledger(chain.describe(edge)) for edge in chain.edges]
        self.wholes = WholeSchedule(chain, thresholds)
        self.pending_edges = sorted(range(len(chain.edges)), key=lambda e: chain.edges[e].upper)
        self.open_edges = [0] * len(chain.layers)
        for edge in chain.edges:
            self.open_edges[edge.lower] += 1
            self.open_edges[edge.upper] += 1
        self.next_layer = 0
        self.total = len(chain.layers) + len(chain.edges) + self.wholes.total

    def next(self) -> _Task | None:
        """A product of layers that are all known, an edge whose layers are known, the next layer, a whole line."""
        product = self.wholes.next_product()
        if product is not None:
            return _Kind.PRODUCT, product
        for place, number in enumerate(self.pending_edges):
            edge = self.chain.edges[number]
            if edge.lower in self.facts and edge.upper in self.facts:
                del self.pending_edges[place]
                return _Kind.EDGE, number
        if self.next_layer < len(self.chain.layers):
            self.next_layer += 1
            return _Kind.LAYER, self.next_layer - 1
        whole = self.wholes.next_whole()
        return None if whole is None else (_Kind.WHOLE, whole)

    def start(self, task: _Task, pool: ThreadPoolExecutor) -> Future[_Result]:
        kind, number = task
        if kind is _Kind.LAYER:
            return pool.submit(self._layer, number)
        if kind is _Kind.EDGE:
            edge = self.chain.edges[number]
            return pool.submit(measure_edge, self.facts[edge.lower], self.facts[edge.upper], self.thresholds)
        return pool.submit(self.wholes.product if kind is _Kind.PRODUCT else self.wholes.whole, number)

    def _layer(self, number: int) -> LayerFacts:
        layer = self.chain.layers[number]
        return measure_layer(layer.name, layer.matrix(), self.thresholds)

    def finish(self, task: _Task, result: _Result) -> str:
        """Record a result and return its subject; empty for a product, which has no claims of its own."""
        kind, number = task
        if isinstance(result, Product):
            self.wholes.products[number] = result
            return ""
        if isinstance(result, LayerFacts):
            self.layer_ledgers[number] = result.ledger
            self.wholes.layer_done(number, result)
            if self.open_edges[number]:
                self.facts[number] = result
            return result.ledger.subject
        if kind is _Kind.WHOLE:
            self.wholes.ledgers[number] = result
            return result.subject
        self.edge_ledgers[number] = result
        self.wholes.edge_done(number, result)
        edge = self.chain.edges[number]
        for layer in (edge.lower, edge.upper):
            self.open_edges[layer] -= 1
            if not self.open_edges[layer]:
                del self.facts[layer]
        return result.subject


def _drain(schedule: _Schedule, pool: ThreadPoolExecutor, workers: int, progress: Progress | None) -> None:
    running: dict[Future[_Result], _Task] = {}
    done = 0
    try:
        while True:
            for task in _startable(schedule, workers - len(running)):
                running[schedule.start(task, pool)] = task
            if not running:
                return
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in sorted(finished, key=running.__getitem__):
                subject = schedule.finish(running.pop(future), future.result())
                done += bool(subject)
                if subject and progress is not None:
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
