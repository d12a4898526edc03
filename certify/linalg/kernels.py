"""The one product of float matrices whose rounding is bounded by (2) of `certify.linalg.gemm`.

Every product that a proof rests on goes through :func:`times`, which hands out its γ with it: a bound that is formed
from this γ can be tested at each place by an error as large as it allows. What only proposes (starting vectors,
estimates, the Gram matrix whose eigenvectors are taken) uses the operator ``@``.
"""

from __future__ import annotations

from certify.rigor.rounding import FloatArray, gamma

__all__ = ["times", "times_exactly"]


def times(x: FloatArray, y: FloatArray) -> tuple[FloatArray, float]:
    """fl(XY) of float64 arrays of shapes (m, k) and (k, n) or (k,), and γ_k, with |fl(XY) − XY| ≤ γ_k |X||Y| + 8kη."""
    return x @ y, gamma(x.shape[1])


def times_exactly(x: FloatArray, y: FloatArray) -> FloatArray:
    """XY of float64 arrays whose entries lie on grids so coarse that no sum rounds."""
    return x @ y
