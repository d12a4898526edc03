"""The matrix of an expression formed anew: integers and powers of two, gathered entry by entry through index arrays.

A float64 is m·2^e with m odd. A product of two is one iff the product of the odd parts has at most 53 bits and the
exponents allow it; the odd
parts multiply in 64-bit integers, so nothing here is rounded.
"""

from __future__ import annotations

import math
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from certify.chain import Layer
from certify.chain.dtypes import to_float64
from certify.chain.expression import Expression
from certify.chain.stored import StoredTensor
from certify.errors import InputError

__all__ = ["Loaded", "Source", "matrix_of"]


class Source(Protocol):
    """Where the numbers of stored tensors come from; ``digest`` is the hash that their bytes must have."""

    def floats(self, stored: StoredTensor, digest: str) -> NDArray[np.float64]:
        """All numbers in C order."""
        ...

    def integers(self, stored: StoredTensor, digest: str) -> NDArray[np.int64]:
        """Whole numbers of at most 32 bits, of the tensor's shape."""
        ...


class Loaded:
    """The tensors as the loader reads them."""

    def floats(self, stored: StoredTensor, digest: str) -> NDArray[np.float64]:
        """All numbers in C order."""
        array = self._bytes(stored, digest)
        return to_float64(array, stored.dtype, file=stored.path or None, tensor=stored.name).reshape(-1)

    def integers(self, stored: StoredTensor, digest: str) -> NDArray[np.int64]:
        """Whole numbers of at most 32 bits, of the tensor's shape."""
        array = self._bytes(stored, digest)
        if array.dtype.kind not in "iu" or array.dtype.itemsize > 4:
            raise _refuse(stored, f"codes of format {stored.dtype}")
        return array.astype(np.int64)

    def _bytes(self, stored: StoredTensor, digest: str) -> NDArray[Any]:
        array, found = stored.read()
        if found != digest:
            raise _refuse(stored, "the tensor's bytes are not those read before")
        return array


_LOADED = Loaded()


def matrix_of(layer: Layer, source: Source = _LOADED) -> NDArray[np.float64]:
    """The matrix of a layer, of the layer's shape.

    Raises
    ------
    InputError : the bytes are not those hashed, the expression is not exact, or every entry is zero.
    """
    stored = layer.stored
    if layer.expression is None:
        whole = source.floats(stored, layer.sha256).reshape(stored.shape)
        values = np.ascontiguousarray(whole.T if layer.transposed else whole)
        if not values.any():
            raise _refuse(stored, "every entry is zero")
        return values
    expression = layer.expression
    taken = _places(expression, stored, layer.transposed)
    if taken.shape != layer.shape:
        raise _refuse(stored, f"the expression has shape {taken.shape}, and the layer is said to have {layer.shape}")
    missing = taken < 0
    at = np.where(missing, 0, taken)
    values = _weights(expression, stored, layer.sha256, source)[at]
    values[missing] = 0.0
    for role, side in (("gain", 1), ("row_gain", 0)):
        if (item := expression.operand(role)) is not None:
            part = (expression.rows, expression.columns)[side]
            vector = source.floats(item.stored, item.sha256)[slice(*(part or (None,)))]
            if role == "row_gain" and expression.repeat:
                size, times = expression.repeat
                vector = vector[_repeated(len(vector), size, times)]
            values = _times(values, vector[None, :] if side else vector[:, None], stored)
    if not values.any():
        raise _refuse(stored, "every entry is zero")
    return np.ascontiguousarray(values)


def _places(expression: Expression, stored: StoredTensor, transpose: bool) -> NDArray[np.int64]:
    """For each entry of the matrix its place among the numbers of the tensor; −1 for a zero between groups."""
    shape = list(stored.shape)
    if expression.bits:
        shape[expression.packed] *= _width(stored) // expression.bits
    places = np.arange(math.prod(shape), dtype=np.int64).reshape(shape)
    for i in expression.index:
        places = places[i]
    if expression.kernel:
        places = _kernel_places(places, expression)
    if places.ndim != 2:
        raise _refuse(stored, f"no matrix, shape {places.shape}")
    if transpose:
        places = places.T
    (a, b), (c, d) = expression.rows or (0, places.shape[0]), expression.columns or (0, places.shape[1])
    places = places[a:b, c:d]
    if expression.repeat:
        places = places[_repeated(len(places), *expression.repeat)]
    return places


