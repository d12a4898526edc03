"""Exact ranks of float matrices: against rational elimination, with witnesses that are checked and can be spoiled."""

from __future__ import annotations

import dataclasses
import math
from fractions import Fraction

import numpy as np
import pytest
from flint import fmpq, fmpq_mat, fmpz_mat
from hypothesis import given
from hypothesis import strategies as st

from certify.errors import InputError, LimitError
from certify.linalg.exact import rank as module
from certify.linalg.exact.integer_matrix import integer_product, large_prime
from certify.linalg.exact.rank import as_integer, exact_rank, intersection_dimension, rank_bounds, rank_witness
from certify.linalg.exact.subspace import image, kernel
from tests.strategies.exact_matrices import deficient
from theorems.subjects.random_exact import random_rational, random_unimodular


def elimination(rows: list[list[Fraction]]) -> int:
    """The rank by Gaussian elimination over the rationals."""
    rows = [list(row) for row in rows]
    rank = 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((i for i in range(rank, len(rows)) if rows[i][column]), None)
        if pivot is None:
            continue
        rows[rank], rows[pivot] = rows[pivot], rows[rank]
        for i in range(rank + 1, len(rows)):
            factor = rows[i][column] / rows[rank][column]
            rows[i] = [x - factor * y for x, y in zip(rows[i], rows[rank], strict=True)]
        rank += 1
    return rank


def reference(a: np.ndarray) -> int:
    return elimination([[Fraction(float(x)) for x in row] for row in a])


@given(deficient())
def test_rank_is_that_of_rational_elimination(a):
    witness = rank_witness(a)
    assert witness.rank == reference(a)
    assert witness.proves(as_integer(a))


@given(st.integers(1, 7), st.integers(1, 7), st.integers(0, 5), st.integers(0, 2**32 - 1))
def test_products_of_thin_factors(m, n, r, seed):
    rng = np.random.default_rng(seed)
    # 22-bit factors: the product is an exact float and its kernel is not short.
    a = rng.integers(-(2**22), 2**22, (m, r)) @ rng.integers(-(2**22), 2**22, (r, n)) if r else np.zeros((m, n))
    assert exact_rank(a) == reference(a.astype(float))


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (2, 1), (3, 2)])
def test_zero_matrices_have_rank_zero(shape):
    witness = rank_witness(np.zeros(shape))
    assert witness.rank == 0
    assert witness.proves(fmpz_mat(*shape))


def test_floats_are_not_rounded():
    # 0.1 + 0.2 is not the float 0.3, and 3 * 0.1 is not either.
    assert exact_rank([[0.1, 0.3], [1.0, 3.0]]) == 2
    assert exact_rank([[1.0, 1.0 + 2.0**-52], [1.0, 1.0]]) == 2
    assert np.linalg.matrix_rank(np.array([[1.0, 1.0 + 2.0**-52], [1.0, 1.0]])) == 1
    assert exact_rank([[1e300, 1e-300], [1e300 * 2, 2e-300]]) == 1


def test_a_prime_that_divides_the_determinant_is_no_witness():
    p = large_prime(0)
    z = fmpz_mat([[1, 1], [1, 1 + p]])
    witness = rank_witness(z)
    assert witness.rank == 2
    assert witness.prime != p
    assert witness.proves(z)


def test_a_prime_that_divides_all_larger_minors_is_overruled_by_lifting_and_by_primes(monkeypatch):
    p = large_prime(0)
    # Rank 1 modulo p, rank 2 over Q, and no short kernel.
    z = fmpz_mat([[3, 5, 7], [3 + p, 5, 7], [11 * 3, 11 * 5 + p, 11 * 7]])
    assert rank_witness(z).rank == 3
    monkeypatch.setattr(module, "_PER_PRIME", 1e9)
    assert rank_witness(z, work_limit=math.inf).rank == 3


@pytest.mark.parametrize("method", ["lift", "primes"])
def test_both_general_methods_prove_a_rank(monkeypatch, method):
    rng = np.random.default_rng(5)
    a = rng.integers(-(2**20), 2**20, (30, 28)) @ rng.integers(-(2**20), 2**20, (28, 30))
    monkeypatch.setattr(module, "_PER_PRIME" if method == "lift" else "_PER_ENTRY", 1e9)
    witness = rank_witness(a, work_limit=math.inf)
    assert (witness.rank, witness.method) == (28, method)
    assert witness.proves(as_integer(a))


