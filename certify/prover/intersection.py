"""How much of what a layer writes the next one does not read, as an exact number (THEORY A2)."""

from __future__ import annotations

from certify.claims import causes
from certify.claims import interface as claims
from certify.claims.thresholds import Thresholds
from certify.prover.layer import LayerFacts
from certify.prover.ledger import Ledger
from certify.prover.product_ranks import PRIME, Budget, bound_product
from certify.verdict import Enclosure

__all__ = ["measure_intersection", "product_rank_of"]


def measure_intersection(ledger: Ledger, writer: LayerFacts, reader: LayerFacts, thresholds: Thresholds) -> None:
    """dim(im W ∩ ker W') = rank W − rank W'W, the only hidden-reparameterization invariant of an interface."""
    n = writer.matrix.shape[0]
    known = {
        (0, 0): (writer.matrix.shape[1],) * 2, (1, 1): (n, n), (2, 2): (reader.matrix.shape[0],) * 2,
        (0, 1): writer.rank, (1, 2): reader.rank,
    }  # fmt: skip
    allowed = thresholds.exact_product_seconds
    product = bound_product(known, [lambda: writer.matrix, lambda: reader.matrix], 0, 2, Budget(allowed))
    dimension = max(0, writer.rank[0] - product[1]), writer.rank[1] - product[0]
    most = min(writer.rank[1], reader.rank[1])
    if max(0, writer.rank[0] + reader.rank[0] - n) == most:
        method = "inequality"
    elif product[0] < product[1]:
        method = "bounds"
    else:
        method = "modular" if product[0] == most else "exact"
    ledger.measure(
        claims.intersection(n, method, PRIME),
        [Enclosure(*dimension), Enclosure(*product)],
        causes.ranks_bounded([writer.rank, product], allowed),
    )


def product_rank_of(ledger: Ledger) -> tuple[int, int]:
    """The bounds of rank W'W that an interface's ledger publishes."""
    value = next(claim for claim in ledger.claims if claim.id == claims.INTERSECTION).values[1]
    return int(value.lower), int(value.upper)
