"""The true numbers behind the claims about gradient flow, at 60 digits: the minimum from a polynomial's roots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from certify.claims.thresholds import NONE, Thresholds
from tests.geometry.oracle import mp

if TYPE_CHECKING:
    from tests.prover.truth import Edge, Layer

Real = Any


@dataclass(frozen=True)
class Flow:
    """λ, and what F is above its infimum at most; None where nothing is given."""

    decay: Real
    excess: Real | None

    @classmethod
    def of(cls, thresholds: Thresholds, layers: Sequence[Layer]) -> Flow | None:
        """The flow that thresholds ask about, for the layers of the whole chain."""
        if thresholds.ridge == NONE:
            return None
        decay = _exact(thresholds.ridge)
        bounds = [] if thresholds.excess == NONE else [_exact(thresholds.excess)]
        if thresholds.loss != NONE:
            bounds.append(_exact(thresholds.loss) + decay / 2 * mp.fsum(layer.norm**2 for layer in layers))
        return cls(decay, min(bounds) if bounds else None)

    def half_life(self) -> Real:
        return mp.log(2) / (2 * self.decay)

    def horizon(self, edge: Edge, k: int) -> list[Real]:
        """The horizon, and when the bound is least."""
        time = path(edge, k) ** 2 / self.excess
        if not time:
            return [time, time]
        return [time, min(self._times(time), key=lambda tau: self.bound(edge, k, tau))]

    def bounds(self, edge: Edge, k: int) -> list[Real]:
        """The angle, its bound, and the least bound up to the horizon."""
        angle, now = edge.angle(k)
        most = mp.sqrt(min(k, edge.read.rows - k))
        if not path(edge, k):
            return [angle, now, most]
        return [angle, now, min(self.bound(edge, k, self.horizon(edge, k)[1]), most)]

    def bound(self, edge: Edge, k: int, time: Real) -> Real:
        """√2 e^(−2λτ) ‖Δ‖/(γ − 2w√(τe))."""
        gap, weight = sizes(edge, k)
        size = mp.sqrt(2) * mp.exp(-2 * self.decay * time) * edge.imbalance()
        return size / (gap - 2 * weight * mp.sqrt(time * self.excess))

    def _times(self, time: Real) -> list[Real]:
        """0, and where the logarithm of the bound is stationary in u, τ = u²T."""
        rate = 2 * self.decay * time
        roots = mp.polyroots([2 * rate, -2 * rate, 1], maxsteps=500, extraprec=400) if rate else []
        return [mp.mpf(0), *(mp.re(u) ** 2 * time for u in roots if abs(mp.im(u)) < mp.mpf(10) ** -50)]


def sizes(edge: Edge, k: int) -> tuple[Real, Real]:
    """γ and w."""
    squares = [(x.sigma[k - 1] ** 2, x.sigma[k] ** 2 if k < x.d else mp.mpf(0)) for x in (edge.lower, edge.upper)]
    return mp.fsum(a - b for a, b in squares), mp.sqrt(mp.fsum(a + b for a, b in squares))


def path(edge: Edge, k: int) -> Real:
    gap, weight = sizes(edge, k)
    return gap / (2 * weight) if weight else gap


def _exact(text: str) -> Real:
    number = Fraction(text)
    return mp.mpf(number.numerator) / number.denominator
