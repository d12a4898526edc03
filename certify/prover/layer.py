"""What is asked of one weight matrix (THEORY E7, first half)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

import flint
import numpy as np
import numpy.typing as npt

from certify.certificate.publication import GRID_BITS, publish
from certify.claims import causes
from certify.claims import layer as claims
from certify.claims.small_values import absolute
from certify.claims.thresholds import Thresholds
from certify.errors import InputError, LimitError
from certify.geometry.spectrum.chart import effective_rank, energies, gaps, top_radial
from certify.geometry.spectrum.fits import CHARTS, fit_chart, residual
from certify.linalg import CertifiedSVD, frobenius
from certify.linalg.cores import Near, near
from certify.linalg.exact.rank import ENTRY_LIMIT, exact_rank
from certify.prover.decomposition import svd
from certify.prover.ledger import UNKNOWN, Ledger, ball_of, publish_ball
from certify.prover.small_values import published_sigma
from certify.prover.storage import measure_storage
from certify.prover.widening import norm_floor
from certify.rigor.ball import hull_ball
from certify.rigor.ball import upper as upper_end
from certify.verdict import Enclosure, Verdict

__all__ = ["LayerFacts", "exact_rank_of", "known_layer", "measure_layer"]


@dataclass(slots=True)
class LayerFacts:
    """Published facts about one layer, and what its edges need to compute theirs.

    ``sigma`` are the published enclosures of all d = min(shape) singular values; ``frobenius`` is that of the norm and
    ``norm`` the tighter ball that was computed; ``half_units`` those of stored 8-bit codes, where there are such and
    they are asked for; ``near`` is the decomposition as cores are made from, None where there
    is none; ``rank`` bounds the exact rank; ``alpha`` and ``residual`` are by chart,
    :data:`~certify.certificate.publication.UNKNOWN` where there is no fit; ``causes`` say by chart why no
    exponent was certified.
    """

    name: str
    matrix: npt.NDArray[np.float64]
    svd: CertifiedSVD
    near: Near | None
    ledger: Ledger
    sigma: list[Enclosure]
    frobenius: Enclosure
    norm: flint.arb
    rank: tuple[int, int] = (0, 0)
    radial: Enclosure = UNKNOWN
    alpha: dict[str, Enclosure] = field(default_factory=dict[str, Enclosure])
    residual: dict[str, Enclosure] = field(default_factory=dict[str, Enclosure])
    causes: dict[str, str] = field(default_factory=dict[str, str])
    energy_rank: int = 1
    half_units: npt.NDArray[np.float64] | None = None
    _balls: list[flint.arb] = field(default_factory=list[flint.arb])
    _absolute: list[Enclosure] = field(default_factory=list[Enclosure])

    @property
    def d(self) -> int:
        """The number of ranks, the smaller side."""
        return min(self.matrix.shape)

    @property
    def absolute(self) -> list[Enclosure]:
        """The singular values as they are known to absolute accuracy."""
        if not self._absolute:
            self._absolute = absolute(self.sigma, self.matrix.shape)
        return self._absolute

    @property
    def invertible(self) -> bool:
        """Whether the layer is square and certified to have full rank."""
        return self.matrix.shape[0] == self.matrix.shape[1] == self.rank[0]

    @property
    def balls(self) -> list[flint.arb]:
        """The published singular values."""
        if not self._balls:
            self._balls = [ball_of(value) for value in self.sigma]
        return self._balls


def measure_layer(
    name: str,
    matrix: npt.NDArray[np.float64],
    thresholds: Thresholds,
    half_units: npt.NDArray[np.float64] | None = None,
) -> LayerFacts:
    """All claims about the layer called ``name``; ``matrix`` is float64, finite, of shape (n_out, n_in)."""
    decomposition = svd(matrix)
    sigma = published_sigma(matrix, decomposition)
    norm = frobenius(matrix)
    low, high = float(norm.lo), float(norm.hi)
    facts = LayerFacts(
        name,
        matrix,
        decomposition,
        near(decomposition),
        Ledger(claims.subject(name)),
        sigma,
        publish(low, high, floor=norm_floor(high), nonnegative=True),
        hull_ball(low, high),
        half_units=half_units,
    )
    _domain(facts, thresholds)
    _spectrum(facts, thresholds)
    _charts(facts, thresholds)
    _windows(facts, thresholds)
    windows = thresholds.window_sizes(facts.d, [facts.energy_rank])
    measure_storage(facts.ledger, matrix, sigma, windows, thresholds, half_units)
    return facts


def known_layer(
    name: str, matrix: npt.NDArray[np.float64], ledger: Ledger, found_causes: Mapping[str, str]
) -> LayerFacts:
    """The facts of a layer whose claims were made before; only the decomposition is computed again.

    Parameters
    ----------
    found_causes : why no exponent was certified, by chart.

    Raises
    ------
    InputError : a claim that every layer has is missing, or is of another size.
    """
    values = {claim.id: claim.values for claim in ledger.claims}
    decomposition = svd(matrix)
    norm = frobenius(matrix)
    try:
        sigma = list(values[claims.SIGMA])
        rank = values[claims.RANK][0]
        facts = LayerFacts(
            name,
            matrix,
            decomposition,
            near(decomposition),
            ledger,
            sigma,
            values[claims.NORMALIZATION][0],
            hull_ball(float(norm.lo), float(norm.hi)),
            (int(rank.lower), int(rank.upper)),
            values[claims.TOP_RADIAL][0],
            causes=dict(found_causes),
        )
        if len(sigma) != facts.d:
            raise KeyError(claims.SIGMA)
        ranks = [int(found[0].upper) for id, found in values.items() if id.startswith(claims.EFFECTIVE_RANK)]
        facts.energy_rank = ranks[0] if ranks else facts.energy_rank
        if facts.d > 1:
            for chart in CHARTS:
                facts.alpha[chart], facts.residual[chart] = (
                    values[id][0] for id in (claims.chart_id(chart, "alpha"), claims.chart_id(chart, "residual"))
                )
                facts.causes.setdefault(chart, "")
    except (LookupError, ValueError, OverflowError):
        raise InputError(
            "the claims that were kept of a layer are not all that are made", place=ledger.subject, hint="start anew"
        ) from None
    return facts


def _domain(facts: LayerFacts, thresholds: Thresholds) -> None:
    ledger, d = facts.ledger, facts.d
    largest = float(np.max(np.abs(facts.matrix)))
    ledger.measure(claims.finite(), [Enclosure(largest, largest)])
    method, cause = "enclosure", ""
    positive = sum(value.lower > 0 for value in facts.sigma)
    facts.rank = (positive, d)
    if positive < d:
        cause = _exact_rank(facts, thresholds.exact_rank_seconds)
        method = "enclosure" if cause else "exact"
    lower, upper = facts.rank
    margin = Enclosure(lower - d + 1, upper - d + 1)
    ledger.compare(claims.rank(d, method), [Enclosure(lower, upper)], margin, cause)
    ledger.compare(claims.normalization(), [facts.frobenius], facts.frobenius)


def _exact_rank(facts: LayerFacts, allowed: float) -> str:
    """Replace the bounds of the rank by an exact one; the cause why not, or nothing."""
    rank, cause = exact_rank_of(facts.matrix, allowed)
    if rank is not None:
        facts.rank = (rank, rank)
    return cause


def exact_rank_of(matrix: npt.NDArray[np.float64], allowed: float) -> tuple[int | None, str]:
    """The exact rank, by ``allowed`` seconds of estimated work at most; None with the cause why not."""
    m, n = matrix.shape
    if allowed > 0 and m * n > ENTRY_LIMIT:
        return None, causes.exact_memory(m, n)
    try:
        rank = exact_rank(matrix, work_limit=allowed) if allowed > 0 else None
    except LimitError:
        rank = None
    return rank, "" if rank is not None else causes.exact_work(allowed)


def _spectrum(facts: LayerFacts, thresholds: Thresholds) -> None:
    largest = facts.sigma[0].upper
    facts.ledger.measure(claims.sigma(facts.d, thresholds.sigma_relative, largest), facts.sigma)
    radial = top_radial(ball_of(facts.sigma[0]), ball_of(facts.frobenius), facts.d)
    facts.radial = publish_ball(radial, nonnegative=True, most=_most_radial(facts.d))
    facts.ledger.measure(claims.top_radial(facts.d, thresholds.radial_width), [facts.radial])


def _most_radial(d: int) -> float:
    """½ log d rounded up to 40 binary digits: ‖W‖_F² is between σ₁² and dσ₁², so that r is in [0, ½ log d]."""
    most = upper_end(flint.arb(d).log() / 2)
    exponent = math.frexp(most)[1] - GRID_BITS
    return math.ldexp(math.ceil(math.ldexp(most, -exponent)), exponent)


def _charts(facts: LayerFacts, thresholds: Thresholds) -> None:
    ledger, d = facts.ledger, facts.d
    if d < 2:
        ledger.skip(claims.chart_ids(), causes.ONE_RANK)
        return
    sigma, radial = facts.balls, ball_of(facts.radial)
    for chart in CHARTS:
        fit = fit_chart(chart, sigma, radial)
        alpha = publish_ball(fit.alpha)
        rest = UNKNOWN if not alpha.finite else publish_ball(residual(radial, d, ball_of(alpha)))
        ledger.measure(claims.alpha(chart, d, thresholds.alpha_width), [alpha], fit.cause)
        # What explains an undecided exponent explains all that follows from it; a certified one explains nothing.
        cause = fit.cause if ledger.claims[-1].verdict is Verdict.UNDECIDED else ""
        facts.alpha[chart], facts.residual[chart], facts.causes[chart] = alpha, rest, cause
        ledger.measure(claims.residual(chart, d, thresholds.residual_width), [rest], cause)


def _windows(facts: LayerFacts, thresholds: Thresholds) -> None:
    ledger, d = facts.ledger, facts.d
    sigma = facts.balls
    p = energies(sigma)
    for place, level in enumerate(thresholds.levels()):
        lower, upper = effective_rank(p, Fraction(100 - level, 100)) if _finite(p) else (1, d)
        lower = max(lower, 1)  # an empty window leaves out all the energy
        if place == 0:
            facts.energy_rank = upper
        cause = causes.effective_rank_open(level, lower, upper)
        ledger.measure(claims.effective_rank(level), [Enclosure(lower, upper)], cause)
    between = gaps(sigma)
    for k in thresholds.window_sizes(d, [facts.energy_rank]):
        gap = publish_ball(between[k - 1])
        ledger.compare(claims.gap(k), [gap], gap)


def _finite(balls: list[flint.arb]) -> bool:
    return all(ball.is_finite() for ball in balls)
