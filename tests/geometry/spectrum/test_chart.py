"""Spectrum: every formula against 60 digits, over every number type, and the facts of D3 and D10."""

from __future__ import annotations

from fractions import Fraction

import flint
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from certify.errors import UsageError
from certify.geometry.spectrum import chart
from certify.rigor.ball import hull_ball, precision
from certify.rigor.interval import Interval
from tests.geometry import oracle
from tests.geometry.oracle import inside, mp

exponents = st.floats(-20, 60, allow_nan=False)


@given(st.integers(1, 12), exponents)
def test_sums_and_moments_contain_the_truth(d: int, s: float) -> None:
    value, exact_s = flint.arb(s), mp.mpf(s)
    mean = oracle.moment(d, exact_s, 1)
    assert inside(chart.power_sum(d, value), oracle.power_sum(d, exact_s))
    assert inside(chart.mean_log_rank(d, value), mean)
    assert inside(chart.variance_log_rank(d, value), oracle.moment(d, exact_s, 2) - mean**2)
    assert inside(chart.chart(d, value), oracle.chart(d, exact_s))
    for k, g in enumerate(chart.gibbs(d, value), start=1):
        assert inside(g, mp.power(k, -exact_s) / oracle.power_sum(d, exact_s))


@pytest.mark.parametrize("s", [-1.5, 0.0, 0.3, 2.75])
def test_powers_of_all_ranks_by_those_of_primes(s: float) -> None:
    found = chart.powers(130, flint.arb(s))
    assert all(inside(x, mp.power(k, -mp.mpf(s))) for k, x in enumerate(found, start=1))
    assert max(float(x.rad() / x) for x in found) < 2.0**-46


def test_moments_of_tilted_weights_by_columns() -> None:
    weights = [flint.arb(1) / k for k in range(1, 12)]
    powers = chart.powers(11, flint.arb(0.75))
    found = chart.moments(powers, chart.moment_columns(weights))
    for x, y in zip(found, chart.tilted_moments(weights, flint.arb(0.75)), strict=True):
        assert x.overlaps(y)
        assert float(x.rad()) < 1e-12


@given(st.integers(1, 8), st.floats(-5, 5), st.floats(0, 1e-3), st.floats(0, 1))
def test_a_ball_contains_the_value_at_each_of_its_points(d: int, s: float, rad: float, place: float) -> None:
    ball = flint.arb(s, rad)
    point = min(max(mp.mpf(s) + (2 * mp.mpf(place) - 1) * mp.mpf(rad), mp.mpf(s) - rad), mp.mpf(s) + rad)
    assert inside(chart.mean_log_rank(d, ball), oracle.moment(d, point, 1))
    assert inside(chart.chart(d, ball), oracle.chart(d, point))


@pytest.mark.parametrize("d", [1, 2, 5])
def test_one_formula_for_four_number_types(d: int) -> None:
    third = mp.mpf(1) / 3
    with precision(150):
        ball = chart.chart(d, Fraction(1, 3))
    assert inside(ball, oracle.chart(d, third))
    assert inside(ball, chart.chart(d, third))
    assert inside(ball, mp.mpf(str(sympy.N(chart.chart(d, sympy.Rational(1, 3)), 60))))
    interval = chart.chart(d, Interval(0.25, 0.5))
    assert float(interval.lo) <= oracle.chart(d, third) <= float(interval.hi)


def test_exact_sums_in_symbols() -> None:
    assert chart.power_sum(4, sympy.Integer(2)) == sympy.Rational(205, 144)
    assert chart.mean_log_rank(2, sympy.Integer(0)) == sympy.log(2) / 2
    assert sympy.simplify(chart.variance_log_rank(2, sympy.Integer(0)) - sympy.log(2) ** 2 / 4) == 0


