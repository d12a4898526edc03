"""A matrix scaled by a power of two to Frobenius norm at most 1, and sums of squares that are nearly exact."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from flint import arb

from certify.checker.arithmetic.rounding import ETA, Array, U, above, ball, below, check_arithmetic, gamma
from certify.errors import InternalError

__all__ = ["Unit", "error_ball", "frobenius", "frobenius_of_difference", "frobenius_squared", "root"]

_CHUNK, _FEW = 16, 1024


@dataclass(frozen=True, slots=True)
class Unit:
    """A matrix A as ``A = 2^exponent (matrix + lost part)`` with ‖matrix‖_F < 1 and ‖lost part‖_F <= lost.

    ``mass`` is a ball around ‖matrix‖_F².
    """

    matrix: Array
    exponent: int
    lost: float
    mass: arb

    @classmethod
    def of(cls, a: Array) -> Unit:
        """Scale a finite matrix; exact except where the result is subnormal, where an entry errs by at most η."""
        check_arithmetic()
        largest = max(float(a.max(initial=0.0)), -float(a.min(initial=0.0)))
        if not math.isfinite(largest):
            raise InternalError("an entry is not finite")
        exponent = math.frexp(largest)[1]
        b = _scaled(a, -exponent)
        # Entries of b are below 1 and so is this step: ‖b‖_F² < 4^step.
        step = math.frexp(float(np.vdot(b, b)))[1] // 2 + 1
        b = _scaled(b, -step)
        lost = above(2 * ball(ETA) * arb(a.size).sqrt()) if exponent + step > 0 else 0.0
        mass = frobenius_squared(b)
        if not mass < 1:
            raise InternalError("a scaled matrix has norm 1 or more")
        return cls(b, exponent + step, lost, mass)

    @property
    def norm(self) -> arb:
        """A ball around ‖A‖_F of the unscaled matrix."""
        return (root(self.mass) + error_ball(ball(self.lost))).max(arb(0)) * arb(2) ** self.exponent


def _scaled(a: Array, exponent: int) -> Array:
    """A matrix times a power of two; the power itself is no float where it is large."""
    return a * 2.0**exponent if abs(exponent) < 1000 else np.ldexp(a, exponent)


def error_ball(size: arb) -> arb:
    """The ball around 0 that holds every number of magnitude at most ``size``."""
    return arb(0, above(size))


def frobenius_squared(a: Array) -> arb:
    """A ball around the sum of squares of entries of magnitude at most 2.

    Squares are added sixteen at a time in floating point, many partial sums sixteen at a time again, and few of them
    exactly (``math.fsum``): the sum errs by a factor of at most 1 + γ for 18 roundings, and 16 more for each time, plus
    8η a term where squares are subnormal.
    """
    # In the order in which they lie: a transpose is not copied.
    flat = (a if a.flags.c_contiguous else np.ascontiguousarray(a.T if a.flags.f_contiguous else a)).reshape(-1)
    whole = flat.size - flat.size % _CHUNK
    chunks = flat[:whole].reshape(-1, _CHUNK)
    sums, rest, roundings = np.einsum("ij,ij->i", chunks, chunks), [flat[whole:] ** 2], _CHUNK + 2
    while sums.size > _FEW:
        whole = sums.size - sums.size % _CHUNK
        rest.append(sums[whole:])
        sums, roundings = sums[:whole].reshape(-1, _CHUNK).sum(axis=1), roundings + _CHUNK
    total = sum((ball(math.fsum(part)) for part in (sums, *rest)), arb(0))
    return (total * arb(1, gamma(roundings)) + error_ball(8 * ball(ETA) * flat.size)).max(arb(0))


def root(square: arb) -> arb:
    """The root of a number that is not negative, even where a ball around a small one reaches below 0.

    Arb has no root there.
    """
    return arb(max(below(square), 0.0)).sqrt().union(arb(above(square)).sqrt())


def frobenius(a: Array) -> arb:
    """A ball around ‖a‖_F for entries of magnitude at most 2."""
    return root(frobenius_squared(a))


def frobenius_of_difference(x: Array, y: Array) -> arb:
    """A ball around ‖x − y‖_F for entries of magnitude at most 1; each difference errs by u relative or η."""
    size = frobenius(x - y)
    return (size * arb(1, 2 * U) + error_ball(ball(ETA) * arb(x.size).sqrt())).max(arb(0))
