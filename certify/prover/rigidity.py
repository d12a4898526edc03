"""Amplitude, slack and drift across an interface, in the transport and in the product form (THEORY D4)."""

from __future__ import annotations

import flint
import numpy as np

from certify.certificate.publication import difference
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
from certify.linalg.gemm import gemm
from certify.linalg.leading_svd import top_singular
from certify.linalg.quotient_norms import quotient_extremes
from certify.prover.layer import LayerFacts
from certify.prover.ledger import UNKNOWN, Ledger, ball_of, publish_ball
from certify.prover.widening import amplitude_floor
from certify.rigor.ball import hull_ball
from certify.rigor.ball import upper as upper_end
from certify.rigor.interval import Interval
from certify.rigor.rounding import FloatArray, norm_up
from certify.verdict import Enclosure

__all__ = ["measure_rigidity"]

_TRANSPORT = ("D4.amplitude.transport", "D4.slack.transport", *(f"D4.drift.transport[{chart}]" for chart in CHARTS))
_EMPTY = "empty as a constraint: a_x + s_x = r + r' whatever the interface is"


def measure_rigidity(ledger: Ledger, lower: LayerFacts, upper: LayerFacts, thresholds: Thresholds) -> None:
    """D4's claims for one interface; the transport form only between invertible layers of one size."""
    shapes = (lower.matrix.shape, upper.matrix.shape)
    singular = [facts.name for facts in (lower, upper) if facts.rank[1] < facts.d]
    if shapes[0] != shapes[1] or shapes[0][0] != shapes[0][1]:
        ledger.skip(_TRANSPORT, "the transport form needs two square layers of one size")
    elif singular:
        ledger.skip(_TRANSPORT, "the transport form needs invertible layers, and a layer is singular")
    else:
        _transport(ledger, lower, upper, thresholds)
    _product(ledger, lower, upper, thresholds)


def _transport(ledger: Ledger, lower: LayerFacts, upper: LayerFacts, thresholds: Thresholds) -> None:
    n = lower.d
    plus = minus = UNKNOWN
    cause = ""
    if lower.invertible and upper.invertible:
        forward, backward = quotient_extremes(lower.matrix, upper.matrix, lower.svd, upper.svd)
        floor = amplitude_floor(n, max(_condition(lower), _condition(upper)))
        size, size_next = lower.norm, upper.norm
        plus = publish_ball(transport_amplitude(_ball(forward), size, size_next), floor=floor)
        minus = publish_ball(transport_amplitude(_ball(backward), size_next, size), floor=floor)
        if not (plus.finite and minus.finite):
            cause = "the quotient of the layers could not be enclosed: one of them is too close to singular"
    else:
        cause = "a layer is not certified to be invertible"
    ledger.measure(
        "D4.amplitude.transport",
        "the interface amplitudes a⁺ = log σ_1(T) and a⁻ = log σ_1(T⁻¹) of T = Â'Â⁻¹",
        [plus, minus],
        thresholds.amplitude_width,
        cause=cause,
    )
    slack = publish_ball(slack_transport(ball_of(lower.radial), ball_of(plus), ball_of(upper.radial)))
    ledger.measure(
        "D4.slack.transport",
        "the non-backtracking slack s = r + a⁺ − r', which is never negative",
        [slack],
        thresholds.slack_width,
        cause=cause,
    )
    if n < 2:
        ledger.skip(_TRANSPORT[2:], "with one rank the chart is constant and every exponent fits")
        return
    bound = amplitude(ball_of(plus), ball_of(minus))
    for chart in CHARTS:
        alpha, alpha_next = ball_of(lower.alpha[chart]), ball_of(upper.alpha[chart])
        step = ball_of(upper.residual[chart]) - ball_of(lower.residual[chart])
        _compare(
            ledger,
            f"D4.drift.transport[{chart}]",
            "the exponent moves by |α' − α| (first value), at most (max(a⁺, a⁻) + |ρ' − ρ|) / u_d(2 max(α, α'))",
            abs(alpha_next - alpha),
            drift_bound(bound, step, n, alpha, alpha_next),
            {"chart": chart, "d": n},
            cause or lower.causes[chart] or upper.causes[chart],
        )


def _product(ledger: Ledger, lower: LayerFacts, upper: LayerFacts, thresholds: Thresholds) -> None:
    size, size_next = lower.norm, upper.norm
    norm = _product_norm(lower.matrix, upper.matrix)
    largest = max(*lower.matrix.shape, *upper.matrix.shape)
    floor = amplitude_floor(largest, upper_end(size * size_next / norm))
    cause = "" if norm > 0 else "the product of the layers may be 0, or it overflowed"
    a_x = publish_ball(product_amplitude(norm, size, lower.d, size_next, upper.d), floor=floor)
    ledger.measure(
        "D4.amplitude.product",
        "the product amplitude a_x = log σ_1(Â'Â)",
        [a_x],
        thresholds.amplitude_width,
        cause=cause,
    )
    slack = publish_ball(slack_product(ball_of(lower.radial), ball_of(upper.radial), ball_of(a_x)))
    ledger.measure(
        "D4.slack.product",
        "the slack s_x = r + r' − a_x of the product form, which is never negative",
        [slack],
        thresholds.slack_width,
        cause=cause,
    )
    for chart in CHARTS:
        id = f"D4.drift.product[{chart}]"
        if min(lower.d, upper.d) < 2:
            ledger.skip([id], "with one rank the chart is constant and every exponent fits")
            continue
        step = ball_of(upper.residual[chart]) - ball_of(lower.residual[chart])
        before = chart_value(lower.d, ball_of(lower.alpha[chart]))
        after = chart_value(upper.d, ball_of(upper.alpha[chart]))
        _compare(
            ledger,
            id,
            "the chart moves by |φ(α') − φ(α)| (first value), at most a_x + s_x + |ρ' − ρ|",
            abs(after - before),
            product_bound(ball_of(a_x), ball_of(slack), step),
            {"chart": chart, "d": lower.d, "d_next": upper.d},
            cause or lower.causes[chart] or upper.causes[chart],
            _EMPTY,
        )


def _compare(
    ledger: Ledger,
    id: str,
    statement: str,
    moved: flint.arb,
    bound: flint.arb,
    parameters: dict[str, int | float | str],
    cause: str,
    note: str = "",
) -> None:
    values: list[Enclosure] = [publish_ball(moved, nonnegative=True), publish_ball(bound)]
    margin = difference(values[1], values[0])
    ledger.compare(id, statement, values, margin, strict=False, parameters=parameters, cause=cause, note=note)


def _ball(x: Interval) -> flint.arb:
    low, high = float(x.lo), float(x.hi)
    return hull_ball(low, high) if np.isfinite(high) else flint.arb.nan()


def _condition(facts: LayerFacts) -> float:
    smallest = facts.sigma[-1].lower
    return facts.sigma[0].upper / smallest if smallest > 0 else float("inf")


def _product_norm(w: FloatArray, w_next: FloatArray) -> flint.arb:
    """Ball around ‖W'W‖₂; NaN where the product overflowed."""
    product = gemm(w_next, w)
    error = flint.arb(float(norm_up(product.rad)))
    if not error.is_finite():
        return flint.arb.nan()
    top = top_singular(product.mid, 1)
    low = (flint.arb(float(top.lower[0])) - error).max(flint.arb(0))
    return hull_ball(low, flint.arb(float(top.upper[0])) + error)
