"""From a cold start every false reading falls, every needed hypothesis has a minimal exact witness."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

import theorems
from certify.errors import UsageError
from certify.verdict import Verdict
from theorems.engine.theorem import Cell, Need, Status

MODELS = ("D3", "D4", "D4.product", "E1")
FALSE = [(t, r.name) for t in MODELS for r in theorems.get(t).readings if r.status is Status.FALSE]
NEEDED = [(t, h.name) for t in MODELS for h in theorems.get(t).hypotheses if h.need is Need.NEEDED]
SHARP = [(t, c.name) for t in MODELS for c in theorems.get(t).constants if c.sharp]


def minimal(result):
    assert result.verdict is Verdict.REFUTED
    witness = result.witness
    assert witness.finding.refutes(witness.dropped)
    assert witness.instance.height() <= 10
    assert not result.stopped
    for _, value in witness.instance.items:
        if isinstance(value, tuple) and isinstance(value[0], tuple):
            assert len(value) <= 3
            assert len(value[0]) <= 3


@pytest.mark.parametrize(("id", "name"), FALSE)
def test_false_readings_fall(id, name):
    minimal(theorems.get(id).search(reading=name))


@pytest.mark.parametrize(("id", "name"), NEEDED)
def test_needed_hypotheses_have_witnesses(id, name):
    result = theorems.get(id).search(drop=name)
    minimal(result)
    assert result.witness.finding.hypotheses[name] is Verdict.REFUTED


@pytest.mark.parametrize(("id", "name"), SHARP)
def test_sharp_constants_cannot_be_improved(id, name):
    constant = theorems.get(id).constant(name)
    factor = Fraction(99, 100) if constant.stronger == "smaller" else Fraction(101, 100)
    result = theorems.get(id).search(constants={name: constant.value * factor})
    assert result.witness is not None


@pytest.mark.parametrize(("id", "name"), SHARP)
def test_loosened_constants_have_no_witness(id, name):
    constant = theorems.get(id).constant(name)
    factor = Fraction(11, 10) if constant.stronger == "smaller" else Fraction(9, 10)
    result = theorems.get(id).search(constants={name: constant.value * factor}, limit=2000)
    assert result.verdict is Verdict.UNDECIDED
    assert sum(result.tried.values()) > 100
    assert "proves nothing" in result.show()


def test_the_same_seed_finds_the_same_witness():
    first, second = (theorems.get("D4").search(drop="slack", seed=5) for _ in range(2))
    assert first.witness.to_json() == second.witness.to_json()
    assert first.tried == second.tried
    assert "seed=5" in first.python


def test_the_line_of_python_repeats_the_search():
    result = theorems.get("E1").search(constants={"writer": "9/10"})
    names: dict[str, object] = {}
    line, _, call = result.python.partition("; ")
    exec(f"{line}; again = {call}", names)
    assert names["again"].witness.to_json() == result.witness.to_json()


def test_a_hypothesis_that_a_reading_does_not_need_is_said_with_the_reason():
    theorem = theorems.get("D4")
    name = next(r.name for r in theorem.readings if "normalized" in r.hypotheses)
    cell = Cell(name, "normalized", stronger="the scale cancels")
    result = replace(theorem, cells=(cell,)).search(drop="normalized", reading=name, limit=1)
    assert result.verdict is Verdict.UNDECIDED
    assert result.note == f"'normalized' is not needed by {name!r}: the scale cancels"


@pytest.mark.parametrize(
    "request_",
    [
        {"drop": "absent"},
        {"drop": "square"},
        {"reading": "absent"},
        {"constants": {"absent": 1}},
        {"drop": "slack", "constants": {"factor": 1}, "reading": "range"},
    ],
)
def test_requests_that_make_no_sense_are_refused(request_):
    with pytest.raises(UsageError):
        theorems.get("D4").search(**request_)


def test_a_constant_is_exact():
    with pytest.raises(UsageError):
        theorems.get("D4").search(constants={"factor": 0.99})


def test_progress_is_reported():
    seen = []
    theorems.get("D4").search(constants={"factor": 2}, limit=3000, progress=seen.append)
    assert seen
    assert seen[-1].tried > 0


def test_results_show_themselves():
    result = theorems.get("D4").search(drop="slack")
    assert "refuted" in result.show()
    assert "<table" in result._repr_html_()
    assert result.to_json()["witness"]["theorem"] == "D4"
    nothing = theorems.get("D4").search(constants={"factor": 2}, limit=300)
    assert "UNDECIDED" in nothing._repr_html_()
    assert nothing.to_json()["witness"] is None
