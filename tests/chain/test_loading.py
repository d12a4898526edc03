from __future__ import annotations

import errno
import io
import os
import pickle
import struct
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from certify.chain import load
from certify.chain.refusals import TORCH_SUFFIXES
from certify.chain.stored import FileSlice
from certify.errors import InputError, UnsupportedError
from tests.chain.weight_files import assemble, chain_bytes, chain_tensors, header_of, pack, refused, write_zip

CONVERT = "torch.load('IN', weights_only=True)"


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".bin", ".pkl", ".pickle", ".ckpt", ".joblib", ".PT"])
def test_pickles_by_name(tmp_path, suffix):
    path = tmp_path / f"model{suffix}"
    path.write_bytes(pickle.dumps({"w": [[1.0]]}))
    refused(
        lambda: load(path),
        "a pickle is refused",
        "its first bytes" if suffix.lower() in TORCH_SUFFIXES else f"its suffix {suffix.lower()}",
        path.name,
        CONVERT,
        kind=UnsupportedError,
    )
    refused(lambda: load(tmp_path / f"absent{suffix}"), "No such file")
    refused(lambda: load(tmp_path), "a pickle is refused", path.name, kind=UnsupportedError)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("name", ["model", "model.npz", "model.npy", "model.dat", "model.safetensors"])
def test_pickles_by_content(tmp_path, name, protocol):
    path = tmp_path / name
    path.write_bytes(pickle.dumps({"layers.0.weight": np.ones((2, 2))}, protocol=protocol))
    refused(lambda: load(path), "a pickle is refused", "its first bytes", CONVERT, kind=UnsupportedError)


@pytest.mark.parametrize("name", ["model", "model.zip"])
def test_archives_of_torch_without_tensors(tmp_path, name):
    path = write_zip(tmp_path / name, [("archive/data.pkl", pickle.dumps({})), ("archive/data/0", bytes(16))])
    refused(lambda: load(path), "there is no tensor in it")


def test_an_archive_of_torch_that_is_called_npz(tmp_path):
    path = write_zip(tmp_path / "m.npz", [("archive/data.pkl", pickle.dumps({})), ("archive/data/0", bytes(16))])
    refused(lambda: load(path), "a pickle is refused", "its member archive/data.pkl", CONVERT, kind=UnsupportedError)


def test_an_archive_that_is_called_safetensors(tmp_path):
    path = write_zip(tmp_path / "m.safetensors", [("archive/data.pkl", pickle.dumps({}))])
    refused(lambda: load(path), "the content is a zip archive", "m.safetensors", kind=UnsupportedError)


