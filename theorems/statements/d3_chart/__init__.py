r"""D3. The power-law chart is increasing and concave, and its margin is its slope at the upper end.

Statement
    For d ranks let :math:`\varphi_d(\alpha)=\tfrac12(\log d-\log H_d(2\alpha))`, the top-radial coordinate of the
    power law :math:`\sigma_k\propto k^{-\alpha}`. With :math:`u_d(s)` and :math:`v_d(s)` the mean and the variance of
    log k under the Gibbs family :math:`g_k(s)=k^{-s}/H_d(s)`,

    .. math:: \varphi_d'(\alpha)=u_d(2\alpha)>0,\qquad \varphi_d''(\alpha)=-2v_d(2\alpha)<0\qquad(d\ge2),

    for every real α, so that on :math:`[\alpha_{lo},\alpha_{hi}]` the slope of the chart is at least the *margin*
    :math:`u_d(2\alpha_{hi})`. Taylor's formula to second order errs by at most :math:`(\log d)^3|h|^3/(9\sqrt3)`, since
    a random number in [0, L] has a third cumulant of at most :math:`L^3/(6\sqrt3)`.

Reference
    GSA-I (arXiv 2605.02108); the proof is the differentiation of :math:`\log H_d`.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING

from certify.geometry.spectrum.chart import chart, mean_log_rank, top_radial, variance_log_rank
from certify.rigor.functions import absolute, log
from certify.verdict import Verdict
from theorems.engine.declare import Declaration, Sides, hypothesis
from theorems.engine.instance import Instance
from theorems.engine.theorem import Parameter, small
from theorems.exact.scalars import Scalar, num, root
from theorems.statements.d3_chart import proofs

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def intervals() -> SearchStrategy[Instance]:
    """Exponents in either order and of either sign; short steps, where secants and tangents agree to first order."""
    from hypothesis import strategies as st

    lows = st.fractions(-2, 3, max_denominator=12)
    steps = st.sampled_from([Fraction(1, 2**k) for k in (0, 1, 3, 8, 20)]) | st.fractions(
        Fraction(1, 9), 2, max_denominator=9
    )
    signs = st.sampled_from([1, 1, -1])
    return st.builds(
        lambda d, lo, h, sign: Instance.of(d=d, lo=lo, hi=lo + sign * h), st.integers(1, 8), lows, steps, signs
    )


theorem = Declaration(
    __doc__,
    parameters=(Parameter.integer("d", 1, 6), Parameter.rational("lo", -2, 3), Parameter.rational("hi", -2, 3)),
    dimensions={},
    strategy=intervals,
)


@hypothesis(r"d\ge2", needed="with one rank the chart is constant")
def ranks(x: Instance) -> bool:
    """d ≥ 2"""
    return x.integer("d") >= 2


@hypothesis(r"\alpha_{lo}<\alpha_{hi}", needed="the chart does not increase towards a smaller exponent")
def ordered(x: Instance) -> bool:
    """α_lo < α_hi"""
    return x.rational("lo") < x.rational("hi")


@hypothesis(r"\alpha_{lo}\ge0", unneeded="it only makes the false readings harder to refute")
def nonnegative(x: Instance) -> bool:
    """α_lo ≥ 0"""
    return x.rational("lo") >= 0


def short_steps() -> Iterable[Instance]:
    """Both ends so near that secant and tangents agree up to 2⁻²⁶."""
    for d in range(2, 9):
        for lo in (Fraction(-1), Fraction(0), Fraction(1, 3), Fraction(2)):
            for h in (Fraction(1, 2**30), Fraction(-1, 2**30)):
                yield Instance.of(d=d, lo=lo, hi=lo + h)


def greatest_third_cumulant() -> Iterable[Instance]:
    """d = 2 near 2α = log₂(2 + √3), where the third cumulant is (log 2)³/(6√3)."""
    yield Instance.of(d=2, lo=Fraction(19, 20), hi=Fraction(951, 1000))
    yield Instance.of(d=2, lo=Fraction(-19, 20), hi=Fraction(-951, 1000))


def _read(x: Instance) -> tuple[int, Scalar, Scalar]:
    return x.integer("d"), num(x.rational("lo")), num(x.rational("hi"))


def _increase(x: Instance) -> Scalar:
    d, lo, hi = _read(x)
    return chart(d, hi) - chart(d, lo)


@theorem.bound(
    r"\varphi_d(\alpha_{lo})<\varphi_d(\alpha_{hi})",
    *(ranks, ordered),
    strict=True,
    strategy=lambda: intervals().filter(lambda x: ranks.met(x) and ordered.met(x)),
    slack="the difference of the two sides is what the next two readings enclose",
)
def increasing(x: Instance) -> Sides:
    """φ(α_lo) < φ(α_hi)"""
    d, lo, hi = _read(x)
    return chart(d, lo), chart(d, hi)


@theorem.bound(
    r"u_d(2\alpha_{hi})(\alpha_{hi}-\alpha_{lo})\le\varphi_d(\alpha_{hi})-\varphi_d(\alpha_{lo})",
    ordered,
    strategy=lambda: intervals().filter(ordered.met),
    attained_at=lambda: (x for x in short_steps() if ordered.met(x)),
    gap=Fraction(1, 2**26),
)
def margin(x: Instance, slope: Scalar = 1) -> Sides:
    """u_d(2α_hi)(α_hi − α_lo) ≤ φ(α_hi) − φ(α_lo)"""
    d, lo, hi = _read(x)
    return slope * mean_log_rank(d, 2 * hi) * (hi - lo), _increase(x)


@theorem.bound(
    r"\varphi_d(\alpha_{hi})-\varphi_d(\alpha_{lo})\le u_d(2\alpha_{lo})(\alpha_{hi}-\alpha_{lo})",
    attained_at=lambda: (x for x in short_steps() if ordered.met(x)),
    gap=Fraction(1, 2**26),
)
def tangent(x: Instance) -> Sides:
    """φ(α_hi) − φ(α_lo) ≤ u_d(2α_lo)(α_hi − α_lo), in either order of the end points"""
    d, lo, hi = _read(x)
    return _increase(x), mean_log_rank(d, 2 * lo) * (hi - lo)


def _taylor(x: Instance, second: Scalar) -> Sides:
    # φ''' = 4κ₃(2α), so the remainder is at most 4 · (log d)³/(6√3) · |h|³/6.
    d, lo, hi = _read(x)
    h = hi - lo
    rest = _increase(x) - mean_log_rank(d, 2 * lo) * h + second * variance_log_rank(d, 2 * lo) * h**2
    return absolute(rest), log(num(d)) ** 3 * absolute(h) ** 3 / (9 * root(num(3)))


@theorem.bound(
    r"|\varphi_d(\alpha+h)-\varphi_d(\alpha)-u_d(2\alpha)h+v_d(2\alpha)h^2|\le(\log d)^3|h|^3/(9\sqrt3)",
    attained_at=greatest_third_cumulant,
    gap=Fraction(1, 10**5),
)
def curvature(x: Instance) -> Sides:
    """|φ(α+h) − φ(α) − u_d(2α)h + v_d(2α)h²| ≤ (log d)³|h|³/(9√3)"""
    return _taylor(x, num(1))


@theorem.bound(
    r"u_d(2\alpha_{lo})(\alpha_{hi}-\alpha_{lo})\le\varphi_d(\alpha_{hi})-\varphi_d(\alpha_{lo})",
    *(ranks, ordered, nonnegative),
    false=True,
)
def margin_at_the_lower_end(x: Instance) -> Sides:
    """u_d(2α_lo)(α_hi − α_lo) ≤ φ(α_hi) − φ(α_lo)"""
    return tangent(x)[::-1]


@theorem.bound(r"v_d(2\alpha_{hi})\le v_d(2\alpha_{lo})", *(ranks, ordered, nonnegative), false=True)
def variance_decreases(x: Instance) -> Sides:
    """v_d(2α_hi) ≤ v_d(2α_lo)"""
    d, lo, hi = _read(x)
    return variance_log_rank(d, 2 * hi), variance_log_rank(d, 2 * lo)


theorem.constant("slope", "factor of the margin u_d(2α_hi)", sharp=True, stronger="larger")
theorem.witness(increasing, ranks, Instance.of(d=1, lo=0, hi=1))
theorem.witness(increasing, ordered, Instance.of(d=2, lo=1, hi=0))
theorem.witness(margin_at_the_lower_end, None, Instance.of(d=2, lo=0, hi=1))
theorem.witness(variance_decreases, None, Instance.of(d=3, lo=0, hi=Fraction(1, 4)))
theorem.mutant("lower end", "the margin taken at the lower end", margin, margin_at_the_lower_end)
theorem.mutant("second derivative", "φ'' = −v instead of −2v", curvature, lambda x: _taylor(x, num(Fraction(1, 2))))


@theorem.stratum
def backwards(x: Instance) -> bool:
    """α_hi < α_lo"""
    return not ordered.met(x)


@theorem.stratum
def negative_exponents(x: Instance) -> bool:
    """both ends below 0, where the last rank leads"""
    return x.rational("lo") < 0 and x.rational("hi") < 0


@theorem.property
def scale(x: Instance) -> Verdict:
    """φ(α) is the top-radial coordinate of every multiple of k^(−α)"""
    # Integer exponents: the power law is rational, and only the final comparison needs logarithms.
    d, alpha = x.integer("d"), abs(int(x.rational("lo").floor()))
    sigma = [Fraction(2, k**alpha) for k in range(1, d + 1)]
    frobenius = sum((v**2 for v in sigma), start=Fraction(0))
    return small(lambda: top_radial(num(2), root(num(frobenius)), d) - chart(d, num(alpha)))


derivatives = theorem.proof("symbolic", "d = 2, …, 5, all real α")(proofs.derivatives)
theorem.proof("symbolic", "every random number in [0, 1], hence in [0, L]")(proofs.third_cumulant)
theorem.proof("symbolic", "d = 2, …, 5, all real α")(proofs.power_law)
theorem.stronger(margin, ordered, "the tangent at α_hi lies above a concave chart on both sides", proof=derivatives)
