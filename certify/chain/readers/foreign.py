"""Files that are not read, named as what they are, with a command that makes of each one that is."""

from __future__ import annotations

from certify.errors import UnsupportedError

__all__ = ["foreign"]

_TFLITE = (
    'pip install ai-edge-litert && python -c "import numpy, ai_edge_litert.interpreter as t; '
    "i = t.Interpreter('IN.tflite'); i.allocate_tensors(); "
    "w = {k for o in i._get_ops_details() for k in o['outputs']} | {d['index'] for d in i.get_input_details()}; "
    "numpy.savez('OUT.npz', **{str(d['index']): i.get_tensor(d['index']) for d in i.get_tensor_details() "
    "if len(d['shape']) > 1 and d['index'] not in w})\""
)
_ORT = "pip install onnxruntime, and use the .onnx file that this one was made of; an .ort file keeps no plain weights"
_TF = "pip install tf2onnx tensorflow && python -m tf2onnx.convert --saved-model FOLDER --output OUT.onnx"
_KNOWN: tuple[tuple[int, bytes, str, str], ...] = (
    (4, b"TFL3", "a TensorFlow Lite file", _TFLITE),
    (4, b"ORTM", "an ONNX Runtime file (.ort)", _ORT),
    (0, b"\x1f\x8b", "a gzip file", "unpack it: gunzip FILE.gz"),
    (0, b"(\xb5/\xfd", "a zstd file", "unpack it: zstd -d FILE.zst"),
    (0, b"BZh", "a bzip2 file", "unpack it: bunzip2 FILE.bz2"),
    (0, b"\xfd7zXZ", "an xz file", "unpack it: unxz FILE.xz"),
    (0, b"7z\xbc\xaf", "a 7z archive", "unpack it: 7z x FILE.7z"),
    (0, b"ggjt", "a ggml file of before GGUF", "convert it with convert-llama-ggml-to-gguf.py of llama.cpp"),
    (0, b"lmgg", "a ggml file of before GGUF", "convert it with convert-llama-ggml-to-gguf.py of llama.cpp"),
    (0, b"version https://git-lfs", "a pointer of Git LFS, not the file itself", "fetch it: git lfs pull"),
    (0, b"<!DOCTYPE", "a page of HTML, not weights", "download the file itself"),
    (0, b"<html", "a page of HTML, not weights", "download the file itself"),
)
_SUFFIXES = {
    ".tflite": ("a TensorFlow Lite file", _TFLITE),
    ".pb": ("a TensorFlow graph", _TF),
    ".mlmodel": ("a Core ML file", "use the network it was converted from"),
    ".engine": ("a TensorRT engine", "use the .onnx file that it was built of"),
    ".nnet": (
        "an .nnet network in plain text",
        "read its rows with numpy and save them: numpy.savez('OUT.npz', W1=..., W2=...)",
    ),
    ".caffemodel": ("a Caffe model", "use a conversion of it to ONNX"),
    ".msgpack": (
        "Flax weights in msgpack",
        "load them with flax.serialization and save them with safetensors.flax.save_file",
    ),
}


def foreign(path: str, head: bytes, suffix: str) -> UnsupportedError:
    """The refusal of a file that no reader reads, by its first bytes or its suffix."""
    for place, magic, what, hint in _KNOWN:
        if head[place : place + len(magic)] == magic[: max(len(head) - place, 0)] and len(head) > place:
            return UnsupportedError(f"{what} is not read", file=path, hint=hint)
    if suffix in _SUFFIXES:
        what, hint = _SUFFIXES[suffix]
        return UnsupportedError(f"{what} is not read", file=path, hint=hint)
    return UnsupportedError(
        f"a file of unknown format, it starts with {head[:8]!r}",
        file=path,
        hint="give a .safetensors, .npz, .npy, PyTorch, ONNX, GGUF, Keras or HDF5 file, or a folder of one",
    )
