r"""Singular values of a product of several matrices.

Partial products are scaled floats M with ‖M - 2^{-g} exact‖₂ <= e. With M', e' above M, e:
‖fl(M'M) - exact‖₂ <= rounding + ‖M'‖e + e'‖M‖ + e'e. Weyl's inequality moves the singular values of the last one by e.
A product through a narrow waist is taken from the decompositions of what lies above and below it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from flint import arb

from certify.checker.arithmetic.narrow_product import core_sigma, is_narrow
from certify.checker.arithmetic.near_decomposition import NearSVD, near_svd
from certify.checker.arithmetic.rounding import Array, above, ball, product
from certify.checker.arithmetic.scaled_matrix import Unit, frobenius_squared, root

__all__ = ["product_sigma"]

_ALL_ORDERS = 40


@dataclass(frozen=True, slots=True)
class _Part:
    """A scaled float matrix, bounds of its norm and of its distance from the exact product, and the exponent g."""

    matrix: Array
    norm: arb
    error: arb
    exponent: int


def product_sigma(
    factors: Sequence[Callable[[], Array]],
    dimensions: Sequence[int],
    norms: Sequence[float],
    room: float = 0.0,
    enough: Callable[[Array, Array], bool] = lambda lower, upper: True,
) -> tuple[Array, Array]:
    """Lower and upper bounds of the singular values of W_L ⋯ W_1, decreasing.

    Parameters
    ----------
    factors : they read W_1, ..., W_L, two or more; once each, and again where the core of a waist does not do.
    dimensions : n_0, ..., n_L.
    norms : proved upper bounds of ‖W_l‖₂.
    room : how far the vectors of the product may be from orthonormal at first, as for ``near_svd``.
    enough : whether bounds do; otherwise they are found again without room.
    """

    @cache
    def cheapest(i: int, j: int) -> tuple[float, int, int]:
        """Work, depth and place of the last multiplication for the factors i + 1, ..., j."""
        if j - i == 1:
            return 0.0, 0, j
        places = range(i + 1, j) if j - i <= _ALL_ORDERS else (i + (j - i) // 2,)
        return min(
            (
                cheapest(i, k)[0] + cheapest(k, j)[0] + float(dimensions[i]) * dimensions[k] * dimensions[j],
                1 + max(cheapest(i, k)[1], cheapest(k, j)[1]),
                k,
            )
            for k in places
        )

    def part(i: int, j: int) -> _Part:
        if j - i == 1:
            return _leaf(factors[i](), norms[i])
        k = cheapest(i, j)[2]
        return _times(part(k, j), part(i, k))

    narrowest = min(range(1, len(factors)), key=lambda k: dimensions[k])
    if is_narrow(dimensions[0], dimensions[narrowest], dimensions[-1]):
        found = core_sigma(_near(part(narrowest, len(factors))), _near(part(0, narrowest)))
        beyond = np.zeros(min(dimensions[0], dimensions[-1]) - found[0].size)
        bounds = np.concatenate([found[0], beyond]), np.concatenate([found[1], beyond])
        if enough(*bounds):
            return bounds
    whole = part(0, len(factors))
    bounds = _near(whole, room).sigma()
    return bounds if not room or enough(*bounds) else _near(whole).sigma()


def _near(part: _Part, room: float = 0.0) -> NearSVD:
    near = near_svd(Unit(part.matrix, 0, 0.0, arb(1)), room)
    return replace(near, error=above(ball(near.error) + part.error), exponent=part.exponent)


def _leaf(a: Array, norm: float) -> _Part:
    unit = Unit.of(a)
    size = (arb(norm) * arb(2) ** -unit.exponent).min(root(unit.mass)) + ball(unit.lost)
    return _Part(unit.matrix, size, ball(unit.lost), unit.exponent)


def _times(left: _Part, right: _Part) -> _Part:
    found, slip = product(left.matrix, right.matrix)
    rounding = ball(slip)
    error = rounding + left.norm * right.error + left.error * right.norm + left.error * right.error
    unit = Unit.of(found)
    if not error * arb(2) ** -unit.exponent < 1:
        # A product far smaller than its factors is known no better for being scaled up, and the error would overflow.
        unit = Unit(found, 0, 0.0, frobenius_squared(found))
    shrunk = arb(2) ** -unit.exponent
    norm = ((left.norm * right.norm + rounding) * shrunk).min(root(unit.mass)) + ball(unit.lost)
    return _Part(unit.matrix, norm, error * shrunk + ball(unit.lost), left.exponent + right.exponent + unit.exponent)
