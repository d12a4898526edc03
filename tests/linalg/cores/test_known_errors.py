"""What is enclosed from decompositions whose errors are known holds the layers' own numbers."""

from __future__ import annotations

import pytest

from tests.linalg.cores.known_errors import DIRECT, INSTANCES, KINDS, PLACES, drawn, instance


@pytest.mark.parametrize("name", DIRECT)
def test_known_errors_are_inside(name):
    assert DIRECT[name]()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", PLACES)
def test_what_is_enclosed_from_decompositions_that_are_off_holds(kind, place):
    for number in (0, 3, 9):
        assert instance(kind, place, 0.05, number).holds()


def test_what_is_enclosed_holds_where_several_things_are_off():
    assert [seed for seed in range(60) if not drawn(seed).holds()] == []


@pytest.mark.slow
def test_everything_holds_for_every_known_error():
    assert [name for name, holds in INSTANCES.items() if not holds()] == []
