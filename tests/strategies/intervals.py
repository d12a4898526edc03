"""Random floats of every kind, and random intervals around them, as NumPy arrays."""

from __future__ import annotations

import numpy as np

from certify.rigor.interval import Interval
from certify.rigor.rounding import FloatArray

MAX = float(np.finfo(np.float64).max)
TINY = 2.0**-1074
SPECIAL = np.array(
    [0.0, -0.0, TINY, -TINY, 2.0**-1022, -(2.0**-1022), 2.0**-1022 - TINY, 3 * TINY, MAX, -MAX, np.nextafter(MAX, 0)]
    + [1.0, -1.0, 1 + 2.0**-52, 1 - 2.0**-53, 3.0, 2.0**512, 2.0**-511, -(2.0**-537), 2.0**1023, 2.0**27 + 1]
)


def floats(rng: np.random.Generator, n: int) -> FloatArray:
    """n finite floats: special values, every bit pattern, subnormal, near 1, near overflow, small integers."""
    bits = rng.integers(0, 2**64, n, dtype=np.uint64).view(np.float64)
    sign = rng.choice([-1.0, 1.0], n)
    kinds = [
        rng.choice(SPECIAL, n),
        np.where(np.isfinite(bits), bits, 1.5),
        sign * TINY * rng.integers(0, 2**12, n),
        rng.standard_normal(n),
        sign * MAX * rng.uniform(0.4, 1.0, n),
        rng.integers(-12, 13, n).astype(np.float64),
    ]
    return np.choose(rng.integers(0, len(kinds), n), kinds)


def around(rng: np.random.Generator, x: FloatArray) -> Interval:
    """A random interval around every float: degenerate, some units wide, arbitrarily wide, or unbounded."""
    n = x.size

    def reach(sign: float) -> FloatArray:
        with np.errstate(over="ignore"):
            few = x.copy()
            for _ in range(3):
                few = np.where(rng.random(n) < 0.5, np.nextafter(few, sign * np.inf), few)
        far = floats(rng, n)
        far = np.maximum(x, far) if sign > 0 else np.minimum(x, far)
        end = np.choose(rng.choice(4, n, p=[0.3, 0.35, 0.3, 0.05]), [x, few, far, np.full(n, sign * np.inf)])
        return np.where(np.isinf(end) & (rng.random(n) < 0.5), x, end)

    return Interval(reach(-1.0), reach(1.0))
