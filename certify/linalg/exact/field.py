"""Fields with exact arithmetic, and matrices over them behind one interface.

Rationals (``flint.fmpq_mat``), prime fields (``flint.nmod_mat``) and every field that SymPy has a domain for, such as
``QQ.frac_field(t)`` or ``QQ.algebraic_field(sqrt(2))``. FLINT matrices are used as they are; a SymPy ``DomainMatrix``
is wrapped so that it answers to the same names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from flint import fmpq_mat, nmod_mat

from certify.errors import UsageError

__all__ = ["QQ", "Field", "Matrix", "PrimeField", "RationalField", "SymbolicField", "SymbolicMatrix", "field_of"]

# fmpq_mat, nmod_mat and SymbolicMatrix share nrows, ncols, entries, transpose, rref, inv, det, rank, *, +, -, ==.
Matrix: TypeAlias = Any


class Field(Protocol):
    """A field: how to build a matrix over it."""

    @property
    def name(self) -> str:
        """A short name."""
        ...

    def matrix(self, rows: int, columns: int, entries: Sequence[Any]) -> Matrix:
        """The matrix with the given entries by rows; entries may be integers or elements of the field."""
        ...


@dataclass(frozen=True, slots=True)
class RationalField:
    """The rational numbers."""

    name: str = "Q"

    def matrix(self, rows: int, columns: int, entries: Sequence[Any]) -> fmpq_mat:
        """As :meth:`Field.matrix`."""
        return fmpq_mat(rows, columns, list(entries))


@dataclass(frozen=True, slots=True)
class PrimeField:
    """The integers modulo a prime.

    >>> PrimeField(2).matrix(1, 2, [3, 4])
    [1, 0]
    """

    prime: int

    @property
    def name(self) -> str:
        """F_p."""
        return f"F_{self.prime}"

    def matrix(self, rows: int, columns: int, entries: Sequence[Any]) -> nmod_mat:
        """As :meth:`Field.matrix`."""
        return nmod_mat(rows, columns, [int(x) for x in entries], self.prime)


@dataclass(frozen=True, slots=True)
class SymbolicField:
    """A field of SymPy.

    >>> from sympy import QQ, symbols
    >>> t = symbols("t")
    >>> a = SymbolicField(QQ.frac_field(t)).matrix(2, 2, [1, t, t, t**2])
    >>> a.rank(), a.det()
    (1, 0)
    """

    domain: Any

    @property
    def name(self) -> str:
        """The name SymPy prints."""
        return str(self.domain)

    def matrix(self, rows: int, columns: int, entries: Sequence[Any]) -> SymbolicMatrix:
        """As :meth:`Field.matrix`; SymPy expressions are accepted too."""
        from sympy import sympify
        from sympy.polys.matrices import DomainMatrix

        own = [x if self.domain.of_type(x) else self.domain.from_sympy(sympify(x)) for x in entries]
        table = [own[i * columns : (i + 1) * columns] for i in range(rows)]
        return SymbolicMatrix(DomainMatrix(table, (rows, columns), self.domain))


@dataclass(frozen=True, slots=True, eq=False)
class SymbolicMatrix:
    """A SymPy ``DomainMatrix`` over a field with the names of a FLINT matrix."""

    inner: Any

    def nrows(self) -> int:
        """Number of rows."""
        return int(self.inner.shape[0])

    def ncols(self) -> int:
        """Number of columns."""
        return int(self.inner.shape[1])

    def entries(self) -> list[Any]:
        """The elements by rows."""
        return [x for row in self.inner.to_list() for x in row]

    def __getitem__(self, place: tuple[int, int]) -> Any:
        return self.inner.to_list()[place[0]][place[1]]

    def transpose(self) -> SymbolicMatrix:
        """The transposed matrix."""
        return SymbolicMatrix(self.inner.transpose())

    def rref(self) -> tuple[SymbolicMatrix, int]:
        """The reduced row echelon form and the rank."""
        reduced, pivots = self.inner.to_dense().rref()
        return SymbolicMatrix(reduced), len(pivots)

    def rank(self) -> int:
        """The rank."""
        return self.rref()[1]

    def inv(self) -> SymbolicMatrix:
        """The inverse; ZeroDivisionError when there is none."""
        if self.rank() < self.nrows() or self.nrows() != self.ncols():
            raise ZeroDivisionError("the matrix is singular")
        return SymbolicMatrix(self.inner.to_dense().inv())

    def det(self) -> Any:
        """The determinant, an element of the field."""
        return self.inner.to_dense().det()

    def __mul__(self, other: SymbolicMatrix) -> SymbolicMatrix:
        return SymbolicMatrix(self.inner * other.inner)

    def __add__(self, other: SymbolicMatrix) -> SymbolicMatrix:
        return SymbolicMatrix(self.inner + other.inner)

    def __sub__(self, other: SymbolicMatrix) -> SymbolicMatrix:
        return SymbolicMatrix(self.inner - other.inner)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SymbolicMatrix) and self.inner.to_dense() == other.inner.to_dense()

    def __hash__(self) -> int:
        return hash(tuple(self.entries()))


QQ = RationalField()


def field_of(a: Matrix) -> Field:
    """The field a matrix is over.

    >>> field_of(fmpq_mat(1, 1)).name, field_of(nmod_mat(1, 1, 5)).name
    ('Q', 'F_5')
    """
    if isinstance(a, fmpq_mat):
        return QQ
    if isinstance(a, nmod_mat):
        return PrimeField(int(a.modulus()))
    if isinstance(a, SymbolicMatrix):
        return SymbolicField(a.inner.domain)
    raise UsageError(
        f"{type(a).__name__} is not a matrix over a field known here",
        hint="use flint.fmpq_mat, flint.nmod_mat, or SymbolicField(domain).matrix(...)",
    )
