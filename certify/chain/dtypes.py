"""The number formats that are read, and their exact conversion to float64.

Every value of a format below is a binary64 number, so the conversion rounds nothing:

======================  ===========  ==================================================================
format                  significand  exponents (subnormals included) against binary64
======================  ===========  ==================================================================
F64                     53 bits      the same
F32, BF16, F16          ≤ 24 bits    2^-149 … 2^127, all normal in binary64
F8_*                    ≤ 4 bits     2^-127 … 2^127
I8 … I32, U8 … U32      ≤ 32 bits    integers
I64, U64                64 bits      exact for magnitudes up to 2^53; beyond that the tensor is refused
======================  ===========  ==================================================================
"""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from certify.errors import InputError, InternalError, UnsupportedError

__all__ = ["BITS", "READABLE", "check_dtype", "dtype_name", "is_integer", "refusal_of", "to_float64"]

READABLE: dict[str, np.dtype[Any]] = {
    "F64": np.dtype("<f8"),
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    "BF16": np.dtype(ml_dtypes.bfloat16),
    "F8_E4M3": np.dtype(ml_dtypes.float8_e4m3fn),
    "F8_E5M2": np.dtype(ml_dtypes.float8_e5m2),
    "F8_E4M3FNUZ": np.dtype(ml_dtypes.float8_e4m3fnuz),
    "F8_E5M2FNUZ": np.dtype(ml_dtypes.float8_e5m2fnuz),
    "F8_E8M0": np.dtype(ml_dtypes.float8_e8m0fnu),
    "I64": np.dtype("<i8"),
    "I32": np.dtype("<i4"),
    "I16": np.dtype("<i2"),
    "I8": np.dtype("i1"),
    "U64": np.dtype("<u8"),
    "U32": np.dtype("<u4"),
    "U16": np.dtype("<u2"),
    "U8": np.dtype("u1"),
}
"""Formats whose every admitted value is a binary64 number, by their safetensors name; little-endian."""

BITS: dict[str, int] = {name: 8 * dtype.itemsize for name, dtype in READABLE.items()} | {
    "BOOL": 8,
    "F4": 4,
    "F6_E2M3": 6,
    "F6_E3M2": 6,
    "C64": 64,
}
"""Bits per element of every format that a safetensors header may name."""

_EXACT_INTEGERS = 2**53

# The smallest positive subnormal of binary32 is 2^-149: bits 0...01.
_SUBNORMAL_BITS = 1


def refusal_of(dtype: str) -> str:
    """Why a tensor of this format is not read as a layer; empty when it is read."""
    if dtype in READABLE:
        return ""
    if dtype in ("BOOL", "bool"):
        return "truth values are not numbers"
    if dtype == "C64" or dtype.startswith("complex"):
        return "complex numbers are not read; a weight matrix is real"
    if dtype in ("F4", "F6_E2M3", "F6_E3M2"):
        return "packed formats below eight bits mean nothing without their scales"
    if dtype == "object":
        return "Python objects are not numbers"
    if dtype in ("float128", "float96"):
        return "extended precision does not convert to float64 exactly"
    if dtype.startswith("void"):
        return "raw bytes without a number format; NumPy files cannot name bfloat16 or 8-bit floats"
    return "it is not a number format that converts to float64 exactly"


def is_integer(dtype: str) -> bool:
    """True for the formats of whole numbers.

    >>> is_integer("U8"), is_integer("BF16")
    (True, False)
    """
    return dtype in READABLE and READABLE[dtype].kind in "iu"


def check_dtype(dtype: str, *, file: str | None, tensor: str | None) -> None:
    """Refuse a number format that is not read.

    Raises
    ------
    UnsupportedError : the message says why.
    """
    if reason := refusal_of(dtype):
        raise UnsupportedError(
            f"the number format {dtype} is refused: {reason}",
            file=file,
            tensor=tensor,
            hint="store the weights as F32 or F64",
        )


def dtype_name(dtype: np.dtype[Any]) -> str:
    """Safetensors name of a NumPy dtype of either byte order; NumPy's own name when it is not read."""
    little = dtype.newbyteorder("<")
    for name, known in READABLE.items():
        if little == known:
            return name
    return dtype.name


def to_float64(
    stored: NDArray[Any], dtype: str, *, file: str | None = None, tensor: str | None = None
) -> NDArray[np.float64]:
    """Exact conversion of a stored array of format ``dtype``; the shape is kept, an F64 array is not copied.

    Raises
    ------
    UnsupportedError : the format is not read.
    InputError : a value is not finite, or an integer is beyond ±2^53; the first index in C order is named.
    InternalError : this thread's arithmetic flushes subnormal numbers to zero, so the conversion would not be exact.
    """
    check_dtype(dtype, file=file, tensor=tensor)
    _demand_subnormals()
    if stored.dtype.kind in "iu":
        beyond = stored > _EXACT_INTEGERS
        if stored.dtype.kind == "i":
            beyond |= stored < -_EXACT_INTEGERS
        if beyond.any():
            index = _first(beyond)
            raise InputError(
                f"the integer {int(stored[index])} does not convert to float64 exactly in general",
                file=file,
                tensor=tensor,
                place=f"index {list(index)}",
                limit="integers up to 2^53 in magnitude",
                hint="store the weights as F64",
            )
    with np.errstate(invalid="ignore"):
        values = stored.astype(np.float64, copy=False)
    finite = np.isfinite(values)
    if not finite.all():
        index = _first(~finite)
        raise InputError(
            f"a value is not finite: {float(values[index])}",
            file=file,
            tensor=tensor,
            place=f"index {list(index)}",
            hint="a certificate is about finite matrices; repair or drop this tensor",
        )
    return values


def _first(mask: NDArray[np.bool_]) -> tuple[int, ...]:
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(mask)), mask.shape))


def _demand_subnormals() -> None:
    # A library built with fast-math may have set the denormals-are-zero flag of this thread; F32 and BF16
    # subnormals would then convert to 0.0.
    tiny = np.array([_SUBNORMAL_BITS], dtype=np.uint32).view(np.float32).astype(np.float64)
    if float(tiny[0]) != 2.0**-149:
        raise InternalError(
            "the processor flushes subnormal numbers to zero in this thread, so weights cannot be read exactly",
            hint="find the library that was built with -ffast-math and import it after this one, or not at all",
        )
