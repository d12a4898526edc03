"""Guaranteed norms of matrices.

Rounding of sums: a sum of k non-negative floats formed by a balanced tree passes each term through at most
⌈log₂ k⌉ additions, so with u = U and γ_k = ku/(1 − ku) its relative error is at most γ_⌈log₂ k⌉; every addition may
add one underflow unit ETA. `sum_of_squares` writes that tree out instead of trusting a library's order of summation.
"""

from __future__ import annotations

import math

import numpy as np

from certify.linalg.kernels import times
from certify.rigor.interval import Interval
from certify.rigor.rounding import ETA, FloatArray, U, add_up, div_up, gamma, mul_up, norm_up, sqrt_down, sqrt_up, up

__all__ = ["column_norms_up", "frobenius", "norm2_abs_up", "norm2_symmetric_up", "norm2_up", "sum_of_squares"]

_SWEEPS = 4
_WORTH = 0.9
"""Another sweep is made while the last one improved the bound by a tenth."""
_FLOOR = 2.0**-40


def _tree_sum(x: FloatArray) -> tuple[FloatArray, int]:
    # Sums along the last axis by halving; returns the sums and the depth of the tree.
    depth = 0
    while x.shape[-1] > 1:
        k = x.shape[-1]
        half = k // 2
        paired = x[..., :half] + x[..., half : 2 * half]
        if k % 2:
            paired = np.concatenate([paired, x[..., -1:]], axis=-1)
        x = paired
        depth += 1
    return x[..., 0], depth


def sum_of_squares(a: FloatArray, axis: int | None = None) -> tuple[FloatArray, FloatArray]:
    """Lower and upper bounds of Σ a² along ``axis`` (over all entries by default).

    ``a`` must satisfy max|a| ≤ 2**500; larger entries give infinite upper bounds, never wrong ones.

    With the tree depth h, fl(Σ) = Σ a²(1 + θ) + ε, |θ| ≤ γ_{h+1}, |ε| ≤ 3k ETA (each square and each addition at most
    ETA, amplified by less than 3/2).
    """
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        flat = a.ravel() if axis is None else np.moveaxis(a, axis, -1)
        k = flat.shape[-1]
        total, depth = _tree_sum(np.square(flat))
        g, eta = gamma(depth + 1), 3 * k * ETA
        high = up(mul_up(add_up(total, eta), add_up(1.0, up(2 * g))))
        low = np.maximum(np.nextafter((total - eta) * (1.0 - 2 * g), -np.inf) * (1.0 - 2.0**-50), 0.0)
    # A zero total proves nothing under flush-to-zero, so only exact zeros give an upper bound of zero.
    zero = ~np.any(flat, axis=-1)
    return np.where(zero, 0.0, np.where(np.isfinite(low), low, 0.0)), np.where(zero, 0.0, high)


def frobenius(a: FloatArray) -> Interval:
    """Enclosure of the Frobenius norm of a finite matrix, of any scale; relative width about 1e-14.

    >>> import numpy as np
    >>> float(frobenius(np.array([[3.0, 4.0]])).lo) <= 5.0 <= float(frobenius(np.array([[3.0, 4.0]])).hi)
    True
    """
    largest = float(np.max(np.abs(a), initial=0.0))
    if largest == 0.0:
        return Interval(0.0, 0.0)
    exponent = int(np.frexp(largest)[1])
    low, high = sum_of_squares(np.ldexp(a, -exponent))
    # Entries that became subnormal moved by less than ETA each, and the norm is at least 1/2.
    slack = a.size * ETA
    with np.errstate(over="ignore", under="ignore"):
        lower = np.ldexp(np.nextafter(float(sqrt_down(float(low))) - slack, -np.inf), exponent)
        upper = np.ldexp(add_up(float(sqrt_up(float(high))), slack), exponent)
    lower = min(float(np.nextafter(lower, -np.inf)) if abs(lower) <= ETA else float(lower), np.finfo(np.float64).max)
    return Interval(max(lower, 0.0), float(up(float(upper))) if abs(upper) <= ETA else float(upper))


