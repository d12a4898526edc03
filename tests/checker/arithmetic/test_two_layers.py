"""What two layers have in common, against 60 digits."""

from __future__ import annotations

import flint
import mpmath as mp
import numpy as np
import pytest

from certify.checker.arithmetic import two_layers
from certify.checker.arithmetic.near_decomposition import near_svd
from certify.checker.arithmetic.rounding import above, below
from certify.checker.arithmetic.scaled_matrix import Unit
from certify.checker.arithmetic.two_layers import angles, commutation, product_norm, transport_norm
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
    found = product_norm(Unit.of(w), Unit.of(v)) / flint.arb(scales[0]) / flint.arb(scales[1])
    assert encloses(found, truth)


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


@pytest.mark.parametrize(("shape", "shape_next"), SHAPES)
@pytest.mark.parametrize("scales", [(1.0, 1.0), (1e-3, 1e3), (1e-150, 1e150)])
def test_commutation(shape, shape_next, scales):
    w, v = pair(shape, shape_next, 2, *scales)
    k = exact_matrix(w) * exact_matrix(w).T
    h = exact_matrix(v).T * exact_matrix(v)
    found = commutation(Unit.of(w), Unit.of(v))
    unit = max(size(h), size(k))
    assert encloses(found.imbalance / flint.arb(float(unit)), size(h - k) / float(unit))
    assert encloses(found.relative, size(h - k) / mp.sqrt(size(h) ** 2 + size(k) ** 2))
    assert encloses(found.magnitude, size(h * k - k * h) / (size(h) * size(k)))


def test_balanced_and_commuting_layers():
    w = np.diag([3.0, 2.0, 1.0])
    found = commutation(Unit.of(w), Unit.of(w))
    assert below(found.imbalance) <= 0 <= above(found.imbalance) < 1e-12
    assert below(found.magnitude) <= 0 <= above(found.magnitude) < 1e-12


def leading(a, k, *, left):
    u, _, vt = mp.svd_r(exact_matrix(a), full_matrices=False)
    return u[:, :k] if left else vt.T[:, :k]


@pytest.mark.parametrize(("shape", "shape_next"), SHAPES)
def test_angles(shape, shape_next):
    w, v = pair(shape, shape_next, 4)
    windows = list(range(1, min(*shape, *shape_next)))
    found = angles(near_svd(Unit.of(w)), near_svd(Unit.of(v)), windows)
    for k in windows:
        cross = leading(v, k, left=False).T * leading(w, k, left=True)
        truth = sorted(mp.svd_r(cross, compute_uv=False), reverse=True)
        for low, high, cosine in zip(found[k].lower, found[k].upper, truth, strict=True):
            assert low <= cosine + mp.mpf(10) ** -45
            assert cosine - mp.mpf(10) ** -45 <= high
            assert high - low < 1e-10
        assert encloses(found[k].overlap, mp.fsum(c * c for c in truth) / k)


def test_known_angles():
    w, v = np.diag([4.0, 2.0, 1.0]), np.diag([1.0, 2.0, 4.0])
    found = angles(near_svd(Unit.of(w)), near_svd(Unit.of(v)), [1, 2])
    assert found[1].lower[0] == 0
    assert found[1].upper[0] < 1e-10
    assert found[2].lower[0] > 1 - 1e-10
    assert found[2].upper[0] == 1
    assert abs(float(found[2].overlap.mid()) - 0.5) < 1e-10


def test_without_a_gap_nothing_is_said():
    found = angles(near_svd(Unit.of(np.eye(3))), near_svd(Unit.of(np.diag([3.0, 2.0, 1.0]))), [2])
    assert found[2].lower.tolist() == [0.0, 0.0]
    assert found[2].upper.tolist() == [1.0, 1.0]


def test_the_angle_of_a_wide_layer_is_not_forgotten():
    """d leading directions of R^n with n > d are a subspace with an angle of their own; d = n is the whole space."""
    wide = near_svd(Unit.of(np.random.default_rng(0).standard_normal((3, 6))))
    assert two_layers._side_angle(wide, 3, 6) > 0
    assert two_layers._side_angle(wide, 3, 3) == 0
