r"""How much of what a layer writes the next one does not read, as an exact number (THEORY A2).

Cosines bound the rank of the product from below. For windows of k ranks, U_k of W and V'_k of W' with σ_k, σ'_k > 0,

    V'_kᵀ U_k = S'_k⁻¹ (U'_kᵀ W' W V_k) S_k⁻¹,

for W V_k = U_k S_k and U'_kᵀ W' = S'_k V'_kᵀ: rank W'W is at least the number of singular values of V'_kᵀU_k that are
not 0, which are the cosines.
"""

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
    most = min(writer.rank[1], reader.rank[1])
    decided = max(0, writer.rank[0] + reader.rank[0] - n) >= most
    seen = not decided and _positive(ledger, writer, reader) >= most
    if seen:
        product = most, most
    else:
        product = bound_product(known, [lambda: writer.matrix, lambda: reader.matrix], 0, 2, Budget(allowed))
    dimension = max(0, writer.rank[0] - product[1]), writer.rank[1] - product[0]
    if decided:
        method = "inequality"
    elif seen:
        method = "cosines"
    elif product[0] < product[1]:
        method = "bounds"
    else:
        method = "modular" if product[0] == most else "exact"
    ledger.measure(
        claims.intersection(n, method, PRIME),
        [Enclosure(*dimension), Enclosure(*product)],
        causes.ranks_bounded([writer.rank, product], allowed),
    )


def _positive(ledger: Ledger, writer: LayerFacts, reader: LayerFacts) -> int:
    """The most cosines of a window that are published as positive; windows of positive singular values count."""
    found = 0
    for claim in ledger.claims:
        k = claim.parameters.get("window")
        if not isinstance(k, int) or claim.id != claims.cosines(k, 0.0).id:
            continue
        if writer.sigma[k - 1].lower > 0 and reader.sigma[k - 1].lower > 0:
            found = max(found, sum(value.lower > 0 for value in claim.values))
    return found


def product_rank_of(ledger: Ledger) -> tuple[int, int]:
    """The bounds of rank W'W that an interface's ledger publishes."""
    value = next(claim for claim in ledger.claims if claim.id == claims.INTERSECTION).values[1]
    return int(value.lower), int(value.upper)
