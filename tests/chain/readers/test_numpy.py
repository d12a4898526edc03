from __future__ import annotations

import io
import os
import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from certify.chain import Chain, Limits, load
from certify.errors import InputError, LimitError, UnsupportedError
from tests.chain.weight_files import arrays, attempted, described, npy_bytes, refused, sha256_of, write_zip

WEIGHTS = {
    "W1": np.arange(1.0, 13.0).reshape(4, 3),
    "W2": np.arange(3.0, 11.0, dtype="f4").reshape(2, 4),
    "W10": np.array([[1, -2], [3, 4], [5, 6]], dtype="f2"),
}


def npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


@pytest.fixture
def npz(tmp_path):
    def put(members: list[tuple[str, bytes]], method: int = zipfile.ZIP_STORED) -> Path:
        return write_zip(tmp_path / "m.npz", members, method)

    return put


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_an_archive(tmp_path, save):
    save(tmp_path / "m.npz", **WEIGHTS, b1=np.ones(4))
    chain = load(tmp_path / "m.npz")
    assert [layer.name for layer in chain.layers] == ["W1", "W2", "W10"]
    assert [layer.dtype for layer in chain.layers] == ["F64", "F32", "F16"]
    for found, array in zip(arrays(chain), WEIGHTS.values(), strict=True):
        assert found.dtype == np.float64
        assert np.array_equal(found, array)
    assert [(out.name, out.why.split(" ")[0]) for out in chain.left_out] == [("b1", "one-dimensional")]


def test_the_hash_does_not_depend_on_layout_or_format(tmp_path):
    layouts = {
        "C": WEIGHTS,
        "F": {name: np.asfortranarray(array) for name, array in WEIGHTS.items()},
        "big": {name: array.astype(array.dtype.newbyteorder(">")) for name, array in WEIGHTS.items()},
    }
    expected = [sha256_of("F64", [4, 3], WEIGHTS["W1"].tobytes())]
    found = []
    for label, weights in layouts.items():
        np.savez(tmp_path / f"{label}.npz", **weights)
        (tmp_path / label).mkdir()
        for name, array in weights.items():
            np.save(tmp_path / label / f"{name}.npy", array)
        found += [
            load(tmp_path / f"{label}.npz"),
            load(tmp_path / label),
            Chain.from_arrays(weights.values(), list(weights)),
        ]
    assert [chain.layers[0].sha256 for chain in found] == expected * 9
    assert all(described(chain) == described(found[0]) for chain in found)
    for chain in found:
        for matrix, array in zip(arrays(chain), WEIGHTS.values(), strict=True):
            assert np.array_equal(matrix, array)
            assert matrix.flags.c_contiguous


def test_a_folder(tmp_path):
    for name, array in WEIGHTS.items():
        np.save(tmp_path / f"{name}.npy", array)
    (tmp_path / "README").write_text("weights")
    (tmp_path / "old").mkdir()
    chain = load(tmp_path)
    assert [(layer.tensor, layer.file) for layer in chain.layers] == [(name, f"{name}.npy") for name in WEIGHTS]
    assert {out.name: out.why for out in chain.left_out} == {"README": "not an .npy file", "old": "not an .npy file"}
    assert load(tmp_path / "W2.npy").layers[0].shape == (2, 4)
    refused(lambda: load(tmp_path, limits=Limits(max_tensors=2)), "number of .npy files: 3", kind=LimitError)


def test_links_in_a_folder_are_refused(tmp_path):
    (tmp_path / "f").mkdir()
    np.save(tmp_path / "elsewhere.npy", WEIGHTS["W2"])
    np.save(tmp_path / "f" / "W1.npy", WEIGHTS["W1"])
    (tmp_path / "f" / "W2.npy").symlink_to(tmp_path / "elsewhere.npy")
    refused(lambda: load(tmp_path / "f"), "a symbolic link is not followed", "W2.npy", "cp -rL")


def test_a_link_that_appears_after_loading_is_refused(tmp_path):
    (tmp_path / "f").mkdir()
    for name, array in WEIGHTS.items():
        np.save(tmp_path / "f" / f"{name}.npy", array)
    chain = load(tmp_path / "f")
    (tmp_path / "f" / "W1.npy").rename(tmp_path / "moved.npy")
    (tmp_path / "f" / "W1.npy").symlink_to(tmp_path / "moved.npy")
    refused(chain.layers[0].matrix, "a symbolic link is not followed", "W1.npy")


