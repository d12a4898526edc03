r"""Principal cosines and sines between leading written and read directions, for many windows at once, from the core.

For a window of k ranks the cosines between span(ū_1..ū_k) and span(v̄'_1..v̄'_k) are the singular values of the leading
k × k block of C̄. The block of the float core is off by

    (γ_n(1+p)(1+p') + 8nη) k + (1+p')‖U_k − Ū_k‖_F + ‖V'_k − V̄'_k‖_F                                                (6)

in the Frobenius norm, where ‖U_k − Ū_k‖_F ≤ min(‖U − Ū‖_F, √k p). The true subspaces are those of A and A', which are
within ε₂ and ε₂' of the exact decompositions: by Wedin's theorem they are at an angle of at most

    sin Θ ≤ ε₂/(s_k − s_{k+1} − ε₂),                                                                                 (7)

and the cosines, singular values of a product of two projectors, move by at most the sum of the two (Weyl). (s_{k+1} is
0 beyond the kept ones; the spectral radius of what was dropped is part of ε₂.)

The sines at the exact spans are √(1 − x²) for the cosines x there, and as narrow as those unless x is near 1. Then,
where a layer keeps n directions of R^n, those beyond its window span the complement of the window, and the sines, the
singular values of (I − V̄'_kV̄'_kᵀ)Ū_k or of (I − Ū_kŪ_kᵀ)V̄'_k, are those of the block C̄_{>k,≤k} or of C̄_{≤k,>k}: of one
with k(n − k) entries, off by (6) with √(k(n−k)) in place of k and the k or n − k columns on either side. If k > n − k,
the other 2k − n sines are 0. Otherwise they are those of R = fl(U_k − V'_kC_k), which is (I − V̄'_kV̄'_kᵀ)Ū_k within

    ‖U_k−Ū_k‖_F + (1+p)(2+p')‖V'_k−V̄'_k‖_F + (1+p')(γ_n(1+p)(1+p') + 8nη)k + γ_k‖V'_k‖_F‖C_k‖_F + 2u‖R‖_F          (7a)

and underflow: with Q' = V'_kV'_kᵀ and Q̄' = V̄'_kV̄'_kᵀ, (I − Q')U − (I − Q̄')Ū = (I − Q̄')(U − Ū) − (Q' − Q̄')U
and Q' − Q̄' = V'(V' − V̄')ᵀ + (V' − V̄')V̄'ᵀ. Sines move by as much as the cosines, being singular values of a product of
two projectors.

Where (7) is coarse, the bounds of :meth:`CertifiedSVD.sin_theta_left`, which know how the residual is distributed, are
tried with the defect of U_k.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import flint
import numpy as np

from certify.errors import UsageError
from certify.linalg.cores.core import Core
from certify.linalg.cores.near import Near, Side
from certify.linalg.cores.scalars import EPS, ONE, TINY, ZERO, frobenius_up, product_error, times, up
from certify.linalg.cores.values import singular_values_within
from certify.linalg.gemm import underflow
from certify.linalg.principal_angles import complement
from certify.linalg.svd import CertifiedSVD
from certify.rigor.interval import Interval
from certify.rigor.rounding import FloatArray, add_up

__all__ = ["core_cosines", "core_sines"]

_COARSE = 1e-6


def core_cosines(
    c: Core, write: CertifiedSVD, read: CertifiedSVD, windows: Iterable[int], fine: float = 0.0
) -> dict[int, Interval]:
    """Enclosures of the k cosines, decreasing, between the k leading directions written and read.

    Parameters
    ----------
    c : the core of the two layers; ``write`` and ``read`` their certified decompositions.
    windows : sizes k, 1 <= k <= the smaller number of singular values.
    fine : small cosines need not be known better than to a few times this.

    Returns
    -------
    An interval array of length k for each window; [0, 1] where a gap is not certified.

    Raises
    ------
    UsageError : a window is out of range.
    """
    sizes = sorted(set(windows))
    most = min(*c.write.shape, *c.read.shape)
    if sizes and not 1 <= sizes[0] <= sizes[-1] <= most:
        raise UsageError(f"the windows {sizes[0]} to {sizes[-1]} are not inside 1..{most}")
    return {k: _window(c, k, write, read, fine) for k in sizes}


def core_sines(c: Core, write: CertifiedSVD, read: CertifiedSVD, k: int) -> Interval:
    """Enclosures of the k sines, increasing, of the angles of :func:`core_cosines`; [0, 1] without a certified gap.

    Raises
    ------
    UsageError : k is not below n, or above the smaller number of singular values.
    """
    unknown = Interval(np.zeros(k), np.ones(k))
    if not 1 <= k <= min(*c.write.shape, *c.read.shape, c.n - 1):
        raise UsageError(f"the window {k} is not inside 1..{min(*c.write.shape, *c.read.shape, c.n - 1)}")
    if k > min(c.write.k, c.read.k):
        return unknown
    moved = _moved(c, k, write, read)
    if not moved < 1.0:
        return unknown
    found = _from_cosines(c, k)
    if found is not None and np.all(found[1] - found[0] <= 2 * moved):
        return Interval(_clip(-add_up(-found[0], moved)), _clip(add_up(found[1], moved)))
    if c.read.k == c.n:
        rest, off = c.c[k:, :k], _off(c, k, c.n - k)
    elif c.write.k == c.n:
        rest, off = c.c[:k, k:], _off(c, c.n - k, k)
    else:
        rest, off = _rest(c, k)
    found = singular_values_within(np.ascontiguousarray(rest if rest.shape[0] >= rest.shape[1] else rest.T), off, moved)
    if found is None:
        return unknown
    zeros = np.zeros(k - found[0].size)
    low, high = _clip(-add_up(-found[0][::-1], moved)), _clip(add_up(found[1][::-1], moved))
    return Interval(np.concatenate([zeros, low]), np.concatenate([zeros, high]))


def _from_cosines(c: Core, k: int) -> tuple[FloatArray, FloatArray] | None:
    """Bounds of the sines at the singular values x of the leading block, if these are known.

    The first 2k − n values x are 1 where that is positive.
    """
    if k not in c.inner:
        return None
    low, high = (np.clip(end, 0.0, 1.0) for end in c.inner[k])
    low[: max(2 * k - c.n, 0)] = high[: max(2 * k - c.n, 0)] = 1.0
    return complement(low, high)


def _rest(c: Core, k: int) -> tuple[FloatArray, float]:
    """R and (7a)."""
    u, v, block = c.write.left, c.read.right, c.c[:k, :k]
    back, gamma = times(v.x[:, :k], block)
    rest = np.asarray(u.x[:, :k] - back, dtype=np.float64)
    root = flint.arb(k).sqrt()
    turned = (2 + v.off_spectral) * v.off.min(root * v.off_spectral)
    error = u.off.min(root * u.off_spectral) + (1 + u.off_spectral) * turned
    error += (1 + v.off_spectral) * _entry(c) * k
    error += product_error(gamma, k, root * (1 + v.off_spectral), frobenius_up(block), rest.size)
    return rest, up(error + 2 * EPS * frobenius_up(rest) + rest.size * TINY)


def _moved(c: Core, k: int, write: CertifiedSVD, read: CertifiedSVD) -> float:
    """How far the cosines and sines of the exact spans near the float vectors are from those that are meant."""
    angle = _angle(c.write, c.write.left, k, c.n, lambda: write.sin_theta_left(k))
    return up(angle + _angle(c.read, c.read.right, k, c.n, lambda: read.sin_theta_right(k)))


def _off(c: Core, written: int, readers: int) -> float:
    """(6) for a block of the core with so many columns of U and of V'."""
    u, v = c.write.left, c.read.right
    roots = flint.arb(written).sqrt(), flint.arb(readers).sqrt()
    error = _entry(c) * roots[0] * roots[1] + v.off.min(roots[1] * v.off_spectral)
    return up(error + (1 + v.off_spectral) * u.off.min(roots[0] * u.off_spectral))


