"""What every hypothesis and every constant is good for: the tables of necessity and of sharpness."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from certify.errors import PolystableError
from certify.rigor.ball import ball, lower, precision
from certify.verdict import Verdict
from theorems.engine.evidence import witnessed
from theorems.engine.families import random_instance, structured
from theorems.engine.instance import Instance
from theorems.engine.search import SearchResult, search
from theorems.engine.shape import fits
from theorems.engine.theorem import Constant, Hypothesis, Need, Reading, Status, Theorem
from theorems.engine.witness import Witness

__all__ = ["NecessityRow", "SharpnessRow", "necessity", "sharpness", "sharpness_at"]

_STRUCTURED = 600
_RANDOM = 300
_BITS = 192
_ALMOST = 1 - 1e-9


@dataclass(frozen=True, slots=True)
class NecessityRow:
    """One reading without one of its hypotheses.

    ``status`` is "witness" (the reading fails without it: see ``instance``), "stronger" (``why`` says how it holds
    without it), "definition" (a term is not defined without it) or "open" (nothing was found, which proves nothing).
    ``found`` tells whether the search of this very call found the instance, or the module keeps it.
    """

    theorem: str
    hypothesis: str
    reading: str
    text: str
    status: str
    why: str
    instance: Instance | None = None
    found: bool = False
    tried: int = 0

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "theorem": self.theorem,
            "hypothesis": self.hypothesis,
            "reading": self.reading,
            "text": self.text,
            "status": self.status,
            "why": self.why,
            "found": self.found,
            "tried": self.tried,
            "instance": None if self.instance is None else self.instance.to_json(),
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


def necessity(theorem: Theorem, *, seed: int = 0) -> list[NecessityRow]:
    """One row for each hypothesis of each true reading; what the module does not decide is searched."""
    true = [r for r in theorem.readings if r.status is not Status.FALSE]
    return [
        _necessity_row(theorem, reading, hypothesis, seed)
        for hypothesis in theorem.hypotheses
        for reading in true
        if hypothesis.name in reading.hypotheses
    ]


def _necessity_row(theorem: Theorem, reading: Reading, hypothesis: Hypothesis, seed: int) -> NecessityRow:
    def row(status: str, why: str, **more: Any) -> NecessityRow:
        return NecessityRow(theorem.id, hypothesis.name, reading.name, hypothesis.text, status, why, **more)

    cell = theorem.cell(reading.name, hypothesis.name)
    if cell is not None and cell.witness is not None:
        stands = witnessed(theorem, cell)[0] is Verdict.CERTIFIED
        return row("witness" if stands else "open", hypothesis.why, instance=cell.witness)
    if cell is not None:
        return row("stronger", cell.stronger) if cell.stronger else row("open", cell.open)
    if hypothesis.need is Need.DEFINITION:
        return row("definition", hypothesis.why)
    if hypothesis.need is Need.NOT_NEEDED:
        return row("stronger", hypothesis.why)
    result = search(theorem, hypothesis.name, reading=reading.name, seed=seed)
    tried = sum(result.tried.values())
    if result.witness is None:
        return row("open", "", tried=tried)
    return row("witness", hypothesis.why, instance=result.witness.instance, found=True, tried=tried)


def sharpness(theorem: Theorem, *, seed: int = 0) -> list[SharpnessRow]:
    """One row for each constant and each true reading that uses it."""
    return [
        _sharpness_row(theorem, constant, reading, seed)
        for constant in theorem.constants
        for reading in theorem.readings
        if constant.name in reading.constants and reading.status is not Status.FALSE
    ]


def sharpness_at(
    theorem: Theorem, constant: Constant, reading: Reading, instance: Instance | None, refuted: Witness | None
) -> SharpnessRow:
    """The row that an instance found before gives now, without any search; ``refuted`` is taken as it is."""
    values = theorem.values()
    ratio = None if instance is None else _ratio(theorem, reading, instance, values)
    if ratio is not None and instance is not None and ratio > _ALMOST:
        attained = reading.reaches(instance, values, Fraction(0)).verdict
        ratio = 1.0 if attained is Verdict.CERTIFIED else ratio
    return SharpnessRow(theorem.id, constant.name, constant.value, reading.name, ratio, instance, refuted)


def _sharpness_row(theorem: Theorem, constant: Constant, reading: Reading, seed: int) -> SharpnessRow:
    best: tuple[float, Instance] | None = None
    values = theorem.values()
    for x in _proposals(theorem, reading, seed) if reading.sides is not None else ():
        ratio = _ratio(theorem, reading, x, values)
        if ratio is not None and (best is None or ratio > best[0] + 1e-12):
            best = ratio, x
        if best is not None and best[0] >= 1:
            break
    refuted = _strengthened(theorem, constant, reading, seed).witness if constant.sharp else None
    return sharpness_at(theorem, constant, reading, None if best is None else best[1], refuted)


def _strengthened(theorem: Theorem, constant: Constant, reading: Reading, seed: int) -> SearchResult:
    factor = Fraction(99, 100) if constant.stronger == "smaller" else Fraction(101, 100)
    changed = {constant.name: constant.value * factor}
    return search(theorem, reading=reading.name, constants=changed, seed=seed)


def _proposals(theorem: Theorem, reading: Reading, seed: int) -> Iterator[Instance]:
    tight, rng = reading.tight or theorem.tight, random.Random(seed)
    if tight is not None:
        yield from tight()
    yield from itertools.islice(structured(theorem, 3), _STRUCTURED)
    yield from (random_instance(theorem, 3, rng) for _ in range(_RANDOM))


def _ratio(theorem: Theorem, reading: Reading, x: Instance, values: dict[str, Fraction]) -> float | None:
    """A lower bound of value/bound, where the hypotheses hold and the bound is positive."""
    if reading.sides is None:
        return None
    try:
        if not fits(theorem, x) or theorem.assumptions(reading, x) is not Verdict.CERTIFIED:
            return None
        with precision(_BITS):
            value, bound = (ball(side) for side in reading.sides(x, values))
            return lower(value / bound) if bound > 0 else None
    except (PolystableError, ZeroDivisionError, ValueError, IndexError):
        return None
