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
and a number with the sign of the exact remainder. NumPy's warnings are the caller's to silence.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from certify.errors import InternalError
from certify.rigor.rounding import ETA, FloatArray, U

__all__ = [
    "Rounded",
    "add",
    "check_environment",
    "div",
    "every",
    "mul",
    "nearest_down",
    "nearest_up",
    "outward",
    "sqrt",
    "two_product",
]

Rounded = tuple[FloatArray, FloatArray]

_ONE = 1.0
_SPLITTER = 2.0**27 + 1
_HALF = 0.5
_SMALL = 2.0**-960
_UPWARD = [np.array([-1.0, 1.0]).reshape(2, *[1] * ndim) for ndim in range(64)]
_OUTWARD = [sign * np.inf for sign in _UPWARD]


def every(mask: Any) -> bool:
    """``np.all`` of an array of truth values, at a tenth of its price where that is small."""
    return np.count_nonzero(mask) == mask.size


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


def outward(rounded: Rounded) -> FloatArray:
    """Lower and upper ends from ``rounded``, along whose first axis they lie: the first rounded down, the second up."""
    value, sign = rounded
    ndim = value.ndim - 1
    return np.where(sign * _UPWARD[ndim] > 0, np.nextafter(value, _OUTWARD[ndim]), value)


def two_product(a: Any, b: Any) -> tuple[Any, Any]:
    """p = fl(ab) and e = ab − p exactly, where p is zero by an operand or at least 2^-960, and e is finite.

    Halves of 26 bits: without overflow all partial products and differences are exact (Dekker 1971). An overflow
    makes e infinite or NaN: that of p or a₁b₁ stays in all differences, that of a splitting makes a₁ or b₁ NaN.
    """
    p = a * b
    ca, cb = _SPLITTER * a, _SPLITTER * b
    a1, b1 = ca - (ca - a), cb - (cb - b)
    a2, b2 = a - a1, b - b1
    return p, a2 * b2 - (((p - a1 * b1) - a2 * b1) - a1 * b2)


def add(a: Any, b: Any) -> Rounded:
    """a + b as (nearest, sign of the remainder).

    A sum in the subnormal range is exact. An overflowing sum s = ±inf gives z = s, whose difference from the smaller
    operand has the sign of the true remainder. An infinite operand makes z NaN: remainder 0.
    """
    check_environment()
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    s = a + b
    moved = s - a
    rest = (a - (s - moved)) + (b - moved)
    # An infinity anywhere makes `rest` NaN or infinite; finite, it is exact.
    if every(np.isfinite(rest)):
        return s, rest
    swap = np.abs(a) < np.abs(b)
    big, small = np.where(swap, b, a), np.where(swap, a, b)
    z = s - big
    return s, np.where(np.isnan(z), 0.0, np.sign(small - z))


def _inside(size: Any, e: Any, a: Any, b: Any) -> bool:
    # Whether Dekker's product, with the error e, is exact in all places: see `two_product`. `size` is at most about
    # that of the product; it may be small where a or b is 0, and the product with it.
    large = size >= _SMALL
    return every(np.isfinite(e)) and (every(large) or every(large | (a == 0) | (b == 0)))


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


def mul(a: Any, b: Any) -> Rounded:
    """ab as (nearest, sign of the remainder), with 0 · inf = 0 as interval end points need."""
    check_environment()
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    plain, e = two_product(a, b)
    if _inside(np.abs(plain), e, a, b):
        return plain, e
    plain = np.where(((a == 0) & np.isinf(b)) | ((b == 0) & np.isinf(a)), 0.0, plain)
    special = _special(plain, a, b)
    (ma, ea), (mb, eb) = np.frexp(np.where(special, 1.0, a)), np.frexp(np.where(special, 1.0, b))
    p, e = two_product(ma, mb)
    value, sign = _rescale(p, np.sign(e), ea + eb)
    return np.where(special, plain, value), np.where(special, 0.0, sign)


def div(a: Any, b: Any) -> Rounded:
    """a/b as (nearest, sign of the remainder), b ≠ 0; a finite number over ±inf is 0, as interval end points need."""
    check_environment()
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    plain = a / b
    p, e = two_product(plain, b)
    if _inside(np.minimum(np.abs(p), np.abs(plain)), e, a, a):
        return plain, ((a - p) - e) * np.sign(b)
    special = _special(plain, a, b)
    (ma, ea), (mb, eb) = np.frexp(np.where(special, 1.0, a)), np.frexp(np.where(special, 1.0, b))
    q = ma / mb
    p, e = two_product(q, mb)
    sign = np.sign((ma - p) - e) * np.sign(mb)
    value, sign = _rescale(q, sign, ea - eb)
    return np.where(special, plain, value), np.where(special, 0.0, sign)


def sqrt(a: Any) -> Rounded:
    """√a as (nearest, sign of the remainder), a ≥ 0."""
    check_environment()
    a = np.asarray(a, dtype=np.float64)
    plain = np.sqrt(a)
    p, e = two_product(plain, plain)
    if _inside(a, e, a, a):
        return plain, (a - p) - e
    special = ~(a > 0) | np.isinf(a)
    m, exponent = np.frexp(np.where(special, 1.0, a))
    odd = exponent % 2
    m, exponent = np.ldexp(m, odd), exponent - odd
    s = np.sqrt(m)
    p, e = two_product(s, s)
    value, sign = _rescale(s, np.sign((m - p) - e), exponent // 2)
    return np.where(special, plain, value), np.where(special, 0.0, sign)
