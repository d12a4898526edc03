"""What the ranks of shorter products say about the rank of a longer one.

R(u, v) = rank(W_v ⋯ W_{u+1}) for 0 ≤ u ≤ v ≤ L and R(v, v) = n_v. A factor more cannot raise a rank, and Frobenius'
inequality rank(ABC) ≥ rank(AB) + rank(BC) − rank(B), which for B = I is Sylvester's, bounds it from below. Frobenius'
inequality says that the interval multiplicities of the chain are not negative (THEORY A5).
Source: R. A. Horn, C. R. Johnson, *Matrix Analysis*, 0.4.5.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["RankTable", "frobenius_lower", "shorter_upper"]

RankTable = Mapping[tuple[int, int], tuple[int, int]]
"""(u, v) to certified bounds (lower, upper) of R(u, v)."""


def frobenius_lower(known: RankTable, u: int, v: int, reach: int | None = None) -> int:
    """The best lower bound of R(u, v) from R(a, v) + R(u, b) − R(a, b) over those u < a ≤ b < v that are known.

    ``reach`` considers only a ≥ v − reach.

    >>> frobenius_lower({(0, 1): (2, 2), (1, 2): (3, 3), (1, 1): (3, 3)}, 0, 2)
    2
    """
    best = 0
    for a in range(u + 1 if reach is None else max(u + 1, v - reach), v):
        for b in range(a, v):
            if (a, v) in known and (u, b) in known and (a, b) in known:
                best = max(best, known[a, v][0] + known[u, b][0] - known[a, b][1])
    return best


def shorter_upper(known: RankTable, u: int, v: int) -> int:
    """The smallest upper bound among the known R(a, b) with u ≤ a ≤ b ≤ v next to (u, v), and of the dimensions."""
    places = ((u, v - 1), (u + 1, v), (u, u), (v, v), (v - 1, v), (u, u + 1))
    return min(known[place][1] for place in places if place in known and place != (u, v))
