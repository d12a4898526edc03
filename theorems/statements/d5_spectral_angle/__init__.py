r"""D5. The whole spectrum, as a point on a sphere: fits, power laws, and what an interface can move.

Statement
    For energies p, p' let :math:`\cos\theta(p,p')=\sum\sqrt{p_kp'_k}` and :math:`h=2\sin(\theta/2)`, the Hellinger
    distance. For all real s, s'

    .. math::
        \sum_k\sqrt{g_k(s)g_k(s')}=\frac{H_d(\frac12(s+s'))}{\sqrt{H_d(s)H_d(s')}},\qquad
        \theta(g(s),g(s'))\le\tfrac12\Bigl|\int_s^{s'}\sqrt{v_d}\Bigr|\le\tfrac14|s'-s|\log d,

    .. math:: h(p,p')\le h(p,g(s))+h(g(s),g(s'))+h(g(s'),p') .

    Along a chain of square invertible layers, normalized, with X = exp Σa⁺ and Y = exp(−Σa⁻), and without any chart,

    .. math::
        \cos\theta(p_1,p_L)\ge\frac{1+XY}{X+Y}
        =\frac{\cosh\frac12(\sum a^+-\sum a^-)}{\cosh\frac12(\sum a^++\sum a^-)}\ge\frac1{\cosh\max(\sum a^+,\sum a^-)},

    that is θ ≤ gd(max(Σa⁺, Σa⁻)) < π/2. Both are attained.
    An instance is a chain of three layers, and s, s' for its ends.

Reference
    GSA-I (arXiv 2605.02108); the affinity is Bhattacharyya's.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING

from certify.geometry.spectrum.action import (
    affinity,
    angle_drift,
    gibbs_affinity,
    hellinger_squared,
    symmetric_affinity_bound,
    transport_affinity_bound,
)
from certify.geometry.spectrum.chart import gibbs
from certify.rigor.functions import arccos, exp, maximum
from certify.verdict import Verdict
from theorems.engine.declare import Declaration, Sides
from theorems.engine.instance import Instance
from theorems.engine.theorem import Parameter, small
from theorems.exact.scalars import Scalar, mode, num
from theorems.statements.d5_spectral_angle import proofs
from theorems.subjects.three_layers import (
    LAYERS,
    SIZES,
    ThreeLayers,
    diagonals,
    invertible,
    layers,
    stretching,
    three_layers,
)

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def fitted_chains() -> SearchStrategy[Instance]:
    """Chains of three layers, with exponents near and far, equal and of both signs."""
    from hypothesis import strategies as st

    exponent = st.sampled_from([Fraction(k, 2) for k in (0, 1, 2, 3, 4, 8, -2)])
    return layers(s=exponent, s_last=exponent)


theorem = Declaration(
    __doc__,
    parameters=(*LAYERS, Parameter.rational("s", -2, 4), Parameter.rational("s_last", -2, 4)),
    dimensions=SIZES,
    strategy=fitted_chains,
)


def _exponents(x: Instance) -> tuple[Scalar, Scalar]:
    return num(x.rational("s")), num(x.rational("s_last"))


def _ends(x: Instance) -> Scalar:
    """cos θ(p₁, p_L)."""
    spectra = three_layers(x).energies
    return affinity(spectra[0], spectra[-1])


def _totals(c: ThreeLayers) -> tuple[Scalar, Scalar]:
    return sum(up for up, _ in c.amplitudes), sum(down for _, down in c.amplitudes)


def _distance(cosine: Scalar) -> Scalar:
    # 2 − 2cos θ ≥ 0, whose ball may reach below 0.
    square = hellinger_squared(cosine)
    if mode()[1]:
        import sympy

        return sympy.sqrt(sympy.simplify(square))
    return num(square.nonnegative_part().sqrt())


def _layers(*rows: list[int | Fraction], s: int | Fraction = 0, s_last: int | Fraction = 0) -> Instance:
    return diagonals(*rows, s=s, s_last=s_last)


def one_term() -> Iterable[Instance]:
    """Only one of the three distances is not 0: the chord metric has no other equality."""
    yield _layers([2, 1], [4, 1], s=2, s_last=4)
    yield _layers([3, 1], [2, 1], s=2, s_last=2)
    yield _layers([2, 1], [3, 1], s=2, s_last=2)


def two_ranks() -> Iterable[Instance]:
    """d = 2 around s = 0, where √v is ½ log 2."""
    h = Fraction(1, 2**12)
    yield _layers([1, 1], [1, 1], s=-h, s_last=h)


def two_values() -> Iterable[Instance]:
    """From I to two values: the quotients of the spectra are the extreme ones; a layer in between loses nothing."""
    yield _layers([1, 1, 1], [11, 11, 1])
    yield _layers([1, 1, 1, 1, 1], [2, 1, 1, 1, 1], [4, 1, 1, 1, 1])
    yield _layers([4, 1, 1, 1, 1], [1, 1, 1, 1, 1])


def balanced_values() -> Iterable[Instance]:
    """The same with equal amplitudes up and down."""
    yield _layers([1, 1, 1, 1, 1], [2, 1, 1, 1, 1], [4, 1, 1, 1, 1])


@theorem.fact(r"\sum\sqrt{g_k(s)g_k(s')}=H_d(\tfrac12(s+s'))/\sqrt{H_d(s)H_d(s')}")
def closed_form(x: Instance) -> Verdict:
    """Σ √(g_k(s) g_k(s')) = H_d((s + s')/2)/√(H_d(s) H_d(s'))"""
    d, (s, t) = three_layers(x).d, _exponents(x)
    return small(lambda: affinity(gibbs(d, s), gibbs(d, t)) - gibbs_affinity(d, s, t))


@theorem.bound(
    r"\theta(g(s),g(s'))\le\tfrac14|s'-s|\log d",
    attained_at=two_ranks,
    gap=Fraction(1, 2**20),
    strategy=lambda: fitted_chains().filter(lambda x: three_layers(x).d > 1 and x["s"] != x["s_last"]),
)
def arc(x: Instance, quarter: Scalar = 1) -> Sides:
    """θ(g(s), g(s')) ≤ ¼ |s' − s| log d"""
    d, (s, t) = three_layers(x).d, _exponents(x)
    return arccos(gibbs_affinity(d, s, t)), quarter * angle_drift(d, t - s)


@theorem.bound(r"h(p,p')\le h(p,g(s))+h(g(s),g(s'))+h(g(s'),p')", invertible, attained_at=one_term)
def triangle(x: Instance, first: Scalar = 1, middle: Scalar = 1, last: Scalar = 1) -> Sides:
    """h(p, p') ≤ h(p, g(s)) + h(g(s), g(s')) + h(g(s'), p')"""
    c, (s, t) = three_layers(x), _exponents(x)
    fits = (affinity(c.energies[0], gibbs(c.d, s)), affinity(gibbs(c.d, t), c.energies[-1]))
    drift = middle * _distance(gibbs_affinity(c.d, s, t))
    return _distance(_ends(x)), first * _distance(fits[0]) + drift + last * _distance(fits[1])


@theorem.bound(r"(1+XY)/(X+Y)\le\cos\theta(p_1,p_L)", invertible, attained_at=two_values)
def chart_free(x: Instance) -> Sides:
    """(1 + XY)/(X + Y) ≤ cos θ(p₁, p_L), X = exp Σa⁺, Y = exp(−Σa⁻)"""
    return transport_affinity_bound(*_totals(three_layers(x))), _ends(x)


@theorem.bound(r"1/\cosh\max(\sum a^+,\sum a^-)\le\cos\theta(p_1,p_L)", invertible, attained_at=balanced_values)
def gudermann(x: Instance) -> Sides:
    """1/cosh(max(Σa⁺, Σa⁻)) ≤ cos θ(p₁, p_L)"""
    return symmetric_affinity_bound(maximum(*_totals(three_layers(x)))), _ends(x)


@theorem.fact(r"r=r'\Rightarrow p=p'", invertible, false=True)
def leading_decides(x: Instance) -> bool | Verdict:
    """layers with equal top-radial coordinates have equal spectra"""
    p, q = (three_layers(x).energies[i] for i in (0, -1))
    if p[0] != q[0]:
        return True
    return all(a == b for a, b in zip(p, q, strict=True))


@theorem.bound(r"1/\cosh\sum a^+\le\cos\theta(p_1,p_L)", invertible, false=True)
def one_sided(x: Instance) -> Sides:
    """1/cosh(Σa⁺) ≤ cos θ(p₁, p_L): what grows bounds the angle"""
    return symmetric_affinity_bound(_totals(three_layers(x))[0]), _ends(x)


@theorem.bound(r"1/\cosh(\tfrac12\max(\sum a^+,\sum a^-))\le\cos\theta(p_1,p_L)", invertible, false=True)
def half_amplitude(x: Instance) -> Sides:
    """1/cosh(½ max(Σa⁺, Σa⁻)) ≤ cos θ(p₁, p_L)"""
    return symmetric_affinity_bound(maximum(*_totals(three_layers(x))) / 2), _ends(x)


@theorem.bound(r"h(p,p')\le h(g(s),g(s'))", invertible, false=True)
def without_residuals(x: Instance) -> Sides:
    """h(p, p') ≤ h(g(s), g(s')): spectra move as their exponents do"""
    c, (s, t) = three_layers(x), _exponents(x)
    return _distance(_ends(x)), _distance(gibbs_affinity(c.d, s, t))


theorem.constant("quarter", "factor of ¼ |s' − s| log d; sharp at d = 2", sharp=True)
for name in ("first", "middle", "last"):
    theorem.constant(name, f"factor of the {name} distance of the triangle", sharp=True)
theorem.witness(leading_decides, None, _layers([5, 4, 3], [13, 12, 5]))
theorem.witness(one_sided, None, _layers([1, 1, 1], [11, 11, 1]))
theorem.witness(half_amplitude, None, _layers([1, 1, 1, 1, 1], [4, 1, 1, 1, 1]))
theorem.witness(without_residuals, None, _layers([1, 1], [2, 1]))
theorem.mutant("one-sided", "a⁺ alone", gudermann, one_sided)
theorem.mutant("half amplitude", "half the amplitude", gudermann, half_amplitude)
theorem.mutant("without residuals", "the residuals are left out", triangle, without_residuals)


@theorem.stratum
def turned(x: Instance) -> bool:
    """three ranks, layers that are not aligned, and a spectrum that changes"""
    c = three_layers(x)
    return c.d == 3 and bool(_ends(x) < 1) and bool(transport_affinity_bound(*_totals(c)) < _ends(x))


@theorem.property
def order(x: Instance) -> Verdict:
    """the bound in hyperbolic functions, and its place above 1/cosh of the larger amplitude"""
    c = three_layers(x)

    def gap() -> Scalar:
        up, down = _totals(c)
        cosh = [exp(v) + exp(-v) for v in ((up - down) / 2, (up + down) / 2)]
        return transport_affinity_bound(up, down) - cosh[0] / cosh[1]

    return small(gap)


theorem.proof("symbolic", "all T, d = 2, 3, up to orthogonal factors; min–max is used")(stretching)


theorem.proof("symbolic", "all real s, s', d = 2, 3, 4")(proofs.gibbs_family)
theorem.proof("symbolic", "all energies, every d: the inequality is summed over the ranks")(proofs.two_points)
