r"""The transport X = W'W and the quotients W'W⁻¹, WW'⁻¹ of two layers, from their cores.

X = Ū'(S'C̄S)V̄ᵀ up to the errors of the layers, so with B = fl(S'CS) the norms of X are those of B, moved by (3) with
weights (1, 1) and by ‖Ẽ'‖‖A‖ + ‖A'‖‖Ẽ‖ + ‖Ẽ'‖‖Ẽ‖, ‖A‖₂ ≤ s₁ + ε₂.

Quotients of square layers of which every column is kept. From AV = (U + F)S, F = ES⁻¹, ‖F‖ ≤ x, and the same for A',

    A'A⁻¹ = (U' + F') S' (V'ᵀV')⁻¹ V'ᵀV S⁻¹ (U + F)⁻¹                                                                (9)

(A' = (U' + F')S'V'⁻¹ and V'⁻¹ = (V'ᵀV')⁻¹V'ᵀ; A⁻¹ = VS⁻¹(U + F)⁻¹). With D = V'ᵀV, a, a' the defects of U, U', b, b' of
V, V',

    σ₁(A'A⁻¹) ∈ (σ₁(S'DS⁻¹) ± δ) · [(√(1−a') − x')/(√(1+a) + x), (√(1+a') + x')/(√(1−a) − x)],
    δ = (rounding of D, weighted) + (s'₁/s_n) · ‖V'ᵀV' − I‖_F √((1+b)(1+b'))/(1 − b'):                              (10)

outer factors change σ₁ by at most their extreme singular values (Ostrowski), and
‖S'((V'ᵀV')⁻¹ − I)V'ᵀV S⁻¹‖ ≤ (s'₁/s_n) ‖(V'ᵀV')⁻¹‖ ‖I − V'ᵀV'‖ ‖V'‖‖V‖.
"""

from __future__ import annotations

import flint
import numpy as np

from certify.linalg.cores.core import Core
from certify.linalg.cores.near import Near
from certify.linalg.cores.scalars import EPS, ONE, TINY, around, between, frobenius_ball, frobenius_up, times
from certify.linalg.cores.values import largest_value
from certify.linalg.gemm import underflow
from certify.rigor.rounding import FloatArray

__all__ = ["quotient_norms", "transport_norms"]

_LEAST = 2.0**-400


def transport_norms(c: Core) -> tuple[flint.arb, flint.arb]:
    """Balls around ‖W'W‖_F and ‖W'W‖₂; computed once."""
    if c.transport is not None:
        return c.transport
    write, read = c.write, c.read
    unit = flint.arb(2) ** (write.exponent + read.exponent)
    b, rounding = c.form(read.s, write.s, (1 + write.top()) * (1 + read.top()))
    rounding += c.error(1, 1)
    crossed = read.error_spectral * write.top() + read.top() * write.error_spectral
    spectral = crossed + read.error_spectral * write.error_spectral
    frobenius = read.error * write.top() + read.top() * write.error + read.error_spectral * write.error
    norm = around(frobenius_ball(b), rounding + frobenius)
    c.transport = norm * unit, largest_value(b, (rounding + spectral).upper()) * unit
    return c.transport


def quotient_norms(write: Near, read: Near) -> tuple[flint.arb, flint.arb] | None:
    """Balls around ‖W'W⁻¹‖₂ and ‖WW'⁻¹‖₂.

    None unless the layers are square of one size, all columns kept and no singular value so small that reciprocals
    would overflow.
    """
    n = write.shape[0]
    if not (write.shape == read.shape == (n, n) and write.k == read.k == n):
        return None
    if not min(write.s[-1], read.s[-1]) > _LEAST:
        return None
    d, gamma = times(read.right.x.T, write.right.x)
    return _quotient(write, read, d, gamma), _quotient(read, write, np.ascontiguousarray(d.T), gamma)


def _quotient(write: Near, read: Near, d: FloatArray, gamma: float) -> flint.arb:
    n = d.shape[0]
    # Entry (i, j) of D is off by γ_n‖v'_i‖‖v_j‖ + 8nη.
    entry = flint.arb(gamma) * (1 + read.right.off_spectral) * (1 + write.right.off_spectral)
    entry += flint.arb(underflow(n))
    inverse = 1.0 / write.s
    amplified = read.top() / flint.arb(float(write.s[-1]))
    weights = read.size(1) * frobenius_up(inverse) * (1 + 2 * EPS)
    b, b_read = write.right_defect, read.right_defect
    radius = entry * weights.min(n * amplified)
    radius += amplified * read.right_defect_frobenius / (1 - b_read) * ((1 + b_read) * (1 + b)).sqrt()
    quotient = read.s[:, None] * d
    quotient *= inverse
    largest = (1 + read.top()) * (1 + flint.arb(float(inverse[-1])))
    radius += 8 * EPS * frobenius_up(quotient) + 8 * quotient.size * TINY * largest
    found = largest_value(quotient, radius.upper())
    outer = (ONE + read.left_defect).sqrt() + read.lean, (ONE - read.left_defect).sqrt() - read.lean
    inner = (ONE + write.left_defect).sqrt() + write.lean, (ONE - write.left_defect).sqrt() - write.lean
    if not (outer[1].lower() > 0 and inner[1].lower() > 0):
        return flint.arb.nan()
    low, high = found.lower() * outer[1] / inner[0], found.upper() * outer[0] / inner[1]
    return between(low, high) * flint.arb(2) ** (read.exponent - write.exponent)
