"""Along which axis of a tensor of an ONNX graph the channels lie, and what each operation does to it.

Axes are counted from the last one, −1: that is how element-wise operations align their inputs, whatever their number of
dimensions. Where an operation counts from the first one, the number of dimensions must be known, or the way ends.
"""

from __future__ import annotations

from collections.abc import Sequence

from certify.chain.readers.onnx import Graph, Node

__all__ = ["Axes"]

_ALIKE = frozenset(
    ["Relu", "Clip", "Sigmoid", "Tanh", "LeakyRelu", "Elu", "Selu", "Softplus", "HardSigmoid", "HardSwish", "Gelu",
     "Erf", "BatchNormalization", "LayerNormalization", "InstanceNormalization", "Dropout", "Identity", "Cast",
     "QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "PRelu"]
)  # fmt: skip
"""Every entry of the first output stands where it stood in the first input."""
_JOINED = frozenset(["Add", "Mul", "Sub", "Div"])
_POOLS = frozenset(["MaxPool", "AveragePool"])
_GLOBAL = frozenset(["GlobalMaxPool", "GlobalAveragePool"])
_REDUCED = frozenset(["ReduceMean", "ReduceMax", "ReduceSum"])
_MOST_NUMBERS = 64


class Axes:
    """The numbers of dimensions of a graph's tensors, as far as they are certain, and the way of an axis upstream."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._made = {name: node for node in graph.nodes for name in node.outputs if name}
        self._constants: dict[str, list[float] | None] = {}
        self._ranks: dict[str, int] = {name: len(stored.shape) for name, stored in graph.tensors.items()}
        for node in (*graph.nodes, *reversed(graph.nodes), *graph.nodes):
            self._infer(node)

    def before(self, node: Node, axis: int, channels: int) -> list[tuple[str, int]]:
        """The inputs that the channels of ``node``'s first output come from, each with the axis there; empty where that
        is not certain.

        Parameters
        ----------
        axis : of the output, negative.
        channels : how many there are.
        """
        kind, inputs = node.kind, node.inputs
        if not inputs:
            return []
        if kind in _ALIKE:
            return [(inputs[0], axis)]
        if kind in _JOINED:
            data = [name for name in inputs if name and name not in self._graph.tensors]
            data = [name for name in data if kind != "Div" or name == inputs[0]]
            # One that has fewer dimensions is repeated along the axis.
            return [(name, axis) for name in data if self._ranks.get(name, -axis) >= -axis]
        found = self._moved(node, axis, channels)
        return [] if found is None else [(inputs[0], found)]

    def _moved(self, node: Node, axis: int, channels: int) -> int | None:
        """The axis in the first input; None where the channels do not come from there, one by one."""
        kind, rank = node.kind, self._ranks.get(node.inputs[0])
        if kind in _POOLS:
            taps = node.attributes.get("kernel_shape", ())
            return axis if axis == -len(taps) - 1 else None
        if kind in _GLOBAL:
            return axis if rank is not None and axis == 1 - rank else None
        if kind == "Transpose":
            order = node.attributes.get("perm", tuple(reversed(range(rank or 0))))
            if -axis > len(order) or sorted(order) != list(range(len(order))):
                return None
            return order[axis] - len(order)
        if kind in _REDUCED or kind == "Squeeze":
            gone = self._negative(self._given(node, "axes", 1), rank)
            if not gone or (kind != "Squeeze" and node.attributes.get("keepdims", (1,)) != (0,)):
                return axis if gone and axis not in gone else None
            kept = [k for k in range(-1, axis - len(gone) - 1, -1) if k not in gone]
            return kept[-axis - 1]
        if kind == "Unsqueeze":
            axes = self._given(node, "axes", 1)
            new = self._negative(axes, None if rank is None or axes is None else rank + len(axes))
            if not new or axis in new:
                return None
            return axis + sum(k > axis for k in new)
        if kind == "Slice":
            return axis if self._whole(node, axis, rank, channels) else None
        if kind == "Pad":
            return axis if self._not_padded(node, axis, rank) else None
        if kind == "Resize":
            return axis if self._not_resized(node, axis, channels) else None
        if kind in ("Flatten", "Reshape"):
            return self._flattened(node, axis, channels)
        return None

    def _flattened(self, node: Node, axis: int, channels: int) -> int | None:
        """Of N × C × 1 × … a matrix with C columns is N × C again, entry by entry."""
        source = self._made.get(node.inputs[0])
        while source is not None and source.kind in ("Identity", "Cast", "Dropout", "Relu") and source.inputs:
            source = self._made.get(source.inputs[0])
        rank = self._ranks.get(node.inputs[0])
        if source is None or source.kind not in _GLOBAL or rank is None or axis != -1:
            return None
        if node.kind == "Flatten":
            return 1 - rank if node.attributes.get("axis", (1,)) == (1,) else None
        shape = self._given(node, "shape", 1)
        fits = shape is not None and len(shape) == 2 and shape[1] in (-1, channels)
        return 1 - rank if fits else None

    def _whole(self, node: Node, axis: int, rank: int | None, channels: int) -> bool:
        starts, ends = self._given(node, "starts", 1), self._given(node, "ends", 2)
        if starts is None or ends is None or len(starts) != len(ends):
            return False
        named = (
            self._given(node, "axes", 3) if len(node.inputs) > 3 or "axes" in node.attributes else range(len(starts))
        )
        axes = self._negative(named, rank)
        if axes is None or len(axes) != len(starts):
            return False
        if axis not in axes:
            return True
        steps = self._given(node, "steps", 4) if len(node.inputs) > 4 and node.inputs[4] else [1] * len(starts)
        place = axes.index(axis)
        return bool(steps) and (starts[place], steps[place]) == (0, 1) and ends[place] >= channels

    def _not_padded(self, node: Node, axis: int, rank: int | None) -> bool:
        pads = self._given(node, "pads", 1)
        if pads is None or len(pads) % 2:
            return False
        half = len(pads) // 2
        if len(node.inputs) > 3 and node.inputs[3]:
            axes = self._negative(self._given(node, "axes", 3), rank)
            if axes is None or len(axes) != half:
                return False
            return axis not in axes or pads[axes.index(axis)] == pads[half + axes.index(axis)] == 0
        return -axis <= half and pads[half + axis] == pads[axis] == 0

    def _not_resized(self, node: Node, axis: int, channels: int) -> bool:
        for place, wanted in ((3, channels), (2, 1), (1, 1)):
            if place < len(node.inputs) and node.inputs[place]:
                found = self._numbers(node.inputs[place])
                if found:
                    return -axis <= len(found) and found[axis] == wanted
        return False

    def _given(self, node: Node, name: str, place: int) -> Sequence[int] | None:
        """Whole numbers that an attribute says, or a stored input; None where they are computed."""
        if name in node.attributes:
            return node.attributes[name]
        if place >= len(node.inputs) or not node.inputs[place]:
            return None
        found = self._numbers(node.inputs[place])
        return None if found is None or not all(x.is_integer() for x in found) else [int(x) for x in found]

    def _numbers(self, name: str) -> list[float] | None:
        if name not in self._constants:
            self._constants[name] = self._read(name)
        return self._constants[name]

    def _read(self, name: str) -> list[float] | None:
        stored = self._graph.tensors.get(name)
        if stored is None or not stored.readable or len(stored.shape) > 1 or stored.elements > _MOST_NUMBERS:
            return None
        return [float(x) for x in stored.read()[0].reshape(-1)]

    def _negative(self, axes: Sequence[int] | None, rank: int | None) -> list[int] | None:
        if axes is None or (rank is None and any(k >= 0 for k in axes)):
            return None
        return [k - (rank or 0) if k >= 0 else k for k in axes]

    def _infer(self, node: Node) -> None:
        """What one node says of the numbers of dimensions of its first input and output."""
        if not node.inputs or not node.outputs:
            return
        kind, out = node.kind, node.outputs[0]
        first = node.inputs[0]
        ranks = [self._ranks.get(name) for name in node.inputs]
        known = ranks[0]
        if kind in ("Conv", "ConvTranspose") and len(ranks) > 1 and ranks[1]:
            self._set(ranks[1], first, out)
        elif kind in _POOLS and "kernel_shape" in node.attributes:
            self._set(len(node.attributes["kernel_shape"]) + 2, first, out)
        elif kind == "Gemm":
            self._set(2, first, out)
        elif kind == "Transpose" and "perm" in node.attributes:
            self._set(len(node.attributes["perm"]), first, out)
        elif kind in _JOINED:
            if all(rank is not None for rank in ranks):
                self._set(max(rank or 0 for rank in ranks), out)
        elif kind in _ALIKE or kind in _GLOBAL or kind in ("Slice", "Pad", "Resize"):
            self._set(known if known is not None else self._ranks.get(out), first, out)
        elif kind in ("Squeeze", "Unsqueeze", *_REDUCED) and known is not None:
            axes = self._given(node, "axes", 1)
            kept = kind in _REDUCED and node.attributes.get("keepdims", (1,)) != (0,)
            if axes:
                self._set(known + (0 if kept else len(axes) if kind == "Unsqueeze" else -len(axes)), out)
        elif kind == "MatMul" and len(ranks) > 1 and ranks[1] == 2 and known is not None and known > 1:
            self._set(known, out)
        elif kind in ("Flatten", "Reshape"):
            shape = self._given(node, "shape", 1) if kind == "Reshape" else (0, 0)
            if shape:
                self._set(len(shape), out)

    def _set(self, rank: int | None, *names: str) -> None:
        for name in names:
            if rank is not None and name:
                self._ranks.setdefault(name, rank)
