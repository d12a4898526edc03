r"""Imbalance and commutator of the Grams at an interface, in the coordinates of the two decompositions.

With κ = s², κ' = s'², P = ŪŪᵀ and P' = V̄'V̄'ᵀ, K̂ = Ū diag(κ)Ūᵀ and Ĥ = V̄' diag(κ')V̄'ᵀ.

Imbalance. Δ̂ = Ĥ − K̂ splits orthogonally along P, I − P on the right and P', I − P' on the left, and
(I − P')Δ̂(I − P) = 0:

    ‖Δ̂‖_F² = Σ_ij (κ'_i − κ_j)² C̄_ij² + ‖Ĥ(I − P)‖_F² + ‖(I − P')K̂‖_F²,                                           (4)

and the last two are ‖κ'‖² − ‖diag(κ')C̄‖_F² and ‖κ‖² − ‖C̄ diag(κ)‖_F². The first term does not cancel. Where the others
do (a nearly balanced interface with n > k), R_V = V' − UC̄ᵀ and R_U = U − V'C̄ are formed, and
‖Ĥ(I − P)‖_F = ‖R_V diag(κ')‖_F.

Commutator. With M = UᵀĤU = C̄ᵀ diag(κ')C̄ on span Ū,

    ‖[Ĥ, K̂]‖_F² = Σ_ij (κ_i − κ_j)² M_ij² + 2‖(I − P)ĤŪ diag(κ)‖_F²,                                                (5)

the last norm squared being ‖diag(κ')C̄ diag(κ)‖_F² − ‖M diag(κ)‖_F², or ‖R_V diag(κ')C̄ diag(κ)‖_F² formed explicitly.

The layers themselves: ‖AAᵀ − K̂‖_F ≤ δ = 2s₁ε_F + ε₂ε_F and likewise δ'; Δ moves by δ + δ', the commutator by
2(‖Ĥ‖₂δ + ‖K̂‖₂δ' + δδ').
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import flint
import numpy as np

from certify.linalg.cores.core import Core
from certify.linalg.cores.near import Near
from certify.linalg.cores.scalars import (
    EPS,
    TINY,
    ZERO,
    around,
    excess,
    frobenius_ball,
    frobenius_up,
    product_error,
    root,
    times,
    up,
)
from certify.linalg.gemm import underflow
from certify.rigor.rounding import FloatArray

__all__ = ["Balance", "balance"]

_WIDE = 1e-8
"""Tails wider than this, relative to the norms that enter, are formed explicitly."""


@dataclass(frozen=True, slots=True)
class Balance:
    """Balls around norms at one interface; NaN where the computation overflowed.

    imbalance : ‖Δ‖_F; read, write : ‖H‖_F and ‖K‖_F; commutator : ‖[H, K]‖_F/(‖H‖_F‖K‖_F), NaN for a zero layer.
    """

    imbalance: flint.arb
    read: flint.arb
    write: flint.arb
    commutator: flint.arb


@dataclass(frozen=True, slots=True)
class _Tail:
    """(I − P)V' or (I − P')U as a float matrix, and ``error(i)`` ≥ ‖(float − exact) diag(s)^i‖_F."""

    x: FloatArray
    error: Callable[[int], flint.arb]


def balance(c: Core) -> Balance:
    """Enclose the norms of an interface.

    >>> from certify.linalg import svd
    >>> from certify.linalg.cores import core, near
    >>> identity = near(svd([[1.0, 0.0], [0.0, 1.0]]))
    >>> found = balance(core(identity, identity))
    >>> bool(found.imbalance.contains(0)), bool(found.commutator.contains(0))
    (True, True)
    """
    write, read = c.write, c.read
    top = max(write.exponent, read.exponent)
    imbalance = _imbalance(c, write.exponent - top, read.exponent - top)
    norm_write, norm_read = _gram_norm(write), _gram_norm(read)
    unit = flint.arb(2)
    return Balance(
        imbalance * unit ** (2 * top),
        norm_read * unit ** (2 * read.exponent),
        norm_write * unit ** (2 * write.exponent),
        _commutator(c, norm_write, norm_read),
    )


def _squares(x: Near, shift: int = 0) -> FloatArray:
    with np.errstate(under="ignore"):
        return np.ldexp(x.s * x.s, 2 * shift) if shift else x.s * x.s


def _gram_norm(x: Near) -> flint.arb:
    found = frobenius_ball(_squares(x))
    return around(found, x.gram_error + 4 * EPS * found.upper() + 4 * x.k * TINY)


def _largest(c: Core) -> flint.arb:
    """Bounds every product of weights below: κ, κ' < 4 and |C_ij| ≤ 2 for scaled layers."""
    return (1 + c.write.top()) ** 4 * (1 + c.read.top()) ** 4


def _imbalance(c: Core, shift_write: int, shift_read: int) -> flint.arb:
    """‖Δ‖_F on the scale of the larger layer, by (4)."""
    write, read = c.write, c.read
    kappa, kappa_read = _squares(write, shift_write), _squares(read, shift_read)
    unit_write, unit_read = flint.arb(2) ** (2 * shift_write), flint.arb(2) ** (2 * shift_read)
    largest, norms = _largest(c), frobenius_up(kappa) + frobenius_up(kappa_read)
    weighted = kappa_read[:, None] - kappa
    weighted *= c.c
    slack = c.error(2, 0) * unit_read + c.error(0, 2) * unit_write
    slack += 8 * EPS * norms * (1 + c.error(0, 0)) + 8 * max(weighted.size, 1) * TINY * largest
    inner = around(frobenius_ball(weighted), slack)
    tails = [
        _tail_norm(c, kappa_read, unit_read, reader=True, largest=largest),
        _tail_norm(c, kappa, unit_write, reader=False, largest=largest),
    ]
    delta = root(inner * inner + tails[0] + tails[1])
    if up(delta.rad()) > _WIDE * up(norms):
        tails = [
            _tail_formed(c, kappa_read, unit_read, tails[0], reader=True, largest=largest),
            _tail_formed(c, kappa, unit_write, tails[1], reader=False, largest=largest),
        ]
        delta = root(inner * inner + tails[0] + tails[1])
    return around(delta, write.gram_error * unit_write + read.gram_error * unit_read)


