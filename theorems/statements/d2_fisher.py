r"""D2. Fisher information and Hellinger length of the Gibbs family.

Statement
    For d ranks let :math:`g_k(s)=k^{-s}/H_d(s)`, with mean :math:`u_d(s)` and variance :math:`v_d(s)` of log k. The
    Fisher information of :math:`s\mapsto g(s)` is :math:`v_d(s)`, and the line element :math:`\sum(d\sqrt{d\,g_k})^2`
    is :math:`\tfrac d4v_d(s)\,ds^2`. With the Hellinger distance
    :math:`h(p,q)^2=\sum(\sqrt{p_k}-\sqrt{q_k})^2` and :math:`\int v_d=u_d(s)-u_d(s')`,

    .. math::
        h(g(s),g(s'))\le\tfrac12\Bigl|\int_s^{s'}\!\sqrt{v_d}\Bigr|\le\tfrac12\sqrt{|s'-s|\,|u_d(s)-u_d(s')|},\qquad
        h(p,q)\le h(p,g(s))+h(g(s),g(s'))+h(g(s'),q).

    Spectra with one top-radial coordinate need not be equal: the coordinate sees the leading energy only.

Reference
    GSA-I (arXiv 2605.02108). That a chord is no longer than the arc is cited.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import flint

from certify.geometry.spectrum.chart import gibbs, mean_log_rank, top_radial, variance_log_rank
from certify.rigor.ball import ball
from certify.rigor.functions import absolute, sqrt
from certify.verdict import Verdict
from theorems.engine.declare import Declaration, Facts, Sides, hypothesis
from theorems.engine.instance import Instance
from theorems.engine.theorem import Parameter, small
from theorems.exact.scalars import Scalar, num, root

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def pairs_of_spectra() -> SearchStrategy[Instance]:
    """Two spectra and two exponents, near and far; one in three times p, q and a member of the family are on a line."""
    from hypothesis import strategies as st

    @st.composite
    def build(draw: st.DrawFn) -> Instance:
        d = draw(st.integers(2, 6))
        weights = st.lists(st.integers(0, 6).map(Fraction), min_size=d, max_size=d).filter(any)
        s = draw(st.fractions(-1, 4, max_denominator=4))
        step = draw(st.sampled_from((Fraction(1, 2**12), Fraction(-1, 2**6), Fraction(1, 2), Fraction(2), Fraction(0))))
        p, q = draw(weights), draw(weights)
        if draw(st.integers(0, 2)) == 0:
            s, q, step = Fraction(0), [Fraction(1)] * d, draw(st.sampled_from((step, Fraction(0))))
        return Instance.of(p=p, q=q, s=s, s_next=s + step)

    return build()


theorem = Declaration(
    __doc__,
    parameters=(
        Parameter.vector("p", "d", 0, 4),
        Parameter.vector("q", "d", 0, 4),
        Parameter.rational("s", -1, 4),
        Parameter.rational("s_next", -1, 4),
    ),
    dimensions={"d": (1, 4)},
    strategy=pairs_of_spectra,
)


@hypothesis(r"p,q\ge0,\ p,q\ne0", defines="they are no energies")
def energy(x: Instance) -> bool:
    """p and q are energies: not negative, and not all 0"""
    return all(min(v) >= 0 and max(v) > 0 for v in (x.vector("p"), x.vector("q")))


@hypothesis(r"p_1=q_1", defines="it is the premise of the false reading")
def same_leading_energy(x: Instance) -> bool:
    """p₁ = q₁ for decreasing p and q"""
    return energy.met(x) and _energies(x, "p")[0] == _energies(x, "q")[0]


def _energies(x: Instance, name: str) -> list[flint.fmpq]:
    values = sorted(x.vector(name), reverse=True)
    mass = sum(values, start=flint.fmpq(0))
    return [v / mass for v in values]


def _hellinger(p: Sequence[Scalar], q: Sequence[Scalar]) -> Scalar:
    moves = [root(a) - root(b) for a, b in zip(p, q, strict=True)]
    return root(sum((v * v for v in moves), start=num(0)))


def _ends(x: Instance) -> tuple[int, Scalar, Scalar]:
    return len(x.vector("p")), num(x.rational("s")), num(x.rational("s_next"))


def short_paths() -> Iterable[Instance]:
    """Steps so short that the path is straight."""
    for d, s in ((2, 0), (3, 1), (5, Fraction(5, 2))):
        yield Instance.of(p=[1] * d, q=[1] * d, s=s, s_next=s + Fraction(1, 2**16))


def one_side() -> Iterable[Instance]:
    """Two of the three sides are points."""
    yield Instance.of(p=[10, 1], q=[1, 1], s=0, s_next=0)
    yield Instance.of(p=[1, 1, 1], q=[5, 3, 1], s=0, s_next=0)
    yield Instance.of(p=[1, 1], q=[2, 1], s=0, s_next=1)


def _arc(x: Instance) -> Scalar:
    """|∫√v_d| between the two exponents."""
    d, s, t = len(x.vector("p")), x.rational("s"), x.rational("s_next")
    if d == 1 or s == t:
        return num(0)
    ranks = [flint.arb(k).log() for k in range(1, d + 1)]

    # The formulas of the chart take no complex numbers, which the integration asks for.
    def speed(z: flint.acb, analytic: bool) -> flint.acb:
        weights = [(-z * v).exp() for v in ranks]
        mass, first, second = (sum((w * v**k for w, v in zip(weights, ranks, strict=True)), z * 0) for k in (0, 1, 2))
        return (second / mass - (first / mass) ** 2).sqrt(analytic=analytic)

    return num(absolute(flint.acb.integral(speed, flint.acb(ball(s)), flint.acb(ball(t))).real))


@theorem.bound(
    r"h(g(s),g(s'))\le\tfrac12|\int_s^{s'}\sqrt{v_d}|", energy, attained_at=short_paths, gap=Fraction(1, 2**30)
)
def chord(x: Instance, half: Scalar = Fraction(1, 2)) -> Sides:
    """h(g(s), g(s')) ≤ ½ |∫√v_d|"""
    d, s, t = _ends(x)
    return _hellinger(gibbs(d, s), gibbs(d, t)), half * _arc(x)


@theorem.bound(
    r"\bigl|\int_s^{s'}\sqrt{v_d}\bigr|\le\sqrt{|s'-s|\,|u_d(s)-u_d(s')|}",
    energy,
    attained_at=short_paths,
    gap=Fraction(1, 2**30),
)
def arc(x: Instance) -> Sides:
    """|∫√v_d| ≤ √(|s' − s| |u_d(s) − u_d(s')|)"""
    d, s, t = _ends(x)
    return _arc(x), sqrt(absolute(s - t) * absolute(mean_log_rank(d, s) - mean_log_rank(d, t)))


@theorem.bound(
    r"h(g(s),g(s'))\le\tfrac12\sqrt{|s'-s|\,|u_d(s)-u_d(s')|}",
    energy,
    attained_at=short_paths,
    gap=Fraction(1, 2**16),
)
def path(x: Instance, half: Scalar = Fraction(1, 2)) -> Sides:
    """h(g(s), g(s')) ≤ ½ √(|s' − s| |u_d(s) − u_d(s')|)"""
    d, s, t = _ends(x)
    moved = absolute(mean_log_rank(d, s) - mean_log_rank(d, t))
    return _hellinger(gibbs(d, s), gibbs(d, t)), half * sqrt(absolute(s - t) * moved)


@theorem.bound(r"h(p,q)\le h(p,g(s))+h(g(s),g(s'))+h(g(s'),q)", energy, attained_at=one_side, gap=Fraction(1, 2**40))
def triangle(x: Instance, first: Scalar = 1, middle: Scalar = 1, last: Scalar = 1) -> Sides:
    """h(p, q) ≤ h(p, g(s)) + h(g(s), g(s')) + h(g(s'), q)"""
    d, s, t = _ends(x)
    p, q = ([num(v) for v in _energies(x, name)] for name in ("p", "q"))
    start, end = gibbs(d, s), gibbs(d, t)
    return _hellinger(p, q), first * _hellinger(p, start) + middle * _hellinger(start, end) + last * _hellinger(end, q)


@theorem.fact(r"r(p)=r(q)\Rightarrow p=q", energy, same_leading_energy, false=True)
def same_spectrum(x: Instance) -> bool:
    """p₁ = q₁ implies p = q"""
    return _energies(x, "p") == _energies(x, "q")


theorem.constant("half", "factor of the length", sharp=True)
theorem.constant("first", "factor of the distance of p from its chart", sharp=True)
theorem.constant("middle", "factor of the distance of the charts", sharp=True)
theorem.constant("last", "factor of the distance of q from its chart", sharp=True)
theorem.witness(same_spectrum, None, Instance.of(p=[2, 1, 1], q=[2, 2, 0], s=0, s_next=0))
theorem.mutant("quarter", "a quarter instead of a half", path, half=Fraction(1, 4))


@theorem.stratum
def vanishing_energy(x: Instance) -> bool:
    """an energy is 0"""
    return min(x.vector("p")) == 0 or min(x.vector("q")) == 0


@theorem.stratum
def on_a_line(x: Instance) -> bool:
    """the triangle degenerates: both members of the family are q"""
    return x.rational("s") == x.rational("s_next") == 0 and len(set(x.vector("q"))) == 1


def _mixed(x: Instance) -> list[flint.fmpq]:
    """The leading energy of p, and the others in the proportions of q."""
    p, q = _energies(x, "p"), _energies(x, "q")
    return [p[0], *((1 - p[0]) * v / (1 - q[0]) for v in q[1:])] if q[0] != 1 else p


def _another(x: Instance) -> bool:
    return max(_mixed(x)) == _mixed(x)[0] and _mixed(x) != _energies(x, "p")


@theorem.property(name="leading", strategy=lambda: pairs_of_spectra().filter(_another))
def leading_energy(x: Instance) -> Verdict:
    """spectra with the same leading energy have the same top-radial coordinate, whatever their other energies"""
    p, mixed = _energies(x, "p"), _mixed(x)

    def coordinate(e: Sequence[flint.fmpq]) -> Scalar:
        return top_radial(sqrt(ball(e[0])), sum((ball(v) for v in e), start=flint.arb(0)).sqrt(), len(e))

    return small(lambda: coordinate(p) - coordinate(mixed))


@theorem.proof("symbolic", "d = 2, 3, 4, all real s")
def information() -> Facts:
    """Σ (∂g_k)²/g_k = v_d, Σ (∂√(d g_k))² = (d/4) v_d, and ∂u_d = −v_d."""
    import sympy

    s = sympy.Symbol("s", real=True)
    for d in (2, 3, 4):
        family: list[Any] = gibbs(d, s)
        v = variance_log_rank(d, s)
        fisher = sum(sympy.diff(g, s) ** 2 / g for g in family)
        # (∂√(d g))² = d (∂g)²/(4 g): the square root leaves the expression.
        line = sum(sympy.diff(sympy.sqrt(d * g), s) ** 2 for g in family)
        yield f"d = {d}: Fisher information", _zero(fisher - v)
        yield f"d = {d}: line element", _zero(line - sympy.Rational(d, 4) * v)
        yield f"d = {d}: the slope of the mean", _zero(sympy.diff(mean_log_rank(d, s), s) + v)


def _zero(expression: Any) -> bool:
    import sympy

    return sympy.simplify(sympy.expand(sympy.numer(sympy.together(expression)))) == 0


@theorem.proof("symbolic", "two steps of a path, all real lengths and times")
def two_steps() -> Facts:
    """(l₁ + l₂)² ≤ (t₁ + t₂)(l₁²/t₁ + l₂²/t₂): the squared length of two steps against time and energy."""
    import sympy

    a, b = sympy.symbols("a b", real=True)
    p, q = sympy.symbols("p q", positive=True)
    gap = (p + q) * (a**2 / p + b**2 / q) - (a + b) ** 2
    yield "Cauchy–Schwarz", _zero(gap - (a * q - b * p) ** 2 / (p * q))
