r"""D4. Rigidity: the fitted exponent of adjacent layers drifts no faster than the interface transports.

Statement
    Let A, A' be square and invertible, d ≥ 2, normalized to Â = √d A/‖A‖_F. With the transport
    :math:`T=\hat A'\hat A^{-1}`, amplitudes :math:`a^+=\log\sigma_1(T)`, :math:`a^-=\log\sigma_1(T^{-1})`, top-radial
    coordinates r, r', slack :math:`s=r+a^+-r'\ge0`, exponents α, α' of any chart and residuals
    :math:`\rho=r-\varphi_d(\alpha)`,

    .. math::
        \varphi(\alpha')-\varphi(\alpha)=a^+-s-(\rho'-\rho),\qquad
        |\alpha'-\alpha|\le\frac{\max(a^+,a^-)+|\rho'-\rho|}{u_d(2\max(\alpha,\alpha'))}.

    In an exact chart with zero slack the numerator is :math:`a^+`, at most :math:`(\log M)/L` where L layers share an
    amplitude log M. All singular values move by at most the amplitude,
    :math:`\|\log\sigma(\hat A')-\log\sigma(\hat A)\|_\infty\le\max(a^+,a^-)`. The product form is D4.product. Even
    max(a⁺, a⁻) does not bound the chart step of a least-squares exponent without the residual term, but for d = 3 it
    takes nearly flat spectra, such as I and diag(1 + h, 1, 1 − h) with h ≤ 1/40, to see it.

Reference
    GSA-I (arXiv 2605.02108); submultiplicativity of σ₁ and the concavity of the chart (D3).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from certify.geometry.spectrum.chart import chart
from certify.geometry.spectrum.fits import residual
from certify.geometry.spectrum.rigidity import action_lower_bound, amplitude, drift_bound, exact_drift_bound
from certify.rigor.functions import absolute, maximum
from theorems.engine.declare import Declaration, Sides
from theorems.engine.instance import Instance
from theorems.engine.theorem import Parameter
from theorems.exact.scalars import Scalar, num
from theorems.exact.spectra import frobenius_squared, singular_squares
from theorems.statements.d4_rigidity import proofs
from theorems.subjects import interface_samples as samples
from theorems.subjects.interfaces import (
    Interface,
    composable,
    exact_charts,
    interface,
    invertible,
    normalized,
    ranks,
    slack_of,
    square,
    zero_slack,
)

theorem = Declaration(
    __doc__,
    parameters=(
        Parameter.matrix("A", "d", "d"),
        Parameter.matrix("A_next", "d", "d"),
        Parameter.choice("chart", "top_radial", "log_log", "kl", "hellinger"),
        Parameter.choice("scaling", "frobenius", "raw"),
    ),
    dimensions={"d": (1, 3)},
    strategy=samples.layers,
)

_DEFINED = (composable, square, invertible, ranks)
_NORMALIZED = (*_DEFINED, normalized)
_STEP = r"\varphi(\alpha')-\varphi(\alpha)"
_CLOSE = Fraction(1, 2**12)


def _residuals(e: Interface) -> tuple[Scalar, Scalar]:
    rho, rho_next = (residual(r, d, alpha) for r, d, alpha in zip(e.radial, e.ranks, e.exponents, strict=True))
    return rho, rho_next


def _residual_step(e: Interface) -> Scalar:
    rho, rho_next = _residuals(e)
    return rho_next - rho


@theorem.bound(
    r"|\alpha'-\alpha|\le(\max(a^+,a^-)+|\rho'-\rho|)/u_d(2\max(\alpha,\alpha'))",
    *_NORMALIZED,
    attained_at=samples.short_steps,
    gap=_CLOSE,
)
def drift(x: Instance, factor: Scalar = 1) -> Sides:
    """|α' − α| ≤ (max(a⁺, a⁻) + |ρ' − ρ|)/u_d(2 max(α, α'))"""
    e = interface(x)
    alpha, alpha_next = e.exponents
    amount = factor * amplitude(*e.transport)
    return absolute(alpha_next - alpha), drift_bound(amount, _residual_step(e), e.ranks[0], alpha, alpha_next)


@theorem.bound(
    r"|\alpha'-\alpha|\le(\log M)/(L\,u_d(2\max(\alpha,\alpha')))",
    *(*_NORMALIZED, zero_slack, exact_charts),
    strategy=samples.zero_slack,
    attained_at=lambda: list(samples.short_steps())[:2],
    gap=_CLOSE,
)
def exact_drift(x: Instance, factor: Scalar = 1) -> Sides:
    """with a⁺ ≤ (log M)/L: |α' − α| ≤ (log M)/(L u_d(2 max(α, α')))"""
    e = interface(x)
    alpha, alpha_next = e.exponents
    # As many layers as ranks and one, all with the amplitude of this interface.
    layers = e.ranks[0] + 1
    log_m = factor * layers * e.transport[0]
    return absolute(alpha_next - alpha), exact_drift_bound(log_m, layers, e.ranks[0], maximum(alpha, alpha_next))


def _leading(x: Instance) -> tuple[Scalar, int]:
    """σ₁(Â)², or σ₁(A)² where the layer enters as it is, and d."""
    e = interface(x)
    d, top = e.ranks[0], singular_squares(e.a)[0]
    return (top if e.raw else d * top / num(frobenius_squared(e.a))), d


@theorem.bound(r"1\le\sigma_1(\hat A)^2", composable, normalized, attained_at=samples.flat_first)
def range_below(x: Instance) -> Sides:
    """1 ≤ σ₁(Â)², that is r ≥ 0"""
    return num(1), _leading(x)[0]


@theorem.bound(r"\sigma_1(\hat A)^2\le d", composable, normalized, attained_at=samples.rank_one_first)
def range_above(x: Instance) -> Sides:
    """σ₁(Â)² ≤ d, that is r ≤ ½ log d"""
    top, d = _leading(x)
    return top, num(d)


@theorem.bound(r"r'\le r+a^+", *_NORMALIZED, name="slack", attained_at=samples.rising)
def forward(x: Instance) -> Sides:
    """r' ≤ r + a⁺: the slack is not negative"""
    e = interface(x)
    return e.radial[1], e.radial[0] + e.transport[0]


@theorem.bound(r"r\le r'+a^-", *_NORMALIZED, attained_at=samples.falling)
def backward(x: Instance) -> Sides:
    """r ≤ r' + a⁻"""
    e = interface(x)
    return e.radial[0], e.radial[1] + e.transport[1]


@theorem.bound(
    r"\|\log\sigma(\hat A')-\log\sigma(\hat A)\|_\infty\le\max(a^+,a^-)",
    *_NORMALIZED,
    name="Cartan",
    attained_at=samples.aligned,
)
def cartan(x: Instance, factor: Scalar = 1) -> Sides:
    """max_k |log σ_k(Â') − log σ_k(Â)| ≤ max(a⁺, a⁻)"""
    e = interface(x)
    moves = [absolute(q - p) for p, q in zip(*e.logs, strict=True)]
    return maximum(num(0), *moves), factor * amplitude(*e.transport)


@theorem.bound(
    r"u_d(2\max(\alpha,\alpha'))|\alpha'-\alpha|-|\rho'-\rho|\le\max(a^+,a^-)",
    *_NORMALIZED,
    attained_at=samples.short_steps,
    gap=_CLOSE,
)
def converse(x: Instance) -> Sides:
    """u_d(2 max(α, α'))|α' − α| − |ρ' − ρ| ≤ max(a⁺, a⁻)"""
    e = interface(x)
    return action_lower_bound(e.ranks[0], *e.exponents, *_residuals(e)), maximum(*e.transport)


def _chart_step(e: Interface) -> Scalar:
    return absolute(chart(e.ranks[1], e.exponents[1]) - chart(e.ranks[0], e.exponents[0]))


@theorem.bound(rf"|{_STEP}|\le a^++|\rho'-\rho|", *_NORMALIZED, false=True)
def without_slack(x: Instance) -> Sides:
    """|φ(α') − φ(α)| ≤ a⁺ + |ρ' − ρ|"""
    e = interface(x, raw=False)
    return _chart_step(e), e.transport[0] + absolute(_residual_step(e))


@theorem.bound(rf"|{_STEP}|\le\max(a^+,a^-)+|\rho'-\rho|,\ T=A'A^{{-1}}", *_DEFINED, false=True)
def without_normalization(x: Instance) -> Sides:
    """|φ(α') − φ(α)| ≤ max(a⁺, a⁻) + |ρ' − ρ| with the raw transport A'A⁻¹"""
    e = interface(x, raw=True)
    return _chart_step(e), maximum(*e.transport) + absolute(_residual_step(e))


@theorem.bound(rf"|{_STEP}|\le|a^+-s|", *_NORMALIZED, false=True)
def without_residual(x: Instance) -> Sides:
    """|φ(α') − φ(α)| ≤ |a⁺ − s|"""
    e = interface(x, raw=False)
    return _chart_step(e), absolute(e.transport[0] - slack_of(e))


def _diagonals(
    first: Sequence[int | Fraction],
    second: Sequence[int | Fraction],
    chart: str = "top_radial",
    scaling: str = "frobenius",
) -> Instance:
    a, b = ([[v if i == j else 0 for j in range(len(d))] for i, v in enumerate(d)] for d in (first, second))
    return Instance.of(A=a, A_next=b, chart=chart, scaling=scaling)


_EIGHTHS = [Fraction(9, 8), Fraction(7, 8), Fraction(7, 8)]
_RAW = _diagonals([1, 1, 1], _EIGHTHS, scaling="raw")
theorem.constant("factor", "factor of the amplitude max(a⁺, a⁻)", sharp=True)
for reading in (drift, exact_drift, forward, cartan, converse):
    theorem.witness(reading, normalized, _RAW)
theorem.witness(backward, normalized, _diagonals(_EIGHTHS, [1, 1, 1], scaling="raw"))
theorem.witness(range_below, normalized, _diagonals([Fraction(1, 2)], [1], scaling="raw"))
theorem.witness(range_above, normalized, _diagonals([2], [1], scaling="raw"))
theorem.witness(exact_drift, zero_slack, _diagonals([3, 2, 2], [1, 1, 1]))
theorem.witness(exact_drift, exact_charts, _diagonals([1, 1, 1], [2, 2, 1], "log_log"))
theorem.witness(without_slack, None, _diagonals([3, 2, 2], [1, 1, 1]))
theorem.witness(without_normalization, None, _diagonals([3, 3, 3], [4, Fraction(7, 3), Fraction(7, 3)]))
theorem.witness(without_residual, None, _diagonals([1, 1, 1], [2, 2, 1], "log_log"))
theorem.mutant("smaller exponent", "the slope taken at the smaller exponent", drift, lambda x: _at_smaller_exponent(x))
theorem.mutant("other way", "a⁺ bounds the step in the other direction", backward, lambda x: _other_way(x))


def _at_smaller_exponent(x: Instance) -> Sides:
    e = interface(x)
    alpha, alpha_next = e.exponents
    low = -maximum(-alpha, -alpha_next)
    return absolute(alpha_next - alpha), drift_bound(maximum(*e.transport), _residual_step(e), e.ranks[0], low, low)


def _other_way(x: Instance) -> Sides:
    e = interface(x)
    return e.radial[0], e.radial[1] + e.transport[0]


@theorem.stratum
def no_slack(x: Instance) -> bool:
    """zero slack, where a⁺ alone bounds the step"""
    return zero_slack.met(x)


@theorem.stratum
def slack_present(x: Instance) -> bool:
    """layers that are not aligned, with slack"""
    return not zero_slack.met(x)


@theorem.stratum
def every_fit(x: Instance) -> bool:
    """the Hellinger chart, the dearest of the four"""
    return x.choice("chart") == "hellinger"


theorem.property(proofs.invariance)
theorem.proof("symbolic", "all real α, α', ρ, ρ', a⁺; φ_d an opaque term, d = 2, 3, 4")(proofs.algebra)
theorem.proof("symbolic", "all real T, A of size 2×2 and 3×3, up to orthogonal factors of T")(proofs.quadratic_forms)
