"""The claims that must be made about one interface, and how each is proved again."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flint import arb

from certify.chain.groups import Groups
from certify.checker.alignment import alignment_claims, diagonal_imbalance
from certify.checker.angles import angle_claims
from certify.checker.arithmetic.core_commutation import Commutation, core_commutation
from certify.checker.arithmetic.crossing import Crossing
from certify.checker.arithmetic.rounding import U
from certify.checker.arithmetic.two_layers import commutation
from certify.checker.domain import domain_claim
from certify.checker.expected import Expected, Proof, enclosed
from certify.checker.incidence import incidence_claims
from certify.checker.layer import LayerFacts
from certify.checker.lookup import Lookup
from certify.checker.nulls import commutator_null_claim
from certify.checker.product_ranks import intersection_claim, positive_cosines
from certify.checker.recorded_thresholds import Recorded
from certify.checker.rigidity import drift_claims
from certify.checker.static_domain import static_claim
from certify.checker.tasks import once
from certify.claims import alignment
from certify.claims import interface as claims
from certify.verdict import Enclosure

__all__ = ["edge_claims"]


@dataclass
class _Edge:
    """What is computed once for all claims about an interface."""

    writer: LayerFacts
    reader: LayerFacts

    @property
    def crossing(self) -> Crossing:
        """What both decompositions make of the interface."""
        return once(self, "_crossing", lambda: Crossing(lambda: (self.writer.near, self.reader.near)))

    @property
    def near_commutation(self) -> Commutation:
        """Imbalance and commutator from the core."""
        return once(self, "_near_commutation", lambda: core_commutation(self.crossing))

    @property
    def commutation(self) -> Commutation:
        """Imbalance and commutator from products of the layers."""
        return once(self, "_commutation", lambda: commutation(self.writer.unit, self.reader.unit))

    @property
    def largest(self) -> int:
        """The largest dimension."""
        return max(*self.writer.matrix.shape, *self.reader.matrix.shape)

    @property
    def entries(self) -> int:
        """The number of entries of the larger layer: the roundings of decompositions with plain float64 products."""
        return max(facts.matrix.size for facts in (self.writer, self.reader))


def edge_claims(
    writer: LayerFacts, reader: LayerFacts, lookup: Lookup, thresholds: Recorded, groups: Groups | None = None
) -> Iterator[Expected]:
    """The claims about an interface in order; both layers' published facts must have been looked up before.

    ``groups`` are the row groups of ``reader`` that the chain names.
    """
    subject = claims.subject(writer.name, reader.name)
    windows = thresholds.window_sizes(min(writer.d, reader.d), [writer.energy_rank, reader.energy_rank])
    edge = _Edge(writer, reader)
    asked = yield from angle_claims(writer, reader, edge.crossing, subject, lookup, thresholds)
    yield from _balance_claims(edge, thresholds)
    commutator = lookup.values(subject, claims.commutator(0.0).id, 1)[0]
    yield from commutator_null_claim(writer, reader, subject, commutator, lookup)
    yield from alignment_claims(writer, reader, asked, subject, lookup, thresholds)
    yield from drift_claims(writer, reader, edge.crossing, subject, lookup, thresholds)
    scale = writer.frobenius.upper * reader.frobenius.upper
    for k in windows:
        yield Expected(
            claims.truncation(k, thresholds["truncation_relative"], scale),
            lambda values, k=k: enclosed(_truncation(edge, k), values, 0.0, nonnegative=True),
        )
    product = lookup.values(subject, claims.INTERSECTION, 2)[1]
    positive = positive_cosines(writer, reader, asked, subject, lookup)
    yield intersection_claim(writer, reader, positive, product, thresholds["exact_product_seconds"])
    yield from incidence_claims(writer, reader, edge.crossing, groups, subject, lookup, thresholds)
    yield from domain_claim(writer, reader, subject, lookup)
    yield from static_claim(writer, reader, subject, lookup, thresholds)


def _balance_claims(edge: _Edge, thresholds: Recorded) -> Iterator[Expected]:
    mass = edge.writer.frobenius.upper * edge.writer.frobenius.upper
    mass_next = edge.reader.frobenius.upper * edge.reader.frobenius.upper
    precision = 64 * max(2 * edge.entries, 8 * edge.largest, 512) * U

    def within(
        own: Callable[[Commutation], arb], room: Callable[[Commutation], float], most: float = math.inf
    ) -> Proof:
        def prove(values: tuple[Enclosure, ...]) -> str:
            fault = ""
            for found in (lambda: edge.near_commutation, lambda: edge.commutation):
                fault = enclosed([own(found())], values, precision * room(found()), within=(0.0, most))
                if not fault:
                    break
            return fault

        return prove

    relative = thresholds["imbalance_relative"]
    yield Expected(
        claims.imbalance(relative, mass + mass_next),
        within(lambda found: found.imbalance, lambda _: mass + mass_next),
    )
    yield Expected(
        alignment.diagonal(relative, mass + mass_next),
        lambda values: enclosed(
            [diagonal_imbalance(edge.writer.unit, edge.reader.unit)],
            values,
            precision * (mass + mass_next),
            within=(0.0, math.inf),
        ),
    )
    yield Expected(
        claims.relative_imbalance(relative),
        within(lambda found: found.relative, lambda found: found.spread, 1.0),
    )
    yield Expected(
        claims.commutator(thresholds["commutator_width"]),
        within(lambda found: found.magnitude, lambda found: found.spread, claims.MOST_COMMUTATOR),
    )


def _truncation(edge: _Edge, k: int) -> list[arb]:
    """E1's bounds for equal windows in the Frobenius and in the spectral norm; they increase in every σ."""
    ends: list[tuple[arb, arb]] = []
    for s, t in zip(edge.writer.energies, edge.reader.energies, strict=True):
        lower = (t.square(0) * s.beyond(k)).min(s.square(k) * t.beyond(0))
        upper = (t.beyond(k) * s.square(0)).min(t.square(k) * s.up_to(k))
        ends.append(((lower + upper).sqrt(), (t.square(0) * s.square(k) + t.square(k) * s.square(0)).sqrt()))
    (frobenius_low, spectral_low), (frobenius_high, spectral_high) = ends
    return [frobenius_low.union(frobenius_high), spectral_low.union(spectral_high)]
