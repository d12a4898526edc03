"""What survives in every matrix that a storage format may have rounded to the stored one (THEORY-2 §2)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import flint
import numpy as np
import numpy.typing as npt

from certify.claims import causes
from certify.claims import storage as claims
from certify.claims.storage_formats import NO_STORAGE, STORED_SCALE
from certify.claims.thresholds import Thresholds
from certify.linalg import frobenius
from certify.prover.ledger import Ledger, publish_ball
from certify.prover.widening import norm_floor
from certify.rigor.ball import hull_ball
from certify.rigor.ball import upper as upper_end
from certify.rigor.rounding import div_up, mul_down, mul_up, sqrt_down, sqrt_up, sum_down, sum_up
from certify.verdict import Enclosure

__all__ = ["half_units", "measure_storage"]

FloatArray = npt.NDArray[np.float64]


def half_units(matrix: FloatArray, format: str) -> FloatArray | None:
    """Half a unit of the format at every entry, int8's rounded up; None where an entry is too large for the format."""
    magnitude = np.abs(matrix)
    if format == "int8":
        rows = div_up(magnitude.max(axis=1), np.full(matrix.shape[0], 254.0))
        return np.broadcast_to(rows[:, None], matrix.shape).copy()
    found = claims.FORMATS[format]
    if magnitude.max() > found.largest:
        return None
    # frexp gives the exponent of [1/2, 1), and 0 for 0.
    exponents = np.where(magnitude > 0, np.frexp(magnitude)[1] - 1, found.least)
    return np.ldexp(1.0, np.maximum(exponents, found.least) - found.precision)


def measure_storage(
    ledger: Ledger,
    matrix: FloatArray,
    sigma: Sequence[Enclosure],
    windows: Sequence[int],
    thresholds: Thresholds,
    stored: FloatArray | None = None,
) -> None:
    """The claims about all matrices within half a unit; none where no format is asked for.

    Parameters
    ----------
    sigma : the published singular values.
    windows : those of the layer, for which a gap is asked.
    stored : half units of stored codes.
    """
    format, d = thresholds.storage, min(matrix.shape)
    if format == NO_STORAGE:
        return
    # Quotients by 254 would underflow where the matrix is small; int8 has no scale of its own.
    unit = int(np.frexp(np.abs(matrix).max())[1]) if format == "int8" and stored is None else 0
    halves = half_units(np.ldexp(matrix, -unit), format) if stored is None else stored
    if halves is None:
        ledger.skip(claims.ids(d), causes.format_overflows(format))
        return
    whole, spectral = _radii(halves, unit, exact=stored is not None or format != "int8")
    format = format if stored is None else STORED_SCALE
    ledger.measure(claims.ball(format, thresholds.sigma_relative, sigma[0].upper), [whole, spectral])
    radius = Fraction(spectral.upper) if spectral.finite else None
    counted = sum(radius is not None and value.finite and Fraction(value.lower) > radius for value in sigma)
    ledger.measure(claims.rank(format, d), [Enclosure(counted, counted)])
    if d < 2:
        return
    kept = [k for k in range(1, d) if radius is not None and _apart(sigma[k - 1], sigma[k]) > 2 * radius]
    survivors = set(kept)
    asserted = claims.gaps(format, d, [k for k in windows if k in survivors])
    ledger.measure(asserted, [Enclosure(len(kept), len(kept))])


def _radii(halves: FloatArray, exponent: int, *, exact: bool) -> tuple[Enclosure, Enclosure]:
    """‖D‖_F, and the smaller of it and √(‖D‖₁‖D‖_∞), for D = 2^exponent times these entries.

    Entries that are not exact exceed those of D by a rounding, or by less than 2^-1000 of the largest.
    """
    norm = frobenius(halves)
    # A matrix of positive entries attains both sums; a power of two keeps their product in range.
    unit = int(np.frexp(halves.max())[1])
    scaled = np.ldexp(halves, -unit)
    down, up = ([float(of(scaled, axis=axis).max()) for axis in (0, 1)] for of in (sum_down, sum_up))
    ends = [float(np.ldexp(end, unit)) for end in (sqrt_down(mul_down(*down)), sqrt_up(mul_up(*up)))]
    part, power = 1.0 if exact else 1.0 - 2.0**-50, flint.arb(2) ** exponent
    size = float(norm.lo), float(norm.hi)
    found: list[Enclosure] = []
    for least, most in (size, (min(ends[0], size[0]), min(ends[1], size[1]))):
        radius = hull_ball(least * part, most) * power
        found.append(publish_ball(radius, floor=norm_floor(upper_end(radius)), nonnegative=True))
    return found[0], found[1]


def _apart(above: Enclosure, below: Enclosure) -> Fraction:
    if not (above.finite and below.finite):
        return Fraction(-1)
    return Fraction(above.lower) - Fraction(below.upper)
