r"""‖Y‖₂ for Y = TV'ᵀVR with diagonal T and R, where few entries of R outweigh the others, by products with few columns.

Let J be the places of the largest entries r_j and K the others, c = t_1(1 + q)(1 + q') for ‖V‖ <= 1 + q and
‖V'‖ <= 1 + q', and P = Q̄Q̄ᵀ project onto few columns. With E_J, E_K the columns of the identity, and Y_J = YE_J,

.. math:: \|Y(1-P)\|_2\le\|Y_JE_J^T(1-P)\|_F+\|YE_K\|_2\le\sqrt{\|Y_J\|_F^2-\|Y_JE_J^T\bar Q\|_F^2}+c\max_Kr,

which is what :mod:`certify.checker.arithmetic.deflated_norm` asks, beside YQ and YᵀYQ.

*Products.* An image Y·z is formed as T·(V'ᵀ·(V·(R·z))). Where a step is off by x in the spectral norm, the next
multiplies that by its own norm and adds what it rounds itself: γ of its product, or u an entry for a diagonal matrix.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg
from flint import arb

from certify.checker.arithmetic.deflated_norm import deflation
from certify.checker.arithmetic.rounding import ETA, Array, U, ball, product
from certify.checker.arithmetic.scaled_matrix import frobenius

__all__ = ["Sandwich"]

_HEAD, _COLUMNS, _STEPS = 64, 8, 3


@dataclass(frozen=True, slots=True)
class Sandwich:
    """Y = TV'ᵀVR.

    t, r : the diagonals, not negative, t decreasing and r increasing, at most 1 both but for roundings.
    outer, inner : V' and V, of n columns.
    far, near : bounds of ‖V' − V̄'‖₂ and of ‖V − V̄‖₂ for orthogonal V̄', V̄.
    """

    t: Array
    outer: Array
    inner: Array
    r: Array
    far: arb
    near: arb

    def norm(self) -> arb | None:
        """A ball around ‖Y‖₂; None where the head does not outweigh the rest."""
        columns, slip = self.columns(min(_HEAD, self.r.size // 4))
        q = self._leading(columns, float(self._beyond(columns.shape[1]).mid()))
        if q is None:
            return None
        low, high = self.ends(q, columns, slip)
        return low.union(high)

    def columns(self, head: int) -> tuple[Array, arb]:
        """The columns of Y for so many largest entries of r, and a bound of their error in the spectral norm."""
        first = self.r.size - head
        start = self.inner[:, first:] * self.r[first:]
        return self._outward(start, _rounded(start))

    def _beyond(self, head: int) -> arb:
        """A bound of the spectral norm of all other columns."""
        return self.scale * ball(float(self.r[-head - 1])) if head < self.r.size else arb(0)

    def ends(self, q: Array, columns: Array, columns_slip: arb) -> tuple[arb, arb]:
        """Numbers that ‖Y‖₂ is not below and not above, from any columns q and those of :meth:`columns`."""
        head = columns.shape[1]
        image, slip = self.image(q)
        back, back_slip = self.adjoint(image)
        found = deflation(q, image, slip, back, back_slip, self.whole)
        inside, inside_slip = product(columns, q[self.r.size - head :])
        # ‖YE_J − columns‖_F; Q̄ is no longer than 1 and within ``turned`` of Q.
        off = columns_slip * arb(head).sqrt()
        size = frobenius(columns)
        kept = frobenius(inside) - ball(inside_slip) * arb(q.shape[1]).sqrt() - off - size * found.turned
        lost = ((size + off) ** 2 - kept.max(arb(0)) ** 2).max(arb(0))
        return found.ends((lost.upper().sqrt() + self._beyond(head)) ** 2)

    @property
    def scale(self) -> arb:
        """c, a bound of ‖TV'ᵀV‖₂."""
        return ball(float(self.t[0])) * (1 + self.far) * (1 + self.near)

    @property
    def whole(self) -> arb:
        """A bound of ‖Y‖₂."""
        return self.scale * ball(float(self.r[-1]))

    def image(self, x: Array) -> tuple[Array, arb]:
        """fl(Yx) and a bound of its distance from Yx in the spectral norm."""
        first = self.r[:, None] * x
        second, slip = product(self.inner, first)
        return self._outward(second, (1 + self.near) * _rounded(first) + ball(slip))

    def _outward(self, x: Array, off: arb) -> tuple[Array, arb]:
        """fl(TV'ᵀx), and how far it is from TV'ᵀ times what x is ``off`` from."""
        across, slip = product(self.outer.T, x)
        found = self.t[:, None] * across
        return found, ball(float(self.t[0])) * ((1 + self.far) * off + ball(slip)) + _rounded(found)

    def adjoint(self, x: Array) -> tuple[Array, arb]:
        """The same for Yᵀx."""
        first = self.t[:, None] * x
        second, slip = product(self.outer, first)
        third, last = product(self.inner.T, second)
        found = self.r[:, None] * third
        off = (1 + self.near) * ((1 + self.far) * _rounded(first) + ball(slip)) + ball(last)
        return found, ball(float(self.r[-1])) * off + _rounded(found)

    def _leading(self, columns: Array, beyond: float) -> Array | None:
        """Approximate leading right singular vectors; only the width of the ball depends on them."""
        head, n = columns.shape[1], self.r.size
        squares, turn = scipy.linalg.eigh(columns.T @ columns, check_finite=False)
        some = min(_COLUMNS, head)
        rest = float(np.sum(np.maximum(squares[:-some], 0.0))) ** 0.5 + beyond
        if not rest * rest < 0.8 * squares[-1]:
            return None
        q = np.zeros((n, some))
        q[n - head :] = turn[:, : -some - 1 : -1]
        for _ in range(_STEPS):
            image = self.t[:, None] * (self.outer.T @ (self.inner @ (self.r[:, None] * q)))
            q = self.r[:, None] * (self.inner.T @ (self.outer @ (self.t[:, None] * image)))
            q = scipy.linalg.qr(q, mode="economic", check_finite=False)[0]
        image = self.t[:, None] * (self.outer.T @ (self.inner @ (self.r[:, None] * q)))
        return q @ scipy.linalg.eigh(image.T @ image, check_finite=False)[1][:, ::-1]


def _rounded(x: Array) -> arb:
    """What one multiplication an entry has rounded, or flushed."""
    return ball(2 * U) * frobenius(x) + ball(2 * ETA) * x.size
