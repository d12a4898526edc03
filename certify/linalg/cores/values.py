"""Singular values of every matrix near a float one: all of them, or the largest."""

from __future__ import annotations

import flint
import numpy as np
import scipy.sparse.linalg as sparse

from certify.linalg.cores.scalars import (
    EPS,
    TINY,
    ZERO,
    around,
    between,
    excess,
    frobenius_ball,
    frobenius_up,
    product_error,
    times,
    up,
)
from certify.linalg.cores.tridiagonal import tridiagonal_values
from certify.linalg.gemm import underflow
from certify.linalg.matrix import scale
from certify.linalg.principal_angles import factored_values
from certify.linalg.svd_enclosure import enclose
from certify.linalg.svd_factor import from_gram
from certify.rigor.rounding import FloatArray, add_up, sub_down

__all__ = ["GRAM_SIZE", "largest_value", "singular_values_within"]

GRAM_SIZE = 200
"""From so many columns on, Gram matrices pay."""
_FINE = 1e-9
_BLOCK, _STEPS = 12, 3
_RANGE = 2.0**300
_HEAVY = 2 * _BLOCK * (_STEPS + 1)
"""With more of ‖B‖_F² than so many leading values (twice the columns of the basis), the tail is too heavy."""
_WHOLE = 256
"""Triangles of so many rows are multiplied whole."""


def singular_values_within(m: FloatArray, radius: float, fine: float = 0.0) -> tuple[FloatArray, FloatArray] | None:
    """Bounds of the singular values of every matrix within ``radius`` (Frobenius) of m, entries at most 2.

    m has at least as many rows as columns. Decreasing; None where nothing was proved. Large blocks take the
    eigenvectors of mᵀm, at half the price, and do without them where bounds that are ``fine`` apart are fine enough.
    """
    if m.shape[1] >= GRAM_SIZE:
        found = tridiagonal_values(m, radius, max(fine, radius))
        if found is not None:
            return found
        try:
            vectors = np.linalg.eigh(-(m.T @ m))[1]
        except np.linalg.LinAlgError:
            return None
        factor = from_gram(m, vectors, tight=False)
        found = enclose(factor, 0.0, tight=False, method="gram") if factor.kept else None
        if found is not None:
            return np.maximum(sub_down(found.lower, radius), 0.0), add_up(found.upper, radius)
    return factored_values(m, radius)


def largest_value(b: FloatArray, radius: flint.arb) -> flint.arb:
    """Ball around σ₁ of every matrix within ``radius`` (spectral norm) of the float matrix b."""
    if not b.size or not np.any(b):
        return between(ZERO, radius)
    if b.shape[0] < b.shape[1]:
        b = b.T
    found = _deflated(b, radius)
    if found is not None and up(found.rad()) <= _FINE * up(found) + up(radius):
        return found
    return _by_cholesky(b, radius)


def _by_cholesky(b: FloatArray, radius: flint.arb) -> flint.arb:
    """σ₁² ≤ t² + ‖t²I − G − LLᵀ‖ + ‖G − BᵀB‖ with G = fl(BᵀB) and L a Cholesky factor of t²I − G, checked afterwards;
    from below |Bx|/|x| at an approximate singular vector."""
    scaled = scale(b)
    b, unit, lost = scaled.matrix, flint.arb(2) ** scaled.exponent, flint.arb(scaled.loss)
    m, n = b.shape
    gram, gamma = times(b.T, b)
    size = frobenius_up(b)
    gram_error = product_error(gamma, m, size, size, n * n)
    guess, x = _leading(gram)
    y, gamma = times(b, x)
    length = frobenius_ball(x)
    # Row i of Bx is off by at most γ_n‖b_i‖‖x‖.
    low = frobenius_ball(y).lower() - flint.arb(gamma) * size * length.upper() - flint.arb(underflow(n)) * m
    low = (low / length.upper()).lower() if length.lower() > 0 else ZERO
    high = size
    for inflation in (2.0**-34, 2.0**-22, 2.0**-12):
        square = guess * (1 + inflation)
        shifted = -gram
        shifted.flat[:: n + 1] += square
        try:
            factor = np.asarray(np.linalg.cholesky(shifted), dtype=np.float64)
        except np.linalg.LinAlgError:
            continue
        # t²I − G rounds once on the diagonal.
        defect = _distance(factor, shifted, 1 + flint.arb(square))
        defect += 2 * EPS * frobenius_up(np.diagonal(shifted).copy())
        high = high.min((flint.arb(square) + defect + gram_error).upper().sqrt())
        break
    low = low.min(high)
    return between((low - lost) * unit - radius, (high + lost) * unit + radius)


