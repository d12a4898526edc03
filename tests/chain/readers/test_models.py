"""ONNX, GGUF, PyTorch and Keras files: read to the last bit, or refused by name and place; every cut and many altered
bytes too."""

from __future__ import annotations

import os
import pickle
import random
import struct

import numpy as np
import pytest

from certify.chain import Limits, load
from certify.chain.readers.onnx import read_onnx_graph
from certify.errors import InputError, LimitError, UnsupportedError
from tests.chain.readers.model_files import (
    gguf_bytes,
    legacy_bytes,
    message,
    onnx_tensor,
    small,
    torch_bytes,
    view,
)
from tests.chain.weight_files import arrays, attempted, refused, write_zip

W = {
    "layers.0.weight": np.arange(1, 13, dtype="f4").reshape(4, 3),
    "layers.1.weight": np.arange(3, 11, dtype="f4").reshape(2, 4),
}
STATE = {name: view(str(i), array) for i, (name, array) in enumerate(W.items())}
FILES = small()


@pytest.fixture
def put(tmp_path):
    def write(name: str, data: bytes):
        (tmp_path / name).write_bytes(data)
        return tmp_path / name

    return write


def demand(chain, wanted=W) -> None:
    assert [layer.name for layer in chain.layers] == list(wanted)
    for found, array in zip(arrays(chain), wanted.values(), strict=True):
        assert np.array_equal(found, array.astype(np.float64))


@pytest.mark.parametrize("name", FILES)
def test_numbers_and_hashes(put, name, tmp_path):
    chain = load(put(name, FILES[name]))
    demand(chain)
    np.savez(tmp_path / "m.npz", **W)
    assert [x.sha256 for x in chain.layers] == [x.sha256 for x in load(tmp_path / "m.npz").layers]


@pytest.mark.parametrize("name", FILES)
def test_a_folder_with_one_model(put, name, tmp_path):
    put(name, FILES[name])
    demand(load(tmp_path))


@pytest.mark.parametrize("name", FILES)
def test_every_cut_is_refused(put, name):
    data = FILES[name]
    for length in range(len(data)):
        if name == "m.gguf" and len(data) - length <= 31 and not any(data[length:]):
            continue
        with pytest.raises(InputError):
            load(put(name, data[:length]))


@pytest.mark.parametrize("name", FILES)
def test_altered_bytes_are_read_or_refused(put, name):
    rng = random.Random(1)
    for _ in range(600):
        data = bytearray(FILES[name])
        for _ in range(rng.randint(1, 4)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        attempted(lambda data=data: load(put(name, bytes(data))))


@pytest.mark.parametrize("name", FILES)
def test_limits(put, name):
    path = put(name, FILES[name])
    refused(lambda: load(path, limits=Limits(max_tensors=1)), "max_tensors = 1", kind=LimitError)
    refused(lambda: load(path, limits=Limits(max_file_bytes=64)), "max_file_bytes = 64", kind=LimitError)


def test_onnx_typed_numbers_constants_and_subgraphs(put):
    a, b = W["layers.0.weight"], W["layers.1.weight"]
    floats = onnx_tensor("layers.0.weight", a, (4, a.tobytes()), raw=False)
    attribute = message((1, b"value"), (5, onnx_tensor("", b)))
    constant = message((2, b"layers.1.weight"), (4, b"Constant"), (5, attribute))
    codes = onnx_tensor("codes", np.array([[1, -2]], "i1"), (5, b"\x01" + b"\xfe" + b"\xff" * 8 + b"\x01"), raw=False)
    inner = message((1, b"then_branch"), (6, message((5, onnx_tensor("inside", a[:1])))))
    branch = message((1, b"c"), (2, b"y"), (4, b"If"), (5, inner), (5, message((1, b"axis"), (3, 2**64 - 1))))
    path = put("m.onnx", message((7, message((1, constant), (1, branch), (5, floats), (5, codes)))))
    graph = read_onnx_graph(str(path), Limits())
    assert np.array_equal(graph.tensors["layers.0.weight"].read()[0], a)
    assert np.array_equal(graph.tensors["layers.1.weight"].read()[0], b)
    assert graph.tensors["codes"].read()[0].tolist() == [[1, -2]]
    assert np.array_equal(graph.tensors["then_branch.1/inside"].read()[0], a[:1])
    assert [node.kind for node in graph.nodes] == ["Constant", "If"]
    assert graph.nodes[1].attributes["axis"] == (-1,)


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        # A number that is zero and a list that is empty are not written; the type tells of them.
        ([(20, 2)], (0,)),
        ([(3, 5), (20, 2)], (5,)),
        ([(3, 2**64 - 1), (3, 7), (20, 2)], (7,)),
        ([(20, 7)], ()),
        ([(8, 1), (8, 2**64 - 2), (20, 7)], (1, -2)),
        ([(8, 1), (20, 2)], (0,)),
        ([(3, 1), (20, 7)], ()),
        ([(3, 0)], (0,)),
        ([(8, b"\x01\x02")], (1, 2)),
        # Numbers that are not whole, and texts.
        ([(20, 1)], None),
        ([(20, 3)], None),
        ([(3, 1), (20, 1)], None),
        ([(4, b"SAME")], None),
    ],
)
def test_integer_attributes_of_onnx(put, fields, found):
    node = message((2, b"y"), (4, b"Conv"), (5, message((1, b"group"), *fields)))
    graph = read_onnx_graph(str(put("m.onnx", message((7, message((1, node)))))), Limits())
    assert graph.nodes[0].attributes.get("group") == found


