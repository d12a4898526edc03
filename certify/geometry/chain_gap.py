"""The Kempf–Ness gap of a chain of float matrices, enclosed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from flint import arb

from certify.errors import ChainError
from certify.geometry.kempf_ness import kempf_ness_gap
from certify.linalg.gemm import gemm
from certify.linalg.matrix import as_matrix
from certify.linalg.norms import frobenius, norm2_up
from certify.linalg.svd import svd
from certify.rigor.ball import hull_ball
from certify.rigor.rounding import FloatArray, add_up, mul_up, norm_up

__all__ = ["chain_gap", "product_sigma"]


def product_sigma(matrices: Sequence[npt.ArrayLike]) -> list[arb]:
    """Enclosures of the singular values of W_L ⋯ W_1, decreasing, as many as its smaller side.

    The product is formed with verified multiplications, W_{l+1}(M ± E) ⊂ fl(W_{l+1} M) ± (rad + ‖W_{l+1}‖₂ ‖E‖₂), and
    Weyl's inequality moves every singular value of the midpoint by at most the accumulated ‖E‖₂.

    Raises :class:`ChainError` for no layers or shapes that do not compose; input errors as
    :func:`certify.linalg.matrix.as_matrix`. An overflow gives unbounded balls.
    """
    if not matrices:
        raise ChainError("a chain needs at least one matrix")
    product: FloatArray = as_matrix(matrices[0])
    error = 0.0
    for k, w in enumerate(matrices[1:], start=2):
        upper = as_matrix(w)
        if upper.shape[1] != product.shape[0]:
            raise ChainError(
                f"layers {k - 1} and {k} do not compose: {product.shape[0]} written, {upper.shape[1]} read"
            )
        step = gemm(upper, product)
        with np.errstate(over="ignore", invalid="ignore"):
            carried = float(mul_up(norm2_up(upper), error)) if error else 0.0
            error = float(add_up(norm_up(step.rad), carried))
        product = step.mid
    found = svd(product)
    slack = arb(error)
    return [
        hull_ball((arb(low) - slack).max(arb(0)), arb(high) + slack)
        for low, high in zip(found.lower.tolist(), found.upper.tolist(), strict=True)
    ]


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