def _distance(factor: FloatArray, x: FloatArray, largest: flint.arb) -> flint.arb:
    """Bound of ‖X − LLᵀ‖_F for symmetric X and lower triangular L, entries at most 2 ``largest``.

    The blocks [[A, ·], [B, C]] of LLᵀ are A = L₁L₁ᵀ, formed in the same way, B = L₂₁L₁ᵀ and C = [L₂₁ L₂][L₂₁ L₂]ᵀ: B
    counts twice. Each product rounds by (2), each difference once more.
    """
    n = x.shape[0]
    half = n // 2 if n > _WHOLE else 0
    lower = factor[half:]
    defect = _block_distance(lower, lower, x[half:, half:], largest)
    if not half:
        return defect
    beside = _block_distance(factor[half:, :half], factor[:half, :half], x[half:, :half], largest)
    above = _distance(factor[:half, :half], x[:half, :half], largest)
    return (above * above + 2 * beside * beside + defect * defect).sqrt().upper()


def _block_distance(y: FloatArray, z: FloatArray, x: FloatArray, largest: flint.arb) -> flint.arb:
    """Bound of ‖X − YZᵀ‖_F."""
    product, gamma = times(y, z.T)
    np.subtract(product, x, out=product)
    rounding = product_error(gamma, y.shape[1], frobenius_up(y), frobenius_up(z), x.size, largest)
    return (frobenius_up(product) * (1 + 2 * EPS) + rounding + x.size * TINY).upper()


def _leading(gram: FloatArray) -> tuple[float, FloatArray]:
    """Approximately the largest eigenvalue and its vector."""
    n = gram.shape[0]
    if n <= 64:
        values, vectors = np.linalg.eigh(gram)
        return float(values[-1]), vectors[:, -1].copy()
    start = np.random.default_rng(n).standard_normal(n)
    try:
        values, vectors = sparse.eigsh(gram, k=1, which="LA", v0=start)
        return float(values[0]), vectors[:, 0].copy()
    except (sparse.ArpackError, np.linalg.LinAlgError):
        return float(np.trace(gram)), start


