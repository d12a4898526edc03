"""Published singular values: to an absolute accuracy, and the small ones among them to a relative one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import flint
import numpy as np

from certify.certificate.publication import UNKNOWN, publish
from certify.linalg import CertifiedSVD
from certify.linalg.graded import WORK_LIMIT, graded_values, matrix_of
from certify.prover.ledger import publish_ball
from certify.prover.widening import GRADED_FLOOR, spectral_floor
from certify.rigor.rounding import FloatArray
from certify.verdict import Enclosure

__all__ = ["layer_sigma", "product_values"]

_COARSE = 2.0**-20
"""Enclosures wider than this part of themselves are computed again."""
_LAYER_BITS = 400
_PRODUCT_BITS = 2**13
_PRODUCT_WORK = 2**24


def layer_sigma(matrix: FloatArray, found: CertifiedSVD) -> list[Enclosure]:
    """The singular values of a layer from its decomposition."""
    m, n = matrix.shape
    floor = spectral_floor(m, n, [float(x) for x in found.upper])
    sigma = [
        publish(float(low), float(high), floor=floor if high > 0 else 0.0, nonnegative=True)
        for low, high in zip(found.lower, found.upper, strict=True)
    ]
    if m * n * min(m, n) > WORK_LIMIT or not _coarse(sigma):
        return sigma
    tall = np.ascontiguousarray(matrix if m >= n else matrix.T)
    return _refined(sigma, graded_values(lambda: matrix_of(tall), _LAYER_BITS, min(m, n)))


def product_values(
    sigma: list[Enclosure], factors: Sequence[Callable[[], FloatArray]], dimensions: Sequence[int], rank: int
) -> list[Enclosure]:
    """The singular values of W_L ⋯ W_1, of which ``rank`` at most are not 0, from enclosures of them."""
    if not rank or len(factors) * max(dimensions) ** 3 > _PRODUCT_WORK or not _coarse(sigma[:rank]):
        return sigma

    def form() -> flint.arb_mat:
        parts = [matrix_of(factor()) for factor in factors]
        while len(parts) > 1:
            pairs = [parts[i : i + 2] for i in range(0, len(parts), 2)]
            parts = [pair[1] * pair[0] if len(pair) == 2 else pair[0] for pair in pairs]
        return parts[0] if dimensions[-1] >= dimensions[0] else parts[0].transpose()

    return [*_refined(sigma[:rank], graded_values(form, _PRODUCT_BITS, rank)), *sigma[rank:]]


def _coarse(sigma: Sequence[Enclosure]) -> bool:
    return any(value.upper > 0 and not value.upper - value.lower <= _COARSE * value.upper for value in sigma)


def _refined(sigma: list[Enclosure], graded: Sequence[flint.arb]) -> list[Enclosure]:
    """The narrower of each two; where one was too wide to be told from 0 it is kept."""
    finer = [publish_ball(x + flint.arb(0, 1) * GRADED_FLOOR * x, nonnegative=True) for x in graded]
    finer += [UNKNOWN] * (len(sigma) - len(finer))
    return [
        new if new.finite and not old.upper - old.lower <= new.upper - new.lower else old
        for old, new in zip(sigma, finer, strict=True)
    ]
