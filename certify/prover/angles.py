"""What is asked of the angles at an interface: cosines, sines and overlap of leading windows (THEORY A2, C5)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import islice

import numpy as np

from certify.certificate.publication import publish_all
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
from certify.prover.widening import angle_floor, tilt_floors
from certify.rigor.interval import Interval
from certify.rigor.rounding import FloatArray
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
    tilts = zip(_tilts(writer, windows), _tilts(reader, windows), strict=True)
    floors = [angle_floor(n, pair) for pair in tilts]
    # The overlap is a mean of squares: it moves by at most twice as much.
    found = meeting.cosines(windows, floors, min(thresholds.cosine_width, thresholds.overlap_width / 2))
    cosines = _cosines(found, dict(zip(windows, floors, strict=True)), n)
    open_ones = {k for k in windows if all(value == NO_COSINE for value in cosines[k])}
    derived = _derived({k: cosines[k][_shared(k, n) :] for k in windows if k not in open_ones})
    every: dict[int, list[Enclosure]] = {}
    for k, floor in zip(windows, floors, strict=True):
        cause = causes.no_gap(k, writer.sigma, reader.sigma) if k in open_ones else ""
        ledger.measure(claims.cosines(k, thresholds.cosine_width), cosines[k], cause)
        sines = _sines(meeting, k, derived[k], floor, thresholds.cosine_width) if not cause else [NO_COSINE] * k
        ledger.measure(claims.sines(k, thresholds.cosine_width), sines, cause)
        every[k] = sines
        mean = publish_ball(overlap([ball_of(value) for value in cosines[k]]), nonnegative=True, most=1.0)
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


def _tilts(facts: LayerFacts, windows: Sequence[int]) -> list[float]:
    sigma = facts.absolute
    gaps = [sigma[k - 1].lower - (sigma[k].upper if k < facts.d else 0.0) for k in windows]
    m, n = facts.matrix.shape
    return tilt_floors(m, n, facts.svd.upper.tolist(), gaps)


def _shared(k: int, n: int) -> int:
    """How many directions two windows of k directions in R^n share at least: their cosines are 1."""
    return max(2 * k - n, 0)


def _cosines(found: Mapping[int, Interval], floors: Mapping[int, float], n: int) -> dict[int, list[Enclosure]]:
    """What is published of the cosines by window."""
    known = [k for k, floor in floors.items() if floor < 1.0]
    parts = [(found[k].lo[_shared(k, n) :], found[k].hi[_shared(k, n) :], floors[k]) for k in known]
    own = dict(zip(known, _published(parts), strict=True))
    return {k: [_ONE] * _shared(k, n) + own[k] if k in own else [NO_COSINE] * k for k in floors}


def _sines(meeting: Meeting, k: int, derived: list[Enclosure], floor: float, limit: float) -> list[Enclosure]:
    """Those that follow from published cosines, and computed themselves where these say little."""
    shared = k - len(derived)
    if _say_enough(derived, floor, limit):
        return [_ZERO] * shared + derived
    found = meeting.sines(k)
    own = _published([(found.lo[shared:], found.hi[shared:], 2 * floor)])[0]
    both = zip(own, derived, strict=True)
    return [_ZERO] * shared + [Enclosure(max(x.lower, y.lower), min(x.upper, y.upper)) for x, y in both]


def _say_enough(sines: list[Enclosure], floor: float, limit: float) -> bool:
    """Whether sines would hardly be narrower if they were computed, which widens them by four floors.

    Their norm is published too, with a third of the room; a sine that is not told from 0 may be told then.
    """
    widths = [x.upper - x.lower for x in sines]
    if all(width <= _FINE * x.upper for width, x in zip(widths, sines, strict=True)):
        return True
    return any(x.lower > 0 for x in sines) and max(widths) <= _NEAR * floor and math.hypot(*widths) <= limit / 8


def _derived(cosines: Mapping[int, list[Enclosure]]) -> dict[int, list[Enclosure]]:
    """Sines from their cosines, by window; 1 where the cosine is 0."""
    values = [value for part in cosines.values() for value in part]
    c_low, c_high = (np.array([getattr(value, end) for value in values]) for end in ("lower", "upper"))
    low, high = complement(c_low, c_high)
    low, high = np.where(c_high == 0, 1.0, low), np.minimum(high, 1.0)
    found = iter(publish_all(low, high, nonnegative=True, most=1.0))
    return {k: list(islice(found, len(part))) for k, part in cosines.items()}


def _published(parts: Sequence[tuple[FloatArray, FloatArray, float]]) -> list[list[Enclosure]]:
    """Lower and upper ends with a floor, part by part."""
    if not parts:
        return []
    sizes = [low.size for low, _, _ in parts]
    low, high = (np.concatenate([part[side] for part in parts]) for side in (0, 1))
    floors = np.repeat([floor for _, _, floor in parts], sizes)
    found = iter(publish_all(low, high, floor=floors, nonnegative=True, most=1.0))
    return [list(islice(found, size)) for size in sizes]
