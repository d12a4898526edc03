r"""All singular values of a float matrix that decay far, from two eigenproblems of Gram matrices instead of an SVD.

V are approximate eigenvectors of MᵀM, B = [B₁, B₂] ≈ MV with B₁ the columns that are not much shorter than the first,
s their lengths, and B₁ = U diag(s) + R. The Gram matrix says little of what is in span B₂, but B₂ itself is small.
With Ū the polar factor of U and B₂' = (I − ŪŪᵀ)B₂, the singular values of [Ū diag(s), B₂'] are s and those of B₂', and

    ‖MV − [Ū diag(s), B₂']‖ ≤ ‖MV − B‖ + ‖R‖ + ‖(U − Ū) diag(s)‖ + c,    ‖B₂ − B₂'‖ ≤ c,    c = ‖ŪᵀB₂‖:            (14)

every singular value moves by at most that (Weyl), and by factors √(1 ± ‖VᵀV − I‖) from MV to M (A. M. Ostrowski, 1959).
‖(U − Ū) diag(s)‖_F ≤ ‖H diag(s)‖_F/(1 + √(1−a)) with H = UᵀU − I, ‖H‖ ≤ a (`certify.linalg.cores.near`), and c is at
most ‖UᵀB₂‖_F + ‖U − Ū‖_F‖B₂‖_F.
"""

from __future__ import annotations

import flint
import numpy as np

from certify.linalg.cores.scalars import EPS, ONE, TINY, frobenius_up, product_error, times, up
from certify.linalg.cores.tridiagonal import tridiagonal_values
from certify.linalg.matrix import scale
from certify.linalg.svd import svd
from certify.linalg.svd_factor import defect, product
from certify.rigor.rounding import ETA, FloatArray, add_down, add_up, div_down, div_up, sqrt_down, sqrt_up, sub_down

__all__ = ["decaying_values", "within"]

_SHORT = 2.0**-13
"""Columns this much shorter than the first are decomposed again: uκ² = 2^-27 of the others is small."""


def within(m: FloatArray, radius: float) -> tuple[FloatArray, FloatArray] | None:
    """Bounds of the singular values, decreasing, of every matrix within ``radius`` (Frobenius) of m, of any scale.

    None where nothing was proved.
    """
    scaled = scale(np.ascontiguousarray(m if m.shape[0] >= m.shape[1] else m.T))
    e = scaled.exponent
    off = up(flint.arb(radius) * flint.arb(2) ** -e + flint.arb(scaled.loss))
    found = decaying_values(scaled.matrix, off)
    if found is None:
        return None
    low, high = found
    # What underflows on the way back is 0 below, and more by a unit above.
    return np.ldexp(np.where(low < 2.0**-900, 0.0, low), e), add_up(np.ldexp(high, e), ETA)


@np.errstate(all="ignore")
def decaying_values(m: FloatArray, radius: float) -> tuple[FloatArray, FloatArray] | None:
    """Bounds of the singular values of every matrix within ``radius`` (Frobenius) of m by (14), entries at most 1.

    m has at least as many rows as columns. Decreasing; None where nothing was proved.

    >>> low, high = decaying_values(np.array([[0.5, 0.0], [0.0, 1e-9]]), 0.0)
    >>> bool(low[1] <= 1e-9 <= high[1] and high[1] - low[1] < 1e-12)
    True
    """
    try:
        v = np.linalg.eigh(-(m.T @ m))[1]
    except np.linalg.LinAlgError:
        return None
    if not np.max(np.abs(v)) <= 2:
        return None
    whole = product(m, v, tight=False)
    s = np.sqrt(np.einsum("ij,ij->j", whole.b, whole.b))
    long = s > _SHORT * s[0]
    kept = int(np.argmin(long)) if not np.all(long) else s.size
    right = defect(v, tight=False).norm()
    if not (kept and s[0] > 2.0**-300 and right < 0.5):
        return None
    s, first, second = s[:kept], whole.b[:, :kept], np.ascontiguousarray(whole.b[:, kept:])
    split = _split(first, s, second)
    rest = _rest(second, radius)
    if split is None or rest is None:
        return None
    apart, moved = split
    low = np.sort(np.concatenate([s, np.maximum(sub_down(rest[0], apart), 0.0)]))[::-1]
    high = np.sort(np.concatenate([s, add_up(rest[1], apart)]))[::-1]
    off = add_up(whole.norm, add_up(moved, apart))
    low = div_down(np.maximum(sub_down(low, off), 0.0), sqrt_up(add_up(1.0, right)))
    high = div_up(add_up(high, off), sqrt_down(sub_down(1.0, right)))
    if not np.all(np.isfinite(high)):
        return None
    return np.maximum(add_down(low, -radius), 0.0), add_up(high, radius)


def _split(first: FloatArray, s: FloatArray, second: FloatArray) -> tuple[float, float] | None:
    """Bounds of c, and of ‖R‖_F + ‖(U − Ū) diag(s)‖_F, for B₁ = ``first`` and B₂ = ``second``.

    U = fl(B₁/s), so that |R| ≤ u|B₁| and what underflows, at most 2 ETA (s + 1) an entry.
    """
    u = first / s
    left = defect(u, tight=False)
    a = left.norm()
    if not a < 0.5:
        return None
    lean = 1 + (ONE - flint.arb(a)).sqrt()
    cross, gamma = times(u.T, second)
    size, small = frobenius_up(u), frobenius_up(second)
    apart = frobenius_up(cross) + product_error(gamma, first.shape[0], size, small, cross.size)
    apart += flint.arb(left.frobenius()) / lean * small
    rounding = 2 * EPS * frobenius_up(first) + 2 * first.size * TINY * (1 + flint.arb(float(s[0])))
    return up(apart), up(rounding + flint.arb(left.frobenius(s)) / lean)


def _rest(second: FloatArray, radius: float) -> tuple[FloatArray, FloatArray] | None:
    """Bounds of the singular values of B₂, to about ``radius``."""
    if not second.size or not np.any(second):
        return np.zeros(second.shape[1]), np.zeros(second.shape[1])
    scaled = scale(second)
    found = None
    if second.shape[1] > 1:
        found = tridiagonal_values(scaled.matrix, scaled.loss, up(flint.arb(radius) * flint.arb(2) ** -scaled.exponent))
    if found is None:
        factored = svd(second, "fast")
        return factored.lower, factored.upper
    low, high = found
    return np.ldexp(np.where(low < 2.0**-900, 0.0, low), scaled.exponent), add_up(np.ldexp(high, scaled.exponent), ETA)
