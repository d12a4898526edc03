"""Drafts of Keras models: the edges are those of the configuration, and gates are columns of what is stored."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import certify
from certify.chain.drafts.keras_graph import plan_keras
from certify.chain.drafts.others import plan_recurrent
from certify.chain.loading import drafted
from certify.chain.stored import Memory, StoredTensor

SHAPES = {
    "a": (3, 3, 1, 4),
    "b": (3, 3, 4, 4),
    "c/pointwise": (1, 1, 4, 6),
    "d": (6, 5),
    "e": (5, 2),
}


def _tensors(shapes: dict[str, tuple[int, ...]]) -> dict[str, StoredTensor]:
    found = {}
    for key, shape in shapes.items():
        layer, _, part = key.partition("/")
        name = f"model_weights/{layer}/{layer}_1/{'pointwise_kernel' if part else 'kernel'}:0"
        found[name] = StoredTensor(name, "", "", shape, "F32", Memory(b""))
    # The optimizer keeps matrices of the same shapes.
    found["optimizer_weights/b/b_1/kernel:0"] = StoredTensor(
        "optimizer_weights/b/b_1/kernel:0", "", "", (3, 3, 4, 4), "F32", Memory(b"")
    )
    return found


def _layer(kind: str, name: str, *inputs: str, **said: Any) -> dict[str, Any]:
    nodes = [[[item, 0, 0, {}] for item in inputs]] if inputs else []
    return {"class_name": kind, "name": name, "config": {"name": name, **said}, "inbound_nodes": nodes}


LAYERS = [
    _layer("InputLayer", "x"),
    _layer("Conv2D", "a", "x", activation="linear"),
    _layer("BatchNormalization", "n", "a"),
    _layer("Activation", "r", "n", activation="relu"),
    _layer("Conv2D", "b", "r", activation="tanh"),
    _layer("Add", "s", "b", "a"),
    _layer("SeparableConv2D", "c", "s", depth_multiplier=1),
    _layer("GlobalAveragePooling2D", "g", "c"),
    _layer("Dense", "d", "g", activation="relu"),
    _layer("Dense", "e", "d", activation="softmax"),
]
EDGES = {
    ("a (writer)", "b (reader)"): "batchnorm+relu",
    ("b (writer)", "c (reader)"): "tanh+residual+conv",
    ("a (writer)", "c (reader)"): "residual+conv",
    ("c (writer)", "d"): "pool",
    ("d", "e"): "relu",
}


def test_the_edges_of_a_functional_model():
    plan = plan_keras({"class_name": "Model", "config": {"layers": LAYERS}}, _tensors(SHAPES))
    assert plan.edges == EDGES
    assert plan.layers["c (reader)"].tensor == "model_weights/c/c_1/pointwise_kernel:0"
    assert dict(plan.layers["d"].keys) == {"transpose": True}


def test_histories_of_the_newer_format_and_sequences_say_the_same():
    newer = []
    for item in LAYERS:
        calls = [name for call in item["inbound_nodes"] for name, *_ in call]
        tensors = [{"class_name": "__keras_tensor__", "config": {"keras_history": [name, 0, 0]}} for name in calls]
        newer.append({**item, "inbound_nodes": [{"args": [tensors], "kwargs": {}}] if calls else []})
    assert plan_keras({"class_name": "Functional", "config": {"layers": newer}}, _tensors(SHAPES)).edges == EDGES
    line = [_layer("Dense", "d", activation="relu"), _layer("Dropout", "o"), _layer("Dense", "e")]
    for inner in (line, {"layers": line}):
        plan = plan_keras({"class_name": "Sequential", "config": inner}, _tensors(SHAPES))
        assert plan.edges == {("d", "e"): "relu+dropout"}


@pytest.mark.parametrize(("kind", "word"), [("ZeroPadding1D", "pad"), ("UpSampling1D", "resize"), ("Cropping1D", "")])
def test_places_that_come_and_go_have_a_word(kind, word):
    layers = [_layer("Dense", "d"), _layer(kind, "m"), _layer("Dense", "e")]
    assert plan_keras({"class_name": "Sequential", "config": layers}, _tensors(SHAPES)).edges == {("d", "e"): word}


@pytest.mark.parametrize("kind", ["Flatten", "Concatenate", "LSTM", "Invented"])
def test_what_may_mix_channels_ends_the_way(kind):
    layers = [_layer("Dense", "d"), _layer(kind, "m"), _layer("Dense", "e")]
    assert plan_keras({"class_name": "Sequential", "config": layers}, _tensors(SHAPES)).edges == {}


def test_a_layer_that_is_called_twice_joins_no_two_calls():
    twice = {**_layer("ReLU", "r"), "inbound_nodes": [[["d", 0, 0, {}]], [["f", 0, 0, {}]]]}
    above = {**_layer("Dense", "g"), "inbound_nodes": [[["r", 1, 0, {}]]]}
    layers = [_layer("InputLayer", "x"), _layer("Dense", "d", "x"), twice, _layer("Dense", "f", "r"), above]
    tensors = _tensors(dict.fromkeys("dfg", (4, 4)))
    assert plan_keras({"class_name": "Functional", "config": {"layers": layers}}, tensors).edges == {}
    layers[2] = _layer("ReLU", "r", "d")
    layers[4] = _layer("Dense", "g", "f")
    edges = plan_keras({"class_name": "Functional", "config": {"layers": layers}}, tensors).edges
    assert edges == {("d", "f"): "relu", ("f", "g"): ""}
    # A kernel reads what each of its calls is given.
    layers[3]["inbound_nodes"].append([["d", 0, 0, {}]])
    layers[4] = {**_layer("Dense", "g"), "inbound_nodes": [[["f", 0, 0, {}]], [["d", 0, 0, {}]]]}
    edges = plan_keras({"class_name": "Functional", "config": {"layers": layers}}, tensors).edges
    assert edges.keys() == {("d", "f"), ("f", "g"), ("d", "g")}


CUSTOM = {"class_name": "function", "config": "relu", "registered_name": "reverse_channels"}


@pytest.mark.parametrize(
    ("activation", "word"),
    [
        (None, ""),
        ("linear", ""),
        ("relu", "relu"),
        ("softsign", None),
        ("mish", None),
        (CUSTOM, None),
        (["relu"], None),
    ],
)
def test_activations_that_have_no_word_end_the_way(activation, word):
    def edges(*layers: dict[str, Any]) -> dict[tuple[str, str], str]:
        return plan_keras({"class_name": "Sequential", "config": list(layers)}, _tensors(SHAPES)).edges

    below, above = _layer("Dense", "d"), _layer("Dense", "e", activation="softsign")
    joined = {} if word is None else {("d", "e"): word}
    assert edges(_layer("Dense", "d", activation=activation), above) == joined
    assert edges(below, _layer("Activation", "m", activation=activation), above) == joined
    joined = {} if word is None else {("d", "e"): f"conv+{word}".rstrip("+")}
    assert edges(below, _layer("DepthwiseConv1D", "w", activation=activation), above) == joined


def test_a_kernel_that_is_not_found_ends_the_way():
    layers = [_layer("Dense", "d"), _layer("Dense", "lost"), _layer("Dense", "e")]
    assert plan_keras({"class_name": "Sequential", "config": layers}, _tensors(SHAPES)).edges == {}
    wide = [_layer("Conv2D", "b"), _layer("SeparableConv2D", "c", depth_multiplier=2)]
    assert plan_keras({"class_name": "Sequential", "config": wide}, _tensors(SHAPES)).edges == {}


@pytest.mark.parametrize(
    "config",
    [{}, {"config": 1}, {"config": [1]}, {"config": {"layers": [{"class_name": "Dense"}]}},
     {"config": [{"class_name": "Dense", "config": {"name": "d"}}] * 2},
     {"config": [{"class_name": 1, "config": {}, "name": "d"}]}],
)  # fmt: skip
def test_a_configuration_of_another_shape_gives_no_edges(config):
    assert plan_keras(config, _tensors(SHAPES)).edges == {}


@pytest.mark.parametrize(("gates", "candidate"), [("ifco", "c"), ("zrh", "h"), ("h", "h")])
def test_the_gates_of_recurrent_cells_are_columns(gates, candidate):
    size = 3
    shapes = {"cell/cell/kernel:0": (5, size * len(gates)), "cell/cell/recurrent_kernel:0": (size, size * len(gates))}
    plan = plan_recurrent({name: StoredTensor(name, "", "", s, "F32", Memory(b"")) for name, s in shapes.items()})
    assert [upper.rpartition(" ")[2] for _, upper in plan.edges] == list(gates)
    assert {lower for lower, _ in plan.edges} == {f"cell/cell/kernel:0 {candidate}"}
    start = gates.index(candidate) * size
    part = plan.layers[f"cell/cell/kernel:0 {candidate}"]
    assert dict(part.keys) == {"transpose": True, "rows": f"{start}:{start + size}"}
    assert plan_recurrent({"cell/cell/kernel:0": StoredTensor("k", "", "", (5, 12), "F32", Memory(b""))}).edges == {}


def test_a_file_is_drafted_and_its_draft_runs(tmp_path):
    h5py = pytest.importorskip("h5py", reason="h5py (extra keras) is not installed")
    rng = np.random.default_rng(3)
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file.attrs["model_config"] = json.dumps({"class_name": "Model", "config": {"layers": LAYERS}})
        for key, shape in SHAPES.items():
            layer, _, part = key.partition("/")
            name = f"model_weights/{layer}/{layer}/{'pointwise_kernel' if part else 'kernel'}:0"
            file[name] = rng.normal(size=shape)
    found = drafted(tmp_path / "m.h5")
    assert found.fits
    (tmp_path / "chain.toml").write_text(found.text)
    chain = certify.load(tmp_path / "m.h5", tmp_path / "chain.toml")
    assert len(chain.edges) == len(EDGES)
    certify.certify(chain)
    with h5py.File(tmp_path / "m.h5", "a") as file:
        file.attrs["model_config"] = "no JSON"
    with pytest.raises(certify.PolystableError, match="model_config"):
        drafted(tmp_path / "m.h5")
