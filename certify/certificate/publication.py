"""From an enclosure that was computed to the one that is written down.

A published enclosure is wider than the computed one, so that other code with other roundings can prove it, and its
end points lie on a coarse grid, so that the last digits of a radius do not reach the certificate. Everything derived
(residuals, slacks, drifts, margins) is computed from published enclosures and can be recomputed from them alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from certify.enclosure import Enclosure, widest_of
from certify.outward import down, up

__all__ = ["GRID_BITS", "UNKNOWN", "difference", "margin_of_width", "outward", "publish", "publish_all"]

FloatArray = npt.NDArray[np.float64]

GRID_BITS = 40
"""End points are multiples of 2**-GRID_BITS relative to the larger one's power of two."""

_FEW = 24
"""Of fewer enclosures each is published by itself, which is faster."""

UNKNOWN = Enclosure(-math.inf, math.inf)
"""What is published where nothing could be enclosed."""

_LARGEST = math.ldexp(2.0**53 - 1, 971)
_LARGE, _HALF, _LEAST_EXPONENT = 2.0 ** (GRID_BITS - 2), 0.5, -900
"""What is not larger has sums below 2^(GRID_BITS + 1), so that grid steps are counted without underflow."""


def publish(
    lower: float, upper: float, *, floor: float = 0.0, nonnegative: bool = False, most: float = math.inf
) -> Enclosure:
    """Widen [lower, upper] by its own width and by ``floor`` on each side, then round outward to the grid.

    An exact value with no floor is published as it is; what is NaN or unbounded is published as :data:`UNKNOWN`.

    Parameters
    ----------
    lower, upper : a proved enclosure.
    floor : absolute widening, for quantities that the checker knows to a given absolute accuracy only.
    nonnegative : the quantity is known to be >= 0, and the lower end point is not published below that.
    most : the quantity is known not to be above, and no end point is; a number on the grid.

    >>> publish(1.0, 1.0), publish(0.5, 0.5 + 2**-30).lower == 0.5 - 2**-30
    (Enclosure(lower=1.0, upper=1.0), True)
    >>> publish(0.75, 1.5, nonnegative=True, most=1.0)
    Enclosure(lower=0.0, upper=1.0)
    """
    if not (lower <= upper and math.isfinite(lower) and math.isfinite(upper) and math.isfinite(floor)):
        return UNKNOWN
    if lower == upper and floor == 0.0:
        return Enclosure(lower, upper)
    if not -_LARGE < lower <= upper < _LARGE > floor:
        return _by_integers(lower, upper, floor, nonnegative=nonnegative, most=most)
    # Exact sums, rounded once: that passes no multiple of the step, which has fewer bits, but may lead onto one.
    low, high = math.fsum((lower, lower, -upper, -floor)), math.fsum((upper, upper, -lower, floor))
    if nonnegative and low < 0:
        low = 0.0
    part, exponent = math.frexp(max(abs(low), abs(high)))
    if part == _HALF or exponent < _LEAST_EXPONENT:
        return _by_integers(lower, upper, floor, nonnegative=nonnegative, most=most)
    shift = GRID_BITS + 1 - exponent
    steps_low, steps_high = math.floor(math.ldexp(low, shift)), math.ceil(math.ldexp(high, shift))
    low_end, high_end = math.ldexp(steps_low, -shift), math.ldexp(steps_high, -shift)
    if low_end == low != 0 and math.fsum((lower, lower, -upper, -floor, -low)) < 0:
        low_end = math.ldexp(steps_low - 1, -shift)
    if high_end == high and math.fsum((upper, upper, -lower, floor, -high)) > 0:
        high_end = math.ldexp(steps_high + 1, -shift)
    return Enclosure(min(low_end, most), min(high_end, most))


