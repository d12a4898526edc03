"""Singular values of products of several matrices, against 50 digits and against exact products."""

from __future__ import annotations

import itertools

import mpmath
import numpy as np
import pytest

from certify.linalg import chain_product
from certify.linalg.chain_product import product_spectrum

DIMS = [(1, 1, 1), (2, 1, 2), (1, 3, 1), (3, 3, 3), (2, 5, 3), (4, 2, 5, 3), (6, 4, 6, 4, 6, 4), (3,) * 12]


def enclosed(arrays, norms=None):
    shapes = [w.shape for w in arrays]
    bounds = norms or [float(np.sqrt(np.sum(w * w)) * 1.01) for w in arrays]
    return product_spectrum([lambda w=w: w for w in arrays], shapes, bounds)


def true_sigma(arrays):
    with mpmath.workdps(50):
        product = mpmath.matrix(arrays[0].tolist())
        for w in arrays[1:]:
            product = mpmath.matrix(w.tolist()) * product
        tall = product if product.rows >= product.cols else product.T
        return sorted((abs(mpmath.mpf(s)) for s in mpmath.svd_r(tall, compute_uv=False)), reverse=True)


@pytest.mark.parametrize("dims", DIMS)
@pytest.mark.parametrize("scale", [1.0, 2.0**-300, 1e140])
def test_the_truth_is_enclosed_and_narrowly(dims, scale):
    rng = np.random.default_rng(len(dims))
    arrays = [rng.standard_normal((b, a)) * scale ** (-1) ** l for l, (a, b) in enumerate(itertools.pairwise(dims))]
    found = enclosed(arrays)
    assert found is not None
    unit = mpmath.mpf(2) ** found.exponent
    size = np.prod([np.linalg.norm(w / np.abs(w).max()) for w in arrays])
    for low, high, truth in zip(found.lower, found.upper, true_sigma(arrays), strict=True):
        with mpmath.workdps(50):
            assert mpmath.mpf(low) * unit <= truth <= mpmath.mpf(high) * unit
        assert high - low < 1e-13 * size


def test_a_missing_error_is_seen(monkeypatch: pytest.MonkeyPatch):
    """Entries that a rounded product loses: without the error the exact 0 or 1 lies outside."""
    x, y = np.array([[2.0**60, 1.0, -(2.0**60)]]), np.array([[1.0], [1.0], [1.0]])
    found = enclosed([y, x])
    unit = 2.0**found.exponent
    assert found.lower[0] * unit <= 1 <= found.upper[0] * unit
    assert found.error > 0
    real = chain_product.norm2_abs_up
    monkeypatch.setattr(chain_product, "norm2_abs_up", lambda a: 0.0 * real(a))
    found = enclosed([y, x])
    assert not found.lower[0] * unit <= 1 <= found.upper[0] * unit


def test_the_order_is_the_cheapest_and_then_the_flattest():
    split = chain_product._splits((10, 1000, 10, 1000, 10))
    assert split(0, 4)[2] == 2
    depth = chain_product._splits((8,) * 17)(0, 16)[1]
    assert depth == 4
    long = chain_product._splits((8,) * 301)(0, 300)
    assert long[1] <= 9


def test_products_beyond_the_range_of_floats_are_scaled():
    inf = float("inf")
    for base in (1e300, 1e-300):
        found = enclosed([np.diag([1.0, 0.25]) * base] * 3, [inf] * 3)
        assert abs(found.exponent) > 2000
        assert found.lower[0] <= 64 * found.upper[1]
        assert 64 * found.lower[1] <= found.upper[0]


def test_unknown_norms_are_bounded_anew():
    w = np.diag([2.0, 1.0])
    found = enclosed([w, w], [float("inf"), float("inf")])
    unit = 2.0**found.exponent
    assert found.lower[0] * unit <= 4 <= found.upper[0] * unit
