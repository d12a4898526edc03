"""Pairs of lines and planes in three dimensions, moving under a one-parameter subgroup; every dimension is exact."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from random import Random

import flint

from certify.errors import UsageError
from certify.geometry.orbits.degeneration import OneParameterSubgroup, degenerate
from certify.geometry.orbits.pair_orbit import Pair, angle_polynomial, codimension, invariant, orbit_dimension, strata
from certify.linalg.exact.subspace import Subspace, identity

__all__ = ["KINDS", "Motion", "Moved", "diagonal_motion", "motion", "starting_pair", "starting_strata"]

KINDS = {"two lines": (1, 1), "a line and a plane": (1, 2), "two planes": (2, 2)}
AMBIENT = 3


def starting_pair(kind: str, i: int, which: int) -> Pair:
    """A pair of small integer vectors in the stratum O_i, a different one for every ``which``.

    >>> u, v = starting_pair("two planes", 1, 0)
    >>> u.dim, v.dim, invariant(u, v)
    (2, 2, 1)
    """
    a, b = KINDS[kind]
    if i not in strata(AMBIENT, a, b):
        raise UsageError(f"there is no stratum with an intersection of dimension {i} for {kind}")
    random = Random(f"{kind} {i} {which}")

    def vectors(count: int) -> list[list[flint.fmpq]]:
        return [[flint.fmpq(random.randint(-2, 2)) for _ in range(AMBIENT)] for _ in range(count)]

    while True:
        shared = vectors(i)
        u, v = (Subspace.span([*shared, *vectors(d - i)], ambient=AMBIENT) for d in (a, b))
        if (u.dim, v.dim, invariant(u, v)) == (a, b, i) and _apart(u, v, i):
            return u, v


def _apart(u: Subspace, v: Subspace, i: int) -> bool:
    """Whether the directions that are not shared are far apart, so that one sees them come together."""
    return i == min(u.dim, v.dim) or _overlap(u, v) - i <= Fraction(1, 3)


def starting_strata(kind: str) -> list[int]:
    """The values of dim(U ∩ V), the open stratum first."""
    return list(strata(AMBIENT, *KINDS[kind]))


@dataclass(frozen=True, slots=True)
class Moved:
    """λ(t)·(U, V), or the limit for t = 0: the pair, dim(U ∩ V), and the overlap ‖P_U P_V‖_F², all exact."""

    t: Fraction
    pair: Pair
    meet: int
    overlap: Fraction


@dataclass(frozen=True, slots=True)
class Motion:
    """A pair and a one-parameter subgroup."""

    pair: Pair
    subgroup: OneParameterSubgroup

    def at(self, t: Fraction) -> Moved:
        """The pair at a rational t > 0, or its limit at t = 0."""
        u, v = self.pair
        if t == 0:
            moved = (self.subgroup.limit(u), self.subgroup.limit(v))
        else:
            g = self.subgroup.at(flint.fmpq(t.numerator, t.denominator))
            moved = (u.mapped(g), v.mapped(g))
        return Moved(t, moved, invariant(*moved), _overlap(*moved))

    def matrix(self, t: Fraction) -> tuple[tuple[Fraction, ...], ...]:
        """λ(t) for t > 0."""
        g = self.subgroup.at(flint.fmpq(t.numerator, t.denominator))
        return tuple(tuple(_fraction(g[r, c]) for c in range(AMBIENT)) for r in range(AMBIENT))

    def ladder(self) -> list[tuple[int, int, int]]:
        """(i, dimension of O_i, its codimension) for every stratum, the open one first."""
        a, b = (w.dim for w in self.pair)
        return [(i, orbit_dimension(AMBIENT, a, b, i), codimension(AMBIENT, a, b, i)) for i in strata(AMBIENT, a, b)]


def motion(pair: Pair) -> Motion:
    """The pair with a subgroup that takes it into the next smaller orbit; at rest when its orbit is closed."""
    u, v = pair
    if invariant(u, v) == min(u.dim, v.dim):
        return diagonal_motion(pair, (0, 0, 0))
    return Motion(pair, degenerate(u, v)[0])


def diagonal_motion(pair: Pair, weights: tuple[int, int, int]) -> Motion:
    """The pair with λ(t) = diag(t^w₁, t^w₂, t^w₃)."""
    return Motion(pair, OneParameterSubgroup(identity(AMBIENT), weights))


def _overlap(u: Subspace, v: Subspace) -> Fraction:
    coefficients = angle_polynomial(u, v).coeffs()
    return -_fraction(flint.fmpq(coefficients[AMBIENT - 1]))


def _fraction(x: flint.fmpq) -> Fraction:
    return Fraction(int(x.p), int(x.q))
