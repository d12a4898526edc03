"""D4's claims about one interface: amplitude, slack and drift in the transport and in the product form."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction

from flint import arb

from certify.checker.arithmetic.crossing import Crossing
from certify.checker.arithmetic.gibbs_moments import chart as chart_value
from certify.checker.arithmetic.gibbs_moments import gibbs
from certify.checker.arithmetic.narrow_product import core_norm
from certify.checker.arithmetic.quotient import quotient_norms
from certify.checker.arithmetic.two_layers import product_norm, transport_norm
from certify.checker.expected import Expected, ball_of, enclosed, outward
from certify.checker.layer import UNKNOWN, LayerFacts
from certify.checker.lookup import Lookup
from certify.checker.recorded_thresholds import Recorded
from certify.claims import causes
from certify.claims import rigidity as claims
from certify.claims.assertion import Assertion
from certify.claims.layer import CHARTS
from certify.verdict import Enclosure

__all__ = ["drift_claims"]

_ROOM = 2.0**-34


def drift_claims(
    writer: LayerFacts,
    reader: LayerFacts,
    crossing: Crossing,
    subject: str,
    lookup: Lookup,
    thresholds: Recorded,
) -> Iterator[Expected]:
    """The claims of D4 in order; the transport form only between square layers of one size and not singular."""
    shape = writer.matrix.shape
    if shape != reader.matrix.shape or shape[0] != shape[1]:
        lookup.skip(subject, claims.TRANSPORT_IDS, causes.UNEQUAL_SHAPES)
    elif min(writer.rank[1], reader.rank[1]) < writer.d:
        lookup.skip(subject, claims.TRANSPORT_IDS, causes.DIVISOR_SINGULAR)
    else:
        yield from _transport(writer, reader, subject, lookup, thresholds)
    yield from _product(writer, reader, crossing, subject, lookup, thresholds)


def _transport(
    writer: LayerFacts, reader: LayerFacts, subject: str, lookup: Lookup, thresholds: Recorded
) -> Iterator[Expected]:
    amplitudes = claims.transport_amplitudes(thresholds["amplitude_width"])
    plus, minus = lookup.values(subject, amplitudes.id, 2)
    cause = causes.NOT_INVERTIBLE if not (writer.invertible and reader.invertible) else ""
    if not cause and not (plus.finite and minus.finite):
        cause = causes.QUOTIENT_OPEN
    yield Expected(amplitudes, lambda values: _transport_fault(writer, reader, values), causes=lambda: [cause])
    yield Expected(
        claims.transport_slack(thresholds["slack_width"]),
        lambda values: enclosed(
            [ball_of(writer.radial) + ball_of(plus) - ball_of(reader.radial)], values, _ROOM, nonnegative=True
        ),
        causes=lambda: [cause],
    )
    if writer.d < 2:
        lookup.skip(subject, claims.TRANSPORT_DRIFT_IDS, causes.ONE_RANK)
        return
    for chart in CHARTS:
        yield _comparison(
            claims.transport_drift(chart, writer.d),
            lambda chart=chart: [
                abs(ball_of(reader.alpha[chart]) - ball_of(writer.alpha[chart])),
                _drift_bound(writer, reader, chart, (plus, minus)),
            ],
            cause or writer.causes[chart] or reader.causes[chart],
        )


def _transport_fault(writer: LayerFacts, reader: LayerFacts, values: tuple[Enclosure, ...]) -> str:
    if all(value == UNKNOWN for value in values):
        return ""
    ratio = reader.unit.norm / writer.unit.norm
    plus, minus = quotient_norms(writer.near, reader.near)
    if not enclosed([(plus / ratio).log(), (minus * ratio).log()], values, math.inf):
        return ""
    # Without the decompositions' columns: dearer, and narrower where these lean.
    plus = (transport_norm(writer.unit, writer.near, reader.unit) / ratio).log()
    minus = (transport_norm(reader.unit, reader.near, writer.unit) * ratio).log()
    return enclosed([plus, minus], values, math.inf)


def _drift_bound(writer: LayerFacts, reader: LayerFacts, chart: str, amplitudes: tuple[Enclosure, Enclosure]) -> arb:
    """(max(a⁺, a⁻) + |ρ' - ρ|)/u_d(2 max(α, α')) over all published enclosures; u_d decreases."""
    alphas = (writer.alpha[chart], reader.alpha[chart])
    if not all(value.finite for value in (*amplitudes, *alphas)):
        return arb.nan()
    a = arb(max(x.lower for x in amplitudes)).union(arb(max(x.upper for x in amplitudes)))
    step = abs(ball_of(reader.residual[chart]) - ball_of(writer.residual[chart]))
    slope_low = gibbs(writer.d, 2 * max(x.upper for x in alphas)).mean
    slope_high = gibbs(writer.d, 2 * max(x.lower for x in alphas)).mean
    return (a + step) / slope_low.union(slope_high)


def _product(
    writer: LayerFacts,
    reader: LayerFacts,
    crossing: Crossing,
    subject: str,
    lookup: Lookup,
    thresholds: Recorded,
) -> Iterator[Expected]:
    amplitude, slack = (
        claims.product_amplitude(thresholds["amplitude_width"]),
        claims.product_slack(thresholds["slack_width"]),
    )
    (a_x,), (s_x,) = (lookup.values(subject, asserted.id, 1) for asserted in (amplitude, slack))
    cause = "" if a_x.finite else causes.PRODUCT_VANISHES
    yield Expected(amplitude, lambda values: _product_fault(writer, reader, crossing, values), causes=lambda: [cause])
    yield Expected(
        slack,
        lambda values: enclosed(
            [ball_of(writer.radial) + ball_of(reader.radial) - ball_of(a_x)], values, _ROOM, nonnegative=True
        ),
        causes=lambda: [cause],
    )
    if min(writer.d, reader.d) < 2:
        lookup.skip(subject, claims.PRODUCT_DRIFT_IDS, causes.ONE_RANK)
        return
    for chart in CHARTS:
        yield _comparison(
            claims.product_drift(chart, writer.d, reader.d),
            lambda chart=chart: [
                abs(_chart_ball(reader, chart) - _chart_ball(writer, chart)),
                ball_of(a_x) + ball_of(s_x) + abs(ball_of(reader.residual[chart]) - ball_of(writer.residual[chart])),
            ],
            cause or writer.causes[chart] or reader.causes[chart],
        )


def _product_fault(writer: LayerFacts, reader: LayerFacts, crossing: Crossing, values: tuple[Enclosure, ...]) -> str:
    if values[0] == UNKNOWN:
        return ""
    scale = (arb(writer.d) * reader.d).sqrt() / (writer.unit.norm * reader.unit.norm)
    if not enclosed([(core_norm(crossing) * scale).log()], values, math.inf):
        return ""
    # Dearer, and narrower where the product is far smaller than its factors.
    return enclosed([(product_norm(writer.unit, reader.unit) * scale).log()], values, math.inf)


def _comparison(asserted: Assertion, own: Callable[[], list[arb]], cause: str) -> Expected:
    """A claim that its first value, a distance, is at most its second, which may then not be negative."""

    def prove(values: tuple[Enclosure, ...]) -> str:
        moved, bound = own()
        fault = enclosed([moved], values[:1], _ROOM, nonnegative=True)
        return fault or enclosed([bound], values[1:], _ROOM)

    def margin(values: tuple[Enclosure, ...]) -> Enclosure:
        moved, bound = values
        if not (moved.finite and bound.finite):
            return UNKNOWN
        low = Fraction(bound.lower) - Fraction(moved.upper)
        return outward(low, Fraction(bound.upper) - Fraction(moved.lower))

    return Expected(asserted, prove, margin, lambda: [cause])


def _chart_ball(facts: LayerFacts, chart: str) -> arb:
    alpha = facts.alpha[chart]
    if not alpha.finite:
        return arb.nan()
    return chart_value(facts.d, alpha.lower).union(chart_value(facts.d, alpha.upper))
