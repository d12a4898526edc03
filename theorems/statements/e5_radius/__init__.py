r"""E5. The exact radius of an incidence structure.

Statement
    Let X have disjoint row groups with activities :math:`x_G(j)`, thresholds θ_G > 0, supports S_G, weights
    :math:`w_{GH}`, a least weight ω and a level ν ≥ 0 of the noise (E4, E7). With a, b the activities of G and H on
    :math:`S_G\cap S_H`, let

    .. math::
        \rho_{col}=\min_{G,j}|x_G(j)-\theta_G|,\quad
        \rho_{hyp}=\min_{S_G\cap S_H\ne\emptyset}\mathrm{dist}\bigl((a,b),\{\langle a',b'\rangle=\omega\}\bigr),\quad
        \rho_{noise}=|\nu-\|noise\||,

    the last +∞ where no entry is noise. Then :math:`R=\min(\rho_{col},\rho_{hyp},\rho_{noise})` is the infimum of
    ‖E‖_F over all E for which X and X + E differ in their supports, edges, or in whether the noise is at most ν; hence
    also in shared columns, hubs and masks. With P = |a + b|²/2, Q = |a − b|²/2 and the root μ of
    P/(1 + μ)² − Q/(1 − μ)² = 2ω in (−1, 1),

    .. math::
        \mathrm{dist}^2=P\frac{\mu^2}{(1+\mu)^2}+Q\frac{\mu^2}{(1-\mu)^2}
        =\max_{|\mu|<1}\Bigl(P\frac\mu{1+\mu}-Q\frac\mu{1-\mu}-2\omega\mu\Bigr),

    P/2 − 2ω where Q = 0 and P ≥ 8ω, and at least the square of the root of
    :math:`\rho^2/2+\rho\sqrt{|a|^2+|b|^2}=|w-\omega|`.

Reference
    GSA-II (arXiv 2605.02111); Lagrange duality for the distance to a hyperbola.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from certify.geometry.transport import robustness as formulas
from certify.geometry.transport.robustness import Facet
from certify.rigor.functions import absolute
from certify.verdict import Verdict, combine
from theorems.engine.declare import Declaration, Sides, hypothesis
from theorems.engine.instance import Instance
from theorems.exact.scalars import Scalar, decide, num, root
from theorems.statements.e5_radius import proofs, samples
from theorems.statements.e5_radius.samples import (
    changed,
    closest,
    facets,
    flipping,
    nearest,
    noise_norm,
    pair_vectors,
    spent,
    squared,
)
from theorems.subjects.perturbed_splits import ERRORS, SIZES, Perturbed, case, level, perturbed
from theorems.subjects.row_splits import disjoint, positive_thresholds

theorem = Declaration(__doc__, parameters=ERRORS, dimensions=SIZES, strategy=samples.errors)

_apart = disjoint.because("a row in two groups moves both activities at one cost")
_positive = positive_thresholds.because("no activity is below a threshold 0")
_level = level.because("the noise is never below a negative level")
_STEPS = (Fraction(1, 2**10), Fraction(1, 2**20))


@hypothesis(r"X+E\not\sim X", needed="an error that changes nothing may be 0")
def changes(x: Instance) -> bool:
    """X and X + E differ in a support, an edge, or in whether the noise is at most ν"""
    return changed(perturbed(x))


@theorem.bound(
    r"R\le\|E\|_F",
    *(changes, _apart),
    name="radius",
    attained_at=samples.reached,
    strategy=lambda: samples.errors().filter(changes.met),
)
def radius(x: Instance, cost: Scalar = 1) -> Sides:
    """R² ≤ ‖E‖_F² for every E that changes the structure"""
    p = perturbed(x)
    return squared(p, nearest(p)), cost * num(spent(x))


@theorem.fact(r"\forall\varepsilon>0\ \exists E:\ \|E\|_F<R+\varepsilon", *(_apart, _positive, _level), name="flip")
def flips(x: Instance) -> Verdict:
    """the perturbation of the nearest facet changes the structure and is shorter than R + ε, for ε = 2⁻¹⁰ and 2⁻²⁰"""
    return combine(_flips(x, step) for step in _STEPS)


def _flips(x: Instance, step: Fraction, silence: bool = False) -> Verdict:
    p = perturbed(x)
    y = x.replace(E=flipping(p, nearest(p), float(step) / 4))
    if not changed(perturbed(y)):
        return Verdict.REFUTED
    return decide(lambda: root(squared(p, nearest(p, silence))) + num(step) - root(spent(y)), strict=True).verdict


def _simple(p: Perturbed, facet: Facet, whole: bool = True) -> Sides:
    """The simple bound of a pair, with or without the ρ² in its equation, and the distance; both squared."""
    a, b = pair_vectors(p, facet)
    sides = [sum((v * v for v in w), num(0)) for w in (a, b)]
    gap = absolute(p.before.weight(facet.place[0], facet.place[1]) - num(p.omega))
    least = formulas.simple_radius(sides[0], sides[1], gap) if whole else gap / root(sides[0] + sides[1])
    return least * least, squared(p, facet)


def _tightest(x: Instance, sides: Callable[[Perturbed, Facet], Sides]) -> Sides:
    """The sides of the pair whose bound exceeds its value least."""

    def spare(facet: Facet) -> Scalar:
        value, bound = sides(p, facet)
        return bound - value

    p = perturbed(x)
    pairs = [facet for facet in facets(p) if facet.kind == "pair"]
    return sides(p, closest(pairs, spare)) if pairs else (num(0), num(0))


@theorem.bound(r"\rho_{simple}\le\rho_{hyp}", name="simple bound", attained_at=samples.aligned)
def simple(x: Instance) -> Sides:
    """the root of ρ²/2 + ρ√(|a|² + |b|²) = |w − ω| is at most the distance to the hyperbola, for every pair"""
    return _tightest(x, _simple)


@theorem.bound(r"R\le|\nu-\|noise\||", *(_apart, _positive, _level), false=True)
def silence_counts(x: Instance) -> Sides:
    """R² ≤ (ν − ‖noise‖)², also where no entry is noise"""
    p = perturbed(x)
    apart = formulas.noise_radius(num(p.nu), noise_norm(p))
    return squared(p, nearest(p)), apart * apart


@theorem.bound(r"\rho_{hyp}\le\rho_{simple}", false=True)
def simple_is_exact(x: Instance) -> Sides:
    """the distance to the hyperbola is at most the root of ρ²/2 + ρ√(|a|² + |b|²) = |w − ω|"""
    return _tightest(x, lambda p, facet: _simple(p, facet)[::-1])


@theorem.fact(r"\|E\|_F\le R\implies X+E\sim X", _apart, false=True)
def closed_ball(x: Instance) -> bool:
    """no error of length R changes the structure"""
    p = perturbed(x)
    within = decide(lambda: squared(p, nearest(p)) - num(spent(x)), strict=False).verdict
    return within is not Verdict.CERTIFIED or not changed(p)


_HALF, _LITTLE = Fraction(1, 2), Fraction(1, 4)
theorem.witness(radius, changes, case([[1]], [[0]], [2]))
theorem.witness(radius, _apart, case([[1]], [[_HALF]], [_LITTLE, _LITTLE], Fraction(9, 4), groups=[[1, 1]]))
theorem.witness(flips, _apart, case([[4]], [[0]], [1, 1], Fraction(15, 4), 5, [[1, 1]]))
theorem.witness(flips, _positive, case([[0]], [[0]], [0]))
theorem.witness(flips, _level, case([[1]], [[0]], [10], nu=-1))
theorem.witness(silence_counts, None, case([[2]], [[0]], [1], nu=_HALF))
theorem.witness(simple_is_exact, None, case([[4], [1]], [[0], [0]], [_LITTLE, _LITTLE], Fraction(2600, 1089)))
theorem.witness(closed_ball, None, case([[1]], [[1]], [2]))


@theorem.stratum
def pair_is_nearest(x: Instance) -> bool:
    """a pair is the nearest facet, with different activities"""
    p = perturbed(x)
    facet = nearest(p)
    if facet.kind != "pair":
        return False
    a, b = pair_vectors(p, facet)
    return len({str(v) for v in (*a, *b)}) > 1


@theorem.stratum
def noise_is_nearest(x: Instance) -> bool:
    """the noise is the nearest facet"""
    return nearest(perturbed(x)).kind == "noise"


@theorem.stratum
def on_the_axis(x: Instance) -> bool:
    """two groups are equally active, far above ω"""
    p = perturbed(x)
    vectors = [pair_vectors(p, facet) for facet in facets(p) if facet.kind == "pair"]
    return any(a == b and bool(2 * sum((v * v for v in a), num(0)) >= 8 * p.omega) for a, b in vectors)


@theorem.stratum
def on_a_threshold(x: Instance) -> bool:
    """R = 0"""
    p = perturbed(x)
    return bool(squared(p, nearest(p)) == 0)


def _unhalved(x: Instance) -> Sides:
    """The hyperbola y² − z² = 2ω with |a + b| and |a − b| for y and z."""
    p = perturbed(x)

    def other(facet: Facet) -> Scalar:
        if facet.kind != "pair":
            return squared(p, facet)
        plus, minus = formulas.pair_axes(*pair_vectors(p, facet))
        return formulas.hyperbola_radius_squared(2 * plus, 2 * minus, num(p.omega))

    return other(closest(facets(p), other)), num(spent(x))


theorem.constant("cost", "factor of the squared length of the error", sharp=True)
theorem.mutant(
    "first order",
    "ρ√(|a|² + |b|²) = |w − ω|",
    simple,
    lambda x: _tightest(x, lambda p, facet: _simple(p, facet, whole=False)),
)
theorem.mutant("unhalved axes", "|a ± b| for |a ± b|/√2", radius, _unhalved)
theorem.mutant("silence counts", "ρ_noise without a noise cell", flips, lambda x: _flips(x, _STEPS[1], silence=True))
theorem.proof("symbolic", "all real activities on up to 3 shared columns")(proofs.lagrange)
theorem.proof("symbolic", "all P, Q and ω")(proofs.axis)
theorem.proof("symbolic", "all real numbers")(proofs.simple)
