"""Verified norms of quotients B A⁻¹ of square matrices."""

from __future__ import annotations

import numpy as np

from certify.errors import UsageError
from certify.linalg.gemm import gemm
from certify.linalg.leading_svd import top_singular
from certify.linalg.matrix import scale
from certify.linalg.svd import CertifiedSVD
from certify.rigor.interval import Interval
from certify.rigor.rounding import (
    FloatArray,
    U,
    add_up,
    div_up,
    ldexp_down,
    ldexp_up,
    mul_up,
    norm_up,
    sub_down,
)

__all__ = ["quotient_extremes"]


def quotient_extremes(
    a: FloatArray, b: FloatArray, a_svd: CertifiedSVD, b_svd: CertifiedSVD
) -> tuple[Interval, Interval]:
    """Enclosures of ‖B A⁻¹‖₂ and ‖A B⁻¹‖₂ for square A, B of one size.

    X ≈ BA⁻¹ is untrusted; R = B − XA is enclosed, BA⁻¹ − X = RA⁻¹, so ‖BA⁻¹ − X‖₂ ≤ δ = ‖R‖₂/σ_min(A), and Weyl moves
    the certified σ_1(X) by δ. The other quotient likewise. [0, inf] where the divisor is not certified invertible.

    Raises
    ------
    UsageError
        The matrices are not square of one size.
    """
    if a.shape != b.shape or a.shape[0] != a.shape[1]:
        raise UsageError(f"quotients need square matrices of one size, got {a.shape} and {b.shape}")
    return _quotient_norm(a, b, a_svd), _quotient_norm(b, a, b_svd)


@np.errstate(all="ignore")
def _quotient_norm(a: FloatArray, b: FloatArray, a_svd: CertifiedSVD) -> Interval:
    unknown = Interval(0.0, np.inf)
    sa, sb = scale(a), scale(b)
    if sa.loss or sb.loss or not a_svd.lower[-1] > 0:
        return unknown
    try:
        x: FloatArray = np.asarray(np.linalg.solve(sa.matrix.T, sb.matrix.T).T, dtype=np.float64)
    except np.linalg.LinAlgError:
        return unknown
    if not np.all(np.isfinite(x)):
        return unknown
    x = np.ascontiguousarray(x)
    product = gemm(x, sa.matrix)
    remainder = sb.matrix - product.mid
    # |fl(B − P) − (B − P)| ≤ u |fl(B − P)|, exact when subnormal.
    slack = add_up(norm_up(product.rad), mul_up(U, norm_up(remainder)))
    smallest = float(ldexp_down(a_svd.lower[-1], -sa.exponent))
    delta = float(div_up(add_up(norm_up(remainder), slack), smallest)) if smallest > 0 else np.inf
    if not delta < np.inf:
        return unknown
    top = top_singular(x, 1)
    shift = sb.exponent - sa.exponent
    low = ldexp_down(np.maximum(sub_down(top.lower[0], delta), 0.0), shift)
    return Interval(max(float(low), 0.0), float(ldexp_up(add_up(float(top.upper[0]), delta), shift)))
