"""Windows of energy from published singular values, against their definition in exact arithmetic."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from certify.prover.ledger import UNKNOWN
from certify.prover.truncations import energy_windows
from certify.verdict import Enclosure

PERCENTS = [Fraction(90), Fraction(95), Fraction(99), Fraction(9999, 100)]


def least_window(sigma: list[Enclosure], percent: Fraction) -> int:
    low, high = (
        [Fraction(end) ** 2 for end in side] for side in zip(*((x.lower, x.upper) for x in sigma), strict=True)
    )
    return next(
        r for r in range(1, len(sigma) + 1) if (100 - percent) * sum(low[:r]) >= percent * sum(high[r:], Fraction(0))
    )


@pytest.mark.parametrize("width", [0.0, 2.0**-30, 0.25])
@pytest.mark.parametrize("d", [1, 2, 7, 40])
def test_windows_hold_the_energy(d: int, width: float) -> None:
    values = np.sort(np.random.default_rng(d).exponential(size=d))[::-1].tolist()
    sigma = [Enclosure(x, x + width) for x in values]
    assert energy_windows(sigma, PERCENTS) == [least_window(sigma, percent) for percent in PERCENTS]


def test_what_is_not_known_or_0() -> None:
    assert energy_windows([Enclosure(1.0, 1.0), UNKNOWN], PERCENTS) == [2] * 4
    assert energy_windows([Enclosure(0.0, 0.0)] * 3, PERCENTS) == [1] * 4
