"""p-adic lifting and short kernels."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice

import numpy as np
import pytest
from flint import fmpq_mat, fmpz_mat
from hypothesis import given
from hypothesis import strategies as st

from certify.errors import LimitError
from certify.linalg import exact_kernel
from certify.linalg.exact_integer import large_prime, pivots
from certify.linalg.exact_kernel import integer_kernel, rational_vector, short_kernel
from certify.linalg.exact_lift import NotDivisible, digit_bits, digits_needed, lift


@st.composite
def products(draw: st.DrawFn) -> tuple[fmpz_mat, int]:
    """Integer matrices of known rank with entries of up to 2·bits bits."""
    m, n = draw(st.integers(2, 7)), draw(st.integers(2, 7))
    r = draw(st.integers(1, min(m, n) - 1))
    bits = draw(st.sampled_from([2, 20, 60, 400]))
    entry = st.integers(-(2**bits), 2**bits)
    left = fmpz_mat(m, r, draw(st.lists(entry, min_size=m * r, max_size=m * r)))
    right = fmpz_mat(r, n, draw(st.lists(entry, min_size=r * n, max_size=r * n)))
    z = left * right
    return z, int(z.rank())


@given(products())
def test_digits_solve_the_system_modulo_powers_of_the_prime(case):
    z, r = case
    if r == 0:
        return
    rows, columns = pivots(z, large_prime(0))
    others = [j for j in range(z.ncols()) if j not in columns]
    digits = list(islice(lift(z, rows, columns), 9))
    p = digits[0].prime
    value = sum(d.value.astype(object) * p**k for k, d in enumerate(digits))
    a = np.array([[int(z[i, j]) for j in columns] for i in range(z.nrows())], dtype=object)
    b = np.array([[int(z[i, j]) for j in others] for i in range(z.nrows())], dtype=object)
    residual = b - a.dot(value)
    assert all(int(x) % p ** len(digits) == 0 for x in residual.ravel())
    assert digits[-1].finished == (not residual.any())
    assert all(abs(int(x)) <= p // 2 for d in digits for x in d.value.ravel())


def test_a_hidden_larger_rank_is_seen():
    z = fmpz_mat([[1, 2], [1, 2 + 10**40]])
    with pytest.raises(NotDivisible):
        list(islice(lift(z, (0,), (0,)), 40))


def test_a_block_that_one_prime_kills_is_lifted_with_another():
    first = next(iter(lift(fmpz_mat([[1, 1], [1, 1]]), (0,), (0,)))).prime
    digit = next(iter(lift(fmpz_mat([[first, first], [1, 1]]), (0,), (0,))))
    assert digit.prime != first
    assert int(digit.value[0, 0]) == 1


@pytest.mark.parametrize("r", [1, 2, 3, 10, 1000, 4096, 10**6])
def test_products_of_digits_stay_below_the_exact_range(r):
    half = 2 ** (digit_bits(r) - 1)
    assert r * half * half <= 2**53


def test_digits_needed():
    assert digits_needed(10, 2) == 10
    assert digits_needed(1, 3) == 1
    for bits in (1, 50, 999):
        k = digits_needed(bits, 4194301)
        assert 4194301**k >= 2**bits
        assert k == 1 or 4194301 ** (k - 1) < 2**bits


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
    monkeypatch.setattr(exact_kernel, "_ENTRY_LIMIT", 10)
    with pytest.raises(LimitError, match="exact_rank"):
        integer_kernel(fmpz_mat([[1, 2], [2, 4]]), (0,), (0,), 40)
