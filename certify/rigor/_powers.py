"""Powers of float64 interval end points, correctly rounded in both directions.

``integer_power`` has any real base; ``real_power`` is x^y = exp(y log x) for x > 0, and 0^y = 0 for y > 0
(IEEE 1788 ``pown`` and ``pow``).
"""

from __future__ import annotations

import math
from fractions import Fraction

import flint
import numpy as np

from certify.rigor._elementary import Pair, tightest
from certify.rigor.exact import float_down, float_up
from certify.rigor.rounding import FloatArray

__all__ = ["integer_power", "real_power"]

_MAX = float(np.finfo(np.float64).max)
_TINY = 2.0**-1074
_EXACT_BITS = 4000


def _rational(value: Fraction) -> Pair:
    return float_down(value), float_up(value)


def _exact_power(x: float, y: Fraction) -> Fraction | None:
    # x^y as a rational, when it is a dyadic number short enough to be a float; y has a power of two as denominator.
    # x = odd · 2^e has a rational 2^j-th root iff both parts are perfect powers, found by repeated square roots.
    base = Fraction(x)
    for _ in range(y.denominator.bit_length() - 1):
        p, q = math.isqrt(base.numerator), math.isqrt(base.denominator)
        if p * p != base.numerator or q * q != base.denominator:
            return None
        base = Fraction(p, q)
        if base == 1:
            return base
    bits = max(base.numerator.bit_length(), base.denominator.bit_length()) * abs(y.numerator)
    return base**y.numerator if bits <= _EXACT_BITS else None


def _point(x: float, y: Fraction) -> Pair:
    # x > 0, y ≠ 0. Where |log2(x^y)| > 1100 the power is far out of range. Otherwise either the power is found exactly,
    # or it is no float: a long exact power of an odd number > 1 has too many digits, and the others are irrational.
    if x == 1:
        return 1.0, 1.0
    size = math.log2(x) * float(y)
    if size > 1100:
        return _MAX, math.inf
    if size < -1100:
        return 0.0, _TINY
    value = _exact_power(x, y)
    if value is not None:
        return _rational(value)
    exponent = flint.fmpq(y.numerator, y.denominator)
    return tightest(lambda: flint.arb(x) ** flint.arb(exponent))


def _integer_point(x: float, n: int) -> Pair:
    # n ≠ 0; x may be infinite or, for n > 0, zero.
    if x == 0 or math.isinf(x):
        limit = x**n if n > 0 else 0.0
        return limit, limit
    low, high = _point(abs(x), Fraction(n))
    return (low, high) if x > 0 or n % 2 == 0 else (-high, -low)


def _integer(lo: float, hi: float, n: int) -> Pair:
    if n == 0:
        return 1.0, 1.0
    if n % 2 == 0:
        near = 0.0 if lo <= 0 <= hi else min(abs(lo), abs(hi))
        lo, hi = near, max(abs(lo), abs(hi))
    if n > 0:
        return _integer_point(lo, n)[0], _integer_point(hi, n)[1]
    # Decreasing on either side of the pole 0.
    if lo == 0 == hi:
        return math.nan, math.nan
    if lo < 0 < hi:
        return -math.inf, math.inf
    low = -math.inf if hi == 0 else _integer_point(hi, n)[0]
    high = math.inf if lo == 0 else _integer_point(lo, n)[1]
    return low, high


def integer_power(lo: FloatArray, hi: FloatArray, n: int) -> tuple[FloatArray, FloatArray]:
    """Bounds of x^n over every interval; n < 0 excludes x = 0. Empty where nothing is left."""
    pairs = [
        (math.nan, math.nan) if math.isnan(a) else _integer(a, b, n)
        for a, b in zip(lo.ravel().tolist(), hi.ravel().tolist(), strict=True)
    ]
    both = np.array(pairs, dtype=np.float64).reshape(*lo.shape, 2)
    return both[..., 0], both[..., 1]


def _real_point(x: float, y: float) -> Pair:
    # The limit of x^y at a corner of the box, 0 ≤ x ≤ inf; 0^0, 1^inf and inf^0 do not occur or are covered by 1.
    if y == 0 or x == 1:
        return 1.0, 1.0
    if x == 0 or math.isinf(x) or math.isinf(y):
        limit = math.inf if (x > 1) == (y > 0) else 0.0
        return limit, limit
    return _point(x, Fraction(y))


def _real(x: Pair, y: Pair) -> Pair:
    if x[1] < 0 or (x[1] == 0 and y[1] <= 0):
        return math.nan, math.nan
    lo = max(x[0], 0.0)
    if x[1] == 0:
        return 0.0, 0.0
    # x^y is monotone in x for fixed y and in y for fixed x, so the extremes over the box are limits at its corners.
    # On the side x → 0 with y < 0 the limit is inf, with y > 0 it is 0; (0, 0) itself is not in the domain, where
    # the value 1 at (0+, 0) is a limit.
    corners = [_real_point(a, b) for a in (lo, x[1]) for b in y]
    return min(low for low, _ in corners), max(high for _, high in corners)


def real_power(x_lo: FloatArray, x_hi: FloatArray, y_lo: FloatArray, y_hi: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Bounds of x^y over every pair of intervals (already broadcast), restricted to x > 0, or x = 0 with y > 0."""
    columns = (np.asarray(a).ravel().tolist() for a in (x_lo, x_hi, y_lo, y_hi))
    pairs = [
        (math.nan, math.nan) if math.isnan(a) or math.isnan(c) else _real((a, b), (c, d))
        for a, b, c, d in zip(*columns, strict=True)
    ]
    both = np.array(pairs, dtype=np.float64).reshape(*x_lo.shape, 2)
    return both[..., 0], both[..., 1]
