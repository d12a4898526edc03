"""Exact rank of matrices of floats, with a witness.

A finite float is a dyadic rational, so scaling rows and columns by powers of two turns a float matrix into an integer
matrix Z of the same rank, without rounding.

*From below*: a square block of Z that is invertible modulo a prime has a nonzero determinant.
*From above*, in the order tried:

* ``full``: the block has the size of the smaller dimension;
* ``kernel``: the columns (or rows) outside the block are short rational combinations of the ones inside: an integer
  kernel basis N with Z N = 0, found by a few p-adic digits and proved by multiplication;
* ``lift``: p-adic lifting up to the size of the largest minor of order r + 1 (:mod:`certify.linalg.exact.padic_lift`);
* ``primes``: the rank is at most r modulo primes whose product exceeds every minor of order r + 1: such a minor is
  divisible by all of them, hence zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

import numpy as np
import numpy.typing as npt
from flint import fmpq_mat, fmpz_mat, nmod_mat

from certify.errors import InternalError, LimitError
from certify.linalg.exact.integer_matrix import integer_matrix, integer_product, large_prime, minor_bits, pivots, take
from certify.linalg.exact.kernel import short_kernel
from certify.linalg.exact.padic_lift import NotDivisible, digit_bits, digits_needed, lift

__all__ = [
    "ExactInput",
    "ExactRank",
    "as_integer",
    "exact_rank",
    "intersection_dimension",
    "rank_bounds",
    "rank_witness",
]

ExactInput: TypeAlias = "npt.ArrayLike | fmpz_mat | fmpq_mat"
Method = Literal["full", "kernel", "lift", "primes"]
Side = Literal["right", "left", ""]

# Seconds of one current core, from the measured cost of the two general methods.
WORK_LIMIT = 600.0
ENTRY_LIMIT = 2**23
_PER_PRIME = 1.8e-10
_PER_FLOP = 2.5e-11
_PER_ENTRY = 2.0e-9


@dataclass(frozen=True, slots=True)
class ExactRank:
    """The rank of an integer matrix Z and what proves it.

    ``rows``, ``columns`` and ``prime`` name a block that is invertible modulo the prime (rank from below).
    ``method`` says what proves the rank from above; for ``kernel``, ``kernel`` is an integer matrix with Z @ kernel = 0
    (``side`` "right") or kernel @ Z = 0 ("left") that has as many independent columns (rows) as the defect.
    ``minor_bits`` bounds the minors of order rank + 1 by 2**minor_bits for ``lift`` and ``primes``.
    """

    rank: int
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    prime: int
    method: Method
    side: Side = ""
    kernel: fmpz_mat | None = None
    minor_bits: int = 0

    def proves(self, z: fmpz_mat) -> bool:
        """Check the witness against Z: by one modular determinant and one multiplication, or by more primes.

        >>> z = fmpz_mat([[1, 2], [2, 4]])
        >>> rank_witness(z).proves(z), rank_witness(z).proves(fmpz_mat([[1, 2], [2, 5]]))
        (True, False)
        """
        r = self.rank
        if len(set(self.rows)) != r or len(set(self.columns)) != r:
            return False
        if r and int(nmod_mat(take(z, self.rows, self.columns), self.prime).det()) == 0:
            return False
        if self.method == "full":
            return r == min(z.nrows(), z.ncols())
        if self.method == "kernel":
            if self.kernel is None:
                return False
            if self.side == "right":
                zero, count = z * self.kernel, z.ncols() - r
                independent = nmod_mat(self.kernel, self.prime).rank() == self.kernel.ncols() == count
            else:
                zero, count = self.kernel * z, z.nrows() - r
                independent = nmod_mat(self.kernel, self.prime).rank() == self.kernel.nrows() == count
            return independent and not any(zero.entries())
        return _rank_by_primes(z, r, minor_bits(z, r + 1)) == r


def exact_rank(a: ExactInput, *, work_limit: float = WORK_LIMIT) -> int:
    """The rank over the reals of the matrix whose entries are exactly the given floats or integers.

    Parameters
    ----------
    a : array of shape (m, n) of any real dtype that float64 holds exactly, an ``fmpz_mat`` or an ``fmpq_mat``.
    work_limit : refuse beyond this estimate of the work, in seconds of one core.

    Raises
    ------
    InputError, UnsupportedError
        As :func:`certify.linalg.matrix.as_matrix`.
    LimitError
        The matrix is rank deficient and proving it would exceed ``work_limit``.

    >>> exact_rank([[1.0, 3.0], [0.5, 1.5]]), exact_rank([[1.0, 3.0], [0.1, 0.3]])
    (1, 2)
    """
    return rank_witness(a, work_limit=work_limit).rank


def rank_witness(a: ExactInput, *, work_limit: float = WORK_LIMIT) -> ExactRank:
    """The exact rank with its witness; parameters and errors as :func:`exact_rank`.

    The witness speaks of ``as_integer(a)``.

    >>> rank_witness(fmpz_mat([[1, 2, 3], [2, 4, 6]])).kernel
    [-2, 1]
    """
    z = as_integer(a)
    prime = large_prime(0)
    full = min(z.nrows(), z.ncols())
    while True:
        rows, columns = pivots(z, prime)
        r = len(rows)
        if r == full:
            return ExactRank(r, rows, columns, prime, "full")
        for side in _sides(z, r):
            kernel = short_kernel(*_oriented(z, rows, columns, side))
            if kernel is not None:
                turned = kernel if side == "right" else kernel.transpose()
                return ExactRank(r, rows, columns, prime, "kernel", side, turned)
        bits = minor_bits(z, r + 1)
        method, side = _affordable(z, r, bits, work_limit)
        if method == "lift":
            proved = _lift_far(*_oriented(z, rows, columns, side), bits)
        else:
            proved = _rank_by_primes(z, r, bits) == r
        if proved:
            return ExactRank(r, rows, columns, prime, method, side, minor_bits=bits)
        # The first prime happened to divide all larger minors; another one sees the larger rank.
        prime = next(p for p in map(large_prime, range(1, 10**9)) if nmod_mat(z, p).rank() > r)


def as_integer(a: ExactInput) -> fmpz_mat:
    """The integer matrix of the same rank that the functions of this module speak of.

    An ``fmpz_mat`` is taken as it is, an ``fmpq_mat`` times its common denominator, anything else goes through
    :func:`certify.linalg.exact.integer_matrix.integer_matrix`.

    Raises
    ------
    LimitError
        More than 2**23 entries.
    """
    if isinstance(a, fmpz_mat):
        return a
    if isinstance(a, fmpq_mat):
        return a.numer_denom()[0]
    shape = np.shape(cast(npt.ArrayLike, a))
    if len(shape) == 2 and shape[0] * shape[1] > ENTRY_LIMIT:
        raise LimitError(
            f"exact arithmetic on a {shape[0]}x{shape[1]} matrix of floats takes too much memory",
            limit=f"{ENTRY_LIMIT} entries",
            hint="certify full rank by the smallest singular value (certify.linalg.svd), or take a submatrix",
        )
    return integer_matrix(a)


def rank_bounds(a: ExactInput) -> tuple[int, int]:
    """Certified bounds (lower, upper) of the rank at the price of one elimination modulo a prime.

    They are equal for a matrix of full rank and for one whose dependent rows or columns are short rational combinations
    of the others (repeated, zero, pruned); otherwise ``upper`` is the smaller dimension.

    >>> rank_bounds([[1, 2], [2, 4]])
    (1, 1)
    """
    try:
        rank = exact_rank(a, work_limit=0.0)
    except LimitError:
        z = as_integer(a)
        return int(nmod_mat(z, large_prime(0)).rank()), min(z.nrows(), z.ncols())
    return rank, rank


def intersection_dimension(
    lower: npt.ArrayLike, upper: npt.ArrayLike, *, work_limit: float = WORK_LIMIT
) -> tuple[int, int, int]:
    """dim(im W ∩ ker W'), rank W and rank W'W for W = ``lower`` (n x k) and W' = ``upper`` (m x n), all exact.

    Source: dim(im W ∩ ker W') = rank W − rank W'W, by rank–nullity for W' restricted to im W. Errors as
    :func:`exact_rank`, and :class:`InputError` when the shapes do not compose.

    >>> intersection_dimension([[1.0], [1.0]], [[1.0, -1.0]])
    (1, 1, 0)
    """
    rank = exact_rank(lower, work_limit=work_limit)
    product = integer_product(upper, lower)
    seen = int(nmod_mat(product, large_prime(0)).rank())
    if seen != rank:  # the product has at most the rank of either factor
        seen = exact_rank(product, work_limit=work_limit)
    return rank - seen, rank, seen


def _sides(z: fmpz_mat, r: int) -> tuple[Side, Side]:
    return ("right", "left") if z.ncols() - r <= z.nrows() - r else ("left", "right")


def _oriented(
    z: fmpz_mat, rows: tuple[int, ...], columns: tuple[int, ...], side: Side
) -> tuple[fmpz_mat, tuple[int, ...], tuple[int, ...]]:
    return (z, rows, columns) if side == "right" else (z.transpose(), columns, rows)


def _affordable(z: fmpz_mat, r: int, bits: int, work_limit: float) -> tuple[Method, Side]:
    m, n = z.nrows(), z.ncols()
    side = _sides(z, r)[0]
    defect = min(m, n) - r if side == "" else (n - r if side == "right" else m - r)
    height = m if side == "right" else n
    digits = bits / (digit_bits(r) - 0.5)
    limbs = bits / max(r, 1) / 20 + 2
    by_lift = digits * (height * r * (limbs + 1) * (2 * defect * _PER_FLOP + _PER_ENTRY / 4))
    by_lift += digits * height * defect * limbs * 8 * _PER_ENTRY
    by_primes = bits / 61 * m * n * max(r, 1) * _PER_PRIME
    if min(by_lift, by_primes) > work_limit:
        raise LimitError(
            f"the {m}x{n} matrix has rank {r} modulo a prime; proving that it has rank {r} needs about "
            f"{min(by_lift, by_primes):.0f} s of work",
            limit=f"{work_limit:g} s (work_limit)",
            hint="raise work_limit; or use rank_bounds, which keeps the certified lower bound; or give the factors of "
            "a low-rank matrix as two layers",
        )
    return ("lift", side) if by_lift <= by_primes else ("primes", "")


def _lift_far(z: fmpz_mat, rows: tuple[int, ...], columns: tuple[int, ...], bits: int) -> bool:
    needed = 0
    try:
        for k, digit in enumerate(lift(z, rows, columns), start=1):
            needed = needed or digits_needed(bits, digit.prime)
            if digit.finished or k >= needed:
                return True
    except NotDivisible:
        return False
    raise InternalError("the lifting ended early")


def _rank_by_primes(z: fmpz_mat, r: int, bits: int) -> int:
    # Either a rank above r modulo some prime, or r once the product of the primes exceeds all minors of order r + 1.
    product, index = 1, 0
    while product < 1 << bits:
        p = large_prime(index)
        rank = int(nmod_mat(z, p).rank())
        if rank > r:
            return rank
        product *= p
        index += 1
    return r
