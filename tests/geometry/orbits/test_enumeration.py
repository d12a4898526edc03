"""Orbits of pairs over small finite fields by brute force."""

from __future__ import annotations

import pytest

from certify.errors import LimitError
from certify.geometry.orbits import pair_orbit
from certify.geometry.orbits.enumeration import general_linear_generators, orbit_table, subspaces
from certify.linalg.exact.field import PrimeField
from certify.linalg.exact.subspace import identity


@pytest.mark.parametrize("prime", [2, 3])
def test_orbits_by_brute_force(prime):
    for n, a, b in [(2, 1, 1), (3, 1, 2), (3, 2, 2), (3, 3, 1), (3, 0, 2)]:
        table = sorted((min(values), size, len(values)) for size, values in orbit_table(n, a, b, prime))
        assert table == [(i, pair_orbit.orbit_cardinality(n, a, b, i, prime), 1) for i in pair_orbit.strata(n, a, b)]


@pytest.mark.parametrize(("n", "prime", "order"), [(1, 3, 2), (2, 2, 6), (2, 3, 48), (3, 2, 168)])
def test_generators_generate_the_general_linear_group(n, prime, order):
    generators = general_linear_generators(n, prime)
    reached = {tuple(int(x) for x in identity(n, PrimeField(prime)).entries())}
    frontier = list(reached)
    while frontier:
        point = PrimeField(prime).matrix(n, n, frontier.pop())
        for g in generators:
            new = tuple(int(x) for x in (g * point).entries())
            if new not in reached:
                reached.add(new)
                frontier.append(new)
    assert len(reached) == order


def test_subspaces_are_all_different_and_as_many_as_they_should_be():
    for n, k, p in [(3, 1, 2), (4, 2, 3), (3, 0, 5), (2, 2, 7)]:
        found = list(subspaces(n, k, p))
        assert len(set(found)) == len(found) == pair_orbit.gaussian_binomial(n, k, p)
        assert all(u.dim == k for u in found)
    with pytest.raises(LimitError, match="20000"):
        next(subspaces(8, 4, 3))
