"""Scalar balls: ``flint.arb`` midpoint-radius enclosures, with exact input and directed output to float64.

The working precision is that of ``flint.ctx``, which is shared by the whole process: another precision changes the
width of an enclosure, never its truth. A NaN ball carries no information; every comparison with it is UNDECIDED.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Generator
from fractions import Fraction
from typing import TypeVar, cast

import flint
import numpy as np

from certify.errors import UsageError
from certify.rigor.exact import dyadic_down, dyadic_up, float_up, to_fraction
from certify.verdict import Verdict

__all__ = [
    "Exact",
    "Scalar",
    "ball",
    "ge",
    "gt",
    "hull_ball",
    "increase_until",
    "interval",
    "le",
    "lower",
    "lt",
    "precision",
    "upper",
]

Exact = int | float | Fraction | flint.fmpz | flint.fmpq
Scalar = Exact | flint.arb
_EXACT_TYPES = (int, float, flint.fmpz, flint.fmpq, np.integer, np.floating)
T = TypeVar("T")

_DIRECTED_BITS = 128


def ball(x: Scalar, rad: Exact = 0) -> flint.arb:
    """The ball with midpoint ``x`` and radius ``rad``.

    ``int``, ``float`` (and NumPy scalars) and ``fmpz`` are exact; ``Fraction`` and ``fmpq`` are enclosed at the working
    precision; a ball stays as it is. Decimal text is refused: its rounding would be invisible.

    Raises
    ------
    UsageError
        If ``x`` has another type, or ``rad`` is negative or not finite.

    >>> ball(Fraction(1, 3)).contains(flint.fmpq(1, 3)), ball(0.5, 0.25).contains(0.75)
    (True, True)
    """
    if type(x) is float and rad == 0:
        return flint.arb(x)
    if isinstance(x, flint.arb):
        middle = x
    elif isinstance(x, Fraction):
        middle = flint.arb(flint.fmpq(x.numerator, x.denominator))
    elif isinstance(x, bool) or not isinstance(cast(object, x), _EXACT_TYPES):
        raise UsageError(
            f"a ball cannot be made from {type(x).__name__}", hint="give an int, float, Fraction, fmpq or arb"
        )
    elif isinstance(x, np.integer):
        middle = flint.arb(int(x))
    else:
        middle = flint.arb(float(x) if isinstance(x, np.floating) else x)
    if isinstance(rad, int | float) and rad == 0:
        return middle
    radius = to_fraction(rad)
    if radius < 0:
        raise UsageError(f"a radius is not negative, got {rad!r}")
    return middle + flint.arb(0, float_up(radius))


def hull_ball(lo: Scalar, hi: Scalar) -> flint.arb:
    """A ball that contains [lo, hi]; NaN when an end point is NaN or the end points are certainly inverted.

    >>> hull_ball(1.0, 2.0).contains(1.5)
    True
    """
    if type(lo) is float and type(hi) is float:
        return flint.arb(lo).union(flint.arb(hi)) if lo <= hi else flint.arb.nan()
    a, b = ball(lo), ball(hi)
    if a.is_nan() or b.is_nan() or a > b:
        return flint.arb.nan()
    return a.union(b)


def lower(b: Scalar) -> float:
    """The largest float64 that is certainly not above any number of the ball; NaN for a NaN ball, −inf if unbounded.

    >>> lower(ball(Fraction(1, 3))) < Fraction(1, 3) < upper(ball(Fraction(1, 3)))
    True
    """
    return _directed(ball(b), upward=False)


def upper(b: Scalar) -> float:
    """The smallest float64 that is certainly not below any number of the ball; NaN for a NaN ball, inf if unbounded."""
    return _directed(ball(b), upward=True)


def interval(b: Scalar) -> tuple[float, float]:
    """``(lower(b), upper(b))``."""
    return lower(b), upper(b)


def _directed(b: flint.arb, *, upward: bool) -> float:
    if b.is_nan():
        return math.nan
    # arb rounds its end point outward to the working precision; rounding outward twice is rounding outward once.
    if flint.ctx.prec >= _DIRECTED_BITS:
        end = b.upper() if upward else b.lower()
    else:
        with precision(_DIRECTED_BITS):
            end = b.upper() if upward else b.lower()
    if not end.is_finite():
        return _infinite_end(end, upward=upward)
    mantissa, exponent = end.man_exp()
    return (dyadic_up if upward else dyadic_down)(int(mantissa), int(exponent))


def _infinite_end(end: flint.arb, *, upward: bool) -> float:
    # An end point that is the far infinity (the ball is {+inf} or {-inf}) is kept; anything unclear is unbounded.
    if end > 0:
        return math.inf
    if end < 0:
        return -math.inf
    return math.inf if upward else -math.inf


@contextlib.contextmanager
def precision(bits: int) -> Generator[None]:
    """Run a block at a working precision of ``bits`` and restore the former one, whatever happens inside.

    >>> before = flint.ctx.prec
    >>> with precision(200):
    ...     inside = flint.ctx.prec
    >>> (inside, flint.ctx.prec == before)
    (200, True)
    """
    if bits < 2:
        raise UsageError(f"a working precision has at least 2 bits, got {bits}")
    before = flint.ctx.prec
    flint.ctx.prec = bits
    try:
        yield
    finally:
        flint.ctx.prec = before


def _order(a: Scalar, b: Scalar, *, strict: bool) -> Verdict:
    if not isinstance(a, flint.arb) and not isinstance(b, flint.arb) and _finite(a) and _finite(b):
        x, y = to_fraction(a), to_fraction(b)
        return Verdict.CERTIFIED if (x < y if strict else x <= y) else Verdict.REFUTED
    x, y = ball(a), ball(b)
    if x.is_nan() or y.is_nan():
        return Verdict.UNDECIDED
    # arb's comparisons are true only when they hold for every pair of numbers in the two balls.
    if x < y if strict else x <= y:
        return Verdict.CERTIFIED
    if x >= y if strict else x > y:
        return Verdict.REFUTED
    return Verdict.UNDECIDED


def _finite(x: Exact) -> bool:
    return not isinstance(x, float | np.floating) or math.isfinite(x)


def lt(a: Scalar, b: Scalar) -> Verdict:
    """Verdict of a < b; exact arguments are compared exactly.

    >>> lt(Fraction(1, 3), 0.5).name, lt(ball(1, 1), ball(1, 1)).name
    ('CERTIFIED', 'UNDECIDED')
    """
    return _order(a, b, strict=True)


def le(a: Scalar, b: Scalar) -> Verdict:
    """Verdict of a ≤ b."""
    return _order(a, b, strict=False)


def gt(a: Scalar, b: Scalar) -> Verdict:
    """Verdict of a > b."""
    return _order(b, a, strict=True)


def ge(a: Scalar, b: Scalar) -> Verdict:
    """Verdict of a ≥ b."""
    return _order(b, a, strict=False)


def increase_until(f: Callable[[], T], good: Callable[[T], bool], *, start: int = 64, limit: int = 4096) -> T:
    """Evaluate ``f`` at working precisions ``start``, 2·``start``, … until ``good(value)`` or ``limit`` is reached.

    Returns the last value: an enclosure that is true in any case, good only if the caller's test says so.

    Raises :class:`UsageError` if ``start`` is below 2 or above ``limit``.

    >>> x = increase_until(lambda: ball(2).sqrt() ** 2 - 2, lambda b: upper(b) < 1e-100)
    >>> bool(upper(x) < 1e-100 and x.contains(0))
    True
    """
    if not 2 <= start <= limit:
        raise UsageError(f"precisions must satisfy 2 <= start <= limit, got start={start}, limit={limit}")
    bits = start
    while True:
        with precision(bits):
            value = f()
        if good(value) or bits >= limit:
            return value
        bits = min(2 * bits, limit)
