"""Bounds of rounding.py against exact rational values; tiny shapes, where a missing term shows, come first."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from certify.errors import UsageError
from certify.rigor import rounding
from certify.rigor.exact import float_up
from certify.rigor.rounding import ETA, U, dot_bounds, gamma, norm_down, norm_up, sum_down, sum_up
from tests.strategies.intervals import MAX, SPECIAL, TINY, floats

BINARY = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
}


@pytest.mark.parametrize("k", [1, 2, 3, 10, 1000, 2**20 + 1, 2**52, 2**53 - 1])
def test_gamma_is_an_upper_bound(k):
    exact = Fraction(k) * Fraction(U) / (1 - k * Fraction(U))
    assert exact <= gamma(k) <= exact * (1 + Fraction(1, 2**50))


def test_gamma_at_the_ends():
    assert gamma(0) == 0
    assert gamma(2**53) == math.inf
    with pytest.raises(UsageError):
        gamma(-1)


def _pairs(name, n):
    rng = np.random.default_rng(1)
    grid = np.array(np.meshgrid(SPECIAL, SPECIAL)).reshape(2, -1)
    x, y = np.append(floats(rng, n), grid[0]), np.append(floats(rng, n), grid[1])
    return x, np.where(y == 0, 3.0, y) if name == "div" else y


@pytest.mark.parametrize("name", BINARY)
def test_binary_bounds(name):
    x, y = _pairs(name, 5000)
    low, high = getattr(rounding, f"{name}_down")(x, y), getattr(rounding, f"{name}_up")(x, y)
    for a, b, below, above in zip(x.tolist(), y.tolist(), low.tolist(), high.tolist(), strict=True):
        assert below <= BINARY[name](Fraction(a), Fraction(b)) <= above


@pytest.mark.parametrize("name", BINARY)
def test_a_bound_without_its_last_step_is_seen(name, monkeypatch):
    monkeypatch.setattr(rounding, "_above", lambda result, exact: result)
    x, y = _pairs(name, 300)
    high = getattr(rounding, f"{name}_up")(x, y)
    assert any(
        BINARY[name](Fraction(a), Fraction(b)) > above
        for a, b, above in zip(x.tolist(), y.tolist(), high.tolist(), strict=True)
    )


def test_a_flushed_result_is_bounded():
    """What flush-to-zero hardware would return for a subnormal result is bounded by the same last step."""
    rng = np.random.default_rng(9)
    values = [Fraction(int(m), 2**1100) * (-1) ** int(s) for m, s in rng.integers(1, 2**53, (500, 2))]
    assert all(abs(v) < Fraction(ETA) * 2 for v in values)
    for value in values:
        flushed = float(value) if abs(value) >= Fraction(ETA) else math.copysign(0.0, value)
        assert -rounding._above(-flushed, lambda: False) <= value <= rounding._above(flushed, lambda: False)


def test_sqrt_bounds():
    x = np.append(np.abs(floats(np.random.default_rng(4), 3000)), np.abs(SPECIAL))
    low, high = rounding.sqrt_down(x), rounding.sqrt_up(x)
    for a, below, above in zip(x.tolist(), low.tolist(), high.tolist(), strict=True):
        assert Fraction(below) ** 2 <= a <= Fraction(above) ** 2
    assert math.isnan(rounding.sqrt_up(-1.0))


def test_ldexp_bounds():
    rng = np.random.default_rng(5)
    x, e = floats(rng, 3000), rng.integers(-2200, 2200, 3000).astype(np.int32)
    low, high = rounding.ldexp_down(x, e), rounding.ldexp_up(x, e)
    for a, k, below, above in zip(x.tolist(), e.tolist(), low.tolist(), high.tolist(), strict=True):
        assert below <= Fraction(a) * Fraction(2) ** k <= above


def _samples(seed=11, wild=True):
    rng = np.random.default_rng(seed)
    for n in [1, 2, 2, 2, 2, 3, 3, 4, 5, 8, 33] * 30:
        yield from (floats(rng, n), rng.standard_normal(n), TINY * rng.integers(-9, 9, n)) if wild else (rng.random(n),)


def _sum_violations(samples):
    wrong = 0
    for x in samples:
        exact = sum(map(Fraction, x.tolist()), Fraction(0))
        wrong += not sum_down(x) <= exact <= sum_up(x)
    return wrong


def _norm_violations(samples):
    wrong = 0
    for x in samples:
        exact = sum((Fraction(v) ** 2 for v in x.tolist()), Fraction(0))
        low, high = norm_down(x), norm_up(x)
        wrong += not (low >= 0 and Fraction(low) ** 2 <= exact and (high == math.inf or exact <= Fraction(high) ** 2))
    return wrong


def _dot_violations(samples):
    wrong = 0
    for x in samples:
        for y in (x[::-1], 1 / (3 + np.abs(x))):
            exact = sum((Fraction(a) * Fraction(b) for a, b in zip(x.tolist(), y.tolist(), strict=True)), Fraction(0))
            low, high = dot_bounds(x, y)
            wrong += not low <= exact <= high
    return wrong


@pytest.mark.parametrize("count", [_sum_violations, _norm_violations, _dot_violations])
def test_reductions_bound_the_exact_value(count):
    assert count(_samples()) == 0


@pytest.mark.parametrize("count", [_sum_violations, _norm_violations, _dot_violations])
def test_a_missing_gamma_is_seen(count, monkeypatch):
    """Without γ_k only the last roundings are left, which the many terms of a long sum exceed."""
    monkeypatch.setattr(rounding, "gamma", lambda k: 0.0)
    monkeypatch.setattr(rounding, "add_up", np.add)
    monkeypatch.setattr(rounding, "sub_down", np.subtract)
    monkeypatch.setattr(rounding, "sqrt_up", np.sqrt)
    monkeypatch.setattr(rounding, "sqrt_down", np.sqrt)
    assert count(_samples(wild=False)) > 0


def test_a_missing_underflow_term_is_seen(monkeypatch):
    """Squares of numbers near 1e-165 underflow; beside a large entry of another slice they are not scaled away."""
    x = np.full((2, 3), 2.0**-400)
    x[1] = 1.3 * 2.0**-399
    x[0, 1:] = 2.0**-700
    assert _norm_violations(list(x)) == 0
    y = np.array([1.0, 2.0**-537, 2.0**-537])
    exact = 1 + 2 * Fraction(2) ** -1074
    assert Fraction(norm_up(y)) ** 2 >= exact
    # Scaled by its largest entry, 2^-600 beside 2^500 vanishes; the other factor is as large as it may be unscaled.
    low, high = dot_bounds(np.array([2.0**500, 2.0**-600]), np.array([0.0, 2.0**399]))
    assert low <= Fraction(2) ** -201 <= high
    products = np.array([2.0**-540, 2.0**-540])
    low, high = dot_bounds(products, products)
    assert low <= 2 * Fraction(2) ** -1080 <= high
    monkeypatch.setattr(rounding, "ETA", 0.0)
    monkeypatch.setattr(rounding, "_SAFE_EXPONENT", 2000)
    low, high = dot_bounds(products, products)
    assert not low <= 2 * Fraction(2) ** -1080 <= high


def test_axes_and_shapes():
    rng = np.random.default_rng(3)
    x = rng.standard_normal((4, 5, 6)) * 10.0 ** rng.integers(-300, 300, (4, 5, 6))
    for axis in (0, 1, 2, -1, (0, 2), None):
        low, high = norm_down(x, axis), norm_up(x, axis)
        assert np.shape(high) == np.sum(x, axis=axis).shape
        assert np.all(low <= high)
        assert np.all(high <= low * (1 + 1e-12))
        assert np.all(sum_down(x, axis) <= sum_up(x, axis))
    assert norm_up(np.zeros((0, 3))) == 0
    assert norm_up(np.zeros((0, 3)), 0).tolist() == [0, 0, 0]
    assert sum_up(np.zeros(0)) == 0
    low, high = dot_bounds(x[0], x[0, 0])
    assert low.shape == high.shape == (5,)


def test_columns_keep_relative_accuracy():
    """Each slice is scaled by itself: a column of 1e-290 beside one of 1e+290 is bounded as tightly."""
    x = np.array([[3e-290, 3e290], [4e-290, 4e290]])
    assert np.all(norm_up(x, 0) <= norm_down(x, 0) * (1 + 1e-14))


def test_zero_stays_zero():
    for f in (norm_up, norm_down, sum_up, sum_down):
        assert f(np.zeros(7)) == 0
    assert rounding.mul_up(0.0, 5.0) == rounding.add_up(2.0, -2.0) == 0


def test_nan_and_infinity_are_never_bounded():
    nan, inf = math.nan, math.inf
    for x in (np.array([1.0, nan]), np.array([nan, inf]), np.array([nan])):
        for f in (norm_up, norm_down, sum_up, sum_down):
            assert math.isnan(f(x))
        assert all(map(math.isnan, dot_bounds(x, np.ones_like(x))))
    for name in BINARY:
        assert math.isnan(getattr(rounding, f"{name}_up")(nan, 1.0))
        assert math.isnan(getattr(rounding, f"{name}_down")(1.0, nan))
    assert norm_up(np.array([1.0, inf])) == inf
    assert not sum_up(np.array([1.0, inf])) < inf
    assert rounding.div_up(1.0, 0.0) == inf
    assert rounding.div_down(-1.0, 0.0) == -inf


def test_overflow_is_on_the_safe_side():
    x = np.full(4, MAX)
    assert norm_up(x) == math.inf
    assert MAX <= norm_down(x) < math.inf
    assert sum_up(-x) < 0
    assert sum_down(-x) == -math.inf
    assert rounding.mul_down(MAX, 2.0) == MAX
    assert norm_up(np.array([MAX])) == MAX
    assert norm_up(np.array([MAX, 0.0])) >= float_up(Fraction(MAX))


def test_steps():
    assert rounding.up(MAX) == math.inf
    assert rounding.down(0.0) == -TINY
    assert rounding.up(np.array([1.0])).tolist() == [1 + 2 * U]
