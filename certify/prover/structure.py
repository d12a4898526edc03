"""Incidence structures from enclosed activities: gaps for thresholds, and the margins of the block form (E4–E7).

All arrays are in the units of :class:`certify.linalg.cell_norms.Units`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from certify.geometry.transport import labels
from certify.geometry.transport.block_form import cell_margin, noise_margin, pair_margin
from certify.linalg.cell_norms import pair_sums
from certify.prover.profiles import Levels, Mask, Pairs, Profiles, each, masked, norm_of
from certify.rigor.functions import minimum, sqrt
from certify.rigor.interval import Interval

__all__ = ["Gap", "Structure", "kept", "widest_gaps"]


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


def kept(margins: Interval) -> tuple[Mask, Mask]:
    """Where margins are certainly positive, and where they certainly are not."""
    return margins.lo > 0, margins.hi <= 0


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
        moved = masked(error, own.active)
        mixed, both = pair_sums(own.masked, moved), pair_sums(moved, moved)
        (left, right), change = (mixed[..., i, j] for i, j in (pairs, pairs[::-1])), both[..., pairs[0], pairs[1]]
        return pair_margin(own.weights(pairs), self.levels.edge, left + right + change)

    def noise(self, error: Interval) -> Interval:
        """The margins of the noise."""
        own = self.profiles
        return noise_margin(self.levels.noise, own.noise, each(lambda e: norm_of(e, ~own.active), error))

    def label_margins(self, error: Interval) -> Interval:
        """Margins of the labels of all edges."""
        own, (i, j) = self.profiles, self.edges
        left, right = self._lengths
        sums = pair_sums(masked(error, own.active).sqr(), own.supports.mask)
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
