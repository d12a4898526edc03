r"""D9. Near the identity the top-radial coordinate is a spread of the symmetric part.

Statement
    Let A = I + εB be d × d, A ≠ 0, S = (B + Bᵀ)/2, τ = tr B/d, β = ‖B‖_F²/d, x = |ε|‖B‖₂ and
    :math:`F(y)=\tfrac12y^2+y-\log(1+y)`. Then :math:`\|A\|_F^2/d=1+2\varepsilon\tau+\varepsilon^2\beta`, and for ε ≥ 0

    .. math:: 1+\varepsilon\lambda_{\max}(S)\le\sigma_1(A)\le\sqrt{1+2\varepsilon\lambda_{\max}(S)+x^2},

    .. math:: r(A)=\varepsilon(\lambda_{\max}(S)-\tau)+R,\qquad -F(x)\le R,\qquad R\le F(-x)\ \text{for}\ x<1 .

    Hence :math:`-R\le x^2` for all x, with 1 the best constant, and :math:`R\le(4\log2-\tfrac32)x^2` for x ≤ ½. The
    bound from below is attained for every d ≥ 3 and x ≤ 2(d − 2)/d, by 1 and a multiple of a rotation with the cosine
    −(1 + xd/2)/(d − 1); the one from above only as d → ∞, by −1 many times and a rotation with the cosine −x/2.
    An instance gives B = B₁ ⊕ B₂ ⊕ … ⊕ B₂, the second block m times.

Reference
    GSA-I (arXiv 2605.02108).
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import flint

from certify.geometry.spectrum.near_identity import (
    first_order,
    frobenius_ratio,
    leading_range,
    radial_range,
    remainder_bound,
)
from certify.rigor.functions import absolute, log
from theorems.engine.declare import Declaration, Sides, hypothesis
from theorems.engine.instance import Instance
from theorems.exact.scalars import Scalar, num, settle
from theorems.statements.d9_near_identity import proofs
from theorems.subjects.near_identities import BLOCKS, SIZES, blocks, near_identity, nearly_reflected, rotation

_MANY, _SHORT = Fraction(1, 2**14), Fraction(1, 2**11)

theorem = Declaration(
    __doc__,
    parameters=BLOCKS,
    dimensions=SIZES,
    strategy=blocks,
    families=nearly_reflected,
)


@hypothesis(r"\varepsilon\ge0", needed="for ε < 0 the smallest eigenvalue of S leads")
def forward(x: Instance) -> bool:
    """ε ≥ 0"""
    return x.rational("epsilon") >= 0


@hypothesis(r"A\ne0", defines="r(0) is not defined")
def nonzero(x: Instance) -> bool:
    """A is not 0"""
    return near_identity(x).squares[0] > 0


@hypothesis(r"x<1", defines="F(−x) is not defined")
def below_one(x: Instance) -> bool:
    """x < 1"""
    return bool(near_identity(x).size < 1)


@hypothesis(r"x\le\tfrac12", needed="F(−x)/x² increases")
def half(x: Instance) -> bool:
    """x ≤ ½"""
    return bool(near_identity(x).size <= flint.fmpq(1, 2))


def _remainder(x: Instance) -> Scalar:
    """R, from r(A) and its first order."""
    a = near_identity(x)
    return settle(a.radial - first_order(num(a.epsilon), a.top, num(a.mean)))


def from_below() -> Iterable[Instance]:
    """1 and a rotation with the cosine −(1 + 3x/2)/2, d = 3; A = I."""
    for c, s in ((Fraction(-3, 5), Fraction(4, 5)), (Fraction(-12, 13), Fraction(5, 13))):
        yield Instance.of(B=[[1]], B_more=rotation(c, s), m=1, epsilon=(-2 * c - 1) * Fraction(2, 3))


def from_above() -> Iterable[Instance]:
    """−1 many times, and a rotation with the cosine −x/2."""
    for c, s in ((Fraction(-5, 13), Fraction(12, 13)), (Fraction(-7, 25), Fraction(24, 25))):
        yield Instance.of(B=rotation(c, s), B_more=[[-1]], m=2**30, epsilon=-2 * c)


def short_steps() -> Iterable[Instance]:
    """The instances that attain the bound from below, x near 0."""
    c, s = Fraction(-451, 901), Fraction(780, 901)
    yield Instance.of(B=[[1]], B_more=rotation(c, s), m=1, epsilon=(-2 * c - 1) * Fraction(2, 3))


def half_steps() -> Iterable[Instance]:
    """−1 many times, and nearly a rotation with the cosine −¼."""
    block = rotation(Fraction(-1, 4), Fraction(4841, 5000))
    yield Instance.of(B=block, B_more=[[-1]], m=2**30, epsilon=Fraction(1, 2))


def symmetric_blocks() -> Iterable[Instance]:
    """S = B: the leading eigenvector is a singular vector; and multiples of a rotation, where both bounds meet in x."""
    yield Instance.of(B=[[1, 0], [0, -3]], B_more=[[2]], m=2, epsilon=Fraction(1, 8))
    yield Instance.of(B=[[2, 0], [0, 1]], B_more=[[-1]], m=1, epsilon=3)


def rotations() -> Iterable[Instance]:
    """Every vector is stretched alike."""
    yield Instance.of(B=rotation(Fraction(-3, 5), Fraction(4, 5)), B_more=[[-1]], m=0, epsilon=Fraction(1, 3))
    yield Instance.of(B=[[1]], B_more=[[1]], m=1, epsilon=0)
    yield Instance.of(B=rotation(Fraction(-4, 5), Fraction(3, 5)), B_more=[[0, 1], [-1, 0]], m=0, epsilon=2)


@theorem.fact(r"\|A\|_F^2/d=1+2\varepsilon\tau+\varepsilon^2\beta")
def frobenius(x: Instance, twice: Scalar = 2) -> bool:
    """‖A‖_F²/d = 1 + 2ετ + ε²β"""
    a = near_identity(x)
    return a.squares[0] == frobenius_ratio(a.epsilon, twice * a.mean / 2, a.squares[1])


@theorem.bound(r"1+\varepsilon\lambda_{\max}(S)\le\sigma_1(A)", attained_at=symmetric_blocks)
def leading_below(x: Instance) -> Sides:
    """1 + ελ_max(S) ≤ σ₁(A)"""
    return leading_range(num(near_identity(x).epsilon), near_identity(x).top, near_identity(x).norm)[0], near_identity(
        x
    ).leading


@theorem.bound(r"\sigma_1(A)^2\le1+2\varepsilon\lambda_{\max}(S)+x^2", forward, attained_at=rotations)
def leading_above(x: Instance) -> Sides:
    """σ₁(A)² ≤ 1 + 2ελ_max(S) + x²"""
    a = near_identity(x)
    _, high = leading_range(num(a.epsilon), a.top, a.norm)
    return a.leading * a.leading, high


@theorem.bound(r"-R\le F(x)", nonzero, attained_at=from_below)
def below(x: Instance, factor: Scalar = 1) -> Sides:
    """−R ≤ F(x)"""
    return -_remainder(x), factor * remainder_bound(near_identity(x).size)


@theorem.bound(r"R\le F(-x)", forward, nonzero, below_one, attained_at=from_above, gap=_MANY)
def above(x: Instance, upper: Scalar = 1) -> Sides:
    """R ≤ F(−x)"""
    return _remainder(x), upper * remainder_bound(-near_identity(x).size)


@theorem.bound(r"-R\le x^2", nonzero, attained_at=short_steps, gap=_SHORT)
def square_below(x: Instance, best: Scalar = 1) -> Sides:
    """−R ≤ x²"""
    return -_remainder(x), best * near_identity(x).size * near_identity(x).size


@theorem.bound(
    r"R\le(4\log2-\tfrac32)x^2",
    *(forward, nonzero, half),
    attained_at=half_steps,
    gap=_MANY,
    strategy=lambda: blocks().filter(lambda x: forward.met(x) and half.met(x)),
)
def square_above(x: Instance) -> Sides:
    """R ≤ (4 log 2 − 3/2) x²"""
    return _remainder(x), (4 * log(num(2)) - num(Fraction(3, 2))) * near_identity(x).size * near_identity(x).size


@theorem.bound(r"-R\le0.88x^2,\ x\le\tfrac12", forward, nonzero, half, false=True)
def limit_at_half(x: Instance) -> Sides:
    """−R ≤ 0.88 x² for x ≤ ½, which holds at x = ½"""
    return -_remainder(x), num(Fraction(22, 25)) * near_identity(x).size * near_identity(x).size


@theorem.bound(r"R\le x^2,\ x\le\tfrac12", forward, nonzero, half, false=True)
def same_constant(x: Instance) -> Sides:
    """R ≤ x² for x ≤ ½, as from below"""
    return _remainder(x), near_identity(x).size * near_identity(x).size


@theorem.bound(r"r-\varepsilon\lambda_{\max}(S)\ge-x^2", forward, nonzero, half, false=True)
def without_mean(x: Instance) -> Sides:
    """r(A) is ελ_max(S) up to x²: the trace does not matter"""
    mean = num(x.rational("epsilon") * near_identity(x).mean)
    return -(_remainder(x) - mean), near_identity(x).size * near_identity(x).size


@theorem.bound(r"-R\le F(\varepsilon\lambda_{\max}(S))", forward, nonzero, false=True)
def symmetric_part(x: Instance) -> Sides:
    """−R ≤ F(ε|λ_max(S)|): the symmetric part alone measures the remainder"""
    return -_remainder(x), remainder_bound(absolute(num(near_identity(x).epsilon) * near_identity(x).top))


def _example(epsilon: Fraction | int, *diagonal: int) -> Instance:
    b = [[v if i == j else 0 for j in range(len(diagonal))] for i, v in enumerate(diagonal)]
    return Instance.of(B=b, B_more=[[0]], m=0, epsilon=epsilon)


theorem.constant("twice", "factor of ετ in ‖A‖_F²/d", sharp=True)
theorem.constant("factor", "factor of F(x)", sharp=True)
theorem.constant("upper", "factor of F(−x)", sharp=True)
theorem.constant("best", "factor of x² in the bound from below", sharp=True)
theorem.witness(leading_above, forward, _example(-1, 1, -1))
theorem.witness(above, forward, _example(Fraction(-1, 2), 1, -1))
theorem.witness(square_above, forward, _example(Fraction(-1, 2), 1, -1))
theorem.witness(
    square_above,
    half,
    Instance.of(B=rotation(Fraction(-5, 13), Fraction(12, 13)), B_more=[[-1]], m=10**4, epsilon=Fraction(10, 13)),
)
theorem.witness(limit_at_half, None, next(iter(from_below())))
theorem.witness(
    same_constant,
    None,
    Instance.of(B=rotation(Fraction(-7, 25), Fraction(24, 25)), B_more=[[-1]], m=10**4, epsilon=Fraction(1, 2)),
)
theorem.witness(without_mean, None, _example(Fraction(1, 2), 1))
theorem.witness(symmetric_part, None, Instance.of(B=[[1, 2], [-2, -1]], B_more=[[0]], m=0, epsilon=Fraction(1, 2)))
theorem.mutant("limit at half", "0.88 instead of 1", square_below, limit_at_half)
theorem.mutant("same constant", "1 instead of 4 log 2 − 3/2", square_above, same_constant)
theorem.mutant("without mean", "τ is left out", below, without_mean)


@theorem.stratum
def far_from_identity(x: Instance) -> bool:
    """x ≥ 1, where only the bound from below speaks"""
    return not below_one.met(x)


@theorem.stratum
def shrinking(x: Instance) -> bool:
    """S is negative definite, so that λ_max(S) < 0"""
    return bool(near_identity(x).top < 0)


@theorem.property(name="range")
def enclosed(x: Instance) -> bool | None:
    """the enclosure of r from ε, λ_max(S), τ and ‖B‖₂ as balls contains r"""
    if not (forward.met(x) and below_one.met(x)):
        return None
    a = near_identity(x)
    values = (flint.arb(v) + flint.arb(0, 1e-12) for v in (a.epsilon, a.top, a.mean, a.norm))
    low, high = radial_range(*values)
    width = remainder_bound(a.size) + remainder_bound(-a.size)
    return not (a.radial < low or a.radial > high) and bool(high - low < width + 1e-6)


theorem.proof("symbolic", "all real B of size 2×2 and 3×3, all real ε and v")(proofs.quadratic_forms)
theorem.proof("symbolic", "all real ℓ, t, x ≥ 0 and every d, given log(1 + y) ≤ y and |τ| ≤ ‖B‖₂")(proofs.three_cases)
theorem.proof("symbolic", "all x in [0, 1), every d, given log(1 + y) ≤ y and ε²β ≥ t²")(proofs.upper_side)
