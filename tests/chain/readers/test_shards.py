from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import certify
from certify.chain import Limits, load
from certify.chain.loading import read_tensors
from certify.errors import InputError, LimitError
from tests.chain.readers.model_files import legacy_bytes, torch_bytes, view
from tests.chain.weight_files import assemble, chain_bytes, chain_tensors, described, header_of, refused

SIZES = ((3, 4), (4, 2), (2, 5))
TENSORS = chain_tensors("F32", (3, 4, 2, 5))
FIRST = {name: TENSORS[name] for name in ("layers.1.weight", "layers.0.bias")}
SECOND = {name: tensor for name, tensor in TENSORS.items() if name not in FIRST}
PLACED = dict.fromkeys(FIRST, "a.safetensors") | dict.fromkeys(SECOND, "b.safetensors")


@pytest.fixture
def index(tmp_path):
    def put(placed: object = PLACED, *, shards: dict[str, dict] | None = None, text: str | None = None) -> Path:
        folder = tmp_path / "model"
        folder.mkdir(exist_ok=True)
        for name, tensors in (shards or {"a.safetensors": FIRST, "b.safetensors": SECOND}).items():
            (folder / name).write_bytes(assemble(*header_of(tensors)))
        path = folder / "model.safetensors.index.json"
        path.write_text(text or json.dumps({"metadata": {"total_size": 0}, "weight_map": placed}))
        return path

    return put


ARRAYS = {f"layers.{i}.weight": np.arange(1, a * b + 1, dtype="f4").reshape(b, a) for i, (a, b) in enumerate(SIZES)}
IN_BINS = {"layers.0.weight": "b.bin", "layers.1.weight": "a.bin", "layers.2.weight": "b.bin"}


@pytest.fixture
def pickled(tmp_path):
    """An index of PyTorch files, one of either format."""

    def put(placed: object = IN_BINS, *, shards: dict[str, list[str]] | None = None) -> Path:
        folder = tmp_path / "pickled"
        folder.mkdir(exist_ok=True)
        inside = shards or {name: [t for t, s in IN_BINS.items() if s == name] for name in ("a.bin", "b.bin")}
        for (name, tensors), write in zip(inside.items(), (legacy_bytes, torch_bytes), strict=False):
            state = {tensor: view(str(i), ARRAYS[tensor]) for i, tensor in enumerate(tensors)}
            (folder / name).write_bytes(write(state))
        path = folder / "pytorch_model.bin.index.json"
        path.write_text(json.dumps({"metadata": {"total_size": 0}, "weight_map": placed}))
        return path

    return put


def test_shards_of_pytorch_are_one_chain(pickled, tmp_path):
    path = pickled()
    np.savez(tmp_path / "one.npz", **ARRAYS)
    assert described(load(path)) == described(load(path.parent)) == described(load(tmp_path / "one.npz"))
    assert [layer.file for layer in load(path).layers] == ["b.bin", "a.bin", "b.bin"]
    assert [np.array_equal(layer.matrix(), ARRAYS[layer.name]) for layer in load(path).layers] == [True] * 3
    certify.certify(load(path)).save(tmp_path / "c.json")
    certify.verify(tmp_path / "c.json", path)


@pytest.mark.parametrize("shard", ["../a.bin", "/etc/a.bin", "sub/a.bin", "..", "C:a.bin", "a\\b.bin"])
def test_a_shard_of_pytorch_elsewhere(pickled, tmp_path, shard):
    (tmp_path / "a.bin").write_bytes(torch_bytes({}))
    path = pickled(IN_BINS | {"layers.1.weight": shard})
    refused(lambda: load(path), "is not a plain file name", "tensor layers.1.weight", "bin.index.json")


