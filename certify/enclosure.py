"""Closed intervals of float64 end points, with arithmetic that keeps enclosing."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from certify.errors import UsageError
from certify.outward import Corner, corner, defined, down, power, quotient, root, up
from certify.three_valued import Verdict

__all__ = ["Enclosure", "widest", "widest_of"]


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A closed interval [lower, upper] with float64 end points, exact as dyadic rationals; infinities allowed.

    ``+ − × ÷``, integer powers, ``abs`` and :meth:`sqrt` give the smallest enclosure of every value that the operation
    takes on the operands: numbers that the certificate proves go in, and a number that is proved comes out. An operand
    may be an enclosure or an exact number (int, float, Fraction). ``< <= > >=`` are three-valued verdicts; ``==`` asks
    for the same end points. Both operands are taken as independent, so that ``x - x`` contains 0 but is not 0.

    >>> x = Enclosure(1.0, 2.0)
    >>> x - 1, x * x, (x > 3).name, (x < 1.5).name
    (Enclosure(lower=0.0, upper=1.0), Enclosure(lower=1.0, upper=4.0), 'REFUTED', 'UNDECIDED')
    """

    lower: float
    upper: float

    @property
    def valid(self) -> bool:
        """False when an end point is NaN or the end points are inverted."""
        return self.lower <= self.upper

    def contains(self, value: float) -> bool:
        """Exact membership of a float; NaN is never a member."""
        return self.lower <= value <= self.upper

    @property
    def finite(self) -> bool:
        """True when both end points are finite and in order."""
        return -math.inf < self.lower <= self.upper < math.inf

    @property
    def mid(self) -> float:
        """A float inside, the rounded midpoint; of a half-line its end, of the whole line 0, of an invalid one NaN."""
        if not self.valid:
            return math.nan
        if self.finite:
            return float((Fraction(self.lower) + Fraction(self.upper)) / 2)
        ends = [end for end in (self.lower, self.upper) if math.isfinite(end)]
        return ends[0] if ends else (self.lower if self.lower == self.upper else 0.0)

    @property
    def rad(self) -> float:
        """The smallest float r such that [mid − r, mid + r] contains the enclosure; inf where there is none."""
        if not self.finite:
            return math.inf
        centre = Fraction(self.mid)
        return up(max(Fraction(self.upper) - centre, centre - Fraction(self.lower)))

    def __float__(self) -> float:
        return self.mid

    def __neg__(self) -> Enclosure:
        return Enclosure(-self.upper, -self.lower)

    def __pos__(self) -> Enclosure:
        return self

    def __abs__(self) -> Enclosure:
        if not self.valid:
            return _LINE
        if self.lower >= 0:
            return self
        if self.upper <= 0:
            return -self
        return Enclosure(0.0, max(-self.lower, self.upper))

    def __add__(self, other: Enclosure | float | Fraction) -> Enclosure:
        return _combined(self, other, lambda a, b: a + b)

    def __radd__(self, other: float | Fraction) -> Enclosure:
        return self + other

    def __sub__(self, other: Enclosure | float | Fraction) -> Enclosure:
        return _combined(self, other, lambda a, b: a - b)

    def __rsub__(self, other: float | Fraction) -> Enclosure:
        return -self + other

    def __mul__(self, other: Enclosure | float | Fraction) -> Enclosure:
        return _combined(self, other, lambda a, b: a * b)

    def __rmul__(self, other: float | Fraction) -> Enclosure:
        return self * other

    def __truediv__(self, other: Enclosure | float | Fraction) -> Enclosure:
        ends = _ends(other)
        if ends is None:
            return NotImplemented
        if not self.valid or not ends[0] <= ends[1] or ends[0] <= 0 <= ends[1]:
            return _LINE
        return _combined(self, other, quotient)

    def __rtruediv__(self, other: float | Fraction) -> Enclosure:
        ends = _ends(other)
        if ends is None:
            return NotImplemented
        if not self.valid or self.contains(0.0):
            return _LINE
        return _of_corners([quotient(a, b) for a in ends for b in _ends(self) or ()])

    def __pow__(self, exponent: int) -> Enclosure:
        """An integer power; raises :class:`UsageError` for another exponent (use :meth:`sqrt` for 1/2)."""
        if isinstance(exponent, bool) or not isinstance(exponent, int):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise UsageError(f"the power {exponent!r} of an enclosure", hint="an integer exponent, or sqrt()")
        if exponent < 0:
            return 1 / self ** (-exponent)
        if not self.valid:
            return _LINE
        base = abs(self) if exponent % 2 == 0 else self
        return _of_corners([power(end, exponent) for end in (base.lower, base.upper)])

    def sqrt(self) -> Enclosure:
        """The square root of the part that is not negative.

        Raises
        ------
        UsageError : every number of the enclosure is negative.
        """
        if not self.valid:
            return _LINE
        if self.upper < 0:
            raise UsageError(f"the square root of {self}, which is negative", hint="abs() first, if that is meant")
        return Enclosure(root(max(self.lower, 0.0), upward=False), root(self.upper, upward=True))

    def __lt__(self, other: Enclosure | float | Fraction) -> Verdict:
        return _positive(_ends(other), _ends(self), strict=True)

    def __le__(self, other: Enclosure | float | Fraction) -> Verdict:
        return _positive(_ends(other), _ends(self), strict=False)

    def __gt__(self, other: Enclosure | float | Fraction) -> Verdict:
        return _positive(_ends(self), _ends(other), strict=True)

    def __ge__(self, other: Enclosure | float | Fraction) -> Verdict:
        return _positive(_ends(self), _ends(other), strict=False)


