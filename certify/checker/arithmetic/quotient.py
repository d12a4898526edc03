r"""‖W'W⁻¹‖₂ and ‖WW'⁻¹‖₂ for square matrices of one size, from what their near-decompositions leave in every column.

Let AV = US + E and A'V' = U'T + E' as in :mod:`certify.checker.arithmetic.near_decomposition`, with positive S and T,
‖ES⁻¹‖₂ <= x and ‖E'T⁻¹‖₂ <= x'. Then A = (U + ES⁻¹)SV⁻¹, so that

.. math:: A'A^{-1}=(U'+E'T^{-1})\,X\,(U+ES^{-1})^{-1},\qquad X=TV'^{-1}VS^{-1}.

U is within p of an orthogonal matrix, and U' within p': with p + x < 1

.. math:: \|X\|_2\frac{1-p'-x'}{1+p+x}\le\|A'A^{-1}\|_2\le\|X\|_2\frac{1+p'+x'}{1-p-x}.

Small singular values are known relatively then: x² is at most the sum of the squares of the columns of E over s_j.

*X in floating point.* Let V' have polar factor V̄' and ‖V' − V̄'‖ <= q' < 1, ‖V − V̄‖ <= q. V'⁻¹ − V'ᵀ has the singular
values |1/σ − σ| <= 2q'/(1 − q') of σ in [1 − q', 1 + q'], so

.. math:: \|X-TV'^TVS^{-1}\|_2\le\frac{t_1}{s_n}\frac{2q'}{1-q'}(1+q),

and an entry of D = fl(V'ᵀV) errs by :math:`\gamma|v'_i||v_j|` and 8nη, which comes to
:math:`(\gamma(1+q)(1+q')+8n\eta)\|T\|_F\|S^{-1}\|_F` in X. Where the small s outweigh all others few columns do, and D
is not formed (:mod:`certify.checker.arithmetic.quotient_head`).
"""

from __future__ import annotations

import math

import numpy as np
from flint import arb

from certify.checker.arithmetic.near_decomposition import NearSVD
from certify.checker.arithmetic.quotient_head import Sandwich
from certify.checker.arithmetic.rounding import ETA, Array, U, ball, gamma, product, roundings
from certify.checker.arithmetic.scaled_matrix import Unit, error_ball, frobenius
from certify.checker.arithmetic.spectral_norm import spectral_norm

__all__ = ["quotient_norms"]

_DIRECT = 192
"""Smaller matrices are multiplied as a whole."""


def quotient_norms(first: NearSVD, second: NearSVD) -> tuple[arb, arb]:
    """Balls around ‖W'W⁻¹‖₂ and ‖WW'⁻¹‖₂ for the unscaled matrices; not finite where that is not proved.

    Parameters
    ----------
    first, second : of W and W'.
    """
    if not (first.s[-1] > 0 and second.s[-1] > 0):
        return arb.nan(), arb.nan()
    q, q_next = ball(first.right_distance), ball(second.right_distance)
    entry = ball(gamma(roundings(first.d))) * (1 + q) * (1 + q_next) + ball(8 * first.d * ETA)
    leans = [2 * far / (1 - far) * (1 + near) for far, near in ((q_next, q), (q, q_next))]
    outer = _outer(first), _outer(second)
    step = second.exponent - first.exponent
    plus, minus = _by_head(second, first, leans[0]), _by_head(first, second, leans[1])
    if not (plus.is_finite() and minus.is_finite()):
        between, _ = product(second.right.T, first.right)
        plus = _whole(second.s, between, first.s, (entry, leans[0]))
        minus = _whole(first.s, between.T, second.s, (entry, leans[1]))
    return _between(plus, outer[1], outer[0]) * arb(2) ** step, _between(minus, *outer) * arb(2) ** -step


def _between(size: arb, outer: arb, inner: arb) -> arb:
    """‖A'A⁻¹‖ from ‖X‖, p' + x' and p + x."""
    if not inner < 1:
        return arb.nan()
    low, high = size.max(arb(0)) * (1 - outer) / (1 + inner), size * (1 + outer) / (1 - inner)
    return low.union(high).max(arb(0))


def _by_head(above: NearSVD, below: NearSVD, lean: arb) -> arb:
    """‖X‖₂ by few columns, for T and V' of ``above``; not finite where they do not do."""
    s, t = below.s, above.s
    if s.size < _DIRECT:
        return arb.nan()
    # Over 2^g, 1/s is at most 1.
    g = math.frexp(float(s[-1]))[1] - 1
    inverse = np.ldexp(1.0, g) / s
    far, near = ball(above.right_distance), ball(below.right_distance)
    found = Sandwich(t, above.right, below.right, inverse, far, near).norm()
    if found is None:
        return arb.nan()
    # The inverses round once.
    most = ball(float(t[0])) * ball(float(inverse[-1])) * (1 + ball(4 * U))
    slip = most * lean + (most * ball(2 * U) + ball(float(t[0])) * ball(2 * ETA)) * (1 + far) * (1 + near)
    return (found + error_ball(slip)).max(arb(0)) * arb(2) ** -g


def _outer(factors: NearSVD) -> arb:
    """p + x."""
    share = factors.columns / factors.s
    if not float(share.max()) <= 1:
        return arb.nan()
    x = math.sqrt(float(np.vdot(share, share))) * (1.0 + 4 * gamma(share.size + 8)) + 2.0**-500
    return ball(factors.left_distance) + ball(x)


def _whole(t: Array, d: Array, s: Array, slips: tuple[arb, arb]) -> arb:
    """‖X‖₂ from fl(TDS⁻¹), ``slips`` the bounds γ … and 2q' … of above."""
    # Over 2^g, 1/s is at most 2.
    g = math.frexp(float(s[-1]))[1]
    inverse = np.ldexp(1.0, g) / s
    x = t[:, None] * d * inverse
    if not float(np.abs(x).max()) <= 2:
        return arb.nan()
    # Three roundings an entry, and at most 6η.
    rounded = ball(4 * U) * frobenius(x) + ball(8 * ETA) * x.size
    entry, lean = slips
    slip = rounded + entry * frobenius(t) * frobenius(inverse) * (1 + ball(4 * U))
    slip += ball(float(t[0])) * ball(float(inverse[-1])) * (1 + ball(4 * U)) * lean
    return (spectral_norm(Unit.of(x)) + error_ball(slip)).max(arb(0)) * arb(2) ** -g
