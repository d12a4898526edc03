"""The levels of energy at which truncations of a transport are compared with it, enclosed twice (THEORY E1, E7)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Generic, NamedTuple, TypeVar

import numpy as np
from flint import arb

from certify.chain.groups import Groups
from certify.checker.arithmetic.ranges import Range
from certify.checker.arithmetic.rounding import U
from certify.checker.arithmetic.truncated import Transport
from certify.checker.layer import LayerFacts
from certify.checker.recorded_thresholds import Recorded
from certify.checker.tasks import once
from certify.claims import incidence as claims
from certify.verdict import Enclosure

__all__ = ["Level", "Pair", "levels_of"]

_T = TypeVar("_T")
_FACTOR = 32
"""What is published is not wider than by this multiple of its floors."""


class Pair(NamedTuple, Generic[_T]):
    """Something as it is known, and as wide as it may be published."""

    narrow: _T
    wide: _T


@dataclass
class Level:
    """The windows at a level.

    Parameters
    ----------
    text, percent : of the level; ``"100"`` for the full windows.
    ranks : r and r'.
    x : the activities of the whole transport.
    transport : its truncations are formed when they are first asked for.
    floors : what publication adds to activities and to changes, at the least; infinite without certified gaps.
    full : whether nothing is truncated.
    exponent : sum of the exponents of both layers.
    """

    text: str
    percent: Fraction
    ranks: tuple[int, int]
    x: Pair[Range]
    transport: Transport
    floors: tuple[float, float]
    full: bool
    exponent: int

    @property
    def moved(self) -> Pair[Range] | None:
        """Norms of the cells of the change; None where nothing is certified."""
        return self._both[0]

    @property
    def kept(self) -> Pair[Range] | None:
        """Norms of the cells of the truncated transport; None where nothing is certified."""
        return self._both[1]

    @property
    def _both(self) -> tuple[Pair[Range] | None, Pair[Range] | None]:
        return once(self, "_truncated", self._compare)

    def _compare(self) -> tuple[Pair[Range] | None, Pair[Range] | None]:
        floor, more = self.floors
        if self.full:
            zeros = np.zeros(self.x.narrow.lo.shape)
            return Pair(Range(zeros, zeros), Range(zeros, zeros)), self.x
        found = self.transport.truncated(self.ranks) if more < 1.0 else None
        if found is None:
            return None, None
        moved, kept = found
        wide = moved.widened(_FACTOR * more), kept.widened(_FACTOR * (floor + more))
        return Pair(moved, wide[0]), Pair(kept, wide[1])

    def bound(self, writer: LayerFacts, reader: LayerFacts) -> arb:
        """E1's bound in the Frobenius norm from published singular values, which it increases in."""
        ends: list[arb] = []
        r, r_next = self.ranks
        for pick in (lambda value: value.lower, lambda value: value.upper):
            s, t = ([arb(pick(value)).max(arb(0)) ** 2 for value in facts.sigma] for facts in (writer, reader))
            beyond, beyond_next = sum(s[r : r + 1], arb(0)), sum(t[r_next : r_next + 1], arb(0))
            first = (t[0] * sum(s[r:], arb(0))).min(beyond * sum(t, arb(0)))
            second = (sum(t[r_next:], arb(0)) * s[0]).min(beyond_next * sum(s[:r], arb(0)))
            ends.append((first + second).sqrt())
        return ends[0].union(ends[1]) * arb(2) ** -self.exponent


def levels_of(
    transport: Transport,
    writer: LayerFacts,
    reader: LayerFacts,
    groups: Groups,
    exponents: tuple[int, int],
    options: Recorded,
) -> list[Level]:
    """All levels, increasing, the full windows last."""
    floor = 16 * (writer.matrix.shape[0] + max(map(len, groups)) + 64) * U
    total, full = sum(exponents), (writer.d, reader.d)
    x = Pair(transport.cells, transport.cells.widened(_FACTOR * floor))
    found: list[Level] = []
    for text, percent in options.incidence_percents:
        ranks = _window(writer.sigma, percent), _window(reader.sigma, percent)
        more = _error_floor(floor, (writer.absolute, reader.absolute), exponents, ranks)
        whole = ranks == full and more < 1.0
        found.append(Level(text, percent, ranks, x, transport, (floor, more), whole, total))
    return [*found, Level(claims.FULL, Fraction(100), full, x, transport, (floor, floor), True, total)]


def _window(sigma: Sequence[Enclosure], percent: Fraction) -> int:
    """The least window that surely holds so much of the energy: from behind, as long as the rest is small enough.

    With f = p/100, fΣh_k² over the rest is at most (1 − f)Σl_k² over the window, in whole numbers.
    """
    if not all(value.finite for value in sigma):
        return len(sigma)
    scale = max(max(end.as_integer_ratio()[1] for end in (value.lower, value.upper)) for value in sigma)
    low = [int(Fraction(value.lower) * scale) ** 2 for value in sigma]
    high = [int(Fraction(value.upper) * scale) ** 2 for value in sigma]
    part, rest = percent.numerator, 100 * percent.denominator - percent.numerator
    window, inside, beyond = len(sigma), sum(low), 0
    while window > 1:
        inside, beyond = inside - low[window - 1], beyond + high[window - 1]
        if rest * inside < part * beyond:
            break
        window -= 1
    return window


def _error_floor(
    floor: float,
    sigma: tuple[Sequence[Enclosure], Sequence[Enclosure]],
    exponents: tuple[int, int],
    ranks: tuple[int, int],
) -> float:
    """What publication adds to changes, at the least; infinite where a window has no gap."""
    found = floor
    for side in (0, 1):
        values, r = sigma[side], ranks[side]
        lean = 3.0
        if r < len(values):
            gap = values[r - 1].lower - values[r].upper
            if not gap > 0:
                return math.inf
            lean += (values[r - 1].upper + values[r].upper) / gap
        known = math.ldexp(4 * max(value.upper - value.lower for value in values), -exponents[side])
        found += known * lean * math.ldexp(sigma[1 - side][0].upper, -exponents[1 - side])
    return found if found == found else math.inf
