"""The dataclasses refuse theorems that do not hang together; readings judge, proofs collect facts."""

from __future__ import annotations

import dataclasses
import importlib
from fractions import Fraction
from pathlib import Path

import pytest

import theorems
import theorems.statements
from certify.errors import UsageError
from certify.verdict import Verdict
from theorems.engine.instance import Instance
from theorems.engine.theorem import Mutant, Reading, facts, small
from theorems.exact.scalars import num

D3 = theorems.get("D3")


def test_facts_name_what_fails():
    proof = facts("symbolic", "n = 1", [("right", True), ("wrong", False), ("open", Verdict.UNDECIDED)])
    assert proof.verdict is Verdict.REFUTED
    assert proof.failed == ("wrong", "open")
    assert facts("symbolic", "n = 1", []).verdict is Verdict.UNDECIDED


def test_small_states_equality_as_a_bound():
    assert small(lambda: num(0)) is Verdict.CERTIFIED
    assert small(lambda: num(Fraction(1, 2**40))) is Verdict.REFUTED


@pytest.mark.parametrize(
    "change",
    [
        {"readings": (dataclasses.replace(D3.readings[0], hypotheses=("absent",)),)},
        {"readings": (dataclasses.replace(D3.readings[0], constants=("absent",)),)},
        {"readings": (dataclasses.replace(D3.readings[0], sides=None),)},
        {"readings": (D3.readings[0], D3.readings[0])},
        {"readings": ()},
        {"mutants": (Mutant("m", "names no reading", "absent"),)},
    ],
)
def test_theorems_that_do_not_hang_together_are_refused(change):
    with pytest.raises(UsageError):
        dataclasses.replace(D3, **change)


def test_unknown_names_list_the_known_ones():
    with pytest.raises(UsageError, match="it has: ranks"):
        D3.hypothesis("absent")
    with pytest.raises(UsageError, match="slope"):
        D3.values({"absent": Fraction(1)})


def test_a_decision_is_judged_like_a_margin():
    reading = Reading("r", "", "", (), decide=lambda x, c: Verdict.REFUTED)
    outcome = reading.judge(Instance.of(a=1), {})
    assert (outcome.verdict, outcome.upper) == (Verdict.REFUTED, -1.0)


def test_statements_show_everything():
    for theorem in theorems.all():
        text = theorem.statement()
        assert all(r.name in text and r.text in text for r in theorem.readings)
        assert all(h.name in text for h in theorem.hypotheses)
        assert theorem.latex().startswith(r"\begin{description}")
        assert "<table" in theorem._repr_html_()


def test_a_new_file_is_all_it_takes(tmp_path, monkeypatch):
    from theorems import library

    source = (tmp_path / "one_more.py").resolve()
    model = Path(importlib.import_module("theorems.statements.c2_neuron_balance").__file__)
    text = model.read_text(encoding="utf-8").replace('r"""C2. ', 'r"""Z9. ', 1)
    text = text.replace("__doc__, parameters", "__doc__, aliases=('nine',), parameters", 1)
    source.write_text(text, encoding="utf-8")
    monkeypatch.setattr(theorems.statements, "__path__", [*theorems.statements.__path__, str(tmp_path)])
    library._modules.cache_clear()
    try:
        assert theorems.get("z9") is theorems.get("one_more") is theorems.get("NINE")
        assert theorems.all()[-1].id == "Z9"
    finally:
        library._modules.cache_clear()
    with pytest.raises(UsageError, match="there is no theorem 'Z9'"):
        _without(monkeypatch)


def _without(monkeypatch):
    from theorems import library

    monkeypatch.undo()
    library._modules.cache_clear()
    theorems.get("Z9")
