from __future__ import annotations

import textwrap
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from certify.chain import Edge, Limits, chain_file, load
from certify.chain.chain_file import read_chain_file
from certify.errors import ChainError, InputError, LimitError, UnsupportedError
from tests.chain.weight_files import arrays, attempted, refused

ARRAYS = {
    "a": np.arange(1.0, 7.0).reshape(2, 3),
    "b": np.arange(1.0, 9.0).reshape(2, 4),
    "c": np.arange(1.0, 13.0).reshape(3, 4),
    "mask": np.ones((4, 3), bool),
    "bias": np.ones(3),
}


@pytest.fixture
def weights(tmp_path) -> Path:
    np.savez(tmp_path / "m.npz", **ARRAYS)
    return tmp_path / "m.npz"


@pytest.fixture
def write(tmp_path):
    def put(text: str) -> Path:
        path = tmp_path / "chain.toml"
        path.write_text(textwrap.dedent(text))
        return path

    return put


FULL = """\
    edges = [["first", "b"], ["b", "c"]]

    [[layers]]
    tensor = "a"
    name = "first"

    [[layers]]
    tensor = "b"
    transpose = true

    [[layers]]
    tensor = "c"
    """


def test_layers_names_transposition_and_edges(weights, write):
    chain = load(weights, write(FULL))
    assert [(x.name, x.tensor, x.shape, x.transposed) for x in chain.layers] == [
        ("first", "a", (2, 3), False),
        ("b", "b", (4, 2), True),
        ("c", "c", (3, 4), False),
    ]
    assert chain.edges == (Edge(0, 1), Edge(1, 2))
    assert np.array_equal(arrays(chain)[1], ARRAYS["b"].T)
    assert {out.name: out.why for out in chain.left_out} == dict.fromkeys(
        ("mask", "bias"), "not named by the chain file"
    )
    assert chain.notes == ("layers and edges from the chain file chain.toml",)


def test_edges_are_consecutive_when_left_out(weights, write):
    assert load(weights, write(FULL.split("\n", 1)[1])).edges == (Edge(0, 1), Edge(1, 2))


@pytest.mark.parametrize(("edges", "found"), [("[]", ()), ('[["b", "c"]]', (Edge(1, 2),))])
def test_edges_are_as_given(weights, write, edges, found):
    text = "edges = " + edges + "\n" + textwrap.dedent(FULL).split("\n", 1)[1]
    assert load(weights, write(text)).edges == found


def test_dots_in_a_name_are_no_parts_of_a_key(tmp_path, write):
    name = "a" + ".b" * 40
    np.savez(tmp_path / "d.npz", **{name: ARRAYS["a"]})
    assert load(tmp_path / "d.npz", write(f'[[layers]]\ntensor = "{name}" # {name}\n')).layers[0].name == name


def test_one_tensor_may_stand_in_two_layers(weights, write):
    text = '[[layers]]\ntensor = "a"\n[[layers]]\ntensor = "a"\nname = "a again"\ntranspose = true\n'
    chain = load(weights, write(text))
    assert [layer.shape for layer in chain.layers] == [(2, 3), (3, 2)]
    refused(
        lambda: load(weights, write('[[layers]]\ntensor = "a"\n[[layers]]\ntensor = "a"\n')),
        "two layers are called 'a'",
        "layers[1]",
        kind=ChainError,
    )


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("x = y", ("the chain file is not TOML", "at line 1, column 5")),
        ("[[layers]]\ntensor = 'a'\ntensor = 'b'\n", ("not TOML: Cannot overwrite a value", "line 3")),
        ("\x00", ("the chain file is not TOML",)),
        ("layers = " + "[" * 20_000, ("the chain file is not TOML",)),
        ("a" + ".a" * 200_000 + " = 1", ("a key of more than 16 parts (at line 1)",)),
        ("", ("lists no layers", "[[layers]]")),
        ("layers = []", ("lists no layers",)),
        ("layers = 3", ("lists no layers",)),
        ("layers = [3]", ("layers[0] is not a table",)),
        ("layer = 3", ("unknown key 'layer'", "at layer, line 1", "did you mean layers?")),
        ("\n\n[[layer]]\ntensor = 'a'", ("unknown key 'layer'", "at layer, line 3", "did you mean layers?")),
        ("version = 3", ("unknown key 'version'", "the keys are edges, layers")),
        (
            "[[layers]]\ntensor = 'a'\n\n[[layers]]\ntensor = 'b'\ntransposed = true",
            ("unknown key 'transposed'", "at layers[1].transposed, line 6", "did you mean transpose?"),
        ),
        ("[[layers]]\ntensor.x = 'a'", ("tensor is not text", "layers[0].tensor, line 2")),
        ("layers = [{tensor = 'a', scales = 2}]", ("unknown key 'scales'", "layers[0].scales", "did you mean scale?")),
        ("[[layers]]\nname = 'a'", ("a layer without a tensor", "layers[0], line 2", 'tensor = "..."')),
        ("[[layers]]\ntensor = 3", ("tensor is not text", "layers[0].tensor, line 2")),
        ("[[layers]]\ntensor = ''", ("tensor is not text",)),
        ("[[layers]]\ntensor = 'a'\nname = ''", ("name is not text", "line 3")),
        ("[[layers]]\ntensor = 'a'\nname = 'x\\u001b'".replace("'x\\u001b'", '"x\\u001b"'), ("'x\\x1b'",)),
        ("[[layers]]\ntensor = 'a'\ntranspose = 1", ("transpose is not true or false", "layers[0].transpose, line 3")),
        ("edges = 3\n[[layers]]\ntensor = 'a'", ("edges is not a list", "at edges, line 1")),
        ("edges = [3]\n[[layers]]\ntensor = 'a'", ("an edge is a pair of layer names", "edges[0], line 1")),
        ("edges = [['a', 'a', 'a', 'a']]\n[[layers]]\ntensor = 'a'", ("an edge is a pair",)),
        ("edges = [['a', 'a', 'relo']]\n[[layers]]\ntensor = 'a'", ("lies between: 'relo'", "mean relu?")),
        (
            "edges = [['a', 'bb']]\n[[layers]]\ntensor = 'a'\n[[layers]]\ntensor = 'b'",
            ("names no layer: 'bb'", "mean b?"),
        ),
        ("edges = [['a', 'a']]\n[[layers]]\ntensor = 'a'", ("the edge a -> a does not lead upward",)),
        ("edges = [['b', 'a']]\n[[layers]]\ntensor = 'a'\n[[layers]]\ntensor = 'b'", ("b -> a does not lead upward",)),
        (
            "edges = [['a', 'b'], ['a', 'b']]\n[[layers]]\ntensor = 'a'\n[[layers]]\ntensor = 'b'\ntranspose = true",
            ("an edge is given twice", "edge a -> b"),
        ),
    ],
)
def test_chain_files_that_are_refused(weights, write, text, parts):
    message = refused(lambda: load(weights, write(text)), *parts, kind=InputError if "x1b" in parts[0] else ChainError)
    assert "chain.toml" in message or "m.npz" in message


