"""PyTorch files: archives of ``torch.save`` and TorchScript, and the older format of pickles one after another.

Neither torch nor anything else that the file names is imported or run: the pickle is data, see
:mod:`certify.chain.readers.inert_pickle`. Tensors may lie under
any nesting of dictionaries (``state_dict.layer.weight``), may be views with strides, and may share a storage (tied
weights).
"""

from __future__ import annotations

import math
import os
import zipfile
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from certify.chain.archive import ARCHIVE_ERRORS, ArchiveMember
from certify.chain.dtypes import BITS
from certify.chain.limits import Limits
from certify.chain.model import LeftOut
from certify.chain.readers.inert_pickle import StorageRef, TensorRef, bounded_unpickle, named_tensors
from certify.chain.readers.numpy import bounded_archive
from certify.chain.refusals import check_name
from certify.chain.stored import ByteSource, FileSlice, StoredTensor
from certify.errors import InputError, UnsupportedError
from certify.reading import open_regular

__all__ = ["LEGACY", "StridedView", "read_pytorch"]

LEGACY = b"\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
"""The pickled number with which the older format begins, after two bytes that say the protocol."""

_STORAGES = {
    "DoubleStorage": "F64",
    "FloatStorage": "F32",
    "HalfStorage": "F16",
    "BFloat16Storage": "BF16",
    "LongStorage": "I64",
    "IntStorage": "I32",
    "ShortStorage": "I16",
    "CharStorage": "I8",
    "ByteStorage": "U8",
    "BoolStorage": "BOOL",
}
_DTYPES = {
    "float64": "F64",
    "float32": "F32",
    "float16": "F16",
    "bfloat16": "BF16",
    "int64": "I64",
    "int32": "I32",
    "int16": "I16",
    "int8": "I8",
    "uint8": "U8",
    "bool": "BOOL",
    "uint16": "U16",
    "uint32": "U32",
    "uint64": "U64",
    "float8_e4m3fn": "F8_E4M3",
    "float8_e5m2": "F8_E5M2",
}
_HINT = "the file is damaged; save the state dictionary again"


