"""The Jacobians of a plain ReLU network at one input, exactly.

A ReLU network at x is the product of A_l = D_l·W_l, where D_l keeps the rows of the units that are on. Which units are
on is decided in integers, without rounding, so each A_l is exactly the Jacobian of its layer at x; a unit whose input
is exactly zero has none there, and is refused.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from flint import fmpz, fmpz_mat
from numpy.typing import ArrayLike, NDArray

from certify.chain import Chain
from certify.errors import ChainError, InputError
from certify.jacobians.integers import finite, integers

__all__ = ["active_units", "from_relu"]


def from_relu(weights: Sequence[ArrayLike], x: ArrayLike, biases: Sequence[ArrayLike] | None = None) -> Chain:
    """The Jacobians of a ReLU network at ``x``, layer by layer; the last layer is affine, without ReLU.

    Parameters
    ----------
    weights : matrices (n_out, n_in), lowest first, of finite real numbers that float64 holds.
    x : the input, a vector of as many numbers as the lowest matrix has columns.
    biases : one vector for each matrix; none when omitted.

    Returns
    -------
    Chain : one layer ``J1, J2, …`` for each matrix, to be certified like any other; ``notes`` say how many units
        are on.

    Raises
    ------
    ChainError : shapes that do not compose.
    InputError : a number that is not finite; a unit whose input is exactly 0; a layer without a unit that is on.

    >>> from_relu([[[1.0], [-1.0]], [[2.0, 3.0]]], [5.0]).layers[0].matrix().tolist()
    [[1.0], [0.0]]
    """
    matrices = [finite(item, 2, f"weights[{l}]") for l, item in enumerate(weights)]
    patterns = active_units(weights, x, biases)
    maps = [np.where(on[:, None], matrix, 0.0) for matrix, on in zip(matrices[:-1], patterns, strict=True)]
    chain = Chain.from_arrays([*maps, matrices[-1]], [f"J{l + 1}" for l in range(len(matrices))])
    said = ", ".join(f"{int(on.sum())} of {len(on)}" for on in patterns)
    notes = (*chain.notes, f"Jacobians of a ReLU network at one input, units that are on: {said or 'no hidden layer'}")
    return Chain(chain.layers, chain.edges, chain.left_out, chain.source, notes)


def active_units(
    weights: Sequence[ArrayLike], x: ArrayLike, biases: Sequence[ArrayLike] | None = None
) -> list[NDArray[np.bool_]]:
    """Which hidden units are on at ``x``, decided exactly; one array for each layer but the last.

    Arguments and errors as :func:`from_relu`.

    >>> [on.tolist() for on in active_units([[[1.0], [-1.0]], [[2.0, 3.0]]], [5.0])]
    [[True, False]]
    """
    matrices = [finite(item, 2, f"weights[{l}]") for l, item in enumerate(weights)]
    if not matrices:
        raise ChainError("the chain is empty", hint="give at least one matrix")
    shifts = (
        [np.zeros(len(m)) for m in matrices]
        if biases is None
        else [finite(item, 1, f"biases[{l}]") for l, item in enumerate(biases)]
    )
    if len(shifts) != len(matrices):
        raise ChainError(f"{len(matrices)} matrices and {len(shifts)} biases", hint="give one bias for each matrix")
    state, unit = integers(finite(x, 1, "x")[:, None])
    patterns: list[NDArray[np.bool_]] = []
    for l, (matrix, shift) in enumerate(zip(matrices, shifts, strict=True)):
        if matrix.shape[1] != state.nrows() or len(shift) != len(matrix):
            raise ChainError(
                f"shapes do not compose: weights[{l}] has shape {matrix.shape}, reads {state.nrows()} values and has "
                f"{len(shift)} biases",
                hint="shapes are (n_out, n_in)",
            )
        if l == len(matrices) - 1:
            break
        factor, scale = integers(matrix)
        added, own = integers(shift[:, None])
        # W·h + b in units of 2^(scale + unit), or of 2^own where that is finer.
        product, unit = factor * state, unit + scale
        least = min(unit, own)
        product = product * fmpz(2) ** (unit - least) + added * fmpz(2) ** (own - least)
        unit = least
        values = [product[i, 0] for i in range(product.nrows())]
        if fmpz(0) in values:
            raise InputError(
                f"unit {values.index(fmpz(0))} of layer {l + 1} has the input 0, where ReLU has no derivative",
                place=f"weights[{l}]",
                hint="take another x",
            )
        on = np.array([value > 0 for value in values])
        if not on.any():
            raise InputError(f"no unit of layer {l + 1} is on: the Jacobian is 0", hint="take another x")
        patterns.append(on)
        state = fmpz_mat([[value if value > 0 else 0] for value in values])
    return patterns
