"""A layer as an exact expression of stored tensors: which, and in which order it is formed.

The order is fixed; a step that is not asked for is left out:

1. ``bits``, ``packed``: integers below eight bits are taken out of wider ones, the lowest bits first, or in ``order``;
2. ``scale``, ``zero_point``: w = s·(q − z − zero_offset), along ``axis``, in blocks, or by ``group_index``: place i
   along the axis takes the scale and the zero point of group g_i;
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
from dataclasses import dataclass, field, replace
from typing import Any

from certify.chain.codes import WIDTHS, Operand, check_scales, unpacked_shape
from certify.chain.stored import StoredTensor
from certify.errors import ChainError

__all__ = ["Expression"]


@dataclass(frozen=True, slots=True)
class Expression:
    """The steps of the module's list; ``transpose`` is the layer's own field and enters :meth:`shape` as an argument.

    Parameters
    ----------
    codes : the stored integers are the weights themselves.
    bits, packed : width of packed integers, and the axis along which they are packed; 0 and −1 for none.
    order : the places inside one stored integer to which its lowest bits, the next, … belong; empty for 0, 1, ….
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
    order: tuple[int, ...] = ()
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
        return bool({"scale", "zero_point"} & self.roles)

    @property
    def roles(self) -> set[str]:
        """What takes part beside the stored tensor; a scale may be a number."""
        return {item.role for item in self.operands} | ({"scale"} if self.factor is not None else set())

    def of_codes(self) -> Expression | None:
        """The expression of the codes' own weight: without zero points; None where codes have no scale."""
        if not self.scaled or self.bits or (self.factor is None and self.operand("scale") is None):
            return None
        rest = tuple(item for item in self.operands if item.role != "zero_point")
        return replace(self, zero_offset=0, operands=rest)

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
        for name in ("index", "order", "rows", "columns", "repeat"):
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

        shape = unpacked_shape(stored, self.bits, self.packed, self.order, refuse)
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

    def _check_scales(self, shape: tuple[int, ...], stored: StoredTensor, refuse: Any) -> None:
        if not self.scaled:
            if self.operand("group_index") is not None:
                raise refuse("an index of groups without a scale", "name the scale")
            return
        if stored.dtype not in WIDTHS:
            raise refuse(
                f"a scale for numbers of format {stored.dtype}", "scales belong to integers of at most 32 bits"
            )
        if self.factor is not None and not (math.isfinite(self.factor) and self.factor):
            raise refuse(f"a scale of {self.factor}", "a scale is finite and not zero")
        check_scales(self.operands, shape, self.axis, self.bits, refuse)

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
