from __future__ import annotations

import dataclasses

import ml_dtypes
import numpy as np
import pytest

from certify.chain import Chain, Edge, Layer, LeftOut, Limits
from certify.chain.stored import Memory, StoredTensor
from certify.errors import ChainError, InputError, LimitError, UnsupportedError, UsageError
from tests.chain.weight_files import arrays, refused, sha256_of


def test_from_arrays():
    given = [
        np.arange(1.0, 7.0).reshape(3, 2),
        np.asfortranarray(np.arange(1, 13).reshape(4, 3)),
        np.ones((1, 4), ml_dtypes.bfloat16),
        np.array([[2.5]], ">f4"),
        [[1.0], [2.0]],
    ]
    chain = Chain.from_arrays(iter(given))
    assert [layer.name for layer in chain.layers] == ["W1", "W2", "W3", "W4", "W5"]
    assert [layer.dtype for layer in chain.layers] == ["F64", "I64", "BF16", "F32", "F64"]
    assert chain.edges == tuple(Edge(i, i + 1) for i in range(4))
    assert (chain.source, chain.left_out, chain.notes) == ("arrays", (), ())
    for found, array in zip(arrays(chain), given, strict=True):
        assert found.dtype == np.float64
        assert found.flags.c_contiguous
        assert found.flags.writeable
        assert np.array_equal(found, np.asarray(array, dtype=np.float64))
    assert chain.layers[1].sha256 == sha256_of("I64", [4, 3], np.arange(1, 13, dtype="<i8").tobytes())


def test_arrays_are_copied():
    array = np.ones((2, 2))
    chain = Chain.from_arrays([array], ["w"])
    array[0, 0] = 7.0
    matrix = chain.layers[0].matrix()
    matrix[:] = 3.0
    assert np.array_equal(chain.layers[0].matrix(), np.ones((2, 2)))


@pytest.mark.parametrize(
    ("given", "names", "parts", "kind"),
    [
        ([], None, ("the chain is empty",), ChainError),
        ([np.ones(3)], None, ("this tensor has shape (3,)", "tensor W1"), ChainError),
        ([np.ones((2, 2, 2))], None, ("this tensor has shape (2, 2, 2)",), ChainError),
        ([3.0], None, ("this tensor has shape ()",), ChainError),
        ([np.ones((0, 3))], None, ("a matrix without entries, of shape (0, 3)",), UnsupportedError),
        ([np.ones((3, 0))], None, ("a matrix without entries, of shape (3, 0)",), UnsupportedError),
        ([np.zeros((2, 3))], None, ("every entry of this 2x3 matrix is zero", "tensor W1"), InputError),
        ([[[1.0], [2.0, 3.0]]], None, ("not a matrix: ", "tensor W1"), ChainError),
        ([np.ma.masked_array(np.ones((2, 2)))], None, ("a masked array is refused",), UnsupportedError),
        ([[[2**70]]], None, ("the number format object is refused",), UnsupportedError),
        ([[[2**60]]], None, (f"the integer {2**60} ", "at index [0, 0]", "limit: integers up to 2^53"), InputError),
        ([np.ones((2, 2))], ["a", "b"], ("1 matrices and 2 names",), ChainError),
        ([np.ones((2, 2))] * 2, ["a", "a"], ("two layers are called 'a'",), ChainError),
        ([np.ones((2, 2))], ["a\n"], ("cannot be printed: 'a\\n'",), InputError),
        (
            [np.ones((50, 5)), np.ones((50, 40))],
            None,
            (
                "shapes do not compose: W1 has shape (50, 5) and writes 50 values, W2 has shape (50, 40) and reads 40",
                "at edge W1 -> W2",
            ),
            ChainError,
        ),
    ],
)
def test_arrays_that_are_refused(given, names, parts, kind):
    refused(lambda: Chain.from_arrays(given, names), *parts, kind=kind)


def test_limits_of_arrays():
    given = [np.ones((2, 2))] * 3
    refused(lambda: Chain.from_arrays(given, limits=Limits(max_layers=2)), "max_layers = 2", kind=LimitError)
    refused(
        lambda: Chain.from_arrays(given, limits=Limits(max_tensor_elements=3)),
        "number of elements: 4, more than is read",
        "tensor W1",
        "limit: max_tensor_elements = 3",
        "try: if the input is to be trusted, raise it: --limit max_tensor_elements=4",
        kind=LimitError,
    )


@pytest.mark.parametrize("value", [0, -1, 1.5, True, None])
def test_a_limit_is_a_positive_integer(value):
    with pytest.raises(UsageError, match="the limit max_layers must be a positive integer"):
        Limits(max_layers=value)


@pytest.mark.parametrize("edge", [Edge(0, 0), Edge(1, 0), Edge(-1, 0), Edge(0, 2)])
def test_edges_to_nowhere(edge):
    layers = Chain.from_arrays([np.ones((2, 2))] * 2).layers
    refused(lambda: Chain(layers, (edge,)), f"from layer {edge.lower} to layer {edge.upper} of 2", kind=ChainError)
    refused(lambda: Chain(layers, (Edge(0, 1), Edge(0, 1))), "an edge is given twice", kind=ChainError)


def test_chains_branch():
    layers = Chain.from_arrays([np.ones((2, 3)), np.ones((4, 2)), np.ones((5, 4))], ["a", "b", "c"]).layers
    head = Chain.from_arrays([np.ones((7, 2))], ["d"]).layers
    chain = Chain(layers + head, (Edge(0, 1), Edge(1, 2), Edge(0, 3)), (LeftOut("x", "why"),), "here", ("note",))
    assert len(chain) == 4
    assert chain.describe(chain.edges[2]) == "edge a -> d"


def test_the_hash_knows_format_shape_and_bytes_and_nothing_else():
    array = np.arange(1.0, 7.0)
    one = Chain.from_arrays([array.reshape(2, 3)]).layers[0]
    assert one.sha256 == sha256_of("F64", [2, 3], array.tobytes())
    others = [array.reshape(3, 2), array.reshape(2, 3).astype("f4"), array.reshape(2, 3) + 1]
    hashes = {one.sha256, *(Chain.from_arrays([other]).layers[0].sha256 for other in others)}
    assert len(hashes) == 4
    turned = Layer.of(one.stored, transposed=True, name="turned")
    assert turned.sha256 == one.sha256
    assert turned.shape == (3, 2)
    assert np.array_equal(turned.matrix(), one.matrix().T)


def test_records_are_frozen():
    chain = Chain.from_arrays([np.ones((2, 2))])
    for record, name in ((chain, "layers"), (chain.layers[0], "name"), (Edge(0, 1), "lower"), (Limits(), "max_layers")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(record, name, None)


def test_bytes_that_change_between_readings_are_refused():
    class Changing:
        def __init__(self) -> None:
            self.count = 0

        def read(self) -> bytearray:
            self.count += 1
            return bytearray(np.full((2, 2), float(self.count)).tobytes())

    layer = Layer.of(StoredTensor("w", "", "", (2, 2), "F64", Changing()))
    assert layer.matrix()[0, 0] == 1.0
    refused(layer.matrix, "the tensor's bytes are not those read before", "tensor w")
    other = Layer.of(StoredTensor("w", "", "", (2, 2), "F64", Memory(np.ones((2, 2)).tobytes())))
    before = other.sha256
    assert other.matrix()[0, 0] == 1.0
    assert other.sha256 == before
