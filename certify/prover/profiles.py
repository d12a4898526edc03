"""Activities on given supports: what the profiles of pairs of row groups have in common (THEORY E4, E6).

All arrays are in the units of :class:`certify.linalg.cell_norms.Units`; pairs of groups are (G, H) with G < H, in the
order of the upper triangle.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from certify.geometry.transport import labels
from certify.linalg.cell_norms import pair_sums
from certify.rigor.functions import minimum, sqrt
from certify.rigor.interval import Interval
from certify.rigor.rounding import FloatArray, norm_down, norm_up

__all__ = ["Levels", "Mask", "Pairs", "Profiles", "Supports", "each", "masked", "norm_of"]

Mask = npt.NDArray[np.bool_]
Pairs = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]


@dataclass(frozen=True, slots=True)
class Levels:
    """Recorded numbers: θ of each group, ω, ν, κ and β*; ω and ν are None where nothing is compared with them."""

    theta: FloatArray
    edge: float | None
    noise: float | None
    correlation: float
    ratio: float


@dataclass(frozen=True)
class Supports:
    """The columns that are active in each group, (g, n), and what they alone say of pairs."""

    active: Mask

    @cached_property
    def shared(self) -> npt.NDArray[np.int64]:
        """How many columns two groups share."""
        mask = self.active.astype(np.float64)
        return (mask @ mask.T).astype(np.int64)

    @cached_property
    def pairs(self) -> Pairs:
        """The pairs that share a column."""
        left, right = np.nonzero(np.triu(self.shared, 1))
        return left, right

    @cached_property
    def mask(self) -> Interval:
        """1 on the supports, 0 elsewhere."""
        return Interval(self.active.astype(np.float64))


@dataclass(frozen=True)
class Profiles:
    """Activities on given supports, and what the profiles of pairs have in common.

    x : (g, n) activities, or those of several transports with the same supports along the first axis; then all that
    is asked for has it too.
    """

    x: Interval
    supports: Supports

    @property
    def active(self) -> Mask:
        """The active columns."""
        return self.supports.active

    @property
    def shared(self) -> npt.NDArray[np.int64]:
        """How many columns two groups share."""
        return self.supports.shared

    @property
    def pairs(self) -> Pairs:
        """The pairs that share a column."""
        return self.supports.pairs

    @cached_property
    def masked(self) -> Interval:
        """The activities on the supports, 0 elsewhere."""
        return masked(self.x, self.active)

    def weights(self, pairs: Pairs) -> Interval:
        """w of some pairs."""
        return self._products[..., pairs[0], pairs[1]]

    def lengths(self, pairs: Pairs) -> tuple[Interval, Interval]:
        """The norms of both profiles of some pairs."""
        return self._norms[..., pairs[0], pairs[1]], self._norms[..., pairs[1], pairs[0]]

    def totals(self, pairs: Pairs) -> tuple[Interval, Interval]:
        """The sums of both profiles of some pairs."""
        return self._totals[..., pairs[0], pairs[1]], self._totals[..., pairs[1], pairs[0]]

    def correlations(self, pairs: Pairs) -> Interval:
        """Their cosines; 1 on a single column."""
        known = self._known.get(id(pairs))
        if known is None:
            left, right = self.lengths(pairs)
            found = minimum(self.weights(pairs) / (left * right), 1.0)
            single = self.shared[pairs] == 1
            found = Interval(np.where(single, 1.0, found.lo), np.where(single, 1.0, found.hi))
            known = self._known[id(pairs)] = pairs, found
        return known[1]

    def chance(self, pairs: Pairs) -> tuple[Interval, Interval]:
        """Mean and deviation of the cosines under a random permutation of one profile."""
        (left, right), (a, b) = self.lengths(pairs), self.totals(pairs)
        s = self.shared[pairs].astype(np.float64)
        spreads = [labels.spread(norm * norm, sums, s) for norm, sums in ((left, a), (right, b))]
        inner = sqrt(spreads[0]) * sqrt(spreads[1])
        scale, several = left * right, s > 1
        deviation = inner / sqrt(Interval(np.maximum(s - 1, 1.0))) / scale
        mean = minimum(a * b / s / scale, 1.0)
        return (
            Interval(np.where(several, mean.lo, 1.0), np.where(several, mean.hi, 1.0)),
            Interval(np.where(several, np.maximum(deviation.lo, 0.0), 0.0), np.where(several, deviation.hi, 0.0)),
        )

    @cached_property
    def noise(self) -> Interval:
        """The norm of the activities outside the supports."""
        return each(lambda x: norm_of(x, ~self.active), self.x)

    def labels(self, pairs: Pairs, levels: Levels) -> npt.NDArray[np.str_]:
        """C, A, T for the labels SC, SA, ST of some pairs; ? where enclosures leave it open."""
        cosine = self.correlations(pairs)
        left, right = self.lengths(pairs)
        ratio = left / right
        close = (cosine.lo >= levels.correlation), (cosine.hi < levels.correlation)
        nearest = minimum(ratio * levels.ratio, levels.ratio / ratio)
        equal = (nearest.lo >= 1.0), (nearest.hi < 1.0)
        found = np.full(cosine.shape, "?")
        found[close[1]] = "T"
        found[close[0] & equal[0]] = "C"
        found[close[0] & equal[1]] = "A"
        return found

    @cached_property
    def _known(self) -> dict[int, tuple[Pairs, Interval]]:
        """Correlations by identity of the pairs, which are kept with them."""
        return {}

    @cached_property
    def _products(self) -> Interval:
        return pair_sums(self.masked, self.masked)

    @cached_property
    def _norms(self) -> Interval:
        return sqrt(pair_sums(self.masked.sqr(), self.supports.mask))

    @cached_property
    def _totals(self) -> Interval:
        return pair_sums(self.masked, self.supports.mask)


def each(operation: Callable[[Interval], Interval], x: Interval) -> Interval:
    """An operation on the last two axes of an array, at all places of the others."""
    if x.ndim == 2:
        return operation(x)
    found = [operation(item) for item in x]
    return Interval(np.stack([item.lo for item in found]), np.stack([item.hi for item in found]))


def norm_of(x: Interval, where: Mask) -> Interval:
    """The norm of the activities of some cells."""
    return Interval(float(norm_down(x.lo[where])), float(norm_up(x.hi[where])))


def masked(x: Interval, where: Mask) -> Interval:
    """Activities where they count, 0 elsewhere."""
    return Interval(np.where(where, x.lo, 0.0), np.where(where, x.hi, 0.0))
