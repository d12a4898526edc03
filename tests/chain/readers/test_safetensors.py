from __future__ import annotations

import json
import os
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from certify.chain import Limits, load
from certify.errors import InputError, LimitError, UnsupportedError
from tests.chain.weight_files import (
    assemble,
    attempted,
    chain_bytes,
    chain_tensors,
    described,
    header_of,
    pack,
    refused,
    sha256_of,
)

GOOD = chain_bytes()
(LENGTH,) = struct.unpack("<Q", GOOD[:8])


@pytest.fixture
def write(tmp_path):
    def put(data: bytes, name: str = "m.safetensors") -> Path:
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return put


def test_reads_what_the_library_writes(tmp_path):
    random = np.random.default_rng(1)
    given = {f"net.{i}.weight": random.normal(size=(i + 2, i + 1)).astype("f4") for i in (0, 1, 2)}
    save_file({**given, "net.0.bias": np.ones(2, "f4")}, tmp_path / "m.safetensors", metadata={"format": "np"})
    chain = load(tmp_path / "m.safetensors")
    for layer, (name, array) in zip(chain.layers, given.items(), strict=True):
        assert layer.name == layer.tensor == name
        assert layer.file == "m.safetensors"
        assert layer.dtype == "F32"
        assert layer.sha256 == sha256_of("F32", list(array.shape), array.tobytes())
        found = layer.matrix()
        assert found.dtype == np.float64
        assert found.flags.c_contiguous
        assert found.flags.writeable
        assert np.array_equal(found, array)


def test_empty_tensors_and_scalars_lie_beside_a_chain(write):
    tensors = {**chain_tensors(), "none": ("F32", [0, 3], b""), "step": ("I64", [], pack("I64", [7]))}
    left_out = {out.name: out.why for out in load(write(assemble(*header_of(tensors)))).left_out}
    assert left_out["step"] == "a scalar, not a matrix"
    assert "without a number" in left_out["none"]


def test_a_header_padded_with_spaces_and_a_header_of_640_bytes(write):
    header, buffer = header_of(chain_tensors())
    text = json.dumps(header)
    # A length of 640 is 80 02 00 ... in the file, the first bytes of a pickle.
    data = assemble(text + " " * (640 - len(text)), buffer)
    assert data.startswith(b"\x80\x02")
    assert described(load(write(data))) == described(load(write(GOOD, "n.safetensors")))
    refused(lambda: load(write(data[:500])), "the header says it has 640 bytes, and 492 follow")


@pytest.mark.parametrize("keep", [0, 7, 8, 9, 8 + LENGTH - 1, 8 + LENGTH, len(GOOD) - 1])
def test_a_truncated_file(write, keep):
    refused(lambda: load(write(GOOD[:keep])), "m.safetensors", "copy or download it again")


def test_a_longer_file(write):
    refused(lambda: load(write(GOOD + b"\0")), "belong to no tensor", "at end of file", "m.safetensors")


@pytest.mark.parametrize("length", [2**64 - 1, 2**63, len(GOOD), len(GOOD) - 7])
def test_a_header_length_that_lies(write, length):
    data = struct.pack("<Q", length) + GOOD[8:]
    refused(lambda: load(write(data)), f"the header says it has {length} bytes", "at byte 0")


def test_a_header_length_that_cuts_the_header(write):
    refused(lambda: load(write(struct.pack("<Q", LENGTH - 1) + GOOD[8:])), "the header is not valid JSON")
    refused(lambda: load(write(struct.pack("<Q", 0) + GOOD[8:])), "does not start with '{'")


def test_a_duplicate_name(write):
    header, buffer = header_of(chain_tensors())
    text = json.dumps(header)
    entry = json.dumps(header["layers.0.weight"])
    twice = text[:-1] + f', "layers.0.weight": {entry}}}'
    assert json.loads(twice) == header, "Python's own parser does not see it"
    refused(lambda: load(write(assemble(twice, buffer))), "holds the name 'layers.0.weight' twice", "m.safetensors")


