"""The singular values of a layer as they are published: absolutely where they are large, relatively where small."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from flint import arb

from certify.certificate.publication import publish_all
from certify.claims.small_values import REACH, affordable, affordable_line, line_reach, plain_error, plain_width
from certify.linalg import CertifiedSVD
from certify.linalg.relative_product import relative_product
from certify.linalg.relative_svd import relative_values
from certify.prover.ledger import publish_ball
from certify.prover.product_ranks import Factor
from certify.rigor.ball import upper
from certify.verdict import Enclosure

__all__ = ["published_product", "published_sigma"]

_FIVE_DIGITS = 2.0**-17
_FLOOR = 2.0**-28
"""Of a relative enclosure, of itself: a hundred times what either computation loses."""
_PRODUCT_FLOOR = 2.0**-12
"""The same for products of layers, whose levels are fewer and lose more."""
_MARGIN = 2.0**16
"""The other computation measures the reach by the Frobenius norm."""


def published_sigma(matrix: npt.NDArray[np.float64], found: CertifiedSVD) -> list[Enclosure]:
    """All singular values, decreasing at both ends.

    Relative enclosures are computed where the floor of the absolute ones would cost a value its fifth digit, and
    published for values of which they are less than a quarter as wide as any absolute enclosure.
    """
    m, n = matrix.shape
    floor = plain_error((m, n), found.upper.tolist())
    floors = np.where(found.upper > 0, floor, 0.0)
    values = publish_all(found.lower, found.upper, floor=floors, nonnegative=True)
    coarse = any(0 < x.upper < 2 * floor / _FIVE_DIGITS for x in values)
    if not (coarse and affordable(matrix.shape) and values[0].finite):
        return values
    known = relative_values(matrix, REACH)
    if known is None:
        return values
    least = plain_width(matrix.shape, values[0].lower)
    end = known.leading[0] * _MARGIN * arb(2) ** -REACH
    for k, ball in enumerate(known.leading):
        size = upper(ball)
        if 4 * _FLOOR * size <= least and ball > end:
            narrow = publish_ball(ball, floor=_FLOOR * size, nonnegative=True)
            if narrow.upper - narrow.lower < least / 2:
                values[k] = narrow
    return _decreasing(values)


def published_product(
    values: Sequence[Enclosure], factors: Sequence[Factor], dimensions: Sequence[int], norms: Sequence[float]
) -> list[Enclosure]:
    """The singular values of a product of layers, relatively where that is narrower than what is known.

    Parameters
    ----------
    values : their published enclosures, decreasing.
    factors, dimensions, norms : functions that read the layers, n_0, …, n_L, and upper bounds of the spectral norms.
    """
    if not (affordable_line(dimensions) and all(map(math.isfinite, norms))):
        return list(values)
    reach = line_reach(len(factors))
    known = relative_product(factors, norms, reach)
    if known is None:
        return list(values)
    end = (known.leading[0] * _MARGIN * arb(2) ** -reach).upper()
    found: list[Enclosure] = []
    for k, value in enumerate(values):
        ball = known.leading[k] if k < len(known.leading) else arb(0).union(known.beyond)
        size = ball.upper()
        if ball > end:
            own = publish_ball(ball, floor=upper(size * _PRODUCT_FLOOR), nonnegative=True)
        else:
            own = publish_ball(arb(0).union(size.max(end)), nonnegative=True)
        narrower = own.finite and not own.upper - own.lower > value.upper - value.lower
        found.append(own if narrower else value)
    return _decreasing(found) if all(value.finite for value in found) else found


def _decreasing(values: list[Enclosure]) -> list[Enclosure]:
    """Every σ is at most the ones before and at least the ones behind it."""
    lower = np.maximum.accumulate([x.lower for x in reversed(values)])[::-1]
    upper = np.minimum.accumulate([x.upper for x in values])
    return [Enclosure(float(low), float(high)) for low, high in zip(lower, upper, strict=True)]
