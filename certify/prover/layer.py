"""What is asked of one weight matrix (THEORY E7, first half)."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

import flint
import numpy as np
import numpy.typing as npt

from certify.certificate.publication import publish
from certify.claims.thresholds import Thresholds
from certify.errors import LimitError
from certify.geometry.spectrum.chart import effective_rank, energies, gaps, top_radial
from certify.geometry.spectrum.fits import CHARTS, fit_chart, residual
from certify.linalg import CertifiedSVD, frobenius, svd
from certify.linalg.exact.rank import exact_rank
from certify.prover.ledger import UNKNOWN, Ledger, ball_of, publish_ball
from certify.prover.widening import norm_floor, spectral_floor
from certify.rigor.ball import hull_ball
from certify.verdict import Enclosure

__all__ = ["LayerFacts", "measure_layer"]


@dataclass(slots=True)
class LayerFacts:
    """Published facts about one layer, and what its edges need to compute theirs.

    ``sigma`` are the published enclosures of all d = min(shape) singular values and ``sigma_floor`` what they were
    widened by at least; ``frobenius`` is that of the norm and ``norm`` the tighter ball that was computed; ``rank``
    bounds the exact rank; ``alpha`` and ``residual`` are by chart, :data:`~certify.certificate.publication.UNKNOWN` with a cause where
    there is no fit.
    """

    name: str
    matrix: npt.NDArray[np.float64]
    svd: CertifiedSVD
    ledger: Ledger
    sigma: list[Enclosure]
    sigma_floor: float
    frobenius: Enclosure
    norm: flint.arb
    rank: tuple[int, int] = (0, 0)
    rank_cause: str = ""
    radial: Enclosure = UNKNOWN
    alpha: dict[str, Enclosure] = field(default_factory=dict[str, Enclosure])
    residual: dict[str, Enclosure] = field(default_factory=dict[str, Enclosure])
    causes: dict[str, str] = field(default_factory=dict[str, str])
    energy_rank: int = 1

    @property
    def d(self) -> int:
        """The number of ranks, the smaller side."""
        return min(self.matrix.shape)

    @property
    def invertible(self) -> bool:
        """Whether the layer is square and certified to have full rank."""
        return self.matrix.shape[0] == self.matrix.shape[1] == self.rank[0]


def measure_layer(name: str, matrix: npt.NDArray[np.float64], thresholds: Thresholds) -> LayerFacts:
    """All claims about the layer called ``name``; ``matrix`` is float64, finite, of shape (n_out, n_in)."""
    decomposition = svd(matrix)
    m, n = matrix.shape
    floor = spectral_floor(m, n, [float(x) for x in decomposition.upper])
    sigma = [
        publish(float(low), float(high), floor=floor if high > 0 else 0.0, nonnegative=True)
        for low, high in zip(decomposition.lower, decomposition.upper, strict=True)
    ]
    norm = frobenius(matrix)
    low, high = float(norm.lo), float(norm.hi)
    facts = LayerFacts(
        name,
        matrix,
        decomposition,
        Ledger(f"layer {name}"),
        sigma,
        floor,
        publish(low, high, floor=norm_floor(high), nonnegative=True),
        hull_ball(low, high),
    )
    _domain(facts, thresholds)
    _spectrum(facts, thresholds)
    _charts(facts, thresholds)
    _windows(facts, thresholds)
    return facts


def _domain(facts: LayerFacts, thresholds: Thresholds) -> None:
    ledger, d = facts.ledger, facts.d
    largest = float(np.max(np.abs(facts.matrix)))
    ledger.measure(
        "E7.finite", "every entry is finite; the value is the largest |w_ij|", [Enclosure(largest, largest)], 0.0
    )
    method = "enclosure"
    positive = sum(value.lower > 0 for value in facts.sigma)
    facts.rank = (positive, d)
    if positive < d:
        facts.rank_cause = "a singular value may be 0 and the exact rank was not computed"
        if thresholds.exact_rank_seconds > 0:
            method = _exact_rank(facts, thresholds)
    lower, upper = facts.rank
    ledger.compare(
        "E7.rank",
        f"the rank is full: {d}",
        [Enclosure(lower, upper)],
        Enclosure(lower - d + 1, upper - d + 1),
        strict=True,
        parameters={"full": d, "method": method},
        cause=facts.rank_cause,
    )
    ledger.compare(
        "E7.normalization", "the Frobenius norm is positive", [facts.frobenius], facts.frobenius, strict=True
    )


def _exact_rank(facts: LayerFacts, thresholds: Thresholds) -> str:
    try:
        rank = exact_rank(facts.matrix, work_limit=thresholds.exact_rank_seconds)
    except LimitError as error:
        facts.rank_cause = f"a singular value may be 0 and {error.message}"
        return "enclosure"
    facts.rank = (rank, rank)
    return "exact"


def _spectrum(facts: LayerFacts, thresholds: Thresholds) -> None:
    limit = thresholds.sigma_relative * facts.sigma[0].upper
    facts.ledger.measure("spectrum.sigma", "the singular values, decreasing", facts.sigma, limit)
    radial = top_radial(ball_of(facts.sigma[0]), ball_of(facts.frobenius), facts.d)
    facts.radial = publish_ball(radial)
    facts.ledger.measure(
        "D4.top_radial",
        "the top-radial coordinate r = log σ_1 + ½ log d − log ‖W‖_F",
        [facts.radial],
        thresholds.radial_width,
        parameters={"d": facts.d},
    )


def _charts(facts: LayerFacts, thresholds: Thresholds) -> None:
    ledger, d = facts.ledger, facts.d
    if d < 2:
        ids = [f"D6.{chart}.{part}" for chart in CHARTS for part in ("alpha", "residual")]
        ledger.skip(ids, "with one rank the chart is constant and every exponent fits")
        return
    sigma, radial = [ball_of(value) for value in facts.sigma], ball_of(facts.radial)
    for chart in CHARTS:
        fit = fit_chart(chart, sigma, radial)
        alpha = publish_ball(fit.alpha)
        rest = UNKNOWN if not alpha.finite else publish_ball(residual(radial, d, ball_of(alpha)))
        facts.alpha[chart], facts.residual[chart], facts.causes[chart] = alpha, rest, fit.cause
        parameters: dict[str, int | float | str] = {"chart": chart, "d": d}
        ledger.measure(
            f"D6.{chart}.alpha",
            f"the exponent α of the {_CHART_NAMES[chart]}",
            [alpha],
            thresholds.alpha_width,
            parameters=parameters,
            cause=fit.cause,
        )
        ledger.measure(
            f"D6.{chart}.residual",
            f"the residual ρ = r − φ_d(α) of the {_CHART_NAMES[chart]}",
            [rest],
            thresholds.residual_width,
            parameters=parameters,
            cause=fit.cause,
            note="0 by the definition of this chart" if chart == "top_radial" else "",
        )


_CHART_NAMES = {
    "top_radial": "top-radial chart",
    "log_log": "log-log least-squares fit",
    "kl": "KL projection",
    "hellinger": "Hellinger projection",
}


def _windows(facts: LayerFacts, thresholds: Thresholds) -> None:
    ledger, d = facts.ledger, facts.d
    sigma = [ball_of(value) for value in facts.sigma]
    p = energies(sigma)
    for place, level in enumerate(thresholds.levels()):
        lower, upper = effective_rank(p, Fraction(100 - level, 100)) if _finite(p) else (1, d)
        if place == 0:
            facts.energy_rank = upper
        ledger.measure(
            f"D10.effective_rank.{level}",
            f"the smallest window that holds {level} % of the energy",
            [Enclosure(lower, upper)],
            0.0,
            parameters={"percent": level},
        )
    between = gaps(sigma)
    for k in thresholds.window_sizes(d, [facts.energy_rank]):
        gap = publish_ball(between[k - 1])
        ledger.compare(
            f"spectrum.gap[{k}]",
            f"σ_{k} > σ_{k + 1}, so that the window of {k} ranks is well defined",
            [gap],
            gap,
            strict=True,
            parameters={"window": k},
        )


def _finite(balls: list[flint.arb]) -> bool:
    return all(ball.is_finite() for ball in balls)
