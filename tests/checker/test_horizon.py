"""Forged claims about gradient flow, and provers with a wrong formula of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from certify.certificate import Certificate
from certify.chain import Chain
from certify.chain.model import Edge
from certify.checker import check
from certify.claims.thresholds import Thresholds
from certify.execution import certify
from certify.prover import horizon
from certify.verdict import Enclosure
from tests.prover.test_horizon import QUICK, turned

IDS = ("B1.half_life", "B3.path[1]", "B3.horizon[1]", "B3.horizon.bound[1]")


def certified(**given: str) -> tuple[Certificate, Chain]:
    chain = Chain.from_arrays([*turned(3, 1e-3), np.eye(3)[:2]])
    return certify(chain, thresholds=Thresholds(ridge="0.07", **given, **QUICK), workers=1), chain


def forged(found: Certificate, id: str, **changes: object) -> Certificate:
    place = next(i for i, claim in enumerate(found.claims) if claim.id == id)
    claims = list(found.claims)
    claims[place] = replace(claims[place], **changes)
    return replace(found, claims=tuple(claims))


def spoiled(found: Certificate, chain: Chain) -> set[str]:
    return {reason.claim for reason in check(found, chain, workers=1).reasons}


@pytest.mark.parametrize("given", [{"loss": "0.5"}, {"excess": "1e-3"}, {"excess": "2", "loss": "0.5"}])
def test_own_certificates_are_accepted(given):
    found, chain = certified(**given)
    assert {*IDS} <= {claim.id for claim in found.claims}
    assert not check(found, chain, workers=1).reasons


@pytest.mark.parametrize("given", [{"loss": "0.5"}, {"excess": "1e-3"}])
def test_forged_values(given):
    found, chain = certified(**given)
    for id in IDS:
        values = next(claim for claim in found.claims if claim.id == id).values
        for place, value in enumerate(values):
            for factor in (0.5, 1 - 2.0**-20, 1 + 2.0**-20, 2.0):
                moved = list(values)
                moved[place] = Enclosure(value.lower * factor, value.upper * factor)
                if moved[place] != value:
                    assert id in spoiled(forged(found, id, values=tuple(moved)), chain), (id, place, factor)
            wide = list(values)
            wide[place] = Enclosure(0.0, value.upper * 2 + 1)
            assert id in spoiled(forged(found, id, values=tuple(wide)), chain), (id, place)


def test_forged_words():
    found, chain = certified(excess="1e-3")
    for id in IDS:
        claim = next(claim for claim in found.claims if claim.id == id)
        for change in ({"note": "and more"}, {"statement": claim.statement.replace("flow", "descent") + "."}):
            assert id in spoiled(forged(found, id, **change), chain)
        for name, other in (("ridge", "0.7"), ("excess", "1e-4"), ("loss", "1"), ("window", 2)):
            if name in claim.parameters:
                changed = {**claim.parameters, name: other}
                assert id in spoiled(forged(found, id, parameters=changed), chain), (id, name)


@pytest.mark.parametrize(
    ("given", "ids"),
    [
        ({"ridge": "0.08"}, {*IDS} - {"B3.path[1]"}),
        ({"excess": "1e-4"}, {"B3.horizon[1]", "B3.horizon.bound[1]"}),
        ({"excess": "1e-9"}, {"B3.horizon[1]", "B3.horizon.bound[1]"}),
    ],
)
def test_another_question_has_other_answers(given, ids):
    found, chain = certified(excess="1e-3")
    assert ids <= spoiled(replace(found, thresholds={**found.thresholds, **given}), chain)


def test_what_was_not_asked_is_compared():
    base = Chain.from_arrays([*turned(3, 1e-3), np.eye(3)[:2]])
    linear = Chain(base.layers, (Edge(0, 1, "linear"), Edge(1, 2)))
    curved = Chain(base.layers, (Edge(0, 1, "relu"), Edge(1, 2)))
    thresholds = Thresholds(ridge="0.07", **QUICK)
    found = certify(curved, thresholds=thresholds, workers=1)
    assert not check(found, curved, workers=1).reasons
    cheated = certify(linear, thresholds=thresholds, workers=1)
    assert not check(cheated, linear, workers=1).reasons
    assert spoiled(replace(cheated, input=found.input), curved) == {"B1.half_life", "B3.path[1]", "B3.path[2]"}
    dropped = replace(found, not_asked=tuple(item for item in found.not_asked if item.id != "B1.half_life"))
    assert [reason.message for reason in check(dropped, curved, workers=1).reasons] == ["not what was left unasked"]


def test_thresholds_that_are_not_the_expected_ones():
    found, chain = certified(loss="0.5")
    known = {item.name: item.recorded for item in check(found, chain, workers=1).differences if item.name not in QUICK}
    assert known == {"ridge": "0.07", "loss": "0.5"}
    for name in ("ridge", "loss", "excess"):
        for value in ("0", "-1", "nan", "inf", "one", "", 1.0, "1e999"):
            other = replace(found, thresholds={**found.thresholds, name: value})
            assert check(other, chain, workers=1).reasons[0].place == f"thresholds.{name}", (name, value)
    alone = replace(found, thresholds={**found.thresholds, "ridge": "none"})
    assert check(alone, chain, workers=1).reasons[0].place == "thresholds.loss"


def test_nothing_is_said_where_there_is_no_gap():
    chain = Chain.from_arrays([np.eye(3), np.eye(3)])
    found = certify(chain, thresholds=Thresholds(ridge="1", loss="1", **QUICK), workers=1)
    assert not check(found, chain, workers=1).reasons
    for id in IDS[1:]:
        values = next(claim for claim in found.claims if claim.id == id).values
        for place in range(len(values)):
            moved = [*values[:place], Enclosure(0.0, 0.25), *values[place + 1 :]]
            reasons = check(forged(found, id, values=tuple(moved)), chain, workers=1).reasons
            assert any(reason.claim == id and "no gap" in reason.message for reason in reasons), (id, place)


FORMULAS = [
    ("half_life", lambda f: lambda decay: 2 * f(decay), "B1.half_life"),
    ("critical_path", lambda f: lambda gap, weight: 2 * f(gap, weight), "B3.path[1]"),
    ("excess_bound", lambda f: lambda decay, loss, mass: f(decay, loss, 0), "B3.horizon[1]"),
    ("horizon", lambda f: lambda path, excess: f(path, excess / 2), "B3.horizon[1]"),
    ("best_share", lambda f: lambda rate: f(2 * rate), "B3.horizon[1]"),
    ("best_factor", lambda f: lambda rate: f(2 * rate), "B3.horizon.bound[1]"),
]


@pytest.mark.parametrize(("name", "spoil", "claim"), FORMULAS, ids=[name for name, _, _ in FORMULAS])
def test_a_wrong_formula_is_noticed(name, spoil, claim, monkeypatch):
    monkeypatch.setattr(horizon.formulas, name, spoil(getattr(horizon.formulas, name)))
    given = {"loss": "0.5"} if name == "excess_bound" else {"excess": "1e-3"}
    assert claim in spoiled(*certified(**given))


def test_a_missing_layer_in_the_mass_is_noticed(monkeypatch):
    inner = horizon._Flow
    monkeypatch.setattr(horizon, "_Flow", lambda *a: inner(*a[:4], a[4] / 2, *a[5:]))
    assert "B3.horizon[1]" in spoiled(*certified(loss="0.5"))