def test_a_pipe_is_refused_without_waiting(tmp_path):
    np.save(tmp_path / "W1.npy", WEIGHTS["W1"])
    os.mkfifo(tmp_path / "W2.npy")
    refused(lambda: load(tmp_path), "not a regular file", "W2.npy")
    refused(lambda: load(tmp_path / "W2.npy"), "not a regular file", "W2.npy")


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("../W3.npy", "'../W3.npy' leads out of a folder"),
        ("a/../../W3.npy", "leads out of a folder"),
        ("/W3.npy", "'/W3.npy' leads out of a folder"),
        ("C:W3.npy", "leads out of a folder"),
        ("a\\W3.npy", "leads out of a folder"),
        ("W3\x07.npy", "cannot be printed: 'W3\\x07.npy'"),
        ("W1.npy", "two members have this name"),
        ("data.pkl", "a pickle is refused"),
        ("archive/data.pkl", "a pickle is refused"),
        (".npy", "a tensor name of 0 characters"),
    ],
)
def test_member_names(npz, name, part):
    with pytest.warns(UserWarning, match="Duplicate name") if name == "W1.npy" else _nothing():
        path = npz([*((f"{key}.npy", npy(array)) for key, array in WEIGHTS.items()), (name, npy(WEIGHTS["W1"]))])
    kind = UnsupportedError if "pickle" in part else InputError
    refused(lambda: load(path), part, "m.npz", kind=kind)


class _nothing:
    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None


def test_a_member_name_that_ends_early(npz):
    path = npz([("W1.npy", npy(WEIGHTS["W1"])), ("W2_npy.npy", npy(WEIGHTS["W2"]))])
    path.write_bytes(path.read_bytes().replace(b"W2_npy", b"W2\0npy"))
    refused(lambda: load(path), "'W2\\x00npy.npy'", "m.npz")


def test_folders_inside_an_archive_are_names(npz):
    path = npz([("enc/W1.npy", npy(WEIGHTS["W1"])), ("enc/W2.npy", npy(WEIGHTS["W2"])), ("enc/note.txt", b"hello")])
    chain = load(path)
    assert [layer.name for layer in chain.layers] == ["enc/W1", "enc/W2"]
    assert [(out.name, out.why) for out in chain.left_out] == [("enc/note.txt", "not an .npy member")]


def test_objects_inside_an_archive(tmp_path):
    np.savez(tmp_path / "m.npz", W1=WEIGHTS["W1"], W2=np.array([[1, None]], dtype=object))
    message = refused(lambda: load(tmp_path / "m.npz"), "is a pickle", "m.npz", "tensor W2", kind=UnsupportedError)
    assert "astype(float)" in message


def test_a_pickle_that_is_called_a_matrix(npz):
    path = npz([("W1.npy", pickle.dumps([[1.0]]))])
    refused(lambda: load(path), "a pickle is refused", "the first bytes of W1", kind=UnsupportedError)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_compressions_that_numpy_does_not_write(npz, method):
    path = npz([("W1.npy", npy(WEIGHTS["W1"]))], method)
    refused(lambda: load(path), f"compression method {method}", "numpy.savez_compressed", kind=UnsupportedError)


def test_an_encrypted_member(npz):
    path = npz([("W1.npy", npy(WEIGHTS["W1"]))])
    data = bytearray(path.read_bytes())
    entry = data.index(b"PK\x01\x02")
    data[entry + 8] |= 1
    path.write_bytes(data)
    refused(lambda: load(path), "the member W1.npy is encrypted", kind=UnsupportedError)


