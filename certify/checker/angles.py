"""The claims that must be made about the angles at an interface, and how each is proved again."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from flint import arb

from certify.checker.arithmetic.crossing import Crossing
from certify.checker.arithmetic.principal_angles import Angles, angles, sines
from certify.checker.arithmetic.rounding import Array, ball
from certify.checker.expected import Expected, enclosed
from certify.checker.layer import LayerFacts
from certify.checker.lookup import Lookup
from certify.checker.nulls import overlap_null_claim
from certify.checker.recorded_thresholds import Recorded
from certify.checker.tasks import once
from certify.claims import causes, nulls
from certify.claims import interface as claims
from certify.verdict import Enclosure

__all__ = ["angle_claims"]

_NO_COSINE = Enclosure(0.0, 1.0)
"""What is said of a cosine where no gap is certified."""


@dataclass
class _Edge:
    """What is computed once for all claims about the angles of an interface."""

    writer: LayerFacts
    reader: LayerFacts
    crossing: Crossing
    windows: list[int]
    """Those of which the certificate says anything."""

    @property
    def angles(self) -> dict[int, Angles]:
        """Principal angles at every window."""
        return once(self, "_angles", lambda: angles(self.crossing, self.windows))

    @property
    def dimension(self) -> int:
        """That of the interface."""
        return self.writer.matrix.shape[0]

    def shared(self, k: int) -> int:
        """Two subspaces of k dimensions share at least so many: their cosines are 1 and their sines 0."""
        return max(2 * k - self.dimension, 0)


def angle_claims(
    writer: LayerFacts,
    reader: LayerFacts,
    crossing: Crossing,
    subject: str,
    lookup: Lookup,
    thresholds: Recorded,
) -> Generator[Expected, None, list[int]]:
    """The claims about angles in order, and then the windows they are about.

    Both layers' published facts must have been looked up before.
    """
    windows = _windows(writer, reader, subject, lookup, thresholds)
    cosines = {k: lookup.values(subject, f"E.cosines[{k}]", k) for k in windows}
    edge = _Edge(writer, reader, crossing, [k for k in windows if any(value != _NO_COSINE for value in cosines[k])])
    for k in windows:
        yield from _window_claims(edge, k, cosines[k], subject, lookup, thresholds)
    return windows


def _windows(writer: LayerFacts, reader: LayerFacts, subject: str, lookup: Lookup, thresholds: Recorded) -> list[int]:
    ranks = min(writer.d, reader.d)
    most = ranks - 1 if ranks == writer.matrix.shape[0] else ranks
    if thresholds.beyond(most):
        lookup.skip(subject, ["E.cosines"], causes.windows_beyond(most))

    @cache
    def fit(k: int) -> bool:
        return k > 0 and all(_gap(facts, k) for facts in (writer, reader))

    found: set[int] = set()
    for k in thresholds.window_sizes(most + 1, [writer.energy_rank, reader.energy_rank, ranks]):
        down, up = k, k
        while down > 0 and not fit(down):
            down -= 1
        while up <= most and not fit(up):
            up += 1
        ends = sorted({j for j in (down, up) if 0 < j <= most})
        if ends and ends != [k]:
            lookup.skip(subject, [*claims.angle_ids(k), nulls.overlap_id(k)], causes.moved(k, ends))
        found |= set(ends) if ends else {k}
    return sorted(found)


def _gap(facts: LayerFacts, k: int) -> bool:
    """Whether the published enclosures of σ_k and σ_{k+1}, 0 beyond the last, lie apart in absolute accuracy."""
    sigma = facts.absolute
    return sigma[k - 1].lower > (0.0 if k == facts.d else sigma[k].upper)


def _window_claims(
    edge: _Edge, k: int, cosines: Sequence[Enclosure], subject: str, lookup: Lookup, thresholds: Recorded
) -> Iterator[Expected]:
    cause = "" if k in edge.windows else causes.no_gap(k, edge.writer.sigma, edge.reader.sigma)
    yield Expected(
        claims.cosines(k, thresholds["cosine_width"]),
        lambda values: _cosine_fault(edge, k, values),
        causes=lambda: [cause],
    )
    yield Expected(
        claims.sines(k, thresholds["cosine_width"]),
        lambda values: _sine_fault(edge, k, cosines, values),
        causes=lambda: [cause],
    )
    balls = [ball(value.lower, value.upper) for value in cosines]
    mean = sum((x * x for x in balls), arb(0)) / k
    overlap = claims.overlap(k, thresholds["overlap_width"])
    yield Expected(
        overlap,
        lambda values: enclosed([mean], values, 0.0, within=(0.0, 1.0)) or _overlap_fault(edge, k, values[0]),
        causes=lambda: [cause],
    )
    published = lookup.values(subject, overlap.id, 1)[0]
    yield overlap_null_claim(k, edge.dimension, subject, published, lookup, thresholds, cause)


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
    low, high = (end.copy() for end in found.cosines)
    low[: edge.shared(k)] = high[: edge.shared(k)] = 1.0
    return _fault("cosine", values, low, high)


def _sine_fault(edge: _Edge, k: int, cosines: Sequence[Enclosure], values: tuple[Enclosure, ...]) -> str:
    """From the published cosines, which are proved, from those of the bases, and from the vectors."""
    if k not in edge.windows:
        return "" if all(value == _NO_COSINE for value in values) else "not proved: the cosines are not known"
    derived = [_sine(value) for value in cosines]
    derived[: edge.shared(k)] = [arb(0)] * edge.shared(k)
    for i, (value, sine) in enumerate(zip(values, derived, strict=True)):
        # Where the vectors say more the enclosure is narrower, never wider.
        if not value.upper - value.lower <= 128 * sine.rad() + arb(value.upper) * arb(2) ** -34:
            return f"wider than what is published for sine {i + 1}, which follows from its cosine"
    known = [(sine.lower(), sine.upper()) for sine in derived]
    unproved = [i for i in range(k) if not _inside(values[i], *known[i])]
    for own in (lambda: edge.angles[k].sines, lambda: sines(edge.crossing, k, edge.angles[k].turn)):
        if not unproved:
            return ""
        low, high = own()
        for i in unproved:
            known[i] = known[i][0].max(arb(float(low[i]))), known[i][1].min(arb(float(high[i])))
        unproved = [i for i in unproved if not _inside(values[i], *known[i])]
    if not unproved:
        return ""
    low, high = known[unproved[0]]
    return f"not proved: sine {unproved[0] + 1} lies between {low.str(17)} and {high.str(17)}"


def _inside(value: Enclosure, low: arb, high: arb) -> bool:
    return bool(value.lower <= low and high <= value.upper)


def _sine(cosine: Enclosure) -> arb:
    """A ball around √((1 − c)(1 + c)), which decreases where c is not negative."""
    ends = [arb(c) for c in (max(cosine.lower, 0.0), cosine.upper)]
    low, high = (((1 - c) * (1 + c)).sqrt() for c in reversed(ends))
    return low.union(high)


def _fault(what: str, values: Sequence[Enclosure], lower: Array, upper: Array) -> str:
    for place, (low, high, value) in enumerate(zip(lower, upper, values, strict=True), start=1):
        if not (value.lower <= low and high <= value.upper):
            return f"not proved: {what} {place} is enclosed by [{float(low).hex()}, {float(high).hex()}]"
    return ""
