"""Chain, Edge, LeftOut: what is certified, before anything is computed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from certify.chain.dtypes import dtype_name, refusal_of
from certify.chain.groups import GroupsError, partition
from certify.chain.head_tables import check_heads
from certify.chain.layer import Layer
from certify.chain.limits import DEFAULT_LIMITS, Limits
from certify.chain.refusals import check_name
from certify.chain.stored import Memory, StoredTensor
from certify.errors import ChainError, UnsupportedError
from certify.escaping import quoted
from certify.heads import Heads, HeadsError, read_heads
from certify.subjects import edge_subject

__all__ = ["Chain", "Edge", "Layer", "LeftOut", "consecutive_edges"]

_SHOWN, _SHOWN_ROWS, _WIDTH = 8, 40, 116


@dataclass(frozen=True, slots=True)
class Edge:
    """``layers[upper]`` reads what ``layers[lower]`` writes; both are positions in the chain.

    ``between`` says what lies between them in the network (``relu``, ``layernorm+gelu``, …), empty for nothing said. It
    is recorded and shown; the claims about a gradient flow are asked where nothing lies between, and no other depends
    on it.
    """

    lower: int
    upper: int
    between: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A tensor or file that is no layer of the chain, and why."""

    name: str
    why: str


def consecutive_edges(count: int) -> tuple[Edge, ...]:
    """The edges of ``count`` layers, each reading the one before it."""
    return tuple(Edge(i, i + 1) for i in range(count - 1))


