"""Exact ranks against SymPy's rational arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
import sympy

from certify.checker.arithmetic.exact_rank import has_rank
from tests.checker.matrices import hard

EXACT = [(name, a) for name, a in hard() if a.size <= 60 or name in {"duplicate rows", "deficient"}]


@pytest.mark.parametrize(("name", "a"), EXACT, ids=[name for name, _ in EXACT])
def test_rank_is_the_rational_one(name, a):
    truth = sympy.Matrix(a.shape[0], a.shape[1], [sympy.Rational(float(x)) for x in a.flat]).rank()
    assert [r for r in range(min(a.shape) + 2) if has_rank(a, r)] == [truth]


def test_zero_and_structure():
    assert has_rank(np.zeros((3, 2)), 0)
    assert not has_rank(np.zeros((3, 2)), 1)
    a = np.zeros((5, 4))
    a[1, 2], a[3, 0] = 1e-300, 5.0
    assert has_rank(a, 2)
    assert not has_rank(a, 0)


def test_an_unlucky_prime_is_replaced():
    """Rank 1 modulo the first prime, rank 2 over the rationals."""
    p = 2305843009213693951
    a = np.array([[1.0, 2.0**61 - 2**10], [1.0, 2.0**61 - 2**10]])
    a[1, 1] = 2.0**61
    assert p == 2**61 - 1
    assert has_rank(a, 2)
    b = np.array([[1.0, 0.0], [0.0, 1.0]]) * np.array([[1.0], [3.0]])
    assert has_rank(b, 2)
