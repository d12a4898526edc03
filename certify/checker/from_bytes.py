"""Whether the loader gave what stands in the file: every number of every layer, read a second time from the bytes.

The tensors are found, decoded and hashed by :mod:`certify.checker.tensors`, and the matrix is formed of them. It must
be the loader's bit by bit, so that all sums over rows and all sums of squares are equal too. Which tensors form which
layer is the loader's answer; a certificate lists it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from certify.chain import Layer
from certify.chain.stored import StoredTensor
from certify.checker.expression import matrix_of
from certify.checker.tensors import Files, Tensor
from certify.errors import InputError

__all__ = ["loader_fault"]


def loader_fault(layer: Layer, matrix: NDArray[np.float64], files: Files) -> str | None:
    """What is wrong with ``matrix``, the layer's as the loader reads it; empty when it is that of the file.

    None for arrays in memory and for formats that are not read a second time.
    """
    try:
        own = {id(stored): files.find(stored.path, stored.name) if stored.path else None for stored in layer.tensors}
        if any(tensor is None for tensor in own.values()):
            return None
        found = matrix_of(layer, _Reread({place: tensor for place, tensor in own.items() if tensor is not None}))
    except InputError as error:
        return error.message
    if found.shape != matrix.shape:
        return f"the shape is {found.shape} in the file, and {matrix.shape} was read"
    other = found.view(np.int64) != np.ascontiguousarray(matrix).view(np.int64)
    if not other.any():
        return ""
    place = tuple(int(k) for k in np.unravel_index(int(other.argmax()), other.shape))
    return f"entry {list(place)} is {found[place].hex()} in the file, and {matrix[place].hex()} was read"


@dataclass(frozen=True, slots=True)
class _Reread:
    """Stored tensors as the checker reads them itself."""

    own: dict[int, Tensor]

    def floats(self, stored: StoredTensor, digest: str) -> NDArray[np.float64]:
        """All numbers in C order."""
        return self._same(stored, digest).numbers()

    def integers(self, stored: StoredTensor, digest: str) -> NDArray[np.int64]:
        """Whole numbers, of the tensor's shape."""
        return self._same(stored, digest).integers()

    def _same(self, stored: StoredTensor, digest: str) -> Tensor:
        """The tensor, if the loader says of it what its file does."""
        own = self.own[id(stored)]
        for what, here, there in (
            ("number format", own.dtype, stored.dtype),
            ("shape", own.shape, stored.shape),
            ("hash", own.sha256, digest),
        ):
            if here != there:
                raise InputError(
                    f"the {what} of {stored.name} is {here} in the file, and {there} was read", file=stored.path
                )
        return own
