"""The products W_QᵀW_K and W_OW_V of every head: ranks and singular values, from cores of the size of a head (A4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import flint

from certify.claims import causes
from certify.claims import heads as claims
from certify.claims.thresholds import Thresholds
from certify.heads import Heads
from certify.linalg.chain_product import ProductSpectrum
from certify.linalg.cores import Core, JoinedLine, Near, core
from certify.prover.ledger import UNKNOWN, Ledger, publish_ball
from certify.prover.product_ranks import Budget, bound_product
from certify.prover.widening import product_floor
from certify.rigor.ball import hull_ball
from certify.rigor.ball import upper as upper_end
from certify.rigor.rounding import FloatArray
from certify.verdict import Enclosure

__all__ = ["Factor", "measure_product"]


@dataclass(frozen=True, slots=True)
class Factor:
    """A block of a head, heads by rows, with bounds of its rank.

    Parameters
    ----------
    near : its decomposition as cores are made from; None where there is none.
    top, floor : an upper bound of ‖block‖₂, and by how much singular values are widened when they are published.
    """

    block: FloatArray
    rank: tuple[int, int]
    near: Near | None
    top: float
    floor: float


def measure_product(
    ledger: Ledger,
    name: str,
    heads: Heads,
    left: Sequence[Factor],
    right: Sequence[Factor],
    thresholds: Thresholds,
) -> None:
    """All claims about BᵀC for B of ``left``, one for each head, and C of ``right``, one for each group."""
    pairs = [(b, right[i * len(right) // heads.count]) for i, b in enumerate(left)]
    budget = Budget(thresholds.exact_product_seconds)
    ranks = [_rank(b, c, budget) for b, c in pairs]
    cause = causes.ranks_bounded(ranks, thresholds.exact_product_seconds)
    ledger.measure(claims.product_ranks(name, heads), [Enclosure(*rank) for rank in ranks], cause)
    each = min(heads.size, left[0].block.shape[1], right[0].block.shape[1])
    values = [x for pair, rank in zip(pairs, ranks, strict=True) for x in _sigma(*pair, each, rank[1])]
    ledger.measure(claims.product_sigma(name, heads, each, thresholds.product_relative, values), values)


def _rank(b: Factor, c: Factor, budget: Budget) -> tuple[int, int]:
    size, n = c.block.shape
    m = b.block.shape[1]
    known = {(0, 0): (n, n), (1, 1): (size, size), (2, 2): (m, m), (0, 1): c.rank, (1, 2): b.rank}
    return bound_product(known, [lambda: c.block, lambda: b.block.T], 0, 2, budget)


def _sigma(b: Factor, c: Factor, each: int, rank: int) -> list[Enclosure]:
    zero = [Enclosure(0.0, 0.0)] * (each - rank)
    if rank == 0:
        return zero
    if b.near is None or c.near is None:
        return [UNKNOWN] * rank + zero
    found = _line(core(c.near, _turned(b.near)))
    if found is None:
        return [UNKNOWN] * rank + zero
    unit = flint.arb(2) ** found.exponent
    # What both factors may be off by, times the other one; and roundings of products of the size of a head.
    off = flint.arb(b.floor) * c.top + flint.arb(b.top) * c.floor
    off += 4 * flint.arb(product_floor(max(b.block.shape))) * b.top * c.top + 4 * flint.arb(found.error) * unit
    floor = upper_end(off)
    return [
        publish_ball(hull_ball(float(low), float(high)) * unit, floor=floor, nonnegative=True)
        for low, high in zip(found.lower[:rank], found.upper[:rank], strict=True)
    ] + zero


def _line(c: Core) -> ProductSpectrum | None:
    return JoinedLine.of(c.write).extended(c).spectrum()


def _turned(x: Near) -> Near:
    """The decomposition of the transpose."""
    return replace(x, shape=x.shape[::-1], left=x.right, right=x.left)