def test_a_bomb_is_refused_before_it_is_unpacked(npz):
    side = 2000
    header = f"{{'descr': '<f2', 'fortran_order': False, 'shape': ({side}, {side}), }}"
    path = npz([("W1.npy", npy_bytes(header, bytes(2 * side * side)))], zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < side * side / 500
    refused(
        lambda: load(path, limits=Limits(max_unpacked_bytes=10**6)), "max_unpacked_bytes = 1000000", kind=LimitError
    )
    refused(
        lambda: load(path, limits=Limits(max_tensor_elements=side * side - 1)),
        f"number of elements: {side * side}",
        "tensor W1",
        kind=LimitError,
    )
    refused(lambda: load(path), "every entry of this 2000x2000 matrix is zero")


def _central(data: bytes, at: int, layout: str, value: int) -> bytes:
    """The archive with one field of its first directory entry overwritten."""
    entry = data.index(b"PK\x01\x02") + at
    return data[:entry] + struct.pack(layout, value) + data[entry + struct.calcsize(layout) :]


@pytest.mark.parametrize("change", [-1, 1, 8])
@pytest.mark.parametrize("side", [3, 300])
def test_a_declared_size_that_lies(npz, side, change):
    array = np.arange(side * side) % 251.0
    path = npz([("W1.npy", npy(array.reshape(side, side)))], zipfile.ZIP_DEFLATED)
    path.write_bytes(_central(path.read_bytes(), 24, "<I", len(npy(array.reshape(side, side))) + change))
    message = refused(lambda: load(path), "W1", "m.npz")
    assert f"and {8 * side * side + change} follow the header" in message or "Bad CRC-32" in message


@pytest.mark.parametrize("change", [-8, 8])
def test_a_member_shorter_or_longer_than_its_header_says(npz, change):
    # The header of the array and the size in the directory agree; the packed content does not.
    array = np.arange(90_000.0).reshape(300, 300) % 251
    whole = npy(array)
    path = npz([("W1.npy", (whole + b"12345678")[: len(whole) + change])], zipfile.ZIP_DEFLATED)
    path.write_bytes(_central(path.read_bytes(), 24, "<I", len(whole)))
    refused(lambda: load(path), "member W1.npy", "m.npz")


def test_a_packed_size_that_lies(npz):
    path = npz([("W1.npy", npy(WEIGHTS["W1"])), ("W2.npy", npy(WEIGHTS["W2"]))], zipfile.ZIP_DEFLATED)
    path.write_bytes(_central(path.read_bytes(), 20, "<I", 2**30))
    refused(lambda: load(path), "members of the archive share bytes", "m.npz")


@pytest.mark.parametrize(("side", "part"), [(3, "is damaged: Bad CRC-32"), (300, "cannot be unpacked: Bad CRC-32")])
def test_damaged_content_fails_its_checksum(npz, side, part):
    array = np.arange(1.0, side * side + 1).reshape(side, side)
    path = npz([("W1.npy", npy(array))])
    data = path.read_bytes()
    at = data.index(array.tobytes()[-64:])
    path.write_bytes(data[:at] + b"\1" + data[at + 1 :])
    refused(lambda: load(path), part, "member W1.npy", "m.npz")


def test_a_directory_beyond_the_limit(npz):
    path = npz([(f"{'n' * 900}{i}.npy", b"") for i in range(1200)])
    assert path.stat().st_size > 2**21
    refused(lambda: load(path, limits=Limits(max_header_bytes=2**16)), "the directory of the archive", kind=LimitError)
    refused(lambda: load(path, limits=Limits(max_tensors=1000)), "number of members: 1200", kind=LimitError)


def test_an_empty_archive(npz):
    refused(lambda: load(npz([])), "the chain is empty", "m.npz")


def _archive(method: int) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, array in WEIGHTS.items():
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), npy(array), method)
    return stream.getvalue()


ARCHIVES = [_archive(zipfile.ZIP_STORED), _archive(zipfile.ZIP_DEFLATED)]
HASHES = {layer.sha256 for layer in Chain.from_arrays(WEIGHTS.values()).layers}


@given(st.sampled_from(ARCHIVES), st.data())
def test_damage_is_refused_or_harmless(tmp_path_factory, archive, draw):
    data = bytearray(archive)
    for _ in range(draw.draw(st.integers(1, 2))):
        # The directory stands at the end.
        at = draw.draw(st.integers(0, len(data) - 1) | st.integers(max(0, len(data) - 240), len(data) - 1))
        if draw.draw(st.integers(0, 5)) == 0:
            del data[max(1, at) :]
        else:
            data[at] = draw.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "damaged.npz"
    path.write_bytes(data)
    chain = attempted(lambda: load(path), "damaged.npz")
    if chain is None:
        return
    assert {layer.sha256 for layer in chain.layers} <= HASHES
