"""Enclosed roots of positive definite matrices."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import mpmath
from flint import arb, arb_mat
from hypothesis import given
from hypothesis import strategies as st

from certify.geometry.orbits.positive_root import cholesky, positive_root
from certify.rigor.ball import precision
from tests.geometry.pairs import diagonal
from theorems.subjects.random_exact import random_orthogonal


@given(st.integers(1, 4), st.integers(2, 9), st.integers(0, 2**32 - 1))
def test_positive_roots_contain_the_truth(n, k, seed):
    q = random_orthogonal(n, seed)
    source = Random(seed)
    values = [Fraction(source.randint(1, 9), source.randint(1, 9)) for _ in range(n)]  # repeated values happen
    root = q * diagonal(values, n, n) * q.transpose()
    power = q * diagonal([v**k for v in values], n, n) * q.transpose()
    with precision(200):
        found = positive_root(arb_mat(power), k)
        assert found is not None
        assert found.contains(root)
        assert all(x.rad() < 1e-30 for x in found.entries())


def test_positive_roots_of_wide_balls_are_wide_or_refused():
    wide = arb_mat([[arb(2, 0.5), arb(0, 0.25)], [arb(0, 0.25), arb(2, 0.5)]])
    found = positive_root(wide, 2)
    assert found is not None
    for a, b in ((1.5, 0.25), (2.5, -0.25)):
        # [[a, b], [b, a]] has the root with entries (√(a+b) ± √(a−b))/2.
        x, y = mpmath.sqrt(a + b), mpmath.sqrt(a - b)
        assert found[0, 0].contains(arb(str((x + y) / 2)))
        assert found[0, 1].contains(arb(str((x - y) / 2)))
    assert positive_root(arb_mat([[arb(1, 2)]]), 2) is None
    assert positive_root(arb_mat([[arb("nan")]]), 2) is None
    assert cholesky(arb_mat([[1, 0], [3, 1]])) is None
    assert cholesky(arb_mat([[1, 1], [1, 1]])) is None  # singular: not positive definite
