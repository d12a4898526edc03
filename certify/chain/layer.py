"""Layer: one weight matrix, formed exactly of stored tensors when it is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from certify.chain.dtypes import check_dtype, to_float64
from certify.chain.evaluate import evaluate
from certify.chain.expression import Expression
from certify.chain.groups import Groups, groups_text
from certify.chain.stored import StoredTensor
from certify.errors import ChainError, InputError, UnsupportedError

__all__ = ["Layer"]


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

    def half_units(self) -> NDArray[np.float64] | None:
        """Half of what a step of the 8-bit code of each entry weighs, of the layer's shape.

        None where the layer has no such codes with a scale, or a weight is no binary64 number.
        """
        expression = None if self.expression is None else self.expression.of_codes()
        if expression is None or self.dtype not in ("I8", "U8"):
            return None

        def ones(stored: StoredTensor) -> NDArray[Any]:
            return np.ones(stored.shape, dtype=np.int8) if stored is self.stored else self._read(stored)

        try:
            return np.abs(evaluate(expression, self.stored, self.transposed, ones)) / 2
        except InputError:
            return None

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
