r"""How far the profiles of an edge may move before its label changes, and their null under permutations (THEORY E6).

The profiles of two row groups on their shared support have the squared norms A and B, the correlation c and the ratio
:math:`\beta_{GH}=\sqrt{A/B}`. Angles enter through cosines and sines.
"""

from __future__ import annotations

from collections.abc import Sequence

from certify.geometry.number import Number, total
from certify.rigor.functions import maximum, minimum, sqrt

__all__ = [
    "angle_margin",
    "angle_radius_squared",
    "nearest_level",
    "permutation_moments",
    "ratio_margin",
    "ratio_radius_squared",
    "spread",
    "turned_apart",
    "turned_together",
]


def turned_together(cosines: tuple[Number, Number], sines: tuple[Number, Number]) -> Number:
    """cos(x − y) of two angles in [0, π]."""
    return cosines[0] * cosines[1] + sines[0] * sines[1]


def turned_apart(cosines: tuple[Number, Number], sines: tuple[Number, Number]) -> Number:
    """cos(x + y)."""
    return cosines[0] * cosines[1] - sines[0] * sines[1]


def angle_margin(turn: Number, moved: tuple[Number, Number]) -> Number:
    r""":math:`\cos(\arcsin t_G+\arcsin t_H)-\cos m`: positive where the angle stays on its side of arccos κ (E6).

    Parameters
    ----------
    turn : cos m, m the distance of the angle between the profiles from arccos κ; see :func:`turned_together`.
    moved : t_G and t_H, how far the profiles move relative to their lengths; from 1 on the margin is not positive.

    >>> angle_margin(0, (0, 0))
    1.00000000000000
    """
    cosines = tuple(sqrt(maximum(1 - t * t, 0), nonnegative=True) for t in moved)
    return turned_apart((cosines[0], cosines[1]), moved) - turn


def nearest_level(ratio: Number, level: Number) -> Number:
    r""":math:`\max_b\min(\beta_{GH}/b,b/\beta_{GH})`, b = β*, 1/β*: how close the ratio is to a level, 1 on it (E6).

    >>> nearest_level(1, 2)
    0.500000000000000
    """
    return maximum(*(minimum(ratio / b, b / ratio) for b in (level, 1 / level)))


def ratio_margin(nearest: Number, moved: tuple[Number, Number]) -> Number:
    r""":math:`\min(\frac{1-t_H}{1+t_G},\frac{1-t_G}{1+t_H})` less ``nearest``, that of :func:`nearest_level`.

    Positive where the ratio of the norms stays on its side of β* and of 1/β*: the logarithm of what is subtracted is
    minus the distance of log β_GH from the nearer of both, that of the minuend minus the bound of its change (E6).

    >>> ratio_margin(nearest_level(1, 2), (0, 0))
    0.500000000000000
    """
    left, right = moved
    return minimum((1 - right) / (1 + left), (1 - left) / (1 + right)) - nearest


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
    spreads = [spread(total(v * v for v in p), total(p), s) for p in (left, right)]
    return total(left) * total(right) / s, spreads[0] * spreads[1] / (s - 1)


def spread(squares: Number, sums: Number, s: Number) -> Number:
    r""":math:`\sum(a-\bar a)^2` from :math:`\sum a^2` and :math:`\sum a` over s columns.

    >>> spread(5, 3, 2)
    0.5
    """
    return squares - sums * sums / s
