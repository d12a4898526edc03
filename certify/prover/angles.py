"""What is asked of the angles at an interface: cosines, sines and overlap of leading windows (THEORY A2, C5)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from certify.certificate.publication import publish
from certify.claims import causes
from certify.claims import interface as claims
from certify.claims import nulls as null_claims
from certify.claims.thresholds import Thresholds
from certify.geometry.interface.alignment import overlap
from certify.linalg.principal_angles import complement
from certify.prover.layer import LayerFacts
from certify.prover.ledger import Ledger, ball_of, publish_ball
from certify.prover.meeting import Meeting
from certify.prover.nulls import measure_overlap_null
from certify.prover.widening import angle_floor, tilt_floor
from certify.rigor.interval import Interval
from certify.verdict import Enclosure

__all__ = ["NO_COSINE", "measure_angles"]

NO_COSINE = Enclosure(0.0, 1.0)
"""What is published of a cosine and of a sine where no gap is certified."""
_ONE, _ZERO = Enclosure(1.0, 1.0), Enclosure(0.0, 0.0)
_FINE, _NEAR = 2.0**-20, 64
"""Sines that their cosines give to this part of themselves, or to so many floors, are not computed again."""


def measure_angles(ledger: Ledger, meeting: Meeting, thresholds: Thresholds) -> dict[int, list[Enclosure]]:
    """All claims about angles at an interface; the sines by window are returned as they are published."""
    writer, reader = meeting.writer, meeting.reader
    n = writer.matrix.shape[0]
    windows = _windows(ledger, writer, reader, thresholds)
    floors = [angle_floor(n, (_tilt(writer, k), _tilt(reader, k))) for k in windows]
    # The overlap is a mean of squares: it moves by at most twice as much.
    found = meeting.cosines(windows, floors, min(thresholds.cosine_width, thresholds.overlap_width / 2))
    every: dict[int, list[Enclosure]] = {}
    for k, floor in zip(windows, floors, strict=True):
        cosines = _cosines(found[k], floor, n)
        unknown = floor >= 1.0 or all(value == NO_COSINE for value in cosines)
        cause = causes.no_gap(k, meeting.writer.sigma, meeting.reader.sigma) if unknown else ""
        ledger.measure(claims.cosines(k, thresholds.cosine_width), cosines, cause)
        sines = every[k] = [NO_COSINE] * k if cause else _sines(meeting, k, cosines, floor, thresholds.cosine_width)
        ledger.measure(claims.sines(k, thresholds.cosine_width), sines, cause)
        mean = publish_ball(overlap([ball_of(value) for value in cosines]), nonnegative=True, most=1.0)
        ledger.measure(claims.overlap(k, thresholds.overlap_width), [mean], cause)
        measure_overlap_null(ledger, k, n, mean, thresholds, cause)
    return every


def _windows(ledger: Ledger, writer: LayerFacts, reader: LayerFacts, thresholds: Thresholds) -> list[int]:
    """The windows to ask; those that split a cluster are moved to its edges, where it has any."""
    n, full = writer.matrix.shape[0], min(writer.d, reader.d)
    most = min(full, n - 1)
    if thresholds.beyond(most):
        ledger.skip(["E.cosines"], causes.windows_beyond(most))
    chosen = thresholds.window_sizes(most + 1, [writer.energy_rank, reader.energy_rank, full])
    sigma, sigma_next = writer.absolute, reader.absolute
    separate = [k for k in range(1, most + 1) if _separate(sigma, k) and _separate(sigma_next, k)]
    asked: set[int] = set()
    for k in chosen:
        below, above = [j for j in separate if j <= k][-1:], [j for j in separate if j >= k][:1]
        edges = sorted({*below, *above})
        asked.update(edges or [k])
        if edges and k not in edges:
            ledger.skip([*claims.angle_ids(k), null_claims.overlap_id(k)], causes.moved(k, edges))
    return sorted(asked)


def _separate(sigma: Sequence[Enclosure], k: int) -> bool:
    """Whether what is published tells σ_k from σ_{k+1}, which is 0 beyond the last, to absolute accuracy."""
    return sigma[k - 1].lower > (sigma[k].upper if k < len(sigma) else 0.0)


def _tilt(facts: LayerFacts, k: int) -> float:
    m, n = facts.matrix.shape
    sigma = facts.absolute
    following = sigma[k].upper if k < facts.d else 0.0
    return tilt_floor(m, n, [float(x) for x in facts.svd.upper], sigma[k - 1].lower - following)


def _cosines(found: Interval, floor: float, n: int) -> list[Enclosure]:
    """Two windows of k directions in R^n share 2k − n at least, whose cosines are 1."""
    k = found.lo.size
    if floor >= 1.0:
        return [NO_COSINE] * k
    shared = max(2 * k - n, 0)
    pairs = zip(found.lo[shared:], found.hi[shared:], strict=True)
    return [_ONE] * shared + [_published(float(low), float(high), floor) for low, high in pairs]


def _sines(meeting: Meeting, k: int, cosines: list[Enclosure], floor: float, limit: float) -> list[Enclosure]:
    """From the published cosines, and computed themselves where these say little."""
    n = meeting.writer.matrix.shape[0]
    shared = max(2 * k - n, 0)
    derived = [_ZERO] * shared + _derived(cosines[shared:])
    if _say_enough(derived[shared:], floor, limit):
        return derived
    found = meeting.sines(k)
    for i in range(shared, k):
        own = _published(float(found.lo[i]), float(found.hi[i]), 2 * floor)
        derived[i] = Enclosure(max(own.lower, derived[i].lower), min(own.upper, derived[i].upper))
    return derived


def _say_enough(sines: list[Enclosure], floor: float, limit: float) -> bool:
    """Whether sines would hardly be narrower if they were computed, which widens them by four floors.

    Their norm is published too, with a third of the room; a sine that is not told from 0 may be told then.
    """
    widths = [x.upper - x.lower for x in sines]
    if all(width <= _FINE * x.upper for width, x in zip(widths, sines, strict=True)):
        return True
    return any(x.lower > 0 for x in sines) and max(widths) <= _NEAR * floor and math.hypot(*widths) <= limit / 8


def _derived(cosines: list[Enclosure]) -> list[Enclosure]:
    """Sines from their cosines; 1 where the cosine is 0."""
    c_low, c_high = (np.array([getattr(value, end) for value in cosines]) for end in ("lower", "upper"))
    low, high = complement(c_low, c_high)
    low, high = np.where(c_high == 0, 1.0, low), np.minimum(high, 1.0)
    return [publish(x, y, nonnegative=True, most=1.0) for x, y in zip(low.tolist(), high.tolist(), strict=True)]


def _published(low: float, high: float, floor: float) -> Enclosure:
    return publish(low, high, floor=floor, nonnegative=True, most=1.0)