def _deflated(b: FloatArray, radius: flint.arb) -> flint.arb | None:
    r"""σ₁ without a Gram matrix of b, for spectra that decay; None where the tail is too heavy.

    Q is an orthonormal basis near V of a block Krylov space, rotated so that the columns of BV are nearly orthogonal,
    and τ² = ‖B‖_F² − ‖BQ‖_F² ≥ ‖B(I − QQᵀ)‖₂². For the unit vector q₁, μ = ‖Bq₁‖² and N = BᵀB: with r a bound of the
    coupling ‖(I − q₁q₁ᵀ)Nq₁‖ and τ₁² a bound of λ_max of N on q₁^⊥,

        μ ≤ λ₁(N) ≤ μ + r²/(μ − τ₁²)   if μ > τ₁²                                                                   (8)

    (the Schur complement of μ − λ in the 2 × 2 block form). For any θ, ‖(I − q₁q₁ᵀ)Nq₁‖ ≤ ‖Nq₁ − θq₁‖. On q₁^⊥,
    λ_max ≤ ‖BQ₂‖₂² + τ², for ‖[BQ₂, B(I − QQᵀ)]‖² adds at most.
    """
    m, n = b.shape
    if n < 4 * _BLOCK * (_STEPS + 1) or not 1 / _RANGE < float(np.max(np.abs(b))) < _RANGE:
        return None
    size = frobenius_ball(b)
    v = _krylov(b, up(size) ** 2)
    if v is None:
        return None
    columns = v.shape[1]
    y, gamma = times(b, v)
    gram, gamma_v = times(v.T, v)
    gram.flat[:: columns + 1] -= 1.0
    # VᵀV − I: γ_n of the product with columns of length at most 2, one rounding of the subtraction.
    length = frobenius_up(v)
    defect = frobenius_up(gram) * (1 + 2 * EPS) + product_error(gamma_v, n, length, length, columns * columns)
    if not defect.upper() < 0.5:
        return None
    polar = (defect / (1 + (1 - defect).sqrt())).upper()
    # ‖fl(BV) − BQ‖_F
    off = product_error(gamma, n, size.upper(), length, m * columns, 1 + size.upper()) + size.upper() * polar
    tail = excess(size, around(frobenius_ball(y), off)).upper()
    first, rest = frobenius_ball(y[:, 0]), frobenius_up(y[:, 1:])
    mu = around(first, off)
    mu = mu * mu
    # N q₁ against θ v₁, θ a float: Bᵀy₁ rounds by γ_m‖B‖‖y₁‖, y₁ is off by `off`, q₁ by `polar`.
    theta = float(y[:, 0] @ y[:, 0])
    z, gamma = times(b.T, y[:, 0])
    residual = z - v[:, 0] * theta
    coupling = frobenius_up(residual) * (1 + 4 * EPS) + 4 * EPS * flint.arb(theta) * length
    coupling += product_error(gamma, m, size.upper(), first.upper(), n, (1 + size.upper()) * (1 + first.upper()))
    coupling += size.upper() * off + flint.arb(theta) * polar + n * TINY * (1 + flint.arb(theta))
    # ‖BQ₂‖₂² ≤ max diagonal + ‖off-diagonal‖_F of y₂ᵀy₂, each entry off by γ_m‖y_i‖‖y_j‖, and y₂ by `off`.
    inner, gamma = times(y[:, 1:].T, y[:, 1:])
    diagonal = np.diagonal(inner).copy()
    inner.flat[::columns] = 0.0
    second = flint.arb(float(np.max(diagonal))) + frobenius_up(inner)
    second += product_error(gamma, m, rest, rest, columns * columns, (1 + size.upper()) ** 2)
    second += 2 * rest * off + off * off
    gap = (mu.lower() - second.upper() - tail).lower()
    if not gap > 0:
        return None
    high = (mu.upper() + coupling * coupling / gap).upper().sqrt()
    return between(mu.lower().max(ZERO).sqrt() - radius, high + radius)


def _krylov(b: FloatArray, mass: float) -> FloatArray | None:
    """An approximately orthonormal basis of a block Krylov space of BᵀB, in the order of the Ritz values.

    None where the space cannot hold so much of ``mass``, ‖B‖_F², that its rest is below the leading value.
    """
    start = np.random.default_rng(b.shape[1]).standard_normal((b.shape[1], _BLOCK))
    basis = [np.linalg.qr(start)[0]]
    for _ in range(_STEPS):
        z = b.T @ (b @ basis[-1])
        if len(basis) == 2 and mass > _HEAVY * float(np.max(np.linalg.norm(z, axis=0))):
            return None
        for known in basis:
            z -= known @ (known.T @ z)
        basis.append(np.linalg.qr(z)[0])
    v = np.linalg.qr(np.hstack(basis))[0]
    y = b @ v
    return np.ascontiguousarray(v @ np.linalg.eigh(-(y.T @ y))[1])
