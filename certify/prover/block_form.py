"""What a truncation leaves of an incidence structure: the lines of the block form, and a comparison (THEORY E1, E7)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from certify.certificate.publication import publish
from certify.claims import causes
from certify.claims import incidence as claims
from certify.claims.thresholds import Thresholds
from certify.prover.ledger import UNKNOWN, Ledger
from certify.prover.structure import Profiles, Structure, kept
from certify.prover.truncations import Window
from certify.rigor.interval import Interval
from certify.verdict import Enclosure

__all__ = ["agreement", "measure_level"]


def measure_level(
    ledger: Ledger, window: Window, rows: np.ndarray, structure: Structure, bound: Enclosure, options: Thresholds
) -> tuple[Enclosure, Enclosure]:
    """The claims at a level; whether the block form holds and whether the structures agree."""
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
        counts, kept_pairs, margins = [UNKNOWN] * 2, [UNKNOWN] * 2, [UNKNOWN] * len(lines)
        verdict = open_, open_
    else:
        error = window.error[rows]
        cells = structure.cells(error)
        counts = [_count(*kept(cells)), _count(*_columns(cells))]
        found = [_least(cells)]
        kept_pairs = [Enclosure(0.0, 0.0)] * 2
        if paired:
            margin = structure.pairs(error)
            found.append(_least(margin))
            kept_pairs[0] = _count(*kept(margin))
        if structure.levels.noise is not None:
            found.append(structure.noise(error))
        if edges:
            margin = structure.label_margins(error)
            found.append(_least(margin))
            kept_pairs[1] = _count(*kept(margin))
        margins = [publish(float(m.lo), float(m.hi)) for m in found]
        verdict = _conjunction(margins), agreement(structure, window.activities[rows])
    ledger.measure(claims.truncation(level, ranks, options.incidence_relative), [norm, bound], cause)
    share = options.undecided_share
    ledger.measure(claims.columns(level, ranks, shape[0] * shape[1], shape[1], share), counts, cause)
    if paired:
        ledger.measure(claims.pairs(level, ranks, number, edges), kept_pairs, cause)
    asserted = claims.margins(level, ranks, ",".join(lines), len(lines), options.incidence_relative)
    ledger.measure(asserted, margins, cause)
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
        sides = [(float(x.hi) <= levels.noise, float(x.lo) > levels.noise) for x in (own.noise(), other.noise())]
        if any(sides[0][i] and sides[1][1 - i] for i in (0, 1)):
            return Enclosure(0.0, 0.0)
        decided = decided and any(sides[0][i] and sides[1][i] for i in (0, 1))
    return Enclosure(1.0, 1.0) if decided else Enclosure(0.0, 1.0)


def _columns(cells: Interval) -> tuple[np.ndarray, np.ndarray]:
    yes, no = kept(cells)
    return np.all(yes, axis=0), np.any(no, axis=0)


def _count(yes: np.ndarray, no: np.ndarray) -> Enclosure:
    return Enclosure(float(np.sum(yes)), float(no.size - np.sum(no)))


def _least(margins: Interval) -> Interval:
    return Interval(float(np.min(margins.lo)), float(np.min(margins.hi)))


def _conjunction(margins: Sequence[Enclosure]) -> Enclosure:
    if all(margin.lower > 0 for margin in margins):
        return Enclosure(1.0, 1.0)
    return Enclosure(0.0, 0.0 if any(margin.upper <= 0 for margin in margins) else 1.0)