@pytest.mark.parametrize(
    ("text", "parts", "kind"),
    [
        ("[[layers]]\ntensor = 'A'", ("does not hold", "tensor A", "it holds a, b, bias, c, mask"), ChainError),
        ("[[layers]]\ntensor = 'mas'", ("does not hold", "tensor mas", "did you mean mask?"), ChainError),
        ("[[layers]]\ntensor = 'bias'", ("this tensor has shape (3,)", "tensor bias"), ChainError),
        ("[[layers]]\ntensor = 'mask'", ("the number format bool is refused", "tensor mask"), UnsupportedError),
        (
            "[[layers]]\ntensor = 'a'\n[[layers]]\ntensor = 'b'",
            (
                "a has shape (2, 3) and writes 2 values, b has shape (2, 4) and reads 4",
                "at edge a -> b",
                "transpose = true",
            ),
            ChainError,
        ),
    ],
)
def test_chain_files_that_do_not_fit_the_weights(weights, write, text, parts, kind):
    refused(lambda: load(weights, write(text)), *parts, kind=kind)


def test_limits(weights, write, tmp_path):
    path = write(FULL)
    size = path.stat().st_size
    refused(
        lambda: load(weights, path, Limits(max_chain_file_bytes=size - 1)),
        f"max_chain_file_bytes = {size - 1}",
        "chain.toml",
        kind=LimitError,
    )
    refused(lambda: load(weights, path, Limits(max_layers=2)), "max_layers = 2", kind=LimitError)
    refused(lambda: load(weights, tmp_path / "none.toml"), "none.toml", "No such file")
    refused(lambda: load(weights, tmp_path), "not a regular file", "give the path of a file")


def test_the_documented_example_is_a_chain_file(write):
    assert chain_file.__doc__ is not None
    block = chain_file.__doc__.split("::\n")[1].split("Layers are listed")[0]
    found = read_chain_file(str(write(block)), Limits())
    assert [(x.tensor, x.name, x.transpose) for x in found.layers] == [
        ("fc1.weight", "encoder", False),
        ("fc2.weight", "middle", True),
        ("head.weight", "head", False),
    ]
    assert found.edges == (Edge(0, 1), Edge(1, 2))


@given(st.text(max_size=80) | st.lists(st.sampled_from(FULL.replace("\n", " \n ").split(" "))).map(" ".join))
def test_any_text_is_read_or_refused(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    found = attempted(lambda: read_chain_file(str(path), Limits()), "any.toml")
    assert found is None or found.layers


GROUPS = '[groups]\n{}\n\n[[layers]]\ntensor = "a"\n[[layers]]\ntensor = "b"\ntranspose = true\n'


@pytest.mark.parametrize(
    ("line", "spelling"),
    [("b = 2", "0:2;2:4"), ('b = "0:2,3;2"', "0:2,3:4;2:3"), ('b = "2:4;0:2"', "0:2;2:4"), ("a = 1", "")],
)
def test_row_groups(weights, write, line, spelling):
    chain = load(weights, write(GROUPS.format(line)))
    assert chain.layers[1].groups_record == spelling
    assert chain.layers[0].groups_record == ("0:1;1:2" if line == "a = 1" else "")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("b = 3", "no whole number of blocks of 3"), ('b = "0:2"', "row 2 is in no group"),
        ('b = "0:3;2:4"', "row 2 is in two groups"), ('b = "0:5"', "beyond the last"), ('b = "x"', "not a row"),
        ("b = 0", "not the groups"), ("b = true", "not the groups"), ("c = 2", "groups of no layer"),
        ('b = ";0:4"', "not a row"),
    ],
)  # fmt: skip
def test_row_groups_that_do_not_partition_are_refused(weights, write, line, words):
    with pytest.raises(ChainError, match=words):
        load(weights, write(GROUPS.format(line)))


def test_groups_are_a_table(weights, write):
    with pytest.raises(ChainError, match="groups is not a table"):
        load(weights, write("groups = 2\n" + GROUPS.split("\n\n", 1)[1]))
