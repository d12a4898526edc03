"""Which singular values are published to a relative accuracy, and what plain float64 products still tell of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from certify.verdict import Enclosure

__all__ = ["REACH", "absolute", "affordable", "plain_width"]

REACH = 128
"""Singular values below 2^-REACH of the largest are published to an absolute accuracy."""

_WORK = 2**24


def affordable(shape: tuple[int, ...]) -> bool:
    """Whether the small singular values of a matrix may be published relatively: m n min(m, n) is at most 2^24.

    >>> affordable((256, 256)), affordable((257, 256))
    (True, False)
    """
    return math.prod(shape) * min(shape) <= _WORK


def plain_width(shape: tuple[int, ...], largest: float) -> float:
    """What every enclosure of absolute accuracy is wider than, of a layer with σ_1 at least ``largest``.

    It is the error of plain float64 products in both computations: max(4mn + 16 max(m, n), 512) 2^-53 σ_1.
    """
    return max(4 * math.prod(shape) + 16 * max(shape), 512) * 2.0**-53 * largest


def absolute(sigma: Sequence[Enclosure], shape: tuple[int, ...]) -> list[Enclosure]:
    """Published singular values as they are known to absolute accuracy: by it singular vectors are told apart.

    Narrower enclosures, but for exact numbers, are widened by half the width of that of σ_1.
    """
    first = sigma[0]
    if not first.finite:
        return list(sigma)
    room, least = (first.upper - first.lower) / 2, plain_width(shape, first.lower)
    return [
        Enclosure(max(value.lower - room, 0.0), value.upper + room) if 0 < value.upper - value.lower < least else value
        for value in sigma
    ]