@pytest.mark.parametrize("name", ["a.bin", "b.bin"])
def test_a_shard_of_pytorch_that_is_a_link(pickled, tmp_path, name):
    path = pickled()
    chain = load(path)
    (path.parent / name).rename(tmp_path / name)
    (path.parent / name).symlink_to(tmp_path / name)
    refused(lambda: read_tensors(path), "a symbolic link is not followed", name)
    late = next(layer for layer in chain.layers if layer.file == name)
    refused(late.matrix, "a symbolic link is not followed")


def test_shards_of_pytorch_that_lack_or_share_tensors(pickled):
    path = pickled(IN_BINS | {"layers.3.weight": "a.bin"})
    refused(lambda: load(path), "places this tensor in a.bin, which does not hold it", "tensor layers.3.weight")
    path = pickled(shards={"a.bin": ["layers.1.weight", "layers.0.weight"], "b.bin": list(ARRAYS)})
    refused(lambda: load(path), "two shards hold this name: a.bin and b.bin", "tensor layers.0.weight")
    path = pickled(IN_BINS | {"layers.1.weight": "b.bin"})
    refused(lambda: load(path), "places this tensor in b.bin, which does not hold it", "tensor layers.1.weight")
    path = pickled()
    (path.parent / "a.bin").unlink()
    refused(lambda: load(path), "No such file", "a.bin")


def test_a_shard_that_is_no_pickle(pickled):
    path = pickled()
    (path.parent / "a.bin").write_bytes(chain_bytes())
    refused(lambda: load(path), "a.bin")


def test_tensors_of_pytorch_that_the_index_does_not_list(pickled):
    path = pickled({"layers.0.weight": "b.bin", "layers.1.weight": "a.bin"})
    chain = load(path)
    assert [layer.name for layer in chain.layers] == ["layers.0.weight", "layers.1.weight"]
    assert ("layers.2.weight", "in b.bin, but not listed by the index") in [(x.name, x.why) for x in chain.left_out]


def test_a_folder_with_two_indices_of_pytorch(pickled):
    path = pickled()
    (path.parent / "other.bin.index.json").write_text("{}")
    refused(lambda: load(path.parent), "the folder holds several models", "other.bin.index.json")


def test_shards_are_one_chain(index, tmp_path):
    path = index()
    (tmp_path / "one.safetensors").write_bytes(chain_bytes("F32", (3, 4, 2, 5)))
    assert described(load(path)) == described(load(path.parent)) == described(load(tmp_path / "one.safetensors"))
    chain = load(path)
    assert [layer.file for layer in chain.layers] == ["b.safetensors", "a.safetensors", "b.safetensors"]
    assert [out.name for out in chain.left_out] == ["layers.0.bias", "layers.1.bias", "layers.2.bias"]


@pytest.mark.parametrize(
    "shard",
    ["../a.safetensors", "/etc/a.safetensors", "sub/a.safetensors", "..", "C:a.safetensors", "a\\b.safetensors"],
)
def test_a_shard_elsewhere(index, shard):
    path = index(PLACED | {"layers.1.weight": shard})
    refused(
        lambda: load(path),
        "is not a plain file name, so it may lead out of the folder",
        repr(shard),
        "tensor layers.1.weight",
        "index.json",
    )


def test_a_shard_elsewhere_is_not_opened(index, tmp_path):
    (tmp_path / "a.safetensors").write_bytes(assemble(*header_of(FIRST)))
    path = index(PLACED | dict.fromkeys(FIRST, "../a.safetensors"))
    refused(lambda: load(path), "may lead out of the folder")


def test_a_shard_that_is_a_link(index, tmp_path):
    path = index()
    (path.parent / "a.safetensors").rename(tmp_path / "a.safetensors")
    (path.parent / "a.safetensors").symlink_to(tmp_path / "a.safetensors")
    refused(lambda: load(path), "a symbolic link is not followed", "a.safetensors", "cp -rL")


