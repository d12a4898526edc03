"""The tables of necessity and of sharpness are searched afresh and say what they found."""

from __future__ import annotations

import dataclasses
import json

import theorems
from theorems.engine.theorem import Need


def test_necessity_of_a_model():
    rows = {r.hypothesis: r for r in theorems.necessity(["D3"], time=10.0)}
    assert rows["ranks"].witness.instance.integer("d") == 1
    assert rows["ordered"].status == "witness"
    assert (rows["nonnegative"].status, rows["nonnegative"].witness) == ("not needed", None)
    assert json.loads(json.dumps([r.to_json() for r in rows.values()]))


def test_a_hypothesis_without_witness_is_open():
    theorem = theorems.get("D3")
    open_ = dataclasses.replace(theorem.hypothesis("nonnegative"), need=Need.OPEN)
    changed = dataclasses.replace(
        theorem, hypotheses=tuple(open_ if h.name == "nonnegative" else h for h in theorem.hypotheses)
    )
    from theorems.engine import tables

    row = tables._necessity_row(changed, "nonnegative", 0.5, 0)
    assert (row.status, row.witness) == ("open", None)
    assert row.tried > 0


def test_sharpness_of_models():
    rows = {(r.constant, r.reading): r for r in theorems.sharpness(["E1", "D3"], time=6.0)}
    assert rows["writer", "Frobenius"].ratio == rows["reader", "Frobenius"].ratio == 1.0
    assert 0.999 < rows["slope", "margin"].ratio < 1.0
    assert all(r.refuted is not None for r in rows.values())
    assert json.loads(json.dumps([r.to_json() for r in rows.values()]))
