"""Reading any real matrix as exact float64, and scaling it by a power of two."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from certify.errors import InputError, UnsupportedError
from certify.rigor.rounding import ETA, FloatArray

__all__ = ["Scaled", "as_matrix", "scale"]

_INTEGER_LIMIT = 2**53


def as_matrix(a: npt.ArrayLike, *, name: str = "matrix") -> FloatArray:
    """The matrix ``a`` as an exact float64 array, or a refusal.

    Accepts two-dimensional real arrays of float64, float32, float16, bfloat16 and the 8-bit floats of ``ml_dtypes``,
    of extended precision when every entry is a float64, and of integers of magnitude at most 2**53.

    Raises
    ------
    InputError
        Not two-dimensional, an empty dimension, a non-finite entry (the first one is named), or an entry that float64
        does not represent.
    UnsupportedError
        A complex, boolean, object, string or other non-numeric dtype.

    >>> as_matrix([[1, 2], [3, 4]]).dtype.name
    'float64'
    """
    source = np.asarray(a)
    kind = source.dtype.kind
    if kind in "bcOSUMmV" and not _is_small_float(source.dtype):
        raise UnsupportedError(
            f"{name} has dtype {source.dtype}, which is not a real number type",
            tensor=name,
            hint="convert it to float64, float32, float16, bfloat16 or an integer type",
        )
    if source.ndim != 2:
        raise InputError(
            f"{name} has {source.ndim} dimensions, shape {source.shape}; a matrix has 2", tensor=name, hint="reshape it"
        )
    if 0 in source.shape:
        raise InputError(f"{name} has an empty dimension, shape {source.shape}", tensor=name, hint="leave it out")
    with np.errstate(over="ignore", invalid="ignore"):
        result = np.ascontiguousarray(source, dtype=np.float64)
        # A sum may overflow though its terms are finite, but it is never finite when one of them is not.
        finite = bool(np.isfinite(np.sum(result))) or bool(np.all(np.isfinite(result)))
    if not finite:
        bad = np.argwhere(~np.isfinite(result))[0]
        index = tuple(int(i) for i in bad)
        raise InputError(
            f"{name} has the entry {source[index]!s}, which no float64 represents",
            tensor=name,
            place=f"index {index}",
            hint="remove or repair the entry; infinities and NaN are not numbers a bound can be given for",
        )
    if kind in "iu" and source.dtype.itemsize >= 8:
        _demand(np.abs(result) <= _INTEGER_LIMIT, source, name, "integers up to 2**53 convert to float64 exactly")
    elif kind == "f" and source.dtype.itemsize > 8:
        _demand(result.astype(source.dtype) == source, source, name, "round it to float64 first")
    return result


def _is_small_float(dtype: np.dtype[np.generic]) -> bool:
    # ml_dtypes registers bfloat16 and the 8-bit floats with kind 'V'.
    return dtype.kind == "V" and dtype.names is None and "float" in dtype.name


def _demand(exact: npt.NDArray[np.bool_], source: npt.NDArray[np.generic], name: str, hint: str) -> None:
    if not np.all(exact):
        index = tuple(int(i) for i in np.argwhere(~exact)[0])
        raise InputError(
            f"{name} has the entry {source[index]!s}, which float64 does not represent exactly",
            tensor=name,
            place=f"index {index}",
            hint=hint,
        )


@dataclass(frozen=True, slots=True)
class Scaled:
    """``matrix`` = the original times 2**-exponent, with entries of magnitude below 1.

    ``loss`` bounds the Frobenius norm of what scaling down lost to underflow; 0.0 where it was exact.
    """

    matrix: FloatArray
    exponent: int
    loss: float


def scale(a: FloatArray) -> Scaled:
    """Scale a finite non-empty matrix so that its largest entry lies in [1/2, 1).

    An entry that becomes subnormal moves by less than ETA, also when results are flushed to zero, so the loss is at
    most √(mn) ETA in the Frobenius norm.
    """
    largest = max(float(np.max(a)), -float(np.min(a)))
    if largest == 0.0:
        return Scaled(a, 0, 0.0)
    exponent = int(np.frexp(largest)[1])
    if -1 <= exponent <= 0:
        return Scaled(a, 0, 0.0)
    scaled = _times_power(a, -exponent)
    exact = exponent < 0 or bool(np.array_equal(_times_power(scaled, exponent), a))
    return Scaled(scaled, exponent, 0.0 if exact else float(np.sqrt(float(a.size))) * 1.001 * ETA)


def _times_power(a: FloatArray, exponent: int) -> FloatArray:
    # One multiplication where the power of two is a normal number; it rounds like ldexp, and faster.
    return a * 2.0**exponent if abs(exponent) <= 1000 else np.ldexp(a, exponent)
