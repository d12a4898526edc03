r"""Singular values of a product of several matrices.

Partial products are scaled floats M with ‖M - 2^{-g} exact‖₂ <= e. With M', e' above M, e:
‖fl(M'M) - exact‖₂ <= rounding + ‖M'‖e + e'‖M‖ + e'e. Weyl's inequality moves the singular values of the last one by e.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from flint import arb

from certify.checker.arithmetic.near_decomposition import near_svd
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
    factors : they read W_1, ..., W_L, two or more, once each.
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

    whole = part(0, len(factors))
    found = _sigma(whole, room)
    return found if enough(*found) or room == 0 else _sigma(whole, 0.0)


def _sigma(whole: _Part, room: float) -> tuple[Array, Array]:
    near = near_svd(Unit(whole.matrix, 0, 0.0, arb(1)), room)
    moved = above(ball(near.error) + whole.error)
    return replace(near, error=moved, exponent=whole.exponent).sigma()


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
