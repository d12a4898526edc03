from __future__ import annotations

import tomllib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from certify.chain import load
from certify.chain.edges import chain_of_numbered_names, natural_key
from certify.chain.stored import Memory, StoredTensor
from certify.errors import ChainError, UnsupportedError
from tests.chain.weight_files import arrays, assemble, described, header_of, matrix, pack, refused


def stored(name: str, *shape: int, dtype: str = "F32") -> StoredTensor:
    count = int(np.prod(shape))
    data = pack("F32", matrix(1, count)) if dtype == "F32" else bytes(count)
    return StoredTensor(name, "m.safetensors", "m.safetensors", shape, dtype, Memory(data))


def chain_of(*tensors: StoredTensor):
    return chain_of_numbered_names(tensors, [], "m.safetensors")


def names(chain):
    return [layer.name for layer in chain.layers]


@pytest.mark.parametrize(
    "pattern",
    [
        "layers.{}.weight",
        "fc{}.weight",
        "model.layers.{}.mlp.weight",
        "W{}",
        "net.{}.weight",
        "block2.layers.{}.w",
        "params/Dense_{}/kernel",
    ],
)
def test_usual_names(pattern):
    sizes = [3, 5, 4, 6, 2]
    numbers = [0, 2, 9, 10]
    given = [stored(pattern.format(k), sizes[i + 1], sizes[i]) for i, k in enumerate(numbers)]
    biases = [stored(pattern.format(k).replace("weight", "bias") + "_b", sizes[i + 1]) for i, k in enumerate(numbers)]
    chain = chain_of(*biases, *reversed(given))
    assert names(chain) == [pattern.format(k) for k in numbers]
    assert [(edge.lower, edge.upper) for edge in chain.edges] == [(0, 1), (1, 2), (2, 3)]
    assert {out.name for out in chain.left_out} == {bias.name for bias in biases}
    assert pattern.format("*") in chain.notes[0]
    assert chain.notes[1] == "orientation: stored as (n_out, n_in)"


def test_numbers_are_sorted_as_numbers():
    given = [stored(f"fc{k}", 3, 3) for k in (10, 9, 2, 1, 100)]
    assert names(chain_of(*given)) == ["fc1", "fc2", "fc9", "fc10", "fc100"]
    assert sorted(["a10", "a9", "b1", "a"], key=natural_key) == ["a", "a9", "a10", "b1"]


@given(st.permutations(range(8)), st.lists(st.integers(1, 5), min_size=9, max_size=9))
def test_the_order_in_the_file_does_not_matter(tmp_path_factory, order, sizes):
    path = tmp_path_factory.getbasetemp() / "order.safetensors"
    tensors = {
        f"layers.{k}.weight": ("F32", [sizes[k + 1], sizes[k]], pack("F32", matrix(sizes[k + 1], sizes[k], k + 1)))
        for k in range(8)
    }
    path.write_bytes(assemble(*header_of(tensors)))
    straight = load(path)
    path.write_bytes(assemble(*header_of({name: tensors[name] for name in (f"layers.{k}.weight" for k in order)})))
    shuffled = load(path)
    assert described(shuffled) == described(straight)
    assert shuffled.edges == straight.edges
    assert shuffled.notes == straight.notes


def test_stored_as_n_in_n_out():
    chain = chain_of(stored("W1", 3, 5), stored("W2", 5, 4))
    assert [(layer.shape, layer.transposed) for layer in chain.layers] == [((5, 3), True), ((4, 5), True)]
    assert "every layer is transposed" in chain.notes[1]
    first = arrays(chain)[0]
    assert first.flags.c_contiguous
    assert np.array_equal(first, np.array(matrix(1, 15)).reshape(3, 5).T)


@pytest.mark.parametrize("shapes", [[(4, 4), (4, 4), (4, 4)], [(64, 8), (8, 64)]])
def test_both_orientations_compose(shapes):
    chain = chain_of(*(stored(f"W{i}", *shape) for i, shape in enumerate(shapes)))
    assert [layer.transposed for layer in chain.layers] == [False] * len(shapes)
    assert "(n_out, n_in) is taken" in chain.notes[1]
    assert "transpose = true" in chain.notes[1]


