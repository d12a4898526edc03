"""How much of what a layer writes the next one does not read, as an exact number (THEORY A2)."""

from __future__ import annotations

from certify.claims.thresholds import Thresholds
from certify.prover.layer import LayerFacts
from certify.prover.ledger import Ledger
from certify.prover.product_ranks import PRIME, Budget, bound_product, rank_cause
from certify.verdict import Enclosure

__all__ = ["measure_intersection", "product_rank_of"]

_ID = "A2.intersection"


def measure_intersection(ledger: Ledger, lower: LayerFacts, upper: LayerFacts, thresholds: Thresholds) -> None:
    """dim(im W ∩ ker W') = rank W − rank W'W, the only hidden-reparameterization invariant of an interface.

    The recorded method is what the lower bound of rank W'W took: ``inequality`` when the ranks of both layers already
    decide it, ``modular`` when the rank modulo ``prime`` meets the upper bound, ``exact`` when that is lowered by an
    exact proof, ``bounds`` when it is not.
    """
    n = lower.matrix.shape[0]
    known = {
        (0, 0): (lower.matrix.shape[1],) * 2, (1, 1): (n, n), (2, 2): (upper.matrix.shape[0],) * 2,
        (0, 1): lower.rank, (1, 2): upper.rank,
    }  # fmt: skip
    allowed = thresholds.exact_product_seconds
    product = bound_product(known, [lambda: lower.matrix, lambda: upper.matrix], 0, 2, Budget(allowed))
    dimension = max(0, lower.rank[0] - product[1]), lower.rank[1] - product[0]
    most = min(lower.rank[1], upper.rank[1])
    parameters: dict[str, int | float | str] = {"dimension": n, "prime": PRIME}
    if max(0, lower.rank[0] + upper.rank[0] - n) == most:
        parameters = {"dimension": n, "method": "inequality"}
    elif product[0] < product[1]:
        parameters["method"] = "bounds"
    else:
        parameters["method"] = "modular" if product[0] == most else "exact"
    ledger.measure(
        _ID,
        "the dimension of im W ∩ ker W', rank W − rank W'W, and the rank of W'W",
        [Enclosure(*dimension), Enclosure(*product)],
        0.0,
        parameters=parameters,
        cause=rank_cause([lower.rank, product], allowed),
        note="the only invariant of an interface under hidden reparameterization",
    )


def product_rank_of(ledger: Ledger) -> tuple[int, int]:
    """The bounds of rank W'W that an interface's ledger publishes."""
    value = next(claim for claim in ledger.claims if claim.id == _ID).values[1]
    return int(value.lower), int(value.upper)
