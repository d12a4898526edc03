"""What two layers have in common by products of the matrices and by their core, against 60 digits."""

from __future__ import annotations

import flint
import mpmath as mp
import numpy as np
import pytest

from certify.checker.arithmetic.core_commutation import core_commutation
from certify.checker.arithmetic.crossing import Crossing
from certify.checker.arithmetic.narrow_product import core_norm
from certify.checker.arithmetic.near_decomposition import near_svd
from certify.checker.arithmetic.rounding import above, below
from certify.checker.arithmetic.scaled_matrix import Unit
from certify.checker.arithmetic.two_layers import commutation, product_norm, transport_norm
from tests.linalg.reference import exact_matrix

SHAPES = [((4, 3), (5, 4)), ((4, 4), (4, 4)), ((3, 6), (2, 3)), ((1, 2), (2, 1)), ((6, 6), (6, 6))]


@pytest.fixture(autouse=True)
def precision():
    with flint.ctx.workprec(96), mp.workdps(60):
        yield


def pair(shape, shape_next, seed=0, scale=1.0, scale_next=1.0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal(shape) * scale, rng.standard_normal(shape_next) * scale_next


def encloses(ball, truth, relative=2.0**-30):
    slack = abs(truth) * mp.mpf(10) ** -45
    low, high = mp.mpf(below(ball)), mp.mpf(above(ball))
    return low - slack <= truth <= high + slack and high - low <= relative * (1 + abs(truth))


def norm(x):
    return max(mp.svd_r(x, compute_uv=False))


def size(x):
    return mp.sqrt(mp.fsum(v * v for v in x))


@pytest.mark.parametrize(("shape", "shape_next"), SHAPES)
@pytest.mark.parametrize("scales", [(1.0, 1.0), (1e-200, 1e200), (2.0**600, 3.0)])
def test_product_norm(shape, shape_next, scales):
    w, v = pair(shape, shape_next, 1, *scales)
    truth = norm(exact_matrix(v) * exact_matrix(w)) / mp.mpf(scales[0]) / mp.mpf(scales[1])
    core = core_norm(Crossing.of(near_svd(Unit.of(w)), near_svd(Unit.of(v))))
    for found in (product_norm(Unit.of(w), Unit.of(v)), core):
        assert encloses(found / flint.arb(scales[0]) / flint.arb(scales[1]), truth)


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("condition", [1.0, 1e4, 1e9])
def test_transport_norm(n, condition):
    w, v = pair((n, n), (n, n), n)
    w = w * condition ** -np.linspace(0, 1, n)
    found = transport_norm(Unit.of(w), near_svd(Unit.of(w)), Unit.of(v))
    truth = norm(exact_matrix(v) * exact_matrix(w) ** -1)
    assert encloses(found / flint.arb(float(truth)), mp.mpf(1) * truth / float(truth), 2.0**-44 * condition * n * n)


def test_a_singular_layer_has_no_transport():
    w, v = np.diag([1.0, 0.0]), np.eye(2)
    assert not transport_norm(Unit.of(w), near_svd(Unit.of(w)), Unit.of(v)).is_finite()


def from_core(w, v):
    return core_commutation(Crossing.of(near_svd(Unit.of(w)), near_svd(Unit.of(v))))


def from_products(w, v):
    return commutation(Unit.of(w), Unit.of(v))


@pytest.mark.parametrize(("shape", "shape_next"), SHAPES)
@pytest.mark.parametrize("scales", [(1.0, 1.0), (1e-3, 1e3), (1e-150, 1e150)])
@pytest.mark.parametrize("way", [from_core, from_products])
def test_commutation(shape, shape_next, scales, way):
    w, v = pair(shape, shape_next, 2, *scales)
    k = exact_matrix(w) * exact_matrix(w).T
    h = exact_matrix(v).T * exact_matrix(v)
    found = way(w, v)
    unit = max(size(h), size(k))
    assert encloses(found.imbalance / flint.arb(float(unit)), size(h - k) / float(unit))
    assert encloses(found.relative, size(h - k) / mp.sqrt(size(h) ** 2 + size(k) ** 2))
    assert encloses(found.magnitude, size(h * k - k * h) / (size(h) * size(k)))


@pytest.mark.parametrize("way", [from_core, from_products])
def test_balanced_and_commuting_layers(way):
    w = np.diag([3.0, 2.0, 1.0])
    found = way(w, w)
    assert below(found.imbalance) <= 0 <= above(found.imbalance) < 1e-12
    assert below(found.magnitude) <= 0 <= above(found.magnitude) < 1e-12
