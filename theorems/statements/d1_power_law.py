r"""D1. A power law of singular values is a Gibbs family on the ranks.

Statement
    Let :math:`\sigma_k=ck^{-\alpha}`, c ≠ 0, k ≤ d, and :math:`\hat\sigma` the same with Σσ̂² = d. Then for every real α

    .. math:: \hat\sigma_k^2=d\,g_k(2\alpha),\qquad g_k(s)=k^{-s}/H_d(s),

    and for α ≥ 0, where σ₁ is the largest, the top-radial coordinate is
    :math:`r=\varphi_d(\alpha)=\tfrac12(\log d-\log H_d(2\alpha))`. The energies g(s) are the Gibbs family of the energy
    log k: for all energies p

    .. math:: -\sum_kp_k\log p_k\le s\,E_p[\log k]+\log H_d(s),

    with equality only for p = g(s).
    An instance gives energies p on d ranks, s = 2α, an integer so that all numbers are rational, and c.

Reference
    GSA-I (arXiv 2605.02108); Gibbs' variational principle.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING

import flint

from certify.geometry.spectrum.action import divergence, entropy, free_entropy
from certify.geometry.spectrum.chart import chart, energies, gibbs, power_sum, top_radial
from certify.rigor.functions import log
from certify.verdict import Verdict, combine
from theorems.engine.declare import Declaration, Facts, Sides, hypothesis
from theorems.engine.instance import Instance
from theorems.engine.theorem import Parameter, small
from theorems.exact.algebra import vanishes
from theorems.exact.scalars import Scalar, num, root

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def power_laws() -> SearchStrategy[Instance]:
    """Power laws with 2α from −3 to 8, of both signs of c; energies, those of the power law in one of four."""
    from hypothesis import strategies as st

    @st.composite
    def build(draw: st.DrawFn) -> Instance:
        d, s = draw(st.integers(1, 5)), draw(st.sampled_from((0, 1, 1, 2, 2, 3, 4, 8, -1, -3)))
        p = draw(st.lists(st.integers(0, 5), min_size=d, max_size=d).filter(any))
        if draw(st.integers(0, 3)) == 0:
            p = [Fraction(1, k**s) if s >= 0 else Fraction(k**-s) for k in range(1, d + 1)]
        return Instance.of(p=p, s=s, c=draw(st.sampled_from((Fraction(1), Fraction(-3), Fraction(2, 7)))))

    return build()


theorem = Declaration(
    __doc__,
    parameters=(
        Parameter.vector("p", "d", 0, 4),
        Parameter.integer("s", -3, 8, limit=64),
        Parameter.rational("c", -3, 3),
    ),
    dimensions={"d": (1, 4)},
    strategy=power_laws,
)


@hypothesis(r"c\ne0", defines="0 has no energies")
def nonzero(x: Instance) -> bool:
    """c is not 0"""
    return x.rational("c") != 0


@hypothesis(r"\alpha\ge0", needed="for α < 0 the last value is the largest")
def decreasing(x: Instance) -> bool:
    """α ≥ 0"""
    return x.integer("s") >= 0


@hypothesis(r"p\ge0,\ p\ne0", defines="there are no energies")
def energy(x: Instance) -> bool:
    """p is not negative and not 0"""
    return min(x.vector("p")) >= 0 and max(x.vector("p")) > 0


def _squares(x: Instance) -> list[flint.fmpq]:
    """c²k^{−2α}, from the definition."""
    s, c = x.integer("s"), x.rational("c")
    return [c * c * flint.fmpq(k) ** -s for k in range(1, len(x.vector("p")) + 1)]


def _normalized(x: Instance) -> list[Scalar]:
    p = [num(v) for v in x.vector("p")]
    mass = sum(p, num(0))
    return [v / mass for v in p]


def laws() -> Iterable[Instance]:
    """p is the power law."""
    for s, d in ((0, 3), (1, 3), (2, 2), (-1, 3)):
        yield Instance.of(p=[Fraction(k) ** -s for k in range(1, d + 1)], s=s, c=1)


@theorem.fact(r"\hat\sigma_k^2=d\,g_k(2\alpha)", nonzero)
def orbit(x: Instance) -> bool | Verdict:
    """σ̂_k² = d g_k(2α)"""
    squares, d, s = _squares(x), len(x.vector("p")), x.integer("s")
    found = energies([root(v) for v in squares])
    exact = [v / sum(squares, flint.fmpq(0)) for v in squares]
    family = gibbs(d, num(s))
    return combine(
        small(lambda a=a, b=b, v=v: (d * a - d * b) * (d * a - d * b) + (v - b) * (v - b))
        for a, b, v in zip(family, exact, found, strict=True)
    )


@theorem.fact(r"r=\varphi_d(\alpha)", nonzero, decreasing)
def coordinate(x: Instance) -> Verdict:
    """r = φ_d(α)"""
    squares, d = _squares(x), len(x.vector("p"))

    def gap() -> Scalar:
        whole = num(sum(squares, flint.fmpq(0)))
        return top_radial(root(num(max(squares))), root(whole), d) - chart(d, num(flint.fmpq(x.integer("s"), 2)))

    return small(gap)


@theorem.bound(r"-\sum p_k\log p_k\le sE_p[\log k]+\log H_d(s)", energy, attained_at=laws)
def variational(x: Instance) -> Sides:
    """−Σ p_k log p_k ≤ s E_p[log k] + log H_d(s)"""
    p, s = _normalized(x), num(x.integer("s"))
    return entropy(p), free_entropy(p, s)


@theorem.fact(r"\hat\sigma_k^2=d\,g_k(\alpha)", nonzero, false=True)
def single(x: Instance) -> bool:
    """σ̂_k² = d g_k(α)"""
    squares, d = _squares(x), len(x.vector("p"))
    weights = gibbs(d, num(flint.fmpq(x.integer("s"), 2)))
    share = squares[0] / sum(squares, flint.fmpq(0))
    return bool(flint.arb(weights[0]).overlaps(flint.arb(share)))


@theorem.fact(r"r=\tfrac12(\log d-\log H_d(\alpha))", nonzero, decreasing, false=True)
def half_chart(x: Instance) -> Verdict:
    """r = ½(log d − log H_d(α))"""
    squares, d = _squares(x), len(x.vector("p"))
    half = num(flint.fmpq(x.integer("s"), 4))
    radial = top_radial(root(max(squares)), root(sum(squares, flint.fmpq(0))), d)
    return small(lambda: radial - chart(d, half))


@theorem.bound(r"-\sum p_k\log p_k\le\log H_d(s)", energy, false=True)
def without_energy(x: Instance) -> Sides:
    """−Σ p_k log p_k ≤ log H_d(s): the partition function alone bounds the entropy"""
    p = _normalized(x)
    return entropy(p), log(power_sum(len(p), num(x.integer("s"))))


_TWO = Instance.of(p=[1, 1], s=2, c=1)
theorem.witness(coordinate, decreasing, Instance.of(p=[1, 1], s=-2, c=1))
theorem.witness(single, None, _TWO)
theorem.witness(half_chart, None, _TWO)
theorem.witness(without_energy, None, _TWO)
theorem.mutant("single", "g(α) for g(2α)", orbit, single)
theorem.mutant("half chart", "H_d(α) in the chart", coordinate, half_chart)
theorem.mutant("without energy", "E_p[log k] is left out", variational, without_energy)


@theorem.stratum
def increasing(x: Instance) -> bool:
    """a negative exponent, where σ₁ is the smallest"""
    return x.integer("s") < 0 and len(x.vector("p")) > 1


@theorem.stratum
def vanishing(x: Instance) -> bool:
    """energies that vanish on a rank"""
    return min(x.vector("p")) == 0


@theorem.property
def excess(x: Instance) -> Verdict:
    """what the variational bound leaves is KL(p‖g(s))"""
    p, s = _normalized(x), num(x.integer("s"))
    return small(lambda: free_entropy(p, s) - entropy(p) - divergence(p, gibbs(len(p), s)))


@theorem.proof("symbolic", "all real α and c ≠ 0, d = 1, …, 4")
def normal_form() -> Facts:
    """c²k^{−2α}/Σc²k^{−2α} = g_k(2α); the first of them is exp(2φ_d(α))/d."""
    import sympy

    alpha, c = sympy.Symbol("alpha", real=True), sympy.Symbol("c", positive=True)
    for d in (1, 2, 3, 4):
        found = energies([c * sympy.Integer(k) ** -alpha for k in range(1, d + 1)])
        family = gibbs(d, 2 * alpha)
        same = [sympy.simplify(sympy.powsimp(a - b)) == 0 for a, b in zip(found, family, strict=True)]
        yield f"d = {d}: energies", all(same)
        radial = sympy.exp(2 * chart(d, alpha)) - d * family[0]
        yield f"d = {d}: chart", sympy.simplify(radial) == 0
        yield (
            f"d = {d}: decreasing for α ≥ 0",
            all((sympy.log(sympy.Integer(k + 1)) - sympy.log(sympy.Integer(k))).is_positive for k in range(1, d)),
        )


@theorem.proof("symbolic", "all positive p on 2, 3, 4 ranks, all real s")
def gibbs_principle() -> Facts:
    """The excess over the entropy is Σp log(p/g) = Σg·f(p/g), f(y) = y log y − y + 1 ≥ 0, as f(1) = f'(1) = 0 ≤ f''."""
    import sympy

    s, y = sympy.Symbol("s", real=True), sympy.Symbol("y", positive=True)
    f = y * sympy.log(y) - y + 1
    yield "f(1) = f'(1) = 0", f.subs(y, 1) == 0 and sympy.diff(f, y).subs(y, 1) == 0
    yield "f'' = 1/y", vanishes(sympy.diff(f, y, 2) - 1 / y)
    for d in (2, 3, 4):
        p = sympy.symbols(f"p1:{d}", positive=True)
        p = [*p, 1 - sum(p)]
        rest = free_entropy(p, s) - entropy(p) - divergence(p, gibbs(d, s))
        yield f"d = {d}", sympy.simplify(sympy.expand(sympy.expand_log(rest, force=True))) == 0
