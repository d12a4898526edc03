"""A theorem along a family: enclosures of both sides, the margin and the hypotheses at a range of values."""

from __future__ import annotations

import functools
import math
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from certify.errors import PolystableError
from certify.rigor.ball import ball, interval, precision
from certify.verdict import Verdict, combine
from theorems.app.family import Family, Values
from theorems.engine.instance import Instance
from theorems.engine.theorem import Need, Reading, Theorem

__all__ = ["REFUSED", "TURN", "Judged", "Point", "judge", "sweep"]

Enclosure: TypeAlias = tuple[float, float]
# What an instance outside the domain of a statement may raise.
REFUSED = (PolystableError, ArithmeticError, ValueError, IndexError)
# The working precision belongs to the process, and every page of the app is a thread of it.
TURN = threading.RLock()


@dataclass(frozen=True, slots=True)
class Judged:
    """One reading on one instance.

    ``hypotheses`` are those of the reading; ``assumed`` is the conjunction of all but the dropped one. ``value`` and
    ``bound`` enclose the two sides (None for a reading that only decides), ``margin`` encloses bound − value, and
    ``verdict`` is that of the conclusion alone. Where a side is not defined, ``cause`` says why, and ``verdict`` is
    UNDECIDED.
    """

    hypotheses: tuple[tuple[str, Verdict], ...]
    assumed: Verdict
    verdict: Verdict
    value: Enclosure | None = None
    bound: Enclosure | None = None
    margin: Enclosure | None = None
    method: str = ""
    cause: str = ""

    @property
    def fails(self) -> bool:
        """A counterexample to the reading without the dropped hypothesis."""
        return self.assumed is Verdict.CERTIFIED and self.verdict is Verdict.REFUTED


@dataclass(frozen=True, slots=True)
class Point:
    """A parameter value of a sweep, its instance and what was found; no instance where the family has none."""

    t: Fraction
    instance: Instance | None
    judged: Judged | None
    cause: str = ""


def judge(
    theorem: Theorem, reading: Reading, x: Instance, constants: Mapping[str, Fraction], drop: str | None = None
) -> Judged:
    """Decide the hypotheses and the conclusion on one instance; enclose both sides."""
    with TURN:
        return _judge(_Key(theorem, reading), x, tuple(constants.items()), drop)


class _Key:
    """A theorem and a reading, hashed by name."""

    def __init__(self, theorem: Theorem, reading: Reading) -> None:
        self.theorem, self.reading = theorem, reading

    def __hash__(self) -> int:
        return hash((self.theorem.id, self.reading.name))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and (self.theorem is other.theorem) and (self.reading is other.reading)


@functools.lru_cache(maxsize=4096)
def _judge(key: _Key, x: Instance, constants: tuple[tuple[str, Fraction], ...], drop: str | None) -> Judged:
    theorem, reading = key.theorem, key.reading
    used = [h for h in theorem.hypotheses if h.name in reading.hypotheses]
    found: dict[str, Verdict] = {}
    defined = True
    for h in sorted(used, key=lambda h: h.need is not Need.DEFINITION):
        try:
            found[h.name] = h.holds(x) if defined else Verdict.UNDECIDED
        except REFUSED:
            found[h.name] = Verdict.UNDECIDED
        if h.need is Need.DEFINITION and found[h.name] is not Verdict.CERTIFIED:
            defined = False
    hypotheses = tuple((h.name, found[h.name]) for h in used)
    assumed = combine(v for name, v in hypotheses if name != drop)
    if not defined:
        failed = ", ".join(h.name for h in used if found[h.name] is Verdict.REFUTED) or "a hypothesis"
        return Judged(hypotheses, assumed, Verdict.UNDECIDED, cause=f"not defined without: {failed}")
    values = dict(constants)
    try:
        outcome = reading.judge(x, values)
        value, bound = _sides(reading, x, values)
    except REFUSED as error:
        return Judged(hypotheses, assumed, Verdict.UNDECIDED, cause=str(error).splitlines()[0])
    margin = (outcome.lower, outcome.upper) if math.isfinite(outcome.lower + outcome.upper) else None
    return Judged(hypotheses, assumed, outcome.verdict, value, bound, margin, outcome.method)


def _sides(
    reading: Reading, x: Instance, constants: Mapping[str, Fraction]
) -> tuple[Enclosure | None, Enclosure | None]:
    if reading.sides is None:
        return None, None
    with precision(64):
        value, bound = (interval(ball(side)) for side in reading.sides(x, constants))
    return (value if math.isfinite(sum(value)) else None), (bound if math.isfinite(sum(bound)) else None)


def sweep(
    theorem: Theorem,
    reading: Reading,
    family: Family,
    values: Values,
    vary: str,
    constants: Mapping[str, Fraction],
    drop: str | None = None,
    *,
    points: int = 49,
    seconds: float = 1.0,
) -> list[Point]:
    """Judge the instances of a family while one control runs through its range, coarse to fine until time is up."""
    grid = family.control(vary).grid(points)
    end = time.monotonic() + seconds
    found: dict[Fraction, Point] = {}
    for count, t in enumerate(_coarse_to_fine(grid)):
        # Nine points make a picture, however long they take.
        if count >= 9 and time.monotonic() > end:
            break
        found[t] = _point(theorem, reading, family, {**values, vary: t}, t, constants, drop)
    return [found[t] for t in grid if t in found]


def _coarse_to_fine(grid: Sequence[Fraction]) -> Iterator[Fraction]:
    stride = 1
    while stride * 8 < len(grid):
        stride *= 2
    seen: set[int] = set()
    while stride:
        for k in range(0, len(grid), stride):
            if k not in seen:
                seen.add(k)
                yield grid[k]
        stride //= 2


def _point(
    theorem: Theorem,
    reading: Reading,
    family: Family,
    values: Values,
    t: Fraction,
    constants: Mapping[str, Fraction],
    drop: str | None,
) -> Point:
    try:
        x = family.build(values)
    except REFUSED as error:
        return Point(t, None, None, str(error).splitlines()[0])
    return Point(t, x, judge(theorem, reading, x, constants, drop))
