"""The overlap and the commutator of an interface against what chance gives (THEORY-2 §3).

Everything is computed from published enclosures, so that it follows from them.
"""

from __future__ import annotations

import flint

from certify.claims import causes
from certify.claims import nulls as claims
from certify.claims.thresholds import Thresholds
from certify.geometry.interface.haar_nulls import (
    cantelli,
    commutator_mean,
    commutator_variance,
    overlap_mean,
    overlap_variance,
    traceless_of,
)
from certify.prover.layer import LayerFacts
from certify.prover.ledger import UNKNOWN, Ledger, ball_of, publish_ball
from certify.verdict import Enclosure

__all__ = ["measure_commutator_null", "measure_overlap_null"]


def measure_overlap_null(
    ledger: Ledger, k: int, n: int, overlap: Enclosure, thresholds: Thresholds, cause: str
) -> None:
    """The published overlap of windows of k ranks in R^n beside its mean and deviation by chance, 1 ≤ k < n."""
    mean, variance = overlap_mean(n, k, k) / k, overlap_variance(n, k, k) / (k * k)
    deviation = publish_ball(variance.sqrt())
    score = publish_ball((ball_of(overlap) - mean) / variance.sqrt())
    asserted = claims.overlap_null(k, n, thresholds.overlap_width, deviation)
    ledger.measure(asserted, [publish_ball(mean), deviation, score], cause)


def measure_commutator_null(ledger: Ledger, writer: LayerFacts, reader: LayerFacts, commutator: Enclosure) -> None:
    """The published normalized commutator beside its distribution by chance; not asked where nothing is resolved."""
    n = writer.matrix.shape[0]
    if n < 2:
        ledger.skip([claims.COMMUTATOR], causes.NO_ROTATION)
        return
    values = _against_chance(n, writer, reader, ball_of(commutator))
    if claims.resolved(values):
        ledger.measure(claims.commutator_null(n, values[1]), values)
    else:
        ledger.skip([claims.COMMUTATOR], causes.NULL_UNRESOLVED)


def _against_chance(n: int, writer: LayerFacts, reader: LayerFacts, commutator: flint.arb) -> list[Enclosure]:
    """Ratio to the root mean square, standard score of the square, Cantelli's bound."""
    spectra = [[x * x for x in facts.balls] for facts in (reader, writer)]
    h, k = (traceless_of(n, spectrum) for spectrum in spectra)
    mean, variance = commutator_mean(h, k), commutator_variance(h, k)
    if not (mean > 0 and variance > 0):
        return [UNKNOWN] * 3
    # ‖H‖_F‖K‖_F times the normalized commutator.
    norms = [sum((x * x for x in spectrum), flint.arb(0)) for spectrum in spectra]
    size = commutator * (norms[0] * norms[1]).sqrt()
    score = (size * size - mean) / variance.sqrt()
    chance = cantelli(flint.arb(1), score)
    return [
        publish_ball(size / mean.sqrt(), nonnegative=True),
        publish_ball(score),
        publish_ball(chance, nonnegative=True, most=1.0),
    ]
