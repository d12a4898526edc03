r"""How the two layers at an interface fit: overlap, imbalance, commutator (THEORY A2, B3, C4).

At interface l the layer W writes and W' reads; :math:`K=WW^T`, :math:`H=W'^TW'` and :math:`\Delta=H-K`, all n × n.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import flint
import numpy as np

from certify.geometry.number import Number, coerce, total
from certify.linalg.gemm import MatrixBall, gemm
from certify.linalg.matrix import scale
from certify.linalg.norms import frobenius, norm2_up
from certify.rigor.ball import hull_ball
from certify.rigor.functions import sqrt
from certify.rigor.rounding import ETA, FloatArray, U, add_up, mul_up, norm_up

__all__ = [
    "InterfaceNorms",
    "alignment_bound",
    "commutator_magnitude",
    "interface_norms",
    "overlap",
    "relative_imbalance",
]


def overlap(cosines: Sequence[Number]) -> Number:
    r"""Mean squared principal cosine of two k-windows, :math:`\|PP'\|_F^2/k=\tfrac1k\sum_i\cos^2\theta_i` (A2, C5).

    >>> import sympy
    >>> overlap([sympy.Integer(1), sympy.Rational(1, 2)])
    5/8
    """
    return total(c * c for c in map(coerce, cosines)) / len(cosines)


def relative_imbalance(imbalance: Number, read: Number, write: Number) -> Number:
    r""":math:`\|\Delta\|_F/\sqrt{\|H\|_F^2+\|K\|_F^2}\in[0,1]`, 0 iff balanced (B1, C5).

    At most 1 because :math:`\langle H,K\rangle\ge0` for positive semidefinite H, K; equal to 1 iff HK = 0.
    """
    read, write = coerce(read), coerce(write)
    return imbalance / sqrt(read * read + write * write)


def commutator_magnitude(commutator: Number, read: Number, write: Number) -> Number:
    r""":math:`c=\|[H,K]\|_F/(\|H\|_F\|K\|_F)\in[0,1/\sqrt2]` for positive semidefinite H, K (C4)."""
    return commutator / (read * write)


def alignment_bound(imbalance: Number, gap_write: Number, gap_read: Number) -> Number:
    r"""Bound :math:`\sqrt2\,\|\Delta\|_F/\gamma` of :math:`\|\sin\Theta(U_k(K),V_k(H))\|_F` (B3).

    γ > 0 is the sum of the eigenvalue gaps :math:`\lambda_k-\lambda_{k+1}` of K and of H, 0 < k < n.
    """
    imbalance = coerce(imbalance)
    return sqrt(imbalance * 0 + 2) * imbalance / (gap_write + gap_read)


@dataclass(frozen=True, slots=True)
class InterfaceNorms:
    """Balls around Frobenius norms at one interface; a NaN or unbounded ball where the computation overflowed.

    imbalance, commutator : of Δ = H − K and of [H, K].
    read, write : of H and of K.
    magnitude : :func:`commutator_magnitude`, free of the layers' scales.
    """

    imbalance: flint.arb
    commutator: flint.arb
    read: flint.arb
    write: flint.arb
    magnitude: flint.arb


def interface_norms(w: FloatArray, w_next: FloatArray) -> InterfaceNorms:
    r"""Enclose the norms of Δ and [H, K] for W = ``w``, shape (n, n_in), and W' = ``w_next``, shape (n_out, n).

    Both layers are scaled by powers of two, W = 2^e Ŵ and W' = 2^f Ŵ', so that :math:`c` never overflows. With balls
    Ĥ ± R_H, K̂ ± R_K from verified products, and since HK and KH are transposes of each other,

    .. math::
        \big|\,\|[H,K]\|_F-\|P-P^T\|_F\,\big|
        \le2(\|R_P\|_F+\|\hat H\|_2\|R_K\|_F+\|R_H\|_F\|\hat K\|_2+\|R_H\|_F\|R_K\|_F),

    P ± R_P the verified product of the float matrices Ĥ and K̂.
    """
    lower, upper = scale(w), scale(w_next)
    write, write_loss = _gram(lower.matrix, lower.loss)
    read, read_loss = _gram(np.ascontiguousarray(upper.matrix.T), upper.loss)
    write_error, read_error = add_up(norm_up(write.rad), write_loss), add_up(norm_up(read.rad), read_loss)
    write_ball, read_ball = _around(write.mid, write_error), _around(read.mid, read_error)
    product = gemm(read.mid, write.mid)
    error = add_up(norm_up(product.rad), mul_up(norm2_up(read.mid), write_error))
    error = add_up(error, mul_up(read_error, add_up(norm2_up(write.mid), write_error)))
    commutator = _difference(product.mid, np.ascontiguousarray(product.mid.T), 2 * error)
    # Both Grams on the scale of the larger one; what is scaled down loses less than ETA an entry.
    top = max(lower.exponent, upper.exponent)
    down_write, down_read = 2 * (lower.exponent - top), 2 * (upper.exponent - top)
    shrunk = ETA * write.mid.size if down_write or down_read else 0.0
    slack = add_up(add_up(_shift(write_error, down_write), _shift(read_error, down_read)), shrunk)
    delta = _difference(np.ldexp(read.mid, down_read), np.ldexp(write.mid, down_write), slack)
    unit = flint.arb(2)
    return InterfaceNorms(
        imbalance=delta * unit ** (2 * top),
        commutator=commutator * unit ** (2 * lower.exponent + 2 * upper.exponent),
        read=read_ball * unit ** (2 * upper.exponent),
        write=write_ball * unit ** (2 * lower.exponent),
        magnitude=commutator_magnitude(commutator, read_ball, write_ball),
    )


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
