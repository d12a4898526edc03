"""Margins of widths in floating point against rational arithmetic."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from certify.checker.expected import Expected, faults_of, outward
from certify.claims.assertion import measured
from certify.verdict import Claim, Enclosure, Kind, Verdict

_TINY = 5e-324
_ENDS = [0.0, 1.0, -1.0, 1 + 2.0**-52, 1 - 2.0**-53, 3.0, 0.1, 1e300, -1e300, 1.7e308, -1.7e308, _TINY, 2.0**-1022]


def recomputed(limit, values):
    """The margin that a claim without one is told."""
    asserted = measured("x", "x", limit, count=len(values))
    claim = Claim("x", "x", Kind.MEASUREMENT, "x", Verdict.UNDECIDED, values, Enclosure(math.nan, math.nan))
    fault = next(f for f in faults_of(claim, Expected(asserted, lambda values: "")) if f.field == "margin")
    return fault.recomputed


def shown(value):
    return f"[{value.lower.hex()}, {value.upper.hex()}]"


@pytest.mark.parametrize("limit", [0.0, 1.0, 0.1, 1e-6, 1e300, _TINY])
def test_the_margin_is_the_narrowest_around_the_exact_one(limit):
    rng = np.random.default_rng(5)
    ends = [*_ENDS, *(rng.standard_normal(20) * 10.0 ** rng.integers(-12, 3, 20)).tolist()]
    for low in ends:
        for high in ends:
            if low <= high and high - low < math.inf:
                exact = Fraction(limit) - (Fraction(high) - Fraction(low))
                found = recomputed(limit, (Enclosure(low, high), Enclosure(0.0, 0.0)))
                assert found.replace("-0x0", "0x0") == shown(outward(exact, exact)).replace("-0x0", "0x0")


def test_of_widths_that_round_to_one_float_the_largest_counts():
    first, second = Enclosure(2.0**-60, 1.0), Enclosure(2.0**-70, 1.0)
    for values in ((first, second), (second, first)):
        exact = 2 - (1 - Fraction(2.0**-70))
        assert recomputed(2.0, values) == shown(outward(exact, exact))
