"""One matrix of one model as it is compared: a float matrix, a bound of what the true one differs by, its spectrum.

A stored matrix is exact, with radius 0. A base with a LoRA adapter, W + s·BA, is known to within the roundings of the
product and the sum, and everything about it is widened by that radius: singular values by Weyl's inequality, singular
subspaces by Wedin's sin Θ theorem.
"""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass
from fractions import Fraction

import flint
import numpy as np

from certify.errors import LimitError
from certify.linalg import CertifiedSVD, frobenius, svd
from certify.linalg.exact.rank import ENTRY_LIMIT, exact_rank
from certify.linalg.gemm import gemm
from certify.rigor.ball import hull_ball
from certify.rigor.rounding import ETA, FloatArray, U, add_down, add_up, div_up, mul_up, norm_up

__all__ = ["Side", "adapted", "changed_by", "side", "sum_of"]

_SAFE = 2.0**-900
"""Sums of floats that are 0 or at least this large leave errors that no flush to zero touches."""


@dataclass(frozen=True, slots=True)
class Side:
    """A matrix within ``radius`` of ``matrix`` in the Frobenius norm.

    Parameters
    ----------
    found : decomposition of ``matrix``.
    lower, upper : bounds of the singular values of the true matrix, decreasing.
    norm : ball around its Frobenius norm.
    rank : bounds of its exact rank.
    """

    matrix: FloatArray
    radius: float
    found: CertifiedSVD
    lower: FloatArray
    upper: FloatArray
    norm: flint.arb
    rank: tuple[int, int]

    @property
    def sigma(self) -> list[flint.arb]:
        """Balls around the singular values."""
        return [hull_ball(float(a), float(b)) for a, b in zip(self.lower, self.upper, strict=True)]

    def sin_theta(self, k: int, *, right: bool) -> float:
        """Bound of ‖sin Θ‖₂ between the k leading columns of ``found`` and the true leading singular subspace.

        Wedin: a perturbation of norm ρ turns the subspace by at most ρ/δ, δ = σ_k(matrix) − σ_{k+1}(true).
        """
        own = self.found.sin_theta_right(k) if right else self.found.sin_theta_left(k)
        if not self.radius or k == self.matrix.shape[1 if right else 0]:
            return own
        below = float(self.upper[k]) if k < self.upper.size else 0.0
        gap = float(add_down(float(self.found.lower[k - 1]), -below))
        return float(add_up(own, div_up(self.radius, gap))) if gap > 0 else math.inf


def side(matrix: FloatArray, radius: float, seconds: float, most: int | None = None) -> Side:
    """Measure a matrix.

    Parameters
    ----------
    radius : bound of the Frobenius distance of the true matrix to ``matrix``.
    seconds : what an exact rank may cost; it is asked for matrices without radius only.
    most : an upper bound of the rank that is known otherwise.
    """
    found = svd(matrix, "tight")
    lower = np.maximum(add_down(found.lower, -radius), 0.0) if radius else found.lower
    upper = add_up(found.upper, radius) if radius else found.upper
    norm = frobenius(matrix)
    ball = hull_ball(float(norm.lo), float(norm.hi))
    if radius:
        ball = hull_ball((ball - radius).lower().max(flint.arb(0)), (ball + radius).upper())
    d = min(matrix.shape)
    least, top = int(np.count_nonzero(lower > 0)), d if most is None else min(most, d)
    if least < top and not radius and seconds > 0 and matrix.size <= ENTRY_LIMIT:
        with contextlib.suppress(LimitError):
            least = top = exact_rank(matrix, work_limit=seconds)
    return Side(matrix, radius, found, lower, upper, ball, (least, top))


def changed_by(a: FloatArray, b: FloatArray) -> tuple[FloatArray, float]:
    """The float matrix of B − A and a bound of the Frobenius norm of what rounding took; 0.0 where it is exact.

    Each entry rounds by U relative to the result, or is flushed, by ETA. It is exact where the error of the two-sum
    (D. E. Knuth, *The Art of Computer Programming*, vol. 2, §4.2.2) is 0 and no number is near the underflow.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        change = b - a
        if not np.isfinite(change).all():
            return np.zeros_like(a), math.inf
        back = change - b
        error = (b - (change - back)) + (-a - back)
    sizes = [np.abs(x) for x in (a, b, change)]
    plain = all(bool(np.all((x == 0) | (x >= _SAFE))) for x in sizes)
    if plain and not error.any():
        return change, 0.0
    return change, float(add_up(mul_up(2 * U, norm_up(change)), ETA * change.size))


def adapted(up: FloatArray, down: FloatArray, factor: Fraction) -> tuple[FloatArray, float]:
    """The change s·BA that a LoRA adapter makes, B = ``up`` and A = ``down``, and its Frobenius error bound."""
    product = gemm(up, down)
    s = float(factor)
    off = abs(factor - Fraction(s))
    slack = float(off) * (1 + 2.0**-50) if off else 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        change = product.mid * s
    size = norm_up(product.mid)
    error = add_up(mul_up(norm_up(product.rad), abs(s) + slack), mul_up(slack, size))
    error = add_up(error, add_up(mul_up(2 * U, norm_up(change)), ETA * change.size))
    return change, float(error) if np.isfinite(change).all() else math.inf


def sum_of(matrix: FloatArray, change: FloatArray, radius: float) -> tuple[FloatArray, float]:
    """The float matrix of W + C for C within ``radius`` of ``change``, and a bound of its Frobenius error."""
    with np.errstate(over="ignore", invalid="ignore"):
        total = matrix + change
    if not np.isfinite(total).all():
        return np.zeros_like(matrix), math.inf
    return total, float(add_up(radius, add_up(mul_up(2 * U, norm_up(total)), ETA * total.size)))
