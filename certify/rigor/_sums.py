"""Sums and inner products of floats, exactly, with directed rounding once at the end."""

from __future__ import annotations

import math

import numpy as np

from certify.rigor import _directed
from certify.rigor._elementary import Pair
from certify.rigor.exact import dyadic_down, dyadic_up
from certify.rigor.rounding import QUIET, FloatArray

__all__ = ["dot_directed", "sum_directed"]

_SMALL, _LARGE, _FACTOR = 2.0**-960, 2.0**1000, 2.0**990


def _dyadic(x: float) -> tuple[int, int]:
    numerator, denominator = x.as_integer_ratio()
    return numerator, 1 - denominator.bit_length()


def _sum_of_products(a: list[float], b: list[float]) -> Pair:
    # Integer arithmetic: Σ m_i 2^(e_i) = 2^min(e) Σ m_i 2^(e_i − min(e)).
    terms: list[tuple[int, int]] = []
    for x, y in zip(a, b, strict=True):
        (m, e), (n, f) = _dyadic(x), _dyadic(y)
        terms.append((m * n, e + f))
    least = min((e for m, e in terms if m), default=0)
    total = sum(m << (e - least) for m, e in terms if m)
    return dyadic_down(total, least), dyadic_up(total, least)


def sum_directed(vector: FloatArray) -> Pair:
    """The largest float64 not above Σ values and the smallest not below it; (NaN, NaN) for NaN or inf − inf.

    ``math.fsum`` returns the nearest float s of the exact sum; the fsum of all values and −s is then the nearest float
    of the exact remainder, which is a multiple of 2^-1074 and so vanishes, or has a sign, exactly as that float does.
    That |remainder| ≤ ulp(s) is verified, not assumed.
    """
    return _sum(vector.tolist())


def _sum(values: list[float]) -> Pair:
    if not all(map(math.isfinite, values)):
        infinite = {v for v in values if not math.isfinite(v)}
        limit = infinite.pop() if len(infinite) == 1 else math.nan
        return limit, limit
    try:
        s = math.fsum(values)
        rest = math.fsum([*values, -s])
    except OverflowError:
        return _sum_of_products(values, [1.0] * len(values))
    if not abs(rest) <= math.ulp(s):
        return _sum_of_products(values, [1.0] * len(values))
    return (s if rest >= 0 else math.nextafter(s, -math.inf)), (s if rest <= 0 else math.nextafter(s, math.inf))


@np.errstate(**QUIET)
def dot_directed(a: FloatArray, b: FloatArray) -> Pair:
    """Directed roundings of Σ a_i b_i over vectors, with 0 · inf = 0 as interval end points need.

    Every product is split into two floats without error (where it can neither under- nor overflow; otherwise the whole
    product sum is done in integers), and those are summed exactly.
    """
    infinite = ~(np.isfinite(a) & np.isfinite(b))
    if np.any(infinite):
        signs = np.sign(a[infinite]) * np.sign(b[infinite])
        signs = signs[signs != 0]
        if signs.size or np.isnan(signs).any():
            limit = float(signs[0] * np.inf) if np.all(signs == signs[0]) else math.nan
            return limit, limit
        a, b = a[~infinite], b[~infinite]
    p, e = _directed.two_product(a, b)
    size = np.abs(p)
    safe = (np.abs(a) < _FACTOR) & (np.abs(b) < _FACTOR) & (size < _LARGE)
    safe &= (size > _SMALL) | (a == 0) | (b == 0)
    if not np.all(safe):
        return _sum_of_products(a.tolist(), b.tolist())
    return _sum([*p.tolist(), *e.tolist()])
