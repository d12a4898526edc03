r"""Where two layers meet: the product of their singular vectors, and the Gram matrix of its weighted columns.

W = ŪSV̄ᵀ + E writes and W' = Ū'S'V̄'ᵀ + E' reads, in R^n, with the vectors at hand within p of Ū and within q of V̄'
(:mod:`certify.checker.arithmetic.near_decomposition`). The core is C̄ = V̄'ᵀŪ, and for C = fl(V'ᵀU)

.. math:: \|C-\bar C\|_2\le\rho+q+(1+q)p,

with ρ the rounding of the product, because V'ᵀU − C̄ = (V' − V̄')ᵀŪ + V'ᵀ(U − Ū) and ‖V'‖ <= 1 + q. The same holds in the
Frobenius norm with the distances in that norm, and :math:`\rho_F=\gamma\|V'\|_F\|U\|_F+8n\eta\sqrt{dd'}`.

Of both layers let X be the one with fewer vectors, s_x and s_o the singular values of it and of the other one, and
L̄ = S_oC̄ or S_oC̄ᵀ, whose columns belong to X; ‖C̄‖ <= 1, so ‖L̄‖ <= s_o1. A float product of C and S_o rounds once an
entry. With ‖L − L̄‖ <= δ in the spectral or in the Frobenius norm

.. math:: \|L^TL-\bar L^T\bar L\|\le2s_{o1}\delta+\delta^2

in the same norm, and ‖S_o(C − C̄)‖_F <= min(s_o1‖C − C̄‖_F, ‖S_o‖_F‖C − C̄‖₂).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flint import arb

from certify.checker.arithmetic.near_decomposition import NearSVD
from certify.checker.arithmetic.rounding import ETA, Array, U, ball, gamma, gram, product, roundings
from certify.checker.arithmetic.scaled_matrix import frobenius
from certify.checker.tasks import once

__all__ = ["Crossing", "Weighted"]


@dataclass(frozen=True, slots=True)
class Weighted:
    """The Gram matrix fl(LᵀL) within ``error`` of L̄ᵀL̄ in the spectral norm, within ``spread`` in the Frobenius norm.

    ``own`` and ``other`` are s_x and s_o, ``core`` is C or Cᵀ with a row for each of the other layer's vectors, and
    ``complete`` says that X has n vectors.
    """

    gram: Array
    error: arb
    spread: arb
    own: Array
    other: Array
    core: Array
    complete: bool


class Crossing:
    """What an interface takes from both near-decompositions, each part computed when it is first asked for.

    Parameters
    ----------
    decompose : the near-decompositions of W, which writes, and of W', which reads.
    """

    def __init__(self, decompose: Callable[[], tuple[NearSVD, NearSVD]]) -> None:
        self.decompose = decompose

    @classmethod
    def of(cls, write: NearSVD, read: NearSVD) -> Crossing:
        """From what is at hand."""
        return cls(lambda: (write, read))

    @property
    def near(self) -> tuple[NearSVD, NearSVD]:
        """Both near-decompositions."""
        return once(self, "_near", self.decompose)

    @property
    def n(self) -> int:
        """The dimension of the interface."""
        return self.near[0].shape[0]

    @property
    def complete(self) -> tuple[bool, bool]:
        """Whether the vectors of the writer, and those of the reader, span the whole space."""
        write, read = self.near
        return write.d == self.n, read.d == self.n

    @property
    def core(self) -> tuple[Array, arb, arb]:
        """fl(V'ᵀU), of shape (d', d), and bounds of its distance from C̄ in the spectral and in the Frobenius norm."""
        return once(self, "_core", self._make_core)

    def _make_core(self) -> tuple[Array, arb, arb]:
        write, read = self.near
        found, rounding = product(read.right.T, write.left)
        p, q = ball(write.left_distance), ball(read.right_distance)
        # ‖U‖_F and ‖V'‖_F: so many columns, none longer than 1 + p or 1 + q.
        columns = (arb(write.d) * read.d).sqrt()
        rounded = columns * (ball(gamma(roundings(self.n))) * (1 + p) * (1 + q) + ball(8 * self.n * ETA))
        spread = rounded + ball(read.right_spread) + (1 + q) * ball(write.left_spread)
        return found, ball(rounding) + q + (1 + q) * p, spread

    @property
    def weighted(self) -> Weighted:
        """The Gram matrix of the weighted core."""
        return once(self, "_weighted", self._make_weighted)

    def _make_weighted(self) -> Weighted:
        (write, read), (core, slip, spread) = self.near, self.core
        own, other, core = (write.s, read.s, core) if write.d <= read.d else (read.s, write.s, core.T)
        scaled = other[:, None] * core
        found, rounding = gram(scaled)
        top, size = ball(float(other[0])), frobenius(scaled)
        once_rounded = ball(2 * U) * size + ball(2 * ETA) * scaled.size
        delta, wide = top * slip + once_rounded, (top * spread).min(frobenius(other) * slip) + once_rounded
        error = ball(rounding) + 2 * top * delta + delta * delta
        whole = ball(gamma(roundings(other.size))) * size * size + ball(8 * other.size * ETA) * own.size
        whole += 2 * top * wide + wide * wide
        return Weighted(found, error, whole, own, other, core, own.size == self.n)
