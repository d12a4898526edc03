"""Levels and heads (C5, C6) and free features (C7): the formulas on random subspaces and on the minimizer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from certify.geometry.interface import collapse, hierarchy


def _rotation(seed: int, n: int) -> np.ndarray:
    return np.linalg.qr(np.random.default_rng(seed).standard_normal((n, n)))[0]


@given(st.integers(0, 2**32), st.integers(2, 5))
def test_windows_and_directions_bound_each_other(seed: int, n: int) -> None:
    w = _rotation(seed, n) ** 2
    sines = [sum(w[a, b] for a in range(j) for b in range(j, n)) for j in range(n + 1)]
    lines = [1 - w[i, i] for i in range(n)]
    for i in range(n):
        assert lines[i] <= hierarchy.direction_bound(sines[i + 1], sines[i]) + 1e-9
    for j in range(1, n):
        assert sines[j] <= float(hierarchy.window_bound(lines, j).mid()) + 1e-9


@given(st.integers(0, 2**32), st.integers(1, 5), st.integers(1, 5))
def test_overlaps_lie_in_their_range(seed: int, a: int, b: int) -> None:
    d = 5
    inner = float((_rotation(seed, d)[:a, :b] ** 2).sum())
    low, high = (float(v.mid()) for v in hierarchy.head_range(d, a, b))
    assert low - 1e-9 <= float(hierarchy.head_overlap(inner, a, b).mid()) <= high + 1e-9


@pytest.mark.parametrize(("d", "a", "b"), [(3, 1, 2), (6, 2, 2), (8, 3, 5)])
def test_moments_of_random_heads(d: int, a: int, b: int) -> None:
    drawn = [float((_rotation(seed, d)[:a, :b] ** 2).sum()) / min(a, b) for seed in range(4000)]
    mean, variance = float(hierarchy.head_mean(d, a, b).mid()), float(hierarchy.head_variance(d, a, b).mid())
    assert abs(np.mean(drawn) - mean) < 5 * np.sqrt(variance / 4000)
    assert abs(np.var(drawn) / variance - 1) < 0.15


@pytest.mark.parametrize(("decay", "feature_decay", "n", "classes"), [(0.5, 0.25, 3, 4), (1.0, 1.0, 4, 2)])
def test_minimizer_of_the_squared_loss(decay: float, feature_decay: float, n: int, classes: int) -> None:
    scale, kappa, least = (
        float(v.mid())
        for v in (
            collapse.collapse_scale(decay, feature_decay, n),
            collapse.self_duality_factor(decay, feature_decay, n),
            collapse.squared_loss_minimum(decay, feature_decay, n, classes),
        )
    )
    w = np.sqrt(scale / kappa) * np.eye(classes)
    h = np.kron(kappa * w.T, np.ones((1, n)))
    rest = w @ h - np.kron(np.eye(classes), np.ones((1, n)))
    assert np.allclose(rest @ h.T + decay * w, 0)
    assert np.allclose(w.T @ rest + feature_decay * h, 0)
    found = ((rest**2).sum() + decay * (w**2).sum() + feature_decay * (h**2).sum()) / 2
    assert found == pytest.approx(least)
