"""How two layers are aligned, from what is published about them (THEORY B3, C2, C5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import flint
import numpy as np

from certify.claims import alignment as claims
from certify.claims import causes
from certify.claims.thresholds import Thresholds
from certify.geometry.interface.alignment import alignment_bound
from certify.linalg.exact.integer_matrix import integer_matrix
from certify.prover.angles import NO_COSINE
from certify.prover.layer import LayerFacts
from certify.prover.ledger import UNKNOWN, Ledger, ball_of, publish_ball
from certify.verdict import Enclosure

__all__ = ["measure_alignment", "square_gap"]

_EXACT_ENTRIES = 2**12
"""Larger matrices are not compared in exact arithmetic."""


def measure_alignment(
    ledger: Ledger,
    writer: LayerFacts,
    reader: LayerFacts,
    sines: Mapping[int, Sequence[Enclosure]],
    imbalance: Enclosure,
    thresholds: Thresholds,
) -> None:
    """Angles beside their bounds, and levels, from the published sines by window and the published imbalance."""
    n = writer.matrix.shape[0]
    agree = claims.ranks_agree(writer.rank, reader.rank)
    ledger.measure(claims.ranks(), [claims.TRUTHS[agree]], causes.RANK_OPEN)
    balanced = imbalance.lower <= 0 and _same_grams(writer, reader)
    apart = False
    for k, found in sines.items():
        known = any(value != NO_COSINE for value in found)
        cause = "" if known else causes.no_gap(k, writer.sigma, reader.sigma)
        bound = _bound(writer, reader, k, n, imbalance) if known else UNKNOWN
        ledger.measure(claims.angle(k, n, thresholds.cosine_width), [_sine(found), bound], cause)
        # A positive sine is an angle; equal Grams have the same leading subspaces at every gap.
        turned = any(value.lower > 0 for value in found)
        apart = apart or turned
        same_space = False if turned else (True if balanced and known else None)
        same_lines = False if apart else (True if balanced else None)
        values = [claims.TRUTHS[same_space], claims.TRUTHS[same_lines]]
        ledger.measure(claims.levels(k), values, cause or causes.LEVEL_OPEN)


def _sine(sines: Sequence[Enclosure]) -> Enclosure:
    """‖sinΘ‖_F from single sines, end by end."""
    ends = [sum((flint.arb(x) ** 2 for x in side), flint.arb(0)).sqrt() for side in _ends(sines)]
    return publish_ball(ends[0].union(ends[1]), nonnegative=True)


def _ends(values: Sequence[Enclosure]) -> tuple[list[float], list[float]]:
    return [value.lower for value in values], [value.upper for value in values]


def _bound(writer: LayerFacts, reader: LayerFacts, k: int, n: int, imbalance: Enclosure) -> Enclosure:
    """B3's bound, or √min(k, n − k) if that is less."""
    gaps = [_gap(facts, k) for facts in (writer, reader)]
    found = alignment_bound(ball_of(imbalance), *gaps)
    return publish_ball(found.min(flint.arb(min(k, n - k)).sqrt()), nonnegative=True)


def _gap(facts: LayerFacts, k: int) -> flint.arb:
    """σ_k² − σ_{k+1}², 0 beyond the last."""
    return square_gap(facts.sigma[k - 1], facts.sigma[k] if k < facts.d else Enclosure(0.0, 0.0))


def square_gap(value: Enclosure, following: Enclosure) -> flint.arb:
    """x² − y² for x, y >= 0 in these enclosures; it increases in x and decreases in y, so that its ends are exact."""
    if not (value.finite and following.finite):
        return flint.arb.nan()
    ends = [(flint.arb(x), flint.arb(y)) for x, y in ((value.lower, following.upper), (value.upper, following.lower))]
    low, high = ((x - y) * (x + y) for x, y in ends)
    return low.union(high)


def _same_grams(writer: LayerFacts, reader: LayerFacts) -> bool:
    """Whether W'ᵀW' = WWᵀ exactly; not tried for large layers."""
    if max(writer.matrix.size, reader.matrix.size) > _EXACT_ENTRIES:
        return False
    # One power of two for both.
    both = integer_matrix(np.vstack([writer.matrix.T, reader.matrix]), rows=False, columns=False)
    table, split = both.tolist(), writer.matrix.shape[1]
    write, read = flint.fmpz_mat(table[:split]), flint.fmpz_mat(table[split:])
    return bool(write.transpose() * write == read.transpose() * read)