@pytest.mark.parametrize("fields", [[], [(20, 0)], [(13, b"text")], [(21, b"of a function")]])
def test_attributes_of_onnx_without_type_and_value(put, fields):
    node = message((2, b"y"), (4, b"Conv"), (5, message((1, b"group"), *fields)))
    path = put("m.onnx", message((7, message((1, node)))))
    refused(lambda: load(path), "the attribute 'group' has no type and no value")


@pytest.mark.parametrize(
    ("location", "part"),
    [
        ("../x", "no file beside the model"),
        ("", "no file beside"),
        ("/etc/passwd", "no file beside"),
        ("absent", "No such file"),
    ],
)
def test_onnx_external_data_stay_in_the_folder(put, location, part):
    array = W["layers.0.weight"]
    where = (13, message((1, b"location"), (2, location.encode())))
    tensor = onnx_tensor("w", array, where, (14, 1), raw=False)
    refused(lambda: load(put("m.onnx", message((7, message((5, tensor)))))), part)


def test_onnx_external_data(put, tmp_path):
    array = W["layers.0.weight"]
    put("w.data", bytes(8) + array.tobytes())
    fields = [(13, message((1, k), (2, v))) for k, v in ((b"location", b"w.data"), (b"offset", b"8"))]
    path = put("m.onnx", message((7, message((5, onnx_tensor("w", array, *fields, (14, 1), raw=False))))))
    assert np.array_equal(load(path).layers[0].matrix(), array)
    put("w.data", bytes(8) + array.tobytes()[:-1])
    refused(lambda: load(path), "external data up to byte 56 of 55")
    os.rename(tmp_path / "w.data", tmp_path / "other")
    os.symlink(tmp_path / "other", tmp_path / "w.data")
    refused(lambda: load(path), "symbolic link")


def test_gguf_blocks_of_eight_bits_are_exact(put):
    rng = np.random.default_rng(3)
    d = np.array([0.1, -2.5, 6e-8, 65504], "<f2")
    q = rng.integers(-127, 128, (4, 32)).astype("i1")
    blocks = b"".join(d[i].tobytes() + q[i].tobytes() for i in range(4))
    found = load(put("m.gguf", gguf_bytes({"w": (8, (2, 64), blocks)}))).layers[0].matrix()
    assert np.array_equal(found, (d.astype("f8")[:, None] * q).reshape(2, 64))


def test_gguf_other_quantizations_are_named(put):
    path = put("m.gguf", gguf_bytes({"w": (12, (2, 256), bytes(288))}))
    refused(lambda: load(path), "quantization Q4_K is not read", "llama-quantize", kind=UnsupportedError)
    whole = {"v": (12, (1, 256), bytes(144)), "w": (0, (2, 2), np.ones(4, "f4").tobytes())}
    chain = load(put("m.gguf", gguf_bytes(whole)))
    assert [(out.name, "Q4_K" in out.why) for out in chain.left_out] == [("v", True)]


def test_gguf_data_that_overlap(put):
    data = bytearray(FILES["m.gguf"])
    second = data.index(b"layers.1.weight") + 15 + 4 + 16 + 4
    assert struct.unpack_from("<Q", data, second) == (64,)
    struct.pack_into("<Q", data, second, 32)
    refused(lambda: load(put("m.gguf", bytes(data))), "overlap those of layers.0.weight")