def test_a_duplicate_key_inside_an_entry(write):
    text = '{"w": {"dtype": "F32", "shape": [1, 1], "shape": [2, 2], "data_offsets": [0, 16]}}'
    refused(lambda: load(write(assemble(text, bytes(16)))), "holds the name 'shape' twice")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("{" + '"a":{' * 100_000, "nested too deeply"),
        ('{"w": NaN}', "NaN is not JSON"),
        ('{"w": 1' + "0" * 5000 + "}", "is not valid JSON"),
        (b'{"w\xff": 1}', "is not valid JSON"),
        ('{"w": 1} x', "is not valid JSON"),
        ("{}", "there is no tensor in it"),
        ('{"__metadata__": {"a": 1}}', "__metadata__ is not a map from text to text"),
        ('{"__metadata__": []}', "__metadata__ is not a map from text to text"),
        ('{"": {"dtype": "F32", "shape": [], "data_offsets": [0, 0]}}', "a tensor name of 0 characters"),
        ('{"' + "w" * 2000 + '": {}}', "a tensor name of 2000 characters"),
        ('{"w\\u001b[2J": {}}', "'w\\x1b[2J'"),
        ('{"w\\ud800": {}}', "'w\\ud800'"),
    ],
)
def test_a_header_that_is_no_header(write, text, part):
    refused(lambda: load(write(assemble(text, b""))), part, "m.safetensors")


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"dtype": "F32x"}, "unknown dtype 'F32x'"),
        ({"dtype": 7}, "unknown dtype 7"),
        ({"dtype": "F64"}, "shape [4, 3] of F64 takes 96 bytes, and data_offsets spans 48"),
        ({"dtype": "F4", "shape": [1, 97]}, "takes 388 bits"),
        ({"shape": [4, 4]}, "shape [4, 4] of F32 takes 64 bytes, and data_offsets spans 48"),
        ({"shape": [2**62, 2**62]}, "takes 2^64 bytes or more"),
        ({"shape": [2**32, 2**32, 3]}, "takes 2^64 bytes or more"),
        ({"shape": [2**63]}, "shape is not a list of sizes"),
        ({"shape": [-4, -3]}, "shape is not a list of sizes"),
        ({"shape": [4.0, 3.0]}, "shape is not a list of sizes"),
        ({"shape": [True, 12]}, "shape is not a list of sizes"),
        ({"shape": "43"}, "shape is not a list of sizes"),
        ({"shape": [1] * 65}, "limit: 64 dimensions"),
        ({"data_offsets": [0]}, "data_offsets is not a pair"),
        ({"data_offsets": [48, 0]}, "data_offsets is not a pair"),
        ({"data_offsets": [0, 48, 96]}, "data_offsets is not a pair"),
        ({"data_offsets": [16, 64]}, "bytes 0 to 16 of the data belong to no tensor"),
        ({"data_offsets": [104, 152]}, "lead beyond the 104 bytes of data"),
        ({"data_offsets": [-8, 40]}, "data_offsets is not a pair"),
        ({"data_offsets": [2**63 - 48, 2**63]}, "data_offsets is not a pair"),
        ({"data_offsets": [2**62, 2**62 + 48]}, "lead beyond the 104 bytes of data"),
        ({"extra": 1}, "must hold dtype, shape and data_offsets and nothing else"),
    ],
)
def test_an_entry_that_lies(write, change, part):
    header, buffer = header_of(chain_tensors())
    header["layers.0.weight"].update(change)
    kind = UnsupportedError if "unknown dtype" in part else InputError
    refused(lambda: load(write(assemble(header, buffer))), part, "m.safetensors", "tensor layers.0", kind=kind)


def test_entries_that_share_their_bytes(write):
    header, buffer = header_of(chain_tensors())
    header["layers.7.weight"] = header["layers.0.weight"]
    refused(lambda: load(write(assemble(header, buffer))), "overlap those of layers.0.weight", "tensor layers.7.weight")


def test_entries_that_overlap(write):
    header, buffer = header_of(chain_tensors())
    header["layers.0.bias"]["data_offsets"] = [40, 56]
    refused(
        lambda: load(write(assemble(header, buffer))),
        "data_offsets [40, 56] overlap those of layers.0.weight",
        "tensor layers.0.bias",
    )


def test_a_hole_between_tensors(write):
    header, buffer = header_of(chain_tensors())
    del header["layers.0.bias"]
    refused(lambda: load(write(assemble(header, buffer))), "bytes 48 to 64 of the data belong to no tensor")


@pytest.mark.parametrize("missing", ["dtype", "shape", "data_offsets"])
def test_an_entry_without_a_key(write, missing):
    header, buffer = header_of(chain_tensors())
    del header["layers.0.weight"][missing]
    refused(lambda: load(write(assemble(header, buffer))), "must hold dtype, shape and data_offsets")


