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

from collections.abc import Iterable
from fractions import Fraction

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


@theorem.proof("symbolic", "all real semidefinite 2×2 pairs; all real semidefinite 3×3 K with a projector of rank one")
def one_over_root_two() -> Facts:
    """½‖H‖²‖K‖² − ‖[H, K]‖² and ½‖K‖² − ‖[P, K]‖² as sums of products of non-negative terms; projectors of every rank,
    and with them every H = ∫ 1_{H>t} dt, are sampled and not proved here."""
    import sympy

    a, b, d, p, q, u, v, w, y = sympy.symbols("a b d p q u v w y", real=True)
    # H = [[a, b], [b, d]] ⪰ 0 has ad − b² ≥ 0; K = diag(p², q²).
    gap = (a**2 + d**2 + 2 * b**2) * (p**4 + q**4) / 2 - 2 * (p**2 - q**2) ** 2 * b**2
    yield "2×2", vanishes(gap - (p**4 + q**4) * ((a - d) ** 2 + 2 * (a * d - b**2)) / 2 - 4 * b**2 * p**2 * q**2)
    # K = LLᵀ, P = e₁e₁ᵀ: K₂₂ = zzᵀ + MMᵀ with z the rest of the first column of L.
    factor = sympy.Matrix([[a, 0, 0], [b, u, 0], [d, v, w]])
    k, projector = factor * factor.T, sympy.diag(1, 0, 0)
    z, m = sympy.Matrix([b, d]), sympy.Matrix([[u, 0], [v, w]])
    plus = square(m.T * z) + square(m * m.T) / 2 + (a**2 - z.dot(z)) ** 2 / 2
    yield "3×3 with a projector", vanishes(square(k) / 2 - square(projector * k - k * projector) - plus)
    yield "the formula is the commutator over both norms", vanishes(commutator_magnitude(y, p, q) * p * q - y)
