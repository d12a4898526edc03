"""Writers of small ONNX, GGUF and PyTorch files, by hand, so that the readers are tested without the packages that
write them."""

from __future__ import annotations

import importlib
import io
import pickle
import struct
import sys
import types
import zipfile
from collections import OrderedDict
from collections.abc import Mapping

import numpy as np

KINDS = {
    "f4": ("FloatStorage", 1),
    "f8": ("DoubleStorage", 11),
    "f2": ("HalfStorage", 10),
    "i1": ("CharStorage", 3),
    "u1": ("ByteStorage", 2),
}


def varint(value: int) -> bytes:
    """An unsigned integer of the wire format."""
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def message(*fields: tuple[int, int | bytes]) -> bytes:
    """A message of integers and byte strings."""
    out = b""
    for number, value in fields:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
        else:
            out += varint(number << 3 | 2) + varint(len(value)) + value
    return out


def onnx_tensor(name: str, array: np.ndarray, *more: tuple[int, int | bytes], raw: bool = True) -> bytes:
    """A TensorProto."""
    fields: list[tuple[int, int | bytes]] = [(1, side) for side in array.shape]
    fields += [(2, KINDS[array.dtype.str[1:]][1]), (8, name.encode())]
    if raw:
        fields.append((9, array.tobytes()))
    return message(*fields, *more)


def onnx_bytes(tensors: Mapping[str, np.ndarray], nodes: list[bytes] | None = None) -> bytes:
    """A model."""
    graph = [(1, node) for node in nodes or []] + [(5, onnx_tensor(name, array)) for name, array in tensors.items()]
    return message((1, 8), (7, message(*graph)))


def gguf_bytes(tensors: Mapping[str, tuple[int, tuple[int, ...], bytes]]) -> bytes:
    """A file of version 3; name -> (type, shape, bytes)."""
    text = lambda s: struct.pack("<Q", len(s)) + s.encode()  # noqa: E731
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), 2)
    head += text("general.architecture") + struct.pack("<I", 8) + text("llama")
    head += text("tokens") + struct.pack("<IIQ", 9, 8, 2) + text("a") + text("b")
    data = b""
    for name, (kind, shape, raw) in tensors.items():
        head += text(name) + struct.pack("<I", len(shape)) + struct.pack(f"<{len(shape)}Q", *shape[::-1])
        head += struct.pack("<IQ", kind, len(data))
        data += raw + bytes(-len(raw) % 32)
    return head + bytes(-len(head) % 32) + data


class _Storage:
    def __init__(self, key: str, array: np.ndarray) -> None:
        self.key, self.array = key, array


class _View:
    def __init__(self, storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> None:
        self.parts = storage, offset, shape, strides, False, OrderedDict()

    def __reduce__(self):
        return sys.modules["torch._utils"]._rebuild_tensor_v2, self.parts


def view(key: str, array: np.ndarray, offset: int = 0, shape=None, strides=None) -> _View:
    """A tensor over a one-dimensional storage."""
    shape = array.shape if shape is None else shape
    strides = tuple(step // array.itemsize for step in array.strides) if strides is None else strides
    return _View(_Storage(key, array), offset, shape, strides)


def _fake(name: str) -> types.ModuleType:
    module = types.ModuleType(name)
    module._rebuild_tensor_v2 = lambda *given: given
    module._rebuild_tensor_v2.__module__, module._rebuild_tensor_v2.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    for kind, _ in KINDS.values():
        setattr(module, kind, type(kind, (), {"__module__": "torch", "__qualname__": kind}))
    return module


def torch_parts(state: object) -> tuple[bytes, dict[str, np.ndarray]]:
    """The pickle of a state dictionary of :func:`view`, and its storages."""
    storages: dict[str, np.ndarray] = {}
    kept = {name: sys.modules.get(name) for name in ("torch", "torch._utils")}
    for name in kept:
        sys.modules[name] = _fake(name)

    class Pickler(pickle.Pickler):
        def persistent_id(self, obj):
            if not isinstance(obj, _Storage):
                return None
            storages[obj.key] = obj.array
            kind = getattr(sys.modules["torch"], KINDS[obj.array.dtype.str[1:]][0])
            return "storage", kind, obj.key, "cpu", obj.array.size

    try:
        stream = io.BytesIO()
        Pickler(stream, 2).dump(state)
    finally:
        for name, module in kept.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module
    return stream.getvalue(), storages


def torch_bytes(state: object) -> bytes:
    """An archive as ``torch.save`` writes it."""
    data, storages = torch_parts(state)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("archive/data.pkl", data)
        archive.writestr("archive/byteorder", "little")
        for key, array in storages.items():
            archive.writestr(f"archive/data/{key}", array.tobytes())
    return stream.getvalue()


def legacy_bytes(state: object) -> bytes:
    """The format of before PyTorch 1.6. Its references have a sixth part, None."""
    data, storages = torch_parts(state)
    parts = [pickle.dumps(x, 2) for x in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True})]
    parts += [data, pickle.dumps(list(storages), 2)]
    return b"".join(parts) + b"".join(struct.pack("<q", a.size) + a.tobytes() for a in storages.values())


def hdf5_bytes(weights: dict[str, np.ndarray], **options: object) -> bytes:
    """The layout of ``model.weights.h5``: datasets of numbers in groups; needs h5py."""
    h5py = importlib.import_module("h5py")
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        for name, array in weights.items():
            file.create_dataset(name.replace(".", "/"), data=array, **options)
    return stream.getvalue()


def keras_bytes(weights: dict[str, np.ndarray]) -> bytes:
    """An archive as Keras 3 writes it; needs h5py."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("metadata.json", "{}")
        archive.writestr("config.json", "{}")
        archive.writestr("model.weights.h5", hdf5_bytes(weights))
    return stream.getvalue()


def small() -> dict[str, bytes]:
    """One good file of every format that is written here, by its name: two layers that compose."""
    weights = {
        "layers.0.weight": np.arange(1, 13, dtype="f4").reshape(4, 3),
        "layers.1.weight": np.arange(3, 11, dtype="f4").reshape(2, 4),
    }
    state = {name: view(str(i), array) for i, (name, array) in enumerate(weights.items())}
    return {
        "m.onnx": onnx_bytes(weights),
        "m.gguf": gguf_bytes({name: (0, array.shape, array.tobytes()) for name, array in weights.items()}),
        "m.pt": torch_bytes(state),
        "m.pth": legacy_bytes(state),
    }
