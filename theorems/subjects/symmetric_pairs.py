"""Pairs of symmetric rational matrices K (written) and H (read), their spectral data and samples of both."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from fractions import Fraction
from random import Random
from typing import TYPE_CHECKING, cast

import flint
import numpy as np
import numpy.typing as npt

from theorems.engine.declare import hypothesis
from theorems.engine.instance import Instance, Matrix, fmpq_mat
from theorems.engine.theorem import Parameter
from theorems.exact.scalars import Scalar, mode, num, root
from theorems.exact.spectra import (
    Rows,
    frobenius_squared,
    leading_projector,
    multiply,
    rows_of,
    singular_values,
    spectrum,
)

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = [
    "PAIR",
    "SIZES",
    "Pair",
    "commuting_layers",
    "float_array",
    "integer_layers",
    "is_semidefinite",
    "pair",
    "pairs",
    "semidefinite",
    "symmetric",
]

PAIR = (Parameter.matrix("K", "n", "n", symmetric=True), Parameter.matrix("H", "n", "n", symmetric=True))
SIZES = {"n": (1, 3)}


@hypothesis(r"K=K^T,\ H=H^T", defines="K has no orthogonal eigenbasis")
def symmetric(x: Instance) -> bool:
    """K and H are symmetric"""
    return all(m == m.transpose() for m in (x.matrix("K"), x.matrix("H")))


@hypothesis(r"K,H\succeq0")
def semidefinite(x: Instance) -> bool:
    """K and H are positive semidefinite"""
    return is_semidefinite(x.matrix("K")) and is_semidefinite(x.matrix("H"))


class Pair:
    """K, H, Δ = H − K, [H, K] = HK − KH, and what is computed from them exactly."""

    def __init__(self, x: Instance) -> None:
        self.k, self.h = (fmpq_mat(cast(Matrix, x[name])) for name in ("K", "H"))
        self.n = self.k.nrows()
        self.delta = self.h - self.k
        self.commutator = self.h * self.k - self.k * self.h

    @functools.cached_property
    def eigenvalues(self) -> tuple[list[Scalar], list[Scalar]]:
        """Of K and of H, decreasing."""
        return spectrum(self.k), spectrum(self.h)

    def norm(self, a: flint.fmpq_mat) -> Scalar:
        """The Frobenius norm."""
        return root(frobenius_squared(a))

    def norm2(self, a: flint.fmpq_mat) -> Scalar:
        """The spectral norm."""
        return singular_values(a)[0]

    def projectors(self, k: int, *, trailing: bool = False) -> tuple[Rows, Rows]:
        """Onto k leading eigenvectors of K and of H; ``trailing``: of −H."""
        return leading_projector(self.k, k), leading_projector(-1 * self.h if trailing else self.h, k)

    def sine_squared(self, k: int, *, trailing: bool = False) -> Scalar:
        """‖sinΘ‖_F² = k − tr(PQ)."""
        p, q = self.projectors(k, trailing=trailing)
        overlap = sum((x * y for a, b in zip(p, q, strict=True) for x, y in zip(a, b, strict=True)), flint.fmpq(0))
        return num(k - overlap)

    def off_diagonal_squared(self) -> Scalar:
        """‖offdiag(QᵀHQ)‖_F², Q an eigenbasis of K: ‖H‖_F² − Σ (q_iᵀHq_i)²."""
        rest: Scalar = frobenius_squared(self.h)
        below: Rows = [[flint.fmpq(0)] * self.n for _ in range(self.n)]
        for i in range(1, self.n + 1):
            upto = leading_projector(self.k, i)
            line = [[x - y for x, y in zip(a, b, strict=True)] for a, b in zip(upto, below, strict=True)]
            diagonal = sum((row[j] for j, row in enumerate(multiply(line, rows_of(self.h)))), flint.fmpq(0))
            rest, below = rest - diagonal * diagonal, upto
        return num(rest)


@functools.lru_cache(maxsize=512)
def _pair(x: Instance, _mode: tuple[int, bool]) -> Pair:
    return Pair(x)


def pair(x: Instance) -> Pair:
    """The pair of an instance, kept while the working precision does not change."""
    return _pair(x, mode())


def is_semidefinite(a: flint.fmpq_mat) -> bool:
    """Whether a symmetric rational matrix has no negative eigenvalue, decided by Descartes' rule on det(t − A)."""
    # All roots are real, so none is negative iff the coefficients of det(−t − A) have no sign change.
    signs = [(-1) ** i * c for i, c in enumerate(a.charpoly().coeffs()) if c != 0]
    return all(c > 0 for c in signs) or all(c < 0 for c in signs)


def pairs(*, positive: bool = True, least: int = 1, windows: bool = False) -> SearchStrategy[Instance]:
    """K diagonal in rational coordinates, H turned against it by a rational orthogonal matrix; with ``windows`` also
    how many leading directions are compared."""
    from hypothesis import strategies as st

    from theorems.subjects import rational_matrices as own

    @st.composite
    def build(draw: st.DrawFn) -> Instance:
        n = draw(st.integers(least, 4))
        low = 0 if positive else -3
        values = st.lists(st.integers(low, 3).map(Fraction), min_size=n, max_size=n)
        u, v = draw(own.orthogonal(n)), draw(own.orthogonal(n))
        k = own.product(u, own.diagonal(draw(values)), own.transpose(u))
        h = own.product(u, v, own.diagonal(draw(values)), own.transpose(v), own.transpose(u))
        if not windows:
            return Instance.of(K=k, H=h)
        return Instance.of(K=k, H=h, k=draw(st.integers(1, max(1, n - 1))), window="leading")

    return build()


def integer_layers() -> SearchStrategy[Instance]:
    """Two composable integer layers, W as ``K`` and W' as ``H``, one of them possibly much larger than the other."""
    from hypothesis import strategies as st

    from theorems.subjects.rational_matrices import integers_matrix

    sides = st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(1, 4))
    scales = st.sampled_from([(1, 1), (1, 1), (1, 1024), (1024, 1)])
    return st.tuples(sides, scales).flatmap(
        lambda drawn: st.builds(
            lambda k, h: Instance.of(
                K=[[drawn[1][0] * v for v in row] for row in k], H=[[drawn[1][1] * v for v in row] for row in h]
            ),
            integers_matrix(drawn[0][0], drawn[0][1]),
            integers_matrix(drawn[0][2], drawn[0][0]),
        )
    )


def commuting_layers() -> Iterator[Instance]:
    """W = ``K`` with large integer entries and W' = WᵀK = ``H``: H = K³ commutes with K, but not in floating point."""
    source = Random(1)
    for n in (2, 3, 4):
        for size in (60, 900, 2000):
            w = flint.fmpz_mat([[source.randint(-size, size) for _ in range(n)] for _ in range(n)])
            reader = w.transpose() * (w * w.transpose())
            yield Instance.of(K=_integers(w), H=_integers(reader))


def _integers(a: flint.fmpz_mat) -> list[list[int]]:
    return [[int(v) for v in row] for row in a.tolist()]


def float_array(a: flint.fmpq_mat) -> npt.NDArray[np.float64]:
    """An integer matrix as an array; exact for small entries."""
    return np.array([[float(int(v.p)) for v in row] for row in a.tolist()])
