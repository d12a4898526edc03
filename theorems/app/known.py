"""Known counterexamples to open with: from an instance where a claim holds to the one that refutes it."""

from __future__ import annotations

import functools
from fractions import Fraction
from typing import cast

from theorems.app.between import NOISE, blend, scaled
from theorems.app.family import Control, Family, Values
from theorems.app.near import sound_neighbour
from theorems.engine.instance import Instance
from theorems.engine.theorem import Need, Reading, Status, Theorem
from theorems.engine.witness import Witness, examine

__all__ = ["NAME", "first_attack", "known_counterexample"]

NAME = "to a known counterexample"
_T = Control("t", "position t: 0 holds, 1 refutes", Fraction(0), Fraction(5, 4), Fraction(1, 40), Fraction(1))
_SCALE = Control("scale", "scale", Fraction(1, 4), Fraction(4), Fraction(1, 4), Fraction(1))
_JUDGED = 24


def first_attack(theorem: Theorem) -> tuple[str, str | None]:
    """A reading and the first hypothesis that it is known to need; else a false reading, else the first, and None."""
    needed = [h.name for h in theorem.hypotheses if h.need is not Need.DEFINITION]
    for name in needed:
        for reading in theorem.readings:
            cell = theorem.cell(reading.name, name)
            if reading.status is Status.TRUE and cell is not None and cell.witness is not None:
                return reading.name, name
    refuted = (r.name for r in theorem.readings if (cell := theorem.cell(r.name, "")) is not None and cell.witness)
    return next(refuted, theorem.readings[0].name), None


def known_counterexample(theorem: Theorem, reading: Reading, drop: str | None) -> Family | None:
    """The line to the exact witness of the reading without ``drop``, or to that of a false reading; None without one.

    Where no instance of the witness' shape holds, the line is that one instance, scaled and perturbed.
    """
    cell = theorem.cell(reading.name, drop or "")
    if cell is None or cell.witness is None:
        return None
    goal = cell.witness
    start = _start(theorem.id, reading.name, cell.hypothesis)
    shaken = any(isinstance(value, tuple) for _, value in goal.items)
    controls = ([_T] if start is not None else []) + ([_SCALE, NOISE] if shaken else [])
    if not controls:
        return None

    def build(values: Values) -> Instance:
        number = {name: cast(Fraction, value) for name, value in values.items()}
        x = goal if start is None else blend(start, goal, number.get("t", Fraction(1)))
        return scaled(x, number.get("scale", Fraction(1)), number.get("noise", Fraction(0)))

    without = f" without “{drop}”" if drop else ""
    text = f"The straight line from an instance where the claim holds to an exact counterexample{without}, and beyond."
    return Family(NAME, text if start is not None else f"An exact counterexample{without}.", tuple(controls), build)


@functools.lru_cache(maxsize=64)
def _start(id: str, name: str, hypothesis: str) -> Instance | None:
    from theorems.library import get

    theorem = get(id)
    reading, cell = theorem.reading(name), theorem.cell(name, hypothesis)
    assert cell is not None
    assert cell.witness is not None
    finding = examine(theorem, reading, cell.witness, theorem.values())
    witness = Witness(theorem, reading, hypothesis or None, {}, cell.witness, finding)
    return sound_neighbour(witness, _JUDGED)
