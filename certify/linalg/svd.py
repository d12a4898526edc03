"""Certified singular value decomposition.

The factors come from the fastest source at hand and are not trusted; `certify.linalg.svd_factor` bounds the residual of
AV = U diag(s) + E, and `certify.linalg.svd_enclosure` turns the bounds into enclosures of every singular value and of
the leading subspaces.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from certify.errors import UsageError
from certify.linalg.gemm import require_exact_kernel
from certify.linalg.matrix import Scaled, as_matrix, scale
from certify.linalg.svd_enclosure import Enclosed, enclose
from certify.linalg.svd_factor import from_gram, from_svd
from certify.rigor.interval import Interval
from certify.rigor.rounding import ETA, FloatArray, U, norm_up

__all__ = ["CertifiedSVD", "Mode", "svd"]

Mode = Literal["auto", "fast", "tight"]

_TIGHT_SIZE = 256
_GRAM_FAST = 1e-12
_GRAM_TIGHT = 1e-9
_COARSE = 2.0**-26
_KNOWN = 2.0**-12


@dataclass(frozen=True, slots=True)
class CertifiedSVD:
    """Singular values of one matrix A, shape (m, n), enclosed; d = min(m, n).

    Parameters
    ----------
    lower, upper : (d,) float64, both decreasing; ``lower[i] <= σ_{i+1}(A) <= upper[i]`` is proved.
    s : (d,) float64, approximate singular values, inside or near their enclosures.
    u, v : (m, d) and (n, d) float64, approximate singular vectors; what is proved about them is said by
        :meth:`sin_theta_left`, :meth:`sin_theta_right` and ``residual``.
    residual : upper bound of ‖A V − U diag(s)‖₂ for m ≥ n, of ‖Aᵀ U − V diag(s)‖₂ for m < n.
    method : ``"gram"`` (eigenvectors of AᵀA), ``"svd"`` (LAPACK's factors), ``"exact"`` (zero matrix) or ``"norm"``
        (no factorization converged; the enclosures are norm bounds).
    exponent, enclosed : what was proved about 2^-exponent A or, where A is wide, its transpose; ``None`` for
        "exact" and "norm".
    """

    shape: tuple[int, int]
    lower: FloatArray
    upper: FloatArray
    s: FloatArray
    u: FloatArray
    v: FloatArray
    residual: float
    method: str
    mode: str
    exponent: int
    enclosed: Enclosed | None

    @property
    def sigma(self) -> Interval:
        """The enclosures as an interval array of shape (d,)."""
        return Interval(self.lower, self.upper)

    def sin_theta_right(self, k: int) -> float:
        """Upper bound of ‖sin Θ‖₂ between span(v_1..v_k) and the true right singular subspace of σ_1..σ_k.

        ``inf`` where no gap σ_k > σ_{k+1} is certified. 0.0 when the subspace is the whole space.
        Raises ``UsageError`` unless 1 ≤ k ≤ d.
        """
        return self._angle(k, right=True)

    def sin_theta_left(self, k: int) -> float:
        """Upper bound of ‖sin Θ‖₂ between span(u_1..u_k) and the true left singular subspace; see the right one."""
        return self._angle(k, right=False)

    def _angle(self, k: int, *, right: bool) -> float:
        m, n = self.shape
        d = min(m, n)
        if not 1 <= k <= d:
            raise UsageError(
                f"the window k = {k} is outside 1..{d}", hint="choose a window below the smaller dimension"
            )
        if k == (n if right else m):
            return 0.0
        if self.enclosed is None:
            return float("inf")
        # The enclosures of a wide matrix are those of its transpose.
        return self.enclosed.angle(k, domain=right == (m >= n))


def svd(a: npt.ArrayLike, mode: Mode = "auto", *, gram: bool = True, absolute: float = 0.0) -> CertifiedSVD:
    """Enclose every singular value of a real matrix.

    Parameters
    ----------
    a : (m, n) array of any real dtype that converts to float64 exactly (see :func:`certify.linalg.as_matrix`).
    mode : ``"fast"``: absolute width about 1e-10 σ_1 at n = 1024, cheaper than an uncertified SVD. ``"tight"``:
        error-free products; relative width about 1e-13 for well-conditioned matrices. ``"auto"``: tight up to 256
        columns; beyond that fast, and tight when a fast enclosure is wider than 2**-26 of its singular value.
    gram : whether the eigenvectors of AᵀA are tried first; without, LAPACK's factors are taken at once, which saves
        that work where σ_min/σ_1 is known to be small.
    absolute : for ``"auto"``, the part of σ_1 that an enclosure may be wide, where it is no wider than 2**-12 of its
        singular value.

    Notes
    -----
    For σ_min/σ_1 above about 1e-6 (and for exact rank deficiency) V comes from the eigenvectors of AᵀA, otherwise from
    LAPACK's gesdd; the certificate is the same. Source: the module's own proofs; A. M. Ostrowski (1959) and
    T. Kato (1949) for the two perturbation theorems used.

    Raises
    ------
    InputError, UnsupportedError
        See :func:`certify.linalg.as_matrix`.
    UsageError
        Unknown mode.

    >>> result = svd([[3.0, 0.0], [0.0, 4.0]])
    >>> bool(result.lower[0] <= 4.0 <= result.upper[0] and result.lower[1] <= 3.0 <= result.upper[1])
    True
    """
    if mode not in ("auto", "fast", "tight"):
        raise UsageError(f"unknown mode {mode!r}", hint='use "auto", "fast" or "tight"')
    matrix = as_matrix(a)
    require_exact_kernel()
    m, n = matrix.shape
    work = matrix if m >= n else np.ascontiguousarray(matrix.T)
    scaled = scale(work)
    if not np.any(work):
        return _zero(matrix.shape, mode)
    tight = mode == "tight" or (mode == "auto" and work.shape[1] <= _TIGHT_SIZE)
    first, last = _GramStart(scaled), _LapackStart(scaled)
    starts = (first, last) if gram else (last,)
    # Where the tight Gram start is refused, a fast enclosure is coarse: 1e-12 σ_1 is more than 2^-26 of 3e-5 σ_1. It is
    # about as wide as is allowed, or a quarter of that.
    least = min((absolute / (4 * _KNOWN)) ** 2, _GRAM_TIGHT) if absolute > 0 else _GRAM_TIGHT
    graded = mode == "auto" and not tight and gram and first.graded(least)
    enclosed = None if graded else _certified(starts, tight=tight)
    if mode == "auto" and not tight and (enclosed is None or enclosed.coarse(_COARSE, absolute, _KNOWN)):
        enclosed, tight = _certified(starts, tight=True) or enclosed, True
        if enclosed is None and graded:
            enclosed = _certified(starts, tight=False)
    return _result(matrix, scaled, enclosed, "tight" if tight else "fast")


class _GramStart:
    """V from the eigenvectors of AᵀA, which are computed once."""

    def __init__(self, scaled: Scaled) -> None:
        self.scaled = scaled
        self.found: tuple[FloatArray, FloatArray] | None = None
        self.refused = False

    def _eigen(self) -> tuple[FloatArray, FloatArray, float]:
        """Eigenvalues, decreasing, their vectors, and the smallest one that is not taken for 0 over the first."""
        if self.found is None:
            a = self.scaled.matrix
            # Of the negative Gram matrix, so that the eigenvalues come in decreasing order.
            w, v = np.linalg.eigh(-(a.T @ a))
            self.found = -w, v
        w, v = self.found
        null = w <= 64 * w.size * U * w[0]
        return w, v, float(np.min(np.where(null, w[0], w)) / w[0])

    @np.errstate(all="ignore")
    def graded(self, least: float) -> bool:
        """Whether the smallest eigenvalue that is not taken for 0 is below this part of the first."""
        try:
            return self._eigen()[2] < least
        except np.linalg.LinAlgError:
            return False

    @np.errstate(all="ignore")
    def __call__(self, *, tight: bool) -> Enclosed | None:
        if self.refused:
            return None
        a = self.scaled.matrix
        w, v, smallest = self._eigen()
        n = w.size
        null = w <= 64 * n * U * w[0]
        if not smallest >= (_GRAM_TIGHT if tight else _GRAM_FAST) or not np.max(np.abs(v)) <= 2:
            self.found, self.refused = None, not smallest >= _GRAM_FAST
            return None
        factor = from_gram(a, v, tight=tight)
        # Columns that were taken for null vectors but are not small are graded singular values in disguise.
        if factor.kept != n - int(np.count_nonzero(null)) or factor.kept == 0:
            return None
        return enclose(factor, self.scaled.loss, tight=tight, method="gram")


class _LapackStart:
    """LAPACK's factors, which are computed once."""

    def __init__(self, scaled: Scaled) -> None:
        self.scaled = scaled
        self.found: tuple[FloatArray, FloatArray, FloatArray] | None = None

    @np.errstate(all="ignore")
    def __call__(self, *, tight: bool) -> Enclosed | None:
        if self.found is None:
            u, s, vt = np.linalg.svd(self.scaled.matrix, full_matrices=False)
            self.found = u, s, np.ascontiguousarray(vt.T)
        u, s, v = self.found
        if not (np.max(np.abs(v)) <= 2 and np.max(np.abs(u)) <= 2):
            return None
        return enclose(from_svd(self.scaled.matrix, u, s, v, tight=tight), self.scaled.loss, tight=tight, method="svd")


def _certified(starts: Sequence[_GramStart | _LapackStart], *, tight: bool) -> Enclosed | None:
    for start in starts:
        try:
            enclosed = start(tight=tight)
        except np.linalg.LinAlgError:
            enclosed = None
        if enclosed is not None:
            return enclosed
    return None


def _result(matrix: FloatArray, scaled: Scaled, enclosed: Enclosed | None, mode: str) -> CertifiedSVD:
    m, n = matrix.shape
    d = min(m, n)
    e = scaled.exponent
    if enclosed is None:
        bound = float(norm_up(matrix))
        return CertifiedSVD(
            (m, n),
            np.zeros(d),
            np.full(d, bound),
            np.zeros(d),
            np.eye(m, d),
            np.eye(n, d),
            bound,
            "norm",
            mode,
            e,
            None,
        )
    lower, upper = _unscale_down(enclosed.lower, e), _unscale_up(enclosed.upper, e)
    with np.errstate(over="ignore", under="ignore"):
        s = np.minimum(np.ldexp(enclosed.s, e), np.finfo(np.float64).max)
    u, v = enclosed.u, enclosed.v
    if m < n:
        u, v = v, u
    residual = float(_unscale_up(np.array(enclosed.residual), e))
    return CertifiedSVD((m, n), lower, upper, s, u, v, residual, enclosed.method, mode, e, enclosed)


def _subnormal_step(y: FloatArray, direction: float) -> FloatArray:
    # A subnormal result was rounded to nearest: one float further is a bound. Where this thread flushes subnormals to
    # zero, twice the smallest normal number is.
    if np.multiply(ETA, 0.5) > 0:
        return np.nextafter(y, direction)
    return y + 2 * ETA if direction > 0 else y - 2 * ETA


@np.errstate(over="ignore", under="ignore")
def _unscale_up(x: FloatArray, exponent: int) -> FloatArray:
    y = np.ldexp(x, exponent)
    return np.where((y <= 4 * ETA) & (x > 0), _subnormal_step(y, np.inf), y)


@np.errstate(over="ignore", under="ignore")
def _unscale_down(x: FloatArray, exponent: int) -> FloatArray:
    y = np.ldexp(x, exponent)
    y = np.where(y <= 4 * ETA, np.maximum(_subnormal_step(y, -np.inf), 0.0), y)
    return np.minimum(y, np.finfo(np.float64).max)


def _zero(shape: tuple[int, int], mode: str) -> CertifiedSVD:
    m, n = shape
    d = min(m, n)
    zeros = np.zeros(d)
    return CertifiedSVD(shape, zeros, zeros, zeros, np.eye(m, d), np.eye(n, d), 0.0, "exact", mode, 0, None)
