"""Which work on a chain may start next, and what is kept of what was done."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from types import MappingProxyType
from typing import TypeAlias

from certify.chain import Chain
from certify.claims import layer
from certify.claims.thresholds import Thresholds
from certify.execution.component_schedule import ComponentSchedule, ProductResult
from certify.execution.tasks import Entry, Place, Task, TaskKind
from certify.prover.interface import EdgeFacts, known_edge, measure_edge
from certify.prover.layer import LayerFacts, known_layer, measure_layer
from certify.prover.ledger import Ledger

__all__ = ["Result", "Schedule"]


Result: TypeAlias = LayerFacts | EdgeFacts | Ledger | ProductResult
"""What a task leaves: facts of a layer or an edge, claims about a component, or a product as far as it goes."""


class Schedule:
    """Which task may start next; keeps a layer's facts only until its last edge is done.

    Parameters
    ----------
    known : claims that were made before, by kind and number. Of such a subject only what others need of it is computed.
    """

    def __init__(
        self,
        chain: Chain,
        thresholds: Thresholds,
        known: Mapping[Place, Entry] = MappingProxyType({}),
    ) -> None:
        self.chain = chain
        self.thresholds = thresholds
        self.known = known
        self.facts: dict[int, LayerFacts] = {}
        self.layer_ledgers = [Ledger(layer.subject(item.name)) for item in chain.layers]
        self.edge_ledgers = [Ledger(chain.describe(edge)) for edge in chain.edges]
        self.components = ComponentSchedule(chain, thresholds)
        for place in list(self.components.open_components):
            if (entry := known.get((TaskKind.COMPONENT, place))) is not None:
                self.components.close(place, entry.ledger)
        self.ready_edges: list[tuple[int, int]] = []
        self.edges_of: list[list[int]] = [[] for _ in chain.layers]
        for number, edge in enumerate(chain.edges):
            entry = known.get((TaskKind.EDGE, number))
            if entry is not None and number not in self.components.lines:
                self.edge_ledgers[number] = entry.ledger
                continue
            self.edges_of[edge.lower].append(number)
            self.edges_of[edge.upper].append(number)
        self.open_edges = [len(edges) for edges in self.edges_of]
        open_layers = self.components.open_layers
        self.pending_layers: list[int] = []
        for number in range(len(chain.layers)):
            entry = known.get((TaskKind.LAYER, number))
            if entry is None or self.open_edges[number] or number in open_layers:
                self.pending_layers.append(number)
            else:
                self.layer_ledgers[number] = entry.ledger
        self.pending_layers.reverse()
        self.total = len(chain.layers) + len(chain.edges) + self.components.total
        self.settled = self.total - len(self.pending_layers) - sum(self.open_edges) // 2
        self.settled -= len(self.components.open_components)

    def next(self) -> Task | None:
        """A product that can grow, an edge whose layers are known, the next layer, a whole component."""
        product = self.components.next_product()
        if product is not None:
            return TaskKind.PRODUCT, product
        if self.ready_edges:
            return TaskKind.EDGE, heapq.heappop(self.ready_edges)[1]
        if self.pending_layers:
            return TaskKind.LAYER, self.pending_layers.pop()
        component = self.components.next_component()
        return None if component is None else (TaskKind.COMPONENT, component)

    def start(self, task: Task, pool: ThreadPoolExecutor) -> Future[Result]:
        """Hand a task to the pool."""
        kind, number = task
        if kind is TaskKind.LAYER:
            return pool.submit(self._layer, number)
        if kind is TaskKind.EDGE:
            edge = self.chain.edges[number]
            lower, upper = self.facts[edge.lower], self.facts[edge.upper]
            if (entry := self.known.get(task)) is not None:
                return pool.submit(known_edge, entry.ledger, lower, upper)
            return pool.submit(measure_edge, lower, upper, self.thresholds, self.chain.layers[edge.upper].groups)
        return pool.submit(self.components.product if kind is TaskKind.PRODUCT else self.components.claims, number)

    def _layer(self, number: int) -> LayerFacts:
        item = self.chain.layers[number]
        if (entry := self.known.get((TaskKind.LAYER, number))) is not None:
            return known_layer(item.name, item.matrix(), entry.ledger, entry.causes)
        return measure_layer(item.name, item.matrix(), self.thresholds)

    def finish(self, task: Task, result: Result) -> Entry | None:
        """Record a result and return its claims; None for a product, which has none of its own."""
        number = task[1]
        if isinstance(result, ProductResult):
            self.components.product_done(number, result)
            return None
        if isinstance(result, LayerFacts):
            self.layer_ledgers[number] = result.ledger
            self.components.layer_done(number, result)
            if self.open_edges[number]:
                self.facts[number] = result
            for open_edge in self.edges_of[number]:
                ends = self.chain.edges[open_edge]
                if ends.lower in self.facts and ends.upper in self.facts:
                    heapq.heappush(self.ready_edges, (ends.upper, open_edge))
            return Entry(result.ledger, result.causes)
        if isinstance(result, Ledger):
            self.components.ledgers[number] = result
            return Entry(result)
        self.edge_ledgers[number] = result.ledger
        self.components.edge_done(number, result)
        edge = self.chain.edges[number]
        for end in (edge.lower, edge.upper):
            self.open_edges[end] -= 1
            if not self.open_edges[end]:
                del self.facts[end]
        return Entry(result.ledger)
