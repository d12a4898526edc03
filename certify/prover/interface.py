"""What is asked of two layers that meet at an interface (THEORY E7, second half)."""

from __future__ import annotations

import math

import flint

from certify.certificate.publication import publish
from certify.claims.thresholds import Thresholds
from certify.geometry.interface.alignment import interface_norms, overlap, relative_imbalance
from certify.geometry.transport.truncation import truncation_bound_frobenius, truncation_bound_spectral
from certify.linalg.principal_angles import window_cosines
from certify.prover.intersection import measure_intersection
from certify.prover.layer import LayerFacts
from certify.prover.ledger import Ledger, ball_of, publish_ball
from certify.prover.rigidity import measure_rigidity
from certify.prover.widening import angle_floor, product_floor
from certify.rigor.ball import upper as upper_end
from certify.rigor.interval import Interval
from certify.verdict import Enclosure

__all__ = ["measure_edge"]


def measure_edge(lower: LayerFacts, upper: LayerFacts, thresholds: Thresholds) -> Ledger:
    """All claims about the interface between ``lower``, which writes into it, and ``upper``, which reads from it."""
    ledger = Ledger(f"edge {lower.name} -> {upper.name}")
    windows = thresholds.window_sizes(min(lower.d, upper.d), [lower.energy_rank, upper.energy_rank])
    cosines = window_cosines(lower.svd, upper.svd, windows)
    for k in windows:
        _angles(ledger, lower, upper, k, cosines[k], thresholds)
    _balance(ledger, lower, upper, thresholds)
    measure_rigidity(ledger, lower, upper, thresholds)
    sigma, sigma_next = ([ball_of(value) for value in facts.sigma] for facts in (lower, upper))
    for k in windows:
        _truncation(ledger, lower, upper, (sigma, sigma_next), k, thresholds)
    measure_intersection(ledger, lower, upper, thresholds)
    return ledger


def _angles(
    ledger: Ledger, lower: LayerFacts, upper: LayerFacts, k: int, found: Interval, thresholds: Thresholds
) -> None:
    cause = ""
    gaps = (_gap(lower, k), _gap(upper, k))
    floors = (lower.sigma_floor, upper.sigma_floor)
    floor = angle_floor(lower.matrix.shape[0], floors, gaps)
    if floor < 1.0:
        cosines = [_cosine(float(low), float(high), floor) for low, high in zip(found.lo, found.hi, strict=True)]
    else:
        cause = f"no gap between σ_{k} and σ_{k + 1} is certified in one of the layers"
        cosines = [Enclosure(0.0, 1.0)] * k
    parameters: dict[str, int | float | str] = {"window": k}
    ledger.measure(
        f"E.cosines[{k}]",
        f"the cosines of the principal angles between the {k} leading directions written and read, decreasing",
        cosines,
        thresholds.cosine_width,
        parameters=parameters,
        cause=cause,
    )
    ledger.measure(
        f"E.overlap[{k}]",
        f"the overlap of the {k} leading directions written and read, the mean squared cosine",
        [publish_ball(overlap([ball_of(value) for value in cosines]))],
        thresholds.overlap_width,
        parameters=parameters,
        cause=cause,
    )


def _gap(facts: LayerFacts, k: int) -> float:
    return facts.sigma[k - 1].lower - facts.sigma[k].upper


def _cosine(low: float, high: float, floor: float) -> Enclosure:
    wide = publish(low, high, floor=floor, nonnegative=True)
    return Enclosure(min(wide.lower, 1.0), min(wide.upper, 1.0))


def _balance(ledger: Ledger, lower: LayerFacts, upper: LayerFacts, thresholds: Thresholds) -> None:
    norms = interface_norms(lower.matrix, upper.matrix)
    factor = flint.arb(product_floor(max(*lower.matrix.shape, *upper.matrix.shape)))
    write_mass, read_mass = lower.norm * lower.norm, upper.norm * upper.norm
    scale = (norms.read * norms.read + norms.write * norms.write).sqrt()
    floor = factor * (write_mass + read_mass)
    imbalance = publish_ball(norms.imbalance, floor=upper_end(floor), nonnegative=True)
    ledger.measure(
        "B3.imbalance",
        "the imbalance ‖H − K‖_F of the read-in Gram H = W'ᵀW' and the write-out Gram K = WWᵀ",
        [imbalance],
        thresholds.imbalance_relative * _finite(_square(lower) + _square(upper)),
    )
    ledger.measure(
        "B3.imbalance.relative",
        "the imbalance relative to √(‖H‖_F² + ‖K‖_F²), between 0 (balanced) and 1 (HK = 0)",
        [
            publish_ball(
                relative_imbalance(norms.imbalance, norms.read, norms.write),
                floor=upper_end(floor / scale),
                nonnegative=True,
            )
        ],
        thresholds.imbalance_relative,
    )
    spread = factor * (1 + write_mass / norms.write + read_mass / norms.read)
    ledger.measure(
        "C4.commutator",
        "the normalized commutator ‖[H, K]‖_F / (‖H‖_F ‖K‖_F), at most 1/√2",
        [publish_ball(norms.magnitude, floor=upper_end(spread), nonnegative=True)],
        thresholds.commutator_width,
    )


def _square(facts: LayerFacts) -> float:
    return facts.frobenius.upper * facts.frobenius.upper


def _finite(limit: float) -> float:
    """A width limit that fits a certificate, whatever overflowed."""
    return limit if math.isfinite(limit) else 0.0


def _truncation(
    ledger: Ledger,
    lower: LayerFacts,
    upper: LayerFacts,
    spectra: tuple[list[flint.arb], list[flint.arb]],
    k: int,
    thresholds: Thresholds,
) -> None:
    bounds = (truncation_bound_frobenius(*spectra, k, k), truncation_bound_spectral(*spectra, k, k))
    ledger.measure(
        f"E1.truncation[{k}]",
        f"‖W'W − (W')_{k}(W)_{k}‖ is at most the first value in the Frobenius and the second in the spectral norm",
        [publish_ball(bound) for bound in bounds],
        thresholds.truncation_relative * _finite(lower.frobenius.upper * upper.frobenius.upper),
        parameters={"window": k},
    )
