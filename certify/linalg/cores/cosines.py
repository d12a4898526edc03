r"""Principal cosines between leading written and read directions, for many windows at once, from the core.

For a window of k ranks the cosines between span(ū_1..ū_k) and span(v̄'_1..v̄'_k) are the singular values of the leading
k × k block of C̄. The block of the float core is off by

    (γ_n(1+p)(1+p') + 8nη) k + (1+p')‖U_k − Ū_k‖_F + ‖V'_k − V̄'_k‖_F                                                (6)

in the Frobenius norm, where ‖U_k − Ū_k‖_F ≤ min(‖U − Ū‖_F, √k p). The true subspaces are those of A and A', which are
within ε₂ and ε₂' of the exact decompositions: by Wedin's theorem they are at an angle of at most

    sin Θ ≤ ε₂/(s_k − s_{k+1} − ε₂),                                                                                 (7)

and the cosines, singular values of a product of two projectors, move by at most the sum of the two (Weyl). (s_{k+1} is
0 beyond the kept ones; the spectral radius of what was dropped is part of ε₂.) Where (7) is coarse, the bounds of
:meth:`CertifiedSVD.sin_theta_left`, which know how the residual is distributed, are tried with the defect of U_k.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import flint
import numpy as np

from certify.errors import UsageError
from certify.linalg.cores.core import Core
from certify.linalg.cores.near import Near, Side
from certify.linalg.cores.scalars import ONE, ZERO, up
from certify.linalg.cores.values import singular_values_within
from certify.linalg.gemm import underflow
from certify.linalg.svd import CertifiedSVD
from certify.rigor.interval import Interval
from certify.rigor.rounding import FloatArray, add_up

__all__ = ["core_cosines"]

_COARSE = 1e-6


def core_cosines(c: Core, write: CertifiedSVD, read: CertifiedSVD, windows: Iterable[int]) -> dict[int, Interval]:
    """Enclosures of the k cosines, decreasing, between the k leading directions written and read.

    Parameters
    ----------
    c : the core of the two layers; ``write`` and ``read`` their certified decompositions.
    windows : sizes k, 1 <= k <= the smaller number of singular values.

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
    return {k: _window(c, k, write, read) for k in sizes}


def _window(c: Core, k: int, write: CertifiedSVD, read: CertifiedSVD) -> Interval:
    unknown = Interval(np.zeros(k), np.ones(k))
    if k > min(c.write.k, c.read.k):
        return unknown
    u, v, root = c.write.left, c.read.right, flint.arb(k).sqrt()
    angle = _angle(c.write, u, k, c.n, lambda: write.sin_theta_left(k))
    moved = up(angle + _angle(c.read, v, k, c.n, lambda: read.sin_theta_right(k)))
    if not moved < 1.0:
        return unknown
    error = (flint.arb(c.rounding) * (1 + u.off_spectral) * (1 + v.off_spectral) + flint.arb(underflow(c.n))) * k
    error += (1 + v.off_spectral) * u.off.min(root * u.off_spectral) + v.off.min(root * v.off_spectral)
    found = singular_values_within(np.ascontiguousarray(c.c[:k, :k]), up(error))
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