def _entry(c: Core) -> flint.arb:
    """The rounding of an entry of the core."""
    lengths = (1 + c.write.left.off_spectral) * (1 + c.read.right.off_spectral)
    return flint.arb(c.rounding) * lengths + flint.arb(underflow(c.n))


def _window(c: Core, k: int, write: CertifiedSVD, read: CertifiedSVD, fine: float) -> Interval:
    unknown = Interval(np.zeros(k), np.ones(k))
    if k > min(c.write.k, c.read.k):
        return unknown
    moved = _moved(c, k, write, read)
    if not moved < 1.0:
        return unknown
    found = singular_values_within(np.ascontiguousarray(c.c[:k, :k]), _off(c, k, k), max(moved, fine))
    if found is not None:
        c.inner[k] = found
    return unknown if found is None else Interval(_clip(-add_up(-found[0], moved)), _clip(add_up(found[1], moved)))


def _clip(x: FloatArray) -> FloatArray:
    return np.clip(x, 0.0, 1.0)


def _angle(x: Near, side: Side, k: int, n: int, finer: Callable[[], float]) -> flint.arb:
    """Bound of sin Θ between the exact span near the float vectors and the true subspace.

    ``finer`` bounds it for the float span; the two spans are at most ‖U_k − Ū_k‖₂/σ_min(U_k) ≤ p/(1 − p) apart.
    """
    if k == n:
        return ZERO
    following = flint.arb(float(x.s[k])) if k < x.k else ZERO
    gap = flint.arb(float(x.s[k - 1])) - following - x.error_spectral
    wedin = (x.error_spectral / gap).upper() if gap.lower() > 0 else ONE
    if not wedin > _COARSE:
        return wedin
    angle = finer()
    if not np.isfinite(angle):
        return wedin
    return wedin.min((flint.arb(angle) + side.off_spectral / (1 - side.off_spectral)).upper())
