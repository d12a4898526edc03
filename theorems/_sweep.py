"""All checks of all theorems as pytest tests: ``pytest --pyargs theorems``. A new theorem module needs no line here."""

from __future__ import annotations

import pytest

from certify.verdict import Verdict
from theorems.engine.check import Case, Profile, cases
from theorems.engine.theorem import Need, Status, Theorem
from theorems.library import all_theorems, docstring

_THEOREMS = all_theorems()
_CASES = [case for theorem in _THEOREMS for case in cases(theorem)]
_SECTIONS = ("Statement", "Hypotheses", "Needed", "Reach", "Readings", "Reference")


@pytest.mark.parametrize("case", _CASES, ids=lambda c: f"{c.theorem}-{c.kind}-{c.name}".replace(" ", "_"))
def test_case(case: Case) -> None:
    """Every piece of evidence is CERTIFIED; UNDECIDED is not good enough."""
    result = case.result(Profile())
    assert result.verdict is Verdict.CERTIFIED, result.evidence


def undecided(theorem: Theorem) -> list[tuple[str, str]]:
    """Pairs (true reading, hypothesis) of which the module says nothing, though no term needs the hypothesis."""
    return [
        (reading.name, name)
        for reading in theorem.readings
        if reading.status is not Status.FALSE
        for name in reading.hypotheses
        if theorem.hypothesis(name).need is not Need.DEFINITION and theorem.cell(reading.name, name) is None
    ]


@pytest.mark.parametrize("theorem", _THEOREMS, ids=lambda t: t.id)
def test_completeness(theorem: Theorem) -> None:
    """A theorem has a symbolic check, two mutants, a true reading, and a docstring with every section."""
    assert theorem.symbolic
    unexcused = [r.name for r in theorem.readings if r.sides and r.status is Status.TRUE and r.attained is None]
    declared = [r.name for r in theorem.readings if r.slack]
    assert unexcused == declared, "a bound shows instances that attain it, or says why none can"
    assert undecided(theorem) == [], "every cell of the necessity table is decided, or said to be open"
    assert len(theorem.mutants) >= 2
    assert any(r.status is not Status.FALSE for r in theorem.readings)
    text = docstring(theorem)
    missing = [section for section in _SECTIONS if f"\n{section}" not in text]
    assert not missing, f"the docstring has no section {', '.join(missing)}"
