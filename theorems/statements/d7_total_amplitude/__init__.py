r"""D7. What a chain must transport: lower bounds of its total amplitude.

Statement
    Along a chain of square invertible layers, normalized, with amplitudes :math:`a_l^\pm` at the interfaces,
    coordinates r, **any** exponents α at the two ends and residuals ρ = r − φ_d(α),

    .. math::
        \sum_la_l^+\ge(\varphi(\alpha_L)+\rho_L)-(\varphi(\alpha_1)+\rho_1),\qquad
        \sum_la_l^-\ge(\varphi(\alpha_1)+\rho_1)-(\varphi(\alpha_L)+\rho_L),

    .. math::
        \sum_l\max(a_l^+,a_l^-)\ge|\varphi(\alpha_L)-\varphi(\alpha_1)|-|\rho_L-\rho_1|
        \ge u_d(2\max(\alpha_1,\alpha_L))\,|\alpha_L-\alpha_1|-|\rho_L-\rho_1| .

    Without a chart :math:`\sum_la_l^+\ge\max_k\log(\hat\sigma_k^{(L)}/\hat\sigma_k^{(1)})`, and :math:`\sum_la_l^-` is
    at least the same with the ends exchanged. Given the spectra at the ends nothing larger holds: one interface of
    aligned diagonal layers attains both. Residuals of the layers in between do not enter.
    An instance is a chain of three layers and two exponents.

Reference
    GSA-I (arXiv 2605.02108); :math:`\sigma_k(TA)\le\sigma_1(T)\sigma_k(A)`, and the concavity of the chart (D3).
"""

from __future__ import annotations

from fractions import Fraction

from certify.geometry.spectrum.chart import chart, mean_log_rank, variance_log_rank
from certify.geometry.spectrum.fits import residual
from certify.geometry.spectrum.rigidity import action_lower_bound, cartan_lower_bounds, chart_action_lower_bound
from certify.rigor.functions import absolute, log, maximum, minimum
from certify.verdict import Verdict, combine
from theorems.engine.declare import Declaration, Facts, Sides
from theorems.engine.instance import Instance
from theorems.engine.theorem import Parameter, small
from theorems.exact.algebra import vanishes
from theorems.exact.scalars import Scalar, num, settle
from theorems.statements.d7_total_amplitude import samples
from theorems.subjects.three_layers import (
    LAYERS,
    SIZES,
    ThreeLayers,
    diagonals,
    invertible,
    stretching,
    three_layers,
)

_CLOSE = Fraction(1, 2**15)

theorem = Declaration(
    __doc__,
    parameters=(*LAYERS, Parameter.rational("alpha", -1, 2), Parameter.rational("alpha_last", -1, 2)),
    dimensions=SIZES,
    strategy=samples.with_exponents,
)


def _ends(x: Instance) -> tuple[tuple[Scalar, Scalar], tuple[Scalar, Scalar]]:
    """The exponents and the residuals at the ends."""
    c = three_layers(x)
    alphas = num(x.rational("alpha")), num(x.rational("alpha_last"))
    first, last = (residual(logs[0], c.d, a) for logs, a in zip((c.logs[0], c.logs[-1]), alphas, strict=True))
    return alphas, (settle(first), settle(last))


def _total(c: ThreeLayers, way: int) -> Scalar:
    return sum(pair[way] for pair in c.amplitudes)


def _larger(c: ThreeLayers) -> Scalar:
    return sum(maximum(*pair) for pair in c.amplitudes)


def _rise(x: Instance) -> Scalar:
    """(φ(α_L) + ρ_L) − (φ(α₁) + ρ₁)."""
    (first, last), (rho, rho_last) = _ends(x)
    d = three_layers(x).d
    return settle(chart(d, last) + rho_last - chart(d, first) - rho)


@theorem.bound(
    r"(\varphi(\alpha_L)+\rho_L)-(\varphi(\alpha_1)+\rho_1)\le\sum a_l^+", invertible, attained_at=samples.rising
)
def rise(x: Instance) -> Sides:
    """(φ(α_L) + ρ_L) − (φ(α₁) + ρ₁) ≤ Σ a⁺"""
    return _rise(x), _total(three_layers(x), 0)