@pytest.mark.parametrize(
    ("limits", "option"),
    [
        (Limits(max_file_bytes=len(GOOD) - 1), f"max_file_bytes = {len(GOOD) - 1}"),
        (Limits(max_header_bytes=LENGTH - 1), f"max_header_bytes = {LENGTH - 1}"),
        (Limits(max_tensors=3), "max_tensors = 3"),
        (Limits(max_layers=1), "max_layers = 1"),
        (Limits(max_tensor_elements=11), "max_tensor_elements = 11"),
    ],
)
def test_limits(write, limits, option):
    path = write(GOOD)
    refused(lambda: load(path, limits=limits), f"limit: {option}", "raise it: --limit ", kind=LimitError)
    exact = Limits(
        max_file_bytes=len(GOOD), max_header_bytes=LENGTH, max_tensors=4, max_layers=2, max_tensor_elements=12
    )
    assert len(load(path, limits=exact)) == 2


def test_a_file_that_shrinks_or_changes_after_loading(write):
    path = write(GOOD)
    chain = load(path)
    path.write_bytes(GOOD[:-16])
    refused(chain.layers[1].matrix, "the file ends after", "m.safetensors")
    path.write_bytes(GOOD[:-9] + bytes([GOOD[-9] ^ 1]) + GOOD[-8:])
    refused(chain.layers[1].matrix, "the file was changed meanwhile", "tensor layers.1.weight")
    assert chain.layers[0].matrix().shape == (4, 3)
    path.unlink()
    refused(chain.layers[0].matrix, "cannot be read: No such file")


def _expected(data: bytes) -> dict[str, str]:
    """Hashes by name, by an independent reading of a file that was accepted."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    buffer = data[8 + length :]
    return {
        name: sha256_of(entry["dtype"], entry["shape"], buffer[slice(*entry["data_offsets"])])
        for name, entry in header.items()
        if name != "__metadata__"
    }


@st.composite
def _damaged(draw: st.DrawFn) -> bytes:
    data = bytearray(chain_bytes(draw(st.sampled_from(["F32", "F64", "BF16", "F16", "I16"])), (2, 3, 2, 1)))
    for _ in range(draw(st.integers(1, 3))):
        # Half of the strokes fall on the header, where they are worth most.
        inside = draw(st.integers(0, min(len(data) - 1, 400)) | st.integers(0, len(data) - 1))
        match draw(st.sampled_from(["flip", "set", "digit", "cut", "insert", "delete", "swap"])):
            case "flip":
                data[inside] ^= 1 << draw(st.integers(0, 7))
            case "set":
                data[inside] = draw(st.integers(0, 255))
            case "digit":
                data[inside] = draw(st.sampled_from(b'0123456789,[]{}":-'))
            case "cut":
                del data[max(inside, 1) :]
            case "insert":
                data[inside:inside] = draw(st.binary(min_size=1, max_size=9))
            case "delete":
                del data[inside : inside + draw(st.integers(1, 9))]
            case _:
                other = draw(st.integers(0, len(data) - 1))
                data[inside], data[other] = data[other], data[inside]
        if not data:
            data = bytearray(b"\0")
    return bytes(data)


@given(_damaged())
def test_damage_is_refused_or_harmless(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "damaged.safetensors"
    path.write_bytes(data)
    chain = attempted(lambda: load(path), "damaged.safetensors")
    if chain is None:
        return
    expected = _expected(data)
    for layer in chain.layers:
        assert layer.sha256 == expected[layer.tensor]
        assert np.isfinite(layer.matrix()).all()


@given(st.integers(8 + LENGTH, len(GOOD) - 1), st.integers(0, 7))
def test_a_flipped_bit_of_a_weight_changes_its_hash_alone(tmp_path_factory, at, bit):
    path = tmp_path_factory.getbasetemp() / "flipped.safetensors"
    path.write_bytes(GOOD)
    before = described(load(path))
    data = bytearray(GOOD)
    data[at] ^= 1 << bit
    path.write_bytes(data)
    after = attempted(lambda: described(load(path)), "not finite")
    if after is None:
        return
    changed = [old[0] for old, new in zip(before, after, strict=True) if old != new]
    start = at - 8 - LENGTH
    header, _ = header_of(chain_tensors())
    hit = [name for name, entry in header.items() if entry["data_offsets"][0] <= start < entry["data_offsets"][1]]
    assert changed == [name for name in hit if name.endswith("weight")]


@given(_damaged())
def test_what_is_accepted_the_library_accepts(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "both.safetensors"
    path.write_bytes(data)
    chain = attempted(lambda: load(path))
    if chain is None:
        return
    try:
        with safe_open(os.fspath(path), framework="np") as opened:
            assert {layer.tensor for layer in chain.layers} <= set(opened.keys())
    except SafetensorError as error:
        raise AssertionError(f"accepted here and refused by the library: {error}") from error