@pytest.mark.parametrize("d", [2, 3])
def test_derivatives_of_the_chart(d: int) -> None:
    """D3: φ' = u(2α) and φ'' = −2 v(2α), identically in α."""
    alpha = sympy.Symbol("alpha", real=True)
    phi = chart.chart(d, alpha)
    assert sympy.simplify(sympy.diff(phi, alpha) - chart.mean_log_rank(d, 2 * alpha)) == 0
    assert sympy.simplify(sympy.diff(phi, alpha, 2) + 2 * chart.variance_log_rank(d, 2 * alpha)) == 0


@given(st.integers(2, 10), st.floats(-8, 30), st.floats(1e-3, 5))
def test_the_chart_increases_and_its_slope_decreases(d: int, low: float, step: float) -> None:
    a, b = flint.arb(low), flint.arb(low + step)
    with precision(256):
        assert chart.chart(d, a) < chart.chart(d, b)
        assert chart.mean_log_rank(d, 2 * a) > chart.mean_log_rank(d, 2 * b)
        assert chart.variance_log_rank(d, 2 * a) > 0


def test_one_rank_has_a_constant_chart() -> None:
    for alpha in (-3.0, 0.0, 7.5):
        assert chart.chart(1, alpha) == 0
        assert chart.mean_log_rank(1, alpha) == 0
    with pytest.raises(UsageError):
        chart.power_sum(0, 1.0)


sigmas = st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=8).map(lambda x: sorted(x, reverse=True))


@given(sigmas)
def test_top_radial_and_energies_contain_the_truth(sigma: list[float]) -> None:
    exact = [mp.mpf(x) for x in sigma]
    mass = mp.fsum(x * x for x in exact)
    balls = [flint.arb(x) for x in sigma]
    norm = sum((x * x for x in balls), flint.arb(0)).sqrt()
    r = chart.top_radial(balls[0], norm, len(sigma))
    assert inside(r, oracle.radial(exact))
    p = chart.energies(balls)
    for ball, x in zip(p, exact, strict=True):
        assert inside(ball, x * x / mass)
    for k in range(len(sigma) + 1):
        assert inside(flint.arb(chart.tail_energy(p, k)), mp.fsum(x * x for x in exact[k:]) / mass)


@given(st.lists(st.integers(0, 6), min_size=1, max_size=7), st.integers(0, 20))
def test_effective_rank_of_exact_energies(weights: list[int], tenth: int) -> None:
    if not sum(weights):
        return
    p = [sympy.Rational(w, sum(weights)) for w in sorted(weights, reverse=True)]
    eta = sympy.Rational(tenth - 2, 18)
    truth = next((r for r in range(len(p)) if sum(p[r:]) <= eta), len(p))
    assert chart.effective_rank(p, eta) == (truth, truth)


@given(sigmas, st.floats(0, 0.2), st.sampled_from([Fraction(1, 10), Fraction(1, 100), Fraction(1, 2)]))
def test_effective_rank_of_balls_encloses_that_of_their_points(sigma: list[float], rel: float, eta: Fraction) -> None:
    exact = [Fraction(x) for x in sigma]
    mass = sum(x * x for x in exact)
    truth = next(r for r in range(len(exact) + 1) if sum(x * x for x in exact[r:]) <= eta * mass)
    lower, upper = chart.effective_rank(
        chart.energies([hull_ball(x * (1 - rel) * (1 - 1e-15), x * (1 + rel) * (1 + 1e-15)) for x in sigma]), eta
    )
    assert lower <= truth <= upper


def test_effective_rank_does_not_decide_a_tie_of_balls() -> None:
    p = [flint.arb(0.75), hull_ball(0.25 - 1e-9, 0.25 + 1e-9)]
    assert chart.effective_rank(p, Fraction(1, 4)) == (1, 2)


def test_a_window_outside_the_spectrum_is_refused() -> None:
    for r in (-1, 3):
        with pytest.raises(UsageError):
            chart.tail_energy([flint.arb(1), flint.arb(0)], r)


def test_gaps() -> None:
    assert chart.gaps([sympy.Integer(5), sympy.Integer(3), sympy.Integer(3)]) == [2, 0]
    assert chart.gaps([flint.arb(1)]) == []
