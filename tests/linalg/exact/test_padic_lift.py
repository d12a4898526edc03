"""p-adic lifting."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
from flint import fmpz_mat
from hypothesis import given

from certify.linalg.exact.integer_matrix import large_prime, pivots
from certify.linalg.exact.padic_lift import NotDivisible, digit_bits, digits_needed, lift
from tests.strategies.exact_matrices import products


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
