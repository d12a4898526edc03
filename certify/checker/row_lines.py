"""The claims that follow from supports: graph, labels, radius, and what each truncation leaves (THEORY E1, E4–E7)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from certify.checker.arithmetic.ranges import Range, least, norm
from certify.checker.arithmetic.row_structure import Structure
from certify.checker.expected import Expected, enclosed
from certify.checker.layer import UNKNOWN
from certify.checker.published import between, between_counts, count
from certify.checker.row_graph import RowGraph
from certify.checker.row_levels import Level
from certify.checker.storage_structure import storage_structure_claims
from certify.checker.tasks import once
from certify.claims import causes
from certify.claims import incidence as claims
from certify.claims.assertion import Assertion
from certify.verdict import Enclosure

__all__ = ["Structured"]


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
            return Expected(
                asserted, lambda values: self._silence(level, values) or prove(values), causes=lambda: [cause]
            )

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

    def _silence(self, level: Level, values: tuple[Enclosure, ...]) -> str:
        """Nothing can be proved of a level without gaps."""
        if level.moved is None and any(value.finite for value in values[:1]) and not self.interface.silent(level):
            return "not proved: the windows have no certified gap"
        return ""

    def _parts(self, level: Level, side: int) -> tuple[Structure, Range, Range]:
        assert level.moved is not None
        assert level.kept is not None
        return self.own[side], level.moved[side].at(self.rows), level.kept[side].at(self.rows)

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
        return [Range(*map(np.asarray, least(margins))) for margins in self._all_margins(level, side).values()]

    def _all_margins(self, level: Level, side: int) -> dict[str, Range]:
        """Every line's margins at a level, in order."""
        return once(level, f"_margins {side}", lambda: self._make_margins(level, side))

    def _make_margins(self, level: Level, side: int) -> dict[str, Range]:
        structure, moved, _ = self._parts(level, side)
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
        return between_counts([[self._agreement(level, side)] for side in (0, 1)], values[1:])

    def _agreement(self, level: Level, side: int) -> Enclosure:
        """Whether both transports have one structure, between 0 and 1."""
        structure, _, kept = self._parts(level, side)
        levels = self.theta[:, None]
        inside, outside = kept.lo >= levels, kept.hi < levels
        if np.any(inside & ~self.active) or np.any(outside & self.active):
            return Enclosure(0.0, 0.0)
        if not np.all(inside | outside):
            return Enclosure(0.0, 1.0)
        other = Structure(kept, self.active, self.theta, structure.kappa, structure.ratio)
        sure = True
        if self.omega is not None:
            weights = other.weights(self.pairs)
            edge = np.isin(
                self.pairs[0] * self.active.shape[0] + self.pairs[1],
                self.edges[0] * self.active.shape[0] + self.edges[1],
            )
            joined, apart = weights.lo >= self.omega, weights.hi < self.omega
            if np.any(joined & ~edge) or np.any(apart & edge):
                return Enclosure(0.0, 0.0)
            sure = bool(np.all(joined | apart))
            for letter, may in zip(self.letters, other.letters(self.edges), strict=True):
                if letter != "?" and letter not in may:
                    return Enclosure(0.0, 0.0)
                sure = sure and may == {letter}
        if self.nu is not None:
            quiet = [(bool(x.hi <= self.nu), bool(x.lo > self.nu)) for x in (structure.noise(), other.noise())]
            if (quiet[0][0] and quiet[1][1]) or (quiet[0][1] and quiet[1][0]):
                return Enclosure(0.0, 0.0)
            sure = sure and ((quiet[0][0] and quiet[1][0]) or (quiet[0][1] and quiet[1][1]))
        return Enclosure(1.0 if sure else 0.0, 1.0)

    def _smallest(self) -> Expected:
        levels = self.interface.levels
        verdicts = [
            self.lookup.values(self.subject, claims.level_id("E7.conclusion", level.text), 2) for level in levels
        ]

        def prove(values: tuple[Enclosure, ...]) -> str:
            wanted = tuple(_from(levels, [pair[place] for pair in verdicts]) for place in (0, 1))
            return "" if values == wanted else f"the levels are {wanted}"

        return Expected(claims.smallest_level(), prove)


def _from(levels: Sequence[Level], verdicts: Sequence[Enclosure]) -> Enclosure:
    """The level from which on all are 1."""
    if verdicts[-1].lower != 1:
        return UNKNOWN
    last_open = max((i for i, verdict in enumerate(verdicts) if verdict.lower < 1), default=-1)
    last_false = max((i for i, verdict in enumerate(verdicts) if verdict.upper < 1), default=-1)
    low, high = float(levels[last_false + 1].text), float(levels[last_open + 1].text)
    return Enclosure(low, high) if low == high else Enclosure(float(math.floor(low)), float(math.ceil(high)))
