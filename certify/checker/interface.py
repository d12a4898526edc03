"""The claims that must be made about one interface, and how each is proved again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from flint import arb

from certify.chain.groups import Groups
from certify.checker.alignment import alignment_claims, diagonal_imbalance
from certify.checker.arithmetic.rounding import U, ball
from certify.checker.arithmetic.two_layers import Angles, Commutation, angles, commutation
from certify.checker.domain import domain_claim
from certify.checker.expected import Expected, Proof, enclosed
from certify.checker.incidence import incidence_claims
from certify.checker.layer import LayerFacts
from certify.checker.lookup import Lookup
from certify.checker.nulls import commutator_null_claim, overlap_null_claim
from certify.checker.product_ranks import intersection_claim
from certify.checker.recorded_thresholds import Recorded
from certify.checker.rigidity import drift_claims
from certify.checker.tasks import once
from certify.claims import alignment, causes
from certify.claims import interface as claims
from certify.verdict import Enclosure

__all__ = ["edge_claims"]


@dataclass
class _Edge:
    """What is computed once for all claims about an interface."""

    writer: LayerFacts
    reader: LayerFacts
    windows: list[int]
    """Those of which the certificate says anything."""

    @property
    def angles(self) -> dict[int, Angles]:
        """Principal angles at every window."""
        return once(self, "_angles", lambda: angles(self.writer.near, self.reader.near, self.windows))

    @property
    def commutation(self) -> Commutation:
        """Imbalance and commutator."""
        return once(self, "_commutation", lambda: commutation(self.writer.unit, self.reader.unit))

    @property
    def largest(self) -> int:
        """The largest dimension."""
        return max(*self.writer.matrix.shape, *self.reader.matrix.shape)

    @property
    def entries(self) -> int:
        """The number of entries of the larger layer: the roundings of decompositions with plain float64 products."""
        return max(facts.matrix.size for facts in (self.writer, self.reader))


_NO_COSINE = Enclosure(0.0, 1.0)
"""What is said of a cosine where no gap is certified."""


def edge_claims(
    writer: LayerFacts, reader: LayerFacts, lookup: Lookup, thresholds: Recorded, groups: Groups | None = None
) -> Iterator[Expected]:
    """The claims about an interface in order; both layers' published facts must have been looked up before.

    ``groups`` are the row groups of ``reader`` that the chain names.
    """
    subject = claims.subject(writer.name, reader.name)
    windows = thresholds.window_sizes(min(writer.d, reader.d), [writer.energy_rank, reader.energy_rank])
    cosines = {k: lookup.values(subject, f"E.cosines[{k}]", k) for k in windows}
    edge = _Edge(writer, reader, [k for k in windows if any(value != _NO_COSINE for value in cosines[k])])
    for k in windows:
        yield from _angle_claims(edge, k, cosines[k], subject, lookup, thresholds)
    yield from _balance_claims(edge, thresholds)
    commutator = lookup.values(subject, claims.commutator(0.0).id, 1)[0]
    yield from commutator_null_claim(writer, reader, subject, commutator, lookup)
    yield from alignment_claims(writer, reader, windows, subject, lookup, thresholds)
    yield from drift_claims(writer, reader, subject, lookup, thresholds)
    scale = writer.frobenius.upper * reader.frobenius.upper
    for k in windows:
        yield Expected(
            claims.truncation(k, thresholds["truncation_relative"], scale),
            lambda values, k=k: enclosed(_truncation(edge, k), values, 0.0),
        )
    product = lookup.values(subject, claims.INTERSECTION, 2)[1]
    yield intersection_claim(writer, reader, product, thresholds["exact_product_seconds"])
    yield from incidence_claims(writer, reader, groups, subject, lookup, thresholds)
    yield from domain_claim(writer, reader, subject, lookup)


def _angle_claims(
    edge: _Edge, k: int, cosines: Sequence[Enclosure], subject: str, lookup: Lookup, thresholds: Recorded
) -> Iterator[Expected]:
    cause = "" if k in edge.windows else causes.no_gap(k)
    yield Expected(
        claims.cosines(k, thresholds["cosine_width"]),
        lambda values: _cosine_fault(edge, k, values),
        causes=lambda: [cause],
    )
    balls = [ball(value.lower, value.upper) for value in cosines]
    mean = sum((x * x for x in balls), arb(0)) / k
    overlap = claims.overlap(k, thresholds["overlap_width"])
    yield Expected(
        overlap,
        lambda values: enclosed([mean], values, 0.0) or _overlap_fault(edge, k, values[0]),
        causes=lambda: [cause],
    )
    published = lookup.values(subject, overlap.id, 1)[0]
    n = edge.writer.matrix.shape[0]
    yield overlap_null_claim(k, n, subject, published, lookup, thresholds, cause)


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


def _balance_claims(edge: _Edge, thresholds: Recorded) -> Iterator[Expected]:
    mass = edge.writer.frobenius.upper * edge.writer.frobenius.upper
    mass_next = edge.reader.frobenius.upper * edge.reader.frobenius.upper
    precision = 64 * max(2 * edge.entries, 8 * edge.largest, 512) * U

    def within(own: Callable[[], arb], room: Callable[[], float]) -> Proof:
        return lambda values: enclosed([own()], values, precision * room(), nonnegative=True)

    relative = thresholds["imbalance_relative"]
    yield Expected(
        claims.imbalance(relative, mass + mass_next),
        within(lambda: edge.commutation.imbalance, lambda: mass + mass_next),
    )
    yield Expected(
        alignment.diagonal(relative, mass + mass_next),
        within(lambda: diagonal_imbalance(edge.writer.unit, edge.reader.unit), lambda: mass + mass_next),
    )
    yield Expected(
        claims.relative_imbalance(relative),
        within(lambda: edge.commutation.relative, lambda: edge.commutation.spread),
    )
    yield Expected(
        claims.commutator(thresholds["commutator_width"]),
        within(lambda: edge.commutation.magnitude, lambda: edge.commutation.spread),
    )


def _squares(sigma: Sequence[Enclosure]) -> tuple[list[arb], list[arb]]:
    """The squares of the lower and of the upper ends."""
    low = [arb(value.lower).max(arb(0)) ** 2 for value in sigma]
    return low, [arb(value.upper).max(arb(0)) ** 2 for value in sigma]


def _truncation(edge: _Edge, k: int) -> list[arb]:
    """E1's bounds for equal windows in the Frobenius and in the spectral norm; they increase in every σ."""
    squares = once(edge, "_squares", lambda: (_squares(edge.writer.sigma), _squares(edge.reader.sigma)))
    ends: list[tuple[arb, arb]] = []
    for s, t in zip(*squares, strict=True):
        kept, tail = sum(s[:k], arb(0)), sum(s[k:], arb(0))
        kept_next, tail_next = sum(t[:k], arb(0)), sum(t[k:], arb(0))
        frobenius = (t[0] * tail).min(s[k] * (kept_next + tail_next)) + (tail_next * s[0]).min(t[k] * kept)
        ends.append((frobenius.sqrt(), (t[0] * s[k] + t[k] * s[0]).sqrt()))
    (frobenius_low, spectral_low), (frobenius_high, spectral_high) = ends
    return [frobenius_low.union(frobenius_high), spectral_low.union(spectral_high)]
