r"""What subspaces of one space have in common, pair by pair, from near decompositions.

W_i are r_i columns within δ_i of exactly orthonormal ones, Ŵ_i, whose span is within an angle of sine t_i of the
subspace that is meant, with projector P_i. From

.. math:: \hat W_i^T\hat W_j-W_i^TW_j=(\hat W_i-W_i)^T\hat W_j+W_i^T(\hat W_j-W_j),

in which every term has rank min(r_i, r_j) =: r at most, and ‖W_i‖ <= 1 + δ_i,

.. math:: \bigl|\|\hat W_i^T\hat W_j\|_F-\|W_i^TW_j\|_F\bigr|\le\sqrt r\,(\delta_i+(1+\delta_i)\delta_j).

A product that is computed to within a spectral norm s errs by √r s more. The projectors P_i and Ŵ_iŴ_iᵀ have one rank,
so that they differ by t_i in the spectral norm, and ‖P_iP_j‖_F by at most t_i√r_j + t_j√r_i from ‖Ŵ_iᵀŴ_j‖_F.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from flint import arb, fmpq

from certify.checker.arithmetic.near_decomposition import NearSVD
from certify.checker.arithmetic.rounding import Array, U, above, ball, product
from certify.checker.arithmetic.scaled_matrix import error_ball, frobenius

__all__ = ["Span", "mean_moments", "overlaps", "span_of"]


@dataclass(frozen=True, slots=True)
class Span:
    """A subspace: columns W, their distance δ from orthonormal ones, and the sine t; ``tilt`` bounds what another
    decomposition of this quality may say of t."""

    columns: Array
    distance: float
    sine: float
    tilt: float


def span_of(near: NearSVD, rank: int) -> Span:
    """The row space of a matrix that is proved to have this rank, below its number of columns."""
    lean = float(near.s[0]) / max(float(near.s[rank - 1]), U * float(near.s[0]))
    m, n = near.shape
    tilt = lean * U * (max(4 * m * n, 512) + 16 * max(m, n) * min(lean, 512.0))
    return Span(near.right[:, :rank], near.right_distance, near.sin_theta(rank), tilt)


def overlaps(spans: Sequence[Span | None]) -> list[arb]:
    """Balls around ‖P_iP_j‖_F²/min(r_i, r_j) for all pairs i < j in order; None stands for the whole space."""
    found: list[arb] = []
    for i, one in enumerate(spans):
        rest = [span for span in spans[i + 1 :] if span is not None]
        whole, slip = (None, 0.0)
        if one is not None and rest:
            whole, slip = product(one.columns.T, np.concatenate([span.columns for span in rest], axis=1))
        start = 0
        for other in spans[i + 1 :]:
            if one is None or other is None:
                found.append(arb(1))
            else:
                assert whole is not None
                columns = slice(start, start + other.columns.shape[1])
                found.append(_overlap(whole[:, columns], slip, one, other))
            start += 0 if other is None else other.columns.shape[1]
    return found


def _overlap(cross: Array, slip: float, one: Span, other: Span) -> arb:
    a, b = one.columns.shape[1], other.columns.shape[1]
    d, e = ball(one.distance), ball(other.distance)
    least = arb(min(a, b))
    off = least.sqrt() * (d + (1 + d) * e + ball(slip))
    off += ball(one.sine) * arb(b).sqrt() + ball(other.sine) * arb(a).sqrt()
    size = frobenius(cross) + error_ball(off)
    low = size.lower().max(arb(0))
    high = size.upper().min(least.sqrt().upper())
    return (low * low / least).union(high * high / least)


def room(n: int, one: Span | None, other: Span | None) -> float:
    """How much wider than known here an overlap may be published: what plain float64 work on bases and tilts loses."""
    if one is None or other is None:
        return 0.0
    low, high = sorted((one.columns.shape[1], other.columns.shape[1]))
    return above((arb(high) / low).sqrt() * (16 * (ball(one.tilt) + ball(other.tilt)) + max(64 * n * n, 4096) * U))


def mean_moments(n: int, ranks: Sequence[int]) -> tuple[fmpq, fmpq]:
    """Mean and variance of the mean overlap of all pairs of independent uniform subspaces of R^n, n >= 2, exactly.

    The overlap of two of ranks a <= b has mean b/n and variance (b/a)·2(n − a)(n − b)/(n²(n − 1)(n + 2)); given one of
    them the mean of every overlap with it is the same constant, so that overlaps are uncorrelated.
    """
    kinds = Counter((min(pair), max(pair)) for pair in combinations(ranks, 2))
    pairs = sum(kinds.values())
    mean = sum((fmpq(count * b, n) for (_, b), count in kinds.items()), fmpq(0))
    spread = sum((fmpq(count * b * (n - a) * (n - b), a) for (a, b), count in kinds.items()), fmpq(0))
    return mean / pairs, spread * fmpq(2, n * n * (n - 1) * (n + 2)) / pairs**2
