"""Chain, Layer, Edge, LeftOut: what is certified, before anything is computed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from certify.chain.dtypes import check_dtype, dtype_name, refusal_of, to_float64
from certify.chain.evaluate import evaluate
from certify.chain.expression import Expression
from certify.chain.groups import Groups, GroupsError, groups_text, partition
from certify.chain.limits import DEFAULT_LIMITS, Limits
from certify.chain.refusals import check_name
from certify.chain.stored import Memory, StoredTensor
from certify.errors import ChainError, InputError, UnsupportedError

__all__ = ["Chain", "Edge", "Layer", "LeftOut", "consecutive_edges"]


@dataclass(frozen=True, eq=False)
class Layer:
    """One weight matrix of a chain; its numbers stay in the file until :meth:`matrix` is called.

    Parameters
    ----------
    name : name of the layer in the chain, unique; the tensor's name unless a chain file says otherwise.
    tensor : name of the tensor in its file.
    file : file name relative to the folder that was given; empty for arrays in memory.
    shape : (n_out, n_in), after transposition.
    dtype : number format of the stored tensor, by its safetensors name (``"F32"``, ``"BF16"``, ...).
    transposed : True when the tensor is stored as (n_in, n_out).
    stored : where the bytes are.
    expression : how the matrix is formed of stored tensors; None when it is the stored one, or its transpose.
    groups : its row groups where it reads from another layer; None for blocks.
    """

    name: str
    tensor: str
    file: str
    shape: tuple[int, int]
    dtype: str
    transposed: bool
    stored: StoredTensor = field(repr=False)
    expression: Expression | None = field(default=None, repr=False)
    groups: Groups | None = field(default=None, repr=False)

    @classmethod
    def of(
        cls,
        stored: StoredTensor,
        *,
        transposed: bool = False,
        name: str | None = None,
        expression: Expression | None = None,
    ) -> Layer:
        """Layer of a two-dimensional stored tensor, or of an expression of tensors.

        Raises
        ------
        ChainError : the tensor is not two-dimensional, or a step of the expression does not apply.
        UnsupportedError : its format is not read, or a side of it is 0.
        """
        where = {"file": stored.path or None, "tensor": stored.name}
        if expression is not None and not expression.plain:
            for item in (stored, *(operand.stored for operand in expression.operands)):
                check_dtype(item.dtype, file=item.path or None, tensor=item.name)
            shape = expression.shape(stored, transpose=transposed)
            return cls(
                name or stored.name, stored.name, stored.file, shape, stored.dtype, transposed, stored, expression
            )
        if len(stored.shape) != 2:
            raise ChainError(
                f"a layer is a matrix, and this tensor has shape {stored.shape}",
                **where,
                hint='say `kernel = "writer"` or "reader" in a chain file for a convolution, or leave it out of the '
                "chain",
            )
        check_dtype(stored.dtype, **where)
        if 0 in stored.shape:
            raise UnsupportedError(f"a matrix without entries, of shape {stored.shape}", **where, hint="leave it out")
        rows, columns = stored.shape
        shape = (columns, rows) if transposed else (rows, columns)
        return cls(name or stored.name, stored.name, stored.file, shape, stored.dtype, transposed, stored)

    def matrix(self) -> NDArray[np.float64]:
        """The matrix, exactly: float64, C-contiguous, shape (n_out, n_in), read anew and owned by the caller.

        Raises
        ------
        InputError : the file cannot be read, or its bytes differ from those hashed before; a value is not finite, or
            an integer is beyond ±2^53 (the first index in the stored tensor is named); every entry is zero, so that
            normalization would divide by zero.
        """
        if self.expression is None:
            array = self._read(self.stored)
            values = to_float64(array, self.dtype, file=self.stored.path or None, tensor=self.tensor)
        else:
            values = evaluate(self.expression, self.stored, self.transposed, self._read)
        if not values.any():
            raise InputError(
                f"every entry of this {self.shape[0]}x{self.shape[1]} matrix is zero, so it cannot be normalized",
                file=self.stored.path or None,
                tensor=self.tensor,
                hint="leave the layer out with a chain file",
            )
        return np.ascontiguousarray(values.T) if self.transposed and self.expression is None else values

    def _read(self, stored: StoredTensor) -> NDArray[Any]:
        """The stored array, once its bytes are known to be those that were hashed."""
        array, digest = stored.read()
        operands = self.expression.operands if self.expression else ()
        owner: object = next((item for item in operands if item.stored is stored and stored is not self.stored), self)
        if owner.__dict__.setdefault("sha256", digest) != digest:
            raise InputError(
                "the tensor's bytes are not those read before: the file was changed meanwhile",
                file=stored.path or None,
                tensor=stored.name,
                hint="load the chain again from a file that nobody writes to",
            )
        return array

    @property
    def tensors(self) -> tuple[StoredTensor, ...]:
        """Every stored tensor that the matrix is formed of."""
        operands = self.expression.operands if self.expression else ()
        return self.stored, *(item.stored for item in operands)

    def expression_record(self) -> dict[str, Any] | None:
        """The expression as plain JSON values, with the hash of every other tensor; None for a stored matrix."""
        return None if self.expression is None else self.expression.record()

    @property
    def groups_record(self) -> str:
        """The row groups in their one spelling; empty where none are named."""
        return "" if self.groups is None else groups_text(self.groups)

    @cached_property
    def sha256(self) -> str:
        """Canonical hash of the stored tensor, before transposition; the same for every file format.

        SHA-256 over the ASCII line ``polystable-tensor 1 DTYPE ROWSxCOLUMNS`` and a newline, followed by the stored
        elements little-endian in C order. The name of the tensor and ``transposed`` are not part of it.
        """
        return self.stored.read()[1]


@dataclass(frozen=True, slots=True)
class Edge:
    """``layers[upper]`` reads what ``layers[lower]`` writes; both are positions in the chain.

    ``between`` says what lies between them in the network (``relu``, ``layernorm+gelu``, …), empty for nothing said. It
    is recorded and shown, and no claim depends on it.
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


