"""A tensor as it lies in a file: where its bytes are, how they are read, and their canonical hash."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from certify.chain.dtypes import READABLE, check_dtype
from certify.errors import InputError
from certify.reading import open_regular

__all__ = ["ByteSource", "FileSlice", "Memory", "StoredTensor", "canonical_sha256", "open_regular"]


class ByteSource(Protocol):
    """Where the bytes of one tensor come from. Reading twice gives the same bytes unless the file has changed."""

    def read(self) -> bytearray:
        """All bytes of the tensor."""
        ...


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes kept in memory."""

    data: bytes = field(repr=False)

    def read(self) -> bytearray:
        """A copy of the bytes."""
        return bytearray(self.data)


@dataclass(frozen=True, slots=True)
class FileSlice:
    """``nbytes`` bytes of the file ``path`` from ``offset`` on."""

    path: str
    offset: int
    nbytes: int
    follow_links: bool = True

    def read(self) -> bytearray:
        """Read the slice; :class:`InputError` when the file ends before it."""
        data = bytearray(self.nbytes)
        with open_regular(self.path, follow_links=self.follow_links) as opened:
            opened.seek(self.offset)
            got = opened.readinto(data)  # type: ignore[attr-defined]
        if got != self.nbytes:
            raise InputError(
                f"the file ends after {got} of {self.nbytes} bytes of a tensor",
                file=self.path,
                place=f"byte {self.offset}",
                hint="the file changed while it was read or is truncated; copy it again",
            )
        return data


def canonical_sha256(dtype: str, shape: tuple[int, ...], data: memoryview | bytes | bytearray) -> str:
    """Hash of a tensor that does not depend on the file format it lies in.

    SHA-256 over the ASCII line ``polystable-tensor 1 DTYPE D0xD1x...`` ended by one newline, followed by the elements
    little-endian in C order. ``DTYPE`` is the safetensors name; a scalar has an empty list of sizes.
    """
    digest = hashlib.sha256(f"polystable-tensor 1 {dtype} {'x'.join(map(str, shape))}\n".encode("ascii"))
    digest.update(data)
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """One tensor of a weight file, not yet read.

    Parameters
    ----------
    name : its name in the file.
    file : file name relative to the folder that was given; empty for arrays in memory.
    path : the whole path, for messages; empty for arrays in memory.
    shape, dtype : as declared by the file and checked against the length of its bytes.
    source : where the bytes are.
    big_endian, fortran : layout of the bytes (``.npy`` only).
    """

    name: str
    file: str
    path: str
    shape: tuple[int, ...]
    dtype: str
    source: ByteSource = field(repr=False)
    big_endian: bool = False
    fortran: bool = False

    @property
    def elements(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def readable(self) -> bool:
        """True when its format converts to float64 exactly."""
        return self.dtype in READABLE

    def read(self) -> tuple[NDArray[Any], str]:
        """The stored array (little-endian, C order, writable, not shared) and its canonical SHA-256.

        Raises
        ------
        UnsupportedError : the format is not read.
        InputError : the bytes cannot be read.
        """
        check_dtype(self.dtype, file=self.path or None, tensor=self.name)
        little = READABLE[self.dtype]
        raw = np.frombuffer(self.source.read(), dtype=little.newbyteorder(">") if self.big_endian else little)
        array = np.ascontiguousarray(raw.reshape(self.shape, order="F" if self.fortran else "C"), dtype=little)
        return array, canonical_sha256(self.dtype, self.shape, array.reshape(-1).view(np.uint8).data)