def test_a_pickle_is_never_executed(tmp_path, monkeypatch):
    class Trap:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "sprung"),))

    trap = pickle.dumps(Trap())
    stream = io.BytesIO()
    np.save(stream, np.array([[Trap()]], dtype=object), allow_pickle=True)
    files = {
        "a.pt": trap,
        "b.npy": trap,
        "c.npy": stream.getvalue(),
        "d.safetensors": trap,
        "e.npz": write_zip(tmp_path / "z", [("W1.npy", stream.getvalue())]).read_bytes(),
        "f.npz": write_zip(tmp_path / "z", [("W1.npy", trap)]).read_bytes(),
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
        refused(lambda name=name: load(tmp_path / name), "pickle", kind=UnsupportedError)
    assert not (tmp_path / "sprung").exists()
    pickle.loads(trap)
    assert (tmp_path / "sprung").exists(), "the trap works"


def test_unknown_formats(tmp_path):
    (tmp_path / "model.odd").write_bytes(b"ODDF\x03\x00\x00\x00" + bytes(40))
    refused(lambda: load(tmp_path / "model.odd"), "unknown format", "b'ODDF", ".safetensors", kind=UnsupportedError)
    (tmp_path / "empty").write_bytes(b"")
    refused(lambda: load(tmp_path / "empty"), "unknown format", kind=UnsupportedError)
    for name in ("empty.safetensors", "empty.npz", "empty.npy"):
        (tmp_path / name).write_bytes(b"")
        refused(lambda name=name: load(tmp_path / name), name)


def test_the_content_decides(tmp_path):
    (tmp_path / "weights").write_bytes(chain_bytes())
    assert len(load(tmp_path / "weights")) == 2
    np.savez(tmp_path / "arrays.npz", W1=np.ones((2, 2)))
    (tmp_path / "arrays.npz").rename(tmp_path / "arrays.dat")
    assert len(load(tmp_path / "arrays.dat")) == 1


def test_paths(tmp_path):
    (tmp_path / "m.safetensors").write_bytes(chain_bytes())
    assert load(str(tmp_path / "m.safetensors")).source == str(tmp_path / "m.safetensors")
    refused(lambda: load(tmp_path / "absent.safetensors"), "cannot be read: No such file", "absent.safetensors")
    refused(lambda: load(f"{tmp_path}/m\0.safetensors"), "embedded null")
    refused(lambda: load("/dev/null"), "not a regular file", "/dev/null")
    (tmp_path / "nothing").mkdir()
    refused(lambda: load(tmp_path / "nothing"), "the folder holds no weight files", ".safetensors")


def test_a_file_without_permission(tmp_path, monkeypatch):
    path = tmp_path / "m.safetensors"
    path.write_bytes(chain_bytes())

    def denied(*_: object) -> int:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    # The superuser may read everything, so the system's answer is played.
    monkeypatch.setattr(os, "open", denied)
    refused(lambda: load(path), "cannot be read: Permission denied", "m.safetensors", "check the path")


@pytest.mark.parametrize(
    ("names", "part"),
    [
        (["a.safetensors", "b.safetensors"], "several models: a.safetensors, b.safetensors"),
        (["a.safetensors", "W1.npy"], "both safetensors and .npy files"),
    ],
)
def test_folders_that_are_ambiguous(tmp_path, names, part):
    for name in names:
        (tmp_path / name).write_bytes(chain_bytes())
    refused(lambda: load(tmp_path), part)


def test_a_folder_with_one_file(tmp_path):
    (tmp_path / "m.safetensors").write_bytes(chain_bytes())
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    assert len(load(tmp_path)) == 2


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("dtype", ["F64", "F32", "F16", "BF16"])
def test_values_that_are_not_finite(tmp_path, dtype, bad):
    tensors = chain_tensors(dtype)
    values = [1.0] * 8
    values[6] = values[7] = bad
    tensors["layers.1.weight"] = (dtype, [2, 4], pack(dtype, values))
    path = tmp_path / "m.safetensors"
    path.write_bytes(assemble(*header_of(tensors)))
    refused(
        lambda: load(path),
        f"a value is not finite: {bad}",
        "m.safetensors",
        "tensor layers.1.weight",
        "at index [1, 2]",
    )


def test_the_index_named_is_that_of_the_stored_tensor(tmp_path):
    array = np.ones((3, 5))
    array[2, 4] = np.nan
    np.savez(tmp_path / "m.npz", W1=array, W2=np.ones((5, 2)))
    refused(lambda: load(tmp_path / "m.npz"), "tensor W1", "at index [2, 4]")


def test_a_bias_that_is_not_finite_is_not_asked_for(tmp_path):
    tensors = chain_tensors()
    tensors["layers.0.bias"] = ("F32", [4], pack("F32", [float("nan")] * 4))
    (tmp_path / "m.safetensors").write_bytes(assemble(*header_of(tensors)))
    assert len(load(tmp_path / "m.safetensors")) == 2


@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_zero_matrices(tmp_path, zero):
    tensors = chain_tensors()
    tensors["layers.1.weight"] = ("F32", [2, 4], pack("F32", [zero] * 8))
    (tmp_path / "m.safetensors").write_bytes(assemble(*header_of(tensors)))
    refused(
        lambda: load(tmp_path / "m.safetensors"),
        "every entry of this 2x4 matrix is zero, so it cannot be normalized",
        "tensor layers.1.weight",
        "leave the layer out",
    )


def test_a_subnormal_entry_is_not_zero(tmp_path):
    tensors = chain_tensors("F64")
    tensors["layers.1.weight"] = ("F64", [2, 4], pack("F64", [0.0] * 7 + [5e-324]))
    (tmp_path / "m.safetensors").write_bytes(assemble(*header_of(tensors)))
    assert load(tmp_path / "m.safetensors").layers[1].matrix()[1, 3] == 5e-324


@pytest.mark.parametrize("dtype", ["BOOL", "C64", "F4", "F6_E2M3"])
def test_formats_of_safetensors_that_are_refused(tmp_path, dtype):
    width = {"BOOL": 8, "C64": 64, "F4": 4, "F6_E2M3": 6}[dtype]
    tensors = {f"fc{i}": (dtype, [4, 4], bytes(16 * width // 8)) for i in range(2)}
    (tmp_path / "m.safetensors").write_bytes(assemble(*header_of(tensors)))
    refused(
        lambda: load(tmp_path / "m.safetensors"),
        f"the number format {dtype} is refused",
        "m.safetensors",
        "tensor fc0",
        kind=UnsupportedError,
    )


SIDE = 160


def test_tensors_are_opened_one_at_a_time(tmp_path):
    path = tmp_path / "m.safetensors"
    count = 12
    data = np.arange(1.0, SIDE * SIDE + 1).tobytes()
    path.write_bytes(assemble(*header_of({f"W{i}": ("F64", [SIDE, SIDE], data) for i in range(count)})))
    load(path)
    tracemalloc.start()
    chain = load(path)
    peak = tracemalloc.get_traced_memory()[1]
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert len(chain) == count
    assert peak < 3 * len(data)
    assert kept < len(data) / 2


def test_each_layer_is_read_once_and_others_never(tmp_path, monkeypatch):
    (tmp_path / "m.safetensors").write_bytes(chain_bytes())
    reads: list[int] = []
    original = FileSlice.read

    def counted(self: FileSlice) -> bytearray:
        reads.append(self.nbytes)
        return original(self)

    monkeypatch.setattr(FileSlice, "read", counted)
    chain = load(tmp_path / "m.safetensors")
    assert reads == [48, 32]
    assert all(len(layer.sha256) == 64 for layer in chain.layers)
    assert reads == [48, 32], "the hash was kept"


@pytest.mark.parametrize("form", ["safetensors", "npz"])
def test_a_chain_travels_to_another_process(tmp_path, form):
    path = tmp_path / f"m.{form}"
    if form == "npz":
        np.savez(path, W1=np.ones((2, 3)), W2=np.ones((1, 2)))
    else:
        path.write_bytes(chain_bytes())
    chain = load(path)
    other = pickle.loads(pickle.dumps(chain))
    for layer, copy in zip(chain.layers, other.layers, strict=True):
        assert copy.sha256 == layer.sha256
        assert np.array_equal(copy.matrix(), layer.matrix())


def test_a_polyglot_is_read_as_what_its_first_bytes_say(tmp_path):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("data.pkl", b"")
    (tmp_path / "m.safetensors").write_bytes(chain_bytes() + stream.getvalue())
    refused(lambda: load(tmp_path / "m.safetensors"), "belong to no tensor", kind=InputError)
    data = struct.pack("<Q", 4096) + stream.getvalue()
    Path(tmp_path / "n.npz").write_bytes(data)
    refused(lambda: load(tmp_path / "n.npz"), "a pickle is refused", kind=UnsupportedError)
