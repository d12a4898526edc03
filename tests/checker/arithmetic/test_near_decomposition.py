"""Singular values and subspaces of the checker against 60 digits."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest

from certify.checker.arithmetic import near_decomposition
from certify.checker.arithmetic.near_decomposition import near_svd
from certify.checker.arithmetic.scaled_matrix import Unit
from tests.checker.matrices import hard
from tests.linalg.reference import exact_matrix, singular_values

HARD = hard()


def outside(a, near):
    """Places where the reference is not enclosed."""
    lower, upper = near.sigma()
    with mp.workdps(80):
        truth = singular_values(a)
        slack = truth[0] * mp.mpf(10) ** -58
        return [k for k, x in enumerate(truth) if not mp.mpf(lower[k]) - slack <= x <= mp.mpf(upper[k]) + slack]


@pytest.mark.parametrize(("name", "a"), HARD, ids=[name for name, _ in HARD])
def test_all_singular_values_are_enclosed_tightly(name, a):
    near = near_svd(Unit.of(a))
    assert outside(a, near) == []
    assert near.error <= 4 * max(a.size, 128) * 2.0**-53 * near.s[0]
    assert near.left.shape == (a.shape[0], near.d)
    assert near.right.shape == (a.shape[1], near.d)


@pytest.mark.parametrize("vectors", ["svd", "gram"])
@pytest.mark.parametrize(("name", "a"), HARD[-9:], ids=[name for name, _ in HARD[-9:]])
def test_either_source_of_vectors_gives_enclosures(name, a, vectors, monkeypatch):
    if vectors == "svd":
        monkeypatch.setattr(near_decomposition, "_from_gram", lambda *_: None)
    assert outside(a, near_svd(Unit.of(a), 0.5)) == []


def test_vectors_that_are_no_singular_vectors_cost_width_not_truth(monkeypatch):
    a = np.random.default_rng(3).standard_normal((7, 5))
    monkeypatch.setattr(near_decomposition, "_from_gram", lambda *_: None)
    u = np.linalg.qr(np.random.default_rng(4).standard_normal((7, 5)))[0]
    monkeypatch.setattr(
        near_decomposition.scipy.linalg, "svd", lambda *_, **__: (u, np.arange(5.0, 0.0, -1.0), np.eye(5))
    )
    near = near_svd(Unit.of(a))
    assert outside(a, near) == []
    assert near.error > 1e-3


def projector(basis):
    return basis * basis.T


@pytest.mark.parametrize("shape", [(5, 5), (7, 4), (3, 6)])
def test_leading_subspaces_lie_within_their_angle(shape):
    """‖P - P̃‖₂ for the exact orthonormal bases of the lemma, whose polar factors are computed to 60 digits."""
    a = np.random.default_rng(8).standard_normal(shape)
    near = near_svd(Unit.of(a))
    with mp.workdps(60):
        u, _, vt = mp.svd_r(exact_matrix(a), full_matrices=False)
        for k in range(1, near.d):
            for basis, truth, distance in (
                (near.left, u[:, :k], near.left_distance),
                (near.right, vt.T[:, :k], near.right_distance),
            ):
                left, _, right = mp.svd_r(exact_matrix(basis), full_matrices=False)
                polar = left * right
                assert max(mp.svd_r(exact_matrix(basis) - polar, compute_uv=False)) <= distance
                gap = max(abs(x) for x in mp.eigsy(projector(polar[:, :k]) - projector(truth), eigvals_only=True))
                assert gap <= near.sin_theta(k)
                assert near.sin_theta(k) < 1e-9


def test_no_gap_gives_no_angle():
    near = near_svd(Unit.of(np.eye(4)))
    assert near.sin_theta(2) == 1.0


def test_a_missing_rounding_term_is_noticed(monkeypatch):
    """The enclosures are wrong somewhere when the rounding bounds are dropped."""
    monkeypatch.setattr(near_decomposition, "_residual", lambda *_: near_decomposition.ball(0.0))
    monkeypatch.setattr(near_decomposition, "defect", lambda u: near_decomposition.Defect(0.0, 0.0))
    monkeypatch.setattr(near_decomposition, "U", 0.0)
    product = near_decomposition.product
    monkeypatch.setattr(near_decomposition, "product", lambda x, y: (product(x, y)[0], 0.0))
    rng = np.random.default_rng(2)
    assert any(outside(a := rng.standard_normal((9, 8)), near_svd(Unit.of(a), 1.0)) for _ in range(10))


def test_zero_is_enclosed():
    lower, upper = near_svd(Unit.of(np.zeros((3, 2)))).sigma()
    assert np.all(lower == 0)
    assert np.all(upper < 1e-290)
