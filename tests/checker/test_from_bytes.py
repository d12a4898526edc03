"""The checker reads tensors by its own code, and a fault of the loader that both sides share is caught."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace

import ml_dtypes
import numpy as np
import pytest
from rich.console import Console
from safetensors.numpy import save_file

import certify
from certify.chain import load
from certify.chain.dtypes import READABLE, to_float64
from certify.chain.readers import safetensors
from certify.chain.stored import StoredTensor, canonical_sha256
from certify.checker import Outcome, check
from certify.checker.tensors import Files, Tensor
from certify.errors import InputError
from certify.report.verification import acceptance


def every_code(dtype):
    """All codes of a format of at most 16 bits that stand for finite numbers; a sample of the wider ones."""
    known = READABLE[dtype]
    if known.itemsize <= 2:
        codes = np.arange(2 ** (8 * known.itemsize), dtype=np.dtype(f"<u{known.itemsize}"))
    else:
        rng = np.random.default_rng(5)
        codes = rng.integers(0, 2**64, 5000, dtype=np.uint64)
        codes[:3000] >>= rng.integers(0, 64, 3000, dtype=np.uint64)
        codes[:2] = 0, 1
        codes = codes.astype(np.dtype(f"<u{known.itemsize}"))
    values = codes.view(known)
    with np.errstate(invalid="ignore"):
        wide = values.astype(np.float64)
    if known.kind in "iu":
        return values[np.abs(wide) <= 2.0**53]
    return values[np.isfinite(wide)]


@pytest.mark.parametrize("dtype", READABLE)
def test_every_format_is_decoded_exactly(dtype):
    values = every_code(dtype)
    own = Tensor(dtype, values.shape, values.tobytes)
    assert np.array_equal(own.numbers().view(np.int64), to_float64(values, dtype).view(np.int64))
    assert own.sha256 == canonical_sha256(dtype, values.shape, values.tobytes())
    big = Tensor(dtype, values.shape, values.view(f"<u{values.itemsize}").byteswap().tobytes, big_endian=True)
    assert np.array_equal(big.numbers(), own.numbers())
    assert big.sha256 == own.sha256


@pytest.mark.parametrize("dtype", ["F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2", "F8_E4M3FNUZ", "F8_E5M2FNUZ"])
def test_what_is_not_finite_is_refused(dtype):
    values = np.array([1.0, np.nan]).astype(READABLE[dtype])
    with pytest.raises(InputError, match="not finite"):
        Tensor(dtype, (2,), values.tobytes).numbers()


def arrays():
    rng = np.random.default_rng(8)
    return [rng.standard_normal((5, 5)).astype(np.float32) for _ in range(3)]


CHAIN = """
[[layers]]
tensor = "layers.0.weight"
rows = "1:5"
[[layers]]
tensor = "layers.1.weight"
columns = "0:4"
transpose = true
[[layers]]
tensor = "q"
scale = "s"
axis = 0
edges = []
"""


@pytest.fixture(params=["net.safetensors", "net.npz", "packed.npz", "folder", "chain file", "bf16"])
def files(request, tmp_path):
    """Weights in every format that is read twice, and a chain file or None."""
    named = {f"layers.{i}.weight": a for i, a in enumerate(arrays())}
    path = tmp_path / request.param
    if request.param == "folder":
        path.mkdir()
        for i, (name, a) in enumerate(named.items()):
            np.save(path / f"{name}.npy", np.asfortranarray(a) if i else a.astype(">f4"))
    elif request.param == "net.npz":
        np.savez(path, **named)
    elif request.param == "packed.npz":
        np.savez_compressed(path, **named)
    elif request.param == "net.safetensors":
        save_file(named, path)
    elif request.param == "bf16":
        save_file({name: a.astype(ml_dtypes.bfloat16) for name, a in named.items()}, path)
    else:
        extra = {"q": np.arange(-8, 8, dtype=np.int8).reshape(4, 4), "s": np.array([1, 0.5, 2, 4], dtype=np.float32)}
        path = tmp_path / "net.safetensors"
        save_file(named | extra, path)
        text = "edges = []\n" + CHAIN.replace("edges = []\n", "")
        (tmp_path / "chain.toml").write_text(text)
        return path, tmp_path / "chain.toml"
    return path, None


def outcome(files):
    """What the checker says of the certificate of these files, both made with the loader as it is now."""
    written = certify.certify(load(*files), workers=1)
    return check(written, load(*files), workers=1)


def test_what_is_read_right_is_accepted_and_counted(files):
    found = outcome(files)
    assert [str(reason) for reason in found.reasons] == []
    assert found.reread == 3


@pytest.mark.parametrize("fault", ["transposed", "bytes swapped", "negated", "one number"])
def test_a_fault_of_the_loader_is_caught(files, fault, monkeypatch):
    right = StoredTensor.read

    def wrong(self):
        array, _ = right(self)
        if fault == "transposed" and array.ndim == 2:
            array = np.ascontiguousarray(array.T).reshape(array.shape)
        elif fault == "bytes swapped" and array.dtype.itemsize > 1:
            # Only the lower half of the bytes, so that no number becomes infinite.
            raw = array.reshape(-1).view(np.uint8).reshape(-1, array.dtype.itemsize).copy()
            raw[:, 0] ^= 1
            array = raw.reshape(-1).view(array.dtype).reshape(array.shape)
        elif fault == "negated":
            array = -array
        elif fault == "one number":
            array.reshape(-1)[-1] = array.reshape(-1)[0]
        return array, canonical_sha256(self.dtype, self.shape, array.reshape(-1).view(np.uint8).data)

    monkeypatch.setattr(StoredTensor, "read", wrong)
    found = outcome(files)
    assert found.outcome is Outcome.REJECTED
    assert any("misread" in reason.message for reason in found.reasons)
    assert all(reason.place.startswith("input.tensors[") for reason in found.reasons)


@pytest.mark.parametrize("fault", ["off by one tensor", "another format", "another shape"])
def test_a_header_that_is_misread_is_caught(tmp_path, fault, monkeypatch):
    save_file({f"layers.{i}.weight": a.astype(np.float16) for i, a in enumerate(arrays())}, tmp_path / "a.safetensors")
    right = safetensors._entries

    def wrong(header, path, limits):
        found = right(header, path, limits)
        if fault == "off by one tensor":
            return [
                entry._replace(start=other.start, end=other.end)
                for entry, other in zip(found, found[1:] + found[:1], strict=True)
            ]
        if fault == "another format":
            return [entry._replace(dtype="BF16") for entry in found]
        return [entry._replace(shape=(25, 1)) for entry in found[:1]] + found[1:]

    monkeypatch.setattr(safetensors, "_entries", wrong)
    chain = load(tmp_path / "a.safetensors") if fault != "another shape" else None
    if chain is None:
        (tmp_path / "c.toml").write_text('edges = []\n[[layers]]\ntensor = "layers.0.weight"\n')
        chain = load(tmp_path / "a.safetensors", tmp_path / "c.toml")
    found = check(certify.certify(chain, workers=1), chain, workers=1)
    assert any("misread" in reason.message for reason in found.reasons)


def test_a_conversion_that_is_wrong_is_caught(tmp_path, monkeypatch):
    save_file({f"layers.{i}.weight": a for i, a in enumerate(arrays())}, tmp_path / "a.safetensors")
    monkeypatch.setattr(
        "certify.chain.layer.to_float64", lambda stored, dtype, **where: stored.astype(np.float16).astype(np.float64)
    )
    monkeypatch.setattr(
        "certify.checker.expression.to_float64",
        lambda stored, dtype, **where: stored.astype(np.float16).astype(np.float64),
    )
    found = outcome((tmp_path / "a.safetensors", None))
    assert len(found.reasons) == 3


def test_arrays_in_memory_have_no_bytes_to_compare():
    chain = certify.chain.Chain.from_arrays(arrays())
    found = check(certify.certify(chain, workers=1), chain, workers=1)
    assert found.outcome is Outcome.ACCEPTED
    assert found.reread == 0


HEADER = {"a": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}}
BAD = {
    "no JSON": b"{",
    "a name twice": b'{"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"a":{}}',
    "a hole": json.dumps({"a": HEADER["a"] | {"data_offsets": [4, 20]}}).encode(),
    "too long": json.dumps({"a": HEADER["a"] | {"data_offsets": [0, 20]}}).encode(),
    "too short": json.dumps({"a": HEADER["a"] | {"data_offsets": [0, 12]}}).encode(),
    "text": json.dumps({"a": HEADER["a"] | {"data_offsets": ["0", "16"]}}).encode(),
    "a negative side": json.dumps({"a": HEADER["a"] | {"shape": [-2, -2]}}).encode(),
    "nested": b"{" + b'"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
}


@pytest.mark.parametrize("name", BAD)
def test_damaged_headers_are_refused(tmp_path, name):
    header = BAD[name]
    (tmp_path / "a.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + bytes(16))
    with Files() as files, pytest.raises(InputError):
        files.find(str(tmp_path / "a.safetensors"), "a")


def test_a_long_header_is_refused(tmp_path):
    save_file({"a": np.eye(2)}, tmp_path / "a.safetensors")
    with Files(most_header=16) as files, pytest.raises(InputError, match="above 16"):
        files.find(str(tmp_path / "a.safetensors"), "a")


def test_a_missing_name_is_refused_and_other_formats_are_not_read(tmp_path):
    save_file({"a": np.eye(2)}, tmp_path / "a.safetensors")
    (tmp_path / "a.gguf").write_bytes(b"GGUF" + bytes(60))
    with Files() as files:
        with pytest.raises(InputError, match="no tensor of this name"):
            files.find(str(tmp_path / "a.safetensors"), "b")
        assert files.find(str(tmp_path / "a.gguf"), "a") is None
        with pytest.raises(InputError, match="regular"):
            files.find("/dev/null", "a")


def numbers_of(path, name):
    with Files() as files:
        found = files.find(str(path), name)
        assert found is not None
        return found.numbers()


def test_numpy_headers_that_lie_are_refused(tmp_path):
    buffer = io.BytesIO()
    np.save(buffer, np.eye(3))
    whole = buffer.getvalue()
    for name, data in {
        "shape": whole.replace(b"(3, 3)", b"(3, 4)"),
        "cut": whole[:-1],
        "object": whole.replace(b"<f8", b"|O8"),
        "code": whole.replace(b"'<f8'", b"f()#f"),
        "magic": whole[:40],
    }.items():
        (tmp_path / "a.npy").write_bytes(data)
        with pytest.raises(InputError):
            pytest.fail(f"{name}: {numbers_of(tmp_path / 'a.npy', 'a')}")
    with zipfile.ZipFile(tmp_path / "b.npz", "w") as archive:
        archive.writestr("a.npy", whole[:-8])
    with Files() as files, pytest.raises(InputError):
        files.find(str(tmp_path / "b.npz"), "a")


def test_a_member_that_was_damaged_is_caught(tmp_path):
    weights = {f"layers.{i}.weight": np.random.default_rng(i).standard_normal((n, n)) for i, n in ((0, 80), (1, 80))}
    np.savez(tmp_path / "a.npz", **weights)
    chain = load(tmp_path / "a.npz")
    written = certify.certify(chain, workers=1)
    layers = [replace(x, stored=replace(x.stored, source=_Kept(x.stored.source.read()))) for x in chain.layers]
    data = bytearray((tmp_path / "a.npz").read_bytes())
    data[data.index(weights["layers.0.weight"][-1].tobytes())] ^= 1
    (tmp_path / "a.npz").write_bytes(data)
    found = check(written, replace(chain, layers=tuple(layers)), workers=1)
    assert found.reasons
    assert all("the archive is damaged" in reason.message for reason in found.reasons)


class _Kept:
    def __init__(self, data):
        self.read = lambda: bytearray(data)


def test_layers_that_only_the_loader_reads_are_counted():
    chain = certify.chain.Chain.from_arrays(arrays())
    found = check(certify.certify(chain, workers=1), chain, workers=1)
    console = Console(width=200, file=io.StringIO())
    console.print(acceptance(found))
    assert "read by the loader alone: 3 of 3 layers" in console.file.getvalue()
