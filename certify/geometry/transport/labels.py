r"""How far the profiles of an edge may move before its label changes, and their null under permutations (THEORY E6).

The profiles of two row groups on their shared support have the squared norms A and B, the correlation c and the ratio
:math:`\beta_{GH}=\sqrt{A/B}`. Angles enter through cosines and sines.
"""

from __future__ import annotations

from collections.abc import Sequence

from certify.geometry.number import Number, total
from certify.rigor.functions import sqrt

__all__ = ["angle_radius_squared", "permutation_moments", "ratio_radius_squared", "turned_apart", "turned_together"]


def turned_together(cosines: tuple[Number, Number], sines: tuple[Number, Number]) -> Number:
    """cos(x − y) of two angles in [0, π]."""
    return cosines[0] * cosines[1] + sines[0] * sines[1]


def turned_apart(cosines: tuple[Number, Number], sines: tuple[Number, Number]) -> Number:
    """cos(x + y)."""
    return cosines[0] * cosines[1] - sines[0] * sines[1]


def angle_radius_squared(left: Number, right: Number, cosine: Number) -> Number:
    r""":math:`\tfrac12(A+B-\sqrt{A^2+B^2+2AB\cos2m})`: what turning two profiles by m against each other costs.

    Parameters
    ----------
    left, right : the squared norms A and B.
    cosine : cos m, with m = |arccos c − arccos κ|.

    >>> import sympy
    >>> angle_radius_squared(sympy.Integer(1), sympy.Integer(1), sympy.Rational(7, 25))
    18/25
    """
    return (left + right - sqrt((left - right) * (left - right) + 4 * left * right * cosine * cosine)) / 2


def ratio_radius_squared(left: Number, right: Number, level: Number) -> Number:
    r""":math:`(|\pi_G|-\beta|\pi_H|)^2/(1+\beta^2)` from the two norms.

    >>> ratio_radius_squared(7, 1, 2)
    5.0
    """
    apart = left - level * right
    return apart * apart / (1 + level * level)


def permutation_moments(left: Sequence[Number], right: Sequence[Number]) -> tuple[Number, Number]:
    r"""Mean and variance of :math:`\sum_ja_jb_{\sigma(j)}` over all permutations σ of s ≥ 2 columns:
    :math:`\sum a\sum b/s` and :math:`\sum(a-\bar a)^2\sum(b-\bar b)^2/(s-1)`."""
    s = len(left)
    spreads = [total(v * v for v in p) - total(p) * total(p) / s for p in (left, right)]
    return total(left) * total(right) / s, spreads[0] * spreads[1] / (s - 1)
