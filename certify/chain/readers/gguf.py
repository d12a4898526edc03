"""GGUF files (llama.cpp): F32, F16, BF16, F64 as they are, Q8_0 exactly; other quantizations are left out by name.

Layout (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md): magic, version, counts, key-value pairs, tensor
infos, padding, data. A block of Q8_0 is
a float16 d and 32 integers q of eight bits, for the numbers d·q: 11 + 7 bits, so each is a float32 and is given as
that.
"""

from __future__ import annotations

import math
import os
import struct
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO

import numpy as np

from certify.chain.limits import Limits
from certify.chain.model import LeftOut
from certify.chain.refusals import check_name
from certify.chain.stored import ByteSource, FileSlice, StoredTensor
from certify.errors import InputError, UnsupportedError
from certify.reading import open_regular

__all__ = ["MAGIC", "Q8", "read_gguf"]

MAGIC = b"GGUF"

_PLAIN = {
    0: ("F32", 4),
    1: ("F16", 2),
    24: ("I8", 1),
    25: ("I16", 2),
    26: ("I32", 4),
    27: ("I64", 8),
    28: ("F64", 8),
    30: ("BF16", 2),
}
_Q8_0 = 8
_QUANTIZED = {
    2: "Q4_0",
    3: "Q4_1",
    6: "Q5_0",
    7: "Q5_1",
    9: "Q8_1",
    10: "Q2_K",
    11: "Q3_K",
    12: "Q4_K",
    13: "Q5_K",
    14: "Q6_K",
    15: "Q8_K",
    16: "IQ2_XXS",
    17: "IQ2_XS",
    18: "IQ3_XXS",
    19: "IQ1_S",
    20: "IQ4_NL",
    21: "IQ3_S",
    22: "IQ2_S",
    23: "IQ4_XS",
    29: "IQ1_M",
    34: "TQ1_0",
    35: "TQ2_0",
    39: "MXFP4",
}
_SCALARS = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_STRING, _ARRAY = 8, 9
_BLOCK, _BLOCK_BYTES = 32, 34
_DAMAGED = "the file is truncated or damaged; copy or download it again"


@dataclass(frozen=True, slots=True)
class Q8:
    """Blocks of Q8_0, given as the float32 numbers that they are."""

    blocks: FileSlice

    def read(self) -> bytearray:
        """d·q in float32, exactly."""
        raw = np.frombuffer(self.blocks.read(), dtype=np.dtype([("d", "<f2"), ("q", "i1", (_BLOCK,))]))
        return bytearray((raw["d"].astype("<f4")[:, None] * raw["q"].astype("<f4")).tobytes())


