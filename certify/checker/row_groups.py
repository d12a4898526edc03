"""The row groups of an interface: activities, thresholds and supports, and whether they follow from their rules."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from certify.chain.groups import Groups
from certify.checker.arithmetic.crossing import Crossing
from certify.checker.arithmetic.ranges import Mask, Range
from certify.checker.arithmetic.rounding import Array
from certify.checker.arithmetic.row_structure import cut_at, widest
from certify.checker.arithmetic.truncated import Transport
from certify.checker.layer import UNKNOWN, LayerFacts
from certify.checker.lookup import Lookup
from certify.checker.published import in_units
from certify.checker.recorded_thresholds import Recorded
from certify.checker.row_levels import Level, Pair, levels_of
from certify.claims import incidence as claims
from certify.verdict import Enclosure

__all__ = ["RowGroups", "Rows"]

Rows = NDArray[np.intp]


class RowGroups:
    """What is computed once for all claims about an interface."""

    def __init__(
        self,
        writer: LayerFacts,
        reader: LayerFacts,
        crossing: Crossing,
        groups: Groups,
        subject: str,
        lookup: Lookup,
        options: Recorded,
    ) -> None:
        self.writer, self.reader, self.groups = writer, reader, groups
        self.subject, self.lookup, self.options = subject, lookup, options
        self.exponents = math.frexp(writer.frobenius.upper)[1], math.frexp(reader.frobenius.upper)[1]
        self.transport = Transport((writer.matrix, reader.matrix), crossing, self.exponents, groups)
        self.levels = levels_of(self.transport, writer, reader, groups, self.exponents, options)
        self.full = self.levels[-1]

    def silent(self, level: Level) -> bool:
        """Whether the certificate says nothing about a level."""
        id = claims.level_id("E1.transport", level.text)
        place = self.lookup.place(self.subject, id)
        return place is None or self.lookup.values(self.subject, id, 2)[0] == UNKNOWN

    def may_lack_thresholds(self) -> bool:
        """Whether no group surely has a gap for its threshold."""
        if self.options.activity_threshold not in ("adapted", "largest"):
            return not in_units(self.options.activity_threshold, -sum(self.exponents)) > 0
        return not any(width > 0 for width in self._widths([self.full]))

    def _least(self) -> int:
        return 2 if self.options.activity_threshold == "adapted" else 1

    def _asked(self, level: Level) -> bool:
        """Whether thresholds may be chosen at a level that is not the full one."""
        return level.percent >= 99 and level.moved is not None and not self.silent(level)

    def _place(self, level: Level) -> int:
        return [other.text for other in self.levels].index(level.text)

    def _from(self, level: Level) -> list[Level]:
        """A level and those above it, whose truncations a threshold that was chosen there withstands."""
        if level is self.full:
            return [level]
        return [other for other in self.levels[self._place(level) : -1] if self._asked(other)]

    def _spread(self, levels: Sequence[Level]) -> Pair[Range]:
        """The activities and how far the truncations at any of these levels may move them."""
        moved = [level.moved for level in levels if level.moved is not None]
        narrow, wide = (np.maximum.reduce(most) for most in ([m.narrow.hi for m in moved], [m.wide.hi for m in moved]))
        x = self.full.x
        return Pair(x.narrow.plus(Range(-narrow, narrow)), x.wide.plus(Range(-wide, wide)))

    def _widths(self, levels: Sequence[Level]) -> list[float]:
        """The widest gap of each group, as far as what is published must know it."""
        spread, least = self._spread(levels).wide, self._least()
        return [widest(spread.at(group), least, least) for group in range(len(self.groups))]

    def may_touch(self, rows: Rows, theta: Array) -> bool:
        """Whether an activity may lie on either side of a threshold."""
        wide = self.full.x.wide.at(rows)
        levels = theta[rows][:, None]
        return not bool(np.all((wide.lo >= levels) | (wide.hi < levels)))

    def threshold_fault(self, values: Sequence[Enclosure], theta: Array, at: str, rule: str) -> str:
        """Why thresholds do not follow from their rule, or nothing."""
        if not all(value.lower == value.upper and value.lower >= 0 for value in values):
            return "a threshold is one number that is not negative"
        if rule == "given":
            wanted = in_units(self.options.activity_threshold, -sum(self.exponents))
            return "" if at == claims.FULL and np.all(theta == wanted) else f"the threshold that is given is {wanted}"
        level = next((level for level in self.levels if level.text == at), None)
        if level is None or (level is not self.full and not (rule == "adapted" and self._asked(level))):
            return "no such level"
        spread = self._spread(self._from(level))
        for group in range(len(self.groups)):
            if theta[group] > 0 and (fault := self._gap_fault(spread, group, float(theta[group]))):
                return f"threshold of group {group}: {fault}"
        lacking = np.asarray(self._widths([self.full])) > 0
        if np.any(lacking & (theta == 0)):
            return f"group {int(np.flatnonzero(lacking & (theta == 0))[0])} has a gap and no threshold"
        for lower in self.levels[: self._place(level)] if rule == "adapted" else ():
            if self._asked(lower) and np.all(np.asarray(self._widths(self._from(lower)))[theta > 0] > 0):
                return f"at the level {lower.text} every group has a gap"
        return ""

    def _gap_fault(self, spread: Pair[Range], group: int, theta: float) -> str:
        """Whether θ is in the middle of the widest gap, as far as both are known."""
        narrow, wide = spread.narrow.at(group), spread.wide.at(group)
        cut, least = cut_at(narrow, theta), self._least()
        if cut is None or not least <= cut.above <= narrow.lo.size - least:
            return "not in a gap with enough columns on either side"
        width = cut.high - cut.low
        if widest(wide, least, least) > width:
            return "another gap is wider"
        below = narrow.hi <= cut.low
        slack = float(np.max(wide.hi[below]) - cut.low) + cut.high - float(np.min(wide.lo[~below]))
        near = abs(theta - (cut.low / 2 + cut.high / 2)) <= width / 256 + slack + abs(theta) * 2.0**-50
        return "" if near else f"the middle of the gap is {cut.low / 2 + cut.high / 2!r}"

    def support_fault(self, values: Sequence[Enclosure], rows: Rows, theta: Array, active: Mask) -> str:
        """Why supports or their counts are false, or nothing."""
        own, levels = self.full.x.narrow.at(rows), theta[rows][:, None]
        if np.any(np.where(active, own.lo < levels, own.hi >= levels)):
            return "not proved: a column is on the other side of a threshold"
        counts = active.sum(axis=0)
        wanted = [int(counts.sum()), int(np.sum(counts == 1)), int(np.sum(counts >= self.options.hub_groups))]
        same = all(value == Enclosure(float(w), float(w)) for value, w in zip(values, wanted, strict=True))
        return "" if same else f"the numbers are {wanted}"
