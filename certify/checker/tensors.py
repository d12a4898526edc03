r"""The checker's own reader: tensors of safetensors, ``.npz`` and ``.npy`` files, decoded from their bits.

A number is :math:`(-1)^sm2^e` with integers m and e taken from its bits, or an integer; nothing is rounded. Of the
loader nothing is used but the path. The directory of an archive is read by ``zipfile``.
"""

from __future__ import annotations

import ast
import hashlib
import json
import math
import os
import re
import threading
import zipfile
import zlib
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from certify.errors import InputError
from certify.reading import crowded, open_regular

__all__ = ["MOST_HEADER", "Files", "Tensor"]

MOST_HEADER = 100 * 2**20
_MOST_NPY_HEADER = 2**16
_MOST_DEFLATED = 1032
_PIECE = 2**20


class _Format(NamedTuple):
    """Bits of the exponent and of the fraction, the bias, and the codes that are no finite numbers."""

    exponent: int
    fraction: int
    bias: int
    special: str = "ieee"

    @property
    def bits(self) -> int:
        return self.exponent + self.fraction + (self.special != "scale")


_FLOATS = {
    "F64": _Format(11, 52, 1023),
    "F32": _Format(8, 23, 127),
    "F16": _Format(5, 10, 15),
    "BF16": _Format(8, 7, 127),
    "F8_E5M2": _Format(5, 2, 15),
    "F8_E4M3": _Format(4, 3, 7, "all ones"),
    "F8_E5M2FNUZ": _Format(5, 2, 16, "minus zero"),
    "F8_E4M3FNUZ": _Format(4, 3, 8, "minus zero"),
    "F8_E8M0": _Format(8, 0, 127, "scale"),
}
_INTEGER = re.compile(r"([IU])(8|16|32|64)")
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, RuntimeError)
_DESCR = {"f": "F", "i": "I", "u": "U"}


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor as a file declares it. ``read`` gives its bytes."""

    dtype: str
    shape: tuple[int, ...]
    read: Callable[[], bytes] = field(repr=False)
    big_endian: bool = False
    fortran: bool = False

    @property
    def sha256(self) -> str:
        """SHA-256 of ``polystable-tensor 1 DTYPE D0xD1x...``, a newline, and the numbers little-endian in C order."""
        digest = hashlib.sha256(f"polystable-tensor 1 {self.dtype} {'x'.join(map(str, self.shape))}\n".encode("ascii"))
        digest.update(np.ascontiguousarray(self._codes()).astype(f"<u{self._bytes}", copy=False).data)
        return digest.hexdigest()

    def integers(self) -> NDArray[np.int64]:
        """Whole numbers of at most 63 bits, of the tensor's shape.

        Raises
        ------
        InputError : numbers that are not whole, or too large.
        """
        kind = _INTEGER.fullmatch(self.dtype)
        if kind is None:
            raise _refused(f"{self.dtype} is no format of integers")
        codes, bits = self._codes().astype(np.uint64), 8 * self._bytes
        if kind[1] == "I":
            # Two's complement: the codes of a sign are moved to the top of 64 bits and back.
            return (codes << np.uint64(64 - bits)).view(np.int64) >> np.int64(64 - bits)
        if bits == 64 and codes.size and int(codes.max()) >= 2**63:
            raise _refused("an integer of 64 bits")
        return codes.view(np.int64)

    def numbers(self) -> NDArray[np.float64]:
        """All numbers in C order, exactly.

        Raises
        ------
        InputError : a number is not finite, or an integer is beyond ±2^53; or the format is not read.
        """
        if self.dtype not in _FLOATS:
            whole = self.integers().reshape(-1)
            if whole.size and not -(2**53) <= int(whole.min()) <= int(whole.max()) <= 2**53:
                raise _refused("an integer beyond 2^53")
            return whole.astype(np.float64)
        codes = np.ascontiguousarray(self._codes()).reshape(-1)
        found = np.empty(codes.size)
        for start in range(0, codes.size, _PIECE):
            found[start : start + _PIECE] = _decoded(_FLOATS[self.dtype], codes[start : start + _PIECE])
        return found

    @property
    def _bytes(self) -> int:
        kind = _INTEGER.fullmatch(self.dtype)
        if kind is None and self.dtype not in _FLOATS:
            raise _refused(f"{self.dtype} is no format of numbers that is read")
        return int(kind[2]) // 8 if kind else _FLOATS[self.dtype].bits // 8

    def _codes(self) -> NDArray[Any]:
        """The stored bits as unsigned integers, of the tensor's shape."""
        data, size = self.read(), self._bytes
        if len(data) != size * math.prod(self.shape):
            raise _refused(f"{len(data)} bytes for shape {self.shape} of {self.dtype}")
        codes = np.frombuffer(data, dtype=f"{'>' if self.big_endian else '<'}u{size}")
        return codes.reshape(self.shape, order="F" if self.fortran else "C")


def _decoded(form: _Format, codes: NDArray[Any]) -> NDArray[np.float64]:
    wide = codes.astype(np.int64)
    fraction, exponent = wide & ((1 << form.fraction) - 1), (wide >> form.fraction) & ((1 << form.exponent) - 1)
    top = (1 << form.exponent) - 1
    if form.special == "scale":
        if (exponent == top).any():
            raise _refused("a number that is not finite")
        return np.ldexp(1.0, exponent - form.bias)
    negative = (wide >> (form.exponent + form.fraction)) & 1 == 1
    odd = {
        "ieee": exponent == top,
        "all ones": (exponent == top) & (fraction == (1 << form.fraction) - 1),
        "minus zero": negative & (exponent == 0) & (fraction == 0),
    }[form.special]
    if odd.any():
        raise _refused("a number that is not finite")
    # Subnormal numbers have the exponent of the least normal ones, and no leading 1.
    whole = np.where(exponent == 0, fraction, fraction | (1 << form.fraction)).astype(np.float64)
    size = np.ldexp(whole, np.maximum(exponent, 1) - form.bias - form.fraction)
    return np.where(negative, -size, size)


