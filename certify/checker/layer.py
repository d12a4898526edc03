"""The claims that must be made about one layer, and how each is proved again."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from flint import arb

from certify.checker.arithmetic.effective_rank import effective_rank_fault
from certify.checker.arithmetic.exact_rank import has_rank
from certify.checker.arithmetic.exponents import kl_fault, log_log_fault, top_radial_fault
from certify.checker.arithmetic.gibbs_moments import chart as chart_value
from certify.checker.arithmetic.hellinger import hellinger_fault
from certify.checker.arithmetic.near_decomposition import NearSVD, near_svd
from certify.checker.arithmetic.relative_values import Bounds, relative_bounds
from certify.checker.arithmetic.rounding import Array, U, above, ball
from certify.checker.arithmetic.scaled_matrix import Unit
from certify.checker.energies import Energies
from certify.checker.expected import Expected, enclosed
from certify.checker.lookup import Lookup
from certify.checker.recorded_thresholds import Recorded
from certify.checker.storage import storage_claims
from certify.checker.tasks import once
from certify.claims import causes
from certify.claims import layer as claims
from certify.claims.small_values import REACH, absolute, affordable
from certify.verdict import Enclosure

__all__ = ["UNKNOWN", "LayerFacts", "layer_claims", "rank_cause"]

UNKNOWN = Enclosure(-math.inf, math.inf)
_EXACT_ENTRIES = 2**23
"""Larger matrices are not tried in exact arithmetic."""


@dataclass
class LayerFacts:
    """The weights of a layer, what the checker computes from them, and what the certificate says of them.

    ``causes`` say by chart why no exponent was certified; ``complete`` is set once all that the certificate says of the
    layer was found; ``half_units`` are those of stored 8-bit codes, where they are asked for.
    """

    name: str
    matrix: Array
    sigma: tuple[Enclosure, ...] = ()
    frobenius: Enclosure = UNKNOWN
    radial: Enclosure = UNKNOWN
    rank: tuple[float, float] = (0.0, math.inf)
    energy_rank: int = 1
    alpha: dict[str, Enclosure] = field(default_factory=dict[str, Enclosure])
    residual: dict[str, Enclosure] = field(default_factory=dict[str, Enclosure])
    causes: dict[str, str] = field(default_factory=dict[str, str])
    complete: bool = False
    half_units: Array | None = None

    @property
    def d(self) -> int:
        """The number of ranks, the smaller side."""
        return min(self.matrix.shape)

    @property
    def subject(self) -> str:
        """How claims name the layer."""
        return claims.subject(self.name)

    @property
    def absolute(self) -> list[Enclosure]:
        """The published singular values as they are known to absolute accuracy."""
        return once(self, "_absolute", lambda: absolute(self.sigma, self.matrix.shape))

    @property
    def invertible(self) -> bool:
        """Whether the certificate says that the layer is square of full rank."""
        return self.matrix.shape[0] == self.matrix.shape[1] == self.rank[0]

    @property
    def unit(self) -> Unit:
        """The scaled matrix."""
        return once(self, "_unit", lambda: Unit.of(self.matrix))

    @property
    def near(self) -> NearSVD:
        """The checker's own decomposition."""
        return once(self, "_near", lambda: near_svd(self.unit))

    @property
    def energies(self) -> tuple[Energies, Energies]:
        """Squares of the lower and of the upper ends of the published singular values."""
        return once(
            self,
            "_energies",
            lambda: (Energies([x.lower for x in self.sigma]), Energies([x.upper for x in self.sigma])),
        )

    @property
    def relative(self) -> Bounds | None:
        """The checker's own bounds of all singular values, relative ones of small ones."""
        return once(self, "_relative", lambda: relative_bounds(self.matrix, REACH))

    @property
    def balls(self) -> list[arb]:
        """The published singular values; they hold the true ones once ``spectrum.sigma`` is proved."""
        return once(self, "_balls", lambda: [ball(value.lower, value.upper) for value in self.sigma])


