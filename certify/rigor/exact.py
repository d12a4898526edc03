"""Exact numbers: floats as dyadic rationals, exact matrices, directed rounding of rationals, hexadecimal floats.

Every finite float64 is an integer times a power of two, so a float matrix is an integer matrix times one power of two
and questions such as rank are decided by ``flint`` in integer or rational arithmetic.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import numpy.typing as npt

from certify.errors import InputError
from certify.rigor.rounding import FloatArray

__all__ = [
    "dyadic_down",
    "dyadic_up",
    "float_down",
    "float_up",
    "fmpq_matrix",
    "fmpz_matrix",
    "fraction",
    "hex_float",
    "parse_hex",
    "to_float64",
    "to_fraction",
]

_MAX = math.ldexp(2.0**53 - 1, 971)
_TINY = math.ldexp(1.0, -1074)


def fraction(x: float) -> Fraction:
    """The exact value of a finite float.

    Raises :class:`InputError` for NaN and infinities.

    >>> fraction(0.5), fraction(0.1) == Fraction(1, 10)
    (Fraction(1, 2), False)
    """
    if not math.isfinite(x):
        raise InputError(f"{x!r} has no exact rational value")
    return Fraction(x)


def to_fraction(x: int | float | Fraction | flint.fmpz | flint.fmpq) -> Fraction:
    """The exact value of any exact scalar (int, float, Fraction, fmpz, fmpq, NumPy scalar) as a Fraction."""
    if isinstance(x, flint.fmpq):
        return Fraction(int(x.p), int(x.q))
    if isinstance(x, flint.fmpz | int | np.integer):
        return Fraction(int(x))
    return x if isinstance(x, Fraction) else fraction(float(x))


def dyadic_down(mantissa: int, exponent: int) -> float:
    """The largest float64 not above mantissa · 2^exponent; −inf when there is none.

    >>> dyadic_down(1, -2000), dyadic_down(-1, -2000) == -(2.0**-1074), dyadic_down(1, 10**9) < math.inf
    (0.0, True, True)
    """
    if mantissa == 0:
        return 0.0
    top = mantissa.bit_length() + exponent
    if top > 1024:
        return _MAX if mantissa > 0 else -math.inf
    if top < -1074:
        return 0.0 if mantissa > 0 else -_TINY
    # Floor to a multiple of the unit in the last place of [2^(top-1), 2^top); what floors to -2^top is still a float.
    last = max(top - 53, -1074)
    shift = exponent - last
    kept = mantissa << shift if shift >= 0 else mantissa >> -shift
    return -math.inf if kept.bit_length() + last > 1024 else math.ldexp(kept, last)


def dyadic_up(mantissa: int, exponent: int) -> float:
    """The smallest float64 not below mantissa · 2^exponent; inf when there is none."""
    return -dyadic_down(-mantissa, exponent)


def float_down(x: Fraction) -> float:
    """The largest float64 not above a rational; −inf when there is none.

    >>> float_down(Fraction(1, 3)) < Fraction(1, 3) < float_up(Fraction(1, 3))
    True
    """
    p, q = x.numerator, x.denominator
    if p == 0:
        return 0.0
    # |p/q| lies in (2^(e-1), 2^(e+1)), so the floor has 55 or 56 bits, and flooring those to 53 is flooring p/q to 53.
    shift = 55 - (p.bit_length() - q.bit_length())
    return dyadic_down((p << shift) // q if shift >= 0 else p // (q << -shift), -shift)


def float_up(x: Fraction) -> float:
    """The smallest float64 not below a rational; inf when there is none."""
    return -float_down(-x)


def to_float64(a: Any) -> FloatArray:
    """Convert a real array to float64 without changing any value.

    Parameters
    ----------
    a : array of booleans, integers, or floats of any width (float16, bfloat16 and the other ``ml_dtypes`` included).

    Raises
    ------
    InputError
        If the dtype is not real (object, complex, text) or some value is not a float64; the first such index is named.
        NaN and infinities are values of float64 and pass.

    >>> import numpy as np
    >>> to_float64(np.array([1, 2], dtype=np.int8))
    array([1., 2.])
    """
    given = np.asarray(a)
    if given.dtype == np.float64:
        return given
    real = given.dtype.kind in "biuf" or np.can_cast(given.dtype, np.float64) or given.dtype.name.startswith("bfloat")
    if not real:
        raise InputError(f"dtype {given.dtype} is not a real number format", hint="convert to float64 or float32")
    with np.errstate(over="ignore", invalid="ignore"):
        converted = np.asarray(given, dtype=np.float64)
    if given.dtype.kind in "iu" and given.dtype.itemsize == 8:
        # Casting back may overflow (2^63), so magnitudes above 2^53 are compared as Python integers.
        doubtful = np.argwhere(np.abs(converted) >= 2.0**53)
        changed = [tuple(i) for i in doubtful if int(given[tuple(i)]) != int(converted[tuple(i)])]
    elif given.dtype.kind == "f" and given.dtype.itemsize > 8:
        changed = [tuple(i) for i in np.argwhere((converted != given) & ~np.isnan(given))]
    else:
        changed = []
    if changed:
        place = tuple(int(i) for i in changed[0])
        raise InputError(f"value {given[place]!r} is not a float64", place=place, hint="round the array yourself first")
    return converted


def _integers(a: npt.ArrayLike) -> tuple[list[int], int, tuple[int, ...]]:
    # Entries = integers · 2^exponent with the largest exponent that makes all of them integers (0 for a zero array).
    x = to_float64(a)
    if not np.all(np.isfinite(x)):
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(x))[0])
        raise InputError(f"{x[place]!r} has no exact rational value", place=place)
    pairs = [value.as_integer_ratio() for value in x.ravel().tolist()]
    # Denominators are powers of two; an integer entry may still be divisible by a power of two.
    exponents = [_two_adic(p) - (q.bit_length() - 1) for p, q in pairs if p]
    exponent = min(exponents, default=0)
    scaled = [_shift(p, -(q.bit_length() - 1) - exponent) if p else 0 for p, q in pairs]
    return scaled, exponent, x.shape


def _two_adic(p: int) -> int:
    return (p & -p).bit_length() - 1


def _shift(p: int, by: int) -> int:
    return p << by if by >= 0 else p >> -by


def _as_matrix(shape: tuple[int, ...]) -> tuple[int, int]:
    if len(shape) != 2:
        raise InputError(f"a matrix has two dimensions, got shape {shape}")
    return shape[0], shape[1]


def fmpz_matrix(a: npt.ArrayLike) -> tuple[flint.fmpz_mat, int]:
    """A finite real matrix as (integer matrix M, exponent e) with a = M · 2^e exactly and e as large as possible.

    Raises :class:`InputError` for non-finite entries and for arrays that are not two-dimensional.

    >>> fmpz_matrix([[0.5, 1.0], [3.0, 0.0]])
    ([1, 2]
    [6, 0], -1)
    """
    integers, exponent, shape = _integers(a)
    rows, columns = _as_matrix(shape)
    return flint.fmpz_mat(rows, columns, integers), exponent


def fmpq_matrix(a: npt.ArrayLike) -> flint.fmpq_mat:
    """A finite real matrix as an exact rational matrix; raises like :func:`fmpz_matrix`.

    >>> fmpq_matrix([[0.5, 1.0]])
    [1/2, 1]
    """
    integers, exponent = fmpz_matrix(a)
    power = flint.fmpq(2) ** exponent
    return flint.fmpq_mat(integers) * power


def hex_float(x: float) -> str:
    """Exact text of a float, independent of locale and decimal rounding; inverse of :func:`parse_hex`.

    >>> hex_float(0.1)
    '0x1.999999999999ap-4'
    """
    return float(x).hex()


def parse_hex(text: str) -> float:
    """The float written by :func:`hex_float`.

    Raises :class:`InputError` unless ``text`` is exactly what :func:`hex_float` writes for its value, so that one
    number has one spelling.
    """
    try:
        value = float.fromhex(text)
    except (ValueError, OverflowError) as error:
        raise InputError(f"{text!r} is not a hexadecimal float") from error
    if value.hex() != text:
        raise InputError(f"{text!r} is not the canonical form {value.hex()!r}")
    return value
