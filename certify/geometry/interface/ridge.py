r"""What weight decay does to the imbalance Δ = H − K of a deep linear network (THEORY B1, B2, B4).

N_l is the gradient of the loss at layer l, R_l = N_l + λW_l that of loss and ridge, η the step size.
"""

from __future__ import annotations

from certify.geometry.number import Number, coerce
from certify.rigor.functions import absolute, exp

__all__ = [
    "flow_factor",
    "imbalance_floor",
    "production_bound",
    "stationarity_bound",
    "step_factor",
]


def flow_factor(decay: Number, time: Number) -> Number:
    r""":math:`e^{-2\lambda t}`, by which Δ shrinks along the gradient flow in time t (B1).

    >>> import sympy
    >>> flow_factor(sympy.Integer(1), sympy.log(2))
    1/4
    """
    return exp(-2 * coerce(decay) * time)


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
