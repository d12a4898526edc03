r"""D8. The action of a path of spectra: divergence, angle, and sums along a chain.

Statement
    For real s, s' and d ≥ 1

    .. math::
        \mathrm{KL}(g(s)\|g(s'))=\int_s^{s'}(s'-x)\,v_d(x)\,dx,\qquad
        \tfrac12\min_{[s,s']}v_d\,(s'-s)^2\le\mathrm{KL}\le\tfrac12\max_{[s,s']}v_d\,(s'-s)^2\le\tfrac18\log^2d\,(s'-s)^2,

    with minimum and maximum over the whole interval: v_d need not be monotone on s ≥ 0 for d ≥ 3, while v₂ is. For
    any positive energies p, q and the angle θ of their square roots,

    .. math:: \mathrm{KL}(p\|q)\ge-2\log\cos\theta(p,q)\ge\theta(p,q)^2,

    and along a chain of L layers :math:`\sum_l(s_{l+1}-s_l)^2\ge(s_L-s_1)^2/(L-1)`,
    :math:`\sum_l\mathrm{KL}(p_l\|p_{l+1})\ge\theta(p_1,p_L)^2/(L-1)`. The Bures–Wasserstein distance of aligned spectra
    has the square 4d sin²(θ/2).
    An instance gives exponents s, one for each layer of a chain, the number d of ranks, and energies p, q.

Reference
    GSA-I (arXiv 2605.02108); Bregman's form of the divergence of an exponential family.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

import flint

from certify.geometry.number import total
from certify.geometry.spectrum.action import (
    action_bound,
    affinity,
    divergence,
    divergence_bound,
    gibbs_affinity,
    gibbs_divergence,
    hellinger_squared,
    variance_range,
)
from certify.geometry.spectrum.chart import gibbs, mean_log_rank, variance_log_rank
from certify.rigor.functions import absolute, arccos, log, maximum, minimum, sqrt
from certify.verdict import Verdict
from theorems.engine.declare import Declaration, Sides, hypothesis
from theorems.engine.instance import Instance
from theorems.engine.theorem import Parameter, small
from theorems.exact.scalars import Scalar, num
from theorems.statements.d8_action import proofs, samples

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


_CLOSE = Fraction(1, 2**11)

theorem = Declaration(
    __doc__,
    parameters=(
        Parameter.integer("d", 1, 5, limit=64),
        Parameter.vector("s", "L", -1, 4),
        Parameter.vector("p", "n", 0, 4),
        Parameter.vector("q", "n", 0, 4),
    ),
    dimensions={"L": (2, 4), "n": (1, 3)},
    strategy=samples.paths,
)


@hypothesis(r"d\ge1", defines="there is no rank")
def ranks(x: Instance) -> bool:
    """d ≥ 1"""
    return x.integer("d") >= 1


@hypothesis(r"L\ge2", defines="the bound divides by L − 1")
def several_layers(x: Instance) -> bool:
    """the chain has two layers or more"""
    return len(x.vector("s")) >= 2


@hypothesis(r"p\ge0,\ q>0\text{ where }p>0", defines="KL is infinite, or p, q are no energies")
def positive(x: Instance) -> bool:
    """p and q are not negative and not 0, and q is positive where p is"""
    p, q = x.vector("p"), x.vector("q")
    shared = all(b > 0 for a, b in zip(p, q, strict=True) if a > 0)
    return min(*p, *q) >= 0 and max(p) > 0 and shared


def _energies(x: Instance) -> tuple[list[Scalar], list[Scalar]]:
    first, second = ([num(v) for v in x.vector(name)] for name in ("p", "q"))
    return [v / total(first) for v in first], [v / total(second) for v in second]


def _ends(x: Instance) -> tuple[int, Scalar, Scalar]:
    """d, and the exponents of the first two layers."""
    s = x.vector("s")
    return x.integer("d"), num(s[0]), num(s[1])


def _step_squares(x: Instance) -> Scalar:
    return total((b - a) ** 2 for a, b in pairwise(num(v) for v in x.vector("s")))


def _moving() -> SearchStrategy[Instance]:
    return samples.paths().filter(lambda x: x.vector("s")[0] != x.vector("s")[1] and x.integer("d") > 1)


@theorem.fact(r"\mathrm{KL}(g(s)\|g(s'))=(s'-s)u_d(s)+\log H_d(s')-\log H_d(s)", ranks, several_layers)
def closed_form(x: Instance) -> Verdict:
    """KL(g(s)‖g(s')) = (s' − s)u_d(s) + log H_d(s') − log H_d(s)"""
    d, s, t = _ends(x)
    return small(lambda: divergence(gibbs(d, s), gibbs(d, t)) - gibbs_divergence(d, s, t))


@theorem.bound(
    r"\tfrac12\min_{[s,s']}v_d\,(s'-s)^2\le\mathrm{KL}(g(s)\|g(s'))",
    *(ranks, several_layers),
    attained_at=samples.short_intervals,
    gap=_CLOSE,
    strategy=_moving,
)
def below(x: Instance) -> Sides:
    """½ min v_d (s' − s)² ≤ KL(g(s)‖g(s')), the minimum over the interval"""
    d, s, t = _ends(x)
    return variance_range(d, flint.arb(s), flint.arb(t))[0] * (t - s) ** 2 / 2, gibbs_divergence(d, s, t)


@theorem.bound(
    r"\mathrm{KL}(g(s)\|g(s'))\le\tfrac12\max_{[s,s']}v_d\,(s'-s)^2",
    *(ranks, several_layers),
    attained_at=samples.short_intervals,
    gap=_CLOSE,
    strategy=_moving,
)
def above(x: Instance, half: Scalar = Fraction(1, 2)) -> Sides:
    """KL(g(s)‖g(s')) ≤ ½ max v_d (s' − s)², the maximum over the interval"""
    d, s, t = _ends(x)
    return gibbs_divergence(d, s, t), half * variance_range(d, flint.arb(s), flint.arb(t))[1] * (t - s) ** 2


@theorem.bound(
    r"\mathrm{KL}(g(s)\|g(s'))\le\tfrac18\log^2d\,(s'-s)^2",
    *(ranks, several_layers),
    attained_at=samples.around_zero,
    gap=_CLOSE,
    strategy=_moving,
)
def any_ranks(x: Instance) -> Sides:
    """KL(g(s)‖g(s')) ≤ ⅛ log² d (s' − s)²"""
    d, s, t = _ends(x)
    return gibbs_divergence(d, s, t), log(num(d)) ** 2 * (t - s) ** 2 / 8


@theorem.bound(r"-2\log\cos\theta(p,q)\le\mathrm{KL}(p\|q)", positive, attained_at=samples.smaller_support)
def jensen(x: Instance) -> Sides:
    """−2 log cos θ(p, q) ≤ KL(p‖q)"""
    p, q = _energies(x)
    return divergence_bound(affinity(p, q)), divergence(p, q)


@theorem.bound(
    r"\theta^2\le-2\log\cos\theta",
    positive,
    attained_at=samples.near_energies,
    gap=_CLOSE,
    strategy=lambda: samples.paths().filter(lambda x: x["p"] != x["q"]),
)
def angle(x: Instance) -> Sides:
    """θ² ≤ −2 log cos θ"""
    cosine = affinity(*_energies(x))
    return arccos(cosine) ** 2, divergence_bound(cosine)


@theorem.bound(r"(s_L-s_1)^2/(L-1)\le\sum(s_{l+1}-s_l)^2", several_layers, attained_at=samples.even_steps)
def steps(x: Instance) -> Sides:
    """(s_L − s₁)²/(L − 1) ≤ Σ (s_{l+1} − s_l)²"""
    s = x.vector("s")
    # Exact inputs give an exact ball; the rational number itself decides equality.
    return num(flint.fmpq(s[-1] - s[0]) ** 2 / (len(s) - 1)), num(_step_squares(x))


@theorem.bound(
    r"\theta(g(s_1),g(s_L))^2/(L-1)\le\sum\mathrm{KL}(g(s_l)\|g(s_{l+1}))",
    *(ranks, several_layers),
    attained_at=samples.from_one_rank,
    gap=_CLOSE,
    strategy=_moving,
)
def action(x: Instance) -> Sides:
    """θ(g(s₁), g(s_L))²/(L − 1) ≤ Σ KL(g(s_l)‖g(s_{l+1})); attained for L = 2"""
    d, s = x.integer("d"), [num(v) for v in x.vector("s")]
    theta = arccos(gibbs_affinity(d, s[0], s[-1])) if s[0] != s[-1] else flint.arb(0)
    return action_bound(theta, len(s)), total(gibbs_divergence(d, a, b) for a, b in pairwise(s))


@theorem.fact(r"\sum d(\sqrt{p_k}-\sqrt{q_k})^2=4d\sin^2(\theta/2)", positive)
def bures(x: Instance) -> Verdict:
    """BW² = d Σ (√p_k − √q_k)² = 4d sin²(θ/2)"""
    p, q = _energies(x)
    steps = [sqrt(a) - sqrt(b) for a, b in zip(p, q, strict=True)]
    return small(lambda: len(p) * (total(v * v for v in steps) - hellinger_squared(affinity(p, q))))


@theorem.bound(r"\mathrm{KL}\le\tfrac12\max(v_d(s),v_d(s'))(s'-s)^2", ranks, several_layers, false=True)
def endpoints(x: Instance) -> Sides:
    """KL(g(s)‖g(s')) ≤ ½ max(v_d(s), v_d(s')) (s' − s)²"""
    d, s, t = _ends(x)
    largest = maximum(variance_log_rank(d, s), variance_log_rank(d, t))
    return gibbs_divergence(d, s, t), largest * (t - s) ** 2 / 2


@theorem.bound(r"v_d(s')\le v_d(s)\ \text{for}\ 0\le s\le s'", ranks, several_layers, false=True)
def decreasing(x: Instance) -> Sides:
    """v_d decreases on s ≥ 0"""
    d, s, t = _ends(x)
    low, high = minimum(absolute(s), absolute(t)), maximum(absolute(s), absolute(t))
    return variance_log_rank(d, high), variance_log_rank(d, low)


@theorem.bound(r"\min_{[s,s']}v_d\,(s'-s)^2\le\mathrm{KL}", ranks, several_layers, false=True)
def without_half(x: Instance) -> Sides:
    """min v_d (s' − s)² ≤ KL(g(s)‖g(s')): as a squared length"""
    value, bound = below(x)
    return 2 * value, bound


@theorem.bound(r"2\theta(p,q)^2\le\mathrm{KL}(p\|q)", positive, false=True)
def twice_angle(x: Instance) -> Sides:
    """2θ² ≤ KL(p‖q), as for energies that are near"""
    p, q = _energies(x)
    return 2 * arccos(affinity(p, q)) ** 2, divergence(p, q)


def _short(x: Instance) -> Sides:
    s = x.vector("s")
    return num(flint.fmpq(s[-1] - s[0]) ** 2 / max(len(s) - 2, 1)), num(_step_squares(x))


_UNIT = Instance.of(d=3, s=[0, 1], p=[1], q=[1])
theorem.constant("half", "factor of max v_d (s' − s)²", sharp=True)
theorem.witness(endpoints, None, _UNIT)
theorem.witness(decreasing, None, Instance.of(d=3, s=[0, Fraction(1, 4)], p=[1], q=[1]))
theorem.witness(without_half, None, Instance.of(d=2, s=[0, 1], p=[1], q=[1]))
theorem.witness(twice_angle, None, Instance.of(d=1, s=[0, 1], p=[1, 0], q=[1, 1]))
theorem.mutant("endpoints", "v_d at the ends of the interval only", above, endpoints)
theorem.mutant("without half", "the half is left out", below, without_half)
theorem.mutant("shorter chain", "L − 2 for L − 1", steps, _short)
theorem.mutant("twice the angle", "2θ² for −2 log cos θ", jensen, twice_angle)


@theorem.stratum
def turning_point(x: Instance) -> bool:
    """v_d is larger inside the interval than at its ends"""
    d, s, t = _ends(x)
    ends = maximum(variance_log_rank(d, s), variance_log_rank(d, t))
    return bool(variance_log_rank(d, (s + t) / 2) > ends)


@theorem.stratum
def back_and_forth(x: Instance) -> bool:
    """a chain of three steps or more that are not equal"""
    s = x.vector("s")
    return len(s) > 3 and len({b - a for a, b in pairwise(s)}) > 1


@theorem.property
def chain_rule(x: Instance) -> Verdict:
    """for power laws, KL to a third exponent is KL to the second, and KL from there, and a product of two steps"""
    d, s, t = _ends(x)
    r = num(x.vector("s")[-1])
    return small(
        lambda: (
            gibbs_divergence(d, s, r)
            - gibbs_divergence(d, s, t)
            - gibbs_divergence(d, t, r)
            - (mean_log_rank(d, s) - mean_log_rank(d, t)) * (r - t)
        )
    )


theorem.proof("symbolic", "all real s < s', d = 2, 3, 4; the integral form of every family with u' = −v")(
    proofs.bregman
)
theorem.proof("symbolic", "all positive p, q with 2, 3 ranks; all angles; all steps, L ≤ 5")(proofs.inequalities)
theorem.proof("symbolic", "d = 2, all s ≥ 0; d = 3 at s = 0")(proofs.monotone)
theorem.proof("instances", "d = 2, 3, 1000, 10⁵; five pairs of exponents")(proofs.many_ranks)
