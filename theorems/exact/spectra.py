"""Exact spectra and projectors of small rational matrices.

Eigenvalues come from the exact characteristic polynomial: factored over the rationals, its irreducible factors have
simple roots, which FLINT isolates rigorously; multiplicities are therefore exact. The results are scalars in the
sense of
:mod:`theorems.exact.scalars`.
"""

from __future__ import annotations

import functools
from itertools import pairwise
from typing import Any, TypeAlias, cast

import flint

from certify.errors import UsageError
from certify.rigor.ball import ball, precision
from theorems.exact.scalars import Inexact, Scalar, mode, num, root

__all__ = [
    "Rows",
    "frobenius_squared",
    "gram",
    "leading_projector",
    "multiply",
    "norm2",
    "rows_of",
    "singular_squares",
    "singular_values",
    "spectrum",
]

Rows: TypeAlias = list[list[Scalar]]
_Root: TypeAlias = tuple[Scalar, int, flint.fmpz_poly]


def spectrum(s: flint.fmpq_mat) -> list[Scalar]:
    """The eigenvalues of a symmetric rational matrix, decreasing, each as often as its multiplicity."""
    if s != s.transpose():
        raise UsageError("a spectrum is asked of a matrix that is not symmetric")
    return [x for x, multiplicity in _scalars(_polynomial(s)) for _ in range(multiplicity)]


def singular_values(a: flint.fmpq_mat) -> list[Scalar]:
    """The min(m, n) singular values of an m by n rational matrix, decreasing."""
    return [root(x) for x in spectrum(gram(a))]


def singular_squares(a: flint.fmpq_mat) -> list[Scalar]:
    """The squares of the singular values, decreasing; rational more often than the values themselves."""
    return spectrum(gram(a))


def gram(a: flint.fmpq_mat) -> flint.fmpq_mat:
    """A Aᵀ or Aᵀ A, whichever is smaller."""
    return a * a.transpose() if a.nrows() <= a.ncols() else a.transpose() * a


def frobenius_squared(a: flint.fmpq_mat) -> flint.fmpq:
    """The exact square of the Frobenius norm."""
    return sum((x * x for x in a.entries()), start=flint.fmpq(0))


def norm2(rows: Rows) -> Scalar:
    """The spectral norm of a matrix of scalars that are ``fmpq`` or ``arb``."""
    if all(isinstance(x, flint.fmpq) for row in rows for x in row):
        return singular_values(flint.fmpq_mat(rows))[0]
    # Weyl: the norm moves by at most the Frobenius norm of the radii, and the midpoints are exact rationals.
    balls = [[ball(x) for x in row] for row in rows]
    middle = flint.fmpq_mat([[_dyadic(x) for x in row] for row in balls])
    radius = flint.arb(sum((x.rad() ** 2 for row in balls for x in row), start=flint.arb(0))).sqrt()
    return num((ball(singular_values(middle)[0]) + flint.arb(0, radius)).nonnegative_part())


def _dyadic(x: flint.arb) -> flint.fmpq:
    """The exact midpoint of a finite ball."""
    mantissa, exponent = x.mid().man_exp()
    scale = flint.fmpq(2) ** abs(int(exponent))
    return flint.fmpq(mantissa) * scale if exponent >= 0 else flint.fmpq(mantissa) / scale


def leading_projector(s: flint.fmpq_mat, k: int) -> Rows:
    """The orthogonal projector onto k leading eigenvectors of a symmetric rational matrix, as rows of fmpq or arb.

    It is rational wherever the leading eigenvalues are all the roots of a rational polynomial, for instance when k is
    the rank. When the k-th and the next eigenvalue agree, the projector is not unique; one choice is returned, the
    same each time, and the choices for growing k are nested.
    """
    n = s.nrows()
    roots = _distinct_roots(_polynomial(s), flint.ctx.prec)
    whole, count = 0, 0
    while whole < len(roots) and count + roots[whole][1] <= k:
        count += roots[whole][1]
        whole += 1
    chosen = _onto(s, whole) if whole else [[flint.fmpq(0)] * n for _ in range(n)]
    if count < k:
        cluster = _add(_onto(s, whole + 1), chosen, -1)
        chosen = _add(chosen, _part(cluster, k - count), 1)
    return chosen


def _onto(s: flint.fmpq_mat, clusters: int) -> Rows:
    """The projector onto the eigenspaces of the leading distinct eigenvalues."""
    polynomial = _polynomial(s)
    roots = _distinct_roots(polynomial, flint.ctx.prec)
    inside, outside = flint.fmpq_poly([1]), flint.fmpq_poly([1])
    rational = True
    for factor, _ in _factors(polynomial):
        members = [i for i, root_ in enumerate(roots) if root_[2] == factor]
        within = sum(i < clusters for i in members)
        rational = rational and within in (0, len(members))
        inside, outside = (
            (inside * flint.fmpq_poly(factor), outside) if within else (inside, outside * flint.fmpq_poly(factor))
        )
    if not rational:
        parts = [_cluster_projector(s, value, roots) for value, _, _ in roots[:clusters]]
        return functools.reduce(lambda p, q: _add(p, q, 1), parts)
    # 1 = u·inside + v·outside: v·outside is 1 at the roots inside and 0 at those outside.
    _, _, v = inside.xgcd(outside)
    return rows_of(_evaluate(v * outside, s))