def test_one_matrix_is_a_chain():
    chain = chain_of(stored("head", 2, 3), stored("head.bias", 2), stored("conv", 3, 3, 1, 1))
    assert names(chain) == ["head"]
    assert chain.edges == ()
    assert [(out.name, out.why) for out in chain.left_out] == [
        ("conv", "4 dimensions, shape (3, 3, 1, 1), not a matrix"),
        ("head.bias", "one-dimensional (a bias or a scale), not a matrix"),
    ]


def test_shapes_that_do_not_compose():
    message = refused(
        lambda: chain_of(stored("fc1", 50, 5), stored("fc2", 50, 50), stored("fc3", 5, 40)),
        "shapes do not compose",
        "fc2 has shape (50, 50) and writes 50 values, fc3 has shape (5, 40) and reads 40",
        "file m.safetensors",
        "at edge fc2 -> fc3",
        kind=ChainError,
    )
    assert "fc1 of shape (50, 5) and fc2 of shape (50, 50) do not compose either" in message


@pytest.mark.parametrize(
    ("tensors", "part"),
    [
        ([("W١", 2, 3), ("W٢", 3, 2)], "no two matrices have names that differ in a number"),
        ([("a", 2, 3), ("b", 3, 2)], "no two matrices have names that differ in a number"),
        ([("q.0", 3, 3), ("q.1", 3, 3), ("v.0", 3, 3), ("v.1", 3, 3)], "several groups of names"),
        ([("q.0", 3, 3), ("q.1", 3, 3), ("k.0", 2, 3), ("k.1", 2, 3)], "several groups of names"),
        (
            [("l.0.fc1", 3, 3), ("l.0.fc2", 3, 3), ("l.1.fc1", 3, 3), ("l.1.fc2", 3, 3)],
            "2 numbers vary in l.*.fc*",
        ),
        ([("W1", 3, 3), ("W01", 3, 3)], "the names W1 and W01 hold the same number"),
        ([("W1", 3, 3), ("W01", 3, 3), ("W2", 3, 3)], "hold the same number"),
        ([("f.0", 4, 3), ("f.1", 3, 3, 3, 3), ("f.2", 2, 4)], "f.1 of shape (3, 3, 3, 3) stands between"),
        ([("dense", 4, 3), ("dense_1", 5, 4), ("dense_2", 2, 5)], "dense may belong to dense_*, but has no number"),
        ([("fc", 4, 3), ("fc1", 5, 4), ("fc2", 2, 5)], "fc may belong to fc*, but has no number"),
    ],
)
def test_names_that_are_ambiguous(tensors, part):
    given = [stored(*tensor) for tensor in tensors]
    message = refused(lambda: chain_of(*given), part, "file m.safetensors", "--chain FILE", kind=ChainError)
    text = message.split("chain file:\n")[1]
    drafted = tomllib.loads(text)
    assert [layer["tensor"] for layer in drafted["layers"]] == sorted(
        (tensor.name for tensor in given if len(tensor.shape) == 2), key=natural_key
    )


def test_the_draft_is_a_chain_file_once_edited(tmp_path):
    weird = 'a "b" \\ é'
    tensors = {name: ("F32", [2, 2], pack("F32", [1.0] * 4)) for name in (weird, "other")}
    path = tmp_path / "m.safetensors"
    path.write_bytes(assemble(*header_of(tensors)))
    message = refused(lambda: load(path), "the layers cannot be told", kind=ChainError)
    draft = tmp_path / "chain.toml"
    draft.write_text(message.split("chain file:\n")[1])
    assert names(load(path, draft)) == [weird, "other"]


def test_a_long_draft_is_cut():
    given = [stored(f"{kind}.{i}", 3, 3) for i in range(50) for kind in ("q", "v")]
    message = refused(lambda: chain_of(*given), "several groups", kind=ChainError)
    assert "# ... and 36 more matrices" in message
    assert message.count("[[layers]]") == 64


def test_a_filter_below_the_first_matrix_is_left_out():
    chain = chain_of(stored("f.0", 3, 3, 3, 3), stored("f.2", 4, 3), stored("f.4", 2, 4))
    assert names(chain) == ["f.2", "f.4"]
    assert chain.left_out[0].name == "f.0"


