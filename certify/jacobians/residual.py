"""The Jacobians of a residual perceptron at one input, exactly: A_l = I + V_l·D_l·W_l."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flint import fmpz, fmpz_mat
from numpy.typing import ArrayLike

from certify.chain import Chain
from certify.errors import ChainError, InputError
from certify.jacobians.integers import aligned, finite, floats, integers

__all__ = ["ResidualBlock", "from_residual"]


@dataclass(frozen=True, slots=True)
class ResidualBlock:
    """The map h ↦ h + V·relu(W·h + b) + c of a state of n numbers.

    Parameters
    ----------
    inner : W, shape (hidden, n).
    inner_bias : b, one number for each hidden unit; zeros when None.
    outer : V, shape (n, hidden).
    outer_bias : c, one number for each number of the state; zeros when None.
    """

    inner: ArrayLike
    inner_bias: ArrayLike | None
    outer: ArrayLike
    outer_bias: ArrayLike | None = None


def from_residual(blocks: Sequence[ResidualBlock], x: ArrayLike, *, readout: ArrayLike | None = None) -> Chain:
    """The Jacobians of residual blocks at ``x``, lowest first, as layers ``J1, J2, …``.

    Which units are on, and the entries of I + V·D·W, are computed in integers; a matrix that float64 does not hold
    is refused. ``readout`` is a last matrix that reads the state, without ReLU.

    Raises
    ------
    ChainError : no blocks, or shapes that do not compose.
    InputError : numbers that are not finite, an entry that is no float64, or a hidden input of exactly 0, where ReLU
        has no derivative.

    >>> block = ResidualBlock([[1.0], [-1.0]], None, [[0.5, 0.25]])
    >>> from_residual([block, block], [2.0]).layers[1].matrix().tolist()
    [[1.5]]
    """
    if not blocks:
        raise ChainError("the chain is empty", hint="give at least one block")
    state = integers(finite(x, 1, "x")[:, None])
    width = state[0].nrows()
    maps, said = [], list[str]()
    for l, block in enumerate(blocks):
        what = f"blocks[{l}]"
        inner, outer = (
            finite(item, 2, f"{what}.{name}") for item, name in ((block.inner, "inner"), (block.outer, "outer"))
        )
        if inner.shape[1] != width or outer.shape != (width, inner.shape[0]):
            raise ChainError(
                f"{what} has matrices of shapes {inner.shape} and {outer.shape} for a state of {width} numbers",
                hint="inner is (hidden, n) and outer (n, hidden)",
            )
        w, v = integers(inner), integers(outer)
        found = _product(w, state)
        if block.inner_bias is not None:
            found = aligned(found, _column(block.inner_bias, len(inner), f"{what}.inner_bias"))
        values = [found[0][i, 0] for i in range(len(inner))]
        if fmpz(0) in values:
            raise InputError(
                f"unit {values.index(fmpz(0))} of {what} has the input 0, where ReLU has no derivative",
                place=what,
                hint="take another x",
            )
        on = [value > 0 for value in values]
        kept = fmpz_mat([[w[0][i, j] if on[i] else 0 for j in range(width)] for i in range(len(inner))])
        identity = fmpz_mat([[int(i == j) for j in range(width)] for i in range(width)])
        maps.append(floats(aligned((identity, 0), _product(v, (kept, w[1]))), f"the Jacobian of {what}"))
        said.append(f"{sum(on)} of {len(on)}")
        moved = _product(v, (fmpz_mat([[value if value > 0 else 0] for value in values]), found[1]))
        state = aligned(state, moved)
        if block.outer_bias is not None:
            state = aligned(state, _column(block.outer_bias, width, f"{what}.outer_bias"))
    if readout is not None:
        last = finite(readout, 2, "readout")
        if last.shape[1] != width:
            raise ChainError(f"readout has shape {last.shape} for a state of {width} numbers")
        maps.append(last)
    chain = Chain.from_arrays(maps, [f"J{l + 1}" for l in range(len(maps))])
    note = f"Jacobians of a residual ReLU network at one input, units that are on: {', '.join(said)}"
    return Chain(chain.layers, chain.edges, chain.left_out, chain.source, (*chain.notes, note))


def _product(x: tuple[fmpz_mat, int], y: tuple[fmpz_mat, int]) -> tuple[fmpz_mat, int]:
    return x[0] * y[0], x[1] + y[1]


def _column(item: ArrayLike, size: int, what: str) -> tuple[fmpz_mat, int]:
    values = finite(item, 1, what)
    if len(values) != size:
        raise ChainError(f"{what} has {len(values)} numbers, and {size} are added to", hint="one for each")
    return integers(values[:, None])
