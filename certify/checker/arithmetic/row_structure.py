r"""Incidence structures from ranges of activities, in the checker's own arrangement (THEORY E4–E7).

A structure is given by its supports, edges and labels; what is computed here are the numbers that decide whether they
are right, and whether a change of a transport may move them. Pairs are (G, H), G < H, in the order of the upper
triangle.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from flint import arb
from numpy.typing import NDArray

from certify.checker.arithmetic.ranges import Mask, Range, constant, inner, norm
from certify.checker.arithmetic.rounding import Array, above, below
from certify.checker.tasks import once

__all__ = ["Cut", "Pairs", "Structure", "cut_at", "widest"]

Pairs = tuple[NDArray[np.intp], NDArray[np.intp]]

_T = TypeVar("_T")


@dataclass(frozen=True)
class Structure:
    """Supports and recorded levels, with the activities of one transport, or of several along the first axes.

    Parameters
    ----------
    x : (…, groups, columns) activities; what is found has their first axes.
    active : the supports.
    theta, kappa, ratio : the recorded θ of each group, κ and β*.
    """

    x: Range
    active: Mask
    theta: Array
    kappa: float
    ratio: float

    @property
    def shared(self) -> NDArray[np.int64]:
        """How many columns two groups share."""
        return once(self, "_shared", self._count_shared)

    def _count_shared(self) -> NDArray[np.int64]:
        # Sums of zeros and ones are exact in floating point.
        found = self.active.astype(np.float64)
        return (found @ found.T).astype(np.int64)

    def _kept(self, name: str, pairs: Pairs, make: Callable[[Pairs], _T]) -> _T:
        """What does not depend on a change is computed once for the same pairs."""
        store: dict[tuple[str, bytes, bytes], _T] = once(self, "_store", dict[tuple[str, bytes, bytes], _T])
        key = name, pairs[0].tobytes(), pairs[1].tobytes()
        if key not in store:
            store[key] = make(pairs)
        return store[key]

    def pairs(self) -> Pairs:
        """The pairs that share a column."""
        left, right = np.nonzero(np.triu(self.shared, 1))
        return left, right

    def sums(self, a: Range, b: Range, pairs: Pairs) -> tuple[Range, Range]:
        """Σ over shared columns of a_G b_H and of a_H b_G; both arrays are cut to the supports."""
        found = inner(a.where(self.active), b.where(self.active))
        return found.at((..., *pairs)), found.at((..., *pairs[::-1]))

    def weights(self, pairs: Pairs) -> Range:
        """w_GH."""
        return self._kept("weights", pairs, lambda pairs: self.sums(self.x, self.x, pairs)[0])

    def _ones(self) -> Range:
        ones = np.ones(self.active.shape)
        return Range(ones, ones)

    def lengths(self, pairs: Pairs) -> tuple[Range, Range]:
        """The norms of the profiles."""
        return self._kept("lengths", pairs, self._lengths)

    def _lengths(self, pairs: Pairs) -> tuple[Range, Range]:
        left, right = self.sums(self.x.times(self.x), self._ones(), pairs)
        return left.root(), right.root()

    def cosines(self, pairs: Pairs) -> Range:
        """Their correlations, 1 on a single column; of others the range may reach beyond 1."""
        return self._kept("cosines", pairs, self._cosines)

    def _cosines(self, pairs: Pairs) -> Range:
        left, right = self.lengths(pairs)
        found = self.weights(pairs).over(left.times(right))
        single = self.shared[pairs] == 1
        return Range(np.where(single, 1.0, found.lo), np.where(single, 1.0, found.hi))

    def chance(self, pairs: Pairs) -> tuple[Range, Range]:
        """Mean and deviation of the correlations under permutations: with shares q of Σ(a/|a|)²/s = 1/s that the mean
        takes, √((1 − sq²)(1 − sq'²)/(s − 1)) for q = Σa/(s|a|)."""
        lengths, count = self.lengths(pairs), self.shared[pairs].astype(np.float64)
        sums = self.sums(self.x, self._ones(), pairs)
        whole = Range(count, count)
        means = [a.over(length.times(whole)) for a, length in zip(sums, lengths, strict=True)]
        mean = means[0].times(means[1]).times(whole)
        mean = Range(np.where(count > 1, mean.lo, 1.0), np.where(count > 1, mean.hi, 1.0))
        rest = [Range(-q.hi, -q.lo).times(q).times(whole).plus(1.0) for q in means]
        rest = [Range(np.maximum(x.lo, 0.0), np.maximum(x.hi, 0.0)) for x in rest]
        fewer = np.maximum(count - 1, 1.0)
        deviation = rest[0].times(rest[1]).over(Range(fewer, fewer)).root()
        return mean, deviation.where(count > 1)

    def may(self, pairs: Pairs) -> dict[str, Mask]:
        """Of each label, which pairs may have it."""
        cosine = self.cosines(pairs)
        left, right = self.lengths(pairs)
        more, less = left.over(right), right.over(left)
        # Within a factor β* on both sides.
        apart, along = more.larger(less), cosine.hi >= self.kappa
        return {
            "T": cosine.lo < self.kappa,
            "C": along & (apart.lo <= self.ratio),
            "A": along & (apart.hi > self.ratio),
        }

    def letters(self, pairs: Pairs) -> list[set[str]]:
        """The labels that each pair of one transport may have."""
        may = self.may(pairs)
        return [{letter for letter, mask in may.items() if mask[place]} for place in range(pairs[0].size)]

    def cell_margins(self, moved: Range) -> Range:
        """|x − θ| − e."""
        return self._distances().minus(moved)

    def _distances(self) -> Range:
        level = self.theta[:, None]
        return once(self, "_far", lambda: self.x.minus(Range(level, level)).size())

    def pair_margins(self, moved: Range, omega: float, pairs: Pairs) -> Range:
        """|w − ω| − Σ((x_G + e_G)(x_H + e_H) − x_G x_H), the products written out."""
        mixed = self.sums(self.x, moved, pairs)
        change = mixed[0].plus(mixed[1]).plus(self.sums(moved, moved, pairs)[0])
        return self.weights(pairs).minus(omega).size().minus(change)

    def noise(self) -> Range:
        """The norm of the cells outside the supports."""
        return once(self, "_noise", lambda: norm(self.x, ~self.active))

    def noise_margin(self, moved: Range, nu: float) -> Range:
        """ν − ‖noise‖ − ‖its change‖."""
        return constant(nu).minus(self.noise()).minus(norm(moved, ~self.active))

    def label_margins(self, moved: Range, edges: Pairs, letters: str) -> Range:
        """cos(arcsin t_G + arcsin t_H) − cos(arccos c − arccos κ) for T; for C and A the smaller of this and of
        min((1 − t_H)/(1 + t_G), (1 − t_G)/(1 + t_H)) less the ratio of the norms over the nearer of β* and 1/β*."""
        lengths = self.lengths(edges)
        spent = self.sums(moved.times(moved), self._ones(), edges)
        t, u = (x.root().over(length) for x, length in zip(spent, lengths, strict=True))
        cosine, kappa = self.cosines(edges), constant(self.kappa)
        allowed = _sine(t).times(_sine(u)).minus(t.times(u))
        square = 1 - arb(self.kappa) ** 2
        root = square.sqrt()
        sine = Range(np.asarray(below(root)), np.asarray(above(root))) if square > 0 else constant(0.0)
        angle = allowed.minus(cosine.times(kappa).plus(_sine(cosine).times(sine)))
        q, back = lengths[0].over(lengths[1]), lengths[1].over(lengths[0])
        beta = constant(self.ratio)
        far = q.over(beta).smaller(back.times(beta)).larger(q.times(beta).smaller(back.over(beta)))
        scale = _rest(u).over(t.plus(1.0)).smaller(_rest(t).over(u.plus(1.0)))
        ratio = scale.minus(far)
        single = self.shared[edges] == 1
        turned, unknown = np.array([x == "T" for x in letters]), np.array([x == "?" for x in letters])
        ends = [np.where(turned, a, np.where(single, r, np.minimum(a, r))) for a, r in zip(angle, ratio, strict=True)]
        return Range(np.where(unknown, -1.0, ends[0]), np.where(unknown, 1.0, ends[1]))


def _sine(x: Range) -> Range:
    """√(1 − x²), 0 from 1 on."""
    square = x.times(x)
    return Range(-square.hi, -square.lo).plus(1.0).root()


def _rest(x: Range) -> Range:
    """1 − x."""
    return Range(-x.hi, -x.lo).plus(1.0)


@dataclass(frozen=True)
class Cut:
    """A cut between numbers: the largest below, the smallest above, and how many lie above."""

    low: float
    high: float
    above: int


def cut_at(x: Range, level: float) -> Cut | None:
    """Where a level cuts numbers, none of which it may touch."""
    below, above = x.hi < level, x.lo > level
    if not np.all(below | above):
        return None
    low = float(np.max(x.hi[below], initial=-np.inf))
    return Cut(low, float(np.min(x.lo[above], initial=np.inf)), int(np.count_nonzero(above)))


def widest(x: Range, below: int, above: int) -> float:
    """The width of the widest gap with at least so many numbers on either side; not positive where there is none."""
    order = np.argsort(x.lo, kind="stable")
    low, reach = x.lo[order], np.maximum.accumulate(x.hi[order])
    last = low.size - above
    if last < below:
        return 0.0
    return float(np.max(low[below : last + 1] - reach[below - 1 : last]))
