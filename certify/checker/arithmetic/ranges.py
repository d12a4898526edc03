r"""Arrays of numbers between two float arrays, and how sums of products of non-negative ones err.

An operation on end points errs by u relatively or by η; each result is moved outward by :math:`2^{-50}` of itself and
by :math:`2^{-900}`, which is far more. A sum of k products of non-negative floats, in any order, errs by
:math:`\gamma_k` relatively.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from certify.checker.arithmetic.rounding import Array, gamma

__all__ = ["Mask", "Range", "constant", "inner", "least", "lengths", "norm", "outside"]

Mask: TypeAlias = NDArray[np.bool_]

_STEP, _TINY = 2.0**-50, 2.0**-900


def outside(lo: Array, hi: Array) -> Range:
    """The range between two arrays, moved outward."""
    return Range(lo - np.abs(lo) * _STEP - _TINY, hi + np.abs(hi) * _STEP + _TINY)


class Range(NamedTuple):
    """Numbers that lie between ``lo`` and ``hi``, entry by entry."""

    lo: Array
    hi: Array

    def plus(self, other: Range | float) -> Range:
        """The sum."""
        low, high = other if isinstance(other, Range) else constant(other)
        return outside(self.lo + low, self.hi + high)

    def minus(self, other: Range | float) -> Range:
        """The difference."""
        low, high = other if isinstance(other, Range) else constant(other)
        return outside(self.lo - high, self.hi - low)

    def times(self, other: Range | float) -> Range:
        """The product."""
        low, high = other if isinstance(other, Range) else constant(other)
        ends = (self.lo * low, self.lo * high, self.hi * low, self.hi * high)
        return outside(np.minimum.reduce(ends), np.maximum.reduce(ends))

    def over(self, other: Range | float) -> Range:
        """The quotient of non-negative numbers, or of any by positive ones; unbounded by 0."""
        low, high = other if isinstance(other, Range) else constant(other)
        with np.errstate(all="ignore"):
            tall = np.where(low > 0, np.maximum(self.hi / low, self.hi / high), np.inf)
            short = np.where(low > 0, np.minimum(self.lo / low, self.lo / high), 0.0)
            return outside(np.where(self.lo < 0, short, self.lo / high), tall)

    def root(self) -> Range:
        """The root of numbers that are not negative."""
        found = outside(np.sqrt(np.maximum(self.lo, 0.0)), np.sqrt(np.maximum(self.hi, 0.0)))
        return Range(np.maximum(found.lo, 0.0), found.hi)

    def size(self) -> Range:
        """The absolute value."""
        inside = (self.lo <= 0) & (self.hi >= 0)
        low, high = np.abs(self.lo), np.abs(self.hi)
        return Range(np.where(inside, 0.0, np.minimum(low, high)), np.maximum(low, high))

    def smaller(self, other: Range | float) -> Range:
        """The minimum."""
        low, high = other if isinstance(other, Range) else constant(other)
        return Range(np.minimum(self.lo, low), np.minimum(self.hi, high))

    def larger(self, other: Range | float) -> Range:
        """The maximum."""
        low, high = other if isinstance(other, Range) else constant(other)
        return Range(np.maximum(self.lo, low), np.maximum(self.hi, high))

    def widened(self, by: float) -> Range:
        """Of numbers that are not negative: all within ``by``."""
        found = outside(self.lo - by, self.hi + by)
        return Range(np.maximum(found.lo, 0.0), found.hi)

    def where(self, mask: Mask) -> Range:
        """The same on a mask, 0 elsewhere."""
        return Range(np.where(mask, self.lo, 0.0), np.where(mask, self.hi, 0.0))

    def at(self, place: object) -> Range:
        """A part of both arrays."""
        return Range(self.lo[place], self.hi[place])  # pyright: ignore[reportArgumentType, reportCallIssue]


def constant(x: float) -> Range:
    """One float."""
    return Range(np.asarray(x), np.asarray(x))


def inner(a: Range, b: Range) -> Range:
    """Σ_j a_Gj b_Hj for the rows of two arrays of non-negative numbers, or of several along the first axes."""
    slack = 4 * gamma(a.lo.shape[-1] + 4)
    low, high = (x @ np.swapaxes(y, -1, -2) for x, y in zip(a, b, strict=True))
    found = outside(low * (1.0 - slack), high * (1.0 + slack))
    return Range(np.maximum(found.lo, 0.0), found.hi)


def norm(x: Range, mask: Mask) -> Range:
    """The norms over the last two axes of the non-negative numbers of a mask; exactly 0 where all of them are."""
    kept = x.where(mask)
    low, high = (np.sqrt(np.sum(np.square(end), axis=(-2, -1))) for end in kept)
    found, some = lengths(low, high, int(np.count_nonzero(mask)) + 4), np.any(kept.hi, axis=(-2, -1))
    return Range(np.where(some, found.lo, 0.0), np.where(some, found.hi, 0.0))


def lengths(low: Array, high: Array, roundings: int, slip: Array | float = 0.0) -> Range:
    """Lengths between float roots of sums of squares, whose entries may be off by ``slip`` together.

    The sums suffer so many roundings at the most. Squares that underflow leave a root short by less than 2^-500.
    """
    relative, off = 4 * gamma(roundings), slip + 2.0**-500
    found = outside(low * (1.0 - relative) - off, high * (1.0 + relative) + off)
    return Range(np.maximum(found.lo, 0.0), found.hi)


def least(x: Range, axes: int) -> Range:
    """The smallest over the last axes."""
    over = tuple(range(-axes, 0))
    return Range(np.asarray(np.min(x.lo, axis=over)), np.asarray(np.min(x.hi, axis=over)))
