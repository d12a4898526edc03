"""What is asked of the row groups of a transport: thresholds, structure, truncation and its block form (THEORY E1–E7).

Everything is computed from enclosures that were widened by :func:`certify.prover.widening.cell_floor`, so that whoever
encloses activities and errors a second time, more narrowly, finds all that follows inside what is published.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, frexp, isfinite

import flint
import numpy as np

from certify.certificate.publication import publish
from certify.chain.groups import Groups, blocks, groups_text
from certify.claims import causes
from certify.claims import incidence as claims
from certify.claims.thresholds import Thresholds
from certify.geometry.transport.truncation import truncation_bound_frobenius
from certify.linalg.cell_norms import Grouping, Truncated, Units, cell_norms, truncations
from certify.linalg.cores import Core
from certify.prover.layer import LayerFacts
from certify.prover.ledger import UNKNOWN, Ledger, ball_of, publish_ball
from certify.prover.structure import Levels, Pairs, Profiles, Structure, kept, norm_of, widest_gap
from certify.prover.widening import cell_floor, error_floor, known_to
from certify.rigor.interval import Interval
from certify.verdict import Enclosure

__all__ = ["measure_incidence"]

_FIRST = Fraction(99)
"""Thresholds are chosen at this level, or at a higher one."""


@dataclass(frozen=True, slots=True)
class _Window:
    """The windows at a level: their ranks, and the errors and activities of the truncation where there is one."""

    level: str
    percent: Fraction
    ranks: tuple[int, int]
    norm: Enclosure
    error: Interval | None
    activities: Interval | None


def measure_incidence(
    ledger: Ledger, writer: LayerFacts, reader: LayerFacts, core: Core | None, groups: Groups | None, options: Thresholds
) -> None:
    """All claims about the row groups of ``reader`` on what ``writer`` writes; ``groups`` are those of the chain."""
    if not (percents := options.incidence_percents()):
        return
    rows = reader.matrix.shape[0]
    chosen = groups or blocks(rows, options.group_rows)
    if len(chosen) > claims.MOST_GROUPS:
        ledger.skip([claims.THRESHOLDS], causes.too_many_groups(len(chosen), claims.MOST_GROUPS))
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
        self.groups, self.core = groups, core
        self.exponents = frexp(writer.frobenius.upper)[1], frexp(reader.frobenius.upper)[1]
        self.grouping = Grouping.of(groups)
        self.floor = cell_floor(writer.matrix.shape[0], self.grouping.largest)
        self.units = Units.of(writer.matrix, reader.matrix, self.exponents, self.grouping)
        self.product, self.product_error = self.units.product(self.grouping)
        self.x = _widened(cell_norms(self.product, self.grouping, self.product_error), self.floor)
        full = (writer.d, reader.d)
        zero = Interval(np.zeros(self.x.shape))
        self.windows = self._truncated([(text, level, self._ranks(level)) for text, level in percents])
        self.windows.append(_Window(claims.FULL, Fraction(100), full, Enclosure(0.0, 0.0), zero, self.x))

    def _ranks(self, percent: Fraction) -> tuple[int, int]:
        return energy_window(self.writer.sigma, percent), energy_window(self.reader.sigma, percent)

    def _truncated(self, asked: Sequence[tuple[str, Fraction, tuple[int, int]]]) -> list[_Window]:
        floors = [
            error_floor(self.floor, (self.writer.sigma, self.reader.sigma), self.exponents, ranks)
            for _, _, ranks in asked
        ]
        known = [place for place, floor in enumerate(floors) if floor < 1.0]
        spectra = [(facts.svd.lower, facts.svd.upper) for facts in (self.writer, self.reader)]
        found = {place: self._window(*asked[place], None) for place in range(len(asked)) if place not in known}
        if self.core is None:
            return [self._window(*item, None) for item in asked]
        ranks = [asked[place][2] for place in reversed(known)]
        published = tuple(
            known_to(facts.sigma, exponent)
            for facts, exponent in zip((self.writer, self.reader), self.exponents, strict=True)
        )
        steps = truncations(
            self.core, (spectra[0], spectra[1]), self.units, self.grouping, ranks, (published[0], published[1])
        )
        for place, truncated in zip(reversed(known), steps, strict=True):
            found[place] = self._window(*asked[place], truncated)
        return [found[place] for place in range(len(asked))]

    def _window(
        self, text: str, percent: Fraction, ranks: tuple[int, int], truncated: Truncated | None
    ) -> _Window:
        if truncated is None or not np.all(np.isfinite(truncated.off)):
            return _Window(text, percent, ranks, UNKNOWN, None, None)
        if ranks == (self.writer.d, self.reader.d):
            zero = Interval(np.zeros(self.x.shape))
            return _Window(text, percent, ranks, Enclosure(0.0, 0.0), zero, self.x)
        room = truncated.room + self.floor
        error = _widened(cell_norms(truncated.error, self.grouping, truncated.off), room)
        both = self.product + truncated.error
        activities = _widened(
            cell_norms(both, self.grouping, self.product_error + truncated.off, roundings=1), room + self.floor
        )
        size = norm_of(error, np.ones(error.shape, dtype=bool))
        norm = publish(float(size.lo), float(size.hi), nonnegative=True)
        return _Window(text, percent, ranks, norm, error, activities)

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
        profiles = self._supports(rows, theta)
        if profiles is None:
            self.ledger.skip([claims.SUPPORTS], causes.SUPPORT_OPEN)
            return
        structure = self._structure(profiles, theta[rows])
        verdicts = [self._level(window, rows, structure) for window in self.windows]
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
        full = self._gaps(self.windows[-1], least)
        have = full > 0
        if not have.any():
            return None
        if rule == "adapted":
            for window in self.windows[:-1]:
                if window.percent >= _FIRST and window.error is not None:
                    theta = self._gaps(window, least)
                    if np.all(theta[have] > 0):
                        return window.level, rule, np.where(have, theta, 0.0)
        return claims.FULL, rule, full

    def _gaps(self, window: _Window, least: int) -> np.ndarray:
        """The middle of the widest gap of each group; 0 where it has none."""
        error = window.error
        assert error is not None
        spread = Interval(-error.hi, error.hi)
        intervals = self.x + spread
        found = [widest_gap(intervals[group], least, least) for group in range(len(self.groups))]
        return np.array([0.0 if gap is None else gap.middle for gap in found])

    def _supports(self, rows: np.ndarray, theta: np.ndarray) -> Profiles | None:
        x, levels = self.x[rows], theta[rows][:, None]
        active, idle = x.lo >= levels, x.hi < levels
        if not np.all(active | idle):
            return None
        counts, most = active.sum(axis=0), self.options.hub_groups
        texts = {f"active {group}": _bits(active[place]) for place, group in enumerate(rows)}
        values = [int(active.sum()), int(np.sum(counts == 1)), int(np.sum(counts >= most))]
        asserted = claims.supports(x.shape[1], most, texts)
        self.ledger.measure(asserted, [Enclosure(float(v), float(v)) for v in values])
        return Profiles(x, active)

    def _structure(self, profiles: Profiles, theta: np.ndarray) -> Structure:
        options, none = self.options, (np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp))
        noise = profiles.noise()
        nu = self._noise_level(noise, profiles, theta)
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
        letters = profiles.labels(edges, levels)
        self._graph(profiles, levels, edges, weights[joined[0]], noise, letters)
        return Structure(profiles, levels, edges, letters)

    def _graph(
        self, profiles: Profiles, levels: Levels, edges: Pairs, weights: Interval, noise: Interval, letters: str
    ) -> None:
        options, number = self.options, len(letters)
        listed = number if number <= claims.MOST_EDGES else 0
        groups = profiles.active.shape[0]
        joined = np.zeros((groups, groups), dtype=bool)
        joined[edges] = True
        asserted = claims.graph(
            _bits(joined[np.triu_indices(groups, 1)]), listed, levels.edge or 0.0, levels.noise or 0.0,
            options.incidence_relative,
        )  # fmt: skip
        values = [_published(noise), *map(_published, weights[:listed])]
        self.ledger.measure(asserted, values)
        if not number:
            self.ledger.skip([claims.LABELS], causes.NO_EDGE)
            return
        agreed = Enclosure(float(letters.count("C")), float(letters.count("C") + letters.count("?")))
        told = [agreed]
        if listed:
            columns = (profiles.correlations(edges), *profiles.chance(edges))
            told += [_published(column[place]) for place in range(number) for column in columns]
        asserted = claims.labels(
            letters, listed, options.label_correlation, options.label_ratio, options.overlap_width
        )
        self.ledger.measure(asserted, told)

    def _noise_level(self, noise: Interval, profiles: Profiles, theta: np.ndarray) -> float | None:
        """ν; None where no cell is noise."""
        rule = self.options.noise_threshold
        counts = np.sum(~profiles.active, axis=1)
        if not counts.any():
            return None
        if rule == "cells":
            square = sum(int(count) * Fraction(float(value)) ** 2 for count, value in zip(counts, theta, strict=True))
            return _rounded_up(flint.arb(flint.fmpq(*square.as_integer_ratio())).sqrt())
        if rule.endswith("x"):
            return _rounded_up(flint.arb(float(rule[:-1])) * flint.arb(float(noise.hi)))
        return _scaled(float(rule), -sum(self.exponents))

    def _edge_level(self, weights: Interval) -> float | None:
        rule = self.options.edge_threshold
        if rule != "gap":
            return _scaled(float(rule), -2 * sum(self.exponents))
        both = Interval(np.concatenate([[0.0], weights.lo]), np.concatenate([[0.0], weights.hi]))
        gap = widest_gap(both, 1, 1)
        return None if gap is None else gap.middle

    def _level(self, window: _Window, rows: np.ndarray, structure: Structure) -> tuple[Enclosure, Enclosure]:
        """The claims at a level; whether the block form holds and whether the structures agree."""
        ledger, options, ranks = self.ledger, self.options, window.ranks
        profiles, level = structure.profiles, window.level
        number, edges = profiles.pairs[0].size, structure.edges[0].size
        paired = structure.levels.edge is not None
        lines = ["cells", *(["pairs"] if paired else []), *([] if structure.levels.noise is None else ["noise"])]
        lines += ["labels"] if edges else []
        open_ = Enclosure(0.0, 1.0)
        bound = self._bound(ranks)
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
        nu = structure.levels.noise or 0.0
        asserted = claims.margins(level, ranks, ",".join(lines), len(lines), nu, options.incidence_relative)
        ledger.measure(asserted, margins, cause)
        ledger.measure(claims.conclusion(level, ranks), list(verdict), cause)
        return verdict

    def _bound(self, ranks: tuple[int, int]) -> Enclosure:
        """The bound of E1 from published singular values, in units."""
        sigma, sigma_next = ([ball_of(value) for value in facts.sigma] for facts in (self.writer, self.reader))
        bound = truncation_bound_frobenius(sigma, sigma_next, *ranks)
        return publish_ball(bound * flint.arb(2) ** -sum(self.exponents), nonnegative=True)


def energy_window(sigma: Sequence[Enclosure], percent: Fraction) -> int:
    """The least window that certainly holds so much of the energy, from published singular values; all where unknown.

    Exact: (100 − p)Σ_{k≤r} l_k² ≥ p Σ_{k>r} h_k² for the lower ends l and the upper ends h.
    """
    if not all(value.finite for value in sigma):
        return len(sigma)
    ends = [value.lower.as_integer_ratio() for value in sigma], [value.upper.as_integer_ratio() for value in sigma]
    unit = max(denominator for side in ends for _, denominator in side)
    low, high = ([(n * (unit // d)) ** 2 for n, d in side] for side in ends)
    p, q = percent.numerator, 100 * percent.denominator - percent.numerator
    head, tail = 0, sum(high)
    for r, (kept_energy, lost) in enumerate(zip(low, high, strict=True), start=1):
        head, tail = head + kept_energy, tail - lost
        if q * head >= p * tail:
            return r
    return len(sigma)


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


def _widened(x: Interval, floor: float | np.ndarray) -> Interval:
    wide = x + Interval(-np.asarray(floor), np.asarray(floor))
    return Interval(np.maximum(wide.lo, 0.0), wide.hi)


def _published(x: Interval) -> Enclosure:
    return publish(float(x.lo), float(x.hi), nonnegative=True)


def _scaled(value: float, exponent: int) -> float:
    """A given number in units; no activity, weight or noise is near 2^500, so that more is not needed."""
    with np.errstate(over="ignore"):
        return min(float(np.ldexp(value, exponent)), 2.0**500)


def _rounded_up(x: flint.arb) -> float:
    """A number of twenty bits that is not below any of the ball, and above by 2^-18 of it at most."""
    top = float(x.upper())
    grid = 2.0 ** (frexp(top)[1] - 20)
    return float(np.ceil(top / grid) + 1) * grid
