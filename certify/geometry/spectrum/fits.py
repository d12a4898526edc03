r"""The four charts: which exponent α a spectrum is given, and how far the chart misses its top-radial coordinate (D6).

* top-radial: :math:`\varphi_d(\alpha)=r`, residual 0 by construction;
* log-log: least squares of log σ_k against log k;
* KL projection: :math:`u_d(2\alpha)=E_p[\log k]`, the maximum-likelihood exponent of the energies;
* Hellinger projection: the α that minimizes :math:`\sum_k(\sqrt{p_k}-\sqrt{g_k(2\alpha)})^2`.

A fit is an enclosure of the true exponent for *every* spectrum inside the given enclosures. A spectrum of rank one has
no finite exponent in any of the four charts, and with d = 1 every exponent fits; both are reported by a NaN ball and a
cause. Singular values and energies are those of a decreasing spectrum, whether or not their enclosures overlap.
"""

from __future__ import annotations

from collections.abc import Sequence

import flint

from certify.geometry.number import Number, coerce, log_ranks, total
from certify.geometry.spectrum.approx_candidates import approx_chart_root, approx_mean_root
from certify.geometry.spectrum.chart import chart, mean_log_rank, tilted_mean_log_rank, variance_log_rank
from certify.geometry.spectrum.hellinger import maximize_affinity
from certify.geometry.spectrum.roots import Fit, bracket, no_fit
from certify.rigor.functions import log, sqrt

__all__ = [
    "CHARTS",
    "Fit",
    "fit_chart",
    "fit_hellinger",
    "fit_kl",
    "fit_log_log",
    "fit_top_radial",
    "log_log_slope",
    "residual",
]

CHARTS = ("top_radial", "log_log", "kl", "hellinger")

_NO_CHART = "with one rank the chart is constant and every exponent fits"
_RANK_ONE = "the second singular value is not certainly positive: rank one has no finite exponent"


def residual(r: Number, d: int, alpha: Number) -> Number:
    r"""The signed residual :math:`\rho=r-\varphi_d(\alpha)` of a fitted exponent (THEORY D4, D6)."""
    return r - chart(d, alpha)


def log_log_slope(sigma: Sequence[Number]) -> Number:
    r"""Least-squares exponent :math:`-\sum_k(x_k-\bar x)\log\sigma_k/\sum_k(x_k-\bar x)^2`, :math:`x_k=\log k` (D6).

    >>> import sympy
    >>> sympy.simplify(log_log_slope([sympy.Integer(8), sympy.Integer(2)]) - 2)
    0
    """
    values = [coerce(x) for x in sigma]
    logs = log_ranks(len(values), values[0])
    centre = total(logs) / len(values)
    moment = total((x - centre) * log(y) for x, y in zip(logs, values, strict=True))
    return -moment / total((x - centre) * (x - centre) for x in logs)


def fit_top_radial(r: flint.arb, d: int) -> Fit:
    r"""Enclose α with :math:`\varphi_d(\alpha)=r`: the chart increases, so two signs prove it (D3)."""
    if d < 2:
        return no_fit(_NO_CHART)
    gap = flint.arb(d).log() - 2 * r
    if not gap > 0:
        return no_fit("r is not certainly below ½ log d: rank one has no finite exponent")
    guess = approx_chart_root(float(gap.mid()), d)
    return bracket(
        lambda alpha: residual(r, d, alpha),
        lambda alpha: float(mean_log_rank(d, 2 * alpha).mid()),
        guess,
    )


def fit_log_log(sigma: Sequence[flint.arb]) -> Fit:
    """Enclose the least-squares exponent of log σ_k against log k (D6)."""
    if len(sigma) < 2:
        return no_fit(_NO_CHART)
    if not all(x > 0 for x in sigma):
        return no_fit("a singular value is not certainly positive and has no logarithm")
    return Fit(log_log_slope(sigma))


def fit_kl(p: Sequence[flint.arb]) -> Fit:
    r"""Enclose the KL projection, :math:`u_d(2\alpha)=E_p[\log k]`; u decreases, so the root is unique (D3, D6).

    ``p`` are the energies, up to a common factor.
    """
    d = len(p)
    if d < 2:
        return no_fit(_NO_CHART)
    mean = tilted_mean_log_rank(p, flint.arb(0))
    if not mean > 0:
        return no_fit(_RANK_ONE)
    if not mean < flint.arb(d).log():
        return no_fit("all energy may lie in the last rank, which has no finite exponent")
    guess = approx_mean_root(float(mean.mid()), d)
    return bracket(
        lambda alpha: mean_log_rank(d, 2 * alpha) - mean,
        lambda alpha: 2 * float(variance_log_rank(d, 2 * alpha).mid()),
        guess,
    )


def fit_hellinger(p: Sequence[flint.arb]) -> Fit:
    r"""Enclose every minimizer of :math:`\sum_k(\sqrt{p_k}-\sqrt{g_k(2\alpha)})^2` (D6).

    ``p`` are the decreasing energies, up to a common factor; the search is :mod:`certify.geometry.spectrum.hellinger`.
    """
    if len(p) < 2:
        return no_fit(_NO_CHART)
    return maximize_affinity([sqrt(x, nonnegative=True) for x in p])


def fit_chart(name: str, sigma: Sequence[flint.arb], r: flint.arb) -> Fit:
    """The fit of one of :data:`CHARTS` to decreasing singular values with top-radial coordinate ``r``."""
    if name == "top_radial":
        return fit_top_radial(r, len(sigma))
    if name == "log_log":
        return fit_log_log(sigma)
    squares = [_square(x) for x in sigma]
    return fit_kl(squares) if name == "kl" else fit_hellinger(squares)


def _square(sigma: flint.arb) -> flint.arb:
    """Not below 0 but for the rounding of a radius, also where the ball of a singular value reaches below."""
    return sigma * sigma if sigma > 0 else flint.arb(0).union(sigma.upper() ** 2)
