r"""The power-law chart, evaluated by analytic continuation of the zeta function.

The prover sums d powers. Here the partition function is a difference of two regularized Hurwitz zeta functions,

.. math:: H_d(s)=\sum_{k=1}^dk^{-s}=\zeta^*(s,1)-\zeta^*(s,d+1),\qquad \zeta^*(s,a)=\zeta(s,a)-\frac1{s-1}.

*Proof.* For s > 1 both series converge and their difference telescopes to the sum; both sides are entire in s.  □

Where s is large, :math:`H_d(s)=1+\zeta(s,2)-\zeta(s,d+1)`: what is beside the 1 is as small as the moments are, and is
known relative to itself.

Its Taylor coefficients in s give the moments of log k under the Gibbs family: with H' = -Σ log k k^{-s} and
H'' = Σ log² k k^{-s}, u = -H'/H and v = H''/H - u². Arb computes ζ by Euler-Maclaurin summation, at a cost that does
not grow with d.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

from flint import arb, arb_series, ctx

__all__ = ["Gibbs", "chart", "gibbs", "logarithms", "powers"]

_POLE = 2.0**-8
_STEEP = 8


@dataclass(frozen=True, slots=True)
class Gibbs:
    """log H_d(s) for the partition function H, and mean u_d(s) and variance v_d(s) of log k under k^{-s} / H_d(s)."""

    log_partition: arb
    mean: arb
    variance: arb


@functools.lru_cache(maxsize=4096)
def _at_float(d: int, s: float, _precision: int) -> Gibbs:
    return _moments(d, arb(s))


def gibbs(d: int, s: arb | float) -> Gibbs:
    """Moments of the Gibbs family on d ranks at inverse temperature s."""
    return _moments(d, s) if isinstance(s, arb) else _at_float(d, s, ctx.prec)


def _moments(d: int, s: arb) -> Gibbs:
    beyond = first = second = arb.nan()
    point = arb_series([s, 1], prec=3)
    if s > _STEEP:
        series = point.zeta(arb(2)) - point.zeta(arb(d + 1))
        beyond, first, second = (series[i] for i in range(3))
    elif s == 1 or abs(s - 1) > _POLE:
        series = point.zeta(arb(1), True) - point.zeta(arb(d + 1), True)
        beyond, first, second = series[0] - 1, series[1], series[2]
    if not second.is_finite():
        beyond, first, second = _direct(d, s)
    total = 1 + beyond
    mean = -first / total
    return Gibbs(beyond.log1p(), mean, 2 * second / total - mean * mean)


def _direct(d: int, s: arb) -> tuple[arb, arb, arb]:
    """H − 1, H' and H''/2 term by term; beside the pole the zeta functions lose their leading digits to 1/(s - 1)³."""
    beyond, first, second = arb(0), arb(0), arb(0)
    for k in range(2, d + 1):
        x = arb(k).log()
        w = (-s * x).exp()
        beyond, first, second = beyond + w, first - w * x, second + w * x * x / 2
    return beyond, first, second


def chart(d: int, alpha: float) -> arb:
    r""":math:`\varphi_d(\alpha)=\tfrac12(\log d-\log H_d(2\alpha))`, increasing in α."""
    return (arb(d).log() - gibbs(d, 2 * alpha).log_partition) / 2


def logarithms(d: int) -> tuple[arb, ...]:
    """log 1, …, log d."""
    return _logarithms(d, ctx.prec)


@functools.lru_cache(maxsize=64)
def _logarithms(d: int, _precision: int) -> tuple[arb, ...]:
    return tuple(arb(k).log() for k in range(1, d + 1))


def powers(d: int, alpha: float) -> list[arb]:
    """k^{-α} for k = 1, …, d, by exponentials at the primes and products elsewhere."""
    found = [arb(1)] * (d + 1)
    logs = logarithms(d)
    exponent = -arb(alpha)
    for k, p in _factors(d):
        found[k] = found[p] * found[k // p] if p < k else (exponent * logs[k - 1]).exp()
    return found[1:]


@functools.lru_cache(maxsize=64)
def _factors(d: int) -> tuple[tuple[int, int], ...]:
    """(k, smallest prime factor of k) for k = 2, …, d."""
    least = list(range(d + 1))
    for p in range(2, math.isqrt(d) + 1):
        if least[p] == p:
            for k in range(p * p, d + 1, p):
                least[k] = min(least[k], p)
    return tuple((k, least[k]) for k in range(2, d + 1))
