"""One hunt for a counterexample: what counts as one, how many instances are left, and the closest call."""

from __future__ import annotations

import math
import time as clock
from collections.abc import Callable, Mapping
from fractions import Fraction

from certify.errors import PolystableError
from certify.verdict import Verdict
from theorems.engine.instance import Instance
from theorems.engine.limits import within_limits
from theorems.engine.result import Progress
from theorems.engine.shape import fits
from theorems.engine.theorem import Need, Reading, Theorem

__all__ = ["Hit", "Hunt", "refutes"]

Hit = tuple[Reading, Instance]
"""A reading, and the instance that refutes it."""

# What a formula may raise on data that its hypotheses exclude.
_NOT_AN_INSTANCE = (PolystableError, ZeroDivisionError, ValueError, IndexError)
_BETWEEN_REPORTS = 0.2


def refutes(theorem: Theorem, reading: Reading, x: Instance, values: Mapping[str, Fraction], drop: str | None) -> bool:
    """The full exact test, cheap parts first."""
    margin = _margin(theorem, reading, x, values, drop)
    return margin is not None and _fails(theorem, reading, x, values, drop, margin)


def _margin(
    theorem: Theorem, reading: Reading, x: Instance, values: Mapping[str, Fraction], drop: str | None
) -> tuple[float, float] | None:
    """A rough enclosure of the margin, or None where the instance does not count."""
    try:
        if not fits(theorem, x) or not within_limits(theorem, x) or not _defined(theorem, reading, x):
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
    """One search: the counts, the cap on time, and the closest call.

    ``limit`` instances are tried and no more. ``time``, in seconds, is a cap that decides nothing: where it bites,
    ``stopped`` says so.
    """

    def __init__(
        self,
        theorem: Theorem,
        targets: tuple[Reading, ...],
        drop: str | None,
        values: Mapping[str, Fraction],
        limit: int,
        time: float | None,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self.theorem, self.targets, self.drop, self.values = theorem, targets, drop, values
        self.limit, self.progress, self.stopped = limit, progress, False
        self.start = self._reported = clock.monotonic()
        self.end = math.inf if time is None else self.start + time
        self.stage, self.tried, self.total = "", dict[str, int](), 0
        self.best, self.closest = math.inf, None

    @property
    def seconds(self) -> float:
        """The time since the search began."""
        return clock.monotonic() - self.start

    @property
    def over(self) -> bool:
        """Whether nothing more may be tried."""
        return self.stopped or self.total >= self.limit

    def out_of_time(self) -> bool:
        """Whether the cap has bitten, now or before."""
        self.stopped = self.stopped or clock.monotonic() > self.end
        return self.stopped

    def attempt(self, x: Instance) -> Hit | None:
        """The reading that an instance refutes, or None."""
        self._count()
        for reading in self.targets:
            margin = _margin(self.theorem, reading, x, self.values, self.drop)
            if margin is None:
                continue
            if _fails(self.theorem, reading, x, self.values, self.drop, margin):
                return reading, x
            self._remember(reading, x, _middle(margin))
        return None

    def score(self, reading: Reading, x: Instance) -> tuple[float, Hit | None]:
        """The margin to make small, +inf where the instance does not count, and whether it refutes."""
        self._count()
        margin = _margin(self.theorem, reading, x, self.values, self.drop)
        if margin is None or math.isnan(_middle(margin)) or not self._assumed(reading, x):
            return math.inf, None
        if _fails(self.theorem, reading, x, self.values, self.drop, margin):
            return _middle(margin), (reading, x)
        self._remember(reading, x, _middle(margin))
        return _middle(margin), None

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
        self.total += 1
        now = clock.monotonic()
        self.stopped = self.stopped or now > self.end
        if self.progress is not None and now - self._reported > _BETWEEN_REPORTS:
            self._reported = now
            self.progress(Progress(self.stage, self.total, self.best, now - self.start))


def _middle(margin: tuple[float, float]) -> float:
    return (margin[0] + margin[1]) / 2
