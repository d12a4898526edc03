"""The matrix of an expression, in float64, exactly or not at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from certify.chain.codes import packed_along
from certify.chain.dtypes import to_float64
from certify.chain.expression import Expression
from certify.chain.stored import StoredTensor
from certify.errors import InputError

__all__ = ["evaluate", "exact_product"]

_SPLIT = 134217729.0  # 2^27 + 1, Dekker's constant for 53 bits.

Read = Callable[[StoredTensor], NDArray[Any]]


def evaluate(expression: Expression, stored: StoredTensor, transpose: bool, read: Read) -> NDArray[np.float64]:
    """The matrix, C-contiguous; ``read`` gives the stored array of a tensor.

    Raises
    ------
    InputError : a product is not a binary64 number; a value is not finite.
    """

    def numbers(item: StoredTensor) -> NDArray[np.float64]:
        return to_float64(read(item), item.dtype, file=item.path or None, tensor=item.name)

    if expression.bits:
        width = np.dtype(read(stored).dtype).itemsize * 8
        values = _unpack(read(stored), width, expression.bits, expression.packed, expression.order).astype(np.float64)
    else:
        values = numbers(stored)
    if expression.scaled:
        values = _dequantized(expression, values, stored, read, numbers)
    values = values[expression.index] if expression.index else values
    if expression.kernel:
        values = _kernel(values, expression)
    if transpose:
        values = values.T
    parts = slice(*(expression.rows or (None,))), slice(*(expression.columns or (None,)))
    values = values[parts]
    for role, part, side in (("gain", parts[1], (1, -1)), ("row_gain", parts[0], (-1, 1))):
        if (item := expression.operand(role)) is not None:
            gain = numbers(item.stored).reshape(-1)[part].reshape(side)
            values = _demand(values, gain, stored, item.stored.name)
    if expression.repeat:
        block, times = expression.repeat
        values = np.repeat(values.reshape(-1, block, values.shape[1]), times, axis=0).reshape(-1, values.shape[1])
    return np.ascontiguousarray(values)


def exact_product(a: NDArray[np.float64], b: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """fl(a·b), and where it is a·b exactly.

    With a = f·2^i and b = g·2^j, ½ ≤ |f|, |g| < 1, the error of p = fl(f·g) is a float64 that Dekker's splitting gives
    without rounding, overflow or underflow; a·b is p·2^(i+j) when it is zero, and that is a float64 when its parts are
    those of p.

    >>> [part.tolist() for part in exact_product(np.array([3.0, 1 + 2.0**-52]), np.array([0.5, 1 + 2.0**-52]))]
    [[1.5, 1.0000000000000004], [True, False]]
    """
    (f, i), (g, j) = np.frexp(a), np.frexp(b)
    product = f * g
    high_f, high_g = _high(f), _high(g)
    low_f, low_g = f - high_f, g - high_g
    error = ((high_f * high_g - product) + high_f * low_g + low_f * high_g) + low_f * low_g
    with np.errstate(over="ignore", under="ignore"):
        value = np.ldexp(product, i + j)
    (m, e), (n, k) = np.frexp(value), np.frexp(product)
    return value, (product == 0) | ((error == 0) & np.isfinite(value) & (m == n) & (e == k + i + j))


def _high(x: NDArray[np.float64]) -> NDArray[np.float64]:
    c = _SPLIT * x
    return c - (c - x)


def _demand(a: NDArray[np.float64], b: NDArray[np.float64], stored: StoredTensor, other: str) -> NDArray[np.float64]:
    value, exact = exact_product(a, b)
    if not exact.all():
        place = tuple(int(k) for k in np.unravel_index(int(np.argmin(exact)), exact.shape))
        raise InputError(
            f"the product with {other} is not a binary64 number, so the layer is not an exact expression",
            file=stored.path or None,
            tensor=stored.name,
            place=f"index {list(place)} of {int((~exact).sum())} such",
            hint="leave this factor out, or store the product itself as F64 and certify that",
        )
    return value


def _unpack(array: NDArray[Any], width: int, bits: int, axis: int, order: tuple[int, ...]) -> NDArray[np.int64]:
    unsigned = array.view(np.dtype(f"u{width // 8}"))
    pieces = [(unsigned >> (bits * k)) & ((1 << bits) - 1) for k in range(width // bits)]
    if order:
        pieces = [pieces[order.index(place)] for place in range(len(order))]
    joined = np.stack(pieces, axis=axis + 1)
    shape = list(array.shape)
    shape[axis] *= width // bits
    return joined.reshape(shape).astype(np.int64)


def _dequantized(
    expression: Expression,
    codes: NDArray[np.float64],
    stored: StoredTensor,
    read: Read,
    numbers: Callable[[StoredTensor], NDArray[np.float64]],
) -> NDArray[np.float64]:
    scale, zero = expression.operand("scale"), expression.operand("zero_point")

    def spread(values: NDArray[np.float64], item: StoredTensor) -> NDArray[np.float64]:
        if (index := expression.operand("group_index")) is None:
            return _spread(values, codes.shape, expression.axis, item)
        return _gathered(values, codes.shape, expression.axis or 0, read(index.stored), index.stored, item)

    # Integers of at most 33 bits: differences are exact.
    codes = codes - float(expression.zero_offset)
    if zero is not None:
        points = numbers(zero.stored)
        axis = None if scale is None else packed_along(zero.stored, scale.stored.shape, expression.bits)
        if axis is not None:
            raw = read(zero.stored)
            points = _unpack(raw, raw.dtype.itemsize * 8, expression.bits, axis, expression.order).astype(np.float64)
        codes = codes - spread(points, zero.stored)
    if expression.factor is not None:
        return _demand(codes, np.array(expression.factor), stored, "the scale")
    if scale is None:
        return codes
    return _demand(codes, spread(numbers(scale.stored), scale.stored), stored, scale.stored.name)


def _gathered(
    values: NDArray[np.float64],
    shape: tuple[int, ...],
    axis: int,
    groups: NDArray[Any],
    index: StoredTensor,
    item: StoredTensor,
) -> NDArray[np.float64]:
    """``values`` of the group of each place along ``axis``."""
    values = values.reshape(1) if values.size == 1 else values
    along = 0 if values.ndim == 1 else axis
    beyond = (groups < 0) | (groups >= values.shape[along])
    if beyond.any():
        place = int(np.argmax(beyond))
        raise InputError(
            f"group {int(groups[place])} of {values.shape[along]} groups of {item.name}",
            file=index.path or None,
            tensor=index.name,
            place=f"index [{place}]",
            hint="the index counts groups from 0; give that of these codes",
        )
    return _spread(np.take(values, groups, axis=along), shape, axis, item)


def _spread(
    values: NDArray[np.float64], shape: tuple[int, ...], axis: int | None, item: StoredTensor
) -> NDArray[np.float64]:
    if values.size == 1:
        return values.reshape((1,) * len(shape))
    if values.ndim == 1 and axis is not None:
        return values.reshape([-1 if k == axis else 1 for k in range(len(shape))])
    if values.ndim != len(shape) or any(not b or a % b for a, b in zip(shape, values.shape, strict=True)):
        raise InputError(
            f"shape {values.shape} does not divide the codes' shape {shape}",
            file=item.path or None,
            tensor=item.name,
            hint="give one number for each block",
        )
    for k, (whole, part) in enumerate(zip(shape, values.shape, strict=True)):
        if part != whole:
            values = np.repeat(values, whole // part, axis=k)
    return values


def _kernel(values: NDArray[np.float64], expression: Expression) -> NDArray[np.float64]:
    if expression.layout == "channels_last":
        values = np.moveaxis(np.moveaxis(values, -1, 0), -1, 1)
    elif expression.layout == "transposed":
        values = values.swapaxes(0, 1)
    out, inner = values.shape[:2]
    values = values.reshape(out, inner, -1)
    taps, groups = values.shape[2], expression.groups
    if groups > 1:
        whole = np.zeros((out, inner * groups, taps))
        size = out // groups
        for g in range(groups):
            whole[g * size : (g + 1) * size, g * inner : (g + 1) * inner] = values[g * size : (g + 1) * size]
        values = whole
    if expression.kernel == "writer":
        return values.reshape(out, -1)
    return values.transpose(0, 2, 1).reshape(out * taps, -1)
