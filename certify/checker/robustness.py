"""The radius of an incidence structure again: Lagrange bounds from below, points from above (THEORY E5, E6).

For |μ| < 1 no (a', b') with ⟨a', b'⟩ = ω is nearer to (a, b) than

    |p|²μ/(1 + μ) − |q|²μ/(1 − μ) − 2ωμ,   p, q = (a ± b)/√2,

and (p/(1 + μ), q/(1 − μ)) is as near where it lies on the hyperbola. Both are taken near the best μ, the second at a
point that is moved onto the hyperbola.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from certify.checker.arithmetic.ranges import Range, outside
from certify.checker.arithmetic.rounding import Array
from certify.checker.arithmetic.row_structure import Pairs, Structure
from certify.checker.label_radii import LabelRadii

__all__ = ["Facet", "Radius"]

Facet = tuple[str, tuple[int, ...]]

_STEPS = 80


class Radius:
    """The distances of one structure from all that would change it, as narrowly as its activities are known."""

    def __init__(
        self, own: Structure, pairs: Pairs, omega: float | None, nu: float | None, labels: LabelRadii | None = None
    ) -> None:
        self.own, self.all_pairs, self.omega, self.nu, self.labels = own, pairs, omega, nu, labels
        self.columns = own.x.minus(Range(own.theta[:, None], own.theta[:, None])).size()
        self.pairs = None if omega is None else self._pairs(pairs, np.full(pairs[0].size, omega))
        level = None if nu is None else Range(np.asarray(nu), np.asarray(nu))
        self.noise = None if level is None else level.minus(own.noise()).size()

    def lines(self) -> dict[str, Range]:
        """The least distance of every line."""
        found = {"columns": _least(self.columns)}
        if self.pairs is not None:
            found["pairs"] = _least(self.pairs)
        found |= {} if self.noise is None else {"noise": self.noise}
        return found | ({} if self.labels is None else {"labels": self.labels.line()})

    def level(self, kind: str) -> float:
        """The recorded number that a facet is about, as far as its own roundings matter; 0 elsewhere."""
        known = {"pair": self.omega or 0.0, "angle": self.own.kappa, "ratio": self.own.ratio}
        return known.get(kind, 0.0)

    def facet(self, facet: Facet, groups: Sequence[int], beyond: float) -> tuple[Range, Range] | None:
        """Its distance, and that of a level so far beyond it; None for a facet that the structure does not have."""
        kind, place = facet
        known = {group: row for row, group in enumerate(groups)}
        if kind == "noise":
            return None if self.noise is None else (self.noise, self.noise.plus(beyond))
        if place[0] not in known:
            return None
        row = known[place[0]]
        if kind == "column":
            if place[1] >= self.columns.lo.shape[1]:
                return None
            found = self.columns.at((row, place[1]))
            return found, found.plus(beyond)
        if kind in ("angle", "ratio"):
            rows = row, known.get(place[1], -1)
            return None if self.labels is None else self.labels.facet(kind, rows, beyond)
        if self.pairs is None or self.omega is None:
            return None
        here = np.flatnonzero((self.all_pairs[0] == row) & (self.all_pairs[1] == known.get(place[1], -1)))
        if here.size != 1:
            return None
        one = self.all_pairs[0][here], self.all_pairs[1][here]
        heavy = self.own.weights(one).lo[0] >= self.omega
        past = np.array([self.omega - beyond if heavy else self.omega + beyond])
        return self.pairs.at(int(here[0])), self._pairs(one, past).at(0)

    def _pairs(self, pairs: Pairs, omega: Array) -> Range:
        """Distances of pairs from the hyperbola of ω > 0."""
        ones = np.ones(self.own.active.shape)
        squares = self.own.sums(self.own.x.times(self.own.x), Range(ones, ones), pairs)
        half, weights = squares[0].plus(squares[1]).times(0.5), self.own.weights(pairs)
        p, q = half.plus(weights), half.minus(weights)
        q = Range(np.maximum(q.lo, 0.0), np.maximum(q.hi, 0.0))
        mu = _best(p.hi, q.hi, omega)
        exact, level = Range(mu, mu), Range(omega, omega)
        more, less = exact.plus(1.0), outside(1 - mu, 1 - mu)
        # μ may have either sign: the shares are formed before they are multiplied.
        shares = _quotient(mu, more), _quotient(mu, less)
        low = p.times(shares[0]).minus(q.times(shares[1])).minus(level.times(2.0).times(exact)).lo
        across = q.root().over(less)
        along = across.times(across).plus(level.times(2.0)).root()
        first, second = p.root().minus(along), across.minus(q.root())
        high = first.times(first).plus(second.times(second)).hi
        return Range(np.clip(low, 0.0, high), high).root()


def _quotient(mu: Array, divisor: Range) -> Range:
    ends = mu / divisor.lo, mu / divisor.hi
    return outside(np.minimum(*ends), np.maximum(*ends))


def _best(p: Array, q: Array, omega: Array) -> Array:
    """Where the dual is largest: its slope P/(1 + μ)² − Q/(1 − μ)² − 2ω falls from one sign to the other."""
    low, high = np.full(p.shape, -1.0 + 2.0**-40), np.full(p.shape, 1.0 - 2.0**-40)
    twice = 2 * omega
    with np.errstate(all="ignore"):
        for _ in range(_STEPS):
            middle = 0.5 * (low + high)
            rising = p / (1 + middle) ** 2 > q / (1 - middle) ** 2 + twice
            low, high = np.where(rising, middle, low), np.where(rising, high, middle)
    return low


def _least(x: Range) -> Range:
    return Range(np.asarray(np.min(x.lo)), np.asarray(np.min(x.hi)))
