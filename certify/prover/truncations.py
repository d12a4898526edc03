"""A transport and its truncations at all levels of energy: activities, errors, and what is published of them.

Both are widened by floors, so that whoever encloses them a second time, more narrowly, finds what follows from his
enclosures inside what is published.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate
from math import frexp

import flint
import numpy as np

from certify.certificate.publication import publish
from certify.chain.groups import Groups
from certify.claims import incidence as claims
from certify.geometry.number import Number
from certify.linalg.cell_norms import Grouping, Truncated, Units, cell_norms, truncations
from certify.linalg.cores import Core
from certify.prover.layer import LayerFacts
from certify.prover.ledger import UNKNOWN
from certify.prover.widening import cell_floor, error_floor, known_to
from certify.rigor.interval import Interval
from certify.rigor.rounding import norm_down, norm_up
from certify.verdict import Enclosure

__all__ = ["Bound", "Truncations", "Window", "at_ends", "energy_windows"]

Bound = Callable[[Sequence[Number], Sequence[Number], int, int], Number]
"""A bound of E1 by the singular values of W and of W' and two windows."""

_TOGETHER = 2**16
"""Entries of the truncations that are worked on at a time."""


@dataclass(frozen=True, slots=True)
class Window:
    """The windows at a level: their ranks, and the errors and activities of the truncation where there is one."""

    level: str
    percent: Fraction
    ranks: tuple[int, int]
    norm: Enclosure
    error: Interval | None
    activities: Interval | None


