"""Cosines for many windows against 60 digits, with tiny shapes, whole spaces and missing gaps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from certify.errors import UsageError
from certify.linalg import svd
from certify.linalg.principal_angles import window_cosines
from tests.geometry import oracle
from tests.geometry.oracle import mp


def contained(write: np.ndarray, read: np.ndarray) -> int:
    """Demand containment at every window; returns how many windows were known."""
    most = min(*write.shape, *read.shape)
    found = window_cosines(svd(write), svd(read), range(1, most + 1))
    u, _, _ = oracle.svd(oracle.matrix(write))
    _, _, v = oracle.svd(oracle.matrix(read))
    known = 0
    for k in range(1, most + 1):
        truth = oracle.singular_values(v[:, :k].T * u[:, :k])
        low, high = found[k].lo.tolist(), found[k].hi.tolist()
        assert len(low) == k
        assert low == sorted(low, reverse=True)
        # The oracle's own 60 digits leave 1e-55 where a cosine is exactly 0 or 1.
        edge = mp.mpf(10) ** -50
        for a, b, c in zip(low, high, truth, strict=True):
            assert a - edge <= c <= b + edge, k
        known += high[-1] - low[-1] < 1e-6
    return known


@given(st.integers(1, 5), st.integers(1, 5), st.integers(1, 5), st.integers(0, 2**32))
def test_random_layers(n: int, n_in: int, n_out: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    assert contained(rng.standard_normal((n, n_in)), rng.standard_normal((n_out, n))) >= 1


def test_aligned_and_orthogonal_layers() -> None:
    w = np.diag([4.0, 2.0, 1.0])
    assert contained(w, w) == 3
    swapped = np.diag([1.0, 2.0, 4.0])
    assert contained(w, swapped) == 3
    found = window_cosines(svd(w), svd(swapped), [1, 2, 3])
    assert found[1].lo[0] == 0.0
    assert found[2].lo[0] > 0.999999
    assert found[3].lo[2] > 0.999999


def test_nearly_equal_angles_keep_both_ends() -> None:
    t = 1e-9
    write = np.array([[1.0, 0.0], [0.0, 0.5], [0.0, 0.0]])
    read = np.array([[2.0, 0.0, 2.0 * t], [0.0, 1.0, 0.0]])
    contained(write, read)


def test_a_cluster_gives_no_cosine() -> None:
    found = window_cosines(svd(np.eye(3)), svd(np.diag([3.0, 2.0, 1.0])), [1, 2, 3])
    for k in (1, 2):
        assert (found[k].lo == 0).all()
        assert (found[k].hi == 1).all()
    assert found[3].lo[2] > 0.999999


def test_a_moved_cosine_is_outside() -> None:
    write, read = np.array([[2.0], [1.0]]), np.array([[1.0, 1.0]])
    found = window_cosines(svd(write), svd(read), [1])[1]
    truth = 3 / mp.sqrt(10)
    assert found.lo[0] <= truth <= found.hi[0]
    assert not found.lo[0] <= truth * (1 + mp.mpf(10) ** -12) <= found.hi[0]


def test_refusals() -> None:
    a = svd(np.eye(3))
    with pytest.raises(UsageError):
        window_cosines(a, svd(np.ones((2, 2))), [1])
    for window in (0, 4):
        with pytest.raises(UsageError):
            window_cosines(a, a, [window])
    assert window_cosines(a, a, []) == {}
