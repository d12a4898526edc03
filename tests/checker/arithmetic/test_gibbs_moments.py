"""The chart by zeta functions against sums of mpmath, and the exponents' proofs."""

from __future__ import annotations

import flint
import mpmath as mp
import numpy as np
import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

from certify.checker.arithmetic import gibbs_moments
from certify.checker.arithmetic.exponents import kl_fault, log_log_fault, top_radial_fault
from certify.checker.arithmetic.gibbs_moments import chart, gibbs, logarithms, powers
from certify.checker.arithmetic.hellinger import hellinger_fault
from certify.checker.arithmetic.rounding import above, below
from certify.verdict import Enclosure


@pytest.fixture(autouse=True)
def precision():
    with flint.ctx.workprec(96):
        yield


def encloses(found, truth):
    slack = (abs(truth) + 1) * mp.mpf(10) ** -40
    return mp.mpf(below(found)) - slack <= truth <= mp.mpf(above(found)) + slack


def moments(d, s):
    weights = [mp.mpf(k) ** -mp.mpf(s) for k in range(1, d + 1)]
    logs = [mp.log(k) for k in range(1, d + 1)]
    total = mp.fsum(weights)
    mean = mp.fsum(w * x for w, x in zip(weights, logs, strict=True)) / total
    return total, mean, mp.fsum(w * (x - mean) ** 2 for w, x in zip(weights, logs, strict=True)) / total


@given(st.integers(1, 80), st.one_of(st.floats(-6, 30), st.sampled_from([1.0, 0.0, 2.0, 1 + 2**-52, 1 - 2**-53, -1.0])))
def test_moments_are_enclosed(d, s):
    with mp.workdps(60):
        found = gibbs(d, s)
        total, *others = moments(d, s)
        for ball, truth in zip(
            (found.log_partition, found.mean, found.variance), (mp.log(total), *others), strict=True
        ):
            assert encloses(ball, truth)
            assert ball.rad() < 1e-12 * (1 + abs(float(truth)))
        assert encloses(chart(d, s / 2), (mp.log(d) - mp.log(moments(d, s)[0])) / 2)


@given(st.integers(2, 80), st.floats(8, 900))
def test_moments_at_steep_exponents_are_known_relative_to_themselves(d, s):
    with mp.workdps(600):
        found = gibbs(d, s)
        total, *others = moments(d, s)
        for ball, truth in zip(
            (found.log_partition, found.mean, found.variance), (mp.log(total), *others), strict=True
        ):
            assert encloses(ball, truth)
            assert ball.rad() <= 1e-12 * abs(ball.mid())


def test_a_ball_around_the_pole_is_summed_directly():
    found = gibbs(9, arb(1).union(arb(1.25)))
    with mp.workdps(60):
        for s in (1, 1.125, 1.25):
            assert encloses(found.log_partition, mp.log(moments(9, s)[0]))
            assert encloses(found.mean, moments(9, s)[1])


@given(st.integers(1, 60), st.floats(-3, 9))
def test_powers_and_logarithms(d, alpha):
    with mp.workdps(60):
        for k, (x, w) in enumerate(zip(logarithms(d), powers(d, alpha), strict=True), start=1):
            assert encloses(x, mp.log(k))
            assert encloses(w, mp.mpf(k) ** -mp.mpf(alpha))


def law(d, alpha, noise=0.0, seed=0):
    """Singular values near a power law, as exact balls, and the floats."""
    sigma = np.arange(1, d + 1) ** -alpha * np.exp(noise * np.random.default_rng(seed).standard_normal(d))
    sigma = np.sort(sigma)[::-1]
    return sigma, [arb(float(x)) for x in sigma]


def around(x, half=5e-12):
    return Enclosure(float(x) - half, float(x) + half)


def tried(fault, x, half=5e-12, reach=0.3):
    """Accepted around the root; refused when the interval lies beside it or is far too wide."""
    assert fault(around(x, half)) == ""
    assert "not proved" in fault(around(x + 3 * half, half))
    assert "not proved" in fault(around(x - 3 * half, half))
    assert "wider" in fault(Enclosure(float(x) - reach, float(x) + half))
    assert "wider" in fault(Enclosure(float(x) - half, float(x) + reach))