def column_norms_up(x: FloatArray) -> FloatArray:
    """Upper bounds of the Euclidean norms of the columns, entries at most 2**500 in magnitude.

    One pass in any order of summation over m rows: relative error γ_m of the squares, underflow at most 3m ETA.
    """
    m = x.shape[0]
    squares = np.einsum("ij,ij->j", x, x)
    high = sqrt_up(add_up(mul_up(squares, add_up(1.0, up(2 * gamma(m + 1)))), 3 * m * ETA))
    return np.where(squares > 0, high, np.where(np.any(x, axis=0), high, 0.0)) if not np.all(squares > 0) else high


def _product_up(magnitude: FloatArray, x: FloatArray) -> FloatArray:
    # Upper bound of |M| x for x >= 0, both of moderate size: relative error γ_k, underflow at most 2k ETA before
    # amplification; the factor 1 + 2(γ_k + 2u) absorbs division by 1 − γ_k.
    k = magnitude.shape[1]
    eta = 4 * k * ETA * (1.0 + float(np.max(x)))
    product, rounding = times(magnitude, x)
    return add_up(mul_up(product, add_up(1.0, up(2 * (rounding + 2 * U)))), eta)


def _ratio(numerator: FloatArray, x: FloatArray) -> float:
    return float(np.max(div_up(numerator, x)))


def _positive(x: FloatArray) -> FloatArray:
    top = float(np.max(x))
    if not (0.0 < top < math.inf):
        return np.ones_like(x)
    return np.maximum(x / top, _FLOOR)


def norm2_abs_up(magnitude: FloatArray, weights: FloatArray | None = None) -> float:
    """Upper bound of ‖ |A| diag(w) ‖₂ for a non-negative matrix |A| and weights w ≥ 0 (ones by default).

    Collatz–Wielandt: M = (|A| diag w)ᵀ(|A| diag w) is non-negative, so its spectral radius is at most
    max_i (Mx)_i / x_i for every x > 0 (R. A. Horn, C. R. Johnson, *Matrix Analysis*, thm. 8.1.26). It therefore also
    bounds ‖A diag w‖₂ for every A with that magnitude. Infinite where an entry is not finite.
    """
    n = magnitude.shape[1]
    w = np.ones(n) if weights is None else weights
    transposed = magnitude.T
    x, best = np.ones(n), math.inf
    with np.errstate(all="ignore"):
        for _ in range(_SWEEPS):
            y = _product_up(magnitude, mul_up(w, x))
            z = mul_up(w, _product_up(transposed, y))
            ratio, previous = _ratio(z, x), best
            best = min(best, ratio)
            if not best < _WORTH * previous:
                break
            x = _positive(z)
        return float(sqrt_up(best)) if best < math.inf else math.inf


def norm2_symmetric_up(magnitude: FloatArray, left: FloatArray | None = None, right: FloatArray | None = None) -> float:
    """Upper bound of ‖diag(l) H diag(r)‖₂ for every H whose magnitude is the non-negative matrix ``magnitude``.

    For l = r and a symmetric magnitude the spectral radius of the non-negative matrix is the norm, and one product a
    sweep is enough; otherwise as :func:`norm2_abs_up`.
    """
    n = magnitude.shape[0]
    a = np.ones(n) if left is None else left
    b = np.ones(n) if right is None else right
    same = left is right
    x, best = np.ones(n), math.inf
    with np.errstate(all="ignore"):
        for _ in range(_SWEEPS):
            z = mul_up(a, _product_up(magnitude, mul_up(b, x)))
            if not same:
                z = mul_up(b, _product_up(magnitude.T, mul_up(a, z)))
            ratio, previous = _ratio(z, x), best
            best = min(best, ratio)
            if not best < _WORTH * previous:
                break
            x = _positive(z)
        if not best < math.inf:
            return math.inf
        return best if same else float(sqrt_up(best))


def norm2_up(a: FloatArray) -> float:
    """Upper bound of the spectral norm of a matrix: the smaller of the Frobenius and the Collatz–Wielandt bound.

    >>> import numpy as np
    >>> bool(1.0 <= norm2_up(np.eye(3)) <= 1.0001)
    True
    """
    fro = float(norm_up(a))
    if not 2.0**-400 < fro < 2.0**400:
        return fro if fro == fro else math.inf
    return min(fro, norm2_abs_up(np.abs(a)))
