"""One-parameter subgroups and their limits, over every stratum."""

from __future__ import annotations

from random import Random

import pytest
import sympy
from flint import fmpq

from certify.errors import UsageError
from certify.geometry.orbits import pair_orbit
from certify.geometry.orbits.degeneration import OneParameterSubgroup, degenerate, degenerate_to_closed
from certify.linalg.exact.field import SymbolicField
from certify.linalg.exact.subspace import Subspace, identity
from tests.geometry.pairs import all_strata, pair

STRATA = all_strata(4)


def test_degenerations_reach_the_next_stratum_and_the_closed_one():
    source = Random(5)
    for stratum in STRATA:
        _n, a, b, i = stratum
        u, v = pair(stratum, source)
        steps = degenerate_to_closed(u, v)
        assert [pair_orbit.invariant(*limit) for _, limit in steps] == list(range(i + 1, min(a, b) + 1))
        assert all((x.dim, y.dim) == (a, b) for _, (x, y) in steps)
        if i == min(a, b):
            with pytest.raises(UsageError, match="closed"):
                degenerate(u, v)


def test_the_limit_is_the_limit_of_matrices():
    # Over Q(t): λ(t)U has a basis that is a polynomial in t and independent at t = 0, where it spans the limit.
    t = sympy.Symbol("t")
    field = SymbolicField(sympy.QQ.frac_field(t))
    source = Random(6)
    for stratum in [(3, 1, 1, 0), (3, 2, 1, 0), (4, 2, 2, 0), (4, 2, 2, 1), (2, 1, 1, 0)]:
        u, v = pair(stratum, source)
        subgroup, (_, v0) = degenerate(u, v)
        degrees = {d for d, _ in subgroup.family(v)}
        assert degrees <= {0, 1}
        at_two = subgroup.at(fmpq(2))
        parts = dict(subgroup.family(v))
        rows = [[x + 2 * y for x, y in zip(p, r, strict=True)] for p, r in zip(parts[0], parts[1], strict=True)]
        assert Subspace.span(rows, ambient=u.ambient) == v.mapped(at_two)
        lifted = [[field.domain.from_sympy(sympy.Rational(int(x.p), int(x.q))) for x in row] for row in parts[0]]
        assert Subspace.span(lifted, field).dim == v0.dim == v.dim


def test_limits_depend_on_the_weights_alone_up_to_scale():
    basis = identity(3)
    u = Subspace.span([[1, 1, 1]])
    assert OneParameterSubgroup(basis, (0, 1, 2)).limit(u) == Subspace.span([[1, 0, 0]])
    assert OneParameterSubgroup(basis, (0, -1, -2)).limit(u) == Subspace.span([[0, 0, 1]])
    assert OneParameterSubgroup(basis, (0, 0, 5)).limit(u) == Subspace.span([[1, 1, 0]])
    assert OneParameterSubgroup(basis, (3, 3, 3)).limit(u) == u
    with pytest.raises(UsageError, match="weights"):
        OneParameterSubgroup(basis, (0, 1))
