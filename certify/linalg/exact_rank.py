"""Exact rank of matrices of floats.

A finite float is a dyadic rational, so scaling rows and columns by powers of two turns a float matrix into an integer
matrix of the same rank, without rounding. The rank of an integer matrix is bounded below by its rank modulo any prime.
It is at most r as soon as its rank is at most r modulo primes whose product exceeds every minor of order r + 1: such a
minor is divisible by all of them, hence zero.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from flint import fmpz_mat, nmod_mat

from certify.linalg.matrix import as_matrix

__all__ = ["exact_rank", "integer_matrix"]

_FIRST_PRIME_BELOW = 2**62


def exact_rank(a: npt.ArrayLike) -> int:
    """The rank over the reals of the matrix whose entries are exactly the given floats or integers.

    Raises
    ------
    InputError, UnsupportedError
        As :func:`certify.linalg.matrix.as_matrix`.

    >>> exact_rank([[0.1, 0.2], [0.2, 0.4]]), exact_rank([[0.1, 0.2], [0.3, 0.6]])
    (1, 2)
    """
    z = integer_matrix(a)
    full = min(z.nrows(), z.ncols())
    best, product, bound = -1, 1, 0
    for p in _primes():
        rank = nmod_mat(z, p).rank()
        if rank > best:
            best, product, bound = rank, 1, minor_bound(z, rank + 1)
        if best == full:
            return best
        if rank <= best:
            product *= p
        if product > bound:
            return best
    raise AssertionError("unreachable: there are infinitely many primes")


def integer_matrix(a: npt.ArrayLike) -> fmpz_mat:
    """An integer matrix D a E with D, E invertible diagonal matrices of powers of two."""
    x = as_matrix(a)
    fraction, exponent = np.frexp(x)
    mantissa = np.ldexp(fraction, 53).astype(np.int64)
    zero = mantissa == 0
    lowest = mantissa & -mantissa
    trailing = np.frexp(np.where(zero, 1, lowest).astype(np.float64))[1] - 1
    odd = mantissa >> trailing
    shift = exponent.astype(np.int64) - 53 + trailing
    none = np.iinfo(np.int64).max
    for axis in (0, 1):
        least = np.where(zero, none, shift).min(axis=axis, keepdims=True)
        shift = np.where(zero, 0, shift - np.where(least == none, 0, least))
    entries = [m << s for m, s in zip(odd.ravel().tolist(), shift.ravel().tolist(), strict=True)]
    return fmpz_mat(x.shape[0], x.shape[1], entries)


def minor_bound(z: fmpz_mat, order: int) -> int:
    """An integer at least the absolute value of every minor of the given order (Hadamard, by rows and by columns)."""
    rows = [[int(v) for v in row] for row in z.tolist()]
    bounds: list[int] = []
    for lines in (rows, zip(*rows, strict=True)):
        norms = sorted((sum(v * v for v in line) for line in lines), reverse=True)[:order]
        bits = sum(n.bit_length() for n in norms)
        bounds.append(1 << ((bits + 1) // 2))
    return min(bounds)


def _primes() -> Iterator[int]:
    from sympy import prevprime

    p = _FIRST_PRIME_BELOW
    while True:
        p = int(prevprime(p))
        yield p
