"""Pairs of subspaces: invariant, pair_orbit formulas, witnesses, angles, over every stratum."""

from __future__ import annotations

import itertools
from random import Random

import pytest
import sympy
from flint import fmpq, fmpq_mat

from certify.errors import UsageError
from certify.geometry.orbits import pair_orbit
from certify.linalg.exact.field import PrimeField
from certify.linalg.exact.subspace import Subspace, identity, whole
from tests.geometry.pairs import all_strata, change, pair
from theorems.subjects.random_exact import random_orthogonal

STRATA = all_strata(4)


def test_every_stratum_is_hit_and_recognized():
    source = Random(0)
    seen = set()
    for stratum in STRATA:
        u, v = pair(stratum, source)
        seen.add((u.ambient, u.dim, v.dim, pair_orbit.invariant(u, v)))
    assert seen == set(STRATA)
    assert len(STRATA) == sum(
        min(a, b) - max(0, a + b - n) + 1 for n in range(1, 5) for a in range(n + 1) for b in range(n + 1)
    )


def test_same_stratum_has_a_witness_and_other_strata_have_none():
    source = Random(1)
    for n, a, b in {s[:3] for s in STRATA if s[0] <= 3}:
        family = [(i, pair((n, a, b, i), source)) for i in pair_orbit.strata(n, a, b)]
        for (i, first), (j, second) in itertools.product(family, repeat=2):
            witness = pair_orbit.orbit_witness(first, second)
            assert witness.same_orbit == (i == j)
            assert witness.proves(first, second)
            assert not witness.proves(first, (whole(n), whole(n))) or (a, b) == (n, n)


def test_a_spoiled_witness_is_rejected():
    source = Random(2)
    first, second = pair((3, 1, 2, 0), source), pair((3, 1, 2, 0), source)
    good = pair_orbit.orbit_witness(first, second)
    assert good.proves(first, second)
    assert not pair_orbit.OrbitWitness(identity(3), good.first, good.second).proves(first, second)
    assert not pair_orbit.OrbitWitness(fmpq_mat(3, 3), good.first, good.second).proves(first, second)
    assert not pair_orbit.OrbitWitness(None, good.first, good.second).proves(first, second)
    assert not pair_orbit.OrbitWitness(None, good.first, (3, 1, 2, 1)).proves(first, second)


def test_witnesses_over_other_fields():
    p = PrimeField(3)
    u, v = Subspace.span([[1, 2, 0]], p), Subspace.span([[1, 0, 1], [0, 1, 1]], p)
    x, y = Subspace.span([[0, 1, 0]], p), Subspace.span([[1, 0, 0], [0, 1, 0]], p)
    assert pair_orbit.invariant(u, v) == 1  # over Q the line is not in the plane
    assert pair_orbit.orbit_witness((u, v), (x, y)).proves((u, v), (x, y))
    with pytest.raises(UsageError, match="do not compare"):
        pair_orbit.orbit_witness((u, v), (Subspace.span([[0, 1, 0]]), Subspace.span([[1, 0, 0], [0, 1, 0]])))


def test_tangent_rank_is_the_dimension_of_the_orbit_at_moved_pairs():
    source = Random(3)
    for n, a, b, i in STRATA:
        assert pair_orbit.tangent_rank(*pair((n, a, b, i), source)) == pair_orbit.orbit_dimension(n, a, b, i)


def test_the_stabilizer_has_the_complementary_dimension():
    # gl(n) maps onto the tangent space of the orbit; its kernel are the X that keep U and V.
    for n, a, b, i in STRATA:
        u, v = pair((n, a, b, i), Random(n + a + b + i))
        keeps = [
            [x * y for x in form for y in vector] for w in (u, v) for form in w.annihilator.basis for vector in w.basis
        ]
        rank = fmpq_mat(len(keeps), n * n, [e for row in keeps for e in row]).rank() if keeps else 0
        assert n * n - int(rank) == n * n - pair_orbit.orbit_dimension(n, a, b, i)


def test_formulas():
    assert list(pair_orbit.strata(5, 3, 4)) == [2, 3]
    assert [pair_orbit.codimension(5, 3, 4, i) for i in (2, 3)] == [0, 3]
    assert pair_orbit.flag_dimension(5, 1, 2, 3) == 1 * 1 + 2 * 1 + 3 * 2
    assert pair_orbit.gaussian_binomial(3, 5, 2) == 0
    q = sympy.Symbol("q")
    assert sympy.expand(pair_orbit.gaussian_binomial(4, 2, q) - (1 + q**2) * (1 + q + q**2)) == 0
    with pytest.raises(UsageError, match="do not exist"):
        pair_orbit.strata(2, 3, 1)


def test_angles_are_invariant_under_rotations_and_move_under_shears():
    source = Random(4)
    moved = 0
    for stratum in STRATA:
        u, v = pair(stratum, source)
        q, g = random_orthogonal(u.ambient, source.randrange(2**32)), change(u.ambient, source)
        assert pair_orbit.angle_polynomial(u.mapped(q), v.mapped(q)) == pair_orbit.angle_polynomial(u, v)
        moved += pair_orbit.angle_polynomial(u.mapped(g), v.mapped(g)) != pair_orbit.angle_polynomial(u, v)
    proper = sum(0 < a < n and 0 < b < n and not (i == min(a, b) or a + b - n == i) for n, a, b, i in STRATA)
    assert moved >= proper > 0


def test_angles_of_lines():
    u, v = Subspace.span([[1, 0]]), Subspace.span([[3, 4]])
    # cos² = 9/25: the roots of the characteristic polynomial of P_U P_V are 9/25 and 0.
    assert pair_orbit.angle_polynomial(u, v)(fmpq(9, 25)) == 0
    assert pair_orbit.projector(v).entries() == [fmpq(9, 25), fmpq(12, 25), fmpq(12, 25), fmpq(16, 25)]
