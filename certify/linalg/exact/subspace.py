"""Subspaces of K^n, exactly, over any field of :mod:`certify.linalg.exact.field`.

A subspace is kept as its reduced row echelon basis, which is unique: equal subspaces compare and hash equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from certify.errors import UsageError
from certify.linalg.exact.field import QQ, Field, Matrix, field_of

__all__ = [
    "Subspace",
    "adapted_basis",
    "columns_of",
    "echelon",
    "from_columns",
    "identity",
    "image",
    "is_invertible",
    "kernel",
    "rows_of",
    "whole",
    "zero",
]


def rows_of(a: Matrix) -> list[list[Any]]:
    """The rows as lists of field elements."""
    flat, n = a.entries(), a.ncols()
    return [flat[i * n : (i + 1) * n] for i in range(a.nrows())]


def columns_of(a: Matrix) -> list[list[Any]]:
    """The columns as lists of field elements."""
    return rows_of(a.transpose())


def from_columns(columns: Sequence[Sequence[Any]], height: int, field: Field = QQ) -> Matrix:
    """The matrix with the given columns; ``height`` matters when there are none."""
    return field.matrix(len(columns), height, [x for column in columns for x in column]).transpose()


def identity(n: int, field: Field = QQ) -> Matrix:
    """The n x n identity."""
    return field.matrix(n, n, [int(i == j) for i in range(n) for j in range(n)])


def is_invertible(a: Matrix) -> bool:
    """Square and of full rank."""
    return a.nrows() == a.ncols() and a.rank() == a.nrows()


def echelon(a: Matrix) -> tuple[list[list[Any]], list[int]]:
    """The nonzero rows of the reduced row echelon form, and their pivot columns.

    >>> QQ_rows, pivots = echelon(QQ.matrix(2, 2, [2, 4, 1, 2]))
    >>> pivots
    [0]
    """
    reduced, rank = a.rref()
    rows = rows_of(reduced)[: int(rank)]
    # Truth values, not comparisons with 0: elements of SymPy's algebraic fields never equal the integer 0.
    return rows, [next(j for j, x in enumerate(row) if x) for row in rows]


@dataclass(frozen=True)
class Subspace:
    """A subspace of K^n; build it with :meth:`span`, :func:`image` or :func:`kernel`.

    ``basis`` holds the reduced row echelon basis as tuples of field elements.

    >>> u = Subspace.span([[1, 1, 0], [0, 1, 1]])
    >>> v = Subspace.span([[1, 0, 0], [0, 0, 1]])
    >>> (u & v).dim, (u + v).dim, Subspace.span([[1, 0, -1]]) <= u
    (1, 3, True)
    """

    field: Field
    ambient: int
    basis: tuple[tuple[Any, ...], ...]

    @classmethod
    def span(cls, vectors: Sequence[Sequence[Any]], field: Field = QQ, ambient: int | None = None) -> Subspace:
        """The span of vectors of equal length; ``ambient`` gives the length when there are none."""
        if ambient is None:
            if not vectors:
                raise UsageError("the span of no vectors needs its ambient dimension")
            ambient = len(vectors[0])
        rows, _ = echelon(field.matrix(len(vectors), ambient, [x for v in vectors for x in v]))
        return cls(field, ambient, tuple(map(tuple, rows)))

    @property
    def dim(self) -> int:
        """The dimension."""
        return len(self.basis)

    @cached_property
    def matrix(self) -> Matrix:
        """The basis as the columns of an n x dim matrix."""
        return from_columns(self.basis, self.ambient, self.field)

    @cached_property
    def annihilator(self) -> Subspace:
        """All y with y·u = 0 for u in the subspace: the orthogonal complement for the standard bilinear form."""
        return kernel(self.field.matrix(self.dim, self.ambient, [x for v in self.basis for x in v]))

    def __add__(self, other: Subspace) -> Subspace:
        self._same(other)
        return Subspace.span([*self.basis, *other.basis], self.field, self.ambient)

    def __and__(self, other: Subspace) -> Subspace:
        self._same(other)
        return (self.annihilator + other.annihilator).annihilator

    def __le__(self, other: Subspace) -> bool:
        return (self + other).dim == other.dim

    def __contains__(self, vector: Sequence[Any]) -> bool:
        return Subspace.span([vector], self.field, self.ambient) <= self

    def mapped(self, a: Matrix) -> Subspace:
        """The image under a matrix with ``ambient`` columns."""
        return image(a * self.matrix)

    def complement_in(self, larger: Subspace) -> list[tuple[Any, ...]]:
        """Vectors of the basis of ``larger`` that complete this subspace to it.

        Raises :class:`UsageError` when ``larger`` does not contain this subspace.
        """
        if not self <= larger:
            raise UsageError("a complement is asked in a space that does not contain the subspace")
        stacked = from_columns([*self.basis, *larger.basis], self.ambient, self.field)
        _, pivots = echelon(stacked)
        return [larger.basis[j - self.dim] for j in pivots if j >= self.dim]

    def _same(self, other: Subspace) -> None:
        if self.ambient != other.ambient or self.field != other.field:
            raise UsageError(
                f"subspaces of {self.field.name}^{self.ambient} and {other.field.name}^{other.ambient} do not combine"
            )


def image(a: Matrix) -> Subspace:
    """The column space of an m x n matrix, a subspace of K^m."""
    return Subspace.span(columns_of(a), field_of(a), a.nrows())


def kernel(a: Matrix) -> Subspace:
    """The null space of an m x n matrix, a subspace of K^n.

    >>> kernel(QQ.matrix(1, 3, [1, 1, 1])).dim
    2
    """
    n = a.ncols()
    rows, pivots = echelon(a)
    free = [j for j in range(n) if j not in set(pivots)]
    vectors: list[list[Any]] = []
    for j in free:
        vector: list[Any] = [0] * n
        vector[j] = 1
        for row, pivot in zip(rows, pivots, strict=True):
            vector[pivot] = -row[j]
        vectors.append(vector)
    return Subspace.span(vectors, field_of(a), n)


def zero(n: int, field: Field = QQ) -> Subspace:
    """The zero subspace of K^n."""
    return Subspace(field, n, ())


def whole(n: int, field: Field = QQ) -> Subspace:
    """K^n."""
    return image(identity(n, field))


def adapted_basis(u: Subspace, v: Subspace) -> Matrix:
    """An invertible n x n matrix whose columns are, in this order, bases of U∩V, of a complement of it in U, of a
    complement of it in V, and of a complement of U+V.

    >>> g = adapted_basis(Subspace.span([[1, 1]]), Subspace.span([[1, 0]]))
    >>> g
    [1, 1]
    [1, 0]
    """
    meet, join = u & v, u + v
    columns = [
        *meet.basis,
        *meet.complement_in(u),
        *meet.complement_in(v),
        *join.complement_in(whole(u.ambient, u.field)),
    ]
    return from_columns(columns, u.ambient, u.field)
