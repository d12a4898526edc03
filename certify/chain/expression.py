"""A layer as an exact expression of stored tensors: which, and in which order it is formed.

The order is fixed; a step that is not asked for is left out:

1. ``bits``, ``packed``: integers below eight bits are taken out of wider ones, the lowest bits first;
2. ``scale``, ``zero_point``: w = s·(q − z − zero_offset), along ``axis`` or in blocks;
3. ``index``: one entry along the leading axes (an expert of a stack);
4. ``kernel``: a convolution kernel becomes a matrix, see below;
5. ``transpose``;
6. ``rows``, ``columns``: a slice of the matrix;
7. ``gain``: W·diag(g), and ``row_gain``: diag(g)·W, with g sliced like W;
8. ``repeat``: each block of rows stands several times, as keys and values do under grouped queries.

A kernel of shape (C_out, C_in/groups, k…) is, as a *writer*, the C_out × (C_in·k) matrix W whose
W·Wᵀ is the Gram of the output channels, and, as a *reader*, the (C_out·k) × C_in matrix whose WᵀW is the Gram of the
input channels. Groups are blocks, zero elsewhere.

Every product of step 2 and 7 must be a binary64 number. A layer of which one is not is refused; nothing is rounded.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from certify.chain.stored import StoredTensor
from certify.errors import ChainError

__all__ = ["ROLES", "Expression", "Operand", "expanded_shape"]

ROLES = ("scale", "zero_point", "gain", "row_gain")
"""What a second tensor may be in an expression."""

_WIDTHS = {"I8": 8, "U8": 8, "I16": 16, "U16": 16, "I32": 32, "U32": 32}


@dataclass(frozen=True, eq=False)
class Operand:
    """A stored tensor that takes part in a layer beside the layer's own; ``role`` is one of :data:`ROLES`."""

    role: str
    stored: StoredTensor

    @cached_property
    def sha256(self) -> str:
        """Canonical hash of the stored tensor."""
        return self.stored.read()[1]

    def record(self) -> dict[str, Any]:
        """Plain JSON values that identify the tensor."""
        return {
            "role": self.role,
            "tensor": self.stored.name,
            "file": self.stored.file.replace("\\", "/").rpartition("/")[2],
            "dtype": self.stored.dtype,
            "shape": list(self.stored.shape),
            "sha256": self.sha256,
        }


