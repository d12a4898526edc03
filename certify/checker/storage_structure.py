"""What of an incidence structure survives storage, again: three products of ranges, groups one by one (THEORY-2 §2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from flint import arb

from certify.checker.arithmetic.ranges import Mask, Range, inner, lengths, outside
from certify.checker.arithmetic.rounding import Array, U
from certify.checker.arithmetic.row_structure import Pairs, Structure
from certify.checker.arithmetic.scaled_matrix import Unit
from certify.checker.arithmetic.spectral_norm import spectral_norm
from certify.checker.expected import Expected
from certify.checker.published import between_counts, bits, count
from certify.checker.row_groups import RowGroups, Rows
from certify.claims import causes
from certify.claims import storage as claims
from certify.claims.storage_formats import NO_STORAGE, STORED_SCALE
from certify.verdict import Enclosure

__all__ = ["storage_structure_claims"]

_FACTOR = 32
"""What is published is not wider than by this multiple of the roundings that it allows for."""


def storage_structure_claims(
    interface: RowGroups,
    rows: Rows,
    own: Sequence[Structure],
    pairs: Pairs,
    omega: float | None,
    edges: Pairs,
    letters: str,
) -> Iterator[Expected]:
    """The claim about an interface; ``own`` is its structure as it is known, and as wide as it may be published."""
    format, subject = interface.options.storage, interface.subject
    if format == NO_STORAGE:
        return
    scaled: list[tuple[Range, Range]] = []
    for facts, exponent in zip((interface.writer, interface.reader), interface.exponents, strict=True):
        units = _halves(facts.matrix, format, exponent)
        if facts.half_units is not None:
            own_units = np.ldexp(facts.half_units, -exponent)
            units = outside(own_units, own_units)
        reason = causes.format_overflows(format) if units is None else ""
        if units is None or float(units.lo.max()) > 1:
            interface.lookup.skip(subject, [claims.STRUCTURE], reason or causes.format_swamps(format))
            return
        size = np.abs(np.ldexp(facts.matrix, -exponent))
        scaled.append((outside(size, size), units))
    narrow = _moved(scaled[0], scaled[1], interface.groups, _group_norms(interface))
    room = _FACTOR * 16 * (interface.writer.matrix.shape[0] + max(map(len, interface.groups)) + 64) * U
    wide = Range(narrow.lo * (1 - room), narrow.hi * (1 + room) + 2.0**-490)
    moved = [x.at(rows) for x in (narrow, wide)]
    found = [_marks(side, x, pairs, omega, edges, letters) for side, x in zip(own, moved, strict=True)]
    counts = [[count(*marks) for marks in side] for side in found]
    # Which columns are listed is checked where their number is, and against what is not known to fail.
    sure = found[0][1][0]
    recorded = str(interface.lookup.parameter(subject, claims.STRUCTURE, "surviving"))
    listed = _read(recorded, sure.size)
    if listed is None or np.any(listed & ~sure) or np.any(found[1][1][0] & ~listed):
        listed = sure

    def prove(values: tuple[Enclosure, ...]) -> str:
        if values[1].lower != int(listed.sum()):
            return f"not proved: {int(listed.sum())} columns survive"
        return between_counts(counts, values)

    sizes = None if omega is None else (int(pairs[0].size), int(edges[0].size))
    cells = found[0][0][0]
    share = interface.options["undecided_share"]
    stored = any(facts.half_units is not None for facts in (interface.writer, interface.reader))
    format = STORED_SCALE if stored else format
    yield Expected(claims.structure(format, (cells.size, cells.shape[1]), sizes, bits(listed), share), prove)


def _halves(matrix: Array, format: str, exponent: int) -> Range | None:
    """Half units over 2^exponent; None where an entry is too large for the format."""
    size = np.abs(matrix)
    if format == "int8":
        most = np.ldexp(size.max(axis=1), -exponent)[:, None] / 254
        found = np.broadcast_to(most, matrix.shape)
        return outside(found, found)
    known = claims.FORMATS[format]
    if np.any(size > known.largest):
        return None
    # |w| in [2^e, 2^(e+1)): e is the number of powers of two up to |w|, less one.
    above = np.searchsorted(np.ldexp(1.0, np.arange(known.least, 129)), size, side="right")
    found = np.ldexp(1.0, np.maximum(above - 1, 0) + known.least - known.precision - exponent)
    return Range(found, found)


def _moved(
    lower: tuple[Range, Range], upper: tuple[Range, Range], groups: Sequence[Sequence[int]], heads: Range
) -> Range:
    """The smaller of the norms of the cells of |W'|D + D'|W| + D'D, and ‖W'_G‖₂‖De_j‖ beside those of D'|W| + D'D.

    The second bounds what W'δW does to a column of δW, since |δWe_j| is not above De_j.
    """
    (w, d), (v, e) = lower, upper
    turned = Range(w.lo.T, w.hi.T), Range(d.lo.T, d.hi.T)
    rest = inner(e, turned[0]).plus(inner(e, turned[1]))
    columns = _cells(d, [range(d.lo.shape[0])])
    spectral = heads.times(columns).plus(_cells(rest, groups))
    return _cells(inner(v, turned[1]).plus(rest), groups).smaller(spectral)


def _cells(whole: Range, groups: Sequence[Sequence[int]]) -> Range:
    """The norms of the cells of non-negative numbers."""
    low, high = (
        np.stack([np.sqrt(np.square(np.maximum(end[list(rows)], 0.0)).sum(axis=0)) for rows in groups]) for end in whole
    )
    return lengths(low, high, max(map(len, groups)) + 8)


def _group_norms(interface: RowGroups) -> Range:
    """‖W'_G‖₂ of each group in the interface's units, one column."""
    matrix, shift = interface.reader.matrix, arb(2) ** -interface.exponents[1]
    found = [spectral_norm(Unit.of(matrix[list(rows)])) * shift for rows in interface.groups]
    ends = [(float(norm.lower()), float(norm.upper())) for norm in found]
    low, high = (np.array(side)[:, None] for side in zip(*ends, strict=True))
    return outside(low, high)


Marks = tuple[Mask, Mask]
"""What surely holds, and what surely does not."""


def _marks(own: Structure, moved: Range, pairs: Pairs, omega: float | None, edges: Pairs, letters: str) -> list[Marks]:
    cells = _signs(own.cell_margins(moved))
    found = [cells, (np.all(cells[0], axis=0), np.any(cells[1], axis=0))]
    if omega is None:
        return found
    yes, no = _signs(own.pair_margins(moved, omega, pairs))
    same, other = (
        np.array([_same(own.active, sure, g, h) for g, h in zip(*pairs, strict=True)], dtype=bool)
        for sure in (cells[0], ~cells[1])
    )
    kept = yes & same, no | ~other
    places = {pair: place for place, pair in enumerate(zip(*(side.tolist() for side in pairs), strict=True))}
    here = [places[pair] for pair in zip(*(side.tolist() for side in edges), strict=True)]
    among = kept[0][here], kept[1][here]
    labels = _signs(own.label_margins(moved, edges, letters)) if letters else among
    return [*found, kept, (among[0] & labels[0], among[1] | labels[1])]


def _same(active: Mask, sure: Mask, g: int, h: int) -> bool:
    """Whether two groups surely share the same columns as before."""
    shared = active[g] & active[h]
    apart = (sure[g] & ~active[g]) | (sure[h] & ~active[h])
    return bool(np.all(np.where(shared, sure[g] & sure[h], apart)))


def _signs(margins: Range) -> Marks:
    return margins.lo > 0, margins.hi <= 0


def _read(text: str, columns: int) -> Mask | None:
    """A mask from its spelling; None where it is none."""
    try:
        packed = np.frombuffer(bytes.fromhex(text), dtype=np.uint8)
    except ValueError:
        return None
    found = np.unpackbits(packed).astype(bool)
    return found[:columns] if found.size == 8 * ((columns + 7) // 8) and not found[columns:].any() else None
