"""Which work on a chain may start next, and what is kept of what was done."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from types import MappingProxyType

from certify.chain import Chain
from certify.claims import heads, layer
from certify.claims.thresholds import Thresholds
from certify.execution import work
from certify.execution.component_schedule import ComponentSchedule
from certify.execution.tasks import Entry, Place, Task, TaskKind
from certify.execution.work import LayerTold, ProductResult, Told, Work
from certify.prover.ledger import Ledger

__all__ = ["Schedule"]


class Schedule:
    """Which task may start next; keeps a layer's facts, as the place of work holds them, until its last edge is done.

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
        self.facts: dict[int, object] = {}
        self.layer_ledgers = [Ledger(layer.subject(item.name)) for item in chain.layers]
        self.edge_ledgers = [Ledger(chain.describe(edge)) for edge in chain.edges]
        self.components = ComponentSchedule(chain, thresholds)
        for place in list(self.components.open_components):
            if (entry := known.get((TaskKind.COMPONENT, place))) is not None:
                self.components.close(place, entry.ledger)
        self.head_ledgers = [Ledger(heads.subject(item)) for item in chain.heads]
        self.pending_heads: list[int] = []
        for place in reversed(range(len(chain.heads))):
            if (entry := known.get((TaskKind.HEADS, place))) is not None:
                self.head_ledgers[place] = entry.ledger
            else:
                self.pending_heads.append(place)
        self.ready_edges: list[tuple[int, int]] = []
        self.edges_of: list[list[int]] = [[] for _ in chain.layers]
        for number, edge in enumerate(chain.edges):
            entry = known.get((TaskKind.EDGE, number))
            if entry is not None and number not in self.components.edges:
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
        self.total = len(chain.layers) + len(chain.edges) + self.components.total + len(chain.heads)
        self.settled = self.total - len(self.pending_layers) - sum(self.open_edges) // 2
        self.settled -= len(self.components.open_components) + len(self.pending_heads)

    def next(self) -> Task | None:
        """A product that can grow, an edge whose layers are known, the next layer, a whole component, heads."""
        product = self.components.next_product()
        if product is not None:
            return TaskKind.PRODUCT, product
        if self.ready_edges:
            return TaskKind.EDGE, heapq.heappop(self.ready_edges)[1]
        if self.pending_layers:
            return TaskKind.LAYER, self.pending_layers.pop()
        component = self.components.next_component()
        if component is not None:
            return TaskKind.COMPONENT, component
        return (TaskKind.HEADS, self.pending_heads.pop()) if self.pending_heads else None

    def work(self, task: Task) -> Work:
        """What is to be done for a task."""
        kind, number = task
        if kind is TaskKind.LAYER:
            return Work(work.layer, (self.chain.layers[number], self.known.get(task), self.thresholds))
        if kind is TaskKind.EDGE:
            edge = self.chain.edges[number]
            ends = self.facts[edge.lower], self.facts[edge.upper]
            groups = self.chain.layers[edge.upper].groups
            return Work(work.edge, (*ends, self.known.get(task), self.thresholds, groups))
        if kind is TaskKind.HEADS:
            item = self.chain.heads[number]
            own = tuple(self.chain.layers[place] for _, place in item.layers)
            return Work(work.heads, (item, own, self.thresholds))
        return self.components.product(number) if kind is TaskKind.PRODUCT else self.components.claims(number)

    def finish(self, task: Task, kept: object, told: Told) -> Entry | None:
        """Record a result and return its claims; None for a product, which has none of its own.

        Parameters
        ----------
        kept : the result as the place of work holds it, given again to the tasks that need it.
        """
        kind, number = task
        if isinstance(told, ProductResult):
            self.components.product_done(number, kept, told)
            return None
        if isinstance(told, LayerTold):
            self.layer_ledgers[number] = told.ledger
            self.components.layer_done(number, told.summary)
            if self.open_edges[number]:
                self.facts[number] = kept
            for open_edge in self.edges_of[number]:
                ends = self.chain.edges[open_edge]
                if ends.lower in self.facts and ends.upper in self.facts:
                    heapq.heappush(self.ready_edges, (ends.upper, open_edge))
            return Entry(told.ledger, told.causes)
        if kind is TaskKind.COMPONENT or kind is TaskKind.HEADS:
            ledgers = self.components.ledgers if kind is TaskKind.COMPONENT else self.head_ledgers
            ledgers[number] = told
            return Entry(told)
        self.edge_ledgers[number] = told
        self.components.edge_done(number, kept, told)
        edge = self.chain.edges[number]
        for end in (edge.lower, edge.upper):
            self.open_edges[end] -= 1
            if not self.open_edges[end]:
                del self.facts[end]
        return Entry(told)
