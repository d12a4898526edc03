"""Ranks of products of float matrices: at least by a right inverse or modulo a prime, at most by exact dependence.

**At least, in floating point.** If ‖MX - I‖₂ < 1 for some X then M has full row rank. X comes from a QR factorization
of which nothing is assumed.

**At least, modulo a prime.** Floats are integers times powers of two, which are units modulo an odd prime, and a minor
that does not vanish modulo the prime is not 0. Residues below 2^21 in magnitude are multiplied in float64: sums of up
to 2^11 products are integers below 2^53 and thus exact.

**At most.** The product is formed in integers. With B some of its columns and C the others, BY = C over the rationals.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

import flint
import numpy as np
import scipy.linalg

from certify.checker.arithmetic.rounding import ETA, Array, U, absolute_norm, ball, check_arithmetic, product
from certify.checker.arithmetic.scaled_matrix import Unit

__all__ = ["Factor", "full_rank", "rank_at_most", "rank_modulo"]

Factor: TypeAlias = Callable[[], Array]

_PRIME = 4194301
_CHUNK = 2**11


@np.errstate(all="ignore")
def full_rank(w: Unit, w_next: Unit) -> bool:
    """Whether W'W is proved to have the rank of its smaller side; False proves nothing."""
    both, rounding = product(w_next.matrix, w.matrix)
    work = both if both.shape[0] <= both.shape[1] else both.T
    slip = ball(rounding) + 2 * (ball(w.lost) + ball(w_next.lost))
    rows = work.shape[0]
    q, r = np.linalg.qr(work.T)
    if not np.abs(np.diag(r)).min() > 0:
        return False
    x: Array = q @ scipy.linalg.solve_triangular(r.T, np.eye(rows), lower=True, check_finite=False)
    largest = float(np.abs(x).max())
    if not 0 < largest < math.inf:
        return False
    g = math.frexp(largest)[1]
    scaled = np.ldexp(x, -g)
    near, rounding = product(work, scaled)
    rest = np.ldexp(near, g)
    rest[np.diag_indices(rows)] -= 1.0
    # Subtracting 1 rounds once, by at most u(1 + |result|); a subnormal ldexp errs by at most η.
    f = ball(absolute_norm(rest)) * (1 + 4 * ball(U)) + ball(2 * U) + ball(4 * rows * ETA)
    f += flint.arb(2) ** g * (ball(rounding) + slip * ball(absolute_norm(scaled)))
    return bool(f < 1)


def rank_modulo(factors: Sequence[Factor]) -> int:
    """The rank of W_v ⋯ W_u modulo a prime, which the rank is not below; the lowest matrix is read first."""
    check_arithmetic()
    found = _residues(factors[0]())
    for read in factors[1:]:
        upper = _residues(read())
        total = np.zeros((upper.shape[0], found.shape[1]))
        for start in range(0, upper.shape[1], _CHUNK):
            total = np.remainder(total + upper[:, start : start + _CHUNK] @ found[start : start + _CHUNK], _PRIME)
        found = np.where(total > _PRIME // 2, total - _PRIME, total)
    entries: list[int] = np.remainder(found, _PRIME).astype(np.int64).ravel().tolist()
    return int(flint.nmod_mat(found.shape[0], found.shape[1], entries, _PRIME).rank())


@functools.cache
def _powers() -> Array:
    """Residues of the values of a unit in the last place, by biased exponent."""
    exponents = [max(biased, 1) - 1075 for biased in range(2047)]
    return np.array([pow(2, e, _PRIME) for e in exponents], dtype=np.float64)


def _residues(a: Array) -> Array:
    """Entries modulo the prime, of magnitude at most half of it, from the bits of the floats."""
    bits = np.ascontiguousarray(a, dtype=np.float64).view(np.int64)
    biased = (bits >> 52) & 0x7FF
    whole = (bits & (2**52 - 1)) | np.where(biased > 0, np.int64(2**52), np.int64(0))
    # Two residues below 2^22: the product is exact.
    size = np.remainder((whole % _PRIME).astype(np.float64) * _powers()[biased], _PRIME)
    size = np.where(size > _PRIME // 2, size - _PRIME, size)
    return np.where(bits < 0, -size, size)


def rank_at_most(factors: Sequence[Factor], rank: int) -> bool:
    """Whether the rank of W_v ⋯ W_u is proved not to exceed ``rank``; False proves nothing."""
    z = _integers(factors[0]())
    for read in factors[1:]:
        z = _integers(read()) * z
    if z.nrows() < z.ncols():
        z = z.transpose()
    columns = _pivots(z)
    rows = _pivots(_columns(z, columns).transpose())
    if len(columns) > rank or len(rows) != len(columns):
        return False
    others = sorted(set(range(z.ncols())) - set(columns))
    basis, rest = _columns(z, columns), _columns(z, others)
    if not others:
        return True
    if not columns:
        return not any(rest.entries())
    solution = flint.fmpq_mat(_rows(basis, rows)).solve(flint.fmpq_mat(_rows(rest, rows)))
    return flint.fmpq_mat(basis) * solution == flint.fmpq_mat(rest)


def _integers(a: Array) -> flint.fmpz_mat:
    """The matrix times the power of two that makes it an integer matrix."""
    ratios = [x.as_integer_ratio() for x in a.ravel().tolist()]
    scale = max(denominator for _, denominator in ratios)
    return flint.fmpz_mat(a.shape[0], a.shape[1], [x * (scale // denominator) for x, denominator in ratios])


def _pivots(z: flint.fmpz_mat) -> list[int]:
    """Columns that are independent modulo a prime, as many as there are."""
    reduced, rank = flint.nmod_mat(z, 2**61 - 1).rref()
    found: list[int] = []
    column = 0
    for i in range(rank):
        while int(reduced[i, column]) == 0:
            column += 1
        found.append(column)
        column += 1
    return found


def _columns(z: flint.fmpz_mat, chosen: Sequence[int]) -> flint.fmpz_mat:
    return _rows(z.transpose(), chosen).transpose()


def _rows(z: flint.fmpz_mat, chosen: Sequence[int]) -> flint.fmpz_mat:
    table = z.tolist()
    return flint.fmpz_mat(len(chosen), z.ncols(), [x for i in chosen for x in table[i]])
