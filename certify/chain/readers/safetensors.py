"""Safetensors files: the header is validated in full before any offset in it is used.

Layout: eight bytes little-endian header length N, N bytes of JSON, then the buffer. Each entry of the header gives
dtype, shape and ``data_offsets`` into the buffer. A file is accepted when the entries tile the buffer exactly, without
holes or overlaps, and every length is the one its shape and dtype demand; see
https://huggingface.co/docs/safetensors (Format).
"""

from __future__ import annotations

import math
import os
from typing import BinaryIO, NamedTuple

from certify.chain.dtypes import BITS
from certify.chain.limits import Limits
from certify.chain.refusals import check_name, parse_json
from certify.chain.stored import FileSlice, StoredTensor
from certify.errors import InputError, UnsupportedError
from certify.reading import open_regular

__all__ = ["is_safetensors", "read_safetensors"]

_PREFIX = 8
_MOST_DIMENSIONS = 64
_LARGEST_SIDE = 2**63 - 1
_DAMAGED = "the file is truncated or damaged; copy or download it again"
_FAULTY = "the header contradicts itself; write the file again with the safetensors library"


class _Entry(NamedTuple):
    name: str
    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int


def is_safetensors(head: bytes, size: int) -> bool:
    """True when the first nine bytes and the file size are those of a safetensors file."""
    return len(head) >= 9 and head[8:9] == b"{" and 2 <= int.from_bytes(head[:8], "little") <= size - _PREFIX


def read_safetensors(
    path: str, limits: Limits, *, file: str | None = None, follow_links: bool = True
) -> list[StoredTensor]:
    """Tensors of one safetensors file, none of them read yet, sorted by name.

    Parameters
    ----------
    path : the file. ``file`` is the name recorded for it (its base name when omitted).
    follow_links : False refuses a symbolic link.

    Raises
    ------
    LimitError : the file, its header or the number of tensors is beyond a limit.
    UnsupportedError : a dtype that the format does not know.
    InputError : truncated, a header that is not strict JSON, a name twice, or entries that do not tile the buffer.
    """
    with open_regular(path, follow_links=follow_links) as opened:
        size = os.fstat(opened.fileno()).st_size
        limits.check("max_file_bytes", size, "size of the file in bytes", file=path)
        length, header = _read_header(opened, size, path, limits)
    buffer = _PREFIX + length
    entries = _entries(header, path, limits)
    _check_tiling(entries, size - buffer, path)
    return [
        StoredTensor(
            name=entry.name,
            file=os.path.basename(path) if file is None else file,
            path=path,
            shape=entry.shape,
            dtype=entry.dtype,
            source=FileSlice(path, buffer + entry.start, entry.end - entry.start, follow_links),
        )
        for entry in sorted(entries, key=lambda entry: entry.name)
    ]


def _read_header(opened: BinaryIO, size: int, path: str, limits: Limits) -> tuple[int, dict[str, object]]:
    prefix = opened.read(_PREFIX)
    if len(prefix) < _PREFIX:
        raise InputError(f"the file has {size} bytes, fewer than a safetensors header", file=path, hint=_DAMAGED)
    length = int.from_bytes(prefix, "little")
    if length > size - _PREFIX:
        raise InputError(
            f"the header says it has {length} bytes, and {size - _PREFIX} follow",
            file=path,
            place="byte 0",
            hint=_DAMAGED + ", or it is not a safetensors file",
        )
    limits.check("max_header_bytes", length, "length of the header in bytes", file=path)
    data = opened.read(length)
    if len(data) != length:
        raise InputError(f"the file ends inside its header of {length} bytes", file=path, hint=_DAMAGED)
    if not data.startswith(b"{"):
        raise InputError("the header does not start with '{'", file=path, place="byte 8", hint=_DAMAGED)
    return length, parse_json(data, file=path, what="the header")


def _entries(header: dict[str, object], path: str, limits: Limits) -> list[_Entry]:
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise InputError("__metadata__ is not a map from text to text", file=path, hint=_FAULTY)
    limits.check("max_tensors", len(header), "number of tensors", file=path)
    # Each is let go once it is read: a header of many entries takes many times its length.
    return [_entry(name, header.pop(name), path) for name in list(header)]


def _entry(name: str, value: object, path: str) -> _Entry:
    check_name(name, file=path)
    if not isinstance(value, dict) or set(value) != {"dtype", "shape", "data_offsets"}:
        raise InputError(
            "an entry of the header must hold dtype, shape and data_offsets and nothing else",
            file=path,
            tensor=name,
            hint=_FAULTY,
        )
    dtype: object = value["dtype"]
    if not isinstance(dtype, str) or dtype not in BITS:
        raise UnsupportedError(
            f"unknown dtype {dtype!a}",
            file=path,
            tensor=name,
            hint=f"the dtypes of the format are {', '.join(BITS)}",
        )
    shape = _naturals(value["shape"])
    if shape is None or len(shape) > _MOST_DIMENSIONS:
        raise InputError(
            "shape is not a list of sizes",
            file=path,
            tensor=name,
            limit=f"{_MOST_DIMENSIONS} dimensions, each at most 2^63 - 1",
            hint=_FAULTY,
        )
    offsets = _naturals(value["data_offsets"])
    if offsets is None or len(offsets) != 2 or offsets[0] > offsets[1]:
        raise InputError("data_offsets is not a pair [start, end]", file=path, tensor=name, hint=_FAULTY)
    # Python integers: the product cannot overflow.
    bits = math.prod(shape) * BITS[dtype]
    if bits != 8 * (offsets[1] - offsets[0]):
        raise InputError(
            f"shape {list(shape)} of {dtype} takes {_bytes(bits)}, and data_offsets spans {offsets[1] - offsets[0]}",
            file=path,
            tensor=name,
            hint=_FAULTY,
        )
    return _Entry(name, dtype, shape, offsets[0], offsets[1])


def _bytes(bits: int) -> str:
    if bits % 8:
        return f"{bits} bits"
    return f"{bits // 8} bytes" if bits < 2**67 else "2^64 bytes or more"


def _naturals(value: object) -> tuple[int, ...] | None:
    if not isinstance(value, list):
        return None
    if not all(type(item) is int and 0 <= item <= _LARGEST_SIDE for item in value):
        return None
    return tuple(value)


def _check_tiling(entries: list[_Entry], buffer: int, path: str) -> None:
    for entry in entries:
        if entry.end > buffer:
            raise InputError(
                f"data_offsets {[entry.start, entry.end]} lead beyond the {buffer} bytes of data in the file",
                file=path,
                tensor=entry.name,
                hint=_DAMAGED,
            )
    position = 0
    before = ""
    for entry in sorted(entries, key=lambda entry: (entry.start, entry.end)):
        if entry.start < position:
            raise InputError(
                f"data_offsets {[entry.start, entry.end]} overlap those of {before}",
                file=path,
                tensor=entry.name,
                hint=_FAULTY,
            )
        if entry.start > position:
            raise InputError(
                f"bytes {position} to {entry.start} of the data belong to no tensor",
                file=path,
                tensor=entry.name,
                hint=_FAULTY,
            )
        position, before = entry.end, entry.name
    if position != buffer:
        raise InputError(
            f"bytes {position} to {buffer} of the data belong to no tensor",
            file=path,
            place="end of file",
            hint=_FAULTY,
        )
