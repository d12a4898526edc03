"""Singular values that decay far, without an SVD: containment, and every error term with what it stands for."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest

from certify.linalg import kernels
from certify.linalg.cores.graded import decaying_values, within
from tests.linalg.injected import FACTOR

GRADED = import_module("certify.linalg.cores.graded")
CUT = 2.0**-13


def holds(found, truth, slack=0.0):
    truth = np.sort(np.asarray(truth))[::-1]
    return bool(np.all((found[0] <= truth + slack) & (truth - slack <= found[1])))


@pytest.mark.parametrize("decay", [1.0, 1e-1, 1e-3, 1e-6])
@pytest.mark.parametrize("shape", [(1, 1), (6, 6), (11, 4)])
def test_values_are_enclosed(shape, decay):
    rng = np.random.default_rng([*shape, int(-np.log10(decay))])
    u, v = (np.linalg.qr(rng.standard_normal((n, shape[1])))[0] for n in shape)
    s = 0.5 * decay ** np.arange(shape[1])
    found = decaying_values((u * s) @ v.T, 1e-13)
    # The float matrix is within 1e-15 of one with these values.
    assert holds(found, s, 1e-15)
    assert np.max(found[1] - found[0]) < 1e-11


@pytest.mark.parametrize("scale", [2.0**-900, 2.0**-40, 1.0, 2.0**700])
def test_any_scale_and_wide_matrices(scale):
    s = np.array([1.0, 1e-5, 0.0])
    found = within(scale * np.hstack([np.diag(s), np.zeros((3, 2))]), 1e-9 * scale)
    assert holds(found, s * scale)
    assert np.max(found[1] - found[0]) < 1e-8 * scale


def test_what_is_near_by_moves_by_the_radius():
    m = np.diag([0.5, 1e-4, 1e-6])
    found = decaying_values(m, 1e-7)
    assert holds(found, np.diag(m) + 1e-7)
    assert holds(found, np.abs(np.diag(m) - 1e-7))


def test_nothing_is_proved_of_0_and_of_overflow():
    assert decaying_values(np.zeros((4, 2)), 0.0) is None
    assert within(np.zeros((4, 2)), 0.0) is None


def turned(monkeypatch, n, i, j, angle):
    """Eigenvectors of a diagonal matrix of which two are turned into each other."""
    v = np.eye(n)
    c, s = np.cos(angle), np.sin(angle)
    v[[i, i, j, j], [i, j, i, j]] = c, -s, s, c
    eigh = np.linalg.eigh
    monkeypatch.setattr(np.linalg, "eigh", lambda gram: (None, v) if gram.shape == v.shape else eigh(gram))


def test_columns_of_the_first_part_may_lean(monkeypatch):
    s = np.array([0.9, 0.9 * (1 - 1e-9), 0.3])
    turned(monkeypatch, 3, 0, 1, np.pi / 4)
    found = decaying_values(np.diag(s), 0.0)
    assert holds(found, s)
    assert found[1][0] - found[0][0] < 1e-8


def test_what_the_parts_share_is_needed(monkeypatch):
    """Values beside the cut with vectors between them, and a product UᵀB₂ that hides it within its bound."""
    s = np.array([0.9, 0.9 * CUT * (1 + 1e-9), 0.9 * CUT * (1 - 1e-9)])
    turned(monkeypatch, 3, 1, 2, np.pi / 6)
    assert holds(decaying_values(np.diag(s), 0.0), s)

    def hidden(x, y, factor):
        product, gamma = kernels.times(x, y)
        assert np.all(np.abs(product) <= FACTOR * gamma * np.linalg.norm(y))
        return 0 * product, factor * gamma

    monkeypatch.setattr(GRADED, "times", lambda x, y: hidden(x, y, 1.0))
    assert not holds(decaying_values(np.diag(s), 0.0), s)
    monkeypatch.setattr(GRADED, "times", lambda x, y: hidden(x, y, FACTOR))
    assert holds(decaying_values(np.diag(s), 0.0), s)


def test_a_basis_that_is_not_orthogonal_stretches(monkeypatch):
    monkeypatch.setattr(np.linalg, "eigh", lambda _: (None, np.eye(2) * (1 + 1e-6)))
    assert holds(decaying_values(np.diag([0.5, 0.25]), 0.0), [0.5, 0.25])
