r"""C4. The commutator of the Grams at an interface.

Statement
    The commutator of the two Grams measures what keeps their eigenbases apart. Let K be symmetric with eigenbasis Q and
    eigenvalues κ, H symmetric. Then :math:`\|[H,K]\|_F^2=\sum_{ij}(\kappa_i-\kappa_j)^2(Q^THQ)_{ij}^2`, hence

    .. math::
        \min_{i\ne j}|\kappa_i-\kappa_j|\ \|\mathrm{offdiag}(Q^THQ)\|_F\le\|[H,K]\|_F
        \le(\kappa_{\max}-\kappa_{\min})\,\|\mathrm{offdiag}(Q^THQ)\|_F,

    and for positive semidefinite K, H the magnitude :math:`\|[H,K]\|_F/(\|H\|_F\|K\|_F)` lies in :math:`[0,1/\sqrt2]`.
    Without *semidefinite* it reaches √2 (Böttcher–Wenzel).

Reference
    FLAG (arXiv 2605.09861).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from certify.geometry.interface.alignment import commutator_magnitude
from certify.geometry.spectrum.chart import gaps
from certify.linalg.gram_pair import gram_pair_norms
from certify.rigor.ball import ball
from certify.rigor.functions import minimum
from theorems.engine.declare import Declaration, Facts, Sides, hypothesis
from theorems.engine.instance import Instance
from theorems.exact.algebra import square, symmetric_matrix, vanishes
from theorems.exact.scalars import Scalar, num, root
from theorems.exact.spectra import frobenius_squared
from theorems.subjects import symmetric_pairs
from theorems.subjects.symmetric_pairs import PAIR, SIZES, float_array, integer_layers, pair, pairs, symmetric

theorem = Declaration(__doc__, parameters=PAIR, dimensions=SIZES, strategy=lambda: pairs(positive=False))


@hypothesis(r"K\ne0,\ H\ne0", defines="the magnitude divides by both norms")
def nonzero(x: Instance) -> bool:
    """K and H are not 0"""
    return all(any(v != 0 for v in m.entries()) for m in (x.matrix("K"), x.matrix("H")))


def equal_gaps() -> Iterable[Instance]:
    """Two distinct eigenvalues: both sides of the sandwich agree."""
    yield Instance.of(K=[[2, 0], [0, 1]], H=[[1, 3], [3, 5]])
    yield Instance.of(K=[[3, 4], [4, -3]], H=[[1, 0], [0, 0]])


def lines_at_45_degrees() -> Iterable[Instance]:
    """The magnitude is 1/√2."""
    yield Instance.of(K=[[1, 0], [0, 0]], H=[[1, 1], [1, 1]])
    yield Instance.of(K=[[1, 1, 0], [1, 1, 0], [0, 0, 0]], H=[[0, 0, 0], [0, 3, 0], [0, 0, 0]])


@theorem.bound(
    r"\min_{i\ne j}|\kappa_i-\kappa_j|\,\|\mathrm{offdiag}(Q^THQ)\|_F\le\|[H,K]\|_F", symmetric, attained_at=equal_gaps
)
def lower(x: Instance) -> Sides:
    """min gap · ‖offdiag(QᵀHQ)‖_F ≤ ‖[H, K]‖_F"""
    p = pair(x)
    least = gaps(p.eigenvalues[0]) or [num(0)]
    return minimum(least[0], least[0], *least[1:]) * root(p.off_diagonal_squared()), p.norm(p.commutator)


@theorem.bound(
    r"\|[H,K]\|_F\le(\kappa_{\max}-\kappa_{\min})\|\mathrm{offdiag}(Q^THQ)\|_F", symmetric, attained_at=equal_gaps
)
def upper(x: Instance) -> Sides:
    """‖[H, K]‖_F ≤ (κ_max − κ_min) ‖offdiag(QᵀHQ)‖_F"""
    p = pair(x)
    kappa = p.eigenvalues[0]
    return p.norm(p.commutator), (kappa[0] - kappa[-1]) * root(p.off_diagonal_squared())


_ALL = (
    symmetric,
    nonzero,
    symmetric_pairs.semidefinite.because("a reflection and a turned reflection have magnitude √2"),
)
_MAGNITUDE = r"\|[H,K]\|_F/(\|H\|_F\|K\|_F)"


@theorem.bound(
    _MAGNITUDE + r"\le1/\sqrt2", *_ALL, attained_at=lines_at_45_degrees, strategy=lambda: pairs().filter(nonzero.met)
)
def magnitude(x: Instance, factor: Scalar = 1) -> Sides:
    """‖[H, K]‖_F/(‖H‖_F‖K‖_F) ≤ 1/√2"""
    p = pair(x)
    return commutator_magnitude(p.norm(p.commutator), p.norm(p.h), p.norm(p.k)), factor * root(num(2)) / 2


@theorem.bound(_MAGNITUDE + r"\le\tfrac12", *_ALL, false=True)
def one_half(x: Instance) -> Sides:
    """‖[H, K]‖_F/(‖H‖_F‖K‖_F) ≤ ½"""
    return magnitude(x)[0], num(Fraction(1, 2))


@theorem.fact(r"[H,K]=0\Rightarrow H=K", *_ALL, false=True)
def commuting_means_balanced(x: Instance) -> bool:
    """[H, K] = 0 implies H = K"""
    p = pair(x)
    return p.commutator != 0 * p.commutator or p.delta == 0 * p.delta


theorem.constant("factor", "factor of 1/√2", sharp=True)
theorem.witness(magnitude, symmetric_pairs.semidefinite, Instance.of(K=[[0, 1], [1, 0]], H=[[1, 0], [0, -1]]))
theorem.witness(one_half, None, Instance.of(K=[[1, 0], [0, 0]], H=[[1, 1], [1, 1]]))
theorem.witness(commuting_means_balanced, None, Instance.of(K=[[1]], H=[[2]]))
theorem.mutant("one half", "½ instead of 1/√2", magnitude, one_half)
theorem.mutant("swapped", "the smallest gap in the upper bound", upper, lambda x: lower(x)[::-1])


@theorem.stratum
def repeated_eigenvalue(x: Instance) -> bool:
    """K has an eigenvalue twice, and is no multiple of the identity"""
    found = gaps(pair(x).eigenvalues[0])
    return any(g == 0 for g in found) and any(g != 0 for g in found)


@theorem.stratum
def indefinite(x: Instance) -> bool:
    """K or H has a negative eigenvalue"""
    return not symmetric_pairs.semidefinite.met(x)


@theorem.stratum
def commuting(x: Instance) -> bool:
    """[H, K] = 0, and both are not 0"""
    p = pair(x)
    return nonzero.met(x) and p.commutator == 0 * p.commutator


@theorem.property(name="norms", strategy=integer_layers)
def enclosed(x: Instance) -> bool | None:
    """the verified magnitude of an interface encloses the exact one"""
    # Integer layers W = K and W' = H.
    w, w_next = x.matrix("K"), x.matrix("H")
    read, write = w_next.transpose() * w_next, w * w.transpose()
    if read == 0 * read or write == 0 * write:
        return None
    product = read * write
    exact = frobenius_squared(product - product.transpose()) / (frobenius_squared(read) * frobenius_squared(write))
    found = commutator_magnitude(*gram_pair_norms(float_array(w), float_array(w_next)).scaled)
    return found.overlaps(ball(root(exact))) and found.rad() < 1e-9


@theorem.proof("symbolic", "all real symmetric K, H of size 2×2, 3×3, 4×4")
def weighted_sum() -> Facts:
    """‖[H, K]‖_F² = Σ (κ_i − κ_j)² h_ij² for diagonal K: orthogonal coordinates change neither side."""
    import sympy

    for n in (2, 3, 4):
        kappa = sympy.symbols(f"a1:{n + 1}", real=True)
        h, k = symmetric_matrix("h", n), sympy.diag(*kappa)
        terms = sum((kappa[i] - kappa[j]) ** 2 * h[i, j] ** 2 for i in range(n) for j in range(n))
        yield f"n = {n}", vanishes(square(h * k - k * h) - terms)


@theorem.proof("symbolic", "all real semidefinite K of size 2×2, 3×3, 4×4, projectors of every rank")
def one_over_root_two() -> Facts:
    """½‖K‖_F² − ‖[P, K]‖_F² = ½‖AᵀA − BᵀB‖_F² for K = LLᵀ, A the rows of L that P keeps and B the others; the triangle
    inequality over H = Σ (λ_i − λ_{i+1})P_i gives ‖[H, K]‖_F ≤ ‖H‖₂‖K‖_F/√2, and ‖H‖₂ ≤ ‖H‖_F."""
    import sympy

    for n in (2, 3, 4):
        factor = sympy.Matrix(n, n, lambda i, j: sympy.Symbol(f"l{i}{j}", real=True) if j <= i else 0)
        k = factor * factor.T
        for rank in range(n + 1):
            kept: Any = factor[:rank, :]
            rest: Any = factor[rank:, :]
            projector = sympy.diag(*(int(i < rank) for i in range(n)))
            left = square(k) / 2 - square(projector * k - k * projector)
            yield f"n = {n}, rank {rank}", vanishes(left - square(kept.T * kept - rest.T * rest) / 2)
        eigenvalues = sympy.symbols(f"e1:{n + 1}", real=True)
        steps = [a - b for a, b in itertools.pairwise((*eigenvalues, 0))]
        rebuilt = sum((g * sympy.diag(*(int(i <= r) for i in range(n))) for r, g in enumerate(steps)), sympy.zeros(n))
        yield f"n = {n}: H = Σ (λ_i − λ_(i+1))P_i", (rebuilt - sympy.diag(*eigenvalues)).expand() == sympy.zeros(n)
        yield f"n = {n}: the steps sum to ‖H‖₂ = λ₁", vanishes(sum(steps) - eigenvalues[0])
    w, y, z = sympy.symbols("w y z", positive=True)
    yield "the formula is the commutator over both norms", vanishes(commutator_magnitude(w, y, z) * y * z - w)