def test_torch_views_tied_tensors_and_nesting(put):
    base = np.arange(1, 25, dtype="f4")
    turned = view("0", base, 0, (3, 4), (1, 3))
    part = view("0", base, 12, (2, 3), (3, 1))
    path = put("m.pt", torch_bytes({"epoch": 3, "state_dict": {"a": turned, "b": part, "tied": turned}}))
    wanted = {"state_dict.a": base[:12].reshape(4, 3).T, "state_dict.b": base[12:18].reshape(2, 3)}
    from certify.chain.readers.pytorch import read_pytorch

    found = {stored.name: stored.read()[0] for stored in read_pytorch(str(path), Limits())[0]}
    assert found.keys() >= wanted.keys()
    for name, array in wanted.items():
        assert np.array_equal(found[name], array)
    assert np.array_equal(found["state_dict.tied"], wanted["state_dict.a"])


@pytest.mark.parametrize(
    ("offset", "shape", "strides"), [(1, (4, 3), (3, 1)), (0, (4, 3), (4, 1)), (0, (10**6, 10**6), (0, 0))]
)
def test_torch_views_that_leave_their_storage(put, offset, shape, strides):
    base = np.arange(1, 13, dtype="f4")
    data = torch_bytes({"w": view("0", base, offset, shape, strides)})
    refused(lambda: load(put("m.pt", data)), "tensor w", "of a storage of 48 bytes")


@pytest.mark.parametrize("name", ["m.pt", "m.pth"])
def test_torch_pickles_are_never_executed(put, tmp_path, name):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "sprung"),)

    state = {**STATE, "trap": Trap()}
    demand(load(put(name, torch_bytes(state) if name == "m.pt" else legacy_bytes(state))))
    assert not (tmp_path / "sprung").exists()
    pickle.loads(pickle.dumps(Trap()))
    assert (tmp_path / "sprung").exists(), "the trap works"


@pytest.mark.parametrize(
    "data",
    [
        b"\x80\x04r\xff\xff\xff\xff.",
        b"\x80\x04\x8e" + b"\xff" * 7 + b"\x7f.",
        b"\x80\x02(" * 9,
        b"\x80\x02]q\x00(" + b"h\x00" * 9 + b"e.",
    ],
)
def test_torch_pickles_that_want_memory(tmp_path, data):
    path = write_zip(tmp_path / "m.pt", [("a/data.pkl", data)])
    refused(lambda: load(path), "m.pt")


def test_keras_files(tmp_path):
    h5py = pytest.importorskip("h5py", reason="h5py (extra keras) is not installed")
    with h5py.File(tmp_path / "m.weights.h5", "w") as file:
        for name, array in W.items():
            file.create_dataset(name.replace(".", "/"), data=array, compression="gzip")
        file.create_dataset("names", data=[b"text"])
        file["away"] = h5py.ExternalLink("/etc/passwd", "x")
    wanted = {name.replace(".", "/"): array for name, array in W.items()}
    demand(load(tmp_path / "m.weights.h5"), wanted)
    inside = (tmp_path / "m.weights.h5").read_bytes()
    path = write_zip(tmp_path / "m.keras", [("config.json", b"{}"), ("model.weights.h5", inside)])
    demand(load(path), wanted)
    empty = write_zip(tmp_path / "e.keras", [("config.json", b"{}")])
    refused(lambda: load(empty), "without model.weights.h5", kind=UnsupportedError)


def test_keras_without_h5py(put, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)
    refused(
        lambda: load(put("m.h5", b"\x89HDF\r\n\x1a\n" + bytes(99))),
        "h5py is not installed",
        "polystable[keras]",
        kind=UnsupportedError,
    )


@pytest.mark.parametrize(
    ("name", "data", "part"),
    [
        ("m.tflite", b"\x1c\0\0\0TFL3" + bytes(40), "a TensorFlow Lite file is not read"),
        ("m.ort", b"\x1c\0\0\0ORTM" + bytes(40), "an ONNX Runtime file"),
        ("m.gz", b"\x1f\x8b" + bytes(40), "a gzip file"),
        ("m.safetensor", b"version https://git-lfs.github.com/spec/v1\n", "a pointer of Git LFS"),
        ("m.pb", b"\x08\x01" + bytes(40), "a TensorFlow graph"),
    ],
)
def test_other_files_are_named(put, name, data, part):
    refused(lambda: load(put(name, data)), part, kind=UnsupportedError)
