"""The levels of energy at which truncations of a transport are compared with it, enclosed twice (THEORY E1, E7)."""

from __future__ import annotations

import itertools
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
        for s, t in zip(writer.energies, reader.energies, strict=True):
            first = (t.square(0) * s.beyond(r)).min(s.square(r) * t.beyond(0))
            second = (t.beyond(r_next) * s.square(0)).min(t.square(r_next) * s.up_to(r))
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
    shares = [once(facts, "_shares", lambda facts=facts: _shares(facts.sigma)) for facts in (writer, reader)]
    for text, percent in options.incidence_percents:
        ranks = _window(shares[0], percent), _window(shares[1], percent)
        more = _error_floor(floor, (writer.absolute, reader.absolute), exponents, ranks)
        whole = ranks == full and more < 1.0
        if more < 1.0 and not whole:
            transport.plan([ranks])
        found.append(Level(text, percent, ranks, x, transport, (floor, more), whole, total))
    return [*found, Level(claims.FULL, Fraction(100), full, x, transport, (floor, floor), True, total)]


@dataclass(frozen=True)
class _Shares:
    """Sums of the squares of the lower ends of the first i singular values, and of the upper ends of all others, both
    in whole numbers over one denominator; nothing where one is not known."""

    inside: list[int]
    beyond: list[int]


def _shares(sigma: Sequence[Enclosure]) -> _Shares | int:
    """The number of singular values where one of them is not known."""
    if not all(value.finite for value in sigma):
        return len(sigma)
    ratios = [(value.lower.as_integer_ratio(), value.upper.as_integer_ratio()) for value in sigma]
    scale = max(max(low[1], high[1]) for low, high in ratios)
    inside = list(itertools.accumulate(((low[0] * (scale // low[1])) ** 2 for low, _ in ratios), initial=0))
    whole = list(itertools.accumulate(((high[0] * (scale // high[1])) ** 2 for _, high in ratios), initial=0))
    return _Shares(inside, [whole[-1] - part for part in whole])


def _window(shares: _Shares | int, percent: Fraction) -> int:
    """The least window that surely holds so much of the energy: as long as the rest is small enough.

    With f = p/100, fΣh_k² over the rest is at most (1 − f)Σl_k² over the window, in whole numbers; the first falls and
    the second grows with the window.
    """
    if isinstance(shares, int):
        return shares
    part, rest = percent.numerator, 100 * percent.denominator - percent.numerator
    low, high = 1, len(shares.inside) - 1
    while low < high:
        middle = (low + high) // 2
        if rest * shares.inside[middle] < part * shares.beyond[middle]:
            low = middle + 1
        else:
            high = middle
    return high


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