@dataclass(frozen=True, slots=True)
class StridedView:
    """Elements of a storage in C order, gathered by strides; all counted in elements."""

    storage: ByteSource
    width: int
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def read(self) -> bytearray:
        """The bytes of the view."""
        raw = self.storage.read()
        # An archive may hold a storage with a part of an element at its end.
        data = np.frombuffer(raw, dtype=f"V{self.width}", count=len(raw) // self.width)
        steps = tuple(step * self.width for step in self.strides)
        view = np.lib.stride_tricks.as_strided(data[self.offset :], self.shape, steps, writeable=False)
        return bytearray(np.ascontiguousarray(view).tobytes())


def read_pytorch(
    path: str, limits: Limits, *, file: str = "", follow_links: bool = True
) -> tuple[list[StoredTensor], list[LeftOut]]:
    """The tensors of a file, not read yet, sorted by name, and those of formats that are not read.

    Parameters
    ----------
    file : what the tensors say of their file; its own name when left out.
    follow_links : False refuses a symbolic link, now and when the numbers are read.

    Raises
    ------
    LimitError : the file, its pickle or the number of tensors is beyond a limit.
    UnsupportedError : bytes in the other order.
    InputError : damaged, a view that leads beyond its storage, two tensors of one name.
    """
    try:
        with open_regular(path, follow_links=follow_links) as opened:
            size = os.fstat(opened.fileno()).st_size
            limits.check("max_file_bytes", size, "size of the file in bytes", file=path)
            head = opened.read(4)
            opened.seek(0)
            if head.startswith(b"PK"):
                root, storages = _archive(opened, path, limits, follow_links)
            else:
                root, storages = _legacy(opened, size, path, limits, follow_links)
    except ARCHIVE_ERRORS as error:
        raise InputError(f"the archive is damaged: {error}", file=path, hint=_HINT) from error
    found: dict[str, StoredTensor] = {}
    left_out: list[LeftOut] = []
    for name, ref in named_tensors(root, limits.max_tensors):
        check_name(name, file=path)
        limits.check("max_tensors", len(found) + 1, "number of tensors", file=path)
        dtype = _DTYPES.get(ref.dtype, "") if ref.dtype else _STORAGES.get(ref.storage.kind, "")
        if not dtype:
            left_out.append(LeftOut(name, f"numbers of format {ref.dtype or ref.storage.kind} are not read"))
        elif name in found:
            raise InputError("two tensors have this name", file=path, tensor=name, hint=_HINT)
        else:
            found[name] = _tensor(name, ref, dtype, storages, path, file or os.path.basename(path))
    return [found[name] for name in sorted(found)], left_out


_Storages = dict[str, tuple[ByteSource, int]]


def _tensor(name: str, ref: TensorRef, dtype: str, storages: _Storages, path: str, file: str) -> StoredTensor:
    if ref.storage.key not in storages:
        raise InputError(f"the storage {ref.storage.key!a} is missing", file=path, tensor=name, hint=_HINT)
    source, size = storages[ref.storage.key]
    width = BITS[dtype] // 8
    last = ref.offset + sum((side - 1) * step for side, step in zip(ref.shape, ref.strides, strict=True))
    elements = math.prod(ref.shape)
    # Strides of 0 would make much of few bytes.
    if elements and ((last + 1) * width > size or elements * width > size):
        raise InputError(
            f"a view of {elements} elements up to element {last} of a storage of {size} bytes",
            file=path, tensor=name, hint=_HINT,
        )  # fmt: skip
    steps = [math.prod(ref.shape[place + 1 :]) for place in range(len(ref.shape))]
    contiguous = all(side == 1 or a == b for side, a, b in zip(ref.shape, ref.strides, steps, strict=True))
    if not (contiguous and ref.offset == 0 and elements * width == size):
        if isinstance(source, FileSlice) and contiguous:
            source = FileSlice(path, source.offset + ref.offset * width, elements * width, source.follow_links)
        else:
            source = StridedView(source, width, ref.offset, ref.shape, ref.strides)
    return StoredTensor(name, file, path, ref.shape, dtype, source)


def _archive(opened: BinaryIO, path: str, limits: Limits, follow_links: bool) -> tuple[object, _Storages]:
    with bounded_archive(opened, path, limits) as archive:
        members = {item.filename: item for item in archive.infolist()}
        limits.check("max_tensors", len(members), "number of members", file=path)
        pickles = [name for name in members if name == "data.pkl" or name.endswith("/data.pkl")]
        if len(pickles) != 1:
            raise UnsupportedError(
                f"a zip archive with {len(pickles)} members data.pkl, and PyTorch writes one", file=path, hint=_HINT
            )
        folder = pickles[0].removesuffix("data.pkl")
        order = members.get(f"{folder}byteorder")
        if order is not None and order.file_size < 16 and archive.read(order).strip() != b"little":
            raise UnsupportedError("bytes in the order of another machine", file=path, hint="save it on this one")
        entry = members[pickles[0]]
        limits.check("max_header_bytes", entry.file_size, "length of the pickle in bytes", file=path)
        if sum(item.compress_size for item in members.values()) > os.fstat(opened.fileno()).st_size:
            raise InputError("members of the archive share bytes", file=path, hint=_HINT)
        total = sum(item.file_size for item in members.values())
        limits.check("max_unpacked_bytes", total, "the members unpack to, in bytes", file=path)
        with archive.open(entry) as stream:
            root = bounded_unpickle(
                stream, entry.file_size, entry.file_size, path=path, what=f"the member {entry.filename}"
            )  # type: ignore[arg-type]
    storages: _Storages = {}
    for part in ("data/", "constants/", "tensors/"):
        for name, item in members.items():
            if name.startswith(folder + part) and item.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                key = name.removeprefix(folder + part)
                storages.setdefault(key, (ArchiveMember(path, item, 0, item.file_size, follow_links), item.file_size))
    return root, storages


def _legacy(opened: BinaryIO, size: int, path: str, limits: Limits, follow_links: bool) -> tuple[object, _Storages]:
    def next_pickle(what: str) -> object:
        left = size - opened.tell()
        return bounded_unpickle(opened, left, limits.max_header_bytes, path=path, what=what)

    if next_pickle("the first part") != 0x1950A86A20F9469CFC6C or next_pickle("the version") != 1001:
        raise UnsupportedError(
            "a pickle, but none of PyTorch's", file=path, hint="save a state dictionary with torch.save"
        )
    machine = next_pickle("the third part")
    if not isinstance(machine, dict) or machine.get("little_endian") is not True:
        raise UnsupportedError("bytes in the order of another machine", file=path, hint="save it on this one")
    root, keys = next_pickle("the state dictionary"), next_pickle("the list of storages")
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise InputError("the list of storages is none", file=path, hint=_HINT)
    kinds: dict[str, StorageRef] = {ref.storage.key: ref.storage for _, ref in named_tensors(root, limits.max_tensors)}
    storages: _Storages = {}
    for key in keys:
        count = int.from_bytes(opened.read(8), "little")
        if key not in kinds or kinds[key].kind not in _STORAGES:
            raise UnsupportedError(f"the storage {key!a} has a size that cannot be told", file=path, hint=_HINT)
        length = count * BITS[_STORAGES[kinds[key].kind]] // 8
        if length > size - opened.tell():
            raise InputError(f"the storage {key!a} has {length} bytes, and fewer are left", file=path, hint=_HINT)
        storages[key] = FileSlice(path, opened.tell(), length, follow_links), length
        opened.seek(length, 1)
    return root, storages
