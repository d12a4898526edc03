"""When the claims about components can be worked on: their product grows edge by edge, the ranks come last."""

from __future__ import annotations

from collections.abc import Callable

from certify.chain import Chain, Layer
from certify.chain.components import Component, components_of
from certify.claims import causes
from certify.claims import component as claims
from certify.claims.thresholds import Thresholds
from certify.execution import work
from certify.execution.work import ProductResult, Work
from certify.prover.component import LayerSummary
from certify.prover.domain import Standing, standing_of
from certify.prover.intersection import product_rank_of
from certify.prover.ledger import Ledger

__all__ = ["ComponentSchedule"]


class ComponentSchedule:
    """Which component of the chain can be worked on; keeps of layers and edges only what was published.

    ``cores`` and ``lines`` hold results of edges and products as the place of work holds them.
    """

    def __init__(self, chain: Chain, thresholds: Thresholds) -> None:
        self.chain = chain
        self.thresholds = thresholds
        self.components = components_of(chain)
        self.ledgers = [Ledger(part.subject) for part in self.components]
        self.summaries: dict[int, LayerSummary] = {}
        self.pairs: dict[int, tuple[int, int]] = {}
        self.domains: dict[int, Standing] = {}
        self.cores: dict[int, object] = {}
        self.lines: dict[int, object] = {}
        straight = [place for place, part in enumerate(self.components) if part.straight]
        self.products = {place: ProductResult() for place in straight}
        self.edges = {edge for place in straight for edge in self.components[place].edges}
        self.open_products, self.open_components = list(straight), list(straight)
        self.total = len(straight)
        for part, ledger in zip(self.components, self.ledgers, strict=True):
            if not part.straight:
                ledger.skip(claims.IDS, causes.BRANCHED)

    @property
    def open_layers(self) -> set[int]:
        """The layers of the components of which claims are to be made."""
        return {layer for place in self.open_components for layer in self.components[place].layers}

    def close(self, place: int, ledger: Ledger) -> None:
        """Take the claims about a component as they were made before."""
        self.ledgers[place] = ledger
        self.open_products.remove(place)
        self.open_components.remove(place)
        self.edges -= set(self.components[place].edges)

    def layer_done(self, layer: int, summary: LayerSummary) -> None:
        """Keep what the claims about a component need of a layer."""
        self.summaries[layer] = summary

    def edge_done(self, edge: int, kept: object, ledger: Ledger) -> None:
        """Keep the rank of an edge's product and, until the component's product has taken it in, its core."""
        self.pairs[edge] = product_rank_of(ledger)
        self.domains[edge] = standing_of(ledger)
        if edge in self.edges:
            self.cores[edge] = kept

    def product_done(self, place: int, kept: object, found: ProductResult) -> None:
        """Keep the product of a component, and no core that is in it."""
        for edge in self.components[place].edges[: found.edges]:
            self.cores.pop(edge, None)
        self.products[place] = found
        if found.complete:
            self.lines.pop(place, None)
        else:
            self.lines[place] = kept
            self.open_products.append(place)

    def next_product(self) -> int | None:
        """A component whose product can grow by an edge."""

        def grows(place: int) -> bool:
            part, done = self.components[place], self.products[place].edges
            return part.edges[done] in self.cores if part.edges else part.layers[0] in self.summaries

        return self._ready(self.open_products, grows)

    def next_component(self) -> int | None:
        """A component of which everything is known."""
        return self._ready(
            self.open_components,
            lambda place: self.products[place].complete and self.pairs.keys() >= set(self.components[place].edges),
        )

    def _ready(self, waiting: list[int], known: Callable[[int], bool]) -> int | None:
        for place in waiting:
            if known(place):
                waiting.remove(place)
                return place
        return None

    def product(self, place: int) -> Work:
        """The product of a component with its next edge; with the last, its spectrum."""
        part, done = self.components[place], self.products[place].edges
        facts = self.cores[part.edges[done]] if part.edges else None
        last = done + 1 >= len(part.edges)
        ending = (self._layers(part), self._summaries(part)) if last else ((), ())
        return Work(work.product, (self.lines.get(place), facts, *ending, self.thresholds))

    def claims(self, place: int) -> Work:
        """All claims about a component."""
        part = self.components[place]
        pairs = tuple(self.pairs[edge] for edge in part.edges)
        domains = tuple(self.domains[edge] for edge in part.edges)
        given = (self._layers(part), self._summaries(part), pairs, self.products[place].spectrum, domains)
        return Work(work.component, (part.subject, *given, self.thresholds))

    def _layers(self, part: Component) -> tuple[Layer, ...]:
        return tuple(self.chain.layers[layer] for layer in part.layers)

    def _summaries(self, part: Component) -> tuple[LayerSummary, ...]:
        return tuple(self.summaries[layer] for layer in part.layers)
