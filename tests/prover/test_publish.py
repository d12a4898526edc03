"""Publishing: outward, wide enough, on the grid; margins exact."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from certify.certificate import publication
from certify.certificate.publication import (
    GRID_BITS,
    UNKNOWN,
    difference,
    margin_of_width,
    outward,
    publish,
    publish_all,
)
from certify.enclosure import widest
from certify.verdict import Enclosure

floats = st.floats(allow_nan=False, allow_infinity=False)
pairs = st.tuples(floats, floats).map(lambda x: (min(x), max(x)))


@given(pairs, st.floats(0, 1e300))
def test_published_enclosures_are_wider_by_their_width_and_floor(pair: tuple[float, float], floor: float) -> None:
    low, high = pair
    found = publish(low, high, floor=floor)
    spread = Fraction(high) - Fraction(low) + Fraction(floor)
    if found == UNKNOWN:
        return
    assert Fraction(found.lower) <= Fraction(low) - spread
    if math.isfinite(found.upper):
        assert Fraction(found.upper) >= Fraction(high) + spread


@given(pairs)
def test_end_points_are_short(pair: tuple[float, float]) -> None:
    found = publish(*pair, floor=1e-9)
    if not found.finite or found.lower == found.upper:
        return
    larger = max(abs(Fraction(found.lower)), abs(Fraction(found.upper)))
    for end in (found.lower, found.upper):
        ratio = Fraction(end) / Fraction(2) ** (math.frexp(float(larger))[1] - GRID_BITS - 2) if larger else Fraction(0)
        assert ratio.denominator == 1 or larger < Fraction(2) ** -1000


def many_ends(seed: int, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ends and floors of few and of many bits, of all sizes, on the grid, next to it and next to powers of two."""
    rng = np.random.default_rng(seed)

    def some() -> np.ndarray:
        exponents = [-1074, -1000, -901, -900, -60, -3, 0, 0, 0, 1, 36, 38, 39, 40, 41, 900]
        size = np.ldexp(1.0, rng.choice(exponents, count))
        kind = rng.integers(0, 5, count)
        short = rng.integers(0, 2 ** rng.integers(1, 42, count))
        choices = [0 * size, size, size * rng.random(count), np.nextafter(size, 0), np.ldexp(short.astype(float), -41)]
        return np.choose(kind, choices)

    low, width, floor = some() * rng.choice([-1.0, 1.0], count), some(), some()
    high = np.where(rng.random(count) < 0.3, low + width, low + width * 2.0 ** -rng.integers(0, 60, count))
    return np.minimum(low, high), np.maximum(low, high), np.where(rng.random(count) < 0.5, 0.0, floor)


@pytest.mark.parametrize(("nonnegative", "most"), [(False, math.inf), (True, math.inf), (True, 1.0)])
def test_ways_of_publishing_give_the_same_bits(nonnegative: bool, most: float) -> None:
    """One by one in floats, in whole numbers, and all at once."""
    low, high, floor = many_ends(11, 6000)
    low, high, floor = (np.append(x, [0.1, -0.0, math.nan, 1.0, 1e308]) for x in (low, high, floor))
    low, high = np.minimum(low, high), np.maximum(low, high)
    together = publish_all(low, high, floor=floor, nonnegative=nonnegative, most=most)
    for a, b, f, found in zip(low.tolist(), high.tolist(), floor.tolist(), together, strict=True):
        one = publish(a, b, floor=f, nonnegative=nonnegative, most=most)
        assert repr(found) == repr(one)
        if one != UNKNOWN and (a < b or f > 0):
            whole = publication._by_integers(a, b, f, nonnegative=nonnegative, most=most)  # pyright: ignore[reportPrivateUsage]
            assert repr(whole) == repr(one)


def test_what_lies_next_to_the_grid_is_not_published_from_its_rounded_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    low, high = np.full(100, 0.5), 0.5 + np.arange(1, 101) * 2.0**-41 * (1 + 2.0**-10)
    found = publish_all(low, high, nonnegative=True)
    assert found == [publish(a, b, nonnegative=True) for a, b in zip(low.tolist(), high.tolist(), strict=True)]
    monkeypatch.setattr(math, "fsum", lambda terms: 0.0 if len(terms) == 5 else sum(terms))
    with pytest.raises(AssertionError):
        test_published_enclosures_are_wide_where_a_sum_rounds_onto_the_grid()


def test_published_enclosures_are_wide_where_a_sum_rounds_onto_the_grid() -> None:
    found = publish(0.25, 0.3125, floor=2.0**-70)
    assert Fraction(found.lower) <= Fraction(3, 16) - Fraction(1, 2**70)
    assert Fraction(found.upper) >= Fraction(3, 8) + Fraction(1, 2**70)


def test_small_changes_of_a_radius_do_not_reach_the_certificate() -> None:
    assert publish(0.3, 0.3 + 1e-14, floor=1e-11) == publish(0.3, 0.3 + 1.01e-14, floor=1e-11)


def test_nonnegative_quantities_are_not_published_below_zero() -> None:
    assert publish(0.0, 1.0, nonnegative=True).lower == 0.0
    assert math.copysign(1, publish(0.0, 1.0, nonnegative=True).lower) == 1.0


@pytest.mark.parametrize("bad", [(math.nan, 1.0), (1.0, math.nan), (2.0, 1.0), (0.0, math.inf), (-math.inf, 0.0)])
def test_what_is_not_an_enclosure_is_unknown(bad: tuple[float, float]) -> None:
    assert publish(*bad) == UNKNOWN
    assert publish(0.0, 1.0, floor=math.inf) == UNKNOWN
    assert publish(0.0, 1.0, floor=math.nan) == UNKNOWN


@given(pairs, pairs)
def test_differences_are_exact_or_outward(left: tuple[float, float], right: tuple[float, float]) -> None:
    found = difference(Enclosure(*left), Enclosure(*right))
    if math.isfinite(found.lower):
        assert Fraction(found.lower) <= Fraction(left[0]) - Fraction(right[1])
        assert Fraction(math.nextafter(found.lower, math.inf)) > Fraction(left[0]) - Fraction(right[1])
    if math.isfinite(found.upper):
        assert Fraction(found.upper) >= Fraction(left[1]) - Fraction(right[0])


@given(st.lists(pairs, max_size=4), st.floats(0, 1e300))
@example([(-1e308, 1e308)], 0.0)
@example([(0.1, 0.3), (0.30000000000000004, 0.5)], 0.2)
@example([(5e-324, 1e-323)], 5e-324)
def test_margins_of_widths_are_the_exact_ones_rounded_outward(ends: list[tuple[float, float]], limit: float) -> None:
    width = max((Fraction(high) - Fraction(low) for low, high in ends), default=Fraction(0))
    exact = Fraction(limit) - width
    assert margin_of_width([Enclosure(*pair) for pair in ends], limit) == outward(exact, exact)
    assert widest([Enclosure(*pair) for pair in ends]) == width


def test_margins_of_widths() -> None:
    values = [Enclosure(0.0, 0.5), Enclosure(1.0, 1.25)]
    assert margin_of_width(values, 1.0) == Enclosure(0.5, 0.5)
    assert widest([*values, UNKNOWN]) is None
    assert margin_of_width([UNKNOWN], 1.0) == Enclosure(-math.inf, -math.inf)
    assert difference(UNKNOWN, values[0]) == UNKNOWN


def test_beyond_the_largest_float() -> None:
    huge = Fraction(2) ** 1024
    assert outward(huge, huge) == Enclosure(math.nextafter(math.inf, 0), math.inf)
    assert outward(-huge, Fraction(0)).lower == -math.inf
