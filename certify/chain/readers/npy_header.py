"""Headers of ``.npy`` files, parsed without evaluating them.

Layout: ``\\x93NUMPY``, version, header length (two bytes in version 1, four in 2 and 3), a Python dictionary literal
with the keys ``descr``, ``fortran_order`` and ``shape``, then the elements; see
https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html. The literal is matched against the grammar of
what NumPy writes; nothing is evaluated, and nothing is unpickled.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from certify.chain.dtypes import dtype_name
from certify.chain.limits import Limits
from certify.chain.refusals import PICKLE_HINT, refuse_pickle, starts_like_pickle
from certify.errors import InputError, LimitError, UnsupportedError

__all__ = ["MAGIC", "NpyHeader", "read_npy_header"]

MAGIC = b"\x93NUMPY"

_ITEM = re.compile(
    r"""\s*(?:'(?P<key>[a-z_]{1,32})'|"(?P<key2>[a-z_]{1,32})")\s*:\s*
        (?:'(?P<text>[^'\\]{0,64})'|"(?P<text2>[^"\\]{0,64})"
          |(?P<flag>True|False)
          |\((?P<sizes>[0-9L,\s]*)\)
          |(?P<fields>\[))\s*(?P<end>,\s*\}|,|\})""",
    re.VERBOSE,
)
_FIELDS = re.compile(r"""\s*['"]descr['"]\s*:\s*\[""")
_SIZES = re.compile(r"\s*+(?:\d{1,19}L?\s*+,\s*+)*(?:\d{1,19}L?\s*+)?")
_DESCR = re.compile(r"[<>=|]?(?:(?P<object>O)\d?|[biufcSUV]\d{1,5}|[Mm]8(?:\[[0-9A-Za-zμ]{1,8}\])?)")
_LONGEST = 2**16
_REWRITE = "write the file again with numpy.save or numpy.savez"


class NpyHeader(NamedTuple):
    """What a header declares.

    Parameters
    ----------
    shape : sizes. ``dtype`` : safetensors name of the format, NumPy's name when it is not read.
    offset : length of magic, version and header, in bytes. ``nbytes`` : length of the elements.
    big_endian, fortran : layout of the elements.
    """

    shape: tuple[int, ...]
    dtype: str
    offset: int
    nbytes: int
    big_endian: bool
    fortran: bool


def read_npy_header(read: Callable[[int], bytes], total: int, *, file: str, tensor: str, limits: Limits) -> NpyHeader:
    """Parse and check the header of an ``.npy`` stream of ``total`` bytes.

    Parameters
    ----------
    read : reads the next bytes of the stream, from its start.

    Raises
    ------
    UnsupportedError : an object array (a pickle).
    LimitError : the header is beyond ``max_header_bytes``, or longer than that of any array of numbers.
    InputError : not an ``.npy`` stream, a malformed header, or a length that does not match shape and format.
    """

    def refuse(message: str) -> InputError:
        return InputError(message, file=file, tensor=tensor, hint=_REWRITE)

    start = read(8)
    if starts_like_pickle(start):
        raise refuse_pickle(file, f"the first bytes of {tensor}")
    if len(start) < 8 or not start.startswith(MAGIC):
        raise refuse(f"not an .npy file: it starts with {start!r}")
    if start[6:] not in (b"\x01\x00", b"\x02\x00", b"\x03\x00"):
        raise refuse(f"version {start[6]}.{start[7]} of the .npy format is not read")
    width = 2 if start[6] == 1 else 4
    prefix = read(width)
    length = int.from_bytes(prefix, "little")
    if len(prefix) != width or length > total - 8 - width:
        raise refuse(f"the header says it has {length} bytes, and the file has {total} in all")
    limits.check("max_header_bytes", length, "length of the header in bytes", file=file, tensor=tensor)
    if length > _LONGEST:
        raise LimitError(
            f"a header of {length} bytes", file=file, tensor=tensor, limit=f"{_LONGEST} bytes", hint=_REWRITE
        )
    data = read(length)
    if len(data) != length:
        raise refuse("the file ends inside its header")
    try:
        text = data.decode("utf-8" if start[6] == 3 else "latin-1")
    except UnicodeDecodeError as error:
        raise refuse(f"the header is not text: {error}") from error
    offset = 8 + width + length
    descr, fortran, shape = _parse(text, refuse)
    matched = _DESCR.fullmatch(descr)
    if matched is None:
        raise refuse(f"unknown number format {descr!r}")
    if matched["object"]:
        raise UnsupportedError(
            "an array of Python objects is a pickle and is refused, because loading one runs the code inside it",
            file=file,
            tensor=tensor,
            hint="write it again as numbers: numpy.save(path, array.astype(float)), one matrix per array; "
            + PICKLE_HINT.replace("convert it", "for a PyTorch file, convert it"),
        )
    try:
        dtype = np.dtype(descr)
    except (TypeError, ValueError) as error:
        raise refuse(f"unknown number format {descr!r}") from error
    nbytes = math.prod(shape) * dtype.itemsize
    if nbytes != total - offset:
        declared = str(nbytes) if nbytes < 2**64 else "2^64 or more"
        raise refuse(
            f"shape {shape} of {dtype.name} takes {declared} bytes, and {total - offset} follow the header: "
            "the file is truncated or its header lies"
        )
    return NpyHeader(shape, dtype_name(dtype), offset, nbytes, descr.startswith(">"), fortran)


def _parse(text: str, refuse: Callable[[str], InputError]) -> tuple[str, bool, tuple[int, ...]]:
    text = text.strip()
    if not text.startswith("{"):
        raise refuse("the header is not a dictionary")
    found: dict[str, str | bool | tuple[int, ...]] = {}
    position = 1
    end = ","
    while end == ",":
        if _FIELDS.match(text, position):
            raise refuse("a structured array is refused; a weight matrix has one number per entry")
        item = _ITEM.match(text, position)
        if item is None:
            raise refuse(f"the header cannot be parsed at its byte {position}")
        key: str = item["key"] or item["key2"]
        if key in found:
            raise refuse(f"the header holds {key} twice")
        if item["flag"]:
            found[key] = item["flag"] == "True"
        elif item["sizes"] is not None:
            found[key] = _sizes(item["sizes"], refuse)
        else:
            found[key] = item["text"] if item["text"] is not None else item["text2"] or ""
        position = item.end()
        end = item["end"]
    if position != len(text):
        raise refuse("something follows the dictionary of the header")
    descr, fortran, shape = found.get("descr"), found.get("fortran_order"), found.get("shape")
    if len(found) != 3 or not isinstance(descr, str) or not isinstance(fortran, bool) or not isinstance(shape, tuple):
        raise refuse("the header must hold descr, fortran_order and shape and nothing else")
    return descr, fortran, shape


def _sizes(text: str, refuse: Callable[[str], InputError]) -> tuple[int, ...]:
    if text.count(",") > 64 or not _SIZES.fullmatch(text):
        raise refuse("shape is not a tuple of at most 64 sizes")
    return tuple(int(size.strip().rstrip("L")) for size in text.split(",") if size.strip())