_LINE = Enclosure(-math.inf, math.inf)


def widest(values: Iterable[Enclosure]) -> Fraction | None:
    """The largest width of some enclosures, exactly; None when one is unbounded, 0 when there is none."""
    found = widest_of(values)
    return None if found is None else Fraction(found.upper) - Fraction(found.lower)


def widest_of(values: Iterable[Enclosure]) -> Enclosure | None:
    """The widest of some enclosures, by their exact widths; None when one is unbounded, [0, 0] when there is none."""
    ends = {(value.lower, value.upper) for value in values}
    # Rounding keeps order: the largest exact width is among those that round to the largest float.
    most = -math.inf
    widest_ones: list[tuple[float, float]] = []
    for pair in ends:
        if not -math.inf < pair[0] <= pair[1] < math.inf:
            return None
        width = pair[1] - pair[0]
        if width >= most:
            widest_ones = [*widest_ones, pair] if width == most else [pair]
            most = width
    if len(widest_ones) > 1:
        # What a difference of two floats loses by rounding is a float.
        lost = (lambda pair: math.fsum((pair[1], -pair[0], -most))) if most < math.inf else _width
        return Enclosure(*max(widest_ones, key=lambda pair: (lost(pair), pair)))
    return Enclosure(*widest_ones[0]) if widest_ones else Enclosure(0.0, 0.0)


def _width(pair: tuple[float, float]) -> Fraction:
    return Fraction(pair[1]) - Fraction(pair[0])


def _ends(x: object) -> tuple[Corner, Corner] | None:
    """Exact end points of an operand; None for what is no number."""
    ends = (corner(x.lower), corner(x.upper)) if isinstance(x, Enclosure) else (corner(x), corner(x))
    return None if ends[0] is None or ends[1] is None else (ends[0], ends[1])


def _combined(x: Enclosure, other: object, operation: Callable[[Any, Any], Corner]) -> Enclosure:
    """The hull of an operation that is monotone in each operand."""
    ends = _ends(other)
    if ends is None:
        return NotImplemented
    return _of_corners([defined(operation, a, b) for a in _ends(x) or () for b in ends])


def _of_corners(corners: list[Corner]) -> Enclosure:
    if any(c != c for c in corners):
        return _LINE
    return Enclosure(down(min(corners)), up(max(corners)))


def _positive(a: tuple[Corner, Corner] | None, b: tuple[Corner, Corner] | None, *, strict: bool) -> Verdict:
    """The verdict of a > b, or of a ≥ b."""
    if a is None or b is None:
        return NotImplemented
    if not (a[0] <= a[1] and b[0] <= b[1]):
        return Verdict.UNDECIDED
    if a[0] > b[1] or (not strict and a[0] >= b[1]):
        return Verdict.CERTIFIED
    if a[1] < b[0] or (strict and a[1] <= b[0]):
        return Verdict.REFUTED
    return Verdict.UNDECIDED
