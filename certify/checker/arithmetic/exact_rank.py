"""The exact rank of a float matrix, from a minor modulo a prime and an exact linear dependence of all other columns."""

from __future__ import annotations

import flint
import numpy as np

from certify.checker.arithmetic.rounding import Array

__all__ = ["has_rank"]

_PRIMES = (2305843009213693951, 2147483647)


def has_rank(a: Array, rank: int) -> bool:
    """Whether the rank of a finite matrix is proved to be ``rank``.

    Rows and columns are scaled by powers of two to integers, which keeps the rank. At least: a minor of that size is
    not 0 modulo a prime. At most: with B the columns of that minor and C the others, BX = C over the rationals.
    """
    b = a[np.any(a != 0, axis=1)][:, np.any(a != 0, axis=0)]
    if b.size == 0 or rank == 0:
        return rank == 0 and b.size == 0
    if rank > min(b.shape):
        return False
    rows = _integers(b if b.shape[0] >= b.shape[1] else b.T)
    m, n = len(rows), len(rows[0])
    for prime in _PRIMES:
        columns = _pivots(rows, prime)
        if len(columns) > rank:
            return False
        if len(columns) == rank:
            break
    else:
        return False
    if rank == min(m, n):
        return True
    chosen = _pivots([[row[j] for row in rows] for j in columns], prime)
    if len(chosen) != rank:
        return False
    others = [j for j in range(n) if j not in set(columns)]
    minor = flint.fmpz_mat([[rows[i][j] for j in columns] for i in chosen])
    target = flint.fmpz_mat([[rows[i][j] for j in others] for i in chosen])
    solution = flint.fmpq_mat(minor).solve(flint.fmpq_mat(target))
    basis = flint.fmpq_mat(flint.fmpz_mat([[row[j] for j in columns] for row in rows]))
    rest = flint.fmpq_mat(flint.fmpz_mat([[row[j] for j in others] for row in rows]))
    return basis * solution == rest


def _integers(a: Array) -> list[list[int]]:
    """The rows as integers without a common power of two; every row is scaled by itself and has a nonzero entry."""
    fractions, exponents = np.frexp(a)
    mantissas = np.ldexp(fractions, 53).astype(np.int64)
    # Without trailing zero bits, integer weights and float32 ones stay short.
    zeros = np.where(mantissas == 0, 0, np.frexp((mantissas & -mantissas).astype(np.float64))[1] - 1)
    mantissas >>= zeros
    exponents = np.where(mantissas == 0, np.iinfo(np.int32).max, exponents + zeros)
    shifts = np.where(mantissas == 0, 0, exponents - exponents.min(axis=1, keepdims=True))
    return [
        [x << shift for x, shift in zip(row, by, strict=True)]
        for row, by in zip(mantissas.tolist(), shifts.tolist(), strict=True)
    ]


def _pivots(rows: list[list[int]], prime: int) -> list[int]:
    """The pivot columns modulo a prime; their number is at most the rank."""
    n = len(rows[0])
    reduced, rank = flint.nmod_mat(len(rows), n, [x % prime for row in rows for x in row], prime).rref()
    found: list[int] = []
    column = 0
    for i in range(rank):
        while int(reduced[i, column]) == 0:
            column += 1
        found.append(column)
        column += 1
    return found
