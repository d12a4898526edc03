"""The leading singular values and subspaces of a matrix, certified without its full SVD."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import linalg as sparse

from certify.errors import UsageError
from certify.linalg.gemm import norm_error, require_exact_kernel, underflow
from certify.linalg.kernels import times
from certify.linalg.matrix import as_matrix, scale
from certify.linalg.norms import column_norms_up, norm2_abs_up, norm2_up
from certify.linalg.svd import svd
from certify.linalg.svd_enclosure import Enclosed, enclose
from certify.linalg.svd_factor import from_gram
from certify.rigor.interval import Interval
from certify.rigor.rounding import (
    FloatArray,
    U,
    add_up,
    div_up,
    ldexp_down,
    ldexp_up,
    mul_down,
    mul_up,
    norm_up,
    sqrt_down,
    sqrt_up,
    sub_down,
)

__all__ = ["TopSingular", "top_singular"]

_SMALL = 48
_INFLATIONS = (1.0 + 2.0**-34, 1.0 + 2.0**-20)


@dataclass(frozen=True, slots=True)
class TopSingular:
    """The k largest singular values of one (m, n) matrix, enclosed.

    lower, upper : (k,) float64, decreasing; ``lower[i] <= σ_{i+1} <= upper[i]`` is proved.
    following : upper bound of σ_{k+1} (0.0 when k = min(m, n)).
    u, v : (m, k) and (n, k) approximate singular vectors; see ``sin_theta_left`` and ``sin_theta_right``.
    """

    shape: tuple[int, int]
    lower: FloatArray
    upper: FloatArray
    following: float
    u: FloatArray
    v: FloatArray
    _left: tuple[float, ...]
    _right: tuple[float, ...]

    @property
    def sigma(self) -> Interval:
        """The enclosures as an interval array of shape (k,)."""
        return Interval(self.lower, self.upper)

    def sin_theta_left(self, j: int) -> float:
        """Upper bound of ‖sin Θ‖₂ between span(u_1..u_j) and the true left singular subspace, 1 ≤ j ≤ k; ``inf``
        without a certified gap σ_j > σ_{j+1}."""
        return self._left[self._index(j)]

    def sin_theta_right(self, j: int) -> float:
        """As :meth:`sin_theta_left`, for the right singular subspace."""
        return self._right[self._index(j)]

    def _index(self, j: int) -> int:
        if not 1 <= j <= self.lower.size:
            raise UsageError(f"the window j = {j} is outside 1..{self.lower.size}")
        return j - 1


def top_singular(a: npt.ArrayLike, k: int) -> TopSingular:
    """Enclose σ_1 ≥ … ≥ σ_k and their singular subspaces.

    Input: (m, n) array as for :func:`certify.linalg.svd`; 1 ≤ k ≤ min(m, n).

    Algorithm. V (n × k) from a Krylov iteration, untrusted; P the projector on span V = span Q. Then
    σ_i(A) ≥ σ_i(AQ) ≥ σ_i(AV)/√(1 + b). Upwards: for any B, A(I − P) = (A − BVᵀ)(I − P), so
    σ_{k+1}(A) ≤ ‖A(I − P)‖ ≤ τ = ‖A − BVᵀ‖₂, which `_deflated_norm` bounds by a Cholesky factorization checked
    a posteriori. With E = (I − P)AᵀAQ and μ = σ_i(AQ)², Schur complements in the blocks of AᵀA give, for μ > τ²,

        λ_i(AᵀA) ≤ μ + ‖E‖²/(μ − τ²):                                                                            (10)

    for λ = λ_i(AᵀA) > τ² inertia gives λ ≤ λ_i(QᵀAᵀAQ + Eᵀ(λ − CᵀC)⁻¹E), C = A(I − P), and λ ≥ μ by interlacing.
    AV = US + F (columnwise bounded) and (I − P)V = 0 yield ‖E‖ ≤ (‖(AᵀU − VS)S‖ + τ‖F‖)/√(1 − b).

    Notes. Without a gap, Weyl on the same blocks gives λ_i ≤ max(μ, τ²) + ‖E‖. Small matrices, and k close to
    min(m, n), use the full certified SVD.

    Raises
    ------
    UsageError
        ``k`` is out of range.
    InputError
        As :func:`certify.linalg.svd`.

    >>> import numpy as np
    >>> top = top_singular(np.diag([3.0, 2.0, 1.0]), 2)
    >>> bool(top.sigma.contains(np.array([3.0, 2.0])).all()), top.following >= 1
    (True, True)
    """
    matrix = as_matrix(a)
    m, n = matrix.shape
    d = min(m, n)
    if not 1 <= k <= d:
        raise UsageError(f"k = {k} is outside 1..{d}", hint="ask for at most min(m, n) singular values")
    require_exact_kernel()
    work = matrix if m >= n else np.ascontiguousarray(matrix.T)
    scaled = scale(work)
    enclosed = None
    if d > _SMALL and 3 * k <= d and scaled.loss == 0.0 and np.any(work):
        enclosed = _krylov(scaled.matrix, k)
    if enclosed is None:
        full = svd(matrix)
        following = float(full.upper[k]) if k < d else 0.0
        left = tuple(full.sin_theta_left(j) for j in range(1, k + 1))
        right = tuple(full.sin_theta_right(j) for j in range(1, k + 1))
        return TopSingular((m, n), full.lower[:k], full.upper[:k], following, full.u[:, :k], full.v[:, :k], left, right)
    e = scaled.exponent
    lower = np.maximum(ldexp_down(enclosed.lower, e), 0.0)
    upper, following = np.asarray(ldexp_up(enclosed.upper, e)), float(ldexp_up(enclosed.following, e))
    domain = tuple(enclosed.angle(j, domain=True) for j in range(1, k + 1))
    image = tuple(enclosed.angle(j, domain=False) for j in range(1, k + 1))
    u, v = enclosed.u, enclosed.v
    if m < n:
        u, v, domain, image = v, u, image, domain
    return TopSingular((m, n), lower, upper, following, u, v, image, domain)


@np.errstate(all="ignore")
def _krylov(a: FloatArray, k: int) -> Enclosed | None:
    try:
        start = np.random.default_rng(a.shape[0]).standard_normal(a.shape[1])
        vt: FloatArray = np.asarray(sparse.svds(a, k=k, v0=start)[2])
    except (np.linalg.LinAlgError, sparse.ArpackError):
        return None
    v = np.linalg.qr(vt[::-1].T)[0]
    # Rayleigh–Ritz rotation, so that the columns of AV are nearly orthogonal.
    small = a @ v
    v = np.ascontiguousarray(v @ np.linalg.eigh(small.T @ small)[1][:, ::-1])
    if not np.max(np.abs(v)) <= 2:
        return None
    factor = from_gram(a, v, tight=True)
    if factor.kept < k:
        return None
    inner = enclose(factor, 0.0, tight=True, method="krylov")
    if inner is None:
        return None
    tau = _deflated_norm(a, factor.u * factor.s, factor.v)
    if not tau < math.inf:
        return None
    outside = _coupling(a, inner, tau)
    mu = mul_up(inner.upper, inner.upper)
    gap = sub_down(mul_down(inner.lower, inner.lower), mul_up(tau, tau))
    # (10) is decreasing in the second μ and increasing in the first, so the ends of the enclosure of μ serve.
    coupled = np.where(gap > 0, add_up(mu, div_up(mul_up(outside, outside), gap)), np.inf)
    weyl = add_up(np.maximum(mu, mul_up(tau, tau)), outside)
    upper = sqrt_up(np.minimum(coupled, weyl))
    upper = np.minimum.accumulate(upper)
    if not np.all(np.isfinite(upper)):
        return None
    return dataclasses.replace(inner, upper=upper, outside=outside, following=tau)


def _coupling(a: FloatArray, inner: Enclosed, tau: float) -> float:
    # ‖(I − P)AᵀAQ‖ ≤ (‖(AᵀU − VS)S‖_F + τ‖F‖)/√(1 − b); AᵀU by (2), the difference rounds once more.
    m = a.shape[0]
    u, v, s = inner.u, inner.v, inner.s
    product, gamma = times(a.T, u)
    scaled_v = v * s
    difference = product - scaled_v
    columns = add_up(
        column_norms_up(difference), mul_up(2 * U, add_up(column_norms_up(scaled_v), column_norms_up(difference)))
    )
    rounding = mul_up(mul_up(gamma, norm2_abs_up(np.abs(a.T))), column_norms_up(u))
    columns = add_up(columns, add_up(rounding, 2 * underflow(m) * math.sqrt(a.shape[1])))
    total = add_up(norm_up(mul_up(columns, s)), mul_up(tau, norm_up(inner.columns)))
    return float(div_up(total, sqrt_down(sub_down(1.0, inner.b))))


def _deflated_norm(a: FloatArray, b: FloatArray, v: FloatArray) -> float:
    """Upper bound of ‖A − BVᵀ‖₂.

    R = fl(A − fl(BVᵀ)) differs from A − BVᵀ by at most (γ_k + 2u)|B||V|ᵀ + u|R| (and underflow) entrywise. For ‖R‖:
    with M = fl(RᵀR), ‖M − RᵀR‖ ≤ ε₁ by (2), t² a guess above the largest eigenvalue of M, L the Cholesky factor of
    N = t²I − M (untrusted): LLᵀ ⪰ 0, so λ_max(M) ≤ t² + ‖N − LLᵀ‖.
    """
    m, n = a.shape
    k = v.shape[1]
    product, gamma = times(b, v.T)
    r = a - product
    b_norm, v_norm = norm2_abs_up(np.abs(b)), norm2_abs_up(np.abs(v))
    # B is scaled by at most max|B|; (2) asks for entries at most 2, the underflow term scales along.
    entries = math.sqrt(float(m * n)) * (1.0 + float(np.max(np.abs(b))))
    slack = add_up(mul_up(add_up(gamma, 2 * U), mul_up(b_norm, v_norm)), 2 * underflow(k) * entries)
    magnitude = np.abs(r)
    r_norm = norm2_abs_up(magnitude)
    slack = add_up(slack, mul_up(U, norm_up(r)))
    if not np.max(magnitude) <= 2:
        return math.inf
    gram, gamma = times(r.T, r)
    estimate = _largest(gram)
    best = r_norm
    for inflation in _INFLATIONS:
        top = _largest_bound(gram, estimate * inflation)
        if top is not None:
            bound = add_up(top, norm_error(gamma, m, norm2_abs_up(magnitude.T), r_norm, gram.size))
            best = min(best, float(sqrt_up(bound)))
            break
    return float(add_up(best, slack))


def _largest_bound(gram: FloatArray, guess: float) -> float | None:
    # λ_max(M) ≤ t² + ‖N − LLᵀ‖ for the guess t²; None where the factorization breaks down.
    n = gram.shape[0]
    if not 0 < guess < math.inf:
        return None
    shifted = -gram
    shifted.flat[:: n + 1] += guess
    try:
        factor: FloatArray = np.asarray(np.linalg.cholesky(shifted), dtype=np.float64)
    except np.linalg.LinAlgError:
        return None
    # t²I − M rounds once on the diagonal; LLᵀ by (2), with entries up to t instead of 2; their difference once more.
    size = math.ceil(gram.size * (1.0 + guess) ** 2)
    product, gamma = times(factor, factor.T)
    check = product - shifted
    defect = norm2_up(check)
    defect = add_up(defect, norm_error(gamma, n, norm2_abs_up(np.abs(factor)), norm2_abs_up(np.abs(factor.T)), size))
    defect = add_up(defect, mul_up(4 * U, add_up(guess, norm_up(np.diagonal(shifted).copy()))))
    defect = add_up(defect, mul_up(U, norm_up(check)))
    return float(add_up(guess, defect))


def _largest(gram: FloatArray) -> float:
    # An estimate of the largest eigenvalue, not a bound.
    n = gram.shape[0]
    start = np.random.default_rng(n).standard_normal(n)
    try:
        values = sparse.eigsh(gram, k=1, which="LA", v0=start, return_eigenvectors=False)
        return float(values[0])
    except (sparse.ArpackError, np.linalg.LinAlgError):
        return float(np.trace(gram))
