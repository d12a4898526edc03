r"""N1. What chance gives at an interface: moments under a Haar rotation.

Statement
    Let H, K be symmetric n × n, n ≥ 2, with traceless parts :math:`H_0,K_0`, :math:`p_j=\operatorname{tr}H_0^j`,
    :math:`q_j=\operatorname{tr}K_0^j`, and :math:`K_U=UKU^T` with U uniform on O(n). Then

    .. math::
        \mathbb E\langle H,K_U\rangle=\tfrac1n\operatorname{tr}H\operatorname{tr}K,\qquad
        \operatorname{Var}\langle H,K_U\rangle=\frac{2p_2q_2}{(n-1)(n+2)},\qquad
        \mathbb E\|[H,K_U]\|_F^2=\frac{2n\,p_2q_2}{(n-1)(n+2)},

    .. math:: \mathbb E\|[H,K_U]\|_F^4=\alpha p_2^2q_2^2+\beta(p_2^2q_4+p_4q_2^2)+\gamma p_4q_4,

    with rational functions α, β, γ of n. For projectors of ranks a and b the first two say
    :math:`\mathbb E\|P_UP_V\|_F^2=ab/n` and the variance :math:`2ab(n-a)(n-b)/(n^2(n-1)(n+2))`. A number of mean E and
    variance V exceeds its mean by t ≥ 0 with probability at most :math:`V/(V+t^2)` (Cantelli).
    An instance gives the eigenvalues h of H and k of K; the law is the same for all matrices with these.

Reference
    FLAG (arXiv 2605.09861) for the observables; that invariants of two traceless matrices of degree four in each are
    spanned by products of p₂², p₄ with q₂², q₄ is the first fundamental theorem for O(n) (cited); averages over O(n)
    by pairings: Collins and Śniady (2006).
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import flint

from certify.geometry.interface import haar_nulls as nulls
from theorems.engine.declare import Declaration, Sides, hypothesis
from theorems.engine.instance import Instance
from theorems.engine.theorem import Parameter
from theorems.exact.scalars import num
from theorems.statements.n1_haar_nulls import proofs
from theorems.statements.n1_haar_nulls.averages import Vector, commutator_moment, eigenvalues, inner_moment, spread

theorem = Declaration(
    __doc__,
    parameters=(Parameter.vector("h", "n", -3, 3), Parameter.vector("k", "n", -3, 3), Parameter.rational("t", -1, 3)),
    dimensions={"n": (2, 4)},
    strategy=eigenvalues,
)


@hypothesis(r"n\ge2", defines="the formulas divide by n − 1")
def dimension(x: Instance) -> bool:
    """n ≥ 2"""
    return len(x.vector("h")) >= 2


@hypothesis(r"t\ge0", needed="a number exceeds its mean by −1 or more with certainty when it is constant")
def upper_tail(x: Instance) -> bool:
    """t ≥ 0"""
    return x.rational("t") >= 0


def _moments(v: Vector) -> nulls.Traceless:
    return nulls.traceless(len(v), *(num(sum((a**j for a in v), flint.fmpq(0))) for j in (1, 2, 3, 4)))


def _pair(x: Instance) -> tuple[Vector, Vector]:
    return tuple(x.vector("h")), tuple(x.vector("k"))


def _both(x: Instance) -> tuple[nulls.Traceless, nulls.Traceless]:
    return _moments(_pair(x)[0]), _moments(_pair(x)[1])


def _variance(h: Vector, k: Vector) -> flint.fmpq:
    return inner_moment(h, k, 2) - inner_moment(h, k, 1) ** 2


def _projectors(x: Instance) -> tuple[Vector, Vector]:
    """Of rank a and b: where h, k are positive."""
    h, k = (tuple(flint.fmpq(int(a > 0)) for a in v) for v in _pair(x))
    return h, k


def _equal(found: object, truth: flint.fmpq) -> bool:
    return bool(found == num(truth))


@theorem.fact(r"\mathbb E\langle H,K_U\rangle=\operatorname{tr}H\operatorname{tr}K/n", dimension)
def inner_product_mean(x: Instance) -> bool:
    """E⟨H, K_U⟩ = tr H tr K/n"""
    return _equal(nulls.inner_product_mean(*_both(x)), inner_moment(*_pair(x), 1))


@theorem.fact(r"\operatorname{Var}\langle H,K_U\rangle=2p_2q_2/((n-1)(n+2))", dimension)
def inner_product_variance(x: Instance) -> bool:
    """Var⟨H, K_U⟩ = 2p₂q₂/((n − 1)(n + 2))"""
    return _equal(nulls.inner_product_variance(*_both(x)), _variance(*_pair(x)))


@theorem.fact(r"\mathbb E\|P_UP_V\|_F^2=ab/n,\ \operatorname{Var}=2ab(n-a)(n-b)/(n^2(n-1)(n+2))", dimension)
def overlap(x: Instance) -> bool:
    """E‖P_U P_V‖_F² = ab/n, with variance 2ab(n − a)(n − b)/(n²(n − 1)(n + 2)), for subspaces of dimensions a and b"""
    pair = _projectors(x)
    n, a, b = num(len(pair[0])), *(num(sum(v, flint.fmpq(0))) for v in pair)
    mean = _equal(nulls.overlap_mean(n, a, b), inner_moment(*pair, 1))
    return mean and _equal(nulls.overlap_variance(n, a, b), _variance(*pair))


@theorem.fact(r"\mathbb E\|[H,K_U]\|_F^2=2np_2q_2/((n-1)(n+2))", dimension)
def commutator_mean(x: Instance) -> bool:
    """E‖[H, K_U]‖_F² = 2n p₂q₂/((n − 1)(n + 2))"""
    return _equal(nulls.commutator_mean(*_both(x)), commutator_moment(*_pair(x), 1))


@theorem.fact(r"\mathbb E\|[H,K_U]\|_F^4=\alpha p_2^2q_2^2+\beta(p_2^2q_4+p_4q_2^2)+\gamma p_4q_4", dimension)
def commutator_second_moment(x: Instance) -> bool:
    """E‖[H, K_U]‖_F⁴ = αp₂²q₂² + β(p₂²q₄ + p₄q₂²) + γp₄q₄"""
    return _equal(nulls.commutator_second_moment(*_both(x)), commutator_moment(*_pair(x), 2))


@theorem.fact(r"\operatorname{Var}\|[H,K_U]\|_F^2=\alpha'p_2^2q_2^2+\beta(p_2^2q_4+p_4q_2^2)+\gamma p_4q_4", dimension)
def commutator_variance(x: Instance) -> bool:
    """Var‖[H, K_U]‖_F² = α'p₂²q₂² + β(p₂²q₄ + p₄q₂²) + γp₄q₄ with α' = α − (2n/((n − 1)(n + 2)))²"""
    truth = commutator_moment(*_pair(x), 2) - commutator_moment(*_pair(x), 1) ** 2
    # Eigenvalues that are 0 need not be listed.
    moments = (nulls.traceless_of(len(v), [num(a) for a in v if a != 0]) for v in _pair(x))
    return _equal(nulls.commutator_variance(*moments), truth)


def two_points() -> Iterable[Instance]:
    """A fair coin, and t its deviation: the tail is 1/2 and so is the bound; three to one: 1/4."""
    yield Instance.of(h=[0, 1], k=[0, 0], t=Fraction(1, 2))
    yield Instance.of(h=[0, 0, 0, 1], k=[0, 0, 0, 0], t=Fraction(3, 4))


@theorem.bound(r"\mathbb P(X-\mathbb EX\ge t)\le V/(V+t^2)", upper_tail, attained_at=two_points, strategy=spread)
def cantelli(x: Instance) -> Sides:
    """P(X − E X ≥ t) ≤ V/(V + t²), here for X uniform on the values h"""
    h, t = x.vector("h"), x.rational("t")
    n = len(h)
    mean = sum(h, flint.fmpq(0)) / n
    variance = sum(((a - mean) ** 2 for a in h), flint.fmpq(0)) / n
    tail = flint.fmpq(sum(a - mean >= t for a in h), n)
    if variance == 0:
        return num(flint.fmpq(0) if t > 0 else tail), num(1 if t == 0 else 0)
    return num(tail), nulls.cantelli(num(variance), num(t))


@theorem.fact(r"\mathbb E\|[H,K_U]\|_F^2=2p_2q_2/(n-1)", dimension, false=True)
def factor_forgotten(x: Instance) -> bool:
    """E‖[H, K_U]‖_F² = 2p₂q₂/(n − 1)"""
    h, k = _both(x)
    return _equal(2 * h.second * k.second / (h.n - 1), commutator_moment(*_pair(x), 1))


@theorem.fact(
    r"\mathbb E\|[H,K_U]\|_F^2=2n\operatorname{tr}H^2\operatorname{tr}K^2/((n-1)(n+2))", dimension, false=True
)
def untraced(x: Instance) -> bool:
    """E‖[H, K_U]‖_F² = 2n tr H² tr K²/((n − 1)(n + 2))"""
    h, k = _pair(x)
    n, p, q = len(h), sum(a * a for a in h), sum(a * a for a in k)
    return _equal(2 * n * num(p) * num(q) / ((n - 1) * (n + 2)), commutator_moment(h, k, 1))


@theorem.fact(r"\operatorname{Var}\|P_UP_V\|_F^2=2ab(n-a)(n-b)/(n^3(n+2))", dimension, false=True)
def larger_denominator(x: Instance) -> bool:
    """Var‖P_U P_V‖_F² = 2ab(n − a)(n − b)/(n³(n + 2))"""
    pair = _projectors(x)
    n, a, b = len(pair[0]), *(sum(v, flint.fmpq(0)) for v in pair)
    return _equal(num(2 * a * b * (n - a) * (n - b) / (n**3 * (n + 2))), _variance(*pair))


@theorem.fact(r"\gamma=0", dimension, false=True)
def no_fourth_moments(x: Instance) -> bool:
    """the last term of E‖[H, K_U]‖_F⁴ vanishes: γ = 0"""
    h, k = _both(x)
    flat = [nulls.Traceless(m.n, m.trace, m.second, num(0)) for m in (h, k)]
    mixed = nulls.commutator_second_moment(h, flat[1]) + nulls.commutator_second_moment(flat[0], k)
    return _equal(mixed - nulls.commutator_second_moment(*flat), commutator_moment(*_pair(x), 2))


theorem.mutant("factor forgotten", "2/(n − 1) for 2n/((n − 1)(n + 2))", commutator_mean, factor_forgotten)
theorem.mutant("untraced", "the moments of H and K for those of their traceless parts", commutator_mean, untraced)
theorem.mutant("no fourth moments", "γ = 0", commutator_second_moment, no_fourth_moments)
theorem.mutant("larger denominator", "n(n + 2) for (n − 1)(n + 2)", overlap, larger_denominator)
theorem.witness(factor_forgotten, None, Instance.of(h=[1, 0, 0], k=[1, 0, 0], t=0))
theorem.witness(untraced, None, Instance.of(h=[1, 1], k=[1, 0], t=0))
theorem.witness(larger_denominator, None, Instance.of(h=[1, 0], k=[1, 0], t=0))
theorem.witness(no_fourth_moments, None, Instance.of(h=[1, 0, 0, 0], k=[1, 0, 0, 0], t=0))
theorem.witness(cantelli, upper_tail, Instance.of(h=[0, 1], k=[0, 0], t=-1))


@theorem.stratum
def four_dimensions(x: Instance) -> bool:
    """n = 4, where the general formula of the second moment begins"""
    return len(x.vector("h")) == 4


@theorem.stratum
def opposite_ranks(x: Instance) -> bool:
    """projectors of different ranks, neither 0 nor I"""
    h, k = _projectors(x)
    return 0 < sum(h) < len(h) and 0 < sum(k) < len(k) and sum(h) != sum(k)


@theorem.property
def shift(x: Instance) -> bool:
    """a multiple of I added to H or K changes no moment but the mean of ⟨H, K_U⟩"""
    h, k = _pair(x)
    moved = tuple(a + 2 for a in h)
    same = commutator_moment(moved, k, 2) == commutator_moment(h, k, 2)
    return same and _variance(moved, k) == _variance(h, k)


theorem.proof("symbolic", "all n ≥ 4, given the moments of a Gaussian and of a uniform unit vector")(
    proofs.four_equations
)
theorem.proof("symbolic", "all real eigenvalues, n = 2, …, 5")(proofs.gaussian_average)
theorem.proof("exhaustive", "n = 1, …, 6, which determine n E tr K₀⁴, a polynomial of degree at most 4")(
    proofs.gaussian_fourth_moment
)
theorem.proof("instances", "projectors, spikes and integers, n = 2, 3, 5 and 6")(proofs.by_pairings)
