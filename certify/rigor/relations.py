"""Relations between intervals as sets (IEEE 1788-2015, table 9.3): exact, two-valued, element by element.

They speak about the stored end points. What the *enclosed numbers* satisfy is a verdict: see ``Interval.lt`` and its
kin.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from certify.rigor.interval import Interval

__all__ = [
    "disjoint",
    "equal",
    "interior",
    "is_bounded",
    "is_entire",
    "is_singleton",
    "less",
    "precedes",
    "strictly_less",
    "strictly_precedes",
    "subset",
]

Truth = npt.NDArray[np.bool_]


def is_entire(x: Interval) -> Truth:
    """Where x is the whole real line."""
    return (x.lo == -np.inf) & (x.hi == np.inf)


def is_singleton(x: Interval) -> Truth:
    """Where x has exactly one element."""
    return x.lo == x.hi


def is_bounded(x: Interval) -> Truth:
    """Where x is bounded and not empty ("common")."""
    return np.isfinite(x.lo) & np.isfinite(x.hi)


def equal(x: Interval, y: Interval) -> Truth:
    """x = y as sets.

    >>> bool(equal(Interval(0.0, 1.0), Interval(-0.0, 1.0)))
    True
    """
    return (x.is_empty() & y.is_empty()) | ((x.lo == y.lo) & (x.hi == y.hi))


def subset(x: Interval, y: Interval) -> Truth:
    """x ⊆ y."""
    return x.is_empty() | ((y.lo <= x.lo) & (x.hi <= y.hi))


def interior(x: Interval, y: Interval) -> Truth:
    """x lies in the topological interior of y."""
    left = (y.lo < x.lo) | (y.lo == -np.inf)
    right = (x.hi < y.hi) | (y.hi == np.inf)
    return x.is_empty() | (left & right & ~y.is_empty())


def disjoint(x: Interval, y: Interval) -> Truth:
    """x and y have no element in common."""
    return x.is_empty() | y.is_empty() | (x.hi < y.lo) | (y.hi < x.lo)


def less(x: Interval, y: Interval) -> Truth:
    """Every element of x is ≤ some of y, and every element of y is ≥ some of x."""
    return (x.is_empty() & y.is_empty()) | ((x.lo <= y.lo) & (x.hi <= y.hi))


def strictly_less(x: Interval, y: Interval) -> Truth:
    """The strict form of :func:`less`; an infinite end counts as strictly less than itself."""
    left = (x.lo < y.lo) | ((x.lo == y.lo) & np.isinf(x.lo))
    right = (x.hi < y.hi) | ((x.hi == y.hi) & np.isinf(x.hi))
    return (x.is_empty() & y.is_empty()) | (left & right)


def precedes(x: Interval, y: Interval) -> Truth:
    """Every element of x is ≤ every element of y."""
    return x.is_empty() | y.is_empty() | (x.hi <= y.lo)


def strictly_precedes(x: Interval, y: Interval) -> Truth:
    """Every element of x is < every element of y."""
    return x.is_empty() | y.is_empty() | (x.hi < y.lo)
