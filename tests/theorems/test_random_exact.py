"""Random exact matrices keep their promises."""

from __future__ import annotations

import pytest
import sympy
from flint import fmpq
from hypothesis import given
from hypothesis import strategies as st

from certify.errors import UsageError
from certify.linalg.exact.subspace import (
    identity,
)
from theorems.subjects.random_exact import condition_bound, random_orthogonal, random_rational, random_unimodular

T = sympy.Symbol("t")


@given(st.integers(1, 5), st.integers(0, 2**32 - 1), st.sampled_from([50, 10**3, 10**6]))
def test_random_changes_of_basis_keep_their_promises(n, seed, condition):
    g = random_unimodular(n, seed, condition=condition)
    assert abs(g.det()) == 1
    assert all(x.q == 1 for x in g.entries())
    assert condition_bound(g) <= condition
    q = random_orthogonal(n, seed)
    assert q * q.transpose() == identity(n)
    h = random_rational(n, seed, condition=condition)
    if n > 1:
        # The condition number is exact: g^T g has the extreme eigenvalues 1 and condition^2.
        values = (h.transpose() * h).charpoly()
        assert values(fmpq(1)) == 0
        assert values(fmpq(condition) ** 2) == 0
        assert condition_bound(h) >= condition
    assert random_unimodular(n, seed, condition=condition) == g


def test_random_matrices_differ_and_grow():
    found = {str(random_unimodular(3, seed)) for seed in range(20)}
    assert len(found) == 20
    assert max(condition_bound(random_unimodular(3, seed)) for seed in range(20)) > 10**4
    with pytest.raises(UsageError, match="condition"):
        random_unimodular(4, 0, condition=2)
