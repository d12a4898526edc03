"""The block form (E7): the stated formulas, and errors at random that stay within their margins."""

from __future__ import annotations

import flint
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from certify.geometry.transport import block_form
from certify.rigor.ball import precision
from certify.verdict import Verdict


def test_the_stated_formulas() -> None:
    assert block_form.cell_margin(5, 3, 1) == 1
    assert block_form.cell_margin(3, 5, 1) == 1
    assert block_form.cell_margin(3, 5, 4) == -2
    assert block_form.pair_error([2, 5, 1], [3, 7, 1], [1, 4, 9], [1, 2, 9], (1, 0)) == (2 + 3 + 1) + (10 + 28 + 8)
    assert block_form.pair_error([2], [3], [1], [1], ()) == 0
    assert block_form.pair_margin(6, 4, 1) == block_form.pair_margin(4, 6, 1) == 1
    assert block_form.cells_norm([flint.arb(3), flint.arb(4)]) == 5
    assert block_form.noise_margin(6, 3, 2) == 1


@pytest.mark.parametrize("grows", [1.0, -1.0])
@given(st.integers(1, 4), st.integers(0, 2**32))
def test_a_weight_moves_by_at_most_its_bound(grows: float, n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(1, 4, (2, n))
    e, f = rng.uniform(0, 1, (2, n))
    with precision(128):
        before = [[flint.arb(float(v)) for v in w] for w in (x, y)]
        errors = [[flint.arb(float(v)) for v in w] for w in (e, f)]
        after = [[a + grows * b for a, b in zip(u, v, strict=True)] for u, v in zip(before, errors, strict=True)]
        weights = [sum((a * b for a, b in zip(*w, strict=True)), flint.arb(0)) for w in (before, after)]
        bound = block_form.pair_error(*before, *errors, range(n))
        moved = abs(weights[1] - weights[0])
        assert not moved > bound
        assert grows < 0 or moved.overlaps(bound)


def test_a_margin_that_a_ball_leaves_open_is_not_positive() -> None:
    open_margin = block_form.cell_margin(flint.arb(2), flint.arb(1), flint.arb(1, 1e-9))
    assert not open_margin > 0
    assert not open_margin < 0


def test_no_window_is_skipped() -> None:
    yes, no, perhaps = Verdict.CERTIFIED, Verdict.REFUTED, Verdict.UNDECIDED
    assert block_form.smallest_window([yes, no, yes]) == 2
    assert block_form.smallest_window([no, perhaps, yes, yes]) == 2
    assert block_form.smallest_window([yes, yes]) == 0
    assert block_form.smallest_window([yes, perhaps]) is None
    assert block_form.smallest_window([]) is None