@dataclass(frozen=True, slots=True)
class Expression:
    """The steps of the module's list; ``transpose`` is the layer's own field and enters :meth:`shape` as an argument.

    Parameters
    ----------
    codes : the stored integers are the weights themselves.
    bits, packed : width of packed integers, and the axis along which they are packed; 0 and −1 for none.
    factor : a scale that is a number, exactly this float64; None when there is none or it is a tensor.
    axis : the axis along which a one-dimensional scale and zero point vary; None for none.
    zero_offset : an integer added to every zero point.
    index : one position for each leading axis.
    kernel : ``"writer"``, ``"reader"`` or empty.
    layout : ``""`` (C_out, C_in, k…), ``"channels_last"`` (k…, C_in, C_out), ``"transposed"`` (C_in, C_out, k…).
    groups : groups of a convolution.
    rows, columns : half-open slices of the matrix.
    repeat : (size of a block of rows, times).
    operands : the other tensors.
    """

    codes: bool = False
    bits: int = 0
    packed: int = -1
    factor: float | None = None
    axis: int | None = None
    zero_offset: int = 0
    index: tuple[int, ...] = ()
    kernel: str = ""
    layout: str = ""
    groups: int = 1
    rows: tuple[int, int] | None = None
    columns: tuple[int, int] | None = None
    repeat: tuple[int, int] | None = None
    operands: tuple[Operand, ...] = field(default=(), repr=False)

    @property
    def plain(self) -> bool:
        """True when the layer is the stored matrix itself."""
        return self == Expression()

    @property
    def scaled(self) -> bool:
        """True when a scale or a zero point makes weights of codes."""
        return self.factor is not None or bool({"scale", "zero_point"} & {item.role for item in self.operands})

    def operand(self, role: str) -> Operand | None:
        """The operand of a role."""
        return next((item for item in self.operands if item.role == role), None)

    def record(self) -> dict[str, Any]:
        """Plain JSON values; steps that are not taken are left out."""
        found: dict[str, Any] = {}
        for name in ("codes", "bits", "zero_offset", "kernel", "layout"):
            if value := getattr(self, name):
                found[name] = value
        if self.bits:
            found["packed"] = self.packed
        if self.factor is not None:
            found["factor"] = self.factor.hex()
        if self.axis is not None:
            found["axis"] = self.axis
        if self.groups != 1:
            found["groups"] = self.groups
        for name in ("index", "rows", "columns", "repeat"):
            if value := getattr(self, name):
                found[name] = list(value)
        if self.operands:
            found["operands"] = [item.record() for item in self.operands]
        return dict(sorted(found.items()))

    def shape(self, stored: StoredTensor, *, transpose: bool) -> tuple[int, int]:
        """Shape (n_out, n_in) of the layer.

        Raises
        ------
        ChainError : a step does not apply to what the one before it gives.
        """

        def refuse(message: str, hint: str) -> ChainError:
            return ChainError(message, file=stored.path or None, tensor=stored.name, hint=hint)

        shape = self._unpacked(stored, refuse)
        self._check_scales(shape, stored, refuse)
        if any(not 0 <= i < n for i, n in zip(self.index, shape, strict=False)) or len(self.index) > len(shape):
            raise refuse(f"index {list(self.index)} leads out of shape {shape}", "count from 0, leading axes first")
        shape = shape[len(self.index) :]
        if self.kernel:
            shape = self._kernel_shape(shape, refuse)
        if len(shape) != 2:
            raise refuse(
                f"a layer is a matrix, and this tensor has shape {shape}",
                'say `kernel = "writer"` or "reader" for a convolution, `index = [...]` for a stack, or leave it out',
            )
        if transpose:
            shape = shape[::-1]
        cut: list[int] = []
        for name, part, size, role in (
            ("rows", self.rows, shape[0], "row_gain"),
            ("columns", self.columns, shape[1], "gain"),
        ):
            start, stop = part or (0, size)
            if not 0 <= start < stop <= size:
                raise refuse(f'{name} = "{start}:{stop}" of a matrix with {size} {name}', "give a part that is there")
            cut.append(stop - start)
            item = self.operand(role)
            if item is not None and (math.prod(item.stored.shape) != size or max(item.stored.shape, default=0) != size):
                raise refuse(
                    f"{role} {item.stored.name} has shape {item.stored.shape}, and the matrix has {size} {name}",
                    "a gain is a vector, one number for each",
                )
        if self.repeat:
            block, times = self.repeat
            if block < 1 or times < 1 or cut[0] % block:
                raise refuse(f"blocks of {block} rows, {times} times, of {cut[0]} rows", "rows must be whole blocks")
            cut[0] *= times
        if 0 in cut:
            raise refuse(f"a matrix without entries, of shape {tuple(cut)}", "leave it out")
        return cut[0], cut[1]

    def _unpacked(self, stored: StoredTensor, refuse: Any) -> tuple[int, ...]:
        if not self.bits:
            return stored.shape
        width = _WIDTHS.get(stored.dtype, 0)
        if not width or self.bits >= width or width % self.bits or not 0 <= self.packed < len(stored.shape):
            raise refuse(
                f"{self.bits} bits packed along axis {self.packed} of {stored.dtype} of shape {stored.shape}",
                "bits divide those of the stored integers, and packed is an axis",
            )
        return expanded_shape(stored.shape, self.packed, width // self.bits)

    def _check_scales(self, shape: tuple[int, ...], stored: StoredTensor, refuse: Any) -> None:
        if not self.scaled:
            return
        if stored.dtype not in _WIDTHS:
            raise refuse(
                f"a scale for numbers of format {stored.dtype}", "scales belong to integers of at most 32 bits"
            )
        if self.factor is not None and not (math.isfinite(self.factor) and self.factor):
            raise refuse(f"a scale of {self.factor}", "a scale is finite and not zero")
        for item in self.operands:
            if item.role not in ("scale", "zero_point"):
                continue
            given = item.stored.shape
            if math.prod(given) == 1:
                continue
            if len(given) == 1 and self.axis is not None:
                if 0 <= self.axis < len(shape) and shape[self.axis] == given[0]:
                    continue
            elif len(given) == len(shape):
                if all(b and a % b == 0 for a, b in zip(shape, given, strict=True)):
                    continue
                if item.role == "zero_point" and self.bits:
                    continue
            raise refuse(
                f"{item.role} {item.stored.name} has shape {given}, and the codes have shape {shape}",
                "name the axis (`axis = 0`), or give one number for each block",
            )

    def _kernel_shape(self, shape: tuple[int, ...], refuse: Any) -> tuple[int, ...]:
        if len(shape) < 2:
            raise refuse(f"a kernel has two or more dimensions, not shape {shape}", "leave it out")
        if self.layout == "channels_last":
            *taps, inner, out = shape
        elif self.layout == "transposed":
            inner, out, *taps = shape
        else:
            out, inner, *taps = shape
        if self.groups < 1 or out % self.groups or (self.layout == "transposed" and self.groups != 1):
            raise refuse(f"{self.groups} groups of {out} channels", "groups divide the channels")
        size, inner = math.prod(taps), inner * self.groups
        return (out, inner * size) if self.kernel == "writer" else (out * size, inner)


def expanded_shape(shape: tuple[int, ...], axis: int, times: int) -> tuple[int, ...]:
    """``shape`` with one side multiplied."""
    return (*shape[:axis], shape[axis] * times, *shape[axis + 1 :])
