"""Exact kernels, short and long."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from flint import fmpq_mat, fmpz_mat
from hypothesis import given
from hypothesis import strategies as st

from certify.errors import LimitError
from certify.linalg.exact import kernel
from certify.linalg.exact.integer_matrix import large_prime, pivots
from certify.linalg.exact.kernel import integer_kernel, rational_vector, short_kernel
from tests.strategies.exact_matrices import products


@given(st.lists(st.fractions(-50, 50, max_denominator=12), min_size=1, max_size=5))
def test_rational_vectors_are_recovered(values):
    modulus = 1_000_003**6
    residues = [v.numerator * pow(v.denominator, -1, modulus) % modulus for v in values]
    found = rational_vector(residues, modulus)
    assert found is not None
    numerators, denominator = found
    assert [Fraction(x, denominator) for x in numerators] == values


def test_a_residue_without_a_small_fraction_is_not_recovered():
    modulus = 10**30 + 57
    assert rational_vector([pow(3, 10**9, modulus), pow(7, 10**9, modulus)], modulus) is None


@given(products())
def test_kernels_are_exact_and_complete(case):
    z, r = case
    if r == 0:
        return
    rows, columns = pivots(z, large_prime(0))
    bits = 2000 * r
    kernel = integer_kernel(z, rows, columns, bits)
    assert kernel is not None
    assert kernel.ncols() == z.ncols() - r == int(fmpq_mat(kernel).rank())
    assert not any((z * kernel).entries())


def test_kernels_that_are_not_short_are_not_found_with_few_digits():
    rng = np.random.default_rng(0)
    z = fmpz_mat(12, 11, rng.integers(-(2**20), 2**20, 132).tolist())
    z = z * fmpz_mat(11, 12, rng.integers(-(2**20), 2**20, 132).tolist())
    rows, columns = pivots(z, large_prime(0))
    assert short_kernel(z, rows, columns, digits=4) is None


def test_a_kernel_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(kernel, "_ENTRY_LIMIT", 10)
    with pytest.raises(LimitError, match="exact_rank"):
        integer_kernel(fmpz_mat([[1, 2], [2, 4]]), (0,), (0,), 40)