@theorem.bound(
    r"(\varphi(\alpha_1)+\rho_1)-(\varphi(\alpha_L)+\rho_L)\le\sum a_l^-", invertible, attained_at=samples.falling
)
def fall(x: Instance) -> Sides:
    """(φ(α₁) + ρ₁) − (φ(α_L) + ρ_L) ≤ Σ a⁻"""
    return -_rise(x), _total(three_layers(x), 1)


@theorem.bound(
    r"|\varphi(\alpha_L)-\varphi(\alpha_1)|-|\rho_L-\rho_1|\le\sum\max(a_l^+,a_l^-)",
    invertible,
    attained_at=samples.leading_moves_most,
)
def chart_step(x: Instance) -> Sides:
    """|φ(α_L) − φ(α₁)| − |ρ_L − ρ₁| ≤ Σ max(a⁺, a⁻)"""
    alphas, residuals = _ends(x)
    c = three_layers(x)
    return settle(chart_action_lower_bound(c.d, *alphas, *residuals)), _larger(c)


@theorem.bound(
    r"u_d(2\max(\alpha_1,\alpha_L))|\alpha_L-\alpha_1|-|\rho_L-\rho_1|\le\sum\max(a_l^+,a_l^-)",
    invertible,
    attained_at=samples.short_steps,
    gap=_CLOSE,
)
def exponent_step(x: Instance) -> Sides:
    """u_d(2 max(α₁, α_L)) |α_L − α₁| − |ρ_L − ρ₁| ≤ Σ max(a⁺, a⁻)"""
    alphas, residuals = _ends(x)
    c = three_layers(x)
    return action_lower_bound(c.d, *alphas, *residuals), _larger(c)


@theorem.bound(
    r"\max_k\log(\hat\sigma_k^{(L)}/\hat\sigma_k^{(1)})\le\sum a_l^+", invertible, attained_at=samples.rising
)
def cartan_rise(x: Instance) -> Sides:
    """max_k log(σ_k(Â_L)/σ_k(Â₁)) ≤ Σ a⁺"""
    c = three_layers(x)
    return cartan_lower_bounds(c.logs[0], c.logs[-1])[0], _total(c, 0)


@theorem.bound(
    r"\max_k\log(\hat\sigma_k^{(1)}/\hat\sigma_k^{(L)})\le\sum a_l^-", invertible, attained_at=samples.rising
)
def cartan_fall(x: Instance) -> Sides:
    """max_k log(σ_k(Â₁)/σ_k(Â_L)) ≤ Σ a⁻"""
    c = three_layers(x)
    return cartan_lower_bounds(c.logs[0], c.logs[-1])[1], _total(c, 1)


@theorem.fact(r"\text{aligned diagonal layers attain both chart-free bounds}", invertible)
def optimal(x: Instance) -> bool | Verdict:
    """aligned diagonal layers with the spectra at the ends transport by exactly the two chart-free bounds"""
    # T = diag(σ'/σ), so its extreme singular values are those quotients; squares of both normalized spectra suffice.
    p, q = (three_layers(x).energies[i] for i in (0, -1))
    quotients = [b / a for a, b in zip(p, q, strict=True)]
    c = three_layers(x)
    bounds = cartan_lower_bounds(c.logs[0], c.logs[-1])
    sides = ((maximum, 2, bounds[0]), (minimum, -2, bounds[1]))
    exponent = [(pick(*quotients, *quotients), factor * bound) for pick, factor, bound in sides]
    return combine(small(lambda v=v, b=b: log(v) - b) for v, b in exponent)


@theorem.bound(r"|\varphi(\alpha_L)-\varphi(\alpha_1)|-|\rho_L-\rho_1|\le\sum a_l^+", invertible, false=True)
def one_sided(x: Instance) -> Sides:
    """|φ(α_L) − φ(α₁)| − |ρ_L − ρ₁| ≤ Σ a⁺"""
    return chart_step(x)[0], _total(three_layers(x), 0)


@theorem.bound(r"|\varphi(\alpha_L)-\varphi(\alpha_1)|\le\sum\max(a_l^+,a_l^-)", invertible, false=True)
def without_residuals(x: Instance) -> Sides:
    """|φ(α_L) − φ(α₁)| ≤ Σ max(a⁺, a⁻)"""
    (first, last), _ = _ends(x)
    c = three_layers(x)
    return absolute(chart(c.d, last) - chart(c.d, first)), _larger(c)


