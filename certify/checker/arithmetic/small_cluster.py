r"""The r smallest singular values of a matrix relatively, when the others are larger by a gap.

A is m × n, m ≥ n, [Q₁ Q₂] orthogonal, Q₂ a basis of the columns of W, B₁ = AQ₁, B₂ = AQ₂, and θ_1 ≥ … ≥ θ_r the
singular values of B₂, at most b. Of s ≤ σ_{n−r}(A) let s₁² = s² − b² ≥ b². Unit vectors x of the span of Q₁ have ‖Ax‖
≥ s₁: on the r + 1 dimensions of x and W no ‖Ay‖² is above ‖Ax‖² + b², and by minimax one is s² at least. Let K =
B₁⁺B₂, C = B₂ − B₁K. Then [B₁ B₂] = [B₁ C]·[[I, K], [0, I]], whose factor and its inverse have norms of at most τ = (κ
+ √(κ² + 4))/2, κ ≥ ‖K‖. As B₁ᵀC = 0, the singular values of [B₁ C] are those of B₁, which are at least s₁ ≥ b, and
those of C. With WᵀW = I + F, ‖F‖ ≤ f < 1, AW = B₂R, D² = diag(WᵀAᵀAW), ‖D⁻¹(AW)ᵀ(AW)D⁻¹ − I‖ ≤ e < 1 and ‖Q₁ᵀAᵀAWD⁻¹‖
≤ ζ: B₂ᵀB₂ − CᵀC = B₂ᵀB₁(B₁ᵀB₁)⁻¹B₁ᵀB₂, so that (CR)ᵀCR ≥ (1 − ρ)(B₂R)ᵀB₂R, ρ = ζ²/((1 − e)s₁²), and κ = ζδ/(s₁²√(1 −
f)) will do, δ ≥ ‖D‖. Hence

.. math:: \tau^{-1}\sqrt{1-\rho}\,\theta_k\le\sigma_{n-r+k}(A)\le\theta_k,\qquad
   \sigma_k(AW)/\sqrt{1+f}\le\theta_k\le\sigma_k(AW)/\sqrt{1-f}.

A and W have whole entries in units of 2^-p, and AW is exact; what A loses by that moves every σ by at most as much.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from flint import arb, fmpz, fmpz_mat

from certify.checker.arithmetic.near_decomposition import NearSVD
from certify.checker.arithmetic.relative_values import Bounds, whole
from certify.checker.arithmetic.rounding import Array, U, ball, product
from certify.checker.arithmetic.scaled_matrix import frobenius

__all__ = ["cluster_bounds"]

_BITS = 130
_STEPS = 4
_REACH = 80
_CUT = 12


def cluster_bounds(a: Array, near: NearSVD, r: int) -> Bounds | None:
    """Bounds of the r smallest singular values, decreasing; None where there is no gap, or a proof fails.

    Parameters
    ----------
    a : finite, not zero; 0 < r < min(a.shape).
    near : its decomposition, from which vectors and a lower bound of the next singular value are taken.
    """
    try:
        return _found(a, near, r)
    except (np.linalg.LinAlgError, OverflowError):
        return None


def _found(a: Array, near: NearSVD, r: int) -> Bounds | None:
    """The same, where LAPACK may fail."""
    tall = a.shape[0] >= a.shape[1]
    work, left, right = (a, near.left, near.right) if tall else (a.T, near.right, near.left)
    m, n = work.shape
    top = int(np.frexp(np.abs(work).max())[1])
    scaled = np.ldexp(work, -top)
    entries, lost = _whole(scaled)
    if not np.array_equal(np.ldexp(scaled, top), work):
        lost += arb(work.size) * arb(2) ** -1074
    matrix = fmpz_mat(m, n, entries)
    kept = np.ldexp(near.s[: n - r], near.exponent - top)
    if not kept[-1] > 0:
        return None
    w = fmpz_mat(n, r, _whole(right[:, n - r :])[0])
    for _ in range(_STEPS):
        image = _shown(matrix * w)
        turn = np.linalg.svd(image, full_matrices=False)[2].T
        step = right[:, : n - r] @ ((left[:, : n - r].T @ image) / kept[:, None])
        w = w - fmpz_mat(n, r, _whole(step)[0])
        w = _shifted(w * fmpz_mat(r, r, _whole(turn)[0]))
    low = ball(float(near.sigma()[0][n - r - 1])) * arb(2) ** -top - lost
    found = _bounds(scaled, lost, matrix * w, w, low)
    unit = arb(2) ** top
    return None if found is None else [((x - lost).max(arb(0)) * unit, (y + lost) * unit) for x, y in found]


def _bounds(a: Array, lost: arb, image: fmpz_mat, w: fmpz_mat, s: arb) -> Bounds | None:
    """Of the matrix of integers, over 2^130."""
    r, unit = w.ncols(), arb(2) ** (-2 * _BITS)
    gram = w.transpose() * w
    f = arb(_squares(x - (fmpz(1) << 2 * _BITS) * (i == j) for i, j, x in _places(gram))).sqrt() * unit
    inner = image.transpose() * image
    squares = [inner[k, k] for k in range(r)]
    if not (f < 1 and min(squares) > 0):
        return None
    leans = [arb(x * x) / (squares[i] * squares[j]) for i, j, x in _places(inner) if i != j]
    e = sum(leans, arb(0)).sqrt()
    size = max(int(x).bit_length() for x in image.entries())
    own = whole(image, size, _REACH, _CUT)
    if own is None or not e < 1:
        return None
    theta = [(x * unit / (1 + f).sqrt(), y * unit / (1 - f).sqrt()) for x, y in own]
    b = theta[0][1]
    rest = s * s - b * b
    if not (s > 0 and rest > b * b):
        return None
    zeta = _coupling(a, lost, image, w, squares, f)
    rho = zeta * zeta / ((1 - e) * rest)
    delta = arb(max(squares)).sqrt() * unit * arb(r).sqrt()
    kappa = zeta * delta / (rest * (1 - f).sqrt())
    tau = (kappa + (kappa * kappa + 4).sqrt()) / 2
    return [(x * (1 - rho).sqrt() / tau, y) for x, y in theta] if rho < 1 else None


def _coupling(a: Array, lost: arb, image: fmpz_mat, w: fmpz_mat, squares: list[fmpz], f: arb) -> arb:
    """ζ, from plain products with X near AWD⁻¹, Y near W and any M: Q₁ᵀAᵀAWD⁻¹ = Q₁ᵀ(AᵀAWD⁻¹ − WM)."""
    r, unit = w.ncols(), 2.0**-_BITS
    lengths = np.array([float(arb(x).sqrt().mid()) for x in squares])
    x = np.array([float(int(y)) for y in image.entries()]).reshape(image.nrows(), r) / lengths
    y = np.array([float(int(z)) for z in w.entries()]).reshape(w.nrows(), r) * unit
    g, slip = product(np.asfortranarray(a.T), x)
    part = y.T @ g
    back, again = product(y, part)
    rest = g - back
    near, root, norm = ball(8 * U), arb(r).sqrt(), frobenius(a)
    # Lengths, entries and quotients are rounded: 8U of X, whose exact columns have length 1, and of Y.
    moved = near * root * (norm + lost) + lost * root * (1 + near)
    return (
        frobenius(rest) * (1 + near) + ball(slip) + ball(again) + moved + near * root * (1 + f).sqrt() * frobenius(part)
    )


def _places(x: fmpz_mat) -> Iterator[tuple[int, int, fmpz]]:
    for i, row in enumerate(x.tolist()):
        for j, y in enumerate(row):
            yield i, j, y


def _squares(entries: Iterable[fmpz]) -> fmpz:
    return sum((x * x for x in entries), fmpz(0))


def _whole(x: Array) -> tuple[list[int], arb]:
    """Entries in units of 2^-130 and how far off they are together; those of magnitude 1 at most are cut by 2^-130."""
    mantissa, exponent = np.frexp(x.ravel())
    digits = np.ldexp(mantissa, 53).astype(np.int64).tolist()
    shifts = (exponent + (_BITS - 53)).tolist()
    found = [d << s if s >= 0 else d >> min(-s, 64) for d, s in zip(digits, shifts, strict=True)]
    cut = any(s < 0 and d & ((1 << min(-s, 64)) - 1) for d, s in zip(digits, shifts, strict=True))
    return found, arb(x.size).sqrt() * arb(2) ** -_BITS if cut else arb(0)


def _shown(x: fmpz_mat) -> Array:
    """About 2^-260 x."""
    return np.ldexp(np.array([float(int(y)) for y in x.entries()]).reshape(x.nrows(), x.ncols()), -2 * _BITS)


def _shifted(x: fmpz_mat) -> fmpz_mat:
    return fmpz_mat(x.nrows(), x.ncols(), [y >> _BITS for y in x.entries()])
