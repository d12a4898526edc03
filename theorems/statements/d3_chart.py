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
from typing import TYPE_CHECKING, Any

from certify.geometry.spectrum.chart import (
    chart,
    energies,
    gibbs,
    mean_log_rank,
    power_sum,
    top_radial,
    variance_log_rank,
)
from certify.rigor.functions import absolute, log
from certify.verdict import Verdict
from theorems.engine.declare import Declaration, Facts, Sides, hypothesis
from theorems.engine.instance import Instance
from theorems.engine.theorem import Parameter, small
from theorems.exact.algebra import vanishes
from theorems.exact.scalars import Scalar, num, root

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
    slack="the difference of the two sides is what the next two readings enclose",
)
def increasing(x: Instance) -> Sides:
    """φ(α_lo) < φ(α_hi)"""
    d, lo, hi = _read(x)
    return chart(d, lo), chart(d, hi)


@theorem.bound(
    r"u_d(2\alpha_{hi})(\alpha_{hi}-\alpha_{lo})\le\varphi_d(\alpha_{hi})-\varphi_d(\alpha_{lo})",
    attained_at=lambda: (x for x in short_steps() if ordered.met(x)),
    gap=Fraction(1, 2**26),
)
def margin(x: Instance, slope: Scalar = 1) -> Sides:
    """u_d(2α_hi)(α_hi − α_lo) ≤ φ(α_hi) − φ(α_lo), in either order of the end points"""
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


_SIZES = range(2, 6)


@theorem.proof("symbolic", "d = 2, …, 5, all real α")
def derivatives() -> Facts:
    """φ' = u > 0 and φ'' = −2v < 0, v being a sum of squares, and φ''' = 4κ₃."""
    import sympy

    alpha = sympy.Symbol("alpha", real=True)
    for d in _SIZES:
        phi, u, v = chart(d, alpha), mean_log_rank(d, 2 * alpha), variance_log_rank(d, 2 * alpha)
        weights = [sympy.exp(-2 * alpha * sympy.log(k)) for k in range(1, d + 1)]
        mass: Any = sum(weights)
        squares: Any = sum(
            weights[i] * weights[j] * (sympy.log(i + 1) - sympy.log(j + 1)) ** 2 for i in range(d) for j in range(i)
        )
        third: Any = sum(w * (sympy.log(k) - u) ** 3 for k, w in enumerate(weights, 1)) / mass
        yield f"d = {d}: φ' = u", vanishes(sympy.diff(phi, alpha) - u)
        yield f"d = {d}: φ'' = −2v", vanishes(sympy.diff(phi, alpha, 2) + 2 * v)
        yield f"d = {d}: φ''' = 4κ₃", vanishes(sympy.diff(-2 * v, alpha) - 4 * third)
        yield f"d = {d}: u > 0", sympy.together(u).is_positive
        yield f"d = {d}: v = Σ g_i g_j (log i − log j)²", vanishes(v - squares / mass**2)
        yield f"d = {d}: v > 0", (squares / mass**2).is_positive


@theorem.proof("symbolic", "every random number in [0, 1], hence in [0, L]")
def third_cumulant() -> Facts:
    """E(X − m)³ ≤ 1/(6√3): (x − m)³ lies below a chord through x = 1, from x = 0 where m ≤ 1/3 and from the point of
    tangency beyond; at the mean the chords are m(1 − m)(1 − 2m) and (1 − m)³/4. The mirror image bounds it below."""
    import sympy

    x, m, b = sympy.symbols("x m b", real=True)
    low = m * (1 - m) * (1 - 2 * m)
    chord = -(m**3) + ((1 - m) ** 3 + m**3) * x
    # chord − cubic = x(1 − x)(x + 1 − 3m), which is not negative on [0, 1] for m ≤ 1/3.
    yield "the chord from 0 lies above", vanishes(chord - (x - m) ** 3 - x * (1 - x) * (x + 1 - 3 * m))
    yield "its value at the mean", vanishes(chord.subs(x, m) - low)
    # With b = 1 − m and y = x − m ≤ b: tangent at y = −b/2.
    tangent_line = (-b / 2) ** 3 + 3 * (b / 2) ** 2 * (x + b / 2)
    yield "the tangent chord lies above", vanishes(tangent_line - x**3 - (b - x) * (x + b / 2) ** 2)
    yield "its value at the mean is b³/4", vanishes(tangent_line.subs(x, 0) - b**3 / 4)
    yield "b ≤ 2/3 makes it at most 2/27", (sympy.Rational(2, 3) ** 3 / 4) ** 2 < sympy.Rational(1, 108)
    # 1/108 is the square of 1/(6√3); with w = 1 − 2m the square of m(1 − m)(1 − 2m) is w²(1 − w²)²/16.
    w = 1 - 2 * m
    yield "m(1 − m)(1 − 2m) in w", vanishes(low - w * (1 - w**2) / 4)
    q = sympy.Symbol("q", nonnegative=True)
    rest = sympy.Rational(4, 27) - q * (1 - q) ** 2
    yield (
        "q(1 − q)² ≤ 4/27 for q = w² ≤ 1",
        vanishes(rest - (q - sympy.Rational(1, 3)) ** 2 * (sympy.Rational(4, 3) - q)),
    )


@theorem.proof("symbolic", "d = 2, …, 5, all real α")
def power_law() -> Facts:
    """The power law has the energies g(2α), and φ(α) is its top-radial coordinate."""
    import sympy

    alpha = sympy.Symbol("alpha", real=True)
    for d in _SIZES:
        sigma = [sympy.exp(-alpha * sympy.log(k)) for k in range(1, d + 1)]
        square = sum(x**2 for x in sigma)
        energy, family = energies(sigma), gibbs(d, 2 * alpha)
        coordinate = top_radial(sympy.Integer(1), sympy.sqrt(square), d)
        expanded = sympy.expand_log(coordinate - chart(d, alpha), force=True)
        pairs = zip(energy, family, strict=True)
        yield f"d = {d}: H_d(2α) = Σ k^(−2α)", vanishes(power_sum(d, 2 * alpha) - square)
        yield f"d = {d}: energies of the power law are g(2α)", all(vanishes(p - q) for p, q in pairs)
        yield f"d = {d}: g sums to 1", vanishes(sum(family) - 1)
        decay = zip(family, sigma, strict=True)
        yield f"d = {d}: g_k = k^(−s) g_1", all(vanishes(g - x**2 * family[0]) for g, x in decay)
        yield f"d = {d}: φ(α) is the top-radial coordinate", sympy.expand(expanded) == 0
