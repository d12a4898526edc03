"""A tensor as it lies in a file: where its bytes are, how they are read, and their canonical hash."""

from __future__ import annotations

import hashlib
import math
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from certify.chain.dtypes import READABLE, check_dtype
from certify.errors import InputError

__all__ = [
    "ARCHIVE_ERRORS",
    "ArchiveMember",
    "ByteSource",
    "FileSlice",
    "Memory",
    "StoredTensor",
    "canonical_sha256",
    "open_regular",
]

ARCHIVE_ERRORS = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, ValueError, OverflowError)
"""What zipfile raises on a damaged archive."""


@contextmanager
def open_regular(path: str, *, follow_links: bool = True) -> Generator[BinaryIO]:
    """Open a regular file for reading; a pipe, a device, a folder or (on demand) a symbolic link is refused.

    Operating-system errors while the file is open are reported as :class:`InputError`.

    Raises
    ------
    InputError : the file does not exist, cannot be read, or is not a regular file.
    """
    # O_NONBLOCK: opening a pipe must not wait for a writer.
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        if not follow_links and os.path.islink(path):
            raise InputError(
                "a symbolic link is not followed",
                file=path,
                hint="copy the folder with its links resolved (cp -rL) and use the copy",
            )
        handle = os.open(path, flags if follow_links else flags | getattr(os, "O_NOFOLLOW", 0))
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise InputError("not a regular file", file=path, hint="give the path of a file")
    except BaseException:
        os.close(handle)
        raise
    with os.fdopen(handle, "rb") as opened:
        try:
            yield opened
        except OSError as error:
            raise _unreadable(path, error) from error


def _unreadable(path: str, error: Exception) -> InputError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return InputError(f"the file cannot be read: {reason}", file=path, hint="check the path and its permissions")


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


@dataclass(frozen=True, slots=True)
class ArchiveMember:
    """``nbytes`` bytes of the member ``member`` of the zip archive ``path``, after ``offset`` bytes of header."""

    path: str
    member: str
    offset: int
    nbytes: int

    def read(self) -> bytearray:
        """Unpack the member, never more than it declared; its checksum is verified."""
        data = bytearray(self.nbytes)
        view = memoryview(data)
        filled = 0
        try:
            with (
                open_regular(self.path) as opened,
                zipfile.ZipFile(opened) as archive,
                archive.open(self.member) as member,
            ):
                head = len(member.read(self.offset))
                while filled < self.nbytes and (piece := member.read(min(self.nbytes - filled, 1 << 24))):
                    view[filled : filled + len(piece)] = piece
                    filled += len(piece)
                # Reading up to the end makes zipfile compare the checksum.
                rest = member.read(1)
        except (*ARCHIVE_ERRORS, KeyError) as error:
            raise InputError(
                f"a member of the archive cannot be unpacked: {error}",
                file=self.path,
                place=f"member {self.member}",
                hint="the archive is damaged; write it again with numpy.savez",
            ) from error
        if head != self.offset or filled != self.nbytes or rest:
            raise InputError(
                f"a member of the archive does not hold the {self.nbytes} bytes that its header declares",
                file=self.path,
                place=f"member {self.member}",
                hint="the archive is damaged or changed while it was read; write it again with numpy.savez",
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


@dataclass(frozen=True)
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
