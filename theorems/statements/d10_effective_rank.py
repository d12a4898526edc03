r"""D10. Effective rank and its transfer between spectra.

Statement
    For energies p on d ranks, decreasing, let :math:`R_\eta(p)=\min\{r:\sum_{k>r}p_k\le\eta\}`, and d for a negative
    level η. (a) For s ≥ 0 and 0 ≤ r < d

    .. math::
        \int_{r+1}^dx^{-s}dx+\tfrac12\bigl((r+1)^{-s}+d^{-s}\bigr)\le\sum_{r<k\le d}k^{-s}\le
        \int_{r+1/2}^{d+1/2}x^{-s}dx .

    (b) If the tails of p and q differ by at most ε then :math:`R_{\eta+\varepsilon}(p)\le R_\eta(q)\le
    R_{\eta-\varepsilon}(p)`. (c) For the Gibbs family

    .. math:: |\mathrm{tail}_{g(s)}(r)-\mathrm{tail}_{g(s')}(r)|\le\tfrac14|s-s'|\log d .

    Together: energies that are those of the chart at both ends change their effective ranks between the levels
    η ± ¼|s − s'| log d.

Reference
    GSA-I (arXiv 2605.02108); Hermite and Hadamard for (a).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import flint

from certify.geometry.spectrum.chart import effective_rank, energies, gibbs, power_sum, tail_energy
from certify.rigor.functions import absolute, log, power
from certify.verdict import Verdict, combine
from theorems.engine.declare import Declaration, Facts, Sides, hypothesis
from theorems.engine.instance import Instance
from theorems.engine.theorem import Parameter, small
from theorems.exact.algebra import vanishes
from theorems.exact.scalars import Scalar, num

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def near_pairs() -> SearchStrategy[Instance]:
    """Near spectra, and a level at which a tail sits exactly, or half of it: that is where an effective rank jumps."""
    from hypothesis import strategies as st

    @st.composite
    def build(draw: st.DrawFn) -> Instance:
        d = draw(st.integers(1, 8))
        weights = st.lists(st.integers(0, 6).map(Fraction), min_size=d, max_size=d)
        p, moves = draw(weights.filter(any)), draw(weights)
        q = [a + Fraction(b, draw(st.sampled_from((1, 20, 400)))) for a, b in zip(p, moves, strict=True)]
        r = draw(st.integers(0, d - 1))
        eta = sum(sorted(p, reverse=True)[r:], start=Fraction(0)) / sum(p)
        eta = draw(st.sampled_from((eta, eta / 2, Fraction(1, 10))))
        s = draw(st.fractions(0, 4, max_denominator=4))
        s_next = s + draw(st.sampled_from((Fraction(1, 2**20), Fraction(1, 4), Fraction(-1, 2), Fraction(2))))
        x = Instance.of(p=p, q=q, eta=eta, epsilon=0, s=s, s_next=s_next, r=r)
        return x.replace(epsilon=_distance(x))

    return build()


theorem = Declaration(
    __doc__,
    parameters=(
        Parameter.vector("p", "d", 0, 4),
        Parameter.vector("q", "d", 0, 4),
        Parameter.rational("eta", 0, 1),
        Parameter.rational("epsilon", 0, 1),
        Parameter.rational("s", -2, 4),
        Parameter.rational("s_next", -2, 4),
        Parameter.integer("r", 0, "d"),
    ),
    dimensions={"d": (1, 4)},
    strategy=near_pairs,
)


@hypothesis(r"p,q\ge0", defines="there are no energies")
def energy(x: Instance) -> bool:
    """p and q are not negative, and not 0"""
    return all(min(v) >= 0 and max(v) > 0 for v in (x.vector("p"), x.vector("q")))


@hypothesis(r"\eta,\varepsilon\ge0", defines="no tail is below a negative level")
def level(x: Instance) -> bool:
    """η ≥ 0, ε ≥ 0"""
    return x.rational("eta") >= 0 and x.rational("epsilon") >= 0


@hypothesis(r"0\le r<d", defines="nothing is left out")
def window(x: Instance) -> bool:
    """0 ≤ r < d"""
    return 0 <= x.integer("r") < len(x.vector("p"))


@hypothesis(r"s\ge0", needed="x^{−s} is concave for −1 < s < 0")
def nonnegative(x: Instance) -> bool:
    """s ≥ 0"""
    return x.rational("s") >= 0


@hypothesis(
    r"\sup_r|\mathrm{tail}_p(r)-\mathrm{tail}_q(r)|\le\varepsilon", needed="p and q have nothing to do with each other"
)
def close(x: Instance) -> bool:
    """the tails of p and q differ by at most ε"""
    return _distance(x) <= x.rational("epsilon")


def _normalized(x: Instance, name: str) -> list[flint.fmpq]:
    values = sorted(x.vector(name), reverse=True)
    mass = sum(values, start=flint.fmpq(0))
    return [v / mass for v in values]


def _tail(p: Sequence[flint.fmpq], r: int) -> flint.fmpq:
    return sum(p[r:], start=flint.fmpq(0))


def _rank(p: Sequence[flint.fmpq], eta: flint.fmpq) -> int:
    """The definition, by trying every window; d for a negative level."""
    return next((r for r in range(len(p) + 1) if _tail(p, r) <= eta), len(p))


def _distance(x: Instance) -> flint.fmpq:
    p, q = _normalized(x, "p"), _normalized(x, "q")
    return max(abs(_tail(p, r) - _tail(q, r)) for r in range(len(p)))


def _sum_of_powers(x: Instance) -> Scalar:
    """Σ_{r<k≤d} k^{−s}, from the Gibbs family."""
    d, s = len(x.vector("p")), num(x.rational("s"))
    return tail_energy(gibbs(d, s), x.integer("r")) * power_sum(d, s)


def _integral(s: Scalar, a: Scalar, b: Scalar) -> Scalar:
    if s == 1:
        return log(b) - log(a)
    return (power(b, 1 - s) - power(a, 1 - s)) / (1 - s)


def two_ranks() -> Iterable[Instance]:
    """d = 2 around s = 0, where the slope of the tail is ¼ log 2."""
    h = Fraction(1, 2**24)
    yield Instance.of(p=[1, 1], q=[1, 1], eta=0, epsilon=0, s=h, s_next=-h, r=1)


def long_tails() -> Iterable[Instance]:
    """Slowly varying summands, where both integrals are close; the ends at the last rank alone."""
    for r in (4, 6):
        yield Instance.of(p=[1] * 8, q=[1] * 8, eta=0, epsilon=0, s=Fraction(1, 2**20), s_next=0, r=r)


def both_edges() -> Iterable[Instance]:
    """The tails of p and q sit on either side of the level."""
    yield Instance.of(p=[3, 1], q=[2, 1], eta=Fraction(1, 4), epsilon=Fraction(1, 12), s=1, s_next=1, r=0)
    yield Instance.of(p=[2, 1], q=[3, 1], eta=Fraction(1, 4), epsilon=Fraction(1, 12), s=1, s_next=1, r=0)
    yield Instance.of(p=[3, 1], q=[2, 1], eta=Fraction(3, 10), epsilon=Fraction(1, 12), s=1, s_next=1, r=0)


_BOTH = (energy, level)


@theorem.fact(r"R_\eta(p)=\min\{r:\sum_{k>r}p_k\le\eta\}", *_BOTH)
def definition(x: Instance, over: Scalar = 0) -> bool:
    """R_η(p) = min{r : Σ_{k>r} p_k ≤ η}"""
    p, eta = _normalized(x, "p"), x.rational("eta")
    rank = _rank(p, eta) + over
    tails = all(tail_energy(p, r) == _tail(p, r) for r in range(len(p)))
    return tails and all(end == rank for end in effective_rank(p, eta))


@theorem.bound(
    r"\int_{r+1}^dx^{-s}dx+\tfrac12((r+1)^{-s}+d^{-s})\le\sum_{r<k\le d}k^{-s}",
    *(energy, window, nonnegative),
    attained_at=long_tails,
    gap=Fraction(1, 2**16),
)
def tail_below(x: Instance) -> Sides:
    """∫_{r+1}^d x^{−s} dx + ½((r + 1)^{−s} + d^{−s}) ≤ Σ_{r<k≤d} k^{−s}"""
    d, s, first = len(x.vector("p")), num(x.rational("s")), num(x.integer("r") + 1)
    ends = power(first, -s) + power(num(d), -s)
    return _integral(s, first, num(d)) + ends / 2, _sum_of_powers(x)


@theorem.bound(
    r"\sum_{r<k\le d}k^{-s}\le\int_{r+1/2}^{d+1/2}x^{-s}dx",
    *(energy, window, nonnegative),
    attained_at=long_tails,
    gap=Fraction(1, 2**16),
)
def tail_above(x: Instance) -> Sides:
    """Σ_{r<k≤d} k^{−s} ≤ ∫_{r+½}^{d+½} x^{−s} dx"""
    d, s, r = len(x.vector("p")), num(x.rational("s")), x.integer("r")
    return _sum_of_powers(x), _integral(s, num(Fraction(2 * r + 1, 2)), num(Fraction(2 * d + 1, 2)))


@theorem.fact(r"R_{\eta+\varepsilon}(p)\le R_\eta(q)", *_BOTH, close, tight=both_edges)
def transfer_below(x: Instance, reach: Scalar = 1) -> bool:
    """R_{η+ε}(p) ≤ R_η(q)"""
    p, q, eta = _normalized(x, "p"), _normalized(x, "q"), x.rational("eta")
    return effective_rank(p, eta + reach * x.rational("epsilon"))[0] <= effective_rank(q, eta)[0]


@theorem.fact(r"R_\eta(q)\le R_{\eta-\varepsilon}(p)", *_BOTH, close, tight=both_edges)
def transfer_above(x: Instance, reach: Scalar = 1) -> bool:
    """R_η(q) ≤ R_{η−ε}(p)"""
    p, q, eta = _normalized(x, "p"), _normalized(x, "q"), x.rational("eta")
    lower = eta - reach * x.rational("epsilon")
    return effective_rank(q, eta)[1] <= (effective_rank(p, lower)[1] if lower >= 0 else len(p))


@theorem.bound(
    r"|\mathrm{tail}_{g(s)}(r)-\mathrm{tail}_{g(s')}(r)|\le\tfrac14|s-s'|\log d",
    *(energy, window),
    attained_at=two_ranks,
    gap=Fraction(1, 2**20),
)
def drift(x: Instance, quarter: Scalar = Fraction(1, 4)) -> Sides:
    """|tail_{g(s)}(r) − tail_{g(s')}(r)| ≤ ¼ |s − s'| log d"""
    d, r = len(x.vector("p")), x.integer("r")
    s, t = num(x.rational("s")), num(x.rational("s_next"))
    moved = tail_energy(gibbs(d, s), r) - tail_energy(gibbs(d, t), r)
    return absolute(moved), quarter * absolute(s - t) * log(num(d))


@theorem.fact(r"R_\eta(p)=R_\eta(q)", *_BOTH, close, false=True)
def same_rank(x: Instance) -> bool:
    """R_η(p) = R_η(q) for close p and q"""
    p, q, eta = _normalized(x, "p"), _normalized(x, "q"), x.rational("eta")
    return _rank(p, eta) == _rank(q, eta)


def _example(**changed: object) -> Instance:
    plain: dict[str, object] = {"p": [3, 1], "q": [2, 1], "eta": Fraction(1, 4), "epsilon": Fraction(1, 12)}
    return Instance.of(**{**plain, "s": 1, "s_next": 1, "r": 0, **changed})


theorem.constant("reach", "factor of ε", sharp=True, wrong=Fraction(1, 2))
theorem.constant("quarter", "factor of |s − s'| log d; sharp at d = 2", sharp=True)
theorem.constant("over", "how many ranks more than the definition", sharp=True)
theorem.witness(tail_below, nonnegative, _example(p=[1, 1, 1], q=[1, 1, 1], s=Fraction(-1, 2), r=0))
theorem.witness(tail_above, nonnegative, _example(p=[1, 1, 1], q=[1, 1, 1], s=Fraction(-1, 2), r=0))
theorem.witness(transfer_below, close, _example(p=[1, 1], q=[1, 0], eta=0, epsilon=0))
theorem.witness(transfer_above, close, _example(p=[1, 0], q=[1, 1], eta=0, epsilon=0))
theorem.witness(same_rank, None, _example())


theorem.mutant("strict", "tails strictly below the level", definition, lambda x: _strictly_below(x))


def _strictly_below(x: Instance) -> bool:
    p, eta = _normalized(x, "p"), x.rational("eta")
    first = next((r for r in range(len(p) + 1) if _tail(p, r) < eta), len(p))
    return effective_rank(p, eta)[0] == first


@theorem.stratum
def at_a_tail(x: Instance) -> bool:
    """the level is a tail of p exactly, below 1"""
    p = _normalized(x, "p")
    return any(_tail(p, r) == x.rational("eta") for r in range(1, len(p)))


@theorem.stratum
def different_ranks(x: Instance) -> bool:
    """p and q differ in effective rank at the level"""
    return not same_rank(x)


@theorem.property(name="energies")
def scaled(x: Instance) -> Verdict:
    """energies of singular values do not depend on their scale"""
    p = _normalized(x, "p")
    square = sum((v * v for v in p), start=flint.fmpq(0))
    found = energies([num(3 * v) for v in p])
    return combine(small(lambda k=k: found[k] - p[k] * p[k] / square) for k in range(len(p)))


@theorem.property(name="balls")
def enclosed(x: Instance) -> bool:
    """with balls for energies the effective rank is enclosed, and one number unless a tail lies within the balls"""
    p, eta = _normalized(x, "p"), x.rational("eta")
    rank = _rank(p, eta)
    low, high = effective_rank([flint.arb(v) + flint.arb(0, 1e-9) for v in p], eta)
    clear = all(abs(_tail(p, r) - eta) > flint.fmpq(1, 10**6) for r in range(len(p)))
    return low <= rank <= high and (not clear or low == high or eta == 0)


@theorem.proof("symbolic", "d = 2, 3, 4, all windows, all real s")
def covariance() -> Facts:
    """d/ds tail = −Cov(1_{k>r}, log k), and |Cov| ≤ ¼ log d: Popoviciu's bound twice, as a sum of squares."""
    import sympy

    s = sympy.Symbol("s", real=True)
    for d in (2, 3, 4):
        family: list[Any] = gibbs(d, s)
        logs = [sympy.log(k) for k in range(1, d + 1)]
        for r in range(1, d):
            tail = tail_energy(family, r)
            mixed = sum(g * x for g, x in zip(family[r:], logs[r:], strict=True))
            cov = mixed - tail * sum(g * x for g, x in zip(family, logs, strict=True))
            yield f"d = {d}, r = {r}: the slope is minus the covariance", vanishes(sympy.diff(tail, s) + cov)
    t, a, b = sympy.symbols("t a b", real=True)
    # Cov = t(1 − t)(b − a), a and b the means of log k on k ≤ r and k > r, 0 ≤ a ≤ b ≤ log d; and t(1 − t) ≤ ¼.
    yield "covariance of an indicator", vanishes(t * b - t * (t * b + (1 - t) * a) - t * (1 - t) * (b - a))
    yield "t(1 − t) ≤ ¼", vanishes(sympy.Rational(1, 4) - t * (1 - t) - (t - sympy.Rational(1, 2)) ** 2)


@theorem.proof("symbolic", "all real s ≥ 0 and x > 0")
def convexity() -> Facts:
    """x^{−s} is convex on x > 0 for s ≥ 0, which is what Hadamard's inequality asks of every unit interval."""
    import sympy

    x = sympy.Symbol("x", positive=True)
    s = sympy.Symbol("s", nonnegative=True)
    second = sympy.simplify(sympy.diff(x ** (-s), x, 2) / x ** (-s - 2))
    yield "(x^{−s})'' = s(s + 1) x^{−s−2}", vanishes(second - s * (s + 1))
    yield "s(s + 1) ≥ 0", (s * (s + 1)).is_nonnegative


@theorem.proof("exhaustive", "d ≤ 3, energies proportional to integers ≤ 3, levels n/12")
def small_cases() -> Facts:
    """Definition and transfer for every pair of energies of height at most 3 and several levels."""
    for d in (1, 2, 3):
        vectors = [v for v in itertools.product(range(4), repeat=d) if any(v)]
        levels = [Fraction(n, 12) for n in range(13)]
        yield f"d = {d}: definition", all(definition(Instance.of(p=v, q=v, eta=e)) for v in vectors for e in levels)
        moved = [Instance.of(p=v, q=w, eta=Fraction(1, 4), epsilon=0) for v in vectors for w in vectors]
        moved = [x.replace(epsilon=_distance(x)) for x in moved]
        yield f"d = {d}: transfer", all(transfer_below(x) and transfer_above(x) for x in moved)
