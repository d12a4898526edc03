r"""A matrix that is proved to be close to one whose singular value decomposition is known exactly.

**Lemma.** Let A be m × n, m >= n, and let matrices V (n × n), U (m × n) and numbers s_1 >= … >= s_n >= 0 satisfy

.. math:: \|AV-US\|_2\le e,\quad\|U^TU-I\|_2\le f<1,\quad\|V^TV-I\|_2\le h<1,\qquad S=\mathrm{diag}(s).

Then there are matrices Ū and V̄ with exactly orthonormal columns such that, with π(x) = x / (1 + √(1 - x)),

.. math:: \|A-\bar US\bar V^T\|_2\le\varepsilon=\frac{e+s_1(\pi(f)+\pi(h))}{1-\pi(h)},\qquad
   \|U-\bar U\|_2\le\pi(f),\quad\|V-\bar V\|_2\le\pi(h).

*Proof.* Take the polar factors: with UᵀU = I + F let Ū = U(I+F)^{-1/2}, so U - Ū = Ū((I+F)^{1/2} - I), and
|√(1+x) - 1| <= |x|/(1+√(1-|x|)); the same for V̄, which is square and thus orthogonal. From
AV̄ - ŪS = (AV - US) + A(V̄ - V) + (U - Ū)S and A = ŪSV̄ᵀ + Ẽ, ‖A‖ <= s_1 + ‖Ẽ‖:
‖Ẽ‖ <= e + (s_1 + ‖Ẽ‖)π(h) + s_1π(f).  □

In the Frobenius norm likewise, ‖Ẽ‖_F <= e_F + π(h)‖A‖_F + π(f)‖S‖_F for ‖AV - US‖_F <= e_F: Ẽ V̄ is the sum above.

*Consequences.* |σ_k(A) - s_k| <= ε for every k (Weyl). For the leading subspaces at k, both left and right,
sin Θ <= ε/(s_k - s_{k+1} - ε) when that is positive (Wedin: the gap between the s_i, i <= k, and the σ_j(A), j > k).

V comes from an eigensolver and U from normalized columns of AV; nothing is assumed of either.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import scipy.linalg
from flint import arb

from certify.checker.arithmetic.rounding import (
    ETA,
    Array,
    U,
    above,
    absolute_norm,
    ball,
    below,
    gamma,
    gram,
    product,
    roundings,
)
from certify.checker.arithmetic.scaled_matrix import Unit, frobenius
from certify.errors import InternalError

__all__ = ["NearSVD", "near_svd"]


def _polar_distance(f: float) -> float:
    """Upper bound of π(f) = f / (1 + √(1 − f)); infinite unless f < 1."""
    if not f < 1:
        return math.inf
    x = ball(f)
    return above(x / (1 + (1 - x).sqrt()))


@dataclass(frozen=True)
class NearSVD:
    """The lemma's data for a matrix of the given shape, scaled by 2^-exponent, both sides in the given orientation.

    ``left`` (rows × d) and ``right`` (columns × d) are within ``left_distance`` and ``right_distance`` of orthonormal
    matrices, s decreases, and the scaled matrix is within ``error`` of left·diag(s)·rightᵀ with those, and within
    ``spread`` in the Frobenius norm.
    """

    shape: tuple[int, int]
    exponent: int
    s: Array
    error: float
    spread: float
    left: Array
    right: Array
    left_distance: float
    right_distance: float

    @property
    def d(self) -> int:
        """The number of singular values, the smaller side of the matrix."""
        return min(self.shape)

    def sigma(self) -> tuple[Array, Array]:
        """Lower and upper bounds of all singular values of the unscaled matrix, decreasing, by Weyl."""
        lower = np.maximum(np.nextafter(self.s - self.error, -np.inf), 0.0)
        upper = np.nextafter(self.s + self.error, np.inf)
        # A step outward covers the rounding of a subnormal result; elsewhere ldexp is exact or overflows to inf.
        with np.errstate(over="ignore", under="ignore"):
            low = np.nextafter(np.ldexp(lower, self.exponent), 0.0)
            high = np.nextafter(np.ldexp(upper, self.exponent), np.inf)
        return np.where(np.isfinite(low), low, np.finfo(np.float64).max), high

    def sin_theta(self, k: int) -> float:
        """Upper bound of sin Θ between the leading k singular subspaces and the spans of the exact bases; at most 1.

        The whole space (k rows or columns) has angle 0; the caller knows which side it asks about and whether k = d is
        the whole space there.
        """
        s_k = ball(float(self.s[k - 1]))
        beyond = ball(float(self.s[k])) if k < self.d else arb(0)
        gap = s_k - beyond - ball(self.error)
        return min(1.0, above(ball(self.error) / gap)) if below(gap) > 0 else 1.0


def near_svd(a: Unit, room: float = 0.0) -> NearSVD:
    """Enclose all singular values and leading subspaces.

    Parameters
    ----------
    a : the matrix.
    room : how far ‖UᵀU − I‖ may be from 0 before more work is done; at least what rounding makes of it.

    Normally one eigendecomposition of the smaller Gram matrix and three products; where small singular values make
    the columns of AV lean on each other, an ordinary singular value decomposition instead.
    """
    tall = a.matrix.shape[0] >= a.matrix.shape[1]
    work = a.matrix if tall else a.matrix.T
    room = max(room, 2 * max(work.size, 256) * U)
    u, s, v, f, h, e, slip = _from_gram(work, room) or _from_svd(work)
    g, h = _polar_distance(f), _polar_distance(h)
    if not (g < 1 and h < 1):
        raise InternalError("the singular vectors of LAPACK are not orthonormal", hint="another LAPACK")
    # Rounding of the product AV in the Frobenius norm; the rest of e has rank d at most.
    rounded = ball(gamma(roundings(work.shape[1]))) * (1 + ball(h)) + ball(8 * ETA * work.size)
    spread = (rounded + ball(e)) * arb(s.size).sqrt() + ball(a.lost) * (1 + ball(h))
    spread += ball(h) + ball(g) * frobenius(s) * 2
    total = ball(e) + ball(slip) + ball(a.lost) * (1 + ball(h)) + ball(float(s[0])) * (ball(g) + ball(h))
    error = above(total / (1 - ball(h)))
    left, right, left_distance, right_distance = (u, v, g, h) if tall else (v, u, h, g)
    return NearSVD(a.matrix.shape, a.exponent, s, error, above(spread), left, right, left_distance, right_distance)


_Factors: TypeAlias = tuple[Array, Array, Array, float, float, float, float]
"""u, s, v, then bounds of ‖uᵀu − I‖, ‖vᵀv − I‖, ‖fl(av) − u diag(s)‖ and ‖fl(av) − av‖."""


def _from_gram(work: Array, room: float) -> _Factors | None:
    """Vectors from the Gram matrix and normalized columns of AV; nothing if those lean on each other by ``room``.

    Columns that belong to small singular values inherit components of relative size u s_1 / s_k along the leading
    ones, which comes to about 10√d u s_1 / s_k in ‖UᵀU − I‖. They are few as a rule and are separated again.
    """
    _, v = scipy.linalg.eigh((work.T @ work).T, driver="evd", check_finite=False, overwrite_a=True)
    v = v[:, ::-1]
    image, slip = product(work, v)
    s = np.sqrt(np.einsum("ij,ij->j", image, image))
    if not 0 < s[0] < 2:
        return None
    order = np.argsort(-s, kind="stable")
    if not np.array_equal(order, np.arange(order.size)):
        image, s, v = image[:, order], s[order], v[:, order]
    short = s < 12 * math.sqrt(s.size) * U / room * s[0]
    kept = s.size - int(np.count_nonzero(short))
    u = np.divide(image, np.where(short, 1.0, s), out=image)
    # A quotient errs by u relative or η absolute, and s < 2; the columns of u have lengths below 2.
    e = ball(U) * ball(float(s[0])) * arb(s.size).sqrt() * 2 + ball(4 * ETA) * arb(u.size).sqrt()
    if kept < s.size:
        rest, tail_slip = _separate(work, u, s, v, kept)
        e += rest + ball(tail_slip)
    f = _defect(u)
    if not f < room:
        return None
    return u, s, v, f, _defect(v), above(e), slip


def _separate(work: Array, u: Array, s: Array, v: Array, kept: int) -> tuple[arb, float]:
    """Replace columns ``kept``, … of u, s, v by singular vectors of A on the trailing span of v, away from the
    leading columns of u; bounds of ``‖fl(A v') − u' diag(s')‖₂`` and ``‖fl(A v') − A v'‖₂`` for the new columns."""
    head = u[:, :kept]
    tail = u[:, kept:] - head @ (head.T @ u[:, kept:])
    turned, _, turn = scipy.linalg.svd(tail, full_matrices=False, check_finite=False)
    turned = scipy.linalg.qr(turned - head @ (head.T @ turned), mode="economic", check_finite=False)[0]
    v[:, kept:] = v[:, kept:] @ turn.T
    image, slip = product(work, v[:, kept:])
    lengths = np.einsum("ij,ij->j", turned, image)
    turned *= np.where(lengths < 0, -1.0, 1.0)
    order = np.argsort(-np.abs(lengths), kind="stable")
    u[:, kept:], s[kept:] = np.take(turned, order, axis=1), np.minimum(np.abs(lengths[order]), s[kept - 1])
    v[:, kept:] = np.take(v[:, kept:], order, axis=1)
    return _residual(np.take(image, order, axis=1), u[:, kept:], s[kept:]), slip


def _residual(image: Array, u: Array, s: Array) -> arb:
    """A bound of ``‖image − u diag(s)‖₂``; the columns of u are no longer than 2.

    Two roundings an entry: |fl(p - fl(us)) - (p - us)| <= u|us|(1 + u) + u|rest| + 2η.
    """
    rest = image - u * s
    size, root = ball(absolute_norm(rest)), arb(s.size).sqrt()
    return size + 2 * ball(U) * root * (2 * ball(float(s.max(initial=0.0))) + size) + ball(2 * ETA) * arb(u.size).sqrt()


def _from_svd(work: Array) -> _Factors:
    """Vectors from LAPACK's singular value decomposition, with an explicit residual."""
    u, s, vt = scipy.linalg.svd(work, full_matrices=False, check_finite=False)
    v = vt.T
    image, slip = product(work, v)
    return u, s, v, _defect(u), _defect(v), above(_residual(image, u, s)), slip


def _defect(u: Array) -> float:
    """Upper bound of ``‖uᵀu − I‖₂``; infinite when an entry is above 2 or not finite."""
    if not float(np.abs(u).max(initial=0.0)) <= 2:
        return math.inf
    near, slip = gram(u)
    # Subtracting 1 is exact in [1/2, 2] and rounds once elsewhere.
    near[np.diag_indices_from(near)] -= 1.0
    size = absolute_norm(near)
    # Columns of small singular values lean on all others: their sums of magnitudes are far above their lengths.
    if size < 1:
        size = min(size, above(frobenius(near)))
    return above(ball(size) * (1 + 4 * ball(U)) + ball(slip))
