"""Singular values without vectors: containment, refusals, and every error term with its bound 10^7 times too large."""

from __future__ import annotations

from importlib import import_module

import flint
import numpy as np
import pytest

from certify.linalg import kernels
from certify.linalg.cores.tridiagonal import eigenvalues_between, tridiagonal_values
from certify.rigor.ball import precision
from certify.rigor.rounding import gamma
from tests.linalg.cores.test_inflated import Fault
from tests.linalg.injected import FACTOR

TRIDIAGONAL = import_module("certify.linalg.cores.tridiagonal")
VALUES = import_module("certify.linalg.cores.values")


def values_of(m: np.ndarray) -> list[flint.arb]:
    """The singular values, decreasing, of at most 12 columns to 60 digits."""
    exact = flint.arb_mat(m.shape[0], m.shape[1], [flint.arb(float(x)) for x in m.ravel()])
    found = (exact.transpose() * exact).eig()
    return sorted((z.real.max(flint.arb(0)).sqrt() for z in found), key=float, reverse=True)


@pytest.mark.parametrize("scale", [1.0, 2.0**-30, 2.0**-140])
@pytest.mark.parametrize("shape", [(2, 2), (7, 3), (9, 9), (12, 5)])
def test_values_are_enclosed(shape, scale):
    with precision(300):
        for seed in range(4):
            m = scale * np.random.default_rng([seed, *shape]).uniform(-1, 1, shape)
            found = tridiagonal_values(m, 0.0, 1e-3 * scale)
            assert found is not None
            for low, high, truth in zip(*found, values_of(m), strict=True):
                assert low <= truth <= high
                assert high - low <= 1e-3 * scale


def test_values_near_by_move_by_the_radius():
    rng = np.random.default_rng(3)
    m = rng.uniform(-1, 1, (8, 4))
    low, high = tridiagonal_values(m, 1e-4, 1.0)
    off = rng.standard_normal(m.shape)
    s = np.linalg.svd(m + 0.9e-4 * off / np.linalg.norm(off), compute_uv=False)
    assert np.all((low <= s) & (s <= high))


def test_tied_and_vanishing_values():
    for m in (np.eye(6), np.ones((6, 6)), np.diag([1.0, 1.0, 0.5, 0.0, 0.0]), np.zeros((5, 3))):
        found = tridiagonal_values(m, 0.0, 1.0)
        s = np.linalg.svd(m, compute_uv=False)
        # Nothing is known of the matrix 0, whose scale is below what counts can tell.
        if found is None:
            assert not np.any(m)
            continue
        assert np.all((found[0] <= s + 1e-15) & (s - 1e-15 <= found[1]))


def test_what_is_not_fine_enough_is_refused():
    m = np.diag([1.0, 1e-3, 1e-9])
    assert tridiagonal_values(m, 0.0, 1e-12) is None
    assert tridiagonal_values(m, 0.0, 1e-5) is not None
    assert tridiagonal_values(1e-200 * np.eye(4), 0.0, 1.0) is None
    assert tridiagonal_values(np.full((3, 2), np.nan), 0.0, 1.0) is None


def test_counts_of_split_and_of_singular_pivots():
    """1, 2 and 0 on the diagonal with entries beside it that vanish, and pivots that are 0 on the way."""
    d, e = np.array([1.0, 1.0, 2.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0, 1.0])
    truth = np.linalg.eigvalsh(np.diag(d) + np.diag(e, 1) + np.diag(e, -1))
    low, high = eigenvalues_between(d, e, truth)
    assert np.all((low <= truth) & (truth <= high))
    assert np.max(high - low) < 1e-12
    assert eigenvalues_between(d, e, truth + 1e-6) is None
    with np.errstate(divide="ignore"):
        below = TRIDIAGONAL._counts(d, e, np.array([-2.0, -0.5, 0.0, 0.7, 1.5, 3.0]))
    assert below.tolist() == [0, 1, 1, 2, 4, 5]


@pytest.mark.parametrize("place", [0, 2], ids=["MᵀM", "QZ"])
def test_every_bound_is_enough_and_needed(place, monkeypatch):
    m = np.random.default_rng(place).uniform(-1, 1, (9, 6))
    if place == 2:
        _off_by(monkeypatch, m)
    s = np.linalg.svd(m, compute_uv=False)
    monkeypatch.setattr(TRIDIAGONAL, "times", Fault("tridiagonal", place).times)
    assert not _holds(m, s)
    monkeypatch.setattr(TRIDIAGONAL, "times", Fault("tridiagonal", place, bounded=True).times)
    assert _holds(m, s)


