r"""How far the profiles of an edge may move before its label changes, and their null under permutations (THEORY E6).

The profiles of two row groups on their shared support have the squared norms A and B, the correlation c and the ratio
:math:`\beta_{GH}=\sqrt{A/B}`. Angles enter through cosines and sines.
"""

from __future__ import annotations

from collections.abc import Sequence

from certify.geometry.number import Number, certain, total
from certify.rigor.functions import maximum, minimum, sqrt

__all__ = [
    "angle_margin",
    "angle_radius_squared",
    "nearest_level",
    "permutation_moments",
    "ratio_margin",
    "ratio_radius_squared",
    "scaled_profiles",
    "spread",
    "turned_apart",
    "turned_by",
    "turned_profiles",
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


def turned_by(cosines: tuple[Number, Number], sines: tuple[Number, Number]) -> Number:
    """sin(x − y) of two angles."""
    return sines[0] * cosines[1] - cosines[0] * sines[1]


def angle_radius_squared(left: Number, right: Number, sine: Number) -> Number:
    r""":math:`\tfrac12(A+B-\sqrt{A^2+B^2+2AB\cos2m})`: what turning two profiles by m against each other costs.

    In the form :math:`2AB\sin^2m/(A+B+\sqrt{(A+B)^2-4AB\sin^2m})`, in which nothing cancels for small m.

    Parameters
    ----------
    left, right : the squared norms A and B.
    sine : sin m of either sign, with m = |arccos c − arccos κ|.

    >>> import sympy
    >>> angle_radius_squared(sympy.Integer(1), sympy.Integer(1), sympy.Rational(24, 25))
    18/25
    """
    cost, whole = 2 * left * right * sine * sine, left + right
    return cost / (whole + sqrt(whole * whole - 2 * cost, nonnegative=True))


def ratio_radius_squared(left: Number, right: Number, level: Number) -> Number:
    r""":math:`(|\pi_G|-\beta|\pi_H|)^2/(1+\beta^2)` from the two norms.

    >>> ratio_radius_squared(7, 1, 2)
    5.0
    """
    apart = left - level * right
    return apart * apart / (1 + level * level)


def turned_profiles(
    left: Sequence[Number], right: Sequence[Number], cosine: Number
) -> tuple[list[Number], list[Number]]:
    r"""The nearest profiles of correlation ``cosine``, on two columns or more.

    In the plane of both the first turns by x and the second by m − x, where 2x is the argument of
    :math:`A+Be^{2im}`, and both shrink to their cosines. From parallel profiles any plane will do.

    >>> left, right = turned_profiles([1, 0], [1, 1], 0)
    >>> [round(float(v), 4) for v in (*left, *right)]
    [0.7236, -0.4472, 0.7236, 1.1708]
    """
    squares = [total(v * v for v in p) for p in (left, right)]
    lengths = [sqrt(square, nonnegative=True) for square in squares]
    first = [v / lengths[0] for v in left]
    c = total(u * v for u, v in zip(first, right, strict=True)) / lengths[1]
    rest = [v / lengths[1] - c * u for u, v in zip(first, right, strict=True)]
    s = sqrt(total(v * v for v in rest), nonnegative=True)
    if not certain(s > 0):
        rest, s = [first[1], -first[0], *[0 * v for v in first[2:]]], sqrt(first[0] ** 2 + first[1] ** 2)
        second, s = [v / s for v in rest], sqrt(maximum(1 - c * c, 0), nonnegative=True)
    else:
        second = [v / s for v in rest]
    target = sqrt(maximum(1 - cosine * cosine, 0), nonnegative=True)
    cos, sin = turned_together((cosine, c), (target, s)), turned_by((cosine, c), (target, s))
    p, q = squares[0] + squares[1] * (1 - 2 * sin * sin), 2 * squares[1] * sin * cos
    span = sqrt(p * p + q * q)
    cx = sqrt((1 + p / span) / 2)
    sx = q / (2 * span * cx)
    cy, sy = cos * cx + sin * sx, sin * cx - cos * sx
    ends = (cx, -sx), (c * cy - s * sy, s * cy + c * sy)
    found = [
        [length * part * (x * u + y * v) for u, v in zip(first, second, strict=True)]
        for length, part, (x, y) in zip(lengths, (cx, cy), ends, strict=True)
    ]
    return found[0], found[1]


def scaled_profiles(
    left: Sequence[Number], right: Sequence[Number], ratio: Number
) -> tuple[list[Number], list[Number]]:
    """The nearest profiles the longer of which is ``ratio`` times as long as the other; both keep their directions.

    >>> [round(float(v), 9) for row in scaled_profiles([7], [1], 2) for v in row]
    [6.0, 3.0]
    """
    lengths = [sqrt(total(v * v for v in p), nonnegative=True) for p in (left, right)]
    down = certain(lengths[0] < lengths[1])
    longer, shorter = lengths[::-1] if down else lengths
    share = (ratio * longer + shorter) / (1 + ratio * ratio)
    new = (share, ratio * share) if down else (ratio * share, share)
    found = [[v * (to / length) for v in p] for p, to, length in zip((left, right), new, lengths, strict=True)]
    return found[0], found[1]


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
