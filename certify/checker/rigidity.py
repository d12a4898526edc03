"""D4's claims about one interface: amplitude, slack and drift in the transport and in the product form."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction

from flint import arb

from certify.certificate import Scalar
from certify.checker.arithmetic.gibbs_moments import chart as chart_value
from certify.checker.arithmetic.gibbs_moments import gibbs
from certify.checker.arithmetic.two_layers import product_norm, transport_norm
from certify.checker.expected import Line, enclosed, inequality, measurement, outward
from certify.checker.layer import CHARTS, ONE_RANK, UNKNOWN, LayerFacts
from certify.checker.lookup import Book
from certify.checker.recorded_thresholds import Recorded
from certify.verdict import Enclosure

__all__ = ["drift_lines"]

_TRANSPORT = ("D4.amplitude.transport", "D4.slack.transport", *(f"D4.drift.transport[{name}]" for name in CHARTS))
_EMPTY = "empty as a constraint: a_x + s_x = r + r' whatever the interface is"
_ROOM = 2.0**-34


def drift_lines(lower: LayerFacts, upper: LayerFacts, subject: str, book: Book, thresholds: Recorded) -> Iterator[Line]:
    """The claims of D4 in order; the transport form only between square layers of one size and not singular."""
    shape = lower.matrix.shape
    if shape != upper.matrix.shape or shape[0] != shape[1]:
        book.skip(subject, _TRANSPORT, "the transport form needs two square layers of one size")
    elif min(lower.rank[1], upper.rank[1]) < lower.d:
        book.skip(subject, _TRANSPORT, "the transport form needs invertible layers, and a layer is singular")
    else:
        yield from _transport(lower, upper, subject, book, thresholds)
    yield from _product(lower, upper, subject, book, thresholds)


def _transport(lower: LayerFacts, upper: LayerFacts, subject: str, book: Book, thresholds: Recorded) -> Iterator[Line]:
    plus, minus = book.values(subject, "D4.amplitude.transport", 2)
    yield measurement(
        "D4.amplitude.transport",
        "the interface amplitudes a⁺ = log σ_1(T) and a⁻ = log σ_1(T⁻¹) of T = Â'Â⁻¹",
        thresholds["amplitude_width"],
        lambda values: _transport_fault(lower, upper, values),
        count=2,
    )
    yield measurement(
        "D4.slack.transport",
        "the non-backtracking slack s = r + a⁺ − r', which is never negative",
        thresholds["slack_width"],
        lambda values: enclosed([_ball(lower.radial) + _ball(plus) - _ball(upper.radial)], values, _ROOM),
    )
    if lower.d < 2:
        book.skip(subject, _TRANSPORT[2:], ONE_RANK)
        return
    for name in CHARTS:
        yield _comparison(
            f"D4.drift.transport[{name}]",
            "the exponent moves by |α' − α| (first value), at most (max(a⁺, a⁻) + |ρ' − ρ|) / u_d(2 max(α, α'))",
            lambda name=name: [
                abs(_ball(upper.alpha[name]) - _ball(lower.alpha[name])),
                _drift_bound(lower, upper, name, (plus, minus)),
            ],
            {"chart": name, "d": lower.d},
        )


def _transport_fault(lower: LayerFacts, upper: LayerFacts, values: tuple[Enclosure, ...]) -> str:
    if all(value == UNKNOWN for value in values):
        return ""
    ratio = upper.unit.norm / lower.unit.norm
    plus = (transport_norm(lower.unit, lower.near, upper.unit) / ratio).log()
    minus = (transport_norm(upper.unit, upper.near, lower.unit) * ratio).log()
    return enclosed([plus, minus], values, math.inf)


def _drift_bound(lower: LayerFacts, upper: LayerFacts, name: str, amplitudes: tuple[Enclosure, Enclosure]) -> arb:
    """(max(a⁺, a⁻) + |ρ' - ρ|)/u_d(2 max(α, α')) over all published enclosures; u_d decreases."""
    alphas = (lower.alpha[name], upper.alpha[name])
    if not all(value.finite for value in (*amplitudes, *alphas)):
        return arb.nan()
    a = arb(max(x.lower for x in amplitudes)).union(arb(max(x.upper for x in amplitudes)))
    step = abs(_ball(upper.residual[name]) - _ball(lower.residual[name]))
    slope_low = gibbs(lower.d, 2 * max(x.upper for x in alphas)).mean
    slope_high = gibbs(lower.d, 2 * max(x.lower for x in alphas)).mean
    return (a + step) / slope_low.union(slope_high)


def _product(lower: LayerFacts, upper: LayerFacts, subject: str, book: Book, thresholds: Recorded) -> Iterator[Line]:
    (a_x,) = book.values(subject, "D4.amplitude.product", 1)
    (slack,) = book.values(subject, "D4.slack.product", 1)
    yield measurement(
        "D4.amplitude.product",
        "the product amplitude a_x = log σ_1(Â'Â)",
        thresholds["amplitude_width"],
        lambda values: _product_fault(lower, upper, values),
    )
    yield measurement(
        "D4.slack.product",
        "the slack s_x = r + r' − a_x of the product form, which is never negative",
        thresholds["slack_width"],
        lambda values: enclosed([_ball(lower.radial) + _ball(upper.radial) - _ball(a_x)], values, _ROOM),
    )
    ids = [f"D4.drift.product[{name}]" for name in CHARTS]
    if min(lower.d, upper.d) < 2:
        book.skip(subject, ids, ONE_RANK)
        return
    for id, name in zip(ids, CHARTS, strict=True):
        yield _comparison(
            id,
            "the chart moves by |φ(α') − φ(α)| (first value), at most a_x + s_x + |ρ' − ρ|",
            lambda name=name: [
                abs(_chart_ball(upper, name) - _chart_ball(lower, name)),
                _ball(a_x) + _ball(slack) + abs(_ball(upper.residual[name]) - _ball(lower.residual[name])),
            ],
            {"chart": name, "d": lower.d, "d_next": upper.d},
            _EMPTY,
        )


def _product_fault(lower: LayerFacts, upper: LayerFacts, values: tuple[Enclosure, ...]) -> str:
    if values[0] == UNKNOWN:
        return ""
    size = product_norm(lower.unit, upper.unit)
    mass = lower.unit.norm * upper.unit.norm
    own = (size * (arb(lower.d) * upper.d).sqrt() / mass).log()
    return enclosed([own], values, math.inf)


def _comparison(
    id: str,
    statement: str,
    own: Callable[[], list[arb]],
    parameters: dict[str, Scalar],
    note: str = "",
) -> Line:
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

    return inequality(id, statement, margin, prove, strict=False, count=2, parameters=parameters, note=note)


def _chart_ball(facts: LayerFacts, name: str) -> arb:
    alpha = facts.alpha[name]
    if not alpha.finite:
        return arb.nan()
    return chart_value(facts.d, alpha.lower).union(chart_value(facts.d, alpha.upper))


def _ball(value: Enclosure) -> arb:
    return arb(value.lower).union(arb(value.upper)) if value.finite else arb.nan()
