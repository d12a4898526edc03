"""One member of a zip archive, unpacked by its own entry of the directory, so that n members take one directory."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from certify.errors import InputError
from certify.reading import open_regular

__all__ = ["ARCHIVE_ERRORS", "ArchiveMember", "can_hold"]

ARCHIVE_ERRORS = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, ValueError, OverflowError)
"""What a damaged archive makes zipfile and zlib raise."""

_REWRITE = "write it again with numpy.savez"
# Signature, version, flags, method, time, date, checksum, both sizes, length of the name and of the extra field.
_LOCAL = struct.Struct("<4s5H3L2H")
_SIGNATURE = b"PK\x03\x04"
_PIECE = 1 << 20
# A symbol of Deflate gives at most 258 bytes and takes at least two bits.
_MOST_DEFLATED, _LEAST_DEFLATED = 1032, 258


def can_hold(entry: zipfile.ZipInfo) -> bool:
    """Whether as many bytes as a member declares can be packed into as few as it takes."""
    if entry.compress_type == zipfile.ZIP_STORED:
        return entry.file_size <= entry.compress_size
    return entry.file_size <= _MOST_DEFLATED * entry.compress_size + _LEAST_DEFLATED


@dataclass(frozen=True, slots=True)
class ArchiveMember:
    """``nbytes`` bytes of a member of the zip archive ``path``, after ``offset`` bytes of header.

    ``entry`` is the member's entry of the directory; stored and deflated members are read.
    """

    path: str
    entry: zipfile.ZipInfo = field(repr=False)
    offset: int
    nbytes: int
    follow_links: bool = True

    def read(self) -> bytearray:
        """Unpack the member, never more than it declared; its checksum is verified.

        Raises
        ------
        InputError : the archive is damaged or was changed since its directory was read.
        """
        if not can_hold(self.entry) or self.offset + self.nbytes > self.entry.file_size:
            raise self._refused(f"{self.entry.compress_size} bytes cannot hold the {self.nbytes} that are declared")
        data = bytearray(self.nbytes)
        view = memoryview(data)
        place = checksum = 0
        total = self.offset + self.nbytes
        try:
            with open_regular(self.path, follow_links=self.follow_links) as opened:
                for piece in self._pieces(opened, total):
                    checksum = zlib.crc32(piece, checksum)
                    # What stands before ``offset`` is the header, which was read before.
                    kept = piece[max(self.offset - place, 0) :]
                    start = max(place - self.offset, 0)
                    view[start : start + len(kept)] = kept
                    place += len(piece)
        except (*ARCHIVE_ERRORS, IndexError) as error:
            raise self._refused(f"a member of the archive cannot be unpacked: {error}") from error
        if place != total:
            raise self._refused(
                f"a member of the archive does not hold the {self.nbytes} bytes that its header declares"
            )
        if checksum != self.entry.CRC:
            raise self._refused("a member of the archive cannot be unpacked: Bad CRC-32")
        return data

    def _refused(self, message: str) -> InputError:
        return InputError(
            message,
            file=self.path,
            place=f"member {self.entry.filename}",
            hint=f"the archive is damaged or changed while it was read; {_REWRITE}",
        )

    def _pieces(self, opened: BinaryIO, total: int) -> Iterator[bytes]:
        """The unpacked bytes; an error as soon as there are more than ``total``."""
        opened.seek(self.entry.header_offset)
        head = _LOCAL.unpack(opened.read(_LOCAL.size))
        if head[0] != _SIGNATURE:
            raise ValueError("there is no member where the directory says")
        opened.seek(head[-2] + head[-1], 1)
        left, given = self.entry.compress_size, 0
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS) if self.entry.compress_type == zipfile.ZIP_DEFLATED else None
        while left or (unpacker is not None and unpacker.unconsumed_tail):
            if unpacker is None or not unpacker.unconsumed_tail:
                packed = opened.read(min(left, _PIECE))
                if not packed:
                    raise EOFError("the file ends inside it")
                left -= len(packed)
            else:
                packed = unpacker.unconsumed_tail
            piece = packed if unpacker is None else unpacker.decompress(packed, min(total - given + 1, _PIECE))
            given += len(piece)
            if given > total:
                raise ValueError("it is longer than its header declares")
            yield piece
            if unpacker is not None and unpacker.eof:
                return
