"""ONNX models: initializers and constants as tensors, nodes as a graph. No package is needed and nothing is run.

The file is walked by :mod:`certify.chain.readers.protobuf`; field numbers are those of ``onnx.proto``
(https://github.com/onnx/onnx/blob/main/onnx/onnx.proto). The ``onnx`` package is not used: it parses a whole model
into memory before a limit can act.
Tensors in files beside the model (``external_data``) are read when these lie in the same folder and are no links.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field

from certify.chain.dtypes import BITS, READABLE
from certify.chain.limits import Limits
from certify.chain.model import LeftOut
from certify.chain.readers.protobuf import Span, Wire
from certify.chain.refusals import check_name
from certify.chain.stored import ByteSource, FileSlice, Memory, StoredTensor
from certify.errors import InputError
from certify.reading import open_regular, shown

__all__ = ["Graph", "Node", "read_onnx", "read_onnx_graph"]

_DTYPES = {
    1: "F32",
    2: "U8",
    3: "I8",
    4: "U16",
    5: "I16",
    6: "I32",
    7: "I64",
    9: "BOOL",
    10: "F16",
    11: "F64",
    12: "U32",
    13: "U64",
    14: "C64",
    16: "BF16",
    17: "F8_E4M3",
    18: "F8_E4M3FNUZ",
    19: "F8_E5M2",
    20: "F8_E5M2FNUZ",
}
_OTHER = {8: "strings", 15: "complex128", 21: "uint4", 22: "int4", 23: "float4"}
_INT, _INTS = 2, 7
"""Types of an attribute whose integers are kept."""
_NO_VALUES = (1, 13, 20, 21)
"""Fields of an attribute that hold no value: its name, documentation, type, and the attribute of a function."""
_DEEPEST = 16
_MOST_DIMENSIONS = 64
_HINT = "export the model again"


@dataclass(frozen=True, slots=True)
class Node:
    """One operation: its name in ONNX, what it reads and writes, its integer attributes.

    Names of a graph inside a node begin with the place of that node, since two branches may use one name.
    """

    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, tuple[int, ...]] = field(default_factory=dict)


@dataclass(slots=True)
class Graph:
    """Tensors, nodes in the order of the file, and what was left out."""

    tensors: dict[str, StoredTensor] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


def read_onnx(path: str, limits: Limits) -> tuple[list[StoredTensor], list[LeftOut]]:
    """The tensors of a model, not read yet, sorted by name. Errors as :func:`read_onnx_graph`."""
    graph = read_onnx_graph(path, limits)
    return [graph.tensors[name] for name in sorted(graph.tensors)], graph.left_out


def read_onnx_graph(path: str, limits: Limits) -> Graph:
    """Tensors and nodes of a model, those of its subgraphs included.

    Raises
    ------
    LimitError : the file or the number of tensors is beyond a limit.
    InputError : no such file, a length that lies, two tensors of one name, external data that leaves the folder.
    """
    with open_regular(path) as opened:
        size = os.fstat(opened.fileno()).st_size
        limits.check("max_file_bytes", size, "size of the file in bytes", file=path)
        reader = _Reader(Wire(opened, path, limits.max_header_bytes), path, limits)
        graphs = [item.value for item in reader.wire.fields(Span(0, size)) if item.number == 7]
        if len(graphs) != 1 or not isinstance(graphs[0], Span):
            raise InputError("no ONNX model: it holds no graph", file=path, hint=_HINT)
        reader.graph(graphs[0], 0, "")
        reader.resolve()
        return reader.found


class _Reader:
    def __init__(self, wire: Wire, path: str, limits: Limits) -> None:
        self.wire = wire
        self.path = path
        self.limits = limits
        self.found = Graph()
        self.scopes: list[tuple[str, ...]] = []
        self.given: set[str] = set()

    def resolve(self) -> None:
        """Names inside graphs inside nodes, each by the innermost graph that gives it."""
        made = {f"{at[-1]}{x}" for node, at in zip(self.found.nodes, self.scopes, strict=True) for x in node.outputs}
        made |= self.given | self.found.tensors.keys()

        def named(name: str, scope: tuple[str, ...]) -> str:
            return next((full for prefix in reversed(scope) if (full := prefix + name) in made), name) if name else ""

        for place, (node, scope) in enumerate(zip(self.found.nodes, self.scopes, strict=True)):
            if len(scope) > 1:
                inputs = tuple(named(name, scope) for name in node.inputs)
                outputs = tuple(f"{scope[-1]}{name}" if name else "" for name in node.outputs)
                self.found.nodes[place] = Node(node.kind, inputs, outputs, node.attributes)

    def graph(self, span: Span, depth: int, prefix: str, outer: tuple[str, ...] = ()) -> None:
        if depth > _DEEPEST:
            raise InputError(f"graphs inside graphs, deeper than {_DEEPEST}", file=self.path, hint=_HINT)
        for item in self.wire.fields(span):
            if item.number == 1 and isinstance(item.value, Span):
                self._node(item.value, depth, (*outer, prefix))
            elif item.number == 5 and isinstance(item.value, Span):
                self._tensor(item.value, prefix, None)
            elif item.number == 11 and prefix and isinstance(item.value, Span):
                self.given |= {prefix + self.wire.text(x.value) for x in self.wire.fields(item.value) if x.number == 1}

    def _node(self, span: Span, depth: int, scope: tuple[str, ...]) -> None:
        prefix = scope[-1]
        inputs: list[str] = []
        outputs: list[str] = []
        kind = ""
        attributes: list[Span] = []
        for item in self.wire.fields(span):
            if item.number == 1:
                inputs.append(self.wire.text(item.value))
            elif item.number == 2:
                outputs.append(self.wire.text(item.value))
            elif item.number == 4:
                kind = self.wire.text(item.value)
            elif item.number == 5 and isinstance(item.value, Span):
                attributes.append(item.value)
        numbers: dict[str, tuple[int, ...]] = {}
        place = len(self.found.nodes)
        for attribute in attributes:
            name, values, tensor, graphs = self._attribute(attribute)
            if values is not None:
                numbers[name] = values
            if tensor is not None and kind == "Constant" and outputs:
                self._tensor(tensor, prefix, outputs[0])
            for inner in graphs:
                self.graph(inner, depth + 1, f"{prefix}{name}.{place}/", scope)
        self.scopes.append(scope)
        self.found.nodes.append(Node(kind, tuple(inputs), tuple(outputs), numbers))

    def _attribute(self, span: Span) -> tuple[str, tuple[int, ...] | None, Span | None, list[Span]]:
        """Name, integers, tensor and graphs. A writer leaves out a number that is zero and a list that is empty, so the
        type alone tells of them; files older than the type tell by the field that is there."""
        name, kind, one, some, tensor, graphs = "", 0, None, list[int](), None, list[Span]()
        told = False
        for item in self.wire.fields(span):
            told = told or item.number not in _NO_VALUES
            if item.number == 1:
                name = self.wire.text(item.value)
            elif item.number == 20 and isinstance(item.value, int):
                kind = item.value
            elif item.number == 3 and isinstance(item.value, int):
                one = _signed(item.value)
            elif item.number == 8:
                some += map(_signed, self.wire.integers(item.value))
            elif item.number == 5 and isinstance(item.value, Span):
                tensor = item.value
            elif item.number in (6, 11) and isinstance(item.value, Span):
                graphs.append(item.value)
        if not kind and not told:
            raise InputError(
                f"the attribute {shown(name)!a} has no type and no value", file=self.path, place=f"byte {span.start}",
                hint=_HINT,
            )  # fmt: skip
        if kind == _INT or (not kind and one is not None):
            return name, (one or 0,), tensor, graphs
        return name, tuple(some) if kind == _INTS or (not kind and some) else None, tensor, graphs

    def _tensor(self, span: Span, prefix: str, called: str | None) -> None:
        sides: list[int] = []
        kind = location = 0
        name = ""
        raw: Span | None = None
        typed: list[tuple[int, int | Span]] = []
        external: dict[str, str] = {}
        for item in self.wire.fields(span):
            value = item.value
            if item.number == 1:
                sides += self.wire.integers(value)
            elif item.number == 2 and isinstance(value, int):
                kind = value
            elif item.number == 8:
                name = self.wire.text(value)
            elif item.number == 9 and isinstance(value, Span):
                raw = value
            elif item.number in (4, 5, 7, 10, 11):
                typed.append((item.number, value))
            elif item.number == 13 and isinstance(value, Span):
                pair = {part.number: self.wire.text(part.value) for part in self.wire.fields(value)}
                external[pair.get(1, "")] = pair.get(2, "")
            elif item.number == 14 and isinstance(value, int):
                location = value
        name = prefix + (called if called is not None else name)
        check_name(name, file=self.path)
        if len(sides) > _MOST_DIMENSIONS or any(side >= 2**63 for side in sides):
            raise self._error("a shape that is no list of sizes", name)
        dtype = _DTYPES.get(kind)
        if dtype is None:
            self.found.left_out.append(LeftOut(name, f"numbers of format {_OTHER.get(kind, kind)} are not read"))
            return
        if name in self.found.tensors:
            raise self._error("two tensors have this name", name)
        self.limits.check("max_tensors", len(self.found.tensors) + 1, "number of tensors", file=self.path)
        size = math.prod(sides) * BITS[dtype] // 8
        source = self._source(name, dtype, size, raw, typed, external if location == 1 else None)
        file = os.path.basename(self.path)
        self.found.tensors[name] = StoredTensor(name, file, self.path, tuple(sides), dtype, source)

    def _source(
        self, name: str, dtype: str, size: int, raw: Span | None, typed: list[tuple[int, int | Span]],
        external: dict[str, str] | None,
    ) -> ByteSource:  # fmt: skip
        if external is not None:
            return self._external(name, size, external)
        if raw is not None:
            if raw.end - raw.start != size:
                raise self._error(f"{raw.end - raw.start} bytes, and its shape takes {size}", name)
            return FileSlice(self.path, raw.start, size)
        # Lists of numbers: F32 and F64 lie as in raw_data, all others are varints.
        data = bytearray()
        for number, value in typed:
            if number in (4, 10) and isinstance(value, Span):
                if len(typed) == 1 and value.end - value.start == size and dtype in ("F32", "F64"):
                    return FileSlice(self.path, value.start, size)
                data += self.wire.data(value)
            elif number in (4, 10) and isinstance(value, int):
                data += value.to_bytes(4 if number == 4 else 8, "little")
            elif dtype in READABLE or dtype == "BOOL":
                width = BITS[dtype] // 8
                data += b"".join(
                    (item % 2 ** (8 * width)).to_bytes(width, "little") for item in self.wire.integers(value)
                )
            if len(data) > size:
                break
        if len(data) != size:
            raise self._error(f"{len(data)} bytes, and its shape takes {size}", name)
        return Memory(bytes(data))

    def _external(self, name: str, size: int, external: dict[str, str]) -> ByteSource:
        location = external.get("location", "")
        if not location or location != os.path.basename(location) or "\\" in location or location in (".", ".."):
            raise self._error(f"external data at {location!a}, which is no file beside the model", name)
        try:
            offset, length = int(external.get("offset") or 0), int(external.get("length") or size)
        except ValueError as error:
            raise self._error("an offset or a length that is no number", name) from error
        if length != size or offset < 0:
            raise self._error(f"{length} bytes of external data, and its shape takes {size}", name)
        path = os.path.join(os.path.dirname(self.path), location)
        with open_regular(path, follow_links=False) as opened:
            there = os.fstat(opened.fileno()).st_size
        if offset + size > there:
            raise self._error(f"external data up to byte {offset + size} of {there} in {location}", name)
        return FileSlice(path, offset, size, False)

    def _error(self, message: str, name: str) -> InputError:
        return InputError(message, file=self.path, tensor=name, hint=_HINT)


def _signed(value: int) -> int:
    return value - 2**64 if value >= 2**63 else value
