r"""Truncation of a transport to rank windows (THEORY E1).

For X = W'W and windows (r, r') the truncated transport is :math:`X_{r',r}=(W')_{r'}(W)_r` with the best rank-r and
rank-r' approximations. All bounds here read singular values only.
"""

from __future__ import annotations

from collections.abc import Sequence

import flint

from certify.errors import UsageError
from certify.geometry.number import Number, coerce, total
from certify.rigor.functions import minimum, sqrt

__all__ = [
    "source_mode_bound",
    "tail_squared",
    "truncation_bound_frobenius",
    "truncation_bound_spectral",
    "truncation_squared_frobenius",
    "truncation_squared_spectral",
]


def tail_squared(sigma: Sequence[Number], r: int) -> Number:
    r""":math:`\tau_r^2=\sum_{k>r}\sigma_k^2`, the squared Frobenius tail (THEORY 0)."""
    return _mass([coerce(x) for x in sigma[r:]])


def truncation_squared_frobenius(sigma: Sequence[Number], sigma_next: Sequence[Number], r: int, r_next: int) -> Number:
    r"""Bound of :math:`\|X-X_{r',r}\|_F^2` from the singular values of W and of W', each decreasing (E1).

    The rows of W'(W − W_r) and of (W' − W'_{r'})W_r lie in the orthogonal spaces spanned by the right singular
    vectors of W beyond r and up to r, so their squared norms add. Each is bounded by the smaller of two products,

    .. math::
        \min(\sigma_1(W')^2\tau_r(W)^2,\ \sigma_{r+1}(W)^2\|W'\|_F^2)
        +\min(\tau_{r'}(W')^2\sigma_1(W)^2,\ \sigma_{r'+1}(W')^2\|W_r\|_F^2).

    Parameters
    ----------
    sigma, sigma_next : singular values of W (writes into the interface) and of W' (reads from it).
    r, r_next : windows, 0 <= r <= len(sigma) and 0 <= r_next <= len(sigma_next).
    """
    s, t = _checked(sigma, r), _checked(sigma_next, r_next)
    first = minimum(t[0] * t[0] * _mass(s[r:]), _beyond(s, r) * _mass(t))
    second = minimum(_mass(t[r_next:]) * s[0] * s[0], _beyond(t, r_next) * _mass(s[:r]))
    return first + second


def truncation_bound_frobenius(sigma: Sequence[Number], sigma_next: Sequence[Number], r: int, r_next: int) -> Number:
    r"""Bound of :math:`\|X-X_{r',r}\|_F`, the root of :func:`truncation_squared_frobenius` (E1)."""
    return sqrt(truncation_squared_frobenius(sigma, sigma_next, r, r_next))


def truncation_squared_spectral(sigma: Sequence[Number], sigma_next: Sequence[Number], r: int, r_next: int) -> Number:
    r"""Bound of :math:`\|X-X_{r',r}\|_2^2` from the singular values of W and of W', each decreasing (E1).

    :math:`\sigma_1(W')^2\sigma_{r+1}(W)^2+\sigma_{r'+1}(W')^2\sigma_1(W)^2`.
    """
    s, t = _checked(sigma, r), _checked(sigma_next, r_next)
    return t[0] * t[0] * _beyond(s, r) + _beyond(t, r_next) * s[0] * s[0]


def truncation_bound_spectral(sigma: Sequence[Number], sigma_next: Sequence[Number], r: int, r_next: int) -> Number:
    r"""Bound of :math:`\|X-X_{r',r}\|_2`, the root of :func:`truncation_squared_spectral` (E1)."""
    return sqrt(truncation_squared_spectral(sigma, sigma_next, r, r_next))


def source_mode_bound(sigma_j: Number, sigma_next_beyond: Number) -> Number:
    r"""Bound :math:`\sigma_j(W)\,\sigma_{r'+1}(W')` of the error of source-mode column j <= r (E1)."""
    return sigma_j * sigma_next_beyond


def _mass(values: list[Number]) -> Number:
    return total([x * x for x in values])


def _beyond(sigma: Sequence[Number], r: int) -> Number:
    """σ_{r+1}², zero beyond the last rank."""
    return sigma[r] * sigma[r] if r < len(sigma) else sigma[0] * 0


def _checked(sigma: Sequence[Number], r: int) -> list[Number]:
    if not sigma or not 0 <= r <= len(sigma):
        raise UsageError("a window lies between 0 and the number of ranks", place=f"r = {r}, d = {len(sigma)}")
    return list(sigma) if set(map(type, sigma)) == {flint.arb} else [coerce(x) for x in sigma]
