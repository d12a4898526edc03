r"""Imbalance and commutator of two layers from their core.

H = W'ᵀW' and K = WWᵀ are near Ĥ = V̄'S'²V̄'ᵀ and K̂ = ŪS²Ūᵀ. With C̄ = V̄'ᵀŪ, κ = s², κ' = s'²

.. math:: \|\hat H-\hat K\|_F^2=\sum_{ij}(\kappa'_i-\kappa_j)^2\bar c_{ij}^2+\big(\|\kappa'\|^2-\|S'^2\bar C\|_F^2\big)
   +\big(\|\kappa\|^2-\|\bar CS^2\|_F^2\big),

for both sides are ‖κ'‖² + ‖κ‖² − 2Σκ'_iκ_jc̄_ij². The second term is 0 where Ū has n columns, the third where V̄' has.
For the layer X with fewer vectors, X̄ the matrix of these, Ô of the two Grams that of the other layer, and
M̄ = X̄ᵀÔX̄ = L̄ᵀL̄ (:mod:`certify.checker.arithmetic.crossing`)

.. math:: \|[\hat H,\hat K]\|_F^2=\sum_{ij}(\kappa_{xi}-\kappa_{xj})^2\bar m_{ij}^2
   +2\big(\|S_o^2\bar CS_x^2\|_F^2-\|\bar MS_x^2\|_F^2\big).

*Proof.* With P = X̄X̄ᵀ and X̂ = X̄S_x²X̄ᵀ the commutator is PÔX̂ − X̂ÔP, which is X̄(M̄S_x² − S_x²M̄)X̄ᵀ, plus (1−P)ÔX̂ minus
its transpose, orthogonal to each other and to the first. ‖(1−P)ÔX̂‖² = ‖ÔX̄S_x²‖² − ‖M̄S_x²‖², 0 where X has n vectors,
and ÔX̄ has the norm of S_o²C̄. □

*Errors.* ‖diag(a)(C − C̄)‖_F is at most ‖a‖‖C − C̄‖₂ and max a ‖C − C̄‖_F, and so is the other side; MS_x² − S_x²M moves
by twice the same for M − M̄ and κ_x. A square, a difference and a product round by u each,
relatively to |a_i| + |b_j| and |c_ij|, so that every entry errs by 8u(|a_i| + |b_j|)|c_ij| and 32η, and all of them by
8u(‖a‖ + ‖b‖)‖C‖₂ and 32η for each.

*Layers.* ‖W' − Ŵ'‖_F <= ε'_F, ‖W' − Ŵ'‖₂ <= ε' move H by δ' = (2s'_1 + ε')ε'_F, and K by δ likewise. They move H − K by
δ + δ', and the commutator by 2(s'_1²δ + s_1²δ' + δδ'). All in the units of the layers, 2^exponent.

Differences of squares cancel, and errors of the layers outweigh, where layers are nearly balanced or commute; balls are
wide then, and products of the layers are narrower.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from flint import arb

from certify.checker.arithmetic.crossing import Crossing
from certify.checker.arithmetic.near_decomposition import NearSVD
from certify.checker.arithmetic.rounding import ETA, Array, U, above, ball
from certify.checker.arithmetic.scaled_matrix import error_ball, frobenius, root

__all__ = ["Commutation", "core_commutation"]


@dataclass(frozen=True, slots=True)
class Commutation:
    """Balls around numbers that compare H = W'ᵀW' with K = WWᵀ.

    imbalance : ‖H - K‖_F.
    relative : ‖H - K‖_F/√(‖H‖_F² + ‖K‖_F²).
    magnitude : ‖[H, K]‖_F/(‖H‖_F‖K‖_F).
    spread : 1 + ‖W‖_F²/‖K‖_F + ‖W'‖_F²/‖H‖_F, roughly; how much the last two suffer from rounding.
    """

    imbalance: arb
    relative: arb
    magnitude: arb
    spread: float


def core_commutation(crossing: Crossing) -> Commutation:
    """How far the two Grams at an interface are from equal and from commuting; not finite where nothing is known."""
    write, read = crossing.near
    if not 0 < min(float(write.s[0]), float(read.s[0])) <= max(float(write.s[0]), float(read.s[0])) <= 1.25:
        return Commutation(arb.nan(), arb.nan(), arb.nan(), 0.0)
    k, h = _gram_size(write), _gram_size(read)
    top = max(write.exponent, read.exponent)
    imbalance = _imbalance(crossing, top)
    k_scale, h_scale = arb(4) ** (write.exponent - top), arb(4) ** (read.exponent - top)
    relative = imbalance / ((h * h_scale) ** 2 + (k * k_scale) ** 2).sqrt()
    masses = (ball(float(np.vdot(near.s, near.s))) for near in (write, read))
    spread = 1 + sum((mass / size for mass, size in zip(masses, (k, h), strict=True)), arb(0))
    return Commutation(imbalance * arb(4) ** top, relative, _commutator(crossing) / (h * k), above(spread))


def _moved(near: NearSVD) -> arb:
    """δ: how far the Gram matrix of a layer is from that of its near-decomposition, in the Frobenius norm."""
    return (2 * ball(float(near.s[0])) + ball(near.error)) * ball(near.spread)


def _gram_size(near: NearSVD) -> arb:
    """A ball around the Frobenius norm of a layer's Gram matrix."""
    squares = np.square(near.s)
    slip = ball(2 * U) * frobenius(squares) + ball(ETA) * squares.size + _moved(near)
    return (frobenius(squares) + error_ball(slip)).max(arb(0))


