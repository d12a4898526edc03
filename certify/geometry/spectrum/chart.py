r"""Energies, the Gibbs family on ranks and the power-law chart (THEORY section 0 and D1-D3, D10).

With :math:`H_d(s)=\sum_{k=1}^d k^{-s}` the Gibbs family at inverse temperature s is :math:`g_k(s)=k^{-s}/H_d(s)`; a
power law :math:`\sigma_k\propto k^{-\alpha}` has the energies :math:`g(2\alpha)`.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterable, Sequence

import flint

from certify.errors import UsageError
from certify.geometry.number import Number, certain, coerce, log_ranks, total
from certify.rigor.functions import exp, log

__all__ = [
    "chart",
    "effective_rank",
    "energies",
    "gaps",
    "gibbs",
    "mean_log_rank",
    "moment_columns",
    "moments",
    "power_sum",
    "powers",
    "tail_energy",
    "tilted_mean_log_rank",
    "tilted_moments",
    "top_radial",
    "variance_log_rank",
]

_NARROW = flint.arb(2) ** -20
"""Exponents as narrow as this are raised to by products."""


def powers(d: int, s: Number) -> list[Number]:
    r""":math:`k^{-s}` for the ranks 1, ..., d: the Gibbs family before normalization (THEORY 0).

    >>> import sympy
    >>> powers(3, sympy.Integer(1))
    [1, 1/2, 1/3]
    """
    if d < 1:
        raise UsageError("a spectrum has at least one rank", place=f"d = {d}")
    s = coerce(s)
    if isinstance(s, flint.arb) and s.rad() < _NARROW:
        return _ball_powers(d, s)
    return [exp(-s * x) for x in log_ranks(d, s)]


def _ball_powers(d: int, s: flint.arb) -> list[flint.arb]:
    """k^-s is multiplicative in k: an exponential for each prime, and a product for every other rank.

    Balls of products are wider than balls of exponentials by a second power of the radius of s.
    """
    logs = log_ranks(d, s)
    found = [flint.arb(1)]
    for k, factor in enumerate(_least_factors(d)[1:], start=2):
        found.append(found[factor - 1] * found[k // factor - 1] if factor else (-s * logs[k - 1]).exp())
    return found


@functools.lru_cache(maxsize=64)
def _least_factors(d: int) -> list[int]:
    """The least prime factor of 1, ..., d; 0 for 1 and for the primes themselves."""
    found = [0] * (d + 1)
    for p in range(2, math.isqrt(d) + 1):
        if not found[p]:
            for multiple in range(p * p, d + 1, p):
                found[multiple] = found[multiple] or p
    return found[1:]


@functools.lru_cache(maxsize=64)
def _log_powers(d: int, _precision: int) -> flint.arb_mat:
    """The columns 1, log k, log² k."""
    return flint.arb_mat([[flint.arb(1), x, x * x] for x in log_ranks(d, flint.arb(1))])


def moment_columns(weights: Sequence[flint.arb]) -> flint.arb_mat:
    r"""The columns :math:`w_k,w_k\log k,w_k\log^2k`, for the moments of many products with the weights w."""
    logs = log_ranks(len(weights), weights[0])
    return flint.arb_mat([[w, first := w * x, first * x] for w, x in zip(weights, logs, strict=True)])


def moments(weights: Sequence[Number], columns: flint.arb_mat | None = None) -> tuple[Number, Number, Number]:
    r"""Mass, mean log rank and mean squared log rank of weights that are non-negative and not all zero (THEORY D6).

    Of balls, tilted by the weights of :func:`moment_columns` where ``columns`` are given.
    """
    if isinstance(weights[0], flint.arb):
        d = len(weights)
        columns = _log_powers(d, flint.ctx.prec) if columns is None else columns
        sums = flint.arb_mat(1, d, list(weights)) * columns
        mass = sums[0, 0]
        return mass, sums[0, 1] / mass, sums[0, 2] / mass
    logs = log_ranks(len(weights), weights[0])
    first = [g * x for g, x in zip(weights, logs, strict=True)]
    mass = total(weights)
    return mass, total(first) / mass, total([g * x for g, x in zip(first, logs, strict=True)]) / mass


def power_sum(d: int, s: Number) -> Number:
    r""":math:`H_d(s)=\sum_{k=1}^d k^{-s}`, the partition function of the Gibbs family (THEORY 0).

    >>> import sympy
    >>> power_sum(3, sympy.Integer(1))
    11/6
    """
    return total(powers(d, s))


def gibbs(d: int, s: Number) -> list[Number]:
    r"""The d probabilities :math:`g_k(s)=k^{-s}/H_d(s)` (THEORY 0, D1).

    >>> import sympy
    >>> gibbs(2, sympy.Integer(1))
    [2/3, 1/3]
    """
    weights = powers(d, s)
    partition = total(weights)
    return [w / partition for w in weights]


def mean_log_rank(d: int, s: Number) -> Number:
    r""":math:`u_d(s)=E_{g(s)}[\log k]`, the derivative of the chart at :math:`\alpha=s/2` (THEORY 0, D3)."""
    return moments(powers(d, s))[1]


def tilted_moments(weights: Sequence[Number], s: Number) -> tuple[Number, Number, Number]:
    r"""Mass, mean log rank and mean squared log rank of the weights :math:`w_kk^{-s}` (THEORY D6).

    The weights w are non-negative and not all zero; s = 0 gives their own moments.

    >>> import sympy
    >>> tilted_moments([sympy.Integer(1), sympy.Integer(3)], sympy.Integer(1))
    (5/2, 3*log(2)/5, 3*log(2)**2/5)
    """
    return moments([w * g for w, g in zip(weights, powers(len(weights), s), strict=True)])


def tilted_mean_log_rank(weights: Sequence[Number], s: Number) -> Number:
    r""":math:`\sum_k w_kk^{-s}\log k\,/\,\sum_k w_kk^{-s}`, decreasing in s (D6)."""
    return tilted_moments(weights, s)[1]


def variance_log_rank(d: int, s: Number) -> Number:
    r""":math:`v_d(s)=\mathrm{Var}_{g(s)}(\log k)=-u_d'(s)`, the Fisher information of s (THEORY 0, D2, D3)."""
    s = coerce(s)
    mean = mean_log_rank(d, s)
    return total(g * (x - mean) * (x - mean) for g, x in zip(gibbs(d, s), log_ranks(d, s), strict=True))


def chart(d: int, alpha: Number) -> Number:
    r"""The power-law chart :math:`\varphi_d(\alpha)=\tfrac12(\log d-\log H_d(2\alpha))` (THEORY D).

    It is the top-radial coordinate of an exact power law :math:`\sigma_k\propto k^{-\alpha}`, increasing and concave.

    >>> import sympy
    >>> sympy.exp(2 * chart(3, sympy.Rational(1, 2)))
    18/11
    """
    alpha = coerce(alpha)
    return (log_ranks(d, alpha)[-1] - log(power_sum(d, 2 * alpha))) / 2


def top_radial(sigma_1: Number, frobenius: Number, d: int) -> Number:
    r"""The top-radial coordinate :math:`r=\log\sigma_1+\tfrac12\log d-\log\|A\|_F\in[0,\tfrac12\log d]` (THEORY D).

    Parameters
    ----------
    sigma_1 : the largest singular value of A, positive.
    frobenius : the Frobenius norm of A.
    d : the smaller side of A.
    """
    sigma_1, frobenius = coerce(sigma_1), coerce(frobenius)
    return log(sigma_1) + log(sigma_1 * 0 + d) / 2 - log(frobenius)


def energies(sigma: Iterable[Number]) -> list[Number]:
    r"""The energy distribution :math:`p_k=\sigma_k^2/\sum_j\sigma_j^2` of singular values, not all zero (THEORY 0).

    >>> import sympy
    >>> energies([sympy.Integer(3), sympy.Integer(1)])
    [9/10, 1/10]
    """
    squares = [x * x for x in map(coerce, sigma)]
    mass = total(squares)
    return [x / mass for x in squares]


def tail_energy(p: Sequence[Number], r: int) -> Number:
    r""":math:`\sum_{k>r}p_k`, the energy that a window of r ranks leaves out, 0 <= r <= d (THEORY D10).

    >>> import sympy
    >>> tail_energy([sympy.Rational(1, 2), sympy.Rational(1, 3), sympy.Rational(1, 6)], 1)
    1/2
    """
    if not 0 <= r <= len(p):
        raise UsageError("a window lies between 0 and the number of ranks", place=f"r = {r}, d = {len(p)}")
    return total(p[r:])


def effective_rank(p: Sequence[Number], eta: Number) -> tuple[int, int]:
    r"""Enclosure of :math:`R_\eta(p)=\min\{r:\sum_{k>r}p_k\le\eta\}` (THEORY D10); for exact numbers both ends agree.

    The lower end is the first r whose tail is not proved to exceed eta, the upper end the first r whose tail is
    proved not to. Tails decrease in r, so both searches stop at the first hit when coming from r = d.

    >>> import sympy
    >>> effective_rank([sympy.Rational(1, 2), sympy.Rational(1, 3), sympy.Rational(1, 6)], sympy.Rational(1, 6))
    (2, 2)
    """
    eta = coerce(eta)
    d = len(p)
    lower = upper = d
    doubtful = False
    tail: Number = eta * 0
    for r in range(d, -1, -1):
        if r < d:
            tail = tail + coerce(p[r])
        if certain(tail > eta):
            break
        lower = r
        doubtful = doubtful or not certain(tail <= eta)
        if not doubtful:
            upper = r
    return lower, upper


def gaps(sigma: Sequence[Number]) -> list[Number]:
    r"""The d - 1 gaps :math:`\sigma_k-\sigma_{k+1}` of decreasing singular values; a window k needs gap k > 0 (E7)."""
    values = [coerce(x) for x in sigma]
    return [a - b for a, b in itertools.pairwise(values)]
