"""Keras and HDF5 weights: ``.h5``, ``.hdf5``, ``.weights.h5``, and ``.keras`` archives, in which the weights are such
a file. Needs h5py (extra ``keras``).

Only datasets of numbers are looked at. Links to other files and external storage are refused, and no filter beyond
those that h5py carries is loaded.
Dense kernels are stored as (n_in, n_out), convolution kernels as (k…, C_in, C_out): say ``transpose = true`` and
``layout = "channels_last"``.
"""

from __future__ import annotations

import importlib
import io
import os
import zipfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np

from certify.chain.archive import ARCHIVE_ERRORS, ArchiveMember
from certify.chain.dtypes import dtype_name
from certify.chain.limits import Limits
from certify.chain.model import LeftOut
from certify.chain.readers.numpy import bounded_archive
from certify.chain.refusals import check_name, parse_json
from certify.chain.stored import StoredTensor
from certify.errors import InputError, UnsupportedError
from certify.reading import open_regular

__all__ = ["HDF5_MAGIC", "HdfDataset", "read_keras", "read_keras_config"]

HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"

_HINT = "the file is damaged; save the weights again"
_ERRORS = (OSError, ValueError, KeyError, RuntimeError, TypeError, OverflowError)


def _h5py(path: str) -> Any:
    try:
        return importlib.import_module("h5py")
    except ImportError as error:
        raise UnsupportedError(
            "an HDF5 file, and h5py is not installed", file=path, hint="pip install 'polystable[keras]'"
        ) from error


@contextmanager
def _opened(path: str, member: ArchiveMember | None) -> Generator[Any]:
    module = _h5py(path)
    with open_regular(path) as stream:
        # A file object, so that HDF5 opens no other file.
        source = stream if member is None else io.BytesIO(bytes(member.read()))
        try:
            with module.File(source, "r") as file:
                yield file
        except _ERRORS as error:
            raise InputError(f"the HDF5 file cannot be read: {error}", file=path, hint=_HINT) from error


@dataclass(frozen=True, slots=True)
class HdfDataset:
    """One dataset of an HDF5 file, or of one inside a ``.keras`` archive."""

    path: str
    name: str
    member: ArchiveMember | None = None

    def read(self) -> bytearray:
        """Its bytes, little-endian in C order."""
        with _opened(self.path, self.member) as file:
            array = np.ascontiguousarray(file[self.name][()])
            return bytearray(array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes())


def read_keras(path: str, limits: Limits) -> tuple[list[StoredTensor], list[LeftOut]]:
    """The datasets of a file, not read yet, sorted by name; names are paths joined by ``/``.

    Raises
    ------
    LimitError : the file or the number of datasets is beyond a limit.
    UnsupportedError : h5py is not installed, or a ``.keras`` archive without weights.
    InputError : damaged.
    """
    member = _weights_member(path, limits)
    found: list[StoredTensor] = []
    left_out: list[LeftOut] = []
    names: list[str] = []
    with _opened(path, member) as file:
        module = _h5py(path)

        def visit(name: str | bytes, item: Any) -> None:
            # h5py hands over names that are not UTF-8 as bytes.
            if isinstance(name, bytes):
                name = os.fsdecode(name)
                check_name(name, file=path)
            # Soft and external links are not followed by visititems.
            if not isinstance(item, module.Dataset):
                return
            names.append(name)
            limits.check("max_tensors", len(names), "number of datasets", file=path)
            check_name(name, file=path)
            if item.external or item.is_virtual:
                raise UnsupportedError("its numbers lie in another file", file=path, tensor=name, hint=_HINT)
            shape = tuple(int(side) for side in item.shape or ())
            if item.shape is None or item.dtype.kind not in "fiu":
                left_out.append(LeftOut(name, "no numbers"))
                return
            limits.check(
                "max_tensor_elements", int(np.prod(shape, dtype=object)), "number of elements", file=path, tensor=name
            )
            source = HdfDataset(path, name, member)
            found.append(StoredTensor(name, os.path.basename(path), path, shape, dtype_name(item.dtype), source))

        file.visititems(visit)
    return sorted(found, key=lambda stored: stored.name), left_out


def read_keras_config(path: str, limits: Limits) -> Mapping[str, Any]:
    """The configuration of the network that an HDF5 file or a ``.keras`` archive carries, as JSON values; empty where
    there is none.

    Raises
    ------
    LimitError : it is longer than ``max_header_bytes``.
    InputError : it is no JSON, or the file is damaged.
    """
    with open_regular(path) as opened:
        zipped = opened.read(4) == b"PK\x03\x04"
        opened.seek(0)
        if zipped:
            return _archived_config(opened, path, limits)
    with _opened(path, None) as file:
        said = file.attrs.get("model_config")
    data = said.encode("utf-8", "surrogateescape") if isinstance(said, str) else said
    if not isinstance(data, bytes):
        return {}
    limits.check("max_header_bytes", len(data), "size of the configuration in bytes", file=path)
    return parse_json(data, file=path, what="model_config")


def _archived_config(opened: BinaryIO, path: str, limits: Limits) -> Mapping[str, Any]:
    try:
        with bounded_archive(opened, path, limits) as archive:
            inside = [item for item in archive.infolist() if item.filename == "config.json"]
    except ARCHIVE_ERRORS as error:
        raise InputError(f"the archive is damaged: {error}", file=path, hint=_HINT) from error
    if len(inside) != 1 or inside[0].compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return {}
    size = inside[0].file_size
    limits.check("max_header_bytes", size, "size of the configuration in bytes", file=path)
    return parse_json(bytes(ArchiveMember(path, inside[0], 0, size).read()), file=path, what="config.json")


def _weights_member(path: str, limits: Limits) -> ArchiveMember | None:
    with open_regular(path) as opened:
        size = os.fstat(opened.fileno()).st_size
        limits.check("max_file_bytes", size, "size of the file in bytes", file=path)
        if opened.read(4) != b"PK\x03\x04":
            return None
        opened.seek(0)
        try:
            with bounded_archive(opened, path, limits) as archive:
                inside = [item for item in archive.infolist() if item.filename.endswith(".weights.h5")]
        except ARCHIVE_ERRORS as error:
            raise InputError(f"the archive is damaged: {error}", file=path, hint=_HINT) from error
    if len(inside) != 1 or inside[0].compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise UnsupportedError("a .keras archive without model.weights.h5", file=path, hint=_HINT)
    limits.check("max_unpacked_bytes", inside[0].file_size, "the weights unpack to, in bytes", file=path)
    return ArchiveMember(path, inside[0], 0, inside[0].file_size)
