r"""How far spectra are apart: affinity, angle, Kullback–Leibler divergence and action (THEORY D5, D8).

For energies p, q on d ranks the affinity is :math:`\sum_k\sqrt{p_kq_k}=\cos\theta`, θ the angle on the sphere of square
roots; h = 2 sin(θ/2) is the Hellinger distance, √d h the Bures–Wasserstein distance of aligned spectra.
"""

from __future__ import annotations

from collections.abc import Sequence

import flint

from certify.geometry.number import Number, certain, coerce, log_ranks, total
from certify.geometry.spectrum.chart import gibbs, mean_log_rank, power_sum, variance_log_rank
from certify.rigor.functions import absolute, exp, log, maximum, minimum, sqrt

__all__ = [
    "action_bound",
    "affinity",
    "angle_drift",
    "divergence",
    "divergence_bound",
    "entropy",
    "free_entropy",
    "gibbs_affinity",
    "gibbs_divergence",
    "hellinger_squared",
    "symmetric_affinity_bound",
    "third_cumulant",
    "transport_affinity_bound",
    "variance_range",
]


def affinity(p: Sequence[Number], q: Sequence[Number]) -> Number:
    r""":math:`\cos\theta(p,q)=\sum_k\sqrt{p_kq_k}\in[0,1]` of two energy distributions (D5).

    >>> import sympy
    >>> affinity([sympy.Integer(1), sympy.Integer(0)], [sympy.Rational(1, 4), sympy.Rational(3, 4)])
    1/2
    """
    return total(sqrt(coerce(a) * b, nonnegative=True) for a, b in zip(p, q, strict=True))


def hellinger_squared(cosine: Number) -> Number:
    r""":math:`h^2=\sum(\sqrt{p_k}-\sqrt{q_k})^2=2-2\cos\theta=4\sin^2(\theta/2)`; BW² is d times it (D5, D8)."""
    return 2 - 2 * coerce(cosine)


def gibbs_affinity(d: int, s: Number, s_next: Number) -> Number:
    r""":math:`\sum_k\sqrt{g_k(s)g_k(s')}=H_d(\tfrac12(s+s'))/\sqrt{H_d(s)H_d(s')}`, for all real s, s' (D5).

    >>> import sympy
    >>> gibbs_affinity(2, sympy.Integer(0), sympy.Integer(2))
    3*sqrt(10)/10
    """
    s, s_next = coerce(s), coerce(s_next)
    return power_sum(d, (s + s_next) / 2) / sqrt(power_sum(d, s) * power_sum(d, s_next))


def angle_drift(d: int, step: Number) -> Number:
    r""":math:`\theta(g(s),g(s'))\le\tfrac12\left|\int_s^{s'}\sqrt{v_d}\right|\le\tfrac14|s'-s|\log d` (D5, D2).

    ``step`` is s' − s; ¼ is sharp at d = 2 only.
    """
    step = absolute(coerce(step))
    return step * log_ranks(d, step)[-1] / 4


def transport_affinity_bound(up: Number, down: Number) -> Number:
    r"""Lower bound :math:`(1+xy)/(x+y)` of cos θ between the spectra at the ends of a chain (D5).

    ``up`` is :math:`\sum_la_l^+=\log x`, ``down`` is :math:`\sum_la_l^-=-\log y`. It is
    :math:`\cosh\tfrac12(a^+-a^-)/\cosh\tfrac12(a^++a^-)`, needs no chart, and is attained.

    >>> import sympy
    >>> transport_affinity_bound(sympy.log(2), sympy.log(2))
    4/5
    """
    x, y = exp(coerce(up)), exp(-coerce(down))
    return (1 + x * y) / (x + y)


def symmetric_affinity_bound(amplitude: Number) -> Number:
    r""":math:`\cos\theta\ge1/\cosh a`, that is θ <= gd(a) = 2 arctan tanh(a/2), for a >= a⁺, a⁻ (D5)."""
    x = exp(coerce(amplitude))
    return 2 * x / (x * x + 1)


