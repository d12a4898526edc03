r"""Singular values of a product of many matrices, however far they lie below the product of the norms.

The product is formed in units, P = 2^(e − b) (M + Δ), M an integer matrix whose largest entry has about b bits, with a
bound of ‖Δ‖₂. For W = 2^(e' − b')(N + δ), ‖δ‖₂ ≤ d, ‖W‖₂ ≤ w·2^(e' − b'),

    WP = 2^(e + e' − b − b') (NM + NΔ + δ(M + Δ)),    ‖NΔ + δ(M + Δ)‖₂ ≤ (w + d)‖Δ‖ + d‖M‖_F,

and NM is cut to b bits again, which costs one unit an entry. So Δ grows by ‖W‖‖P‖/‖WP‖ a layer, and by
Π‖W_l‖/‖P‖ in all: as many bits more are taken as were seen to be lost.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from flint import arb, fmpz, fmpz_mat

from certify.linalg.relative_svd import GUARD, Fixed, RelativeValues, fixed, relative_values_of
from certify.rigor.rounding import FloatArray

__all__ = ["relative_product"]

_CUT, _DIGITS = 24, 53
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
    spare = _likely_loss(layers, norms)
    spare = spare if reach + spare <= _MOST_BITS else 0
    while reach + spare <= _MOST_BITS:
        found = _product(layers, norms, reach + GUARD + spare)
        if found is None:
            return None
        lost = _lost(found)
        if lost <= spare + GUARD // 4:
            cut = _cut_to(found, reach + GUARD)
            m = cut.matrix
            tall = m if m.nrows() >= m.ncols() else m.transpose()
            return relative_values_of(Fixed(tall, cut.bits, cut.exponent, cut.off), reach, _CUT)
        spare = lost
    return None


def _likely_loss(layers: Sequence[Callable[[], FloatArray]], norms: Sequence[float]) -> int:
    """About as many bits as Δ will have: what a unit lost at each cut grows to, by floats; 0 where these do not say."""
    off, product = 0.0, np.ones((1, 1))
    with np.errstate(all="ignore"):
        for place, (read, norm) in enumerate(zip(layers, norms, strict=True)):
            product = read() / norm if place == 0 else (read() / norm) @ product
            largest = float(np.max(np.abs(product), initial=0.0))
            if not 0 < largest < math.inf:
                return 0
            off = off / largest + math.sqrt(product.size)
            product = product / largest
    return math.ceil(off).bit_length() if off < math.inf else 0


def _lost(x: Fixed) -> int:
    return int(x.off.ceil().unique_fmpz() or 0).bit_length()


def _product(layers: Sequence[Callable[[], FloatArray]], norms: Sequence[float], bits: int) -> Fixed | None:
    whole: Fixed | None = None
    for read, norm in zip(layers, norms, strict=True):
        a = read()
        if not np.any(a):
            return None
        w = _short(a, bits)
        found = w if whole is None else _times(w, norm, whole)
        if found.matrix.is_zero():
            return None
        whole = _cut_to(found, bits)
    return whole


def _short(a: FloatArray, bits: int) -> Fixed:
    """A nonzero matrix of floats in units of its last digit, or in coarser ones that ``bits`` say as ``fixed`` does."""
    mantissas, exponents = np.frexp(a)
    exponent = int(exponents[np.unravel_index(np.argmax(np.abs(a)), a.shape)])
    last = int(np.min(exponents[a != 0])) - _DIGITS
    if exponent - last > bits:
        return fixed(a, bits)
    whole = np.ldexp(mantissas, _DIGITS).astype(np.int64).ravel().tolist()
    shifts = np.where(a == 0, 0, exponents - _DIGITS - last).ravel().tolist()
    entries = [x << shift for x, shift in zip(whole, shifts, strict=True)]
    return Fixed(fmpz_mat(a.shape[0], a.shape[1], entries), exponent - last, exponent, arb(0))


def _times(w: Fixed, norm: float, p: Fixed) -> Fixed:
    d = w.off
    size = arb(norm) * arb(2) ** (w.bits - w.exponent) + d
    error = (size + d) * p.off
    if not d.is_zero():
        error += d * arb(sum((x * x for x in p.matrix.entries()), fmpz(0))).sqrt()
    return Fixed(w.matrix * p.matrix, w.bits + p.bits, w.exponent + p.exponent, error.upper())


def _cut_to(x: Fixed, bits: int) -> Fixed:
    """The largest entry of a nonzero matrix with so many bits."""
    entries = x.matrix.entries()
    shift = max(map(fmpz.bit_length, entries)) - bits
    cut = [y >> shift if shift >= 0 else y << -shift for y in entries]
    off = x.off * arb(2) ** -shift + (arb(len(entries)).sqrt() if shift > 0 else arb(0))
    # A unit is 2^shift times what it was, and there are 2^bits of them in 2^exponent.
    exponent = x.exponent - x.bits + shift + bits
    return Fixed(fmpz_mat(x.matrix.nrows(), x.matrix.ncols(), cut), bits, exponent, off.upper())
