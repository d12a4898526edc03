"""What a truncation leaves of an incidence structure: the lines of the block form, and a comparison (THEORY E1, E7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from certify.certificate.publication import publish
from certify.claims import causes
from certify.claims import incidence as claims
from certify.claims.thresholds import Thresholds
from certify.prover.ledger import UNKNOWN, Ledger
from certify.prover.profiles import Mask, Profiles
from certify.prover.structure import Structure, kept
from certify.prover.truncations import Window
from certify.prover.widening import REORDERED
from certify.rigor.interval import Interval
from certify.verdict import Enclosure

__all__ = ["agreements", "measure_levels"]

_TOGETHER = 2**16
"""Cells, or pairs, of all levels that are worked on at a time."""


def measure_levels(
    ledger: Ledger,
    windows: Sequence[Window],
    rows: np.ndarray,
    structure: Structure,
    bounds: Sequence[Enclosure],
    options: Thresholds,
) -> list[tuple[Enclosure, Enclosure]]:
    """The claims at all levels; at each whether the block form holds and whether the structures agree.

    bounds : those of the norms of the errors, by level.
    """
    known = [
        (window.error[rows], window.activities[rows])
        for window in windows
        if window.error is not None and window.activities is not None
    ]
    margins = _margins(structure, known)
    return [
        _measure_level(ledger, window, rows, structure, bound, options, margins)
        for window, bound in zip(windows, bounds, strict=True)
    ]


def _margins(
    structure: Structure, moved: Sequence[tuple[Interval, Interval]]
) -> Iterator[tuple[Mapping[str, _Summary], Enclosure]]:
    """By line, and whether structures agree, for errors and activities of one shape after the other.

    Several are taken at a time where they are small.
    """
    lines: dict[str, Callable[[Interval], Interval]] = {"cells": structure.cells}
    if structure.levels.edge is not None:
        lines["pairs"] = structure.pairs
    if structure.levels.noise is not None:
        lines["noise"] = structure.noise
    if structure.edges[0].size:
        lines["labels"] = structure.label_margins
    together = max(1, _TOGETHER // max(structure.profiles.x.size, structure.profiles.pairs[0].size, 1))
    for first in range(0, len(moved), together):
        part = moved[first : first + together]
        errors, activities = (_stacked([pair[side] for pair in part]) for side in (0, 1))
        found = {name: line(errors) for name, line in lines.items()}
        summaries = {name: _summaries(margin, name == "cells") for name, margin in found.items()}
        for place, verdict in enumerate(agreements(structure, activities)):
            yield {name: summary[place] for name, summary in summaries.items()}, verdict


class _Summary(NamedTuple):
    """Of the margins of a line at a level: how many are kept, for cells how many columns are, and the least."""

    kept: Enclosure
    columns: Enclosure
    least: Enclosure


def _summaries(margins: Interval, cells: bool) -> list[_Summary]:
    """By level, the first axis."""
    levels = margins.shape[0]
    yes, no = (mask.reshape(levels, -1) for mask in kept(margins))
    low, high = (np.min(end.reshape(levels, -1), axis=1) for end in (margins.lo, margins.hi))
    counts = columns = _counts(yes, no)
    if cells:
        columns = _counts(*(reduce(mask, axis=1) for reduce, mask in zip((np.all, np.any), kept(margins), strict=True)))
    return list(map(_Summary, counts, columns, map(_published, low.tolist(), high.tolist())))


def _published(low: float, high: float) -> Enclosure:
    return publish(low, high, floor=REORDERED * max(abs(low), abs(high)) if low < high else 0.0)


def _counts(yes: np.ndarray, no: np.ndarray) -> list[Enclosure]:
    kept_, lost = np.sum(yes, axis=1), np.sum(no, axis=1)
    return [Enclosure(float(a), float(no.shape[1] - b)) for a, b in zip(kept_.tolist(), lost.tolist(), strict=True)]


def _stacked(parts: Sequence[Interval]) -> Interval:
    return Interval(np.stack([x.lo for x in parts]), np.stack([x.hi for x in parts]))


def _measure_level(
    ledger: Ledger,
    window: Window,
    rows: np.ndarray,
    structure: Structure,
    bound: Enclosure,
    options: Thresholds,
    margins: Iterator[tuple[Mapping[str, _Summary], Enclosure]],
) -> tuple[Enclosure, Enclosure]:
    ranks = window.ranks
    profiles, level = structure.profiles, window.level
    number, edges = profiles.pairs[0].size, structure.edges[0].size
    paired = structure.levels.edge is not None
    lines = ["cells", *(["pairs"] if paired else []), *([] if structure.levels.noise is None else ["noise"])]
    lines += ["labels"] if edges else []
    open_ = Enclosure(0.0, 1.0)
    norm, cause = window.norm, ""
    shape = profiles.active.shape
    if window.error is None or window.activities is None:
        cause = causes.no_window(level)
        counts, kept_pairs, published = [UNKNOWN] * 2, [UNKNOWN] * 2, [UNKNOWN] * len(lines)
        verdict = open_, open_
    else:
        found, agree = next(margins)
        counts = [found["cells"].kept, found["cells"].columns]
        kept_pairs = [found[line].kept if line in found else Enclosure(0.0, 0.0) for line in ("pairs", "labels")]
        published = [found[line].least for line in lines]
        verdict = _conjunction(published), agree
    ledger.measure(claims.truncation(level, ranks, options.incidence_relative), [norm, bound], cause)
    share = options.undecided_share
    ledger.measure(claims.columns(level, ranks, shape[0] * shape[1], shape[1], share), counts, cause)
    if paired:
        ledger.measure(claims.pairs(level, ranks, number, edges), kept_pairs, cause)
    asserted = claims.margins(level, ranks, ",".join(lines), len(lines), options.incidence_relative)
    ledger.measure(asserted, published, cause)
    ledger.measure(claims.conclusion(level, ranks), list(verdict), cause)
    return verdict


def agreements(structure: Structure, activities: Interval) -> list[Enclosure]:
    """Whether the transports with these activities, (levels, g, n), have the same structure: 1, 0, or open."""
    own, levels = structure.profiles, structure.levels
    theta = levels.theta[:, None]
    active, idle = activities.lo >= theta, activities.hi < theta
    other = np.any((active & ~own.active) | (idle & own.active), axis=(1, 2))
    decided = np.all(active | idle, axis=(1, 2))
    rest = np.flatnonzero(decided & ~other)
    if rest.size:
        same, known = _lines_agree(structure, Profiles(activities[rest], own.supports))
        other[rest], decided[rest] = ~same, known
    return [
        Enclosure(0.0, 0.0) if no else Enclosure(1.0, 1.0) if yes else Enclosure(0.0, 1.0)
        for no, yes in zip(other.tolist(), decided.tolist(), strict=True)
    ]


def _lines_agree(structure: Structure, found: Profiles) -> tuple[Mask, Mask]:
    """Whether no pair, label or noise certainly differs, and whether all are known, where the supports are the same."""
    own, levels = structure.profiles, structure.levels
    count = found.x.shape[0]
    same, known = np.ones(count, dtype=bool), np.ones(count, dtype=bool)
    if levels.edge is not None:
        weights = found.weights(own.pairs)
        edge = np.zeros((own.active.shape[0],) * 2, dtype=bool)
        edge[structure.edges] = True
        edge = edge[own.pairs]
        joined, apart = weights.lo >= levels.edge, weights.hi < levels.edge
        same &= ~np.any((joined & ~edge) | (apart & edge), axis=1)
        known &= np.all(joined | apart, axis=1)
    if levels.edge is not None and structure.labels:
        letters, mine = found.labels(structure.edges, levels), np.array(list(structure.labels))
        both = (letters != "?") & (mine != "?")
        same &= ~np.any(both & (letters != mine), axis=1)
        known &= np.all(both, axis=1)
    if levels.noise is not None:
        (below, above), (low, high) = ((x.hi <= levels.noise, x.lo > levels.noise) for x in (own.noise, found.noise))
        same &= ~((below & high) | (above & low))
        known &= (below & low) | (above & high)
    return same, known


def _conjunction(margins: Sequence[Enclosure]) -> Enclosure:
    if all(margin.lower > 0 for margin in margins):
        return Enclosure(1.0, 1.0)
    return Enclosure(0.0, 0.0 if any(margin.upper <= 0 for margin in margins) else 1.0)
