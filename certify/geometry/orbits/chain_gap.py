"""The Kempf–Ness gap of a chain of float matrices, enclosed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy.typing as npt
from flint import arb

from certify.errors import ChainError
from certify.geometry.orbits.kempf_ness import kempf_ness_gap
from certify.linalg.chain_product import product_spectrum
from certify.linalg.matrix import as_matrix
from certify.linalg.norms import frobenius, norm2_up
from certify.rigor.ball import hull_ball

__all__ = ["chain_gap", "product_sigma"]


def product_sigma(matrices: Sequence[npt.ArrayLike]) -> list[arb]:
    """Enclosures of the singular values of W_L ⋯ W_1, decreasing, as many as its smaller side.

    The enclosures are those of :func:`certify.linalg.chain_product.product_spectrum`.

    Raises :class:`ChainError` for no layers or shapes that do not compose; input errors as
    :func:`certify.linalg.matrix.as_matrix`. An overflow gives unbounded balls.
    """
    layers = [as_matrix(w) for w in matrices]
    if not layers:
        raise ChainError("a chain needs at least one matrix")
    for k, (below, above) in enumerate(pairwise(layers), start=1):
        if above.shape[1] != below.shape[0]:
            raise ChainError(f"layers {k} and {k + 1} do not compose: {below.shape[0]} written, {above.shape[1]} read")
    readers = [lambda w=w: w for w in layers]
    found = product_spectrum(readers, [w.shape for w in layers], [norm2_up(w) for w in layers])
    if found is None:
        return [arb(0, float("inf"))] * min(layers[0].shape[1], layers[-1].shape[0])
    scale = arb(2) ** found.exponent
    return [hull_ball(low, high) * scale for low, high in zip(found.lower.tolist(), found.upper.tolist(), strict=True)]


def chain_gap(matrices: Sequence[npt.ArrayLike], *, rank: int | None = None) -> arb:
    """Ball around Σ‖W_l‖_F² − L Σ_i σ_i(W_L ⋯ W_1)^{2/L} ≥ 0, the distance of a chain from balance.

    The exact gap is not negative, so the part of the ball below 0 may be disregarded. Divided by Σ‖W_l‖_F² it is free
    of scale and lies in [0, 1]. Errors as :func:`product_sigma`.

    Parameters
    ----------
    matrices : W_1, ..., W_L; W_l has shape (n_l, n_{l−1}).
    rank : the rank of the product when it is certified: further singular values are exactly 0 then, and need no ball.

    >>> chain_gap([[[2.0]], [[1.0]]]).contains(1)
    True
    """
    sigma = product_sigma(matrices)[:rank]
    squares: list[arb] = []
    for w in matrices:
        norm = frobenius(as_matrix(w))
        ball = hull_ball(float(norm.lo), float(norm.hi))
        squares.append(ball * ball)
    return kempf_ness_gap(squares, sigma)
