"""Matrices of exact entries that often lose rank."""

from __future__ import annotations

import numpy as np
from flint import fmpz_mat
from hypothesis import strategies as st

FLOATS = st.one_of(
    st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.1, 0.2, 0.3, 5e-324, 1e300, -1e-300, 2.0**-1074, 1.7e308, 3.0]),
    st.floats(allow_nan=False, allow_infinity=False),
)


@st.composite
def deficient(draw: st.DrawFn) -> np.ndarray:
    """Float matrices up to 6x6, many of them with rows and columns that depend on others."""
    m, n = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    a = np.array(draw(st.lists(FLOATS, min_size=m * n, max_size=m * n))).reshape(m, n)
    for _ in range(draw(st.integers(0, 4))):
        axis = draw(st.booleans())
        b = a.T if axis else a
        i, j = draw(st.integers(0, len(b) - 1)), draw(st.integers(0, len(b) - 1))
        with np.errstate(all="ignore"):
            b[i] = b[j] * draw(st.sampled_from([0.0, 1.0, -2.0, 0.5]))
    return np.where(np.isfinite(a), a, 1.0)


@st.composite
def products(draw: st.DrawFn) -> tuple[fmpz_mat, int]:
    """Integer matrices of known rank with entries of up to 2·bits bits."""
    m, n = draw(st.integers(2, 7)), draw(st.integers(2, 7))
    r = draw(st.integers(1, min(m, n) - 1))
    bits = draw(st.sampled_from([2, 20, 60, 400]))
    entry = st.integers(-(2**bits), 2**bits)
    left = fmpz_mat(m, r, draw(st.lists(entry, min_size=m * r, max_size=m * r)))
    right = fmpz_mat(r, n, draw(st.lists(entry, min_size=r * n, max_size=r * n)))
    z = left * right
    return z, int(z.rank())
