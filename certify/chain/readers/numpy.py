"""NumPy files: a folder of ``.npy``, one ``.npy``, an ``.npz`` archive. Nothing is unpickled and nothing is unpacked
to disk; of an archive only the headers are unpacked before a matrix is asked for.
"""

from __future__ import annotations

import os
import zipfile
from typing import BinaryIO

from certify.chain.archive import ARCHIVE_ERRORS, ArchiveMember, can_hold
from certify.chain.limits import Limits
from certify.chain.model import LeftOut
from certify.chain.readers.npy_header import NpyHeader, read_npy_header
from certify.chain.refusals import check_name, pickle_suffix, refuse_pickle
from certify.chain.stored import ByteSource, FileSlice, StoredTensor
from certify.errors import InputError, LimitError, UnsupportedError
from certify.reading import open_regular

__all__ = ["bounded_archive", "read_npy", "read_npy_folder", "read_npz"]

_REWRITE = "write the archive again with numpy.savez"
_ENCRYPTED = 0x1


def read_npy(path: str, limits: Limits, *, follow_links: bool = True) -> StoredTensor:
    """The array of one ``.npy`` file, not read yet; its name is the file name without suffix.

    Raises
    ------
    InputError : see :func:`certify.chain.readers.npy_header.read_npy_header`.
    """
    file = os.path.basename(path)
    name = file.removesuffix(".npy")
    check_name(name, file=path)
    with open_regular(path, follow_links=follow_links) as opened:
        size = os.fstat(opened.fileno()).st_size
        limits.check("max_file_bytes", size, "size of the file in bytes", file=path)
        header = read_npy_header(opened.read, size, file=path, tensor=name, limits=limits)
    return _tensor(name, file, path, header, FileSlice(path, header.offset, header.nbytes, follow_links))


def read_npy_folder(path: str, limits: Limits) -> tuple[list[StoredTensor], list[LeftOut]]:
    """The arrays of all ``.npy`` files in a folder, sorted by name, and what else lies there.

    Raises
    ------
    InputError : a file is a symbolic link, or as :func:`read_npy`.
    """
    names = sorted(os.listdir(path))
    chosen = [name for name in names if name.endswith(".npy")]
    limits.check("max_tensors", len(chosen), "number of .npy files", file=path)
    stored = [read_npy(os.path.join(path, name), limits, follow_links=False) for name in chosen]
    return stored, [
        LeftOut(name if name.isprintable() else ascii(name), "not an .npy file") for name in names if name not in chosen
    ]


def read_npz(path: str, limits: Limits) -> tuple[list[StoredTensor], list[LeftOut]]:
    """The arrays of an ``.npz`` archive, sorted by name, and its members that are no arrays.

    Raises
    ------
    UnsupportedError : a pickle inside, an encrypted member, or a compression that NumPy does not write.
    LimitError : too many members, or members that declare to unpack to more than ``max_unpacked_bytes``.
    InputError : a damaged archive, a member name twice or one that leads out of a folder, members that share bytes.
    """
    found: dict[str, StoredTensor] = {}
    left_out: list[LeftOut] = []
    place: str | None = None
    try:
        with open_regular(path) as opened:
            size = os.fstat(opened.fileno()).st_size
            limits.check("max_file_bytes", size, "size of the file in bytes", file=path)
            with bounded_archive(opened, path, limits) as archive:
                members = archive.infolist()
                _check_members(members, size, path, limits)
                for member in members:
                    if not member.filename.endswith(".npy"):
                        left_out.append(LeftOut(member.filename, "not an .npy member"))
                        continue
                    place = f"member {member.filename}"
                    name = member.filename.removesuffix(".npy")
                    check_name(name, file=path)
                    with archive.open(member) as stream:
                        header = read_npy_header(stream.read, member.file_size, file=path, tensor=name, limits=limits)
                    source = ArchiveMember(path, member, header.offset, header.nbytes)
                    found[name] = _tensor(name, os.path.basename(path), path, header, source)
    except ARCHIVE_ERRORS as error:
        raise InputError(f"the archive is damaged: {error}", file=path, place=place, hint=_REWRITE) from error
    return [found[name] for name in sorted(found)], left_out


def _tensor(name: str, file: str, path: str, header: NpyHeader, source: ByteSource) -> StoredTensor:
    return StoredTensor(
        name, file, path, header.shape, header.dtype, source, big_endian=header.big_endian, fortran=header.fortran
    )


def _check_members(members: list[zipfile.ZipInfo], size: int, path: str, limits: Limits) -> None:
    limits.check("max_tensors", len(members), "number of members", file=path)
    limits.check(
        "max_unpacked_bytes", sum(member.file_size for member in members), "the members unpack to, in bytes", file=path
    )
    seen: set[str] = set()
    for member in members:
        name = member.orig_filename
        check_name(name, file=path)
        if name.startswith("/") or any(mark in name for mark in "\\:") or ".." in name.split("/"):
            raise InputError(f"the member name {name!r} leads out of a folder", file=path, hint=_REWRITE)
        if name in seen:
            raise InputError("two members have this name", file=path, tensor=name.removesuffix(".npy"), hint=_REWRITE)
        seen.add(name)
        if pickle_suffix(name):
            raise refuse_pickle(path, f"its member {name}")
        if member.flag_bits & _ENCRYPTED:
            raise UnsupportedError(f"the member {name} is encrypted", file=path, hint=_REWRITE)
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise UnsupportedError(
                f"the member {name} uses compression method {member.compress_type}",
                file=path,
                hint="write the archive again with numpy.savez_compressed",
            )
        if not can_hold(member):
            raise InputError(
                f"the member {name} declares {member.file_size} bytes, and {member.compress_size} cannot hold them",
                file=path,
                hint=_REWRITE,
            )
    # An archive may let many members share the same packed bytes, and so unpack to far more than it holds.
    if sum(member.compress_size for member in members) > size:
        raise InputError("members of the archive share bytes", file=path, hint=_REWRITE)


class _Bounded:
    """A file from which zipfile cannot read a directory longer than ``max_header_bytes`` into memory."""

    def __init__(self, opened: BinaryIO, path: str, limits: Limits) -> None:
        self._opened = opened
        self._size = os.fstat(opened.fileno()).st_size
        self._path = path
        self._limits = limits
        self.seek = opened.seek
        self.tell = opened.tell
        self.seekable = opened.seekable
        self.close = opened.close

    def read(self, count: int = -1) -> bytes:
        allowed = max(self._limits.max_header_bytes, 1 << 20)
        if count > allowed:
            raise LimitError(
                f"the directory of the archive takes {count} bytes",
                file=self._path,
                limit=f"max_header_bytes = {self._limits.max_header_bytes}",
                hint=f"if the input is to be trusted, raise it: --limit max_header_bytes={count}, "
                f"or Limits(max_header_bytes={count})",
            )
        # A read of n bytes takes n bytes of memory even where the file has fewer.
        left = max(self._size - self._opened.tell(), 0)
        return self._opened.read(min(count if count >= 0 else allowed, left))


def bounded_archive(opened: BinaryIO, path: str, limits: Limits) -> zipfile.ZipFile:
    """The archive in ``opened``, whose directory takes no more than ``max_header_bytes``."""
    return zipfile.ZipFile(_Bounded(opened, path, limits))  # type: ignore[arg-type]
