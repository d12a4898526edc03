r"""S1. The stable rank across an interface.

Statement
    The stable rank of a nonzero matrix is :math:`\mathrm{sr}(A)=\|A\|_F^2/\sigma_1(A)^2`. Let A' read what A writes,
    and let :math:`\kappa=\sigma_1(A')/\sigma_n(A')` be the condition number of A' on :math:`\mathbb R^n`. Then

    .. math:: \mathrm{sr}(A'A)\le\kappa^2\,\mathrm{sr}(A),

    so a multiple of an isometry does not raise the stable rank. An instance calls A' A_next.

Reference
    Rudelson and Vershynin (2007) for the stable rank.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING

import flint

from theorems.engine.declare import Declaration, Facts, Sides, hypothesis
from theorems.engine.instance import Instance
from theorems.engine.theorem import Parameter
from theorems.exact.algebra import vanishes
from theorems.exact.scalars import Scalar, num
from theorems.exact.spectra import frobenius_squared, singular_squares

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def layers() -> SearchStrategy[Instance]:
    from hypothesis import strategies as st

    from theorems.subjects import rational_matrices as own

    @st.composite
    def build(draw: st.DrawFn) -> Instance:
        n = draw(st.integers(1, 3))
        sigma = draw(own.spectra(n))
        # A reader that is weak where the writer is strong evens the spectrum out: that is how the stable rank rises.
        reader = draw(st.sampled_from([[1 / s for s in sigma], [Fraction(2)] * n, sigma]))
        v, w = draw(own.orthogonal(n)), draw(own.orthogonal(n))
        first = own.product(own.diagonal(sigma), v)
        return Instance.of(A=first, A_next=own.product(w, own.diagonal(reader)))

    return build()


theorem = Declaration(
    __doc__,
    parameters=(Parameter.matrix("A", "n", "m"), Parameter.matrix("A_next", "p", "n")),
    dimensions={"n": (1, 3), "m": (1, 3), "p": (1, 3)},
    strategy=layers,
)


@hypothesis(r"A\ne0", defines="the stable rank divides by σ₁(A)")
def nonzero(x: Instance) -> bool:
    """A is not 0"""
    return x.matrix("A").rank() > 0


@hypothesis(r"\ker A'=0", defines="the condition number divides by σ_n(A')")
def injective(x: Instance) -> bool:
    """A' has no kernel"""
    b = x.matrix("A_next")
    return b.rank() == b.ncols()


@hypothesis(r"A'^TA'\in\mathbb RI", needed="a reader that is weak where the writer is strong evens the spectrum out")
def isometric(x: Instance) -> bool:
    """A'ᵀA' is a multiple of I"""
    b = x.matrix("A_next")
    gram = b.transpose() * b
    n = gram.nrows()
    return all(gram[i, j] == (gram[0, 0] if i == j else 0) for i in range(n) for j in range(n))


def stable_rank(a: flint.fmpq_mat) -> Scalar:
    """‖A‖_F²/σ₁(A)², exact where σ₁² is rational."""
    return num(frobenius_squared(a)) / singular_squares(a)[0]


def isometries() -> Iterable[Instance]:
    """Two layers whose singular values are rational; the reader is a multiple of an isometry, and κ = 1."""
    yield Instance.of(A=[[2, 0], [0, 1]], A_next=[[1, 0], [0, 1]])
    yield Instance.of(A=[[0, 2], [1, 0]], A_next=[[3, -4], [4, 3]])


@theorem.bound(r"\mathrm{sr}(A'A)\le\kappa^2\,\mathrm{sr}(A)", nonzero, injective, attained_at=isometries)
def conditioned(x: Instance, factor: Scalar = 1) -> Sides:
    """sr(A'A) ≤ κ² sr(A)"""
    a, b = x.matrix("A"), x.matrix("A_next")
    squares = singular_squares(b)
    return stable_rank(b * a), factor * squares[0] / squares[-1] * stable_rank(a)


@theorem.bound(
    r"\mathrm{sr}(A'A)\le\mathrm{sr}(A)",
    *(nonzero, injective, isometric),
    attained_at=isometries,
    strategy=lambda: layers().filter(isometric.met),
)
def isometry(x: Instance) -> Sides:
    """sr(A'A) ≤ sr(A)"""
    a, b = x.matrix("A"), x.matrix("A_next")
    return stable_rank(b * a), stable_rank(a)


@theorem.bound(r"\mathrm{sr}(A'A)\le\mathrm{sr}(A)", nonzero, injective, false=True)
def monotone(x: Instance) -> Sides:
    """sr(A'A) ≤ sr(A)"""
    return isometry(x)


theorem.constant("factor", "factor of κ²", sharp=True)
theorem.mutant("condition forgotten", "κ² left out", conditioned, monotone)
theorem.witness(isometry, isometric, Instance.of(A=[[1, 0], [0, 2]], A_next=[[2, 0], [0, 1]]))


@theorem.proof("symbolic", "all real T = diag(t) and y of length 2 and 3")
def stretches() -> Facts:
    """t_n²|y|² ≤ |Ty|² ≤ t₁²|y|², which bounds ‖A'A‖_F from above, column by column, and σ₁(A'A) from below."""
    import sympy

    for n in (2, 3):
        # t₁² ≥ … ≥ t_n² ≥ 0 as partial sums of squares, so that every sign is visible.
        w, y = sympy.symbols(f"w1:{n + 1}", real=True), sympy.symbols(f"y1:{n + 1}", real=True)
        t = [sum(v**2 for v in w[i:]) for i in range(n)]
        image, norm = sum(p * v**2 for p, v in zip(t, y, strict=True)), sum(v**2 for v in y)
        above = sum(w[j] ** 2 * y[i] ** 2 for i in range(n) for j in range(i))
        below = sum(w[j] ** 2 * y[i] ** 2 for i in range(n) for j in range(i, n - 1))
        yield f"n = {n}: t₁²|y|² − |Ty|² is a sum of squares", vanishes(t[0] * norm - image - above)
        yield f"n = {n}: |Ty|² − t_n²|y|² is a sum of squares", vanishes(image - t[-1] * norm - below)
