"""The angle atan2(y, x) in (−π, π] over boxes of float64 intervals, correctly rounded in both directions."""

from __future__ import annotations

import math
from typing import Any

import flint
import numpy as np

from certify.rigor._elementary import Pair, tightest
from certify.rigor.rounding import FloatArray

__all__ = ["angle"]

_EMPTY = (math.nan, math.nan)


def _corner(y: float, x: float) -> Pair:
    # y ≥ 0, (y, x) ≠ (0, 0), at most one of them infinite: the limit there. Apart from 0 it is no float (Lindemann).
    if (y == 0 and x > 0) or x == math.inf:
        return 0.0, 0.0
    if y == math.inf:
        return tightest(lambda: flint.arb.pi() / 2)
    if x == -math.inf:
        return tightest(flint.arb.pi)
    return tightest(lambda: flint.arb.atan2(flint.arb(y), flint.arb(x)))


def _upper_half(c: float, d: float, a: float, b: float) -> Pair:
    # y in [c, d], 0 ≤ c. The angle falls with x; it rises with y where x > 0 and falls where x < 0.
    if d == 0 and a >= 0:
        return 0.0, 0.0
    if d == 0 and b <= 0:
        return tightest(flint.arb.pi)
    low = _corner(c if b > 0 else d, b)[0]
    return low, _corner(c if a < 0 else d, a)[1]


def _box(c: float, d: float, a: float, b: float) -> Pair:
    if math.isnan(a) or math.isnan(c) or a == b == c == d == 0:
        return _EMPTY
    if c >= 0:
        return _upper_half(c, d, a, b)
    if d >= 0 and a < 0:
        # The box meets the cut: π is attained on it and −π approached from below.
        high = tightest(flint.arb.pi)[1]
        return -high, high
    if d <= 0:
        low, high = _upper_half(-d, -c, a, b)
        return -high, -low
    return -_corner(-c, a)[1], _corner(d, a)[1]


def angle(c: FloatArray, d: FloatArray, a: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Bounds of atan2(y, x), y in [c, d], x in [a, b], (y, x) ≠ (0, 0); NaN where nothing is left."""
    columns: Any = (v.ravel().tolist() for v in np.broadcast_arrays(c, d, a, b))
    pairs = [_box(*row) for row in zip(*columns, strict=True)]
    both = np.array(pairs, dtype=np.float64).reshape(*np.broadcast_shapes(c.shape, a.shape), 2)
    return both[..., 0], both[..., 1]
