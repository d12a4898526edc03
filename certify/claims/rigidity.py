"""What is asserted of amplitude, slack and drift at an interface, in the transport and the product form (THEORY D4)."""

from __future__ import annotations

from certify.claims.assertion import Assertion, compared, measured
from certify.claims.layer import CHARTS

__all__ = [
    "PRODUCT_DRIFT_IDS",
    "TRANSPORT_DRIFT_IDS",
    "TRANSPORT_IDS",
    "product_amplitude",
    "product_drift",
    "product_slack",
    "transport_amplitudes",
    "transport_drift",
    "transport_slack",
]

TRANSPORT_DRIFT_IDS = tuple(f"D4.drift.transport[{chart}]" for chart in CHARTS)
PRODUCT_DRIFT_IDS = tuple(f"D4.drift.product[{chart}]" for chart in CHARTS)
TRANSPORT_IDS = ("D4.amplitude.transport", "D4.slack.transport", *TRANSPORT_DRIFT_IDS)


def transport_amplitudes(width: float) -> Assertion:
    """Both amplitudes of the transport form."""
    statement = "the interface amplitudes a⁺ = log σ_1(T) and a⁻ = log σ_1(T⁻¹) of T = Â'Â⁻¹"
    return measured("D4.amplitude.transport", statement, width, count=2)


def transport_slack(width: float) -> Assertion:
    """The slack of the transport form."""
    return measured("D4.slack.transport", "the non-backtracking slack s = r + a⁺ − r', which is never negative", width)


def transport_drift(chart: str, d: int) -> Assertion:
    """How far the exponent of a chart moves, and the bound."""
    return compared(
        f"D4.drift.transport[{chart}]",
        "the exponent moves by |α' − α| (first value), at most (max(a⁺, a⁻) + |ρ' − ρ|) / u_d(2 max(α, α'))",
        strict=False,
        count=2,
        parameters={"chart": chart, "d": d},
    )


def product_amplitude(width: float) -> Assertion:
    """The amplitude of the product form."""
    return measured("D4.amplitude.product", "the product amplitude a_x = log σ_1(Â'Â)", width)


def product_slack(width: float) -> Assertion:
    """The slack of the product form."""
    statement = "the slack s_x = r + r' − a_x of the product form, which is never negative"
    return measured("D4.slack.product", statement, width)


def product_drift(chart: str, d: int, d_next: int) -> Assertion:
    """How far the chart moves, and the bound."""
    return compared(
        f"D4.drift.product[{chart}]",
        "the chart moves by |φ(α') − φ(α)| (first value), at most a_x + s_x + |ρ' − ρ|",
        strict=False,
        count=2,
        parameters={"chart": chart, "d": d, "d_next": d_next},
        note="empty as a constraint: a_x + s_x = r + r' whatever the interface is",
    )
