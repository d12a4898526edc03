"""Search for counterexamples: structured families, then strategies, then global optimisation; shrink; certify.

The search starts cold: it stores no answers and reads nothing but the theorem. Floating point only proposes; an
instance counts when exact arithmetic finds that the dropped hypothesis fails, every other one holds, and the
conclusion fails.
"""

from __future__ import annotations

import math
import random
import time as clock
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from certify.errors import PolystableError, UsageError
from certify.verdict import Verdict
from theorems._families import random_instance, structured
from theorems._instance import Instance
from theorems._result import Progress, SearchResult
from theorems._shrink import shrink
from theorems._theorem import Need, Reading, Status, Theorem
from theorems._witness import Witness, examine

__all__ = ["Hunt", "Progress", "SearchResult", "search"]

_STAGES = {"own families": 0.2, "structured": 0.25, "random structured": 0.25, "strategies": 0.15, "optimisation": 0.15}
_STRUCTURED_LIMIT = 60_000
_RANDOM_LIMIT = 40_000
_SHRINK_TIME = 6.0
# What a formula may raise on data that its hypotheses exclude.
_NOT_AN_INSTANCE = (PolystableError, ZeroDivisionError, ValueError, IndexError)


def search(
    theorem: Theorem,
    drop: str | None = None,
    *,
    reading: str | None = None,
    constants: Mapping[str, Any] | None = None,
    time: float = 20.0,
    size: int = 3,
    seed: int = 0,
    progress: Callable[[Progress], None] | None = None,
) -> SearchResult:
    """Look for an exact counterexample.

    Parameters
    ----------
    theorem : what to attack.
    drop : the hypothesis to do without; the witness must violate it and satisfy every other one.
    reading : attack this reading only; default: every true reading that uses ``drop`` or a changed constant, or, with
        neither, every false reading.
    constants : changed values of named constants, exact (int, Fraction or "p/q").
    time : seconds until the search gives up; shrinking may add a few.
    size : the largest side of any matrix.
    seed : of the pseudo-random parts; the same seed finds the same witness unless time runs out first.
    progress : called a few times a second.

    Raises
    ------
    UsageError
        For unknown names, or a hypothesis without which the statement is not defined.
    """
    changed = {name: _exact(name, value) for name, value in (constants or {}).items()}
    values = theorem.values(changed)
    targets = _targets(theorem, drop, reading, changed)
    hunt = Hunt(theorem, targets, drop, values, clock.monotonic(), time, progress)
    found = hunt.run(size, seed)
    witness = None
    if found is not None:
        target, instance = found
        small = shrink(theorem, instance, lambda x: _refutes(theorem, target, x, values, drop), _SHRINK_TIME)
        witness = Witness(theorem, target, drop, changed, small, examine(theorem, target, small, changed))
    return SearchResult(
        theorem,
        tuple(t.name for t in targets),
        drop,
        changed,
        witness,
        hunt.tried,
        hunt.best,
        hunt.closest,
        clock.monotonic() - hunt.start,
        seed,
        size,
        "" if witness else _open_note(theorem, drop),
        {"reading": reading, "time": None if time == 20.0 else time, "size": None if size == 3 else size},
    )


def _exact(name: str, value: Any) -> Fraction:
    if isinstance(value, float):
        raise UsageError(f"{name} = {value!r} is not exact", hint='give an int, a Fraction, or text such as "9/10"')
    try:
        return Fraction(value)
    except (TypeError, ValueError, ZeroDivisionError):
        raise UsageError(f"{name} = {value!r} is not a number", hint='give an int, a Fraction, or "9/10"') from None


def _targets(
    theorem: Theorem, drop: str | None, reading: str | None, changed: Mapping[str, Fraction]
) -> tuple[Reading, ...]:
    if drop is not None:
        hypothesis = theorem.hypothesis(drop)
        if hypothesis.need is Need.DEFINITION:
            raise UsageError(
                f"{theorem.id}: without {drop!r} the statement is not defined",
                hint=hypothesis.why or "drop another hypothesis",
            )
    candidates = [theorem.reading(reading)] if reading else list(theorem.readings)
    if drop is not None:
        candidates = [r for r in candidates if drop in r.hypotheses]
    if changed:
        candidates = [r for r in candidates if set(changed) & set(r.constants)]
    if reading is None:
        false = drop is None and not changed
        candidates = [r for r in candidates if (r.status is Status.FALSE) == false]
    if not candidates:
        raise UsageError(
            f"{theorem.id} has no reading to attack with these choices",
            hint="name a reading, a hypothesis to drop or a constant to change: theorems show " + theorem.id,
        )
    return tuple(candidates)


def _open_note(theorem: Theorem, drop: str | None) -> str:
    if drop is not None and theorem.hypothesis(drop).need is Need.NOT_NEEDED:
        return f"{drop!r} is not needed: {theorem.hypothesis(drop).why}"
    return "no counterexample was found, which proves nothing"


def _refutes(theorem: Theorem, reading: Reading, x: Instance, values: Mapping[str, Fraction], drop: str | None) -> bool:
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

    def run(self, size: int, seed: int) -> tuple[Reading, Instance] | None:
        own, rng = self.theorem.families, random.Random(seed)
        sources: dict[str, Callable[[], Iterator[Instance]]] = {
            "own families": lambda: self._first(iter(own(size, rng) if own is not None else ()), _RANDOM_LIMIT),
            "structured": lambda: self._first(structured(self.theorem, size), _STRUCTURED_LIMIT),
            "random structured": lambda: self._first(
                (random_instance(self.theorem, size, rng) for _ in iter(int, 1)), _RANDOM_LIMIT
            ),
        }
        order = list(_STAGES)
        if own is None:
            order.remove("own families")
        if self.drop is None:
            # The theorem's own strategies meet its hypotheses tightly, which is what a wrong constant needs.
            order.remove("strategies")
            order.insert(order.index("structured") + 1, "strategies")
        for stage in order:
            share, self.stage, self.tried[stage] = _STAGES[stage], stage, 0
            self.until = min(self.start + self.budget, max(self.until, clock.monotonic()) + share * self.budget)
            if stage in sources:
                found = next((hit for x in sources[stage]() if (hit := self.attempt(x))), None)
            elif stage == "strategies":
                from theorems._proposals import from_strategies

                found = from_strategies(self, size, seed)
            else:
                from theorems._proposals import from_optimisation

                found = from_optimisation(self, size, seed)
            if found is not None:
                return found
        return None

    @property
    def out_of_time(self) -> bool:
        """Whether the current stage has used its share."""
        return clock.monotonic() > self.until

    def _first(self, stream: Iterator[Instance], limit: int) -> Iterator[Instance]:
        for count, x in enumerate(stream):
            if count >= limit or self.out_of_time:
                return
            yield x

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
