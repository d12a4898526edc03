r"""Rigidity of fitted exponents across an interface (THEORY D4, D7).

Two normalized matrices with top-radial coordinates r, r', fitted exponents α, α' and residuals ρ = r − φ_d(α). In the
*transport* form the interface is T = Â'Â⁻¹ with amplitudes a⁺ = log σ₁(T) and a⁻ = log σ₁(T⁻¹); in the *product* form
it is Â'Â with a_× = log σ₁(Â'Â). The product form holds for rectangular layers too and is empty: its right-hand side
a_× + s_× = r + r' does not depend on the interface.
"""

from __future__ import annotations

from collections.abc import Sequence

from certify.geometry.number import Number, coerce
from certify.geometry.spectrum.chart import chart, mean_log_rank
from certify.rigor.functions import absolute, log, maximum, minimum

__all__ = [
    "action_lower_bound",
    "amplitude",
    "cartan_lower_bounds",
    "chart_action_lower_bound",
    "drift_bound",
    "exact_drift_bound",
    "identity_gap",
    "product_amplitude",
    "product_bound",
    "sharp_product_bound",
    "slack_product",
    "slack_transport",
    "transport_amplitude",
]


def transport_amplitude(quotient_norm: Number, frobenius: Number, frobenius_next: Number) -> Number:
    r""":math:`a^+=\log\sigma_1(\hat A'\hat A^{-1})=\log\|W'W^{-1}\|_2+\log\|W\|_F-\log\|W'\|_F` (D4).

    With the roles of W and W' exchanged it is a⁻. Both layers are square of one size, so their factors √d cancel.
    """
    return log(quotient_norm) + log(frobenius) - log(frobenius_next)


def product_amplitude(product_norm: Number, frobenius: Number, d: int, frobenius_next: Number, d_next: int) -> Number:
    r""":math:`a_\times=\log\sigma_1(\hat A'\hat A)=\log\|W'W\|_2+\tfrac12\log dd'-\log\|W\|_F\|W'\|_F` (D4)."""
    size = coerce(product_norm)
    half_logs = (log(size * 0 + d) + log(size * 0 + d_next)) / 2
    return log(size) + half_logs - log(frobenius) - log(frobenius_next)


def slack_transport(r: Number, a_plus: Number, r_next: Number) -> Number:
    r"""Non-backtracking slack :math:`s=r+a^+-r'\ge0` of the transport form (D4): σ₁(TÂ) <= σ₁(T)σ₁(Â)."""
    return r + a_plus - r_next


def slack_product(r: Number, r_next: Number, a_x: Number) -> Number:
    r"""Slack :math:`s_\times=r+r'-a_\times\ge0` of the product form (D4): σ₁(Â'Â) <= σ₁(Â')σ₁(Â)."""
    return r + r_next - a_x


def amplitude(a_plus: Number, a_minus: Number) -> Number:
    r""":math:`\max(a^+,a^-)` (D4).

    It bounds :math:`|r'-r|` and every :math:`|\log\sigma_k(\hat A')-\log\sigma_k(\hat A)|`.
    """
    return maximum(a_plus, a_minus)


def drift_bound(amplitude: Number, residual_step: Number, d: int, alpha: Number, alpha_next: Number) -> Number:
    r""":math:`|\alpha'-\alpha|\le(\mathrm{amplitude}+|\rho'-\rho|)/u_d(2\max(\alpha,\alpha'))` for d >= 2 (D4).

    Parameters
    ----------
    amplitude : a bound of :math:`|r'-r|`: max(a⁺, a⁻) in the transport form, a_× + s_× in the product form.
    residual_step : :math:`\rho'-\rho`, signed.
    d : the number of ranks of both layers; with d = 1 the chart is constant and the bound divides by 0.
    alpha, alpha_next : the fitted exponents.
    """
    slope = mean_log_rank(d, 2 * maximum(coerce(alpha), coerce(alpha_next)))
    return (amplitude + absolute(residual_step)) / slope


def exact_drift_bound(log_m: Number, layers: int, d: int, alpha_max: Number) -> Number:
    r""":math:`(\log M)/(L\,u_d(2\alpha_{\max}))`: drift in the exact chart with zero slack and a⁺ <= (log M)/L (D4)."""
    return log_m / (layers * mean_log_rank(d, 2 * coerce(alpha_max)))


def product_bound(a_x: Number, slack_x: Number, residual_step: Number) -> Number:
    r"""Bound :math:`a_\times+s_\times+|\rho'-\rho|` of :math:`|\varphi(\alpha')-\varphi(\alpha)|` (D4, empty)."""
    return a_x + slack_x + absolute(residual_step)


def sharp_product_bound(a_x: Number, slack_x: Number, r: Number, r_next: Number) -> Number:
    r"""Bound of :math:`|r'-r|` by :math:`a_\times+s_\times-2\min(r,r')`, an equality (D4, product form)."""
    return a_x + slack_x - 2 * minimum(r, r_next)


def identity_gap(
    d: int, alpha: Number, alpha_next: Number, a_plus: Number, slack: Number, residual_step: Number
) -> Number:
    r""":math:`\varphi(\alpha')-\varphi(\alpha)-(a^+-s-(\rho'-\rho))`, which D4's identity says is 0."""
    return chart(d, alpha_next) - chart(d, alpha) - (a_plus - slack - residual_step)


def action_lower_bound(
    d: int, alpha_first: Number, alpha_last: Number, residual_first: Number, residual_last: Number
) -> Number:
    r"""Lower bound of the total amplitude of a chain, :math:`\sum_l\max(a_l^+,a_l^-)` (D7).

    :math:`u_d(2\max(\alpha_1,\alpha_L))\,|\alpha_L-\alpha_1|-|\rho_L-\rho_1|`.
    """
    alpha_first, alpha_last = coerce(alpha_first), coerce(alpha_last)
    slope = mean_log_rank(d, 2 * maximum(alpha_first, alpha_last))
    return slope * absolute(alpha_last - alpha_first) - absolute(residual_last - residual_first)


def chart_action_lower_bound(
    d: int, alpha_first: Number, alpha_last: Number, residual_first: Number, residual_last: Number
) -> Number:
    r""":math:`|\varphi(\alpha_L)-\varphi(\alpha_1)|-|\rho_L-\rho_1|`, at most the total amplitude of a chain (D7).

    By the concavity of the chart it is at least :func:`action_lower_bound`.
    """
    step = chart(d, alpha_last) - chart(d, alpha_first)
    return absolute(step) - absolute(residual_last - residual_first)


def cartan_lower_bounds(logs_first: Sequence[Number], logs_last: Sequence[Number]) -> tuple[Number, Number]:
    r"""Lower bounds of :math:`\sum_la_l^+` and of :math:`\sum_la_l^-` that need no chart (D7).

    :math:`\max_k(\log\hat\sigma_k^{(L)}-\log\hat\sigma_k^{(1)})` and the same with the ends exchanged, k over the
    singular values of the normalized ends in decreasing order, their logarithms given. Both are best possible given the
    two spectra, and are attained together, by aligned diagonal layers.

    >>> import sympy
    >>> cartan_lower_bounds([sympy.log(2), sympy.Integer(0)], [sympy.log(3), sympy.Integer(0)])[1]
    0
    """
    steps = [b - a for a, b in zip(logs_first, logs_last, strict=True)]
    return _largest(steps), _largest([-v for v in steps])


def _largest(values: Sequence[Number]) -> Number:
    return values[0] if len(values) == 1 else maximum(values[0], values[1], *values[2:])
