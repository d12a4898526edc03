"""Scalar balls: exact input, directed output, comparisons, precision."""

from __future__ import annotations

import math
from fractions import Fraction

import flint
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from certify.errors import InputError, UsageError
from certify.rigor.ball import (
    ball,
    ge,
    gt,
    hull_ball,
    increase_until,
    interval,
    le,
    lower,
    lt,
    precision,
    upper,
)
from certify.rigor.exact import float_down, float_up, fraction, to_fraction
from certify.verdict import Verdict
from tests.strategies.intervals import MAX, TINY

FINITE = st.floats(allow_nan=False, allow_infinity=False)
RATIONALS = st.fractions()


@given(FINITE)
def test_floats_are_exact(x):
    b = ball(x)
    assert b.is_exact()
    assert interval(b) == (x, x)


@given(RATIONALS)
def test_rationals_are_enclosed(q):
    b = ball(q)
    assert b.contains(flint.fmpq(q.numerator, q.denominator))
    assert Fraction(lower(b)) <= q <= Fraction(upper(b))
    with precision(300):
        assert interval(ball(q)) == (float_down(q), float_up(q))


@given(FINITE, st.floats(0, 1e300))
def test_the_radius_is_kept(x, r):
    low, high = interval(ball(x, r))
    assert low <= float_down(Fraction(x) - Fraction(r))
    assert float_up(Fraction(x) + Fraction(r)) <= high


def test_other_scalars():
    assert ball(np.float32(0.5)) == ball(np.int64(1)) / 2 == ball(flint.fmpq(1, 2)) == ball(0.5)
    assert ball(flint.fmpz(2**200)).is_exact()
    b = flint.arb(1, 2)
    assert ball(b) is b


@pytest.mark.parametrize("x", ["0.1", None, True, 1j, [1.0]])
def test_what_is_no_scalar_is_refused(x):
    with pytest.raises(UsageError):
        ball(x)


def test_a_negative_radius_is_refused():
    with pytest.raises(UsageError):
        ball(1, -1)


def test_the_ends_of_the_range():
    huge, tiny = flint.arb(2) ** 5000, flint.arb(2) ** -5000
    assert interval(huge) == (MAX, math.inf)
    assert interval(-huge) == (-math.inf, -MAX)
    assert interval(tiny) == (0, TINY)
    assert interval(-tiny) == (-TINY, 0)
    assert interval(flint.arb(0, math.inf)) == (-math.inf, math.inf)
    assert interval(flint.arb.pos_inf()) == (math.inf, math.inf)
    assert all(map(math.isnan, interval(flint.arb.nan())))


def test_a_low_working_precision_only_widens():
    third = ball(Fraction(1, 3))
    with precision(2):
        low, high = interval(third)
        rough = interval(ball(Fraction(1, 3)))
    assert low <= Fraction(1, 3) <= high
    assert rough[0] <= low
    assert high <= rough[1]


@given(FINITE, FINITE)
def test_hull(x, y):
    low, high = sorted((x, y))
    b = hull_ball(low, high)
    assert lower(b) <= low
    assert upper(b) >= high
    assert hull_ball(high, low).is_nan() or low == high


def test_an_improper_hull_is_nan():
    assert hull_ball(2, 1).is_nan()
    assert hull_ball(math.nan, 1).is_nan()


@given(RATIONALS, RATIONALS)
def test_exact_numbers_are_compared_exactly(x, y):
    for verdict, truth in [(lt(x, y), x < y), (le(x, y), x <= y), (gt(x, y), x > y), (ge(x, y), x >= y)]:
        assert verdict is (Verdict.CERTIFIED if truth else Verdict.REFUTED)


def test_balls_are_compared_for_all_their_numbers():
    b, c = ball(1, 1), ball(4, 1)
    assert lt(b, c) is Verdict.CERTIFIED
    assert ge(b, c) is Verdict.REFUTED
    assert lt(ball(1), ball(1)) is gt(ball(1), ball(1)) is Verdict.REFUTED
    assert le(ball(1), ball(1)) is ge(ball(1), ball(1)) is Verdict.CERTIFIED
    assert lt(b, b) is le(b, b) is Verdict.UNDECIDED
    assert le(ball(1, 1), 2) is not Verdict.REFUTED
    assert gt(b, 0) is Verdict.UNDECIDED
    assert lt(ball(Fraction(1, 3)), Fraction(1, 3)) is Verdict.UNDECIDED
    for f in (lt, le, gt, ge):
        assert f(flint.arb.nan(), 1) is f(1, flint.arb.nan()) is f(math.nan, 0.0) is Verdict.UNDECIDED
    assert lt(1.0, math.inf) is Verdict.CERTIFIED


def test_precision_is_restored():
    before = flint.ctx.prec
    with precision(500):
        assert flint.ctx.prec == 500
        with precision(20):
            assert flint.ctx.prec == 20
        assert flint.ctx.prec == 500
    assert flint.ctx.prec == before
    with pytest.raises(InputError), precision(500):
        fraction(math.nan)
    assert flint.ctx.prec == before
    with pytest.raises(UsageError), precision(1):
        pass


def test_increase_until_stops_when_good():
    used: list[int] = []

    def width() -> float:
        used.append(flint.ctx.prec)
        return upper(ball(Fraction(1, 3)).rad())

    assert increase_until(width, lambda w: w < 1e-60) < 1e-60
    assert used == [64, 128, 256]


def test_increase_until_returns_the_last_value_at_the_limit():
    used: list[int] = []
    result = increase_until(lambda: used.append(flint.ctx.prec) or ball(Fraction(1, 3)), lambda b: False, limit=200)
    assert used == [64, 128, 200]
    assert Fraction(lower(result)) < Fraction(1, 3) < Fraction(upper(result))
    with pytest.raises(UsageError):
        increase_until(lambda: 0, lambda v: True, start=100, limit=50)


def test_directed_output_of_exact_input():
    for x in (Fraction(1, 3), flint.fmpq(-22, 7)):
        with precision(200):
            assert interval(x) == (float_down(to_fraction(x)), float_up(to_fraction(x)))
