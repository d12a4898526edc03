"""Principal angles between certified singular subspaces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from certify.errors import UsageError
from certify.linalg.gemm import gemm
from certify.linalg.svd import svd
from certify.linalg.svd_factor import defect
from certify.rigor.interval import Interval
from certify.rigor.rounding import (
    ETA,
    FloatArray,
    U,
    add_up,
    div_down,
    div_up,
    mul_down,
    mul_up,
    norm_up,
    sqrt_down,
    sqrt_up,
    sub_down,
)

__all__ = ["Subspace", "principal_cosines", "principal_sines"]


@dataclass(frozen=True, slots=True)
class Subspace:
    """A subspace of R^n known to within an angle.

    basis : (n, k) float64, entries at most 2 in magnitude, nearly orthonormal columns.
    sin_theta : upper bound of ‖sin Θ‖₂ between span(basis) and the subspace that is meant; ``inf`` when unknown.
    """

    basis: FloatArray
    sin_theta: float


def principal_cosines(x: Subspace, y: Subspace) -> Interval:
    """Enclosures of the min(k, k') cosines of the principal angles, in decreasing order.

    With X = Q_X P_X (polar) and ‖XᵀX − I‖ ≤ b_X < 1, σ_i(Q_XᵀQ_Y) lies in
    [σ_i(XᵀY)/√((1 + b_X)(1 + b_Y)), σ_i(XᵀY)/√((1 − b_X)(1 − b_Y))] (Ostrowski); and since the cosines are singular
    values of the product of the two orthogonal projectors, replacing the spans by the subspaces meant moves them by at
    most sin Θ_X + sin Θ_Y (Weyl). Unknown subspaces, or bases far from orthonormal, give [0, 1].

    Raises
    ------
    UsageError
        The two bases live in spaces of different dimension.

    >>> import numpy as np
    >>> line = Subspace(np.array([[1.0], [0.0]]), 0.0)
    >>> other = Subspace(np.array([[0.6], [0.8]]), 0.0)
    >>> bool(principal_cosines(line, other).contains(0.6))
    True
    """
    n, k = x.basis.shape
    if y.basis.shape[0] != n:
        raise UsageError(
            f"the subspaces live in R^{n} and R^{y.basis.shape[0]}", hint="compare subspaces of one interface"
        )
    count = min(k, y.basis.shape[1])
    known = _known(x, y)
    if known is None:
        return Interval(np.zeros(count), np.ones(count))
    moved, b_x, b_y = known
    cross = gemm(np.ascontiguousarray(x.basis.T), y.basis)
    values = svd(cross.mid, "tight")
    error = float(norm_up(cross.rad))
    low = np.maximum(sub_down(values.lower, error), 0.0)
    high = add_up(values.upper, error)
    low = div_down(low, sqrt_up(mul_up(add_up(1.0, b_x), add_up(1.0, b_y))))
    high = div_up(high, sqrt_down(mul_down(sub_down(1.0, b_x), sub_down(1.0, b_y))))
    low, high = np.clip(sub_down(low, moved), 0.0, 1.0), np.clip(add_up(high, moved), 0.0, 1.0)
    return Interval(low, high)


def _known(x: Subspace, y: Subspace) -> tuple[float, float, float] | None:
    """sin Θ_X + sin Θ_Y, b_X and b_Y; None where they say nothing of an angle."""
    moved = float(add_up(x.sin_theta, y.sin_theta))
    if not moved < 1.0 or not max(float(np.max(np.abs(s.basis))) for s in (x, y)) <= 2.0:
        return None
    b_x, b_y = defect(x.basis, tight=True).norm(), defect(y.basis, tight=True).norm()
    return (moved, b_x, b_y) if b_x < 0.5 and b_y < 0.5 else None


def principal_sines(x: Subspace, y: Subspace) -> Interval:
    """Enclosures of the k sines of the principal angles between two subspaces of one dimension k, in decreasing order.

    The sines are the singular values of (I − P_X)Q_Y, which small angles do not lose to rounding as they do in cosines.
    With X = Q_X P_X as in :func:`principal_cosines`, R = Y − X(XᵀY) differs from (I − Q_XQ_Xᵀ)Y by
    Q_X(P_X² − I)Q_XᵀY, of norm at most b_X‖Y‖₂ ≤ b_X√(1 + b_Y); Ostrowski and Weyl do the rest. Unknown subspaces give
    [0, 1].

    Raises
    ------
    UsageError : the bases have different shapes.

    >>> import numpy as np
    >>> line = Subspace(np.array([[1.0], [0.0]]), 0.0)
    >>> bool(principal_sines(line, Subspace(np.array([[0.6], [0.8]]), 0.0)).contains(0.8))
    True
    """
    if x.basis.shape != y.basis.shape:
        raise UsageError(f"subspaces with bases of shapes {x.basis.shape} and {y.basis.shape} are not compared")
    k = x.basis.shape[1]
    known = _known(x, y)
    if known is None:
        return Interval(np.zeros(k), np.ones(k))
    moved, b_x, b_y = known
    cross = gemm(np.ascontiguousarray(x.basis.T), y.basis)
    inside = gemm(x.basis, cross.mid)
    rest = y.basis - inside.mid
    error = add_up(norm_up(inside.rad), mul_up(sqrt_up(add_up(1.0, b_x)), norm_up(cross.rad)))
    error = add_up(error, add_up(mul_up(2 * U, norm_up(rest)), ETA * rest.size))
    error = float(add_up(error, mul_up(b_x, sqrt_up(add_up(1.0, b_y)))))
    values = svd(rest, "tight")
    lower, upper = np.maximum(sub_down(values.lower, error), 0.0), add_up(values.upper, error)
    low = div_down(lower, sqrt_up(add_up(1.0, b_y)))
    high = div_up(upper, sqrt_down(sub_down(1.0, b_y)))
    return Interval(np.clip(sub_down(low, moved), 0.0, 1.0), np.clip(add_up(high, moved), 0.0, 1.0))
