"""Exact corners of scalar intervals, and their outward rounding: for enclosures and for what is published.

A corner is a Fraction, or an infinite or undefined float. An infinite end point stands for arbitrarily large numbers,
never for a number of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from numbers import Rational
from typing import Any

__all__ = ["Corner", "corner", "defined", "down", "power", "quotient", "root", "up"]

_LARGEST = math.ldexp(2.0**53 - 1, 971)
Corner = Fraction | float


def corner(x: Any) -> Corner | None:
    """The exact value of a number (int, float of any width, Fraction, Decimal); None for what is no number."""
    if isinstance(x, float) and not math.isfinite(x):
        return x
    if isinstance(x, Rational):
        return Fraction(int(x.numerator), int(x.denominator))
    try:
        return Fraction(*map(int, x.as_integer_ratio()))
    except AttributeError:
        return None
    except (OverflowError, ValueError):
        return float(x)


def defined(operation: Callable[[Any, Any], Corner], a: Corner, b: Corner) -> Corner:
    """The operation at a corner; beside an infinity only signs matter, and 0 · ∞ is 0."""
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        return operation(a, b)
    if a != a or b != b:
        return math.nan
    found = operation(_sized(a), _sized(b))
    return Fraction(0) if found != found and 0 in (a, b) else found


def _sized(x: Corner) -> float:
    return x if isinstance(x, float) else float((x > 0) - (x < 0))


def quotient(a: Corner, b: Corner) -> Corner:
    """a/b for b ≠ 0; a/∞ is 0, and the extremes of ∞/∞ are those of other corners."""
    if isinstance(b, float) and math.isinf(b):
        return Fraction(0)
    return a / b


def power(x: float, exponent: int) -> Corner:
    """x^n for n ≥ 0."""
    return Fraction(x) ** exponent if math.isfinite(x) else x**exponent


def down(x: Corner) -> float:
    """The largest float not above x; Python rounds a quotient of integers correctly."""
    if isinstance(x, float):
        return x
    try:
        near = x.numerator / x.denominator
    except OverflowError:
        return _LARGEST if x > 0 else -math.inf
    return near if Fraction(near) <= x else math.nextafter(near, -math.inf)


def up(x: Corner) -> float:
    """The smallest float not below x."""
    # Not −down(−x), which would write 0 as −0.
    return 0.0 - down(-x)


def root(x: float, *, upward: bool) -> float:
    """√x for x ≥ 0, rounded outward; math.sqrt is correctly rounded."""
    near = math.sqrt(x)
    if math.isinf(x):
        return near
    square, value = Fraction(near) ** 2, Fraction(x)
    if upward:
        return near if square >= value else math.nextafter(near, math.inf)
    return near if square <= value else math.nextafter(near, 0.0)
