"""When the claims about whole chains can be worked on: after their layers the product, after their edges the ranks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from certify.chain import Chain
from certify.chain.components import Line, lines_of
from certify.claims import causes
from certify.claims import component as claims
from certify.linalg.chain_product import ProductSpectrum
from certify.prover import LayerFacts, Thresholds
from certify.prover.component import LayerSummary, measure_product, measure_whole
from certify.prover.intersection import product_rank_of
from certify.prover.ledger import Ledger
from certify.prover.product_ranks import Factor

__all__ = ["Product", "WholeSchedule"]


@dataclass(frozen=True, slots=True)
class Product:
    """The enclosed spectrum of the product of a line's layers; None where there is none to compute."""

    spectrum: ProductSpectrum | None


class WholeSchedule:
    """Which line of the chain can be worked on; keeps of layers and edges only what was published."""

    def __init__(self, chain: Chain, thresholds: Thresholds) -> None:
        self.chain = chain
        self.thresholds = thresholds
        self.lines = lines_of(chain)
        self.ledgers = [Ledger(line.subject) for line in self.lines]
        self.summaries: dict[int, LayerSummary] = {}
        self.pairs: dict[int, tuple[int, int]] = {}
        self.products: dict[int, Product] = {}
        straight = [place for place, line in enumerate(self.lines) if line.straight]
        self.open_products, self.open_wholes = list(straight), list(straight)
        self.total = len(straight)
        for line, ledger in zip(self.lines, self.ledgers, strict=True):
            if not line.straight:
                ledger.skip(claims.IDS, causes.BRANCHED)

    def layer_done(self, layer: int, facts: LayerFacts) -> None:
        """Keep what the claims about a line need of a layer."""
        self.summaries[layer] = LayerSummary.of(facts)

    def edge_done(self, edge: int, ledger: Ledger) -> None:
        """Keep the rank of an edge's product."""
        self.pairs[edge] = product_rank_of(ledger)

    def next_product(self) -> int | None:
        """A line all of whose layers are known."""
        return self._ready(self.open_products, lambda place: self.summaries.keys() >= set(self.lines[place].layers))

    def next_whole(self) -> int | None:
        """A line of which everything is known."""
        return self._ready(
            self.open_wholes,
            lambda place: place in self.products and self.pairs.keys() >= set(self.lines[place].edges),
        )

    def _ready(self, waiting: list[int], known: Callable[[int], bool]) -> int | None:
        for place in waiting:
            if known(place):
                waiting.remove(place)
                return place
        return None

    def product(self, place: int) -> Product:
        """Work that needs the layers of a line only."""
        line = self.lines[place]
        return Product(measure_product(self._summaries(line), self._factors(line)))

    def whole(self, place: int) -> Ledger:
        """All claims about a line."""
        line = self.lines[place]
        return measure_whole(
            line.subject,
            self._summaries(line),
            self._factors(line),
            [self.pairs[edge] for edge in line.edges],
            self.products[place].spectrum,
            self.thresholds,
        )

    def _summaries(self, line: Line) -> list[LayerSummary]:
        return [self.summaries[layer] for layer in line.layers]

    def _factors(self, line: Line) -> list[Factor]:
        return [self.chain.layers[layer].matrix for layer in line.layers]
