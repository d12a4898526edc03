r"""C4. The commutator of the two Grams at an interface measures what keeps their eigenbases apart.

Statement
    Let K be symmetric with eigenbasis Q and eigenvalues κ, H symmetric. Then
    :math:`\|[H,K]\|_F^2=\sum_{ij}(\kappa_i-\kappa_j)^2(Q^THQ)_{ij}^2`, hence

    .. math::
        \min_{i\ne j}|\kappa_i-\kappa_j|\ \|\mathrm{offdiag}(Q^THQ)\|_F\le\|[H,K]\|_F
        \le(\kappa_{\max}-\kappa_{\min})\,\|\mathrm{offdiag}(Q^THQ)\|_F,

    and for positive semidefinite K, H the magnitude :math:`\|[H,K]\|_F/(\|H\|_F\|K\|_F)` lies in :math:`[0,1/\sqrt2]`.

Hypotheses
    *symmetric*, *nonzero* (K ≠ 0, H ≠ 0), *semidefinite*.

Needed
    *symmetric* and *nonzero* define the terms. Without *semidefinite* the magnitude reaches √2 (Böttcher–Wenzel).

Reach
    Symbolic: the sum formula for all real symmetric matrices up to 4×4 in an eigenbasis of K; the bound 1/√2 for all
    semidefinite 2×2 pairs, and ‖[P, K]‖_F² ≤ ½‖K‖_F² for a projector P of rank one and all semidefinite 3×3 K, from
    which the general case follows by H = ∫ 1_{H>t} dt. Numeric: exact, or balls, up to 4×4.

Readings
    *Lower*, *upper*, *magnitude*: true. *One half* (magnitude at most ½) and *commuting means balanced*: false.

Reference
    FLAG (arXiv 2605.09861).
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from certify.geometry.alignment import commutator_magnitude, interface_norms
from certify.geometry.spectrum import gaps
from certify.rigor.ball import ball
from certify.rigor.functions import minimum
from certify.verdict import Verdict
from theorems._exact import Scalar, num, root
from theorems._spectra import frobenius_squared
from theorems._symmetric import float_array, integer_layers, pair, pairs, semidefinite
from theorems._theorem import (
    Constant,
    Constants,
    Hypothesis,
    Instance,
    Mutant,
    Need,
    Parameter,
    Proof,
    Property,
    Reading,
    Status,
    Theorem,
    facts,
    holds,
)


def lower(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """min gap · ‖offdiag‖_F ≤ ‖[H, K]‖_F."""
    p = pair(x)
    least = gaps(p.eigenvalues[0]) or [num(0)]
    return minimum(least[0], least[0], *least[1:]) * root(p.off_diagonal_squared()), p.norm(p.commutator)


def upper(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """‖[H, K]‖_F ≤ (κ_max − κ_min) ‖offdiag‖_F."""
    p = pair(x)
    kappa = p.eigenvalues[0]
    return p.norm(p.commutator), (kappa[0] - kappa[-1]) * root(p.off_diagonal_squared())


def magnitude(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """‖[H, K]‖_F/(‖H‖_F‖K‖_F) ≤ c/√2."""
    p = pair(x)
    return commutator_magnitude(p.norm(p.commutator), p.norm(p.h), p.norm(p.k)), num(c["factor"]) * root(num(2)) / 2


def one_half(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """The magnitude is at most ½, which is false."""
    return magnitude(x, c)[0], num(Fraction(1, 2))


def commuting_means_balanced(x: Instance, c: Constants) -> Verdict:
    """[H, K] = 0 implies H = K, which is false."""
    p = pair(x)
    return holds(p.commutator != 0 * p.commutator or p.delta == 0 * p.delta)


def weighted_sum() -> Proof:
    """‖[H, K]‖_F² = Σ (κ_i − κ_j)² h_ij² for diagonal K: orthogonal coordinates change neither side."""
    import sympy

    claims: list[tuple[str, object]] = []
    for n in (2, 3, 4):
        kappa = sympy.symbols(f"a1:{n + 1}", real=True)
        h: Any = sympy.Matrix(n, n, lambda i, j: sympy.Symbol(f"h{min(i, j)}{max(i, j)}", real=True))
        k = sympy.diag(*kappa)
        square = sum(v**2 for v in h * k - k * h)
        terms = sum((kappa[i] - kappa[j]) ** 2 * h[i, j] ** 2 for i in range(n) for j in range(n))
        claims.append((f"n = {n}", sympy.expand(square - terms) == 0))
    return facts("symbolic", "all real symmetric K, H of size 2×2, 3×3, 4×4", claims)


def one_over_root_two() -> Proof:
    """½‖H‖²‖K‖² − ‖[H, K]‖² and ½‖K‖² − ‖[P, K]‖² as sums of products of non-negative terms."""
    import sympy

    a, b, d, p, q, u, v, w, y = sympy.symbols("a b d p q u v w y", real=True)
    # H = [[a, b], [b, d]] ⪰ 0 has ad − b² ≥ 0; K = diag(p², q²).
    gap = (a**2 + d**2 + 2 * b**2) * (p**4 + q**4) / 2 - 2 * (p**2 - q**2) ** 2 * b**2
    squares = (p**4 + q**4) * ((a - d) ** 2 + 2 * (a * d - b**2)) / 2 + 4 * b**2 * p**2 * q**2
    # K = LLᵀ, P = e₁e₁ᵀ: K₂₂ = zzᵀ + MMᵀ with z the rest of the first column of L.
    factor: Any = sympy.Matrix([[a, 0, 0], [b, u, 0], [d, v, w]])
    k: Any = factor * factor.T
    projector: Any = sympy.diag(1, 0, 0)
    rest = sum(t**2 for t in k) / 2 - sum(t**2 for t in projector * k - k * projector)
    z: Any = sympy.Matrix([b, d])
    m: Any = sympy.Matrix([[u, 0], [v, w]])
    plus = sum(t**2 for t in m.T * z) + sum(t**2 for t in m * m.T) / 2 + (a**2 - z.dot(z)) ** 2 / 2
    formula = commutator_magnitude(y, p, q)
    return facts(
        "symbolic",
        "all real semidefinite 2×2 pairs; all real semidefinite 3×3 K with a projector of rank one",
        [
            ("2×2", sympy.expand(gap - squares) == 0),
            ("3×3 with a projector", sympy.expand(rest - plus) == 0),
            ("the formula is the commutator over both norms", sympy.simplify(formula * p * q - y) == 0),
        ],
    )


def attained() -> Iterable[Instance]:
    """Two lines at 45 degrees: the magnitude is 1/√2."""
    yield Instance.of(K=[[1, 0], [0, 0]], H=[[1, 1], [1, 1]])
    yield Instance.of(K=[[1, 1, 0], [1, 1, 0], [0, 0, 0]], H=[[0, 0, 0], [0, 3, 0], [0, 0, 0]])


def equal_gaps() -> Iterable[Instance]:
    """Two distinct eigenvalues: both sides of the sandwich agree."""
    yield Instance.of(K=[[2, 0], [0, 1]], H=[[1, 3], [3, 5]])
    yield Instance.of(K=[[3, 4], [4, -3]], H=[[1, 0], [0, 0]])


def enclosed(x: Instance) -> Verdict:
    """The verified magnitude of an interface contains the exact one, for integer layers W = K and W' = H."""
    w, w_next = x.matrix("K"), x.matrix("H")
    read, write = w_next.transpose() * w_next, w * w.transpose()
    if read == 0 * read or write == 0 * write:
        return Verdict.CERTIFIED
    product = read * write
    square = frobenius_squared(product - product.transpose()) / (frobenius_squared(read) * frobenius_squared(write))
    found = interface_norms(float_array(w), float_array(w_next)).magnitude
    return holds(found.overlaps(ball(root(square))) and found.rad() < 1e-9)


