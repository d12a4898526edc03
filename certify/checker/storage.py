"""Storage balls again: half units are counted by their exponents, and their sums are integers (THEORY-2 §2)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np
from flint import arb, fmpz

from certify.checker.arithmetic.rounding import Array, ball, gamma
from certify.checker.expected import Expected, enclosed
from certify.checker.lookup import Lookup
from certify.checker.recorded_thresholds import Recorded
from certify.claims import causes
from certify.claims import storage as claims
from certify.claims.storage_formats import NO_STORAGE, STORED_SCALE
from certify.verdict import Enclosure

__all__ = ["storage_claims"]

_ROOM = 2.0**-36


def storage_claims(
    subject: str,
    matrix: Array,
    stored: Array | None,
    sigma: Sequence[Enclosure],
    windows: Sequence[int],
    lookup: Lookup,
    thresholds: Recorded,
) -> Iterator[Expected]:
    """The claims about the storage ball of a layer with published ``sigma``; none where no format was asked for.

    ``stored`` are half units of stored codes.
    """
    format, d = thresholds.storage, len(sigma)
    if format == NO_STORAGE:
        return
    if format in claims.FORMATS and bool((np.abs(matrix) > claims.FORMATS[format].largest).any()):
        lookup.skip(subject, claims.ids(d), causes.format_overflows(format))
        return
    radii = _radii(matrix, format) if stored is None else _summed(stored)
    format = format if stored is None else STORED_SCALE
    values = lookup.values(subject, claims.BALL, 2)
    yield Expected(
        claims.ball(format, thresholds["sigma_relative"], sigma[0].upper),
        lambda found: enclosed(radii, found, _ROOM * found[0].upper, nonnegative=True),
    )
    room = Fraction(values[1].upper) if values[1].finite else None
    ends = [(Fraction(x.lower), Fraction(x.upper)) if x.finite else None for x in sigma]
    least = sum(room is not None and end is not None and end[0] - room > 0 for end in ends)
    yield Expected(claims.rank(format, d), lambda found: _count_fault(found[0], least))
    if d < 2:
        return
    survivors: list[int] = []
    for k, (upper, lower) in enumerate(itertools.pairwise(ends), start=1):
        # Both may move towards each other by the radius.
        if room is not None and upper is not None and lower is not None and upper[0] - room > lower[1] + room:
            survivors.append(k)
    yield Expected(
        claims.gaps(format, d, [k for k in windows if k in survivors]),
        lambda found: _count_fault(found[0], len(survivors)),
    )


def _count_fault(value: Enclosure, number: int) -> str:
    return "" if value == Enclosure(number, number) else f"not proved: counted {number}"


def _radii(matrix: Array, format: str) -> list[arb]:
    """‖D‖_F, and the smaller of it and √(‖D‖₁‖D‖_∞), for the half units D."""
    whole, rows, columns = _row_scaled(matrix) if format == "int8" else _counted(matrix, format)
    return [whole, whole.min((rows * columns).sqrt())]


def _summed(halves: Array) -> list[arb]:
    """The same for half units of any size: sums of non-negative floats."""
    relative = arb(1, 4 * gamma(max(halves.shape) * 2 + 8))
    power = math.frexp(float(halves.max()))[1]
    unit = np.ldexp(halves, -power)
    rows, columns = (ball(float(unit.sum(axis=axis).max())) * relative for axis in (1, 0))
    # A square below 2^-1000 of the largest is nothing beside it.
    whole = ball(float(np.sqrt(np.square(unit).sum(axis=1).sum()))) * relative
    return [size * arb(2) ** power for size in (whole, whole.min((rows * columns).sqrt()))]


def _row_scaled(matrix: Array) -> tuple[arb, arb, arb]:
    halves = [ball(float(x)) / 254 for x in np.abs(matrix).max(axis=1)]
    n = matrix.shape[1]
    rows = halves[0]
    for half in halves:
        rows = rows.max(half)
    columns = sum(halves, arb(0))
    return (n * sum((half * half for half in halves), arb(0))).sqrt(), n * rows, columns


def _counted(matrix: Array, format: str) -> tuple[arb, arb, arb]:
    """Norm, largest row sum and largest column sum of powers of two, from how often each one occurs."""
    found = claims.FORMATS[format]
    # |w| in [2^e, 2^(e+1)): e is the number of powers of two up to |w|, less one.
    powers = np.ldexp(1.0, np.arange(found.least, 129))
    above = np.searchsorted(powers, np.abs(matrix), side="right")
    places = np.maximum(above - 1, 0)
    rows, columns = [fmpz(0)] * matrix.shape[0], [fmpz(0)] * matrix.shape[1]
    squares = fmpz(0)
    for place in np.unique(places):
        here = places == place
        power = fmpz(2) ** int(place)
        rows = [total + int(count) * power for total, count in zip(rows, here.sum(axis=1), strict=True)]
        columns = [total + int(count) * power for total, count in zip(columns, here.sum(axis=0), strict=True)]
        squares += int(here.sum()) * power * power
    unit = arb(2) ** (found.least - found.precision)
    return arb(squares).sqrt() * unit, arb(max(rows)) * unit, arb(max(columns)) * unit
