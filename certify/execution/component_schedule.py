"""When the claims about components can be worked on: their product grows edge by edge, the ranks come last."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from certify.chain import Chain
from certify.chain.components import Component, components_of
from certify.claims import causes
from certify.claims import component as claims
from certify.claims.thresholds import Thresholds
from certify.linalg.chain_product import ProductSpectrum
from certify.linalg.cores import Core, Line
from certify.prover.component import LayerSummary, measure_component, measure_product
from certify.prover.domain import domain_of
from certify.prover.interface import EdgeFacts
from certify.prover.intersection import product_rank_of
from certify.prover.layer import LayerFacts
from certify.prover.ledger import Ledger
from certify.prover.product_ranks import Factor
from certify.verdict import Verdict

__all__ = ["ComponentSchedule", "ProductResult"]


@dataclass(frozen=True, slots=True)
class ProductResult:
    """The product of a component's layers as far as it goes: its lowest ``edges`` edges are in ``line``.

    line : None before the first edge, and from an edge without a core on.
    complete : all edges are in it, and ``spectrum`` is what the product's claims need, None where that overflowed.
    """

    edges: int = 0
    line: Line | None = None
    complete: bool = False
    spectrum: ProductSpectrum | None = None


class ComponentSchedule:
    """Which component of the chain can be worked on; keeps of layers and edges only what was published."""

    def __init__(self, chain: Chain, thresholds: Thresholds) -> None:
        self.chain = chain
        self.thresholds = thresholds
        self.components = components_of(chain)
        self.ledgers = [Ledger(part.subject) for part in self.components]
        self.summaries: dict[int, LayerSummary] = {}
        self.pairs: dict[int, tuple[int, int]] = {}
        self.domains: dict[int, tuple[str, Verdict | None]] = {}
        self.cores: dict[int, Core | None] = {}
        straight = [place for place, part in enumerate(self.components) if part.straight]
        self.products = {place: ProductResult() for place in straight}
        self.lines = {edge for place in straight for edge in self.components[place].edges}
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
        self.lines -= set(self.components[place].edges)

    def layer_done(self, layer: int, facts: LayerFacts) -> None:
        """Keep what the claims about a component need of a layer."""
        self.summaries[layer] = LayerSummary.of(facts)

    def edge_done(self, edge: int, facts: EdgeFacts) -> None:
        """Keep the rank of an edge's product and, until the component's product has taken it in, its core."""
        self.pairs[edge] = product_rank_of(facts.ledger)
        self.domains[edge] = facts.ledger.subject, domain_of(facts.ledger)
        if edge in self.lines:
            self.cores[edge] = facts.core

    def product_done(self, place: int, found: ProductResult) -> None:
        """Keep the product of a component, and no core that is in it."""
        for edge in self.components[place].edges[: found.edges]:
            self.cores.pop(edge, None)
        self.products[place] = found
        if not found.complete:
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

    def product(self, place: int) -> ProductResult:
        """The product of a component with its next edge; with the last, its spectrum."""
        part, found = self.components[place], self.products[place]
        line, edges = found.line, found.edges
        if part.edges:
            core = self.cores[part.edges[edges]]
            if core is not None and (line is not None or edges == 0):
                line = (line or Line.of(core.write)).extended(core)
            else:
                line = None
            edges += 1
        if edges < len(part.edges):
            return ProductResult(edges, line)
        spectrum = measure_product(self._summaries(part), self._factors(part), line, self.thresholds)
        return ProductResult(edges, None, complete=True, spectrum=spectrum)

    def claims(self, place: int) -> Ledger:
        """All claims about a component."""
        part = self.components[place]
        return measure_component(
            part.subject,
            self._summaries(part),
            self._factors(part),
            [self.pairs[edge] for edge in part.edges],
            self.products[place].spectrum,
            [self.domains[edge] for edge in part.edges],
            self.thresholds,
        )

    def _summaries(self, part: Component) -> list[LayerSummary]:
        return [self.summaries[layer] for layer in part.layers]

    def _factors(self, part: Component) -> list[Factor]:
        return [self.chain.layers[layer].matrix for layer in part.layers]
