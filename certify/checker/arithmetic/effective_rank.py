"""Effective ranks from enclosed singular values (THEORY D10)."""

from __future__ import annotations

from collections.abc import Sequence

from flint import arb

from certify.verdict import Enclosure

__all__ = ["effective_rank_fault"]


def effective_rank_fault(sigma: Sequence[arb], level: int, published: Enclosure) -> str:
    """Whether the smallest window with ``level`` percent of the energy lies in ``published``, no wider than needed.

    The tail beyond r is at most η of the energy iff (1 - η)Σ_{k>r}σ_k² <= ηΣ_{k<=r}σ_k², linear in the squares.
    """
    lower, upper = len(sigma), len(sigma)
    squares = [x * x for x in sigma]
    head, tail = sum(squares, arb(0)), arb(0)
    certain = True
    for r in range(len(sigma), -1, -1):
        if r < len(sigma):
            head, tail = head - squares[r], tail + squares[r]
        excess = level * tail - (100 - level) * head
        if excess > 0:
            break
        lower = r
        certain = certain and bool(excess <= 0)
        if certain:
            upper = r
    lower = max(lower, 1)  # an empty window leaves out all the energy
    if not published.lower <= lower <= upper <= published.upper:
        return f"not proved: the smallest window lies between {lower} and {upper}"
    return "" if published.upper - published.lower <= 4 * (upper - lower) else "wider than what is published"