class Files:
    """Files that were opened once; each directory or header is parsed once, and archives stay open until the end."""

    def __init__(self, most_header: int = MOST_HEADER) -> None:
        self._most = most_header
        self._known: dict[str, dict[str, Tensor] | None] = {}
        self._lock = threading.Lock()
        self._open = ExitStack()

    def __enter__(self) -> Files:
        return self

    def __exit__(self, *error: object) -> None:
        self._open.close()

    def find(self, path: str, name: str) -> Tensor | None:
        """The tensor called ``name`` in the file at ``path``; None for a format that is not read here.

        Raises
        ------
        InputError : there is none of this name, or the file contradicts itself.
        """
        with self._lock:
            if path not in self._known:
                self._known[path] = self._tensors(path)
            known = self._known[path]
        if known is None:
            return None
        if name not in known:
            raise _refused("the file holds no tensor of this name", path)
        return known[name]

    def _tensors(self, path: str) -> dict[str, Tensor] | None:
        with open_regular(path) as opened:
            head, size = opened.read(9), os.fstat(opened.fileno()).st_size
        if head.startswith(b"\x93NUMPY"):
            name = os.path.basename(path).removesuffix(".npy")
            return {name: _npy(lambda count: _span(path, 0, count), size, lambda a, n: _span(path, a, n), path)}
        if head.startswith(b"PK"):
            return self._archive(path)
        if head[8:] == b"{" and int.from_bytes(head[:8], "little") <= size - 8:
            return _safetensors(path, size, self._most)
        return None

    def _archive(self, path: str) -> dict[str, Tensor] | None:
        opened: BinaryIO = self._open.enter_context(open_regular(path))
        try:
            archive = self._open.enter_context(zipfile.ZipFile(opened))
            members = [member for member in archive.infolist() if member.filename.endswith(".npy")]
            if not members:
                return None
            found: dict[str, Tensor] = {}
            for member in members:
                if member.file_size > _MOST_DEFLATED * member.compress_size + 258 or member.filename in found:
                    raise _refused(f"member {member.filename}", path)

                def part(start: int, count: int, member: zipfile.ZipInfo = member) -> bytes:
                    try:
                        with archive.open(member) as stream:
                            return stream.read(start + count)[start:]
                    except _DAMAGED as error:
                        raise _refused(f"the archive is damaged: {error}", path) from error

                name = member.filename.removesuffix(".npy")
                found[name] = _npy(lambda count, part=part: part(0, count), member.file_size, part, path)
        except _DAMAGED as error:
            raise _refused(f"the archive is damaged: {error}", path) from error
        return found


def _span(path: str, start: int, count: int) -> bytes:
    with open_regular(path) as opened:
        opened.seek(start)
        return opened.read(count)


def _npy(head: Callable[[int], bytes], total: int, part: Callable[[int, int], bytes], path: str) -> Tensor:
    start = head(12)
    width = 2 if start[6:7] == b"\x01" else 4
    offset = 8 + width + int.from_bytes(start[8 : 8 + width], "little")
    if start[:6] != b"\x93NUMPY" or not 8 + width < offset <= min(total, _MOST_NPY_HEADER):
        raise _refused("no .npy header", path)
    text = head(offset)[8 + width :].decode("latin-1")
    try:
        # Python 2 wrote long integers.
        found = ast.literal_eval(re.sub(r"(\d)L\b", r"\1", text).strip())
        descr, fortran, shape = found["descr"], found["fortran_order"], tuple(found["shape"])
        order, kind, size = descr[0], descr[1], int(descr[2:])
    except (ValueError, SyntaxError, LookupError, TypeError, RecursionError, MemoryError) as error:
        raise _refused("the .npy header cannot be read", path) from error
    if not all(type(side) is int and side >= 0 for side in shape) or size * math.prod(shape) != total - offset:
        raise _refused("the shape of an .npy header does not fit", path)
    dtype = f"{_DESCR.get(kind, kind)}{8 * size}"
    return Tensor(dtype, shape, lambda: part(offset, total - offset), order == ">", bool(fortran))


def _safetensors(path: str, size: int, most: int) -> dict[str, Tensor]:
    length = int.from_bytes(_span(path, 0, 8), "little")
    if length > most:
        raise _refused(f"a header of {length} bytes, above {most}", path)
    data = _span(path, 8, length)
    if crowded(data):
        raise _refused("a header with more fields than tensors have", path)
    try:
        header = json.loads(data, object_pairs_hook=_once)
        header.pop("__metadata__", None)
        entries = sorted((*x["data_offsets"], name, x["dtype"], tuple(x["shape"])) for name, x in header.items())
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise _refused("the header cannot be read", path) from error
    found: dict[str, Tensor] = {}
    place = 0
    for entry in entries:
        if len(entry) != 5 or not all(type(x) is int and x >= 0 for x in (entry[0], entry[1], *entry[4])):
            raise _refused("an entry of the header cannot be read", path)
        start, end, name, dtype, shape = entry
        if start != place or not start <= end <= size - 8 - length:
            raise _refused("the offsets do not continue those before", path)
        found[name] = Tensor(dtype, shape, lambda a=start, b=end: _span(path, 8 + length + a, b - a))
        place = end
    if 8 + length + place != size:
        raise _refused("bytes of the file belong to no tensor", path)
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name occurs twice")
    return found


def _refused(message: str, path: str | None = None) -> InputError:
    return InputError(f"read from the bytes: {message}", file=path, hint="copy the file again, and certify it again")
