r"""How much subspaces of one space have in common, for all pairs of many at once.

Let X_i be the basis of the i-th subspace with ‖X_iᵀX_i − I‖ ≤ b_i < 1 and X_i = Q_iH_i its polar factors, so that
Q_iᵀQ_j = H_i⁻¹X_iᵀX_jH_j⁻¹ and

    ‖X_iᵀX_j‖_F/√((1 + b_i)(1 + b_j)) ≤ ‖Q_iᵀQ_j‖_F ≤ ‖X_iᵀX_j‖_F/√((1 − b_i)(1 − b_j)).                        (14)

Let P_i be the projector that is meant and R_i = Q_iQ_iᵀ. Both have rank r_i, so that ‖P_i − R_i‖₂ = ‖sin Θ_i‖₂ ≤ t_i:

    |‖P_iP_j‖_F − ‖R_iR_j‖_F| ≤ ‖(P_i − R_i)P_j‖_F + ‖R_i(P_j − R_j)‖_F ≤ t_i√r_j + t_j√r_i.                      (15)

‖R_iR_j‖_F = ‖Q_iᵀQ_j‖_F, and ‖P_iP_j‖_F² ≤ min(r_i, r_j).
"""

from __future__ import annotations

from collections.abc import Sequence

import flint
import numpy as np

from certify.errors import UsageError
from certify.linalg.gemm import gemm
from certify.linalg.subspace import Subspace
from certify.linalg.svd_factor import defect
from certify.rigor.ball import hull_ball
from certify.rigor.rounding import norm_down, norm_up

__all__ = ["inner_products"]


def inner_products(spaces: Sequence[Subspace]) -> list[flint.arb]:
    """Balls around ‖P_iP_j‖_F² for all pairs i < j in order; NaN where a subspace is unknown.

    Parameters
    ----------
    spaces : bases of shape (n, r_i) with r_i ≥ 1.

    Raises
    ------
    UsageError : they do not lie in one space.

    >>> import numpy as np
    >>> axes = np.eye(3)
    >>> [x.contains(1) for x in inner_products([Subspace(axes[:, :2], 0.0), Subspace(axes[:, 1:], 0.0)])]
    [True]
    """
    if len({space.basis.shape[0] for space in spaces}) > 1:
        raise UsageError("subspaces of different spaces", hint="compare subspaces of one interface")
    bounds = [_defect(space) for space in spaces]
    found: list[flint.arb] = []
    for i, (one, own) in enumerate(zip(spaces[:-1], bounds, strict=False)):
        rest = spaces[i + 1 :]
        cross = gemm(np.ascontiguousarray(one.basis.T), np.concatenate([space.basis for space in rest], axis=1))
        start = 0
        for other, b in zip(rest, bounds[i + 1 :], strict=True):
            columns = slice(start, start + other.basis.shape[1])
            start = columns.stop
            if own is None or b is None:
                found.append(flint.arb.nan())
                continue
            slack = flint.arb(float(norm_up(cross.rad[:, columns])))
            low = (flint.arb(float(norm_down(cross.mid[:, columns]))) - slack).max(flint.arb(0))
            high = flint.arb(float(norm_up(cross.mid[:, columns]))) + slack
            found.append(_squared(low, high, (own, b), (one, other)))
    return found


def _defect(space: Subspace) -> flint.arb | None:
    """b_i; None where the basis or its angle says nothing."""
    if not space.sin_theta < 1.0 or not float(np.max(np.abs(space.basis))) <= 2.0:
        return None
    b = defect(space.basis, tight=True).norm()
    return flint.arb(float(b)) if b < 0.5 else None


def _squared(
    low: flint.arb, high: flint.arb, bounds: tuple[flint.arb, flint.arb], pair: tuple[Subspace, Subspace]
) -> flint.arb:
    """(14) and (15) of ‖X_iᵀX_j‖_F between ``low`` and ``high``, and the square."""
    (b, b_next), (one, other) = bounds, pair
    ranks = one.basis.shape[1], other.basis.shape[1]
    moved = (
        flint.arb(one.sin_theta) * flint.arb(ranks[1]).sqrt() + flint.arb(other.sin_theta) * flint.arb(ranks[0]).sqrt()
    )
    least = (low / ((1 + b) * (1 + b_next)).sqrt() - moved).lower().max(flint.arb(0))
    most = (high / ((1 - b) * (1 - b_next)).sqrt() + moved).upper()
    return hull_ball(least * least, (most * most).upper().min(flint.arb(min(ranks))))
