"""Ranks of products of float matrices modulo a small prime: certified lower bounds of the exact ranks.

A float is m 2^e with integer m, and 2 is invertible modulo an odd prime, so float matrices have images modulo p and
products have the products of the images. A minor that is not 0 modulo p is not 0. The images are multiplied by BLAS in
float64: with residues of magnitude at most (p − 1)/2 < 2^20, sums of up to 2^13 products are integers of magnitude
below 2^53, exact in any order of summation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from flint import nmod_mat

from certify.linalg.gemm import require_exact_kernel
from certify.rigor.rounding import FloatArray

__all__ = ["PRIME", "modular_image", "modular_rank", "product_rank_modulo"]

PRIME = 2097143
"""The largest prime below 2^21."""

_SECOND = 2097133
_BLOCK = 2**13


def modular_image(a: FloatArray, prime: int = PRIME) -> FloatArray:
    """The residues of a finite float64 matrix, shape (m, n), as integers of magnitude at most (prime − 1)/2.

    >>> modular_image(np.array([[0.5, 3.0]]), 7).tolist()
    [[-3.0, 3.0]]
    """
    fraction, exponent = np.frexp(a)
    whole = np.ldexp(fraction, 53).astype(np.int64)
    shift = exponent.astype(np.int64) - 53
    used, place = np.unique(shift, return_inverse=True)
    powers = np.array([pow(2, int(e), prime) for e in used], dtype=np.int64)
    return _symmetric((whole % prime) * powers[place.reshape(shift.shape)], prime).astype(np.float64)


def modular_rank(image: FloatArray, prime: int = PRIME) -> int:
    """The rank of a matrix of residues modulo ``prime``."""
    m, n = image.shape
    entries: list[int] = (image.astype(np.int64) % prime).ravel().tolist()
    return int(nmod_mat(m, n, entries, prime).rank())


def product_rank_modulo(factors: Sequence[Callable[[], FloatArray]], high: int) -> int:
    """A lower bound of the rank of W_v ⋯ W_u; the factors are read one at a time, the lowest first in the list.

    Where the rank modulo one prime is below the upper bound ``high``, another prime is tried: a true rank is missed by
    both with a probability of about 2^-42 per dependent minor.

    >>> w = np.array([[1.0, 1.0], [1.0, 1.0]])
    >>> product_rank_modulo([lambda: w, lambda: np.eye(2)], 2)
    1
    """
    best = 0
    for prime in (PRIME, _SECOND):
        best = max(best, modular_rank(_product(factors, prime), prime))
        if best >= high:
            break
    return best


def _product(factors: Sequence[Callable[[], FloatArray]], prime: int) -> FloatArray:
    """The image of the product, multiplied from its narrower end."""
    first, last = factors[0](), factors[-1]()
    upward = len(factors) < 2 or first.shape[1] <= last.shape[0]
    product = modular_image(first if upward else last, prime)
    for place, read in enumerate(factors[1:] if upward else factors[-2::-1]):
        # The other end was read to compare the sides.
        matrix = (last if upward else first) if place == len(factors) - 2 else read()
        image = modular_image(matrix, prime)
        product = _times(image, product, prime) if upward else _times(product, image, prime)
    return product


def _times(x: FloatArray, y: FloatArray, prime: int) -> FloatArray:
    require_exact_kernel()
    total = np.zeros((x.shape[0], y.shape[1]), dtype=np.int64)
    for start in range(0, x.shape[1], _BLOCK):
        part = x[:, start : start + _BLOCK] @ y[start : start + _BLOCK]
        total = _symmetric(total + part.astype(np.int64), prime)
    return total.astype(np.float64)


def _symmetric(a: npt.NDArray[np.int64], prime: int) -> npt.NDArray[np.int64]:
    low = a % prime
    return np.where(low > prime // 2, low - prime, low)
