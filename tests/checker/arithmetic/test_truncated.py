"""Norms of cells whose squares underflow, and of large groups, against exact squares."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from certify.checker.arithmetic.crossing import Crossing
from certify.checker.arithmetic.ranges import Range, norm
from certify.checker.arithmetic.truncated import Transport
from certify.checker.storage_structure import _moved

SCALES = [1.0, 1e-90, 1e-150, 1e-160, 1.75e-162, 1e-170, 1e-250, 1e-300]


def held(low: float, high: float, squares: list[Fraction]) -> bool:
    """Whether the root of a sum of squares lies between two floats."""
    total = sum(squares, Fraction(0))
    return Fraction(float(low)) ** 2 <= total <= Fraction(float(high)) ** 2


@pytest.mark.parametrize("scale", SCALES)
def test_the_norm_of_a_range(scale):
    for values in ([1.0], [1.0, 2.0], [0.7, 0.1, 1e-3], list(np.random.default_rng(1).random(40))):
        x = np.array(values) * scale
        found = norm(Range(*[np.stack([[x], [x / 2]])] * 2), np.ones((1, x.size), dtype=bool))
        for place, part in enumerate((x, x / 2)):
            assert held(float(found.lo[place]), float(found.hi[place]), [Fraction(float(v)) ** 2 for v in part])


@pytest.mark.parametrize("scale", SCALES)
def test_cells_of_a_transport_with_a_small_column(scale):
    rng = np.random.default_rng(2)
    lower, upper = rng.standard_normal((3, 4)) / 8, rng.standard_normal((5, 3)) / 8
    lower[:, 2] *= scale
    groups = [[0, 3], [1], [2, 4]]
    cells = Transport((lower, upper), Crossing(lambda: pytest.fail("asked")), (0, 0), groups).cells
    for place, rows in enumerate(groups):
        for j in range(4):
            entries = [sum(Fraction(float(a)) * Fraction(float(b)) for a, b in zip(upper[g], lower[:, j], strict=True))
                       for g in rows]  # fmt: skip
            assert held(cells.lo[place, j], cells.hi[place, j], [entry**2 for entry in entries])


def test_a_single_entry_whose_square_is_rounded():
    cells = Transport(
        (np.array([[0.5, 1.75e-162]]), np.ones((1, 1))), Crossing(lambda: pytest.fail("asked")), (0, 0), [[0]]
    ).cells
    assert cells.lo[0, 1] <= 1.75e-162 <= cells.hi[0, 1]


@pytest.mark.parametrize("scale", SCALES[:4] + [1e-80])
def test_what_storage_moves(scale):
    a = Range(np.full((2, 2), scale), np.full((2, 2), scale))
    found = _moved((a, a), (a, a), [[0, 1]], Range(np.full((1, 1), 2 * scale), np.full((1, 1), 2 * scale)))
    entry = 6 * Fraction(scale) ** 2
    assert held(max(found.lo[0, 0], 0.0), found.hi[0, 0], [entry**2, entry**2])


def test_the_length_of_a_large_group_is_bounded():
    """Squares that are lost one by one: the last bits of 2^21 of them add up."""
    upper = np.full((4096, 512), np.sqrt(0.49 * 2.0**-53) / 16)
    upper.flat[:64] = 1 / 16
    found = Transport(
        (np.ones((512, 1)) / 64, upper), Crossing(lambda: pytest.fail("asked")), (0, 0), [list(range(4096))]
    ).rows[0]
    squares = 64 * Fraction(1, 256) + (upper.size - 64) * Fraction(float(upper[-1, -1])) ** 2
    assert Fraction(float(found)) ** 2 >= squares


def test_squares_that_a_sum_rounds_away_are_allowed_for():
    """Added one after the other to 1/16, none of 2^10 squares of 2^-29 moves it; together they are 2^-48."""
    upper = np.full((1025, 1), 2.0**-28)
    upper[0] = 0.5
    layers = np.full((1, 3), 0.5), upper
    cells = Transport(layers, Crossing(lambda: pytest.fail("asked")), (0, 0), [list(range(1025))]).cells
    for j in range(3):
        assert held(cells.lo[0, j], cells.hi[0, j], [Fraction(1, 16), *[Fraction(1, 2**58)] * 1024])
