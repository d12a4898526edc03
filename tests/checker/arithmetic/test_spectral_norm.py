"""Spectral norms by inertia and witness against 60 digits."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest

from certify.checker.arithmetic import spectral_norm as tested
from certify.checker.arithmetic.rounding import above, below
from certify.checker.arithmetic.scaled_matrix import Unit
from certify.checker.arithmetic.spectral_norm import spectral_norm
from tests.checker.matrices import hard
from tests.linalg.reference import singular_values

HARD = hard()


def encloses(ball, a):
    truth = singular_values(a)[0]
    slack = truth * mp.mpf(10) ** -50
    return mp.mpf(below(ball)) - slack <= truth <= mp.mpf(above(ball)) + slack


@pytest.mark.parametrize(("name", "a"), HARD, ids=[name for name, _ in HARD])
def test_norm_is_enclosed_tightly(name, a):
    with mp.workdps(60):
        found = spectral_norm(Unit.of(a))
        assert encloses(found, a)
        assert found.rad() <= found.mid() * 2.0**-53 * max(16 * a.size, 400)


@pytest.mark.parametrize("vector", [np.zeros(4), np.ones(4), np.array([1.0, 0, 0, 0])])
def test_a_bad_start_costs_width_not_truth(vector, monkeypatch):
    a = np.random.default_rng(0).standard_normal((6, 4))
    monkeypatch.setattr(tested, "_leading_vector", lambda near: vector)
    with mp.workdps(60):
        assert encloses(spectral_norm(Unit.of(a)), a)


def test_a_false_factor_is_not_believed(monkeypatch):
    """An upper bound never relies on the Cholesky factor being one."""
    a = np.diag([2.0, 1.0])
    monkeypatch.setattr(tested.np.linalg, "cholesky", lambda m: np.eye(2))
    monkeypatch.setattr(tested, "_leading_vector", lambda near: np.array([0.0, 1.0]))
    with mp.workdps(60):
        assert encloses(spectral_norm(Unit.of(a)), a)


def test_iterative_start(monkeypatch):
    monkeypatch.setattr(tested, "_DIRECT", 20)
    a = np.random.default_rng(0).standard_normal((70, 60))
    found = spectral_norm(Unit.of(a))
    assert below(found) <= np.linalg.norm(a, 2) <= above(found)
    assert found.rad() < 1e-9


def test_zero_norm():
    assert 0 in spectral_norm(Unit.of(np.zeros((2, 3))))
