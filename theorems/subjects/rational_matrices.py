"""Hypothesis strategies of exact matrices with known, rational singular values; import this lazily."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import flint
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from theorems.engine.instance import Matrix

__all__ = ["diagonal", "integers_matrix", "orthogonal", "product", "spectra", "steps"]


def diagonal(values: Sequence[Fraction | int], rows: int | None = None, columns: int | None = None) -> Matrix:
    """The rectangular diagonal matrix with these values."""
    m, n = rows or len(values), columns or len(values)
    return tuple(
        tuple(Fraction(values[i]) if i == j and i < len(values) else Fraction(0) for j in range(n)) for i in range(m)
    )


def product(*factors: Matrix) -> Matrix:
    """The product of matrices, left to right."""
    result = factors[0]
    for factor in factors[1:]:
        columns = list(zip(*factor, strict=True))
        result = tuple(
            tuple(sum((x * y for x, y in zip(row, column, strict=True)), start=Fraction(0)) for column in columns)
            for row in result
        )
    return result


def transpose(a: Matrix) -> Matrix:
    """The transposed matrix."""
    return tuple(zip(*a, strict=True))


def spectra(d: int, *, top: int = 9) -> SearchStrategy[list[Fraction]]:
    """Decreasing positive rational singular values."""
    return st.lists(st.fractions(Fraction(1, 4), top, max_denominator=4), min_size=d, max_size=d).map(
        lambda values: sorted(values, reverse=True)
    )


def steps() -> SearchStrategy[Fraction]:
    """Positive step sizes, small and not so small: small ones make first-order bounds tight."""
    return st.sampled_from([Fraction(1, 2**k) for k in (0, 2, 5, 10, 16)])


@st.composite
def orthogonal(draw: st.DrawFn, n: int) -> Matrix:
    """Rational orthogonal matrices: permutations with signs, and Cayley transforms (I − S)(I + S)⁻¹."""
    if draw(st.booleans()):
        order = draw(st.permutations(range(n)))
        signs = draw(st.lists(st.sampled_from([1, -1]), min_size=n, max_size=n))
        return tuple(tuple(Fraction(signs[i]) if j == order[i] else Fraction(0) for j in range(n)) for i in range(n))
    entries = iter(draw(st.lists(st.fractions(-2, 2, max_denominator=3), min_size=n * n, max_size=n * n)))
    upper = [[next(entries) for _ in range(n)] for _ in range(n)]
    skew = flint.fmpq_mat(
        [[_fmpq(upper[i][j] if i < j else -upper[j][i] if j < i else Fraction(0)) for j in range(n)] for i in range(n)]
    )
    one = flint.fmpq_mat([[int(i == j) for j in range(n)] for i in range(n)])
    q = (one - skew) * (one + skew).inv()
    return tuple(tuple(Fraction(int(q[i, j].p), int(q[i, j].q)) for j in range(n)) for i in range(n))


def integers_matrix(m: int, n: int, height: int = 4) -> SearchStrategy[Matrix]:
    """Matrices of small integers."""
    row = st.lists(st.integers(-height, height).map(Fraction), min_size=n, max_size=n).map(tuple)
    return st.lists(row, min_size=m, max_size=m).map(tuple)


def _fmpq(x: Fraction) -> flint.fmpq:
    return flint.fmpq(x.numerator, x.denominator)
