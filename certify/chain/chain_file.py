"""Chain files: which tensors are the layers, which way round they are stored, and which layer reads which.

A chain file is TOML::

    # Edges may be left out: then each layer reads the one listed before it.
    edges = [["encoder", "middle"], ["middle", "head"]]

    [[layers]]
    tensor = "fc1.weight"     # name of the tensor in the weight file; required
    name = "encoder"          # name of the layer, unique; the tensor's name when left out

    [[layers]]
    tensor = "fc2.weight"
    name = "middle"
    transpose = true          # the tensor is stored as (n_in, n_out); false when left out

    [[layers]]
    tensor = "head.weight"
    name = "head"

Layers are listed lowest first. An edge ``[lower, upper]`` names two layers, the lower one listed before the upper one,
and says that the upper one reads what the lower one writes: its n_in is the lower one's n_out. ``edges = []`` asks for
the layers one by one, without edges. There are no other keys; one that is not known is refused, so that a slip of the
pen cannot change what is certified.

A layer may be an expression of stored tensors, formed exactly or refused; the keys are those of
:data:`certify.chain.steps.KEYS` and the order in which they act is that of :mod:`certify.chain.expression`::

    [[layers]]
    name = "value, head 3"
    tensor = "h.0.attn.c_attn.weight"
    transpose = true
    rows = "1728:1792"        # half open, of the matrix (n_out, n_in)
    gain = "h.0.ln_1.weight"  # W·diag(g)

    [[layers]]
    tensor = "conv2.weight"
    kernel = "reader"         # or "writer"; with layout and groups where they are not the usual ones

    [[layers]]
    tensor = "fc.weight_quantized"
    scale = "fc.scale"        # a tensor, or a number
    zero_point = "fc.zero_point"
    axis = 0

    [[layers]]
    tensor = "codes"
    codes = true              # these integers are the weights

A table ``groups`` names the row groups of layers that read, for the incidence of what they read on what they write:
blocks of so many rows, such as the size of a head, or rows and half-open ranges, groups separated by semicolons::

    [groups]
    "value, head 3" = 64
    head = "0:4,9;4:9"

Tables ``heads`` say which layers hold attention heads, for what their heads have in common, see :mod:`certify.heads`::

    [[heads]]
    name = "layer 3"          # optional, unique
    count = 12
    size = 64
    kv = 4                    # groups of keys and values; count when left out
    query = "q3"              # names of layers: any of query, key, value, output, at least one
    output = "o3"

A third text of an edge says what lies between, ``["up", "down", "gelu"]``: words of
:data:`certify.between.BETWEEN` joined by ``+``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from certify.between import BETWEEN, is_between
from certify.chain.codes import is_code
from certify.chain.dtypes import is_integer
from certify.chain.groups import GroupsError, partition, read_groups
from certify.chain.head_tables import check_heads, read_head_tables
from certify.chain.limits import Limits
from certify.chain.model import Chain, Edge, Layer, LeftOut, consecutive_edges
from certify.chain.steps import KEYS, StepError, Steps, read_steps
from certify.chain.stored import StoredTensor
from certify.errors import ChainError
from certify.heads import Heads
from certify.reading import hint_of, near, open_regular, parse_toml, shown

__all__ = [
    "ChainFile",
    "LayerEntry",
    "apply_chain_file",
    "draft_chain_file",
    "parse_chain_file",
    "quoted",
    "read_chain_file",
]

_TOP = ("edges", "layers", "groups", "heads")
_LAYER = ("tensor", "name", "transpose", *KEYS)
_MOST_DRAFTED = 64


@dataclass(frozen=True, slots=True)
class LayerEntry:
    """One ``[[layers]]`` table: tensor name, layer name, whether the tensor is stored as (n_in, n_out), the steps."""

    tensor: str
    name: str
    transpose: bool
    steps: Steps = field(default_factory=Steps)


@dataclass(frozen=True, slots=True)
class ChainFile:
    """A parsed chain file; ``edges`` holds pairs of positions in ``layers``, lower first.

    ``groups`` holds by position the rows of a block, or the spelling of row groups.
    ``heads`` are the declared head structures.
    """

    layers: tuple[LayerEntry, ...]
    edges: tuple[Edge, ...]
    path: str
    groups: Mapping[int, int | str] = field(default_factory=dict[int, int | str])
    heads: tuple[Heads, ...] = ()


def read_chain_file(path: str, limits: Limits) -> ChainFile:
    """Read and check a chain file against the schema above.

    Raises
    ------
    LimitError : larger than ``max_chain_file_bytes``, or more layers than ``max_layers``.
    ChainError : not TOML, an unknown key, a missing or mistyped value, a layer name twice, an edge that names no layer
        or does not lead upward; the key and its line are named.
    """
    with open_regular(path) as opened:
        size = os.fstat(opened.fileno()).st_size
        limits.check("max_chain_file_bytes", size, "size of the chain file", file=path)
        data = opened.read(size)
    return parse_chain_file(data, path, limits)


def parse_chain_file(data: bytes, path: str, limits: Limits) -> ChainFile:
    """A chain file that is already read; ``path`` is for messages. Errors as :func:`read_chain_file`."""
    try:
        text = data.decode("utf-8")
        found = parse_toml(text)
    except ValueError as error:
        raise ChainError(f"the chain file is not TOML: {error}", file=path, hint="correct the line") from error
    parser = _Parser(path, text)
    parser.check_keys(found, _TOP, "", 0)
    tables = found.get("layers")
    if not isinstance(tables, list) or not tables:
        raise ChainError("the chain file lists no layers", file=path, hint="add a [[layers]] table for each layer")
    limits.check("max_layers", len(tables), "number of layers", file=path)
    layers = tuple(parser.layer(table, i) for i, table in enumerate(tables))
    names: dict[str, int] = {}
    for i, layer in enumerate(layers):
        if layer.name in names:
            raise parser.error(
                f"two layers are called {shown(layer.name)!r}",
                f"layers[{i}]",
                "name",
                i + 1,
                "give each a name of its own",
            )
        names[layer.name] = i
    groups = parser.groups(found.get("groups", {}), names)
    heads = read_head_tables(found.get("heads", []), [layer.name for layer in layers], text, path, limits)
    if "edges" not in found:
        return ChainFile(layers, consecutive_edges(len(layers)), path, groups, heads)
    edges: object = found["edges"]
    if not isinstance(edges, list):
        raise parser.error("edges is not a list", "edges", "edges", 0, 'write edges = [["lower", "upper"], ...]')
    return ChainFile(layers, tuple(parser.edge(pair, i, names) for i, pair in enumerate(edges)), path, groups, heads)


class _Parser:
    def __init__(self, path: str, text: str) -> None:
        self._path = path
        self._lines = text.splitlines()

    def error(self, message: str, place: str, key: str, table: int, hint: str) -> ChainError:
        line = self._line(key, table)
        return ChainError(message, file=self._path, place=place + (f", line {line}" if line else ""), hint=hint)

    def _line(self, key: str, table: int) -> int:
        """Line of ``key`` inside the ``table``-th ``[[layers]]`` (0: before any); 0 when it is written otherwise."""
        wanted = re.compile(rf"""\s*(?:{re.escape(key)}|"{re.escape(key)}"|'{re.escape(key)}')\s*[=.]""")
        table_head = re.compile(rf"\s*\[+\s*{re.escape(key)}\s*\]+")
        current = 0
        for number, line in enumerate(self._lines, start=1):
            if re.match(r"\s*\[\[\s*layers\s*\]\]", line):
                current += 1
            elif (current == table and wanted.match(line)) or (table == 0 and table_head.match(line)):
                return number
        return 0

    def check_keys(self, found: dict[str, object], known: Sequence[str], place: str, table: int) -> None:
        for key in found:
            if key not in known:
                hint = hint_of(key, known, f"the keys are {', '.join(known)}")
                full = f"{place}.{shown(key)}" if place else shown(key)
                raise self.error(f"unknown key {shown(key)!r} in the chain file", full, key, table, hint)

    def layer(self, table: object, position: int) -> LayerEntry:
        place = f"layers[{position}]"
        if not isinstance(table, dict):
            raise self.error(f"{place} is not a table", place, "layers", 0, "write [[layers]]")
        self.check_keys(table, _LAYER, place, position + 1)
        for key, kind, what in (("tensor", str, "text"), ("name", str, "text"), ("transpose", bool, "true or false")):
            if key in table and (not isinstance(table[key], kind) or table[key] == ""):
                raise self.error(f"{key} is not {what}", f"{place}.{key}", key, position + 1, f"give {what}")
        if "tensor" not in table:
            raise self.error("a layer without a tensor", place, "name", position + 1, 'add tensor = "..."')
        tensor: str = table["tensor"]
        try:
            steps = read_steps(table)
        except StepError as error:
            raise self.error(str(error), f"{place}.{error.key}", error.key, position + 1, error.hint) from None
        return LayerEntry(tensor, table.get("name", tensor), table.get("transpose", False), steps)

    def groups(self, table: object, names: dict[str, int]) -> dict[int, int | str]:
        if not isinstance(table, dict):
            raise self.error("groups is not a table", "groups", "groups", 0, "write [groups] and layer = rows")
        found: dict[int, int | str] = {}
        for name, value in table.items():
            if name not in names:
                hint = hint_of(name, names, "use the names of the layers listed in this file")
                raise self.error(f"groups of no layer: {shown(name)!r}", "groups", name, 0, hint)
            number = isinstance(value, int) and not isinstance(value, bool) and value > 0
            if not (number or isinstance(value, str)):
                hint = 'a number of rows, or groups such as "0:4;4:8"'
                raise self.error(f"not the groups of a layer: {shown(name)!r}", f"groups.{shown(name)}", name, 0, hint)
            found[names[name]] = value
        return found

    def edge(self, pair: object, position: int, names: dict[str, int]) -> Edge:
        place = f"edges[{position}]"
        if not isinstance(pair, list) or len(pair) not in (2, 3) or not all(isinstance(name, str) for name in pair):
            raise self.error("an edge is a pair of layer names", place, "edges", 0, 'write ["lower", "upper"]')
        between: str = pair[2] if len(pair) == 3 else ""
        if len(pair) == 3 and not is_between(between):
            raise self.error(
                f"not a word for what lies between: {shown(between)!r}",
                place,
                "edges",
                0,
                hint_of(between, BETWEEN, f"words joined by +, of {', '.join(BETWEEN)}"),
            )
        for name in pair[:2]:
            if name not in names:
                hint = hint_of(name, names, "use the names of the layers listed in this file")
                raise self.error(f"the edge names no layer: {shown(name)!r}", place, "edges", 0, hint)
        lower, upper = names[pair[0]], names[pair[1]]
        if lower >= upper:
            raise self.error(
                f"the edge {shown(pair[0])} -> {shown(pair[1])} does not lead upward",
                place,
                "edges",
                0,
                "list the lower layer first",
            )
        return Edge(lower, upper, between)


def apply_chain_file(
    chain_file: ChainFile, tensors: Sequence[StoredTensor], left_out: Sequence[LeftOut], source: str
) -> Chain:
    """The chain that ``chain_file`` describes, out of ``tensors``.

    Raises
    ------
    ChainError : a tensor that the file does not hold, one that is no matrix, or shapes that do not compose.
    UnsupportedError : a layer has a number format that is not read.
    """
    known = {stored.name: stored for stored in tensors}
    layers: list[Layer] = []
    for entry in chain_file.layers:
        if entry.tensor not in known:
            alike = near(entry.tensor, known, 3)
            raise ChainError(
                f"the chain file {chain_file.path} names a tensor that {source} does not hold",
                file=chain_file.path,
                tensor=shown(entry.tensor),
                hint=f"did you mean {' or '.join(alike)}?" if alike else f"it holds {', '.join(sorted(known)[:12])}",
            )
        stored = known[entry.tensor]
        expression = entry.steps.expression(stored, known, chain_file.path, transpose=entry.transpose)
        if is_code(stored, known) and not (expression.codes or expression.scaled):
            whole = is_integer(stored.dtype)
            raise ChainError(
                f"{'integers' if whole else 'a scale beside numbers'} of format {stored.dtype}: codes of a quantized "
                "matrix are not its weights",
                file=source,
                tensor=stored.name,
                hint="say `scale = ...` and `zero_point = ...` in the chain file, or `codes = true` if these integers "
                "are the weights"
                if whole
                else "store the product as F32 or F64 and certify that, or say `codes = true` if these numbers are the "
                "weights",
            )
        layer = Layer.of(stored, transposed=entry.transpose, name=entry.name, expression=expression)
        layers.append(_grouped(layer, chain_file, len(layers)))
    check_heads(chain_file.heads, [(layer.name, layer.shape) for layer in layers], chain_file.path)
    named = {stored.name for layer in layers for stored in layer.tensors}
    others = [LeftOut(stored.name, "not named by the chain file") for stored in tensors if stored.name not in named]
    return Chain(
        tuple(layers),
        chain_file.edges,
        (*others, *left_out),
        source,
        (f"layers and edges from the chain file {os.path.basename(chain_file.path)}",),
        chain_file.heads,
    )


def _grouped(layer: Layer, chain_file: ChainFile, place: int) -> Layer:
    """The layer with its row groups, if the chain file names some.

    Raises
    ------
    ChainError : they do not partition its rows.
    """
    given = chain_file.groups.get(place)
    if given is None:
        return layer
    rows = layer.shape[0]
    try:
        if isinstance(given, str):
            return replace(layer, groups=read_groups(given, rows))
        if rows % given:
            raise GroupsError(f"{rows} rows are no whole number of blocks of {given}")
        return replace(layer, groups=partition((range(i, i + given) for i in range(0, rows, given)), rows))
    except GroupsError as error:
        raise ChainError(
            f"the groups of layer {shown(layer.name)!r} do not partition its rows: {error}",
            file=chain_file.path,
            place=f"groups.{shown(layer.name)}",
            hint='each row in one group: a number of rows that divides them, or groups such as "0:4;4:8"',
        ) from None


def draft_chain_file(matrices: Sequence[StoredTensor], known: Collection[str] | None = None) -> str:
    """Text of a chain file that lists ``matrices`` in the given order, to be edited.

    Integers beside floats, and 8-bit floats beside a scale, may be codes of quantized weights: they are listed as
    comments, and as it is the file certifies none of them. ``known`` are the names of all tensors of the input.
    """
    parts = [
        '# Keep the layers of the chain, lowest first, and say which reads which: edges = [["lower", "upper"], ...]\n'
        "# Add `transpose = true` to a tensor stored as (n_in, n_out).\n"
        "edges = []\n"
    ]
    names = {stored.name for stored in matrices} if known is None else known
    floats = any(not is_code(stored, names) for stored in matrices[:_MOST_DRAFTED])
    for stored in matrices[:_MOST_DRAFTED]:
        whole = is_code(stored, names)
        rows = ["[[layers]]", f"tensor = {quoted(stored.name)}  # stored shape {stored.shape}, {stored.dtype}"]
        rows += ["codes = true  # codes; with a scale, say `scale = ...` instead"] * whole
        rows += ['kernel = "writer"'] * (len(stored.shape) > 2)
        parts.append("".join(f"# {row}\n" if whole and floats else f"{row}\n" for row in rows))
    if len(matrices) > _MOST_DRAFTED:
        parts.append(f"# ... and {len(matrices) - _MOST_DRAFTED} more matrices\n")
    return "\n".join(parts)


def quoted(text: str) -> str:
    """A TOML basic string.

    >>> print(quoted('a"b'))
    "a\\"b"
    """
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
