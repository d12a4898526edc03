"""The claims that must be made about one interface, and how each is proved again."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flint import arb

from certify.checker.arithmetic.rounding import U, ball
from certify.checker.arithmetic.two_layers import Angles, Commutation, angles, commutation
from certify.checker.expected import Line, enclosed, measurement
from certify.checker.layer import LayerFacts
from certify.checker.lookup import Book
from certify.checker.product_ranks import intersection_line
from certify.checker.recorded_thresholds import Recorded
from certify.checker.rigidity import drift_lines
from certify.checker.tasks import once
from certify.verdict import Enclosure

__all__ = ["edge_lines"]


@dataclass
class _Edge:
    """What is computed once for all claims about an interface."""

    lower: LayerFacts
    upper: LayerFacts
    windows: list[int]
    """Those of which the certificate says anything."""

    @property
    def angles(self) -> dict[int, Angles]:
        """Principal angles at every window."""
        return once(self, "_angles", lambda: angles(self.lower.near, self.upper.near, self.windows))

    @property
    def commutation(self) -> Commutation:
        """Imbalance and commutator."""
        return once(self, "_commutation", lambda: commutation(self.lower.unit, self.upper.unit))

    @property
    def largest(self) -> int:
        """The largest dimension."""
        return max(*self.lower.matrix.shape, *self.upper.matrix.shape)


_NOTHING = Enclosure(0.0, 1.0)
"""What is said of a cosine where no gap is certified."""


def edge_lines(lower: LayerFacts, upper: LayerFacts, book: Book, thresholds: Recorded) -> Iterator[Line]:
    """The claims about an interface in order; both layers' published facts must have been looked up before."""
    subject = f"edge {lower.name} -> {upper.name}"
    windows = thresholds.window_sizes(min(lower.d, upper.d), [lower.energy_rank, upper.energy_rank])
    cosines = {k: book.values(subject, f"E.cosines[{k}]", k) for k in windows}
    edge = _Edge(lower, upper, [k for k in windows if any(value != _NOTHING for value in cosines[k])])
    for k in windows:
        yield from _angle_lines(edge, k, cosines[k], thresholds)
    yield from _balance_lines(edge, thresholds)
    yield from drift_lines(lower, upper, subject, book, thresholds)
    for k in windows:
        yield measurement(
            f"E1.truncation[{k}]",
            f"‖W'W − (W')_{k}(W)_{k}‖ is at most the first value in the Frobenius and the second in the spectral norm",
            thresholds["truncation_relative"] * _finite(lower.frobenius.upper * upper.frobenius.upper),
            lambda values, k=k: enclosed(_truncation(edge, k), values, 0.0),
            count=2,
            parameters={"window": k},
        )
    yield intersection_line(lower, upper, book.values(subject, "A2.intersection", 2)[1])


def _angle_lines(edge: _Edge, k: int, cosines: Sequence[Enclosure], thresholds: Recorded) -> Iterator[Line]:
    yield measurement(
        f"E.cosines[{k}]",
        f"the cosines of the principal angles between the {k} leading directions written and read, decreasing",
        thresholds["cosine_width"],
        lambda values: _cosine_fault(edge, k, values),
        count=k,
        parameters={"window": k},
    )
    balls = [ball(value.lower, value.upper) for value in cosines]
    mean = sum((x * x for x in balls), arb(0)) / k
    yield measurement(
        f"E.overlap[{k}]",
        f"the overlap of the {k} leading directions written and read, the mean squared cosine",
        thresholds["overlap_width"],
        lambda values: enclosed([mean], values, 0.0) or _overlap_fault(edge, k, values[0]),
        parameters={"window": k},
    )


def _overlap_fault(edge: _Edge, k: int, published: Enclosure) -> str:
    """The overlap is known otherwise than through its cosines too; both enclosures must at least agree."""
    if k not in edge.windows:
        return ""
    own = edge.angles[k].overlap
    return "" if own.overlaps(ball(published.lower, published.upper)) else "not proved: the overlap is elsewhere"


def _cosine_fault(edge: _Edge, k: int, values: tuple[Enclosure, ...]) -> str:
    if k not in edge.windows:
        return ""
    found = edge.angles[k]
    for place, (low, high, value) in enumerate(zip(found.lower, found.upper, values, strict=True), start=1):
        if not (value.lower <= low and high <= value.upper):
            return f"not proved: cosine {place} is enclosed by [{float(low).hex()}, {float(high).hex()}]"
    return ""


def _balance_lines(edge: _Edge, thresholds: Recorded) -> Iterator[Line]:
    mass = edge.lower.frobenius.upper * edge.lower.frobenius.upper
    mass_next = edge.upper.frobenius.upper * edge.upper.frobenius.upper
    precision = 64 * max(8 * edge.largest, 512) * U
    yield measurement(
        "B3.imbalance",
        "the imbalance ‖H − K‖_F of the read-in Gram H = W'ᵀW' and the write-out Gram K = WWᵀ",
        thresholds["imbalance_relative"] * _finite(mass + mass_next),
        lambda values: enclosed([edge.commutation.imbalance], values, precision * (mass + mass_next), nonnegative=True),
    )
    yield measurement(
        "B3.imbalance.relative",
        "the imbalance relative to √(‖H‖_F² + ‖K‖_F²), between 0 (balanced) and 1 (HK = 0)",
        thresholds["imbalance_relative"],
        lambda values: enclosed(
            [edge.commutation.relative], values, precision * edge.commutation.spread, nonnegative=True
        ),
    )
    yield measurement(
        "C4.commutator",
        "the normalized commutator ‖[H, K]‖_F / (‖H‖_F ‖K‖_F), at most 1/√2",
        thresholds["commutator_width"],
        lambda values: enclosed(
            [edge.commutation.magnitude], values, precision * edge.commutation.spread, nonnegative=True
        ),
    )


def _finite(limit: float) -> float:
    return limit if math.isfinite(limit) else 0.0


def _squares(sigma: Sequence[Enclosure]) -> tuple[list[arb], list[arb]]:
    """The squares of the lower and of the upper ends."""
    low = [arb(value.lower).max(arb(0)) ** 2 for value in sigma]
    return low, [arb(value.upper).max(arb(0)) ** 2 for value in sigma]


def _truncation(edge: _Edge, k: int) -> list[arb]:
    """E1's bounds for equal windows in the Frobenius and in the spectral norm; they increase in every σ."""
    squares = once(edge, "_squares", lambda: (_squares(edge.lower.sigma), _squares(edge.upper.sigma)))
    ends: list[tuple[arb, arb]] = []
    for s, t in zip(*squares, strict=True):
        kept, tail = sum(s[:k], arb(0)), sum(s[k:], arb(0))
        kept_next, tail_next = sum(t[:k], arb(0)), sum(t[k:], arb(0))
        frobenius = (t[0] * tail).min(s[k] * (kept_next + tail_next)) + (tail_next * s[0]).min(t[k] * kept)
        ends.append((frobenius.sqrt(), (t[0] * s[k] + t[k] * s[0]).sqrt()))
    (frobenius_low, spectral_low), (frobenius_high, spectral_high) = ends
    return [frobenius_low.union(frobenius_high), spectral_low.union(spectral_high)]
