"""Half a step of the stored 8-bit code of each entry: the layer's own expression, formed anew, of codes that are 1."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from certify.chain import Layer
from certify.chain.stored import StoredTensor
from certify.checker.arithmetic.rounding import Array
from certify.checker.expression import Loaded, matrix_of
from certify.errors import InputError

__all__ = ["code_units"]


class _Ones(Loaded):
    """The tensors as they are loaded, but ones for the codes of a layer."""

    def __init__(self, codes: StoredTensor) -> None:
        self.codes = codes

    def integers(self, stored: StoredTensor, digest: str) -> NDArray[np.int64]:
        """Whole numbers of at most 32 bits, of the tensor's shape."""
        return np.ones(stored.shape, dtype=np.int64) if stored is self.codes else super().integers(stored, digest)


def code_units(layer: Layer) -> Array | None:
    """Half units of the layer's shape; None without 8-bit codes that have a scale, or where one is no binary64."""
    said = layer.expression
    if said is None or said.bits or layer.dtype not in ("I8", "U8"):
        return None
    if said.factor is None and not any(item.role == "scale" for item in said.operands):
        return None
    rest = tuple(item for item in said.operands if item.role != "zero_point")
    alone = replace(layer, expression=replace(said, zero_offset=0, operands=rest))
    try:
        return 0.5 * np.abs(matrix_of(alone, _Ones(layer.stored)))
    except InputError:
        return None
