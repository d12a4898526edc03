"""Every planted fault of the checker turns an injected error red, at the place that the table gives."""

from __future__ import annotations

import pytest

from tests.checker.planted import FAULTS, outcome, shown, still_shown
from tests.planted import recorded


@pytest.mark.parametrize("planted", FAULTS, ids=lambda planted: f"{planted.function}: {planted.old.strip()}")
def test_a_planted_fault_is_seen(planted):
    said = recorded()[planted.row("").removesuffix("  |")]
    assert still_shown(planted, said) or outcome(shown(planted)).startswith("red"), said


def test_at_least_forty_are_planted():
    assert len({planted.row("") for planted in FAULTS}) == len(FAULTS) >= 40