def layer_claims(facts: LayerFacts, lookup: Lookup, thresholds: Recorded) -> Iterator[Expected]:
    """The claims about a layer in order; fills in ``facts`` from the certificate on the way."""
    d, subject = facts.d, facts.subject
    facts.sigma = lookup.values(subject, "spectrum.sigma", d)
    facts.frobenius = lookup.values(subject, "E7.normalization", 1)[0]
    facts.radial = lookup.values(subject, "D4.top_radial", 1)[0]
    yield from _domain(facts, lookup, thresholds)
    yield Expected(
        claims.sigma(d, thresholds["sigma_relative"], facts.sigma[0].upper),
        lambda values: _sigma_fault(facts, values),
    )
    most = above(arb(d).log() / 2) if d > 1 else 0.0
    yield Expected(
        claims.top_radial(d, thresholds["radial_width"]),
        lambda values: enclosed([_radial(facts)], values, 2.0**-36, within=(0.0, most)),
    )
    yield from _charts(facts, lookup, thresholds)
    yield from _windows(facts, lookup, thresholds)
    windows = thresholds.window_sizes(d, [facts.energy_rank])
    yield from storage_claims(subject, facts.matrix, facts.half_units, facts.sigma, windows, lookup, thresholds)
    facts.complete = True


def _domain(facts: LayerFacts, lookup: Lookup, thresholds: Recorded) -> Iterator[Expected]:
    d = facts.d
    largest = float(np.abs(facts.matrix).max())
    yield Expected(
        claims.finite(),
        lambda values: "" if values[0] == Enclosure(largest, largest) else f"the largest |w_ij| is {largest.hex()}",
    )
    rank = lookup.values(facts.subject, "E7.rank", 1)[0]
    facts.rank = (rank.lower, rank.upper)
    positive = sum(value.lower > 0 for value in facts.sigma)
    method = "enclosure" if positive == d else str(lookup.parameter(facts.subject, "E7.rank", "method"))
    yield Expected(
        claims.rank(d, method),
        lambda values: _rank_fault(facts, positive, method, values[0]),
        lambda values: Enclosure(values[0].lower - d + 1, values[0].upper - d + 1),
        lambda: [rank_cause(facts.matrix.shape, thresholds["exact_rank_seconds"])],
    )
    yield Expected(
        claims.normalization(),
        lambda values: enclosed([facts.unit.norm], values, 2**14 * U * values[0].upper),
        lambda values: values[0],
    )


def rank_cause(shape: tuple[int, ...], allowed: float) -> str:
    """Why a rank may have been left open."""
    m, n = shape
    return causes.exact_memory(m, n) if allowed > 0 and m * n > _EXACT_ENTRIES else causes.exact_work(allowed)


def _rank_fault(facts: LayerFacts, positive: int, method: str, published: Enclosure) -> str:
    if method == "enclosure":
        # Each positive lower bound of a singular value, proved with spectrum.sigma, is one rank.
        return "" if published == Enclosure(positive, facts.d) else f"{positive} singular values are certainly positive"
    if method != "exact" or published.lower != published.upper:
        return "the rank is neither counted nor exact"
    proved = has_rank(facts.matrix, int(published.lower))
    return "" if proved else "not proved: the rank could not be computed again to this number"


def _sigma_fault(facts: LayerFacts, values: tuple[Enclosure, ...]) -> str:
    """From one decomposition; values that are narrower than it tells, once more relative to themselves."""
    lower, upper = (list(map(float, end)) for end in facts.near.sigma())
    ends = list(zip(lower, upper, strict=True))
    narrow = [k for k, value in enumerate(values) if value != UNKNOWN and not _holds(value, *map(arb, ends[k]))]
    own = facts.relative if narrow and affordable(facts.matrix.shape) else None
    for k in narrow:
        if own is None:
            low, high = ends[k]
            return f"not proved: σ_{k + 1} is enclosed by [{low.hex()}, {high.hex()}]"
        if not _holds(values[k], *own[k]):
            return f"not proved: σ_{k + 1} lies between {own[k][0].str(17)} and {own[k][1].str(17)}"
    return ""


def _holds(value: Enclosure, low: arb, high: arb) -> bool:
    return (value.lower <= 0 or arb(value.lower) <= low) and high <= arb(value.upper)


def _radial(facts: LayerFacts) -> arb:
    """r = log(σ₁√d/‖W‖_F), in [0, ½ log d] because σ₁² <= Σσ_k² <= dσ₁²."""
    norm = ball(facts.frobenius.lower, facts.frobenius.upper)
    return (facts.balls[0] * arb(facts.d).sqrt() / norm).log()


