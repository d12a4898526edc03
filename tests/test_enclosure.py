"""Arithmetic of published enclosures: exact points inside give results inside, and no closer float would do."""

from __future__ import annotations

import math
import operator
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from certify.enclosure import Enclosure
from certify.errors import AmbiguousVerdictError, UsageError
from certify.rigor.exact import float_down, float_up
from certify.verdict import Verdict

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
OPERATIONS = [operator.add, operator.sub, operator.mul, operator.truediv]


@st.composite
def enclosures(draw) -> tuple[Enclosure, list[Fraction]]:
    """An enclosure and exact points of it, both ends among them."""
    ends = sorted((draw(FLOATS), draw(FLOATS)))
    lower, upper = map(Fraction, ends)
    part = draw(st.fractions(min_value=0, max_value=1))
    return Enclosure(*ends), [lower, lower + part * (upper - lower), upper]


def inside(value: Fraction, x: Enclosure) -> bool:
    """Exactly."""
    return (math.isinf(x.lower) or Fraction(x.lower) <= value) and (math.isinf(x.upper) or value <= Fraction(x.upper))


@pytest.mark.parametrize("operation", OPERATIONS)
@given(enclosures(), enclosures())
def test_results_of_points_lie_in_results_of_enclosures(operation, a, b) -> None:
    (x, points), (y, others) = a, b
    found = operation(x, y)
    pairs = [(p, q) for p in points for q in others if operation is not operator.truediv or q]
    results = [operation(p, q) for p, q in pairs]
    assert all(inside(value, found) for value in results)
    if operation is not operator.truediv or not y.contains(0.0):
        assert (found.lower, found.upper) == (float_down(min(results)), float_up(max(results)))


@pytest.mark.parametrize("operation", OPERATIONS)
@given(enclosures(), st.fractions() | st.integers() | FLOATS)
def test_exact_numbers_are_operands_on_both_sides(operation, a, number) -> None:
    x, points = a
    value = Fraction(number)
    if value or operation is not operator.truediv:
        assert all(inside(operation(p, value), operation(x, number)) for p in points)
    assert all(
        inside(operation(value, p), operation(number, x)) for p in points if p or operation is not operator.truediv
    )


@given(enclosures(), st.integers(-3, 5))
def test_powers_and_absolute_values_contain_those_of_points(a, exponent) -> None:
    x, points = a
    assert all(inside(p**exponent, x**exponent) for p in points if p or exponent >= 0)
    assert all(inside(abs(p), abs(x)) for p in points)
    assert all(inside(-p, -x) for p in points)


@given(st.floats(min_value=0, allow_infinity=False))
def test_square_roots_are_the_neighbouring_floats(value) -> None:
    found = Enclosure(value, value).sqrt()
    assert Fraction(found.lower) ** 2 <= Fraction(value) <= Fraction(found.upper) ** 2
    assert found.upper in (found.lower, math.nextafter(found.lower, math.inf))
    assert Enclosure(-1.0, value).sqrt() == Enclosure(0.0, found.upper)


@given(enclosures(), enclosures())
def test_comparisons_are_those_of_all_points(a, b) -> None:
    (x, points), (y, others) = a, b
    for compare in (operator.lt, operator.le, operator.gt, operator.ge):
        truths = {compare(p, q) for p in points for q in others}
        expected = {True: Verdict.CERTIFIED, False: Verdict.REFUTED}
        assert compare(x, y) is (expected[truths.pop()] if len(truths) == 1 else Verdict.UNDECIDED)


@given(enclosures())
def test_midpoint_and_radius_cover_the_enclosure(a) -> None:
    x, _ = a
    assert x.lower <= x.mid <= x.upper
    assert float(x) == x.mid
    radius = x.rad
    assert math.isinf(radius) or Fraction(x.mid) - Fraction(radius) <= Fraction(x.lower)
    assert math.isinf(radius) or Fraction(x.mid) + Fraction(radius) >= Fraction(x.upper)


def test_infinite_ends_stand_for_large_numbers() -> None:
    half, unit = Enclosure(0.0, math.inf), Enclosure(0.0, 1.0)
    assert half * unit == half
    assert unit / Enclosure(1.0, math.inf) == unit
    assert Enclosure(1.0, math.inf) / Enclosure(1.0, math.inf) == half
    assert half - half == Enclosure(-math.inf, math.inf)
    assert half + 1 == Enclosure(1.0, math.inf)
    assert Enclosure(-math.inf, 2.0) ** 3 == Enclosure(-math.inf, 8.0)
    assert half.mid == 0.0
    assert half.rad == math.inf


def test_division_by_what_may_be_zero_and_invalid_enclosures_say_nothing() -> None:
    line = Enclosure(-math.inf, math.inf)
    invalid = Enclosure(math.nan, 1.0)
    assert 1 / Enclosure(0.0, 1.0) == line
    assert Enclosure(1.0, 2.0) / Enclosure(-1.0, 1.0) == line
    assert all(
        found == line for found in (invalid + 1, 2 * invalid, invalid / 3, 1 / invalid, invalid**2, abs(invalid))
    )
    assert invalid.sqrt() == line
    assert (invalid < 3) is Verdict.UNDECIDED
    assert math.isnan(invalid.mid)


def test_numbers_of_other_libraries_are_exact_operands() -> None:
    x = Enclosure(1.0, 1.0)
    assert x + np.float32(0.1) == x + float(np.float32(0.1))
    assert x * np.int64(2**53 + 1) == x * (2**53 + 1)
    assert x + Decimal("0.5") == Enclosure(1.5, 1.5)
    assert x + np.float64(math.inf) == Enclosure(math.inf, math.inf)


def test_what_is_no_number_is_refused() -> None:
    x = Enclosure(1.0, 2.0)
    for operation in (*OPERATIONS, operator.lt):
        with pytest.raises(TypeError):
            operation(x, "1")
    with pytest.raises(UsageError, match="sqrt"):
        x**0.5
    with pytest.raises(UsageError, match="negative"):
        (-x).sqrt()
    with pytest.raises(AmbiguousVerdictError):
        bool(x > 1.5)
