"""Imbalance and commutator from the smaller sides: the truth inside, nothing where it cancels, all errors needed."""

from __future__ import annotations

import numpy as np
import pytest

from certify.checker.arithmetic import small_commutation as module
from certify.checker.arithmetic.scaled_matrix import Unit
from certify.checker.arithmetic.small_commutation import small_commutation

SHAPES = [(5, 2, 2), (9, 3, 4), (20, 6, 3), (40, 7, 12), (300, 5, 9)]


def layers(n: int, size: int, size_next: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng([seed, n, size, size_next])
    return rng.standard_normal((n, size)), rng.standard_normal((size_next, n))


def truths(w: np.ndarray, v: np.ndarray) -> tuple[float, float]:
    """Imbalance on the scale of ``Unit`` and the normalized commutator, good to about 1e-14."""
    a, b = Unit.of(w), Unit.of(v)
    top = max(a.exponent, b.exponent)
    k, h = w @ w.T, v.T @ v
    size = np.linalg.norm(h) * np.linalg.norm(k)
    return np.linalg.norm(h - k) * 4.0**-top, np.linalg.norm(h @ k - k @ h) / size


def inside(ball, truth: float) -> bool:
    return bool(ball.lower() <= truth * (1 + 1e-13) and truth * (1 - 1e-13) <= ball.upper())


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("scale", [1.0, 1e-3, 1e5])
def test_the_truth_is_inside(shape, scale):
    w, v = layers(*shape)
    v = v * scale
    found = small_commutation(Unit.of(w), Unit.of(v))
    assert found is not None
    imbalance, magnitude = truths(w, v)
    assert inside(found[2], imbalance)
    assert inside(found[3], magnitude)


def test_nothing_where_it_cancels_or_does_not_pay():
    w, v = layers(12, 4, 5)
    assert small_commutation(Unit.of(w), Unit.of(w.T)) is None
    assert small_commutation(Unit.of(np.eye(12, 4)), Unit.of(v)) is not None
    assert small_commutation(Unit.of(np.eye(12, 4)), Unit.of(2 * np.eye(4, 12))) is None
    square, reader = layers(6, 3, 3)
    assert small_commutation(Unit.of(square), Unit.of(reader)) is None


@pytest.mark.parametrize("place", range(6))
def test_a_fault_below_its_bound_stays_inside_only_with_the_bound(place, monkeypatch):
    """Products X, G, G', G'X, XG and XᵀX in this order, each off by 0.9 of a bound that is 10⁷ times too large."""
    w, v = layers(40, 7, 12)
    factor, exact_gamma = 1e7, module.gamma
    calls = 0

    def off(found: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        nonlocal calls
        calls += 1
        if calls != place + 1:
            return found
        size = np.linalg.norm(left) * np.linalg.norm(right)
        return found * (1 + 0.9 * factor * exact_gamma(left.shape[1]) * size / np.linalg.norm(found))

    product, gram = module.product, module.gram
    monkeypatch.setattr(module, "product", lambda x, y: (off(product(x, y)[0], x, y), 0.0))
    monkeypatch.setattr(module, "gram", lambda x: (off(gram(x)[0], x.T, x), 0.0))
    imbalance, magnitude = truths(w, v)
    found = small_commutation(Unit.of(w), Unit.of(v))
    assert found is not None
    assert not (inside(found[2], imbalance) and inside(found[3], magnitude))
    calls = 0
    monkeypatch.setattr(module, "gamma", lambda k: factor * exact_gamma(k))
    monkeypatch.setattr(module, "U", 1.0)
    found = small_commutation(Unit.of(w), Unit.of(v))
    assert found is not None
    assert inside(found[2], imbalance)
    assert inside(found[3], magnitude)
