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


def test_both_ends_at_once_are_those_of_single_operations():
    """Where the short way serves it agrees in every bit; it serves ordinary numbers and refuses all others."""
    rng = np.random.default_rng(1)
    x = np.abs(np.append(floats(rng, N), rng.standard_normal(N)))
    y = np.abs(np.append(floats(rng, N), rng.standard_normal(N)))
    ordinary = [np.where((v >= 2.0**-450) & (v <= 2.0**450), v, 1.5) for v in (x, y)]
    a, b = (np.sort(np.stack([v, rng.permutation(v)]), axis=0) for v in ordinary)
    a[:, :9] = 0.0
    pairs = [
        (_directed.outward_sum(a, b), _directed.add(a, b)),
        (_directed.outward_sum(a, -b[::-1]), _directed.add(a, -b[::-1])),
        (_directed.outward_product(a, b), _directed.mul(a, b)),
        (_directed.outward_quotient(a, b), _directed.div(a, b[::-1])),
        (_directed.outward_root(a), _directed.sqrt(a)),
    ]
    for found, rounded in pairs:
        assert found is not None
        assert np.array_equal(found[0], _directed.nearest_down(rounded)[0])
        assert np.array_equal(found[1], _directed.nearest_up(rounded)[1])


@pytest.mark.parametrize("odd", [math.nan, math.inf, -1.0, 2.0**-451, 2.0**451])
def test_what_is_not_ordinary_is_left_to_single_operations(odd):
    a, b = np.array([[1.0, odd], [1.0, odd]]), np.ones((2, 2))
    assert _directed.outward_product(a, b) is None
    assert _directed.outward_product(b, a) is None
    assert _directed.outward_quotient(a, b) is None
    assert _directed.outward_quotient(b, a) is None
    assert _directed.outward_root(a) is None
    assert _directed.outward_quotient(b, 0 * b) is None
    if not abs(odd) < 2.0**1000:
        assert _directed.outward_sum(a, b) is None
        assert _directed.outward_sum(b, a) is None
