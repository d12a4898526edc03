"""One-parameter subgroups of GL(n), exact limits of subspaces, and the degenerations between orbits of pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from certify.errors import UsageError
from certify.geometry.orbits.pair_orbit import Pair, invariant
from certify.linalg.exact.field import Matrix, field_of
from certify.linalg.exact.subspace import Subspace, echelon, from_columns, whole

__all__ = ["OneParameterSubgroup", "degenerate", "degenerate_to_closed"]


@dataclass(frozen=True, slots=True)
class OneParameterSubgroup:
    """λ(t) = basis · diag(t^w_1, ..., t^w_n) · basis^{-1}, t ≠ 0; limits are for t → 0.

    ``basis`` is an invertible n x n matrix over an exact field, ``weights`` its n integer weights.
    """

    basis: Matrix
    weights: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.weights) != self.basis.ncols():
            raise UsageError(f"{len(self.weights)} weights for a basis of {self.basis.ncols()} vectors")

    def at(self, t: Any) -> Matrix:
        """λ(t) for a nonzero element t of the field.

        >>> from certify.linalg.exact.subspace import identity
        >>> from flint import fmpq
        >>> OneParameterSubgroup(identity(2), (1, -1)).at(fmpq(2))
        [2,   0]
        [0, 1/2]
        """
        n = len(self.weights)
        diagonal = [t**w if i == j else 0 * t for i, w in enumerate(self.weights) for j in range(n)]
        return self.basis * field_of(self.basis).matrix(n, n, diagonal) * self.basis.inv()

    def family(self, u: Subspace) -> list[tuple[int, list[list[Any]]]]:
        """A basis of λ(t)U that stays a basis at t = 0, as (degree, vectors) with the sum of t^degree · vectors.

        In coordinates of ``basis``, sorted by weight, an echelon basis of U has pivots of distinct positions; each
        basis vector is divided by t to the weight of its pivot, which is its smallest weight.
        """
        field, n = field_of(self.basis), len(self.weights)
        order = sorted(range(n), key=lambda k: self.weights[k])
        coordinates = from_columns(u.basis, n, field).transpose() * self.basis.inv().transpose()
        sorted_rows = [[row[k] for k in order] for row in _rows(coordinates)]
        rows, pivots = echelon(field.matrix(len(sorted_rows), n, [x for row in sorted_rows for x in row]))
        degrees = sorted({self.weights[k] - self.weights[order[p]] for p in pivots for k in range(n)} | {0})
        terms: list[tuple[int, list[list[Any]]]] = []
        for degree in (d for d in degrees if d >= 0):
            vectors: list[list[Any]] = []
            for row, pivot in zip(rows, pivots, strict=True):
                base = self.weights[order[pivot]]
                part: list[Any] = [0] * n
                for x, k in zip(row, order, strict=True):
                    if self.weights[k] - base == degree:
                        part[k] = x
                vectors.append(_rows((self.basis * from_columns([part], n, field)).transpose())[0])
            terms.append((degree, vectors))
        return terms

    def limit(self, u: Subspace) -> Subspace:
        """lim λ(t)U for t → 0, in the Grassmannian.

        >>> from certify.linalg.exact.subspace import identity
        >>> OneParameterSubgroup(identity(2), (0, 1)).limit(Subspace.span([[1, 1]])) == Subspace.span([[1, 0]])
        True
        """
        first = next(vectors for degree, vectors in self.family(u) if degree == 0)
        return Subspace.span(first, u.field, u.ambient)


def degenerate(u: Subspace, v: Subspace) -> tuple[OneParameterSubgroup, Pair]:
    """For i = dim(U ∩ V) < min(dim U, dim V): λ whose limit of (U, V) has dimension i + 1 of the intersection.

    With u₁ in U and v₁ in V outside U ∩ V, λ scales the direction v₁ − u₁ by t and fixes a complement that contains
    U and the rest of V: v₁ = u₁ + (v₁ − u₁) moves to u₁.

    Raises :class:`UsageError` for nested subspaces, whose orbit is closed.

    >>> u, v = Subspace.span([[1, 0]]), Subspace.span([[0, 1]])
    >>> _, (u0, v0) = degenerate(u, v)
    >>> u0 == u == v0
    True
    """
    meet = u & v
    extra_u, extra_v = meet.complement_in(u), meet.complement_in(v)
    if not extra_u or not extra_v:
        raise UsageError("one subspace contains the other: their orbit is closed")
    moving = [y - x for x, y in zip(extra_u[0], extra_v[0], strict=True)]
    fixed = [*meet.basis, *extra_u, *extra_v[1:], *(u + v).complement_in(whole(u.ambient, u.field))]
    subgroup = OneParameterSubgroup(from_columns([moving, *fixed], u.ambient, u.field), (1,) + (0,) * len(fixed))
    return subgroup, (subgroup.limit(u), subgroup.limit(v))


def degenerate_to_closed(u: Subspace, v: Subspace) -> Sequence[tuple[OneParameterSubgroup, Pair]]:
    """The degenerations O_i → O_{i+1} → ... down to the closed orbit of nested pairs, one after the other."""
    steps: list[tuple[OneParameterSubgroup, Pair]] = []
    while invariant(u, v) < min(u.dim, v.dim):
        step = degenerate(u, v)
        steps.append(step)
        u, v = step[1]
    return steps


def _rows(a: Matrix) -> list[list[Any]]:
    flat, n = a.entries(), a.ncols()
    return [flat[i * n : (i + 1) * n] for i in range(a.nrows())]