def _repeated(rows: int, size: int, times: int) -> NDArray[np.int64]:
    target = np.arange(rows * times)
    block, inside = np.divmod(target, size)
    return (block // times) * size + inside


def _kernel_places(places: NDArray[np.int64], expression: Expression) -> NDArray[np.int64]:
    sides = places.shape
    if expression.layout == "channels_last":
        taps, inner, out = math.prod(sides[:-2]), sides[-2], sides[-1]
        flat = np.einsum("tio->oit", places.reshape(taps, inner, out))
    elif expression.layout == "transposed":
        flat = np.einsum("iot->oit", places.reshape(sides[0], sides[1], -1))
    else:
        flat = places.reshape(sides[0], sides[1], -1)
    out, inner, taps = flat.shape
    o, i, t = np.ogrid[:out, : inner * expression.groups, :taps]
    group = o // (out // expression.groups)
    own = i - group * inner
    whole = np.where((own >= 0) & (own < inner), flat[o, np.clip(own, 0, inner - 1), t], -1)
    if expression.kernel == "writer":
        return whole.reshape(out, -1)
    return np.einsum("oit->oti", whole).reshape(out * taps, -1)


def _weights(expression: Expression, stored: StoredTensor, digest: str, source: Source) -> NDArray[np.float64]:
    """All numbers of the tensor in C order, unpacked and scaled."""
    if not (expression.bits or expression.scaled):
        return source.floats(stored, digest)
    codes = _unpacked(expression, stored, source.integers(stored, digest), expression.packed)
    shape, codes = codes.shape, codes.reshape(-1) - expression.zero_offset
    index = expression.operand("group_index")
    groups = None if index is None else source.integers(index.stored, index.sha256)

    def shared(part: tuple[int, ...], item: StoredTensor) -> Any:
        return _shared(part, shape, expression.axis, item, groups)

    if (zero := expression.operand("zero_point")) is not None:
        points = raw = source.integers(zero.stored, zero.sha256)
        scale = expression.operand("scale")
        if expression.bits and scale is not None and points.shape != scale.stored.shape and points.size > 1:
            for axis in range(points.ndim):
                sides = list(points.shape)
                sides[axis] *= _width(zero.stored) // expression.bits
                if tuple(sides) == scale.stored.shape:
                    points = _unpacked(expression, zero.stored, raw, axis)
                    break
        codes = codes - points.reshape(-1)[shared(points.shape, zero.stored)]
    values = codes.astype(np.float64)
    if expression.factor is not None:
        return _times(values, np.array([expression.factor]), stored)
    if (scale := expression.operand("scale")) is None:
        return values
    factors = source.floats(scale.stored, scale.sha256)
    return _times(values, factors[shared(scale.stored.shape, scale.stored)], stored)


def _shared(
    part: tuple[int, ...],
    whole: tuple[int, ...],
    axis: int | None,
    item: StoredTensor,
    groups: NDArray[np.int64] | None,
) -> Any:
    """For each number of ``whole`` in C order the place of its scale in ``part``."""
    single, along = math.prod(part) == 1, axis or 0
    if groups is not None:
        most = 1 if single else part[0] if len(part) == 1 else part[along]
        if groups.shape != (whole[along],) or groups.min(initial=0) < 0 or groups.max(initial=0) >= most:
            raise _refuse(item, "the index of groups leads elsewhere")
    if single:
        return np.zeros(1, dtype=np.int64)
    at = list(np.unravel_index(np.arange(math.prod(whole)), whole))
    if groups is not None:
        at[along] = groups[at[along]]
    if len(part) == 1 and axis is not None:
        return at[axis]
    own = -1 if groups is None else along
    sides = list(enumerate(zip(whole, part, strict=False)))
    if len(part) != len(whole) or any(k != own and (not b or a % b) for k, (a, b) in sides):
        raise _refuse(item, f"shape {part} does not divide {whole}")
    return np.ravel_multi_index(tuple(at[k] if k == own else at[k] // (a // b) for k, (a, b) in sides), part)


def _unpacked(expression: Expression, stored: StoredTensor, array: NDArray[np.int64], axis: int) -> NDArray[np.int64]:
    if not expression.bits:
        return array
    width, bits = _width(stored), expression.bits
    count = width // bits
    wide = array % 2**width
    sides = list(wide.shape)
    sides[axis] *= count
    place = np.arange(sides[axis])
    # Which bits hold a place: the inverse of the permutation.
    held = np.argsort(expression.order) if expression.order else np.arange(count)
    shift = (bits * held[place % count]).reshape([-1 if k == axis else 1 for k in range(wide.ndim)])
    return (np.take(wide, place // count, axis=axis) // 2**shift) % 2**bits


def _width(stored: StoredTensor) -> int:
    return int(stored.dtype[1:])


def _odd(x: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """x = m·2^e with m odd; 0 = 0·2^0."""
    fraction, exponent = np.frexp(x)
    whole = (fraction * 2.0**53).astype(np.int64)
    low = np.where(whole == 0, 1, whole & -whole)
    shift = np.frexp(low.astype(np.float64))[1].astype(np.int64) - 1
    return whole >> shift, np.where(whole == 0, 0, exponent.astype(np.int64) - 53 + shift)


def _times(a: NDArray[np.float64], b: NDArray[np.float64], stored: StoredTensor) -> NDArray[np.float64]:
    (m, i), (n, j) = _odd(a), _odd(b)
    bits = [np.frexp(np.abs(x).astype(np.float64))[1] for x in (m, n)]
    # Odd parts of p and q bits have a product of p + q − 1 bits or one more.
    if (bits[0] + bits[1] > 54).any():
        raise _refuse(stored, "a product is not a binary64 number")
    product, exponent = m * n, i + j
    size = np.frexp(np.abs(product).astype(np.float64))[1]
    fits = (np.abs(product) < 2**53) & (exponent >= -1074) & (size + exponent <= 1024)
    if not (fits | (product == 0)).all():
        raise _refuse(stored, "a product is not a binary64 number")
    return np.ldexp(product.astype(np.float64), np.where(product == 0, 0, exponent))


def _refuse(stored: StoredTensor, message: str) -> InputError:
    return InputError(
        message, file=stored.path or None, tensor=stored.name, hint="certify the chain again from the file as it is now"
    )