def test_a_stretched_basis_is_seen(monkeypatch):
    """Q too long by τ, T too small by as much, and a product that hides it within its bound."""
    m = np.random.default_rng(1).uniform(-1, 1, (9, 6))
    s = np.linalg.svd(m, compute_uv=False)
    stretch = 1 + 0.4 * FACTOR * gamma(6)
    reduced, basis, calls = TRIDIAGONAL.get_lapack_funcs, TRIDIAGONAL._basis, []

    def shrunk(names, dtype):
        found = reduced(names, dtype=dtype)
        if names[0] != "sytrd":
            return found

        def reduce(*given, **options):
            c, d, e, tau, info = found[0](*given, **options)
            return c, d / stretch**2, e / stretch**2, tau, info

        return [reduce, *found[1:]]

    def hidden(x, y, bounded):
        product, rounding = kernels.times(x, y)
        calls.append(x.shape)
        if len(calls) != 2:
            return product, rounding
        return product / stretch**2, FACTOR * rounding if bounded else rounding

    monkeypatch.setattr(TRIDIAGONAL, "get_lapack_funcs", shrunk)
    monkeypatch.setattr(TRIDIAGONAL, "_basis", lambda *given: stretch * basis(*given))
    for bounded in (False, True):
        calls.clear()
        monkeypatch.setattr(TRIDIAGONAL, "times", lambda x, y, bounded=bounded: hidden(x, y, bounded))
        assert _holds(m, s) is bounded


def _holds(m: np.ndarray, s: np.ndarray) -> bool:
    low, high = tridiagonal_values(m, 0.0, 1.0)
    return bool(np.all((low <= s + 1e-14) & (s - 1e-14 <= high)))


def _off_by(monkeypatch, m: np.ndarray) -> None:
    """T of a matrix that differs from MᵀM by what the error of the third product hides."""
    q, z = _factors(m.T @ m)
    moved = Fault("tridiagonal", 0).times(q, z)[0] - q @ z
    reduced = TRIDIAGONAL.get_lapack_funcs

    def other(names, dtype):
        found = reduced(names, dtype=dtype)
        if names[0] != "sytrd":
            return found
        return [lambda gram, **options: found[0](gram - (moved + moved.T) / 2, **options), *found[1:]]

    monkeypatch.setattr(TRIDIAGONAL, "get_lapack_funcs", other)


def _factors(gram: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    reduce, space = TRIDIAGONAL.get_lapack_funcs(("sytrd", "sytrd_lwork"), dtype=np.float64)
    c, d, e, tau, _ = reduce(gram, lower=1, lwork=int(space(len(gram), lower=1)[0]))
    q = TRIDIAGONAL._basis(c, tau)
    return q, (np.diag(d) + np.diag(e, 1) + np.diag(e, -1)) @ q.T


@pytest.mark.parametrize("place", [0, 1, 2], ids=["C", "B", "A"])
def test_every_block_of_a_triangle_counts(place, monkeypatch):
    """A matrix that is off by what the error of one product hides is at that distance."""
    n, half = 320, 160
    factor = np.tril(np.random.default_rng(place).uniform(-1, 1, (n, n)))
    blocks = [(slice(half, n), slice(half, n)), (slice(half, n), slice(0, half)), (slice(0, half), slice(0, half))]
    rows, columns = blocks[place]
    exact = factor @ factor.T
    left, right = (factor[rows], factor[columns]) if place == 0 else (factor[rows, :half], factor[columns, :half])
    found = Fault("values", 0).times(left, right.T)[0]
    x = exact.copy()
    x[rows, columns] = found
    x[columns, rows] = found.T
    truth = np.linalg.norm(x - exact)
    bounds = []
    for bounded in (False, True):
        monkeypatch.setattr(VALUES, "times", Fault("values", place, bounded=bounded).times)
        bounds.append(float(VALUES._distance(factor, x, flint.arb(1))))
    assert bounds[0] < 0.5 * truth
    assert bounds[1] >= truth
