"""Integer kernels of rank-deficient integer matrices, when the relations are short."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from math import isqrt

import numpy as np
from flint import fmpz_mat

from certify.errors import LimitError
from certify.linalg.exact.integer_matrix import ObjectArray
from certify.linalg.exact.padic_lift import Digit, NotDivisible, lift

__all__ = ["integer_kernel", "rational_vector", "short_kernel"]

_SHORT = 12
_ENTRY_LIMIT = 5 * 10**8


def short_kernel(z: fmpz_mat, rows: Sequence[int], columns: Sequence[int], *, digits: int = _SHORT) -> fmpz_mat | None:
    """An integer matrix N of shape (n, n - r) with z N = 0 and independent columns, or None.

    Parameters
    ----------
    z : integer matrix of shape (m, n) whose block ``rows`` x ``columns`` (r x r) is invertible.
    digits : how many p-adic digits to compute; relations with numerators and denominators of about ``10 * digits`` bits
        are found. None means that there are no such relations, or that the rank exceeds r.

    The result was multiplied out: z N = 0 holds exactly.
    """
    n, r = z.ncols(), len(columns)
    others = [j for j in range(n) if j not in set(columns)]
    if r == 0:
        found = np.zeros((0, n), dtype=object), [1] * n
    else:
        try:
            found = _combine(list(itertools.islice(lift(z, rows, columns), digits)))
        except NotDivisible:
            return None
    if found is None:
        return None
    numerators, denominators = found
    kernel = np.zeros((n, n - r), dtype=object)
    kernel[list(columns), :] = -numerators
    kernel[others, list(range(n - r))] = denominators
    result = fmpz_mat(n, n - r, kernel.ravel().tolist())
    return None if any((z * result).entries()) else result


def integer_kernel(z: fmpz_mat, rows: Sequence[int], columns: Sequence[int], bits: int) -> fmpz_mat | None:
    """A kernel as :func:`short_kernel`, with as many digits as minors of up to ``bits`` bits can need.

    None means that the rank exceeds the size of the block.

    Raises
    ------
    LimitError
        When the kernel would hold more than 5e8 bits.
    """
    size = 2 * bits * len(columns) * (z.ncols() - len(columns))
    if size > _ENTRY_LIMIT:
        raise LimitError(
            f"an integer kernel of this matrix may need {size:.1e} bits",
            limit=f"{_ENTRY_LIMIT:.0e} bits",
            hint="the rank itself does not need the kernel: use exact_rank",
        )
    digits = 4
    while digits * 8 < 2 * bits + 64:
        kernel = short_kernel(z, rows, columns, digits=digits)
        if kernel is not None:
            return kernel
        digits *= 4
    return short_kernel(z, rows, columns, digits=digits)


def _combine(digits: list[Digit]) -> tuple[ObjectArray, list[int]] | None:
    prime = digits[0].prime
    value: ObjectArray = np.zeros(digits[0].value.shape, dtype=object)
    for digit in reversed(digits):
        value = value * prime + digit.value.astype(object)
    if digits[-1].finished:
        return value, [1] * value.shape[1]
    modulus = prime ** len(digits)
    denominators: list[int] = []
    for j in range(value.shape[1]):
        vector = rational_vector([int(v) for v in value[:, j]], modulus)
        if vector is None:
            return None
        value[:, j] = vector[0]
        denominators.append(vector[1])
    return value, denominators


def rational_vector(residues: Sequence[int], modulus: int) -> tuple[list[int], int] | None:
    """Integers v and d > 0 with d * residues = v modulo ``modulus`` and |v_i|, d < sqrt(modulus / 2) - or None.

    >>> rational_vector([pow(3, -1, 10007), 2], 10007)
    ([1, 6], 3)
    """
    bound = isqrt(modulus // 2)
    denominator = 1
    for _ in range(64):
        wrong = None
        scaled: list[int] = []
        for x in residues:
            y = x * denominator % modulus
            y = y - modulus if y > modulus // 2 else y
            if abs(y) > bound:
                wrong = y
                break
            scaled.append(y)
        if wrong is None:
            return scaled, denominator
        factor = _denominator(wrong, modulus, bound)
        denominator *= factor
        if factor == 1 or denominator > bound:
            return None
    return None


def _denominator(x: int, modulus: int, bound: int) -> int:
    # The half-extended Euclidean algorithm: r = t x modulo the modulus with |r| <= bound.
    r0, r1, t0, t1 = modulus, x % modulus, 0, 1
    while r1 > bound:
        q = r0 // r1
        r0, r1, t0, t1 = r1, r0 - q * r1, t1, t0 - q * t1
    return abs(t1)
