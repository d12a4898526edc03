from __future__ import annotations

import ctypes
import math
import mmap
import platform
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from certify.chain import Chain
from certify.chain.dtypes import BITS, READABLE, dtype_name, refusal_of, to_float64
from certify.errors import InternalError, UnsupportedError
from tests.chain.weight_files import refused

# exponent bits, significand bits, bias, and which patterns are no finite number
FLOATS = {
    "F32": (8, 23, 127),
    "F16": (5, 10, 15),
    "BF16": (8, 7, 127),
    "F8_E5M2": (5, 2, 15),
    "F8_E4M3": (4, 3, 7),
    "F8_E4M3FNUZ": (4, 3, 8),
    "F8_E5M2FNUZ": (5, 2, 16),
}


def decode(dtype: str, pattern: int) -> Fraction | None:
    """The number a bit pattern stands for, by the definition of its format; None when it is no finite number."""
    if dtype == "F8_E8M0":
        return None if pattern == 255 else Fraction(2) ** (pattern - 127)
    exponent_bits, bits, bias = FLOATS[dtype]
    sign = -1 if pattern >> (exponent_bits + bits) else 1
    exponent = (pattern >> bits) & (2**exponent_bits - 1)
    fraction = pattern & (2**bits - 1)
    if dtype.endswith("FNUZ"):
        if pattern == 0x80:
            return None
    elif dtype == "F8_E4M3":
        if exponent == 15 and fraction == 7:
            return None
    elif exponent == 2**exponent_bits - 1:
        return None
    if exponent == 0:
        return sign * Fraction(fraction, 2**bits) * Fraction(2) ** (1 - bias)
    return sign * (1 + Fraction(fraction, 2**bits)) * Fraction(2) ** (exponent - bias)


@pytest.mark.parametrize("dtype", [name for name in READABLE if name.startswith(("F16", "BF16", "F8"))])
def test_every_bit_pattern_is_read_exactly(dtype):
    width = READABLE[dtype].itemsize
    patterns = np.arange(256**width, dtype=f"<u{width}")
    exact = [decode(dtype, int(pattern)) for pattern in patterns]
    finite = np.array([value is not None for value in exact])
    found = to_float64(patterns[finite].view(READABLE[dtype]).reshape(1, -1), dtype)
    assert [Fraction(float(x)) for x in found[0]] == [value for value in exact if value is not None]
    assert 0 < len(found[0]) < 256**width
    for pattern in patterns[~finite]:
        stored = np.array([[0, 0], [pattern, pattern]], dtype=patterns.dtype).view(READABLE[dtype])
        refused(
            lambda stored=stored: to_float64(stored, dtype, tensor="w"), "not finite", "tensor w", "at index [1, 0]"
        )


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=9))
def test_single_precision_is_read_exactly(patterns):
    exact = [decode("F32", pattern) for pattern in patterns]
    stored = np.array([patterns], dtype="<u4").view("<f4")
    if None in exact:
        refused(lambda: to_float64(stored, "F32"), f"at index [0, {exact.index(None)}]")
    else:
        assert [Fraction(float(x)) for x in to_float64(stored, "F32")[0]] == exact


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=True), min_size=1))
def test_double_precision_keeps_its_bits(values):
    found = to_float64(np.array([values]), "F64")
    assert found.tobytes() == struct.pack(f"<{len(values)}d", *values)


@given(st.sampled_from([name for name in READABLE if name[0] in "IU"]), st.data())
def test_integers_are_exact_or_refused(dtype, data):
    info = np.iinfo(READABLE[dtype])
    edges = [x for x in (info.min, info.max, 0, 2**53, 2**53 + 1, -(2**53), -(2**53) - 1) if info.min <= x <= info.max]
    number = st.sampled_from(edges) | st.integers(int(info.min), int(info.max))
    values = data.draw(st.lists(number, min_size=1, max_size=5))
    stored = np.array([values], dtype=READABLE[dtype])
    beyond = [i for i, value in enumerate(values) if abs(value) > 2**53]
    if beyond:
        refused(
            lambda: to_float64(stored, dtype, tensor="w"),
            f"the integer {values[beyond[0]]} ",
            f"at index [0, {beyond[0]}]",
            "limit: integers up to 2^53",
        )
    else:
        assert [int(x) for x in to_float64(stored, dtype)[0]] == values


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_the_first_value_that_is_not_finite_is_named(bad):
    stored = np.ones((3, 4))
    stored[2, 1] = stored[2, 3] = bad
    refused(lambda: Chain.from_arrays([stored], ["fc"]), f"not finite: {bad}", "tensor fc", "at index [2, 1]")


@pytest.mark.parametrize(
    ("array", "part"),
    [
        (np.ones((2, 2), bool), "the number format bool is refused: truth values"),
        (np.ones((2, 2), complex), "the number format complex128 is refused: complex numbers"),
        (np.ones((2, 2), np.complex64), "the number format complex64 is refused: complex numbers"),
        (np.ones((2, 2), object), "the number format object is refused: Python objects"),
        (np.array([["a"]]), "the number format str32 is refused"),
        (np.ones((2, 2), "V2"), "the number format void16 is refused: raw bytes"),
        (np.ones((2, 2), "M8[s]"), "the number format datetime64[s] is refused"),
        (np.ones((2, 2), ml_dtypes.int4), "the number format int4 is refused"),
    ],
)
def test_formats_that_are_refused(array, part):
    refused(lambda: Chain.from_arrays([array]), part, "tensor W1", "try: store the weights as", kind=UnsupportedError)


@pytest.mark.skipif(np.dtype(np.longdouble).itemsize == 8, reason="long double is double here")
def test_extended_precision_is_refused():
    array = np.ones((2, 2), np.longdouble)
    refused(lambda: Chain.from_arrays([array]), "extended precision", kind=UnsupportedError)


def test_every_format_a_header_may_name_is_read_or_refused_with_a_reason():
    for dtype in BITS:
        assert (dtype in READABLE) == (refusal_of(dtype) == "")
    for dtype, numpy_dtype in READABLE.items():
        assert dtype_name(numpy_dtype) == dtype
        assert dtype_name(numpy_dtype.newbyteorder(">")) == dtype
        assert BITS[dtype] == 8 * numpy_dtype.itemsize


def _load_control_register(value: int) -> int:
    """Set MXCSR of this thread (x86-64) and return what it was."""
    # stmxcsr [rsi]; ldmxcsr [rdi]; ret
    code = b"\x0f\xae\x1e\x0f\xae\x17\xc3"
    with mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC) as page:
        page.write(code)
        anchor = ctypes.c_char.from_buffer(page)
        call = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)(ctypes.addressof(anchor))
        new, old = ctypes.c_uint32(value), ctypes.c_uint32(0)
        call(ctypes.addressof(new), ctypes.addressof(old))
        del call, anchor
    return old.value


@contextmanager
def _subnormals_flushed() -> Iterator[None]:
    old = _load_control_register(0x1F80 | 0x8040)
    try:
        yield
    finally:
        _load_control_register(old)


@pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() != "x86_64", reason="sets the control register of x86-64"
)
def test_a_thread_that_flushes_subnormals_is_refused():
    stored = np.array([[1]], dtype="<u4").view("<f4")
    with _subnormals_flushed():
        lost = float(stored.astype(np.float64)[0, 0])
        with pytest.raises(InternalError, match="flushes subnormal numbers to zero"):
            to_float64(stored, "F32")
    assert lost == 0.0, "the flag has an effect, so the refusal is needed"
    assert float(to_float64(stored, "F32")[0, 0]) == 2.0**-149