class Truncations:
    """The activities of the groups of ``reader`` on what ``writer`` writes, and the windows at all levels.

    Everything is over 2^(sum of ``exponents``); the full windows come last.
    """

    def __init__(
        self,
        writer: LayerFacts,
        reader: LayerFacts,
        core: Core | None,
        groups: Groups,
        percents: Sequence[tuple[str, Fraction]],
    ) -> None:
        self.writer, self.reader, self.core = writer, reader, core
        self.exponents = frexp(writer.frobenius.upper)[1], frexp(reader.frobenius.upper)[1]
        self.grouping = Grouping.of(groups)
        self.floor = cell_floor(writer.matrix.shape[0], self.grouping.largest)
        self.units = Units.of(writer.matrix, reader.matrix, self.exponents, self.grouping)
        self.product, self.product_error = self.units.product(self.grouping)
        self.x = _widened(cell_norms(self.product, self.grouping, self.product_error), self.floor)
        sizes = (energy_windows(facts.sigma, [level for _, level in percents]) for facts in (writer, reader))
        asked = [(text, level, ranks) for (text, level), ranks in zip(percents, zip(*sizes, strict=True), strict=True)]
        self.windows = self._truncated(asked)
        self.windows.append(self._full(claims.FULL, Fraction(100), (writer.d, reader.d)))

    def _truncated(self, asked: Sequence[tuple[str, Fraction, tuple[int, int]]]) -> list[Window]:
        sigma = self.writer.absolute, self.reader.absolute
        floors = [error_floor(self.floor, sigma, self.exponents, ranks) for _, _, ranks in asked]
        known = [place for place, least in enumerate(floors) if least < 1.0]
        spectra = [(facts.svd.lower, facts.svd.upper) for facts in (self.writer, self.reader)]
        if self.core is None:
            return [_open(*item) for item in asked]
        found = {place: _open(*asked[place]) for place in range(len(asked)) if place not in known}
        ranks = [asked[place][2] for place in reversed(known)]
        published = tuple(
            known_to(facts.sigma, exponent)
            for facts, exponent in zip((self.writer, self.reader), self.exponents, strict=True)
        )
        steps = truncations(
            self.core, (spectra[0], spectra[1]), self.units, self.grouping, ranks, (published[0], published[1])
        )
        together = max(1, _TOGETHER // self.product.size)
        pending: list[tuple[int, Truncated]] = []
        for place, step in zip(reversed(known), steps, strict=True):
            # The next step changes the array of this one.
            pending.append((place, step if together == 1 else replace(step, error=step.error.copy())))
            if len(pending) == together:
                found.update(self._windows(asked, pending))
                pending = []
        if pending:
            found.update(self._windows(asked, pending))
        return [found[place] for place in range(len(asked))]

    def _windows(
        self, asked: Sequence[tuple[str, Fraction, tuple[int, int]]], steps: Sequence[tuple[int, Truncated]]
    ) -> dict[int, Window]:
        """The windows of some truncations."""
        found = {
            place: self._full(*asked[place]) if _proved(step) else _open(*asked[place])
            for place, step in steps
            if not _proved(step) or step.windows == (self.writer.d, self.reader.d)
        }
        steps = [item for item in steps if item[0] not in found]
        if not steps:
            return found
        changes, offs, rooms = (
            parts[0][None] if len(parts) == 1 else np.stack(parts)
            for parts in zip(*((step.error, step.off, step.room) for _, step in steps), strict=True)
        )
        rooms = rooms + self.floor
        errors = _widened(cell_norms(changes, self.grouping, offs), rooms)
        activities = cell_norms(changes, self.grouping, self.product_error + offs, self.product)
        activities = _widened(activities, rooms + self.floor)
        for k, (place, _) in enumerate(steps):
            error = errors[k]
            norm = publish(float(norm_down(error.lo)), float(norm_up(error.hi)), nonnegative=True)
            found[place] = Window(*asked[place], norm, error, activities[k])
        return found

    def _full(self, text: str, percent: Fraction, ranks: tuple[int, int]) -> Window:
        zero = Interval(np.zeros(self.x.shape))
        return Window(text, percent, ranks, Enclosure(0.0, 0.0), zero, self.x)


def _proved(step: Truncated) -> bool:
    return bool(np.all(np.isfinite(step.off)))


def _open(text: str, percent: Fraction, ranks: tuple[int, int]) -> Window:
    return Window(text, percent, ranks, UNKNOWN, None, None)


def at_ends(bound: Bound, writer: LayerFacts, reader: LayerFacts, windows: tuple[int, int]) -> flint.arb:
    """A bound of E1, which increases in every singular value, from the ends of what is published of them."""
    if not all(value.finite for facts in (writer, reader) for value in facts.sigma):
        return flint.arb.nan()
    ends: list[Number] = []
    for side in (0, 1):
        sigma, sigma_next = ([flint.arb(x.upper if side else x.lower) for x in y.sigma] for y in (writer, reader))
        ends.append(bound(sigma, sigma_next, *windows))
    low, high = ends
    return low.union(high)


def energy_windows(sigma: Sequence[Enclosure], percents: Sequence[Fraction]) -> list[int]:
    """The least windows that certainly hold so many percent of the energy, from published singular values.

    All ranks where those are not known. Exact: (100 − p)Σ_{k≤r} l_k² ≥ p Σ_{k>r} h_k² for the lower ends l and the
    upper ends h.
    """
    if not all(value.finite for value in sigma):
        return [len(sigma)] * len(percents)
    ends = [value.lower.as_integer_ratio() for value in sigma], [value.upper.as_integer_ratio() for value in sigma]
    unit = max(denominator for side in ends for _, denominator in side)
    low, high = ([(n * (unit // d)) ** 2 for n, d in side] for side in ends)
    heads, kept = list(accumulate(low)), list(accumulate(high))
    tails = [kept[-1] - x for x in kept]
    found: list[int] = []
    for percent in percents:
        p, q = percent.numerator, 100 * percent.denominator - percent.numerator
        # Heads grow and tails shrink to 0.
        r = bisect_left(range(len(sigma)), True, key=lambda r, p=p, q=q: q * heads[r] >= p * tails[r])
        found.append(r + 1)
    return found


def _widened(x: Interval, floor: float | np.ndarray) -> Interval:
    wide = x + Interval(-np.asarray(floor), np.asarray(floor))
    return Interval(np.maximum(wide.lo, 0.0), wide.hi)
