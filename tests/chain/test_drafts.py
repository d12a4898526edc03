"""Drafts for small networks with the names that real ones have: the edges are those that data take, and each draft
runs as printed."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner

import certify
from certify.chain import load
from certify.chain.loading import drafted
from certify.cli import command
from certify.errors import ChainError, UsageError
from tests.chain.readers.model_files import message, onnx_bytes, onnx_tensor
from tests.chain.weight_files import refused

RANDOM = np.random.default_rng(11)


def random(*shape: int) -> np.ndarray:
    return RANDOM.integers(1, 200, shape).astype("f4") / 64 * RANDOM.choice([-1, 1], shape).astype("f4")


def bert(blocks: int = 2) -> dict[str, np.ndarray]:
    found = {"embeddings.word_embeddings.weight": random(9, 4)}
    for i in range(blocks):
        b = f"encoder.layer.{i}."
        found |= {f"{b}attention.self.{x}.weight": random(4, 4) for x in ("query", "key", "value")}
        found |= {f"{b}attention.output.dense.weight": random(4, 4), f"{b}attention.output.LayerNorm.weight": random(4)}
        found |= {f"{b}attention.output.LayerNorm.bias": random(4), f"{b}output.LayerNorm.bias": random(4)}
        found |= {f"{b}intermediate.dense.weight": random(6, 4), f"{b}output.dense.weight": random(4, 6)}
        found |= {f"{b}output.LayerNorm.weight": random(4)}
    return found


def llama(experts: int = 0) -> dict[str, np.ndarray]:
    """Four heads of size 2, two of keys and values; width 8."""
    found: dict[str, np.ndarray] = {"model.embed_tokens.weight": random(9, 8)}
    for i in range(2):
        b = f"model.layers.{i}."
        found |= {f"{b}self_attn.{x}_proj.weight": random(8 if x in "qo" else 4, 8) for x in "qkvo"}
        found |= {f"{b}input_layernorm.weight": random(8), f"{b}post_attention_layernorm.weight": random(8)}
        if experts:
            for e in range(experts):
                x = f"{b}block_sparse_moe.experts.{e}."
                found |= {f"{x}w1.weight": random(6, 8), f"{x}w3.weight": random(6, 8), f"{x}w2.weight": random(8, 6)}
        else:
            found |= {f"{b}mlp.{x}_proj.weight": random(6, 8) for x in ("gate", "up")}
            found |= {f"{b}mlp.down_proj.weight": random(8, 6)}
    return found


def gpt2() -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    for i in range(2):
        b = f"transformer.h.{i}."
        found |= {f"{b}attn.c_attn.weight": random(4, 12), f"{b}attn.c_proj.weight": random(4, 4)}
        found |= {f"{b}mlp.c_fc.weight": random(4, 6), f"{b}mlp.c_proj.weight": random(6, 4)}
        found |= {f"{b}ln_1.weight": random(4), f"{b}ln_2.weight": random(4), f"{b}ln_1.bias": random(4)}
    return found


CONFIG = {"num_attention_heads": 4, "num_key_value_heads": 2, "hidden_size": 8, "hidden_act": "silu"}


@pytest.fixture
def model(tmp_path):
    def put(tensors, config=None):
        np.savez(tmp_path / "m.npz", **tensors)
        if config:
            (tmp_path / "config.json").write_text(json.dumps(config))
        return tmp_path / "m.npz"

    return put


def edges_of(path, preset: str, tmp_path) -> dict[tuple[str, str], str]:
    found = drafted(path, preset)
    assert found.fits, found.why
    (tmp_path / "drafted.toml").write_text(found.text)
    chain = load(path, tmp_path / "drafted.toml")
    same = load(path, preset=preset)
    assert [(x.name, x.shape) for x in same.layers] == [(x.name, x.shape) for x in chain.layers]
    name = [layer.name for layer in chain.layers]
    return {(name[e.lower], name[e.upper]): e.between for e in chain.edges}


def test_bert(model, tmp_path):
    path = model(bert())
    b = "encoder.layer."
    assert edges_of(path, "mlp", tmp_path) == {(f"{b}{i}.up", f"{b}{i}.down"): "gelu" for i in range(2)}
    assert edges_of(path, "attention", tmp_path) == {(f"{b}{i}.v", f"{b}{i}.o"): "softmax" for i in range(2)}
    residual = edges_of(path, "residual", tmp_path)
    assert residual.keys() == {
        (f"{b}0.o", f"{b}0.up (gain)"),
        (f"{b}1.o", f"{b}1.up (gain)"),
        *((f"{b}0.down", f"{b}1.{x} (gain)") for x in "qkv"),
    }
    everything = edges_of(path, "all", tmp_path)
    assert len(everything) == 4 + len(residual)
    layer = next(x for x in load(path, preset="residual").layers if x.name == f"{b}1.q (gain)")
    tensors = np.load(path)
    gain = tensors[f"{b}0.output.LayerNorm.weight"].astype("f8")
    assert np.array_equal(layer.matrix(), tensors[f"{b}1.attention.self.query.weight"] * gain)


def test_gpt2_is_turned_and_cut(model, tmp_path):
    path = model(gpt2(), {"n_head": 2, "n_embd": 4})
    chain = load(path, preset="attention")
    fused = np.load(path)["transformer.h.0.attn.c_attn.weight"]
    assert np.array_equal(chain.layers[0].matrix(), fused[:, 8:12].T)
    chain = load(path, preset="heads")
    pairs = {(chain.layers[e.lower].name, chain.layers[e.upper].name) for e in chain.edges}
    assert ("transformer.h.0.k head 1", "transformer.h.0.q head 1 (turned)") in pairs
    by_name = {layer.name: layer.matrix() for layer in chain.layers}
    scores = by_name["transformer.h.0.q head 1 (turned)"] @ by_name["transformer.h.0.k head 1"]
    assert np.array_equal(scores, fused[:, 2:4].astype("f8") @ fused[:, 6:8].astype("f8").T)
    assert edges_of(path, "mlp", tmp_path)["transformer.h.0.up", "transformer.h.0.down"] == "gelu"


def test_grouped_queries(model, tmp_path):
    path = model(llama(), CONFIG)
    tensors = {name: array.astype("f8") for name, array in np.load(path).items()}
    chain = load(path, preset="heads")
    assert {edge.between for edge in chain.edges} == {"softmax", "rope"}
    by_name = {layer.name: layer.matrix() for layer in chain.layers}
    for head in range(4):
        kv, own = slice(2 * (head // 2), 2 * (head // 2) + 2), slice(2 * head, 2 * head + 2)
        b = "model.layers.1."
        assert np.array_equal(by_name[f"{b}v head {head}"], tensors[f"{b}self_attn.v_proj.weight"][kv])
        assert np.array_equal(by_name[f"{b}o head {head}"], tensors[f"{b}self_attn.o_proj.weight"][:, own])
        assert np.array_equal(by_name[f"{b}k head {head}"], tensors[f"{b}self_attn.k_proj.weight"][kv])
        assert np.array_equal(by_name[f"{b}q head {head} (turned)"], tensors[f"{b}self_attn.q_proj.weight"][own].T)
    whole = load(path, preset="attention").layers[0].matrix()
    assert np.array_equal(whole, tensors["model.layers.0.self_attn.v_proj.weight"][[0, 1, 0, 1, 2, 3, 2, 3]])
    mlp = edges_of(path, "mlp", tmp_path)
    assert mlp["model.layers.0.gate", "model.layers.0.down"] == "silu+gate"
    assert mlp["model.layers.0.up", "model.layers.0.down"] == "gate"


def test_heads_of_grouped_queries_certify_and_verify(model, tmp_path):
    path = model(llama(), CONFIG)
    certificate = certify.certify(load(path, preset="heads"))
    assert certificate.verdict is not certify.Verdict.UNDECIDED
    certificate.save(tmp_path / "c.json")
    certify.verify(tmp_path / "c.json", path, preset="heads")


@pytest.mark.parametrize("preset", ["attention", "heads", "all"])
def test_tables_of_heads(model, preset):
    path = model(llama(), CONFIG)
    chain = load(path, preset=preset)
    names = [layer.name for layer in chain.layers]
    assert [(x.name, x.count, x.size, x.kv) for x in chain.heads] == [(f"model.layers.{i}", 4, 2, 2) for i in range(2)]
    value = "v" if preset == "heads" else "v (repeated)"
    assert [names[place] for _, place in chain.heads[1].layers] == [
        f"model.layers.1.{part}" for part in ("q", "k", value, "o")
    ]
    path = model(gpt2(), {"n_head": 2, "n_embd": 4})
    chain = load(path, preset=preset)
    query = chain.layers[dict(chain.heads[0].layers)["query"]]
    assert np.array_equal(query.matrix(), np.load(path)["transformer.h.0.attn.c_attn.weight"][:, :4].T)
    assert [role for role, _ in chain.heads[0].layers] == ["query", "key", "value", "output"]
    assert load(path, preset="mlp").heads == ()


def test_a_size_of_heads_that_is_not_the_width_over_their_number(model):
    tensors = llama()
    for name in list(tensors):
        if name.endswith(("q_proj.weight", "o_proj.weight")):
            wide = np.concatenate([tensors[name], tensors[name] + 1], axis=int("o_proj" in name))
            tensors[name] = wide
    path = model(tensors, CONFIG | {"head_dim": 4, "num_key_value_heads": 1})
    found = load(path, preset="heads").heads[0]
    assert (found.count, found.size, found.kv) == (4, 4, 1)
    assert [role for role, _ in found.layers] == ["query", "key", "value", "output"]


def test_without_a_configuration_heads_are_not_guessed(model):
    path = model(llama())
    found = drafted(path, "heads")
    assert not found.fits
    assert "no config.json" in found.why
    refused(lambda: load(path, preset="attention"), "finds no edges", "edges = []", kind=ChainError)


def test_experts(model, tmp_path):
    found = edges_of(model(llama(experts=3), CONFIG), "mlp", tmp_path)
    assert len(found) == 12
    assert found["model.layers.1.expert 2.gate", "model.layers.1.expert 2.down"] == "silu+gate"
    stacked = llama() | {f"model.layers.{i}.mlp.experts.gate_up_proj": random(3, 12, 8) for i in range(2)}
    stacked |= {f"model.layers.{i}.mlp.experts.down_proj": random(3, 8, 6) for i in range(2)}
    path = model({k: v for k, v in stacked.items() if "_proj.weight" not in k or "self_attn" in k}, CONFIG)
    assert len(edges_of(path, "mlp", tmp_path)) == 12
    chain = load(path, preset="mlp")
    up = next(x for x in chain.layers if x.name == "model.layers.1.expert 2.up")
    assert np.array_equal(up.matrix(), stacked["model.layers.1.mlp.experts.gate_up_proj"][2, 6:])


def test_vision_transformers(model, tmp_path):
    blocks = {
        f"blocks.{i}.{n}.weight": random(*s)
        for i in range(2)
        for n, s in (("attn.qkv", (12, 4)), ("attn.proj", (4, 4)), ("mlp.fc1", (6, 4)), ("mlp.fc2", (4, 6)))
    }
    found = edges_of(model(blocks), "all", tmp_path)
    assert ("blocks.0.v", "blocks.0.o") in found
    assert ("blocks.0.down", "blocks.1.q") in found


def test_convolutions_inside_residual_blocks_and_along_sequences(model, tmp_path):
    resnet = {
        f"layer1.{b}.conv{c}.weight": random(*s)
        for b in range(2)
        for c, s in ((1, (3, 5, 1, 1)), (2, (3, 3, 3, 3)), (3, (5, 3, 1, 1)))
    }
    found = edges_of(model(resnet), "conv", tmp_path)
    assert set(found) == {
        (f"layer1.{b}.conv{c}.weight (writer)", f"layer1.{b}.conv{c + 1}.weight (reader)")
        for b in range(2)
        for c in (1, 2)
    }
    vgg = {f"features.{n}.weight": random(*s) for n, s in ((0, (4, 3, 3, 3)), (2, (5, 4, 3, 3)), (5, (2, 5, 3, 3)))}
    assert len(edges_of(model(vgg), "all", tmp_path)) == 2


def test_recurrent_layers(model, tmp_path):
    lstm = {
        "lstm.weight_ih_l0": random(8, 3),
        "lstm.weight_hh_l0": random(8, 2),
        "lstm.weight_ih_l1": random(8, 2),
        "lstm.weight_hh_l1": random(8, 2),
    }
    found = edges_of(model(lstm), "recurrent", tmp_path)
    assert set(found) == {
        *((f"lstm.weight_ih_l{k} g", f"lstm.weight_hh_l{k} {x}") for k in range(2) for x in "ifgo"),
        *(("lstm.weight_ih_l0 g", f"lstm.weight_ih_l1 {x}") for x in "ifgo"),
    }
    assert len(edges_of(model({"rnn.weight_ih": random(6, 3), "rnn.weight_hh": random(6, 2)}), "all", tmp_path)) == 3


def test_adapters_and_those_whose_b_is_zero(model, tmp_path):
    names = [f"base_model.model.h.{i}.q.lora_{x}.weight" for i in range(2) for x in "AB"]
    lora = {names[0]: random(2, 5), names[1]: random(4, 2), names[2]: random(2, 5), names[3]: np.zeros((4, 2), "f4")}
    assert set(edges_of(model(lora), "lora", tmp_path)) == {(names[0], names[1])}


def node(kind: str, inputs: list[str], output: str, *attributes: bytes) -> bytes:
    return message(
        *((1, x.encode()) for x in inputs), (2, output.encode()), (4, kind.encode()), *((5, a) for a in attributes)
    )


def test_graphs(tmp_path):
    tensors = {"w1": random(3, 4), "w2": random(4, 4), "w3": random(4, 2), "bias": random(4)}
    codes, scale = np.array([[3, -4], [5, 6]], "i1"), np.array([0.1, 0.7], "f4")
    nodes = [
        node("MatMul", ["x", "w1"], "a"), node("Add", ["a", "bias"], "b"), node("Relu", ["b"], "c"),
        node("MatMul", ["c", "w2"], "d"), node("Add", ["c", "d"], "e"), node("MatMul", ["e", "w3"], "f"),
        node("DequantizeLinear", ["q", "s"], "w4", message((1, b"axis"), (3, 1))), node("MatMul", ["f", "w4"], "g"),
        node("Reshape", ["c", "shape"], "h"), node("MatMul", ["h", "w2"], "i"),
    ]  # fmt: skip
    graph = [(1, x) for x in nodes] + [(5, onnx_tensor(k, v)) for k, v in ({**tensors, "q": codes, "s": scale}).items()]
    path = tmp_path / "m.onnx"
    path.write_bytes(message((7, message(*graph))))
    found = edges_of(path, "graph", tmp_path)
    assert found == {
        ("w1", "w2"): "bias+relu",
        ("w1", "w3"): "bias+relu+residual",
        ("w2", "w3"): "residual",
        ("w3", "q"): "",
    }
    layer = load(path, preset="graph").layers[-1]
    assert np.array_equal(layer.matrix(), (codes.astype("f8") * scale.astype("f8")).T)


def test_the_command(model, tmp_path):
    path = model(bert())
    found = CliRunner().invoke(command, ["draft", str(path), "--preset", "mlp"])
    assert found.exit_code == 0
    (tmp_path / "printed.toml").write_text(found.output)
    assert len(load(path, tmp_path / "printed.toml")) == 4


def test_no_preset_fits(tmp_path):
    path = tmp_path / "m.onnx"
    path.write_bytes(onnx_bytes({"a": random(3, 4), "codes": np.array([[1, 2]], "i1"), "kernel": random(2, 2, 3)}))
    found = drafted(path)
    assert not found.fits
    (tmp_path / "c.toml").write_text(found.text)
    chain = load(path, tmp_path / "c.toml")
    assert chain.edges == ()
    assert [layer.shape for layer in chain.layers] == [(3, 4), (2, 6)]
    assert certify.certify(chain).verdict is not certify.Verdict.UNDECIDED


def test_a_preset_and_a_chain_file(model, tmp_path):
    path = model(bert())
    with pytest.raises(UsageError):
        load(path, tmp_path / "c.toml", preset="mlp")
    with pytest.raises(UsageError):
        load(path, preset="perceptron")


def test_plain_perceptrons(model, tmp_path):
    sizes = [3, 4, 2, 5]
    path = model({f"fc{i}.weight": random(sizes[i + 1], sizes[i]) for i in range(3)})
    assert edges_of(path, "mlp", tmp_path) == {("fc0.weight", "fc1.weight"): "", ("fc1.weight", "fc2.weight"): ""}


def test_codes_beside_floats_are_comments_in_a_draft(tmp_path, model):
    tensors = {"a.qweight": np.ones((4, 4), "i4"), "a.scales": random(2, 4), "b.kernel": np.ones((2, 2, 2), "i4")}
    path = model(tensors)
    found = drafted(path)
    assert not found.fits
    (tmp_path / "chain.toml").write_text(found.text)
    assert [layer.name for layer in load(path, tmp_path / "chain.toml").layers] == ["a.scales"]
    assert '# tensor = "a.qweight"  # stored shape (4, 4), I32\n# codes = true' in found.text
    alone = model({"a.qweight": np.ones((4, 4), "i4"), "c.other": np.ones((4, 3), "i4")})
    assert "\ncodes = true" in drafted(alone).text
