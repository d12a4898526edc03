"""The fitted tail (E2): bounds hold at 60 digits, are attained, are the stated formulas, and refuse other sizes."""

from __future__ import annotations

import itertools

import flint
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from certify.errors import UsageError
from certify.geometry.spectrum.chart import gibbs
from certify.geometry.transport import fitted_tail
from certify.rigor.ball import precision
from tests.geometry.oracle import inside, mp

R = sympy.Rational


@given(st.lists(st.integers(0, 9), min_size=1, max_size=6).filter(any), st.integers(-8, 16), st.data())
def test_each_bounds_the_one_before(weights: list[int], eighths: int, data: st.DataObject) -> None:
    d, s = len(weights), eighths / 4
    r = data.draw(st.integers(0, d))
    p = [mp.mpf(w) / sum(weights) for w in weights]
    powers = [mp.power(k, -mp.mpf(s)) for k in range(1, d + 1)]
    g = [x / mp.fsum(powers) for x in powers]
    steps = [abs(x - y) for x, y in zip(p, g, strict=True)]
    truth = (
        abs(mp.fsum(p[r:]) - mp.fsum(g[r:])),
        min(mp.fsum(steps[:r]), mp.fsum(steps[r:])),
        mp.fsum(steps) / 2,
        mp.sqrt(abs(1 - mp.fsum(mp.sqrt(x * y) for x, y in zip(p, g, strict=True)) ** 2)),
    )
    assert all(a <= b + mp.mpf(10) ** -25 for a, b in itertools.pairwise(truth))
    with precision(128):
        balls = [flint.arb(w) / sum(weights) for w in weights], gibbs(d, flint.arb(s))
        found = (
            fitted_tail.tail_difference(*balls, r),
            fitted_tail.fitted_tail_bound(*balls, r),
            fitted_tail.total_variation(*balls),
        )
        assert all(map(inside, found, truth[:3]))
        # The root spreads what is uncertain about 1 − cos²θ near 0.
        assert fitted_tail.angle_sine(*balls).overlaps(flint.arb(float(truth[3]), 1e-14))


def test_the_bounds_are_attained_together() -> None:
    """All energies are twice or half of those of the fit: σ² = (4, 1, 1), s = 0."""
    p, g = [R(2, 3), R(1, 6), R(1, 6)], gibbs(3, sympy.Integer(0))
    assert fitted_tail.tail_difference(p, g, 1) == R(1, 3)
    assert fitted_tail.fitted_tail_bound(p, g, 1) == R(1, 3)
    assert fitted_tail.total_variation(p, g) == R(1, 3)
    assert sympy.simplify(fitted_tail.angle_sine(p, g) - R(1, 3)) == 0


def test_the_stated_formulas_in_symbols() -> None:
    p, g = [R(1, 2), R(1, 2), R(0)], [R(5, 8), R(1, 8), R(1, 4)]
    assert [fitted_tail.fitted_tail_bound(p, g, r) for r in range(4)] == [0, R(1, 8), R(1, 4), 0]
    assert fitted_tail.tail_difference(p, g, 1) == R(1, 8)
    assert fitted_tail.total_variation(p, g) == R(3, 8)
    assert fitted_tail.fitted_truncation_squared((2, 5), (3, 11), R(1, 5), R(1, 7)) == 9 * 5 * R(1, 5) + 11 * R(4, 7)


def test_other_sizes_are_refused() -> None:
    one, two = [sympy.Integer(1)], [R(1, 2), R(1, 2)]
    for bound in (fitted_tail.total_variation, fitted_tail.angle_sine):
        with pytest.raises(ValueError, match="shorter"):
            bound(two, one)
    with pytest.raises(UsageError):
        fitted_tail.tail_difference(two, two, 3)
    with pytest.raises(UsageError):
        fitted_tail.fitted_tail_bound(two, two, -1)


def test_equal_energies_have_no_angle() -> None:
    third = [flint.arb(1) / 3] * 3
    sine = fitted_tail.angle_sine(third, third)
    assert sine.contains(0)
    assert sine < 1e-6
