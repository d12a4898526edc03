r"""What of an incidence structure survives in all products of matrices within half a unit of W and W' (THEORY-2 §2).

For |δW| ≤ D and |δW'| ≤ D' entry by entry, δX = W'δW + δW'W + δW'δW has |δX| ≤ |W'|D + D'|W| + D'D =: M, so that the
activity of a cell (G, j) moves by at most ‖M_{G,j}‖. It moves by at most ‖W'_G‖₂‖De_j‖ + ‖(D'|W| + D'D)_{G,j}‖ too,
since ‖W'_GδWe_j‖ ≤ ‖W'_G‖₂‖De_j‖: less where signs of W' cancel. Nothing is gained from spectral norms of D', for as
D' ≥ 0, ‖D'_G|W|e_j‖ ≤ ‖D'_G‖₂‖We_j‖. Sums of non-negative products err by γ_n relatively.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from certify.claims import causes
from certify.claims import storage as claims
from certify.claims.storage_formats import NO_STORAGE, STORED_SCALE
from certify.claims.thresholds import Thresholds
from certify.linalg.cell_norms import Grouping, cell_norms
from certify.linalg.kernels import times
from certify.linalg.svd import svd
from certify.prover.layer import LayerFacts
from certify.prover.ledger import Ledger
from certify.prover.profiles import Mask
from certify.prover.storage import half_units
from certify.prover.structure import Structure, kept
from certify.prover.widening import cell_floor
from certify.rigor.interval import Interval
from certify.rigor.rounding import FloatArray, U, add_up, gamma, mul_up
from certify.verdict import Enclosure

__all__ = ["measure_storage_structure", "moved_cells"]

_TINY = 2.0**-860


def measure_storage_structure(
    ledger: Ledger,
    layers: tuple[LayerFacts, LayerFacts],
    exponents: tuple[int, int],
    grouping: Grouping,
    rows: np.ndarray,
    structure: Structure,
    thresholds: Thresholds,
) -> None:
    """The claim about an interface; none where no format is asked for.

    Parameters
    ----------
    layers, exponents : W and W', and the powers of two above their norms.
    rows : the groups of the structure.
    """
    format = thresholds.storage
    if format == NO_STORAGE:
        return
    scaled: list[tuple[FloatArray, FloatArray]] = []
    units: list[FloatArray] = []
    for facts, exponent in zip(layers, exponents, strict=True):
        halves = units_of(facts, format, exponent)
        if halves is None:
            ledger.skip([claims.STRUCTURE], causes.format_overflows(format))
            return
        if halves.max() > 1:
            ledger.skip([claims.STRUCTURE], causes.format_swamps(format))
            return
        units.append(np.ldexp(facts.matrix, -exponent))
        scaled.append((np.abs(units[-1]), halves))
    upper = grouping.arranged(scaled[1][0]), grouping.arranged(scaled[1][1])
    moved = moved_cells(scaled[0], upper, grouping, _group_norms(grouping.arranged(units[1]), grouping))
    stored = any(facts.half_units is not None for facts in layers)
    _count(ledger, structure, moved[rows], STORED_SCALE if stored else format, thresholds.undecided_share)


def units_of(facts: LayerFacts, format: str, exponent: int) -> FloatArray | None:
    """Half units over 2^exponent, at most 2^-1000 too low where that is below the smallest floats; None as there."""
    if format == "int8" and facts.half_units is None:
        return half_units(np.ldexp(facts.matrix, -exponent), format)
    found = half_units(facts.matrix, format) if facts.half_units is None else facts.half_units
    return None if found is None else np.ldexp(found, -exponent)


def moved_cells(
    lower: tuple[FloatArray, FloatArray], upper: tuple[FloatArray, FloatArray], grouping: Grouping, heads: Interval
) -> Interval:
    """How far a cell moves: the smaller of two bounds from |W| with D and |W'| with D', rows arranged.

    All entries are at most 1; ``heads`` are the ‖W'_G‖₂. Beside each product there are three roundings and that of
    int8's D; what was flushed is below the smallest term that is added. Widened as activities are, for whoever encloses
    it a second time.
    """
    (w, d), (v, e) = lower, upper
    first, over = times(v, d)
    second, _ = times(e, w + d)
    part = over + gamma(16) + 2.0**-50 + cell_floor(w.shape[0], grouping.largest)
    entrywise, rest = cell_norms(first + second, grouping, 0.0), cell_norms(second, grouping, 0.0)
    columns = cell_norms(d, Grouping.of([range(d.shape[0])]), 0.0)
    tall = add_up(mul_up(heads.hi[:, None], columns.hi), rest.hi)
    short = (heads.lo[:, None] * columns.lo + rest.lo) * (1.0 - 4 * U)
    high = add_up(mul_up(np.minimum(entrywise.hi, tall), 1.0 + part + 4 * U), _TINY)
    low = np.minimum(entrywise.lo, short) * (1.0 - part - 4 * U) * (1.0 - 4 * U) - _TINY
    return Interval(np.maximum(low, 0.0), high)


def _group_norms(reader: FloatArray, grouping: Grouping) -> Interval:
    """‖W'_G‖₂ of each group of arranged rows, of the reader before what scaling may have flushed."""
    parts = np.split(reader, grouping.starts[1:])
    ends = np.array([(found.lower[0], found.upper[0]) for found in map(svd, parts)])
    return Interval(np.maximum(ends[:, 0] * (1.0 - 4 * U) - _TINY, 0.0), add_up(ends[:, 1], _TINY))


def _count(ledger: Ledger, structure: Structure, moved: Interval, format: str, share: float) -> None:
    yes, no = kept(structure.cells(moved))
    columns = np.all(yes, axis=0), np.any(no, axis=0)
    found = [(yes, no), columns]
    own, pairs = structure.profiles, None
    if structure.levels.edge is not None:
        pairs = own.pairs[0].size, structure.edges[0].size
        same = _shared(own.active, yes)[own.pairs], ~_shared(own.active, ~no)[own.pairs]
        margins = kept(structure.pairs(moved))
        found.append((margins[0] & same[0], margins[1] | same[1]))
        edge = np.isin(_code(own.pairs, own.active.shape[0]), _code(structure.edges, own.active.shape[0]))
        joined = found[2][0][edge], found[2][1][edge]
        labels = kept(structure.label_margins(moved)) if pairs[1] else joined
        found.append((labels[0] & joined[0], labels[1] | joined[1]))
    bits = np.packbits(columns[0]).tobytes().hex()
    asserted = claims.structure(format, (yes.size, yes.shape[1]), pairs, bits, share)
    ledger.measure(asserted, [Enclosure(float(np.sum(a)), float(b.size - np.sum(b))) for a, b in found])


def _shared(active: Mask, kept_cells: Mask) -> Mask:
    """Between which groups the shared columns stay: in each both cells stay active, in others one stays idle."""
    stay, idle = ((mask & kept_cells).astype(np.float64) for mask in (active, ~active))
    alone = idle.sum(axis=1)
    number = stay @ stay.T + alone[:, None] + alone[None, :] - idle @ idle.T
    return number == active.shape[1]


def _code(pairs: Sequence[np.ndarray], groups: int) -> np.ndarray:
    return pairs[0] * groups + pairs[1]
