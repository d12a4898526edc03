r"""Spectral norms by inertia above and a witness below.

**Upper bound by inertia.** For a float matrix Y and a number t, let M be a float matrix and R any float matrix with

.. math:: \|RR^T-M\|_2\le\rho,\qquad\|(t^2I-Y^TY)-M\|_2\le\mu.

Then t²I - YᵀY = RRᵀ + (M - RRᵀ) + (t²I - YᵀY - M) has no eigenvalue below -(ρ + μ), so ‖Y‖₂² <= t² + ρ + μ. R comes
from a Cholesky factorization of which nothing is assumed: ρ is computed from the product RRᵀ.

**Lower bound by a witness.** ‖Y‖₂ >= ‖Yx‖/‖x‖ for any x ≠ 0.
"""

from __future__ import annotations

import contextlib
import math
from typing import Any

import numpy as np
import scipy.linalg
import scipy.sparse.linalg
from flint import arb

from certify.checker.arithmetic.deflated_norm import deflated_norm
from certify.checker.arithmetic.rounding import (
    ETA,
    Array,
    U,
    above,
    absolute_norm,
    ball,
    gram,
    product,
)
from certify.checker.arithmetic.scaled_matrix import Unit, error_ball, frobenius

__all__ = ["gram_norm", "spectral_norm"]

_DIRECT = 256
_MANY = 192
"""Deflation does not pay for fewer columns."""


def spectral_norm(y: Unit) -> arb:
    """A ball around ‖A‖₂ for the unscaled matrix."""
    if not y.matrix.any():
        return arb(0, y.lost) * arb(2) ** y.exponent
    work = y.matrix if y.matrix.shape[0] >= y.matrix.shape[1] else y.matrix.T
    if work.shape[1] >= _MANY and (found := deflated_norm(work, y.mass)) is not None:
        return (found + arb(0, y.lost)).max(arb(0)) * arb(2) ** y.exponent
    near, error = gram(work)
    lower = _witness(work, _leading_vector(near))
    upper = _inertia_bound(near, error, float(lower.mid()))
    return (lower.union(upper) + arb(0, y.lost)).max(arb(0)) * arb(2) ** y.exponent


def gram_norm(near: Array, error: arb) -> arb:
    """A ball around ‖G‖₂ for every positive semidefinite G within ``error`` of a symmetric matrix, spectral norm.

    The entries are at most 1.
    """
    if not near.any():
        return error_ball(error).max(arb(0))
    reached = _witness(near, _leading_vector(near))
    size = math.sqrt(float(reached.mid()))
    most = _inertia_bound(near, above(error), size) ** 2
    return (reached - error).max(arb(0)).union(most)


def _leading_vector(near: Array) -> Array:
    """An approximate leading eigenvector; only the width of the enclosure depends on how it was found."""
    n = near.shape[0]
    if n > _DIRECT:
        with contextlib.suppress(scipy.sparse.linalg.ArpackError):
            options: dict[str, Any] = {"v0": np.ones(n), "tol": 1e-7, "ncv": 48}
            return scipy.sparse.linalg.eigsh(near, k=1, **options)[1][:, 0]
    found = scipy.linalg.eigh(near, subset_by_index=[n - 1, n - 1], check_finite=False)[1]
    # LAPACK may find none, and say nothing, where all eigenvalues are tied to rounding: orthogonal layers.
    return found[:, 0] if found.shape[1] else np.ones(n)


def _witness(work: Array, x: Array) -> arb:
    """A number that ‖work‖₂ is not below, for entries and norms of magnitude at most 1."""
    length = frobenius(x)
    if not length > 0:
        return arb(0)
    image, slip = product(work, x[:, None])
    reached = frobenius(image) - ball(slip)
    return (reached / length).lower().max(arb(0))


def _inertia_bound(near: Array, error: float, lower: float) -> arb:
    """A number that ‖Y‖₂ does not exceed, from ``‖near − YᵀY‖ <= error`` and an estimate of ‖Y‖."""
    n = near.shape[0]
    for slack in (8, 128, 2048, 2**16, 2**24):
        square = lower * lower * (1 + slack * n * U) + n * ETA
        shifted = -near
        shifted[np.diag_indices(n)] += square
        try:
            factor = scipy.linalg.cholesky(shifted.T, lower=True, check_finite=False)
        except np.linalg.LinAlgError:
            continue
        back, slip = gram(factor.T, upper=True)
        # The residual and the shifted diagonal round once an entry, by at most u times a number below 4.
        rounding = ball(8 * n * U) * ball(square) + ball(2 * n * ETA)
        rest = ball(absolute_norm(back - shifted)) * (1 + ball(4 * U))
        return (ball(square) + rest + rounding + ball(slip) + ball(error)).sqrt()
    return ball(absolute_norm(near) + error).sqrt()
