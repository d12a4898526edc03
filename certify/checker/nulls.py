"""The claims about an interface against chance, proved again from what is published about it and its layers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from flint import arb

from certify.checker.arithmetic.haar import commutator_moments, window_moments
from certify.checker.expected import Expected, ball_of, enclosed
from certify.checker.layer import UNKNOWN, LayerFacts
from certify.checker.lookup import Lookup
from certify.checker.recorded_thresholds import Recorded
from certify.claims import causes
from certify.claims import nulls as claims
from certify.verdict import Enclosure

__all__ = ["commutator_null_claim", "overlap_null_claim"]

_ROOM = 2.0**-34


def overlap_null_claim(
    k: int, n: int, subject: str, overlap: Enclosure, lookup: Lookup, thresholds: Recorded, cause: str
) -> Expected:
    """Mean, deviation and standard score of the overlap at windows of k ranks."""
    deviation = lookup.values(subject, claims.overlap_id(k), 3)[1]

    def own() -> list[arb]:
        mean, square = window_moments(n, k)
        return [mean, square.sqrt(), (ball_of(overlap) - mean) / square.sqrt()]

    return Expected(
        claims.overlap_null(k, n, thresholds["overlap_width"], deviation),
        lambda values: enclosed(own(), values, 0.0),
        causes=lambda: [cause],
    )


def commutator_null_claim(
    writer: LayerFacts, reader: LayerFacts, subject: str, commutator: Enclosure, lookup: Lookup
) -> Iterator[Expected]:
    """Ratio, score and bound of the commutator; none where they are too coarse to say anything."""
    n = writer.matrix.shape[0]
    if n < 2:
        lookup.skip(subject, [claims.COMMUTATOR], causes.NO_ROTATION)
        return
    own = _own(n, writer, reader, commutator)
    recorded = lookup.place(subject, claims.COMMUTATOR) is not None
    # What is published is three times as wide as what the prover computed; near the limit either answer stands.
    if not (recorded or claims.resolved([_near(x) for x in own], 0.125)):
        lookup.skip(subject, [claims.COMMUTATOR], causes.NULL_UNRESOLVED)
        return
    score = lookup.values(subject, claims.COMMUTATOR, 3)[1]
    yield Expected(claims.commutator_null(n, score), lambda values: _fault(own, values))


def _fault(own: Sequence[arb], values: tuple[Enclosure, ...]) -> str:
    if not claims.resolved(values):
        return "not resolved: an enclosure is too wide to be asked"
    ranges = ((0.0, math.inf), (-math.inf, math.inf), (0.0, 1.0))
    faults = (enclosed([x], [value], _ROOM, within=w) for x, value, w in zip(own, values, ranges, strict=True))
    return next(filter(None, faults), "")


def _own(n: int, writer: LayerFacts, reader: LayerFacts, commutator: Enclosure) -> list[arb]:
    """Ratio to the root mean square, standard score of the square, Cantelli's bound."""
    grams = [[x * x for x in map(ball_of, facts.sigma)] for facts in (writer, reader)]
    mean, variance = commutator_moments(n, *grams)
    if not (mean > 0 and variance > 0):
        return [arb.nan()] * 3
    masses = [sum((x * x for x in gram), arb(0)) for gram in grams]
    ratio = ball_of(commutator) * (masses[0] * masses[1] / mean).sqrt()
    score = (ratio * ratio - 1) * mean / variance.sqrt()
    return [ratio, score, 1 / (1 + score * score)]


def _near(x: arb) -> Enclosure:
    """About where a ball lies, for a width that is compared with a limit far from it."""
    if not x.is_finite():
        return UNKNOWN
    middle, radius = float(x.mid()), float(x.rad())
    return Enclosure(middle - radius, middle + radius)
