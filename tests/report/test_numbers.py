"""The decimals that are shown enclose what they stand for."""

from __future__ import annotations

import math
import re
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from certify.report.numbers import bound_text, enclosure_text
from certify.verdict import Enclosure

finite = st.floats(allow_nan=False, allow_infinity=False)


def _read(text: str) -> tuple[Fraction, Fraction]:
    if text.startswith("["):
        low, high = text[1:-1].split(", ")
        return Fraction(low), Fraction(high)
    middle, _, radius = text.partition(" ± ")
    return Fraction(middle) - Fraction(radius or 0), Fraction(middle) + Fraction(radius or 0)


@given(finite, finite)
@example(5e-324, 5e-324)
@example(-1.7e308, -1.6999999999999e308)
@example(0.1, 0.1)
@example(-5e-324, 1.7976931348623157e308)
@example(999999.9999999999, 1000000.0)
def test_shown_enclosure_contains_the_enclosure(a, b):
    lo, hi = min(a, b), max(a, b)
    low, high = _read(enclosure_text(Enclosure(lo, hi)))
    assert low <= Fraction(lo)
    assert Fraction(hi) <= high


@given(finite, st.integers(0, 40))
def test_narrow_enclosures_lose_little(a, steps):
    b = a
    for _ in range(steps):
        b = math.nextafter(b, math.inf)
    if math.isinf(b):
        return
    low, high = _read(enclosure_text(Enclosure(a, b)))
    assert low <= Fraction(a)
    assert Fraction(b) <= high
    if abs(a) > 1e-290:
        assert high - low <= Fraction(abs(a)) * Fraction(1, 10**10)


@given(finite, st.integers(1, 17))
def test_bounds_are_one_sided(x, digits):
    assert Fraction(bound_text(x, down=True, digits=digits)) <= Fraction(x)
    assert Fraction(bound_text(x, down=False, digits=digits)) >= Fraction(x)


@pytest.mark.parametrize(
    ("lo", "hi", "text"),
    [
        (3.0, 3.0, "3"),
        (-math.inf, 2.5, "[-∞, 2.5]"),
        (-1.0, 1.5, "[-1, 1.5]"),
        (1e-320, 1e-320, None),
        (2.0, math.inf, "[2, ∞]"),
    ],
)
def test_examples(lo, hi, text):
    shown = enclosure_text(Enclosure(lo, hi))
    assert text is None or shown == text
    assert re.fullmatch(r"[-\d.e+∞ ±,\[\]]+", shown)
