"""Certified ranks of products of layers: by inequalities, then modulo a prime, then exactly (THEORY A2, A5)."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from certify.errors import LimitError
from certify.geometry.orbits.rank_inequalities import RankTable, frobenius_lower, shorter_upper
from certify.linalg.exact.integer_matrix import integer_matrix
from certify.linalg.exact.modular_rank import PRIME, product_rank_modulo
from certify.linalg.exact.rank import exact_rank

__all__ = ["PRIME", "Budget", "Factor", "bound_product", "bound_table", "bound_whole"]

Factor = Callable[[], npt.NDArray[np.float64]]
"""Reads one matrix of a product."""
Bounds = tuple[int, int]

# Seconds of one core for an entry turned into an integer, and for a multiplication of two of them with 64 bits each.
_PER_ENTRY = 4e-6
_PER_FLOP = 2e-9
_FLOAT_BITS = 64


@dataclass(slots=True)
class Budget:
    """Estimated seconds that exact proofs may still take; estimates and not clocks, so that results repeat."""

    seconds: float

    def take(self, seconds: float) -> bool:
        """Whether that much is left; if so it is spent."""
        if seconds > self.seconds:
            return False
        self.seconds -= seconds
        return True


def bound_product(known: RankTable, factors: Sequence[Factor], u: int, v: int, budget: Budget) -> Bounds:
    """Bounds of R(u, v) = rank(W_v ⋯ W_{u+1}), v ≥ u + 2, from those of shorter products in ``known``.

    Parameters
    ----------
    factors : functions that read W_{u+1}, ..., W_v.
    budget : what an exact proof may cost where the rank is below that of all shorter products; 0 for none.
    """
    low, high = frobenius_lower(known, u, v), shorter_upper(known, u, v)
    if low >= high:
        return high, high
    low = max(low, product_rank_modulo(factors, high))
    if low < high and budget.seconds > 0:
        rank = _exact(known, factors, u, budget)
        if rank is not None:
            return rank, rank
    return low, high


def _exact(known: RankTable, factors: Sequence[Factor], u: int, budget: Budget) -> int | None:
    sizes = [known[place, place][0] for place in range(u, u + len(factors) + 1)]
    cost, bits = 0.0, 0
    for below, above in itertools.pairwise(sizes):
        bits += _FLOAT_BITS
        cost += _PER_ENTRY * below * above + _PER_FLOP * sizes[0] * below * above * bits / 64
    if not budget.take(cost + _PER_ENTRY * sizes[0] * sizes[-1]):
        return None
    product = None
    for read in factors:
        w = integer_matrix(read(), rows=False, columns=False)
        product = w if product is None else w * product
    try:
        return None if product is None else exact_rank(product, work_limit=budget.seconds)
    except LimitError:
        return None


def bound_table(known: dict[tuple[int, int], Bounds], layers: Sequence[Factor], budget: Budget) -> None:
    """Complete a table that holds the ranks of one and two layers with those of all longer products."""
    for v in range(3, len(layers) + 1):
        for u in range(v - 3, -1, -1):
            known[u, v] = bound_product(known, layers[u:v], u, v, budget)


def bound_whole(known: dict[tuple[int, int], Bounds], layers: Sequence[Factor], budget: Budget) -> None:
    """Add the rank of the product of all layers, L ≥ 3, to the ranks of one and two; others only as a means."""
    length = len(layers)
    steps: dict[tuple[int, int], Bounds] = dict(known)
    for v in range(3, length):
        high = shorter_upper(steps, 0, v)
        steps[0, v] = min(frobenius_lower(steps, 0, v, reach=2), high), high
    known[0, length] = bound_product(steps, layers, 0, length, budget)
