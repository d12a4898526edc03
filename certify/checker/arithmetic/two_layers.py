r"""What two adjacent layers W (writes) and W' (reads) have in common, from verified products of the matrices.

**Transport.** For any X with ‖WX - I‖₂ <= f < 1: W'X = (W'W⁻¹)(WX), so
‖W'X‖₂/(1 + f) <= ‖W'W⁻¹‖₂ <= ‖W'X‖₂/(1 - f), and W is invertible.
"""

from __future__ import annotations

import math

import numpy as np
from flint import arb

from certify.checker.arithmetic.core_commutation import Commutation
from certify.checker.arithmetic.near_decomposition import NearSVD
from certify.checker.arithmetic.rounding import (
    ETA,
    Array,
    U,
    above,
    absolute_norm,
    ball,
    gamma,
    gram,
    product,
    roundings,
)
from certify.checker.arithmetic.scaled_matrix import Unit, error_ball, frobenius, frobenius_of_difference
from certify.checker.arithmetic.small_commutation import small_commutation
from certify.checker.arithmetic.spectral_norm import spectral_norm

__all__ = ["commutation", "product_norm", "transport_norm"]


def commutation(w: Unit, w_next: Unit) -> Commutation:
    """How far the two Grams at an interface are from equal and from commuting.

    Rounding, in the Frobenius norm: fl(WWᵀ) errs by γ‖|W||W|ᵀ‖_F <= γ‖W‖_F². With K̂ = K + E_K, Ĥ = H + E_H,
    ‖[Ĥ, K̂] - [H, K]‖ <= 2(‖H‖₂‖E_K‖_F + ‖K‖₂‖E_H‖_F + ‖E_H‖_F‖E_K‖_F).
    """
    small = small_commutation(w, w_next)
    if small is not None:
        return _from_small(w, w_next, *small)
    k, k_slip = _gram(w, columns=False)
    h, h_slip = _gram(w_next, columns=True)
    n = k.shape[0]
    k_size, h_size = frobenius(k), frobenius(h)
    both, _ = product(h, k)
    product_slip = ball(gamma(roundings(n))) * h_size * k_size + ball(8 * n * n * ETA)
    gram_slip = 2 * (k_slip * ball(absolute_norm(h)) + h_slip * (ball(absolute_norm(k)) + 3 * k_slip))
    commutator = frobenius_of_difference(both, both.T) + error_ball(2 * product_slip + gram_slip)
    h_true, k_true = h_size + error_ball(h_slip), k_size + error_ball(k_slip)
    magnitude = commutator / (h_true * k_true)
    # Both Grams on the scale of the larger one, where the other loses at most η an entry.
    low, high = 2 * w.exponent, 2 * w_next.exponent
    top = max(low, high)
    gap = frobenius_of_difference(np.ldexp(h, high - top), np.ldexp(k, low - top))
    h_scale, k_scale = arb(2) ** (high - top), arb(2) ** (low - top)
    imbalance = gap + error_ball(h_slip * h_scale + k_slip * k_scale + ball(2 * n * ETA))
    h_true, k_true = h_true * h_scale, k_true * k_scale
    relative = imbalance / (h_true * h_true + k_true * k_true).sqrt()
    spread = above(1 + w.mass / k_size + w_next.mass / h_size)
    return Commutation(imbalance * arb(2) ** top, relative, magnitude, spread)


def _from_small(w: Unit, w_next: Unit, h: arb, k: arb, imbalance: arb, magnitude: arb) -> Commutation:
    top = max(w.exponent, w_next.exponent)
    h_true, k_true = h * arb(4) ** (w_next.exponent - top), k * arb(4) ** (w.exponent - top)
    relative = imbalance / (h_true * h_true + k_true * k_true).sqrt()
    return Commutation(imbalance * arb(4) ** top, relative, magnitude, above(1 + w.mass / k + w_next.mass / h))


def _gram(w: Unit, *, columns: bool) -> tuple[Array, arb]:
    """fl(WᵀW) or fl(WWᵀ) and a bound of its error in the Frobenius norm, what scaling lost included."""
    b = w.matrix if columns else w.matrix.T
    slip = ball(gamma(roundings(b.shape[0]))) * w.mass + ball(8 * b.shape[0] * b.shape[1] ** 2 * ETA)
    return gram(b)[0], slip + 3 * ball(w.lost)


def product_norm(w: Unit, w_next: Unit) -> arb:
    """A ball around ‖W'W‖₂."""
    both, rounding = product(w_next.matrix, w.matrix)
    slip = ball(rounding) + 2 * (ball(w.lost) + ball(w_next.lost))
    return _shifted(spectral_norm(Unit.of(both)), slip) * arb(2) ** (w.exponent + w_next.exponent)


def transport_norm(w: Unit, factors: NearSVD, w_next: Unit) -> arb:
    """A ball around ‖W'W⁻¹‖₂ for square matrices of one size; not finite where W is not proved invertible."""
    n = factors.d
    smallest = float(factors.s[-1])
    if not smallest > factors.error:
        return arb.nan()
    # X = 2^g x with the entries of x at most about 1.
    g = 1 - math.frexp(smallest)[1]
    x = (factors.right * (np.ldexp(1.0, -g) / factors.s)) @ factors.left.T
    if not float(np.abs(x).max()) <= 2:
        return arb.nan()
    near_identity, rounding = product(w.matrix, x)
    identity = np.ldexp(near_identity, g)
    identity[np.diag_indices(n)] -= 1.0
    # Subtracting 1 rounds once, by at most u(1 + |result|); a subnormal ldexp errs by at most η.
    f = ball(absolute_norm(identity)) * (1 + 4 * ball(U)) + ball(2 * U) + ball(4 * n * ETA)
    grown = arb(2) ** g
    f += grown * (ball(rounding) + ball(w.lost) * ball(absolute_norm(x)))
    image, rounding = product(w_next.matrix, x)
    slip = ball(rounding) + ball(w_next.lost) * ball(absolute_norm(x))
    size = _shifted(spectral_norm(Unit.of(image)), slip) * grown
    if not f < 1:
        return arb.nan()
    return size / (1 + error_ball(f)) * arb(2) ** (w_next.exponent - w.exponent)


def _shifted(size: arb, slip: arb) -> arb:
    return (size + error_ball(slip)).max(arb(0))
