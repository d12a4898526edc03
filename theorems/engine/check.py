"""Running the checks of a theorem: every piece of evidence it comes with is one case with a verdict.

========== ==============================================================================================
kind       a case is CERTIFIED when
========== ==============================================================================================
symbolic   the proof goes through
numeric    a true reading holds on every tight and every drawn instance that meets its hypotheses
attained   every tight instance reaches the bound
false      a counterexample to a false reading is found and certified
needed     without the hypothesis a counterexample is found and certified
not needed the readings hold on drawn instances that violate the hypothesis
constant   with a sharp constant strengthened by one percent a counterexample is found and certified
property   the property holds on every drawn instance
mutant     the checks reject the wrong version
========== ==============================================================================================
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from theorems.engine.evidence import (
    Evidence,
    Profile,
    attained,
    not_needed,
    numeric,
    property_holds,
    refuted,
    rejected,
    sharp,
    symbolic,
)
from theorems.engine.report import Report, Result
from theorems.engine.theorem import Need, Status, Theorem
from theorems.library import select

__all__ = ["Case", "Profile", "Report", "Result", "cases", "check"]


@dataclass(frozen=True, slots=True)
class Case:
    """One check, not yet run."""

    theorem: str
    kind: str
    name: str
    run: Callable[[Profile], Evidence]

    def result(self, profile: Profile) -> Result:
        """Run the check and take its time."""
        start = time.monotonic()
        verdict, evidence = self.run(profile)
        return Result(self.theorem, self.kind, self.name, verdict, evidence, time.monotonic() - start)


def check(
    ids: Sequence[str] | None = None,
    *,
    seed: int | None = None,
    thorough: bool = False,
    progress: Callable[[Case], None] | None = None,
) -> Report:
    """Run the checks of some theorems, all by default."""
    profile = Profile(examples=600 if thorough else 60, seed=seed)
    results: list[Result] = []
    for theorem in select(ids):
        for case in cases(theorem):
            if progress is not None:
                progress(case)
            results.append(case.result(profile))
    return Report(tuple(results))


def cases(theorem: Theorem) -> list[Case]:
    """Every check of one theorem."""
    found: list[Case] = []

    def add(kind: str, name: str, run: Callable[[Profile], Evidence]) -> None:
        found.append(Case(theorem.id, kind, name, run))

    for proof in theorem.symbolic:
        add("symbolic", proof.__name__, lambda _, proof=proof: symbolic(proof))
    for reading in theorem.readings:
        if reading.status is Status.FALSE:
            add("false", reading.name, lambda p, r=reading: refuted(theorem, p, reading=r.name))
            continue
        add("numeric", reading.name, lambda p, r=reading: numeric(theorem, r, p))
        if reading.attained is not None:
            add("attained", reading.name, lambda _, r=reading: attained(theorem, r))
    for hypothesis in theorem.hypotheses:
        if hypothesis.need is Need.NEEDED:
            add("needed", hypothesis.name, lambda p, h=hypothesis: refuted(theorem, p, drop=h.name))
        elif hypothesis.need is Need.NOT_NEEDED:
            add("not needed", hypothesis.name, lambda p, h=hypothesis: not_needed(theorem, h, p))
    for constant in theorem.constants:
        if constant.sharp:
            add("constant", constant.name, lambda p, c=constant: sharp(theorem, c, p))
    for prop in theorem.properties:
        add("property", prop.name, lambda p, q=prop: property_holds(theorem, q, p))
    for mutant in theorem.mutants:
        add("mutant", mutant.name, lambda p, m=mutant: rejected(theorem, m, p))
    return found
