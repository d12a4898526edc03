r"""Verified norms of the Gram matrices that two layers W, W' give their interface, :math:`K=WW^T`, :math:`H=W'^TW'`."""

from __future__ import annotations

import math
from dataclasses import dataclass

import flint
import numpy as np

from certify.linalg.gemm import MatrixBall, gemm, underflow
from certify.linalg.matrix import scale
from certify.linalg.norms import frobenius, norm2_up
from certify.rigor.ball import hull_ball
from certify.rigor.rounding import ETA, FloatArray, U, add_up, gamma, mul_up, norm_up

__all__ = ["GramPairNorms", "diagonal_imbalance", "gram_pair_norms"]


@dataclass(frozen=True, slots=True)
class GramPairNorms:
    """Balls around Frobenius norms; a NaN or unbounded ball where the computation overflowed.

    Parameters
    ----------
    imbalance, commutator : of Δ = H − K and of [H, K].
    read, write : of H and of K.
    scaled : those of [H, K], H and K for the layers divided by powers of two, for ratios that are free of scale.
    """

    imbalance: flint.arb
    commutator: flint.arb
    read: flint.arb
    write: flint.arb
    scaled: tuple[flint.arb, flint.arb, flint.arb]


def gram_pair_norms(w: FloatArray, w_next: FloatArray) -> GramPairNorms:
    r"""Enclose the norms of H, K, Δ and [H, K] for W = ``w``, shape (n, n_in), and W' = ``w_next``, shape (n_out, n).

    Both layers are scaled by powers of two, W = 2^e Ŵ and W' = 2^f Ŵ', so that no product overflows. With balls
    Ĥ ± R_H, K̂ ± R_K from verified products, and since HK and KH are transposes of each other,

    .. math::
        \big|\,\|[H,K]\|_F-\|P-P^T\|_F\,\big|
        \le2(\|R_P\|_F+\|\hat H\|_2\|R_K\|_F+\|R_H\|_F\|\hat K\|_2+\|R_H\|_F\|R_K\|_F),

    P ± R_P the verified product of the float matrices Ĥ and K̂.
    """
    writer, reader = scale(w), scale(w_next)
    write, write_loss = _gram(writer.matrix, writer.loss)
    read, read_loss = _gram(np.ascontiguousarray(reader.matrix.T), reader.loss)
    write_error, read_error = add_up(norm_up(write.rad), write_loss), add_up(norm_up(read.rad), read_loss)
    write_ball, read_ball = _around(write.mid, write_error), _around(read.mid, read_error)
    product = gemm(read.mid, write.mid)
    error = add_up(norm_up(product.rad), mul_up(norm2_up(read.mid), write_error))
    error = add_up(error, mul_up(read_error, add_up(norm2_up(write.mid), write_error)))
    commutator = _difference(product.mid, np.ascontiguousarray(product.mid.T), 2 * error)
    # Both Grams on the scale of the larger one; what is scaled down loses less than ETA an entry.
    top = max(writer.exponent, reader.exponent)
    down_write, down_read = 2 * (writer.exponent - top), 2 * (reader.exponent - top)
    shrunk = ETA * write.mid.size if down_write or down_read else 0.0
    slack = add_up(add_up(_shift(write_error, down_write), _shift(read_error, down_read)), shrunk)
    delta = _difference(np.ldexp(read.mid, down_read), np.ldexp(write.mid, down_write), slack)
    unit = flint.arb(2)
    return GramPairNorms(
        imbalance=delta * unit ** (2 * top),
        commutator=commutator * unit ** (2 * writer.exponent + 2 * reader.exponent),
        read=read_ball * unit ** (2 * reader.exponent),
        write=write_ball * unit ** (2 * writer.exponent),
        scaled=(commutator, read_ball, write_ball),
    )


def diagonal_imbalance(w: FloatArray, w_next: FloatArray) -> flint.arb:
    r"""Enclose the norm of diag(H − K), h_i = ‖W'e_i‖² and k_i = ‖Wᵀe_i‖², from sums of squares that err by γ.

    >>> import numpy as np
    >>> diagonal_imbalance(np.array([[1.0], [1.0]]), np.array([[2.0, 1.0]])).contains(3)
    True
    """
    writer, reader = scale(w), scale(w_next)
    write, write_error = _squares(writer.matrix, writer.loss, "ij,ij->i")
    read, read_error = _squares(reader.matrix, reader.loss, "ij,ij->j")
    top = max(writer.exponent, reader.exponent)
    down_write, down_read = 2 * (writer.exponent - top), 2 * (reader.exponent - top)
    shrunk = ETA * write.size if down_write or down_read else 0.0
    slack = add_up(add_up(_shift(write_error, down_write), _shift(read_error, down_read)), shrunk)
    return _difference(np.ldexp(read, down_read), np.ldexp(write, down_write), slack) * flint.arb(2) ** (2 * top)


def _squares(x: FloatArray, loss: float, sums: str) -> tuple[FloatArray, float]:
    """Squared norms of the rows or of the columns, and a bound of their error in the Euclidean norm."""
    squares = np.einsum(sums, x, x)
    n = squares.size
    terms = x.size // max(n, 1)
    # γ of the true sum is at most 2γ of the computed one and of what underflowed.
    rounding = add_up(mul_up(2 * gamma(terms), norm_up(squares)), underflow(terms) * n)
    return squares, float(add_up(rounding, mul_up(loss, 2 * norm_up(x) + 1) if loss else 0.0))


def _gram(x: FloatArray, loss: float) -> tuple[MatrixBall, float]:
    """X Xᵀ for entries at most 1, and the Frobenius error that an error ``loss`` of X brings."""
    return gemm(x, x.T), float(mul_up(loss, 2 * norm_up(x) + 1)) if loss else 0.0


def _shift(error: float, exponent: int) -> float:
    return float(add_up(np.ldexp(error, exponent), ETA)) if exponent else error


def _around(mid: FloatArray, error: float) -> flint.arb:
    """Ball around the Frobenius norm of every matrix within ``error`` of ``mid``, in that norm."""
    norm = frobenius(mid)
    return _widened(float(norm.lo), float(norm.hi), error)


def _difference(x: FloatArray, y: FloatArray, error: float) -> flint.arb:
    """Ball around ‖X' − Y'‖_F for X' − Y' within ``error`` of x − y; each entry rounds by U or underflows by ETA."""
    rest = x - y
    norm = frobenius(rest)
    rounding = add_up(mul_up(2 * U, norm_up(rest)), ETA * rest.size)
    return _widened(float(norm.lo), float(norm.hi), add_up(error, rounding))


def _widened(low: float, high: float, error: float) -> flint.arb:
    if not math.isfinite(high) or not math.isfinite(error):
        return flint.arb.nan()
    slack = flint.arb(error)
    return hull_ball((flint.arb(low) - slack).max(flint.arb(0)), flint.arb(high) + slack)
