"""A check must be able to fail: planted faults, empty strategies and open margins all show."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import pytest
from hypothesis import strategies as st

import theorems
from certify.rigor.ball import ball
from certify.verdict import Verdict
from theorems.checking import check
from theorems.engine import evidence as evidence
from theorems.engine.check import Report, Result, cases
from theorems.engine.evidence import Profile
from theorems.engine.instance import Instance
from theorems.engine.theorem import Mutant, Need, Property, facts, holds
from theorems.exact.scalars import num

D3 = theorems.get("D3")
QUICK = Profile(examples=15)


def with_reading(name, **changes):
    reading = dataclasses.replace(D3.reading(name), **changes)
    return dataclasses.replace(D3, readings=tuple(reading if r.name == name else r for r in D3.readings)), reading


def test_a_wrong_reading_is_refuted_with_its_instance():
    theorem, reading = with_reading("margin", sides=lambda x, c: (num(1), num(0)))
    verdict, line = evidence.numeric(theorem, reading, QUICK)
    assert verdict is Verdict.REFUTED
    assert "Instance.of(d=" in line


def test_a_reading_that_is_wrong_only_off_the_tight_instances_is_refuted():
    theorem, reading = with_reading(
        "margin", sides=lambda x, c: (num(int(x.rational("hi") - x.rational("lo") >= 1)), num(0))
    )
    assert evidence.numeric(theorem, reading, QUICK)[0] is Verdict.REFUTED


def test_an_open_margin_leaves_the_check_open():
    theorem, reading = with_reading("margin", sides=lambda x, c: (num(0), ball(0, 1)))
    verdict, line = evidence.numeric(theorem, reading, QUICK)
    assert verdict is Verdict.UNDECIDED
    assert "open" in line


def test_a_strategy_outside_the_hypotheses_is_vacuous():
    outside = st.just(Instance.of(d=1, lo=1, hi=0))
    theorem, reading = with_reading("increasing", strategy=lambda: outside, tight=list)
    verdict, line = evidence.numeric(theorem, reading, QUICK)
    assert verdict is Verdict.UNDECIDED
    assert "vacuous" in line


def test_a_loose_bound_is_not_attained():
    theorem, reading = with_reading("margin", attained=Fraction(1, 2**20))
    assert evidence.attained(theorem, reading)[0] is Verdict.CERTIFIED
    loose, wider = with_reading(
        "margin", attained=Fraction(1, 2**20), sides=lambda x, c: (D3.reading("margin").sides(x, c)[0], num(7))
    )
    assert evidence.attained(loose, wider)[0] is Verdict.REFUTED
    nowhere, unattained = with_reading("margin", attained=Fraction(0), tight=list)
    assert evidence.attained(nowhere, unattained)[0] is Verdict.UNDECIDED


def test_a_mutant_that_is_no_fault_is_reported():
    harmless = Mutant("same", "the reading itself", "margin", sides=D3.reading("margin").sides)
    assert evidence.rejected(D3, harmless, QUICK)[0] is Verdict.REFUTED
    wrong_proof = Mutant("proof", "a false fact", symbolic=lambda: facts("symbolic", "n = 1", [("0 = 1", False)]))
    assert evidence.rejected(D3, wrong_proof, QUICK)[0] is Verdict.CERTIFIED


def test_a_claim_of_falsity_needs_a_counterexample():
    verdict, line = evidence.refuted(D3, QUICK, reading="margin")
    assert verdict is Verdict.UNDECIDED
    assert "no counterexample among" in line


def test_a_hypothesis_said_not_to_be_needed_is_tried_without():
    ranks = dataclasses.replace(D3.hypothesis("ranks"), need=Need.NOT_NEEDED)
    assert evidence.not_needed(D3, ranks, Profile(examples=60))[0] is Verdict.REFUTED
    under, _ = with_reading("margin", hypotheses=("ranks", "ordered"))
    assert evidence.not_needed(under, D3.hypothesis("ordered"), QUICK, under.reading("margin"))[0] is Verdict.CERTIFIED


def test_a_false_property_is_refuted():
    wrong = Property("p", "d is even", lambda x: holds(x.integer("d") % 2 == 0))
    assert evidence.property_holds(D3, wrong, QUICK)[0] is Verdict.REFUTED


def test_seeds_change_the_instances_and_nothing_else():
    seen = []
    watching = Property("w", "watch", lambda x: (seen.append(x), Verdict.CERTIFIED)[1])
    for profile in (QUICK, QUICK, Profile(examples=15, seed=1), Profile(examples=15, seed=1)):
        seen.append(None)
        evidence.property_holds(D3, watching, profile)
    runs, part = [], []
    for x in [*seen[1:], None]:
        if x is None:
            runs.append(part)
            part = []
        else:
            part.append(x)
    assert runs[0] == runs[1]
    assert runs[2] == runs[3]
    assert runs[0] != runs[2]


def test_a_report_is_as_good_as_its_worst_result():
    results = [Result("D3", "numeric", str(v), v, "") for v in Verdict]
    assert Report(tuple(results)).verdict is Verdict.REFUTED
    assert Report(()).verdict is Verdict.CERTIFIED
    assert "<table" in Report(tuple(results))._repr_html_()


def test_every_theorem_has_cases_of_every_obligatory_kind():
    for theorem in theorems.all():
        kinds = [case.kind for case in cases(theorem)]
        assert {"symbolic", "numeric", "mutant"} <= set(kinds)
        assert kinds.count("mutant") >= 2


def test_checking_one_theorem():
    seen: list[Result] = []
    report = check(["chart"], progress=seen.append)
    assert report.verdict is Verdict.CERTIFIED
    assert len(report.results) == len(seen) == len(cases(D3))
    assert {r.theorem for r in report.results} == {"D3"}


@pytest.mark.parametrize("seed", [1, 2])
def test_other_seeds_agree(seed):
    assert theorems.check(["D4.product"], seed=seed).verdict is Verdict.CERTIFIED
