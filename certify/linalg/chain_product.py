"""The singular values of a product of several matrices, enclosed.

Every partial product is a float matrix M with a bound e of ‖M − exact‖₂. For two of them,

    ‖fl(M'M) − exact‖₂ ≤ ‖rad‖₂ + ‖M'‖₂ e + e' ‖M‖₂ + e' e,

with ``rad`` from :func:`certify.linalg.gemm.gemm`. The order of multiplication is that of fewest operations and, among
those, of least depth: e then grows with the depth, and not with the product of all norms.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from flint import arb

from certify.errors import ChainError
from certify.linalg.gemm import gemm
from certify.linalg.matrix import as_matrix
from certify.linalg.norms import frobenius, norm2_abs_up, norm2_up
from certify.linalg.svd import svd
from certify.rigor.ball import hull_ball, upper
from certify.rigor.rounding import ETA, FloatArray

__all__ = ["ProductSpectrum", "product_sigma", "product_spectrum", "squared_norms"]

_COMPARED = 48


@dataclass(frozen=True, slots=True)
class ProductSpectrum:
    """``lower[k] <= 2**-exponent σ_{k+1}(W_L ⋯ W_1) <= upper[k]``, and how far off the float product may be.

    ``error`` bounds ‖M − 2**-exponent W_L ⋯ W_1‖₂ for the float matrix M whose singular values were enclosed.
    """

    lower: FloatArray
    upper: FloatArray
    exponent: int
    error: float


@dataclass(frozen=True, slots=True)
class _Part:
    """A float matrix M, an upper bound of ‖M‖₂, a bound of ‖M − exact‖₂, and the exponent that was divided out."""

    matrix: FloatArray
    norm: arb
    error: arb
    exponent: int


def product_spectrum(
    layers: Sequence[Callable[[], FloatArray]], shapes: Sequence[tuple[int, int]], norms: Sequence[float]
) -> ProductSpectrum | None:
    """Enclose all min(n_0, n_L) singular values of W_L ⋯ W_1; None where something overflowed.

    Parameters
    ----------
    layers : functions that read W_1, ..., W_L; each is called once, and few matrices are held at a time.
    shapes : their shapes (n_l, n_{l−1}).
    norms : upper bounds of their spectral norms; infinite ones are replaced.

    >>> w = np.array([[2.0, 0.0], [0.0, 1.0]])
    >>> found = product_spectrum([lambda: w, lambda: w], [(2, 2)] * 2, [2.0] * 2)
    >>> [bool(lo <= 4 / 2.0**found.exponent <= hi) for lo, hi in zip(found.lower[:1], found.upper[:1])]
    [True]
    """
    dims = (shapes[0][1], *(shape[0] for shape in shapes))
    split = _splits(dims)

    def part(i: int, j: int) -> _Part:
        if j == i + 1:
            return _leaf(as_matrix(layers[i]()), norms[i])
        k = split(i, j)[2]
        return _times(part(k, j), part(i, k))

    whole = part(0, len(shapes))
    error = upper(whole.error)
    if not error < np.inf:
        return None
    found = svd(whole.matrix)
    with np.errstate(all="ignore"):
        low = np.maximum(np.nextafter(found.lower - error, -np.inf), 0.0)
        high = np.nextafter(found.upper + error, np.inf)
    return ProductSpectrum(low, high, whole.exponent, error)


def product_sigma(matrices: Sequence[npt.ArrayLike]) -> list[arb]:
    """Enclosures of the singular values of W_L ⋯ W_1, decreasing, as many as its smaller side.

    The enclosures are those of :func:`product_spectrum`.

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


def squared_norms(matrices: Sequence[npt.ArrayLike]) -> list[arb]:
    """Balls around the squared Frobenius norms of W_1, ..., W_L; errors as :func:`certify.linalg.matrix.as_matrix`.

    >>> [x.contains(4) for x in squared_norms([[[2.0]]])]
    [True]
    """
    norms = [frobenius(as_matrix(w)) for w in matrices]
    balls = [hull_ball(float(norm.lo), float(norm.hi)) for norm in norms]
    return [x * x for x in balls]


def _splits(dims: tuple[int, ...]) -> Callable[[int, int], tuple[int, int, int]]:
    """(multiplications, depth, where to split) of the best order for factors i+1..j, of sizes dims[l] x dims[l-1]."""

    @cache
    def best(i: int, j: int) -> tuple[int, int, int]:
        if j == i + 1:
            return 0, 0, i
        options: list[tuple[int, int, int]] = []
        # Long chains are halved first: comparing all orders takes the cube of their length.
        for k in [(i + j) // 2] if j - i > _COMPARED else range(i + 1, j):
            low, high = best(i, k), best(k, j)
            options.append((low[0] + high[0] + dims[i] * dims[k] * dims[j], 1 + max(low[1], high[1]), k))
        return min(options)

    return best


def _leaf(a: FloatArray, norm: float) -> _Part:
    exponent = int(np.frexp(np.max(np.abs(a)))[1])
    scaled = np.ldexp(a, -exponent)
    exact = bool(np.all(np.ldexp(scaled, exponent) == a))
    # An entry that becomes subnormal moves by less than ETA.
    loss = arb(0) if exact else 2 * arb(ETA) * arb(a.size).sqrt()
    known = arb(norm) * arb(2) ** -exponent if norm < np.inf else arb(np.inf)
    size = known + loss if known.is_finite() else arb(norm2_up(scaled))
    return _Part(scaled, size, loss, exponent)


def _times(left: _Part, right: _Part) -> _Part:
    product = gemm(left.matrix, right.matrix)
    rounding = arb(norm2_abs_up(product.rad))
    error = rounding + left.norm * right.error + left.error * right.norm + left.error * right.error
    norm = (left.norm * right.norm + rounding).min(arb(norm2_up(product.mid)))
    return _Part(product.mid, norm, error, left.exponent + right.exponent)