def test_a_lone_file_in_a_folder_that_is_a_link(tmp_path):
    (tmp_path / "m.safetensors").write_bytes(chain_bytes())
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / "m.safetensors").symlink_to(tmp_path / "m.safetensors")
    refused(lambda: load(tmp_path / "f"), "a symbolic link is not followed")
    assert len(load(tmp_path / "f" / "m.safetensors")) == 2, "a link that was named is meant"


def test_a_shard_that_is_missing(index):
    path = index()
    (path.parent / "a.safetensors").unlink()
    refused(lambda: load(path), "cannot be read: No such file", "a.safetensors")


def test_a_shard_that_is_a_folder(index):
    path = index()
    (path.parent / "a.safetensors").unlink()
    (path.parent / "a.safetensors").mkdir()
    refused(lambda: load(path), "a.safetensors")


def test_a_tensor_that_its_shard_lacks(index):
    path = index(PLACED | {"layers.3.weight": "a.safetensors"})
    refused(lambda: load(path), "places this tensor in a.safetensors, which does not hold it", "tensor layers.3.weight")


def test_a_tensor_in_two_shards(index):
    path = index(shards={"a.safetensors": TENSORS, "b.safetensors": SECOND})
    refused(lambda: load(path), "two shards hold this name: a.safetensors and b.safetensors", "tensor layers.0.weight")


def test_an_unlisted_tensor_in_two_shards(index):
    extra = {"extra": TENSORS["layers.0.bias"]}
    path = index(shards={"a.safetensors": FIRST | extra, "b.safetensors": SECOND | extra})
    refused(lambda: load(path), "two shards hold this name", "tensor extra")


def test_an_unlisted_tensor_is_left_out(index):
    path = index({name: shard for name, shard in PLACED.items() if name != "layers.2.weight"})
    chain = load(path)
    assert [layer.name for layer in chain.layers] == ["layers.0.weight", "layers.1.weight"]
    assert ("layers.2.weight", "in b.safetensors, but not listed by the index") in [
        (out.name, out.why) for out in chain.left_out
    ]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("{}", "the index has no weight_map"),
        ('{"weight_map": {}}', "the index has no weight_map"),
        ('{"weight_map": []}', "the index has no weight_map"),
        ('{"weight_map": {"a": 1}}', "gives no file name"),
        ('{"weight_map": {"a": ""}}', "gives no file name"),
        ('{"weight_map": {"a": "a.txt"}}', "is no .safetensors file"),
        ('{"weight_map": {"a": "a.safetensors", "a": "b.safetensors"}}', "the index holds the name 'a' twice"),
        ('{"weight_map": {"a\\u0000": "a.safetensors"}}', "'a\\x00'"),
        ('{"weight_map": {"a": "a\\u0000.safetensors"}}', "'a\\x00.safetensors'"),
        ("[]", "the index is not a JSON object"),
        ("{", "the index is not valid JSON"),
    ],
)
def test_an_index_that_is_none(index, text, part):
    refused(lambda: load(index(text=text)), part, "model.safetensors.index.json")


def test_an_index_of_both_formats(index, pickled):
    part = "the shard b.bin is no .safetensors file"
    message = refused(lambda: load(index({"a": "b.bin"})), part, "tensor a")
    assert "*.bin.index.json" in message
    part = "the shard a.safetensors is no .pt or .pth or .bin or .ckpt file"
    refused(lambda: load(pickled({"a": "a.safetensors"})), part)


def test_limits(index):
    path = index()
    size = path.stat().st_size
    refused(
        lambda: load(path, limits=Limits(max_header_bytes=size - 1)), f"max_header_bytes = {size - 1}", kind=LimitError
    )
    refused(lambda: load(path, limits=Limits(max_tensors=5)), "number of tensors: 6", kind=LimitError)


def test_a_folder_with_two_models(index):
    path = index()
    (path.parent / "other.safetensors.index.json").write_text("{}")
    refused(lambda: load(path.parent), "the folder holds several models", kind=InputError)
