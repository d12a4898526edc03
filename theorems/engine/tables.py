"""What every hypothesis and every constant is good for, searched afresh: the tables of necessity and of sharpness."""

from __future__ import annotations

import itertools
import random
import time as clock
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from certify.errors import PolystableError
from certify.rigor.ball import ball, lower, precision
from certify.verdict import Verdict
from theorems.engine.families import random_instance, structured
from theorems.engine.instance import Instance
from theorems.engine.search import SearchResult, search
from theorems.engine.theorem import Constant, Need, Reading, Status, Theorem
from theorems.engine.witness import Witness
from theorems.library import select

__all__ = ["NecessityRow", "SharpnessRow", "necessity", "sharpness"]

_STRUCTURED = 4000
_RANDOM = 2000
_BITS = 192
_ALMOST = 1 - 1e-9


@dataclass(frozen=True, slots=True)
class NecessityRow:
    """One hypothesis of one theorem.

    ``status`` is "witness" (the conclusion fails without it: see ``witness``), "not needed" (``why`` names the stronger
    theorem), "definition" (a term is not defined without it) or "open" (nothing was found, which proves nothing).
    """

    theorem: str
    hypothesis: str
    text: str
    status: str
    why: str
    witness: Witness | None = None
    tried: int = 0

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "theorem": self.theorem,
            "hypothesis": self.hypothesis,
            "text": self.text,
            "status": self.status,
            "why": self.why,
            "tried": self.tried,
            "witness": None if self.witness is None else self.witness.to_json(),
        }


@dataclass(frozen=True, slots=True)
class SharpnessRow:
    """One constant of one theorem.

    ``ratio`` is a proved lower bound of value/bound at ``instance``, the largest that was reached; None for a reading
    without a bound. ``refuted`` is the counterexample to the constant strengthened by one percent.
    """

    theorem: str
    constant: str
    value: Fraction
    reading: str
    ratio: float | None
    instance: Instance | None
    refuted: Witness | None

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "theorem": self.theorem,
            "constant": self.constant,
            "value": str(self.value),
            "reading": self.reading,
            "ratio": self.ratio,
            "instance": None if self.instance is None else self.instance.to_json(),
            "refuted": None if self.refuted is None else self.refuted.to_json(),
        }


def necessity(ids: Sequence[str] | None = None, *, time: float = 20.0, seed: int = 0) -> list[NecessityRow]:
    """One row for each hypothesis of each theorem; ``time`` is the limit of one search."""
    return [_necessity_row(t, h.name, time, seed) for t in select(ids) for h in t.hypotheses]


def _necessity_row(theorem: Theorem, name: str, time: float, seed: int) -> NecessityRow:
    hypothesis = theorem.hypothesis(name)
    if hypothesis.need is Need.DEFINITION:
        return NecessityRow(theorem.id, name, hypothesis.text, "definition", hypothesis.why)
    if hypothesis.need is Need.NOT_NEEDED:
        return NecessityRow(theorem.id, name, hypothesis.text, "not needed", hypothesis.why)
    result = search(theorem, name, time=time, seed=seed)
    status = "open" if result.witness is None else "witness"
    return NecessityRow(
        theorem.id, name, hypothesis.text, status, hypothesis.why, result.witness, sum(result.tried.values())
    )


def sharpness(ids: Sequence[str] | None = None, *, time: float = 5.0, seed: int = 0) -> list[SharpnessRow]:
    """One row for each constant and each true reading that uses it; ``time`` is the limit for each."""
    return [
        _sharpness_row(theorem, constant, reading, time, seed)
        for theorem in select(ids)
        for constant in theorem.constants
        for reading in theorem.readings
        if constant.name in reading.constants and reading.status is not Status.FALSE
    ]


def _sharpness_row(theorem: Theorem, constant: Constant, reading: Reading, time: float, seed: int) -> SharpnessRow:
    best: tuple[float, Instance] | None = None
    values, end = theorem.values(), clock.monotonic() + time
    for x in _proposals(theorem, reading, seed) if reading.sides is not None else ():
        ratio = _ratio(theorem, reading, x, values)
        if ratio is not None and (best is None or ratio > best[0] + 1e-12):
            best = ratio, x
        if clock.monotonic() > end or (best is not None and best[0] >= 1):
            break
    refuted = _strengthened(theorem, constant, reading, time, seed).witness if constant.sharp else None
    ratio, instance = best if best is not None else (None, None)
    if ratio is not None and instance is not None and ratio > _ALMOST:
        attained = reading.reaches(instance, values, Fraction(0)).verdict
        ratio = 1.0 if attained is Verdict.CERTIFIED else ratio
    return SharpnessRow(theorem.id, constant.name, constant.value, reading.name, ratio, instance, refuted)


def _strengthened(theorem: Theorem, constant: Constant, reading: Reading, time: float, seed: int) -> SearchResult:
    factor = Fraction(99, 100) if constant.stronger == "smaller" else Fraction(101, 100)
    changed = {constant.name: constant.value * factor}
    return search(theorem, reading=reading.name, constants=changed, time=time, seed=seed)


def _proposals(theorem: Theorem, reading: Reading, seed: int) -> Iterator[Instance]:
    tight, rng = reading.tight or theorem.tight, random.Random(seed)
    yield from itertools.islice(structured(theorem, 3), _STRUCTURED)
    if tight is not None:
        yield from tight()
    yield from (random_instance(theorem, 3, rng) for _ in range(_RANDOM))


def _ratio(theorem: Theorem, reading: Reading, x: Instance, values: dict[str, Fraction]) -> float | None:
    """A lower bound of value/bound, where the hypotheses hold and the bound is positive."""
    if reading.sides is None:
        return None
    try:
        if theorem.assumptions(reading, x) is not Verdict.CERTIFIED:
            return None
        with precision(_BITS):
            value, bound = (ball(side) for side in reading.sides(x, values))
            return lower(value / bound) if bound > 0 else None
    except (PolystableError, ZeroDivisionError, ValueError, IndexError):
        return None
