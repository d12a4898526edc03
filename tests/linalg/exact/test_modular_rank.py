"""Residues of floats, and ranks of products modulo a prime against exact ranks."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from flint import fmpz, fmpz_mat
from hypothesis import given
from hypothesis import strategies as st

from certify.linalg.exact import modular_rank as module
from certify.linalg.exact.modular_rank import PRIME, modular_image, modular_rank, product_rank_modulo
from certify.linalg.exact.rank import exact_rank
from tests.strategies.exact_matrices import FLOATS, deficient


def test_the_primes_are_prime_and_their_sums_exact():
    for prime in (PRIME, module._SECOND):
        assert fmpz(prime).is_prime()
        assert prime < 2**21
        assert module._BLOCK * (prime // 2) ** 2 < 2**53
        assert module._BLOCK <= 2**13


@given(st.lists(FLOATS, min_size=1, max_size=20))
def test_residues_are_those_of_the_exact_numbers(entries):
    image = modular_image(np.array([entries]))[0]
    for x, residue in zip(entries, image.tolist(), strict=True):
        exact = Fraction(x)
        expected = exact.numerator * pow(exact.denominator, -1, PRIME) % PRIME
        assert int(residue) % PRIME == expected
        assert abs(residue) <= PRIME // 2


@given(deficient())
def test_the_rank_is_never_above_the_exact_one(a):
    assert modular_rank(modular_image(a)) <= exact_rank(a)


def test_a_multiple_of_the_prime_is_missed_by_one_prime_only():
    assert modular_rank(modular_image(np.array([[float(PRIME)]]))) == 0
    assert product_rank_modulo([lambda: np.array([[float(PRIME)]]), lambda: np.eye(1)], 1) == 1


@given(st.lists(st.integers(1, 6), min_size=3, max_size=6), st.integers(0, 2**32 - 1))
def test_products_of_integers(dims, seed):
    rng = np.random.default_rng(seed)
    factors = []
    for a, b in itertools.pairwise(dims):
        r = int(rng.integers(1, min(a, b) + 1))
        factors.append((rng.integers(-9, 10, (b, r)) @ rng.integers(-9, 10, (r, a))).astype(float))
    exact = fmpz_mat(factors[0].astype(int).tolist())
    for w in factors[1:]:
        exact = fmpz_mat(w.astype(int).tolist()) * exact
    reads = [0] * len(factors)

    def reader(place):
        def read():
            reads[place] += 1
            return factors[place]

        return read

    found = product_rank_modulo([reader(place) for place in range(len(factors))], min(dims))
    assert found == int(exact.rank())
    assert max(reads) <= 2


def test_long_inner_dimensions_are_cut(monkeypatch: pytest.MonkeyPatch):
    rng = np.random.default_rng(3)
    x, y = rng.integers(-PRIME // 2, PRIME // 2, (4, 50)), rng.integers(-PRIME // 2, PRIME // 2, (50, 3))
    exact = np.array([[sum(int(a) * int(b) for a, b in zip(r, c, strict=True)) for c in y.T] for r in x])
    monkeypatch.setattr(module, "_BLOCK", 7)
    found = module._times(x.astype(float), y.astype(float), PRIME)
    assert np.array_equal(found.astype(int) % PRIME, (exact % PRIME).astype(int))
