r"""Singular values of BᵀC for two blocks of few rows, from their near decompositions.

B is within ε of L̂SR̂ᵀ and C within ε' of L̂'S'R̂'ᵀ, with exactly orthonormal columns of all L̂ and R̂. So

.. math:: \|B^TC-\hat R\,(S\hat L^T\hat L'S')\,\hat R'^T\|_2\le\varepsilon(s'_1+\varepsilon')+s_1\varepsilon',

and the singular values of the second matrix that need not vanish are those of the small one. L and L' are within
δ and δ' of L̂ and L̂', so that ‖LᵀL' − L̂ᵀL̂'‖ <= δ(1 + δ') + δ', by L − L̂ and ‖L'‖ <= 1 + δ'. A product within slip
of LᵀL' that is weighted on both sides errs by s_1s'_1 times the sum, and by two roundings an entry.
"""

from __future__ import annotations

from dataclasses import replace

from flint import arb

from certify.checker.arithmetic.near_decomposition import NearSVD, near_svd
from certify.checker.arithmetic.rounding import ETA, Array, U, above, ball, product
from certify.checker.arithmetic.scaled_matrix import Unit, frobenius, frobenius_squared

__all__ = ["product_room", "product_values"]


def product_values(b: NearSVD, c: NearSVD) -> tuple[Array, Array]:
    """Lower and upper bounds of the singular values of BᵀC that need not vanish, decreasing."""
    cross, slip = product(b.left.T, c.left)
    weighted = b.s[:, None] * cross * c.s
    top, top_next = ball(float(b.s[0])), ball(float(c.s[0]))
    d, e = ball(b.left_distance), ball(c.left_distance)
    moved = top * top_next * (d * (1 + e) + e + ball(slip))
    moved += frobenius(weighted) * 4 * ball(U) + ball(8 * ETA * weighted.size)
    moved += ball(b.error) * (top_next + ball(c.error)) + top * ball(c.error)
    unit = Unit.of(weighted) if weighted.any() else Unit(weighted, 0, 0.0, frobenius_squared(weighted))
    shrunk = arb(2) ** -unit.exponent
    if not moved * shrunk < 1:
        # A product far smaller than its factors is known no better for being scaled up.
        unit, shrunk = Unit(weighted, 0, 0.0, frobenius_squared(weighted)), arb(1)
    near = near_svd(unit)
    return replace(
        near, error=above(ball(near.error) + moved * shrunk), exponent=b.exponent + c.exponent + unit.exponent
    ).sigma()


def product_room(b: NearSVD, c: NearSVD) -> float:
    """How much wider than known here singular values of BᵀC may be published: what plain float64 work loses."""
    lost = _lost(b) + _lost(c) + 32 * max(*b.shape, *c.shape, 64)
    return above(8 * ball(U) * lost * ball(float(b.s[0])) * ball(float(c.s[0])) * arb(2) ** (b.exponent + c.exponent))


def _lost(a: NearSVD) -> arb:
    """Roundings of a decomposition, relative to s_1: its products, and columns that lean on the leading ones."""
    (m, n), top = a.shape, float(a.s[0])
    smallest = max(float(a.s[-1]), top * 2.0**-26)
    return arb(4 * m * n + 512) + 16 * max(m, n) * ball(top) / ball(smallest)
