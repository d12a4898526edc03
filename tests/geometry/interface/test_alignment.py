"""Alignment: imbalance, commutator and overlap of exact matrices lie in their enclosures at every scale."""

from __future__ import annotations

import flint
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from certify.geometry.interface import alignment
from certify.rigor.ball import precision
from tests.geometry import oracle
from tests.geometry.oracle import ball, inside, mp

sizes = st.integers(1, 4)
scales = st.sampled_from([0, 0, 3, -40, 200, -300, 500, -500])


@given(sizes, sizes, sizes, st.integers(0, 2**32), scales, scales)
def test_norms_contain_the_truth(n: int, n_in: int, n_out: int, seed: int, low: int, high: int) -> None:
    rng = np.random.default_rng(seed)
    w, w_next = np.ldexp(rng.standard_normal((n, n_in)), low), np.ldexp(rng.standard_normal((n_out, n)), high)
    if seed % 3 == 0:
        w[:, -1] = np.ldexp(w[:, -1], -1040)
    with precision(128):
        found = alignment.interface_norms(w, w_next)
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
        assert inside(found.magnitude, truth[1] / (truth[2] * truth[3]))
        assert not found.magnitude > flint.arb(0.5).sqrt()


def test_balanced_and_commuting_layers() -> None:
    w = np.array([[3.0, 0.0], [0.0, 1.0]])
    found = alignment.interface_norms(w, w)
    assert found.imbalance.contains(0)
    assert found.commutator.contains(0)
    assert float(found.imbalance.upper()) < 1e-12


@pytest.mark.parametrize("seed", range(8))
def test_a_commutator_that_vanishes_only_in_exact_arithmetic(seed: int) -> None:
    """W' = WᵀK in integers gives H = K³, which commutes with K; the floats do not."""
    w = np.random.default_rng(seed).integers(-2000, 2000, (4, 4))
    found = alignment.interface_norms(w.astype(float), (w.T @ w @ w.T).astype(float))
    assert found.commutator.contains(0)
    assert found.magnitude.contains(0)
    assert float(found.magnitude.upper()) < 1e-12


def test_the_largest_commutator_of_semidefinite_grams() -> None:
    """C4: 1/√2 is attained by two lines at 45 degrees."""
    found = alignment.interface_norms(np.array([[1.0], [0.0]]), np.array([[1.0, 1.0]]))
    assert found.magnitude.contains(flint.arb(0.5).sqrt().mid())


def test_overflow_gives_no_number() -> None:
    huge = np.full((2, 2), 1e308)
    found = alignment.interface_norms(huge, np.full((2, 2), 1e-308))
    assert found.magnitude.is_finite()
    assert inside(
        found.read, oracle.frobenius(oracle.matrix(np.full((2, 2), 1e-308)).T * oracle.matrix(np.full((2, 2), 1e-308)))
    )


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_overlap_contains_the_truth(cosines: list[float]) -> None:
    truth = mp.fsum(mp.mpf(c) ** 2 for c in cosines) / len(cosines)
    assert inside(alignment.overlap([flint.arb(c) for c in cosines]), truth)


def test_ratios_in_symbols() -> None:
    assert alignment.relative_imbalance(sympy.Integer(5), sympy.Integer(3), sympy.Integer(4)) == 1
    assert alignment.commutator_magnitude(sympy.Integer(1), sympy.Integer(2), sympy.Integer(4)) == sympy.Rational(1, 8)
    assert alignment.alignment_bound(sympy.Integer(3), sympy.Integer(1), sympy.Integer(2)) == sympy.sqrt(2)


@given(st.integers(2, 4), st.integers(0, 2**32), st.data())
def test_the_alignment_bound_holds(n: int, seed: int, data: st.DataObject) -> None:
    """B3 on random Grams at 60 digits."""
    rng = np.random.default_rng(seed)
    k = data.draw(st.integers(1, n - 1))
    w = oracle.matrix(rng.standard_normal((n, n)))
    w_next = w.T + oracle.matrix(rng.standard_normal((n, n))) * mp.mpf(data.draw(st.sampled_from([1e-6, 0.1, 2.0])))
    (u, s, _), (_, s2, v) = oracle.svd(w), oracle.svd(w_next)
    cosines = oracle.singular_values(u[:, :k].T * v[:, :k])
    sine = mp.sqrt(mp.fsum(abs(1 - c * c) for c in cosines))
    delta = oracle.frobenius(w_next.T * w_next - w * w.T)
    gaps = [x[k - 1] ** 2 - x[k] ** 2 for x in (s, s2)]
    bound = alignment.alignment_bound(ball(delta), ball(gaps[0]), ball(gaps[1]))
    assert not ball(sine) > bound


def test_shapes_must_meet() -> None:
    with pytest.raises(ValueError):
        alignment.interface_norms(np.ones((2, 2)), np.ones((2, 3)))
