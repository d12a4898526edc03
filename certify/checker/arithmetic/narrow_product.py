r"""A product W'W through its core, for matrices that meet in few dimensions: nothing of the size of W'W is formed.

Let the near-decompositions W' = Ū'S'V̄'ᵀ + E' and W = ŪSV̄ᵀ + E hold with ‖E'‖ <= ε', ‖E‖ <= ε and exactly orthonormal
columns. Then

.. math:: \|W'W-\bar U'\,M\,\bar V^T\|_2\le\varepsilon'(s_1+\varepsilon)+s'_1\varepsilon,\qquad
   M=S'\bar V'^T\bar US,

so that the singular values of W'W are those of M and zeros, up to that error (Weyl). M is computed as S'CS from the
core C of :mod:`certify.checker.arithmetic.crossing`, whose error counts s'₁s₁ times; scaling the rows and the columns
rounds an entry twice, (1 + u)² <= 1 + 3u, or flushes it. The largest one has the square ‖MᵀM‖₂, and MᵀM or MMᵀ is the
Gram matrix of the weighted core, weighted on both sides by the singular values of the layer that has fewer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from flint import arb

from certify.checker.arithmetic.crossing import Crossing
from certify.checker.arithmetic.near_decomposition import NearSVD, near_svd
from certify.checker.arithmetic.rounding import ETA, Array, U, above, ball
from certify.checker.arithmetic.scaled_matrix import Unit, error_ball, frobenius, frobenius_squared, root
from certify.checker.arithmetic.spectral_norm import gram_norm

__all__ = ["Core", "core", "core_norm", "core_sigma", "is_narrow"]


@dataclass(frozen=True, slots=True)
class Core:
    """A float matrix, a bound of how far it is from one with the singular values of W'W over 2^exponent, and that."""

    matrix: Array
    error: arb
    exponent: int


def core(crossing: Crossing) -> Core:
    """The core of W'W, shape (d', d), from what is known of W' and of W."""
    (write, read), (turned, slip, _) = crossing.near, crossing.core
    top, top_next = ball(float(write.s[0])), ball(float(read.s[0]))
    matrix = read.s[:, None] * turned * write.s
    rounded = ball(3 * U) * frobenius(matrix) * (1 + ball(4 * U)) + ball(4 * ETA) * matrix.size
    error = top * top_next * slip + rounded + _layers(write, read)
    return Core(matrix, error, read.exponent + write.exponent)


def _layers(write: NearSVD, read: NearSVD) -> arb:
    """‖W'W − Ū'S'V̄'ᵀŪSV̄ᵀ‖₂, both layers scaled."""
    top, top_next = ball(float(write.s[0])), ball(float(read.s[0]))
    return ball(read.error) * (top + ball(write.error)) + top_next * ball(write.error)


def core_sigma(read: NearSVD, write: NearSVD) -> tuple[Array, Array]:
    """Lower and upper bounds of min(d, d') singular values of W'W, decreasing; all others are 0."""
    found = core(Crossing.of(write, read))
    unit = Unit.of(found.matrix)
    if not found.error * arb(2) ** -unit.exponent < 1:
        # A product far smaller than its factors is known no better for being scaled up.
        unit = Unit(found.matrix, 0, 0.0, frobenius_squared(found.matrix))
    near = near_svd(unit)
    moved = above(ball(near.error) + found.error * arb(2) ** -unit.exponent)
    return replace(near, error=moved, exponent=unit.exponent + found.exponent).sigma()


def core_norm(crossing: Crossing) -> arb:
    """A ball around ‖W'W‖₂; wide where that is far below ‖W'‖₂‖W‖₂."""
    (write, read), found = crossing.near, crossing.weighted
    # An entry rounds twice, or is flushed.
    matrix = found.own[:, None] * found.gram * found.own
    rounded = ball(4 * U) * frobenius(matrix) + ball(4 * ETA) * matrix.size
    square = gram_norm(matrix, ball(float(found.own[0])) ** 2 * found.error + rounded)
    size = (root(square) + error_ball(_layers(write, read))).max(arb(0))
    return size * arb(2) ** (read.exponent + write.exponent)


def is_narrow(outer: int, inner: int, outer_next: int) -> bool:
    """Whether W and W', of shapes (inner, outer) and (outer_next, inner), are so narrow that the core is the cheap way.

    >>> is_narrow(100, 50, 120), is_narrow(100, 51, 120)
    (True, False)
    """
    return 2 * inner <= min(outer, outer_next)
