"""How much wider than computed a fact about the weights is published, at least.

Facts about the weights are proved a second time by other code. Each floor is a small multiple of what a certified
computation with plain float64 products loses, with U = 2^-53 and norms of |A| bounded by row and column sums; a second
computation of that quality fits inside. Facts derived from published facts need no floor.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from certify.claims.small_values import plain_error
from certify.verdict import Enclosure

__all__ = [
    "REORDERED",
    "amplitude_floor",
    "angle_floor",
    "balance_room",
    "cell_floor",
    "decomposition_room",
    "error_floor",
    "known_to",
    "norm_floor",
    "overlap_floor",
    "product_floor",
    "tilt_floors",
]

REORDERED = 2.0**-46
"""Relative floor of what follows by a few operations, in another order, from numbers that both sides know alike."""
_U = 2.0**-53
_LEAST = 512 * _U


def norm_floor(norm: float) -> float:
    """Absolute floor of a Frobenius norm."""
    return _LEAST * norm


def decomposition_room(m: int, n: int) -> float:
    """How wide a singular value may be enclosed, relative to the first: half of what it is widened by at least."""
    return 2 * m * n * _U


def tilt_floors(m: int, n: int, sigma: Sequence[float], gaps: Sequence[float]) -> list[float]:
    """Floors of sin Θ of leading singular subspaces: the error of plain products over each gap; infinite without."""
    # Among the smallest floats the floor would underflow; a power of two changes nothing else.
    unit = 1.0 if sigma[0] >= 2.0**-900 else 2.0**900
    error = plain_error((m, n), [x * unit for x in sigma])
    return [error / (gap * unit) if gap > 0 else math.inf for gap in gaps]


def angle_floor(n: int, tilts: tuple[float, float]) -> float:
    """Absolute floor of principal cosines in R^n: both layers' tilts, and 8n²U for the bases; at most 1."""
    return min(max(8 * n * n * _U, _LEAST) + sum(tilts), 1.0)


def overlap_floor(n: int, ranks: tuple[int, int], tilts: tuple[float, float]) -> float:
    """Absolute floor of the overlap of two subspaces of R^n; at most 1.

    With t and t' what ‖PP'‖_F² is off by is at most 2‖PP'‖_F(t√r' + t'√r), over min(r, r') at most 2√(max/min)(t + t').
    """
    low, high = sorted(ranks)
    return min(2 * math.sqrt(high / low) * angle_floor(n, tilts), 1.0)


def product_floor(size: int) -> float:
    """Floor of a Gram matrix or a product relative to the squared Frobenius norms that enter it.

    ``size`` is the largest dimension.
    """
    return max(8 * size * _U, _LEAST)


def balance_room(*shapes: tuple[int, int]) -> float:
    """How far off a computed imbalance or commutator may be, relative to the squared Frobenius norms that enter it.

    16mnU of the larger layer, what decompositions with plain float64 products are good for. A published enclosure is
    six times that wide, and two floors, and stays inside the checker's width rule.
    """
    return 16 * max(256, *(m * n for m, n in shapes)) * _U


def amplitude_floor(size: int, amplification: float) -> float:
    """Absolute floor of an amplitude, a logarithm.

    ``amplification`` is by how much errors relative to the norms of the factors grow on the way: a condition number, or
    the ratio of ‖W'‖_F‖W‖_F to ‖W'W‖.
    """
    return max(4 * size * math.sqrt(size) * _U, _LEAST) * (1 + amplification)


def cell_floor(inner: int, largest: int) -> float:
    """Floor of the norms of the cells of a product of layers of norm at most 1: 16 roundings for each term.

    ``inner`` terms are summed for an entry, ``largest`` squares for a cell.
    """
    return 16 * (inner + largest + 64) * _U


def error_floor(
    floor: float,
    sigma: tuple[Sequence[Enclosure], Sequence[Enclosure]],
    exponents: tuple[int, int],
    windows: tuple[int, int],
) -> float:
    """Floor of what truncation to windows changes, for layers over 2^exponent; infinite where a window has no gap.

    How far both layers may be off is multiplied by 3, and by (σ_r + σ_{r+1})/(σ_r − σ_{r+1}) for a window of r ranks,
    and by σ₁ of the other layer; ``floor`` is that of the product.
    """
    total = floor
    for values, other, exponent, exponent_next, r in zip(
        sigma, sigma[::-1], exponents, exponents[::-1], windows, strict=True
    ):
        lean = 3.0
        if r < len(values):
            gap = values[r - 1].lower - values[r].upper
            if not gap > 0:
                return math.inf
            lean += (values[r - 1].upper + values[r].upper) / gap
        total += known_to(values, exponent) * lean * math.ldexp(other[0].upper, -exponent_next)
    return total if total == total else math.inf


def known_to(sigma: Sequence[Enclosure], exponent: int) -> float:
    """How far a layer over 2^exponent may be off for whoever encloses it again: four of the largest width of its
    published singular values, the Frobenius norm of an error being above its spectral norm."""
    return math.ldexp(4 * max(value.upper - value.lower for value in sigma), -exponent)
