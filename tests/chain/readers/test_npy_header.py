from __future__ import annotations

import io
import pickle

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from certify.chain import Limits, load
from certify.chain.readers.npy_header import read_npy_header
from certify.errors import LimitError, UnsupportedError
from tests.chain.weight_files import attempted, npy_bytes, refused

HEADER = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }\n"
DATA = np.arange(1.0, 5.0).tobytes()
GOOD = npy_bytes(HEADER, DATA)


def parse(data: bytes, limits: Limits | None = None):
    return read_npy_header(io.BytesIO(data).read, len(data), file="w.npy", tensor="w", limits=limits or Limits())


@given(
    hnp.arrays(
        st.sampled_from(["<f8", ">f8", "<f4", ">f4", "<f2", "|i1", "<i2", ">i4", "<u8"]), hnp.array_shapes(max_dims=4)
    ),
    st.sampled_from([(1, 0), (2, 0), (3, 0)]),
    st.booleans(),
)
def test_headers_that_numpy_writes(array, version, fortran):
    array = np.asfortranarray(array) if fortran else array
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, version=version)
    found = parse(stream.getvalue())
    assert found.shape == array.shape
    assert found.nbytes == array.nbytes
    assert found.big_endian == (array.dtype.str[0] == ">")
    assert found.offset == len(stream.getvalue()) - array.nbytes
    order = "F" if found.fortran else "C"
    assert stream.getvalue()[found.offset :] == array.tobytes(order)


@pytest.mark.parametrize(
    "header",
    [
        HEADER.replace("(2, 2)", "(2L, 2L)"),
        HEADER.replace("'", '"'),
        HEADER.replace(", }", "}"),
        HEADER.replace(" ", ""),
        "{'shape': (2, 2), 'descr': '=f8', 'fortran_order': False}",
    ],
)
def test_headers_of_other_writers(header):
    assert parse(npy_bytes(header, DATA)).shape == (2, 2)


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (b"", "not an .npy file"),
        (GOOD[:7], "not an .npy file"),
        (GOOD[:9], "the header says"),
        (GOOD[:30], "the header says"),
        (GOOD[:-1], "takes 32 bytes, and 31 follow the header: the file is truncated"),
        (GOOD + b"\0", "takes 32 bytes, and 33 follow the header"),
        (b"\x94" + GOOD[1:], "not an .npy file"),
        (GOOD[:6] + b"\x04\x00" + GOOD[8:], "version 4.0 of the .npy format is not read"),
        (npy_bytes(HEADER, DATA, length=60_000), "the header says it has 60000 bytes"),
        (npy_bytes(HEADER, DATA, version=2, length=2**32 - 1), "the header says it has 4294967295 bytes"),
        (npy_bytes(b"{'descr': '\xff'}", b"", version=3), "the header is not text"),
        (npy_bytes("[]", b""), "not a dictionary"),
        (npy_bytes("{}", b""), "cannot be parsed"),
        (npy_bytes(HEADER.replace("'shape'", "'size'"), DATA), "must hold descr, fortran_order and shape"),
        (npy_bytes("{'descr': '<f8', 'shape': (2, 2)}", DATA), "must hold descr, fortran_order and shape"),
        (npy_bytes(HEADER.replace("False", "'False'"), DATA), "must hold descr, fortran_order and shape"),
        (npy_bytes(HEADER.replace(", }", ", 'shape': (1, 4)}"), DATA), "the header holds shape twice"),
        (npy_bytes(HEADER.replace("(2, 2)", "(-2, -2)"), DATA), "cannot be parsed"),
        (npy_bytes(HEADER.replace("(2, 2)", "(2.0, 2)"), DATA), "cannot be parsed"),
        (npy_bytes(HEADER.replace("(2, 2)", "(2 2)"), DATA), "shape is not a tuple"),
        (npy_bytes(HEADER.replace("(2, 2)", f"({'1,' * 65})"), DATA), "shape is not a tuple of at most 64"),
        (npy_bytes(HEADER.replace("(2, 2)", f"({'9' * 30},)"), DATA), "shape is not a tuple"),
        (npy_bytes(HEADER.replace("(2, 2)", f"({2**40}, {2**40})"), DATA), "takes 2^64 or more bytes"),
        (npy_bytes(HEADER + "+ __import__('os').getcwd()", DATA), "something follows the dictionary"),
        (npy_bytes(HEADER.replace("'<f8'", "[('a', '<f4'), ('b', '<f4')]"), DATA), "a structured array is refused"),
        (npy_bytes(HEADER.replace("<f8", "<f3"), DATA), "unknown number format '<f3'"),
        (npy_bytes(HEADER.replace("<f8", "q<f8"), DATA), "unknown number format 'q<f8'"),
        (npy_bytes(HEADER.replace("<f8", "f4,f4"), DATA), "unknown number format 'f4,f4'"),
        (npy_bytes("(" * 60_000, DATA), "not a dictionary"),
        (npy_bytes("{" + "'a': (" * 9000, DATA), "cannot be parsed"),
    ],
)
def test_headers_that_lie(data, part):
    refused(lambda: parse(data), part, "file w.npy", "tensor w", "try: write the file again")


def test_object_arrays_are_pickles():
    stream = io.BytesIO()
    np.save(stream, np.array([[1, None]], dtype=object), allow_pickle=True)
    refused(
        lambda: parse(stream.getvalue()), "Python objects is a pickle", "array.astype(float)", kind=UnsupportedError
    )
    refused(lambda: parse(pickle.dumps([1])), "a pickle is refused", "the first bytes of w", kind=UnsupportedError)


def test_the_header_limit():
    text = HEADER.strip() + " " * 400
    data = npy_bytes(text, DATA)
    refused(
        lambda: parse(data, Limits(max_header_bytes=len(text) - 1)),
        f"max_header_bytes = {len(text) - 1}",
        kind=LimitError,
    )
    assert parse(data, Limits(max_header_bytes=len(text))).shape == (2, 2)


@pytest.mark.parametrize("dtype", [ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn])
def test_formats_that_numpy_files_cannot_name_are_refused(tmp_path, dtype):
    np.save(tmp_path / "w.npy", np.ones((2, 2), dtype))
    refused(lambda: load(tmp_path / "w.npy"), "NumPy files cannot name bfloat16", "tensor w", kind=UnsupportedError)


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255), st.integers(0, len(GOOD)))
def test_damage_is_refused_or_harmless(at, byte, keep):
    data = (GOOD[:at] + bytes([byte]) + GOOD[at + 1 :])[: max(keep, len(GOOD) - 1 if keep % 2 else keep)]
    found = attempted(lambda: parse(data))
    if found is None:
        return
    reference = np.load(io.BytesIO(data), allow_pickle=False)
    assert found.shape == reference.shape
    assert found.nbytes == reference.nbytes
    assert len(data) == len(GOOD)
