"""Exact spectra against 60 digits, and projectors against their defining equations."""

from __future__ import annotations

from fractions import Fraction

import flint
import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from certify.errors import UsageError
from certify.rigor.ball import ball
from theorems.exact.spectra import leading_projector, multiply, norm2, rows_of, singular_values, spectrum

sides = st.integers(1, 4)
entries = st.fractions(-3, 3, max_denominator=3)


@st.composite
def rationals(draw, symmetric=False):
    m = draw(sides)
    n = m if symmetric else draw(sides)
    a = draw(st.lists(st.lists(entries, min_size=n, max_size=n), min_size=m, max_size=m))
    if symmetric:
        a = [[a[min(i, j)][max(i, j)] for j in range(n)] for i in range(m)]
    return flint.fmpq_mat([[flint.fmpq(x.numerator, x.denominator) for x in row] for row in a])


def near(enclosure, reference):
    """A reference of 60 digits lies within its own error of the enclosure."""
    mantissa, exponent = reference.man_exp if hasattr(reference, "man_exp") else (0, 0)
    value = flint.arb(int(mantissa)) * flint.arb(2) ** int(exponent)
    return (ball(enclosure) - value).overlaps(flint.arb(0, 1e-40))


@given(rationals())
def test_singular_values_against_mpmath(a):
    with mpmath.workdps(60):
        matrix = mpmath.matrix([[mpmath.mpf(int(x.p)) / int(x.q) for x in row] for row in a.tolist()])
        wide = matrix if matrix.rows >= matrix.cols else matrix.T
        reference = sorted(mpmath.svd_r(wide, compute_uv=False), reverse=True)
        found = singular_values(a)
        assert len(found) == min(a.nrows(), a.ncols())
        for enclosure, value in zip(found, reference, strict=True):
            # A singular value 0 is exact here and a rounding error there.
            assert near(enclosure, value) or (enclosure == 0 and abs(value) < mpmath.mpf(10) ** -25)


@given(rationals(symmetric=True), st.data())
def test_projectors(a, data):
    n = a.nrows()
    k = data.draw(st.integers(0, n))
    p, s = leading_projector(a, k), rows_of(a)
    square, left, right = multiply(p, p), multiply(p, s), multiply(s, p)
    zero = flint.arb(0, 1e-6)
    for i in range(n):
        for j in range(n):
            assert ball(square[i][j] - p[i][j]).overlaps(zero)
            assert ball(p[i][j] - p[j][i]).overlaps(zero)
            assert ball(left[i][j] - right[i][j]).overlaps(zero)
    assert ball(sum((p[i][i] for i in range(n)), flint.fmpq(0)) - k).overlaps(zero)
    top = sum((left[i][i] for i in range(n)), flint.fmpq(0))
    assert ball(top - sum(spectrum(a)[:k], flint.fmpq(0))).overlaps(zero)


def test_projectors_are_rational_where_they_can_be():
    golden = flint.fmpq_mat([[1, 1, 0], [1, 0, 0], [0, 0, -5]])
    assert all(isinstance(x, flint.fmpq) for row in leading_projector(golden, 2) for x in row)
    assert not all(isinstance(x, flint.fmpq) for row in leading_projector(golden, 1) for x in row)


def test_choices_inside_a_cluster_are_nested():
    one = flint.fmpq_mat([[1, 0, 0], [0, 1, 0], [0, 0, 1]])
    for k in range(3):
        inner, outer = leading_projector(one, k), leading_projector(one, k + 1)
        assert multiply(inner, outer) == inner


def test_multiplicities_are_exact():
    a = flint.fmpq_mat([[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]])
    assert spectrum(a) == [1, 1, -1, -1]


def test_a_matrix_that_is_not_symmetric_has_no_spectrum():
    with pytest.raises(UsageError, match="not symmetric"):
        spectrum(flint.fmpq_mat([[0, 1], [0, 0]]))


def test_norm_of_balls_contains_the_norm_of_every_member():
    rows = [[flint.arb(3, 0.25), flint.arb(0)], [flint.arb(0), flint.arb(1)]]
    norm = norm2(rows)
    assert all(norm.contains(Fraction(v).numerator / Fraction(v).denominator) for v in (2.75, 3.0, 3.25))
    assert not norm.contains(2)
