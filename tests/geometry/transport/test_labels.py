"""Radii of labels against searches over moves, and moments against enumeration."""

import itertools
import math
from fractions import Fraction

import flint
import pytest

from certify.geometry.transport.labels import angle_radius_squared, permutation_moments, ratio_radius_squared


@pytest.mark.parametrize(("left", "right", "m"), [(1, 1, 0.7), (4, 1, 0.3), (2, 9, 1.5), (3, 3, 0.0)])
def test_no_division_of_an_angle_costs_less(left, right, m):
    radius = float(angle_radius_squared(flint.arb(left), flint.arb(right), flint.arb(m).sin()))
    turns = [m * k / 20000 for k in range(20001)]
    cost = min(left * math.sin(t) ** 2 + right * math.sin(m - t) ** 2 for t in turns)
    assert radius == pytest.approx(cost, abs=1e-7)


def test_the_nearest_norms_of_a_ratio():
    assert ratio_radius_squared(flint.fmpq(7), flint.fmpq(1), flint.fmpq(2)) == 5
    assert ratio_radius_squared(flint.fmpq(4), flint.fmpq(2), flint.fmpq(2)) == 0
    straddling = flint.arb(2).sqrt() * 2 - flint.arb(8).sqrt() + 1
    assert ratio_radius_squared(straddling, flint.arb(1), flint.fmpq(1)).contains(0)


def test_moments_of_all_permutations():
    a, b = [Fraction(1), Fraction(2), Fraction(0), Fraction(5)], [Fraction(3), Fraction(0), Fraction(1), Fraction(1)]
    values = [sum(x * y for x, y in zip(a, order, strict=True)) for order in itertools.permutations(b)]
    mean = sum(values) / len(values)
    assert permutation_moments(a, b) == (mean, sum((v - mean) ** 2 for v in values) / len(values))