def test_spoiled_witnesses_are_rejected():
    z = fmpz_mat([[1, 2, 3], [2, 4, 6], [1, 0, 1]])
    good = rank_witness(z)
    assert good.rank == 2
    assert good.method == "kernel"
    assert good.proves(z)
    assert good.kernel is not None
    assert not dataclasses.replace(good, rank=1, rows=good.rows[:1], columns=good.columns[:1]).proves(z)
    assert not dataclasses.replace(good, kernel=good.kernel * 0).proves(z)
    assert not dataclasses.replace(good, kernel=None).proves(z)
    assert not dataclasses.replace(good, method="full").proves(z)
    assert not dataclasses.replace(good, rows=(0, 1)).proves(z)
    assert not dataclasses.replace(good, rows=(0, 0)).proves(z)
    moved = fmpz_mat(good.kernel.nrows(), good.kernel.ncols(), [int(x) + 1 for x in good.kernel.entries()])
    assert not dataclasses.replace(good, kernel=moved).proves(z)
    assert not dataclasses.replace(good, rank=3, rows=(0, 1, 2), columns=(0, 1, 2), method="primes").proves(z)
    assert not good.proves(fmpz_mat([[1, 2, 3], [2, 4, 7], [1, 0, 1]]))


def test_what_exceeds_the_work_limit_is_refused_with_advice():
    rng = np.random.default_rng(2)
    a = rng.integers(-(2**22), 2**22, (40, 39)) @ rng.integers(-(2**22), 2**22, (39, 40))
    with pytest.raises(LimitError) as caught:
        exact_rank(a, work_limit=1e-9)
    assert caught.value.exit_code == 4
    assert "work_limit" in str(caught.value)
    assert "rank_bounds" in str(caught.value)
    assert rank_bounds(a) == (39, 40)


def test_too_many_entries_are_refused(monkeypatch):
    monkeypatch.setattr(module, "ENTRY_LIMIT", 5)
    with pytest.raises(LimitError, match="3x2"):
        exact_rank(np.ones((3, 2)))


@pytest.mark.parametrize(
    ("a", "bounds"),
    [
        (np.eye(5), (5, 5)),
        (np.ones((4, 6)), (1, 1)),
        (np.diag([1.0, 0.0, 2.0]), (2, 2)),
        (np.repeat(np.arange(12.0).reshape(3, 4), 2, axis=0), (2, 2)),
    ],
)
def test_short_kernels_need_no_work(a, bounds):
    assert rank_bounds(a) == bounds


def test_unusual_inputs():
    assert exact_rank(np.array([[1, 2], [3, 4]], dtype=np.int8)) == 2
    assert exact_rank(np.array([[1, 2], [2, 4]], dtype=np.float16)) == 1
    assert exact_rank(fmpq_mat([[fmpq(1, 3), fmpq(2, 3)], [fmpq(1, 7), fmpq(2, 7)]])) == 1
    with pytest.raises(InputError, match="nan"):
        exact_rank([[1.0, math.nan]])
    with pytest.raises(InputError, match="compose"):
        integer_product([[1.0, 2.0]], [[1.0]])


@given(st.integers(1, 5), st.integers(1, 5), st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_intersection_dimension_is_that_of_the_definition(n, k, m, seed):
    rng = np.random.default_rng(seed)
    lower, upper = rng.integers(-1, 2, (n, k)) / 4, rng.integers(-1, 2, (m, n)) * 3.0
    dimension, rank, product = intersection_dimension(lower, upper)
    assert (rank, product) == (reference(lower), reference(upper @ lower))
    # By definition: intersect the column space of W with the null space of W'.
    w, w_next = (fmpq_mat(fmpz_mat(x.astype(int).tolist())) for x in (4 * lower, upper))
    assert dimension == (image(w) & kernel(w_next)).dim


def test_intersections_of_float_layers_are_exact_where_thresholds_fail():
    # W' kills the image of W exactly; with the last bit changed it does not.
    w = np.array([[1.0], [3.0]])
    assert intersection_dimension(w, [[3.0, -1.0]])[0] == 1
    assert intersection_dimension(w, [[3.0 + 2.0**-51, -1.0]])[0] == 0


@given(st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_rank_is_invariant_under_exact_changes_of_basis(n, seed):
    rng = np.random.default_rng(seed)
    r = int(rng.integers(0, n + 1))
    z = fmpz_mat(n, n, [int(i == j < r) for i in range(n) for j in range(n)])
    for g in (random_rational(n, seed), random_unimodular(n, seed)):
        assert exact_rank(g * fmpq_mat(z) * g.inv()) == r


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["full", "repeated", "pruned", "integer"])
def test_thousand(kind):
    rng = np.random.default_rng(7)
    n = 1000
    a = rng.standard_normal((n, n))
    expected = n
    if kind == "repeated":
        a[:, -1], expected = a[:, 0], n - 1
    elif kind == "pruned":
        a[-n // 5 :], expected = 0.0, n - n // 5
    elif kind == "integer":
        a, expected = (rng.integers(-9, 9, (n, 900)) @ rng.integers(-9, 9, (900, n))).astype(float), 900
    assert exact_rank(a) == expected
