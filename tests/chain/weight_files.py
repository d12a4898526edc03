"""Writers of weight files for the tests of the readers: well-formed ones, and ones that lie in a chosen place."""

from __future__ import annotations

import hashlib
import json
import struct
import zipfile
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest

from certify.chain import Chain
from certify.errors import InputError

T = TypeVar("T")

STRUCT_OF = {"F64": "d", "F32": "f", "F16": "e", "I64": "q", "I32": "i", "I16": "h", "I8": "b", "U8": "B"}


def pack(dtype: str, values: list[float]) -> bytes:
    """Little-endian bytes of ``values``; BF16 is the upper half of an F32 that has no lower half."""
    if dtype == "BF16":
        return b"".join(struct.pack("<f", value)[2:] for value in values)
    code = STRUCT_OF[dtype]
    return struct.pack(f"<{len(values)}{code}", *(values if code in "dfe" else map(int, values)))


def header_of(tensors: Mapping[str, tuple[str, list[int], bytes]]) -> tuple[dict[str, Any], bytes]:
    """Header and buffer of a safetensors file that holds name -> (dtype, shape, bytes) in the given order."""
    header: dict[str, Any] = {}
    buffer = b""
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(buffer), len(buffer) + len(data)]}
        buffer += data
    return header, buffer


def assemble(header: dict[str, Any] | str | bytes, buffer: bytes, length: int | None = None) -> bytes:
    """A safetensors file of any header, well-formed or not; ``length`` overrides the header length it declares."""
    text = header if isinstance(header, str | bytes) else json.dumps(header)
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return struct.pack("<Q", len(data) if length is None else length) + data + buffer


def matrix(rows: int, columns: int, seed: int = 1) -> list[float]:
    """Entries of a matrix, small integers, so that they are exact in every format; none is zero."""
    return [float((7 * i * seed + 3 * seed + i * i) % 11 + 1) for i in range(rows * columns)]


def chain_tensors(dtype: str = "F32", sizes: tuple[int, ...] = (3, 4, 2)) -> dict[str, tuple[str, list[int], bytes]]:
    """``layers.0.weight``, ``layers.0.bias``, ... of shapes (sizes[1], sizes[0]), ..."""
    found: dict[str, tuple[str, list[int], bytes]] = {}
    for i, (n_in, n_out) in enumerate(pairwise(sizes)):
        found[f"layers.{i}.weight"] = (dtype, [n_out, n_in], pack(dtype, matrix(n_out, n_in, i + 1)))
        found[f"layers.{i}.bias"] = (dtype, [n_out], pack(dtype, [1.0] * n_out))
    return found


def chain_bytes(dtype: str = "F32", sizes: tuple[int, ...] = (3, 4, 2)) -> bytes:
    """A well-formed safetensors file of :func:`chain_tensors`."""
    return assemble(*header_of(chain_tensors(dtype, sizes)))


def npy_bytes(header: str | bytes, data: bytes, version: int = 1, length: int | None = None) -> bytes:
    """An ``.npy`` file of any header."""
    text = header if isinstance(header, bytes) else header.encode("latin-1")
    size = struct.pack("<H" if version == 1 else "<I", len(text) if length is None else length)
    return b"\x93NUMPY" + bytes([version, 0]) + size + text + data


def write_zip(path: Path, members: list[tuple[str, bytes]], method: int = zipfile.ZIP_STORED) -> Path:
    """A zip archive; a member name may occur twice."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return path


def sha256_of(dtype: str, shape: list[int], data: bytes) -> str:
    """The canonical hash, by the words of its definition."""
    return hashlib.sha256(f"polystable-tensor 1 {dtype} {'x'.join(map(str, shape))}\n".encode() + data).hexdigest()


def refused(call: Callable[[], object], *parts: str, kind: type[InputError] = InputError) -> str:
    """Demand that ``call`` is refused with exit code 4 and a message that holds every part; return the message."""
    with pytest.raises(InputError) as caught:
        call()
    assert type(caught.value) is kind
    assert caught.value.exit_code == 4
    assert caught.value.hint, "the message says nothing about what to try"
    message = str(caught.value)
    for part in parts:
        assert part in message, f"{part!r} is not in:\n{message}"
    return message


def attempted(call: Callable[[], T], *parts: str) -> T | None:
    """What ``call`` returns, or None when it was refused with exit code 4 and a message that holds every part.

    Any other exception passes through, and so fails the test.
    """
    try:
        return call()
    except InputError as error:
        refusal = error
    assert refusal.exit_code == 4
    for part in parts:
        assert part in str(refusal), f"{part!r} is not in:\n{refusal}"
    return None


def described(chain: Chain) -> list[tuple[str, str, tuple[int, int], str, bool, str]]:
    """All that identifies the layers of a chain."""
    return [(x.name, x.tensor, x.shape, x.dtype, x.transposed, x.sha256) for x in chain.layers]


def arrays(chain: Chain) -> list[np.ndarray]:
    """All matrices of a chain."""
    return [layer.matrix() for layer in chain.layers]