def _imbalance(crossing: Crossing, top: int) -> arb:
    """‖H − K‖_F over 4^top."""
    (write, read), (core, slip, spread) = crossing.near, crossing.core
    b, a = (np.ldexp(np.square(near.s), 2 * (near.exponent - top)) for near in (write, read))
    off = ball(32 * ETA) * core.size
    for squares in (a, b):
        size, most = _size(squares), _most(squares)
        off += (size * slip).min(most * spread) + size * ball(8 * U) * (1 + slip)
    first = (frobenius((a[:, None] - b) * core) + error_ball(off)).max(arb(0))
    total = first * first
    full, full_next = crossing.complete
    if not full:
        total += _beyond(a, a[:, None] * core, off)
    if not full_next:
        total += _beyond(b, core * b, off)
    moved = sum((_moved(near) * arb(4) ** (near.exponent - top) for near in (write, read)), arb(0))
    return (root(total) + error_ball(moved)).max(arb(0))


def _beyond(squares: Array, inside: Array, off: arb) -> arb:
    """The square of what one Gram matrix has beyond the other's span; 0 at least."""
    whole = (frobenius(squares) + error_ball(ball(4 * U) * frobenius(squares) + ball(8 * ETA) * squares.size)).max(
        arb(0)
    )
    within = (frobenius(inside) + error_ball(off)).max(arb(0))
    return (whole * whole - within * within).max(arb(0))


def _size(squares: Array) -> arb:
    """An upper bound of the length of a vector whose entries are floats of squares, scaled."""
    return frobenius(squares) * (1 + ball(4 * U)) + ball(8 * ETA) * squares.size


def _most(squares: Array) -> arb:
    """An upper bound of the largest entry of the same, which is the first."""
    return ball(float(squares[0])) * (1 + ball(4 * U)) + ball(8 * ETA)


def _commutator(crossing: Crossing) -> arb:
    """‖[H, K]‖_F, both layers scaled."""
    write, read = crossing.near
    found, (_, slip, spread) = crossing.weighted, crossing.core
    own, other = np.square(found.own), np.square(found.other)
    top, most, size = _most(other), _most(own), _size(own)
    tiny = ball(32 * ETA) * (found.gram.size + found.core.size)
    # ‖M‖₂ <= s_o1² + μ.
    off = (size * found.error).min(most * found.spread) + size * ball(8 * U) * (top + found.error) + tiny
    inner = (frobenius((own[:, None] - own) * found.gram) + error_ball(2 * off)).max(arb(0))
    total = inner * inner
    if not found.complete:
        whole = frobenius(other[:, None] * found.core * own)
        moved = top * (size * slip).min(most * spread) + top * size * ball(8 * U) * (1 + slip)
        whole = (whole + error_ball(moved + tiny)).max(arb(0))
        inside = (frobenius(found.gram * own) + error_ball(off)).max(arb(0))
        total += 2 * (whole * whole - inside * inside).max(arb(0))
    delta, delta_next = _moved(write), _moved(read)
    moved = ball(float(read.s[0])) ** 2 * delta + ball(float(write.s[0])) ** 2 * delta_next + delta * delta_next
    return (root(total) + error_ball(2 * moved)).max(arb(0))
