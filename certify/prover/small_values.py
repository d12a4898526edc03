"""The singular values of a layer as they are published: absolutely where they are large, relatively where small."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from certify.certificate.publication import publish
from certify.claims.small_values import REACH, affordable, plain_width
from certify.linalg import CertifiedSVD
from certify.linalg.relative_svd import relative_values
from certify.prover.ledger import publish_ball
from certify.prover.widening import spectral_floor
from certify.rigor.ball import upper
from certify.verdict import Enclosure

__all__ = ["published_sigma"]

_FIVE_DIGITS = 2.0**-17
_FLOOR = 2.0**-28
"""Of a relative enclosure, of itself: a hundred times what either computation loses."""


def published_sigma(matrix: npt.NDArray[np.float64], found: CertifiedSVD) -> list[Enclosure]:
    """All singular values, decreasing at both ends.

    Relative enclosures are computed where the floor of the absolute ones would cost a value its fifth digit, and
    published for values of which they are less than a quarter as wide as any absolute enclosure.
    """
    m, n = matrix.shape
    floor = spectral_floor(m, n, [float(x) for x in found.upper])
    values = [
        publish(float(low), float(high), floor=floor if high > 0 else 0.0, nonnegative=True)
        for low, high in zip(found.lower, found.upper, strict=True)
    ]
    coarse = any(0 < x.upper < 2 * floor / _FIVE_DIGITS for x in values)
    if not (coarse and affordable(matrix.shape) and values[0].finite):
        return values
    known = relative_values(matrix, REACH)
    if known is None:
        return values
    least = plain_width(matrix.shape, values[0].lower)
    for k, ball in enumerate(known.leading):
        size = upper(ball)
        if 4 * _FLOOR * size <= least:
            narrow = publish_ball(ball, floor=_FLOOR * size, nonnegative=True)
            if narrow.upper - narrow.lower < least / 2:
                values[k] = narrow
    return _decreasing(values)


def _decreasing(values: list[Enclosure]) -> list[Enclosure]:
    """Every σ is at most the ones before and at least the ones behind it."""
    lower = np.maximum.accumulate([x.lower for x in reversed(values)])[::-1]
    upper = np.minimum.accumulate([x.upper for x in values])
    return [Enclosure(float(low), float(high)) for low, high in zip(lower, upper, strict=True)]
