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

In the Frobenius norm likewise: Ẽ V̄ is the sum above, so that for ‖AV - US‖_F <= e_F, ‖U - Ū‖_F <= p_F, ‖V - V̄‖_F <= q_F

.. math:: \|\tilde E\|_F\le e_F+\min(\pi(h)\|A\|_F,q_F\|A\|_2)+\min(\pi(f)\|S\|_F,p_Fs_1),

where ‖A‖₂ <= s_1 + ε, and p_F = ‖UᵀU - I‖_F/(1+√(1-f)) because the polar factor moves U by Ū((I+F)^{1/2} - I).

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

__all__ = ["NearSVD", "defect", "near_svd"]


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
    matrices, in the Frobenius norm within ``left_spread`` and ``right_spread``, s decreases, and the scaled matrix is
    within ``error`` of left·diag(s)·rightᵀ with those, and within ``spread`` in the Frobenius norm. ``columns`` bound
    the lengths of the columns of AV − US of the lemma, in which A is the scaled matrix or, where that is wide, its
    transpose.
    """

    shape: tuple[int, int]
    exponent: int
    s: Array
    error: float
    spread: float
    columns: Array
    left: Array
    right: Array
    left_distance: float
    right_distance: float
    left_spread: float
    right_spread: float

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


def near_svd(a: Unit, room: float = 0.0, proposed: Array | None = None) -> NearSVD:
    """Enclose all singular values and leading subspaces.

    Parameters
    ----------
    a : the matrix.
    room : how far ‖UᵀU − I‖ may be from 0 before more work is done; at least what rounding makes of it.
    proposed : columns that may be right singular vectors of a tall matrix, where some are at hand.

    Normally one eigendecomposition of the smaller Gram matrix and three products; where small singular values make
    the columns of AV lean on each other, an ordinary singular value decomposition instead.
    """
    tall = a.matrix.shape[0] >= a.matrix.shape[1]
    work = a.matrix if tall else a.matrix.T
    room = max(room, 2 * max(work.size, 256) * U)
    u, s, v, f, h, e, slip, columns = _from_gram(work, room, proposed) or _from_svd(work)
    g_spread, h_spread = f.spread, h.spread
    g, h = f.distance, h.distance
    if not (g < 1 and h < 1):
        raise InternalError("the singular vectors of LAPACK are not orthonormal", hint="another LAPACK")
    # Rounding of the product AV in the Frobenius norm; the rest of e has rank d at most.
    rounded = ball(gamma(roundings(work.shape[1]))) * (1 + ball(h)) + ball(8 * ETA * work.size)
    total = ball(e) + ball(slip) + ball(a.lost) * (1 + ball(h)) + ball(float(s[0])) * (ball(g) + ball(h))
    error = above(total / (1 - ball(h)))
    spread = (rounded + ball(e)) * arb(s.size).sqrt() + ball(a.lost) * (1 + ball(h))
    # ‖A‖_F is below 1 but for what was lost.
    spread += ((1 + ball(a.lost)) * ball(h)).min((ball(float(s[0])) + ball(error)) * ball(h_spread))
    spread += (ball(g) * frobenius(s)).min(ball(g_spread) * ball(float(s[0])))
    # A column of AV rounds by γ‖|A||v|‖, and that is at most γ‖A‖_F‖v‖.
    columns = (columns + above(rounded + ball(a.lost) * (1 + ball(h)))) * (1.0 + 2.0**-40)
    distances = (g, h, g_spread, h_spread) if tall else (h, g, h_spread, g_spread)
    left, right = (u, v) if tall else (v, u)
    return NearSVD(a.matrix.shape, a.exponent, s, error, above(spread), columns, left, right, *distances)


@dataclass(frozen=True, slots=True)
class Defect:
    """Upper bounds of ``‖uᵀu − I‖`` in the spectral and in the Frobenius norm; infinite where nothing is known."""

    spectral: float
    frobenius: float

    @property
    def distance(self) -> float:
        """How far u is from its polar factor; infinite unless the defect is below 1."""
        return _polar_distance(self.spectral)

    @property
    def spread(self) -> float:
        """The same in the Frobenius norm."""
        if not self.spectral < 1:
            return math.inf
        return above(ball(self.frobenius) / (1 + (1 - ball(self.spectral)).sqrt()))


_Factors: TypeAlias = tuple[Array, Array, Array, Defect, Defect, float, float, Array]
"""u, s, v, then the defects of u and v, and bounds of ‖fl(av) − u diag(s)‖, ‖fl(av) − av‖ and of the lengths of the
columns of fl(av) − u diag(s)."""


def _from_gram(work: Array, room: float, proposed: Array | None = None) -> _Factors | None:
    """Vectors from the Gram matrix and normalized columns of AV; nothing if those lean on each other by ``room``.

    Columns that belong to small singular values inherit components of relative size u s_1 / s_k along the leading
    ones, which comes to about 10√d u s_1 / s_k in ‖UᵀU − I‖. They are few as a rule and are separated again. Where more
    are small the eigenvectors of these mix by about u (s_1 / s_k)²; then all for which that is too much are separated.
    """
    v = _eigenvectors(work) if proposed is None else proposed
    # Whatever they are, the lengths of their images are put in order.
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
    base = ball(U) * ball(float(s[0])) * arb(s.size).sqrt() * 2 + ball(4 * ETA) * arb(u.size).sqrt()
    mixing, divided = U * float(s[0] / s[max(kept, 1) - 1]) ** 2, kept
    limit = math.sqrt(24 * U / room) * float(s[0])
    for cut in (0.0, limit) if mixing < 8 * room else (limit,):
        e, columns = base, s * (4 * U) + 2.0**-500
        kept = min(kept, s.size - int(np.count_nonzero(s < cut)))
        if 2 * kept < s.size and cut > 0:
            return None
        u[:, kept:divided] *= s[kept:divided]
        if kept < s.size:
            rest, tail_slip, columns[kept:] = _separate(work, u, s, v, kept)
            e, divided = e + rest + ball(tail_slip), s.size
        f = defect(u)
        if f.spectral < room:
            return u, s, v, f, defect(v), above(e), slip, columns
    return None


def _eigenvectors(work: Array) -> Array:
    _, v = scipy.linalg.eigh((work.T @ work).T, driver="evd", check_finite=False, overwrite_a=True)
    # BLAS reads no array backwards.
    return np.asfortranarray(v[:, ::-1])


def _separate(work: Array, u: Array, s: Array, v: Array, kept: int) -> tuple[arb, float, Array]:
    """Replace columns ``kept``, … of u, s, v by singular vectors of A on the trailing span of v, away from the
    leading columns of u; bounds of ``‖fl(A v') − u' diag(s')‖₂``, of ``‖fl(A v') − A v'‖₂`` and of the lengths of the
    first one's columns, for the new columns."""
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
    size, columns = _residual(np.take(image, order, axis=1), u[:, kept:], s[kept:])
    return size, slip, columns


def _residual(image: Array, u: Array, s: Array) -> tuple[arb, Array]:
    """Bounds of ``‖image − u diag(s)‖₂`` and of the lengths of its columns; those of u are no longer than 2.

    Two roundings an entry: |fl(p - fl(us)) - (p - us)| <= u|us|(1 + u) + u|rest| + 2η.
    """
    rest = image - u * s
    size, root = ball(absolute_norm(rest)), arb(s.size).sqrt()
    # Squares that underflow are below 2^-1022 each.
    columns = (
        np.sqrt(np.einsum("ij,ij->j", rest, rest)) * (1.0 + 2 * gamma(rest.shape[0] + 8)) + s * (8 * U) + 2.0**-500
    )
    whole = (
        size + 2 * ball(U) * root * (2 * ball(float(s.max(initial=0.0))) + size) + ball(2 * ETA) * arb(u.size).sqrt()
    )
    return whole, columns


def _from_svd(work: Array) -> _Factors:
    """Vectors from LAPACK's singular value decomposition, with an explicit residual."""
    u, s, vt = scipy.linalg.svd(work, full_matrices=False, check_finite=False)
    v = vt.T
    image, slip = product(work, v)
    rest, columns = _residual(image, u, s)
    return u, s, v, defect(u), defect(v), above(rest), slip, columns


def defect(u: Array) -> Defect:
    """Upper bounds of ``uᵀu − I``; infinite when an entry is above 2 or not finite."""
    if not float(np.abs(u).max(initial=0.0)) <= 2:
        return Defect(math.inf, math.inf)
    near, slip = gram(u)
    # Subtracting 1 is exact in [1/2, 2] and rounds once elsewhere.
    near[np.diag_indices_from(near)] -= 1.0
    size, once = absolute_norm(near), 1 + 4 * ball(U)
    if not size < 1:
        return Defect(above(ball(size) * once + ball(slip)), math.inf)
    spread = frobenius(near)
    # Columns of small singular values lean on all others: their sums of magnitudes are far above their lengths.
    spectral = above(ball(size).min(spread) * once + ball(slip))
    # fl(uᵀu) errs by γ‖u‖_F², and a column of u has a square of 1 + ‖uᵀu − I‖ at most.
    m, n = u.shape
    rounded = ball(gamma(roundings(m))) * n * (1 + ball(spectral)) + ball(8 * m * ETA) * n
    whole = above(spread * once + rounded)
    return Defect(min(spectral, whole), whole)
