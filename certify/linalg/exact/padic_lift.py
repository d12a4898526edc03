"""p-adic lifting of linear relations between the columns of an integer matrix (Dixon's method).

Let Z be integer, m x n, with a block A11 = Z[rows, columns] of size r invertible modulo a prime p. Write
A = Z[:, columns] and B = Z[:, others]. The lifting produces X = X_0 + X_1 p + X_2 p^2 + ... with A11 X = B1 modulo p^k,
keeping the residual R_k = (B - A (X_0 + ... + X_{k-1} p^{k-1})) / p^k, which must be an integer matrix in *all* rows.

Rank certificate. Suppose every residual up to k was an integer. The Schur complement S = B2 - A21 A11^{-1} B1 is then
divisible by p^k in the ring of rationals with denominators prime to p, so the bordered minors det(A11) S_ij, which are
integers, are multiples of p^k. Once p^k exceeds a bound of the minors of order r + 1 they vanish: the rank is r.

Arithmetic. Integers are held in float64 and int64 arrays. Every product of matrices below has entries bounded by
2^53 in absolute value including all partial sums, so BLAS returns the exact integer in any order of summation (the
kernel at hand is tried on integers first).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from flint import fmpz, fmpz_mat, nmod_mat

from certify.errors import InternalError
from certify.linalg.exact.integer_matrix import integers, take
from certify.linalg.gemm import require_exact_kernel

__all__ = ["Digit", "NotDivisible", "digit_bits", "digits_needed", "lift"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

_EXACT_BITS = 53
# Times a prime below 2^31 this stays below 2^63.
_QUOTIENT_LIMIT = 2**31


class NotDivisible(Exception):
    """A residual was not an integer: the rank exceeds the size of the pivot block."""


@dataclass(frozen=True, slots=True)
class Digit:
    """One step: X_k with entries of magnitude at most p/2, shape (r, n - r); ``finished`` when the residual is zero."""

    value: IntArray
    prime: int
    finished: bool


def digit_bits(r: int) -> int:
    """The bit length of the primes the lifting uses for a pivot block of size r: r (p/2)^2 < 2^53."""
    return min(31, 1 + (_EXACT_BITS - r.bit_length()) // 2)


def lift(z: fmpz_mat, rows: Sequence[int], columns: Sequence[int]) -> Iterator[Digit]:
    """The digits X_0, X_1, ... of A11^{-1} B1, without end unless the residual becomes zero.

    Raises
    ------
    NotDivisible
        When some residual is not an integer matrix, which proves that the rank exceeds ``len(rows)``.
    InternalError
        The matrix product of this NumPy is not a plain one.
    """
    require_exact_kernel()
    r = len(rows)
    others = [j for j in range(z.ncols()) if j not in set(columns)]
    ordered = [*rows, *(i for i in range(z.nrows()) if i not in set(rows))]
    prime, inverse = _inverse_modulo_some_prime(take(z, rows, columns), digit_bits(r))
    # width: r 2^width p/2 <= 2^53 keeps the product with one limb exact.
    width = min(24, _EXACT_BITS - r.bit_length() - (prime // 2).bit_length())
    a = integers(take(z, ordered, columns))
    residual = integers(take(z, ordered, others))
    # |R_k| <= max(|B|, r max|A|) throughout, by induction with p >= 3.
    largest = max(_magnitude(residual), r * _magnitude(a), 1)
    count = largest.bit_length() // width + 2
    a_limbs = [limb.astype(np.float64) for limb in _limbs(a, width, _magnitude(a).bit_length() // width + 1)]
    r_limbs = _limbs(residual, width, count)
    powers = [pow(2, width * k, prime) for k in range(count)]
    division = _ExactDivision(prime, width)
    while True:
        reduced = r_limbs[0][:r] * powers[0]
        for limb, power in zip(r_limbs[1:], powers[1:], strict=True):
            reduced += limb[:r] * power
        solved = inverse @ _symmetric(reduced, prime).astype(np.float64)
        digit = _symmetric(solved.astype(np.int64), prime)
        as_float = digit.astype(np.float64)
        for limb, r_limb in zip(a_limbs, r_limbs, strict=False):
            r_limb -= (limb @ as_float).astype(np.int64)
        division(r_limbs)
        finished = not any(limb.any() for limb in r_limbs)
        yield Digit(digit, prime, finished)
        if finished:
            return


def _symmetric(a: IntArray, prime: int) -> IntArray:
    low = np.mod(a, prime)
    return np.where(low > prime // 2, low - prime, low)


def _magnitude(a: npt.NDArray[np.object_]) -> int:
    return max((abs(int(v)) for v in a.ravel()), default=0)


def _limbs(a: npt.NDArray[np.object_], width: int, count: int) -> list[IntArray]:
    # Two's complement in base 2^width: all limbs in [0, 2^width) but the last, which carries the sign.
    mask = (1 << width) - 1
    limbs: list[IntArray] = []
    rest = a
    for _ in range(count - 1):
        limbs.append((rest & mask).astype(np.int64))
        rest = rest >> width
    limbs.append(rest.astype(np.int64))
    return limbs


class _ExactDivision:
    """Division by p of integers in limbs, in place, from the lowest limb upward (Jebelean's exact division)."""

    def __init__(self, prime: int, width: int) -> None:
        self.prime = np.int64(prime)
        self.width = np.int64(width)
        self.mask = np.int64((1 << width) - 1)
        self.inverse = np.int64(pow(prime, -1, 1 << width))
        self.top_inverse = np.uint64(pow(prime, -1, 1 << 64)).astype(np.int64)

    def __call__(self, limbs: list[IntArray]) -> None:
        for limb, above in itertools.pairwise(limbs):
            # Only the low bits of the product count; reducing first keeps it below 2^48.
            q = limb & self.mask
            q *= self.inverse
            q &= self.mask
            limb -= q * self.prime
            limb >>= self.width
            above += limb
            limb[...] = q
        # Modulo 2^64 every integer has one quotient by p. It is the true one iff multiplying it by p does not wrap.
        limbs[-1] *= self.top_inverse
        if np.any(limbs[-1] > _QUOTIENT_LIMIT) or np.any(limbs[-1] < -_QUOTIENT_LIMIT):
            raise NotDivisible


def _inverse_modulo_some_prime(block: fmpz_mat, bits: int) -> tuple[int, FloatArray]:
    r = block.nrows()
    candidate = 1 << bits
    for _ in range(1000):
        candidate -= 1
        while not fmpz(candidate).is_prime():
            candidate -= 1
        try:
            inverse = nmod_mat(block, candidate).inv()
        except ZeroDivisionError:
            continue
        flat = np.array([int(v) for v in inverse.entries()], dtype=np.int64).reshape(r, r)
        return candidate, _symmetric(flat, candidate).astype(np.float64)
    raise InternalError("no prime keeps the pivot block invertible")


def digits_needed(bits: int, prime: int) -> int:
    """The least k with prime^k >= 2^bits."""
    k = max(1, math.floor(bits / math.log2(prime)) - 1)
    while prime**k < 1 << bits:
        k += 1
    return k
