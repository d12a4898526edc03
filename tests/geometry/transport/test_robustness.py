"""The radius of a structure (E5): distances to a hyperbola against points of it, and perturbations that land beyond."""

from __future__ import annotations

import flint
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from certify.geometry.transport import robustness
from certify.geometry.transport.robustness import Facet
from certify.rigor.ball import ball, precision

_SEEDS = st.integers(0, 2**32)


def _squared(left: np.ndarray, right: np.ndarray, weight: float) -> flint.arb:
    vectors = [[ball(float(v)) for v in w] for w in (left, right)]
    return robustness.hyperbola_radius_squared(*robustness.pair_axes(*vectors), ball(weight))


@given(st.integers(1, 4), st.floats(-2, 20), _SEEDS)
def test_no_point_is_nearer_and_one_is_as_near(n: int, weight: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.uniform(0.1, 3, (2, n))
    with precision(128):
        found = _squared(a, b, weight)
        near = robustness.nearest_pair([ball(float(v)) for v in a], [ball(float(v)) for v in b], ball(weight))
        inner = sum((u * v for u, v in zip(near.left, near.right, strict=True)), flint.arb(0))
        away = sum(
            ((u - float(v)) ** 2 for u, v in zip([*near.left, *near.right], [*a, *b], strict=True)), flint.arb(0)
        )
    assert abs(float((inner - weight).mid())) < 1e-9 * (1 + abs(weight))
    assert float(away.mid()) == pytest.approx(float(found.mid()), rel=1e-6, abs=1e-12)
    for _ in range(20):
        c, d = a + rng.normal(0, 0.5, n), b + rng.normal(0, 0.5, n)
        # Scaled onto the hyperbola, where the signs admit it.
        if float(c @ d) * weight > 0:
            c, d = (v * np.sqrt(weight / float(c @ d)) for v in (c, d))
            moved = float(((c - a) ** 2).sum() + ((d - b) ** 2).sum())
            assert moved >= float(found.lower()) * (1 - 1e-12)


@pytest.mark.parametrize("weight", [0.5, 1.0, 4.5, 12.0])
def test_equal_activities(weight: float) -> None:
    # P = 8: the middle of the axis is P = 8ω at ω = 1.
    found = _squared(np.array([2.0]), np.array([2.0]), weight)
    along = (flint.arb(8).sqrt() - flint.arb(2 * weight).sqrt()) ** 2
    assert found.overlaps(flint.arb(8 / 2 - 2 * weight) if weight <= 1 else along)
    assert found.rad() < 1e-9


def test_activities_that_are_nearly_equal_have_a_narrow_enclosure() -> None:
    found = _squared(np.array([2.0]), np.array([2.0 + 1e-9]), 0.5)
    assert float(found.rad()) < 1e-6
    assert abs(float(found.mid()) - 3) < 1e-6


@given(_SEEDS)
def test_a_multiplier_that_is_off_still_encloses(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.uniform(0.5, 3, (2, 2))
    axes = robustness.pair_axes([ball(float(v)) for v in a], [ball(float(v)) for v in b])
    found = _squared(a, b, 1.0)
    for mu in rng.uniform(-0.9, 0.9, 10):
        assert not robustness.dual_radius_squared(*axes, flint.arb(1), ball(float(mu))) > found


def test_the_simple_bound_is_below() -> None:
    four, one, weight = flint.fmpq(4), flint.fmpq(1), flint.fmpq(2600, 1089)
    exact = robustness.hyperbola_radius_squared(*robustness.pair_axes([four], [one]), weight)
    simple = robustness.simple_radius(16, 1, four - weight)
    assert exact == flint.fmpq(173, 1089)
    assert abs(float(simple.mid()) - 0.3741) < 1e-4


def test_a_noise_of_zeros_grows_in_one_cell() -> None:
    moved = robustness.flipped_activities([[0.0, 3.0]], [frozenset({1})], Facet("noise", ()), 1.0, 0.5)
    assert moved == {(0, 0): 1.5}
