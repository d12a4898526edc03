"""When the claims about components can be worked on: after their layers the product, after their edges the ranks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from certify.chain import Chain
from certify.chain.components import Component, components_of
from certify.claims import causes
from certify.claims import component as claims
from certify.claims.thresholds import Thresholds
from certify.linalg.chain_product import ProductSpectrum
from certify.prover.component import LayerSummary, measure_component, measure_product
from certify.prover.intersection import product_rank_of
from certify.prover.layer import LayerFacts
from certify.prover.ledger import Ledger
from certify.prover.product_ranks import Factor

__all__ = ["ComponentSchedule", "ProductResult"]


@dataclass(frozen=True, slots=True)
class ProductResult:
    """The enclosed spectrum of the product of a component's layers; None where there is none to compute."""

    spectrum: ProductSpectrum | None


class ComponentSchedule:
    """Which component of the chain can be worked on; keeps of layers and edges only what was published."""

    def __init__(self, chain: Chain, thresholds: Thresholds) -> None:
        self.chain = chain
        self.thresholds = thresholds
        self.components = components_of(chain)
        self.ledgers = [Ledger(part.subject) for part in self.components]
        self.summaries: dict[int, LayerSummary] = {}
        self.pairs: dict[int, tuple[int, int]] = {}
        self.products: dict[int, ProductResult] = {}
        straight = [place for place, part in enumerate(self.components) if part.straight]
        self.open_products, self.open_components = list(straight), list(straight)
        self.total = len(straight)
        for part, ledger in zip(self.components, self.ledgers, strict=True):
            if not part.straight:
                ledger.skip(claims.IDS, causes.BRANCHED)

    def layer_done(self, layer: int, facts: LayerFacts) -> None:
        """Keep what the claims about a component need of a layer."""
        self.summaries[layer] = LayerSummary.of(facts)

    def edge_done(self, edge: int, ledger: Ledger) -> None:
        """Keep the rank of an edge's product."""
        self.pairs[edge] = product_rank_of(ledger)

    def next_product(self) -> int | None:
        """A component all of whose layers are known."""
        return self._ready(
            self.open_products, lambda place: self.summaries.keys() >= set(self.components[place].layers)
        )

    def next_component(self) -> int | None:
        """A component of which everything is known."""
        return self._ready(
            self.open_components,
            lambda place: place in self.products and self.pairs.keys() >= set(self.components[place].edges),
        )

    def _ready(self, waiting: list[int], known: Callable[[int], bool]) -> int | None:
        for place in waiting:
            if known(place):
                waiting.remove(place)
                return place
        return None

    def product(self, place: int) -> ProductResult:
        """Work that needs the layers of a component only."""
        part = self.components[place]
        return ProductResult(measure_product(self._summaries(part), self._factors(part)))

    def claims(self, place: int) -> Ledger:
        """All claims about a component."""
        part = self.components[place]
        return measure_component(
            part.subject,
            self._summaries(part),
            self._factors(part),
            [self.pairs[edge] for edge in part.edges],
            self.products[place].spectrum,
            self.thresholds,
        )

    def _summaries(self, part: Component) -> list[LayerSummary]:
        return [self.summaries[layer] for layer in part.layers]

    def _factors(self, part: Component) -> list[Factor]:
        return [self.chain.layers[layer].matrix for layer in part.layers]
