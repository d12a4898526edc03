"""Float matrices as integer matrices, minors, primes."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import numpy as np
from flint import fmpz_mat
from hypothesis import given
from hypothesis import strategies as st

from certify.linalg.exact.integer_matrix import integer_matrix, large_prime, minor_bits
from tests.strategies.exact_matrices import deficient


@given(st.integers(1, 4), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_minor_bits_bound_every_minor(n, order, seed):
    rng = np.random.default_rng(seed)
    order = min(order, n)
    z = fmpz_mat(n, n, rng.integers(-(2**20), 2**20, n * n).tolist())
    bound = 2 ** minor_bits(z, order)
    for rows in combinations(range(n), order):
        for columns in combinations(range(n), order):
            minor = fmpz_mat(order, order, [int(z[i, j]) for i in rows for j in columns]).det()
            assert abs(int(minor)) < bound


@given(deficient())
def test_integer_matrix_is_a_scaling(a):
    z = integer_matrix(a)
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            ratio = Fraction(int(z[i, j])) / Fraction(float(a[i, j])) if a[i, j] else Fraction(int(z[i, j])) + 1
            assert ratio > 0
            assert (ratio.numerator & (ratio.numerator - 1)) == 0
            assert (ratio.denominator & (ratio.denominator - 1)) == 0


def test_primes_are_distinct_and_large():
    found = [large_prime(k) for k in range(50)]
    assert len(set(found)) == 50
    assert all(2**61 < p < 2**62 for p in found)
