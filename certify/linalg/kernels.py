"""The one product of float matrices whose rounding is bounded by (2) of `certify.linalg.gemm`.

Every product that a proof rests on goes through :func:`times`, so that a test can put at each place an error as large
as the bound allows. What only proposes (starting vectors, estimates) uses the operator ``@``.
"""

from __future__ import annotations

from certify.rigor.rounding import FloatArray

__all__ = ["times"]


def times(x: FloatArray, y: FloatArray) -> FloatArray:
    """fl(XY) of float64 arrays of shapes (m, k) and (k, n) or (k,); the caller bounds the rounding by γ_k."""
    return x @ y
