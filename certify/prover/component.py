"""What is asked of a whole chain of layers, one above the other (THEORY A4, A5)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import flint

from certify.claims import causes
from certify.claims import component as claims
from certify.claims.small_values import plain_error
from certify.claims.thresholds import Thresholds
from certify.geometry.orbits.chain_ranks import barcode_bounds, polystable_ranks
from certify.geometry.orbits.kempf_ness import kempf_ness_gap
from certify.linalg.chain_product import ProductSpectrum, product_spectrum
from certify.linalg.cores import JoinedLine
from certify.prover.domain import Standing, measure_chain_domains
from certify.prover.layer import LayerFacts
from certify.prover.ledger import UNKNOWN, Ledger, publish_ball
from certify.prover.product_ranks import Budget, Factor, bound_table, bound_whole
from certify.prover.small_values import published_product
from certify.rigor.ball import hull_ball
from certify.rigor.ball import upper as upper_end
from certify.verdict import Enclosure, Verdict

__all__ = ["LayerSummary", "measure_component", "measure_product"]

_TRUTH = {Verdict.CERTIFIED: (1.0, 1.0), Verdict.REFUTED: (0.0, 0.0), Verdict.UNDECIDED: (0.0, 1.0)}


@dataclass(frozen=True, slots=True)
class LayerSummary:
    """What the claims about a whole chain need of a layer once its matrix is gone."""

    shape: tuple[int, int]
    rank: tuple[int, int]
    sigma: tuple[Enclosure, ...]
    frobenius: Enclosure

    @classmethod
    def of(cls, facts: LayerFacts) -> LayerSummary:
        """Keep the published facts."""
        rows, columns = facts.matrix.shape
        return cls((rows, columns), facts.rank, tuple(facts.sigma), facts.frobenius)


def measure_product(
    layers: Sequence[LayerSummary], factors: Sequence[Factor], line: JoinedLine | None, thresholds: Thresholds
) -> ProductSpectrum | None:
    """The singular values of W_L ⋯ W_1; None for a single layer, whose own are published, and after an overflow.

    Those of ``line``, the product from the cores, unless its error costs a verdict; then those of the product of the
    matrices where they are narrower.
    """
    if len(layers) == 1:
        return None
    found = None if line is None else line.spectrum()
    if found is not None and _suffices(layers, found, thresholds):
        return found
    formed = product_spectrum(factors, [layer.shape for layer in layers], [layer.sigma[0].upper for layer in layers])
    if found is None or formed is None:
        return formed or found
    return min(found, formed, key=_width)


def _suffices(layers: Sequence[LayerSummary], found: ProductSpectrum, thresholds: Thresholds) -> bool:
    """Whether the same singular values without any error would give the same verdicts."""
    rank = min(layer.rank[1] for layer in layers)
    verdicts = _verdicts(layers, found, rank, thresholds)
    if all(verdict is Verdict.CERTIFIED for verdict in verdicts):
        return True
    between = found.lower / 2 + found.upper / 2
    return verdicts == _verdicts(layers, ProductSpectrum(between, between, found.exponent, 0.0), rank, thresholds)


def _verdicts(
    layers: Sequence[LayerSummary], spectrum: ProductSpectrum, rank: int, thresholds: Thresholds
) -> list[Verdict]:
    ledger = Ledger("")
    _kempf_ness(ledger, layers, spectrum, rank, thresholds)
    return [claim.verdict for claim in ledger.claims]


def _width(x: ProductSpectrum) -> flint.arb:
    return flint.arb(float((x.upper - x.lower).max())) * flint.arb(2) ** x.exponent


def measure_component(
    subject: str,
    layers: Sequence[LayerSummary],
    factors: Sequence[Factor],
    pairs: Sequence[tuple[int, int]],
    spectrum: ProductSpectrum | None,
    domains: Sequence[Standing],
    thresholds: Thresholds,
) -> Ledger:
    """All claims about the layers W_1, ..., W_L, of which each reads what the one before writes.

    Parameters
    ----------
    factors : functions that read the matrices; called only where a rank needs them.
    pairs : published bounds of rank(W_{l+1} W_l), L − 1 of them.
    spectrum : of :func:`measure_product`.
    domains : where the interfaces stand.
    """
    ledger = Ledger(subject)
    length = len(layers)
    known = {(v, v): (n, n) for v, n in enumerate(_dimensions(layers))}
    known |= {(l, l + 1): layer.rank for l, layer in enumerate(layers)}
    known |= {(l, l + 2): bounds for l, bounds in enumerate(pairs)}
    asked = length <= thresholds.barcode_layers
    budget = Budget(thresholds.exact_product_seconds)
    if asked:
        bound_table(known, factors, budget)
    elif length > 2:
        bound_whole(known, factors, budget)
    _polystable(ledger, known)
    _kempf_ness(ledger, layers, spectrum, known[0, length][1], thresholds, factors)
    if asked:
        _barcode(ledger, layers, known, thresholds)
    else:
        ledger.skip(claims.BARCODE_IDS, causes.too_many_layers(length, thresholds.barcode_layers))
    measure_chain_domains(ledger, domains, incidence=bool(thresholds.incidence_percents()))
    return ledger


def _dimensions(layers: Sequence[LayerSummary]) -> list[int]:
    return [layers[0].shape[1], *(layer.shape[0] for layer in layers)]


def _polystable(ledger: Ledger, known: dict[tuple[int, int], tuple[int, int]]) -> None:
    found = polystable_ranks(known)
    values = [Enclosure(*_TRUTH[found.verdict])]
    ledger.measure(claims.polystable(found.verdict, found.layers, found.product), values, causes.POLYSTABLE_OPEN)


def _kempf_ness(
    ledger: Ledger,
    layers: Sequence[LayerSummary],
    spectrum: ProductSpectrum | None,
    rank: int,
    thresholds: Thresholds,
    factors: Sequence[Factor] = (),
) -> None:
    """Where the gap stays open, and factors are given, small singular values are computed relative to themselves."""
    length = len(layers)
    size = min(layers[0].shape[1], layers[-1].shape[0])
    sigma = list(layers[0].sigma) if length == 1 else _published(spectrum, layers[-1].shape[0], layers[0].shape[1])
    sigma = [*(sigma or [UNKNOWN] * size)[:rank], *[Enclosure(0.0, 0.0)] * (size - rank)]
    norms = [layer.frobenius for layer in layers]
    absolute, relative = _gap(tuple(norms), tuple(sigma), flint.ctx.prec)
    if length > 1 and factors and rank > 0 and not relative.upper - relative.lower <= thresholds.kempf_ness_relative:
        tops = [layer.sigma[0].upper for layer in layers]
        sigma[:rank] = published_product(sigma[:rank], factors, _dimensions(layers), tops)
        absolute, relative = _gap(tuple(norms), tuple(sigma), flint.ctx.prec)
    scale = math.prod(layer.sigma[0].upper for layer in layers)
    ledger.measure(claims.product_sigma(size, thresholds.product_relative, scale), sigma)
    mass = sum(norm.upper * norm.upper for norm in norms)
    ledger.measure(claims.kempf_ness_gap(length, thresholds.kempf_ness_relative, mass), [absolute])
    ledger.measure(claims.relative_kempf_ness_gap(length, thresholds.kempf_ness_relative), [relative])


def _published(spectrum: ProductSpectrum | None, m: int, n: int) -> list[Enclosure] | None:
    if spectrum is None:
        return None
    # A second computation bounds the norms of partial products more coarsely.
    least = plain_error((m, n), [float(x) for x in spectrum.upper]) + 4 * spectrum.error
    unit = flint.arb(2) ** spectrum.exponent
    floor = upper_end(flint.arb(least) * unit)
    return [
        publish_ball(hull_ball(float(low), float(high)) * unit, floor=floor, nonnegative=True)
        for low, high in zip(spectrum.lower, spectrum.upper, strict=True)
    ]


def _barcode(
    ledger: Ledger,
    layers: Sequence[LayerSummary],
    known: dict[tuple[int, int], tuple[int, int]],
    thresholds: Thresholds,
) -> None:
    dimensions = _dimensions(layers)
    ranks = [bounds for (u, v), bounds in sorted(known.items()) if u < v]
    cause = causes.ranks_bounded(ranks, thresholds.exact_product_seconds)
    ledger.measure(claims.ranks(dimensions), [Enclosure(*bounds) for bounds in ranks], cause)
    bars = [Enclosure(*bounds) for _, bounds in sorted(barcode_bounds(known).items())]
    ledger.measure(claims.barcode(dimensions), bars, cause)


@lru_cache(maxsize=4)
def _gap(norms: tuple[Enclosure, ...], sigma: tuple[Enclosure, ...], _precision: int) -> tuple[Enclosure, Enclosure]:
    """The gap and the relative gap; both increase with the norms and decrease with the singular values.

    Asked once to see whether the product is known well enough, and once for its claims.
    """
    if not all(value.finite for value in (*norms, *sigma)):
        return UNKNOWN, UNKNOWN
    least, most = ([flint.arb(value.lower) ** 2 for value in norms], [flint.arb(value.upper) ** 2 for value in norms])
    low = kempf_ness_gap(least, [flint.arb(value.upper) for value in sigma])
    high = kempf_ness_gap(most, [flint.arb(value.lower) for value in sigma])
    ends = (low, high), (low / sum(least, flint.arb(0)), high / sum(most, flint.arb(0)))
    absolute, relative = (a.union(b) for a, b in ends)
    # The gap is between 0 and the sum of squares.
    return publish_ball(absolute, nonnegative=True), publish_ball(relative, nonnegative=True, most=1.0)
