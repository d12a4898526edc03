r"""Principal cosines between leading left and right singular subspaces, for many windows at once.

For windows k ≤ K the bases are the first k columns of U (n × K) and V (n × K), so one product C = VᵀU serves all: with
‖UᵀU − I‖ ≤ b, ‖VᵀV − I‖ ≤ b' (a bound for all columns is one for the first k) and the polar factors Q, Q' of the
leading columns, Ostrowski's theorem puts σ_i(Q'ᵀQ) into

    [σ_i(C_k)/√((1 + b)(1 + b')), σ_i(C_k)/√((1 − b)(1 − b'))],        C_k the leading k × k block of C,          (11)

and replacing the spans by the true subspaces moves the cosines by at most sin Θ + sin Θ' (Weyl for the product of two
projectors). For C_k itself let P, s, Q be any floats (LAPACK's factors), a = ‖PᵀP − I‖ < 1, a' = ‖QᵀQ − I‖ < 1. Then
σ_i(P diag(s) Qᵀ) lies in s_i[√((1 − a)(1 − a')), √((1 + a)(1 + a'))] (Ostrowski twice), and

    |σ_i(C_k) − σ_i(P diag(s) Qᵀ)| ≤ ‖C_k − P diag(s) Qᵀ‖_F                                                       (12)

(Weyl). The sines are singular values of (I − QQᵀ)Q', and

    ‖(I − QQᵀ)Q' − (I − VVᵀ)U‖ ≤ b' + b,                                                                            (13)

here with Q of V and Q' of U, because VVᵀ = QP²Qᵀ is within b' of QQᵀ, I − VVᵀ has norm at most 1, and U = Q'P' is
within b of Q'. All norms are Frobenius norms: about kn roundings, which is what the subspaces themselves are good for.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from certify.errors import UsageError
from certify.linalg.gemm import MatrixBall, gemm, require_exact_kernel, underflow
from certify.linalg.kernels import times
from certify.linalg.svd import CertifiedSVD
from certify.rigor.interval import Interval
from certify.rigor.rounding import (
    FloatArray,
    U,
    add_down,
    add_up,
    div_down,
    div_up,
    mul_down,
    mul_up,
    norm_up,
    sqrt_down,
    sqrt_up,
    sub_down,
    sub_up,
)

__all__ = ["complement", "factored_values", "window_cosines", "window_sines"]


@np.errstate(all="ignore")
def window_cosines(write: CertifiedSVD, read: CertifiedSVD, windows: Iterable[int]) -> dict[int, Interval]:
    """Enclosures of the k cosines, decreasing, between the k leading left directions of W and right ones of W'.

    Parameters
    ----------
    write : decomposition of W, shape (n, n_in); its left singular vectors are used.
    read : decomposition of W', shape (n_out, n); its right singular vectors are used.
    windows : sizes k, 1 <= k <= the smaller number of singular values.

    Returns
    -------
    An interval array of length k for each window; [0, 1] where a gap is not certified.

    Raises
    ------
    UsageError : the layers do not meet, or a window is out of range.
    """
    sizes = sorted(set(windows))
    if write.shape[0] != read.shape[1]:
        raise UsageError(f"a layer that writes {write.shape[0]} values and one that reads {read.shape[1]} do not meet")
    if not sizes:
        return {}
    most = min(*write.shape, *read.shape)
    if not 1 <= sizes[0] <= sizes[-1] <= most:
        raise UsageError(f"the windows {sizes[0]} to {sizes[-1]} are not inside 1..{most}")
    require_exact_kernel()
    u, v = (np.ascontiguousarray(x[:, : sizes[-1]]) for x in (write.u, read.v))
    b, b_next = _defect(u), _defect(v)
    cross = gemm(np.ascontiguousarray(v.T), u)
    found: dict[int, Interval] = {}
    for k in sizes:
        moved = float(add_up(write.sin_theta_left(k), read.sin_theta_right(k)))
        found[k] = _window(cross, k, (b, b_next), moved)
    return found


@np.errstate(all="ignore")
@np.errstate(all="ignore")
def complement(low: FloatArray, high: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Bounds of √((1 − x)(1 + x)), which decreases, for x in [low, high] within [0, 1]: a sine from its cosine."""
    return (
        sqrt_down(np.maximum(mul_down(sub_down(1.0, high), add_down(1.0, high)), 0.0)),
        sqrt_up(mul_up(sub_up(1.0, low), add_up(1.0, low))),
    )


