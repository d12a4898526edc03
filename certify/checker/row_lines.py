"""The claims that follow from supports: graph, labels, radius, and what each truncation leaves (THEORY E1, E4–E7)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import numpy as np

from certify.checker.arithmetic.ranges import Mask, Range, least, norm
from certify.checker.arithmetic.row_structure import Structure
from certify.checker.expected import Expected, enclosed
from certify.checker.layer import UNKNOWN
from certify.checker.published import between, between_counts, count
from certify.checker.row_graph import RowGraph
from certify.checker.row_groups import Rows
from certify.checker.row_levels import Level, Pair
from certify.checker.storage_structure import storage_structure_claims
from certify.checker.tasks import once
from certify.claims import causes
from certify.claims import incidence as claims
from certify.claims.assertion import Assertion
from certify.verdict import Enclosure

__all__ = ["Structured"]


_CELLS = 2**17
"""So many cells of levels are taken at once, at the most, where one level does not have more."""

_Found: TypeAlias = tuple[list[dict[str, Range]], list[Enclosure]]


class Structured(RowGraph):
    """The claims that follow from supports."""

    def demanded(self) -> Iterator[Expected]:
        """All claims from the graph on."""
        if self.active.shape[0] < 2:
            self.lookup.skip(self.subject, claims.PAIR_IDS, causes.ONE_GROUP)
        elif not self.pairs[0].size:
            self.lookup.skip(self.subject, claims.PAIR_IDS, causes.NO_SHARED_COLUMN)
        elif self.lookup.place(self.subject, claims.GRAPH) is None and self._edges_open():
            self.lookup.skip(self.subject, claims.PAIR_IDS, causes.NO_EDGE_GAP)
        else:
            yield from self.graph()
        yield self.radius()
        yield from storage_structure_claims(
            self.interface, self.rows, self.own, self.pairs, self.omega, self.edges, self.letters
        )
        for level in self.interface.levels:
            yield from self._level(level)
        yield self._smallest()

    def _level(self, level: Level) -> Iterator[Expected]:
        options, ranks, subject = self.options, level.ranks, self.subject
        number, edges = self.pairs[0].size, self.edges[0].size
        lines = ["cells", *(["pairs"] if self.omega is not None else []), *([] if self.nu is None else ["noise"])]
        lines += ["labels"] if edges else []
        cause = causes.no_window(level.text) if self.interface.silent(level) else ""
        relative, shape = options["incidence_relative"], self.active.shape

        def expected(asserted: Assertion, prove: Callable[[tuple[Enclosure, ...]], str]) -> Expected:
            return Expected(asserted, lambda values: self._silence(level) or prove(values), causes=lambda: [cause])

        yield expected(
            claims.truncation(level.text, ranks, relative), lambda values: self._truncation_fault(level, values)
        )
        share = options["undecided_share"]
        yield expected(
            claims.columns(level.text, ranks, shape[0] * shape[1], shape[1], share),
            lambda values: between_counts([self._counts(level, side) for side in (0, 1)], values),
        )
        if self.omega is not None:
            yield expected(
                claims.pairs(level.text, ranks, number, edges),
                lambda values: between_counts([self._kept(level, side) for side in (0, 1)], values),
            )
        margins = claims.margins(level.text, ranks, ",".join(lines), len(lines), relative)
        published = self.lookup.values(subject, margins.id, len(lines))
        yield expected(
            margins,
            lambda values: between(self._margins(level, 0), self._margins(level, 1), values),
        )
        yield expected(
            claims.conclusion(level.text, ranks), lambda values: self._conclusion_fault(level, published, values)
        )

    def _silence(self, level: Level) -> str:
        """Nothing can be proved of a level without gaps."""
        if level.moved is None and not self.interface.silent(level):
            return "not proved: the windows have no certified gap"
        return ""

    def _truncation_fault(self, level: Level, values: tuple[Enclosure, ...]) -> str:
        bound = level.bound(self.interface.writer, self.interface.reader)
        if fault := enclosed([bound], values[1:], 2.0**-34 * float(abs(bound.mid())), nonnegative=True):
            return fault
        if self.interface.silent(level) or level.moved is None:
            return ""
        everything = np.ones(self.interface.full.x.narrow.lo.shape, dtype=bool)
        own, most = (norm(level.moved[side], everything) for side in (0, 1))
        return between([own], [most], values[:1])

    def _counts(self, level: Level, side: int) -> list[Enclosure]:
        if self.interface.silent(level):
            return []
        margins = self._all_margins(level, side)["cells"]
        yes, no = margins.lo > 0, margins.hi <= 0
        return [count(yes, no), count(np.all(yes, axis=0), np.any(no, axis=0))]

    def _kept(self, level: Level, side: int) -> list[Enclosure]:
        if self.interface.silent(level):
            return []
        found = self._all_margins(level, side)
        counts = [count(found[name].lo > 0, found[name].hi <= 0) for name in ("pairs", "labels") if name in found]
        return [*counts, Enclosure(0.0, 0.0)][:2]

    def _margins(self, level: Level, side: int) -> list[Range]:
        if self.interface.silent(level):
            return []
        found = self._all_margins(level, side)
        return [least(margins, 2 if name == "cells" else min(margins.lo.ndim, 1)) for name, margins in found.items()]

    def _all_margins(self, level: Level, side: int) -> dict[str, Range]:
        """Every line's margins at a level, in order."""
        return self._levels[level.text][0][side]

    @property
    def _levels(self) -> dict[str, _Found]:
        """Margins and agreement of every level of which something is published, as known and as wide as may be."""
        return once(self, "_found", self._find)

    def _find(self) -> dict[str, _Found]:
        found: dict[str, _Found] = {}
        asked = [
            level for level in self.interface.levels if level.moved is not None and not self.interface.silent(level)
        ]
        step = max(1, _CELLS // self.active.size)
        for start in range(0, len(asked), step):
            part = asked[start : start + step]
            margins = self._margins_of(_stacked([level.moved for level in part], self.rows))
            agree = self._agreements(_stacked([level.kept for level in part], self.rows))
            for place, level in enumerate(part):
                sides = [{name: x.at((place, side)) for name, x in margins.items()} for side in (0, 1)]
                found[level.text] = sides, agree[place]
        return found

    @property
    def _both(self) -> Structure:
        """The structure as it is known, and as wide as it may be published, along the first axis."""
        return once(self, "_sides", self._make_both)

    def _make_both(self) -> Structure:
        narrow, wide = self.own
        x = Range(*(np.stack(ends) for ends in zip(narrow.x, wide.x, strict=True)))
        return Structure(x, self.active, self.theta, narrow.kappa, narrow.ratio)

    def _margins_of(self, moved: Range) -> dict[str, Range]:
        structure = self._both
        found = {"cells": structure.cell_margins(moved)}
        if self.omega is not None:
            found["pairs"] = structure.pair_margins(moved, self.omega, self.pairs)
        if self.nu is not None:
            found["noise"] = structure.noise_margin(moved, self.nu)
        if self.letters:
            found["labels"] = structure.label_margins(moved, self.edges, self.letters)
        return found

    def _conclusion_fault(self, level: Level, margins: Sequence[Enclosure], values: tuple[Enclosure, ...]) -> str:
        if self.interface.silent(level):
            return "" if all(value == Enclosure(0.0, 1.0) for value in values) else "nothing is known of these windows"
        low = 1.0 if all(margin.lower > 0 for margin in margins) else 0.0
        high = 0.0 if any(margin.upper <= 0 for margin in margins) else 1.0
        if values[0] != Enclosure(low, high):
            return f"the margins make the block form [{low}, {high}]"
        return between_counts([[agreed] for agreed in self._levels[level.text][1]], values[1:])

    def _agreements(self, kept: Range) -> list[list[Enclosure]]:
        """Whether the truncated transports and the whole one have one structure, between 0 and 1, by level and side."""
        structure, level = self._both, self.theta[:, None]
        inside, outside = kept.lo >= level, kept.hi < level
        differs = np.any((inside & ~self.active) | (outside & self.active), axis=(-2, -1))
        sure = np.all(inside | outside, axis=(-2, -1))
        other = Structure(kept, self.active, self.theta, structure.kappa, structure.ratio)
        # Where a support may differ, what follows is not asked: it takes the supports to be the same.
        same = ~differs & sure
        more, fewer = np.zeros(sure.shape, dtype=bool), np.ones(sure.shape, dtype=bool)
        if self.omega is not None and np.any(same):
            weights, edge = other.weights(self.pairs), self._edge_mask()
            joined, apart = weights.lo >= self.omega, weights.hi < self.omega
            more |= np.any((joined & ~edge) | (apart & edge), axis=-1)
            fewer &= np.all(joined | apart, axis=-1)
            more, fewer = self._labels_agree(other, more, fewer)
        if self.nu is not None and np.any(same):
            own, their = structure.noise(), other.noise()
            below, above = (own.hi <= self.nu, their.hi <= self.nu), (own.lo > self.nu, their.lo > self.nu)
            more |= (below[0] & above[1]) | (above[0] & below[1])
            fewer &= (below[0] & below[1]) | (above[0] & above[1])
        low, high = same & ~more & fewer, ~differs & ~(same & more)
        return [
            [Enclosure(float(a), float(b)) for a, b in zip(*pair, strict=True)]
            for pair in zip(low.tolist(), high.tolist(), strict=True)
        ]

    def _labels_agree(self, other: Structure, more: Mask, fewer: Mask) -> tuple[Mask, Mask]:
        """The same, with the labels of edges."""
        if not self.letters:
            return more, fewer
        may, letters = other.may(self.edges), np.array(list(self.letters))
        own = np.any([mask & (letters == name) for name, mask in may.items()], axis=0)
        alone = np.sum(list(may.values()), axis=0) == 1
        return more | np.any((letters != "?") & ~own, axis=-1), fewer & np.all(own & alone, axis=-1)

    def _edge_mask(self) -> Mask:
        """Which pairs are edges."""
        size = self.active.shape[0]
        return np.isin(self.pairs[0] * size + self.pairs[1], self.edges[0] * size + self.edges[1])

    def _smallest(self) -> Expected:
        levels = self.interface.levels
        verdicts = [
            self.lookup.values(self.subject, claims.level_id("E7.conclusion", level.text), 2) for level in levels
        ]

        def prove(values: tuple[Enclosure, ...]) -> str:
            wanted = tuple(_from(levels, [pair[place] for pair in verdicts]) for place in (0, 1))
            return "" if values == wanted else f"the levels are {wanted}"

        return Expected(claims.smallest_level(), prove)


def _stacked(found: Sequence[Pair[Range] | None], rows: Rows) -> Range:
    """Cells of rows of groups, by level and side."""
    sides = [[pair[side] for side in (0, 1)] for pair in found if pair is not None]
    return Range(*(np.stack([[x[end][rows] for x in pair] for pair in sides]) for end in (0, 1)))


def _from(levels: Sequence[Level], verdicts: Sequence[Enclosure]) -> Enclosure:
    """The level from which on all are 1."""
    if verdicts[-1].lower != 1:
        return UNKNOWN
    last_open = max((i for i, verdict in enumerate(verdicts) if verdict.lower < 1), default=-1)
    last_false = max((i for i, verdict in enumerate(verdicts) if verdict.upper < 1), default=-1)
    low, high = float(levels[last_false + 1].text), float(levels[last_open + 1].text)
    return Enclosure(low, high) if low == high else Enclosure(float(math.floor(low)), float(math.ceil(high)))
