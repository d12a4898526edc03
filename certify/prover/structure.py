"""Incidence structures from enclosed activities: supports, weights, labels, and the margins of the block form (E4–E7).

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
from certify.geometry.transport.block_form import cell_margin, noise_margin, pair_margin
from certify.linalg.cell_norms import pair_sums
from certify.rigor.functions import minimum, sqrt
from certify.rigor.interval import Interval
from certify.rigor.rounding import FloatArray, norm_down, norm_up

__all__ = ["Gap", "Levels", "Pairs", "Profiles", "Structure", "Supports", "kept", "norm_of", "widest_gaps"]

Mask = npt.NDArray[np.bool_]
Pairs = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]


@dataclass(frozen=True, slots=True)
class Gap:
    """An open gap between merged intervals: its ends."""

    low: float
    high: float

    @property
    def middle(self) -> float:
        """A number in the middle of the gap, on a grid of 2^-9 of it."""
        grid = 2.0 ** (np.frexp(self.high - self.low)[1] - 9)
        return float(np.rint((self.low / 2 + self.high / 2) / grid) * grid)


def widest_gaps(x: Interval, below: int, above: int) -> list[Gap | None]:
    """The widest gap between the intervals of each row with at least so many of them on either side.

    Of equal ones the highest; None where there is none. Lower and upper ends are sorted by themselves: where the i-th
    least upper end is below the next least lower end, i intervals lie below it and all others above.
    """
    low, high = np.sort(x.lo, axis=-1), np.sort(x.hi, axis=-1)
    places = np.arange(below, low.shape[-1] - above + 1)
    if not places.size:
        return [None] * low.shape[0]
    ends, starts = high[:, places - 1], low[:, places]
    best = places.size - 1 - np.argmax((starts - ends)[:, ::-1], axis=-1)
    rows = np.arange(best.size)
    return [_gap(*pair) for pair in zip(ends[rows, best].tolist(), starts[rows, best].tolist(), strict=True)]


def _gap(low: float, high: float) -> Gap | None:
    found = Gap(low, high)
    return found if low < high and low < found.middle < high else None


@dataclass(frozen=True, slots=True)
class Levels:
    """Recorded numbers: θ of each group, ω, ν, κ and β*; ω and ν are None where nothing is compared with them."""

    theta: FloatArray
    edge: float | None
    noise: float | None
    correlation: float
    ratio: float


def kept(margins: Interval) -> tuple[Mask, Mask]:
    """Where margins are certainly positive, and where they certainly are not."""
    return margins.lo > 0, margins.hi <= 0


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
        return _masked(self.x, self.active)

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
        return _each(lambda x: norm_of(x, ~self.active), self.x)

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


@dataclass(frozen=True)
class Structure:
    """The structure of one transport: profiles, recorded levels, edges among the pairs and their labels."""

    profiles: Profiles
    levels: Levels
    edges: Pairs
    labels: str

    def cells(self, error: Interval) -> Interval:
        """Margins of all cells for errors e_G(j), (…, g, n), as all margins here."""
        return cell_margin(self.profiles.x, self.levels.theta[:, None], error)

    def pairs(self, error: Interval) -> Interval:
        """Margins of all pairs that share a column; the error is Σ_S(x_G e_H + x_H e_G + e_G e_H) of E7."""
        own, pairs = self.profiles, self.profiles.pairs
        moved = _masked(error, own.active)
        mixed, both = pair_sums(own.masked, moved), pair_sums(moved, moved)
        (left, right), change = (mixed[..., i, j] for i, j in (pairs, pairs[::-1])), both[..., pairs[0], pairs[1]]
        return pair_margin(own.weights(pairs), self.levels.edge, left + right + change)

    def noise(self, error: Interval) -> Interval:
        """The margins of the noise."""
        own = self.profiles
        return noise_margin(self.levels.noise, own.noise, _each(lambda e: norm_of(e, ~own.active), error))

    def label_margins(self, error: Interval) -> Interval:
        """Margins of the labels of all edges."""
        own, (i, j) = self.profiles, self.edges
        left, right = self._lengths
        sums = pair_sums(_masked(error, own.active).sqr(), own.supports.mask)
        moved = sqrt(sums[..., i, j]) / left, sqrt(sums[..., j, i]) / right
        angle = labels.angle_margin(self._turn, moved)
        ratio = labels.ratio_margin(self._nearest, moved)
        both = minimum(angle, ratio)
        letters = np.array(list(self.labels))
        # On a single column there is only the ratio; an angle beyond κ is all that ST says.
        single, turned = own.shared[self.edges] == 1, letters == "T"
        found = Interval(
            np.where(turned, angle.lo, np.where(single, ratio.lo, both.lo)),
            np.where(turned, angle.hi, np.where(single, ratio.hi, both.hi)),
        )
        open_ = letters == "?"
        return Interval(np.where(open_, -1.0, found.lo), np.where(open_, 1.0, found.hi))

    @cached_property
    def _lengths(self) -> tuple[Interval, Interval]:
        return self.profiles.lengths(self.edges)

    @cached_property
    def _turn(self) -> Interval:
        """cos m of all edges."""
        cosine, kappa = self.profiles.correlations(self.edges), Interval(self.levels.correlation)
        return labels.turned_together((cosine, kappa), (sqrt(1 - cosine * cosine), sqrt(1 - kappa * kappa)))

    @cached_property
    def _nearest(self) -> Interval:
        return labels.nearest_level(self._lengths[0] / self._lengths[1], self.levels.ratio)


def _each(operation: Callable[[Interval], Interval], x: Interval) -> Interval:
    """An operation on the last two axes of an array, at all places of the others."""
    if x.ndim == 2:
        return operation(x)
    found = [operation(item) for item in x]
    return Interval(np.stack([item.lo for item in found]), np.stack([item.hi for item in found]))


def norm_of(x: Interval, where: Mask) -> Interval:
    """The norm of the activities of some cells."""
    return Interval(float(norm_down(x.lo[where])), float(norm_up(x.hi[where])))


def _masked(x: Interval, where: Mask) -> Interval:
    return Interval(np.where(where, x.lo, 0.0), np.where(where, x.hi, 0.0))
