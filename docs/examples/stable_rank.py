r"""S1. The stable rank across an interface.

Statement
    The stable rank of a nonzero matrix is :math:`\mathrm{sr}(A)=\|A\|_F^2/\sigma_1(A)^2`. Let A' read what A writes,
    and let :math:`\kappa=\sigma_1(A')/\sigma_n(A')` be the condition number of A' on :math:`\mathbb R^n`. Then

    .. math:: \mathrm{sr}(A'A)\le\kappa^2\,\mathrm{sr}(A),

    so a multiple of an isometry does not raise the stable rank. An instance calls A' A_next.

Hypotheses
    *composable* (A' reads what A writes, A ≠ 0), *injective* (ker A' = 0), *isometric* (A'ᵀA' is a multiple of I).

Needed
    *composable* and *injective* define the terms. Without *isometric* a layer can raise the stable rank.

Reach
    Symbolic: t_n²|y|² ≤ |Ty|² ≤ t₁²|y|² for every vector y of length 2 and 3 and T = diag(t), as sums of squares;
    orthogonal factors change no singular value. Numeric: exact squares of singular values, or balls, for sides up to 3.

Readings
    *conditioned* and *isometry*: true. *monotone* (no layer raises the stable rank): false.

Reference
    Rudelson and Vershynin (2007) for the stable rank.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING

import flint

from certify.verdict import Verdict
from theorems.engine.theorem import (
    Constant,
    Constants,
    Hypothesis,
    Instance,
    Mutant,
    Need,
    Parameter,
    Proof,
    Reading,
    Status,
    Theorem,
    facts,
    holds,
)
from theorems.exact.scalars import Scalar, num
from theorems.exact.spectra import frobenius_squared, singular_squares

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def stable_rank(a: flint.fmpq_mat) -> Scalar:
    """‖A‖_F²/σ₁(A)², exact where σ₁² is rational."""
    return num(frobenius_squared(a)) / singular_squares(a)[0]


def _layers(x: Instance) -> tuple[flint.fmpq_mat, flint.fmpq_mat]:
    return x.matrix("A"), x.matrix("A_next")


def conditioned(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """sr(A'A) ≤ c κ² sr(A)."""
    a, b = _layers(x)
    squares = singular_squares(b)
    return stable_rank(b * a), num(c["factor"]) * squares[0] / squares[-1] * stable_rank(a)


def monotone(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """sr(A'A) ≤ sr(A)."""
    a, b = _layers(x)
    return stable_rank(b * a), stable_rank(a)


def composable(x: Instance) -> Verdict:
    a, b = _layers(x)
    return holds(a.nrows() == b.ncols() and a.rank() > 0)


def injective(x: Instance) -> Verdict:
    b = _layers(x)[1]
    return holds(b.rank() == b.ncols())


def isometric(x: Instance) -> Verdict:
    b = _layers(x)[1]
    gram = b.transpose() * b
    n = gram.nrows()
    return holds(all(gram[i, j] == (gram[0, 0] if i == j else 0) for i in range(n) for j in range(n)))


def stretches() -> Proof:
    """t_n²|y|² ≤ |Ty|² ≤ t₁²|y|²: it bounds ‖A'A‖_F from above, column by column, and σ₁(A'A) from below."""
    import sympy

    claims: list[tuple[str, object]] = []
    for n in (2, 3):
        # t₁² ≥ … ≥ t_n² ≥ 0 as partial sums of squares, so that every sign is visible.
        w, y = sympy.symbols(f"w1:{n + 1}", real=True), sympy.symbols(f"y1:{n + 1}", real=True)
        t = [sum(v**2 for v in w[i:]) for i in range(n)]
        image, norm = sum(p * v**2 for p, v in zip(t, y, strict=True)), sum(v**2 for v in y)
        above = sum(w[j] ** 2 * y[i] ** 2 for i in range(n) for j in range(i))
        below = sum(w[j] ** 2 * y[i] ** 2 for i in range(n) for j in range(i, n - 1))
        claims += [
            (f"n = {n}: t₁²|y|² − |Ty|² is a sum of squares", sympy.expand(t[0] * norm - image - above) == 0),
            (f"n = {n}: |Ty|² − t_n²|y|² is a sum of squares", sympy.expand(image - t[-1] * norm - below) == 0),
        ]
    return facts("symbolic", "all real T = diag(t) and y of length 2 and 3", claims)


def _strategy() -> SearchStrategy[Instance]:
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


def _isometries() -> SearchStrategy[Instance]:
    return _strategy().filter(lambda x: isometric(x) is Verdict.CERTIFIED)


def _tight() -> Iterable[Instance]:
    yield Instance.of(A=[[2, 0], [0, 1]], A_next=[[1, 0], [0, 1]])
    yield Instance.of(A=[[0, 2], [1, 0]], A_next=[[3, -4], [4, 3]])


_CLAIM = r"\mathrm{sr}(A'A)\le\mathrm{sr}(A)"

THEOREM = Theorem(
    id="S1",
    title="The stable rank across an interface",
    source="tutorial",
    dimensions={"n": (1, 3), "m": (1, 3), "p": (1, 3)},
    parameters=(Parameter.matrix("A", "n", "m"), Parameter.matrix("A_next", "p", "n")),
    hypotheses=(
        Hypothesis(
            "composable",
            "A' reads what A writes, and A is not 0",
            r"A\ne0",
            composable,
            Need.DEFINITION,
            "there is no product, or no stable rank",
        ),
        Hypothesis(
            "injective",
            "A' has no kernel",
            r"\ker A'=0",
            injective,
            Need.DEFINITION,
            "the condition number is not defined",
        ),
        Hypothesis(
            "isometric",
            "A'ᵀA' is a multiple of I",
            r"A'^TA'\in\mathbb RI",
            isometric,
            why="a reader that is weak where the writer is strong evens the spectrum out",
        ),
    ),
    readings=(
        Reading(
            "conditioned",
            "sr(A'A) ≤ κ² sr(A)",
            r"\mathrm{sr}(A'A)\le\kappa^2\,\mathrm{sr}(A)",
            ("composable", "injective"),
            sides=conditioned,
            constants=("factor",),
            tight=_tight,
            attained=Fraction(0),
        ),
        Reading(
            "isometry",
            "sr(A'A) ≤ sr(A)",
            _CLAIM,
            ("composable", "injective", "isometric"),
            sides=monotone,
            strategy=_isometries,
            tight=_tight,
            attained=Fraction(0),
        ),
        Reading("monotone", "sr(A'A) ≤ sr(A)", _CLAIM, ("composable", "injective"), Status.FALSE, sides=monotone),
    ),
    constants=(Constant("factor", Fraction(1), "factor of κ²", sharp=True),),
    symbolic=(stretches,),
    strategy=_strategy,
    mutants=(
        Mutant("factor", "the bound reduced by one part in a thousand", "conditioned", {"factor": Fraction(999, 1000)}),
        Mutant("condition forgotten", "κ² left out", "conditioned", sides=monotone),
    ),
)
