"""Hellinger projection: the global maximizer of the affinity, also where there are two local ones."""

from __future__ import annotations

import flint
import pytest
from hypothesis import given
from hypothesis import strategies as st

from certify.geometry.spectrum import hellinger
from certify.rigor.ball import hull_ball
from tests.geometry import oracle
from tests.geometry.oracle import inside, mp

D = 256


def plateau(low: float, high: float) -> list[flint.arb]:
    """One large singular value and 255 of one smaller size."""
    return [flint.arb(1)] + [hull_ball(low, high)] * (D - 1)


@pytest.mark.parametrize(("epsilon", "left"), [(0.047, False), (0.0525, True), (0.06, True)])
def test_the_larger_of_two_maxima_is_found(epsilon: float, left: bool) -> None:
    fit = hellinger.maximize_affinity(plateau(epsilon, epsilon))
    assert not fit.cause
    assert (fit.alpha < 1) is left
    assert (fit.alpha > 3) is not left
    exact = [mp.mpf(1)] + [mp.mpf(epsilon)] * (D - 1)
    other = mp.mpf("3.6") if left else mp.mpf("0.65")
    middle = oracle.exact(fit.alpha.mid())
    assert oracle.affinity(exact, middle) > oracle.affinity(exact, other)
    step = mp.mpf("1e-9")
    assert oracle.affinity(exact, middle) > max(oracle.affinity(exact, middle + t) for t in (-step, step))


@pytest.mark.parametrize(("low", "high"), [(0.0493, 0.0495), (0.0485, 0.0505)])
def test_two_maxima_that_cannot_be_ranked_are_both_enclosed(low: float, high: float) -> None:
    fit = hellinger.maximize_affinity(plateau(low, high))
    assert fit.cause
    assert fit.alpha.contains(0.62)
    assert fit.alpha.contains(3.65)


def test_a_badly_known_spectrum_gets_a_hull_and_a_cause() -> None:
    fit = hellinger.maximize_affinity([flint.arb(4, 0.1), flint.arb(2, 0.5), flint.arb(1, 0.5)])
    assert fit.cause
    for member in ((4, 2, 1), (4, 2.5, 1.5), (4, 1.5, 0.5)):
        assert inside(fit.alpha, oracle.fit_hellinger([mp.mpf(x) for x in member]))


def test_a_flat_spectrum_has_exponent_zero() -> None:
    for d in (2, 3, 50):
        fit = hellinger.maximize_affinity([flint.arb(7)] * d)
        assert not fit.cause
        assert fit.alpha.contains(0)
        assert float(fit.alpha.rad()) < 1e-12


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6), st.floats(-3, 3))
def test_slope_and_affinity_contain_the_truth(steps: list[float], alpha: float) -> None:
    sigma = [1.0]
    for step in steps:
        sigma.append(sigma[-1] * step)
    exact, a = [mp.mpf(x) for x in sigma], mp.mpf(alpha)
    balls, ball = [flint.arb(x) for x in sigma], flint.arb(alpha)
    weights = [x * mp.power(k + 1, -a) for k, x in enumerate(exact)]
    mean = mp.fsum(w * mp.log(k + 1) for k, w in enumerate(weights)) / mp.fsum(weights)
    assert inside(hellinger.affinity_slope(balls, ball), oracle.moment(len(exact), 2 * a, 1) - mean)
    norm = mp.sqrt(mp.fsum(x * x for x in exact))
    assert inside(hellinger.log_affinity(balls, ball), mp.log(oracle.affinity(exact, a) * norm))


def curvature(sigma: list[oracle.Real], alpha: oracle.Real) -> oracle.Real:
    """f'' = Var_ν − 2 v_d(2α)."""
    weights = [x * mp.power(k + 1, -alpha) for k, x in enumerate(sigma)]
    mass = mp.fsum(weights)
    mean, square = (mp.fsum(w * mp.log(k + 1) ** n for k, w in enumerate(weights)) / mass for n in (1, 2))
    d = len(sigma)
    return square - mean**2 - 2 * (oracle.moment(d, 2 * alpha, 2) - oracle.moment(d, 2 * alpha, 1) ** 2)


def test_boxes_called_concave_are_concave() -> None:
    search = hellinger._Search(plateau(0.05, 0.05))
    sigma = [mp.mpf(1)] + [mp.mpf(0.05)] * (D - 1)
    proved = 0
    for k in range(40):
        for half in (0.0, 0.01, 0.1, 1.0):
            centre = k / 10
            if search.concave(centre - half, centre + half):
                proved += 1
                assert all(curvature(sigma, mp.mpf(centre + t * half)) < 0 for t in (-1, 0, 1))
    assert proved > 20
    convex = [k / 10 for k in range(40) if curvature(sigma, mp.mpf(k / 10)) > 0]
    assert convex
    assert not search.concave(0.3, 4.0)
    assert not any(search.concave(x - half, x + half) for x in convex for half in (0.0, 0.01, 0.25))


def test_boxes_left_over_hold_the_maximum() -> None:
    search = hellinger._Search(plateau(0.05, 0.05))
    left = search.leftover(0.0, 8.0, search.value(0.5))
    fit = hellinger.maximize_affinity(plateau(0.05, 0.05))
    assert any(fit.alpha.overlaps(hull_ball(a, b)) for a, b in left)
    low, high = search.slope_range(0.5, 0.75)
    for point in (0.5, 0.6, 0.75):
        slope = search.slope(point)
        assert low.lower() <= slope <= high.upper()


def test_a_vanishing_second_value_is_refused() -> None:
    for second in (flint.arb(0), hull_ball(0.0, 1e-300), flint.arb.nan()):
        fit = hellinger.maximize_affinity([flint.arb(1), second])
        assert fit.alpha.is_nan()
        assert "rank one" in fit.cause
