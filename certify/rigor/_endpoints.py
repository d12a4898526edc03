"""End points of interval sums, products, quotients and reductions, on plain arrays of bounds.

``x`` and ``y`` are arrays whose first axis holds the lower and the upper ends, of as many dimensions.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from certify.rigor import _directed
from certify.rigor._elementary import Pair
from certify.rigor.rounding import QUIET, FloatArray

__all__ = ["along", "lower_factors", "product", "quotient", "root", "square", "total"]

_TOGETHER = 2**12


def _smaller_product(a: Any, b: Any, c: Any, d: Any) -> Any:
    # Where ab < cd exactly. Equal nearest products with a remainder are rare and are compared as rationals.
    first, first_sign = _directed.mul(a, b)
    second, second_sign = _directed.mul(c, d)
    less = np.asarray(first < second)
    for place in np.argwhere((first == second) & ((first_sign != 0) | (second_sign != 0))):
        i = tuple(place)
        if all(np.isfinite(v[i]) for v in (a, b, c, d)):
            less[i] = Fraction(float(a[i])) * Fraction(float(b[i])) < Fraction(float(c[i])) * Fraction(float(d[i]))
    return less


@np.errstate(**QUIET)
def lower_factors(a: Any, b: Any, c: Any, d: Any) -> tuple[Any, Any]:
    """End points u of [a, b] and v of [c, d] whose product is the smallest one of all; NaN where either is empty.

    Only when both intervals straddle zero are there two candidates, ad and bc. The largest product is minus the
    smallest one of [−b, −a] and [c, d].
    """
    a, b, c, d = np.broadcast_arrays(a, b, c, d)
    both = (a < 0) & (b > 0) & (c < 0) & (d > 0)
    ad_first = _smaller_product(a, d, b, c) if np.any(both) else both
    use_b = ((a >= 0) & (c < 0)) | ((b <= 0) & (d <= 0)) | ((b > 0) & (d <= 0)) | (both & ~ad_first)
    use_c = ((a >= 0) & (c >= 0)) | (use_b & ~((b <= 0) & (d <= 0)))
    u, v = np.where(use_b, b, a), np.where(use_c, c, d)
    return np.where(np.isnan(v), np.nan, u), np.where(np.isnan(u), np.nan, v)


def _rounded(operation: Callable[..., _directed.Rounded], *ends: FloatArray) -> FloatArray:
    """Both ends of an operation on ends; of many elements one after the other, for the sake of the cache."""
    if ends[0].size <= _TOGETHER:
        return _directed.outward(operation(*ends))
    low, high = (operation(*(x[side] for x in ends)) for side in (0, 1))
    return np.array((_directed.nearest_down(low), _directed.nearest_up(high)))


@np.errstate(**QUIET)
def total(x: FloatArray, y: FloatArray) -> FloatArray:
    """Tightest bounds of x + y."""
    return _rounded(_directed.add, x, y)


@np.errstate(**QUIET)
def square(x: FloatArray) -> FloatArray:
    """Tightest bounds of the squares of |x|, whose lower ends are >= 0."""
    return _rounded(_directed.mul, x, x)


@np.errstate(**QUIET)
def root(x: FloatArray) -> FloatArray:
    """Tightest bounds of √x on the part with x ≥ 0; NaN where there is none."""
    if not _directed.every(x[0] >= 0):
        x = np.stack([np.maximum(x[0], 0.0), np.where(x[1] < 0, np.nan, x[1])])
    return _rounded(_directed.sqrt, x)


@np.errstate(**QUIET)
def product(x: FloatArray, y: FloatArray) -> FloatArray:
    """Tightest bounds of x y."""
    if _directed.every(x[0] >= 0):
        # A lower end below 0 is multiplied by the larger factor, an upper one by the smaller.
        return _rounded(_directed.mul, x if _directed.every(y[0] >= 0) else np.where(y >= 0, x, x[::-1]), y)
    if _directed.every(y[0] >= 0):
        return product(y, x)
    if _directed.every(x[1] <= 0):
        return -product(-x[::-1], y)[::-1]
    if _directed.every(y[1] <= 0):
        return product(y, x)
    (a, b), (c, d) = x, y
    # The largest product is minus the smallest one of −x and y.
    left, right = np.stack([a, -b]), np.stack([b, -a])
    least = _directed.nearest_down(_directed.mul(*lower_factors(left, right, c, d)))
    least[1] = -least[1]
    return least


@np.errstate(**QUIET)
def quotient(x: FloatArray, y: FloatArray) -> FloatArray:
    """Tightest bounds of {p/q : p in x, q in y, q ≠ 0}; NaN where that set is empty."""
    if _directed.every(y[0] > 0):
        # What is not below 0 is divided by the larger end for a lower end and by the smaller for an upper one.
        return _rounded(_directed.div, x, y[::-1] if _directed.every(x[0] >= 0) else np.where(x >= 0, y[::-1], y))
    if _directed.every(y[1] < 0):
        return quotient(-x[::-1], -y[::-1])
    a, b, c, d = np.broadcast_arrays(*x, *y)
    # x/y = (−x)/(−y): make the upper end of the divisor positive, unless the divisor is {0}.
    flip = d <= 0
    lo, hi = np.where(flip, -b, a), np.where(flip, -a, b)
    near, far = np.where(flip, -d, c), np.where(flip, -c, d)
    # For 0 ≤ near ≤ far, far > 0: a bound divides by `near` when that moves it outward, by `far` otherwise; divided by
    # 0 it is infinite.
    den_low, den_high = np.where(lo >= 0, far, near), np.where(hi > 0, near, far)
    low = np.where(den_low == 0, -np.inf, _directed.nearest_down(_directed.div(lo, den_low)))
    high = np.where(den_high == 0, np.inf, _directed.nearest_up(_directed.div(hi, den_high)))
    straddles, zero = (near < 0) & (far > 0), (lo == 0) & (hi == 0)
    low, high = np.where(straddles, -np.inf, low), np.where(straddles, np.inf, high)
    low, high = np.where(zero, 0.0, low), np.where(zero, 0.0, high)
    void = ((near == 0) & (far == 0)) | np.isnan(lo) | np.isnan(near)
    return np.stack([np.where(void, np.nan, low), np.where(void, np.nan, high)])


def along(reduce: Callable[..., Pair], axis: int | None, *arrays: FloatArray) -> FloatArray:
    """``reduce`` of the vectors along an axis (of all elements for None); pairs on a new last axis."""
    moved = [a.reshape(-1) if axis is None else np.moveaxis(a, axis, -1) for a in np.broadcast_arrays(*arrays)]
    outer = moved[0].shape[:-1]
    pairs = [reduce(*(m[i] for m in moved)) for i in np.ndindex(*outer)]
    return np.array(pairs, dtype=np.float64).reshape(*outer, 2)