def publish_all(
    lower: FloatArray,
    upper: FloatArray,
    *,
    floor: FloatArray | float = 0.0,
    nonnegative: bool = False,
    most: float = math.inf,
) -> list[Enclosure]:
    """:func:`publish` of many enclosures, the ends and floors of which are arrays; the same bits.

    A sum of the four terms of an end is off by less than 2^-8 steps of the grid: by 8 roundings of numbers that are at
    most as large as the larger end. What is that near to a step, or to a power of two, is published by itself, and so
    is what needs no rounding or is very large or small.
    """
    if lower.size < _FEW:
        floors = np.broadcast_to(floor, lower.shape)
        ends = zip(lower.tolist(), upper.tolist(), floors.tolist(), strict=True)
        return [publish(a, b, floor=f, nonnegative=nonnegative, most=most) for a, b, f in ends]
    with np.errstate(over="ignore", invalid="ignore"):
        low, high = lower + lower - upper - floor, upper + upper - lower + floor
        cut = low < 0 if nonnegative else np.zeros(lower.shape, dtype=bool)
        part, exponent = np.frexp(np.maximum(np.where(cut, 0.0, np.abs(low)), np.abs(high)))
        plain = (np.abs(part - 0.75) < 0.25 - 2.0**-40) & (exponent > _LEAST_EXPONENT) & (exponent < GRID_BITS)
        plain &= (lower <= upper) & (upper >= 0) & np.isfinite(floor) & ((lower < upper) | (floor != 0.0))
        shift = np.where(plain, GRID_BITS + 1 - exponent, 0)
        below, above = (np.where(plain, np.ldexp(x, shift), 0.0) for x in (low, high))
        for steps in (below, above):
            plain &= np.abs(steps - np.rint(steps)) > 2.0**-8
        below = np.where(cut, 0.0, np.floor(below))
    low_ends, high_ends = (np.minimum(np.ldexp(x, -shift), most).tolist() for x in (below, np.ceil(above)))
    found = list(map(Enclosure, low_ends, high_ends))
    floors = np.broadcast_to(floor, lower.shape)
    for i in np.flatnonzero(~plain).tolist():
        found[i] = publish(float(lower[i]), float(upper[i]), floor=float(floors[i]), nonnegative=nonnegative, most=most)
    return found


def _by_integers(lower: float, upper: float, floor: float, *, nonnegative: bool, most: float) -> Enclosure:
    """The same in whole numbers over one power of two, whatever their size: floats are dyadic."""
    (low, low_unit), (high, high_unit) = lower.as_integer_ratio(), upper.as_integer_ratio()
    least, least_unit = floor.as_integer_ratio()
    unit = max(low_unit, high_unit, least_unit)
    low, high = low * (unit // low_unit), high * (unit // high_unit)
    spread = high - low + least * (unit // least_unit)
    low, high = low - spread, high + spread
    if nonnegative and low < 0:
        low = 0
    drop = max(low.bit_length(), high.bit_length()) - GRID_BITS - 1
    if drop > 0:
        low, high = low >> drop << drop, -(-high >> drop << drop)
    low_end, high_end = 0.0 - _ratio_up(-low, unit), _ratio_up(high, unit)
    return Enclosure(min(low_end, most), min(high_end, most))


def _ratio_up(numerator: int, unit: int) -> float:
    """A quotient that is a float unless it is too large for one; then the next one above."""
    try:
        return numerator / unit
    except OverflowError:
        return math.inf if numerator > 0 else -_LARGEST


def outward(lower: Fraction, upper: Fraction) -> Enclosure:
    """The narrowest float enclosure of [lower, upper].

    >>> outward(Fraction(1, 4), Fraction(1, 2))
    Enclosure(lower=0.25, upper=0.5)
    """
    return Enclosure(down(lower), up(upper))


def margin_of_width(values: Iterable[Enclosure], limit: float) -> Enclosure:
    """The margin of a measurement, limit - (largest width), enclosed in two neighbouring floats.

    >>> margin_of_width([Enclosure(1.0, 1.25)], 0.5)
    Enclosure(lower=0.25, upper=0.25)
    """
    ends = widest_of(values)
    if ends is None:
        return Enclosure(-math.inf, -math.inf)
    terms = limit, ends.lower, -ends.upper
    try:
        # Both sums are the exact ones, rounded once: the second has the sign of what the first one lost.
        margin = math.fsum(terms) + 0.0
        lost = math.fsum((*terms, -margin))
    except OverflowError:
        exact = sum(map(Fraction, terms), Fraction(0))
        return outward(exact, exact)
    return Enclosure(
        margin if lost >= 0 else math.nextafter(margin, -math.inf),
        margin if lost <= 0 else math.nextafter(margin, math.inf),
    )


def difference(left: Enclosure, right: Enclosure) -> Enclosure:
    """Enclosure of left - right, rounded outward from the exact difference of the end points.

    >>> difference(Enclosure(1.0, 2.0), Enclosure(0.5, 0.75))
    Enclosure(lower=0.25, upper=1.5)
    """
    if not (left.finite and right.finite):
        return UNKNOWN
    return outward(
        Fraction(left.lower) - Fraction(right.upper),
        Fraction(left.upper) - Fraction(right.lower),
    )
