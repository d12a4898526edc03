"""Spectral norms by a few columns against 60 digits."""

from __future__ import annotations

import flint
import mpmath as mp
import numpy as np
import pytest

from certify.checker.arithmetic import deflated_norm as tested
from certify.checker.arithmetic.deflated_norm import deflated_norm
from certify.checker.arithmetic.rounding import above, below
from certify.checker.arithmetic.scaled_matrix import Unit
from tests.linalg.reference import singular_values


@pytest.fixture(autouse=True)
def precision():
    with flint.ctx.workprec(96), mp.workdps(60):
        yield


def orthogonal(n, k, seed):
    return np.linalg.qr(np.random.default_rng(seed).standard_normal((n, k)))[0]


def found_and_true(a):
    unit = Unit.of(a)
    assert unit.matrix.shape[0] >= unit.matrix.shape[1]
    found = deflated_norm(unit.matrix, unit.mass)
    return found, singular_values(unit.matrix)[0]


@pytest.mark.parametrize("shape", [(1, 1), (2, 1), (2, 2), (3, 2), (9, 9), (12, 10), (40, 24)])
@pytest.mark.parametrize("power", [1.0, 2.0, 8.0])
def test_the_norm_is_enclosed_tightly_where_few_values_weigh_much(shape, power):
    m, n = shape
    a = (orthogonal(m, n, m) * np.arange(1.0, n + 1) ** -power) @ orthogonal(n, n, 1).T
    found, truth = found_and_true(a)
    assert found is not None
    assert mp.mpf(below(found)) <= truth <= mp.mpf(above(found))
    assert found.rad() < 2.0**-36 * found.mid()


def test_many_equal_values_are_left_to_others():
    assert deflated_norm(Unit.of(np.eye(40)).matrix, Unit.of(np.eye(40)).mass) is None


@pytest.mark.parametrize("turn", [0.0, 0.3, np.pi / 4, np.pi / 2])
@pytest.mark.parametrize("gap", [1e-9, 1e-3])
def test_bad_vectors_cost_width_not_truth(turn, gap, monkeypatch):
    """A column that is between two singular vectors: the bound rests on what it leaves."""
    monkeypatch.setattr(tested, "_CLOSE", 1.0)
    a = np.diag([1.0, 1.0 - gap])
    column = np.array([[np.cos(turn)], [np.sin(turn)]])
    monkeypatch.setattr(tested, "leading", lambda work, mass: column)
    found, truth = found_and_true(a)
    assert found is not None
    assert mp.mpf(below(found)) <= truth <= mp.mpf(above(found))


@pytest.mark.parametrize("length", [1 - 1e-9, 1 + 1e-9])
def test_columns_of_another_length_are_noticed(length, monkeypatch):
    monkeypatch.setattr(tested, "_CLOSE", 1.0)
    monkeypatch.setattr(tested, "leading", lambda work, mass: np.array([[length], [0.0]]))
    found, truth = found_and_true(np.diag([1.0, 0.3]))
    assert found is not None
    assert mp.mpf(below(found)) <= truth <= mp.mpf(above(found))
