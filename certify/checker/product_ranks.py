"""Bounds of ranks as a certificate states them, and how each is proved again.

From below by Frobenius' inequality rank(ABC) >= rank(AB) + rank(BC) - rank(B) over ranks that are proved, by cosines
at an interface, or by :mod:`certify.checker.arithmetic.exact_product_rank`; from above by the ranks of shorter
products, or exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from certify.checker.arithmetic.exact_product_rank import Factor, full_rank, rank_at_most, rank_modulo
from certify.checker.expected import Expected
from certify.checker.layer import LayerFacts
from certify.checker.lookup import Lookup
from certify.claims import causes
from certify.claims import interface as claims
from certify.verdict import Enclosure

__all__ = [
    "PRIME",
    "Bounds",
    "Table",
    "intersection_claim",
    "positive_cosines",
    "rank_fault",
    "reached_from_below",
    "whole_numbers",
]

PRIME = 2097143
"""What the program reduces by; another prime is used here."""

Bounds = tuple[int, int]
Table = Mapping[tuple[int, int], Bounds]


def whole_numbers(value: Enclosure, top: int) -> Bounds:
    """A published rank as integers from 0 to ``top``; what lies outside is at fault elsewhere."""
    low, high = (int(min(max(end, 0.0), float(top))) for end in (value.lower, value.upper))
    return low, high


def reached_from_below(table: Table, u: int, v: int, pairs: Sequence[tuple[int, int]] | None = None) -> int:
    """The best bound of Frobenius' inequality for the factors u + 1, ..., v; ``pairs`` are the inner factors a..b."""
    if pairs is None:
        pairs = [(a, b) for a in range(u + 1, v) for b in range(a, v)]
    bounds = [
        table[a, v][0] + table[u, b][0] - table[a, b][1]
        for a, b in pairs
        if (a, v) in table and (u, b) in table and (a, b) in table
    ]
    return max([0, *bounds])


def rank_fault(
    published: Bounds, low: int, high: int, factors: Sequence[Factor], full: Callable[[], bool] | None = None
) -> str:
    """Whether the bounds of a rank are what can be proved; ``low`` and ``high`` are known from shorter products.

    ``full`` may prove quickly that the product has full rank; ``high`` is then that rank.
    """
    if low >= high:
        return "" if published == (high, high) else f"not proved: the rank is {high}"
    if published == (high, high) and full is not None and full():
        return ""
    reached = max(low, rank_modulo(factors))
    if published[0] == published[1]:
        if not reached >= published[0]:
            return f"not proved: the rank is at least {reached}"
        if published[0] > high:
            return f"not proved: the rank is at most {high}"
        exact = published[0] == high or rank_at_most(factors, published[0])
        return "" if exact else "not proved: the rank could not be computed again to this number"
    return "" if published == (reached, high) else f"not proved: the rank is bounded by {reached} and {high}"


def positive_cosines(
    writer: LayerFacts, reader: LayerFacts, windows: Sequence[int], subject: str, lookup: Lookup
) -> int:
    """How many published cosines of one window are positive, at most: no more than rank W'W if they are proved.

    With σ_k, σ'_k > 0 and W V_k = U_k S_k: if W'W V_k c = 0, then U_k S_k c is orthogonal to all that W' reads, so
    V'_kᵀU_k S_k c = 0. The kernel of W'W V_k is no larger than that of V'_kᵀU_k, whose singular values are the cosines.
    """
    found = 0
    for k in windows:
        if writer.sigma[k - 1].lower > 0 and reader.sigma[k - 1].lower > 0:
            values = lookup.values(subject, claims.cosines(k, 0.0).id, k)
            found = max(found, sum(value.lower > 0 for value in values))
    return found


def intersection_claim(
    writer: LayerFacts, reader: LayerFacts, positive: int, product: Enclosure, allowed: float
) -> Expected:
    """A2 at an interface; ``product`` is the published rank of W'W, as whole numbers or not.

    ``positive`` cosines are not 0; ``allowed`` is the recorded work for exact ranks, in seconds.
    """
    n = writer.matrix.shape[0]
    first, second = whole_numbers(Enclosure(*writer.rank), writer.d), whole_numbers(Enclosure(*reader.rank), reader.d)
    low, high = max(0, first[0] + second[0] - n), min(first[1], second[1])
    if low >= high:
        method = "inequality"
    elif positive >= high:
        low, method = high, "cosines"
    elif product.lower < product.upper:
        method = "bounds"
    else:
        method = "modular" if product.lower == high else "exact"

    def prove(values: tuple[Enclosure, ...]) -> str:
        found = whole_numbers(values[1], n)
        dimension = Enclosure(max(0, first[0] - found[1]), first[1] - found[0])
        if values[1] != Enclosure(*found) or values[0] != dimension:
            return "the dimension is not the difference of the ranks"
        quick = (lambda: full_rank(writer.unit, reader.unit)) if high == _smaller(writer, reader) else None
        return rank_fault(found, low, high, [lambda: writer.matrix, lambda: reader.matrix], quick)

    return Expected(
        claims.intersection(n, method, PRIME),
        prove,
        causes=lambda: [causes.ranks_bounded([first, whole_numbers(product, n)], allowed)],
    )


def _smaller(writer: LayerFacts, reader: LayerFacts) -> int:
    return min(writer.matrix.shape[1], reader.matrix.shape[0])
