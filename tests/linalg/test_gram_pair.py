"""Gram matrices of two layers: norms of exact matrices lie in their enclosures at every scale."""

from __future__ import annotations

import flint
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from certify.geometry.interface.alignment import commutator_magnitude
from certify.linalg.gram_pair import GramPairNorms, gram_pair_norms
from certify.rigor.ball import precision
from tests.geometry import oracle
from tests.geometry.oracle import inside, mp

sizes = st.integers(1, 4)
scales = st.sampled_from([0, 0, 3, -40, 200, -300, 500, -500])


def magnitude(found: GramPairNorms) -> flint.arb:
    return commutator_magnitude(*found.scaled)


@given(sizes, sizes, sizes, st.integers(0, 2**32), scales, scales)
def test_norms_contain_the_truth(n: int, n_in: int, n_out: int, seed: int, low: int, high: int) -> None:
    rng = np.random.default_rng(seed)
    w, w_next = np.ldexp(rng.standard_normal((n, n_in)), low), np.ldexp(rng.standard_normal((n_out, n)), high)
    if seed % 3 == 0:
        w[:, -1] = np.ldexp(w[:, -1], -1040)
    with precision(128):
        found = gram_pair_norms(w, w_next)
    a, b = oracle.matrix(w), oracle.matrix(w_next)
    write, read = a * a.T, b.T * b
    commutator = read * write - write * read
    truth = (
        oracle.frobenius(read - write),
        oracle.frobenius(commutator),
        oracle.frobenius(read),
        oracle.frobenius(write),
    )
    with mp.workdps(400):
        assert inside(found.imbalance, truth[0])
    assert inside(found.commutator, truth[1])
    assert inside(found.read, truth[2])
    assert inside(found.write, truth[3])
    if truth[2] and truth[3]:
        assert inside(magnitude(found), truth[1] / (truth[2] * truth[3]))
        assert not magnitude(found) > flint.arb(0.5).sqrt()


def test_balanced_and_commuting_layers() -> None:
    w = np.array([[3.0, 0.0], [0.0, 1.0]])
    found = gram_pair_norms(w, w)
    assert found.imbalance.contains(0)
    assert found.commutator.contains(0)
    assert float(found.imbalance.upper()) < 1e-12


@pytest.mark.parametrize("seed", range(8))
def test_a_commutator_that_vanishes_only_in_exact_arithmetic(seed: int) -> None:
    """W' = WᵀK in integers gives H = K³, which commutes with K; the floats do not."""
    w = np.random.default_rng(seed).integers(-2000, 2000, (4, 4))
    found = gram_pair_norms(w.astype(float), (w.T @ w @ w.T).astype(float))
    assert found.commutator.contains(0)
    assert magnitude(found).contains(0)
    assert float(magnitude(found).upper()) < 1e-12


def test_the_largest_commutator_of_semidefinite_grams() -> None:
    """C4: 1/√2 is attained by two lines at 45 degrees."""
    found = gram_pair_norms(np.array([[1.0], [0.0]]), np.array([[1.0, 1.0]]))
    assert magnitude(found).contains(flint.arb(0.5).sqrt().mid())


def test_overflow_gives_no_number() -> None:
    huge = np.full((2, 2), 1e308)
    found = gram_pair_norms(huge, np.full((2, 2), 1e-308))
    assert magnitude(found).is_finite()
    assert inside(
        found.read, oracle.frobenius(oracle.matrix(np.full((2, 2), 1e-308)).T * oracle.matrix(np.full((2, 2), 1e-308)))
    )


def test_shapes_must_meet() -> None:
    with pytest.raises(ValueError):
        gram_pair_norms(np.ones((2, 2)), np.ones((2, 3)))