@dataclass(frozen=True, eq=False, repr=False)
class Chain:
    """A chain of weight matrices, lowest layer first.

    Parameters
    ----------
    layers : the matrices, at least one.
    edges : which layer reads which; ``layers[e.upper].shape[1] == layers[e.lower].shape[0]`` and ``e.lower < e.upper``.
    left_out : tensors of the input that are no layer, and why.
    source : the path that was loaded, or ``"arrays"``.
    notes : decisions made on the way that a reader should know (where edges come from, orientation).
    heads : which layers hold attention heads.

    Raises
    ------
    ChainError : no layers, two layers of one name, an edge to nowhere, an edge twice, shapes that do not compose, or
        heads that do not fit their layers.
    """

    layers: tuple[Layer, ...]
    edges: tuple[Edge, ...]
    left_out: tuple[LeftOut, ...] = ()
    source: str = "arrays"
    notes: tuple[str, ...] = ()
    heads: tuple[Heads, ...] = ()

    def __post_init__(self) -> None:
        file = None if self.source == "arrays" else self.source
        if not self.layers:
            raise ChainError("the chain is empty", file=file, hint="name at least one matrix")
        names: set[str] = set()
        for layer in self.layers:
            check_name(layer.name, file=file)
            if layer.name in names:
                raise ChainError(
                    f"two layers are called {layer.name!r}",
                    file=file,
                    hint="give each layer a name of its own (`name = ...` in the chain file)",
                )
            names.add(layer.name)
        check_heads(self.heads, [(layer.name, layer.shape) for layer in self.layers], file)
        seen: set[tuple[int, int]] = set()
        for edge in self.edges:
            if not 0 <= edge.lower < edge.upper < len(self.layers):
                raise ChainError(
                    f"an edge goes from layer {edge.lower} to layer {edge.upper} of {len(self.layers)}",
                    file=file,
                    hint="edges lead upward: the lower layer stands before the upper one",
                )
            if (edge.lower, edge.upper) in seen:
                raise ChainError(
                    "an edge is given twice", file=file, place=self.describe(edge), hint="list each edge once"
                )
            seen.add((edge.lower, edge.upper))
            below, above = self.layers[edge.lower], self.layers[edge.upper]
            if above.shape[1] != below.shape[0]:
                raise ChainError(
                    f"shapes do not compose: {below.name} has shape {below.shape} and writes {below.shape[0]} values, "
                    f"{above.name} has shape {above.shape} and reads {above.shape[1]}",
                    file=file,
                    place=self.describe(edge),
                    hint="shapes are (n_out, n_in); set `transpose = true` in a chain file for a tensor stored as "
                    "(n_in, n_out), or list the edges that are meant",
                )

    def __len__(self) -> int:
        return len(self.layers)

    def __repr__(self) -> str:
        shown = [f"  {item.name!a} {item.shape[0]}x{item.shape[1]} {item.dtype!a}" for item in self.layers[:_SHOWN]]
        more = [f"  and {len(self.layers) - _SHOWN} more"] * (len(self.layers) > _SHOWN)
        head = f"<Chain of {len(self.layers)} layers, {len(self.edges)} edges, from {self.source!a}"
        return "\n".join(line[:_WIDTH] for line in (head, *shown, *more)) + ">"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{quoted(item.name)}</td><td>{item.shape[0]} × {item.shape[1]}</td>"
            f"<td>{quoted(item.dtype)}</td></tr>"
            for item in self.layers[:_SHOWN_ROWS]
        )
        more = f"<p>and {len(self.layers) - _SHOWN_ROWS} more</p>" * (len(self.layers) > _SHOWN_ROWS)
        head = "<tr><th>layer</th><th>shape</th><th>format</th></tr>"
        return f"<p>{len(self.layers)} layers, {len(self.edges)} edges</p><table>{head}{rows}</table>{more}"

    def describe(self, edge: Edge) -> str:
        """The edge in words: ``edge LOWER -> UPPER``."""
        return edge_subject(self.layers[edge.lower].name, self.layers[edge.upper].name)

    def check(self) -> None:
        """Read every layer once, one at a time, so that bad numbers are refused before anything is computed.

        Raises
        ------
        InputError : see :meth:`Layer.matrix`.
        """
        for layer in self.layers:
            layer.matrix()

    @classmethod
    def from_arrays(
        cls,
        arrays: Iterable[ArrayLike],
        names: Sequence[str] | None = None,
        *,
        groups: Mapping[str, Sequence[Sequence[int]]] | None = None,
        heads: Sequence[Mapping[str, object]] = (),
        limits: Limits = DEFAULT_LIMITS,
    ) -> Chain:
        """Chain of matrices held in memory, lowest first, each of shape (n_out, n_in); they are copied.

        Parameters
        ----------
        arrays : real matrices (float64, float32, float16, ml_dtypes' bfloat16 and 8-bit floats, integers).
        names : one name per matrix; ``W1, W2, ...`` when omitted.
        groups : row groups by the name of a layer.
        heads : head structures, with the keys of a table ``[[heads]]`` of a chain file.

        Raises
        ------
        ChainError : groups of no layer, or that do not partition its rows; heads that do not fit their layers.
        InputError : as :func:`certify.chain.load`.

        >>> chain = Chain.from_arrays([[[1.0, 2.0]], [[3.0], [4.0]]])
        >>> [layer.shape for layer in chain.layers], chain.edges
        ([(1, 2), (2, 1)], (Edge(lower=0, upper=1, between=''),))
        """
        given = list(arrays)
        limits.check("max_layers", len(given), "number of layers")
        labels = [f"W{i + 1}" for i in range(len(given))] if names is None else list(names)
        if len(labels) != len(given):
            raise ChainError(f"{len(given)} matrices and {len(labels)} names", hint="give one name per matrix")
        layers: list[Layer] = []
        for label, item in zip(labels, given, strict=True):
            if isinstance(item, np.ma.MaskedArray):
                raise UnsupportedError("a masked array is refused", tensor=label, hint="fill it: array.filled(...)")
            try:
                array = np.asarray(item)
            except ValueError as error:
                raise ChainError(f"not a matrix: {error}", tensor=label, hint="give rows of equal length") from error
            limits.check("max_tensor_elements", array.size, "number of elements", tensor=label)
            dtype = dtype_name(array.dtype)
            data = b"" if refusal_of(dtype) else array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes("C")
            layers.append(Layer.of(StoredTensor(label, "", "", array.shape, dtype, Memory(data))))
        for name, rows in (groups or {}).items():
            place = labels.index(name) if name in labels else -1
            try:
                found = partition(rows, layers[place].shape[0]) if place >= 0 else None
            except GroupsError as error:
                raise ChainError(f"the groups of {name!r} do not partition its rows: {error}") from None
            if found is None:
                raise ChainError(f"groups of no layer: {name!r}", hint=f"one of {', '.join(labels[:12])}")
            layers[place] = replace(layers[place], groups=found)
        try:
            structures = tuple(read_heads(table, labels) for table in heads)
        except HeadsError as error:
            raise ChainError(str(error), place=f"heads: {error.key}", hint=error.hint) from None
        chain = cls(tuple(layers), consecutive_edges(len(layers)), heads=structures)
        chain.check()
        return chain
