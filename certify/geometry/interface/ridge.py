r"""What weight decay does to the imbalance Δ = H − K of a deep linear network (THEORY B1, B2, B3∘B1, B4).

N_l is the gradient of the loss at layer l, R_l = N_l + λW_l that of loss and ridge, η the step size.
"""

from __future__ import annotations

from certify.geometry.number import Number, coerce
from certify.rigor.functions import absolute, exp, log, sqrt

__all__ = [
    "best_factor",
    "best_share",
    "critical_path",
    "excess_bound",
    "flow_factor",
    "flow_path",
    "half_life",
    "horizon",
    "horizon_bound",
    "imbalance_floor",
    "production_bound",
    "rate_range",
    "remaining_gap",
    "share_factor",
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


def half_life(decay: Number) -> Number:
    r""":math:`\log2/(2\lambda)`, the time in which the gradient flow halves Δ (B1).

    >>> import sympy
    >>> half_life(sympy.Integer(1)) == sympy.log(2) / 2
    True
    """
    decay = coerce(decay)
    return log(decay * 0 + 2) / (2 * decay)


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


def critical_path(gap: Number, weight: Number) -> Number:
    r""":math:`p^*=\gamma/(2w)`: on a shorter path of the two layers :func:`remaining_gap` is positive (B3, B1).

    >>> critical_path(4, 1), remaining_gap(4, 1, critical_path(4, 1))
    (2.0, 0.0)
    """
    return gap / (2 * weight)


def excess_bound(decay: Number, loss: Number, mass: Number) -> Number:
    r""":math:`e=\ell+\tfrac\lambda2\sum_l\|W_l\|_F^2`, a bound of F − inf F, with F the loss and that ridge (B3, B1).

    *Proof*: the ridge is not negative, so that inf F is not below the infimum of the loss, and the loss is above that
    by ``loss`` ℓ at most.

    Parameters
    ----------
    decay : λ > 0.
    loss : ℓ, by how much the loss is above its infimum at most.
    mass : :math:`\sum_l\|W_l\|_F^2` over all layers that the ridge acts on.
    """
    return loss + decay * mass / 2


def horizon(path: Number, excess: Number) -> Number:
    r""":math:`T=p^{*2}/e`, the time in which the flow is not longer than p* (B3, B1); see :func:`flow_path`."""
    return path * path / excess


def share_factor(rate: Number, share: Number) -> Number:
    r""":math:`e^{-cu^2}/(1-u)`: :func:`horizon_bound` at τ = u²T over that at 0, with c = 2λT and T the horizon.

    As :math:`2w\sqrt{\tau e}=u\gamma` and :math:`2\lambda\tau=cu^2`.
    """
    share = coerce(share)
    return exp(-coerce(rate) * share * share) / (1 - share)


def best_share(rate: Number) -> Number:
    r""":math:`u=\tfrac12(1+\sqrt{1-2/c})`, the u > 0 at which :func:`share_factor` may be least, c >= 2.

    *Proof*: the derivative of the logarithm, −2cu + 1/(1 − u), has the sign of 1 − 2cu(1 − u). For c < 2 it is
    positive on [0, 1), and the factor is least, 1, at u = 0. For c >= 2 it is negative between the roots of
    2cu(1 − u) = 1 alone, so that the factor is least at 0 or at the larger root, u. By c = 1/(2u(1 − u)) the logarithm
    there is −u/(2(1 − u)) − log(1 − u), whose derivative is −½(2u − 1)/(1 − u)² for u >= ½, from log 2 − ½ > 0 down
    without bound: from one c on, the factor at u is below 1.

    >>> best_share(2)
    0.500000000000000
    """
    rate = coerce(rate)
    return (1 + sqrt(1 - 2 / rate)) / 2


def best_factor(rate: Number) -> Number:
    r""":math:`2m\,e^{1/2-m}`, m = cu: :func:`share_factor` at :func:`best_share`, where 1 − u = 1/(2cu), cu² = cu − ½.

    >>> best_factor(10) < 0.01
    True
    """
    rate = coerce(rate)
    m = rate * best_share(rate)
    return 2 * m * exp((1 - 2 * m) / 2)
