r"""Proofs that a published exponent interval holds the fitted exponent: signs at its two end points.

For three of the charts the exponent is the root of a strictly decreasing function F (THEORY D3, D6):

* top-radial, F = r - φ_d(α);
* KL projection, F = Σσ_k²(u_d(2α) - log k)/Σσ_k², whose sign is that of u_d(2α) - E_p[log k];
* log-log least squares has a formula, which is evaluated.

Each F is linear in independent uncertain numbers, so a sum of balls is its exact range up to rounding. F >= 0 at the
lower end and F <= 0 at the upper end prove the interval.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flint import arb

from certify.checker.arithmetic.gibbs_moments import chart, gibbs, logarithms
from certify.checker.arithmetic.rounding import ball
from certify.checker.expected import enclosed
from certify.verdict import Enclosure

__all__ = ["bracket_fault", "kl_fault", "log_log_fault", "top_radial_fault"]

_INWARD, _MUCH = 0.33, 0.5


def bracket_fault(value: Callable[[float], arb], alpha: Enclosure) -> str:
    """Whether F >= 0 at the lower and F <= 0 at the upper end, and neither end lies needlessly far out.

    Publication widens by the width on either side. Where that is much and F far from linear, far out is what is so a
    third of the published width further in.
    """
    at_lower, at_upper = value(alpha.lower), value(alpha.upper)
    if not (at_lower >= 0 and at_upper <= 0):
        return f"not proved: the equation of the exponent is {at_lower.str(8)} and {at_upper.str(8)} at the end points"
    width = alpha.upper - alpha.lower
    near = _near(at_lower) and _near(-at_upper)
    if not near and width > _MUCH:
        near = _near(value(alpha.lower + _INWARD * width)) and _near(-value(alpha.upper - _INWARD * width))
    return "" if near else "wider than what is published for an exponent known this well"


def _near(value: arb) -> bool:
    return bool(value.mid() <= 128 * value.rad() + arb(2) ** -30)


def top_radial_fault(d: int, radial: Enclosure, alpha: Enclosure) -> str:
    """Whether φ_d(α) = r has its root in ``alpha`` for every r in ``radial``."""
    r = ball(radial.lower, radial.upper)
    return bracket_fault(lambda at: r - chart(d, at), alpha)


def kl_fault(sigma: Sequence[arb], alpha: Enclosure) -> str:
    """Whether u_d(2α) = E_p[log k] has its root in ``alpha`` for all singular values in the given balls."""
    # The product of a ball around 0 with itself would reach below 0.
    squares = [x * x if x > 0 else arb(0).union(x.upper() * x.upper()) for x in sigma]
    mass = sum(squares, arb(0))
    logs = logarithms(len(sigma))

    def value(at: float) -> arb:
        u = gibbs(len(sigma), 2 * at).mean
        return sum((p * (u - x) for p, x in zip(squares, logs, strict=True)), arb(0)) / mass

    return bracket_fault(value, alpha)


def log_log_fault(sigma: Sequence[arb], alpha: Enclosure) -> str:
    """Whether -Σ(x_k - x̄) log σ_k / Σ(x_k - x̄)², x_k = log k, lies in ``alpha``."""
    logs = logarithms(len(sigma))
    mean = sum(logs, arb(0)) / len(logs)
    spread = sum(((x - mean) * (x - mean) for x in logs), arb(0))
    moment = sum(((mean - x) * y.log() for x, y in zip(logs, sigma, strict=True)), arb(0))
    return enclosed([moment / spread], [alpha], 2.0**-36)
