"""Files whose names, shapes or graphs suggest an edge that the data do not take, or an orientation that is not theirs:
no such edge is drafted, and what is drafted runs as printed."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

import certify
from certify.chain import load
from certify.chain.chain_file import draft_chain_file
from certify.chain.drafts import draft
from certify.chain.drafts.keras_graph import plan_keras
from certify.chain.drafts.others import plan_sequences
from certify.chain.limits import DEFAULT_LIMITS
from certify.chain.loading import drafted, read_tensors
from certify.chain.model import LeftOut
from certify.chain.stored import Memory, StoredTensor
from certify.errors import ChainError
from tests.chain.readers.model_files import hdf5_bytes, message, onnx_tensor, small, torch_bytes, view
from tests.chain.test_drafts import bert, gpt2, node, random
from tests.chain.test_keras_drafts import LAYERS
from tests.chain.weight_files import refused


def number(name: str, value: int) -> bytes:
    """An attribute of one whole number."""
    return message((1, name.encode()), (3, value))


def listed(name: str, *values: int) -> bytes:
    """An attribute of whole numbers."""
    return message((1, name.encode()), *((8, value % 2**64) for value in values))


def onnx(path: Path, nodes: list[bytes], **tensors: np.ndarray) -> Path:
    graph = [(1, item) for item in nodes] + [(5, onnx_tensor(name, array)) for name, array in tensors.items()]
    path.write_bytes(message((7, message(*graph))))
    return path


def whole(*values: int) -> np.ndarray:
    return np.array(values, "f8")


def drafted_edges(path: Path, preset: str = "all") -> set[tuple[str, str]]:
    """The edges of a draft that runs as it was printed; none where nothing fits."""
    found = drafted(path, preset)
    chain_file = path.parent / "drafted.toml"
    chain_file.write_text(found.text)
    chain = load(path, chain_file)
    edges = {(chain.layers[e.lower].name, chain.layers[e.upper].name) for e in chain.edges}
    assert found.fits == bool(edges), found.why
    return edges


KERNEL, SQUARE = random(8, 3, 3), random(8, 8)


@pytest.mark.parametrize(
    ("between", "tensors", "joined"),
    [
        # A convolution of one dimension writes (N, channels, places), and a matrix reads the last axis.
        ([node("Relu", ["c"], "x")], {}, False),
        ([node("Transpose", ["c"], "x", listed("perm", 0, 2, 1))], {}, True),
        ([node("Transpose", ["c"], "x", listed("perm", 1, 0, 2))], {}, False),
        ([node("Transpose", ["c"], "t", listed("perm", 2, 1, 0)), node("Transpose", ["t"], "x")], {}, False),
        ([node("Transpose", ["c"], "t", listed("perm", 1, 2, 0)), node("Transpose", ["t"], "x")], {}, True),
        ([node("Transpose", ["c"], "t", listed("perm", 1, 2, 0)),
          node("Transpose", ["t"], "x", message((1, b"perm"), (20, 7)))], {}, False),
        ([node("ReduceMean", ["c"], "x", listed("axes", 2), number("keepdims", 0))], {}, True),
        ([node("ReduceMean", ["c"], "x", listed("axes", 1), number("keepdims", 0))], {}, False),
        ([node("ReduceMean", ["c"], "x", listed("axes", -1), number("keepdims", 1))], {}, False),
        ([node("GlobalMaxPool", ["c"], "p"), node("Squeeze", ["p", "two"], "x")], {"two": whole(2)}, True),
        ([node("GlobalMaxPool", ["c"], "p"), node("Squeeze", ["p", "one"], "x")], {"one": whole(1)}, False),
        ([node("GlobalMaxPool", ["c"], "p"), node("Flatten", ["p"], "x")], {}, True),
        ([node("MaxPool", ["c"], "p", listed("kernel_shape", 2)), node("Flatten", ["p"], "x")], {}, False),
        ([node("Flatten", ["c"], "x")], {}, False),
        ([node("Relu", ["c"], "r"), node("Dropout", ["r"], "y"), node("Split", ["y"], "x")], {}, False),
    ],
)  # fmt: skip
def test_a_convolution_below_a_matrix(tmp_path, between, tensors, joined):
    nodes = [node("Conv", ["in", "k"], "c"), *between, node("MatMul", ["x", "w"], "out")]
    path = onnx(tmp_path / "m.onnx", nodes, k=KERNEL, w=random(8, 5), **tensors)
    assert drafted_edges(path, "graph") == ({("k (writer)", "w")} if joined else set())


@pytest.mark.parametrize(
    ("between", "tensors", "joined"),
    [
        ([node("Relu", ["a"], "x")], {}, False),
        ([node("Transpose", ["a"], "x", listed("perm", 0, 2, 1))], {}, True),
        ([node("Transpose", ["a"], "t", listed("perm", 0, 2, 1)), node("Slice", ["t", "s", "e", "ax"], "x")],
         {"s": whole(0), "e": whole(8), "ax": whole(1)}, True),
        ([node("Transpose", ["a"], "t", listed("perm", 0, 2, 1)), node("Slice", ["t", "s", "e", "ax"], "x")],
         {"s": whole(1), "e": whole(9), "ax": whole(1)}, False),
        ([node("Transpose", ["a"], "t", listed("perm", 0, 2, 1)), node("Pad", ["t", "p"], "x")],
         {"p": whole(0, 0, 1, 0, 0, 1)}, True),
        ([node("Transpose", ["a"], "t", listed("perm", 0, 2, 1)), node("Pad", ["t", "p"], "x")],
         {"p": whole(0, 1, 0, 0, -1, 0)}, False),
        ([node("Transpose", ["a"], "t", listed("perm", 0, 2, 1)), node("Pad", ["t", "p"], "x")],
         {"p": np.array([0, 0, np.nan, 0, 0, np.inf])}, False),
        ([node("Transpose", ["a"], "t", listed("perm", 0, 2, 1)), node("Pad", ["t", "computed"], "x")], {}, False),
    ],
)  # fmt: skip
def test_a_matrix_below_a_convolution(tmp_path, between, tensors, joined):
    nodes = [node("MatMul", ["in", "w"], "a"), *between, node("Conv", ["x", "k"], "out")]
    path = onnx(tmp_path / "m.onnx", nodes, w=random(5, 8), k=random(4, 8, 3), **tensors)
    assert drafted_edges(path, "graph") == ({("w", "k (reader)")} if joined else set())


@pytest.mark.parametrize(
    ("between", "words"),
    [
        (node("Mul", ["a", "g"], "x"), "scale"),
        (node("Mul", ["g", "a"], "x"), "scale"),
        (node("Mul", ["a", "gate"], "x"), "gate"),
        (node("Div", ["a", "g"], "x"), "scale"),
        (node("Div", ["a", "gate"], "x"), "gate"),
        (node("Add", ["a", "g"], "x"), "bias"),
        (node("Sub", ["a", "g"], "x"), "bias"),
        (node("Sub", ["g", "a"], "x"), "scale+bias"),
        (node("Sub", ["a", "other"], "x"), "residual"),
        (node("ReduceSum", ["a"], "x", listed("axes", -2)), "pool"),
        (node("ReduceMean", ["a"], "x", listed("axes", -2)), "mean"),
        (node("ReduceMax", ["a"], "x", listed("axes", -2)), "pool"),
        (node("Pad", ["a", "pads"], "x"), "pad"),
        (node("Resize", ["a", "", "sizes"], "x"), "resize"),
        (node("Identity", ["a"], "x"), ""),
        (node("Cast", ["a"], "x"), ""),
    ],
)
def test_what_changes_the_numbers_between_two_matrices_has_a_word(tmp_path, between, words):
    tensors = {"g": random(8), "pads": whole(1, 0, 1, 0), "sizes": whole(2, 1)}
    nodes = [node("MatMul", ["in", "w"], "a"), between, node("MatMul", ["x", "v"], "out")]
    path = onnx(tmp_path / "m.onnx", nodes, w=random(5, 8), v=random(8, 3), **tensors)
    assert drafted_edges(path, "graph") == {("w", "v")}
    assert [edge.between for edge in load(path, preset="graph").edges] == [words]


def test_scales_of_codes_lie_along_the_axis_zero_that_is_not_written(tmp_path):
    codes, scale = np.array([[1, 2], [3, 4]], "i1"), np.array([1.0, 100.0], "f4")
    for axis, wanted in ((number("axis", 0), 0), (message((1, b"axis"), (20, 2)), 0), (number("axis", 1), 1)):
        nodes = [node("MatMul", ["in", "v"], "a"), node("DequantizeLinear", ["q", "s"], "w", axis)]
        nodes.append(node("MatMul", ["a", "w"], "out"))
        path = onnx(tmp_path / "m.onnx", nodes, v=random(3, 2), q=codes, s=scale)
        expected = codes * (scale[:, None] if wanted == 0 else scale)
        assert np.array_equal(load(path, preset="graph").layers[-1].matrix(), expected.T)


@pytest.mark.parametrize(
    ("kind", "name", "weights"),
    [("Conv", "group", random(8, 8, 3)), ("Gemm", "transB", SQUARE), ("Gemm", "transA", SQUARE)],
)
def test_a_list_in_place_of_a_number_is_no_edge(tmp_path, kind, name, weights):
    for attribute, joined in ((message((1, name.encode()), (20, 7)), False), (number(name, int(kind == "Conv")), True)):
        nodes = [node(kind, ["in", "a"], "x"), node(kind, ["x", "b"], "y", attribute)]
        path = onnx(tmp_path / "m.onnx", nodes, a=weights, b=weights + 1)
        assert bool(drafted_edges(path, "graph")) == joined


def test_a_product_with_the_transposed_input_is_no_edge(tmp_path):
    nodes = [node("Gemm", ["in", "a"], "x"), node("Gemm", ["x", "b"], "y", number("transA", 1))]
    assert drafted_edges(onnx(tmp_path / "m.onnx", nodes, a=SQUARE, b=random(8, 8)), "graph") == set()


def test_the_mask_of_a_dropout_is_not_what_was_dropped(tmp_path):
    dropout = message((1, b"x"), (2, b"kept"), (2, b"mask"), (4, b"Dropout"))
    nodes = [node("MatMul", ["in", "a"], "x"), dropout, node("MatMul", ["mask", "b"], "y")]
    assert drafted_edges(onnx(tmp_path / "m.onnx", nodes, a=SQUARE, b=random(8, 8)), "graph") == set()


def test_branches_that_use_the_same_names_are_not_mixed(tmp_path):
    a, b, c = random(8, 8), random(8, 8), random(8, 8)

    def branch(name: str, *nodes: bytes, **tensors: np.ndarray) -> bytes:
        fields = [(1, item) for item in nodes] + [(5, onnx_tensor(key, array)) for key, array in tensors.items()]
        return message((1, name.encode()), (6, message(*fields)))

    then = branch("then_branch", node("MatMul", ["in", "w"], "x"), node("MatMul", ["x", "v"], "y"), w=a, v=b)
    other = branch("else_branch", node("Relu", ["in"], "x"), node("MatMul", ["x", "v"], "y"), v=c)
    path = onnx(tmp_path / "m.onnx", [node("If", ["cond"], "y", then, other)])
    assert drafted_edges(path, "graph") == {("then_branch.0/w", "then_branch.0/v")}


@pytest.mark.parametrize("turned", [False, True])
def test_the_orientation_of_gpt2_names_is_that_of_the_biases_or_of_the_gain(tmp_path, turned):
    tensors = {name: array.T.copy() if array.ndim == 2 and turned else array for name, array in gpt2().items()}
    save_file(tensors, tmp_path / "m.safetensors")
    chain = load(tmp_path / "m.safetensors", preset="mlp")
    up = next(layer for layer in chain.layers if layer.name == "transformer.h.0.up")
    assert up.shape == (6, 4)
    biases = {f"transformer.h.{i}.mlp.{n}.bias": random(s) for i in range(2) for n, s in (("c_fc", 6), ("c_proj", 4))}
    bare = {name: array for name, array in tensors.items() if ".ln_" not in name}
    save_file({**bare, **biases}, tmp_path / "m.safetensors")
    assert load(tmp_path / "m.safetensors", preset="mlp").layers[0].shape == (6, 4)


def test_fused_rows_that_are_not_thirds_are_not_cut(tmp_path):
    # One head of keys and values beside four of queries: 8 + 2 + 2 rows, which three divides.
    block = {"blocks.0.attn.qkv.weight": random(12, 8), "blocks.0.attn.proj.weight": random(8, 4)}
    save_file(block, tmp_path / "m.safetensors")
    assert drafted_edges(tmp_path / "m.safetensors", "attention") == set()


def test_perceptrons_beside_attention_do_not_read_it(tmp_path):
    tensors = {name: array for name, array in bert().items() if "attention.output.LayerNorm" not in name}
    save_file(tensors, tmp_path / "m.safetensors")
    found = drafted_edges(tmp_path / "m.safetensors", "residual")
    assert not [pair for pair in found if pair[0].endswith(".o")]
    sandwiched = bert() | {f"encoder.layer.{i}.post_feedforward_layernorm.weight": random(4) for i in range(2)}
    save_file(sandwiched, tmp_path / "m.safetensors")
    assert drafted_edges(tmp_path / "m.safetensors", "residual") == set()


def test_gains_that_are_one_plus_a_weight_are_not_folded(tmp_path):
    save_file(bert(), tmp_path / "m.safetensors")
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "gemma2"}))
    found = drafted(tmp_path / "m.safetensors", "residual")
    assert not found.fits
    assert "1 + weight" in found.why
    assert "gain" not in drafted(tmp_path / "m.safetensors").text


@pytest.mark.parametrize(
    ("names", "edges"),
    [
        ({"net.0.weight": (8, 8), "net.2.weight": (8, 8), "x.weight": (3, 3)}, 1),
        ({"net.0.weight": (8, 8), "net.1.weight": (8, 8), "x.weight": (3, 3), "x.0.weight": (2, 2)}, 0),
        ({"heads.0.weight": (8, 8), "heads.2.weight": (8, 8), "x.weight": (3, 3)}, 0),
        ({"net.0.weight": (8, 8), "net.2.weight": (8, 4), "x.weight": (3, 3)}, 0),
        ({"net.0.weight": (8, 8), "net.0.other": (8, 8), "net.2.weight": (8, 8)}, 0),
        ({"net.0.weight": (8, 8), "net.2.weight": (8, 8, 3), "x.weight": (3, 3)}, 0),
        ({"net.0.weight": (8, 4), "net.0.bias": (4,), "net.2.weight": (8, 8), "x.weight": (3, 3)}, 0),
        ({"net.0.weight": (8, 4), "net.1.weight": (8,), "net.1.bias": (8,), "net.3.weight": (2, 8), "x.w": (3, 3)}, 1),
        # A member between them whose tensors lie deeper in the tree is read by what stands above it.
        ({"net.0.weight": (8, 8), "net.1.0.weight": (8, 8), "net.1.0.bias": (8,), "net.2.weight": (8, 8)}, 0),
        ({"net.0.weight": (8, 8), "net.1.blk.0.weight": (8, 8), "net.2.weight": (8, 8)}, 0),
        ({"net.0.weight": (8, 8), "net.2.0.weight": (8, 8), "net.3.weight": (8, 8)}, 0),
        ({"net.0.weight": (8, 8), "net.1": (8, 8), "net.2.weight": (8, 8)}, 0),
        ({"net.0.weight": (8, 8), "net.2.weight": (8, 8), "net.3.0.weight": (8, 8), "net.5.weight": (8, 8)}, 1),
    ],
)
def test_numbered_names_are_a_sequence_only_with_a_gap(names, edges):
    tensors = {name: StoredTensor(name, "", "", shape, "F32", Memory(b"")) for name, shape in names.items()}
    assert len(plan_sequences(tensors, set(), names).edges) == edges
    assert plan_sequences(tensors, set(names), names).edges == {}


@pytest.mark.parametrize("between", [{"net.1.weight": np.ones((8, 8), "i1"), "net.1.weight_scale": random(8)},
                                     {"net.2.weight": np.ones((8, 8), "i1")}, {}])  # fmt: skip
def test_codes_between_two_members_of_a_sequence_are_not_passed(tmp_path, between):
    save_file({"net.0.weight": random(8, 8), **between, "net.3.weight": random(8, 8)}, tmp_path / "m.safetensors")
    found = drafted_edges(tmp_path / "m.safetensors")
    assert found == (set() if between else {("net.0.weight", "net.3.weight")})


@pytest.mark.parametrize("shape", [(), (1,)])
@pytest.mark.parametrize("beside", [{}, {"a.0.weight": (3, 3), "a.2.weight": (3, 3)}])
def test_a_batch_normalization_of_a_sequence_and_its_counter_are_passed(tmp_path, shape, beside):
    tensors = {name: random(*sides) for name, sides in beside.items()}
    tensors |= {f"net.1.{name}": random(8) for name in ("weight", "bias", "running_mean", "running_var")}
    tensors |= {"net.0.weight": SQUARE, "net.3.weight": SQUARE, "net.1.num_batches_tracked": np.full(shape, 5, "i8")}
    save_file(tensors, tmp_path / "m.safetensors")
    assert ("net.0.weight", "net.3.weight") in drafted_edges(tmp_path / "m.safetensors")


def test_a_deeper_member_of_a_sequence_is_not_passed_by_numbered_names(tmp_path):
    for inner in ("net.1.0.weight", "net.1.0.conv.weight"):
        save_file({"net.0.weight": SQUARE, inner: SQUARE, "net.2.weight": SQUARE}, tmp_path / "m.safetensors")
        assert drafted_edges(tmp_path / "m.safetensors") == set()


def test_what_is_not_read_between_two_members_of_a_sequence_is_not_passed(tmp_path):
    save_file({"net.0.weight": random(8, 8), "net.2.weight": random(8, 8)}, tmp_path / "m.safetensors")
    found = read_tensors(tmp_path / "m.safetensors")[0]
    for name, fits in (("net.1.weight", False), ("other.1.weight", True)):
        left_out = [LeftOut(name, "numbers of format qint8 are not read")]
        assert draft(str(tmp_path / "m.safetensors"), found, "all", DEFAULT_LIMITS, left_out).fits == fits


def test_biases_tell_the_orientation_of_numbered_names(tmp_path):
    path = tmp_path / "m.safetensors"
    tensors = {"fc0.weight": random(4, 8), "fc1.weight": random(8, 4)}
    for sizes, shape in (((8, 4), (8, 4)), ((4, 8), (4, 8)), ((), (4, 8))):
        save_file(tensors | {f"fc{i}.bias": random(n) for i, n in enumerate(sizes)}, path)
        assert load(path).layers[0].shape == shape
    save_file(tensors | {"fc0.bias": random(8), "fc1.bias": random(8)}, path)
    refused(lambda: load(path), "the biases of fc1.weight and fc0.weight tell of two", kind=ChainError)
    save_file({"fc0.weight": random(4, 8), "fc0.bias": random(8), "fc1.weight": random(3, 4)}, path)
    refused(lambda: load(path), "compose only as they are stored", "the bias of fc0.weight", kind=ChainError)
    save_file({"fc0.weight": random(8, 4), "fc0.bias": random(8), "fc1.weight": random(4, 3)}, path)
    refused(lambda: load(path), "compose only transposed", "the bias of fc0.weight", kind=ChainError)


def test_codes_are_not_weights_whatever_their_names_are(tmp_path):
    tensors = {name: (array * 8).astype("i1") if array.ndim == 2 else array for name, array in bert().items()}
    save_file(tensors | {"pooler.weight": random(4, 4)}, tmp_path / "m.safetensors")
    assert drafted_edges(tmp_path / "m.safetensors") == set()


@pytest.mark.parametrize("beside", ["w_scale_inv", "w_scale", ""])
def test_floats_of_eight_bits_beside_a_scale_are_codes(tmp_path, beside):
    stored = StoredTensor("w", "", "", (2, 2), "F8_E4M3", Memory(bytes([56, 64, 48, 56])))
    scale = StoredTensor(beside or "other", "", "", (1, 1), "F32", Memory(bytes(4)))
    header = {"w": {"dtype": "F8_E4M3", "shape": [2, 2], "data_offsets": [0, 4]}}
    header |= {scale.name: {"dtype": "F32", "shape": [1, 1], "data_offsets": [4, 8]}}
    data = json.dumps(header).encode()
    raw = bytes([56, 64, 48, 56]) + np.float32(3).tobytes()
    (tmp_path / "m.safetensors").write_bytes(len(data).to_bytes(8, "little") + data + raw)
    (tmp_path / "c.toml").write_text('[[layers]]\ntensor = "w"\n')
    text = draft_chain_file([stored, scale])
    assert ('# tensor = "w"' in text) == bool(beside)
    if not beside:
        assert load(tmp_path / "m.safetensors", tmp_path / "c.toml").layers[0].matrix().tolist() == [[1, 2], [0.5, 1]]
        return
    call = lambda: load(tmp_path / "m.safetensors", tmp_path / "c.toml")  # noqa: E731
    refused(call, "a scale beside numbers of format F8_E4M3", "codes = true", kind=ChainError)
    (tmp_path / "c.toml").write_text('[[layers]]\ntensor = "w"\ncodes = true\n')
    assert len(load(tmp_path / "m.safetensors", tmp_path / "c.toml")) == 1


def stable_rank(certificate: certify.Certificate) -> certify.Enclosure:
    """‖W‖_F²/σ₁² of the layer q."""
    ratio = certificate["E7.normalization", "q"].values[0] / certificate["spectrum.sigma", "q"].values[0]
    return ratio * ratio


def test_affine_codes_whose_stable_rank_is_not_that_of_the_weights(tmp_path):
    # ±1 by Sylvester's construction, times 3, around 128: 16 orthogonal rows, and codes that are nearly a constant.
    h = np.array([[1.0]])
    while len(h) < 16:
        h = np.block([[h, h], [h, -h]])
    codes, scale, zero = (128 + 3 * h).astype("u1"), np.array([0.25], "f4"), np.array([128], "u1")
    nodes = [
        node("MatMul", ["in", "first"], "a"),
        node("DequantizeLinear", ["q", "s", "z"], "w"),
        node("MatMul", ["a", "w"], "out"),
    ]
    path = onnx(tmp_path / "m.onnx", nodes, first=random(3, 16), q=codes, s=scale, z=zero)
    assert drafted_edges(path) == {("first", "q")}
    paths = path, tmp_path / "drafted.toml"
    certify.certify(load(*paths)).save(tmp_path / "c.json")
    certify.verify(tmp_path / "c.json", *paths)
    assert np.array_equal(load(*paths).layers[1].matrix(), 0.75 * h.T)
    rank = stable_rank(certify.Certificate.load(tmp_path / "c.json"))
    assert rank.lower <= 16 <= rank.upper
    (tmp_path / "codes.toml").write_text('[[layers]]\ntensor = "q"\n')
    refused(lambda: load(path, tmp_path / "codes.toml"), "are not its weights", "codes = true", kind=ChainError)
    (tmp_path / "codes.toml").write_text('[[layers]]\ntensor = "q"\ncodes = true\n')
    assert stable_rank(certify.certify(load(path, tmp_path / "codes.toml"))).upper < 1.05


def test_adapters_of_convolutions_are_left_out(tmp_path):
    tensors = {"a.lora_A.weight": random(2, 3, 3, 3), "a.lora_B.weight": random(4, 2, 1, 1)}
    tensors |= {"b.lora_A.weight": random(2, 3), "b.lora_B.weight": random(4, 2)}
    save_file(tensors, tmp_path / "m.safetensors")
    assert drafted_edges(tmp_path / "m.safetensors") == {("b.lora_A.weight", "b.lora_B.weight")}


def _keras(layers: list[tuple[str, str, dict]], kernels: dict[str, tuple[int, ...]]):
    config = {"class_name": "Sequential", "config": {"layers": [
        {"class_name": kind, "config": {"name": name, **said}} for kind, name, said in layers]}}  # fmt: skip
    tensors = {name: StoredTensor(name, "", "", shape, "F32", Memory(b"")) for name, shape in kernels.items()}
    return plan_keras(config, tensors).edges


DENSE = [("Dense", "late", {"units": 4}), ("Dense", "early", {"units": 4})]
TWO = {"layers/dense/vars/0": (4, 4), "layers/dense_1/vars/0": (4, 4), "layers/dense/vars/1": (4,)}


def test_archives_of_keras_number_layers_by_class_in_the_order_of_the_configuration():
    assert _keras(DENSE, TWO) == {("late", "early"): ""}
    assert _keras([("Dropout", "o", {}), *DENSE], TWO) == {("late", "early"): ""}
    # One more folder than layers, one less, another number of units.
    assert _keras(DENSE, {**TWO, "layers/dense_2/vars/0": (4, 4)}) == {}
    assert _keras(DENSE, {"layers/dense/vars/0": (4, 4), "layers/dense_2/vars/0": (4, 4)}) == {}
    assert _keras([("Dense", "late", {"units": 5}), DENSE[1]], TWO) == {}


def test_channels_of_keras_that_come_first_are_not_the_last_axis():
    kernels = {"layers/conv2d/vars/0": (3, 3, 2, 4), "layers/dense/vars/0": (4, 5)}
    last, first = ("Conv2D", "c", {"filters": 4}), ("Conv2D", "c", {"filters": 4, "data_format": "channels_first"})
    pool = ("GlobalAveragePooling2D", "p", {"data_format": "channels_first"})
    dense = ("Dense", "d", {"units": 5})
    assert _keras([last, dense], kernels) == {("c (writer)", "d"): ""}
    assert _keras([first, dense], kernels) == {}
    assert _keras([last, pool, dense], kernels) == {}


def test_a_keras_archive_is_drafted_from_its_configuration(tmp_path):
    pytest.importorskip("h5py", reason="h5py (extra keras) is not installed")
    shapes = {
        "conv2d": (3, 3, 1, 4),
        "conv2d_1": (3, 3, 4, 4),
        "separable_conv2d": (3, 3, 4, 1),
        "dense": (6, 5),
        "dense_1": (5, 2),
    }
    weights = {f"layers.{name}.vars.0": random(*shape) for name, shape in shapes.items()}
    weights["layers.separable_conv2d.vars.1"] = random(1, 1, 4, 6)
    path = tmp_path / "m.keras"
    for config in (json.dumps({"class_name": "Functional", "config": {"layers": LAYERS}}), "{}"):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("config.json", config)
            archive.writestr("model.weights.h5", hdf5_bytes(weights))
        found = drafted_edges(path)
        assert found == (set() if config == "{}" else {
            ("a (writer)", "b (reader)"), ("b (writer)", "c (reader)"), ("a (writer)", "c (reader)"),
            ("c (writer)", "d"), ("d", "e"),
        })  # fmt: skip


@pytest.mark.parametrize("name", small())
def test_a_draft_of_every_format_runs_as_printed(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(small()[name])
    edges = {("layers.0.weight", "layers.1.weight")}
    assert drafted_edges(path) == edges
    state = {"a": view("0", random(4, 3)), "b": view("1", random(2, 5)), "c": view("2", np.ones((2, 2), "i1"))}
    (tmp_path / "odd.pt").write_bytes(torch_bytes(state))
    assert drafted_edges(tmp_path / "odd.pt") == set()
    assert [item.name for item in read_tensors(tmp_path / "odd.pt")[0]] == ["a", "b", "c"]
