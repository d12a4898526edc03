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
from fractions import Fraction

import flint

from certify.geometry.spectrum.chart import effective_rank, energies, gibbs, power_sum, tail_energy
from certify.rigor.functions import absolute, log, power
from certify.verdict import Verdict, combine
from theorems.engine.declare import Declaration, Facts, Sides, hypothesis
from theorems.engine.instance import Instance
from theorems.engine.theorem import Parameter, small
from theorems.exact.scalars import Scalar, num
from theorems.statements.d10_effective_rank import proofs, samples

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
    strategy=samples.near_pairs,
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
    return samples.distance(x) <= x.rational("epsilon")


def _sum_of_powers(x: Instance) -> Scalar:
    """Σ_{r<k≤d} k^{−s}, from the Gibbs family."""
    d, s = len(x.vector("p")), num(x.rational("s"))
    return tail_energy(gibbs(d, s), x.integer("r")) * power_sum(d, s)


def _integral(s: Scalar, a: Scalar, b: Scalar) -> Scalar:
    if s == 1:
        return log(b) - log(a)
    return (power(b, 1 - s) - power(a, 1 - s)) / (1 - s)


_BOTH = (energy, level)


@theorem.fact(r"R_\eta(p)=\min\{r:\sum_{k>r}p_k\le\eta\}", *_BOTH)
def definition(x: Instance, over: Scalar = 0) -> bool:
    """R_η(p) = min{r : Σ_{k>r} p_k ≤ η}"""
    p, eta = samples.normalized(x, "p"), x.rational("eta")
    rank = samples.rank(p, eta) + over
    tails = all(tail_energy(p, r) == samples.tail(p, r) for r in range(len(p)))
    return tails and all(end == rank for end in effective_rank(p, eta))


@theorem.bound(
    r"\int_{r+1}^dx^{-s}dx+\tfrac12((r+1)^{-s}+d^{-s})\le\sum_{r<k\le d}k^{-s}",
    *(energy, window, nonnegative),
    attained_at=samples.long_tails,
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
    attained_at=samples.long_tails,
    gap=Fraction(1, 2**16),
)
def tail_above(x: Instance) -> Sides:
    """Σ_{r<k≤d} k^{−s} ≤ ∫_{r+½}^{d+½} x^{−s} dx"""
    d, s, r = len(x.vector("p")), num(x.rational("s")), x.integer("r")
    return _sum_of_powers(x), _integral(s, num(Fraction(2 * r + 1, 2)), num(Fraction(2 * d + 1, 2)))


@theorem.fact(r"R_{\eta+\varepsilon}(p)\le R_\eta(q)", *_BOTH, close, tight=samples.both_edges)
def transfer_below(x: Instance, reach: Scalar = 1) -> bool:
    """R_{η+ε}(p) ≤ R_η(q)"""
    p, q, eta = samples.normalized(x, "p"), samples.normalized(x, "q"), x.rational("eta")
    return effective_rank(p, eta + reach * x.rational("epsilon"))[0] <= effective_rank(q, eta)[0]


@theorem.fact(r"R_\eta(q)\le R_{\eta-\varepsilon}(p)", *_BOTH, close, tight=samples.both_edges)
def transfer_above(x: Instance, reach: Scalar = 1) -> bool:
    """R_η(q) ≤ R_{η−ε}(p)"""
    p, q, eta = samples.normalized(x, "p"), samples.normalized(x, "q"), x.rational("eta")
    lower = eta - reach * x.rational("epsilon")
    return effective_rank(q, eta)[1] <= (effective_rank(p, lower)[1] if lower >= 0 else len(p))


@theorem.bound(
    r"|\mathrm{tail}_{g(s)}(r)-\mathrm{tail}_{g(s')}(r)|\le\tfrac14|s-s'|\log d",
    *(energy, window),
    attained_at=samples.two_ranks,
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
    p, q, eta = samples.normalized(x, "p"), samples.normalized(x, "q"), x.rational("eta")
    return samples.rank(p, eta) == samples.rank(q, eta)


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
    p, eta = samples.normalized(x, "p"), x.rational("eta")
    first = next((r for r in range(len(p) + 1) if samples.tail(p, r) < eta), len(p))
    return effective_rank(p, eta)[0] == first


@theorem.stratum
def at_a_tail(x: Instance) -> bool:
    """the level is a tail of p exactly, below 1"""
    p = samples.normalized(x, "p")
    return any(samples.tail(p, r) == x.rational("eta") for r in range(1, len(p)))


@theorem.stratum
def different_ranks(x: Instance) -> bool:
    """p and q differ in effective rank at the level"""
    return not same_rank(x)


@theorem.property(name="energies")
def scaled(x: Instance) -> Verdict:
    """energies of singular values do not depend on their scale"""
    p = samples.normalized(x, "p")
    square = sum((v * v for v in p), start=flint.fmpq(0))
    found = energies([num(3 * v) for v in p])
    return combine(small(lambda k=k: found[k] - p[k] * p[k] / square) for k in range(len(p)))


@theorem.property(name="balls")
def enclosed(x: Instance) -> bool:
    """with balls for energies the effective rank is enclosed, and one number unless a tail lies within the balls"""
    p, eta = samples.normalized(x, "p"), x.rational("eta")
    rank = samples.rank(p, eta)
    low, high = effective_rank([flint.arb(v) + flint.arb(0, 1e-9) for v in p], eta)
    clear = all(abs(samples.tail(p, r) - eta) > flint.fmpq(1, 10**6) for r in range(len(p)))
    return low <= rank <= high and (not clear or low == high or eta == 0)


@theorem.proof("exhaustive", "d ≤ 3, energies proportional to integers ≤ 3, levels n/12")
def small_cases() -> Facts:
    """Definition and transfer for every pair of energies of height at most 3 and several levels."""
    for d in (1, 2, 3):
        vectors = [v for v in itertools.product(range(4), repeat=d) if any(v)]
        levels = [Fraction(n, 12) for n in range(13)]
        yield f"d = {d}: definition", all(definition(Instance.of(p=v, q=v, eta=e)) for v in vectors for e in levels)
        moved = [Instance.of(p=v, q=w, eta=Fraction(1, 4), epsilon=0) for v in vectors for w in vectors]
        moved = [x.replace(epsilon=samples.distance(x)) for x in moved]
        yield f"d = {d}: transfer", all(transfer_below(x) and transfer_above(x) for x in moved)


theorem.proof("symbolic", "d = 2, 3, 4, all windows, all real s")(proofs.covariance)
theorem.proof("symbolic", "all real s ≥ 0 and x > 0")(proofs.convexity)
