"""What a truncation leaves of an incidence structure: the lines of the block form, and a comparison (THEORY E1, E7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from certify.certificate.publication import publish
from certify.claims import causes
from certify.claims import incidence as claims
from certify.claims.thresholds import Thresholds
from certify.prover.ledger import UNKNOWN, Ledger
from certify.prover.structure import Profiles, Structure, kept
from certify.prover.truncations import Window
from certify.prover.widening import REORDERED
from certify.rigor.interval import Interval
from certify.verdict import Enclosure

__all__ = ["agreement", "measure_levels"]

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
    known = [window.error[rows] for window in windows if window.error is not None and window.activities is not None]
    margins = _margins(structure, known)
    return [
        _measure_level(ledger, window, rows, structure, bound, options, margins)
        for window, bound in zip(windows, bounds, strict=True)
    ]


def _margins(structure: Structure, errors: Sequence[Interval]) -> Iterator[Mapping[str, Interval]]:
    """By line, for errors of one shape after the other; several at a time where they are small."""
    lines: dict[str, Callable[[Interval], Interval]] = {"cells": structure.cells}
    if structure.levels.edge is not None:
        lines["pairs"] = structure.pairs
    if structure.levels.noise is not None:
        lines["noise"] = structure.noise
    if structure.edges[0].size:
        lines["labels"] = structure.label_margins
    together = max(1, _TOGETHER // max(structure.profiles.x.size, structure.profiles.pairs[0].size, 1))
    for first in range(0, len(errors), together):
        part = errors[first : first + together]
        stacked = Interval(np.stack([error.lo for error in part]), np.stack([error.hi for error in part]))
        found = {name: line(stacked) for name, line in lines.items()}
        for place in range(len(part)):
            yield {name: margin[place] for name, margin in found.items()}


def _measure_level(
    ledger: Ledger,
    window: Window,
    rows: np.ndarray,
    structure: Structure,
    bound: Enclosure,
    options: Thresholds,
    margins: Iterator[Mapping[str, Interval]],
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
        found = next(margins)
        counts = [_count(*kept(found["cells"])), _count(*_columns(found["cells"]))]
        kept_pairs = [
            _count(*kept(found[line])) if line in found else Enclosure(0.0, 0.0) for line in ("pairs", "labels")
        ]
        least = [_least(found[line]) for line in lines]
        published = [_published(m) for m in least]
        verdict = _conjunction(published), agreement(structure, window.activities[rows])
    ledger.measure(claims.truncation(level, ranks, options.incidence_relative), [norm, bound], cause)
    share = options.undecided_share
    ledger.measure(claims.columns(level, ranks, shape[0] * shape[1], shape[1], share), counts, cause)
    if paired:
        ledger.measure(claims.pairs(level, ranks, number, edges), kept_pairs, cause)
    asserted = claims.margins(level, ranks, ",".join(lines), len(lines), options.incidence_relative)
    ledger.measure(asserted, published, cause)
    ledger.measure(claims.conclusion(level, ranks), list(verdict), cause)
    return verdict


def agreement(structure: Structure, activities: Interval) -> Enclosure:
    """Whether the transport with these activities has the same structure: 1, 0, or open."""
    own, levels = structure.profiles, structure.levels
    theta = levels.theta[:, None]
    active, idle = activities.lo >= theta, activities.hi < theta
    if np.any(active & ~own.active) or np.any(idle & own.active):
        return Enclosure(0.0, 0.0)
    if not np.all(active | idle):
        return Enclosure(0.0, 1.0)
    other = Profiles(activities, own.active)
    decided = True
    if levels.edge is not None:
        weights = other.weights(own.pairs)
        edge = np.zeros(own.active.shape[0:1] * 2, dtype=bool)
        edge[structure.edges] = True
        joined, apart = weights.lo >= levels.edge, weights.hi < levels.edge
        if np.any(joined & ~edge[own.pairs]) or np.any(apart & edge[own.pairs]):
            return Enclosure(0.0, 0.0)
        letters = other.labels(structure.edges, levels) if structure.labels else ""
        known = [(a, b) for a, b in zip(letters, structure.labels, strict=True) if "?" not in (a, b)]
        if any(a != b for a, b in known):
            return Enclosure(0.0, 0.0)
        decided = bool(np.all(joined | apart)) and len(known) == len(letters)
    if levels.noise is not None:
        sides = [(float(x.hi) <= levels.noise, float(x.lo) > levels.noise) for x in (own.noise, other.noise)]
        if any(sides[0][i] and sides[1][1 - i] for i in (0, 1)):
            return Enclosure(0.0, 0.0)
        decided = decided and any(sides[0][i] and sides[1][i] for i in (0, 1))
    return Enclosure(1.0, 1.0) if decided else Enclosure(0.0, 1.0)


def _columns(cells: Interval) -> tuple[np.ndarray, np.ndarray]:
    yes, no = kept(cells)
    return np.all(yes, axis=0), np.any(no, axis=0)


def _count(yes: np.ndarray, no: np.ndarray) -> Enclosure:
    return Enclosure(float(np.sum(yes)), float(no.size - np.sum(no)))


def _published(margin: Interval) -> Enclosure:
    low, high = float(margin.lo), float(margin.hi)
    return publish(low, high, floor=REORDERED * max(abs(low), abs(high)) if low < high else 0.0)


def _least(margins: Interval) -> Interval:
    return Interval(float(np.min(margins.lo)), float(np.min(margins.hi)))


def _conjunction(margins: Sequence[Enclosure]) -> Enclosure:
    if all(margin.lower > 0 for margin in margins):
        return Enclosure(1.0, 1.0)
    return Enclosure(0.0, 0.0 if any(margin.upper <= 0 for margin in margins) else 1.0)