def _evaluate(p: flint.fmpq_poly, s: flint.fmpq_mat) -> flint.fmpq_mat:
    n = s.nrows()
    one = flint.fmpq_mat([[int(i == j) for j in range(n)] for i in range(n)])
    value = 0 * one
    for coefficient in reversed(p.coeffs()):
        value = value * s + coefficient * one
    return value


def _cluster_projector(s: flint.fmpq_mat, value: Scalar, roots: list[_Root]) -> Rows:
    """∏_{μ ≠ λ} (S − μ)/(λ − μ), the Lagrange form of the spectral projector."""
    n, rows = s.nrows(), rows_of(s)
    product: Rows = [[flint.fmpq(int(i == j)) for j in range(n)] for i in range(n)]
    for other, _, _ in roots:
        if other is not value:
            shifted = [[x - other if i == j else x for j, x in enumerate(row)] for i, row in enumerate(rows)]
            product = [[x / (value - other) for x in row] for row in multiply(product, shifted)]
    return product


def _part(p: Rows, k: int) -> Rows:
    """A projector of rank k below the projector p of larger rank: pivoted Gram–Schmidt on its columns."""
    n = len(p)
    rest, part = p, [[flint.fmpq(0)] * n for _ in range(n)]
    for _ in range(k):
        pivot = max(range(n), key=lambda i: float(ball(rest[i][i]).mid()))
        column = [row[pivot] for row in rest]
        # |P e|² = P_ee, and the largest diagonal entry is at least rank/n, so the division is safe.
        line = [[x * y / rest[pivot][pivot] for y in column] for x in column]
        part, rest = _add(part, line, 1), _add(rest, line, -1)
    return part


def multiply(a: Rows, b: Rows) -> Rows:
    """The product of two matrices given by rows."""
    columns = list(zip(*b, strict=True))
    return [[sum((x * y for x, y in zip(row, col, strict=True)), start=flint.fmpq(0)) for col in columns] for row in a]


def _add(a: Rows, b: Rows, sign: int) -> Rows:
    return [[x + sign * y for x, y in zip(p, q, strict=True)] for p, q in zip(a, b, strict=True)]


def rows_of(a: flint.fmpq_mat) -> Rows:
    """A rational matrix by rows."""
    return [[a[i, j] for j in range(a.ncols())] for i in range(a.nrows())]


def _polynomial(s: flint.fmpq_mat) -> tuple[flint.fmpz, ...]:
    return tuple(s.charpoly().numer().coeffs())


@functools.lru_cache(maxsize=4096)
def _factors(coefficients: tuple[flint.fmpz, ...]) -> tuple[tuple[flint.fmpz_poly, int], ...]:
    return tuple(flint.fmpz_poly(list(coefficients)).factor()[1])


@functools.lru_cache(maxsize=8192)
def _distinct_roots(coefficients: tuple[flint.fmpz, ...], bits: int) -> list[_Root]:
    """Distinct roots of a real-rooted polynomial, decreasing: value (fmpq or arb), multiplicity, irreducible factor."""
    while True:
        with precision(bits):
            found: list[_Root] = []
            for factor, multiplicity in _factors(coefficients):
                if factor.degree() == 1:
                    found.append((flint.fmpq(-factor[0], factor[1]), multiplicity, factor))
                else:
                    found += [(cast(Any, pair)[0].real, multiplicity, factor) for pair in factor.complex_roots()]
            found.sort(key=lambda item: float(ball(item[0]).mid()), reverse=True)
            if all(ball(a[0]) > ball(b[0]) for a, b in pairwise(found)):
                return found
        bits *= 2


def _scalars(coefficients: tuple[flint.fmpz, ...]) -> list[tuple[Scalar, int]]:
    """The distinct roots as scalars of the current mode."""
    roots = _distinct_roots(coefficients, flint.ctx.prec)
    if not mode()[1]:
        return [(value, multiplicity) for value, multiplicity, _ in roots]
    return [(_closed_form(value, factor, roots), multiplicity) for value, multiplicity, factor in roots]


def _closed_form(value: Scalar, factor: flint.fmpz_poly, roots: list[_Root]) -> Scalar:
    if isinstance(value, flint.fmpq):
        return num(value)
    if factor.degree() != 2:
        raise Inexact
    import sympy

    c, b, a = (sympy.Integer(int(x)) for x in factor.coeffs())
    # The roots come in decreasing order, so the first of the two is the larger one.
    first = next(item[0] for item in roots if item[2] == factor) is value
    sign = (1 if first else -1) * sympy.sign(a)
    return (-b + sign * sympy.sqrt(b**2 - 4 * a * c)) / (2 * a)
