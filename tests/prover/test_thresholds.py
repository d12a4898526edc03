"""Thresholds: what is accepted, which windows follow, and that a verdict obeys them."""

from __future__ import annotations

import numpy as np
import pytest

from certify.chain import Chain
from certify.claims.thresholds import Thresholds
from certify.errors import UsageError
from certify.execution import run_protocol
from certify.verdict import Verdict


def test_automatic_windows_are_powers_of_two_below_the_limit_and_the_energy_rank() -> None:
    assert Thresholds().window_sizes(1) == ()
    assert Thresholds().window_sizes(2) == (1,)
    assert Thresholds().window_sizes(8, [3, 8, 0]) == (1, 2, 3, 4)
    assert Thresholds().window_sizes(9, [3]) == (1, 2, 3, 4, 8)


def test_given_windows_replace_the_automatic_ones() -> None:
    assert Thresholds(windows="5,2,40").window_sizes(10, [7]) == (2, 5)


@pytest.mark.parametrize(
    "bad",
    [
        {"windows": "two"},
        {"windows": "0"},
        {"windows": ""},
        {"energy_levels": "100"},
        {"energy_levels": "90;95"},
        {"alpha_width": -1.0},
        {"alpha_width": float("nan")},
        {"exact_rank_seconds": float("inf")},
    ],
)
def test_what_cannot_be_meant_is_refused(bad: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        Thresholds(**bad)  # type: ignore[arg-type]


def test_the_record_names_every_threshold() -> None:
    record = Thresholds(windows="4").record()
    assert record["windows"] == "4"
    assert set(record) == set(Thresholds.__dataclass_fields__)


def test_a_width_of_zero_is_not_met_and_says_so() -> None:
    chain = Chain.from_arrays([np.array([[3.0, 1.0], [0.5, 2.0]])])
    claims = run_protocol(chain, Thresholds(radial_width=0.0, energy_levels="50"), workers=1).claims
    radial = next(claim for claim in claims if claim.id == "D4.top_radial")
    assert radial.verdict is Verdict.UNDECIDED
    assert "above its limit 0" in radial.cause
    assert [claim.id for claim in claims if claim.id.startswith("D10")] == ["D10.effective_rank.50"]
