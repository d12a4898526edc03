r"""What weight decay does to the imbalance Δ = H − K of a deep linear network (THEORY B1, B2, B4).

N_l is the gradient of the loss at layer l, R_l = N_l + λW_l that of loss and ridge, η the step size.
"""

from __future__ import annotations

from certify.geometry.number import Number, coerce
from certify.rigor.functions import absolute, exp, sqrt

__all__ = [
    "flow_factor",
    "flow_path",
    "horizon_bound",
    "imbalance_floor",
    "production_bound",
    "rate_range",
    "remaining_gap",
    "stationarity_bound",
    "step_factor",
]


def flow_factor(decay: Number, time: Number) -> Number:
    r""":math:`e^{-2\lambda t}`, by which Δ shrinks along the gradient flow in time t (B1).

    >>> import sympy
    >>> flow_factor(sympy.Integer(1), sympy.log(2))
    1/4
    """
    return exp(-2 * coerce(decay) * coerce(time))


def step_factor(decay: Number, eta: Number) -> Number:
    r""":math:`q=(1-\eta\lambda)^2`, by which one gradient step multiplies Δ before it adds its production (B2)."""
    rest = 1 - eta * decay
    return rest * rest


def imbalance_floor(decay: Number, eta: Number, start: Number, production: Number, steps: int) -> Number:
    r""":math:`q^t\|\Delta_0\|+\eta P(1-q^t)/(\lambda(2-\eta\lambda))`, a bound of ‖Δ_t‖ for 0 < ηλ < 2 (B2).

    Parameters
    ----------
    decay, eta : λ and η, both positive.
    start : ‖Δ_0‖ in any norm.
    production : P, a bound of :math:`\|N_{l+1}^TN_{l+1}-N_lN_l^T\|` over the steps, in the same norm.
    steps : t.

    >>> from fractions import Fraction
    >>> imbalance_floor(1, Fraction(1, 2), 8, 0, 1)
    Fraction(2, 1)
    """
    power = step_factor(decay, eta) ** steps
    return power * start + eta * production * (1 - power) / (decay * (2 - eta * decay))


def production_bound(
    decay: Number, eta: Number, start: Number, descent: Number, fraction: Number, steps: int
) -> Number:
    r""":math:`|1-2\eta\lambda|^t\|\Delta_0\|_*+(\eta/c)(F_0-F_t)`, a bound of ‖Δ_t‖ in the nuclear norm (B2).

    Parameters
    ----------
    decay, eta : λ >= 0 and η > 0 with ηλ <= 1.
    start : the nuclear norm of Δ_0.
    descent : F_0 − F_t, how far loss and ridge fell, or a bound of it.
    fraction : c > 0 such that every step descends by at least cη‖∇F‖²; 1 − ηM/2 where M bounds the curvature of F
        on the segments between iterates.
    steps : t.

    >>> from fractions import Fraction
    >>> production_bound(0, Fraction(1, 2), 3, 1, Fraction(1, 2), 7)
    4.00000000000000
    """
    decay, eta, start, descent, fraction = map(coerce, (decay, eta, start, descent, fraction))
    return absolute(1 - 2 * eta * decay) ** steps * start + eta * descent / fraction


def stationarity_bound(
    decay: Number, norm: Number, norm_next: Number, gradient: Number, gradient_next: Number
) -> Number:
    r""":math:`(\|W'\|_2\|R'\|_F+\|W\|_2\|R\|_F)/\lambda`, a bound of ‖Δ‖_F at any point, 0 where it is stationary (B4).

    Parameters
    ----------
    decay : λ > 0.
    norm, norm_next : ‖W‖₂ of the layer that writes, ‖W'‖₂ of the one that reads.
    gradient, gradient_next : ‖R‖_F and ‖R'‖_F, the gradients of loss and ridge at these layers.
    """
    return (norm_next * gradient_next + norm * gradient) / decay


def rate_range(off_block: Number, spread: Number, imbalance: Number, gap: Number) -> tuple[Number, Number]:
    r"""Bounds of ‖sinΘ_k‖_F between the windows of K and H, of the order of Δ on both sides (B3, B1).

    :math:`\|(I-P)\Delta P\|_F/(\lambda_1(H)-\lambda_n(H))\le\|\sin\Theta_k\|_F\le\sqrt2\,\|\Delta\|_F/\gamma`.

    Parameters
    ----------
    off_block : ‖(I − P)ΔP‖_F, P the leading window of K.
    spread : λ₁(H) − λ_n(H) > 0.
    imbalance : ‖Δ‖_F.
    gap : γ > 0, the sum of the gaps of K and of H at k.
    """
    size = coerce(imbalance)
    return off_block / spread, sqrt(size * 0 + 2) * size / gap


def remaining_gap(gap: Number, weight: Number, path: Number) -> Number:
    r"""Lower bound :math:`\gamma-2wp` of γ after the two layers moved along a path of Frobenius length p (B3, B1).

    ``weight`` is w, :math:`w^2=\sigma_k^2+\sigma_{k+1}^2` summed over both layers. *Proof*: by Mirsky σ_k = x falls by
    a and σ_{k+1} = y rises by b, a² + b² <= p² for one layer, and the gap loses 2(ax + by) + b² − a². For b > |a| the
    end has a + b <= x − y, so that b² − a² <= (b − a)(x − y) = (bx + ay) − (ax + by) <= wp − (ax + by).

    >>> remaining_gap(5, 1, 1)
    3
    """
    return gap - 2 * weight * path


def flow_path(time: Number, excess: Number) -> Number:
    r""":math:`p=\sqrt{\tau e}`, a bound of the length of the gradient flow in time τ, e >= F − inf F (B3, B1)."""
    return sqrt(coerce(time) * coerce(excess))


def horizon_bound(
    decay: Number, time: Number, imbalance: Number, gap: Number, weight: Number, excess: Number
) -> Number:
    r"""Bound of ‖sinΘ_k‖_F in time τ after a snapshot, from the snapshot alone (B3, B1).

    :math:`\sqrt2e^{-2\lambda\tau}\|\Delta\|_F/(\gamma-2w\sqrt{\tau e})`; it says nothing where the denominator is not
    positive.
    """
    size = coerce(imbalance)
    shrunk = sqrt(size * 0 + 2) * flow_factor(decay, time) * size
    return shrunk / remaining_gap(gap, weight, flow_path(time, excess))
