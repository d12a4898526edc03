"""What is asked of two layers that meet at an interface (THEORY E7, second half)."""

from __future__ import annotations

from dataclasses import dataclass

import flint

from certify.certificate.publication import publish
from certify.chain.groups import Groups
from certify.claims import alignment, causes
from certify.claims import interface as claims
from certify.claims.thresholds import Thresholds
from certify.geometry.interface.alignment import overlap, relative_imbalance
from certify.geometry.transport.truncation import truncation_bound_frobenius, truncation_bound_spectral
from certify.linalg.cores import Core
from certify.linalg.gram_pair import diagonal_imbalance
from certify.prover.alignment import measure_alignment
from certify.prover.domain import measure_domain
from certify.prover.incidence import measure_incidence
from certify.prover.intersection import measure_intersection
from certify.prover.layer import LayerFacts
from certify.prover.ledger import Ledger, ball_of, publish_ball
from certify.prover.meeting import Meeting
from certify.prover.nulls import measure_commutator_null, measure_overlap_null
from certify.prover.rigidity import measure_rigidity
from certify.prover.widening import angle_floor, product_floor, tilt_floor
from certify.rigor.ball import upper as upper_end
from certify.rigor.interval import Interval
from certify.verdict import Enclosure

__all__ = ["NO_COSINE", "EdgeFacts", "known_edge", "measure_edge"]

NO_COSINE = Enclosure(0.0, 1.0)
"""What is published of a cosine where no gap is certified."""


@dataclass(frozen=True, slots=True)
class EdgeFacts:
    """The claims about an interface, and the core of its layers without their singular vectors, where there is one."""

    ledger: Ledger
    core: Core | None


def measure_edge(
    writer: LayerFacts, reader: LayerFacts, thresholds: Thresholds, groups: Groups | None = None
) -> EdgeFacts:
    """All claims about the interface that ``writer`` writes into and ``reader`` reads from.

    ``groups`` are the row groups of ``reader`` that the chain names.
    """
    meeting = Meeting.of(writer, reader)
    ledger = Ledger(claims.subject(writer.name, reader.name))
    windows = thresholds.window_sizes(min(writer.d, reader.d), [writer.energy_rank, reader.energy_rank])
    floors = [angle_floor(writer.matrix.shape[0], (_tilt(writer, k), _tilt(reader, k))) for k in windows]
    # The overlap is a mean of squares: it moves by at most twice as much.
    cosines = meeting.cosines(windows, floors, min(thresholds.cosine_width, thresholds.overlap_width / 2))
    overlaps: dict[int, Enclosure] = {}
    for k, floor in zip(windows, floors, strict=True):
        overlaps[k] = _angles(ledger, k, writer.matrix.shape[0], cosines[k], floor, thresholds)
    imbalance, commutator = _balance(ledger, meeting, thresholds)
    measure_commutator_null(ledger, writer, reader, commutator)
    measure_alignment(ledger, writer, reader, overlaps, imbalance, thresholds)
    measure_rigidity(ledger, meeting, thresholds)
    sigma, sigma_next = ([ball_of(value) for value in facts.sigma] for facts in (writer, reader))
    scale = writer.frobenius.upper * reader.frobenius.upper
    for k in windows:
        bounds = (truncation_bound_frobenius, truncation_bound_spectral)
        values = [publish_ball(bound(sigma, sigma_next, k, k)) for bound in bounds]
        ledger.measure(claims.truncation(k, thresholds.truncation_relative, scale), values)
    measure_intersection(ledger, writer, reader, thresholds)
    measure_incidence(ledger, writer, reader, meeting.core, groups, thresholds)
    measure_domain(ledger, writer, reader)
    return EdgeFacts(ledger, None if meeting.core is None else meeting.core.without_vectors())


def known_edge(ledger: Ledger, writer: LayerFacts, reader: LayerFacts) -> EdgeFacts:
    """The facts of an interface whose claims were made before."""
    core = Meeting.of(writer, reader).core
    return EdgeFacts(ledger, None if core is None else core.without_vectors())


def _angles(ledger: Ledger, k: int, n: int, found: Interval, floor: float, thresholds: Thresholds) -> Enclosure:
    """The overlap is returned as it is published."""
    if floor < 1.0:
        cosines = [_cosine(float(low), float(high), floor) for low, high in zip(found.lo, found.hi, strict=True)]
    else:
        cosines = [NO_COSINE] * k
    cause = causes.no_gap(k) if all(value == NO_COSINE for value in cosines) else ""
    ledger.measure(claims.cosines(k, thresholds.cosine_width), cosines, cause)
    mean = publish_ball(overlap([ball_of(value) for value in cosines]))
    ledger.measure(claims.overlap(k, thresholds.overlap_width), [mean], cause)
    measure_overlap_null(ledger, k, n, mean, thresholds, cause)
    return mean


def _tilt(facts: LayerFacts, k: int) -> float:
    m, n = facts.matrix.shape
    return tilt_floor(m, n, [float(x) for x in facts.svd.upper], facts.sigma[k - 1].lower - facts.sigma[k].upper)


def _cosine(low: float, high: float, floor: float) -> Enclosure:
    wide = publish(low, high, floor=floor, nonnegative=True)
    return Enclosure(min(wide.lower, 1.0), min(wide.upper, 1.0))


def _balance(ledger: Ledger, meeting: Meeting, thresholds: Thresholds) -> tuple[Enclosure, Enclosure]:
    """Imbalance and commutator are returned as they are published."""
    writer, reader = meeting.writer, meeting.reader
    norms = meeting.balance()
    factor = flint.arb(product_floor(max(*writer.matrix.shape, *reader.matrix.shape)))
    write_mass, read_mass = writer.norm * writer.norm, reader.norm * reader.norm
    scale = (norms.read * norms.read + norms.write * norms.write).sqrt()
    floor = factor * (write_mass + read_mass)
    imbalance = publish_ball(norms.imbalance, floor=upper_end(floor), nonnegative=True)
    limits = thresholds.imbalance_relative, _square(writer) + _square(reader)
    ledger.measure(claims.imbalance(*limits), [imbalance])
    diagonal = diagonal_imbalance(writer.matrix, reader.matrix)
    ledger.measure(alignment.diagonal(*limits), [publish_ball(diagonal, floor=upper_end(floor), nonnegative=True)])
    relative = relative_imbalance(norms.imbalance, norms.read, norms.write)
    ledger.measure(
        claims.relative_imbalance(thresholds.imbalance_relative),
        [publish_ball(relative, floor=upper_end(floor / scale), nonnegative=True)],
    )
    spread = factor * (1 + write_mass / norms.write + read_mass / norms.read)
    commutator = publish_ball(norms.commutator, floor=upper_end(spread), nonnegative=True)
    ledger.measure(claims.commutator(thresholds.commutator_width), [commutator])
    return imbalance, commutator


def _square(facts: LayerFacts) -> float:
    return facts.frobenius.upper * facts.frobenius.upper
