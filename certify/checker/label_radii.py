"""How far profiles are from another label, again: by a division of the turn, and by a distance from a line (THEORY E6).

Turning two profiles of squared lengths A and B by x and m − x costs f = A sin²x + B sin²(m − x), which is
½(A + B) − ½L cos(2x − ψ) for L e^{iψ} = A + B e^{2im}. For any x with f ≤ ½(A + B) the least cost is below f by at most
½L(1 − cos) ≤ min(|f'|/2, f'²/(2L)), with f' = L sin(2x − ψ) = A sin 2x − B sin 2(m − x); and by at most L for any x.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from certify.checker.arithmetic.ranges import Range
from certify.checker.arithmetic.rounding import Array
from certify.checker.arithmetic.row_structure import Pairs, Structure

__all__ = ["LabelRadii"]


class LabelRadii:
    """The distances of all edges of one structure from another label; letters as they are recorded."""

    def __init__(self, own: Structure, edges: Pairs, letters: str) -> None:
        self.own, self.edges, self.letters = own, edges, np.array(list(letters))
        size = self.letters.size
        self.single = own.shared[edges] == 1
        self.angle = _angles(own, edges, np.full(size, own.kappa))
        self.ratio = _ratios(own, edges, np.full(size, own.ratio))

    def line(self) -> Range:
        """The least of all: T ends at κ alone, C and A there or at β*, and what is open no later than at κ, or on a
        single column at β*."""
        both, turned = self.angle.smaller(self.ratio), self.letters == "T"
        end = np.where(self.single, self.ratio.hi, self.angle.hi)
        low = np.where(turned, self.angle.lo, both.lo)
        high = np.where(turned, self.angle.hi, np.where(self.letters == "?", end, both.hi))
        return Range(np.asarray(np.min(low)), np.asarray(np.min(high)))

    def facet(self, kind: str, rows: Sequence[int], beyond: float) -> tuple[Range, Range] | None:
        """The distance of an edge at which its label changes so, and that of a level so far beyond; None where it does
        not change so."""
        here = np.flatnonzero((self.edges[0] == rows[0]) & (self.edges[1] == rows[1]))
        letter = str(self.letters[here[0]]) if here.size == 1 else "?"
        if letter == "?" or (kind == "ratio" and letter == "T") or (kind == "angle" and self.single[here[0]]):
            return None
        one = self.edges[0][here], self.edges[1][here]
        kappa, beta = self.own.kappa, self.own.ratio
        if kind == "angle":
            past = min(kappa + beyond, 1.0) if letter == "T" else max(kappa - beyond, 0.0)
            return self.angle.at(int(here[0])), _angles(self.own, one, np.array([past])).at(0)
        past = beta + beyond if letter == "C" else max(beta - beyond, 1.0)
        return self.ratio.at(int(here[0])), _ratios(self.own, one, np.array([past])).at(0)


def _ratios(own: Structure, edges: Pairs, beta: Array) -> Range:
    """The distance of both lengths, the longer one first, from the line through 0 and (β, 1)."""
    left, right = own.lengths(edges)
    longer, shorter = left.larger(right), left.smaller(right)
    level = Range(beta, beta)
    return longer.minus(shorter.times(level)).size().over(level.times(level).plus(1.0).root())


def _angles(own: Structure, edges: Pairs, kappa: Array) -> Range:
    """The cost of turning to the correlation κ; infinite on a single column."""
    left, right = own.lengths(edges)
    a, b = left.times(left), right.times(right)
    cosine, level = own.cosines(edges).smaller(1.0), Range(kappa, kappa)
    sine, other = _sine(cosine), _sine(level)
    sin = sine.times(level).minus(cosine.times(other)).size()
    # The cost grows with m, which is at most a right angle.
    low, high = _cost(a, b, np.minimum(sin.lo, 1.0)).lo, _cost(a, b, np.minimum(sin.hi, 1.0)).hi
    root = Range(np.maximum(low, 0.0), high).root()
    single = own.shared[edges] == 1
    return Range(np.where(single, np.inf, root.lo), np.where(single, np.inf, root.hi))


def _cost(a: Range, b: Range, sine: Array) -> Range:
    """The least cost of turning by m, from sin m."""
    sin = Range(sine, sine)
    cos = _sine(sin)
    tangent = _division(a, b, cos, sin)
    length = Range(tangent, tangent).times(Range(tangent, tangent)).plus(1.0).root()
    one = np.ones(tangent.shape)
    cx, sx = Range(one, one).over(length), Range(tangent, tangent).over(length)
    cy, sy = cos.times(cx).plus(sin.times(sx)), sin.times(cx).minus(cos.times(sx))
    cost = a.times(sx.times(sx)).plus(b.times(sy.size().times(sy.size())))
    slope = a.times(sx.times(cx)).minus(b.times(sy.times(cy))).times(2.0).size().hi
    # |A + B e^{2im}| is at least its real part, and at least |A − B|.
    real = a.plus(b.times(cos.times(cos).minus(sin.times(sin))))
    span = np.maximum(real.lo, a.minus(b).size().lo)
    with np.errstate(all="ignore"):
        excess = np.where(span > 0, np.minimum(slope / 2, slope * (slope / span)), slope / 2)
    near = cost.hi <= a.plus(b).lo / 2
    across = b.times(sin.times(cos)).times(2.0)
    largest = real.size().times(real.size()).plus(across.times(across)).root().hi
    excess = np.where(near, np.minimum(excess, largest), largest)
    return Range(cost.minus(Range(excess, excess)).lo, cost.hi)


def _division(a: Range, b: Range, cos: Range, sin: Range) -> Array:
    """About the tangent of the best x: half the argument of A + B e^{2im}; any number gives bounds."""
    p, q = b.hi * 2 * sin.hi * cos.hi, a.hi + b.hi * (cos.hi**2 - sin.hi**2)
    return np.tan(np.arctan2(p, q) / 2)


def _sine(x: Range) -> Range:
    low, high = Range(-x.hi, -x.lo).plus(1.0), x.plus(1.0)
    return Range(np.maximum(low.lo, 0.0), np.maximum(low.hi, 0.0)).times(high).root()
