"""Which work on a chain may start next, and what is kept of what was done."""

from __future__ import annotations

import enum
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeAlias

from certify.chain import Chain
from certify.claims import layer
from certify.claims.thresholds import Thresholds
from certify.execution.component_schedule import ComponentSchedule, ProductResult
from certify.prover.interface import EdgeFacts, measure_edge
from certify.prover.layer import LayerFacts, measure_layer
from certify.prover.ledger import Ledger

__all__ = ["Result", "Schedule", "Task", "TaskKind"]


class TaskKind(enum.IntEnum):
    """What a task works on."""

    LAYER = 0
    EDGE = 1
    PRODUCT = 2
    COMPONENT = 3


Task: TypeAlias = tuple[TaskKind, int]
"""What is done, and the place of its layer, edge or component in the chain."""

Result: TypeAlias = LayerFacts | EdgeFacts | Ledger | ProductResult
"""What a task leaves: facts of a layer or an edge, claims about a component, or a product as far as it goes."""


class Schedule:
    """Which task may start next; keeps a layer's facts only until its last edge is done."""

    def __init__(self, chain: Chain, thresholds: Thresholds) -> None:
        self.chain = chain
        self.thresholds = thresholds
        self.facts: dict[int, LayerFacts] = {}
        self.layer_ledgers = [Ledger(layer.subject(item.name)) for item in chain.layers]
        self.edge_ledgers = [Ledger(chain.describe(edge)) for edge in chain.edges]
        self.components = ComponentSchedule(chain, thresholds)
        self.pending_edges = sorted(range(len(chain.edges)), key=lambda e: chain.edges[e].upper)
        self.open_edges = [0] * len(chain.layers)
        for edge in chain.edges:
            self.open_edges[edge.lower] += 1
            self.open_edges[edge.upper] += 1
        self.next_layer = 0
        self.total = len(chain.layers) + len(chain.edges) + self.components.total

    def next(self) -> Task | None:
        """A product that can grow, an edge whose layers are known, the next layer, a whole component."""
        product = self.components.next_product()
        if product is not None:
            return TaskKind.PRODUCT, product
        for place, number in enumerate(self.pending_edges):
            edge = self.chain.edges[number]
            if edge.lower in self.facts and edge.upper in self.facts:
                del self.pending_edges[place]
                return TaskKind.EDGE, number
        if self.next_layer < len(self.chain.layers):
            self.next_layer += 1
            return TaskKind.LAYER, self.next_layer - 1
        component = self.components.next_component()
        return None if component is None else (TaskKind.COMPONENT, component)

    def start(self, task: Task, pool: ThreadPoolExecutor) -> Future[Result]:
        """Hand a task to the pool."""
        kind, number = task
        if kind is TaskKind.LAYER:
            return pool.submit(self._layer, number)
        if kind is TaskKind.EDGE:
            edge = self.chain.edges[number]
            return pool.submit(measure_edge, self.facts[edge.lower], self.facts[edge.upper], self.thresholds)
        return pool.submit(self.components.product if kind is TaskKind.PRODUCT else self.components.claims, number)

    def _layer(self, number: int) -> LayerFacts:
        item = self.chain.layers[number]
        return measure_layer(item.name, item.matrix(), self.thresholds)

    def finish(self, task: Task, result: Result) -> str:
        """Record a result and return its subject; empty for a product, which has no claims of its own."""
        number = task[1]
        if isinstance(result, ProductResult):
            self.components.product_done(number, result)
            return ""
        if isinstance(result, LayerFacts):
            self.layer_ledgers[number] = result.ledger
            self.components.layer_done(number, result)
            if self.open_edges[number]:
                self.facts[number] = result
            return result.ledger.subject
        if isinstance(result, Ledger):
            self.components.ledgers[number] = result
            return result.subject
        self.edge_ledgers[number] = result.ledger
        self.components.edge_done(number, result)
        edge = self.chain.edges[number]
        for end in (edge.lower, edge.upper):
            self.open_edges[end] -= 1
            if not self.open_edges[end]:
                del self.facts[end]
        return result.ledger.subject
