"""Counts of singular values above a threshold, for matrices whose singular values are known exactly."""

from __future__ import annotations

import numpy as np
import pytest
from click.testing import CliRunner

from certify.cli import command
from certify.errors import UsageError
from certify.numerical_rank import numerical_rank
from certify.verdict import Verdict

# A Hadamard matrix H of order 4 has HHᵀ = 4, so H·diag(d) has the singular values 2·d.
HADAMARD = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]], dtype=np.float64)
KNOWN = HADAMARD * np.array([4.0, 1.0, 2.0**-30, 0.0])


@pytest.mark.parametrize(("above", "count"), [(0.0, 3), (2.0**-40, 3), (1.0, 2), (7.0, 1), (9.0, 0)])
def test_counts(above, count):
    found = numerical_rank(KNOWN, above)
    assert (found.least, found.most, found.exact) == (count, count, 3)
    assert found.at_least(count) is Verdict.CERTIFIED
    assert found.at_least(count + 1) is Verdict.REFUTED


def test_a_threshold_that_is_a_singular_value_counts_for_neither_side():
    found = numerical_rank(KNOWN, 8.0)
    assert found.least == 0
    assert found.at_least(1) is not Verdict.CERTIFIED
    assert found.at_least(2) is Verdict.REFUTED


@pytest.mark.parametrize("above", [-1.0, np.nan, np.inf])
def test_thresholds_that_are_none(above):
    with pytest.raises(UsageError):
        numerical_rank(KNOWN, above)


@pytest.mark.parametrize(("k", "code"), [(3, 0), (4, 1)])
def test_the_command(tmp_path, k, code):
    np.savez(tmp_path / "m.npz", w=KNOWN, other=np.ones((2, 7)))
    arguments = ["rank", str(tmp_path / "m.npz"), "--tensor", "w", "--at-least", str(k)]
    found = CliRunner().invoke(command, arguments, standalone_mode=False)
    assert found.return_value == code
    assert "exact rank 3 of 4" in found.output
