"""Codes of quantized matrices: what a scale, a zero point and an index of groups must look like to belong to them.

Two layouts are told by the names of their tensors and are not read without a word on them, since without it every
number would be formed, exactly, of the wrong parts:

* beside codes ``P.qweight`` (or ``P.weight_packed``, ``P.weight``) a tensor ``P.g_idx`` (``P.weight_g_idx``) gives each
  row its group, and rows of one group need not be neighbours (GPTQ with activation order): ``group_index`` names it;
* codes ``P.qweight`` packed along their last axis: AWQ packs eight columns into one integer as 0, 2, 4, 6, 1, 3, 5, 7,
  others from the lowest bits on: ``order`` says which.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from certify.chain.dtypes import is_integer
from certify.chain.stored import StoredTensor
from certify.errors import ChainError

__all__ = ["ROLES", "WIDTHS", "Operand", "check_layout", "check_scales", "is_code", "packed_along", "unpacked_shape"]

ROLES = ("scale", "zero_point", "group_index", "gain", "row_gain")
"""What a second tensor may be in an expression."""

WIDTHS = {"I8": 8, "U8": 8, "I16": 16, "U16": 16, "I32": 32, "U32": 32}
"""Bits of the integers that may be codes."""

_BESIDE = {"qweight": "g_idx", "weight_packed": "weight_g_idx", "weight": "weight_g_idx"}

_SCALES = ("{}_scale", "{}_scale_inv", "{}.scale", "{}_scales", "{}.SCB", "{}.weight_scale", "{}.scales")

_Refuse = Callable[[str, str], ChainError]


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


def is_code(stored: StoredTensor, known: Collection[str]) -> bool:
    """Whether the numbers may be codes of a quantized matrix: integers, and 8-bit floats beside a scale.

    Parameters
    ----------
    known : names of the tensors of the same input.
    """
    if is_integer(stored.dtype):
        return True
    stem = stored.name.rpartition(".")[0]
    return stored.dtype.startswith("F8_") and any(
        form.format(name) in known for name in (stored.name, stem) if name for form in _SCALES
    )


def unpacked_shape(
    stored: StoredTensor, bits: int, packed: int, order: Sequence[int], refuse: _Refuse
) -> tuple[int, ...]:
    """The shape of the codes when integers of ``bits`` bits are taken out along the axis ``packed``.

    Raises
    ------
    ChainError : bits that do not divide those of the stored integers, no such axis, an order that is none.
    """
    if not bits:
        return stored.shape
    width = WIDTHS.get(stored.dtype, 0)
    if not width or bits >= width or width % bits or not 0 <= packed < len(stored.shape):
        raise refuse(
            f"{bits} bits packed along axis {packed} of {stored.dtype} of shape {stored.shape}",
            "bits divide those of the stored integers, and packed is an axis",
        )
    count = width // bits
    if order and sorted(order) != list(range(count)):
        raise refuse(
            f"order = {list(order)} for {count} integers of {bits} bits in one of {width}",
            f"order names each of 0 to {count - 1} once: the places of the lowest bits, of the next, and so on",
        )
    return _times(stored.shape, packed, count)


def check_scales(
    operands: Sequence[Operand], shape: tuple[int, ...], axis: int | None, bits: int, refuse: _Refuse
) -> None:
    """Demand that scale, zero point and index of groups belong to codes of ``shape``.

    Raises
    ------
    ChainError : one that does not, by name.
    """
    found = {item.role: item.stored for item in operands}
    index, along = found.get("group_index"), axis or 0
    if index is not None:
        side = shape[along] if along < len(shape) else -1
        if index.dtype not in WIDTHS or index.shape != (side,):
            raise refuse(
                f"group_index {index.name} of format {index.dtype} has shape {index.shape}, and the codes of shape "
                f"{shape} have {side} places along axis {along}",
                "the index gives each place along `axis` (0 when left out) the number of its group",
            )
    scale, zero = found.get("scale"), found.get("zero_point")
    if zero is not None and zero.dtype not in WIDTHS:
        # q − z is exact because both are integers of at most 32 bits.
        raise refuse(f"zero_point {zero.name} of format {zero.dtype}", "zero points are integers of at most 32 bits")
    for role in ("scale", "zero_point"):
        if role not in found:
            continue
        given = found[role].shape
        if role == "zero_point" and scale is not None and packed_along(found[role], scale.shape, bits) is not None:
            given = scale.shape
        if math.prod(given) == 1:
            continue
        if len(given) == 1 and axis is not None:
            if axis < len(shape) and (index is not None or shape[axis] == given[0]):
                continue
        elif len(given) == len(shape):
            sides = [k for k in range(len(shape)) if index is None or k != along]
            if all(given) and all(shape[k] % given[k] == 0 for k in sides):
                continue
        raise refuse(
            f"{role} {found[role].name} has shape {found[role].shape}, and the codes have shape {shape}",
            "name the axis (`axis = 0`), or give one number for each block",
        )


def packed_along(zero: StoredTensor, wanted: tuple[int, ...], bits: int) -> int | None:
    """The axis along which zero points are packed like codes, so that there is one for each scale; None for none."""
    width = WIDTHS.get(zero.dtype, 0)
    if not bits or zero.shape == wanted or zero.elements == 1 or width <= bits or width % bits:
        return None
    return next((k for k in range(len(zero.shape)) if _times(zero.shape, k, width // bits) == wanted), None)


def check_layout(
    stored: StoredTensor, roles: Collection[str], packing: tuple[int, Sequence[int]], known: Mapping[str, StoredTensor]
) -> None:
    """Refuse codes whose names tell of a layout on which the chain file says nothing; see the module.

    Parameters
    ----------
    roles : of the tensors that the layer names.
    packing : the axis along which the codes are packed, −1 for none, and ``order``.

    Raises
    ------
    ChainError : the layout is named, with the key that says it.
    """
    if "scale" not in roles:
        return
    prefix, dot, last = stored.name.rpartition(".")
    beside = f"{prefix}{dot}{_BESIDE.get(last, '')}"
    if last in _BESIDE and beside in known and "group_index" not in roles:
        raise ChainError(
            f"the groups of these codes are not blocks of neighbours: {beside} gives each row its own, as GPTQ with "
            "activation order writes it",
            file=stored.path or None,
            tensor=stored.name,
            hint=f'add `group_index = "{beside}"`, with the `axis` of the rows where it is not 0',
        )
    axis, order = packing
    if last == "qweight" and axis == len(stored.shape) - 1 and not order:
        raise ChainError(
            "codes packed along their last axis, as AWQ does, which does not begin with the lowest bits",
            file=stored.path or None,
            tensor=stored.name,
            hint="add `order = [0, 2, 4, 6, 1, 3, 5, 7]` for AWQ, or `order = [0, 1, 2, 3, 4, 5, 6, 7]` where the "
            "lowest bits come first",
        )


def _times(shape: tuple[int, ...], axis: int, times: int) -> tuple[int, ...]:
    """``shape`` with one side multiplied."""
    return (*shape[:axis], shape[axis] * times, *shape[axis + 1 :])