def window_sines(write: CertifiedSVD, read: CertifiedSVD, k: int) -> Interval:
    """Enclosures of the k sines, increasing, of the angles of :func:`window_cosines`; [0, 1] without a certified gap.

    Their errors are absolute, as those of the cosines: an angle of 1e-8 has half of its digits.
    """
    require_exact_kernel()
    unknown = Interval(np.zeros(k), np.ones(k))
    u, v = (np.ascontiguousarray(x[:, :k]) for x in (write.u, read.v))
    moved = float(add_up(write.sin_theta_left(k), read.sin_theta_right(k)))
    b, b_next = _defect(u), _defect(v)
    if not moved < 1.0 or not max(b, b_next) < 0.5:
        return unknown
    cross = gemm(np.ascontiguousarray(v.T), u)
    back = gemm(v, cross.mid)
    rest = u - back.mid
    # (13); the difference rounds once, and VVᵀU is off by the radii of both products, ‖V‖ ≤ 2.
    error = add_up(add_up(norm_up(back.rad), mul_up(2.0, norm_up(cross.rad))), mul_up(2 * U, norm_up(rest)))
    values = factored_values(rest, float(add_up(error, underflow(1) * rest.size)))
    if values is None:
        return unknown
    off = add_up(add_up(b, b_next), moved)
    low, high = sub_down(values[0], off)[::-1], add_up(values[1], off)[::-1]
    return Interval(np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0))


def _window(cross: MatrixBall, k: int, defects: tuple[float, float], moved: float) -> Interval:
    unknown = Interval(np.zeros(k), np.ones(k))
    if not moved < 1.0 or not max(defects) < 0.5:
        return unknown
    values = factored_values(cross.mid[:k, :k], float(norm_up(cross.rad[:k, :k])))
    if values is None:
        return unknown
    b, b_next = defects
    low = div_down(values[0], sqrt_up(mul_up(add_up(1.0, b), add_up(1.0, b_next))))
    high = div_up(values[1], sqrt_down(mul_down(sub_down(1.0, b), sub_down(1.0, b_next))))
    return Interval(np.clip(sub_down(low, moved), 0.0, 1.0), np.clip(add_up(high, moved), 0.0, 1.0))


def factored_values(core: FloatArray, rad: float) -> tuple[FloatArray, FloatArray] | None:
    """Bounds of the k singular values of every matrix within ``rad`` (Frobenius) of the n × k ``core``, n ≥ k."""
    n, k = core.shape
    try:
        p, s, qt = np.linalg.svd(core, full_matrices=False)
    except np.linalg.LinAlgError:
        return None
    q = qt.T
    a, a_next = _defect(p), _defect(q)
    if not (max(a, a_next) < 0.5 and np.all(s >= 0.0) and np.all(s <= 2.0)):
        return None
    scaled = p * s
    product, rounding = times(scaled, qt)
    rest = core - product
    # p s rounds once, the product k times, the difference once: (γ_k + 2U)‖P‖_F‖diag(s)Q‖_F and U of the difference.
    size = mul_up(norm_up(scaled), norm_up(q))
    error = add_up(norm_up(rest), mul_up(add_up(rounding, 6 * U), size))
    error = add_up(add_up(error, mul_up(2 * U, norm_up(rest))), add_up(rad, 4 * n * underflow(k)))
    if not error < math.inf:
        return None
    inner = mul_down(sqrt_down(mul_down(sub_down(1.0, a), sub_down(1.0, a_next))), s)
    outer = mul_up(sqrt_up(mul_up(add_up(1.0, a), add_up(1.0, a_next))), s)
    low = np.maximum(add_down(inner, -error), 0.0)
    # LAPACK's order is not relied on: the k-th largest of the bounds bound the k-th largest value.
    return np.sort(low)[::-1], np.sort(add_up(outer, error))[::-1]


def _defect(x: FloatArray) -> float:
    """Upper bound of ‖XᵀX − I‖_F for entries at most 2; infinite otherwise. The product errs by γ_n ‖X‖_F², the
    subtraction of the identity by U."""
    if not float(np.max(np.abs(x))) <= 2.0:
        return math.inf
    n, k = x.shape
    gram, rounding = times(x.T, x)
    gram.flat[:: k + 1] -= 1.0
    size = norm_up(x)
    error = mul_up(add_up(rounding, U), mul_up(size, size))
    distance = norm_up(gram)
    return float(add_up(add_up(mul_up(1.0 + 4 * U, distance), error), k * underflow(n)))
