"""Amplitude, slack and drift across an interface, in the transport and in the product form (THEORY D4)."""

from __future__ import annotations

import flint

from certify.certificate.publication import difference
from certify.claims import causes
from certify.claims import rigidity as claims
from certify.claims.assertion import Assertion
from certify.claims.thresholds import Thresholds
from certify.geometry.spectrum.chart import chart as chart_value
from certify.geometry.spectrum.fits import CHARTS
from certify.geometry.spectrum.rigidity import (
    amplitude,
    drift_bound,
    product_amplitude,
    product_bound,
    slack_product,
    slack_transport,
    transport_amplitude,
)
from certify.prover.layer import LayerFacts
from certify.prover.ledger import UNKNOWN, Ledger, ball_of, publish_ball
from certify.prover.meeting import Meeting
from certify.prover.widening import amplitude_floor
from certify.rigor.ball import upper as upper_end

__all__ = ["measure_rigidity"]

_CHART_FLOOR = 2.0**-80
"""The charts of steep exponents differ by less than the logarithms of which they are made are known to."""


def measure_rigidity(ledger: Ledger, meeting: Meeting, thresholds: Thresholds) -> None:
    """D4's claims for one interface; the transport form only between invertible layers of one size."""
    writer, reader = meeting.writer, meeting.reader
    shapes = (writer.matrix.shape, reader.matrix.shape)
    if shapes[0] != shapes[1] or shapes[0][0] != shapes[0][1]:
        ledger.skip(claims.TRANSPORT_IDS, causes.UNEQUAL_SHAPES)
    elif any(facts.rank[1] < facts.d for facts in (writer, reader)):
        ledger.skip(claims.TRANSPORT_IDS, causes.DIVISOR_SINGULAR)
    else:
        _transport(ledger, meeting, thresholds)
    _product(ledger, meeting, thresholds)


def _transport(ledger: Ledger, meeting: Meeting, thresholds: Thresholds) -> None:
    writer, reader = meeting.writer, meeting.reader
    n = writer.d
    plus = minus = UNKNOWN
    cause = ""
    if writer.invertible and reader.invertible:
        forward, backward = meeting.quotients(_limit(thresholds))
        floor = amplitude_floor(n, max(_condition(writer), _condition(reader)))
        size, size_next = writer.norm, reader.norm
        plus = publish_ball(transport_amplitude(forward, size, size_next), floor=floor)
        minus = publish_ball(transport_amplitude(backward, size_next, size), floor=floor)
        if not (plus.finite and minus.finite):
            cause = causes.QUOTIENT_OPEN
    else:
        cause = causes.NOT_INVERTIBLE
    ledger.measure(claims.transport_amplitudes(thresholds.amplitude_width), [plus, minus], cause)
    slack = publish_ball(
        slack_transport(ball_of(writer.radial), ball_of(plus), ball_of(reader.radial)), nonnegative=True
    )
    ledger.measure(claims.transport_slack(thresholds.slack_width), [slack], cause)
    if n < 2:
        ledger.skip(claims.TRANSPORT_DRIFT_IDS, causes.ONE_RANK)
        return
    bound = amplitude(ball_of(plus), ball_of(minus))
    for chart in CHARTS:
        alpha, alpha_next = ball_of(writer.alpha[chart]), ball_of(reader.alpha[chart])
        step = ball_of(reader.residual[chart]) - ball_of(writer.residual[chart])
        _compare(
            ledger,
            claims.transport_drift(chart, n),
            abs(alpha_next - alpha),
            drift_bound(bound, step, n, alpha, alpha_next),
            cause or writer.causes[chart] or reader.causes[chart],
        )


def _product(ledger: Ledger, meeting: Meeting, thresholds: Thresholds) -> None:
    writer, reader = meeting.writer, meeting.reader
    size, size_next = writer.norm, reader.norm
    norm = meeting.product_norm(_limit(thresholds))
    largest = max(*writer.matrix.shape, *reader.matrix.shape)
    floor = amplitude_floor(largest, upper_end(size * size_next / norm))
    a_x = UNKNOWN
    # Beyond it the product is not told from 0 by plain products.
    if floor < 1.0:
        a_x = publish_ball(product_amplitude(norm, size, writer.d, size_next, reader.d), floor=floor)
    cause = "" if a_x.finite else causes.PRODUCT_VANISHES
    ledger.measure(claims.product_amplitude(thresholds.amplitude_width), [a_x], cause)
    slack = publish_ball(slack_product(ball_of(writer.radial), ball_of(reader.radial), ball_of(a_x)), nonnegative=True)
    ledger.measure(claims.product_slack(thresholds.slack_width), [slack], cause)
    if min(writer.d, reader.d) < 2:
        ledger.skip(claims.PRODUCT_DRIFT_IDS, causes.ONE_RANK)
        return
    for chart in CHARTS:
        step = ball_of(reader.residual[chart]) - ball_of(writer.residual[chart])
        before = chart_value(writer.d, ball_of(writer.alpha[chart]))
        after = chart_value(reader.d, ball_of(reader.alpha[chart]))
        _compare(
            ledger,
            claims.product_drift(chart, writer.d, reader.d),
            abs(after - before),
            product_bound(ball_of(a_x), ball_of(slack), step),
            cause or writer.causes[chart] or reader.causes[chart],
            _CHART_FLOOR,
        )


def _compare(
    ledger: Ledger, asserted: Assertion, moved: flint.arb, bound: flint.arb, cause: str, floor: float = 0.0
) -> None:
    values = [publish_ball(moved, floor=floor, nonnegative=True), publish_ball(bound)]
    ledger.compare(asserted, values, difference(values[1], values[0]), cause)


def _limit(thresholds: Thresholds) -> float:
    return min(thresholds.amplitude_width, thresholds.slack_width)


def _condition(facts: LayerFacts) -> float:
    smallest = facts.absolute[-1].lower
    return facts.sigma[0].upper / smallest if smallest > 0 else float("inf")
