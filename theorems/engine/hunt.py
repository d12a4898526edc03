"""One hunt for a counterexample: what counts as one, the clock, the counts, and the closest call."""

from __future__ import annotations

import math
import time as clock
from collections.abc import Callable, Mapping
from fractions import Fraction

from certify.errors import PolystableError
from certify.verdict import Verdict
from theorems.engine.instance import Instance
from theorems.engine.result import Progress
from theorems.engine.theorem import Need, Reading, Theorem

__all__ = ["Hunt", "refutes"]

# What a formula may raise on data that its hypotheses exclude.
_NOT_AN_INSTANCE = (PolystableError, ZeroDivisionError, ValueError, IndexError)


def refutes(theorem: Theorem, reading: Reading, x: Instance, values: Mapping[str, Fraction], drop: str | None) -> bool:
    """The full exact test, cheap parts first."""
    margin = _margin(theorem, reading, x, values, drop)
    return margin is not None and _fails(theorem, reading, x, values, drop, margin)


def _margin(
    theorem: Theorem, reading: Reading, x: Instance, values: Mapping[str, Fraction], drop: str | None
) -> tuple[float, float] | None:
    """A rough enclosure of the margin, or None where the instance does not count."""
    try:
        if not _defined(theorem, reading, x):
            return None
        if drop is not None and theorem.hypothesis(drop).holds(x) is not Verdict.REFUTED:
            return None
        return reading.glance(x, values)
    except _NOT_AN_INSTANCE:
        return None


def _fails(
    theorem: Theorem,
    reading: Reading,
    x: Instance,
    values: Mapping[str, Fraction],
    drop: str | None,
    margin: tuple[float, float],
) -> bool:
    low, high = margin
    if not (high < 0 or (reading.strict and low <= 0 <= high)):
        return False
    try:
        assumed = theorem.assumptions(reading, x, drop)
        return assumed is Verdict.CERTIFIED and reading.judge(x, values).verdict is Verdict.REFUTED
    except _NOT_AN_INSTANCE:
        return False


def _defined(theorem: Theorem, reading: Reading, x: Instance) -> bool:
    return all(
        h.holds(x) is Verdict.CERTIFIED
        for h in theorem.hypotheses
        if h.need is Need.DEFINITION and h.name in reading.hypotheses
    )


class Hunt:
    """One search: the clock, the counts, and the closest call."""

    def __init__(
        self,
        theorem: Theorem,
        targets: tuple[Reading, ...],
        drop: str | None,
        values: Mapping[str, Fraction],
        start: float,
        budget: float,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self.theorem, self.targets, self.drop, self.values = theorem, targets, drop, values
        self.start, self.budget, self.progress = start, budget, progress
        self.tried: dict[str, int] = {}
        self.best, self.closest = math.inf, None
        self.stage, self.until, self._reported = "", start, start

    @property
    def out_of_time(self) -> bool:
        """Whether the current stage has used its share."""
        return clock.monotonic() > self.until

    def attempt(self, x: Instance) -> tuple[Reading, Instance] | None:
        """The reading that an instance refutes, or None."""
        self._count()
        for reading in self.targets:
            margin = _margin(self.theorem, reading, x, self.values, self.drop)
            if margin is None:
                continue
            if _fails(self.theorem, reading, x, self.values, self.drop, margin):
                return reading, x
            self._remember(reading, x, (margin[0] + margin[1]) / 2)
        return None

    def score(self, reading: Reading, x: Instance) -> float:
        """The margin to make small: +inf where the instance does not count."""
        self._count()
        margin = _margin(self.theorem, reading, x, self.values, self.drop)
        if margin is None or math.isnan(margin[0] + margin[1]):
            return math.inf
        middle = (margin[0] + margin[1]) / 2
        if self._assumed(reading, x):
            self._remember(reading, x, middle)
            return middle
        return math.inf

    def _remember(self, reading: Reading, x: Instance, margin: float) -> None:
        if margin < self.best and self._assumed(reading, x):
            self.best, self.closest = margin, x

    def _assumed(self, reading: Reading, x: Instance) -> bool:
        try:
            return self.theorem.assumptions(reading, x, self.drop) is Verdict.CERTIFIED
        except _NOT_AN_INSTANCE:
            return False

    def _count(self) -> None:
        self.tried[self.stage] += 1
        self._report()

    def _report(self) -> None:
        now = clock.monotonic()
        if self.progress is not None and now - self._reported > 0.2:
            self._reported = now
            self.progress(Progress(self.stage, sum(self.tried.values()), self.best, now - self.start))
