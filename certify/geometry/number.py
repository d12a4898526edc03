"""What the formulas ask of a number, and the logarithms of the ranks in its type."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from fractions import Fraction
from typing import Any, TypeAlias, cast

import flint

from certify.rigor.functions import log
from certify.verdict import Verdict

__all__ = ["Number", "certain", "coerce", "log_ranks", "total"]

# A number is whatever has the field operations and is known to `certify.rigor.functions`: flint.arb, an
# interval, a SymPy expression, an mpmath number. No static type covers all of them.
Number: TypeAlias = Any


def coerce(x: Number) -> Number:
    """Python's own numbers as exact balls; every other number as it is.

    >>> from fractions import Fraction
    >>> coerce(0.5).is_exact(), coerce(Fraction(1, 3)).contains(flint.fmpq(1, 3))
    (True, True)
    """
    if isinstance(x, flint.arb):
        return x
    if isinstance(x, Fraction):
        return flint.arb(flint.fmpq(x.numerator, x.denominator))
    if isinstance(x, int | float):
        return flint.arb(x)
    return x


def log_ranks(d: int, like: Number) -> list[Number]:
    """log 1, ..., log d in the number type of ``like``, which must be finite."""
    if isinstance(like, flint.arb):
        return _ball_log_ranks(d, flint.ctx.prec)
    zero = like * 0
    return [log(zero + k) for k in range(1, d + 1)]


@functools.lru_cache(maxsize=64)
def _ball_log_ranks(d: int, _precision: int) -> list[Number]:
    return [flint.arb(k).log() for k in range(1, d + 1)]


def total(items: Iterable[Number]) -> Number:
    """The sum, for any number type; the empty sum is the integer 0."""
    return sum(items, start=cast(Number, 0))


def certain(comparison: object) -> bool:
    """Whether a comparison of any number type is proved to hold (an interval comparison is a verdict)."""
    return comparison is Verdict.CERTIFIED or (not isinstance(comparison, Verdict) and bool(comparison))
