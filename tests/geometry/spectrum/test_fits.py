"""Charts: exponents of exact and of enclosed spectra against 60 digits, and the cases without an exponent."""

from __future__ import annotations

import itertools
import math

import flint
import pytest
import sympy
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from certify.geometry.spectrum import chart, fits
from certify.rigor.ball import hull_ball, precision
from tests.geometry import oracle
from tests.geometry.oracle import inside, mp


def every_fit(sigma: list[flint.arb]) -> dict[str, fits.Fit]:
    norm = sum((x * x for x in sigma), flint.arb(0)).sqrt()
    r = chart.top_radial(sigma[0], norm, len(sigma))
    return {name: fits.fit_chart(name, sigma, r) for name in fits.CHARTS}


ratios = st.lists(st.floats(0.02, 1), min_size=1, max_size=6)


@settings(max_examples=20)
@given(ratios)
def test_exponents_contain_the_truth(steps: list[float]) -> None:
    sigma = [1.0]
    for step in steps:
        sigma.append(sigma[-1] * step)
    exact = [mp.mpf(x) for x in sigma]
    for name, fit in every_fit([flint.arb(x) for x in sigma]).items():
        assert not fit.cause
        assert inside(fit.alpha, oracle.FITS[name](exact)), name
        assert float(fit.alpha.rad()) < 1e-9


@settings(max_examples=20)
@given(ratios, st.floats(1e-14, 1e-3), st.lists(st.floats(-1, 1), min_size=7, max_size=7))
def test_enclosed_spectra_enclose_the_exponent_of_every_member(
    steps: list[float], rel: float, places: list[float]
) -> None:
    sigma = [1.0]
    for step in steps:
        sigma.append(sigma[-1] * step)
    balls = [hull_ball(x * (1 - rel), x * (1 + rel)) for x in sigma]
    low = [mp.mpf(x * (1 - rel)) for x in sigma]
    high = [mp.mpf(x * (1 + rel)) for x in sigma]
    member = [a + (b - a) * (1 + mp.mpf(t)) / 2 for a, b, t in zip(low, high, places, strict=False)]
    assume(all(a >= b for a, b in itertools.pairwise(member)))
    for name, fit in every_fit(balls).items():
        if not fit.cause:
            assert inside(fit.alpha, oracle.FITS[name](member)), name


@pytest.mark.parametrize("d", [2, 3, 9, 64])
@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0, 3.0])
def test_an_exact_power_law_has_its_own_exponent_in_every_chart(d: int, alpha: float) -> None:
    with precision(128):
        found = every_fit([(flint.arb(k).log() * -alpha).exp() for k in range(1, d + 1)])
    for name, fit in found.items():
        assert not fit.cause, (name, fit.cause)
        assert fit.alpha.contains(flint.arb(alpha)), name
        assert float(fit.alpha.rad()) < 1e-12


def test_the_top_radial_chart_reaches_negative_exponents() -> None:
    fit = fits.fit_top_radial(chart.chart(5, -2.5), 5)
    assert fit.alpha.contains(-2.5)


def test_rank_one_has_no_exponent() -> None:
    for d in (2, 5):
        for name, fit in every_fit([flint.arb(2)] + [flint.arb(0)] * (d - 1)).items():
            assert "logarithm" in fit.cause if name == "log_log" else "rank one" in fit.cause
            assert fit.alpha.is_nan()


def test_one_rank_fits_every_exponent_and_says_so() -> None:
    for fit in every_fit([flint.arb(3)]).values():
        assert "every exponent" in fit.cause
        assert fit.alpha.is_nan()


def test_an_unknown_singular_value_gives_no_exponent() -> None:
    for broken in (flint.arb.nan(), flint.arb(0, 1)):
        for name, fit in every_fit([flint.arb(1), broken]).items():
            assert fit.cause, name


def test_rank_deficiency_leaves_the_charts_that_do_not_take_its_logarithm() -> None:
    found = every_fit([flint.arb(3), flint.arb(2), flint.arb(0)])
    assert found["log_log"].cause
    exact = [mp.mpf(3), mp.mpf(2), mp.mpf(0)]
    for name in ("top_radial", "kl", "hellinger"):
        assert inside(found[name].alpha, oracle.FITS[name](exact)), name


def test_steep_spectra_keep_an_exponent() -> None:
    sigma = [(flint.arb(k).log() * -30).exp() for k in range(1, 6)]
    found = every_fit(sigma)
    for name in fits.CHARTS:
        assert found[name].alpha.contains(30), name


@given(st.integers(2, 9), st.floats(-2, 6), st.floats(0, 2))
def test_the_residual_is_signed_and_encloses_the_truth(d: int, alpha: float, r: float) -> None:
    truth = mp.mpf(r) - oracle.chart(d, mp.mpf(alpha))
    assert inside(fits.residual(flint.arb(r), d, flint.arb(alpha)), truth)


def test_log_log_slope_in_symbols() -> None:
    a = sympy.Symbol("a", real=True)
    sigma = [sympy.exp(-a * sympy.log(k)) for k in (1, 2, 3)]
    slope = fits.log_log_slope(sigma).subs(a, sympy.Rational(7, 3))
    assert abs(sympy.N(slope - sympy.Rational(7, 3), 50)) < 1e-45


def test_exponents_of_a_thousand_ranks() -> None:
    d = 1024
    sigma = [
        hull_ball(x * (1 - 1e-12), x * (1 + 1e-12)) for x in (math.exp(-k / 300) / k**0.3 for k in range(1, d + 1))
    ]
    found = every_fit(sigma)
    for name, fit in found.items():
        assert not fit.cause, name
        assert float(fit.alpha.rad()) < 1e-9
    mean = chart.tilted_mean_log_rank([x * x for x in sigma], 0)
    assert chart.mean_log_rank(d, 2 * found["kl"].alpha).overlaps(mean)
