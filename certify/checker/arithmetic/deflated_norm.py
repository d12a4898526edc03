r"""The spectral norm of a matrix in which few singular values outweigh all others, by products with few columns.

Let Q̄ have orthonormal columns, ‖YQ̄‖₂² <= a, ‖Y‖_F² − ‖YQ̄‖_F² <= t and ‖YᵀYQ̄ − Q̄Θ‖₂ <= r for any matrix Θ. Then

.. math:: \|Y\|_2^2\le\frac{a+t}2+\sqrt{\Bigl(\frac{a-t}2\Bigr)^2+r^2}.

*Proof.* With P = Q̄Q̄ᵀ, ‖Y(1−P)‖₂² <= ‖Y(1−P)‖_F² <= t and ‖(1−P)YᵀYQ̄‖ = ‖(1−P)(YᵀYQ̄ − Q̄Θ)‖ <= r. For a unit vector
Q̄x + z, z ⊥ Q̄: ‖Y(Q̄x + z)‖² <= a|x|² + 2r|x||z| + t|z|², a quadratic form whose larger eigenvalue is the bound.  □

Q̄ is the polar factor of a float matrix Q with ‖QᵀQ − I‖_F <= δ, so that ‖Q − Q̄‖_F <= δ. Nothing else is assumed of Q.
The bound increases in a, t and r. Below, ‖Y‖₂ >= ‖Yq‖/|q| for a column q of Q.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg
from flint import arb

from certify.checker.arithmetic.near_decomposition import defect
from certify.checker.arithmetic.rounding import ETA, Array, U, above, absolute_norm, ball, gram, product
from certify.checker.arithmetic.scaled_matrix import frobenius, root

__all__ = ["Deflation", "deflated_norm", "deflation", "ends", "leading"]

_COLUMNS, _HEAD, _STEPS = 32, 8, 6
_CLOSE = 2.0**-36
"""Wider balls, relatively, are not given."""


def deflated_norm(work: Array, mass: arb) -> arb | None:
    """A ball around ‖Y‖₂, or nothing where many singular values weigh too much.

    Parameters
    ----------
    work : Y, with at least as many rows as columns and norm below 1, not zero.
    mass : a ball around ‖Y‖_F².
    """
    q = leading(work, float(mass.mid()))
    if q is None:
        return None
    low, high = ends(work, mass, q)
    return low.union(high) if above(high - low) < _CLOSE * above(high) else None


def leading(work: Array, mass: float) -> Array | None:
    """Approximate leading right singular vectors; nothing where the rest seems to outweigh them."""
    n = work.shape[1]
    head = max(1, min(_HEAD, n // 8))
    lengths = np.einsum("ij,ij->j", work, work)
    q = work.T @ work[:, np.argsort(-lengths, kind="stable")[:_COLUMNS]]
    for step in range(_STEPS):
        q = scipy.linalg.qr(q, mode="economic", check_finite=False)[0]
        image = work @ q
        squares, turn = scipy.linalg.eigh(image.T @ image, check_finite=False)
        squares, q = squares[::-1], q @ turn[:, ::-1]
        if not mass - float(np.sum(squares[:head])) < 0.9 * squares[0]:
            return None
        following = squares[head:]
        # Every step shrinks what is off in the head by the ratio of squares at the least.
        if not following.size or (float(following[-1]) / float(squares[head - 1])) ** (step + 1) < 2.0**-24:
            break
        if step < _STEPS - 1:
            q = work.T @ (image @ turn[:, ::-1])
    return np.ascontiguousarray(q[:, :head])


def ends(work: Array, mass: arb, q: Array) -> tuple[arb, arb]:
    """Numbers that ‖Y‖₂ is not below and not above, from any columns."""
    image, slip = product(work, q)
    back, back_slip = product(work.T, image)
    found = deflation(q, image, ball(slip), back, ball(back_slip), root(mass).upper())
    return found.ends((mass - (frobenius(image) - found.off).max(arb(0)) ** 2).max(arb(0)))


def deflation(q: Array, image: Array, slip: arb, back: Array, back_slip: arb, whole: arb) -> Deflation:
    """From products with bounds of their errors."""
    turned = ball(defect(q).frobenius)
    return Deflation(q, image, slip, back, back_slip, whole, turned, slip * arb(q.shape[1]).sqrt() + whole * turned)


@dataclass(frozen=True, slots=True)
class Deflation:
    """Columns Q, their images fl(YQ), and fl(Yᵀ·) of these.

    slip, back_slip : bounds of the spectral norms of the errors of both.
    whole : an upper bound of ‖Y‖₂.
    turned : of ‖Q − Q̄‖_F.
    off : of ‖YQ̄ − fl(YQ)‖_F.
    """

    q: Array
    image: Array
    slip: arb
    back: Array
    back_slip: arb
    whole: arb
    turned: arb
    off: arb

    def ends(self, t: arb) -> tuple[arb, arb]:
        """Numbers that ‖Y‖₂ is not below and not above, for ‖Y(1 − P)‖₂² <= t."""
        q, image = self.q, self.image
        squares, square_slip = gram(image)
        a = ((ball(absolute_norm(squares)) + ball(square_slip)).sqrt() + self.off) ** 2
        theta = np.einsum("ij,ij->j", image, image)
        rest = self.back - q * theta
        # The difference rounds twice an entry, and the columns of q are no longer than 2.
        r = frobenius(rest) * (1 + ball(4 * U)) + ball(8 * U) * frobenius(theta) + ball(4 * ETA) * rest.size
        r += self.back_slip * arb(q.shape[1]).sqrt() + self.whole * self.off + ball(float(theta.max())) * self.turned
        a, t, r = (x.upper() for x in (a, t, r))
        high = ((a + t) / 2 + (((a - t) / 2) ** 2 + r * r).sqrt()).sqrt()
        low = ((frobenius(image[:, 0]) - self.slip) / frobenius(q[:, 0])).lower().max(arb(0))
        return low, high