def read_gguf(path: str, limits: Limits) -> tuple[list[StoredTensor], list[LeftOut]]:
    """The tensors of a file, not read yet, sorted by name, and those in a quantization that is not read.

    Raises
    ------
    LimitError : the file, its header or the number of tensors is beyond a limit.
    UnsupportedError : another version than 2 and 3.
    InputError : cut, a length that lies, a name twice.
    """
    with open_regular(path) as opened:
        size = os.fstat(opened.fileno()).st_size
        limits.check("max_file_bytes", size, "size of the file in bytes", file=path)
        head = _Head(opened, size, path, limits)
        magic, version = head.bytes(4), head.number("<I")
        if magic != MAGIC or version not in (2, 3):
            raise UnsupportedError(f"no GGUF file of version 2 or 3, but {version}", file=path, hint="convert it anew")
        tensors, pairs = head.number("<Q"), head.number("<Q")
        limits.check("max_tensors", tensors, "number of tensors", file=path)
        limits.check("max_tensors", pairs, "number of key-value pairs", file=path)
        alignment = 32
        for _ in range(pairs):
            key = head.text()
            kind = head.number("<I")
            value = head.value(kind, 0)
            if key == "general.alignment" and kind == 4:
                alignment = value
        if alignment < 8 or alignment % 8:
            raise head.error(f"an alignment of {alignment}")
        infos = [head.info() for _ in range(tensors)]
        start = -(-head.place // alignment) * alignment
    found: dict[str, StoredTensor] = {}
    left_out: list[LeftOut] = []
    spans: list[tuple[int, int, str]] = []
    for name, shape, kind, offset in infos:
        check_name(name, file=path)
        if name in found:
            raise InputError("two tensors have this name", file=path, tensor=name, hint=_DAMAGED)
        count = math.prod(shape)
        if kind in _PLAIN:
            dtype, width = _PLAIN[kind]
            length = count * width
            source: ByteSource = FileSlice(path, start + offset, length)
        elif kind == _Q8_0 and shape[-1] % _BLOCK == 0:
            dtype, length = "F32", count // _BLOCK * _BLOCK_BYTES
            source = Q8(FileSlice(path, start + offset, length))
        else:
            label = _QUANTIZED.get(kind, f"number {kind}")
            left_out.append(LeftOut(name, f"quantization {label} is not read; convert the file to F16 or Q8_0"))
            continue
        if start + offset + length > size or offset % alignment:
            raise InputError(
                f"its data lie at bytes {offset} to {offset + length} of {max(size - start, 0)}",
                file=path, tensor=name, hint=_DAMAGED,
            )  # fmt: skip
        spans.append((offset, offset + length, name))
        found[name] = StoredTensor(name, os.path.basename(path), path, shape, dtype, source)
    spans.sort()
    for below, above in pairwise(spans):
        if above[0] < below[1]:
            raise InputError(f"its data overlap those of {below[2]}", file=path, tensor=above[2], hint=_DAMAGED)
    if left_out and not found:
        raise UnsupportedError(
            f"every tensor is in a quantization that is not read: {left_out[0].why}",
            file=path, hint="convert it: llama-quantize --allow-requantize IN.gguf OUT.gguf Q8_0",
        )  # fmt: skip
    return [found[name] for name in sorted(found)], left_out


class _Head:
    """Sequential reading of the header, never beyond the file or ``max_header_bytes``."""

    def __init__(self, opened: BinaryIO, size: int, path: str, limits: Limits) -> None:
        self._opened = opened
        self._size = size
        self._path = path
        self._limits = limits
        self.place = 0

    def error(self, message: str) -> InputError:
        return InputError(message, file=self._path, place=f"byte {self.place}", hint=_DAMAGED)

    def bytes(self, count: int) -> bytes:
        if count > self._size - self.place:
            raise self.error(f"{count} bytes are declared, and {self._size - self.place} are left")
        self._limits.check("max_header_bytes", self.place + count, "length of the header in bytes", file=self._path)
        data = self._opened.read(count)
        if len(data) != count:
            raise self.error("the file ends inside its header")
        self.place += count
        return data

    def number(self, form: str) -> int:
        return struct.unpack(form, self.bytes(struct.calcsize(form)))[0]

    def text(self) -> str:
        data = self.bytes(self.number("<Q"))
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise self.error("a text that is not UTF-8") from error

    def value(self, kind: int, depth: int) -> int:
        """Read over a value; the number itself for 32-bit integers, else 0."""
        if kind in _SCALARS:
            data = self.bytes(_SCALARS[kind])
            return int.from_bytes(data, "little") if kind == 4 else 0
        if kind == _STRING:
            self.bytes(self.number("<Q"))
            return 0
        if kind != _ARRAY or depth > 4:
            raise self.error(f"a value of kind {kind}")
        inner, count = self.number("<I"), self.number("<Q")
        if inner in _SCALARS:
            self.bytes(count * _SCALARS[inner])
            return 0
        if count > self._size - self.place:
            raise self.error(f"a list of {count} items")
        for _ in range(count):
            self.value(inner, depth + 1)
        return 0

    def info(self) -> tuple[str, tuple[int, ...], int, int]:
        name = self.text()
        dimensions = self.number("<I")
        if not 1 <= dimensions <= 4:
            raise self.error(f"a tensor of {dimensions} dimensions")
        # The first side varies fastest.
        shape = tuple(self.number("<Q") for _ in range(dimensions))[::-1]
        if any(side >= 2**63 for side in shape):
            raise self.error("a side of 2^63 or more")
        return name, shape, self.number("<I"), self.number("<Q")