def divergence(p: Sequence[Number], q: Sequence[Number]) -> Number:
    r""":math:`\mathrm{KL}(p\|q)=\sum_kp_k\log(p_k/q_k)`, q positive where p is; exact zeros of p add nothing (D8)."""
    return total(a * (log(a) - log(b)) for a, b in zip(map(coerce, p), q, strict=True) if not certain(a == 0))


def gibbs_divergence(d: int, s: Number, s_next: Number) -> Number:
    r""":math:`\mathrm{KL}(g(s)\|g(s'))=(s'-s)u_d(s)+\log H_d(s')-\log H_d(s)=\int_s^{s'}(s'-x)v_d(x)\,dx` (D8).

    >>> import sympy
    >>> gibbs_divergence(2, sympy.Integer(0), sympy.Integer(0))
    0
    """
    s, s_next = coerce(s), coerce(s_next)
    return (s_next - s) * mean_log_rank(d, s) + log(power_sum(d, s_next)) - log(power_sum(d, s))


def divergence_bound(cosine: Number) -> Number:
    r""":math:`-2\log\cos\theta\le\mathrm{KL}(p\|q)`, at least θ² (D8); equality iff q is p, restricted and rescaled."""
    return -2 * log(cosine)


def action_bound(step: Number, layers: int) -> Number:
    r""":math:`(x_L-x_1)^2/(L-1)\le\sum_l(x_{l+1}-x_l)^2` along a chain of L >= 2 layers (D8); equality: equal steps.

    ``step`` is x_L − x_1, for x the exponents s or arcs on the sphere of square roots.
    """
    step = coerce(step)
    return step * step / (layers - 1)


def third_cumulant(d: int, s: Number) -> Number:
    r""":math:`E_{g(s)}(\log k-u_d(s))^3=-v_d'(s)` (D8).

    >>> third_cumulant(2, 0).contains(0)
    True
    """
    s = coerce(s)
    mean = mean_log_rank(d, s)
    return total(g * (x - mean) * (x - mean) * (x - mean) for g, x in zip(gibbs(d, s), log_ranks(d, s), strict=True))


def variance_range(d: int, s: flint.arb, s_next: flint.arb, pieces: int = 32) -> tuple[flint.arb, flint.arb]:
    r"""Balls around the minimum and the maximum of v_d over the whole interval between s and s' (D8).

    v_d need not be monotone, so its ends do not bound it. Each piece is enclosed by its value in the middle and the
    slope over the piece, with an error of second order in its length; the values in the middle bound from the other
    side.
    """
    step = (s_next - s) / pieces
    middles = [s + step * (2 * k + 1) / 2 for k in range(pieces)]
    values = [variance_log_rank(d, m) for m in middles] + [variance_log_rank(d, s), variance_log_rank(d, s_next)]
    radius = flint.arb(0, absolute(step / 2).upper())
    enclosed = [v + radius * third_cumulant(d, m + radius) for v, m in zip(values, middles, strict=False)]
    low, high = minimum(*(v.lower() for v in enclosed)), maximum(*(v.upper() for v in enclosed))
    return low.union(minimum(*values)), high.union(maximum(*values))


def free_entropy(p: Sequence[Number], s: Number) -> Number:
    r""":math:`sE_p[\log k]+\log H_d(s)`, at least the entropy of p, with equality iff p = g(s) (D1).

    >>> import sympy
    >>> free_entropy([sympy.Integer(1)], sympy.Integer(2))
    0
    """
    s = coerce(s)
    mean = total(a * x for a, x in zip(map(coerce, p), log_ranks(len(p), s), strict=True))
    return s * mean + log(power_sum(len(p), s))


def entropy(p: Sequence[Number]) -> Number:
    r""":math:`-\sum_kp_k\log p_k`, exact zeros adding nothing (D1).

    >>> import sympy
    >>> entropy([sympy.Rational(1, 2), sympy.Rational(1, 2)])
    log(2)
    """
    return -total(a * log(a) for a in map(coerce, p) if not certain(a == 0))
