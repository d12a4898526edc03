"""Quantized matrices as GPTQ and AWQ store them, against rational numbers entry by entry; and what is refused."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import certify
from certify.chain import Limits, load
from certify.chain.loading import read_tensors
from certify.checker.expression import matrix_of
from certify.comparison.pairs import pair_up
from certify.errors import CertificateError, ChainError, InputError
from tests.chain.weight_files import refused

RANDOM = np.random.default_rng(8)
ROWS, COLUMNS, GROUPS = 16, 8, 3
AWQ = [0, 2, 4, 6, 1, 3, 5, 7]
CODES = RANDOM.integers(0, 16, (ROWS, COLUMNS))
ZEROS = RANDOM.integers(0, 16, (GROUPS, COLUMNS))
SCALES = RANDOM.uniform(0.1, 1, (GROUPS, COLUMNS)).astype("f2")
G_IDX = np.array([2, 0, 1, 1, 0, 2, 2, 0, 1, 0, 0, 1, 2, 1, 0, 2], "i4")


def packed(codes: np.ndarray, axis: int, order: list[int] | None = None) -> np.ndarray:
    """Eight codes in each integer of 32 bits: ``order[k]`` is the place of the one in bits 4k to 4k + 3."""
    moved = np.moveaxis(codes, axis, -1)
    words = [
        [sum(int(row[8 * w + p]) << (4 * k) for k, p in enumerate(order or range(8))) for w in range(len(row) // 8)]
        for row in moved.reshape(-1, moved.shape[-1])
    ]
    found = np.array(words, dtype=np.uint64).astype("u4").view("i4")
    return np.ascontiguousarray(np.moveaxis(found.reshape(*moved.shape[:-1], -1), -1, axis))


GPTQ = {"up.qweight": packed(CODES, 0), "up.qzeros": packed(ZEROS, 1), "up.scales": SCALES, "up.g_idx": G_IDX}
AWQ_FILE = {
    "up.qweight": packed(CODES, 1, AWQ),
    "up.qzeros": packed(ZEROS[:2], 1, AWQ),
    "up.scales": SCALES[:2],
}
KEYS = 'tensor = "up.qweight"\nbits = 4\nscale = "up.scales"\nzero_point = "up.qzeros"\ntranspose = true\n'
GPTQ_KEYS = f'{KEYS}packed = 0\nzero_offset = 1\ngroup_index = "up.g_idx"\n'


@pytest.fixture
def layer_of(tmp_path):
    def make(tensors: dict[str, np.ndarray], keys: str):
        np.savez(tmp_path / "m.npz", **tensors)
        (tmp_path / "c.toml").write_text(f"[[layers]]\n{keys}")
        return load(tmp_path / "m.npz", tmp_path / "c.toml").layers[0]

    return make


def weights(group_of, offset: int) -> list[list[Fraction]]:
    """Of shape (columns, rows): what the files above mean."""
    return [
        [
            Fraction(float(SCALES[group_of(i), j])) * (int(CODES[i, j]) - int(ZEROS[group_of(i), j]) - offset)
            for i in range(ROWS)
        ]
        for j in range(COLUMNS)
    ]


def demand(layer, wanted: list[list[Fraction]]) -> None:
    for matrix in (layer.matrix(), matrix_of(layer)):
        assert [[Fraction(float(x)) for x in row] for row in matrix] == wanted


def test_groups_in_the_order_of_activation(layer_of):
    demand(layer_of(GPTQ, GPTQ_KEYS), weights(lambda i: G_IDX[i], 1))


def test_the_same_matrix_turned_and_grouped_along_its_other_axis(layer_of):
    turned = {
        "up.weight_packed": packed(CODES.T, 1),
        "up.weight_zero_point": np.ascontiguousarray(packed(ZEROS.T, 0)),
        "up.weight_scale": np.ascontiguousarray(SCALES.T),
        "up.weight_g_idx": G_IDX,
    }
    keys = (
        'tensor = "up.weight_packed"\nbits = 4\npacked = 1\nscale = "up.weight_scale"\naxis = 1\n'
        'zero_point = "up.weight_zero_point"\n'
    )
    refused(lambda: layer_of(turned, keys), "up.weight_g_idx gives each row its own", kind=ChainError)
    demand(layer_of(turned, f'{keys}group_index = "up.weight_g_idx"\n'), weights(lambda i: G_IDX[i], 0))


def test_groups_of_vectors_and_of_one_number(layer_of):
    codes = {"q": CODES.astype("i1"), "s": np.array([0.5, 3, 7], "f4"), "g": G_IDX, "one": np.array([3], "f4")}
    keys = 'tensor = "q"\ngroup_index = "g"\naxis = 0\nscale = "s"\n'
    wanted = [[Fraction(float(codes["s"][G_IDX[i]])) * int(CODES[i, j]) for j in range(COLUMNS)] for i in range(ROWS)]
    demand(layer_of(codes, keys), wanted)
    keys = 'tensor = "q"\ngroup_index = "g"\nscale = "one"\n'
    refused(lambda: layer_of(codes, keys), "group 2 of 1 groups of one")
    single = layer_of({**codes, "g": 0 * G_IDX}, keys)
    demand(single, [[3 * Fraction(int(x)) for x in row] for row in CODES])


def test_codes_in_the_order_of_awq(layer_of):
    keys = f"{KEYS}packed = 1\norder = {AWQ}\n"
    demand(layer_of(AWQ_FILE, keys), weights(lambda i: i // 8, 0))


def test_layouts_on_which_nothing_is_said_are_refused_by_name(layer_of):
    without = GPTQ_KEYS.replace('group_index = "up.g_idx"\n', "")
    message = refused(lambda: layer_of(GPTQ, without), "up.g_idx", "GPTQ with activation order", kind=ChainError)
    assert 'group_index = "up.g_idx"' in message
    message = refused(lambda: layer_of(AWQ_FILE, f"{KEYS}packed = 1\n"), "as AWQ does", kind=ChainError)
    assert f"order = {AWQ}" in message
    identity = layer_of(AWQ_FILE, f"{KEYS}packed = 1\norder = {list(range(8))}\n")
    assert not np.array_equal(identity.matrix(), layer_of(AWQ_FILE, f"{KEYS}packed = 1\norder = {AWQ}\n").matrix())


def test_a_certificate_records_index_and_order(layer_of, tmp_path):
    for tensors, keys in ((GPTQ, GPTQ_KEYS), (AWQ_FILE, f"{KEYS}packed = 1\norder = {AWQ}\n")):
        layer_of(tensors, keys)
        paths = tmp_path / "m.npz", tmp_path / "c.toml"
        certify.certify(load(*paths)).save(tmp_path / "c.json")
        certify.verify(tmp_path / "c.json", *paths)
        said = certify.Certificate.load(tmp_path / "c.json").input.tensors[0].expression
        assert said is not None
        assert said.get("order", AWQ) == AWQ
        assert ("up.g_idx" in [item["tensor"] for item in said["operands"]]) == (tensors is GPTQ)
        other = {**tensors, "up.g_idx": G_IDX[::-1].copy()} if tensors is GPTQ else tensors
        layer_of(other, keys if tensors is GPTQ else f"{KEYS}packed = 1\norder = {list(range(8))}\n")
        with pytest.raises(CertificateError, match="other input"):
            certify.verify(tmp_path / "c.json", *paths)


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"up.g_idx": np.where(G_IDX == 1, -1, G_IDX)}, "group -1 of 3 groups of up."),
        ({"up.g_idx": np.where(G_IDX == 1, 3, G_IDX)}, "group 3 of 3 groups of up."),
        ({"up.g_idx": G_IDX[:-1]}, "group_index up.g_idx of format I32 has shape (15,)"),
        ({"up.g_idx": G_IDX.astype("f4")}, "group_index up.g_idx of format F32"),
        ({"up.g_idx": G_IDX.astype("i8")}, "group_index up.g_idx of format I64"),
        ({"up.scales": SCALES[:, :5]}, "scale up.scales has shape (3, 5)"),
        ({"up.qzeros": ZEROS[:, :5].astype("i4")}, "zero_point up.qzeros has shape (3, 5)"),
        ({"up.qzeros": (ZEROS + 0.1).astype("f4")}, "zero_point up.qzeros of format F32"),
        ({"up.qzeros": ZEROS.astype("i8")}, "zero points are integers of at most 32 bits"),
    ],
)
def test_what_does_not_belong_to_the_codes(layer_of, change, part):
    refused(lambda: layer_of({**GPTQ, **change}, GPTQ_KEYS), part, kind=InputError if "groups" in part else ChainError)


def test_narrow_zero_points_beside_wide_codes(layer_of):
    tensors = {
        "q": RANDOM.integers(0, 2**31, (4, 2)).astype("i4"),
        "s": np.ones((2, 2), "f4"),
        "z": np.ones((2, 1), "i1"),
    }
    keys = 'tensor = "q"\nbits = 16\npacked = 0\nscale = "s"\nzero_point = "z"\n'
    half = [[int(tensors["q"][i // 2, j]) >> 16 * (i % 2) & 0xFFFF for j in range(2)] for i in range(8)]
    demand(layer_of(tensors, keys), [[Fraction(x - 1) for x in row] for row in half])


@pytest.mark.parametrize(
    ("keys", "part"),
    [
        ("order = [0, 1]\n", "order = [0, 1] for 8 integers"),
        ("order = [0, 1, 2, 3, 4, 5, 6, 6]\n", "names each of 0 to 7 once"),
        ("order = 3\n", "no list of places"),
        ("order = []\n", "no list of places"),
    ],
)
def test_orders_that_are_none(layer_of, keys, part):
    refused(lambda: layer_of(AWQ_FILE, f"{KEYS}packed = 1\n{keys}"), part, kind=ChainError)


@pytest.mark.parametrize("keys", ["zero_offset = 1\n", "codes = true\nzero_offset = 1\n", "order = [0, 1]\n"])
def test_keys_that_would_do_nothing(layer_of, keys):
    refused(lambda: layer_of({"q": CODES.astype("i1")}, f'tensor = "q"\n{keys}'), "layers[0].", kind=ChainError)


def test_an_index_without_a_scale(layer_of):
    tensors = {"q": CODES.astype("i1"), "g": G_IDX}
    keys = 'tensor = "q"\ncodes = true\ngroup_index = "g"\n'
    refused(lambda: layer_of(tensors, keys), "an index of groups without a scale", kind=ChainError)


def test_a_comparison_reads_no_order_that_only_the_second_file_has(tmp_path):
    plain = {"up.qweight": packed(CODES, 0), "up.qzeros": packed(ZEROS[:2], 1), "up.scales": SCALES[:2]}
    (tmp_path / "c.toml").write_text(f'edges = []\n[[layers]]\n{KEYS}packed = 0\n[[layers]]\ntensor = "w"\n')
    np.savez(tmp_path / "a.npz", **plain, w=np.eye(2))
    np.savez(tmp_path / "b.npz", **plain, w=np.eye(2), **{"up.g_idx": G_IDX})
    chain = load(tmp_path / "a.npz", tmp_path / "c.toml")
    found = pair_up(chain, read_tensors(tmp_path / "b.npz")[0], str(tmp_path / "b.npz"), Limits())
    assert list(found.layers) == ["w"]
    assert any("up.g_idx" in item.why for item in found.left_out)
