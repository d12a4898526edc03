"""Singular values of BᵀC from near decompositions: every error term is needed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from certify.checker.arithmetic import head_products
from certify.checker.arithmetic.head_products import product_values
from certify.checker.arithmetic.near_decomposition import NearSVD, near_svd
from certify.checker.arithmetic.scaled_matrix import Unit
from tests.geometry import oracle
from tests.planted import Planted

_OFF = 1e-4


def holds(b: NearSVD, c: NearSVD, truth: float) -> bool:
    lower, upper = product_values(b, c)
    return bool(lower[0] <= truth <= upper[0])


def exact(value: float, slope: float = 0.0) -> NearSVD:
    """The 2 × 1 matrix value·(cos, sin) as its own decomposition."""
    left = np.array([[np.cos(slope)], [np.sin(slope)]])
    return NearSVD(
        (2, 1), 0, np.array([value]), 1e-15, 1e-15, np.array([1e-15]), left, np.eye(1), 1e-15, 0.0, 1e-15, 0.0
    )


def cases() -> bool:
    """What is said of a decomposition is off by as much as it may be, on one side after the other."""
    found: list[bool] = []
    plain = exact(0.5)
    for sign in (-1, 1):
        error = replace(exact(0.5 + sign * _OFF), error=_OFF * (1 + 1e-9))
        long = replace(plain, left=plain.left * (1 + sign * _OFF), left_distance=_OFF * (1 + 1e-9))
        for other in (error, long):
            found += [holds(other, plain, 0.25), holds(plain, other, 0.25)]
    return all(found)


def test_what_is_meant_is_held():
    assert cases()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("ball(b.error) * (top_next + ball(c.error)) + ", ""),
        ("+ top * ball(c.error)", ""),
        ("d * (1 + e) + e + ball(slip)", "e + ball(slip)"),
        ("d * (1 + e) + e + ball(slip)", "d * (1 + e) + ball(slip)"),
        ("ball(near.error) + moved * shrunk", "ball(near.error)"),
    ],
)
def test_every_error_term_is_needed(old, new):
    with Planted("checker.arithmetic.head_products", "product_values", old, new).made():
        assert not cases()


def test_the_rounding_of_the_product_is_counted(monkeypatch):
    product = head_products.product
    monkeypatch.setattr(
        head_products, "product", lambda x, y: (product(x, y)[0] * (1 + _OFF), product(x, y)[1] + 2 * _OFF)
    )
    assert holds(exact(0.5), exact(0.5), 0.25)
    with Planted("checker.arithmetic.head_products", "product_values", "d * (1 + e) + e + ball(slip)", "d + e").made():
        assert not holds(exact(0.5), exact(0.5), 0.25)


@pytest.mark.parametrize("seed", range(6))
def test_random_blocks_against_60_digits(seed):
    rng = np.random.default_rng(seed)
    size, m, n = (int(x) for x in rng.integers(1, 5, 3))
    b, c = (
        rng.standard_normal((size, m)) * 1e-3,
        rng.standard_normal((size, n)) * 10.0 ** -rng.integers(0, 9, (size, 1)),
    )
    b[0] = b[-1] if seed % 2 else b[0]
    lower, upper = product_values(near_svd(Unit.of(b)), near_svd(Unit.of(c)))
    truth = oracle.singular_values(oracle.matrix(b).T * oracle.matrix(c))
    assert lower.size == min(size, m, n)
    for low, high, number in zip(lower, upper, truth, strict=False):
        assert low <= number <= high
        assert high - low < 1e-10 * float(truth[0]) + 1e-300
    zero, _ = product_values(near_svd(Unit.of(np.eye(2)[:, :1])), near_svd(Unit.of(np.eye(2)[:, 1:])))
    assert zero[0] == 0