@pytest.mark.parametrize("d", [2, 3, 17, 64])
@pytest.mark.parametrize("alpha", [0.05, 0.5, 1.3])
def test_exponents_of_noisy_laws(d, alpha):
    sigma, balls = law(d, alpha, 0.1)
    logs = np.log(np.arange(1, d + 1))
    with mp.workdps(40):
        p = [mp.mpf(x) ** 2 for x in sigma]
        radial = mp.log(mp.mpf(sigma[0]) / mp.sqrt(mp.fsum(p) / d))
        root = mp.findroot(lambda a: (mp.log(d) - mp.log(moments(d, 2 * a)[0])) / 2 - radial, float(alpha))
        r = Enclosure(float(radial) - 1e-15, float(radial) + 1e-15)
        tried(lambda e: top_radial_fault(d, r, e), root)
        mean = mp.fsum(q * mp.log(k) for k, q in enumerate(p, start=1)) / mp.fsum(p)
        root = mp.findroot(lambda a: moments(d, 2 * a)[1] - mean, float(alpha))
        tried(lambda e: kl_fault(balls, e), root)
        centre = logs - logs.mean()
        root = -(centre @ np.log(sigma)) / (centre @ centre)
        tried(lambda e: log_log_fault(balls, e), root)
        root = maximizer(sigma)
        tried(lambda e: hellinger_fault(balls, e), root, reach=1e-4)


def affinity(sigma, alpha):
    d = len(sigma)
    total = mp.fsum(mp.mpf(float(x)) * mp.mpf(k) ** -alpha for k, x in enumerate(sigma, start=1))
    return mp.log(total) - mp.log(moments(d, 2 * alpha)[0]) / 2


def maximizer(sigma):
    """By search on a grid and Newton's method; the grid makes it the global one."""
    grid = [mp.mpf(i) / 20 for i in range(200)]
    best = max(grid, key=lambda a: affinity(sigma, a))
    return mp.findroot(lambda a: mp.diff(lambda b: affinity(sigma, b), a), best)


def test_uncertain_singular_values_need_wider_exponents():
    sigma, _ = law(20, 0.6, 0.1)
    balls = [arb(float(x), 1e-6) for x in sigma]
    with mp.workdps(40):
        root = maximizer(sigma)
        assert "not proved" in hellinger_fault(balls, around(root, 1e-8))
        assert hellinger_fault(balls, around(root, 1e-5)) == ""
        assert "not proved" in kl_fault(balls, around(root, 1e-8))


def test_rival_maxima_are_not_overlooked():
    """Half of the energy in the first rank and the rest spread evenly: f rises again to infinity (d = 10^6 in the
    prover's docstring); here a step spectrum with two maxima, of which the lower one is offered."""
    sigma = two_humps()
    balls = [arb(float(x)) for x in sigma]
    with mp.workdps(30):
        peaks = local_maxima(sigma)
        assert len(peaks) == 2
        best = max(peaks, key=lambda a: affinity(sigma, a))
        other = min(peaks, key=lambda a: affinity(sigma, a))
        assert hellinger_fault(balls, around(best, 1e-10)) == ""
        assert "not proved" in hellinger_fault(balls, around(other, 1e-10))


def two_humps():
    sigma = np.full(3000, 1.0)
    sigma[0] = 32.0
    return sigma


def local_maxima(sigma):
    d = len(sigma)
    x = np.log(np.arange(1, d + 1))
    grid = np.linspace(0.001, 6, 3000)
    slope = []
    for a in grid:
        g, n = np.exp(-2 * a * x), sigma * np.exp(-a * x)
        slope.append((g @ x) / g.sum() - (n @ x) / n.sum())
    slope = np.array(slope)
    places = np.flatnonzero((slope[:-1] > 0) & (slope[1:] <= 0))
    found = []
    for i in places:
        low, high = grid[i], grid[i + 1]
        for _ in range(60):
            mid = (low + high) / 2
            g, n = np.exp(-2 * mid * x), sigma * np.exp(-mid * x)
            low, high = (mid, high) if (g @ x) / g.sum() > (n @ x) / n.sum() else (low, mid)
        found.append(mp.mpf(low))
    return found


def test_the_zeta_functions_are_what_is_used(monkeypatch):
    """Away from the pole, and on it, nothing is summed term by term."""
    monkeypatch.setattr(gibbs_moments, "_direct", None)
    with mp.workdps(60):
        for s in (1.0, 0.625, 3.5):
            assert encloses(gibbs(37, s).log_partition, mp.log(moments(37, s)[0]))
