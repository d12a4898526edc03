"""What is asked of two layers that meet at an interface (THEORY E7, second half)."""

from __future__ import annotations

from dataclasses import dataclass

import flint

from certify.chain.groups import Groups
from certify.claims import alignment
from certify.claims import interface as claims
from certify.claims.thresholds import Thresholds
from certify.geometry.interface.alignment import relative_imbalance
from certify.geometry.transport.truncation import truncation_bound_frobenius, truncation_bound_spectral
from certify.linalg.cores import Core
from certify.linalg.gram_pair import diagonal_imbalance
from certify.prover.alignment import measure_alignment
from certify.prover.angles import measure_angles
from certify.prover.domain import measure_domain
from certify.prover.incidence import measure_incidence
from certify.prover.intersection import measure_intersection
from certify.prover.layer import LayerFacts
from certify.prover.ledger import Ledger, publish_ball
from certify.prover.meeting import Meeting
from certify.prover.nulls import measure_commutator_null
from certify.prover.rigidity import measure_rigidity
from certify.prover.static_domain import measure_static_domain
from certify.prover.truncations import at_ends
from certify.prover.widening import product_floor
from certify.rigor.ball import upper as upper_end
from certify.verdict import Enclosure

__all__ = ["EdgeFacts", "known_edge", "measure_edge"]


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
    sines = measure_angles(ledger, meeting, thresholds)
    imbalance, commutator = _balance(ledger, meeting, thresholds)
    measure_commutator_null(ledger, writer, reader, commutator)
    measure_alignment(ledger, writer, reader, sines, imbalance, thresholds)
    measure_rigidity(ledger, meeting, thresholds)
    scale = writer.frobenius.upper * reader.frobenius.upper
    for k in windows:
        bounds = (truncation_bound_frobenius, truncation_bound_spectral)
        values = [publish_ball(at_ends(bound, writer, reader, (k, k)), nonnegative=True) for bound in bounds]
        ledger.measure(claims.truncation(k, thresholds.truncation_relative, scale), values)
    measure_intersection(ledger, writer, reader, thresholds)
    measure_incidence(ledger, writer, reader, meeting.core, groups, thresholds)
    measure_domain(ledger, writer, reader)
    measure_static_domain(ledger, writer, reader)
    return EdgeFacts(ledger, None if meeting.core is None else meeting.core.without_vectors())


def known_edge(ledger: Ledger, writer: LayerFacts, reader: LayerFacts) -> EdgeFacts:
    """The facts of an interface whose claims were made before."""
    core = Meeting.of(writer, reader).core
    return EdgeFacts(ledger, None if core is None else core.without_vectors())


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
        [publish_ball(relative, floor=upper_end(floor / scale), nonnegative=True, most=1.0)],
    )
    spread = factor * (1 + write_mass / norms.write + read_mass / norms.read)
    commutator = publish_ball(norms.commutator, floor=upper_end(spread), nonnegative=True, most=claims.MOST_COMMUTATOR)
    ledger.measure(claims.commutator(thresholds.commutator_width), [commutator])
    return imbalance, commutator


def _square(facts: LayerFacts) -> float:
    return facts.frobenius.upper * facts.frobenius.upper
