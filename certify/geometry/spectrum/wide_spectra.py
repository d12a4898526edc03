r"""The Gibbs family on many ranks, without one operation for each (THEORY D1, D3, D5, D8).

:math:`H_d(s)=\zeta(s,1)-\zeta(s,d+1)`, Hurwitz' zeta function, and the same for its derivatives in s; FLINT
encloses all three at once by Euler and Maclaurin's formula. Only at s = 1, a pole of both, the sum itself is taken.
"""

from __future__ import annotations

import flint

from certify.errors import UsageError
from certify.geometry.spectrum.chart import mean_log_rank, power_sum, variance_log_rank
from certify.rigor.ball import precision

__all__ = ["wide_affinity", "wide_chart", "wide_divergence", "wide_moments"]

_GUARD = 64


def wide_moments(d: int, s: flint.arb) -> tuple[flint.arb, flint.arb, flint.arb]:
    r""":math:`H_d(s)`, :math:`u_d(s)` and :math:`v_d(s)` in a number of operations that does not grow with d.

    Near s = 1 the difference of two large numbers costs digits, which guard bits pay for; a ball that contains 1 falls
    back to the d summands.

    >>> wide_moments(2, flint.arb(0))[0].contains(2)
    True
    """
    if d < 1:
        raise UsageError("a spectrum has at least one rank", place=f"d = {d}")
    with precision(2 * flint.ctx.prec + _GUARD):
        variable = flint.arb_series([s, 1], prec=3)
        series = variable.zeta(1) - variable.zeta(d + 1)
        mass, slope, curve = series[0], series[1], series[2]
        mean = -slope / mass
        variance = 2 * curve / mass - mean * mean
    if not (mass > 0 and variance.is_finite()):
        return power_sum(d, s), mean_log_rank(d, s), variance_log_rank(d, s)
    return +mass, +mean, +variance


def wide_chart(d: int, alpha: flint.arb) -> flint.arb:
    r""":math:`\varphi_d(\alpha)=\tfrac12(\log d-\log H_d(2\alpha))` (D3)."""
    return (flint.arb(d).log() - wide_moments(d, 2 * alpha)[0].log()) / 2


def wide_affinity(d: int, s: flint.arb, s_next: flint.arb) -> flint.arb:
    r""":math:`\sum_k\sqrt{g_k(s)g_k(s')}=H_d(\tfrac12(s+s'))/\sqrt{H_d(s)H_d(s')}` (D5)."""
    middle, first, last = (wide_moments(d, x)[0] for x in ((s + s_next) / 2, s, s_next))
    return middle / (first * last).sqrt()


def wide_divergence(d: int, s: flint.arb, s_next: flint.arb) -> flint.arb:
    r""":math:`\mathrm{KL}(g(s)\|g(s'))=(s'-s)u_d(s)+\log H_d(s')-\log H_d(s)` (D8)."""
    (mass, mean, _), (mass_next, _, _) = wide_moments(d, s), wide_moments(d, s_next)
    return (s_next - s) * mean + mass_next.log() - mass.log()
