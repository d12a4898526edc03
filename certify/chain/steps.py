"""The keys of a chain file that make a layer an expression of stored tensors, and their reading."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from certify.chain.codes import ROLES, Operand, check_layout
from certify.chain.expression import Expression
from certify.chain.stored import StoredTensor
from certify.errors import ChainError
from certify.reading import near, shown

__all__ = ["KEYS", "StepError", "Steps", "read_steps"]

KEYS = {
    "rows": 'a slice "start:stop" of the rows',
    "columns": 'a slice "start:stop" of the columns',
    "kernel": '"writer" or "reader", for a convolution kernel',
    "layout": '"channels_last" or "transposed", for a kernel that is not stored (C_out, C_in, k...)',
    "groups": "groups of a convolution, a whole number",
    "index": "a place on the leading axis, or a list of places",
    "repeat": "{block = rows, times = number}",
    "heads": '{count = 32, size = 128, kv = 8, take = 0, of = "rows"}; kv, take and of may be left out',
    "gain": "the name of a vector g, for W·diag(g)",
    "row_gain": "the name of a vector g, for diag(g)·W",
    "scale": "the name of a tensor, or a number",
    "zero_point": "the name of a tensor",
    "zero_offset": "a whole number that is added to every zero point",
    "axis": "the axis of a one-dimensional scale, or of group_index",
    "group_index": "the name of a vector that gives each place along axis its group",
    "bits": "width of packed integers",
    "packed": "the axis along which they are packed",
    "order": "a list of places: that of the lowest bits, of the next, and so on",
    "codes": "true, when the stored integers are the weights",
}
"""Key and what it takes."""

_SLICE = re.compile(r"(\d{1,15}):(\d{1,15})", re.ASCII)
_MOST = 2**40
_CHOICES = {"kernel": ("writer", "reader"), "layout": ("channels_last", "transposed")}
_COUNTS = {"groups": 1, "zero_offset": -(2**31), "axis": 0, "bits": 1, "packed": 0}


class StepError(ValueError):
    """A key of a layer has a value that it does not take."""

    def __init__(self, key: str, message: str) -> None:
        self.key = key
        self.hint = f"{key} is {KEYS[key]}"
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Steps:
    """What a layer's table says beside tensor, name and transpose; tensors are still names."""

    expression_fields: tuple[tuple[str, Any], ...] = ()
    operands: tuple[tuple[str, str], ...] = ()
    heads: tuple[int, int, int, int, bool] | None = None

    def expression(
        self, stored: StoredTensor, known: Mapping[str, StoredTensor], path: str, *, transpose: bool
    ) -> Expression:
        """The expression, with the tensors that are named.

        Raises
        ------
        ChainError : a name that the input does not hold; heads that are not those of the matrix; codes whose layout
            needs a word that is not said (:func:`certify.chain.codes.check_layout`).
        """
        found: list[Operand] = []
        for role, name in self.operands:
            if name not in known:
                alike = near(name, known, 3)
                raise ChainError(
                    f"{role} names a tensor that the input does not hold",
                    file=path,
                    tensor=shown(name),
                    hint=f"did you mean {' or '.join(alike)}?" if alike else "name a tensor of the weight file",
                )
            found.append(Operand(role, known[name]))
        fields = dict(self.expression_fields)
        said = Expression(**fields, operands=tuple(found))
        check_layout(stored, said.roles, (said.packed, said.order), known)
        if self.heads is not None:
            count, size, kv, take, of_rows = self.heads
            side = "rows" if of_rows else "columns"
            whole = said.shape(stored, transpose=transpose)
            start, stop = fields.get(side, (0, whole[0 if of_rows else 1]))
            if stop - start != kv * size:
                raise ChainError(
                    f"{kv} heads of size {size} are {kv * size} {side}, and there are {stop - start}",
                    file=path,
                    tensor=stored.name,
                    hint="correct heads, or the slice",
                )
            if take >= 0:
                first = start + (take // (count // kv)) * size
                fields[side] = (first, first + size)
            elif kv < count:
                fields["rows"], fields["repeat"] = (start, stop), (size, count // kv)
        return Expression(**fields, operands=tuple(found))


def read_steps(table: Mapping[str, Any]) -> Steps:
    """The steps of one ``[[layers]]`` table.

    Raises
    ------
    StepError : a value of another kind; the key is named.
    """
    fields: dict[str, Any] = {}
    operands: list[tuple[str, str]] = []
    heads = None
    for key in KEYS:
        if key not in table:
            continue
        value = table[key]
        if key in ("rows", "columns"):
            fields[key] = _slice(key, value)
        elif key in _CHOICES:
            if value not in _CHOICES[key]:
                raise StepError(key, f"{key} is none of {', '.join(_CHOICES[key])}")
            fields[key] = value
        elif key in _COUNTS:
            fields[key] = _whole(key, value, _COUNTS[key])
        elif key in ("index", "order"):
            items = value if isinstance(value, list) or key == "order" else [value]
            if not isinstance(items, list) or not items:
                raise StepError(key, f"{key} is no list of places")
            fields[key] = tuple(_whole(key, item, 0) for item in items)
        elif key == "codes":
            if value is not True:
                raise StepError(key, "codes is not true")
            fields[key] = True
        elif key == "repeat":
            fields[key] = tuple(_table(key, value, ("block", "times"))[name] for name in ("block", "times"))
        elif key == "heads":
            heads = _heads(value)
        elif key == "scale" and isinstance(value, int | float) and not isinstance(value, bool):
            fields["factor"] = _factor(value)
        elif isinstance(value, str) and value and key in ROLES:
            operands.append((key, value))
        else:
            raise StepError(key, f"{key} is not the name of a tensor")
    scaled = "factor" in fields or any(role in ("scale", "zero_point") for role, _ in operands)
    if fields.get("codes") and scaled:
        raise StepError("codes", "codes = true and a scale contradict each other")
    if "zero_offset" in fields and not scaled:
        raise StepError("zero_offset", "a zero offset belongs to a scale or a zero point")
    if ("bits" in fields) != ("packed" in fields):
        raise StepError("bits", "bits and packed go together")
    if "order" in fields and "bits" not in fields:
        raise StepError("order", "only packed integers have an order")
    if heads is not None and "repeat" in fields:
        raise StepError("repeat", "repeat and heads are two words for one thing")
    if ("layout" in fields or "groups" in fields) and "kernel" not in fields:
        raise StepError("layout" if "layout" in fields else "groups", "only a kernel has a layout or groups")
    return Steps(tuple(fields.items()), tuple(operands), heads)


def _factor(value: int | float) -> float:
    try:
        found = float(value)
    except OverflowError:
        found = 0.0
    if found != value or found in (0.0, float("inf"), float("-inf")):
        raise StepError("scale", "a scale is a finite float64 and not zero")
    return found


def _slice(key: str, value: object) -> tuple[int, int]:
    match = _SLICE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise StepError(key, f"{key} is not a slice")
    return int(match[1]), int(match[2])


def _whole(key: str, value: object, least: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= _MOST:
        raise StepError(key, f"{key} is not a whole number of at least {least}")
    return value


def _table(key: str, value: object, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> dict[str, int]:
    if not isinstance(value, dict) or not set(required) <= set(value) <= {*required, *optional}:
        raise StepError(key, f"{key} is not a table of {', '.join(required)}")
    return {name: _whole(key, item, 0 if name == "take" else 1) for name, item in value.items()}


def _heads(value: object) -> tuple[int, int, int, int, bool]:
    given = dict(value) if isinstance(value, dict) else value
    side = given.pop("of", "rows") if isinstance(given, dict) else "rows"
    found = _table("heads", given, ("count", "size"), ("kv", "take"))
    count, kv, take = found["count"], found.get("kv", found["count"]), found.get("take", -1)
    if side not in ("rows", "columns"):
        raise StepError("heads", "of is rows or columns")
    if count % kv or take >= count:
        raise StepError("heads", f"{count} heads, {kv} of keys and values, head {take}")
    if side == "columns" and take < 0 and kv < count:
        raise StepError("heads", "only rows are repeated")
    return count, found["size"], kv, take, side == "rows"
