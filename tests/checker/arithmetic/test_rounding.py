"""The checker's rounding bounds against exact integers and rationals."""

from __future__ import annotations

from fractions import Fraction

import mpmath as mp
import numpy as np
import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from certify.checker.arithmetic import rounding
from certify.checker.arithmetic.rounding import U, above, absolute_norm, ball, below, gamma, gram, product
from certify.checker.arithmetic.scaled_matrix import Unit, error_ball, frobenius_of_difference, frobenius_squared
from certify.errors import InternalError
from tests.linalg.reference import singular_values

sizes = st.integers(1, 5)
entries = st.one_of(
    st.floats(-2, 2, allow_subnormal=True),
    st.sampled_from([1 / 3, -2.0, 1e-310, 5e-324, 2.0**-537, 1.9999999999999998]),
)


@st.composite
def matrices(draw, rows=sizes, columns=sizes):
    return draw(arrays(np.float64, (draw(rows), draw(columns)), elements=entries))


def spectral(a):
    """‖a‖₂ of a matrix of fractions, to 50 digits."""
    with mp.workdps(60):
        work = mp.matrix([[mp.mpf(x.numerator) / x.denominator for x in row] for row in a])
        return max(mp.svd_r(work, compute_uv=False))


def exact(a):
    return [[Fraction(float(x)) for x in row] for row in a]


def times(a, b):
    return [
        [sum((x * y for x, y in zip(row, column, strict=True)), Fraction(0)) for column in zip(*b, strict=True)]
        for row in a
    ]


def minus(a, b):
    return [[x - y for x, y in zip(r, s, strict=True)] for r, s in zip(a, b, strict=True)]


@given(st.data())
def test_product_error_bounds_the_exact_error(data):
    k = data.draw(sizes)
    x = data.draw(matrices(columns=st.just(k)))
    y = data.draw(matrices(rows=st.just(k)))
    found, bound = product(x, y)
    assert spectral(minus(exact(found), times(exact(x), exact(y)))) <= bound


@given(matrices())
def test_gram_error_bounds_the_exact_error(x):
    found, bound = gram(x)
    assert spectral(minus(exact(found), times(exact(x.T), exact(x)))) <= bound


def test_long_products_are_cut_and_still_bounded(monkeypatch):
    monkeypatch.setattr(rounding, "_BLOCK", 3)
    rng = np.random.default_rng(5)
    for k in (2, 3, 4, 6, 7, 11):
        x, y = rng.uniform(-1, 1, (2, k)), rng.uniform(-1, 1, (k, 3))
        for (found, bound), right in ((product(x, y), exact(y)), (gram(np.ascontiguousarray(x.T)), exact(x.T))):
            assert spectral(minus(exact(found), times(exact(x), right))) <= bound
        assert rounding.roundings(k) == min(k, 3) + -(-k // 3) - 1


@given(st.integers(0, 2**44))
def test_gamma_is_an_upper_bound(k):
    u = Fraction(1, 2**53)
    assert Fraction(gamma(k)) >= k * u / (1 - k * u)
    assert Fraction(gamma(k)) <= k * u * (1 + 4 * k * u + 8 * u)


@given(matrices())
def test_norm_bounds(x):
    with mp.workdps(60):
        size = spectral(exact(np.abs(x)))
        assert size <= absolute_norm(x)
        assert absolute_norm(x) <= size * mp.sqrt(max(x.shape)) * (1 + mp.mpf(2) ** -40) + mp.mpf(2) ** -1000
    assert spectral(exact(x)) <= absolute_norm(x)


@given(matrices())
def test_sums_of_squares(x):
    truth = sum(Fraction(float(v)) ** 2 for v in x.flat)
    found = frobenius_squared(x)
    assert Fraction(below(found)) <= truth <= Fraction(above(found))
    assert above(found) - below(found) <= 2**-47 * above(found) + 2.0**-1000


@given(st.data())
def test_norm_of_a_difference(data):
    x = data.draw(matrices()) / 2
    y = data.draw(arrays(np.float64, x.shape, elements=st.floats(-1, 1)))
    truth = sum((Fraction(float(a)) - Fraction(float(b))) ** 2 for a, b in zip(x.flat, y.flat, strict=True))
    found = frobenius_of_difference(x, y)
    assert max(Fraction(below(found)), Fraction(0)) ** 2 <= truth <= Fraction(above(found)) ** 2


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(-60, 60))
def test_above_and_below_enclose(x, shift):
    third = ball(x) * arb(2) ** shift / 3
    assert arb(below(third)) <= third <= arb(above(third))