def _nonzero(x: Instance) -> bool:
    return all(any(v != 0 for v in m.entries()) for m in (x.matrix("K"), x.matrix("H")))


THEOREM = Theorem(
    id="C4",
    title="The commutator of the Grams at an interface",
    source="FLAG (arXiv 2605.09861)",
    dimensions={"n": (1, 3)},
    parameters=(
        Parameter.matrix("K", "n", "n", symmetric=True),
        Parameter.matrix("H", "n", "n", symmetric=True),
    ),
    hypotheses=(
        Hypothesis(
            "symmetric",
            "K and H are symmetric",
            r"K=K^T,\ H=H^T",
            lambda x: holds(all(m == m.transpose() for m in (x.matrix("K"), x.matrix("H")))),
            Need.DEFINITION,
            "K has no orthogonal eigenbasis",
        ),
        Hypothesis(
            "nonzero",
            "K and H are not 0",
            r"K\ne0,\ H\ne0",
            lambda x: holds(_nonzero(x)),
            Need.DEFINITION,
            "the magnitude divides by both norms",
        ),
        Hypothesis(
            "semidefinite",
            "K and H are positive semidefinite",
            r"K,H\succeq0",
            lambda x: holds(semidefinite(x.matrix("K")) and semidefinite(x.matrix("H"))),
            why="a reflection and a turned reflection have magnitude √2",
        ),
    ),
    readings=(
        Reading(
            "lower",
            "min gap · ‖offdiag(QᵀHQ)‖_F ≤ ‖[H, K]‖_F",
            r"\min_{i\ne j}|\kappa_i-\kappa_j|\,\|\mathrm{offdiag}(Q^THQ)\|_F\le\|[H,K]\|_F",
            ("symmetric",),
            sides=lower,
            tight=equal_gaps,
            attained=Fraction(0),
        ),
        Reading(
            "upper",
            "‖[H, K]‖_F ≤ (κ_max − κ_min) ‖offdiag(QᵀHQ)‖_F",
            r"\|[H,K]\|_F\le(\kappa_{\max}-\kappa_{\min})\|\mathrm{offdiag}(Q^THQ)\|_F",
            ("symmetric",),
            sides=upper,
            tight=equal_gaps,
            attained=Fraction(0),
        ),
        Reading(
            "magnitude",
            "‖[H, K]‖_F/(‖H‖_F‖K‖_F) ≤ 1/√2",
            r"\|[H,K]\|_F/(\|H\|_F\|K\|_F)\le1/\sqrt2",
            ("symmetric", "nonzero", "semidefinite"),
            sides=magnitude,
            constants=("factor",),
            strategy=lambda: pairs().filter(_nonzero),
            tight=attained,
            attained=Fraction(0),
        ),
        Reading(
            "one half",
            "‖[H, K]‖_F/(‖H‖_F‖K‖_F) ≤ ½",
            r"\|[H,K]\|_F/(\|H\|_F\|K\|_F)\le\tfrac12",
            ("symmetric", "nonzero", "semidefinite"),
            Status.FALSE,
            sides=one_half,
        ),
        Reading(
            "commuting means balanced",
            "[H, K] = 0 implies H = K",
            r"[H,K]=0\Rightarrow H=K",
            ("symmetric", "nonzero", "semidefinite"),
            Status.FALSE,
            decide=commuting_means_balanced,
        ),
    ),
    constants=(Constant("factor", Fraction(1), "factor of 1/√2", sharp=True),),
    symbolic=(weighted_sum, one_over_root_two),
    strategy=lambda: pairs(positive=False),
    properties=(
        Property("norms", "the verified magnitude of an interface encloses the exact one", enclosed, integer_layers),
    ),
    mutants=(
        Mutant("one half", "½ instead of 1/√2", "magnitude", sides=one_half),
        Mutant("swapped", "the smallest gap in the upper bound", "upper", sides=lambda x, c: lower(x, c)[::-1]),
        Mutant("factor", "0.1 % below 1/√2", "magnitude", {"factor": Fraction(999, 1000)}),
    ),
)
