r"""Singular values of a product of many matrices, however far they lie below the product of the norms.

The product is formed in units, P = 2^(e − b) (M + Δ), M an integer matrix whose largest entry has about b bits, with a
bound of ‖Δ‖₂. For W = 2^(e' − b')(N + δ), ‖δ‖₂ ≤ d, ‖W‖₂ ≤ w·2^(e' − b'),

    WP = 2^(e + e' − b − b') (NM + NΔ + δ(M + Δ)),    ‖NΔ + δ(M + Δ)‖₂ ≤ (w + d)‖Δ‖ + d‖M‖_F,

and NM is cut to b bits again, which costs one unit an entry. So Δ grows by ‖W‖‖P‖/‖WP‖ a layer, and by
Π‖W_l‖/‖P‖ in all: as many bits more are taken as were seen to be lost.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from flint import arb, fmpz, fmpz_mat

from certify.linalg.relative_svd import GUARD, Fixed, RelativeValues, fixed, relative_values_of
from certify.rigor.rounding import FloatArray

__all__ = ["relative_product"]

_CUT = 24
_MOST_BITS = 2**14


def relative_product(
    layers: Sequence[Callable[[], FloatArray]], norms: Sequence[float], reach: int
) -> RelativeValues | None:
    """Enclose every singular value of W_L ⋯ W_1 above 2^-reach of the largest to about five digits.

    Parameters
    ----------
    layers : functions that read W_1, …, W_L.
    norms : finite upper bounds of their spectral norms.

    Returns
    -------
    None where the product may be 0, and where LAPACK or a proof fails.
    """
    spare = 0
    while reach + spare <= _MOST_BITS:
        found = _product(layers, norms, reach + GUARD + spare)
        if found is None:
            return None
        lost = int(found.off.ceil().unique_fmpz() or 0).bit_length()
        if lost <= spare + GUARD // 4:
            cut = _cut_to(found, reach + GUARD)
            m = cut.matrix
            tall = m if m.nrows() >= m.ncols() else m.transpose()
            return relative_values_of(Fixed(tall, cut.bits, cut.exponent, cut.off), reach, _CUT)
        spare = lost
    return None


def _product(layers: Sequence[Callable[[], FloatArray]], norms: Sequence[float], bits: int) -> Fixed | None:
    whole: Fixed | None = None
    for read, norm in zip(layers, norms, strict=True):
        a = read()
        if not np.any(a):
            return None
        w = _short(fixed(a, bits))
        found = w if whole is None else _times(w, norm, whole)
        if not any(found.matrix.entries()):
            return None
        whole = _cut_to(found, bits)
    return whole


def _short(x: Fixed) -> Fixed:
    """The same without the zeros at the end of all entries."""
    entries = [int(y) for y in x.matrix.entries()]
    zeros = min((y & -y).bit_length() - 1 for y in entries if y)
    short = fmpz_mat(x.matrix.nrows(), x.matrix.ncols(), [y >> zeros for y in entries])
    return Fixed(short, x.bits - zeros, x.exponent, x.off * arb(2) ** -zeros)


def _times(w: Fixed, norm: float, p: Fixed) -> Fixed:
    d = w.off
    size = arb(norm) * arb(2) ** (w.bits - w.exponent) + d
    norm_p = arb(sum((x * x for x in p.matrix.entries()), fmpz(0))).sqrt()
    error = ((size + d) * p.off + d * norm_p).upper()
    return Fixed(w.matrix * p.matrix, w.bits + p.bits, w.exponent + p.exponent, error)


def _cut_to(x: Fixed, bits: int) -> Fixed:
    """The largest entry of a nonzero matrix with so many bits."""
    entries = x.matrix.entries()
    shift = max(int(y).bit_length() for y in entries) - bits
    cut = [y >> shift if shift >= 0 else y << -shift for y in entries]
    off = x.off * arb(2) ** -shift + (arb(len(entries)).sqrt() if shift > 0 else arb(0))
    # A unit is 2^shift times what it was, and there are 2^bits of them in 2^exponent.
    exponent = x.exponent - x.bits + shift + bits
    return Fixed(fmpz_mat(x.matrix.nrows(), x.matrix.ncols(), cut), bits, exponent, off.upper())
