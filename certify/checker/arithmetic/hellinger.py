r"""Proof that a published interval holds every Hellinger projection of a spectrum (THEORY D5, D6).

The projections maximize f(α) = log N(α) - ½ log H_d(2α) with N(α) = Σσ_k k^{-α}, and f'(α) = u_d(2α) - E_ν[log k] where
ν_k ∝ σ_k k^{-α}. Write R = log d. The proof walks outward from the interval with these facts.

1. *Where f' > 0 at y, f' > 0 on [y - h, y] for h <= log(1 + R f'(y)/Var_ν(y))/R.* Indeed u_d(2t) >= u_d(2y) for t <= y,
   and d/dt Var_ν is minus the third central moment, of magnitude at most R Var_ν; so
   E_ν(y - s) <= E_ν(y) + Var_ν(y)(e^{Rs} - 1)/R. To the right of y the same holds for f' < 0.
2. *|f'| <= R*, as both means lie in [0, R]: where f(y) < f(c), no t with |t - y| <= (f(c) - f(y))/R is a maximizer.
3. *f'' < 0 on [c - h, c + h]* when Var_ν(c) e^{Rh} < 2 v_d(2c) e^{-2Rh}, by the growth bound of fact 1 for both
   variances; there the signs of f' at two points enclose every maximizer between them.
4. *No maximizer below 0*: σ decreases, so ν(α) has a mean of at most u_d(α) < u_d(2α) for α < 0, and f' > 0.
5. *No maximizer beyond y* once log N(y) < f(c): N decreases and H_d >= 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flint import arb

from certify.checker.arithmetic.exponents import bracket_fault
from certify.checker.arithmetic.gibbs_moments import Gibbs, gibbs, logarithms, powers
from certify.checker.arithmetic.rounding import below
from certify.verdict import Enclosure

__all__ = ["hellinger_fault"]

_STEPS = 5000
_SHORTEST = 2.0**-40
_LEAST = 2000


@dataclass(frozen=True, slots=True)
class _Point:
    """N, f and the moments of log k under ν at one exponent."""

    log_sum: arb
    value: arb
    slope: arb
    variance: arb
    gibbs: Gibbs


class _Walk:
    def __init__(self, sigma: Sequence[arb]) -> None:
        self.sigma = sigma
        self.d = len(sigma)
        self.range = arb(self.d).log()
        self.logs = logarithms(self.d)

    def at(self, alpha: float) -> _Point:
        """All that is needed at one exponent; the slope's ball is the exact range over the singular values."""
        g = gibbs(self.d, 2 * alpha)
        weights = [q * w for q, w in zip(self.sigma, powers(self.d, alpha), strict=True)]
        total = sum(weights, arb(0))
        # Moments about u instead of 0, so that uncertain weights hardly matter where f' is small.
        off = [g.mean - x for x in self.logs]
        first = [w * y for w, y in zip(weights, off, strict=True)]
        slope = sum(first, arb(0)) / total
        second = sum((w * y for w, y in zip(first, off, strict=True)), arb(0)) / total
        # Both logarithms are as small as the tail of a steep spectrum.
        log_sum = weights[0].log() + (sum(weights[1:], arb(0)) / weights[0]).log1p()
        return _Point(log_sum, log_sum - g.log_partition / 2, slope, second - slope * slope, g)

    def clear(self, point: _Point, reached: arb, side: int) -> float:
        """A distance from the point, to the left (side -1) or right (side 1), that holds no maximizer; 0 if none."""
        rise = -side * point.slope
        by_slope = arb(0)
        if rise > 0:
            by_slope = (1 + self.range * rise / point.variance.max(arb(2) ** -_LEAST)).log() / self.range
        by_value = (reached - point.value) / self.range
        return max(below(by_slope), below(by_value), 0.0) * 0.99

    def concave_radius(self, point: _Point) -> float:
        """h with f'' < 0 on [c - h, c + h], by fact 3; 0 where there is none."""
        ratio = 2 * point.gibbs.variance / point.variance
        return max(below(ratio.log() / (3 * self.range)) * 0.99, 0.0) if ratio > 1 else 0.0


def hellinger_fault(sigma: Sequence[arb], alpha: Enclosure) -> str:
    """Whether every maximizer of the affinity lies in ``alpha``, for all decreasing σ in the given balls, σ_2 > 0."""
    # f does not depend on the scale of σ, and near rank one its differences drown in the uncertainty of σ_1.
    walk = _Walk([arb(1), *(x / sigma[0] for x in sigma[1:])])
    centre = (alpha.lower + alpha.upper) / 2
    at_centre = walk.at(centre)
    radius = walk.concave_radius(at_centre)
    left, right = alpha.lower, alpha.upper
    if radius > _shortest(centre) and centre - radius < left and right < centre + radius:
        exact_range = _Walk(sigma)
        if fault := bracket_fault(lambda at: exact_range.at(at).slope, alpha):
            return fault
        left, right = centre - radius, centre + radius
    if not (_walks_left(walk, left, at_centre.value) and _walks_right(walk, right, at_centre.value)):
        return "not proved: a maximum of the affinity outside the interval could not be excluded"
    return ""


def _shortest(y: float) -> float:
    """Steps are cut by one part in a hundred; above this length that covers the rounding of y plus a step."""
    return _SHORTEST * max(1.0, abs(y))


def _walks_left(walk: _Walk, start: float, reached: arb) -> bool:
    y = start
    for _ in range(_STEPS):
        if y <= 0:
            return True
        step = walk.clear(walk.at(y), reached, -1)
        if not step > _shortest(y):
            return False
        y -= step
    return False


def _walks_right(walk: _Walk, start: float, reached: arb) -> bool:
    y = start
    for _ in range(_STEPS):
        point = walk.at(y)
        if point.log_sum < reached:
            return True
        step = walk.clear(point, reached, 1)
        if not step > _shortest(y):
            return False
        y += step
    return False
