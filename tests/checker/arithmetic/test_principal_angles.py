"""Principal angles from a core, against 60 digits."""

from __future__ import annotations

import flint
import mpmath as mp
import numpy as np
import pytest

from certify.checker.arithmetic import principal_angles
from certify.checker.arithmetic.crossing import Crossing
from certify.checker.arithmetic.near_decomposition import near_svd
from certify.checker.arithmetic.principal_angles import sines
from certify.checker.arithmetic.rounding import above, below
from certify.checker.arithmetic.scaled_matrix import Unit
from tests.linalg.reference import exact_matrix

# Both, one or neither of the bases span the space; windows above and below half of it.
SHAPES = [
    ((4, 3), (5, 4)), ((4, 4), (4, 4)), ((3, 6), (2, 3)), ((1, 2), (2, 1)), ((6, 6), (6, 6)), ((5, 5), (4, 5)),
    ((5, 4), (4, 5)), ((4, 9), (7, 4)), ((6, 3), (2, 6)),
]  # fmt: skip


@pytest.fixture(autouse=True)
def precision():
    with flint.ctx.workprec(96), mp.workdps(60):
        yield


def pair(shape, shape_next, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal(shape), rng.standard_normal(shape_next)


def angles(w, v, windows):
    return principal_angles.angles(Crossing.of(w, v), windows)


def near(low, high, truth, width=1e-10, digits=45):
    slack = mp.mpf(10) ** -digits
    assert low <= truth + slack
    assert truth - slack <= high
    assert high - low < width


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
        for low, high, cosine in zip(found[k].cosines[0], found[k].cosines[1], truth, strict=True):
            near(low, high, cosine)
        near(below(found[k].overlap), above(found[k].overlap), mp.fsum(c * c for c in truth) / k)
        for turn in (None, found[k].turn):
            own = sines(Crossing.of(near_svd(Unit.of(w)), near_svd(Unit.of(v))), k, turn)
            for low, high, cosine in zip(*own, truth, strict=True):
                near(low, high, mp.sqrt(abs(1 - cosine * cosine)), digits=25)
        for low, high, cosine in zip(*found[k].sines, truth, strict=True):
            near(low, high, mp.sqrt(abs(1 - cosine * cosine)), 1e-4, 25)


def test_known_angles():
    w, v = np.diag([4.0, 2.0, 1.0]), np.diag([1.0, 2.0, 4.0])
    found = angles(near_svd(Unit.of(w)), near_svd(Unit.of(v)), [1, 2])
    assert found[1].cosines[0][0] == 0
    assert found[1].cosines[1][0] < 1e-10
    assert found[2].cosines[0][0] > 1 - 1e-10
    assert found[2].cosines[1][0] == 1
    assert abs(float(found[2].overlap.mid()) - 0.5) < 1e-10


def test_without_a_gap_nothing_is_said():
    found = angles(near_svd(Unit.of(np.eye(3))), near_svd(Unit.of(np.diag([3.0, 2.0, 1.0]))), [2])
    # Two planes of three dimensions share a line.
    assert found[2].cosines[0].tolist() == [1.0, 0.0]
    assert found[2].cosines[1].tolist() == [1.0, 1.0]


def test_the_angle_of_a_wide_layer_is_not_forgotten():
    """d leading directions of R^n with n > d are a subspace with an angle of their own; d = n is the whole space."""
    wide = near_svd(Unit.of(np.random.default_rng(0).standard_normal((3, 6))))
    assert principal_angles._side_angle(wide, 3, 6) > 0
    assert principal_angles._side_angle(wide, 3, 3) == 0


def test_a_tilt_below_rounding_is_no_sine_of_zero():
    # The vectors at hand are those of the axes; the true one leans by 1e-17/3.
    write, read = np.array([[2.0, 1e-17], [0.0, 1.0]]), np.diag([3.0, 1.0])
    crossing = Crossing.of(near_svd(Unit.of(write)), near_svd(Unit.of(read)))
    assert not crossing.core[0][1:, :1].any()
    low, high = sines(crossing, 1)
    assert low[0] <= 3.3e-18
    assert high[0] >= 3.4e-18
