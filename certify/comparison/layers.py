"""What is asked of one matrix in two models."""

from __future__ import annotations

from fractions import Fraction

import flint
import numpy as np

from certify.claims import causes
from certify.claims import comparison as claims
from certify.claims.thresholds import Thresholds
from certify.comparison.side import Side
from certify.geometry.spectrum.chart import effective_rank, energies, top_radial
from certify.geometry.spectrum.fits import CHARTS, fit_chart
from certify.linalg.subspace import Subspace, principal_sines
from certify.prover.ledger import Ledger
from certify.rigor.ball import interval
from certify.verdict import Enclosure

__all__ = ["compare_layer", "enclosure", "numerical_threshold", "windows"]

_UNCHANGED = "the weights are equal"


def enclosure(ball: flint.arb) -> Enclosure:
    """The narrowest float enclosure of a ball; unbounded for a NaN ball."""
    lower, upper = interval(ball)
    return Enclosure(lower, upper) if lower <= upper else Enclosure(-np.inf, np.inf)


def numerical_threshold(a: Side) -> float:
    """The default threshold of numerical ranks: a hundredth of σ_1(W_A), rounded to a few digits and recorded."""
    return float(f"{float(a.upper[0]) / 100:.3g}")


def windows(a: Side, b: Side, thresholds: Thresholds) -> tuple[int, ...]:
    """The windows at which two matrices of one shape are compared."""
    level = Fraction(100 - thresholds.levels()[0], 100)
    extra = [effective_rank(energies(x.sigma), level)[1] for x in (a, b) if x.upper[0] > 0]
    return thresholds.window_sizes(min(a.matrix.shape), extra)


def compare_layer(name: str, a: Side, b: Side, change: Side, thresholds: Thresholds, above: float | None) -> Ledger:
    """All claims about the matrix called ``name``.

    Parameters
    ----------
    a, b, change : W_A, W_B and W_B − W_A.
    above : the threshold of the numerical rank; None for :func:`numerical_threshold`.
    """
    ledger = Ledger(f"layer {name}")
    _sizes(ledger, a, b, change, thresholds)
    _spectra(ledger, a, b, change, thresholds)
    _ranks(ledger, a, b, change, thresholds, numerical_threshold(a) if above is None else above)
    _angles(ledger, a, b, change, thresholds)
    return ledger


def _sizes(ledger: Ledger, a: Side, b: Side, change: Side, thresholds: Thresholds) -> None:
    scale = float((a.norm + b.norm).upper())
    values = [enclosure(change.norm), enclosure(change.sigma[0])]
    ledger.measure(claims.change(thresholds.sigma_relative, scale), values)
    ledger.measure(claims.relative(thresholds.sigma_relative), [enclosure(change.norm / a.norm)])


def _spectra(ledger: Ledger, a: Side, b: Side, change: Side, thresholds: Thresholds) -> None:
    d, largest = min(a.matrix.shape), float(max(a.upper[0], b.upper[0]))
    weyl = float(change.upper[0])
    # Weyl's inequality knows a small change better than the two spectra do.
    moves = [_within(enclosure(y - x), weyl) for x, y in zip(a.sigma, b.sigma, strict=True)]
    ledger.measure(claims.sigma(d, thresholds.sigma_relative, largest), moves)
    low = max(max(move.lower, -move.upper, 0.0) for move in moves)
    high = max(max(-move.lower, move.upper) for move in moves)
    ledger.measure(claims.largest_move(thresholds.sigma_relative, largest), [Enclosure(low, high)])
    first, second = (x.norm * x.norm / (x.sigma[0] * x.sigma[0]) for x in (a, b))
    ledger.measure(claims.stable(d, thresholds.sigma_relative), [_moved(first, second, change)])
    radials = [top_radial(x.sigma[0], x.norm, d) for x in (a, b)]
    ledger.measure(claims.top_radial(d, thresholds.radial_width), [_moved(radials[0], radials[1], change)])
    for chart in CHARTS:
        asserted = claims.alpha(chart, d, thresholds.alpha_width)
        if d < 2:
            ledger.skip([asserted.id], causes.ONE_RANK)
            continue
        one, two = (fit_chart(chart, x.sigma, r) for x, r in zip((a, b), radials, strict=True))
        ledger.measure(asserted, [_moved(one.alpha, two.alpha, change)], one.cause or two.cause)


def _within(value: Enclosure, reach: float) -> Enclosure:
    """A number that is known to be at most ``reach`` in magnitude."""
    return Enclosure(min(max(value.lower, -reach), reach) + 0.0, max(min(value.upper, reach), -reach) + 0.0)


def _moved(first: flint.arb, second: flint.arb, change: Side) -> Enclosure:
    """The difference of one quantity of two matrices; 0 where the matrices are equal."""
    return Enclosure(0.0, 0.0) if _equal(change) and first.is_finite() else enclosure(second - first)


def _equal(change: Side) -> bool:
    return not change.radius and not change.matrix.any()


def _ranks(ledger: Ledger, a: Side, b: Side, change: Side, thresholds: Thresholds, above: float) -> None:
    asked = causes.exact_work(thresholds.exact_rank_seconds)
    ledger.measure(claims.rank((a.rank, b.rank)), [_between(a.rank, b.rank, change)], asked)
    one, two = ((int(np.count_nonzero(x.lower > above)), int(np.count_nonzero(x.upper > above))) for x in (a, b))
    ledger.measure(claims.numerical_rank(above, (one, two)), [_between(one, two, change)])
    ledger.measure(claims.change_rank(), [Enclosure(*map(float, change.rank))], asked)
    ids = [claims.change_energy(level).id for level in thresholds.levels()]
    if not change.upper[0] > 0:
        ledger.skip(ids, _UNCHANGED)
        return
    p = energies(change.sigma)
    for level in thresholds.levels():
        known = all(x.is_finite() for x in p)
        low, high = effective_rank(p, Fraction(100 - level, 100)) if known else (1, len(p))
        ledger.measure(claims.change_energy(level), [Enclosure(float(max(low, 1)), float(high))])


def _between(first: tuple[int, int], second: tuple[int, int], change: Side) -> Enclosure:
    if _equal(change):
        return Enclosure(0.0, 0.0)
    return Enclosure(float(second[0] - first[1]), float(second[1] - first[0]))


def _angles(ledger: Ledger, a: Side, b: Side, change: Side, thresholds: Thresholds) -> None:
    sizes = windows(a, b, thresholds)
    for which, right in (("left", False), ("right", True)):
        for k in sizes:
            first, second = (
                Subspace((x.found.v if right else x.found.u)[:, :k], x.sin_theta(k, right=right)) for x in (a, b)
            )
            found = principal_sines(first, second)
            values = [Enclosure(float(x), float(y)) for x, y in zip(found.lo, found.hi, strict=True)]
            unknown = not first.sin_theta + second.sin_theta < 1.0
            if _equal(change) and not unknown:
                values = [Enclosure(0.0, 0.0)] * k
            ledger.measure(
                claims.angles(which, k, thresholds.cosine_width), values, causes.no_gap(k) if unknown else ""
            )
