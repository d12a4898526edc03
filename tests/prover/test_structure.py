"""Gaps between intervals, against all pairs of neighbours."""

from __future__ import annotations

import numpy as np
import pytest

from certify.prover.structure import widest_gaps
from certify.rigor.interval import Interval


def widest(x: Interval, below: int, above: int) -> tuple[float, float] | None:
    """The widest gap of a vector between the union of some intervals and what lies above it; of equal ones the last."""
    found = None
    for place in sorted(x.lo.tolist()):
        under = [high for low, high in zip(x.lo, x.hi, strict=True) if low < place]
        if not below <= len(under) <= x.size - above or max(under, default=place) >= place:
            continue
        if found is None or place - max(under) >= found[1] - found[0]:
            found = float(max(under)), place
    return found


@pytest.mark.parametrize(("below", "above"), [(1, 1), (2, 2), (2, 1)])
def test_the_widest_gaps_of_all_rows(below: int, above: int) -> None:
    rng = np.random.default_rng(3)
    for size in (1, 2, 3, 5, 12):
        low = rng.integers(0, 20, (40, size)) / 8
        x = Interval(low, low + rng.integers(0, 6, low.shape) / 16)
        for found, row in zip(widest_gaps(x, below, above), x, strict=True):
            assert (None if found is None else (found.low, found.high)) == widest(row, below, above)
