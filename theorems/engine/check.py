"""The checks of a theorem: every piece of evidence it comes with is one case with a verdict.

========== ==============================================================================================
kind       a case is CERTIFIED when
========== ==============================================================================================
symbolic   the proof goes through: for all real inputs of some sizes
exhaustive the proof goes through: every case of a finite statement
instances  the proof goes through: finitely many exact instances of an infinite statement
numeric    a true reading holds on every tight and every drawn instance that meets its hypotheses
attained   every instance that is said to attain a bound meets the hypotheses and attains it
false      a counterexample to a false reading stands: the one that is stored, or one that is found
needed     without the hypothesis a counterexample stands, that violates no other one
not needed the reading holds on drawn instances that violate the hypothesis
constant   with a sharp constant strengthened by one percent a counterexample is found
property   the property holds on every drawn instance
strata     the strategies produced every kind of instance that they must
mutant     the checks reject the wrong version: written in the module, or derived from a bound
========== ==============================================================================================
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from theorems.engine.evidence import (
    Evidence,
    Profile,
    attained,
    best,
    not_needed,
    numeric,
    property_holds,
    refuted,
    rejected,
    sharp,
    strata,
    symbolic,
    term_needed,
    witnessed,
)
from theorems.engine.report import Report, Result
from theorems.engine.theorem import Hypothesis, Need, Reading, Status, Theorem

__all__ = ["Case", "Profile", "Report", "Result", "cases"]


@dataclass(frozen=True, slots=True)
class Case:
    """One check, not yet run; ``searches`` if it looks for a counterexample from a cold start."""

    theorem: str
    kind: str
    name: str
    run: Callable[[Profile], Evidence]
    searches: bool = False

    def result(self, profile: Profile) -> Result:
        """Run the check and take its processor time, which decides nothing."""
        start = time.process_time()
        verdict, evidence = self.run(profile)
        return Result(self.theorem, self.kind, self.name, verdict, evidence, time.process_time() - start)


def cases(theorem: Theorem) -> list[Case]:
    """Every check of one theorem."""
    found: list[Case] = []

    def add(kind: str, name: str, run: Callable[[Profile], Evidence], searches: bool = False, /) -> None:
        found.append(Case(theorem.id, kind, name, run, searches))

    for proof in theorem.symbolic:
        add(getattr(proof, "kind", "symbolic"), proof.__name__, lambda _, proof=proof: symbolic(proof))
    for reading in theorem.readings:
        if reading.status is Status.FALSE:
            cell = theorem.cell(reading.name, "")
            if cell is not None:
                add("false", reading.name, lambda _, c=cell: witnessed(theorem, c))
            else:
                add("false", reading.name, lambda p, r=reading: refuted(theorem, p, reading=r.name), True)
            continue
        add("numeric", reading.name, lambda p, r=reading: numeric(theorem, r, p))
        if reading.attained is not None:
            _bound(theorem, reading, add)
    for hypothesis in theorem.hypotheses:
        _necessity(theorem, hypothesis, add)
    for constant in theorem.constants:
        if constant.sharp and any(r.sides for r in theorem.readings if constant.name in r.constants):
            add("constant", constant.name, lambda p, c=constant: sharp(theorem, c, p), True)
    for prop in theorem.properties:
        add("property", prop.name, lambda p, q=prop: property_holds(theorem, q, p))
    if theorem.strata:
        add("strata", "strategies", lambda p: strata(theorem, p))
    for mutant in theorem.mutants:
        add("mutant", mutant.name, lambda p, m=mutant: rejected(theorem, m, p))
    return found


class _Add(Protocol):
    def __call__(self, kind: str, name: str, run: Callable[[Profile], Evidence], searches: bool = False, /) -> None: ...


def _bound(theorem: Theorem, reading: Reading, add: _Add) -> None:
    add("attained", reading.name, lambda _: attained(theorem, reading))
    add("mutant", f"{reading.name}, smaller", lambda _: best(theorem, reading))
    for constant in theorem.constants:
        if constant.sharp and constant.name in reading.constants and constant.stronger == "smaller":
            add(
                "mutant",
                f"{reading.name}, no {constant.name}",
                lambda _, c=constant: term_needed(theorem, reading, c),
            )


def _necessity(theorem: Theorem, hypothesis: Hypothesis, add: _Add) -> None:
    """One case for each reading that the module speaks of; else a search, or a sample, for all of them together."""
    true = [r for r in theorem.readings if r.status is not Status.FALSE and hypothesis.name in r.hypotheses]
    told = not true
    for reading in theorem.readings:
        cell = theorem.cell(reading.name, hypothesis.name)
        if cell is None:
            continue
        told, name = True, f"{reading.name} without {hypothesis.name}"
        if cell.witness is not None:
            add("needed", name, lambda _, c=cell: witnessed(theorem, c))
        elif cell.stronger and not cell.proof:
            add("not needed", name, lambda p, r=reading: not_needed(theorem, hypothesis, p, r))
    if told:
        return
    if hypothesis.need is Need.NEEDED:
        add("needed", hypothesis.name, lambda p: refuted(theorem, p, drop=hypothesis.name), True)
    elif hypothesis.need is Need.NOT_NEEDED:
        add("not needed", hypothesis.name, lambda p: not_needed(theorem, hypothesis, p))