def _tail_norm(c: Core, kappa: FloatArray, unit: flint.arb, *, reader: bool, largest: flint.arb) -> flint.arb:
    """‖Ĥ(I − P)‖_F² (reader) or ‖(I − P')K̂‖_F² as a difference of squares."""
    own, other = (c.read, c.write) if reader else (c.write, c.read)
    if other.k == c.n or not own.k:
        return ZERO
    m, rounding = c.form(kappa if reader else None, None if reader else kappa, largest)
    total = frobenius_ball(kappa)
    total = around(total, 4 * EPS * total.upper() + 4 * own.k * TINY)
    core_error = c.error(2, 0) if reader else c.error(0, 2)
    return excess(total, around(frobenius_ball(m), rounding + core_error * unit))


def _tail_formed(
    c: Core, kappa: FloatArray, unit: flint.arb, known: flint.arb, *, reader: bool, largest: flint.arb
) -> flint.arb:
    own, other = (c.read, c.write) if reader else (c.write, c.read)
    if other.k == c.n or not own.k:
        return known
    tail = _tail(c, reader=reader)
    weighted = tail.x * kappa
    error = tail.error(2) * unit + 8 * EPS * frobenius_up(weighted) + 8 * weighted.size * TINY * largest
    formed = around(frobenius_ball(weighted), error)
    return formed * formed


def _tail(c: Core, *, reader: bool) -> _Tail:
    """R_V = V' − UC̄ᵀ or R_U = U − V'C̄.

    Against (I − P)V̄' the float matrix is off by V' − V̄', by (U − Ū)C̄ᵀ, by U(C − C̄)ᵀ, by γ_k of the product and by two
    roundings of the difference.
    """
    x, y = (c.read, c.write) if reader else (c.write, c.read)
    own, other = (x.right, y.left) if reader else (x.left, y.right)
    product, gamma = times(other.x, c.c.T if reader else c.c)
    found = own.x - product
    size = found.size

    def error(i: int) -> flint.arb:
        core_error = c.error(i, 0) if reader else c.error(0, i)
        whole = 1 + c.error(0, 0)
        off = own.off if i == 0 else own.weighted * x.top(i - 1)
        rounding = flint.arb(gamma) * flint.arb(y.k).sqrt() * (1 + other.off_spectral) * whole
        rounding += 4 * EPS * (1 + own.off_spectral + whole)
        lost = (flint.arb(underflow(y.k)) + 4 * TINY) * size * (1 + x.top(i))
        bound = off + other.off * whole * x.top(i) + core_error * (1 + other.off_spectral) + rounding * x.size(i) + lost
        return bound.upper()

    return _Tail(found, error)


def _commutator(c: Core, norm_write: flint.arb, norm_read: flint.arb) -> flint.arb:
    """The normalized commutator by (5), free of the layers' scales."""
    write, read = c.write, c.read
    if not (write.k and read.k):
        return flint.arb.nan()
    largest, kappa = _largest(c), _squares(write)
    half, rounding = c.form(read.s, None, largest)
    half_error = c.error(1, 0) + rounding
    m, gamma = times(half.T, half)
    size = frobenius_up(half)
    # M is off by its own rounding and by that of S'C on both sides; ‖S'C̄‖₂ ≤ s'₁.
    off = product_error(gamma, read.k, size, size, m.size, largest)
    off += 2 * read.top() * half_error + half_error * half_error
    spread = kappa[:, None] - kappa
    spread *= m
    slack = write.top(2) * off + 8 * EPS * 2 * write.top(2) * frobenius_up(m) + 8 * m.size * TINY * largest
    inner = around(frobenius_ball(spread), slack)
    outer = ZERO
    if write.k < c.n:
        outer = _outer(c, m, off, largest)
    total = root(inner * inner + 2 * outer)
    if write.k < c.n and up(total.rad()) > _WIDE * up(norm_write * norm_read):
        total = root(inner * inner + 2 * _outer_formed(c, largest))
    delta, delta_read = write.gram_error, read.gram_error
    moved = 2 * (read.top(2) * delta + write.top(2) * delta_read + delta * delta_read)
    return around(total, moved) / (norm_write * norm_read)


def _outer(c: Core, m: FloatArray, off: flint.arb, largest: flint.arb) -> flint.arb:
    kappa, kappa_read = _squares(c.write), _squares(c.read)
    whole, rounding = c.form(kappa_read, kappa, largest)
    inside = m * kappa
    inside_error = c.write.top(2) * off + 8 * EPS * frobenius_up(inside) + 8 * m.size * TINY * largest
    return excess(around(frobenius_ball(whole), rounding + c.error(2, 2)), around(frobenius_ball(inside), inside_error))


def _outer_formed(c: Core, largest: flint.arb) -> flint.arb:
    whole, rounding = c.form(_squares(c.read), _squares(c.write), largest)
    tail = _tail(c, reader=True)
    formed, gamma = times(tail.x, whole)
    error = tail.error(2) * c.write.top(2) + (1 + tail.error(0)) * (rounding + c.error(2, 2))
    error += product_error(gamma, c.read.k, frobenius_up(tail.x), frobenius_up(whole), formed.size, largest)
    found = around(frobenius_ball(formed), error)
    return found * found