def _charts(facts: LayerFacts, lookup: Lookup, thresholds: Recorded) -> Iterator[Expected]:
    d, subject = facts.d, facts.subject
    if d < 2:
        lookup.skip(subject, claims.chart_ids(), causes.ONE_RANK)
        return
    proofs: dict[str, Callable[[Enclosure], str]] = {
        "top_radial": lambda alpha: top_radial_fault(d, facts.radial, alpha),
        "log_log": lambda alpha: log_log_fault(facts.balls, alpha),
        "kl": lambda alpha: kl_fault(facts.balls, alpha),
        "hellinger": lambda alpha: hellinger_fault(facts.balls, alpha),
    }
    for chart in claims.CHARTS:
        asserted = claims.alpha(chart, d, thresholds["alpha_width"])
        rest = claims.residual(chart, d, thresholds["residual_width"])
        alpha = facts.alpha[chart] = lookup.values(subject, asserted.id, 1)[0]
        facts.residual[chart] = lookup.values(subject, rest.id, 1)[0]
        recorded = lookup.cause(subject, asserted.id)
        facts.causes[chart] = recorded if recorded in causes.FIT[chart] else ""
        yield Expected(asserted, _unless_unknown(proofs[chart]), causes=lambda chart=chart: _fit_causes(chart, facts))
        yield Expected(
            rest,
            lambda values, alpha=alpha: enclosed([residual(facts.radial, d, alpha)], values, 2.0**-34),
            causes=lambda chart=chart: [facts.causes[chart]],
        )


def _fit_causes(chart: str, facts: LayerFacts) -> list[str]:
    """Why a chart may have given no certain exponent, as far as the published facts bear it out.

    In which of its steps the search for an exponent ended is known to the prover alone.
    """
    if facts.alpha[chart].finite:
        return ["", *causes.SEVERAL] if chart == "hellinger" else [""]
    wide = [not (value.finite and value.lower > value.upper / 2) for value in facts.sigma]
    borne_out = {
        causes.NO_LOGARITHM: any(wide),
        causes.RANK_ONE: wide[1],
        causes.RADIAL_LIMIT: not _far_below_limit(facts.radial, facts.d),
    }
    return ["", *(cause for cause in causes.FIT[chart] if borne_out.get(cause, True))]


def _far_below_limit(radial: Enclosure, d: int) -> bool:
    if not radial.finite:
        return False
    return bool(arb(d).log() / 2 - radial.upper > 2.0**-20 * (radial.upper - radial.lower) + 2.0**-40)


def _unless_unknown(proof: Callable[[Enclosure], str]) -> Callable[[tuple[Enclosure, ...]], str]:
    def prove(values: tuple[Enclosure, ...]) -> str:
        if values[0] == UNKNOWN:
            return ""
        return proof(values[0]) if values[0].finite else "not proved: half of the enclosure is unbounded"

    return prove


def residual(radial: Enclosure, d: int, alpha: Enclosure) -> arb:
    """r - φ_d(α) over two published enclosures; the chart increases, so its ends suffice."""
    if not (radial.finite and alpha.finite):
        return arb.nan()
    low, high = chart_value(d, alpha.lower), chart_value(d, alpha.upper)
    return (arb(radial.lower) - high).union(arb(radial.upper) - low)


def _windows(facts: LayerFacts, lookup: Lookup, thresholds: Recorded) -> Iterator[Expected]:
    d, subject = facts.d, facts.subject
    for place, level in enumerate(thresholds.levels):
        asserted = claims.effective_rank(level)
        known = lookup.values(subject, asserted.id, 1)[0]
        if place == 0:
            facts.energy_rank = int(min(max(known.upper, 1.0), float(d)))
        yield Expected(
            asserted,
            lambda values, level=level: effective_rank_fault(facts.balls, level, values[0]),
            causes=lambda level=level, known=known: [causes.effective_rank_open(level, known.lower, known.upper)],
        )
    for k in thresholds.window_sizes(d, [facts.energy_rank]):
        gap = facts.balls[k - 1] - facts.balls[k]
        yield Expected(
            claims.gap(k),
            lambda values, gap=gap: enclosed([gap], values, 0.0),
            lambda values: values[0],
        )
