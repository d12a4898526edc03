"""Exact spectra of small rational matrices and the sign of a margin.

A *scalar* here is ``fmpq`` where the number is rational, else a ball ``arb`` at the working precision, else (only inside
:func:`decide`, to settle a margin that balls cannot tell from 0) a SymPy number. Theorem modules obtain scalars from this
module, pass every other exact input through :func:`num`, and hand them to the formulas of ``certify.geometry``.

Eigenvalues come from the exact characteristic polynomial: factored over the rationals, its irreducible factors have
simple roots, which FLINT isolates rigorously; multiplicities are therefore exact.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

import flint

from certify.errors import UsageError
from certify.rigor.ball import ball, interval, precision
from certify.verdict import Verdict

__all__ = ["Inexact", "Outcome", "Scalar", "decide", "leading_projector", "norm2", "num", "singular_values", "spectrum"]

Scalar: TypeAlias = Any
Rows: TypeAlias = list[list[Scalar]]

_PRECISIONS = (64, 192, 768, 3072)
_symbolic: ContextVar[bool] = ContextVar("symbolic", default=False)


class Inexact(Exception):
    """A number has no closed form that the exact mode knows."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A decided margin: its verdict, its enclosure in float64, and how it was decided."""

    verdict: Verdict
    lower: float
    upper: float
    method: str


def mode() -> tuple[int, bool]:
    """The working precision, and whether scalars are SymPy numbers: the key under which scalars may be kept."""
    return flint.ctx.prec, _symbolic.get()


def num(x: int | Fraction | flint.fmpq | flint.arb) -> Scalar:
    """An exact input as a scalar of the current mode."""
    if isinstance(x, Fraction):
        x = flint.fmpq(x.numerator, x.denominator)
    if not _symbolic.get():
        return flint.fmpq(x) if isinstance(x, int) else x
    if isinstance(x, flint.arb):
        raise Inexact
    import sympy

    x = flint.fmpq(x)
    return sympy.Rational(int(x.p), int(x.q))


def settle(x: Scalar) -> Scalar:
    """A scalar with its logarithms split into those of primes, so that equal exact numbers look equal."""
    if not _symbolic.get():
        return x
    import sympy

    return sympy.expand(sympy.expand_log(sympy.expand(x), force=True, factor=True))


def root(x: Scalar) -> Scalar:
    """The square root of a non-negative scalar: exact when it is rational."""
    if isinstance(x, flint.fmpq):
        top, bottom = x.p.sqrtrem(), x.q.sqrtrem()
        if top[1] == 0 and bottom[1] == 0:
            return num(flint.fmpq(top[0], bottom[0]))
        if _symbolic.get():
            import sympy

            return sympy.sqrt(num(x))
        return flint.arb(x).sqrt()
    if isinstance(x, flint.arb):
        return num(x.nonnegative_part().sqrt())
    import sympy

    return sympy.sqrt(x)


def spectrum(s: flint.fmpq_mat) -> list[Scalar]:
    """The eigenvalues of a symmetric rational matrix, decreasing, each as often as its multiplicity."""
    return [num(x) for x, multiplicity in _eigenvalues(s) for _ in range(multiplicity)]


def singular_values(a: flint.fmpq_mat) -> list[Scalar]:
    """The min(m, n) singular values of an m by n rational matrix, decreasing."""
    return [root(x) for x, multiplicity in _eigenvalues(gram(a)) for _ in range(multiplicity)]


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

    When the k-th and the next eigenvalue agree, the projector is not unique; one choice is returned, the same each time.
    """
    n = s.nrows()
    chosen: Rows = [[flint.fmpq(0)] * n for _ in range(n)]
    for value, multiplicity in _eigenvalues(s):
        if k <= 0:
            break
        cluster = _cluster_projector(s, value)
        chosen = _add(chosen, cluster if multiplicity <= k else _part(cluster, k), 1)
        k -= multiplicity
    return chosen


def _cluster_projector(s: flint.fmpq_mat, value: Scalar) -> Rows:
    """∏_{μ ≠ λ} (S − μ)/(λ − μ), the Lagrange form of the spectral projector."""
    n = s.nrows()
    rows: Rows = [[s[i, j] for j in range(n)] for i in range(n)]
    product: Rows = [[flint.fmpq(int(i == j)) for j in range(n)] for i in range(n)]
    for other, _ in _eigenvalues(s):
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


def _eigenvalues(s: flint.fmpq_mat) -> list[tuple[Scalar, int]]:
    """Distinct eigenvalues of a symmetric matrix with multiplicities, decreasing, as fmpq or arb."""
    if s != s.transpose():
        raise UsageError("a spectrum is asked of a matrix that is not symmetric")
    return _distinct_roots(tuple(s.charpoly().numer().coeffs()), flint.ctx.prec)


@functools.lru_cache(maxsize=4096)
def _factors(coefficients: tuple[flint.fmpz, ...]) -> tuple[tuple[flint.fmpz_poly, int], ...]:
    return tuple(flint.fmpz_poly(list(coefficients)).factor()[1])


@functools.lru_cache(maxsize=8192)
def _distinct_roots(coefficients: tuple[flint.fmpz, ...], bits: int) -> list[tuple[Scalar, int]]:
    while True:
        with precision(bits):
            found: list[tuple[Scalar, int]] = []
            for factor, multiplicity in _factors(coefficients):
                if factor.degree() == 1:
                    found.append((flint.fmpq(-factor[0], factor[1]), multiplicity))
                else:
                    found += [(z.real, multiplicity) for z, _ in factor.complex_roots()]
            found.sort(key=lambda pair: float(ball(pair[0]).mid()), reverse=True)
            if all(ball(a[0]) > ball(b[0]) for a, b in zip(found, found[1:], strict=False)):
                return found
        bits *= 2


def decide(margin: Callable[[], Scalar], *, strict: bool) -> Outcome:
    """The verdict of "margin > 0" (``strict``) or "margin ≥ 0", at increasing precision; equality is decided exactly.

    Balls never prove an equality: when they keep straddling 0, the same margin is evaluated in SymPy numbers and must
    simplify to 0 identically. What neither settles is UNDECIDED.
    """
    outcome = Outcome(Verdict.UNDECIDED, float("nan"), float("nan"), "no enclosure")
    for step, bits in enumerate(_PRECISIONS):
        with precision(bits):
            value = margin()
            lo, hi = interval(ball(value))
        if isinstance(value, flint.fmpq):
            positive = value > 0 or (value == 0 and not strict)
            return Outcome(Verdict.CERTIFIED if positive else Verdict.REFUTED, lo, hi, "exact")
        verdict = Verdict.of_margin(lo, hi, strict=strict)
        outcome = Outcome(verdict, lo, hi, f"balls of {bits} bits")
        if verdict is not Verdict.UNDECIDED:
            return outcome
        if step == 1 and lo <= 0 <= hi and _vanishes(margin):
            return Outcome(Verdict.REFUTED if strict else Verdict.CERTIFIED, 0.0, 0.0, "exact")
    return outcome


def _vanishes(margin: Callable[[], Scalar]) -> bool:
    """Whether the margin, evaluated in SymPy numbers, is identically 0."""
    token = _symbolic.set(True)
    try:
        import sympy

        return bool(settle(sympy.sympify(margin())) == 0)
    except (Inexact, TypeError, ValueError, UsageError):
        return False
    finally:
        _symbolic.reset(token)


def vector_squared(x: Sequence[flint.fmpq]) -> flint.fmpq:
    """The exact square of the Euclidean norm."""
    return sum((t * t for t in x), start=flint.fmpq(0))
