r"""Relative bounds of the singular values of a product, formed in integers from the last layer on.

P = W_L ⋯ W_l is 2^x (M + Δ), M whole, ‖Δ‖₂ <= r. Floats are whole multiples of a power of two, so the next layer is
W = 2^y N with N whole, and PW = 2^(x+y) (MN + ΔN). With ‖W‖₂ <= w, ‖ΔN‖ <= r w 2^-y. Bits of MN below the wanted
number are left out, which moves every entry by less than one unit. If too much is noise in the end, once more with more
bits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flint import arb, fmpz, fmpz_mat

from certify.checker.arithmetic.relative_values import SPARE, Bounds, whole
from certify.checker.arithmetic.rounding import Array

__all__ = ["relative_product"]

_CUT = 24
_MOST_BITS = 2**14
_NOISE = 2**20


def relative_product(factors: Sequence[Callable[[], Array]], norms: Sequence[float], reach: int) -> Bounds | None:
    """Bounds of all singular values of W_L ⋯ W_1, relative ones of those above 2^-reach of the largest.

    Parameters
    ----------
    factors : they read W_1, …, W_L.
    norms : proved upper bounds of ‖W_l‖₂, finite.

    None where the product may be 0, LAPACK fails or the columns lean on each other.
    """
    matrices = [_whole(read()) for read in factors]
    bits = reach + SPARE
    extra = 0
    while bits + extra <= _MOST_BITS:
        m, x, noise = _product(matrices, norms, bits + extra)
        if not any(m.entries()):
            if noise == 0:
                return None
            # Cancelled down to what was left out.
            extra += bits + extra
            continue
        m, x, noise = _with_bits(m, x, noise, bits)
        if noise < _NOISE:
            found = whole(m if m.nrows() >= m.ncols() else m.transpose(), bits, reach, _CUT)
            unit = arb(2) ** x
            return found and [((low - noise).max(arb(0)) * unit, (high + noise) * unit) for low, high in found]
        extra += int(noise.upper().ceil().unique_fmpz() or 0).bit_length()
    return None


def _product(matrices: Sequence[tuple[fmpz_mat, int]], norms: Sequence[float], bits: int) -> tuple[fmpz_mat, int, arb]:
    """M, x and r; M is 0 where the product of the last layers vanishes, or nothing is left of it."""
    m, x, noise = *matrices[-1], arb(0)
    for (n, y), norm in zip(matrices[-2::-1], norms[-2::-1], strict=True):
        m, x, noise = _trimmed(m * n, x + y, noise * arb(norm) * arb(2) ** -y, bits)
        if not any(m.entries()):
            break
    return m, x, noise


def _whole(a: Array) -> tuple[fmpz_mat, int]:
    """N and y with a = 2^y N."""
    ratios = [x.as_integer_ratio() for x in a.ravel().tolist()]
    y = -max(bottom.bit_length() - 1 for _, bottom in ratios)
    entries = [top << (-y - bottom.bit_length() + 1) for top, bottom in ratios]
    zeros = min(((x & -x).bit_length() - 1 for x in entries if x), default=0)
    return fmpz_mat(a.shape[0], a.shape[1], [x >> zeros for x in entries]), y + zeros


def _with_bits(m: fmpz_mat, x: int, noise: arb, bits: int) -> tuple[fmpz_mat, int, arb]:
    """The same in units of which the largest entry, not 0, has so many bits."""
    short = bits - max(int(e).bit_length() for e in m.entries())
    if short <= 0:
        return _trimmed(m, x, noise, bits)
    longer = fmpz_mat(m.nrows(), m.ncols(), [e << short for e in m.entries()])
    return longer, x - short, (noise * arb(2) ** short).upper()


def _trimmed(m: fmpz_mat, x: int, noise: arb, bits: int) -> tuple[fmpz_mat, int, arb]:
    """The same in larger units, so that the largest entry has no more than so many bits."""
    entries: list[fmpz] = m.entries()
    away = max(int(e).bit_length() for e in entries) - bits
    if away <= 0:
        return m, x, noise
    moved = noise * arb(2) ** -away + arb(len(entries)).sqrt()
    return fmpz_mat(m.nrows(), m.ncols(), [e >> away for e in entries]), x + away, moved.upper()
