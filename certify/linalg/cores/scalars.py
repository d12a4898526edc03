"""Balls around norms and roots, for bounds that are written as formulas; precision is the working precision of flint.

A bound of a product of float matrices is γ_k ‖·‖‖·‖ plus its underflow term, see (2) of :mod:`certify.linalg.gemm`.
"""

from __future__ import annotations

import flint
import numpy as np

from certify.linalg.gemm import underflow
from certify.linalg.kernels import times
from certify.rigor.ball import upper
from certify.rigor.rounding import ETA, FloatArray, U, gamma, norm_down, norm_up

__all__ = [
    "EPS",
    "ONE",
    "TINY",
    "ZERO",
    "around",
    "between",
    "excess",
    "frobenius_ball",
    "frobenius_up",
    "product_error",
    "root",
    "times",
    "up",
]

ZERO, ONE = flint.arb(0), flint.arb(1)
EPS, TINY = flint.arb(U), flint.arb(ETA)
_PLAIN = 2.0**400


def up(x: flint.arb) -> float:
    """A float that is not below any number of the ball; infinite for a NaN ball."""
    return upper(x) if x.is_finite() else float("inf")


def between(low: flint.arb, high: flint.arb) -> flint.arb:
    """The ball around [max(low, 0), high]; NaN where an end is not finite."""
    if not (low.is_finite() and high.is_finite()):
        return flint.arb.nan()
    return low.lower().max(ZERO).union(high.upper().max(ZERO))


def around(value: flint.arb, error: flint.arb) -> flint.arb:
    """Every non-negative number within ``error`` of the ball ``value``."""
    return between(value.lower() - error, value.upper() + error)


def root(x: flint.arb) -> flint.arb:
    """√ of a ball that is known to hold a non-negative number."""
    return between(x.lower().max(ZERO).sqrt(), x.upper().max(ZERO).sqrt())


def excess(total: flint.arb, inside: flint.arb) -> flint.arb:
    """total² − inside², a number known not to be negative."""
    d = total * total - inside * inside
    return between(d.lower(), d.upper())


def frobenius_ball(x: FloatArray) -> flint.arb:
    """The Frobenius norm of a float array.

    One pass of K = ``x.size`` squares in any order: relative error γ_K of their sum, underflow at most 3K ETA.
    """
    if x.size == 0:
        return ZERO
    flat = x.ravel(order="K")
    squares = float(flat @ flat)
    if not 1 / _PLAIN < squares < _PLAIN:
        low, high = float(norm_down(flat)), float(norm_up(flat))
        return between(flint.arb(low), flint.arb(high)) if np.isfinite(high) else flint.arb.nan()
    g, tiny = flint.arb(gamma(x.size)), 4 * x.size * TINY
    s = flint.arb(squares)
    return between(((s - tiny) / (1 + g)).max(ZERO).sqrt(), ((s + tiny) / (1 - g)).sqrt())


def frobenius_up(x: FloatArray) -> flint.arb:
    """An upper bound of the Frobenius norm."""
    found = frobenius_ball(x)
    return found.upper() if found.is_finite() else flint.arb.pos_inf()


def product_error(
    rounding: float, inner: int, left: flint.arb, right: flint.arb, size: int, largest: flint.arb = ONE
) -> flint.arb:
    """Bound of ‖fl(XY) − XY‖_F from ‖X‖_F ≤ left and ‖Y‖_F ≤ right, for a product with γ_k ``rounding``; ``size``
    entries, X and Y at most 2 ``largest``."""
    return flint.arb(rounding) * left * right + flint.arb(underflow(inner)) * size * largest