def test_above_of_nothing_is_infinite():
    assert above(arb.nan()) == float("inf") == -below(arb.nan())
    assert above(error_ball(arb(3))) >= 3


@pytest.mark.parametrize("scale", [1.0, 1e300, 1e-300, 5e-324, 1.7e308])
@pytest.mark.parametrize("shape", [(1, 1), (3, 2), (2, 5)])
def test_unit_scales_exactly_but_for_what_it_admits(scale, shape):
    rng = np.random.default_rng(1)
    a = np.clip(rng.uniform(-1, 1, shape), -1, 1) * scale
    a[0, 0] = 1e-320
    unit = Unit.of(a)
    back = [[Fraction(float(x)) * Fraction(2) ** unit.exponent for x in row] for row in unit.matrix]
    lost = sum(
        ((x - y) / Fraction(2) ** unit.exponent) ** 2
        for r, s in zip(exact(a), back, strict=True)
        for x, y in zip(r, s, strict=True)
    )
    assert lost <= Fraction(unit.lost) ** 2
    size = sum(x * x for row in exact(unit.matrix) for x in row)
    assert size < 1
    assert Fraction(below(unit.mass)) <= size <= Fraction(above(unit.mass))


def test_unit_norm_encloses_the_norm():
    a = np.array([[3.0, 4.0], [0.0, 12.0]])
    norm = Unit.of(a).norm
    assert 13 in norm
    assert norm.rad() < 2**-40
    assert singular_values(a)[0] <= above(norm)


def test_not_finite_or_large_input_is_refused():
    with pytest.raises(InternalError):
        Unit.of(np.array([[np.inf]]))
    with pytest.raises(InternalError):
        Unit.of(np.array([[np.nan]]))
    with pytest.raises(InternalError):
        product(np.array([[3.0]]), np.array([[1.0]]))
    with pytest.raises(InternalError):
        gram(np.array([[np.nan]]))


def test_a_fast_product_would_be_noticed(monkeypatch):
    """The canary sees one level of Strassen's recursion."""
    calls = []

    class Fast(np.ndarray):
        def __matmul__(self, other):
            calls.append(1)
            a, b, n = np.asarray(self), np.asarray(other), self.shape[0] // 2
            if self.shape[0] != self.shape[1] or self.shape[0] < 512:
                return a @ b
            a11, a12, a21, a22 = a[:n, :n], a[:n, n:], a[n:, :n], a[n:, n:]
            b11, b12, b21, b22 = b[:n, :n], b[:n, n:], b[n:, :n], b[n:, n:]
            m1, m2, m3 = (a11 + a22) @ (b11 + b22), (a21 + a22) @ b11, a11 @ (b12 - b22)
            m4, m5 = a22 @ (b21 - b11), (a11 + a12) @ b22
            m6, m7 = (a21 - a11) @ (b11 + b12), (a12 - a22) @ (b21 + b22)
            return np.block([[m1 + m4 - m5 + m7, m3 + m5], [m2 + m4, m1 - m2 + m3 + m6]])

    where = np.where
    monkeypatch.setattr(rounding.np, "where", lambda *args: where(*args).view(Fast))
    rounding.check_arithmetic.cache_clear()
    with pytest.raises(InternalError, match="model"):
        rounding.check_arithmetic()
    assert calls
    monkeypatch.undo()
    rounding.check_arithmetic.cache_clear()
    rounding.check_arithmetic()


def test_u_is_half_an_ulp_of_one():
    assert 1 + U == 1 < 1 + 2 * U


@pytest.mark.parametrize("rows", [3, 700])
@pytest.mark.parametrize("columns", [512, 513, 700, 1030])
def test_a_gram_matrix_by_blocks_is_the_same(rows, columns):
    """Small integers over a power of two: every sum is exact, however it is cut."""
    rng = np.random.default_rng(rows + columns)
    x = rng.integers(-3, 4, (rows, columns)) / 4.0
    assert np.array_equal(gram(x)[0], x.T @ x)
    square = np.triu(rng.integers(-3, 4, (columns, columns)) / 4.0)
    assert np.array_equal(gram(square, upper=True)[0], square.T @ square)