def test_what_would_compose_is_said():
    chain = chain_of(stored("fc1", 4, 3), stored("fc2", 5, 4), stored("head", 2, 5), stored("embed", 3, 9))
    assert {out.name: out.why.split("; ")[1] for out in chain.left_out} == {
        "head": "it would compose above fc2, if a chain file said so",
        "embed": "it would compose below fc1, if a chain file said so",
    }
    turned = chain_of(stored("fc1", 3, 4), stored("fc2", 4, 5), stored("head", 5, 2), stored("conv1x1", 9, 9))
    why = {out.name: out.why for out in turned.left_out}
    assert "above fc2" in why["head"]
    assert why["conv1x1"] == "a matrix of shape (9, 9) whose name does not belong to fc*"


def test_masks_are_no_second_chain():
    masks = [stored(f"mask.{i}", 3, 3, dtype="BOOL") for i in range(2)]
    chain = chain_of(stored("fc1", 3, 3), stored("fc2", 3, 3), *masks)
    assert names(chain) == ["fc1", "fc2"]
    assert {out.why for out in chain.left_out} == {"number format BOOL: truth values are not numbers"}
    refused(lambda: chain_of(*masks), "BOOL is refused: truth values", "tensor mask.0", kind=UnsupportedError)
    refused(
        lambda: chain_of(stored("fc1", 3, 3), stored("fc2", 3, 3, dtype="BOOL")),
        "BOOL is refused",
        "tensor fc2",
        kind=UnsupportedError,
    )


def test_a_matrix_without_entries():
    refused(
        lambda: chain_of(stored("fc1", 0, 3), stored("fc2", 2, 0)),
        "a matrix without entries, of shape (0, 3)",
        "tensor fc1",
        kind=UnsupportedError,
    )


def test_no_matrix_at_all():
    refused(lambda: chain_of(stored("b1", 3), stored("b2", 3)), "there is no matrix", "m.safetensors", kind=ChainError)


def test_six_queries_are_no_chain():
    given = [stored(f"encoder.layer.{k}.attention.self.query.weight", 4, 4) for k in range(6)]
    refused(lambda: chain_of(*given), "parts called attention", "[[layers]]", kind=ChainError)


@pytest.mark.parametrize(
    "name", ["blocks.{}.q", "h.{}.v_proj.weight", "experts.{}.weight", "branch{}.weight", "mlp.{}.gate"]
)
def test_parts_that_lie_beside_each_other_are_no_chain(name):
    refused(
        lambda: chain_of(*(stored(name.format(k), 3, 3) for k in range(3))), "lie beside each other", kind=ChainError
    )


def test_a_number_with_two_matrices_is_a_block():
    given = [stored(f"blocks.{k}.mix.weight", 4, 4) for k in range(3)]
    refused(lambda: chain_of(*given, stored("blocks.1.other", 7, 2)), "bear the same number", kind=ChainError)
    refused(lambda: chain_of(*given, stored("blocks.1.kernel", 2, 2, 2)), "bear the same number", kind=ChainError)
    refused(lambda: chain_of(*given, stored("blocks.1.key.bias", 4)), "stands beside blocks.1.mix", kind=ChainError)
    assert len(chain_of(*given, stored("blocks.1.norm.weight", 4))) == 3


@pytest.mark.parametrize("dtype", ["I8", "U8"])
def test_integers_are_not_taken_for_weights(dtype):
    given = [stored(f"layers.{k}.weight", 3, 3, dtype=dtype) for k in range(2)]
    refused(lambda: chain_of(*given), "codes of a quantized matrix", "codes = true", kind=ChainError)
    refused(lambda: chain_of(given[0]), "codes of a quantized matrix", kind=ChainError)


def test_a_star_in_a_name_is_no_number(tmp_path):
    from safetensors.numpy import save_file

    path = tmp_path / "w.safetensors"
    save_file({name: np.eye(2) + 1 for name in ("layers.*.weight", "layers.0.weight", "layers.1.weight")}, path)
    assert [layer.name for layer in load(path).layers] == ["layers.0.weight", "layers.1.weight"]
