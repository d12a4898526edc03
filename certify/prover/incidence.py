"""What is asked of the row groups of a transport: thresholds, structure, truncation and its block form (THEORY E1–E7).

Everything is computed from enclosures that were widened by :func:`certify.prover.widening.cell_floor`, so that whoever
encloses activities and errors a second time, more narrowly, finds all that follows inside what is published.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, floor, inf, isfinite, nextafter, sqrt

import flint
import numpy as np

from certify.certificate.publication import publish
from certify.chain.groups import Groups, blocks, groups_text
from certify.claims import causes
from certify.claims import incidence as claims
from certify.claims.thresholds import Thresholds
from certify.geometry.transport.truncation import truncation_bound_frobenius
from certify.linalg.cores import Core
from certify.prover.block_form import measure_levels
from certify.prover.layer import LayerFacts
from certify.prover.ledger import UNKNOWN, Ledger, publish_ball
from certify.prover.profiles import Levels, Pairs, Profiles, Supports
from certify.prover.robustness import measure_radius
from certify.prover.storage_structure import measure_storage_structure
from certify.prover.structure import Structure, widest_gaps
from certify.prover.truncations import Truncations, Window, at_ends
from certify.rigor.interval import Interval
from certify.verdict import Enclosure

__all__ = ["measure_incidence"]

_FIRST = Fraction(99)
"""Thresholds are chosen at this level, or at a higher one."""


def measure_incidence(
    ledger: Ledger,
    writer: LayerFacts,
    reader: LayerFacts,
    core: Core | None,
    groups: Groups | None,
    options: Thresholds,
) -> None:
    """All claims about the row groups of ``reader`` on what ``writer`` writes; ``groups`` are those of the chain."""
    if not (percents := options.incidence_percents()):
        return
    rows = reader.matrix.shape[0]
    chosen = groups or blocks(rows, options.group_rows)
    if len(chosen) > claims.MOST_GROUPS:
        ledger.skip([claims.THRESHOLDS], causes.too_many_groups(len(chosen), claims.MOST_GROUPS))
        return
    if rows * (columns := writer.matrix.shape[1]) > claims.MOST_CELLS:
        ledger.skip([claims.THRESHOLDS], causes.too_large_transport(rows, columns, claims.MOST_CELLS))
        return
    if not all(isfinite(facts.frobenius.upper) for facts in (writer, reader)):
        ledger.skip([claims.THRESHOLDS], causes.NO_THRESHOLD)
        return
    found = _Incidence(ledger, writer, reader, core, chosen, options, percents)
    found.measure()


class _Incidence:
    """The claims about one interface, in their order."""

    def __init__(
        self,
        ledger: Ledger,
        writer: LayerFacts,
        reader: LayerFacts,
        core: Core | None,
        groups: Groups,
        options: Thresholds,
        percents: Sequence[tuple[str, Fraction]],
    ) -> None:
        self.ledger, self.writer, self.reader, self.options = ledger, writer, reader, options
        self.groups = groups
        found = Truncations(writer, reader, core, groups, percents)
        self.exponents, self.x, self.windows = found.exponents, found.x, found.windows
        self.grouping = found.grouping

    def measure(self) -> None:
        """Make the claims."""
        found = self._thresholds()
        if found is None:
            self.ledger.skip([claims.THRESHOLDS], causes.NO_THRESHOLD)
            return
        level, rule, theta = found
        exponent = sum(self.exponents)
        asserted = claims.thresholds(groups_text(self.groups), len(self.groups), rule, level, exponent)
        self.ledger.measure(asserted, [Enclosure(value, value) for value in theta])
        rows = np.flatnonzero(theta > 0)
        found = self._supports(rows, theta)
        if found is None:
            self.ledger.skip([claims.SUPPORTS], causes.SUPPORT_OPEN)
            return
        structure = self._structure(found[0], theta[rows], found[1])
        relative = self.options.incidence_relative
        measure_radius(self.ledger, structure, rows.tolist(), relative)
        layers = self.writer, self.reader
        measure_storage_structure(self.ledger, layers, self.exponents, self.grouping, rows, structure, self.options)
        bounds = [self._bound(window.ranks) for window in self.windows]
        verdicts = measure_levels(self.ledger, self.windows, rows, structure, bounds, self.options)
        levels = [float(window.level) for window in self.windows]
        smallest = [_smallest(levels, [pair[place] for pair in verdicts]) for place in (0, 1)]
        self.ledger.measure(claims.smallest_level(), smallest)

    def _thresholds(self) -> tuple[str, str, np.ndarray] | None:
        """Level, rule and thresholds; None where no group has one."""
        rule = self.options.activity_threshold
        if rule not in ("adapted", "largest"):
            value = _scaled(float(rule), -sum(self.exponents))
            return (claims.FULL, "given", np.full(len(self.groups), value)) if value > 0 else None
        least = 2 if rule == "adapted" else 1
        full = self._gaps(self.windows[-1:], least)
        have = full > 0
        if not have.any():
            return None
        if rule == "adapted":
            known = [w for w in self.windows[:-1] if w.percent >= _FIRST and w.error is not None]
            for place, window in enumerate(known):
                theta = self._gaps(known[place:], least)
                if np.all(theta[have] > 0):
                    return window.level, rule, np.where(have, theta, 0.0)
        return claims.FULL, rule, full

    def _gaps(self, windows: Sequence[Window], least: int) -> np.ndarray:
        """The middle of the widest gap of each group that all these windows leave open; 0 where it has none."""
        errors = [window.error.hi for window in windows if window.error is not None]
        widest_error = np.maximum.reduce(errors)
        spread = Interval(-widest_error, widest_error)
        found = widest_gaps(self.x + spread, least, least)
        return np.array([0.0 if gap is None else gap.middle for gap in found])

    def _supports(self, rows: np.ndarray, theta: np.ndarray) -> tuple[Profiles, float | None] | None:
        """Profiles and the level of the noise; None where a column may be on either side of a threshold."""
        x, levels = self.x[rows], theta[rows][:, None]
        active, idle = x.lo >= levels, x.hi < levels
        if not np.all(active | idle):
            return None
        counts, most = active.sum(axis=0), self.options.hub_groups
        texts = {f"active {group}": _bits(active[place]) for place, group in enumerate(rows)}
        values = [int(active.sum()), int(np.sum(counts == 1)), int(np.sum(counts >= most))]
        profiles = Profiles(x, Supports(active))
        nu = self._noise_level(profiles, theta[rows])
        asserted = claims.supports(x.shape[1], most, nu or 0.0, texts)
        self.ledger.measure(asserted, [Enclosure(float(v), float(v)) for v in values])
        return profiles, nu

    def _structure(self, profiles: Profiles, theta: np.ndarray, nu: float | None) -> Structure:
        options, none = self.options, (np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp))
        levels = Levels(theta, None, nu, options.label_correlation, options.label_ratio)
        if theta.size < 2:
            self.ledger.skip(claims.PAIR_IDS, causes.ONE_GROUP)
            return Structure(profiles, levels, none, "")
        if not profiles.pairs[0].size:
            self.ledger.skip(claims.PAIR_IDS, causes.NO_SHARED_COLUMN)
            return Structure(profiles, levels, none, "")
        weights = profiles.weights(profiles.pairs)
        omega = self._edge_level(weights)
        joined = None if omega is None else (weights.lo >= omega, weights.hi < omega)
        if omega is None or joined is None or not np.all(joined[0] | joined[1]):
            self.ledger.skip(claims.PAIR_IDS, causes.NO_EDGE_GAP)
            return Structure(profiles, levels, none, "")
        levels = Levels(theta, omega, nu, options.label_correlation, options.label_ratio)
        edges = profiles.pairs[0][joined[0]], profiles.pairs[1][joined[0]]
        letters = "".join(profiles.labels(edges, levels))
        self._graph(profiles, levels, edges, weights[joined[0]], letters)
        return Structure(profiles, levels, edges, letters)

    def _graph(self, profiles: Profiles, levels: Levels, edges: Pairs, weights: Interval, letters: str) -> None:
        options, number = self.options, len(letters)
        listed = number if number <= claims.MOST_EDGES else 0
        groups = profiles.active.shape[0]
        joined = np.zeros((groups, groups), dtype=bool)
        joined[edges] = True
        asserted = claims.graph(
            _bits(joined[np.triu_indices(groups, 1)]), listed, levels.edge or 0.0, options.incidence_relative
        )
        values = [_published(profiles.noise), *map(_published, weights[:listed])]
        self.ledger.measure(asserted, values)
        if not number:
            self.ledger.skip([claims.LABELS], causes.NO_EDGE)
            return
        agreed = Enclosure(float(letters.count("C")), float(letters.count("C") + letters.count("?")))
        told = [agreed]
        if listed:
            columns = (profiles.correlations(edges), *profiles.chance(edges))
            told += [_published(column[place]) for place in range(number) for column in columns]
        asserted = claims.labels(letters, listed, options.label_correlation, options.label_ratio, options.overlap_width)
        self.ledger.measure(asserted, told)

    def _noise_level(self, profiles: Profiles, theta: np.ndarray) -> float | None:
        """ν; None where no cell is noise."""
        rule = self.options.noise_threshold
        counts = np.sum(~profiles.active, axis=1)
        if not counts.any():
            return None
        if rule == "cells":
            squares = (int(n) * Fraction(float(t)) ** 2 for n, t in zip(counts, theta, strict=True))
            return root_above(sum(squares, Fraction(0)))
        if rule.endswith("x"):
            return root_above((Fraction(float(rule[:-1])) * Fraction(float(profiles.noise.hi))) ** 2)
        return _scaled(float(rule), -sum(self.exponents))

    def _edge_level(self, weights: Interval) -> float | None:
        rule = self.options.edge_threshold
        if rule != "gap":
            return _scaled(float(rule), -2 * sum(self.exponents))
        both = Interval(np.concatenate([[0.0], weights.lo]), np.concatenate([[0.0], weights.hi]))
        gap = widest_gaps(both.reshape(1, both.size), 1, 1)[0]
        return None if gap is None else gap.middle

    def _bound(self, ranks: tuple[int, int]) -> Enclosure:
        """The bound of E1 from published singular values, in units."""
        bound = at_ends(truncation_bound_frobenius, self.writer, self.reader, ranks)
        return publish_ball(bound * flint.arb(2) ** -sum(self.exponents), nonnegative=True)


def _smallest(levels: Sequence[float], verdicts: Sequence[Enclosure]) -> Enclosure:
    """The level from which on all are 1, enclosed between whole numbers; unknown where the last is not."""
    if verdicts[-1].lower < 1:
        return UNKNOWN
    ends: list[float] = []
    for open_ in (1.0, 0.0):
        failing = [place for place, verdict in enumerate(verdicts) if (verdict.upper if open_ else verdict.lower) < 1]
        ends.append(levels[failing[-1] + 1 if failing else 0])
    low, high = ends
    return Enclosure(low, high) if low == high else Enclosure(float(floor(low)), float(ceil(high)))


def _bits(mask: np.ndarray) -> str:
    return np.packbits(mask).tobytes().hex()


def _published(x: Interval) -> Enclosure:
    return publish(float(x.lo), float(x.hi), nonnegative=True)


def _scaled(value: float, exponent: int) -> float:
    """A given number in units; no activity, weight or noise is near 2^500, so that more is not needed."""
    with np.errstate(over="ignore"):
        return min(float(np.ldexp(value, exponent)), 2.0**500)


def root_above(square: Fraction) -> float:
    """The least float that is not below the root of a fraction; at most 2^500.

    >>> root_above(Fraction(4)), root_above(Fraction(2)) ** 2 >= 2
    (2.0, True)
    """
    found = sqrt(float(square))
    while Fraction(found) ** 2 < square:
        found = nextafter(found, inf)
    while found > 0 and Fraction(nextafter(found, 0.0)) ** 2 >= square:
        found = nextafter(found, 0.0)
    return min(found, 2.0**500)
