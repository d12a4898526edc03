"""Directed rounding of + − × ÷ √ on float64 arrays: the largest float64 below, the smallest above, both exact.

NumPy rounds to nearest and offers no other mode. Each operation computes the nearest result r and a number with the
*sign* of the exact residual (true value − r) by an error-free transformation, then moves r by one float where the sign
demands it. Where every operand and result lies well inside the range of float64, that is done on the numbers as they
are. Otherwise products, quotients and roots are formed on mantissas in [½, 1), so that nothing under- or overflows
before the last scaling:

* product: Dekker's product of p-bit numbers is exact without under- or overflow (Veltkamp splitting; Muller et al.,
  *Handbook of Floating-Point Arithmetic*, 2nd ed., §4.4);
* quotient q = fl(a/b): the residual a − qb is a float (ibid., §4.3), and has the sign of a/b − q for b > 0;
* root s = fl(√a): likewise for a − s²;
* sum s = fl(a + b): the residual is a float, which 2Sum gives (ibid., §4.3.2); where that overflowed, |a| ≥ |b| makes
  z = s − a exact (Fast2Sum, ibid., §4.3.1), and the residual has the sign of b − z.

Operands must be finite or the infinities that interval end points can be; a pair (r, sign) stands for the rounded value
and a number with the sign of the exact remainder. NumPy's warnings are the caller's to silence in `nearest_down` and
`nearest_up`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from certify.errors import InternalError
from certify.rigor.rounding import ETA, QUIET, FloatArray, U

__all__ = ["add", "check_environment", "div", "mul", "nearest_down", "nearest_up", "sqrt", "two_product"]

Rounded = tuple[FloatArray, FloatArray]

_ONE = 1.0
_SPLITTER = 2.0**27 + 1
_HALF = 0.5
_FACTOR, _SMALL = 2.0**995, 2.0**-960


def check_environment() -> None:
    """Refuse to compute in a thread that does not round to nearest or that flushes subnormal numbers to zero.

    Raises :class:`InternalError`. The mode is a property of the thread and may be changed by foreign code at any time,
    so every operation asks again; it costs a fraction of a microsecond.
    """
    nearest = _ONE + U == _ONE and -_ONE - U == -_ONE and _ONE + 3 * U == _ONE + 4 * U
    if not nearest or ETA * _HALF == 0.0:
        raise InternalError(
            "float64 arithmetic is not IEEE 754 round-to-nearest with gradual underflow in this thread",
            hint="look for a library built with -ffast-math, which sets flush-to-zero when it is loaded",
        )


def nearest_down(rounded: Rounded) -> FloatArray:
    """The largest float64 not above the value that ``(r, sign)`` stands for."""
    value, sign = rounded
    return np.where(sign < 0, np.nextafter(value, -np.inf), value)


def nearest_up(rounded: Rounded) -> FloatArray:
    """The smallest float64 not below the value that ``(r, sign)`` stands for."""
    value, sign = rounded
    return np.where(sign > 0, np.nextafter(value, np.inf), value)


def two_product(a: Any, b: Any) -> tuple[Any, Any]:
    """p = fl(ab) and e = ab − p exactly, for operands up to 2^995 whose product is zero or in [2^-960, 2^1020].

    Halves of 26 bits: all partial products and differences are exact (Dekker 1971).
    """
    p = a * b
    ca, cb = _SPLITTER * a, _SPLITTER * b
    a1, b1 = ca - (ca - a), cb - (cb - b)
    a2, b2 = a - a1, b - b1
    return p, a2 * b2 - (((p - a1 * b1) - a2 * b1) - a1 * b2)


def _arrays(a: Any, b: Any) -> tuple[FloatArray, FloatArray]:
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.shape != b.shape:
        a, b = np.broadcast_arrays(a, b)
    return a, b


@np.errstate(**QUIET)
def add(a: Any, b: Any) -> Rounded:
    """a + b as (nearest, sign of the remainder).

    A sum in the subnormal range is exact. An overflowing sum s = ±inf gives z = s, whose difference from the smaller
    operand has the sign of the true remainder. An infinite operand makes z NaN: remainder 0.
    """
    check_environment()
    a, b = _arrays(a, b)
    s = a + b
    moved = s - a
    rest = (a - (s - moved)) + (b - moved)
    # An infinity anywhere makes `rest` NaN or infinite; finite, it is exact.
    if np.isfinite(rest).all():
        return s, rest
    swap = np.abs(a) < np.abs(b)
    big, small = np.where(swap, b, a), np.where(swap, a, b)
    z = s - big
    return s, np.where(np.isnan(z), 0.0, np.sign(small - z))


def _inside(least: Any, most: Any, zero: Any) -> bool:
    # Whether Dekker's product is exact in all places, `least` and `most` the smallest and largest size of operands and
    # result: see `two_product`.
    return bool((((least >= _SMALL) | zero) & (most <= _FACTOR)).all())


def _rescale(mantissa: FloatArray, sign: FloatArray, exponent: Any) -> Rounded:
    # value = (mantissa + remainder) 2^exponent with |remainder| ≤ half a unit in the last place of the mantissa.
    # ldexp rounds only when the result is subnormal or overflows. `back` is then exact, and when it differs from the
    # mantissa it does so by at least one unit, so that it, not the remainder, decides the sign.
    result = np.ldexp(mantissa, exponent)
    back = np.ldexp(result, -exponent)
    return result, np.where(back == mantissa, sign, np.sign(mantissa - back))


def _special(result: Any, a: Any, b: Any) -> Any:
    # Operands for which `result`, computed by plain float64 arithmetic, is already the exact value.
    return (a == 0) | (b == 0) | ~np.isfinite(a) | ~np.isfinite(b) | np.isnan(result)


@np.errstate(**QUIET)
def mul(a: Any, b: Any) -> Rounded:
    """ab as (nearest, sign of the remainder), with 0 · inf = 0 as interval end points need."""
    check_environment()
    a, b = _arrays(a, b)
    plain = a * b
    if _inside(np.abs(plain), np.maximum(np.maximum(np.abs(a), np.abs(b)), np.abs(plain)), (a == 0) | (b == 0)):
        return two_product(a, b)
    plain = np.where(((a == 0) & np.isinf(b)) | ((b == 0) & np.isinf(a)), 0.0, plain)
    special = _special(plain, a, b)
    (ma, ea), (mb, eb) = np.frexp(np.where(special, 1.0, a)), np.frexp(np.where(special, 1.0, b))
    p, e = two_product(ma, mb)
    value, sign = _rescale(p, np.sign(e), ea + eb)
    return np.where(special, plain, value), np.where(special, 0.0, sign)


@np.errstate(**QUIET)
def div(a: Any, b: Any) -> Rounded:
    """a/b as (nearest, sign of the remainder), b ≠ 0; a finite number over ±inf is 0, as interval end points need."""
    check_environment()
    a, b = _arrays(a, b)
    plain = a / b
    sizes = np.abs(a), np.abs(b), np.abs(plain)
    if _inside(np.minimum(sizes[0], sizes[2]), np.maximum(np.maximum(*sizes[:2]), sizes[2]), a == 0):
        p, e = two_product(plain, b)
        return plain, ((a - p) - e) * np.sign(b)
    special = _special(plain, a, b)
    (ma, ea), (mb, eb) = np.frexp(np.where(special, 1.0, a)), np.frexp(np.where(special, 1.0, b))
    q = ma / mb
    p, e = two_product(q, mb)
    sign = np.sign((ma - p) - e) * np.sign(mb)
    value, sign = _rescale(q, sign, ea - eb)
    return np.where(special, plain, value), np.where(special, 0.0, sign)


@np.errstate(**QUIET)
def sqrt(a: Any) -> Rounded:
    """√a as (nearest, sign of the remainder), a ≥ 0."""
    check_environment()
    a = np.asarray(a, dtype=np.float64)
    plain = np.sqrt(a)
    if _inside(a, a, a == 0):
        p, e = two_product(plain, plain)
        return plain, (a - p) - e
    special = ~(a > 0) | np.isinf(a)
    m, exponent = np.frexp(np.where(special, 1.0, a))
    odd = exponent % 2
    m, exponent = np.ldexp(m, odd), exponent - odd
    s = np.sqrt(m)
    p, e = two_product(s, s)
    value, sign = _rescale(s, np.sign((m - p) - e), exponent // 2)
    return np.where(special, plain, value), np.where(special, 0.0, sign)
