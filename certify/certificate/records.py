"""What a certificate is about and what it leaves out: tensors, edges, claims not asked; and their JSON forms."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from certify.certificate.exact_json import Reader, reject
from certify.certificate.expressions import check_between, read_expression
from certify.certificate.head_records import heads_json, read_structures
from certify.heads import Heads

__all__ = [
    "ChainLike",
    "InputRecord",
    "LeftOutRecord",
    "NotAsked",
    "TensorRecord",
]


_RANGES = r"[0-9]{1,9}:[0-9]{1,9}(,[0-9]{1,9}:[0-9]{1,9})*"
_GROUPS = re.compile(rf"{_RANGES}(;{_RANGES})*")


@dataclass(frozen=True, slots=True)
class TensorRecord:
    """One weight matrix: where it came from and the SHA-256 that :mod:`certify.chain` gives to its numbers.

    ``shape`` is (rows, columns) after the recorded transposition; ``file`` is a file name without its folder.
    ``expression`` says how the matrix is formed, with the hashes of all other tensors; None for the stored matrix.
    ``groups`` spells its row groups, half-open ranges joined by commas and groups by semicolons; empty for none named.
    """

    layer: str
    tensor: str
    file: str
    shape: tuple[int, int]
    dtype: str
    transposed: bool
    sha256: str
    expression: Mapping[str, Any] | None = None
    groups: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "layer": self.layer,
            "tensor": self.tensor,
            "file": self.file,
            "shape": list(self.shape),
            "dtype": self.dtype,
            "transposed": self.transposed,
            "sha256": self.sha256,
            **({} if self.expression is None else {"expression": dict(self.expression)}),
            **({"groups": self.groups} if self.groups else {}),
        }

    @classmethod
    def read(cls, reader: Reader) -> TensorRecord:
        """Strict inverse of :meth:`to_json`."""
        names = ("layer", "tensor", "file", "shape", "dtype", "transposed", "sha256")
        written = reader.mapping()
        f = reader.fields((*names, *(name for name in ("expression", "groups") if name in written)))
        groups = f["groups"].text() if "groups" in f else ""
        if "groups" in f and not _GROUPS.fullmatch(groups):
            reject("not row groups", f["groups"].place)
        shape = tuple(item.integer(1) for item in f["shape"].items(2))
        if len(shape) != 2:
            reject("a shape has two numbers", f["shape"].place)
        sha = f["sha256"].text(64)
        if not re.fullmatch("[0-9a-f]{64}", sha):
            reject("not a SHA-256 in lower-case hexadecimal", f["sha256"].place)
        file = f["file"].text(1024)
        if file != _basename(file):
            reject("a file is named without its folder", f["file"].place)
        return cls(
            f["layer"].text(1024), f["tensor"].text(1024), file, shape, f["dtype"].text(32),
            f["transposed"].boolean(), sha, read_expression(f["expression"]) if "expression" in f else None,
            groups,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class LeftOutRecord:
    """A tensor or file of the source that is no layer of the chain, and why."""

    tensor: str
    reason: str

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"tensor": self.tensor, "reason": self.reason}

    @classmethod
    def read(cls, reader: Reader) -> LeftOutRecord:
        """Strict inverse of :meth:`to_json`."""
        f = reader.fields(("tensor", "reason"))
        return cls(f["tensor"].text(1024), f["reason"].text())


@dataclass(frozen=True, slots=True)
class NotAsked:
    """A claim that does not apply to its subject, and why."""

    id: str
    subject: str
    reason: str

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"id": self.id, "subject": self.subject, "reason": self.reason}

    @classmethod
    def read(cls, reader: Reader) -> NotAsked:
        """Strict inverse of :meth:`to_json`."""
        f = reader.fields(("id", "subject", "reason"))
        return cls(f["id"].text(256), f["subject"].text(4096), f["reason"].text())


class _LayerLike(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def tensor(self) -> str: ...
    @property
    def file(self) -> str: ...
    @property
    def shape(self) -> tuple[int, int]: ...
    @property
    def dtype(self) -> str: ...
    @property
    def transposed(self) -> bool: ...
    @cached_property
    def sha256(self) -> str: ...
    @property
    def groups_record(self) -> str: ...
    def expression_record(self) -> dict[str, Any] | None: ...


class _EdgeLike(Protocol):
    @property
    def lower(self) -> int: ...
    @property
    def upper(self) -> int: ...
    @property
    def between(self) -> str: ...


class _LeftOutLike(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def why(self) -> str: ...


class ChainLike(Protocol):
    """What a certificate needs to know of a :class:`certify.chain.Chain`."""

    @property
    def layers(self) -> Sequence[_LayerLike]:
        """The layers, lowest first."""
        ...

    @property
    def edges(self) -> Sequence[_EdgeLike]:
        """Which layer reads which one."""
        ...

    @property
    def left_out(self) -> Sequence[_LeftOutLike]:
        """What the source holds beside the layers."""
        ...

    @property
    def heads(self) -> Sequence[Heads]:
        """Which layers hold attention heads."""
        ...


@dataclass(frozen=True, slots=True)
class InputRecord:
    """What was read: the source's format, its tensors in the order of the layers, the edges, what was left out.

    An edge (i, j) says that layer j reads what layer i writes; both are places in ``tensors``. ``between`` says for
    some edges,
    by their places in ``edges``, what lies between in the network. ``heads`` are the declared head structures.
    """

    format: str
    tensors: tuple[TensorRecord, ...]
    edges: tuple[tuple[int, int], ...]
    left_out: tuple[LeftOutRecord, ...] = ()
    between: Mapping[int, str] = field(default_factory=dict)
    heads: tuple[Heads, ...] = ()

    @classmethod
    def of(cls, chain: ChainLike) -> InputRecord:
        """Record a chain; the hashes are those of its layers. Neither folders nor the path of the source are kept."""
        tensors = tuple(
            TensorRecord(
                layer.name, layer.tensor, _basename(layer.file), (int(layer.shape[0]), int(layer.shape[1])),
                layer.dtype, layer.transposed, layer.sha256, layer.expression_record(), layer.groups_record,
            )
            for layer in chain.layers
        )  # fmt: skip
        return cls(
            _format(tensors),
            tensors,
            tuple((edge.lower, edge.upper) for edge in chain.edges),
            tuple(LeftOutRecord(item.name, item.why) for item in chain.left_out),
            {place: edge.between for place, edge in enumerate(chain.edges) if edge.between},
            tuple(chain.heads),
        )

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "format": self.format,
            "tensors": [tensor.to_json() for tensor in self.tensors],
            "edges": [
                [*edge, self.between[place]] if place in self.between else list(edge)
                for place, edge in enumerate(self.edges)
            ],
            "left_out": [item.to_json() for item in self.left_out],
            **({"heads": list(map(heads_json, self.heads))} if self.heads else {}),
        }

    @classmethod
    def read(cls, reader: Reader) -> InputRecord:
        """Strict inverse of :meth:`to_json`; edges must join shapes that compose."""
        written = reader.mapping()
        f = reader.fields(("format", "tensors", "edges", "left_out", *(("heads",) if "heads" in written else ())))
        tensors = tuple(TensorRecord.read(item) for item in f["tensors"].items())
        if not tensors:
            reject("no tensors", f["tensors"].place)
        if len({tensor.layer for tensor in tensors}) != len(tensors):
            reject("two layers have the same name", f["tensors"].place)
        edges: list[tuple[int, int]] = []
        between: dict[int, str] = {}
        for place, item in enumerate(f["edges"].items()):
            parts = item.items(3)
            if len(parts) == 3:
                between[place] = check_between(parts.pop())
            ends = [end.integer(0) for end in parts]
            if len(ends) != 2 or max(ends) >= len(tensors):
                reject("an edge names two tensors by their places", item.place)
            lower, upper = ends
            if tensors[upper].shape[1] != tensors[lower].shape[0]:
                reject(f"shapes {tensors[lower].shape} and {tensors[upper].shape} do not compose", item.place)
            edges.append((lower, upper))
        left_out = tuple(map(LeftOutRecord.read, f["left_out"].items()))
        heads = read_structures(f["heads"], [tensor.shape for tensor in tensors]) if "heads" in f else ()
        return cls(f["format"].text(64), tensors, tuple(edges), left_out, between, heads)


def _format(tensors: Sequence[TensorRecord]) -> str:
    """The suffix of the tensors' files, or ``arrays`` for matrices that were never in a file."""
    return "+".join(sorted({tensor.file.rpartition(".")[2].lower() for tensor in tensors if tensor.file})) or "arrays"


def _basename(path: str) -> str:
    return os.path.basename(path.replace("\\", "/"))
