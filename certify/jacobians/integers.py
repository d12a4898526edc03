"""Arrays of floats as arrays of integers times one power of two, and back, without rounding."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from flint import fmpz, fmpz_mat
from numpy.typing import ArrayLike, NDArray

from certify.errors import ChainError, InputError

__all__ = ["aligned", "finite", "floats", "integers"]

_WIDEST = 4096


def finite(item: ArrayLike, dimensions: int, what: str) -> NDArray[np.float64]:
    """An array of ``dimensions`` dimensions as float64; ``what`` names it in a refusal.

    Raises
    ------
    ChainError : another number of dimensions, or no entries.
    InputError : numbers that float64 does not hold, that are not finite, or too many of them.
    """
    given = np.asarray(item)
    if given.ndim != dimensions or not given.size:
        raise ChainError(f"{what} has shape {given.shape}", hint=f"give {dimensions} dimensions")
    if max(given.shape) > _WIDEST:
        raise InputError(f"{what} has shape {given.shape}", limit=f"{_WIDEST} units", hint="take a smaller network")
    whole = given.dtype.kind in "iu"
    if (
        not (whole or given.dtype.kind == "f")
        or given.dtype.itemsize > 8
        or (whole and (abs(given.astype(object)) > 2**53).any())
    ):
        raise InputError(f"{what} holds numbers of format {given.dtype}", hint="give float64")
    values = given.astype(np.float64)
    if not np.isfinite(values).all():
        raise InputError(f"{what} holds a number that is not finite", hint="repair it")
    return values


def integers(values: NDArray[np.float64]) -> tuple[fmpz_mat, int]:
    """Integers m and an exponent e with values = m·2^e."""
    fraction, exponent = np.frexp(values)
    whole = (fraction * 2.0**53).astype(np.int64)
    least = int(exponent[whole != 0].min(initial=2000)) - 53 if whole.any() else 0
    rows = [
        [int(m) << (int(e) - 53 - least) if m else 0 for m, e in zip(row, powers, strict=True)]
        for row, powers in zip(whole.tolist(), exponent.tolist(), strict=True)
    ]
    return fmpz_mat(rows), least


def aligned(x: tuple[fmpz_mat, int], y: tuple[fmpz_mat, int]) -> tuple[fmpz_mat, int]:
    """The sum of two matrices that are integers times powers of two."""
    (left, one), (right, other) = x, y
    least = min(one, other)
    return left * fmpz(2) ** (one - least) + right * fmpz(2) ** (other - least), least


def floats(x: tuple[fmpz_mat, int], what: str) -> NDArray[np.float64]:
    """The matrix as float64, exactly; ``what`` names it in a refusal.

    Raises
    ------
    InputError : an entry is no float64; nothing is rounded.
    """
    matrix, unit = x
    rows, columns = matrix.nrows(), matrix.ncols()
    found = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            if whole := int(matrix[i, j]):
                exact = Fraction(whole) * Fraction(2) ** unit
                try:
                    found[i, j] = float(exact)
                except OverflowError:
                    found[i, j] = np.inf
                if not np.isfinite(found[i, j]) or Fraction(float(found[i, j])) != exact:
                    raise InputError(
                        f"entry ({i}, {j}) of {what} is no float64, and nothing is rounded",
                        hint="round the weights to multiples of a power of two, such as 2^-12",
                    )
    return found
