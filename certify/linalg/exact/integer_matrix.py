"""Float matrices as integer matrices of the same rank, and bounds of their minors."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt
from flint import fmpz, fmpz_mat, nmod_mat

from certify.errors import InputError
from certify.linalg.matrix import as_matrix

__all__ = [
    "ObjectArray",
    "integer_matrix",
    "integer_product",
    "integers",
    "large_prime",
    "minor_bits",
    "pivots",
    "take",
]

ObjectArray = npt.NDArray[np.object_]

_NO_ENTRY = np.iinfo(np.int64).max


def integer_matrix(a: npt.ArrayLike, *, rows: bool = True, columns: bool = True) -> fmpz_mat:
    """An integer matrix D a E with D, E invertible diagonal matrices of powers of two, hence of the rank of ``a``.

    Parameters
    ----------
    a : array of shape (m, n), any real dtype that float64 holds exactly.
    rows, columns : whether D (E) may differ from a multiple of the identity. Scaling both keeps the integers short.

    Raises
    ------
    InputError, UnsupportedError
        As :func:`certify.linalg.matrix.as_matrix`.

    >>> integer_matrix([[2.0**-100, 3.0], [0.0, 0.5]])
    [1, 6]
    [0, 1]
    >>> integer_matrix([[0.5, 3.0], [0.0, 0.25]], rows=False, columns=False)
    [2, 12]
    [0,  1]
    """
    x = as_matrix(a)
    mantissa, shift = _odd_parts(x)
    nonzero = mantissa != 0
    for allowed, axis in ((columns, 0), (rows, 1)):
        if allowed:
            shift = shift - _least(shift, nonzero, axis)
    shift = np.where(nonzero, shift - _least(shift, nonzero, None), 0)
    entries = [m << s for m, s in zip(mantissa.ravel().tolist(), shift.ravel().tolist(), strict=True)]
    return fmpz_mat(x.shape[0], x.shape[1], entries)


def integer_product(left: npt.ArrayLike, right: npt.ArrayLike) -> fmpz_mat:
    """An integer matrix of the rank of the exact product ``left @ right``: the product up to row and column scaling.

    >>> integer_product([[0.5, 0.25]], [[1.0], [-2.0]])
    [0]
    """
    a = integer_matrix(left, columns=False)
    b = integer_matrix(right, rows=False)
    if a.ncols() != b.nrows():
        raise InputError(
            f"shapes {(a.nrows(), a.ncols())} and {(b.nrows(), b.ncols())} do not compose",
            hint="the left factor needs as many columns as the right factor has rows",
        )
    return a * b


def _odd_parts(x: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    # x = mantissa 2^shift with odd mantissa, or both zero.
    fraction, exponent = np.frexp(x)
    whole = np.ldexp(fraction, 53).astype(np.int64)
    lowest_bit = np.where(whole == 0, 1, whole & -whole)
    trailing = np.frexp(lowest_bit.astype(np.float64))[1] - 1
    return whole >> trailing, np.where(whole == 0, 0, exponent.astype(np.int64) - 53 + trailing)


def _least(shift: npt.NDArray[np.int64], nonzero: npt.NDArray[np.bool_], axis: int | None) -> npt.NDArray[np.int64]:
    least = np.min(np.where(nonzero, shift, _NO_ENTRY), axis=axis, keepdims=True)
    return np.where(least == _NO_ENTRY, 0, least)


def integers(z: fmpz_mat) -> ObjectArray:
    """The entries as Python integers, shape (m, n)."""
    flat = np.array([int(v) for v in z.entries()], dtype=object)
    return flat.reshape(z.nrows(), z.ncols())


def take(z: fmpz_mat, rows: Sequence[int], columns: Sequence[int]) -> fmpz_mat:
    """The submatrix of the given rows and columns, in that order."""
    picked = integers(z)[np.ix_(list(rows), list(columns))]
    return fmpz_mat(len(rows), len(columns), picked.ravel().tolist())


def minor_bits(z: fmpz_mat, order: int) -> int:
    """A number b with |every minor of the given order| < 2**b: Hadamard's inequality by rows and by columns.

    >>> minor_bits(fmpz_mat([[3, 4], [4, -3]]), 2) >= (25).bit_length()
    True
    """
    entries = integers(z)
    candidates: list[int] = []
    for lines in (entries, entries.T):
        squares = sorted((int(np.dot(line, line)) for line in lines), reverse=True)[:order]
        # |minor|^2 <= product of the largest squared norms < 2^(sum of their bit lengths)
        candidates.append(math.ceil(sum(s.bit_length() for s in squares) / 2))
    return min(candidates)


@cache
def large_prime(index: int) -> int:
    """The primes below 2**62 in decreasing order, counted from 0."""
    return next(_primes_below(2**62 if index == 0 else large_prime(index - 1)))


def _primes_below(limit: int) -> Iterator[int]:
    p = limit
    while p > 2:
        p -= 1
        if fmpz(p).is_prime():
            yield p


def pivots(z: fmpz_mat, prime: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Rows and columns of a square block that is invertible modulo ``prime``, of the largest possible size.

    >>> pivots(fmpz_mat([[0, 0], [0, 5], [0, 7]]), 101)
    ((1,), (1,))
    """
    columns = _pivot_columns(nmod_mat(z, prime))
    narrow = take(z, range(z.nrows()), columns)
    return _pivot_columns(nmod_mat(narrow.transpose(), prime)), columns


def _pivot_columns(a: nmod_mat) -> tuple[int, ...]:
    reduced, rank = a.rref()
    found: list[int] = []
    column = 0
    for row in range(int(rank)):
        while int(reduced[row, column]) == 0:
            column += 1
        found.append(column)
        column += 1
    return tuple(found)
