"""Directed operations return exactly the two neighbouring floats, judged by rational arithmetic."""

from __future__ import annotations

import math
import operator
from fractions import Fraction

import numpy as np
import pytest

from certify.errors import InternalError
from certify.rigor import _directed
from certify.rigor.exact import float_down, float_up
from tests.strategies.intervals import SPECIAL, floats

N = 10_000


@pytest.fixture(autouse=True)
def _quiet():
    with np.errstate(all="ignore"):
        yield


def near_limits(rng: np.random.Generator, count: int) -> np.ndarray:
    """Floats at and around the limits inside which nothing is scaled, of few and of many bits, and zeros."""
    exponents = rng.choice([-1074, -1040, -961, -960, -959, -510, -480, -1, 0, 1, 480, 498, 994, 995, 996, 1019], count)
    mantissas = 1 + rng.integers(0, 2**52, count) * 2.0**-52 * rng.integers(0, 2, count)
    found = np.ldexp(mantissas * rng.choice([-1.0, 1.0], count), exponents)
    found[rng.integers(0, count, count // 50)] = 0.0
    return found


@pytest.mark.parametrize(
    ("name", "exact"),
    [("add", operator.add), ("mul", operator.mul), ("div", operator.truediv)],
    ids=["add", "mul", "div"],
)
def test_binary_operations_are_correctly_rounded(name, exact):
    rng = np.random.default_rng(754)
    grid = np.array(np.meshgrid(SPECIAL, SPECIAL)).reshape(2, -1)
    x, y = np.append(floats(rng, N), grid[0]), np.append(floats(rng, N), grid[1])
    if name == "div":
        y = np.where(y == 0, 7.0, y)
    rounded = getattr(_directed, name)(x, y)
    low, high = _directed.nearest_down(rounded), _directed.nearest_up(rounded)
    for a, b, below, above in zip(x.tolist(), y.tolist(), low.tolist(), high.tolist(), strict=True):
        value = exact(Fraction(a), Fraction(b))
        assert (below, above) == (float_down(value), float_up(value))


@pytest.mark.parametrize("name", ["add", "mul", "div"])
@pytest.mark.parametrize("together", [1, 40])
def test_numbers_inside_the_range_are_rounded_as_they_are(name, together):
    """A number outside sends its whole array another way; so few at a time, and single ones at the very limits."""
    rng = np.random.default_rng(960)
    exact = {"add": operator.add, "mul": operator.mul, "div": operator.truediv}[name]
    for _ in range(4000 // together):
        x, y = near_limits(rng, together), near_limits(rng, together)
        if together > 1:
            inside = np.ldexp(1.0, rng.integers(-470, 470, 2))
            x, y = rng.standard_normal(together) * inside[0], rng.standard_normal(together) * inside[1]
            x[::7] = y[3::7] = 0.0
        y = np.where(y == 0, 7.0, y) if name == "div" else y
        rounded = getattr(_directed, name)(x, y)
        low, high = _directed.nearest_down(rounded), _directed.nearest_up(rounded)
        for a, b, below, above in zip(x.tolist(), y.tolist(), low.tolist(), high.tolist(), strict=True):
            value = exact(Fraction(a), Fraction(b))
            assert (below, above) == (float_down(value), float_up(value)), (a, b)


def test_single_roots_are_correctly_rounded():
    for a in np.abs(near_limits(np.random.default_rng(754), 2000)):
        rounded = _directed.sqrt(a)
        below, above = float(_directed.nearest_down(rounded)), float(_directed.nearest_up(rounded))
        square = Fraction(below) ** 2
        assert square <= Fraction(float(a)) <= Fraction(above) ** 2
        assert above == (below if square == Fraction(float(a)) else math.nextafter(below, math.inf))


def test_roots_are_correctly_rounded():
    x = np.append(np.abs(floats(np.random.default_rng(754), N)), np.abs(SPECIAL))
    rounded = _directed.sqrt(x)
    low, high = _directed.nearest_down(rounded), _directed.nearest_up(rounded)
    for a, below, above in zip(x.tolist(), low.tolist(), high.tolist(), strict=True):
        square = Fraction(below) ** 2
        assert square <= a <= Fraction(above) ** 2
        assert above == (below if square == a else math.nextafter(below, math.inf))


def test_the_product_is_split_without_error():
    rng = np.random.default_rng(2)
    a, b = rng.standard_normal(N), rng.standard_normal(N)
    p, e = _directed.two_product(a, b)
    for x, y, high, low in zip(a.tolist(), b.tolist(), p.tolist(), e.tolist(), strict=True):
        assert Fraction(x) * Fraction(y) == Fraction(high) + Fraction(low)


def test_infinite_end_points():
    inf = math.inf
    assert _directed.nearest_down(_directed.mul(0.0, -inf)) == 0
    assert _directed.nearest_up(_directed.div(1.0, inf)) == 0
    assert _directed.nearest_down(_directed.add(-inf, 1.0)) == -inf
    assert _directed.nearest_up(_directed.sqrt(inf)) == inf


@pytest.mark.parametrize(("name", "value"), [("ETA", 0.0), ("U", 2.0**-52)])
def test_foreign_arithmetic_is_refused(name, value, monkeypatch):
    """Flush-to-zero and another rounding change what these probes evaluate to; the check notices the probe's value."""
    _directed.check_environment()
    monkeypatch.setattr(_directed, name, value)
    with pytest.raises(InternalError, match="IEEE 754"):
        _directed.add(1.0, 2.0)
