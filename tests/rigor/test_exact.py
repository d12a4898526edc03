"""Exact conversions: floats, rationals, matrices, text."""

from __future__ import annotations

import math
from fractions import Fraction

import flint
import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from certify.errors import InputError
from certify.rigor.exact import (
    dyadic_down,
    dyadic_up,
    float_down,
    float_up,
    fmpq_matrix,
    fmpz_matrix,
    fraction,
    hex_float,
    parse_hex,
    to_float64,
    to_fraction,
)
from tests.strategies.intervals import MAX, TINY, floats

FINITE = st.floats(allow_nan=False, allow_infinity=False)
RATIONALS = st.builds(
    lambda p, q, e: Fraction(p, q) * Fraction(2) ** e,
    st.integers(-(2**70), 2**70),
    st.integers(1, 2**70),
    st.integers(-1200, 1200),
)


def _neighbours(low: float, high: float, value: Fraction) -> bool:
    """low and high are the largest float ≤ value and the smallest float ≥ value."""
    below = low == -math.inf or (Fraction(low) <= value)
    above = high == math.inf or (value <= Fraction(high))
    tight = low == high or math.nextafter(low, math.inf) == high
    return below and above and tight and (low == high) == (math.isfinite(low) and Fraction(low) == value)


@given(RATIONALS)
def test_rationals_are_correctly_rounded(value):
    assert _neighbours(float_down(value), float_up(value), value)


@given(st.integers(-(2**120), 2**120), st.integers(-1300, 1100))
def test_dyadic_numbers_are_correctly_rounded(mantissa, exponent):
    low, high = dyadic_down(mantissa, exponent), dyadic_up(mantissa, exponent)
    assert _neighbours(low, high, Fraction(mantissa) * Fraction(2) ** exponent)


def test_dyadic_numbers_beyond_the_range():
    assert (dyadic_down(1, 10**12), dyadic_up(1, 10**12)) == (MAX, math.inf)
    assert (dyadic_down(-1, 10**12), dyadic_up(-1, 10**12)) == (-math.inf, -MAX)
    assert (dyadic_down(1, -(10**12)), dyadic_up(1, -(10**12))) == (0, TINY)
    assert (dyadic_down(-3, -1075), dyadic_up(-3, -1075)) == (-2 * TINY, -TINY)
    assert dyadic_down(0, 5) == dyadic_up(0, 5) == 0


@given(FINITE)
def test_a_float_survives_every_exact_form(x):
    assert float_down(fraction(x)) == float_up(fraction(x)) == x
    again = parse_hex(hex_float(x))
    assert again == x
    assert math.copysign(1, again) == math.copysign(1, x)
    assert fmpq_matrix([[x]])[0, 0] == flint.fmpq(*x.as_integer_ratio())


@pytest.mark.parametrize("x", [math.nan, math.inf, -math.inf])
def test_what_has_no_exact_value_is_refused(x):
    with pytest.raises(InputError):
        fraction(x)
    with pytest.raises(InputError, match=r"\(0, 1\)"):
        fmpz_matrix([[0.0, x]])


@pytest.mark.parametrize(
    "text", ["1.5", "0x1.8p0", "0X1.8000000000000p+0", " 0x1.8000000000000p+0", "0x1p99999", "", "x"]
)
def test_one_number_has_one_spelling(text):
    with pytest.raises(InputError):
        parse_hex(text)


def test_exact_scalars():
    third = Fraction(1, 3)
    assert to_fraction(flint.fmpq(1, 3)) == to_fraction(third) == third
    assert to_fraction(flint.fmpz(2**80)) == to_fraction(2**80) == 2**80
    assert to_fraction(np.float32(0.1)) == Fraction(float(np.float32(0.1)))
    assert to_fraction(np.int64(-7)) == -7


def test_matrices_are_exact():
    rng = np.random.default_rng(1)
    for shape in [(1, 1), (1, 3), (3, 1), (4, 5), (0, 3)]:
        a = floats(rng, shape[0] * shape[1]).reshape(shape)
        integers, exponent = fmpz_matrix(a)
        rationals = fmpq_matrix(a)
        assert (integers.nrows(), integers.ncols()) == (rationals.nrows(), rationals.ncols()) == shape
        for i, j in np.ndindex(*shape):
            exact = Fraction(float(a[i, j]))
            assert Fraction(int(integers[i, j])) * Fraction(2) ** exponent == exact
            assert to_fraction(rationals[i, j]) == exact


def test_the_common_exponent_is_as_large_as_possible():
    assert fmpz_matrix([[4.0, 12.0]])[1] == 2
    assert fmpz_matrix([[0.0, 0.0]]) == (flint.fmpz_mat(1, 2), 0)
    assert fmpz_matrix([[TINY, 1.0]])[1] == -1074


def test_a_matrix_has_two_dimensions():
    with pytest.raises(InputError, match="two dimensions"):
        fmpz_matrix([1.0, 2.0])


@pytest.mark.parametrize(
    "dtype", [np.float16, np.float32, ml_dtypes.bfloat16, np.int8, np.uint16, np.int32, np.int64, bool]
)
def test_narrow_types_convert_exactly(dtype):
    a = np.array([[0, 1, 1], [1, 0, 1]], dtype=dtype)
    converted = to_float64(a)
    assert converted.dtype == np.float64
    assert np.array_equal(converted, [[0, 1, 1], [1, 0, 1]])


@pytest.mark.parametrize("dtype", [ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e5m2, ml_dtypes.bfloat16, np.float16])
def test_every_value_of_a_small_float_type_is_kept(dtype):
    width = np.dtype(dtype).itemsize
    bits = np.arange(2 ** (8 * width), dtype=np.uint16 if width == 2 else np.uint8)
    values = bits.view(dtype)
    converted = to_float64(values)
    back = converted.astype(dtype)
    number = ~np.isnan(converted)
    assert np.array_equal(back[number], values[number])


def test_integers_that_are_no_float64_are_refused():
    assert to_float64(np.array([2**53, -(2**63), 2**62]))[1] == -(2.0**63)
    for value in (2**53 + 1, 2**63 - 1, -(2**53) - 1):
        with pytest.raises(InputError, match=r"\(1,\)"):
            to_float64(np.array([0, value]))
    with pytest.raises(InputError):
        to_float64(np.array([2**64 - 1], dtype=np.uint64))


@pytest.mark.skipif(np.dtype(np.longdouble).itemsize <= 8, reason="long double is float64 here")
def test_long_doubles_that_are_no_float64_are_refused():
    one = np.longdouble(1)
    assert to_float64(np.array([one / 4]))[0] == 0.25
    with pytest.raises(InputError):
        to_float64(np.array([one, one / 3]))


@pytest.mark.parametrize(
    "a", [np.array([1j]), np.array(["1"]), np.array([object()], dtype=object), np.array(["2020"], "M8")]
)
def test_what_is_not_a_real_number_is_refused(a):
    with pytest.raises(InputError, match="dtype"):
        to_float64(a)