@theorem.bound(r"u_d(2\min(\alpha_1,\alpha_L))|\alpha_L-\alpha_1|-|\rho_L-\rho_1|\le\dots", invertible, false=True)
def slope_at_smaller(x: Instance) -> Sides:
    """the slope of the chart is taken at the smaller exponent"""
    (first, last), (rho, rho_last) = _ends(x)
    c = three_layers(x)
    slope = mean_log_rank(c.d, 2 * minimum(first, last))
    return slope * absolute(last - first) - absolute(rho_last - rho), _larger(c)


@theorem.bound(r"|r_L-r_1|\le\sum\max(a_l^+,a_l^-)/(L-1)", invertible, false=True)
def averaged(x: Instance) -> Sides:
    """the mean amplitude bounds what the ends differ by"""
    return absolute(_rise(x)), _larger(three_layers(x)) / 2


_FLAT = diagonals([1, 1], [1, 1], alpha=Fraction(4, 5), alpha_last=0)
theorem.witness(one_sided, None, diagonals([71, 29, 29, 29, 29], [41] * 5, alpha=1, alpha_last=0))
theorem.witness(without_residuals, None, _FLAT)
theorem.witness(slope_at_smaller, None, _FLAT)
theorem.witness(averaged, None, next(iter(samples.leading_moves_most())))
theorem.mutant("one side", "a⁻ for a⁺", rise, lambda x: (rise(x)[0], _total(three_layers(x), 1)))
theorem.mutant("without residuals", "ρ is left out", chart_step, without_residuals)
theorem.mutant("slope at smaller", "u_d at the smaller exponent", exponent_step, slope_at_smaller)
theorem.mutant("averaged", "the mean of the amplitudes", rise, lambda x: (rise(x)[0], rise(x)[1] / 2))


@theorem.stratum
def turned(x: Instance) -> bool:
    """layers that are not aligned: more is transported than the spectra ask for"""
    c = three_layers(x)
    return bool(_total(c, 0) > cartan_lower_bounds(c.logs[0], c.logs[-1])[0])


@theorem.stratum
def equal_exponents(x: Instance) -> bool:
    """equal exponents at both ends, so that the chart says nothing"""
    return x.rational("alpha") == x.rational("alpha_last") and three_layers(x).d > 1


@theorem.property
def reversal(x: Instance) -> Verdict:
    """the chain read backwards exchanges a⁺ and a⁻ at every interface"""
    y = x.replace(A=x["C"], C=x["A"])
    pairs = [(0, 1), (1, 0)]
    return combine(
        small(lambda i=i, j=j, k=k: three_layers(x).amplitudes[k][i] - three_layers(y).amplitudes[1 - k][j])
        for i, j in pairs
        for k in (0, 1)
    )


@theorem.proof("symbolic", "all real α, α', ρ, ρ', d = 2, 3, 4; φ_d' = u_d and φ_d'' = −2v_d")
def chart_terms() -> Facts:
    """The signed form is r' − r whatever the exponents, and the two unsigned forms differ by the concavity of φ."""
    import sympy

    a, b, rho, tau = sympy.symbols("alpha beta rho tau", real=True)
    for d in (2, 3, 4):
        r, r_next = chart(d, a) + rho, chart(d, b) + tau
        yield f"d = {d}: residual", vanishes(residual(r, d, a) - rho) and vanishes(residual(r_next, d, b) - tau)
        yield f"d = {d}: φ' = u", vanishes(sympy.diff(chart(d, a), a) - mean_log_rank(d, 2 * a))
        yield f"d = {d}: φ'' = −2v", vanishes(sympy.diff(mean_log_rank(d, 2 * a), a) + 2 * variance_log_rank(d, 2 * a))
        lower = chart_action_lower_bound(d, a, b, rho, tau)
        yield f"d = {d}: what is bounded", lower == abs(chart(d, b) - chart(d, a)) - abs(tau - rho)


theorem.proof("symbolic", "all T, d = 2, 3, up to orthogonal factors; min–max is used")(stretching)
