"""Known counterexamples: they start where the claim is refuted, end where it holds, and the address keeps the view."""

from __future__ import annotations

from fractions import Fraction

import pytest

import theorems
from certify.verdict import Verdict
from theorems.app.known import NAME, first_attack, known_counterexample
from theorems.app.sweep import Judged, judge

layout = pytest.importorskip("theorems.app.layout", reason="needs marimo: the extra “app”")
ALL = theorems.all()


@pytest.mark.parametrize("theorem", ALL, ids=[t.id for t in ALL])
def test_every_theorem_opens_red_where_it_can(theorem) -> None:
    name, drop = first_attack(theorem)
    reading = theorem.reading(name)
    family = known_counterexample(theorem, reading, drop)
    known = [c for c in theorem.cells if c.witness is not None]
    if family is None:
        # Nothing to move: no cell has a witness, or its numbers are all discrete.
        assert not known or all(not isinstance(v, tuple) for c in known for _, v in c.witness.items)
        return
    values = theorem.values()
    assert judge(theorem, reading, family.build(family.start()), values, drop).fails
    if any(c.name == "t" for c in family.controls):
        start = judge(theorem, reading, family.build({**family.start(), "t": Fraction(0)}), values, drop)
        assert start.verdict is Verdict.CERTIFIED


def test_ratio_encloses_truth_over_bound() -> None:
    judged = Judged((), Verdict.CERTIFIED, Verdict.CERTIFIED, (0.1, 0.2), (0.3, 0.7))
    ratio = layout.over_bound(judged)
    assert ratio.bound == (1.0, 1.0)
    assert ratio.value[0] <= 0.1 / 0.7
    assert ratio.value[1] >= 0.2 / 0.3
    for bound in ((0.0, 1.0), (-1.0, 2.0), None):
        unknown = layout.over_bound(Judged((), Verdict.CERTIFIED, Verdict.CERTIFIED, (0.1, 0.2), bound))
        assert unknown.value is None
    assert layout.over_bound(None) is None


def test_address_gives_back_the_view() -> None:
    theorem = theorems.get("C4")
    name, drop = first_attack(theorem)
    family = known_counterexample(theorem, theorem.reading(name), drop)
    query: dict[str, str] = {}
    values = {**family.start(), "t": Fraction(3, 40)}
    layout.remember(query, theorem, theorem.reading(name), drop, family, values)
    assert layout.first_choices(query, theorem) == (name, drop)
    assert layout.started(query, family).start() == values
    assert layout.first_choices(query, theorems.get("D4")) == first_attack(theorems.get("D4"))


@pytest.mark.parametrize("at", ["t=", "t=1e9", "t=9;;=", "noise=x", "t=" + "1" * 10_000, "nothing=1", "\x1b=1"])
def test_hostile_addresses_change_nothing_or_a_step(at) -> None:
    theorem = theorems.get("C4")
    name, drop = first_attack(theorem)
    family = known_counterexample(theorem, theorem.reading(name), drop)
    started = layout.started({"family": NAME, "at": at}, family)
    assert all(c.low <= c.start <= c.high for c in started.controls)
    assert layout.first_choices({"theorem": "C4", "reading": at, "drop": at}, theorem) == (name, drop)
