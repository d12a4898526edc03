"""Verified norms of quotients B A⁻¹ of square matrices."""

from __future__ import annotations

import numpy as np

from certify.errors import UsageError
from certify.linalg.gemm import gemm
from certify.linalg.matrix import scale
from certify.linalg.svd import CertifiedSVD, svd
from certify.rigor.interval import Interval
from certify.rigor.rounding import (
    FloatArray,
    U,
    add_up,
    div_down,
    div_up,
    ldexp_down,
    ldexp_up,
    mul_up,
    norm_up,
    sub_down,
)

__all__ = ["quotient_extremes"]

_RELATIVE = 2.0**-30


def quotient_extremes(
    a: FloatArray, b: FloatArray, a_svd: CertifiedSVD, b_svd: CertifiedSVD
) -> tuple[Interval, Interval]:
    """Enclosures of ‖B A⁻¹‖₂ and ‖A B⁻¹‖₂ for square A, B of one size.

    X ≈ BA⁻¹ is untrusted; R = B − XA is enclosed, BA⁻¹ − X = RA⁻¹, so ‖BA⁻¹ − X‖₂ ≤ δ = ‖R‖₂/σ_min(A), and Weyl moves
    the certified singular values of X by δ. ‖AB⁻¹‖₂ = 1/σ_min(BA⁻¹); when that loses more than 2^-30 of its relative
    accuracy it is enclosed from the other quotient instead. [0, inf] where A (or B) is not certified invertible.

    Raises
    ------
    UsageError
        The matrices are not square of one size.
    """
    if a.shape != b.shape or a.shape[0] != a.shape[1]:
        raise UsageError(f"quotients need square matrices of one size, got {a.shape} and {b.shape}")
    forward = _quotient(a, b, a_svd)
    if forward is None:
        backward = _quotient(b, a, b_svd)
        unknown = Interval(0.0, np.inf)
        return unknown, unknown if backward is None else _ends(backward)[0]
    largest, inverse = _ends(forward)
    if not float(inverse.hi) <= float(inverse.lo) * (1.0 + _RELATIVE):
        backward = _quotient(b, a, b_svd)
        if backward is not None:
            better = _ends(backward)[0]
            inverse = Interval(
                max(float(inverse.lo), float(better.lo)),
                min(float(inverse.hi), float(better.hi)),
            )
    return largest, inverse


def _ends(values: tuple[FloatArray, FloatArray]) -> tuple[Interval, Interval]:
    low, high = values
    largest = Interval(max(float(low[0]), 0.0), float(high[0]))
    # 1/σ_min; a zero lower bound leaves the reciprocal unbounded.
    bottom, top = float(low[-1]), float(high[-1])
    return largest, Interval(float(div_down(1.0, top)), float(div_up(1.0, bottom)) if bottom > 0 else np.inf)


@np.errstate(all="ignore")
def _quotient(a: FloatArray, b: FloatArray, a_svd: CertifiedSVD) -> tuple[FloatArray, FloatArray] | None:
    # Lower and upper bounds of all singular values of B A⁻¹; None where nothing finite is proved.
    sa, sb = scale(a), scale(b)
    if sa.loss or sb.loss or not a_svd.lower[-1] > 0:
        return None
    try:
        x: FloatArray = np.asarray(np.linalg.solve(sa.matrix.T, sb.matrix.T).T, dtype=np.float64)
    except np.linalg.LinAlgError:
        return None
    if not np.all(np.isfinite(x)):
        return None
    x = np.ascontiguousarray(x)
    product = gemm(x, sa.matrix)
    remainder = sb.matrix - product.mid
    # |fl(B − P) − (B − P)| ≤ u |fl(B − P)|, exact when subnormal.
    slack = add_up(norm_up(product.rad), mul_up(U, norm_up(remainder)))
    smallest = float(ldexp_down(a_svd.lower[-1], -sa.exponent))
    delta = float(div_up(add_up(_norm(remainder), slack), smallest)) if smallest > 0 else np.inf
    if not delta < np.inf:
        return None
    values = svd(x, "tight")
    shift = sb.exponent - sa.exponent
    low = ldexp_down(np.maximum(sub_down(values.lower, delta), 0.0), shift)
    return np.maximum(low, 0.0), np.asarray(ldexp_up(add_up(values.upper, delta), shift))


def _norm(remainder: FloatArray) -> float:
    return float(svd(remainder, "fast").upper[0]) if remainder.shape[0] <= 64 else float(norm_up(remainder))
