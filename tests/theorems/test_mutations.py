"""The checks turn red when a formula or a statement is altered: each operator, constant, sign, term, end in turn.

A fixed sample runs always, every alteration of every module with ``--slow``. What only proposes is tested in
``tests/geometry``; wrong formulas with a name are in ``test_named_mutants.py``.
"""

from __future__ import annotations

import hashlib
import tomllib

import pytest

import theorems
from certify.geometry.spectrum import rigidity
from certify.verdict import Verdict
from tests.theorems import mutation
from tests.theorems.mutants import patched, planted
from tests.theorems.mutation import ENDLESS, SEEN, SURVIVED, every, modules, of_module, outcome, reason
from theorems.engine.check import Profile, cases

MODULES = modules(theorems.all())
SALT = "3"


def _place(alteration):
    """Where an alteration stands in an order of its own, which others do not move."""
    return hashlib.sha256(f"{SALT} {alteration}".encode()).digest()


SAMPLE = sorted((a for a in every() if not reason(a)), key=_place)[:24]
EQUIVALENTS = sorted(mutation._EQUIVALENTS.glob("*.toml"))


@pytest.mark.parametrize("alteration", SAMPLE, ids=str)
def test_sampled_alterations_turn_red(alteration):
    assert outcome(alteration) not in (SURVIVED, ENDLESS)


@pytest.mark.slow
@pytest.mark.parametrize("module", MODULES)
def test_every_alteration_turns_red(module):
    found = {str(a): outcome(a) for a in of_module(module) if not reason(a)}
    assert [name for name, what in found.items() if what in (SURVIVED, ENDLESS)] == []


def test_unaltered_checks_are_green():
    """Without this an error in a theorem would let every alteration pass for seen."""
    for alteration in SAMPLE[::6]:
        for id in mutation.users(alteration.module):
            for case in mutation._quick(theorems.get(id)):
                assert case.run(Profile())[0] is Verdict.CERTIFIED


def test_every_formula_is_altered():
    """Every module that a statement imports from ``certify.geometry`` is altered, or is named with a reason."""
    known = set(MODULES) | set(mutation._NO_FORMULAS)
    for theorem in theorems.all():
        upstream = {m for s in mutation.statement_modules(theorem) for m in mutation._graph().find_upstream_modules(s)}
        assert {m for m in upstream if m.startswith("certify.geometry.") and m.count(".") > 2} <= known


@pytest.mark.parametrize("file", EQUIVALENTS, ids=lambda f: f.stem)
def test_what_is_listed_as_equivalent_still_exists(file):
    rows = tomllib.loads(file.read_text(encoding="utf-8"))["equivalent"]
    found = [(a.function, f"{a.what}: {a.where}") for a in of_module(file.stem)]
    for row in rows:
        assert row["why"]
        assert any(function == row["function"] and row["altered"] in text for function, text in found), row


@pytest.mark.slow
def test_an_exception_is_no_kill():
    alteration = patched("certify.geometry.spectrum.rigidity", "slack_transport", "r + a_plus - r_next", "r.absent")
    assert outcome(alteration) == mutation.ILL_TYPED


def test_a_wrong_formula_is_seen_and_nothing_stays_planted():
    original = rigidity.slack_transport
    alteration = patched("certify.geometry.spectrum.rigidity", "slack_transport", "- r_next", "+ r_next")
    assert outcome(alteration) == SEEN
    with planted(alteration):
        assert rigidity.slack_transport is not original
        assert theorems.get("D4") is theorems.get("rigidity")
    assert rigidity.slack_transport is original
    assert all(
        c.run(Profile(examples=5))[0] is Verdict.CERTIFIED for c in cases(theorems.get("D4")) if c.kind == "property"
    )
