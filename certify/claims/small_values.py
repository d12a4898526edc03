"""Which singular values are published to a relative accuracy, and what plain float64 products still tell of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from certify.verdict import Enclosure

__all__ = ["REACH", "absolute", "affordable", "affordable_line", "line_reach", "plain_error", "plain_width"]

REACH = 128
"""Singular values below 2^-REACH of the largest are published to an absolute accuracy."""

_U = 2.0**-53
_WORK, _LINE_WORK = 2**24, 2**30


def affordable(shape: tuple[int, ...]) -> bool:
    """Whether the small singular values of a matrix may be published relatively: m n min(m, n) is at most 2^24.

    >>> affordable((256, 256)), affordable((257, 256))
    (True, False)
    """
    return math.prod(shape) * min(shape) <= _WORK


def affordable_line(dimensions: Sequence[int]) -> bool:
    """Whether the singular values of a product of layers may be published relatively, by the n_0, …, n_L.

    With d the largest, d³ is at most 2^24, and L d³ times the number of 64-bit words of an entry at most 2^30.

    >>> affordable_line([32] * 301), affordable_line([64] * 301)
    (True, False)
    """
    cube, length = max(dimensions) ** 3, len(dimensions) - 1
    return cube <= _WORK and length * cube * (line_reach(length) + 128) // 64 <= _LINE_WORK


def line_reach(length: int) -> int:
    """Down to which power of two, of the largest, the singular values of a product of so many layers are asked for.

    What is below is less than 2^-24 of the largest after the power 2/L, until floats end: 12 L, but 64 to 1100.
    """
    return min(max(12 * length, 64), 1100)


def plain_error(shape: tuple[int, ...], sigma: Sequence[float]) -> float:
    """How far plain float64 products leave all singular values open, from upper bounds of them in decreasing order.

    4mnU σ_1, and 16 max(m, n)U σ_1²/σ_k for the smallest σ_k >= σ_1/512, U = 2^-53: singular vectors that are
    normalized images AV lean on the leading ones by σ_1/σ_k roundings; those of still smaller values have to be
    separated again.
    """
    top = sigma[0]
    smallest = min((x for x in sigma if x >= top / 512), default=top)
    return _error(shape, top, top / smallest if smallest > 0 else 1.0)


def plain_width(shape: tuple[int, ...], largest: float) -> float:
    """What every enclosure of absolute accuracy is wider than, of a layer with σ_1 at least ``largest``."""
    return _error(shape, largest, 1.0)


def _error(shape: tuple[int, ...], top: float, lean: float) -> float:
    return max(4 * math.prod(shape) + 16 * max(shape) * lean, 512) * _U * top


def absolute(sigma: Sequence[Enclosure], shape: tuple[int, ...]) -> list[Enclosure]:
    """Published singular values as they are known to absolute accuracy: by it singular vectors are told apart.

    Narrower enclosures, but for exact numbers, are widened by the error of plain products.
    """
    if not all(value.finite for value in sigma):
        return list(sigma)
    room, least = plain_error(shape, [value.upper for value in sigma]), plain_width(shape, sigma[0].lower)
    return [
        Enclosure(max(value.lower - room, 0.0), value.upper + room) if 0 < value.upper - value.lower < least else value
        for value in sigma
    ]
