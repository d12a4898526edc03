"""What is asserted of one weight matrix (THEORY E7, first half)."""

from __future__ import annotations

from certify.claims.assertion import Assertion, compared, limit_of, measured
from certify.subjects import layer_subject as subject

__all__ = [
    "CHARTS",
    "EFFECTIVE_RANK",
    "NORMALIZATION",
    "RANK",
    "SIGMA",
    "TOP_RADIAL",
    "alpha",
    "chart_id",
    "chart_ids",
    "effective_rank",
    "finite",
    "gap",
    "normalization",
    "rank",
    "residual",
    "sigma",
    "subject",
    "top_radial",
]

CHARTS = {
    "top_radial": "top-radial chart",
    "log_log": "log-log least-squares fit",
    "kl": "KL projection",
    "hellinger": "Hellinger projection",
}
"""The four charts of D6, with their names in words."""


RANK, NORMALIZATION, SIGMA, TOP_RADIAL = "E7.rank", "E7.normalization", "spectrum.sigma", "D4.top_radial"
EFFECTIVE_RANK = "D10.effective_rank."
"""What the ids of effective ranks begin with."""


def finite() -> Assertion:
    """That every entry is finite, by the largest of them."""
    return measured("E7.finite", "every entry is finite; the value is the largest |w_ij|", 0.0)


def rank(d: int, method: str) -> Assertion:
    """That the rank is full; ``method`` says what bounded it, ``enclosure`` or ``exact``."""
    return compared(RANK, f"the rank is full: {d}", strict=True, parameters={"full": d, "method": method})


def normalization() -> Assertion:
    """That the layer can be normalized."""
    return compared(NORMALIZATION, "the Frobenius norm is positive", strict=True)


def sigma(d: int, relative: float, largest: float) -> Assertion:
    """The d singular values, to ``relative`` of the ``largest``."""
    return measured(SIGMA, "the singular values, decreasing", limit_of(relative, largest), count=d)


def top_radial(d: int, width: float) -> Assertion:
    """The top-radial coordinate."""
    statement = "the top-radial coordinate r = log σ_1 + ½ log d − log ‖W‖_F"
    return measured(TOP_RADIAL, statement, width, parameters={"d": d})


def alpha(chart: str, d: int, width: float) -> Assertion:
    """The exponent that a chart gives the spectrum."""
    statement = f"the exponent α of the {CHARTS[chart]}"
    return measured(chart_id(chart, "alpha"), statement, width, parameters={"chart": chart, "d": d})


def residual(chart: str, d: int, width: float) -> Assertion:
    """How far that exponent misses the top-radial coordinate."""
    return measured(
        chart_id(chart, "residual"),
        f"the residual ρ = r − φ_d(α) of the {CHARTS[chart]}",
        width,
        parameters={"chart": chart, "d": d},
        note="0 by the definition of this chart" if chart == "top_radial" else "",
    )


def chart_id(chart: str, part: str) -> str:
    """The id of a chart's exponent, ``alpha``, or ``residual``."""
    return f"D6.{chart}.{part}"


def chart_ids() -> list[str]:
    """The ids of all exponents and residuals."""
    return [chart_id(chart, part) for chart in CHARTS for part in ("alpha", "residual")]


def effective_rank(percent: int) -> Assertion:
    """The smallest window that holds so much of the energy."""
    statement = f"the smallest window that holds {percent} % of the energy"
    return measured(f"{EFFECTIVE_RANK}{percent}", statement, 0.0, parameters={"percent": percent})


def gap(k: int) -> Assertion:
    """That the window of k ranks is well defined."""
    statement = f"σ_{k} > σ_{k + 1}, so that the window of {k} ranks is well defined"
    return compared(f"spectrum.gap[{k}]", statement, strict=True, parameters={"window": k})
