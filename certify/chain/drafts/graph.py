"""The edges of an ONNX graph: from each matrix or kernel to those that read what it writes, through operations that
keep the channels apart.

Biases, activations, normalizations, pools and sums are passed. The axis of the channels is followed through
transpositions, slices that keep all of them and dimensions that come and go (:mod:`certify.chain.drafts.onnx_axes`): an
edge stands only where the axis that is read is the one that is written. Concatenations and other reshapes end the way,
because after them a channel need not be the same channel.
"""

from __future__ import annotations

from collections.abc import Container
from typing import NamedTuple

from certify.chain.drafts.onnx_axes import Axes
from certify.chain.drafts.plan import Part, Plan, Value
from certify.chain.readers.onnx import Graph, Node

__all__ = ["plan_graph"]

_PASSED = {
    "Relu": "relu",
    "Clip": "relu",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "LeakyRelu": "leaky_relu",
    "PRelu": "leaky_relu",
    "Elu": "elu",
    "Selu": "selu",
    "Softplus": "softplus",
    "HardSigmoid": "sigmoid",
    "HardSwish": "silu",
    "Gelu": "gelu",
    "Erf": "gelu",
    "BatchNormalization": "batchnorm",
    "LayerNormalization": "layernorm",
    "MaxPool": "pool",
    "AveragePool": "pool",
    "GlobalMaxPool": "pool",
    "GlobalAveragePool": "pool",
    "ReduceMean": "mean",
    "Dropout": "dropout",
    "Identity": "",
    "Cast": "",
    "Add": "bias",
    "Mul": "scale",
    "Div": "scale",
    "Sub": "bias",
    "DynamicQuantizeLinear": "",
    "QuantizeLinear": "",
    "DequantizeLinear": "",
    "Pad": "pad",
    "Resize": "resize",
    "InstanceNormalization": "layernorm",
    "ReduceMax": "pool",
    "ReduceSum": "pool",
    "Transpose": "",
    "Squeeze": "",
    "Unsqueeze": "",
    "Slice": "",
    "Flatten": "",
    "Reshape": "",
}
_COMPUTED = {"Add": "residual", "Sub": "residual", "Mul": "gate", "Div": "gate"}
"""The words where no input is stored."""
_MOST_STEPS = 64


class _Matrix(NamedTuple):
    writer: Part
    reader: Part
    channels_out: int
    channels_in: int
    axis: int


def plan_graph(graph: Graph) -> Plan:
    """All edges of the graph whose channels compose."""
    plan = Plan("the edges of the ONNX graph")
    axes = Axes(graph)
    made = {name: node for node in graph.nodes for name in node.outputs if name}
    matrices = {
        node.outputs[0]: found for node in graph.nodes if node.outputs and (found := _matrix(node, graph, made))
    }
    for node in graph.nodes:
        if not node.outputs or node.outputs[0] not in matrices:
            continue
        upper = matrices[node.outputs[0]]
        for name, between in _sources(node.inputs[0], upper, axes, made, matrices, graph.tensors.keys()):
            lower = matrices[name]
            if lower.channels_out == upper.channels_in and lower.writer.tensor != upper.reader.tensor:
                plan.edge(lower.writer, upper.reader, between)
    return plan


def _matrix(node: Node, graph: Graph, made: dict[str, Node]) -> _Matrix | None:
    if node.kind not in ("MatMul", "Gemm", "Conv") or len(node.inputs) < 2:
        return None
    found = _weight(node.inputs[1], graph, made)
    if found is None:
        return None
    tensor, keys = found
    shape = graph.tensors[tensor].shape
    if node.kind == "Conv":
        groups = _number(node, "group", 1)
        if len(shape) < 3 or groups is None or groups < 1:
            return None
        more: tuple[tuple[str, Value], ...] = keys if groups == 1 else (*keys, ("groups", groups))
        return _Matrix(
            Part(f"{tensor} (writer)", tensor, (*more, ("kernel", "writer"))),
            Part(f"{tensor} (reader)", tensor, (*more, ("kernel", "reader"))),
            shape[0], shape[1] * groups, 1 - len(shape),
        )  # fmt: skip
    if len(shape) != 2 or node.attributes.get("transA", (0,)) != (0,):
        return None
    other = _number(node, "transB", 0) if node.kind == "Gemm" else 0
    if other is None:
        return None
    turned = not other
    part = Part(tensor, tensor, (*keys, ("transpose", True)) if turned else keys)
    rows, columns = shape[::-1] if turned else shape
    return _Matrix(part, part, rows, columns, -1)


