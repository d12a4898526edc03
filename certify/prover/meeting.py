"""What two layers have in common where they meet: from their core, or from the matrices where that says too little.

A core is cheap, and its enclosures are wider than those of verified products of the matrices: by what the
decompositions are off. An enclosure from the core is taken where it is inside what the certificate's limits and the
checker's width rule leave room for; otherwise the products are formed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import flint
import numpy as np

from certify.geometry.interface.alignment import commutator_magnitude
from certify.linalg.cores import (
    Balance,
    Core,
    balance,
    core,
    core_cosines,
    core_sines,
    quotient_norms,
    transport_norms,
)
from certify.linalg.gemm import gemm
from certify.linalg.gram_pair import gram_pair_norms
from certify.linalg.leading_svd import top_singular
from certify.linalg.principal_angles import window_cosines, window_sines
from certify.linalg.quotient_norms import quotient_extremes
from certify.prover.layer import LayerFacts
from certify.prover.widening import balance_room
from certify.rigor.ball import hull_ball
from certify.rigor.ball import upper as upper_end
from certify.rigor.interval import Interval
from certify.rigor.rounding import FloatArray, norm_up

__all__ = ["Meeting"]

_PUBLISHED = 3
"""A published enclosure is three times as wide as the computed one, and two floors."""
_FINE = 256
"""Small cosines are computed to a few of such parts of a limit, where that is cheaper."""
_SHARE = 8
"""Amplitudes enter slacks and drifts: from the core they take at most this part of a limit."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """Two layers, the lower one first, and their core; None where a layer has no decomposition to make it from."""

    writer: LayerFacts
    reader: LayerFacts
    core: Core | None

    @classmethod
    def of(cls, writer: LayerFacts, reader: LayerFacts) -> Meeting:
        """The meeting of two layers."""
        lower, upper = writer.near, reader.near
        return cls(writer, reader, None if lower is None or upper is None else core(lower, upper))

    def cosines(self, windows: Sequence[int], floors: Sequence[float], limit: float) -> dict[int, Interval]:
        """Principal cosines by window; ``floors`` are what each is widened by at least, and ``limit`` a width."""
        writer, reader = self.writer.svd, self.reader.svd
        if self.core is None:
            return window_cosines(writer, reader, windows)
        found = core_cosines(self.core, writer, reader, windows, limit / _FINE)
        open_ones = [
            k
            for k, floor in zip(windows, floors, strict=True)
            if 2 * floor <= limit < _PUBLISHED * _width(found[k]) + 2 * floor
            and writer.sin_theta_left(k) + reader.sin_theta_right(k) < 1.0
        ]
        for k, other in window_cosines(writer, reader, open_ones).items():
            if _width(other) < _width(found[k]):
                found[k] = other
        return found

    def sines(self, k: int) -> Interval:
        """Principal sines at a window, increasing."""
        if self.core is None:
            return window_sines(self.writer.svd, self.reader.svd, k)
        return core_sines(self.core, self.writer.svd, self.reader.svd, k)

    def balance(self) -> Balance:
        """Imbalance and commutator."""
        if self.core is not None:
            found = balance(self.core)
            if self._precise(found):
                return found
        norms = gram_pair_norms(self.writer.matrix, self.reader.matrix)
        return Balance(norms.imbalance, norms.read, norms.write, commutator_magnitude(*norms.scaled))

    def _precise(self, found: Balance) -> bool:
        write, read = (facts.norm * facts.norm for facts in (self.writer, self.reader))
        room = flint.arb(balance_room(self.writer.matrix.shape, self.reader.matrix.shape))
        # NaN balls compare false.
        return bool(
            found.imbalance.rad() + (found.write.rad() + found.read.rad()) < (room * (write + read)).lower()
            and found.commutator.rad() < (room * (1 + write / found.write + read / found.read)).lower()
        )

    def product_norm(self, limit: float) -> flint.arb:
        """‖W'W‖₂; NaN where the product overflowed."""
        found = flint.arb.nan() if self.core is None else transport_norms(self.core)[1]
        if _PUBLISHED * _SHARE * _relative_width(found) <= limit:
            return found
        return _narrower(found, _product_norm(self.writer.matrix, self.reader.matrix))

    def quotients(self, limit: float) -> tuple[flint.arb, flint.arb]:
        """‖W'W⁻¹‖₂ and ‖WW'⁻¹‖₂ of square layers of one size; NaN where the divisor is not certified invertible."""
        writer, reader = self.writer, self.reader
        found = None if self.core is None else quotient_norms(self.core.write, self.core.read)
        if found is not None and all(_PUBLISHED * _SHARE * _relative_width(x) <= limit for x in found):
            return found
        forward, backward = quotient_extremes(writer.matrix, reader.matrix, writer.svd, reader.svd)
        others = _ball(forward), _ball(backward)
        if found is None:
            return others
        return _narrower(found[0], others[0]), _narrower(found[1], others[1])


def _width(x: Interval) -> float:
    return float(np.max(x.hi - x.lo))


def _relative_width(x: flint.arb) -> float:
    """Width of the logarithm, about; infinite where there is none."""
    return upper_end(2 * x.rad() / x.lower()) if x.is_finite() and x.lower() > 0 else float("inf")


def _narrower(x: flint.arb, y: flint.arb) -> flint.arb:
    """Of two balls around one number."""
    return x if not y.is_finite() or (x.is_finite() and x.rad() < y.rad()) else y


def _ball(x: Interval) -> flint.arb:
    low, high = float(x.lo), float(x.hi)
    return hull_ball(low, high) if np.isfinite(high) else flint.arb.nan()


def _product_norm(w: FloatArray, w_next: FloatArray) -> flint.arb:
    """Ball around ‖W'W‖₂ from a verified product; NaN where that overflowed."""
    product = gemm(w_next, w)
    error = flint.arb(float(norm_up(product.rad)))
    if not error.is_finite():
        return flint.arb.nan()
    top = top_singular(product.mid, 1)
    low = (flint.arb(float(top.lower[0])) - error).max(flint.arb(0))
    return hull_ball(low, flint.arb(float(top.upper[0])) + error)
