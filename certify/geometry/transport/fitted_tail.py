r"""The tail of a spectrum from that of its fit, and the truncation of a transport from two fits (THEORY E2).

For energies p fitted by g, both of mass 1 on d ranks, the tails beyond a window r differ by at most

.. math::
    \min\Bigl(\sum_{k\le r}|p_k-g_k|,\ \sum_{k>r}|p_k-g_k|\Bigr)\le\tfrac12\sum_k|p_k-g_k|\le\sin\theta,\qquad
    \cos\theta=\sum_k\sqrt{p_kg_k}:

the tail of p − g is minus its head; a minimum is at most the mean; and Cauchy and Schwarz for
:math:`|p_k-g_k|=|\sqrt{p_k}-\sqrt{g_k}|(\sqrt{p_k}+\sqrt{g_k})`, whose factors have the squared norms 2 ∓ 2 cos θ.
"""

from __future__ import annotations

from collections.abc import Sequence

from certify.geometry.number import Number, coerce, total
from certify.geometry.spectrum.chart import tail_energy
from certify.rigor.functions import absolute, minimum, sqrt

__all__ = [
    "angle_sine",
    "fitted_tail_bound",
    "fitted_truncation_squared",
    "tail_difference",
    "total_variation",
]


def tail_difference(p: Sequence[Number], g: Sequence[Number], r: int) -> Number:
    r""":math:`|\mathrm{tail}_p(r)-\mathrm{tail}_g(r)|`, which the bounds below speak of (E2).

    >>> import sympy
    >>> tail_difference([sympy.Integer(1), sympy.Integer(0)], [sympy.Rational(1, 2)] * 2, 1)
    1/2
    """
    return absolute(coerce(tail_energy(p, r)) - tail_energy(g, r))


def fitted_tail_bound(p: Sequence[Number], g: Sequence[Number], r: int) -> Number:
    r""":math:`\min(\sum_{k\le r}|p_k-g_k|,\sum_{k>r}|p_k-g_k|)`, a bound of the difference of the tails (E2).

    >>> import sympy
    >>> p = [sympy.Rational(4, 6), sympy.Rational(1, 6), sympy.Rational(1, 6)]
    >>> fitted_tail_bound(p, [sympy.Rational(1, 3)] * 3, 1)
    1/3
    """
    steps = _differences(p, g)
    return minimum(total(steps[:r]), tail_energy(steps, r))


def total_variation(p: Sequence[Number], g: Sequence[Number]) -> Number:
    r""":math:`\tfrac12\sum_k|p_k-g_k|`, a bound for every window (E2).

    >>> import sympy
    >>> total_variation([sympy.Rational(4, 5), sympy.Rational(1, 5)], [sympy.Rational(1, 2)] * 2)
    3/10
    """
    return total(_differences(p, g)) / 2


def angle_sine(p: Sequence[Number], g: Sequence[Number]) -> Number:
    r""":math:`\sin\theta=\sqrt{1-(\sum_k\sqrt{p_kg_k})^2}` for energies of mass 1 (E2).

    >>> import sympy
    >>> angle_sine([sympy.Rational(4, 5), sympy.Rational(1, 5)], [sympy.Rational(1, 5), sympy.Rational(4, 5)])
    3/5
    """
    cosine = total(sqrt(x * y) for x, y in zip(map(coerce, p), map(coerce, g), strict=True))
    return sqrt(1 - cosine * cosine, nonnegative=True)


def fitted_truncation_squared(
    writer: tuple[Number, Number], reader: tuple[Number, Number], tail: Number, tail_next: Number
) -> Number:
    r"""Bound of :math:`\|X-X_{r',r}\|_F^2` from bounds of the tails of the energies of W and of W' (E2, from E1).

    :math:`\sigma_1(W')^2\|W\|_F^2\,t+\|W'\|_F^2\,t'\,\sigma_1(W)^2`.

    Parameters
    ----------
    writer, reader : (σ₁, ‖·‖_F²) of W, which writes into the interface, and of W', which reads from it.
    tail, tail_next : upper bounds t, t' of the parts of the energies beyond the windows: those of the fits, enlarged
        by a bound of their error.
    """
    (top, mass), (top_next, mass_next) = writer, reader
    return top_next * top_next * mass * tail + mass_next * tail_next * top * top


def _differences(p: Sequence[Number], g: Sequence[Number]) -> list[Number]:
    return [absolute(x - y) for x, y in zip(map(coerce, p), map(coerce, g), strict=True)]
