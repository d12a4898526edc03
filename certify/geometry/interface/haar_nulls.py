r"""What chance gives at an interface: exact moments under a Haar rotation (THEORY-2 §3).

K is turned by U, uniform on the orthogonal group O(n): :math:`K_U=UKU^T`. :math:`H_0,K_0` are the traceless parts, and
:math:`p_j=\operatorname{tr}H_0^j,\ q_j=\operatorname{tr}K_0^j`. Every formula is a rational function of n and the
moments, for any number type.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from certify.geometry.number import Number, coerce, total

__all__ = [
    "Traceless",
    "cantelli",
    "commutator_mean",
    "commutator_second_moment",
    "commutator_variance",
    "inner_product_mean",
    "inner_product_variance",
    "overlap_mean",
    "overlap_variance",
    "traceless",
    "traceless_of",
]


@dataclass(frozen=True, slots=True)
class Traceless:
    """Moments of an n × n symmetric matrix: its ``trace``, and ``second`` and ``fourth`` of its traceless part."""

    n: int
    trace: Number
    second: Number
    fourth: Number


def traceless(n: int, t1: Number, t2: Number, t3: Number, t4: Number) -> Traceless:
    r"""From :math:`t_j=\operatorname{tr}X^j`, the moments of :math:`X_0=X-(t_1/n)I`.

    >>> import sympy
    >>> traceless(2, sympy.Integer(1), sympy.Integer(1), sympy.Integer(1), sympy.Integer(1)).fourth
    1/8
    """
    t1, t2, t3, t4 = map(coerce, (t1, t2, t3, t4))
    m = t1 / n
    return Traceless(n, t1, t2 - t1 * m, t4 - 4 * m * t3 + 6 * m * m * t2 - 3 * n * m * m * m * m)


def traceless_of(n: int, eigenvalues: Sequence[Number]) -> Traceless:
    r"""The same from the eigenvalues, of which those that are not listed are 0: sums of powers of deviations.

    With balls they are as sharp as the eigenvalues, where :func:`traceless` loses what cancels between the t_j.

    >>> import sympy
    >>> traceless_of(2, [sympy.Integer(1)]).fourth
    1/8
    """
    known = [coerce(x) for x in eigenvalues] or [coerce(0)]
    trace = total(known)
    m, silent = trace / n, n - len(known)
    squares = [(x - m) * (x - m) for x in known]
    second = total(squares) + silent * m * m
    return Traceless(n, trace, second, total(x * x for x in squares) + silent * m * m * m * m)


def inner_product_mean(h: Traceless, k: Traceless) -> Number:
    r""":math:`\mathbb E\langle H,K_U\rangle=\operatorname{tr}H\operatorname{tr}K/n`."""
    return h.trace * k.trace / h.n


def inner_product_variance(h: Traceless, k: Traceless) -> Number:
    r""":math:`\operatorname{Var}\langle H,K_U\rangle=2p_2q_2/((n-1)(n+2))`, n ≥ 2.

    The traceless symmetric matrices are an irreducible representation of O(n) of dimension (n − 1)(n + 2)/2 (Schur).
    """
    return 2 * h.second * k.second / ((h.n - 1) * (h.n + 2))


def overlap_mean(n: Number, a: Number, b: Number) -> Number:
    r""":math:`\mathbb E\|P_UP_V\|_F^2=ab/n` for independent uniform subspaces of dimensions a and b of R^n."""
    return coerce(a) * b / n


def overlap_variance(n: Number, a: Number, b: Number) -> Number:
    r""":math:`\operatorname{Var}\|P_UP_V\|_F^2=2ab(n-a)(n-b)/(n^2(n-1)(n+2))`, n ≥ 2."""
    a, b = coerce(a), coerce(b)
    return 2 * a * b * (n - a) * (n - b) / (n * n * (n - 1) * (n + 2))


def commutator_mean(h: Traceless, k: Traceless) -> Number:
    r""":math:`\mathbb E\|[H,K_U]\|_F^2=2n\,p_2q_2/((n-1)(n+2))`, n ≥ 2."""
    return 2 * h.n * h.second * k.second / ((h.n - 1) * (h.n + 2))


def commutator_second_moment(h: Traceless, k: Traceless) -> Number:
    r""":math:`\mathbb E\|[H,K_U]\|_F^4=\alpha p_2^2q_2^2+\beta(p_2^2q_4+p_4q_2^2)+\gamma p_4q_4`, n ≥ 2.

    For n ≥ 4 with :math:`c=(n-3)(n-2)(n-1)(n+1)(n+2)(n+4)(n+6)`,

    .. math::
        \alpha=\frac{4(n^2+3n-12)(n^4+2n^3-6n^2+6n-36)}{nc},\quad\beta=-\frac{8(n^4+3n^2+30n-72)}c,\quad
        \gamma=\frac{8n(n^4+2n^3-5n^2-10n+24)}c;

    in lower dimensions :math:`p_4=p_2^2/2` makes one term of three: :math:`\tfrac32p_2^2q_2^2` for n = 2,
    :math:`\tfrac{18}{35}p_2^2q_2^2` for n = 3.
    """
    n, p2, q2, p4, q4 = h.n, h.second, k.second, h.fourth, k.fourth
    both = p2 * p2 * q2 * q2
    if n == 2:
        return both * 3 / 2
    if n == 3:
        return both * 18 / 35
    c = (n - 3) * (n - 2) * (n - 1) * (n + 1) * (n + 2) * (n + 4) * (n + 6)
    alpha = 4 * (n**2 + 3 * n - 12) * (n**4 + 2 * n**3 - 6 * n**2 + 6 * n - 36)
    beta = -8 * (n**4 + 3 * n**2 + 30 * n - 72)
    gamma = 8 * n * (n**4 + 2 * n**3 - 5 * n**2 - 10 * n + 24)
    mixed = p2 * p2 * q4 + p4 * q2 * q2
    return (alpha * both / n + beta * mixed + gamma * p4 * q4) / c


def commutator_variance(h: Traceless, k: Traceless) -> Number:
    r""":math:`\operatorname{Var}\|[H,K_U]\|_F^2=\alpha'p_2^2q_2^2+\beta(p_2^2q_4+p_4q_2^2)+\gamma p_4q_4`, n ≥ 2.

    :math:`\alpha'=\alpha-(2n/((n-1)(n+2)))^2` in one fraction: the second moment less the squared mean is smaller than
    both by a factor of order n², and balls would lose it in the difference. For n = 2 and 3 one term is left,
    :math:`\tfrac12p_2^2q_2^2` and :math:`\tfrac{27}{175}p_2^2q_2^2`.
    """
    n, p2, q2, p4, q4 = h.n, h.second, k.second, h.fourth, k.fourth
    both = p2 * p2 * q2 * q2
    if n == 2:
        return both / 2
    if n == 3:
        return both * 27 / 175
    c = (n - 3) * (n - 2) * (n - 1) * (n + 1) * (n + 2) * (n + 4) * (n + 6)
    alpha = 8 * (3 * n**6 + 11 * n**5 - 21 * n**4 - 99 * n**3 + 72 * n**2 + 396 * n - 432)
    beta = -8 * (n**4 + 3 * n**2 + 30 * n - 72)
    gamma = 8 * n * (n**4 + 2 * n**3 - 5 * n**2 - 10 * n + 24)
    mixed = p2 * p2 * q4 + p4 * q2 * q2
    return (alpha * both / (n * (n - 1) * (n + 2)) + beta * mixed + gamma * p4 * q4) / c


def cantelli(variance: Number, distance: Number) -> Number:
    """Upper bound variance/(variance + distance²) of P(X − E X ≥ distance), distance ≥ 0 (Cantelli's inequality)."""
    variance, distance = coerce(variance), coerce(distance)
    return variance / (variance + distance * distance)
