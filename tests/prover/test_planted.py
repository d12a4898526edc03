"""Every planted fault of the prover turns an injected error red, at the place that the table gives."""

from __future__ import annotations

import pytest

from tests.planted import recorded
from tests.prover.planted import FAULTS, outcome, shown, still_shown


@pytest.mark.parametrize("planted", FAULTS, ids=lambda planted: f"{planted.function}: {planted.old.strip()}")
def test_a_planted_fault_is_seen(planted):
    said = recorded()[planted.row("").removesuffix("  |")]
    assert still_shown(planted, said) or outcome(shown(planted)).startswith("red"), said


def test_every_fault_is_one_of_its_own():
    assert len({planted.row("") for planted in FAULTS}) == len(FAULTS) >= 30