@dataclass(frozen=True, eq=False)
class Chain:
    """A chain of weight matrices, lowest layer first.

    Parameters
    ----------
    layers : the matrices, at least one.
    edges : which layer reads which; ``layers[e.upper].shape[1] == layers[e.lower].shape[0]`` and ``e.lower < e.upper``.
    left_out : tensors of the input that are no layer, and why.
    source : the path that was loaded, or ``"arrays"``.
    notes : decisions made on the way that a reader should know (where edges come from, orientation).

    Raises
    ------
    ChainError : no layers, two layers of one name, an edge to nowhere, an edge twice, or shapes that do not compose.
    """

    layers: tuple[Layer, ...]
    edges: tuple[Edge, ...]
    left_out: tuple[LeftOut, ...] = ()
    source: str = "arrays"
    notes: tuple[str, ...] = ()

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

    def describe(self, edge: Edge) -> str:
        """The edge in words: ``edge LOWER -> UPPER``."""
        return f"edge {self.layers[edge.lower].name} -> {self.layers[edge.upper].name}"

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
        limits: Limits = DEFAULT_LIMITS,
    ) -> Chain:
        """Chain of matrices held in memory, lowest first, each of shape (n_out, n_in); they are copied.

        Parameters
        ----------
        arrays : real matrices (float64, float32, float16, ml_dtypes' bfloat16 and 8-bit floats, integers).
        names : one name per matrix; ``W1, W2, ...`` when omitted.
        groups : row groups by the name of a layer.

        Raises
        ------
        ChainError : groups of no layer, or that do not partition its rows.
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
        chain = cls(tuple(layers), consecutive_edges(len(layers)))
        chain.check()
        return chain
