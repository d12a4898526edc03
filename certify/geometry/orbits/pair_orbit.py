"""Pairs of subspaces (U, V) of K^n under GL(n): the invariant, the numbers of every orbit, and explicit g.

The pairs with dim U = a, dim V = b form the orbits O_i, i = dim(U ∩ V), max(0, a+b−n) ≤ i ≤ min(a, b).
Source: FLAG (arXiv 2605.09861); the classification is the existence of bases adapted to U ∩ V ⊂ U, V ⊂ U + V.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, TypeAlias

from certify.errors import UsageError
from certify.linalg.exact.field import Matrix
from certify.linalg.exact.subspace import Subspace, adapted_basis, is_invertible

__all__ = [
    "OrbitWitness",
    "Pair",
    "angle_polynomial",
    "closure_holds",
    "codimension",
    "flag_dimension",
    "gaussian_binomial",
    "invariant",
    "orbit_cardinality",
    "orbit_dimension",
    "orbit_witness",
    "projector",
    "strata",
    "tangent_rank",
]

Pair: TypeAlias = "tuple[Subspace, Subspace]"


def strata(n: int, a: int, b: int) -> range:
    """The values that dim(U ∩ V) takes for dim U = a, dim V = b in dimension n.

    >>> list(strata(3, 2, 2)), list(strata(4, 1, 2))
    ([1, 2], [0, 1])
    """
    if not (0 <= a <= n and 0 <= b <= n):
        raise UsageError(f"subspaces of dimensions {a} and {b} do not exist in dimension {n}")
    return range(max(0, a + b - n), min(a, b) + 1)


def codimension(n: int, a: int, b: int, i: int) -> int:
    """The codimension of O_i in Gr(a, n) x Gr(b, n)."""
    return i * (n - a - b + i)


def orbit_dimension(n: int, a: int, b: int, i: int) -> int:
    """The dimension of O_i."""
    return a * (n - a) + b * (n - b) - codimension(n, a, b, i)


def flag_dimension(n: int, *dims: int) -> int:
    """The dimension of the variety of flags of the given increasing dimensions in K^n.

    >>> flag_dimension(4, 2), flag_dimension(3, 1, 2)
    (4, 3)
    """
    steps = [*dims, n]
    return sum(low * (high - low) for low, high in itertools.pairwise(steps))


def gaussian_binomial(n: int, k: int, q: Any) -> Any:
    """The Gaussian binomial [n, k] at q, by Pascal's rule [n, k] = [n−1, k−1] + q^k [n−1, k]; q in any ring.

    >>> gaussian_binomial(4, 2, 2), gaussian_binomial(4, 2, 1)
    (35, 6)
    """
    if not 0 <= k <= n:
        return 0
    row: list[Any] = [1]
    for m in range(1, n + 1):
        row = [1, *(row[j - 1] + q**j * row[j] for j in range(1, m)), 1]
    return row[k]


def orbit_cardinality(n: int, a: int, b: int, i: int, q: Any) -> Any:
    """|O_i| over the field with q elements; a polynomial in q.

    Choose U, then U ∩ V in U, then the image of V in K^n/U, then one of q^((a−i)(b−i)) lifts of it.
    """
    choices = gaussian_binomial(n, a, q) * gaussian_binomial(a, i, q) * gaussian_binomial(n - a, b - i, q)
    return choices * q ** ((a - i) * (b - i))


def invariant(u: Subspace, v: Subspace) -> int:
    """dim(U ∩ V), the complete invariant of a pair of given dimensions."""
    return (u & v).dim


@dataclass(frozen=True, slots=True)
class OrbitWitness:
    """Either ``g`` with g·(U, V) = (U', V'), or what differs: n, dim U, dim V, dim(U ∩ V) of both pairs."""

    g: Matrix | None
    first: tuple[int, int, int, int]
    second: tuple[int, int, int, int]

    @property
    def same_orbit(self) -> bool:
        """Whether the pairs lie in one orbit."""
        return self.g is not None

    def proves(self, pair: Pair, other: Pair) -> bool:
        """Check by multiplication (the same orbit) or by recomputing the differing dimensions."""
        if self.g is None:
            return self.first != self.second and (self.first, self.second) == (_numbers(pair), _numbers(other))
        return is_invertible(self.g) and all(x.mapped(self.g) == y for x, y in zip(pair, other, strict=True))


def orbit_witness(pair: Pair, other: Pair) -> OrbitWitness:
    """An exact g with g·(U, V) = (U', V'), or the invariant that differs.

    >>> line, plane = Subspace.span([[1, 2, 3]]), Subspace.span([[1, 0, 0], [0, 1, 1]])
    >>> orbit_witness((line, plane), (plane, plane)).same_orbit
    False
    >>> w = orbit_witness((line, plane), (Subspace.span([[0, 0, 1]]), plane))
    >>> w.proves((line, plane), (Subspace.span([[0, 0, 1]]), plane))
    True
    """
    first, second = _numbers(pair), _numbers(other)
    if first != second:
        return OrbitWitness(None, first, second)
    if pair[0].field != other[0].field:
        raise UsageError(f"pairs over {pair[0].field.name} and over {other[0].field.name} do not compare")
    return OrbitWitness(adapted_basis(*other) * adapted_basis(*pair).inv(), first, second)


def _numbers(pair: Pair) -> tuple[int, int, int, int]:
    u, v = pair
    return u.ambient, u.dim, v.dim, invariant(u, v)


def closure_holds(i: int, j: int) -> bool:
    """Whether O_j lies in the closure of O_i (same n, a, b)."""
    return j >= i


def tangent_rank(u: Subspace, v: Subspace) -> int:
    """The exact rank of X ↦ (X|U mod U, X|V mod V) on gl(n): the dimension of the orbit of (U, V)."""
    n = u.ambient
    equations = [
        x * y for w in (u, v) for form in w.annihilator.basis for vector in w.basis for x in form for y in vector
    ]
    return int(u.field.matrix(len(equations) // (n * n), n * n, equations).rank()) if n else 0


def projector(u: Subspace) -> Matrix:
    """The orthogonal projector onto a rational subspace, exact."""
    b = u.matrix
    if u.dim == 0:
        return u.field.matrix(u.ambient, u.ambient, [0] * u.ambient**2)
    return b * (b.transpose() * b).inv() * b.transpose()


def angle_polynomial(u: Subspace, v: Subspace) -> Any:
    """The characteristic polynomial of P_U P_V: its roots are the squared cosines of the principal angles, and zeros.

    Invariant under O(n), not under GL(n). The trace of P_U P_V, minus its second coefficient, is ‖P_U P_V‖_F².
    """
    return (projector(u) * projector(v)).charpoly()
