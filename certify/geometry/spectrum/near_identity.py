r"""The top-radial coordinate of a matrix near the identity (THEORY D9).

For A = I + εB, d × d, ε >= 0, let S be the symmetric part of B, τ = tr B/d, β = ‖B‖_F²/d and x = ε‖B‖₂. The first order
of r(A) is ε(λ_max(S) − τ), and what remains is at least −F(x) and, for x < 1, at most F(−x), with
F(y) = y²/2 + y − log(1 + y).
"""

from __future__ import annotations

from certify.geometry.number import Number, coerce
from certify.rigor.functions import log

__all__ = ["first_order", "frobenius_ratio", "leading_range", "radial_range", "remainder_bound"]


def first_order(epsilon: Number, top: Number, mean: Number) -> Number:
    r""":math:`\varepsilon(\lambda_{\max}(S)-\tau)`, the first order of r(I + εB) (D9).

    Parameters
    ----------
    epsilon : ε.
    top : λ_max(S), the largest eigenvalue of (B + Bᵀ)/2.
    mean : τ = tr B/d.
    """
    return coerce(epsilon) * (top - mean)


def frobenius_ratio(epsilon: Number, mean: Number, square: Number) -> Number:
    r""":math:`\|I+\varepsilon B\|_F^2/d=1+2\varepsilon\tau+\varepsilon^2\beta`, exact for every real ε (D9).

    ``square`` is β = ‖B‖_F²/d.
    """
    return 1 + 2 * epsilon * mean + epsilon * epsilon * square


def leading_range(epsilon: Number, top: Number, norm: Number) -> tuple[Number, Number]:
    r"""Bounds of σ₁: :math:`1+\varepsilon\lambda_{\max}(S)\le\sigma_1`, and of its square,
    :math:`\sigma_1^2\le1+2\varepsilon\lambda_{\max}(S)+\varepsilon^2\|B\|_2^2`, for ε >= 0 (D9).

    The first is returned as it is, the second as a square, so that rational numbers stay rational.
    """
    step = epsilon * top
    return 1 + step, 1 + 2 * step + epsilon * epsilon * norm * norm


def remainder_bound(y: Number) -> Number:
    r""":math:`F(y)=\tfrac12y^2+y-\log(1+y)` for y > −1: :math:`-F(x)\le R`, and :math:`R\le F(-x)` for x < 1 (D9).

    It is at most y² for y >= 0, and at most (4 log 2 − 3/2)y² for −½ <= y <= 0.

    >>> import sympy
    >>> remainder_bound(sympy.Integer(1))
    3/2 - log(2)
    """
    y = coerce(y)
    return y * y / 2 + y - log(1 + y)


def radial_range(epsilon: Number, top: Number, mean: Number, norm: Number) -> tuple[Number, Number]:
    r"""Lower and upper bound of r(I + εB), for ε >= 0 and ε‖B‖₂ < 1, d >= 1; both hold with balls for the numbers (D9).

    The width is F(x) + F(−x), x = ε‖B‖₂, of order x².
    """
    first, x = first_order(epsilon, top, mean), coerce(epsilon) * norm
    return first - remainder_bound(x), first + remainder_bound(-x)