def _weight(name: str, graph: Graph, made: dict[str, Node]) -> tuple[str, tuple[tuple[str, Value], ...]] | None:
    """The tensor of a weight, and its scale and zero point where it is computed from codes."""
    if name in graph.tensors:
        integers = graph.tensors[name].dtype[0] in "IU"
        return None if integers else (name, ())
    node = made.get(name)
    if node is None:
        return None
    if node.kind == "DequantizeLinear" and all(item in graph.tensors for item in node.inputs if item):
        axis = _number(node, "axis", 1)
        return None if axis is None else (node.inputs[0], _scaled(graph, node.inputs[0], *node.inputs[1:], axis=axis))
    if node.kind == "Mul" and len(node.inputs) == 2:
        for codes, scale in (node.inputs, node.inputs[::-1]):
            cast = made.get(codes)
            if cast is not None and cast.kind == "Cast" and cast.inputs[0] in graph.tensors and scale in graph.tensors:
                return cast.inputs[0], _scaled(graph, cast.inputs[0], scale)
    if node.kind in ("Identity", "Cast", "Transpose") and node.kind != "Transpose":
        return _weight(node.inputs[0], graph, made)
    return None


def _number(node: Node, name: str, default: int) -> int | None:
    """An attribute of one whole number; None where it is a list of another length."""
    found = node.attributes.get(name, (default,))
    return found[0] if len(found) == 1 else None


def _scaled(graph: Graph, codes: str, scale: str, zero: str = "", *, axis: int = -1) -> tuple[tuple[str, Value], ...]:
    keys: list[tuple[str, Value]] = [("scale", scale)]
    if zero:
        keys.append(("zero_point", zero))
    if len(graph.tensors[scale].shape) == 1 and axis != -1:
        keys.append(("axis", axis % len(graph.tensors[codes].shape)))
    return tuple(keys)


def _sources(
    start: str,
    upper: _Matrix,
    axes: Axes,
    made: dict[str, Node],
    matrices: dict[str, _Matrix],
    stored: Container[str],
) -> list[tuple[str, str]]:
    """What writes the channels that ``upper`` reads from ``start``, and the words for what lies between, in the order
    of the data."""
    found: dict[str, str] = {}
    stack: list[tuple[str, int, tuple[str, ...]]] = [(start, upper.axis, ())]
    seen: set[tuple[str, int]] = set()
    while stack:
        name, axis, words = stack.pop()
        if (name, axis) in seen or len(words) > _MOST_STEPS:
            continue
        seen.add((name, axis))
        if name in matrices:
            if matrices[name].axis == axis:
                found.setdefault(name, "+".join(dict.fromkeys(reversed(words))))
            continue
        node = made.get(name)
        if node is None or node.kind not in _PASSED or node.outputs[0] != name:
            continue
        before = axes.before(node, axis, upper.channels_in)
        word = _PASSED[node.kind]
        if node.kind in _COMPUTED and not any(item in stored for item in node.inputs):
            word = _COMPUTED[node.kind]
        own = (word,) if word else ()
        if node.kind == "Sub" and node.inputs[0] in stored:
            own = (word, "scale")  # bias − data: the factor −1 comes first
        stack += [(item, place, (*words, *own)) for item, place in before]
    return list(found.items())
