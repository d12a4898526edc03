"""High-precision references for singular values and subspaces, independent of the code under test."""

from __future__ import annotations

import mpmath as mp
import numpy as np


def exact_matrix(a: np.ndarray) -> mp.matrix:
    """The float matrix as an mpmath matrix, without rounding."""
    m, n = a.shape
    return (
        mp.matrix(m, n, force_type=mp.mpf) if a.size == 0 else mp.matrix([[mp.mpf(float(x)) for x in row] for row in a])
    )


def singular_values(a: np.ndarray, digits: int = 60) -> list[mp.mpf]:
    """Singular values, decreasing, with errors below 10**-digits relative to the largest one."""
    with mp.workdps(digits + 20):
        work = exact_matrix(a if a.shape[0] >= a.shape[1] else a.T)
        values = mp.svd_r(work, compute_uv=False)
        return sorted((mp.mpf(x) for x in values), reverse=True)


def violations(result: object, a: np.ndarray, digits: int = 60) -> list[tuple[int, float, float, str]]:
    """Indices whose reference value lies outside the enclosure, beyond the reference's own error."""
    reference = singular_values(a, digits)
    with mp.workdps(digits + 20):
        slack = reference[0] * mp.mpf(10) ** (-digits) if reference else mp.mpf(0)
        return [
            (i, float(lo), float(hi), mp.nstr(sigma, 25))
            for i, (lo, hi, sigma) in enumerate(zip(result.lower, result.upper, reference, strict=True))
            if not (mp.mpf(float(lo)) - slack <= sigma <= mp.mpf(float(hi)) + slack)
        ]
