"""Arrays of closed float64 intervals with the tightest outward rounding.

Undecorated set-based intervals in the sense of IEEE 1788-2015: an operation returns the smallest float64 interval that
contains every value on the part of the arguments inside the operation's domain; outside it, the empty interval.
+ − × ÷ and √ are vectorised; exp, log, powers and the other elementary functions go element by element through
``flint.arb``.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import isfinite
from typing import Any

import flint
import numpy as np
import numpy.typing as npt

from certify.errors import AmbiguousVerdictError, UsageError
from certify.rigor import _angle, _directed, _elementary, _endpoints, _powers, _sums
from certify.rigor._directed import every
from certify.rigor.ball import hull_ball, lower, upper
from certify.rigor.exact import float_down, float_up, to_float64, to_fraction
from certify.rigor.rounding import QUIET, FloatArray
from certify.verdict import Verdict

__all__ = ["Interval", "Operand"]

Operand = Any
"""What mixes with an interval: Interval, int, float, Fraction, fmpq, fmpz, arb, or an array of real numbers."""

_MAX = float(np.finfo(np.float64).max)
_WHOLE = 2**53
"""Up to here every whole number is a float."""


class Interval:
    """An immutable array of intervals [lo, hi], of any shape.

    Parameters
    ----------
    lo, hi : real arrays that broadcast together; ``hi`` defaults to ``lo``. Their values are taken exactly.

    Raises
    ------
    UsageError
        If an end point is NaN, lo > hi, lo = inf or hi = −inf somewhere. Empty intervals come from
        :meth:`empty` and from operations only.
    InputError
        If a value is not a float64.

    >>> x = Interval(1.0, 2.0)
    >>> x / 3
    Interval([0.33333333333333331, 0.66666666666666674])
    >>> (x < 3).name, (x < x).name
    ('CERTIFIED', 'UNDECIDED')
    """

    __slots__ = ("_ends", "hi", "lo")
    __array_ufunc__ = None
    __hash__ = None  # pyright: ignore[reportAssignmentType]

    lo: FloatArray
    hi: FloatArray
    _ends: FloatArray

    def __init__(self, lo: npt.ArrayLike, hi: npt.ArrayLike | None = None) -> None:
        low = to_float64(lo)
        high = low if hi is None else to_float64(hi)
        if low.shape != high.shape:
            low, high = np.broadcast_arrays(low, high)
        ends = np.array((low, high))
        if not (every(ends[0] <= ends[1]) and every(np.isfinite(ends))):
            _refuse_improper(low, high)
        self._set(ends)

    def _set(self, ends: FloatArray) -> None:
        ends.flags.writeable = False
        set_ = object.__setattr__
        set_(self, "_ends", ends)
        set_(self, "lo", ends[0, ...])
        set_(self, "hi", ends[1, ...])

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"an Interval is immutable; cannot set {name!r}")

    @classmethod
    def _make(cls, lo: Any, hi: Any) -> Interval:
        # Trusted end points.
        low, high = np.asarray(lo, dtype=np.float64), np.asarray(hi, dtype=np.float64)
        if low.shape != high.shape:
            low, high = np.broadcast_arrays(low, high)
        return cls._between(np.array((low, high)))

    @classmethod
    def _between(cls, ends: FloatArray) -> Interval:
        # Trusted end points in an array of its own; an interval with a NaN end is empty.
        void = np.isnan(ends)
        return cls._own(np.where(void[0] | void[1], np.nan, ends) if np.count_nonzero(void) else ends)

    @classmethod
    def _own(cls, ends: FloatArray) -> Interval:
        # As before, where both ends of an element are NaN or none is.
        new = object.__new__(cls)
        new._set(ends)
        return new

    def _with(self, other: Operand) -> tuple[FloatArray, FloatArray]:
        # The ends of both, of as many dimensions.
        x, y = self._ends, (other if isinstance(other, Interval) else Interval.of(other))._ends
        if x.ndim < y.ndim:
            x = x.reshape(2, *[1] * (y.ndim - x.ndim), *x.shape[1:])
        elif y.ndim < x.ndim:
            y = y.reshape(2, *[1] * (x.ndim - y.ndim), *y.shape[1:])
        return x, y

    def __reduce__(self) -> tuple[Any, ...]:
        return Interval._make, (self.lo, self.hi)

    @classmethod
    def empty(cls, shape: tuple[int, ...] = ()) -> Interval:
        """Empty intervals, stored as (NaN, NaN)."""
        return cls._make(np.full(shape, np.nan), np.full(shape, np.nan))

    @classmethod
    def entire(cls, shape: tuple[int, ...] = ()) -> Interval:
        """The whole real line, in every element."""
        return cls._make(np.full(shape, -np.inf), np.full(shape, np.inf))

    @classmethod
    def exact(cls, x: npt.ArrayLike) -> Interval:
        """The degenerate intervals [x, x]; raises like the constructor."""
        return cls(x)

    @classmethod
    def of(cls, x: Operand) -> Interval:
        """The tightest interval array that contains an operand: ball, rational, number or array of numbers.

        Raises :class:`UsageError` for what has no value (NaN), :class:`InputError` for what is no number.

        >>> Interval.of(Fraction(1, 3))
        Interval([0.33333333333333331, 0.33333333333333337])
        """
        if isinstance(x, Interval):
            return x
        if (type(x) is float and isfinite(x)) or (type(x) is int and -_WHOLE <= x <= _WHOLE):
            return cls._own(np.array((x, x), dtype=np.float64))
        if isinstance(x, flint.arb):
            low, high = lower(x), upper(x)
            return cls._make(-np.inf, np.inf) if low != low else cls._make(low, high)
        if isinstance(x, Fraction | flint.fmpq | flint.fmpz) or (isinstance(x, int) and not isinstance(x, bool)):
            value = to_fraction(x)
            return cls._make(float_down(value), float_up(value))
        return cls(x)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array of intervals."""
        return self.lo.shape

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return self.lo.ndim

    @property
    def size(self) -> int:
        """Number of intervals."""
        return self.lo.size

    def __len__(self) -> int:
        return len(self.lo)

    def __getitem__(self, key: Any) -> Interval:
        keys: tuple[Any, ...] = key if isinstance(key, tuple) else (key,)
        if all(isinstance(k, np.ndarray) for k in (keys[1:] if keys and keys[0] is Ellipsis else keys)):
            return Interval._own(self._ends[(slice(None), *keys)])
        return Interval._make(self.lo[key], self.hi[key])

    def __iter__(self) -> Iterator[Interval]:
        return (self[i] for i in range(len(self)))

    def reshape(self, *shape: int) -> Interval:
        """The same intervals in another shape."""
        return Interval._make(self.lo.reshape(shape), self.hi.reshape(shape))

    def __repr__(self) -> str:
        pairs = (
            "empty" if a != a else f"[{a:.17g}, {b:.17g}]"
            for a, b in zip(self.lo.ravel(), self.hi.ravel(), strict=True)
        )
        if self.ndim == 0:
            return f"Interval({next(pairs)})"
        shown = [pair for _, pair in zip(range(6), pairs, strict=False)]
        return f"Interval(shape={self.shape}, {', '.join(shown)}{', ...' if self.size > 6 else ''})"

    def __bool__(self) -> bool:
        raise AmbiguousVerdictError("the truth value of an interval is not defined", hint="compare it first")

    # Arithmetic. Each bound is the directed rounding of an exact bound; `_directed` says why it is exact.

    def __neg__(self) -> Interval:
        return Interval._own(-self._ends[::-1])

    def __pos__(self) -> Interval:
        return self

    def __abs__(self) -> Interval:
        return Interval._make(self.mig(), self.mag())

    def __add__(self, other: Operand) -> Interval:
        return Interval._between(_endpoints.total(*self._with(other)))

    __radd__ = __add__

    def __sub__(self, other: Operand) -> Interval:
        x, y = self._with(other)
        return Interval._between(_endpoints.total(x, -y[::-1]))

    def __rsub__(self, other: Operand) -> Interval:
        return Interval.of(other) - self

    def __mul__(self, other: Operand) -> Interval:
        return Interval._between(_endpoints.product(*self._with(other)))

    __rmul__ = __mul__

    def __truediv__(self, other: Operand) -> Interval:
        return Interval._between(_endpoints.quotient(*self._with(other)))

    def __rtruediv__(self, other: Operand) -> Interval:
        return Interval.of(other) / self

    def sqr(self) -> Interval:
        """x², tighter than x · x because both factors are the same number."""
        ends = self._ends if every(self.lo >= 0) else np.array((self.mig(), self.mag()))
        return Interval._between(_endpoints.square(ends))

    def sqrt(self) -> Interval:
        """√x on the part of the interval with x ≥ 0; empty where there is none."""
        return Interval._between(_endpoints.root(self._ends))

    def apply(self, name: str) -> Interval:
        """Elementary or step function by name (exp2, log10, sin, acosh, floor, sign, ...).

        Raises :class:`UsageError`, which lists the names, for another one.

        >>> Interval(0.0, 4.0).apply("sin").hi.item()
        1.0
        """
        return Interval._make(*_elementary.apply(name, self.lo, self.hi))

    def exp(self) -> Interval:
        """Exponential."""
        return self.apply("exp")

    def log(self) -> Interval:
        """Natural logarithm of the part of the interval with x > 0; empty where there is none."""
        return self.apply("log")

    def acos(self) -> Interval:
        """Arc cosine of the part of the interval in [−1, 1]."""
        return self.apply("acos")

    def atan2(self, x: Operand) -> Interval:
        """The angle in (−π, π] of the point (x, self), the origin excluded."""
        z = Interval.of(x)
        return Interval._make(*_angle.angle(self.lo, self.hi, z.lo, z.hi))

    def pow(self, exponent: Operand) -> Interval:
        """x^y for x > 0, and 0^y = 0 for y > 0, whatever the exponent; use ``**`` for integer powers of any base."""
        y = Interval.of(exponent)
        return Interval._make(*_powers.real_power(*np.broadcast_arrays(self.lo, self.hi, y.lo, y.hi)))

    def __pow__(self, exponent: Operand) -> Interval:
        if isinstance(exponent, int | np.integer):
            return Interval._make(*_powers.integer_power(self.lo, self.hi, int(exponent)))
        return self.pow(exponent)

    def __rpow__(self, base: Operand) -> Interval:
        return Interval.of(base).pow(self)

    def fma(self, factor: Operand, summand: Operand) -> Interval:
        """x · factor + summand with one rounding."""
        y, z = Interval.of(factor), Interval.of(summand)
        a, b, c, d, e, f = np.broadcast_arrays(self.lo, self.hi, y.lo, y.hi, z.lo, z.hi)
        left = Interval._make(np.stack([a, e], axis=-1), np.stack([b, f], axis=-1))
        right = Interval._make(np.stack([c, np.ones_like(c)], axis=-1), np.stack([d, np.ones_like(d)], axis=-1))
        return left.dot(right)

    def maximum(self, other: Operand) -> Interval:
        """The interval of max(x, y); empty if either is."""
        return Interval._own(np.maximum(*self._with(other)))

    def minimum(self, other: Operand) -> Interval:
        """The interval of min(x, y); empty if either is."""
        return Interval._own(np.minimum(*self._with(other)))

    def intersect(self, other: Operand) -> Interval:
        """The common part; empty where there is none."""
        y = Interval.of(other)
        low, high = np.maximum(self.lo, y.lo), np.minimum(self.hi, y.hi)
        return Interval._make(np.where(low <= high, low, np.nan), high)

    def hull(self, other: Operand) -> Interval:
        """The smallest interval that contains both; the other one where one is empty."""
        y = Interval.of(other)
        return Interval._make(np.fmin(self.lo, y.lo), np.fmax(self.hi, y.hi))

    def sum(self, axis: int | None = None) -> Interval:
        """Sum over ``axis`` (all elements by default), exact up to one outward rounding; 0 for no elements."""
        low = _endpoints.along(_sums.sum_directed, axis, self.lo)
        high = _endpoints.along(_sums.sum_directed, axis, self.hi)
        return Interval._make(low[..., 0], high[..., 1])

    def dot(self, other: Operand) -> Interval:
        """Inner product over the last axis, exact up to one outward rounding, of equal or broadcastable shapes."""
        y = Interval.of(other)
        low = _endpoints.along(_sums.dot_directed, -1, *_endpoints.lower_factors(self.lo, self.hi, y.lo, y.hi))
        high = _endpoints.along(_sums.dot_directed, -1, *_endpoints.lower_factors(-self.hi, -self.lo, y.lo, y.hi))
        return Interval._make(low[..., 0], -high[..., 0])

    # Numbers of an interval: bounds on the safe side, NaN where it is empty.

    @np.errstate(**QUIET)
    def mid(self) -> FloatArray:
        """A point inside: the midpoint rounded to nearest; 0 for the whole line, ±largest float for a half-line."""
        total = self.lo + self.hi
        centre = np.where(np.isfinite(total), total / 2, self.lo / 2 + self.hi / 2)
        centre = np.where(np.isinf(self.lo) & np.isfinite(self.hi), -_MAX, centre)
        centre = np.where(np.isinf(self.hi) & np.isfinite(self.lo), _MAX, centre)
        return np.where(np.isinf(self.lo) & np.isinf(self.hi), 0.0, centre)

    @np.errstate(**QUIET)
    def rad(self) -> FloatArray:
        """Smallest float r such that [mid − r, mid + r] contains the interval; rounded upward."""
        centre = self.mid()
        left, right = _directed.add(centre, -self.lo), _directed.add(self.hi, -centre)
        return np.maximum(_directed.nearest_up(left), _directed.nearest_up(right))

    @np.errstate(**QUIET)
    def width(self) -> FloatArray:
        """hi − lo, rounded upward."""
        return _directed.nearest_up(_directed.add(self.hi, -self.lo))

    def mag(self) -> FloatArray:
        """Largest absolute value."""
        return np.maximum(np.abs(self.lo), np.abs(self.hi))

    def mig(self) -> FloatArray:
        """Smallest absolute value."""
        inside = (self.lo <= 0) & (self.hi >= 0)
        return np.where(inside, 0.0, np.minimum(np.abs(self.lo), np.abs(self.hi)))

    def contains(self, value: Operand) -> npt.NDArray[np.bool_]:
        """Whether every number that ``value`` may be lies inside, exactly; an infinity or NaN never does."""
        if isinstance(value, float | np.ndarray) and not np.all(np.isfinite(value)):
            x = np.asarray(value, dtype=np.float64)
            return np.isfinite(x) & (self.lo <= x) & (x <= self.hi)
        y = Interval.of(value)
        return (self.lo <= y.lo) & (y.hi <= self.hi)

    def is_empty(self) -> npt.NDArray[np.bool_]:
        """Where the interval has no elements."""
        return np.isnan(self.lo)

    def to_ball(self) -> flint.arb:
        """A ball that contains this scalar interval; NaN if it is empty. Raises :class:`UsageError` on arrays."""
        if self.ndim:
            raise UsageError(f"one ball cannot hold an array of shape {self.shape}", hint="iterate over the elements")
        return flint.arb.nan() if self.is_empty() else hull_ball(float(self.lo), float(self.hi))

    # Comparisons: three-valued, element by element. An empty interval decides nothing.

    def lt(self, other: Operand) -> Any:
        """Verdict of x < y for all x in self, y in other; an object array of verdicts unless both are scalars."""
        y = Interval.of(other)
        return _verdicts(self.hi < y.lo, self.lo >= y.hi)

    def le(self, other: Operand) -> Any:
        """Verdict of x ≤ y."""
        y = Interval.of(other)
        return _verdicts(self.hi <= y.lo, self.lo > y.hi)

    def gt(self, other: Operand) -> Any:
        """Verdict of x > y."""
        return Interval.of(other).lt(self)

    def ge(self, other: Operand) -> Any:
        """Verdict of x ≥ y."""
        return Interval.of(other).le(self)

    def eq(self, other: Operand) -> Any:
        """Verdict of x = y: certified for equal single numbers, refuted for disjoint intervals."""
        y = Interval.of(other)
        single = (self.lo == self.hi) & (y.lo == y.hi) & (self.lo == y.lo)
        return _verdicts(single, (self.hi < y.lo) | (y.hi < self.lo))

    __lt__, __le__, __gt__, __ge__ = lt, le, gt, ge

    def __eq__(self, other: Operand) -> Any:
        return self.eq(other)

    def __ne__(self, other: Operand) -> Any:
        found = self.eq(other)
        return ~found if isinstance(found, Verdict) else np.array([~v for v in found.ravel()]).reshape(found.shape)


def _refuse_improper(low: FloatArray, high: FloatArray) -> None:
    proper = (low <= high) & (low < np.inf) & (high > -np.inf)
    if not np.all(proper):
        place = tuple(int(i) for i in np.argwhere(~proper)[0])
        raise UsageError(
            f"[{low[place]!r}, {high[place]!r}] is not an interval",
            place=place,
            hint="end points need lo <= hi, lo < inf, hi > -inf and no NaN",
        )


def _verdicts(yes: Any, no: Any) -> Any:
    yes, no = np.asarray(yes), np.asarray(no)
    found = np.full(yes.shape, Verdict.UNDECIDED, dtype=object)
    found[yes] = Verdict.CERTIFIED
    found[no] = Verdict.REFUTED
    return found[()]
